/* datetime_text.c: datetime_parse and datetime_print.
**
** Parsing reads the part up to the minutes, whose places are fixed, as two words of eight bytes:
**
**      2026-07-3  becomes  "2026-07-" and "31T23:59"
**
** Each word is XORed with a pattern of '0' where a digit belongs and of the separators elsewhere. A right
** text leaves 0 to 9 at the digits and 0 at the separators, so one addition that carries any other byte
** into its top bit checks all eight at once, and one multiplication by ten with a shift by one byte joins
** all pairs of digits. The fraction goes the same way. No locale, no libc time functions, no tables but
** the days before each month.
**
** The words are read in little-endian order. */
#include "types/calendar.h"
#include "types/datetime.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of text are read in little-endian order");

static const uint64_t every_byte = 0x0101010101010101u, top_bits = 0x8080808080808080u;

static uint64_t load8(const char *at) {
  uint64_t word;
  memcpy(&word, at, 8);
  return word;
}

/* False when the word does not match the pattern, which holds '0' for a digit; else the digits in *out. */
static inline bool match8(uint64_t word, const char pattern[8], const uint64_t *limits, uint64_t *out) {
  uint64_t x = word ^ load8(pattern);
  *out = x;
  return (((x + *limits) | x) & top_bits) == 0;
}

/* Byte i becomes 10 * digit i + digit i+1. */
static inline uint64_t join_pairs(uint64_t digits) { return digits * 10 + (digits >> 8); }
static inline unsigned byte_at(uint64_t word, unsigned i) { return word >> (8 * i) & 0xff; }

/* Added to a byte: 0x76 leaves the top bit clear up to 9, 0x7f only for 0. Lowest byte first. */
static const uint64_t date_limits = 0x7f76767f76767676u; /* YYYY-MM- */
static const uint64_t time_limits = 0x76767f76767f7676u; /* DDTHH:MM */
static const uint64_t fraction_limits = 0x7f76767676767676u; /* fffffffZ */

static inline bool two_digits(const char *at, unsigned *out) {
  unsigned tens = (unsigned char)at[0] - '0', ones = (unsigned char)at[1] - '0';
  *out = tens * 10 + ones;
  return tens <= 9 && ones <= 9;
}

/* The eight bytes at `at` as far as they lie before end; zeros follow. At least 8 bytes lie before end. */
static inline uint64_t load_tail(const char *at, const char *end) {
  size_t left = (size_t)(end - at);
  return left >= 8 ? load8(at) : left == 0 ? 0 : load8(end - 8) >> (8 * (8 - left));
}

/* The number of the first seven digits of the word. */
static inline Ticks seven_digits(uint64_t digits) {
  digits = join_pairs(digits << 8); /* a leading 0 makes seven digits eight; an eighth falls off */
  uint64_t pairs = digits & 0x00ff00ff00ff00ffu;
  uint64_t fours = (pairs * 100 + (pairs >> 16)) & 0x0000ffff0000ffffu;
  return (Ticks)((fours & 0xffff) * 10000 + (fours >> 32));
}

/* Digits behind the point: the first seven count, the rest is skipped. Returns the place behind them,
** NULL when there are none. */
static const char *parse_fraction(const char *at, const char *end, Ticks *ticks) {
  uint64_t x = load_tail(at, end) ^ ('0' * every_byte);
  uint64_t other = ((x + 0x76 * every_byte) | x) & top_bits; /* exact up to the first other byte */
  unsigned digits = other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
  if (digits == 0) return NULL;
  if (digits < 7) x &= (UINT64_C(1) << (8 * digits)) - 1; /* missing digits are 0 */
  *ticks += seven_digits(x);
  at += digits;
  while (digits >= 8 && at < end && *at >= '0' && *at <= '9') at++;
  return at;
}

/* Z, +hh, +hhmm or +hh:mm up to the end; at most 14 hours either way, as in T-SQL. */
static bool parse_zone(const char *at, const char *end, Ticks *ticks) {
  size_t len = (size_t)(end - at);
  if (len == 1) return *at == 'Z';
  if ((*at != '+' && *at != '-') || (len != 3 && len != 5 && len != 6)) return false;
  if (len == 6 && at[3] != ':') return false;
  unsigned hours, minutes = 0;
  if (!two_digits(at + 1, &hours)) return false;
  if (len > 3 && !two_digits(end - 2, &minutes)) return false;
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return false;
  Ticks offset = (Ticks)(hours * 60 + minutes) * TICKS_PER_MINUTE;
  *ticks += *at == '-' ? offset : -offset;
  return *ticks >= 0 && *ticks <= TICKS_LAST;
}

static bool parse_day(uint64_t date, unsigned day, Ticks *ticks) {
  uint64_t pairs = join_pairs(date);
  unsigned year = byte_at(pairs, 0) * 100 + byte_at(pairs, 2), month = byte_at(pairs, 5);
  if (year == 0 || month == 0 || month > 12) return false;
  if (day == 0 || day > calendar_month_days(year, month)) return false;
  *ticks = calendar_day(year, month, day) * TICKS_PER_DAY;
  return true;
}

