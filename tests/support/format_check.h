/* format_check.h: what must hold for every text that is formatted; shared by the tests and the fuzzer. */
#ifndef WEIR_TESTS_SUPPORT_FORMAT_CHECK_H
#define WEIR_TESTS_SUPPORT_FORMAT_CHECK_H

#include <stdbool.h>

#include "base/str.h"

/* A NUL stands behind the text. False: it has mistakes and was left alone. Otherwise: the formatted text parses to
** the same tree, holds the same tokens and comments but for blanks, and formats to itself; if not, BUG says which
** with the text. */
bool format_check(Str text);

#endif
