/* layout.h: where lines may end. Private to grammar/: layout.c writes it from the tree, format.c prints by it.
**
** The tree says what belongs together, the tokens say what is printed; so nothing that stands in the text can
** get lost on the way. A group is a run of tokens that stands on one line when it fits; if it does not, all
** of its soft breaks become line ends (in a filled group only those that have to). */
#ifndef WEIR_GRAMMAR_LAYOUT_H
#define WEIR_GRAMMAR_LAYOUT_H

#include "grammar/ast.h"
#include "grammar/tokens.h"

typedef enum Break {
  BREAK_NEVER,     /* no line ends here (unless a comment asks for it) */
  BREAK_SOFT,      /* a line end when the group is broken */
  BREAK_LINE,      /* always a line end */
  BREAK_PARAGRAPH, /* always a line end and an empty line */
} Break;

typedef enum Spacing { SPACING_BY_KIND, SPACING_TIGHT, SPACING_APART } Spacing;

enum { NO_GROUP = UINT32_MAX };

typedef struct Mark {    /* what layout.c says about the place in front of a token */
  uint8_t  before;       /* Break */
  uint8_t  spacing;      /* Spacing on one line */
  bool     keeps_blank;  /* an empty line that the author left here stays */
  bool     is_name;      /* a word that names something here and is a keyword elsewhere */
  int32_t  indent;       /* levels */
  uint32_t group;        /* of BREAK_SOFT: whose */
} Mark;

typedef struct Group {
  uint32_t first, last;  /* tokens */
  bool     fills;        /* breaks only where the next part does not fit */
} Group;

typedef struct Layout {
  Str    source;
  Tokens tokens;                 /* the last is TOKEN_END */
  Vec(Mark) marks;               /* one for each token */
  Vec(Group) groups;             /* nested or apart; an outer one stands before an inner one */
  Vec(uint32_t) partners;        /* of parentheses: the token that belongs to it */
} Layout;

/* Fills marks and groups; tokens and source are given, the tree is that of these tokens. */
void layout_script(Layout *layout, const AstScript *script);
void layout_release(Layout *layout);

#endif
