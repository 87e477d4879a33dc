/* The hub and the committer: one order, and nothing shown before it is stored. */
#include "script_journal.h"

#include "base/log.h"
#include "server/committer.h"
#include "server/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RETRY_MS 200
#define WORKERS 2

/* Rings and threads' bodies, without any socket. */
struct bench {
    struct bus bus;
    struct hub *hub;
    struct committer committer;
    struct script_journal journal;
    uint64_t sessions;
};

static void log_nothing(void *context, const char *line)
{
    (void)context;
    (void)line;
}

static struct bench *bench_new(const struct bus_options *options, struct journal_mark mark)
{
    log_sink_set(log_nothing, NULL);
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    assert_int_equal(bus_init(&bench->bus, WORKERS, mark.seq, options), ERR_OK);
    struct hub_options hub_options = {
        .mark = mark, .server = TEXT("madang.test"), .info = TEXT("a yard")};
    bench->hub = hub_new(&bench->bus, &hub_options);
    assert_non_null(bench->hub);
    script_journal_init(&bench->journal);
    bench->journal.base.last_seq = mark.seq;
    committer_init(&bench->committer, &bench->bus, &bench->journal.base);
    return bench;
}

static void bench_free(struct bench *bench)
{
    hub_free(bench->hub);
    bus_finish(&bench->bus);
    journal_free(&bench->journal.base);
    free(bench);
    log_sink_set(NULL, NULL);
}

static void put(struct bench *bench, uint32_t worker, const struct command *command)
{
    struct ring *commands = bench->bus.lanes[worker].commands;
    void *record = ring_reserve(commands, command_packed_bytes(command));
    assert_non_null(record);
    command_pack(command, record);
    ring_publish(commands);
}

/* Opens a session in the lobby; returns its number. */
static uint64_t put_member(struct bench *bench, uint32_t worker, const char *name)
{
    struct command command = {
        .kind = COMMAND_OPEN,
        .session = ++bench->sessions,
        .origin = {.worker = worker, .connection = bench->sessions},
        .name = text_of(name),
    };
    put(bench, worker, &command);
    command.kind = COMMAND_JOIN;
    command.name = TEXT("#madang");
    put(bench, worker, &command);
    return command.session;
}

static void put_message(struct bench *bench, uint32_t worker, uint64_t session, struct text text)
{
    struct command command = {
        .kind = COMMAND_MESSAGE,
        .session = session,
        .origin = {.worker = worker, .connection = session},
        .name = TEXT("#madang"),
        .text = text,
    };
    put(bench, worker, &command);
}

static bool next_effect(struct ring *ring, struct effect *out)
{
    size_t bytes;
    const void *record = ring_next(ring, &bytes);
    if (record == NULL) {
        return false;
    }
    effect_unpack(record, out);
    return true;
}

static void drop_effects(struct ring *ring)
{
    struct effect effect;
    while (next_effect(ring, &effect)) {
    }
    ring_release(ring);
}

static uint64_t committed(struct bench *bench)
{
    return atomic_load(&bench->bus.committed);
}

static void all_workers_see_one_order(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    uint64_t bob = put_member(bench, 1, "bob");
    assert_int_equal(hub_step(bench->hub, 100, 1000), 4);
    for (int i = 0; i < 10; i++) {
        put_message(bench, 0, anna, TEXT("a"));
        put_message(bench, 1, bob, TEXT("b"));
    }
    assert_int_equal(hub_step(bench->hub, 101, 1000), 20);
    struct ring *rings[] = {bench->bus.lanes[0].effects, bench->bus.lanes[1].effects,
                            bench->bus.console_effects};
    uint64_t order[3][32] = {{0}};
    int counts[3] = {0};
    for (int ring = 0; ring < 3; ring++) {
        struct effect effect;
        uint64_t last = 0;
        while (next_effect(rings[ring], &effect)) {
            assert_true(effect.seq >= last);
            last = effect.seq;
            if (effect.kind == EFFECT_MESSAGE) {
                order[ring][counts[ring]++] = effect.seq;
            }
            /* What concerns one connection goes to its worker alone. */
            assert_true(effect.kind != EFFECT_REPLIES || (int)effect.origin.worker == ring);
        }
        assert_int_equal(counts[ring], 20);
    }
    assert_memory_equal(order[0], order[1], sizeof order[0]);
    assert_memory_equal(order[0], order[2], sizeof order[0]);
    bench_free(bench);
}

