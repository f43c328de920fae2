/* state_memory.h: a store in memory, for tests and for moving state between two graphs of one process. */
#ifndef WEIR_STATE_STATE_MEMORY_H
#define WEIR_STATE_STATE_MEMORY_H

#include "state/state.h"

StateStore *state_memory_new(void); /* release with cls->close */
/* The newest committed save as bytes, appended to out, and a store made of such bytes. STATUS_WORLD when they
** are cut short or no such bytes; damage inside a segment shows when the segment is looked up. */
void   state_memory_save(const StateStore *store, StrBuf *out);
Status state_memory_load(Str bytes, StateStore **out, Error *err);
/* How many segments the newest committed save wrote and how many it kept. */
void   state_memory_counts(const StateStore *store, unsigned *written, unsigned *kept);

#endif
