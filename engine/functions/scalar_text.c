/* scalar_text.c: text functions that look into a text or give a part of it: LEN, CHARINDEX, PATINDEX, UNICODE;
** LEFT, RIGHT, SUBSTRING, TRIM. Those that make new text are in text_building.c, in the same table.
**
** Positions count characters (code points) from 1. A part of a text is a view of it: the kernels copy no bytes, the
** result holds the buffers of its argument. */
#define _GNU_SOURCE /* memmem */
#include "functions/families.h"

#include "base/utf8.h"
#include "functions/code_points.h"
#include "functions/kernel.h"
#include "functions/like.h"
#include "functions/text_building.h"

static Str arg_text(const Value *value) { return text_str(&value->text); }

static bool negative_length(const FnCall *call, int64_t length, FnScratch *scratch) {
  return fn_fail(scratch, "%s: the length %lld is negative", call->fn->name, (long long)length);
}

/* ---- parts ---- */

typedef Str (*PartOf)(Str text, int64_t start, int64_t length); /* length >= 0 */

static Str part_left(Str text, int64_t start, int64_t length) {
  return (Str){text.ptr, code_point_offset(text, (uint64_t)length)};
}
static Str part_right(Str text, int64_t start, int64_t length) {
  size_t from = code_point_offset_back(text, (uint64_t)length);
  return str_sub(text, from, text.len);
}
/* A start before the text takes that many characters from the length. */
static Str part_substring(Str text, int64_t start, int64_t length) {
  if (start < 1) {
    __int128 rest = (__int128)start + length - 1;
    length = rest < 0 ? 0 : (int64_t)rest;
    start = 1;
  }
  size_t from = code_point_offset(text, (uint64_t)start - 1);
  Str behind = str_sub(text, from, text.len);
  return (Str){behind.ptr, code_point_offset(behind, (uint64_t)length)};
}

static bool part_row(const FnCall *call, PartOf part, const Value *text, int64_t start, int64_t length,
                     FnScratch *scratch, Value *out) {
  if (length < 0) return negative_length(call, length, scratch);
  *out = value_text(part(arg_text(text), start, length));
  return true;
}
static bool row_left(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return part_row(call, part_left, &args[0], 1, args[1].i, scratch, out);
}
static bool row_right(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return part_row(call, part_right, &args[0], 1, args[1].i, scratch, out);
}
static bool row_substring(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return part_row(call, part_substring, &args[0], args[1].i, args[2].i, scratch, out);
}

/* length and start may be columns or constants of bigints. */
static Column *part_columns(const FnCall *call, PartOf part, Column *text_col, const Column *start_col,
                            const Column *length_col, const Selection *sel, uint32_t rows, RowFailures *failures) {
  Operand text = operand_of(text_col), start = operand_of(start_col), length = operand_of(length_col);
  if (text.layout == COL_NULL || start.layout == COL_NULL || length.layout == COL_NULL) return kernel_all_null(rows);
  if (text.layout != COL_TEXT || start.layout != COL_BIGINT || length.layout != COL_BIGINT || text.constant)
    return NULL;
  Column *out = column_new(COL_TEXT, rows);
  column_hold_all(out, text_col);
  KERNEL_EACH(sel, rows, i, {
    if (!operand_valid(&text, i) || !operand_valid(&start, i) || !operand_valid(&length, i)) continue;
    int64_t count = operand_i64(&length, i);
    if (count >= 0)
      column_text(out)[i] = text_from(part(text_str(operand_text(&text, i)), operand_i64(&start, i), count));
    else row_failures_add(failures, i, call->span, "%s: the length %lld is negative", call->fn->name, (long long)count);
  });
  kernel_merge_valid(out, (Operand[]){text, start, length}, 3);
  return out;
}
static Column *vec_left(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                        RowFailures *failures) {
  return part_columns(call, part_left, args[0], args[1], args[1], sel, rows, failures);
}
static Column *vec_right(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                         RowFailures *failures) {
  return part_columns(call, part_right, args[0], args[1], args[1], sel, rows, failures);
}
static Column *vec_substring(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                             RowFailures *failures) {
  return part_columns(call, part_substring, args[0], args[1], args[2], sel, rows, failures);
}

