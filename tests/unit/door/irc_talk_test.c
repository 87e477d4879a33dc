/* Messages: PRIVMSG, NOTICE, TAGMSG, and those of several lines. */
#include "irc_scenario.h"

#define S ":irc.example "
#define ME ":me!u@cloak.example "
#define TOO_LONG S "417 me :Input line was too long\n"
#define X_100                                                                                      \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxx"
#define X_400 X_100 X_100 X_100 X_100
#define LONG_66 "#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LINES_10(s) s s s s s s s s s s

static const struct scenario scenarios[] = {
    RULE("to a channel and to somebody", "",
         SAY("PRIVMSG #a :hello there\r\nPRIVMSG bob hi\r\nNOTICE #a :x\r\n"),
         "MESSAGE name=#a text=hello there\nMESSAGE name=bob text=hi\n"
         "MESSAGE name=#a text=x flag=notice\n",
         ""),
    RULE("to several, and to a rank", "", SAY("PRIVMSG #a,bob,,@#c :x\r\n"),
         "MESSAGE name=#a text=x\nMESSAGE name=bob text=x\nMESSAGE name=@#c text=x\n", ""),
    RULE("I20: too many, none, no text", "",
         SAY("PRIVMSG a,b,c,d,e :x\r\nPRIVMSG\r\nPRIVMSG a\r\nPRIVMSG a :\r\nPRIVMSG : x\r\n"
             "NOTICE a\r\n"),
         "",
         S "407 me a,b,c,d,e :Too many targets\n" S "411 me :No recipient given\n" S
           "412 me :No text to send\n" S "412 me :No text to send\n" S "412 me :No text to send\n" S
           "412 me :No text to send\n"),
    RULE_WITH("I20: nobody is called that; a notice is not answered", "",
              SAY("PRIVMSG bob,jim :x\r\nNOTICE bob :x\r\n"),
              "MESSAGE name=bob text=x\nMESSAGE name=jim text=x\n"
              "MESSAGE name=bob text=x flag=notice\n",
              S "401 me bob :No such nick/channel\n" S "401 me jim :No such nick/channel\n",
              .refused_kind = COMMAND_MESSAGE, .refusal = REFUSAL_NO_NICK),
    RULE("a name longer than any", "",
         SAY("PRIVMSG a,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,b :x\r\n"
             "NOTICE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa :x\r\n"),
         "MESSAGE name=a text=x\nMESSAGE name=b text=x\n",
         S "401 me aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa :No such "
           "nick/channel\n"),
    /* ":me!u@cloak.example PRIVMSG #a :" and CR LF are 34 bytes: 478 are left. */
    RULE("I17: what fits with its writer's name is taken, one byte more is not", "",
         SAY("PRIVMSG #a :" X_400 "1234567890123456789012345678901234567890123456789012345678901234"
             "56789012345678\r\n"
             "PRIVMSG #a :" X_400 "1234567890123456789012345678901234567890123456789012345678901234"
             "567890123456789\r\n"),
         "MESSAGE name=#a text=" X_400 "12345678901234567890123456789012345678901234567890123456789"
         "0123456789012345678\n",
         TOO_LONG),
    RULE("I42: CTCP is data", "", SAY("PRIVMSG bob :\1ACTION waves\1\r\nPRIVMSG bob :\1\1\1\r\n"),
         "MESSAGE name=bob text=^AACTION waves^A\nMESSAGE name=bob text=^A^A^A\n", ""),

    RULE("REDACT", "draft/message-redaction message-tags",
         SAY("REDACT #a 0000000000ff :wrong room\r\nREDACT me 0000000000FF\r\nREDACT #a :\r\n"
             "REDACT " LONG_66 " x\r\n"),
         "REDACT name=#a text=wrong room extra=0000000000ff number=255\n"
         "REDACT name=me extra=0000000000FF\nREDACT name=#a extra=*\n",
         "@msgid=000000000001 " ME "REDACT #a 0000000000ff :wrong room\n"
         "@msgid=000000000002 " ME "REDACT me 0000000000FF\n"
         "@msgid=000000000003 " ME "REDACT #a *\n" S
         "FAIL REDACT INVALID_TARGET * :No message of yours can have gone there\n"),
    RULE_WITH("REDACT of what is not there, with a label",
              "draft/message-redaction message-tags batch labeled-response",
              SAY("@label=l REDACT #a nonsense\r\n"), "REDACT name=#a extra=nonsense\n",
              "@label=l " S
              "FAIL REDACT UNKNOWN_MSGID #a nonsense :There is no such message, or it is too old\n",
              .refused_kind = COMMAND_REDACT, .refusal = REFUSAL_NO_MESSAGE),

    /* Tags. */
    RULE(
        "I13: only a client's own tags go on", "message-tags",
        SAY("@time=2001-01-01T00:00:00.000Z;+a=b\\:c;account=admin;msgid=x;+d;+=e;+;+f= PRIVMSG #a "
            ":x\r\n"),
        "MESSAGE name=#a text=x extra=+a=b\\:c;+d;+f\n", ""),
    RULE("without message-tags none go on", "", SAY("@+a=b PRIVMSG #a :x\r\n"),
         "MESSAGE name=#a text=x\n", ""),
    RULE("a message of tags alone", "message-tags",
         SAY("@+typing=active TAGMSG #a,bob\r\nTAGMSG #a :ignored\r\nTAGMSG\r\n"),
         "MESSAGE name=#a extra=+typing=active flag=tagmsg\n"
         "MESSAGE name=bob extra=+typing=active flag=tagmsg\nMESSAGE name=#a flag=tagmsg\n",
         S "411 me :No recipient given\n"),
    RULE("without message-tags there is no TAGMSG", "", SAY("@+a TAGMSG #a\r\n"), "",
         S "421 me TAGMSG :Unknown command\n"),

    /* echo-message. */
    RULE("what one says comes back for who wants it", "echo-message",
         SAY("PRIVMSG #a :x\r\nPRIVMSG bob :y\r\nNOTICE #a :z\r\nPRIVMSG @#a :o\r\n"),
         "MESSAGE name=#a text=x\nMESSAGE name=bob text=y\nMESSAGE name=#a text=z flag=notice\n"
         "MESSAGE name=@#a text=o\n",
         ME "PRIVMSG #a :x\n" ME "PRIVMSG bob :y\n" ME "NOTICE #a :z\n" ME "PRIVMSG @#a :o\n"),
    RULE("to oneself: the copy, and with echo-message another", "echo-message",
         SAY("PRIVMSG me :x\r\n"), "MESSAGE name=me text=x\n",
         ME "PRIVMSG me :x\n" ME "PRIVMSG me :x\n"),
    RULE("to oneself", "", SAY("PRIVMSG me :x\r\n"), "MESSAGE name=me text=x\n",
         ME "PRIVMSG me :x\n"),

    /* Several lines. */
    RULE("lines are one message", "batch draft/multiline message-tags",
         SAY("@+x=y BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :one\r\n"
             "@batch=1 PRIVMSG #A :two \r\n@batch=1;draft/multiline-concat PRIVMSG #a :three\r\n"
             "@batch=1 privmsg #a :\r\nBATCH -1\r\n"),
         "MESSAGE name=#a text=one^Jtwo ^@three^J extra=+x=y flag=multiline\n", ""),
    RULE("a notice, and a single line", "batch draft/multiline",
         SAY("BATCH +a-1 draft/multiline bob\r\n@batch=a-1 NOTICE bob :one\r\nBATCH -a-1\r\n"),
         "MESSAGE name=bob text=one flag=notice\n", ""),
    RULE("PING, PONG and QUIT may come in between", "batch draft/multiline",
         SAY("BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :one\r\nPING x\r\nPONG y\r\n"
             "@batch=1 PRIVMSG #a :two\r\nBATCH -1\r\nBATCH +1 draft/multiline #a\r\nQUIT\r\n"),
         "PING text=x\nMESSAGE name=#a text=one^Jtwo flag=multiline\n",
         S "PONG irc.example :x\nERROR :Closing link: Quit\n"),
    RULE("I36: another recipient", "batch draft/multiline",
         SAY("BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #b :one\r\n@batch=1 PRIVMSG #a "
             ":two\r\nBATCH -1\r\nPRIVMSG #a :three\r\n"),
         "MESSAGE name=#a text=three\n",
         S "FAIL BATCH MULTILINE_INVALID_TARGET #a #b :All lines go to the batch's recipient\n"),
    RULE("I36: 101 lines", "batch draft/multiline",
         SAY("BATCH +1 draft/multiline #a\r\n" LINES_10(
             LINES_10("@batch=1 PRIVMSG #a :x\r\n")) "@batch=1 PRIVMSG #a :x\r\nBATCH -1\r\n"),
         "", S "FAIL BATCH MULTILINE_MAX_LINES 100 :The message has too many lines\n"),
    RULE("nested, or another command inside", "batch draft/multiline",
         SAY("BATCH +1 draft/multiline #a\r\nBATCH +2 draft/multiline #a\r\nBATCH -1\r\n"
             "BATCH +1 draft/multiline #a\r\nJOIN #b\r\nBATCH -1\r\n"
             "BATCH +1 draft/multiline #a\r\n@batch=1 JOIN #b\r\nBATCH -1\r\n"
             "BATCH +1 draft/multiline #a\r\n@batch=2 PRIVMSG #a :x\r\n"
             "BATCH +1 draft/multiline #a\r\n@batch=1 TAGMSG #a\r\nBATCH -1\r\n"),
         "",
         S "FAIL BATCH MULTILINE_INVALID :While a batch is open all lines are part of it\n" S
           "FAIL BATCH MULTILINE_INVALID :While a batch is open all lines are part of it\n" S
           "FAIL BATCH MULTILINE_INVALID :The lines are either PRIVMSG or NOTICE\n" S
           "FAIL BATCH MULTILINE_INVALID :While a batch is open all lines are part of it\n" S
           "FAIL BATCH MULTILINE_INVALID :The lines are either PRIVMSG or NOTICE\n"),
    RULE("mixed, empty, blank", "batch draft/multiline",
         SAY("BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :x\r\n@batch=1 NOTICE #a :y\r\n"
             "BATCH -1\r\nBATCH +1 draft/multiline #a\r\nBATCH -1\r\n"
             "BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :\r\nBATCH -1\r\n"
             "BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :x\r\n"
             "@batch=1;draft/multiline-concat PRIVMSG #a :\r\nBATCH -1\r\n"
             "BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a\r\nBATCH -1\r\n"),
         "",
         S "FAIL BATCH MULTILINE_INVALID :The lines are either PRIVMSG or NOTICE\n" S
           "FAIL BATCH MULTILINE_INVALID :The message is empty\n" S
           "FAIL BATCH MULTILINE_INVALID :The message is empty\n" S
           "FAIL BATCH MULTILINE_INVALID :A line that continues another is not empty\n" S
           "FAIL BATCH MULTILINE_INVALID :A line of the message has no text\n"),
    RULE("what is no batch", "batch draft/multiline",
         SAY("BATCH +1 foo #a\r\nBATCH +1\r\nBATCH 1 draft/multiline #a\r\nBATCH +a_b "
             "draft/multiline #a\r\nBATCH -1\r\nBATCH\r\nBATCH :\r\nBATCH +1 draft/multiline\r\n"
             "BATCH +1 draft/multiline #a,#b\r\n@batch=1 PRIVMSG #a :x\r\n"),
         "",
         S "FAIL BATCH UNKNOWN_TYPE 1 foo :There are no batches of that type\n" S
           "FAIL BATCH UNKNOWN_TYPE 1 :There are no batches of that type\n" S
           "FAIL BATCH INVALID_REFTAG 1 :There is no such batch, and can be none\n" S
           "FAIL BATCH INVALID_REFTAG +a_b :There is no such batch, and can be none\n" S
           "FAIL BATCH INVALID_REFTAG -1 :There is no such batch, and can be none\n" S
           "461 me BATCH :Not enough parameters\n" S "461 me BATCH :Not enough parameters\n" S
           "FAIL BATCH MULTILINE_INVALID :A message of several lines has one recipient\n" S
           "FAIL BATCH MULTILINE_INVALID :A message of several lines has one recipient\n" S
           "FAIL BATCH MULTILINE_INVALID :There is no such batch\n"),
    RULE("without the capability there are none", "",
         SAY("BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :x\r\n"),
         "MESSAGE name=#a text=x\n",
         S "FAIL BATCH UNKNOWN_TYPE 1 draft/multiline :There are no batches of that type\n"),
    RULE(
        "a line that cannot be taken spoils the message", "batch draft/multiline",
        SAY("BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :x\r\n@batch=1 PRIVMSG #a :\xff\r\n"
            "@batch=1 PRIVMSG #a :y\r\nBATCH -1\r\n"),
        "",
        S "FAIL PRIVMSG INVALID_UTF8 :Your line was not passed on: this server takes UTF-8 only\n" S
          "FAIL BATCH MULTILINE_INVALID :A line of the message could not be taken\n"),
    RULE("I11: tags without values inside a batch", "batch draft/multiline",
         SAY("BATCH +1 draft/multiline #a\r\n@batch=1;+x;y PRIVMSG #a :x\r\n@batch PRIVMSG #a "
             ":z\r\n"),
         "", S "FAIL BATCH MULTILINE_INVALID :While a batch is open all lines are part of it\n"),
};

