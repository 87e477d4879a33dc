/*
 * A connection as a worker would hold it for the IRC door, for tests and the fuzzer: keeps the
 * rest, feeds it again, answers the commands that were given, as a small core that likes
 * everything, and writes down what was given and what was told: commands: one a line, "JOIN name=#a
 * text=key flags=names" replies: the lines that the client would read, without CR
 */
#ifndef MADANG_TESTS_DOOR_IRC_PEER_H
#define MADANG_TESTS_DOOR_IRC_PEER_H

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "door/irc_state.h"
#include "model/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IRC_PEER_SESSION 7
#define IRC_PEER_CONNECTION 42

struct irc_peer {
    struct irc *irc;
    struct bytes rest;
    struct bytes commands;
    struct bytes replies;
    struct bytes faults; /* The codes that were counted, a space behind each. */
    struct bytes queue; /* Packed commands that are not answered, each with its length before it. */
    struct bytes watched; /* Nicks, each with its length before it. */
    struct bytes nick;
    uint32_t given; /* Commands taken so far. */
    uint32_t in_flight;
    uint32_t verify_out; /* Passwords that are being checked. */
    uint32_t no_at;      /* Says no to the command() of this number (from 0), */
    uint32_t no_times;   /* so many times; */
    uint32_t no_count;   /* so often it did. */
    uint32_t idle_count; /* How often idle() was asked when it was true. */
    uint32_t idle_no_at; /* Says no to that one. */
    uint32_t steps;      /* Steps in which a question is answered; 0 is 1. */
    uint32_t watch_max;
    uint32_t dialect_count;
    uint64_t seq;
    bool right; /* The verdict on passwords. */
    bool may_proxy;
    bool holds;     /* Answers nothing by itself. */
    bool no_memory; /* Some allocation fails: promises about what is told are off. */
    bool closed;
    enum leave_reason reason;
    struct bytes words;
    /* Instead of success, for commands of this kind: */
    enum command_kind refused_kind;
    enum refusal refusal;
    /* What a question of this kind, or a command, is answered with; NULL for a word. */
    const struct reply *answers;
    uint32_t answer_count;
    enum command_kind answered_kind;
    bool is_operator;
    uint32_t person_flags;
};

/* As TEXT(), for what is not within a function. */
#define IRC_PEER_TEXT(literal)                                                                     \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const struct irc_operator irc_peer_operators[] = {
    {.name = IRC_PEER_TEXT("root"), .hash = IRC_PEER_TEXT("$hash$root")},
};

static const struct irc_server irc_peer_server = {
    .name = IRC_PEER_TEXT("irc.example"),
    .info = IRC_PEER_TEXT("test server"),
    .network = IRC_PEER_TEXT("Test"),
    .version = IRC_PEER_TEXT("madang-0"),
    .created = IRC_PEER_TEXT("today"),
    .lobby = IRC_PEER_TEXT("#madang"),
    .casemapping = IRC_PEER_TEXT("ascii"),
    .operators = irc_peer_operators,
    .operator_count = 1,
};

/* What the test itself keeps is never lacking memory. */
static inline void irc_peer_append(struct bytes *bytes, const void *data, size_t count)
{
    while (bytes->capacity - bytes->count < count) {
        size_t capacity = bytes->capacity == 0 ? 4096 : bytes->capacity * 2;
        bytes->data = realloc(bytes->data, capacity);
        check(bytes->data != NULL);
        bytes->capacity = capacity;
    }
    if (count > 0) {
        memcpy(bytes->data + bytes->count, data, count);
    }
    bytes->count += count;
}

static inline void irc_peer_put(struct bytes *bytes, struct text text)
{
    irc_peer_append(bytes, text.data, text.count);
}

/* With controls made visible, so that a line stays one. */
static inline void irc_peer_put_visible(struct bytes *bytes, struct text text)
{
    for (size_t i = 0; i < text.count; i++) {
        char c = text.data[i];
        if (c == '\n') {
            irc_peer_put(bytes, TEXT("^J"));
        } else if (c == '\0') {
            irc_peer_put(bytes, TEXT("^@"));
        } else if (c == '\x01') {
            irc_peer_put(bytes, TEXT("^A"));
        } else {
            irc_peer_append(bytes, &c, 1);
        }
    }
}

