/* memory_source.c: plays the script of a test as a message source (memory.h).
**
** Steps are played in order. Those of a paused partition wait while the others go on; what waits is played
** first once the partition is resumed, so each partition stays in its own order. */
#include <stdio.h>
#include "base/clock.h"
#include "base/status.h"
#include "connectors/memory/memory.h"
#include "connectors/memory/memory_table.h"
#include "io/take.h"

typedef struct MemoryOptions {
  Str     format;
  int64_t batch_rows;
} MemoryOptions;

typedef struct Partition {
  bool    paused, at_end, finished;
  int64_t from; /* messages with smaller offsets are left out */
  bool    resumed;
  char   *note; /* that was committed; owned */
} Partition;

typedef struct MemorySource {
  Source        base;
  MemoryScript *script;
  MemoryOptions options;
  uint32_t      first;        /* all steps before it have been played */
  Vec(bool)     played;       /* of each step seen so far */
  Vec(Partition) partitions;
} MemorySource;

static const OptionDef options_table[] = {
    {.name = "format", .kind = OPTION_TEXT, .at = offsetof(MemoryOptions, format), .fallback = "json",
     .doc = "What the payloads are."},
    {.name = "batch-rows", .kind = OPTION_INT, .at = offsetof(MemoryOptions, batch_rows), .fallback = "1000", .min = 1,
     .max = 1000000, .doc = "Messages a poll delivers at most."},
    {0}};

/* ---- opening ---- */

static void add_partition(MemorySource *source, bool from_committed) {
  uint32_t index = source->partitions.len;
  Partition partition = {.from = INT64_MIN};
  if (from_committed && index < source->script->committed.len) {
    const MemoryCommit *commit = &source->script->committed.items[index];
    partition = (Partition){.from = commit->offset, .resumed = true};
    if (commit->note) partition.note = mem_strndup(commit->note, strlen(commit->note));
  }
  vec_push(&source->partitions, partition);
}

static void source_close(Source *base) {
  MemorySource *source = (MemorySource *)base;
  for (uint32_t i = 0; i < source->partitions.len; i++) mem_free(source->partitions.items[i].note);
  vec_release(&source->played);
  vec_release(&source->partitions);
  mem_free(source);
}

static Status find_script(MemorySource *source, const SourceConfig *config, Error *err) {
  memory_lock();
  source->script = memory_script(config->where->target);
  for (unsigned i = 0; source->script && i < source->script->partitions; i++)
    add_partition(source, config->start == START_COMMITTED);
  memory_unlock();
  if (source->script) return STATUS_OK;
  return error_set(err, STATUS_CONFIG, config->who, "no memory source `" STR_FMT "` is defined",
                   STR_ARG(config->where->target));
}

static Status open_as(const SourceClass *cls, const SourceConfig *config, Arena *arena, Source **out, Error *err) {
  MemorySource *source = mem_zalloc(sizeof *source);
  source->base.cls = cls;
  OptionTake take = {.own = options_table, .into = &source->options, .pairs = &config->where->options,
                     .format = config->format ? config->format->options : NULL, .who = config->who};
  Status status = options_take(&take, arena, err);
  if (status == STATUS_OK) status = find_script(source, config, err);
  if (status == STATUS_OK) *out = &source->base;
  else source_close(&source->base);
  return status;
}

static Status source_open(const SourceConfig *config, Arena *arena, Source **out, Error *err) {
  return open_as(&memory_source, config, arena, out, err);
}

static Status live_open(const SourceConfig *config, Arena *arena, Source **out, Error *err) {
  return open_as(&memory_live_source, config, arena, out, err);
}

/* ---- partitions ---- */

static Partition *partition_at(MemorySource *source, unsigned partition) {
  if (partition >= source->partitions.len)
    BUG("memory source `%s` has no partition %u", source->script->name, partition);
  return &source->partitions.items[partition];
}

static unsigned source_partitions(Source *base) { return ((MemorySource *)base)->partitions.len; }

static void source_partition_state(Source *base, unsigned partition, PartitionState *out) {
  const Partition *at = partition_at((MemorySource *)base, partition);
  *out = (PartitionState){.finished = at->finished, .at_end = at->at_end && !at->paused, .number = (int)partition};
  snprintf(out->name, sizeof out->name, "%u", partition);
}

static void source_pause(Source *base, unsigned partition, bool paused) {
  partition_at((MemorySource *)base, partition)->paused = paused;
}

/* ---- playing ---- */

static bool belongs_to_partition(const MemoryStep *step) {
  return step->kind != MEMORY_QUIET && step->kind != MEMORY_GROW;
}

static bool is_message(const MemoryStep *step) {
  return step->kind == MEMORY_MESSAGE || step->kind == MEMORY_TOMBSTONE;
}

static bool is_waiting(MemorySource *source, const MemoryStep *step) {
  return belongs_to_partition(step) && partition_at(source, step->partition)->paused;
}

/* The next step that may be played; steps.len when there is none. */
static uint32_t next_step(MemorySource *source) {
  const MemoryScript *script = source->script;
  while (source->played.len < script->steps.len) vec_push(&source->played, false);
  while (source->first < source->played.len && source->played.items[source->first]) source->first++;
  for (uint32_t i = source->first; i < script->steps.len; i++)
    if (!source->played.items[i] && !is_waiting(source, &script->steps.items[i])) return i;
  return script->steps.len;
}

