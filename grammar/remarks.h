/* remarks.h: comments with all that decides how the formatter prints them. Private to grammar/. */
#ifndef WEIR_GRAMMAR_REMARKS_H
#define WEIR_GRAMMAR_REMARKS_H

#include <stdbool.h>

#include "base/str.h"
#include "grammar/tokens.h"

typedef enum Place {
  PLACE_TRAILING, /* behind the token before it, at the end of the line */
  PLACE_OWN,      /* on a line of its own */
  PLACE_INLINE,   /* in front of its token, on the same line */
} Place;

typedef struct Remark {
  Span     span;
  uint32_t before;   /* the token that it is printed in front of */
  unsigned column;   /* of its first character in the source; a tab counts four */
  Place    place;
  bool     is_line;  /* `--`: ends its line */
  bool     blank;    /* an empty line stands in front of it */
  bool     deep;     /* PLACE_OWN: indented more than the line behind it */
} Remark;

typedef Vec(Remark) Remarks;

enum { INDENT_COLUMNS = 4 };

/* In the order of `before`; those of one token: TRAILING, then OWN, then INLINE ones. Comments in front of a
** comma, which canonical layout puts at the end of its line, move behind it. */
void remarks_place(Str source, const Tokens *tokens, const Comments *comments, Remarks *out);

/* Line ends (LF, CRLF or CR) in a text. */
unsigned line_ends(Str text);
/* The columns that blanks at the begin of a line take; *blanks: how many bytes they are. */
unsigned leading_columns(Str text, size_t *blanks);

#endif
