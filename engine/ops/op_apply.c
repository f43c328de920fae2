/* op_apply.c: CROSS APPLY and OUTER APPLY.
**
**   in    a batch                        out   the rows, once an element, and two columns more
**         id  items                            id  items       ArrayIndex  ArrayValue
**         7   ["a", 2]                         7   ["a", 2]    0           "a"
**         8   []                               7   ["a", 2]    1           2
**
**   state none: elements come from one row at a time
**
** The array or record is read once, element by element: the row number and the value go to a list, and when the list
** is long enough the other columns are gathered by the row numbers. Timestamp, payload, offset, lineage and channel
** are those of the row. Long texts and nested values are not copied: they point into the argument's text. A row whose
** argument is of another type or malformed goes to the quarantine as a whole. Rows stay in order, and the elements of
** a row in the order of its text. */
#include "base/mem.h"
#include "ops/op.h"
#include "types/json.h"

typedef struct Element {
  uint32_t row;    /* of the batch */
  int64_t  index;  /* in the array; -1: OUTER keeps a row that has none */
  Value    name;   /* of a property */
  Value    value;
  bool     copied; /* the value's text is in the arena, not in the argument */
} Element;

typedef struct ApplyOp {
  Op op;
  Program    *program;  /* the argument */
  ProgramRun *run;
  RowFailures failures;
  Arena       arena;    /* unescaped texts of the elements in the list */
  Vec(Element)  elements;
  Vec(uint32_t) rows;   /* row numbers of a piece of it */
} ApplyOp;

static Status apply_open(Op *op, Error *err) {
  (void)err;
  ApplyOp *apply = (ApplyOp *)op;
  apply->program = program_new(op->ctx->arena, NULL, &op->plan->apply.arg, 1);
  apply->run = program_run_new(apply->program);
  arena_init(&apply->arena);
  return STATUS_OK;
}

/* ---- elements of a row ------------------------------------------------------------------------ */

static bool is_inside(const Value *value, Str raw) {
  const char *at = text_ptr(&value->text);
  return at >= raw.ptr && at + value->text.len <= raw.ptr + raw.len;
}

static bool read_value(ApplyOp *apply, Element *element, Str raw, Span span) {
  if (json_value(raw, &apply->arena, &element->value)) {
    element->copied = value_has_text(&element->value) && !is_inside(&element->value, raw);
    return true;
  }
  row_failures_add(&apply->failures, element->row, span, "%s: no type holds `%.*s`", apply->op.plan->apply.name,
                   (int)(raw.len < 40 ? raw.len : 40), raw.ptr);
  return false;
}

static Value read_name(ApplyOp *apply, Str raw) {
  if (raw.len == 0 || memchr(raw.ptr, '\\', raw.len) == NULL) return value_text(raw);
  StrBuf text = {0};
  Value name = value_text(json_unescape(raw, &text) ? arena_str(&apply->arena, strbuf_str(&text)) : raw);
  strbuf_release(&text);
  return name;
}

static bool read_elements(ApplyOp *apply, uint32_t row, Str json) {
  const BoundApply *plan = &apply->op.plan->apply;
  JsonCursor cursor;
  Str raw_key, raw_value;
  bool ok = json_open(&cursor, json);
  for (int64_t index = 0; ok && json_next(&cursor, &raw_key, &raw_value); index++) {
    Element element = {.row = row, .index = index};
    if (plan->kind == APPLY_PROPERTIES) element.name = read_name(apply, raw_key);
    if (!read_value(apply, &element, raw_value, plan->arg->span)) return false;
    vec_push(&apply->elements, element);
  }
  if (ok && !cursor.bad) return true;
  row_failures_add(&apply->failures, row, plan->arg->span, "%s: the %s is malformed JSON", plan->name,
                   plan->kind == APPLY_ELEMENTS ? "array" : "record");
  return false;
}

static void add_row(ApplyOp *apply, uint32_t row, const Column *arg) {
  const BoundApply *plan = &apply->op.plan->apply;
  Type wanted = plan->kind == APPLY_ELEMENTS ? TYPE_ARRAY : TYPE_RECORD;
  uint32_t before = apply->elements.len;
  if (!column_is_null(arg, row)) {
    /* Short texts live inside the value: read it where the column has it. */
    uint32_t slot = column_slot(arg, row);
    Value value = column_get(arg, row);
    if (value.type != wanted) {
      row_failures_add(&apply->failures, row, plan->arg->span, "%s wants %s, and this is %s", plan->name,
                       type_name(wanted), type_name(value.type));
      return;
    }
    const Text *text = arg->layout == COL_MIXED ? &column_values(arg)[slot].text : &column_text(arg)[slot];
    if (!read_elements(apply, row, text_str(text))) {
      apply->elements.len = before; /* all of a row or nothing */
      return;
    }
  }
  if (plan->outer && apply->elements.len == before) vec_push(&apply->elements, (Element){.row = row, .index = -1});
}