static void scenarios_come_to_what_they_should(void **state)
{
    (void)state;
    scenarios_play(scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}

static void message_of_4096_bytes_is_taken_with_its_joints(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "batch draft/multiline");
    irc_peer_send(&peer, TEXT("BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :" X_400 "\r\n"));
    for (int i = 0; i < 9; i++) {
        irc_peer_send(&peer, TEXT("@batch=1;draft/multiline-concat PRIVMSG #a :" X_400 "\r\n"));
    }
    irc_peer_send(&peer,
                  TEXT("@batch=1;draft/multiline-concat PRIVMSG #a :" X_100 "\r\nBATCH -1\r\n"));
    assert_non_null(strstr(irc_peer_string(&peer.replies), "MULTILINE_MAX_BYTES"));
    peer.replies.count = 0;
    irc_peer_send(&peer, TEXT("BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :" X_400 "\r\n"));
    for (int i = 0; i < 9; i++) {
        irc_peer_send(&peer, TEXT("@batch=1;draft/multiline-concat PRIVMSG #a :" X_400 "\r\n"));
    }
    irc_peer_send(&peer, TEXT("@batch=1;draft/multiline-concat PRIVMSG #a "
                              ":123456789012345678901234567890123456789012345678901234567890123456"
                              "789012345678901234567890123456\r\nBATCH -1\r\n"));
    assert_string_equal(irc_peer_string(&peer.replies), "");
    assert_int_equal(peer.given, 1);
    irc_peer_finish(&peer);
}

