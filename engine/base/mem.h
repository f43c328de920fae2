/* mem.h: the allocator every part of Weir uses.
**
** Out of memory ends the process with a message and exit status 3: on Linux a failed malloc is as
** good as never the moment at which memory runs out, and a job restarts from its sources or state.
** So nothing here returns NULL and callers need no recovery paths. Thread: any. */
#ifndef WEIR_BASE_MEM_H
#define WEIR_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t bytes);                     /* uninitialised; bytes may be 0 */
void *mem_zalloc(size_t bytes);                    /* zeroed */
void *mem_realloc(void *ptr, size_t bytes);
void  mem_free(void *ptr);                         /* NULL is fine */
/* Gives what is free back to the system: after the many small pieces of something large. Costs milliseconds. */
void  mem_trim(void);
void *mem_dup(const void *ptr, size_t bytes);
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t len);   /* adds the NUL */
void *mem_aligned(size_t alignment, size_t bytes); /* release with mem_free */

/* Multiplies with an overflow check; ends the process when the product does not fit. */
size_t mem_mul(size_t count, size_t bytes);

#endif
