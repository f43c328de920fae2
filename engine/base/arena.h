/* arena.h: a bump allocator. Everything in it lives until the arena is reset or released.
** One arena a statement on the compile side, one a job for the plan. Thread: one at a time. */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H

#include <stddef.h>
#include "base/str.h"

typedef struct ArenaBlock ArenaBlock;
typedef struct Arena {
  ArenaBlock *blocks; /* newest first */
  char       *next, *end;
  size_t      bytes;  /* handed out since the last reset */
} Arena;

void  arena_init(Arena *arena);
void  arena_reset(Arena *arena);   /* keeps the newest block for reuse */
void  arena_release(Arena *arena); /* frees everything; the arena may be used again */
void *arena_alloc(Arena *arena, size_t bytes);  /* 16-byte aligned, uninitialised */
void *arena_zalloc(Arena *arena, size_t bytes);
void *arena_dup(Arena *arena, const void *ptr, size_t bytes);
Str   arena_str(Arena *arena, Str text);        /* copy, NUL added behind the text */
char *arena_cstr(Arena *arena, Str text);
Str   arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, Type) ((Type *)arena_zalloc((arena), sizeof(Type)))
#define ARENA_ARRAY(arena, Type, count) ((Type *)arena_zalloc((arena), mem_mul((count), sizeof(Type))))

#endif
