/* file_pool.c: see file_pool.h. */
#include "connectors/file/file_pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bits.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "connectors/file/byte_output.h"
#include "connectors/file/parts.h"
#include "connectors/file/tail.h"

enum {
  BUCKETS = 1 << 14,
  WRITTEN_BITS = 1 << 23,    /* of the set of the others: 1 MB */
  WRITTEN_HASHES = 3,
  BUFFER_BYTES = 1 << 20,    /* of one target */
  PACK_BYTES = 1 << 16,      /* of one that is packed and rolled by size */
  BUFFERS_KEPT = 64,         /* with more targets than these, empty buffers are given back */
  BUFFERS_BYTES = 16 << 20,  /* of all */
};

typedef struct Target {
  struct Target *next;    /* of the bucket */
  Str         path;       /* as the rows name it; owned */
  StrBuf      file;       /* path of the file at hand, a part or the path itself */
  uint64_t    hash;
  StrBuf      rows;       /* not written yet */
  ByteOutput *output;     /* NULL: closed */
  uint64_t    part;       /* 0: none begun */
  uint64_t    used;       /* tick of the pool's clock of uses */
  uint64_t    size;       /* of the file when it was closed */
  int64_t     begun_ns;   /* of the part at hand */
  bool        begun;      /* the file at hand is ours */
  bool        headed;     /* ... and what stands before its first row is in it */
  bool        dirty;      /* on the pool's list */
} Target;

struct FilePool {
  FilePoolConfig config;
  Target  **buckets;
  uint32_t  targets;
  Target   *last;          /* of the row before: rows come in runs */
  Vec(Target *) open;
  Vec(Target *) dirty;     /* rows wait, or the compressor holds bytes */
  uint64_t *written;       /* targets that were forgotten; NULL: none */
  uint64_t  uses;
  size_t    buffered;
};

/* ---- targets ---------------------------------------------------------------------------------- */

FilePool *file_pool_new(const FilePoolConfig *config) {
  FilePool *pool = mem_zalloc(sizeof *pool);
  pool->config = *config;
  if (pool->config.targets_max == 0) pool->config.targets_max = FILE_POOL_TARGETS;
  pool->buckets = mem_zalloc(mem_mul(BUCKETS, sizeof(Target *)));
  return pool;
}

static void target_free(Target *target) {
  mem_free((char *)(uintptr_t)target->path.ptr);
  strbuf_release(&target->file);
  strbuf_release(&target->rows);
  mem_free(target);
}

static uint32_t written_bit(uint64_t hash, unsigned n) {
  return (uint32_t)((hash >> (n * 20)) ^ (hash * (n + 1))) & (WRITTEN_BITS - 1);
}

static bool was_written(const FilePool *pool, uint64_t hash) {
  for (unsigned n = 0; n < WRITTEN_HASHES; n++)
    if (pool->written == NULL || !bits_get(pool->written, written_bit(hash, n))) return false;
  return true;
}

static void forget(FilePool *pool, Target *target) {
  if (pool->written == NULL) pool->written = mem_zalloc(WRITTEN_BITS / 8);
  for (unsigned n = 0; n < WRITTEN_HASHES; n++) bits_set(pool->written, written_bit(target->hash, n));
  Target **at = &pool->buckets[target->hash % BUCKETS];
  while (*at != target) at = &(*at)->next;
  *at = target->next;
  pool->targets--;
  target_free(target);
}

static int by_use(const void *a, const void *b) {
  const Target *x = *(Target *const *)a, *y = *(Target *const *)b;
  return x->used < y->used ? -1 : x->used > y->used;
}

/* Forgets the half that was not used for longest, but what is open or waits. */
static void forget_some(FilePool *pool) {
  Vec(Target *) idle = {0};
  for (uint32_t b = 0; b < BUCKETS; b++) {
    for (Target *target = pool->buckets[b]; target; target = target->next)
      if (target->output == NULL && !target->dirty) vec_push(&idle, target);
  }
  if (idle.len) qsort(idle.items, idle.len, sizeof *idle.items, by_use);
  for (uint32_t i = 0; i < idle.len && i < pool->config.targets_max / 2; i++) forget(pool, idle.items[i]);
  vec_release(&idle);
}

static Target *add_target(FilePool *pool, Str path, uint64_t hash) {
  if (pool->targets >= pool->config.targets_max) forget_some(pool);
  Target *target = mem_zalloc(sizeof *target);
  target->path = (Str){mem_strndup(path.ptr, path.len), path.len};
  target->hash = hash;
  target->next = pool->buckets[hash % BUCKETS];
  pool->buckets[hash % BUCKETS] = target;
  pool->targets++;
  return target;
}

