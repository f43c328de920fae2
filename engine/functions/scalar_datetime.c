/* scalar_datetime.c: DATEADD, DATEDIFF, DATEPART, DATENAME, DAY, MONTH, YEAR and DATETIMEFROMPARTS. The calendar is
** types/datetime.h.
**
** The unit is a constant text, which the binder makes of the bare name; prepare turns it into a TimeUnit. A date is
** a datetime or ISO 8601 text; other text fails the row. */
#include "functions/families.h"

#include "functions/kernel.h"
#include "types/cast.h"

/* ---- the unit ---- */

static const TimeUnit units[UNIT_COUNT];

static TimeUnit unit_of(const FnCall *call) { return *(const TimeUnit *)call->state; }

static bool unit_fits(const char *function, TimeUnit unit) {
  bool part_only = unit == UNIT_TZOFFSET || unit == UNIT_ISOWEEK;
  return !part_only || strcmp(function, "DATEPART") == 0 || strcmp(function, "DATENAME") == 0;
}

static Status prepare_unit(FnCall *call, Error *err) {
  const Value *name = call->constants[0];
  TimeUnit unit;
  if (!name || name->type != TYPE_TEXT)
    return error_set(err, STATUS_CONFIG, call->fn->name, "the first argument of %s is the name of a unit of time",
                     call->fn->name);
  if (!time_unit_from_name(text_str(&name->text), &unit) || !unit_fits(call->fn->name, unit)) {
    error_set(err, STATUS_CONFIG, call->fn->name, "`" STR_FMT "` is no unit of time that %s takes",
              STR_ARG(text_str(&name->text)), call->fn->name);
    return error_hint(err, "units are year, quarter, month, dayofyear, day, week, weekday, hour, minute, second, "
                           "millisecond and microsecond");
  }
  call->state = (void *)&units[unit];
  return STATUS_OK;
}

/* ---- dates ---- */

static bool date_fails(const FnCall *call, const Value *value, FnScratch *scratch) {
  char shown[DESCRIBE_LEN];
  return fn_fail(scratch, "%s: %s is no ISO 8601 date and time", call->fn->name, value_describe(value, shown));
}

static bool date_of(const FnCall *call, const Value *value, FnScratch *scratch, Ticks *ticks) {
  return value_to_ticks(value, ticks) || date_fails(call, value, scratch);
}

/* The ticks of a column of datetimes or texts. */
typedef struct Dates {
  Operand        column;
  const int64_t *ticks;  /* by slot */
  int64_t       *parsed; /* owned, when they come from text */
} Dates;

static int64_t date_at(const Dates *dates, uint32_t row) { return dates->ticks[operand_slot(&dates->column, row)]; }

static void parse_row(const FnCall *call, Dates *dates, uint32_t row, RowFailures *failures) {
  Value text = {.type = TYPE_TEXT, .text = *operand_text(&dates->column, row)};
  if (value_to_ticks(&text, &dates->parsed[row])) return;
  FnScratch scratch = {0};
  date_fails(call, &text, &scratch);
  row_failures_add(failures, row, call->span, "%s", scratch.error);
  dates->parsed[row] = 0;
}

/* False when the layout, or a constant that is no date, needs the row path; release with dates_close either way. */
static bool dates_open(const FnCall *call, const Column *col, const Selection *sel, uint32_t rows, Dates *dates,
                       RowFailures *failures) {
  *dates = (Dates){.column = operand_of(col)};
  dates->ticks = dates->column.data;
  if (dates->column.layout != COL_TEXT) return dates->column.layout == COL_DATETIME;
  dates->parsed = mem_alloc(mem_mul(dates->column.constant ? 1 : rows + 1, sizeof(int64_t)));
  dates->ticks = dates->parsed;
  if (dates->column.constant) {
    Value text = {.type = TYPE_TEXT, .text = *operand_text(&dates->column, 0)};
    return value_to_ticks(&text, dates->parsed);
  }
  KERNEL_EACH(sel, rows, i, {
    if (operand_valid(&dates->column, i)) parse_row(call, dates, i, failures);
    else dates->parsed[i] = 0;
  });
  return true;
}

