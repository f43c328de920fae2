/* where.c: taking a WHERE apart (where.h, cli.md) and hiding what is secret in it.
**
** WHERE      = [scheme ":" ["//"]] target ["?" options]
** options    = name "=" value {"&" name "=" value}, values percent-decoded
** A scheme is two or more letters, digits, '+' or '-' after a letter; what has none is a path. A '%' that two
** hexadecimal digits do not follow stays as it is, so that LIKE '%x' in a query needs no escaping. */
#include "io/where.h"

enum { NONE = -1 };

/* ---- finding the parts ---- */

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The length of the scheme in front of ':', 0 when the text is a path. */
static size_t scheme_length(Str text) {
  size_t len = 0;
  while (len < text.len && (is_letter(text.ptr[len]) || is_digit(text.ptr[len]) || text.ptr[len] == '+' ||
                            text.ptr[len] == '-'))
    len++;
  bool found = len >= 2 && len < text.len && text.ptr[len] == ':' && is_letter(text.ptr[0]);
  return found ? len : 0;
}

/* Behind the brace that closes the one at `at`; "}}" stands for a brace inside. NONE: it is never closed. */
static ptrdiff_t behind_braces(Str text, size_t at) {
  for (size_t i = at + 1; i < text.len; i++) {
    if (text.ptr[i] != '}') continue;
    if (i + 1 == text.len || text.ptr[i + 1] != '}') return (ptrdiff_t)i + 1;
    i++;
  }
  return NONE;
}

/* Where the first `stop` stands outside of {braces} that open a value of a connection string; text.len when
** there is none, NONE when a brace is not closed. */
static ptrdiff_t find_outside_braces(Str text, char stop) {
  bool value_begins = false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == '{' && value_begins) {
      ptrdiff_t behind = behind_braces(text, i);
      if (behind == NONE) return NONE;
      i = (size_t)behind - 1;
    } else if (c == stop) {
      return (ptrdiff_t)i;
    }
    value_begins = c == '=' || (c == ' ' && value_begins);
  }
  return (ptrdiff_t)text.len;
}

/* ---- options ---- */

static int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : NONE;
}

static Str percent_decode(Arena *arena, Str text) {
  char *out = arena_alloc(arena, text.len + 1);
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    bool room = text.ptr[i] == '%' && i + 2 < text.len;
    int high = room ? hex_digit(text.ptr[i + 1]) : NONE, low = room ? hex_digit(text.ptr[i + 2]) : NONE;
    if (high != NONE && low != NONE) i += 2;
    out[len++] = high != NONE && low != NONE ? (char)(high * 16 + low) : text.ptr[i];
  }
  out[len] = 0;
  return (Str){out, len};
}

/* A variable in the value, from its `${` to its brace. */
static Str variable_at(Str text) {
  ptrdiff_t close = str_find_char(text, '}');
  return str_sub(text, 0, close < 0 ? text.len : (size_t)close + 1);
}

/* Decodes what is written and replaces variables: what stands in a variable is taken as it is, so that a password
** may hold any character. */
static Status decode_value(Arena *arena, Str text, Str *out, Error *err) {
  StrBuf made = {0};
  Status status = STATUS_OK;
  while (text.len && status == STATUS_OK) {
    bool escaped = str_starts(text, STR("$${")), variable = str_starts(text, STR("${"));
    size_t len = escaped ? 3 : variable ? variable_at(text).len : 1;
    while (!escaped && !variable && len < text.len && text.ptr[len] != '$') len++;
    Str piece = str_sub(text, 0, len);
    if (variable) status = env_expand(arena, piece, &piece, err);
    else piece = escaped ? STR("${") : percent_decode(arena, piece);
    if (status == STATUS_OK) strbuf_put_str(&made, piece);
    text = str_sub(text, len, text.len);
  }
  if (status == STATUS_OK) *out = arena_str(arena, strbuf_str(&made));
  strbuf_release(&made);
  return status;
}

static Status add_option(Arena *arena, Str text, bool expanded, Where *out, Error *err) {
  Str name, value;
  bool has_value = str_cut(text, '=', &name, &value);
  name = str_trim(name);
  if (!has_value || name.len == 0) {
    error_set(err, STATUS_CONFIG, "", "option `" STR_FMT "` has no %s", STR_ARG(text), name.len ? "value" : "name");
    return error_hint(err, "options are written `?name=value&name=value`");
  }
  char *key = arena_cstr(arena, name);
  if (where_option(out, key))
    return error_set(err, STATUS_CONFIG, "", "option `%s` is given twice", key);
  Str decoded;
  if (expanded) decoded = percent_decode(arena, value);
  else TRY(decode_value(arena, value, &decoded, err));
  vec_push(&out->options, (OptionPair){(Str){key, name.len}, decoded});
  return STATUS_OK;
}

static Status add_options(Arena *arena, Str text, bool expanded, Where *out, Error *err) {
  Str one;
  while (text.len) {
    str_cut(text, '&', &one, &text);
    if (one.len) TRY(add_option(arena, one, expanded, out, err));
  }
  return STATUS_OK;
}

/* ---- secrets ---- */

