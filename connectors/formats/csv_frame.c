/* csv_frame.c: cuts a stream of CSV into records. A line feed ends a record unless a quoted field is open.
** A field is quoted when a quote is its first byte; a quote inside ends it only in front of a delimiter or
** line end, else it is a character of the text, as libcsv reads it:
**
**     a,"x ""y"" <line feed> z",b      one record
**     a,x "y" z                        one record: the quotes are text
**
** A quote that is never closed would swallow the file: at the record limit the record ends, is reported, and
** reading goes on with the next line. */
#include "connectors/formats/csv.h"

typedef struct CsvScan {
  const char *end;
  bool at_end;
  char delimiter;
} CsvScan;

/* Whether the bytes at `at` end a field; *unknown when more bytes are needed to tell. */
static bool ends_field(const CsvScan *scan, const char *at, bool *unknown) {
  *unknown = false;
  if (at < scan->end && *at == '\r') at++; /* ends it only in front of a line feed */
  else if (at < scan->end) return *at == scan->delimiter || *at == '\n';
  if (at == scan->end) {
    *unknown = !scan->at_end;
    return true;
  }
  return *at == '\n';
}

/* From behind the opening quote to behind the closing one; NULL when it does not come. */
static const char *quoted_end(const CsvScan *scan, const char *at) {
  while (at < scan->end && (at = memchr(at, '"', (size_t)(scan->end - at))) != NULL) {
    bool unknown;
    if (at + 1 < scan->end && at[1] == '"') {
      at += 2;
      continue;
    }
    bool ends = ends_field(scan, ++at, &unknown);
    if (unknown) return NULL;
    if (ends) return at;
  }
  return NULL;
}

/* The line feed that ends the record, scan->end at the end of the file, NULL when more bytes are needed. */
static const char *record_end(const CsvScan *scan, const char *at) {
  const char *newline = memchr(at, '\n', (size_t)(scan->end - at));
  size_t line = (size_t)((newline ? newline : scan->end) - at);
  if (memchr(at, '"', line) == NULL) return newline ? newline : scan->at_end ? scan->end : NULL;
  for (bool field_begins = true; at < scan->end; at++) {
    if (field_begins && *at == '"') {
      at = quoted_end(scan, at + 1);
      if (at == NULL || at >= scan->end) return scan->at_end ? scan->end : NULL;
    }
    if (*at == '\n') return at;
    field_begins = *at == scan->delimiter;
  }
  return scan->at_end ? scan->end : NULL;
}

static size_t without_line_end(const char *begin, const char *end) {
  if (end > begin && end[-1] == '\r') end--;
  return (size_t)(end - begin);
}

static bool mark_seen(CsvFrame *frame, const char *bytes, size_t len, bool at_end, size_t *mark) {
  *mark = 0;
  if (frame->started) return true;
  if (len < 3 && !at_end) return false;
  frame->started = true;
  if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) *mark = 3;
  return true;
}

size_t csv_frame_cut(CsvFrame *frame, char delimiter, const char *bytes, size_t len, bool at_end,
                     size_t record_bytes_max, CsvRecordFn *record, void *context) {
  size_t mark;
  if (!mark_seen(frame, bytes, len, at_end, &mark)) return 0;
  CsvScan scan = {bytes + len, at_end, delimiter};
  const char *at = bytes + mark;
  while (at < scan.end) {
    if (frame->skip_line) {
      const char *newline = memchr(at, '\n', (size_t)(scan.end - at));
      if (newline == NULL) return len;
      frame->skip_line = false;
      at = newline + 1;
      continue;
    }
    const char *end = record_end(&scan, at);
    if (end == NULL && (size_t)(scan.end - at) <= record_bytes_max) break;
    size_t size = end ? without_line_end(at, end) : (size_t)(scan.end - at);
    if (size > record_bytes_max) {
      record(context, at, record_bytes_max, true);
      frame->skip_line = true;
      at += record_bytes_max;
      continue;
    }
    if (size > 0) record(context, at, size, false);
    at = end < scan.end ? end + 1 : end;
  }
  return (size_t)(at - bytes);
}
