/* shuffled.c: see shuffled.h. Each event gets its time plus a random part of the tolerance, and they arrive in the
** order of these sums: whatever came before an event is then at most the tolerance ahead of it. */
#include "support/shuffled.h"

#include <stdio.h>
#include <stdlib.h>

#include "types/json.h"

typedef struct Event { Str text; Ticks time, sum; uint32_t place; } Event;

typedef struct Events {
  Vec(Event) items;
  SourceText file;
} Events;

static uint64_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return *state >> 33;
}

/* ---- which field is the time ------------------------------------------------------------------ */

static const DecodeField *time_field(const PlanNode *entrance) {
  const Expr *time = entrance->entrance.timestamp;
  const PlanInput *input = entrance->entrance.input;
  if (time == NULL || time->kind != EXPR_COLUMN || input->kinds[time->column->slot] != INPUT_FIELD) return NULL;
  return &input->fields[input->field_of[time->column->slot]];
}

static bool knows_its_place(const PlanInput *input) {
  for (uint32_t i = 0; i < input->cols_len; i++)
    if (input->kinds[i] == INPUT_EVENT_ID || input->kinds[i] == INPUT_OFFSET) return true;
  return false;
}

static bool same_field(const DecodeField *a, const DecodeField *b) {
  if (a->depth != b->depth) return false;
  for (uint32_t i = 0; i < a->depth; i++)
    if (!str_eq(a->path[i], b->path[i])) return false;
  return true;
}

/* The field by which all statements time the input; NULL: there is no such field. */
static const DecodeField *field_of(const PlanScript *plan, Str input) {
  const DecodeField *field = NULL;
  for (uint32_t i = 0; i < plan->nodes_len; i++) {
    const PlanNode *node = plan->nodes[i];
    if (node->kind != PLAN_ENTRANCE || !str_eq_nocase(node->entrance.input->name, input)) continue;
    const DecodeField *own = time_field(node);
    if (own == NULL || knows_its_place(node->entrance.input) || (field && !same_field(field, own))) return NULL;
    field = own;
  }
  return field;
}

/* ---- events ----------------------------------------------------------------------------------- */

static bool time_of(Str event, const DecodeField *field, Ticks *out) {
  for (uint32_t i = 0; i < field->depth; i++)
    if (!json_field(event, field->path[i], &event)) return false;
  return event.len > 2 && event.ptr[0] == '"' && datetime_parse(event.ptr + 1, event.len - 2, out);
}

static bool add_event(Events *events, Str text, const DecodeField *field) {
  Event event = {.text = text, .place = events->items.len};
  if (!time_of(text, field, &event.time)) return false;
  if (events->items.len && event.time < events->items.items[events->items.len - 1].time) return false;
  vec_push(&events->items, event);
  return true;
}

static bool read_array(Events *events, Str text, const DecodeField *field) {
  JsonCursor cursor;
  Str key, value;
  if (!json_open(&cursor, text)) return false;
  while (json_next(&cursor, &key, &value))
    if (!add_event(events, value, field)) return false;
  return !cursor.bad;
}

static bool read_lines(Events *events, Str text, const DecodeField *field) {
  Str line, rest = text;
  while (rest.len) {
    if (!str_cut(rest, '\n', &line, &rest)) rest = (Str){0};
    line = str_trim(line);
    if (line.len && (line.ptr[0] != '{' || line.ptr[line.len - 1] != '}' || !add_event(events, line, field)))
      return false;
  }
  return true;
}

static bool read_events(Events *events, const CaseInput *input, const DecodeField *field) {
  Error err;
  char path[4096];
  if (input->csv || input->arrival_field.len || memchr(input->where.ptr, '?', input->where.len)) return false;
  snprintf(path, sizeof path, STR_FMT, STR_ARG(input->where));
  if (source_text_load(&events->file, path, &err) != STATUS_OK) return false;
  Str text = str_trim(events->file.text);
  return text.len && text.ptr[0] == '[' ? read_array(events, text, field) : read_lines(events, text, field);
}