static void dates_close(Dates *dates) { mem_free(dates->parsed); }

/* A constant text that is no date fails every row: the row path says how. */
static bool constant_reads_as_date(const Column *col) {
  Value value = col->constant ? column_get(col, 0) : value_null();
  Ticks ticks;
  return value.type != TYPE_TEXT || value_to_ticks(&value, &ticks);
}

static bool is_null_column(const Column *col) { return operand_of(col).layout == COL_NULL; }

/* ---- parts ---- */

static bool part_row(const FnCall *call, TimeUnit unit, const Value *date, FnScratch *scratch, Value *out) {
  Ticks ticks;
  if (!date_of(call, date, scratch, &ticks)) return false;
  *out = value_bigint(datetime_part(unit, ticks));
  return true;
}

/* Year, month or day by multiplications instead of divisions, after C. Neri and L. Schneider, Euclidean affine
** functions and their application to calendar algorithms (2022). Years begin in March here, so that the leap day is
** the last of a year; a shift puts 0001-01-01, day 306 since 0000-03-01, in its place. */
static inline int64_t civil_part(TimeUnit unit, Ticks ticks) {
  uint32_t quarters = 4 * ((uint32_t)((uint64_t)ticks / (uint64_t)TICKS_PER_DAY) + 306) + 3; /* of days */
  uint32_t century = quarters / 146097;
  uint64_t product = (uint64_t)2939745 * (quarters % 146097 | 3);
  uint32_t day_of_year = (uint32_t)product / 2939745 / 4;
  uint32_t month_day = 2141 * day_of_year + 197913;
  bool next_year = day_of_year >= 306; /* January and February */
  if (unit == UNIT_YEAR) return 100 * century + (uint32_t)(product >> 32) + next_year;
  if (unit == UNIT_MONTH) return (month_day >> 16) - (next_year ? 12 : 0);
  return (month_day & 0xffff) / 2141 + 1;
}

/* Units inside the day and weekdays need no calendar. */
static inline int64_t part_fast(TimeUnit unit, Ticks ticks) {
  switch ((int)unit) {
    case UNIT_YEAR:
    case UNIT_MONTH:
    case UNIT_DAY: return civil_part(unit, ticks);
    case UNIT_HOUR: return ticks / TICKS_PER_HOUR % 24;
    case UNIT_MINUTE: return ticks / TICKS_PER_MINUTE % 60;
    case UNIT_SECOND: return ticks / TICKS_PER_SECOND % 60;
    case UNIT_WEEKDAY: return (ticks / TICKS_PER_DAY + 1) % 7 + 1; /* 0001-01-01 is a Monday, and Sunday is 1 */
    default: return datetime_part(unit, ticks);
  }
}

/* Always inlined, so that the common units get a loop of their own. */
static inline __attribute__((always_inline)) void part_rows(TimeUnit unit, const Dates *dates, const Selection *sel,
                                                            uint32_t rows, int64_t *out) {
  const uint64_t *valid = dates->column.valid;
  if (valid) KERNEL_EACH(sel, rows, i, if (bits_get(valid, i)) out[i] = part_fast(unit, dates->ticks[i]));
  else KERNEL_EACH(sel, rows, i, out[i] = part_fast(unit, dates->ticks[i]));
}

static void parts_of(TimeUnit unit, const Dates *dates, const Selection *sel, uint32_t rows, int64_t *out) {
  switch ((int)unit) {
    case UNIT_YEAR: part_rows(UNIT_YEAR, dates, sel, rows, out); break;
    case UNIT_MONTH: part_rows(UNIT_MONTH, dates, sel, rows, out); break;
    case UNIT_DAY: part_rows(UNIT_DAY, dates, sel, rows, out); break;
    case UNIT_HOUR: part_rows(UNIT_HOUR, dates, sel, rows, out); break;
    case UNIT_MINUTE: part_rows(UNIT_MINUTE, dates, sel, rows, out); break;
    case UNIT_WEEKDAY: part_rows(UNIT_WEEKDAY, dates, sel, rows, out); break;
    default: part_rows(unit, dates, sel, rows, out);
  }
}

