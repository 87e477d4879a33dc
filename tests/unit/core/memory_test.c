/* Memory runs out at every place in turn: the asker is told, and nothing is half changed. */
#include "chat.h"

#include "base/mem.h"

#define STEPS_MAX 512

struct step {
    enum command_kind kind;
    uint32_t flags;
    uint64_t session;
    char name[24];
    char extra[24];
    char text[48];
};

/* What one run of the scenario gave, step by step. */
struct trace {
    size_t step_count;
    bool short_of_memory[STEPS_MAX];
    uint64_t digest[STEPS_MAX];
    enum effect_kind kind[STEPS_MAX]; /* Of the first effect; 0 without any. */
};

static struct step steps[STEPS_MAX];
static size_t step_count;

/* Adds a step; in name, extra and text "%d" is the number. */
static void add(struct step step, int number)
{
    assert_true(step_count < STEPS_MAX);
    struct step *added = &steps[step_count++];
    *added = step;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(added->name, sizeof(added->name), step.name, number);
    (void)snprintf(added->extra, sizeof(added->extra), step.extra, number);
    (void)snprintf(added->text, sizeof(added->text), step.text, number);
#pragma GCC diagnostic pop
}

static void add_once(const struct step *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add(list[i], 0);
    }
}

/* Every command that says something new, once or twice. */
static const struct step changes[] = {
    {COMMAND_OPEN, 0, 30, "Boss", "", "away already"},
    {COMMAND_OPER, 0, 30, "root", "", ""},
    {COMMAND_OPER, 0, 30, "other", "", ""},
    {COMMAND_NICK, 0, 1, "Robert", "", ""},
    {COMMAND_NICK, 0, 1, "ROBERT", "", ""},
    {COMMAND_NICK, 0, 4, "\u039d", "", ""},
    {COMMAND_NICK, 0, 4, "\u03bd", "", ""},
    {COMMAND_TOPIC, 0, 1, "#yard", "", "a topic"},
    {COMMAND_TOPIC, 0, 1, "#yard", "", "another topic"},
    {COMMAND_MODE, 0, 1, "#yard", "", "+kl-n key 7"},
    {COMMAND_MODE, 0, 1, "#yard", "", "+bbbbbeI a b c d e f g"},
    {COMMAND_MODE, 0, 1, "#yard", "", "+mb-b+o d d nick2"},
    {COMMAND_MODE, 0, 1, "#yard", "", "-kl"},
    {COMMAND_JOIN, 0, 1, "#hall", "", ""},
    {COMMAND_MODE, 0, 1, "#hall", "", "+if #yard"},
    {COMMAND_JOIN, 0, 30, "#hall", "", ""},
    {COMMAND_INVITE, 0, 1, "#hall", "nick5", ""},
    {COMMAND_JOIN, 0, 5, "#hall", "", ""},
    {COMMAND_KICK, 0, 1, "#hall", "nick5", "out"},
    {COMMAND_RENAME, 0, 1, "#hall", "#HALL", "why not"},
    {COMMAND_RENAME, 0, 1, "#hall", "#forge", "why not"},
    {COMMAND_AWAY, 0, 6, "", "", "at lunch"},
    {COMMAND_AWAY, 0, 6, "", "", ""},
    {COMMAND_SETNAME, 0, 7, "", "", "Another Name"},
    {COMMAND_ACCEPT, 0, 8, "", "nick9", ""},
    {COMMAND_MODE, 0, 9, "nick9", "", "+gi"},
    {COMMAND_MESSAGE, 0, 9, "nick10", "", "hello"},
    {COMMAND_METADATA, 0, 10, "*", "url", "a"},
    {COMMAND_METADATA, 0, 10, "*", "url", "b"},
    {COMMAND_METADATA, METADATA_UNSET, 10, "*", "url", ""},
    {COMMAND_METADATA, 0, 1, "#yard", "url", "a"},
    {COMMAND_KEEP, 0, 0, "#lobby", "", ""},
    {COMMAND_MODE, 0, 30, "#yard", "", "+P"},
    {COMMAND_MODE, 0, 30, "#yard", "", "+b-P x"},
    {COMMAND_BAN, 0, 30, "", "h1?.cloak", "spam"},
    {COMMAND_BAN, 0, 30, "", "h1?.cloak", "spam"},
    {COMMAND_BAN, 0, 30, "", "h99.cloak", "spam"},
    {COMMAND_UNBAN, 0, 30, "", "h99.cloak", ""},
    {COMMAND_KILL, 0, 30, "nick8", "", "spam"},
    {COMMAND_WALLOPS, 0, 30, "", "", "hello"},
    {COMMAND_PART, 0, 2, "", "", ""},
};

