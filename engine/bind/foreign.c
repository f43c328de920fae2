/* foreign.c: functions and types that teams know from T-SQL and other dialects: each says what to write instead. A name
** that is none of them gets the nearest one that exists. */
#include "bind/binder.h"

enum { NAMES_MAX = 400 };

#define FOREIGN_TUMBLING "TUMBLE TUMBLING TUMBLING_WINDOW TIME_WINDOW TIME_SLICE"
#define FOREIGN_HOPPING "HOP HOPPING_WINDOW"
#define FOREIGN_SESSION "SESSION_WINDOW"

typedef struct ForeignFunction { const char *names, *instead; } ForeignFunction; /* names: separated by blanks */
typedef struct ForeignType { const char *names; Type instead; } ForeignType;

static const ForeignFunction foreign_functions[], foreign_words[], foreign_units[];
static const ForeignType foreign_types[];

/* True when one of the words of the list equals the name without regard to case. */
static bool is_listed(const char *words, Str name) {
  Str word, rest = str_from(words);
  for (bool more = true; more;) {
    more = str_cut(rest, ' ', &word, &rest);
    if (str_eq_nocase(word, name)) return true;
  }
  return false;
}

/* ---- functions -------------------------------------------------------------------------------- */

static const char *function_instead(Str name) {
  for (const ForeignFunction *row = foreign_functions; row->names; row++)
    if (is_listed(row->names, name)) return row->instead;
  return NULL;
}

/* LENGHT is a slip in LENGTH, which is foreign. */
static const char *near_function_instead(Str name) {
  for (const ForeignFunction *row = foreign_functions; row->names; row++) {
    Str word, rest = str_from(row->names);
    for (bool more = true; more;) {
      more = str_cut(rest, ' ', &word, &rest);
      if (diag_nearest(name, &word, 1).len) return row->instead;
    }
  }
  return NULL;
}

static Str nearest_function(Str name) {
  Str names[NAMES_MAX];
  unsigned count = function_names(names, NAMES_MAX);
  for (const WindowClass *window = window_classes; window->name && count + 1 < NAMES_MAX; window++) {
    Str full = str_from(window->name);
    names[count++] = full;
    if (str_ends(full, STR("Window"))) names[count++] = str_sub(full, 0, full.len - strlen("Window"));
  }
  return diag_nearest(name, names, count);
}

Expr *unknown_function(Binder *b, const AstExpr *call) {
  const AstNames *names = &call->call.name;
  Str name = call_name(b, &call->call);
  Span span = {names->items[0].span.begin, names->items[names->len - 1].span.end};
  const char *instead = function_instead(name);
  if (instead) {
    Diag *diag = diag_add(b->diags, DIAG_unknown_function, span, "`" STR_FMT "` is not a function of this language",
                          STR_ARG(name));
    diag_hint(b->diags, diag, "%s", instead);
    return expr_error(b, call->span);
  }
  Diag *diag = diag_add(b->diags, DIAG_unknown_function, span, "there is no function `" STR_FMT "`", STR_ARG(name));
  Str nearest = nearest_function(name);
  if (nearest.len) diag_suggest(b->diags, diag, span, nearest);
  else if ((instead = near_function_instead(name))) diag_hint(b->diags, diag, "%s", instead);
  else diag_hint(b->diags, diag, "`weir functions` lists them all");
  return expr_error(b, call->span);
}

bool is_foreign_window(const AstExpr *expr) {
  if (expr->kind != AST_CALL || expr->call.name.len != 1) return false;
  Str name = expr->call.name.items[0].text;
  if (is_listed(FOREIGN_TUMBLING, name) || is_listed(FOREIGN_HOPPING, name) ||
      is_listed(FOREIGN_SESSION, name)) return true;
  Str nearest = nearest_function(name);
  return nearest.len && window_class_find(nearest);
}

/* ---- words ------------------------------------------------------------------------------------ */

void check_foreign_word(Binder *b, const AstName *name) {
  for (const ForeignFunction *row = foreign_words; name->quote == AST_BARE && row->names; row++) {
    if (!is_listed(row->names, name->text)) continue;
    Diag *diag = diag_add(b->diags, DIAG_foreign_word, name->span, "`" STR_FMT "` is read as the name of a column",
                          STR_ARG(name->text));
    diag_hint(b->diags, diag, "%s; a column of that name is better written `[" STR_FMT "]`", row->instead,
              STR_ARG(name->text));
  }
}

/* ---- units ------------------------------------------------------------------------------------ */

bool suggest_unit(Binder *b, Diag *diag, Span span, Str word) {
  for (const ForeignFunction *row = foreign_units; row->names; row++) {
    if (!is_listed(row->names, word)) continue;
    diag_suggest(b->diags, diag, span, str_from(row->instead));
    return true;
  }
  Str names[64];
  Str nearest = diag_nearest(word, names, time_unit_candidates(names, 64));
  if (nearest.len) diag_suggest(b->diags, diag, span, nearest);
  return nearest.len > 0;
}

/* ---- types ------------------------------------------------------------------------------------ */

