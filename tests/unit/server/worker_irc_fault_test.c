/*
 * One evening of IRC people, played again and again while one thing fails: the n-th allocation,
 * read or write. Whatever it is: the server goes on, what people read are whole lines, and in the
 * end everything is given back.
 */
#include "yard.h"

#include "seam.h"

#include "base/mem.h"
#include "server/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GUESTS 5
/* Steps that are enough for whatever is still to come. */
#define ENOUGH 10
#define OPERATOR_HASH                                                                              \
    "$argon2id$v=19$m=1024,t=1,p=1$bWFkYW5nc2FsdDAw$jfo6a5jkTUp9ax1D2ObGrwb5dvWEso8AHBiC3jb4ZR4"

struct evening {
    struct yard *yard;
    struct guest guests[GUESTS];
};

/* The last one is a plain one. */
static const char *const greetings[GUESTS] = {
    "CAP LS 302\r\nNICK anna\r\nUSER u 0 * :Anna\r\n"
    "CAP REQ :message-tags server-time batch labeled-response echo-message draft/multiline "
    "draft/metadata-3\r\n"
    "CAP END\r\n",
    "NICK bob\r\nUSER u 0 * :Bob\r\n",
    "CAP REQ :away-notify setname extended-monitor draft/metadata-3 invite-notify\r\n"
    "NICK carl\r\nUSER u 0 * :Carl\r\nCAP END\r\n",
    "CAP REQ :draft/channel-rename account-tag multi-prefix\r\n"
    "NICK dora\r\nUSER u 0 * :Dora\r\nCAP END\r\n",
    "eve\n",
};

static void step_and_look(struct evening *evening, int64_t ms)
{
    for (int step = 0; step < ENOUGH; step++) {
        evening->yard->now_ms += step == 0 ? ms : 0;
        yard_step(evening->yard);
        for (int i = 0; i < GUESTS; i++) {
            if (evening->guests[i].fd >= 0) {
                guest_look(&evening->guests[i]);
            }
        }
    }
}

static void say(struct evening *evening, int guest, const char *text)
{
    if (evening->guests[guest].fd >= 0) {
        guest_push(&evening->guests[guest], text);
    }
    step_and_look(evening, 50);
}

/* A little of everything that goes a way of its own through the worker. */
static void play(struct evening *evening)
{
    struct yard *yard = evening->yard;
    for (int i = 0; i < GUESTS; i++) {
        guest_come(yard, &evening->guests[i]);
        say(evening, i, greetings[i]);
        if (i < 4) {
            say(evening, i, "JOIN #madang,#a,#b\r\n");
        }
    }
    say(evening, 2, "MONITOR + anna,nobody\r\nMETADATA * SUB url\r\n");
    say(evening, 0, "METADATA * SET url :x\r\nAWAY :tea\r\nSETNAME :Anna B\r\nAWAY\r\n");
    say(evening, 0, "@label=1 PRIVMSG #a :one\r\nPRIVMSG bob,eve :two\r\nPRIVMSG @#a :ops\r\n");
    say(evening, 0,
        "BATCH +1 draft/multiline #madang\r\n@batch=1 PRIVMSG #madang :l1\r\n"
        "@batch=1 PRIVMSG #madang :l2\r\nBATCH -1\r\n");
    say(evening, 1, "WHO #madang\r\nWHOIS anna\r\nLIST\r\nVERSION\r\nPING x\r\n");
    say(evening, 3, "CAP REQ :server-time\r\nCAP REQ :-account-tag\r\n");
    say(evening, 4, "hello\n");
    say(evening, 0,
        "OPER root operpassword\r\nMODE #a +v bob\r\nTOPIC #a :words\r\n"
        "MODE anna +w\r\nWALLOPS :all hands\r\nINVITE bob #a\r\n");
    say(evening, 0,
        "NICK hanna\r\nRENAME #a #c :moved\r\nKICK #b carl :out\r\n"
        "MODE #madang +o hanna\r\nKICK #madang eve :out\r\n");
    yard->journal.commit_error = ERR_DISK_FULL;
    say(evening, 1, "PRIVMSG #madang :waits\r\n");
    say(evening, 0, "@label=2 PRIVMSG #madang :refused\r\n");
    yard->journal.commit_error = ERR_OK;
    step_and_look(evening, 1000);
    say(evening, 0, "KILL dora :go\r\nREHASH\r\n");
    say(evening, 2, "JOIN 0\r\nQUIT :bye\r\n");
    if (evening->guests[1].fd >= 0) {
        guest_finish_sending(&evening->guests[1]);
    }
    step_and_look(evening, 1000);
}

