/* test_geo.c: shapes and how they lie to each other: orientation, antimeridian, poles, touching rings, small fences;
** and random rings against the plane, where the plane is a good enough map. */
#include "fn_test.h"

#include <math.h>
#include "functions/geo_shape.h"
#include "functions/geodesic_metres.h"

static Shape shape(Arena *arena, const char *text) {
  Shape out;
  const char *reason;
  Value value = text[0] == '{' ? value_json(TYPE_RECORD, str_from(text)) : value_text(str_from(text));
  if (!shape_read(&value, arena, &out, &reason)) fail_msg("%s: %s", text, reason);
  return out;
}

typedef struct Case { const char *a, *b; bool answer; } Case;

static void run_cases(const Case *cases, size_t count, bool (*question)(const Shape *, const Shape *)) {
  for (size_t k = 0; k < count; k++) {
    Arena arena = {0};
    Shape a = shape(&arena, cases[k].a), b = shape(&arena, cases[k].b);
    if (question(&a, &b) != cases[k].answer)
      fail_msg("%s with %s: expected %d", cases[k].a, cases[k].b, cases[k].answer);
    arena_release(&arena);
  }
}
#define RUN(cases, question) run_cases(cases, sizeof cases / sizeof *cases, question)

#define SQUARE "POLYGON((0 0,6 0,6 6,0 6,0 0))"
#define CLOCKWISE "POLYGON((0 0,0 6,6 6,6 0,0 0))"

static void within(void **state) {
  static const Case cases[] = {
      {"POINT(3 3)", SQUARE, true},
      {"POINT(7 3)", SQUARE, false},
      {"POINT(3 3)", CLOCKWISE, false},
      {"POINT(7 3)", CLOCKWISE, true},
      {"POINT(-170 -80)", CLOCKWISE, true},
      {"POINT(0 0)", SQUARE, false},          /* a corner is not inside */
      {"POINT(3 0)", SQUARE, false},          /* nor is an edge */
      {"POINT(3 6.001)", SQUARE, true},       /* the arc between (0 6) and (6 6) runs north of the parallel */
      {"POINT(180 5)", "POLYGON((170 0,-170 0,-170 10,170 10,170 0))", true},
      {"POINT(-179 5)", "POLYGON((170 0,190 0,190 10,170 10,170 0))", true},
      {"POINT(0 5)", "POLYGON((170 0,-170 0,-170 10,170 10,170 0))", false},
      {"POINT(13 90)", "POLYGON((0 60,90 60,180 60,-90 60,0 60))", true},
      {"POINT(13 50)", "POLYGON((0 60,90 60,180 60,-90 60,0 60))", false},
      {"POINT(13 -90)", "POLYGON((0 60,90 60,180 60,-90 60,0 60))", false},
      {"POINT(18.000005 59.000005)", "POLYGON((18 59,18.00001 59,18.00001 59.00001,18 59.00001,18 59))", true},
      {"POINT(18.000015 59.000005)", "POLYGON((18 59,18.00001 59,18.00001 59.00001,18 59.00001,18 59))", false},
      {"POLYGON((1 1,2 1,2 2,1 2,1 1))", SQUARE, true},
      {SQUARE, "POLYGON((1 1,2 1,2 2,1 2,1 1))", false},
      {"POLYGON((0 0,6 0,6 6,0 0))", SQUARE, true},   /* shares corners and edges */
      {SQUARE, SQUARE, true},
      {SQUARE, "POLYGON((6 0,6 6,0 6,0 0,6 0))", true}, /* the same ring from another corner */
      {SQUARE, CLOCKWISE, false},
      {"POLYGON((10 10,12 10,12 12,10 10))", CLOCKWISE, true},
      {"LINESTRING(1 1,5 5)", SQUARE, true},
      {"LINESTRING(1 1,7 5)", SQUARE, false},
      {"{\"type\":\"Point\",\"coordinates\":[3,3]}",
       "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[6,0],[6,6],[0,6],[0,0]]]}", true},
      {"SRID=4326; point z (3 3 100)", "polygon ((0 0, 6 0, 6 6, 0 6, 0 0))", true},
  };
  RUN(cases, shape_within);
}

static void overlaps(void **state) {
  static const Case cases[] = {
      {SQUARE, "POLYGON((3 3,9 3,9 9,3 9,3 3))", true},
      {SQUARE, "POLYGON((1 1,2 1,2 2,1 2,1 1))", false},
      {SQUARE, "POLYGON((6 0,8 0,8 6,6 6,6 0))", false},  /* share an edge */
      {SQUARE, "POLYGON((20 20,30 20,30 30,20 20))", false},
      {SQUARE, SQUARE, false},
      {SQUARE, CLOCKWISE, false},
      {"POLYGON((0 0,0 9,9 9,9 0,0 0))", "POLYGON((20 20,20 30,30 30,30 20,20 20))", true}, /* each but a hole */
      {SQUARE, "POLYGON((0 0,3 -3,6 0,6 6,0 0))", true},  /* meet at corners, then part */
  };
  RUN(cases, shape_overlaps);
}

