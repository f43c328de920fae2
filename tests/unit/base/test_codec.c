/* test_codec.c: bytes of operator state out and in, and short or broken input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include "base/codec.h"
#include "base/mem.h"

static void write_all(ByteWriter *out) {
  put_u8(out, 0xfe);
  put_u32(out, 0x01020304);
  put_u64(out, UINT64_MAX);
  put_i64(out, INT64_MIN);
  put_f64(out, -0.0);
  put_str(out, STR("a text"));
  put_str(out, (Str){NULL, 0});
  put_bytes(out, "xyz", 3);
}

/* Reads what write_all wrote; true when every value came back. */
static bool read_all(ByteReader *in) {
  char raw[3];
  bool same = get_u8(in) == 0xfe;
  same &= get_u32(in) == 0x01020304;
  same &= get_u64(in) == UINT64_MAX;
  same &= get_i64(in) == INT64_MIN;
  double zero = get_f64(in);
  same &= zero == 0 && signbit(zero);
  same &= str_eq(get_str(in), STR("a text"));
  same &= get_str(in).len == 0;
  return same & get_bytes(in, raw, 3) && memcmp(raw, "xyz", 3) == 0;
}

static void everything_comes_back(void **state) {
  ByteWriter out = {0};
  write_all(&out);
  ByteReader in = byte_reader(strbuf_str(&out.buf));
  assert_true(read_all(&in));
  assert_false(in.bad);
  assert_ptr_equal(in.at, in.end);
  strbuf_release(&out.buf);
}

static void the_layout_is_little_endian(void **state) {
  ByteWriter out = {0};
  put_u32(&out, 0x01020304);
  put_str(&out, STR("ab"));
  assert_int_equal(out.buf.len, 10);
  assert_memory_equal(out.buf.ptr, "\x04\x03\x02\x01\x02\0\0\0ab", 10);
  strbuf_release(&out.buf);
}

static void every_truncation_is_seen(void **state) {
  ByteWriter out = {0};
  write_all(&out);
  for (size_t len = 0; len < out.buf.len; len++) {
    char *copy = mem_dup(out.buf.ptr, len);
    ByteReader in = byte_reader((Str){copy, len});
    assert_false(read_all(&in));
    assert_true(in.bad);
    mem_free(copy);
  }
  strbuf_release(&out.buf);
}

static void a_bad_reader_gives_zeros(void **state) {
  ByteReader in = byte_reader(STR("\xff\xff\xff\xff" "abcdefghijklmnop")); /* a text of 4 GB */
  assert_int_equal(get_str(&in).len, 0);
  assert_true(in.bad);
  assert_int_equal(get_u8(&in), 0);
  assert_int_equal(get_u64(&in), 0);
  assert_true(get_f64(&in) == 0);
  assert_int_equal(get_str(&in).len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_comes_back),
      cmocka_unit_test(the_layout_is_little_endian),
      cmocka_unit_test(every_truncation_is_seen),
      cmocka_unit_test(a_bad_reader_gives_zeros),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
