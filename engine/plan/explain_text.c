/* explain_text.c: a plan as a tree, from the outputs down to the inputs:
**
**   output alerts
**   │ columns  TollId any type, Cars bigint
**   └─ project
**      │ columns  TollId, Cars = COUNT(*)
**      └─ aggregate
**         │ window   tumbling 10s
**         │ by       TollId
**         │ computes COUNT(*)
**         └─ input toll
**              time     EntryTime
**              decodes  TollId, EntryTime
**
** A node that several nodes read is shown once, with a number; the others refer to it. */
#include "plan/explain.h"

enum { LINE_COLUMNS = 110, NAME_COLUMNS = 9 };

typedef struct Tree {
  const ExplainView *view;
  StrBuf *out;
  bool   *shown;      /* nodes whose facts stand above */
  StrBuf  margin;     /* what stands in front of the lines of the current node */
  unsigned columns;   /* display width of the margin */
} Tree;

/* ---- facts ---- */

static void put_margin(Tree *tree, bool inputs_follow) {
  strbuf_put_str(tree->out, strbuf_str(&tree->margin));
  strbuf_puts(tree->out, inputs_follow ? "│ " : "  ");
}

/* Items one behind the other with line breaks between them, or one a line. */
static void put_fact(Tree *tree, const ExplainFact *fact, bool inputs_follow) {
  put_margin(tree, inputs_follow);
  strbuf_printf(tree->out, "%-*s", NAME_COLUMNS, fact->name);
  size_t column = 0, room = LINE_COLUMNS - NAME_COLUMNS - tree->columns;
  for (uint32_t i = 0; i < fact->items.len; i++) {
    Str item = fact->items.items[i];
    bool breaks = i > 0 && (fact->lines || column + item.len > room || tree->columns + 40 > LINE_COLUMNS);
    if (i > 0 && !fact->lines) strbuf_puts(tree->out, breaks ? "," : ", ");
    if (breaks) {
      strbuf_putc(tree->out, '\n');
      put_margin(tree, inputs_follow);
      strbuf_printf(tree->out, "%*s", NAME_COLUMNS, "");
      column = 0;
    }
    strbuf_put_str(tree->out, item);
    column += item.len + 2;
  }
  strbuf_putc(tree->out, '\n');
}

static void put_title(Tree *tree, const ExplainNode *node) {
  strbuf_put_str(tree->out, node->title);
  if (node->step.len) strbuf_printf(tree->out, " (step " STR_FMT ")", STR_ARG(node->step));
  if (node->readers > 1) {
    strbuf_printf(tree->out, " #%u", node->plan->id);
    if (tree->shown[node->plan->id]) strbuf_puts(tree->out, ", see above");
    else strbuf_printf(tree->out, ", read %u times", node->readers);
  }
  strbuf_putc(tree->out, '\n');
}

/* ---- the tree ---- */

static void put_node(Tree *tree, const PlanNode *node);

static void put_input(Tree *tree, const PlanNode *input, bool last) {
  strbuf_put_str(tree->out, strbuf_str(&tree->margin));
  strbuf_puts(tree->out, last ? "└─ " : "├─ ");
  size_t before = tree->margin.len;
  strbuf_puts(&tree->margin, last ? "   " : "│  ");
  tree->columns += 3;
  put_node(tree, input);
  tree->columns -= 3;
  tree->margin.len = before;
  tree->margin.ptr[before] = 0;
}

static void put_node(Tree *tree, const PlanNode *node) {
  const ExplainNode *view = &tree->view->nodes[node->id];
  bool shown = tree->shown[node->id];
  put_title(tree, view);
  tree->shown[node->id] = true;
  if (shown) return;
  for (uint32_t i = 0; i < view->facts.len; i++) put_fact(tree, &view->facts.items[i], node->inputs_len > 0);
  for (uint32_t i = 0; i < node->inputs_len; i++) put_input(tree, node->inputs[i], i + 1 == node->inputs_len);
}

void explain_text(const ExplainView *view, StrBuf *out) {
  Tree tree = {.view = view, .out = out, .shown = mem_zalloc(view->plan->nodes_len + 1)};
  bool first = true;
  for (uint32_t i = 0; i < view->plan->nodes_len; i++) {
    if (view->nodes[i].readers) continue;
    if (!first) strbuf_putc(out, '\n');
    first = false;
    put_node(&tree, view->plan->nodes[i]);
  }
  strbuf_release(&tree.margin);
  mem_free(tree.shown);
}
