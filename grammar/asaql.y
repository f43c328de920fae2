/* asaql.y: the grammar of Stream Analytics queries (lemon).
**
** Terminals are UPPER, made by lexer.re and keywords.def; non-terminals are lower. Actions only build
** the tree, one constructor of ast_build.h each, and know nothing of inputs, types or time. A rule gives
** its constructor the place where its text begins; the end is that of the last token fed (p->prev_end),
** because lemon reduces only when the next token arrives.
**
** Three layers keep the expressions free of conflicts: `primary` can be followed by a dot or arguments,
** `value` adds arithmetic, `expr` adds comparisons and logic. BETWEEN therefore finds its own AND.
** Words that are keywords in some places only are told apart before (keywords_resolve), so %fallback is
** left with those that no rule can confuse with a name.
** Constructs of T-SQL that teams try have rules of their own that say what to write instead. */

%name asaql
%token_prefix TK_
%token_type {Token}
%default_type {AstExpr *}
%extra_context {Parser *p}
%stack_size 0
%start_symbol script

%include {
#include <stdlib.h>

#include "grammar/ast_build.h"
#include "grammar/parser.h"

/* A mistake is reported once and the driver goes on at the next statement (parse.c). */
#define YYNOERRORRECOVERY 1
}

%syntax_error { (void)yymajor; (void)yyminor; p->syntax_error = true; }

%fallback IDENT
  APPLY ASC DEFINE DESC END ESCAPE MATCH MEASURES NEXT OVER_KEYS ROW SKIP TABLE TO.

%left OR.
%left AND.
%right NOT.
%left PLUS MINUS AMP PIPE CARET.
%left STAR SLASH PERCENT.
%right TILDE.

/* Tokens that no rule takes: they exist for their messages. */
%token EXCEPT FETCH INTERSECT LIMIT_ROWS OFFSET.

/* ==== scripts and steps ======================================================================== */

script ::= statements.

statements ::= .
statements ::= statements SEMI.
statements ::= statements query(Q).   { script_add_query(p, Q); }
statements ::= statements WITH steps.
statements ::= statements CREATE(B) TABLE name(N) LP columns(T) RP. { script_add_table(p, T, B.span, N); }

steps ::= step.
steps ::= steps COMMA step.

step ::= name(N) AS LP query(Q) RP.   { script_add_step(p, N, Q); }

/* ==== CREATE TABLE ============================================================================= */

%type columns {AstCreateTable *}
columns(A) ::= name(N) type(T).                  { A = table_add_column(p, NULL, N, T); }
columns(A) ::= columns(L) COMMA name(N) type(T). { A = table_add_column(p, L, N, T); }

%type type {AstType}
type(A) ::= name(N).                                   { A = type_new(p, N, NULL); }
type(A) ::= name(N) LP INTEGER(L) RP.                  { A = type_new(p, N, &L); }
type(A) ::= name(N) LP INTEGER(L) COMMA INTEGER RP.    { A = type_new(p, N, &L); }
type(A) ::= name(N) LP IDENT RP.                       { A = type_new(p, N, NULL); }

/* ==== queries ================================================================================== */

%type query {AstQuery *}
query(A) ::= select(S).                         { A = S; }
query(A) ::= query(L) UNION union_all(U) select(S). { A = union_add(p, L, U, S); }

%type union_all {bool}
union_all(A) ::= .    { A = false; }
union_all(A) ::= ALL. { A = true; }

%type select {AstQuery *}
select(A) ::= SELECT(B) quantifier items(I) into(N) from(F) where(W) group(G) having(H) order_tail.
                      { A = select_new(p, B.span, I, N, F, W, G, H); }

quantifier ::= .
quantifier ::= quantifier ALL.
quantifier ::= quantifier DISTINCT(T).           { refuse_select_distinct(p, T.span); }
quantifier ::= quantifier TOP(T) INTEGER(N).     { refuse_top(p, T.span, N.span); }
quantifier ::= quantifier TOP(T) LP value(V) RP. { refuse_top(p, T.span, V->span); }

%type items {AstItems}
items(A) ::= item(I).                { A = items_add(p, (AstItems){0}, I); }
items(A) ::= items(L) COMMA item(I). { A = items_add(p, L, I); }