static void time_never_runs_backwards(void **state)
{
    (void)state;
    struct bench *bench =
        bench_new(&bus_options_default, (struct journal_mark){.seq = 41, .time_ms = 5000});
    uint64_t anna = put_member(bench, 0, "anna");
    static const int64_t clock[] = {4000, 6000, 100, -1, 7000};
    static const int64_t expected[] = {5000, 6000, 6000, 6000, 7000};
    (void)hub_step(bench->hub, 3000, 1000);
    drop_effects(bench->bus.lanes[0].effects);
    for (int i = 0; i < 5; i++) {
        put_message(bench, 0, anna, TEXT("x"));
        assert_int_equal(hub_step(bench->hub, clock[i], 1000), 1);
        struct effect effect;
        assert_true(next_effect(bench->bus.lanes[0].effects, &effect));
        assert_int_equal(effect.time_ms, expected[i]);
        assert_int_equal(effect.seq, 44 + i); /* Goes on where the journal ended. */
    }
    bench_free(bench);
}

/* The last effect of the ring. */
static struct effect last_effect(struct ring *ring)
{
    struct effect effect = {0};
    while (next_effect(ring, &effect)) {
    }
    return effect;
}

static void last_record_for_the_asker_says_that_this_was_all(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    struct ring *own = bench->bus.lanes[0].effects;
    uint64_t anna = put_member(bench, 0, "anna");
    assert_int_equal(hub_step(bench->hub, 100, 1000), 2);
    /* Of each of the two commands one record is the last, and no record of another worker. */
    struct effect effect;
    uint64_t done_count = 0;
    uint64_t done_seq = 0;
    while (next_effect(own, &effect)) {
        assert_true(effect.seq > done_seq);
        done_count += effect.done ? 1 : 0;
        done_seq = effect.done ? effect.seq : done_seq;
    }
    assert_int_equal(done_count, 2);
    while (next_effect(bench->bus.lanes[1].effects, &effect)) {
        assert_false(effect.done);
    }
    put_message(bench, 0, anna, TEXT("a"));
    (void)hub_step(bench->hub, 100, 1000);
    effect = last_effect(own);
    assert_int_equal(effect.kind, EFFECT_MESSAGE);
    assert_true(effect.done);
    /* A session that does not exist does nothing at all, and its asker hears so. */
    put_message(bench, 0, 999, TEXT("a"));
    (void)hub_step(bench->hub, 100, 1000);
    effect = last_effect(own);
    assert_int_equal(effect.kind, EFFECT_REPLIES);
    assert_int_equal(effect.command_kind, COMMAND_MESSAGE);
    assert_int_equal(effect.text.count, 0);
    assert_int_equal(effect.origin.connection, 999);
    assert_true(effect.done);
    assert_int_equal(effect.more, 0);
    bench_free(bench);
}

static void question_takes_no_number_and_is_answered_behind_what_was_before(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    put_message(bench, 0, anna, TEXT("a"));
    struct command question = {
        .kind = COMMAND_NAMES,
        .session = anna,
        .origin = {.connection = anna, .label = 7},
        .text = TEXT("#madang"),
    };
    put(bench, 0, &question);
    put_message(bench, 0, anna, TEXT("b"));
    assert_int_equal(hub_step(bench->hub, 100, 1000), 5);
    struct effect effect;
    uint64_t seqs[3] = {0};
    size_t count = 0;
    while (next_effect(bench->bus.lanes[0].effects, &effect)) {
        if (effect.kind == EFFECT_MESSAGE || effect.command_kind == COMMAND_NAMES) {
            assert_true(count < 3);
            seqs[count++] = effect.seq;
        }
        if (effect.command_kind == COMMAND_NAMES) {
            struct reply reply;
            assert_int_equal(effect.kind, EFFECT_REPLIES);
            assert_int_equal(effect.origin.label, 7);
            assert_true(effect.done);
            assert_true(reply_take(&effect.text, &reply));
            assert_int_equal(reply.numeric, RPL_NAMREPLY);
        }
    }
    assert_int_equal(count, 3);
    assert_int_equal(seqs[0], 3);
    assert_int_equal(seqs[1], 3);
    assert_int_equal(seqs[2], 4);
    assert_int_equal(committer_step(&bench->committer, 100), 4);
    bench_free(bench);
}

