/* operators_row.c: a whole row as one record, for LAG(*), Collect() and their like over rows that are no input's
** events. The binder lists the columns; a column without a name is a record whose members stand for columns.
** Names go as in SELECT *: of two that are equal without regard to case the leftmost wins, row by row. */
#include "functions/families.h"

#include "functions/operators.h"
#include "types/json.h"

typedef struct RowWriter {
  StrBuf   json;
  Vec(Str) names;   /* given so far */
  Arena   *arena;
} RowWriter;

static bool is_given(const RowWriter *writer, uint32_t given, Str name) {
  for (uint32_t i = 0; i < given; i++)
    if (str_eq_nocase(writer->names.items[i], name)) return true;
  return false;
}

static void begin_member(RowWriter *writer, Str name) {
  strbuf_putc(&writer->json, writer->names.len ? ',' : '{');
  vec_push(&writer->names, name);
}

static void put_column(RowWriter *writer, Str name, const Value *value) {
  if (is_given(writer, writer->names.len, name)) return;
  begin_member(writer, name);
  json_put_string(&writer->json, name);
  strbuf_putc(&writer->json, ':');
  value_print_json(value, &writer->json);
}

static Str key_text(RowWriter *writer, Str raw) {
  if (raw.len == 0 || memchr(raw.ptr, '\\', raw.len) == NULL) return raw;
  StrBuf text = {0};
  Str name = json_unescape(raw, &text) ? arena_str(writer->arena, strbuf_str(&text)) : raw;
  strbuf_release(&text);
  return name;
}

static void put_members(RowWriter *writer, Str record) {
  JsonCursor cursor;
  Str raw_key, raw_value;
  uint32_t given = writer->names.len;
  if (!json_open(&cursor, record)) return;
  while (json_next(&cursor, &raw_key, &raw_value)) {
    Str name = key_text(writer, raw_key);
    if (is_given(writer, given, name)) continue;
    begin_member(writer, name);
    strbuf_putc(&writer->json, '"');
    strbuf_put_str(&writer->json, raw_key);
    strbuf_puts(&writer->json, "\":");
    strbuf_put_str(&writer->json, raw_value);
  }
}

static bool row_row(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  RowWriter writer = {.arena = &scratch->arena};
  for (unsigned i = 0; i + 1 < call->args_len; i += 2) {
    Str name = args[i].type == TYPE_TEXT ? text_str(&args[i].text) : (Str){"", 0};
    if (name.len) put_column(&writer, name, &args[i + 1]);
    else if (args[i + 1].type == TYPE_RECORD) put_members(&writer, text_str(&args[i + 1].text));
  }
  strbuf_puts(&writer.json, writer.names.len ? "}" : "{}");
  *out = value_json(TYPE_RECORD, arena_str(&scratch->arena, strbuf_str(&writer.json)));
  strbuf_release(&writer.json);
  vec_release(&writer.names);
  return true;
}

/* ---- table ---- */

const ScalarFn operators_row[] = {
    {.name = OP_ROW, .min_args = 2, .max_args = FN_ARGS_ANY, .args = {(TypeMask)(MASK_ANY & ~MASK(TYPE_NULL))},
     .result = MASK(TYPE_RECORD), .flags = FN_OPERATOR | FN_NEVER_FAILS, .row = row_row,
     .signature = "row(name, value, ...)",
     .doc = "The values as a record with these names; a record without a name adds its members.", .null_rule = "",
     .examples = ""},
    {.name = NULL},
};
