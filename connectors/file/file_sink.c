/* file_sink.c: rows to a file or stdout, in the bytes of a format.
**
** Rows gather in a 1 MB buffer that goes out in one piece, whole rows only, so outputs that share stdout never
** cut each other's lines. A flush hands everything to the system but does not wait for the disk: a crash of
** this program loses nothing, a power cut may. The head of the format (a CSV header) stands in front of the
** first row; it is asked for behind the first encoded batch, because with a star only that names the columns.
**
** STATUS_CANCELLED from write, flush or close says that the reader of a pipe has gone away (`| head`): the job
** ends quietly. */
#include "connectors/file/byte_output.h"
#include "connectors/file/file.h"
#include "io/take.h"

enum { BUFFER_BYTES = 1 << 20 };

typedef struct FileSinkOptions {
  Str format;
  int compression;
} FileSinkOptions;

typedef struct FileSink {
  Sink        base;
  const FormatClass *format;
  Encoder    *encoder;
  ByteOutput *output;
  StrBuf      rows;      /* encoded, not yet written */
  bool        has_head;  /* the head has been written or buffered */
} FileSink;

static const OptionDef options_table[] = {
    {.name = "format", .kind = OPTION_TEXT, .at = offsetof(FileSinkOptions, format),
     .doc = "json, csv, ...; default by the extension."},
    {.name = "compression", .kind = OPTION_CHOICE, .at = offsetof(FileSinkOptions, compression), .fallback = "auto",
     .choices = COMPRESSION_CHOICES, .doc = "How to pack the bytes; auto goes by the extension .gz or .zst."},
    {0}};

static Status check_path(Str path, const char *who, Error *err) {
  if (path.len == 0) {
    error_set(err, STATUS_CONFIG, who, "the output names no file");
    return error_hint(err, "write a path, or - for stdout");
  }
  if (str_find_char(path, '{') < 0) return STATUS_OK;
  error_set(err, STATUS_CONFIG, who, "path patterns such as {date} are not supported in file outputs: " STR_FMT,
            STR_ARG(path));
  return error_hint(err, "write one plain path");
}

static Status open_parts(FileSink *file, const SinkConfig *config, Arena *arena, Error *err) {
  const char *who = arena_cstr(arena, str_from(config->alias));
  FileSinkOptions options;
  OptionTake take = {.own = options_table, .into = &options, .pairs = &config->where->options,
                     .format = config->format->options, .who = who};
  TRY(options_take(&take, arena, err));
  Str path = arena_str(arena, config->where->target);
  TRY(check_path(path, who, err));
  TRY(config->format->encoder_open(config->format_options, config->schema, &file->encoder, err));
  return byte_output_open(path, (Compression)options.compression, who, &file->output, err);
}

static void free_sink(FileSink *file) {
  if (file->encoder) file->format->encoder_close(file->encoder);
  strbuf_release(&file->rows);
  mem_free(file);
}

static Status sink_open(const SinkConfig *config, Arena *arena, Sink **out, Error *err) {
  if (!config->format) BUG("a file output without a format");
  FileSink *file = mem_zalloc(sizeof *file);
  file->base.cls = &file_sink;
  file->format = config->format;
  Status status = open_parts(file, config, arena, err);
  if (status == STATUS_OK) *out = &file->base;
  else free_sink(file);
  return status;
}

/* Puts the head in front of the rows buffered so far, once. */
static void add_head(FileSink *file) {
  if (file->has_head) return;
  file->has_head = true;
  if (!file->format->encode_head) return;
  StrBuf whole = {0};
  file->format->encode_head(file->encoder, &whole);
  strbuf_put_str(&whole, strbuf_str(&file->rows));
  strbuf_release(&file->rows);
  file->rows = whole;
}

static Status drain(FileSink *file, Error *err) {
  if (file->rows.len == 0) return STATUS_OK;
  Status status = byte_output_write(file->output, strbuf_str(&file->rows), err);
  strbuf_clear(&file->rows);
  return status;
}

static Status sink_write(Sink *sink, const Batch *batch, Error *err) {
  FileSink *file = (FileSink *)sink;
  file->format->encode(file->encoder, batch, true, &file->rows, NULL);
  if (file->rows.len) add_head(file);
  return file->rows.len >= BUFFER_BYTES ? drain(file, err) : STATUS_OK;
}

static Status sink_flush(Sink *sink, Error *err) {
  FileSink *file = (FileSink *)sink;
  TRY(drain(file, err));
  return byte_output_flush(file->output, err);
}

static Status sink_close(Sink *sink, Error *err) {
  FileSink *file = (FileSink *)sink;
  add_head(file); /* an output without rows still has its header */
  Status status = drain(file, err);
  Status closed = byte_output_close(file->output, status == STATUS_OK ? err : NULL);
  free_sink(file);
  return status == STATUS_OK ? closed : status;
}

const SinkClass file_sink = {
    .scheme = "file",
    .options = options_table,
    .bytes = true,
    .doc = "A file, which is replaced, or `-` for stdout; packed when its name ends in .gz or .zst.",
    .open = sink_open,
    .write = sink_write,
    .flush = sink_flush,
    .close = sink_close,
};
