/* state.c: writing, finding and checking segments, the same for every store (state.h). */
#include "state/state.h"

#include "base/hash.h"
#include "base/mem.h"

uint64_t state_checksum(const StateSegment *segment) {
  const uint64_t parts[] = {
      hash_bytes(segment->key.step.ptr, segment->key.step.len, 0),
      hash_bytes(segment->key.name.ptr, segment->key.name.len, 0),
      segment->key.index,
      segment->version,
      segment->bytes.len,
      hash_bytes(segment->bytes.ptr, segment->bytes.len, 0),
  };
  return hash_bytes(parts, sizeof parts, 0);
}

/* ---- saving: the job's side ---- */

Status state_writer_open(StateWriter *writer, StateStore *store, Error *err) {
  *writer = (StateWriter){.store = store};
  return store->cls->begin(store, err);
}

void state_writer_step(StateWriter *writer, Str step) {
  if (writer->open) BUG("step `" STR_FMT "` left a segment open", STR_ARG(writer->step));
  writer->step = step;
}

Status state_writer_commit(StateWriter *writer, Error *err) {
  if (writer->open) BUG("step `" STR_FMT "` left a segment open", STR_ARG(writer->step));
  return writer->store->cls->commit(writer->store, err);
}

void state_writer_close(StateWriter *writer) {
  strbuf_release(&writer->bytes.buf);
  *writer = (StateWriter){0};
}

/* ---- saving: the operator's side ---- */

ByteWriter *state_begin(StateWriter *writer, const char *name, uint32_t index, uint32_t version) {
  if (writer->open) BUG("segment `%s` begins before `" STR_FMT "` ended", name, STR_ARG(writer->segment.key.name));
  writer->open = true;
  writer->segment = (StateSegment){.key = {writer->step, str_from(name), index}, .version = version};
  strbuf_clear(&writer->bytes.buf);
  return &writer->bytes;
}

Status state_end(StateWriter *writer, Error *err) {
  if (!writer->open) BUG("a segment ends that did not begin");
  writer->open = false;
  writer->segment.bytes = strbuf_str(&writer->bytes.buf);
  writer->segment.checksum = state_checksum(&writer->segment);
  return writer->store->cls->put(writer->store, &writer->segment, err);
}

Status state_keep(StateWriter *writer, const char *name, uint32_t index, Error *err) {
  StateKey key = {writer->step, str_from(name), index};
  return writer->store->cls->keep(writer->store, &key, err);
}

/* ---- loading ---- */

void state_reader_init(StateReader *reader, StateStore *store) { *reader = (StateReader){.store = store}; }

void state_reader_step(StateReader *reader, Str step) { reader->step = step; }

typedef struct Wanted {
  Str           step, name;
  StateIndices *out;
} Wanted;

static void collect_index(void *context, const StateKey *key) {
  Wanted *wanted = context;
  if (str_eq(key->step, wanted->step) && str_eq(key->name, wanted->name)) vec_push(wanted->out, key->index);
}

static void sort_indices(uint32_t *items, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) { /* insertion: stores mostly list in order */
    uint32_t item = items[i], at = i;
    for (; at && items[at - 1] > item; at--) items[at] = items[at - 1];
    items[at] = item;
  }
}

void state_indices(const StateReader *reader, const char *name, StateIndices *out) {
  Wanted wanted = {reader->step, str_from(name), out};
  uint32_t first = out->len;
  reader->store->cls->each(reader->store, collect_index, &wanted);
  sort_indices(out->items + first, out->len - first);
}

typedef struct Question {
  StateKey key;
  bool     found;
} Question;

static void note_found(void *context, const StateKey *key) {
  Question *question = context;
  question->found |= key->index == question->key.index && str_eq(key->step, question->key.step) &&
                     str_eq(key->name, question->key.name);
}

bool state_has(const StateReader *reader, const char *name, uint32_t index) {
  Question question = {{reader->step, str_from(name), index}, false};
  reader->store->cls->each(reader->store, note_found, &question);
  return question.found;
}

/* ---- refusing ---- */

static Status refuse_missing(const StateKey *key, Error *err) {
  error_set(err, STATUS_CONFIG, "saved state", "step `" STR_FMT "` has no segment `" STR_FMT "` %u",
            STR_ARG(key->step), STR_ARG(key->name), key->index);
  return error_hint(err, "the query has changed since the state was saved: start with an empty state folder");
}

static Status refuse_version(const StateKey *key, uint32_t saved, uint32_t wanted, Error *err) {
  error_set(err, STATUS_CONFIG, "saved state",
            "segment `" STR_FMT "` %u of step `" STR_FMT "` has form %u, this program reads form %u",
            STR_ARG(key->name), key->index, STR_ARG(key->step), saved, wanted);
  return error_hint(err, "run the version of the program that saved it, or start with an empty state folder");
}

static Status refuse_damaged(const StateKey *key, const char *how, Error *err) {
  error_set(err, STATUS_WORLD, "saved state", "segment `" STR_FMT "` %u of step `" STR_FMT "` is damaged: %s",
            STR_ARG(key->name), key->index, STR_ARG(key->step), how);
  return error_hint(err, "restore the state folder from a copy, or start with an empty one");
}

Status state_find(StateReader *reader, const char *name, uint32_t index, uint32_t version, ByteReader *out,
                  Error *err) {
  StateSegment segment;
  bool found;
  reader->last = (StateKey){reader->step, str_from(name), index};
  *out = byte_reader(STR(""));
  TRY(reader->store->cls->find(reader->store, &reader->last, &segment, &found, err));
  if (!found) return refuse_missing(&reader->last, err);
  segment.key = reader->last;
  if (segment.checksum != state_checksum(&segment))
    return refuse_damaged(&reader->last, "its checksum does not match", err);
  if (segment.version != version) return refuse_version(&reader->last, segment.version, version, err);
  *out = byte_reader(segment.bytes);
  return STATUS_OK;
}

Status state_done(const StateReader *reader, const ByteReader *in, Error *err) {
  if (in->bad) return refuse_damaged(&reader->last, "it ends too early or holds impossible values", err);
  if (in->at != in->end) return refuse_damaged(&reader->last, "it is longer than it says", err);
  return STATUS_OK;
}
