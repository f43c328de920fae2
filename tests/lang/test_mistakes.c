/* test_mistakes.c: what people read when they make a mistake, word for word. Every file of mistakes/ holds a query, a
** line `---`, and all that Weir says about it. `test_mistakes --update` writes the second half anew; read the
** difference as somebody would who sees the message for the first time.
**
** A first line `inputs: clicks, readings csv, users reference` binds inputs, so that other names are unknown; without
** it every name in FROM is an input, as `weir check` takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glob.h>

#include "api.h"

enum { INPUTS_MAX = 8 };

typedef struct Mistake {
  SourceText file;                 /* all of it */
  Str        head, query, message; /* its parts; head is the first line when it binds inputs */
  char      *query_text;           /* with a NUL behind it */
  Str        name;
  BindInput  inputs[INPUTS_MAX];
  unsigned   inputs_len;
} Mistake;

static const char *folder(void) {
  const char *source = getenv("WEIR_SOURCE");
  static char path[4096];
  snprintf(path, sizeof path, "%s/tests/lang/mistakes", source ? source : ".");
  return path;
}

/* ---- a file ----------------------------------------------------------------------------------- */

/* "readings csv" */
static void add_input(Mistake *mistake, Str words) {
  Str name, kind = {"", 0};
  assert_true(mistake->inputs_len < INPUTS_MAX);
  str_cut(str_trim(words), ' ', &name, &kind);
  mistake->inputs[mistake->inputs_len++] =
      (BindInput){.name = name, .csv = str_eq(kind, STR("csv")), .reference = str_eq(kind, STR("reference"))};
}

static void read_inputs(Mistake *mistake) {
  Str rest = mistake->file.text, list, word;
  if (!str_starts(rest, STR("inputs: "))) return;
  str_cut(rest, '\n', &list, &rest);
  mistake->head = (Str){mistake->file.text.ptr, list.len + 1};
  list = str_sub(list, 8, list.len);
  for (bool more = true; more;) {
    more = str_cut(list, ',', &word, &list);
    add_input(mistake, word);
  }
}

static void open_mistake(Mistake *mistake, const char *path) {
  *mistake = (Mistake){0};
  Error err = {0};
  if (source_text_load(&mistake->file, path, &err) != STATUS_OK) fail_msg("%s", err.message);
  read_inputs(mistake);
  Str text = mistake->file.text, body = str_sub(text, mistake->head.len, text.len);
  const char *line = strstr(body.ptr, "\n---\n");
  size_t end = line ? (size_t)(line - body.ptr) : body.len;
  mistake->query = str_sub(body, 0, end);
  if (line) mistake->message = str_sub(body, end + 5, body.len);
  mistake->query_text = mem_strndup(mistake->query.ptr, mistake->query.len);
  Str name = str_from(strrchr(path, '/') + 1);
  mistake->name = str_sub(name, 0, name.len - strlen(".txt"));
}

static void close_mistake(Mistake *mistake) {
  mem_free(mistake->query_text);
  source_text_release(&mistake->file);
}

static void say(const Mistake *mistake, StrBuf *out) {
  SourceText source;
  source_text_init(&source, mistake->name, str_from(mistake->query_text));
  BindOptions options = {.compat = 12, .inputs = mistake->inputs, .inputs_len = mistake->inputs_len,
                         .closed = mistake->inputs_len > 0};
  Compiled *compiled = compile_query(&source, &options);
  diags_render(&compiled->diags, out, false);
  compiled_free(compiled);
  source_text_release(&source);
}

/* ---- all of them ------------------------------------------------------------------------------ */

static void compare(const char *path, const Mistake *mistake, const StrBuf *said, unsigned *wrong) {
  if (str_eq(strbuf_str(said), mistake->message)) return;
  print_error("--- %s\nexpected:\n" STR_FMT "\nsaid:\n%s\n", path, STR_ARG(mistake->message), said->ptr);
  ++*wrong;
}

static void rewrite(const char *path, const Mistake *mistake, const StrBuf *said) {
  StrBuf text = {0};
  strbuf_put_str(&text, mistake->head);
  strbuf_printf(&text, STR_FMT "\n---\n%s", STR_ARG(mistake->query), said->ptr ? said->ptr : "");
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fwrite(text.ptr, 1, text.len, file);
  assert_int_equal(fclose(file), 0);
  strbuf_release(&text);
}

static unsigned visit_all(bool update) {
  char pattern[4200];
  glob_t found;
  unsigned wrong = 0;
  snprintf(pattern, sizeof pattern, "%s/*.txt", folder());
  assert_int_equal(glob(pattern, 0, NULL, &found), 0);
  for (size_t i = 0; i < found.gl_pathc; i++) {
    Mistake mistake;
    StrBuf said = {0};
    open_mistake(&mistake, found.gl_pathv[i]);
    say(&mistake, &said);
    if (update) rewrite(found.gl_pathv[i], &mistake, &said);
    else compare(found.gl_pathv[i], &mistake, &said, &wrong);
    strbuf_release(&said);
    close_mistake(&mistake);
  }
  globfree(&found);
  return wrong;
}

static void every_mistake_is_explained_as_written(void **state) { assert_int_equal(visit_all(false), 0); }
static void write_anew(void **state) { visit_all(true); }

int main(int argc, char **argv) {
  bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_mistake_is_explained_as_written)};
  const struct CMUnitTest update_all[] = {cmocka_unit_test(write_anew)};
  return update ? cmocka_run_group_tests(update_all, NULL, NULL) : cmocka_run_group_tests(tests, NULL, NULL);
}
