/* windows.c: window calls of GROUP BY become WindowSpecs: TumblingWindow(second, 10),
** Hopping(Duration(hour, 1), Hop(minute, 5), Offset(millisecond, -1)), and so on. */
#include <math.h>

#include "bind/binder.h"

bool is_window_call(const AstExpr *expr) {
  return expr->kind == AST_CALL && expr->call.name.len == 1 && window_class_find(expr->call.name.items[0].text) != NULL;
}

bool is_windows_list(const AstExpr *expr) {
  return expr->kind == AST_CALL && expr->call.name.len == 1 &&
         str_eq_nocase(expr->call.name.items[0].text, STR("Windows"));
}

static bool bind_unit_name(Binder *b, const AstExpr *ast, TimeUnit *unit) {
  Str word = ast->kind == AST_PATH && ast->path.len == 1 ? ast->path.items[0].text
             : ast->kind == AST_TEXT || ast->kind == AST_QUOTED ? ast->text : (Str){"", 0};
  if (word.len && time_unit_from_name(word, unit) && time_unit_ticks(*unit) > 0) return true;
  Diag *diag = word.len ? diag_add(b->diags, DIAG_unknown_unit, ast->span, "a length of time has no unit `" STR_FMT "`",
                                   STR_ARG(word))
                        : diag_add(b->diags, DIAG_unknown_unit, ast->span, "a unit such as `minute` belongs here");
  if (word.len == 0 || time_unit_from_name(word, unit) || !suggest_unit(b, diag, ast->span, word))
    diag_hint(b->diags, diag, "the units are day, hour, minute, second, millisecond and microsecond");
  return false;
}

static bool number_of(const AstExpr *ast, double *out) {
  if (ast->kind == AST_INTEGER) *out = (double)ast->integer;
  else if (ast->kind == AST_FLOAT) *out = ast->floating.value;
  else return false;
  return true;
}

bool bind_duration(Binder *b, const AstExpr *unit_ast, const AstExpr *number_ast, Ticks *out) {
  TimeUnit unit;
  if (!bind_unit_name(b, unit_ast, &unit)) return false;
  double number;
  if (!number_of(number_ast, &number)) {
    Diag *diag = diag_add(b->diags, DIAG_bad_window, number_ast->span, "the length of time must be a constant number");
    diag_hint(b->diags, diag, "unit and number: `minute, 5`");
    return false;
  }
  double ticks = number * (double)time_unit_ticks(unit);
  if (fabs(ticks) > 4e18) {
    diag_add(b->diags, DIAG_window_too_long, number_ast->span, "this length of time is out of range");
    return false;
  }
  *out = (Ticks)llround(ticks);
  return true;
}

typedef struct WindowArgs { Ticks value[4]; bool given[4]; } WindowArgs; /* by WindowArg */

/* Duration(unit, n) and its like; false when the call is none of them. */
static bool named_role(const AstExpr *ast, WindowArg *role) {
  static const struct { const char *name; WindowArg role; } names[] = {
    {"Duration", WINDOW_ARG_SIZE}, {"Timeout", WINDOW_ARG_SIZE},        {"Hop", WINDOW_ARG_HOP},
    {"Offset", WINDOW_ARG_OFFSET}, {"MaxDuration", WINDOW_ARG_LONGEST},
  };
  if (ast->kind != AST_CALL || ast->call.name.len != 1) return false;
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!str_eq_nocase(ast->call.name.items[0].text, str_from(names[i].name))) continue;
    *role = names[i].role;
    return true;
  }
  return false;
}

static const char *example_of(const WindowClass *cls) {
  switch (cls->kind) {
    case WINDOW_TUMBLING: return "TumblingWindow(minute, 5)";
    case WINDOW_HOPPING: return "HoppingWindow(minute, 10, 5)";
    case WINDOW_SLIDING: return "SlidingWindow(minute, 5)";
    case WINDOW_SESSION: return "SessionWindow(minute, 5)";
    case WINDOW_SNAPSHOT:
    case WINDOW_KINDS: break;
  }
  return "System.Timestamp()";
}

