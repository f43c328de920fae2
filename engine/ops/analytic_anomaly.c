/* analytic_anomaly.c: AnomalyDetection_SpikeAndDip and AnomalyDetection_ChangePoint.
**
** A key keeps a history: the newest `history` numbers that counted and are younger than the duration, in the order in
** which they came (who leaves next) and sorted (what the arithmetic of functions/anomaly.h reads). A row is judged by
** the history without it and joins it afterwards. After a change point the history begins anew: what came before is no
** longer what is normal. A NULL and a row that does not count have no answer and leave no trace. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "functions/anomaly.h"
#include "ops/analytic.h"
#include "types/number.h"

typedef struct AnomalyState {
  Ticks   *times;      /* a ring, oldest at `head` */
  double  *values;     /* beside times */
  double  *sorted;
  uint32_t head, len, cap;
  uint32_t unused[3];  /* keeps the size a multiple of 16 */
} AnomalyState;

typedef struct ChangeState {
  AnomalyState history;
  ChangeScore  score;
  int64_t      unused; /* keeps the size a multiple of 16 */
} ChangeState;

_Static_assert(sizeof(AnomalyState) % 16 == 0 && sizeof(ChangeState) % 16 == 0, "states are laid out in 16 bytes");

static size_t spike_bytes(const AnalyticCall *call) {
  (void)call;
  return sizeof(AnomalyState);
}

static size_t change_bytes(const AnalyticCall *call) {
  (void)call;
  return sizeof(ChangeState);
}

/* ---- the history ------------------------------------------------------------------------------ */

static uint32_t ring_at(const AnomalyState *state, uint32_t i) {
  uint32_t at = state->head + i;
  return at < state->cap ? at : at - state->cap;
}

static void grow(AnomalyState *state, uint32_t most) {
  uint32_t cap = state->cap ? state->cap * 2 : 4;
  if (cap > most) cap = most;
  Ticks *times = mem_alloc(mem_mul(cap, sizeof *times));
  double *values = mem_alloc(mem_mul(cap, sizeof *values));
  for (uint32_t i = 0; i < state->len; i++) {
    times[i] = state->times[ring_at(state, i)];
    values[i] = state->values[ring_at(state, i)];
  }
  mem_free(state->times);
  mem_free(state->values);
  state->times = times;
  state->values = values;
  state->sorted = mem_realloc(state->sorted, mem_mul(cap, sizeof *state->sorted));
  state->head = 0;
  state->cap = cap;
}

static void forget_oldest(AnomalyState *state) {
  uint32_t at = sorted_lower(state->sorted, state->len, state->values[state->head]);
  memmove(state->sorted + at, state->sorted + at + 1, (state->len - at - 1) * sizeof *state->sorted);
  state->head = ring_at(state, 1);
  state->len--;
}

static void forget(AnomalyState *state, Ticks until) {
  while (state->len && state->times[state->head] <= until) forget_oldest(state);
}

static void forget_all(AnomalyState *state) { state->head = state->len = 0; }

static void remember(AnomalyState *state, Ticks time, double value, uint32_t most) {
  if (state->len == most) forget_oldest(state);
  if (state->len == state->cap) grow(state, most);
  uint32_t end = ring_at(state, state->len), at = sorted_upper(state->sorted, state->len, value);
  state->times[end] = time;
  state->values[end] = value;
  memmove(state->sorted + at + 1, state->sorted + at, (state->len - at) * sizeof *state->sorted);
  state->sorted[at] = value;
  state->len++;
}

/* ---- rows ------------------------------------------------------------------------------------- */

static void put_record(bool anomaly, double score, uint32_t row, ColumnBuilder *out) {
  char text[64 + NUMBER_TEXT_MAX];
  size_t len = (size_t)snprintf(text, sizeof text, "{\"IsAnomaly\":%d,\"Score\":", anomaly);
  len += float_print(score, true, text + len);
  text[len++] = '}';
  Value record = value_json(TYPE_RECORD, (Str){text, (uint32_t)len});
  column_builder_put(out, row, &record);
}

