/* json_frame.c: cuts a stream of JSON into records, without looking deeper than it must.
**
** Outside an array the stream is JSON lines, or objects that span lines; behind a `[` its elements are the
** records, until the `]`. A record begins at the first byte that is neither blank nor (in an array) a comma.
** Where does it end? Two rules:
**
**  (quick)  A record that begins a line with `{`, when that line ends with `}` (or `},` in an array) and the
**           next line begins a record or the brackets of the line balance, is that line (which may hold
**           several objects). Mostly nothing but the ends of the line is looked at, which makes nearly all
**           files go at the speed of memchr.
**  (scan)   Else brackets are counted, strings minded. The record ends where its brackets balance.
**
** What "the next line begins a record" means: it has its `{` in the same column as the record's own. In text
** that people or programs indent, an object inside another stands further to the right, so such a line is
** never part of the record; it ends a torn record in the scan too. Hence a line that misses a bracket or a
** quote costs only itself. A string never spans lines: at a line's end the scan leaves it.
** What stands behind the balanced object on its own line is another record if it begins with `{`, else garbage
** that belongs to the record and makes it bad. Objects that are spread over lines *and* not indented are cut
** at their inner `{` lines, and come out bad.
**
** A record longer than the limit is reported once and skipped as it passes by: to the end of its line; when it
** had begun to span lines, to the next line that begins with `{`; in an array, to the end of its line when it
** began that line, else to the end of the element. */
#include "connectors/formats/json_decode.h"

#include <stdio.h>
#include <string.h>

typedef struct Scanner {
  JsonFrame  *frame;
  const char *bytes, *end;
  bool        at_end; /* nothing follows `end` */
} Scanner;

enum { NO_COLUMN = -1 }; /* the record does not begin its line */

static inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static const char *line_end(const char *at, const char *end) {
  const char *newline = memchr(at, '\n', (size_t)(end - at));
  return newline ? newline : end;
}

/* From where bytes must be seen again for a record at `at`: from the beginning of its line, when nothing but blanks
** and, in an array, commas stand before it, because where a line begins decides how its record ends. */
static const char *seen_again_from(const Scanner *scanner, const char *at, const char *behind_blanks) {
  const char *p = at;
  while (p > scanner->bytes && p[-1] != '\n' && (is_blank(p[-1]) || (scanner->frame->in_array && p[-1] == ','))) p--;
  return p == scanner->bytes || p[-1] == '\n' ? p : behind_blanks;
}

/* The column of `at` if only blanks stand before it on its line. *line: see seen_again_from. */
static ptrdiff_t column_of(const Scanner *scanner, const char *at, const char **line) {
  const char *p = at;
  while (p > scanner->bytes && p[-1] != '\n' && is_blank(p[-1])) p--;
  *line = seen_again_from(scanner, at, p);
  bool starts = p == scanner->bytes ? scanner->frame->line_start : p[-1] == '\n';
  return starts ? at - p : NO_COLUMN;
}

typedef enum NextLine { NEXT_UNKNOWN, NEXT_RECORD, NEXT_CLOSES, NEXT_OTHER, NEXT_NONE } NextLine;

/* What the first line behind `newline` that is not blank begins with. */
static NextLine next_line(const Scanner *scanner, const char *newline, ptrdiff_t column) {
  const char *line = newline + 1, *at = line;
  for (; at < scanner->end && is_blank(*at); at++)
    if (*at == '\n') line = at + 1;
  if (at >= scanner->end) return scanner->at_end ? NEXT_NONE : NEXT_UNKNOWN;
  if (*at == '{' && at - line == column) return NEXT_RECORD;
  return *at == ']' && scanner->frame->in_array ? NEXT_CLOSES : NEXT_OTHER;
}

/* ---- strings ---- */

/* Moves inside a string to its closing quote or to the end of the line; `end` when neither comes. */
static const char *string_end(const char *at, const char *end) {
  for (; at < end; at++) {
    if (*at == '"' || *at == '\n') return at;
    if (*at == '\\' && at + 1 < end && at[1] != '\n') at++;
  }
  return end;
}

/* ---- the quick rule ---- */

