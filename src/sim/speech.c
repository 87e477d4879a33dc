/* What people say: names, messages that are all different, and all that is no message. */
#include "sim/people.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

static const char *const odd_names[] = {
    "1st",
    "-dash",
    "two words",
    "\xff\xfe",
    "an-extremely-long-name-that-nobody-may-have-here",
    "tab\there",
    "q",
    "",
    "서버",
    ("\xe2\x80\xae"
     "rtl"),
};
static const char *const foreign_words[] = {
    "GET / HTTP/1.1\r\nHost: here\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "POST /x HTTP/1.0\r\n\r\n",
};

void visit_put(struct visit *visit, struct text text)
{
    check(bytes_append_text(&visit->sent, text) == ERR_OK);
}

struct said *visit_said(struct visit *visit, size_t offset, bool is_message)
{
    if (visit->said_count == visit->said_capacity) {
        visit->said_capacity = visit->said_capacity == 0 ? 16 : visit->said_capacity * 2;
        visit->said = mem_realloc(visit->said, visit->said_capacity * sizeof(*visit->said));
        check(visit->said != NULL);
    }
    struct said *said = &visit->said[visit->said_count++];
    *said = (struct said){
        .offset = offset,
        .count = (uint32_t)(visit->sent.count - offset),
        .is_message = is_message,
    };
    return said;
}

static void put_end(struct people *people, struct visit *visit)
{
    if (!visit->chunk) {
        visit_put(visit, random_below(people->random, 4) == 0 ? TEXT("\r\n") : TEXT("\n"));
    }
}

struct text people_name(struct people *people)
{
    uint32_t count = people->settings->name_count;
    uint32_t below = count < SIM_NAMES ? count : SIM_NAMES;
    return text_of(sim_names[random_below(people->random, below)]);
}

void visit_say_name(struct people *people, struct visit *visit)
{
    struct random *random = people->random;
    visit->name_sent = true;
    if (visit->is_irc) {
        visit_irc_begin(people, visit);
        return;
    }
    if (random_permille(random, people->manners.odd_name)) {
        uint32_t count = sizeof(odd_names) / sizeof(*odd_names);
        visit_put(visit, text_of(odd_names[random_below(random, count)]));
    } else {
        visit_put(visit, people_name(people));
    }
    put_end(people, visit);
}

void visit_put_filler(struct people *people, struct visit *visit, size_t count)
{
    static const char *const letters[] = {"a", " ", "é", "가", "힣", "😀", "z", "마당", "-"};
    size_t end = visit->sent.count + count;
    while (visit->sent.count < end) {
        struct text letter =
            text_of(letters[random_below(people->random, sizeof(letters) / sizeof(*letters))]);
        visit_put(visit, visit->sent.count + letter.count <= end ? letter : TEXT("."));
    }
}

static void put_odd(struct people *people, struct visit *visit)
{
    switch (random_below(people->random, 7)) {
    case 0:
        visit_put(visit, TEXT(" \xff\xfe no UTF-8"));
        break;
    case 1:
        visit_put_filler(people, visit, random_between(people->random, 4050, 4140));
        break;
    case 2:
        visit_put_filler(people, visit, random_between(people->random, 4097, 9000));
        break;
    case 3:
        visit_put(visit, TEXT(" \x1b[31mred\x07 \x7f \r middle \xe2\x80\xae turned"));
        break;
    case 4:
        visit_put(visit, TEXT(" [user1] not I ! error: no"));
        break;
    case 5:
        visit_put_filler(people, visit, random_between(people->random, 9000, 70000));
        break;
    default:
        visit_put(visit, TEXT(" q quit"));
        break;
    }
}

void visit_say(struct people *people, struct visit *visit)
{
    struct random *random = people->random;
    const struct manners *manners = &people->manners;
    size_t offset = visit->sent.count;
    if (visit->is_irc) {
        visit_irc_say(people, visit);
        return;
    }
    if (!visit->chunk && random_permille(random, manners->odd_line) &&
        random_below(random, 3) == 0) {
        visit_put(visit, random_below(random, 2) == 0 ? TEXT("") : TEXT(" \t "));
        (void)visit_said(visit, offset, false);
        put_end(people, visit);
        return;
    }
    check(bytes_format(&visit->sent, "p%u.%zu.%u", visit->person, people->visit_count,
                       visit->serial++) == ERR_OK);
    if (random_permille(random, manners->odd_line)) {
        put_odd(people, visit);
    } else if (random_permille(random, manners->long_line)) {
        visit_put_filler(people, visit, random_between(random, 100, 4000));
    } else {
        visit_put_filler(people, visit, random_below(random, 60));
    }
    visit_put(visit, TEXT("."));
    (void)visit_said(visit, offset, true);
    put_end(people, visit);
}

void visit_say_foreign(struct people *people, struct visit *visit)
{
    uint32_t count = sizeof(foreign_words) / sizeof(*foreign_words);
    visit_put(visit, text_of(foreign_words[random_below(people->random, count)]));
    visit->name_sent = true;
}

void visit_say_quit(struct people *people, struct visit *visit)
{
    size_t offset = visit->sent.count;
    if (visit->is_irc) {
        visit_irc_quit(people, visit);
        return;
    }
    visit_put(visit, random_below(people->random, 2) == 0 ? TEXT("q") : TEXT("quit"));
    (void)visit_said(visit, offset, false);
    put_end(people, visit);
    visit->said_quit = true;
}
