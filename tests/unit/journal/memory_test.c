/* The journal that keeps nothing, and the order of calls that every journal holds its caller to. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/mem.h"
#include "scene.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void groups_are_accepted(void **state)
{
    (void)state;
    struct journal *journal = journal_memory_new();
    assert_non_null(journal);
    assert_int_equal(scene_group(journal, 1, 10), ERR_OK);
    assert_int_equal(journal_begin(journal), ERR_OK);
    journal_rollback(journal);
    journal_rollback(journal);
    assert_int_equal(scene_group(journal, 11, 40), ERR_OK);
    assert_int_equal(journal_maintain(journal), ERR_OK);
    assert_string_equal(journal_problem(journal), "");
    assert_int_equal(journal_begin(journal), ERR_OK);
    journal_free(journal);
    journal_free(NULL);
}

static void no_memory_is_an_answer(void **state)
{
    (void)state;
    mem_fail_at(1);
    assert_null(journal_memory_new());
    assert_false(mem_fail_pending());
}

/* The call ends the process that makes it. */
static void abort_expect(void (*misuse)(struct journal *))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)close(STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        struct journal *journal = journal_memory_new();
        if (journal != NULL && scene_group(journal, 1, 5) == ERR_OK) {
            misuse(journal);
        }
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void begin_twice(struct journal *journal)
{
    BEST_EFFORT(journal_begin(journal));
    BEST_EFFORT(journal_begin(journal));
}

static void commit_without_begin(struct journal *journal)
{
    BEST_EFFORT(journal_commit(journal, 6, 6));
}

static void commit_old_number(struct journal *journal)
{
    BEST_EFFORT(journal_begin(journal));
    BEST_EFFORT(journal_commit(journal, 5, 5));
}

static void commit_below_its_rows(struct journal *journal)
{
    struct row row = {.kind = ROW_JOINED, .seq = 7};
    BEST_EFFORT(journal_begin(journal));
    BEST_EFFORT(journal_put(journal, &row));
    BEST_EFFORT(journal_commit(journal, 6, 6));
}

static void put_stored_number(struct journal *journal)
{
    struct row row = {.kind = ROW_MESSAGE, .seq = 5};
    BEST_EFFORT(journal_begin(journal));
    BEST_EFFORT(journal_put(journal, &row));
}

static void maintain_in_group(struct journal *journal)
{
    BEST_EFFORT(journal_begin(journal));
    BEST_EFFORT(journal_maintain(journal));
}

static void wrong_order_is_an_assertion(void **state)
{
    (void)state;
    abort_expect(begin_twice);
    abort_expect(commit_without_begin);
    abort_expect(commit_old_number);
    abort_expect(commit_below_its_rows);
    abort_expect(put_stored_number);
    abort_expect(maintain_in_group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_accepted),
        cmocka_unit_test(no_memory_is_an_answer),
        cmocka_unit_test(wrong_order_is_an_assertion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
