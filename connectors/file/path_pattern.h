/* path_pattern.h: the path of an output that depends on its rows: `raw/{date}/{time}/{deviceId}.json`.
**
**   {date}, {time}         the row's timestamp in the formats given with them (yyyy/MM/dd and HH unless said otherwise)
**   {datetime:yyyy-MM}     the row's timestamp; letters yyyy yy MM M dd d HH H mm m ss s, all else stands for itself
**   {name}, {name.field}   a column of the row, and what is inside a record; with `*` a field of the event
**
** Timestamps are UTC, those of System.Timestamp(). A value never changes the folder: of its characters only letters,
** digits, those beyond ASCII and `-_.,+=@ ~:` stay, a dot not in front; every other byte is written as %XX. NULL and a
** missing field are `%null`, an empty text is `%empty`. Values of more than 120 bytes are cut and get a hash. */
#ifndef WEIR_CONNECTORS_FILE_PATH_PATTERN_H
#define WEIR_CONNECTORS_FILE_PATH_PATTERN_H

#include "base/arena.h"
#include "io/format.h"

typedef enum PathPieceKind { PATH_TEXT, PATH_MOMENT, PATH_FIELD } PathPieceKind;

typedef struct PathPiece {
  PathPieceKind kind;
  Str      text;  /* what stands there; the format; the way inside the column, by dots (empty: the column itself) */
  uint32_t col;   /* PATH_FIELD */
} PathPiece;

typedef struct PathPattern {
  PathPiece *pieces;
  uint32_t   len;
  bool       constant;  /* no piece depends on the row */
} PathPattern;

typedef struct PathFormats { Str date, time; } PathFormats;

/* Texts live in the arena. STATUS_CONFIG for a brace without its partner, a column there is not, a letter no format
** has. */
Status path_pattern_parse(Arena *arena, Str text, const PathFormats *formats, const OutputSchema *schema,
                          const char *who, PathPattern *out, Error *err);
/* Appends the path of a row. */
void path_pattern_print(const PathPattern *pattern, const Batch *batch, uint32_t row, StrBuf *out);

#endif
