/*
 * Random entries against a tiny model of the chat. The model is written to be obviously right: flat
 * arrays, no folding (it is told which spellings are one name), everything searched from the start.
 */
#include "chat.h"
#include "random.h"

#define SESSIONS 6
#define NICKS 8
#define CHANNELS 4
#define SPELLINGS 3

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

struct model {
    int nick[SESSIONS];             /* -1: no such session. */
    int joined[SESSIONS][CHANNELS]; /* In the order of joining. */
    int joined_count[SESSIONS];
    uint64_t id[CHANNELS]; /* 0: no such channel. */
    int spelling[CHANNELS];
    uint32_t member_count[CHANNELS];
};

/* What the model says an entry must cause. */
struct expected {
    enum effect_kind kind; /* 0: nothing at all. */
    enum refusal refusal;
    const char *nick;
    const char *name;
    int channels[CHANNELS];
    int channel_count;
};

static int model_index(const struct model *model, int session, int channel)
{
    for (int i = 0; i < model->joined_count[session]; i++) {
        if (model->joined[session][i] == channel) {
            return i;
        }
    }
    return -1;
}

static void model_leave(struct model *model, int session, int channel)
{
    const int index = model_index(model, session, channel);
    model->joined_count[session]--;
    for (int i = index; i < model->joined_count[session]; i++) {
        model->joined[session][i] = model->joined[session][i + 1];
    }
    model->member_count[channel]--;
}

static struct expected refused(enum refusal refusal, const char *nick, const char *name)
{
    return (struct expected){
        .kind = EFFECT_REFUSED, .refusal = refusal, .nick = nick, .name = name};
}

static struct expected model_open(struct model *model, int session, int nick)
{
    if (nicks[nick].group == 0) {
        return refused(REFUSAL_NAME_BAD, "", nicks[nick].nick);
    }
    for (int i = 0; i < SESSIONS; i++) {
        if (model->nick[i] >= 0 && nicks[model->nick[i]].look == nicks[nick].look) {
            const bool same = nicks[model->nick[i]].group == nicks[nick].group;
            return refused(same ? REFUSAL_NAME_IN_USE : REFUSAL_NAME_LOOKS_LIKE,
                           nicks[model->nick[i]].nick, nicks[nick].nick);
        }
    }
    model->nick[session] = nick;
    model->joined_count[session] = 0;
    return (struct expected){.kind = EFFECT_OPENED, .nick = nicks[nick].nick, .name = ""};
}

static struct expected model_channel(struct model *model, enum command_kind kind, int session,
                                     int channel, int spelling, uint64_t seq)
{
    const char *nick = nicks[model->nick[session]].nick;
    const char *asked = names[channel][spelling];
    const bool member = model_index(model, session, channel) >= 0;
    struct expected expected = {.nick = nick, .channels = {channel}, .channel_count = 1};
    if (kind == COMMAND_JOIN) {
        if (member) {
            return refused(REFUSAL_MEMBER_ALREADY, nick, asked);
        }
        if (model->member_count[channel] == 0) {
            model->id[channel] = seq;
            model->spelling[channel] = spelling;
        }
        model->joined[session][model->joined_count[session]++] = channel;
        model->member_count[channel]++;
        expected.kind = EFFECT_JOINED;
    } else if (model->member_count[channel] == 0) {
        return refused(REFUSAL_NO_CHANNEL, nick, asked);
    } else if (!member) {
        return refused(REFUSAL_NOT_MEMBER, nick, asked);
    } else if (kind == COMMAND_PART) {
        model_leave(model, session, channel);
        expected.kind = EFFECT_PARTED;
    } else {
        expected.kind = EFFECT_MESSAGE;
    }
    expected.name = names[channel][model->spelling[channel]];
    return expected;
}

static struct expected model_close(struct model *model, int session)
{
    struct expected expected = {.kind = EFFECT_CLOSED, .name = ""};
    expected.nick = nicks[model->nick[session]].nick;
    while (model->joined_count[session] > 0) {
        const int channel = model->joined[session][0];
        expected.channels[expected.channel_count++] = channel;
        model_leave(model, session, channel);
    }
    model->nick[session] = -1;
    return expected;
}

static enum row_kind row_of(enum effect_kind kind)
{
    switch (kind) {
    case EFFECT_JOINED:
        return ROW_JOINED;
    case EFFECT_PARTED:
        return ROW_PARTED;
    case EFFECT_MESSAGE:
        return ROW_MESSAGE;
    case EFFECT_CLOSED:
        return ROW_CLOSED;
    case EFFECT_OPENED:
    case EFFECT_REFUSED:
    case EFFECT_PONG:
        break;
    }
    return ROW_NONE;
}

