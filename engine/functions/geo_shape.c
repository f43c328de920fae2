/* geo_shape.c: how shapes lie to each other (geo_shape.h); reading and printing them is geo_text.c.
**
** Everything is decided by signs of triple products of unit vectors. Inside a ring: the arc from the point to the
** middle of some edge crosses the other edges a number of times and then reaches that edge from its left or its
** right; left with an even count, or right with an odd one, is inside. An edge for which some sign is too close to
** call is passed over for the next one.
**
** Two polygons whose rings do not cross stand in one of four relations, told apart by whether a piece of each ring
** lies inside the other: apart, one in the other, or together covering the globe. */
#include "functions/geo_shape.h"

#include <math.h>

#include "functions/geodesic_metres.h"

static const double close_to_zero = 1e-15; /* of a triple product of unit vectors, whose error is about half of it */
static const double touching = 2e-11;      /* radians: about 0.1 mm */

/* ---- vectors ---- */

static GeoVector plain_cross(GeoVector a, GeoVector b) {
  return (GeoVector){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
static double dot(GeoVector a, GeoVector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static double length(GeoVector a) { return sqrt(dot(a, a)); }
static GeoVector unit(GeoVector a) {
  double len = length(a);
  return len > 0 ? (GeoVector){a.x / len, a.y / len, a.z / len} : a;
}
static GeoVector middle(GeoVector a, GeoVector b) { return unit((GeoVector){a.x + b.x, a.y + b.y, a.z + b.z}); }
static GeoVector minus(GeoVector a, GeoVector b) { return (GeoVector){a.x - b.x, a.y - b.y, a.z - b.z}; }
/* a x b by way of -(b - a) x (b + a) / 2, which keeps its digits when a and b are close. */
static GeoVector cross(GeoVector a, GeoVector b) {
  GeoVector twice = plain_cross(minus(b, a), (GeoVector){a.x + b.x, a.y + b.y, a.z + b.z});
  return (GeoVector){-twice.x / 2, -twice.y / 2, -twice.z / 2};
}
static bool same_place(GeoVector a, GeoVector b) { return length(minus(a, b)) <= touching; }

bool geo_point_set(double latitude, double longitude, GeoPoint *out) {
  if (!(fabs(latitude) <= 90) || !(fabs(longitude) <= 540)) return false;
  double degree = M_PI / 180, flat = cos(latitude * degree);
  *out = (GeoPoint){latitude, longitude,
                    {flat * cos(longitude * degree), flat * sin(longitude * degree), sin(latitude * degree)}};
  return true;
}

/* ---- arcs ---- */

/* Whether the point is on the arc: on its great circle, and not beyond its ends. */
static bool on_arc(GeoVector p, GeoVector a, GeoVector b) {
  if (same_place(p, a) || same_place(p, b)) return true;
  GeoVector normal = cross(a, b);
  double size = length(normal);
  if (size == 0 || fabs(dot(normal, p)) > touching * size) return false;
  return dot(cross(normal, a), p) > 0 && dot(cross(b, normal), p) > 0;
}

typedef enum Crossing { CROSS_NO, CROSS_YES, CROSS_UNSURE } Crossing;

/* Whether the arcs cross between their ends. */
static Crossing arcs_cross(GeoVector a, GeoVector b, GeoVector c, GeoVector d) {
  GeoVector ab = cross(a, b), cd = cross(c, d);
  double acb = -dot(ab, c), bda = dot(ab, d), cbd = -dot(cd, b), dac = dot(cd, a);
  bool sure = fabs(acb) > close_to_zero && fabs(bda) > close_to_zero && fabs(cbd) > close_to_zero &&
              fabs(dac) > close_to_zero;
  bool yes = acb * bda > 0 && acb * cbd > 0 && acb * dac > 0;
  if (sure) return yes ? CROSS_YES : CROSS_NO;
  bool surely_apart = (fabs(acb) > close_to_zero && fabs(bda) > close_to_zero && acb * bda < 0) ||
                      (fabs(cbd) > close_to_zero && fabs(dac) > close_to_zero && cbd * dac < 0);
  return surely_apart ? CROSS_NO : CROSS_UNSURE;
}

static bool arcs_meet(GeoVector a, GeoVector b, GeoVector c, GeoVector d) {
  return arcs_cross(a, b, c, d) == CROSS_YES || on_arc(a, c, d) || on_arc(b, c, d) || on_arc(c, a, b) ||
         on_arc(d, a, b);
}

/* ---- a point and a ring ---- */

typedef enum Place { PLACE_OUTSIDE, PLACE_INSIDE, PLACE_ON_RING } Place;

static uint32_t edges(const Shape *shape) { return shape->len > 1 ? shape->len - 1 : 0; }

/* By the arc from p to the middle of one edge; false when this edge cannot tell. */
static bool place_by_edge(GeoVector p, const Shape *ring, uint32_t edge, Place *place) {
  GeoVector a = ring->points[edge].at, b = ring->points[edge + 1].at, end = middle(a, b);
  double side = dot(cross(a, b), p);
  if (fabs(side) <= close_to_zero || same_place(a, b)) return false;
  unsigned crossings = 0;
  for (uint32_t k = 0; k < edges(ring); k++) {
    if (k == edge) continue;
    Crossing crossing = arcs_cross(p, end, ring->points[k].at, ring->points[k + 1].at);
    if (crossing == CROSS_UNSURE) return false;
    crossings += crossing == CROSS_YES;
  }
  *place = (side > 0) == (crossings % 2 == 0) ? PLACE_INSIDE : PLACE_OUTSIDE;
  return true;
}

static Place place_of(GeoVector p, const Shape *ring) {
  for (uint32_t k = 0; k < edges(ring); k++)
    if (on_arc(p, ring->points[k].at, ring->points[k + 1].at)) return PLACE_ON_RING;
  Place place;
  for (uint32_t k = 0; k < edges(ring); k++)
    if (place_by_edge(p, ring, k, &place)) return place;
  return PLACE_ON_RING;
}

/* ---- two polygons ---- */

static bool edges_cross(const Shape *a, const Shape *b) {
  for (uint32_t i = 0; i < edges(a); i++)
    for (uint32_t k = 0; k < edges(b); k++)
      if (arcs_cross(a->points[i].at, a->points[i + 1].at, b->points[k].at, b->points[k + 1].at) == CROSS_YES)
        return true;
  return false;
}

/* Where the pieces of a's ring lie, seen from b: corners and middles of edges. An edge that touches b's ring at a
** corner of either may change sides there, so both sides may be seen. */
typedef struct Sides { bool inside, outside; } Sides;

static void note_place(Place place, Sides *sides) {
  sides->inside |= place == PLACE_INSIDE;
  sides->outside |= place == PLACE_OUTSIDE;
}

/* The corners of b on this edge of a cut it into pieces; each piece is looked at in its middle. */
static void note_edge(GeoVector from, GeoVector to, const Shape *b, Sides *sides) {
  note_place(place_of(middle(from, to), b), sides);
  for (uint32_t k = 0; k < b->len; k++) {
    GeoVector corner = b->points[k].at;
    if (!on_arc(corner, from, to)) continue;
    if (!same_place(corner, from)) note_place(place_of(middle(from, corner), b), sides);
    if (!same_place(corner, to)) note_place(place_of(middle(corner, to), b), sides);
  }
}

static Sides sides_of(const Shape *a, const Shape *b) {
  Sides sides = {false, false};
  for (uint32_t i = 0; i < a->len; i++) note_place(place_of(a->points[i].at, b), &sides);
  for (uint32_t i = 0; i < edges(a); i++) note_edge(a->points[i].at, a->points[i + 1].at, b, &sides);
  return sides;
}

/* Twice the same ring up to where it starts: do both run the same way? Decided at the first edge of a: its left
** side is inside a, so a point just left of it tells whether it is inside b. */
static bool same_inside(const Shape *a, const Shape *b) {
  GeoVector from = a->points[0].at, to = a->points[1].at, at = middle(from, to), left = unit(cross(from, to));
  const double step = 1e-8; /* radians, far more than touching */
  GeoVector beside = unit((GeoVector){at.x + left.x * step, at.y + left.y * step, at.z + left.z * step});
  return place_of(beside, b) == PLACE_INSIDE;
}

typedef enum Relation { APART, A_IN_B, B_IN_A, SAME, OVERLAPPING } Relation;

static Relation relation_of(const Shape *a, const Shape *b) {
  if (edges_cross(a, b)) return OVERLAPPING;
  Sides a_in_b = sides_of(a, b), b_in_a = sides_of(b, a);
  if ((a_in_b.inside && a_in_b.outside) || (b_in_a.inside && b_in_a.outside)) return OVERLAPPING;
  bool known_a = a_in_b.inside || a_in_b.outside, known_b = b_in_a.inside || b_in_a.outside;
  if (!known_a && !known_b) return same_inside(a, b) ? SAME : APART;
  if (a_in_b.inside && b_in_a.inside) return OVERLAPPING; /* together they cover the globe */
  if (a_in_b.inside) return A_IN_B;
  return b_in_a.inside ? B_IN_A : APART;
}

/* ---- the questions ---- */

double shape_distance(const GeoPoint *a, const GeoPoint *b) {
  return geodesic_metres(a->latitude, a->longitude, b->latitude, b->longitude);
}

static bool line_within(const Shape *line, const Shape *polygon) {
  if (edges_cross(line, polygon)) return false;
  Sides sides = sides_of(line, polygon);
  return sides.inside && !sides.outside;
}

bool shape_within(const Shape *inner, const Shape *polygon) {
  if (inner->kind == SHAPE_POINT) return place_of(inner->points[0].at, polygon) == PLACE_INSIDE;
  if (inner->kind == SHAPE_LINE) return line_within(inner, polygon);
  Relation relation = relation_of(inner, polygon);
  return relation == A_IN_B || relation == SAME;
}

bool shape_overlaps(const Shape *a, const Shape *b) { return relation_of(a, b) == OVERLAPPING; }

static bool boundaries_meet(const Shape *a, const Shape *b) {
  for (uint32_t i = 0; i < edges(a); i++)
    for (uint32_t k = 0; k < edges(b); k++)
      if (arcs_meet(a->points[i].at, a->points[i + 1].at, b->points[k].at, b->points[k + 1].at)) return true;
  return false;
}

static bool point_meets(const Shape *point, const Shape *other) {
  GeoVector at = point->points[0].at;
  if (other->kind == SHAPE_POINT) return same_place(at, other->points[0].at);
  for (uint32_t k = 0; k < edges(other); k++)
    if (on_arc(at, other->points[k].at, other->points[k + 1].at)) return true;
  return other->kind == SHAPE_POLYGON && place_of(at, other) == PLACE_INSIDE;
}

bool shape_intersects(const Shape *a, const Shape *b) {
  if (a->kind == SHAPE_POINT) return point_meets(a, b);
  if (b->kind == SHAPE_POINT) return point_meets(b, a);
  if (boundaries_meet(a, b)) return true;
  bool a_inside = b->kind == SHAPE_POLYGON && place_of(a->points[0].at, b) == PLACE_INSIDE;
  bool b_inside = a->kind == SHAPE_POLYGON && place_of(b->points[0].at, a) == PLACE_INSIDE;
  return a_inside || b_inside;
}
