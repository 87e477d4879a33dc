/* What an IRC server says, as events; what is asked, as lines. */
#include "client/irc_wire.h"

#include "model/limits.h"
#include "wire_events.h"

struct stage {
    struct wire *wire;
    struct bytes events;
    struct bytes sent;
};

static void set_up(struct stage *stage)
{
    *stage = (struct stage){.wire = irc_wire_new(TEXT("me"))};
    assert_non_null(stage->wire);
}

static void tear_down(struct stage *stage)
{
    stage->wire->protocol->dispose(stage->wire);
    bytes_finish(&stage->events);
    bytes_finish(&stage->sent);
}

static void hear(struct stage *stage, const char *text)
{
    wire_hears(stage->wire, text_of(text), &stage->events);
}

static void expect_events(struct stage *stage, const char *expected)
{
    assert_noted(&stage->events, expected);
}

static void expect_sent(struct stage *stage, const char *expected)
{
    wire_writes(stage->wire, &stage->sent);
    assert_noted(&stage->sent, expected);
}

static void ask(struct stage *stage, enum request_kind kind, const char *target, const char *text)
{
    struct request request = {.kind = kind, .target = text_of(target), .text = text_of(text)};
    assert_int_equal(stage->wire->protocol->ask(stage->wire, &request), ERR_OK);
}

#define WELCOME ":srv 001 me :Welcome\r\n:srv 376 me :End\r\n"
#define GREETING "CAP LS :302\r\nNICK me\r\nUSER madang 0 * :me\r\n"

/* In #a, with everything that this client knows. */
static void come_in(struct stage *stage, const char *capabilities)
{
    struct bytes line = {0};
    assert_int_equal(bytes_format(&line, ":srv CAP * LS :%s\r\n", capabilities), ERR_OK);
    wire_hears(stage->wire, bytes_text(&line), &stage->events);
    bytes_clear(&line);
    assert_int_equal(bytes_format(&line, ":srv CAP me ACK :%s\r\n", "draft/multiline"), ERR_OK);
    if (strstr(capabilities, "draft/multiline") != NULL) {
        wire_hears(stage->wire, bytes_text(&line), &stage->events);
    }
    bytes_finish(&line);
    hear(stage, WELCOME);
    ask(stage, REQUEST_JOIN, "#a", "");
    hear(stage, ":me!madang@host JOIN #a\r\n");
    wire_writes(stage->wire, &stage->sent);
    bytes_clear(&stage->events);
    bytes_clear(&stage->sent);
}

#define ALL_CAPABILITIES                                                                           \
    "message-tags batch draft/multiline=max-bytes=4096,max-lines=100 multi-prefix sasl"

/* Registration. */

static void it_registers_with_what_the_server_has(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    expect_sent(&stage, GREETING);
    hear(&stage, ":srv CAP * LS * :sasl=PLAIN message-tags\r\n");
    expect_sent(&stage, "");
    hear(&stage, ":srv CAP * LS :batch draft/multiline=max-bytes=4096 batches\r\n");
    expect_sent(&stage, "CAP REQ :message-tags batch draft/multiline\r\nCAP END\r\n");
    hear(&stage, ":srv CAP * LS :batch\r\n");
    expect_sent(&stage, "");
    hear(&stage, ":srv 001 me2 :Welcome\r\n");
    hear(&stage, ":srv 005 me2 NICKLEN=32 MADANG-LOBBY=#마당 :are supported\r\n");
    expect_events(&stage, "");
    hear(&stage, ":srv 422 me2 :No motd\r\n");
    expect_events(&stage, "ready #마당\n");
    hear(&stage, ":me2!madang@host JOIN :#마당\r\n");
    expect_events(&stage, "joined #마당 me2\n");
    tear_down(&stage);
}

