/* Chunks: counted, chained, pooled. */
#include "net/chunk.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* As many as a pool keeps at most. */
#define POOL_COUNT 64

static void log_chunk_is_empty_and_fills_its_size(void **state)
{
    (void)state;
    struct chunk_pool pool;
    chunk_pool_init(&pool);
    struct chunk *chunk = chunk_new(&pool);
    assert_non_null(chunk);
    assert_int_equal(chunk->used, 0);
    assert_int_equal(chunk->references, 1);
    assert_int_equal(chunk->capacity, CHUNK_BYTES - sizeof(struct chunk));
    memset(chunk->data, 'x', chunk->capacity); /* The sanitizer would see a byte too many. */
    chunk_give(&pool, chunk);
    chunk_pool_finish(&pool);
}

static void private_chunk_holds_the_text(void **state)
{
    (void)state;
    struct chunk_pool pool;
    chunk_pool_init(&pool);
    struct chunk *chunk = chunk_of(TEXT("hello"), 0);
    assert_non_null(chunk);
    assert_int_equal(chunk->used, 5);
    assert_memory_equal(chunk->data, "hello", 5);
    chunk_give(&pool, chunk);
    assert_int_equal(pool.free_count, 0); /* Its size is of no use to a log. */
    chunk_pool_finish(&pool);
}

static void chunk_is_used_again(void **state)
{
    (void)state;
    struct chunk_pool pool;
    chunk_pool_init(&pool);
    struct chunk *first = chunk_new(&pool);
    first->used = 7;
    chunk_give(&pool, first);
    assert_int_equal(pool.free_count, 1);
    struct chunk *second = chunk_new(&pool);
    assert_ptr_equal(first, second);
    assert_int_equal(second->used, 0);
    assert_null(second->next);
    assert_int_equal(pool.free_count, 0);
    chunk_give(&pool, second);
    chunk_pool_finish(&pool);
}

static void pool_keeps_at_most_its_bound(void **state)
{
    (void)state;
    struct chunk_pool pool;
    chunk_pool_init(&pool);
    struct chunk *chunks[POOL_COUNT + 1];
    for (int i = 0; i <= POOL_COUNT; i++) {
        chunks[i] = chunk_new(&pool);
        assert_non_null(chunks[i]);
    }
    for (int i = 0; i < POOL_COUNT; i++) {
        chunk_give(&pool, chunks[i]);
    }
    assert_int_equal(pool.free_count, POOL_COUNT);
    chunk_give(&pool, chunks[POOL_COUNT]);
    assert_int_equal(pool.free_count, POOL_COUNT);
    chunk_pool_trim(&pool);
    assert_int_equal(pool.free_count, 0);
    chunk_pool_finish(&pool);
}

static void chunk_keeps_the_one_behind_it(void **state)
{
    (void)state;
    struct chunk_pool pool;
    chunk_pool_init(&pool);
    struct chunk *first = chunk_new(&pool);
    struct chunk *second = chunk_new(&pool);
    struct chunk *weak = second;
    second->owner = &weak;
    first->next = second; /* Second's one reference is this link now. */
    struct chunk *reader = chunk_take(second);
    chunk_give(&pool, first);
    assert_int_equal(second->references, 1);
    assert_ptr_equal(weak, second);
    chunk_give(&pool, reader);
    assert_null(weak); /* The log's pointer to its last chunk is told. */
    assert_int_equal(pool.free_count, 2);
    chunk_pool_finish(&pool);
}

static void chain_goes_at_once_and_without_recursion(void **state)
{
    (void)state;
    struct chunk_pool pool;
    chunk_pool_init(&pool);
    struct chunk *first = chunk_of(TEXT("a"), 0);
    struct chunk *last = first;
    for (int i = 0; i < 100000; i++) {
        last->next = chunk_of(TEXT("b"), 0);
        assert_non_null(last->next);
        last = last->next;
    }
    chunk_give(&pool, first); /* The sanitizer would see what is left. */
    chunk_pool_finish(&pool);
}

static void no_memory_gives_no_chunk(void **state)
{
    (void)state;
    struct chunk_pool pool;
    chunk_pool_init(&pool);
    mem_fail_at(1);
    assert_null(chunk_new(&pool));
    mem_fail_at(1);
    assert_null(chunk_of(TEXT("x"), 0));
    assert_false(mem_fail_pending());
    chunk_pool_finish(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_chunk_is_empty_and_fills_its_size),
        cmocka_unit_test(private_chunk_holds_the_text),
        cmocka_unit_test(chunk_is_used_again),
        cmocka_unit_test(pool_keeps_at_most_its_bound),
        cmocka_unit_test(chunk_keeps_the_one_behind_it),
        cmocka_unit_test(chain_goes_at_once_and_without_recursion),
        cmocka_unit_test(no_memory_gives_no_chunk),
    };
    return cmocka_run_group_tests_name("chunk", tests, NULL, NULL);
}
