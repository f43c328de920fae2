/* policy.c: see policy.h. A scan first, because nearly every batch is clean and then nothing is written; the slow
** loop judges event by event, since the watermark that judges one depends on those before it. Times and arrivals
** are ticks within the calendar, so their differences do not overflow. */
#include "time/policy.h"

#include "base/mem.h"

static Ticks late_limit(const TimePolicy *policy) { return policy->late < 0 ? INT64_MAX : policy->late; }

static bool arrivals_fit(const TimePolicy *policy, const TimedEvents *events) {
  Ticks limit = late_limit(policy);
  bool fit = true;
  SELECTION_EACH(events->sel, events->rows, i) {
    Ticks ahead = events->times[i] - events->arrivals[i];
    fit &= ahead <= POLICY_EARLY_LIMIT && -ahead <= limit;
  }
  return fit;
}

PolicyScan policy_scan(const TimePolicy *policy, Ticks watermark, const TimedEvents *events) {
  PolicyScan scan = {.clean = true, .ascending = true, .watermark = watermark};
  Ticks before = TICKS_MIN;
  SELECTION_EACH(events->sel, events->rows, i) {
    Ticks t = events->times[i], w = t - policy->out_of_order;
    scan.ascending &= t >= before;
    scan.clean &= t >= scan.watermark;
    before = t;
    if (w > scan.watermark) scan.watermark = w;
  }
  if (events->arrivals) scan.clean &= arrivals_fit(policy, events);
  return scan;
}

/* ---- one event ---- */

static void note(PolicyOutcome *out, PolicyKind kind, Ticks distance) {
  out->outside[kind]++;
  if (distance > out->furthest[kind]) out->furthest[kind] = distance;
}

/* The time of an event after policies 1 and 2; TICKS_MIN: dropped. */
static Ticks judge_arrival(const TimePolicy *policy, Ticks t, Ticks arrival, PolicyOutcome *out, PolicyKind *why) {
  Ticks limit = late_limit(policy);
  if (t - arrival > POLICY_EARLY_LIMIT) {
    note(out, *why = POLICY_EARLY, t - arrival);
    return TICKS_MIN;
  }
  if (arrival - t <= limit) return t;
  note(out, *why = POLICY_LATE, arrival - t);
  return policy->drop ? TICKS_MIN : arrival - limit;
}

/* The same for policy 3. */
static Ticks judge_order(const TimePolicy *policy, Ticks t, Ticks watermark, PolicyOutcome *out, PolicyKind *why) {
  if (t >= watermark) return t;
  note(out, *why = POLICY_OUT_OF_ORDER, watermark - t);
  return policy->drop ? TICKS_MIN : watermark;
}

Ticks policy_judge(const TimePolicy *policy, Ticks watermark, const TimedEvents *events, uint32_t row,
                   PolicyOutcome *out) {
  Ticks own = events->times[row], t = own;
  PolicyKind why = POLICY_EARLY;
  if (events->arrivals) t = judge_arrival(policy, t, events->arrivals[row], out, &why);
  if (t != TICKS_MIN) t = judge_order(policy, t, watermark, out, &why);
  if (t == TICKS_MIN) {
    vec_push(&out->drops, (PolicyDrop){row, why});
    return watermark;
  }
  events->times[row] = t;
  out->adjusted += t != own;
  if (t - own > out->largest_shift) out->largest_shift = t - own;
  return t - policy->out_of_order > watermark ? t - policy->out_of_order : watermark;
}

Ticks policy_apply(const TimePolicy *policy, Ticks watermark, const TimedEvents *events, PolicyOutcome *out) {
  SELECTION_EACH(events->sel, events->rows, i) watermark = policy_judge(policy, watermark, events, i, out);
  return watermark;
}

void policy_outcome_release(PolicyOutcome *out) { vec_release(&out->drops); }

/* ---- arrivals ---- */

void arrivals_clamp(const Column *arrival, const Selection *sel, uint32_t rows, Ticks *largest, Ticks *out) {
  const Ticks *ticks = column_i64(arrival);
  Ticks high = *largest;
  SELECTION_EACH(sel, rows, i) {
    uint32_t slot = column_slot(arrival, i);
    bool known = arrival->layout == COL_DATETIME && (!arrival->valid || bits_get(arrival->valid, slot));
    if (known && ticks[slot] > high) high = ticks[slot];
    out[i] = high;
  }
  *largest = high;
}