/* ---- shuffling -------------------------------------------------------------------------------- */

static int by_sum(const void *a, const void *b) {
  const Event *x = a, *y = b;
  if (x->sum != y->sum) return x->sum < y->sum ? -1 : 1;
  return x->place < y->place ? -1 : 1;
}

static void shuffle(Events *events, Ticks tolerance, uint64_t *random) {
  Event *items = events->items.items;
  for (uint32_t i = 0; i < events->items.len; i++) {
    Ticks least = i && items[i].time == items[i - 1].time ? items[i - 1].sum - items[i].time : 0;
    items[i].sum = items[i].time + least + (Ticks)(next_random(random) % (uint64_t)(tolerance - least + 1));
  }
  if (events->items.len) qsort(items, events->items.len, sizeof *items, by_sum);
}

static bool write_events(const Events *events, const char *path) {
  FILE *file = fopen(path, "w");
  if (file == NULL) return false;
  for (uint32_t i = 0; i < events->items.len; i++) {
    Str text = events->items.items[i].text;
    for (size_t at = 0; at < text.len; at++) fputc(text.ptr[at] == '\n' ? ' ' : text.ptr[at], file);
    fputc('\n', file);
  }
  return fclose(file) == 0;
}

static Ticks span_of(const Events *events) {
  if (events->items.len == 0) return 0;
  return events->items.items[events->items.len - 1].time - events->items.items[0].time;
}

static void events_release(Events *all, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) {
    vec_release(&all[i].items);
    source_text_release(&all[i].file);
  }
  mem_free(all);
}

/* ---- the case --------------------------------------------------------------------------------- */

static Compiled *compile(Case *test) {
  BindInput *inputs = ARENA_ARRAY(&test->arena, BindInput, test->inputs.len + 1);
  for (uint32_t i = 0; i < test->inputs.len; i++)
    inputs[i] = (BindInput){.name = test->inputs.items[i].name, .reference = test->inputs.items[i].reference,
                            .csv = test->inputs.items[i].csv};
  BindOptions options = {.inputs = inputs, .inputs_len = test->inputs.len, .closed = true, .compat = test->compat};
  return compile_query(&test->query, &options);
}

static bool read_all(const Case *test, const PlanScript *plan, Events *all, Ticks *span) {
  for (uint32_t i = 0; i < test->inputs.len; i++) {
    const CaseInput *input = &test->inputs.items[i];
    const DecodeField *field = input->reference ? NULL : field_of(plan, input->name);
    if (input->reference) continue;
    if (field == NULL || !read_events(&all[i], input, field)) return false;
    if (span_of(&all[i]) > *span) *span = span_of(&all[i]);
  }
  return true;
}

static bool write_all(Case *test, Events *all, const char *folder, Ticks tolerance, uint64_t seed) {
  for (uint32_t i = 0; i < test->inputs.len; i++) {
    CaseInput *input = &test->inputs.items[i];
    if (input->reference) continue;
    shuffle(&all[i], tolerance, &seed);
    input->where = arena_printf(&test->arena, "%s/shuffled-%u.json", folder, i);
    if (!write_events(&all[i], input->where.ptr)) return false;
  }
  test->policy.out_of_order = tolerance;
  return true;
}

bool case_shuffle(Case *test, const char *folder, uint64_t seed) {
  if (test->broken.len || test->stops.len || test->inputs.len == 0 || test->policy.out_of_order) return false;
  Compiled *compiled = compile(test);
  Events *all = mem_zalloc(mem_mul(test->inputs.len, sizeof *all));
  Ticks span = 0;
  bool ok = compiled->plan && read_all(test, compiled->plan, all, &span) && span > 0 &&
            write_all(test, all, folder, span / 2 + 1, seed);
  events_release(all, test->inputs.len);
  compiled_free(compiled);
  return ok;
}
