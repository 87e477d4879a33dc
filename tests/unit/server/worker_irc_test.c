/* Two doors and many rooms on a worker: who is shown what, once, in which order. */
#include "seam.h"
#include "yard.h"

#include "server/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "operpassword", at the smallest cost. */
#define OPERATOR_HASH                                                                              \
    "$argon2id$v=19$m=1024,t=1,p=1$bWFkYW5nc2FsdDAw$jfo6a5jkTUp9ax1D2ObGrwb5dvWEso8AHBiC3jb4ZR4"

static struct config *operator_config(void)
{
    struct config *config = yard_config();
    memcpy(config->operators[0].name, "root", sizeof "root");
    memcpy(config->operators[0].hash, OPERATOR_HASH, sizeof OPERATOR_HASH);
    config->operator_count = 1;
    config->oper_again_ms = 10000;
    irc_setup_make(config);
    return config;
}

static void say(struct yard *yard, struct guest *guest, const char *line)
{
    char whole[512];
    (void)snprintf(whole, sizeof whole, "%s\r\n", line);
    guest_say(yard, guest, whole);
    yard_steps(yard, 6);
}

/* How often text is in what the guest has read and not expected; all of that is forgotten. */
static uint32_t count_new(struct yard *yard, struct guest *guest, const char *text)
{
    yard_steps(yard, 5);
    guest_look(guest);
    uint32_t count = 0;
    const char *at = guest->seen.count > 0 ? guest->seen.data + guest->read : "";
    while ((at = strstr(at, text)) != NULL) {
        count++;
        at += strlen(text);
    }
    guest->read = guest->seen.count;
    return count;
}

static void both_doors_see_each_other_in_one_room(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 2; workers++) {
        struct yard *yard = yard_new(workers, NULL, NULL, 100);
        struct guest plain, irc;
        guest_join(yard, &plain, "plain");
        guest_join_irc(yard, &irc, "irc", "");
        say(yard, &plain, "from the yard");
        guest_expect_some(yard, &irc, ":plain!");
        say(yard, &irc, "PRIVMSG #madang :from afar");
        guest_expect(yard, &plain, "[irc] from afar\n");
        say(yard, &irc,
            "PRIVMSG #MADANG :\x01"
            "ACTION waves\x01");
        guest_expect(yard, &plain, "* irc waves\n");
        say(yard, &irc, "PRIVMSG plain :psst");
        guest_expect(yard, &plain, "*irc* psst\n");
        guest_expect_nothing(yard, &irc); /* Nobody hears oneself. */
        say(yard, &irc, "QUIT :so long");
        guest_expect_some(yard, &irc, "ERROR :");
        guest_expect_end(yard, &irc);
        yard_expect_console(yard, "[irc] 접속 종료\n");
        guest_go(&plain);
        yard_free(yard);
    }
}

static void each_reads_its_own_dialect_and_a_new_one_at_once(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bare, tagged, writer;
    guest_join_irc(yard, &writer, "writer", "");
    guest_join_irc(yard, &bare, "bare", "");
    guest_join_irc(yard, &tagged, "tagged", "server-time");
    guest_forget(yard, &bare);
    say(yard, &writer, "PRIVMSG #madang :one");
    guest_expect_line(yard, &bare, ":writer!");
    guest_expect_line(yard, &tagged, "@time=");
    /* In the middle of what the room says. */
    guest_push(&writer, "PRIVMSG #madang :two\r\n");
    say(yard, &bare, "CAP REQ :server-time");
    guest_expect_some(yard, &bare, "ACK");
    guest_forget(yard, &bare);
    say(yard, &writer, "PRIVMSG #madang :three");
    guest_expect_line(yard, &bare, "@time=");
    say(yard, &bare, "CAP REQ :-server-time");
    guest_forget(yard, &bare);
    say(yard, &writer, "PRIVMSG #madang :four");
    guest_expect_line(yard, &bare, ":writer!");
    assert_int_equal(count_new(yard, &tagged, "PRIVMSG"), 3);
    guest_go(&bare);
    guest_go(&tagged);
    guest_go(&writer);
    yard_free(yard);
}

