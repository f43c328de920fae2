/* test_examples.c: runs every example of the named functions and of the aggregates: each line `EXPRESSION = VALUE` of
** a table row. A small reader evaluates calls, literals, field access and CAST, so that what differs
** lies in the function alone; test_example_queries.c runs all of them, and those of the operators, through the whole
** engine. Also checks that every row is documented. */
#include "fn_test.h"

#include "base/arena.h"
#include "types/number.h"

typedef struct Reader {
  const char *at;
  Arena       arena;
} Reader;

static void skip_blanks(Reader *in) {
  while (*in->at == ' ') in->at++;
}
static bool take(Reader *in, char c) {
  skip_blanks(in);
  if (*in->at != c) return false;
  in->at++;
  return true;
}
static void need(Reader *in, char c) {
  if (!take(in, c)) fail_msg("expected %c before `%s`", c, in->at);
}

static Value read_expression(Reader *in, bool *constant);

static Value apply(Reader *in, const ScalarFn *fn, const Value *args, unsigned args_len, uint32_t constants,
                   Type target) {
  FnTest test;
  Value out;
  if (fn_test_begin(&test, fn, args, args_len, constants, target) != STATUS_OK || !fn_test_row(&test, args, &out))
    fail_msg("%s: %s", fn->name, test.scratch.error);
  out = value_dup_arena(&in->arena, &out);
  fn_test_release(&test);
  return out;
}

static Value read_text(Reader *in) {
  StrBuf text = {0};
  for (in->at++;; in->at++) {
    if (*in->at == 0) fail_msg("open text");
    if (*in->at == '\'' && in->at[1] != '\'') break;
    if (*in->at == '\'') in->at++;
    strbuf_putc(&text, *in->at);
  }
  in->at++;
  Value value = value_text(arena_str(&in->arena, strbuf_str(&text)));
  strbuf_release(&text);
  return value;
}

static Value read_number(Reader *in) {
  const char *start = in->at;
  if (*in->at == '-') in->at++;
  while (strchr("0123456789.eE", *in->at) && *in->at) in->at++;
  Str text = {start, (size_t)(in->at - start)};
  Value value = value_bigint(0);
  if (str_to_i64(text, &value.i)) return value;
  value = value_float(0);
  assert_true(float_parse(text.ptr, text.len, &value.f));
  return value;
}

static Str read_word(Reader *in) {
  skip_blanks(in);
  const char *start = in->at;
  while ((*in->at >= 'A' && *in->at <= 'Z') || (*in->at >= 'a' && *in->at <= 'z') || *in->at == '_' ||
         (in->at > start && *in->at >= '0' && *in->at <= '9'))
    in->at++;
  return (Str){start, (size_t)(in->at - start)};
}

static Value read_cast(Reader *in) {
  bool constant;
  Value arg = read_expression(in, &constant);
  Type target;
  assert_true(str_eq_nocase(read_word(in), STR("AS")));
  Str name = read_word(in);
  if (take(in, '(')) {
    name.len += 5; /* (max) */
    in->at += 4;
  }
  assert_true(type_from_name(name, &target));
  need(in, ')');
  return apply(in, scalar_operator_find(OP_CAST), &arg, 1, 0, target);
}

static Value read_call(Reader *in, Str name) {
  Value args[FN_TEST_ARGS];
  unsigned count = 0;
  uint32_t constants = 0;
  if (str_eq_nocase(name, STR("CAST"))) return read_cast(in);
  const ScalarFn *fn = scalar_fn_find(name);
  if (!fn) fail_msg("no function `" STR_FMT "`", STR_ARG(name));
  while (!take(in, ')')) {
    bool constant = false;
    if (count) need(in, ',');
    args[count] = read_expression(in, &constant);
    constants |= (uint32_t)constant << count;
    count++;
  }
  assert_in_range(count, fn->min_args, fn->max_args);
  return apply(in, fn, args, count, constants, TYPE_NULL);
}

static Value read_primary(Reader *in, bool *constant) {
  skip_blanks(in);
  *constant = true;
  if (*in->at == '\'') return read_text(in);
  if (*in->at == '-' || (*in->at >= '0' && *in->at <= '9')) return read_number(in);
  Str word = read_word(in);
  if (word.len == 0) fail_msg("unreadable: `%s`", in->at);
  if (str_eq_nocase(word, STR("NULL"))) return value_null();
  if (!take(in, '(')) return value_text(word); /* a unit */
  *constant = false;
  return read_call(in, word);
}

static Value read_expression(Reader *in, bool *constant) {
  Value value = read_primary(in, constant);
  while (*in->at == '.') {
    in->at++;
    Value pair[2] = {value, value_text(read_word(in))};
    value = apply(in, scalar_operator_find(OP_FIELD), pair, 2, 2, TYPE_NULL);
    *constant = false;
  }
  return value;
}

