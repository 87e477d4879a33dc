/* A core of which questions are asked, for the tests of src/core/ask_*.c. A whole answer is kept as
 * lines: the numeric and its params with '|' between them. */
#ifndef MADANG_TESTS_UNIT_CORE_ASK_CHAT_H
#define MADANG_TESTS_UNIT_CORE_ASK_CHAT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_UNUSED __attribute__((unused))
#define ASK_LINES_MAX 8000
#define ASK_LINE_BYTES_MAX 1024
/* 27 November 2026, 23:04:52 UTC. */
#define ASK_TIME_MS INT64_C(1795820692000)

struct ask_chat {
    struct core *core;
    uint64_t seq;
    int64_t time_ms;
    /* The last answer. */
    char **lines;
    size_t line_count;
    size_t step_count;
    size_t page_bytes;
    /* Called between two steps of an answer. */
    void (*between)(struct ask_chat *chat);
};

static inline void ask_hear_effect(void *context, const struct effect *effect)
{
    (void)context;
    (void)effect;
}

static inline void ask_hear_row(void *context, const struct row *row)
{
    (void)context;
    (void)row;
}

static inline void ask_hear_nothing_of_effects(void *context, const struct effect *effect)
{
    (void)context;
    (void)effect;
    fail_msg("a question had an effect");
}

static inline void ask_hear_nothing_of_rows(void *context, const struct row *row)
{
    (void)context;
    (void)row;
    fail_msg("a question left a row");
}

/* What struct reply promises of its params. */
static inline void assert_params(const struct reply *reply)
{
    for (uint32_t i = 0; i < reply->param_count; i++) {
        const struct text param = reply->params[i];
        const bool is_last = i + 1 == reply->param_count;
        assert_true(is_last || (param.count > 0 && param.data[0] != ':'));
        for (size_t j = 0; j < param.count; j++) {
            assert_true(param.data[j] != '\r' && param.data[j] != '\n' && param.data[j] != '\0');
            assert_true(is_last || param.data[j] != ' ');
        }
    }
}

static inline void ask_hear_reply(void *context, const struct reply *reply)
{
    struct ask_chat *chat = context;
    assert_true(chat->line_count < ASK_LINES_MAX);
    assert_params(reply);
    char *line = malloc(ASK_LINE_BYTES_MAX);
    assert_non_null(line);
    int count = snprintf(line, ASK_LINE_BYTES_MAX, "%03d", (int)reply->numeric);
    for (uint32_t i = 0; i < reply->param_count; i++) {
        const struct text param = reply->params[i];
        assert_true((size_t)count + param.count + 2 < ASK_LINE_BYTES_MAX);
        count += snprintf(line + count, ASK_LINE_BYTES_MAX - (size_t)count, "|%.*s",
                          (int)param.count, param.count > 0 ? param.data : "");
    }
    chat->lines[chat->line_count++] = line;
    chat->page_bytes += reply_packed_bytes(reply);
}

static inline void ask_forget(struct ask_chat *chat)
{
    for (size_t i = 0; i < chat->line_count; i++) {
        free(chat->lines[i]);
    }
    chat->line_count = 0;
    chat->step_count = 0;
}

static inline void ask_apply(struct ask_chat *chat, struct command command)
{
    const struct core_sink sink = {
        .context = chat,
        .effect = ask_hear_effect,
        .reply = ask_hear_reply,
        .row = ask_hear_row,
    };
    ask_forget(chat);
    command.origin.connection = command.session + 1000;
    do {
        chat->page_bytes = 0;
        chat->step_count++;
        const struct entry entry = {
            .seq = ++chat->seq,
            .time_ms = chat->time_ms,
            .command = command,
        };
        const uint64_t more = core_apply(chat->core, &entry, &sink);
        assert_true(chat->page_bytes <= REPLIES_BYTES_MAX);
        assert_true(more == 0 || more > command.cursor);
        command.cursor = more;
    } while (command.cursor != 0);
}

static inline void ask_extra(struct ask_chat *chat, enum command_kind kind, uint64_t session,
                             const char *name, const char *extra, const char *text)
{
    ask_apply(chat, (struct command){
                        .kind = kind,
                        .reason = kind == COMMAND_CLOSE ? LEAVE_QUIT : 0,
                        .session = session,
                        .name = text_of(name),
                        .extra = text_of(extra),
                        .text = text_of(text),
                    });
}

static ASK_UNUSED void ask_do(struct ask_chat *chat, enum command_kind kind, uint64_t session,
                              const char *name, const char *text)
{
    ask_extra(chat, kind, session, name, "", text);
}

/* Somebody whose host and address tell the number. */
static inline void ask_open(struct ask_chat *chat, uint64_t session, const char *nick)
{
    char host[HOST_BYTES_MAX];
    char address[ADDRESS_BYTES_MAX];
    char realname[REALNAME_BYTES_MAX];
    const int host_bytes = snprintf(host, sizeof(host), "h%llu.cloak", (unsigned long long)session);
    const int address_bytes =
        snprintf(address, sizeof(address), "::%llu", (unsigned long long)session);
    const int realname_bytes = snprintf(realname, sizeof(realname), "Real %s", nick);
    ask_apply(chat, (struct command){
                        .kind = COMMAND_OPEN,
                        .session = session,
                        .name = text_of(nick),
                        .identity =
                            {
                                .user = TEXT("user"),
                                .host = {host, (size_t)host_bytes},
                                .address = {address, (size_t)address_bytes},
                                .realname = {realname, (size_t)realname_bytes},
                            },
                    });
}