static void who_closes_its_side_is_answered_before_the_end(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest irc;
    guest_join_irc(yard, &irc, "irc", "");
    guest_push(&irc, "PRIVMSG nobody :hello\r\nPING last\r\n");
    guest_finish_sending(&irc);
    guest_expect_some(yard, &irc, " 401 irc nobody");
    guest_expect_some(yard, &irc, "PONG ");
    guest_expect_some(yard, &irc, "ERROR :");
    guest_expect_end(yard, &irc);
    yard_free(yard);
}

static void news_of_a_person_come_once_whatever_rooms_are_shared(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, NULL, NULL, 100);
    struct guest mover, both, one, stranger;
    guest_join_irc(yard, &mover, "mover", "away-notify setname");
    guest_join_irc(yard, &both, "both", "away-notify setname");
    guest_join_irc(yard, &one, "one", "away-notify setname");
    guest_join_irc(yard, &stranger, "stranger", "away-notify setname");
    say(yard, &stranger, "PART #madang");
    say(yard, &mover, "JOIN #a,#b,#c");
    say(yard, &both, "JOIN #a,#b,#c");
    say(yard, &stranger, "JOIN #d");
    struct guest *all[] = {&mover, &both, &one, &stranger};
    static const char *const lines[] = {"NICK moved", "AWAY :gone", "AWAY", "SETNAME :Mover",
                                        "NICK Moved"};
    static const char *const words[] = {" NICK ", " AWAY ", " AWAY\r", " SETNAME ", " NICK "};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        for (size_t guest = 0; guest < 4; guest++) {
            guest_forget(yard, all[guest]);
        }
        say(yard, &mover, lines[i]);
        assert_int_equal(count_new(yard, &both, words[i]), 1);
        assert_int_equal(count_new(yard, &one, words[i]), 1);
        assert_int_equal(count_new(yard, &stranger, words[i]), 0);
    }
    say(yard, &mover, "QUIT :over");
    assert_int_equal(count_new(yard, &both, " QUIT "), 1);
    assert_int_equal(count_new(yard, &one, " QUIT "), 1);
    assert_int_equal(count_new(yard, &stranger, " QUIT "), 0);
    guest_expect_end(yard, &mover);
    guest_go(&both);
    guest_go(&one);
    guest_go(&stranger);
    yard_free(yard);
}

static void words_to_a_rank_reach_that_rank(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, NULL, NULL, 100);
    struct guest founder, voiced, other;
    guest_join_irc(yard, &founder, "founder", "");
    guest_join_irc(yard, &voiced, "voiced", "");
    guest_join_irc(yard, &other, "other", "");
    say(yard, &founder, "JOIN #r");
    say(yard, &voiced, "JOIN #r");
    say(yard, &other, "JOIN #r");
    say(yard, &founder, "MODE #r +v voiced");
    guest_forget(yard, &founder);
    guest_forget(yard, &voiced);
    guest_forget(yard, &other);
    say(yard, &founder, "PRIVMSG +#r :voices");
    assert_int_equal(count_new(yard, &voiced, "PRIVMSG +#r :voices"), 1);
    assert_int_equal(count_new(yard, &other, "PRIVMSG"), 0);
    say(yard, &voiced, "PRIVMSG @#r :operators");
    assert_int_equal(count_new(yard, &founder, "PRIVMSG @#r :operators"), 1);
    assert_int_equal(count_new(yard, &other, "PRIVMSG"), 0);
    /* A rank that is taken away is none. */
    say(yard, &founder, "MODE #r -v voiced");
    guest_forget(yard, &voiced);
    say(yard, &founder, "PRIVMSG +#r :again");
    assert_int_equal(count_new(yard, &voiced, "PRIVMSG"), 0);
    /* It outlives another dialect. */
    say(yard, &founder, "MODE #r +v voiced");
    say(yard, &voiced, "CAP REQ :server-time");
    guest_forget(yard, &voiced);
    say(yard, &founder, "PRIVMSG +#r :once more");
    assert_int_equal(count_new(yard, &voiced, "once more"), 1);
    guest_go(&founder);
    guest_go(&voiced);
    guest_go(&other);
    yard_free(yard);
}

