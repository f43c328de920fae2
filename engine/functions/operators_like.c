/* operators_like.c: LIKE and NOT LIKE. The patterns are like.c; a constant pattern is compiled once. */
#include "functions/families.h"

#include "base/utf8.h"
#include "functions/kernel.h"
#include "functions/like.h"
#include "functions/operators.h"

static Str arg_text(const Value *value) { return text_str(&value->text); }

static bool is_one_character(Str text) { return text.len && utf8_count(text) == 1; }

static Status prepare_like(FnCall *call, Error *err) {
  const Value *pattern = call->constants[1], *escape = call->args_len > 2 ? call->constants[2] : NULL;
  if (escape && escape->type == TYPE_TEXT && !is_one_character(arg_text(escape)))
    return error_set(err, STATUS_CONFIG, "LIKE", "ESCAPE takes one character, not `" STR_FMT "`",
                     STR_ARG(arg_text(escape)));
  bool constant =
      pattern && pattern->type == TYPE_TEXT && (call->args_len < 3 || (escape && escape->type == TYPE_TEXT));
  if (constant) call->state = like_compile(arg_text(pattern), escape ? arg_text(escape) : STR(""));
  return STATUS_OK;
}

static void release_like(FnCall *call) { like_free(call->state); }

static bool like_row(bool negated, const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  const LikePattern *ready = call->state;
  Str escape = call->args_len > 2 ? arg_text(&args[2]) : STR("");
  if (call->args_len > 2 && !is_one_character(escape))
    return fn_fail(scratch, "ESCAPE takes one character, not `%.*s`", (int)(escape.len < 40 ? escape.len : 40),
                   escape.ptr);
  LikePattern *own = ready ? NULL : like_compile(arg_text(&args[1]), escape);
  *out = value_bit(like_matches(ready ? ready : own, arg_text(&args[0])) != negated);
  like_free(own);
  return true;
}
static bool row_like(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return like_row(false, call, args, scratch, out);
}
static bool row_not_like(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return like_row(true, call, args, scratch, out);
}

static Column *like_column(bool negated, const FnCall *call, Column *const *args, const Selection *sel,
                           uint32_t rows) {
  const LikePattern *like = call->state;
  Operand text = operand_of(args[0]);
  if (text.layout == COL_NULL) return kernel_all_false(rows);
  if (!like || text.layout != COL_TEXT || text.constant) return NULL;
  Column *out = column_new(COL_BIT, rows);
  uint8_t *answer = column_bits(out);
  KERNEL_EACH(sel, rows, i,
              answer[i] = operand_valid(&text, i) && like_matches(like, text_str(operand_text(&text, i))) != negated);
  return out;
}
static Column *vec_like(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                        RowFailures *failures) {
  return like_column(false, call, args, sel, rows);
}
static Column *vec_not_like(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                            RowFailures *failures) {
  return like_column(true, call, args, sel, rows);
}

#define LIKE_ROW(sign, id, sig, text, ex)                                                                       \
  {.name = sign, .min_args = 2, .max_args = 3, .args = {MASK(TYPE_TEXT)}, .result = MASK(TYPE_BIT),             \
   .flags = FN_NULL_IN_FALSE | FN_OPERATOR, .row = row_##id, .vec = vec_##id, .prepare = prepare_like,          \
   .release = release_like, .signature = sig, .doc = text,                                                      \
   .null_rule = "a NULL operand gives false, negated or not", .examples = ex}

const ScalarFn operators_like[] = {
    LIKE_ROW(OP_LIKE, like, "text LIKE pattern [ESCAPE character]",
             "True when the whole text matches: % is any text, _ one character, [a-z] one of a set, [^a-z] none of "
             "it. Case counts.",
             "'abc' LIKE 'a%' = 1\n'a%c' LIKE 'a!%c' ESCAPE '!' = 1\n'axc' LIKE 'a[x-z]c' = 1"),
    LIKE_ROW(OP_NOT_LIKE, not_like, "text NOT LIKE pattern [ESCAPE character]",
             "True when the text does not match the pattern.", "'abc' NOT LIKE '%d' = 1"),
    {.name = NULL},
};
