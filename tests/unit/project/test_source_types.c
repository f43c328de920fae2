/* test_source_types.c: what the properties of each DataSourceType become as a WHERE, taken apart again as a job does
** it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/project/binding_file.h"
#include "connectors/registry.h"

typedef struct Read { JobDesc desc; DescBinding binding; } Read;

static void read_binding(Read *read, bool output, const char *blobs, const char *json) {
  Error err = {0};
  *read = (Read){0};
  arena_init(&read->desc.arena);
  read->desc.notes.arena = &read->desc.arena;
  DescOptions options = {.registry = connectors_registry(), .blobs = blobs};
  JsonNode *root = json_parse_tree(&read->desc.arena, str_from(json), &err);
  assert_non_null(root);
  BindingFile file = {.desc = &read->desc, .options = &options, .path = STR("p/Inputs/x.json"), .root = root,
                      .folder = STR("p/Inputs"), .output = output, .into = &read->binding};
  assert_int_equal(binding_file_read(&file, &err), STATUS_OK);
}

/* options: all of them as name=value, a line each. */
static void expect(bool output, const char *blobs, const char *json, const char *scheme, const char *target,
                   const char *options) {
  Read read;
  Where where;
  Error err = {0};
  StrBuf found = {0};
  read_binding(&read, output, blobs, json);
  assert_int_equal(where_parse(&read.desc.arena, read.binding.where, &where, &err), STATUS_OK);
  strbuf_printf(&found, STR_FMT " " STR_FMT "\n", STR_ARG(where.scheme), STR_ARG(where.target));
  for (uint32_t i = 0; i < where.options.len; i++)
    strbuf_printf(&found, STR_FMT "=" STR_FMT "\n", STR_ARG(where.options.items[i].name),
                  STR_ARG(where.options.items[i].value));
  StrBuf wanted = {0};
  strbuf_printf(&wanted, "%s %s\n%s", scheme, target, options);
  assert_string_equal(found.ptr, wanted.ptr);
  assert_int_equal(read.binding.problem.len, 0);
  strbuf_release(&found);
  strbuf_release(&wanted);
  where_release(&where);
  arena_release(&read.desc.arena);
}

static void refuse(bool output, const char *json, const char *problem) {
  Read read;
  read_binding(&read, output, NULL, json);
  assert_string_equal(arena_cstr(&read.desc.arena, read.binding.problem), problem);
  assert_int_equal(read.binding.where.len, 0);
  arena_release(&read.desc.arena);
}

/* ---- Event Hubs and IoT hubs ------------------------------------------------------------------ */

#define HUB(namespace, key, more)                                                                                  \
  "{\"Name\":\"x\",\"Type\":\"Data Stream\",\"DataSourceType\":\"Event Hub\",\"EventHubProperties\":{"             \
  "\"ServiceBusNamespace\":\"" namespace "\",\"EventHubName\":\"h\",\"SharedAccessPolicyName\":\"p\","             \
  "\"SharedAccessPolicyKey\":\"" key "\"" more "}}"
#define LOGIN(host, key)                                                                                           \
  "security.protocol=SASL_SSL\nsasl.mechanisms=PLAIN\nsasl.username=$ConnectionString\n"                           \
  "sasl.password=Endpoint=sb://" host "/;SharedAccessKeyName=p;SharedAccessKey=" key "\nformat=json\n"

static void event_hubs_have_a_kafka_endpoint(void **state) {
  const char *target = "ns.servicebus.windows.net:9093/h", *login = LOGIN("ns.servicebus.windows.net", "a+b/&%41==");
  expect(false, NULL, HUB("ns", "a+b/&%41==", ""), "kafka", target, login);
  expect(false, NULL, HUB("ns.servicebus.windows.net", "a+b/&%41==", ""), "kafka", target, login);
  expect(false, NULL, HUB("sb://ns.servicebus.windows.net/", "a+b/&%41==", ""), "kafka", target, login);
  expect(false, NULL, HUB("localhost:9092", "k", ""), "kafka", "localhost:9092/h", LOGIN("localhost", "k"));
  setenv("WEIR_TEST_KEY", "s${x}&", 1);
  expect(false, NULL, HUB("ns", "${WEIR_TEST_KEY}", ""), "kafka", target,
         LOGIN("ns.servicebus.windows.net", "s${x}&"));
}