static ASK_UNUSED void ask_join(struct ask_chat *chat, uint64_t session, const char *channel)
{
    ask_do(chat, COMMAND_JOIN, session, channel, "");
}

static ASK_UNUSED void ask_part(struct ask_chat *chat, uint64_t session, const char *channel)
{
    ask_do(chat, COMMAND_PART, session, channel, "");
}

static ASK_UNUSED void ask_mode(struct ask_chat *chat, uint64_t session, const char *name,
                                const char *modes)
{
    ask_do(chat, COMMAND_MODE, session, name, modes);
}

static ASK_UNUSED void ask_close(struct ask_chat *chat, uint64_t session)
{
    ask_do(chat, COMMAND_CLOSE, session, "", "bye");
}

/* Asks until the answer is whole, and sees that nothing was changed by it. */
static inline void ask_command(struct ask_chat *chat, struct command command)
{
    const struct core_sink sink = {
        .context = chat,
        .effect = ask_hear_nothing_of_effects,
        .reply = ask_hear_reply,
        .row = ask_hear_nothing_of_rows,
    };
    ask_forget(chat);
    for (;;) {
        const uint64_t digest = core_digest(chat->core);
        chat->page_bytes = 0;
        chat->step_count++;
        const uint64_t more = core_query(chat->core, &command, chat->time_ms, &sink);
        assert_true(chat->page_bytes <= REPLIES_BYTES_MAX);
        assert_true(more == 0 || more > command.cursor);
        assert_int_equal(core_digest(chat->core), digest);
        if (more == 0) {
            return;
        }
        command.cursor = more;
        if (chat->between != NULL) {
            /* It may use ask_apply(), which forgets: the lines of this answer are kept aside. */
            struct ask_chat aside = *chat;
            chat->lines = calloc(ASK_LINES_MAX, sizeof(char *));
            assert_non_null(chat->lines);
            chat->line_count = 0;
            chat->between(chat);
            ask_forget(chat);
            free(chat->lines);
            aside.seq = chat->seq;
            aside.time_ms = chat->time_ms;
            *chat = aside;
        }
    }
}

static ASK_UNUSED void ask(struct ask_chat *chat, enum command_kind kind, uint64_t session,
                           const char *name, const char *text)
{
    ask_command(chat, (struct command){
                          .kind = kind,
                          .session = session,
                          .name = text_of(name),
                          .text = text_of(text),
                      });
}

/* The answer is these lines, in this order; NULL ends them. */
static ASK_UNUSED void assert_answer(const struct ask_chat *chat, const char *line, ...)
{
    va_list lines;
    va_start(lines, line);
    size_t index = 0;
    for (; line != NULL; line = va_arg(lines, const char *)) {
        if (index >= chat->line_count) {
            fail_msg("the answer ends before: %s", line);
        }
        assert_string_equal(chat->lines[index], line);
        index++;
    }
    va_end(lines);
    if (index < chat->line_count) {
        fail_msg("and also: %s", chat->lines[index]);
    }
}

/* How many lines of the answer begin so. */
static ASK_UNUSED size_t answer_count(const struct ask_chat *chat, const char *beginning)
{
    size_t count = 0;
    for (size_t i = 0; i < chat->line_count; i++) {
        count += strncmp(chat->lines[i], beginning, strlen(beginning)) == 0 ? 1 : 0;
    }
    return count;
}

/* The first line of the answer that begins so, or NULL. */
static ASK_UNUSED const char *answer_line(const struct ask_chat *chat, const char *beginning)
{
    for (size_t i = 0; i < chat->line_count; i++) {
        if (strncmp(chat->lines[i], beginning, strlen(beginning)) == 0) {
            return chat->lines[i];
        }
    }
    return NULL;
}

static inline struct ask_chat *ask_chat_new(void)
{
    struct ask_chat *chat = calloc(1, sizeof(*chat));
    assert_non_null(chat);
    chat->lines = calloc(ASK_LINES_MAX, sizeof(char *));
    assert_non_null(chat->lines);
    const struct core_options options = {
        .seed = 7,
        .seq = 100,
        .time_ms = ASK_TIME_MS,
        .server = TEXT("irc.test"),
        .info = TEXT("a test"),
    };
    chat->core = core_new(&options);
    assert_non_null(chat->core);
    chat->seq = options.seq;
    chat->time_ms = options.time_ms;
    return chat;
}

static ASK_UNUSED int ask_setup(void **state)
{
    *state = ask_chat_new();
    return 0;
}

static ASK_UNUSED int ask_teardown(void **state)
{
    struct ask_chat *chat = *state;
    ask_forget(chat);
    free(chat->lines);
    core_free(chat->core);
    free(chat);
    return 0;
}

#define ASK_TEST(function) cmocka_unit_test_setup_teardown(function, ask_setup, ask_teardown)

#endif