static inline const char *irc_peer_kind_name(enum command_kind kind)
{
    static const char *const names[COMMAND_KIND_COUNT] = {
        [COMMAND_OPEN] = "OPEN",
        [COMMAND_JOIN] = "JOIN",
        [COMMAND_PART] = "PART",
        [COMMAND_MESSAGE] = "MESSAGE",
        [COMMAND_CLOSE] = "CLOSE",
        [COMMAND_PING] = "PING",
        [COMMAND_NICK] = "NICK",
        [COMMAND_TOPIC] = "TOPIC",
        [COMMAND_KICK] = "KICK",
        [COMMAND_INVITE] = "INVITE",
        [COMMAND_MODE] = "MODE",
        [COMMAND_RENAME] = "RENAME",
        [COMMAND_AWAY] = "AWAY",
        [COMMAND_SETNAME] = "SETNAME",
        [COMMAND_OPER] = "OPER",
        [COMMAND_KILL] = "KILL",
        [COMMAND_WALLOPS] = "WALLOPS",
        [COMMAND_BAN] = "BAN",
        [COMMAND_UNBAN] = "UNBAN",
        [COMMAND_DEFCON] = "DEFCON",
        [COMMAND_REHASH] = "REHASH",
        [COMMAND_METADATA] = "METADATA",
        [COMMAND_ACCEPT] = "ACCEPT",
        [COMMAND_REDACT] = "REDACT",
        [COMMAND_NAMES] = "NAMES",
        [COMMAND_WHO] = "WHO",
        [COMMAND_WHOIS] = "WHOIS",
        [COMMAND_WHOWAS] = "WHOWAS",
        [COMMAND_LIST] = "LIST",
        [COMMAND_LUSERS] = "LUSERS",
        [COMMAND_USERHOST] = "USERHOST",
        [COMMAND_ISON] = "ISON",
        [COMMAND_ONLINE] = "ONLINE",
        [COMMAND_MODES] = "MODES",
        [COMMAND_TOPIC_OF] = "TOPIC_OF",
        [COMMAND_INVITES] = "INVITES",
        [COMMAND_ACCEPTS] = "ACCEPTS",
        [COMMAND_BANS] = "BANS",
        [COMMAND_METADATA_GET] = "METADATA_GET",
        [COMMAND_METADATA_LIST] = "METADATA_LIST",
        [COMMAND_METADATA_SYNC] = "METADATA_SYNC",
        [COMMAND_TIME] = "TIME",
    };
    check((unsigned)kind < COMMAND_KIND_COUNT && names[kind] != NULL);
    return names[kind];
}

static inline void irc_peer_put_field(struct bytes *out, const char *name, struct text text)
{
    if (text.count > 0) {
        irc_peer_put(out, TEXT(" "));
        irc_peer_put(out, text_of(name));
        irc_peer_put(out, TEXT("="));
        irc_peer_put_visible(out, text);
    }
}

static inline void irc_peer_write_command(struct irc_peer *peer, const struct command *command)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } flags[] = {
        {ASK_MULTI_PREFIX, "prefixes"}, {ASK_USERHOST, "userhost"},
        {ASK_NAMES, "names"},           {MESSAGE_NOTICE, "notice"},
        {MESSAGE_TAGMSG, "tagmsg"},     {MESSAGE_MULTILINE, "multiline"},
        {OPEN_SECURE, "secure"},        {WHO_OPERATORS, "operators"},
        {METADATA_UNSET, "unset"},      {METADATA_CLEAR, "clear"},
    };
    struct bytes *out = &peer->commands;
    irc_peer_put(out, text_of(irc_peer_kind_name(command->kind)));
    irc_peer_put_field(out, "name", command->name);
    irc_peer_put_field(out, "text", command->text);
    irc_peer_put_field(out, "extra", command->extra);
    irc_peer_put_field(out, "user", command->identity.user);
    irc_peer_put_field(out, "realname", command->identity.realname);
    if (command->number != 0) {
        char number[24];
        snprintf(number, sizeof(number), "%lld", (long long)command->number);
        irc_peer_put_field(out, "number", text_of(number));
    }
    if (command->cursor != 0) {
        char cursor[24];
        snprintf(cursor, sizeof(cursor), "%llu", (unsigned long long)command->cursor);
        irc_peer_put_field(out, "cursor", text_of(cursor));
    }
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if ((command->flags & flags[i].flag) != 0) {
            irc_peer_put_field(out, "flag", text_of(flags[i].name));
        }
    }
    irc_peer_put(out, TEXT("\n"));
}

