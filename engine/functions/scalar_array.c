/* scalar_array.c: looking into arrays. An array is JSON text (types/json.h); elements become values when they are
** asked for. GetArrayElements belongs to APPLY and is not here. */
#include "functions/families.h"

#include "functions/kernel.h"
#include "types/json.h"

static bool element_fails(Str raw, FnScratch *scratch) {
  return fn_fail(scratch, "GetArrayElement: no type holds `%.*s`", (int)(raw.len < 40 ? raw.len : 40), raw.ptr);
}

static bool row_element(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Str raw;
  *out = value_null();
  if (args[1].i < 0 || !json_element(text_str(&args[0].text), (uint64_t)args[1].i, &raw)) return true;
  return json_value(raw, &scratch->arena, out) || element_fails(raw, scratch);
}

static bool row_length(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  int64_t length = json_array_length(text_str(&args[0].text));
  *out = value_bigint(length);
  return length >= 0 || fn_fail(scratch, "GetArrayLength: the array is malformed JSON");
}

const ScalarFn scalar_array[] = {
    {.name = "GetArrayElement", .min_args = 2, .max_args = 2, .args = {MASK(TYPE_ARRAY), MASK(TYPE_BIGINT)},
     .result = FN_ANY, .flags = FN_NULL_IN_NULL_OUT, .row = row_element, .signature = "GetArrayElement(array, index)",
     .doc = "The element at a position, counted from 0.", .null_rule = "NULL also when the index is out of range",
     .examples = "GetArrayElement(JSON_PARSE('{\"a\":[4,0,9]}').a, 2) = 9\n"
                 "GetArrayElement(JSON_PARSE('{\"a\":[4]}').a, 1) = NULL"},
    {.name = "GetArrayLength", .min_args = 1, .max_args = 1, .args = {MASK(TYPE_ARRAY)},
     .result = MASK(TYPE_BIGINT), .flags = FN_NULL_IN_NULL_OUT, .row = row_length,
     .signature = "GetArrayLength(array)", .doc = "The number of elements.", .null_rule = "",
     .examples = "GetArrayLength(JSON_PARSE('{\"a\":[4,0,9]}').a) = 3"},
    {.name = NULL},
};