static void run_example(const ScalarFn *fn, Str line) {
  Reader in = {0};
  char *copy = mem_strndup(line.ptr, line.len);
  bool ignored;
  in.at = copy;
  Value got = read_expression(&in, &ignored);
  need(&in, '=');
  Value want = read_expression(&in, &ignored);
  skip_blanks(&in);
  assert_int_equal(*in.at, 0);
  if (!same_value(&got, &want)) fail_msg("%s: `%s` gives %s", fn->name, copy, show(&got));
  mem_free(copy);
  arena_release(&in.arena);
}

static void every_example_holds(void **state) {
  for (const ScalarFn *const *family = scalar_families; *family; family++)
    for (const ScalarFn *fn = *family; fn->name; fn++) {
      Str rest = str_from(fn->examples), line;
      if (fn->flags & (FN_OPERATOR | FN_BOUND)) continue;
      if (rest.len == 0) fail_msg("%s has no example", fn->name);
      while (rest.len) {
        str_cut(rest, '\n', &line, &rest);
        run_example(fn, line);
      }
    }
}

/* ---- aggregates: NAME [DISTINCT] [(parameter)] over (values) = value ---- */

enum { MOST_VALUES = 16 };

static Column *read_values(Reader *in, uint32_t *rows) {
  Value values[MOST_VALUES];
  bool ignored;
  *rows = 0;
  need(in, '(');
  do values[(*rows)++] = read_expression(in, &ignored);
  while (take(in, ','));
  need(in, ')');
  ColumnBuilder builder;
  column_builder_init(&builder, *rows, true);
  for (uint32_t i = 0; i < *rows; i++) column_builder_put(&builder, i, &values[i]);
  return column_builder_finish(&builder);
}

static Value aggregated(const AggCall *call, Column *values, uint32_t rows, FnScratch *scratch) {
  _Alignas(16) char state[256] = {0};
  uint32_t groups[MOST_VALUES] = {0};
  Column *args[2] = {values, values};
  Value out;
  assert_true(call->fn->state_bytes <= sizeof state);
  call->fn->update(call, state, sizeof state, groups, args, NULL, rows);
  if (!call->fn->finish(call, state, scratch, &out)) fail_msg("%s: %s", call->fn->name, scratch->error);
  out = value_dup_arena(&scratch->arena, &out);
  if (out.type == TYPE_ARRAY) out.type = TYPE_TEXT;
  if (call->fn->release) call->fn->release(state);
  return out;
}

static void run_aggregate_example(const AggregateFn *fn, Str line) {
  Reader in = {0};
  FnScratch scratch = {0};
  char *copy = mem_strndup(line.ptr, line.len);
  bool ignored;
  uint32_t rows;
  in.at = copy;
  assert_true(str_eq(read_word(&in), str_from(fn->name)));
  AggCall call = {.fn = fn, .order_len = fn->flags & AGG_ORDER_BY ? 1 : 0, .compat = 12};
  call.args_len = fn->max_args + call.order_len;
  if (fn->flags & AGG_DISTINCT) assert_true(str_eq(read_word(&in), STR("DISTINCT")));
  if (take(&in, '(')) {
    call.param = read_expression(&in, &ignored);
    need(&in, ')');
  }
  assert_true(str_eq(read_word(&in), STR("over")));
  Column *values = read_values(&in, &rows);
  need(&in, '=');
  Value want = read_expression(&in, &ignored), got = aggregated(&call, values, rows, &scratch);
  if (!same_value(&got, &want)) fail_msg("%s: `%s` gives %s", fn->name, copy, show(&got));
  column_unref(values);
  arena_release(&scratch.arena);
  arena_release(&in.arena);
  mem_free(copy);
}

static void every_aggregate_example_holds(void **state) {
  for (const AggregateFn *const *family = aggregate_families; *family; family++)
    for (const AggregateFn *fn = *family; fn->name; fn++) {
      Str rest = str_from(fn->examples), line;
      if (rest.len == 0) fail_msg("%s has no example", fn->name);
      while (rest.len) {
        str_cut(rest, '\n', &line, &rest);
        run_aggregate_example(fn, line);
      }
    }
}

static void every_row_is_documented(void **state) {
  for (const ScalarFn *const *family = scalar_families; *family; family++)
    for (const ScalarFn *fn = *family; fn->name; fn++) {
      if (!fn->signature || !fn->doc || !fn->null_rule || !fn->examples) fail_msg("%s lacks documentation", fn->name);
      if (!fn->row && !(fn->flags & FN_BOUND)) fail_msg("%s computes nothing", fn->name);
      if ((!fn->result && !fn->result_of) || !fn->args[0]) fail_msg("%s lacks a part", fn->name);
    }
  for (const AggregateFn *const *family = aggregate_families; *family; family++)
    for (const AggregateFn *fn = *family; fn->name; fn++)
      if (!fn->signature || !fn->doc || !fn->null_rule || !fn->update || !fn->finish || !fn->save || !fn->load)
        fail_msg("%s lacks a part", fn->name);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_example_holds),
      cmocka_unit_test(every_aggregate_example_holds),
      cmocka_unit_test(every_row_is_documented),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
