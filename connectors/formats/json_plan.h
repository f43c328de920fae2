/* json_plan.h: what a JSON decoder looks for, as a tree of names, and what it has learned about the order in
** which objects spell their fields.
**
** A node stands for one object of the event (the event itself, or the record at a path prefix). Its names are
** the fields wanted there; names that differ only in case are neighbours and form a group. `a`, `a.b` and
** `c.d.e` make
**      root { a -> slot 0, child { b -> slot 1 } ; c -> child { d -> child { e -> slot 2 } } }
**
** The shape of a node is the union of the keys met so far, in their order, each with its group. A document
** whose keys appear in that order (some may be absent) is walked by comparing each key with the next of the
** shape: as no key can then occur twice, neither duplicates nor spellings in another case need looking after.
** Any other document takes the careful walk, after which its keys are merged into the shape. Invariants:
**  (1) every key of a shape is there once; (2) a group is named by one key at most.
** Thread: one. */
#ifndef WEIR_FORMATS_JSON_PLAN_H
#define WEIR_FORMATS_JSON_PLAN_H

#include "base/arena.h"
#include "base/vec.h"
#include "io/format.h"

typedef struct JsonPlanNode JsonPlanNode;

/* One destination of a value: a field of the row store. */
typedef struct JsonSlot {
  uint32_t field;
  Type     declared; /* TYPE_NULL: any */
  Str      name;     /* for messages */
} JsonSlot;

typedef struct JsonName {
  Str           name;
  JsonSlot     *slots;
  uint32_t      slots_len;
  JsonPlanNode *child;   /* NULL: nothing inside is wanted */
  uint32_t      group;   /* index of the first name of its group */
  /* of the careful walk, for the object at hand: */
  enum { NAME_UNSEEN, NAME_OTHER_CASE, NAME_EXACT } seen;
  Str           seen_key; /* the first spelling met, of NAME_OTHER_CASE */
} JsonName;

typedef struct JsonKey {
  uint64_t word[2], mask[2]; /* the key, its quotes and the colon behind it; what no text is when it is longer */
  bool     fractions;  /* numbers with a point have been met here */
  char    *quoted;     /* the key with its quotes, as payloads spell it */
  uint32_t quoted_len;
  uint32_t group;      /* JSON_NO_GROUP: nobody wants it */
  uint32_t group_len;
  uint32_t plain;      /* the field its value goes to as it is; JSON_NO_GROUP when there is more to do */
} JsonKey;

enum { JSON_NO_GROUP = UINT32_MAX, JSON_SHAPE_MAX = 96, JSON_SHAPE_CHANGES_MAX = 256 };

struct JsonPlanNode {
  JsonName *names; /* sorted by name without case */
  uint32_t  names_len;
  bool      plain;   /* values go as they are: not at compatibility level 1.0 or 1.1 */
  JsonKey   shape[JSON_SHAPE_MAX + 1]; /* behind the last stands one that no text is */
  uint32_t  shape_len;
  uint32_t  changes; /* of the shape so far; it is left alone after JSON_SHAPE_CHANGES_MAX */
};

/* The tree for all fields of a spec, then its declared_only (fields fields_len + i of the row store).
** Strings are borrowed from the spec, the rest lives in the arena. */
JsonPlanNode *json_plan_new(Arena *arena, const DecodeSpec *spec);
/* The keys of learned shapes have memory of their own. */
void json_plan_release(JsonPlanNode *node);

/* Names that match an unescaped key: the first of the group and how many; JSON_NO_GROUP when none does. */
uint32_t json_plan_group(const JsonPlanNode *node, Str key, uint32_t *len);

/* A key as the careful walk met it. */
typedef struct JsonMetKey {
  Str      quoted;
  uint32_t group, group_len;
} JsonMetKey;
/* Takes the keys of a document into the shape; keys holds no key and no group twice. */
void json_plan_learn(JsonPlanNode *node, const JsonMetKey *keys, uint32_t len);

/* Whether the key and its colon stand at `at`; false also where blanks are between, or the key is long. */
static inline bool json_key_is_tight(const JsonKey *key, const char *at) {
  uint64_t word[2];
  memcpy(word, at, sizeof word);
  return (((word[0] ^ key->word[0]) & key->mask[0]) | ((word[1] ^ key->word[1]) & key->mask[1])) == 0;
}

#endif
