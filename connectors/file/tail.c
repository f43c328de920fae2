/* tail.c: see tail.h. The file is read once; packed files that end badly are written again beside themselves and take
** the old one's place by a rename, so that a second crash costs nothing. */
#include "connectors/file/tail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/byte_input.h"
#include "connectors/file/byte_output.h"

enum { PIECE_BYTES = 1 << 16 };

typedef struct TailScan {
  uint64_t len, whole; /* bytes, and those up to the last line end */
  bool     inside;     /* a quoted cell */
  bool     damaged;    /* packed data that ends too early */
} TailScan;

static void scan_piece(TailScan *scan, bool quoted, const char *bytes, size_t len) {
  size_t end = len;
  while (!quoted && end > 0 && bytes[end - 1] != '\n') end--;
  if (!quoted && end > 0) scan->whole = scan->len + end;
  for (size_t i = 0; quoted && i < len; i++) {
    if (bytes[i] == '"') scan->inside = !scan->inside;
    else if (bytes[i] == '\n' && !scan->inside) scan->whole = scan->len + i + 1;
  }
  scan->len += len;
}

static Status scan_file(Str path, Compression compression, bool quoted, const char *who, TailScan *scan, Error *err) {
  char piece[PIECE_BYTES];
  ByteInput *input;
  TRY(byte_input_open(path, compression, who, &input, err));
  for (ByteEvent event = BYTES_SOME; event != BYTES_END && !scan->damaged;) {
    size_t len = 0;
    scan->damaged = byte_input_read(input, 0, piece, sizeof piece, &len, &event, NULL) != STATUS_OK;
    scan_piece(scan, quoted, piece, len);
  }
  byte_input_close(input);
  return STATUS_OK;
}

static Status copy_text(ByteInput *input, uint64_t len, ByteOutput *output, Error *err) {
  char piece[PIECE_BYTES];
  ByteEvent event;
  while (len) {
    size_t got = 0, most = len < sizeof piece ? (size_t)len : sizeof piece;
    TRY(byte_input_read(input, 0, piece, most, &got, &event, err));
    TRY(byte_output_write(output, (Str){piece, got}, err));
    len -= got;
    if (event == BYTES_END) break;
  }
  return STATUS_OK;
}

/* The first `whole` bytes of text, packed anew. */
static Status pack_again(Str path, Str aside, Compression compression, uint64_t whole, const char *who, Error *err) {
  ByteInput *input;
  ByteOutput *output;
  TRY(byte_input_open(path, compression, who, &input, err));
  Status status = byte_output_open(aside, compression, false, who, &output, err);
  if (status == STATUS_OK) {
    status = copy_text(input, whole, output, err);
    Status closed = byte_output_close(output, status == STATUS_OK ? err : NULL);
    if (status == STATUS_OK) status = closed;
  }
  byte_input_close(input);
  if (status != STATUS_OK || rename(aside.ptr, path.ptr) == 0) return status;
  return error_set(err, STATUS_WORLD, who, "cannot replace " STR_FMT ": %s", STR_ARG(path), strerror(errno));
}

static Status cut_off(Str path, Compression compression, uint64_t whole, const char *who, Error *err) {
  if (compression == COMPRESSION_NONE) {
    if (truncate(path.ptr, (off_t)whole) == 0) return STATUS_OK;
    return error_set(err, STATUS_WORLD, who, "cannot cut the end off " STR_FMT ": %s", STR_ARG(path), strerror(errno));
  }
  StrBuf aside = {0};
  strbuf_printf(&aside, STR_FMT ".repair", STR_ARG(path));
  Status status = pack_again(path, strbuf_str(&aside), compression, whole, who, err);
  strbuf_release(&aside);
  return status;
}

Status tail_repair(Str path, Compression compression, bool quoted, const char *who, TailRepair *out, Error *err) {
  struct stat info;
  TailScan scan = {0};
  *out = (TailRepair){.size = 0};
  if (stat(path.ptr, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return STATUS_OK;
  TRY(scan_file(path, compression, quoted, who, &scan, err));
  out->cut = scan.len - scan.whole;
  out->changed = out->cut || scan.damaged;
  if (out->changed) TRY(cut_off(path, compression, scan.whole, who, err));
  if (stat(path.ptr, &info) == 0) out->size = scan.whole ? (uint64_t)info.st_size : 0;
  return STATUS_OK;
}