static void a_server_without_capabilities_will_do(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    hear(&stage, ":srv NOTICE * :*** Looking up your hostname\r\n");
    hear(&stage, ":srv 421 * CAP :Unknown command\r\n:srv 451 * CAP :Not registered\r\n");
    hear(&stage, "PING :12345\r\n");
    expect_sent(&stage, "PONG :12345\r\n" GREETING);
    hear(&stage, WELCOME);
    expect_events(&stage, "ready\n");
    tear_down(&stage);
}

struct exchange {
    const char *heard;
    const char *events;
};

/* Plays each on a wire of its own, whole and byte by byte. */
static void play(const struct exchange *exchanges, size_t count, bool inside)
{
    for (size_t i = 0; i < count; i++) {
        for (int bytewise = 0; bytewise < 2; bytewise++) {
            struct stage stage;
            set_up(&stage);
            if (inside) {
                come_in(&stage, ALL_CAPABILITIES);
            }
            struct text heard = text_of(exchanges[i].heard);
            for (size_t at = 0; bytewise && at < heard.count; at++) {
                struct text byte = {.data = heard.data + at, .count = 1};
                wire_hears(stage.wire, byte, &stage.events);
            }
            if (!bytewise) {
                wire_hears(stage.wire, heard, &stage.events);
            }
            expect_events(&stage, exchanges[i].events);
            tear_down(&stage);
        }
    }
}
#define PLAY(exchanges, inside) play(exchanges, sizeof(exchanges) / sizeof((exchanges)[0]), inside)

static void a_refusal_is_told_in_words(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {":srv 433 * me :Nickname is already in use\r\n",
         "refused ! name-in-use: 이미 쓰이고 있는 이름입니다: me\n"},
        {":srv 432 * 1me :Erroneous\r\n",
         "refused ! bad-name: 쓸 수 없는 이름입니다: 1me (for good)\n"},
        {":srv 464 * :Password incorrect\r\n",
         "refused ! bad-password: 비밀번호가 있어야 하는 서버이거나 비밀번호가 틀렸습니다 (for "
         "good)\n"},
        {":srv 465 * :You are banned\r\n",
         "refused ! banned: 들어올 수 없도록 막혀 있습니다 (for good)\n"},
        {"ERROR :too-many: Too many connections\r\n",
         "refused ! too-many: 이 주소에서 너무 많이 접속해 있습니다\n"},
        {"ERROR :Closing Link: 1.2.3.4 (Too fast)\r\n",
         "refused ! closed: Closing Link: 1.2.3.4 (Too fast)\n"},
        {"! too-many: 이 주소에서\n", "refused ! too-many: 이 주소에서\n"},
        /* Only the first word counts, and nothing comes after it. */
        {"ERROR :full: x\r\n:srv 001 me :Hi\r\nERROR :full: x\r\n",
         "refused ! full: 자리가 없습니다. 잠시 뒤에 다시 와 주십시오\n"},
        {"ERROR\r\n", "refused ! closed: \n"},
    };
    PLAY(exchanges, false);
}

static void what_is_not_irc_is_left(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", "foreign HTTP/1.1 400 Bad Request\n"},
        {"SSH-2.0-x\r\n", "foreign SSH-2.0-x\n"},
        {"220 mail ESMTP\r\n", "foreign 220 mail ESMTP\n"},
        {"[eve] hi\nmore\n", "foreign [eve] hi\n"},
        {"\r\n\r\n", ""},
    };
    PLAY(exchanges, false);
}

/* Messages. */

