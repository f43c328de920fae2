/* explain_graph.c: a plan as a picture: Graphviz (dot -Tsvg) and Mermaid (Markdown files). Data flows downwards,
** from inputs to outputs; reference data comes in by dashed lines; a colour for each kind of step. Long lists and
** long expressions are cut, since a picture is for the overview and the text form has it all. */
#include "plan/explain.h"

enum { ITEMS_SHOWN = 8, ITEM_BYTES = 72 };

typedef struct Look { const char *name, *fill, *line; } Look;

static Look look_of(PlanKind kind) {
  switch (kind) {
    case PLAN_ENTRANCE: return (Look){"input", "#d9ead3", "#5a8f4a"};
    case PLAN_REFERENCE: return (Look){"reference", "#fff2cc", "#b8962e"};
    case PLAN_OUTPUT: return (Look){"output", "#d0e0f5", "#4a72a8"};
    case PLAN_AGGREGATE:
    case PLAN_SESSION:
    case PLAN_SLIDING:
    case PLAN_ANALYTIC:
    case PLAN_MATCH:
    case PLAN_JOIN_STREAM:
    case PLAN_JOIN_REFERENCE: return (Look){"keeps", "#f7dfd0", "#b06a3f"}; /* holds state */
    case PLAN_FILTER:
    case PLAN_APPLY:
    case PLAN_PROJECT:
    case PLAN_UNION:
    case PLAN_MERGE:
    case PLAN_KINDS: break;
  }
  return (Look){"step", "#eeeeee", "#7a7a7a"};
}

/* ---- labels ---- */

/* Text between tags. Mermaid reads its own names of characters (#quot;), which start with a number sign. */
static void put_escaped(Str text, bool mermaid, StrBuf *out) {
  const char *mark = mermaid ? "#" : "&";
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == '<') strbuf_printf(out, "%slt;", mark);
    else if (c == '>') strbuf_printf(out, "%sgt;", mark);
    else if (c == '&') strbuf_printf(out, "%samp;", mark);
    else if (c == '"') strbuf_printf(out, "%squot;", mark);
    else if (c == '#' && mermaid) strbuf_puts(out, "#35;");
    else if ((unsigned char)c < 0x20) strbuf_putc(out, ' ');
    else strbuf_putc(out, c);
  }
}

static void put_item(Str item, bool mermaid, StrBuf *out) {
  size_t end = item.len;
  if (end > ITEM_BYTES) {
    end = ITEM_BYTES;
    while (end > 0 && ((unsigned char)item.ptr[end] & 0xC0) == 0x80) end--;
  }
  put_escaped(str_sub(item, 0, end), mermaid, out);
  if (end < item.len) strbuf_puts(out, "…");
}

static void put_items(const ExplainFact *fact, bool mermaid, const char *between, StrBuf *out) {
  for (uint32_t i = 0; i < fact->items.len && i < ITEMS_SHOWN; i++) {
    if (i) strbuf_puts(out, between);
    put_item(fact->items.items[i], mermaid, out);
  }
  if (fact->items.len > ITEMS_SHOWN) strbuf_printf(out, "%sand %u more", between, fact->items.len - ITEMS_SHOWN);
}

static void put_title(const ExplainNode *node, bool mermaid, StrBuf *out) {
  strbuf_puts(out, "<b>");
  put_escaped(node->title, mermaid, out);
  strbuf_puts(out, "</b>");
  if (node->step.len == 0) return;
  strbuf_puts(out, " (step ");
  put_escaped(node->step, mermaid, out);
  strbuf_putc(out, ')');
}

/* ---- dot ---- */

static void dot_node(const ExplainNode *node, StrBuf *out) {
  Look look = look_of(node->plan->kind);
  strbuf_printf(out, "  n%u [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"5\"",
                node->plan->id);
  strbuf_printf(out, " color=\"%s\">\n    <tr><td colspan=\"2\" bgcolor=\"%s\">", look.line, look.fill);
  put_title(node, false, out);
  strbuf_puts(out, "</td></tr>");
  for (uint32_t i = 0; i < node->facts.len; i++) {
    strbuf_printf(out, "\n    <tr><td align=\"left\" valign=\"top\"><font color=\"#666666\">%s</font></td>"
                       "<td align=\"left\" balign=\"left\">", node->facts.items[i].name);
    put_items(&node->facts.items[i], false, "<br/>", out);
    strbuf_puts(out, "</td></tr>");
  }
  strbuf_puts(out, "</table>>];\n");
}

void explain_dot(const ExplainView *view, StrBuf *out) {
  strbuf_puts(out, "digraph plan {\n"
                   "  rankdir=TB;\n"
                   "  node [shape=plain, fontname=\"Helvetica\", fontsize=11];\n"
                   "  edge [color=\"#555555\", arrowsize=0.7];\n");
  for (uint32_t i = 0; i < view->plan->nodes_len; i++) dot_node(&view->nodes[i], out);
  for (uint32_t i = 0; i < view->plan->nodes_len; i++) {
    const PlanNode *node = view->plan->nodes[i];
    for (uint32_t j = 0; j < node->inputs_len; j++)
      strbuf_printf(out, "  n%u -> n%u%s;\n", node->inputs[j]->id, node->id,
                    node->inputs[j]->reference ? " [style=dashed]" : "");
  }
  strbuf_puts(out, "}\n");
}

/* ---- mermaid ---- */

/* Inputs and outputs are rounded, reference data is a drum, everything else a box. */
static void mermaid_node(const ExplainNode *node, StrBuf *out) {
  PlanKind kind = node->plan->kind;
  bool end = kind == PLAN_ENTRANCE || kind == PLAN_OUTPUT, drum = kind == PLAN_REFERENCE;
  strbuf_printf(out, "  n%u%s\"", node->plan->id, end ? "([" : drum ? "[(" : "[");
  put_title(node, true, out);
  for (uint32_t i = 0; i < node->facts.len; i++) {
    strbuf_printf(out, "<br/><i>%s</i> ", node->facts.items[i].name);
    put_items(&node->facts.items[i], true, node->facts.items[i].lines ? "<br/>" : ", ", out);
  }
  strbuf_printf(out, "\"%s:::%s\n", end ? "])" : drum ? ")]" : "]", look_of(kind).name);
}

void explain_mermaid(const ExplainView *view, StrBuf *out) {
  static const PlanKind looks[] = {PLAN_ENTRANCE, PLAN_REFERENCE, PLAN_AGGREGATE, PLAN_FILTER, PLAN_OUTPUT};
  strbuf_puts(out, "flowchart TD\n");
  for (uint32_t i = 0; i < view->plan->nodes_len; i++) mermaid_node(&view->nodes[i], out);
  for (uint32_t i = 0; i < view->plan->nodes_len; i++) {
    const PlanNode *node = view->plan->nodes[i];
    for (uint32_t j = 0; j < node->inputs_len; j++)
      strbuf_printf(out, "  n%u %s n%u\n", node->inputs[j]->id, node->inputs[j]->reference ? "-.->" : "-->", node->id);
  }
  for (unsigned i = 0; i < sizeof looks / sizeof *looks; i++) {
    Look look = look_of(looks[i]);
    strbuf_printf(out, "  classDef %s fill:%s,stroke:%s,color:#222\n", look.name, look.fill, look.line);
  }
}
