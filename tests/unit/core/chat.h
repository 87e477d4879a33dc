/* A core with a sink that remembers what one entry caused, for the tests of src/core. */
#ifndef MADANG_TESTS_UNIT_CORE_CHAT_H
#define MADANG_TESTS_UNIT_CORE_CHAT_H

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNUSED __attribute__((unused))
#define REPLIES_MAX 256

/* An effect and a copy of all that it borrows, as a worker gets it. */
struct heard_effect {
    struct effect effect;
    alignas(8) char data[EFFECT_PACKED_BYTES_MAX];
};

struct heard_row {
    struct row row;
    alignas(8) char data[ROW_PACKED_BYTES_MAX];
};

struct chat {
    struct core *core;
    uint64_t seq;
    int64_t time_ms;
    uint64_t digest_before; /* Of the last chat_do(). */
    uint64_t more;          /* What the last entry returned. */
    /* What the last entry caused. */
    struct heard_effect effects[EFFECTS_PER_ENTRY_MAX];
    size_t effect_count;
    struct heard_row rows[ROWS_PER_ENTRY_MAX];
    size_t row_count;
    /* "341|bob|#yard": the numeric and its params. */
    char *replies[REPLIES_MAX];
    size_t reply_count;
    size_t reply_bytes;
};

static inline void chat_hear_effect(void *context, const struct effect *effect)
{
    struct chat *chat = context;
    /* One place is for the replies. */
    assert_true(chat->effect_count < EFFECTS_PER_ENTRY_MAX - 1);
    assert_int_not_equal(effect->kind, EFFECT_REPLIES);
    struct heard_effect *heard = &chat->effects[chat->effect_count++];
    assert_true(effect_packed_bytes(effect) <= sizeof(heard->data));
    effect_pack(effect, heard->data);
    effect_unpack(heard->data, &heard->effect);
}

static inline void chat_hear_row(void *context, const struct row *row)
{
    struct chat *chat = context;
    assert_true(chat->row_count < ROWS_PER_ENTRY_MAX);
    struct heard_row *heard = &chat->rows[chat->row_count++];
    assert_true(row_packed_bytes(row) <= sizeof(heard->data));
    row_pack(row, heard->data);
    row_unpack(heard->data, &heard->row);
}

/* A param holds what the wire can carry: only the last may be empty, or hold a space. */
static inline void assert_param(struct text param, bool is_last)
{
    for (size_t i = 0; i < param.count; i++) {
        const char byte = param.data[i];
        assert_true(byte != '\r' && byte != '\n' && byte != '\0');
        assert_true(byte != ' ' || is_last);
    }
    assert_true(is_last || (param.count > 0 && param.data[0] != ':'));
}

static inline void chat_hear_reply(void *context, const struct reply *reply)
{
    struct chat *chat = context;
    char line[2048];
    int bytes = snprintf(line, sizeof(line), "%d", (int)reply->numeric);
    for (uint32_t i = 0; i < reply->param_count; i++) {
        assert_param(reply->params[i], i + 1 == reply->param_count);
        bytes += snprintf(line + bytes, sizeof(line) - (size_t)bytes, "|%.*s",
                          (int)reply->params[i].count, reply->params[i].data);
    }
    assert_true(chat->reply_count < REPLIES_MAX);
    chat->replies[chat->reply_count] = strdup(line);
    assert_non_null(chat->replies[chat->reply_count]);
    chat->reply_count++;
    chat->reply_bytes += reply_packed_bytes(reply);
    assert_true(chat->reply_bytes <= REPLIES_BYTES_MAX);
}

static inline void chat_forget(struct chat *chat)
{
    for (size_t i = 0; i < chat->reply_count; i++) {
        free(chat->replies[i]);
    }
    chat->effect_count = 0;
    chat->row_count = 0;
    chat->reply_count = 0;
    chat->reply_bytes = 0;
}

static inline struct chat *chat_new(void)
{
    struct chat *chat = calloc(1, sizeof(*chat));
    assert_non_null(chat);
    const struct core_options options = {
        .seed = 7,
        .seq = 100,
        .time_ms = 5000,
        .server = TEXT("yard.example"),
        .info = TEXT("a yard"),
    };
    chat->core = core_new(&options);
    assert_non_null(chat->core);
    chat->seq = options.seq;
    chat->time_ms = options.time_ms;
    return chat;
}