/* Whether all brackets of the line are closed at its end, and no string is open. */
static bool line_balances(const char *at, const char *newline) {
  size_t depth = 0;
  for (; at < newline; at++) {
    if (*at == '{' || *at == '[') depth++;
    else if ((*at == '}' || *at == ']') && depth-- == 0) return false;
    if (*at == '"' && (at = string_end(at + 1, newline)) == newline) return false;
  }
  return depth == 0;
}

/* The last byte of the line before blanks and, in an array, a comma. */
static const char *line_last(const Scanner *scanner, const char *newline) {
  const char *last = newline - 1;
  while (is_blank(*last)) last--;
  if (scanner->frame->in_array && *last == ',')
    for (last--; is_blank(*last); last--) {}
  return last;
}

typedef enum Quick { QUICK_ENDS, QUICK_NEEDS_MORE, QUICK_DOES_NOT_TELL } Quick;

/* Depends on the text alone, never on how much of it is here: what is not here yet is waited for, unless the
** line is complete and balanced, so that an event that arrives on a pipe is not held back. */
static Quick quick_rule(const Scanner *scanner, const char *at, ptrdiff_t column, size_t line_max, const char **end) {
  if (*at != '{' || column == NO_COLUMN) return QUICK_DOES_NOT_TELL;
  const char *newline = memchr(at, '\n', (size_t)(scanner->end - at));
  if ((size_t)((newline ? newline : scanner->end) - at) > line_max) return QUICK_DOES_NOT_TELL;
  if (newline == NULL) return scanner->at_end ? QUICK_DOES_NOT_TELL : QUICK_NEEDS_MORE;
  const char *last = line_last(scanner, newline);
  if (*last != '}') return QUICK_DOES_NOT_TELL;
  *end = last + 1;
  NextLine next = next_line(scanner, newline, column);
  if (next == NEXT_RECORD || next == NEXT_CLOSES || next == NEXT_NONE) return QUICK_ENDS;
  if (line_balances(at, *end)) return QUICK_ENDS;
  return next == NEXT_UNKNOWN ? QUICK_NEEDS_MORE : QUICK_DOES_NOT_TELL;
}

/* ---- the scan ---- */

/* Whether nothing but blanks and commas stands before `at` on its line. */
static bool begins_line(const Scanner *scanner, const char *at) {
  while (at > scanner->bytes && (is_blank(at[-1]) || at[-1] == ',') && at[-1] != '\n') at--;
  return at == scanner->bytes ? scanner->frame->line_start : at[-1] == '\n';
}

/* No end was found: more bytes are needed, or the file ends inside the record. */
static const char *torn_end(const Scanner *scanner) {
  if (!scanner->at_end) return NULL;
  scanner->frame->torn = true;
  return scanner->end;
}

/* The end of something that is no object or array: the line's end; in an array the next comma or bracket, unless
** it fills a line that looks like what is left of an object. */
static const char *garbage_end(const Scanner *scanner, const char *at) {
  bool torn = strchr("-0123456789tfn", *at) == NULL || *at == 0; /* no number, no word */
  bool element = scanner->frame->in_array && !(torn && begins_line(scanner, at));
  for (; at < scanner->end && *at != '\n'; at++) {
    if (element && (*at == ',' || *at == ']')) return at;
    if (*at != '"') continue;
    at = string_end(at + 1, scanner->end);
    if (at >= scanner->end || *at == '\n') break;
  }
  return at < scanner->end ? at : torn_end(scanner);
}

/* Behind a balanced object outside an array: what follows on the line belongs to it unless it is an object. */
static const char *balanced_end(const Scanner *scanner, const char *behind) {
  const char *at = behind;
  while (at < scanner->end && *at != '\n' && is_blank(*at)) at++;
  if (at == scanner->end) return scanner->at_end ? behind : NULL;
  if (*at == '\n' || *at == '{') return behind;
  at = line_end(at, scanner->end);
  return at < scanner->end || scanner->at_end ? at : NULL;
}

/* A `]` at `at` inside an object of an array ends the array, unless a comma behind it shows that it stands for a `}`.
** The end of the record; NULL when more bytes are needed. */
static const char *wrong_bracket(const Scanner *scanner, const char *at) {
  const char *next = at + 1;
  while (next < scanner->end && is_blank(*next)) next++;
  if (next == scanner->end) return scanner->at_end ? at : NULL;
  return *next == ',' ? at + 1 : at;
}