static void who_writes_from_outside_reads_its_echo(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest founder, outside;
    guest_join_irc(yard, &founder, "founder", "");
    guest_join_irc(yard, &outside, "outside", "echo-message");
    say(yard, &founder, "JOIN #r");
    say(yard, &founder, "MODE #r -n");
    guest_forget(yard, &founder);
    guest_forget(yard, &outside);
    say(yard, &outside, "PRIVMSG #r :hello in there");
    assert_int_equal(count_new(yard, &founder, "PRIVMSG #r :hello in there"), 1);
    assert_int_equal(count_new(yard, &outside, "PRIVMSG #r :hello in there"), 1);
    guest_go(&founder);
    guest_go(&outside);
    yard_free(yard);
}

/* With IRCv3 channel-rename and without it. */
static void operator_outside_of_a_room_is_answered(void **state)
{
    (void)state;
    static const char *const caps[] = {"", "draft/channel-rename"};
    for (size_t i = 0; i < 2; i++) {
        struct yard *yard = yard_new(1, operator_config(), NULL, 100);
        struct guest root, founder;
        guest_join_irc(yard, &root, "boss", caps[i]);
        guest_join_irc(yard, &founder, "founder", "");
        say(yard, &founder, "JOIN #r");
        say(yard, &root, "OPER root operpassword");
        guest_expect_some(yard, &root, " 381 ");
        say(yard, &root, "MODE #r +m");
        assert_int_equal(count_new(yard, &root, " MODE #r +m"), 1);
        guest_push(&root, "RENAME #r #s\r\nPING end\r\n");
        yard_steps(yard, 6);
        guest_look(&root);
        assert_int_equal(count_new(yard, &root, " RENAME #r #s") > 0, i > 0);
        assert_non_null(strstr(root.seen.data, " PONG "));
        assert_null(strstr(root.seen.data, " JOIN #s"));
        assert_int_equal(count_new(yard, &founder, " JOIN #s"), 1);
        guest_go(&root);
        guest_go(&founder);
        yard_free(yard);
    }
}

/* It is for the disk to be late, not for the batch. */
static void batch_whose_end_waits_does_not_expire(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest writer, reader;
    guest_join_irc(yard, &reader, "reader", "");
    guest_join_irc(yard, &writer, "writer", "batch labeled-response draft/multiline");
    guest_forget(yard, &reader);
    yard->committer_rests = true;
    say(yard, &writer, "PRIVMSG #madang :one");
    guest_push(&writer, "@label=l BATCH +a draft/multiline #madang\r\n"
                        "@batch=a PRIVMSG #madang :two\r\nBATCH -a\r\n");
    yard_steps(yard, 6);
    yard_pass(yard, 30000);
    guest_expect_nothing(yard, &reader);
    yard->committer_rests = false;
    guest_expect_some(yard, &reader, "PRIVMSG #madang :one");
    guest_expect_some(yard, &reader, "PRIVMSG #madang :two");
    guest_expect_some(yard, &writer, "@label=l ");
    guest_go(&writer);
    guest_go(&reader);
    yard_free(yard);
}

static void kicked_ones_hear_it_and_nothing_more(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, operator_config(), NULL, 100);
    struct guest root, irc, plain;
    guest_join_irc(yard, &root, "boss", "");
    guest_join_irc(yard, &irc, "irc", "");
    guest_join(yard, &plain, "plain");
    say(yard, &root, "OPER root operpassword");
    guest_expect_some(yard, &root, " 381 ");
    say(yard, &root, "MODE #madang +o boss");
    guest_forget(yard, &root);
    guest_forget(yard, &irc);
    say(yard, &root, "KICK #madang irc :out");
    assert_int_equal(count_new(yard, &irc, " KICK #madang irc :out"), 1);
    say(yard, &root, "PRIVMSG #madang :peace");
    guest_expect_nothing(yard, &irc);
    guest_expect(yard, &plain, "[boss] peace\n");
    say(yard, &root, "KICK #madang plain :you too");
    guest_expect_begin(yard, &plain, "! kicked:");
    guest_expect_end(yard, &plain);
    yard_expect_console(yard, "[plain] 내보내짐");
    /* And may come again. */
    guest_join(yard, &plain, "plain");
    guest_go(&plain);
    guest_go(&irc);
    guest_go(&root);
    yard_free(yard);
}