static Column *part_column(const FnCall *call, TimeUnit unit, Column *arg, const Selection *sel, uint32_t rows,
                           RowFailures *failures) {
  Dates dates;
  Column *out = NULL;
  if (is_null_column(arg)) return kernel_all_null(rows);
  if (arg->constant) return NULL;
  if (dates_open(call, arg, sel, rows, &dates, failures)) {
    out = column_new(COL_BIGINT, rows);
    parts_of(unit, &dates, sel, rows, column_i64(out));
    kernel_merge_valid(out, &dates.column, 1);
  }
  dates_close(&dates);
  return out;
}

static bool row_datepart(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return part_row(call, unit_of(call), &args[1], scratch, out);
}
static Column *vec_datepart(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                            RowFailures *failures) {
  return part_column(call, unit_of(call), args[1], sel, rows, failures);
}

#define PART_FN(id, unit)                                                                                 \
  static bool row_##id(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {           \
    return part_row(call, unit, &args[0], scratch, out);                                                  \
  }                                                                                                       \
  static Column *vec_##id(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,   \
                          RowFailures *failures) {                                                        \
    return part_column(call, unit, args[0], sel, rows, failures);                                         \
  }

PART_FN(day, UNIT_DAY)
PART_FN(month, UNIT_MONTH)
PART_FN(year, UNIT_YEAR)

static bool row_datename(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Ticks ticks;
  StrBuf name = {0};
  if (!date_of(call, &args[1], scratch, &ticks)) return false;
  datetime_name(unit_of(call), ticks, &name);
  *out = text_in_arena(scratch, strbuf_str(&name));
  strbuf_release(&name);
  return true;
}

/* The names of one column. Each month and weekday is made once. */
typedef struct DateNames {
  TimeUnit unit;
  StrBuf   scratch;
} DateNames;

static Text name_of_date(DateNames *names, Ticks ticks, Column *out) {
  strbuf_clear(&names->scratch);
  datetime_name(names->unit, ticks, &names->scratch);
  return column_copy_text(out, strbuf_str(&names->scratch));
}

static inline __attribute__((always_inline)) void few_names(TimeUnit unit, DateNames *names, const Dates *dates,
                                                            const Selection *sel, uint32_t rows, Column *out) {
  Text made[13] = {0}; /* by month or weekday; empty: not yet */
  Text *texts = column_text(out);
  KERNEL_EACH(sel, rows, i, if (operand_valid(&dates->column, i)) {
    Text *name = &made[part_fast(unit, dates->ticks[i])];
    if (name->len == 0) *name = name_of_date(names, dates->ticks[i], out);
    texts[i] = *name;
  });
}

static void names_of(DateNames *names, const Dates *dates, const Selection *sel, uint32_t rows, Column *out) {
  switch ((int)names->unit) {
    case UNIT_MONTH: few_names(UNIT_MONTH, names, dates, sel, rows, out); break;
    case UNIT_WEEKDAY: few_names(UNIT_WEEKDAY, names, dates, sel, rows, out); break;
    default:
      KERNEL_EACH(sel, rows, i, if (operand_valid(&dates->column, i)) column_text(out)[i] =
                                    name_of_date(names, dates->ticks[i], out));
  }
}

static Column *vec_datename(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                            RowFailures *failures) {
  Dates dates;
  DateNames names = {.unit = unit_of(call)};
  Column *out = NULL;
  if (is_null_column(args[1])) return kernel_all_null(rows);
  if (args[1]->constant) return NULL;
  if (dates_open(call, args[1], sel, rows, &dates, failures)) {
    out = column_new(COL_TEXT, rows);
    names_of(&names, &dates, sel, rows, out);
    kernel_merge_valid(out, &dates.column, 1);
  }
  dates_close(&dates);
  strbuf_release(&names.scratch);
  return out;
}

