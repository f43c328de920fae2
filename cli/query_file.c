/* query_file.c: see query_file.h. */
#include "cli/query_file.h"

#include <errno.h>
#include <sys/stat.h>

#include "cli/term.h"

static Status check_kind(const char *path, Error *err) {
  struct stat info;
  if (stat(path, &info) == 0) return STATUS_OK;
  bool absent = errno == ENOENT, query = str_ends_nocase(str_from(path), STR(".asaql"));
  const char *reason = strerror(errno);
  error_set(err, STATUS_CONFIG, "", "there is no %s `%s`", query ? "query file" : "file or folder", path);
  if (absent) return error_hint(err, "paths are relative to the folder weir was started in");
  return error_hint(err, "%s", reason);
}

Status query_file_load(QueryFile *query, const char *path, const BindOptions *options, Error *err) {
  *query = (QueryFile){0};
  TRY(check_kind(path, err));
  TRY(source_text_load(&query->source, path, err));
  query->compiled = compile_query(&query->source, options);
  return STATUS_OK;
}

Status query_text_stdin(StrBuf *text, Error *err) {
  char piece[16384];
  for (size_t got; (got = fread(piece, 1, sizeof piece, stdin)) > 0 && text->len <= SOURCE_TEXT_MAX;)
    strbuf_append(text, piece, got);
  if (ferror(stdin)) return error_set(err, STATUS_WORLD, "stdin", "cannot read it: %s", strerror(errno));
  strbuf_puts(text, "");
  return STATUS_OK;
}

Status query_file_stdin(QueryFile *query, const BindOptions *options, Error *err) {
  *query = (QueryFile){0};
  StrBuf text = {0};
  Status status = query_text_stdin(&text, err);
  if (status != STATUS_OK) {
    strbuf_release(&text);
    return status;
  }
  query->source = (SourceText){.name = str_from(mem_strdup("<stdin>")), .text = strbuf_str(&text), .owned = true};
  query->compiled = compile_query(&query->source, options);
  return STATUS_OK;
}

void query_file_text(QueryFile *query, const char *text, const BindOptions *options) {
  *query = (QueryFile){0};
  source_text_init(&query->source, STR("<query>"), str_from(text));
  query->compiled = compile_query(&query->source, options);
}

void query_file_release(QueryFile *query) {
  compiled_free(query->compiled);
  source_text_release(&query->source);
}

void query_file_show(QueryFile *query, bool json) {
  DiagList *diags = &query->compiled->diags;
  if (diags->items.len == 0) return;
  StrBuf text = {0};
  if (json) {
    strbuf_puts(&text, "{\"diagnostics\":");
    diags_render_json(diags, &text);
    strbuf_puts(&text, "}\n");
  } else {
    diags_render(diags, &text, term_colour(stderr));
  }
  fwrite(text.ptr, 1, text.len, stderr);
  strbuf_release(&text);
}

int query_file_exit(const QueryFile *query) {
  const DiagList *diags = &query->compiled->diags;
  for (uint32_t i = 0; i < diags->items.len; i++) {
    DiagCode code = diags->items.items[i].code;
    if (diag_info(code)->severity == DIAG_ERROR && code != DIAG_unknown_input) return 1;
  }
  return diags->errors ? 2 : 0;
}

const char *query_file_name(Arena *arena, const char *path) {
  const char *slash = strrchr(path, '/');
  Str name = str_from(slash ? slash + 1 : path);
  if (name.len > 6 && str_ends_nocase(name, STR(".asaql"))) name.len -= 6;
  return arena_cstr(arena, name);
}
