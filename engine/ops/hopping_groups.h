/* hopping_groups.h: the groups of a hopping window whose panes are complete, one pane coming in and one leaving at a
** time.
**
** What a group did in a pane is a state. All panes together form two stacks. In the front, the older panes, each state
** is combined with those of its group in the front panes behind it, so the first one is the answer for the front; what
** has come since the front was made is added up in one state a group, the back:
**
**     front              back            answer of a group = its first state in the front + its back
**      p1  p2  p3         p4  p5         a pane that leaves: each of its groups goes on to its next state
**      g:ace   g:e        g: h           front empty: from the newest pane to the oldest, each state takes in the
**          f:d            f:  i          next one of its group; then every back starts anew
**
** So a state is combined twice in its life, and twice more for each row that goes out, however many windows hold its
** pane. The states of a pane lie side by side and are gone through from end to end. A group whose last state leaves is
** removed. Nothing here costs by the number of panes in a window, save the memory of their states. */
#ifndef WEIR_OPS_HOPPING_GROUPS_H
#define WEIR_OPS_HOPPING_GROUPS_H

#include "ops/live_groups.h"
#include "ops/window_output.h"
#include "state/state.h"

typedef struct HoppingPane {
  Ticks     end;
  uint32_t  number;   /* its name in the state; never given twice */
  bool      changed;  /* since it was saved */
  Lineage   lineage;  /* in the front: with all panes behind it there */
  uint32_t  len;      /* states */
  uint32_t *groups;   /* of each state */
  char     *states;
  const char **next;  /* in the front: the next state of the same group there, NULL: none */
} HoppingPane;

typedef struct HoppingGroups {
  const GroupLayout *layout;
  LiveGroups  groups;       /* their own states are the back */
  Vec(HoppingPane) panes;   /* ascending by end */
  uint32_t    turned;       /* panes in the front */
  uint32_t    numbers;      /* given to panes so far */
  Lineage     back;         /* of the panes behind them */
  char       *answer;       /* states made for one row that goes out */
  const char **states;      /* an aggregate each */
} HoppingGroups;

/* True when every aggregate can combine: only then is there anything to gain. */
bool hopping_groups_can(const GroupLayout *layout);
/* model: others of the same layout, whose scratch is shared; NULL: none. */
void hopping_groups_init(HoppingGroups *hopping, Arena *arena, const GroupLayout *layout, const HoppingGroups *model);
void hopping_groups_release(HoppingGroups *hopping);

/* Takes the states of a complete pane, younger than those before, and leaves the table empty. */
void hopping_groups_add(HoppingGroups *hopping, Ticks end, GroupTable *table, const Lineage *lineage);
/* The oldest pane leaves; there is one. */
void hopping_groups_drop(HoppingGroups *hopping);
/* A row for each group, with the time `end`, into `out`; all are sent when this returns. */
void hopping_groups_send(HoppingGroups *hopping, WindowOutput *out, Ticks end);
/* Adds what the panes derive from. */
void hopping_groups_lineage(const HoppingGroups *hopping, Lineage *into);

/* A pane is written when it comes and when it becomes part of the front; else it is kept from the save before. */
Status hopping_groups_save(HoppingGroups *hopping, StateWriter *out, Error *err);
Status hopping_groups_load(HoppingGroups *hopping, StateReader *in, Error *err); /* into an empty one */

#endif
