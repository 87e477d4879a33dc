/* Channels that last (mode P, KEEP), and how they come back at a start (core_load). */
#include "chat.h"

#include "core/state.h"

/* A journal of state as small as can be: all rows that were put and not dropped. */
#define KEPT_MAX 512

struct journal {
    struct heard_row rows[KEPT_MAX];
    size_t count;
};

static struct journal journal;

static int boss_setup(void **state)
{
    struct chat *chat = chat_new();
    journal.count = 0;
    chat_open(chat, 1, "boss");
    chat_open(chat, 2, "eve");
    chat_oper(chat, 1);
    *state = chat;
    return 0;
}

/* What replaces what: rows of one key. */
static bool same_key(const struct row *a, const struct row *b)
{
    return a->kind == b->kind && text_equal(a->channel, b->channel) &&
           (a->kind == ROW_CHANNEL || text_equal(a->extra, b->extra));
}

static void journal_drop(const struct row *key)
{
    for (size_t i = journal.count; i-- > 0;) {
        const struct row *row = &journal.rows[i].row;
        const bool is_part = key->kind == ROW_CHANNEL && row->kind != ROW_BAN &&
                             text_equal(row->channel, key->channel);
        if (same_key(row, key) || is_part) {
            journal.count--;
            for (size_t j = i; j < journal.count; j++) {
                memcpy(journal.rows[j].data, journal.rows[j + 1].data,
                       sizeof(journal.rows[j].data));
                row_unpack(journal.rows[j].data, &journal.rows[j].row);
            }
        }
    }
}

static void journal_put(const struct row *row)
{
    size_t i = 0;
    while (i < journal.count && !same_key(&journal.rows[i].row, row)) {
        i++;
    }
    assert_true(i < KEPT_MAX);
    row_pack(row, journal.rows[i].data);
    row_unpack(journal.rows[i].data, &journal.rows[i].row);
    journal.count += i == journal.count;
}

/* Takes the rows of state that the last entry caused. */
static void journal_take(const struct chat *chat)
{
    for (size_t i = 0; i < chat->row_count; i++) {
        struct row row = chat->rows[i].row;
        switch (row.kind) {
        case ROW_CHANNEL:
        case ROW_MASK:
        case ROW_METADATA:
        case ROW_BAN:
            journal_put(&row);
            break;
        case ROW_CHANNEL_DROP:
        case ROW_MASK_DROP:
        case ROW_METADATA_DROP:
        case ROW_BAN_DROP:
            row.kind--;
            journal_drop(&row);
            break;
        case ROW_NONE:
        case ROW_MESSAGE:
        case ROW_JOINED:
        case ROW_PARTED:
        case ROW_CLOSED:
        case ROW_KICKED:
        case ROW_NICK:
        case ROW_TOPIC:
        case ROW_MODE:
        case ROW_RENAMED:
        case ROW_REDACTED:
        case ROW_KIND_COUNT:
            break;
        }
    }
}

static void give(struct chat *chat, enum command_kind kind, uint64_t session, const char *name,
                 const char *text)
{
    chat_do(chat, kind, session, name, text);
    journal_take(chat);
}

static void give_extra(struct chat *chat, enum command_kind kind, const char *name,
                       const char *extra)
{
    chat_do_extra(chat, kind, 1, name, extra);
    journal_take(chat);
}

/* A chat that begins with what the journal has. */
static struct chat *loaded(void)
{
    struct chat *chat = chat_new();
    for (size_t i = 0; i < journal.count; i++) {
        assert_int_equal(core_load(chat->core, &journal.rows[i].row), ERR_OK);
    }
    return chat;
}

