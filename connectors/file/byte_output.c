/* byte_output.c: write(2), zlib and zstd behind one function.
**
** A broken output remembers why and says so again: a caller that misses the first answer still gets one at
** close, and nothing is ever lost in silence. */
#include "connectors/file/byte_output.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { PACKED_BYTES = 1 << 18 };

struct ByteOutput {
  Str         path;
  const char *who;
  int         fd;
  bool        pipe;        /* a write may raise SIGPIPE */
  bool        broken;      /* `failure` is the answer to everything */
  bool        unflushed;   /* the compressor may hold bytes back */
  Compression compression; /* none, gzip or zstd */
  uint64_t    written;     /* bytes the system has taken */
  z_stream    gzip;
  ZSTD_CStream *zstd;
  char       *packed;      /* output of the compressor */
  Error       failure;
};

/* ---- the system ---- */

static Status repeat_failure(const ByteOutput *output, Error *err) {
  if (err) *err = output->failure;
  return output->failure.status;
}

static Status fail_with(ByteOutput *output, int reason, Error *err) {
  output->broken = true;
  if (reason == EPIPE) {
    error_set(&output->failure, STATUS_CANCELLED, output->who, "the reader of " STR_FMT " has gone away",
              STR_ARG(output->path));
    return repeat_failure(output, err);
  }
  error_set(&output->failure, STATUS_WORLD, output->who, "cannot write to " STR_FMT " behind byte %llu: %s",
            STR_ARG(output->path), (unsigned long long)output->written, strerror(reason));
  if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG)
    error_hint(&output->failure, reason == EFBIG ? "the system limits the size of files here (ulimit -f)"
                                                 : "make room, or write to another disk");
  return repeat_failure(output, err);
}

