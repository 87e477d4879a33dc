/* The gate: who may come in, and how those who may not are told. */
#include "yard.h"

#include "seam.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct config *strict_config(void)
{
    struct config *config = yard_config();
    config->exempt_count = 0;
    config->connections_per_address = 0;
    config->connects_per_address = 0;
    return config;
}

static void expect_turned_away(struct yard *yard, const char *word)
{
    struct guest guest;
    guest_come(yard, &guest);
    guest_expect_line(yard, &guest, word);
    guest_expect_end(yard, &guest);
}

static void full_house_takes_one_more_when_one_goes(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 3);
    struct guest guests[3];
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 3; i++) {
            guest_come(yard, &guests[i]);
        }
        yard_expect_connections(yard, 3);
        expect_turned_away(yard, "! full:");
        guest_go(&guests[1]);
        yard_expect_connections(yard, 2);
        guest_join(yard, &guests[1], "bob");
        yard_expect_connections(yard, 3);
        for (int i = 0; i < 3; i++) {
            guest_go(&guests[i]);
        }
        yard_expect_connections(yard, 0);
    }
    yard_free(yard);
}

static void address_has_so_many_at_once(void **state)
{
    (void)state;
    struct config *config = strict_config();
    config->connections_per_address = 4;
    struct yard *yard = yard_new(2, config, NULL, 100);
    struct guest guests[4];
    for (int turn = 0; turn < 5; turn++) {
        for (int i = 0; i < 4; i++) {
            guest_come(yard, &guests[i]);
        }
        yard_expect_connections(yard, 4);
        expect_turned_away(yard, "! too-many:");
        guest_go(&guests[0]);
        yard_expect_connections(yard, 3);
        guest_come(yard, &guests[0]);
        yard_expect_connections(yard, 4);
        expect_turned_away(yard, "! too-many:");
        for (int i = 0; i < 4; i++) {
            guest_go(&guests[i]);
        }
        yard_expect_connections(yard, 0);
    }
    yard_free(yard);
}

static void address_may_come_so_often(void **state)
{
    (void)state;
    struct config *config = strict_config();
    config->connects_per_address = 3;
    config->connects_window_ms = 1000;
    struct yard *yard = yard_new(1, config, NULL, 100);
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 3; i++) {
            struct guest guest;
            guest_come(yard, &guest);
            yard_expect_connections(yard, 1);
            guest_go(&guest);
            yard_expect_connections(yard, 0);
        }
        expect_turned_away(yard, "! slow-down:");
        yard_pass(yard, 999);
        expect_turned_away(yard, "! slow-down:");
        yard_pass(yard, 1);
    }
    yard_free(yard);
}

