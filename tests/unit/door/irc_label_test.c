/* Answers with labels (IRCv3 labeled-response): nothing is an ACK, one line has the label, more are
 * a batch; and what belongs to nobody's question is in none of them. */
#include "irc_scenario.h"

#define S ":irc.example "
#define ME ":me!u@cloak.example "
#define CAPS "batch labeled-response"
#define LABEL_64 "1234567890123456789012345678901234567890123456789012345678901234"

static const struct reply two_lines[] = {
    {RPL_WHOREPLY, 1, {SAY("one")}},
    {RPL_ENDOFWHO, 1, {SAY("#a")}},
};
static const struct reply one_line[] = {{RPL_ENDOFWHO, 1, {SAY("#a")}}};
static const struct reply one_value[] = {
    {RPL_KEYVALUE, 4, {SAY("me"), SAY("color"), SAY("*"), SAY("red")}},
};

static const struct scenario scenarios[] = {
    RULE("one line", CAPS, SAY("@label=x PING a\r\n"), "PING text=a\n",
         "@label=x " S "PONG irc.example :a\n"),
    RULE("nothing", CAPS, SAY("@label=x PONG\r\n@label=y PRIVMSG #a :x\r\n"),
         "MESSAGE name=#a text=x\n", "@label=x " S "ACK\n@label=y " S "ACK\n"),
    RULE("an error", CAPS, SAY("@label=x FOO\r\n@label=y JOIN\r\n"), "",
         "@label=x " S "421 me FOO :Unknown command\n@label=y " S
         "461 me JOIN :Not enough parameters\n"),
    RULE_WITH("several lines", CAPS, SAY("@label=x WHO #a\r\n"), "WHO name=#a\n",
              "@label=x " S "BATCH +b1 labeled-response\n@batch=b1 " S "352 me :one\n@batch=b1 " S
              "315 me #a :End of /WHO list\n" S "BATCH -b1\n",
              .answered_kind = COMMAND_WHO, .answers = two_lines, .answer_count = 2),
    RULE_WITH("I38: LIST in steps", CAPS, SAY("@label=x WHO #a\r\nPING y\r\n"),
              "WHO name=#a\nWHO name=#a cursor=1\nPING text=y\n",
              "@label=x " S "BATCH +b1 labeled-response\n@batch=b1 " S
              "315 me #a :End of /WHO list\n@batch=b1 " S "315 me #a :End of /WHO list\n" S
              "BATCH -b1\n" S "PONG irc.example :y\n",
              .answered_kind = COMMAND_WHO, .answers = one_line, .answer_count = 1, .steps = 2),
    RULE("several answered here", CAPS, SAY("@label=x INFO\r\n@label=y MOTD\r\n"), "",
         "@label=x " S "BATCH +b1 labeled-response\n@batch=b1 " S "371 me :madang-0\n@batch=b1 " S
         "371 me :A group chat server: one room or thousands, for IRC clients,\n@batch=b1 " S
         "371 me :netcat and everybody else, all through one port.\n@batch=b1 " S
         "371 me :test server\n@batch=b1 " S "374 me :End of /INFO list\n" S
         "BATCH -b1\n@label=y " S "422 me :There is no message of the day\n"),
    RULE("several recipients with their echo", CAPS " echo-message",
         SAY("@label=x PRIVMSG bob,jim :hi\r\n@label=y PRIVMSG #a :hi\r\n"),
         "MESSAGE name=bob text=hi\nMESSAGE name=jim text=hi\nMESSAGE name=#a text=hi\n",
         "@label=x " S "BATCH +b1 labeled-response\n@batch=b1 " ME "PRIVMSG bob :hi\n@batch=b1 " ME
         "PRIVMSG jim :hi\n" S "BATCH -b1\n@label=y " ME "PRIVMSG #a :hi\n"),
    RULE("to oneself: the label is on the echo alone", CAPS " echo-message",
         SAY("@label=x PRIVMSG me :hi\r\n"), "MESSAGE name=me text=hi\n",
         ME "PRIVMSG me :hi\n@label=x " ME "PRIVMSG me :hi\n"),
    RULE("one's own lines", CAPS,
         SAY("@label=a NICK me2\r\n@label=b TOPIC #a :x\r\n@label=c MODE #a +i\r\n@label=d PART "
             "#a\r\n@label=e JOIN #a,inv@lid\r\n"),
         "NICK name=me2\nTOPIC name=#a text=x\nMODE name=#a text=+i\nPART name=#a\nJOIN name=#a "
         "flag=names\nJOIN name=inv@lid flag=names\n",
         "@label=a " ME "NICK me2\n@label=b :me2!u@cloak.example TOPIC #a :x\n@label=c "
         ":me2!u@cloak.example MODE #a +i\n@label=d :me2!u@cloak.example PART #a\n@label=e " S
         "BATCH +b1 labeled-response\n@batch=b1 :me2!u@cloak.example JOIN #a\n@batch=b1 "
         ":me2!u@cloak.example JOIN inv@lid\n" S "BATCH -b1\n"),
    RULE("JOIN alone does not wait for what might follow: others may speak meanwhile",
         CAPS " no-implicit-names", SAY("@label=x JOIN #a\r\n"), "JOIN name=#a\n",
         "@label=x " S "BATCH +b1 labeled-response\n@batch=b1 " ME "JOIN #a\n" S "BATCH -b1\n"),
    RULE("without the capabilities, or with one alone, there are none", "labeled-response",
         SAY("@label=x PING a\r\n"), "PING text=a\n", S "PONG irc.example :a\n"),
    RULE("I38: 64 bytes are a label, 65 are none, and nothing is none", CAPS,
         SAY("@label=" LABEL_64 " PONG\r\n@label=" LABEL_64 "5 PONG\r\n@label= PONG\r\n@label "
             "PONG\r\n@label=\\s\\: PONG\r\n@label=a;label=b PONG\r\n"),
         "", "@label=" LABEL_64 " " S "ACK\n@label=\\s\\: " S "ACK\n@label=b " S "ACK\n"),
    RULE("I38: the same label twice, and QUIT", CAPS,
         SAY("@label=x PONG\r\n@label=x PONG\r\n@label=q QUIT :bye\r\n"), "",
         "@label=x " S "ACK\n@label=x " S "ACK\n@label=q ERROR :Closing link: Quit: bye\n"),
    RULE("what follows has no label", CAPS, SAY("@label=x PING a\r\nPING b\r\n"),
         "PING text=a\nPING text=b\n",
         "@label=x " S "PONG irc.example :a\n" S "PONG irc.example :b\n"),

    /* A batch that is the whole answer has the label itself. */
    RULE_WITH("metadata", CAPS " draft/metadata-3", SAY("@label=x METADATA * GET color\r\n"),
              "METADATA_GET name=* text=color\n",
              "@label=x " S "BATCH +b1 metadata me\n@batch=b1 " S "761 me me color * :red\n" S
              "BATCH -b1\n",
              .answered_kind = COMMAND_METADATA_GET, .answers = one_value, .answer_count = 1),
    RULE("subscriptions", CAPS " draft/metadata-3",
         SAY("@label=x METADATA * SUB a\r\n@label=y METADATA * SUBS\r\n"), "",
         "@label=x " S "770 me a\n@label=y " S "BATCH +b1 metadata-subs\n@batch=b1 " S
         "772 me a\n" S "BATCH -b1\n"),
    RULE("a message of several lines", CAPS " draft/multiline echo-message",
         SAY("@label=x BATCH +1 draft/multiline bob\r\n@batch=1 PRIVMSG bob :one\r\n@batch=1 "
             "PRIVMSG "
             "bob :two\r\nBATCH -1\r\n"),
         "MESSAGE name=bob text=one^Jtwo flag=multiline\n",
         "@label=x " ME "BATCH +m000000000001 draft/multiline bob\n@batch=m000000000001 " ME
         "PRIVMSG bob :one\n@batch=m000000000001 " ME "PRIVMSG bob :two\n" S
         "BATCH -m000000000001\n"),
    RULE(
        "a message of several lines without echo, and one that fails", CAPS " draft/multiline",
        SAY("@label=x BATCH +1 draft/multiline bob\r\n@batch=1 PRIVMSG bob :one\r\n@batch=1 "
            "PRIVMSG "
            "bob :two\r\nBATCH -1\r\n@label=y BATCH +1 draft/multiline bob\r\nBATCH -1\r\n@label=z "
            "BATCH +1 foo\r\n@label=w BATCH -9\r\n"),
        "MESSAGE name=bob text=one^Jtwo flag=multiline\n",
        "@label=x " S "ACK\n@label=y " S
        "FAIL BATCH MULTILINE_INVALID :The message is empty\n@label=z " S
        "FAIL BATCH UNKNOWN_TYPE 1 foo :There are no batches of that type\n@label=w " S
        "FAIL BATCH INVALID_REFTAG -9 :There is no such batch, and can be none\n"),
};

