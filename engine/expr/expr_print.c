/* expr_print.c: expressions as SQL-like text, for explain and golden tests. */
#include <string.h>

#include "expr/expr.h"
#include "functions/operators.h"

static void print_list(Expr *const *args, uint32_t begin, uint32_t end, const char *between, StrBuf *out) {
  for (uint32_t i = begin; i < end; i++) {
    if (i > begin) strbuf_puts(out, between);
    expr_print(args[i], out);
  }
}

static void print_const(const Value *value, StrBuf *out) {
  if (value->type == TYPE_TEXT) {
    strbuf_putc(out, '\'');
    Str text = text_str(&value->text);
    for (size_t i = 0; i < text.len; i++) {
      if (text.ptr[i] == '\'') strbuf_putc(out, '\'');
      strbuf_putc(out, text.ptr[i]);
    }
    strbuf_putc(out, '\'');
  } else if (value->type == TYPE_NULL) {
    strbuf_puts(out, "NULL");
  } else {
    value_print_json(value, out);
  }
}

static void print_operator(const Expr *expr, StrBuf *out) {
  const char *name = expr->call->fn->name;
  bool is_cast = strcmp(name, OP_CAST) == 0 || strcmp(name, OP_TRY_CAST) == 0;
  if (is_cast) {
    strbuf_printf(out, "%s(", name);
    expr_print(expr->args[0], out);
    strbuf_printf(out, " as %s)", type_name(expr->call->target));
  } else if (strcmp(name, OP_FIELD) == 0 && expr->args[1]->kind == EXPR_CONST) {
    expr_print(expr->args[0], out);
    strbuf_putc(out, '.');
    strbuf_put_str(out, text_str(&expr->args[1]->value.text));
  } else if (expr->args_len == 2) {
    strbuf_putc(out, '(');
    expr_print(expr->args[0], out);
    strbuf_printf(out, " %s ", name);
    expr_print(expr->args[1], out);
    strbuf_putc(out, ')');
  } else {
    strbuf_printf(out, "(%s ", name);
    print_list(expr->args, 0, expr->args_len, ", ", out);
    strbuf_putc(out, ')');
  }
}

static void print_case(const Expr *expr, StrBuf *out) {
  strbuf_puts(out, "case");
  for (uint32_t i = 0; i + 1 < expr->args_len; i += 2) {
    strbuf_puts(out, " when ");
    expr_print(expr->args[i], out);
    strbuf_puts(out, " then ");
    expr_print(expr->args[i + 1], out);
  }
  strbuf_puts(out, " else ");
  expr_print(expr->args[expr->args_len - 1], out);
  strbuf_puts(out, " end");
}

void expr_print(const Expr *expr, StrBuf *out) {
  switch (expr->kind) {
    case EXPR_ERROR: strbuf_puts(out, "<error>"); break;
    case EXPR_CONST: print_const(&expr->value, out); break;
    case EXPR_COLUMN: strbuf_put_str(out, expr->column->name); break;
    case EXPR_TIMESTAMP: strbuf_puts(out, "System.Timestamp()"); break;
    case EXPR_CALL:
      if (expr->call->fn->flags & FN_OPERATOR) {
        print_operator(expr, out);
        break;
      }
      strbuf_printf(out, "%s(", expr->call->fn->name);
      print_list(expr->args, 0, expr->args_len, ", ", out);
      strbuf_putc(out, ')');
      break;
    case EXPR_AND:
    case EXPR_OR:
      strbuf_putc(out, '(');
      print_list(expr->args, 0, expr->args_len, expr->kind == EXPR_AND ? " and " : " or ", out);
      strbuf_putc(out, ')');
      break;
    case EXPR_NOT:
      strbuf_puts(out, "not ");
      expr_print(expr->args[0], out);
      break;
    case EXPR_CASE: print_case(expr, out); break;
    case EXPR_COALESCE:
      strbuf_puts(out, "coalesce(");
      print_list(expr->args, 0, expr->args_len, ", ", out);
      strbuf_putc(out, ')');
      break;
  }
}
