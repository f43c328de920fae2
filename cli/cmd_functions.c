/* cmd_functions.c: `weir functions`: the built-in reference, read off the registries of functions and windows. */
#include "base/diag.h"
#include "cli/catalog.h"
#include "cli/command.h"
#include "cli/term.h"
#include "types/json.h"

typedef struct FunctionsOptions {
  int format; /* 2: json */
} FunctionsOptions;

enum { NAMES_MAX = 400, SIGNATURE_COLUMNS = 46 };

/* ---- lists ------------------------------------------------------------------------------------ */

static Str first_sentence(const char *doc) {
  const char *stop = strstr(doc, ". ");
  return (Str){doc, stop ? (size_t)(stop - doc) + 1 : strlen(doc)};
}

static void list_entry(const CatalogEntry *entry, void *context) {
  StrBuf *out = context;
  Str doc = first_sentence(entry->doc);
  size_t len = strlen(entry->signature);
  strbuf_printf(out, "  %s", entry->signature);
  if (len > SIGNATURE_COLUMNS) strbuf_printf(out, "\n%*s", SIGNATURE_COLUMNS + 4, "");
  else strbuf_printf(out, "%*s", (int)(SIGNATURE_COLUMNS + 2 - len), "");
  strbuf_printf(out, STR_FMT "\n", STR_ARG(doc));
}

static void list_text(StrBuf *out) {
  for (unsigned i = 0; i < catalog_families(); i++) {
    strbuf_printf(out, "%s%s\n", i ? "\n" : "", catalog_family(i));
    catalog_each(i, list_entry, out);
  }
  strbuf_puts(out, "\n`weir functions NAME` says more about one.\n");
}

/* ---- one function ----------------------------------------------------------------------------- */

static void print_examples(const char *examples, StrBuf *out) {
  Str line, rest = str_from(examples);
  while (rest.len) {
    str_cut(rest, '\n', &line, &rest);
    strbuf_printf(out, "  " STR_FMT "\n", STR_ARG(line));
  }
}

static void print_text(const CatalogEntry *entry, StrBuf *out) {
  strbuf_printf(out, "%s%s\n\n%s\n", out->len ? "\n" : "", entry->signature, entry->doc);
  if (entry->null_rule) strbuf_printf(out, "NULL: %s\n", entry->null_rule);
  if (entry->examples[0] == 0) return;
  strbuf_puts(out, "\nExamples:\n");
  print_examples(entry->examples, out);
}

static void json_member(const char *name, const char *text, StrBuf *out) {
  strbuf_printf(out, ",\"%s\":", name);
  json_put_string(out, str_from(text));
}

static void print_json(const CatalogEntry *entry, StrBuf *out) {
  strbuf_puts(out, out->len > 1 ? ",\n " : "\n ");
  strbuf_puts(out, "{\"name\":");
  json_put_string(out, str_from(entry->name));
  json_member("family", entry->family, out);
  json_member("signature", entry->signature, out);
  json_member("doc", entry->doc, out);
  if (entry->null_rule) json_member("null", entry->null_rule, out);
  json_member("examples", entry->examples, out);
  strbuf_putc(out, '}');
}

/* ---- the command ------------------------------------------------------------------------------ */

typedef struct Search {
  Str wanted;
  bool all, json;
  StrBuf *out;
  Str names[NAMES_MAX];
  unsigned names_len, found;
} Search;

static void search_entry(const CatalogEntry *entry, void *context) {
  Search *search = context;
  if (search->names_len < NAMES_MAX) search->names[search->names_len++] = str_from(entry->name);
  if (!search->all && !str_eq_nocase(str_from(entry->name), search->wanted)) return;
  search->found++;
  if (search->json) print_json(entry, search->out);
  else print_text(entry, search->out);
}

/* Forms of one function follow each other under one name. */
static bool begins(const Search *search, unsigned at) {
  if (search->wanted.len < 2 || !str_starts_nocase(search->names[at], search->wanted)) return false;
  return at == 0 || !str_eq(search->names[at], search->names[at - 1]);
}

/* A slip, or the beginning of names. */
static Status no_function(const Search *search, Error *err) {
  StrBuf list = {0};
  Str nearest = diag_nearest(search->wanted, search->names, search->names_len);
  if (nearest.len) strbuf_put_str(&list, nearest);
  for (unsigned i = 0; i < search->names_len && nearest.len == 0; i++)
    if (begins(search, i)) strbuf_printf(&list, "%s" STR_FMT, list.len ? ", " : "", STR_ARG(search->names[i]));
  error_set(err, STATUS_CONFIG, "", "there is no function `" STR_FMT "`", STR_ARG(search->wanted));
  if (list.len) error_hint(err, "did you mean %s?", list.ptr);
  else error_hint(err, "`weir functions` lists them all");
  strbuf_release(&list);
  return STATUS_CONFIG;
}

static int run_functions(const void *options, const ArgTexts *words) {
  const FunctionsOptions *given = options;
  bool json = given->format == 2;
  StrBuf text = {0};
  Search search = {.wanted = words->len ? str_from(words->items[0]) : STR(""), .all = words->len == 0,
                   .json = json, .out = &text};
  if (!json && words->len == 0) {
    list_text(&text);
    return term_print(&text);
  }
  if (json) strbuf_putc(&text, '[');
  for (unsigned i = 0; i < catalog_families(); i++) catalog_each(i, search_entry, &search);
  if (json) strbuf_puts(&text, "\n]\n");
  if (search.found) return term_print(&text);
  strbuf_release(&text);
  Error err = {0};
  no_function(&search, &err);
  return term_error(&err);
}

static const ArgDef args[] = {
  {"format", ARG_CHOICE, offsetof(FunctionsOptions, format), .choices = "text|json", .doc = "text, or a JSON array"},
  {0},
};

const Command cmd_functions = {
  .name = "functions",
  .usage = "[NAME] [--format json]",
  .summary = "list the functions of the language, or describe one",
  .examples = "weir functions\nweir functions AVG",
  .args = args,
  .options_bytes = sizeof(FunctionsOptions),
  .words = "at most one name",
  .words_max = 1,
  .run = run_functions,
};