static void answer_for_which_nothing_is_stored_wakes_its_worker(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    struct command question = {.kind = COMMAND_TIME, .session = put_member(bench, 1, "anna")};
    question.origin.worker = 1;
    (void)hub_step(bench->hub, 100, 1000);
    (void)committer_step(&bench->committer, 100);
    put(bench, 1, &question);
    waker_prepare(&bench->bus.lanes[0].waker);
    waker_prepare(&bench->bus.lanes[1].waker);
    assert_int_equal(hub_step(bench->hub, 100, 1000), 1);
    assert_true(waker_sleep(&bench->bus.lanes[1].waker, 0));
    assert_false(waker_sleep(&bench->bus.lanes[0].waker, 0));
    bench_free(bench);
}

static void lobby_is_there_before_anybody_and_stays(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    hub_free(bench->hub);
    struct hub_options options = {.mark = {.seed = 1}, .lobby = TEXT("#yard")};
    bench->hub = hub_new(&bench->bus, &options);
    assert_non_null(bench->hub);
    assert_true(hub_has_work(bench->hub));
    assert_int_equal(hub_step(bench->hub, 100, 1000), 0); /* No command of anybody. */
    assert_false(hub_has_work(bench->hub));
    assert_int_equal(core_channel_count(hub_core(bench->hub)), 1);
    assert_int_equal(core_seq(hub_core(bench->hub)), 1);
    assert_int_equal(committer_step(&bench->committer, 100), 1);
    assert_int_equal(script_journal_count(&bench->journal, ROW_CHANNEL, NULL), 1);
    /* The next run finds it in the store, and keeps it without a word. */
    struct row row = {.kind = ROW_CHANNEL, .channel = TEXT("#yard"), .extra = TEXT("+ntP")};
    hub_free(bench->hub);
    options.mark.seq = 1;
    bench->hub = hub_new(&bench->bus, &options);
    assert_int_equal(hub_load(bench->hub, &row), ERR_OK);
    (void)hub_step(bench->hub, 100, 1000);
    assert_int_equal(core_channel_count(hub_core(bench->hub)), 1);
    assert_int_equal(committer_step(&bench->committer, 100), 1);
    assert_int_equal(script_journal_count(&bench->journal, ROW_CHANNEL, NULL), 1);
    bench_free(bench);
}

static void private_words_go_to_two_workers_at_most(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    (void)put_member(bench, 1, "bob");
    (void)put_member(bench, 1, "carl");
    (void)hub_step(bench->hub, 100, 1000);
    static const char *const targets[] = {"bob", "anna"};
    for (uint32_t i = 0; i < 2; i++) {
        for (uint32_t worker = 0; worker < WORKERS; worker++) {
            drop_effects(bench->bus.lanes[worker].effects);
        }
        drop_effects(bench->bus.console_effects);
        struct command message = {
            .kind = COMMAND_MESSAGE,
            .session = anna,
            .origin = {.connection = anna},
            .name = text_of(targets[i]),
            .text = TEXT("psst"),
        };
        put(bench, 0, &message);
        (void)hub_step(bench->hub, 100, 1000);
        struct effect effect;
        assert_true(next_effect(bench->bus.lanes[0].effects, &effect));
        assert_int_equal(effect.kind, EFFECT_MESSAGE);
        assert_true(effect.done);
        assert_false(next_effect(bench->bus.lanes[0].effects, &effect));
        assert_int_equal(next_effect(bench->bus.lanes[1].effects, &effect), i == 0);
        assert_false(next_effect(bench->bus.console_effects, &effect));
    }
    bench_free(bench);
}

static void busy_worker_does_not_keep_the_other_waiting(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    uint64_t bob = put_member(bench, 1, "bob");
    (void)hub_step(bench->hub, 100, 1000);
    for (int i = 0; i < 1000; i++) {
        put_message(bench, 0, anna, TEXT("a"));
    }
    put_message(bench, 1, bob, TEXT("b"));
    drop_effects(bench->bus.lanes[0].effects);
    assert_int_equal(hub_step(bench->hub, 101, 129), 129); /* No more than it was allowed. */
    struct effect effect;
    bool was_heard = false;
    while (next_effect(bench->bus.lanes[0].effects, &effect)) {
        was_heard = was_heard || effect.who.session == bob;
    }
    assert_true(was_heard);
    bench_free(bench);
}

