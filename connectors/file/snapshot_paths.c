/* snapshot_paths.c: see snapshot_paths.h. The path is turned into a glob, which lists the candidates, and into a
** regular expression with a group for each part of the date, which takes them apart. */
#include "connectors/file/snapshot_paths.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct { const char *text; PathPart part; unsigned digits; } known_parts[] = {
    {"yyyy", PART_YEAR, 4}, {"YYYY", PART_YEAR, 4}, {"MM", PART_MONTH, 2},  {"dd", PART_DAY, 2},
    {"DD", PART_DAY, 2},    {"HH", PART_HOUR, 2},   {"mm", PART_MINUTE, 2}, {"ss", PART_SECOND, 2},
};
enum { KNOWN_PARTS = sizeof known_parts / sizeof *known_parts };

typedef struct PatternBuilder {
  SnapshotPattern *pattern;
  StrBuf glob, regex;
  const char *who;
} PatternBuilder;

bool snapshot_path_has_date(Str path) {
  for (; path.len; path = str_sub(path, 1, path.len))
    if (str_starts_nocase(path, STR("{date}")) || str_starts_nocase(path, STR("{time}"))) return true;
  return false;
}

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

static void put_literal(PatternBuilder *builder, char c) {
  strbuf_putc(&builder->glob, c);
  if (strchr("\\^$.|()+{}", c)) strbuf_putc(&builder->regex, '\\');
  strbuf_putc(&builder->regex, c);
}

static Status put_format(PatternBuilder *builder, const char *option, Str format, Error *err) {
  SnapshotPattern *pattern = builder->pattern;
  for (size_t at = 0; at < format.len;) {
    unsigned k = 0;
    while (k < KNOWN_PARTS && !str_starts(str_sub(format, at, format.len), str_from(known_parts[k].text))) k++;
    if (k == KNOWN_PARTS && !is_letter(format.ptr[at])) {
      put_literal(builder, format.ptr[at++]);
      continue;
    }
    if (k == KNOWN_PARTS || pattern->parts_len == PATH_GROUPS_MAX) {
      error_set(err, STATUS_CONFIG, builder->who, "%s=" STR_FMT " is no format of a date", option, STR_ARG(format));
      return error_hint(err, "formats are made of yyyy, MM, dd, HH, mm and ss, for example yyyy/MM/dd");
    }
    pattern->parts[pattern->parts_len++] = known_parts[k].part;
    for (unsigned i = 0; i < known_parts[k].digits; i++) strbuf_puts(&builder->glob, "[0-9]");
    strbuf_printf(&builder->regex, "([0-9]{%u})", known_parts[k].digits);
    at += strlen(known_parts[k].text);
  }
  return STATUS_OK;
}

/* One wildcard of a glob; the number of bytes it takes. */
static size_t put_wildcard(PatternBuilder *builder, Str rest) {
  size_t end = 1;
  if (rest.ptr[0] == '[') {
    end = 2;
    while (end < rest.len && rest.ptr[end] != ']') end++;
    end = end < rest.len ? end + 1 : rest.len;
    strbuf_puts(&builder->regex, rest.len > 1 && rest.ptr[1] == '!' ? "[^" : "[");
    strbuf_put_str(&builder->regex, str_sub(rest, rest.len > 1 && rest.ptr[1] == '!' ? 2 : 1, end));
  } else {
    strbuf_puts(&builder->regex, rest.ptr[0] == '*' ? "[^/]*" : "[^/]");
  }
  strbuf_put_str(&builder->glob, str_sub(rest, 0, end));
  return end;
}

static Status put_path(PatternBuilder *builder, Str path, Str date_format, Str time_format, Error *err) {
  strbuf_putc(&builder->regex, '^');
  for (size_t at = 0; at < path.len;) {
    Str rest = str_sub(path, at, path.len);
    if (str_starts_nocase(rest, STR("{date}"))) {
      TRY(put_format(builder, "date-format", date_format, err));
      at += strlen("{date}");
    } else if (str_starts_nocase(rest, STR("{time}"))) {
      TRY(put_format(builder, "time-format", time_format, err));
      at += strlen("{time}");
    } else if (strchr("*?[", rest.ptr[0])) {
      at += put_wildcard(builder, rest);
    } else {
      put_literal(builder, rest.ptr[0]);
      at++;
    }
  }
  strbuf_putc(&builder->regex, '$');
  return STATUS_OK;
}

