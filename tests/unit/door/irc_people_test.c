/* People: WHO, WHOIS, AWAY and the like; MONITOR; METADATA. */
#include "irc_scenario.h"

#define S ":irc.example "
#define ME ":me!u@cloak.example "
#define LONG_66 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define INFO(word) S "371 me :" word "\n"
#define NEED(command) S "461 me " command " :Not enough parameters\n"

static const struct reply two_values[] = {
    {RPL_KEYVALUE, 4, {SAY("#a"), SAY("avatar"), SAY("*"), SAY("x y")}},
    {RPL_KEYVALUE, 4, {SAY("bob"), SAY("color"), SAY("*"), SAY("red")}},
    {RPL_METADATAEND, 0, {{NULL, 0}}},
};
static const struct reply no_target[] = {
    {REPLY_FAIL, 4, {SAY("METADATA"), SAY("INVALID_TARGET"), SAY("zoe"), SAY("Nobody")}},
};
static const struct reply two_keys[] = {
    {REPLY_FAIL, 4, {SAY("METADATA"), SAY("INVALID_KEY"), SAY("$x"), SAY("No")}},
    {RPL_KEYNOTSET, 2, {SAY("me"), SAY("avatar")}},
};
static const struct reply whois_value[] = {
    {RPL_WHOISUSER, 5, {SAY("bob"), SAY("u"), SAY("h"), SAY("*"), SAY("B")}},
    {RPL_WHOISKEYVALUE, 4, {SAY("bob"), SAY("avatar"), SAY("*"), SAY("x")}},
};