/* Every command, in every state that allocates, and enough of them that the tables grow. */
static int scenario_setup(void **state)
{
    (void)state;
    step_count = 0;
    for (int i = 1; i <= 20; i++) {
        add((struct step){COMMAND_OPEN, 0, (uint64_t)i, "Nick%d", "", ""}, i);
        add((struct step){COMMAND_JOIN, ASK_NAMES, (uint64_t)i, "#yard", "", ""}, 0);
    }
    add((struct step){COMMAND_OPEN, 0, 21, "nick3", "", ""}, 0);
    for (int i = 0; i < 20; i++) {
        add((struct step){COMMAND_JOIN, 0, 1, "#c%d", "", ""}, i);
        add((struct step){COMMAND_JOIN, 0, 2, "#C%d", "", ""}, i);
        add((struct step){COMMAND_MESSAGE, 0, 2, "#c%d", "", "hello"}, i);
        add((struct step){COMMAND_MESSAGE, 0, 3, "#YARD", "", "hello"}, i);
    }
    add((struct step){COMMAND_PING, 0, 1, "", "", ""}, 0);
    for (int i = 0; i < 10; i++) {
        add((struct step){COMMAND_PART, 0, 1, "#C%d", "", ""}, i);
        add((struct step){COMMAND_PART, 0, 2, "#c%d", "", ""}, i);
        add((struct step){COMMAND_INVITE, 0, 1, "#c1%d", "nick3", ""}, i);
        add((struct step){COMMAND_METADATA, 0, 3, "*", "key%d", "value"}, i);
    }
    add_once(changes, sizeof(changes) / sizeof(changes[0]));
    for (int i = 1; i <= 20; i++) {
        add((struct step){COMMAND_CLOSE, 0, (uint64_t)i, "", "", ""}, 0);
    }
    return 0;
}

/* Who is there always can write, leave and go. */
static bool needs_memory(const struct step *step)
{
    return step->kind != COMMAND_MESSAGE && step->kind != COMMAND_PART &&
           step->kind != COMMAND_CLOSE && step->kind != COMMAND_PING;
}

static void give_step(struct chat *chat, const struct step *step)
{
    char host[32];
    (void)snprintf(host, sizeof(host), "h%d.cloak", (int)step->session);
    chat_give(chat, (struct command){
                        .kind = step->kind,
                        .flags = step->flags,
                        .session = step->session,
                        .name = text_of(step->name),
                        .extra = text_of(step->extra),
                        .text = text_of(step->text),
                        .identity = {.user = TEXT("user"), .host = text_of(host)},
                    });
}

static bool is_refused_for_memory(const struct chat *chat)
{
    return chat->effect_count == 1 && chat->effects[0].effect.kind == EFFECT_REFUSED &&
           chat->effects[0].effect.refusal == REFUSAL_NO_MEMORY;
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
        } else {
            const bool pending = mem_fail_pending();
            give_step(chat, step);
            const bool failed = pending && !mem_fail_pending();
            out->kind[i] = chat->effect_count == 0 ? 0 : chat->effects[0].effect.kind;
            if (is_refused_for_memory(chat)) {
                assert_int_equal(chat->row_count, 0);
                assert_int_equal(core_digest(chat->core), chat->digest_before);
                out->short_of_memory[i] = true;
                out->kind[i] = 0;
            }
            /* Where memory is only to be given back, to lack it is no harm. */
            assert_true(out->short_of_memory[i] == (failed && needs_memory(step)));
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
    bool was_refused[COMMAND_QUESTION_FIRST] = {0};
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
            was_refused[steps[i].kind] |= failing.short_of_memory[i];
        }
    }
    assert_true(refused_count > 200);
    static const enum command_kind allocating[] = {
        COMMAND_OPEN,   COMMAND_JOIN,    COMMAND_NICK, COMMAND_TOPIC, COMMAND_MODE,
        COMMAND_INVITE, COMMAND_RENAME,  COMMAND_AWAY, COMMAND_BAN,   COMMAND_METADATA,
        COMMAND_ACCEPT, COMMAND_SETNAME, COMMAND_OPER, COMMAND_KEEP,
    };
    for (size_t i = 0; i < sizeof(allocating) / sizeof(allocating[0]); i++) {
        assert_true(was_refused[allocating[i]]);
    }
}

static void row_is_loaded_whole_or_not_at_all(void **state)
{
    static const struct row rows[] = {
        {.kind = ROW_CHANNEL,
         .channel = {"#yard", 5},
         .extra = {"+Pkl key 7", 10},
         .text = {"topic", 5},
         .nick = {"bob", 3}},
        {.kind = ROW_MASK, .channel = {"#yard", 5}, .extra = {"b a!*@*", 7}, .nick = {"bob", 3}},
        {.kind = ROW_METADATA, .channel = {"#yard", 5}, .extra = {"url", 3}, .text = {"x", 1}},
        {.kind = ROW_BAN, .extra = {"h.example", 9}, .text = {"spam", 4}, .nick = {"bob", 3}},
    };
    (void)state;
    struct chat *chat = chat_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t nth = 0;
        enum error error = ERR_MEMORY;
        while (error == ERR_MEMORY) {
            const uint64_t before = core_digest(chat->core);
            mem_fail_at(++nth);
            error = core_load(chat->core, &rows[i]);
            assert_int_equal(error == ERR_OK, mem_fail_pending());
            mem_fail_at(0);
            assert_int_equal(core_digest(chat->core) == before, error != ERR_OK);
        }
        assert_int_equal(error, ERR_OK);
        assert_true(nth > 2);
    }
    chat_free(chat);
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
        cmocka_unit_test(row_is_loaded_whole_or_not_at_all),
        cmocka_unit_test(core_is_not_made_without_memory),
    };
    return cmocka_run_group_tests_name("core/memory", tests, NULL, NULL);
}
