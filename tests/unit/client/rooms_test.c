/* The rooms, and the line that says what goes on in them. */
#include "client/rooms.h"

#include "expect.h"

static size_t add(struct rooms *rooms, const char *name)
{
    size_t index;
    assert_int_equal(rooms_add(rooms, text_of(name), &index), ERR_OK);
    return index;
}

static void assert_activity(const struct rooms *rooms, const char *expected)
{
    struct bytes line = {0};
    assert_int_equal(rooms_activity(rooms, &line), ERR_OK);
    assert_text(bytes_text(&line), expected);
    bytes_finish(&line);
}

static void one_room_needs_no_line(void **state)
{
    (void)state;
    struct rooms rooms = {0};
    assert_text(rooms_current(&rooms), "");
    assert_activity(&rooms, "");
    add(&rooms, "#madang");
    assert_text(rooms_current(&rooms), "#madang");
    assert_activity(&rooms, "");
    rooms_finish(&rooms);
}

static void the_others_stand_by_their_numbers(void **state)
{
    (void)state;
    struct rooms rooms = {0};
    add(&rooms, "#madang");
    add(&rooms, "#팀");
    add(&rooms, "#x\x1b");
    rooms.list[1].unread = 3;
    assert_activity(&rooms, "[#madang] 2:#팀(3) 3:#x^[ ");
    rooms_enter(&rooms, 1);
    assert_activity(&rooms, "[#팀] 1:#madang 3:#x^[ ");
    assert_int_equal(rooms_find(&rooms, TEXT("#MADANG")), 0);
    assert_int_equal(rooms_find(&rooms, TEXT("#nowhere")), ROOMS_NONE);
    rooms_finish(&rooms);
}

static void the_current_one_stays_when_another_goes(void **state)
{
    (void)state;
    struct rooms rooms = {0};
    add(&rooms, "#a");
    add(&rooms, "#b");
    add(&rooms, "#c");
    rooms_enter(&rooms, 1);
    rooms_remove(&rooms, 0);
    assert_text(rooms_current(&rooms), "#b");
    rooms_remove(&rooms, 1);
    assert_text(rooms_current(&rooms), "#b");
    rooms_remove(&rooms, 0);
    assert_text(rooms_current(&rooms), "");
    rooms_finish(&rooms);
}

static void the_last_one_gives_way_to_the_one_before(void **state)
{
    (void)state;
    struct rooms rooms = {0};
    add(&rooms, "#a");
    add(&rooms, "#b");
    rooms_enter(&rooms, 1);
    rooms_remove(&rooms, 1);
    assert_text(rooms_current(&rooms), "#a");
    rooms_finish(&rooms);
}

static void there_is_a_bound(void **state)
{
    (void)state;
    struct rooms rooms = {0};
    for (int i = 0; i < CLIENT_ROOM_COUNT_MAX; i++) {
        assert_int_equal(add(&rooms, "#a"), i);
    }
    assert_int_equal(add(&rooms, "#b"), ROOMS_NONE);
    rooms_finish(&rooms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_room_needs_no_line),
        cmocka_unit_test(the_others_stand_by_their_numbers),
        cmocka_unit_test(the_current_one_stays_when_another_goes),
        cmocka_unit_test(the_last_one_gives_way_to_the_one_before),
        cmocka_unit_test(there_is_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