static void scenarios_come_to_what_they_should(void **state)
{
    (void)state;
    scenarios_play(scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}

static void isupport_is_the_whole_answer(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, CAPS " draft/extended-isupport");
    irc_peer_send(&peer, TEXT("@label=x ISUPPORT\r\n"));
    const char *replies = irc_peer_string(&peer.replies);
    const char *head = "@label=x " S "BATCH +b1 draft/isupport\n@batch=b1 " S "005 me ACCEPT=32";
    assert_memory_equal(replies, head, strlen(head));
    peer.replies.count = 0;
    irc_peer_send(&peer, TEXT("@label=y VERSION\r\n"));
    replies = irc_peer_string(&peer.replies);
    head = "@label=y " S "BATCH +b3 labeled-response\n@batch=b3 " S
           "351 me madang-0 irc.example :test server\n@batch=b3 " S
           "BATCH +b2 draft/isupport\n@batch=b2 " S "005 me ACCEPT=32";
    assert_memory_equal(replies, head, strlen(head));
    assert_non_null(strstr(replies, "\n@batch=b3 " S "BATCH -b2\n" S "BATCH -b3\n"));
    irc_peer_finish(&peer);
}

static void what_comes_in_between_has_no_label(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, CAPS);
    peer.holds = true;
    irc_peer_send(&peer, TEXT("@label=x WHO #a\r\n"));
    const struct effect message = {
        .kind = EFFECT_MESSAGE,
        .origin = {.connection = 990},
        .who = irc_peer_other("bob"),
        .target = irc_peer_person(&peer),
        .name = TEXT("me"),
        .text = TEXT("hello"),
        .done = true,
    };
    irc_peer_tell(&peer, &message);
    assert_string_equal(irc_peer_string(&peer.replies), ":bob!o@cloak.other PRIVMSG me :hello\n");
    peer.holds = false;
    while (irc_peer_answer_one(&peer)) {
    }
    irc_peer_turn(&peer);
    assert_string_equal(irc_peer_string(&peer.replies),
                        ":bob!o@cloak.other PRIVMSG me :hello\n@label=x " S "371 me :WHO\n");
    irc_peer_finish(&peer);
}

