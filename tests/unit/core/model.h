/*
 * A tiny model of the chat, written to be obviously right: flat arrays, no folding (it is told
 * which spellings are one name), everything searched from the start. Each model_…() says what the
 * core must make of a command, and takes the model there.
 */
#ifndef MADANG_TESTS_UNIT_CORE_MODEL_H
#define MADANG_TESTS_UNIT_CORE_MODEL_H

#include "core/core.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SESSIONS 6
#define NICKS 8
#define GROUPS 6
#define CHANNELS 4
#define SPELLINGS 3
#define TEXTS 4
#define NOBODY (-1)

/* Nicks of one group are the same name; nicks of one look cannot be told apart. 0: a bad name. */
static const struct {
    const char *nick;
    int group;
    int look;
} nicks[NICKS] = {
    {"bob", 1, 1},  {"BoB", 1, 1},  {"\ud55c\uae00", 2, 2},
    {"paco", 3, 3}, {"Paco", 3, 3}, {"\u0440\u0430\u0441\u043e", 4, 3},
    {"7bad", 0, 0}, {"eve", 5, 5},
};

static const char *const names[CHANNELS][SPELLINGS] = {
    {"#yard", "#Yard", "#YARD"},
    {"#forge", "#FORGE", "#forgE"},
    {"#\ub9c8\ub2f9", "#\u1106\u1161\u1103\u1161\u11bc", "#\ub9c8\ub2f9"},
    {"#r", "#R", "#r"},
};

static const char *const texts[TEXTS] = {"", "hello", "\uc548\ub155", "[eve] hello"};

struct model_channel {
    uint64_t id; /* 0: no such channel. */
    int spelling;
    uint32_t member_count;
    bool is_moderated;
    bool is_invite_only;
    bool is_banned[GROUPS];
    int topic;
};

struct model {
    int nick[SESSIONS];             /* NOBODY: no such session. */
    int joined[SESSIONS][CHANNELS]; /* In the order of joining. */
    int joined_count[SESSIONS];
    uint32_t rank[SESSIONS][CHANNELS];
    bool is_invited[SESSIONS][CHANNELS];
    int away[SESSIONS]; /* 0: here. */
    struct model_channel channels[CHANNELS];
};

/* What an entry must cause. */
struct expected {
    enum effect_kind kind; /* 0: no effect. */
    enum refusal refusal;
    int who;
    int target;
    const char *nick; /* Of who, as it is told. */
    const char *name;
    const char *extra;
    char text[64];
    int channels[CHANNELS];
    int channel_count;
    enum row_kind row; /* For each of the channels; ROW_NONE: none. */
    char replies[2][64];
    int reply_count; /* More than 2: only counted. */
};

/* What a random command asks for. */
struct ask {
    int session;
    int nick;
    int channel;
    int spelling;
    int text;
    bool is_set;
    char letter;
    uint64_t seq;
};

static inline int model_index(const struct model *model, int session, int channel)
{
    for (int i = 0; i < model->joined_count[session]; i++) {
        if (model->joined[session][i] == channel) {
            return i;
        }
    }
    return NOBODY;
}

static inline bool model_is_in(const struct model *model, int session, int channel)
{
    return model_index(model, session, channel) != NOBODY;
}

/* Who is called that. */
static inline int model_find(const struct model *model, int nick)
{
    for (int i = 0; i < SESSIONS; i++) {
        const bool present = model->nick[i] != NOBODY;
        if (present && nicks[nick].group != 0 && nicks[model->nick[i]].group == nicks[nick].group) {
            return i;
        }
    }
    return NOBODY;
}

static inline const char *model_channel_name(const struct model *model, int channel)
{
    return names[channel][model->channels[channel].spelling];
}

static inline void model_leave(struct model *model, int session, int channel)
{
    const int index = model_index(model, session, channel);
    model->joined_count[session]--;
    for (int i = index; i < model->joined_count[session]; i++) {
        model->joined[session][i] = model->joined[session][i + 1];
    }
    model->rank[session][channel] = 0;
    model->channels[channel].member_count--;
}

