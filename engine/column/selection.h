/* selection.h: which rows of a batch are meant, as ascending row numbers. Filters make selections,
** never copies; a NULL Selection pointer means all rows. Shared by reference, never changed once shared. */
#ifndef WEIR_COLUMN_SELECTION_H
#define WEIR_COLUMN_SELECTION_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct Selection {
  atomic_uint refs;
  uint32_t len;    /* rows selected */
  uint32_t rows[]; /* ascending */
} Selection;

Selection *selection_new(uint32_t cap); /* len 0 */
Selection *selection_ref(Selection *sel); /* NULL stays NULL */
void       selection_unref(Selection *sel);

/* Loops `i` over the rows of sel (or all `count` rows): SELECTION_EACH(sel, count, i) { ... } */
#define SELECTION_EACH(sel, count, i)                                                                   \
  for (uint32_t sel_at_ = 0, sel_end_ = (sel) ? (sel)->len : (count), i = 0;                            \
       sel_at_ < sel_end_ && ((i = (sel) ? (sel)->rows[sel_at_] : sel_at_), 1); sel_at_++)

#endif
