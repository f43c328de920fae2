/* cmd_record.c: `weir record`: takes events off a live source and keeps them in a file that `weir run` and `weir test`
** replay. Nothing is committed: the group of the job that reads the same topic does not notice. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/job_options.h"
#include "cli/record_line.h"
#include "cli/signals.h"
#include "cli/term.h"
#include "connectors/registry.h"

enum { POLL_MS = 100 };
#define RECORD_GROUP "weir-record"

typedef struct RecordOptions {
  const char *input, *out, *start, *bind;
  ArgNumber   events;
  ArgDuration duration, idle;
} RecordOptions;

typedef struct Recording {
  const RecordOptions *options;
  Arena    arena;
  Where    where;
  const SourceClass *cls;
  Source  *source;
  FILE    *file;
  MessageBatch messages;
  StrBuf   text;
  uint64_t events, damaged, tombstones;
  int64_t  began_ns, last_ns; /* when it began; when the last event came */
} Recording;

static volatile sig_atomic_t stopped;

static void stop(void *context) { stopped = 1; }

/* ---- what to record --------------------------------------------------------------------------- */

static void put_inputs(const DescBindings *inputs, Error *err) {
  StrBuf list = {0};
  for (uint32_t i = 0; i < inputs->len; i++)
    strbuf_printf(&list, "%s`" STR_FMT "`", i ? ", " : "", STR_ARG(inputs->items[i].name));
  if (inputs->len) error_hint(err, "its inputs are %s", list.ptr);
  strbuf_release(&list);
}

/* Of a project or a job: what its description says of the input, mock or not. */
static Status where_of_project(Recording *recording, const char *path, Str *out, Error *err) {
  const RecordOptions *given = recording->options;
  JobSetup setup;
  JobOptions options = {.bind = given->bind};
  Status status = job_setup(&setup, &options, path, connectors_registry(), err);
  const DescBinding *input = status == STATUS_OK && given->input
      ? desc_find(&setup.desc.inputs, str_from(given->input)) : NULL;
  if (status == STATUS_OK && given->input == NULL) {
    status = error_set(err, STATUS_CONFIG, "", "`%s` has inputs of its own", path);
    error_hint(err, "say which one is recorded: --input NAME");
  } else if (status == STATUS_OK && input == NULL) {
    status = error_set(err, STATUS_CONFIG, "", "`%s` has no input `%s`", path, given->input);
    put_inputs(&setup.desc.inputs, err);
  } else if (status == STATUS_OK && (input->where.len == 0 || input->mock)) {
    status = error_set(err, STATUS_CONFIG, "", "input " STR_FMT " is not live: " STR_FMT, STR_ARG(input->name),
                       STR_ARG(input->problem));
    error_hint(err, "complete its settings, or name the topic itself: weir record kafka://HOST:9092/TOPIC --out FILE");
  } else if (status == STATUS_OK) {
    *out = arena_str(&recording->arena, input->where);
  }
  job_setup_release(&setup);
  return status;
}

static bool is_described(const char *word) {
  return strstr(word, "://") == NULL && path_kind(word) != PATH_QUERY;
}

static Status check_source(Recording *recording, Error *err) {
  const Where *where = &recording->where;
  recording->cls = registry_source(connectors_registry(), where->scheme);
  if (recording->cls == NULL || recording->cls->poll == NULL) {
    error_set(err, STATUS_CONFIG, "", "`" STR_FMT "` is not a live source: only messages are recorded",
              STR_ARG(where->printable));
    return error_hint(err, "for example weir record 'kafka://localhost:9092/toll' --out toll.json --events 1000");
  }
  const Str *format = where_option(where, "format");
  if (format == NULL || str_eq_nocase(*format, STR("json"))) return STATUS_OK;
  return error_set(err, STATUS_CONFIG, "", "events of format " STR_FMT " cannot be recorded: JSON ones can",
                   STR_ARG(*format));
}

