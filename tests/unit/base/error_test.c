/* Every error has a name of its own. */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_error_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int error = ERR_OK; error <= ERR_VERSION; error++) {
        const char *name = error_name((enum error)error);
        assert_string_not_equal(name, "");
        assert_string_not_equal(name, "unknown error");
        for (int other = ERR_OK; other < error; other++) {
            assert_string_not_equal(name, error_name((enum error)other));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
