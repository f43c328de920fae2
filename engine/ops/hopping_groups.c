/* hopping_groups.c: see hopping_groups.h. */
#include "ops/hopping_groups.h"

#include <string.h>

#include "base/mem.h"
#include "ops/key_spellings.h"

enum { HOPPING_VERSION = 3 };

typedef struct HoppingGroup { /* what is kept about a group, besides its back */
  const char *front;          /* its first state in the front; NULL: none */
  uint32_t    behind;         /* its states in the panes behind the front */
  uint32_t    panes;          /* its states in all panes */
  KeySpellings *spellings;    /* its members are the panes */
} HoppingGroup;

bool hopping_groups_can(const GroupLayout *layout) {
  for (uint32_t a = 0; a < layout->aggs_len; a++)
    if (layout->aggs[a].call.fn->combine == NULL) return false;
  return true;
}

void hopping_groups_init(HoppingGroups *hopping, Arena *arena, const GroupLayout *layout, const HoppingGroups *model) {
  *hopping = (HoppingGroups){.layout = layout};
  live_groups_init(&hopping->groups, layout, sizeof(HoppingGroup));
  hopping->answer = model ? model->answer : arena_zalloc(arena, layout->stride + 16);
  hopping->states = model ? model->states : ARENA_ARRAY(arena, const char *, layout->aggs_len + 1);
}

static HoppingGroup *group_of(const HoppingGroups *hopping, uint32_t group) {
  return live_group_extra(&hopping->groups, group);
}

static char *pane_state(const HoppingGroups *hopping, const HoppingPane *pane, uint32_t at) {
  return pane->states + (size_t)at * hopping->layout->stride;
}

static void release_pane(const HoppingGroups *hopping, HoppingPane *pane) {
  const GroupLayout *layout = hopping->layout;
  for (uint32_t a = 0; a < layout->aggs_len; a++) {
    void (*release)(void *) = layout->aggs[a].call.fn->release;
    for (uint32_t i = 0; release && i < pane->len; i++) release(pane_state(hopping, pane, i) + layout->offsets[a]);
  }
  lineage_release(&pane->lineage);
  mem_free(pane->groups);
  mem_free(pane->states);
  mem_free(pane->next);
}

void hopping_groups_release(HoppingGroups *hopping) {
  if (hopping->layout == NULL) return;
  LIVE_GROUPS_EACH(&hopping->groups, group) {
    key_spellings_release(&group_of(hopping, group)->spellings, hopping->layout);
  }
  live_groups_release(&hopping->groups);
  for (uint32_t i = 0; i < hopping->panes.len; i++) release_pane(hopping, &hopping->panes.items[i]);
  vec_release(&hopping->panes);
  lineage_release(&hopping->back);
}

static void init_states(const GroupLayout *layout, char *states) {
  memset(states, 0, layout->stride);
  for (uint32_t a = 0; a < layout->aggs_len; a++) {
    const AggCall *call = &layout->aggs[a].call;
    if (call->fn->init) call->fn->init(call, states + layout->offsets[a]);
  }
}

static void combine_states(const GroupLayout *layout, char *into, const char *from) {
  for (uint32_t a = 0; a < layout->aggs_len; a++) {
    const AggCall *call = &layout->aggs[a].call;
    call->fn->combine(call, into + layout->offsets[a], from + layout->offsets[a]);
  }
}

static void release_states(const GroupLayout *layout, char *states) {
  for (uint32_t a = 0; a < layout->aggs_len; a++)
    if (layout->aggs[a].call.fn->release) layout->aggs[a].call.fn->release(states + layout->offsets[a]);
}

/* ---- panes in --------------------------------------------------------------------------------- */

/* The group of a pane's group; the pane is its newest. */
static uint32_t join_group(HoppingGroups *hopping, const GroupTable *table, Column *const *keys, uint32_t at) {
  bool made;
  uint32_t group = live_groups_find(&hopping->groups, keys, at, table->hashes[at], 0, &made);
  HoppingGroup *g = group_of(hopping, group);
  key_spellings_enter(&g->spellings, &hopping->groups, group, g->panes++, keys, at);
  return group;
}

