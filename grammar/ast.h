/* ast.h: what a query says, as a tree. Made by parse.h, read by the binder, the printers and tools.
**
** The tree holds spelling and structure only: no types, no time, no knowledge of inputs or functions.
** Windows, aggregates and UDFs are ordinary calls here; the binder tells them apart by name.
**
**   AstScript
**     tables   CREATE TABLE ...
**     steps    WITH name AS (query), ...       in script order
**     queries  SELECT ... INTO ... / UNION chains, in script order
**   AstQuery     a select or a union of queries
**   AstRelation  what stands in FROM: table, sub-select, join, APPLY, MATCH_RECOGNIZE
**   AstExpr      every expression; boolean and value expressions share one type
**
** Conventions
**  - Every node begins with {AstKind kind; Span span}; the span covers the node's own text, with the
**    parentheses around it if there are any, without blanks and comments at its ends.
**  - Parentheses make no node: they set `parens` and widen the span.
**  - Lists are {items, len}; cap is the parser's business. A pointer that may be NULL says so.
**  - Names keep the spelling of the query; compare them with str_eq_nocase. Texts are unescaped
**    (`'it''s'` holds it's, `[a ]] b]` holds a ] b) and never hold a NUL byte.
**  - No tree is deeper than AST_DEPTH_MAX, so plain recursion over it is safe. AND, OR and UNION chains
**    are lists, not nests.
** Ownership: all of it, texts included, lives in the arena given to parse_script (some texts point into
** the source, which must live as long). Read-only after parsing. Thread: any, for reading. */
#ifndef WEIR_GRAMMAR_AST_H
#define WEIR_GRAMMAR_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/str.h"

enum { AST_DEPTH_MAX = 1000 };

typedef enum AstKind {
  /* AstExpr: the member of the union that belongs to the kind stands behind it */
  AST_ERROR,      /* already diagnosed: say nothing more about it */
  AST_NULL,
  AST_INTEGER,    /* integer; a minus sign directly in front is part of it */
  AST_FLOAT,      /* floating */
  AST_TEXT,       /* text: 'single quoted' */
  AST_QUOTED,     /* text: one "double quoted" token on its own; name or text, the binder decides */
  AST_PATH,       /* path: a, a.b.[c d], "a b".c; a quoted token alone is AST_QUOTED */
  AST_STAR,       /* star: *, a.*, a.b.*, f(x).* */
  AST_FIELD,      /* field: .name behind anything that is not a path */
  AST_CALL,       /* call */
  AST_UNARY,      /* unary */
  AST_BINARY,     /* binary: arithmetic, bits, comparison */
  AST_LOGIC,      /* logic: AND, OR */
  AST_LIKE,       /* like */
  AST_BETWEEN,    /* between */
  AST_IN,         /* in */
  AST_IS_NULL,    /* is_null */
  AST_CASE,       /* cases */
  AST_CAST,       /* cast */
  /* AstRelation */
  AST_TABLE,      /* table: an input or a step by name */
  AST_SUBSELECT,  /* subselect */
  AST_JOIN,       /* join */
  AST_APPLY,      /* apply */
  AST_MATCH,      /* match */
  /* AstQuery */
  AST_SELECT,     /* select */
  AST_UNION,      /* set */
  /* parts with structs of their own */
  AST_ITEM,         /* AstItem */
  AST_OVER,         /* AstOver */
  AST_ORDER,        /* AstOrder */
  AST_WHEN,         /* AstWhen */
  AST_DEFINE,       /* AstDefine */
  AST_STEP,         /* AstStep */
  AST_CREATE_TABLE, /* AstCreateTable */
  AST_COLUMN,       /* AstColumn */
  AST_SCRIPT,       /* AstScript */
  /* AstPattern */
  AST_PATTERN_VARIABLE, /* name */
  AST_PATTERN_ANY,      /* . (matches every row) */
  AST_PATTERN_SEQUENCE, /* parts, one after the other */
  AST_PATTERN_CHOICE,   /* parts, leftmost preferred */
  AST_PATTERN_REPEAT,   /* parts.items[0], min to max times, greedy */
  AST_KIND_COUNT
} AstKind;

typedef enum AstQuote { AST_BARE, AST_BRACKETED, AST_DOUBLE_QUOTED, AST_SINGLE_QUOTED /* aliases only */ } AstQuote;

typedef struct AstName {
  Str      text;  /* without brackets and quotes, never empty */
  Span     span;  /* with brackets and quotes */
  AstQuote quote;
} AstName;

