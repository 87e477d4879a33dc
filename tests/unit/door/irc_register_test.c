/* Coming in: PASS, NICK, USER, CAP, WEBIRC, the welcome; and going. */
#include "irc_scenario.h"

#define S ":irc.example "
#define OPEN_ME "OPEN name=me user=u realname=Me flag=secure\n"
#define ISUPPORT                                                                                   \
    S "005 me ACCEPT=32 ACCOUNTEXTBAN=a AWAYLEN=390 BOT=B CALLERID=g CHANLIMIT=#:100 "             \
      "CHANMODES=Ibe,k,fl,CMPRcimnstu CHANNELLEN=64 CHANTYPES=# ELIST=CMNTU EXCEPTS=e "            \
      "EXTBAN=~,am HOSTLEN=63 :are supported by this server\n" S                                   \
      "005 me INVEX=I KEYLEN=32 KICKLEN=390 MAXLIST=beI:100 MAXTARGETS=4 MODES=16 MONITOR=100 "    \
      "NAMELEN=150 NICKLEN=32 PREFIX=(qaohv)~&@%+ SAFELIST STATUSMSG=~&@%+ "                       \
      "TARGMAX=ACCEPT:,ISON:,JOIN:,KICK:,KILL:1,LIST:,MONITOR:,NAMES:,NOTICE:4,PART:,PRIVMSG:4,"   \
      "TAGMSG:4,USERHOST:5,WHO:1,WHOIS:1,WHOWAS:1 :are supported by this server\n" S               \
      "005 me TOPICLEN=390 USERLEN=20 UTF8ONLY WHOX CASEMAPPING=ascii NETWORK=Test "               \
      "MADANG-LOBBY=#madang :are supported by this server\n"
#define WELCOME_HEAD                                                                               \
    S "001 me :Welcome to the Test Network, me!u@cloak.example\n" S                                \
      "002 me :Your host is irc.example, running madang-0\n" S                                     \
      "003 me :This server was started today\n" S                                                  \
      "004 me irc.example madang-0 BRgiow CIMPRabcefhiklmnoqstuv Iabefhkloqv\n"
#define LUSERS S "251 me :There are 1 users\n"
#define NO_MOTD S "422 me :There is no message of the day\n"
#define WELCOME WELCOME_HEAD ISUPPORT LUSERS NO_MOTD

static const struct irc_server guarded_server = {
    .name = IRC_PEER_TEXT("irc.example"),
    .network = IRC_PEER_TEXT("Test"),
    .version = IRC_PEER_TEXT("madang-0"),
    .created = IRC_PEER_TEXT("today"),
    .lobby = IRC_PEER_TEXT("#madang"),
    .casemapping = IRC_PEER_TEXT("ascii"),
    .password = IRC_PEER_TEXT("secret"),
};

#define NAME_8 "abcdefgh"
#define NAME_32 NAME_8 NAME_8 NAME_8 NAME_8

