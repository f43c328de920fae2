/* job_points.c: see job_points.h. */
#include "cli/job_points.h"

#include "base/diag.h"
#include "cli/term.h"
#include "types/json.h"

void job_notes_show(const JobSetup *setup, bool verbose) {
  for (uint32_t i = 0; i < setup->desc.notes.items.len; i++) {
    const Note *note = &setup->desc.notes.items.items[i];
    if (note->warning) term_warning(STR_FMT, STR_ARG(note->text));
    else if (verbose) term_note(STR_FMT, STR_ARG(note->text));
  }
}

static bool is_input_of(const PlanScript *plan, Str name) {
  for (uint32_t i = 0; i < plan->inputs_len; i++)
    if (str_eq_nocase(plan->inputs[i]->name, name)) return true;
  return false;
}

static bool is_output_of(const PlanScript *plan, Str name) {
  for (uint32_t i = 0; i < plan->outputs_len; i++)
    if (str_eq_nocase(plan->outputs[i]->name, name)) return true;
  return false;
}

/* ---- where everything goes -------------------------------------------------------------------- */

static const JobBinding *find_bound(const JobBinding *list, uint32_t len, Str name) {
  for (uint32_t i = 0; i < len; i++)
    if (str_eq_nocase(list[i].name, name)) return &list[i];
  return NULL;
}

/* A WHERE without its options, and without secrets. */
static Str short_where(Arena *arena, Str text) {
  Where where;
  Error err;
  if (where_parse(arena, text, &where, &err) != STATUS_OK) return STR("?");
  Str shown = where.printable;
  if (where.options.len) {
    size_t end = shown.len;
    while (end > 0 && shown.ptr[end - 1] != '?') end--;
    if (end) shown.len = end - 1;
  }
  where_release(&where);
  return shown;
}

/* given: by the command line. */
static void show_binding(const JobSetup *setup, const char *what, const DescBinding *one, const JobBinding *bound,
                         bool given, Str name) {
  Arena arena;
  arena_init(&arena);
  StrBuf line = {0};
  strbuf_printf(&line, "%s " STR_FMT ": ", what, STR_ARG(name));
  bool ours = bound && one && !given;
  if (bound == NULL) strbuf_puts(&line, "stdout");
  Str where = bound ? short_where(&arena, bound->where) : STR("");
  bool standard = str_eq(where, STR("-"));
  if (ours && one->kind.len && !standard) strbuf_printf(&line, STR_FMT " ", STR_ARG(one->kind));
  if (standard) strbuf_puts(&line, strcmp(what, "output") ? "stdin" : "stdout");
  else strbuf_put_str(&line, where);
  if (ours && one->problem.len) strbuf_printf(&line, " (" STR_FMT ")", STR_ARG(one->problem));
  else if (bound && !ours) strbuf_puts(&line, " (command line)");
  else if (bound == NULL && one == NULL)
    strbuf_printf(&line, " (" STR_FMT " does not describe it)", STR_ARG(setup->desc.file));
  else if (bound == NULL) strbuf_printf(&line, " (--local; " STR_FMT ")", STR_ARG(one->kind));
  term_note("%s", line.ptr);
  strbuf_release(&line);
  arena_release(&arena);
}

void job_bindings_show(const JobSetup *setup, const PlanScript *plan) {
  for (uint32_t i = 0; i < plan->inputs_len; i++) {
    Str name = plan->inputs[i]->name;
    const JobBinding *bound = find_bound(setup->inputs.items, setup->inputs.len, name);
    bool given = find_bound(setup->inputs.items, setup->given_inputs, name) != NULL;
    show_binding(setup, "input", desc_find(&setup->desc.inputs, name), bound, given, name);
  }
  for (uint32_t i = 0; i < plan->outputs_len; i++) {
    Str name = plan->outputs[i]->name;
    const JobBinding *bound = find_bound(setup->outputs.items, setup->outputs.len, name);
    bool given = find_bound(setup->outputs.items, setup->given_outputs, name) != NULL;
    show_binding(setup, "output", desc_find(&setup->desc.outputs, name), bound, given, name);
  }
}

/* Projects share folders of outputs; a job file is written for its query. */
static void warn_unwritten(const JobSetup *setup, const PlanScript *plan) {
  const DescBindings *outputs = &setup->desc.outputs;
  for (uint32_t i = 0; i < outputs->len && path_kind(setup->desc.file.ptr) == PATH_JOB; i++)
    if (!is_output_of(plan, outputs->items[i].name))
      term_warning(STR_FMT ": the query does not write the output `" STR_FMT "`", STR_ARG(outputs->items[i].file),
                   STR_ARG(outputs->items[i].name));
}