bool bind_type(Binder *b, const AstType *ast, Type *out) {
  Str name = ast->name.text;
  if (type_from_name(name, out)) return true;
  Diag *diag = diag_add(b->diags, DIAG_unknown_type, ast->span, "there is no type `" STR_FMT "`", STR_ARG(name));
  for (const ForeignType *row = foreign_types; row->names; row++) {
    if (!is_listed(row->names, name)) continue;
    diag_hint(b->diags, diag, "write `%s`", type_name(row->instead));
    diag_edit(b->diags, diag, ast->span, "%s", type_name(row->instead));
    return false;
  }
  Str names[TYPE_COUNT];
  unsigned count = 0;
  for (Type type = TYPE_BIT; type < TYPE_COUNT; type++) names[count++] = str_from(type_name(type));
  names[count++] = STR("nvarchar");
  Str nearest = diag_nearest(name, names, count);
  if (nearest.len) diag_suggest(b->diags, diag, ast->span, nearest);
  else diag_hint(b->diags, diag, "the types are bigint, float, nvarchar(max), datetime, bit, record and array");
  return false;
}

/* ---- tables ----------------------------------------------------------------------------------- */

static const ForeignFunction foreign_functions[] = {
  /* choices */
  {"IIF IF DECODE CHOOSE", "write `CASE WHEN condition THEN a ELSE b END`"},
  {"IFNULL NVL", "write `COALESCE(a, b)`"},
  {"GREATEST LEAST", "write `CASE WHEN a > b THEN a ELSE b END`; over many rows MAX and MIN are aggregates"},
  /* the clock */
  {"GETDATE GETUTCDATE SYSDATETIME SYSUTCDATETIME SYSDATETIMEOFFSET NOW CURRENT_TIMESTAMP CURRENT_DATE",
   "write `System.Timestamp()`, the time of the event: with it a query gives the same rows whenever it runs"},
  {"RAND RANDOM NEWID UUID", "a query gives the same rows each time it runs, so it has no random values"},
  /* dates */
  {"DATETRUNC DATE_TRUNC DATE_BUCKET TRUNC",
   "write `DATEADD(hour, DATEDIFF(hour, '2000-01-01', x), '2000-01-01')` to cut a date down to the hour"},
  {"FORMAT TO_CHAR DATE_FORMAT",
   "put the text together: `CONCAT(DATEPART(year, x), '-', DATEPART(month, x))`; `CAST(x AS nvarchar(max))` is "
   "ISO 8601"},
  {"DATEFROMPARTS DATETIME2FROMPARTS MAKE_DATE",
   "write `DATETIMEFROMPARTS(year, month, day, hour, minute, second, millisecond)`"},
  {"EOMONTH LAST_DAY", "write `DATEADD(day, -DAY(x), DATEADD(month, 1, x))`"},
  {"SWITCHOFFSET TODATETIMEOFFSET", "times are UTC: move them with `DATEADD(hour, 2, x)`"},
  {"FROM_UNIXTIME FROM_UNIX_TIMESTAMP", "write `DATEADD(second, x, '1970-01-01T00:00:00Z')`"},
  {"UNIX_TIMESTAMP TO_UNIX_TIMESTAMP", "write `DATEDIFF(second, '1970-01-01T00:00:00Z', x)`"},
  {"DATE_ADD ADD_MONTHS TIMESTAMPADD", "write `DATEADD(day, 1, x)`"},
  {"DATE_DIFF TIMESTAMPDIFF", "write `DATEDIFF(second, from, to)`"},
  {"EXTRACT DATE_PART HOUR MINUTE SECOND", "write `DATEPART(hour, x)`"},
  /* conversions */
  {"CONVERT TO_NUMBER TO_DATE TO_TIMESTAMP PARSE", "write `CAST(x AS type)`"},
  {"TRY_CONVERT TRY_PARSE", "write `TRY_CAST(x AS type)`"},
  {"ISNUMERIC ISDATE", "write `TRY_CAST(x AS float) IS NOT NULL`"},
  /* text */
  {"LENGTH CHAR_LENGTH DATALENGTH STRLEN", "write `LEN(x)`"},
  {"SUBSTR MID", "write `SUBSTRING(text, start, length)`; positions count from 1"},
  {"INSTR LOCATE POSITION STRPOS", "write `CHARINDEX(wanted, text)`; 0 says that it is not there"},
  {"UCASE TOUPPER", "write `UPPER(x)`"},
  {"LCASE TOLOWER", "write `LOWER(x)`"},
  {"REPEAT", "write `REPLICATE(text, count)`"},
  {"REGEXP_LIKE REGEXP_MATCHES RLIKE", "write `REGEXMATCH(text, pattern) > 0`"},
  {"STARTS_WITH STARTSWITH ENDS_WITH CONTAINS", "write `x LIKE 'beginning%'`, or `CHARINDEX(part, x) > 0`"},
  {"CHAR CHR", "write `NCHAR(code)`"},
  {"STRING_SPLIT SPLIT", "texts cannot be cut into rows here: let the producer send an array, and use "
                         "`CROSS APPLY GetArrayElements(x)`"},
  /* numbers */
  {"CEIL", "write `CEILING(x)`"},
  {"POW", "write `POWER(x, y)`"},
  {"MOD", "write `x % y`"},
  {"TRUNCATE", "write `FLOOR(x)`, or `ROUND(x, places)`"},
  /* aggregates */
  {"STRING_AGG GROUP_CONCAT LISTAGG ARRAY_AGG COLLECT_LIST",
   "write `Collect(x)`, which gives an array of the values of each window"},
  {"COUNT_BIG", "write `COUNT(*)`, which is a bigint"},
  {"APPROX_COUNT_DISTINCT", "write `COUNT(DISTINCT x)`"},
  {"MEDIAN", "write `PERCENTILE_CONT(0.5) OVER (ORDER BY x)`"},
  {"STDDEV STDDEV_SAMP", "write `STDEV(x)`"},
  {"STDDEV_POP", "write `STDEVP(x)`"},
  {"VARIANCE VAR_SAMP", "write `VAR(x)`"},
  {"VAR_POP", "write `VARP(x)`"},
  {"ANY_VALUE", "write `MAX(x)`, or `TopOne(x) OVER (ORDER BY y)`"},
  /* over other rows */
  {"ROW_NUMBER RANK DENSE_RANK NTILE PERCENT_RANK CUME_DIST",
   "rank inside a window: `CollectTop(3) OVER (ORDER BY x DESC)` or `TopOne() OVER (ORDER BY x DESC)` with "
   "`GROUP BY TumblingWindow(minute, 1)`; the first of each interval is `ISFIRST(minute, 1) = 1`"},
  {"LEAD", "the next event is not known yet. Read it the other way round: the row at hand is the next one, and "
           "`LAG(x) OVER (LIMIT DURATION(minute, 5))` the one before it"},
  {"FIRST_VALUE", "write `TopOne(x) OVER (ORDER BY time)` with a window in GROUP BY, or keep the rows where "
                  "`ISFIRST(minute, 1) = 1`"},
  {"LAST_VALUE", "write `LAST(x) OVER (LIMIT DURATION(minute, 5))`"},
  /* records and arrays */
  {"JSON_VALUE JSON_QUERY JSON_EXTRACT GET_JSON_OBJECT OPENJSON",
   "fields of a record are read with dots: `a.b.c`; a text that holds JSON becomes a record by `JSON_PARSE(x)`"},
  {"TO_JSON", "write `CAST(record AS nvarchar(max))`"},
  {"UNNEST EXPLODE FLATTEN", "write `FROM input CROSS APPLY GetArrayElements(input.items) AS item`"},
  {"ELEMENT_AT", "write `GetArrayElement(array, index)`; indexes count from 0"},
  {"CARDINALITY ARRAY_LENGTH ARRAY_SIZE SIZE", "write `GetArrayLength(array)`"},
  /* windows */
  {FOREIGN_TUMBLING, "write `TumblingWindow(minute, 5)`; the time is that of TIMESTAMP BY"},
  {FOREIGN_HOPPING, "write `HoppingWindow(minute, 10, 5)`: unit, size, hop"},
  {FOREIGN_SESSION, "write `SessionWindow(minute, 5)`: unit, timeout"},
  {"TUMBLE_START HOP_START WINDOW_START", "write `DATEADD(minute, -5, System.Timestamp())`: a window is stamped with "
                                          "its end"},
  {"TUMBLE_END HOP_END WINDOW_END", "write `System.Timestamp()`, the end of the window"},
  {NULL, NULL},
};

