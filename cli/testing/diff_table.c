/* diff_table.c: see diff_table.h.
**
**              TollId  WindowEnd                       Cars
**   row 2
**   expected        1  "2026-01-01T00:00:10.0000000Z"     2
**   got             1  "2026-01-01T00:00:10.0000000Z"     3
**                                                         ^
** First the cells are made as text, which settles the widths and which columns have room; then they are printed. */
#include "cli/testing/diff_table.h"

#include <stdio.h>

#include "base/utf8.h"

const DiffStyle diff_style_plain = {.columns = 120, .rows_max = 20};

enum { CELL_MAX = 44, BEFORE_DIFFERENCE = 14, LABEL_COLUMNS = 11, MARGIN = 4 };

#define RED "\033[31m"
#define GREEN "\033[32m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

typedef struct Cell { Str text; unsigned columns; } Cell;

/* A pair of rows: two cells a column. */
typedef struct TableRow { const RowPair *pair; Cell *expected, *actual; bool *differs; } TableRow;

typedef struct TableColumn {
  Str      name;
  unsigned width;
  bool     numeric;  /* numbers and NULL only: to the right */
  bool     differs, shown;
} TableColumn;

typedef struct Table {
  Arena  arena;
  const OutputResult *output;
  const DiffStyle *style;
  const RowRules *rules;
  Vec(TableColumn) cols;
  Vec(TableRow) rows;
  StrBuf *out;
} Table;

/* ---- cells ------------------------------------------------------------------------------------ */

/* The offset behind `count` characters. */
static size_t skip_characters(Str text, size_t at, size_t count) {
  while (count-- && at < text.len)
    do at++;
    while (at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80);
  return at;
}

/* The start of the first character in which the texts differ. */
static size_t first_difference(Str a, Str b) {
  size_t at = 0;
  while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at]) at++;
  while (at && at < a.len && ((unsigned char)a.ptr[at] & 0xc0) == 0x80) at--;
  return at;
}

/* At most CELL_MAX characters, with what stands at `focus` among them. */
static Str shorten(Arena *arena, Str text, size_t focus) {
  size_t characters = utf8_count(text);
  if (characters <= CELL_MAX) return text;
  size_t before = utf8_count(str_sub(text, 0, focus < text.len ? focus : text.len)), skip = 0;
  if (before > BEFORE_DIFFERENCE) skip = before - BEFORE_DIFFERENCE;
  if (skip + CELL_MAX > characters) skip = characters - CELL_MAX + 1;
  size_t begin = skip_characters(text, 0, skip);
  size_t room = CELL_MAX - (skip ? 1 : 0), rest = utf8_count(str_sub(text, begin, text.len));
  size_t end = rest > room ? skip_characters(text, begin, room - 1) : text.len;
  return arena_printf(arena, "%s" STR_FMT "%s", skip ? "…" : "", STR_ARG(str_sub(text, begin, end)),
                      rest > room ? "…" : "");
}

/* In a row that stands alone a field that is not there needs no word. */
static Str text_of(Arena *arena, const JsonNode *value, bool alone) {
  if (value == NULL) return alone ? STR("") : STR("missing");
  if (value->kind == JSON_NULL) return STR("NULL");
  StrBuf text = {0};
  if (value->kind == JSON_NUMBER) strbuf_put_str(&text, value->text);
  else value_put_plain(value, &text);
  Str copy = arena_str(arena, strbuf_str(&text));
  strbuf_release(&text);
  return copy;
}

static Cell cell_of(Arena *arena, Str text, size_t focus) {
  Str shown = shorten(arena, text, focus);
  return (Cell){shown, utf8_columns(shown)};
}

/* ---- making the table ------------------------------------------------------------------------- */

static void add_columns(Table *table, const Row *row) {
  for (const JsonNode *node = row ? row->tree->first : NULL; node; node = node->next) {
    bool known = row_is_ignored(table->rules, node->key);
    for (uint32_t i = 0; i < table->cols.len && !known; i++) known = str_eq(table->cols.items[i].name, node->key);
    if (!known)
      arena_push(&table->arena, &table->cols,
                 (TableColumn){.name = node->key, .width = utf8_columns(node->key), .numeric = true});
  }
}

static void measure(TableColumn *col, const JsonNode *value, Cell cell) {
  if (cell.columns > col->width) col->width = cell.columns;
  if (value && value->kind != JSON_NULL && value->kind != JSON_NUMBER) col->numeric = false;
}

static void fill_cell(Table *table, TableRow *row, uint32_t at) {
  TableColumn *col = &table->cols.items[at];
  const RowPair *pair = row->pair;
  const JsonNode *expected = pair->expected ? row_field(pair->expected, col->name) : NULL;
  const JsonNode *actual = pair->actual ? row_field(pair->actual, col->name) : NULL;
  bool alone = pair->expected == NULL || pair->actual == NULL;
  Str left = text_of(&table->arena, expected, alone), right = text_of(&table->arena, actual, alone);
  row->differs[at] = !alone && !values_equal(expected, actual, table->rules->tolerance);
  size_t focus = row->differs[at] ? first_difference(left, right) : 0;
  row->expected[at] = cell_of(&table->arena, left, focus);
  row->actual[at] = cell_of(&table->arena, right, focus);
  if (pair->expected) measure(col, expected, row->expected[at]);
  if (pair->actual) measure(col, actual, row->actual[at]);
  col->differs |= row->differs[at];
}