static void replies_come_in_the_order_of_the_lines(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest a;
    guest_join_irc(yard, &a, "anna", "");
    guest_push(&a, "PRIVMSG nobody :x\r\nVERSION\r\nWHO anna\r\nJOIN #x\r\nMODE #x\r\nNOSUCH\r\n"
                   "NAMES #x\r\nTOPIC #x :t\r\nPING end\r\n");
    static const char *const order[] = {" 401 ", " 351 ", " 352 ",   " 315 ", " JOIN ",
                                        " 353 ", " 366 ", " 324 ",   " 329 ", " 421 ",
                                        " 353 ", " 366 ", " TOPIC ", " PONG "};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        for (;;) {
            char before[2048];
            size_t read = a.read;
            guest_expect_line(yard, &a, ":");
            (void)snprintf(before, sizeof before, "%.*s", (int)(a.read - read), a.seen.data + read);
            if (strstr(before, order[i]) != NULL) {
                break;
            }
            /* Only 005, which VERSION tells as well. */
            assert_non_null(strstr(before, " 005 "));
        }
    }
    guest_expect_nothing(yard, &a);
    guest_go(&a);
    yard_free(yard);
}

/* A long answer is asked for step by step, and only while its reader reads. */
static void long_answer_waits_for_its_reader(void **state)
{
    (void)state;
    enum { PEOPLE = 900 };
    struct yard *yard = yard_new(1, NULL, NULL, PEOPLE + 10);
    struct guest crowd[PEOPLE];
    char name[32];
    for (int i = 0; i < PEOPLE; i++) {
        (void)snprintf(name, sizeof name, "somebody_with_a_long_name_%d", i);
        guest_come(yard, &crowd[i]);
        guest_push(&crowd[i], name);
        guest_push(&crowd[i], "\n");
        yard_steps(yard, 2);
    }
    struct guest reader;
    guest_join_irc(yard, &reader, "reader", "");
    struct peer *peer = NULL;
    uint32_t cursor = 0;
    for (struct peer *one; (one = peer_next(yard->workers[0], &cursor)) != NULL;) {
        peer = one->door == DOOR_IRC ? one : peer;
    }
    assert_non_null(peer);
    seam_block_write(true);
    for (int i = 0; i < 20; i++) {
        guest_push(&reader, "WHO #madang\r\n");
    }
    guest_push(&reader, "PING end\r\n");
    yard_steps(yard, 300);
    assert_true(peer->connection.output.bytes > OUTPUT_STOP_READING_BYTES);
    assert_true(peer->connection.output.bytes < 2 * OUTPUT_STOP_READING_BYTES);
    seam_block_write(false);
    yard_steps(yard, 5);
    guest_expect_some(yard, &reader, " PONG ");
    uint32_t rows = 0;
    for (const char *at = reader.seen.data; (at = strstr(at, " 352 ")) != NULL; at++) {
        rows++;
    }
    assert_int_equal(rows, 20 * (PEOPLE + 1));
    for (int i = 0; i < PEOPLE; i++) {
        guest_go(&crowd[i]);
    }
    guest_go(&reader);
    yard_free(yard);
}

static void watchers_hear_of_coming_and_going(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, NULL, NULL, 100);
    struct guest watcher, other, anna;
    guest_join_irc(yard, &other, "other", "");
    guest_join_irc(yard, &watcher, "watcher", "extended-monitor away-notify");
    say(yard, &watcher, "PART #madang");
    say(yard, &watcher, "MONITOR + anna,bella");
    guest_expect_some(yard, &watcher, " 731 ");
    guest_forget(yard, &watcher);
    guest_join_irc(yard, &anna, "Anna", "");
    guest_expect_some(yard, &watcher, " 730 watcher :Anna!");
    say(yard, &anna, "AWAY :tea");
    guest_expect_some(yard, &watcher, " AWAY :tea");
    say(yard, &anna, "NICK bella");
    guest_expect_some(yard, &watcher, " 731 watcher :Anna");
    guest_expect_some(yard, &watcher, " 730 watcher :bella!");
    say(yard, &anna, "NICK BELLA");
    guest_expect_nothing(yard, &watcher);
    guest_vanish(&anna);
    guest_expect_some(yard, &watcher, " 731 watcher :");
    guest_forget(yard, &watcher);
    say(yard, &watcher, "MONITOR - bella");
    guest_join(yard, &anna, "bella");
    guest_expect_nothing(yard, &watcher);
    assert_int_equal(count_new(yard, &other, " 730 "), 0);
    guest_go(&anna);
    guest_go(&watcher);
    guest_go(&other);
    yard_free(yard);
}