/* The end of the record by its brackets; NULL when more bytes are needed. */
static const char *scan_end(const Scanner *scanner, const char *begin, ptrdiff_t column) {
  bool object = *begin == '{', in_array = scanner->frame->in_array;
  if (!object && *begin != '[') return garbage_end(scanner, begin);
  size_t depth = 0;
  for (const char *at = begin; at < scanner->end; at++) {
    char c = *at;
    if (c == '"') {
      at = string_end(at + 1, scanner->end);
      if (at == scanner->end) break;
      c = *at;
    }
    if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      if (in_array && depth == 1 && object && c == ']') return wrong_bracket(scanner, at);
      if (--depth == 0) return in_array ? at + 1 : balanced_end(scanner, at + 1);
    } else if (c == '\n' && column != NO_COLUMN && object) {
      NextLine next = next_line(scanner, at, column);
      if (next == NEXT_RECORD) return at;
      if (next == NEXT_UNKNOWN) return NULL;
    }
  }
  return torn_end(scanner);
}

/* ---- what is too long ---- */

static void skip_begin(const Scanner *scanner, const char *begin) {
  JsonFrame *frame = scanner->frame;
  bool spans_lines = memchr(begin, '\n', (size_t)(scanner->end - begin)) != NULL;
  bool own_line = begins_line(scanner, begin) && !spans_lines;
  frame->skip = frame->in_array && !own_line ? SKIP_ELEMENT : spans_lines ? SKIP_TO_OBJECT : SKIP_LINE;
  frame->skip_depth = 0;
  frame->skip_string = frame->skip_escape = false;
}

static const char *skip_element(JsonFrame *frame, const char *at, const char *end) {
  for (; at < end; at++) {
    char c = *at;
    bool around = frame->skip_depth == 0; /* a `]` here is the array's own */
    if (frame->skip_escape) {
      frame->skip_escape = false;
    } else if (frame->skip_string) {
      frame->skip_escape = c == '\\';
      frame->skip_string = c != '"' && c != '\n';
    } else if (c == '"') {
      frame->skip_string = true;
    } else if (c == '{' || c == '[') {
      frame->skip_depth++;
    } else if (c == '}' || c == ']') {
      if (frame->skip_depth > 0) frame->skip_depth--;
    }
    if (frame->skip_depth == 0 && !frame->skip_string && (c == ',' || c == '}' || c == ']')) {
      frame->skip = SKIP_NOTHING;
      return c == ']' && around ? at : at + 1;
    }
  }
  return end;
}

/* Goes on skipping; returns the byte to go on with. */
static const char *skip_more(const Scanner *scanner, const char *at) {
  JsonFrame *frame = scanner->frame;
  if (frame->skip == SKIP_ELEMENT) return skip_element(frame, at, scanner->end);
  for (const char *newline; (newline = memchr(at, '\n', (size_t)(scanner->end - at))) != NULL; at = newline + 1) {
    if (frame->skip == SKIP_TO_OBJECT) {
      if (newline + 1 == scanner->end) return newline; /* the next line is not here yet */
      if (newline[1] != '{') continue;
    }
    frame->skip = SKIP_NOTHING;
    return newline + 1;
  }
  return scanner->end;
}

/* ---- the loop ---- */

typedef struct Output {
  size_t record_bytes_max;
  JsonRecordFn *record;
  void  *context;
} Output;

static void emit(const Output *output, const char *begin, const char *end) {
  while (end > begin && is_blank(end[-1])) end--;
  size_t len = (size_t)(end - begin);
  output->record(output->context, begin, len, len > output->record_bytes_max);
}

/* One record that begins at `at`; returns the byte behind it, NULL when more bytes are needed. */
static const char *cut_one(const Scanner *scanner, const Output *output, const char *at, const char **line) {
  ptrdiff_t column = column_of(scanner, at, line);
  const char *end = NULL;
  Quick quick = quick_rule(scanner, at, column, output->record_bytes_max, &end);
  if (quick == QUICK_NEEDS_MORE) return NULL;
  if (quick == QUICK_DOES_NOT_TELL) end = scan_end(scanner, at, column);
  if (end) emit(output, at, end);
  return end;
}