static const struct scenario scenarios[] = {
    RULE("WHO", "",
         SAY("WHO #a\r\nWHO\r\nWHO b* o\r\nWHO b* %tna,42\r\nWHO b* o%n\r\nWHO " LONG_66 "\r\n"),
         "WHO name=#a\nWHO\nWHO name=b* flag=operators\nWHO name=b* extra=%tna,42\n"
         "WHO name=b* extra=%n flag=operators\n",
         INFO("WHO") INFO("WHO") INFO("WHO") INFO("WHO") INFO("WHO") S "315 me " LONG_66
                                                                       " :End of /WHO list\n"),
    RULE("WHOIS, with a server, of nobody", "",
         SAY("WHOIS bob\r\nWHOIS irc.example bob\r\nWHOIS " LONG_66 "\r\nWHOIS\r\n"),
         "WHOIS name=bob\nWHOIS name=bob\n",
         INFO("WHOIS") INFO("WHOIS") S "401 me " LONG_66 " :No such nick/channel\n" S
                                       "318 me " LONG_66 " :End of /WHOIS list\n" S
                                       "431 me :No nickname given\n"),
    RULE_WITH("WHOIS tells of metadata only who knows it", "", SAY("WHOIS bob\r\n"),
              "WHOIS name=bob\n", S "311 me bob u h * :B\n", .answered_kind = COMMAND_WHOIS,
              .answers = whois_value, .answer_count = 2),
    RULE_WITH("WHOIS tells of metadata", "draft/metadata-3", SAY("WHOIS bob\r\n"),
              "WHOIS name=bob\n", S "311 me bob u h * :B\n" S "760 me bob avatar * :x\n",
              .answered_kind = COMMAND_WHOIS, .answers = whois_value, .answer_count = 2),
    RULE("WHOWAS with counts", "",
         SAY("WHOWAS bob\r\nWHOWAS bob 2\r\nWHOWAS bob -1\r\nWHOWAS bob 0\r\nWHOWAS bob "
             "99999999999999999999\r\nWHOWAS\r\nWHOWAS :\r\n"),
         "WHOWAS name=bob\nWHOWAS name=bob number=2\nWHOWAS name=bob\nWHOWAS name=bob\n"
         "WHOWAS name=bob number=1024\n",
         INFO("WHOWAS") INFO("WHOWAS") INFO("WHOWAS") INFO("WHOWAS") INFO("WHOWAS") S
         "431 me :No nickname given\n" S "406 me * :There was no such nickname\n" S
         "369 me * :End of /WHOWAS\n"),
    RULE("USERHOST of five at most, ISON", "",
         SAY("USERHOST a b c d e f\r\nISON a b :c d\r\nUSERHOST\r\nISON\r\n"),
         "USERHOST text=a b c d e\nISON text=a b c d\n",
         INFO("USERHOST") INFO("ISON") NEED("USERHOST") NEED("ISON")),
    RULE("AWAY, and back", "", SAY("AWAY :lunch\r\nAWAY\r\nAWAY :\r\n"),
         "AWAY text=lunch\nAWAY\nAWAY\n", ""),
    RULE("SETNAME", "setname", SAY("SETNAME :New Name\r\nSETNAME :\r\nSETNAME\r\n"),
         "SETNAME text=New Name\n",
         ME "SETNAME :New Name\n" S
            "FAIL SETNAME INVALID_REALNAME :A real name is not empty\n" NEED("SETNAME")),
    RULE("SETNAME without the capability is done in silence", "", SAY("SETNAME x\r\n"),
         "SETNAME text=x\n", ""),
    RULE(
        "SETNAME of 151 bytes", "",
        SAY("SETNAME 1234567890123456789012345678901234567890123456789012345678901234567890123456"
            "78901234567890123456789012345678901234567890123456789012345678901234567890123456\r\n"),
        "", S "FAIL SETNAME INVALID_REALNAME :That real name is too long\n"),
    RULE("ACCEPT", "", SAY("ACCEPT bob,-jim,,*\r\nACCEPT " LONG_66 "\r\nACCEPT\r\n"),
         "ACCEPT extra=bob\nACCEPT extra=-jim\nACCEPTS\n",
         INFO("ACCEPTS") S "401 me " LONG_66 " :No such nick/channel\n" NEED("ACCEPT")),
    RULE("NICK, and what the client is then", "", SAY("NICK you\r\nPING x\r\nFOO\r\n"),
         "NICK name=you\nPING text=x\n",
         ME "NICK you\n" S "PONG irc.example :x\n" S "421 you FOO :Unknown command\n"),
    RULE("NICK longer than any", "", SAY("NICK " LONG_66 "\r\n"), "",
         S "432 me " LONG_66 " :Erroneous nickname: it is too long\n"),
    RULE_WITH("I04: NICK that is in use", "", SAY("NICK you\r\nPING x\r\n"),
              "NICK name=you\nPING text=x\n",
              S "433 me you :Nickname is already in use\n" S "PONG irc.example :x\n",
              .refused_kind = COMMAND_NICK, .refusal = REFUSAL_NAME_IN_USE),

    /* MONITOR. */
    RULE("MONITOR adds, lists, tells, takes away", "",
         SAY("MONITOR + bob,jim,*!*@*,,bob\r\nMONITOR L\r\nMONITOR - bob\r\nMONITOR l\r\nMONITOR "
             "S\r\nMONITOR C\r\nMONITOR L\r\nMONITOR S\r\nMONITOR - :\r\n"),
         "ONLINE text=bob,jim,*!*@*,,bob\nONLINE text=jim\n",
         INFO("ONLINE") S "732 me :bob,jim\n" S "733 me :End of MONITOR list\n" S "732 me :jim\n" S
                          "733 me :End of MONITOR list\n" INFO("ONLINE") S
         "733 me :End of MONITOR list\n" NEED("MONITOR")),
    RULE_WITH("I45: more than may be watched", "", SAY("MONITOR + a,b,c,d\r\nMONITOR + e\r\n"),
              "ONLINE text=a,b\n",
              S "734 me 100 c,d :Monitor list is full\n" INFO("ONLINE") S
              "734 me 100 e :Monitor list is full\n",
              .watch_max = 2),
    RULE_WITH("MONITOR in steps", "", SAY("MONITOR + a,b\r\nMONITOR S\r\nPING x\r\n"),
              "ONLINE text=a,b\nONLINE text=a,b cursor=1\nONLINE text=a,b\nONLINE text=a,b "
              "cursor=1\nPING text=x\n",
              INFO("ONLINE") INFO("ONLINE") INFO("ONLINE") INFO("ONLINE") S "PONG irc.example :x\n",
              .steps = 2),
    RULE("MONITOR of what there is not", "",
         SAY("MONITOR x\r\nMONITOR +\r\nMONITOR\r\nMONITOR + :\r\n"), "",
         NEED("MONITOR") NEED("MONITOR") NEED("MONITOR") NEED("MONITOR")),

    /* METADATA. */
    RULE("METADATA sets and takes away", "draft/metadata-3 batch",
         SAY("METADATA * SET avatar :x y\r\nMETADATA #a set avatar\r\nMETADATA * SET a :\r\n"),
         "METADATA name=* text=x y extra=avatar\nMETADATA name=#a extra=avatar flag=unset\n"
         "METADATA name=* extra=a\n",
         ""),
    RULE_WITH("METADATA LIST is a batch", "draft/metadata-3 batch", SAY("METADATA #a LIST\r\n"),
              "METADATA_LIST name=#a\n",
              S "BATCH +b1 metadata #a\n@batch=b1 " S "761 me #a avatar * :x y\n@batch=b1 " S
                "761 me bob color * :red\n" S "BATCH -b1\n",
              .answered_kind = COMMAND_METADATA_LIST, .answers = two_values, .answer_count = 3),
    RULE_WITH("METADATA LIST in steps is one batch", "draft/metadata-3 batch",
              SAY("METADATA * LIST\r\n"), "METADATA_LIST name=*\nMETADATA_LIST name=* cursor=1\n",
              S "BATCH +b1 metadata me\n@batch=b1 " S "766 me me avatar :Key not set\n@batch=b1 " S
                "766 me me avatar :Key not set\n" S "BATCH -b1\n",
              .answered_kind = COMMAND_METADATA_LIST, .answers = &two_keys[1], .answer_count = 1,
              .steps = 2),
    RULE_WITH("METADATA LIST of nothing is an empty batch", "draft/metadata-3 batch",
              SAY("METADATA * LIST\r\n"), "METADATA_LIST name=*\n",
              S "BATCH +b1 metadata me\n" S "BATCH -b1\n", .answered_kind = COMMAND_METADATA_LIST,
              .answers = two_values, .answer_count = 0),
    RULE_WITH("METADATA LIST of nobody is no batch", "draft/metadata-3 batch",
              SAY("METADATA zoe LIST\r\n"), "METADATA_LIST name=zoe\n",
              S "FAIL METADATA INVALID_TARGET zoe :Nobody\n",
              .answered_kind = COMMAND_METADATA_LIST, .answers = no_target, .answer_count = 1),
    RULE_WITH("METADATA GET has failures inside", "draft/metadata-3 batch",
              SAY("METADATA * GET $x avatar\r\n"), "METADATA_GET name=* text=$x avatar\n",
              S "BATCH +b1 metadata me\n@batch=b1 " S
                "FAIL METADATA INVALID_KEY $x :No\n@batch=b1 " S "766 me me avatar :Key not set\n" S
                "BATCH -b1\n",
              .answered_kind = COMMAND_METADATA_GET, .answers = two_keys, .answer_count = 2),
    RULE_WITH("METADATA CLEAR in steps is one batch", "draft/metadata-3 batch",
              SAY("METADATA * CLEAR\r\n"),
              "METADATA name=* flag=clear\nMETADATA name=* cursor=1 flag=clear\n",
              S "BATCH +b1 metadata me\n@batch=b1 " S "766 me me avatar :Key not set\n@batch=b1 " S
                "766 me me avatar :Key not set\n" S "BATCH -b1\n",
              .answered_kind = COMMAND_METADATA, .answers = &two_keys[1], .answer_count = 1,
              .steps = 2),
    RULE_WITH("METADATA without batch", "draft/metadata-3", SAY("METADATA * LIST\r\n"),
              "METADATA_LIST name=*\n", S "761 me #a avatar * :x y\n" S "761 me bob color * :red\n",
              .answered_kind = COMMAND_METADATA_LIST, .answers = two_values, .answer_count = 3),
    RULE("METADATA SUB, UNSUB, SUBS", "draft/metadata-3 batch",
         SAY("METADATA * SUB avatar $x color avatar\r\nMETADATA * SUBS\r\nMETADATA * UNSUB avatar "
             "nothing\r\nMETADATA * SUBS\r\n"),
         "",
         S "FAIL METADATA INVALID_KEY $x :That is no key\n" S "770 me avatar color avatar\n" S
           "BATCH +b1 metadata-subs\n@batch=b1 " S "772 me avatar color\n" S "BATCH -b1\n" S
           "771 me avatar nothing\n" S "BATCH +b2 metadata-subs\n@batch=b2 " S "772 me color\n" S
           "BATCH -b2\n"),
    RULE_WITH("METADATA SYNC tells what was subscribed to", "draft/metadata-3 batch",
              SAY("METADATA * SUB color\r\nMETADATA #a SYNC\r\n"), "METADATA_SYNC name=#a\n",
              S "770 me color\n" S "BATCH +b1 metadata #a\n@batch=b1 " S
                "761 me bob color * :red\n" S "BATCH -b1\n",
              .answered_kind = COMMAND_METADATA_SYNC, .answers = two_values, .answer_count = 3),
    RULE_WITH("a JOIN tells what was subscribed to", "draft/metadata-3 batch",
              SAY("METADATA * SUB color\r\nJOIN #a\r\nPING x\r\n"),
              "JOIN name=#a flag=names\nMETADATA_SYNC name=#a\nPING text=x\n",
              S "770 me color\n" ME "JOIN #a\n" S "BATCH +b1 metadata #a\n@batch=b1 " S
                "761 me bob color * :red\n" S "BATCH -b1\n" S "PONG irc.example :x\n",
              .answered_kind = COMMAND_METADATA_SYNC, .answers = two_values, .answer_count = 3),
    RULE_WITH("a JOIN tells nothing where there is nothing", "draft/metadata-3 batch",
              SAY("METADATA * SUB mood\r\nJOIN #a\r\n"),
              "JOIN name=#a flag=names\nMETADATA_SYNC name=#a\n", S "770 me mood\n" ME "JOIN #a\n",
              .answered_kind = COMMAND_METADATA_SYNC, .answers = two_values, .answer_count = 3),
    RULE("METADATA of what there is not", "draft/metadata-3",
         SAY("METADATA * FOO\r\nMETADATA *\r\nMETADATA * GET\r\nMETADATA * SUB\r\nMETADATA " LONG_66
             " LIST\r\n"),
         "",
         S "FAIL METADATA SUBCOMMAND_INVALID FOO :There is no such subcommand\n" NEED("METADATA")
             NEED("METADATA") NEED("METADATA") S "FAIL METADATA INVALID_TARGET " LONG_66
                                                 " :Nobody is called that\n"),
};

