/* snapshot_paths.h: files that say in their path from when on they hold: `ref/{date}/{time}/airports.csv`.
**
** {date} and {time} stand for a date and a time of day in the formats given; beside them a path may be a glob. All
** files of one date and time are one snapshot. Formats are made of yyyy (or YYYY), MM, dd (or DD), HH, mm, ss and
** anything that is no letter, slashes included; times are UTC. Without {time} it is midnight. What only looks like a
** date (a month 13) is no snapshot. */
#ifndef WEIR_CONNECTORS_FILE_SNAPSHOT_PATHS_H
#define WEIR_CONNECTORS_FILE_SNAPSHOT_PATHS_H

#include <regex.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/vec.h"
#include "types/datetime.h"

typedef struct SnapshotFile { Ticks time; Str path; } SnapshotFile;
typedef Vec(SnapshotFile) SnapshotFiles;

typedef enum PathPart { PART_YEAR, PART_MONTH, PART_DAY, PART_HOUR, PART_MINUTE, PART_SECOND, PARTS } PathPart;
enum { PATH_GROUPS_MAX = 16 };

typedef struct SnapshotPattern {
  Str      glob;                     /* finds candidates */
  regex_t  regex;                    /* takes them apart: one group a part */
  PathPart parts[PATH_GROUPS_MAX];
  uint32_t parts_len;
} SnapshotPattern;

bool   snapshot_path_has_date(Str path);
/* STATUS_CONFIG: the path or a format does not give a date. Release with snapshot_pattern_release. */
Status snapshot_pattern_init(SnapshotPattern *pattern, Arena *arena, Str path, Str date_format, Str time_format,
                             const char *who, Error *err);
void   snapshot_pattern_release(SnapshotPattern *pattern);
/* The files there are, by time, then by path; appended to out. Texts live in the arena. */
void   snapshot_pattern_find(const SnapshotPattern *pattern, Arena *arena, SnapshotFiles *out);

#endif