/* Everything up to the first byte that must be seen again, with more behind it. */
static const char *cut_all(const Scanner *scanner, const Output *output, const char *at) {
  JsonFrame *frame = scanner->frame;
  for (;;) {
    if (frame->skip != SKIP_NOTHING) {
      const char *next = skip_more(scanner, at);
      if (frame->skip != SKIP_NOTHING) return scanner->at_end ? scanner->end : next;
      at = next;
    }
    while (at < scanner->end && (is_blank(*at) || (frame->in_array && *at == ','))) at++;
    const char *line = at;
    if (at == scanner->end) {
      if (!scanner->at_end) column_of(scanner, at, &line);
      bool keep = (size_t)(at - line) <= output->record_bytes_max;
      return keep ? line : at; /* blanks in front of a record tell its column */
    }
    if (*at == (frame->in_array ? ']' : '[')) {
      frame->in_array = !frame->in_array;
      at++;
      continue;
    }
    const char *end = cut_one(scanner, output, at, &line);
    if (end == NULL) {
      if ((size_t)(scanner->end - at) <= output->record_bytes_max) return line;
      output->record(output->context, at, (size_t)(scanner->end - at), true);
      skip_begin(scanner, at);
      end = at;
    }
    at = end;
  }
}

static size_t mark_bytes(JsonFrame *frame, const char *bytes, size_t len, bool at_end) {
  if (frame->started || (len < 3 && !at_end)) return 0;
  frame->started = true;
  return len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

size_t json_frame_cut(JsonFrame *frame, const char *bytes, size_t len, bool at_end, size_t record_bytes_max,
                      JsonRecordFn *record, void *context) {
  size_t mark = mark_bytes(frame, bytes, len, at_end);
  if (!frame->started) return 0;
  Scanner scanner = {frame, bytes + mark, bytes + len, at_end};
  Output output = {record_bytes_max, record, context};
  const char *stop = cut_all(&scanner, &output, scanner.bytes);
  if (stop > scanner.bytes) frame->line_start = stop[-1] == '\n';
  return (size_t)(stop - bytes);
}

/* ---- FormatClass.frame ---- */

typedef struct FrameCall {
  const JsonFrame *frame;
  const char   *bytes;
  int64_t       base;
  MessageBatch *messages;
  BadRecordFn  *bad;
  void         *context;
} FrameCall;

static void frame_record(void *context, const char *begin, size_t len, bool oversize) {
  FrameCall *call = context;
  size_t at = (size_t)(begin - call->bytes);
  bool nested = call->frame->in_array && begin[0] == '['; /* as a message it would pass for an array of events */
  if (!oversize && !nested) {
    vec_push(&call->messages->messages, (Message){.begin = (uint32_t)at, .len = (uint32_t)len,
                                                  .offset = call->base + (int64_t)at, .arrival = TICKS_MIN});
    return;
  }
  BadRecord bad = {.message = call->messages->messages.len, .bytes = {begin, len}, .oversize = oversize};
  snprintf(bad.reason, sizeof bad.reason, "%s",
           oversize ? "the record is longer than the limit" : "an event must be an object at byte 1");
  call->bad(call->context, &bad);
}

/* Its elements are whole, and yet something is missing: the file was cut between two of them. */
static void tell_open_array(const FrameCall *call, size_t len) {
  BadRecord bad = {.message = call->messages->messages.len, .bytes = {call->bytes + len, 0},
                   .reason = "the text ends inside the array: events behind its last element are missing"};
  call->bad(call->context, &bad);
}

size_t json_decoder_frame(Decoder *base, const char *bytes, size_t len, int64_t offset, bool at_end,
                          MessageBatch *messages, BadRecordFn *bad, void *context) {
  JsonDecoder *decoder = (JsonDecoder *)base;
  JsonFrame *frame = &decoder->frame;
  FrameCall call = {frame, bytes, offset, messages, bad, context};
  size_t used = json_frame_cut(frame, bytes, len, at_end, decoder->spec.record_bytes_max, frame_record, &call);
  bool told = frame->torn || frame->skip != SKIP_NOTHING; /* an element that was cut itself is bad, which says enough */
  if (at_end && used == len && frame->in_array && !told) tell_open_array(&call, len);
  return used;
}