/* What the contract of model/command.h says of each command. */
static inline void irc_peer_check_command(const struct command *command)
{
    check(command->name.count <= COMMAND_NAME_BYTES_MAX);
    check(command->text.count <= MESSAGE_BYTES_MAX);
    check(command->extra.count <= IRC_TAGS_BYTES_MAX);
    check(utf8_valid(command->name) && utf8_valid(command->text) && utf8_valid(command->extra));
    check(command->name.count == 0 ||
          memchr(command->name.data, '\r', command->name.count) == NULL);
    check(command->text.count == 0 ||
          memchr(command->text.data, '\r', command->text.count) == NULL);
    check(!command_is_question(command->kind) || command->origin.label != 0);
}

static inline bool irc_peer_command(void *context, const struct command *command)
{
    struct irc_peer *peer = context;
    check(!peer->closed);
    if (peer->given == peer->no_at && peer->no_count < peer->no_times) {
        peer->no_count++;
        return false;
    }
    irc_peer_check_command(command);
    peer->given++;
    peer->in_flight++;
    irc_peer_write_command(peer, command);
    uint64_t packed[(COMMAND_PACKED_BYTES_MAX + 7) / 8];
    size_t bytes = command_packed_bytes(command);
    check(bytes <= sizeof(packed));
    command_pack(command, packed);
    irc_peer_append(&peer->queue, &bytes, sizeof(bytes));
    irc_peer_append(&peer->queue, packed, bytes);
    return true;
}

static inline bool irc_peer_idle(void *context)
{
    struct irc_peer *peer = context;
    if (peer->in_flight > 0 || peer->verify_out > 0) {
        return false;
    }
    if (peer->idle_count++ == peer->idle_no_at) {
        return false;
    }
    return true;
}

static inline void irc_peer_reply(void *context, struct text bytes)
{
    struct irc_peer *peer = context;
    check(!peer->closed);
    check(bytes.count > 2 && bytes.data[bytes.count - 1] == '\n');
    check(utf8_valid(bytes) && memchr(bytes.data, '\0', bytes.count) == NULL);
    while (bytes.count > 0) {
        const char *newline = memchr(bytes.data, '\n', bytes.count);
        check(newline != NULL && newline > bytes.data && newline[-1] == '\r');
        struct text line = {.data = bytes.data, .count = (size_t)(newline - bytes.data) + 1};
        check(memchr(line.data, '\r', line.count) == newline - 1);
        struct text body = line;
        if (line.data[0] == '@') {
            const char *space = memchr(line.data, ' ', line.count);
            check(space != NULL);
            size_t tags = (size_t)(space - line.data) + 1;
            check(tags <= 2 * (size_t)IRC_TAGS_BYTES_MAX + 3);
            body = (struct text){.data = line.data + tags, .count = line.count - tags};
        }
        check(body.count <= IRC_LINE_BYTES_MAX);
        irc_peer_put(&peer->replies, (struct text){.data = line.data, .count = line.count - 2});
        irc_peer_put(&peer->replies, TEXT("\n"));
        bytes = (struct text){.data = newline + 1, .count = bytes.count - line.count};
    }
}

static inline void irc_peer_fault(void *context, enum notice notice)
{
    struct irc_peer *peer = context;
    irc_peer_put(&peer->faults, text_of(notice_code(notice)));
    irc_peer_put(&peer->faults, TEXT(" "));
}

static inline void irc_peer_close(void *context, enum leave_reason reason, struct text words)
{
    struct irc_peer *peer = context;
    check(!peer->closed);
    check(words.count <= REASON_BYTES_MAX);
    peer->closed = true;
    peer->reason = reason;
    irc_peer_put(&peer->words, words);
}