static void messages_are_lines(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {":user3!u@h PRIVMSG #a :안녕하세요\r\n", "message #a =[user3] 안녕하세요\n"},
        {"@time=x;msgid=7 :user3!u@h PRIVMSG #a hi\n", "message #a =[user3] hi\n"},
        {":user3!u@h PRIVMSG me :psst\r\n", "message =*user3* psst\n"},
        {":user3!u@h PRIVMSG @#a :ops only\r\n", "message #a =*user3* ops only\n"},
        {":user3!u@h NOTICE #a :look\r\n", "message #a =-user3- look\n"},
        {":user3!u@h NOTICE me :look\r\n", "message =-user3- look\n"},
        {":irc.example.org NOTICE me :restart\r\n", "told -irc.example.org- restart\n"},
        {":user3!u@h PRIVMSG #a :\x01"
         "ACTION waves\x01\r\n",
         "message #a =* user3 waves\n"},
        {":user3!u@h PRIVMSG me :\x01"
         "ACTION waves\r\n",
         "message =*user3* * user3 waves\n"},
        {":user3!u@h PRIVMSG me :\x01VERSION\x01\r\n", ""},
        {":user3!u@h PRIVMSG #a :\x02"
         "bold\x0f \x03"
         "04,01red\r\n",
         "message #a =[user3] bold red\n"},
        {":user3!u@h PRIVMSG #a :\x1b[2J\r\n", "message #a =[user3] ^[[2J\n"},
        {":user3!u@h PRIVMSG #a :[me] 접속\r\n", "message #a =[user3] [me] 접속\n"},
        {":user3!u@h PRIVMSG #other :hi\r\n", "message #other =[user3] hi\n"},
        /* Nothing is shown of others' coming and going. */
        {":user3!u@h JOIN #a\r\n", "present user3\n"},
        {":user3!u@h PART #a :bye\r\n", ""},
        {":user3!u@h QUIT :bye\r\n", "absent user3\n"},
        {":user3!u@h NICK user4\r\n", "absent user3\npresent user4\n"},
        {":user3!u@h KICK #a user4 :out\r\n", ""},
        {":user3!u@h MODE #a +o user4\r\n", ""},
        {":user3!u@h AWAY :gone\r\n", ""},
        {"@+typing=active :user3!u@h TAGMSG #a\r\n", ""},
        {":srv 353 me = #a :@me +user3 @+user4\r\n", "present me\npresent user3\npresent user4\n"},
        {":srv 332 me #a :the topic\r\n:srv 333 me #a x 1\r\n:srv 366 me #a :End\r\n", ""},
        {":srv 372 me :- motd\r\n:srv 252 me 1 :operators\r\n", ""},
        /* What concerns oneself. */
        {":me!u@h NICK :ME2\r\n:ME2!u@h PART #a\r\n", "renamed ME2\nleft #a\n"},
        {":op!u@h KICK #a ME :go\r\n", "left #a ! kicked: op님이 #a에서 내보냈습니다: go\n"},
        {":user3!u@h INVITE me #team\r\n", "told user3님이 #team에 초대했습니다\n"},
        {":user3!u@h TOPIC #a :새 주제\r\n", "told #a의 주제 (user3): 새 주제\n"},
        {":srv 301 me user3 :lunch\r\n", "told user3님은 자리에 없습니다: lunch\n"},
        {":srv 404 me #a :Cannot send\r\n",
         "error #a ! not-allowed: 이 방에 글을 쓸 수 없습니다: #a\n"},
        {":srv 401 me bob :No such nick\r\n", "error ! no-such-name: 그런 사람이 없습니다: bob\n"},
        {":srv 499 me #a :Something odd\r\n", "error #a ! 499: Something odd\n"},
        {":srv 470 me #b #a :Forwarding\r\n", "told #b 대신 #a에 들어갑니다\n"},
        {"FAIL PRIVMSG CANNOT_SAVE #a :disk full\r\n",
         "error ! not-saved: 저장할 수 없어 글을 전하지 않았습니다\n"},
        {":srv WARN PRIVMSG PENDING #a :not yet\r\n",
         "error ! pending: 글이 아직 저장되지 않았습니다. 저장되면 전하니 다시 보내지 마십시오\n"},
        {"FAIL BATCH MULTILINE_MAX_BYTES 4096 :Too long\r\n",
         "error ! multiline-max-bytes: Too long\n"},
        {"ERROR :shutdown: The server ends\r\n", "error ! shutdown: 서버를 닫습니다\n"},
    };
    PLAY(exchanges, true);
}

