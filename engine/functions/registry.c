/* registry.c: every function of the language, found by name. The tables stand at the bottom of the file of
** their family; a new family is added to the list at the bottom of this one. Looked up at compile time only,
** so plain loops do. */
#include "functions/families.h"

#include "functions/operators.h"

static bool is_operator(const ScalarFn *fn) { return fn->flags & FN_OPERATOR; }

const ScalarFn *scalar_fn_find(Str name) {
  for (const ScalarFn *const *family = scalar_families; *family; family++)
    for (const ScalarFn *fn = *family; fn->name; fn++)
      if (!is_operator(fn) && str_eq_nocase(name, str_from(fn->name))) return fn;
  return NULL;
}

const ScalarFn *scalar_operator_find(const char *sign) {
  for (const ScalarFn *const *family = scalar_families; *family; family++)
    for (const ScalarFn *fn = *family; fn->name; fn++)
      if (is_operator(fn) && strcmp(fn->name, sign) == 0) return fn;
  BUG("no operator is called %s", sign);
}

const AggregateFn *aggregate_fn_find(Str name, bool distinct) {
  for (const AggregateFn *const *family = aggregate_families; *family; family++)
    for (const AggregateFn *fn = *family; fn->name; fn++)
      if (((fn->flags & AGG_DISTINCT) != 0) == distinct && str_eq_nocase(name, str_from(fn->name))) return fn;
  return NULL;
}

unsigned function_names(Str *out, unsigned max) {
  unsigned count = 0;
  for (const ScalarFn *const *family = scalar_families; *family; family++)
    for (const ScalarFn *fn = *family; fn->name && count < max; fn++)
      if (!is_operator(fn)) out[count++] = str_from(fn->name);
  for (const AggregateFn *const *family = aggregate_families; *family; family++)
    for (const AggregateFn *fn = *family; fn->name && count < max; fn++)
      if (!(fn->flags & AGG_DISTINCT)) out[count++] = str_from(fn->name);
  for (const AnalyticFn *fn = analytic_functions; fn->name && count < max; fn++) out[count++] = str_from(fn->name);
  return count;
}

/* ---- the families ---- */

const ScalarFn *const scalar_families[] = {
    operators_arith, operators_bits,  operators_compare,  operators_in, operators_like, operators_cast, operators_row,
    scalar_math,     scalar_text,     scalar_datetime,   scalar_conditional, scalar_array, scalar_record,  scalar_json,
    scalar_regex,    scalar_geo,      scalar_event,      NULL,
};

const AggregateFn *const aggregate_families[] = {
    agg_count, agg_sum, agg_extreme, agg_variance, agg_percentile, agg_collect, NULL,
};
