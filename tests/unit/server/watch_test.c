/* Who watches whom: nicks are found however they are spelled, and nobody is left behind. */
#include "server/watch.h"

#include "base/mem.h"
#include "server/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint32_t count_watchers(const struct watch_table *table, const char *nick)
{
    uint32_t count = 0;
    for (const struct watch *watch = watch_first(table, text_of(nick)); watch != NULL;
         watch = watch_next(watch)) {
        count++;
    }
    return count;
}

static bool is_watched_by(const struct watch_table *table, const char *nick,
                          const struct peer *peer)
{
    bool found = false;
    for (const struct watch *watch = watch_first(table, text_of(nick)); watch != NULL;
         watch = watch_next(watch)) {
        found = found || watch_peer(watch) == peer;
    }
    return found;
}

static void nick_is_found_however_it_is_spelled(void **state)
{
    (void)state;
    struct watch_table table;
    struct peer peers[3] = {0};
    assert_int_equal(watch_table_init(&table, 7), ERR_OK);
    assert_int_equal(watch_add(&table, &peers[0], TEXT("Anna")), ERR_OK);
    assert_int_equal(watch_add(&table, &peers[1], TEXT("aNNA")), ERR_OK);
    assert_int_equal(watch_add(&table, &peers[2], TEXT("철수")), ERR_OK);
    assert_int_equal(watch_add(&table, &peers[0], TEXT("ANNA")), ERR_EXISTS);
    assert_int_equal(count_watchers(&table, "anna"), 2);
    assert_true(is_watched_by(&table, "anna", &peers[0]));
    assert_true(is_watched_by(&table, "anna", &peers[1]));
    assert_true(is_watched_by(&table, "철수", &peers[2]));
    assert_int_equal(count_watchers(&table, "bob"), 0);
    assert_int_equal(count_watchers(&table, "#no"), 0);
    assert_true(watch_same_nick(TEXT("Anna"), TEXT("ANNA")));
    assert_false(watch_same_nick(TEXT("Anna"), TEXT("Anne")));
    /* As it was given. */
    assert_true(text_equal(watch_nick(&peers[1], 0), TEXT("aNNA")));
    assert_int_equal(watch_nick(&peers[1], 1).count, 0);
    for (int i = 0; i < 3; i++) {
        watch_remove_all(&table, &peers[i]);
    }
    assert_int_equal(map_count(table.nicks), 0);
    watch_table_finish(&table);
}

static void removed_ones_are_gone_and_the_others_are_not(void **state)
{
    (void)state;
    /* Every order of removing three watchers of one nick. */
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int order = 0; order < 6; order++) {
        struct watch_table table;
        struct peer peers[3] = {0};
        assert_int_equal(watch_table_init(&table, 7), ERR_OK);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(watch_add(&table, &peers[i], TEXT("anna")), ERR_OK);
            assert_int_equal(watch_add(&table, &peers[i], TEXT("bob")), ERR_OK);
        }
        for (int i = 0; i < 3; i++) {
            watch_remove(&table, &peers[orders[order][i]], TEXT("ANNA"));
            watch_remove(&table, &peers[orders[order][i]], TEXT("nobody"));
            watch_remove(&table, &peers[orders[order][i]], TEXT("1bad"));
            assert_int_equal(count_watchers(&table, "anna"), 2 - i);
            assert_false(is_watched_by(&table, "anna", &peers[orders[order][i]]));
            assert_int_equal(count_watchers(&table, "bob"), 3);
        }
        assert_int_equal(map_count(table.nicks), 1);
        for (int i = 0; i < 3; i++) {
            watch_remove_all(&table, &peers[i]);
            assert_null(peers[i].watches);
        }
        watch_table_finish(&table);
    }
}

static void one_more_than_the_bound_is_refused(void **state)
{
    (void)state;
    struct watch_table table;
    struct peer peer = {0};
    assert_int_equal(watch_table_init(&table, 7), ERR_OK);
    char nick[16];
    for (int i = 0; i < MONITOR_COUNT_MAX; i++) {
        (void)snprintf(nick, sizeof nick, "n%d", i);
        assert_int_equal(watch_add(&table, &peer, text_of(nick)), ERR_OK);
        assert_true(text_equal(watch_nick(&peer, (uint32_t)i), text_of(nick)));
    }
    assert_int_equal(watch_add(&table, &peer, TEXT("more")), ERR_LIMIT);
    assert_int_equal(watch_add(&table, &peer, TEXT("n0")), ERR_EXISTS);
    watch_remove(&table, &peer, TEXT("n50"));
    assert_int_equal(watch_add(&table, &peer, TEXT("more")), ERR_OK);
    watch_remove_all(&table, &peer);
    watch_table_finish(&table);
}

static void what_can_be_no_nick_is_not_watched(void **state)
{
    (void)state;
    struct watch_table table;
    struct peer peer = {0};
    assert_int_equal(watch_table_init(&table, 7), ERR_OK);
    static const char *const bad[] = {"", "1a", "#a", "a b", "a!b@c", "*"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(watch_add(&table, &peer, text_of(bad[i])), ERR_INVALID);
    }
    assert_null(peer.watches);
    watch_table_finish(&table);
}

static void failing_allocation_changes_nothing(void **state)
{
    (void)state;
    bool was_pending = false;
    for (uint64_t nth = 1; !was_pending; nth++) {
        struct watch_table table;
        struct peer peers[2] = {0};
        assert_int_equal(watch_table_init(&table, 7), ERR_OK);
        assert_int_equal(watch_add(&table, &peers[1], TEXT("bob")), ERR_OK);
        mem_fail_at(nth);
        enum error error = watch_add(&table, &peers[0], TEXT("anna"));
        was_pending = mem_fail_pending();
        mem_fail_at(0);
        assert_int_equal(error, was_pending ? ERR_OK : ERR_MEMORY);
        assert_int_equal(count_watchers(&table, "anna"), was_pending ? 1 : 0);
        assert_int_equal(map_count(table.nicks), was_pending ? 2 : 1);
        watch_remove_all(&table, &peers[0]);
        watch_remove_all(&table, &peers[1]);
        watch_table_finish(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nick_is_found_however_it_is_spelled),
        cmocka_unit_test(removed_ones_are_gone_and_the_others_are_not),
        cmocka_unit_test(one_more_than_the_bound_is_refused),
        cmocka_unit_test(what_can_be_no_nick_is_not_watched),
        cmocka_unit_test(failing_allocation_changes_nothing),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
