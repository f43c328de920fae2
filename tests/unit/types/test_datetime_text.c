/* test_datetime_text.c: ISO 8601 text to ticks and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include "types/datetime.h"
#include "unit/types/random.h"

/* Parses a copy of exactly that many bytes, so that a read behind the end is seen by the sanitizer. */
static bool parse(const char *text, Ticks *out) {
  size_t len = strlen(text);
  char *copy = malloc(len ? len : 1);
  memcpy(copy, text, len);
  bool ok = datetime_parse(copy, len, out);
  free(copy);
  return ok;
}

static void accepted_texts(void **state) {
  static const struct { const char *text, *expected; } rows[] = {
      {"2026-01-01", "2026-01-01T00:00:00.0000000Z"},
      {"2026-01-01T10:20", "2026-01-01T10:20:00.0000000Z"},
      {"2026-01-01T10:20Z", "2026-01-01T10:20:00.0000000Z"},
      {"2026-01-01T10:20+01", "2026-01-01T09:20:00.0000000Z"},
      {"2026-01-01T10:20:30", "2026-01-01T10:20:30.0000000Z"},
      {"2026-01-01 10:20:30", "2026-01-01T10:20:30.0000000Z"},
      {"2026-01-01T10:20:30Z", "2026-01-01T10:20:30.0000000Z"},
      {"2026-01-01T10:20:30.5Z", "2026-01-01T10:20:30.5000000Z"},
      {"2026-01-01T10:20:30.12", "2026-01-01T10:20:30.1200000Z"},
      {"2026-01-01T10:20:30.123Z", "2026-01-01T10:20:30.1230000Z"},
      {"2026-01-01T10:20:30.123456Z", "2026-01-01T10:20:30.1234560Z"},
      {"2026-01-01T10:20:30.1234567Z", "2026-01-01T10:20:30.1234567Z"},
      {"2026-01-01T10:20:30.12345678Z", "2026-01-01T10:20:30.1234567Z"},
      {"2026-01-01T10:20:30.123456789123456789Z", "2026-01-01T10:20:30.1234567Z"},
      {"2026-01-01T10:20:30.99999999", "2026-01-01T10:20:30.9999999Z"},
      {"2026-01-01 10:00:00+02:00", "2026-01-01T08:00:00.0000000Z"},
      {"2026-01-01T00:00:00.25-07:30", "2026-01-01T07:30:00.2500000Z"},
      {"2025-12-31T17:00:05.1234567-07:00", "2026-01-01T00:00:05.1234567Z"},
      {"2026-01-01T00:00:00+0530", "2025-12-31T18:30:00.0000000Z"},
      {"2026-01-01T00:00:00-14", "2026-01-01T14:00:00.0000000Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.0000000Z"},
      {"2000-02-29", "2000-02-29T00:00:00.0000000Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000Z"},
      {"9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"},
      {"9999-12-31T23:59:59.99999999Z", "9999-12-31T23:59:59.9999999Z"},
      {"0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.0000000Z"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    Ticks ticks;
    char text[DATETIME_TEXT_LEN + 1];
    assert_true(parse(rows[i].text, &ticks));
    datetime_print(ticks, text);
    assert_string_equal(text, rows[i].expected);
  }
}

static void refused_texts(void **state) {
  static const char *const rows[] = {
      "",
      "2026",
      "2026-01",
      "2026-1-1",
      "2026-01-1",
      "26-01-01",
      "2026/01/01",
      "20260101",
      "2026-01-01T",
      "2026-01-01Z",
      "2026-01-01T1",
      "2026-01-01T10",
      "2026-01-01T10:",
      "2026-01-01T10:2",
      "2026-01-01T10:20:",
      "2026-01-01T10:20:3",
      "2026-01-01T10:20:30.",
      "2026-01-01T10:20:30.Z",
      "2026-01-01T10:20:30.+01:00",
      "2026-01-01T10:20:30,5",
      "2026-01-01T10:20:30z",
      "2026-01-01t10:20:30",
      "2026-01-01  10:20:30",
      "2026-01-01T10:20:30 Z",
      " 2026-01-01",
      "2026-01-01 ",
      "2026-01-01T10:20:30Z ",
      "2026-01-01T10:20:30ZZ",
      "2026-01-01T10:20:30.5X",
      "2026-01-01T10:20.5",
      "2026-00-01",
      "2026-13-01",
      "2026-01-00",
      "2026-01-32",
      "2026-04-31",
      "2026-02-29",
      "1900-02-29",
      "2100-02-29",
      "0000-01-01",
      "2026-01-01T24:00:00",
      "2026-01-01T23:60:00",
      "2026-01-01T23:59:60",
      "2026-01-01T10:20:30+",
      "2026-01-01T10:20:30+1",
      "2026-01-01T10:20:30+1:00",
      "2026-01-01T10:20:30+01:0",
      "2026-01-01T10:20:30+01:60",
      "2026-01-01T10:20:30+14:01",
      "2026-01-01T10:20:30+15",
      "2026-01-01T10:20:30+01.00",
      "2026-01-01T10:20:30*01:00",
      "0001-01-01T00:00:00+00:01",
      "9999-12-31T23:59:59-00:01",
      "+2026-01-01",
      "-2026-01-01",
      "10000-01-01",
      "2026-01-01T10:20:30+01:000",
      "2O26-01-01",
      "2026-0:-01",
      "2026-01-01T/0:20:30",
      "20260-01-01",
      "2026-01-01T10:20:30.1-",
      "\xb2\xb0\xb2\xb6-01-01",
      "2026-01-01T10:20:30.\xb1Z",
      "yesterday!",
      "2026-01-01T10-20-30",
  };
  Ticks ticks = -5;
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) assert_false(parse(rows[i], &ticks));
  assert_int_equal(ticks, -5);
}

