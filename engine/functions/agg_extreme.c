/* agg_extreme.c: MIN and MAX (semantics.md section 2).
**
** Values order as bit < number < datetime < text and keep their own type. Text that is no explicit CAST is read
** three ways at once while it comes in: as long as every text is a number the extreme number is kept, as long as
** every text is ISO 8601 the text of the extreme instant, and the extreme by bytes always. At the end the
** strongest reading that held for all counts: numbers give a float, the others the text itself. Beside numbers,
** texts that are all numbers compare as numbers; beside datetimes, texts that are all ISO 8601 as instants.
** Of equal values the first one stays. Rows cannot be taken back; windows that slide combine instead. */
#include "functions/families.h"

#include "functions/agg_state.h"
#include "types/cast.h"

typedef struct TextExtreme {
  bool   numbers, instants; /* every text so far reads so */
  double number;
  Ticks  instant;
  Value  instant_text;      /* owned */
  Value  ordinal;           /* owned */
} TextExtreme;

typedef struct ExtremeState {
  union {
    int64_t i;
    double  f;
  };                   /* the extreme value that is no text */
  uint8_t      type;   /* its type; TYPE_NULL: none yet */
  uint8_t      kinds;  /* types seen, text apart: bit 1 << Type */
  TextExtreme *texts;  /* NULL until a text comes */
  int64_t      unused;
} ExtremeState;

_Static_assert(sizeof(ExtremeState) % 16 == 0, "states are laid out in steps of 16 bytes");

static bool wants_least(const AggCall *call) { return call->fn->name[1] == 'I'; }

static Value plain_value(const ExtremeState *state) {
  return (Value){.type = (Type)state->type, .i = state->i}; /* the union holds either 8 bytes */
}

/* ---- values that are no text ---- */

static void offer_plain(ExtremeState *state, const Value *value, bool least) {
  state->kinds |= (uint8_t)(1u << value->type);
  if (state->type != TYPE_NULL) {
    Value best = plain_value(state);
    int order = value_compare(value, &best);
    if (least ? order >= 0 : order <= 0) return;
  }
  state->type = (uint8_t)value->type;
  state->i = value->i;
}

/* ---- text ---- */

static void keep(Value *best, const Value *value) {
  value_release(best);
  *best = value_dup(value);
}

static bool better(int order, bool least) { return least ? order < 0 : order > 0; }

static void offer_number(TextExtreme *texts, double number, bool first, bool least) {
  if (first || better(number < texts->number ? -1 : number > texts->number, least)) texts->number = number;
}

static void offer_instant(TextExtreme *texts, Ticks instant, const Value *text, bool first, bool least) {
  if (!first && !better(instant < texts->instant ? -1 : instant > texts->instant, least)) return;
  texts->instant = instant;
  keep(&texts->instant_text, text);
}

static void offer_ordinal(TextExtreme *texts, const Value *text, bool first, bool least) {
  if (first || better(text_cmp(&text->text, &texts->ordinal.text), least)) keep(&texts->ordinal, text);
}

static TextExtreme *need_texts(ExtremeState *state, const AggCall *call, bool *first) {
  *first = !state->texts;
  if (*first) {
    state->texts = mem_zalloc(sizeof *state->texts);
    state->texts->numbers = state->texts->instants = !call->typed_text;
  }
  return state->texts;
}

static void offer_text(ExtremeState *state, const AggCall *call, const Value *text, bool least) {
  bool first;
  TextExtreme *texts = need_texts(state, call, &first);
  double number;
  Ticks instant;
  texts->numbers = texts->numbers && float_parse(text_ptr(&text->text), text->text.len, &number);
  texts->instants = texts->instants && value_to_ticks(text, &instant);
  if (texts->numbers) offer_number(texts, number, first, least);
  if (texts->instants) offer_instant(texts, instant, text, first, least);
  offer_ordinal(texts, text, first, least);
}

static void combine_texts(ExtremeState *into, const AggCall *call, const TextExtreme *from, bool least) {
  bool first;
  TextExtreme *texts = need_texts(into, call, &first);
  texts->numbers = texts->numbers && from->numbers;
  texts->instants = texts->instants && from->instants;
  if (texts->numbers) offer_number(texts, from->number, first, least);
  if (texts->instants) offer_instant(texts, from->instant, &from->instant_text, first, least);
  offer_ordinal(texts, &from->ordinal, first, least);
}

/* ---- update ---- */

#define UPDATE_NUMBERS(tag, member, get)                                          \
  AGG_EACH(ExtremeState, {                                                        \
    if (!operand_valid(&x, i)) continue;                                          \
    Value value = {.type = tag, .member = get};                                   \
    if (state->type != tag) offer_plain(state, &value, least);                    \
    else if (least ? value.member < state->member : value.member > state->member) \
      state->member = value.member;                                               \
  })