/* What was read are lines, each from somebody, with nothing in between. */
static void assert_lines_are_whole(const struct evening *evening)
{
    for (int i = 0; i < 4; i++) {
        const struct guest *guest = &evening->guests[i];
        if (guest->fd < 0 || guest->seen.count == 0) {
            continue;
        }
        const char *at = guest->seen.data;
        for (const char *newline; (newline = strchr(at, '\n')) != NULL; at = newline + 1) {
            bool is_ours = at[0] == ':' || at[0] == '@' || strncmp(at, "ERROR :", 7) == 0 ||
                           strncmp(at, "! ", 2) == 0 || strncmp(at, "BATCH ", 6) == 0;
            if (!is_ours || (at[0] != '!' && newline[-1] != '\r')) {
                fail_msg("guest %d reads: %.*s", i, (int)(newline - at), at);
            }
        }
    }
}

static void assert_stored_once(const struct evening *evening)
{
    static const char *const said[] = {"one", "two", "ops", "hello", "waits"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        uint32_t most = strcmp(said[i], "two") == 0 ? 2 : 1;
        assert_true(script_journal_count(&evening->yard->journal, ROW_MESSAGE, said[i]) <= most);
    }
}

/* Afterwards two newcomers can talk, and when all have gone nothing is left. */
static void assert_all_is_well(struct evening *evening)
{
    struct yard *yard = evening->yard;
    for (int i = 0; i < GUESTS; i++) {
        if (evening->guests[i].fd >= 0) {
            guest_go(&evening->guests[i]);
        }
    }
    yard_pass(yard, 100000);
    yard_expect_connections(yard, 0);
    for (int turn = 0; turn < 1000 && core_session_count(hub_core(yard->hub)) > 0; turn++) {
        yard_pass(yard, 10);
    }
    assert_int_equal(core_session_count(hub_core(yard->hub)), 0);
    assert_int_equal(core_channel_count(hub_core(yard->hub)), 1);
    for (uint32_t i = 0; i < yard->bus.worker_count; i++) {
        assert_int_equal(map_count(yard->workers[i]->rooms), 0);
        assert_int_equal(map_count(yard->workers[i]->watches.nicks), 0);
    }
    struct guest first, second;
    guest_join_irc(yard, &first, "first", "");
    guest_join_irc(yard, &second, "second", "");
    guest_say(yard, &first, "PRIVMSG #madang :all is well\r\n");
    guest_expect_some(yard, &second, "all is well");
    guest_go(&first);
    guest_go(&second);
    yard_expect_connections(yard, 0);
}

static void evening_begin(struct evening *evening)
{
    struct bus_options options = bus_options_default;
    options.commands_bytes = 32 * 1024;
    options.effects_bytes = 128 * 1024;
    options.console_bytes = 128 * 1024;
    options.rows_bytes = 1024 * 1024;
    struct config *config = yard_config();
    memcpy(config->operators[0].name, "root", sizeof "root");
    memcpy(config->operators[0].hash, OPERATOR_HASH, sizeof OPERATOR_HASH);
    config->operator_count = 1;
    irc_setup_make(config);
    evening->yard = yard_new(2, config, &options, 100);
    for (int i = 0; i < GUESTS; i++) {
        evening->guests[i].fd = -1;
    }
}

static void evening_end(struct evening *evening)
{
    assert_lines_are_whole(evening);
    assert_stored_once(evening);
    assert_all_is_well(evening);
    yard_free(evening->yard);
}

