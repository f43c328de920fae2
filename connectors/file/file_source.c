/* file_source.c: files, one after the other, as one stream of bytes.
**
** The format cuts the stream into records; this file knows paths and bytes only. Between two files comes
** SOURCE_FILE_END, so that half a record at the end of one never meets the next one's beginning. One
** partition. Files are opened when their turn comes; that they are there and readable is checked at open. */
#include "connectors/file/byte_input.h"
#include "connectors/file/file.h"
#include "connectors/file/paths.h"
#include "io/take.h"

typedef struct FileSourceOptions {
  Str  format;
  bool sort;
  int  compression;
} FileSourceOptions;

typedef struct FileSource {
  Source      base;
  const char *who;
  FileSourceOptions options;
  PathList    paths;
  uint32_t    at;      /* path being read */
  ByteInput  *input;   /* NULL: not opened yet */
  bool        ended;
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
  byte_input_close(file->input);
  vec_release(&file->paths);
  mem_free(file);
}

static Status source_open(const SourceConfig *config, Arena *arena, Source **out, Error *err) {
  FileSource *file = mem_zalloc(sizeof *file);
  file->base.cls = &file_source;
  file->who = arena_cstr(arena, str_from(config->alias));
  OptionTake take = {.own = options_table, .into = &file->options, .pairs = &config->where->options,
                     .format = config->format ? config->format->options : NULL, .who = file->who};
  Status status = options_take(&take, arena, err);
  if (status == STATUS_OK) status = paths_expand(arena, config->where->target, file->who, &file->paths, err);
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
  *out = (PartitionState){.finished = file->ended, .at_end = file->ended};
  Str name = file->paths.items[file->at];
  if (name.len >= sizeof out->name) name = str_sub(name, name.len - sizeof out->name + 1, name.len);
  memcpy(out->name, name.ptr, name.len);
}

/* The file at hand is over. */
static SourceEvent next_file(FileSource *file) {
  byte_input_close(file->input);
  file->input = NULL;
  if (file->at + 1 == file->paths.len) {
    file->ended = true;
    return SOURCE_END;
  }
  file->at++;
  return SOURCE_FILE_END;
}

static Status source_read(Source *source, int timeout_ms, char *into, size_t cap, size_t *len, Str *blob,
                          SourceEvent *event, Error *err) {
  FileSource *file = (FileSource *)source;
  *len = 0;
  *event = file->ended ? SOURCE_END : SOURCE_NOTHING;
  *blob = file->paths.items[file->at];
  if (file->ended) return STATUS_OK;
  if (!file->input) {
    TRY(byte_input_open(*blob, (Compression)file->options.compression, file->who, &file->input, err));
  }
  ByteEvent bytes;
  TRY(byte_input_read(file->input, timeout_ms, into, cap, len, &bytes, err));
  switch (bytes) {
    case BYTES_NOTHING: break;
    case BYTES_SOME: *event = SOURCE_DATA; break;
    case BYTES_END: *event = next_file(file); break;
  }
  return STATUS_OK;
}

static bool source_reads_file(Source *source, const struct stat *file) {
  const FileSource *own = (const FileSource *)source;
  struct stat info;
  for (uint32_t i = 0; i < own->paths.len; i++)
    if (stat(own->paths.items[i].ptr, &info) == 0 && info.st_dev == file->st_dev && info.st_ino == file->st_ino)
      return true;
  return false;
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
    .reads_file = source_reads_file,
};