static void random_ticks_read_back(void **state) {
  Random random = {11};
  for (int i = 0; i < 300000; i++) {
    Ticks ticks = (Ticks)random_below(&random, TICKS_LAST + 1), back = -1;
    char text[DATETIME_TEXT_LEN + 1];
    datetime_print(ticks, text);
    assert_int_equal(strlen(text), DATETIME_TEXT_LEN);
    assert_true(datetime_parse(text, DATETIME_TEXT_LEN, &back));
    assert_int_equal(back, ticks);
  }
}

static void every_fraction_length_and_zone(void **state) {
  Random random = {12};
  static const int64_t powers[] = {10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
  for (int i = 0; i < 50000; i++) {
    Ticks second = (Ticks)random_below(&random, 100000000000) * TICKS_PER_SECOND + TICKS_PER_DAY, back;
    int digits = (int)random_below(&random, 7) + 1, zone = (int)random_below(&random, 28 * 60 + 1) - 14 * 60;
    int64_t fraction = (int64_t)random_below(&random, (uint64_t)powers[7 - digits]);
    char text[80];
    datetime_print(second, text);
    snprintf(text + 19, sizeof text - 19, ".%0*lld%c%02d:%02d", digits, (long long)fraction, zone < 0 ? '-' : '+',
             abs(zone) / 60, abs(zone) % 60);
    assert_true(datetime_parse(text, strlen(text), &back));
    assert_int_equal(back, second + fraction * powers[digits] - zone * TICKS_PER_MINUTE);
  }
}

/* One wrong byte at any place of a full text is refused, unless it happens to be right. */
static void any_changed_byte_is_seen(void **state) {
  static const char good[] = "2026-11-21T10:15:25.1234567Z";
  for (unsigned place = 0; place < DATETIME_TEXT_LEN; place++) {
    for (int byte = 0; byte < 256; byte++) {
      char text[sizeof good];
      memcpy(text, good, sizeof good);
      text[place] = (char)byte;
      Ticks ticks;
      char printed[DATETIME_TEXT_LEN + 1];
      if (!datetime_parse(text, DATETIME_TEXT_LEN, &ticks)) continue;
      datetime_print(ticks, printed);
      if (place == 10 && byte == ' ') text[10] = 'T';
      if (byte >= '0' && byte <= '9' && place == 27) text[27] = 'Z'; /* an eighth digit, no zone */
      assert_string_equal(printed, text);
    }
  }
}

/* Many texts at once give what they give one by one, up to the first that is none. */
static void many_texts(void **state) {
  static char bytes[60][DATETIME_TEXT_LEN + 1];
  static Text texts[60];
  static Ticks ticks[60];
  Random random = {7};
  for (int round = 0; round < 300; round++) {
    Ticks base = (Ticks)(random_u64(&random) % (uint64_t)(TICKS_LAST - TICKS_PER_DAY));
    for (unsigned i = 0; i < 60; i++) {
      datetime_print(base + (Ticks)(random_u64(&random) % (2 * TICKS_PER_MINUTE)), bytes[i]);
      size_t len = random_u64(&random) % 16 ? DATETIME_TEXT_LEN : 16 + random_u64(&random) % 12;
      if (random_u64(&random) % 64 == 0) bytes[i][random_u64(&random) % len] = "0:T9Z-.a"[random_u64(&random) % 8];
      texts[i] = text_make(bytes[i], len);
    }
    uint32_t count = datetime_parse_texts(texts, 60, ticks);
    for (uint32_t i = 0; i < 60 && i <= count; i++) {
      Ticks alone;
      assert_int_equal(datetime_parse(text_ptr(&texts[i]), texts[i].len, &alone), i < count);
      if (i < count) assert_int_equal(ticks[i], alone);
    }
  }
  assert_int_equal(datetime_parse_texts(texts, 0, ticks), 0);
}

static void printing_clamps(void **state) {
  char text[DATETIME_TEXT_LEN + 1];
  datetime_print(TICKS_MIN, text);
  assert_string_equal(text, "0001-01-01T00:00:00.0000000Z");
  datetime_print(TICKS_MAX, text);
  assert_string_equal(text, "9999-12-31T23:59:59.9999999Z");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepted_texts),
      cmocka_unit_test(refused_texts),
      cmocka_unit_test(random_ticks_read_back),
      cmocka_unit_test(every_fraction_length_and_zone),
      cmocka_unit_test(any_changed_byte_is_seen),
      cmocka_unit_test(many_texts),
      cmocka_unit_test(printing_clamps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
