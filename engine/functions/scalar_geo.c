/* scalar_geo.c: CreatePoint, CreateLineString, CreatePolygon, ST_DISTANCE, ST_WITHIN, ST_INTERSECTS, ST_OVERLAPS.
** The geometry is geo_shape.h. Predicates give bigint 1 or 0. Constant shapes (a fence written in the query) are read
** once; a shape that cannot be read, or is of the wrong kind, fails the row. */
#include "functions/families.h"

#include "functions/geo_shape.h"
#include "functions/geodesic_metres.h"
#include "functions/kernel.h"

/* ---- arguments ---- */

/* Shapes of constant arguments, read by prepare. */
typedef struct GeoConstants {
  Arena arena;
  bool  known[2];
  Shape shapes[2];
} GeoConstants;

static const char *const kind_names[] = {"point", "line", "polygon"};

static bool shape_fails(const FnCall *call, const Value *value, const char *reason, FnScratch *scratch) {
  char shown[DESCRIBE_LEN];
  return fn_fail(scratch, "%s: %s: %s", call->fn->name, value_describe(value, shown), reason);
}

static bool shape_arg(const FnCall *call, const Value *args, unsigned k, FnScratch *scratch, Shape *out) {
  const GeoConstants *constants = call->state;
  const char *reason;
  if (constants && constants->known[k]) {
    *out = constants->shapes[k];
    return true;
  }
  return shape_read(&args[k], &scratch->arena, out, &reason) || shape_fails(call, &args[k], reason, scratch);
}

static bool needs_kind(const FnCall *call, const Shape *shape, ShapeKind kind, FnScratch *scratch) {
  if (shape->kind == kind) return true;
  return fn_fail(scratch, "%s: a %s stands where a %s is needed", call->fn->name, kind_names[shape->kind],
                 kind_names[kind]);
}

/* A constant that is no shape is left to the row, which says so. */
static bool row_distance(const FnCall *call, const Value *args, FnScratch *scratch, Value *out);

static Status prepare_shapes(FnCall *call, Error *err) {
  if (call->fn->row == row_distance) TRY(geodesic_load(err));
  GeoConstants *constants = mem_zalloc(sizeof *constants);
  const char *reason;
  for (unsigned k = 0; k < call->args_len && k < 2; k++) {
    const Value *value = call->constants[k];
    if (value && !value_is_null(value))
      constants->known[k] = shape_read(value, &constants->arena, &constants->shapes[k], &reason);
  }
  call->state = constants;
  return STATUS_OK;
}

static void release_shapes(FnCall *call) {
  GeoConstants *constants = call->state;
  if (!constants) return;
  arena_release(&constants->arena);
  mem_free(constants);
}

/* ---- making shapes ---- */

static bool shape_done(const Shape *shape, FnScratch *scratch, Value *out) {
  StrBuf json = {0};
  shape_print(shape, &json);
  *out = value_json(TYPE_RECORD, arena_str(&scratch->arena, strbuf_str(&json)));
  strbuf_release(&json);
  return true;
}

static bool row_create_point(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  GeoPoint point;
  double latitude = value_as_double(&args[0]), longitude = value_as_double(&args[1]);
  if (!geo_point_set(latitude, longitude, &point))
    return fn_fail(scratch, "CreatePoint(%g, %g): the latitude is beyond 90 degrees or the longitude beyond 540",
                   latitude, longitude);
  return shape_done(&(Shape){SHAPE_POINT, &point, 1}, scratch, out);
}

static bool create_path(const FnCall *call, ShapeKind kind, const Value *args, FnScratch *scratch, Value *out) {
  GeoPoint *points = arena_alloc(&scratch->arena, mem_mul(call->args_len, sizeof *points));
  const char *reason;
  for (unsigned k = 0; k < call->args_len; k++) {
    Shape point;
    if (!shape_read(&args[k], &scratch->arena, &point, &reason)) return shape_fails(call, &args[k], reason, scratch);
    if (!needs_kind(call, &point, SHAPE_POINT, scratch)) return false;
    points[k] = point.points[0];
  }
  Shape path = {kind, points, call->args_len};
  if (!shape_check(&path, &reason)) return fn_fail(scratch, "%s: %s", call->fn->name, reason);
  return shape_done(&path, scratch, out);
}
static bool row_create_line(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return create_path(call, SHAPE_LINE, args, scratch, out);
}
static bool row_create_polygon(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return create_path(call, SHAPE_POLYGON, args, scratch, out);
}

/* ---- asking ---- */

static bool two_shapes(const FnCall *call, const Value *args, FnScratch *scratch, Shape shapes[2]) {
  return shape_arg(call, args, 0, scratch, &shapes[0]) && shape_arg(call, args, 1, scratch, &shapes[1]);
}

static bool row_distance(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Shape shapes[2];
  if (!two_shapes(call, args, scratch, shapes)) return false;
  for (unsigned k = 0; k < 2; k++)
    if (!needs_kind(call, &shapes[k], SHAPE_POINT, scratch)) return false;
  *out = value_float(shape_distance(&shapes[0].points[0], &shapes[1].points[0]));
  return true;
}

static bool row_within(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Shape shapes[2];
  if (!two_shapes(call, args, scratch, shapes) || !needs_kind(call, &shapes[1], SHAPE_POLYGON, scratch)) return false;
  *out = value_bigint(shape_within(&shapes[0], &shapes[1]));
  return true;
}