static void find_groups(HoppingGroups *hopping, const GroupTable *table, uint32_t *groups) {
  uint32_t keys_len = hopping->layout->keys_len;
  Column **keys = mem_alloc(mem_mul(keys_len + 1, sizeof *keys));
  for (uint32_t k = 0; k < keys_len; k++) keys[k] = group_table_key_column(table, k, 0, table->groups_len);
  for (uint32_t g = 0; g < table->groups_len; g++) groups[g] = join_group(hopping, table, keys, g);
  for (uint32_t k = 0; k < keys_len; k++) column_unref(keys[k]);
  mem_free(keys);
}

void hopping_groups_add(HoppingGroups *hopping, Ticks end, GroupTable *table, const Lineage *lineage) {
  HoppingPane pane = {.end = end, .number = ++hopping->numbers, .changed = true, .len = table->groups_len};
  pane.groups = mem_alloc(mem_mul(pane.len, sizeof *pane.groups));
  find_groups(hopping, table, pane.groups);
  pane.states = group_table_take_states(table);
  for (uint32_t i = 0; i < pane.len; i++) {
    group_of(hopping, pane.groups[i])->behind++;
    combine_states(hopping->layout, live_group_states(&hopping->groups, pane.groups[i]),
                   pane_state(hopping, &pane, i));
  }
  lineage_merge(&pane.lineage, lineage);
  lineage_merge(&hopping->back, lineage);
  vec_push(&hopping->panes, pane);
}

/* ---- panes out -------------------------------------------------------------------------------- */

/* From the newest pane of the front to the oldest: each state knows the next one of its group. */
static void link_pane(HoppingGroups *hopping, HoppingPane *pane) {
  pane->next = mem_alloc(mem_mul(pane->len, sizeof *pane->next));
  for (uint32_t i = 0; i < pane->len; i++) {
    HoppingGroup *group = group_of(hopping, pane->groups[i]);
    pane->next[i] = group->front;
    group->front = pane_state(hopping, pane, i);
  }
}

static void combine_pane(HoppingGroups *hopping, HoppingPane *pane) {
  for (uint32_t i = 0; i < pane->len; i++)
    if (pane->next[i]) combine_states(hopping->layout, pane_state(hopping, pane, i), pane->next[i]);
}

/* The front is empty: all panes become the front. */
static void turn(HoppingGroups *hopping) {
  for (uint32_t i = hopping->panes.len; i-- > 0;) {
    HoppingPane *pane = &hopping->panes.items[i];
    link_pane(hopping, pane);
    combine_pane(hopping, pane);
    pane->changed = true;
    if (i + 1 < hopping->panes.len) lineage_merge(&pane->lineage, &pane[1].lineage);
  }
  hopping->turned = hopping->panes.len;
  lineage_clear(&hopping->back);
  LIVE_GROUPS_EACH(&hopping->groups, group) {
    group_of(hopping, group)->behind = 0;
    release_states(hopping->layout, live_group_states(&hopping->groups, group));
    init_states(hopping->layout, live_group_states(&hopping->groups, group));
  }
}

static void renumber(HoppingGroups *hopping) {
  uint32_t *map = live_groups_compact(&hopping->groups);
  for (uint32_t i = 0; i < hopping->panes.len; i++) {
    HoppingPane *pane = &hopping->panes.items[i];
    for (uint32_t g = 0; g < pane->len; g++) pane->groups[g] = map[pane->groups[g]];
    pane->changed = true;
  }
  mem_free(map);
}

