/* unpack.c: see unpack.h. zlib's state is kept for the call only: a payload is a whole file. */
#include "connectors/kafka/unpack.h"

#include <zlib.h>
#include "base/status.h"

enum { GZIP_ONLY = 16 + MAX_WBITS, ROOM_FIRST = 4096 };

/* One member. Z_STREAM_END: it is over, and more may follow. */
static int unpack_member(z_stream *stream, size_t before, StrBuf *out) {
  int result = Z_OK;
  while (result == Z_OK && out->len - before <= UNPACKED_MAX) {
    size_t room = out->len - before < ROOM_FIRST ? ROOM_FIRST : out->len - before;
    strbuf_reserve(out, room);
    stream->next_out = (Bytef *)out->ptr + out->len;
    stream->avail_out = (uInt)room;
    result = inflate(stream, Z_NO_FLUSH);
    out->len += room - stream->avail_out;
    if (result == Z_BUF_ERROR || (result == Z_OK && stream->avail_in == 0 && stream->avail_out > 0)) break; /* cut */
  }
  return result;
}

static const char *unpack_all(z_stream *stream, StrBuf *out) {
  size_t before = out->len;
  for (;;) {
    int result = unpack_member(stream, before, out);
    if (out->len - before > UNPACKED_MAX) return "the payload unpacks to more than 64 MB";
    if (result == Z_OK || result == Z_BUF_ERROR) return "the payload is cut off: its gzip data has no end";
    if (result != Z_STREAM_END) return "the payload is not gzip, or is damaged";
    if (stream->avail_in == 0) return NULL;
    inflateReset(stream);
  }
}

const char *gzip_unpack(Str packed, StrBuf *out) {
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed.ptr, .avail_in = (uInt)packed.len};
  size_t before = out->len;
  if (inflateInit2(&stream, GZIP_ONLY) != Z_OK) BUG("zlib has another version than its header");
  const char *reason = unpack_all(&stream, out);
  inflateEnd(&stream);
  if (reason) out->len = before;
  return reason;
}