static inline void chat_free(struct chat *chat)
{
    chat_forget(chat);
    core_free(chat->core);
    free(chat);
}

static UNUSED int chat_setup(void **state)
{
    *state = chat_new();
    return 0;
}

static UNUSED int chat_teardown(void **state)
{
    chat_free(*state);
    return 0;
}

/* The origin of all that a session of the tests sends; the label is the entry's number. */
static inline struct origin chat_origin(const struct chat *chat, uint64_t session)
{
    return (struct origin){
        .node = 3,
        .worker = (uint32_t)(session % 2),
        .connection = session + 1000,
        .label = chat->seq + 1,
    };
}

static inline void chat_apply(struct chat *chat, const struct command *command)
{
    const struct core_sink sink = {
        .context = chat,
        .effect = chat_hear_effect,
        .reply = chat_hear_reply,
        .row = chat_hear_row,
    };
    chat_forget(chat);
    const struct entry entry = {
        .seq = ++chat->seq,
        .time_ms = ++chat->time_ms,
        .command = *command,
    };
    chat->more = core_apply(chat->core, &entry, &sink);
}

/* Applies a command, with an origin, and remembers the digest from before it. */
static inline void chat_give(struct chat *chat, struct command command)
{
    command.origin = chat_origin(chat, command.session);
    chat->digest_before = core_digest(chat->core);
    chat_apply(chat, &command);
}

static inline void chat_do(struct chat *chat, enum command_kind kind, uint64_t session,
                           const char *name, const char *text)
{
    struct command command = {
        .kind = kind,
        .reason = kind == COMMAND_CLOSE ? LEAVE_VANISHED : 0,
        .session = session,
        .name = text_of(name),
        .text = text_of(text),
    };
    char host[32];
    char address[32];
    if (kind == COMMAND_OPEN) {
        (void)snprintf(host, sizeof(host), "h%llu.cloak", (unsigned long long)session);
        (void)snprintf(address, sizeof(address), "192.0.2.%llu",
                       (unsigned long long)(session % 256));
        command.identity = (struct identity){
            .user = TEXT("user"),
            .host = text_of(host),
            .address = text_of(address),
            .realname = TEXT("Real Name"),
        };
    }
    chat_give(chat, command);
}

/* A command that has an extra: KICK, INVITE, RENAME, METADATA, ACCEPT … */
static UNUSED void chat_do_extra(struct chat *chat, enum command_kind kind, uint64_t session,
                                 const char *name, const char *extra)
{
    chat_give(chat, (struct command){
                        .kind = kind,
                        .session = session,
                        .name = text_of(name),
                        .extra = text_of(extra),
                    });
}

static UNUSED void chat_open(struct chat *chat, uint64_t session, const char *nick)
{
    chat_do(chat, COMMAND_OPEN, session, nick, "");
}

/* Somebody who has an account. */
static UNUSED void chat_open_known(struct chat *chat, uint64_t session, const char *nick,
                                   const char *account)
{
    chat_give(chat, (struct command){.kind = COMMAND_OPEN,
                                     .session = session,
                                     .name = text_of(nick),
                                     .identity = {.user = TEXT("user"),
                                                  .host = TEXT("known.cloak"),
                                                  .address = TEXT("192.0.2.77"),
                                                  .realname = TEXT("Real Name"),
                                                  .account = text_of(account)}});
}

static UNUSED void chat_join(struct chat *chat, uint64_t session, const char *channel)
{
    chat_do(chat, COMMAND_JOIN, session, channel, "");
}

static UNUSED void chat_part(struct chat *chat, uint64_t session, const char *channel)
{
    chat_do(chat, COMMAND_PART, session, channel, "");
}

static UNUSED void chat_say(struct chat *chat, uint64_t session, const char *channel,
                            const char *text)
{
    chat_do(chat, COMMAND_MESSAGE, session, channel, text);
}

static UNUSED void chat_mode(struct chat *chat, uint64_t session, const char *name,
                             const char *modes)
{
    chat_do(chat, COMMAND_MODE, session, name, modes);
}

