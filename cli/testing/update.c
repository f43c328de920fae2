/* update.c: see update.h. */
#include "cli/testing/update.h"

#include <errno.h>
#include <stdio.h>

#include "cli/testing/row_style.h"

/* ---- the new text ----------------------------------------------------------------------------- */

typedef struct RowUpdate {
  RowWriter writer;
  const RowRules *rules;
} RowUpdate;

static void put_written(RowUpdate *update, Str written) {
  row_writer_begin(&update->writer);
  strbuf_put_str(update->writer.out, written);
}

static void put_field(RowUpdate *update, Str key, const JsonNode *value, unsigned *count) {
  row_style_put_key(update->writer.style, key, 0, (*count)++, update->writer.out);
  row_style_put(update->writer.style, value, 1, update->writer.out);
}

/* The actual row with the fields in the order of the expected one, with its spelling where the values are equal and
** with its values where they do not count. expected may be NULL. */
static void put_row(RowUpdate *update, const Row *expected, const Row *actual) {
  unsigned count = 0;
  row_writer_begin(&update->writer);
  for (const JsonNode *old = expected ? expected->tree->first : NULL; old; old = old->next) {
    const JsonNode *now = row_field(actual, old->key);
    bool same = row_is_ignored(update->rules, old->key) || values_equal(old, now, update->rules->tolerance);
    if (same || now) put_field(update, old->key, same ? old : now, &count);
  }
  for (const JsonNode *now = actual->tree->first; now; now = now->next)
    if (!row_is_ignored(update->rules, now->key) && !(expected && row_field(expected, now->key)))
      put_field(update, now->key, now, &count);
  row_style_end(update->writer.style, 0, count, update->writer.out);
}

/* Expected rows in their order, changed ones in their place, then those that nobody expected. */
static void put_multiset(RowUpdate *update, const OutputResult *output) {
  uint32_t at = 0; /* in the pairs */
  for (uint32_t i = 0; i < output->expected.len; i++) {
    if (output->diff.kept[i]) {
      put_written(update, output->expected.items[i].written);
      continue;
    }
    const RowPair *pair = &output->diff.pairs.items[at++];
    if (pair->actual) put_row(update, pair->expected, pair->actual);
  }
  for (; at < output->diff.pairs.len; at++) put_row(update, NULL, output->diff.pairs.items[at].actual);
}

/* By place of the actual row, from 0: the expected row that stands for it, or that it takes the place of. */
static const Row **partners_of(const OutputResult *output) {
  const Row **partners = mem_zalloc(mem_mul(output->actual.len + 1, sizeof *partners));
  for (uint32_t i = 0; i < output->expected.len; i++)
    if (output->diff.kept[i]) partners[output->diff.kept[i]->place - 1] = &output->expected.items[i];
  for (uint32_t i = 0; i < output->diff.pairs.len; i++) {
    const RowPair *pair = &output->diff.pairs.items[i];
    if (pair->expected && pair->actual) partners[pair->actual->place - 1] = pair->expected;
  }
  return partners;
}

static void put_list(RowUpdate *update, const OutputResult *output) {
  const Row **partners = partners_of(output);
  for (uint32_t i = 0; i < output->actual.len; i++) {
    const Row *expected = partners[i], *actual = &output->actual.items[i];
    if (expected && rows_equal(expected, actual, update->rules)) put_written(update, expected->written);
    else put_row(update, expected, actual);
  }
  mem_free(partners);
}

void update_text(const OutputResult *output, Str old, StrBuf *out) {
  RowStyle style = row_style_of(old, output->wanted->path);
  RowUpdate update = {.writer = {.style = &style, .out = out}, .rules = &output->wanted->rules};
  row_writer_open(&update.writer);
  if (update.rules->ordered) put_list(&update, output);
  else put_multiset(&update, output);
  row_writer_close(&update.writer);
}

/* ---- files ------------------------------------------------------------------------------------ */

typedef struct Written { Str path; char *text; } Written;
typedef struct Update { StrBuf *told; Vec(Written) files; } Update;

/* Whether the file was written before in this run; an error when with other rows. */
static Status find_written(Update *update, Str path, const char *text, bool *found, Error *err) {
  *found = false;
  for (uint32_t i = 0; i < update->files.len && !*found; i++) {
    if (!str_eq(update->files.items[i].path, path)) continue;
    *found = true;
    if (strcmp(update->files.items[i].text, text) == 0) return STATUS_OK;
    error_set(err, STATUS_CONFIG, "", STR_FMT ": two cases expect different rows in this file", STR_ARG(path));
    return error_hint(err, "give each case a file of its own");
  }
  return STATUS_OK;
}

static Status write_file(Str path, Str text, Error *err) {
  FILE *file = fopen(path.ptr, "wb");
  bool ok = file && fwrite(text.ptr, 1, text.len, file) == text.len;
  if (file) ok = fclose(file) == 0 && ok;
  if (ok) return STATUS_OK;
  return error_set(err, STATUS_WORLD, "", STR_FMT ": cannot write: %s", STR_ARG(path), strerror(errno));
}

static Status read_old(const CaseOutput *wanted, SourceText *old, Error *err) {
  *old = (SourceText){0};
  return wanted->absent ? STATUS_OK : source_text_load(old, wanted->path.ptr, err);
}

static Status update_output(Update *update, const OutputResult *output, Error *err) {
  SourceText old;
  StrBuf text = {0};
  bool written = false;
  TRY(read_old(output->wanted, &old, err));
  update_text(output, old.text, &text);
  Str path = output->wanted->path;
  Status status = find_written(update, path, strbuf_str(&text).ptr, &written, err);
  if (status == STATUS_OK && !written) status = write_file(path, strbuf_str(&text), err);
  if (status == STATUS_OK && !written) {
    strbuf_printf(update->told, "wrote " STR_FMT ": %u rows\n", STR_ARG(path), output->actual.len);
    vec_push(&update->files, (Written){path, mem_strndup(strbuf_str(&text).ptr, text.len)});
  }
  strbuf_release(&text);
  source_text_release(&old);
  return status;
}

static bool can_be_updated(const OutputResult *output) {
  bool in_file = output->wanted && output->wanted->path.len;
  bool differs = output->outcome == OUTPUT_DIFFERS;
  return in_file && (differs || (output->wanted->absent && output->outcome == OUTPUT_MATCHED));
}

static Status update_case(Update *update, Suite *suite, CaseResult *result, Error *err) {
  bool ok = result->problems.len == 0 && result->outcome == CASE_FAILED;
  for (uint32_t i = 0; i < result->outputs.len; i++) {
    OutputResult *output = &result->outputs.items[i];
    if (can_be_updated(output)) TRY(update_output(update, output, err));
    else ok = ok && (output->outcome == OUTPUT_MATCHED || output->outcome == OUTPUT_UNREQUIRED);
  }
  if (!ok) return STATUS_OK;
  result->updated = true;
  suite->failed--;
  suite->passed++;
  return STATUS_OK;
}

Status suite_update(Suite *suite, StrBuf *told, Error *err) {
  Update update = {.told = told};
  Status status = STATUS_OK;
  for (uint32_t i = 0; i < suite->entries.len && status == STATUS_OK; i++)
    status = update_case(&update, suite, suite->entries.items[i].result, err);
  for (uint32_t i = 0; i < update.files.len; i++) mem_free(update.files.items[i].text);
  vec_release(&update.files);
  return status;
}
