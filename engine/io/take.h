/* take.h: the options of one WHERE, sorted to their owners.
**
** A WHERE holds options of the connector and of the format side by side. A connector takes its own at open
** and leaves the format's to the engine; a name that is nobody's is an error that suggests the nearest. */
#ifndef WEIR_IO_TAKE_H
#define WEIR_IO_TAKE_H

#include "io/options.h"

/* Asked about a pair no table has; sets *taken when it is welcome (librdkafka properties). */
typedef Status OptionRestFn(void *context, const OptionPair *pair, bool *taken, Error *err);

typedef struct OptionTake {
  const OptionDef   *own;     /* table of the struct `into` */
  void              *into;    /* filled: defaults first, then what the pairs say */
  const OptionPairs *pairs;   /* borrowed */
  const OptionDef   *format;  /* rows that are left alone; NULL: none */
  const char        *who;     /* for messages: the input or output */
  OptionRestFn      *rest;    /* NULL: nothing else is welcome */
  void              *rest_context;
} OptionTake;

/* Text is copied into the arena. STATUS_CONFIG for a bad value, a missing required one or an unknown name. */
Status options_take(const OptionTake *take, Arena *arena, Error *err);

#endif