typedef struct AstExpr AstExpr;
typedef struct AstOver AstOver;
typedef struct AstQuery AstQuery;
typedef struct AstRelation AstRelation;
typedef struct AstPattern AstPattern;

typedef struct AstNames { AstName *items; uint32_t len, cap; } AstNames;
typedef struct AstExprs { AstExpr **items; uint32_t len, cap; } AstExprs;

/* ---- expressions ------------------------------------------------------------------------------ */

typedef enum AstOp {
  AST_OP_ADD, AST_OP_SUB, AST_OP_MUL, AST_OP_DIV, AST_OP_MOD,
  AST_OP_BIT_AND, AST_OP_BIT_OR, AST_OP_BIT_XOR,
  AST_OP_EQ, AST_OP_NE, AST_OP_LT, AST_OP_LE, AST_OP_GT, AST_OP_GE, /* != is NE, !< is GE, !> is LE */
  AST_OP_NEG, AST_OP_PLUS, AST_OP_BIT_NOT, AST_OP_NOT,              /* unary */
  AST_OP_COUNT
} AstOp;

typedef struct AstType {  /* a type name as written: bigint, nvarchar(max), nvarchar(20) */
  AstName  name;          /* without the length */
  Span     span;          /* with it */
  int64_t  length;        /* -1: max or none given */
} AstType;

typedef struct AstCall {
  AstNames name;       /* one part: COUNT; several: System.Timestamp, udf.f */
  AstExprs args;       /* `*` and `a.*` are AST_STAR nodes */
  AstOver *over;       /* NULL: none */
  bool     has_parens; /* false only for System.Timestamp written without them */
  bool     distinct;   /* COUNT(DISTINCT x) */
  bool     all;        /* COUNT(ALL x), the default in words */
} AstCall;

typedef struct AstOrder {  /* an item of ORDER BY */
  AstKind  kind;           /* AST_ORDER */
  Span     span;
  AstExpr *expr;
  bool     descending;
} AstOrder;

struct AstOver {            /* OVER ( ... ) behind a call */
  AstKind    kind;          /* AST_OVER */
  Span       span;          /* from OVER to the closing parenthesis */
  AstExprs   partition_by;
  AstOrder **order_by;
  uint32_t   order_by_len, order_by_cap;
  AstExpr   *limit;         /* LIMIT DURATION(unit, n): the call named Duration, two arguments; NULL: none */
  AstExpr   *when;          /* NULL: none */
};

typedef struct AstWhen {  /* WHEN condition THEN value */
  AstKind  kind;          /* AST_WHEN */
  Span     span;
  AstExpr *condition;     /* a boolean, or with CASE operand the value to compare with */
  AstExpr *value;
} AstWhen;

struct AstExpr {
  AstKind  kind;
  Span     span;
  bool     parens;   /* stands in parentheses (span covers the outermost pair) */
  uint16_t depth;    /* 1 + the deepest child; at most AST_DEPTH_MAX */
  union {
    int64_t integer;
    struct { double value; Str spelling; } floating; /* spelling: as written, without the sign */
    Str text;                                        /* AST_TEXT and AST_QUOTED */
    AstNames path;                                   /* at least one part */
    struct { AstExpr *of; } star;                    /* NULL: the bare *; else AST_PATH or any expression */
    struct { AstExpr *of; AstName name; } field;
    AstCall call;
    struct { AstOp op; AstExpr *operand; } unary;
    struct { AstOp op; Span op_span; AstExpr *left, *right; } binary;
    struct { bool is_or; AstExprs operands; } logic; /* two or more, in order */
    struct { AstExpr *subject, *pattern, *escape; bool negated; } like; /* escape NULL: none */
    struct { AstExpr *subject, *low, *high; bool negated; } between;
    struct { AstExpr *subject; AstExprs list; bool negated; } in;       /* list: one or more */
    struct { AstExpr *subject; bool negated; } is_null;                 /* negated: IS NOT NULL */
    /* operand (CASE operand WHEN ...) and otherwise (ELSE): NULL if absent */
    struct { AstExpr *operand; AstWhen **whens; uint32_t len, cap; AstExpr *otherwise; } cases;
    struct { AstExpr *operand; AstType type; bool is_try; } cast;
  };
};

/* ---- selects and unions ----------------------------------------------------------------------- */

typedef struct AstItem {   /* an item of the SELECT list or of MEASURES */
  AstKind  kind;           /* AST_ITEM */
  Span     span;
  AstExpr *expr;
  AstName *alias;          /* NULL: none */
  bool     alias_first;    /* alias = expr */
} AstItem;

