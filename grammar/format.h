/* format.h: a query in its canonical layout (docs/language/formatting.md). Thread: any. */
#ifndef WEIR_GRAMMAR_FORMAT_H
#define WEIR_GRAMMAR_FORMAT_H

#include "base/diag.h"
#include "base/source_text.h"

/* Appends the text of the source in canonical layout: every token and every comment in its order, keywords
** in capitals, blanks and line ends new. Line ends (LF or CRLF) and a byte order mark stay what they were.
** The result parses to the same tree, and formatting it again changes nothing. False: the source has
** mistakes, which are in diags, and nothing was appended. Time and memory are linear in the text. */
bool format_script(SourceText *source, DiagList *diags, StrBuf *out);

#endif
