/* row_diff.c: see row_diff.h. Equal rows are found by sorting, so that many rows cost little; only what remains is
** compared row by row, and of very many such rows only the first expected ones with all that came. */
#include "cli/testing/row_diff.h"

#include <math.h>
#include <stdlib.h>

enum { NEAREST_PAIRS_MAX = 2000000, NEAREST_ROWS_MIN = 20, LCS_CELLS_MAX = 1000000 };

typedef struct Side { const Row **rows; uint32_t len; bool *paired; } Side; /* paired: by place, from 0 */

typedef struct Differ {
  Arena *arena;
  const RowRules *rules;
  Side expected, actual;
  const Row **partner; /* by place of the expected row: the row it is paired with and differs from */
  RowDiff *out;
} Differ;

static Side side_of(Arena *arena, const RowList *list) {
  Side side = {ARENA_ARRAY(arena, const Row *, list->len + 1), list->len, ARENA_ARRAY(arena, bool, list->len + 1)};
  for (uint32_t i = 0; i < list->len; i++) side.rows[i] = &list->items[i];
  return side;
}

static void keep(Differ *differ, const Row *expected, const Row *actual) {
  differ->expected.paired[expected->place - 1] = differ->actual.paired[actual->place - 1] = true;
  differ->out->kept[expected->place - 1] = actual;
}

static void pair(Differ *differ, const Row *expected, const Row *actual) {
  differ->expected.paired[expected->place - 1] = differ->actual.paired[actual->place - 1] = true;
  differ->partner[expected->place - 1] = actual;
}

/* What has no partner yet, in order. */
static Side rest_of(Arena *arena, const Side *side) {
  Side rest = {ARENA_ARRAY(arena, const Row *, side->len + 1), 0, side->paired};
  for (uint32_t i = 0; i < side->len; i++)
    if (!side->paired[side->rows[i]->place - 1]) rest.rows[rest.len++] = side->rows[i];
  return rest;
}

/* ---- equal rows of a multiset ----------------------------------------------------------------- */

static int by_plain(const void *a, const void *b) {
  const Row *left = *(const Row *const *)a, *right = *(const Row *const *)b;
  int order = str_cmp(left->plain, right->plain);
  return order ? order : left->place < right->place ? -1 : left->place > right->place;
}

static void pair_equal(Differ *differ) {
  Side expected = rest_of(differ->arena, &differ->expected), actual = rest_of(differ->arena, &differ->actual);
  qsort(expected.rows, expected.len, sizeof *expected.rows, by_plain);
  qsort(actual.rows, actual.len, sizeof *actual.rows, by_plain);
  for (uint32_t i = 0, j = 0; i < expected.len && j < actual.len;) {
    int order = str_cmp(expected.rows[i]->plain, actual.rows[j]->plain);
    if (order == 0) keep(differ, expected.rows[i], actual.rows[j]);
    i += order <= 0;
    j += order >= 0;
  }
}

/* Rows that are equal within a tolerance are equal but for their numbers, and their first numbers are close. */
static int by_skeleton(const void *a, const void *b) {
  const Row *left = *(const Row *const *)a, *right = *(const Row *const *)b;
  int order = str_cmp(left->skeleton, right->skeleton);
  if (order) return order;
  if (left->lead != right->lead) return left->lead < right->lead ? -1 : 1;
  return left->place < right->place ? -1 : left->place > right->place;
}

static bool leads_are_close(const Row *a, const Row *b, double tolerance) {
  return fabs(a->lead - b->lead) <= tolerance * fmax(1.0, fmax(fabs(a->lead), fabs(b->lead)));
}

static bool comes_before(const Row *row, const Row *other, double tolerance) {
  int order = str_cmp(row->skeleton, other->skeleton);
  return order < 0 || (order == 0 && row->lead < other->lead && !leads_are_close(row, other, tolerance));
}

