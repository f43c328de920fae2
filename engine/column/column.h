/* column.h: the values of one column for the rows of a batch.
**
** A column is uniform (one layout, fixed-size slots, validity bits) wherever the data allows. Real data
** spells one field `1` and `1.2` in the same batch, so COL_FLOAT may carry an `integral` bitmap: rows whose
** bit is set are bigints that happen to be stored as double (only values within +-2^53, so nothing is lost).
** Integers beyond 2^53 beside fractions, and real mixtures of types, go to COL_MIXED: an array of Value.
**
** A column holds all rows of its batch; what a selection leaves out has undefined slots. Slots of NULL rows
** are undefined too (but readable): kernels may compute on them, never trust them.
** A `constant` column has one slot (number 0) that stands for every row.
**
** Ownership: reference counted; immutable once shared. Text slots point into `holds` buffers or elsewhere
** that outlives the column (plan constants). Thread: counts are atomic. */
#ifndef WEIR_COLUMN_COLUMN_H
#define WEIR_COLUMN_COLUMN_H

#include <stdatomic.h>
#include "base/bits.h"
#include "column/buffer.h"
#include "column/selection.h"
#include "types/datetime.h"
#include "types/value.h"

typedef enum ColumnLayout {
  COL_NULL,     /* no slots: every row is NULL */
  COL_BIT,      /* uint8_t 0 or 1 */
  COL_BIGINT,   /* int64_t */
  COL_FLOAT,    /* double, see `integral` */
  COL_DATETIME, /* Ticks */
  COL_TEXT,     /* Text */
  COL_RECORD,   /* Text holding JSON */
  COL_ARRAY,    /* Text holding JSON */
  COL_MIXED,    /* Value */
} ColumnLayout;

typedef struct Column {
  atomic_uint  refs;
  ColumnLayout layout;
  bool         constant;
  uint32_t     rows;
  void        *data;
  uint64_t    *valid;    /* one bit a row; NULL: no row is NULL. For COL_MIXED the tag decides and this is NULL */
  uint64_t    *integral; /* COL_FLOAT: rows that are bigints; NULL: none is */
  Buffer     **holds;    /* buffers the text slots point into */
  uint32_t     holds_len, holds_cap;
  Buffer      *heap;     /* newest buffer made by column_text_space, also in holds */
} Column;

/* Slots are allocated: text slots empty, COL_MIXED slots NULL, the others undefined; no validity bitmap. One
** reference. */
Column *column_new(ColumnLayout layout, uint32_t rows);
/* Every row has this value; text bytes are borrowed (plan constants) unless copy is set. */
Column *column_constant(const Value *value, uint32_t rows, bool copy);
Column *column_ref(Column *col);
void    column_unref(Column *col); /* NULL is fine */

uint64_t *column_need_valid(Column *col);    /* the bitmap, made with all bits set when absent */
uint64_t *column_need_integral(Column *col); /* made with all bits clear when absent */
void      column_set_null(Column *col, uint32_t row);
/* Keeps the buffer alive as long as the column. */
void      column_hold(Column *col, Buffer *buffer);
void      column_hold_all(Column *col, const Column *other);
/* Room for len bytes of text that live as long as the column; fill it, then store the view. */
char     *column_text_space(Column *col, size_t len);
/* Makes sure that the next column_text_space calls of len bytes in all share one buffer of just that size. */
void      column_text_reserve(Column *col, size_t len);
Text      column_copy_text(Column *col, Str text);

/* The size of a slot in bytes; 0 for COL_NULL. */
size_t column_slot_bytes(ColumnLayout layout);
const char *column_layout_name(ColumnLayout layout); /* "bigint", "mixed" */
ColumnLayout column_layout_of(Type type); /* TYPE_TEXT -> COL_TEXT, TYPE_NULL -> COL_NULL */

/* Whether a bigint may be stored in a COL_FLOAT column with its integral bit set: within +-2^53. */
static inline bool column_exact_as_double(int64_t value) {
  return value >= -(INT64_C(1) << 53) && value <= INT64_C(1) << 53;
}

static inline uint32_t column_slot(const Column *col, uint32_t row) { return col->constant ? 0 : row; }
bool  column_is_null(const Column *col, uint32_t row);
Value column_get(const Column *col, uint32_t row); /* any layout; text is borrowed */

/* Typed slots; the caller has checked the layout (and, for constant columns, uses slot 0). */
static inline uint8_t *column_bits(const Column *col) { return col->data; }
static inline int64_t *column_i64(const Column *col) { return col->data; }
static inline double  *column_f64(const Column *col) { return col->data; }
static inline Text    *column_text(const Column *col) { return col->data; }
static inline Value   *column_values(const Column *col) { return col->data; }

/* Builds a column row by row when the types are not known beforehand: starts narrow and widens (bigint ->
** float with integral bits -> mixed). Rows must come in ascending order; rows skipped are NULL. Text is
** copied into the column when copy_text is set, else borrowed. */
typedef struct ColumnBuilder {
  Column  *col;
  uint32_t rows, next; /* rows below next are settled */
  bool     copy_text;
} ColumnBuilder;
void    column_builder_init(ColumnBuilder *builder, uint32_t rows, bool copy_text);
void    column_builder_put(ColumnBuilder *builder, uint32_t row, const Value *value);
Column *column_builder_finish(ColumnBuilder *builder); /* the caller owns the reference */

/* A copy of the chosen rows, in that order; row numbers may repeat and UINT32_MAX gives NULL. With
** copy_text the result owns its text, else it holds the buffers of col. */
Column *column_gather(const Column *col, const uint32_t *rows, uint32_t count, bool copy_text);
/* Concatenates pieces: piece i contributes its rows[i][0..counts[i]), where UINT32_MAX gives NULL again, or its
** first counts[i] rows when rows[i] is NULL. Text is copied. */
Column *column_concat(const Column *const *cols, const uint32_t *const *rows, const uint32_t *counts, uint32_t pieces);
/* The same values as COL_MIXED: tests force it to prove that both paths agree. */
Column *column_to_mixed(const Column *col);

/* Hash of each selected row's value (equal keys hash alike, as value_hash), combined into hashes[] when
** combine is set, else stored. hashes is indexed by position in the selection. */
void column_hash(const Column *col, const Selection *sel, uint32_t rows, uint64_t *hashes, bool combine);

void column_print(const Column *col, StrBuf *out); /* for tests and debugging */
/* BUG when the layout is inconsistent (debug checks between operators). */
void column_verify(const Column *col, const Selection *sel);

#endif