static void consumer_groups_keys_and_properties(void **state) {
  const char *target = "ns.servicebus.windows.net:9093/h";
  expect(false, NULL, HUB("ns", "k", ",\"ConsumerGroupName\":\"$Default\""), "kafka", target,
         LOGIN("ns.servicebus.windows.net", "k"));
  expect(false, NULL, HUB("ns", "k", ",\"ConsumerGroupName\":\"g\""), "kafka", target,
         LOGIN("ns.servicebus.windows.net", "k") "group=g\n");
  expect(true, NULL, HUB("ns", "k", ",\"PartitionKey\":\"d\",\"PropertyColumns\":[\"a\",\"b\"]"), "kafka", target,
         LOGIN("ns.servicebus.windows.net", "k") "key=d\nheaders=a,b\n");
  expect(false, NULL, HUB("ns", "k", "},\"CompressionType\":\"GZip\",\"y\":{"), "kafka", target,
         LOGIN("ns.servicebus.windows.net", "k") "compression=gzip\n");
}

static void hubs_without_a_key(void **state) {
  refuse(false, HUB("ns", "", ""), "no SharedAccessPolicyKey");
  refuse(false, HUB("ns", "***", ""), "no SharedAccessPolicyKey");
  refuse(false, HUB("ns", "<key>", ""), "no SharedAccessPolicyKey");
  refuse(false, HUB("", "${WEIR_TEST_NOWHERE}", ""),
         "no ServiceBusNamespace, environment variable `WEIR_TEST_NOWHERE` is not set");
  refuse(false, HUB("ns", "k", ",\"AuthenticationMode\":\"Msi\""),
         "a managed identity (AuthenticationMode Msi) exists only inside Azure");
  refuse(false, HUB("ns", "k", "},\"Serialization\":{\"Type\":\"Avro\",\"Encoding\":\"UTF16\""),
         "encoding UTF16 (only UTF8 is read and written), "
         "serialization Avro is not in this version (Json and Csv are)");
}

static void iot_hubs_need_their_other_name(void **state) {
  refuse(false, "{\"Name\":\"x\",\"DataSourceType\":\"IoTHub\",\"IoTHubProperties\":{\"IotHubNamespace\":\"h\","
                "\"SharedAccessPolicyName\":\"p\",\"SharedAccessPolicyKey\":\"k\"}}",
         "no EventHubEndpoint and EventHubName (the Event Hub-compatible endpoint of the hub)");
  expect(false, NULL, "{\"Name\":\"x\",\"DataSourceType\":\"IoT Hub\",\"IoTHubProperties\":{\"IotHubNamespace\":\"h\","
                      "\"EventHubEndpoint\":\"sb://io.servicebus.windows.net/\",\"EventHubName\":\"e\","
                      "\"SharedAccessPolicyName\":\"p\",\"SharedAccessPolicyKey\":\"k\"}}",
         "kafka", "io.servicebus.windows.net:9093/e", LOGIN("io.servicebus.windows.net", "k"));
}

/* ---- databases -------------------------------------------------------------------------------- */

static void sql_secrets_and_tables(void **state) {
  expect(true, NULL, "{\"Name\":\"x\",\"DataSourceType\":\"SQL Database\",\"SQLDatabaseProperties\":{\"Server\":\"s\","
                     "\"Database\":\"d\",\"User\":\"u\",\"Password\":\"a}b;?$${c\",\"Table\":\"dbo.t\","
                     "\"MaxBatchCount\":500}}",
         "odbc", "Driver={ODBC Driver 18 for SQL Server};Server=s.database.windows.net;Database=d;Uid=u;"
                 "Pwd={a}}b;?${c};Encrypt=yes", "table=dbo.t\ntransaction-rows=500\n");
}

static void reference_data_out_of_sql(void **state) {
  expect(false, NULL,
         "{\"Name\":\"x\",\"Type\":\"Reference data\",\"DataSourceType\":\"SQL Database\","
         "\"SQLDatabaseProperties\":null,"
         "\"SqlReferenceInputInfo\":{\"Server\":\"h.example,1433\",\"Database\":\"d\",\"User\":\"u\","
         "\"Password\":\"w\","
         "\"Driver\":\"FreeTDS\",\"FullSnapshotQuery\":\"SELECT a&b\","
         "\"RefreshType\":\"RefreshPeriodicallyWithDelta\","
         "\"DeltaSnapshotQuery\":\"SELECT 1\",\"RefreshRate\":\"00:05:30\"}}",
         "odbc", "Driver={FreeTDS};Server=h.example,1433;Database=d;Uid=u;Pwd=w;Encrypt=yes",
         "query=SELECT a&b\nrefresh=00h05m30s\ndelta=SELECT 1\n");
}

