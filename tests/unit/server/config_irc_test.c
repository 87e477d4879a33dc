/* The configuration of what IRC clients meet: operators, passwords, proxies, listeners, accounts.
 */
#include "config_scratch.h"

#include "server/config_keys.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SALT_AND_HASH "$bWFkYW5nc2FsdDAw$jfo6a5jkTUp9ax1D2ObGrwb5dvWEso8AHBiC3jb4ZR4"
#define HASH "$argon2id$v=19$m=1024,t=1,p=1" SALT_AND_HASH

static void every_key_is_taken(void **state)
{
    struct config *config = read_text(
        *state,
        "server {\n"
        "  password = 'open sesame' casemapping = precis icon = \"https://a.example/i.png\"\n"
        "  admin = {\"서울\", \"2층\", admin@a.example} proxy_protocol = true\n"
        "}\n"
        "listen \"127.0.0.1:0\" { door = irc flood = false proxy_protocol = true }\n"
        "listen \"127.0.0.1:6667\" { }\n"
        "operator \"루트\" { password = '" HASH "' }\n"
        "operator two { password = \"" HASH "\" }\n"
        "account {\n"
        "  registration = true registration_before_connect = true\n"
        "  registration_needs_email = true password_hash_cost = test\n"
        "  always_on = opt-out default_user_modes = \"+i\"\n"
        "}\n"
        "proxy { addresses = {10.0.0.0/8} password = gate }\n"
        "limit { oper_again_ms = 20 }\n");
    assert_string_equal(config->password, "open sesame");
    assert_string_equal(config->casemapping, "precis");
    assert_string_equal(config->icon, "https://a.example/i.png");
    assert_int_equal(config->admin_count, 3);
    assert_string_equal(config->admin[0], "서울");
    assert_string_equal(config->admin[2], "admin@a.example");
    assert_true(config->proxy_protocol);
    assert_int_equal(config->listens[0].door, DOOR_IRC);
    assert_false(config->listens[0].flood);
    assert_true(config->listens[0].proxy_protocol);
    assert_int_equal(config->listens[1].door, DOOR_AUTO);
    assert_true(config->listens[1].flood);
    assert_false(config->listens[1].proxy_protocol);
    assert_int_equal(config->operator_count, 2);
    assert_string_equal(config->operators[0].name, "루트");
    assert_string_equal(config->operators[1].name, "two");
    assert_string_equal(config->operators[1].hash, HASH);
    assert_true(config->registration);
    assert_true(config->registration_before_connect);
    assert_true(config->registration_needs_email);
    assert_int_equal(config->password_hash_cost, CONFIG_COST_TEST);
    assert_true(config->always_on);
    assert_true(config->invisible);
    assert_int_equal(config->proxy_count, 1);
    assert_string_equal(config->proxy_password, "gate");
    assert_int_equal(config->oper_again_ms, 20);
    config_give(config);
}

static void the_other_words_are_taken_as_well(void **state)
{
    struct config *config = read_text(*state, "account { password_hash_cost = normal\n"
                                              "  always_on = opt-in default_user_modes = '+' }\n"
                                              "server { casemapping = ascii admin = {} }\n"
                                              "proxy { addresses = {} }\n"
                                              "listen 127.0.0.1:1 { door = plain flood = yes }\n");
    assert_int_equal(config->password_hash_cost, CONFIG_COST_NORMAL);
    assert_false(config->always_on);
    assert_false(config->invisible);
    assert_string_equal(config->casemapping, "ascii");
    assert_int_equal(config->proxy_count, 0);
    assert_true(config->listens[0].flood);
    config_give(config);
}

