/* scalar_event.c: what is known of an event beside its payload. Both are columns of the row at hand that the binder
** provides (bind/metadata.c); their rows here document them. */
#include "functions/families.h"

#include "functions/kernel.h"

const ScalarFn scalar_event[] = {
    {.name = "System.Timestamp", .min_args = 0, .max_args = 0, .args = {FN_ANY}, .result = MASK(TYPE_DATETIME),
     .flags = FN_BOUND, .signature = "System.Timestamp()",
     .doc = "The time of the row: of an event what TIMESTAMP BY says, else its arrival; of a group the end of its "
            "window. The brackets may be left out.",
     .null_rule = "never NULL", .examples = "GetType(System.Timestamp()) = 'datetime'"},
    {.name = "GetMetadataPropertyValue", .min_args = 2, .max_args = 2, .args = {FN_ANY}, .result = FN_ANY,
     .flags = FN_BOUND, .signature = "GetMetadataPropertyValue(input, 'property')",
     .doc = "What the transport knows of the event. 'EventId' is a text that is the same each time the event is read: "
            "partition or file, and offset. 'PartitionId', 'Offset', 'Key', 'BlobName', 'EventEnqueuedUtcTime' and "
            "'EventProcessedUtcTime' are single properties; 'EventHub' and 'Kafka' (PartitionId, Offset, Key, "
            "EventEnqueuedUtcTime), 'BlobStorage' and 'File' (BlobName, Offset) are records of them, and "
            "'[Kafka].[Offset]' is one member. '[User].[name]' and '[IoTHub].[name]' are a header of the message, "
            "'User' is the record of all. The offset of a file is the byte where the event begins.",
     .null_rule = "what the transport does not know is NULL",
     .examples = "GetMetadataPropertyValue(input, 'EventId') = '0:0'\n"
                 "GetMetadataPropertyValue(input, '[EventHub].[Offset]') = 0\n"
                 "GetMetadataPropertyValue(input, 'Kafka').PartitionId = 0\n"
                 "GetMetadataPropertyValue(input, '[User].[tenant]') = NULL"},
    {.name = NULL},
};