static UNUSED void chat_oper(struct chat *chat, uint64_t session)
{
    chat_do(chat, COMMAND_OPER, session, "root", "");
}

static UNUSED void chat_close(struct chat *chat, uint64_t session)
{
    chat_do(chat, COMMAND_CLOSE, session, "", "");
}

/* What a question is answered with stands in replies then. */
static UNUSED void chat_ask(struct chat *chat, enum command_kind kind, uint64_t session,
                            const char *name)
{
    const struct core_sink sink = {.context = chat, .reply = chat_hear_reply};
    const struct command command = {.kind = kind, .session = session, .name = text_of(name)};
    chat_forget(chat);
    chat->more = core_query(chat->core, &command, chat->time_ms, &sink);
}

static UNUSED void assert_text(struct text text, const char *expected)
{
    assert_int_equal(text.count, strlen(expected));
    assert_memory_equal(text.data, expected, text.count);
}

/* The entry caused these replies and no others; TEXT_NONE-terminated by NULL. */
static UNUSED void assert_replies(const struct chat *chat, ...)
{
    va_list lines;
    va_start(lines, chat);
    size_t count = 0;
    const char *line;
    while ((line = va_arg(lines, const char *)) != NULL) {
        assert_true(count < chat->reply_count);
        assert_string_equal(chat->replies[count], line);
        count++;
    }
    va_end(lines);
    assert_int_equal(chat->reply_count, count);
}

/* The entry caused this one effect, by that session and for the connection that opened it. */
static inline const struct effect *assert_effect(const struct chat *chat, enum effect_kind kind,
                                                 uint64_t session)
{
    assert_int_equal(chat->effect_count, 1);
    const struct effect *effect = &chat->effects[0].effect;
    assert_int_equal(effect->kind, kind);
    assert_int_equal(effect->seq, chat->seq);
    assert_int_equal(effect->time_ms, chat->time_ms);
    assert_int_equal(effect->origin.node, 3);
    assert_int_equal(effect->origin.worker, session % 2);
    assert_int_equal(effect->origin.connection, session + 1000);
    assert_int_equal(effect->origin.label, chat->seq);
    return effect;
}

/* The same, and it is told of the session itself. */
static UNUSED const struct effect *assert_own(const struct chat *chat, enum effect_kind kind,
                                              uint64_t session)
{
    const struct effect *effect = assert_effect(chat, kind, session);
    assert_int_equal(effect->who.session, session);
    assert_int_equal(effect->who.connection, session + 1000);
    assert_int_equal(effect->who.node, 3);
    assert_int_equal(effect->who.worker, session % 2);
    return effect;
}

/* The entry was refused for that reason, and nothing is changed. */
static UNUSED const struct effect *assert_refused(const struct chat *chat, enum refusal refusal,
                                                  uint64_t session)
{
    const struct effect *effect = assert_effect(chat, EFFECT_REFUSED, session);
    assert_int_equal(effect->refusal, refusal);
    assert_int_equal(chat->row_count, 0);
    assert_int_equal(chat->more, 0);
    assert_int_equal(core_digest(chat->core), chat->digest_before);
    return effect;
}

static UNUSED void assert_unchanged(const struct chat *chat)
{
    assert_int_equal(chat->effect_count, 0);
    assert_int_equal(chat->row_count, 0);
    assert_int_equal(chat->more, 0);
    assert_int_equal(core_digest(chat->core), chat->digest_before);
}

static UNUSED void assert_nothing(const struct chat *chat)
{
    assert_unchanged(chat);
    assert_int_equal(chat->reply_count, 0);
}

/* The entry caused that row, with the number and time of the entry. */
static UNUSED const struct row *assert_row(const struct chat *chat, size_t index,
                                           enum row_kind kind, const char *channel,
                                           const char *nick)
{
    assert_true(index < chat->row_count);
    const struct row *row = &chat->rows[index].row;
    assert_int_equal(row->kind, kind);
    assert_int_equal(row->seq, chat->seq);
    assert_int_equal(row->time_ms, chat->time_ms);
    assert_text(row->channel, channel);
    assert_text(row->nick, nick);
    return row;
}

#define CHAT_TEST(function) cmocka_unit_test_setup_teardown(function, chat_setup, chat_teardown)

#endif