static void wallops_reach_those_who_want_them(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, operator_config(), NULL, 100);
    struct guest root, wants, other;
    guest_join_irc(yard, &root, "boss", "");
    guest_join_irc(yard, &wants, "wants", "");
    guest_join_irc(yard, &other, "other", "");
    say(yard, &wants, "MODE wants +w");
    say(yard, &root, "OPER root operpassword");
    guest_forget(yard, &wants);
    say(yard, &root, "WALLOPS :all hands");
    assert_int_equal(count_new(yard, &wants, " WALLOPS :all hands"), 1);
    assert_int_equal(count_new(yard, &other, " WALLOPS"), 0);
    say(yard, &other, "WALLOPS :me too");
    assert_int_equal(count_new(yard, &wants, " WALLOPS"), 0);
    guest_go(&root);
    guest_go(&wants);
    guest_go(&other);
    yard_free(yard);
}

static void wrong_password_is_looked_at_once_in_a_while(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, operator_config(), NULL, 100);
    struct guest a;
    guest_join_irc(yard, &a, "anna", "");
    say(yard, &a, "OPER root wrong");
    guest_expect_some(yard, &a, " 464 ");
    say(yard, &a, "OPER root operpassword");
    guest_expect_some(yard, &a, " 464 ");
    yard_pass(yard, 10000);
    say(yard, &a, "OPER nobody operpassword");
    guest_forget(yard, &a);
    yard_pass(yard, 10000);
    /* What is asked behind it is answered behind it. */
    guest_push(&a, "OPER root operpassword\r\nVERSION\r\n");
    guest_expect_some(yard, &a, " 381 ");
    guest_expect_some(yard, &a, " 351 ");
    say(yard, &a, "REHASH");
    guest_expect_some(yard, &a, " 382 ");
    assert_true(atomic_load(&yard->bus.reload_asked));
    guest_go(&a);
    yard_free(yard);
}

static struct config *paced_config(uint32_t burst, uint32_t rate)
{
    struct config *config = operator_config();
    config->exempt_count = 0;
    config->burst = burst;
    config->rate = rate;
    config->connections_per_address = 0;
    config->connects_per_address = 0;
    return config;
}

static void lines_are_paced_and_none_is_lost(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, paced_config(5, 2), NULL, 100);
    struct guest fast, reader;
    guest_join_irc(yard, &reader, "reader", "");
    guest_join_irc(yard, &fast, "fast", "");
    yard_pass(yard, 10000);
    guest_forget(yard, &reader);
    /* A line with several targets is one line; a line that the door answers is one as well. */
    guest_push(&fast, "PRIVMSG #madang,reader :1\r\nVERSION\r\nPRIVMSG #madang :2\r\n"
                      "NOSUCH\r\nPRIVMSG #madang :3\r\nPRIVMSG #madang :4\r\nPING end\r\n");
    yard_steps(yard, 20);
    assert_int_equal(count_new(yard, &reader, "PRIVMSG"), 4);
    yard_pass(yard, 499);
    assert_int_equal(count_new(yard, &reader, "PRIVMSG"), 0);
    yard_pass(yard, 1);
    assert_int_equal(count_new(yard, &reader, "PRIVMSG #madang :4"), 1);
    assert_int_equal(count_new(yard, &fast, " PONG "), 0);
    yard_pass(yard, 500);
    assert_int_equal(count_new(yard, &fast, " PONG "), 1);
    /* Whoever says more than can wait is ended with a word. */
    for (int i = 0; i < 400; i++) {
        guest_push(&fast, "PRIVMSG #madang :much too much\r\n");
    }
    guest_expect_some(yard, &fast, "ERROR :flood:");
    guest_expect_end(yard, &fast);
    guest_go(&reader);
    yard_free(yard);
}

