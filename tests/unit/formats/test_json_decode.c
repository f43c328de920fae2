/* test_json_decode.c: JSON messages to columns: values, names, types, and that a bad message costs only
** itself, wherever it stands and however the messages lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include "types/json.h"
#include "unit/formats/decoding.h"

/* One message decoded with these fields at this level prints so. */
static void check_at(int compat, bool payload, const char *fields, const char *message, const char *expected) {
  Rig rig = {.spec = {.compat = compat, .payload = payload}};
  rig_open_json(&rig, fields);
  for (int round = 0; round < 2; round++) { /* the second time the shape is known */
    rig_add(&rig, str_from(message), "\n");
    assert_string_equal(rig_text(&rig), expected);
  }
  rig_close(&rig);
}
static void check(const char *fields, const char *message, const char *expected) {
  check_at(12, false, fields, message, expected);
}

static void check_reason(const char *fields, Str message, const char *reason) {
  Rig rig = {0};
  rig_open_json(&rig, fields);
  rig_add(&rig, message, "");
  assert_string_equal(rig_text(&rig), "!");
  assert_string_equal(rig.reason, reason);
  rig_close(&rig);
}

static void values(void **state) {
  check("a", "{\"a\":1}", "1;");
  check("a,b", "{ \"b\" : \"x\" ,\n \"a\" : true }", "true|\"x\";");
  check("a", "{\"a\":null}", "null;");
  check("a", "{}", "null;");
  check("a", "{\"a\":\"\"}", "\"\";");
  check("a", "{\"a\":\"a longer text than twelve\"}", "\"a longer text than twelve\";");
  check("a", "{\"a\":\"x\\n\\u00e9\\ud83d\\ude00\\\"\"}", "\"x\\n\xc3\xa9\xf0\x9f\x98\x80\\\"\";");
  check("a,b", "{\"a\":{\"x\": [1, 2]},\"b\":[ {}, \"]\" ]}", "{\"x\":[1,2]}|[{},\"]\"];");
  check("a", "{\"b\":\"}\",\"c\":[[[{}]]],\"a\":5}", "5;");
  check("a", "\xef\xbb\xbf{\"a\":5}", "5;");
}

static void numbers(void **state) {
  check("a,b", "{\"a\":9223372036854775807,\"b\":-9223372036854775808}",
        "9223372036854775807|-9223372036854775808;");
  check("a", "{\"a\":9223372036854775808}", "!");
  check("a", "{\"a\":-9223372036854775809}", "!");
  check("a", "{\"a\":123456789012345678901234567890}", "!");
  check("b", "{\"a\":123456789012345678901234567890,\"b\":1}", "1;");
  check("a,b,c,d", "{\"a\":-0,\"b\":-0.0,\"c\":0,\"d\":0.0}", "0|-0.0|0|0.0;");
  check("a,b,c,d", "{\"a\":1e3,\"b\":1E-2,\"c\":1.5e+2,\"d\":-2.50}", "1000.0|0.01|150.0|-2.5;");
  check("a,b", "{\"a\":0.1234567890123456789,\"b\":9007199254740993.0}", "0.12345678901234568|9007199254740992.0;");
  check("a,b", "{\"a\":1.7976931348623157e308,\"b\":5e-324}", "1.7976931348623157e+308|5e-324;");
  check("a,b", "{\"a\":12345678.12345678,\"b\":1.05}", "12345678.12345678|1.05;");
  check("a", "{\"a\":1e400}", "!");
  check("a", "{\"a\":1e-400}", "0.0;");
  const char *const wrong[] = {"01", "1.", ".5", "+1", "1e", "1e+", "--1", "-", "1.2.3", "0x1", "1_0", "1.5f", "NaN",
                               "00", "-01", "1.e5", "123456789x", "1.12345678x"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char message[64];
    snprintf(message, sizeof message, "{\"a\":%s}", wrong[i]);
    check("a", message, "!");
  }
}

