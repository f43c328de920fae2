/* join_bounds.c: how far apart in time the two sides of a JOIN of streams may be, read from ON.
**
** In ON the aliases inside DATEDIFF stand for the timestamps of their rows. A conjunct such as
**     DATEDIFF(second, a, b) BETWEEN 0 AND 30        5 >= DATEDIFF(minute, b, a)
** is a bound: it says how many boundaries of the unit lie between the left event and the right one. What is taken as
** a bound is exact and leaves the condition; what is said in another way (inside OR, with arithmetic) stays there and
** bounds nothing. In a chain the low and the high end may speak of different events on the left:
**     a JOIN b ON DATEDIFF(second, a, b) BETWEEN 0 AND 60
**       JOIN c ON DATEDIFF(second, a, c) >= 0 AND DATEDIFF(second, b, c) <= 0
** For this, and to know how long rows of the right side are needed, each leaf notes how far its time may be from
** those of the leaves before it (after, before) and how far the rows of the join may be behind it (lag). */
#include <math.h>
#include <string.h>

#include "bind/binder.h"
#include "functions/operators.h"

#define LONGEST (7 * TICKS_PER_DAY)

/* ---- time as a column ------------------------------------------------------------------------- */

static Leaf *named_leaf(const Scope *scope, const AstExpr *arg) {
  if (arg->kind == AST_PATH && arg->path.len == 1) return scope_leaf(scope, arg->path.items[0].text);
  return arg->kind == AST_QUOTED ? scope_leaf(scope, arg->text) : NULL;
}

Expr *bind_join_time(Binder *b, Scope *scope, const AstExpr *arg) {
  Leaf *leaf = named_leaf(scope, arg);
  if (leaf == NULL) return NULL;
  if (provider_is_reference(leaf->provider)) {
    Diag *diag = diag_add(b->diags, DIAG_datediff_over_columns, arg->span,
                          "`" STR_FMT "` is reference data, whose rows have no timestamp", STR_ARG(leaf->alias));
    diag_hint(b->diags, diag, "reference data needs no bound on time; name a column to compare with it");
    return expr_error(b, arg->span);
  }
  if (is_apply_leaf(leaf)) {
    Diag *diag = diag_add(b->diags, DIAG_datediff_over_columns, arg->span,
                          "`" STR_FMT "` comes from APPLY and has no timestamp of its own", STR_ARG(leaf->alias));
    diag_hint(b->diags, diag, "name the source whose events APPLY unfolds");
    return expr_error(b, arg->span);
  }
  if (leaf->time == NULL) {
    leaf->time = ARENA_NEW(b->arena, LeafColumn);
    *leaf->time = (LeafColumn){.expr = {.slot = UINT32_MAX, .name = leaf->alias, .types = MASK(TYPE_DATETIME)},
                               .leaf = leaf, .time = true};
  }
  return expr_column(b->arena, arg->span, &leaf->time->expr);
}

/* ---- reading a conjunct ----------------------------------------------------------------------- */

typedef struct Reading { /* of one conjunct */
  JoinBound bound;
  bool whole;            /* the bound says all that the conjunct says */
  bool too_long;         /* an end is further away than 7 days */
} Reading;

static const LeafColumn *time_column(const Expr *expr) {
  if (expr->kind != EXPR_COLUMN) return NULL;
  const LeafColumn *col = (const LeafColumn *)expr->column;
  return col->time ? col : NULL;
}

static bool is_datediff(const Expr *expr) {
  return expr->kind == EXPR_CALL && strcmp(expr->call->fn->name, "DATEDIFF") == 0;
}

/* Units of one length. Weeks start on Sunday, and 0001-01-01 is a Monday. */
static bool unit_of(const Expr *expr, Ticks *unit, Ticks *origin) {
  TimeUnit name;
  if (expr->kind != EXPR_CONST || !time_unit_from_name(text_str(&expr->value.text), &name)) return false;
  if (name == UNIT_DAYOFYEAR || name == UNIT_WEEKDAY) name = UNIT_DAY;
  *unit = time_unit_ticks(name);
  *origin = name == UNIT_WEEK ? -TICKS_PER_DAY : 0;
  return *unit > 0;
}