void hopping_groups_drop(HoppingGroups *hopping) {
  if (hopping->turned == 0) turn(hopping);
  HoppingPane *pane = &hopping->panes.items[0];
  for (uint32_t i = 0; i < pane->len; i++) {
    HoppingGroup *group = group_of(hopping, pane->groups[i]);
    group->front = pane->next[i];
    key_spellings_leave(&group->spellings, &hopping->groups, pane->groups[i], --group->panes);
    if (group->front == NULL && group->behind == 0) live_groups_remove(&hopping->groups, pane->groups[i]);
  }
  release_pane(hopping, pane);
  hopping->turned--;
  hopping->panes.len--;
  memmove(pane, pane + 1, hopping->panes.len * sizeof *pane);
  if (live_groups_sparse(&hopping->groups)) renumber(hopping);
}

/* ---- rows out --------------------------------------------------------------------------------- */

/* True when the output is full. */
static bool add_row(HoppingGroups *hopping, uint32_t group, WindowOutput *out, Ticks end) {
  const GroupLayout *layout = hopping->layout;
  const HoppingGroup *g = group_of(hopping, group);
  const char *answer = g->front ? g->front : live_group_states(&hopping->groups, group);
  bool both = g->front && g->behind;
  if (both) {
    init_states(layout, hopping->answer);
    combine_states(layout, hopping->answer, answer);
    combine_states(layout, hopping->answer, live_group_states(&hopping->groups, group));
    answer = hopping->answer;
  }
  for (uint32_t a = 0; a < layout->aggs_len; a++) hopping->states[a] = answer + layout->offsets[a];
  bool full = !window_output_add(out, live_group_keys(&hopping->groups, group), hopping->states, end);
  if (both) release_states(layout, hopping->answer);
  return full;
}

void hopping_groups_lineage(const HoppingGroups *hopping, Lineage *into) {
  if (hopping->turned) lineage_merge(into, &hopping->panes.items[0].lineage);
  lineage_merge(into, &hopping->back);
}

void hopping_groups_send(HoppingGroups *hopping, WindowOutput *out, Ticks end) {
  Lineage lineage = {0};
  hopping_groups_lineage(hopping, &lineage);
  LIVE_GROUPS_EACH(&hopping->groups, group) {
    if (add_row(hopping, group, out, end)) window_output_send(out, &lineage);
  }
  window_output_send(out, &lineage);
  lineage_release(&lineage);
}

/* ---- state ------------------------------------------------------------------------------------ */

static void save_group(const void *owner, const void *extra, ByteWriter *out) {
  const HoppingGroup *group = extra;
  put_u32(out, group->behind);
  key_spellings_save(group->spellings, ((const HoppingGroups *)owner)->layout, out);
}

static void load_group(void *owner, void *extra, ByteReader *in) {
  HoppingGroup *group = extra;
  group->behind = get_u32(in);
  group->spellings = key_spellings_load(((HoppingGroups *)owner)->layout, in);
}

static void save_states(const HoppingGroups *hopping, const HoppingPane *pane, uint32_t at, ByteWriter *out) {
  const GroupLayout *layout = hopping->layout;
  const char *states = pane_state(hopping, pane, at);
  put_u32(out, pane->groups[at]);
  for (uint32_t a = 0; a < layout->aggs_len; a++)
    layout->aggs[a].call.fn->save(&layout->aggs[a].call, states + layout->offsets[a], out);
}

static Status save_pane(const HoppingGroups *hopping, HoppingPane *pane, StateWriter *out, Error *err) {
  if (!pane->changed && !out->whole) return state_keep(out, "folded", pane->number, err);
  ByteWriter *bytes = state_begin(out, "folded", pane->number, HOPPING_VERSION);
  put_i64(bytes, pane->end);
  lineage_save(&pane->lineage, bytes);
  put_u32(bytes, pane->len);
  for (uint32_t at = 0; at < pane->len; at++) save_states(hopping, pane, at, bytes);
  pane->changed = false;
  return state_end(out, err);
}