/* write(2) on a pipe whose reader is gone must not end the process: SIGPIPE is held back for this thread and
** taken out again. The process's own handling stays as it is. */
static ssize_t write_to_pipe(int fd, const char *bytes, size_t len) {
  sigset_t only_pipe, before, pending;
  sigemptyset(&only_pipe);
  sigaddset(&only_pipe, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &only_pipe, &before);
  ssize_t wrote = write(fd, bytes, len);
  int reason = errno;
  if (wrote < 0 && reason == EPIPE && !sigismember(&pending, SIGPIPE)) {
    sigtimedwait(&only_pipe, NULL, &(struct timespec){0});
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = reason;
  return wrote;
}

static Status write_bytes(ByteOutput *output, const char *bytes, size_t len, Error *err) {
  while (len) {
    ssize_t wrote = output->pipe ? write_to_pipe(output->fd, bytes, len) : write(output->fd, bytes, len);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return fail_with(output, errno, err);
    bytes += wrote;
    len -= (size_t)wrote;
    output->written += (uint64_t)wrote;
  }
  return STATUS_OK;
}

/* ---- compressors ---- */

static Status gzip_put(ByteOutput *output, Str bytes, int flush, Error *err) {
  output->gzip.next_in = (Bytef *)(uintptr_t)bytes.ptr;
  output->gzip.avail_in = (uInt)bytes.len;
  do {
    output->gzip.next_out = (Bytef *)output->packed;
    output->gzip.avail_out = PACKED_BYTES;
    deflate(&output->gzip, flush);
    TRY(write_bytes(output, output->packed, PACKED_BYTES - output->gzip.avail_out, err));
  } while (output->gzip.avail_out == 0);
  return STATUS_OK;
}

static Status zstd_put(ByteOutput *output, Str bytes, ZSTD_EndDirective end, Error *err) {
  ZSTD_inBuffer in = {bytes.ptr, bytes.len, 0};
  for (;;) {
    ZSTD_outBuffer out = {output->packed, PACKED_BYTES, 0};
    size_t left = ZSTD_compressStream2(output->zstd, &out, &in, end);
    if (ZSTD_isError(left)) BUG("zstd: %s", ZSTD_getErrorName(left));
    TRY(write_bytes(output, output->packed, out.pos, err));
    if (end == ZSTD_e_continue ? in.pos == in.size : left == 0) return STATUS_OK;
  }
}

typedef enum PutKind { PUT_MORE, PUT_FLUSH, PUT_END } PutKind;

static Status put(ByteOutput *output, Str bytes, PutKind kind, Error *err) {
  static const int gzip_kinds[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
  static const ZSTD_EndDirective zstd_kinds[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
  if (output->broken) return repeat_failure(output, err);
  if (output->compression == COMPRESSION_GZIP) return gzip_put(output, bytes, gzip_kinds[kind], err);
  if (output->compression == COMPRESSION_ZSTD) return zstd_put(output, bytes, zstd_kinds[kind], err);
  return write_bytes(output, bytes.ptr, bytes.len, err);
}

static void start_compressor(ByteOutput *output) {
  if (output->compression == COMPRESSION_NONE) return;
  output->packed = mem_alloc(PACKED_BYTES);
  if (output->compression == COMPRESSION_ZSTD) {
    output->zstd = ZSTD_createCStream();
    if (!output->zstd) BUG("zstd does not start");
  } else if (deflateInit2(&output->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    BUG("zlib does not start"); /* 15 + 16: the largest window, gzip headers */
  }
}

/* ---- life ---- */

static Status open_failed(Str path, const char *who, int reason, Error *err) {
  bool wrong_path = reason == ENOENT || reason == ENOTDIR || reason == EISDIR || reason == EACCES ||
                    reason == EPERM || reason == EROFS || reason == ENAMETOOLONG || reason == ELOOP;
  error_set(err, wrong_path ? STATUS_CONFIG : STATUS_WORLD, who, "cannot create " STR_FMT ": %s", STR_ARG(path),
            strerror(reason));
  if (reason == ENOENT) error_hint(err, "the folder it should stand in does not exist; create it first");
  if (reason == EISDIR) error_hint(err, "it is a folder; name a file in it");
  return err ? err->status : STATUS_WORLD;
}

static bool is_pipe(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
}

static uint64_t size_of(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
}

Status byte_output_open(Str path, Compression compression, bool append, const char *who, ByteOutput **out,
                        Error *err) {
  bool standard = str_eq(path, STR("-"));
  int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC);
  int fd = standard ? STDOUT_FILENO : open(path.ptr, flags, 0666);
  if (fd < 0) return open_failed(path, who, errno, err);
  ByteOutput *output = mem_zalloc(sizeof *output);
  output->path = standard ? STR("stdout") : path;
  output->who = who;
  output->fd = fd;
  output->pipe = is_pipe(fd);
  if (append) output->written = size_of(fd);
  output->compression = compression == COMPRESSION_AUTO ? compression_of_path(path) : compression;
  start_compressor(output);
  *out = output;
  return STATUS_OK;
}

Status byte_output_write(ByteOutput *output, Str bytes, Error *err) {
  output->unflushed = true;
  return put(output, bytes, PUT_MORE, err);
}

uint64_t byte_output_size(const ByteOutput *output) { return output->written; }

Status byte_output_flush(ByteOutput *output, Error *err) {
  if (output->unflushed) TRY(put(output, STR(""), PUT_FLUSH, err));
  output->unflushed = false;
  return output->broken ? repeat_failure(output, err) : STATUS_OK;
}

Status byte_output_close(ByteOutput *output, Error *err) {
  Status status = put(output, STR(""), PUT_END, err);
  /* Some file systems report a full disk only here. */
  if (output->fd != STDOUT_FILENO && close(output->fd) != 0 && status == STATUS_OK) {
    status = fail_with(output, errno, err);
  }
  if (output->compression == COMPRESSION_GZIP) deflateEnd(&output->gzip);
  ZSTD_freeCStream(output->zstd);
  mem_free(output->packed);
  mem_free(output);
  return status;
}