/* Whether values of this name are kept out of messages; blanks and punctuation do not count. */
static bool is_secret(Str name) {
  static const char *const words[] = {"password", "passwd", "pwd", "secret", "passphrase", "token",
                                      "accesskey", "apikey", "keypem", "credential"};
  char plain[64];
  size_t len = 0;
  for (size_t i = 0; i < name.len && len + 1 < sizeof plain; i++)
    if (is_letter(name.ptr[i])) plain[len++] = (char)(name.ptr[i] | 0x20);
  plain[len] = 0;
  for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(plain, words[i])) return true;
  return false;
}

/* "name=value" with the value hidden when the name says so. */
static void print_pair(Str pair, StrBuf *out) {
  Str name, value;
  if (str_cut(pair, '=', &name, &value) && is_secret(name)) {
    strbuf_printf(out, STR_FMT "=***", STR_ARG(name));
  } else {
    strbuf_put_str(out, pair);
  }
}

static void print_pairs(Str text, char separator, bool braces, StrBuf *out) {
  while (text.len) {
    ptrdiff_t at = braces ? find_outside_braces(text, separator) : str_find_char(text, separator);
    size_t end = at < 0 ? text.len : (size_t)at;
    print_pair(str_sub(text, 0, end), out);
    if (end < text.len) strbuf_putc(out, separator);
    text = str_sub(text, end + 1, text.len);
  }
}

/* user:password@host loses its password. */
static void print_target(Str target, StrBuf *out) {
  Str authority = target, path, user, rest;
  str_cut(target, '/', &authority, &path);
  ptrdiff_t at = str_find_char(authority, '@');
  if (at < 0 || !str_cut(str_sub(authority, 0, (size_t)at), ':', &user, &rest)) {
    strbuf_put_str(out, target);
    return;
  }
  strbuf_printf(out, STR_FMT ":***", STR_ARG(user));
  strbuf_put_str(out, str_sub(target, (size_t)at, target.len));
}

static Str make_printable(Arena *arena, Str head, Str target, bool connection, Str options) {
  StrBuf out = {0};
  strbuf_put_str(&out, head);
  if (connection) print_pairs(target, ';', true, &out);
  else print_target(target, &out);
  if (options.len) strbuf_putc(&out, '?');
  print_pairs(options, '&', false, &out);
  Str printable = arena_str(arena, strbuf_str(&out));
  strbuf_release(&out);
  return printable;
}

/* ---- the whole ---- */

static Status check_target(const Where *where, Str text, Error *err) {
  if (where->target.len) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "`" STR_FMT "` does not say where", STR_ARG(text));
  return error_hint(err, "write a path, `-`, `kafka://host:9092/topic` or `odbc:connection string`");
}

static Status open_brace(Error *err) {
  error_set(err, STATUS_CONFIG, "", "a `{` in the connection string is not closed");
  return error_hint(err, "write `}}` for a brace inside the braces");
}

/* Where the options begin, behind the question mark; text.len + 1 when there are none, NONE for an open brace. */
static ptrdiff_t behind_target(Str text) {
  size_t scheme = scheme_length(text);
  bool connection = str_eq_nocase(str_sub(text, 0, scheme), STR("odbc"));
  ptrdiff_t question = connection ? find_outside_braces(text, '?') : str_find_char(text, '?');
  if (question < 0) return connection ? NONE : (ptrdiff_t)text.len + 1;
  return question + 1;
}

/* Scheme and target of the part in front of the question mark. */
static void take_target(Arena *arena, Str text, Str options, Where *out) {
  size_t scheme = scheme_length(text), head = scheme ? scheme + 1 : 0;
  out->scheme = scheme ? str_sub(text, 0, scheme) : STR("file");
  if (scheme && str_starts(str_sub(text, head, text.len), STR("//"))) head += 2;
  out->target = str_sub(text, head, text.len);
  bool connection = str_eq_nocase(out->scheme, STR("odbc"));
  out->printable = make_printable(arena, str_sub(text, 0, head), out->target, connection, options);
}

/* Options that stand in the text are taken apart before variables are replaced, those out of a variable behind. */
static Status split(Arena *arena, Str text, Where *out, Error *err) {
  Str target, options;
  ptrdiff_t behind = behind_target(text);
  if (behind == NONE) return open_brace(err);
  bool expanded = (size_t)behind > text.len;
  TRY(env_expand(arena, str_sub(text, 0, (size_t)behind - 1), &target, err));
  options = str_sub(text, (size_t)behind, text.len);
  if (expanded) {
    text = target;
    behind = behind_target(text);
    if (behind == NONE) return open_brace(err);
    target = str_sub(text, 0, (size_t)behind - 1);
    options = str_sub(text, (size_t)behind, text.len);
  }
  take_target(arena, target, options, out);
  TRY(check_target(out, out->printable, err));
  return add_options(arena, options, expanded, out, err);
}

Status where_parse(Arena *arena, Str text, Where *out, Error *err) {
  *out = (Where){0};
  Status status = split(arena, arena_str(arena, str_trim(text)), out, err);
  if (status != STATUS_OK) where_release(out);
  return status;
}

void where_release(Where *where) { vec_release(&where->options); }

const Str *where_option(const Where *where, const char *name) {
  for (uint32_t i = 0; i < where->options.len; i++)
    if (str_eq_nocase(where->options.items[i].name, str_from(name))) return &where->options.items[i].value;
  return NULL;
}
