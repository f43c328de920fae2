/* datetime.c: calendar arithmetic on ticks; the text forms are in datetime_text.c.
**
** Ticks count from a Monday, 0001-01-01. A week of DATEDIFF starts on Sunday, so the number of Sundays
** passed is (day + 1) / 7; an ISO week starts on Monday, day / 7. All instants in range are >= 0, so
** plain division rounds down.
**
** Units without a length of their own follow T-SQL: dayofyear and weekday add and count days. */
#include "types/calendar.h"
#include "types/datetime.h"

#include "types/number.h"

static bool in_range(Ticks ticks) { return ticks >= 0 && ticks <= TICKS_LAST; }

static Ticks clamp(Ticks ticks) { return ticks < 0 ? 0 : ticks > TICKS_LAST ? TICKS_LAST : ticks; }

/* ---- split and join ---- */

/* Years are counted from 1 March 0000 here, so that the leap day ends a year: in such a year the first
** day of month m (March = 0) is day (153 * m + 2) / 5. */
void calendar_date(uint32_t day_number, unsigned *year, unsigned *month, unsigned *day) {
  uint32_t days = day_number + 306; /* since 0000-03-01 */
  uint32_t era = days / 146097, day_of_era = days % 146097;
  uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  uint32_t shifted = (5 * day_of_year + 2) / 153;
  *day = day_of_year - (153 * shifted + 2) / 5 + 1;
  *month = shifted < 10 ? shifted + 3 : shifted - 9;
  *year = era * 400 + year_of_era + (*month <= 2);
}

void datetime_split(Ticks ticks, DateParts *out) {
  ticks = clamp(ticks);
  uint32_t day_number = (uint32_t)(ticks / TICKS_PER_DAY);
  Ticks rest = ticks % TICKS_PER_DAY;
  uint32_t seconds = (uint32_t)(rest / TICKS_PER_SECOND);
  unsigned year, month, day;
  calendar_date(day_number, &year, &month, &day);
  *out = (DateParts){
      .year = (int)year,
      .month = (int)month,
      .day = (int)day,
      .hour = (int)(seconds / 3600),
      .minute = (int)(seconds / 60 % 60),
      .second = (int)(seconds % 60),
      .ticks = (int)(rest % TICKS_PER_SECOND),
      .weekday = (int)((day_number + 1) % 7 + 1),
      .yearday = (int)(day_number - calendar_year_start(year) + 1),
  };
}

static bool within(int value, int first, int last) { return value >= first && value <= last; }

bool datetime_join(const DateParts *parts, Ticks *out) {
  if (!within(parts->year, 1, 9999) || !within(parts->month, 1, 12)) return false;
  unsigned year = (unsigned)parts->year, month = (unsigned)parts->month;
  if (!within(parts->day, 1, (int)calendar_month_days(year, month))) return false;
  if (!within(parts->hour, 0, 23) || !within(parts->minute, 0, 59) || !within(parts->second, 0, 59)) return false;
  if (!within(parts->ticks, 0, (int)TICKS_PER_SECOND - 1)) return false;
  *out = calendar_day(year, month, (unsigned)parts->day) * TICKS_PER_DAY + parts->hour * TICKS_PER_HOUR +
         parts->minute * TICKS_PER_MINUTE + parts->second * TICKS_PER_SECOND + parts->ticks;
  return true;
}

/* ---- DATEADD ---- */

static int64_t months_of(TimeUnit unit) {
  return unit == UNIT_YEAR ? 12 : unit == UNIT_QUARTER ? 3 : unit == UNIT_MONTH ? 1 : 0;
}

/* Like time_unit_ticks, plus the units that count days without being days, and the ISO week. */
static Ticks step_of(TimeUnit unit) {
  if (unit == UNIT_DAYOFYEAR || unit == UNIT_WEEKDAY) return TICKS_PER_DAY;
  return unit == UNIT_ISOWEEK ? 7 * TICKS_PER_DAY : time_unit_ticks(unit);
}

static bool add_months(Ticks ticks, int64_t count, Ticks *out) {
  unsigned year, month, day;
  calendar_date((uint32_t)(ticks / TICKS_PER_DAY), &year, &month, &day);
  int64_t months;
  if (__builtin_add_overflow(count, (int64_t)(year - 1) * 12 + month - 1, &months)) return false;
  if (months < 0 || months >= 9999 * 12) return false;
  year = (unsigned)(months / 12) + 1;
  month = (unsigned)(months % 12) + 1;
  unsigned last = calendar_month_days(year, month);
  *out = calendar_day(year, month, day < last ? day : last) * TICKS_PER_DAY + ticks % TICKS_PER_DAY;
  return true;
}

