/* compile.c: how long a query of a hundred lines takes to compile: lexer, parser, binder and plan, without start and
** files (target: below 2 ms). `bench_compile FILE...` prints the median of many runs of each. */
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "base/clock.h"

enum { RUNS = 501 };

static int by_size(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static int64_t compile_ns(SourceText *source) {
  BindOptions options = {.compat = 12};
  int64_t begin = clock_monotonic_ns();
  Compiled *compiled = compile_query(source, &options);
  int64_t took = clock_monotonic_ns() - begin;
  if (compiled->plan == NULL) {
    fprintf(stderr, "the query does not compile\n");
    exit(1);
  }
  compiled_free(compiled);
  return took;
}

static void measure(const char *path) {
  static int64_t times[RUNS];
  SourceText source;
  Error err;
  unsigned lines = 0;
  if (source_text_load(&source, path, &err) != STATUS_OK) {
    fprintf(stderr, "%s\n", err.message);
    exit(2);
  }
  for (size_t i = 0; i < source.text.len; i++) lines += source.text.ptr[i] == '\n';
  for (unsigned i = 0; i < RUNS; i++) times[i] = compile_ns(&source);
  qsort(times, RUNS, sizeof times[0], by_size);
  printf("%-32s %4u lines %8.3f ms median %8.3f ms least\n", path, lines, (double)times[RUNS / 2] / 1e6,
         (double)times[0] / 1e6);
  source_text_release(&source);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) measure(argv[i]);
  return 0;
}