static void odbc_has_a_shape_of_its_own(void **state) {
  expect(true, NULL, "{\"Name\":\"x\",\"DataSourceType\":\"ODBC\",\"ODBCProperties\":{\"ConnectionString\":\"DSN=w\","
                     "\"Table\":\"t\",\"Mode\":\"upsert\",\"Key\":\"a,b\",\"Create\":true},"
                     "\"Options\":{\"on-conflict\":\"skip\"}}",
         "odbc", "DSN=w", "table=t\nmode=upsert\nkey=a,b\ncreate=true\non-conflict=skip\n");
}

/* ---- files ------------------------------------------------------------------------------------ */

#define BLOB(block, type, pattern, more)                                                                           \
  "{\"Name\":\"x\",\"Type\":\"" type "\",\"DataSourceType\":\"Blob Storage\",\"" block "\":{\"Container\":\"c\","  \
  "\"PathPattern\":\"" pattern "\",\"DateFormat\":\"yyyy-MM-dd\",\"TimeFormat\":\"HH/mm\"}" more "}"

static void blob_storage_is_a_folder(void **state) {
  const char *csv = ",\"Serialization\":{\"Type\":\"Csv\",\"FieldDelimiter\":\";\"}";
  char text[512];
  expect(false, "b", BLOB("BlobStorageProperties", "Data Stream", "in/{date}/{time}/*.json", ""), "file",
         "b/c/in/*-*-*/*/*/*.json", "format=json\n");
  expect(true, "b", BLOB("BlobStorageProperties", "", "out/{date}/{time}/{DeviceId}", ""), "file",
         "b/c/out/{datetime:yyyy}-{datetime:MM}-{datetime:dd}/{datetime:HH}/{datetime:mm}/{DeviceId}/x.json",
         "format=json\n");
  snprintf(text, sizeof text, BLOB("BlobReferenceProperties", "Reference data", "r/{date}/x.csv", "%s"), csv);
  expect(false, "b", text, "file", "b/c/r/{date}/x.csv", "format=csv\ndelimiter=;\ndate-format=yyyy-MM-dd\n");
  refuse(false, BLOB("BlobStorageProperties", "Data Stream", "in", ""),
         "no folder in place of the storage account (--blobs DIR)");
}

static void kafka_has_a_shape_of_its_own(void **state) {
  expect(false, NULL, "{\"Name\":\"x\",\"DataSourceType\":\"Kafka\",\"KafkaProperties\":{\"Brokers\":\"a:1,b:2\","
                      "\"Topic\":\"t\",\"ConsumerGroupName\":\"g\",\"Start\":\"earliest\","
                      "\"SecurityProtocol\":\"SASL_SSL\",\"SaslMechanism\":\"PLAIN\",\"Username\":\"u\","
                      "\"Password\":\"w\",\"Properties\":{\"debug\":\"all\"}}}",
         "kafka", "a:1,b:2/t", "format=json\nsecurity.protocol=SASL_SSL\nsasl.mechanisms=PLAIN\nsasl.username=u\n"
                               "sasl.password=w\ngroup=g\nstart=earliest\ndebug=all\n");
}

static void secrets_are_hidden(void **state) {
  Read read;
  Where where;
  Error err;
  read_binding(&read, false, NULL, HUB("ns", "hush", ""));
  assert_int_equal(where_parse(&read.desc.arena, read.binding.where, &where, &err), STATUS_OK);
  assert_null(strstr(arena_cstr(&read.desc.arena, where.printable), "hush"));
  where_release(&where);
  arena_release(&read.desc.arena);
}

static void keys_that_are_misspelt(void **state) {
  Read read;
  read_binding(&read, false, NULL, HUB("ns", "k", ",\"EventHubNam\":\"z\",\"Wholly\":1,\"PartitionKey\":null"));
  assert_int_equal(read.desc.notes.items.len, 2);
  assert_true(read.desc.notes.items.items[0].warning);
  assert_string_equal(read.desc.notes.items.items[0].text.ptr,
                      "p/Inputs/x.json: the key `EventHubNam` is ignored; did you mean `EventHubName`?");
  assert_false(read.desc.notes.items.items[1].warning);
  arena_release(&read.desc.arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(event_hubs_have_a_kafka_endpoint), cmocka_unit_test(consumer_groups_keys_and_properties),
      cmocka_unit_test(hubs_without_a_key), cmocka_unit_test(iot_hubs_need_their_other_name),
      cmocka_unit_test(sql_secrets_and_tables), cmocka_unit_test(reference_data_out_of_sql),
      cmocka_unit_test(odbc_has_a_shape_of_its_own), cmocka_unit_test(blob_storage_is_a_folder),
      cmocka_unit_test(kafka_has_a_shape_of_its_own), cmocka_unit_test(secrets_are_hidden),
      cmocka_unit_test(keys_that_are_misspelt)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