static Target *find_target(FilePool *pool, Str path) {
  if (pool->last && str_eq(pool->last->path, path)) return pool->last;
  uint64_t hash = hash_bytes(path.ptr, path.len, 0);
  Target *target = pool->buckets[hash % BUCKETS];
  while (target && !str_eq(target->path, path)) target = target->next;
  pool->last = NULL; /* may be forgotten now */
  if (target == NULL) target = add_target(pool, path, hash);
  return pool->last = target;
}

/* ---- files ------------------------------------------------------------------------------------ */

static bool rolls(const FilePool *pool) { return pool->config.roll_bytes || pool->config.roll_after; }

static void remove_open(FilePool *pool, const Target *target) {
  for (uint32_t i = 0; i < pool->open.len; i++) {
    if (pool->open.items[i] != target) continue;
    pool->open.items[i] = pool->open.items[--pool->open.len];
    return;
  }
}

static Status close_file(FilePool *pool, Target *target, Error *err) {
  if (target->output == NULL) return STATUS_OK;
  remove_open(pool, target);
  ByteOutput *output = target->output;
  target->output = NULL;
  Status status = byte_output_close(output, err);
  struct stat info;
  target->size = stat(target->file.ptr, &info) == 0 ? (uint64_t)info.st_size : 0;
  return status;
}

static Status close_least_used(FilePool *pool, Error *err) {
  Target *least = pool->open.items[0];
  for (uint32_t i = 1; i < pool->open.len; i++)
    if (pool->open.items[i]->used < least->used) least = pool->open.items[i];
  return close_file(pool, least, err);
}

static Status make_folders(const FilePool *pool, Str file, Error *err) {
  StrBuf folder = {0};
  Status status = STATUS_OK;
  for (size_t i = 1; i < file.len && status == STATUS_OK; i++) {
    if (file.ptr[i] != '/') continue;
    strbuf_clear(&folder);
    strbuf_put_str(&folder, str_sub(file, 0, i));
    if (mkdir(folder.ptr, 0777) == 0 || errno == EEXIST || errno == EISDIR) continue;
    status = error_set(err, STATUS_WORLD, pool->config.who, "cannot make the folder %s: %s", folder.ptr,
                       strerror(errno));
  }
  strbuf_release(&folder);
  return status;
}

/* What a process that was killed left at the end of the file. */
static Status repair(FilePool *pool, Str file, uint64_t *size, Error *err) {
  const FilePoolConfig *config = &pool->config;
  TailRepair done;
  Compression compression =
      config->compression == COMPRESSION_AUTO ? compression_of_path(file) : config->compression;
  TRY(tail_repair(file, compression, config->quoted, config->who, &done, err));
  *size = done.size;
  if (!done.changed || config->notice == NULL) return STATUS_OK;
  StrBuf text = {0};
  strbuf_printf(&text, "%s: the end of " STR_FMT " was torn; %llu bytes behind the last whole line are cut off",
                config->who, STR_ARG(file), (unsigned long long)done.cut);
  config->notice(config->notice_context, text.ptr);
  strbuf_release(&text);
  return STATUS_OK;
}

static void name_file(FilePool *pool, Target *target) {
  strbuf_clear(&target->file);
  if (rolls(pool)) part_path(target->path, target->part, &target->file);
  else strbuf_put_str(&target->file, target->path);
}

/* The first file of a target in this run, or since it was forgotten. */
static Status begin_target(FilePool *pool, Target *target, bool *append, Error *err) {
  bool ours = was_written(pool, target->hash);
  *append = ours || pool->config.append;
  if (rolls(pool)) {
    if (!*append) TRY(parts_remove(target->path, pool->config.who, err));
    target->part = *append ? parts_last(target->path) : 0;
    if (target->part && !ours) {
      name_file(pool, target);
      TRY(repair(pool, strbuf_str(&target->file), &target->size, err));
    }
    *append = false;
    return STATUS_OK;
  }
  name_file(pool, target);
  if (*append) TRY(repair(pool, strbuf_str(&target->file), &target->size, err));
  return STATUS_OK;
}

static Status put_head(FilePool *pool, Target *target, Error *err) {
  StrBuf head = {0};
  if (target->headed) return STATUS_OK;
  target->headed = true;
  if (pool->config.head) pool->config.head(pool->config.context, &head);
  Status status = head.len ? byte_output_write(target->output, strbuf_str(&head), err) : STATUS_OK;
  strbuf_release(&head);
  return status;
}