static void every_short_number(void **state) {
  char message[64], expected[64];
  Rig rig = {0};
  rig_open_json(&rig, "a");
  for (int i = 0; i < 3000; i++) {
    double value = (i - 1500) * 3.0625 * (i % 7 ? 1 : 4096);
    snprintf(message, sizeof message, "{\"a\":%.*f}", 1 + i % 9, value);
    rig_add(&rig, str_from(message), "\n");
  }
  StrBuf wanted = {0};
  for (int i = 0; i < 3000; i++) {
    double value = (i - 1500) * 3.0625 * (i % 7 ? 1 : 4096), back = 0;
    snprintf(expected, sizeof expected, "%.*f", 1 + i % 9, value);
    sscanf(expected, "%lf", &back);
    Value v = value_float(back);
    value_print_json(&v, &wanted);
    strbuf_putc(&wanted, ';');
  }
  assert_string_equal(rig_text(&rig), wanted.ptr);
  strbuf_release(&wanted);
  rig_close(&rig);
}

static void names(void **state) {
  check("ab", "{\"AB\":1,\"ab\":2,\"aB\":3}", "2;");
  check("ab", "{\"AB\":1,\"Ab\":2}", "1;");
  check("ab", "{\"AB\":1,\"Ab\":2,\"AB\":3}", "3;");
  check("ab", "{\"ab\":1,\"AB\":2,\"ab\":3}", "3;");
  check("ab,AB,Ab", "{\"ab\":1,\"AB\":2}", "1|2|1;");
  check("a,a", "{\"a\":1}", "1|1;");
  check("a", "{\"\\u0061\":7}", "7;");
  check("a", "{\"\\u0061\":7,\"a\":8}", "8;");
  check("a\"b", "{\"a\\\"b\":7}", "7;");
  check("a", "{\"x\\q\":7,\"a\":1}", "1;");
  check("averylongname_beyond_16_bytes",
        "{\"averylongname_beyond_16_bytez\":1,\"averylongname_beyond_16_bytes\":2}", "2;");
}

static void paths(void **state) {
  check("a.b,a.c.d,a", "{\"a\":{\"b\":1,\"c\":{\"d\":[2]}}}", "1|[2]|{\"b\":1,\"c\":{\"d\":[2]}};");
  check("a.b", "{\"a\":1}", "null;");
  check("a.b", "{\"a\":[{\"b\":1}]}", "null;");
  check("a.b", "{\"a\":null}", "null;");
  check("a.b", "{\"a\":{}}", "null;");
  check("a.b", "{\"a\":{\"b\":1},\"a\":{\"c\":2}}", "null;");
  check("a.b", "{\"a\":{\"b\":1},\"a\":3}", "null;");
  check("a.b", "{\"A\":{\"B\":1}}", "1;");
  check("a.b", "{\"a\":{\"b\":1,}}", "!");
  check("a.b", "{\"a\":{\"b\" 1}}", "!");
}

static void known_shapes(void **state) {
  Rig rig = {0};
  rig_open_json(&rig, "a,b,c.d");
  const char *const messages[] = {
    "{\"a\":1,\"x\":0,\"b\":2}", "{\"a\":3,\"x\":0,\"b\":4}", "{\"a\":5,\"b\":6}", "{\"b\":7,\"a\":8}",
    "{\"a\":1,\"y\":0,\"c\":{\"d\":9},\"b\":2}", "{\"a\":1,\"x\":0,\"y\":0,\"c\":{\"d\":9},\"b\":2}",
    "{\"a\":1,\"x\":0,\"b\":2,\"a\":5}", "{\"A\":1,\"x\":0,\"b\":2}", "{\"A\":1,\"a\":2}", "{\"a\":1,\"A\":2}",
    "{\"c\":{\"d\":1,\"D\":2}}", "{\"c\":{\"D\":2}}", "{\"b\":1,\"c\":{\"d\":1},\"c\":{}}",
  };
  for (int round = 0; round < 3; round++) {
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) rig_add(&rig, str_from(messages[i]), "\n");
    assert_string_equal(rig_text(&rig),
                        "1|2|null;3|4|null;5|6|null;8|7|null;1|2|9;1|2|9;5|2|null;1|2|null;2|null|null;1|null|null;"
                        "null|null|1;null|null|2;null|1|null;");
  }
  rig_close(&rig);
}

