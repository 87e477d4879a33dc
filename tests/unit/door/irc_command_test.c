/* The command table: every command, with too few params and more, by whom and when it may come and
 * when it may not; and that the reference in docs/protocol/irc.md says the same. */
#include "irc_scenario.h"

#include <stdio.h>

/* What a line is answered with, by the table alone; 0 where the command itself decides. */
static int objection(const struct irc_command *command, bool is_early, bool is_operator,
                     bool has_caps, uint32_t params)
{
    bool lacks_cap = command->cap != 0 && !has_caps;
    bool is_always_lacking = lacks_cap && (command->when & IRC_BEFORE) == 0;
    if (is_always_lacking) {
        return ERR_UNKNOWNCOMMAND;
    }
    if (is_early && ((command->when & IRC_BEFORE) == 0 || lacks_cap)) {
        return ERR_NOTREGISTERED;
    }
    if (!is_early && (command->when & IRC_AFTER) == 0) {
        return ERR_ALREADYREGISTERED;
    }
    if (params < command->params_min) {
        if (command->too_few == ERR_NORECIPIENT) {
            return params == 0 ? ERR_NORECIPIENT : ERR_NOTEXTTOSEND;
        }
        return command->too_few != 0 ? (int)command->too_few : ERR_NEEDMOREPARAMS;
    }
    return command->is_operators && !is_operator ? ERR_NOPRIVILEGES : 0;
}

/* The numeric of the first reply; 0 for none. */
static int first_numeric(struct irc_peer *peer)
{
    const char *replies = irc_peer_string(&peer->replies);
    int numeric = 0;
    if (sscanf(replies, ":irc.example %3d", &numeric) != 1) {
        return 0;
    }
    return numeric;
}

static bool is_of_the_table(int numeric)
{
    return numeric == ERR_UNKNOWNCOMMAND || numeric == ERR_NOTREGISTERED ||
           numeric == ERR_NOPRIVILEGES;
}

static struct text line_of(const struct irc_command *command, uint32_t params, struct bytes *out)
{
    irc_peer_put(out, text_of(command->name));
    for (uint32_t i = 0; i < params; i++) {
        irc_peer_put(out, TEXT(" x"));
    }
    irc_peer_put(out, TEXT("\r\n"));
    return bytes_text(out);
}

static void begin(struct irc_peer *peer, bool is_early, bool is_operator, bool has_caps)
{
    const char *caps = has_caps ? "batch draft/pre-away draft/extended-isupport draft/metadata-3 "
                                  "draft/message-redaction "
                                  "message-tags draft/multiline"
                                : "";
    if (is_early) {
        irc_peer_init(peer);
        if (has_caps) {
            irc_peer_send(
                peer,
                TEXT("CAP REQ :batch draft/pre-away draft/extended-isupport "
                     "draft/metadata-3 draft/message-redaction message-tags draft/multiline\r\n"));
            peer->replies.count = 0;
        }
    } else {
        irc_peer_enter(peer, caps);
    }
    if (is_operator) {
        peer->irc->flags |= (uint32_t)PERSON_OPERATOR;
    }
}

static void every_command_by_everybody_at_every_time(void **state)
{
    (void)state;
    size_t count;
    const struct irc_command *commands = irc_commands(&count);
    for (size_t i = 0; i < count * 8 * 16; i++) {
        const struct irc_command *command = &commands[i / 128];
        bool is_early = (i & 1) != 0;
        bool is_operator = (i & 2) != 0 && !is_early;
        bool has_caps = (i & 4) != 0;
        uint32_t params = (uint32_t)(i / 8 % 16);
        int expected = objection(command, is_early, is_operator, has_caps, params);
        struct irc_peer peer;
        struct bytes line = {0};
        begin(&peer, is_early, is_operator, has_caps);
        irc_peer_send(&peer, line_of(command, params, &line));
        int numeric = first_numeric(&peer);
        bool is_right =
            expected != 0 ? numeric == expected && peer.given == 0 : !is_of_the_table(numeric);
        if (!is_right) {
            fprintf(stderr, "%s with %u params, %s, %s, caps %d: %s", command->name,
                    (unsigned)params, is_early ? "before" : "after",
                    is_operator ? "operator" : "user", (int)has_caps,
                    irc_peer_string(&peer.replies));
            fail();
        }
        if (expected != 0) {
            /* One line, and nothing else. */
            assert_ptr_equal(strchr(peer.replies.data, '\n'),
                             peer.replies.data + peer.replies.count - 1);
        }
        /* The next line is taken, whatever came of this one. */
        if (!peer.closed && !irc_has_batch(peer.irc)) {
            peer.replies.count = 0;
            irc_peer_send(&peer, TEXT("PING next\r\n"));
            assert_string_equal(irc_peer_string(&peer.replies),
                                ":irc.example PONG irc.example :next\n");
        }
        free(line.data);
        irc_peer_finish(&peer);
    }
}

