/* Sameness of names, and the list of those that were seen. */
#include "client/names.h"

#include "expect.h"

static void names_differ_but_for_ascii_case(void **state)
{
    (void)state;
    assert_true(name_same(TEXT("Bob"), TEXT("bOB")));
    assert_true(name_same(TEXT(""), TEXT_NONE));
    assert_false(name_same(TEXT("bob"), TEXT("bobby")));
    assert_false(name_same(TEXT("a["), TEXT("a{")));
    assert_false(name_same(TEXT("가"), TEXT("나")));
    assert_true(name_starts(TEXT("Bobby"), TEXT("bob")));
    assert_true(name_starts(TEXT("bob"), TEXT_NONE));
    assert_false(name_starts(TEXT("bo"), TEXT("bob")));
    assert_true(text_starts(TEXT("bob"), TEXT("bo")));
    assert_false(text_starts(TEXT("bob"), TEXT("Bo")));
}

static void a_name_is_addressed_as_a_word(void **state)
{
    (void)state;
    assert_true(name_is_in(TEXT("bob"), TEXT("bob: hi")));
    assert_true(name_is_in(TEXT("bob"), TEXT("hi BOB")));
    assert_true(name_is_in(TEXT("bob"), TEXT("bobby and bob")));
    assert_true(name_is_in(TEXT("철수"), TEXT("김철수야")));
    assert_true(name_is_in(TEXT("bob"), TEXT("bob이 왔다")));
    assert_false(name_is_in(TEXT("bob"), TEXT("bobby")));
    assert_false(name_is_in(TEXT("bob"), TEXT("2bob")));
    assert_false(name_is_in(TEXT("bob"), TEXT("bo")));
    assert_false(name_is_in(TEXT(""), TEXT("anything")));
}

static void the_last_seen_stand_at_the_end(void **state)
{
    (void)state;
    struct people people = {0};
    assert_int_equal(people_see(&people, TEXT("a")), ERR_OK);
    assert_int_equal(people_see(&people, TEXT("b")), ERR_OK);
    assert_int_equal(people_see(&people, TEXT("A")), ERR_OK);
    assert_int_equal(people.count, 2);
    assert_text(bytes_text(&people.names[0]), "b");
    assert_text(bytes_text(&people.names[1]), "A");
    people_forget(&people, TEXT("B"));
    people_forget(&people, TEXT("nobody"));
    assert_int_equal(people.count, 1);
    people_finish(&people);
}

static void the_list_is_bounded(void **state)
{
    (void)state;
    struct people people = {0};
    for (int i = 0; i <= CLIENT_PEOPLE_COUNT_MAX; i++) {
        struct bytes name = {0};
        assert_int_equal(bytes_format(&name, "name%d", i), ERR_OK);
        assert_int_equal(people_see(&people, bytes_text(&name)), ERR_OK);
        bytes_finish(&name);
    }
    assert_int_equal(people.count, CLIENT_PEOPLE_COUNT_MAX);
    assert_text(bytes_text(&people.names[0]), "name1");
    people_finish(&people);
}

static void what_can_be_no_name_is_left_out(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        "a b",
                                        "\x1b[2J",
                                        "\xFF",
                                        "\xE2\x80\xAE",
                                        ("1234567890123456789012345678901234567890"
                                         "1234567890123456789012345")};
    struct people people = {0};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(people_see(&people, text_of(names[i])), ERR_OK);
        assert_int_equal(people.count, 0);
    }
    people_finish(&people);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_differ_but_for_ascii_case),
        cmocka_unit_test(a_name_is_addressed_as_a_word),
        cmocka_unit_test(the_last_seen_stand_at_the_end),
        cmocka_unit_test(the_list_is_bounded),
        cmocka_unit_test(what_can_be_no_name_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
