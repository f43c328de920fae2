/* anomaly.c: see anomaly.h. */
#include "functions/anomaly.h"

#include <math.h>

uint32_t sorted_lower(const double *sorted, uint32_t len, double value) {
  uint32_t low = 0, high = len;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

uint32_t sorted_upper(const double *sorted, uint32_t len, double value) {
  uint32_t low = 0, high = len;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* ---- the density ------------------------------------------------------------------------------ */

/* Numbers far from each other must neither overflow a square nor lose a small spread beside a large mean. */
static double deviation(const double *sorted, uint32_t len) {
  double middle = sorted[len / 2], mean = 0, squares = 0;
  double scale = fmax(fabs(sorted[0] - middle), fabs(sorted[len - 1] - middle));
  if (len < 2 || scale == 0) return 0;
  for (uint32_t i = 0; i < len; i++) mean += (sorted[i] - middle) / scale;
  mean /= len;
  for (uint32_t i = 0; i < len; i++) {
    double off = (sorted[i] - middle) / scale - mean;
    squares += off * off;
  }
  return scale * sqrt(squares / (len - 1));
}

static double quantile(const double *sorted, uint32_t len, double share) {
  double at = share * (len - 1);
  uint32_t below = (uint32_t)at;
  if (below + 1 >= len) return sorted[len - 1];
  return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

/* The width of all curves before they adapt: 0.9 min(s, IQR / 1.349) n^(-1/5). Outliers in the history do not widen
** it; when more than half of the numbers are equal, the standard deviation alone has to say it. */
static double common_width(const double *sorted, uint32_t len) {
  double spread = deviation(sorted, len);
  double quartiles = (quantile(sorted, len, 0.75) - quantile(sorted, len, 0.25)) / 1.349;
  if (quartiles > 0 && quartiles < spread) spread = quartiles;
  return 0.9 * spread * pow(len, -0.2);
}

/* The room a number has to itself: the distance of its neighbours k places away, by their count. Never nothing, since
** equal numbers would ask for a curve without width. */
static double room(const double *sorted, uint32_t len, uint32_t i, uint32_t k, double least) {
  uint32_t from = i < k ? 0 : i - k, to = i + k < len ? i + k : len - 1;
  return fmax((sorted[to] - sorted[from]) / (to - from), least);
}

/* The share of a normal curve around 0 that lies above z. */
static double upper_tail(double z) {
  if (z > 38) return 0;
  if (z < -9) return 1;
  return 0.5 * erfc(z * M_SQRT1_2);
}

/* Curves are wide where numbers are rare and narrow where they are dense: the width grows with the square root of the
** room, measured by its geometric mean, from half the common width to twice. */
static double share_above(const double *sorted, uint32_t len, double value, double width) {
  uint32_t k = (uint32_t)fmax(1, sqrt(len) / 2);
  double least = width / len, log_mean = 0, sum = 0;
  for (uint32_t i = 0; i < len; i++) log_mean += log(room(sorted, len, i, k, least));
  double mean = exp(log_mean / len);
  for (uint32_t i = 0; i < len; i++) {
    double factor = sqrt(room(sorted, len, i, k, least) / mean);
    sum += upper_tail((value - sorted[i]) / (width * fmin(fmax(factor, 0.5), 2)));
  }
  return sum / len;
}

/* Without any spread only what differs is strange; a value that equals the history stands in its middle. */
static double share_above_steps(const double *sorted, uint32_t len, double value) {
  uint32_t below = sorted_lower(sorted, len, value), up_to = sorted_upper(sorted, len, value);
  return ((len - up_to) + 0.5 * (up_to - below)) / len;
}

double anomaly_p_value(const double *sorted, uint32_t len, double value, AnomalyMode mode) {
  double above = 0.5;
  if (len > 0) {
    double width = common_width(sorted, len);
    above = len > 1 && width > 0 ? share_above(sorted, len, value, width) : share_above_steps(sorted, len, value);
  }
  switch (mode) {
    case ANOMALY_SPIKES: return above;
    case ANOMALY_DIPS: return 1 - above;
    case ANOMALY_BOTH: break;
  }
  return 2 * fmin(above, 1 - above);
}

/* ---- the martingales -------------------------------------------------------------------------- */

/* Of the numbers and the value itself: the share that is as strange or stranger, equal ones counted half. */
static double rank_share(uint32_t stranger, uint32_t equal, uint32_t len) {
  return (stranger + 0.5 * (equal + 1)) / (len + 1);
}

static double share_of_higher(const double *sorted, uint32_t len, double value) {
  uint32_t below = sorted_lower(sorted, len, value), up_to = sorted_upper(sorted, len, value);
  return rank_share(len - up_to, up_to - below, len);
}

/* Strange is what is far from the median. */
static double share_of_farther(const double *sorted, uint32_t len, double value) {
  if (len == 0) return 0.5;
  double median = quantile(sorted, len, 0.5), far = fabs(value - median);
  uint32_t above = sorted_upper(sorted, len, median + far), below = sorted_lower(sorted, len, median - far);
  uint32_t inside = sorted_lower(sorted, len, median + far), from = sorted_upper(sorted, len, median - far);
  uint32_t nearer = inside > from ? inside - from : 0;
  uint32_t stranger = len - above + below;
  return rank_share(stranger, len - stranger - nearer, len);
}

/* One value may not drive a sum out of the numbers; where this bites, every threshold but infinity has been passed. */
static const double sum_max = 1e300;

static void bet(double sums[CHANGE_BETS], double share) {
  static const double powers[CHANGE_BETS] = {0.1, 0.3, 0.5, 0.7, 0.9};
  double log_share = log(share);
  for (int i = 0; i < CHANGE_BETS; i++) {
    double gain = powers[i] * exp((powers[i] - 1) * log_share);
    sums[i] = fmin((1 + sums[i]) * gain, sum_max);
  }
}

double change_score_add(ChangeScore *score, const double *sorted, uint32_t len, double value, uint32_t size) {
  double higher = share_of_higher(sorted, len, value), mean = 0;
  bet(score->sums[0], higher);
  bet(score->sums[1], 1 - higher);
  bet(score->sums[2], share_of_farther(sorted, len, value));
  for (int side = 0; side < CHANGE_SIDES; side++)
    for (int i = 0; i < CHANGE_BETS; i++) mean += score->sums[side][i] / (CHANGE_SIDES * CHANGE_BETS);
  return mean / size;
}