static const struct scenario scenarios[] = {
    RULE("a name and who one is are enough", NULL, SAY("NICK me\r\nUSER u 0 * :Me\r\n"), OPEN_ME,
         WELCOME),
    RULE("in whatever order", NULL, SAY("USER u 0 * Me\r\nNICK me\r\n"), OPEN_ME, WELCOME),
    RULE("what is said at once is done afterwards", NULL,
         SAY("NICK me\r\nUSER u 0 * :Me\r\nPING x\r\nVERSION\r\n"), OPEN_ME "PING text=x\n",
         WELCOME S "PONG irc.example :x\n" S "351 me madang-0 irc.example :test server\n" ISUPPORT),
    RULE("I01: nothing else before", NULL, SAY("PRIVMSG #a :x\r\nJOIN #a\r\nWHO\r\n"), "",
         S "451 * :You have not registered\n" S "451 * :You have not registered\n" S
           "451 * :You have not registered\n"),
    RULE("I02: NICK without a name, USER without the rest", NULL, SAY("NICK\r\nUSER a\r\n"), "",
         S "431 * :No nickname given\n" S "461 * USER :Not enough parameters\n"),
    RULE("an empty real name is none", NULL, SAY("NICK me\r\nUSER u 0 * :\r\n"), "",
         S "461 * USER :Not enough parameters\n"),
    RULE("I03: what can be no name", NULL,
         SAY("NICK 1abc\r\nNICK :a b\r\nNICK #x\r\nNICK *\r\nNICK :\r\nNICK " NAME_32 "i\r\n"), "",
         S "432 * 1abc :Erroneous nickname: it may not begin like that\n" S
           "432 * * :Erroneous nickname: it holds a space\n" S
           "432 * #x :Erroneous nickname: it holds a character that no name may hold\n" S
           "432 * * :Erroneous nickname: it holds a character that no name may hold\n" S
           "432 * * :Erroneous nickname: it is empty\n" S "432 * " NAME_32
           "i :Erroneous nickname: it is too long\n"),
    RULE_WITH("a name of 32 bytes and a Korean one", NULL,
              SAY("NICK " NAME_32 "\r\nNICK 마당쇠\r\nUSER u 0 * Me\r\n"),
              "OPEN name=마당쇠 user=u realname=Me flag=secure\n",
              S "001 마당쇠 :Welcome to the Test Network, 마당쇠!u@cloak.example\n",
              .server = NULL),
    RULE_WITH("I04: a name in use, and another try", NULL, SAY("NICK me\r\nUSER u 0 * Me\r\n"),
              OPEN_ME, S "433 * me :Nickname is already in use\n", .refused_kind = COMMAND_OPEN,
              .refusal = REFUSAL_NAME_IN_USE),
    RULE_WITH("who is banned is told and closed", NULL,
              SAY("NICK me\r\nUSER u 0 * Me\r\nNICK you\r\n"), OPEN_ME,
              S "465 * :You are banned from this server\nERROR :banned: You are not welcome here\n",
              .refused_kind = COMMAND_OPEN, .refusal = REFUSAL_BANNED),
    RULE_WITH("where there is no room", NULL, SAY("NICK me\r\nUSER u 0 * Me\r\n"), OPEN_ME,
              S "400 * NICK :The server is full\nERROR :full: There is no room for you at "
                "the moment\n",
              .refused_kind = COMMAND_OPEN, .refusal = REFUSAL_TOO_MANY),
    RULE("I05: USER twice", NULL, SAY("USER u 0 * Me\r\nUSER v 0 * You\r\nNICK me\r\n"), OPEN_ME,
         S "462 * :You may not register again\n" WELCOME),
    RULE("I05: USER, PASS and CAP END afterwards", "",
         SAY("USER u 0 * Me\r\nPASS x\r\nCAP END\r\nWEBIRC a b c d\r\n"), "",
         S "462 me :You may not register again\n" S "462 me :You may not register again\n" S
           "462 me :You may not register again\n"),
    RULE("a user name is made fit for masks", NULL, SAY("NICK me\r\nUSER a!b@c:d-e_f.g 0 * Me\r\n"),
         "OPEN name=me user=abcd-e_f.g realname=Me flag=secure\n", WELCOME),
    RULE("a user name of which nothing is left", NULL, SAY("NICK me\r\nUSER 😊😊 0 * Me\r\n"),
         "OPEN name=me user=user realname=Me flag=secure\n", WELCOME),
    RULE("PING before", NULL, SAY("PING x\r\nPONG\r\nPING :\r\nPING\r\n"), "",
         S "PONG irc.example :x\n" S "409 * :No origin specified\n" S
           "409 * :No origin specified\n"),
    RULE("QUIT before", NULL, SAY("QUIT :chkport\r\nNICK me\r\n"), "",
         "ERROR :Closing link: Quit: chkport\n"),

    /* The server's password. */
    RULE_WITH("the right password", NULL, SAY("PASS secret\r\nNICK me\r\nUSER u 0 * Me\r\n"),
              OPEN_ME, WELCOME, .server = &guarded_server),
    RULE_WITH("no password", NULL, SAY("NICK me\r\nUSER u 0 * Me\r\nPASS secret\r\n"), "",
              S "464 * :Password incorrect\nERROR :Closing link: password incorrect\n",
              .server = &guarded_server),
    RULE_WITH("a wrong password", NULL, SAY("PASS secretx\r\nNICK me\r\nUSER u 0 * Me\r\n"), "",
              S "464 * :Password incorrect\nERROR :Closing link: password incorrect\n",
              .server = &guarded_server),
    RULE_WITH("the last password counts", NULL,
              SAY("PASS x\r\nPASS secret\r\nNICK me\r\nUSER u 0 * Me\r\n"), OPEN_ME, WELCOME,
              .server = &guarded_server),

    /* CAP. */
    RULE("CAP LS and REQ hold the registration up", NULL,
         SAY("CAP LS\r\nNICK me\r\nUSER u 0 * Me\r\nCAP REQ :multi-prefix\r\nCAP LIST\r\nCAP "
             "END\r\n"),
         OPEN_ME,
         S
         "CAP * LS :account-notify account-tag away-notify batch cap-notify chghost "
         "draft/channel-rename draft/extended-isupport draft/message-redaction draft/metadata-3 "
         "draft/multiline "
         "draft/oper-tag draft/pre-away echo-message extended-join extended-monitor invite-notify "
         "labeled-response message-tags multi-prefix no-implicit-names server-time setname "
         "standard-replies userhost-in-names\n" S "CAP * ACK :multi-prefix\n" S
         "CAP * LIST :multi-prefix\n" WELCOME),
    RULE("CAP LS 302 has values, and cap-notify with it", NULL, SAY("CAP LS 302\r\nCAP LIST\r\n"),
         "",
         S
         "CAP * LS :account-notify account-tag away-notify batch cap-notify chghost "
         "draft/channel-rename draft/extended-isupport draft/message-redaction "
         "draft/metadata-3=before-connect,max-subs=50,max-keys=50,max-value-bytes=300 "
         "draft/multiline=max-bytes=4096,max-lines=100 draft/oper-tag draft/pre-away echo-message "
         "extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix "
         "no-implicit-names server-time setname standard-replies userhost-in-names\n" S
         "CAP * LIST :cap-notify\n"),
    RULE("I25: a version beyond all numbers is a high one", NULL,
         SAY("CAP LS 99999999999999999999\r\nCAP LIST\r\nCAP REQ -cap-notify\r\nCAP LIST\r\n"), "",
         S
         "CAP * LS :account-notify account-tag away-notify batch cap-notify chghost "
         "draft/channel-rename draft/extended-isupport draft/message-redaction "
         "draft/metadata-3=before-connect,max-subs=50,max-keys=50,max-value-bytes=300 "
         "draft/multiline=max-bytes=4096,max-lines=100 draft/oper-tag draft/pre-away echo-message "
         "extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix "
         "no-implicit-names server-time setname standard-replies userhost-in-names\n" S
         "CAP * LIST :cap-notify\n" S "CAP * ACK :-cap-notify\n" S "CAP * LIST :cap-notify\n"),
    RULE(
        "I25: all or nothing", NULL,
        SAY("CAP REQ :foo multi-prefix bar\r\nCAP LIST\r\nCAP REQ :multi-prefix foo\r\nCAP LIST\r\n"
            "CAP REQ :multi-prefix -server-time\r\nCAP LIST\r\nCAP REQ :-multi-prefix\r\nCAP "
            "LIST\r\n"),
        "",
        S "CAP * NAK :foo multi-prefix bar\n" S "CAP * LIST :\n" S "CAP * NAK :multi-prefix foo\n" S
          "CAP * LIST :\n" S "CAP * ACK :multi-prefix -server-time\n" S
          "CAP * LIST :multi-prefix\n" S "CAP * ACK :-multi-prefix\n" S "CAP * LIST :\n"),
    RULE("I25: subcommands that there are not", NULL, SAY("CAP FOO\r\nCAP ACK :x\r\nCAP\r\n"), "",
         S "410 * FOO :Invalid CAP command\n" S "410 * ACK :Invalid CAP command\n" S
           "461 * CAP :Not enough parameters\n"),
    RULE("CAP in lower case, REQ of nothing", NULL, SAY("cap req :\r\ncap list\r\n"), "",
         S "CAP * ACK :\n" S "CAP * LIST :\n"),
    RULE("CAP afterwards", "", SAY("CAP REQ :userhost-in-names\r\nCAP LIST\r\nCAP LS 301\r\n"), "",
         S
         "CAP me ACK :userhost-in-names\n" S "CAP me LIST :userhost-in-names\n" S
         "CAP me LS :account-notify account-tag away-notify batch cap-notify chghost "
         "draft/channel-rename draft/extended-isupport draft/message-redaction draft/metadata-3 "
         "draft/multiline "
         "draft/oper-tag draft/pre-away echo-message extended-join extended-monitor invite-notify "
         "labeled-response message-tags multi-prefix no-implicit-names server-time setname "
         "standard-replies userhost-in-names\n"),

    /* What may be said before, with capabilities. */
    RULE("AWAY before needs pre-away", NULL, SAY("AWAY :x\r\nISUPPORT\r\nMETADATA * LIST\r\n"), "",
         S "451 * :You have not registered\n" S "451 * :You have not registered\n" S
           "451 * :You have not registered\n"),
    RULE("pre-away", NULL,
         SAY("CAP REQ :draft/pre-away\r\nAWAY :lunch\r\nAWAY\r\nAWAY :*\r\nNICK me\r\nUSER u 0 * "
             "Me\r\n"
             "CAP END\r\n"),
         "OPEN name=me text=* user=u realname=Me flag=secure\n",
         S "CAP * ACK :draft/pre-away\n" S "306 * :You have been marked as being away\n" S
           "305 * :You are no longer marked as being away\n" S
           "306 * :You have been marked as being away\n" WELCOME),

    /* WEBIRC. */
    RULE_WITH(
        "I41: WEBIRC by who may", NULL,
        SAY("WEBIRC pw gateway host.example 198.51.100.3 :local-port=1 secure=x\r\nNICK me\r\n"
            "USER u 0 * Me\r\n"),
        "proxied password=pw address=198.51.100.3 secure\n" OPEN_ME,
        S "001 me :Welcome to the Test Network, me!u@cloak.example\n", .may_proxy = true),
    RULE("I41: WEBIRC by who may not", NULL,
         SAY("WEBIRC pw gateway host 198.51.100.3\r\nNICK me\r\n"),
         "proxied password=pw address=198.51.100.3\n",
         "ERROR :not-allowed: You may not speak for others\n"),
    RULE_WITH("WEBIRC only as the first line", NULL,
              SAY("NICK me\r\nWEBIRC pw gateway host 1.2.3.4\r\n"), "",
              S "462 * :You may not register again\n", .may_proxy = true),
    RULE("what is no command", NULL, SAY("STARTTLS\r\nPROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\nFOO\r\n"),
         "",
         S "421 * STARTTLS :Unknown command\n" S "421 * PROXY :Unknown command\n" S
           "421 * FOO :Unknown command\n"),
};