static void several_lines_come_as_one_message(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {"@msgid=1 :bob!u@h BATCH +x draft/multiline #a\r\n"
         "@batch=x :bob!u@h PRIVMSG #a :one \r\n"
         ":eve!u@h PRIVMSG #a :between\r\n"
         "@batch=x;draft/multiline-concat :bob!u@h PRIVMSG #a :more\r\n"
         "@batch=x :bob!u@h PRIVMSG #a :\r\n"
         "@batch=x :bob!u@h PRIVMSG #a :[me] 접속\r\n"
         ":bob!u@h BATCH -x\r\n",
         "message #a =[eve] between\nmessage #a =[bob] one more\nmessage #a +[me] 접속\n"},
        {":bob!u@h BATCH +x draft/multiline me\r\n@batch=x :bob!u@h NOTICE me :hi\r\nBATCH -x\r\n",
         "message =-bob- hi\n"},
        /* Others are no frame for lines. */
        {":srv BATCH +n netsplit a b\r\n@batch=n :bob!u@h QUIT :x\r\n:srv BATCH -n\r\n",
         "absent bob\n"},
        {"BATCH\r\nBATCH +\r\nBATCH -\r\nBATCH +x\r\nBATCH +x draft/multiline\r\nBATCH -x\r\n", ""},
        {"@batch=nowhere :bob!u@h PRIVMSG #a :hi\r\n", "message #a =[bob] hi\n"},
        /* An end that comes twice, a beginning that does. */
        {":bob!u@h BATCH +x draft/multiline #a\r\n@batch=x :bob!u@h PRIVMSG #a :lost\r\n"
         ":bob!u@h BATCH +x draft/multiline #a\r\n@batch=x :bob!u@h PRIVMSG #a :kept\r\n"
         "BATCH -x\r\nBATCH -x\r\n",
         "message #a =[bob] kept\n"},
    };
    PLAY(exchanges, true);
}

static void unfinished_batches_are_bounded(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    struct bytes line = {0};
    for (int i = 0; i <= CLIENT_BATCH_COUNT_MAX; i++) {
        bytes_clear(&line);
        assert_int_equal(bytes_format(&line,
                                      ":bob!u@h BATCH +b%d draft/multiline #a\r\n"
                                      "@batch=b%d :bob!u@h PRIVMSG #a :%d\r\n",
                                      i, i, i),
                         ERR_OK);
        wire_hears(stage.wire, bytes_text(&line), &stage.events);
    }
    /* The first was given up. */
    hear(&stage, "BATCH -b0\r\nBATCH -b1\r\n");
    expect_events(&stage, "message #a =[bob] 1\n");
    /* And each holds so much. */
    bytes_clear(&line);
    assert_int_equal(bytes_format(&line, "@batch=b2;draft/multiline-concat :bob!u@h PRIVMSG #a "),
                     ERR_OK);
    for (int i = 0; i < 400; i++) {
        assert_int_equal(bytes_append_text(&line, TEXT("x")), ERR_OK);
    }
    assert_int_equal(bytes_append_text(&line, TEXT("\r\n")), ERR_OK);
    for (int i = 0; i < 1000; i++) {
        wire_hears(stage.wire, bytes_text(&line), &stage.events);
    }
    hear(&stage, "BATCH -b2\r\n");
    assert_true(stage.events.count > CLIENT_LINE_BYTES_MAX - 500);
    assert_true(stage.events.count < CLIENT_LINE_BYTES_MAX + 500);
    assert_int_equal(memcmp(stage.events.data, "message #a <[bob] 2xxx", 22), 0);
    bytes_finish(&line);
    tear_down(&stage);
}

/* Hostile servers. */

