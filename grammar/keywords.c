/* keywords.c: see keywords.h. The lexer knows only words; one pass over the tokens then decides which
** words are keywords, by what stands before and behind them. That keeps the grammar free of conflicts
** and nearly every word free for use as a name. */
#include "grammar/keywords.h"

#include <assert.h>

#include "asaql.h"

static const Keyword table[];
enum { KEYWORDS = 0
#define KEYWORD(token, text, class, follow, doc) +1
#include "grammar/keywords.def"
#undef KEYWORD
};

const Keyword *keywords_all(unsigned *count) {
  *count = KEYWORDS;
  return table;
}

static int compare_nocase(Str a, Str b) {
  size_t shared = a.len < b.len ? a.len : b.len;
  for (size_t i = 0; i < shared; i++) {
    int x = a.ptr[i] >= 'a' && a.ptr[i] <= 'z' ? a.ptr[i] - 32 : a.ptr[i];
    if (x != b.ptr[i]) return x < b.ptr[i] ? -1 : 1;
  }
  return a.len < b.len ? -1 : a.len > b.len;
}

const Keyword *keyword_find(Str text) {
  unsigned low = 0, high = KEYWORDS;
  while (low < high) {
    unsigned middle = (low + high) / 2;
    if (compare_nocase(text, table[middle].text) > 0) low = middle + 1;
    else high = middle;
  }
  return low < KEYWORDS && compare_nocase(text, table[low].text) == 0 ? &table[low] : NULL;
}

const Keyword *keyword_of_token(int token) {
  for (unsigned i = 0; i < KEYWORDS; i++)
    if (table[i].token == token) return &table[i];
  return NULL;
}

bool keyword_fits(const Keyword *keyword, const Token *next, Str source) {
  if (keyword->follow.len == 0) return true;
  Str text = str_sub(source, next->span.begin, next->span.end), word, rest = keyword->follow;
  for (bool more = true; more;) {
    more = str_cut(rest, ' ', &word, &rest);
    if (str_eq(word, STR("#")) ? next->kind == TK_INTEGER : str_eq_nocase(word, text)) return true;
  }
  return false;
}

/* `AS left` names something left; but `DEFINE a AS CAST(...)` and `WITH s AS (` begin an expression. */
static bool named_by_as(const Keyword *keyword) {
  return keyword->class != KEYWORD_RESERVED && !str_eq(keyword->follow, STR("("));
}

/* The name in CREATE TABLE stands in front of a parenthesis, as some keywords do. */
static bool named_by_create(const Keyword *keyword, const Tokens *tokens, uint32_t at) {
  return keyword->class != KEYWORD_RESERVED && at >= 2 && tokens->items[at - 1].kind == TK_TABLE &&
         tokens->items[at - 2].kind == TK_CREATE;
}

static int token_in_context(const Keyword *keyword, const Tokens *tokens, uint32_t at, Str source) {
  int before = at ? tokens->items[at - 1].kind : TOKEN_END;
  if (before == TK_DOT || named_by_create(keyword, tokens, at)) return TK_IDENT;
  for (Str text = keyword->text; keyword < table + KEYWORDS && str_eq(keyword->text, text); keyword++) {
    if (before == TK_AS && named_by_as(keyword)) continue;
    if (keyword->token == TK_TOP && before != TK_SELECT && before != TK_DISTINCT) continue;
    if (keyword->token == TK_OVER && before != TK_RP) continue; /* TIMESTAMP BY t OVER (key) */
    if (keyword_fits(keyword, &tokens->items[at + 1], source)) return keyword->token;
  }
  return TK_IDENT;
}

void keywords_resolve(Tokens *tokens, Str source) {
  for (uint32_t i = 0; i < tokens->len; i++) {
    Token *token = &tokens->items[i];
    if (token->kind != TK_IDENT) continue;
    const Keyword *keyword = keyword_find(str_sub(source, token->span.begin, token->span.end));
    if (keyword) token->kind = (uint16_t)token_in_context(keyword, tokens, i, source);
  }
}

const char *token_name(int kind) {
  switch (kind) {
    case TOKEN_END: return "the end of the query";
#define TOKEN(name, text) case TK_##name: return text;
#include "grammar/tokens.def"
#undef TOKEN
#define KEYWORD(token, text, class, follow, doc) case TK_##token: return "`" text "`";
#include "grammar/keywords.def"
#undef KEYWORD
    default: return "an illegal character";
  }
}

static const Keyword table[] = {
#define KEYWORD(token, text, class, follow, doc) \
  {TK_##token, {text, sizeof text - 1}, KEYWORD_##class, {follow, sizeof follow - 1}, doc},
#include "grammar/keywords.def"
#undef KEYWORD
};
