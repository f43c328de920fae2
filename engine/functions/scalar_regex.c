/* scalar_regex.c: REGEXMATCH by PCRE2, set up to follow ECMAScript where the two differ: \d and \w are ASCII, $ is
** the very end, \u and \x take code points, [] is the empty class, a group that took no part matches the empty text.
** Case does not count. A pattern that does not compile matches nothing.
**
** A match that takes too many steps fails its row: no pattern can hang a job. Constant patterns are compiled once,
** with the just-in-time compiler; the compiled form is read-only and shared by all threads. */
#include "functions/families.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "functions/code_points.h"
#include "functions/kernel.h"

enum { MATCH_LIMIT = 1000000, NO_MATCH = 0, TOO_MANY_STEPS = -1 };

typedef struct Regex {
  pcre2_code          *code; /* NULL: the pattern is invalid */
  pcre2_match_context *limits;
} Regex;

static pcre2_code *regex_code(Str pattern) {
  int error;
  PCRE2_SIZE at;
  pcre2_compile_context *flavour = pcre2_compile_context_create(NULL);
  pcre2_set_newline(flavour, PCRE2_NEWLINE_ANYCRLF);
  pcre2_set_compile_extra_options(flavour, PCRE2_EXTRA_ALT_BSUX);
  uint32_t options = PCRE2_CASELESS | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX |
                     PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF;
  pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, options, &error, &at, flavour);
  pcre2_compile_context_free(flavour);
  if (code) pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* where it fails, the interpreter runs */
  return code;
}

static void regex_open(Regex *regex, Str pattern) {
  regex->code = regex_code(pattern);
  regex->limits = pcre2_match_context_create(NULL);
  pcre2_set_match_limit(regex->limits, MATCH_LIMIT);
}

static void regex_close(Regex *regex) {
  pcre2_code_free(regex->code);
  pcre2_match_context_free(regex->limits);
}

/* The position in characters from 1, or NO_MATCH, or TOO_MANY_STEPS. */
static int64_t regex_position(const Regex *regex, pcre2_match_data *match, Str text) {
  int found = pcre2_match(regex->code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, match, regex->limits);
  if (found == PCRE2_ERROR_NOMATCH) return NO_MATCH;
  if (found < 0) return TOO_MANY_STEPS;
  return (int64_t)code_points((Str){text.ptr, pcre2_get_ovector_pointer(match)[0]}) + 1;
}

static const char too_many_steps[] = "REGEXMATCH: the pattern takes too many steps on this text";

static bool regex_row(const Regex *regex, Str text, FnScratch *scratch, Value *out) {
  *out = value_bigint(NO_MATCH);
  if (!regex->code) return true;
  pcre2_match_data *match = pcre2_match_data_create(1, NULL);
  out->i = regex_position(regex, match, text);
  pcre2_match_data_free(match);
  return out->i != TOO_MANY_STEPS || fn_fail(scratch, "%s", too_many_steps);
}

static bool row_regexmatch(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Str text = text_str(&args[0].text);
  if (call->state) return regex_row(call->state, text, scratch, out);
  Regex own;
  regex_open(&own, text_str(&args[1].text));
  bool done = regex_row(&own, text, scratch, out);
  regex_close(&own);
  return done;
}

static void match_rows(const FnCall *call, const Operand *text, const Selection *sel, uint32_t rows, int64_t *positions,
                       RowFailures *failures) {
  const Regex *regex = call->state;
  pcre2_match_data *match = pcre2_match_data_create(1, NULL);
  KERNEL_EACH(sel, rows, i, {
    if (!operand_valid(text, i)) continue;
    positions[i] = regex->code ? regex_position(regex, match, text_str(operand_text(text, i))) : NO_MATCH;
    if (positions[i] == TOO_MANY_STEPS) row_failures_add(failures, i, call->span, "%s", too_many_steps);
  });
  pcre2_match_data_free(match);
}

static Column *vec_regexmatch(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                              RowFailures *failures) {
  Operand text = operand_of(args[0]);
  if (text.layout == COL_NULL) return kernel_all_null(rows);
  if (!call->state || text.layout != COL_TEXT || text.constant) return NULL;
  Column *out = column_new(COL_BIGINT, rows);
  match_rows(call, &text, sel, rows, column_i64(out), failures);
  kernel_merge_valid(out, &text, 1);
  return out;
}

static Status prepare_regexmatch(FnCall *call, Error *err) {
  const Value *pattern = call->constants[1];
  if (!pattern || pattern->type != TYPE_TEXT) return STATUS_OK;
  Regex *regex = mem_zalloc(sizeof *regex);
  regex_open(regex, text_str(&pattern->text));
  call->state = regex;
  return STATUS_OK;
}

static void release_regexmatch(FnCall *call) {
  if (!call->state) return;
  regex_close(call->state);
  mem_free(call->state);
}

const ScalarFn scalar_regex[] = {
    {.name = "REGEXMATCH", .min_args = 2, .max_args = 2, .args = {MASK(TYPE_TEXT), MASK(TYPE_TEXT)},
     .result = MASK(TYPE_BIGINT), .flags = FN_NULL_IN_NULL_OUT, .row = row_regexmatch, .vec = vec_regexmatch,
     .prepare = prepare_regexmatch, .release = release_regexmatch, .signature = "REGEXMATCH(text, pattern)",
     .doc = "The position of the first match of a regular expression (ECMAScript), 0 when there is none or the "
            "pattern is invalid. Case does not count.",
     .null_rule = "", .examples = "REGEXMATCH('NJB 1006', '[0-9][0-9][0-9]') = 5\n"
                                  "REGEXMATCH('NJB 1006', 'njb') = 1\n"
                                  "REGEXMATCH('NJB', '(') = 0"},
    {.name = NULL},
};
