/* number.h: numbers to text and back, by std::to_chars and std::from_chars (number.cc).
** Thread: any; no locale is ever consulted. */
#ifndef WEIR_TYPES_NUMBER_H
#define WEIR_TYPES_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NUMBER_TEXT_MAX = 40 }; /* bytes any number needs at most, no NUL is written */

size_t bigint_print(int64_t value, char *out);
/* The shortest text that reads back the same. keep_point: an integral value prints with ".0" (JSON out),
** else without (CAST to text). Below 1e-4 and from 1e16 on the form is 1e-05 and 1e+16, which needs no
** point. -0.0 prints as "-0.0", and as "0" without point. Infinities and NaN never reach here. */
size_t float_print(double value, bool keep_point, char *out);
/* The whole of text must be a number strtod would take in the C locale, without "nan", "inf" and hex;
** false also when it is too large for a double; what is too small is zero. Blanks around are accepted. */
bool float_parse(const char *text, size_t len, double *out);
/* Optional sign and digits with blanks around (semantics.md section 2, CAST); false on overflow. */
bool bigint_parse(const char *text, size_t len, int64_t *out);

#ifdef __cplusplus
}
#endif

#endif