/* DATEDIFF between the right leaf and one on the left; *swapped when it counts from right to left. */
static bool read_datediff(const Expr *expr, const Leaf *right, JoinBound *bound, bool *swapped) {
  if (!is_datediff(expr) || !unit_of(expr->args[0], &bound->unit, &bound->origin)) return false;
  const LeafColumn *from = time_column(expr->args[1]), *to = time_column(expr->args[2]);
  if (from == NULL || to == NULL || (from->leaf == right) == (to->leaf == right)) return false;
  *swapped = from->leaf == right;
  bound->left = *swapped ? to : from;
  return true;
}

static bool number_of(const Expr *expr, double *out) {
  if (expr->kind != EXPR_CONST || (expr->value.type != TYPE_BIGINT && expr->value.type != TYPE_FLOAT)) return false;
  *out = expr->value.type == TYPE_BIGINT ? (double)expr->value.i : expr->value.f;
  return true;
}

/* Notes `difference >= low`, `<= high`; NAN: no such end. The unit is known. */
static void set_ends(Reading *reading, double low, double high) {
  JoinBound *bound = &reading->bound;
  double longest = (double)LONGEST / (double)bound->unit;
  bound->has_low = !isnan(low) && fabs(ceil(low)) <= longest;
  bound->has_high = !isnan(high) && fabs(floor(high)) <= longest;
  if (bound->has_low) bound->low = (int64_t)ceil(low);
  if (bound->has_high) bound->high = (int64_t)floor(high);
  reading->whole = (isnan(low) || bound->has_low) && (isnan(high) || bound->has_high);
  reading->too_long = !reading->whole;
}

static bool read_between(const Expr *expr, const Leaf *right, Reading *reading) {
  bool swapped;
  double low, high;
  if (!read_datediff(expr->args[0], right, &reading->bound, &swapped)) return false;
  if (!number_of(expr->args[1], &low) || !number_of(expr->args[2], &high)) return false;
  set_ends(reading, swapped ? -high : low, swapped ? -low : high);
  return true;
}

/* difference SIGN number; `flipped` when the number stands on the left. */
static bool read_comparison(const char *sign, const Expr *difference, const Expr *number, bool flipped,
                            const Leaf *right, Reading *reading) {
  bool swapped;
  double n, low = NAN, high = NAN;
  if (!read_datediff(difference, right, &reading->bound, &swapped) || !number_of(number, &n)) return false;
  if (strcmp(sign, OP_EQ) == 0) low = high = n;
  else if (strcmp(sign, flipped ? OP_GE : OP_LE) == 0) high = n;
  else if (strcmp(sign, flipped ? OP_LE : OP_GE) == 0) low = n;
  else if (strcmp(sign, flipped ? OP_GT : OP_LT) == 0) high = ceil(n) - 1;
  else if (strcmp(sign, flipped ? OP_LT : OP_GT) == 0) low = floor(n) + 1;
  else return false;
  set_ends(reading, swapped ? -high : low, swapped ? -low : high);
  return true;
}

static bool read_conjunct(const Expr *expr, const Leaf *right, Reading *reading) {
  *reading = (Reading){.bound.span = expr->span};
  if (expr->kind != EXPR_CALL) return false;
  const char *sign = expr->call->fn->name;
  if (strcmp(sign, OP_BETWEEN) == 0) return read_between(expr, right, reading);
  if (expr->args_len != 2) return false;
  return read_comparison(sign, expr->args[0], expr->args[1], false, right, reading) ||
         read_comparison(sign, expr->args[1], expr->args[0], true, right, reading);
}

/* ---- collecting ------------------------------------------------------------------------------- */

/* Bounds of one unit about one leaf become one: the tightest ends. */
static void add_bound(BoundJoin *join, const JoinBound *bound) {
  for (uint32_t i = 0; i < join->bounds_len; i++) {
    JoinBound *same = &join->bounds[i];
    if (same->left != bound->left || same->unit != bound->unit || same->origin != bound->origin) continue;
    if (bound->has_low && (!same->has_low || bound->low > same->low)) same->low = bound->low;
    if (bound->has_high && (!same->has_high || bound->high < same->high)) same->high = bound->high;
    same->has_low |= bound->has_low;
    same->has_high |= bound->has_high;
    return;
  }
  join->bounds[join->bounds_len] = *bound;
  join->bounds[join->bounds_len++].lag = bound->left->leaf->lag;
}

typedef struct Ends { bool low, high, too_long; } Ends;