static void scenarios_come_to_what_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        struct scenario scenario = scenarios[i];
        /* Of some only the first line of the welcome matters. */
        struct irc_peer peer;
        scenario_begin(&scenario, &peer);
        irc_peer_send(&peer, scenario.input);
        const char *replies = irc_peer_string(&peer.replies);
        size_t count = strlen(scenario.replies);
        bool is_head =
            strstr(scenario.replies, " 001 ") != NULL && strstr(scenario.replies, " 422 ") == NULL;
        if (is_head && strncmp(replies, scenario.replies, count) == 0) {
            scenario.replies = replies;
        }
        scenarios_play(&scenario, 1);
        irc_peer_finish(&peer);
    }
}

static void name_that_is_in_use_can_be_changed(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_init(&peer);
    peer.refused_kind = COMMAND_OPEN;
    peer.refusal = REFUSAL_NAME_IN_USE;
    irc_peer_send(&peer, TEXT("NICK me\r\nUSER u 0 * Me\r\n"));
    peer.refused_kind = (enum command_kind)0;
    assert_true(irc_is_nameless(peer.irc));
    peer.replies.count = 0;
    irc_peer_send(&peer, TEXT("NICK me2\r\n"));
    assert_false(irc_is_nameless(peer.irc));
    assert_true(text_equal(irc_nick(peer.irc), TEXT("me2")));
    assert_string_equal(irc_peer_string(&peer.faults), "name-in-use ");
    irc_peer_finish(&peer);
}

