/* config_text.c: see config_text.h. */
#include "cli/config/config_text.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/source_text.h"
#include "base/utf8.h"

void config_text_place(Str text, size_t offset, unsigned *line, unsigned *column) {
  size_t begin = 0;
  *line = 1;
  for (size_t i = 0; i < offset && i < text.len; i++) {
    if (text.ptr[i] != '\n') continue;
    ++*line;
    begin = i + 1;
  }
  *column = (unsigned)utf8_count(str_sub(text, begin, offset)) + 1;
}

/* UTF-16 begins with its mark, or has a NUL in each of its first characters. */
static const char *wide_encoding(Str text) {
  static const struct { Str mark; const char *name; } marks[] = {
    {{"\xff\xfe\0\0", 4}, "UTF-32 (little endian)"}, {{"\0\0\xfe\xff", 4}, "UTF-32 (big endian)"},
    {{"\xff\xfe", 2}, "UTF-16 (little endian)"}, {{"\xfe\xff", 2}, "UTF-16 (big endian)"}};
  for (unsigned i = 0; i < sizeof marks / sizeof *marks; i++)
    if (str_starts(text, marks[i].mark)) return marks[i].name;
  if (text.len < 4) return NULL;
  bool even = text.ptr[0] == 0 && text.ptr[2] == 0, odd = text.ptr[1] == 0 && text.ptr[3] == 0;
  return odd && !even ? "UTF-16 (little endian)" : even && !odd ? "UTF-16 (big endian)" : NULL;
}

const char *config_wide_encoding(const char *path) {
  char head[4] = {0};
  struct stat info;
  if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return NULL; /* what a pipe holds is read once */
  FILE *file = fopen(path, "rb");
  size_t got = file ? fread(head, 1, sizeof head, file) : 0;
  if (file) fclose(file);
  return wide_encoding((Str){head, got});
}

Status config_format_check(const Where *where, Error *err) {
  static const char *const foreign[] = {".parquet", ".avro", ".orc", ".xlsx"};
  bool tells = str_eq(where->scheme, STR("file")) && where_option(where, "format") == NULL;
  for (unsigned i = 0; i < sizeof foreign / sizeof *foreign && tells; i++) {
    if (!str_ends_nocase(where->target, str_from(foreign[i]))) continue;
    error_set(err, STATUS_CONFIG, "", STR_FMT ": there is no format %s in this version", STR_ARG(where->target),
              foreign[i] + 1);
    return error_hint(err, "the formats are json and csv; ?format=json says that it is JSON under another name");
  }
  return STATUS_OK;
}

Status config_events_check(Arena *arena, const Where *where, Error *err) {
  bool file = str_eq(where->scheme, STR("file"));
  const char *wide = file ? config_wide_encoding(arena_cstr(arena, where->target)) : NULL;
  if (wide == NULL) return config_format_check(where, err);
  error_set(err, STATUS_CONFIG, "", STR_FMT ": this file is %s, not UTF-8", STR_ARG(where->target), wide);
  return error_hint(err, "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW");
}

static Status check_encoding(const char *path, Str text, Error *err) {
  const char *wide = wide_encoding(text);
  if (wide) {
    error_set(err, STATUS_CONFIG, "", "%s: this file is %s, not UTF-8", path, wide);
    return error_hint(err, "save it as UTF-8: iconv -f %.6s -t UTF-8 FILE > NEW", wide);
  }
  size_t wrong = utf8_invalid_at(text);
  if (wrong == text.len) return STATUS_OK;
  unsigned line, column;
  config_text_place(text, wrong, &line, &column);
  error_set(err, STATUS_CONFIG, "", "%s: line %u, column %u: the byte 0x%02x is no UTF-8", path, line, column,
            (unsigned char)text.ptr[wrong]);
  return error_hint(err, "is the file Latin-1? save it as UTF-8: iconv -f ISO-8859-1 -t UTF-8 FILE > NEW");
}

Status config_text_load(Arena *arena, const char *path, Str *out, Error *err) {
  SourceText file;
  Status status = source_text_load(&file, path, err);
  if (status != STATUS_OK) {
    err->who[0] = 0; /* the message names the path, whole */
    if (access(path, F_OK) != 0) error_hint(err, "paths are relative to the folder weir was started in");
    return status;
  }
  status = check_encoding(path, file.text, err);
  if (status == STATUS_OK)
    *out = arena_str(arena, str_starts(file.text, STR("\xef\xbb\xbf")) ? str_sub(file.text, 3, file.text.len)
                                                                        : file.text);
  source_text_release(&file);
  return status;
}

Status config_json_load(Arena *arena, const char *path, Str *text, JsonNode **out, Error *err) {
  Str loaded;
  TRY(config_text_load(arena, path, &loaded, err));
  if (text) *text = loaded;
  Error wrong;
  *out = json_parse_tree(arena, loaded, &wrong);
  if (*out) return STATUS_OK;
  return error_set(err, STATUS_CONFIG, "", "%s: %s", path, wrong.message);
}