/* A year is needed, and with a smaller part all larger ones. */
static Status check_parts(const PatternBuilder *builder, Str path, Error *err) {
  bool has[PARTS] = {false};
  for (uint32_t i = 0; i < builder->pattern->parts_len; i++) has[builder->pattern->parts[i]] = true;
  for (unsigned part = PARTS; --part > 0;) {
    if (!has[part] || has[part - 1]) continue;
    error_set(err, STATUS_CONFIG, builder->who, STR_FMT " names no moment: %s", STR_ARG(path),
              part == PART_HOUR ? "{time} without {date}" : "a part of the date is missing");
    return error_hint(err, "for example ref/{date}/{time}/rows.csv?date-format=yyyy/MM/dd&time-format=HH");
  }
  return STATUS_OK;
}

Status snapshot_pattern_init(SnapshotPattern *pattern, Arena *arena, Str path, Str date_format, Str time_format,
                             const char *who, Error *err) {
  *pattern = (SnapshotPattern){0};
  PatternBuilder builder = {.pattern = pattern, .who = who};
  Status status = put_path(&builder, path, date_format, time_format, err);
  if (status == STATUS_OK) status = check_parts(&builder, path, err);
  if (status == STATUS_OK && regcomp(&pattern->regex, builder.regex.ptr, REG_EXTENDED) != 0)
    status = error_set(err, STATUS_CONFIG, who, STR_FMT " is no pattern of paths", STR_ARG(path));
  else if (status == STATUS_OK) pattern->glob = arena_str(arena, strbuf_str(&builder.glob));
  strbuf_release(&builder.glob);
  strbuf_release(&builder.regex);
  return status;
}

void snapshot_pattern_release(SnapshotPattern *pattern) {
  if (pattern->glob.ptr) regfree(&pattern->regex);
  pattern->glob = (Str){0};
}

/* False when the path is of no moment, or says two different ones. */
static bool time_of_path(const SnapshotPattern *pattern, const char *path, Ticks *out) {
  regmatch_t groups[PATH_GROUPS_MAX + 1];
  if (regexec(&pattern->regex, path, pattern->parts_len + 1, groups, 0) != 0) return false;
  int found[PARTS] = {[PART_YEAR] = -1, [PART_MONTH] = -1, [PART_DAY] = -1, -1, -1, -1};
  for (uint32_t i = 0; i < pattern->parts_len; i++) {
    int number = 0;
    for (regoff_t at = groups[i + 1].rm_so; at < groups[i + 1].rm_eo; at++) number = number * 10 + (path[at] - '0');
    int *part = &found[pattern->parts[i]];
    if (*part >= 0 && *part != number) return false;
    *part = number;
  }
  DateParts parts = {.year = found[PART_YEAR], .month = 1, .day = 1};
  if (found[PART_MONTH] >= 0) parts.month = found[PART_MONTH];
  if (found[PART_DAY] >= 0) parts.day = found[PART_DAY];
  if (found[PART_HOUR] >= 0) parts.hour = found[PART_HOUR];
  if (found[PART_MINUTE] >= 0) parts.minute = found[PART_MINUTE];
  if (found[PART_SECOND] >= 0) parts.second = found[PART_SECOND];
  return datetime_join(&parts, out);
}

static int by_time_and_path(const void *a, const void *b) {
  const SnapshotFile *left = a, *right = b;
  if (left->time != right->time) return left->time < right->time ? -1 : 1;
  return str_cmp(left->path, right->path);
}

void snapshot_pattern_find(const SnapshotPattern *pattern, Arena *arena, SnapshotFiles *out) {
  glob_t found = {0};
  int failed = glob(pattern->glob.ptr, GLOB_NOSORT, NULL, &found);
  for (size_t i = 0; !failed && i < found.gl_pathc; i++) {
    SnapshotFile file;
    if (!time_of_path(pattern, found.gl_pathv[i], &file.time)) continue;
    file.path = arena_str(arena, str_from(found.gl_pathv[i]));
    vec_push(out, file);
  }
  globfree(&found);
  if (out->len > 1) qsort(out->items, out->len, sizeof *out->items, by_time_and_path);
}