/* More keys than a shape holds, and ever new ones. */
static void many_keys(void **state) {
  Rig rig = {0};
  rig_open_json(&rig, "wanted");
  for (int i = 0; i < 600; i++) {
    StrBuf message = {0};
    strbuf_printf(&message, "{\"id\":%d", i);
    for (int k = 0; k < i % 130; k++) strbuf_printf(&message, ",\"key%d\":%d", k * (i % 7), k);
    strbuf_printf(&message, ",\"wanted\":%d}", i);
    rig_add(&rig, strbuf_str(&message), "\n");
    strbuf_release(&message);
  }
  DecodedBatch batch;
  rig_decode(&rig, &batch);
  assert_int_equal(batch.rows, 600);
  assert_int_equal(rig.bads, 0);
  for (uint32_t i = 0; i < batch.rows; i++) assert_int_equal(column_i64(batch.cols[0])[i], i);
  decoded_batch_release(&batch);
  rig_close(&rig);
}

static ColumnLayout layout_of(const char *const *spelled, size_t count) {
  Rig rig = {0};
  rig_open_json(&rig, "a");
  for (size_t i = 0; i < count; i++) {
    char message[200];
    snprintf(message, sizeof message, "{\"a\":%s}", spelled[i]);
    rig_add(&rig, str_from(message), "\n");
  }
  DecodedBatch batch;
  StrBuf text = {0};
  rig_decode(&rig, &batch);
  assert_int_equal(batch.rows, count);
  for (uint32_t i = 0; i < count; i++) {
    strbuf_clear(&text);
    json_put_cell(&text, batch.cols[0], i);
    assert_string_equal(text.ptr, spelled[i]);
  }
  ColumnLayout layout = batch.cols[0]->layout;
  strbuf_release(&text);
  decoded_batch_release(&batch);
  rig_close(&rig);
  return layout;
}
#define LAYOUT(...) \
  layout_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void layouts(void **state) {
  assert_int_equal(LAYOUT("1", "2"), COL_BIGINT);
  assert_int_equal(LAYOUT("1", "null", "2"), COL_BIGINT);
  assert_int_equal(LAYOUT("1.5", "2.0"), COL_FLOAT);
  assert_int_equal(LAYOUT("1", "1.5", "null", "2"), COL_FLOAT);
  assert_int_equal(LAYOUT("9007199254740992", "1.5"), COL_FLOAT);
  assert_int_equal(LAYOUT("9007199254740993", "1.5"), COL_MIXED);
  assert_int_equal(LAYOUT("-9007199254740993", "1.5", "null"), COL_MIXED);
  assert_int_equal(LAYOUT("true", "false"), COL_BIT);
  assert_int_equal(LAYOUT("\"a\"", "null", "\"text of more than twelve bytes\""), COL_TEXT);
  assert_int_equal(LAYOUT("{}", "{\"a\":1}"), COL_RECORD);
  assert_int_equal(LAYOUT("[]", "[1]"), COL_ARRAY);
  assert_int_equal(LAYOUT("[]", "{}"), COL_MIXED);
  assert_int_equal(LAYOUT("1", "true"), COL_MIXED);
  assert_int_equal(LAYOUT("1", "\"1\"", "null", "{\"text\":\"of some length\"}", "1.5"), COL_MIXED);
  assert_int_equal(LAYOUT("null", "null"), COL_NULL);
}

static void several_events(void **state) {
  check("a", "{\"a\":1}{\"a\":2}\n{\"a\":3}", "1;2;3;");
  check("a", "[{\"a\":1},{\"a\":2}]", "1;2;");
  check("a", "[]", "");
  check("a", "[{\"a\":1}] [{\"a\":2}] {\"a\":3}", "1;2;3;");
  check("a", "[{\"a\":1},5,{\"a\":2}]", "1;2;!");
  check("a", "[{\"a\":1},{\"a\":},{\"a\":2}]", "1;2;!");
  check("a", "{\"a\":1}{\"a\":}{\"a\":3}", "1;3;!");
  check("a", "{\"a\":1}\n{\"a\":\"x}\n{\"a\":3}", "1;3;!");
  check("a", "{\"a\":1}\n{\"a\":2\n{\"a\":3}", "1;3;!");
  check("a", "{\"a\":1} x", "!");
  check("a", "{\"a\":1}}", "!");
  check("a", "{\"a\":1},", "!");
  check("a", "[{\"a\":1}", "!");
  check("a", "[{\"a\":1}]]", "1;!");
  check("a", "[1,2]", "!");
  check("a", "5", "!");
  check("a", "\"a\"", "!");
  check("a", "null", "!");
  check("a", "", "!");
  check("a", " \n ", "!");
}