static inline void irc_peer_dialect(void *context)
{
    ((struct irc_peer *)context)->dialect_count++;
}

static inline bool irc_peer_verify(void *context, struct text hash, struct text password)
{
    struct irc_peer *peer = context;
    check(!peer->closed);
    if (peer->given == peer->no_at && peer->no_count < peer->no_times) {
        peer->no_count++;
        return false;
    }
    peer->given++;
    irc_peer_put(&peer->commands, TEXT("verify"));
    irc_peer_put_field(&peer->commands, "hash", hash);
    irc_peer_put_field(&peer->commands, "password", password);
    irc_peer_put(&peer->commands, TEXT("\n"));
    peer->verify_out++;
    return true;
}

/* The place of the nick, or the end. */
static inline size_t irc_peer_watch_place(const struct irc_peer *peer, struct text nick,
                                          uint32_t *count)
{
    size_t at = 0;
    *count = 0;
    while (at < peer->watched.count) {
        struct text found = {.data = peer->watched.data + at + 1,
                             .count = (unsigned char)peer->watched.data[at]};
        if (text_equal(found, nick)) {
            return at;
        }
        at += 1 + found.count;
        (*count)++;
    }
    return at;
}

static inline enum error irc_peer_watch(void *context, struct text nick)
{
    struct irc_peer *peer = context;
    uint32_t count;
    check(nick.count > 0 && nick.count <= NAME_BYTES_MAX);
    if (nick.data[0] == '*') {
        return ERR_INVALID;
    }
    if (irc_peer_watch_place(peer, nick, &count) < peer->watched.count) {
        return ERR_EXISTS;
    }
    if (count >= peer->watch_max) {
        return ERR_LIMIT;
    }
    char length = (char)nick.count;
    irc_peer_append(&peer->watched, &length, 1);
    irc_peer_put(&peer->watched, nick);
    return ERR_OK;
}

static inline void irc_peer_unwatch(void *context, struct text nick)
{
    struct irc_peer *peer = context;
    uint32_t count;
    if (nick.count == 0) {
        peer->watched.count = 0;
        return;
    }
    size_t at = irc_peer_watch_place(peer, nick, &count);
    if (at < peer->watched.count) {
        memmove(peer->watched.data + at, peer->watched.data + at + 1 + nick.count,
                peer->watched.count - at - 1 - nick.count);
        peer->watched.count -= 1 + nick.count;
    }
}

static inline struct text irc_peer_watched(void *context, uint32_t index)
{
    const struct irc_peer *peer = context;
    size_t at = 0;
    while (at < peer->watched.count && index > 0) {
        at += 1 + (size_t)(unsigned char)peer->watched.data[at];
        index--;
    }
    if (at >= peer->watched.count) {
        return TEXT_NONE;
    }
    return (struct text){.data = peer->watched.data + at + 1,
                         .count = (unsigned char)peer->watched.data[at]};
}

static inline bool irc_peer_proxied(void *context, struct text password, struct text address,
                                    bool secure)
{
    struct irc_peer *peer = context;
    irc_peer_put(&peer->commands, TEXT("proxied"));
    irc_peer_put_field(&peer->commands, "password", password);
    irc_peer_put_field(&peer->commands, "address", address);
    irc_peer_put(&peer->commands, secure ? TEXT(" secure\n") : TEXT("\n"));
    if (peer->may_proxy) {
        irc_set_host(peer->irc, TEXT("cloak.other"), address, secure);
    }
    return peer->may_proxy;
}

static inline struct door_sink irc_peer_sink(struct irc_peer *peer)
{
    return (struct door_sink){
        .context = peer,
        .command = irc_peer_command,
        .idle = irc_peer_idle,
        .reply = irc_peer_reply,
        .fault = irc_peer_fault,
        .close = irc_peer_close,
        .dialect = irc_peer_dialect,
        .verify = irc_peer_verify,
        .watch = irc_peer_watch,
        .unwatch = irc_peer_unwatch,
        .watched = irc_peer_watched,
        .proxied = irc_peer_proxied,
    };
}

/* -- The answers of a small core -----------------------------------------------------------------
 */

