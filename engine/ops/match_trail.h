/* match_trail.h: what a way through a pattern remembers of the rows it took.
**
** A way does not keep its rows; it keeps what somebody asks for: for every register (bind.h) the row that gives its
** value (the first, the last, the one with the least or the greatest value), and for Classifier() the variables, as a
** list whose beginning ways share. So a way costs the same however long it gets. Rows, lists and trails are counted
** and never change once made; a trail that goes on is copied.
**
** Texts of Min and Max (semantics.md section 2): two texts that are both numbers compare as numbers, both ISO 8601 as
** instants, else by bytes; a number in text is given as a float. NULLs are skipped. First and Last may be NULL. */
#ifndef WEIR_OPS_MATCH_TRAIL_H
#define WEIR_OPS_MATCH_TRAIL_H

#include "base/vec.h"
#include "plan/plan.h"
#include "column/column.h"

typedef struct MatchRow { /* the fields of a row that registers read */
  uint32_t refs, number;  /* number: while state is saved */
  Value    fields[];
} MatchRow;

typedef struct MatchStep { /* the variable of the newest row, and those before it */
  uint32_t refs, number;
  uint32_t var;
  struct MatchStep *before;
} MatchStep;

typedef struct MatchTrail {
  uint32_t   refs, number;
  uint64_t   hash;        /* of what conditions may see of it: trails that are alike have the same */
  MatchStep *steps;       /* NULL without Classifier() */
  MatchRow  *rows[];      /* a register; NULL: its variable took no row (Min, Max: none that is not NULL) */
} MatchTrail;

MatchRow   *match_row_new(const BoundMatch *match, Column *const *fields, uint32_t row);
MatchRow   *match_row_ref(MatchRow *row);
void        match_row_unref(const BoundMatch *match, MatchRow *row);   /* NULL is fine */
/* The trail (NULL: nothing taken yet) after one more row. */
MatchTrail *match_trail_take(const BoundMatch *match, const MatchTrail *trail, uint32_t var, MatchRow *row);
MatchTrail *match_trail_ref(MatchTrail *trail);
void        match_trail_unref(const BoundMatch *match, MatchTrail *trail); /* NULL is fine */
/* The value of a register; text is borrowed from the trail or lives in the arena. */
Value match_trail_value(const BoundMatch *match, const MatchTrail *trail, uint32_t reg, Arena *arena);
/* Whether no condition can tell the two apart, now or later. */
bool  match_trail_alike(const BoundMatch *match, const MatchTrail *a, const MatchTrail *b);

/* ---- state: every row, step and trail once, named by number ---- */

typedef struct MatchStore { /* zero-initialise */
  Vec(MatchRow *)   rows;
  Vec(MatchStep *)  steps;
  Vec(MatchTrail *) trails;
} MatchStore;

/* Gives the trail, and all it refers to, numbers from 1; 0 stands for NULL. */
void     match_store_add(MatchStore *store, const BoundMatch *match, MatchTrail *trail);
uint32_t match_store_number(const MatchTrail *trail);
/* Writes what was added, and takes the numbers back. */
void     match_store_save(MatchStore *store, const BoundMatch *match, ByteWriter *out);
void     match_store_forget(MatchStore *store);
void     match_store_load(MatchStore *store, const BoundMatch *match, ByteReader *in);
/* The trail of a number, with a reference more; NULL for 0 and, with in->bad set, for a number that is none. */
MatchTrail *match_store_trail(const MatchStore *store, uint32_t number, ByteReader *in);
void     match_store_release(MatchStore *store, const BoundMatch *match); /* the references that load made */

#endif
