/* test_kafka_stats.c: reading librdkafka's statistics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "connectors/kafka/stats.h"

/* The number and state of each partition, for example "0+ 1-". */
static void expect(const char *json, const char *expected) {
  StatsPartitions found = {0};
  StrBuf text = {0};
  stats_partitions(str_from(json), STR("flights"), 3000000, &found);
  for (uint32_t i = 0; i < found.len; i++) {
    strbuf_printf(&text, "%s%d%c", i ? " " : "", found.items[i].number, found.items[i].reachable ? '+' : '-');
  }
  assert_string_equal(text.ptr ? text.ptr : "", expected);
  strbuf_release(&text);
  vec_release(&found);
}

#define TOPIC(partitions) \
  ", \"topics\":{\"other\":{}, \"flights\":{\"topic\":\"flights\", \"partitions\":{" partitions "}}}}"
#define PARTITION(number, leader) "\"" number "\":{\"partition\":" number ", \"leader\":" leader ", \"unknown\":false}"

static void test_leaders(void **state) {
  (void)state;
  expect("{\"brokers\":{\"a:9/1\":{\"nodeid\":1, \"state\":\"UP\", \"rxidle\":400000},"
         "\"b:9/2\":{\"nodeid\":2, \"state\":\"CONNECT\", \"rxidle\":400000},"
         "\"c:9/3\":{\"nodeid\":3, \"state\":\"UP\", \"rxidle\":9000000},"
         "\"d:9/4\":{\"nodeid\":4, \"state\":\"UP\", \"rxidle\":-1}}"
         TOPIC(PARTITION("0", "1") "," PARTITION("1", "2") "," PARTITION("2", "3") "," PARTITION("3", "4") ","
               PARTITION("4", "-1") "," PARTITION("5", "77") "," PARTITION("-1", "-1")),
         "0+ 1- 2- 3- 4- 5-");
}

static void test_partitions_that_are_only_wished_for(void **state) {
  (void)state;
  expect("{\"brokers\":{}" TOPIC("\"7\":{\"partition\":7, \"leader\":-1, \"unknown\":true}"), "");
}

static void test_what_is_no_statistics(void **state) {
  (void)state;
  expect("", "");
  expect("{}", "");
  expect("{\"brokers\":{}, \"topics\":{}}", "");
  expect("{\"brokers\":[], \"topics\":{\"flights\":{\"partitions\":{\"0\":{\"partition\":0", "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_leaders),
      cmocka_unit_test(test_partitions_that_are_only_wished_for),
      cmocka_unit_test(test_what_is_no_statistics),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