static Status open_source(Recording *recording, const char *word, Error *err) {
  Str text = str_from(word);
  if (is_described(word)) TRY(where_of_project(recording, word, &text, err));
  TRY(where_parse(&recording->arena, text, &recording->where, err));
  TRY(check_source(recording, err));
  SourceConfig config = {.job = RECORD_GROUP, .who = "record", .where = &recording->where, .headers = true,
                         .format = registry_format(connectors_registry(), STR("json"))};
  const char *start = recording->options->start;
  if (start) TRY(job_start_parse(start, &config.start, &config.start_time, err));
  return recording->cls->open(&config, &recording->arena, &recording->source, err);
}

/* ---- recording -------------------------------------------------------------------------------- */

static Status cannot_write(const Recording *recording, Error *err) {
  return error_set(err, STATUS_WORLD, "", "cannot write `%s`: %s", recording->options->out, strerror(errno));
}

static Status open_file(Recording *recording, Error *err) {
  bool to_stdout = strcmp(recording->options->out, "-") == 0;
  recording->file = to_stdout ? stdout : fopen(recording->options->out, "wb");
  return recording->file ? STATUS_OK : cannot_write(recording, err);
}

static bool is_enough(const Recording *recording) {
  const RecordOptions *given = recording->options;
  int64_t now = clock_monotonic_ns();
  if (stopped || (given->events.given && recording->events >= (uint64_t)given->events.value)) return true;
  if (given->duration.given && now - recording->began_ns >= given->duration.ticks * 100) return true;
  return given->idle.given && now - recording->last_ns >= given->idle.ticks * 100;
}

static void keep_message(Recording *recording, const Message *message) {
  const char *bytes = (const char *)recording->messages.bytes->data;
  PartitionState state;
  recording->cls->partition_state(recording->source, recording->messages.partition, &state);
  RecordedMessage kept = {
    .payload = {bytes + message->begin, message->len}, .key = {bytes + message->key_begin, message->key_len},
    .headers = {bytes + message->headers_begin, message->headers_len}, .partition = state.number,
    .arrival = message->arrival == TICKS_MIN ? clock_wall(NULL) : message->arrival};
  bool whole = true;
  recording->events += record_line_put(&kept, &recording->text, &whole);
  recording->damaged += !whole;
}

static Status keep_batch(Recording *recording, Error *err) {
  strbuf_clear(&recording->text);
  for (uint32_t i = 0; i < recording->messages.messages.len && !is_enough(recording); i++) {
    const Message *message = &recording->messages.messages.items[i];
    if (message->tombstone) recording->tombstones++;
    else keep_message(recording, message);
  }
  recording->last_ns = clock_monotonic_ns();
  size_t len = recording->text.len;
  bool written = fwrite(strbuf_str(&recording->text).ptr, 1, len, recording->file) == len;
  written = fflush(recording->file) == 0 && written;
  return written ? STATUS_OK : cannot_write(recording, err);
}

static Status record(Recording *recording, Error *err) {
  SourceEvent event = SOURCE_NOTHING;
  recording->began_ns = recording->last_ns = clock_monotonic_ns();
  while (event != SOURCE_END && !is_enough(recording)) {
    message_batch_clear(&recording->messages);
    TRY(recording->cls->poll(recording->source, POLL_MS, &recording->messages, &event, err));
    if (recording->messages.messages.len) TRY(keep_batch(recording, err));
  }
  return STATUS_OK;
}

/* ---- the command ------------------------------------------------------------------------------ */

