/* cmd_version.c: `weir --version`: the program's version and those of the libraries it runs with, as the libraries
** tell them at run time where they do, else as found when the program was built. */
#include <csv.h>
#include <librdkafka/rdkafka.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <utf8proc.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "cli/command.h"
#include "cli/term.h"

typedef struct VersionOptions {
  int format; /* 2: json */
} VersionOptions;

typedef struct Library { const char *name; char version[64]; } Library;

enum { LIBRARIES = 9 };

static void set_version(Library *library, const char *name, const char *version) {
  library->name = name;
  snprintf(library->version, sizeof library->version, "%s", version);
}

static void collect(Library libraries[LIBRARIES]) {
  char pcre2[64] = "?", xxhash[32], csv[32];
  if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) < (int)sizeof pcre2) pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
  pcre2[strcspn(pcre2, " ")] = 0; /* a date follows */
  unsigned xx = XXH_versionNumber();
  snprintf(xxhash, sizeof xxhash, "%u.%u.%u", xx / 10000, xx / 100 % 100, xx % 100);
  snprintf(csv, sizeof csv, "%d.%d.%d", CSV_MAJOR, CSV_MINOR, CSV_RELEASE);
  set_version(&libraries[0], "librdkafka", rd_kafka_version_str());
  set_version(&libraries[1], "simdjson", SIMDJSON_VERSION_TEXT);
  set_version(&libraries[2], "unixODBC", ODBC_VERSION_TEXT);
  set_version(&libraries[3], "libcsv", csv);
  set_version(&libraries[4], "pcre2", pcre2);
  set_version(&libraries[5], "utf8proc", utf8proc_version());
  set_version(&libraries[6], "xxhash", xxhash);
  set_version(&libraries[7], "zlib", zlibVersion());
  set_version(&libraries[8], "zstd", ZSTD_versionString());
}

static int run_version(const void *options, const ArgTexts *words) {
  const VersionOptions *given = options;
  bool json = given->format == 2;
  Library libraries[LIBRARIES];
  collect(libraries);
  StrBuf text = {0};
  strbuf_printf(&text, json ? "{\"version\":\"%s\",\"libraries\":{" : "weir %s\n", WEIR_VERSION);
  for (unsigned i = 0; i < LIBRARIES; i++) {
    if (json) strbuf_printf(&text, "%s\"%s\":\"%s\"", i ? "," : "", libraries[i].name, libraries[i].version);
    else strbuf_printf(&text, "  %-10s %s\n", libraries[i].name, libraries[i].version);
  }
  if (json) strbuf_puts(&text, "}}\n");
  return term_print(&text);
}

static const ArgDef args[] = {
  {"format", ARG_CHOICE, offsetof(VersionOptions, format), .choices = "text|json", .doc = "text, or a JSON object"},
  {0},
};

const Command cmd_version = {
  .name = "version",
  .usage = "[--format json]",
  .summary = "show the version, also of the libraries in use (weir --version)",
  .examples = "weir --version",
  .args = args,
  .options_bytes = sizeof(VersionOptions),
  .words = "no words",
  .run = run_version,
};
