/* byte_input.c: read(2), zlib and zstd behind one function.
**
** The first bytes are read into `raw` until they show what the file is. Plain files then go straight from
** read(2) into the caller's memory; compressed ones keep going through `raw`:
**
**   fd --read--> raw [at, len) --zlib / zstd--> caller
**
** gzip members and zstd frames may follow each other; zero bytes behind the last gzip member (tape padding)
** are ignored. A file is complete when its bytes end exactly behind a member or frame. */
#include "connectors/file/byte_input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { RAW_BYTES = 1 << 20 };

struct ByteInput {
  Str         path;
  const char *who;
  int         fd;
  bool        waits;       /* a pipe, socket or terminal: poll before reading */
  bool        ended;       /* read(2) has said so */
  bool        sniffed;     /* compression is known */
  bool        mid_frame;   /* a member or frame has begun and not ended */
  Compression compression; /* asked for; after sniffing what it is */
  char       *raw;
  size_t      raw_at, raw_len;
  z_stream    gzip;
  bool        gzip_open;
  ZSTD_DStream *zstd;
  bool        failed;      /* the next read returns `failure` */
  Error       failure;
};

Compression compression_of_path(Str path) {
  if (str_ends_nocase(path, STR(".gz"))) return COMPRESSION_GZIP;
  if (str_ends_nocase(path, STR(".zst"))) return COMPRESSION_ZSTD;
  return COMPRESSION_NONE;
}

/* ---- bytes from the system ---- */

static bool is_waiting_kind(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || S_ISCHR(info.st_mode));
}

/* One read(2). *len 0 with STATUS_OK: nothing within the time-out, or input->ended. */
static Status read_some(ByteInput *input, int timeout_ms, char *into, size_t cap, size_t *len, Error *err) {
  *len = 0;
  if (input->waits) {
    struct pollfd waiting = {.fd = input->fd, .events = POLLIN};
    if (poll(&waiting, 1, timeout_ms) <= 0) return STATUS_OK;
  }
  ssize_t got;
  do got = read(input->fd, into, cap);
  while (got < 0 && errno == EINTR && !input->waits);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return STATUS_OK;
  if (got < 0) {
    return error_set(err, STATUS_WORLD, input->who, "cannot read " STR_FMT ": %s", STR_ARG(input->path),
                     strerror(errno));
  }
  input->ended = got == 0;
  *len = (size_t)got;
  return STATUS_OK;
}

/* More bytes behind those in raw; what was consumed makes room. */
static Status fill_raw(ByteInput *input, int timeout_ms, Error *err) {
  memmove(input->raw, input->raw + input->raw_at, input->raw_len - input->raw_at);
  input->raw_len -= input->raw_at;
  input->raw_at = 0;
  size_t got;
  TRY(read_some(input, timeout_ms, input->raw + input->raw_len, RAW_BYTES - input->raw_len, &got, err));
  input->raw_len += got;
  return STATUS_OK;
}

/* ---- what is it? ---- */

static const Str gzip_magic = {"\x1f\x8b", 2};
static const Str zstd_magic = {"\x28\xb5\x2f\xfd", 4};

/* Whether the bytes begin with the magic, or could when more come. */
static bool may_begin_with(Str bytes, Str magic) {
  size_t len = bytes.len < magic.len ? bytes.len : magic.len;
  return memcmp(bytes.ptr, magic.ptr, len) == 0;
}

static Compression sniff(Str bytes) {
  if (bytes.len >= gzip_magic.len && may_begin_with(bytes, gzip_magic)) return COMPRESSION_GZIP;
  if (bytes.len >= zstd_magic.len && may_begin_with(bytes, zstd_magic)) return COMPRESSION_ZSTD;
  return COMPRESSION_NONE;
}