/* After all is compared: what has no members is gone, with all that belongs to it. */
static inline void model_tidy(struct model *model)
{
    for (int channel = 0; channel < CHANNELS; channel++) {
        if (model->channels[channel].member_count == 0) {
            model->channels[channel] = (struct model_channel){0};
            for (int i = 0; i < SESSIONS; i++) {
                model->is_invited[i][channel] = false;
            }
        }
    }
}

static inline struct expected model_told(const struct model *model, enum effect_kind kind,
                                         const struct ask *ask)
{
    return (struct expected){
        .kind = kind,
        .who = ask->session,
        .target = NOBODY,
        .nick = nicks[model->nick[ask->session]].nick,
        .name = "",
        .extra = "",
    };
}

static inline struct expected model_refused(const struct model *model, enum refusal refusal,
                                            const struct ask *ask, const char *name)
{
    struct expected expected = model_told(model, EFFECT_REFUSED, ask);
    expected.refusal = refusal;
    expected.name = name;
    return expected;
}

/* No effect. */
static inline struct expected model_silent(const struct model *model, const struct ask *ask)
{
    return model_told(model, 0, ask);
}

/* An effect in the channel that was asked for. */
static inline struct expected model_in_channel(const struct model *model, enum effect_kind kind,
                                               enum row_kind row, const struct ask *ask)
{
    struct expected expected = model_told(model, kind, ask);
    expected.name = model_channel_name(model, ask->channel);
    expected.channels[0] = ask->channel;
    expected.channel_count = 1;
    expected.row = row;
    return expected;
}

/* An effect in all channels of the session. */
static inline struct expected model_in_all(const struct model *model, enum effect_kind kind,
                                           enum row_kind row, const struct ask *ask)
{
    struct expected expected = model_told(model, kind, ask);
    for (int i = 0; i < model->joined_count[ask->session]; i++) {
        expected.channels[expected.channel_count++] = model->joined[ask->session][i];
    }
    expected.row = row;
    return expected;
}

static inline void model_say(struct expected *expected, const char *a, const char *b, const char *c)
{
    (void)snprintf(expected->text, sizeof(expected->text), "%s%s%s", a, b, c);
}

static inline void model_reply(struct expected *expected, const char *a, const char *b,
                               const char *c)
{
    (void)snprintf(expected->replies[expected->reply_count++], sizeof(expected->replies[0]),
                   "%s%s%s", a, b, c);
}

/* The last reply goes on. */
static inline void model_reply_more(struct expected *expected, const char *more)
{
    char *reply = expected->replies[expected->reply_count - 1];
    size_t used = strlen(reply);
    (void)snprintf(reply + used, sizeof(expected->replies[0]) - used, "%s", more);
}

/* Whether the nick may be taken by the session; else the refusal. */
static inline bool model_may_take(const struct model *model, const struct ask *ask,
                                  struct expected *out)
{
    const char *nick = nicks[ask->nick].nick;
    if (nicks[ask->nick].group == 0) {
        *out = (struct expected){
            .kind = EFFECT_REFUSED, .refusal = REFUSAL_NAME_BAD, .name = nick, .extra = ""};
        return false;
    }
    for (int i = 0; i < SESSIONS; i++) {
        if (i == ask->session || model->nick[i] == NOBODY ||
            nicks[model->nick[i]].look != nicks[ask->nick].look) {
            continue;
        }
        const bool same = nicks[model->nick[i]].group == nicks[ask->nick].group;
        *out = (struct expected){.kind = EFFECT_REFUSED,
                                 .refusal = same ? REFUSAL_NAME_IN_USE : REFUSAL_NAME_LOOKS_LIKE,
                                 .name = nick,
                                 .extra = nicks[model->nick[i]].nick};
        return false;
    }
    return true;
}

