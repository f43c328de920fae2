/* reader.c: see reader.h. */
#include "run/reader.h"

#include <pthread.h>

#include "base/mem.h"

enum { QUEUE_BATCHES = 8, READ_TIMEOUT_MS = 10 };

typedef struct ReaderItem { InputBatch batch; SourceEvent event; } ReaderItem;

struct Reader {
  JobInput       *in;
  pthread_t       thread;
  pthread_mutex_t lock;
  pthread_cond_t  not_empty, not_full;
  ReaderItem      items[QUEUE_BATCHES];
  unsigned        first, len;
  bool            stop, ended;
  Status          status;      /* of the reading side; delivered behind what is queued */
  Error           error;
};

/* False when the job no longer wants anything. */
static bool enqueue(Reader *reader, const ReaderItem *item) {
  pthread_mutex_lock(&reader->lock);
  while (reader->len == QUEUE_BATCHES && !reader->stop) pthread_cond_wait(&reader->not_full, &reader->lock);
  bool wanted = !reader->stop;
  if (wanted) {
    reader->items[(reader->first + reader->len++) % QUEUE_BATCHES] = *item;
    pthread_cond_signal(&reader->not_empty);
  }
  pthread_mutex_unlock(&reader->lock);
  return wanted;
}

static void finish(Reader *reader, Status status, const Error *error) {
  pthread_mutex_lock(&reader->lock);
  reader->ended = true;
  reader->status = status;
  if (status != STATUS_OK) reader->error = *error;
  pthread_cond_signal(&reader->not_empty);
  pthread_mutex_unlock(&reader->lock);
}

static bool stop_asked(Reader *reader) {
  pthread_mutex_lock(&reader->lock);
  bool stop = reader->stop;
  pthread_mutex_unlock(&reader->lock);
  return stop;
}

static void *read_on(void *context) {
  Reader *reader = context;
  Error error = {0};
  Status status = STATUS_OK;
  while (!stop_asked(reader)) {
    ReaderItem item = {0};
    status = input_next(reader->in, READ_TIMEOUT_MS, &item.batch, &item.event, &error);
    if (status != STATUS_OK) break;
    bool wanted = enqueue(reader, &item);
    if (!wanted) input_batch_release(&item.batch);
    if (!wanted || item.event == SOURCE_END) break;
  }
  finish(reader, status, &error);
  return NULL;
}

Status reader_start(JobInput *in, Reader **out, Error *err) {
  Reader *reader = mem_zalloc(sizeof *reader);
  reader->in = in;
  pthread_mutex_init(&reader->lock, NULL);
  pthread_cond_init(&reader->not_empty, NULL);
  pthread_cond_init(&reader->not_full, NULL);
  if (pthread_create(&reader->thread, NULL, read_on, reader) != 0) {
    mem_free(reader);
    error_set(err, STATUS_WORLD, in->who, "cannot start a thread");
    return error_hint(err, "--threads 1 needs none");
  }
  *out = reader;
  return STATUS_OK;
}

Status reader_next(Reader *reader, int timeout_ms, InputBatch *out, SourceEvent *event, Error *err) {
  struct timespec until = clock_deadline((unsigned)timeout_ms);
  pthread_mutex_lock(&reader->lock);
  int waited = 0;
  while (reader->len == 0 && !reader->ended && waited == 0 && timeout_ms > 0)
    waited = pthread_cond_timedwait(&reader->not_empty, &reader->lock, &until);
  Status status = STATUS_OK;
  *event = SOURCE_NOTHING;
  if (reader->len > 0) {
    ReaderItem *item = &reader->items[reader->first];
    reader->first = (reader->first + 1) % QUEUE_BATCHES;
    reader->len--;
    *out = item->batch;
    *event = item->event;
    pthread_cond_signal(&reader->not_full);
  } else if (reader->ended) {
    status = reader->status;
    if (status != STATUS_OK && err) *err = reader->error;
    *event = SOURCE_END;
  }
  pthread_mutex_unlock(&reader->lock);
  return status;
}

void reader_stop(Reader *reader) {
  if (reader == NULL) return;
  pthread_mutex_lock(&reader->lock);
  reader->stop = true;
  pthread_cond_signal(&reader->not_full);
  pthread_mutex_unlock(&reader->lock);
  pthread_join(reader->thread, NULL);
  for (; reader->len > 0; reader->len--) {
    input_batch_release(&reader->items[reader->first].batch);
    reader->first = (reader->first + 1) % QUEUE_BATCHES;
  }
  pthread_cond_destroy(&reader->not_full);
  pthread_cond_destroy(&reader->not_empty);
  pthread_mutex_destroy(&reader->lock);
  mem_free(reader);
}