/* 1: there is a number; 0: no answer; -1: the row fails. */
static int number_of(const AnalyticFrame *frame, const AnalyticRow *row, double *number) {
  Value value = column_get(frame->args[0], row->row);
  if (!row->counts || value.type == TYPE_NULL) return 0;
  if (value.type == TYPE_BIGINT || value.type == TYPE_FLOAT || value.type == TYPE_BIT) {
    *number = value_as_double(&value);
    return 1;
  }
  fn_fail(frame->scratch, "the values looked at must be numbers, and this one is %s", type_name(value.type));
  return -1;
}

static bool spike_row(const AnalyticFrame *frame, void *bytes, const AnalyticRow *row, ColumnBuilder *out) {
  AnomalyState *state = bytes;
  const AnomalyParams *params = &frame->call->anomaly;
  double value;
  forget(state, row->time - frame->call->duration);
  int found = number_of(frame, row, &value);
  if (found <= 0) return found == 0;
  double p = anomaly_p_value(state->sorted, state->len, value, params->mode);
  uint32_t warm_up = params->history < ANOMALY_WARM_UP ? params->history : ANOMALY_WARM_UP;
  put_record(state->len >= warm_up && p < 1 - params->confidence / 100, p, row->row, out);
  remember(state, row->time, value, params->history);
  return true;
}

static bool change_row(const AnalyticFrame *frame, void *bytes, const AnalyticRow *row, ColumnBuilder *out) {
  ChangeState *state = bytes;
  AnomalyState *history = &state->history;
  const AnomalyParams *params = &frame->call->anomaly;
  double value;
  forget(history, row->time - frame->call->duration);
  int found = number_of(frame, row, &value);
  if (found <= 0) return found == 0;
  double score = change_score_add(&state->score, history->sorted, history->len, value, params->history);
  bool changed = params->confidence < 100 && score >= 1 / (1 - params->confidence / 100);
  put_record(changed, score, row->row, out);
  if (changed) {
    forget_all(history);
    memset(&state->score, 0, sizeof state->score);
  }
  remember(history, row->time, value, params->history);
  return true;
}

/* ---- state ------------------------------------------------------------------------------------ */

static void history_release(const AnalyticFrame *frame, void *bytes) {
  (void)frame;
  AnomalyState *state = bytes;
  mem_free(state->times);
  mem_free(state->values);
  mem_free(state->sorted);
}

static void history_save(const AnalyticFrame *frame, const void *bytes, ByteWriter *out) {
  (void)frame;
  const AnomalyState *state = bytes;
  put_u32(out, state->len);
  for (uint32_t i = 0; i < state->len; i++) {
    put_i64(out, state->times[ring_at(state, i)]);
    put_f64(out, state->values[ring_at(state, i)]);
  }
}

static void history_load(const AnalyticFrame *frame, void *bytes, ByteReader *in) {
  uint32_t len = get_u32(in);
  if (len > frame->call->anomaly.history) in->bad = true;
  for (uint32_t i = 0; i < len && !in->bad; i++) {
    Ticks time = get_i64(in);
    double value = get_f64(in);
    if (!isfinite(value)) in->bad = true;
    else remember(bytes, time, value, frame->call->anomaly.history);
  }
}

static void change_save(const AnalyticFrame *frame, const void *bytes, ByteWriter *out) {
  const ChangeState *state = bytes;
  history_save(frame, &state->history, out);
  for (int side = 0; side < CHANGE_SIDES; side++)
    for (int i = 0; i < CHANGE_BETS; i++) put_f64(out, state->score.sums[side][i]);
}

static void change_load(const AnalyticFrame *frame, void *bytes, ByteReader *in) {
  ChangeState *state = bytes;
  history_load(frame, &state->history, in);
  for (int side = 0; side < CHANGE_SIDES; side++)
    for (int i = 0; i < CHANGE_BETS; i++) state->score.sums[side][i] = get_f64(in);
}

/* ---- tables ----------------------------------------------------------------------------------- */

const AnalyticClass analytic_spike_and_dip = {
  .kind = ANALYTIC_SPIKE_AND_DIP, .bytes = spike_bytes, .row = spike_row,
  .release = history_release, .save = history_save, .load = history_load,
};

const AnalyticClass analytic_change_point = {
  .kind = ANALYTIC_CHANGE_POINT, .bytes = change_bytes, .row = change_row,
  .release = history_release, .save = change_save, .load = change_load,
};
