/* What the server tells of itself, and what its operators do. */
#include "irc_scenario.h"

#define S ":irc.example "
#define ME ":me!u@cloak.example "
#define INFO(word) S "371 me :" word "\n"
#define NEED(command) S "461 me " command " :Not enough parameters\n"
#define NOT_OPERATOR S "481 me :Permission denied: you're not an operator of this server\n"

static const struct reply youre_oper[] = {{RPL_YOUREOPER, 0, {{NULL, 0}}}};
static const struct irc_server managed_server = {
    .name = IRC_PEER_TEXT("irc.example"),
    .version = IRC_PEER_TEXT("madang-0"),
    .admin = {IRC_PEER_TEXT("Seoul"), IRC_PEER_TEXT(""), IRC_PEER_TEXT("a@b.example")},
};

static const struct scenario scenarios[] = {
    RULE("I39: PING", "", SAY("PING x\r\nPING x y\r\nPING :a b\r\nPING\r\nPING :\r\nping z\r\n"),
         "PING text=x\nPING text=x\nPING text=a b\nPING text=z\n",
         S "PONG irc.example :x\n" S "PONG irc.example :x\n" S "PONG irc.example :a b\n" S
           "409 me :No origin specified\n" S "409 me :No origin specified\n" S
           "PONG irc.example :z\n"),
    RULE("PONG", "", SAY("PONG\r\nPONG x\r\n"), "", ""),
    RULE("TIME, LUSERS", "", SAY("TIME\r\nLUSERS\r\n"), "TIME\nLUSERS\n",
         INFO("TIME") INFO("LUSERS")),
    RULE("INFO", "", SAY("INFO\r\n"), "",
         INFO("madang-0") INFO("A group chat server: one room or thousands, for IRC clients,")
             INFO("netcat and everybody else, all through one port.") INFO("test server") S
         "374 me :End of /INFO list\n"),
    RULE("ADMIN of nobody, LINKS, MOTD of nothing", "", SAY("ADMIN\r\nLINKS\r\nMOTD\r\n"), "",
         S "423 me irc.example :No administrative info available\n" S
           "365 me * :End of /LINKS list\n" S "422 me :There is no message of the day\n"),
    RULE("I06: unknown commands", "",
         SAY("FOO\r\n001 me :x\r\nSERVER a 1 :b\r\nSID x\r\nENCAP\r\nSVSNICK\r\nCAPAB\r\nERROR "
             ":x\r\nAUTHENTICATE PLAIN\r\n"),
         "",
         S "421 me FOO :Unknown command\n" S "421 me 001 :Unknown command\n" S
           "421 me SERVER :Unknown command\n" S "421 me SID :Unknown command\n" S
           "421 me ENCAP :Unknown command\n" S "421 me SVSNICK :Unknown command\n" S
           "421 me CAPAB :Unknown command\n" S "421 me ERROR :Unknown command\n" S
           "421 me AUTHENTICATE :Unknown command\n"),
    RULE("HELP", "", SAY("HELP LINKS\r\nHELPOP links\r\nHELP nothing\r\nHELP UMODES\r\n"), "",
         S "704 me LINKS :LINKS\n" S
           "705 me LINKS :Lists the servers that this one is linked to in a tree: none.\n" S
           "706 me LINKS :End of /HELP\n" S "704 me LINKS :LINKS\n" S
           "705 me LINKS :Lists the servers that this one is linked to in a tree: none.\n" S
           "706 me LINKS :End of /HELP\n" S "524 me nothing :No help available on this topic\n" S
           "704 me UMODES :Your own modes: MODE nick +modes\n" S
           "705 me UMODES :i  only those who share a channel see you\n" S
           "705 me UMODES :w  you hear WALLOPS\n" S "705 me UMODES :B  you are a bot\n" S
           "705 me UMODES :R  only those with an account may write to you\n" S
           "705 me UMODES :g  only those on your list of ACCEPT may write to you\n" S
           "705 me UMODES :o  you are an operator of this server (OPER)\n" S
           "706 me UMODES :End of /HELP\n"),

    RULE_WITH("OPER by who knows the word", "", SAY("OPER root pw\r\nWALLOPS :hi\r\n"),
              "verify hash=$hash$root password=pw\nOPER name=root\nWALLOPS text=hi\n",
              ME "MODE me +o\n" S "381 me :You are now an operator of this server\n", .right = true,
              .answered_kind = COMMAND_OPER, .answers = youre_oper, .answer_count = 1),
    RULE("I33: OPER by who does not", "", SAY("OPER root pw\r\nWALLOPS :hi\r\n"),
         "verify hash=$hash$root password=pw\n", S "464 me :Password incorrect\n" NOT_OPERATOR),
    RULE_WITH("OPER by a name that there is not takes as long and is as wrong", "",
              SAY("OPER toor pw\r\nOPER root\r\n"), "verify password=pw\n",
              S "464 me :Password incorrect\n" NEED("OPER"), .right = true),
    RULE("what operators do is for operators", "",
         SAY("KILL bob :x\r\nKILL me\r\nREHASH\r\nWALLOPS :x\r\nDEFCON 3\r\nBAN\r\nBAN a!*@*\r\n"
             "UNBAN a\r\n"),
         "",
         NOT_OPERATOR NOT_OPERATOR NOT_OPERATOR NOT_OPERATOR NOT_OPERATOR NOT_OPERATOR NOT_OPERATOR
             NOT_OPERATOR),
    RULE_WITH(
        "what operators do", "",
        SAY("KILL bob :x\r\nKILL bob\r\nREHASH\r\nWALLOPS :x\r\nDEFCON 3\r\nUNBAN a\r\nBAN\r\n"),
        "KILL name=bob text=x\nKILL name=bob\nREHASH\nWALLOPS text=x\nDEFCON "
        "number=3\nUNBAN extra=a\nBANS\n",
        INFO("BANS"), .is_operator = true),
    RULE_WITH("bans with and without an end", "",
              SAY("BAN a!*@* 30 :go away\r\nBAN a 1w2d3h4m5s\r\nBAN a spam\r\nBAN a :many words\r\n"
                  "BAN a 0 x y\r\nBAN a 99999999999999999999w\r\nBAN a 5x\r\nBAN a d\r\n"),
              "BAN text=go away extra=a!*@* number=1800\nBAN extra=a number=788645\n"
              "BAN text=spam extra=a\nBAN text=many words extra=a\nBAN text=x y extra=a\n"
              "BAN extra=a\nBAN text=5x extra=a\nBAN text=d extra=a\n",
              "", .is_operator = true),
    RULE_WITH("a ban that ends several sessions", "", SAY("BAN a\r\nPING x\r\n"),
              "BAN extra=a\nBAN extra=a cursor=1\nPING text=x\n", S "PONG irc.example :x\n",
              .is_operator = true, .steps = 2),
    RULE_WITH(
        "what operators do wrong", "",
        SAY("DEFCON 0\r\nDEFCON 6\r\nDEFCON x\r\nKILL :\r\nWALLOPS :\r\nBAN :\r\nKILL\r\n"), "",
        S "FAIL DEFCON INVALID_PARAMS 0 :A number from 5 (all may come in) to 1 (nobody "
          "may)\n" S "FAIL DEFCON INVALID_PARAMS 6 :A number from 5 (all may come in) to 1 "
          "(nobody may)\n" S "FAIL DEFCON INVALID_PARAMS x :A number from 5 (all may come in) "
          "to 1 (nobody may)\n" S "401 me * :No such nick/channel\n" NEED("WALLOPS") S
        "FAIL BAN INVALID_MASK * :Nobody can be banned by that\n" NEED("KILL"),
        .is_operator = true),
};