static void decide(ByteInput *input, Str first_bytes) {
  if (input->compression == COMPRESSION_AUTO) input->compression = sniff(first_bytes);
  if (input->compression == COMPRESSION_GZIP) {
    input->gzip_open = inflateInit2(&input->gzip, 15 + 16) == Z_OK; /* 15 + 16: gzip headers */
    if (!input->gzip_open) BUG("zlib does not start");
  }
  if (input->compression == COMPRESSION_ZSTD) {
    input->zstd = ZSTD_createDStream();
    if (!input->zstd) BUG("zstd does not start");
  }
  input->mid_frame = input->compression != COMPRESSION_NONE; /* an empty file is a truncated one */
  input->sniffed = true;
}

/* Leaves `sniffed` unset when the bytes so far do not tell. */
static Status try_sniff(ByteInput *input, int timeout_ms, Error *err) {
  if (!input->ended) TRY(fill_raw(input, timeout_ms, err));
  Str bytes = {input->raw, input->raw_len};
  bool open = input->compression == COMPRESSION_AUTO && !input->ended && bytes.len < zstd_magic.len &&
              (bytes.len == 0 || may_begin_with(bytes, zstd_magic) ||
               (bytes.len < gzip_magic.len && may_begin_with(bytes, gzip_magic)));
  if (!open && (bytes.len || input->ended)) decide(input, bytes);
  return STATUS_OK;
}

/* ---- decompression: raw [at, len) -> into ---- */

static Status damaged(ByteInput *input, Error *err, const char *reason) {
  error_set(err, STATUS_WORLD, input->who, "the %s data of " STR_FMT " is damaged: %s",
            input->compression == COMPRESSION_GZIP ? "gzip" : "zstd", STR_ARG(input->path), reason);
  return error_hint(err, "what stands before the damage was delivered; ?compression=none reads the bytes as they are");
}

/* Behind a gzip member: another one, or zero bytes to the end. True when a new member begins. */
static bool next_member(ByteInput *input) {
  while (input->raw_at < input->raw_len && input->raw[input->raw_at] == 0) input->raw_at++;
  if (input->raw_at == input->raw_len) return false;
  inflateReset(&input->gzip);
  input->mid_frame = true;
  return true;
}

static Status inflate_some(ByteInput *input, char *into, size_t cap, size_t *len, Error *err) {
  if (!input->mid_frame && !next_member(input)) return STATUS_OK;
  input->gzip.next_in = (Bytef *)(input->raw + input->raw_at);
  input->gzip.avail_in = (uInt)(input->raw_len - input->raw_at);
  input->gzip.next_out = (Bytef *)into;
  input->gzip.avail_out = (uInt)(cap > RAW_BYTES ? RAW_BYTES : cap);
  uInt room = input->gzip.avail_out;
  int status = inflate(&input->gzip, Z_NO_FLUSH);
  input->raw_at = input->raw_len - input->gzip.avail_in;
  *len = room - input->gzip.avail_out;
  if (status == Z_STREAM_END) input->mid_frame = false;
  if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR) return STATUS_OK;
  return damaged(input, err, input->gzip.msg ? input->gzip.msg : zError(status));
}

static Status unzstd_some(ByteInput *input, char *into, size_t cap, size_t *len, Error *err) {
  ZSTD_inBuffer in = {input->raw + input->raw_at, input->raw_len - input->raw_at, 0};
  ZSTD_outBuffer out = {into, cap, 0};
  size_t left = ZSTD_decompressStream(input->zstd, &out, &in);
  input->raw_at += in.pos;
  *len = out.pos;
  if (ZSTD_isError(left)) return damaged(input, err, ZSTD_getErrorName(left));
  input->mid_frame = left != 0;
  return STATUS_OK;
}

static Status decompress_some(ByteInput *input, char *into, size_t cap, size_t *len, Error *err) {
  if (input->compression == COMPRESSION_GZIP) return inflate_some(input, into, cap, len, err);
  return unzstd_some(input, into, cap, len, err);
}

static Status check_complete(ByteInput *input, Error *err) {
  if (!input->mid_frame) return STATUS_OK;
  return damaged(input, err, "the file ends in the middle of it");
}

