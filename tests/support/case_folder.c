/* case_folder.c: a case from a folder with testConfig.json, as the Stream Analytics tools write it, with the
** additions ArrivalField, Ordered and NumericTolerance. JobConfig.json beside it sets the policies; in a given one
** an absent late tolerance means unlimited. */
#include <unistd.h>

#include "support/case.h"
#include "types/json.h"

static Str text_of(const JsonNode *object, const char *key) {
  const JsonNode *node = json_get(object, key);
  return node && node->kind == JSON_STRING ? node->text : (Str){0};
}

static const char *path_in(Case *test, const char *folder, Str name) {
  return arena_printf(&test->arena, "%s/" STR_FMT, folder, STR_ARG(name)).ptr;
}

static JsonNode *read_tree(Case *test, const char *path, StrBuf *problem) {
  Str text;
  if (!case_read_file(test, path, &text, problem)) return NULL;
  Error err;
  JsonNode *tree = json_parse_tree(&test->arena, text, &err);
  if (tree == NULL) strbuf_printf(problem, "%s: %s\n", path, err.message);
  return tree;
}

/* ---- JobConfig.json --------------------------------------------------------------------------- */

static Ticks seconds_of(const JsonNode *config, const char *key, Ticks otherwise) {
  const JsonNode *node = json_get(config, key);
  if (node == NULL || node->kind != JSON_NUMBER) return otherwise;
  return node->number < 0 ? -1 : (Ticks)(node->number * TICKS_PER_SECOND);
}

static bool take_job_config(Case *test, const char *folder, StrBuf *problem) {
  const char *path = path_in(test, folder, STR("JobConfig.json"));
  if (access(path, F_OK) != 0) return true;
  const JsonNode *config = read_tree(test, path, problem);
  if (config == NULL) return false;
  test->policy = (TimePolicy){.late = seconds_of(config, "EventsLateArrivalMaxDelayInSeconds", -1),
                              .out_of_order = seconds_of(config, "EventsOutOfOrderMaxDelayInSeconds", 0),
                              .drop = str_eq_nocase(text_of(config, "EventsOutOfOrderPolicy"), STR("Drop"))};
  Str level = text_of(config, "CompatibilityLevel");
  if (level.len == 0 || case_set_compat(test, level)) return true;
  strbuf_printf(problem, "%s: no compatibility level `" STR_FMT "`\n", path, STR_ARG(level));
  return false;
}

/* ---- testConfig.json -------------------------------------------------------------------------- */

static void take_inputs(Case *test, const char *folder, const JsonNode *list) {
  for (const JsonNode *node = list ? list->first : NULL; node; node = node->next) {
    CaseInput *input = case_add_input(test, text_of(node, "InputAlias"));
    input->path = str_from(path_in(test, folder, text_of(node, "FilePath")));
    input->reference = str_eq_nocase(text_of(node, "Type"), STR("Reference Data"));
    input->csv = str_eq_nocase(text_of(node, "Format"), STR("Csv"));
    input->arrival_field = text_of(node, "ArrivalField");
  }
}

static void take_ignored(Case *test, CaseOutput *output, const JsonNode *list) {
  if (list == NULL) return;
  output->ignored = ARENA_ARRAY(&test->arena, Str, json_count(list));
  for (const JsonNode *node = list->first; node; node = node->next) output->ignored[output->ignored_len++] = node->text;
}

static bool take_outputs(Case *test, const char *folder, const JsonNode *list, StrBuf *problem) {
  for (const JsonNode *node = list ? list->first : NULL; node; node = node->next) {
    CaseOutput *output = case_add_output(test, text_of(node, "OutputAlias"));
    if (!case_read_file(test, path_in(test, folder, text_of(node, "FilePath")), &output->rows, problem)) return false;
    const JsonNode *ordered = json_get(node, "Ordered"), *tolerance = json_get(node, "NumericTolerance");
    output->ordered = ordered && ordered->boolean;
    output->tolerance = tolerance ? tolerance->number : 0;
    take_ignored(test, output, json_get(node, "IgnoreFields"));
  }
  return true;
}

static bool take_case(Case *test, const char *folder, const JsonNode *node, StrBuf *problem) {
  Str start = text_of(node, "StartTime");
  if (start.len && !datetime_parse(start.ptr, start.len, &test->start)) {
    strbuf_printf(problem, "StartTime `" STR_FMT "` is no time\n", STR_ARG(start));
    return false;
  }
  take_inputs(test, folder, json_get(node, "Inputs"));
  return take_outputs(test, folder, json_get(node, "ExpectedOutputs"), problem);
}

static bool take_query(Case *test, const char *folder, Str script, StrBuf *problem) {
  Str text;
  if (!case_read_file(test, path_in(test, folder, script), &text, problem)) return false;
  return case_set_query(test, script, text);
}

bool case_load_folder(Case *test, const char *folder, StrBuf *problem) {
  const char *slash = strrchr(folder, '/');
  case_init(test, str_from(slash ? slash + 1 : folder));
  const JsonNode *config = read_tree(test, path_in(test, folder, STR("testConfig.json")), problem);
  if (config == NULL || !take_query(test, folder, text_of(config, "Script"), problem)) return false;
  const JsonNode *cases = json_get(config, "TestCases");
  if (cases == NULL || json_count(cases) != 1) {
    strbuf_printf(problem, "%s: one test case is expected in testConfig.json\n", folder);
    return false;
  }
  return take_job_config(test, folder, problem) && take_case(test, folder, cases->first, problem);
}