static void compat_levels(void **state) {
  check_at(11, false, "a,b", "{\"a\":true,\"b\":false}", "1|0;");
  check_at(10, false, "a,b", "{\"a\":true,\"B\":\"2026-01-02T03:04:05Z\"}", "1|\"2026-01-02T03:04:05.0000000Z\";");
  check_at(10, true, "Ab", "{\"AB\":1,\"aB\":{\"X\\u00C4\":\"Y Z\"}}",
           "{\"x\\u00c4\":\"Y Z\"}|{\"ab\":1,\"ab\":{\"x\\u00c4\":\"Y Z\"}};");
  check_at(12, false, "a", "{\"a\":\"2026-01-02T03:04:05Z\"}", "\"2026-01-02T03:04:05Z\";");
}

static void payload(void **state) {
  check_at(12, true, "a", "  {\"a\": 1, \"b\" : [ ]}  ", "1|{\"a\": 1, \"b\" : [ ]};");
  check_at(12, true, "", "[ {\"a\": 1} , {} ]", "{\"a\": 1};{};");
}

static void declared(void **state) {
  check("a:bigint,b:float,c:datetime,d:nvarchar(max),e:bit,f:record,g:array",
        "{\"a\":1,\"b\":2,\"c\":\"2026-01-02\",\"d\":\"x\",\"e\":true,\"f\":{},\"g\":[]}",
        "1|2.0|\"2026-01-02T00:00:00.0000000Z\"|\"x\"|true|{}|[];");
  check("a:bigint,b:float,c:datetime", "{\"a\":null,\"b\":null,\"c\":null}", "null|null|null;");
  check("a:bigint", "{\"a\":1.0}", "!");
  check("a:bigint", "{\"a\":\"1\"}", "!");
  check("a:bigint", "{}", "!");
  check("a:datetime", "{\"a\":\"yesterday\"}", "!");
  check("a,?b:bit", "{\"a\":1,\"b\":true}", "1;");
  check("a,?b:bit", "{\"a\":1,\"b\":1}", "!");
  check("a,?b:bit", "{\"a\":1}", "!");
  check_at(11, false, "a:bit,b:bigint", "{\"a\":true,\"b\":true}", "true|1;");
  check_at(10, false, "a:nvarchar(max)", "{\"a\":\"2026-01-02\"}", "\"2026-01-02\";");
  check_reason("a:bigint", STR("{\"a\":1.5}"), "field `a` is declared bigint, found a number `1.5` at byte 6");
  check_reason("a:bigint", STR("{\"b\":1}"), "field `a` is declared and missing");
}

static void nested(const char *open, const char *close, int levels, const char *expected, const char *fields) {
  StrBuf message = {0};
  strbuf_puts(&message, "{\"a\":");
  for (int i = 0; i < levels; i++) strbuf_puts(&message, open);
  for (int i = 0; i < levels; i++) strbuf_puts(&message, close);
  strbuf_puts(&message, ",\"b\":1}");
  check(fields, message.ptr, expected);
  strbuf_release(&message);
}

static void depth(void **state) {
  nested("[", "]", 999, "1;", "b");
  nested("[", "]", 1000, "!", "b");
  nested("{\"x\":{\"y\":", "1}}", 0, "!", "b");
  check("b", "{\"a\":[}],\"b\":1}", "!");
  check("b", "{\"a\":{]},\"b\":1}", "!");
}

static void reasons(void **state) {
  check_reason("a", STR("{\"a\":1 \"b\":2}"), "expected `,` or `}`, found `\"b\":2` at byte 8");
  check_reason("a", STR("{\"a\" 1}"), "expected `:` behind a field name, found `1` at byte 6");
  check_reason("a", STR("{\"a\":}"), "expected a value, found `}` at byte 6");
  check_reason("a", STR("{\"a\":tru}"), "expected a value, found `tru` at byte 6");
  check_reason("a", STR("{\"a\":1"), "expected `,` or `}`, found the end at byte 7");
  check_reason("a", STR("{\"a\":[1"), "a bracket is never closed at byte 6");
  check_reason("a", STR("{\"a\":99999999999999999999}"),
               "the integer 99999999999999999999 does not fit 64 bits at byte 6");
  check_reason("a", STR("{\"b\":1\0}"), "a NUL byte at byte 7");
  check_reason("a", STR("{\"a\":\"x\ty\"}"), "a bare control character inside text at byte 8");
  check_reason("a", STR("{\"a\":\"x"), "text without its closing quote at byte 6");
  check_reason("a", STR("{\"a\":\"\xc3(\"}"), "bytes that are not UTF-8 at byte 7");
  check_reason("a", STR("5"), "an event must be an object at byte 1");
  check_reason("a", STR("{\"a\":\"\\x\"}"), "text with a bad escape at byte 7");
  check_reason("a", STR(""), "the message is empty");
}

