/* case_compare.c: compares the rows of an output with the expected ones.
**
** Every row is printed in a plain form in which equal rows are equal text: fields sorted by name, NULL fields left
** out, numbers by value. Equal texts pair off first; with a tolerance what remains is compared number by number. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/case.h"
#include "types/json.h"

enum { SHOWN_MAX = 3 };

typedef struct Row {
  const JsonNode *tree;
  Str  text;   /* the plain form */
  bool paired;
} Row;

typedef struct RowList { Row *items; uint32_t len, cap; } RowList;

/* ---- the plain form --------------------------------------------------------------------------- */

typedef struct Members { const JsonNode **items; uint32_t len; } Members;

static int by_key(const void *a, const void *b) {
  return str_cmp((*(const JsonNode *const *)a)->key, (*(const JsonNode *const *)b)->key);
}

/* The fields of an object that are not NULL, by name. */
static Members members_of(Arena *arena, const JsonNode *object) {
  Members members = {ARENA_ARRAY(arena, const JsonNode *, json_count(object) + 1), 0};
  for (const JsonNode *node = object->first; node; node = node->next)
    if (node->kind != JSON_NULL) members.items[members.len++] = node;
  qsort(members.items, members.len, sizeof *members.items, by_key);
  return members;
}

static void put_number(const JsonNode *node, StrBuf *out) {
  int64_t whole;
  if (str_to_i64(node->text, &whole)) strbuf_printf(out, "%lld", (long long)whole);
  else if (node->number == floor(node->number) && fabs(node->number) < 0x1p53) strbuf_printf(out, "%.0f", node->number);
  else strbuf_printf(out, "%.17g", node->number);
}

static void put_plain(Arena *arena, const JsonNode *node, StrBuf *out);

static void put_object(Arena *arena, const JsonNode *node, StrBuf *out) {
  Members members = members_of(arena, node);
  for (uint32_t i = 0; i < members.len; i++) {
    strbuf_puts(out, i ? ", " : "{");
    json_put_string(out, members.items[i]->key);
    strbuf_puts(out, ": ");
    put_plain(arena, members.items[i], out);
  }
  strbuf_puts(out, members.len ? "}" : "{}");
}

static void put_array(Arena *arena, const JsonNode *node, StrBuf *out) {
  strbuf_putc(out, '[');
  for (const JsonNode *item = node->first; item; item = item->next) {
    if (item != node->first) strbuf_puts(out, ", ");
    put_plain(arena, item, out);
  }
  strbuf_putc(out, ']');
}

static void put_plain(Arena *arena, const JsonNode *node, StrBuf *out) {
  switch (node->kind) {
    case JSON_NULL:
    case JSON_BOOL: strbuf_put_str(out, node->text); break;
    case JSON_NUMBER: put_number(node, out); break;
    case JSON_STRING: json_put_string(out, node->text); break;
    case JSON_ARRAY: put_array(arena, node, out); break;
    case JSON_OBJECT: put_object(arena, node, out); break;
  }
}

/* ---- equal within a tolerance ----------------------------------------------------------------- */

static bool near(Arena *arena, const JsonNode *a, const JsonNode *b, double tolerance);

static bool near_objects(Arena *arena, const JsonNode *a, const JsonNode *b, double tolerance) {
  Members left = members_of(arena, a), right = members_of(arena, b);
  if (left.len != right.len) return false;
  for (uint32_t i = 0; i < left.len; i++)
    if (!str_eq(left.items[i]->key, right.items[i]->key) || !near(arena, left.items[i], right.items[i], tolerance))
      return false;
  return true;
}

static bool near_arrays(Arena *arena, const JsonNode *a, const JsonNode *b, double tolerance) {
  const JsonNode *left = a->first, *right = b->first;
  for (; left && right; left = left->next, right = right->next)
    if (!near(arena, left, right, tolerance)) return false;
  return left == NULL && right == NULL;
}

static bool near(Arena *arena, const JsonNode *a, const JsonNode *b, double tolerance) {
  if (a->kind != b->kind) return false;
  switch (a->kind) {
    case JSON_NULL: return true;
    case JSON_BOOL: return a->boolean == b->boolean;
    case JSON_NUMBER: {
      double size = fmax(1.0, fmax(fabs(a->number), fabs(b->number)));
      return fabs(a->number - b->number) <= tolerance * size;
    }
    case JSON_STRING: return str_eq(a->text, b->text);
    case JSON_ARRAY: return near_arrays(arena, a, b, tolerance);
    case JSON_OBJECT: return near_objects(arena, a, b, tolerance);
  }
  return false;
}

static bool same_row(Arena *arena, const Row *a, const Row *b, double tolerance) {
  return str_eq(a->text, b->text) || (tolerance > 0 && near(arena, a->tree, b->tree, tolerance));
}

/* ---- reading rows ----------------------------------------------------------------------------- */

static void drop_ignored(JsonNode *row, const CaseOutput *output) {
  for (JsonNode **at = &row->first; *at;) {
    bool ignored = false;
    for (uint32_t i = 0; i < output->ignored_len; i++) ignored |= str_eq_nocase((*at)->key, output->ignored[i]);
    if (ignored) *at = (*at)->next;
    else at = &(*at)->next;
  }
}

static void add_row(Arena *arena, JsonNode *tree, const CaseOutput *output, RowList *rows) {
  if (tree->kind == JSON_OBJECT) drop_ignored(tree, output);
  StrBuf text = {0};
  put_plain(arena, tree, &text);
  Row row = {.tree = tree, .text = arena_str(arena, strbuf_str(&text))};
  arena_push(arena, rows, row);
  strbuf_release(&text);
}