/* ---- trimming ---- */

/* The 25 characters of Unicode's White_Space. */
static bool is_white_space(uint32_t code) {
  return code == ' ' || (code >= 0x09 && code <= 0x0d) || code == 0x85 || code == 0xa0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f ||
         code == 0x3000;
}

static Str trim_left(Str text) {
  while (text.len) {
    uint32_t code = 0;
    unsigned len = utf8_decode(text.ptr, text.ptr + text.len, &code);
    if (!len || !is_white_space(code)) break;
    text = str_sub(text, len, text.len);
  }
  return text;
}

static Str trim_right(Str text) {
  while (text.len) {
    uint32_t code = 0;
    size_t at = code_point_offset_back(text, 1);
    unsigned len = utf8_decode(text.ptr + at, text.ptr + text.len, &code);
    if (at + len != text.len || !is_white_space(code)) break;
    text.len = at;
  }
  return text;
}

static Str trim_both(Str text) { return trim_right(trim_left(text)); }

static Column *trim_column(Str (*trim)(Str), Column *arg, const Selection *sel, uint32_t rows) {
  Operand text = operand_of(arg);
  if (text.layout == COL_NULL) return kernel_all_null(rows);
  if (text.layout != COL_TEXT || text.constant) return NULL;
  Column *out = column_new(COL_TEXT, rows);
  column_hold_all(out, arg);
  KERNEL_EACH(sel, rows, i,
              if (operand_valid(&text, i)) column_text(out)[i] = text_from(trim(text_str(operand_text(&text, i)))));
  kernel_merge_valid(out, &text, 1);
  return out;
}

#define TRIM_FN(id, trim)                                                                            \
  static bool row_##id(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {      \
    *out = value_text(trim(arg_text(&args[0])));                                                     \
    return true;                                                                                     \
  }                                                                                                  \
  static Column *vec_##id(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows, \
                          RowFailures *failures) {                                                   \
    return trim_column(trim, args[0], sel, rows);                                                    \
  }

TRIM_FN(ltrim, trim_left)
TRIM_FN(rtrim, trim_right)
TRIM_FN(trim, trim_both)

/* ---- numbers out of text ---- */

static int64_t text_length(Str text) {
  while (text.len && text.ptr[text.len - 1] == ' ') text.len--;
  return (int64_t)code_points(text);
}

/* A short text stands in its slot, with zeros behind it: its characters are counted eight bytes at a time. */
static unsigned starts_in(uint64_t bytes) {
  uint64_t continuations = bytes >> 7 & ~(bytes >> 6) & UINT64_C(0x0101010101010101);
  return 8 - (unsigned)(continuations * UINT64_C(0x0101010101010101) >> 56);
}

static int64_t text_length_of(const Text *text) {
  bool plain = text->len > 0 && text->len <= TEXT_INLINE && text->inlined[text->len - 1] != ' ';
  if (!plain) return text_length(text_str(text));
  uint64_t front;
  uint32_t back;
  memcpy(&front, text->inlined, sizeof front);
  memcpy(&back, text->inlined + sizeof front, sizeof back);
  return starts_in(front) + starts_in(back) - 4 - (TEXT_INLINE - (int64_t)text->len);
}

static bool row_len(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = value_bigint(text_length(arg_text(&args[0])));
  return true;
}
static Column *vec_len(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                       RowFailures *failures) {
  Operand text = operand_of(args[0]);
  if (text.layout == COL_NULL) return kernel_all_null(rows);
  if (text.layout != COL_TEXT || text.constant) return NULL;
  Column *out = column_new(COL_BIGINT, rows);
  KERNEL_EACH(sel, rows, i,
              if (operand_valid(&text, i)) column_i64(out)[i] = text_length_of(operand_text(&text, i)));
  kernel_merge_valid(out, &text, 1);
  return out;
}

/* An empty text is found nowhere. */
static int64_t char_index(Str wanted, Str text, int64_t start) {
  size_t from = start > 1 ? code_point_offset(text, (uint64_t)start - 1) : 0;
  if (wanted.len == 0 || from >= text.len) return 0;
  const char *found = memmem(text.ptr + from, text.len - from, wanted.ptr, wanted.len);
  return found ? (int64_t)code_points((Str){text.ptr, (size_t)(found - text.ptr)}) + 1 : 0;
}