static inline struct expected model_open(struct model *model, const struct ask *ask)
{
    struct expected expected;
    if (!model_may_take(model, ask, &expected)) {
        expected.who = NOBODY;
        expected.target = NOBODY;
        expected.nick = "";
        return expected;
    }
    model->nick[ask->session] = ask->nick;
    model->joined_count[ask->session] = 0;
    model->away[ask->session] = 0;
    expected = model_told(model, EFFECT_OPENED, ask);
    expected.reply_count = 6;
    return expected;
}

static inline struct expected model_close(struct model *model, const struct ask *ask)
{
    struct expected expected = model_in_all(model, EFFECT_CLOSED, ROW_CLOSED, ask);
    model_say(&expected, texts[ask->text], "", "");
    while (model->joined_count[ask->session] > 0) {
        model_leave(model, ask->session, model->joined[ask->session][0]);
    }
    for (int i = 0; i < CHANNELS; i++) {
        model->is_invited[ask->session][i] = false;
    }
    model->nick[ask->session] = NOBODY;
    return expected;
}

static inline struct expected model_nick(struct model *model, const struct ask *ask)
{
    struct expected expected;
    if (model->nick[ask->session] == ask->nick) {
        return model_silent(model, ask);
    }
    if (!model_may_take(model, ask, &expected)) {
        expected.who = ask->session;
        expected.target = NOBODY;
        expected.nick = nicks[model->nick[ask->session]].nick;
        return expected;
    }
    expected = model_in_all(model, EFFECT_NICK, ROW_NICK, ask);
    model_say(&expected, nicks[ask->nick].nick, "", "");
    model->nick[ask->session] = ask->nick;
    return expected;
}

static inline bool model_is_banned(const struct model *model, int session, int channel)
{
    return model->channels[channel].is_banned[nicks[model->nick[session]].group];
}

static inline struct expected model_join(struct model *model, const struct ask *ask)
{
    struct model_channel *channel = &model->channels[ask->channel];
    const char *asked = names[ask->channel][ask->spelling];
    const int session = ask->session;
    if (model_is_in(model, session, ask->channel)) {
        return model_refused(model, REFUSAL_MEMBER_ALREADY, ask, asked);
    }
    const bool is_new = channel->member_count == 0;
    if (!is_new && !model->is_invited[session][ask->channel]) {
        if (model_is_banned(model, session, ask->channel)) {
            return model_refused(model, REFUSAL_BANNED, ask, asked);
        }
        if (channel->is_invite_only) {
            return model_refused(model, REFUSAL_INVITE_ONLY, ask, asked);
        }
    }
    if (is_new) {
        channel->id = ask->seq;
        channel->spelling = ask->spelling;
    }
    model->is_invited[session][ask->channel] = false;
    model->joined[session][model->joined_count[session]++] = ask->channel;
    model->rank[session][ask->channel] = is_new ? RANK_OPERATOR : 0;
    channel->member_count++;
    struct expected expected = model_in_channel(model, EFFECT_JOINED, ROW_JOINED, ask);
    expected.extra = texts[model->away[session]];
    if (channel->topic != 0) {
        model_reply(&expected, "332|", expected.name, "|");
        model_reply_more(&expected, texts[channel->topic]);
        expected.reply_count = 2;
    }
    return expected;
}

/* What stands before the commands of members: the channel, and being in it. */
static inline bool model_is_member(const struct model *model, const struct ask *ask,
                                   struct expected *out)
{
    const char *asked = names[ask->channel][ask->spelling];
    if (model->channels[ask->channel].member_count == 0) {
        *out = model_refused(model, REFUSAL_NO_CHANNEL, ask, asked);
        return false;
    }
    if (!model_is_in(model, ask->session, ask->channel)) {
        *out = model_refused(model, REFUSAL_NOT_MEMBER, ask, asked);
        return false;
    }
    return true;
}

static inline bool model_is_operator(const struct model *model, const struct ask *ask)
{
    return (model->rank[ask->session][ask->channel] & RANK_OPERATOR) != 0;
}

