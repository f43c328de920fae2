/* anomaly.h: how strange a value is beside those before it, and whether they still are of one kind: the arithmetic of
** AnomalyDetection_SpikeAndDip and AnomalyDetection_ChangePoint (semantics.md section 5). The method, with the choices
** that are ours, is told in docs/language/anomaly-detection.md.
**
** A history is a sorted array of finite numbers, without the value that is judged. Thread: any. */
#ifndef WEIR_FUNCTIONS_ANOMALY_H
#define WEIR_FUNCTIONS_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

typedef enum AnomalyMode { ANOMALY_SPIKES, ANOMALY_DIPS, ANOMALY_BOTH } AnomalyMode;

/* The constants of a call. */
typedef struct AnomalyParams {
  double      confidence; /* percent, 1..100: 100 never finds anything */
  uint32_t    history;    /* numbers kept at most, 1..ANOMALY_HISTORY_MAX */
  AnomalyMode mode;       /* of AnomalyDetection_SpikeAndDip */
} AnomalyParams;

enum { ANOMALY_HISTORY_MAX = 100000 };

/* Histories shorter than this (or than the size asked for, when that is less) call nothing a spike or a dip. */
enum { ANOMALY_WARM_UP = 10 };

/* The share of the estimated distribution at or beyond the value, in 0..1: upwards for spikes, downwards for dips, for
** both twice the smaller of the two. The estimate is a mixture of normal curves, one around each number of the history
** (Silverman 1986: 3.4.2 for the width, 5.3.1 for how it adapts). Without a history: as for a value in the middle. */
double anomaly_p_value(const double *sorted, uint32_t len, double value, AnomalyMode mode);

/* Exchangeability martingales (Vovk, Nouretdinov, Gammerman 2003), one for each way of betting, each a sum over all
** points at which it could have begun (the Shiryaev-Roberts form; Vovk et al. 2021). All zero is the beginning. */
enum { CHANGE_SIDES = 3, CHANGE_BETS = 5 };
typedef struct ChangeScore { double sums[CHANGE_SIDES][CHANGE_BETS]; } ChangeScore;

/* Takes the value in; the mean of the sums for a history of `size` numbers. In sequences of one kind it passes a
** threshold t once in `size * t` values or more, on the average. */
double change_score_add(ChangeScore *score, const double *sorted, uint32_t len, double value, uint32_t size);

/* Where the value stands or would stand: of the first number not below it, and of the first one above it. */
uint32_t sorted_lower(const double *sorted, uint32_t len, double value);
uint32_t sorted_upper(const double *sorted, uint32_t len, double value);

#endif
