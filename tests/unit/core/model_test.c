/* Random entries against the model of model.h. */
#include "chat.h"
#include "model.h"
#include "random.h"

/* A text of the model; "+b ?" stands for a mask, which is told as it was set first. */
static void assert_model_text(struct text text, const char *expected)
{
    const size_t bytes = strlen(expected);
    if (bytes == 4 && expected[3] == '?') {
        assert_true(text.count > 3);
        assert_memory_equal(text.data, expected, 3);
        assert_memory_equal(text.data + text.count - 4, "!*@*", 4);
        return;
    }
    assert_text(text, expected);
}

static void assert_rows(const struct chat *chat, const struct model *model,
                        const struct expected *expected)
{
    const bool is_private = expected->kind == EFFECT_MESSAGE && expected->channel_count == 0;
    const int count = is_private ? 1 : expected->channel_count;
    assert_int_equal(chat->row_count, expected->row == ROW_NONE ? 0 : count);
    for (size_t i = 0; i < chat->row_count; i++) {
        const char *name =
            is_private ? expected->name : model_channel_name(model, expected->channels[i]);
        const struct row *row = assert_row(chat, i, expected->row, name, expected->nick);
        assert_model_text(row->text, expected->text);
    }
}

static void assert_effect_of(const struct chat *chat, const struct model *model,
                             const struct expected *expected, int session)
{
    const struct effect *effect = assert_effect(chat, expected->kind, (uint64_t)session);
    assert_int_equal(effect->refusal, expected->refusal);
    assert_text(effect->who.nick, expected->nick);
    assert_text(effect->target.nick,
                expected->target == NOBODY ? "" : nicks[model->nick[expected->target]].nick);
    assert_text(effect->name, expected->name);
    assert_model_text(effect->text, expected->text);
    assert_text(effect->extra, expected->extra);
    assert_int_equal(effect->channel_count, expected->channel_count);
    for (int i = 0; i < expected->channel_count; i++) {
        const struct model_channel *channel = &model->channels[expected->channels[i]];
        assert_int_equal(effect->channels[i].id, channel->id);
        assert_int_equal(effect->channels[i].member_count, channel->member_count);
    }
}

static void assert_expected(const struct chat *chat, const struct model *model,
                            const struct expected *expected, int session)
{
    assert_int_equal(chat->reply_count, expected->reply_count);
    if (expected->reply_count > 0 && expected->replies[0][0] != '\0') {
        assert_string_equal(chat->replies[0], expected->replies[0]);
    }
    assert_int_equal(chat->more, 0);
    if (expected->kind == 0) {
        assert_unchanged(chat);
        return;
    }
    assert_effect_of(chat, model, expected, session);
    assert_rows(chat, model, expected);
    if (expected->kind == EFFECT_REFUSED) {
        assert_int_equal(core_digest(chat->core), chat->digest_before);
    }
}

static void assert_counts(const struct chat *chat, const struct model *model)
{
    size_t sessions = 0;
    size_t channels = 0;
    for (int i = 0; i < SESSIONS; i++) {
        sessions += model->nick[i] != NOBODY;
    }
    for (int i = 0; i < CHANNELS; i++) {
        channels += model->channels[i].member_count > 0;
        assert_int_equal(core_member_count(chat->core, text_of(names[i][1])),
                         model->channels[i].member_count);
    }
    assert_int_equal(core_session_count(chat->core), sessions);
    assert_int_equal(core_channel_count(chat->core), channels);
}

/* What is asked for: the kind, and how the model answers it. NULL: nothing but a PONG. */
enum what {
    WHAT_JOIN,
    WHAT_PART,
    WHAT_MESSAGE,
    WHAT_PRIVATE,
    WHAT_NICK,
    WHAT_KICK,
    WHAT_TOPIC,
    WHAT_INVITE,
    WHAT_AWAY,
    WHAT_MODE,
    WHAT_PING,
    WHAT_CLOSE,
};

static enum what random_what(struct random *random)
{
    static const enum what often[] = {
        WHAT_JOIN,    WHAT_JOIN,    WHAT_JOIN, WHAT_JOIN,  WHAT_PART, WHAT_MESSAGE,
        WHAT_MESSAGE, WHAT_PRIVATE, WHAT_NICK, WHAT_KICK,  WHAT_KICK, WHAT_TOPIC,
        WHAT_INVITE,  WHAT_INVITE,  WHAT_AWAY, WHAT_MODE,  WHAT_MODE, WHAT_MODE,
        WHAT_MODE,    WHAT_MODE,    WHAT_PING, WHAT_CLOSE,
    };
    return often[random_below(random, sizeof(often) / sizeof(often[0]))];
}

