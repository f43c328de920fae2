/* asaproj_xml.c: the *.asaproj of Visual Studio: MSBuild XML, of which six elements count:
**
**   <Script Include="q.asaql"/>                 the query; wins over <StartFile>, which may name a file that is gone
**   <StartFile>q.asaql</StartFile>, <Name>
**   <Configure Include="Inputs\in.json"><SubType>Input</SubType></Configure>, <Content Include="..."/>
**
** One pass over the tags. Nesting is checked so that a truncated or damaged file is told with its place; name spaces,
** document types and what MSBuild computes are left alone. */
#include "cli/project/asaproj.h"

enum { DEPTH_MAX = 64 };

typedef struct XmlReader {
  Arena *arena;
  AsaProject *out;
  Str path, text;
  size_t at;
  Str open[DEPTH_MAX]; /* names of the elements around */
  size_t opened[DEPTH_MAX];
  unsigned depth;
  FileList starts;     /* of <StartFile>: behind the scripts */
  Error *err;
} XmlReader;

/* ---- messages --------------------------------------------------------------------------------- */

static Status fail(XmlReader *reader, size_t at, const char *what) {
  unsigned line, column;
  config_text_place(reader->text, at, &line, &column);
  return error_set(reader->err, STATUS_CONFIG, "", STR_FMT ": line %u, column %u: %s", STR_ARG(reader->path), line,
                   column, what);
}

static Status fail_open(XmlReader *reader) {
  unsigned line, column, first_line, first_column, top = reader->depth - 1;
  config_text_place(reader->text, reader->at, &line, &column);
  config_text_place(reader->text, reader->opened[top], &first_line, &first_column);
  return error_set(reader->err, STATUS_CONFIG, "",
                   STR_FMT ": line %u, column %u: the text ends inside the element `" STR_FMT
                   "` opened at line %u, column %u",
                   STR_ARG(reader->path), line, column, STR_ARG(reader->open[top]), first_line, first_column);
}

/* ---- text ------------------------------------------------------------------------------------- */

static Str rest_of(const XmlReader *reader) { return str_sub(reader->text, reader->at, reader->text.len); }

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static void skip_blanks(XmlReader *reader) {
  while (reader->at < reader->text.len && is_blank(reader->text.ptr[reader->at])) reader->at++;
}

/* Moves behind the words; false when they do not come any more. */
static bool skip_behind(XmlReader *reader, const char *words) {
  const char *found = strstr(reader->text.ptr + reader->at, words);
  if (found == NULL) return false;
  reader->at = (size_t)(found - reader->text.ptr) + strlen(words);
  return true;
}

static Str read_name(XmlReader *reader) {
  size_t begin = reader->at;
  while (reader->at < reader->text.len && !is_blank(reader->text.ptr[reader->at]) &&
         !strchr("<>/=\"'", reader->text.ptr[reader->at]))
    reader->at++;
  return str_sub(reader->text, begin, reader->at);
}