/* The same for those of operators. */
static inline bool model_may(const struct model *model, const struct ask *ask, struct expected *out)
{
    if (!model_is_member(model, ask, out)) {
        return false;
    }
    if (!model_is_operator(model, ask)) {
        *out = model_refused(model, REFUSAL_NOT_OPERATOR, ask, names[ask->channel][ask->spelling]);
        return false;
    }
    return true;
}

static inline struct expected model_part(struct model *model, const struct ask *ask)
{
    struct expected expected;
    if (model_is_member(model, ask, &expected)) {
        model_leave(model, ask->session, ask->channel);
        expected = model_in_channel(model, EFFECT_PARTED, ROW_PARTED, ask);
        model_say(&expected, texts[ask->text], "", "");
    }
    return expected;
}

static inline struct expected model_message(const struct model *model, const struct ask *ask)
{
    const struct model_channel *channel = &model->channels[ask->channel];
    const char *asked = names[ask->channel][ask->spelling];
    if (channel->member_count == 0) {
        return model_refused(model, REFUSAL_NO_CHANNEL, ask, asked);
    }
    const bool is_in = model_is_in(model, ask->session, ask->channel);
    const bool is_mere = model->rank[ask->session][ask->channel] == 0;
    const char *bar = "";
    if (!is_in) {
        bar = "n";
    } else if (is_mere && channel->is_moderated) {
        bar = "m";
    } else if (is_mere && model_is_banned(model, ask->session, ask->channel)) {
        bar = "b";
    }
    struct expected expected = bar[0] != '\0'
                                   ? model_refused(model, REFUSAL_CANNOT_SEND, ask, asked)
                                   : model_in_channel(model, EFFECT_MESSAGE, ROW_MESSAGE, ask);
    model_say(&expected, bar[0] != '\0' ? bar : texts[ask->text], "", "");
    return expected;
}

static inline struct expected model_private(const struct model *model, const struct ask *ask)
{
    const int target = model_find(model, ask->nick);
    if (target == NOBODY) {
        return model_refused(model, REFUSAL_NO_NICK, ask, nicks[ask->nick].nick);
    }
    struct expected expected = model_told(model, EFFECT_MESSAGE, ask);
    expected.name = nicks[model->nick[target]].nick;
    expected.target = target;
    expected.row = ROW_MESSAGE;
    model_say(&expected, texts[ask->text], "", "");
    if (model->away[target] != 0) {
        model_reply(&expected, "301|", expected.name, "|");
        model_reply_more(&expected, texts[model->away[target]]);
    }
    return expected;
}

static inline struct expected model_kick(struct model *model, const struct ask *ask)
{
    struct expected expected;
    if (!model_may(model, ask, &expected)) {
        expected.extra = nicks[ask->nick].nick;
        return expected;
    }
    const int target = model_find(model, ask->nick);
    if (target == NOBODY || !model_is_in(model, target, ask->channel)) {
        expected = model_refused(model, REFUSAL_TARGET_NOT_MEMBER, ask,
                                 names[ask->channel][ask->spelling]);
        expected.extra = nicks[ask->nick].nick;
        return expected;
    }
    model_leave(model, target, ask->channel);
    expected = model_in_channel(model, EFFECT_KICKED, ROW_KICKED, ask);
    expected.target = target;
    model_say(&expected, ask->text == 0 ? expected.nick : texts[ask->text], "", "");
    return expected;
}

static inline struct expected model_topic(struct model *model, const struct ask *ask)
{
    struct expected expected;
    if (!model_may(model, ask, &expected)) {
        return expected;
    }
    if (model->channels[ask->channel].topic == ask->text) {
        return model_silent(model, ask);
    }
    model->channels[ask->channel].topic = ask->text;
    expected = model_in_channel(model, EFFECT_TOPIC, ROW_TOPIC, ask);
    model_say(&expected, texts[ask->text], "", "");
    return expected;
}

