/* test_event_metadata.c: GetMetadataPropertyValue over the memory source, a Kafka topic and a file. */
#include "unit/kafka/kafka_bench.h"

#include <unistd.h>

#include "api.h"
#include "connectors/memory/memory.h"
#include "connectors/registry.h"

static void run_plan(PlanScript *plan, const char *where, Ticks until_idle) {
  JobBinding input = {.name = STR("input"), .where = str_from(where)};
  JobBinding output = {.name = plan->outputs[0]->name, .where = STR("memory:rows")};
  JobSpec spec = {.name = "metadata", .query_file = "query", .inputs = &input, .inputs_len = 1, .outputs = &output,
                  .outputs_len = 1, .runtime_errors = RUNTIME_ERRORS_STOP, .start = START_EARLIEST, .threads = 1,
                  .until_idle = until_idle, .quarantine = "/dev/null", .registry = connectors_registry()};
  Error err = {0};
  Job *job;
  if (job_open(&spec, plan, &job, &err) != STATUS_OK) fail_msg("%s", err.message);
  Status status = job_run(job, &err);
  job_close(job);
  if (status != STATUS_OK) fail_msg("%s", err.message);
}

/* The rows of the query over the source, a line each. */
static void expect_rows(const char *query, const char *where, Ticks until_idle, const char *expected) {
  SourceText source = {0};
  BindInput input = {.name = STR("input")};
  BindOptions options = {.inputs = &input, .inputs_len = 1, .closed = true, .compat = 12};
  source_text_init(&source, STR("query"), str_from(query));
  Compiled *compiled = compile_query(&source, &options);
  if (!compiled->plan) fail_msg("%s", compiled->diags.items.items[0].message.ptr);
  run_plan(compiled->plan, where, until_idle);
  compiled_free(compiled);
  source_text_release(&source);
  StrBuf text = {0};
  unsigned count;
  char **rows = memory_sink_rows("rows", &count);
  for (unsigned i = 0; i < count; i++) strbuf_printf(&text, "%s%s", i ? "\n" : "", rows[i]);
  assert_string_equal(text.ptr ? text.ptr : "", expected);
  mem_free(rows);
  strbuf_release(&text);
}

static int forget(void **state) {
  memory_reset();
  return 0;
}

#define CALL(name) "GetMetadataPropertyValue(input, '" name "')"

static void properties_of_messages(void **state) {
  memory_source_define("m", 2);
  memory_source_record("m", 0, 7, STR("{}"), STR("k\xc3\xb6"), STR("{\"tenant\":\"north\",\"Level\":\"3\"}"));
  memory_source_record("m", 1, 8, STR("{}"), STR(""), STR("{\"TENANT\":\"south\"}"));
  memory_source_record("m", 1, 9, STR("{}"), STR("\xff"), STR(""));
  expect_rows("SELECT " CALL("EventId") " AS id, " CALL("[EventHub].[Offset]") " AS o, " CALL("Kafka.Partition")
              " AS p, " CALL("Key") " AS k, " CALL("[User].[tenant]") " AS t, " CALL("BlobName") " AS b FROM input",
              "memory:m", 0,
              "{\"id\":\"0:7\",\"o\":7,\"p\":0,\"k\":\"k\xc3\xb6\",\"t\":\"north\",\"b\":null}\n"
              "{\"id\":\"1:8\",\"o\":8,\"p\":1,\"k\":null,\"t\":\"south\",\"b\":null}\n"
              "{\"id\":\"1:9\",\"o\":9,\"p\":1,\"k\":null,\"t\":null,\"b\":null}");
}

static void records_of_properties(void **state) {
  memory_source_define("m", 1);
  memory_source_record("m", 0, 7, STR("{}"), STR("k"), STR("{\"tenant\":\"north\"}"));
  expect_rows("SELECT s.u AS u, s.e.Offset AS o, s.e.[Key] AS k, GetType(s.e) AS t, s.f AS f FROM (SELECT "
              CALL("User") " AS u, " CALL("Kafka") " AS e, " CALL("File") " AS f FROM input) s",
              "memory:m", 0,
              "{\"u\":{\"tenant\":\"north\"},\"o\":7,\"k\":\"k\",\"t\":\"record\","
              "\"f\":{\"BlobName\":null,\"Offset\":7}}");
}

static void several_rows_of_a_message(void **state) {
  memory_source_define("m", 1);
  memory_source_record("m", 0, 5, STR("[{},{},{}]"), STR("k"), STR("{\"a\":\"1\"}"));
  memory_source_record("m", 0, 6, STR("{}"), STR(""), STR(""));
  expect_rows("SELECT " CALL("EventId") " AS id, " CALL("[IoTHub].[a]") " AS a FROM input WHERE " CALL("Offset") " > 4",
              "memory:m", 0,
              "{\"id\":\"0:5\",\"a\":\"1\"}\n{\"id\":\"0:5:1\",\"a\":\"1\"}\n{\"id\":\"0:5:2\",\"a\":\"1\"}\n"
              "{\"id\":\"0:6\",\"a\":null}");
}

/* The source hands headers on because the query reads them. */
static void headers_of_a_topic(void **state) {
  rd_kafka_t *producer = producer_new();
  make_topic("metadata", 1);
  rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("metadata"), RD_KAFKA_V_PARTITION(0),
                    RD_KAFKA_V_VALUE((void *)(uintptr_t)"{\"x\":1}", 7), RD_KAFKA_V_KEY("k1", 2),
                    RD_KAFKA_V_HEADER("tenant", "north", 5), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                    RD_KAFKA_V_END);
  produce(producer, "metadata", 0, NULL, "{\"x\":2}", 1000);
  produced(producer);
  expect_rows("SELECT x, " CALL("EventId") " AS id, " CALL("[User].[tenant]") " AS t, " CALL("[Kafka].[Key]")
              " AS k FROM input",
              "kafka://embedded/metadata?start=earliest", TICKS_PER_SECOND,
              "{\"x\":1,\"id\":\"0:0\",\"t\":\"north\",\"k\":\"k1\"}\n{\"x\":2,\"id\":\"0:1\",\"t\":null,\"k\":null}");
  rd_kafka_destroy(producer);
}

static void offsets_in_a_file(void **state) {
  char path[] = "/tmp/weir-metadata-XXXXXX";
  int fd = mkstemp(path);
  static const char events[] = "{\"x\":1}\n{\"x\":2}\n";
  assert_int_equal(write(fd, events, sizeof events - 1), sizeof events - 1);
  close(fd);
  expect_rows("SELECT x, CAST(CASE WHEN " CALL("EventId") " = BlobName + ':' + CAST(" CALL("[File].[Offset]")
              " AS nvarchar(max)) THEN 1 ELSE 0 END AS bit) AS id, " CALL("Offset") " AS o, " CALL("Key")
              " AS k FROM input",
              path, 0,
              "{\"x\":1,\"id\":true,\"o\":0,\"k\":null}\n{\"x\":2,\"id\":true,\"o\":8,\"k\":null}");
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(properties_of_messages, forget),
      cmocka_unit_test_teardown(records_of_properties, forget),
      cmocka_unit_test_teardown(several_rows_of_a_message, forget),
      cmocka_unit_test_teardown(headers_of_a_topic, forget),
      cmocka_unit_test_teardown(offsets_in_a_file, forget),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
