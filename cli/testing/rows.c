/* rows.c: see rows.h. */
#include "cli/testing/rows.h"

#include <math.h>
#include <stdlib.h>

/* ---- the plain form --------------------------------------------------------------------------- */

typedef struct Members { Vec(const JsonNode *) items; } Members; /* release with vec_release */

static int by_key(const void *a, const void *b) {
  return str_cmp((*(const JsonNode *const *)a)->key, (*(const JsonNode *const *)b)->key);
}

/* The fields of an object that count, by name. rules: NULL for objects inside rows. */
static Members members_of(const JsonNode *object, const RowRules *rules) {
  Members members = {0};
  for (const JsonNode *node = object->first; node; node = node->next)
    if (node->kind != JSON_NULL && !(rules && row_is_ignored(rules, node->key))) vec_push(&members.items, node);
  if (members.items.len) qsort(members.items.items, members.items.len, sizeof *members.items.items, by_key);
  return members;
}

/* Whether the number is a whole one of 64 bits, however it is spelt: 95, 95.0, 9.5e1, -0.0. */
static bool number_is_whole(const JsonNode *node, int64_t *whole) {
  if (str_to_i64(node->text, whole)) return true;
  if (!(node->number >= -0x1p63 && node->number < 0x1p63) || node->number != floor(node->number)) return false;
  *whole = (int64_t)node->number;
  return true;
}

static void put_number(const JsonNode *node, StrBuf *out) {
  int64_t whole;
  if (number_is_whole(node, &whole)) strbuf_printf(out, "%lld", (long long)whole);
  else strbuf_printf(out, "%.17g", node->number);
}

static void put_object(const JsonNode *node, const RowRules *rules, StrBuf *out) {
  Members members = members_of(node, rules);
  strbuf_putc(out, '{');
  for (uint32_t i = 0; i < members.items.len; i++) {
    if (i) strbuf_puts(out, ", ");
    json_put_string(out, members.items.items[i]->key);
    strbuf_puts(out, ": ");
    value_put_plain(members.items.items[i], out);
  }
  strbuf_putc(out, '}');
  vec_release(&members.items);
}

static void put_array(const JsonNode *node, StrBuf *out) {
  strbuf_putc(out, '[');
  for (const JsonNode *item = node->first; item; item = item->next) {
    if (item != node->first) strbuf_puts(out, ", ");
    value_put_plain(item, out);
  }
  strbuf_putc(out, ']');
}

void value_put_plain(const JsonNode *value, StrBuf *out) {
  switch (value->kind) {
    case JSON_NULL:
    case JSON_BOOL: strbuf_put_str(out, value->text); break;
    case JSON_NUMBER: put_number(value, out); break;
    case JSON_STRING: json_put_string(out, value->text); break;
    case JSON_ARRAY: put_array(value, out); break;
    case JSON_OBJECT: put_object(value, NULL, out); break;
  }
}

/* ---- equality --------------------------------------------------------------------------------- */

static bool objects_near(const JsonNode *a, const JsonNode *b, double tolerance, const RowRules *rules) {
  Members left = members_of(a, rules), right = members_of(b, rules);
  bool same = left.items.len == right.items.len;
  for (uint32_t i = 0; i < left.items.len && same; i++)
    same = str_eq(left.items.items[i]->key, right.items.items[i]->key) &&
           values_equal(left.items.items[i], right.items.items[i], tolerance);
  vec_release(&left.items);
  vec_release(&right.items);
  return same;
}

static bool arrays_near(const JsonNode *a, const JsonNode *b, double tolerance) {
  const JsonNode *left = a->first, *right = b->first;
  for (; left && right; left = left->next, right = right->next)
    if (!values_equal(left, right, tolerance)) return false;
  return left == NULL && right == NULL;
}

/* Whole numbers beyond the doubles' precision are compared as such. */
static bool numbers_equal(const JsonNode *a, const JsonNode *b, double tolerance) {
  int64_t left, right;
  if (tolerance == 0 && number_is_whole(a, &left) && number_is_whole(b, &right)) return left == right;
  double size = fmax(1.0, fmax(fabs(a->number), fabs(b->number)));
  return fabs(a->number - b->number) <= tolerance * size;
}

bool values_equal(const JsonNode *a, const JsonNode *b, double tolerance) {
  bool left = a && a->kind != JSON_NULL, right = b && b->kind != JSON_NULL;
  if (!left || !right) return left == right;
  if (a->kind != b->kind) return false;
  switch (a->kind) {
    case JSON_NULL: return true;
    case JSON_BOOL: return a->boolean == b->boolean;
    case JSON_NUMBER: return numbers_equal(a, b, tolerance);
    case JSON_STRING: return str_eq(a->text, b->text);
    case JSON_ARRAY: return arrays_near(a, b, tolerance);
    case JSON_OBJECT: return objects_near(a, b, tolerance, NULL);
  }
  return false;
}

