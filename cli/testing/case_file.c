/* case_file.c: a case from one readable text. tests/lang/README.md describes it.
**
** A line that begins in the first column opens a section: a word and its arguments. The lines of its body are
** indented by two blanks, which do not belong to it. Lines that begin with # are comments. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/config/config_text.h"
#include "cli/testing/case.h"

typedef struct Section {
  Str      words[8];   /* of the opening line */
  unsigned words_len;
  Str      rest;       /* of the opening line, behind the first word */
  Str      body;       /* without the indentation, without empty lines at its end */
  unsigned line;
} Section;

typedef struct Loader {
  Case       *test;
  const char *scratch;
} Loader;

static bool fail(Loader *loader, const Section *section, const char *what) {
  return case_break(loader->test, STR_FMT ":%u: %s: `" STR_FMT "`", STR_ARG(loader->test->file), section->line, what,
                    STR_ARG(section->words[0]));
}

/* ---- cutting the text into sections ----------------------------------------------------------- */

static Str next_line(Str *rest) {
  Str line;
  if (!str_cut(*rest, '\n', &line, rest)) *rest = (Str){0};
  return line;
}

static void split_words(Section *section, Str line) {
  Str rest = str_trim(line), word;
  while (rest.len && section->words_len < 8) {
    if (!str_cut(rest, ' ', &word, &rest)) rest = (Str){0};
    if (word.len) section->words[section->words_len++] = word;
    rest = str_trim(rest);
    if (section->words_len == 1) section->rest = rest;
  }
}

static bool is_heading(Str line) { return line.len && line.ptr[0] != ' ' && line.ptr[0] != '#' && str_trim(line).len; }

/* The lines up to the next heading. */
static Str take_body(Case *test, Str *text, unsigned *line_number) {
  StrBuf body = {0};
  size_t used = 0; /* up to the last line that is not empty */
  while (text->len) {
    Str after = *text, line = next_line(&after);
    if (is_heading(line)) break;
    *text = after;
    ++*line_number;
    if (line.len && line.ptr[0] == '#') continue;
    strbuf_put_str(&body, str_starts(line, STR("  ")) ? str_sub(line, 2, line.len) : line);
    if (str_trim(line).len) used = body.len;
    strbuf_putc(&body, '\n');
  }
  Str kept = arena_str(&test->arena, (Str){body.ptr ? body.ptr : "", used});
  strbuf_release(&body);
  return kept;
}

/* False at the end of the text. */
static bool next_section(Case *test, Str *text, unsigned *line_number, Section *out) {
  *out = (Section){0};
  while (text->len) {
    Str line = next_line(text);
    out->line = ++*line_number;
    if (!is_heading(line)) continue;
    split_words(out, line);
    out->body = take_body(test, text, line_number);
    return true;
  }
  return false;
}

/* ---- what goes in ----------------------------------------------------------------------------- */

static bool take_query(Loader *loader, const Section *section) {
  if (case_set_query(loader->test, STR("query"), section->body)) return true;
  return fail(loader, section, "a second query");
}

/* `late 5s`: a policy or another setting of the job. */
static bool take_config(Loader *loader, const Section *section) {
  Case *test = loader->test;
  Str name = section->words[1], value = section->words[2];
  Ticks *duration = str_eq(name, STR("late"))           ? &test->policy.late
                    : str_eq(name, STR("out-of-order")) ? &test->policy.out_of_order
                                                        : NULL;
  if (duration && str_eq(value, STR("off"))) {
    *duration = -1;
    return true;
  }
  bool known = duration ? duration_parse(value, duration) : false;
  if (str_eq(name, STR("disorder"))) {
    test->policy.drop = str_eq(value, STR("drop"));
    known = test->policy.drop || str_eq(value, STR("adjust"));
  }
  if (str_eq(name, STR("compat"))) known = case_set_compat(test, value);
  if (str_eq(name, STR("start"))) known = datetime_parse(value.ptr, value.len, &test->start);
  if (str_eq(name, STR("runtime-errors"))) {
    test->runtime_errors = str_eq(value, STR("stop")) ? RUNTIME_ERRORS_STOP : RUNTIME_ERRORS_QUARANTINE;
    known = test->runtime_errors == RUNTIME_ERRORS_STOP || str_eq(value, STR("quarantine"));
  }
  return known || fail(loader, section, "an unknown setting or value");
}

static bool write_events(Loader *loader, CaseInput *input, Str body) {
  const char *path = arena_printf(&loader->test->arena, "%s/" STR_FMT ".%s", loader->scratch, STR_ARG(input->name),
                                  input->csv ? "csv" : "json").ptr;
  input->where = str_from(path);
  FILE *file = fopen(path, "wb");
  bool ok = file && fwrite(body.ptr, 1, body.len, file) == body.len;
  ok = (file && body.len ? fputc('\n', file) != EOF : true) && ok;
  if (file) ok = fclose(file) == 0 && ok;
  return ok || case_break(loader->test, "cannot write %s", path);
}