static void every_command_may_lack_its_parameters(void **state)
{
    (void)state;
    static const char *const words[] = {
        "PRIVMSG", "NOTICE", "JOIN", "PART", "QUIT", "NICK",  "KICK", "BATCH",  "PING",
        "PONG",    "CAP",    "MODE", "FAIL", "WARN", "TOPIC", "NOTE", "INVITE",
    };
    static const char *const params[] = {"",       " ",        " :",       " x",
                                         " :x y",  " me",      " #a",      " * * *",
                                         " me #a", " me #a :", " + - + -", " me #a me #a me #a"};
    static const char *const sources[] = {
        "", ":srv ", ":me!u@h ", ":! ", "@batch :me!u@h ", "@;=;batch=;x ", ":bob "};
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    struct bytes line = {0};
    for (size_t s = 0; s < sizeof(sources) / sizeof(sources[0]); s++) {
        for (size_t p = 0; p < sizeof(params) / sizeof(params[0]); p++) {
            for (size_t w = 0; w < sizeof(words) / sizeof(words[0]) + 1000; w++) {
                size_t known = sizeof(words) / sizeof(words[0]);
                bytes_clear(&line);
                enum error error =
                    w < known
                        ? bytes_format(&line, "%s%s%s\r\n", sources[s], words[w], params[p])
                        : bytes_format(&line, "%s%03zu%s\r\n", sources[s], w - known, params[p]);
                assert_int_equal(error, ERR_OK);
                wire_hears(stage.wire, bytes_text(&line), &stage.events);
                bytes_clear(&stage.events);
                wire_writes(stage.wire, &stage.sent);
                bytes_clear(&stage.sent);
            }
        }
    }
    bytes_finish(&line);
    hear(&stage, ":bob!u@h PRIVMSG #a :still there\r\n");
    expect_events(&stage, "message #a =[bob] still there\n");
    tear_down(&stage);
}

static void absurd_numbers_are_clamped(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    hear(&stage, ":srv CAP * LS :message-tags batch "
                 "draft/multiline=max-bytes=99999999999999999999999,max-lines=-1\r\n"
                 ":srv CAP * ACK :message-tags batch draft/multiline\r\n");
    hear(&stage,
         ":srv 001 me :Hi\r\n"
         ":srv 005 me NICKLEN=99999999999 PREFIX=( LINELEN=1000000000 MADANG-LOBBY= :are\r\n");
    struct bytes line = {0};
    assert_int_equal(bytes_append_text(&line, TEXT(":srv 005 me")), ERR_OK);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(bytes_format(&line, " T%d=%d", i, i), ERR_OK);
    }
    assert_int_equal(bytes_append_text(&line, TEXT("\r\n:srv 005 me MADANG-LOBBY=")), ERR_OK);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(bytes_append_text(&line, TEXT("#")), ERR_OK);
    }
    assert_int_equal(bytes_append_text(&line, TEXT(" :are\r\n:srv 376 me :End\r\n")), ERR_OK);
    wire_hears(stage.wire, bytes_text(&line), &stage.events);
    expect_events(&stage, "ready\n");
    bytes_finish(&line);
    tear_down(&stage);
}

static void pings_do_not_pile_up(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    for (int i = 0; i < 100000; i++) {
        hear(&stage, "PING :x\r\n");
    }
    wire_writes(stage.wire, &stage.sent);
    assert_true(stage.sent.count < 8192);
    tear_down(&stage);
}

static void a_line_without_an_end_is_cut(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    hear(&stage, ":eve!u@h PRIVMSG #a :");
    for (int i = 0; i < 100000; i++) {
        hear(&stage, "xxxxxxxxxxxxxxxxxxxx");
    }
    assert_int_equal(memcmp(stage.events.data, "message #a <[eve] xxx", 21), 0);
    assert_true(stage.events.count < CLIENT_LINE_BYTES_MAX + 100);
    bytes_clear(&stage.events);
    hear(&stage, "\r\n:bob!u@h PRIVMSG #a :next\r\n");
    expect_events(&stage, "message #a =[bob] next\n");
    tear_down(&stage);
}

/* Asking. */