static void keep_makes_a_channel_that_stays(void **state)
{
    struct chat *chat = *state;
    give(chat, COMMAND_KEEP, 0, "#madang", "");
    assert_int_equal(chat->effect_count, 0);
    assert_int_equal(chat->row_count, 1);
    assert_text(assert_row(chat, 0, ROW_CHANNEL, "#madang", "")->extra, "+Pnt");
    chat_do(chat, COMMAND_KEEP, 0, "#MADANG", "");
    assert_nothing(chat);
    assert_int_equal(core_channel_count(chat->core), 1);
    /* Nobody is its operator for having come first. */
    chat_join(chat, 2, "#madang");
    assert_int_equal(assert_own(chat, EFFECT_JOINED, 2)->rank, 0);
    chat_part(chat, 2, "#madang");
    assert_int_equal(core_channel_count(chat->core), 1);
    chat_join(chat, 2, "#madang");
    chat_close(chat, 2);
    assert_int_equal(core_channel_count(chat->core), 1);
    chat_do(chat, COMMAND_KEEP, 0, "madang", "");
    assert_int_equal(chat->effects[0].effect.refusal, REFUSAL_NAME_BAD);
}

static void mode_p_is_the_server_operators(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 2, "#yard");
    chat_mode(chat, 2, "#yard", "+P");
    assert_unchanged(chat);
    assert_replies(chat, "481", NULL);
    chat_mode(chat, 1, "#yard", "+P");
    assert_text(assert_own(chat, EFFECT_MODE, 1)->text, "+P");
    chat_part(chat, 2, "#yard");
    assert_int_equal(core_channel_count(chat->core), 1);
    chat_mode(chat, 1, "#yard", "-P");
    assert_int_equal(assert_own(chat, EFFECT_MODE, 1)->channels[0].member_count, 0);
    assert_row(chat, 0, ROW_CHANNEL_DROP, "#yard", "");
    assert_int_equal(core_channel_count(chat->core), 0);
    /* Once in a command is enough. */
    chat_join(chat, 1, "#yard");
    chat_mode(chat, 1, "#yard", "+P-P+P");
    assert_text(assert_own(chat, EFFECT_MODE, 1)->text, "+P");
}

static void what_was_kept_comes_back(void **state)
{
    struct chat *chat = *state;
    give(chat, COMMAND_JOIN, 1, "#Yard", "");
    give(chat, COMMAND_TOPIC, 1, "#yard", "the well");
    give(chat, COMMAND_MODE, 1, "#yard", "+bb eve ~a:joe");
    give_extra(chat, COMMAND_METADATA, "#yard", "url");
    give(chat, COMMAND_MODE, 1, "#yard", "+P");
    /* And what is changed from then on. */
    give(chat, COMMAND_MODE, 1, "#yard", "+klsI-t-b secret 7 ann eve");
    give(chat, COMMAND_TOPIC, 1, "#yard", "the old well");
    give_extra(chat, COMMAND_METADATA, "#yard", "avatar");
    give(chat, COMMAND_KEEP, 0, "#other", "");
    give(chat, COMMAND_KEEP, 0, "#gone", "");
    give(chat, COMMAND_MODE, 1, "#gone", "+bf-P x #other");
    give_extra(chat, COMMAND_BAN, "", "h77.cloak");
    give_extra(chat, COMMAND_BAN, "", "h78.cloak");
    give_extra(chat, COMMAND_UNBAN, "", "h78.cloak");
    give(chat, COMMAND_MESSAGE, 1, "#yard", "hello");

    struct chat *again = loaded();
    assert_int_equal(core_channel_count(again->core), 2);
    const struct channel *yard = channel_get(again->core, TEXT("#yard"));
    assert_text(channel_name(yard), "#Yard");
    assert_text(channel_topic(yard), "the old well");
    assert_text(note_nick(yard->options->topic), "boss");
    assert_int_equal(yard->options->topic->time_ms,
                     channel_get(chat->core, TEXT("#yard"))->options->topic->time_ms);
    struct channel_modes modes;
    channel_modes(yard, true, &modes);
    assert_text((struct text){modes.letters, modes.letter_bytes}, "+Pnskl");
    assert_text(modes.params[0], "secret");
    assert_text(modes.params[1], "7");
    assert_int_equal(channel_list(yard, LIST_BANS)->count, 1);
    assert_text(note_subject(channel_list(yard, LIST_BANS)->items[0]), "~a:joe");
    assert_text(note_nick(channel_list(yard, LIST_BANS)->items[0]), "boss");
    assert_int_equal(channel_list(yard, LIST_INVITATIONS)->count, 1);
    assert_int_equal(channel_metadata(yard)->count, 2);
    assert_int_equal(again->core->bans.count, 1);
    /* The rules hold as before. */
    chat_open(again, 77, "x");
    assert_refused(again, REFUSAL_BANNED, 77);
    chat_open(again, 2, "eve");
    chat_join(again, 2, "#yard");
    assert_refused(again, REFUSAL_KEY, 2);
    chat_open_known(again, 3, "joe", "Joe");
    chat_join(again, 3, "#yard");
    assert_refused(again, REFUSAL_BANNED, 3);
    assert_int_not_equal(channel_get(again->core, TEXT("#other"))->id, yard->id);
    chat_free(again);
}

