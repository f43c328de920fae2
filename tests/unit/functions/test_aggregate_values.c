/* test_aggregate_values.c: what each aggregate answers for values written down here. */
#include "fn_test.h"

#define N value_null()
#define I(n) value_bigint(n)
#define F(x) value_float(x)
#define B(b) value_bit(b)
#define T(text) value_text(STR(text))
#define ARR(text) value_json(TYPE_ARRAY, STR(text))

typedef struct Ask {
  const char *name;
  bool  distinct, star, typed_text, desc;
  unsigned order_len; /* order columns; they come from `orders` */
  Value param;
  const Value *orders;
} Ask;

static Column *column_of(const Value *values, uint32_t rows) {
  ColumnBuilder builder;
  column_builder_init(&builder, rows, true);
  for (uint32_t i = 0; i < rows; i++) column_builder_put(&builder, i, &values[i]);
  return column_builder_finish(&builder);
}

/* Runs over the values as a narrow column and as a mixed one; *done says whether there is an answer. */
static Value answer(const Ask *ask, const Value *values, uint32_t rows, bool mixed, bool *done, FnScratch *scratch) {
  AggCall call = {.fn = aggregate_fn_find(str_from(ask->name), ask->distinct), .star = ask->star, .compat = 12,
                  .typed_text = ask->typed_text, .param = ask->param, .order_len = ask->order_len, .desc = {ask->desc}};
  assert_non_null(call.fn);
  Column *args[2], *narrow = column_of(values, rows);
  unsigned len = 0;
  if (!ask->star && call.fn->max_args) args[len++] = mixed ? column_to_mixed(narrow) : column_ref(narrow);
  if (ask->order_len) args[len++] = column_of(ask->orders ? ask->orders : values, rows);
  call.args_len = len;
  _Alignas(16) char state[256] = {0};
  uint32_t groups[64] = {0};
  Value out;
  call.fn->update(&call, state, sizeof state, groups, args, NULL, rows);
  *done = call.fn->finish(&call, state, scratch, &out);
  if (*done) out = value_dup_arena(&scratch->arena, &out);
  if (call.fn->release) call.fn->release(state);
  for (unsigned k = 0; k < len; k++) column_unref(args[k]);
  column_unref(narrow);
  return out;
}

static void expect(Ask ask, const Value *values, uint32_t rows, Value want) {
  for (int mixed = 0; mixed < 2; mixed++) {
    FnScratch scratch = {0};
    bool done;
    Value got = answer(&ask, values, rows, mixed, &done, &scratch);
    if (!done) fail_msg("%s: %s", ask.name, scratch.error);
    if (!same_value(&got, &want)) fail_msg("%s: expected %s, got %s", ask.name, show(&want), show(&got));
    arena_release(&scratch.arena);
  }
}

#define VALUES(...) (Value[]){__VA_ARGS__}, sizeof((Value[]){__VA_ARGS__}) / sizeof(Value)
#define ASK(...) ((Ask){__VA_ARGS__})
#define GIVES(title, want, ...) expect(ASK(.name = title), VALUES(__VA_ARGS__), want)

static void counts(void **state) {
  GIVES("COUNT", I(2), F(1), N, F(3));
  expect(ASK(.name = "COUNT", .star = true), VALUES(F(1), N, F(3)), I(3));
  expect(ASK(.name = "COUNT", .distinct = true), VALUES(I(95), F(95), N, T("95"), T("a"), T("A"), T("a")), I(4));
  expect(ASK(.name = "COUNT", .distinct = true), VALUES(ARR("[1, 2]"), ARR("[1,2]"), ARR("[2,1]")), I(2));
}

static void sums(void **state) {
  GIVES("SUM", N, N, N);
  GIVES("SUM", I(2), N, I(2));
  GIVES("SUM", F(2.5), I(2), F(0.5));
  GIVES("SUM", I(INT64_C(9007199254740993)), I(INT64_C(9007199254740992)), I(1));
  GIVES("SUM", I(INT64_MAX), I(INT64_MAX), I(INT64_MAX), I(-INT64_MAX));
  GIVES("SUM", I(INT64_MIN), I(INT64_MIN), N);
  GIVES("SUM", F(1), F(0.1), F(0.1), F(0.1), F(0.1), F(0.1), F(0.1), F(0.1), F(0.1), F(0.1), F(0.1));
  GIVES("SUM", F(3.5), T("1.5"), T(" 2 "));
  GIVES("SUM", I(2), B(1), B(1), B(0));
  GIVES("AVG", F(3), F(1), N, F(3), F(3), F(5));
  GIVES("AVG", F(2.5), I(1), I(4));
  GIVES("AVG", N, N);
}