/* Gives the command, and says what the model makes of it. */
static struct expected step(struct chat *chat, struct model *model, enum what what,
                            const struct ask *ask)
{
    const uint64_t session = (uint64_t)ask->session;
    const char *name = names[ask->channel][ask->spelling];
    const char *nick = nicks[ask->nick].nick;
    const char *text = texts[ask->text];
    char modes[64];
    switch (what) {
    case WHAT_JOIN:
        chat_do(chat, COMMAND_JOIN, session, name, "");
        return model_join(model, ask);
    case WHAT_PART:
        chat_do(chat, COMMAND_PART, session, name, text);
        return model_part(model, ask);
    case WHAT_MESSAGE:
        chat_do(chat, COMMAND_MESSAGE, session, name, text);
        return model_message(model, ask);
    case WHAT_PRIVATE:
        chat_do(chat, COMMAND_MESSAGE, session, nick, text);
        return model_private(model, ask);
    case WHAT_NICK:
        chat_do(chat, COMMAND_NICK, session, nick, "");
        return model_nick(model, ask);
    case WHAT_KICK:
        chat_give(chat, (struct command){.kind = COMMAND_KICK,
                                         .session = session,
                                         .name = text_of(name),
                                         .extra = text_of(nick),
                                         .text = text_of(text)});
        return model_kick(model, ask);
    case WHAT_TOPIC:
        chat_do(chat, COMMAND_TOPIC, session, name, text);
        return model_topic(model, ask);
    case WHAT_INVITE:
        chat_do_extra(chat, COMMAND_INVITE, session, name, nick);
        return model_invite(model, ask);
    case WHAT_AWAY:
        chat_do(chat, COMMAND_AWAY, session, "", text);
        return model_away(model, ask);
    case WHAT_MODE:
        (void)snprintf(modes, sizeof(modes), "%c%c %s", ask->is_set ? '+' : '-', ask->letter,
                       ask->letter == 'm' || ask->letter == 'i' ? "" : nick);
        chat_do(chat, COMMAND_MODE, session, name, modes);
        return model_mode(model, ask);
    case WHAT_PING:
        chat_do(chat, COMMAND_PING, session, "", "");
        return model_told(model, EFFECT_PONG, ask);
    case WHAT_CLOSE:
        chat_do(chat, COMMAND_CLOSE, session, "", text);
        return model_close(model, ask);
    }
    fail();
    return model_silent(model, ask);
}

static void random_step(struct chat *chat, struct model *model, struct random *random,
                        uint32_t seen[EFFECT_KIND_COUNT][REFUSAL_UNSUPPORTED + 1])
{
    struct ask ask = {
        .session = (int)random_below(random, SESSIONS),
        .nick = (int)random_below(random, NICKS),
        .channel = (int)random_below(random, CHANNELS),
        .spelling = (int)random_below(random, SPELLINGS),
        .text = (int)random_below(random, TEXTS),
        .is_set = random_below(random, 3) != 0,
        .letter = "imbov"[random_below(random, 5)],
        .seq = chat->seq + 1,
    };
    const enum what what = random_what(random);
    struct expected expected = {.target = NOBODY};
    /* A ban of a bad nick is another mask; the model does not know it. */
    if (ask.letter == 'b' && nicks[ask.nick].group == 0) {
        ask.nick = 0;
    }
    if (model->nick[ask.session] != NOBODY) {
        expected = step(chat, model, what, &ask);
    } else if (random_below(random, 4) != 0) {
        chat_do(chat, COMMAND_OPEN, (uint64_t)ask.session, nicks[ask.nick].nick, "");
        expected = model_open(model, &ask);
    } else {
        /* Now and then the command of a session that is not there. */
        chat_do(chat, COMMAND_JOIN, (uint64_t)ask.session, names[ask.channel][0], "");
    }
    assert_expected(chat, model, &expected, ask.session);
    model_tidy(model);
    assert_counts(chat, model);
    seen[expected.kind][expected.refusal]++;
}

static void core_agrees_with_the_model(void **state)
{
    (void)state;
    static uint32_t seen[EFFECT_KIND_COUNT][REFUSAL_UNSUPPORTED + 1];
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct chat *chat = chat_new();
        struct model model = {0};
        struct random random = {seed};
        for (int i = 0; i < SESSIONS; i++) {
            model.nick[i] = NOBODY;
        }
        print_message("# seed %d\n", (int)seed);
        for (int i = 0; i < 1500; i++) {
            random_step(chat, &model, &random, seen);
        }
        chat_free(chat);
    }
    /* Every answer that the model knows was given. */
    static const enum effect_kind kinds[] = {
        0,
        EFFECT_OPENED,
        EFFECT_PONG,
        EFFECT_JOINED,
        EFFECT_PARTED,
        EFFECT_MESSAGE,
        EFFECT_CLOSED,
        EFFECT_NICK,
        EFFECT_KICKED,
        EFFECT_INVITED,
        EFFECT_TOPIC,
        EFFECT_MODE,
        EFFECT_AWAY,
    };
    static const enum refusal refusals[] = {
        REFUSAL_NAME_BAD,     REFUSAL_NAME_IN_USE,   REFUSAL_NAME_LOOKS_LIKE,
        REFUSAL_NO_CHANNEL,   REFUSAL_NOT_MEMBER,    REFUSAL_MEMBER_ALREADY,
        REFUSAL_NO_NICK,      REFUSAL_TARGET_MEMBER, REFUSAL_TARGET_NOT_MEMBER,
        REFUSAL_BANNED,       REFUSAL_INVITE_ONLY,   REFUSAL_CANNOT_SEND,
        REFUSAL_NOT_OPERATOR,
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        assert_true(seen[kinds[i]][REFUSAL_NONE] > 0);
    }
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        assert_true(seen[EFFECT_REFUSED][refusals[i]] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_agrees_with_the_model),
    };
    return cmocka_run_group_tests_name("core/model", tests, NULL, NULL);
}
