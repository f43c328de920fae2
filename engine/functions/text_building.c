/* text_building.c: CONCAT, REPLACE, UPPER and the other text functions whose result is new text. Every one knows the
** size of its result, or a bound of it, before it writes. No row makes more than 16 MB. */
#define _GNU_SOURCE /* memmem */
#include "functions/text_building.h"

#include <utf8proc.h>
#include "base/utf8.h"
#include "functions/code_points.h"
#include "functions/kernel.h"
#include "types/cast.h"

static Str arg_text(const Value *value) { return text_str(&value->text); }

static char *make(FnScratch *scratch, size_t len) { return arena_alloc(&scratch->arena, len + 1); }

static bool too_large(const FnCall *call, FnScratch *scratch) {
  return fn_fail(scratch, "%s: the result is larger than 16 MB", call->fn->name);
}

static char *put(char *at, Str text) {
  if (text.len) memcpy(at, text.ptr, text.len);
  return at + text.len;
}

static bool is_ascii(Str text) {
  uint64_t any = 0, bytes;
  size_t i = 0;
  for (; i + 8 <= text.len; i += 8) {
    memcpy(&bytes, text.ptr + i, 8);
    any |= bytes;
  }
  for (; i < text.len; i++) any |= (unsigned char)text.ptr[i];
  return (any & UINT64_C(0x8080808080808080)) == 0;
}

/* ---- CONCAT ---- */

/* NULL reads as empty; what is no text becomes text as CAST does. */
static void piece_append(const Value *value, StrBuf *joined) {
  StrBuf made = {0};
  Value text;
  if (value_is_null(value)) return;
  if (value->type == TYPE_TEXT) {
    strbuf_put_str(joined, arg_text(value));
    return;
  }
  if (value_cast(value, TYPE_TEXT, &made, &text)) strbuf_put_str(joined, arg_text(&text));
  strbuf_release(&made);
}

static bool join_done(const FnCall *call, StrBuf *joined, FnScratch *scratch, Value *out) {
  bool fits = joined->len <= TEXT_RESULT_MAX;
  if (fits) *out = text_in_arena(scratch, strbuf_str(joined));
  strbuf_release(joined);
  return fits || too_large(call, scratch);
}

ROW_FN(concat) {
  StrBuf joined = {0};
  for (unsigned i = 0; i < call->args_len; i++) piece_append(&args[i], &joined);
  return join_done(call, &joined, scratch, out);
}

ROW_FN(concat_ws) {
  StrBuf joined = {0};
  bool first = true;
  for (unsigned i = 1; i < call->args_len; i++) {
    if (value_is_null(&args[i])) continue;
    if (!first) piece_append(&args[0], &joined);
    piece_append(&args[i], &joined);
    first = false;
  }
  return join_done(call, &joined, scratch, out);
}

static bool piece_is_null(const Operand *operand, uint32_t row) {
  return operand->layout == COL_NULL || !operand_valid(operand, row);
}

static Str concat_piece(const Operand *operand, uint32_t row) {
  if (piece_is_null(operand, row)) return STR("");
  return text_str(operand_text(operand, row));
}

static void concat_row(const FnCall *call, const Operand *pieces, Column *out, uint32_t row, RowFailures *failures) {
  size_t len = 0;
  char small[TEXT_INLINE];
  for (unsigned k = 0; k < call->args_len; k++) len += concat_piece(&pieces[k], row).len;
  if (len > TEXT_RESULT_MAX) {
    row_failures_add(failures, row, call->span, "CONCAT: the result is larger than 16 MB");
    return;
  }
  char *joined = len <= TEXT_INLINE ? small : column_text_space(out, len), *at = joined;
  for (unsigned k = 0; k < call->args_len; k++) at = put(at, concat_piece(&pieces[k], row));
  column_text(out)[row] = text_make(joined, len);
}