/* ---- rows out --------------------------------------------------------------------------------- */

static Column *name_column(const Element *elements, uint32_t count) {
  ColumnBuilder builder;
  column_builder_init(&builder, count, true);
  for (uint32_t i = 0; i < count; i++)
    if (elements[i].index >= 0) column_builder_put(&builder, i, &elements[i].name);
  return column_builder_finish(&builder);
}

static Column *index_column(const Element *elements, uint32_t count) {
  Column *col = column_new(COL_BIGINT, count);
  for (uint32_t i = 0; i < count; i++) {
    column_i64(col)[i] = elements[i].index;
    if (elements[i].index < 0) column_set_null(col, i);
  }
  return col;
}

static Column *value_column(const Element *elements, uint32_t count, const Column *arg) {
  ColumnBuilder builder;
  column_builder_init(&builder, count, false);
  for (uint32_t i = 0; i < count; i++) {
    builder.copy_text = elements[i].copied;
    column_builder_put(&builder, i, &elements[i].value);
  }
  Column *col = column_builder_finish(&builder);
  column_hold_all(col, arg);
  return col;
}

static Column *gather(const Column *col, const uint32_t *rows, uint32_t count) {
  return col ? column_gather(col, rows, count, false) : NULL;
}

/* The elements [first, first + count) as a batch. */
static void emit_piece(ApplyOp *apply, const Batch *batch, const Column *arg, uint32_t first, uint32_t count) {
  const Element *elements = apply->elements.items + first;
  bool properties = apply->op.plan->apply.kind == APPLY_PROPERTIES;
  apply->rows.len = 0;
  for (uint32_t i = 0; i < count; i++) vec_push(&apply->rows, elements[i].row);
  const uint32_t *rows = apply->rows.items;
  Batch *out = batch_new(count, apply->op.plan->cols_len);
  for (uint32_t i = 0; i < batch->cols_len; i++) out->cols[i] = gather(batch->cols[i], rows, count);
  out->cols[batch->cols_len] = properties ? name_column(elements, count) : index_column(elements, count);
  out->cols[batch->cols_len + 1] = value_column(elements, count, arg);
  out->time = gather(batch->time, rows, count);
  out->payload = gather(batch->payload, rows, count);
  out->offset = gather(batch->offset, rows, count);
  out->substream = gather(batch->substream, rows, count);
  out->channel = batch->channel;
  out->sorted = batch->sorted;
  lineage_merge(&out->lineage, &batch->lineage);
  op_emit(&apply->op, out);
  batch_unref(out);
}

static void emit_elements(ApplyOp *apply, const Batch *batch, const Column *arg) {
  uint32_t step = apply->op.ctx->batch_rows;
  for (uint32_t first = 0; first < apply->elements.len; first += step) {
    uint32_t left = apply->elements.len - first;
    emit_piece(apply, batch, arg, first, left < step ? left : step);
  }
  apply->elements.len = 0;
  arena_reset(&apply->arena);
}

static void apply_push(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  ApplyOp *apply = (ApplyOp *)op;
  Column *arg;
  Selection *sel;
  row_failures_reset(&apply->failures, batch->rows);
  program_run(apply->run, batch, &arg, &sel, &apply->failures);
  SELECTION_EACH(sel, batch->rows, i) {
    add_row(apply, i, arg);
    if (apply->elements.len >= op->ctx->batch_rows) emit_elements(apply, batch, arg);
  }
  emit_elements(apply, batch, arg);
  op_fail_rows(op, batch, &apply->failures);
  column_unref(arg);
  selection_unref(sel);
}

static void apply_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  op_advance(op, channel, w);
}

static void apply_close(Op *op) {
  ApplyOp *apply = (ApplyOp *)op;
  program_run_free(apply->run);
  row_failures_release(&apply->failures);
  arena_release(&apply->arena);
  vec_release(&apply->elements);
  vec_release(&apply->rows);
}

const OpClass op_apply = {
  .kind = PLAN_APPLY,
  .name = "apply",
  .bytes = sizeof(ApplyOp),
  .open = apply_open,
  .push = apply_push,
  .advance = apply_advance,
  .close = apply_close,
};
