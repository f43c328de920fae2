/* test_example_queries.c: every example of every table row, operators included, as a query through the whole engine:
** parsed, bound, planned and run over events.
**
** `EXPRESSION = VALUE` becomes SELECT EXPRESSION AS got, VALUE AS want, and both columns must print the same JSON. It
** runs three ways: as written, where the compiler folds the constants; with the literals of EXPRESSION as fields of
** the event, so that nothing is folded; and the same row by row. `SUM over (1, 2) = 3` runs over one event a value. */
#include "fn_test.h"

#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "connectors/memory/memory.h"
#include "connectors/registry.h"

typedef struct Example {
  const char *name; /* of the function */
  Str  line;
  Str  left, right;
} Example;

static char quarantine[] = "/tmp/weir-examples-XXXXXX";
static unsigned examples_run, mismatches;

/* ---- taking lines apart ----------------------------------------------------------------------- */

/* The end of the text literal that begins at `at`. */
static size_t text_end(Str line, size_t at) {
  for (at++; at < line.len; at++) {
    if (line.ptr[at] != '\'') continue;
    if (at + 1 == line.len || line.ptr[at + 1] != '\'') return at + 1;
    at++;
  }
  fail_msg("open text in `" STR_FMT "`", STR_ARG(line));
  return at;
}