static void pair_within_tolerance(Differ *differ) {
  double tolerance = differ->rules->tolerance;
  Side expected = rest_of(differ->arena, &differ->expected), actual = rest_of(differ->arena, &differ->actual);
  qsort(expected.rows, expected.len, sizeof *expected.rows, by_skeleton);
  qsort(actual.rows, actual.len, sizeof *actual.rows, by_skeleton);
  for (uint32_t i = 0, begin = 0; i < expected.len; i++) {
    const Row *row = expected.rows[i];
    while (begin < actual.len && comes_before(actual.rows[begin], row, tolerance)) begin++;
    for (uint32_t j = begin; j < actual.len && !comes_before(row, actual.rows[j], tolerance); j++) {
      if (actual.paired[actual.rows[j]->place - 1] || !rows_equal(row, actual.rows[j], differ->rules)) continue;
      keep(differ, row, actual.rows[j]);
      break;
    }
  }
}

/* ---- equal rows of a list --------------------------------------------------------------------- */

/* The longest common subsequence of what lies between the equal rows at both ends; of very many rows only those that
** are equal place by place. */
static void pair_in_order(Differ *differ) {
  const Row **left = differ->expected.rows, **right = differ->actual.rows;
  uint32_t n = differ->expected.len, m = differ->actual.len;
  while (n && m && rows_equal(*left, *right, differ->rules)) keep(differ, *left++, *right++), n--, m--;
  while (n && m && rows_equal(left[n - 1], right[m - 1], differ->rules)) keep(differ, left[--n], right[--m]);
  if (n == 0 || m == 0) return;
  if ((uint64_t)(n + 1) * (m + 1) > LCS_CELLS_MAX) {
    for (uint32_t i = 0; i < n && i < m; i++)
      if (rows_equal(left[i], right[i], differ->rules)) keep(differ, left[i], right[i]);
    return;
  }
  uint32_t *length = mem_zalloc(mem_mul((size_t)(n + 1) * (m + 1), sizeof *length)), wide = m + 1;
  for (uint32_t i = n; i-- > 0;)
    for (uint32_t j = m; j-- > 0;) {
      uint32_t below = length[(i + 1) * wide + j], beside = length[i * wide + j + 1];
      length[i * wide + j] = rows_equal(left[i], right[j], differ->rules) ? length[(i + 1) * wide + j + 1] + 1
                             : below > beside                             ? below
                                                                          : beside;
    }
  for (uint32_t i = 0, j = 0; i < n && j < m;) {
    if (rows_equal(left[i], right[j], differ->rules)) keep(differ, left[i++], right[j++]);
    else if (length[(i + 1) * wide + j] >= length[i * wide + j + 1]) i++;
    else j++;
  }
  mem_free(length);
}

/* ---- the nearest of what remains -------------------------------------------------------------- */

/* Fields with equal values, and fields at all. */
static uint32_t fields_shared(const Differ *differ, const Row *a, const Row *b, uint32_t *fields) {
  uint32_t shared = 0;
  *fields = 0;
  for (const JsonNode *node = a->tree->first; node; node = node->next) {
    if (row_is_ignored(differ->rules, node->key)) continue;
    shared += values_equal(node, row_field(b, node->key), differ->rules->tolerance);
    ++*fields;
  }
  for (const JsonNode *node = b->tree->first; node; node = node->next)
    *fields += !row_is_ignored(differ->rules, node->key) && row_field(a, node->key) == NULL;
  return shared;
}

typedef struct Near { const Row *expected, *actual; uint32_t score, apart; } Near;

static int by_score(const void *a, const void *b) {
  const Near *left = a, *right = b;
  if (left->score != right->score) return left->score > right->score ? -1 : 1;
  if (left->apart != right->apart) return left->apart < right->apart ? -1 : 1;
  return left->expected->place < right->expected->place ? -1 : left->expected->place > right->expected->place;
}

