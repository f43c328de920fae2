/* csv.c: every column of a CSV input is text unless CREATE TABLE says otherwise. The binder says so, with the CREATE
** TABLE to paste: what the query does with a column tells which type it should have (a *wish*). */
#include "bind/binder.h"

static BoundInputColumn *column_of(const Provider provider, uint32_t at);

/* Through the plain columns of steps to the input; NULL: something was computed on the way. */
static BoundInputColumn *expr_column_of(const Expr *expr) {
  const LeafColumn *col = (const LeafColumn *)expr->column;
  return col->analytic || col->time ? NULL : column_of(col->leaf->provider, col->at);
}

static BoundInputColumn *column_of(const Provider provider, uint32_t at) {
  if (provider.input) return provider.input->columns.items[at];
  if (provider.relation) return NULL;
  const BoundSelect *select = provider.step->query->branches[0];
  uint32_t item = provider.step->query->columns.items[at]->items[0];
  if (provider.step->query->branches_len > 1 || select->group || item == UINT32_MAX) return NULL;
  const Expr *expr = select->items.items[item].expr;
  return expr->kind == EXPR_COLUMN ? expr_column_of(expr) : NULL;
}

static bool any_csv(const Binder *b) {
  for (uint32_t i = 0; i < b->options->inputs_len; i++)
    if (b->options->inputs[i].csv) return true;
  return false;
}

BoundInputColumn *csv_column(const Binder *b, const Expr *expr) {
  if (expr->kind != EXPR_COLUMN || !any_csv(b) || !expr->column->of_source) return NULL;
  BoundInputColumn *col = expr_column_of(expr);
  bool text = col && col->kind == INPUT_FIELD && col->depth == 1 && col->input->csv && col->declared == TYPE_NULL;
  return text ? col : NULL;
}

void csv_wish(const Binder *b, const Expr *expr, Type type) {
  BoundInputColumn *col = csv_column(b, expr);
  if (col && type != TYPE_TEXT && col->wish == TYPE_NULL) col->wish = type;
}

/* ---- CREATE TABLE ----------------------------------------------------------------------------- */

static void put_name(Str name, StrBuf *out) {
  bool plain = name.len && !(name.ptr[0] >= '0' && name.ptr[0] <= '9');
  for (size_t i = 0; i < name.len; i++) {
    unsigned char c = (unsigned char)name.ptr[i];
    plain &= c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
  }
  strbuf_printf(out, plain ? STR_FMT : "[" STR_FMT "]", STR_ARG(name));
}

static bool is_payload(const BoundInputColumn *col) { return col->kind == INPUT_FIELD && col->depth == 1; }

/* The next column in the order of the query text; `from` is where the last one stood. */
static const BoundInputColumn *next_column(const BoundInput *input, int64_t from) {
  const BoundInputColumn *next = NULL;
  for (uint32_t i = 0; i < input->columns.len; i++) {
    const BoundInputColumn *col = input->columns.items[i];
    if (!is_payload(col) || col->span.begin <= from) continue;
    if (next == NULL || col->span.begin < next->span.begin) next = col;
  }
  return next;
}

static void put_table(const BoundInput *input, StrBuf *out) {
  const BoundInputColumn *col;
  unsigned count = 0;
  strbuf_puts(out, "CREATE TABLE ");
  put_name(input->name, out);
  for (int64_t from = -1; (col = next_column(input, from)); from = col->span.begin) {
    strbuf_puts(out, count++ ? ", " : " (");
    put_name(col->name, out);
    strbuf_printf(out, " %s", type_name(col->wish ? col->wish : TYPE_TEXT));
  }
  strbuf_puts(out, ");");
}

void csv_hint(Binder *b, Diag *diag, const Expr *expr) {
  const BoundInputColumn *col = csv_column(b, expr);
  if (col == NULL) return;
  StrBuf table = {0};
  put_table(col->input, &table);
  diag_hint(b->diags, diag,
            "`" STR_FMT "` is CSV, where every column is text. Write `CAST(" STR_FMT
            " AS %s)`, or declare the types in front of the query:\n%s",
            STR_ARG(col->input->name), STR_ARG(col->name), type_name(col->wish ? col->wish : TYPE_FLOAT), table.ptr);
  strbuf_release(&table);
}

void check_csv_input(Binder *b, const BoundInput *input) {
  if (!input->csv || input->declared_len || next_column(input, -1) == NULL) return;
  StrBuf table = {0};
  put_table(input, &table);
  Diag *diag = diag_add(b->diags, DIAG_csv_untyped, input->span, "`" STR_FMT "` is CSV, so every column of it is text",
                        STR_ARG(input->name));
  diag_hint(b->diags, diag, "to give columns types, declare them in front of the query:\n%s", table.ptr);
  strbuf_release(&table);
}
