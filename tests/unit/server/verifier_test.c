/* The verifier: verdicts for every request, in turn, within bounds, and nothing left behind. */
#include "server/verifier.h"

#include "auth/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "operpassword" at the least cost. */
#define HASH                                                                                       \
    "$argon2id$v=19$m=1024,t=1,p=1$bWFkYW5nc2FsdDAw$jfo6a5jkTUp9ax1D2ObGrwb5dvWEso8AHBiC3jb4ZR4"
#define LOG_LINES_MAX 8

struct desk {
    struct bus bus;
    struct verifier verifier;
    int64_t now_ms;
    int log_count;
    char logs[LOG_LINES_MAX][1100];
};

static void log_keep(void *context, const char *line)
{
    struct desk *desk = context;
    if (desk->log_count < LOG_LINES_MAX) {
        snprintf(desk->logs[desk->log_count], sizeof desk->logs[0], "%s", line);
    }
    desk->log_count++;
}

static int desk_make(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    assert_int_equal(bus_init(&desk->bus, 2, 0, &bus_options_default), ERR_OK);
    verifier_init(&desk->verifier, &desk->bus);
    desk->now_ms = 1000;
    log_sink_set(log_keep, desk);
    *state = desk;
    return 0;
}

static int desk_remove(void **state)
{
    struct desk *desk = *state;
    log_sink_set(NULL, NULL);
    bus_finish(&desk->bus);
    free(desk);
    return 0;
}

static bool ask(struct desk *desk, uint32_t worker, uint64_t connection, const char *password)
{
    struct lane *lane = &desk->bus.lanes[worker];
    struct verify_request request = {
        .connection = connection,
        .who = TEXT("alice as operator root"),
        .hash = TEXT(HASH),
        .password = text_of(password),
    };
    bool taken = verify_request_put(lane, &request);
    (void)ring_publish(lane->requests);
    return taken;
}

/* The next verdict of the worker must be this one. */
static void assert_verdict(struct desk *desk, uint32_t worker, uint64_t connection, bool right)
{
    struct verdict verdict;
    assert_true(verdict_take(&desk->bus.lanes[worker], &verdict));
    assert_int_equal(verdict.connection, connection);
    assert_int_equal(verdict.right, right);
}

static void assert_no_verdict(struct desk *desk, uint32_t worker)
{
    struct verdict verdict;
    assert_false(verdict_take(&desk->bus.lanes[worker], &verdict));
}

static void every_request_has_its_verdict(void **state)
{
    struct desk *desk = *state;
    assert_false(verifier_has_work(&desk->verifier));
    assert_false(verifier_step(&desk->verifier, desk->now_ms));
    assert_true(ask(desk, 0, 5, "operpassword"));
    assert_true(ask(desk, 0, 6, "guess"));
    assert_true(verifier_has_work(&desk->verifier));
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    assert_verdict(desk, 0, 5, true);
    assert_no_verdict(desk, 0);
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    assert_verdict(desk, 0, 6, false);
    assert_false(verifier_step(&desk->verifier, desk->now_ms));
    assert_no_verdict(desk, 1);
}

static void workers_have_their_turns(void **state)
{
    struct desk *desk = *state;
    for (uint64_t i = 0; i < 4; i++) {
        assert_true(ask(desk, 0, i, "guess"));
    }
    assert_true(ask(desk, 1, 9, "operpassword"));
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    assert_verdict(desk, 1, 9, true);
}

static void right_one_too_soon_is_wrong(void **state)
{
    struct desk *desk = *state;
    struct verify_request request = {
        .connection = 5, .too_soon = true, .hash = TEXT(HASH), .password = TEXT("operpassword")};
    assert_true(verify_request_put(&desk->bus.lanes[0], &request));
    (void)ring_publish(desk->bus.lanes[0].requests);
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    assert_verdict(desk, 0, 5, false);
    assert_non_null(strstr(desk->logs[0], "too soon"));
}

static void what_can_be_nothing_is_wrong(void **state)
{
    struct desk *desk = *state;
    static char long_text[2000];
    memset(long_text, 'x', sizeof long_text);
    const struct text longest = {.data = long_text, .count = sizeof long_text};
    const struct verify_request requests[] = {
        {.who = TEXT_NONE, .hash = TEXT_NONE, .password = TEXT("operpassword")},
        {.who = longest, .hash = longest, .password = longest},
        {.who = TEXT("x"), .hash = TEXT(HASH), .password = TEXT_NONE},
        {.who = TEXT("x"), .hash = TEXT(HASH), .password = longest},
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        assert_true(verify_request_put(&desk->bus.lanes[0], &requests[i]));
        (void)ring_publish(desk->bus.lanes[0].requests);
        assert_true(verifier_step(&desk->verifier, desk->now_ms));
        assert_verdict(desk, 0, 0, false);
    }
}