static inline struct expected model_invite(struct model *model, const struct ask *ask)
{
    struct expected expected;
    const int target = model_find(model, ask->nick);
    const bool is_operator = model_is_operator(model, ask);
    const char *asked = names[ask->channel][ask->spelling];
    enum refusal refusal = REFUSAL_NONE;
    if (!model_is_member(model, ask, &expected)) {
        expected.extra = nicks[ask->nick].nick;
        return expected;
    }
    if (model->channels[ask->channel].is_invite_only && !is_operator) {
        refusal = REFUSAL_NOT_OPERATOR;
    } else if (target == NOBODY) {
        refusal = REFUSAL_NO_NICK;
    } else if (model_is_in(model, target, ask->channel)) {
        refusal = REFUSAL_TARGET_MEMBER;
    }
    if (refusal != REFUSAL_NONE) {
        expected = model_refused(model, refusal, ask, asked);
        expected.extra = nicks[ask->nick].nick;
        return expected;
    }
    model->is_invited[target][ask->channel] |= is_operator;
    expected = model_in_channel(model, EFFECT_INVITED, ROW_NONE, ask);
    expected.target = target;
    expected.reply_count = model->away[target] != 0 ? 2 : 1;
    (void)snprintf(expected.replies[0], sizeof(expected.replies[0]), "341|%s|%s",
                   nicks[model->nick[target]].nick, expected.name);
    return expected;
}

static inline struct expected model_away(struct model *model, const struct ask *ask)
{
    const bool is_same = model->away[ask->session] == ask->text;
    struct expected expected =
        is_same ? model_silent(model, ask) : model_in_all(model, EFFECT_AWAY, ROW_NONE, ask);
    if (!is_same) {
        model_say(&expected, texts[ask->text], "", "");
    }
    model->away[ask->session] = ask->text;
    model_reply(&expected, ask->text == 0 ? "305" : "306", "", "");
    return expected;
}

/* "+m", "-o bob": one letter of "imbov", with the nick where it takes one. */
static inline struct expected model_mode(struct model *model, const struct ask *ask)
{
    struct model_channel *channel = &model->channels[ask->channel];
    struct expected expected;
    if (!model_may(model, ask, &expected)) {
        return expected;
    }
    const char sign_letter[] = {ask->is_set ? '+' : '-', ask->letter, '\0'};
    const int group = nicks[ask->nick].group;
    const int target = model_find(model, ask->nick);
    bool *flag = ask->letter == 'm'   ? &channel->is_moderated
                 : ask->letter == 'i' ? &channel->is_invite_only
                                      : &channel->is_banned[group];
    expected = model_silent(model, ask);
    if (ask->letter == 'o' || ask->letter == 'v') {
        const uint32_t bit = ask->letter == 'o' ? RANK_OPERATOR : RANK_VOICE;
        if (target == NOBODY) {
            model_reply(&expected, "401|", nicks[ask->nick].nick, "");
            return expected;
        }
        const char *nick = nicks[model->nick[target]].nick;
        if (!model_is_in(model, target, ask->channel)) {
            model_reply(&expected, "441|", nick, "|");
            model_reply_more(&expected, model_channel_name(model, ask->channel));
            return expected;
        }
        uint32_t *rank = &model->rank[target][ask->channel];
        if (((*rank & bit) != 0) == ask->is_set) {
            return expected;
        }
        *rank ^= bit;
        expected = model_in_channel(model, EFFECT_MODE, ROW_MODE, ask);
        model_say(&expected, sign_letter, " ", nick);
        return expected;
    }
    if (*flag == ask->is_set) {
        return expected;
    }
    *flag = ask->is_set;
    expected = model_in_channel(model, EFFECT_MODE, ROW_MODE, ask);
    model_say(&expected, sign_letter, "", "");
    if (ask->letter == 'b') {
        expected.reply_count = 0;
        model_say(&expected, sign_letter, " ", "?");
    }
    return expected;
}

#endif
