/* row_field.c: see row_field.h. */
#include "connectors/kafka/row_field.h"

#include "types/json.h"

Status row_field_check(const OutputSchema *schema, const char *option, Str name, const char *who, Error *err) {
  Str best = {"", 0};
  unsigned best_distance = (unsigned)(name.len / 3) + 1;
  for (uint32_t i = 0; i < schema->cols_len; i++) {
    const OutputColumn *col = &schema->cols[i];
    if (col->star || str_eq_nocase(col->name, name)) return STATUS_OK;
    unsigned distance = str_distance(col->name, name);
    if (distance >= best_distance) continue;
    best = col->name;
    best_distance = distance;
  }
  error_set(err, STATUS_CONFIG, who, "%s=" STR_FMT " is no column of this output", option, STR_ARG(name));
  if (best.len) return error_hint(err, "did you mean " STR_FMT "?", STR_ARG(best));
  return error_hint(err, "select the column, or leave %s= out", option);
}

static bool put_value(const Value *value, StrBuf *out) {
  char time[DATETIME_TEXT_LEN + 1];
  if (value->type == TYPE_NULL) return false;
  if (value->type == TYPE_DATETIME) datetime_print(value->i, time);
  if (value->type == TYPE_DATETIME) strbuf_puts(out, time);
  else if (value->type == TYPE_TEXT) strbuf_put_str(out, text_str(&value->text));
  else value_print_json(value, out);
  return true;
}

/* The field of a star's record. False: the record lacks it. */
static bool put_field(const Value *record, Str name, StrBuf *out, bool *found) {
  Str raw;
  Value value;
  Arena scratch;
  *found = record->type == TYPE_RECORD && json_field(text_str(&record->text), name, &raw);
  if (!*found) return false;
  arena_init(&scratch);
  bool put = json_value(raw, &scratch, &value) && put_value(&value, out);
  arena_release(&scratch);
  return put;
}

bool row_field_put(const OutputSchema *schema, Str name, const Batch *batch, uint32_t row, StrBuf *out) {
  for (uint32_t i = 0; i < schema->cols_len; i++) {
    const OutputColumn *col = &schema->cols[i];
    bool found = false;
    if (!col->star && !str_eq_nocase(col->name, name)) continue;
    Value value = column_get(batch->cols[i], row);
    if (!col->star) return put_value(&value, out);
    bool put = put_field(&value, name, out, &found);
    if (found) return put;
  }
  return false;
}