static bool add_text(Arena *arena, Str text, const CaseOutput *output, RowList *rows, StrBuf *problem) {
  Error err;
  JsonNode *tree = json_parse_tree(arena, text, &err);
  if (tree) add_row(arena, tree, output, rows);
  else strbuf_printf(problem, STR_FMT ": a row is no JSON (%s): " STR_FMT "\n", STR_ARG(output->name), err.message,
                     STR_ARG(text));
  return tree != NULL;
}

static bool read_array(Arena *arena, Str text, const CaseOutput *output, RowList *rows, StrBuf *problem) {
  Error err;
  JsonNode *list = json_parse_tree(arena, text, &err);
  if (list == NULL) {
    strbuf_printf(problem, STR_FMT ": the expected rows are no JSON: %s\n", STR_ARG(output->name), err.message);
    return false;
  }
  for (JsonNode *node = list->first, *next; node; node = next) {
    next = node->next;
    add_row(arena, node, output, rows);
  }
  return true;
}

static bool read_expected(Arena *arena, const CaseOutput *output, RowList *rows, StrBuf *problem) {
  Str rest = output->rows, line;
  if (str_starts(str_trim(rest), STR("[")) || str_starts(rest, STR("\xef\xbb\xbf[")))
    return read_array(arena, rest, output, rows, problem);
  while (rest.len) {
    if (!str_cut(rest, '\n', &line, &rest)) rest = (Str){0};
    if (str_trim(line).len && !add_text(arena, line, output, rows, problem)) return false;
  }
  return true;
}

/* ---- comparing -------------------------------------------------------------------------------- */

static bool compare_ordered(Arena *arena, const CaseOutput *output, RowList *expected, RowList *actual,
                            StrBuf *problem) {
  uint32_t both = expected->len < actual->len ? expected->len : actual->len;
  for (uint32_t i = 0; i < both; i++) {
    if (same_row(arena, &expected->items[i], &actual->items[i], output->tolerance)) continue;
    strbuf_printf(problem, STR_FMT ": row %u: expected " STR_FMT "\n" STR_FMT ": row %u: got      " STR_FMT "\n",
                  STR_ARG(output->name), i + 1, STR_ARG(expected->items[i].text), STR_ARG(output->name), i + 1,
                  STR_ARG(actual->items[i].text));
    return false;
  }
  if (expected->len == actual->len) return true;
  strbuf_printf(problem, STR_FMT ": expected %u rows, got %u\n", STR_ARG(output->name), expected->len, actual->len);
  return false;
}

static int by_text(const void *a, const void *b) { return str_cmp(((const Row *)a)->text, ((const Row *)b)->text); }

static void pair_equal(RowList *expected, RowList *actual) {
  if (expected->len) qsort(expected->items, expected->len, sizeof(Row), by_text);
  if (actual->len) qsort(actual->items, actual->len, sizeof(Row), by_text);
  for (uint32_t i = 0, j = 0; i < expected->len && j < actual->len;) {
    int order = str_cmp(expected->items[i].text, actual->items[j].text);
    if (order == 0) expected->items[i].paired = actual->items[j].paired = true;
    i += order <= 0;
    j += order >= 0;
  }
}

static void pair_near(Arena *arena, RowList *expected, RowList *actual, double tolerance) {
  for (uint32_t i = 0; i < expected->len; i++)
    for (uint32_t j = 0; j < actual->len && !expected->items[i].paired; j++)
      if (!actual->items[j].paired && near(arena, expected->items[i].tree, actual->items[j].tree, tolerance))
        expected->items[i].paired = actual->items[j].paired = true;
}

/* How many rows have no partner; the first few are shown. */
static uint32_t report_unpaired(const RowList *rows, Str output, const char *what, StrBuf *problem) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows->len; i++) {
    if (rows->items[i].paired) continue;
    if (count++ < SHOWN_MAX)
      strbuf_printf(problem, STR_FMT ": %s " STR_FMT "\n", STR_ARG(output), what, STR_ARG(rows->items[i].text));
  }
  return count;
}

static bool compare_multisets(Arena *arena, const CaseOutput *output, RowList *expected, RowList *actual,
                              StrBuf *problem) {
  pair_equal(expected, actual);
  if (output->tolerance > 0) pair_near(arena, expected, actual, output->tolerance);
  uint32_t missing = report_unpaired(expected, output->name, "missing   ", problem);
  uint32_t extra = report_unpaired(actual, output->name, "unexpected", problem);
  if (missing > SHOWN_MAX || extra > SHOWN_MAX)
    strbuf_printf(problem, STR_FMT ": %u rows missing, %u unexpected\n", STR_ARG(output->name), missing, extra);
  return missing + extra == 0;
}

bool case_compare_rows(const CaseOutput *output, char **rows, unsigned rows_len, StrBuf *problem) {
  Arena arena;
  arena_init(&arena);
  RowList expected = {0}, actual = {0};
  bool ok = read_expected(&arena, output, &expected, problem);
  for (unsigned i = 0; i < rows_len && ok; i++) ok = add_text(&arena, str_from(rows[i]), output, &actual, problem);
  if (ok && output->ordered) ok = compare_ordered(&arena, output, &expected, &actual, problem);
  else if (ok) ok = compare_multisets(&arena, output, &expected, &actual, problem);
  arena_release(&arena);
  return ok;
}
