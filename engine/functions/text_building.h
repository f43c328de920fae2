/* text_building.h: the text functions that make new text (text_building.c); their rows stand in the table of
** scalar_text.c. */
#ifndef WEIR_FUNCTIONS_TEXT_BUILDING_H
#define WEIR_FUNCTIONS_TEXT_BUILDING_H

#include "functions/function.h"

enum { TEXT_RESULT_MAX = 16 << 20 }; /* bytes a function may make for one row */

#define ROW_FN(name) bool row_##name(const FnCall *call, const Value *args, FnScratch *scratch, Value *out)
#define VEC_FN(name)                                                                                    \
  Column *vec_##name(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,      \
                     RowFailures *failures)

ROW_FN(concat);
ROW_FN(concat_ws);
ROW_FN(lower);
ROW_FN(nchar);
ROW_FN(replace);
ROW_FN(replicate);
ROW_FN(reverse);
ROW_FN(space);
ROW_FN(stuff);
ROW_FN(translate);
ROW_FN(upper);
VEC_FN(concat);
VEC_FN(concat_ws);
VEC_FN(lower);
VEC_FN(replace);
VEC_FN(replicate);
VEC_FN(reverse);
VEC_FN(stuff);
VEC_FN(translate);
VEC_FN(upper);

#endif
