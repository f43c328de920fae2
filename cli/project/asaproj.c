/* asaproj.c: see asaproj.h. asaproj.json here, XML in asaproj_xml.c. */
#include "cli/project/asaproj.h"

static Str text_of(const JsonNode *object, const char *key) {
  const JsonNode *node = json_get(object, key);
  return node && node->kind == JSON_STRING ? str_trim(node->text) : STR("");
}

static void check_keys(Str path, const JsonNode *root, Notes *notes) {
  static const Str names[] = {STR("name"), STR("startFile"), STR("configurations")};
  enum { NAMES = sizeof names / sizeof *names };
  for (const JsonNode *member = root->first; member; member = member->next) {
    bool known = false;
    for (unsigned i = 0; i < NAMES; i++) known = known || str_eq_nocase(member->key, names[i]);
    if (!known) notes_unknown_key(notes, path, member->key, names, NAMES);
  }
}

static Status read_json(Arena *arena, Str path, AsaProject *out, Notes *notes, Error *err) {
  JsonNode *root;
  TRY(config_json_load(arena, path.ptr, NULL, &root, err));
  if (root->kind != JSON_OBJECT) return error_set(err, STATUS_CONFIG, "", "%s: this is no JSON object", path.ptr);
  check_keys(path, root, notes);
  out->name = text_of(root, "name");
  Str start = text_of(root, "startFile");
  if (start.len) arena_push(arena, &out->scripts, start);
  const JsonNode *list = json_get(root, "configurations");
  for (const JsonNode *one = list ? list->first : NULL; one; one = one->next) {
    AsaFile file = {text_of(one, "filePath"), text_of(one, "subType")};
    if (file.path.len) arena_push(arena, &out->files, file);
  }
  return STATUS_OK;
}

Status asaproj_read(Arena *arena, Str path, AsaProject *out, Notes *notes, Error *err) {
  *out = (AsaProject){0};
  if (!str_ends_nocase(path, STR(".asaproj"))) return read_json(arena, path, out, notes, err);
  Str text;
  TRY(config_text_load(arena, path.ptr, &text, err));
  return asaproj_read_xml(arena, path, text, out, err);
}
