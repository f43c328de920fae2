/* failures.c: the rows that failed while a column was computed (function.h). The bitmap answers "has this
** row failed" in constant time; it is made with the first failure, so clean batches pay nothing. */
#include "functions/function.h"

#include <stdio.h>
#include "base/bits.h"

void row_failures_reset(RowFailures *failures, uint32_t rows) {
  mem_free(failures->rows_failed);
  failures->rows_failed = NULL;
  failures->rows = rows;
  failures->items.len = 0;
  arena_reset(&failures->arena);
}

void row_failures_release(RowFailures *failures) {
  mem_free(failures->rows_failed);
  vec_release(&failures->items);
  arena_release(&failures->arena);
  *failures = (RowFailures){0};
}

bool row_failures_has(const RowFailures *failures, uint32_t row) {
  return failures->rows_failed && bits_get(failures->rows_failed, row);
}

Selection *row_failures_passed(const RowFailures *failures, Selection *sel, uint32_t rows) {
  if (failures->items.len == 0) return selection_ref(sel);
  Selection *out = selection_new(sel ? sel->len : rows);
  SELECTION_EACH(sel, rows, i) {
    if (!row_failures_has(failures, i)) out->rows[out->len++] = i;
  }
  return out;
}

static Str format_reason(Arena *arena, const char *format, va_list args) {
  char text[512];
  int len = vsnprintf(text, sizeof text, format, args);
  if (len < 0) len = 0;
  if ((size_t)len >= sizeof text) len = sizeof text - 1;
  return arena_str(arena, (Str){text, (size_t)len});
}

void row_failures_add(RowFailures *failures, uint32_t row, Span span, const char *format, ...) {
  if (row_failures_has(failures, row)) return;
  if (!failures->rows_failed) failures->rows_failed = mem_zalloc(bits_words(failures->rows) * sizeof(uint64_t));
  bits_set(failures->rows_failed, row);
  va_list args;
  va_start(args, format);
  Str reason = format_reason(&failures->arena, format, args);
  va_end(args);
  vec_push(&failures->items, (RowFailure){.row = row, .span = span, .reason = reason});
}

bool fn_fail(FnScratch *scratch, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(scratch->error, sizeof scratch->error, format, args);
  va_end(args);
  return false;
}
