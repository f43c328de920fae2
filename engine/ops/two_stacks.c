/* two_stacks.c: see two_stacks.h. */
#include "ops/two_stacks.h"

#include <string.h>

#include "base/mem.h"

enum { STACK_FIRST = 4 };

void stack_layout_init(StackLayout *layout, Arena *arena, const GroupLayout *groups, const bool *chosen) {
  *layout = (StackLayout){.groups = groups};
  layout->aggs = ARENA_ARRAY(arena, uint32_t, groups->aggs_len + 1);
  layout->offsets = ARENA_ARRAY(arena, size_t, groups->aggs_len + 1);
  for (uint32_t a = 0; a < groups->aggs_len; a++) {
    if (!chosen[a]) continue;
    layout->aggs[layout->aggs_len] = a;
    layout->offsets[layout->aggs_len++] = layout->stride;
    layout->stride += (groups->aggs[a].call.fn->state_bytes + 15) & ~(size_t)15;
  }
}

static const AggCall *call_of(const StackLayout *layout, uint32_t i) {
  return &layout->groups->aggs[layout->aggs[i]].call;
}

static char *row_states(const TwoStacks *stacks, const StackLayout *layout, uint32_t row) {
  return stacks->states + (size_t)row * layout->stride;
}

void stack_states_init(const StackLayout *layout, char *states) {
  memset(states, 0, layout->stride);
  for (uint32_t i = 0; i < layout->aggs_len; i++)
    if (call_of(layout, i)->fn->init) call_of(layout, i)->fn->init(call_of(layout, i), states + layout->offsets[i]);
}

static void release_states(const StackLayout *layout, char *states) {
  for (uint32_t i = 0; i < layout->aggs_len; i++)
    if (call_of(layout, i)->fn->release) call_of(layout, i)->fn->release(states + layout->offsets[i]);
}

/* ---- rows ------------------------------------------------------------------------------------- */

/* Room for one more row: those that have gone are closed up, or the array grows. */
static void need_room(TwoStacks *stacks, const StackLayout *layout) {
  if (stacks->tail < stacks->cap) return;
  if (stacks->head > stacks->cap / 2) {
    memmove(stacks->states, row_states(stacks, layout, stacks->head), (stacks->tail - stacks->head) * layout->stride);
    stacks->mid -= stacks->head;
    stacks->tail -= stacks->head;
    stacks->head = 0;
    return;
  }
  stacks->cap = stacks->cap ? stacks->cap * 2 : STACK_FIRST;
  stacks->states = mem_realloc(stacks->states, mem_mul(stacks->cap, layout->stride));
}

void two_stacks_push(TwoStacks *stacks, const StackLayout *layout, const char *states) {
  need_room(stacks, layout);
  memcpy(row_states(stacks, layout, stacks->tail++), states, layout->stride);
}

static void reset_back(const StackLayout *layout, char *back) {
  for (uint32_t i = 0; i < layout->aggs_len; i++) {
    const AggCall *call = call_of(layout, i);
    char *state = back + layout->groups->offsets[layout->aggs[i]];
    if (call->fn->release) call->fn->release(state);
    memset(state, 0, call->fn->state_bytes);
    if (call->fn->init) call->fn->init(call, state);
  }
}

/* The back becomes the front: from the newest row to the oldest, each takes in the one behind it. */
static void turn(TwoStacks *stacks, const StackLayout *layout, char *back) {
  for (uint32_t row = stacks->tail - 1; row > stacks->head; row--) {
    char *into = row_states(stacks, layout, row - 1), *from = row_states(stacks, layout, row);
    for (uint32_t i = 0; i < layout->aggs_len; i++)
      call_of(layout, i)->fn->combine(call_of(layout, i), into + layout->offsets[i], from + layout->offsets[i]);
  }
  stacks->mid = stacks->tail;
  reset_back(layout, back);
}

void two_stacks_pop(TwoStacks *stacks, const StackLayout *layout, char *back) {
  if (stacks->head == stacks->mid) turn(stacks, layout, back);
  release_states(layout, row_states(stacks, layout, stacks->head++));
  if (stacks->head == stacks->tail) stacks->head = stacks->mid = stacks->tail = 0;
}

void two_stacks_release(TwoStacks *stacks, const StackLayout *layout) {
  for (uint32_t row = stacks->head; row < stacks->tail; row++) release_states(layout, row_states(stacks, layout, row));
  mem_free(stacks->states);
  *stacks = (TwoStacks){0};
}

/* ---- state ------------------------------------------------------------------------------------ */

void two_stacks_save(const TwoStacks *stacks, const StackLayout *layout, ByteWriter *out) {
  put_u32(out, stacks->mid - stacks->head);
  put_u32(out, stacks->tail - stacks->head);
  for (uint32_t row = stacks->head; row < stacks->tail; row++)
    for (uint32_t i = 0; i < layout->aggs_len; i++)
      call_of(layout, i)->fn->save(call_of(layout, i), row_states(stacks, layout, row) + layout->offsets[i], out);
}

void two_stacks_load(TwoStacks *stacks, const StackLayout *layout, ByteReader *in) {
  uint32_t mid = get_u32(in), tail = get_u32(in);
  if (mid > tail) in->bad = true;
  for (uint32_t row = 0; row < tail && !in->bad; row++) {
    need_room(stacks, layout);
    char *states = row_states(stacks, layout, stacks->tail++);
    stack_states_init(layout, states);
    for (uint32_t i = 0; i < layout->aggs_len && !in->bad; i++)
      call_of(layout, i)->fn->load(call_of(layout, i), states + layout->offsets[i], in);
  }
  stacks->mid = in->bad ? 0 : mid;
}
