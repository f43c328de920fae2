/* temp_folder.h: a folder of its own for every test: set-up makes it, tear-down removes it with what is in it.
** cmocka_unit_test_setup_teardown(test, make_folder, drop_folder). */
#ifndef WEIR_TESTS_TEMP_FOLDER_H
#define WEIR_TESTS_TEMP_FOLDER_H

#include <stdio.h>
#include <stdlib.h>

static char folder[64];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s", "/tmp/weir-test-XXXXXX");
  return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

#endif
