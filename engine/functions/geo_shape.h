/* geo_shape.h: points, lines and polygons on the globe, and how they lie to each other.
**
** A shape comes from a GeoJSON record or from WKT text. Edges are the shortest arcs between their ends (great
** circles), so nothing special happens at the antimeridian or at the poles. The inside of a polygon is on the left
** of its ring: a counter-clockwise ring is what one draws on a map, a clockwise one means the rest of the globe.
** A polygon has one ring (no holes). What lies on a ring, within about a tenth of a millimetre, is neither inside
** nor outside. Ownership: points live in the arena given to shape_read. Thread: read-only once read. */
#ifndef WEIR_FUNCTIONS_GEO_SHAPE_H
#define WEIR_FUNCTIONS_GEO_SHAPE_H

#include "types/value.h"

typedef enum ShapeKind { SHAPE_POINT, SHAPE_LINE, SHAPE_POLYGON } ShapeKind;

typedef struct GeoVector { double x, y, z; } GeoVector; /* a unit vector */

typedef struct GeoPoint {
  double    latitude, longitude; /* degrees */
  GeoVector at;
} GeoPoint;

typedef struct Shape {
  ShapeKind kind;
  GeoPoint *points; /* a ring is closed: its last point equals its first */
  uint32_t  len;
} Shape;

/* False with a reason when the value is no shape. The reason is a short phrase: "the ring is not closed". */
bool shape_read(const Value *value, Arena *arena, Shape *out, const char **reason);
/* Checks what shape_read does for shapes made from points: enough of them, a closed ring. */
bool shape_check(const Shape *shape, const char **reason);
bool geo_point_set(double latitude, double longitude, GeoPoint *out); /* false: not on the globe */
void shape_print(const Shape *shape, StrBuf *out);                    /* GeoJSON */

double shape_distance(const GeoPoint *a, const GeoPoint *b); /* metres, WGS 84 geodesic */
bool   shape_within(const Shape *inner, const Shape *polygon);
bool   shape_intersects(const Shape *a, const Shape *b);     /* any point in common */
bool   shape_overlaps(const Shape *a, const Shape *b);       /* polygons: insides meet, neither holds the other */

#endif
