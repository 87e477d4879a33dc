/* Handles: a late one finds nobody rather than somebody else. */
#include "base/mem.h"
#include "server/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct worker *table_new(void)
{
    struct worker *worker = calloc(1, sizeof *worker);
    assert_non_null(worker);
    timers_init(&worker->timers);
    return worker;
}

static void table_free(struct worker *worker)
{
    uint32_t cursor = 0;
    for (struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
        peer_free(worker, peer);
    }
    timers_finish(&worker->timers);
    mem_free(worker->peers);
    mem_free(worker->generations);
    mem_free(worker->free_indices);
    free(worker);
}

static void handle_finds_its_peer_until_it_is_freed(void **state)
{
    (void)state;
    struct worker *worker = table_new();
    assert_null(peer_at(worker, 0));
    struct peer *first = peer_new(worker);
    uint64_t handle = first->handle;
    assert_int_not_equal(handle, 0);
    assert_ptr_equal(peer_at(worker, handle), first);
    peer_free(worker, first);
    assert_null(peer_at(worker, handle));
    struct peer *second = peer_new(worker);
    assert_int_equal((uint32_t)second->handle, (uint32_t)handle); /* The same place, */
    assert_int_not_equal(second->handle, handle);                 /* another one. */
    assert_null(peer_at(worker, handle));
    assert_ptr_equal(peer_at(worker, second->handle), second);
    table_free(worker);
}

static void no_handle_is_ever_the_wakers_token(void **state)
{
    (void)state;
    struct worker *worker = table_new();
    struct peer *peer = peer_new(worker);
    assert_int_equal((uint32_t)peer->handle, 0);
    peer_free(worker, peer);
    worker->generations[0] = UINT32_MAX;
    peer = peer_new(worker);
    peer_free(worker, peer);
    peer = peer_new(worker);
    assert_int_equal((uint32_t)peer->handle, 0);
    assert_int_not_equal(peer->handle, 0);
    table_free(worker);
}

static void table_grows_and_walks_all(void **state)
{
    (void)state;
    struct worker *worker = table_new();
    enum { COUNT = 1000 };
    static uint64_t handles[COUNT];
    for (int i = 0; i < COUNT; i++) {
        struct peer *peer = peer_new(worker);
        assert_non_null(peer);
        handles[i] = peer->handle;
    }
    for (int i = 0; i < COUNT; i += 3) {
        peer_free(worker, peer_at(worker, handles[i]));
    }
    uint32_t cursor = 0;
    uint32_t count = 0;
    for (struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
        assert_ptr_equal(peer_at(worker, peer->handle), peer);
        if (count % 2 == 0) {
            peer_free(worker, peer); /* Fine during the walk. */
        }
        count++;
    }
    assert_int_equal(count, COUNT - (COUNT + 2) / 3);
    assert_null(peer_at(worker, (UINT64_C(1) << 32) | worker->peer_capacity));
    table_free(worker);
}

static void without_memory_there_is_no_peer_and_no_harm(void **state)
{
    (void)state;
    struct worker *worker = table_new();
    bool was_pending = false;
    for (uint64_t nth = 1; !was_pending; nth++) {
        mem_fail_at(nth);
        struct peer *peer = peer_new(worker);
        was_pending = mem_fail_pending();
        mem_fail_at(0);
        assert_int_equal(peer != NULL, was_pending);
        assert_int_equal(worker->peer_count, was_pending ? 1 : 0);
    }
    for (int i = 0; i < 200; i++) {
        assert_non_null(peer_new(worker));
    }
    table_free(worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handle_finds_its_peer_until_it_is_freed),
        cmocka_unit_test(no_handle_is_ever_the_wakers_token),
        cmocka_unit_test(table_grows_and_walks_all),
        cmocka_unit_test(without_memory_there_is_no_peer_and_no_harm),
    };
    return cmocka_run_group_tests_name("peer table", tests, NULL, NULL);
}