/* ---- a bad message costs only itself ---- */

static const char *const bad_messages[] = {
  "{\"id\":7 \"t\":\"missing comma\"}", "{\"id\":7,\"t\":\"missing brace\"",
  "{\"id\":7,\"t\":{\"missing\":\"inner brace\"}",
  "{\"id\":7,\"t\":\"truncated tex", "{\"id\":7,\"t\":\"bad \xff utf-8\"}", "{\"id\":7,\"t\":\"cut \xe2\x82",
  "{\"id\":7,\"t\":\"control \x01 character\"}", "{\"id\":7,\"t\":1}}", "{\"id\":7,\"t\":1},", "\"id\":8,\"t\":\"x\"}",
  "{\"id\":7,\"t\":1}\\", "{\"id\":7,\"t\":\"odd \\\"}", "", "{", "}", "[", "\"", "{\"id\":7,}", "{\"id\":,\"t\":1}",
  "{\"id\":99999999999999999999}", "{id:7}", "garbage",
  "{\"id\":7,\"t\":1]", "{\"id\":7}\x01", "{\"id\":7,\"t\":1 \x02}",
};

enum { PIECE_MESSAGES = 1000 };

/* Neighbours that would make an array, or a list of them, together. */
static void brackets_that_would_join(void **state) {
  static const char *const torn[][2] = {{"[", "]"}, {"[{\"a\":1}", "]"}, {"[{\"a\":1},", "{\"a\":2}]"}, {"{", "}"}};
  for (size_t i = 0; i < sizeof torn / sizeof *torn; i++)
    for (int gap = 0; gap < 2; gap++) {
      Rig rig = {0};
      rig_open_json(&rig, "a");
      rig_add(&rig, str_from(torn[i][0]), gap ? "\n" : "");
      rig_add(&rig, str_from(torn[i][1]), "\n");
      rig_add(&rig, STR("{\"a\":3}"), "\n");
      assert_string_equal(rig_text(&rig), "3;!!");
      rig_close(&rig);
    }
}

/* 1,000 messages, the one at `bad` replaced; `gap` behind each. */
static void lay(Rig *rig, uint32_t bad, Str text, const char *gap) {
  for (uint32_t i = 0; i < PIECE_MESSAGES; i++) {
    char message[120];
    snprintf(message, sizeof message, "{\"id\":%u,\"t\":\"some text \\u0041 %u, of a length\",\"w\":%u.5}", i, i % 13,
             i);
    rig_add(rig, i == bad ? text : str_from(message), gap);
  }
}

static void check_piece(Rig *rig, uint32_t bad, uint32_t bads) {
  DecodedBatch batch;
  rig_decode(rig, &batch);
  assert_int_equal(rig->bads, bads);
  assert_int_equal(batch.rows, PIECE_MESSAGES - bads);
  assert_int_equal(batch.cols[0]->layout, COL_BIGINT);
  for (uint32_t row = 0; row < batch.rows; row++) {
    uint32_t message = row + (bads && row >= bad ? bads : 0);
    assert_int_equal(column_i64(batch.cols[0])[row], message);
    assert_int_equal(batch.message[row], message);
  }
  if (bads) assert_true(rig->bad_message >= bad && rig->bad_message < bad + bads);
  decoded_batch_release(&batch);
  rig_clear(rig);
}

/* Each bad message at the ends, around the borders of pieces, and here and there. */
static void everywhere(const char *gap) {
  Rig rig = {0};
  rig_open_json(&rig, "id,t");
  for (size_t i = 0; i < sizeof bad_messages / sizeof *bad_messages; i++)
    for (uint32_t at = 0; at < PIECE_MESSAGES; at += at < 3 || at > 996 ? 1 : 71) {
      lay(&rig, at, str_from(bad_messages[i]), gap);
      check_piece(&rig, at, 1);
    }
  lay(&rig, 500, STR("{\"id\":1,\"t\":\"NUL \0 inside\"}"), gap);
  check_piece(&rig, 500, 1);
  lay(&rig, 501, STR("{\"id\":1,\"t\":\0 1}"), gap);
  check_piece(&rig, 501, 1);
  rig_close(&rig);
}