static void dropping_takes_all_that_belongs_to_it(void **state)
{
    struct chat *chat = *state;
    give(chat, COMMAND_JOIN, 1, "#yard", "");
    give(chat, COMMAND_MODE, 1, "#yard", "+Pb eve");
    assert_int_equal(journal.count, 2);
    give(chat, COMMAND_MODE, 1, "#yard", "-Pb eve");
    assert_int_equal(journal.count, 0);
    give(chat, COMMAND_MODE, 1, "#yard", "+Pb eve");
    assert_int_equal(journal.count, 2);
    give_extra(chat, COMMAND_METADATA, "#yard", "url");
    assert_int_equal(journal.count, 3);
    chat_give(chat, (struct command){.kind = COMMAND_METADATA,
                                     .session = 1,
                                     .name = TEXT("#yard"),
                                     .flags = METADATA_CLEAR});
    journal_take(chat);
    assert_int_equal(journal.count, 2);
}

static void channel_with_too_much_is_not_kept(void **state)
{
    struct chat *chat = *state;
    char modes[40];
    chat_join(chat, 1, "#yard");
    for (int i = 0; i <= 100; i++) {
        (void)snprintf(modes, sizeof(modes), i < 50 ? "+b n%d" : "+e n%d", i);
        chat_mode(chat, 1, "#yard", modes);
    }
    chat_mode(chat, 1, "#yard", "+P");
    assert_unchanged(chat);
    assert_replies(chat, "478|#yard|P", NULL);
    chat_do(chat, COMMAND_KEEP, 0, "#yard", "");
    assert_int_equal(chat->effects[0].effect.refusal, REFUSAL_TOO_MANY);
    chat_mode(chat, 1, "#yard", "-b+P n7");
    assert_own(chat, EFFECT_MODE, 1);
    assert_int_equal(chat->row_count, 102);
    /* As many changes as one command can hold, all of them kept. */
    chat_mode(chat, 1, "#yard", "-P");
    chat_mode(chat, 1, "#yard", "+IIIIIIIIIIIIIIIIiP a b c d e f g h i j k l m n o p");
    assert_replies(chat, "478|#yard|P", NULL);
    chat_mode(chat, 1, "#yard",
              "-eeeeeeeeeeeeeeee n50 n51 n52 n53 n54 n55 n56 n57 n58 n59 n60 "
              "n61 n62 n63 n64 n65");
    chat_mode(chat, 1, "#yard", "+PmIIIIIIIIIIIIIIII 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16");
    assert_int_equal(chat->row_count, 1 + 100 + 16 + 1 + 1);
}