void job_names_warn(const JobSetup *setup, const PlanScript *plan) {
  warn_unwritten(setup, plan);
  enum { NAMES_MAX = 64 };
  Str names[NAMES_MAX];
  unsigned count = 0;
  const DescBindings *outputs = &setup->desc.outputs;
  for (uint32_t i = 0; i < outputs->len && count < NAMES_MAX; i++)
    if (!is_output_of(plan, outputs->items[i].name)) names[count++] = outputs->items[i].name;
  for (uint32_t i = 0; i < plan->outputs_len; i++) {
    Str name = plan->outputs[i]->name;
    Str nearest = desc_find(outputs, name) ? STR("") : diag_nearest(name, names, count);
    if (nearest.len)
      term_warning("output " STR_FMT ": " STR_FMT " does not describe it; did you mean `" STR_FMT "`?", STR_ARG(name),
                   STR_ARG(setup->desc.file), STR_ARG(nearest));
  }
}

/* ---- what cannot run -------------------------------------------------------------------------- */

static Str kind_of(const DescBinding *one) { return one->kind.len ? one->kind : STR("it"); }

static void input_error(const DescBinding *one, Error *err) {
  error_set(err, STATUS_CONFIG, "", "input " STR_FMT ": " STR_FMT " cannot be read: " STR_FMT " (" STR_FMT ")",
            STR_ARG(one->name), STR_ARG(kind_of(one)), STR_ARG(one->problem), STR_ARG(one->file));
  error_hint(err, "--%s " STR_FMT "=FILE reads a recorded file or another source in its place",
             one->reference ? "reference" : "input", STR_ARG(one->name));
}

static void output_error(const DescBinding *one, Error *err) {
  error_set(err, STATUS_CONFIG, "", "output " STR_FMT ": " STR_FMT " cannot be written: " STR_FMT " (" STR_FMT ")",
            STR_ARG(one->name), STR_ARG(kind_of(one)), STR_ARG(one->problem), STR_ARG(one->file));
  error_hint(err, "--output " STR_FMT "=WHERE writes elsewhere; --local writes the rows of all outputs to stdout",
             STR_ARG(one->name));
}

static void show_point(const Error *err, bool as_error) {
  if (as_error) {
    term_error(err);
    return;
  }
  term_warning("%s", err->message);
  term_help("%s", err->hint);
}

/* The binding, when it cannot run and nothing replaces it. */
static bool is_point(const DescBinding *one, const JobBinding *list, uint32_t len) {
  return one->where.len == 0 && find_bound(list, len, one->name) == NULL && one->problem.len;
}

unsigned job_points_show(const JobSetup *setup, const PlanScript *plan) {
  unsigned count = 0;
  for (uint32_t i = 0; i < setup->desc.inputs.len; i++) {
    const DescBinding *one = &setup->desc.inputs.items[i];
    if (!is_point(one, setup->inputs.items, setup->inputs.len) || (plan && !is_input_of(plan, one->name))) continue;
    Error err;
    input_error(one, &err);
    show_point(&err, plan != NULL);
    count++;
  }
  for (uint32_t i = 0; i < setup->desc.outputs.len; i++) {
    const DescBinding *one = &setup->desc.outputs.items[i];
    if (!is_point(one, setup->outputs.items, setup->outputs.len) || (plan && !is_output_of(plan, one->name))) continue;
    Error err;
    output_error(one, &err);
    show_point(&err, plan != NULL);
    count++;
  }
  return count;
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void put_point(const char *what, const DescBinding *one, StrBuf *out) {
  strbuf_printf(out, "%s{\"%s\":", out->len ? "," : "", what);
  json_put_string(out, one->name);
  strbuf_puts(out, ",\"problem\":");
  json_put_string(out, one->problem);
  strbuf_puts(out, ",\"file\":");
  json_put_string(out, one->file);
  strbuf_putc(out, '}');
}

void job_notes_json(const JobSetup *setup, StrBuf *out) {
  for (uint32_t i = 0; i < setup->desc.notes.items.len; i++) {
    const Note *note = &setup->desc.notes.items.items[i];
    if (!note->warning) continue;
    if (out->len) strbuf_putc(out, ',');
    json_put_string(out, note->text);
  }
}

void job_points_json(const JobSetup *setup, StrBuf *out) {
  for (uint32_t i = 0; i < setup->desc.inputs.len; i++)
    if (is_point(&setup->desc.inputs.items[i], setup->inputs.items, setup->inputs.len))
      put_point("input", &setup->desc.inputs.items[i], out);
  for (uint32_t i = 0; i < setup->desc.outputs.len; i++)
    if (is_point(&setup->desc.outputs.items[i], setup->outputs.items, setup->outputs.len))
      put_point("output", &setup->desc.outputs.items[i], out);
}
