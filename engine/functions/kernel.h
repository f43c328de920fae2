/* kernel.h: what vector paths share: operands, validity of results, loops over selections.
**
** A kernel computes a whole column. Over rows that are NULL or not selected it may compute on whatever number
** stands in the slot (dense loops vectorise), but it must not follow text pointers there. */
#ifndef WEIR_FUNCTIONS_KERNEL_H
#define WEIR_FUNCTIONS_KERNEL_H

#include "functions/function.h"

#define FN_ANY ((TypeMask)(MASK_ANY & ~MASK(TYPE_NULL)))

/* A column as a kernel sees it. A constant that is NULL shows as COL_NULL; a constant bigint that is stored
** as an integral double shows its integral bit. */
typedef struct Operand {
  ColumnLayout    layout;
  bool            constant;
  const void     *data;
  const uint64_t *valid;    /* NULL: no NULLs; always NULL for constants */
  const uint64_t *integral;
} Operand;

static inline Operand operand_of(const Column *col) {
  Operand operand = {col->layout, col->constant, col->data, col->valid, col->integral};
  if (col->constant && col->valid && !bits_get(col->valid, 0)) operand.layout = COL_NULL;
  if (col->constant) operand.valid = NULL;
  return operand;
}
static inline bool operand_valid(const Operand *operand, uint32_t row) {
  return !operand->valid || bits_get(operand->valid, row);
}
static inline uint32_t operand_slot(const Operand *operand, uint32_t row) { return operand->constant ? 0 : row; }
static inline bool operand_integral(const Operand *operand, uint32_t row) {
  return operand->integral && bits_get(operand->integral, operand_slot(operand, row));
}
static inline const Text *operand_text(const Operand *operand, uint32_t row) {
  return (const Text *)operand->data + operand_slot(operand, row);
}
static inline int64_t operand_i64(const Operand *operand, uint32_t row) {
  return ((const int64_t *)operand->data)[operand_slot(operand, row)];
}
static inline double operand_f64(const Operand *operand, uint32_t row) {
  return ((const double *)operand->data)[operand_slot(operand, row)];
}

/* A loop over most rows of a batch runs over all of them: it vectorises, and the surplus is never looked at.
** Only for kernels that cannot fail and follow no pointers. */
static inline const Selection *selection_or_dense(const Selection *sel, uint32_t rows) {
  return sel && sel->len > rows / 2 ? NULL : sel;
}

/* The statement runs for every selected row number i; it is written out twice so that the dense loop
** vectorises. */
#define KERNEL_EACH(selection, count, i, ...)                            \
  do {                                                                   \
    if (selection) {                                                     \
      for (uint32_t k_ = 0; k_ < (selection)->len; k_++) {               \
        uint32_t i = (selection)->rows[k_];                              \
        __VA_ARGS__;                                                     \
      }                                                                  \
    } else {                                                             \
      for (uint32_t i = 0; i < (count); i++) {                           \
        __VA_ARGS__;                                                     \
      }                                                                  \
    }                                                                    \
  } while (0)

/* The result is NULL where any operand is. */
void    kernel_merge_valid(Column *out, const Operand *operands, unsigned count);
/* Clears the answer where a validity bitmap says NULL (comparisons are false there). */
void    kernel_clear_nulls(uint8_t *answers, const uint64_t *valid, uint32_t rows);
Column *kernel_all_null(uint32_t rows);
Column *kernel_all_false(uint32_t rows);

/* The value as messages show it: "text `abc`", "number 5", "datetime 2026-...". Long texts are cut. */
enum { DESCRIBE_LEN = 96 };
const char *value_describe(const Value *value, char out[DESCRIBE_LEN]);

/* Text made by pieces, for a result in scratch->arena. */
static inline Value text_in_arena(FnScratch *scratch, Str text) { return value_text(arena_str(&scratch->arena, text)); }

#endif
