/* state.h: how operators save what they hold and get it back (design.md sections 5 and 6).
**
** State is a set of *segments*, named by step, name and index, each with the version of its own form and a
** checksum. A save writes the segments that changed and keeps the others of the save before, so its cost follows
** what was touched; what is neither written nor kept is gone. Example:
**     ByteWriter *out = state_begin(writer, "groups", part, GROUPS_VERSION);
**     put_u32(out, count); ...
**     TRY(state_end(writer, err));
** and back:
**     TRY(state_find(reader, "groups", part, GROUPS_VERSION, &in, err));
**     uint32_t count = get_u32(&in); ...
**     TRY(state_done(reader, &in, err));
**
** Where segments live is the store's business: memory here, a folder of files with a manifest elsewhere. The
** checks are made here, so they hold for every store. Threads: one at a time for a store and its writers and
** readers. */
#ifndef WEIR_STATE_STATE_H
#define WEIR_STATE_STATE_H

#include "base/codec.h"
#include "base/status.h"
#include "base/vec.h"

typedef struct StateKey {
  Str      step;  /* the operator, as explain prints it; stable as long as the query is */
  Str      name;  /* what the segment holds: "groups", "left" */
  uint32_t index; /* which part; 0 when there is one */
} StateKey;

typedef struct StateSegment {
  StateKey key;
  uint32_t version;  /* of the form of the bytes */
  Str      bytes;
  uint64_t checksum; /* state_checksum at the time it was written */
} StateSegment;

/* Over key, version, length and bytes: a segment that was exchanged for another is noticed, too. */
uint64_t state_checksum(const StateSegment *segment);

/* ---- stores ---- */

typedef void StateEachFn(void *context, const StateKey *key);

typedef struct StateStoreClass StateStoreClass;
typedef struct StateStore { const StateStoreClass *cls; } StateStore; /* stores embed it first */

/* A save is begin, any number of put and keep, commit. One that is not committed never happened: the store
** still has the save before. find and each see the newest committed save. */
struct StateStoreClass {
  Status (*begin)(StateStore *store, Error *err);
  Status (*put)(StateStore *store, const StateSegment *segment, Error *err); /* copies; a key at most once a save */
  Status (*keep)(StateStore *store, const StateKey *key, Error *err); /* the committed save must have it */
  Status (*commit)(StateStore *store, Error *err);
  /* *found is false when there is no such segment. The bytes live until the next call. */
  Status (*find)(StateStore *store, const StateKey *key, StateSegment *out, bool *found, Error *err);
  void   (*each)(StateStore *store, StateEachFn *fn, void *context);
  void   (*close)(StateStore *store);
};

/* ---- saving ---- */

typedef struct StateWriter {
  StateStore  *store;
  Str          step;    /* of the operator that is saving */
  bool         open;    /* between state_begin and state_end */
  bool         whole;   /* the store has no save before this one: nothing can be kept */
  StateSegment segment; /* being written */
  ByteWriter   bytes;   /* of it */
} StateWriter;

/* The job's side: begins a save; then for each operator sets the step and calls its save; then commits.
** A writer whose save failed is closed without commit. After that operators must not keep what they wrote
** since the last commit: the job ends and is restored. */
Status state_writer_open(StateWriter *writer, StateStore *store, Error *err);
void   state_writer_step(StateWriter *writer, Str step); /* borrowed until the next step */
Status state_writer_commit(StateWriter *writer, Error *err);
void   state_writer_close(StateWriter *writer);

/* The operator's side. The name is a literal. The ByteWriter is valid until state_end. */
ByteWriter *state_begin(StateWriter *writer, const char *name, uint32_t index, uint32_t version);
Status      state_end(StateWriter *writer, Error *err);
/* Takes the segment over from the save before (or from the one that was loaded); not when the writer is `whole`. */
Status      state_keep(StateWriter *writer, const char *name, uint32_t index, Error *err);

/* ---- loading ---- */

typedef struct StateReader {
  StateStore *store;
  Str         step;
  StateKey    last; /* the segment state_find gave out, for state_done */
} StateReader;

typedef Vec(uint32_t) StateIndices;

void state_reader_init(StateReader *reader, StateStore *store);
void state_reader_step(StateReader *reader, Str step); /* borrowed until the next step */

bool state_has(const StateReader *reader, const char *name, uint32_t index);
/* The indices of a name, ascending; appended to out, which the caller releases. */
void state_indices(const StateReader *reader, const char *name, StateIndices *out);
/* The bytes of a segment, valid until the next state_find. A segment that is missing or of another version is
** STATUS_CONFIG (the state does not fit this query), a damaged one STATUS_WORLD; both name step and segment. */
Status state_find(StateReader *reader, const char *name, uint32_t index, uint32_t version, ByteReader *out,
                  Error *err);
/* Call when the segment has been read: refuses bytes that were short, malformed or left over. */
Status state_done(const StateReader *reader, const ByteReader *in, Error *err);

#endif