static void extreme_update(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                           Column *const *args, const Selection *sel, uint32_t rows) {
  Operand x = operand_of(args[0]);
  bool least = wants_least(call);
  if (x.layout == COL_NULL) return;
  if (x.layout == COL_BIGINT && !x.constant) UPDATE_NUMBERS(TYPE_BIGINT, i, ((const int64_t *)x.data)[i]);
  else if (x.layout == COL_DATETIME && !x.constant) UPDATE_NUMBERS(TYPE_DATETIME, i, ((const int64_t *)x.data)[i]);
  else if (x.layout == COL_FLOAT && !x.constant && !x.integral)
    UPDATE_NUMBERS(TYPE_FLOAT, f, ((const double *)x.data)[i]);
  else
    AGG_EACH(ExtremeState, {
      Value value = column_get(args[0], i);
      if (value.type == TYPE_TEXT) offer_text(state, call, &value, least);
      else if (!value_is_null(&value)) offer_plain(state, &value, least);
    });
}

static void extreme_combine(const AggCall *call, void *raw, const void *raw_from) {
  ExtremeState *into = raw;
  const ExtremeState *from = raw_from;
  bool least = wants_least(call);
  if (from->type != TYPE_NULL) {
    Value best = plain_value(from);
    offer_plain(into, &best, least);
    into->kinds |= from->kinds;
  }
  if (from->texts) combine_texts(into, call, from->texts, least);
}

/* ---- the answer ---- */

static Value text_answer(const TextExtreme *texts) {
  if (texts->numbers) return value_float(texts->number);
  return texts->instants ? texts->instant_text : texts->ordinal;
}

/* Texts beside other values: by number or by instant when everything reads so, else by the order of types, in
** which text comes last. */
static Value mixed_answer(const ExtremeState *state, bool least) {
  const TextExtreme *texts = state->texts;
  Value plain = plain_value(state), text = text_answer(texts);
  bool all_numbers = texts->numbers && !(state->kinds & ~MASK_NUMBER);
  bool all_instants = !texts->numbers && texts->instants && state->kinds == MASK(TYPE_DATETIME);
  int order = -1; /* plain before text */
  if (all_numbers) order = value_compare(&plain, &text);
  if (all_instants) order = plain.i < texts->instant ? -1 : plain.i > texts->instant;
  return (least ? order <= 0 : order >= 0) ? plain : text;
}

static bool extreme_finish(const AggCall *call, const void *raw, FnScratch *scratch, Value *out) {
  const ExtremeState *state = raw;
  if (!state->texts) *out = plain_value(state);
  else if (state->type == TYPE_NULL) *out = text_answer(state->texts);
  else *out = mixed_answer(state, wants_least(call));
  return true;
}

static void extreme_release(void *raw) {
  ExtremeState *state = raw;
  if (state->texts) {
    value_release(&state->texts->instant_text);
    value_release(&state->texts->ordinal);
    mem_free(state->texts);
  }
  *state = (ExtremeState){0};
}

static void extreme_save(const AggCall *call, const void *raw, ByteWriter *out) {
  const ExtremeState *state = raw;
  const TextExtreme *texts = state->texts;
  put_u8(out, state->type);
  put_u8(out, state->kinds);
  put_i64(out, state->i);
  put_u8(out, texts != NULL);
  if (!texts) return;
  put_u8(out, (uint8_t)(texts->numbers | texts->instants << 1));
  put_f64(out, texts->number);
  put_i64(out, texts->instant);
  value_save(&texts->instant_text, out);
  value_save(&texts->ordinal, out);
}

static void extreme_load(const AggCall *call, void *raw, ByteReader *in) {
  ExtremeState *state = raw;
  state->type = get_u8(in);
  state->kinds = get_u8(in);
  state->i = get_i64(in);
  if (state->type >= TYPE_TEXT) {
    in->bad = true;
    state->type = TYPE_NULL;
  }
  if (!get_u8(in)) return;
  bool first;
  TextExtreme *texts = need_texts(state, call, &first);
  uint8_t readings = get_u8(in);
  texts->numbers = readings & 1;
  texts->instants = readings >> 1 & 1;
  texts->number = get_f64(in);
  texts->instant = get_i64(in);
  texts->instant_text = value_load(in);
  texts->ordinal = value_load(in);
}

static TypeMask extreme_result(const AggCall *call, const TypeMask *args) {
  bool may_be_number = (args[0] & MASK(TYPE_TEXT)) && !call->typed_text;
  return (TypeMask)(args[0] | (may_be_number ? MASK(TYPE_FLOAT) : 0));
}

/* ---- table ---- */

#define EXTREME_ROW(title, text, ex)                                                                              \
  {.name = title, .min_args = 1, .max_args = 1, .args = FN_ANY & ~MASK_JSON, .result_of = extreme_result,         \
   .state_bytes = sizeof(ExtremeState), .update = extreme_update, .combine = extreme_combine,                     \
   .finish = extreme_finish, .release = extreme_release, .save = extreme_save, .load = extreme_load,              \
   .signature = title "(value)",                                                                                  \
   .doc = text " Text that was not CAST compares as numbers when all of it is numbers (the result is a float), as " \
          "instants when all of it is ISO 8601, else by its bytes.",                                              \
   .null_rule = "NULLs are skipped; NULL when nothing is left", .examples = ex}

const AggregateFn agg_extreme[] = {
    EXTREME_ROW("MIN", "The least value, in its own type.", "MIN over (4, -3, NULL) = -3\nMIN over ('10', '9') = 9.0"),
    EXTREME_ROW("MAX", "The greatest value, in its own type.", "MAX over ('pear', 'Plum') = 'pear'"),
    {.name = NULL},
};