static const struct {
    const char *text;
    const char *expected; /* After "file:". */
    const char *word;
} refusals[] = {
    /* Operators: C04, no one without a password, and none that takes the machine. */
    {"\noperator \"x\" { }", "2: operator \"x\"", "password"},
    {"operator x { password = '' }", "1: operator.password", "$argon2id$"},
    {"operator x {\n password = hunter2 }", "2: operator.password", "$argon2id$"},
    {"operator x { password = '$2y$10$abc' }", "1: operator.password", ""},
    {"operator x { password = '$argon2i$v=19$m=1024,t=1,p=1" SALT_AND_HASH "' }",
     "1: operator.password", ""},
    {"operator x { password = '$argon2id$v=19$m=65537,t=1,p=1" SALT_AND_HASH "' }",
     "1: operator.password", "65536"},
    {"operator x { password = '$argon2id$v=19$m=1024,t=11,p=1" SALT_AND_HASH "' }",
     "1: operator.password", "10"},
    {"operator x {\n password = '" HASH "'\n password = '" HASH "' }", "3: operator.password", "2"},
    {"operator x { password = '" HASH "' }\noperator 'x' { password = '" HASH "' }", "2: ", "x"},
    {"operator x { password = '" HASH "' }\noperator y { }\n", "2: operator \"y\"", "password"},
    {"operator { password = '" HASH "' }", "1: ", "operator"},
    {"operator '' { password = '" HASH "' }", "1: operator", "32"},
    {"operator 'a b' { password = '" HASH "' }", "1: operator", "32"},
    {"operator ':a' { password = '" HASH "' }", "1: operator", "32"},
    {"operator '123456789012345678901234567890123' { password = '" HASH "' }", "1: operator", "32"},
    {"operator x { name = y }", "1: ", "operator.name"},
    {"opertor x { password = '" HASH "' }", "1: ", "operator"},
    /* server */
    {"server { casemapping = rfc1459 }", "1: server.casemapping", "precis"},
    {"server { icon = 'a b' }", "1: server.icon", "200"},
    {"server { admin = {a, b, c, d} }", "1: server.admin", "\"d\""},
    {"server { admin = {''} }", "1: server.admin", ""},
    {"server { proxy_protocol = 2 }", "1: server.proxy_protocol", "true"},
    {"server { motd = '~/motd' }", "1: server.motd", "~"},
    /* tls */
    {"tls { certificate = /x }", "1: tls", "key"},
    {"tls {\n key = /x }", "2: tls", "certificate"},
    {"tls { certificat = /x }", "1: ", "tls.certificate"},
    /* account */
    {"account { registration = maybe }", "1: account.registration", "true"},
    {"account { password_hash_cost = 5 }", "1: account.password_hash_cost", "normal"},
    {"account { always_on = true }", "1: account.always_on", "opt-out"},
    {"account { default_user_modes = i }", "1: account.default_user_modes", "+i"},
    {"account { default_user_modes = '+o' }", "1: account.default_user_modes", "+i"},
    /* proxy */
    {"proxy { addresses = {localhost} }", "1: proxy.addresses", "localhost"},
    {"proxy { addresses = {10.0.0.1/8} }", "1: proxy.addresses", "10.0.0.1/8"},
    {"proxy { address = {} }", "1: ", "proxy.addresses"},
    {"webirc { password = x }", "1: ", "webirc"},
    /* limit */
    {"limit { oper_again_ms = 3600001 }", "1: limit.oper_again_ms", "3600000"},
};

static void what_is_wrong_is_told_with_its_line(void **state)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        assert_refused(*state, text_of(refusals[i].text), refusals[i].expected, refusals[i].word);
    }
}

static void a_wrong_secret_is_not_told(void **state)
{
    static const char *const texts[] = {
        "operator x { password = hunter2hunter2 }",
        "server { password = \"hunter2\xe2\x80\xae\" }",
        "proxy { password = \"hunter2\xe2\x80\xae\" }",
    };
    const struct scratch *scratch = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        file_write(scratch, texts[i], strlen(texts[i]));
        struct config *config = NULL;
        struct bytes problem = {0};
        assert_int_equal(read_file(scratch->file, &config, &problem), ERR_INVALID);
        assert_null(memmem(problem.data, problem.count, "hunter2", 7));
        assert_non_null(memmem(problem.data, problem.count, "password", 8));
        bytes_finish(&problem);
    }
}

