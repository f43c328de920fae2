/* json_decode.c: messages of JSON to columns.
**
** Messages are taken in pieces of about 64 KB. A piece is indexed at once (json_index.h), in place when its
** messages lie together with nothing but blanks and commas between, else from a scratch copy with a newline
** between each two. Then every message is walked from the token at its first byte:
**
**    {"a":1,"b":"x"} \n {"a":2,"b":  \n {"a":3,"b":"z"}        the second message is torn
**    ^ starts here      ^                ^
**
** Why one index serves many messages: that the first byte of a message is an opening bracket *token* says that
** no string of an earlier message reaches into it, and that its last bracket closes on its last byte says that
** all quotes in between paired as they would have alone. A message that fails in any way (a token is not where
** it should be, the walk refuses it, it closes in the next message) is decoded again alone, which gives the
** verdict and the reason. When the piece has no index at all (bad UTF-8, a control character in a string, an
** odd quote), it is tried in groups of a few messages, and those without an index message by message. So a bad
** message costs only itself, wherever it stands.
**
** A message decoded alone may hold several events of which some are bad: it is cut as a file would be
** (json_frame.c) and each record decoded for itself, unless that finds nothing good or nobody to blame. */
#include "connectors/formats/json_decode.h"

#include <stdio.h>
#include "connectors/formats/formats.h"
#include "connectors/formats/json_reason.h"

enum {
  PIECE_BYTES = 64 << 10, /* text and index of a piece stay in the second-level cache */
  PIECE_BYTES_LEAST = 8 << 10, /* less than this in place: better to copy */
  GAP_BYTES_MAX = 64, /* between messages that lie together */
  SMALL_GROUP = 12,   /* messages; with one bad in a hundred most groups of this size are clean */
};

/* ---- bad records ---- */

/* at: the byte within the record that is to blame, SIZE_MAX for none; printed counting from 1. */
static void report(JsonDecoder *decoder, uint32_t message, Str raw, bool oversize, const char *why, size_t at) {
  BadRecord bad = {.message = message, .bytes = raw, .oversize = oversize};
  if (at == SIZE_MAX) snprintf(bad.reason, sizeof bad.reason, "%s", why);
  else snprintf(bad.reason, sizeof bad.reason, "%s at byte %zu", why, at + 1);
  decoder->bads++;
  decoder->bad(decoder->context, &bad);
}

static bool fail(JsonWalk *walk, const char *at, const char *why) {
  snprintf(walk->why, sizeof walk->why, "%s", why);
  walk->why_at = at;
  return false;
}

/* ---- one message ---- */

typedef struct Extent { uint32_t begin, end, message; } Extent; /* a message in the indexed bytes */

static void put_payload(JsonDecoder *decoder, uint32_t open, uint32_t close) {
  JsonWalk *walk = &decoder->walk;
  RowField *field = &decoder->store.fields[decoder->payload_field];
  uint32_t begin = walk->tokens[open], len = walk->tokens[close] - begin + 1;
  row_put_text(field, decoder->store.rows, TYPE_RECORD, walk->origin + begin, len);
}

/* The event at token `at`; returns its closing token or JSON_WALK_BAD. An oversize event is reported and
** leaves no row. */
static uint32_t take_event(JsonDecoder *decoder, const Extent *extent, uint32_t at) {
  JsonWalk *walk = &decoder->walk;
  uint32_t close = json_walk_event(walk, at);
  if (close != JSON_WALK_BAD && walk->tokens[close] >= extent->end) {
    fail(walk, walk->base + walk->tokens[at], "a bracket is never closed");
    close = JSON_WALK_BAD;
  }
  if (close == JSON_WALK_BAD) return close;
  uint32_t len = walk->tokens[close] - walk->tokens[at] + 1;
  if (len > decoder->spec.record_bytes_max) {
    row_store_drop(&decoder->store);
    Str raw = {walk->origin + walk->tokens[at], len};
    report(decoder, extent->message, raw, true, "the record is longer than the limit", SIZE_MAX);
    return close;
  }
  if (decoder->spec.payload_read && !json_walk_check(walk, at)) return JSON_WALK_BAD;
  if (decoder->payload_field != UINT32_MAX) put_payload(decoder, at, close);
  row_store_commit(&decoder->store, extent->message);
  return close;
}