/* ---- DATEADD ---- */

static bool add_fails(const FnCall *call, int64_t count, Ticks ticks, FnScratch *scratch) {
  char text[DATETIME_TEXT_LEN + 1];
  datetime_print(ticks, text);
  return fn_fail(scratch, "DATEADD(%s, %lld, %s): the result is not in the years 1 to 9999",
                 time_unit_name(unit_of(call)), (long long)count, text);
}

/* A fraction is cut off; what is beyond 64 bits is beyond every date. */
static int64_t whole_count(const Value *count) {
  if (count->type != TYPE_FLOAT) return count->i;
  return count->f >= 0x1p63 ? INT64_MAX : count->f <= -0x1p63 ? INT64_MIN : (int64_t)count->f;
}

static bool row_dateadd(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Ticks ticks;
  int64_t count = whole_count(&args[1]);
  if (!date_of(call, &args[2], scratch, &ticks)) return false;
  *out = value_datetime(0);
  return datetime_add(ticks, unit_of(call), count, &out->i) || add_fails(call, count, ticks, scratch);
}

static void add_row(const FnCall *call, int64_t count, Ticks ticks, Column *out, uint32_t row, RowFailures *failures) {
  if (row_failures_has(failures, row)) column_i64(out)[row] = 0;
  else if (!datetime_add(ticks, unit_of(call), count, &column_i64(out)[row])) {
    FnScratch scratch = {0};
    add_fails(call, count, ticks, &scratch);
    row_failures_add(failures, row, call->span, "%s", scratch.error);
    column_i64(out)[row] = 0;
  }
}

static Column *vec_dateadd(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                           RowFailures *failures) {
  Operand count = operand_of(args[1]);
  Dates dates;
  Column *out = NULL;
  if (count.layout == COL_NULL || is_null_column(args[2])) return kernel_all_null(rows);
  if (count.layout != COL_BIGINT || (count.constant && args[2]->constant)) return NULL;
  if (count.valid && args[2]->layout == COL_TEXT) return NULL; /* a NULL count saves a row whose date is wrong */
  if (dates_open(call, args[2], sel, rows, &dates, failures)) {
    out = column_new(COL_DATETIME, rows);
    KERNEL_EACH(sel, rows, i, {
      if (operand_valid(&count, i) && operand_valid(&dates.column, i))
        add_row(call, operand_i64(&count, i), date_at(&dates, i), out, i, failures);
    });
    kernel_merge_valid(out, (Operand[]){count, dates.column}, 2);
  }
  dates_close(&dates);
  return out;
}

/* ---- DATEDIFF ---- */

static bool diff_fails(const FnCall *call, FnScratch *scratch) {
  return fn_fail(scratch, "DATEDIFF in %s: the result is beyond 64 bits", time_unit_name(unit_of(call)));
}

static bool row_datediff(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Ticks from, to;
  if (!date_of(call, &args[1], scratch, &from) || !date_of(call, &args[2], scratch, &to)) return false;
  *out = value_bigint(0);
  return datetime_diff(unit_of(call), from, to, &out->i) || diff_fails(call, scratch);
}

static void diff_row(const FnCall *call, Ticks from, Ticks to, Column *out, uint32_t row, RowFailures *failures) {
  if (row_failures_has(failures, row)) return;
  if (datetime_diff(unit_of(call), from, to, &column_i64(out)[row])) return;
  FnScratch scratch = {0};
  diff_fails(call, &scratch);
  row_failures_add(failures, row, call->span, "%s", scratch.error);
}