static void full_ring_takes_no_more_and_wakes_the_worker(void **state)
{
    struct desk *desk = *state;
    struct lane *lane = &desk->bus.lanes[0];
    uint64_t count = 0;
    while (ask(desk, 0, count, "guess")) {
        count++;
    }
    assert_true(count >= 20 && count <= 200);
    atomic_store(&lane->starved, true);
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    assert_false(atomic_load(&lane->starved));
    while (verifier_step(&desk->verifier, desk->now_ms)) {
    }
    for (uint64_t i = 0; i < count; i++) {
        assert_verdict(desk, 0, i, false);
    }
    assert_true(ask(desk, 0, count, "operpassword"));
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    assert_verdict(desk, 0, count, true);
}

static void nothing_is_taken_without_room_for_its_verdict(void **state)
{
    struct desk *desk = *state;
    struct lane *lane = &desk->bus.lanes[0];
    while (ring_reserve(lane->verdicts, sizeof(struct verdict)) != NULL) {
    }
    assert_true(ask(desk, 0, 5, "operpassword"));
    assert_false(verifier_has_work(&desk->verifier));
    assert_false(verifier_step(&desk->verifier, desk->now_ms));
    /* The other worker does not wait for that. */
    assert_true(ask(desk, 1, 6, "operpassword"));
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    assert_verdict(desk, 1, 6, true);
}

static void password_is_wiped_when_it_was_looked_at(void **state)
{
    struct desk *desk = *state;
    struct lane *lane = &desk->bus.lanes[0];
    assert_true(ask(desk, 0, 5, "operpassword"));
    size_t record_bytes;
    const char *record = ring_peek(lane->requests, &record_bytes);
    assert_non_null(memmem(record, record_bytes, "operpassword", 12));
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    /* The ring's memory is still there, and nothing else has been put into it. */
    assert_null(memmem(record, record_bytes, "operpassword", 12));
    assert_null(memmem(record, record_bytes, "argon2id", 8));
}

static void each_right_one_is_logged_and_wrong_ones_once_a_second(void **state)
{
    struct desk *desk = *state;
    for (uint64_t i = 0; i < 5; i++) {
        assert_true(ask(desk, 0, i, "guess"));
        assert_true(ask(desk, 1, i, "operpassword"));
    }
    while (verifier_step(&desk->verifier, desk->now_ms)) {
    }
    assert_int_equal(desk->log_count, 6);
    assert_true(ask(desk, 0, 9, "guess"));
    assert_true(verifier_step(&desk->verifier, desk->now_ms + 1000));
    assert_int_equal(desk->log_count, 7);
    assert_non_null(strstr(desk->logs[6], "(6 in vain so far)"));
    for (int i = 0; i < 7; i++) {
        assert_non_null(strstr(desk->logs[i], "alice as operator root"));
        assert_null(strstr(desk->logs[i], "guess"));
        assert_null(strstr(desk->logs[i], "operpassword"));
        assert_null(strstr(desk->logs[i], "argon2id"));
    }
}

static void name_of_who_asks_cannot_forge_a_line(void **state)
{
    struct desk *desk = *state;
    struct verify_request request = {.who = TEXT("%n\n2026 error x\x1b[2J"),
                                     .hash = TEXT(HASH),
                                     .password = TEXT("operpassword")};
    assert_true(verify_request_put(&desk->bus.lanes[0], &request));
    (void)ring_publish(desk->bus.lanes[0].requests);
    assert_true(verifier_step(&desk->verifier, desk->now_ms));
    assert_int_equal(desk->log_count, 1);
    assert_null(strchr(desk->logs[0], '\n'));
    assert_null(strchr(desk->logs[0], '\x1b'));
    assert_non_null(strstr(desk->logs[0], "%n^J2026"));
}

static void end_of_the_server_is_its_end(void **state)
{
    struct desk *desk = *state;
    assert_false(verifier_is_done(&desk->verifier));
    atomic_store(&desk->bus.stage, STAGE_DRAIN);
    assert_true(verifier_is_done(&desk->verifier));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, desk_make, desk_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_request_has_its_verdict),
        TEST(workers_have_their_turns),
        TEST(right_one_too_soon_is_wrong),
        TEST(what_can_be_nothing_is_wrong),
        TEST(full_ring_takes_no_more_and_wakes_the_worker),
        TEST(nothing_is_taken_without_room_for_its_verdict),
        TEST(password_is_wiped_when_it_was_looked_at),
        TEST(each_right_one_is_logged_and_wrong_ones_once_a_second),
        TEST(name_of_who_asks_cannot_forge_a_line),
        TEST(end_of_the_server_is_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
