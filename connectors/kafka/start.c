/* start.c: see start.h. */
#include "connectors/kafka/start.h"

#define EPOCH_MS INT64_C(62135596800000) /* 1970-01-01 counted from 0001-01-01, in milliseconds */

bool kafka_ticks_from_ms(int64_t ms, Ticks *out) {
  if (ms < -EPOCH_MS || ms > TICKS_LAST / TICKS_PER_MILLISECOND - EPOCH_MS) return false;
  *out = (ms + EPOCH_MS) * TICKS_PER_MILLISECOND;
  return true;
}

int64_t kafka_ms_from_ticks(Ticks ticks) { return ticks / TICKS_PER_MILLISECOND - EPOCH_MS; }

Status kafka_start_parse(Str text, const char *who, KafkaStart *out, Error *err) {
  *out = (KafkaStart){.time = TICKS_MIN};
  if (str_eq_nocase(text, STR("earliest"))) out->kind = START_EARLIEST;
  else if (str_eq_nocase(text, STR("latest")) || str_eq_nocase(text, STR("now"))) out->kind = START_NOW;
  else if (str_eq_nocase(text, STR("committed"))) out->kind = START_COMMITTED;
  else if (datetime_parse(text.ptr, text.len, &out->time)) out->kind = START_TIME;
  if (out->kind != START_DEFAULT) return STATUS_OK;
  error_set(err, STATUS_CONFIG, who, "start=" STR_FMT " is no place to start", STR_ARG(text));
  return error_hint(err, "earliest, latest, committed, or an instant such as 2026-01-01T00:00:00Z");
}

static Status failed(KafkaClient *client, int32_t partition, const char *what, rd_kafka_resp_err_t code, Error *err) {
  error_set(err, STATUS_WORLD, client->who, "cannot find the %s of partition %d of topic %s on %s: %s", what, partition,
            client->target.topic.ptr, client->target.hosts.ptr, rd_kafka_err2str(code));
  if (err) err->retriable = kafka_error_is_transient(code);
  return STATUS_WORLD;
}

/* Asks one thing about one partition; `ask` fills the offset of the list's only element, and perhaps its note. */
typedef rd_kafka_resp_err_t AskFn(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms);

static Status ask_offset(KafkaClient *client, AskFn *ask, const char *what, int32_t partition, int timeout_ms,
                         Arena *arena, KafkaPosition *at, Error *err) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, client->target.topic.ptr, partition)->offset = at->offset;
  rd_kafka_resp_err_t code = ask(client->rk, list, timeout_ms);
  const rd_kafka_topic_partition_t *answer = &list->elems[0];
  if (!code) code = answer->err;
  at->offset = answer->offset;
  if (!code && answer->metadata_size) at->note = arena_str(arena, (Str){answer->metadata, answer->metadata_size});
  rd_kafka_topic_partition_list_destroy(list);
  return code ? failed(client, partition, what, code, err) : STATUS_OK;
}

static Status check_committed(KafkaClient *client, const char *group, int32_t partition, int64_t committed, int64_t low,
                              int64_t high, Error *err) {
  if (committed >= low && committed <= high) return STATUS_OK;
  error_set(err, STATUS_WORLD, client->who,
            "group %s stands at offset %lld of partition %d of topic %s, but the broker holds offsets %lld to %lld",
            group, (long long)committed, partition, client->target.topic.ptr, (long long)low, (long long)high);
  if (committed > high) return error_hint(err, "the topic was made anew; --start earliest reads it from its beginning");
  return error_hint(err, "the broker has deleted %lld records unread; --start earliest goes on with what is left",
                    (long long)(low - committed));
}

static Status committed_offset(KafkaClient *client, const char *group, int32_t partition, int timeout_ms, Arena *arena,
                               const int64_t range[2], KafkaPosition *out, Error *err) {
  KafkaPosition at = {.offset = RD_KAFKA_OFFSET_INVALID};
  TRY(ask_offset(client, rd_kafka_committed, "committed offset", partition, timeout_ms, arena, &at, err));
  if (at.offset < 0) return STATUS_OK;
  *out = (KafkaPosition){.offset = at.offset, .skip_before = TICKS_MIN, .committed = true, .note = at.note};
  return check_committed(client, group, partition, at.offset, range[0], range[1], err);
}

static Status offset_of_time(KafkaClient *client, Ticks time, int32_t partition, int timeout_ms, Arena *arena,
                             int64_t high, KafkaPosition *out, Error *err) {
  if (client->target.embedded) {
    out->skip_before = time;
    return STATUS_OK;
  }
  int64_t ms = kafka_ms_from_ticks(time);
  out->offset = ms > 0 ? ms : 0;
  TRY(ask_offset(client, rd_kafka_offsets_for_times, "first record of that time", partition, timeout_ms, arena, out,
                 err));
  if (out->offset < 0) out->offset = high;
  return STATUS_OK;
}

Status kafka_start_offset(KafkaClient *client, const KafkaStart *start, const char *group, int32_t partition,
                          int timeout_ms, Arena *arena, KafkaPosition *out, Error *err) {
  int64_t range[2];
  rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client->rk, client->target.topic.ptr, partition,
                                                              &range[0], &range[1], timeout_ms);
  if (code) return failed(client, partition, "offsets", code, err);
  *out = (KafkaPosition){.offset = start->kind == START_NOW ? range[1] : range[0], .skip_before = TICKS_MIN};
  if (start->kind == START_COMMITTED)
    return committed_offset(client, group, partition, timeout_ms, arena, range, out, err);
  if (start->kind != START_TIME) return STATUS_OK;
  return offset_of_time(client, start->time, partition, timeout_ms, arena, range[1], out, err);
}
