/* explain_json.c: a plan for programs: nodes with kind, readers' places in the query, columns and the same facts
** the other forms show. One node a line, so that differences are easy to read. */
#include "plan/explain.h"

#include "types/json.h"

static void put_types(TypeMask types, StrBuf *out) {
  strbuf_putc(out, '[');
  bool first = true;
  for (Type type = TYPE_BIT; type < TYPE_COUNT; type++) {
    if (!(types & MASK(type))) continue;
    strbuf_printf(out, "%s\"%s\"", first ? "" : ",", type_name(type));
    first = false;
  }
  strbuf_putc(out, ']');
}

static void put_column(Str name, bool star, bool hidden, TypeMask types, StrBuf *out) {
  strbuf_puts(out, "{\"name\":");
  json_put_string(out, star ? STR("*") : name);
  if (hidden) strbuf_puts(out, ",\"hidden\":true");
  strbuf_puts(out, ",\"types\":");
  put_types(types, out);
  strbuf_putc(out, '}');
}

static void put_facts(const ExplainNode *node, StrBuf *out) {
  strbuf_putc(out, '{');
  for (uint32_t i = 0; i < node->facts.len; i++) {
    const ExplainFact *fact = &node->facts.items[i];
    strbuf_printf(out, "%s\"%s\":[", i ? "," : "", fact->name);
    for (uint32_t j = 0; j < fact->items.len; j++) {
      if (j) strbuf_putc(out, ',');
      json_put_string(out, fact->items.items[j]);
    }
    strbuf_putc(out, ']');
  }
  strbuf_putc(out, '}');
}

static void put_node(const ExplainView *view, const ExplainNode *node, StrBuf *out) {
  const PlanNode *plan = node->plan;
  uint32_t line, column;
  source_text_position(view->plan->source, plan->span.begin, &line, &column);
  strbuf_printf(out, "{\"id\":%u,\"kind\":\"%s\",\"title\":", plan->id, plan_kind_name(plan->kind));
  json_put_string(out, node->title);
  if (node->step.len) {
    strbuf_puts(out, ",\"step\":");
    json_put_string(out, node->step);
  }
  strbuf_puts(out, ",\"inputs\":[");
  for (uint32_t i = 0; i < plan->inputs_len; i++) strbuf_printf(out, "%s%u", i ? "," : "", plan->inputs[i]->id);
  strbuf_printf(out, "],\"line\":%u,\"column\":%u,\"columns\":[", line, column);
  for (uint32_t i = 0; i < plan->cols_len; i++) {
    if (i) strbuf_putc(out, ',');
    put_column(plan->cols[i].name, plan->cols[i].star, plan->cols[i].hidden, plan->cols[i].types, out);
  }
  strbuf_puts(out, "],\"facts\":");
  put_facts(node, out);
  strbuf_putc(out, '}');
}

static void put_output(const PlanOutput *output, StrBuf *out) {
  strbuf_puts(out, "{\"name\":");
  json_put_string(out, output->name);
  strbuf_puts(out, ",\"columns\":[");
  for (uint32_t i = 0; i < output->schema.cols_len; i++) {
    const OutputColumn *col = &output->schema.cols[i];
    if (i) strbuf_putc(out, ',');
    put_column(col->name, col->star, false, col->types, out);
  }
  strbuf_puts(out, "]}");
}

static void put_input(const PlanInput *input, StrBuf *out) {
  strbuf_puts(out, "{\"name\":");
  json_put_string(out, input->name);
  strbuf_printf(out, ",\"reference\":%s,\"fields\":[", input->reference ? "true" : "false");
  for (uint32_t i = 0; i < input->fields_len; i++) {
    strbuf_puts(out, i ? ",{\"path\":[" : "{\"path\":[");
    for (uint32_t j = 0; j < input->fields[i].depth; j++) {
      if (j) strbuf_putc(out, ',');
      json_put_string(out, input->fields[i].path[j]);
    }
    strbuf_putc(out, ']');
    if (input->fields[i].declared != TYPE_NULL)
      strbuf_printf(out, ",\"declared\":\"%s\"", type_name(input->fields[i].declared));
    strbuf_putc(out, '}');
  }
  strbuf_puts(out, "]}");
}

static void put_separator(uint32_t i, StrBuf *out) { strbuf_puts(out, i ? ",\n  " : "\n  "); }

void explain_json(const ExplainView *view, StrBuf *out) {
  const PlanScript *plan = view->plan;
  strbuf_printf(out, "{\"compatibilityLevel\":\"%d.%d\",\n \"inputs\":[", plan->compat / 10, plan->compat % 10);
  for (uint32_t i = 0; i < plan->inputs_len; i++) {
    put_separator(i, out);
    put_input(plan->inputs[i], out);
  }
  strbuf_puts(out, "],\n \"outputs\":[");
  for (uint32_t i = 0; i < plan->outputs_len; i++) {
    put_separator(i, out);
    put_output(plan->outputs[i], out);
  }
  strbuf_puts(out, "],\n \"nodes\":[");
  for (uint32_t i = 0; i < plan->nodes_len; i++) {
    put_separator(i, out);
    put_node(view, &view->nodes[i], out);
  }
  strbuf_puts(out, "]}\n");
}