static void message_of_4097_bytes_is_refused(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "batch draft/multiline");
    irc_peer_send(&peer, TEXT("BATCH +1 draft/multiline #a\r\n"));
    for (int i = 0; i < 10; i++) {
        irc_peer_send(&peer, TEXT("@batch=1 PRIVMSG #a :" X_400 "\r\n"));
    }
    /* 4,000 bytes, nine ends of lines; with one more end 86 are left. */
    irc_peer_send(&peer, TEXT("@batch=1 PRIVMSG #a "
                              ":123456789012345678901234567890123456789012345678901234567890123456"
                              "789012345678901234567\r\nBATCH -1\r\n"));
    assert_string_equal(irc_peer_string(&peer.replies),
                        S "FAIL BATCH MULTILINE_MAX_BYTES 4096 :The message is too long\n");
    assert_int_equal(peer.given, 0);
    irc_peer_finish(&peer);
}

static void batch_expires(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "batch draft/multiline labeled-response");
    struct door_sink sink = irc_peer_sink(&peer);
    assert_false(irc_has_batch(peer.irc));
    irc_batch_expire(peer.irc, &sink);
    irc_peer_send(&peer, TEXT("@label=l BATCH +1 draft/multiline #a\r\n"));
    assert_true(irc_has_batch(peer.irc));
    irc_peer_send(&peer, TEXT("@batch=1 PRIVMSG #a :x\r\n"));
    irc_batch_expire(peer.irc, &sink);
    assert_false(irc_has_batch(peer.irc));
    irc_peer_send(&peer, TEXT("@batch=1 PRIVMSG #a :y\r\nBATCH -1\r\nPRIVMSG #a :z\r\n"));
    assert_string_equal(irc_peer_string(&peer.replies),
                        "@label=l " S
                        "FAIL BATCH TIMEOUT 1 :The batch was left open for too long\n");
    assert_string_equal(irc_peer_string(&peer.commands), "MESSAGE name=#a text=z\n");
    irc_peer_finish(&peer);
}

