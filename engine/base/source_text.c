/* source_text.c: see source_text.h. Lines end at LF, CRLF or a lone CR; the map is made once, in one
** pass, when the first position is asked for. */
#include "base/source_text.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

void source_text_init(SourceText *source, Str name, Str text) {
  *source = (SourceText){.name = name, .text = text};
}

static Status read_all(FILE *file, const char *path, StrBuf *text, Error *err) {
  enum { CHUNK = 1 << 16 };
  for (;;) {
    strbuf_reserve(text, CHUNK);
    size_t got = fread(text->ptr + text->len, 1, CHUNK, file);
    text->len += got;
    if (text->len > SOURCE_TEXT_MAX) {
      error_set(err, STATUS_CONFIG, path, "cannot read `%s`: it is larger than 64 MB", path);
      return error_hint(err, "a query is a text of some kilobytes; is this the file you meant?");
    }
    if (got < CHUNK) break;
  }
  text->ptr[text->len] = 0;
  if (ferror(file)) return error_set(err, STATUS_WORLD, path, "cannot read `%s`: %s", path, strerror(errno));
  return STATUS_OK;
}

Status source_text_load(SourceText *source, const char *path, Error *err) {
  *source = (SourceText){0};
  FILE *file = fopen(path, "rb");
  if (file == NULL) return error_set(err, STATUS_CONFIG, path, "cannot open `%s`: %s", path, strerror(errno));
  struct stat info;
  if (fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode)) {
    fclose(file);
    return error_set(err, STATUS_CONFIG, path, "`%s` is a folder, not a file", path);
  }
  StrBuf text = {0};
  Status status = read_all(file, path, &text, err);
  fclose(file);
  if (status != STATUS_OK) {
    strbuf_release(&text);
    return status;
  }
  source->name = str_from(mem_strdup(path));
  source->text = strbuf_str(&text);
  source->owned = true;
  return STATUS_OK;
}

void source_text_release(SourceText *source) {
  vec_release(&source->line_starts);
  if (source->owned) {
    mem_free((char *)source->name.ptr);
    mem_free((char *)source->text.ptr);
  }
  *source = (SourceText){0};
}

static void map_lines(SourceText *source) {
  if (source->line_starts.len) return;
  vec_push(&source->line_starts, 0);
  const char *text = source->text.ptr;
  for (size_t i = 0; i < source->text.len; i++) {
    bool lone_cr = text[i] == '\r' && !(i + 1 < source->text.len && text[i + 1] == '\n');
    if (text[i] == '\n' || lone_cr) vec_push(&source->line_starts, (uint32_t)i + 1);
  }
}

/* The last line that begins at or before offset, counted from 0. */
static uint32_t line_index(SourceText *source, uint32_t offset) {
  uint32_t low = 0, high = source->line_starts.len;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (source->line_starts.items[middle] <= offset) low = middle;
    else high = middle;
  }
  return low;
}

void source_text_position(SourceText *source, uint32_t offset, uint32_t *line, uint32_t *column) {
  map_lines(source);
  if (offset > source->text.len) offset = (uint32_t)source->text.len;
  uint32_t index = line_index(source, offset), begin = source->line_starts.items[index];
  *line = index + 1;
  *column = (uint32_t)utf8_count(str_sub(source->text, begin, offset)) + 1;
}

uint32_t source_text_line_start(SourceText *source, uint32_t line) {
  map_lines(source);
  if (line < 1) return 0;
  return line <= source->line_starts.len ? source->line_starts.items[line - 1] : (uint32_t)source->text.len;
}

Str source_text_line(SourceText *source, uint32_t line) {
  uint32_t begin = source_text_line_start(source, line);
  Str text = str_sub(source->text, begin, source_text_line_start(source, line + 1));
  while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) text.len--;
  return text;
}