static Ends collect(Binder *b, BoundJoin *join, const Leaf *right, Expr **conjuncts, uint32_t *count) {
  Ends ends = {0};
  uint32_t rest = 0;
  join->bounds = ARENA_ARRAY(b->arena, JoinBound, *count);
  for (uint32_t i = 0; i < *count; i++) {
    Reading reading;
    bool bound = read_conjunct(conjuncts[i], right, &reading);
    if (bound && (reading.bound.has_low || reading.bound.has_high)) add_bound(join, &reading.bound);
    if (bound) {
      ends.low |= reading.bound.has_low;
      ends.high |= reading.bound.has_high;
      ends.too_long |= reading.too_long;
    }
    if (!bound || !reading.whole) conjuncts[rest++] = conjuncts[i];
  }
  *count = rest;
  return ends;
}

/* ---- messages --------------------------------------------------------------------------------- */

/* What a conjunct that bounds nothing says about time. */
typedef struct Unread {
  const Expr *conjunct;
  const Expr *columns;   /* DATEDIFF over columns */
  const Expr *times;     /* DATEDIFF over the timestamps of events */
} Unread;

static bool note_datediff(const Expr *expr, void *context) {
  Unread *unread = context;
  if (!is_datediff(expr)) return true;
  if (time_column(expr->args[1]) && time_column(expr->args[2])) unread->times = expr;
  else unread->columns = expr;
  return true;
}

static Unread find_unread(Expr *const *conjuncts, uint32_t count) {
  Unread unread = {0};
  for (uint32_t i = 0; i < count; i++) {
    Unread here = {.conjunct = conjuncts[i]};
    expr_walk(conjuncts[i], note_datediff, &here);
    if (here.times || (here.columns && !unread.times)) unread = here;
  }
  return unread;
}

static Str left_alias(const Scope *scope, const BoundJoin *join) {
  for (uint32_t i = 0; i < join->right; i++)
    if (!provider_is_reference(scope->leaves[i]->provider)) return scope->leaves[i]->alias;
  return scope->leaves[0]->alias;
}

/* ABS(DATEDIFF(...)) <= n: the two-sided bound that was meant. */
static bool say_abs(Binder *b, const Expr *conjunct) {
  double n;
  bool compares = conjunct->kind == EXPR_CALL && conjunct->args_len == 2 && number_of(conjunct->args[1], &n);
  const Expr *abs = compares ? conjunct->args[0] : NULL;
  if (!abs || abs->kind != EXPR_CALL || strcmp(abs->call->fn->name, "ABS") != 0 || !is_datediff(abs->args[0]))
    return false;
  bool open = strcmp(conjunct->call->fn->name, OP_LT) == 0;
  if (!open && strcmp(conjunct->call->fn->name, OP_LE) != 0) return false;
  Str difference = shown(b, abs->args[0]->span, "DATEDIFF(...)");
  long long last = (long long)(open ? ceil(n) - 1 : floor(n));
  Diag *diag = diag_add(b->diags, DIAG_unbounded_join, conjunct->span,
                        "a bound on time compares DATEDIFF itself with constants, without ABS");
  diag_hint(b->diags, diag, "write `" STR_FMT " BETWEEN %lld AND %lld`", STR_ARG(difference), -last, last);
  diag_edit(b->diags, diag, conjunct->span, STR_FMT " BETWEEN %lld AND %lld", STR_ARG(difference), -last, last);
  return true;
}

/* DATEDIFF over two events, and not one of each side of this JOIN. */
static bool say_one_side_only(Binder *b, const Expr *times, const Leaf *right, Str left) {
  if ((time_column(times->args[1])->leaf == right) != (time_column(times->args[2])->leaf == right)) return false;
  Diag *diag = diag_add(b->diags, DIAG_unbounded_join, times->span,
                        "this DATEDIFF does not compare `" STR_FMT "` with what it is joined to, so it bounds no time",
                        STR_ARG(right->alias));
  diag_hint(b->diags, diag, "name an alias of each side, as in `DATEDIFF(second, " STR_FMT ", " STR_FMT ")`",
            STR_ARG(left), STR_ARG(right->alias));
  return true;
}

