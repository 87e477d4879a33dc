/* Channels: JOIN, PART, TOPIC, KICK, INVITE, NAMES, LIST, MODE, RENAME. */
#include "irc_scenario.h"

#define S ":irc.example "
#define ME ":me!u@cloak.example "
#define LONG_65 "#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_66 LONG_65 "a"
#define INFO(word) S "371 me :" word "\n"

static const struct scenario scenarios[] = {
    RULE("a channel", "", SAY("JOIN #a\r\n"), "JOIN name=#a flag=names\n", ME "JOIN #a\n"),
    RULE("several, with keys in their order", "", SAY("JOIN #a,#b,,#c k,,l\r\n"),
         "JOIN name=#a text=k flag=names\nJOIN name=#b flag=names\nJOIN name=#c flag=names\n",
         ME "JOIN #a\n" ME "JOIN #b\n" ME "JOIN #c\n"),
    RULE("the names as the client wants them", "multi-prefix userhost-in-names no-implicit-names",
         SAY("JOIN #a\r\nNAMES #a\r\n"),
         "JOIN name=#a flag=prefixes flag=userhost\nNAMES text=#a flag=prefixes flag=userhost\n",
         ME "JOIN #a\n" INFO("NAMES")),
    RULE_WITH("names that need several steps", "", SAY("JOIN #a,#b\r\nPING x\r\n"),
              "JOIN name=#a flag=names\nJOIN name=#a cursor=1 flag=names\n"
              "JOIN name=#a cursor=2 flag=names\nJOIN name=#b flag=names\n"
              "JOIN name=#b cursor=1 flag=names\nJOIN name=#b cursor=2 flag=names\n"
              "PING text=x\n",
              ME "JOIN #a\n" ME "JOIN #b\n" S "PONG irc.example :x\n", .steps = 3),
    RULE("I18: one of 65 bytes is for the core to refuse, a longer one is refused here", "",
         SAY("JOIN " LONG_65 "," LONG_66 ",#b\r\n"),
         "JOIN name=" LONG_65 " flag=names\nJOIN name=#b flag=names\n",
         ME "JOIN " LONG_65 "\n" S "403 me " LONG_66 " :No such channel\n" ME "JOIN #b\n"),
    RULE_WITH("a key that is wrong", "", SAY("JOIN #a,#b\r\n"),
              "JOIN name=#a flag=names\nJOIN name=#b flag=names\n",
              S "475 me #a :Cannot join channel (+k): bad key\n" S
                "475 me #b :Cannot join channel (+k): bad key\n",
              .refused_kind = COMMAND_JOIN, .refusal = REFUSAL_KEY),
    RULE_WITH("I19: JOIN 0 leaves all", "", SAY("JOIN 0\r\n"),
              "PART text=Left all channels\nPART text=Left all channels cursor=1\n", "",
              .steps = 2),
    RULE("PART of several, with words", "", SAY("PART #a,,#b :bye\r\nPART #c\r\n"),
         "PART name=#a text=bye\nPART name=#b text=bye\nPART name=#c\n",
         ME "PART #a :bye\n" ME "PART #b :bye\n" ME "PART #c\n"),
    RULE("PART of what is too long", "", SAY("PART " LONG_66 ",#b\r\n"), "PART name=#b\n",
         S "403 me " LONG_66 " :No such channel\n" ME "PART #b\n"),
    RULE("TOPIC asks, sets and takes away", "", SAY("TOPIC #a\r\nTOPIC #a :x y\r\nTOPIC #a :\r\n"),
         "TOPIC_OF name=#a\nTOPIC name=#a text=x y\nTOPIC name=#a\n",
         INFO("TOPIC_OF") ME "TOPIC #a :x y\n" ME "TOPIC #a :\n"),
    RULE("KICK of several", "", SAY("KICK #a bob,,jim :out\r\nKICK #a,#b bob,jim\r\n"),
         "KICK name=#a text=out extra=bob\nKICK name=#a text=out extra=jim\n"
         "KICK name=#a text=me extra=bob\nKICK name=#b text=me extra=jim\n",
         ME "KICK #a bob :out\n" ME "KICK #a jim :out\n" ME "KICK #a bob :me\n" ME
            "KICK #b jim :me\n"),
    RULE("KICK of as many as there are channels", "", SAY("KICK #a,#b bob :x\r\nKICK #a\r\n"), "",
         S "461 me KICK :Not enough parameters\n" S "461 me KICK :Not enough parameters\n"),
    RULE_WITH("I23: KICK of who is not there", "", SAY("KICK #a bob\r\n"),
              "KICK name=#a text=me extra=bob\n", S "441 me bob #a :They aren't on that channel\n",
              .refused_kind = COMMAND_KICK, .refusal = REFUSAL_TARGET_NOT_MEMBER),
    RULE("INVITE, and what one is invited to", "", SAY("INVITE bob #a\r\nINVITE\r\nINVITE bob\r\n"),
         "INVITE name=#a extra=bob\nINVITES\n",
         INFO("INVITES") S "461 me INVITE :Not enough parameters\n"),
    RULE("NAMES of one, of several, of none", "", SAY("NAMES #a\r\nNAMES #a,#b\r\nNAMES\r\n"),
         "NAMES text=#a\nNAMES text=#a,#b\n",
         INFO("NAMES") INFO("NAMES") S "366 me * :End of /NAMES list\n"),
    RULE_WITH(
        "LIST in steps, and nothing overtakes it", "", SAY("LIST\r\nLIST >3,#a\r\nPING x\r\n"),
        "LIST\nLIST cursor=1\nLIST text=>3,#a\nLIST text=>3,#a cursor=1\nPING text=x\n",
        INFO("LIST") INFO("LIST") INFO("LIST") INFO("LIST") S "PONG irc.example :x\n", .steps = 2),
    RULE("RENAME", "draft/channel-rename", SAY("RENAME #a #b :why\r\nRENAME #a " LONG_66 "\r\n"),
         "RENAME name=#a text=why extra=#b\n",
         ME "RENAME #a #b :why\n" S "FAIL RENAME CANNOT_RENAME #a " LONG_66
            " :No channel can be called that\n"),
    RULE_WITH("RENAME to a name in use", "", SAY("RENAME #a #b\r\n"), "RENAME name=#a extra=#b\n",
              S "FAIL RENAME CHANNEL_NAME_IN_USE #a #b :There is a channel of that name already\n",
              .refused_kind = COMMAND_RENAME, .refusal = REFUSAL_NAME_IN_USE),
    RULE("RENAME without the capability is a PART and a JOIN", "", SAY("RENAME #a #b :why\r\n"),
         "RENAME name=#a text=why extra=#b\nTOPIC_OF name=#b\nNAMES text=#b\n",
         ME "PART #a :why\n" ME "JOIN #b\n" INFO("TOPIC_OF") INFO("NAMES")),
    RULE("RENAME of the case alone is not told", "", SAY("RENAME #a #A\r\n"),
         "RENAME name=#a extra=#A\n", ""),

    RULE("MODE asks", "", SAY("MODE #a\r\nMODE me\r\nMODE ME\r\nMODE #a :\r\n"),
         "MODES name=#a\nMODES name=me\nMODES name=ME\nMODES name=#a\n",
         INFO("MODES") INFO("MODES") INFO("MODES") INFO("MODES")),
    RULE("MODE asks for lists, each once", "",
         SAY("MODE #a b\r\nMODE #a +e\r\nMODE #a -I\r\nMODE #a +bebI\r\n"),
         "MODES name=#a extra=b\nMODES name=#a extra=e\nMODES name=#a extra=I\n"
         "MODES name=#a extra=b\nMODES name=#a extra=e\nMODES name=#a extra=I\n",
         INFO("MODES") INFO("MODES") INFO("MODES") INFO("MODES") INFO("MODES") INFO("MODES")),
    RULE("MODE changes", "",
         SAY("MODE #a +o-v a b\r\nMODE #a +b x!*@*\r\nMODE #a +k :a b\r\nMODE #a +k :\r\n"
             "MODE #a +k ::x\r\nMODE #a +l :5\r\nMODE #a +i\r\nMODE #a +bi\r\n"),
         "MODE name=#a text=+o-v a b\nMODE name=#a text=+b x!*@*\nMODE name=#a text=+k :a b\n"
         "MODE name=#a text=+k :\nMODE name=#a text=+k ::x\nMODE name=#a text=+l 5\n"
         "MODE name=#a text=+i\nMODE name=#a text=+bi\n",
         ME "MODE #a +o-v a b\n" ME "MODE #a +b x!*@*\n" ME "MODE #a +k * b\n" ME
            "MODE #a +k *\n" ME "MODE #a +k *\n" ME "MODE #a +l 5\n" ME "MODE #a +i\n" ME
            "MODE #a +bi\n"),
    RULE("MODE of oneself", "", SAY("MODE me +iw\r\nMODE Me b\r\n"),
         "MODE name=me text=+iw\nMODE name=Me text=b\n", ME "MODE me +iw\n" ME "MODE me b\n"),
    RULE("MODE of others and of nothing", "",
         SAY("MODE bob +i\r\nMODE bob\r\nMODE :a b\r\nMODE " LONG_66 " +i\r\nMODE\r\n"), "",
         S "502 me :Cannot change mode for other users\n" S
           "502 me :Cannot change mode for other users\n" S "401 me * :No such nick/channel\n" S
           "403 me " LONG_66 " :No such channel\n" S "461 me MODE :Not enough parameters\n"),
};