static inline struct person irc_peer_person(const struct irc_peer *peer)
{
    return (struct person){
        .session = IRC_PEER_SESSION,
        .connection = IRC_PEER_CONNECTION,
        .flags = peer->person_flags,
        .nick = {.data = peer->nick.data, .count = peer->nick.count},
        .user = TEXT("u"),
        .host = TEXT("cloak.example"),
    };
}

static inline void irc_peer_tell(struct irc_peer *peer, const struct effect *effect)
{
    struct door_sink sink = irc_peer_sink(peer);
    irc_effect(peer->irc, effect, &sink);
}

/* Somebody of another connection. */
static inline struct person irc_peer_other(const char *nick)
{
    return (struct person){
        .session = 99,
        .connection = 990,
        .nick = text_of(nick),
        .user = TEXT("o"),
        .host = TEXT("cloak.other"),
    };
}

static inline void irc_peer_pack(struct bytes *out, const struct reply *reply)
{
    size_t bytes = reply_packed_bytes(reply);
    char *packed = malloc(bytes);
    check(packed != NULL);
    reply_pack(reply, packed);
    irc_peer_append(out, packed, bytes);
    free(packed);
}

/* The last effect of a command, with what it is answered with. */
static inline void irc_peer_tell_done(struct irc_peer *peer, const struct command *command)
{
    struct bytes packed = {0};
    bool is_planned = peer->answered_kind == command->kind && peer->answers != NULL;
    if (is_planned) {
        for (uint32_t i = 0; i < peer->answer_count; i++) {
            irc_peer_pack(&packed, &peer->answers[i]);
        }
    } else if (command_is_question(command->kind)) {
        const struct reply reply = {.numeric = RPL_INFO,
                                    .param_count = 1,
                                    .params = {text_of(irc_peer_kind_name(command->kind))}};
        irc_peer_pack(&packed, &reply);
    } else if (command->kind == COMMAND_OPEN) {
        const struct reply reply = {
            .numeric = RPL_LUSERCLIENT, .param_count = 1, .params = {TEXT("There are 1 users")}};
        irc_peer_pack(&packed, &reply);
    }
    bool is_awaited = command->origin.label != 0;
    uint64_t more = is_awaited && command->cursor + 1 < peer->steps ? command->cursor + 1 : 0;
    const struct effect effect = {
        .kind = EFFECT_REPLIES,
        .command_kind = command->kind,
        .seq = peer->seq,
        .origin = command->origin,
        .done = true,
        .more = more,
        .text = bytes_text(&packed),
    };
    irc_peer_tell(peer, &effect);
    free(packed.data);
}

/* What the command does besides, if it is one that does. */
static inline bool irc_peer_effect_of(struct irc_peer *peer, const struct command *command,
                                      struct effect *out)
{
    *out = (struct effect){
        .command_kind = command->kind,
        .seq = peer->seq,
        .time_ms = 0,
        .origin = command->origin,
        .who = irc_peer_person(peer),
        .name = command->name,
        .text = command->text,
        .extra = command->extra,
        .flags = command->flags,
    };
    switch ((int)command->kind) {
    case COMMAND_OPEN:
        peer->nick.count = 0;
        irc_peer_put(&peer->nick, command->name);
        out->who = irc_peer_person(peer);
        out->kind = EFFECT_OPENED;
        return true;
    case COMMAND_JOIN:
        out->kind = EFFECT_JOINED;
        out->text = TEXT_NONE;
        return command->cursor == 0;
    case COMMAND_PART:
        out->kind = EFFECT_PARTED;
        return command->cursor == 0 && command->name.count > 0;
    case COMMAND_MESSAGE:
        out->kind = EFFECT_MESSAGE;
        return true;
    case COMMAND_REDACT:
        out->kind = EFFECT_REDACTED;
        return true;
    case COMMAND_PING:
        out->kind = EFFECT_PONG;
        return true;
    case COMMAND_NICK:
        out->kind = EFFECT_NICK;
        out->text = command->name;
        return true;
    case COMMAND_TOPIC:
        out->kind = EFFECT_TOPIC;
        return true;
    case COMMAND_KICK:
        out->kind = EFFECT_KICKED;
        out->target = irc_peer_other("other");
        out->target.nick = command->extra;
        return true;
    case COMMAND_MODE:
        if (command->name.count > 0 && command->name.data[0] == '#') {
            out->kind = EFFECT_MODE;
        } else {
            out->kind = EFFECT_USER_MODE;
        }
        return true;
    case COMMAND_SETNAME:
        out->kind = EFFECT_SETNAME;
        out->who.realname = command->text;
        return true;
    case COMMAND_OPER:
        peer->person_flags |= PERSON_OPERATOR;
        out->who.flags = peer->person_flags;
        out->kind = EFFECT_USER_MODE;
        out->text = TEXT("+o");
        return true;
    case COMMAND_RENAME:
        out->kind = EFFECT_RENAMED;
        out->name = command->extra;
        out->extra = command->name;
        return true;
    default:
        return false;
    }
}

