/* Counting connections by address. */
#include "server/address.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define WINDOW_MS 1000
#define ADDRESSES_MAX 100000

struct counts {
    struct address_table table;
    struct config *config;
};

static void counts_begin(struct counts *counts, uint32_t at_once, uint32_t in_window)
{
    counts->config = calloc(1, sizeof *counts->config);
    assert_non_null(counts->config);
    counts->config->connections_per_address = at_once;
    counts->config->connects_per_address = in_window;
    counts->config->connects_window_ms = WINDOW_MS;
    assert_int_equal(address_table_init(&counts->table, 1), ERR_OK);
}

static void counts_end(struct counts *counts)
{
    address_table_finish(&counts->table);
    free(counts->config);
}

static struct in6_addr address_of(const char *text)
{
    struct in6_addr address = IN6ADDR_ANY_INIT;
    if (inet_pton(AF_INET6, text, &address) != 1) {
        assert_int_equal(inet_pton(AF_INET, text, &address.s6_addr[12]), 1);
        address.s6_addr[10] = 0xff;
        address.s6_addr[11] = 0xff;
    }
    return address;
}

static enum address_verdict enter(struct counts *counts, const char *text, int64_t now_ms)
{
    struct in6_addr address = address_of(text);
    return address_enter(&counts->table, counts->config, &address, now_ms);
}

static void leave(struct counts *counts, const char *text)
{
    struct in6_addr address = address_of(text);
    address_leave(&counts->table, &address);
}

static void so_many_at_once_and_one_more_is_too_many(void **state)
{
    (void)state;
    struct counts counts;
    counts_begin(&counts, 2, 0);
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_TOO_MANY);
    assert_int_equal(enter(&counts, "10.0.0.2", 0), ADDRESS_FINE);
    leave(&counts, "10.0.0.1");
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_TOO_MANY);
    counts_end(&counts);
}

static void so_many_in_a_window_and_then_a_new_one(void **state)
{
    (void)state;
    struct counts counts;
    counts_begin(&counts, 0, 2);
    assert_int_equal(enter(&counts, "10.0.0.1", 5), ADDRESS_FINE);
    assert_int_equal(enter(&counts, "10.0.0.1", 500), ADDRESS_FINE);
    leave(&counts, "10.0.0.1");
    leave(&counts, "10.0.0.1");
    assert_int_equal(enter(&counts, "10.0.0.1", 1004), ADDRESS_SLOW_DOWN);
    assert_int_equal(enter(&counts, "10.0.0.1", 1005), ADDRESS_FINE);
    assert_int_equal(enter(&counts, "10.0.0.1", 1006), ADDRESS_FINE);
    assert_int_equal(enter(&counts, "10.0.0.1", 1007), ADDRESS_SLOW_DOWN);
    counts_end(&counts);
}

static void network_of_64_bits_is_one_place(void **state)
{
    (void)state;
    struct counts counts;
    counts_begin(&counts, 1, 0);
    assert_int_equal(enter(&counts, "2001:db8:0:1::1", 0), ADDRESS_FINE);
    assert_int_equal(enter(&counts, "2001:db8:0:1:ffff::2", 0), ADDRESS_TOO_MANY);
    assert_int_equal(enter(&counts, "2001:db8:0:2::1", 0), ADDRESS_FINE);
    leave(&counts, "2001:db8:0:1:1234::9"); /* Whoever of that place goes. */
    assert_int_equal(enter(&counts, "2001:db8:0:1:ffff::2", 0), ADDRESS_FINE);
    /* IPv4 counts whole. */
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    assert_int_equal(enter(&counts, "10.0.0.2", 0), ADDRESS_FINE);
    counts_end(&counts);
}

static void zero_is_no_limit(void **state)
{
    (void)state;
    struct counts counts;
    counts_begin(&counts, 0, 0);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    }
    counts_end(&counts);
}