%type item {AstItem *}
item(A) ::= star(E).                { A = item_new(p, E, NULL); }
item(A) ::= expr(E).                { A = item_new(p, E, NULL); }
item(A) ::= expr(E) AS alias(N).    { A = item_new(p, E, &N); }
item(A) ::= expr(E) alias(N).       { A = item_new(p, E, &N); }

star(A) ::= STAR(T).            { A = star_new(p, NULL, T.span.begin); }
star(A) ::= primary(E) DOT STAR. { A = star_new(p, E, E->span.begin); }

%type into {AstName *}
into(A) ::= .             { A = NULL; }
into(A) ::= INTO name(N). { A = name_copy(p, N); }

%type from {AstRelation *}
from(A) ::= .                 { A = NULL; }
from(A) ::= FROM relation(R). { A = R; }

where(A) ::= .              { A = NULL; }
where(A) ::= WHERE expr(E). { A = E; }

%type group {AstGroup}
group(A) ::= .                      { A = (AstGroup){0}; }
group(A) ::= GROUP(B) BY exprs(L).  { A = (AstGroup){L, {B.span.begin, p->prev_end}}; }

having(A) ::= .               { A = NULL; }
having(A) ::= HAVING expr(E). { A = E; }

order_tail ::= .
order_tail ::= ORDER(B) BY orders. { refuse_order_by(p, B.span.begin); }

/* ==== FROM ===================================================================================== */

%type relation {AstRelation *}
relation(A) ::= operand(S). { A = S; }
relation(A) ::= joined(J).  { A = J; }
relation(A) ::= relation(L) MATCH_RECOGNIZE LP match(M) RP source_alias(N). { A = match_new(p, L, M, N); }

%type joined {AstRelation *}
joined(A) ::= relation(L) join_words(W) operand(R) ON expr(E). { A = join_new(p, L, W, R, E); }
joined(A) ::= relation(L) CROSS(B) JOIN operand(R).            { A = cross_join_new(p, L, B.span, R); }
joined(A) ::= relation(L) CROSS APPLY primary(C) source_alias(N). { A = apply_new(p, L, false, C, N); }
joined(A) ::= relation(L) OUTER APPLY primary(C) source_alias(N). { A = apply_new(p, L, true, C, N); }

%type operand {AstRelation *}
operand(A) ::= source(S).               { A = S; }
operand(A) ::= LP(B) bracketed(J) RP.   { A = relation_parens(p, B.span.begin, J); }

%type bracketed {AstRelation *}
bracketed(A) ::= joined(J).                { A = J; }
bracketed(A) ::= LP(B) bracketed(J) RP.    { A = relation_parens(p, B.span.begin, J); }

%type join_words {JoinWords}
join_words(A) ::= JOIN(B).             { A = join_words(p, B.span, AST_JOIN_INNER); }
join_words(A) ::= INNER(B) JOIN.       { A = join_words(p, B.span, AST_JOIN_INNER); }
join_words(A) ::= LEFT(B) outer JOIN.  { A = join_words(p, B.span, AST_JOIN_LEFT); }
join_words(A) ::= RIGHT(B) outer JOIN. { A = refuse_outer_join(p, B.span); }
join_words(A) ::= FULL(B) outer JOIN.  { A = refuse_outer_join(p, B.span); }

outer ::= .
outer ::= OUTER.

%type source {AstRelation *}
source(A) ::= path(N) source_alias(B).                      { A = table_source(p, N, B); }
source(A) ::= LP(B) query(Q) RP source_alias(N).            { A = subselect_source(p, B.span.begin, Q, N); }
source(A) ::= source(S) TIMESTAMP(B) BY value(E) over_keys(O). { A = source_timestamp(p, S, B.span.begin, E, O); }
source(A) ::= source(S) PARTITION(B) BY exprs(L) shards(N). { A = source_partition(p, S, B.span, L, N); }

%type path {AstNames}
path(A) ::= name(N).             { A = names_add(p, (AstNames){0}, N); }
path(A) ::= path(L) DOT name(N). { A = names_add(p, L, N); }

%type over_keys {AstExprs}
over_keys(A) ::= .                   { A = (AstExprs){0}; }
over_keys(A) ::= OVER_KEYS exprs(L). { A = L; }

shards(A) ::= .              { A = NULL; }
shards(A) ::= INTO value(V). { A = V; }