/* As concat_row, with the first piece between the others; a NULL is skipped with its separator. */
static void concat_ws_row(const FnCall *call, const Operand *pieces, Column *out, uint32_t row,
                          RowFailures *failures) {
  Str separator = concat_piece(&pieces[0], row);
  size_t len = 0, begin = 0;
  char small[TEXT_INLINE];
  for (unsigned k = 1; k < call->args_len; k++)
    if (!piece_is_null(&pieces[k], row)) len += concat_piece(&pieces[k], row).len + separator.len;
  if (len) begin = separator.len; /* before the first piece there is none */
  if (len - begin > TEXT_RESULT_MAX) {
    row_failures_add(failures, row, call->span, "CONCAT_WS: the result is larger than 16 MB");
    return;
  }
  char *joined = len - begin <= TEXT_INLINE ? small : column_text_space(out, len - begin), *at = joined;
  for (unsigned k = 1, count = 0; k < call->args_len; k++) {
    if (piece_is_null(&pieces[k], row)) continue;
    if (count++) at = put(at, separator);
    at = put(at, concat_piece(&pieces[k], row));
  }
  column_text(out)[row] = text_make(joined, len - begin);
}

enum { PIECES_MAX = 32 };

/* False when they are not all text, or nothing is a column. */
static bool take_pieces(const FnCall *call, Column *const *args, Operand *pieces) {
  bool any_column = false;
  if (call->args_len > PIECES_MAX) return false;
  for (unsigned k = 0; k < call->args_len; k++) {
    pieces[k] = operand_of(args[k]);
    if (pieces[k].layout != COL_TEXT && pieces[k].layout != COL_NULL) return false;
    any_column |= !pieces[k].constant;
  }
  return any_column;
}

VEC_FN(concat) {
  Operand pieces[PIECES_MAX];
  if (!take_pieces(call, args, pieces)) return NULL;
  Column *out = column_new(COL_TEXT, rows);
  KERNEL_EACH(sel, rows, i, concat_row(call, pieces, out, i, failures));
  return out;
}

VEC_FN(concat_ws) {
  Operand pieces[PIECES_MAX];
  if (!take_pieces(call, args, pieces)) return NULL;
  Column *out = column_new(COL_TEXT, rows);
  KERNEL_EACH(sel, rows, i, concat_ws_row(call, pieces, out, i, failures));
  return out;
}

/* ---- REPLACE ---- */

static size_t count_found(Str text, Str wanted) {
  size_t count = 0;
  for (const char *at = text.ptr, *end = text.ptr + text.len; at < end; count++) {
    at = memmem(at, (size_t)(end - at), wanted.ptr, wanted.len);
    if (!at) break;
    at += wanted.len;
  }
  return count;
}

static void replace_into(char *out, Str text, Str wanted, Str replacement) {
  const char *at = text.ptr, *end = text.ptr + text.len, *found;
  while (at < end && (found = memmem(at, (size_t)(end - at), wanted.ptr, wanted.len))) {
    out = put(out, (Str){at, (size_t)(found - at)});
    out = put(out, replacement);
    at = found + wanted.len;
  }
  put(out, (Str){at, (size_t)(end - at)});
}

ROW_FN(replace) {
  Str text = arg_text(&args[0]), wanted = arg_text(&args[1]), replacement = arg_text(&args[2]);
  size_t count = wanted.len ? count_found(text, wanted) : 0;
  *out = args[0];
  if (count == 0) return true;
  size_t len = text.len - count * wanted.len + count * replacement.len;
  if (len > TEXT_RESULT_MAX) return too_large(call, scratch);
  char *made = make(scratch, len);
  replace_into(made, text, wanted, replacement);
  *out = value_text((Str){made, len});
  return true;
}