/* What stands behind the minutes: seconds, fraction, zone, each optional. */
static inline bool parse_rest(const char *at, const char *end, Ticks *ticks) {
  if (at < end && *at == ':') {
    unsigned second;
    if (end - at < 3 || !two_digits(at + 1, &second) || second > 59) return false;
    *ticks += second * TICKS_PER_SECOND;
    at += 3;
    if (at < end && *at == '.' && (at = parse_fraction(at + 1, end, ticks)) == NULL) return false;
  }
  return at == end || parse_zone(at, end, ticks);
}

bool datetime_parse(const char *text, size_t len, Ticks *out) {
  if (len < 16 && len != 10) return false;
  uint64_t date, time;
  if (!match8(load8(text), "0000-00-", &date_limits, &date)) return false;
  Ticks ticks;
  if (len == 10) {
    unsigned day;
    if (!two_digits(text + 8, &day) || !parse_day(date, day, &ticks)) return false;
    *out = ticks;
    return true;
  }
  if (!match8(load8(text + 8), text[10] == ' ' ? "00 00:00" : "00T00:00", &time_limits, &time)) return false;
  uint64_t pairs = join_pairs(time);
  unsigned hour = byte_at(pairs, 3), minute = byte_at(pairs, 6);
  if (hour > 23 || minute > 59 || !parse_day(date, byte_at(pairs, 0), &ticks)) return false;
  ticks += (Ticks)(hour * 60 + minute) * TICKS_PER_MINUTE;
  if (!parse_rest(text + 16, text + len, &ticks)) return false;
  *out = ticks;
  return true;
}

/* ---- many texts ---- */

/* The ticks behind the minute of `:SS.fffffffZ`; false when the text is spelt otherwise. */
static inline bool parse_seconds(const char *at, Ticks *ticks) {
  uint32_t head;
  uint64_t x;
  memcpy(&head, at, 4);
  head ^= 0x2e30303au; /* ":00." */
  bool good = match8(load8(at + 4), "0000000Z", &fraction_limits, &x);
  unsigned second = (head >> 8 & 0xff) * 10 + (head >> 16 & 0xff);
  if (!good | ((((head + 0x7f76767fu) | head) & 0x80808080u) != 0) | (second > 59)) return false;
  *ticks = second * TICKS_PER_SECOND + seven_digits(x);
  return true;
}

uint32_t datetime_parse_texts(const Text *texts, uint32_t count, Ticks *out) {
  char minute[16] = ""; /* of the text before, and its ticks */
  Ticks base = 0, rest;
  for (uint32_t i = 0; i < count; i++) {
    const char *text = text_ptr(&texts[i]);
    if (texts[i].len == DATETIME_TEXT_LEN && memcmp(text, minute, sizeof minute) == 0 &&
        parse_seconds(text + 16, &rest)) {
      out[i] = base + rest;
      continue;
    }
    if (!datetime_parse(text, texts[i].len, &out[i])) return i;
    if (texts[i].len == DATETIME_TEXT_LEN && parse_seconds(text + 16, &rest)) {
      memcpy(minute, text, sizeof minute);
      base = out[i] - rest;
    }
  }
  return count;
}

/* ---- printing ---- */

static const char pair_digits[201];

static inline void put2(char *at, unsigned value) { memcpy(at, pair_digits + 2 * value, 2); }

static void put_fraction(char *at, uint32_t ticks) {
  uint32_t front = ticks / 1000, back = ticks % 1000;
  put2(at, front / 100);
  put2(at + 2, front % 100);
  put2(at + 4, back / 10);
  at[6] = (char)('0' + back % 10);
}

void datetime_print(Ticks ticks, char out[DATETIME_TEXT_LEN + 1]) {
  if (ticks < 0) ticks = 0;
  if (ticks > TICKS_LAST) ticks = TICKS_LAST;
  unsigned year, month, day;
  calendar_date((uint32_t)(ticks / TICKS_PER_DAY), &year, &month, &day);
  Ticks rest = ticks % TICKS_PER_DAY;
  uint32_t seconds = (uint32_t)(rest / TICKS_PER_SECOND);
  memcpy(out, "0000-00-00T00:00:00.0000000Z", DATETIME_TEXT_LEN + 1);
  put2(out, year / 100);
  put2(out + 2, year % 100);
  put2(out + 5, month);
  put2(out + 8, day);
  put2(out + 11, seconds / 3600);
  put2(out + 14, seconds / 60 % 60);
  put2(out + 17, seconds % 60);
  put_fraction(out + 20, (uint32_t)(rest % TICKS_PER_SECOND));
}

/* ---- tables ---- */

static const char pair_digits[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354"
    "555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