static void scenarios_come_to_what_they_should(void **state)
{
    (void)state;
    scenarios_play(scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}

static void admin_is_told(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_attach(peer.irc, &managed_server);
    irc_peer_send(&peer, TEXT("ADMIN\r\n"));
    assert_string_equal(irc_peer_string(&peer.replies),
                        S "256 me irc.example :Administrative info\n" S "257 me :Seoul\n" S
                          "259 me :a@b.example\n");
    irc_peer_finish(&peer);
}

static void help_names_every_command(void **state)
{
    (void)state;
    struct irc_peer peer;
    size_t count;
    const struct irc_command *commands = irc_commands(&count);
    irc_peer_enter(&peer, "");
    irc_peer_send(&peer, TEXT("HELP\r\n"));
    const char *replies = irc_peer_string(&peer.replies);
    assert_memory_equal(replies, S "704 me INDEX :", 25);
    for (size_t i = 0; i < count; i++) {
        char word[40];
        snprintf(word, sizeof(word), "%s", commands[i].name);
        assert_non_null(strstr(replies, word));
    }
    for (size_t i = 0; i < count; i++) {
        char line[60];
        peer.replies.count = 0;
        snprintf(line, sizeof(line), "HELP %s\r\n", commands[i].name);
        irc_peer_send(&peer, text_of(line));
        replies = irc_peer_string(&peer.replies);
        assert_non_null(strstr(replies, " 704 "));
        assert_non_null(strstr(replies, " 705 "));
        assert_non_null(strstr(replies, " 706 "));
        /* Nothing was cut. */
        assert_non_null(strstr(replies, commands[i].usage));
        const char *help = commands[i].help;
        const char *last = strrchr(help, '\n');
        assert_non_null(strstr(replies, last != NULL ? last + 1 : help));
    }
    irc_peer_finish(&peer);
}

static void who_is_killed_is_told_and_closed(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    const struct effect effect = {
        .kind = EFFECT_CLOSED,
        .reason = LEAVE_KILLED,
        .origin = {.connection = 990},
        .who = irc_peer_person(&peer),
        .text = TEXT("spam"),
        .done = true,
    };
    irc_peer_tell(&peer, &effect);
    assert_string_equal(irc_peer_string(&peer.replies), "ERROR :Closing link: Killed: spam\n");
    assert_true(peer.closed);
    assert_int_equal(peer.reason, LEAVE_KILLED);
    irc_peer_tell(&peer, &effect);
    irc_peer_finish(&peer);
}

static void errors_at_the_gate_have_codes(void **state)
{
    (void)state;
    for (int notice = 0; notice < NOTICE_COUNT; notice++) {
        struct bytes out = {0};
        assert_int_equal(irc_error_append((enum notice)notice, &out), ERR_OK);
        char head[60];
        snprintf(head, sizeof(head), "ERROR :%s: ", notice_code((enum notice)notice));
        assert_memory_equal(out.data, head, strlen(head));
        assert_true(out.count > strlen(head) + 10);
        assert_memory_equal(out.data + out.count - 2, "\r\n", 2);
        bytes_finish(&out);
    }
}

static void long_token_comes_back_as_far_as_it_fits(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    char line[520];
    memset(line, 'x', sizeof(line));
    memcpy(line, "PING ", 5);
    memcpy(line + 510, "\r\n", 2);
    irc_peer_send(&peer, (struct text){.data = line, .count = 512});
    const char *replies = irc_peer_string(&peer.replies);
    assert_memory_equal(replies, S "PONG irc.example :xxxx", 35);
    assert_int_equal(strspn(strchr(replies, 'x') + 12, "x"), 0);
    assert_int_equal(peer.replies.count, 511);
    irc_peer_finish(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenarios_come_to_what_they_should),
        cmocka_unit_test(admin_is_told),
        cmocka_unit_test(help_names_every_command),
        cmocka_unit_test(who_is_killed_is_told_and_closed),
        cmocka_unit_test(errors_at_the_gate_have_codes),
        cmocka_unit_test(long_token_comes_back_as_far_as_it_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