static void every_command_is_done_once_whatever_says_no(void **state)
{
    (void)state;
    size_t count;
    const struct irc_command *commands = irc_commands(&count);
    for (size_t i = 0; i < count * 2 * 5; i++) {
        struct bytes line = {0};
        const struct scenario scenario = {
            .rule = commands[i / 10].name,
            .caps = (i & 1) != 0 ? "batch labeled-response draft/metadata-3 echo-message" : "",
            .input = line_of(&commands[i / 10], (uint32_t)(i / 2 % 5), &line),
            .is_operator = true,
            .right = true,
            .steps = 2,
        };
        struct irc_peer peer;
        scenario_begin(&scenario, &peer);
        irc_peer_send(&peer, scenario.input);
        struct scenario whole = scenario;
        whole.commands = irc_peer_string(&peer.commands);
        whole.replies = irc_peer_string(&peer.replies);
        scenarios_play(&whole, 1);
        free(line.data);
        irc_peer_finish(&peer);
    }
}

static void names_are_in_order_and_found_in_every_case(void **state)
{
    (void)state;
    size_t count;
    const struct irc_command *commands = irc_commands(&count);
    for (size_t i = 0; i < count; i++) {
        char lower[40];
        size_t bytes = strlen(commands[i].name);
        assert_true(bytes < sizeof(lower));
        for (size_t k = 0; k < bytes; k++) {
            lower[k] = (char)(commands[i].name[k] | 0x20);
        }
        assert_true(i == 0 || strcmp(commands[i - 1].name, commands[i].name) < 0);
        assert_ptr_equal(irc_command_find(text_of(commands[i].name)), &commands[i]);
        assert_ptr_equal(irc_command_find((struct text){.data = lower, .count = bytes}),
                         &commands[i]);
        lower[bytes] = 'x';
        assert_null(irc_command_find((struct text){.data = lower, .count = bytes + 1}));
        struct text shorter = {.data = lower, .count = bytes - 1};
        const struct irc_command *found = irc_command_find(shorter);
        assert_true(found == NULL || strlen(found->name) == bytes - 1);
    }
    assert_null(irc_command_find(TEXT("")));
    assert_null(irc_command_find(TEXT("안녕")));
}

/* -- The reference -------------------------------------------------------------------------------
 */

static void put_escaped(struct bytes *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|') {
            irc_peer_put(out, TEXT("\\"));
        }
        irc_peer_append(out, *text == '\n' ? " " : text, 1);
    }
}

/* Its row: "| NAME | `params` | when | by whom | what |". */
static void put_row(struct bytes *out, const struct irc_command *command)
{
    irc_peer_put(out, TEXT("| "));
    irc_peer_put(out, text_of(command->name));
    irc_peer_put(out, TEXT(" | "));
    if (command->usage[0] != '\0') {
        irc_peer_put(out, TEXT("`"));
        put_escaped(out, command->usage);
        irc_peer_put(out, TEXT("`"));
    }
    bool is_always = command->when == (IRC_BEFORE | IRC_AFTER);
    irc_peer_put(out, is_always && command->cap == 0 ? TEXT(" | always | ")
                      : is_always ? TEXT(" | always, before with its capability | ")
                      : command->when == IRC_BEFORE ? TEXT(" | before | ")
                      : command->cap != 0           ? TEXT(" | with its capability | ")
                                                    : TEXT(" | after | "));
    irc_peer_put(out, command->is_operators ? TEXT("operators | ") : TEXT("all | "));
    put_escaped(out, command->help);
    irc_peer_put(out, TEXT(" |\n"));
}

static void reference_has_the_table(void **state)
{
    (void)state;
    struct bytes rows = {0};
    size_t count;
    const struct irc_command *commands = irc_commands(&count);
    for (size_t i = 0; i < count; i++) {
        put_row(&rows, &commands[i]);
    }
    if (getenv("MADANG_PRINT_TABLE") != NULL) {
        printf("%s", irc_peer_string(&rows));
    }
    const char *root = getenv("MADANG_SOURCE_ROOT");
    assert_non_null(root);
    char path[1024];
    snprintf(path, sizeof(path), "%s/docs/protocol/irc.md", root);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct bytes document = {0};
    char chunk[4096];
    size_t got;
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        irc_peer_append(&document, chunk, got);
    }
    fclose(file);
    /* All rows, in one piece. */
    assert_non_null(strstr(irc_peer_string(&document), irc_peer_string(&rows)));
    free(rows.data);
    free(document.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_by_everybody_at_every_time),
        cmocka_unit_test(every_command_is_done_once_whatever_says_no),
        cmocka_unit_test(names_are_in_order_and_found_in_every_case),
        cmocka_unit_test(reference_has_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
