/* unpack.h: payloads that are gzip files themselves (?compression=gzip). */
#ifndef WEIR_CONNECTORS_KAFKA_UNPACK_H
#define WEIR_CONNECTORS_KAFKA_UNPACK_H

#include "base/str.h"

enum { UNPACKED_MAX = 64 << 20 }; /* bytes of one payload: a small record must not fill the memory */

/* Appends what one payload holds (several gzip members may follow each other). NULL: all of it; else why not, in the
** user's words, and `out` is as it was. */
const char *gzip_unpack(Str packed, StrBuf *out);

#endif
