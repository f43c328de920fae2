/* resume.h: what a job remembers of a partition so that another run can go on from an earlier offset as if it had read
** everything before it (docs/design: at least once without a state folder).
**
** While a partition is read, a *mark* is set in front of each batch: its offset, and where the clocks of the input's
** entrances stood. Reading again from a mark with its clocks gives every later event the time it had before, with one
** exception: a clock that the idle rule had moved. Where such a move changed the time of an event, the mark says so,
** and the next run moves the clock there, too.
**
** A *note* is the text that is committed with an offset: the marks that the next run needs (that of the offset, the
** moves behind it, the end of what was read), and for each output of the job up to which time its rows have been
** delivered. Thread: one. */
#ifndef WEIR_RUN_RESUME_H
#define WEIR_RUN_RESUME_H

#include "base/str.h"
#include "base/vec.h"
#include "ops/op.h"

typedef struct Mark {
  int64_t offset;
  bool    moved; /* the idle rule had moved a clock before it, and that changed the time of an event behind it */
} Mark;

typedef struct MarkLog { /* zero-initialise, then set entrances */
  uint32_t entrances;
  Vec(Mark) marks;       /* by offset */
  Vec(EntranceClock) clocks; /* entrances for each mark */
} MarkLog;

enum { MARKS_MAX = 4096 }; /* then every other one is dropped: a restart reads more again */

void mark_log_add(MarkLog *log, Mark mark, const EntranceClock *clocks);
const EntranceClock *mark_clocks(const MarkLog *log, uint32_t mark);
/* The last mark at or before the offset in front of which no event stands at or above below[e], by any entrance's
** furthest clock, when times are at most `tolerance` above it; the first mark when there is no such one. */
uint32_t mark_log_find(const MarkLog *log, int64_t offset, const Ticks *below, Ticks tolerance);
void mark_log_forget(MarkLog *log, uint32_t before); /* the marks before this one */
void mark_log_release(MarkLog *log);

typedef struct ResumeNote { /* zero-initialise */
  Vec(Ticks) delivered;  /* by output of the plan, in order: rows stamped earlier are out; TICKS_MIN: none known */
  Ticks   reach;         /* how far the query looked back over this input */
  MarkLog marks;         /* first that of the committed offset */
} ResumeNote;

/* Appends the note; moves are left out, oldest first, when it would be longer than `most` bytes. */
void resume_note_print(const ResumeNote *note, size_t most, StrBuf *out);
/* False for a text that is none of ours. */
bool resume_note_parse(Str text, ResumeNote *out);
void resume_note_release(ResumeNote *note);

#endif
