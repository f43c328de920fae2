/* calendar.h: days and civil dates of the proleptic Gregorian calendar, for datetime*.c only.
** A day number counts days since 0001-01-01, which is a Monday. */
#ifndef WEIR_TYPES_CALENDAR_H
#define WEIR_TYPES_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

extern const uint16_t calendar_days_before[2][14]; /* [leap][month]: days of the year before the month; [13]: all */

static inline bool calendar_is_leap(unsigned year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
static inline unsigned calendar_month_days(unsigned year, unsigned month) { /* month 1..12 */
  const uint16_t *before = calendar_days_before[calendar_is_leap(year)];
  return before[month + 1] - before[month];
}
/* The day number of 1 January; year 1..10000. */
static inline uint32_t calendar_year_start(unsigned year) {
  uint32_t past = year - 1;
  return past * 365 + past / 4 - past / 100 + past / 400;
}
static inline uint32_t calendar_day(unsigned year, unsigned month, unsigned day) {
  return calendar_year_start(year) + calendar_days_before[calendar_is_leap(year)][month] + day - 1;
}
void calendar_date(uint32_t day_number, unsigned *year, unsigned *month, unsigned *day);

#endif
