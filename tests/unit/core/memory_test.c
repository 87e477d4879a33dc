/* Memory runs out at every place in turn: the asker is told, and nothing is half changed. */
#include "chat.h"

#include "base/mem.h"

#include <stdio.h>

#define STEPS_MAX 256

struct step {
    enum command_kind kind;
    uint64_t session;
    char name[16];
};

/* What one run of the scenario gave, step by step. */
struct trace {
    size_t step_count;
    bool short_of_memory[STEPS_MAX];
    uint64_t digest[STEPS_MAX];
    enum effect_kind kind[STEPS_MAX];
};

static struct step steps[STEPS_MAX];
static size_t step_count;

static void add(enum command_kind kind, uint64_t session, const char *format, int number)
{
    assert_true(step_count < STEPS_MAX);
    struct step *step = &steps[step_count++];
    step->kind = kind;
    step->session = session;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(step->name, sizeof(step->name), format, number);
#pragma GCC diagnostic pop
}

/* Every command, in every state that allocates, and enough of them that the tables grow. */
static int scenario_setup(void **state)
{
    (void)state;
    step_count = 0;
    for (int i = 1; i <= 20; i++) {
        add(COMMAND_OPEN, (uint64_t)i, "Nick%d", i);
        add(COMMAND_JOIN, (uint64_t)i, "#yard", 0);
    }
    add(COMMAND_OPEN, 21, "nick3", 0);
    for (int i = 0; i < 20; i++) {
        add(COMMAND_JOIN, 1, "#c%d", i);
        add(COMMAND_JOIN, 2, "#C%d", i);
        add(COMMAND_MESSAGE, 2, "#c%d", i);
        add(COMMAND_MESSAGE, 3, "#YARD", i);
    }
    add(COMMAND_PING, 1, "", 0);
    for (int i = 0; i < 10; i++) {
        add(COMMAND_PART, 1, "#C%d", i);
        add(COMMAND_PART, 2, "#c%d", i);
    }
    for (int i = 1; i <= 20; i++) {
        add(COMMAND_CLOSE, (uint64_t)i, "", 0);
    }
    return 0;
}

/* Is the session of the step there? The commands of one that is not do nothing at all. */
static bool may_be_silent(const struct trace *trace, const struct step *step)
{
    for (size_t i = 0; i < trace->step_count; i++) {
        if (steps[i].session == step->session && steps[i].kind == COMMAND_OPEN) {
            return trace->kind[i] != EFFECT_OPENED;
        }
    }
    return false;
}

static bool needs_memory(const struct step *step)
{
    return step->kind == COMMAND_OPEN || step->kind == COMMAND_JOIN;
}

/*
 * Plays the scenario. Where skip says so, a PING of nobody stands in for the step, so that the
 * numbers of the others are the same.
 */
static void play(struct chat *chat, const struct trace *skip, struct trace *out)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < step_count; i++) {
        const struct step *step = &steps[i];
        if (skip != NULL && skip->short_of_memory[i]) {
            chat_do(chat, COMMAND_PING, 999, "", "");
            assert_nothing(chat);
            out->short_of_memory[i] = true;
            out->kind[i] = EFFECT_REFUSED;
        } else {
            const bool pending = mem_fail_pending();
            chat_do(chat, step->kind, step->session, step->name, "");
            const bool failed = pending && !mem_fail_pending();
            if (chat->effect_count == 0) {
                assert_true(may_be_silent(out, step));
                assert_nothing(chat);
            } else {
                out->kind[i] = chat->effects[0].effect.kind;
                if (chat->effects[0].effect.refusal == REFUSAL_NO_MEMORY) {
                    assert_refused(chat, REFUSAL_NO_MEMORY, step->session);
                    out->short_of_memory[i] = true;
                }
                /* Where memory is only to be given back, to lack it is no harm. */
                assert_true(out->short_of_memory[i] == (failed && needs_memory(step)));
            }
        }
        out->digest[i] = core_digest(chat->core);
        out->step_count = i + 1;
    }
}

static void refusal_for_memory_changes_nothing(void **state)
{
    (void)state;
    static struct trace failing;
    static struct trace plain;
    uint64_t nth = 0;
    bool reached = true;
    uint64_t refused_count = 0;
    while (reached) {
        nth++;
        struct chat *chat = chat_new();
        mem_fail_at(nth);
        play(chat, NULL, &failing);
        reached = !mem_fail_pending();
        mem_fail_at(0);
        chat_free(chat);

        /* A core that never lacked memory and was not asked what was refused is the same. */
        chat = chat_new();
        play(chat, &failing, &plain);
        chat_free(chat);
        assert_memory_equal(&failing, &plain, sizeof(plain));
        for (size_t i = 0; i < step_count; i++) {
            refused_count += failing.short_of_memory[i];
        }
    }
    assert_true(refused_count > 100);
}

static void core_is_not_made_without_memory(void **state)
{
    (void)state;
    const struct core_options options = {.seed = 1};
    uint64_t nth = 0;
    bool reached = true;
    while (reached) {
        mem_fail_at(++nth);
        struct core *core = core_new(&options);
        reached = !mem_fail_pending();
        mem_fail_at(0);
        assert_true(reached == (core == NULL));
        core_free(core);
    }
    assert_true(nth > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(refusal_for_memory_changes_nothing, scenario_setup),
        cmocka_unit_test(core_is_not_made_without_memory),
    };
    return cmocka_run_group_tests_name("core/memory", tests, NULL, NULL);
}
