/* test_anomaly.c: the models on signals whose truth is known: noise of several kinds (false alarms stay near, or below,
** what the confidence says), planted spikes, dips and level shifts (they are found, soon, and nothing beside them). */
#include "fn_test.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "functions/anomaly.h"

/* ---- signals ---------------------------------------------------------------------------------- */

static uint64_t random_state;

static double uniform(void) { /* in (0, 1) */
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return ((double)(random_state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void) { return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform()); }
static double laplace(void) {
  double at = uniform() - 0.5;
  return at < 0 ? log(1 + 2 * at) : -log(1 - 2 * at);
}
static double exponential(void) { return -log(uniform()); }
static double whole(void) { return floor(20 + 3 * normal()); }

/* ---- a history -------------------------------------------------------------------------------- */

enum { HISTORY_MAX = 1200 };

typedef struct History {
  double   ring[HISTORY_MAX], sorted[HISTORY_MAX];
  uint32_t size, head, len;
  ChangeScore score;
} History;

static void history_add(History *h, double value) {
  if (h->len == h->size) {
    uint32_t gone = sorted_lower(h->sorted, h->len, h->ring[h->head]);
    memmove(h->sorted + gone, h->sorted + gone + 1, (h->len - gone - 1) * sizeof *h->sorted);
    h->head = (h->head + 1) % h->size;
    h->len--;
  }
  h->ring[(h->head + h->len) % h->size] = value;
  uint32_t at = sorted_upper(h->sorted, h->len, value);
  memmove(h->sorted + at + 1, h->sorted + at, (h->len - at) * sizeof *h->sorted);
  h->sorted[at] = value;
  h->len++;
}

static double judge(History *h, double value, AnomalyMode mode) {
  double p = anomaly_p_value(h->sorted, h->len, value, mode);
  assert_true(p >= 0 && p <= 1);
  history_add(h, value);
  return p;
}

static bool changed(History *h, double value, double threshold) {
  double score = change_score_add(&h->score, h->sorted, h->len, value, h->size);
  assert_true(isfinite(score) && score >= 0);
  bool alarm = score >= threshold;
  if (alarm) *h = (History){.size = h->size};
  history_add(h, value);
  return alarm;
}

/* ---- spikes and dips -------------------------------------------------------------------------- */

/* The share of p-values below `level` over noise, once the history is full. */
static double false_alarms(double (*noise)(void), uint32_t size, AnomalyMode mode, double level) {
  History h = {.size = size};
  int alarms = 0, count = 20000;
  for (uint32_t i = 0; i < size; i++) history_add(&h, noise());
  for (int i = 0; i < count; i++) alarms += judge(&h, noise(), mode) < level;
  return (double)alarms / count;
}

static void expect_between(double share, double least, double most) {
  if (share < least || share > most) fail_msg("%g is not within %g and %g", share, least, most);
}

static void false_alarms_are_near_the_confidence(void **state) {
  (void)state;
  random_state = 88172645463325252u;
  expect_between(false_alarms(normal, 120, ANOMALY_BOTH, 0.20), 0.16, 0.23);
  expect_between(false_alarms(normal, 120, ANOMALY_BOTH, 0.05), 0.025, 0.06);
  expect_between(false_alarms(normal, 120, ANOMALY_SPIKES, 0.05), 0.035, 0.06);
  expect_between(false_alarms(normal, 60, ANOMALY_DIPS, 0.05), 0.035, 0.06);
  expect_between(false_alarms(laplace, 120, ANOMALY_BOTH, 0.05), 0.03, 0.06);
  expect_between(false_alarms(exponential, 120, ANOMALY_SPIKES, 0.05), 0.025, 0.06);
  expect_between(false_alarms(whole, 120, ANOMALY_BOTH, 0.05), 0.02, 0.06);
  expect_between(false_alarms(normal, 120, ANOMALY_BOTH, 0.01), 0.001, 0.02);
}

static void spikes_and_dips_are_found_on_their_side(void **state) {
  (void)state;
  random_state = 4101842887655102017u;
  History up = {.size = 120}, down = {.size = 120}, both = {.size = 120};
  for (int i = 0; i < 2000; i++) {
    double value = 50 + 2 * normal();
    bool spike = i > 120 && i % 97 == 0, dip = i > 120 && i % 113 == 0;
    if (spike) value += 30;
    else if (dip) value -= 30;
    double p_up = judge(&up, value, ANOMALY_SPIKES), p_down = judge(&down, value, ANOMALY_DIPS);
    double p_both = judge(&both, value, ANOMALY_BOTH);
    if (spike) assert_true(p_up < 0.02 && p_down > 0.9 && p_both < 0.03);
    else if (dip) assert_true(p_down < 0.02 && p_up > 0.9 && p_both < 0.03);
  }
}

static void little_history_and_no_spread(void **state) {
  (void)state;
  double same[] = {7, 7, 7, 7}, wide[] = {-DBL_MAX, 0, DBL_MAX}, tiny[] = {1e15, 1e15 + 1, 1e15 + 2};
  assert_true(anomaly_p_value(NULL, 0, 3, ANOMALY_SPIKES) == 0.5);
  assert_true(anomaly_p_value(NULL, 0, 3, ANOMALY_BOTH) == 1);
  assert_true(anomaly_p_value(same, 1, 8, ANOMALY_SPIKES) == 0);
  assert_true(anomaly_p_value(same, 4, 7, ANOMALY_BOTH) == 1);
  assert_true(anomaly_p_value(same, 4, 7.001, ANOMALY_SPIKES) == 0);
  assert_true(anomaly_p_value(same, 4, 7.001, ANOMALY_DIPS) == 1);
  assert_true(anomaly_p_value(wide, 3, 0, ANOMALY_SPIKES) > 0.4);
  assert_true(anomaly_p_value(tiny, 3, 1e15 + 1, ANOMALY_BOTH) > 0.9);
  assert_true(anomaly_p_value(tiny, 3, 1e15 + 90, ANOMALY_SPIKES) < 1e-6);
}

/* ---- change points ---------------------------------------------------------------------------- */

static int alarms_in_noise(double (*noise)(void), uint32_t size, double threshold, int stretches) {
  History h = {.size = size};
  int alarms = 0;
  for (int i = 0; i < stretches * (int)size; i++) alarms += changed(&h, noise(), threshold);
  return alarms;
}

/* The promise: at most 1 - confidence alarms for every `history` values, on the average. */
static void noise_changes_seldom(void **state) {
  (void)state;
  random_state = 2685821657736338717u;
  double (*const noises[])(void) = {normal, laplace, exponential, uniform, whole};
  for (unsigned i = 0; i < sizeof noises / sizeof noises[0]; i++) {
    assert_true(alarms_in_noise(noises[i], 120, 5, 400) <= 80);  /* 80 % */
    assert_true(alarms_in_noise(noises[i], 60, 20, 400) <= 20);  /* 95 % */
  }
  assert_true(alarms_in_noise(normal, 120, 5, 400) > 0);
}

/* Values after the shift until it is seen, or -1; an alarm before the shift fails. */
static int delay(double shift, double stretch) {
  History h = {.size = 120};
  for (int i = 0; i < 240; i++)
    if (changed(&h, normal(), 20)) return -2;
  for (int i = 1; i <= 120; i++)
    if (changed(&h, shift + stretch * normal(), 20)) return i;
  return -1;
}

static void expect_found(double shift, double stretch, int most) {
  int total = 0, runs = 40, early = 0;
  for (int i = 0; i < runs; i++) {
    int after = delay(shift, stretch);
    if (after == -2) early++;
    else if (after == -1) fail_msg("a shift by %g and a spread of %g were not seen", shift, stretch);
    else total += after;
  }
  assert_true(early <= 4);
  if (total > most * (runs - early)) fail_msg("seen after %g values on the average", (double)total / (runs - early));
}

static void level_shifts_are_seen_soon(void **state) {
  (void)state;
  random_state = 1181783497276652981u;
  expect_found(3, 1, 8);
  expect_found(-3, 1, 8);
  expect_found(6, 1, 6);
  expect_found(0, 5, 30); /* the level stays, the spread grows */
}

static void one_spike_is_no_change(void **state) {
  (void)state;
  random_state = 6364136223846793005u;
  History h = {.size = 120};
  int alarms = 0;
  for (int i = 0; i < 1200; i++) alarms += changed(&h, normal() + (i % 100 == 99 ? 40 : 0), 20);
  assert_true(alarms == 0);
}

static void one_shift_is_one_change(void **state) {
  (void)state;
  random_state = 1442695040888963407u;
  History h = {.size = 120};
  int alarms = 0;
  for (int i = 0; i < 1000; i++) alarms += changed(&h, normal() + (i < 500 ? 0 : 10), 20);
  assert_int_equal(alarms, 1);
}

/* Without a threshold nothing ever resets: the sums stay numbers. */
static void scores_stay_finite(void **state) {
  (void)state;
  History h = {.size = 1000};
  for (int i = 0; i < 5000; i++) changed(&h, i, INFINITY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(false_alarms_are_near_the_confidence),
    cmocka_unit_test(spikes_and_dips_are_found_on_their_side),
    cmocka_unit_test(little_history_and_no_spread),
    cmocka_unit_test(noise_changes_seldom),
    cmocka_unit_test(level_shifts_are_seen_soon),
    cmocka_unit_test(one_spike_is_no_change),
    cmocka_unit_test(one_shift_is_one_change),
    cmocka_unit_test(scores_stay_finite),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