static void requests_are_lines(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    ask(&stage, REQUEST_SAY, "#a", "안녕");
    ask(&stage, REQUEST_SAY, "bob", ":)");
    ask(&stage, REQUEST_ACT, "#a", "waves");
    ask(&stage, REQUEST_JOIN, "#b", "");
    ask(&stage, REQUEST_PART, "#b", "bye");
    ask(&stage, REQUEST_NICK, "", "you");
    expect_sent(&stage, "PRIVMSG #a :안녕\r\nPRIVMSG bob ::)\r\n"
                        "PRIVMSG #a :\x01"
                        "ACTION waves\x01\r\n"
                        "JOIN #b\r\nPART #b :bye\r\nNICK :you\r\n");
    ask(&stage, REQUEST_TOPIC, "#a", "");
    ask(&stage, REQUEST_SAY, "#a", "later");
    expect_sent(&stage, "TOPIC #a\r\nPING m\r\n");
    hear(&stage, ":srv 331 me #a :No topic\r\n:srv PONG srv m\r\n:srv 331 me #a :No topic\r\n");
    expect_events(&stage, "told #a: 주제가 없습니다\n");
    expect_sent(&stage, "PRIVMSG #a :later\r\n");
    tear_down(&stage);
}

static void answers_are_shown_to_whom_asked(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {":srv 353 me = #a :@bob me\r\n:srv 366 me #a :End\r\n",
         "present bob\npresent me\ntold #a: @bob me\n"},
        {":srv 352 me #a u h srv bob H@ :0 Bob B.\r\n:srv 315 me #a :End\r\n",
         "told bob (u@h) #a H@ 0 Bob B.\n"},
        {":srv 321 me Channel :Users\r\n:srv 322 me #a 3 :topic\r\n:srv 323 me :End\r\n",
         "told #a (3) topic\n"},
        {":srv 306 me :You are away\r\n", "told 자리에 없다고 알렸습니다\n"},
        {":srv 318 me bob :End of whois\r\n", "told bob End of whois\n"},
    };
    for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
        struct stage stage;
        set_up(&stage);
        come_in(&stage, ALL_CAPABILITIES);
        ask(&stage, REQUEST_NAMES, "#a", "");
        hear(&stage, exchanges[i].heard);
        expect_events(&stage, exchanges[i].events);
        tear_down(&stage);
    }
}

/* Adds up what stands behind " :" in the PRIVMSG lines of sent, and checks their lengths. */
static void gather_said(struct text sent, struct bytes *said, size_t *line_count)
{
    while (sent.count > 0) {
        const char *newline = memchr(sent.data, '\n', sent.count);
        assert_non_null(newline);
        size_t count = (size_t)(newline - sent.data) + 1;
        const char *space = memchr(sent.data, ' ', count);
        assert_non_null(space);
        const char *body = sent.data[0] == '@' ? space + 1 : sent.data;
        size_t body_bytes = (size_t)(newline + 1 - body);
        /* With our prefix before it. */
        assert_true(body_bytes + strlen(":me!madang@host ") <= 512);
        const char *text = memmem(body, body_bytes, " :", 2);
        if (memcmp(body, "PRIVMSG ", 8) == 0 && text != NULL) {
            size_t text_bytes = (size_t)(newline - 1 - (text + 2));
            assert_int_equal(bytes_append(said, text + 2, text_bytes), ERR_OK);
            *line_count += 1;
        }
        sent = (struct text){.data = newline + 1, .count = sent.count - count};
    }
}

static void long_line(struct bytes *line, size_t byte_count)
{
    while (line->count + 3 <= byte_count) {
        assert_int_equal(bytes_append_text(line, TEXT("가")), ERR_OK);
    }
    while (line->count < byte_count) {
        assert_int_equal(bytes_append_text(line, TEXT("x")), ERR_OK);
    }
}