/* 0: nothing in common. Rows of one field have nothing in common when they differ; they are paired all the same. */
static uint32_t score_of(const Differ *differ, const Row *a, const Row *b) {
  uint32_t fields, shared = fields_shared(differ, a, b, &fields);
  if (fields == 1) return 1;
  return fields ? shared * 1000 / fields : 1;
}

/* Leaves so many rows that comparing each with each takes no more than a moment. */
static void limit_pairs(Side *expected, Side *actual) {
  if (expected->len == 0 || actual->len == 0) return;
  uint32_t rows = NEAREST_PAIRS_MAX / actual->len;
  if (rows < NEAREST_ROWS_MIN) rows = NEAREST_ROWS_MIN;
  if (expected->len > rows) expected->len = rows;
  if (actual->len > NEAREST_PAIRS_MAX / expected->len) actual->len = NEAREST_PAIRS_MAX / expected->len;
}

static void pair_nearest(Differ *differ) {
  Side expected = rest_of(differ->arena, &differ->expected), actual = rest_of(differ->arena, &differ->actual);
  limit_pairs(&expected, &actual);
  Vec(Near) list = {0};
  for (uint32_t i = 0; i < expected.len; i++)
    for (uint32_t j = 0; j < actual.len; j++) {
      uint32_t score = score_of(differ, expected.rows[i], actual.rows[j]);
      if (score) vec_push(&list, (Near){expected.rows[i], actual.rows[j], score, i > j ? i - j : j - i});
    }
  if (list.len) qsort(list.items, list.len, sizeof *list.items, by_score);
  for (uint32_t i = 0; i < list.len; i++) {
    const Near *near = &list.items[i];
    if (!expected.paired[near->expected->place - 1] && !actual.paired[near->actual->place - 1])
      pair(differ, near->expected, near->actual);
  }
  vec_release(&list);
}

/* ---- the whole -------------------------------------------------------------------------------- */

static void add_pair(Differ *differ, const Row *expected, const Row *actual) {
  RowDiff *out = differ->out;
  arena_push(differ->arena, &out->pairs, (RowPair){expected, actual});
  if (expected && actual) out->changed++;
  else if (expected) out->missing++;
  else out->unexpected++;
}

static void list_pairs(Differ *differ) {
  const Side *expected = &differ->expected, *actual = &differ->actual;
  for (uint32_t i = 0; i < expected->len; i++) {
    if (differ->out->kept[i]) differ->out->equal++;
    else add_pair(differ, expected->rows[i], differ->partner[i]);
  }
  for (uint32_t i = 0; i < actual->len; i++)
    if (!actual->paired[i]) add_pair(differ, NULL, actual->rows[i]);
}

/* Whether what is left of both lists is the same rows: then only the order is wrong. */
static bool only_order(Differ *differ) {
  Side expected = rest_of(differ->arena, &differ->expected), actual = rest_of(differ->arena, &differ->actual);
  if (expected.len == 0 || expected.len != actual.len) return false;
  qsort(expected.rows, expected.len, sizeof *expected.rows, by_plain);
  qsort(actual.rows, actual.len, sizeof *actual.rows, by_plain);
  for (uint32_t i = 0; i < expected.len; i++)
    if (!rows_equal(expected.rows[i], actual.rows[i], differ->rules)) return false;
  return true;
}

void rows_compare(Arena *arena, const RowList *expected, const RowList *actual, const RowRules *rules, RowDiff *out) {
  *out = (RowDiff){.kept = ARENA_ARRAY(arena, const Row *, expected->len + 1)};
  Differ differ = {.arena = arena, .rules = rules, .expected = side_of(arena, expected),
                   .actual = side_of(arena, actual), .out = out,
                   .partner = ARENA_ARRAY(arena, const Row *, expected->len + 1)};
  if (rules->ordered) {
    pair_in_order(&differ);
    out->same_rows = only_order(&differ);
  } else {
    pair_equal(&differ);
    if (rules->tolerance > 0) pair_within_tolerance(&differ);
  }
  pair_nearest(&differ);
  list_pairs(&differ);
}
