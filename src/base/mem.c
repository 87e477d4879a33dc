/* Allocation in one place, so that a test can make any one of them fail. */
#include "base/mem.h"

#include "base/check.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* How many allocations until the one that fails; 0 when none is planned. */
static atomic_uint_fast64_t fail_countdown;

/* True for the one allocation that a test wants to fail. */
static int must_fail(void)
{
    /* Relaxed: the count orders nothing else, and outside tests it is always 0. */
    uint_fast64_t left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);
    while (__builtin_expect(left != 0, 0)) {
        if (atomic_compare_exchange_weak_explicit(&fail_countdown, &left, left - 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            return left == 1;
        }
    }
    return 0;
}

void *mem_alloc(size_t bytes)
{
    if (must_fail()) {
        return NULL;
    }
    /* malloc(0) may return NULL, which would look like a failure. */
    return malloc(bytes == 0 ? 1 : bytes);
}

void *mem_zalloc(size_t count, size_t bytes)
{
    if (must_fail()) {
        return NULL;
    }
    if (count == 0 || bytes == 0) {
        return calloc(1, 1);
    }
    /* calloc() checks it too, but under a sanitizer it ends the program then. */
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total)) {
        return NULL;
    }
    return calloc(count, bytes);
}

void *mem_realloc(void *block, size_t bytes)
{
    if (must_fail()) {
        return NULL;
    }
    /* realloc(block, 0) would free the block. */
    return realloc(block, bytes == 0 ? 1 : bytes);
}

void mem_free(void *block)
{
    free(block);
}

void mem_wipe(void *data, size_t bytes)
{
    explicit_bzero(data, bytes);
}

void *mem_pages_alloc(size_t bytes)
{
    check(bytes > 0);
    if (must_fail()) {
        return NULL;
    }
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void mem_pages_free(void *pages, size_t bytes)
{
    if (pages != NULL) {
        check(munmap(pages, bytes) == 0);
    }
}

void mem_fail_at(uint64_t nth)
{
    atomic_store_explicit(&fail_countdown, nth, memory_order_relaxed);
}

int mem_fail_pending(void)
{
    return atomic_load_explicit(&fail_countdown, memory_order_relaxed) != 0;
}
