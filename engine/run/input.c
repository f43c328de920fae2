/* input.c: bindings of inputs, and reading: bytes -> messages -> decoded batches.
**
** A stream source (a file) gives bytes; what the format takes at once (FormatClass.decode_lines) becomes rows, the
** rest its framer cuts into messages; what is left of a piece moves to the front of the next. A message source
** (Kafka) gives messages. Messages and lines are decoded `batch_rows` at a time. Nothing here touches the graph, so
** the reading side can run on a thread of its own. */
#include "run/internal.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "plan/reach.h"
#include "types/cast.h"
#include "types/json.h"

enum { PIECE_BYTES = 256 << 10 }; /* fits a core's cache, between read and parse */

/* ---- bindings --------------------------------------------------------------------------------- */

static bool reads_kind(const PlanInput *plan, InputColumnKind kind) {
  for (uint32_t i = 0; i < plan->cols_len; i++)
    if (plan->kinds[i] == kind) return true;
  return false;
}

/* The plan's fields, and behind them the field that holds the arrival time. */
static void fill_spec(JobInput *in, Arena *arena) {
  const PlanInput *plan = in->plan;
  DecodeField *fields = ARENA_ARRAY(arena, DecodeField, plan->fields_len + 1);
  if (plan->fields_len) memcpy(fields, plan->fields, plan->fields_len * sizeof *fields);
  in->spec = (DecodeSpec){.fields = fields, .fields_len = plan->fields_len, .payload = plan->payload,
                          .payload_read = reads_kind(plan, INPUT_PAYLOAD),
                          .compat = in->job->plan->compat, .table = plan->declared_names,
                          .table_len = plan->declared_len, .declared_only = plan->declared_only,
                          .declared_only_len = plan->declared_only_len};
  if (in->binding->arrival_field.len == 0) return;
  Str *path = ARENA_ARRAY(arena, Str, 64), rest = in->binding->arrival_field;
  uint32_t depth = 0;
  while (depth < 64 && str_cut(rest, '.', &path[depth], &rest)) depth++;
  if (depth < 64) depth++;
  fields[in->spec.fields_len++] = (DecodeField){.path = path, .depth = depth};
}

static Status unknown_scheme(JobInput *in, Error *err) {
  error_set(err, STATUS_CONFIG, in->who, "nothing here reads `" STR_FMT ":`", STR_ARG(in->where.scheme));
  return error_hint(err, "bind the input to a file, kafka://... or (reference data) odbc:...");
}

static Status open_rows(JobInput *in, const RowsClass *cls, const SourceConfig *config, Arena *arena, Error *err) {
  if (!in->plan->reference) {
    error_set(err, STATUS_CONFIG, in->who, "`" STR_FMT ":` is reference data and cannot be a stream",
              STR_ARG(in->where.scheme));
    return error_hint(err, "bind it with --reference and JOIN it");
  }
  return cls->open(config, &in->spec, arena, &in->rows, err);
}

/* START_TIME says when output begins: what that is made of came earlier, and events may be early. */
static Ticks read_from(const Job *job) {
  const JobSpec *spec = job->spec;
  if (spec->start != START_TIME) return spec->start_time;
  return spec->start_time - plan_lookback(job->plan) - POLICY_EARLY_LIMIT;
}

static Status open_source(JobInput *in, Arena *arena, Error *err) {
  const JobSpec *spec = in->job->spec;
  SourceConfig config = {.job = spec->name, .who = in->who, .where = &in->where, .start = spec->start,
                         .start_time = read_from(in->job), .notice = spec->notice, .notice_context = spec->context,
                         .headers = reads_kind(in->plan, INPUT_HEADERS)};
  const RowsClass *rows = registry_rows(spec->registry, in->where.scheme);
  if (rows && in->plan->reference) return open_rows(in, rows, &config, arena, err);
  in->cls = registry_source(spec->registry, in->where.scheme);
  if (in->cls == NULL && rows) return open_rows(in, rows, &config, arena, err);
  if (in->cls == NULL) return unknown_scheme(in, err);
  if (in->plan->reference && in->cls->reference) in->cls = in->cls->reference;
  if (in->cls->live && in->plan->reference)
    return error_set(err, STATUS_CONFIG, in->who, "reference data cannot be read from a live source");
  const Str *sort = where_option(&in->where, "sort");
  in->sort = sort && str_eq_nocase(*sort, STR("true"));
  TRY(binding_format(in->job, &in->where, in->who, &in->format, &in->format_options, err));
  config.format = in->format;
  TRY(in->cls->open(&config, arena, &in->source, err));
  return binding_named(in->format->decoder_open(in->format_options, &in->spec, &in->decoder, err), in->who, err);
}

