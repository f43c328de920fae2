/* fuzz_parse.c: any bytes through lexer, parser, messages and printers (libFuzzer).
**
** Nothing may crash, leak or read out of bounds; every diagnostic lies inside the text and renders; and
** what parses prints as SQL that parses to the same tree. */
#include <stdlib.h>

#include "base/diag.h"
#include "grammar/ast_print.h"
#include "grammar/parse.h"

static void check(bool holds, const char *what, Str text) {
  if (holds) return;
  BUG("%s: " STR_FMT, what, STR_ARG(text));
}

static void check_diags(DiagList *diags, SourceText *source) {
  StrBuf out = {0};
  diags_sort(diags);
  for (uint32_t i = 0; i < diags->items.len; i++) {
    const Diag *diag = &diags->items.items[i];
    bool inside = diag->span.begin <= diag->span.end && diag->span.end <= source->text.len;
    check(inside, "span outside of the text", source->text);
  }
  diags_render(diags, &out, true);
  diags_render_json(diags, &out);
  strbuf_release(&out);
}

static void check_round_trip(const AstScript *script, Arena *arena) {
  StrBuf sql = {0}, first = {0}, second = {0};
  SourceText printed;
  DiagList diags;
  AstScript *again;
  ast_print(script, &sql);
  ast_dump(script, false, &first);
  source_text_init(&printed, STR("printed"), strbuf_str(&sql));
  diags_init(&diags, &printed);
  check(parse_script(&printed, arena, &diags, &again), "printed SQL does not parse", printed.text);
  ast_dump(again, false, &second);
  check(str_eq(strbuf_str(&first), strbuf_str(&second)), "printed SQL parses to another tree", printed.text);
  diags_release(&diags);
  source_text_release(&printed);
  strbuf_release(&second);
  strbuf_release(&first);
  strbuf_release(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  Arena arena;
  SourceText source;
  DiagList diags;
  AstScript *script;
  arena_init(&arena);
  Str text = arena_str(&arena, (Str){(const char *)bytes, len});
  source_text_init(&source, STR("fuzz"), text);
  diags_init(&diags, &source);
  bool ok = parse_script(&source, &arena, &diags, &script);
  check(ok == (diags.errors == 0), "result and errors disagree", text);
  if (ok) check_round_trip(script, &arena);
  check_diags(&diags, &source);
  diags_release(&diags);
  source_text_release(&source);
  arena_release(&arena);
  return 0;
}