static void line_with_a_label_waits_for_what_was_before_it(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, CAPS);
    peer.holds = true;
    irc_peer_send(&peer, TEXT("PRIVMSG bob :x\r\n@label=x PRIVMSG jim :x\r\nPRIVMSG ann :x\r\n"));
    assert_string_equal(irc_peer_string(&peer.commands), "MESSAGE name=bob text=x\n");
    assert_true(irc_is_waiting(peer.irc));
    assert_true(irc_peer_answer_one(&peer));
    irc_peer_turn(&peer);
    assert_string_equal(irc_peer_string(&peer.commands),
                        "MESSAGE name=bob text=x\nMESSAGE name=jim text=x\n");
    assert_string_equal(irc_peer_string(&peer.replies), "");
    /* The answer stands at once, before anything else can be told. */
    assert_true(irc_peer_answer_one(&peer));
    assert_string_equal(irc_peer_string(&peer.replies), "@label=x " S "ACK\n");
    irc_peer_turn(&peer);
    assert_int_equal(peer.given, 3);
    peer.holds = false;
    irc_peer_turn(&peer);
    irc_peer_finish(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenarios_come_to_what_they_should),
        cmocka_unit_test(isupport_is_the_whole_answer),
        cmocka_unit_test(what_comes_in_between_has_no_label),
        cmocka_unit_test(line_with_a_label_waits_for_what_was_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