%type source_alias {AstName *}
source_alias(A) ::= .            { A = NULL; }
source_alias(A) ::= AS alias(N). { A = name_copy(p, N); }
source_alias(A) ::= alias(N).    { A = name_copy(p, N); }

/* ==== MATCH_RECOGNIZE ========================================================================== */

%type match {AstMatch *}
match(A) ::= match_head(M) measures(I) skip_to(S) PATTERN LP pattern(T) RP defines(D).
                   { A = match_finish(M, I, S, T, D); }

%type match_head {AstMatch *}
match_head(A) ::= .                                     { A = ARENA_NEW(p->arena, AstMatch); }
match_head(A) ::= match_head(M) LIMIT(B) duration(D).   { A = match_limit(p, M, B.span, D); }
match_head(A) ::= match_head(M) PARTITION(B) BY exprs(L). { A = match_partition(p, M, B.span, L); }

%type measures {AstItems}
measures(A) ::= .                  { A = (AstItems){0}; }
measures(A) ::= MEASURES items(L). { A = L; }

%type skip_to {bool}
skip_to(A) ::= .                            { A = false; }
skip_to(A) ::= AFTER MATCH SKIP TO NEXT ROW. { A = true; }

%type defines {AstMatch *}
defines(A) ::= .                      { A = NULL; }
defines(A) ::= DEFINE define_list(L). { A = L; }

%type define_list {AstMatch *}
define_list(A) ::= define(D).                      { A = defines_add(p, NULL, D); }
define_list(A) ::= define_list(L) COMMA define(D). { A = defines_add(p, L, D); }

%type define {AstDefine *}
define(A) ::= name(N) AS expr(E). { A = define_new(p, N, E); }

%type pattern {AstPattern *}
pattern(A) ::= sequence(S).                  { A = S; }
pattern(A) ::= pattern(L) PIPE sequence(R).  { A = pattern_join(p, AST_PATTERN_CHOICE, L, R); }

%type sequence {AstPattern *}
sequence(A) ::= repeated(R).             { A = R; }
sequence(A) ::= sequence(L) repeated(R). { A = pattern_join(p, AST_PATTERN_SEQUENCE, L, R); }

%type repeated {AstPattern *}
repeated(A) ::= pattern_atom(R).      { A = R; }
repeated(A) ::= repeated(R) STAR.     { A = pattern_repeat(p, R, 0, UINT32_MAX); }
repeated(A) ::= repeated(R) PLUS.     { A = pattern_repeat(p, R, 1, UINT32_MAX); }
repeated(A) ::= repeated(R) QUESTION. { A = pattern_repeat(p, R, 0, 1); }
repeated(A) ::= repeated(R) LBRACE(B) INTEGER(N) RBRACE.
                   { A = pattern_count(p, R, B.span.begin, &N, &N); }
repeated(A) ::= repeated(R) LBRACE(B) INTEGER(N) COMMA RBRACE.
                   { A = pattern_count(p, R, B.span.begin, &N, NULL); }
repeated(A) ::= repeated(R) LBRACE(B) INTEGER(N) COMMA INTEGER(M) RBRACE.
                   { A = pattern_count(p, R, B.span.begin, &N, &M); }

%type pattern_atom {AstPattern *}
pattern_atom(A) ::= name(N).            { A = pattern_variable(p, N); }
pattern_atom(A) ::= DOT(T).             { A = pattern_any(p, T.span); }
pattern_atom(A) ::= LP(B) pattern(T) RP. { A = pattern_parens(p, B.span.begin, T); }

/* ==== conditions =============================================================================== */

%type exprs {AstExprs}
exprs(A) ::= expr(E).                { A = exprs_add(p, (AstExprs){0}, E); }
exprs(A) ::= exprs(L) COMMA expr(E). { A = exprs_add(p, L, E); }