/* An array of events; returns its closing token or JSON_WALK_BAD. */
static uint32_t take_array(JsonDecoder *decoder, const Extent *extent, uint32_t at) {
  JsonWalk *walk = &decoder->walk;
  const uint32_t *tokens = walk->tokens;
  const char *base = walk->base;
  if (base[tokens[++at]] == ']' && tokens[at] < extent->end) return at;
  for (; tokens[at] < extent->end; at++) {
    if (base[tokens[at]] != '{') return fail(walk, base + tokens[at], "an event must be an object"), JSON_WALK_BAD;
    at = take_event(decoder, extent, at);
    if (at == JSON_WALK_BAD) return at;
    char c = base[tokens[++at]];
    if (c == ']' && tokens[at] < extent->end) return at;
    if (c != ',') break;
  }
  return fail(walk, base + extent->begin, "the array of events is torn"), JSON_WALK_BAD;
}

static bool only_blanks(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at >= end;
}

/* The events of a message whose first token is *token, which moves behind its last. False: it is bad, rows
** may have been committed. */
static bool take_message(JsonDecoder *decoder, const Extent *extent, uint32_t *token) {
  JsonWalk *walk = &decoder->walk;
  const uint32_t *tokens = walk->tokens;
  const char *base = walk->base;
  uint32_t at = *token;
  if (tokens[at] >= extent->end) return fail(walk, NULL, "the message is empty");
  if (tokens[at] != extent->begin && !only_blanks(base + extent->begin, base + tokens[at]))
    return fail(walk, base + extent->begin, "an event must be an object");
  for (; tokens[at] < extent->end; at++) {
    char c = base[tokens[at]];
    if (c == '{') at = take_event(decoder, extent, at);
    else if (c == '[') at = take_array(decoder, extent, at);
    else return fail(walk, base + tokens[at], "an event must be an object");
    if (at == JSON_WALK_BAD) return false;
  }
  *token = at;
  return true;
}

/* ---- indexing ---- */

/* Compatibility level 1.0: field names are lower-cased, in the text too. Letters behind a backslash are not
** letters of the name. */
static void lower_keys(char *base, const uint32_t *tokens, uint32_t count) {
  for (uint32_t i = 0; i + 1 < count; i++) {
    if (base[tokens[i]] != '"' || base[tokens[i + 1]] != ':') continue;
    for (char *p = base + tokens[i] + 1; *p != '"'; p++) {
      if (*p == '\\') p++;
      else if (*p >= 'A' && *p <= 'Z') *p += 'a' - 'A';
    }
  }
}

/* `end`: a NUL byte behind the bytes. */
static JsonIndexError index_bytes(JsonDecoder *decoder, JsonIndex *index, const char *base, uint32_t len,
                                  const char *end) {
  uint32_t count;
  JsonIndexError error = json_index_run(index, base, len, (uint32_t)(end - base));
  if (error != JSON_INDEX_OK) return error;
  decoder->walk.base = base;
  decoder->walk.tokens = json_index_tokens(index, &count);
  if (decoder->spec.compat == 10) lower_keys((char *)base, decoder->walk.tokens, count);
  return JSON_INDEX_OK;
}

JsonIndexError json_decoder_index(JsonDecoder *decoder, const char *base, uint32_t len, const char *nul) {
  return index_bytes(decoder, decoder->index, base, len, nul);
}

/* ---- a message alone ---- */

static void decode_alone(JsonDecoder *decoder, Str text, uint32_t message, bool may_cut);

typedef Vec(Str) StrVec;

static void cut_record(void *context, const char *begin, size_t len, bool oversize) {
  StrVec *records = context;
  vec_push(records, (Str){begin, len});
}

static void ignore_bad(void *context, const BadRecord *bad) {}

/* Whether some records of a bad message are good and others to blame; leaves no rows. */
static bool cut_helps(JsonDecoder *decoder, const StrVec *records, uint32_t message) {
  uint32_t row = decoder->store.rows, bads = decoder->bads;
  BadRecordFn *bad = decoder->bad;
  decoder->bad = ignore_bad;
  for (uint32_t i = 0; i < records->len; i++) decode_alone(decoder, records->items[i], message, false);
  bool helps = decoder->store.rows > row && decoder->bads > bads;
  row_store_rewind(&decoder->store, row);
  decoder->bad = bad;
  decoder->bads = bads;
  return helps;
}

