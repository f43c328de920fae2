/* scalar_record.c: GetRecordPropertyValue. The dotted form `record.name` is the operator `field`
** (operators_cast.c), and GetRecordProperties belongs to APPLY. */
#include "functions/families.h"

#include "functions/kernel.h"
#include "types/json.h"

static bool row_property(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Str raw, name = text_str(&args[1].text);
  *out = value_null();
  if (!json_field(text_str(&args[0].text), name, &raw)) return true;
  if (json_value(raw, &scratch->arena, out)) return true;
  return fn_fail(scratch, "GetRecordPropertyValue: no type holds `%.*s`", (int)(raw.len < 40 ? raw.len : 40), raw.ptr);
}

const ScalarFn scalar_record[] = {
    {.name = "GetRecordPropertyValue", .min_args = 2, .max_args = 2, .args = {MASK(TYPE_RECORD), MASK(TYPE_TEXT)},
     .result = FN_ANY, .flags = FN_NULL_IN_NULL_OUT, .row = row_property,
     .signature = "GetRecordPropertyValue(record, name)",
     .doc = "The value of a record's field whose name is computed. The exact spelling wins, else the first name that "
            "matches without regard to case.",
     .null_rule = "NULL also when there is no such field",
     .examples = "GetRecordPropertyValue(JSON_PARSE('{\"heat\":20.5}'), 'heat') = 20.5\n"
                 "GetRecordPropertyValue(JSON_PARSE('{}'), 'heat') = NULL"},
    {.name = NULL},
};
