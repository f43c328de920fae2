/* file_sink.c: rows to files or stdout, in the bytes of a format.
**
** The path may depend on the row (path_pattern.h) and the file may be one of many (file_pool.h): a batch is encoded as
** a whole and its lines are handed to the files they belong to. They go out whole rows only, so outputs that share
** stdout never cut each other's lines. A flush hands everything to the system but does not wait for the disk: a crash
** of this program loses nothing, a power cut may. The head of the format (a CSV header) stands in front of the first
** row; it is asked for behind the first encoded batch, because with a star only that names the columns.
**
** What is there is replaced, unless the job goes on from committed positions: then it is continued, and what a killed
** process left of a line or of packed data is repaired first (tail.h).
**
** STATUS_CANCELLED from write, flush or close says that the reader of a pipe has gone away (`| head`): the job
** ends quietly. */
#include "connectors/file/file.h"
#include "connectors/file/file_pool.h"
#include "connectors/file/path_pattern.h"
#include "io/take.h"
#include "types/datetime.h"

enum { ROLL_LEAST = 1024 };

typedef struct FileSinkOptions {
  Str     format, roll, date_format, time_format;
  int     compression, existing;
  int64_t open_files;
} FileSinkOptions;
enum { EXISTING_AUTO, EXISTING_REPLACE, EXISTING_APPEND };

typedef struct FileSink {
  Sink        base;
  const FormatClass *format;
  Encoder    *encoder;
  PathPattern pattern;
  bool        single;    /* one file: a batch goes into it as it is */
  FilePool   *pool;
  StrBuf      rows, path; /* scratch */
  uint32_t   *ends;      /* scratch: of the lines in rows */
  uint32_t    ends_cap;
} FileSink;

static const OptionDef options_table[];

/* ---- opening ---- */

/* roll=64MB, roll=15m, or both with a comma. */
static Status parse_roll(Str text, const char *who, FilePoolConfig *out, Error *err) {
  static const OptionDef sizes[] = {{.name = "roll", .kind = OPTION_BYTES}, {0}};
  Str part;
  for (bool more = text.len > 0; more;) {
    bool known;
    int64_t bytes;
    more = str_cut(text, ',', &part, &text);
    part = str_trim(part);
    if (duration_parse(part, &out->roll_after) && out->roll_after > 0) continue;
    if (options_set(sizes, &bytes, NULL, STR("roll"), part, who, &known, NULL) == STATUS_OK && bytes >= ROLL_LEAST) {
      out->roll_bytes = bytes;
      continue;
    }
    error_set(err, STATUS_CONFIG, who, "roll=" STR_FMT " is neither a size of 1KB or more nor a duration",
              STR_ARG(part));
    return error_hint(err, "write for example roll=64MB, roll=15m, or roll=64MB,15m");
  }
  return STATUS_OK;
}

static Status check_path(Str path, const char *who, Error *err) {
  if (path.len) return STATUS_OK;
  error_set(err, STATUS_CONFIG, who, "the output names no file");
  return error_hint(err, "write a path, or - for stdout");
}

static void put_head(void *context, StrBuf *out) {
  const FileSink *file = context;
  if (file->format->encode_head) file->format->encode_head(file->encoder, out);
}

static bool is_quoted(const FormatClass *format) { return str_eq(str_from(format->name), STR("csv")); }

static Status open_parts(FileSink *file, const SinkConfig *config, Arena *arena, Error *err) {
  const char *who = arena_cstr(arena, str_from(config->who));
  FileSinkOptions options;
  OptionTake take = {.own = options_table, .into = &options, .pairs = &config->where->options,
                     .format = config->format->options, .who = who};
  TRY(options_take(&take, arena, err));
  Str path = arena_str(arena, config->where->target);
  TRY(check_path(path, who, err));
  PathFormats formats = {options.date_format, options.time_format};
  TRY(path_pattern_parse(arena, path, &formats, config->schema, who, &file->pattern, err));
  FilePoolConfig pool = {.who = who, .compression = (Compression)options.compression,
                         .open_max = (unsigned)options.open_files,
                         .append = options.existing == EXISTING_AUTO ? config->resumes
                                                                     : options.existing == EXISTING_APPEND,
                         .quoted = is_quoted(config->format), .make_folders = !file->pattern.constant, .head = put_head,
                         .context = file, .notice = config->notice, .notice_context = config->notice_context};
  TRY(parse_roll(options.roll, who, &pool, err));
  TRY(config->format->encoder_open(config->format_options, config->schema, &file->encoder, err));
  file->single = file->pattern.constant && !pool.roll_bytes && !pool.roll_after;
  file->pool = file_pool_new(&pool);
  return file->single ? file_pool_open(file->pool, path, err) : STATUS_OK;
}