Status input_open(Job *job, JobInput *in, const PlanInput *plan, Error *err) {
  *in = (JobInput){.job = job, .plan = plan, .last_arrival = TICKS_MIN, .largest_arrival = TICKS_MIN,
                   .largest_read_at = TICKS_MIN};
  pthread_mutex_init(&in->source_lock, NULL);
  in->who = arena_printf(&job->arena, "%s " STR_FMT, plan->reference ? "reference" : "input", STR_ARG(plan->name)).ptr;
  in->binding = binding_find(job->spec->inputs, job->spec->inputs_len, plan->name);
  if (in->binding == NULL) {
    error_set(err, STATUS_CONFIG, in->who, "bound to nothing");
    return error_hint(err, "add %s " STR_FMT "=WHERE", plan->reference ? "--reference" : "--input",
                      STR_ARG(plan->name));
  }
  TRY(binding_named(where_parse(&job->arena, in->binding->where, &in->where, err), in->who, err));
  fill_spec(in, &job->arena);
  return open_source(in, &job->arena, err);
}

void input_close(JobInput *in) {
  if (in->decoder) in->format->decoder_close(in->decoder);
  if (in->source) in->cls->close(in->source);
  if (in->rows) in->rows->cls->close(in->rows);
  message_batch_release(&in->messages);
  buffer_unref(in->piece);
  buffer_unref(in->spare);
  where_release(&in->where);
  reference_rows_release(&in->kept);
  vec_release(&in->entrances);
  for (uint32_t p = 0; p < in->partitions.len; p++) {
    mark_log_release(&in->partitions.items[p].marks);
    mark_log_release(&in->partitions.items[p].moves);
    mem_free(in->partitions.items[p].clocks);
  }
  vec_release(&in->partitions);
  arena_release(&in->names);
  if (in->job) pthread_mutex_destroy(&in->source_lock);
}

void input_rewind(JobInput *in) {
  message_batch_clear(&in->messages);
  in->message_next = 0;
  buffer_unref(in->piece);
  in->piece = NULL;
  in->piece_begin = 0;
  in->piece_cut = in->read_all = false;
  in->file_offset = 0;
  in->blob = (Str){0};
  arena_reset(&in->names);
  if (in->format->next_file) in->format->next_file(in->decoder);
}

/* ---- reading a stream of bytes ---------------------------------------------------------------- */

/* A buffer with the unframed rest of the last piece at its front and room behind. */
static Buffer *next_piece(JobInput *in) {
  size_t rest = in->piece ? in->piece->len - in->piece_begin : 0;
  size_t cap = rest + PIECE_BYTES;
  Buffer *piece = in->spare;
  in->spare = NULL;
  if (piece == NULL || piece->cap < cap || atomic_load(&piece->refs) != 1) {
    buffer_unref(piece);
    piece = buffer_new(cap < 2 * PIECE_BYTES ? 2 * PIECE_BYTES : cap);
  }
  if (rest) memcpy(piece->data, in->piece->data + in->piece_begin, rest);
  piece->len = rest;
  in->spare = in->piece;
  in->piece = piece;
  in->piece_begin = 0;
  return piece;
}

/* Cuts what is left of the piece into messages. */
static void frame_piece(JobInput *in, bool at_end) {
  Buffer *piece = in->piece;
  size_t begin = in->piece_begin;
  message_batch_clear(&in->messages);
  in->message_next = 0;
  in->messages.bytes = buffer_ref(piece);
  in->messages.blob = in->blob;
  in->messages.partition = 0;
  size_t used = in->format->frame(in->decoder, piece->data + begin, piece->len - begin, in->file_offset, at_end,
                                  &in->messages, errors_bad_record, in);
  Message *messages = in->messages.messages.items;
  for (uint32_t i = 0; begin && i < in->messages.messages.len; i++) messages[i].begin += (uint32_t)begin;
  in->piece_begin += used;
  in->file_offset += (int64_t)used;
}

