/* quarantine_entry.c: see quarantine_entry.h. A payload that is not UTF-8 is written in base64 (RFC 4648), so
** that its bytes can be had back; what is unknown of the origin is left out. */
#include "io/quarantine_entry.h"

#include "base/utf8.h"
#include "types/json.h"

static void put_base64(Str bytes, StrBuf *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.len; i += 3) {
    size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
    uint32_t group = 0;
    for (size_t k = 0; k < 3; k++) group = group << 8 | (k < n ? (unsigned char)bytes.ptr[i + k] : 0);
    for (size_t k = 0; k < 4; k++) strbuf_putc(out, k <= n ? digits[group >> (18 - 6 * k) & 63] : '=');
  }
}

static void put_text(const char *name, Str text, StrBuf *out) {
  strbuf_printf(out, ",\"%s\":", name);
  json_put_string(out, text);
}

static void put_origin(const QuarantineEntry *entry, StrBuf *out) {
  const char *separator = "";
  strbuf_puts(out, ",\"origin\":{");
  if (entry->partition >= 0) {
    strbuf_printf(out, "\"partition\":%d", entry->partition);
    separator = ",";
  }
  if (entry->offset >= 0) {
    strbuf_printf(out, "%s\"offset\":%lld", separator, (long long)entry->offset);
    separator = ",";
  }
  if (entry->blob.len) {
    strbuf_printf(out, "%s\"blob\":", separator);
    json_put_string(out, entry->blob);
  }
  strbuf_putc(out, '}');
}

static void put_place(const QuarantineEntry *entry, const char *query_file, StrBuf *out) {
  if (!entry->has_place) return;
  strbuf_puts(out, ",\"query\":{\"file\":");
  json_put_string(out, str_from(query_file ? query_file : ""));
  strbuf_printf(out, ",\"line\":%u,\"column\":%u}", entry->line, entry->column);
}

static void put_payload(Str payload, StrBuf *out) {
  if (utf8_invalid_at(payload) == payload.len) {
    put_text("payload", payload, out);
    return;
  }
  strbuf_puts(out, ",\"payloadBase64\":\"");
  put_base64(payload, out);
  strbuf_putc(out, '"');
}

void quarantine_entry_print(const QuarantineEntry *entry, Ticks now, const char *job, const char *query_file,
                            StrBuf *out) {
  char time[DATETIME_TEXT_LEN + 1];
  datetime_print(now, time);
  strbuf_printf(out, "{\"time\":\"%s\"", time);
  put_text("kind", str_from(quarantine_kind_name(entry->kind)), out);
  put_text("job", str_from(job ? job : ""), out);
  put_text(entry->kind == QUARANTINE_OUTPUT ? "output" : "input", entry->input, out);
  put_origin(entry, out);
  put_text("reason", entry->reason, out);
  put_place(entry, query_file, out);
  put_payload(entry->payload, out);
  strbuf_puts(out, "}\n");
}
