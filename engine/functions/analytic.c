/* analytic.c: the functions that look back over the rows of their source: what they are called with and what they
** give. Aggregates with OVER (... LIMIT DURATION ...) are not listed again. Binding is bind/analytic.c, running
** ops/op_analytic.c. */
#include "functions/function.h"

#define OVER_CLAUSE " OVER ([PARTITION BY key, ...] LIMIT DURATION(unit, n) [WHEN condition])"

const AnalyticFn analytic_functions[] = {
    {.name = "LAG", .kind = ANALYTIC_LAG, .min_args = 1, .max_args = 3,
     .signature = "LAG(value[, offset[, default]])" OVER_CLAUSE,
     .doc = "The value of an earlier row: the last one, or the one `offset` rows back, of the same keys, among those "
            "that meet the condition and are younger than the duration. The row at hand is not among them. "
            "LAG(*) gives the whole row as a record.",
     .null_rule = "the default, or NULL, where there is no such row; a NULL value is given as NULL",
     .examples = "SELECT reading - LAG(reading) OVER (PARTITION BY meter LIMIT DURATION(day, 1)) AS used FROM meters"},
    {.name = "LAST", .kind = ANALYTIC_LAST, .min_args = 1, .max_args = 2,
     .signature = "LAST(value[, default])" OVER_CLAUSE,
     .doc = "The value of the last row of the same keys that meets the condition and is younger than the duration; the "
            "row at hand counts when it meets the condition. LAST(*) gives the whole row as a record.",
     .null_rule = "the default, or NULL, where there is no such row; a NULL value is given as NULL",
     .examples = "SELECT DATEDIFF(second, LAST(time) OVER (PARTITION BY machine LIMIT DURATION(hour, 2) WHEN event = "
                 "'on'), time) AS seconds FROM gym WHERE event = 'off'"},
    {.name = "ISFIRST", .kind = ANALYTIC_ISFIRST, .min_args = 2, .max_args = 2,
     .signature = "ISFIRST(unit, n) [OVER ([PARTITION BY key, ...] [WHEN condition])]",
     .doc = "1 for the first row of the same keys in its interval that meets the condition, else 0. Intervals align "
            "like tumbling windows.",
     .null_rule = "never NULL",
     .examples = "SELECT ferry, pier FROM ferries WHERE ISFIRST(minute, 10) OVER (PARTITION BY pier) = 1"},
    {.name = "AnomalyDetection_SpikeAndDip", .kind = ANALYTIC_SPIKE_AND_DIP, .min_args = 4, .max_args = 4,
     .signature = "AnomalyDetection_SpikeAndDip(value, confidence, historySize, mode)" OVER_CLAUSE,
     .doc = "How strange the value is beside the last `historySize` ones of the same keys within the duration: a "
            "record of IsAnomaly (1 or 0) and Score, the share of an adaptive density estimate of those values that "
            "lies as far out. IsAnomaly is 1 when Score is below 1 - confidence / 100. mode is 'spikes', 'dips' or "
            "'spikesanddips'.",
     .null_rule = "NULL for a NULL value and for rows that do not meet the condition",
     .examples = "SELECT sensor, AnomalyDetection_SpikeAndDip(CAST(temperature AS float), 95, 120, 'spikesanddips') "
                 "OVER (PARTITION BY sensor LIMIT DURATION(second, 120)) AS spike FROM sensors"},
    {.name = "AnomalyDetection_ChangePoint", .kind = ANALYTIC_CHANGE_POINT, .min_args = 3, .max_args = 3,
     .signature = "AnomalyDetection_ChangePoint(value, confidence, historySize)" OVER_CLAUSE,
     .doc = "Whether the values of the same keys have ceased to be like those before: a record of IsAnomaly (1 or 0) "
            "and Score, a martingale that grows exponentially while they differ from the last `historySize` ones "
            "within the duration. IsAnomaly is 1 when Score reaches 1 / (1 - confidence / 100); then the history "
            "begins anew.",
     .null_rule = "NULL for a NULL value and for rows that do not meet the condition",
     .examples = "SELECT AnomalyDetection_ChangePoint(CAST(temperature AS float), 80, 1200) OVER "
                 "(LIMIT DURATION(minute, 20)) AS change FROM sensors"},
    {.name = NULL},
};

const AnalyticFn *analytic_fn_find(Str name) {
  for (const AnalyticFn *fn = analytic_functions; fn->name; fn++)
    if (str_eq_nocase(name, str_from(fn->name))) return fn;
  return NULL;
}