static void scenarios_come_to_what_they_should(void **state)
{
    (void)state;
    scenarios_play(scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}

static void metadata_before_there_is_a_name(void **state)
{
    (void)state;
    static const struct scenario scenario = RULE(
        "", NULL,
        SAY("CAP REQ :draft/metadata-3 batch\r\nMETADATA * SUB color\r\nMETADATA * SET avatar :a "
            "b\r\nMETADATA * SET color red\r\nMETADATA * SET color\r\nMETADATA * SET color\r\n"
            "METADATA * SET $ x\r\nMETADATA bob SET a b\r\nMETADATA * GET avatar color $\r\n"
            "METADATA * LIST\r\nMETADATA * SUBS\r\nNICK me\r\nUSER u 0 * Me\r\nCAP END\r\nPING "
            "x\r\n"),
        "OPEN name=me user=u realname=Me flag=secure\nMETADATA name=* text=a b extra=avatar\nPING "
        "text=x\n",
        "");
    struct irc_peer peer;
    scenario_begin(&scenario, &peer);
    irc_peer_send(&peer, scenario.input);
    const char *replies = irc_peer_string(&peer.replies);
    static const char *const early =
        S "CAP * ACK :draft/metadata-3 batch\n" S "770 * color\n" S "761 * * avatar * :a b\n" S
          "761 * * color * :red\n" S "766 * * color :Key not set\n" S
          "FAIL METADATA KEY_NOT_SET * color :The key is not set\n" S
          "FAIL METADATA INVALID_KEY $ :That is no key\n" S
          "FAIL METADATA INVALID_TARGET bob :Before you have a name there is only yourself, *\n" S
          "BATCH +b1 metadata *\n@batch=b1 " S "761 * * avatar * :a b\n@batch=b1 " S
          "766 * * color :Key not set\n@batch=b1 " S
          "FAIL METADATA INVALID_KEY $ :That is no key\n" S "BATCH -b1\n" S
          "BATCH +b2 metadata *\n@batch=b2 " S "761 * * avatar * :a b\n" S "BATCH -b2\n" S
          "BATCH +b3 metadata-subs\n@batch=b3 " S "772 * color\n" S "BATCH -b3\n" S "001 me ";
    assert_memory_equal(replies, early, strlen(early));
    assert_non_null(strstr(replies,
                           S "251 me :There are 1 users\n" S "BATCH +b4 metadata me\n@batch=b4 " S
                             "761 me me avatar * :a b\n" S "BATCH -b4\n" S
                             "422 me :There is no message of the day\n" S "PONG irc.example :x\n"));
    struct scenario whole = scenario;
    whole.replies = replies;
    scenarios_play(&whole, 1);
    assert_true(irc_subscribes(peer.irc, TEXT("color")));
    assert_false(irc_subscribes(peer.irc, TEXT("avatar")));
    irc_peer_finish(&peer);
}

static void metadata_before_there_is_a_name_is_bounded(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_init(&peer);
    irc_peer_send(&peer, TEXT("CAP REQ :draft/metadata-3\r\n"));
    int taken = 0;
    for (int i = 0; i < 60; i++) {
        char line[400];
        snprintf(line, sizeof(line), "METADATA * SET key%d :%0300d\r\n", i, i);
        peer.replies.count = 0;
        irc_peer_send(&peer, text_of(line));
        taken += strstr(irc_peer_string(&peer.replies), " 761 ") != NULL;
    }
    assert_in_range(taken, 5, 20);
    assert_non_null(strstr(irc_peer_string(&peer.replies), "FAIL METADATA LIMIT_REACHED * :"));
    char line[400];
    snprintf(line, sizeof(line), "METADATA * SET k :%0301d\r\n", 1);
    irc_peer_send(&peer, text_of(line));
    assert_non_null(strstr(irc_peer_string(&peer.replies), "FAIL METADATA INVALID_VALUE k :"));
    irc_peer_finish(&peer);
}

static void subscriptions_are_bounded(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "draft/metadata-3");
    for (int i = 0; i < METADATA_SUBS_MAX; i++) {
        char line[60];
        snprintf(line, sizeof(line), "METADATA * SUB key%d\r\n", i);
        irc_peer_send(&peer, text_of(line));
    }
    peer.replies.count = 0;
    irc_peer_send(&peer, TEXT("METADATA * SUB key1 one-more key2\r\n"));
    assert_string_equal(irc_peer_string(&peer.replies),
                        S "FAIL METADATA TOO_MANY_SUBS one-more :You have subscribed to too many "
                          "keys\n" S "770 me key1\n");
    irc_peer_finish(&peer);
}

