/* A process that stores as fast as it can is killed at any moment: what it had acknowledged is
 * there, once. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "place.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 15

/* Stores groups and reports the end of each, until it is killed. */
static _Noreturn void child_run(struct place *place, int pipe_end)
{
    if (place_open(place) != ERR_OK) {
        _exit(1);
    }
    uint64_t stored = place->mark.seq;
    for (uint64_t round = 0;; round++) {
        uint64_t count = 1 + round * 7 % 40;
        if (scene_group(place->journal, stored + 1, stored + count) != ERR_OK) {
            _exit(2);
        }
        stored += count;
        if (write(pipe_end, &stored, sizeof(stored)) != sizeof(stored)) {
            _exit(3);
        }
    }
}

/* Reads up to count numbers; the last of them, or stored when the writer is dead before. */
static uint64_t numbers_read(int pipe_end, uint64_t count, uint64_t stored)
{
    uint64_t number = 0;
    while (count > 0 && read(pipe_end, &number, sizeof(number)) == sizeof(number)) {
        assert_true(number > stored);
        stored = number;
        count--;
    }
    return stored;
}

static void killed_in_full_flight_keeps_what_was_acknowledged(void **state)
{
    struct place *place = *state;
    uint64_t stored = 0;
    uint64_t random = 88172645463325252U;
    place->options.checkpoint_thread = true;
    place->options.checkpoint_bytes = 64 * 1024;
    place->options.wal_bytes_max = 256 * 1024;
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(ends[0]);
            child_run(place, ends[1]);
        }
        close(ends[1]);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        /* After some groups, in the midst of another. */
        stored = numbers_read(ends[0], random % 30, stored);
        const struct timespec wait = {.tv_nsec = (long)(random % 4000) * 1000};
        nanosleep(&wait, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        stored = numbers_read(ends[0], UINT64_MAX, stored);
        close(ends[0]);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        place_open_well(place);
        /* The group under way may have been stored and not acknowledged. */
        assert_in_range(place->mark.seq, stored, stored + 40);
        stored = place->mark.seq;
        place_close(place);
        scene_verify(NULL, place_path(place, ""), stored);
    }
    assert_true(stored > ROUNDS * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(killed_in_full_flight_keeps_what_was_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