static void say_unread(Binder *b, const Unread *unread) {
  Str difference = shown(b, unread->times->span, "DATEDIFF(second, a, b)");
  Ticks unit, origin;
  if (!unit_of(unread->times->args[0], &unit, &origin)) {
    Diag *diag = diag_add(b->diags, DIAG_unbounded_join, unread->conjunct->span,
                          "months, quarters and years have no fixed length, so they bound no time");
    diag_hint(b->diags, diag, "bound it by days: `AND DATEDIFF(day, " STR_FMT ", " STR_FMT ") BETWEEN 0 AND 1`",
              STR_ARG(shown(b, unread->times->args[1]->span, "a")),
              STR_ARG(shown(b, unread->times->args[2]->span, "b")));
    return;
  }
  bool either = unread->conjunct->kind == EXPR_OR;
  Diag *diag = diag_add(b->diags, DIAG_unbounded_join, unread->conjunct->span,
                        either ? "a bound on time inside OR holds for some rows only"
                               : "this bounds no time: DATEDIFF itself must be compared with constants");
  if (either)
    diag_hint(b->diags, diag, "add one that holds for all rows, as wide as the widest of them: `AND " STR_FMT
              " BETWEEN -30 AND 30`", STR_ARG(difference));
  else
    diag_hint(b->diags, diag, "write for example `" STR_FMT " BETWEEN 0 AND 300`", STR_ARG(difference));
}

static const char *unit_of_bound(const JoinBound *bound) {
  for (TimeUnit unit = 0; unit < UNIT_COUNT; unit++)
    if (time_unit_ticks(unit) == bound->unit) return time_unit_name(unit);
  return "second";
}

static void say_one_sided(Binder *b, const BoundJoin *join, Ends ends, Str right, Span on) {
  const JoinBound *bound = &join->bounds[0];
  Str left = bound->left->leaf->alias;
  Diag *diag = diag_add(b->diags, DIAG_unbounded_join, on, "this JOIN says how far `" STR_FMT "` may be %s `" STR_FMT
                        "`, and not how far %s", STR_ARG(right), ends.low ? "before" : "after", STR_ARG(left),
                        ends.low ? "after" : "before");
  diag_label(b->diags, diag, bound->span, "one end only");
  diag_hint(b->diags, diag, "add the other end: `AND DATEDIFF(%s, " STR_FMT ", " STR_FMT ") %s`", unit_of_bound(bound),
            STR_ARG(left), STR_ARG(right), ends.low ? "<= 30" : ">= 0");
}

static bool say_unbounded(Binder *b, const Scope *scope, const BoundJoin *join, Ends ends, Span on,
                          const Unread *unread) {
  Str left = left_alias(scope, join), right = scope->leaves[join->right]->alias;
  Diag *diag;
  if (ends.too_long) {
    diag = diag_add(b->diags, DIAG_unbounded_join, on, "the bound on time of this JOIN is longer than 7 days");
    diag_hint(b->diags, diag, "events are kept for 7 days at most; what is older belongs in reference data");
  } else if (ends.low || ends.high) {
    say_one_sided(b, join, ends, right, on);
  } else if (unread->times) {
    if (!say_one_side_only(b, unread->times, scope->leaves[join->right], left) && !say_abs(b, unread->conjunct))
      say_unread(b, unread);
  } else if (unread->columns) {
    diag = diag_add(b->diags, DIAG_datediff_over_columns, unread->columns->span,
                    "in ON, DATEDIFF takes aliases, which stand for the timestamps of their events");
    diag_hint(b->diags, diag, "write `DATEDIFF(second, " STR_FMT ", " STR_FMT ")`; the columns belong in TIMESTAMP BY",
              STR_ARG(left), STR_ARG(right));
  } else {
    diag = diag_add(b->diags, DIAG_unbounded_join, on,
                    "a JOIN of two streams needs a bound on time, and this ON has none");
    diag_hint(b->diags, diag, "say how far apart they may be: `AND DATEDIFF(minute, " STR_FMT ", " STR_FMT
              ") BETWEEN 0 AND 5`", STR_ARG(left), STR_ARG(right));
  }
  return false;
}

static bool is_wide(const JoinBound *bound) { return bound->unit >= TICKS_PER_HOUR; }

