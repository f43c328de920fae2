/* test_keywords.c: reserved words are refused as names, all others are names wherever a name can stand. */
#include "unit/grammar/grammar_test.h"

#include "grammar/keywords.h"

static bool parses(const char *format, const char *word) {
  StrBuf query = {0};
  for (const char *p = format; *p; p++) {
    if (*p == '@') strbuf_puts(&query, word);
    else strbuf_putc(&query, *p);
  }
  Parsed parsed;
  parse_into(&parsed, query.ptr);
  bool ok = parsed.ok;
  parsed_release(&parsed);
  strbuf_release(&query);
  return ok;
}

/* @ stands for the word. */
static const char *const uses[] = {
    "SELECT @ FROM s",
    "SELECT a, @, b FROM s",
    "SELECT s.@ FROM s",
    "SELECT s.@.b FROM s",
    "SELECT @.a.* FROM s",
    "SELECT a AS @ FROM s",
    "SELECT a @ FROM s",
    "SELECT @ AS @ FROM s",
    "SELECT @ = 1 FROM s",
    "SELECT a INTO @ FROM s",
    "SELECT a FROM @",
    "SELECT a FROM s AS @",
    "SELECT @.a FROM s @",
    "SELECT a FROM s TIMESTAMP BY @",
    "SELECT a FROM s @ TIMESTAMP BY @.@ PARTITION BY @",
    "SELECT a FROM s WHERE @ = 1 AND 1 = @ OR @ IS NULL",
    "SELECT a FROM s WHERE @ BETWEEN @ AND @ AND @ IN (@, @) AND @ LIKE @",
    "SELECT COUNT(*) AS n FROM s GROUP BY @, TumblingWindow(minute, 1) HAVING SUM(@) > 1",
    "SELECT CASE WHEN @ > 1 THEN @ ELSE @ END FROM s",
    "SELECT CASE @ WHEN @ THEN 1 END FROM s",
    "SELECT CAST(@ AS bigint) FROM s",
    "SELECT LAG(@) OVER (PARTITION BY @ LIMIT DURATION(minute, 1) WHEN @ > 1) FROM s",
    "SELECT TopOne() OVER (ORDER BY @ DESC, @) FROM s",
    "SELECT a FROM s x JOIN @ ON x.a = @.a",
    "SELECT a FROM s CROSS APPLY GetArrayElements(@) AS @",
    "WITH @ AS (SELECT a FROM s) SELECT a FROM @",
    "CREATE TABLE @ (@ bigint); SELECT @ FROM @",
    "SELECT -@ * (@ + 1) FROM s",
};

static void words_that_are_not_reserved_are_names(void **state) {
  unsigned count;
  const Keyword *keywords = keywords_all(&count);
  for (unsigned i = 0; i < count; i++) {
    if (keywords[i].class == KEYWORD_RESERVED) continue;
    for (size_t j = 0; j < sizeof uses / sizeof *uses; j++)
      if (!parses(uses[j], keywords[i].text.ptr)) fail_msg("%s in: %s", keywords[i].text.ptr, uses[j]);
  }
}

static void plain_words_are_names(void **state) {
  static const char *const words[] = {
      "time", "timestamp", "value", "type", "key", "user", "status", "text", "name", "event", "start", "end", "index",
      "identity", "data", "date", "day", "count", "rank", "output", "input", "open", "old", "new", "source", "target",
      "left", "right", "order", "table", "partition", "top", "limit", "over", "first", "last", "min", "max", "offset",
      "duration", "system", "windows", "hour", "minute", "second", "level", "state", "row", "view", "file", "percent"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    for (size_t j = 0; j < sizeof uses / sizeof *uses; j++)
      if (!parses(uses[j], words[i])) fail_msg("%s in: %s", words[i], uses[j]);
}

static void reserved_words_are_refused_and_quoted_ones_are_not(void **state) {
  unsigned count;
  const Keyword *keywords = keywords_all(&count);
  for (unsigned i = 0; i < count; i++) {
    if (keywords[i].class != KEYWORD_RESERVED) continue;
    const char *word = keywords[i].text.ptr;
    if (parses("SELECT a FROM s WHERE b = @ AND c = 1", word) && strcmp(word, "NULL") != 0)
      fail_msg("%s is a name", word);
    if (!parses("SELECT [@], s.[@] AS [@] FROM s WHERE [@] = 1", word)) fail_msg("[%s] is no name", word);
    if (!parses("SELECT s.@, s.@.b FROM s", word)) fail_msg("%s behind a dot is no name", word);
  }
  assert_codes("SELECT from FROM s", "E0107");
  assert_codes("SELECT a AS group FROM s", "E0107");
  assert_codes("SELECT a, where, b FROM s", "E0107");
}

static void the_table_is_sorted_and_found_without_case(void **state) {
  unsigned count;
  const Keyword *keywords = keywords_all(&count);
  for (unsigned i = 0; i < count; i++) {
    if (i) assert_true(str_cmp(keywords[i - 1].text, keywords[i].text) <= 0);
    assert_non_null(keyword_find(keywords[i].text));
    assert_ptr_equal(keyword_of_token(keywords[i].token), &keywords[i]);
    assert_true(strlen(keywords[i].doc) > 0);
  }
  assert_string_equal(keyword_find(STR("sElEcT"))->text.ptr, "SELECT");
  assert_null(keyword_find(STR("selec")));
  assert_null(keyword_find(STR("")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_that_are_not_reserved_are_names),
      cmocka_unit_test(plain_words_are_names),
      cmocka_unit_test(reserved_words_are_refused_and_quoted_ones_are_not),
      cmocka_unit_test(the_table_is_sorted_and_found_without_case),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