/* Frames the piece; at the end of a file nothing of it is left. */
static void cut_piece(JobInput *in) {
  bool at_end = in->piece_event == SOURCE_FILE_END || in->piece_event == SOURCE_END;
  frame_piece(in, at_end);
  in->piece_cut = true;
  if (at_end) {
    in->piece_begin = in->piece->len;
    in->file_offset = 0;
    if (in->format->next_file) in->format->next_file(in->decoder);
  }
  if (in->piece_event == SOURCE_END) in->read_all = true;
}

static Status read_stream(JobInput *in, int timeout_ms, SourceEvent *event, Error *err) {
  Buffer *piece = next_piece(in);
  size_t got = 0;
  Str blob = in->blob;
  pthread_mutex_lock(&in->source_lock);
  Status status = in->cls->read(in->source, timeout_ms, piece->data + piece->len, piece->cap - piece->len, &got, &blob,
                                event, err);
  if (!str_eq(blob, in->blob)) in->blob = arena_str(&in->names, blob);
  pthread_mutex_unlock(&in->source_lock);
  TRY(status);
  piece->len += got;
  memset(piece->data + piece->len, 0, BUFFER_PADDING);
  atomic_fetch_add(&in->bytes, got);
  if (*event == SOURCE_NOTHING && got == 0) return STATUS_OK;
  in->piece_event = *event;
  in->piece_cut = false;
  *event = SOURCE_DATA;
  return STATUS_OK;
}

/* ---- messages --------------------------------------------------------------------------------- */

static Status read_messages(JobInput *in, int timeout_ms, SourceEvent *event, Error *err) {
  message_batch_clear(&in->messages);
  in->message_next = 0;
  if (in->cls->read) return read_stream(in, timeout_ms, event, err);
  pthread_mutex_lock(&in->source_lock);
  Status status = in->cls->poll(in->source, timeout_ms, &in->messages, event, err);
  pthread_mutex_unlock(&in->source_lock);
  TRY(status);
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < in->messages.messages.len; i++) bytes += in->messages.messages.items[i].len;
  atomic_fetch_add(&in->bytes, bytes);
  if (*event == SOURCE_END) in->read_all = true;
  return STATUS_OK;
}

static bool is_decodable(const Message *message) { return !message->tombstone && !message->damage; }

static void report_damage(JobInput *in, uint32_t index) {
  const Message *message = &in->messages.messages.items[index];
  BadRecord bad = {.message = index, .bytes = {in->messages.bytes->data + message->begin, message->len}};
  snprintf(bad.reason, sizeof bad.reason, "%s", message->damage);
  errors_bad_record(in, &bad);
}

/* Counts the messages in front that are not for the decoder. */
static void skip_undecodable(JobInput *in) {
  uint32_t tombstones = 0;
  for (; in->message_next < in->messages.messages.len; in->message_next++) {
    const Message *message = &in->messages.messages.items[in->message_next];
    if (is_decodable(message)) break;
    if (message->tombstone) tombstones++;
    else report_damage(in, in->message_next);
  }
  if (tombstones) quarantine_count(in->job->quarantine, QUARANTINE_TOMBSTONE, tombstones);
  atomic_fetch_add(&in->tombstones, tombstones);
}

/* The next run of messages to decode: [*first, *first + count). */
static uint32_t next_run(JobInput *in, uint32_t *first) {
  const Message *messages = in->messages.messages.items;
  skip_undecodable(in);
  *first = in->message_next;
  uint32_t len = in->messages.messages.len, most = in->job->ctx.batch_rows, count = 0;
  while (*first + count < len && count < most && is_decodable(&messages[*first + count])) count++;
  in->message_next += count;
  return count;
}

/* ---- decoded batches -------------------------------------------------------------------------- */

static Column *constant_of(Value value, uint32_t rows) { return column_constant(&value, rows, true); }

