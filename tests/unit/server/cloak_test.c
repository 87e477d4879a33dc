/* Cloaks of addresses: the same for the same, and by networks. */
#include "server/cloak.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct siphash_key key = {.k0 = 1, .k1 = 2};

struct cloak {
    char text[CLOAK_BYTES + 1];
};

static struct cloak cloak_of(const struct siphash_key *with, const char *address)
{
    struct in6_addr binary;
    char mapped[INET6_ADDRSTRLEN + 8];
    snprintf(mapped, sizeof mapped, "%s%s", strchr(address, ':') != NULL ? "" : "::ffff:", address);
    assert_int_equal(inet_pton(AF_INET6, mapped, &binary), 1);
    struct cloak cloak;
    cloak_address(with, &binary, cloak.text);
    return cloak;
}

/* The labels from index on are the same. */
static bool same_from(const char *a, const char *b, size_t index)
{
    struct cloak first = cloak_of(&key, a);
    struct cloak second = cloak_of(&key, b);
    size_t start = index * (CLOAK_LABEL_CHARACTERS + 1);
    return strcmp(first.text + start, second.text + start) == 0;
}

static void cloak_has_its_form(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1", "0.0.0.0", "255.255.255.255",
                                            "::1",       "::",      "2001:db8::1"};
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct cloak cloak = cloak_of(&key, addresses[i]);
        assert_int_equal(strlen(cloak.text), CLOAK_BYTES);
        assert_string_equal(cloak.text + CLOAK_BYTES - 3, ".ip");
        for (size_t at = 0; at < CLOAK_BYTES - 2; at++) {
            bool is_dot = at % (CLOAK_LABEL_CHARACTERS + 1) == CLOAK_LABEL_CHARACTERS;
            const char *set = is_dot ? "." : "abcdefghijkmnpqrstuvwxyz23456789";
            assert_non_null(strchr(set, cloak.text[at]));
        }
    }
}

/* Bans that are kept must hold after a restart and on another machine. */
static void cloak_is_the_same_everywhere(void **state)
{
    (void)state;
    assert_string_equal(cloak_of(&key, "192.0.2.1").text, "vemcegxt.ya9m8p77.6i4hb5j3.ip");
    assert_string_equal(cloak_of(&key, "2001:db8::1").text, "9f8fkj2n.8xmnek3s.hdzvhdc6.ip");
}

static void networks_are_in_the_labels(void **state)
{
    (void)state;
    assert_true(same_from("192.0.2.1", "192.0.2.1", 0));
    assert_false(same_from("192.0.2.1", "192.0.2.2", 0));
    assert_true(same_from("192.0.2.1", "192.0.2.2", 1));
    assert_false(same_from("192.0.2.1", "192.0.3.1", 1));
    assert_true(same_from("192.0.2.1", "192.0.3.1", 2));
    assert_false(same_from("192.0.2.1", "192.1.2.1", 2));
    assert_false(same_from("2001:db8::1", "2001:db8::2", 0));
    assert_true(same_from("2001:db8::1", "2001:db8::2", 1));
    assert_false(same_from("2001:db8::1", "2001:db8:0:1::1", 1));
    assert_true(same_from("2001:db8::1", "2001:db8:0:1::1", 2));
    assert_false(same_from("2001:db8::1", "2001:db8:1::1", 2));
}

static void families_are_apart(void **state)
{
    (void)state;
    assert_false(same_from("0.0.0.0", "::", 2));
    assert_false(same_from("192.0.2.1", "c000:201::", 2));
}

static void labels_of_one_cloak_differ(void **state)
{
    (void)state;
    struct cloak cloak = cloak_of(&key, "0.0.0.0");
    assert_memory_not_equal(cloak.text, cloak.text + 9, CLOAK_LABEL_CHARACTERS);
    assert_memory_not_equal(cloak.text + 9, cloak.text + 18, CLOAK_LABEL_CHARACTERS);
}

static void another_key_gives_other_cloaks(void **state)
{
    (void)state;
    static const struct siphash_key others[] = {{.k0 = 1, .k1 = 3}, {.k0 = 2, .k1 = 2}};
    struct cloak cloak = cloak_of(&key, "192.0.2.1");
    for (size_t i = 0; i < 2; i++) {
        struct cloak other = cloak_of(&others[i], "192.0.2.1");
        for (size_t label = 0; label < 3; label++) {
            assert_memory_not_equal(cloak.text + 9 * label, other.text + 9 * label,
                                    CLOAK_LABEL_CHARACTERS);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cloak_has_its_form),
        cmocka_unit_test(cloak_is_the_same_everywhere),
        cmocka_unit_test(networks_are_in_the_labels),
        cmocka_unit_test(families_are_apart),
        cmocka_unit_test(labels_of_one_cloak_differ),
        cmocka_unit_test(another_key_gives_other_cloaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