static void replace_row(const FnCall *call, const Text *text, Str wanted, Str replacement, Column *out, uint32_t row,
                        RowFailures *failures) {
  Str whole = text_str(text);
  size_t count = count_found(whole, wanted);
  if (count == 0) {
    column_text(out)[row] = *text; /* a view: the result holds the buffers of the argument */
    return;
  }
  size_t len = whole.len - count * wanted.len + count * replacement.len;
  if (len > TEXT_RESULT_MAX) {
    row_failures_add(failures, row, call->span, "REPLACE: the result is larger than 16 MB");
    return;
  }
  char small[TEXT_INLINE], *made = len <= TEXT_INLINE ? small : column_text_space(out, len);
  replace_into(made, whole, wanted, replacement);
  column_text(out)[row] = text_make(made, len);
}

VEC_FN(replace) {
  Operand text = operand_of(args[0]), wanted = operand_of(args[1]), replacement = operand_of(args[2]);
  if (text.layout == COL_NULL || wanted.layout == COL_NULL || replacement.layout == COL_NULL)
    return kernel_all_null(rows);
  if (text.layout != COL_TEXT || text.constant || !wanted.constant || !replacement.constant) return NULL;
  Str from = text_str(operand_text(&wanted, 0)), to = text_str(operand_text(&replacement, 0));
  if (from.len == 0) return column_ref(args[0]);
  Column *out = column_new(COL_TEXT, rows);
  column_hold_all(out, args[0]);
  KERNEL_EACH(sel, rows, i,
              if (operand_valid(&text, i)) replace_row(call, operand_text(&text, i), from, to, out, i, failures));
  kernel_merge_valid(out, &text, 1);
  return out;
}

/* ---- case ---- */

