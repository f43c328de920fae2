/* two_stacks.h: the rows of a window that slides, for aggregates whose rows cannot be taken back (MIN, MAX, TopOne).
**
** Every row has a state of its own. The older ones form the front: each is combined with all that follow it in the
** front, so the first of them is the answer for the front. Rows come in behind; what has come since the front was
** made is also added up in one state, the back, which the caller keeps (group record) and gives to each call.
**
**     head      mid           tail          answer = state[head] + back
**      | 1234    | 5   6   7 |              a row that goes: head moves on, 234 is ready
**      | 234     |                          front empty: 5 6 7 become 567, 67, 7, and the back starts anew
**      | 34 ...                             so a row is combined twice in its life, whatever the size
*/
#ifndef WEIR_OPS_TWO_STACKS_H
#define WEIR_OPS_TWO_STACKS_H

#include "ops/group_table.h"

/* The aggregates that go this way, out of those of a GROUP BY. */
typedef struct StackLayout {
  const GroupLayout *groups;
  uint32_t *aggs;      /* their numbers */
  uint32_t  aggs_len;
  size_t   *offsets;   /* of each one's state among those of a row */
  size_t    stride;    /* bytes of a row's states */
} StackLayout;

typedef struct TwoStacks { /* zero bytes are an empty one */
  char    *states;
  uint32_t head, mid, tail, cap;
} TwoStacks;

void stack_layout_init(StackLayout *layout, Arena *arena, const GroupLayout *groups, const bool *chosen);
/* Initial states of one row; `states` has room for layout->stride bytes. */
void stack_states_init(const StackLayout *layout, char *states);

/* Takes the states of a new row (they move in). The caller has added the row to `back` as well. */
void two_stacks_push(TwoStacks *stacks, const StackLayout *layout, const char *states);
/* The oldest row goes. back: the group's states, reset when its rows move to the front. */
void two_stacks_pop(TwoStacks *stacks, const StackLayout *layout, char *back);
/* The states of the front, by layout->offsets; NULL: the back is all there is. */
static inline const char *two_stacks_front(const TwoStacks *stacks, const StackLayout *layout) {
  return stacks->head < stacks->mid ? stacks->states + (size_t)stacks->head * layout->stride : NULL;
}
void two_stacks_release(TwoStacks *stacks, const StackLayout *layout);
void two_stacks_save(const TwoStacks *stacks, const StackLayout *layout, ByteWriter *out);
void two_stacks_load(TwoStacks *stacks, const StackLayout *layout, ByteReader *in);

#endif
