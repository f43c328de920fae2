/* geodesic_metres.h: distances on the WGS 84 ellipsoid, by PROJ's geodesic routines.
**
** The library is loaded when the first query that measures a distance is compiled: it brings a dozen other libraries
** along, and a program that checks a query should not wait for them. Thread: any, once geodesic_load has succeeded. */
#ifndef WEIR_FUNCTIONS_GEODESIC_METRES_H
#define WEIR_FUNCTIONS_GEODESIC_METRES_H

#include "base/status.h"

/* STATUS_WORLD when the library is not installed. */
Status geodesic_load(Error *err);
/* Degrees in, metres out. geodesic_load has succeeded. */
double geodesic_metres(double latitude_a, double longitude_a, double latitude_b, double longitude_b);

#endif