static bool row_charindex(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = value_bigint(char_index(arg_text(&args[0]), arg_text(&args[1]), call->args_len > 2 ? args[2].i : 1));
  return true;
}
static Column *vec_charindex(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                             RowFailures *failures) {
  Operand wanted = operand_of(args[0]), text = operand_of(args[1]);
  if (call->args_len > 2) return NULL;
  if (wanted.layout == COL_NULL || text.layout == COL_NULL) return kernel_all_null(rows);
  if (wanted.layout != COL_TEXT || text.layout != COL_TEXT || text.constant) return NULL;
  Column *out = column_new(COL_BIGINT, rows);
  KERNEL_EACH(sel, rows, i, {
    if (operand_valid(&text, i) && operand_valid(&wanted, i))
      column_i64(out)[i] = char_index(text_str(operand_text(&wanted, i)), text_str(operand_text(&text, i)), 1);
  });
  kernel_merge_valid(out, (Operand[]){wanted, text}, 2);
  return out;
}

static Status prepare_patindex(FnCall *call, Error *err) {
  const Value *pattern = call->constants[0];
  if (pattern && pattern->type == TYPE_TEXT) call->state = like_compile(arg_text(pattern), STR(""));
  return STATUS_OK;
}
static void release_patindex(FnCall *call) { like_free(call->state); }

static int64_t pattern_index(const LikePattern *pattern, Str text) {
  ptrdiff_t at = like_find(pattern, text);
  return at < 0 ? 0 : (int64_t)code_points((Str){text.ptr, (size_t)at}) + 1;
}

static bool row_patindex(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  LikePattern *own = call->state ? NULL : like_compile(arg_text(&args[0]), STR(""));
  *out = value_bigint(pattern_index(own ? own : call->state, arg_text(&args[1])));
  like_free(own);
  return true;
}
static Column *vec_patindex(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                            RowFailures *failures) {
  Operand text = operand_of(args[1]);
  if (text.layout == COL_NULL) return kernel_all_null(rows);
  if (!call->state || text.layout != COL_TEXT || text.constant) return NULL;
  Column *out = column_new(COL_BIGINT, rows);
  KERNEL_EACH(sel, rows, i,
              if (operand_valid(&text, i))
                column_i64(out)[i] = pattern_index(call->state, text_str(operand_text(&text, i))));
  kernel_merge_valid(out, &text, 1);
  return out;
}

/* The code of the first character; an empty text has none. */
static bool row_unicode(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Str text = arg_text(&args[0]);
  uint32_t code;
  *out = value_null();
  if (text.len == 0) return true;
  if (!utf8_decode(text.ptr, text.ptr + text.len, &code)) code = 0xfffd;
  *out = value_bigint(code);
  return true;
}

/* ---- table ---- */

#define TEXT MASK(TYPE_TEXT)
#define WHOLE MASK(TYPE_BIGINT)