/* The five entities that XML names; what else stands behind an ampersand stays as it is. */
static Str decode(XmlReader *reader, Str raw) {
  static const struct { const char *name; char c; } entities[] = {
    {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  StrBuf out = {0};
  while (raw.len) {
    unsigned i = 0;
    while (i < 5 && !str_starts(raw, str_from(entities[i].name))) i++;
    strbuf_putc(&out, i < 5 ? entities[i].c : raw.ptr[0]);
    raw = str_sub(raw, i < 5 ? strlen(entities[i].name) : 1, raw.len);
  }
  Str made = arena_str(reader->arena, str_trim(strbuf_str(&out)));
  strbuf_release(&out);
  return made;
}

/* ---- what counts ------------------------------------------------------------------------------ */

static void take_include(XmlReader *reader, Str element, Str path) {
  if (path.len == 0) return;
  if (str_eq(element, STR("Script"))) arena_push(reader->arena, &reader->out->scripts, path);
  else if (str_eq(element, STR("Configure")) || str_eq(element, STR("Content")))
    arena_push(reader->arena, &reader->out->files, (AsaFile){.path = path});
}

/* The text between two tags belongs to the element that is open. */
static void take_text(XmlReader *reader, Str raw) {
  Str text = decode(reader, raw);
  if (reader->depth == 0 || text.len == 0) return;
  Str element = reader->open[reader->depth - 1];
  if (str_eq(element, STR("Name"))) reader->out->name = text;
  else if (str_eq(element, STR("StartFile"))) arena_push(reader->arena, &reader->starts, text);
  else if (str_eq(element, STR("SubType")) && reader->out->files.len) /* of the file that is open around it */
    reader->out->files.items[reader->out->files.len - 1].type = text;
}

/* ---- tags ------------------------------------------------------------------------------------- */

static Status read_attribute(XmlReader *reader, Str element) {
  size_t begin = reader->at;
  Str name = read_name(reader);
  skip_blanks(reader);
  if (name.len == 0 || !str_starts(rest_of(reader), STR("=")))
    return fail(reader, begin, "an attribute or `>` expected");
  reader->at++;
  skip_blanks(reader);
  char quote = reader->at < reader->text.len ? reader->text.ptr[reader->at] : 0;
  if (quote != '"' && quote != '\'') return fail(reader, reader->at, "the value of an attribute needs quotes");
  size_t open = reader->at++;
  if (!skip_behind(reader, (char[]){quote, 0})) return fail(reader, open, "the value of an attribute is not closed");
  Str value = decode(reader, str_sub(reader->text, open + 1, reader->at - 1));
  if (str_eq(name, STR("Include"))) take_include(reader, element, value);
  return STATUS_OK;
}

static Status read_open_tag(XmlReader *reader) {
  size_t begin = reader->at++;
  Str name = read_name(reader);
  if (name.len == 0) return fail(reader, begin, "`<` begins a tag, and this is none");
  for (;;) {
    skip_blanks(reader);
    if (reader->at >= reader->text.len) return fail(reader, begin, "the tag is not closed");
    if (str_starts(rest_of(reader), STR("/>"))) return reader->at += 2, STATUS_OK;
    if (reader->text.ptr[reader->at] == '>') break;
    TRY(read_attribute(reader, name));
  }
  reader->at++;
  if (reader->depth == DEPTH_MAX) return fail(reader, begin, "elements are nested too deeply");
  reader->opened[reader->depth] = begin;
  reader->open[reader->depth++] = name;
  return STATUS_OK;
}

static Status read_close_tag(XmlReader *reader) {
  size_t begin = reader->at;
  reader->at += 2;
  Str name = read_name(reader);
  if (reader->depth == 0 || !str_eq(name, reader->open[reader->depth - 1]))
    return fail(reader, begin, "the tag closes an element that is not open here");
  if (!skip_behind(reader, ">")) return fail(reader, begin, "the tag is not closed");
  reader->depth--;
  return STATUS_OK;
}

static Status read_tag(XmlReader *reader) {
  Str rest = rest_of(reader);
  const char *end = str_starts(rest, STR("<!--")) ? "-->" : str_starts(rest, STR("<?")) ? "?>"
                    : str_starts(rest, STR("<!")) ? ">" : NULL;
  if (end) return skip_behind(reader, end) ? STATUS_OK : fail(reader, reader->at, "this is never closed");
  return str_starts(rest, STR("</")) ? read_close_tag(reader) : read_open_tag(reader);
}

static Status read_document(XmlReader *reader) {
  skip_blanks(reader);
  if (!str_starts(rest_of(reader), STR("<"))) return fail(reader, reader->at, "this is no XML: `<` expected");
  while (reader->at < reader->text.len) {
    size_t begin = reader->at;
    while (reader->at < reader->text.len && reader->text.ptr[reader->at] != '<') reader->at++;
    take_text(reader, str_sub(reader->text, begin, reader->at));
    if (reader->at < reader->text.len) TRY(read_tag(reader));
  }
  return reader->depth ? fail_open(reader) : STATUS_OK;
}

Status asaproj_read_xml(Arena *arena, Str path, Str text, AsaProject *out, Error *err) {
  XmlReader reader = {.arena = arena, .out = out, .path = path, .text = text, .err = err};
  TRY(read_document(&reader));
  for (uint32_t i = 0; i < reader.starts.len; i++) arena_push(arena, &out->scripts, reader.starts.items[i]);
  return STATUS_OK;
}