static void diff_rows(const FnCall *call, const Dates *from, const Dates *to, const Selection *sel, uint32_t rows,
                      Column *out, RowFailures *failures) {
  TimeUnit unit = unit_of(call);
  Ticks step = unit == UNIT_WEEK ? 0 : time_unit_ticks(unit);
  int64_t *result = column_i64(out);
  if (step == 0) {
    KERNEL_EACH(sel, rows, i, {
      if (operand_valid(&from->column, i) && operand_valid(&to->column, i))
        diff_row(call, date_at(from, i), date_at(to, i), out, i, failures);
    });
    return;
  }
  KERNEL_EACH(sel, rows, i, {
    if (operand_valid(&from->column, i) && operand_valid(&to->column, i))
      result[i] = date_at(to, i) / step - date_at(from, i) / step;
  });
}

/* Text that may not parse beside NULLs: which argument fails first, if any, is the row path's to say. */
static bool order_of_failures_matters(const Column *from, const Column *to) {
  bool text = from->layout == COL_TEXT || to->layout == COL_TEXT;
  return text && ((!from->constant && from->valid) || (!to->constant && to->valid));
}

static Column *vec_datediff(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                            RowFailures *failures) {
  Dates from, to = {0};
  Column *out = NULL;
  if (is_null_column(args[1]) || is_null_column(args[2])) return kernel_all_null(rows);
  if ((args[1]->constant && args[2]->constant) || order_of_failures_matters(args[1], args[2])) return NULL;
  if (args[1]->layout == COL_MIXED || args[2]->layout == COL_MIXED) return NULL;
  if (!constant_reads_as_date(args[1]) || !constant_reads_as_date(args[2])) return NULL;
  bool ready =
      dates_open(call, args[1], sel, rows, &from, failures) && dates_open(call, args[2], sel, rows, &to, failures);
  if (ready) {
    out = column_new(COL_BIGINT, rows);
    diff_rows(call, &from, &to, sel, rows, out, failures);
    kernel_merge_valid(out, (Operand[]){from.column, to.column}, 2);
  }
  dates_close(&from);
  dates_close(&to);
  return out;
}

/* ---- DATETIMEFROMPARTS ---- */

static bool row_datetimefromparts(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  int64_t part[7];
  for (unsigned i = 0; i < 7; i++) { /* out of range for int is out of range for every part */
    part[i] = whole_count(&args[i]);
    if (part[i] < -1 || part[i] > 1000000) part[i] = -1;
  }
  DateParts parts = {.year = (int)part[0], .month = (int)part[1], .day = (int)part[2], .hour = (int)part[3],
                     .minute = (int)part[4], .second = (int)part[5], .ticks = (int)(part[6] * TICKS_PER_MILLISECOND)};
  *out = value_datetime(0);
  bool whole = part[6] >= 0 && part[6] < 1000;
  if (whole && datetime_join(&parts, &out->i)) return true;
  return fn_fail(scratch, "DATETIMEFROMPARTS(%lld, %lld, %lld, %lld, %lld, %lld, %lld): there is no such moment",
                 (long long)whole_count(&args[0]), (long long)whole_count(&args[1]), (long long)whole_count(&args[2]),
                 (long long)whole_count(&args[3]), (long long)whole_count(&args[4]), (long long)whole_count(&args[5]),
                 (long long)whole_count(&args[6]));
}

/* ---- tables ---- */

static const TimeUnit units[UNIT_COUNT] = {
    UNIT_YEAR, UNIT_QUARTER, UNIT_MONTH, UNIT_DAYOFYEAR, UNIT_DAY, UNIT_WEEK, UNIT_WEEKDAY, UNIT_HOUR, UNIT_MINUTE,
    UNIT_SECOND, UNIT_MILLISECOND, UNIT_MICROSECOND, UNIT_NANOSECOND, UNIT_ISOWEEK, UNIT_TZOFFSET,
};

#define UNIT_ARG MASK(TYPE_TEXT)
#define PART_ROW(title, id, text, ex)                                                                       \
  {.name = title, .min_args = 1, .max_args = 1, .args = {MASK_TIME}, .result = MASK(TYPE_BIGINT),           \
   .flags = FN_NULL_IN_NULL_OUT, .row = row_##id, .vec = vec_##id, .signature = title "(date)", .doc = text, \
   .null_rule = "", .examples = ex}