static void bad_among_lines(void **state) { everywhere("\n"); }
static void bad_among_neighbours(void **state) { everywhere(""); }
static void bad_among_commas(void **state) { everywhere(",\r\n"); }
static void bad_among_strangers(void **state) { everywhere("key \" \\"); }

/* In every position, for the cases a missing bracket or quote makes. */
static void bad_in_every_position(void **state) {
  Rig rig = {0};
  rig_open_json(&rig, "id,t");
  for (uint32_t at = 0; at < PIECE_MESSAGES; at++) {
    lay(&rig, at, str_from(bad_messages[at % (sizeof bad_messages / sizeof *bad_messages)]), at % 2 ? "\n" : "");
    check_piece(&rig, at, 1);
  }
  rig_close(&rig);
}

static void halves_that_would_join(void **state) {
  const char *const gaps[] = {"", "\n", "key\""};
  const char *const text = "{\"id\":1,\"t\":\"x\\\"y\",\"u\":{\"v\":[1,\"z\"]}}";
  Rig rig = {0};
  rig_open_json(&rig, "id,t");
  for (size_t gap = 0; gap < 3; gap++)
    for (size_t cut = 1; cut < strlen(text); cut++) {
      uint32_t at = (uint32_t)(cut * 23 % (PIECE_MESSAGES - 1));
      Str whole = str_from(text);
      for (uint32_t i = 0; i < PIECE_MESSAGES; i++) {
        char message[120];
        snprintf(message, sizeof message, "{\"id\":%u,\"t\":\"plain\"}", i);
        Str piece = i == at ? str_sub(whole, 0, cut) : i == at + 1 ? str_sub(whole, cut, whole.len) : str_from(message);
        rig_add(&rig, piece, gaps[gap]);
      }
      check_piece(&rig, at, 2);
    }
  rig_close(&rig);
}

static void good_pieces(void **state) {
  Rig rig = {0};
  rig_open_json(&rig, "id,t");
  const char *const gaps[] = {"", "\n", "\r\n", " , ", "junk\"", "{"};
  for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
    lay(&rig, UINT32_MAX, (Str){0}, gaps[i]);
    check_piece(&rig, 0, 0);
  }
  rig_close(&rig);
}

static void tombstones_and_limits(void **state) {
  Rig rig = {.spec = {.record_bytes_max = 20}};
  rig_open_json(&rig, "a");
  rig_add(&rig, STR("{\"a\":1}"), "\n");
  rig_add(&rig, STR(""), "");
  rig.messages.messages.items[1].tombstone = true;
  rig_add(&rig, STR("{\"a\":\"far too long a text\"}"), "\n");
  rig_add(&rig, STR("[{\"a\":2},{\"a\":3},{\"a\":4}]"), "\n");
  assert_string_equal(rig_text(&rig), "1;2;3;4;!");
  assert_string_equal(rig.reason, "the record is longer than the limit");
  rig_close(&rig);
}

/* ---- the piece and the message alone agree ---- */

static uint64_t random_state = 88172645463325252u;
static uint32_t random_below(uint32_t bound) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(random_state >> 33) % bound;
}

static void random_value(StrBuf *out, int depth) {
  static const char *const scalars[] = {"1", "-0", "2.5", "1e5", "\"x\"", "\"a \\n b\"", "null", "true", "false",
                                        "12345678901", "\"\xc3\xa9\"", "0.1", "\"2026-01-01\"", "\"{[\\\"\""};
  uint32_t kind = random_below(depth > 3 ? 8 : 11);
  if (kind < 8) {
    strbuf_puts(out, scalars[random_below(sizeof scalars / sizeof *scalars)]);
    return;
  }
  bool object = kind > 8;
  uint32_t count = random_below(5);
  strbuf_putc(out, object ? '{' : '[');
  for (uint32_t i = 0; i < count; i++) {
    static const char *const keys[] = {"a", "b", "A", "c", "d", "e\\u0066", "longer key than sixteen", "a"};
    if (i) strbuf_puts(out, random_below(9) ? "," : " , ");
    if (object) strbuf_printf(out, "\"%s\":", keys[random_below(8)]);
    random_value(out, depth + 1);
  }
  strbuf_putc(out, object ? '}' : ']');
}

