/* Without memory a client is ended, or told less of what does not matter; nothing else breaks.
 * Every allocation of a long conversation is let fail, one by one. */
#include "irc_scenario.h"

static const struct reply values[] = {
    {RPL_KEYVALUE, 4, {SAY("#a"), SAY("color"), SAY("*"), SAY("x y")}},
};

static const char *const conversation[] = {
    "CAP LS 302\r\nCAP REQ :batch labeled-response echo-message message-tags draft/multiline "
    "draft/metadata-3 draft/pre-away draft/extended-isupport server-time\r\n",
    "PASS x\r\nAWAY :lunch\r\nISUPPORT\r\nMETADATA * SET color :red\r\nMETADATA * SUB color "
    "mood\r\nMETADATA * LIST\r\nNICK 1\r\nNICK me\r\nUSER u 0 * Me\r\nCAP END\r\n",
    "@label=a JOIN #a,#b k\r\nNAMES #a\r\n@label=b WHO #a\r\nWHOIS me\r\nWHOWAS x\r\n",
    "@label=c;+x=y PRIVMSG #a,bob :hello\r\nNOTICE #a :x\r\n@+t TAGMSG #a\r\nPRIVMSG me :x\r\n",
    "@label=d;+x BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :one\r\n@batch=1 PRIVMSG #a "
    ":two\r\nBATCH -1\r\n",
    "BATCH +2 draft/multiline #a\r\n@batch=2 NOTICE #b :x\r\nBATCH -2\r\nBATCH +3 foo #a\r\n",
    "MODE #a\r\nMODE #a +o x\r\nMODE #a b\r\nTOPIC #a :x\r\nKICK #a x\r\nINVITE x #a\r\nRENAME #a "
    "#c\r\nCAP REQ :draft/channel-rename\r\nRENAME #b #d\r\nLIST\r\n",
    "MONITOR + a,b\r\nMONITOR L\r\nMONITOR S\r\nACCEPT *\r\nUSERHOST a\r\nISON a b\r\nSETNAME "
    "x\r\n",
    "METADATA * SUBS\r\nMETADATA #a SYNC\r\nMETADATA * GET a b\r\nMETADATA * UNSUB mood\r\n",
    "HELP\r\nHELP JOIN\r\nINFO\r\nVERSION\r\nMOTD\r\nADMIN\r\n@label=e FOO\r\nPING x\r\n",
    "OPER root pw\r\nBAN a 1d :spam\r\nBAN\r\nKILL x\r\nPART #a :bye\r\nQUIT :bye\r\n",
};

/* True when the planned failure was still to come at its end. */
static bool talk(uint64_t nth)
{
    struct irc_server server = irc_peer_server;
    server.motd = TEXT("one\ntwo\n");
    struct irc_peer peer;
    mem_fail_at(nth);
    irc_peer_init_with(&peer, &server);
    peer.no_memory = true;
    peer.right = true;
    peer.steps = 2;
    peer.answered_kind = COMMAND_METADATA_SYNC;
    peer.answers = values;
    peer.answer_count = 1;
    for (size_t i = 0; peer.irc != NULL && i < sizeof(conversation) / sizeof(conversation[0]);
         i++) {
        irc_peer_send(&peer, text_of(conversation[i]));
    }
    assert_true(peer.irc == NULL || peer.closed);
    bool is_pending = mem_fail_pending() != 0;
    mem_fail_at(0);
    irc_peer_finish(&peer);
    return is_pending;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    uint64_t nth = 1;
    while (!talk(nth)) {
        nth++;
    }
    assert_true(nth > 200);
}

static void notices_and_ends_need_no_memory(void **state)
{
    (void)state;
    for (uint64_t nth = 1; nth < 6; nth++) {
        struct irc_peer peer;
        irc_peer_enter(&peer, "");
        struct door_sink sink = irc_peer_sink(&peer);
        mem_fail_at(nth);
        irc_notice(peer.irc, NOTICE_PENDING, TEXT("x"), false, &sink);
        mem_fail_at(nth);
        irc_end(peer.irc, &sink);
        mem_fail_at(0);
        assert_true(peer.closed);
        irc_peer_finish(&peer);

        struct bytes out = {0};
        mem_fail_at(nth);
        enum error error = irc_error_append(NOTICE_FULL, &out);
        assert_true(error == ERR_OK || (error == ERR_MEMORY && out.count == 0));
        mem_fail_at(0);
        bytes_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(notices_and_ends_need_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
