/* fn_test.h: calling registry rows from tests as the engine calls them: argument types checked against the
** masks, the NULL rule applied, prepare run with the constants of the call. Everything lives until
** fn_test_release. */
#ifndef WEIR_TESTS_FN_TEST_H
#define WEIR_TESTS_FN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "functions/function.h"
#include "functions/operators.h"
#include "types/json.h"

enum { FN_TEST_ARGS = 16 };

typedef struct FnTest {
  FnScratch scratch;
  FnCall    call;
  Value     copies[FN_TEST_ARGS];
  const Value *constants[FN_TEST_ARGS];
  bool      prepared;
} FnTest;

static inline TypeMask fn_test_mask(const ScalarFn *fn, unsigned arg) {
  TypeMask mask = fn->args[0];
  for (unsigned i = 0; i <= arg && i < FN_ARGS_TYPED && fn->args[i]; i++) mask = fn->args[i];
  return mask;
}

/* constants: bit i says that argument i is a constant of the query. */
static inline Status fn_test_begin(FnTest *test, const ScalarFn *fn, const Value *args, unsigned args_len,
                                   uint32_t constants, Type target) {
  *test = (FnTest){.call = {.fn = fn, .args_len = args_len, .compat = 12, .target = target}};
  for (unsigned i = 0; i < args_len; i++) {
    test->copies[i] = value_dup_arena(&test->scratch.arena, &args[i]);
    test->constants[i] = constants >> i & 1 ? &test->copies[i] : NULL;
  }
  test->call.constants = test->constants;
  test->prepared = true;
  Error err = {0};
  Status status = fn->prepare ? fn->prepare(&test->call, &err) : STATUS_OK;
  if (status != STATUS_OK) snprintf(test->scratch.error, sizeof test->scratch.error, "%.200s", err.message);
  return status;
}

static inline void fn_test_release(FnTest *test) {
  if (test->prepared && test->call.fn->release) test->call.fn->release(&test->call);
  arena_release(&test->scratch.arena);
  *test = (FnTest){0};
}

/* One row: the NULL rule, then the row function. */
static inline bool fn_test_row(FnTest *test, const Value *args, Value *out) {
  const ScalarFn *fn = test->call.fn;
  for (unsigned i = 0; i < test->call.args_len; i++) {
    bool null = value_is_null(&args[i]);
    if (null && (fn->flags & FN_NULL_IN_NULL_OUT)) return *out = value_null(), true;
    if (null && (fn->flags & FN_NULL_IN_FALSE)) return *out = value_bit(false), true;
    if (!null && !(fn_test_mask(fn, i) & MASK(args[i].type)))
      return fn_fail(&test->scratch, "argument %u of %s cannot be %s", i + 1, fn->name, type_name(args[i].type));
  }
  return fn->row(&test->call, args, &test->scratch, out);
}

static inline bool same_value(const Value *a, const Value *b) {
  if (a->type != b->type) return false;
  if (value_has_text(a)) return text_eq(&a->text, &b->text);
  return a->type == TYPE_NULL || a->i == b->i;
}

static inline const char *show(const Value *value) {
  static StrBuf shown[4];
  static unsigned next;
  StrBuf *buf = &shown[next++ % 4];
  strbuf_clear(buf);
  value_print_json(value, buf);
  strbuf_printf(buf, " (%s)", type_name(value->type));
  return buf->ptr;
}

#endif