static void a_long_line_goes_out_whole(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    struct bytes line = {0};
    long_line(&line, PLAIN_LINE_BYTES_MAX);
    struct request request = {.kind = REQUEST_SAY, .target = TEXT("#a"), .text = bytes_text(&line)};
    assert_int_equal(stage.wire->protocol->ask(stage.wire, &request), ERR_OK);
    wire_writes(stage.wire, &stage.sent);
    struct text start = TEXT("BATCH +m1 draft/multiline #a\r\n@batch=m1 PRIVMSG #a :가");
    assert_int_equal(memcmp(stage.sent.data, start.data, start.count), 0);
    struct text end = TEXT("BATCH -m1\r\nPING m\r\n");
    assert_int_equal(memcmp(stage.sent.data + stage.sent.count - end.count, end.data, end.count),
                     0);
    assert_non_null(memmem(stage.sent.data, stage.sent.count,
                           "@batch=m1;draft/multiline-concat PRIVMSG #a :", 45));
    struct bytes said = {0};
    size_t line_count = 0;
    gather_said(bytes_text(&stage.sent), &said, &line_count);
    assert_true(text_equal(bytes_text(&said), bytes_text(&line)));
    assert_true(line_count >= 9 && line_count <= 10);
    bytes_finish(&said);
    bytes_finish(&line);
    tear_down(&stage);
}

static void where_there_are_no_batches_it_goes_out_in_pieces(void **state)
{
    (void)state;
    static const char *const servers[] = {
        "multi-prefix", "message-tags batch draft/multiline=max-bytes=4095,max-lines=100",
        "message-tags batch draft/multiline=max-bytes=9999,max-lines=3"};
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        struct stage stage;
        set_up(&stage);
        come_in(&stage, servers[i]);
        struct bytes line = {0};
        long_line(&line, PLAIN_LINE_BYTES_MAX);
        struct request request = {
            .kind = REQUEST_SAY, .target = TEXT("#a"), .text = bytes_text(&line)};
        assert_int_equal(stage.wire->protocol->ask(stage.wire, &request), ERR_OK);
        wire_writes(stage.wire, &stage.sent);
        assert_null(memmem(stage.sent.data, stage.sent.count, "BATCH", 5));
        struct bytes said = {0};
        size_t line_count = 0;
        gather_said(bytes_text(&stage.sent), &said, &line_count);
        assert_true(text_equal(bytes_text(&said), bytes_text(&line)));
        bytes_finish(&said);
        bytes_finish(&line);
        tear_down(&stage);
    }
}

static void no_more_goes_out_than_the_server_has_answered_for(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    for (int i = 0; i < 1000; i++) {
        ask(&stage, REQUEST_SAY, "#a", "a line of some length, as people write them");
    }
    assert_int_equal(stage.wire->protocol->leave(stage.wire, TEXT("bye"), false), ERR_OK);
    size_t windows = 0;
    bool over = false;
    while (!over) {
        wire_writes(stage.wire, &stage.sent);
        assert_true(stage.sent.count > 0);
        assert_true(stage.sent.count < CLIENT_WINDOW_BYTES + 512);
        over = memmem(stage.sent.data, stage.sent.count, "QUIT", 4) != NULL;
        windows++;
        bytes_clear(&stage.sent);
        /* Somebody else's question is answered all the same. */
        hear(&stage, "PING :x\r\n");
        expect_sent(&stage, "PONG :x\r\n");
        hear(&stage, ":srv PONG srv :m\r\n");
    }
    assert_true(windows > 20);
    assert_int_equal(stage.wire->protocol->pending_bytes(stage.wire), 0);
    /* The server's last word is no error then. */
    hear(&stage, "ERROR :Closing link\r\n");
    expect_events(&stage, "");
    tear_down(&stage);
}