static void operators_and_batches_are_hardly_paced(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, paced_config(5, 2), NULL, 100);
    struct guest root, writer;
    guest_join_irc(yard, &root, "boss", "");
    guest_join_irc(yard, &writer, "writer", "batch message-tags draft/multiline");
    yard_pass(yard, 10000);
    say(yard, &root, "OPER root operpassword");
    guest_expect_some(yard, &root, " 381 ");
    guest_forget(yard, &writer);
    for (int i = 0; i < 50; i++) {
        guest_push(&root, "PRIVMSG #madang :order\r\n");
    }
    yard_steps(yard, 20);
    assert_int_equal(count_new(yard, &writer, "PRIVMSG"), 50);
    guest_forget(yard, &root);
    guest_push(&writer, "BATCH +1 draft/multiline #madang\r\n");
    for (int i = 0; i < 16; i++) {
        guest_push(&writer, "@batch=1 PRIVMSG #madang :line\r\n");
    }
    guest_push(&writer, "BATCH -1\r\n");
    yard_steps(yard, 20);
    assert_int_equal(count_new(yard, &root, "PRIVMSG"), 16);
    guest_go(&root);
    guest_go(&writer);
    yard_free(yard);
}

/* Whatever keeps the connection alive meanwhile. */
static void batch_has_30_seconds_from_its_beginning(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest writer, reader;
    guest_join_irc(yard, &reader, "reader", "");
    guest_join_irc(yard, &writer, "writer", "batch draft/multiline");
    guest_forget(yard, &reader);
    guest_forget(yard, &writer);
    say(yard, &writer, "BATCH +1 draft/multiline #madang");
    yard_pass(yard, 20000);
    /* The next one has its own time, though it begins in the same breath. */
    say(yard, &writer,
        "@batch=1 PRIVMSG #madang :one\r\nBATCH -1\r\nBATCH +2 draft/multiline #madang");
    assert_int_equal(count_new(yard, &reader, "PRIVMSG #madang :one"), 1);
    yard_pass(yard, 29000);
    say(yard, &writer, "PING still\r\n@batch=2 PRIVMSG #madang :two");
    assert_int_equal(count_new(yard, &writer, "FAIL"), 0);
    yard_pass(yard, 1000);
    assert_int_equal(count_new(yard, &writer, "FAIL BATCH TIMEOUT 2 "), 1);
    say(yard, &writer, "@batch=2 PRIVMSG #madang :late\r\nBATCH -2\r\nPRIVMSG #madang :after");
    assert_int_equal(count_new(yard, &reader, "PRIVMSG"), 1);
    guest_go(&writer);
    guest_go(&reader);
    yard_free(yard);
}

static void disk_that_refuses_is_told_and_nothing_waits(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest a, b, late;
    guest_join_irc(yard, &a, "anna", "labeled-response batch message-tags standard-replies");
    guest_join_irc(yard, &b, "bob", "standard-replies");
    guest_forget(yard, &a);
    yard->journal.commit_error = ERR_DISK_FULL;
    say(yard, &b, "PRIVMSG #madang :on its way");
    guest_expect_some(yard, &b, "PENDING");
    say(yard, &b, "PRIVMSG #madang :too late");
    guest_expect_some(yard, &b, "CANNOT_SAVE");
    guest_expect_nothing(yard, &a);
    /* The door goes on behind a line with a label as well. */
    guest_push(&a, "@label=7 PRIVMSG #madang :too late\r\nVERSION\r\n");
    guest_expect_some(yard, &a, "CANNOT_SAVE");
    guest_expect_some(yard, &a, " 351 ");
    guest_forget(yard, &a);
    guest_come(yard, &late);
    guest_push(&late, "NICK late\r\nUSER u 0 * :u\r\n");
    guest_expect_some(yard, &late, "ERROR :not-saved:");
    guest_expect_end(yard, &late);
    /* A question waits until there is an answer to give. */
    say(yard, &a, "PING end");
    guest_expect_nothing(yard, &a);
    yard->journal.commit_error = ERR_OK;
    yard_pass(yard, 1000);
    guest_expect_some(yard, &a, "on its way");
    guest_expect_some(yard, &a, " PONG ");
    assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, "too late"), 0);
    guest_go(&a);
    guest_go(&b);
    yard_free(yard);
}