Status hopping_groups_save(HoppingGroups *hopping, StateWriter *out, Error *err) {
  ByteWriter *bytes = state_begin(out, "hopping", 0, HOPPING_VERSION);
  live_groups_save(&hopping->groups, save_group, hopping, bytes);
  put_u32(bytes, hopping->turned);
  put_u32(bytes, hopping->numbers);
  put_u32(bytes, hopping->panes.len);
  for (uint32_t i = 0; i < hopping->panes.len; i++) put_u32(bytes, hopping->panes.items[i].number);
  TRY(state_end(out, err));
  for (uint32_t i = 0; i < hopping->panes.len; i++) TRY(save_pane(hopping, &hopping->panes.items[i], out, err));
  return STATUS_OK;
}

static void load_states(HoppingGroups *hopping, HoppingPane *pane, ByteReader *in) {
  const GroupLayout *layout = hopping->layout;
  uint32_t group = get_u32(in), at = pane->len;
  if (in->bad || !live_group_exists(&hopping->groups, group)) {
    in->bad = true;
    return;
  }
  pane->groups[at] = group;
  group_of(hopping, group)->panes++;
  init_states(layout, pane_state(hopping, pane, at));
  pane->len++;
  for (uint32_t a = 0; a < layout->aggs_len && !in->bad; a++)
    layout->aggs[a].call.fn->load(&layout->aggs[a].call, pane_state(hopping, pane, at) + layout->offsets[a], in);
}

static Status load_pane(HoppingGroups *hopping, HoppingPane *pane, StateReader *in, Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "folded", pane->number, HOPPING_VERSION, &bytes, err));
  pane->end = get_i64(&bytes);
  lineage_load(&pane->lineage, &bytes);
  uint32_t len = get_u32(&bytes);
  if (len > hopping->groups.live) bytes.bad = true;
  if (!bytes.bad) {
    pane->groups = mem_alloc(mem_mul(len, sizeof *pane->groups));
    pane->states = mem_alloc(mem_mul(len, hopping->layout->stride));
  }
  while (pane->len < len && !bytes.bad) load_states(hopping, pane, &bytes);
  return state_done(in, &bytes, err);
}

/* Every group has the states behind the front that it says, and more states than spellings are kept for. */
static void check_groups(const HoppingGroups *hopping, ByteReader *in) {
  uint32_t *behind = mem_zalloc(mem_mul(hopping->groups.used + 1, sizeof *behind));
  for (uint32_t i = hopping->turned; i < hopping->panes.len; i++)
    for (uint32_t at = 0; at < hopping->panes.items[i].len; at++) behind[hopping->panes.items[i].groups[at]]++;
  LIVE_GROUPS_EACH(&hopping->groups, group) {
    const HoppingGroup *g = group_of(hopping, group);
    if (g->behind != behind[group] || g->panes <= key_spellings_covered(g->spellings)) in->bad = true;
  }
  mem_free(behind);
}

static void load_numbers(HoppingGroups *hopping, ByteReader *in) {
  live_groups_load(&hopping->groups, load_group, hopping, in);
  hopping->turned = get_u32(in);
  hopping->numbers = get_u32(in);
  uint32_t panes = get_u32(in);
  if (hopping->turned > panes) in->bad = true;
  for (uint32_t i = 0; i < panes && !in->bad; i++) vec_push(&hopping->panes, (HoppingPane){.number = get_u32(in)});
}

Status hopping_groups_load(HoppingGroups *hopping, StateReader *in, Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "hopping", 0, HOPPING_VERSION, &bytes, err));
  load_numbers(hopping, &bytes);
  TRY(state_done(in, &bytes, err));
  for (uint32_t i = 0; i < hopping->panes.len; i++) TRY(load_pane(hopping, &hopping->panes.items[i], in, err));
  for (uint32_t i = hopping->turned; i-- > 0;) link_pane(hopping, &hopping->panes.items[i]);
  for (uint32_t i = hopping->turned; i < hopping->panes.len; i++)
    lineage_merge(&hopping->back, &hopping->panes.items[i].lineage);
  check_groups(hopping, &bytes);
  return state_done(in, &bytes, err);
}