static void play_message(MemorySource *source, const MemoryStep *step, StrBuf *bytes, MessageBatch *out) {
  Partition *partition = partition_at(source, step->partition);
  partition->at_end = false;
  if (step->offset < partition->from) return;
  out->partition = step->partition;
  vec_push(&out->messages, (Message){.begin = (uint32_t)bytes->len, .len = (uint32_t)step->payload.len,
                                     .offset = step->offset, .arrival = step->arrival,
                                     .tombstone = step->kind == MEMORY_TOMBSTONE,
                                     .key_begin = (uint32_t)(bytes->len + step->payload.len),
                                     .key_len = (uint32_t)step->key.len,
                                     .headers_begin = (uint32_t)(bytes->len + step->payload.len + step->key.len),
                                     .headers_len = (uint32_t)step->headers.len});
  strbuf_put_str(bytes, step->payload);
  strbuf_put_str(bytes, step->key);
  strbuf_put_str(bytes, step->headers);
}

/* False when the poll is over with this step. */
static bool play_step(MemorySource *source, const MemoryStep *step, StrBuf *bytes, MessageBatch *out) {
  switch (step->kind) {
    case MEMORY_MESSAGE:
    case MEMORY_TOMBSTONE: play_message(source, step, bytes, out); return true;
    case MEMORY_QUIET: return false;
    case MEMORY_AT_END: partition_at(source, step->partition)->at_end = true; return true;
    case MEMORY_FINISH: partition_at(source, step->partition)->finished = true; return true;
    case MEMORY_GROW: add_partition(source, false); return true;
  }
  BUG("memory step %d", (int)step->kind);
}

/* A batch holds messages of one partition that stand together; whatever else comes ends it. */
static bool ends_batch(const MemorySource *source, const MemoryStep *step, const MessageBatch *out) {
  if (out->messages.len == 0) return false;
  return !is_message(step) || step->partition != out->partition || out->messages.len >= source->options.batch_rows;
}

/* Whether the script is over: nothing is left, not even for a paused partition. */
static bool play(MemorySource *source, StrBuf *bytes, MessageBatch *out) {
  for (;;) {
    uint32_t at = next_step(source);
    if (at == source->script->steps.len) break;
    const MemoryStep *step = &source->script->steps.items[at];
    if (ends_batch(source, step, out)) return false;
    source->played.items[at] = true;
    if (!play_step(source, step, bytes, out)) return false;
  }
  return source->first == source->script->steps.len;
}

static void hand_over(const StrBuf *bytes, MessageBatch *out) {
  out->bytes = buffer_new(bytes->len);
  if (bytes->len) memcpy(out->bytes->data, bytes->ptr, bytes->len);
  out->bytes->len = bytes->len;
}

static void finish_all(MemorySource *source) {
  for (uint32_t i = 0; i < source->partitions.len; i++)
    source->partitions.items[i].finished = source->partitions.items[i].at_end = true;
}

static SourceEvent without_data(MemorySource *source, bool over, int timeout_ms) {
  if (over && !source->base.cls->live) {
    finish_all(source);
    return SOURCE_END;
  }
  if (timeout_ms > 0) clock_sleep_ms(1); /* so that a caller that waits does not spin */
  return SOURCE_NOTHING;
}

static Status source_poll(Source *base, int timeout_ms, MessageBatch *out, SourceEvent *event, Error *err) {
  MemorySource *source = (MemorySource *)base;
  StrBuf bytes = {0};
  memory_lock();
  bool over = play(source, &bytes, out);
  memory_unlock();
  if (out->messages.len) {
    hand_over(&bytes, out);
    *event = SOURCE_DATA;
  } else {
    *event = without_data(source, over, timeout_ms);
  }
  strbuf_release(&bytes);
  return STATUS_OK;
}

static Status source_commit(Source *base, const SourcePosition *positions, unsigned partitions, Error *err) {
  (void)err;
  MemoryScript *script = ((MemorySource *)base)->script;
  memory_lock();
  while (script->committed.len < partitions) vec_push(&script->committed, (MemoryCommit){.offset = INT64_MIN});
  for (unsigned i = 0; i < partitions; i++) {
    MemoryCommit *commit = &script->committed.items[i];
    if (positions[i].offset != INT64_MIN) commit->offset = positions[i].offset;
    mem_free(commit->note);
    commit->note = mem_strndup(positions[i].note.ptr, positions[i].note.len);
  }
  memory_unlock();
  return STATUS_OK;
}

static bool source_resumed(Source *base, unsigned partition, Str *note) {
  const Partition *at = partition_at((MemorySource *)base, partition);
  *note = str_from(at->note ? at->note : "");
  return at->resumed;
}

/* ---- the classes ---- */

#define COMMON                                                                                       \
  .options = options_table, .close = source_close, .partitions = source_partitions,                  \
  .partition_state = source_partition_state, .poll = source_poll, .pause = source_pause, .commit = source_commit,   \
  .resumed = source_resumed

const SourceClass memory_source = {
    .scheme = "memory", .doc = "Events a test has put into the process; ends behind the last one.",
    .open = source_open, COMMON};

const SourceClass memory_live_source = {
    .scheme = "memory-live", .live = true, .doc = "Events a test has put into the process; never ends.",
    .open = live_open, COMMON};
