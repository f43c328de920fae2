/* json_lines.c: clean JSON lines to columns at once, without messages in between.
**
** Nearly every file is one object a line. Here such lines are decoded as they lie in the buffer: a block of whole
** lines is indexed (json_index.h) and walked document after document, and the framer never sees them:
**
**     {"a":1,"b":"x"}\n{"a":2,"b":"y"}\n{"a":3 ... the block ends behind its last whole line
**     ^ token at        ^ the token behind the last bracket is the first byte behind the line's end
**
** Taken is only what the framer (json_frame.c) would cut at the same places and the decoder accept in silence: an
** object that begins in the first column and ends with its line. A line's end inside an object is seen by counting:
** as many line ends as objects, each behind an object, leave none for the inside. (Inside a string it is a control
** character, and then the block has no index.) At the first line that is not so the call ends in front of it; the
** caller goes on with frame and decode, who find out what is wrong. So a bad line still costs only itself. */
#include "connectors/formats/json_decode.h"
#include "connectors/formats/json_reason.h"

enum {
  BLOCK_BYTES = 64 << 10,   /* text and index of a block stay in the second-level cache */
  BLOCK_BYTES_A_ROW = 1024, /* less when few rows are wanted */
};

typedef struct Block {
  const char *base;
  uint32_t    len;   /* whole lines */
  uint32_t    place; /* of base, from where the call began */
} Block;

/* Whether the stream stands at the start of a line outside an array, its byte-order mark behind it. */
static bool frame_at_line(JsonFrame *frame, const char *at, size_t len) {
  if (!frame->started) {
    if (len < 3 || memcmp(at, "\xef\xbb\xbf", 3) == 0) return false;
    frame->started = true;
  }
  return !frame->in_array && frame->skip == SKIP_NOTHING && frame->line_start;
}

/* The whole lines at `at`, about block_max bytes of them; 0 when the first does not look like one object. */
static uint32_t block_length(const char *at, size_t len, size_t block_max) {
  if (len == 0 || *at != '{') return 0;
  const char *first = memchr(at, '\n', len < block_max ? len : block_max);
  if (first == NULL || (first[-1] != '}' && first[-1] != '\r')) return 0;
  if (len > block_max) len = block_max;
  while (at[len - 1] != '\n') len--;
  return (uint32_t)len;
}

/* The bytes of a line's end at `at`, 0 when there is none. */
static inline uint32_t line_end_length(const char *at) {
  if (*at == '\n') return 1;
  return at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

typedef struct Taken { uint32_t bytes, ends; } Taken; /* of all lines, and of their ends alone */

/* Walks the documents of an indexed block into rows. */
static Taken walk_lines(JsonDecoder *decoder, const Block *block, uint32_t rows_max) {
  JsonWalk *walk = &decoder->walk;
  RowStore *store = &decoder->store;
  RowField *payload = decoder->payload_field == UINT32_MAX ? NULL : &store->fields[decoder->payload_field];
  uint32_t begin = 0, at = 0, ends = 0;
  while (begin < block->len && store->rows < rows_max) {
    if (walk->tokens[at] != begin || block->base[begin] != '{') break;
    uint32_t close = json_walk_event(walk, at);
    if (close == JSON_WALK_BAD) break;
    uint32_t behind = walk->tokens[close] + 1, end = line_end_length(block->base + behind);
    if (end == 0 || behind - begin > decoder->spec.record_bytes_max) break;
    if (decoder->spec.payload_read && !json_walk_check(walk, at)) break;
    if (payload) row_put_text(payload, store->rows, TYPE_RECORD, block->base + begin, behind - begin);
    row_store_commit(store, block->place + begin);
    begin = behind + end;
    ends += end;
    at = close + 1;
  }
  row_store_drop(store);
  return (Taken){begin, ends};
}

/* Whether there are no control characters but line ends, one behind each of the `lines` objects. */
static bool ends_are_all(const Block *block, Taken taken, uint32_t lines, JsonLows lows) {
  if (taken.bytes == block->len && lows.controls == taken.ends) return true;
  JsonSpecials specials = json_specials(block->base, taken.bytes); /* blanks, or only some lines were taken */
  return !specials.control && specials.newlines == lines;
}

/* The bytes of the block that were taken; all of them when every line is clean. */
static uint32_t decode_block(JsonDecoder *decoder, const Block *block, const char *nul, uint32_t rows_max) {
  uint32_t row = decoder->store.rows;
  if (json_decoder_index(decoder, block->base, block->len, nul) != JSON_INDEX_OK) return 0;
  JsonLows lows = json_lows(block->base, block->len);
  decoder->walk.backslashes = lows.backslash;
  decoder->walk.origin = block->base;
  decoder->walk.end = block->base + block->len;
  Taken taken = walk_lines(decoder, block, rows_max);
  if (ends_are_all(block, taken, decoder->store.rows - row, lows)) return taken.bytes;
  row_store_rewind(&decoder->store, row); /* an object spans lines, or a control character stands in one */
  return 0;
}

size_t json_decoder_decode_lines(Decoder *base, Buffer *bytes, size_t begin, uint32_t rows_max, DecodedBatch *out) {
  JsonDecoder *decoder = (JsonDecoder *)base;
  const char *from = bytes->data + begin;
  size_t len = bytes->len - begin, done = 0;
  size_t block_max = rows_max < BLOCK_BYTES / BLOCK_BYTES_A_ROW ? (size_t)rows_max * BLOCK_BYTES_A_ROW : BLOCK_BYTES;
  *out = (DecodedBatch){0};
  if (decoder->spec.compat == 10 || !frame_at_line(&decoder->frame, from, len)) return 0; /* 1.0 works on copies */
  while (decoder->store.rows < rows_max) {
    Block block = {from + done, block_length(from + done, len - done, block_max), (uint32_t)done};
    if (block.len == 0) break;
    uint32_t taken = decode_block(decoder, &block, bytes->data + bytes->cap, rows_max);
    done += taken;
    if (taken < block.len) break;
  }
  if (done) json_decoder_finish(decoder, bytes, out);
  return done;
}