/* At the last ` = ` outside of text: what stands before it may compare with = itself. */
static Example example_of(const char *name, Str line) {
  size_t cut = 0, at = 0;
  while (at < line.len) {
    if (at + 3 <= line.len && memcmp(line.ptr + at, " = ", 3) == 0) cut = at;
    at = line.ptr[at] == '\'' ? text_end(line, at) : at + 1;
  }
  if (cut == 0) fail_msg("%s: `" STR_FMT "` is no EXPRESSION = VALUE", name, STR_ARG(line));
  Str right = {line.ptr + cut + 3, line.len - cut - 3};
  return (Example){.name = name, .line = line, .left = {line.ptr, cut}, .right = right};
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word(char c) { return is_digit(c) || c == '_' || c == ']' || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

static size_t number_end(Str line, size_t at) {
  while (at < line.len && (is_digit(line.ptr[at]) || line.ptr[at] == '.' || (line.ptr[at] | 32) == 'e')) at++;
  return at;
}

/* The length of a type is no value, and neither is what ESCAPE names; a property of an event is a name. */
static bool must_be_literal(Str line, size_t at) {
  Str before = {line.ptr, at};
  return str_ends(before, STR("nvarchar(")) || str_ends(before, STR("ESCAPE ")) ||
         str_ends(before, STR("(input, "));
}

static void put_text_literal(Str literal, StrBuf *json) {
  StrBuf text = {0};
  for (size_t i = 1; i + 1 < literal.len; i++) {
    strbuf_putc(&text, literal.ptr[i]);
    i += literal.ptr[i] == '\'';
  }
  json_put_string(json, strbuf_str(&text));
  strbuf_release(&text);
}

static void put_literal(Str literal, StrBuf *json) {
  if (literal.ptr[0] == '\'') put_text_literal(literal, json);
  else strbuf_put_str(json, literal);
}

/* The expression with [f0], [f1], ... for its literals, and the event that has them. */
static void lift_literals(Str line, StrBuf *query, StrBuf *event) {
  unsigned fields = 0;
  strbuf_putc(event, '{');
  for (size_t at = 0; at < line.len;) {
    bool number = is_digit(line.ptr[at]) && (at == 0 || !is_word(line.ptr[at - 1]));
    bool text = line.ptr[at] == '\'';
    size_t end = text ? text_end(line, at) : number ? number_end(line, at) : at + 1;
    Str part = {line.ptr + at, end - at};
    if ((number || text) && !must_be_literal(line, at)) {
      strbuf_printf(query, "[f%u]", fields);
      strbuf_printf(event, "%s\"f%u\":", fields ? "," : "", fields);
      put_literal(part, event);
      fields++;
    } else {
      strbuf_put_str(query, part);
    }
    at = end;
  }
  strbuf_putc(event, '}');
}

/* ---- running ---------------------------------------------------------------------------------- */

static void report(const Example *example, const char *query, const char *what, const char *more) {
  fprintf(stderr, "%s: `" STR_FMT "`: %s%s\n  %s\n", example->name, STR_ARG(example->line), what, more, query);
  mismatches++;
}

static void run_plan(const Example *example, const char *query, PlanScript *plan, bool rows_forced) {
  JobBinding input = {.name = STR("input"), .where = STR("memory:events")};
  JobBinding output = {.name = plan->outputs[0]->name, .where = STR("memory:rows")};
  JobSpec spec = {.name = "examples", .query_file = "example", .inputs = &input, .inputs_len = 1, .outputs = &output,
                  .outputs_len = 1, .runtime_errors = RUNTIME_ERRORS_STOP, .start = START_EARLIEST, .threads = 1,
                  .quarantine = quarantine, .registry = connectors_registry()};
  Error err = {0};
  Job *job;
  program_force_rows(rows_forced);
  Status status = job_open(&spec, plan, &job, &err);
  if (status == STATUS_OK) {
    status = job_run(job, &err);
    job_close(job);
  }
  program_force_rows(false);
  if (status != STATUS_OK) report(example, query, "does not run: ", err.message);
}

/* {"got":X,"want":Y}: are X and Y the same? Collect gives an array where the example shows its text. */
static bool row_holds(Str row) {
  Str middle = STR(",\"want\":"), got, want;
  size_t at = row.len;
  while (at > 7 && memcmp(row.ptr + at - middle.len, middle.ptr, middle.len) != 0) at--;
  if (at <= 7) return false;
  got = (Str){row.ptr + 7, at - middle.len - 7};
  want = (Str){row.ptr + at, row.len - at - 1};
  if (str_eq(got, want)) return true;
  StrBuf text = {0};
  json_put_string(&text, got);
  bool shown = got.ptr[0] == '[' && str_eq(strbuf_str(&text), want);
  strbuf_release(&text);
  return shown;
}

static void check_row(const Example *example, const char *query) {
  unsigned count;
  char **rows = memory_sink_rows("rows", &count);
  if (count != 1) report(example, query, "gives no row, or several", "");
  else if (!row_holds(str_from(rows[0]))) report(example, query, "gives ", rows[0]);
  mem_free(rows);
}

/* The query over what memory:events holds. */
static void run_query(const Example *example, const char *query, bool rows_forced) {
  SourceText source = {0};
  BindInput input = {.name = STR("input")};
  BindOptions options = {.inputs = &input, .inputs_len = 1, .closed = true, .compat = 12};
  source_text_init(&source, STR("example"), str_from(query));
  Compiled *compiled = compile_query(&source, &options);
  unsigned before = mismatches;
  if (!compiled->plan) report(example, query, "does not compile: ", compiled->diags.items.items[0].message.ptr);
  else run_plan(example, query, compiled->plan, rows_forced);
  if (mismatches == before) check_row(example, query);
  compiled_free(compiled);
  source_text_release(&source);
}

static void define_events(void) {
  memory_reset();
  memory_source_define("events", 1);
}

/* ---- scalar functions and operators ----------------------------------------------------------- */

static void run_scalar(const Example *example, Str left, const char *event, bool condition, bool rows_forced) {
  StrBuf query = {0};
  define_events();
  memory_source_message("events", 0, 0, TICKS_MIN, str_from(event));
  strbuf_printf(&query, "SELECT %s" STR_FMT "%s AS got, " STR_FMT " AS want FROM input",
                condition ? "CASE WHEN " : "", STR_ARG(left), condition ? " THEN 1 ELSE 0 END" : "",
                STR_ARG(example->right));
  run_query(example, query.ptr, rows_forced);
  strbuf_release(&query);
}

/* Operators that decide give conditions, which are no columns. */
static void run_scalar_example(const ScalarFn *fn, Str line) {
  Example example = example_of(fn->name, line);
  bool condition = (fn->flags & FN_OPERATOR) && fn->result == MASK(TYPE_BIT);
  StrBuf lifted = {0}, event = {0};
  lift_literals(example.left, &lifted, &event);
  run_scalar(&example, example.left, "{}", condition, false);
  run_scalar(&example, strbuf_str(&lifted), event.ptr, condition, false);
  run_scalar(&example, strbuf_str(&lifted), event.ptr, condition, true);
  strbuf_release(&lifted);
  strbuf_release(&event);
  examples_run++;
}

static void every_scalar_example_runs(void **state) {
  examples_run = mismatches = 0;
  for (const ScalarFn *const *family = scalar_families; *family; family++)
    for (const ScalarFn *fn = *family; fn->name; fn++) {
      Str rest = str_from(fn->examples), line;
      while (rest.len) {
        if (!str_cut(rest, '\n', &line, &rest)) rest = (Str){0};
        run_scalar_example(fn, line);
      }
    }
  print_message("%u examples, each three ways\n", examples_run);
  assert_int_equal(mismatches, 0);
}

/* ---- aggregates: NAME [DISTINCT] [(parameter)] over (values) = value -------------------------- */

static Str inside_brackets(Str text) {
  size_t begin = 0;
  while (begin < text.len && text.ptr[begin] != '(') begin++;
  return begin + 1 < text.len ? (Str){text.ptr + begin + 1, text.len - begin - 2} : (Str){"", 0};
}

/* One event a value. */
static void put_events(Str values) {
  int64_t offset = 0;
  StrBuf event = {0};
  for (size_t at = 0; at < values.len; offset++) {
    size_t end = at;
    while (end < values.len && values.ptr[end] != ',') end = values.ptr[end] == '\'' ? text_end(values, end) : end + 1;
    Str value = str_trim((Str){values.ptr + at, end - at});
    strbuf_clear(&event);
    strbuf_puts(&event, "{\"v\":");
    if (str_eq(value, STR("NULL"))) strbuf_puts(&event, "null");
    else put_literal(value, &event);
    strbuf_putc(&event, '}');
    memory_source_message("events", 0, offset, TICKS_MIN, strbuf_str(&event));
    at = end + 1;
  }
  strbuf_release(&event);
}

static void run_aggregate_way(const AggregateFn *fn, const Example *example, Str values, Str param,
                              bool rows_forced) {
  StrBuf query = {0};
  strbuf_printf(&query,
                "SELECT %s(%s" STR_FMT "%s%s)%s AS got, " STR_FMT
                " AS want FROM input GROUP BY TumblingWindow(day, 1)",
                fn->name, fn->flags & AGG_DISTINCT ? "DISTINCT " : "", STR_ARG(param),
                param.len && fn->max_args ? ", " : "", fn->max_args ? "v" : "",
                fn->flags & AGG_ORDER_BY ? " OVER (ORDER BY v)" : "", STR_ARG(example->right));
  define_events();
  put_events(values);
  run_query(example, query.ptr, rows_forced);
  strbuf_release(&query);
}

static void run_aggregate_example(const AggregateFn *fn, Str line) {
  Example example = example_of(fn->name, line);
  Str over = STR(" over ");
  size_t at = 0;
  while (at + over.len < example.left.len && memcmp(example.left.ptr + at, over.ptr, over.len) != 0) at++;
  Str values = inside_brackets((Str){example.left.ptr + at, example.left.len - at});
  Str param = inside_brackets((Str){example.left.ptr, at});
  run_aggregate_way(fn, &example, values, param, false);
  run_aggregate_way(fn, &example, values, param, true);
  examples_run++;
}

static void every_aggregate_example_runs(void **state) {
  examples_run = mismatches = 0;
  for (const AggregateFn *const *family = aggregate_families; *family; family++)
    for (const AggregateFn *fn = *family; fn->name; fn++) {
      Str rest = str_from(fn->examples), line;
      while (rest.len) {
        if (!str_cut(rest, '\n', &line, &rest)) rest = (Str){0};
        run_aggregate_example(fn, line);
      }
    }
  print_message("%u examples, each two ways\n", examples_run);
  assert_int_equal(mismatches, 0);
}

/* Only a function has a name to be looked up by; what has none must still show how it is written. */
static void every_row_has_an_example(void **state) {
  for (const ScalarFn *const *family = scalar_families; *family; family++)
    for (const ScalarFn *fn = *family; fn->name; fn++)
      if (fn->examples[0] == 0 && strcmp(fn->name, OP_ROW) != 0) fail_msg("%s has no example", fn->name);
}

static int name_quarantine(void **state) {
  int fd = mkstemp(quarantine);
  return fd < 0 ? -1 : close(fd);
}

static int clean_up(void **state) {
  memory_reset();
  return unlink(quarantine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_scalar_example_runs),
      cmocka_unit_test(every_aggregate_example_runs),
      cmocka_unit_test(every_row_has_an_example),
  };
  return cmocka_run_group_tests(tests, name_quarantine, clean_up);
}
