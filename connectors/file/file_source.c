/* file_source.c: files, one after the other, as one stream of bytes.
**
** The format cuts the stream into records; this file knows paths and bytes only. Between two files comes
** SOURCE_FILE_END, so that half a record at the end of one never meets the next one's beginning. One
** partition. Files are opened when their turn comes; that they are there and readable is checked at open. */
#include "connectors/file/path_series.h"
#include "io/take.h"

typedef struct FileSourceOptions {
  Str  format;
  bool sort;
  int  compression;
} FileSourceOptions;

typedef struct FileSource {
  Source     base;
  FileSourceOptions options;
  PathSeries series;
} FileSource;

static const OptionDef options_table[] = {
    {.name = "format", .kind = OPTION_TEXT, .at = offsetof(FileSourceOptions, format),
     .doc = "json, csv, ...; default by the extension."},
    {.name = "sort", .kind = OPTION_BOOL, .at = offsetof(FileSourceOptions, sort), .fallback = "false",
     .doc = "Sorts the whole recorded input by time first; it is held in memory."},
    {.name = "compression", .kind = OPTION_CHOICE, .at = offsetof(FileSourceOptions, compression), .fallback = "auto",
     .choices = COMPRESSION_CHOICES, .doc = "How the bytes are packed; auto goes by extension and first bytes."},
    {0}};

static void source_close(Source *source) {
  FileSource *file = (FileSource *)source;
  path_series_release(&file->series);
  mem_free(file);
}

static Status source_open(const SourceConfig *config, Arena *arena, Source **out, Error *err) {
  FileSource *file = mem_zalloc(sizeof *file);
  file->base.cls = &file_source;
  const char *who = arena_cstr(arena, str_from(config->who));
  OptionTake take = {.own = options_table, .into = &file->options, .pairs = &config->where->options,
                     .format = config->format ? config->format->options : NULL, .who = who};
  Status status = options_take(&take, arena, err);
  if (status == STATUS_OK) status = paths_expand(arena, config->where->target, who, &file->series.paths, err);
  file->series.who = who;
  file->series.compression = (Compression)file->options.compression;
  if (status == STATUS_OK) *out = &file->base;
  else source_close(&file->base);
  return status;
}

static unsigned source_partitions(Source *source) {
  (void)source;
  return 1;
}

static void source_partition_state(Source *source, unsigned partition, PartitionState *out) {
  (void)partition;
  const FileSource *file = (const FileSource *)source;
  *out = (PartitionState){.finished = file->series.ended, .at_end = file->series.ended};
  Str name = file->series.paths.items[file->series.at];
  if (name.len >= sizeof out->name) name = str_sub(name, name.len - sizeof out->name + 1, name.len);
  memcpy(out->name, name.ptr, name.len);
}

static Status source_read(Source *source, int timeout_ms, char *into, size_t cap, size_t *len, Str *blob,
                          SourceEvent *event, Error *err) {
  return path_series_read(&((FileSource *)source)->series, timeout_ms, into, cap, len, blob, event, err);
}

static bool source_reads_file(Source *source, const struct stat *file) {
  return path_series_has(&((const FileSource *)source)->series, file);
}

const SourceClass file_source = {
    .scheme = "file",
    .options = options_table,
    .live = false,
    .doc = "A file, a folder or glob (its files in name order), or `-` for stdin; gzip and zstd are unpacked.",
    .open = source_open,
    .close = source_close,
    .partitions = source_partitions,
    .partition_state = source_partition_state,
    .read = source_read,
    .reference = &file_reference,
    .reads_file = source_reads_file,
};
