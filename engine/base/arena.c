/* arena.c: see arena.h. Blocks double from 4 KB to 1 MB; a larger request gets a block of its own. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"

enum { ARENA_ALIGN = 16, ARENA_FIRST = 4096, ARENA_LARGEST = 1 << 20 };

struct ArenaBlock {
  ArenaBlock *older;
  size_t      bytes; /* usable, behind the header */
  _Alignas(ARENA_ALIGN) char data[];
};

void arena_init(Arena *arena) { memset(arena, 0, sizeof *arena); }

static void arena_grow(Arena *arena, size_t wanted) {
  size_t bytes = arena->blocks ? arena->blocks->bytes * 2 : ARENA_FIRST;
  if (bytes > ARENA_LARGEST) bytes = ARENA_LARGEST;
  if (bytes < wanted) bytes = wanted;
  ArenaBlock *block = mem_aligned(ARENA_ALIGN, sizeof *block + bytes);
  block->older = arena->blocks;
  block->bytes = bytes;
  arena->blocks = block;
  arena->next = block->data;
  arena->end = block->data + bytes;
}

void *arena_alloc(Arena *arena, size_t bytes) {
  bytes = (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
  if ((size_t)(arena->end - arena->next) < bytes || arena->blocks == NULL) arena_grow(arena, bytes);
  void *ptr = arena->next;
  arena->next += bytes;
  arena->bytes += bytes;
  return ptr;
}

void *arena_zalloc(Arena *arena, size_t bytes) {
  return memset(arena_alloc(arena, bytes), 0, bytes);
}

void *arena_dup(Arena *arena, const void *ptr, size_t bytes) {
  void *copy = arena_alloc(arena, bytes);
  if (bytes) memcpy(copy, ptr, bytes);
  return copy;
}

Str arena_str(Arena *arena, Str text) {
  char *copy = arena_alloc(arena, text.len + 1);
  if (text.len) memcpy(copy, text.ptr, text.len);
  copy[text.len] = 0;
  return (Str){copy, text.len};
}

char *arena_cstr(Arena *arena, Str text) { return (char *)arena_str(arena, text).ptr; }

Str arena_printf(Arena *arena, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  va_end(args);
  char *text = arena_alloc(arena, (size_t)len + 1);
  vsnprintf(text, (size_t)len + 1, format, again);
  va_end(again);
  return (Str){text, (size_t)len};
}

void arena_reset(Arena *arena) {
  ArenaBlock *keep = arena->blocks;
  if (keep == NULL) return;
  for (ArenaBlock *block = keep->older, *older; block; block = older) {
    older = block->older;
    mem_free(block);
  }
  keep->older = NULL;
  arena->next = keep->data;
  arena->end = keep->data + keep->bytes;
  arena->bytes = 0;
}

void arena_release(Arena *arena) {
  for (ArenaBlock *block = arena->blocks, *older; block; block = older) {
    older = block->older;
    mem_free(block);
  }
  arena_init(arena);
}
