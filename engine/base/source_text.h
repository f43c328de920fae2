/* source_text.h: a named text with a line map made on first request. */
#ifndef WEIR_BASE_SOURCE_TEXT_H
#define WEIR_BASE_SOURCE_TEXT_H

#include "base/status.h"
#include "base/str.h"
#include "base/vec.h"

enum { SOURCE_TEXT_MAX = 64 << 20 }; /* bytes of a query text; spans are 32 bits wide */

typedef struct SourceText {
  Str name;                 /* file path or <query>; borrowed or owned by source_text_load */
  Str text;                 /* bytes, a NUL stands behind them */
  Vec(uint32_t) line_starts; /* offset of each line, lazily filled */
  bool owned;
} SourceText;

void   source_text_init(SourceText *source, Str name, Str text); /* borrows both; text needs a NUL behind it */
Status source_text_load(SourceText *source, const char *path, Error *err); /* reads the file, at most 64 MB */
void   source_text_release(SourceText *source);
/* Line and column count from 1; the column counts code points. */
void   source_text_position(SourceText *source, uint32_t offset, uint32_t *line, uint32_t *column);
Str    source_text_line(SourceText *source, uint32_t line); /* without its line end */
uint32_t source_text_line_start(SourceText *source, uint32_t line);

#endif