static void random_message(StrBuf *out) {
  do {
    strbuf_clear(out);
    random_value(out, 0);
  } while (out->len < 2 || out->ptr[0] != '{');
  for (uint32_t wounds = random_below(8) == 0 ? 1 + random_below(2) : 0; wounds && out->len > 1; wounds--) {
    uint32_t at = random_below((uint32_t)out->len);
    if (random_below(2)) out->ptr[at] = "\"\\{}[],:x\n\x01\xff"[random_below(12)];
    else out->len = at;
  }
}

static void piece_equals_alone(void **state) {
  StrBuf message = {0}, together = {0};
  for (int round = 0; round < 150; round++) {
    Rig piece = {.spec = {.payload = true}}, alone = {.spec = {.payload = true}};
    rig_open_json(&piece, "a,b.c,longer key than sixteen,a.A,ef,d");
    rig_open_json(&alone, "a,b.c,longer key than sixteen,a.A,ef,d");
    const char *gap = random_below(2) ? "\n" : random_below(2) ? "" : "k\"";
    strbuf_clear(&together);
    uint32_t bads = 0;
    for (int i = 0; i < 200; i++) {
      random_message(&message);
      rig_add(&piece, strbuf_str(&message), gap);
      rig_add(&alone, strbuf_str(&message), "");
      Str text = str_from(rig_text(&alone));
      while (text.len && text.ptr[text.len - 1] == '!') text.len--, bads++;
      strbuf_put_str(&together, text);
    }
    for (uint32_t i = 0; i < bads; i++) strbuf_putc(&together, '!');
    assert_string_equal(rig_text(&piece), strbuf_str(&together).ptr);
    rig_close(&piece);
    rig_close(&alone);
  }
  strbuf_release(&message);
  strbuf_release(&together);
}

/* Against the functions that look into JSON text one value at a time. */
static void values_equal_lookups(void **state) {
  static const char *const wanted[] = {"a", "c", "longer key than sixteen", "ef"};
  StrBuf message = {0}, expected = {0};
  Rig rig = {0};
  rig_open_json(&rig, "a,c,longer key than sixteen,ef");
  for (int i = 0; i < 3000; i++) {
    do random_message(&message);
    while (!json_valid(strbuf_str(&message), NULL));
    strbuf_clear(&expected);
    for (int k = 0; k < 4; k++) {
      Str raw;
      Value value = value_null();
      if (json_field(strbuf_str(&message), str_from(wanted[k]), &raw)) json_value(raw, &rig.arena, &value);
      if (k) strbuf_putc(&expected, '|');
      value_print_json(&value, &expected);
    }
    strbuf_putc(&expected, ';');
    rig_add(&rig, strbuf_str(&message), "\n");
    assert_string_equal(rig_text(&rig), expected.ptr);
  }
  strbuf_release(&message);
  strbuf_release(&expected);
  rig_close(&rig);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(values),
    cmocka_unit_test(numbers),
    cmocka_unit_test(every_short_number),
    cmocka_unit_test(names),
    cmocka_unit_test(paths),
    cmocka_unit_test(known_shapes),
    cmocka_unit_test(many_keys),
    cmocka_unit_test(layouts),
    cmocka_unit_test(several_events),
    cmocka_unit_test(compat_levels),
    cmocka_unit_test(payload),
    cmocka_unit_test(declared),
    cmocka_unit_test(depth),
    cmocka_unit_test(reasons),
    cmocka_unit_test(bad_among_lines),
    cmocka_unit_test(bad_among_neighbours),
    cmocka_unit_test(bad_among_commas),
    cmocka_unit_test(bad_among_strangers),
    cmocka_unit_test(bad_in_every_position),
    cmocka_unit_test(halves_that_would_join),
    cmocka_unit_test(brackets_that_would_join),
    cmocka_unit_test(good_pieces),
    cmocka_unit_test(tombstones_and_limits),
    cmocka_unit_test(piece_equals_alone),
    cmocka_unit_test(values_equal_lookups),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
