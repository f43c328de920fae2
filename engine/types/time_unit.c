/* time_unit.c: the names of the units of DATEADD, DATEDIFF, DATEPART and windows (datetime.h).
** One table holds every spelling; the first row of a unit is its full name. */
#include "types/datetime.h"

typedef struct UnitName {
  const char *name;
  TimeUnit    unit;
} UnitName;

static const UnitName unit_names[];
static const Ticks unit_ticks[UNIT_COUNT];

bool time_unit_from_name(Str name, TimeUnit *out) {
  for (const UnitName *row = unit_names; row->name; row++) {
    if (str_eq_nocase(name, str_from(row->name))) {
      *out = row->unit;
      return true;
    }
  }
  return false;
}

const char *time_unit_name(TimeUnit unit) {
  const UnitName *row = unit_names;
  while (row->unit != unit) row++;
  return row->name;
}

Ticks time_unit_ticks(TimeUnit unit) { return unit_ticks[unit]; }

unsigned time_unit_candidates(Str *out, unsigned max) {
  unsigned count = 0;
  for (TimeUnit unit = 0; unit < UNIT_COUNT && count < max; unit++) out[count++] = str_from(time_unit_name(unit));
  return count;
}

/* ---- tables ---- */

static const UnitName unit_names[] = {
    {"year", UNIT_YEAR},           {"yy", UNIT_YEAR},          {"yyyy", UNIT_YEAR},
    {"quarter", UNIT_QUARTER},     {"qq", UNIT_QUARTER},       {"q", UNIT_QUARTER},
    {"month", UNIT_MONTH},         {"mm", UNIT_MONTH},         {"m", UNIT_MONTH},
    {"dayofyear", UNIT_DAYOFYEAR}, {"dy", UNIT_DAYOFYEAR},     {"y", UNIT_DAYOFYEAR},
    {"day", UNIT_DAY},             {"dd", UNIT_DAY},           {"d", UNIT_DAY},
    {"week", UNIT_WEEK},           {"wk", UNIT_WEEK},          {"ww", UNIT_WEEK},
    {"weekday", UNIT_WEEKDAY},     {"dw", UNIT_WEEKDAY},       {"w", UNIT_WEEKDAY},
    {"hour", UNIT_HOUR},           {"hh", UNIT_HOUR},
    {"minute", UNIT_MINUTE},       {"mi", UNIT_MINUTE},        {"n", UNIT_MINUTE},
    {"second", UNIT_SECOND},       {"ss", UNIT_SECOND},        {"s", UNIT_SECOND},
    {"millisecond", UNIT_MILLISECOND},                         {"ms", UNIT_MILLISECOND},
    {"microsecond", UNIT_MICROSECOND},                         {"mcs", UNIT_MICROSECOND},
    {"nanosecond", UNIT_NANOSECOND},                           {"ns", UNIT_NANOSECOND},
    {"tzoffset", UNIT_TZOFFSET},   {"tz", UNIT_TZOFFSET},
    {"iso_week", UNIT_ISOWEEK},    {"isowk", UNIT_ISOWEEK},    {"isoww", UNIT_ISOWEEK},
    {NULL, UNIT_COUNT},
};

static const Ticks unit_ticks[UNIT_COUNT] = {
    [UNIT_DAY] = TICKS_PER_DAY,
    [UNIT_WEEK] = 7 * TICKS_PER_DAY,
    [UNIT_HOUR] = TICKS_PER_HOUR,
    [UNIT_MINUTE] = TICKS_PER_MINUTE,
    [UNIT_SECOND] = TICKS_PER_SECOND,
    [UNIT_MILLISECOND] = TICKS_PER_MILLISECOND,
    [UNIT_MICROSECOND] = TICKS_PER_MICROSECOND,
};
