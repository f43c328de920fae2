/* selection.c: see selection.h. */
#include "column/selection.h"

#include "base/mem.h"

Selection *selection_new(uint32_t cap) {
  Selection *sel = mem_alloc(sizeof *sel + mem_mul(cap, sizeof sel->rows[0]));
  atomic_init(&sel->refs, 1);
  sel->len = 0;
  return sel;
}

Selection *selection_ref(Selection *sel) {
  if (sel) atomic_fetch_add_explicit(&sel->refs, 1, memory_order_relaxed);
  return sel;
}

void selection_unref(Selection *sel) {
  if (sel && atomic_fetch_sub_explicit(&sel->refs, 1, memory_order_acq_rel) == 1) mem_free(sel);
}
