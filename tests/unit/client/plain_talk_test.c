/* What the bytes of the report's wire mean. */
#include "client/plain_talk.h"

#include "client/plain_wire.h"
#include "wire_events.h"

struct stage {
    struct wire *wire;
    struct bytes events;
    struct bytes sent;
};

static void set_up(struct stage *stage)
{
    *stage = (struct stage){.wire = plain_talk_new(TEXT("me"), 0, 50)};
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

static void tick(struct stage *stage, int64_t now_ms)
{
    struct event_sink sink = {.event = see_event, .context = &stage->events};
    stage->wire->now_ms = now_ms;
    assert_int_equal(stage->wire->protocol->tick(stage->wire, &sink), ERR_OK);
}

static void end(struct stage *stage)
{
    struct event_sink sink = {.event = see_event, .context = &stage->events};
    assert_int_equal(stage->wire->protocol->end(stage->wire, &sink), ERR_OK);
}

static void silence_means_that_we_are_in(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    int64_t due_ms = stage.wire->protocol->due_ms(stage.wire);
    assert_int_equal(due_ms, PLAIN_TALK_GRACE_MS + 100);
    tick(&stage, due_ms - 1);
    assert_noted(&stage.events, "");
    tick(&stage, due_ms);
    assert_noted(&stage.events, "joined me\n");
    assert_int_equal(stage.wire->protocol->due_ms(stage.wire), WIRE_NEVER);
    tear_down(&stage);
}

static void a_message_means_it_too(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    hear(&stage, "[a] hi\n[me] lie");
    assert_noted(&stage.events, "joined me\nmessage =[a] hi\nmessage +[me] lie\n");
    hear(&stage, "! shutdown: x");
    assert_noted(&stage.events, "error ! shutdown: x\n");
    tear_down(&stage);
}

static void an_error_before_that_is_a_refusal(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    hear(&stage, "! bad-name: x");
    assert_noted(&stage.events, "refused ! bad-name: x\n");
    end(&stage);
    assert_noted(&stage.events, "");
    tear_down(&stage);
}

static void an_error_for_members_is_none(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    hear(&stage, "! too-long: 4097");
    assert_noted(&stage.events, "joined me\nerror ! too-long: 4097\n");
    tear_down(&stage);
}

static void the_end_shows_what_was_held_back(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    hear(&stage, "[a] \xEA\xB0");
    assert_noted(&stage.events, "");
    end(&stage);
    assert_noted(&stage.events, "joined me\nmessage =[a] \xEA\xB0\n");
    tear_down(&stage);
}

static void lines_go_out_with_pauses(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    const struct wire_protocol *protocol = stage.wire->protocol;
    struct request request = {.kind = REQUEST_SAY, .text = TEXT("안녕")};
    assert_int_equal(protocol->ask(stage.wire, &request), ERR_OK);
    request.kind = REQUEST_JOIN;
    assert_int_equal(protocol->ask(stage.wire, &request), ERR_OK);
    assert_int_equal(protocol->leave(stage.wire, TEXT("words"), false), ERR_OK);
    wire_writes(stage.wire, &stage.sent);
    assert_noted(&stage.sent, "me");
    assert_int_equal(protocol->due_ms(stage.wire), PLAIN_WIRE_NAME_PAUSE_MS);
    stage.wire->now_ms = 1000;
    wire_writes(stage.wire, &stage.sent);
    assert_noted(&stage.sent, "안녕");
    assert_int_equal(protocol->pending_bytes(stage.wire), 2);
    stage.wire->now_ms = 2000;
    wire_writes(stage.wire, &stage.sent);
    assert_noted(&stage.sent, "q");
    assert_int_equal(protocol->pending_bytes(stage.wire), 0);
    tear_down(&stage);
}

static void who_leaves_at_once_drops_the_rest(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage);
    const struct wire_protocol *protocol = stage.wire->protocol;
    wire_writes(stage.wire, &stage.sent);
    struct request request = {.kind = REQUEST_SAY, .text = TEXT("late")};
    assert_int_equal(protocol->ask(stage.wire, &request), ERR_OK);
    assert_int_equal(protocol->leave(stage.wire, TEXT_NONE, true), ERR_OK);
    stage.wire->now_ms = 1000;
    wire_writes(stage.wire, &stage.sent);
    assert_noted(&stage.sent, "meq");
    tear_down(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_means_that_we_are_in),
        cmocka_unit_test(a_message_means_it_too),
        cmocka_unit_test(an_error_before_that_is_a_refusal),
        cmocka_unit_test(an_error_for_members_is_none),
        cmocka_unit_test(the_end_shows_what_was_held_back),
        cmocka_unit_test(lines_go_out_with_pauses),
        cmocka_unit_test(who_leaves_at_once_drops_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