static void lines_wait_while_the_name_is_asked_for(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_init(&peer);
    peer.holds = true;
    irc_peer_send(&peer, TEXT("NICK me\r\nUSER u 0 * Me\r\nVERSION\r\n"));
    assert_true(irc_is_waiting(peer.irc));
    assert_int_equal(peer.replies.count, 0);
    peer.holds = false;
    while (irc_peer_answer_one(&peer)) {
    }
    irc_peer_turn(&peer);
    assert_non_null(strstr(irc_peer_string(&peer.replies), " 422 me"));
    assert_non_null(strstr(irc_peer_string(&peer.replies), " 351 me"));
    irc_peer_finish(&peer);
}

static void message_of_the_day_is_told_line_by_line(void **state)
{
    (void)state;
    struct irc_server server = irc_peer_server;
    server.motd = TEXT("one\n\ntwo\n");
    server.network = TEXT("My Net=\\");
    server.icon = TEXT("https://example.org/a=b.png");
    struct irc_peer peer;
    irc_peer_init_with(&peer, &server);
    irc_peer_send(&peer, TEXT("NICK me\r\nUSER u 0 * Me\r\n"));
    const char *replies = irc_peer_string(&peer.replies);
    assert_non_null(strstr(replies,
                           S "375 me :- irc.example Message of the day -\n" S "372 me :one\n" S
                             "372 me :\n" S "372 me :two\n" S "376 me :End of /MOTD command\n"));
    assert_non_null(strstr(replies, " NETWORK=My\\x20Net\\x3D\\x5C "));
    assert_non_null(strstr(replies, " draft/ICON=https://example.org/a\\x3Db.png "));
    irc_peer_finish(&peer);
}

