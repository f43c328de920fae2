/* path_series.c: see path_series.h. */
#include "connectors/file/path_series.h"

/* The file at hand is over. */
static SourceEvent next_file(PathSeries *series) {
  byte_input_close(series->input);
  series->input = NULL;
  if (series->at + 1 == series->paths.len) {
    series->ended = true;
    return SOURCE_END;
  }
  series->at++;
  return SOURCE_FILE_END;
}

Status path_series_read(PathSeries *series, int timeout_ms, char *into, size_t cap, size_t *len, Str *blob,
                        SourceEvent *event, Error *err) {
  *len = 0;
  *event = series->ended ? SOURCE_END : SOURCE_NOTHING;
  *blob = series->paths.items[series->at];
  if (series->ended) return STATUS_OK;
  if (!series->input) TRY(byte_input_open(*blob, series->compression, series->who, &series->input, err));
  ByteEvent bytes;
  TRY(byte_input_read(series->input, timeout_ms, into, cap, len, &bytes, err));
  switch (bytes) {
    case BYTES_NOTHING: break;
    case BYTES_SOME: *event = SOURCE_DATA; break;
    case BYTES_END: *event = next_file(series); break;
  }
  return STATUS_OK;
}

void path_series_restart(PathSeries *series) {
  byte_input_close(series->input);
  series->input = NULL;
  series->at = 0;
  series->ended = false;
}

bool path_series_has(const PathSeries *series, const struct stat *file) {
  struct stat info;
  for (uint32_t i = 0; i < series->paths.len; i++)
    if (stat(series->paths.items[i].ptr, &info) == 0 && info.st_dev == file->st_dev && info.st_ino == file->st_ino)
      return true;
  return false;
}

void path_series_release(PathSeries *series) {
  byte_input_close(series->input);
  series->input = NULL;
  vec_release(&series->paths);
}