/* Decodes the records of a bad message for themselves. False when that finds nobody to blame, or nothing
** good. */
static bool decode_cut(JsonDecoder *decoder, Str text, uint32_t message) {
  StrVec records = {0};
  JsonFrame frame = {.started = true, .line_start = true};
  json_frame_cut(&frame, text.ptr, text.len, true, SIZE_MAX, cut_record, &records);
  bool helps = records.len > 1 && cut_helps(decoder, &records, message);
  for (uint32_t i = 0; helps && i < records.len; i++) decode_alone(decoder, records.items[i], message, false);
  vec_release(&records);
  return helps;
}

/* Whether the message is good alone; else the reason and its place. */
static bool try_alone(JsonDecoder *decoder, Str text, uint32_t message, const char **why, size_t *at) {
  JsonSpecials specials = json_specials(text.ptr, text.len);
  *at = specials.control ? json_control_at(text.ptr, text.len) : SIZE_MAX;
  if (*at != SIZE_MAX) return *why = text.ptr[*at] ? "a control character" : "a NUL byte", false;
  JsonIndexError error = index_bytes(decoder, decoder->alone, text.ptr, (uint32_t)text.len, decoder->home_end);
  if (error != JSON_INDEX_OK) return *why = json_index_reason(text, error, at), false;
  decoder->walk.origin = text.ptr;
  decoder->walk.backslashes = specials.backslash;
  decoder->walk.end = text.ptr + text.len;
  uint32_t token = 0;
  if (take_message(decoder, &(Extent){0, (uint32_t)text.len, message}, &token)) return true;
  *why = decoder->walk.why;
  *at = decoder->walk.why_at ? (size_t)(decoder->walk.why_at - text.ptr) : SIZE_MAX;
  if (*at != SIZE_MAX && *at > text.len) *at = text.len;
  return false;
}

static void decode_alone(JsonDecoder *decoder, Str text, uint32_t message, bool may_cut) {
  const char *why;
  char reason[sizeof decoder->walk.why];
  size_t at;
  uint32_t row = decoder->store.rows, bads = decoder->bads;
  if (!may_cut && text.len && text.ptr[0] == '[') { /* an element of an array */
    report(decoder, message, text, false, "an event must be an object", 0);
    return;
  }
  if (try_alone(decoder, text, message, &why, &at)) return;
  snprintf(reason, sizeof reason, "%s", why);
  row_store_rewind(&decoder->store, row);
  bool oversize = decoder->bads > bads; /* an oversize event in front of the fault has been reported */
  if (may_cut && !oversize && decode_cut(decoder, text, message)) return;
  if (text.len > decoder->spec.record_bytes_max)
    report(decoder, message, text, true, "the record is longer than the limit", SIZE_MAX);
  else report(decoder, message, text, false, reason, at);
}

/* ---- pieces ---- */

static Str message_text(const MessageBatch *messages, const Message *message) {
  Str text = {messages->bytes->data + message->begin, message->len};
  if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0) text = str_sub(text, 3, text.len);
  return text;
}

/* Whether the bytes between two messages may be indexed along with them. */
static bool gap_is_plain(const char *at, const char *end) {
  if (at > end || end - at > GAP_BYTES_MAX) return false;
  for (; at < end; at++)
    if (*at != '\n' && *at != ' ' && *at != '\t' && *at != '\r' && *at != ',') return false;
  return true;
}

typedef struct Piece { const char *base; uint32_t len; } Piece;

/* Takes messages from `first` that lie together; returns the number behind the last. */
static uint32_t gather_in_place(JsonDecoder *decoder, const MessageBatch *messages, uint32_t first, uint32_t end,
                                Piece *piece) {
  *piece = (Piece){0};
  for (; first < end; first++) {
    const Message *message = &messages->messages.items[first];
    if (message->tombstone) continue;
    Str text = message_text(messages, message);
    if (decoder->docs.len == 0) piece->base = text.ptr;
    else if (piece->len >= PIECE_BYTES || !gap_is_plain(piece->base + piece->len, text.ptr)) break;
    uint32_t begin = (uint32_t)(text.ptr - piece->base);
    vec_push(&decoder->docs, (JsonDoc){text.ptr, begin, (uint32_t)text.len, first});
    piece->len = begin + (uint32_t)text.len;
  }
  return first;
}

