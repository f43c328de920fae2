/* json_tree.c: trees of configuration files (json.h).
**
** Recursive descent over JSON plus what project files carry in practice: a byte-order mark, comments and
** trailing commas. The first mistake ends the parse with one message that names line and column; a text
** that ends too early names the bracket that stays open, because that is where people have to look. */
#include "types/json.h"

#include <stdio.h>
#include "types/json_scan.h"
#include "types/number.h"
#include "base/utf8.h"

typedef struct TreeParser {
  const char *source;           /* where offsets count from */
  const char *begin, *at, *end; /* begin: behind the byte-order mark */
  Arena      *arena;
  Error      *err;
  unsigned    depth;
} TreeParser;

static JsonNode *parse_value(TreeParser *parser);

/* ---- messages ---- */

typedef struct TreePlace { unsigned line, column; } TreePlace;

static TreePlace place_of(const TreeParser *parser, const char *where) {
  TreePlace place = {1, 1};
  for (const char *at = parser->begin; at < where; at++) {
    if (*at == '\n') place = (TreePlace){place.line + 1, 1};
    else if (!utf8_is_continuation(*at)) place.column++;
  }
  return place;
}

static void *fail(TreeParser *parser, const char *where, const char *what) {
  TreePlace place = place_of(parser, where);
  error_set(parser->err, STATUS_CONFIG, "", "line %u, column %u: %s", place.line, place.column, what);
  return NULL;
}

static void *fail_open(TreeParser *parser, const char *open) {
  TreePlace end = place_of(parser, parser->end), start = place_of(parser, open);
  const char *what = *open == '{' ? "object" : *open == '[' ? "array" : *open == '"' ? "string" : "comment";
  error_set(parser->err, STATUS_CONFIG, "",
            "line %u, column %u: the text ends inside the %s opened at line %u, column %u", end.line, end.column, what,
            start.line, start.column);
  return NULL;
}

static void *fail_unexpected(TreeParser *parser, const char *wanted) {
  char what[96];
  unsigned len = utf8_length(parser->at, parser->end);
  if ((unsigned char)*parser->at < 0x20 || len == 0)
    snprintf(what, sizeof what, "%s expected, found the byte 0x%02x", wanted, (unsigned char)*parser->at);
  else
    snprintf(what, sizeof what, "%s expected, found '%.*s'", wanted, (int)len, parser->at);
  return fail(parser, parser->at, what);
}

/* ---- blanks and comments ---- */

static bool skip_comment(TreeParser *parser) {
  const char *open = parser->at, *end = parser->end;
  if (end - open < 2 || (open[1] != '/' && open[1] != '*')) return fail_unexpected(parser, "a value, comma or bracket");
  if (open[1] == '/') {
    const char *newline = memchr(open, '\n', (size_t)(end - open));
    parser->at = newline ? newline : end;
    return true;
  }
  for (const char *at = open + 2; end - at >= 2; at++) {
    if (at[0] == '*' && at[1] == '/') {
      parser->at = at + 2;
      return true;
    }
  }
  return fail_open(parser, open);
}

static bool skip_space(TreeParser *parser) {
  for (;;) {
    parser->at = json_skip_blanks(parser->at, parser->end);
    if (parser->at == parser->end || *parser->at != '/') return true;
    if (!skip_comment(parser)) return false;
  }
}

/* ---- scalars ---- */

static bool check_plain(TreeParser *parser, const char *at, const char *end) {
  while (at < end) {
    if (*at == '\n' || *at == '\r') return fail(parser, at, "the string has no closing quote on its line");
    if ((unsigned char)*at < 0x20) return fail(parser, at, "the string holds a control character");
    unsigned len = utf8_length(at, end);
    if (len == 0) return fail(parser, at, "the text is not valid UTF-8");
    at += len;
  }
  return true;
}

static bool parse_string(TreeParser *parser, Str *out) {
  const char *open = parser->at, *close = json_string_end(open + 1, parser->end);
  if (close == NULL) return fail_open(parser, open);
  if (!check_plain(parser, open + 1, close)) return false;
  Str raw = {open + 1, (size_t)(close - open - 1)};
  StrBuf text = {0};
  bool ok = json_unescape(raw, &text);
  if (ok) *out = arena_str(parser->arena, strbuf_str(&text));
  else fail(parser, open, "the string holds an unknown escape (a backslash is written \\\\)");
  strbuf_release(&text);
  parser->at = close + 1;
  return ok;
}

static JsonNode *parse_number(TreeParser *parser, JsonNode *node) {
  bool integral;
  const char *after = json_skip_number(parser->at, parser->end, &integral);
  if (after == NULL) return fail_unexpected(parser, "a value");
  node->kind = JSON_NUMBER;
  node->text = arena_str(parser->arena, (Str){parser->at, (size_t)(after - parser->at)});
  if (!float_parse(node->text.ptr, node->text.len, &node->number))
    return fail(parser, parser->at, "the number is out of range");
  parser->at = after;
  return node;
}

