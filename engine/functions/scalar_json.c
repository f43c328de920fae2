/* scalar_json.c: JSON_PARSE. A record is its JSON text, so parsing is checking: the text of an object stays as it
** stands, without the blanks around it. */
#include "functions/families.h"

#include "functions/kernel.h"
#include "types/json.h"

static bool row_json_parse(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = value_null();
  if (args[0].type != TYPE_TEXT) return true;
  Str text = str_trim(text_str(&args[0].text));
  if (text.len && text.ptr[0] == '{' && json_valid(text, NULL))
    *out = value_json(TYPE_RECORD, arena_str(&scratch->arena, text));
  return true;
}

const ScalarFn scalar_json[] = {
    {.name = "JSON_PARSE", .min_args = 1, .max_args = 1, .args = {FN_ANY}, .result = MASK(TYPE_RECORD),
     .flags = FN_NULL_IN_NULL_OUT | FN_NEVER_FAILS, .row = row_json_parse, .signature = "JSON_PARSE(text)",
     .doc = "The record that a text spells in JSON.",
     .null_rule = "NULL also for anything but the text of a JSON object",
     .examples = "JSON_PARSE('{\"qty\":3}').qty = 3\nJSON_PARSE('[1,2]') = NULL\nJSON_PARSE('{broken') = NULL"},
    {.name = NULL},
};
