/* operators.h: the signs under which scalar_operator_find knows the operators of the language.
** Comparisons and predicates are two-valued: with a NULL operand they give bit 0, negated ones too. */
#ifndef WEIR_FUNCTIONS_OPERATORS_H
#define WEIR_FUNCTIONS_OPERATORS_H

#define OP_ADD "+"            /* numbers, or text + text */
#define OP_SUB "-"
#define OP_MUL "*"
#define OP_DIV "/"
#define OP_MOD "%"
#define OP_NEG "negate"       /* unary minus */
#define OP_BIT_AND "&"
#define OP_BIT_OR "|"
#define OP_BIT_XOR "^"
#define OP_BIT_NOT "~"
#define OP_EQ "="             /* text with datetime compares as datetime; bit with number; text with number fails */
#define OP_NE "<>"
#define OP_LT "<"
#define OP_LE "<="
#define OP_GT ">"
#define OP_GE ">="
#define OP_LIKE "like"        /* text, pattern [, escape] */
#define OP_NOT_LIKE "not like"
#define OP_IN "in"            /* value, candidates...: constants are prepared as a set */
#define OP_NOT_IN "not in"
#define OP_BETWEEN "between"  /* value, low, high */
#define OP_NOT_BETWEEN "not between"
#define OP_IS_NULL "is null"
#define OP_IS_NOT_NULL "is not null"
#define OP_CAST "cast"        /* FnCall.target */
#define OP_TRY_CAST "try_cast"
#define OP_FIELD "field"      /* record, constant name: the field, exact spelling first; NULL when there is none */
#define OP_ROW "row"          /* constant name, value, ...: a record; '' as a name: the value's members */

#endif