static int partition_number(JobInput *in, uint32_t partition) {
  PartitionState state = {0};
  pthread_mutex_lock(&in->source_lock);
  if (in->source) in->cls->partition_state(in->source, partition, &state);
  pthread_mutex_unlock(&in->source_lock);
  return state.number;
}

/* What differs from message to message; only streams have it. */
static bool is_of_message(InputColumnKind kind) {
  return kind == INPUT_EVENT_ID || kind == INPUT_OFFSET || kind == INPUT_KEY || kind == INPUT_HEADERS;
}

static Column *meta_column(JobInput *in, InputColumnKind kind, uint32_t rows, uint32_t partition) {
  switch (kind) {
    case INPUT_PROCESSED: return constant_of(value_datetime(clock_wall(in->job->clock)), rows);
    case INPUT_PARTITION: return constant_of(value_bigint(partition_number(in, partition)), rows);
    case INPUT_BLOB: return in->blob.len ? constant_of(value_text(in->blob), rows) : column_new(COL_NULL, rows);
    case INPUT_FIELD:
    case INPUT_PAYLOAD:
    case INPUT_ARRIVAL:
    case INPUT_EVENT_ID:
    case INPUT_OFFSET:
    case INPUT_KEY:
    case INPUT_HEADERS: break; /* differ by row: fill_arrival_columns, fill_message_columns */
  }
  return column_new(COL_NULL, rows);
}

/* Records and arrays as the compatibility level sees what is in them. */
static Column *at_level(const JobInput *in, Column *col) {
  int compat = in->job->plan->compat;
  bool inside = col->layout == COL_RECORD || col->layout == COL_ARRAY || col->layout == COL_MIXED;
  if (compat >= 12 || !inside) return column_ref(col);
  ColumnBuilder builder;
  StrBuf text = {0};
  column_builder_init(&builder, col->rows, true);
  for (uint32_t i = 0; i < col->rows; i++) {
    Value value = column_get(col, i);
    strbuf_clear(&text);
    if (value.type == TYPE_RECORD || value.type == TYPE_ARRAY) {
      json_put_at_level(&text, text_str(&value.text), compat);
      value.text = text_from(strbuf_str(&text));
    }
    if (value.type != TYPE_NULL) column_builder_put(&builder, i, &value);
  }
  strbuf_release(&text);
  return column_builder_finish(&builder);
}

Batch *input_batch(JobInput *in, DecodedBatch *decoded, uint32_t partition) {
  const PlanInput *plan = in->plan;
  Batch *batch = batch_new(decoded->rows, plan->cols_len);
  for (uint32_t i = 0; i < plan->cols_len; i++) {
    if (plan->kinds[i] == INPUT_FIELD) batch->cols[i] = at_level(in, decoded->cols[plan->field_of[i]]);
    else if (plan->kinds[i] == INPUT_PAYLOAD && decoded->payload) batch->cols[i] = at_level(in, decoded->payload);
    else if (plan->kinds[i] != INPUT_ARRIVAL && !is_of_message(plan->kinds[i]))
      batch->cols[i] = meta_column(in, plan->kinds[i], decoded->rows, partition);
  }
  if (decoded->payload) batch->payload = column_ref(decoded->payload);
  return batch;
}

/* Rows decoded from messages, or (messages NULL) from the lines that begin at `offset` in the file. */
typedef struct DecodedRun {
  DecodedBatch   rows;
  const Message *messages;
  int64_t        offset;
} DecodedRun;

static Column *offsets_of(const DecodedRun *run) {
  Column *offsets = column_new(COL_BIGINT, run->rows.rows);
  const uint32_t *message = run->rows.message;
  for (uint32_t i = 0; i < run->rows.rows; i++)
    column_i64(offsets)[i] = run->messages ? run->messages[message[i]].offset : run->offset + message[i];
  return offsets;
}

/* Of a misspelt field nothing but late or early events would be seen. */
static void tell_no_arrival(JobInput *in, const DecodedRun *run, uint32_t row) {
  const JobBinding *binding = in->binding;
  int64_t offset = run->messages ? run->messages[run->rows.message[row]].offset : run->offset + run->rows.message[row];
  in->arrival_told = true;
  job_notice(in->job, "warning: input " STR_FMT ": the event at offset %lld has no time in the arrival field `" STR_FMT
             "`; such events arrive with the one before", STR_ARG(binding->name), (long long)offset,
             STR_ARG(binding->arrival_field));
}

