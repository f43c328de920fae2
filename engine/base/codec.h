/* codec.h: bytes out and in, little-endian, for operator state. A reader never runs past its end: the
** first short or malformed read sets `bad` and every later read gives zeros, so loaders check once. */
#ifndef WEIR_BASE_CODEC_H
#define WEIR_BASE_CODEC_H

#include "base/str.h"

typedef struct ByteWriter { StrBuf buf; } ByteWriter;

static inline void put_bytes(ByteWriter *out, const void *bytes, size_t len) {
  strbuf_append(&out->buf, (const char *)bytes, len);
}
static inline void put_u8(ByteWriter *out, uint8_t v) { put_bytes(out, &v, 1); }
static inline void put_u32(ByteWriter *out, uint32_t v) { put_bytes(out, &v, 4); }
static inline void put_u64(ByteWriter *out, uint64_t v) { put_bytes(out, &v, 8); }
static inline void put_i64(ByteWriter *out, int64_t v) { put_bytes(out, &v, 8); }
static inline void put_f64(ByteWriter *out, double v) { put_bytes(out, &v, 8); }
static inline void put_str(ByteWriter *out, Str s) {
  put_u32(out, (uint32_t)s.len);
  put_bytes(out, s.ptr, s.len);
}

typedef struct ByteReader {
  const char *at, *end; /* borrowed */
  bool bad;
} ByteReader;

static inline ByteReader byte_reader(Str bytes) { return (ByteReader){bytes.ptr, bytes.ptr + bytes.len, false}; }
static inline bool get_bytes(ByteReader *in, void *into, size_t len) {
  if (in->bad || (size_t)(in->end - in->at) < len) {
    in->bad = true;
    memset(into, 0, len);
    return false;
  }
  if (len) memcpy(into, in->at, len);
  in->at += len;
  return true;
}
static inline uint8_t get_u8(ByteReader *in) { uint8_t v; get_bytes(in, &v, 1); return v; }
static inline uint32_t get_u32(ByteReader *in) { uint32_t v; get_bytes(in, &v, 4); return v; }
static inline uint64_t get_u64(ByteReader *in) { uint64_t v; get_bytes(in, &v, 8); return v; }
static inline int64_t get_i64(ByteReader *in) { int64_t v; get_bytes(in, &v, 8); return v; }
static inline double get_f64(ByteReader *in) { double v; get_bytes(in, &v, 8); return v; }
static inline Str get_str(ByteReader *in) { /* borrows from the reader's bytes */
  uint32_t len = get_u32(in);
  if (in->bad || (size_t)(in->end - in->at) < len) {
    in->bad = true;
    return (Str){"", 0};
  }
  Str s = {in->at, len};
  in->at += len;
  return s;
}

#endif
