/* ast.c: names of kinds and operators. */
#include "grammar/ast.h"

static const char *const kind_names[AST_KIND_COUNT] = {
    [AST_ERROR] = "error",       [AST_NULL] = "null",           [AST_INTEGER] = "integer",
    [AST_FLOAT] = "float",       [AST_TEXT] = "text",           [AST_QUOTED] = "quoted",
    [AST_PATH] = "path",         [AST_STAR] = "star",           [AST_FIELD] = "field",
    [AST_CALL] = "call",         [AST_UNARY] = "unary",         [AST_BINARY] = "binary",
    [AST_LOGIC] = "logic",       [AST_LIKE] = "like",           [AST_BETWEEN] = "between",
    [AST_IN] = "in",             [AST_IS_NULL] = "is-null",     [AST_CASE] = "case",
    [AST_CAST] = "cast",         [AST_TABLE] = "table",         [AST_SUBSELECT] = "sub-select",
    [AST_JOIN] = "join",         [AST_APPLY] = "apply",         [AST_MATCH] = "match",
    [AST_SELECT] = "select",     [AST_UNION] = "union",         [AST_ITEM] = "item",
    [AST_OVER] = "over",         [AST_ORDER] = "order",         [AST_WHEN] = "when",
    [AST_DEFINE] = "define",     [AST_STEP] = "step",           [AST_CREATE_TABLE] = "create-table",
    [AST_COLUMN] = "column",     [AST_SCRIPT] = "script",       [AST_PATTERN_VARIABLE] = "variable",
    [AST_PATTERN_ANY] = "any",   [AST_PATTERN_SEQUENCE] = "sequence", [AST_PATTERN_CHOICE] = "choice",
    [AST_PATTERN_REPEAT] = "repeat",
};

static const char *const op_texts[AST_OP_COUNT] = {
    [AST_OP_ADD] = "+",     [AST_OP_SUB] = "-",    [AST_OP_MUL] = "*",  [AST_OP_DIV] = "/",     [AST_OP_MOD] = "%",
    [AST_OP_BIT_AND] = "&", [AST_OP_BIT_OR] = "|", [AST_OP_BIT_XOR] = "^", [AST_OP_EQ] = "=",   [AST_OP_NE] = "<>",
    [AST_OP_LT] = "<",      [AST_OP_LE] = "<=",    [AST_OP_GT] = ">",   [AST_OP_GE] = ">=",     [AST_OP_NEG] = "-",
    [AST_OP_PLUS] = "+",    [AST_OP_BIT_NOT] = "~", [AST_OP_NOT] = "NOT",
};

const char *ast_kind_name(AstKind kind) { return kind_names[kind]; }
const char *ast_op_text(AstOp op) { return op_texts[op]; }
