/* mem.c: see mem.h. */
#include "base/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *ptr, size_t bytes) {
  if (ptr == NULL && bytes != 0) {
    fprintf(stderr, "weir: out of memory (%zu bytes wanted)\n", bytes);
    exit(3);
  }
  return ptr;
}

void *mem_alloc(size_t bytes) { return checked(malloc(bytes ? bytes : 1), bytes); }

void *mem_zalloc(size_t bytes) { return checked(calloc(1, bytes ? bytes : 1), bytes); }

void *mem_realloc(void *ptr, size_t bytes) { return checked(realloc(ptr, bytes ? bytes : 1), bytes); }

void mem_free(void *ptr) { free(ptr); }

void mem_trim(void) { malloc_trim(0); }

void *mem_dup(const void *ptr, size_t bytes) {
  void *copy = mem_alloc(bytes);
  if (bytes) memcpy(copy, ptr, bytes);
  return copy;
}

char *mem_strndup(const char *text, size_t len) {
  char *copy = mem_alloc(len + 1);
  if (len) memcpy(copy, text, len);
  copy[len] = 0;
  return copy;
}

char *mem_strdup(const char *text) { return mem_strndup(text, strlen(text)); }

void *mem_aligned(size_t alignment, size_t bytes) {
  void *ptr = NULL;
  if (posix_memalign(&ptr, alignment, bytes ? bytes : alignment) != 0) ptr = NULL;
  return checked(ptr, bytes ? bytes : 1);
}

size_t mem_mul(size_t count, size_t bytes) {
  size_t product;
  if (__builtin_mul_overflow(count, bytes, &product)) checked(NULL, (size_t)-1);
  return product;
}