static inline char ascii_case(char c, bool upper) {
  return upper ? (c >= 'a' && c <= 'z' ? c - 32 : c) : (c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Unicode's simple mapping, in which ß has no capital; utf8proc would make it ẞ. */
static utf8proc_int32_t map_code(utf8proc_int32_t code, bool upper) {
  if (code == 0xdf) return code;
  return upper ? utf8proc_toupper(code) : utf8proc_tolower(code);
}

/* Writes at most 4 bytes a character; bytes that are no UTF-8 stay as they are. */
static size_t map_case(Str text, bool upper, char *out) {
  const char *at = text.ptr, *end = text.ptr + text.len;
  char *to = out;
  while (at < end) {
    uint32_t code;
    unsigned len = utf8_decode(at, end, &code);
    if (len == 0) {
      *to++ = *at++;
      continue;
    }
    to += utf8proc_encode_char(map_code((utf8proc_int32_t)code, upper), (utf8proc_uint8_t *)to);
    at += len;
  }
  return (size_t)(to - out);
}

/* Eight letters at a time: those in the range, found by carries into the top bits, have bit 5 turned over. */
static void ascii_change_case(Str text, bool upper, char *out) {
  const uint64_t each = 0x0101010101010101, top = 0x80 * each;
  const uint64_t from = (upper ? 0x80 - 'a' : 0x80 - 'A') * each, behind = (upper ? 0x7f - 'z' : 0x7f - 'Z') * each;
  size_t i = 0;
  for (; i + 8 <= text.len; i += 8) {
    uint64_t bytes;
    memcpy(&bytes, text.ptr + i, 8);
    bytes ^= (((bytes + from) & ~(bytes + behind)) & top) >> 2;
    memcpy(out + i, &bytes, 8);
  }
  for (; i < text.len; i++) out[i] = ascii_case(text.ptr[i], upper);
}

static size_t change_case(Str text, bool upper, char *out) {
  if (!is_ascii(text)) return map_case(text, upper, out);
  ascii_change_case(text, upper, out);
  return text.len;
}

/* A character may grow: the 2-byte ı becomes I, the 2-byte ɐ becomes the 3-byte Ɐ. */
static size_t case_bound(Str text) { return is_ascii(text) ? text.len : text.len * 2 + 4; }

static bool case_row(bool upper, const Value *arg, FnScratch *scratch, Value *out) {
  Str text = arg_text(arg);
  char *made = make(scratch, case_bound(text));
  *out = value_text((Str){made, change_case(text, upper, made)});
  return true;
}
ROW_FN(upper) { return case_row(true, &args[0], scratch, out); }
ROW_FN(lower) { return case_row(false, &args[0], scratch, out); }

static Text case_text(Str text, bool upper, Column *out) {
  if (is_ascii(text)) {
    char inlined[TEXT_INLINE], *bytes = text.len <= TEXT_INLINE ? inlined : column_text_space(out, text.len);
    ascii_change_case(text, upper, bytes);
    return text_make(bytes, text.len);
  }
  size_t bound = case_bound(text);
  char small[64], *made = bound <= sizeof small ? small : column_text_space(out, bound);
  size_t len = change_case(text, upper, made);
  return made == small ? column_copy_text(out, (Str){small, len}) : text_make(made, len);
}

static Column *case_column(bool upper, Column *arg, const Selection *sel, uint32_t rows) {
  Operand text = operand_of(arg);
  if (text.layout == COL_NULL) return kernel_all_null(rows);
  if (text.layout != COL_TEXT || text.constant) return NULL;
  Column *out = column_new(COL_TEXT, rows);
  KERNEL_EACH(sel, rows, i,
              if (operand_valid(&text, i))
                column_text(out)[i] = case_text(text_str(operand_text(&text, i)), upper, out));
  kernel_merge_valid(out, &text, 1);
  return out;
}
VEC_FN(upper) { return case_column(true, args[0], sel, rows); }
VEC_FN(lower) { return case_column(false, args[0], sel, rows); }

/* ---- REPLICATE, SPACE, NCHAR, REVERSE, STUFF, TRANSLATE ---- */

static bool repeat(const FnCall *call, Str text, int64_t count, FnScratch *scratch, Value *out) {
  *out = value_null();
  if (count < 0) return true;
  if (text.len && (uint64_t)count > TEXT_RESULT_MAX / text.len) return too_large(call, scratch);
  if (text.len == 0) count = 0;
  size_t len = text.len * (size_t)count;
  char *made = make(scratch, len), *at = made;
  for (int64_t i = 0; i < count; i++) at = put(at, text);
  *out = value_text((Str){made, len});
  return true;
}
ROW_FN(replicate) { return repeat(call, arg_text(&args[0]), args[1].i, scratch, out); }
ROW_FN(space) { return repeat(call, STR(" "), args[0].i, scratch, out); }

static void repeat_row(const FnCall *call, Str text, int64_t count, Column *out, uint32_t row,
                       RowFailures *failures) {
  if (text.len && count > (int64_t)(TEXT_RESULT_MAX / text.len)) {
    row_failures_add(failures, row, call->span, "REPLICATE: the result is larger than 16 MB");
    return;
  }
  size_t len = text.len * (size_t)count;
  char small[TEXT_INLINE], *made = len <= TEXT_INLINE ? small : column_text_space(out, len), *at = made;
  for (int64_t i = 0; text.len && i < count; i++) at = put(at, text);
  column_text(out)[row] = text_make(made, len);
}

VEC_FN(replicate) {
  Operand text = operand_of(args[0]), count = operand_of(args[1]);
  if (text.layout == COL_NULL || count.layout == COL_NULL) return kernel_all_null(rows);
  if (text.layout != COL_TEXT || count.layout != COL_BIGINT || text.constant) return NULL;
  Column *out = column_new(COL_TEXT, rows);
  kernel_merge_valid(out, (Operand[]){text, count}, 2);
  KERNEL_EACH(sel, rows, i, {
    if (!operand_valid(&text, i) || !operand_valid(&count, i)) continue;
    int64_t times = operand_i64(&count, i);
    if (times < 0) column_set_null(out, i);
    else repeat_row(call, text_str(operand_text(&text, i)), times, out, i, failures);
  });
  return out;
}

ROW_FN(nchar) {
  char bytes[4];
  int64_t code = args[0].i;
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  *out = value_null();
  if (code < 0 || code > 0x10ffff || surrogate) return true;
  utf8proc_ssize_t len = utf8proc_encode_char((utf8proc_int32_t)code, (utf8proc_uint8_t *)bytes);
  *out = value_text((Str){bytes, (size_t)len});
  return true;
}

static void reverse_bytes(Str text, char *out) {
  for (size_t i = 0; i < text.len; i++) out[i] = text.ptr[text.len - 1 - i];
}

static void reverse_into(Str text, char *out) {
  if (is_ascii(text)) {
    reverse_bytes(text, out);
    return;
  }
  while (text.len) {
    size_t last = code_point_offset_back(text, 1);
    out = put(out, str_sub(text, last, text.len));
    text.len = last;
  }
}

ROW_FN(reverse) {
  Str text = arg_text(&args[0]);
  char *made = make(scratch, text.len);
  reverse_into(text, made);
  *out = value_text((Str){made, text.len});
  return true;
}

static Text reversed_text(Str text, Column *out) {
  char small[TEXT_INLINE], *made = text.len <= TEXT_INLINE ? small : column_text_space(out, text.len);
  reverse_into(text, made);
  return text_make(made, text.len);
}

VEC_FN(reverse) {
  Operand text = operand_of(args[0]);
  if (text.layout == COL_NULL) return kernel_all_null(rows);
  if (text.layout != COL_TEXT || text.constant) return NULL;
  Column *out = column_new(COL_TEXT, rows);
  KERNEL_EACH(sel, rows, i,
              if (operand_valid(&text, i))
                column_text(out)[i] = reversed_text(text_str(operand_text(&text, i)), out));
  kernel_merge_valid(out, &text, 1);
  return out;
}

/* What STUFF leaves of a text, and what goes between; all empty for a start behind the text. length >= 0. */
typedef struct Stuffed {
  Str    before, insert, behind;
  size_t len;
} Stuffed;

static Stuffed stuffed(Str text, int64_t start, int64_t length, Str insert) {
  Stuffed parts = {.len = 0};
  size_t from = code_point_offset(text, start < 1 ? 0 : (uint64_t)start - 1);
  if (from >= text.len) return parts;
  Str behind = str_sub(text, from, text.len);
  parts.before = (Str){text.ptr, from};
  parts.insert = insert;
  parts.behind = str_sub(behind, code_point_offset(behind, (uint64_t)length), behind.len);
  parts.len = from + insert.len + parts.behind.len;
  return parts;
}

static void stuff_into(const Stuffed *parts, char *out) {
  put(put(put(out, parts->before), parts->insert), parts->behind);
}

ROW_FN(stuff) {
  if (args[2].i < 0) return fn_fail(scratch, "STUFF: the length %lld is negative", (long long)args[2].i);
  Stuffed parts = stuffed(arg_text(&args[0]), args[1].i, args[2].i, arg_text(&args[3]));
  if (parts.len > TEXT_RESULT_MAX) return too_large(call, scratch);
  char *made = make(scratch, parts.len);
  stuff_into(&parts, made);
  *out = value_text((Str){made, parts.len});
  return true;
}

static void stuff_row(const FnCall *call, const Operand *operands, Column *out, uint32_t row, RowFailures *failures) {
  int64_t length = operand_i64(&operands[2], row);
  if (length < 0) {
    row_failures_add(failures, row, call->span, "STUFF: the length %lld is negative", (long long)length);
    return;
  }
  Stuffed parts = stuffed(text_str(operand_text(&operands[0], row)), operand_i64(&operands[1], row), length,
                          text_str(operand_text(&operands[3], row)));
  if (parts.len > TEXT_RESULT_MAX) {
    row_failures_add(failures, row, call->span, "STUFF: the result is larger than 16 MB");
    return;
  }
  char small[TEXT_INLINE], *made = parts.len <= TEXT_INLINE ? small : column_text_space(out, parts.len);
  stuff_into(&parts, made);
  column_text(out)[row] = text_make(made, parts.len);
}

VEC_FN(stuff) {
  static const ColumnLayout layouts[] = {COL_TEXT, COL_BIGINT, COL_BIGINT, COL_TEXT};
  Operand operands[4];
  for (unsigned k = 0; k < 4; k++) {
    operands[k] = operand_of(args[k]);
    if (operands[k].layout == COL_NULL) return kernel_all_null(rows);
    if (operands[k].layout != layouts[k]) return NULL;
  }
  if (operands[0].constant) return NULL;
  Column *out = column_new(COL_TEXT, rows);
  KERNEL_EACH(sel, rows, i, {
    bool valid = true;
    for (unsigned k = 0; k < 4; k++) valid &= operand_valid(&operands[k], i);
    if (valid) stuff_row(call, operands, out, i, failures);
  });
  kernel_merge_valid(out, operands, 4);
  return out;
}

static Str take_character(Str *rest) {
  size_t len = code_point_offset(*rest, 1);
  Str character = {rest->ptr, len};
  *rest = str_sub(*rest, len, rest->len);
  return character;
}

static Str translated(Str character, Str from, Str to) {
  while (from.len) {
    Str replacement = take_character(&to);
    if (str_eq(take_character(&from), character)) return replacement;
  }
  return character;
}

/* Lists of ASCII only: bytes of other characters stay as they are, so any text will do. */
static void fill_byte_map(Str from, Str to, char map[256]) {
  for (int c = 0; c < 256; c++) map[c] = (char)c;
  for (size_t i = from.len; i-- > 0;) map[(unsigned char)from.ptr[i]] = to.ptr[i];
}

static void map_bytes(Str text, const char map[256], char *out) {
  for (size_t i = 0; i < text.len; i++) out[i] = map[(unsigned char)text.ptr[i]];
}

ROW_FN(translate) {
  Str text = arg_text(&args[0]), from = arg_text(&args[1]), to = arg_text(&args[2]);
  if (code_points(from) != code_points(to))
    return fn_fail(scratch, "TRANSLATE: %zu characters and %zu replacements", code_points(from), code_points(to));
  if (is_ascii(from) && is_ascii(to)) {
    char map[256], *bytes = make(scratch, text.len);
    fill_byte_map(from, to, map);
    map_bytes(text, map, bytes);
    *out = value_text((Str){bytes, text.len});
    return true;
  }
  StrBuf made = {0};
  while (text.len) strbuf_put_str(&made, translated(take_character(&text), from, to));
  return join_done(call, &made, scratch, out);
}

static Text translated_text(Str text, const char map[256], Column *out) {
  char small[TEXT_INLINE], *made = text.len <= TEXT_INLINE ? small : column_text_space(out, text.len);
  map_bytes(text, map, made);
  return text_make(made, text.len);
}

/* Constant lists of ASCII, as they mostly are. */
VEC_FN(translate) {
  Operand text = operand_of(args[0]), from = operand_of(args[1]), to = operand_of(args[2]);
  if (text.layout != COL_TEXT || from.layout != COL_TEXT || to.layout != COL_TEXT) return NULL;
  if (text.constant || !from.constant || !to.constant) return NULL;
  Str wanted = text_str(operand_text(&from, 0)), replacements = text_str(operand_text(&to, 0));
  if (wanted.len != replacements.len || !is_ascii(wanted) || !is_ascii(replacements)) return NULL;
  char map[256];
  fill_byte_map(wanted, replacements, map);
  Column *out = column_new(COL_TEXT, rows);
  KERNEL_EACH(sel, rows, i,
              if (operand_valid(&text, i))
                column_text(out)[i] = translated_text(text_str(operand_text(&text, i)), map, out));
  kernel_merge_valid(out, &text, 1);
  return out;
}
