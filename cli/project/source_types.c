/* source_types.c: the DataSourceTypes of projects, a row each. The rows without a function name what cannot run yet. */
#include "cli/project/source_types.h"

const SourceType source_types[] = {
  {"Local Input", NULL, NULL, bind_local},
  {"Local Output", NULL, NULL, bind_local},
  {"Kafka", "KafkaProperties",
   "Brokers|Topic|ConsumerGroupName|Start|PartitionKey|SecurityProtocol|SaslMechanism|Username|Password|Properties",
   bind_kafka},
  {"ODBC", "ODBCProperties",
   "ConnectionString|Table|Query|Delta|Refresh|Mode|Key|Create|OnConflict|BatchRows|TransactionRows|RetryTimeout|"
   "LoginTimeout",
   bind_odbc},
  {"Event Hub", "EventHubProperties",
   "ServiceBusNamespace|EventHubName|SharedAccessPolicyName|SharedAccessPolicyKey|ConsumerGroupName|AuthenticationMode|"
   "PartitionKey|PropertyColumns|PartitionCount|Properties",
   bind_event_hub},
  {"IoT Hub", "IoTHubProperties",
   "IotHubNamespace|SharedAccessPolicyName|SharedAccessPolicyKey|ConsumerGroupName|Endpoint|EventHubEndpoint|"
   "EventHubName|AuthenticationMode|Properties",
   bind_iot_hub},
  {"SQL Database", "SQLDatabaseProperties|SqlReferenceInputInfo",
   "Server|Database|User|Password|Table|MaxWriterCount|MaxBatchCount|AuthenticationMode|Driver|FullSnapshotQuery|"
   "FullSnapshotPath|DeltaSnapshotQuery|DeltaSnapshotPath|RefreshType|RefreshRate",
   bind_sql_database},
  {"Blob Storage", "BlobStorageProperties|BlobReferenceProperties",
   "StorageAccounts|Container|PathPattern|DateFormat|TimeFormat|SourcePartitionCount|AuthenticationMode|BlobWriteMode|"
   "BlobPathPrefix",
   bind_blob},
  {"Power BI", "PowellBIProperties|PowerBIProperties"},
  {"Table Storage", "TableStorageProperties"},
  {"Azure Function", "AzureFunctionProperties"},
  {"Service Bus Queue", "ServiceBusQueueProperties"},
  {"Service Bus Topic", "ServiceBusTopicProperties"},
  {"DocumentDB", "DocumentDbProperties"},
  {"Cosmos DB", "DocumentDbProperties"},
  {"GatewayMessageBus"},
  {"Azure Data Lake Store", "AzureDataLakeStoreProperties"},
  {"Azure Data Explorer", "KustoProperties"},
  {"PostgreSQL", "PostgreSQLProperties"},
  {"Azure Synapse Analytics", "DataWarehouseProperties"},
  {0},
};
