/*
 * One evening, played again and again while one thing fails: the n-th allocation, read, write,
 * accept or entry into a poller. Whatever it is: the server goes on, whoever is told something
 * can rely on it, and everything is given back.
 */
#include "yard.h"

#include "seam.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GUESTS 5
/* Steps that are enough for whatever is still to come. */
#define ENOUGH 12

struct evening {
    struct yard *yard;
    struct guest guests[GUESTS];
};

static const char *const names[GUESTS] = {"anna", "bob", "carl", "dora", "eve"};

static void step_and_look(struct evening *evening, int64_t ms)
{
    for (int step = 0; step < ENOUGH; step++) {
        evening->yard->now_ms += step == 0 ? ms : 0;
        yard_step(evening->yard);
        for (int i = 0; i < GUESTS; i++) {
            if (evening->guests[i].fd >= 0) {
                guest_look(&evening->guests[i]);
            }
        }
    }
}

static void say(struct evening *evening, int guest, const char *text)
{
    if (evening->guests[guest].fd >= 0) {
        guest_push(&evening->guests[guest], text);
    }
    step_and_look(evening, 50);
}

/* Everybody comes; some talk by lines, one by pieces; a disk refuses; some go, each in its way. */
static void play(struct evening *evening)
{
    struct yard *yard = evening->yard;
    for (int i = 0; i < GUESTS; i++) {
        guest_come(yard, &evening->guests[i]);
        char name[16];
        (void)snprintf(name, sizeof name, i == 3 ? "%s" : "%s\n", names[i]);
        say(evening, i, name);
    }
    step_and_look(evening, 100);
    say(evening, 0, "one\ntwo\n");
    say(evening, 1, "half of a ");
    say(evening, 3, "piece");
    say(evening, 1, "line\n\xff\n");
    yard->journal.commit_error = ERR_DISK_FULL;
    say(evening, 2, "waits\n");
    say(evening, 0, "is refused\n");
    yard->journal.commit_error = ERR_OK;
    step_and_look(evening, 1000);
    say(evening, 2, "q\n");
    if (evening->guests[4].fd >= 0) {
        guest_finish_sending(&evening->guests[4]);
    }
    step_and_look(evening, 50);
    say(evening, 0, "three\n");
    say(evening, 1, "four\n");
    step_and_look(evening, 1000);
}

/* Every whole line that a guest has read is stored, or one of the server's own words. The report's
 * kind of guest reads no lines; the others' are enough. */
static void assert_shown_is_stored(const struct evening *evening)
{
    for (int i = 0; i < GUESTS; i++) {
        const struct guest *guest = &evening->guests[i];
        if (i == 3 || guest->fd < 0 || guest->seen.count == 0) {
            continue;
        }
        const char *at = guest->seen.data;
        for (const char *newline; (newline = strchr(at, '\n')) != NULL; at = newline + 1) {
            if (at[0] == '!') {
                continue;
            }
            bool found = false;
            for (uint32_t j = 0; j < evening->yard->journal.stored_count && !found; j++) {
                const struct stored *stored = &evening->yard->journal.stored[j];
                char line[128];
                int count = snprintf(line, sizeof line, "[%s] %s", stored->nick, stored->text);
                found = stored->kind == ROW_MESSAGE && newline - at == count &&
                        memcmp(at, line, (size_t)count) == 0;
            }
            assert_true(found);
        }
    }
}

/* No message is stored twice, and none that was refused. */
static void assert_stored_once(const struct evening *evening)
{
    static const char *const said[] = {"one",   "two", "half of a line", "piece", "waits",
                                       "three", "four"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        assert_true(script_journal_count(&evening->yard->journal, ROW_MESSAGE, said[i]) <= 1);
    }
    const struct guest *anna = &evening->guests[0];
    if (anna->seen.count > 0 && strstr(anna->seen.data, "! not-saved:") != NULL) {
        assert_int_equal(script_journal_count(&evening->yard->journal, ROW_MESSAGE, "is refused"),
                         0);
    }
}

/* Afterwards two newcomers can talk, and when all have gone nothing is left. */
static void assert_all_is_well(struct evening *evening)
{
    struct yard *yard = evening->yard;
    for (int i = 0; i < GUESTS; i++) {
        if (evening->guests[i].fd >= 0) {
            guest_go(&evening->guests[i]);
        }
    }
    yard_pass(yard, 100000);
    yard_expect_connections(yard, 0);
    for (int turn = 0; turn < 1000 && core_session_count(hub_core(yard->hub)) > 0; turn++) {
        yard_pass(yard, 10);
    }
    assert_int_equal(core_session_count(hub_core(yard->hub)), 0);
    struct guest first, second;
    guest_join(yard, &first, "first");
    guest_join(yard, &second, "second");
    guest_say(yard, &first, "all is well\n");
    guest_expect(yard, &second, "[first] all is well\n");
    guest_go(&first);
    guest_go(&second);
    yard_expect_connections(yard, 0);
}

