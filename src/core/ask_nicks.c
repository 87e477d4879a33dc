/* Who of several people is there: USERHOST, ISON (RFC 2812 sections 4.8 and 4.9) and MONITOR's
 * first answer (IRCv3 monitor). */
#include "core/ask_page.h"

#include "base/check.h"

/* A cursor: which pass, and the place in the command's text. */
#define PLACE_BITS 32

/* How the answer is made. */
struct roll {
    enum numeric numeric;
    char separator;     /* Of the words in the command and in the answer. */
    bool is_never_none; /* A line even when it is empty. */
    /* Adds the word for nick (person is NULL when nobody is called that), if there is one. False:
     * no room for it in this line. */
    bool (*add)(struct words *words, struct text nick, const struct session *person);
};

static bool userhost_add(struct words *words, struct text nick, const struct session *person)
{
    (void)nick;
    if (person == NULL) {
        return true;
    }
    const bool is_operator = (person->flags & PERSON_OPERATOR) != 0;
    const bool is_away = (person->flags & PERSON_AWAY) != 0;
    const struct text pieces[] = {
        session_nick(person),
        is_operator ? TEXT("*") : TEXT(""),
        is_away ? TEXT("=-") : TEXT("=+"),
        session_user(person),
        TEXT("@"),
        session_host(person),
    };
    return words_add(words, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

static bool ison_add(struct words *words, struct text nick, const struct session *person)
{
    (void)nick;
    if (person == NULL) {
        return true;
    }
    const struct text own = session_nick(person);
    return words_add(words, &own, 1);
}

static bool online_add(struct words *words, struct text nick, const struct session *person)
{
    (void)nick;
    if (person == NULL) {
        return true;
    }
    char prefix[PREFIX_BYTES_MAX];
    const struct text whole = session_prefix(person, prefix);
    return words_add(words, &whole, 1);
}

static bool offline_add(struct words *words, struct text nick, const struct session *person)
{
    return person != NULL || words_add(words, &nick, 1);
}

/* What is longer is nobody's name, and might not fit into a line. */
static bool could_be_nick(struct text nick)
{
    return nick.count <= NAME_BYTES_MAX && text_equal(page_param(nick), nick);
}

/* Tells of the nicks from *place in the text on; false: go on there. */
static bool roll_call(struct page *page, const struct roll *roll, uint64_t *place)
{
    const struct text text = page->command->text;
    struct text rest = page_text_from(page, *place);
    struct text nick;
    struct words words;
    bool is_given = *place > 0;
    words_begin(&words, page, NULL, 0);
    words.separator = roll->separator;
    while (!page_is_tired(page) && page_word(&rest, roll->separator, &nick)) {
        page_spend(page, NAME_COST);
        const struct session *person = session_find(page->core, nick);
        if (!could_be_nick(nick) || roll->add(&words, nick, person)) {
            continue;
        }
        if (!PAGE_REPLY(page, roll->numeric, words_text(&words))) {
            return false;
        }
        is_given = true;
        *place = (uint64_t)(nick.data - text.data);
        words_clear(&words);
        check(roll->add(&words, nick, person));
    }
    const bool is_needed = words.count > 0 || (roll->is_never_none && !is_given);
    if (is_needed && !PAGE_REPLY(page, roll->numeric, words_text(&words))) {
        return false;
    }
    *place = text.count - rest.count;
    return rest.count == 0;
}

uint64_t ask_userhost(const struct core *core, const struct command *command,
                      const struct core_sink *sink)
{
    static const struct roll roll = {RPL_USERHOST, ' ', true, userhost_add};
    struct page page = page_of(core, command, sink);
    uint64_t place = command->cursor;
    return roll_call(&page, &roll, &place) ? 0 : place;
}

uint64_t ask_ison(const struct core *core, const struct command *command,
                  const struct core_sink *sink)
{
    static const struct roll roll = {RPL_ISON, ' ', true, ison_add};
    struct page page = page_of(core, command, sink);
    uint64_t place = command->cursor;
    return roll_call(&page, &roll, &place) ? 0 : place;
}

uint64_t ask_online(const struct core *core, const struct command *command,
                    const struct core_sink *sink)
{
    static const struct roll rolls[] = {
        {RPL_MONONLINE, ',', false, online_add},
        {RPL_MONOFFLINE, ',', false, offline_add},
    };
    struct page page = page_of(core, command, sink);
    uint64_t place = command->cursor & UINT32_MAX;
    for (uint64_t i = command->cursor >> PLACE_BITS; i < sizeof(rolls) / sizeof(rolls[0]); i++) {
        if (!roll_call(&page, &rolls[i], &place)) {
            return i << PLACE_BITS | place;
        }
        place = 0;
    }
    return 0;
}