/* Words that other dialects read as a value. */
static const ForeignFunction foreign_words[] = {
  {"true", "the language has no word for it: compare a bit with `1`"},
  {"false", "the language has no word for it: compare a bit with `0`"},
  {"CURRENT_TIMESTAMP CURRENT_DATE CURRENT_TIME", "the time of the event is `System.Timestamp()`"},
  {"window_start", "a window is stamped with its end, `System.Timestamp()`: take its length off with DATEADD"},
  {"window_end", "the end of the window is `System.Timestamp()`"},
  {NULL, NULL},
};

static const ForeignFunction foreign_units[] = {
  {"days", "day"}, {"hours hr hrs h", "hour"}, {"minutes min mins", "minute"}, {"seconds sec secs", "second"},
  {"milliseconds millis msec", "millisecond"}, {"microseconds micros us", "microsecond"}, {NULL, NULL},
};

static const ForeignType foreign_types[] = {
  {"int integer smallint tinyint long int64 int32 serial number", TYPE_BIGINT},
  {"real double decimal numeric money smallmoney float64", TYPE_FLOAT},
  {"varchar nchar char text ntext string uniqueidentifier uuid", TYPE_TEXT},
  {"datetime2 date time timestamp smalldatetime datetimeoffset timestamptz", TYPE_DATETIME},
  {"bool boolean", TYPE_BIT},
  {"json object struct map row variant", TYPE_RECORD},
  {"list", TYPE_ARRAY},
  {NULL, TYPE_NULL},
};