static void intersects(void **state) {
  static const Case cases[] = {
      {"LINESTRING(0 0,4 4)", "LINESTRING(0 4,4 0)", true},
      {"LINESTRING(0 0,4 0)", "LINESTRING(0 2,4 2)", false},
      {"LINESTRING(-10 0,0 0,10 0)", "LINESTRING(0 10,0 0,0 -10)", true},
      {"LINESTRING(0 0,4 0)", "LINESTRING(4 0,8 3)", true},
      {"LINESTRING(0 0,4 0)", "LINESTRING(2 0,8 0)", true},
      {"LINESTRING(0 0,4 0)", "LINESTRING(5 0,8 0)", false},
      {"LINESTRING(170 0,-170 0)", "LINESTRING(180 -5,180 5)", true},
      {"POINT(2 0)", "LINESTRING(0 0,4 0)", true},
      {SQUARE, "LINESTRING(2 2,3 3)", true},
      {"POINT(3 3)", SQUARE, true},
      {"POINT(0 0)", SQUARE, true},
      {SQUARE, "POLYGON((6 0,8 0,8 6,6 6,6 0))", true},
  };
  RUN(cases, shape_intersects);
}

static void distances(void **state) {
  assert_int_equal(geodesic_load(NULL), STATUS_OK);
  static const double cases[][5] = {{-5, -5, 0, 0, 784028.74}, {10, 60, 10, 60, 0}, {0, 0, 1, 0, 111319.4908},
                                    {0, 0, 0, 1, 110574.3886}, {10.75, 59.9, -74, 40.7, 5932089.1634}};
  for (int k = 0; k < 5; k++) {
    GeoPoint a, b;
    geo_point_set(cases[k][1], cases[k][0], &a);
    geo_point_set(cases[k][3], cases[k][2], &b);
    if (fabs(shape_distance(&a, &b) - cases[k][4]) > 0.01) fail_msg("case %d: %.6f", k, shape_distance(&a, &b));
  }
}

static void what_is_no_shape_says_why(void **state) {
  static const struct { const char *text, *reason; } cases[] = {
      {"abc", "it is not POINT, LINESTRING or POLYGON"},
      {"POINT(1)", "a position is two numbers, longitude and latitude"},
      {"POINT(1 91)", "a position is not on the globe"},
      {"LINESTRING(1 1)", "a line has at least two points"},
      {"POLYGON((0 0,1 0,1 1))", "a ring has at least three points and the first one again"},
      {"POLYGON((0 0,1 0,1 1,0 1))", "the ring is not closed: its last point must equal its first"},
      {"POLYGON((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1))", "a polygon has one ring, no holes"},
      {"POINT(1 1) x", "something stands behind the shape"},
      {"{\"type\":\"Circle\"}", "its type is not Point, LineString or Polygon"},
      {"{\"type\":\"Point\"}", "it has no coordinates"},
      {"{\"type\":\"Point\",\"coordinates\":[\"1\",2]}", "a position is two numbers, longitude and latitude"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    Arena arena = {0};
    Shape out;
    const char *reason;
    const char *text = cases[k].text;
    Value value = text[0] == '{' ? value_json(TYPE_RECORD, str_from(text)) : value_text(str_from(text));
    assert_false(shape_read(&value, &arena, &out, &reason));
    assert_string_equal(reason, cases[k].reason);
    arena_release(&arena);
  }
}

/* ---- random rings ---- */

static uint64_t random_state = 88172645463325252u;
static double random_unit(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (double)(random_state >> 11) / 9007199254740992.0;
}

enum { CORNERS = 12 };

/* A star around the middle, counter-clockwise, a few kilometres across near the equator. */
static void random_ring(GeoPoint *ring, bool clockwise) {
  for (int k = 0; k < CORNERS; k++) {
    double angle = 2 * M_PI * (k + random_unit() * 0.9) / CORNERS, radius = 0.01 + 0.02 * random_unit();
    if (clockwise) angle = -angle;
    geo_point_set(radius * sin(angle), radius * cos(angle), &ring[k]);
  }
  ring[CORNERS] = ring[0];
}

static bool inside_plane(const GeoPoint *ring, double x, double y) { /* even-odd rule */
  bool inside = false;
  for (int k = 0; k < CORNERS; k++) {
    const GeoPoint *a = &ring[k], *b = &ring[k + 1];
    if ((a->latitude > y) == (b->latitude > y)) continue;
    double at = a->longitude + (y - a->latitude) / (b->latitude - a->latitude) * (b->longitude - a->longitude);
    if (x < at) inside = !inside;
  }
  return inside;
}

static double nearest_edge(const GeoPoint *ring, double x, double y) {
  double best = 1;
  for (int k = 0; k < CORNERS; k++) {
    double ax = ring[k].longitude, ay = ring[k].latitude, bx = ring[k + 1].longitude - ax,
           by = ring[k + 1].latitude - ay;
    double t = ((x - ax) * bx + (y - ay) * by) / (bx * bx + by * by);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    best = fmin(best, hypot(x - ax - t * bx, y - ay - t * by));
  }
  return best;
}

static void small_rings_agree_with_the_plane(void **state) {
  for (int trial = 0; trial < 2000; trial++) {
    GeoPoint ring[CORNERS + 1], at;
    bool clockwise = trial % 2;
    double x = 0.08 * random_unit() - 0.04, y = 0.08 * random_unit() - 0.04;
    random_ring(ring, clockwise);
    if (nearest_edge(ring, x, y) < 1e-6) continue;
    geo_point_set(y, x, &at);
    Shape point = {SHAPE_POINT, &at, 1}, polygon = {SHAPE_POLYGON, ring, CORNERS + 1};
    if (shape_within(&point, &polygon) != (inside_plane(ring, x, y) != clockwise))
      fail_msg("trial %d: (%.9f %.9f)", trial, x, y);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(within),
      cmocka_unit_test(overlaps),
      cmocka_unit_test(intersects),
      cmocka_unit_test(distances),
      cmocka_unit_test(what_is_no_shape_says_why),
      cmocka_unit_test(small_rings_agree_with_the_plane),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
