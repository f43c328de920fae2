/* open_names.c: columns of inputs without a schema are whatever the query names, so a slip of the fingers silently
** reads NULL. Here names are counted, and one that is read once and differs by one slip from a name that is read often,
** or from a declared one, draws a warning. Names that differ in a digit or in their first or last letter are taken for
** members of a family (temp1 temp2, posX posY, item items). */
#include "base/hash.h"
#include "bind/binder.h"

enum { OFTEN = 2, LEAST_LEN = 4, MANY = 2000 };

/* ---- counting --------------------------------------------------------------------------------- */

/* The input, or else the step, that a name comes from through the stars of steps. */
static const void *origin_of(Provider provider, Str name) {
  while (provider.step && !provider_knows(provider, name)) {
    const BoundSelect *select = provider.step->query->branches[0];
    if (select->leaves.len != 1) break;
    provider = select->leaves.items[0]->provider;
  }
  if (provider.relation) return provider.relation;
  return provider.input ? (const void *)provider.input : provider.step;
}

void note_open_name(Binder *b, Provider provider, const AstName *name) {
  const void *origin = origin_of(provider, name->text);
  OpenName *open = NULL;
  uint64_t hash = name_hash(name->text) ^ hash_mix((uint64_t)(uintptr_t)origin);
  for (uint32_t i = positions_first(&b->open_found, hash); i != NO_POSITION && !open;
       i = positions_next(&b->open_found, i))
    if (b->open_names.items[i]->origin == origin && str_eq_nocase(b->open_names.items[i]->name, name->text))
      open = b->open_names.items[i];
  if (open == NULL) {
    open = ARENA_NEW(b->arena, OpenName);
    *open = (OpenName){.origin = origin, .input = provider.input, .name = name->text};
    arena_push(b->arena, &b->open_names, open);
    positions_add(&b->open_found, b->arena, hash);
  }
  for (unsigned i = 0; i < open->reads; i++)
    if (open->spans[i].begin == name->span.begin) return; /* a step that is bound twice */
  if (open->reads < OFTEN) open->spans[open->reads++] = name->span;
}

/* ---- one slip --------------------------------------------------------------------------------- */

static char folded(Str text, size_t at) {
  char c = text.ptr[at];
  return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* A letter too many, too few or wrong, or two exchanged, inside the word. */
static bool one_slip(Str a, Str b) {
  if (a.len < b.len) return one_slip(b, a);
  if (b.len < LEAST_LEN || a.len - b.len > 1) return false;
  size_t front = 0, back = 0;
  while (front < b.len && folded(a, front) == folded(b, front)) front++;
  while (back < b.len - front && folded(a, a.len - 1 - back) == folded(b, b.len - 1 - back)) back++;
  size_t long_rest = a.len - front - back, short_rest = b.len - front - back;
  if (long_rest == 2 && short_rest == 2)
    return folded(a, front) == folded(b, front + 1) && folded(a, front + 1) == folded(b, front);
  if (long_rest != 1 || front == 0 || back == 0) return false;
  return !is_digit(a.ptr[front]) && !(short_rest && is_digit(b.ptr[front]));
}

/* ---- saying so -------------------------------------------------------------------------------- */

static void say_close(Binder *b, const OpenName *once, Str often, const Span *place, const char *what) {
  Diag *diag = diag_add(b->diags, DIAG_close_name, once->spans[0],
                        "`" STR_FMT "` is read only here, and is spelt almost like `" STR_FMT "`", STR_ARG(once->name),
                        STR_ARG(often));
  if (place) diag_label(b->diags, diag, *place, "%s", what);
  diag_suggest(b->diags, diag, once->spans[0], often);
}

static bool close_to_declared(Binder *b, const OpenName *once) {
  const BoundInput *input = once->input;
  for (uint32_t i = 0; input && i < input->declared_len; i++) {
    if (!one_slip(once->name, input->declared[i].name)) continue;
    say_close(b, once, input->declared[i].name, &input->declared[i].span, "declared here");
    return true;
  }
  return false;
}

static void check_once(Binder *b, const OpenName *once) {
  if (close_to_declared(b, once)) return;
  for (uint32_t i = 0; i < b->open_names.len; i++) {
    const OpenName *often = b->open_names.items[i];
    if (often->origin != once->origin || often->reads < OFTEN || !one_slip(once->name, often->name)) continue;
    say_close(b, once, often->name, &often->spans[0], "read here and elsewhere");
    return;
  }
}

/* Every name is compared with every other: among more than MANY nobody would read the answer. */
void check_open_names(Binder *b) {
  if (b->open_names.len > MANY) return;
  for (uint32_t i = 0; i < b->open_names.len; i++)
    if (b->open_names.items[i]->reads == 1) check_once(b, b->open_names.items[i]);
}