static Status open_file(FilePool *pool, Target *target, Error *err) {
  bool append = target->begun, fresh = !target->begun;
  if (target->output) return STATUS_OK;
  if (fresh && target->part == 0) TRY(begin_target(pool, target, &append, err));
  if (fresh) {
    target->part++;
    target->begun_ns = clock_monotonic_ns();
    name_file(pool, target);
  }
  if (pool->config.make_folders && fresh) TRY(make_folders(pool, strbuf_str(&target->file), err));
  if (pool->open.len >= pool->config.open_max) TRY(close_least_used(pool, err));
  TRY(byte_output_open(strbuf_str(&target->file), pool->config.compression, append, pool->config.who, &target->output,
                       err));
  if (fresh) target->headed = byte_output_size(target->output) > 0;
  target->begun = true;
  vec_push(&pool->open, target);
  return STATUS_OK;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void note_dirty(FilePool *pool, Target *target) {
  if (target->dirty) return;
  target->dirty = true;
  vec_push(&pool->dirty, target);
}

/* A path that cannot be written was fine as far as anybody could see at the start: the world changed. */
static Status as_world(Status status, Error *err) {
  if (status != STATUS_CONFIG) return status;
  if (err) err->status = STATUS_WORLD;
  return STATUS_WORLD;
}

static Status drain(FilePool *pool, Target *target, Error *err) {
  if (target->rows.len == 0) return STATUS_OK;
  TRY(as_world(open_file(pool, target, err), err));
  TRY(put_head(pool, target, err));
  Status status = byte_output_write(target->output, strbuf_str(&target->rows), err);
  pool->buffered -= target->rows.len;
  strbuf_clear(&target->rows);
  return status;
}

static bool is_packed(const FilePool *pool, const Target *target) {
  Compression compression = pool->config.compression;
  if (compression == COMPRESSION_AUTO) compression = compression_of_path(target->path);
  return compression != COMPRESSION_NONE;
}

static bool is_old(const FilePool *pool, const Target *target) {
  if (!target->begun || pool->config.roll_after == 0) return false;
  return (clock_monotonic_ns() - target->begun_ns) / 100 >= pool->config.roll_after;
}

static bool is_full(const FilePool *pool, const Target *target) {
  if (!target->begun || pool->config.roll_bytes == 0) return false;
  uint64_t size = target->output ? byte_output_size(target->output) : target->size;
  if (!is_packed(pool, target)) size += target->rows.len;
  return size >= (uint64_t)pool->config.roll_bytes;
}

/* Ends the part at hand; the next row begins another. */
static Status roll(FilePool *pool, Target *target, Error *err) {
  TRY(drain(pool, target, err));
  TRY(close_file(pool, target, err));
  target->begun = false;
  return STATUS_OK;
}

Status file_pool_open(FilePool *pool, Str path, Error *err) { return open_file(pool, find_target(pool, path), err); }

static Status drain_all(FilePool *pool, Error *err) {
  for (uint32_t i = 0; i < pool->dirty.len; i++) TRY(drain(pool, pool->dirty.items[i], err));
  return STATUS_OK;
}

Status file_pool_put(FilePool *pool, Str path, Str row, Error *err) {
  Target *target = find_target(pool, path);
  target->used = ++pool->uses;
  if (is_old(pool, target)) TRY(roll(pool, target, err));
  if (rolls(pool) && !target->begun && target->rows.len == 0) TRY(as_world(open_file(pool, target, err), err));
  strbuf_put_str(&target->rows, row);
  pool->buffered += row.len;
  note_dirty(pool, target);
  /* How much room packed rows take is known when they are packed. */
  bool to_be_packed = pool->config.roll_bytes && target->rows.len >= PACK_BYTES && is_packed(pool, target);
  if (to_be_packed || target->rows.len >= BUFFER_BYTES) TRY(drain(pool, target, err));
  if (is_full(pool, target)) return roll(pool, target, err);
  return pool->buffered >= BUFFERS_BYTES ? drain_all(pool, err) : STATUS_OK;
}

static Status flush_target(FilePool *pool, Target *target, Error *err) {
  TRY(drain(pool, target, err));
  if (pool->targets > BUFFERS_KEPT) strbuf_release(&target->rows);
  if (is_full(pool, target) || is_old(pool, target)) return roll(pool, target, err);
  return target->output ? byte_output_flush(target->output, err) : STATUS_OK;
}

Status file_pool_flush(FilePool *pool, Error *err) {
  for (uint32_t i = 0; i < pool->dirty.len; i++) {
    TRY(flush_target(pool, pool->dirty.items[i], err));
    pool->dirty.items[i]->dirty = false;
  }
  pool->dirty.len = 0;
  return STATUS_OK;
}

static Status keep_first(Status first, Status next) { return first == STATUS_OK ? next : first; }

Status file_pool_close(FilePool *pool, bool heads, Error *err) {
  Status status = file_pool_flush(pool, err);
  while (pool->open.len) {
    Target *target = pool->open.items[0];
    if (heads && status == STATUS_OK) status = put_head(pool, target, err);
    status = keep_first(status, close_file(pool, target, status == STATUS_OK ? err : NULL));
  }
  for (uint32_t b = 0; b < BUCKETS; b++) {
    for (Target *target = pool->buckets[b], *next; target; target = next) {
      next = target->next;
      target_free(target);
    }
  }
  vec_release(&pool->open);
  vec_release(&pool->dirty);
  mem_free(pool->buckets);
  mem_free(pool->written);
  mem_free(pool);
  return status;
}
