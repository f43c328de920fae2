/* kafka.h: topics as inputs and outputs, through librdkafka. */
#ifndef WEIR_CONNECTORS_KAFKA_KAFKA_H
#define WEIR_CONNECTORS_KAFKA_KAFKA_H

#include "io/sink.h"
#include "io/source.h"

extern const SourceClass kafka_source;
extern const SinkClass   kafka_sink;

#endif