static void a_bigint_sum_beyond_64_bits_fails(void **state) {
  FnScratch scratch = {0};
  bool done;
  Value values[] = {I(INT64_MAX), I(1)};
  answer(&ASK(.name = "SUM"), values, 2, false, &done, &scratch);
  assert_false(done);
  assert_string_equal(scratch.error, "SUM: the sum of bigints is beyond 64 bits");
}

static void extremes(void **state) {
  GIVES("MIN", I(-3), I(4), I(-3), N);
  GIVES("MAX", F(2), F(1), F(2), N);
  GIVES("MAX", B(1), B(1), B(0));
  GIVES("MIN", F(9), T("10"), T("9"), T("100"));
  GIVES("MAX", F(100), T("10"), T("9"), T("100"));
  GIVES("MAX", T("pear"), T("pear"), T("Plum"), T("apple"), T(""));
  GIVES("MIN", T(""), T("pear"), T("Plum"), T("apple"), T(""));
  GIVES("MIN", T("2026-03-14T12:00:00+05:00"), T("2026-03-14T12:00:00+05:00"), T("2026-03-14T08:00:00Z"));
  GIVES("MAX", T("2026-03-14T09:30:00-03:00"), T("2026-03-14T09:30:00-03:00"), T("2026-03-14 12:29:00"));
  expect(ASK(.name = "MIN", .typed_text = true), VALUES(T("10"), T("9"), T("100")), T("10"));
  GIVES("MAX", T("a"), I(5), T("a"), B(1));
  GIVES("MIN", B(1), I(5), T("a"), B(1));
  GIVES("MAX", F(9), I(5), T("9"));
  GIVES("MAX", I(50), I(50), T("9"));
  GIVES("MIN", I(5), I(5), F(5));
}

static void variances(void **state) {
  GIVES("VARP", F(4), F(2), F(4), F(4), F(4), F(5), F(5), F(7), F(9));
  GIVES("STDEVP", F(2), F(2), F(4), F(4), F(4), F(5), F(5), F(7), F(9));
  GIVES("VAR", F(30), I(4), I(7), T("13"), F(16), N);
  GIVES("VAR", N, F(4));
  GIVES("STDEV", N, F(4));
  GIVES("VARP", F(0), F(4));
}

static void percentiles(void **state) {
  Value uptimes[] = {F(0.5), F(0.75), F(1), N, F(0.25), F(0.875)};
#define PERCENTILE(title, p, down) ASK(.name = title, .param = p, .order_len = 1, .desc = down)
  expect(PERCENTILE("PERCENTILE_DISC", F(0.9), false), uptimes, 6, F(1));
  expect(PERCENTILE("PERCENTILE_DISC", F(0.5), false), uptimes, 6, F(0.75));
  expect(PERCENTILE("PERCENTILE_DISC", I(0), false), uptimes, 6, F(0.25));
  expect(PERCENTILE("PERCENTILE_CONT", F(0.5), false), uptimes, 6, F(0.75));
  expect(PERCENTILE("PERCENTILE_CONT", F(0.25), false), uptimes, 6, F(0.5));
  expect(PERCENTILE("PERCENTILE_CONT", F(0.75), true), uptimes, 6, F(0.5));
  expect(PERCENTILE("PERCENTILE_CONT", F(0.5), false), VALUES(I(1), I(2)), F(1.5));
  expect(PERCENTILE("PERCENTILE_DISC", F(0.5), false), VALUES(I(INT64_MAX), I(INT64_MAX - 1)), I(INT64_MAX - 1));
  expect(PERCENTILE("PERCENTILE_DISC", F(0.5), false), VALUES(N), N);
}

static void collections(void **state) {
  GIVES("Collect", ARR("[11,\"a\",null,2.0]"), I(11), T("a"), N, F(2));
  Ask top = ASK(.name = "CollectTop", .param = I(5), .order_len = 1);
  expect(top, VALUES(F(3), N, F(1)),
         ARR("[{\"rank\":1,\"value\":null},{\"rank\":2,\"value\":1.0},{\"rank\":3,\"value\":3.0}]"));
  Value sizes[] = {I(10), I(50), I(30)};
  top = ASK(.name = "CollectTop", .param = I(2), .order_len = 1, .desc = true, .orders = sizes);
  expect(top, VALUES(I(20), I(60), I(40)), ARR("[{\"rank\":1,\"value\":60},{\"rank\":2,\"value\":40}]"));
  Value ties[] = {I(1), I(1), I(0)};
  expect(ASK(.name = "TopOne", .order_len = 1, .desc = true, .orders = ties),
         VALUES(T("first of the ties"), T("b"), T("c")), T("first of the ties"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts),      cmocka_unit_test(sums),      cmocka_unit_test(a_bigint_sum_beyond_64_bits_fails),
      cmocka_unit_test(extremes),    cmocka_unit_test(variances), cmocka_unit_test(percentiles),
      cmocka_unit_test(collections),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