const ScalarFn scalar_datetime[] = {
    {.name = "DATEADD", .min_args = 3, .max_args = 3, .args = {UNIT_ARG, MASK_NUMBER, MASK_TIME},
     .result = MASK(TYPE_DATETIME), .flags = FN_NULL_IN_NULL_OUT, .row = row_dateadd, .vec = vec_dateadd,
     .prepare = prepare_unit, .signature = "DATEADD(unit, count, date)",
     .doc = "The date moved by so many units; a fraction of the count is cut off, and a day beyond the month's end "
            "becomes its last day.",
     .null_rule = "", .examples = "DATEADD(month, 1, '2024-01-31') = CAST('2024-02-29' AS datetime)\n"
                                  "DATEADD(day, 1.9, '2026-02-28') = CAST('2026-03-01' AS datetime)"},
    {.name = "DATEDIFF", .min_args = 3, .max_args = 3, .args = {UNIT_ARG, MASK_TIME, MASK_TIME},
     .result = MASK(TYPE_BIGINT), .flags = FN_NULL_IN_NULL_OUT, .row = row_datediff, .vec = vec_datediff,
     .prepare = prepare_unit, .signature = "DATEDIFF(unit, start, end)",
     .doc = "How many boundaries of the unit lie between the dates; weeks start on Sunday.", .null_rule = "",
     .examples = "DATEDIFF(year, '2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z') = 1\n"
                 "DATEDIFF(minute, '2026-01-01T10:05:00Z', '2026-01-01T10:00:30Z') = -5"},
    {.name = "DATENAME", .min_args = 2, .max_args = 2, .args = {UNIT_ARG, MASK_TIME}, .result = MASK(TYPE_TEXT),
     .flags = FN_NULL_IN_NULL_OUT, .row = row_datename, .vec = vec_datename, .prepare = prepare_unit,
     .signature = "DATENAME(unit, date)",
     .doc = "A part of the date as text: English names of months and weekdays, digits else.", .null_rule = "",
     .examples = "DATENAME(month, '2026-12-28') = 'December'\n"
                 "DATENAME(weekday, '2026-12-28') = 'Monday'\n"
                 "DATENAME(hour, '2026-12-28T21:07:09Z') = '21'"},
    {.name = "DATEPART", .min_args = 2, .max_args = 2, .args = {UNIT_ARG, MASK_TIME}, .result = MASK(TYPE_BIGINT),
     .flags = FN_NULL_IN_NULL_OUT, .row = row_datepart, .vec = vec_datepart, .prepare = prepare_unit,
     .signature = "DATEPART(unit, date)", .doc = "A part of the date as a number; weekday 1 is Sunday.",
     .null_rule = "",
     .examples = "DATEPART(quarter, '2026-12-28') = 4\n"
                 "DATEPART(weekday, '2026-03-15') = 1\n"
                 "DATEPART(hour, '2017-06-10T05:01:00-07:00') = 12"},
    {.name = "DATETIMEFROMPARTS", .min_args = 7, .max_args = 7, .args = {MASK_NUMBER}, .result = MASK(TYPE_DATETIME),
     .flags = FN_NULL_IN_NULL_OUT, .row = row_datetimefromparts,
     .signature = "DATETIMEFROMPARTS(year, month, day, hour, minute, second, millisecond)",
     .doc = "The datetime of these parts. Parts that no calendar has fail the row.", .null_rule = "",
     .examples = "DATETIMEFROMPARTS(2026, 12, 1, 0, 0, 0, 250) = CAST('2026-12-01T00:00:00.25Z' AS datetime)"},
    PART_ROW("DAY", day, "The day of the month.", "DAY('2026-12-28') = 28"),
    PART_ROW("MONTH", month, "The month, 1 to 12.", "MONTH('2026-12-28') = 12"),
    PART_ROW("YEAR", year, "The year.", "YEAR('2026-12-28') = 2026"),
    {.name = NULL},
};