static void assert_saw(const struct evening *evening, int guest, const char *text)
{
    if (evening->guests[guest].seen.count == 0 ||
        strstr(evening->guests[guest].seen.data, text) == NULL) {
        fail_msg("guest %d has not seen \"%s\" but:\n%s", guest, text,
                 evening->guests[guest].seen.data);
    }
}

/* The evening as it is when nothing fails: so that the others fail in the middle of something. */
static void assert_evening(const struct evening *evening)
{
    assert_saw(evening, 0, "label=1");
    assert_saw(evening, 1, ":one\r\n");
    assert_saw(evening, 1, "PRIVMSG bob :two\r\n");
    assert_saw(evening, 4, "*anna* two\n");
    assert_saw(evening, 1, ":l2\r\n");
    assert_saw(evening, 1, " 318 ");
    assert_saw(evening, 1, " PONG ");
    assert_saw(evening, 2, " 730 ");
    assert_saw(evening, 2, " AWAY :tea");
    assert_saw(evening, 2, " SETNAME :Anna B");
    assert_saw(evening, 2, " 761 carl anna url ");
    assert_saw(evening, 3, "@time=");
    assert_saw(evening, 0, " 381 ");
    assert_saw(evening, 0, " WALLOPS :all hands");
    assert_saw(evening, 2, " NICK ");
    assert_saw(evening, 3, " RENAME #a #c :moved");
    assert_saw(evening, 2, " KICK #b carl :out");
    assert_saw(evening, 4, "! kicked:");
    assert_saw(evening, 3, ":waits\r\n");
    assert_saw(evening, 3, "ERROR :");
    assert_saw(evening, 0, " 382 ");
    assert_saw(evening, 2, "ERROR :");
}

static void quiet_evening_brings_everything(void **state)
{
    (void)state;
    struct evening evening;
    evening_begin(&evening);
    play(&evening);
    assert_evening(&evening);
    evening_end(&evening);
}

static void every_failing_allocation_is_survived(void **state)
{
    (void)state;
    bool was_pending = false;
    uint64_t nth = 1;
    for (; !was_pending; nth++) {
        struct evening evening;
        evening_begin(&evening);
        mem_fail_at(nth);
        play(&evening);
        was_pending = mem_fail_pending();
        mem_fail_at(0);
        evening_end(&evening);
    }
    assert_true(nth > 500);
}

static uint64_t survive_every(enum seam_call call, enum error error)
{
    bool was_pending = false;
    uint64_t nth = 1;
    for (; !was_pending; nth++) {
        struct evening evening;
        evening_begin(&evening);
        seam_fail_at(call, nth, error);
        play(&evening);
        was_pending = seam_fail_pending();
        seam_fail_at(call, 0, ERR_OK);
        evening_end(&evening);
    }
    return nth - 1;
}

static void every_failing_read_is_survived(void **state)
{
    (void)state;
    assert_true(survive_every(SEAM_READ, ERR_IO) > 20);
    assert_true(survive_every(SEAM_READ, ERR_CLOSED) > 20);
}

static void every_failing_write_is_survived(void **state)
{
    (void)state;
    assert_true(survive_every(SEAM_WRITE, ERR_IO) > 50);
    assert_true(survive_every(SEAM_WRITE, ERR_AGAIN) > 50);
}

static void evening_with_small_writes_is_the_same(void **state)
{
    (void)state;
    struct evening evening;
    evening_begin(&evening);
    seam_limit_write(61);
    play(&evening);
    for (int i = 0; i < 100; i++) {
        step_and_look(&evening, 0);
    }
    seam_limit_write(0);
    assert_evening(&evening);
    evening_end(&evening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_evening_brings_everything),
        cmocka_unit_test(every_failing_allocation_is_survived),
        cmocka_unit_test(every_failing_read_is_survived),
        cmocka_unit_test(every_failing_write_is_survived),
        cmocka_unit_test(evening_with_small_writes_is_the_same),
    };
    return cmocka_run_group_tests_name("worker and IRC faults", tests, NULL, NULL);
}
