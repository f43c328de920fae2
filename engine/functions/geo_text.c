/* geo_text.c: shapes from GeoJSON records and from WKT text, and to GeoJSON (geo_shape.h). Longitude comes first in
** both. A third coordinate (height) is passed over; a leading `SRID=4326;` too. */
#include "functions/geo_shape.h"

#include <math.h>
#include "base/vec.h"
#include "types/json.h"
#include "types/number.h"

typedef Vec(GeoPoint) PointVec;

static bool complain(const char **reason, const char *text) {
  *reason = text;
  return false;
}

bool shape_check(const Shape *shape, const char **reason) {
  if (shape->kind == SHAPE_POINT) return shape->len == 1 || complain(reason, "a point has one position");
  if (shape->kind == SHAPE_LINE) return shape->len >= 2 || complain(reason, "a line has at least two points");
  if (shape->len < 4) return complain(reason, "a ring has at least three points and the first one again");
  const GeoPoint *first = &shape->points[0], *last = &shape->points[shape->len - 1];
  bool closed = first->latitude == last->latitude && first->longitude == last->longitude;
  return closed || complain(reason, "the ring is not closed: its last point must equal its first");
}

static bool add_point(PointVec *points, double longitude, double latitude, const char **reason) {
  GeoPoint point;
  if (!geo_point_set(latitude, longitude, &point)) return complain(reason, "a position is not on the globe");
  vec_push(points, point);
  return true;
}

/* Moves the points into the arena. */
static bool shape_settle(ShapeKind kind, PointVec *points, Arena *arena, Shape *out, const char **reason) {
  *out = (Shape){kind, arena_dup(arena, points->items, points->len * sizeof *points->items), points->len};
  return shape_check(out, reason);
}

/* ---- GeoJSON ---- */

static bool json_number(Str raw, double *out) {
  return raw.len && raw.ptr[0] != '"' && float_parse(raw.ptr, raw.len, out);
}

static bool read_position(Str raw, PointVec *points, const char **reason) {
  JsonCursor cursor;
  Str key, longitude, latitude;
  double x, y;
  bool read = json_open(&cursor, raw) && !cursor.object && json_next(&cursor, &key, &longitude) &&
              json_next(&cursor, &key, &latitude) && json_number(longitude, &x) && json_number(latitude, &y);
  return read ? add_point(points, x, y, reason) : complain(reason, "a position is two numbers, longitude and latitude");
}

static bool read_positions(Str raw, PointVec *points, const char **reason) {
  JsonCursor cursor;
  Str key, item;
  if (!json_open(&cursor, raw) || cursor.object) return complain(reason, "coordinates are an array of positions");
  while (json_next(&cursor, &key, &item))
    if (!read_position(item, points, reason)) return false;
  return true;
}

/* The positions of a polygon stand one array deeper; a ring without that array is accepted. */
static bool read_ring(Str raw, PointVec *points, const char **reason) {
  Str first, inner;
  bool nested = json_element(raw, 0, &first) && json_element(first, 0, &inner) && inner.len && inner.ptr[0] == '[';
  if (nested && json_array_length(raw) > 1) return complain(reason, "a polygon has one ring, no holes");
  return read_positions(nested ? first : raw, points, reason);
}

static bool kind_of_name(Str name, ShapeKind *kind) {
  static const char *const names[] = {"Point", "LineString", "Polygon"};
  for (unsigned k = 0; k < 3; k++)
    if (str_eq_nocase(name, str_from(names[k]))) return *kind = (ShapeKind)k, true;
  return false;
}

static bool read_geojson(Str record, PointVec *points, ShapeKind *kind, const char **reason) {
  Str type, coordinates;
  bool named =
      json_field(record, STR("type"), &type) && type.len > 2 && kind_of_name(str_sub(type, 1, type.len - 1), kind);
  if (!named) return complain(reason, "its type is not Point, LineString or Polygon");
  if (!json_field(record, STR("coordinates"), &coordinates)) return complain(reason, "it has no coordinates");
  if (*kind == SHAPE_POINT) return read_position(coordinates, points, reason);
  return *kind == SHAPE_LINE ? read_positions(coordinates, points, reason) : read_ring(coordinates, points, reason);
}

/* ---- WKT ---- */

typedef struct Wkt { const char *at, *end; } Wkt;