static inline void irc_peer_answer_refused(struct irc_peer *peer, const struct command *command)
{
    const struct effect effect = {
        .kind = EFFECT_REFUSED,
        .refusal = peer->refusal,
        .verdict = NAME_CHARACTER,
        .command_kind = command->kind,
        .origin = command->origin,
        .flags = command->flags,
        .who = irc_peer_person(peer),
        .name = command->name,
        .extra = command->extra,
        .done = true,
    };
    irc_peer_tell(peer, &effect);
}

static inline void irc_peer_answer(struct irc_peer *peer, const struct command *command)
{
    static const struct effect_channel channel = {.id = 5, .member_count = 2};
    struct effect effect;
    peer->seq++;
    if (peer->refused_kind == command->kind) {
        irc_peer_answer_refused(peer, command);
        return;
    }
    if (irc_peer_effect_of(peer, command, &effect)) {
        bool is_shared = effect.kind == EFFECT_MESSAGE || effect.kind == EFFECT_TOPIC ||
                         effect.kind == EFFECT_MODE || effect.kind == EFFECT_KICKED;
        if (effect.name.count > 0 && effect.name.data[0] == '#') {
            effect.channels = &channel;
            effect.channel_count = 1;
        } else {
            is_shared = false;
            if (effect.kind == EFFECT_MESSAGE || effect.kind == EFFECT_REDACTED) {
                effect.target = text_equal(effect.name, bytes_text(&peer->nick))
                                    ? irc_peer_person(peer)
                                    : irc_peer_other("other");
            }
        }
        /* As the hub has it: no replies follow. */
        bool is_only = effect.kind == EFFECT_PONG || effect.kind == EFFECT_MESSAGE ||
                       effect.kind == EFFECT_REDACTED || effect.kind == EFFECT_NICK ||
                       effect.kind == EFFECT_TOPIC || effect.kind == EFFECT_MODE ||
                       effect.kind == EFFECT_KICKED ||
                       (effect.kind == EFFECT_PARTED && command->origin.label == 0);
        if (is_shared && !irc_wants_own(peer->irc, &effect)) {
            /* By the room's log. */
            struct bytes lines = {0};
            enum error error =
                irc_render(&irc_peer_server, &effect, irc_dialect(peer->irc), &lines);
            check(error == ERR_OK || peer->no_memory);
            if (lines.count > 0 && !peer->closed) {
                irc_peer_reply(peer, bytes_text(&lines));
            }
            bytes_finish(&lines);
        } else {
            effect.done = is_only;
            irc_peer_tell(peer, &effect);
            if (is_only) {
                return;
            }
        }
    }
    irc_peer_tell_done(peer, command);
    if (command->kind == COMMAND_NICK) {
        peer->nick.count = 0;
        irc_peer_put(&peer->nick, command->name);
    }
}

/* Answers the first command that is not answered yet; false when there is none. */
static inline bool irc_peer_answer_one(struct irc_peer *peer)
{
    if (peer->verify_out > 0) {
        peer->verify_out--;
        struct door_sink sink = irc_peer_sink(peer);
        irc_verdict(peer->irc, peer->right, &sink);
        return true;
    }
    if (peer->queue.count == 0) {
        return false;
    }
    size_t bytes;
    memcpy(&bytes, peer->queue.data, sizeof(bytes));
    uint64_t packed[(COMMAND_PACKED_BYTES_MAX + 7) / 8];
    memcpy(packed, peer->queue.data + sizeof(bytes), bytes);
    bytes_consume(&peer->queue, sizeof(bytes) + bytes);
    struct command command;
    command_unpack(packed, &command);
    command.origin.connection = IRC_PEER_CONNECTION;
    irc_peer_answer(peer, &command);
    if (command.kind == COMMAND_NICK && peer->refused_kind != COMMAND_NICK) {
        peer->nick.count = 0;
        irc_peer_put(&peer->nick, command.name);
    }
    peer->in_flight--;
    return true;
}

