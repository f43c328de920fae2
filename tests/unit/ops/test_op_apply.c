/* test_op_apply.c: CROSS and OUTER APPLY against lists that were never JSON: random arrays and records, written as
** text with blanks and escapes, beside NULLs and values of other types; selections, constant columns, results cut in
** pieces. What a row carries (time, offset, payload, channel, lineage) goes with each of its elements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/mem.h"
#include "ops/op.h"
#include "support/random_column.h"
#include "types/json.h"

enum { ID, ARG, NOTE, WIDTH };

typedef Vec(char *) Lines;

typedef struct Fixture {
  OpContext ctx;
  Arena     arena;
  Op        sink;
  PlanNode  node;
  ExprColumn column;
  Lines     got, expected;
  uint32_t  largest;     /* batch that came out */
  uint32_t  failed;
} Fixture;

static Fixture *current;

/* ---- what comes out --------------------------------------------------------------------------- */

static void add_line(Lines *lines, const StrBuf *line) { vec_push(lines, mem_strdup(line->ptr)); }

static void free_lines(Lines *lines) {
  for (uint32_t i = 0; i < lines->len; i++) mem_free(lines->items[i]);
  vec_release(lines);
}

static void put_value(StrBuf *line, const Value *value) {
  strbuf_putc(line, ' ');
  strbuf_puts(line, type_name(value->type));
  strbuf_putc(line, ':');
  value_print_json(value, line);
}

static void begin_line(StrBuf *line, int64_t id) {
  strbuf_clear(line);
  strbuf_printf(line, "%lld %lld note of the row with number %lld", (long long)id, (long long)(id * 7), (long long)id);
}

static void collect(Op *op, uint32_t port, const Batch *batch) {
  StrBuf line = {0};
  batch_verify(batch);
  assert_true(batch->channel == 3 && batch->sorted && batch->lineage.len == 1);
  assert_int_equal(batch->cols_len, WIDTH + 2);
  if (batch->rows > current->largest) current->largest = batch->rows;
  SELECTION_EACH(batch->sel, batch->rows, i) {
    Value id = column_get(batch->cols[ID], i), note = column_get(batch->cols[NOTE], i);
    Value time = column_get(batch->time, i);
    Value payload = column_get(batch->payload, i);
    assert_int_equal(column_get(batch->offset, i).i, id.i);
    assert_true(text_eq(&payload.text, &note.text));
    strbuf_clear(&line);
    strbuf_printf(&line, "%lld %lld " STR_FMT, (long long)id.i, (long long)time.i, STR_ARG(text_str(&note.text)));
    for (uint32_t c = WIDTH; c < WIDTH + 2; c++) {
      Value value = column_get(batch->cols[c], i);
      put_value(&line, &value);
    }
    add_line(&current->got, &line);
  }
  strbuf_release(&line);
}

static void no_time(Op *op, uint32_t port, uint32_t channel, Ticks w) {}
static const OpClass sink_class = {.name = "sink", .push = collect, .advance = no_time};

static void rows_failed(void *job, const Op *op, const Batch *batch, const RowFailures *failures) {
  current->failed += failures->items.len;
}

/* ---- a random row ----------------------------------------------------------------------------- */

typedef struct Part { Str raw; Value value; } Part; /* an element as JSON writes it, and as what it is read */

static Part random_part(Random *random, Arena *arena) {
  static const struct { const char *raw; Type type; const char *text; } texts[] = {
    {"\"a\"", TYPE_TEXT, "a"},
    {"\"a text of more than twelve bytes\"", TYPE_TEXT, "a text of more than twelve bytes"},
    {"\"a \\\"quoted\\\" text of more than twelve\"", TYPE_TEXT, "a \"quoted\" text of more than twelve"},
    {"{\"k\": [1, 2], \"long enough\": null}", TYPE_RECORD, "{\"k\": [1, 2], \"long enough\": null}"},
    {"[ ]", TYPE_ARRAY, "[ ]"},
  };
  uint32_t kind = random_below(random, 9);
  if (kind < 5)
    return (Part){str_from(texts[kind].raw), {.type = texts[kind].type, .text = text_from(str_from(texts[kind].text))}};
  int64_t n = (int64_t)random_below(random, 100) - 50;
  if (kind == 5) return (Part){str_from("null"), value_null()};
  if (kind == 6) return (Part){n > 0 ? str_from("true") : str_from("false"), value_bit(n > 0)};
  if (kind == 7) return (Part){arena_printf(arena, "%lld", (long long)n), value_bigint(n)};
  return (Part){arena_printf(arena, "%lld.5", (long long)n), value_float((double)n + (n < 0 ? -0.5 : 0.5))};
}

