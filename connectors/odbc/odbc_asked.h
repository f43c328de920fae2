/* odbc_asked.h: the text of a query with the times of a load in it. */
#ifndef WEIR_ODBC_ASKED_H
#define WEIR_ODBC_ASKED_H

#include "base/arena.h"
#include "types/datetime.h"

/* Replaces @snapshotTime and @deltaEndTime by `now` and @deltaStartTime by `since`: literals in UTC with six digits
** behind the second, '2026-01-02 03:04:05.123456'. Case does not matter. Quoted text and names and comments stay. */
Str sql_with_times(Arena *arena, Str sql, Ticks now, Ticks since);

#endif