static void what_is_not_stored_is_told(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "batch labeled-response");
    peer.holds = true;
    irc_peer_send(&peer, TEXT("@label=l PRIVMSG #a :x\r\n"));
    struct door_sink sink = irc_peer_sink(&peer);
    irc_notice(peer.irc, NOTICE_NOT_SAVED, TEXT("disk full"), false, &sink);
    const struct effect done = {.kind = EFFECT_REPLIES, .done = true};
    irc_peer_tell(&peer, &done);
    assert_string_equal(irc_peer_string(&peer.replies),
                        "@label=l " S "FAIL PRIVMSG CANNOT_SAVE :It cannot be stored, so it was "
                        "not passed on (disk full)\n");
    irc_notice(peer.irc, NOTICE_PENDING, TEXT_NONE, false, &sink);
    assert_non_null(strstr(irc_peer_string(&peer.replies), S "WARN PRIVMSG PENDING :"));
    irc_notice(peer.irc, NOTICE_SENDQ, TEXT_NONE, true, &sink);
    assert_non_null(strstr(irc_peer_string(&peer.replies),
                           "ERROR :sendq: SendQ exceeded: too much waits for you to read it\n"));
    irc_peer_finish(&peer);
}

static void what_others_say_to_one_is_shown(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    struct effect effect = {
        .kind = EFFECT_MESSAGE,
        .origin = {.connection = 990},
        .who = irc_peer_other("bob"),
        .target = irc_peer_person(&peer),
        .name = TEXT("me"),
        .text = TEXT("hello"),
        .done = true,
    };
    irc_peer_tell(&peer, &effect);
    effect.kind = EFFECT_INVITED;
    effect.name = TEXT("#a");
    irc_peer_tell(&peer, &effect);
    assert_string_equal(irc_peer_string(&peer.replies),
                        ":bob!o@cloak.other PRIVMSG me :hello\n:bob!o@cloak.other INVITE me #a\n");
    irc_peer_finish(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenarios_come_to_what_they_should),
        cmocka_unit_test(message_of_4096_bytes_is_taken_with_its_joints),
        cmocka_unit_test(message_of_4097_bytes_is_refused),
        cmocka_unit_test(batch_expires),
        cmocka_unit_test(what_is_not_stored_is_told),
        cmocka_unit_test(what_others_say_to_one_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