bool rows_equal(const Row *a, const Row *b, const RowRules *rules) {
  if (str_eq(a->plain, b->plain)) return true;
  return rules->tolerance > 0 && objects_near(a->tree, b->tree, rules->tolerance, rules);
}

bool row_is_ignored(const RowRules *rules, Str field) {
  for (uint32_t i = 0; i < rules->ignored_len; i++)
    if (str_eq_nocase(field, rules->ignored[i])) return true;
  return false;
}

const JsonNode *row_field(const Row *row, Str name) {
  for (const JsonNode *node = row->tree->first; node; node = node->next)
    if (str_eq(node->key, name)) return node;
  return NULL;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static const JsonNode *field_twice(const JsonNode *object) {
  for (const JsonNode *node = object->first; node; node = node->next)
    for (const JsonNode *other = node->next; other; other = other->next)
      if (str_eq(node->key, other->key)) return node;
  return NULL;
}

/* The plain form with a blank place for each number outside of texts; the first of them goes to *lead. */
static Str skeleton_of(Arena *arena, Str plain, double *lead) {
  char *out = arena_alloc(arena, plain.len + 1);
  size_t len = 0;
  bool first = true;
  for (size_t i = 0; i < plain.len;) {
    char c = plain.ptr[i];
    size_t begin = i++;
    if (c == '"') {
      while (i < plain.len && plain.ptr[i] != '"') i += plain.ptr[i] == '\\' ? 2 : 1;
      i++;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      if (first) *lead = strtod(plain.ptr + begin, NULL);
      first = false;
      while (i < plain.len && plain.ptr[i] != ',' && plain.ptr[i] != '}' && plain.ptr[i] != ']') i++;
      out[len++] = '#';
      continue;
    }
    memcpy(out + len, plain.ptr + begin, i - begin);
    len += i - begin;
  }
  return (Str){out, len};
}

static bool add_tree(Arena *arena, const JsonNode *tree, Str written, const RowRules *rules, RowList *out,
                     StrBuf *problem) {
  if (tree->kind != JSON_OBJECT) {
    strbuf_printf(problem, "row %u is no JSON object", out->len + 1);
    return false;
  }
  const JsonNode *twice = field_twice(tree);
  if (twice) {
    strbuf_printf(problem, "row %u names the field `" STR_FMT "` twice", out->len + 1, STR_ARG(twice->key));
    return false;
  }
  StrBuf plain = {0};
  put_object(tree, rules, &plain);
  Row row = {.tree = tree, .written = written, .plain = arena_str(arena, strbuf_str(&plain)), .place = out->len + 1};
  if (rules->tolerance > 0) row.skeleton = skeleton_of(arena, row.plain, &row.lead);
  arena_push(arena, out, row);
  strbuf_release(&plain);
  return true;
}

bool rows_add(Arena *arena, Str text, const RowRules *rules, RowList *out, StrBuf *problem) {
  Error err;
  Str copy = arena_str(arena, str_trim(text));
  const JsonNode *tree = json_parse_tree(arena, copy, &err);
  if (tree) return add_tree(arena, tree, copy, rules, out, problem);
  strbuf_puts(problem, err.message);
  return false;
}

static bool read_array(Arena *arena, Str text, const RowRules *rules, RowList *out, StrBuf *problem) {
  Error err;
  const JsonNode *list = json_parse_tree(arena, text, &err);
  if (list == NULL) {
    strbuf_puts(problem, err.message);
    return false;
  }
  for (const JsonNode *node = list->first; node; node = node->next)
    if (!add_tree(arena, node, node->text, rules, out, problem)) return false;
  return true;
}

/* A line is parsed alone, so its messages speak of line 1: the number of the line is put in its place. */
static void put_renumbered(Str reason, unsigned number, StrBuf *out) {
  Str first = STR("line 1,");
  for (size_t at = 0; at < reason.len;) {
    Str rest = str_sub(reason, at, reason.len);
    bool place = str_starts(rest, first);
    if (place) strbuf_printf(out, "line %u,", number);
    else strbuf_putc(out, rest.ptr[0]);
    at += place ? first.len : 1;
  }
}

static bool read_line(Arena *arena, Str line, unsigned number, const RowRules *rules, RowList *out, StrBuf *problem) {
  StrBuf reason = {0};
  bool ok = rows_add(arena, line, rules, out, &reason);
  if (!ok) put_renumbered(strbuf_str(&reason), number, problem);
  strbuf_release(&reason);
  return ok;
}

bool rows_read(Arena *arena, Str text, const RowRules *rules, RowList *out, StrBuf *problem) {
  if (str_starts(str_trim(text), STR("["))) return read_array(arena, text, rules, out, problem);
  Str line, rest = text;
  for (unsigned number = 1; rest.len; number++) {
    str_cut(rest, '\n', &line, &rest);
    if (str_trim(line).len && !read_line(arena, line, number, rules, out, problem)) return false;
  }
  return true;
}