static void skip_blanks(Wkt *in) {
  while (in->at < in->end && (*in->at == ' ' || (*in->at >= '\t' && *in->at <= '\r'))) in->at++;
}
static bool take(Wkt *in, char wanted) {
  skip_blanks(in);
  if (in->at == in->end || *in->at != wanted) return false;
  in->at++;
  return true;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static Str take_word(Wkt *in) {
  skip_blanks(in);
  const char *start = in->at;
  while (in->at < in->end && is_letter(*in->at)) in->at++;
  return (Str){start, (size_t)(in->at - start)};
}

static bool take_number(Wkt *in, double *out) {
  skip_blanks(in);
  const char *start = in->at;
  while (in->at < in->end && (strchr("+-.eE", *in->at) || (*in->at >= '0' && *in->at <= '9')) && *in->at) in->at++;
  return in->at > start && float_parse(start, (size_t)(in->at - start), out);
}

static bool take_position(Wkt *in, PointVec *points, const char **reason) {
  double longitude, latitude, height;
  if (!take_number(in, &longitude) || !take_number(in, &latitude))
    return complain(reason, "a position is two numbers, longitude and latitude");
  for (int extra = 0; extra < 2; extra++) {
    Wkt before = *in;
    if (!take_number(in, &height)) *in = before;
  }
  return add_point(points, longitude, latitude, reason);
}

static bool take_positions(Wkt *in, PointVec *points, const char **reason) {
  if (!take(in, '(')) return complain(reason, "a ( is missing");
  do {
    if (!take_position(in, points, reason)) return false;
  } while (take(in, ','));
  return take(in, ')') || complain(reason, "a ) is missing");
}

static bool take_ring(Wkt *in, PointVec *points, const char **reason) {
  if (!take(in, '(')) return complain(reason, "a ( is missing");
  if (!take_positions(in, points, reason)) return false;
  if (take(in, ',')) return complain(reason, "a polygon has one ring, no holes");
  return take(in, ')') || complain(reason, "a ) is missing");
}

static void skip_srid(Wkt *in) {
  Str text = {in->at, (size_t)(in->end - in->at)};
  ptrdiff_t semicolon = str_find_char(text, ';');
  if (str_starts_nocase(text, STR("SRID=")) && semicolon >= 0) in->at += semicolon + 1;
}

static bool read_wkt(Str text, PointVec *points, ShapeKind *kind, const char **reason) {
  Wkt in = {text.ptr, text.ptr + text.len};
  skip_blanks(&in);
  skip_srid(&in);
  if (!kind_of_name(take_word(&in), kind)) return complain(reason, "it is not POINT, LINESTRING or POLYGON");
  Str dimensions = take_word(&in);
  if (dimensions.len && !str_eq_nocase(dimensions, STR("Z")) && !str_eq_nocase(dimensions, STR("M")) &&
      !str_eq_nocase(dimensions, STR("ZM")))
    return complain(reason, "a ( is missing");
  if (!(*kind == SHAPE_POLYGON ? take_ring(&in, points, reason) : take_positions(&in, points, reason))) return false;
  skip_blanks(&in);
  return in.at == in.end || complain(reason, "something stands behind the shape");
}

/* ---- both ---- */

bool shape_read(const Value *value, Arena *arena, Shape *out, const char **reason) {
  PointVec points = {0};
  ShapeKind kind = SHAPE_POINT;
  Str text = text_str(&value->text);
  *reason = "it is neither a GeoJSON record nor WKT text";
  bool read = value->type == TYPE_RECORD ? read_geojson(text, &points, &kind, reason)
              : value->type == TYPE_TEXT && read_wkt(text, &points, &kind, reason);
  read = read && shape_settle(kind, &points, arena, out, reason);
  vec_release(&points);
  return read;
}

static void print_degrees(double degrees, StrBuf *out) {
  char digits[NUMBER_TEXT_MAX];
  strbuf_append(out, digits, float_print(degrees, true, digits));
}

static void print_position(const GeoPoint *point, StrBuf *out) {
  strbuf_putc(out, '[');
  print_degrees(point->longitude, out);
  strbuf_putc(out, ',');
  print_degrees(point->latitude, out);
  strbuf_putc(out, ']');
}

void shape_print(const Shape *shape, StrBuf *out) {
  static const char *const heads[] = {
      "{\"type\":\"Point\",\"coordinates\":", "{\"type\":\"LineString\",\"coordinates\":[",
      "{\"type\":\"Polygon\",\"coordinates\":[["};
  static const char *const tails[] = {"}", "]}", "]]}"};
  strbuf_puts(out, heads[shape->kind]);
  for (uint32_t k = 0; k < shape->len; k++) {
    if (k) strbuf_putc(out, ',');
    print_position(&shape->points[k], out);
  }
  strbuf_puts(out, tails[shape->kind]);
}
