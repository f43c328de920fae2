/* odbc_server.h: a database server of the test's own, through a script of tests/support. */
#ifndef WEIR_TESTS_ODBC_SERVER_H
#define WEIR_TESTS_ODBC_SERVER_H

#include "odbc_fixture.h"

typedef struct Server {
  const char *script;   /* "postgres.sh" */
  const char *driver;   /* "Driver={PostgreSQL}" */
  char folder[64];
  char port[16];        /* empty until it was started once; then it keeps it */
} Server;

static inline bool server_do(Server *server, const char *verb, char *out, size_t cap) {
  char line[512], unused[512];
  const char *source = getenv("WEIR_SOURCE"); /* ctest sets it */
  if (out == NULL) out = unused, cap = sizeof unused;
  snprintf(line, sizeof line, "%s/tests/support/%s %s %s %s 2>&1", source ? source : ".", server->script, verb,
           server->folder, strcmp(verb, "start") == 0 ? server->port : "");
  FILE *pipe = popen(line, "r");
  size_t len = fread(out, 1, cap - 1, pipe);
  out[len] = '\0';
  while (len && out[len - 1] == '\n') out[--len] = '\0';
  return pclose(pipe) == 0;
}

/* False, with one line that says why, when the database is not installed. */
static inline bool server_start(Server *server) {
  char out[512];
  if (!server_do(server, "start", out, sizeof out)) {
    print_message("skipped: %s\n", out);
    return false;
  }
  snprintf(server->port, sizeof server->port, "%.15s", out);
  return true;
}

/* False, with one line that says why, when the driver is not installed. */
static inline bool server_has_driver(const Server *server) {
  Arena arena;
  Error err;
  OdbcTarget target;
  arena_init(&arena);
  bool has = odbc_target_parse(&arena, str_from(server->driver), ODBC_READ, "test", &target, &err) == STATUS_OK;
  if (!has) print_message("skipped: %s; %s\n", err.message, err.hint);
  arena_release(&arena);
  return has;
}

/* Starts a server, runs the tests and removes the server. The result of main. */
static inline int server_run(Server *server, const struct CMUnitTest *tests, size_t count) {
  if (!server_has_driver(server)) return 0;
  snprintf(server->folder, sizeof server->folder, "/tmp/weir-server-XXXXXX");
  if (mkdtemp(server->folder) == NULL) return 1;
  bool started = server_start(server);
  int failed = started ? _cmocka_run_group_tests(server->script, tests, count, NULL, NULL) : 0;
  server_do(server, "stop", NULL, 0);
  rmdir(server->folder); /* when the script had nothing to stop */
  return failed;
}

#endif
