/* test_duration.c: durations of options as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "types/datetime.h"
#include "unit/types/random.h"

static void accepted_texts(void **state) {
  static const struct { const char *text; Ticks ticks; } rows[] = {
      {"0", 0},
      {"5", 5 * TICKS_PER_SECOND},
      {"5s", 5 * TICKS_PER_SECOND},
      {"1m30s", 90 * TICKS_PER_SECOND},
      {"250ms", 250 * TICKS_PER_MILLISECOND},
      {"2h", 2 * TICKS_PER_HOUR},
      {"1d", TICKS_PER_DAY},
      {"1D2H", 26 * TICKS_PER_HOUR},
      {"10us", 100},
      {"300ns", 3},
      {"00:01:30", 90 * TICKS_PER_SECOND},
      {"36:00:00", 36 * TICKS_PER_HOUR},
      {"90m", 90 * TICKS_PER_MINUTE},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    Ticks ticks = -1;
    assert_true(duration_parse(str_from(rows[i].text), &ticks));
    assert_int_equal(ticks, rows[i].ticks);
  }
}

static void refused_texts(void **state) {
  static const char *const rows[] = {"",
                                     "s",
                                     "-5s",
                                     "+5s",
                                     "5 s",
                                     " 5s",
                                     "5x",
                                     "5s5s",
                                     "30s1m",
                                     "1.5s",
                                     "5s ",
                                     "00:60:00",
                                     "00:00:60",
                                     "00:01",
                                     "1:2:",
                                     "::",
                                     "150ns",
                                     "99999999999999999999",
                                     "922337203686s",
                                     "300000000h",
                                     "1m30",
                                     "999999999999:00:00",
                                     "00:01:30s"};
  Ticks ticks;
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) assert_false(duration_parse(str_from(rows[i]), &ticks));
}

static void printed_texts(void **state) {
  static const struct { Ticks ticks; const char *text; } rows[] = {
      {0, "0s"},
      {90 * TICKS_PER_SECOND, "1m30s"},
      {250 * TICKS_PER_MILLISECOND, "250ms"},
      {TICKS_PER_DAY, "1d"},
      {7 * TICKS_PER_DAY + 1, "7d100ns"},
      {15, "1us500ns"},
      {-TICKS_PER_SECOND, "-1s"},
      {1500 * TICKS_PER_MILLISECOND, "1s500ms"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    StrBuf text = {0};
    duration_print(rows[i].ticks, &text);
    assert_string_equal(text.ptr, rows[i].text);
    strbuf_release(&text);
  }
}

static void random_durations_read_back(void **state) {
  Random random = {3};
  StrBuf text = {0};
  for (int i = 0; i < 50000; i++) {
    Ticks ticks = (Ticks)(random_u64(&random) >> (1 + random_below(&random, 63))), back = -1;
    strbuf_clear(&text);
    duration_print(ticks, &text);
    assert_true(duration_parse(strbuf_str(&text), &back));
    assert_int_equal(back, ticks);
  }
  strbuf_clear(&text);
  duration_print(INT64_MIN, &text);
  assert_string_equal(text.ptr, "-10675199d2h48m5s477ms580us800ns");
  strbuf_release(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepted_texts),
      cmocka_unit_test(refused_texts),
      cmocka_unit_test(printed_texts),
      cmocka_unit_test(random_durations_read_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