static bool row_intersects(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Shape shapes[2];
  if (!two_shapes(call, args, scratch, shapes)) return false;
  *out = value_bigint(shape_intersects(&shapes[0], &shapes[1]));
  return true;
}

static bool row_overlaps(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Shape shapes[2];
  if (!two_shapes(call, args, scratch, shapes)) return false;
  for (unsigned k = 0; k < 2; k++)
    if (!needs_kind(call, &shapes[k], SHAPE_POLYGON, scratch)) return false;
  *out = value_bigint(shape_overlaps(&shapes[0], &shapes[1]));
  return true;
}

/* ---- table ---- */

#define GEO (MASK(TYPE_RECORD) | MASK(TYPE_TEXT))
#define QUESTION(title, id, type, sig, text, ex)                                                                  \
  {.name = title, .min_args = 2, .max_args = 2, .args = {GEO, GEO}, .result = MASK(type),                         \
   .flags = FN_NULL_IN_NULL_OUT, .row = row_##id, .prepare = prepare_shapes, .release = release_shapes,           \
   .signature = sig, .doc = text " Shapes are GeoJSON records or WKT text.", .null_rule = "", .examples = ex}

const ScalarFn scalar_geo[] = {
    {.name = "CreateLineString", .min_args = 2, .max_args = FN_ARGS_ANY, .args = {GEO}, .result = MASK(TYPE_RECORD),
     .flags = FN_NULL_IN_NULL_OUT, .row = row_create_line, .signature = "CreateLineString(point, point, ...)",
     .doc = "The GeoJSON record of a line through the points.", .null_rule = "",
     .examples = "CreateLineString(CreatePoint(3.0, -10.5), CreatePoint(10.0, 10.0)) = "
                 "JSON_PARSE('{\"type\":\"LineString\",\"coordinates\":[[-10.5,3.0],[10.0,10.0]]}')"},
    {.name = "CreatePoint", .min_args = 2, .max_args = 2, .args = {MASK_NUMBER, MASK_NUMBER},
     .result = MASK(TYPE_RECORD), .flags = FN_NULL_IN_NULL_OUT, .row = row_create_point,
     .signature = "CreatePoint(latitude, longitude)",
     .doc = "The GeoJSON record of a point: its coordinates are [longitude, latitude].", .null_rule = "",
     .examples = "CreatePoint(59.5, 10.25) = JSON_PARSE('{\"type\":\"Point\",\"coordinates\":[10.25,59.5]}')"},
    {.name = "CreatePolygon", .min_args = 4, .max_args = FN_ARGS_ANY, .args = {GEO}, .result = MASK(TYPE_RECORD),
     .flags = FN_NULL_IN_NULL_OUT, .row = row_create_polygon,
     .signature = "CreatePolygon(point, point, point, ..., first)",
     .doc = "The GeoJSON record of a polygon whose ring runs through the points; the last must equal the first. The "
            "inside is on the left: a clockwise ring means the rest of the globe.",
     .null_rule = "",
     .examples = "CreatePolygon(CreatePoint(0, 0), CreatePoint(0, 1), CreatePoint(1, 1), CreatePoint(0, 0)) = "
                 "JSON_PARSE('{\"type\":\"Polygon\",\"coordinates\":[[[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,0.0]]]}')"},
    QUESTION("ST_DISTANCE", distance, TYPE_FLOAT, "ST_DISTANCE(point, point)",
             "The length in metres of the shortest way between two points (WGS 84 geodesic).",
             "ROUND(ST_DISTANCE('POINT(0 0)', 'POINT(-5 -5)'), 1) = 784028.7"),
    QUESTION("ST_INTERSECTS", intersects, TYPE_BIGINT, "ST_INTERSECTS(line, line)",
             "1 when the shapes have a point in common, else 0.",
             "ST_INTERSECTS('LINESTRING(0 0, 4 4)', 'LINESTRING(0 4, 4 0)') = 1\n"
             "ST_INTERSECTS('LINESTRING(0 0, 4 0)', 'LINESTRING(0 2, 4 2)') = 0"),
    QUESTION("ST_OVERLAPS", overlaps, TYPE_BIGINT, "ST_OVERLAPS(polygon, polygon)",
             "1 when the insides of two polygons meet and neither holds the other, else 0.",
             "ST_OVERLAPS('POLYGON((0 0,4 0,4 4,0 4,0 0))', 'POLYGON((2 2,6 2,6 6,2 6,2 2))') = 1"),
    QUESTION("ST_WITHIN", within, TYPE_BIGINT, "ST_WITHIN(shape, polygon)",
             "1 when the shape lies inside the polygon, else 0; a point on the ring is not inside. Edges are the "
             "shortest arcs on the globe, so rings may cross the antimeridian or hold a pole; the inside is on the "
             "left of the ring.",
             "ST_WITHIN('POINT(15 15)', 'POLYGON((10 10,20 10,20 20,10 20,10 10))') = 1\n"
             "ST_WITHIN('POINT(15 15)', 'POLYGON((10 10,10 20,20 20,20 10,10 10))') = 0\n"
             "ST_WITHIN('POINT(180 5)', 'POLYGON((170 0,-170 0,-170 10,170 10,170 0))') = 1"),
    {.name = NULL},
};