/* The arrival of each row: the transport's, else the recorded field's, else unknown (NULL). */
static Column *arrivals_of(JobInput *in, const DecodedRun *run) {
  const DecodedBatch *decoded = &run->rows;
  bool recorded = in->binding->arrival_field.len > 0;
  if (!recorded && !in->cls->live) return NULL;
  Column *arrivals = column_new(COL_DATETIME, decoded->rows);
  Ticks now = clock_wall(in->job->clock);
  const Column *field = recorded ? decoded->cols[in->plan->fields_len] : NULL;
  for (uint32_t i = 0; i < decoded->rows; i++) {
    Ticks t = run->messages ? run->messages[decoded->message[i]].arrival : TICKS_MIN;
    if (field) {
      Value value = column_get(field, i);
      bool known = value_to_ticks(&value, &t);
      if (!known) t = in->last_arrival == TICKS_MIN ? in->job->started : in->last_arrival;
      if (!known && !in->arrival_told) tell_no_arrival(in, run, i);
    }
    if (t == TICKS_MIN) t = now;
    column_i64(arrivals)[i] = in->last_arrival = t;
  }
  return arrivals;
}

/* ---- what the transport knows of each row ----------------------------------------------------- */

/* "partition:offset", in files "name:offset"; a message with several rows numbers those behind its first. */
static void put_event_ids(const JobInput *in, const DecodedRun *run, int partition, const Column *offsets,
                          ColumnBuilder *out) {
  StrBuf text = {0};
  uint32_t nth = 0;
  for (uint32_t i = 0; i < run->rows.rows; i++) {
    nth = i && run->messages && run->rows.message[i] == run->rows.message[i - 1] ? nth + 1 : 0;
    strbuf_clear(&text);
    if (in->blob.len) strbuf_put_str(&text, in->blob);
    else strbuf_printf(&text, "%d", partition);
    strbuf_printf(&text, ":%lld", (long long)column_i64(offsets)[i]);
    if (nth) strbuf_printf(&text, ":%u", nth);
    Value value = value_text(strbuf_str(&text));
    column_builder_put(out, i, &value);
  }
  strbuf_release(&text);
}

static void put_message_texts(const JobInput *in, const DecodedRun *run, bool headers, ColumnBuilder *out) {
  for (uint32_t i = 0; run->messages && i < run->rows.rows; i++) {
    const Message *message = &run->messages[run->rows.message[i]];
    uint32_t begin = headers ? message->headers_begin : message->key_begin;
    Str text = {in->messages.bytes->data + begin, headers ? message->headers_len : message->key_len};
    Value value = headers ? value_json(TYPE_RECORD, text) : value_text(text);
    if (text.len && utf8_invalid_at(text) == text.len) column_builder_put(out, i, &value);
  }
}

static Column *message_column(JobInput *in, const DecodedRun *run, InputColumnKind kind, int number,
                              const Column *offsets) {
  ColumnBuilder builder;
  column_builder_init(&builder, run->rows.rows, true);
  if (kind == INPUT_EVENT_ID) put_event_ids(in, run, number, offsets, &builder);
  else put_message_texts(in, run, kind == INPUT_HEADERS, &builder);
  return column_builder_finish(&builder);
}

static void fill_message_columns(JobInput *in, Batch *batch, const DecodedRun *run, uint32_t partition) {
  for (uint32_t i = 0; i < in->plan->cols_len; i++) {
    InputColumnKind kind = in->plan->kinds[i];
    if (!is_of_message(kind)) continue;
    int number = kind == INPUT_EVENT_ID ? partition_number(in, partition) : 0;
    batch->cols[i] = kind == INPUT_OFFSET ? column_ref(batch->offset)
                                          : message_column(in, run, kind, number, batch->offset);
  }
}

static void fill_arrival_columns(JobInput *in, Batch *batch, const Column *arrival) {
  for (uint32_t i = 0; i < in->plan->cols_len; i++) {
    if (in->plan->kinds[i] != INPUT_ARRIVAL) continue;
    batch->cols[i] =
        arrival ? column_ref((Column *)arrival) : constant_of(value_datetime(in->job->started), batch->rows);
  }
}

