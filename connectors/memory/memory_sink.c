/* memory_sink.c: keeps encoded rows in the process, for a test to read (memory.h). */
#include "base/status.h"
#include "connectors/memory/memory.h"
#include "connectors/memory/memory_table.h"
#include "io/take.h"

typedef struct MemorySinkOptions { Str format; } MemorySinkOptions;

typedef struct MemorySink {
  Sink        base;
  const FormatClass *format;
  Encoder    *encoder;
  MemoryRows *rows;    /* in the table; writing needs its lock */
  StrBuf      encoded; /* scratch: one batch */
  uint32_t   *ends;    /* scratch: one a row */
  uint32_t    ends_cap;
} MemorySink;

static const OptionDef options_table[] = {
    {.name = "format", .kind = OPTION_TEXT, .at = offsetof(MemorySinkOptions, format), .fallback = "json",
     .doc = "How rows are written."},
    {0}};

static Status sink_close(Sink *base, Error *err) {
  MemorySink *sink = (MemorySink *)base;
  if (sink->encoder) sink->format->encoder_close(sink->encoder);
  strbuf_release(&sink->encoded);
  mem_free(sink->ends);
  mem_free(sink);
  return STATUS_OK;
}

static Status check_options(const SinkConfig *config, Arena *arena, Error *err) {
  MemorySinkOptions options;
  OptionTake take = {.own = options_table, .into = &options, .pairs = &config->where->options,
                     .format = config->format->options, .who = config->who};
  return options_take(&take, arena, err);
}

static Status sink_open(const SinkConfig *config, Arena *arena, Sink **out, Error *err) {
  if (!config->format) BUG("the memory sink needs a format");
  MemorySink *sink = mem_zalloc(sizeof *sink);
  sink->base.cls = &memory_sink;
  sink->format = config->format;
  memory_lock();
  sink->rows = memory_rows_make(config->where->target);
  memory_unlock();
  Status status = check_options(config, arena, err);
  if (status == STATUS_OK)
    status = config->format->encoder_open(config->format_options, config->schema, &sink->encoder, err);
  if (status == STATUS_OK) *out = &sink->base;
  else sink_close(&sink->base, NULL);
  return status;
}

static void need_ends(MemorySink *sink, uint32_t rows) {
  if (rows <= sink->ends_cap) return;
  mem_free(sink->ends);
  sink->ends = mem_alloc(mem_mul(rows, sizeof *sink->ends));
  sink->ends_cap = rows;
}

static void add_row(MemoryRows *rows, Str row) {
  strbuf_put_str(&rows->text, row);
  strbuf_putc(&rows->text, 0);
  rows->count++;
}

static Status sink_write(Sink *base, const Batch *batch, Error *err) {
  MemorySink *sink = (MemorySink *)base;
  uint32_t rows = batch_count(batch), begin = 0;
  need_ends(sink, rows);
  strbuf_clear(&sink->encoded);
  sink->format->encode(sink->encoder, batch, false, &sink->encoded, sink->ends);
  memory_lock();
  for (uint32_t i = 0; i < rows; begin = sink->ends[i++])
    add_row(sink->rows, str_sub(strbuf_str(&sink->encoded), begin, sink->ends[i]));
  memory_unlock();
  return STATUS_OK;
}

static Status sink_flush(Sink *base, Error *err) {
  MemoryRows *rows = ((MemorySink *)base)->rows;
  memory_lock();
  rows->flushed = rows->count;
  memory_unlock();
  return STATUS_OK;
}

const SinkClass memory_sink = {
    .scheme = "memory", .options = options_table, .bytes = true, .doc = "Rows kept in the process, for tests.",
    .open = sink_open, .write = sink_write, .flush = sink_flush, .close = sink_close};