static void assert_expected(const struct chat *chat, const struct model *model,
                            const struct expected *expected, uint64_t session, const char *text)
{
    if (expected->kind == 0) {
        assert_nothing(chat);
        return;
    }
    const struct effect *effect = assert_effect(chat, expected->kind, session);
    assert_int_equal(effect->refusal, expected->refusal);
    assert_text(effect->nick, expected->nick);
    assert_text(effect->name, expected->name);
    assert_text(effect->text, expected->kind == EFFECT_MESSAGE ? text : "");
    assert_int_equal(effect->channel_count, expected->channel_count);
    const enum row_kind row_kind = row_of(expected->kind);
    assert_int_equal(chat->row_count, row_kind == ROW_NONE ? 0 : expected->channel_count);
    for (int i = 0; i < expected->channel_count; i++) {
        const int channel = expected->channels[i];
        assert_int_equal(effect->channels[i].id, model->id[channel]);
        assert_int_equal(effect->channels[i].member_count, model->member_count[channel]);
        const struct row *row = assert_row(
            chat, (size_t)i, row_kind, names[channel][model->spelling[channel]], expected->nick);
        assert_text(row->text, row_kind == ROW_MESSAGE ? text : "");
    }
}

static void assert_counts(const struct chat *chat, const struct model *model)
{
    size_t sessions = 0;
    size_t channels = 0;
    for (int i = 0; i < SESSIONS; i++) {
        sessions += model->nick[i] >= 0;
    }
    for (int i = 0; i < CHANNELS; i++) {
        channels += model->member_count[i] > 0;
        assert_int_equal(core_member_count(chat->core, text_of(names[i][1])),
                         model->member_count[i]);
    }
    assert_int_equal(core_session_count(chat->core), sessions);
    assert_int_equal(core_channel_count(chat->core), channels);
}

static void random_step(struct chat *chat, struct model *model, struct random *random,
                        uint32_t seen[EFFECT_CLOSED + 1][REFUSAL_NO_MEMORY + 1])
{
    static const enum command_kind kinds[] = {COMMAND_JOIN,    COMMAND_JOIN, COMMAND_JOIN,
                                              COMMAND_PART,    COMMAND_PART, COMMAND_MESSAGE,
                                              COMMAND_MESSAGE, COMMAND_PING, COMMAND_CLOSE};
    static const char *const texts[] = {"hello", "", "\uc548\ub155", "[eve] hello"};
    const int session = (int)random_below(random, SESSIONS);
    const int nick = (int)random_below(random, NICKS);
    const int channel = (int)random_below(random, CHANNELS);
    const int spelling = (int)random_below(random, SPELLINGS);
    const char *text = texts[random_below(random, 4)];
    enum command_kind kind = kinds[random_below(random, 9)];
    struct expected expected = {0};
    const char *name = names[channel][spelling];
    if (model->nick[session] < 0) {
        /* Now and then the command of a session that is not there. */
        if (random_below(random, 4) != 0) {
            kind = COMMAND_OPEN;
            name = nicks[nick].nick;
            expected = model_open(model, session, nick);
        }
    } else if (kind == COMMAND_CLOSE) {
        name = "";
        expected = model_close(model, session);
    } else if (kind == COMMAND_PING) {
        name = "";
        expected = (struct expected){
            .kind = EFFECT_PONG, .nick = nicks[model->nick[session]].nick, .name = ""};
    } else {
        expected = model_channel(model, kind, session, channel, spelling, chat->seq + 1);
    }
    chat_do(chat, kind, (uint64_t)session, name, text);
    assert_expected(chat, model, &expected, (uint64_t)session, text);
    assert_counts(chat, model);
    seen[expected.kind][expected.refusal]++;
}

static void core_agrees_with_the_model(void **state)
{
    (void)state;
    uint32_t seen[EFFECT_CLOSED + 1][REFUSAL_NO_MEMORY + 1] = {0};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct chat *chat = chat_new();
        struct model model = {0};
        struct random random = {seed};
        for (int i = 0; i < SESSIONS; i++) {
            model.nick[i] = -1;
        }
        print_message("# seed %d\n", (int)seed);
        for (int step = 0; step < 1500; step++) {
            random_step(chat, &model, &random, seen);
        }
        chat_free(chat);
    }
    /* Every answer was given, but for the bounds and for lack of memory. */
    for (int kind = 0; kind <= EFFECT_CLOSED; kind++) {
        assert_true(kind == EFFECT_REFUSED || seen[kind][REFUSAL_NONE] > 0);
    }
    for (int refusal = REFUSAL_NAME_BAD; refusal <= REFUSAL_MEMBER_ALREADY; refusal++) {
        assert_true(seen[EFFECT_REFUSED][refusal] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_agrees_with_the_model),
    };
    return cmocka_run_group_tests_name("core/model", tests, NULL, NULL);
}