bool datetime_add(Ticks ticks, TimeUnit unit, int64_t count, Ticks *out) {
  if (!in_range(ticks) || unit == UNIT_TZOFFSET) return false;
  int64_t delta, sum;
  if (months_of(unit)) return !__builtin_mul_overflow(count, months_of(unit), &delta) && add_months(ticks, delta, out);
  if (unit == UNIT_NANOSECOND) delta = count / 100; /* what is finer than a tick is cut */
  else if (__builtin_mul_overflow(count, step_of(unit), &delta)) return false;
  if (__builtin_add_overflow(ticks, delta, &sum) || !in_range(sum)) return false;
  *out = sum;
  return true;
}

/* ---- DATEDIFF ---- */

static int64_t month_number(Ticks ticks) {
  unsigned year, month, day;
  calendar_date((uint32_t)(ticks / TICKS_PER_DAY), &year, &month, &day);
  return (int64_t)year * 12 + month - 1;
}

/* How many boundaries of the unit lie between the beginning of time and the instant. */
static int64_t boundaries(TimeUnit unit, Ticks ticks) {
  if (months_of(unit)) return month_number(ticks) / months_of(unit);
  if (unit == UNIT_WEEK) return (ticks + TICKS_PER_DAY) / (7 * TICKS_PER_DAY);
  return ticks / step_of(unit);
}

bool datetime_diff(TimeUnit unit, Ticks a, Ticks b, int64_t *out) {
  if (!in_range(a) || !in_range(b) || unit == UNIT_TZOFFSET) return false;
  if (unit == UNIT_NANOSECOND) return !__builtin_mul_overflow(b - a, INT64_C(100), out);
  *out = boundaries(unit, b) - boundaries(unit, a);
  return true;
}

/* ---- DATEPART and DATENAME ---- */

/* Week 1 holds 1 January; weeks start on Sunday. */
static int64_t week_of_year(const DateParts *parts) {
  int first_weekday = ((parts->weekday - parts->yearday) % 7 + 7) % 7; /* of 1 January, Sunday = 0 */
  return (parts->yearday - 1 + first_weekday) / 7 + 1;
}

/* The ISO week belongs to the year that holds its Thursday. */
static int64_t iso_week(Ticks ticks) {
  uint32_t day_number = (uint32_t)(ticks / TICKS_PER_DAY);
  uint32_t thursday = day_number - day_number % 7 + 3;
  unsigned year, month, day;
  calendar_date(thursday, &year, &month, &day);
  return (thursday - calendar_year_start(year)) / 7 + 1;
}

int64_t datetime_part(TimeUnit unit, Ticks ticks) {
  DateParts parts;
  datetime_split(ticks, &parts);
  switch (unit) {
    case UNIT_YEAR: return parts.year;
    case UNIT_QUARTER: return (parts.month - 1) / 3 + 1;
    case UNIT_MONTH: return parts.month;
    case UNIT_DAYOFYEAR: return parts.yearday;
    case UNIT_DAY: return parts.day;
    case UNIT_WEEK: return week_of_year(&parts);
    case UNIT_WEEKDAY: return parts.weekday;
    case UNIT_HOUR: return parts.hour;
    case UNIT_MINUTE: return parts.minute;
    case UNIT_SECOND: return parts.second;
    case UNIT_MILLISECOND: return parts.ticks / TICKS_PER_MILLISECOND;
    case UNIT_MICROSECOND: return parts.ticks / TICKS_PER_MICROSECOND;
    case UNIT_NANOSECOND: return (int64_t)parts.ticks * 100;
    case UNIT_ISOWEEK: return iso_week(clamp(ticks));
    case UNIT_TZOFFSET:
    case UNIT_COUNT: break;
  }
  return 0; /* every datetime is UTC */
}

static const char *const month_names[12], *const weekday_names[7];

void datetime_name(TimeUnit unit, Ticks ticks, StrBuf *out) {
  int64_t part = datetime_part(unit, ticks);
  char digits[NUMBER_TEXT_MAX];
  if (unit == UNIT_MONTH) strbuf_puts(out, month_names[part - 1]);
  else if (unit == UNIT_WEEKDAY) strbuf_puts(out, weekday_names[part - 1]);
  else if (unit == UNIT_TZOFFSET) strbuf_puts(out, "+00:00");
  else strbuf_append(out, digits, bigint_print(part, digits));
}

/* ---- tables ---- */

static const char *const month_names[12] = {"January", "February", "March",     "April",   "May",      "June",
                                            "July",    "August",   "September", "October", "November", "December"};

static const char *const weekday_names[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                             "Thursday", "Friday", "Saturday"};

const uint16_t calendar_days_before[2][14] = {
    {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
    {0, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366},
};