static void rows_that_cannot_be_ours_are_refused(void **state)
{
    struct chat *chat = *state;
    const struct row good = {.kind = ROW_CHANNEL, .channel = TEXT("#yard"), .extra = TEXT("+Pnt")};
    assert_int_equal(core_load(chat->core, &good), ERR_OK);
    assert_int_equal(core_load(chat->core, &good), ERR_INVALID);
    const struct row bad[] = {
        {.kind = ROW_MESSAGE, .channel = TEXT("#a")},
        {.kind = ROW_CHANNEL_DROP, .channel = TEXT("#yard")},
        {.kind = ROW_CHANNEL, .channel = TEXT("a"), .extra = TEXT("+P")},
        {.kind = ROW_CHANNEL, .channel = TEXT("#a"), .extra = TEXT("")},
        {.kind = ROW_CHANNEL, .channel = TEXT("#a"), .extra = TEXT("Pnt")},
        {.kind = ROW_CHANNEL, .channel = TEXT("#a"), .extra = TEXT("+nt")},
        {.kind = ROW_CHANNEL, .channel = TEXT("#a"), .extra = TEXT("+PX")},
        {.kind = ROW_CHANNEL, .channel = TEXT("#a"), .extra = TEXT("+Pk")},
        {.kind = ROW_CHANNEL, .channel = TEXT("#a"), .extra = TEXT("+Pl x")},
        {.kind = ROW_CHANNEL, .channel = TEXT("#a"), .extra = TEXT("+Pf b")},
        {.kind = ROW_CHANNEL, .channel = TEXT("#a"), .extra = TEXT("+P b")},
        {.kind = ROW_CHANNEL, .channel = TEXT("#a"), .extra = TEXT("+P"), .text = TEXT("\xff")},
        {.kind = ROW_MASK, .channel = TEXT("#none"), .extra = TEXT("b a!*@*")},
        {.kind = ROW_MASK, .channel = TEXT("#yard"), .extra = TEXT("b")},
        {.kind = ROW_MASK, .channel = TEXT("#yard"), .extra = TEXT("x a!*@*")},
        {.kind = ROW_MASK, .channel = TEXT("#yard"), .extra = TEXT("b a")},
        {.kind = ROW_METADATA, .channel = TEXT("#yard"), .extra = TEXT("URL")},
        {.kind = ROW_METADATA, .channel = TEXT("#none"), .extra = TEXT("url")},
        {.kind = ROW_METADATA,
         .channel = TEXT("#yard"),
         .extra = TEXT("url"),
         .text = TEXT("\xff")},
        {.kind = ROW_BAN, .extra = TEXT("")},
        {.kind = ROW_BAN, .extra = TEXT("H.example")},
        {.kind = ROW_BAN, .extra = TEXT("*")},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const uint64_t before = core_digest(chat->core);
        assert_int_equal(core_load(chat->core, &bad[i]), ERR_INVALID);
        assert_int_equal(core_digest(chat->core), before);
    }
    const struct row twice[] = {
        {.kind = ROW_MASK, .channel = TEXT("#yard"), .extra = TEXT("b a!*@*")},
        {.kind = ROW_METADATA, .channel = TEXT("#yard"), .extra = TEXT("url")},
        {.kind = ROW_BAN, .extra = TEXT("h.example")},
    };
    for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++) {
        assert_int_equal(core_load(chat->core, &twice[i]), ERR_OK);
        assert_int_equal(core_load(chat->core, &twice[i]), ERR_INVALID);
    }
}

#define BOSS_TEST(function) cmocka_unit_test_setup_teardown(function, boss_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOSS_TEST(keep_makes_a_channel_that_stays),
        BOSS_TEST(mode_p_is_the_server_operators),
        BOSS_TEST(what_was_kept_comes_back),
        BOSS_TEST(dropping_takes_all_that_belongs_to_it),
        BOSS_TEST(channel_with_too_much_is_not_kept),
        BOSS_TEST(rows_that_cannot_be_ours_are_refused),
    };
    return cmocka_run_group_tests_name("core/keep", tests, NULL, NULL);
}