static void free_sink(FileSink *file) {
  if (file->encoder) file->format->encoder_close(file->encoder);
  strbuf_release(&file->rows);
  strbuf_release(&file->path);
  mem_free(file->ends);
  mem_free(file);
}

static Status sink_open(const SinkConfig *config, Arena *arena, Sink **out, Error *err) {
  if (!config->format) BUG("a file output without a format");
  FileSink *file = mem_zalloc(sizeof *file);
  file->base.cls = &file_sink;
  file->format = config->format;
  Status status = open_parts(file, config, arena, err);
  if (status == STATUS_OK) {
    *out = &file->base;
    return status;
  }
  if (file->pool) file_pool_close(file->pool, false, NULL);
  free_sink(file);
  return status;
}

/* ---- writing ---- */

/* Line by line to the files that the rows name. */
static Status distribute(FileSink *file, const Batch *batch, Error *err) {
  uint32_t at = 0, begin = 0;
  SELECTION_EACH(batch->sel, batch->rows, row) {
    Str line = str_sub(strbuf_str(&file->rows), begin, file->ends[at]);
    begin = file->ends[at++];
    strbuf_clear(&file->path);
    path_pattern_print(&file->pattern, batch, row, &file->path);
    TRY(file_pool_put(file->pool, strbuf_str(&file->path), line, err));
  }
  return STATUS_OK;
}

static Status sink_write(Sink *sink, const Batch *batch, Error *err) {
  FileSink *file = (FileSink *)sink;
  uint32_t count = batch_count(batch);
  if (count > file->ends_cap) {
    file->ends = mem_realloc(file->ends, mem_mul(count, sizeof *file->ends));
    file->ends_cap = count;
  }
  strbuf_clear(&file->rows);
  file->format->encode(file->encoder, batch, true, &file->rows, file->ends);
  if (file->rows.len == 0) return STATUS_OK;
  if (!file->single) return distribute(file, batch, err);
  strbuf_clear(&file->path);
  path_pattern_print(&file->pattern, batch, 0, &file->path);
  return file_pool_put(file->pool, strbuf_str(&file->path), strbuf_str(&file->rows), err);
}

static Status sink_flush(Sink *sink, Error *err) { return file_pool_flush(((FileSink *)sink)->pool, err); }

static Status sink_close(Sink *sink, Error *err) {
  FileSink *file = (FileSink *)sink;
  Status status = file_pool_close(file->pool, file->single, err); /* an output without rows still has its header */
  free_sink(file);
  return status;
}

#define AT(field) .at = offsetof(FileSinkOptions, field)
static const OptionDef options_table[] = {
    {.name = "format", .kind = OPTION_TEXT, AT(format), .doc = "json, csv, ...; default by the extension."},
    {.name = "compression", .kind = OPTION_CHOICE, AT(compression), .fallback = "auto",
     .choices = COMPRESSION_CHOICES, .doc = "How to pack the bytes; auto goes by the extension .gz or .zst."},
    {.name = "roll", .kind = OPTION_TEXT, AT(roll), .fallback = "",
     .doc = "Begins another, numbered file when one has this size (64MB) or age (15m); or both: 64MB,15m."},
    {.name = "existing", .kind = OPTION_CHOICE, AT(existing), .fallback = "auto", .choices = "auto|replace|append",
     .doc = "What happens to files that are there; auto appends when an input goes on from a committed position."},
    {.name = "date-format", .kind = OPTION_TEXT, AT(date_format), .fallback = "yyyy/MM/dd",
     .doc = "What {date} stands for."},
    {.name = "time-format", .kind = OPTION_TEXT, AT(time_format), .fallback = "HH", .doc = "What {time} stands for."},
    {.name = "open-files", .kind = OPTION_INT, AT(open_files), .fallback = "64", .min = 1, .max = 10000,
     .doc = "Files of a path pattern that are kept open at once."},
    {0}};

const SinkClass file_sink = {
    .scheme = "file",
    .options = options_table,
    .bytes = true,
    .doc = "A file, which is replaced, or `-` for stdout; packed when its name ends in .gz or .zst. The path may hold "
           "{date}, {time}, {datetime:yyyy-MM-dd} and {column}.",
    .open = sink_open,
    .write = sink_write,
    .flush = sink_flush,
    .close = sink_close,
};