static void evening_begin(struct evening *evening)
{
    struct bus_options options = bus_options_default;
    options.commands_bytes = 32 * 1024;
    options.effects_bytes = 64 * 1024;
    options.console_bytes = 64 * 1024;
    options.rows_bytes = 1024 * 1024;
    evening->yard = yard_new(2, NULL, &options, 100);
    for (int i = 0; i < GUESTS; i++) {
        evening->guests[i].fd = -1;
    }
}

static void evening_end(struct evening *evening)
{
    assert_shown_is_stored(evening);
    assert_stored_once(evening);
    assert_all_is_well(evening);
    yard_free(evening->yard);
}

static void quiet_evening_brings_everything(void **state)
{
    (void)state;
    struct evening evening;
    evening_begin(&evening);
    play(&evening);
    const char *seen = evening.guests[1].seen.data;
    assert_non_null(seen);
    assert_string_equal(strstr(seen, "[anna] one"),
                        "[anna] one\n[anna] two\n[dora] piece\n"
                        "! bad-utf8: UTF-8이 아니어서 전하지 않았습니다\n"
                        "[carl] waits\n[anna] three\n");
    assert_true(evening.guests[2].ended);
    assert_true(evening.guests[4].ended);
    evening_end(&evening);
}

static void every_failing_allocation_is_survived(void **state)
{
    (void)state;
    bool was_pending = false;
    uint64_t nth = 1;
    for (; !was_pending; nth++) {
        struct evening evening;
        evening_begin(&evening);
        mem_fail_at(nth);
        play(&evening);
        was_pending = mem_fail_pending();
        mem_fail_at(0);
        evening_end(&evening);
    }
    assert_true(nth > 50);
}

static uint64_t survive_every(enum seam_call call, enum error error)
{
    bool was_pending = false;
    uint64_t nth = 1;
    for (; !was_pending; nth++) {
        struct evening evening;
        evening_begin(&evening);
        seam_fail_at(call, nth, error);
        play(&evening);
        was_pending = seam_fail_pending();
        seam_fail_at(call, 0, ERR_OK);
        evening_end(&evening);
    }
    return nth - 1;
}

static void every_failing_read_is_survived(void **state)
{
    (void)state;
    assert_true(survive_every(SEAM_READ, ERR_IO) > 10);
    assert_true(survive_every(SEAM_READ, ERR_AGAIN) > 10);
    assert_true(survive_every(SEAM_READ, ERR_CLOSED) > 10);
}

static void every_failing_write_is_survived(void **state)
{
    (void)state;
    assert_true(survive_every(SEAM_WRITE, ERR_IO) > 10);
    assert_true(survive_every(SEAM_WRITE, ERR_AGAIN) > 10);
}

static void every_failing_accept_is_survived(void **state)
{
    (void)state;
    assert_true(survive_every(SEAM_ACCEPT, ERR_CLOSED) > 5);
    assert_true(survive_every(SEAM_ACCEPT, ERR_LIMIT) > 5);
    assert_true(survive_every(SEAM_ACCEPT, ERR_MEMORY) > 5);
}

static void every_socket_that_the_poller_refuses_is_survived(void **state)
{
    (void)state;
    assert_true(survive_every(SEAM_POLLER_ADD, ERR_LIMIT) >= GUESTS);
}

static void evening_with_one_byte_a_write_is_the_same(void **state)
{
    (void)state;
    struct evening evening;
    evening_begin(&evening);
    seam_limit_write(1);
    play(&evening);
    for (int i = 0; i < 100; i++) {
        step_and_look(&evening, 0);
    }
    seam_limit_write(0);
    assert_non_null(strstr(evening.guests[1].seen.data, "[carl] waits\n[anna] three\n"));
    evening_end(&evening);
}

/* What is needed to begin at all. */
static void every_failing_allocation_of_a_start_is_told(void **state)
{
    (void)state;
    struct config *config = yard_config();
    struct hub_options hub_options = {.mark = {.seed = 1}, .lobby = TEXT("#madang")};
    bool was_pending = false;
    for (uint64_t nth = 1; !was_pending; nth++) {
        static struct bus bus;
        mem_fail_at(nth);
        enum error error = bus_init(&bus, 2, 0, &bus_options_default);
        if (error == ERR_OK) {
            struct hub *hub = hub_new(&bus, &hub_options);
            struct worker *worker = worker_new(&bus, 1, config);
            was_pending = mem_fail_pending();
            assert_true(was_pending || hub == NULL || worker == NULL);
            mem_fail_at(0);
            hub_free(hub);
            worker_free(worker);
            bus_finish(&bus);
        } else {
            assert_int_equal(error, ERR_MEMORY);
        }
    }
    mem_fail_at(0);
    config_give(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_evening_brings_everything),
        cmocka_unit_test(every_failing_allocation_is_survived),
        cmocka_unit_test(every_failing_read_is_survived),
        cmocka_unit_test(every_failing_write_is_survived),
        cmocka_unit_test(every_failing_accept_is_survived),
        cmocka_unit_test(every_socket_that_the_poller_refuses_is_survived),
        cmocka_unit_test(evening_with_one_byte_a_write_is_the_same),
        cmocka_unit_test(every_failing_allocation_of_a_start_is_told),
    };
    return cmocka_run_group_tests_name("worker faults", tests, NULL, NULL);
}
