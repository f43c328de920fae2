/* record_line.c: see record_line.h. */
#include "cli/record_line.h"

#include "types/json.h"

static bool is_object(Str text) { return text.len && text.ptr[0] == '{'; }

static void put_field(const char *name, StrBuf *out) {
  strbuf_printf(out, "%s\"%s\":", out->ptr[out->len - 1] == '{' ? "" : ",", name);
}

static void put_event(const RecordedMessage *message, Str event, StrBuf *out) {
  char time[DATETIME_TEXT_LEN + 1];
  json_put_minified(out, event);
  out->len--; /* its closing brace */
  datetime_print(message->arrival, time);
  put_field("EventEnqueuedUtcTime", out);
  strbuf_printf(out, "\"%s\"", time);
  put_field("PartitionId", out);
  strbuf_printf(out, "%d", message->partition);
  if (message->key.len) {
    put_field("EventKey", out);
    json_put_string(out, message->key);
  }
  if (message->headers.len) {
    put_field("EventHeaders", out);
    json_put_minified(out, message->headers);
  }
  strbuf_puts(out, "}\n");
}

/* A line stays a line: its breaks become blanks. */
static unsigned put_raw(Str payload, StrBuf *out) {
  for (size_t i = 0; i < payload.len; i++) {
    char c = payload.ptr[i];
    strbuf_putc(out, c == '\n' || c == '\r' || c == 0 ? ' ' : c);
  }
  strbuf_putc(out, '\n');
  return 1;
}

static bool is_array_of_objects(Str payload) {
  JsonCursor cursor;
  Str key, value;
  if (!json_open(&cursor, payload) || cursor.object) return false;
  while (json_next(&cursor, &key, &value))
    if (!is_object(value)) return false;
  return true;
}

unsigned record_line_put(const RecordedMessage *message, StrBuf *out, bool *whole) {
  Str payload = str_trim(message->payload), key, event;
  JsonCursor cursor;
  unsigned lines = 0;
  bool valid = json_valid(payload, NULL);
  *whole = valid && (is_object(payload) || is_array_of_objects(payload));
  if (!*whole) return put_raw(payload, out);
  if (is_object(payload)) return put_event(message, payload, out), 1;
  json_open(&cursor, payload);
  for (; json_next(&cursor, &key, &event); lines++) put_event(message, event, out);
  return lines;
}
