/* analytic_rows.c: see analytic_rows.h. The queue is a stretch of an array: when the end is reached it moves to the
** front, if that is free, or the array grows; when little of it is left it shrinks. */
#include "ops/analytic_rows.h"

#include <string.h>

#include "base/mem.h"

enum { SHRINK_ABOVE = 16 };

static void move_to_front(AnalyticRows *rows, uint32_t width) {
  if (rows->head == 0) return;
  memmove(rows->times, rows->times + rows->head, rows->len * sizeof *rows->times);
  if (width) memmove(rows->values, rows->values + (size_t)rows->head * width, rows->len * width * sizeof *rows->values);
  rows->head = 0;
}

static void resize(AnalyticRows *rows, uint32_t width, uint32_t cap) {
  move_to_front(rows, width);
  rows->times = mem_realloc(rows->times, mem_mul(cap, sizeof *rows->times));
  if (width) rows->values = mem_realloc(rows->values, mem_mul(cap, width * sizeof *rows->values));
  rows->cap = cap;
}

static void make_room(AnalyticRows *rows, uint32_t width) {
  if (rows->head + rows->len < rows->cap) return;
  if (rows->head > 0 && rows->head >= rows->cap / 2) move_to_front(rows, width);
  else resize(rows, width, rows->cap ? rows->cap * 2 : 1);
}

void analytic_rows_push(AnalyticRows *rows, uint32_t width, Ticks time, Column *const *args, uint32_t row) {
  make_room(rows, width);
  uint32_t at = rows->head + rows->len++;
  rows->times[at] = time;
  for (uint32_t i = 0; i < width; i++) {
    Value value = column_get(args[i], row);
    rows->values[(size_t)at * width + i] = value_dup(&value);
  }
}

void analytic_rows_pop(AnalyticRows *rows, uint32_t width) {
  for (uint32_t i = 0; i < width; i++) value_release(&rows->values[(size_t)rows->head * width + i]);
  rows->head++;
  rows->len--;
  if (rows->len == 0) rows->head = 0;
  if (rows->cap > SHRINK_ABOVE && rows->len < rows->cap / 4) resize(rows, width, rows->cap / 2);
}

void analytic_rows_release(AnalyticRows *rows, uint32_t width) {
  for (size_t i = (size_t)rows->head * width; i < (size_t)(rows->head + rows->len) * width; i++)
    value_release(&rows->values[i]);
  mem_free(rows->times);
  mem_free(rows->values);
  *rows = (AnalyticRows){0};
}

void analytic_rows_save(const AnalyticRows *rows, uint32_t width, ByteWriter *out) {
  put_u32(out, rows->len);
  for (uint32_t i = 0; i < rows->len; i++) {
    put_i64(out, analytic_rows_time(rows, i));
    for (uint32_t k = 0; k < width; k++) value_save(&analytic_rows_values(rows, width, i)[k], out);
  }
}

void analytic_rows_load(AnalyticRows *rows, uint32_t width, ByteReader *in) {
  uint32_t len = get_u32(in);
  for (uint32_t i = 0; i < len && !in->bad; i++) {
    make_room(rows, width);
    rows->times[rows->len] = get_i64(in);
    for (uint32_t k = 0; k < width; k++) rows->values[(size_t)rows->len * width + k] = value_load(in);
    rows->len++;
  }
}
