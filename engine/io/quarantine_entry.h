/* quarantine_entry.h: one line of the quarantine file. Internal to quarantine.c. */
#ifndef WEIR_IO_QUARANTINE_ENTRY_H
#define WEIR_IO_QUARANTINE_ENTRY_H

#include "io/quarantine.h"

/* Appends the JSON object and a line end. job and query_file may be NULL. */
void quarantine_entry_print(const QuarantineEntry *entry, Ticks now, const char *job, const char *query_file,
                            StrBuf *out);

#endif
