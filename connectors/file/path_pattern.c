/* path_pattern.c: see path_pattern.h. */
#include "connectors/file/path_pattern.h"

#include <string.h>

#include "base/hash.h"
#include "types/datetime.h"
#include "types/json.h"
#include "types/number.h"

enum { VALUE_MOST = 120, VALUE_KEPT = 96 };

/* ---- parsing ---------------------------------------------------------------------------------- */

typedef struct MomentPart { const char *letters; unsigned from, len; bool bare; } MomentPart;
static const MomentPart moment_parts[];

static size_t run_length(Str format, size_t at) {
  size_t end = at;
  while (end < format.len && format.ptr[end] == format.ptr[at]) end++;
  return end - at;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static const MomentPart *moment_part(Str run) {
  for (const MomentPart *part = moment_parts; part->letters; part++)
    if (str_eq(run, str_from(part->letters))) return part;
  return NULL;
}

static Status check_moment(Str format, const char *who, Error *err) {
  for (size_t i = 0, len; i < format.len; i += len) {
    len = run_length(format, i);
    Str run = str_sub(format, i, i + len);
    if (!is_letter(run.ptr[0]) || moment_part(run)) continue;
    error_set(err, STATUS_CONFIG, who, "`" STR_FMT "` in the format `" STR_FMT "` of a path is no part of a time",
              STR_ARG(run), STR_ARG(format));
    return error_hint(err, "there are yyyy, yy, MM, M, dd, d, HH, H, mm, m, ss and s");
  }
  return STATUS_OK;
}

static Status no_such_column(const OutputSchema *schema, Str name, const char *who, Error *err) {
  StrBuf names = {0};
  for (uint32_t i = 0; i < schema->cols_len; i++) {
    strbuf_puts(&names, i ? ", " : "");
    strbuf_put_str(&names, schema->cols[i].name);
  }
  error_set(err, STATUS_CONFIG, who, "the path names {" STR_FMT "}, and the output has no such column; it has: %s",
            STR_ARG(name), names.ptr ? names.ptr : "none");
  strbuf_release(&names);
  return error_hint(err, "{date}, {time} and {datetime:yyyy-MM-dd} are of the row's time; anything else is a column");
}

static int find_column(const OutputSchema *schema, Str name) {
  for (int exact = 1; exact >= 0; exact--) {
    for (uint32_t i = 0; i < schema->cols_len; i++) {
      const OutputColumn *col = &schema->cols[i];
      if (!col->star && (exact ? str_eq(col->name, name) : str_eq_nocase(col->name, name))) return (int)i;
    }
  }
  return -1;
}

/* The whole name, else the part before the first dot, else a field of `*`. */
static Status find_field(const OutputSchema *schema, Str name, const char *who, PathPiece *out, Error *err) {
  Str head, rest = STR("");
  int col = find_column(schema, name);
  if (col < 0 && str_cut(name, '.', &head, &rest)) col = find_column(schema, head);
  else rest = STR("");
  for (uint32_t i = 0; col < 0 && i < schema->cols_len; i++) {
    if (!schema->cols[i].star) continue;
    col = (int)i;
    rest = name;
  }
  if (col < 0) return no_such_column(schema, name, who, err);
  *out = (PathPiece){.kind = PATH_FIELD, .text = rest, .col = (uint32_t)col};
  return STATUS_OK;
}

static Status parse_piece(Str inside, const PathFormats *formats, const OutputSchema *schema, const char *who,
                          PathPiece *out, Error *err) {
  *out = (PathPiece){.kind = PATH_MOMENT};
  if (str_eq_nocase(inside, STR("date"))) out->text = formats->date;
  else if (str_eq_nocase(inside, STR("time"))) out->text = formats->time;
  else if (str_starts_nocase(inside, STR("datetime:"))) out->text = str_sub(inside, 9, inside.len);
  else return find_field(schema, inside, who, out, err);
  return check_moment(out->text, who, err);
}

Status path_pattern_parse(Arena *arena, Str text, const PathFormats *formats, const OutputSchema *schema,
                          const char *who, PathPattern *out, Error *err) {
  *out = (PathPattern){.pieces = ARENA_ARRAY(arena, PathPiece, 2 * text.len + 1), .constant = true};
  Str rest = arena_str(arena, text), before, inside;
  while (rest.len) {
    bool more = str_cut(rest, '{', &before, &rest);
    if (before.len) out->pieces[out->len++] = (PathPiece){.kind = PATH_TEXT, .text = before};
    if (!more) break;
    if (!str_cut(rest, '}', &inside, &rest)) {
      error_set(err, STATUS_CONFIG, who, "`{" STR_FMT "` in a path has no `}`", STR_ARG(inside));
      return error_hint(err, "write for example raw/{date}/{deviceId}.json");
    }
    TRY(parse_piece(str_trim(inside), formats, schema, who, &out->pieces[out->len++], err));
    out->constant = false;
  }
  return STATUS_OK;
}

/* ---- printing --------------------------------------------------------------------------------- */

static void put_moment(Str format, Ticks ticks, StrBuf *out) {
  char stamp[DATETIME_TEXT_LEN + 1];
  datetime_print(ticks, stamp);
  for (size_t i = 0, len; i < format.len; i += len) {
    len = run_length(format, i);
    Str run = str_sub(format, i, i + len);
    const MomentPart *part = moment_part(run);
    if (part == NULL) {
      strbuf_put_str(out, run);
      continue;
    }
    bool cut = part->bare && stamp[part->from] == '0';
    strbuf_append(out, stamp + part->from + cut, part->len - cut);
  }
}

static bool is_safe(unsigned char c) {
  return is_letter((char)c) || (c >= '0' && c <= '9') || c >= 0x80 || (c && strchr("-_.,+=@ ~:", c));
}

static void put_safe(Str value, StrBuf *out) {
  static const char digits[] = "0123456789ABCDEF";
  size_t begin = out->len;
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.ptr[i];
    if (is_safe(c) && !(c == '.' && i == 0)) strbuf_putc(out, (char)c);
    else strbuf_append(out, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
  }
  if (out->len - begin <= VALUE_MOST) return;
  size_t kept = begin + VALUE_KEPT;
  while (kept > begin && ((unsigned char)out->ptr[kept] & 0xc0) == 0x80) kept--;
  out->len = kept;
  strbuf_printf(out, "%%%016llx", (unsigned long long)hash_bytes(value.ptr, value.len, 0));
}

static void put_value(const Value *value, StrBuf *out) {
  char digits[NUMBER_TEXT_MAX], stamp[DATETIME_TEXT_LEN + 1];
  switch (value->type) {
    case TYPE_BIT: strbuf_puts(out, value->i ? "true" : "false"); break;
    case TYPE_BIGINT: put_safe((Str){digits, bigint_print(value->i, digits)}, out); break;
    case TYPE_FLOAT: put_safe((Str){digits, float_print(value->f, false, digits)}, out); break;
    case TYPE_DATETIME:
      datetime_print(value->i, stamp);
      put_safe((Str){stamp, DATETIME_TEXT_LEN}, out);
      break;
    case TYPE_TEXT:
    case TYPE_RECORD:
    case TYPE_ARRAY: {
      Str text = text_str(&value->text);
      if (text.len) put_safe(text, out);
      else strbuf_puts(out, "%empty");
      break;
    }
    case TYPE_NULL:
    case TYPE_COUNT: strbuf_puts(out, "%null"); break;
  }
}

/* A value inside a record; false: it is not there. */
static bool inner_value(Str record, Str path, Arena *arena, Value *out) {
  Str name, raw = record;
  for (bool more = true; more;) {
    more = str_cut(path, '.', &name, &path);
    if (!json_field(raw, name, &raw)) return false;
  }
  return json_value(raw, arena, out);
}

static void put_field(const PathPiece *piece, const Batch *batch, uint32_t row, StrBuf *out) {
  Value value = column_get(batch->cols[piece->col], row), inner;
  if (piece->text.len == 0) {
    put_value(&value, out);
    return;
  }
  Arena arena;
  arena_init(&arena);
  bool found = value.type == TYPE_RECORD && inner_value(text_str(&value.text), piece->text, &arena, &inner);
  if (found) put_value(&inner, out);
  else strbuf_puts(out, "%null");
  arena_release(&arena);
}

void path_pattern_print(const PathPattern *pattern, const Batch *batch, uint32_t row, StrBuf *out) {
  for (uint32_t i = 0; i < pattern->len; i++) {
    const PathPiece *piece = &pattern->pieces[i];
    switch (piece->kind) {
      case PATH_TEXT: strbuf_put_str(out, piece->text); break;
      case PATH_MOMENT: put_moment(piece->text, column_get(batch->time, row).i, out); break;
      case PATH_FIELD: put_field(piece, batch, row, out); break;
    }
  }
}

/* Where the parts of a time stand in 2026-01-01T00:00:00.0000000Z; bare: without a zero in front. */
static const MomentPart moment_parts[] = {
  {"yyyy", 0, 4, false}, {"yy", 2, 2, false}, {"MM", 5, 2, false}, {"M", 5, 2, true},
  {"dd", 8, 2, false},   {"d", 8, 2, true},   {"HH", 11, 2, false}, {"H", 11, 2, true},
  {"mm", 14, 2, false},  {"m", 14, 2, true},  {"ss", 17, 2, false}, {"s", 17, 2, true},
  {NULL, 0, 0, false},
};
