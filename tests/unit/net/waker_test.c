/* Wakers: no wake-up is lost, none costs anything while nobody sleeps. */
#include "net/waker.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define TURNS 20000
/* Far more than any machine needs; only a lost wake-up ends it. */
#define LOST_MS 30000

static bool is_readable(const struct waker *waker)
{
    struct pollfd poll_fd = {.fd = waker->fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

static void wake_of_one_who_is_awake_writes_nothing(void **state)
{
    (void)state;
    struct waker waker;
    assert_int_equal(waker_init(&waker), ERR_OK);
    waker_wake(&waker);
    assert_false(is_readable(&waker));
    waker_prepare(&waker);
    waker_awake(&waker);
    waker_wake(&waker);
    assert_false(is_readable(&waker));
    waker_finish(&waker);
}

static void wake_after_prepare_is_kept(void **state)
{
    (void)state;
    struct waker waker;
    assert_int_equal(waker_init(&waker), ERR_OK);
    waker_prepare(&waker);
    waker_wake(&waker);
    waker_wake(&waker); /* The second one finds it woken. */
    assert_true(is_readable(&waker));
    assert_true(waker_sleep(&waker, -1));
    waker_awake(&waker);
    assert_false(is_readable(&waker));
    waker_finish(&waker);
}

static void sleep_ends_when_its_time_is_over(void **state)
{
    (void)state;
    struct waker waker;
    assert_int_equal(waker_init(&waker), ERR_OK);
    waker_prepare(&waker);
    assert_false(waker_sleep(&waker, 1));
    waker_awake(&waker);
    waker_finish(&waker);
}

static void clear_of_nothing_is_fine(void **state)
{
    (void)state;
    struct waker waker;
    assert_int_equal(waker_init(&waker), ERR_OK);
    waker_clear(&waker);
    waker_finish(&waker);
}

static void no_descriptor_gives_no_waker(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct waker waker = {.fd = -77};
    enum error error = waker_init(&waker);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(error, ERR_LIMIT);
    assert_int_equal(waker.fd, -77);
}

/* Two threads hand a number to and fro; each sleeps until it is its turn. */
struct game {
    struct waker wakers[2];
    atomic_uint turn;
    bool lost[2];
};

struct player {
    struct game *game;
    unsigned side;
};

static void *play(void *context)
{
    const struct player *player = context;
    struct game *game = player->game;
    struct waker *own = &game->wakers[player->side];
    for (unsigned turn = player->side; turn < TURNS; turn += 2) {
        while (atomic_load_explicit(&game->turn, memory_order_acquire) != turn) {
            waker_prepare(own);
            if (atomic_load_explicit(&game->turn, memory_order_acquire) != turn &&
                !waker_sleep(own, LOST_MS)) {
                game->lost[player->side] = true;
                return NULL;
            }
            waker_awake(own);
        }
        if (turn % 7 == 0) {
            (void)sched_yield();
        }
        atomic_store_explicit(&game->turn, turn + 1, memory_order_release);
        waker_wake(&game->wakers[1 - player->side]);
    }
    return NULL;
}

static void two_threads_lose_no_wake_up(void **state)
{
    (void)state;
    struct game game = {.lost = {false, false}};
    atomic_init(&game.turn, 0);
    assert_int_equal(waker_init(&game.wakers[0]), ERR_OK);
    assert_int_equal(waker_init(&game.wakers[1]), ERR_OK);
    struct player players[2] = {{&game, 0}, {&game, 1}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, play, &players[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(game.lost[i]);
    }
    assert_int_equal(atomic_load(&game.turn), TURNS);
    waker_finish(&game.wakers[0]);
    waker_finish(&game.wakers[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wake_of_one_who_is_awake_writes_nothing),
        cmocka_unit_test(wake_after_prepare_is_kept),
        cmocka_unit_test(sleep_ends_when_its_time_is_over),
        cmocka_unit_test(clear_of_nothing_is_fine),
        cmocka_unit_test(no_descriptor_gives_no_waker),
        cmocka_unit_test(two_threads_lose_no_wake_up),
    };
    return cmocka_run_group_tests_name("waker", tests, NULL, NULL);
}