static void who_is_invisible_is_told_so(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_init(&peer);
    peer.person_flags = PERSON_INVISIBLE;
    irc_peer_send(&peer, TEXT("NICK me\r\nUSER u 0 * Me\r\n"));
    assert_non_null(strstr(irc_peer_string(&peer.replies), NO_MOTD S "221 me +i\n"));
    assert_int_equal(irc_flags(peer.irc), PERSON_INVISIBLE);
    irc_peer_finish(&peer);
}

static void isupport_is_a_batch_for_who_knows_it(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_init(&peer);
    irc_peer_send(&peer, TEXT("CAP REQ :batch draft/extended-isupport\r\nISUPPORT\r\n"));
    const char *replies = irc_peer_string(&peer.replies);
    assert_non_null(strstr(replies, S "BATCH +b1 draft/isupport\n@batch=b1 " S "005 * ACCEPT=32"));
    assert_non_null(strstr(replies, S "BATCH -b1\n"));
    irc_peer_finish(&peer);
}

static void dialect_follows_the_capabilities(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    assert_int_equal(irc_dialect(peer.irc), DIALECT_IRC);
    irc_peer_send(&peer, TEXT("CAP REQ :multi-prefix\r\n"));
    assert_int_equal(peer.dialect_count, 0);
    irc_peer_send(&peer, TEXT("CAP REQ :message-tags draft/multiline\r\n"));
    assert_int_equal(peer.dialect_count, 1);
    assert_int_equal(irc_dialect(peer.irc), DIALECT_IRC | IRC_DIALECT_TAGS);
    irc_peer_send(&peer, TEXT("CAP REQ :batch\r\n"));
    assert_int_equal(irc_dialect(peer.irc), DIALECT_IRC | IRC_DIALECT_TAGS | IRC_DIALECT_MULTILINE);
    irc_peer_send(&peer, TEXT("CAP REQ :-message-tags -batch\r\n"));
    assert_int_equal(irc_dialect(peer.irc), DIALECT_IRC);
    assert_int_equal(peer.dialect_count, 3);
    irc_peer_finish(&peer);
}

static void capabilities_are_told_in_several_lines(void **state)
{
    (void)state;
    struct irc_server server = irc_peer_server;
    server.name = TEXT("a.very.long.name.of.a.server.that.nobody.would.like.to.type.in");
    assert_int_equal(server.name.count, 62);
    struct irc_peer peer;
    irc_peer_init_with(&peer, &server);
    irc_peer_send(&peer, TEXT("NICK " NAME_32 "\r\nUSER u 0 * Me\r\nCAP LS 302\r\n"));
    const char *replies = irc_peer_string(&peer.replies);
    const char *second = strstr(replies, "CAP " NAME_32 " LS :");
    assert_non_null(strstr(replies, "CAP " NAME_32 " LS * :account-notify "));
    assert_non_null(second);
    assert_non_null(strstr(second, " userhost-in-names\n"));
    peer.replies.count = 0;
    irc_peer_send(&peer, TEXT("CAP LS\r\n"));
    replies = irc_peer_string(&peer.replies);
    assert_null(strstr(replies, " LS *"));
    assert_non_null(strstr(replies, " userhost-in-names\n"));
    irc_peer_finish(&peer);
}

static void request_that_no_ack_could_repeat_is_refused(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    char line[600] = "CAP REQ :";
    while (strlen(line) < 490) {
        strncat(line, "batch ", sizeof(line) - strlen(line) - 1);
    }
    strncat(line, "\r\n", sizeof(line) - strlen(line) - 1);
    irc_peer_send(&peer, text_of(line));
    assert_non_null(strstr(irc_peer_string(&peer.replies), "CAP me NAK :batch batch"));
    assert_int_equal(peer.irc->caps, 0);
    irc_peer_finish(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenarios_come_to_what_they_should),
        cmocka_unit_test(name_that_is_in_use_can_be_changed),
        cmocka_unit_test(lines_wait_while_the_name_is_asked_for),
        cmocka_unit_test(message_of_the_day_is_told_line_by_line),
        cmocka_unit_test(who_is_invisible_is_told_so),
        cmocka_unit_test(isupport_is_a_batch_for_who_knows_it),
        cmocka_unit_test(dialect_follows_the_capabilities),
        cmocka_unit_test(capabilities_are_told_in_several_lines),
        cmocka_unit_test(request_that_no_ack_could_repeat_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