static void expect_row(Fixture *f, StrBuf *line, int64_t id, const Value *first, const Value *second) {
  begin_line(line, id);
  put_value(line, first);
  put_value(line, second);
  add_line(&f->expected, line);
}

static void expect_part(Fixture *f, StrBuf *line, int64_t id, uint32_t at, const Part *part) {
  Value index = value_bigint(at);
  Str name = arena_printf(&f->arena, "name \"%u\"", at);
  Value key = value_text(name);
  expect_row(f, line, id, f->node.apply.kind == APPLY_ELEMENTS ? &index : &key, &part->value);
}

static Value random_list(Fixture *f, Random *random, int64_t id, bool selected, uint32_t most) {
  bool elements = f->node.apply.kind == APPLY_ELEMENTS;
  StrBuf json = {0}, line = {0};
  uint32_t len = random_below(random, most);
  strbuf_putc(&json, elements ? '[' : '{');
  for (uint32_t i = 0; i < len; i++) {
    Part part = random_part(random, &f->arena);
    strbuf_puts(&json, i ? " ,\n" : " ");
    if (!elements) strbuf_printf(&json, "\"name \\\"%u\\\"\" : ", i);
    strbuf_put_str(&json, part.raw);
    if (selected) expect_part(f, &line, id, i, &part);
  }
  strbuf_puts(&json, elements ? " ]" : "}");
  Value null = value_null();
  if (selected && len == 0 && f->node.apply.outer) expect_row(f, &line, id, &null, &null);
  Value value = value_json(elements ? TYPE_ARRAY : TYPE_RECORD, arena_str(&f->arena, strbuf_str(&json)));
  strbuf_release(&json);
  strbuf_release(&line);
  return value;
}

/* The argument of a row, and what must come out for it. */
static Value random_arg(Fixture *f, Random *random, int64_t id, bool selected, bool plain, uint32_t *fails) {
  uint32_t kind = plain ? 9 : random_below(random, 10);
  if (kind == 0) {
    StrBuf line = {0};
    Value null = value_null();
    if (selected && f->node.apply.outer) expect_row(f, &line, id, &null, &null);
    strbuf_release(&line);
    return null;
  }
  if (kind < 4) *fails += selected;
  if (kind == 1) return value_bigint(5);
  bool elements = f->node.apply.kind == APPLY_ELEMENTS;
  if (kind == 2) return value_json(elements ? TYPE_RECORD : TYPE_ARRAY, STR("[1, 2, 3, 4, 5]"));
  if (kind == 3) return value_json(elements ? TYPE_ARRAY : TYPE_RECORD, STR("[1, {\"broken\": 2"));
  return random_list(f, random, id, selected, kind == 4 ? 40 : 4);
}

/* ---- runs ------------------------------------------------------------------------------------- */

static void start(Fixture *f, ApplyKind kind, bool outer, uint32_t batch_rows) {
  current = f;
  arena_init(&f->arena);
  f->ctx = (OpContext){.batch_rows = batch_rows, .compat = 12, .arena = &f->arena, .rows_failed = rows_failed};
  f->sink = (Op){.cls = &sink_class, .ctx = &f->ctx};
  f->column = (ExprColumn){.slot = ARG, .name = STR("x"), .types = MASK_ANY};
  Expr *arg = expr_column(&f->arena, (Span){0, 0}, &f->column);
  f->node = (PlanNode){.kind = PLAN_APPLY, .cols_len = WIDTH + 2,
                       .apply = {.kind = kind, .outer = outer, .name = "f", .arg = arg}};
}