static void who_is_gone_is_forgotten_after_its_window(void **state)
{
    (void)state;
    struct counts counts;
    counts_begin(&counts, 0, 0);
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    assert_int_equal(enter(&counts, "10.0.0.2", 10), ADDRESS_FINE);
    leave(&counts, "10.0.0.1");
    leave(&counts, "10.0.0.2");
    address_forget(&counts.table, WINDOW_MS - 1);
    assert_int_equal(map_count(counts.table.entries), 2);
    address_forget(&counts.table, WINDOW_MS);
    assert_int_equal(map_count(counts.table.entries), 1);
    address_forget(&counts.table, WINDOW_MS + 10);
    assert_int_equal(map_count(counts.table.entries), 0);
    counts_end(&counts);
}

static void who_is_present_is_never_forgotten(void **state)
{
    (void)state;
    struct counts counts;
    counts_begin(&counts, 1, 0);
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    for (int64_t now_ms = 0; now_ms < 100 * WINDOW_MS; now_ms += 777) {
        address_forget(&counts.table, now_ms);
    }
    assert_int_equal(map_count(counts.table.entries), 1);
    assert_int_equal(enter(&counts, "10.0.0.1", 100 * WINDOW_MS), ADDRESS_TOO_MANY);
    leave(&counts, "10.0.0.1");
    address_forget(&counts.table, 200 * WINDOW_MS);
    assert_int_equal(map_count(counts.table.entries), 0);
    counts_end(&counts);
}

static void refused_one_leaves_no_count_behind(void **state)
{
    (void)state;
    struct counts counts;
    counts_begin(&counts, 1, 3);
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_TOO_MANY);
    }
    leave(&counts, "10.0.0.1");
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    leave(&counts, "10.0.0.1");
    assert_int_equal(enter(&counts, "10.0.0.1", 0), ADDRESS_FINE);
    counts_end(&counts);
}

static void table_has_a_bound(void **state)
{
    (void)state;
    struct counts counts;
    counts_begin(&counts, 0, 0);
    struct in6_addr address = address_of("10.0.0.0");
    for (uint32_t i = 0; i <= ADDRESSES_MAX; i++) {
        address.s6_addr[13] = (uint8_t)(i >> 16);
        address.s6_addr[14] = (uint8_t)(i >> 8);
        address.s6_addr[15] = (uint8_t)i;
        assert_int_equal(address_enter(&counts.table, counts.config, &address, 0),
                         i < ADDRESSES_MAX ? ADDRESS_FINE : ADDRESS_NO_MEMORY);
    }
    assert_int_equal(enter(&counts, "10.0.0.0", 0), ADDRESS_FINE); /* Those known still may. */
    counts_end(&counts);
}

static void without_memory_nobody_is_counted(void **state)
{
    (void)state;
    struct counts counts;
    mem_fail_at(1);
    struct address_table none;
    assert_int_equal(address_table_init(&none, 1), ERR_MEMORY);
    counts_begin(&counts, 1, 1);
    bool was_pending = false;
    for (uint64_t nth = 1; !was_pending; nth++) {
        mem_fail_at(nth);
        enum address_verdict verdict = enter(&counts, "10.0.0.1", 0);
        was_pending = mem_fail_pending();
        mem_fail_at(0);
        assert_int_equal(verdict, was_pending ? ADDRESS_FINE : ADDRESS_NO_MEMORY);
        assert_int_equal(map_count(counts.table.entries), was_pending ? 1 : 0);
    }
    counts_end(&counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_at_once_and_one_more_is_too_many),
        cmocka_unit_test(so_many_in_a_window_and_then_a_new_one),
        cmocka_unit_test(network_of_64_bits_is_one_place),
        cmocka_unit_test(zero_is_no_limit),
        cmocka_unit_test(who_is_gone_is_forgotten_after_its_window),
        cmocka_unit_test(who_is_present_is_never_forgotten),
        cmocka_unit_test(refused_one_leaves_no_count_behind),
        cmocka_unit_test(table_has_a_bound),
        cmocka_unit_test(without_memory_nobody_is_counted),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