static void exempt_ones_are_not_counted(void **state)
{
    (void)state;
    struct config *config = yard_config();
    config->connections_per_address = 1;
    config->connects_per_address = 1;
    config->unregistered_start = 1;
    config->unregistered_full = 2;
    struct yard *yard = yard_new(1, config, NULL, 10);
    struct guest guests[10];
    for (int i = 0; i < 10; i++) {
        guest_come(yard, &guests[i]);
    }
    yard_expect_connections(yard, 10);
    expect_turned_away(yard, "! full:");
    for (int i = 0; i < 10; i++) {
        guest_go(&guests[i]);
    }
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

/* Comes, and tells whether it was let in; it stays when it was. */
static bool is_let_in(struct yard *yard, struct guest *guest)
{
    uint32_t before = gate_connection_count(yard->gate);
    guest_come(yard, guest);
    for (int turn = 0; turn < 10000; turn++) {
        yard_step(yard);
        if (gate_connection_count(yard->gate) > before) {
            return true;
        }
        guest_look(guest);
        if (guest->ended) {
            assert_memory_equal(guest->seen.data, "! slow-down:", 12);
            guest_go(guest);
            return false;
        }
    }
    assert_true(false);
    return false;
}

static void nameless_ones_are_dropped_early(void **state)
{
    (void)state;
    struct config *config = strict_config();
    config->unregistered_start = 10;
    config->unregistered_percent = 30;
    config->unregistered_full = 100;
    struct yard *yard = yard_new(1, config, NULL, 1000);
    static struct guest guests[100];
    uint32_t count = 0;
    uint32_t dropped = 0;
    uint32_t dropped_at_first = 0;
    while (count < 100) {
        if (is_let_in(yard, &guests[count])) {
            count++;
        } else {
            dropped++;
        }
        if (count < 10) {
            assert_int_equal(dropped, 0); /* Ten are nothing to worry about. */
        }
        if (count == 20) {
            dropped_at_first = dropped;
        }
    }
    /* 30 in 100 are turned away in the beginning, and nearly all in the end. */
    assert_true(dropped_at_first >= 1 && dropped_at_first <= 20);
    assert_true(dropped > 100);
    struct guest more;
    for (int i = 0; i < 50; i++) {
        assert_false(is_let_in(yard, &more)); /* At the bound, all are. */
    }
    /* Those with a name count no more. */
    for (int i = 0; i < 95; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "user%d\n", i);
        guest_say(yard, &guests[i], name);
    }
    for (int i = 0; i < 5; i++) {
        assert_true(is_let_in(yard, &more));
        guest_go(&more);
        yard_expect_connections(yard, 100);
    }
    for (int i = 0; i < 100; i++) {
        guest_go(&guests[i]);
    }
    yard_expect_connections(yard, 0);
    /* No count has leaked: ten come in again. */
    for (int i = 0; i < 10; i++) {
        assert_true(is_let_in(yard, &guests[i]));
    }
    for (int i = 0; i < 10; i++) {
        guest_go(&guests[i]);
    }
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void equal_bounds_drop_all_from_there_on(void **state)
{
    (void)state;
    struct config *config = strict_config();
    config->unregistered_start = 2;
    config->unregistered_full = 2;
    struct yard *yard = yard_new(1, config, NULL, 100);
    struct guest guests[3];
    assert_true(is_let_in(yard, &guests[0]));
    assert_true(is_let_in(yard, &guests[1]));
    assert_false(is_let_in(yard, &guests[2]));
    guest_go(&guests[0]);
    guest_go(&guests[1]);
    yard_free(yard);
}

static void without_descriptors_the_next_is_told_and_the_others_talk(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest anna, bob, late[3];
    guest_join(yard, &anna, "anna");
    guest_join(yard, &bob, "bob");
    for (int i = 0; i < 3; i++) {
        guest_come(yard, &late[i]);
    }
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit few = before;
    int highest = dup(yard->console_fds[0]);
    assert_true(highest >= 0);
    few.rlim_cur = (rlim_t)highest; /* That number is the next. */
    close(highest);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    yard_steps(yard, 3);
    uint64_t accepts = seam_count(SEAM_ACCEPT);
    yard_steps(yard, 20);
    assert_int_equal(seam_count(SEAM_ACCEPT), accepts); /* It rests, and does not spin. */
    guest_say(yard, &anna, "still here\n");
    guest_expect(yard, &bob, "[anna] still here\n");
    guest_expect_line(yard, &late[0], "! full:");
    yard_pass(yard, 100);
    guest_expect_line(yard, &late[1], "! full:");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    yard_pass(yard, 100);
    yard_expect_connections(yard, 3);
    guest_push(&late[2], "late\n");
    yard_expect_console(yard, "[late] 접속\n");
    guest_go(&anna);
    guest_go(&bob);
    for (int i = 0; i < 3; i++) {
        guest_go(&late[i]);
    }
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void failing_accepts_lose_nobody(void **state)
{
    (void)state;
    static const enum error errors[] = {ERR_CLOSED, ERR_MEMORY, ERR_AGAIN};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct yard *yard = yard_new(1, NULL, NULL, 100);
        struct guest bob;
        seam_fail_at(SEAM_ACCEPT, 1, errors[i]);
        guest_come(yard, &bob);
        yard_steps(yard, 5);
        yard_pass(yard, 100);
        yard_expect_connections(yard, 1);
        assert_false(seam_fail_pending());
        guest_go(&bob);
        yard_expect_connections(yard, 0);
        yard_free(yard);
    }
}

static void those_that_a_busy_worker_has_no_room_for_wait(void **state)
{
    (void)state;
    struct bus_options options = bus_options_default;
    options.arrivals_bytes = 4096;
    struct yard *yard = yard_new(1, NULL, &options, 1000);
    static struct guest guests[150];
    yard->workers_rest = true;
    for (int i = 0; i < 150; i++) {
        guest_come(yard, &guests[i]);
    }
    yard_pass(yard, 10);
    assert_true(gate_connection_count(yard->gate) < 150);
    yard->workers_rest = false;
    for (int turn = 0; turn < 1000 && gate_connection_count(yard->gate) < 150; turn++) {
        yard_pass(yard, 1);
    }
    assert_int_equal(gate_connection_count(yard->gate), 150);
    for (int i = 0; i < 150; i++) {
        guest_look(&guests[i]);
        assert_int_equal(guests[i].seen.count, 0);
        guest_go(&guests[i]);
    }
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void newest_configuration_reaches_a_busy_worker(void **state)
{
    (void)state;
    struct bus_options options = bus_options_default;
    options.arrivals_bytes = 4096;
    struct yard *yard = yard_new(1, NULL, &options, 1000);
    yard->workers_rest = true;
    for (int i = 0; i < 100; i++) {
        struct config *next = yard_config();
        next->register_ms = 1000000 - (uint32_t)i;
        yard_reload(yard, next); /* The ring is full soon; the last one still counts. */
    }
    struct config *last = yard_config();
    last->register_ms = 50;
    yard_reload(yard, last);
    yard->workers_rest = false;
    yard_steps(yard, 3);
    struct guest silent;
    guest_come(yard, &silent);
    yard_expect_connections(yard, 1);
    yard_pass(yard, 50);
    guest_expect_line(yard, &silent, "! timeout:");
    guest_expect_end(yard, &silent);
    yard->workers_rest = true;
    for (int i = 0; i < 100; i++) {
        yard_reload(yard, yard_config()); /* Nobody takes these any more. */
    }
    yard_free(yard);
}

static void failed_journal_is_not_slept_through(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    yard_steps(yard, 2);
    atomic_store(&yard->bus.journal_state, JOURNAL_FAILED); /* And nobody woke the gate. */
    gate_step(yard->gate, -1, yard_clock, yard);
    yard_free(yard);
}

static void taken_port_is_named(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct config *config = yard_config();
    config->listens[0].port = yard->address.port;
    struct gate *second = gate_new(&yard->bus, config, 10, 1);
    assert_non_null(second);
    struct bytes problem = {0};
    assert_int_equal(gate_listen(second, &problem), ERR_ADDRESS);
    assert_int_equal(bytes_append(&problem, "", 1), ERR_OK);
    char port[16];
    (void)snprintf(port, sizeof port, "%u", yard->address.port);
    assert_non_null(strstr(problem.data, "127.0.0.1"));
    assert_non_null(strstr(problem.data, port));
    assert_int_equal(gate_listener_count(second), 0);
    bytes_finish(&problem);
    gate_free(second);
    config_give(config);
    yard_free(yard);
}

static void gate_needs_its_memory(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    uint64_t nth = 1;
    for (;; nth++) {
        mem_fail_at(nth);
        struct gate *gate = gate_new(&yard->bus, yard->config, 10, 1);
        bool was_pending = mem_fail_pending();
        mem_fail_at(0);
        gate_free(gate);
        if (was_pending) {
            break;
        }
        assert_null(gate);
    }
    assert_true(nth > 2);
    seam_fail_at(SEAM_POLLER_ADD, 1, ERR_LIMIT);
    assert_null(gate_new(&yard->bus, yard->config, 10, 1));
    yard_free(yard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_house_takes_one_more_when_one_goes),
        cmocka_unit_test(address_has_so_many_at_once),
        cmocka_unit_test(address_may_come_so_often),
        cmocka_unit_test(exempt_ones_are_not_counted),
        cmocka_unit_test(nameless_ones_are_dropped_early),
        cmocka_unit_test(equal_bounds_drop_all_from_there_on),
        cmocka_unit_test(without_descriptors_the_next_is_told_and_the_others_talk),
        cmocka_unit_test(failing_accepts_lose_nobody),
        cmocka_unit_test(those_that_a_busy_worker_has_no_room_for_wait),
        cmocka_unit_test(newest_configuration_reaches_a_busy_worker),
        cmocka_unit_test(failed_journal_is_not_slept_through),
        cmocka_unit_test(taken_port_is_named),
        cmocka_unit_test(gate_needs_its_memory),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
