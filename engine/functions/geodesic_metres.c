/* geodesic_metres.c: see geodesic_metres.h. */
#include "functions/geodesic_metres.h"

#include <dlfcn.h>
#include <geodesic.h>
#include <pthread.h>
#include <string.h>

static void (*globe_init)(struct geod_geodesic *, double, double);
static void (*globe_inverse)(const struct geod_geodesic *, double, double, double, double, double *, double *,
                             double *);

static void load(void) {
  void *library = dlopen(WEIR_PROJ_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return;
  void *init = dlsym(library, "geod_init"), *inverse = dlsym(library, "geod_inverse");
  if (init == NULL || inverse == NULL) return;
  memcpy(&globe_init, &init, sizeof init); /* POSIX: a data pointer of dlsym may be a function's */
  memcpy(&globe_inverse, &inverse, sizeof inverse);
}

Status geodesic_load(Error *err) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  if (globe_inverse) return STATUS_OK;
  error_set(err, STATUS_WORLD, "ST_DISTANCE", "distances need the library %s, which cannot be loaded",
            WEIR_PROJ_LIBRARY);
  return error_hint(err, "install PROJ (Debian's package libproj25)");
}

double geodesic_metres(double latitude_a, double longitude_a, double latitude_b, double longitude_b) {
  struct geod_geodesic globe;
  double metres;
  globe_init(&globe, 6378137, 1 / 298.257223563);
  globe_inverse(&globe, latitude_a, longitude_a, latitude_b, longitude_b, &metres, NULL, NULL);
  return metres;
}
