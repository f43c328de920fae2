/* state_memory.c: see state_memory.h. Two lists of segments: the committed save and the one being made. Looking
** up is a walk: this store is for small states.
**
** As bytes: a mark, the number of segments, then for each step, name, index, version, checksum and bytes. */
#include "state/state_memory.h"

#include "base/mem.h"

static const uint32_t mark = 0x31545357; /* "WST1" */

typedef Vec(StateSegment) Segments; /* each owns its strings */

typedef struct MemoryStore {
  StateStore base;
  Segments   committed, next;
  bool       saving;
  unsigned   written, kept;           /* of the committed save */
  unsigned   next_written, next_kept; /* of the one being made */
} MemoryStore;

/* ---- segments ---- */

static Str own(Str text) { return (Str){mem_strndup(text.ptr, text.len), text.len}; }

static void push_copy(Segments *list, const StateSegment *segment) {
  StateSegment copy = *segment;
  copy.key.step = own(segment->key.step);
  copy.key.name = own(segment->key.name);
  copy.bytes = own(segment->bytes);
  vec_push(list, copy);
}

static void clear(Segments *list) {
  for (uint32_t i = 0; i < list->len; i++) {
    mem_free((char *)list->items[i].key.step.ptr);
    mem_free((char *)list->items[i].key.name.ptr);
    mem_free((char *)list->items[i].bytes.ptr);
  }
  vec_release(list);
}

static bool same_key(const StateKey *a, const StateKey *b) {
  return a->index == b->index && str_eq(a->name, b->name) && str_eq(a->step, b->step);
}

static const StateSegment *look_up(const Segments *list, const StateKey *key) {
  for (uint32_t i = 0; i < list->len; i++)
    if (same_key(&list->items[i].key, key)) return &list->items[i];
  return NULL;
}

/* ---- saving ---- */

static Status memory_begin(StateStore *store, Error *err) {
  MemoryStore *memory = (MemoryStore *)store;
  clear(&memory->next); /* a save that was not committed never happened */
  memory->next_written = memory->next_kept = 0;
  memory->saving = true;
  return STATUS_OK;
}

static void add(MemoryStore *memory, const StateSegment *segment) {
  if (!memory->saving || look_up(&memory->next, &segment->key))
    BUG("segment `" STR_FMT "` %u of step `" STR_FMT "` is saved %s", STR_ARG(segment->key.name), segment->key.index,
        STR_ARG(segment->key.step), memory->saving ? "twice" : "outside of a save");
  push_copy(&memory->next, segment);
}

static Status memory_put(StateStore *store, const StateSegment *segment, Error *err) {
  MemoryStore *memory = (MemoryStore *)store;
  add(memory, segment);
  memory->next_written++;
  return STATUS_OK;
}

static Status memory_keep(StateStore *store, const StateKey *key, Error *err) {
  MemoryStore *memory = (MemoryStore *)store;
  const StateSegment *before = look_up(&memory->committed, key);
  if (!before)
    BUG("segment `" STR_FMT "` %u of step `" STR_FMT "` is kept but was never saved", STR_ARG(key->name), key->index,
        STR_ARG(key->step));
  add(memory, before);
  memory->next_kept++;
  return STATUS_OK;
}

static Status memory_commit(StateStore *store, Error *err) {
  MemoryStore *memory = (MemoryStore *)store;
  if (!memory->saving) BUG("a save is committed that did not begin");
  clear(&memory->committed);
  memory->committed = memory->next;
  memory->next = (Segments){0};
  memory->written = memory->next_written;
  memory->kept = memory->next_kept;
  memory->saving = false;
  return STATUS_OK;
}

/* ---- finding ---- */

static Status memory_find(StateStore *store, const StateKey *key, StateSegment *out, bool *found, Error *err) {
  const StateSegment *segment = look_up(&((MemoryStore *)store)->committed, key);
  *found = segment != NULL;
  if (segment) *out = *segment;
  return STATUS_OK;
}

static void memory_each(StateStore *store, StateEachFn *fn, void *context) {
  const Segments *list = &((MemoryStore *)store)->committed;
  for (uint32_t i = 0; i < list->len; i++) fn(context, &list->items[i].key);
}

static void memory_close(StateStore *store) {
  MemoryStore *memory = (MemoryStore *)store;
  clear(&memory->committed);
  clear(&memory->next);
  mem_free(memory);
}

/* ---- as bytes ---- */

void state_memory_save(const StateStore *store, StrBuf *out) {
  const Segments *list = &((const MemoryStore *)store)->committed;
  ByteWriter writer = {*out};
  put_u32(&writer, mark);
  put_u32(&writer, list->len);
  for (uint32_t i = 0; i < list->len; i++) {
    const StateSegment *segment = &list->items[i];
    put_str(&writer, segment->key.step);
    put_str(&writer, segment->key.name);
    put_u32(&writer, segment->key.index);
    put_u32(&writer, segment->version);
    put_u64(&writer, segment->checksum);
    put_str(&writer, segment->bytes);
  }
  *out = writer.buf;
}

static StateSegment read_segment(ByteReader *in) {
  StateSegment segment = {0};
  segment.key.step = get_str(in);
  segment.key.name = get_str(in);
  segment.key.index = get_u32(in);
  segment.version = get_u32(in);
  segment.checksum = get_u64(in);
  segment.bytes = get_str(in);
  return segment;
}

Status state_memory_load(Str bytes, StateStore **out, Error *err) {
  MemoryStore *memory = (MemoryStore *)state_memory_new();
  ByteReader in = byte_reader(bytes);
  if (get_u32(&in) != mark) in.bad = true;
  uint32_t count = get_u32(&in);
  for (uint32_t i = 0; i < count && !in.bad; i++) {
    StateSegment segment = read_segment(&in);
    if (!in.bad) push_copy(&memory->committed, &segment);
  }
  *out = &memory->base;
  if (!in.bad && in.at == in.end) return STATUS_OK;
  memory_close(&memory->base);
  *out = NULL;
  error_set(err, STATUS_WORLD, "saved state", "the bytes are cut short or are no saved state");
  return error_hint(err, "restore them from a copy, or start without saved state");
}

void state_memory_counts(const StateStore *store, unsigned *written, unsigned *kept) {
  const MemoryStore *memory = (const MemoryStore *)store;
  *written = memory->written;
  *kept = memory->kept;
}

/* ---- the class ---- */

static const StateStoreClass memory_class = {
    .begin = memory_begin, .put = memory_put, .keep = memory_keep, .commit = memory_commit,
    .find = memory_find, .each = memory_each, .close = memory_close};

StateStore *state_memory_new(void) {
  MemoryStore *memory = mem_zalloc(sizeof *memory);
  memory->base.cls = &memory_class;
  return &memory->base;
}