static void an_end_before_all_has_arrived_is_an_error(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    ask(&stage, REQUEST_SAY, "#a", "hi");
    assert_int_equal(stage.wire->protocol->leave(stage.wire, TEXT_NONE, false), ERR_OK);
    expect_sent(&stage, "PRIVMSG #a :hi\r\nPING m\r\n");
    hear(&stage, "ERROR :flood: Excess flood\r\n");
    expect_events(&stage, "error ! flood: 너무 빨리 너무 많이 보내서 연결을 끊습니다\n");
    assert_int_equal(stage.wire->protocol->pending_bytes(stage.wire), strlen("QUIT\r\n"));
    tear_down(&stage);
}

static void who_leaves_at_once_finishes_the_line_and_goes(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    for (int i = 0; i < 100; i++) {
        ask(&stage, REQUEST_SAY, "#a", "a line of some length, as people write them");
    }
    struct text piece;
    assert_int_equal(stage.wire->protocol->next(stage.wire, &piece), ERR_OK);
    assert_int_equal(stage.wire->protocol->written(stage.wire, 10), ERR_OK);
    assert_int_equal(stage.wire->protocol->leave(stage.wire, TEXT_NONE, true), ERR_OK);
    expect_sent(&stage, " :a line of some length, as people write them\r\nQUIT\r\n");
    tear_down(&stage);
}

static void a_pong_waits_for_the_end_of_the_line(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    ask(&stage, REQUEST_SAY, "#a", "one");
    ask(&stage, REQUEST_SAY, "#a", "two");
    assert_int_equal(stage.wire->protocol->written(stage.wire, 4), ERR_OK);
    hear(&stage, "PING :x y\r\n");
    struct text piece;
    assert_int_equal(stage.wire->protocol->next(stage.wire, &piece), ERR_OK);
    assert_text(piece, "MSG #a :one\r\nPRIVMSG #a :two\r\n");
    assert_int_equal(stage.wire->protocol->written(stage.wire, 13), ERR_OK);
    assert_int_equal(stage.wire->protocol->next(stage.wire, &piece), ERR_OK);
    assert_text(piece, "PONG :x y\r\n");
    assert_int_equal(stage.wire->protocol->written(stage.wire, 2), ERR_OK);
    expect_sent(&stage, "NG :x y\r\nPRIVMSG #a :two\r\n");
    tear_down(&stage);
}

static void nothing_typed_can_become_a_second_line(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    come_in(&stage, ALL_CAPABILITIES);
    ask(&stage, REQUEST_SAY, "#a", "one\r\nQUIT :two");
    ask(&stage, REQUEST_SAY, "b b", "x");
    ask(&stage, REQUEST_JOIN, "#a\nQUIT", "k k");
    expect_sent(&stage, "PRIVMSG #a :oneQUIT :two\r\nPRIVMSG * :x\r\nJOIN * :k k\r\n");
    tear_down(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_registers_with_what_the_server_has),
        cmocka_unit_test(a_server_without_capabilities_will_do),
        cmocka_unit_test(a_refusal_is_told_in_words),
        cmocka_unit_test(what_is_not_irc_is_left),
        cmocka_unit_test(messages_are_lines),
        cmocka_unit_test(several_lines_come_as_one_message),
        cmocka_unit_test(unfinished_batches_are_bounded),
        cmocka_unit_test(every_command_may_lack_its_parameters),
        cmocka_unit_test(absurd_numbers_are_clamped),
        cmocka_unit_test(pings_do_not_pile_up),
        cmocka_unit_test(a_line_without_an_end_is_cut),
        cmocka_unit_test(requests_are_lines),
        cmocka_unit_test(answers_are_shown_to_whom_asked),
        cmocka_unit_test(a_long_line_goes_out_whole),
        cmocka_unit_test(where_there_are_no_batches_it_goes_out_in_pieces),
        cmocka_unit_test(no_more_goes_out_than_the_server_has_answered_for),
        cmocka_unit_test(an_end_before_all_has_arrived_is_an_error),
        cmocka_unit_test(who_leaves_at_once_finishes_the_line_and_goes),
        cmocka_unit_test(a_pong_waits_for_the_end_of_the_line),
        cmocka_unit_test(nothing_typed_can_become_a_second_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