static bool bad_window(Binder *b, Span span, const WindowClass *cls, const char *what) {
  Diag *diag = diag_add(b->diags, DIAG_bad_window, span, "`%s` %s", cls->name, what);
  diag_hint(b->diags, diag, "the signature is `%s`, for example `%s`", cls->signature, example_of(cls));
  return false;
}

static bool read_args(Binder *b, const AstExpr *ast, const WindowClass *cls, WindowArgs *args) {
  const AstExprs *list = &ast->call.args;
  const AstExpr *unit = NULL;
  unsigned position = 0;
  for (uint32_t i = 0; i < list->len; i++) {
    const AstExpr *arg = list->items[i];
    WindowArg role;
    Ticks value;
    double number;
    if (named_role(arg, &role)) {
      if (arg->call.args.len != 2) return bad_window(b, arg->span, cls, "wants a unit and a number here");
      if (!bind_duration(b, arg->call.args.items[0], arg->call.args.items[1], &value)) return false;
    } else if (!number_of(arg, &number) && !unit) {
      unit = arg;
      continue;
    } else {
      if (unit == NULL) return bad_window(b, arg->span, cls, "starts with a unit of time");
      if (position >= cls->args_len) return bad_window(b, arg->span, cls, "has too many arguments");
      if (!bind_duration(b, unit, arg, &value)) return false;
      role = cls->args[position++];
    }
    args->value[role] = value;
    args->given[role] = true;
  }
  return true;
}

static bool check_window(Binder *b, const AstExpr *ast, const WindowClass *cls, const WindowArgs *args) {
  for (unsigned i = 0; i < cls->args_min; i++)
    if (!args->given[cls->args[i]]) return bad_window(b, ast->span, cls, "has too few arguments");
  for (unsigned role = 0; role < 4; role++) {
    bool known = false;
    for (unsigned i = 0; i < cls->args_len; i++) known |= cls->args[i] == role;
    if (args->given[role] && !known) return bad_window(b, ast->span, cls, "does not take all of these arguments");
    if (!args->given[role] || role == WINDOW_ARG_OFFSET) continue;
    if (args->value[role] <= 0) return bad_window(b, ast->span, cls, "wants lengths of time above zero");
    if (args->value[role] > WINDOW_SIZE_MAX) {
      Diag *diag = diag_add(b->diags, DIAG_window_too_long, ast->span, "a window holds at most 7 days");
      diag_hint(b->diags, diag, "aggregate by day in one step and add the days up downstream");
      return false;
    }
  }
  return true;
}

/* OVER belongs to sessions, and there it says PARTITION BY and nothing else. */
static bool check_over(Binder *b, const AstExpr *ast, const WindowClass *cls) {
  const AstOver *over = ast->call.over;
  if (over == NULL) return true;
  if (cls->kind != WINDOW_SESSION) {
    Diag *diag = diag_add(b->diags, DIAG_bad_over, over->span, "`%s` does not take OVER", cls->name);
    diag_hint(b->diags, diag, "put the key into the GROUP BY list: each key then has rows of its own");
    return false;
  }
  if (over->partition_by.len && !over->order_by_len && !over->limit && !over->when) return true;
  Diag *diag = diag_add(b->diags, DIAG_bad_over, over->span,
                        "a session takes OVER (PARTITION BY ...) and nothing else there");
  diag_hint(b->diags, diag, "the signature is `%s`", cls->signature);
  return false;
}

bool bind_window(Binder *b, const AstExpr *ast, WindowSpec *out) {
  if (is_system_timestamp(ast)) {
    *out = (WindowSpec){.kind = WINDOW_SNAPSHOT, .span = ast->span};
    return true;
  }
  const WindowClass *cls = window_class_find(ast->call.name.items[0].text);
  WindowArgs args = {0};
  if (!read_args(b, ast, cls, &args) || !check_window(b, ast, cls, &args) || !check_over(b, ast, cls)) return false;
  *out = (WindowSpec){.kind = cls->kind, .size = args.value[WINDOW_ARG_SIZE], .hop = args.value[WINDOW_ARG_HOP],
                      .offset = args.value[WINDOW_ARG_OFFSET], .longest = args.value[WINDOW_ARG_LONGEST],
                      .span = ast->span};
  window_normalise(out);
  return true;
}
