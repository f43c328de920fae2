/* fuzz_datetime.c: any bytes as datetime, duration and number text.
** What parses must print, read back the same, and stand in its range. */
#include <stdlib.h>

#include "base/status.h"
#include "types/datetime.h"
#include "types/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_datetime(const char *text, size_t len) {
  Ticks ticks, back;
  char printed[DATETIME_TEXT_LEN + 1];
  if (!datetime_parse(text, len, &ticks)) return;
  if (ticks < 0 || ticks > TICKS_LAST) BUG("datetime out of range");
  datetime_print(ticks, printed);
  if (!datetime_parse(printed, DATETIME_TEXT_LEN, &back) || back != ticks) BUG("datetime changed by printing");
}

static void try_duration(const char *text, size_t len) {
  Ticks ticks, back;
  StrBuf printed = {0};
  if (!duration_parse((Str){text, len}, &ticks)) return;
  duration_print(ticks, &printed);
  if (ticks < 0 || !duration_parse(strbuf_str(&printed), &back) || back != ticks) BUG("duration changed by printing");
  strbuf_release(&printed);
}

static void try_number(const char *text, size_t len) {
  char printed[NUMBER_TEXT_MAX];
  double value, back;
  int64_t whole, whole_back;
  if (bigint_parse(text, len, &whole)) {
    if (!bigint_parse(printed, bigint_print(whole, printed), &whole_back) || whole_back != whole)
      BUG("bigint changed by printing");
    if (!float_parse(text, len, &value)) BUG("a bigint that is no float");
  }
  if (!float_parse(text, len, &value)) return;
  if (!float_parse(printed, float_print(value, true, printed), &back) || back != value)
    BUG("float changed by printing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  try_datetime(text, size);
  try_duration(text, size);
  try_number(text, size);
  return 0;
}
