/* test_limits.c: very large and very deep queries are compiled, or refused with a message, in time and memory that
** grow with the length of the text and not faster. Each shape is compiled and formatted at two sizes; a quadratic
** step would make the larger one sixteen times as slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "api.h"
#include "grammar/format.h"

/* The text between the parts may hold %u for the number of the part. */
typedef struct Shape {
  const char *name, *before, *part, *between, *after;
  unsigned small; /* parts; the larger query has four times as many */
} Shape;

static void put_part(StrBuf *out, const char *part, unsigned number) {
  for (; *part; part++) {
    if (part[0] == '%' && part[1] == 'u') strbuf_printf(out, "%u", number), part++;
    else strbuf_putc(out, *part);
  }
}

static void put_shape(StrBuf *out, const Shape *shape, unsigned parts) {
  strbuf_puts(out, shape->before);
  for (unsigned i = 0; i < parts; i++) {
    if (i) strbuf_puts(out, shape->between);
    put_part(out, shape->part, i);
  }
  strbuf_puts(out, shape->after);
}

typedef struct Done { bool compiled; unsigned errors; clock_t processor_time; } Done;

static Done compile_and_format(Str text) {
  SourceText source;
  DiagList diags;
  StrBuf out = {0};
  BindOptions options = {.compat = 12};
  clock_t begin = clock();
  source_text_init(&source, STR("q.asaql"), text);
  Compiled *compiled = compile_query(&source, &options);
  Done done = {.compiled = compiled->plan != NULL, .errors = compiled->diags.errors};
  compiled_free(compiled);
  diags_init(&diags, &source);
  format_script(&source, &diags, &out);
  diags_release(&diags);
  source_text_release(&source);
  strbuf_release(&out);
  done.processor_time = clock() - begin;
  return done;
}

static Done run_shape(const Shape *shape, unsigned parts) {
  StrBuf text = {0};
  put_shape(&text, shape, parts);
  Done done = compile_and_format(strbuf_str(&text));
  strbuf_release(&text);
  return done;
}

/* Least of several, because other programs run beside a test. */
static clock_t least_time(const Shape *shape, unsigned parts) {
  clock_t least = 0;
  for (unsigned i = 0; i < 2; i++) {
    clock_t time = run_shape(shape, parts).processor_time;
    if (i == 0 || time < least) least = time;
  }
  return least;
}

static const Shape shapes[] = {
    {"columns", "SELECT ", "c%u AS x%u", ", ", " FROM i", 1500},
    {"columns of a step", "WITH s AS (SELECT * FROM i) SELECT ", "c%u AS x%u", ", ", " FROM s", 1500},
    {"aggregates", "SELECT ", "SUM(c%u) AS x%u", ", ", " FROM i GROUP BY TumblingWindow(minute, 1)", 1500},
    {"conditions", "SELECT a FROM i WHERE ", "c%u = %u", " AND ", "", 2000},
    {"values", "SELECT a FROM i WHERE a IN (", "%u", ", ", ")", 4000},
    {"branches of CASE", "SELECT CASE ", "WHEN a = %u THEN 1", " ", " ELSE 2 END AS x FROM i", 2000},
    {"comments", "SELECT a ", "/* %u */ -- %u\n", " ", " FROM i", 4000},
    {"comments on one line", "SELECT a, ", "/* %u */", " ", " b FROM i", 10000},
    {"parts of a path", "SELECT ", "p%u", ".", " AS x FROM i", 4000},
    {"mistakes", "WITH s AS (SELECT a FROM i) SELECT ", "c%u AS x%u", ", ", " FROM s", 1500},
    {"mistakes in the text", "", "SELECT a b c FROM i", ";", "", 1500},
    {"windows", "SELECT COUNT(*) AS n FROM i GROUP BY Windows(", "TumblingWindow(second, 1%u)", ", ", ")", 1500},
    {"declared columns", "CREATE TABLE i (", "c%u bigint", ", ", "); SELECT c1 FROM i", 4000},
};

static void time_grows_with_the_text(void **state) {
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    clock_t small = least_time(&shapes[i], shapes[i].small), large = least_time(&shapes[i], 4 * shapes[i].small);
    if (large > 10 * small + CLOCKS_PER_SEC / 20)
      fail_msg("%s: four times the text takes %.1f times as long", shapes[i].name, (double)large / (double)small);
  }
}

static void ten_thousand_columns_compile(void **state) {
  assert_true(run_shape(&shapes[0], 10000).compiled);
  assert_true(run_shape(&shapes[1], 10000).compiled);
  assert_true(run_shape(&shapes[2], 10000).compiled);
}

/* The text repeats an opening, holds something in the middle and repeats a closing. */
static Done run_nest(const char *before, const char *open, const char *middle, const char *close, const char *after) {
  StrBuf text = {0};
  strbuf_puts(&text, before);
  for (unsigned i = 0; i < 100000; i++) strbuf_puts(&text, open);
  strbuf_puts(&text, middle);
  for (unsigned i = 0; i < 100000; i++) strbuf_puts(&text, close);
  strbuf_puts(&text, after);
  Done done = compile_and_format(strbuf_str(&text));
  strbuf_release(&text);
  return done;
}

static void deep_nests_are_refused(void **state) {
  assert_int_equal(run_nest("SELECT ", "(", "a", ")", " AS x FROM i").errors, 1);
  assert_int_equal(run_nest("SELECT ", "ABS(", "a", ")", " AS x FROM i").errors, 1);
  assert_int_equal(run_nest("SELECT ", "CASE WHEN a = 1 THEN ", "1", " END", " AS x FROM i").errors, 1);
  assert_int_equal(run_nest("SELECT a FROM i WHERE ", "NOT ", "a = 1", "", "").errors, 1);
  assert_int_equal(run_nest("SELECT ", "a + ", "1", "", " AS x FROM i").errors, 1);
  assert_int_equal(run_nest("SELECT a FROM ", "(SELECT a FROM ", "i", ") x", "").errors, 1);
  assert_int_equal(run_nest("SELECT x FROM ", "(", "a JOIN b ON a.k = b.k", ")", "").errors, 1);
}

static void ten_megabytes_are_compiled_or_refused(void **state) {
  Done columns = run_shape(&shapes[4], 1300000); /* one list of 10 MB */
  assert_true(columns.compiled);
  Shape statements = {"statements", "", "SELECT c%u INTO o%u FROM i", "; ", "", 0};
  assert_int_equal(run_shape(&statements, 300000).errors, 1);
  assert_true(run_shape(&statements, 1500).compiled);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(time_grows_with_the_text),
      cmocka_unit_test(ten_thousand_columns_compile),
      cmocka_unit_test(deep_nests_are_refused),
      cmocka_unit_test(ten_megabytes_are_compiled_or_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