static JsonNode *parse_word(TreeParser *parser, JsonNode *node) {
  const char *end = parser->at;
  while (end < parser->end && ((*end >= 'a' && *end <= 'z') || (*end >= 'A' && *end <= 'Z'))) end++;
  Str word = {parser->at, (size_t)(end - parser->at)};
  node->boolean = str_eq(word, STR("true"));
  if (node->boolean || str_eq(word, STR("false"))) node->kind = JSON_BOOL;
  else if (!str_eq(word, STR("null")))
    return fail(parser, parser->at, "the word is none of true, false and null; text needs double quotes");
  node->text = arena_str(parser->arena, word);
  parser->at = end;
  return node;
}

/* ---- containers ---- */

static bool parse_key(TreeParser *parser, const char *open, Str *key) {
  if (*parser->at != '"') return fail_unexpected(parser, "a name in double quotes");
  if (!parse_string(parser, key) || !skip_space(parser)) return false;
  if (parser->at == parser->end) return fail_open(parser, open);
  if (*parser->at != ':') return fail_unexpected(parser, "':' behind the name");
  parser->at++;
  if (!skip_space(parser)) return false;
  return parser->at < parser->end || fail_open(parser, open);
}

static JsonNode *parse_member(TreeParser *parser, const char *open) {
  Str key = STR("");
  if (*open == '{' && !parse_key(parser, open, &key)) return NULL;
  JsonNode *node = parse_value(parser);
  if (node) node->key = key;
  return node;
}

/* Behind a member: over the comma, if one follows; nothing else may but the closing bracket. */
static bool parse_separator(TreeParser *parser, const char *open, char close) {
  if (!skip_space(parser)) return false;
  if (parser->at == parser->end) return fail_open(parser, open);
  if (*parser->at == close) return true;
  if (*parser->at != ',') return fail_unexpected(parser, *open == '{' ? "',' or '}'" : "',' or ']'");
  parser->at++;
  return true;
}

static JsonNode *parse_container(TreeParser *parser, JsonNode *node) {
  const char *open = parser->at++;
  char close = *open == '{' ? '}' : ']';
  node->kind = *open == '{' ? JSON_OBJECT : JSON_ARRAY;
  if (++parser->depth > JSON_DEPTH_MAX) return fail(parser, open, "objects and arrays are nested too deeply");
  for (JsonNode **link = &node->first;; link = &(*link)->next) {
    if (!skip_space(parser)) return NULL;
    if (parser->at == parser->end) return fail_open(parser, open);
    if (*parser->at == close) break;
    if ((*link = parse_member(parser, open)) == NULL || !parse_separator(parser, open, close)) return NULL;
  }
  parser->depth--;
  parser->at++;
  node->text = (Str){open, (size_t)(parser->at - open)};
  return node;
}

/* Something stands at parser->at. */
static JsonNode *parse_value(TreeParser *parser) {
  JsonNode *node = ARENA_NEW(parser->arena, JsonNode);
  char c = *parser->at;
  node->offset = (uint32_t)(parser->at - parser->source);
  if (c == '{' || c == '[') return parse_container(parser, node);
  if (c == '"') {
    node->kind = JSON_STRING;
    return parse_string(parser, &node->text) ? node : NULL;
  }
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter ? parse_word(parser, node) : parse_number(parser, node);
}

static JsonNode *parse_document(TreeParser *parser) {
  if (!skip_space(parser)) return NULL;
  if (parser->at == parser->end) return fail(parser, parser->at, "the text is empty, a JSON value is expected");
  JsonNode *root = parse_value(parser);
  if (root == NULL || !skip_space(parser)) return NULL;
  return parser->at == parser->end ? root : fail_unexpected(parser, "the end of the text");
}

JsonNode *json_parse_tree(Arena *arena, Str text, Error *err) {
  Str body = str_starts(text, STR("\xef\xbb\xbf")) ? str_sub(text, 3, text.len) : text;
  const char *end = body.ptr + body.len;
  TreeParser parser = {.source = text.ptr, .begin = body.ptr, .at = body.ptr, .end = end, .arena = arena, .err = err};
  return parse_document(&parser);
}

/* ---- looking things up ---- */

JsonNode *json_get(const JsonNode *object, const char *key) {
  JsonNode *fallback = NULL;
  Str name = str_from(key);
  if (object == NULL || object->kind != JSON_OBJECT) return NULL;
  for (JsonNode *node = object->first; node; node = node->next) {
    if (str_eq(node->key, name)) return node;
    if (fallback == NULL && str_eq_nocase(node->key, name)) fallback = node;
  }
  return fallback;
}

unsigned json_count(const JsonNode *node) {
  unsigned count = 0;
  for (const JsonNode *child = node ? node->first : NULL; child; child = child->next) count++;
  return count;
}
