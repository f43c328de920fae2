/* grammar_test.h: a query in one line: parse it, look at its dump, its codes or its rendering. */
#ifndef WEIR_TESTS_GRAMMAR_TEST_H
#define WEIR_TESTS_GRAMMAR_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"
#include "grammar/ast_print.h"
#include "grammar/parse.h"

typedef struct Parsed {
  SourceText source;
  Arena      arena;
  DiagList   diags;
  AstScript *script;
  bool       ok;
  StrBuf     text; /* whatever was printed last */
} Parsed;

static inline Parsed parse_str(Str query) {
  Parsed parsed = {0};
  source_text_init(&parsed.source, STR("q.asaql"), query);
  arena_init(&parsed.arena);
  return parsed;
}

/* In place, because diags points to the source. */
static inline void parse_into(Parsed *parsed, const char *query) {
  *parsed = parse_str(str_from(query));
  diags_init(&parsed->diags, &parsed->source);
  parsed->ok = parse_script(&parsed->source, &parsed->arena, &parsed->diags, &parsed->script);
  diags_sort(&parsed->diags);
}

static inline void parsed_release(Parsed *parsed) {
  strbuf_release(&parsed->text);
  diags_release(&parsed->diags);
  arena_release(&parsed->arena);
  source_text_release(&parsed->source);
}

/* The query parses and its dump is this. */
static inline void assert_dump_(const char *query, const char *expected, bool spans, const char *file, int line) {
  Parsed parsed;
  parse_into(&parsed, query);
  if (!parsed.ok) {
    diags_render(&parsed.diags, &parsed.text, false);
    print_error("%s\n", parsed.text.ptr);
    _fail(file, line);
  }
  ast_dump(parsed.script, spans, &parsed.text);
  _assert_string_equal(parsed.text.ptr, expected, file, line);
  parsed_release(&parsed);
}
#define assert_dump(query, expected) assert_dump_(query, expected, false, __FILE__, __LINE__)
#define assert_spans(query, expected) assert_dump_(query, expected, true, __FILE__, __LINE__)

/* The codes of all diagnostics in order of place, separated by blanks, are these. */
static inline void assert_codes_(const char *query, const char *expected, const char *file, int line) {
  Parsed parsed;
  parse_into(&parsed, query);
  strbuf_puts(&parsed.text, "");
  for (uint32_t i = 0; i < parsed.diags.items.len; i++)
    strbuf_printf(&parsed.text, "%s%s", i ? " " : "", diag_info(parsed.diags.items.items[i].code)->code);
  if (strcmp(parsed.text.ptr, expected) != 0) print_error("query: %s\n", query);
  _assert_string_equal(parsed.text.ptr, expected, file, line);
  parsed_release(&parsed);
}
#define assert_codes(query, expected) assert_codes_(query, expected, __FILE__, __LINE__)

/* The rendering of all diagnostics is this. */
static inline void assert_rendered_(const char *query, const char *expected, const char *file, int line) {
  Parsed parsed;
  parse_into(&parsed, query);
  strbuf_puts(&parsed.text, "");
  diags_render(&parsed.diags, &parsed.text, false);
  _assert_string_equal(parsed.text.ptr, expected, file, line);
  parsed_release(&parsed);
}
#define assert_rendered(query, expected) assert_rendered_(query, expected, __FILE__, __LINE__)

/* The message of the first diagnostic is this. */
static inline void assert_message_(const char *query, const char *expected, const char *file, int line) {
  Parsed parsed;
  parse_into(&parsed, query);
  strbuf_puts(&parsed.text, "");
  if (parsed.diags.items.len) strbuf_put_str(&parsed.text, parsed.diags.items.items[0].message);
  _assert_string_equal(parsed.text.ptr, expected, file, line);
  parsed_release(&parsed);
}
#define assert_message(query, expected) assert_message_(query, expected, __FILE__, __LINE__)

#endif