/* A file with count operators. */
static enum error read_operators(const struct scratch *scratch, uint32_t count, struct config **out)
{
    static char text[8192];
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 "operator o%u { password = '" HASH "' }\n", i);
    }
    file_write(scratch, text, used);
    struct bytes problem = {0};
    enum error error = read_file(scratch->file, out, &problem);
    bytes_finish(&problem);
    return error;
}

static void operators_have_a_bound(void **state)
{
    struct config *config = NULL;
    assert_int_equal(read_operators(*state, OPERATORS_MAX, &config), ERR_OK);
    assert_int_equal(config->operator_count, OPERATORS_MAX);
    assert_string_equal(config->operators[OPERATORS_MAX - 1].name, "o31");
    config_give(config);
    config = NULL;
    assert_int_equal(read_operators(*state, OPERATORS_MAX + 1, &config), ERR_INVALID);
    assert_null(config);
}

static void texts_have_bounds(void **state)
{
    static const struct {
        const char *before;
        const char *after;
        size_t max;
    } bounds[] = {
        {"server { password = '", "' }", PASSWORD_BYTES_MAX},
        {"server { icon = '", "' }", CONFIG_ICON_BYTES_MAX},
        {"server { admin = {'", "'} }", CONFIG_ADMIN_BYTES_MAX},
        {"operator '", "' { password = '" HASH "' }", NAME_BYTES_MAX},
        {"proxy { password = '", "' }", PASSWORD_BYTES_MAX},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        for (size_t over = 0; over < 2; over++) {
            char value[512];
            memset(value, 'x', bounds[i].max + over);
            value[bounds[i].max + over] = '\0';
            snprintf(text, sizeof(text), "%s%s%s", bounds[i].before, value, bounds[i].after);
            if (over == 0) {
                config_give(read_text(*state, text));
            } else {
                assert_refused(*state, text_of(text), "1: ", "");
            }
        }
    }
}

static struct in6_addr mapped(const char *ipv4)
{
    struct in6_addr address = {0};
    address.s6_addr[10] = 0xff;
    address.s6_addr[11] = 0xff;
    assert_int_equal(inet_pton(AF_INET, ipv4, &address.s6_addr[12]), 1);
    return address;
}

static void loopback_alone_may_speak_for_others_by_default(void **state)
{
    (void)state;
    struct config *config = read_defaults();
    struct in6_addr here = mapped("127.0.0.1");
    struct in6_addr there = mapped("192.0.2.1");
    assert_true(config_trusts_proxy(config, &here));
    assert_true(config_trusts_proxy(config, &in6addr_loopback));
    assert_false(config_trusts_proxy(config, &there));
    /* Without a password in the configuration there is none that is right. */
    assert_false(config_trusts_webirc(config, &here, TEXT_NONE));
    assert_false(config_trusts_webirc(config, &here, TEXT("")));
    config_give(config);
}

static void webirc_needs_address_and_password(void **state)
{
    struct config *config =
        read_text(*state, "proxy { addresses = {192.0.2.0/24} password = gate }");
    struct in6_addr here = mapped("127.0.0.1");
    struct in6_addr there = mapped("192.0.2.1");
    assert_true(config_trusts_webirc(config, &there, TEXT("gate")));
    assert_false(config_trusts_webirc(config, &there, TEXT("gat")));
    assert_false(config_trusts_webirc(config, &there, TEXT("gates")));
    assert_false(config_trusts_webirc(config, &there, TEXT_NONE));
    assert_false(config_trusts_webirc(config, &here, TEXT("gate")));
    assert_true(config_trusts_proxy(config, &there));
    assert_false(config_trusts_proxy(config, &here));
    config_give(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_key_is_taken),
        TEST(the_other_words_are_taken_as_well),
        TEST(what_is_wrong_is_told_with_its_line),
        TEST(a_wrong_secret_is_not_told),
        TEST(operators_have_a_bound),
        TEST(texts_have_bounds),
        TEST(loopback_alone_may_speak_for_others_by_default),
        TEST(webirc_needs_address_and_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
