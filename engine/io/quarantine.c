/* quarantine.c: the store of bad records: counts, the file, and the last few reasons (quarantine.h). The form
** of a line is in quarantine_entry.c.
**
** Entries gather in memory and are written in large pieces. A write that fails keeps its bytes: adding never
** fails, the next flush says what is wrong. */
#include "io/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "io/quarantine_entry.h"

enum { PIECE = 64 * 1024, SAMPLES = 8, NOT_OPEN = -1 };

struct Quarantine {
  pthread_mutex_t lock; /* guards everything below that changes */
  char    *path, *job, *query_file; /* NULL when not given */
  int      fd;
  StrBuf   pending;     /* lines not written yet */
  uint64_t counted[QUARANTINE_KINDS];
  uint64_t kept;
  StrBuf   samples[SAMPLES]; /* a ring; sample n is at n % SAMPLES */
  uint64_t samples_len; /* ever taken */
};

/* The lock is no part of the value, so readers of a const quarantine may take it. */
static void lock(const Quarantine *q) { pthread_mutex_lock((pthread_mutex_t *)&q->lock); }
static void unlock(const Quarantine *q) { pthread_mutex_unlock((pthread_mutex_t *)&q->lock); }

static char *dup_or_null(const char *text) { return text ? mem_strdup(text) : NULL; }

Quarantine *quarantine_new(const char *path, const char *job, const char *query_file) {
  Quarantine *q = mem_zalloc(sizeof *q);
  pthread_mutex_init(&q->lock, NULL);
  q->path = dup_or_null(path);
  q->job = dup_or_null(job);
  q->query_file = dup_or_null(query_file);
  q->fd = NOT_OPEN;
  return q;
}

void quarantine_free(Quarantine *q) {
  if (!q) return;
  if (q->fd > STDERR_FILENO) close(q->fd);
  for (unsigned i = 0; i < SAMPLES; i++) strbuf_release(&q->samples[i]);
  strbuf_release(&q->pending);
  mem_free(q->path);
  mem_free(q->job);
  mem_free(q->query_file);
  pthread_mutex_destroy(&q->lock);
  mem_free(q);
}

/* ---- the file ---- */

static bool open_file(Quarantine *q) {
  if (q->fd != NOT_OPEN) return true;
  if (strcmp(q->path, "-") == 0) q->fd = STDERR_FILENO;
  else q->fd = open(q->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  return q->fd != NOT_OPEN;
}

/* Drops the bytes that are safely written. */
static void forget_written(StrBuf *pending, size_t written) {
  memmove(pending->ptr, pending->ptr + written, pending->len - written);
  pending->len -= written;
}

/* False with errno set when not everything could be written. */
static bool write_out(Quarantine *q) {
  if (q->pending.len == 0) return true;
  if (!open_file(q)) return false;
  size_t done = 0;
  while (done < q->pending.len) {
    ssize_t n = write(q->fd, q->pending.ptr + done, q->pending.len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    done += (size_t)n;
  }
  bool complete = done == q->pending.len;
  int reason = errno;
  forget_written(&q->pending, done);
  errno = reason;
  return complete;
}

Status quarantine_flush(Quarantine *q, Error *err) {
  lock(q);
  bool written = write_out(q);
  int reason = errno;
  unlock(q);
  if (written) return STATUS_OK;
  error_set(err, STATUS_WORLD, q->path, "the quarantine file cannot be written: %s", strerror(reason));
  if (err) err->retriable = true;
  return error_hint(err, "free some space, or name another file with --quarantine");
}

/* ---- adding ---- */

static void put_sample(const QuarantineEntry *entry, StrBuf *out) {
  strbuf_clear(out);
  strbuf_printf(out, "%s in `" STR_FMT "`", quarantine_kind_name(entry->kind), STR_ARG(entry->input));
  if (entry->blob.len) strbuf_printf(out, ", " STR_FMT, STR_ARG(entry->blob));
  else if (entry->partition >= 0) strbuf_printf(out, ", partition %d", entry->partition);
  if (entry->offset >= 0) strbuf_printf(out, ", offset %lld", (long long)entry->offset);
  strbuf_printf(out, ": " STR_FMT, STR_ARG(entry->reason));
}

static void keep(Quarantine *q, const QuarantineEntry *entry) {
  quarantine_entry_print(entry, clock_wall(NULL), q->job, q->query_file, &q->pending);
  q->kept++;
  bool first = q->fd == NOT_OPEN;
  if (first || q->pending.len >= PIECE) write_out(q); /* a failure shows at the next flush */
}

void quarantine_add(Quarantine *q, const QuarantineEntry *entry) {
  lock(q);
  q->counted[entry->kind]++;
  if (entry->kind != QUARANTINE_TOMBSTONE) {
    put_sample(entry, &q->samples[q->samples_len++ % SAMPLES]);
    if (q->path) keep(q, entry);
  }
  unlock(q);
}

void quarantine_count(Quarantine *q, QuarantineKind kind, uint64_t events) {
  lock(q);
  q->counted[kind] += events;
  unlock(q);
}

/* ---- asking ---- */

uint64_t quarantine_counted(const Quarantine *q, QuarantineKind kind) {
  lock(q);
  uint64_t counted = q->counted[kind];
  unlock(q);
  return counted;
}

uint64_t quarantine_kept(const Quarantine *q) {
  lock(q);
  uint64_t kept = q->kept;
  unlock(q);
  return kept;
}

const char *quarantine_path(const Quarantine *q) { return q->path; }

void quarantine_samples(const Quarantine *q, unsigned max, StrBuf *out) {
  lock(q);
  uint64_t count = q->samples_len < SAMPLES ? q->samples_len : SAMPLES;
  if (count > max) count = max;
  for (uint64_t n = q->samples_len - count; n < q->samples_len; n++) {
    strbuf_put_str(out, strbuf_str(&q->samples[n % SAMPLES]));
    strbuf_putc(out, '\n');
  }
  unlock(q);
}

/* ---- the kinds ---- */

static const char *const kind_names[QUARANTINE_KINDS] = {
    [QUARANTINE_DESERIALIZATION] = "InputDeserializationError",
    [QUARANTINE_INVALID_TIMESTAMP] = "InvalidInputTimeStamp",
    [QUARANTINE_EARLY] = "EarlyInputEvent",
    [QUARANTINE_LATE] = "LateInputEvent",
    [QUARANTINE_OUT_OF_ORDER] = "OutOfOrderEvent",
    [QUARANTINE_OVERSIZE] = "InputRecordTooLarge",
    [QUARANTINE_TOMBSTONE] = "NullPayload",
    [QUARANTINE_RUNTIME] = "RuntimeError",
    [QUARANTINE_OUTPUT] = "OutputDataConversionError",
};

const char *quarantine_kind_name(QuarantineKind kind) { return kind_names[kind]; }
