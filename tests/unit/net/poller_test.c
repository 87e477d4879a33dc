/* The poller: what is asked for is told, and no more. */
#include "net/poller.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
    struct poller *poller;
    int near;
    int far;
};

#define TOKEN UINT64_C(0x123456789abcdef0)

static void pair_open(struct pair *pair, enum poller_interest interest)
{
    int sockets[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    pair->near = sockets[0];
    pair->far = sockets[1];
    pair->poller = poller_new();
    assert_non_null(pair->poller);
    assert_int_equal(poller_add(pair->poller, pair->near, TOKEN, interest), ERR_OK);
}

static void pair_close(struct pair *pair)
{
    poller_remove(pair->poller, pair->near);
    poller_free(pair->poller);
    close(pair->near);
    if (pair->far >= 0) {
        close(pair->far);
    }
}

/* The one event there is now; its token is checked. */
static bool next_event(struct pair *pair, struct poller_event *event)
{
    uint32_t count = poller_wait(pair->poller, event, 1, 0);
    if (count == 1) {
        assert_true(event->token == TOKEN);
    }
    return count == 1;
}

static void bytes_are_told_until_they_are_read(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, POLLER_READ);
    struct poller_event event;
    assert_false(next_event(&pair, &event));
    assert_int_equal(write(pair.far, "ab", 2), 2);
    for (int i = 0; i < 2; i++) {
        assert_true(next_event(&pair, &event));
        assert_true(event.readable);
        assert_false(event.writable);
        assert_false(event.gone);
        char byte;
        assert_int_equal(read(pair.near, &byte, 1), 1);
    }
    assert_false(next_event(&pair, &event));
    pair_close(&pair);
}

static void only_what_is_asked_for_is_told(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, POLLER_NONE);
    struct poller_event event;
    assert_int_equal(write(pair.far, "a", 1), 1);
    assert_false(next_event(&pair, &event));
    poller_set(pair.poller, pair.near, TOKEN, POLLER_WRITE);
    assert_true(next_event(&pair, &event));
    assert_true(event.writable);
    assert_false(event.readable);
    poller_set(pair.poller, pair.near, TOKEN, POLLER_READ | POLLER_WRITE);
    assert_true(next_event(&pair, &event));
    assert_true(event.writable && event.readable);
    poller_set(pair.poller, pair.near, TOKEN, POLLER_NONE);
    assert_false(next_event(&pair, &event));
    pair_close(&pair);
}

static void gone_is_told_even_to_those_who_ask_for_nothing(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, POLLER_NONE);
    close(pair.far);
    pair.far = -1;
    struct poller_event event;
    assert_true(next_event(&pair, &event));
    assert_true(event.gone);
    pair_close(&pair);
}

static void half_close_is_readable_and_not_gone(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, POLLER_READ);
    assert_int_equal(shutdown(pair.far, SHUT_WR), 0);
    struct poller_event event;
    assert_true(next_event(&pair, &event));
    assert_true(event.readable);
    assert_false(event.gone);
    poller_set(pair.poller, pair.near, TOKEN, POLLER_NONE);
    assert_false(next_event(&pair, &event));
    pair_close(&pair);
}

static void wait_gives_at_most_the_capacity(void **state)
{
    (void)state;
    struct poller *poller = poller_new();
    assert_non_null(poller);
    int sockets[3][2];
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets[i]), 0);
        assert_int_equal(poller_add(poller, sockets[i][0], i + 1, POLLER_WRITE), ERR_OK);
    }
    struct poller_event events[3];
    assert_int_equal(poller_wait(poller, events, 2, 0), 2);
    assert_int_equal(poller_wait(poller, events, 3, 0), 3);
    for (unsigned i = 0; i < 3; i++) {
        poller_remove(poller, sockets[i][0]);
        close(sockets[i][0]);
        close(sockets[i][1]);
    }
    poller_free(poller);
}

static void what_the_system_refuses_is_an_error(void **state)
{
    (void)state;
    mem_fail_at(1);
    assert_null(poller_new());
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct poller *poller = poller_new();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_null(poller);
    poller = poller_new();
    assert_non_null(poller);
    assert_int_not_equal(poller_add(poller, -1, 1, POLLER_READ), ERR_OK);
    poller_free(poller);
    poller_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_told_until_they_are_read),
        cmocka_unit_test(only_what_is_asked_for_is_told),
        cmocka_unit_test(gone_is_told_even_to_those_who_ask_for_nothing),
        cmocka_unit_test(half_close_is_readable_and_not_gone),
        cmocka_unit_test(wait_gives_at_most_the_capacity),
        cmocka_unit_test(what_the_system_refuses_is_an_error),
    };
    return cmocka_run_group_tests_name("poller", tests, NULL, NULL);
}
