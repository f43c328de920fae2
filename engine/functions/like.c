/* like.c: see like.h.
**
** A pattern is cut at its % signs into segments. A segment is a list of pieces (literal bytes, any character, a
** set) that matches a fixed number of characters, so the leftmost place of each segment is always the right one
** to take: the first segment is anchored at the start unless a % stands before it, the last at the end unless
** one stands behind it, and those between are searched from left to right. No backtracking over segments.
**
** Invalid UTF-8 in the text counts as one character a byte. */
#define _GNU_SOURCE /* memmem */
#include "functions/like.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"

typedef enum PieceKind { PIECE_LITERAL, PIECE_ANY, PIECE_SET } PieceKind;

typedef struct CodeRange { uint32_t first, last; } CodeRange;

typedef struct Piece {
  PieceKind kind;
  uint32_t  begin, end; /* of bytes (literal) or ranges (set) */
  bool      negated;
} Piece;

typedef struct Segment {
  uint32_t begin, end; /* of pieces */
  uint32_t characters;
} Segment;

struct LikePattern {
  bool open_start, open_end; /* a % at the start, at the end */
  bool invalid;              /* matches nothing */
  Str  anywhere;             /* of %bytes%: the bytes; else empty */
  StrBuf         bytes;
  Vec(CodeRange) ranges;
  Vec(Piece)     pieces;
  Vec(Segment)   segments;   /* never empty ones, except that an empty pattern has none */
};

/* ---- compiling ---- */

typedef struct PatternReader {
  const char *at, *end;
  uint32_t    escape; /* 0: none */
} PatternReader;

static unsigned decode(const char *at, const char *end, uint32_t *code) {
  unsigned len = utf8_decode(at, end, code);
  if (len) return len;
  *code = 0x110000u + (unsigned char)*at; /* a stray byte equals itself only */
  return 1;
}

/* The next character; false when the pattern ends behind an escape. *escaped: its meaning is taken away. */
static bool next_char(PatternReader *in, uint32_t *code, const char **bytes, unsigned *len, bool *escaped) {
  *bytes = in->at;
  *len = decode(in->at, in->end, code);
  in->at += *len;
  *escaped = in->escape && *code == in->escape;
  if (!*escaped) return true;
  if (in->at == in->end) return false;
  *bytes = in->at;
  *len = decode(in->at, in->end, code);
  in->at += *len;
  return true;
}

static void add_piece(LikePattern *like, Piece piece) {
  vec_push(&like->pieces, piece);
  Segment *segment = &like->segments.items[like->segments.len - 1];
  segment->end = like->pieces.len;
  segment->characters++;
}

static void add_literal(LikePattern *like, const char *bytes, unsigned len) {
  Segment *segment = &like->segments.items[like->segments.len - 1];
  uint32_t begin = (uint32_t)like->bytes.len;
  strbuf_append(&like->bytes, bytes, len);
  Piece *last = segment->end > segment->begin ? &like->pieces.items[like->pieces.len - 1] : NULL;
  if (last && last->kind == PIECE_LITERAL) {
    last->end = (uint32_t)like->bytes.len;
    segment->characters++;
  } else {
    add_piece(like, (Piece){PIECE_LITERAL, begin, (uint32_t)like->bytes.len, false});
  }
}

/* Behind the [. A - between two characters is a range, elsewhere (at either end, behind a range) itself. */
static bool add_set(LikePattern *like, PatternReader *in) {
  Piece piece = {PIECE_SET, like->ranges.len, 0, false};
  if (in->at < in->end && *in->at == '^') {
    piece.negated = true;
    in->at++;
  }
  bool range_open = false, alone = false; /* alone: the last range is one character that a - may extend */
  while (in->at < in->end) {
    uint32_t code;
    const char *bytes;
    unsigned len;
    bool escaped;
    if (!next_char(in, &code, &bytes, &len, &escaped)) return false;
    if (!escaped && code == ']') {
      if (range_open) vec_push(&like->ranges, (CodeRange){'-', '-'});
      piece.end = like->ranges.len;
      add_piece(like, piece);
      return true;
    }
    if (!escaped && code == '-' && alone) {
      range_open = true;
      alone = false;
    } else if (range_open) {
      like->ranges.items[like->ranges.len - 1].last = code;
      range_open = false;
    } else {
      vec_push(&like->ranges, (CodeRange){code, code});
      alone = true;
    }
  }
  return false;
}

static void begin_segment(LikePattern *like) {
  Segment *last = like->segments.len ? &like->segments.items[like->segments.len - 1] : NULL;
  if (last && last->begin == last->end) return;
  vec_push(&like->segments, (Segment){like->pieces.len, like->pieces.len, 0});
}

static bool compile_char(LikePattern *like, PatternReader *in) {
  uint32_t code;
  const char *bytes;
  unsigned len;
  bool escaped;
  bool first = like->segments.len == 0;
  if (!next_char(in, &code, &bytes, &len, &escaped)) return false;
  if (first) begin_segment(like);
  like->open_end = !escaped && code == '%';
  if (like->open_end && first) like->open_start = true;
  if (like->open_end) begin_segment(like);
  else if (!escaped && code == '_') add_piece(like, (Piece){.kind = PIECE_ANY});
  else if (!escaped && code == '[') return add_set(like, in);
  else add_literal(like, bytes, len);
  return true;
}

