/* report_build.c: the reports that build servers read: JUnit's XML and TAP (report.h). */
#include "cli/testing/report.h"

#include "base/utf8.h"

/* One line that says what is wrong with a case. */
static void put_reason(const CaseResult *result, StrBuf *out) {
  Str line, rest;
  if (result->outcome == CASE_BROKEN) {
    strbuf_put_str(out, result->broken);
    return;
  }
  str_cut(result->problems, '\n', &line, &rest);
  strbuf_put_str(out, line);
  for (uint32_t i = 0; i < result->outputs.len; i++) {
    const OutputResult *output = &result->outputs.items[i];
    if (output->outcome == OUTPUT_MATCHED || output->outcome == OUTPUT_UNREQUIRED) continue;
    strbuf_printf(out, "%soutput " STR_FMT, out->len ? "; " : "", STR_ARG(output->name));
    report_output(output, out);
  }
}

static bool is_good(const CaseResult *result) { return result->outcome == CASE_PASSED || result->updated; }

/* ---- JUnit ------------------------------------------------------------------------------------ */

/* XML 1.0 has no control characters but tab and line ends, escaped or not. */
static void put_xml(Str text, StrBuf *out) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c == '&') strbuf_puts(out, "&amp;");
    else if (c == '<') strbuf_puts(out, "&lt;");
    else if (c == '>') strbuf_puts(out, "&gt;");
    else if (c == '"') strbuf_puts(out, "&quot;");
    else if (c < 0x20 && c != '\n' && c != '\t') strbuf_puts(out, "\xef\xbf\xbd");
    else strbuf_putc(out, (char)c);
  }
}

static void put_testcase(const SuiteEntry *entry, StrBuf *out) {
  const CaseResult *result = entry->result;
  strbuf_puts(out, "    <testcase classname=\"");
  put_xml(entry->test->file, out);
  strbuf_puts(out, "\" name=\"");
  put_xml(entry->test->name, out);
  strbuf_printf(out, "\" time=\"%.6f\"", (double)result->elapsed_ns / 1e9);
  if (is_good(result)) {
    strbuf_puts(out, "/>\n");
    return;
  }
  const char *kind = result->outcome == CASE_BROKEN ? "error" : "failure";
  StrBuf reason = {0}, text = {0};
  put_reason(result, &reason);
  report_case(result, &diff_style_plain, &text);
  strbuf_printf(out, ">\n      <%s message=\"", kind);
  put_xml(strbuf_str(&reason), out);
  strbuf_puts(out, "\">");
  put_xml(strbuf_str(&text), out);
  strbuf_printf(out, "</%s>\n    </testcase>\n", kind);
  strbuf_release(&reason);
  strbuf_release(&text);
}

/* The entries of one file stand together: they are a test suite of it. */
static uint32_t end_of_file(const Suite *suite, uint32_t begin) {
  uint32_t end = begin;
  Str file = suite->entries.items[begin].test->file;
  while (end < suite->entries.len && str_eq(suite->entries.items[end].test->file, file)) end++;
  return end;
}

static void put_testsuite(const Suite *suite, uint32_t begin, uint32_t end, StrBuf *out) {
  unsigned failures = 0, errors = 0;
  int64_t elapsed = 0;
  for (uint32_t i = begin; i < end; i++) {
    const CaseResult *result = suite->entries.items[i].result;
    errors += result->outcome == CASE_BROKEN;
    failures += result->outcome == CASE_FAILED && !result->updated;
    elapsed += result->elapsed_ns;
  }
  strbuf_puts(out, "  <testsuite name=\"");
  put_xml(suite->entries.items[begin].test->file, out);
  strbuf_printf(out, "\" tests=\"%u\" failures=\"%u\" errors=\"%u\" time=\"%.6f\">\n", end - begin, failures, errors,
                (double)elapsed / 1e9);
  for (uint32_t i = begin; i < end; i++) put_testcase(&suite->entries.items[i], out);
  strbuf_puts(out, "  </testsuite>\n");
}

void report_junit(const Suite *suite, StrBuf *out) {
  strbuf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"weir test\" tests=\"%u\" "
                "failures=\"%u\" errors=\"%u\" time=\"%.6f\">\n", suite->entries.len, suite->failed - suite->broken,
                suite->broken, (double)suite->elapsed_ns / 1e9);
  for (uint32_t begin = 0, end; begin < suite->entries.len; begin = end) {
    end = end_of_file(suite, begin);
    put_testsuite(suite, begin, end, out);
  }
  strbuf_puts(out, "</testsuites>\n");
}

/* ---- TAP -------------------------------------------------------------------------------------- */

/* # begins a directive in a description. */
static void put_description(Str text, StrBuf *out) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '#' || text.ptr[i] == '\\') strbuf_putc(out, '\\');
    strbuf_putc(out, (unsigned char)text.ptr[i] < 0x20 ? ' ' : text.ptr[i]);
  }
}

static void put_point(const SuiteEntry *entry, unsigned number, StrBuf *out) {
  strbuf_printf(out, "%s %u - ", is_good(entry->result) ? "ok" : "not ok", number);
  put_description(entry->test->file, out);
  strbuf_puts(out, ": ");
  put_description(entry->test->name, out);
  strbuf_putc(out, '\n');
  if (is_good(entry->result)) return;
  StrBuf text = {0};
  report_case(entry->result, &diff_style_plain, &text);
  strbuf_puts(out, "  ---\n  message: |\n");
  Str line, rest = strbuf_str(&text);
  while (str_cut(rest, '\n', &line, &rest)) strbuf_printf(out, "    " STR_FMT "\n", STR_ARG(line));
  strbuf_puts(out, "  ...\n");
  strbuf_release(&text);
}

void report_tap(const Suite *suite, StrBuf *out) {
  strbuf_printf(out, "TAP version 14\n1..%u\n", suite->entries.len);
  for (uint32_t i = 0; i < suite->entries.len; i++) put_point(&suite->entries.items[i], i + 1, out);
}