const ScalarFn scalar_text[] = {
    {.name = "CHARINDEX", .min_args = 2, .max_args = 3, .args = {TEXT, TEXT, WHOLE}, .result = WHOLE,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_charindex, .vec = vec_charindex,
     .signature = "CHARINDEX(wanted, text[, start])",
     .doc = "The position of the first occurrence at or behind start, 0 when there is none. Case counts.",
     .null_rule = "", .examples = "CHARINDEX('us', 'Focus') = 4\n"
                                  "CHARINDEX('o', 'hello world', 6) = 8\n"
                                  "CHARINDEX('z', 'Focus') = 0"},
    {.name = "CONCAT", .min_args = 2, .max_args = FN_ARGS_ANY, .args = {FN_ANY & ~MASK_JSON}, .result = TEXT,
     .row = row_concat, .vec = vec_concat, .signature = "CONCAT(text, text, ...)",
     .doc = "The texts one behind the other; numbers, bits and datetimes are converted as CAST does.",
     .null_rule = "a NULL reads as ''", .examples = "CONCAT('x', NULL, 'y') = 'xy'\nCONCAT('no ', 7) = 'no 7'"},
    {.name = "CONCAT_WS", .min_args = 2, .max_args = FN_ARGS_ANY, .args = {TEXT, FN_ANY & ~MASK_JSON}, .result = TEXT,
     .row = row_concat_ws, .vec = vec_concat_ws, .signature = "CONCAT_WS(separator, text, ...)",
     .doc = "The texts one behind the other with the separator between them.",
     .null_rule = "NULL texts are skipped with their separator; a NULL separator reads as ''",
     .examples = "CONCAT_WS('-', 'a', NULL, 'b') = 'a-b'\nCONCAT_WS('/', '', '1') = '/1'"},
    {.name = "LEFT", .min_args = 2, .max_args = 2, .args = {TEXT, WHOLE}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT, .row = row_left, .vec = vec_left, .signature = "LEFT(text, length)",
     .doc = "The first characters. A negative length fails the row.", .null_rule = "",
     .examples = "LEFT('abcdefg', 2) = 'ab'\nLEFT('ab', 9) = 'ab'"},
    {.name = "LEN", .min_args = 1, .max_args = 1, .args = {TEXT}, .result = WHOLE,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_len, .vec = vec_len, .signature = "LEN(text)",
     .doc = "The number of characters, without blanks at the end.", .null_rule = "",
     .examples = "LEN('abc   ') = 3\nLEN('  abc') = 5"},
    {.name = "LOWER", .min_args = 1, .max_args = 1, .args = {TEXT}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_lower, .vec = vec_lower, .signature = "LOWER(text)",
     .doc = "The text in small letters, character by character, whatever the language.", .null_rule = "",
     .examples = "LOWER('Øst 7') = 'øst 7'"},
    {.name = "LTRIM", .min_args = 1, .max_args = 1, .args = {TEXT}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_ltrim, .vec = vec_ltrim, .signature = "LTRIM(text)",
     .doc = "The text without white space (any of Unicode's 25 characters) at its start.", .null_rule = "",
     .examples = "LTRIM('  seven ') = 'seven '"},
    {.name = "NCHAR", .min_args = 1, .max_args = 1, .args = {WHOLE}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_nchar, .signature = "NCHAR(code)",
     .doc = "The character with that Unicode code.", .null_rule = "NULL also when no character has the code",
     .examples = "NCHAR(9731) = '☃'\nNCHAR(-5) = NULL"},
    {.name = "PATINDEX", .min_args = 2, .max_args = 2, .args = {TEXT, TEXT}, .result = WHOLE,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_patindex, .vec = vec_patindex,
     .prepare = prepare_patindex, .release = release_patindex, .signature = "PATINDEX(pattern, text)",
     .doc = "The position at which a LIKE pattern begins to match, its leading % set aside; 0 when it does not match.",
     .null_rule = "", .examples = "PATINDEX('%100%', 'NJB 1006') = 5\n"
                                  "PATINDEX('NJB%', 'NJB 1006') = 1\n"
                                  "PATINDEX('%z%', 'abc') = 0"},
    {.name = "REPLACE", .min_args = 3, .max_args = 3, .args = {TEXT, TEXT, TEXT}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT, .row = row_replace, .vec = vec_replace,
     .signature = "REPLACE(text, wanted, replacement)",
     .doc = "The text with every occurrence replaced, from left to right. Case counts; an empty wanted text changes "
            "nothing.",
     .null_rule = "", .examples = "REPLACE('bananas', 'na', 'NA') = 'baNANAs'\nREPLACE('aaaa', 'aa', 'b') = 'bb'"},
    {.name = "REPLICATE", .min_args = 2, .max_args = 2, .args = {TEXT, WHOLE}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT, .row = row_replicate, .vec = vec_replicate,
     .signature = "REPLICATE(text, count)",
     .doc = "The text so many times. More than 16 MB fail the row.", .null_rule = "NULL also for a negative count",
     .examples = "REPLICATE('ab', 3) = 'ababab'\nREPLICATE('ab', -1) = NULL"},
    {.name = "REVERSE", .min_args = 1, .max_args = 1, .args = {TEXT}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_reverse, .vec = vec_reverse,
     .signature = "REVERSE(text)",
     .doc = "The characters in reverse order.", .null_rule = "", .examples = "REVERSE('æøå') = 'åøæ'"},
    {.name = "RIGHT", .min_args = 2, .max_args = 2, .args = {TEXT, WHOLE}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT, .row = row_right, .vec = vec_right, .signature = "RIGHT(text, length)",
     .doc = "The last characters. A negative length fails the row.", .null_rule = "",
     .examples = "RIGHT('abcdefg', 2) = 'fg'"},
    {.name = "RTRIM", .min_args = 1, .max_args = 1, .args = {TEXT}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_rtrim, .vec = vec_rtrim, .signature = "RTRIM(text)",
     .doc = "The text without white space (any of Unicode's 25 characters) at its end.", .null_rule = "",
     .examples = "RTRIM(' dock  ') = ' dock'"},
    {.name = "SPACE", .min_args = 1, .max_args = 1, .args = {WHOLE}, .result = TEXT, .flags = FN_NULL_IN_NULL_OUT,
     .row = row_space, .signature = "SPACE(count)", .doc = "So many blanks. More than 16 MB fail the row.",
     .null_rule = "NULL also for a negative count", .examples = "SPACE(2) = '  '\nSPACE(-3) = NULL"},
    {.name = "STUFF", .min_args = 4, .max_args = 4, .args = {TEXT, WHOLE, WHOLE, TEXT}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT, .row = row_stuff, .vec = vec_stuff,
     .signature = "STUFF(text, start, length, insert)",
     .doc = "The text with length characters from start on replaced. A start behind the text gives ''; a negative "
            "length fails the row.",
     .null_rule = "", .examples = "STUFF('qwerty', 3, 2, '####') = 'qw####ty'\n"
                                  "STUFF('abcde', 2, 0, '+') = 'a+bcde'\n"
                                  "STUFF('abc', 20, 1, 'x') = ''"},
    {.name = "SUBSTRING", .min_args = 3, .max_args = 3, .args = {TEXT, WHOLE, WHOLE}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT, .row = row_substring, .vec = vec_substring,
     .signature = "SUBSTRING(text, start, length)",
     .doc = "The characters from start on, at most length. A start below 1 takes from the length; a negative length "
            "fails the row.",
     .null_rule = "", .examples = "SUBSTRING('stream', 2, 3) = 'tre'\n"
                                  "SUBSTRING('stream', 0, 3) = 'st'\n"
                                  "SUBSTRING('stream', 9, 3) = ''"},
    {.name = "TRANSLATE", .min_args = 3, .max_args = 3, .args = {TEXT, TEXT, TEXT}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT, .row = row_translate, .vec = vec_translate,
     .signature = "TRANSLATE(text, characters, replacements)",
     .doc = "The text with each of the characters replaced by the one at the same place in replacements. Lists of "
            "unequal length fail the row.",
     .null_rule = "", .examples = "TRANSLATE('2*[3+4]', '[]', '()') = '2*(3+4)'"},
    {.name = "TRIM", .min_args = 1, .max_args = 1, .args = {TEXT}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_trim, .vec = vec_trim, .signature = "TRIM(text)",
     .doc = "The text without white space (any of Unicode's 25 characters) at both ends.", .null_rule = "",
     .examples = "TRIM('  a test ') = 'a test'"},
    {.name = "UNICODE", .min_args = 1, .max_args = 1, .args = {TEXT}, .result = WHOLE,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_unicode, .signature = "UNICODE(text)",
     .doc = "The Unicode code of the first character.", .null_rule = "NULL also for an empty text",
     .examples = "UNICODE('茶') = 33590"},
    {.name = "UPPER", .min_args = 1, .max_args = 1, .args = {TEXT}, .result = TEXT,
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_upper, .vec = vec_upper, .signature = "UPPER(text)",
     .doc = "The text in capitals, character by character, whatever the language.", .null_rule = "",
     .examples = "UPPER('žluťoučký') = 'ŽLUŤOUČKÝ'"},
    {.name = NULL},
};
