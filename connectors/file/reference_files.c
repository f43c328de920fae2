/* reference_files.c: files as reference data. With a date in the path each moment is a snapshot; else whatever the path
** names (a file, a folder, a glob, stdin) is one, which is read again when it has changed. */
#include <sys/stat.h>

#include "base/hash.h"
#include "base/mem.h"
#include "connectors/file/path_series.h"
#include "connectors/file/snapshot_paths.h"
#include "io/take.h"

typedef struct ReferenceOptions {
  Str   format, date_format, time_format;
  Ticks refresh;
  int   compression;
} ReferenceOptions;

typedef struct ReferenceFiles {
  Source      base;
  ReferenceOptions options;
  const char *who;
  Str         target;
  bool        dated;
  SnapshotPattern pattern;
  Arena       listing;   /* of the last look */
  SnapshotFiles files;   /* dated: all there are */
  Arena       reading;   /* paths of the snapshot being read */
  PathSeries  series;
  uint64_t    signature; /* of what `look` saw last */
} ReferenceFiles;

static const OptionDef options_table[] = {
    {.name = "format", .kind = OPTION_TEXT, .at = offsetof(ReferenceOptions, format),
     .doc = "json, csv, ...; default by the extension."},
    {.name = "compression", .kind = OPTION_CHOICE, .at = offsetof(ReferenceOptions, compression), .fallback = "auto",
     .choices = COMPRESSION_CHOICES, .doc = "How the bytes are packed; auto goes by extension and first bytes."},
    {.name = "date-format", .kind = OPTION_TEXT, .at = offsetof(ReferenceOptions, date_format),
     .fallback = "yyyy/MM/dd",
     .doc = "What {date} in the path looks like: yyyy, MM, dd and separators, slashes included."},
    {.name = "time-format", .kind = OPTION_TEXT, .at = offsetof(ReferenceOptions, time_format), .fallback = "HH",
     .doc = "What {time} in the path looks like, in UTC: HH, mm, ss and separators."},
    {.name = "refresh", .kind = OPTION_DURATION, .at = offsetof(ReferenceOptions, refresh), .fallback = "0s",
     .doc = "How often to look for new files, or whether the file has changed, while a live stream runs; 0: every "
            "minute where the path has a date, else never."},
    {0}};

/* ---- what there is ---- */

static uint64_t add_signature(uint64_t signature, Str path) {
  struct stat info = {0};
  if (stat(path.ptr, &info) != 0) return hash_combine(signature, 0);
  const uint64_t seen[] = {(uint64_t)info.st_dev, (uint64_t)info.st_ino, (uint64_t)info.st_size,
                           (uint64_t)info.st_mtim.tv_sec, (uint64_t)info.st_mtim.tv_nsec};
  return hash_combine(hash_combine(signature, hash_bytes(seen, sizeof seen, 0)), hash_bytes(path.ptr, path.len, 0));
}

/* New paths for the series; what it read before is over. */
static void reset_series(ReferenceFiles *files) {
  path_series_restart(&files->series);
  files->series.paths.len = 0;
  arena_reset(&files->reading);
}

static Status look_at_paths(ReferenceFiles *files, bool *changed, Error *err) {
  PathList paths = {0};
  arena_reset(&files->listing);
  Status status = paths_expand(&files->listing, files->target, files->who, &paths, err);
  uint64_t signature = 1;
  for (uint32_t i = 0; i < paths.len; i++) signature = add_signature(signature, paths.items[i]);
  vec_release(&paths);
  if (status != STATUS_OK) return status;
  *changed = signature != files->signature;
  files->signature = signature;
  return STATUS_OK;
}

static Status no_snapshot(const ReferenceFiles *files, Error *err) {
  error_set(err, STATUS_CONFIG, files->who, "no file matches " STR_FMT, STR_ARG(files->target));
  return error_hint(err, "{date} stands for " STR_FMT ", {time} for " STR_FMT, STR_ARG(files->options.date_format),
                    STR_ARG(files->options.time_format));
}

static Status files_look(Source *source, SnapshotTimes *times, bool *changed, Error *err) {
  ReferenceFiles *files = (ReferenceFiles *)source;
  *changed = false;
  if (!files->dated) return look_at_paths(files, changed, err);
  arena_reset(&files->listing);
  files->files.len = 0;
  snapshot_pattern_find(&files->pattern, &files->listing, &files->files);
  if (files->files.len == 0) return no_snapshot(files, err);
  for (uint32_t i = 0; i < files->files.len; i++)
    if (times->len == 0 || times->items[times->len - 1] < files->files.items[i].time)
      vec_push(times, files->files.items[i].time);
  uint64_t signature = 1;
  for (uint32_t i = 0; i < times->len; i++) signature = hash_combine(signature, (uint64_t)times->items[i]);
  *changed = signature != files->signature;
  files->signature = signature;
  return STATUS_OK;
}