static void mark_covers_what_leaves_nothing_on_the_disk(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    struct command ping = {.kind = COMMAND_PING, .session = 77};
    put(bench, 0, &ping);
    put(bench, 1, &ping);
    assert_int_equal(hub_step(bench->hub, 100, 1000), 2);
    assert_int_equal(committed(bench), 0);
    assert_int_equal(committer_step(&bench->committer, 100), 2);
    assert_int_equal(committed(bench), 2);
    assert_int_equal(bench->journal.try_count, 0); /* No flush for nothing. */
    bench_free(bench);
}

static struct bus_options small_groups(uint32_t entries, uint32_t bytes)
{
    struct bus_options options = bus_options_default;
    options.group_entries_max = entries;
    options.group_bytes_max = bytes;
    return options;
}

static void group_has_so_many_entries(void **state)
{
    (void)state;
    struct bus_options options = small_groups(5, GROUP_BYTES_MAX);
    struct bench *bench = bench_new(&options, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    for (int i = 0; i < 9; i++) {
        put_message(bench, 0, anna, TEXT("x"));
    }
    assert_int_equal(hub_step(bench->hub, 100, 1000), 11);
    static const uint32_t groups[] = {5, 5, 1, 0};
    static const uint64_t marks[] = {5, 10, 11, 11};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(committer_wait_ms(&bench->committer, 100) == 0, i < 3);
        assert_int_equal(committer_step(&bench->committer, 100), groups[i]);
        assert_int_equal(committed(bench), marks[i]);
    }
    assert_int_equal(bench->journal.commit_count, 3);
    bench_free(bench);
}

static void group_ends_at_its_bytes(void **state)
{
    (void)state;
    static char large[MESSAGE_BYTES_MAX];
    memset(large, 'x', sizeof large);
    struct bus_options options = small_groups(1000, 2 * sizeof large);
    struct bench *bench = bench_new(&options, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    (void)hub_step(bench->hub, 100, 1000);
    (void)committer_step(&bench->committer, 100);
    for (int i = 0; i < 5; i++) {
        put_message(bench, 0, anna, (struct text){large, sizeof large});
    }
    (void)hub_step(bench->hub, 100, 1000);
    /* Whole entries, until the bound is reached. */
    assert_int_equal(committer_step(&bench->committer, 100), 2);
    assert_int_equal(committer_step(&bench->committer, 100), 2);
    assert_int_equal(committer_step(&bench->committer, 100), 1);
    bench_free(bench);
}

static void paced_disk_is_flushed_at_once_and_then_when_due(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){0});
    atomic_store(&bench->bus.pace_ms, 5);
    uint64_t session = put_member(bench, 0, "haneul");
    assert_int_equal(hub_step(bench->hub, 1, 100), 2);
    assert_int_equal(committer_step(&bench->committer, 100), 2);
    put_message(bench, 0, session, TEXT("one"));
    put_message(bench, 0, session, TEXT("two"));
    assert_int_equal(hub_step(bench->hub, 1, 100), 2);
    assert_int_equal(committer_step(&bench->committer, 104), 0);
    assert_int_equal(committer_wait_ms(&bench->committer, 104), 1);
    assert_int_equal(committer_wait_ms(&bench->committer, 105), 0);
    assert_int_equal(committer_step(&bench->committer, 105), 2);
    bench_free(bench);
}

