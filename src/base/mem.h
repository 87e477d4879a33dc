/* The only place that allocates. A failed allocation is an answer, never an exit. */
#ifndef MADANG_BASE_MEM_H
#define MADANG_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/* Each returns memory that mem_free() releases, or NULL when there is none. Any thread. */
void *mem_alloc(size_t bytes);
/* Zeroed; NULL also when count * bytes overflows. */
void *mem_zalloc(size_t count, size_t bytes);
/* As realloc(): on failure the old block stays valid and NULL is returned. */
void *mem_realloc(void *block, size_t bytes);
/* mem_free(NULL) does nothing. */
void mem_free(void *block);
/* Zeroes a secret that is no longer needed; never left out by the compiler. */
void mem_wipe(void *data, size_t bytes);

/*
 * Whole pages straight from the system, zeroed, for large blocks of which only a part may ever be
 * touched: an untouched page costs no memory. NULL when there is none. mem_pages_free() takes the
 * same byte count; mem_pages_free(NULL, 0) does nothing. Any thread.
 */
void *mem_pages_alloc(size_t bytes);
void mem_pages_free(void *pages, size_t bytes);

/*
 * For tests: lets the n-th allocation from now (1 is the next one) of any thread fail, once; 0 lets
 * none fail. mem_fail_pending() tells whether the planned failure is still to come.
 */
void mem_fail_at(uint64_t nth);
int mem_fail_pending(void);

#endif