static void tell(const Recording *recording) {
  const char *out = recording->options->out;
  unsigned partitions = recording->cls->partitions(recording->source);
  double seconds = (double)(clock_monotonic_ns() - recording->began_ns) / 1e9;
  term_note("%llu event%s of %u partition%s in %.1f s kept in %s", (unsigned long long)recording->events,
            recording->events == 1 ? "" : "s", partitions, partitions == 1 ? "" : "s", seconds, out);
  if (recording->damaged)
    term_warning("%llu of them are no JSON objects: kept as they came", (unsigned long long)recording->damaged);
  if (recording->tombstones)
    term_note("%llu message%s without a value left out", (unsigned long long)recording->tombstones,
              recording->tombstones == 1 ? "" : "s");
  if (recording->events && strcmp(out, "-") != 0)
    term_note("replay: weir run QUERY.asaql --input NAME=%s --arrival NAME=EventEnqueuedUtcTime", out);
}

static Status check_options(const RecordOptions *given, Error *err) {
  if (given->out == NULL) {
    error_set(err, STATUS_CONFIG, "", "--out is missing: the file that the events go to");
    return error_hint(err, "write --out FILE, or --out - for stdout");
  }
  if (given->events.given && given->events.value == 0) {
    error_set(err, STATUS_CONFIG, "", "--events 0 records nothing");
    return error_hint(err, "for example --events 1000");
  }
  if (given->events.given || given->duration.given || given->idle.given) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "nothing says when the recording ends");
  return error_hint(err, "write --events N, --for DURATION or --until-idle DURATION; Ctrl-C ends it sooner");
}

static Status run(Recording *recording, const char *word, Error *err) {
  TRY(check_options(recording->options, err));
  signals_open(false);
  TRY(open_source(recording, word, err));
  TRY(open_file(recording, err));
  signals_run(stop, NULL);
  TRY(record(recording, err));
  tell(recording);
  return STATUS_OK;
}

static int run_record(const void *options, const ArgTexts *words) {
  Recording recording = {.options = options};
  Error err = {0};
  arena_init(&recording.arena);
  Status status = run(&recording, words->items[0], &err);
  if (recording.file && recording.file != stdout && fclose(recording.file) != 0 && status == STATUS_OK)
    status = cannot_write(&recording, &err);
  if (recording.source) recording.cls->close(recording.source);
  message_batch_release(&recording.messages);
  strbuf_release(&recording.text);
  where_release(&recording.where);
  arena_release(&recording.arena);
  return status == STATUS_OK ? 0 : term_error(&err);
}

#define AT(member) offsetof(RecordOptions, member)
static const ArgDef args[] = {
  {"out", ARG_TEXT, AT(out), "FILE", .doc = "the file that the events go to, one a line; - is stdout"},
  {"events", ARG_NUMBER, AT(events), "N", .doc = "ends after so many events"},
  {"for", ARG_DURATION, AT(duration), "DURATION", .doc = "ends after this long"},
  {"until-idle", ARG_DURATION, AT(idle), "DURATION", .doc = "ends after this long without an event"},
  {"start", ARG_TEXT, AT(start), "now|earliest|TIME", .doc = "where to begin (default now)"},
  {"input", ARG_TEXT, AT(input), "NAME", .doc = "of a project or job: the input to record"},
  ARG_BIND(AT(bind)),
  {0},
};

const Command cmd_record = {
  .name = "record",
  .usage = "WHERE|PROJECT|JOB.json --out FILE [--events N] [--for DURATION] [option]...",
  .summary = "keep events of a live input in a file that run and test replay",
  .details = "Each event is a line: as it came, and behind its own fields EventEnqueuedUtcTime (when it arrived),\n"
             "PartitionId, and EventKey and EventHeaders where it has them. Replay: --input NAME=FILE\n"
             "--arrival NAME=EventEnqueuedUtcTime. The offsets of the group that reads the topic stay as they are.",
  .examples = "weir record 'kafka://localhost:9092/toll' --out toll.json --events 1000\n"
              "weir record my-project --input toll --out data/toll.json --for 10m",
  .args = args,
  .options_bytes = sizeof(RecordOptions),
  .words = "what to record: kafka://HOST:9092/TOPIC, a project or a job file",
  .words_min = 1,
  .words_max = 1,
  .run = run_record,
};