static void proxy_says_for_whom_it_speaks(void **state)
{
    (void)state;
    struct config *config = yard_config();
    config->proxies[0] = config->exempt[0]; /* Loopback. */
    config->proxy_count = 1;
    struct yard *yard = yard_new(1, config, NULL, 100);
    struct guest irc, plain, other, bad;
    guest_join_irc(yard, &other, "other", "");
    guest_come(yard, &irc);
    guest_push(&irc, "PROXY TCP4 192.0.2.7 192.0.2.1 4000 9999\r\nNICK irc\r\nUSER u 0 * :u\r\n"
                     "JOIN #madang\r\n");
    guest_expect_some(yard, &irc, " 366 ");
    guest_come(yard, &plain);
    guest_push(&plain, "PROXY TCP4 192.0.2.7 192.0.2.1 4000 9999\r\nplain\n");
    yard_expect_console(yard, "[plain] 접속\n");
    guest_come(yard, &bad);
    guest_push(&bad, "PROXY TCP4 192.0.2.7\r\nNICK bad\r\n");
    guest_expect_begin(yard, &bad, "! not-allowed:");
    guest_expect_end(yard, &bad);
    /* Both have the cloak of the same address, which is not that of the proxy. */
    struct in6_addr address = config->exempt[0].address;
    memcpy(&address.s6_addr[12], "\xc0\x00\x02\x07", 4);
    char cloak[CLOAK_BYTES + 1];
    cloak_address(&yard->bus.cloak_key, &address, cloak);
    guest_forget(yard, &other);
    say(yard, &other, "WHO #madang");
    assert_int_equal(count_new(yard, &other, cloak), 2);
    guest_go(&irc);
    guest_go(&plain);
    guest_go(&other);
    yard_free(yard);
}

static void listener_may_demand_a_proxy_and_fix_the_door(void **state)
{
    (void)state;
    struct config *config = yard_config();
    config->listens[0].door = DOOR_IRC;
    struct yard *yard = yard_new(1, config, NULL, 100);
    struct guest a;
    guest_come(yard, &a);
    /* Elsewhere a name. */
    guest_push(&a, "anna\r\nNICK anna\r\nUSER u 0 * :u\r\n");
    guest_expect_some(yard, &a, " 001 ");
    guest_go(&a);
    /* A stranger's header, and none where one is due. */
    struct config *due = yard_config();
    due->proxy_protocol = true;
    yard_reload(yard, due);
    guest_come(yard, &a);
    guest_push(&a, "PROXY TCP4 192.0.2.7 192.0.2.1 4000 9999\r\nNICK a\r\n");
    guest_expect_begin(yard, &a, "! not-allowed:");
    guest_expect_end(yard, &a);
    guest_come(yard, &a);
    guest_push(&a, "NICK anna\r\n");
    guest_expect_begin(yard, &a, "! not-allowed:");
    guest_expect_end(yard, &a);
    yard_free(yard);
}

static void gateway_of_the_web_says_for_whom_it_speaks(void **state)
{
    (void)state;
    struct config *config = operator_config();
    config->proxies[0] = config->exempt[0];
    config->proxy_count = 1;
    memcpy(config->proxy_password, "gate", sizeof "gate");
    struct yard *yard = yard_new(1, config, NULL, 100);
    struct guest root, web;
    guest_join_irc(yard, &root, "boss", "");
    say(yard, &root, "OPER root operpassword");
    guest_come(yard, &web);
    guest_push(&web, "WEBIRC gate gateway host 2001:db8::7\r\nNICK web\r\nUSER u 0 * :u\r\n"
                     "JOIN #madang\r\n");
    guest_expect_some(yard, &web, " 366 ");
    guest_forget(yard, &root);
    say(yard, &root, "WHOIS web");
    assert_int_equal(count_new(yard, &root, "2001:db8::7"), 1);
    guest_go(&web);
    guest_come(yard, &web);
    guest_push(&web, "WEBIRC wrong gateway host 2001:db8::7\r\nNICK web\r\nUSER u 0 * :u\r\n");
    yard_steps(yard, 10);
    guest_look(&web);
    assert_null(strstr(web.seen.data, " 001 "));
    guest_go(&web);
    guest_go(&root);
    yard_free(yard);
}