expr(A) ::= value(V).                { A = V; }
expr(A) ::= expr(L) OR expr(R).      { A = logic_new(p, true, L, R); }
expr(A) ::= expr(L) AND expr(R).     { A = logic_new(p, false, L, R); }
expr(A) ::= NOT(B) expr(E).          { A = unary_new(p, AST_OP_NOT, B.span.begin, E); }
expr(A) ::= value(L) comparison(O) value(R). { A = compare_new(p, O, L, R); }
expr(A) ::= value(L) negation(N) LIKE value(R) escape(E). { A = like_new(p, N, L, R, E); }
expr(A) ::= value(V) negation(N) BETWEEN value(L) AND value(H). { A = between_new(p, N, V, L, H); }
expr(A) ::= value(V) negation(N) IN LP exprs(L) RP. { A = in_new(p, N, V, L); }
expr(A) ::= value(V) negation IN LP query(Q) RP.    { A = refuse_in_select(p, V, Q); }
expr(A) ::= value(V) IS NULL.        { A = is_null_new(p, false, V); }
expr(A) ::= value(V) IS NOT NULL.    { A = is_null_new(p, true, V); }

%type comparison {Token}
comparison(A) ::= EQ|NE|LT|LE|GT|GE(T). { A = T; }

%type negation {bool}
negation(A) ::= .    { A = false; }
negation(A) ::= NOT. { A = true; }

escape(A) ::= .                { A = NULL; }
escape(A) ::= ESCAPE value(V). { A = V; }

/* ==== values =================================================================================== */

value(A) ::= primary(E).                 { A = primary_finish(p, E); }
value(A) ::= value(L) PLUS value(R).     { A = binary_new(p, AST_OP_ADD, L, R); }
value(A) ::= value(L) MINUS value(R).    { A = binary_new(p, AST_OP_SUB, L, R); }
value(A) ::= value(L) STAR value(R).     { A = binary_new(p, AST_OP_MUL, L, R); }
value(A) ::= value(L) SLASH value(R).    { A = binary_new(p, AST_OP_DIV, L, R); }
value(A) ::= value(L) PERCENT value(R).  { A = binary_new(p, AST_OP_MOD, L, R); }
value(A) ::= value(L) AMP value(R).      { A = binary_new(p, AST_OP_BIT_AND, L, R); }
value(A) ::= value(L) PIPE value(R).     { A = binary_new(p, AST_OP_BIT_OR, L, R); }
value(A) ::= value(L) CARET value(R).    { A = binary_new(p, AST_OP_BIT_XOR, L, R); }
value(A) ::= MINUS(B) value(V). [TILDE]  { A = negate_new(p, B.span.begin, V); }
value(A) ::= PLUS(B) value(V).  [TILDE]  { A = unary_new(p, AST_OP_PLUS, B.span.begin, V); }
value(A) ::= TILDE(B) value(V).          { A = unary_new(p, AST_OP_BIT_NOT, B.span.begin, V); }

/* ==== primaries ================================================================================ */

primary(A) ::= name(N).     { A = name_expr(p, N); }
primary(A) ::= INTEGER(T).  { A = integer_new(p, T); }
primary(A) ::= FLOAT(T).    { A = float_new(p, T); }
primary(A) ::= TEXT(T).     { A = text_new(p, T); }
primary(A) ::= NULL(T).     { A = expr_new(p, AST_NULL, T.span.begin, 0); }
primary(A) ::= VARIABLE(T). { A = refuse_variable(p, T.span); }
primary(A) ::= LP(B) expr(E) RP.               { A = parens_new(p, B.span.begin, E); }
primary(A) ::= LP(B) query RP.                 { A = refuse_subquery(p, B.span.begin, DIAG_tsql_subquery); }
primary(A) ::= EXISTS(B) LP query RP.          { A = refuse_subquery(p, B.span.begin, DIAG_tsql_exists); }
primary(A) ::= primary(E) DOT name(N).         { A = field_new(p, E, N); }
primary(A) ::= call(C).                        { A = C; }
primary(A) ::= call(C) OVER(B) LP over(O) RP.  { A = call_over(p, C, B.span.begin, O); }
primary(A) ::= CASE(B) case_operand(O) whens(W) else(E) END. { A = case_finish(p, W, B.span.begin, O, E); }
primary(A) ::= CAST(B) LP expr(E) AS type(T) RP.     { A = cast_new(p, B.span.begin, false, E, T); }
primary(A) ::= TRY_CAST(B) LP expr(E) AS type(T) RP. { A = cast_new(p, B.span.begin, true, E, T); }

case_operand(A) ::= .         { A = NULL; }
case_operand(A) ::= value(V). { A = V; }

whens(A) ::= WHEN(B) expr(C) THEN expr(V).          { A = case_add(p, NULL, B.span.begin, C, V); }
whens(A) ::= whens(W) WHEN(B) expr(C) THEN expr(V). { A = case_add(p, W, B.span.begin, C, V); }