static void scenarios_come_to_what_they_should(void **state)
{
    (void)state;
    scenarios_play(scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}

static void texts_are_cut_between_characters(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_peer_send(&peer, TEXT("TOPIC #a :"));
    for (int i = 0; i < 131; i++) {
        irc_peer_send(&peer, TEXT("안"));
    }
    irc_peer_send(&peer, TEXT("\r\n"));
    /* 393 bytes; 390 are taken. */
    assert_int_equal(peer.commands.count, strlen("TOPIC name=#a text=\n") + 390);
    irc_peer_finish(&peer);
}

static void rename_by_others_is_told_as_the_client_knows_it(void **state)
{
    (void)state;
    const struct effect_channel small = {.id = 5, .member_count = 2};
    const struct effect_channel large = {.id = 5, .member_count = 100000};
    const struct effect effect = {
        .kind = EFFECT_RENAMED,
        .origin = {.connection = 990},
        .who = irc_peer_other("bob"),
        .name = TEXT("#new"),
        .extra = TEXT("#old"),
        .text = TEXT("why"),
        .channels = &small,
        .channel_count = 1,
        .done = true,
    };
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_peer_tell(&peer, &effect);
    irc_peer_turn(&peer);
    assert_string_equal(irc_peer_string(&peer.replies),
                        ME "PART #old :why\n" ME "JOIN #new\n" INFO("TOPIC_OF") INFO("NAMES"));
    irc_peer_finish(&peer);

    struct effect crowded = effect;
    crowded.channels = &large;
    irc_peer_enter(&peer, "");
    irc_peer_tell(&peer, &crowded);
    irc_peer_turn(&peer);
    assert_string_equal(irc_peer_string(&peer.commands), "TOPIC_OF name=#new\n");
    irc_peer_finish(&peer);

    /* A line waits until the client has been told. */
    irc_peer_enter(&peer, "");
    peer.holds = true;
    irc_peer_tell(&peer, &effect);
    irc_peer_send(&peer, TEXT("PRIVMSG #new :x\r\n"));
    assert_string_equal(irc_peer_string(&peer.commands), "TOPIC_OF name=#new\n");
    peer.holds = false;
    while (irc_peer_answer_one(&peer)) {
    }
    irc_peer_turn(&peer);
    assert_string_equal(irc_peer_string(&peer.commands),
                        "TOPIC_OF name=#new\nNAMES text=#new\nMESSAGE name=#new text=x\n");
    irc_peer_finish(&peer);
}

static void errand_that_found_no_room_is_run_later(void **state)
{
    (void)state;
    const struct effect_channel small = {.id = 5, .member_count = 2};
    const struct effect effect = {
        .kind = EFFECT_RENAMED,
        .origin = {.connection = 990},
        .who = irc_peer_other("bob"),
        .name = TEXT("#new"),
        .extra = TEXT("#old"),
        .channels = &small,
        .channel_count = 1,
    };
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    peer.no_at = 0;
    peer.no_times = 1;
    irc_peer_tell(&peer, &effect);
    assert_int_equal(peer.given, 0);
    irc_peer_send(&peer, TEXT(""));
    assert_string_equal(irc_peer_string(&peer.commands), "TOPIC_OF name=#new\nNAMES text=#new\n");
    irc_peer_finish(&peer);
}

static void own_lines_are_told_apart_where_they_must_be(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "echo-message");
    struct effect effect = {.kind = EFFECT_MESSAGE, .who = irc_peer_person(&peer)};
    effect.origin.connection = IRC_PEER_CONNECTION;
    assert_false(irc_wants_own(peer.irc, &effect));
    effect.rank = RANK_OPERATOR;
    assert_true(irc_wants_own(peer.irc, &effect));
    effect.kind = EFFECT_TOPIC;
    assert_false(irc_wants_own(peer.irc, &effect));
    effect.kind = EFFECT_NICK;
    assert_true(irc_wants_own(peer.irc, &effect));
    /* Somebody whom it killed. */
    effect.kind = EFFECT_CLOSED;
    effect.who = irc_peer_other("bob");
    assert_false(irc_wants_own(peer.irc, &effect));
    irc_peer_send(&peer, TEXT("CAP REQ :-echo-message\r\n"));
    effect.kind = EFFECT_MESSAGE;
    effect.rank = 0;
    effect.who = irc_peer_person(&peer);
    assert_true(irc_wants_own(peer.irc, &effect));
    irc_peer_finish(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenarios_come_to_what_they_should),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(rename_by_others_is_told_as_the_client_knows_it),
        cmocka_unit_test(errand_that_found_no_room_is_run_later),
        cmocka_unit_test(own_lines_are_told_apart_where_they_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
