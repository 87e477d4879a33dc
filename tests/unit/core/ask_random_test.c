/* Whatever bytes a question is made of, it is answered in bounded steps and in params that can be
 * told: src/core/ask_*.c. */
#include "ask_chat.h"

#include "random.h"

#define SEEDS 40
#define QUESTIONS 300
#define BYTES_MAX 400

/* Bytes that mean something to one question or another, and any bytes at all. */
static struct text random_bytes(struct random *random, size_t bytes_max, char *out)
{
    static const char telling[] = "#ab,*?!@<>CT123 :%,+oxn.\r\n\xea\xb0\x80\xc3";
    const size_t count = random_below(random, (uint32_t)bytes_max + 1);
    const bool is_any = random_below(random, 4) == 0;
    for (size_t i = 0; i < count; i++) {
        /* The NUL at the end of telling is one of them. */
        out[i] = is_any ? (char)random_below(random, 256)
                        : telling[random_below(random, sizeof(telling))];
    }
    return (struct text){.data = out, .count = count};
}

static const char *random_name(struct random *random)
{
    static const char *const names[] = {"#a", "#b", "#secret", "#hall", "ann", "bob", "cat", "*"};
    return names[random_below(random, sizeof(names) / sizeof(names[0]))];
}

static void scene(struct ask_chat *chat)
{
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_open(chat, 3, "cat");
    ask_join(chat, 1, "#a");
    ask_join(chat, 2, "#a");
    ask_join(chat, 1, "#secret");
    ask_mode(chat, 1, "#secret", "+skb key eve!*@*");
    ask_join(chat, 1, "#hall");
    ask_mode(chat, 1, "#hall", "+u");
    ask_join(chat, 2, "#hall");
    ask_join(chat, 3, "#hall");
    ask_join(chat, 2, "#b");
    ask_mode(chat, 2, "bob", "+iB");
    ask_do(chat, COMMAND_OPER, 3, "boss", "");
    ask_do(chat, COMMAND_AWAY, 1, "", "gone");
    ask_extra(chat, COMMAND_METADATA, 1, "*", "url", "http://a b");
    ask_close(chat, 1);
    ask_open(chat, 1, "ann");
    ask_join(chat, 1, "#a");
}

static void any_question_is_answered(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct ask_chat *chat = ask_chat_new();
        void *own = chat;
        struct random random = {.state = seed};
        char name[COMMAND_NAME_BYTES_MAX];
        char text[BYTES_MAX];
        char extra[BYTES_MAX];
        print_message("# seed %llu\n", (unsigned long long)seed);
        scene(chat);
        for (int i = 0; i < QUESTIONS; i++) {
            const uint32_t kinds = COMMAND_KIND_COUNT - COMMAND_QUESTION_FIRST;
            const struct command command = {
                .kind = (enum command_kind)(COMMAND_QUESTION_FIRST + random_below(&random, kinds)),
                .session = 1 + random_below(&random, 3),
                .flags = random_below(&random, 2) * (uint32_t)(ASK_MULTI_PREFIX | ASK_USERHOST),
                .number = (int64_t)random_below(&random, 5) - 1,
                .name = random_below(&random, 2) == 0 ? text_of(random_name(&random))
                                                      : random_bytes(&random, sizeof(name), name),
                .text = random_bytes(&random, sizeof(text), text),
                .extra = random_bytes(&random, sizeof(extra), extra),
            };
            ask_command(chat, command);
        }
        (void)ask_teardown(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_question_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
