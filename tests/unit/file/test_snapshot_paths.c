/* test_snapshot_paths.c: which files a path with {date} and {time} names, and from when on they hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/file/snapshot_paths.h"
#include "support/temp_folder.h"

static void touch(const char *path) {
  char command[320];
  snprintf(command, sizeof command, "mkdir -p \"$(dirname '%s/%s')\" && : >'%s/%s'", folder, path, folder, path);
  assert_int_equal(system(command), 0);
}

/* What is found, a line a file: time to the second, path behind the folder. */
static const char *find(Arena *arena, const char *path, const char *date_format, const char *time_format) {
  Str full = arena_printf(arena, "%s/%s", folder, path);
  SnapshotPattern pattern;
  Error err = {0};
  Status status =
      snapshot_pattern_init(&pattern, arena, full, str_from(date_format), str_from(time_format), "r", &err);
  size_t skipped = err.message[0] == '/' ? strlen(folder) : 0;
  if (status != STATUS_OK) return arena_printf(arena, "%s", err.message + skipped).ptr;
  SnapshotFiles files = {0};
  snapshot_pattern_find(&pattern, arena, &files);
  Str out = {"", 0};
  for (uint32_t i = 0; i < files.len; i++) {
    char time[DATETIME_TEXT_LEN + 1];
    datetime_print(files.items[i].time, time);
    out = arena_printf(arena, STR_FMT "%.19s %s\n", STR_ARG(out), time, files.items[i].path.ptr + strlen(folder) + 1);
  }
  vec_release(&files);
  snapshot_pattern_release(&pattern);
  return out.ptr;
}

static void files_are_found_by_date_and_time(void **state) {
  (void)state;
  Arena arena;
  arena_init(&arena);
  touch("2026/01/02/10/b.csv");
  touch("2026/01/02/10/a.csv");
  touch("2026/01/02/09/a.csv");
  touch("2025/12/31/23/a.csv");
  touch("2026/13/01/00/a.csv");   /* no month */
  touch("2026/01/02/10/a.json");
  touch("2026/1/2/10/a.csv");
  assert_string_equal(find(&arena, "{date}/{time}/*.csv", "yyyy/MM/dd", "HH"),
                      "2025-12-31T23:00:00 2025/12/31/23/a.csv\n2026-01-02T09:00:00 2026/01/02/09/a.csv\n"
                      "2026-01-02T10:00:00 2026/01/02/10/a.csv\n2026-01-02T10:00:00 2026/01/02/10/b.csv\n");
  assert_string_equal(find(&arena, "{date}/10/[!b].csv", "YYYY/MM/DD", "HH"),
                      "2026-01-02T00:00:00 2026/01/02/10/a.csv\n");
  arena_release(&arena);
}

static void formats_are_free(void **state) {
  (void)state;
  Arena arena;
  arena_init(&arena);
  touch("rows_31.12.2025_235959+x.json");
  touch("rows_31.12.2025_240000+x.json"); /* no hour */
  touch("rows_31x12x2025_235959+x.json"); /* a dot is a dot */
  touch("2026-01/r-2026-01.json");
  touch("2026-01/r-2026-02.json");        /* two dates that differ */
  assert_string_equal(find(&arena, "rows_{date}_{time}+?.json", "dd.MM.yyyy", "HHmmss"),
                      "2025-12-31T23:59:59 rows_31.12.2025_235959+x.json\n");
  assert_string_equal(find(&arena, "{date}/r-{date}.json", "yyyy-MM", "HH"),
                      "2026-01-01T00:00:00 2026-01/r-2026-01.json\n");
  arena_release(&arena);
}

static void what_gives_no_moment_is_said(void **state) {
  (void)state;
  Arena arena;
  arena_init(&arena);
  assert_string_equal(find(&arena, "{time}.json", "yyyy", "HH"), "/{time}.json names no moment: {time} without {date}");
  assert_string_equal(find(&arena, "{date}.json", "MM-dd", "HH"),
                      "/{date}.json names no moment: a part of the date is missing");
  assert_string_equal(find(&arena, "{date}.json", "yyyy-Q", "HH"), "date-format=yyyy-Q is no format of a date");
  assert_true(snapshot_path_has_date(STR("a/{Date}/b")));
  assert_false(snapshot_path_has_date(STR("a/date/b")));
  arena_release(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(files_are_found_by_date_and_time, make_folder, drop_folder),
    cmocka_unit_test_setup_teardown(formats_are_free, make_folder, drop_folder),
    cmocka_unit_test_setup_teardown(what_gives_no_moment_is_said, make_folder, drop_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