/* -- Its life ------------------------------------------------------------------------------------
 */

static inline void irc_peer_init_with(struct irc_peer *peer, const struct irc_server *server)
{
    *peer = (struct irc_peer){
        .no_at = UINT32_MAX, .idle_no_at = UINT32_MAX, .watch_max = MONITOR_COUNT_MAX};
    peer->irc = irc_new(server, TEXT("cloak.example"), TEXT("192.0.2.1"), true);
}

static inline void irc_peer_init(struct irc_peer *peer)
{
    irc_peer_init_with(peer, &irc_peer_server);
}

static inline void irc_peer_finish(struct irc_peer *peer)
{
    irc_free(peer->irc);
    struct bytes *all[] = {&peer->rest,  &peer->commands, &peer->replies, &peer->faults,
                           &peer->queue, &peer->watched,  &peer->nick,    &peer->words};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        free(all[i]->data);
    }
}

/* Feeds the rest until nothing more happens. */
static inline void irc_peer_turn(struct irc_peer *peer)
{
    bool goes_on = true;
    while (goes_on) {
        struct door_sink sink = irc_peer_sink(peer);
        uint32_t no_before = peer->no_count;
        uint32_t idle_before = peer->idle_count;
        size_t used = irc_input(peer->irc, bytes_text(&peer->rest), &sink);
        check(used <= peer->rest.count);
        bytes_consume(&peer->rest, used);
        check(!peer->closed || peer->rest.count == 0);
        bool said_no = peer->no_count > no_before ||
                       (peer->idle_count > peer->idle_no_at && idle_before <= peer->idle_no_at);
        bool is_waiting = irc_is_waiting(peer->irc);
        check(said_no || is_waiting || peer->closed || peer->rest.count <= IRC_INPUT_REST_MAX);
        check(is_waiting || said_no || peer->rest.count == 0 ||
              memchr(peer->rest.data, '\n', peer->rest.count) == NULL);
        goes_on = said_no;
        while (!peer->holds && irc_peer_answer_one(peer)) {
            goes_on = true;
        }
    }
}

static inline void irc_peer_send(struct irc_peer *peer, struct text bytes)
{
    if (!peer->closed) {
        irc_peer_put(&peer->rest, bytes);
        irc_peer_turn(peer);
    }
}

/* Everything byte by byte. */
static inline void irc_peer_send_bytes(struct irc_peer *peer, struct text bytes)
{
    for (size_t i = 0; i < bytes.count; i++) {
        irc_peer_send(peer, (struct text){.data = bytes.data + i, .count = 1});
    }
}

/* Registered as "me"; what that told is forgotten. caps: what CAP REQ asks for, "" for none. */
static inline void irc_peer_enter(struct irc_peer *peer, const char *caps)
{
    irc_peer_init(peer);
    if (caps[0] != '\0') {
        struct bytes line = {0};
        irc_peer_put(&line, TEXT("CAP REQ :"));
        irc_peer_put(&line, text_of(caps));
        irc_peer_put(&line, TEXT("\r\n"));
        irc_peer_send(peer, bytes_text(&line));
        free(line.data);
    }
    irc_peer_send(peer, TEXT("NICK me\r\nUSER u 0 * :Me Myself\r\nCAP END\r\n"));
    check(!irc_is_nameless(peer->irc));
    peer->commands.count = 0;
    peer->replies.count = 0;
    peer->faults.count = 0;
    peer->given = 0;
    peer->idle_count = 0;
    peer->seq = 0;
    peer->irc->batch_count = 0;
}

static inline const char *irc_peer_string(struct bytes *bytes)
{
    irc_peer_append(bytes, "", 1);
    bytes->count--;
    return bytes->data;
}

#endif