typedef struct AstItems { AstItem **items; uint32_t len, cap; } AstItems;

typedef struct AstSelect {
  Span         select_span; /* the word SELECT */
  AstItems     items;
  AstName     *into;        /* NULL: none */
  AstRelation *from;        /* never NULL in a script that parsed without errors */
  AstExpr     *where;       /* NULL: none */
  AstExprs     group_by;    /* len 0: none */
  Span         group_by_span; /* from GROUP to the last key */
  AstExpr     *having;      /* NULL: none */
} AstSelect;

struct AstQuery {
  AstKind kind; /* AST_SELECT, AST_UNION */
  Span    span;
  union {
    AstSelect select;
    struct { AstQuery **branches; bool *all; uint32_t len, cap; } set; /* all[i]: UNION ALL stands before branch i */
  };
};

/* ---- relations -------------------------------------------------------------------------------- */

typedef enum AstJoinType { AST_JOIN_INNER, AST_JOIN_LEFT, AST_JOIN_CROSS } AstJoinType;

typedef struct AstDefine {  /* variable AS condition */
  AstKind  kind;            /* AST_DEFINE */
  Span     span;
  AstName  name;
  AstExpr *condition;
} AstDefine;

typedef struct AstMatch {
  AstExpr    *limit;        /* LIMIT DURATION(unit, n) as in AstOver; NULL: none */
  AstExprs    partition_by;
  AstItems    measures;
  bool        skip_to_next_row; /* AFTER MATCH SKIP TO NEXT ROW was written */
  AstPattern *pattern;      /* NULL: none */
  AstDefine **defines;
  uint32_t    defines_len, defines_cap;
} AstMatch;

struct AstPattern {
  AstKind   kind;  /* AST_PATTERN_... */
  Span      span;
  bool      parens; /* stands in parentheses */
  uint16_t  depth;
  AstName   name;  /* VARIABLE */
  AstPattern **parts; /* SEQUENCE, CHOICE: two or more; REPEAT: one */
  uint32_t  len, cap;
  uint32_t  min, max; /* REPEAT; max UINT32_MAX: unbounded */
};

struct AstRelation {
  AstKind  kind;
  Span     span;
  bool     parens;            /* JOIN and APPLY: stands in parentheses (span covers the outermost pair) */
  uint16_t depth;
  /* What may stand behind a table or a sub-select. */
  AstName *alias;             /* NULL: none; APPLY and MATCH_RECOGNIZE have one too */
  AstExpr *timestamp_by;      /* NULL: none */
  AstExprs timestamp_over;    /* TIMESTAMP BY x OVER these */
  AstExprs partition_by;
  AstExpr *shards;            /* PARTITION BY ... INTO n; NULL: none */
  Span     timestamp_span;    /* from TIMESTAMP to the end of the clause */
  union {
    struct { AstNames name; } table;        /* one part in a correct query */
    struct { AstQuery *query; } subselect;
    struct { AstJoinType type; AstRelation *left, *right; AstExpr *on; Span join_span; } join;
                                            /* on NULL: CROSS JOIN; join_span: the words LEFT JOIN */
    struct { bool outer; AstRelation *left; AstExpr *call; } apply; /* call: AST_CALL */
    struct { AstRelation *input; AstMatch *clauses; } match;
  };
};

/* ---- scripts ---------------------------------------------------------------------------------- */

typedef struct AstStep {
  AstKind   kind; /* AST_STEP */
  Span      span;
  AstName   name;
  AstQuery *query;
} AstStep;

typedef struct AstColumn {  /* a column of CREATE TABLE */
  AstKind kind;             /* AST_COLUMN */
  Span    span;
  AstName name;
  AstType type;
} AstColumn;

typedef struct AstCreateTable {
  AstKind     kind; /* AST_CREATE_TABLE */
  Span        span;
  AstName     name;
  AstColumn **columns;
  uint32_t    columns_len, columns_cap;
} AstCreateTable;

typedef struct AstScript {
  AstKind kind; /* AST_SCRIPT */
  Span    span;
  AstCreateTable **tables;
  uint32_t         tables_len, tables_cap;
  AstStep        **steps;
  uint32_t         steps_len, steps_cap;
  AstQuery       **queries;
  uint32_t         queries_len, queries_cap;
} AstScript;

/* "call", "select": stable names, as the dump and tests spell them. */
const char *ast_kind_name(AstKind kind);
/* "+", "<=", "NOT": the canonical spelling. */
const char *ast_op_text(AstOp op);

#endif