/* The bytes of a segment that is nothing but them; empty: it is something else. */
static Str only_literal(const LikePattern *like, const Segment *segment) {
  const Piece *piece = &like->pieces.items[segment->begin];
  if (segment->end - segment->begin != 1 || piece->kind != PIECE_LITERAL) return (Str){NULL, 0};
  return (Str){like->bytes.ptr + piece->begin, piece->end - piece->begin};
}

LikePattern *like_compile(Str pattern, Str escape) {
  LikePattern *like = mem_zalloc(sizeof *like);
  PatternReader in = {pattern.ptr, pattern.ptr + pattern.len, 0};
  if (escape.len) decode(escape.ptr, escape.ptr + escape.len, &in.escape);
  while (!like->invalid && in.at < in.end) like->invalid = !compile_char(like, &in);
  uint32_t count = like->segments.len;
  if (count && like->segments.items[count - 1].begin == like->segments.items[count - 1].end) like->segments.len--;
  bool anywhere = !like->invalid && like->open_start && like->open_end && like->segments.len == 1;
  if (anywhere) like->anywhere = only_literal(like, &like->segments.items[0]);
  return like;
}

void like_free(LikePattern *like) {
  if (!like) return;
  strbuf_release(&like->bytes);
  vec_release(&like->ranges);
  vec_release(&like->pieces);
  vec_release(&like->segments);
  mem_free(like);
}

/* ---- matching ---- */

static bool set_holds(const LikePattern *like, const Piece *piece, uint32_t code) {
  for (uint32_t i = piece->begin; i < piece->end; i++)
    if (code >= like->ranges.items[i].first && code <= like->ranges.items[i].last) return !piece->negated;
  return piece->negated;
}

/* Behind the match of the segment at `at`, or NULL. */
static const char *match_here(const LikePattern *like, const Segment *segment, const char *at, const char *end) {
  for (uint32_t i = segment->begin; i < segment->end; i++) {
    const Piece *piece = &like->pieces.items[i];
    if (piece->kind == PIECE_LITERAL) {
      size_t len = piece->end - piece->begin;
      if ((size_t)(end - at) < len || memcmp(at, like->bytes.ptr + piece->begin, len) != 0) return NULL;
      at += len;
    } else {
      uint32_t code;
      if (at == end) return NULL;
      at += decode(at, end, &code);
      if (piece->kind == PIECE_SET && !set_holds(like, piece, code)) return NULL;
    }
  }
  return at;
}

/* The first byte a match of the segment must have, or -1 when it may be any. */
static int first_byte(const LikePattern *like, const Segment *segment) {
  const Piece *piece = &like->pieces.items[segment->begin];
  return piece->kind == PIECE_LITERAL ? (unsigned char)like->bytes.ptr[piece->begin] : -1;
}

/* The leftmost match at or behind `at`: its start, and its end in *behind. */
static const char *search(const LikePattern *like, const Segment *segment, const char *at, const char *end,
                          const char **behind) {
  Str literal = only_literal(like, segment);
  if (literal.len) {
    const char *found = memmem(at, (size_t)(end - at), literal.ptr, literal.len);
    *behind = found ? found + literal.len : NULL;
    return found;
  }
  int first = first_byte(like, segment);
  for (uint32_t code;; at += decode(at, end, &code)) {
    if (first >= 0 && (at == end || !(at = memchr(at, first, (size_t)(end - at))))) return NULL;
    *behind = match_here(like, segment, at, end);
    if (*behind) return at;
    if (at == end) return NULL;
  }
}

/* Where the last `characters` characters of the text begin; NULL when it has fewer. */
static const char *back(const char *begin, const char *end, uint32_t characters) {
  for (; characters; characters--) {
    if (end == begin) return NULL;
    const char *at = end - 1;
    while (at > begin && end - at < 4 && ((unsigned char)*at & 0xc0) == 0x80) at--;
    uint32_t code;
    end = decode(at, end, &code) == (unsigned)(end - at) ? at : end - 1;
  }
  return end;
}

/* Whether segments [from, len) match in [at, end), the first of them searched when `open` is set. *start: where
** the first of them began. */
static bool match_segments(const LikePattern *like, const char *at, const char *end, bool open, const char **start) {
  uint32_t count = like->segments.len;
  *start = at;
  if (count == 0) return open || like->open_end || at == end;
  for (uint32_t i = 0; i < count; i++) {
    const Segment *segment = &like->segments.items[i];
    bool anchored_end = i + 1 == count && !like->open_end, anchored_start = i == 0 && !open;
    const char *found = at, *behind = NULL;
    if (anchored_start) behind = match_here(like, segment, at, end);
    else if (!anchored_end) found = search(like, segment, at, end, &behind);
    else if ((found = back(at, end, segment->characters))) behind = match_here(like, segment, found, end);
    if (!found || !behind || (anchored_end && behind != end)) return false;
    if (i == 0) *start = found;
    at = behind;
  }
  return true;
}

bool like_matches(const LikePattern *like, Str text) {
  const char *start;
  if (like->anywhere.len) return memmem(text.ptr, text.len, like->anywhere.ptr, like->anywhere.len) != NULL;
  return !like->invalid && match_segments(like, text.ptr, text.ptr + text.len, like->open_start, &start);
}

ptrdiff_t like_find(const LikePattern *like, Str text) {
  const char *start;
  if (like->anywhere.len) {
    start = memmem(text.ptr, text.len, like->anywhere.ptr, like->anywhere.len);
    return start ? start - text.ptr : -1;
  }
  if (like->invalid || !match_segments(like, text.ptr, text.ptr + text.len, like->open_start, &start)) return -1;
  return start - text.ptr;
}
