/* Hashes of passwords: which are taken, and what is right. */
#include "auth/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SALT "$bWFkYW5nc2FsdDAw"
#define SUM "$jfo6a5jkTUp9ax1D2ObGrwb5dvWEso8AHBiC3jb4ZR4"
/* "operpassword" at the least cost, by another program than libsodium. */
#define HASH "$argon2id$v=19$m=1024,t=1,p=1" SALT SUM

static void form_and_cost_decide(void **state)
{
    (void)state;
    static const struct {
        const char *hash;
        enum password_form form;
    } hashes[] = {
        {HASH, PASSWORD_FORM_OK},
        {"$argon2id$v=19$m=19456,t=2,p=1" SALT SUM, PASSWORD_FORM_OK},
        {"$argon2id$v=19$m=65536,t=10,p=1" SALT SUM, PASSWORD_FORM_OK},
        {"$argon2id$v=19$m=32,t=1,p=4" SALT SUM, PASSWORD_FORM_OK},
        {"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", PASSWORD_FORM_OK},
        {"$argon2id$v=19$m=65537,t=1,p=1" SALT SUM, PASSWORD_FORM_COSTLY},
        {"$argon2id$v=19$m=4294967295,t=1,p=1" SALT SUM, PASSWORD_FORM_COSTLY},
        {"$argon2id$v=19$m=1024,t=11,p=1" SALT SUM, PASSWORD_FORM_COSTLY},
        {"$argon2id$v=19$m=4294967296,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=99999999999999999999,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=1,p=17" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=31,t=1,p=4" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=0,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=0,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=1,p=0" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=01024,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=-1,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$t=1,m=1024,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=16$m=1024,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$m=1024,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2i$v=19$m=1024,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$argon2d$v=19$m=1024,t=1,p=1" SALT SUM, PASSWORD_FORM_WRONG},
        {"$2y$10$abcdefghijklmnopqrstuv", PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=1,p=1$c2FsdA" SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=1,p=1$" SUM, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=1,p=1" SALT "$AAAA", PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=1,p=1" SALT, PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=1,p=1" SALT SUM "=", PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=1,p=1" SALT SUM " ", PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=1024,t=1,p=1" SALT SUM "$", PASSWORD_FORM_WRONG},
        {" " HASH, PASSWORD_FORM_WRONG},
        /* Bits at the end that no byte has, and a digit too many. */
        {"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHR$AAAAAAAAAAAAAAAAAAAAAA", PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQAA$AAAAAAAAAAAAAAAAAAAAAA", PASSWORD_FORM_WRONG},
        {"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhb-Q$AAAAAAAAAAAAAAAAAAAAAA", PASSWORD_FORM_WRONG},
        {"operpassword", PASSWORD_FORM_WRONG},
        {"", PASSWORD_FORM_WRONG},
    };
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (password_hash_check(text_of(hashes[i].hash)) != hashes[i].form) {
            fail_msg("%s: not %d", hashes[i].hash, (int)hashes[i].form);
        }
    }
    assert_int_equal(password_hash_check(TEXT_NONE), PASSWORD_FORM_WRONG);
    assert_int_equal(password_hash_check(TEXT(HASH "\0")), PASSWORD_FORM_WRONG);
}

static void hash_has_a_bound(void **state)
{
    (void)state;
    static const char form[] =
        "$argon2id$v=19$m=1024,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA$";
    char hash[160];
    /* As long as it may be, and with one byte of the sum more, which is two digits. */
    static const int digits[] = {60, 62};
    for (size_t i = 0; i < 2; i++) {
        char sum[64] = {0};
        memset(sum, 'A', (size_t)digits[i]);
        snprintf(hash, sizeof hash, "%s%s", form, sum);
        assert_int_equal(strlen(hash), PASSWORD_HASH_BYTES_MAX + 2 * i);
        assert_int_equal(password_hash_check(text_of(hash)),
                         i == 0 ? PASSWORD_FORM_OK : PASSWORD_FORM_WRONG);
    }
}

static void only_the_password_itself_is_right(void **state)
{
    (void)state;
    assert_true(password_verify(TEXT(HASH), TEXT("operpassword")));
    assert_false(password_verify(TEXT(HASH), TEXT("operpassworD")));
    assert_false(password_verify(TEXT(HASH), TEXT("operpasswor")));
    assert_false(password_verify(TEXT(HASH), TEXT("operpassword ")));
    assert_false(password_verify(TEXT(HASH), TEXT("operpassword\0")));
    assert_false(password_verify(TEXT(HASH), TEXT("")));
    assert_false(password_verify(TEXT(HASH), TEXT_NONE));
    /* The hash itself is no password. */
    assert_false(password_verify(TEXT(HASH), TEXT(HASH)));
}

static void hash_of_nobody_is_never_right(void **state)
{
    (void)state;
    static const char *const hashes[] = {
        "", "operpassword", "$argon2id$v=19$m=65537,t=1,p=1" SALT SUM, HASH "=", "$argon2id$"};
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        assert_false(password_verify(text_of(hashes[i]), TEXT("operpassword")));
        assert_false(password_verify(text_of(hashes[i]), TEXT("")));
    }
    assert_false(password_verify(TEXT_NONE, TEXT_NONE));
}

static void password_has_a_bound(void **state)
{
    (void)state;
    /* Of 300 times 'x'. */
    static const char hash[] = "$argon2id$v=19$m=8,t=1,p=1$Sq0jh0Fa219uWR93ibOIKg$+"
                               "4johoo1AKSQcxGZUTTEVt5GFAeuDmMu9x0izcoDTIE";
    char password[PASSWORD_BYTES_MAX + 1];
    memset(password, 'x', sizeof password);
    assert_true(password_verify(text_of(hash), (struct text){password, PASSWORD_BYTES_MAX}));
    assert_false(password_verify(text_of(hash), (struct text){password, PASSWORD_BYTES_MAX - 1}));
    assert_false(password_verify(text_of(hash), (struct text){password, PASSWORD_BYTES_MAX + 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_and_cost_decide),
        cmocka_unit_test(hash_has_a_bound),
        cmocka_unit_test(only_the_password_itself_is_right),
        cmocka_unit_test(hash_of_nobody_is_never_right),
        cmocka_unit_test(password_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
