/* datetime.h: time as ticks of 100 ns since 0001-01-01T00:00:00Z, years 1 to 9999, UTC, proleptic
** Gregorian calendar; parsing and printing of ISO 8601 text; calendar arithmetic; durations.
** Rules: semantics.md sections 2, 4 and 6. */
#ifndef WEIR_TYPES_DATETIME_H
#define WEIR_TYPES_DATETIME_H

#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"
#include "types/text.h"

typedef int64_t Ticks;

#define TICKS_PER_MICROSECOND INT64_C(10)
#define TICKS_PER_MILLISECOND INT64_C(10000)
#define TICKS_PER_SECOND INT64_C(10000000)
#define TICKS_PER_MINUTE (60 * TICKS_PER_SECOND)
#define TICKS_PER_HOUR (60 * TICKS_PER_MINUTE)
#define TICKS_PER_DAY (24 * TICKS_PER_HOUR)
#define TICKS_LAST (INT64_C(3652059) * TICKS_PER_DAY - 1) /* 9999-12-31T23:59:59.9999999Z */
#define TICKS_MIN INT64_MIN /* "before everything": an unset watermark; also "no time" */
#define TICKS_MAX INT64_MAX /* "after everything": the watermark of a finished input */

typedef struct DateParts {
  int year, month, day;          /* 1..9999, 1..12, 1..31 */
  int hour, minute, second;
  int ticks;                     /* 0..9,999,999 within the second */
  int weekday;                   /* 1 = Sunday .. 7 = Saturday */
  int yearday;                   /* 1..366 */
} DateParts;

/* ISO 8601: date, or date and time with 'T' or one blank between, seconds and fraction optional (more
** than 7 digits are truncated), zone optional behind a time ('Z', +hh:mm, +hhmm, +hh up to 14 hours; none
** means UTC). Blanks around are not accepted. False for anything else and for instants outside the range. */
bool datetime_parse(const char *text, size_t len, Ticks *out);
/* Parses count texts; returns how many came out before the first that is no datetime. Quick where texts share the
** minute with the one before. */
uint32_t datetime_parse_texts(const Text *texts, uint32_t count, Ticks *out);
enum { DATETIME_TEXT_LEN = 28 }; /* 2026-01-01T00:00:00.0000000Z */
/* Always 7 digits; NUL added. Here and in datetime_split, ticks outside the range count as its first or last. */
void datetime_print(Ticks ticks, char out[DATETIME_TEXT_LEN + 1]);
void datetime_split(Ticks ticks, DateParts *out);
/* False when a part is out of range (month 13, 30 February, year 10000). weekday and yearday are ignored. */
bool datetime_join(const DateParts *parts, Ticks *out);

/* The units of DATEADD, DATEDIFF, DATEPART and of windows; one table of names and abbreviations. */
typedef enum TimeUnit {
  UNIT_YEAR, UNIT_QUARTER, UNIT_MONTH, UNIT_DAYOFYEAR, UNIT_DAY, UNIT_WEEK, UNIT_WEEKDAY,
  UNIT_HOUR, UNIT_MINUTE, UNIT_SECOND, UNIT_MILLISECOND, UNIT_MICROSECOND, UNIT_NANOSECOND,
  UNIT_ISOWEEK, UNIT_TZOFFSET,
  UNIT_COUNT
} TimeUnit;
bool time_unit_from_name(Str name, TimeUnit *out);  /* any case, abbreviations included */
const char *time_unit_name(TimeUnit unit);
/* Ticks of a unit of fixed length (day and shorter, week); 0 for the others and for nanosecond. */
Ticks time_unit_ticks(TimeUnit unit);
unsigned time_unit_candidates(Str *out, unsigned max); /* names for did-you-mean */

/* DATEADD: clamps to the month's end; false when the result leaves the range. count is already whole;
** nanoseconds below a tick are cut. dayofyear and weekday add days, iso_week weeks, tzoffset is false. */
bool datetime_add(Ticks ticks, TimeUnit unit, int64_t count, Ticks *out);
/* DATEDIFF: boundaries crossed from a to b (weeks start on Sunday, ISO weeks on Monday); false on int64
** overflow and for tzoffset. */
bool datetime_diff(TimeUnit unit, Ticks a, Ticks b, int64_t *out);
/* DATEPART. Fractions count from the full second; week 1 holds 1 January. */
int64_t datetime_part(TimeUnit unit, Ticks ticks);
void datetime_name(TimeUnit unit, Ticks ticks, StrBuf *out); /* DATENAME: English names of month and weekday */

/* Durations of options and policies: "5s", "1m30s", "250ms", "2h", "1d", "00:01:30", or a bare number of
** seconds. Numbers are whole; units d h m s ms us ns, longest first. False for anything else. */
bool duration_parse(Str text, Ticks *out);
void duration_print(Ticks ticks, StrBuf *out); /* "1m30s", "250ms", "0s" */

#endif