static Batch *make_batch(Fixture *f, Random *random, uint32_t rows, uint32_t *fails) {
  Batch *batch = batch_new(rows, WIDTH);
  bool constant = random_below(random, 4) == 0, plain = random_below(random, 3) == 0;
  ColumnBuilder args;
  StrBuf note = {0};
  column_builder_init(&args, rows, true);
  batch->cols[ID] = column_new(COL_BIGINT, rows);
  batch->cols[NOTE] = column_new(COL_TEXT, rows);
  batch->time = column_new(COL_DATETIME, rows);
  batch->sel = random_below(random, 2) ? selection_new(rows) : NULL;
  Value same = f->node.apply.kind == APPLY_ELEMENTS ? value_json(TYPE_ARRAY, STR("[true]"))
                                                    : value_json(TYPE_RECORD, STR("{\"name \\\"0\\\"\":true}"));
  for (uint32_t i = 0; i < rows; i++) {
    bool selected = !batch->sel || random_below(random, 3);
    if (batch->sel && selected) batch->sel->rows[batch->sel->len++] = i;
    StrBuf line = {0};
    Part truth = {.value = value_bit(true)};
    if (constant && selected) expect_part(f, &line, i, 0, &truth);
    strbuf_release(&line);
    Value arg = constant ? same : random_arg(f, random, i, selected, plain, fails);
    column_builder_put(&args, i, &arg);
    column_i64(batch->cols[ID])[i] = i;
    column_i64(batch->time)[i] = i * 7;
    strbuf_clear(&note);
    strbuf_printf(&note, "note of the row with number %u", i);
    column_text(batch->cols[NOTE])[i] = column_copy_text(batch->cols[NOTE], strbuf_str(&note));
  }
  strbuf_release(&note);
  batch->cols[ARG] = column_builder_finish(&args);
  if (constant) {
    column_unref(batch->cols[ARG]);
    batch->cols[ARG] = column_constant(&same, rows, true);
  }
  batch->payload = column_new(COL_RECORD, rows);
  for (uint32_t i = 0; i < rows; i++)
    column_text(batch->payload)[i] = column_copy_text(batch->payload, text_str(&column_text(batch->cols[NOTE])[i]));
  batch->offset = column_ref(batch->cols[ID]);
  batch->channel = 3;
  batch->sorted = true;
  lineage_add(&batch->lineage, 0, 0);
  return batch;
}

static void check(const Fixture *f, uint64_t seed) {
  for (uint32_t i = 0; i < f->got.len || i < f->expected.len; i++) {
    const char *got = i < f->got.len ? f->got.items[i] : "nothing";
    const char *want = i < f->expected.len ? f->expected.items[i] : "nothing";
    if (strcmp(got, want) != 0) fail_msg("seed %llu: `%s` instead of `%s`", (unsigned long long)seed, got, want);
  }
}

static void run_seed(uint64_t seed) {
  Random random = {seed};
  Fixture f = {0};
  uint32_t batch_rows = 1 + random_below(&random, 50), fails = 0;
  start(&f, random_below(&random, 2) ? APPLY_ELEMENTS : APPLY_PROPERTIES, random_below(&random, 2), batch_rows);
  Op *op = op_new(&f.node, &f.ctx);
  Error err;
  assert_int_equal(op->cls->open(op, &err), STATUS_OK);
  op_connect(op, &f.sink, 0);
  Batch *batch = make_batch(&f, &random, 1 + random_below(&random, 60), &fails);
  op_push(op, 0, batch);
  batch_unref(batch); /* what came out was read before; what is kept must not need it */
  check(&f, seed);
  assert_int_equal(f.failed, fails);
  assert_true(f.largest <= batch_rows);
  op_free(op);
  vec_release(&f.sink.readers);
  free_lines(&f.got);
  free_lines(&f.expected);
  arena_release(&f.arena);
}

static void elements_go_with_their_rows(void **state) {
  for (uint64_t seed = 1; seed <= 1500; seed++) run_seed(seed);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(elements_go_with_their_rows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