static void ends_are_told_as_errors(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest slow, a, quits, vanishes;
    guest_join_irc(yard, &a, "anna", "");
    guest_come(yard, &slow);
    guest_say(yard, &slow, "NICK slow\r\n");
    yard_pass(yard, 29999);
    guest_expect_nothing(yard, &slow);
    yard_pass(yard, 1);
    guest_expect_some(yard, &slow, "ERROR :timeout:");
    guest_expect_end(yard, &slow);
    guest_join_irc(yard, &quits, "quits", "");
    guest_join_irc(yard, &vanishes, "vanishes", "");
    guest_forget(yard, &a);
    say(yard, &quits, "QUIT :with words");
    guest_expect_some(yard, &a, "with words");
    guest_expect_end(yard, &quits);
    guest_vanish(&vanishes);
    guest_expect_some(yard, &a, " QUIT ");
    yard_drain(yard);
    guest_expect_some(yard, &a, "ERROR :shutdown:");
    guest_go(&a);
    yard_free(yard);
}

/* As with plain people: the closing of one side is an end, after all that came before it. */
static void half_closed_one_is_heard_to_the_end(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest a, b;
    guest_join_irc(yard, &a, "anna", "");
    guest_join_irc(yard, &b, "bob", "");
    guest_forget(yard, &a);
    guest_push(&b, "WHO #madang\r\nPRIVMSG #madang :last\r\nPRIVMSG #madang :half");
    guest_finish_sending(&b);
    guest_expect_some(yard, &b, " 315 ");
    guest_expect_end(yard, &b);
    assert_int_equal(count_new(yard, &a, ":last"), 1);
    guest_join_irc(yard, &b, "bob", "");
    guest_go(&a);
    guest_go(&b);
    yard_free(yard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_doors_see_each_other_in_one_room),
        cmocka_unit_test(each_reads_its_own_dialect_and_a_new_one_at_once),
        cmocka_unit_test(who_closes_its_side_is_answered_before_the_end),
        cmocka_unit_test(news_of_a_person_come_once_whatever_rooms_are_shared),
        cmocka_unit_test(words_to_a_rank_reach_that_rank),
        cmocka_unit_test(who_writes_from_outside_reads_its_echo),
        cmocka_unit_test(operator_outside_of_a_room_is_answered),
        cmocka_unit_test(batch_whose_end_waits_does_not_expire),
        cmocka_unit_test(kicked_ones_hear_it_and_nothing_more),
        cmocka_unit_test(replies_come_in_the_order_of_the_lines),
        cmocka_unit_test(long_answer_waits_for_its_reader),
        cmocka_unit_test(watchers_hear_of_coming_and_going),
        cmocka_unit_test(wallops_reach_those_who_want_them),
        cmocka_unit_test(wrong_password_is_looked_at_once_in_a_while),
        cmocka_unit_test(lines_are_paced_and_none_is_lost),
        cmocka_unit_test(operators_and_batches_are_hardly_paced),
        cmocka_unit_test(batch_has_30_seconds_from_its_beginning),
        cmocka_unit_test(disk_that_refuses_is_told_and_nothing_waits),
        cmocka_unit_test(proxy_says_for_whom_it_speaks),
        cmocka_unit_test(listener_may_demand_a_proxy_and_fix_the_door),
        cmocka_unit_test(gateway_of_the_web_says_for_whom_it_speaks),
        cmocka_unit_test(ends_are_told_as_errors),
        cmocka_unit_test(half_closed_one_is_heard_to_the_end),
    };
    return cmocka_run_group_tests_name("worker and IRC", tests, NULL, NULL);
}
