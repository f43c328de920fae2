/* memory_table.c: named scripts and rows, and the calls with which tests fill and read them (memory.h). */
#include "connectors/memory/memory_table.h"

#include <pthread.h>
#include "base/status.h"
#include "connectors/memory/memory.h"

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static Vec(MemoryScript *) scripts;
static Vec(MemoryRows *) all_rows;

void memory_lock(void) { pthread_mutex_lock(&table_lock); }
void memory_unlock(void) { pthread_mutex_unlock(&table_lock); }

/* ---- scripts ---- */

static void empty_script(MemoryScript *script) {
  for (uint32_t i = 0; i < script->steps.len; i++) {
    mem_free((char *)script->steps.items[i].payload.ptr);
    mem_free((char *)script->steps.items[i].key.ptr);
    mem_free((char *)script->steps.items[i].headers.ptr);
  }
  for (uint32_t i = 0; i < script->committed.len; i++) mem_free(script->committed.items[i].note);
  vec_release(&script->steps);
  vec_release(&script->committed);
}

MemoryScript *memory_script(Str name) {
  for (uint32_t i = 0; i < scripts.len; i++)
    if (str_eq(str_from(scripts.items[i]->name), name)) return scripts.items[i];
  return NULL;
}

MemoryScript *memory_script_make(Str name) {
  MemoryScript *script = memory_script(name);
  if (script) {
    empty_script(script);
    return script;
  }
  script = mem_zalloc(sizeof *script);
  script->name = mem_strndup(name.ptr, name.len);
  vec_push(&scripts, script);
  return script;
}

void memory_source_define(const char *name, unsigned partitions) {
  memory_lock();
  memory_script_make(str_from(name))->partitions = partitions;
  memory_unlock();
}

static void own_text(Str *text) {
  if (text->ptr) text->ptr = mem_strndup(text->ptr, text->len);
}

static void add_step(const char *name, MemoryStep step) {
  memory_lock();
  MemoryScript *script = memory_script(str_from(name));
  if (!script) BUG("no memory source `%s` is defined", name);
  own_text(&step.payload);
  own_text(&step.key);
  own_text(&step.headers);
  vec_push(&script->steps, step);
  memory_unlock();
}

void memory_source_message(const char *name, unsigned partition, int64_t offset, Ticks arrival, Str payload) {
  add_step(name, (MemoryStep){MEMORY_MESSAGE, partition, offset, arrival, .payload = payload});
}

void memory_source_record(const char *name, unsigned partition, int64_t offset, Str payload, Str key, Str headers) {
  add_step(name, (MemoryStep){MEMORY_MESSAGE, partition, offset, TICKS_MIN, payload, key, headers});
}

void memory_source_tombstone(const char *name, unsigned partition, int64_t offset, Ticks arrival) {
  add_step(name, (MemoryStep){.kind = MEMORY_TOMBSTONE, .partition = partition, .offset = offset, .arrival = arrival});
}

void memory_source_quiet(const char *name) { add_step(name, (MemoryStep){.kind = MEMORY_QUIET}); }

void memory_source_at_end(const char *name, unsigned partition) {
  add_step(name, (MemoryStep){.kind = MEMORY_AT_END, .partition = partition});
}

void memory_source_finish(const char *name, unsigned partition) {
  add_step(name, (MemoryStep){.kind = MEMORY_FINISH, .partition = partition});
}

void memory_source_grow(const char *name) { add_step(name, (MemoryStep){.kind = MEMORY_GROW}); }

int64_t memory_source_committed(const char *name, unsigned partition) {
  memory_lock();
  const MemoryScript *script = memory_script(str_from(name));
  bool known = script && partition < script->committed.len;
  int64_t offset = known ? script->committed.items[partition].offset : INT64_MIN;
  memory_unlock();
  return offset;
}

/* ---- rows ---- */

MemoryRows *memory_rows(Str name) {
  for (uint32_t i = 0; i < all_rows.len; i++)
    if (str_eq(str_from(all_rows.items[i]->name), name)) return all_rows.items[i];
  return NULL;
}

MemoryRows *memory_rows_make(Str name) {
  MemoryRows *rows = memory_rows(name);
  if (rows) return rows;
  rows = mem_zalloc(sizeof *rows);
  rows->name = mem_strndup(name.ptr, name.len);
  vec_push(&all_rows, rows);
  return rows;
}

/* The pointers, then the text they point into. */
static char **copy_rows(const MemoryRows *rows) {
  size_t pointers = mem_mul(rows->count, sizeof(char *));
  char **list = mem_alloc(pointers + rows->text.len);
  char *text = (char *)list + pointers;
  if (rows->text.len) memcpy(text, rows->text.ptr, rows->text.len);
  for (unsigned i = 0; i < rows->count; i++) {
    list[i] = text;
    text += strlen(text) + 1;
  }
  return list;
}

char **memory_sink_rows(const char *name, unsigned *count) {
  static const MemoryRows none;
  memory_lock();
  const MemoryRows *rows = memory_rows(str_from(name));
  *count = rows ? rows->count : 0;
  char **list = copy_rows(rows ? rows : &none);
  memory_unlock();
  return list;
}

unsigned memory_sink_flushed(const char *name) {
  memory_lock();
  const MemoryRows *rows = memory_rows(str_from(name));
  unsigned flushed = rows ? rows->flushed : 0;
  memory_unlock();
  return flushed;
}

static void free_rows(MemoryRows *rows) {
  strbuf_release(&rows->text);
  mem_free(rows->name);
  mem_free(rows);
}

void memory_sink_forget(const char *name) {
  memory_lock();
  for (uint32_t i = 0; i < all_rows.len; i++) {
    if (strcmp(all_rows.items[i]->name, name) != 0) continue;
    free_rows(all_rows.items[i]);
    all_rows.items[i] = all_rows.items[--all_rows.len];
    break;
  }
  memory_unlock();
}

void memory_reset(void) {
  memory_lock();
  for (uint32_t i = 0; i < scripts.len; i++) {
    empty_script(scripts.items[i]);
    mem_free(scripts.items[i]->name);
    mem_free(scripts.items[i]);
  }
  for (uint32_t i = 0; i < all_rows.len; i++) free_rows(all_rows.items[i]);
  vec_release(&scripts);
  vec_release(&all_rows);
  memory_unlock();
}