/* `input NAME [csv] [arrival FIELD]`, `reference NAME [csv]`. */
static bool take_input(Loader *loader, const Section *section) {
  if (section->words_len < 2) return fail(loader, section, "a name is missing");
  CaseInput *input = case_add_input(loader->test, section->words[1]);
  input->reference = str_eq(section->words[0], STR("reference"));
  for (unsigned i = 2; i < section->words_len; i++) {
    if (str_eq(section->words[i], STR("csv"))) input->csv = true;
    else if (str_eq(section->words[i], STR("arrival")) && i + 1 < section->words_len)
      input->arrival_field = arena_str(&loader->test->arena, section->words[++i]);
    else return fail(loader, section, "an unknown word behind the name");
  }
  return write_events(loader, input, section->body);
}

/* ---- what comes out --------------------------------------------------------------------------- */

/* `expect [NAME] [ordered] [tolerance X]`; the name is `output` when there is none. */
static bool take_expected(Loader *loader, const Section *section) {
  unsigned at = 1;
  Str name = STR("output");
  if (section->words_len > 1 && !str_eq(section->words[1], STR("ordered")) &&
      !str_eq(section->words[1], STR("tolerance")))
    name = section->words[at++];
  CaseOutput *output = case_add_output(loader->test, name);
  output->rows = section->body;
  for (; at < section->words_len; at++) {
    if (str_eq(section->words[at], STR("ordered"))) output->rules.ordered = true;
    else if (str_eq(section->words[at], STR("tolerance")) && at + 1 < section->words_len)
      output->rules.tolerance = strtod(section->words[++at].ptr, NULL);
    else return fail(loader, section, "an unknown word behind the name");
  }
  return true;
}

/* A line each: `CODE [LINE:COLUMN] [part of the message]`. */
static bool take_notes(Loader *loader, const Section *section, CaseNotes *notes) {
  Arena *arena = &loader->test->arena;
  notes->stated = true;
  Str rest = section->body;
  while (rest.len) {
    Str line = str_trim(next_line(&rest));
    if (line.len) arena_push(arena, &notes->items, case_note_parse(arena, line));
  }
  return true;
}

/* `expect-counts INPUT`, a line each: `late 2`, `largest-shift 5s`. */
static bool take_counts(Loader *loader, const Section *section) {
  if (section->words_len < 2) return fail(loader, section, "the name of an input is missing");
  Str rest = section->body;
  while (rest.len) {
    CaseCount count = {.input = arena_str(&loader->test->arena, section->words[1])};
    Str name, value;
    bool known = str_cut(str_trim(next_line(&rest)), ' ', &name, &value) &&
                 (str_to_i64(value, &count.count) || duration_parse(value, &count.count));
    if (!known) return fail(loader, section, "a count is a name and a number");
    count.name = arena_str(&loader->test->arena, name);
    arena_push(&loader->test->arena, &loader->test->counts, count);
  }
  return true;
}

static bool take_stop(Loader *loader, const Section *section) {
  loader->test->stops = arena_str(&loader->test->arena, section->rest);
  return section->rest.len || fail(loader, section, "part of the message is missing");
}

static bool take_errors(Loader *loader, const Section *s) { return take_notes(loader, s, &loader->test->errors); }
static bool take_warnings(Loader *loader, const Section *s) { return take_notes(loader, s, &loader->test->warned); }
static bool take_quarantine(Loader *loader, const Section *s) {
  return take_notes(loader, s, &loader->test->quarantine);
}

/* ---- the whole -------------------------------------------------------------------------------- */

static const struct SectionKind {
  const char *word;
  bool (*take)(Loader *loader, const Section *section);
} section_kinds[] = {
    {"query", take_query},
    {"config", take_config},
    {"input", take_input},
    {"reference", take_input},
    {"expect", take_expected},
    {"expect-errors", take_errors},
    {"expect-warnings", take_warnings},
    {"expect-quarantine", take_quarantine},
    {"expect-counts", take_counts},
    {"expect-stop", take_stop},
};

static bool take_section(Loader *loader, const Section *section) {
  for (size_t i = 0; i < sizeof section_kinds / sizeof *section_kinds; i++)
    if (str_eq(section->words[0], str_from(section_kinds[i].word))) return section_kinds[i].take(loader, section);
  return fail(loader, section, "an unknown section");
}

static bool load(Loader *loader) {
  Case *test = loader->test;
  Str text;
  Error err;
  if (config_text_load(&test->arena, test->file.ptr, &text, &err) != STATUS_OK) return case_break_error(test, &err);
  if (!str_starts(text, STR("# about: ")))
    return case_break(test, STR_FMT ": the first line is `# about: what the case shows`", STR_ARG(test->file));
  Section section;
  unsigned line = 0;
  while (next_section(test, &text, &line, &section))
    if (!take_section(loader, &section)) return false;
  return test->query.text.ptr || case_break(test, STR_FMT ": there is no query", STR_ARG(test->file));
}

Case *case_load_file(const char *path, const char *scratch) {
  const char *slash = strrchr(path, '/');
  Str name = str_from(slash ? slash + 1 : path);
  Case *test = case_new(str_from(path), str_sub(name, 0, name.len - (str_ends(name, STR(".test")) ? 5 : 0)));
  test->quarantine.stated = true;
  Loader loader = {test, scratch};
  load(&loader);
  return test;
}