static Ticks largest_of(const Column *arrival) {
  Ticks largest = TICKS_MIN;
  for (uint32_t i = 0; arrival && i < arrival->rows; i++)
    if (column_i64(arrival)[i] > largest) largest = column_i64(arrival)[i];
  return largest;
}

/* Makes the batch of the rows, which it gives back; [first, next) are the offsets they stand for. */
static void finish_run(JobInput *in, DecodedRun *run, int64_t first, int64_t next, InputBatch *out) {
  uint32_t partition = in->messages.partition;
  *out = (InputBatch){.batch = input_batch(in, &run->rows, partition), .partition = partition, .first = first,
                      .next = next, .largest_arrival = TICKS_MIN, .blob = in->blob,
                      .read_at = clock_wall(in->job->clock)};
  out->batch->offset = offsets_of(run);
  out->arrival = arrivals_of(in, run);
  out->largest_arrival = largest_of(out->arrival);
  fill_arrival_columns(in, out->batch, out->arrival);
  fill_message_columns(in, out->batch, run, partition);
  decoded_batch_release(&run->rows);
}

static void decode_run(JobInput *in, uint32_t first, uint32_t count, InputBatch *out) {
  const Message *messages = in->messages.messages.items;
  DecodedRun run = {.messages = messages};
  in->format->decode(in->decoder, &in->messages, first, count, &run.rows, errors_bad_record, in);
  finish_run(in, &run, messages[first].offset, messages[first + count - 1].offset + 1, out);
}

/* Clean lines at the front of the piece; false when there are none. */
static bool decode_lines(JobInput *in, InputBatch *out) {
  DecodedRun run = {.offset = in->file_offset};
  if (in->format->decode_lines == NULL) return false;
  size_t used = in->format->decode_lines(in->decoder, in->piece, in->piece_begin, in->job->ctx.batch_rows, &run.rows);
  if (used == 0) return false;
  in->messages.partition = 0;
  in->piece_begin += used;
  in->file_offset += (int64_t)used;
  int64_t last = run.offset + run.rows.message[run.rows.rows - 1];
  finish_run(in, &run, run.offset + run.rows.message[0], last + 1, out);
  return true;
}

/* What the source says of its partitions now. Only when nothing is left to deliver is an end an end. */
static void look_at_partitions(JobInput *in, InputBatch *out, bool quiet) {
  pthread_mutex_lock(&in->source_lock);
  out->partitions = in->cls->partitions(in->source);
  if (in->cls->live) out->at_end = mem_zalloc(out->partitions + 1);
  for (unsigned p = 0; in->cls->live && p < out->partitions; p++) {
    PartitionState state = {0};
    in->cls->partition_state(in->source, p, &state);
    if (quiet) out->at_end[p] = state.finished ? PARTITION_FINISHED : state.at_end ? PARTITION_AT_END : PARTITION_OPEN;
  }
  pthread_mutex_unlock(&in->source_lock);
}

/* Rows of what has been read; false when there are none. */
static bool next_rows(JobInput *in, InputBatch *out) {
  for (;;) {
    uint32_t first, count = next_run(in, &first);
    if (count > 0) {
      decode_run(in, first, count, out);
      return true;
    }
    if (in->piece == NULL || in->piece_cut) return false;
    if (decode_lines(in, out)) return true;
    cut_piece(in);
  }
}

Status input_next(JobInput *in, int timeout_ms, InputBatch *out, SourceEvent *event, Error *err) {
  *event = SOURCE_DATA;
  for (;;) {
    if (next_rows(in, out)) {
      look_at_partitions(in, out, false);
      return STATUS_OK;
    }
    if (in->read_all) {
      *event = SOURCE_END;
      return STATUS_OK;
    }
    TRY(read_messages(in, timeout_ms, event, err));
    if (*event == SOURCE_NOTHING) {
      look_at_partitions(in, out, true);
      return STATUS_OK;
    }
    if (*event == SOURCE_FILE_END) *event = SOURCE_DATA;
  }
}

void input_batch_release(InputBatch *item) {
  batch_unref(item->batch);
  column_unref(item->arrival);
  mem_free(item->at_end);
}
