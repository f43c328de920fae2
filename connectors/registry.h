/* registry.h: every connector and format of the program, as the engine wants them (engine/io/registry.h).
** Commands hand this to the engine; tests may hand over a smaller one. Read-only; thread: any. */
#ifndef WEIR_CONNECTORS_REGISTRY_H
#define WEIR_CONNECTORS_REGISTRY_H

#include "io/registry.h"

const IoRegistry *connectors_registry(void);

#endif
