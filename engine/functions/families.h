/* families.h: the tables of the function library, one a file. registry.c lists them. */
#ifndef WEIR_FUNCTIONS_FAMILIES_H
#define WEIR_FUNCTIONS_FAMILIES_H

#include "functions/function.h"

extern const ScalarFn operators_arith[], operators_bits[], operators_cast[], operators_compare[], operators_in[],
    operators_like[], operators_row[];
extern const ScalarFn scalar_array[], scalar_conditional[], scalar_datetime[], scalar_event[], scalar_geo[],
    scalar_json[], scalar_math[], scalar_record[], scalar_regex[], scalar_text[];
extern const AggregateFn agg_count[], agg_sum[], agg_variance[], agg_extreme[], agg_percentile[], agg_collect[];

#endif