static void watchers_and_subscribers_are_told(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "draft/metadata-3");
    struct door_sink sink = irc_peer_sink(&peer);
    struct effect effect = {.kind = EFFECT_OPENED, .who = irc_peer_other("bob")};
    irc_tell_online(peer.irc, &effect, true, &sink);
    effect.kind = EFFECT_NICK;
    effect.text = TEXT("rob");
    irc_tell_online(peer.irc, &effect, false, &sink);
    irc_tell_online(peer.irc, &effect, true, &sink);
    effect = (struct effect){.kind = EFFECT_METADATA,
                             .who = irc_peer_other("bob"),
                             .target = irc_peer_other("bob"),
                             .extra = TEXT("color"),
                             .text = TEXT("light red")};
    irc_tell_metadata(peer.irc, &effect, &sink);
    effect.flags = METADATA_UNSET;
    effect.target = (struct person){0};
    effect.name = TEXT("#a");
    irc_tell_metadata(peer.irc, &effect, &sink);
    assert_string_equal(irc_peer_string(&peer.replies),
                        S "730 me :bob!o@cloak.other\n" S "731 me :bob\n" S
                          "730 me :rob!o@cloak.other\n" S "761 me bob color * :light red\n" S
                          "766 me #a color :Key not set\n");
    irc_peer_finish(&peer);
}

static void long_list_of_watched_is_told_in_lines(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    for (int i = 0; i < MONITOR_COUNT_MAX; i++) {
        char line[60];
        snprintf(line, sizeof(line), "MONITOR + somebody-with-a-long-name-%06d\r\n", i);
        irc_peer_send(&peer, text_of(line));
    }
    peer.replies.count = 0;
    irc_peer_send(&peer, TEXT("MONITOR L\r\nMONITOR S\r\n"));
    const char *replies = irc_peer_string(&peer.replies);
    size_t nicks = 0;
    for (const char *at = replies; (at = strstr(at, "somebody-")) != NULL; at++) {
        nicks++;
    }
    assert_int_equal(nicks, MONITOR_COUNT_MAX);
    irc_peer_finish(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenarios_come_to_what_they_should),
        cmocka_unit_test(metadata_before_there_is_a_name),
        cmocka_unit_test(metadata_before_there_is_a_name_is_bounded),
        cmocka_unit_test(subscriptions_are_bounded),
        cmocka_unit_test(watchers_and_subscribers_are_told),
        cmocka_unit_test(long_list_of_watched_is_told_in_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