/* An end that only an hour or a longer unit gives. */
static void warn_of_wide_units(Binder *b, const Scope *scope, const BoundJoin *join) {
  bool fine_low = false, fine_high = false;
  for (uint32_t i = 0; i < join->bounds_len; i++) {
    fine_low |= join->bounds[i].has_low && !is_wide(&join->bounds[i]);
    fine_high |= join->bounds[i].has_high && !is_wide(&join->bounds[i]);
  }
  for (uint32_t i = 0; i < join->bounds_len; i++) {
    const JoinBound *bound = &join->bounds[i];
    if (!is_wide(bound) || ((!bound->has_low || fine_low) && (!bound->has_high || fine_high))) continue;
    Diag *diag = diag_add(b->diags, DIAG_wide_join_unit, bound->span,
                          "DATEDIFF counts boundaries crossed, so with this unit a second may count as a whole one");
    int64_t low = bound->has_low ? bound->low : 0, high = bound->has_high ? bound->high : 0;
    long long minutes = bound->unit / TICKS_PER_MINUTE;
    diag_hint(b->diags, diag, "write for example `DATEDIFF(minute, " STR_FMT ", " STR_FMT ") BETWEEN %lld AND %lld`",
              STR_ARG(bound->left->leaf->alias), STR_ARG(scope->leaves[join->right]->alias), low * minutes,
              high * minutes);
    return;
  }
}

/* ---- how far times are apart ------------------------------------------------------------------ */

static Ticks add(Ticks a, Ticks b) { return a == TICKS_MAX || b == TICKS_MAX ? TICKS_MAX : a + b; }
static Ticks least(Ticks a, Ticks b) { return a < b ? a : b; }
static Ticks most(Ticks a, Ticks b) { return a > b ? a : b; }

static uint32_t index_of(const Scope *scope, const Leaf *leaf) {
  uint32_t i = 0;
  while (scope->leaves[i] != leaf) i++;
  return i;
}

/* By how much the time of `to` may be later than that of `from`. */
static Ticks distance(const Scope *scope, uint32_t from, uint32_t to) {
  if (from == to) return 0;
  const Leaf *later = scope->leaves[from < to ? to : from];
  const Ticks *known = from < to ? later->after : later->before;
  return known ? known[least(from, to)] : TICKS_MAX;
}

/* The right time is less than `ahead` later than the bound's left one, and less than `behind` earlier. */
static Ticks ahead(const JoinBound *bound) { return bound->has_high ? (bound->high + 1) * bound->unit : TICKS_MAX; }
static Ticks behind(const JoinBound *bound) { return bound->has_low ? (1 - bound->low) * bound->unit : TICKS_MAX; }

static void note_distances(Binder *b, const Scope *scope, const BoundJoin *join, Leaf *right) {
  right->after = ARENA_ARRAY(b->arena, Ticks, join->right);
  right->before = ARENA_ARRAY(b->arena, Ticks, join->right);
  Ticks lag = TICKS_MAX;
  for (uint32_t i = 0; i < join->bounds_len; i++) lag = least(lag, add(join->bounds[i].lag, behind(&join->bounds[i])));
  right->lag = most(lag, 0);
  for (uint32_t x = 0; x < join->right; x++) {
    right->after[x] = right->before[x] = TICKS_MAX;
    for (uint32_t i = 0; i < join->bounds_len; i++) {
      uint32_t at = index_of(scope, join->bounds[i].left->leaf);
      right->after[x] = least(right->after[x], add(distance(scope, x, at), ahead(&join->bounds[i])));
      right->before[x] = least(right->before[x], add(distance(scope, at, x), behind(&join->bounds[i])));
    }
    scope->leaves[x]->lag = most(scope->leaves[x]->lag, right->after[x]);
  }
}

static Ticks reach_of(const Scope *scope, const BoundJoin *join) {
  Ticks reach = TICKS_MAX;
  for (uint32_t i = 0; i < join->bounds_len; i++)
    for (uint32_t j = 0; j < join->bounds_len; j++) {
      uint32_t low = index_of(scope, join->bounds[i].left->leaf), high = index_of(scope, join->bounds[j].left->leaf);
      Ticks between = add(behind(&join->bounds[i]), ahead(&join->bounds[j]));
      reach = least(reach, add(between, distance(scope, low, high)));
    }
  return most(reach, 1);
}

bool bind_join_bounds(Binder *b, Scope *scope, BoundJoin *join, Expr **conjuncts, uint32_t *count, const AstExpr *on) {
  Leaf *right = scope->leaves[join->right];
  Ends ends = collect(b, join, right, conjuncts, count);
  if (!ends.low || !ends.high) {
    Unread unread = find_unread(conjuncts, *count);
    return say_unbounded(b, scope, join, ends, on->span, &unread);
  }
  warn_of_wide_units(b, scope, join);
  join->reach = reach_of(scope, join);
  note_distances(b, scope, join, right);
  return true;
}