static void fill_table(Table *table) {
  const RowDiff *diff = &table->output->diff;
  uint32_t shown = diff->pairs.len < table->style->rows_max ? diff->pairs.len : table->style->rows_max;
  for (uint32_t i = 0; i < shown; i++) {
    add_columns(table, diff->pairs.items[i].expected);
    add_columns(table, diff->pairs.items[i].actual);
  }
  for (uint32_t i = 0; i < shown; i++) {
    Arena *arena = &table->arena;
    uint32_t cols = table->cols.len + 1;
    TableRow row = {&diff->pairs.items[i], ARENA_ARRAY(arena, Cell, cols), ARENA_ARRAY(arena, Cell, cols),
                    ARENA_ARRAY(arena, bool, cols)};
    for (uint32_t at = 0; at < table->cols.len; at++) fill_cell(table, &row, at);
    arena_push(arena, &table->rows, row);
  }
}

/* Columns that differ always, the others from the left as long as there is room. */
static void choose_columns(Table *table) {
  unsigned used = MARGIN + LABEL_COLUMNS;
  for (uint32_t i = 0; i < table->cols.len; i++) {
    TableColumn *col = &table->cols.items[i];
    col->shown = col->differs;
    if (col->shown) used += col->width + 2;
  }
  for (uint32_t i = 0; i < table->cols.len; i++) {
    TableColumn *col = &table->cols.items[i];
    if (col->shown || (used + col->width + 2 > table->style->columns && i > 0)) continue;
    col->shown = true;
    used += col->width + 2;
  }
}

/* ---- printing --------------------------------------------------------------------------------- */

static void pad(StrBuf *out, unsigned columns) { strbuf_printf(out, "%*s", (int)columns, ""); }

static void end_line(StrBuf *out) {
  while (out->len && out->ptr[out->len - 1] == ' ') out->len--;
  strbuf_putc(out, '\n');
}

static void put_label(Table *table, const char *label) {
  strbuf_printf(table->out, "%*s%-*s", MARGIN, "", LABEL_COLUMNS, label);
}

static void put_cell(Table *table, const TableColumn *col, Str text, unsigned columns, const char *tint) {
  unsigned rest = col->width > columns ? col->width - columns : 0;
  strbuf_puts(table->out, "  ");
  if (col->numeric) pad(table->out, rest);
  if (tint) strbuf_puts(table->out, tint);
  strbuf_put_str(table->out, text);
  if (tint) strbuf_puts(table->out, PLAIN);
  if (!col->numeric) pad(table->out, rest);
}

static void put_header(Table *table) {
  put_label(table, "");
  for (uint32_t i = 0; i < table->cols.len; i++) {
    const TableColumn *col = &table->cols.items[i];
    if (col->shown) put_cell(table, col, col->name, utf8_columns(col->name), table->style->colour ? DIM : NULL);
  }
  end_line(table->out);
}

static void put_line(Table *table, const char *label, const TableRow *row, const Cell *cells, const char *tint) {
  bool whole = row->pair->expected == NULL || row->pair->actual == NULL;
  put_label(table, label);
  for (uint32_t i = 0; i < table->cols.len; i++)
    if (table->cols.items[i].shown)
      put_cell(table, &table->cols.items[i], cells[i].text, cells[i].columns,
               table->style->colour && (whole || row->differs[i]) ? tint : NULL);
  end_line(table->out);
}

/* Marks below what differs, where there are no colours. */
static void put_marks(Table *table, const TableRow *row) {
  static const char marks[] = "^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^";
  put_label(table, "");
  for (uint32_t i = 0; i < table->cols.len; i++) {
    const TableColumn *col = &table->cols.items[i];
    if (!col->shown) continue;
    unsigned wide = row->expected[i].columns > row->actual[i].columns ? row->expected[i].columns
                                                                      : row->actual[i].columns;
    if (!row->differs[i]) wide = 0;
    if (wide >= sizeof marks) wide = sizeof marks - 1;
    put_cell(table, col, (Str){marks, wide}, wide, NULL);
  }
  end_line(table->out);
}

static void put_row(Table *table, const TableRow *row) {
  const Row *expected = row->pair->expected, *actual = row->pair->actual;
  char label[32];
  if (expected && actual) {
    snprintf(label, sizeof label, "expected %u", expected->place);
    put_line(table, label, row, row->expected, RED);
    snprintf(label, sizeof label, "got %u", actual->place);
    put_line(table, label, row, row->actual, GREEN);
    if (!table->style->colour) put_marks(table, row);
  } else if (expected) {
    snprintf(label, sizeof label, "missing %u", expected->place);
    put_line(table, label, row, row->expected, RED);
  } else {
    snprintf(label, sizeof label, "extra %u", actual->place);
    put_line(table, label, row, row->actual, GREEN);
  }
}

static void put_left_out(Table *table) {
  unsigned count = 0;
  for (uint32_t i = 0; i < table->cols.len; i++) {
    if (table->cols.items[i].shown) continue;
    if (count++ == 0) strbuf_printf(table->out, "%*sno room for columns in which no row differs: ", MARGIN, "");
    else strbuf_puts(table->out, ", ");
    strbuf_put_str(table->out, table->cols.items[i].name);
  }
  if (count) strbuf_putc(table->out, '\n');
  uint32_t hidden = table->output->diff.pairs.len - table->rows.len;
  if (hidden) strbuf_printf(table->out, "%*s... and %u more rows that differ\n", MARGIN, "", hidden);
}

void diff_table_put(const OutputResult *output, const DiffStyle *style, StrBuf *out) {
  static const RowRules plain;
  Table table = {.output = output, .style = style, .rules = output->wanted ? &output->wanted->rules : &plain,
                 .out = out};
  arena_init(&table.arena);
  fill_table(&table);
  choose_columns(&table);
  put_header(&table);
  for (uint32_t i = 0; i < table.rows.len; i++) put_row(&table, &table.rows.items[i]);
  put_left_out(&table);
  arena_release(&table.arena);
}
