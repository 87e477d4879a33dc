/* SipHash gives the numbers that its authors printed. */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The key 00 01 .. 0f of the paper's appendix. */
static const struct siphash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

static void example_of_the_paper_comes_out(void **state)
{
    (void)state;
    char message[15];
    for (char i = 0; i < 15; i++) {
        message[(int)i] = i;
    }
    uint64_t hash = siphash(&key, (struct text){message, sizeof(message)}, 2, 4);
    assert_true(hash == UINT64_C(0xa129ca6149be45e5));
}

static void every_byte_and_the_count_matter(void **state)
{
    (void)state;
    char message[32] = {0};
    for (size_t count = 0; count < sizeof(message); count++) {
        uint64_t hash = siphash(&key, (struct text){message, count}, 1, 3);
        assert_true(hash != siphash(&key, (struct text){message, count + 1}, 1, 3));
        for (size_t i = 0; i < count; i++) {
            message[i] = 1;
            assert_true(hash != siphash(&key, (struct text){message, count}, 1, 3));
            message[i] = 0;
        }
    }
}

static void the_key_matters(void **state)
{
    (void)state;
    struct siphash_key other = key;
    other.k1++;
    assert_true(siphash(&key, TEXT("user1"), 1, 3) != siphash(&other, TEXT("user1"), 1, 3));
    other = key;
    other.k0++;
    assert_true(siphash(&key, TEXT("user1"), 1, 3) != siphash(&other, TEXT("user1"), 1, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_of_the_paper_comes_out),
        cmocka_unit_test(every_byte_and_the_count_matter),
        cmocka_unit_test(the_key_matters),
    };
    return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
