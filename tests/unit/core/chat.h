/* A core with a sink that remembers what one entry caused, for the tests of src/core. */
#ifndef MADANG_TESTS_UNIT_CORE_CHAT_H
#define MADANG_TESTS_UNIT_CORE_CHAT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"

#include <stdlib.h>
#include <string.h>

#define UNUSED __attribute__((unused))

/* An effect and copies of all that it borrows. */
struct heard_effect {
    struct effect effect;
    char nick[NAME_BYTES_MAX];
    char name[CHANNEL_BYTES_MAX];
    char text[MESSAGE_BYTES_MAX];
    struct effect_channel channels[CHANNELS_PER_SESSION_MAX];
};

struct heard_row {
    struct row row;
    char channel[CHANNEL_BYTES_MAX];
    char nick[NAME_BYTES_MAX];
    char text[MESSAGE_BYTES_MAX];
};

struct chat {
    struct core *core;
    uint64_t seq;
    int64_t time_ms;
    uint64_t digest_before; /* Of the last chat_do(). */
    /* What the last entry caused. */
    struct heard_effect effects[EFFECTS_PER_ENTRY_MAX];
    size_t effect_count;
    struct heard_row rows[ROWS_PER_ENTRY_MAX];
    size_t row_count;
};

static inline struct text copied(struct text text, char *room, size_t room_bytes)
{
    assert_true(text.count <= room_bytes);
    if (text.count > 0) {
        memcpy(room, text.data, text.count);
    }
    return (struct text){.data = room, .count = text.count};
}

static inline void chat_hear_effect(void *context, const struct effect *effect)
{
    struct chat *chat = context;
    assert_true(chat->effect_count < EFFECTS_PER_ENTRY_MAX);
    struct heard_effect *heard = &chat->effects[chat->effect_count++];
    heard->effect = *effect;
    heard->effect.nick = copied(effect->nick, heard->nick, sizeof(heard->nick));
    heard->effect.name = copied(effect->name, heard->name, sizeof(heard->name));
    heard->effect.text = copied(effect->text, heard->text, sizeof(heard->text));
    assert_true(effect->channel_count <= CHANNELS_PER_SESSION_MAX);
    for (size_t i = 0; i < effect->channel_count; i++) {
        heard->channels[i] = effect->channels[i];
    }
    heard->effect.channels = heard->channels;
}

static inline void chat_hear_row(void *context, const struct row *row)
{
    struct chat *chat = context;
    assert_true(chat->row_count < ROWS_PER_ENTRY_MAX);
    struct heard_row *heard = &chat->rows[chat->row_count++];
    heard->row = *row;
    heard->row.channel = copied(row->channel, heard->channel, sizeof(heard->channel));
    heard->row.nick = copied(row->nick, heard->nick, sizeof(heard->nick));
    heard->row.text = copied(row->text, heard->text, sizeof(heard->text));
}

static inline struct chat *chat_new(void)
{
    struct chat *chat = calloc(1, sizeof(*chat));
    assert_non_null(chat);
    const struct core_options options = {.seed = 7, .seq = 100, .time_ms = 5000};
    chat->core = core_new(&options);
    assert_non_null(chat->core);
    chat->seq = options.seq;
    chat->time_ms = options.time_ms;
    return chat;
}

static inline void chat_free(struct chat *chat)
{
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
    static const struct core_sink empty;
    struct core_sink sink = empty;
    sink.context = chat;
    sink.effect = chat_hear_effect;
    sink.row = chat_hear_row;
    chat->effect_count = 0;
    chat->row_count = 0;
    const struct entry entry = {
        .seq = ++chat->seq,
        .time_ms = ++chat->time_ms,
        .command = *command,
    };
    core_apply(chat->core, &entry, &sink);
}

/* Applies a command and remembers the digest from before it. */
static inline void chat_do(struct chat *chat, enum command_kind kind, uint64_t session,
                           const char *name, const char *text)
{
    const struct command command = {
        .kind = kind,
        .reason = kind == COMMAND_CLOSE ? LEAVE_VANISHED : 0,
        .session = session,
        .origin = chat_origin(chat, session),
        .name = text_of(name),
        .text = text_of(text),
    };
    chat->digest_before = core_digest(chat->core);
    chat_apply(chat, &command);
}

static UNUSED void chat_open(struct chat *chat, uint64_t session, const char *nick)
{
    chat_do(chat, COMMAND_OPEN, session, nick, "");
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

static UNUSED void chat_close(struct chat *chat, uint64_t session)
{
    chat_do(chat, COMMAND_CLOSE, session, "", "");
}

static UNUSED void assert_text(struct text text, const char *expected)
{
    assert_int_equal(text.count, strlen(expected));
    assert_memory_equal(text.data, expected, text.count);
}

/* The entry caused this one effect, for that session and the connection that opened it. */
static inline const struct effect *assert_effect(const struct chat *chat, enum effect_kind kind,
                                                 uint64_t session)
{
    assert_int_equal(chat->effect_count, 1);
    const struct effect *effect = &chat->effects[0].effect;
    assert_int_equal(effect->kind, kind);
    assert_int_equal(effect->seq, chat->seq);
    assert_int_equal(effect->time_ms, chat->time_ms);
    assert_int_equal(effect->session, session);
    assert_int_equal(effect->origin.node, 3);
    assert_int_equal(effect->origin.worker, session % 2);
    assert_int_equal(effect->origin.connection, session + 1000);
    assert_int_equal(effect->origin.label, chat->seq);
    return effect;
}

/* The entry was refused for that reason, and nothing is changed. */
static UNUSED const struct effect *assert_refused(const struct chat *chat, enum refusal refusal,
                                                  uint64_t session)
{
    const struct effect *effect = assert_effect(chat, EFFECT_REFUSED, session);
    assert_int_equal(effect->refusal, refusal);
    assert_int_equal(chat->row_count, 0);
    assert_int_equal(core_digest(chat->core), chat->digest_before);
    return effect;
}

static UNUSED void assert_nothing(const struct chat *chat)
{
    assert_int_equal(chat->effect_count, 0);
    assert_int_equal(chat->row_count, 0);
    assert_int_equal(core_digest(chat->core), chat->digest_before);
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

#endif