/* Copies messages from `first` into the buffer, a newline behind each; returns the number behind the last. */
static uint32_t gather_copies(JsonDecoder *decoder, const MessageBatch *messages, uint32_t first, uint32_t end,
                              Buffer *into, size_t bytes_max, Piece *piece) {
  *piece = (Piece){.base = into->data + into->len};
  for (; first < end; first++) {
    const Message *message = &messages->messages.items[first];
    if (message->tombstone) continue;
    Str text = message_text(messages, message);
    if (decoder->docs.len && piece->len + text.len + 1 > bytes_max) break;
    vec_push(&decoder->docs, (JsonDoc){text.ptr, piece->len, (uint32_t)text.len, first});
    if (text.len) memcpy(into->data + into->len, text.ptr, text.len);
    into->data[into->len + text.len] = '\n';
    into->len += text.len + 1;
    piece->len += (uint32_t)text.len + 1;
  }
  return first;
}

static Buffer *scratch_of(JsonDecoder *decoder, size_t cap) {
  if (decoder->scratch == NULL || decoder->scratch->cap < cap) {
    buffer_unref(decoder->scratch);
    decoder->scratch = buffer_new(cap);
  }
  decoder->scratch->len = 0;
  return decoder->scratch;
}

/* Gathered messages that are indexed together. */
typedef struct Group {
  const char    *base;  /* what the places of the docs count from */
  const char    *end;   /* a NUL byte behind everything */
  const JsonDoc *docs;
  uint32_t       len;
  bool           copied; /* text views must point to the originals, not into the piece */
} Group;

/* False when the bytes of the group have no index; then nothing has been decoded. */
static bool decode_group(JsonDecoder *decoder, const Group *group) {
  const JsonDoc *last = &group->docs[group->len - 1];
  uint32_t shift = group->docs[0].begin, bytes = last->begin + last->len - shift;
  const char *base = group->base + shift;
  if (index_bytes(decoder, decoder->index, base, bytes, group->end) != JSON_INDEX_OK) return false;
  JsonSpecials specials = json_specials(base, bytes);
  decoder->walk.backslashes = specials.backslash;
  decoder->walk.end = base + bytes;
  const JsonWalk whole = decoder->walk;
  uint32_t at = 0;
  for (const JsonDoc *doc = group->docs; doc <= last; doc++) {
    Extent extent = {doc->begin - shift, doc->begin - shift + doc->len, doc->message};
    Str text = {base + extent.begin, doc->len};
    uint32_t row = decoder->store.rows, bads = decoder->bads;
    while (whole.tokens[at] < extent.begin) at++;
    decoder->walk.origin = group->copied ? doc->raw - extent.begin : base;
    bool control = specials.control && json_control_at(text.ptr, text.len) != SIZE_MAX;
    if (!control && take_message(decoder, &extent, &at)) continue;
    row_store_rewind(&decoder->store, row);
    if (decoder->bads > bads) continue;
    decode_alone(decoder, group->copied ? (Str){doc->raw, doc->len} : text, doc->message, true);
    decoder->walk.base = whole.base; /* back to the group */
    decoder->walk.tokens = whole.tokens;
    decoder->walk.backslashes = whole.backslashes;
    decoder->walk.end = whole.end;
  }
  return true;
}

/* A piece without an index is tried in small groups, and those without one message by message. */
static void decode_piece(JsonDecoder *decoder, Piece piece, bool copied, const char *end) {
  Group group = {piece.base, end, decoder->docs.items, decoder->docs.len, copied};
  if (group.len == 0 || decode_group(decoder, &group)) return;
  for (uint32_t first = 0; first < decoder->docs.len; first += SMALL_GROUP) {
    uint32_t left = decoder->docs.len - first;
    group.docs = decoder->docs.items + first;
    group.len = left < SMALL_GROUP ? left : SMALL_GROUP;
    if (decode_group(decoder, &group)) continue;
    for (uint32_t i = 0; i < group.len; i++) {
      const JsonDoc *doc = &group.docs[i];
      decode_alone(decoder, (Str){copied ? doc->raw : piece.base + doc->begin, doc->len}, doc->message, true);
    }
  }
}

