/* duration.c: durations of options and policies as text (datetime.h).
**
**   duration = { number unit }            units d h m s ms us ns, each once, longest first: "1m30s"
**            | number                     seconds
**            | hours ":" minutes ":" seconds
** Numbers are whole; every duration prints in the first form and reads back the same. */
#include "types/datetime.h"

typedef struct DurationUnit {
  const char *name;
  int64_t     ns;
} DurationUnit;

static const DurationUnit duration_units[];

static bool take_number(Str *text, int64_t *out) {
  size_t digits = 0;
  while (digits < text->len && text->ptr[digits] >= '0' && text->ptr[digits] <= '9') digits++;
  bool ok = str_to_i64(str_sub(*text, 0, digits), out);
  *text = str_sub(*text, digits, text->len);
  return ok;
}

/* Adds count * unit_ns; false when a part of a tick would be lost or the sum leaves 64 bits. */
static bool add_scaled(Ticks *sum, int64_t count, int64_t unit_ns) {
  int64_t ticks;
  if (unit_ns < 100) {
    if (count % (100 / unit_ns) != 0) return false;
    ticks = count / (100 / unit_ns);
  } else if (__builtin_mul_overflow(count, unit_ns / 100, &ticks)) {
    return false;
  }
  return !__builtin_add_overflow(*sum, ticks, sum);
}

static bool parse_clock(Str rest, int64_t hours, Ticks *out) {
  int64_t minutes, seconds;
  rest = str_sub(rest, 1, rest.len);
  if (!take_number(&rest, &minutes) || minutes > 59 || rest.len == 0 || rest.ptr[0] != ':') return false;
  rest = str_sub(rest, 1, rest.len);
  if (!take_number(&rest, &seconds) || seconds > 59 || rest.len) return false;
  *out = minutes * TICKS_PER_MINUTE + seconds * TICKS_PER_SECOND;
  return add_scaled(out, hours, TICKS_PER_HOUR * 100);
}

static bool take_unit(Str *text, const DurationUnit **unit) {
  size_t letters = 0;
  while (letters < text->len && (text->ptr[letters] < '0' || text->ptr[letters] > '9')) letters++;
  Str name = str_sub(*text, 0, letters);
  *text = str_sub(*text, letters, text->len);
  for (; (*unit)->name; ++*unit)
    if (str_eq_nocase(name, str_from((*unit)->name))) return true;
  return false;
}

bool duration_parse(Str text, Ticks *out) {
  Str rest = text;
  int64_t count;
  Ticks sum = 0;
  if (!take_number(&rest, &count)) return false;
  if (rest.len && rest.ptr[0] == ':') return parse_clock(rest, count, out);
  if (rest.len == 0) {
    if (!add_scaled(&sum, count, TICKS_PER_SECOND * 100)) return false;
    *out = sum;
    return true;
  }
  for (const DurationUnit *unit = duration_units;; unit++) {
    if (!take_unit(&rest, &unit) || !add_scaled(&sum, count, unit->ns)) return false;
    if (rest.len == 0) break;
    if (!take_number(&rest, &count)) return false;
  }
  *out = sum;
  return true;
}

void duration_print(Ticks ticks, StrBuf *out) {
  if (ticks == 0) strbuf_puts(out, "0s");
  if (ticks < 0) strbuf_putc(out, '-');
  uint64_t rest = ticks < 0 ? 0 - (uint64_t)ticks : (uint64_t)ticks;
  for (const DurationUnit *unit = duration_units; rest; unit++) {
    if (unit->ns < 100) {
      strbuf_printf(out, "%dns", (int)rest * 100);
      return;
    }
    uint64_t step = (uint64_t)unit->ns / 100;
    if (rest / step) strbuf_printf(out, "%llu%s", (unsigned long long)(rest / step), unit->name);
    rest %= step;
  }
}

/* ---- tables ---- */

static const DurationUnit duration_units[] = {
    {"d", TICKS_PER_DAY * 100},         {"h", TICKS_PER_HOUR * 100},        {"m", TICKS_PER_MINUTE * 100},
    {"s", TICKS_PER_SECOND * 100},      {"ms", TICKS_PER_MILLISECOND * 100}, {"us", TICKS_PER_MICROSECOND * 100},
    {"ns", 1},                          {NULL, 0},
};
