/* shuffled.h: the events of a case in another order of arrival, within an out-of-order tolerance that makes up for it.
**
** semantics.md section 3 promises that events inside the tolerance are sorted, ties by arrival order. So events whose
** times ascend may arrive in any order in which none comes when the watermark has passed it and those of one time keep
** their order, and everything must come out the same.
**
** Not every case qualifies: every input must be read by TIMESTAMP BY a field that all of its events have as a
** datetime, ascending, without a recorded arrival (late and early events go by that), and nothing may ask where an
** event stands in its file. */
#ifndef WEIR_TEST_SHUFFLED_H
#define WEIR_TEST_SHUFFLED_H

#include "cli/testing/case.h"

/* Puts shuffled files in `folder` in place of the inputs, and the tolerance into the policy. False, and the case is as
** it was: it does not qualify, or there is nothing to shuffle. */
bool case_shuffle(Case *test, const char *folder, uint64_t seed);

#endif