static uint32_t decode_next(JsonDecoder *decoder, const MessageBatch *messages, uint32_t first, uint32_t end) {
  Piece piece;
  decoder->docs.len = 0;
  if (decoder->home != messages->bytes) { /* compatibility level 1.0 works on copies */
    uint32_t next = gather_copies(decoder, messages, first, end, decoder->home, PIECE_BYTES, &piece);
    decode_piece(decoder, piece, false, decoder->home_end);
    return next;
  }
  uint32_t next = gather_in_place(decoder, messages, first, end, &piece);
  if (next == end || piece.len >= PIECE_BYTES_LEAST) {
    decode_piece(decoder, piece, false, decoder->home_end);
    return next;
  }
  Buffer *scratch = scratch_of(decoder, piece.len + PIECE_BYTES + 1);
  decoder->docs.len = 0;
  next = gather_copies(decoder, messages, first, end, scratch, scratch->cap, &piece);
  decode_piece(decoder, piece, true, scratch->data + scratch->cap);
  return next;
}

/* ---- the calls of FormatClass ---- */

void json_decoder_finish(JsonDecoder *decoder, Buffer *home, DecodedBatch *out) {
  RowStore *store = &decoder->store;
  uint32_t cols = decoder->spec.fields_len;
  *out = (DecodedBatch){.rows = store->rows, .cols_len = cols};
  out->cols = mem_alloc(mem_mul(cols, sizeof *out->cols));
  for (uint32_t i = 0; i < cols; i++) out->cols[i] = row_store_column(store, i, home);
  if (decoder->payload_field != UINT32_MAX)
    out->payload = row_store_column(store, decoder->payload_field, home);
  out->message = mem_dup(store->message, mem_mul(store->rows, sizeof *store->message));
  row_store_clear(store);
}

/* A buffer that takes copies of all messages, for the names to be lower-cased in. */
static Buffer *copies_of(const MessageBatch *messages, uint32_t first, uint32_t count) {
  size_t bytes = 0;
  for (uint32_t i = 0; i < count; i++) bytes += (size_t)messages->messages.items[first + i].len + 1;
  return buffer_new(bytes);
}

void json_decoder_decode(Decoder *base, const MessageBatch *messages, uint32_t first, uint32_t count,
                         DecodedBatch *out, BadRecordFn *bad, void *context) {
  JsonDecoder *decoder = (JsonDecoder *)base;
  bool copies = decoder->spec.compat == 10;
  decoder->home = copies ? copies_of(messages, first, count) : messages->bytes;
  decoder->home_end = decoder->home ? decoder->home->data + decoder->home->cap : NULL;
  decoder->bad = bad;
  decoder->context = context;
  decoder->bads = 0;
  for (uint32_t at = first; at < first + count;) at = decode_next(decoder, messages, at, first + count);
  json_decoder_finish(decoder, decoder->home, out);
  if (copies) buffer_unref(decoder->home);
  decoder->home = NULL;
}

Status json_decoder_open(const void *options, const DecodeSpec *spec, Decoder **out, Error *err) {
  JsonDecoder *decoder = mem_zalloc(sizeof *decoder);
  decoder->head.format = &format_json;
  decoder->spec = *spec;
  if (decoder->spec.record_bytes_max == 0) decoder->spec.record_bytes_max = RECORD_BYTES_MAX_DEFAULT;
  uint32_t fields = spec->fields_len + spec->declared_only_len;
  decoder->payload_field = spec->payload ? fields : UINT32_MAX;
  arena_init(&decoder->arena);
  row_store_init(&decoder->store, fields + spec->payload);
  decoder->index = json_index_new();
  decoder->alone = json_index_new();
  decoder->frame.line_start = true;
  decoder->walk = (JsonWalk){.compat = spec->compat, .store = &decoder->store, .spec = &decoder->spec};
  decoder->walk.plan = json_plan_new(&decoder->arena, spec);
  for (uint32_t i = 0; i < spec->fields_len; i++) decoder->walk.required |= spec->fields[i].required;
  for (uint32_t i = 0; i < spec->declared_only_len; i++) decoder->walk.required |= spec->declared_only[i].required;
  *out = &decoder->head;
  return STATUS_OK;
}

void json_decoder_close(Decoder *base) {
  JsonDecoder *decoder = (JsonDecoder *)base;
  json_plan_release(decoder->walk.plan);
  strbuf_release(&decoder->walk.key);
  row_store_release(&decoder->store);
  json_index_free(decoder->index);
  json_index_free(decoder->alone);
  buffer_unref(decoder->scratch);
  vec_release(&decoder->docs);
  arena_release(&decoder->arena);
  mem_free(decoder);
}

void json_decoder_next_file(Decoder *base) {
  ((JsonDecoder *)base)->frame = (JsonFrame){.line_start = true};
}