static void refused_group_is_tried_again_whole(void **state)
{
    (void)state;
    static const struct {
        enum error begin;
        enum error put;
        enum error commit;
        enum journal_state state;
    } cases[] = {
        {ERR_BUSY, ERR_OK, ERR_OK, JOURNAL_REFUSING_IO},
        {ERR_OK, ERR_MEMORY, ERR_OK, JOURNAL_REFUSING_IO},
        {ERR_OK, ERR_DISK_FULL, ERR_OK, JOURNAL_REFUSING_FULL},
        {ERR_OK, ERR_OK, ERR_DISK_FULL, JOURNAL_REFUSING_FULL},
        {ERR_OK, ERR_OK, ERR_IO, JOURNAL_REFUSING_IO},
        {ERR_OK, ERR_OK, ERR_DENIED, JOURNAL_REFUSING_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
        uint64_t anna = put_member(bench, 0, "anna");
        put_message(bench, 0, anna, TEXT("once"));
        (void)hub_step(bench->hub, 100, 1000);
        bench->journal.begin_error = cases[i].begin;
        bench->journal.put_error = cases[i].put;
        bench->journal.commit_error = cases[i].commit;
        assert_int_equal(committer_step(&bench->committer, 1000), 0);
        assert_int_equal(atomic_load(&bench->bus.journal_state), cases[i].state);
        assert_int_equal(committed(bench), 0);
        /* Meanwhile nothing gets a number. */
        put_message(bench, 0, anna, TEXT("later"));
        assert_false(hub_has_work(bench->hub));
        assert_int_equal(hub_step(bench->hub, 200, 1000), 0);
        /* Not before its time. */
        uint32_t tries = bench->journal.try_count;
        assert_int_equal(committer_wait_ms(&bench->committer, 1001), RETRY_MS - 1);
        assert_int_equal(committer_step(&bench->committer, 1000 + RETRY_MS - 1), 0);
        assert_int_equal(bench->journal.try_count, tries);
        assert_int_equal(committer_step(&bench->committer, 1000 + RETRY_MS), 0);
        assert_int_equal(bench->journal.try_count, tries + 1);
        bench->journal.begin_error = ERR_OK;
        bench->journal.put_error = ERR_OK;
        bench->journal.commit_error = ERR_OK;
        assert_int_equal(committer_step(&bench->committer, 1000 + 2 * RETRY_MS), 3);
        assert_int_equal(atomic_load(&bench->bus.journal_state), JOURNAL_FINE);
        assert_int_equal(committed(bench), 3);
        assert_int_equal(script_journal_count(&bench->journal, ROW_MESSAGE, "once"), 1);
        assert_true(hub_has_work(bench->hub));
        assert_int_equal(hub_step(bench->hub, 300, 1000), 1);
        assert_int_equal(committer_step(&bench->committer, 5000), 1);
        assert_int_equal(script_journal_count(&bench->journal, ROW_MESSAGE, "later"), 1);
        bench_free(bench);
    }
}

static void journal_that_is_done_is_not_asked_again(void **state)
{
    (void)state;
    static const enum error errors[] = {ERR_SYNC, ERR_DAMAGED};
    for (size_t i = 0; i < 4; i++) {
        struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
        if (i < 2) {
            (void)put_member(bench, 0, "anna");
            (void)hub_step(bench->hub, 100, 1000);
            bench->journal.commit_error = errors[i % 2];
        } else {
            bench->journal.maintain_error = errors[i % 2]; /* The flush of sync = interval. */
        }
        assert_int_equal(committer_step(&bench->committer, 5000), 0);
        assert_int_equal(atomic_load(&bench->bus.journal_state), JOURNAL_FAILED);
        uint32_t tries = bench->journal.try_count;
        bench->journal.commit_error = ERR_OK;
        assert_int_equal(committer_step(&bench->committer, 50000), 0);
        assert_int_equal(bench->journal.try_count, tries);
        assert_int_equal(committer_wait_ms(&bench->committer, 50000), -1);
        assert_int_equal(committed(bench), 0);
        bench_free(bench);
    }
}

static void failing_housekeeping_refuses_nobody(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    bench->journal.maintain_error = ERR_IO;
    assert_int_equal(committer_step(&bench->committer, 5000), 0);
    assert_int_equal(atomic_load(&bench->bus.journal_state), JOURNAL_FINE);
    assert_int_equal(committer_wait_ms(&bench->committer, 5000), 1000);
    assert_int_equal(committer_wait_ms(&bench->committer, 5999), 1);
    assert_int_equal(committer_wait_ms(&bench->committer, 9000), 0);
    bench_free(bench);
}

/* Rings in which the most that a command may cause has room, and little more. */
static struct bus_options small_rings(void)
{
    struct bus_options options = bus_options_default;
    options.commands_bytes = 32 * 1024;
    options.effects_bytes = 128 * 1024;
    options.rows_bytes = 1024 * 1024;
    options.console_bytes = 128 * 1024;
    return options;
}

static void full_effects_stop_the_hub_until_there_is_room(void **state)
{
    (void)state;
    struct bus_options options = small_rings();
    struct bench *bench = bench_new(&options, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    (void)hub_step(bench->hub, 100, 1000);
    atomic_store(&bench->bus.console_stuck, true); /* Its reader holds nobody up. */
    static char text[3000];
    memset(text, 'x', sizeof text);
    uint32_t applied = 0;
    uint32_t turn = 1;
    for (int i = 0; i < 100 && turn > 0; i++) {
        put_message(bench, 0, anna, (struct text){text, sizeof text});
        turn = hub_step(bench->hub, 100, 1000);
        applied += turn;
        drop_effects(bench->bus.lanes[0].effects); /* Worker 0 is quick, worker 1 is not. */
    }
    assert_true(applied > 2);
    assert_int_equal(turn, 0);
    assert_false(hub_has_work(bench->hub));
    assert_true(atomic_load(&bench->bus.hub_starved));
    /* Room is made: whoever makes it wakes the hub. */
    waker_prepare(&bench->bus.hub_waker);
    drop_effects(bench->bus.lanes[1].effects);
    bus_feed(&bench->bus.hub_starved, &bench->bus.hub_waker);
    assert_true(waker_sleep(&bench->bus.hub_waker, 0));
    assert_false(atomic_load(&bench->bus.hub_starved));
    assert_true(hub_has_work(bench->hub));
    assert_int_equal(hub_step(bench->hub, 100, 1000), 1);
    bench_free(bench);
}

static void console_that_reads_is_waited_for(void **state)
{
    (void)state;
    struct bus_options options = small_rings();
    struct bench *bench = bench_new(&options, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    (void)hub_step(bench->hub, 100, 1000);
    static char text[3000];
    memset(text, 'x', sizeof text);
    uint32_t turn = 1;
    for (int i = 0; i < 100 && turn > 0; i++) {
        put_message(bench, 0, anna, (struct text){text, sizeof text});
        turn = hub_step(bench->hub, 100, 1000);
        drop_effects(bench->bus.lanes[0].effects);
        drop_effects(bench->bus.lanes[1].effects);
    }
    assert_int_equal(turn, 0);
    assert_int_equal(atomic_load(&bench->bus.console_lost), 0);
    /* Once its reader has stopped, what it has no room for is lost, and counted. */
    atomic_store(&bench->bus.console_stuck, true);
    assert_int_equal(hub_step(bench->hub, 100, 1000), 1);
    for (int i = 0; i < 60; i++) {
        put_message(bench, 0, anna, (struct text){text, sizeof text});
        assert_int_equal(hub_step(bench->hub, 100, 1000), 1);
        drop_effects(bench->bus.lanes[0].effects);
        drop_effects(bench->bus.lanes[1].effects);
    }
    assert_true(atomic_load(&bench->bus.console_lost) > 5);
    bench_free(bench);
}

static void full_rows_stop_the_hub_until_they_are_stored(void **state)
{
    (void)state;
    struct bus_options options = bus_options_default;
    options.rows_bytes = 1024 * 1024;
    struct bench *bench = bench_new(&options, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    (void)hub_step(bench->hub, 100, 1000);
    static char text[4000];
    memset(text, 'x', sizeof text);
    atomic_store(&bench->bus.console_stuck, true);
    uint32_t turn = 1;
    for (int i = 0; i < 1000 && turn > 0; i++) {
        put_message(bench, 0, anna, (struct text){text, sizeof text});
        turn = hub_step(bench->hub, 100, 1000);
        drop_effects(bench->bus.lanes[0].effects);
        drop_effects(bench->bus.lanes[1].effects);
    }
    assert_int_equal(turn, 0);
    assert_false(hub_has_work(bench->hub));
    waker_prepare(&bench->bus.hub_waker);
    assert_true(committer_step(&bench->committer, 100) > 0);
    assert_true(waker_sleep(&bench->bus.hub_waker, 0));
    assert_int_equal(hub_step(bench->hub, 100, 1000), 1);
    bench_free(bench);
}

static void drained_is_when_all_have_said_so_and_all_is_taken(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    assert_false(hub_is_drained(bench->hub));
    atomic_fetch_add(&bench->bus.workers_drained, 1);
    assert_false(hub_is_drained(bench->hub));
    (void)put_member(bench, 1, "anna");
    atomic_fetch_add(&bench->bus.workers_drained, 1);
    assert_false(hub_is_drained(bench->hub));
    (void)hub_step(bench->hub, 100, 1000);
    assert_true(hub_is_drained(bench->hub));
    bench_free(bench);
}

static void burst_gives_its_memory_back(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    uint64_t anna = put_member(bench, 0, "anna");
    (void)hub_step(bench->hub, 100, 1000);
    assert_false(hub_is_grown(bench->hub));
    static char text[4000];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 100; i++) {
        put_message(bench, 0, anna, (struct text){text, sizeof text});
        (void)hub_step(bench->hub, 100, 1000);
    }
    assert_true(hub_is_grown(bench->hub));
    hub_trim(bench->hub);
    assert_false(hub_is_grown(bench->hub));
    /* What nobody has taken yet is still there. */
    while (committer_step(&bench->committer, 100) > 0) {
    }
    assert_int_equal(script_journal_count(&bench->journal, ROW_MESSAGE, NULL), 100);
    bench_free(bench);
}

static void worker_that_waits_for_room_is_woken(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    (void)put_member(bench, 0, "anna");
    atomic_store(&bench->bus.lanes[0].starved, true);
    waker_prepare(&bench->bus.lanes[0].waker);
    (void)hub_step(bench->hub, 100, 1000);
    assert_true(waker_sleep(&bench->bus.lanes[0].waker, 0));
    assert_false(atomic_load(&bench->bus.lanes[0].starved));
    bench_free(bench);
}

static void every_mark_wakes_everybody_who_sleeps(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&bus_options_default, (struct journal_mark){.seed = 1});
    struct bus *bus = &bench->bus;
    struct waker *wakers[] = {&bus->hub_waker,  &bus->committer_waker, &bus->console_waker,
                              &bus->gate_waker, &bus->lanes[0].waker,  &bus->lanes[1].waker};
    for (size_t i = 0; i < sizeof wakers / sizeof wakers[0]; i++) {
        waker_prepare(wakers[i]);
    }
    bus_wake_all(bus);
    for (size_t i = 0; i < sizeof wakers / sizeof wakers[0]; i++) {
        assert_true(waker_sleep(wakers[i], 0));
    }
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_workers_see_one_order),
        cmocka_unit_test(time_never_runs_backwards),
        cmocka_unit_test(last_record_for_the_asker_says_that_this_was_all),
        cmocka_unit_test(question_takes_no_number_and_is_answered_behind_what_was_before),
        cmocka_unit_test(answer_for_which_nothing_is_stored_wakes_its_worker),
        cmocka_unit_test(lobby_is_there_before_anybody_and_stays),
        cmocka_unit_test(private_words_go_to_two_workers_at_most),
        cmocka_unit_test(busy_worker_does_not_keep_the_other_waiting),
        cmocka_unit_test(mark_covers_what_leaves_nothing_on_the_disk),
        cmocka_unit_test(group_has_so_many_entries),
        cmocka_unit_test(group_ends_at_its_bytes),
        cmocka_unit_test(paced_disk_is_flushed_at_once_and_then_when_due),
        cmocka_unit_test(refused_group_is_tried_again_whole),
        cmocka_unit_test(journal_that_is_done_is_not_asked_again),
        cmocka_unit_test(failing_housekeeping_refuses_nobody),
        cmocka_unit_test(full_effects_stop_the_hub_until_there_is_room),
        cmocka_unit_test(console_that_reads_is_waited_for),
        cmocka_unit_test(full_rows_stop_the_hub_until_they_are_stored),
        cmocka_unit_test(drained_is_when_all_have_said_so_and_all_is_taken),
        cmocka_unit_test(burst_gives_its_memory_back),
        cmocka_unit_test(worker_that_waits_for_room_is_woken),
        cmocka_unit_test(every_mark_wakes_everybody_who_sleeps),
    };
    return cmocka_run_group_tests_name("hub", tests, NULL, NULL);
}