else(A) ::= .             { A = NULL; }
else(A) ::= ELSE expr(E). { A = E; }

/* ==== calls and OVER =========================================================================== */

call(A) ::= primary(F) LP args(L) RP. { A = call_new(p, F, L); }

%type args {Args}
args(A) ::= .                  { A = (Args){0}; }
args(A) ::= arg_list(L).       { A = (Args){.list = L}; }
args(A) ::= DISTINCT arg_list(L). { A = (Args){.list = L, .distinct = true}; }
args(A) ::= ALL arg_list(L).   { A = (Args){.list = L, .all = true}; }

%type arg_list {AstExprs}
arg_list(A) ::= arg(E).                   { A = exprs_add(p, (AstExprs){0}, E); }
arg_list(A) ::= arg_list(L) COMMA arg(E). { A = exprs_add(p, L, E); }

arg(A) ::= expr(E). { A = E; }
arg(A) ::= star(E). { A = E; }

%type over {AstOver *}
over(A) ::= .                             { A = over_new(p); }
over(A) ::= over(O) PARTITION(B) BY exprs(L). { A = over_partition(p, O, B.span, L); }
over(A) ::= over(O) ORDER(B) BY orders(L). { A = over_order(p, O, B.span, L); }
over(A) ::= over(O) LIMIT(B) duration(D). { A = over_limit(p, O, B.span, D); }
over(A) ::= over(O) WHEN(B) expr(E).      { A = over_when(p, O, B.span, E); }

duration(A) ::= name(N) LP exprs(L) RP. { A = duration_new(p, N, L); }

%type orders {AstOver *}
orders(A) ::= order(I).                 { A = orders_add(p, NULL, I); }
orders(A) ::= orders(L) COMMA order(I). { A = orders_add(p, L, I); }

%type order {AstOrder *}
order(A) ::= expr(E).      { A = order_new(p, E, false); }
order(A) ::= expr(E) ASC.  { A = order_new(p, E, false); }
order(A) ::= expr(E) DESC. { A = order_new(p, E, true); }

/* ==== names ==================================================================================== */

%type name {AstName}
name(A) ::= IDENT|BRACKETED|DQUOTED(T). { A = name_new(p, T); }

%type alias {AstName}
alias(A) ::= IDENT|BRACKETED|DQUOTED|TEXT(T). { A = name_new(p, T); }

/* ==== the automaton without actions ============================================================ */

%code {
unsigned asaql_depth(void *parser) {
  const yyParser *lemon = parser;
  return (unsigned)(lemon->yytos - lemon->yystack);
}

static void replay_push(Replay *replay, YYACTIONTYPE state) {
  if (replay->len == replay->cap) {
    replay->cap = replay->cap ? replay->cap * 2 : 256;
    replay->states = mem_realloc(replay->states, mem_mul(replay->cap, sizeof *replay->states));
  }
  replay->states[replay->len++] = state;
}

void replay_start(Replay *replay) {
  *replay = (Replay){0};
  replay_push(replay, 0);
}

void replay_copy(Replay *replay, const Replay *from) {
  replay->len = 0;
  for (uint32_t i = 0; i < from->len; i++) replay_push(replay, from->states[i]);
}

/* The loop of the generated parser, with states for a stack. A shift that only leads to a reduction is
** encoded as that reduction, as yy_shift does. */
bool replay_feed(Replay *replay, int kind) {
  for (;;) {
    YYACTIONTYPE action = yy_find_shift_action((YYCODETYPE)kind, replay->states[replay->len - 1]);
    if (action >= YY_MIN_REDUCE) {
      unsigned rule = action - YY_MIN_REDUCE;
      replay->len -= (unsigned)-yyRuleInfoNRhs[rule];
      replay_push(replay, yy_find_reduce_action(replay->states[replay->len - 1], yyRuleInfoLhs[rule]));
    } else if (action <= YY_MAX_SHIFTREDUCE) {
      if (action > YY_MAX_SHIFT) action += YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE;
      replay_push(replay, action);
      return true;
    } else {
      return action == YY_ACCEPT_ACTION;
    }
  }
}

void replay_release(Replay *replay) {
  mem_free(replay->states);
  *replay = (Replay){0};
}
}
