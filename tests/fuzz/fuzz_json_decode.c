/* fuzz_json_decode.c: any bytes as JSON events.
** As a file, they must give the same rows however they arrive. As messages (cut at line feeds), they must give
** the same rows in one piece, whatever lies between them, as each alone; and a value that is read from a valid
** event must be the one that types/json.h finds there. The first byte chooses the level and the layout. */
#include <stdlib.h>

#include "base/status.h"
#include "tests/unit/formats/decoding.h"
#include "types/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rig_new(Rig *rig, int compat) {
  *rig = (Rig){.spec = {.payload = true, .compat = compat, .record_bytes_max = 4096}};
  rig_open_json(rig, "a,b.c,TollId,b,c:float");
}

static void same(const char *a, const char *b, const char *what) {
  if (strcmp(a, b) != 0) BUG("%s:\n%s\n%s", what, a, b);
}

static void check_file(Str text, int compat, size_t piece) {
  Rig rig;
  rig_new(&rig, compat);
  const char *whole = rig_file(&rig, text, text.len + 1);
  same(rig_file(&rig, text, piece), whole, "the pieces of a file matter");
  rig_close(&rig);
}

static void check_messages(Str text, int compat, const char *gap) {
  Rig piece, alone;
  StrBuf together = {0};
  uint32_t bads = 0;
  rig_new(&piece, compat);
  rig_new(&alone, compat);
  Str line;
  for (bool more = true; more;) {
    more = str_cut(text, '\n', &line, &text);
    rig_add(&piece, line, gap);
    rig_add(&alone, line, "");
    Str rows = str_from(rig_text(&alone));
    while (rows.len && rows.ptr[rows.len - 1] == '!') rows.len--, bads++;
    strbuf_put_str(&together, rows);
  }
  while (bads-- > 0) strbuf_putc(&together, '!');
  same(rig_text(&piece), strbuf_str(&together).ptr, "a piece differs from its messages alone");
  strbuf_release(&together);
  rig_close(&piece);
  rig_close(&alone);
}

/* How often the key `a` may stand in the text, in either spelling. */
static unsigned places_of_a(Str text) {
  unsigned count = 0;
  for (size_t i = 0; i < text.len; i++) {
    Str rest = str_sub(text, i, text.len);
    count += str_starts(rest, STR("\"a\"")) || str_starts(rest, STR("\\u0061"));
  }
  return count;
}

/* Of a key that stands there twice the last value counts, but an event is bad as soon as one of them is no value. */
static void check_values(Str text) {
  Rig rig = {0};
  StrBuf expected = {0};
  Str raw;
  Value value = value_null();
  if (text.len == 0 || text.ptr[0] != '{' || !json_valid(text, NULL)) return;
  rig_open_json(&rig, "a");
  if (json_field(text, STR("a"), &raw) && !json_value(raw, &rig.arena, &value)) {
    rig_close(&rig);
    return;
  }
  value_print_json(&value, &expected);
  strbuf_putc(&expected, ';');
  rig_add(&rig, text, "");
  const char *found = rig_text(&rig);
  if (strcmp(found, "!") != 0 || places_of_a(text) < 2) same(found, expected.ptr, "a value differs");
  strbuf_release(&expected);
  rig_close(&rig);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const gaps[] = {"\n", "", ",\r\n", "key\""};
  if (size == 0 || memchr(data + 1, 0, size - 1)) return 0; /* results are compared as C strings */
  Str text = {(const char *)data + 1, size - 1};
  int compat = 10 + data[0] % 3;
  check_file(text, compat, 1 + data[0] / 8);
  check_messages(text, compat, gaps[data[0] / 3 % 4]);
  check_values(text);
  return 0;
}
