/* odbc_wide.h: UTF-8 to the driver manager's UTF-16 and back.
**
** Statements, names and messages cross the driver manager as UTF-16 where the driver takes that (odbc_client.c).
** Invalid input becomes U+FFFD. Thread: any. */
#ifndef WEIR_ODBC_WIDE_H
#define WEIR_ODBC_WIDE_H

#include <sql.h>
#include <sqlext.h>
#include "base/str.h"

/* A growing buffer of UTF-16 units; a zero stands behind them. Zero-initialise with {0}. */
typedef struct WideBuf {
  SQLWCHAR *ptr;
  size_t    len, cap; /* units */
} WideBuf;

void wide_set(WideBuf *wide, Str text); /* replaces what is there; the memory is kept */
void wide_release(WideBuf *wide);
void wide_to_utf8(const SQLWCHAR *units, size_t len, StrBuf *out); /* appends */

#endif