static Ticks files_refresh(const Source *source) {
  const ReferenceFiles *files = (const ReferenceFiles *)source;
  if (files->options.refresh || !files->dated) return files->options.refresh;
  return TICKS_PER_MINUTE;
}

/* ---- reading ---- */

static Status files_begin(Source *source, Ticks time, Error *err) {
  ReferenceFiles *files = (ReferenceFiles *)source;
  reset_series(files);
  if (!files->dated) return paths_expand(&files->reading, files->target, files->who, &files->series.paths, err);
  if (files->files.len == 0) return no_snapshot(files, err);
  const SnapshotFile *all = files->files.items;
  Ticks held = all[0].time;
  for (uint32_t i = 0; i < files->files.len && all[i].time <= time; i++) held = all[i].time;
  for (uint32_t i = 0; i < files->files.len; i++)
    if (all[i].time == held) vec_push(&files->series.paths, arena_str(&files->reading, all[i].path));
  return STATUS_OK;
}

static Status files_read(Source *source, int timeout_ms, char *into, size_t cap, size_t *len, Str *blob,
                         SourceEvent *event, Error *err) {
  return path_series_read(&((ReferenceFiles *)source)->series, timeout_ms, into, cap, len, blob, event, err);
}

/* ---- life ---- */

static unsigned files_partitions(Source *source) {
  (void)source;
  return 1;
}

static void files_partition_state(Source *source, unsigned partition, PartitionState *out) {
  (void)source, (void)partition;
  *out = (PartitionState){.finished = true, .at_end = true};
}

/* Files of any snapshot count, those that are not read yet, too. */
static bool files_reads_file(Source *source, const struct stat *file) {
  const ReferenceFiles *files = (const ReferenceFiles *)source;
  struct stat info;
  for (uint32_t i = 0; i < files->files.len; i++)
    if (stat(files->files.items[i].path.ptr, &info) == 0 && info.st_dev == file->st_dev && info.st_ino == file->st_ino)
      return true;
  return path_series_has(&files->series, file);
}

static void files_close(Source *source) {
  ReferenceFiles *files = (ReferenceFiles *)source;
  path_series_release(&files->series);
  snapshot_pattern_release(&files->pattern);
  vec_release(&files->files);
  arena_release(&files->listing);
  arena_release(&files->reading);
  mem_free(files);
}

static Status setup(ReferenceFiles *files, const SourceConfig *config, Arena *arena, Error *err) {
  OptionTake take = {.own = options_table, .into = &files->options, .pairs = &config->where->options,
                     .format = config->format ? config->format->options : NULL, .who = files->who};
  TRY(options_take(&take, arena, err));
  files->target = arena_str(arena, config->where->target);
  files->dated = snapshot_path_has_date(files->target);
  files->series.who = files->who;
  files->series.compression = (Compression)files->options.compression;
  if (files->dated)
    return snapshot_pattern_init(&files->pattern, arena, files->target, files->options.date_format,
                                 files->options.time_format, files->who, err);
  if (files->options.refresh && str_eq(files->target, STR("-"))) {
    error_set(err, STATUS_CONFIG, files->who, "stdin cannot be read again, so refresh= means nothing");
    return error_hint(err, "leave refresh= out, or read a file");
  }
  return paths_expand(&files->reading, files->target, files->who, &files->series.paths, err);
}

static Status files_open(const SourceConfig *config, Arena *arena, Source **out, Error *err) {
  ReferenceFiles *files = mem_zalloc(sizeof *files);
  files->base.cls = &file_reference;
  files->who = arena_cstr(arena, str_from(config->who));
  arena_init(&files->listing);
  arena_init(&files->reading);
  Status status = setup(files, config, arena, err);
  if (status == STATUS_OK) *out = &files->base;
  else files_close(&files->base);
  return status;
}

const SourceClass file_reference = {
    .scheme = "file",
    .options = options_table,
    .live = false,
    .doc = "Files: one snapshot, or with {date} and {time} in the path one for each moment, which holds from then on.",
    .open = files_open,
    .close = files_close,
    .partitions = files_partitions,
    .partition_state = files_partition_state,
    .read = files_read,
    .look = files_look,
    .begin = files_begin,
    .refresh = files_refresh,
    .reads_file = files_reads_file,
};
