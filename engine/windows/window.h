/* window.h: what a window means (semantics.md section 4): arguments, alignment, which windows an instant
** belongs to, when they end. How it is executed is ops/op_window_*.c; which strategy is plan/'s choice.
**
** A window is the interval (start, end], stamped with its end. Boundaries are multiples of the hop counted from
** 0001-01-01T00:00Z, shifted by the offset. Pure functions of ticks; nothing is kept here. */
#ifndef WEIR_WINDOWS_WINDOW_H
#define WEIR_WINDOWS_WINDOW_H

#include "base/span.h"
#include "base/str.h"
#include "types/datetime.h"

typedef enum WindowKind {
  WINDOW_TUMBLING,
  WINDOW_HOPPING,
  WINDOW_SLIDING,
  WINDOW_SESSION,
  WINDOW_SNAPSHOT,
  WINDOW_KINDS
} WindowKind;

#define WINDOW_SIZE_MAX (7 * TICKS_PER_DAY)

typedef struct WindowSpec {
  WindowKind kind;
  Ticks size;     /* tumbling, hopping, sliding: length; session: timeout */
  Ticks hop;      /* tumbling: size; hopping: distance of ends */
  Ticks offset;   /* tumbling, hopping: in [0, hop) after normalisation */
  Ticks longest;  /* session: maximum duration, 0 none */
  Str   id;       /* of Windows(Window('id', ...)); empty: none */
  Span  span;     /* of the window call */
} WindowSpec;

/* The role of a window function's argument, for binding `Xxx(unit, n, ...)` and the named forms alike. */
typedef enum WindowArg { WINDOW_ARG_SIZE, WINDOW_ARG_HOP, WINDOW_ARG_OFFSET, WINDOW_ARG_LONGEST } WindowArg;

typedef struct WindowClass {
  WindowKind  kind;
  const char *name;         /* "TumblingWindow"; the form without "Window" is accepted too */
  WindowArg   args[3];      /* plain form: (unit, n, ...) one number each, in this order */
  unsigned    args_min, args_len;
  const char *signature, *doc, *example;
} WindowClass;

extern const WindowClass window_classes[]; /* ends with name NULL */
const WindowClass *window_class_find(Str name); /* any case, with or without "Window"; NULL: no window */
const WindowClass *window_class(WindowKind kind);

/* Brings offset into [0, hop); hop of a tumbling window becomes its size. */
void  window_normalise(WindowSpec *spec);
/* Tumbling, hopping, snapshot: the first end at or after t; TICKS_MAX when that leaves the calendar. */
Ticks window_first_end(const WindowSpec *spec, Ticks t);
/* t + ticks; TICKS_MAX when that leaves the calendar. */
Ticks window_later(Ticks t, Ticks ticks);
/* Session with a maximum duration: the first instant at or after t at which sessions are cut: multiples of the
** maximum counted from 0001-01-01T00:00Z. TICKS_MAX: never. */
Ticks window_first_cut(const WindowSpec *spec, Ticks t);
/* Hopping: the greatest common divisor of size and hop: pane length. Tumbling: the size. */
Ticks window_pane(const WindowSpec *spec);
void  window_describe(const WindowSpec *spec, StrBuf *out); /* "tumbling 10s offset 1s" */

#endif
