/* json_plan.c: see json_plan.h. */
#include "connectors/formats/json_plan.h"

/* ---- the tree ---- */

static JsonName *name_add(Arena *arena, JsonPlanNode *node, Str name) {
  for (uint32_t i = 0; i < node->names_len; i++)
    if (str_eq(node->names[i].name, name)) return &node->names[i];
  JsonName *names = ARENA_ARRAY(arena, JsonName, node->names_len + 1);
  if (node->names_len) memcpy(names, node->names, node->names_len * sizeof *names);
  node->names = names;
  names[node->names_len] = (JsonName){.name = name};
  return &names[node->names_len++];
}

static void slot_add(Arena *arena, JsonName *name, JsonSlot slot) {
  JsonSlot *slots = ARENA_ARRAY(arena, JsonSlot, name->slots_len + 1);
  if (name->slots_len) memcpy(slots, name->slots, name->slots_len * sizeof *slots);
  slots[name->slots_len] = slot;
  name->slots = slots;
  name->slots_len++;
}

static void field_add(Arena *arena, JsonPlanNode *root, const DecodeField *field, uint32_t number) {
  JsonPlanNode *node = root;
  for (uint32_t depth = 0;; depth++) {
    JsonName *name = name_add(arena, node, field->path[depth]);
    if (depth + 1 == field->depth) {
      slot_add(arena, name, (JsonSlot){number, field->declared, field->path[depth]});
      return;
    }
    if (name->child == NULL) name->child = ARENA_NEW(arena, JsonPlanNode);
    node = name->child;
  }
}

/* No text holds the byte 0xff; a NUL byte stands behind every text. */
static void key_match_nothing(JsonKey *key) {
  memset(key->word, 0xff, sizeof key->word);
  memset(key->mask, 0xff, sizeof key->mask);
}

/* Brings names that differ only in case together; there are a few dozen at most. */
static void groups_form(JsonPlanNode *node, bool plain) {
  node->plain = plain;
  key_match_nothing(&node->shape[0]);
  for (uint32_t i = 0; i < node->names_len; i++) {
    uint32_t next = i + 1;
    for (uint32_t j = next; j < node->names_len; j++) {
      if (!str_eq_nocase(node->names[i].name, node->names[j].name)) continue;
      JsonName moved = node->names[j];
      node->names[j] = node->names[next];
      node->names[next++] = moved;
    }
    for (uint32_t j = i; j < next; j++) node->names[j].group = i;
    i = next - 1;
  }
  for (uint32_t i = 0; i < node->names_len; i++)
    if (node->names[i].child) groups_form(node->names[i].child, plain);
}

JsonPlanNode *json_plan_new(Arena *arena, const DecodeSpec *spec) {
  JsonPlanNode *root = ARENA_NEW(arena, JsonPlanNode);
  for (uint32_t i = 0; i < spec->fields_len; i++) field_add(arena, root, &spec->fields[i], i);
  for (uint32_t i = 0; i < spec->declared_only_len; i++)
    field_add(arena, root, &spec->declared_only[i], spec->fields_len + i);
  groups_form(root, spec->compat >= 12);
  return root;
}

uint32_t json_plan_group(const JsonPlanNode *node, Str key, uint32_t *len) {
  for (uint32_t i = 0; i < node->names_len; i++) {
    if (!str_eq_nocase(node->names[i].name, key)) continue;
    uint32_t end = i + 1;
    while (end < node->names_len && node->names[end].group == i) end++;
    *len = end - i;
    return i;
  }
  *len = 0;
  return JSON_NO_GROUP;
}

/* ---- shapes ---- */

/* The one field a value goes to unchanged, if that is all there is to do for the key. */
static uint32_t plain_field(const JsonPlanNode *node, const JsonMetKey *met) {
  if (!node->plain || met->group_len != 1) return JSON_NO_GROUP;
  const JsonName *name = &node->names[met->group];
  bool plain = name->slots_len == 1 && name->slots[0].declared == TYPE_NULL;
  return plain ? name->slots[0].field : JSON_NO_GROUP;
}

static JsonKey key_make(const JsonPlanNode *node, const JsonMetKey *met) {
  size_t len = met->quoted.len;
  JsonKey key = {.quoted_len = (uint32_t)len, .group = met->group, .group_len = met->group_len,
                 .plain = plain_field(node, met)};
  key.quoted = mem_alloc(len);
  memcpy(key.quoted, met->quoted.ptr, len);
  key_match_nothing(&key);
  if (len >= 16) return key;
  memset(key.word, 0, sizeof key.word);
  memset(key.mask, 0, sizeof key.mask);
  memcpy(key.word, key.quoted, len);
  ((char *)key.word)[len] = ':';
  memset(key.mask, 0xff, len + 1);
  return key;
}

static void shape_clear(JsonPlanNode *node) {
  for (uint32_t i = 0; i < node->shape_len; i++) mem_free(node->shape[i].quoted);
  node->shape_len = 0;
  key_match_nothing(&node->shape[0]);
}

void json_plan_release(JsonPlanNode *node) {
  shape_clear(node);
  for (uint32_t i = 0; i < node->names_len; i++)
    if (node->names[i].child) json_plan_release(node->names[i].child);
}

static uint32_t shape_find(const JsonPlanNode *node, Str quoted) {
  for (uint32_t i = 0; i < node->shape_len; i++)
    if (str_eq((Str){node->shape[i].quoted, node->shape[i].quoted_len}, quoted)) return i;
  return UINT32_MAX;
}

static bool shape_has_group(const JsonPlanNode *node, uint32_t group) {
  for (uint32_t i = 0; i < node->shape_len; i++)
    if (node->shape[i].group == group) return true;
  return false;
}

static void shape_insert(JsonPlanNode *node, uint32_t at, const JsonMetKey *met) {
  memmove(&node->shape[at + 1], &node->shape[at], (node->shape_len + 1 - at) * sizeof *node->shape);
  node->shape[at] = key_make(node, met);
  node->shape_len++;
}

/* False when the order of the keys contradicts the shape, a group would get a second spelling, or there is
** no room. */
static bool shape_merge(JsonPlanNode *node, const JsonMetKey *keys, uint32_t len) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < len; i++, at++) {
    uint32_t found = shape_find(node, keys[i].quoted);
    if (found != UINT32_MAX) {
      if (found < at) return false;
      at = found;
      continue;
    }
    if (node->shape_len == JSON_SHAPE_MAX) return false;
    if (keys[i].group != JSON_NO_GROUP && shape_has_group(node, keys[i].group)) return false;
    shape_insert(node, at, &keys[i]);
  }
  return true;
}

void json_plan_learn(JsonPlanNode *node, const JsonMetKey *keys, uint32_t len) {
  if (node->changes >= JSON_SHAPE_CHANGES_MAX) return;
  node->changes++;
  if (shape_merge(node, keys, len)) return;
  shape_clear(node);
  shape_merge(node, keys, len);
}