static Status read_compressed(ByteInput *input, int timeout_ms, char *into, size_t cap, size_t *len, ByteEvent *event,
                              Error *err) {
  for (bool filled = false;;) {
    size_t before = input->raw_at;
    /* zstd may hold decompressed bytes back although it has taken all input: asked again even without any. */
    if (input->raw_at < input->raw_len || (input->zstd && input->mid_frame)) {
      TRY(decompress_some(input, into, cap, len, err));
    }
    if (*len) {
      *event = BYTES_SOME;
      return STATUS_OK;
    }
    if (input->raw_at != before && input->raw_at < input->raw_len) continue;
    if (input->ended) break;
    if (filled && input->waits) return STATUS_OK;
    size_t had = input->raw_len - input->raw_at;
    TRY(fill_raw(input, timeout_ms, err));
    filled = true;
    if (input->raw_len == had && !input->ended) return STATUS_OK;
  }
  *event = BYTES_END;
  return check_complete(input, err);
}

/* ---- plain bytes ---- */

static Status read_plain(ByteInput *input, int timeout_ms, char *into, size_t cap, size_t *len, ByteEvent *event,
                         Error *err) {
  size_t sniffed = input->raw_len - input->raw_at;
  if (sniffed) {
    *len = sniffed < cap ? sniffed : cap;
    memcpy(into, input->raw + input->raw_at, *len);
    input->raw_at += *len;
  } else if (!input->ended) {
    TRY(read_some(input, timeout_ms, into, cap, len, err));
  }
  *event = *len ? BYTES_SOME : input->ended ? BYTES_END : BYTES_NOTHING;
  return STATUS_OK;
}

/* ---- life ---- */

Status byte_input_open(Str path, Compression compression, const char *who, ByteInput **out, Error *err) {
  bool standard = str_eq(path, STR("-"));
  /* O_NONBLOCK: a named pipe without a writer must not hold the open; files do not care. */
  int fd = standard ? STDIN_FILENO : open(path.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return error_set(err, STATUS_WORLD, who, "cannot open " STR_FMT ": %s", STR_ARG(path), strerror(errno));
  ByteInput *input = mem_zalloc(sizeof *input);
  input->path = standard ? STR("stdin") : path;
  input->who = who;
  input->fd = fd;
  input->waits = is_waiting_kind(fd);
  input->compression = compression;
  if (compression == COMPRESSION_AUTO && compression_of_path(path) != COMPRESSION_NONE) {
    input->compression = compression_of_path(path);
  }
  input->raw = mem_alloc(RAW_BYTES);
  if (!input->waits) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  *out = input;
  return STATUS_OK;
}

static Status read_any(ByteInput *input, int timeout_ms, char *into, size_t cap, size_t *len, ByteEvent *event,
                       Error *err) {
  if (!input->sniffed) TRY(try_sniff(input, timeout_ms, err));
  if (!input->sniffed) return STATUS_OK;
  if (input->compression == COMPRESSION_NONE) return read_plain(input, timeout_ms, into, cap, len, event, err);
  return read_compressed(input, timeout_ms, into, cap, len, event, err);
}

Status byte_input_read(ByteInput *input, int timeout_ms, char *into, size_t cap, size_t *len, ByteEvent *event,
                       Error *err) {
  *len = 0;
  *event = BYTES_NOTHING;
  if (input->failed) {
    if (err) *err = input->failure;
    return input->failure.status;
  }
  Status status = read_any(input, timeout_ms, into, cap, len, event, &input->failure);
  if (status == STATUS_OK) return STATUS_OK;
  input->failed = true;
  if (*len) { /* what came before the damage first; the next call tells */
    *event = BYTES_SOME;
    return STATUS_OK;
  }
  if (err) *err = input->failure;
  return status;
}

void byte_input_close(ByteInput *input) {
  if (!input) return;
  if (input->gzip_open) inflateEnd(&input->gzip);
  ZSTD_freeDStream(input->zstd);
  if (input->fd != STDIN_FILENO) close(input->fd);
  mem_free(input->raw);
  mem_free(input);
}
