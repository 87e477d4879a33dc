/* What people say and ask on IRC, and how they break its rules. */
#include "base/check.h"
#include "sim/people.h"

#include <string.h>

const char *const sim_cap_names[SIM_CAP_COUNT] = {
    "message-tags",     "server-time",   "echo-message",         "batch",
    "labeled-response", "multi-prefix",  "userhost-in-names",    "no-implicit-names",
    "draft/multiline",  "invite-notify", "draft/channel-rename", "draft/message-redaction",
};

#define TARGETS_MAX 3
/* Of one line inside a batch. */
#define LINE_TEXT_MAX 440

static void line_end(struct people *people, struct visit *visit)
{
    visit_put(visit, random_below(people->random, 4) == 0 ? TEXT("\n") : TEXT("\r\n"));
}

/* A line with nothing to fill in, and whole. */
static void line(struct people *people, struct visit *visit, const char *words)
{
    visit_put(visit, text_of(words));
    line_end(people, visit);
}

/* Labels are numbers, so that the answers' order shows. */
static void put_label(struct people *people, struct visit *visit)
{
    const uint32_t both = SIM_CAP_LABEL | SIM_CAP_BATCH;
    if ((visit->irc.asked_caps & both) == both &&
        random_permille(people->random, people->manners.labels)) {
        check(bytes_format(&visit->sent, "@label=L%u ", visit->irc.labels_asked++) == ERR_OK);
    }
}

static uint32_t any_room(struct people *people)
{
    return random_below(people->random, people->manners.rooms + 1);
}

/* Mostly one in which it may do what others may not. */
static uint32_t room_to_rule(struct people *people, const struct visit *visit)
{
    struct truth *truth = people->truth;
    uint32_t first = any_room(people);
    const struct sitter *sitter = visit->session != 0 && visit->epoch == truth->epoch
                                      ? chat_sitter(&truth->chat, visit->session)
                                      : NULL;
    if (sitter == NULL || random_below(people->random, 4) == 0) {
        return first;
    }
    for (uint32_t i = 0; i <= people->manners.rooms; i++) {
        uint32_t room = (first + i) % (people->manners.rooms + 1);
        if ((chat_rank(&truth->chat, room, sitter) & RANK_OPERATOR) != 0) {
            return room;
        }
    }
    return first;
}

static void put_room_name(struct people *people, struct visit *visit, uint32_t room)
{
    bool other = random_below(people->random, 8) == 0;
    visit_put(visit, text_of(sim_room_names[room][other ? 1 : 0]));
}

static uint32_t put_room(struct people *people, struct visit *visit)
{
    uint32_t room = any_room(people);
    put_room_name(people, visit, room);
    return room;
}

/* -- Talking --------------------------------------------------------------------------------- */

/* With can_be_long it is up to as long as a line may be, and a bit longer than others may read. */
static void put_text(struct people *people, struct visit *visit, bool can_be_long)
{
    struct random *random = people->random;
    check(bytes_format(&visit->sent, "p%u.%zu.%u", visit->person, people->visit_count,
                       visit->serial++) == ERR_OK);
    bool is_long = can_be_long && random_permille(random, people->manners.long_line);
    visit_put_filler(people, visit,
                     is_long ? random_between(random, 300, 460) : random_below(random, 60));
    visit_put(visit, TEXT("."));
}

static void said_in(struct visit *visit, size_t offset, uint32_t room)
{
    struct said *said = visit_said(visit, offset, true);
    said->room = room;
    said->echo = (visit->irc.asked_caps & SIM_CAP_ECHO) != 0;
    visit->irc.asked++;
}

static void say_in_rooms(struct people *people, struct visit *visit)
{
    uint32_t rooms[TARGETS_MAX];
    uint32_t count =
        random_below(people->random, 4) == 0 ? random_between(people->random, 1, TARGETS_MAX) : 1;
    put_label(people, visit);
    visit_put(visit, TEXT("PRIVMSG "));
    for (uint32_t i = 0; i < count; i++) {
        visit_put(visit, i > 0 ? TEXT(",") : TEXT(""));
        rooms[i] = put_room(people, visit);
    }
    visit_put(visit, TEXT(" :"));
    size_t offset = visit->sent.count;
    put_text(people, visit, count == 1);
    for (uint32_t i = 0; i < count; i++) {
        said_in(visit, offset, rooms[i]);
    }
    line_end(people, visit);
}

/* "@#room": to those of a rank there. */
static void say_to_rank(struct people *people, struct visit *visit)
{
    put_label(people, visit);
    visit_put(visit, random_below(people->random, 2) == 0 ? TEXT("PRIVMSG @") : TEXT("PRIVMSG +"));
    uint32_t room = put_room(people, visit);
    visit_put(visit, TEXT(" :"));
    size_t offset = visit->sent.count;
    put_text(people, visit, true);
    said_in(visit, offset, room);
    line_end(people, visit);
}

/* "@batch=b1 PRIVMSG #room :words"; text has what the core will take, so far. */
static void put_batch_line(struct people *people, struct visit *visit, struct text target,
                           struct bytes *text)
{
    struct random *random = people->random;
    bool concat = text->count > 0 && random_below(random, 4) == 0;
    check(bytes_format(&visit->sent, "@batch=b%u%s PRIVMSG %.*s :", visit->irc.batches,
                       concat ? ";draft/multiline-concat" : "", (int)target.count,
                       target.data) == ERR_OK);
    size_t offset = visit->sent.count;
    if (concat || random_below(random, 5) != 0) {
        bool is_long = random_permille(random, people->manners.long_line);
        visit_put_filler(people, visit, 1 + random_below(random, is_long ? 430 : 60));
    }
    struct text joint = concat ? (struct text){.data = "\0", .count = 1} : TEXT("\n");
    struct text line = {.data = visit->sent.data + offset, .count = visit->sent.count - offset};
    check(bytes_append_text(text, joint) == ERR_OK);
    check(bytes_append_text(text, line) == ERR_OK);
    line_end(people, visit);
}

/* One message of several lines, to a room or a person. */
static void say_lines(struct people *people, struct visit *visit)
{
    struct random *random = people->random;
    uint32_t room = random_below(random, 8) == 0 ? ROOM_NONE : any_room(people);
    struct text target = room == ROOM_NONE ? people_name(people) : text_of(sim_room_names[room][0]);
    uint32_t count = random_between(random, 0, random_below(random, 4) == 0 ? 40 : 4);
    struct bytes text = {0};
    size_t offset = visit->sent.count;
    visit->irc.batches++;
    put_label(people, visit);
    check(bytes_format(&visit->sent, "BATCH +b%u draft/multiline %.*s\r\n@batch=b%u PRIVMSG %.*s :",
                       visit->irc.batches, (int)target.count, target.data, visit->irc.batches,
                       (int)target.count, target.data) == ERR_OK);
    size_t first = visit->sent.count;
    put_text(people, visit, true);
    check(bytes_append(&text, visit->sent.data + first, visit->sent.count - first) == ERR_OK);
    line_end(people, visit);
    for (uint32_t i = 0; i < count && text.count < MULTILINE_BYTES_MAX - LINE_TEXT_MAX; i++) {
        put_batch_line(people, visit, target, &text);
    }
    check(bytes_format(&visit->sent, "BATCH -b%u", visit->irc.batches) == ERR_OK);
    said_in(visit, offset, room);
    visit->said[visit->said_count - 1].lines = text;
    line_end(people, visit);
}

/* What cannot become a message: blank, too many lines, or one of them to somebody else. */
static void break_lines(struct people *people, struct visit *visit)
{
    uint32_t which = random_below(people->random, 3);
    uint32_t number = ++visit->irc.batches;
    uint32_t count = which == 1 ? MULTILINE_LINES_MAX + 1 : 2;
    put_label(people, visit);
    check(bytes_format(&visit->sent, "BATCH +b%u draft/multiline #madang\r\n", number) == ERR_OK);
    for (uint32_t i = 0; i < count; i++) {
        check(bytes_format(&visit->sent, "@batch=b%u PRIVMSG %s :%s\r\n", number,
                           which == 2 && i > 0 ? "nobody" : "#madang",
                           which == 0 ? "" : "dropped") == ERR_OK);
    }
    check(bytes_format(&visit->sent, "BATCH -b%u", number) == ERR_OK);
    visit->irc.asked++;
    line_end(people, visit);
}

static void say_to_person(struct people *people, struct visit *visit)
{
    put_label(people, visit);
    visit_put(visit, TEXT("PRIVMSG "));
    visit_put(visit, people_name(people));
    visit_put(visit, TEXT(" :"));
    size_t offset = visit->sent.count;
    put_text(people, visit, true);
    said_in(visit, offset, ROOM_NONE);
    line_end(people, visit);
}

/* -- Doing ----------------------------------------------------------------------------------- */

static void put_key(struct people *people, struct visit *visit)
{
    visit_put(visit, random_below(people->random, 3) == 0 ? TEXT("sesame") : TEXT("열쇠"));
}

static void join(struct people *people, struct visit *visit)
{
    put_label(people, visit);
    visit_put(visit, TEXT("JOIN "));
    (void)put_room(people, visit);
    visit->irc.asked++;
    if (random_below(people->random, 3) == 0) {
        visit_put(visit, TEXT(","));
        (void)put_room(people, visit);
        visit->irc.asked++;
    }
    if (random_below(people->random, 3) == 0) {
        visit_put(visit, TEXT(" "));
        put_key(people, visit);
    }
    line_end(people, visit);
}

/* "VERB room" and what is to follow. */
static void rule_in_room(struct people *people, struct visit *visit, const char *verb)
{
    put_label(people, visit);
    visit_put(visit, text_of(verb));
    visit_put(visit, TEXT(" "));
    put_room_name(people, visit, room_to_rule(people, visit));
    visit->irc.asked++;
}

/* Somebody's nick, or several people's. */
static struct text any_mask(struct people *people)
{
    static const char *const masks[] = {"us*", "*1", "B?b", "민*", "?수", "a*e", "*e*", "*"};
    uint32_t which = random_below(people->random, 12);
    return which < 8 ? text_of(masks[which]) : people_name(people);
}

/* The letter's param is put into params. */
static void put_mode_param(struct people *people, char letter, bool is_set, struct bytes *params)
{
    struct random *random = people->random;
    enum error error = ERR_OK;
    switch (letter) {
    case 'o':
    case 'v':
        error = bytes_append_text(params, people_name(people));
        break;
    case 'b':
    case 'e':
        error = bytes_append_text(params, any_mask(people));
        break;
    case 'k':
        error =
            bytes_append_text(params, random_below(random, 2) == 0 ? TEXT("sesame") : TEXT("열쇠"));
        break;
    case 'l':
        if (is_set) {
            error = bytes_format(params, "%u", random_between(random, 1, 8));
        }
        break;
    default:
        break;
    }
    check(error == ERR_OK);
}

/* Mostly one, sometimes several in a line. */
static void change_modes(struct people *people, struct visit *visit)
{
    static const char letters[] = "oooovvbbbeekliimmnt";
    struct random *random = people->random;
    struct bytes params = {0};
    uint32_t count = random_below(random, 3) == 0 ? random_between(random, 2, 4) : 1;
    rule_in_room(people, visit, "MODE");
    visit_put(visit, TEXT(" "));
    for (uint32_t i = 0; i < count; i++) {
        char letter = letters[random_below(random, sizeof(letters) - 1)];
        bool is_set = random_below(random, letter == 'o' ? 3 : 2) != 0;
        check(bytes_format(&visit->sent, "%c%c", is_set ? '+' : '-', letter) == ERR_OK);
        size_t before = params.count;
        check(bytes_append_text(&params, TEXT(" ")) == ERR_OK);
        put_mode_param(people, letter, is_set, &params);
        params.count = params.count == before + 1 ? before : params.count;
    }
    visit_put(visit, bytes_text(&params));
    bytes_finish(&params);
}

/* "INVITE nick room"; sometimes nobody else may come in from then on. */
static void invite(struct people *people, struct visit *visit)
{
    struct text room = text_of(sim_room_names[room_to_rule(people, visit)][0]);
    if (random_below(people->random, 3) == 0) {
        check(bytes_format(&visit->sent, "MODE %.*s +i\r\n", (int)room.count, room.data) == ERR_OK);
        visit->irc.asked++;
    }
    put_label(people, visit);
    visit_put(visit, TEXT("INVITE "));
    visit_put(visit, people_name(people));
    visit_put(visit, TEXT(" "));
    visit_put(visit, room);
    visit->irc.asked++;
}

/*
 * Wants to be told of somebody, or no more. A name that is given twice is watched once, and who is
 * asked about twice is named twice, so that the answer is not taken for the word about who came.
 */
static void change_watch(struct people *people, struct visit *visit)
{
    struct irc_visit *irc = &visit->irc;
    struct text name = people_name(people);
    uint32_t bit = 1u << sim_name_find(name);
    if (visit->fact_cursor >= irc->unsure_end) {
        irc->toggled = 0;
    }
    irc->toggled |= bit;
    irc->unsure_end = SIZE_MAX;
    put_label(people, visit);
    if (random_below(people->random, 3) != 0) {
        irc->watched |= bit;
        check(bytes_format(&visit->sent, "MONITOR + %.*s,%.*s", (int)name.count, name.data,
                           (int)name.count, name.data) == ERR_OK);
    } else {
        irc->watched &= ~bit;
        check(bytes_format(&visit->sent, "MONITOR - %.*s", (int)name.count, name.data) == ERR_OK);
    }
    line_end(people, visit);
    check(bytes_format(&visit->sent, "PING w%u", ++irc->watch_count) == ERR_OK);
}

/* "REDACT #room msgid": its own last message, somebody's, or none. */
static void redact(struct people *people, struct visit *visit)
{
    struct random *random = people->random;
    put_label(people, visit);
    visit_put(visit, TEXT("REDACT "));
    if (random_below(random, 8) == 0) {
        put_room_name(people, visit, any_room(people));
        visit_put(visit, random_below(random, 2) == 0 ? TEXT(" 00000000000a") : TEXT(" nonsense"));
    } else {
        visit_put(visit, bytes_text(&visit->irc.last_id));
    }
    visit_put(visit, random_below(random, 2) == 0 ? TEXT(" :wrong room") : TEXT(""));
    visit->irc.asked++;
    line_end(people, visit);
}

static void do_something(struct people *people, struct visit *visit)
{
    struct random *random = people->random;
    bool can_watch = visit->irc.registered;
    bool can_redact = (visit->irc.caps & SIM_CAP_REDACTION) != 0 && visit->irc.last_id.count > 0;
    if (can_redact && random_below(random, 4) == 0) {
        redact(people, visit);
        return;
    }
    switch (random_below(random, can_watch ? 13 : 11)) {
    case 0:
    case 1:
        join(people, visit);
        return;
    case 2:
        put_label(people, visit);
        visit_put(visit, TEXT("PART "));
        (void)put_room(people, visit);
        visit->irc.asked++;
        if (random_below(random, 2) == 0) {
            visit_put(visit, TEXT(" :for now"));
        }
        break;
    case 3:
        put_label(people, visit);
        visit_put(visit, TEXT("NICK "));
        visit_put(visit, people_name(people));
        visit->irc.asked++;
        break;
    case 4:
        rule_in_room(people, visit, "TOPIC");
        check(bytes_format(&visit->sent, " :topic %u", random_below(random, 5)) == ERR_OK);
        break;
    case 5:
        rule_in_room(people, visit, "KICK");
        visit_put(visit, TEXT(" "));
        visit_put(visit, people_name(people));
        visit_put(visit, random_below(random, 2) == 0 ? TEXT(" :enough now") : TEXT(""));
        break;
    case 6:
    case 7:
        change_modes(people, visit);
        break;
    case 8:
        invite(people, visit);
        break;
    case 11:
    case 12:
        change_watch(people, visit);
        break;
    case 9:
        rule_in_room(people, visit, "RENAME");
        visit_put(visit, TEXT(" "));
        (void)put_room(people, visit);
        visit_put(visit, random_below(random, 2) == 0 ? TEXT(" :a better name") : TEXT(""));
        break;
    default:
        put_label(people, visit);
        visit_put(visit, random_below(random, 2) == 0 ? TEXT("AWAY :at lunch") : TEXT("AWAY"));
        visit->irc.asked++;
        break;
    }
    line_end(people, visit);
}

static void ask_names(struct people *people, struct visit *visit)
{
    visit_put(visit, TEXT("NAMES "));
    for (uint32_t i = 0; i <= people->manners.rooms; i++) {
        visit_put(visit, i > 0 ? TEXT(",") : TEXT(""));
        visit_put(visit, text_of(sim_room_names[i][0]));
    }
}

static void ask(struct people *people, struct visit *visit)
{
    static const char *const alone[] = {"LIST", "LUSERS", "WHO *", "TIME"};
    static const char *const of_room[] = {"WHO ", "MODE ", "TOPIC ", "NAMES "};
    static const char *const lists[] = {" b", " +e"};
    static const char *const of_nick[] = {"WHOIS ", "WHO ", "USERHOST ", "ISON "};
    struct random *random = people->random;
    put_label(people, visit);
    switch (random_below(random, 6)) {
    case 0:
        ask_names(people, visit);
        break;
    case 1:
        visit_put(visit, text_of(alone[random_below(random, 4)]));
        break;
    case 2:
        visit_put(visit, text_of(of_room[random_below(random, 4)]));
        (void)put_room(people, visit);
        break;
    case 3:
        visit_put(visit, text_of(of_nick[random_below(random, 4)]));
        visit_put(visit, people_name(people));
        break;
    case 4:
        visit_put(visit, TEXT("MODE "));
        (void)put_room(people, visit);
        visit_put(visit, text_of(lists[random_below(random, 2)]));
        break;
    default:
        check(bytes_format(&visit->sent, "PING :t%u.%u", visit->person, visit->irc.pings++) ==
              ERR_OK);
        break;
    }
    line_end(people, visit);
}

/* What the server must refuse, or pass over. */
static void break_rules(struct people *people, struct visit *visit)
{
    static const struct {
        const char *words;
        size_t count;
        uint32_t refused;
    } lines[] = {
        {"PRIVMSG #madang :no \xff\xfe UTF-8", 26, 1},
        {"PRIVMSG #madang :carriage \r return", 34, 1},
        {"PRIVMSG #madang :nul \0 byte", 27, 1},
        {"NONSENSE and more", 17, 1},
        {"JOIN", 4, 1},
        {"PRIVMSG #madang", 15, 1},
        {"", 0, 0},
        {"   ", 3, 0},
    };
    struct random *random = people->random;
    uint32_t which = random_below(random, 10);
    if (which < 8) {
        visit_put(visit, (struct text){.data = lines[which].words, .count = lines[which].count});
        visit->irc.asked += lines[which].refused;
    } else {
        visit_put(visit, TEXT("PRIVMSG #madang :"));
        visit_put_filler(people, visit,
                         which == 8 ? random_between(random, 500, 3000)
                                    : random_between(random, 500, 12000));
        visit->irc.asked++;
    }
    line_end(people, visit);
}

/* Others than it has: what it reads looks different from then on. */
static void change_caps(struct people *people, struct visit *visit)
{
    uint32_t cap = random_below(people->random, SIM_CAP_CHANGED_COUNT);
    bool off = (visit->irc.asked_caps & 1u << cap) != 0;
    check(bytes_format(&visit->sent, "CAP REQ :%s%s", off ? "-" : "", sim_cap_names[cap]) ==
          ERR_OK);
    visit->irc.asked_caps ^= 1u << cap;
    line_end(people, visit);
}

void visit_irc_say(struct people *people, struct visit *visit)
{
    struct random *random = people->random;
    const struct manners *manners = &people->manners;
    if (!visit->irc.registered && visit->irc.uncertain) {
        return; /* It looks for another name first. */
    }
    visit->irc.begun_early = visit->irc.begun_early || !visit->irc.registered;
    bool has_batches = (visit->irc.asked_caps & SIM_CAP_MULTILINE) != 0;
    if (random_permille(random, manners->odd_line)) {
        if (has_batches && random_below(random, 4) == 0) {
            break_lines(people, visit);
        } else {
            break_rules(people, visit);
        }
    } else if (random_permille(random, manners->talk)) {
        uint32_t whom = random_below(random, 16);
        if (whom < 2) {
            say_to_person(people, visit);
        } else if (whom == 2) {
            say_to_rank(people, visit);
        } else if (whom < 6 && has_batches) {
            say_lines(people, visit);
        } else {
            say_in_rooms(people, visit);
        }
    } else if (manners->caps > 0 && random_below(random, 12) == 0) {
        change_caps(people, visit);
    } else if (random_below(random, 2) == 0) {
        ask(people, visit);
    } else {
        do_something(people, visit);
    }
}

/* -- Coming and going ------------------------------------------------------------------------ */

static bool ask_for_caps(struct people *people, struct visit *visit)
{
    uint32_t caps = 0;
    bool begins = people->manners.caps > 0 && random_below(people->random, 3) == 0;
    if (begins) {
        line(people, visit, "CAP LS 302");
    }
    for (uint32_t i = 0; i < SIM_CAP_COUNT; i++) {
        caps |= random_permille(people->random, people->manners.caps) ? 1u << i : 0;
    }
    if (caps == 0) {
        return begins;
    }
    visit_put(visit, TEXT("CAP REQ :"));
    for (uint32_t i = 0; i < SIM_CAP_COUNT; i++) {
        if ((caps & 1u << i) != 0) {
            check(bytes_format(&visit->sent, "%s ", sim_cap_names[i]) == ERR_OK);
        }
    }
    line_end(people, visit);
    visit->irc.asked_caps = caps;
    return true;
}

static void put_nick(struct people *people, struct visit *visit)
{
    bool is_odd = random_permille(people->random, people->manners.odd_name);
    visit_put(visit, TEXT("NICK "));
    visit_put(visit, is_odd ? TEXT("1st") : people_name(people));
    if (visit->irc.uncertain && !is_odd && random_below(people->random, 4) != 0) {
        /* As clients do when a nick is taken. */
        check(bytes_format(&visit->sent, "%u", visit->person) == ERR_OK);
    }
    line_end(people, visit);
}

static void enter_all_rooms(struct people *people, struct visit *visit)
{
    visit_put(visit, TEXT("JOIN "));
    for (uint32_t i = 0; i <= people->manners.rooms; i++) {
        visit_put(visit, i > 0 ? TEXT(",") : TEXT(""));
        visit_put(visit, text_of(sim_room_names[i][0]));
        visit->irc.asked++;
    }
    line_end(people, visit);
}

void visit_irc_begin(struct people *people, struct visit *visit)
{
    bool nick_first = random_below(people->random, 2) == 0;
    bool negotiates = ask_for_caps(people, visit);
    if (nick_first) {
        put_nick(people, visit);
    }
    line(people, visit, "USER somebody-with-a-name 0 * :Some One");
    if (!nick_first) {
        put_nick(people, visit);
    }
    if (negotiates) {
        line(people, visit, "CAP END");
    }
    if (random_below(people->random, 8) != 0) {
        visit->irc.begun_early = true;
        if (random_permille(people->random, people->manners.enter_all)) {
            enter_all_rooms(people, visit);
        } else {
            visit->irc.asked++;
            line(people, visit, "JOIN #madang");
        }
    }
}

void visit_irc_renick(struct people *people, struct visit *visit)
{
    if (!visit->ends_behind && !visit->half_closed && !visit->said_quit) {
        put_nick(people, visit);
    }
}

void visit_irc_invited(struct people *people, struct visit *visit, uint32_t room)
{
    bool says_more = !visit->ends_behind && !visit->half_closed && !visit->said_quit;
    if (says_more && random_below(people->random, 3) != 0) {
        visit_put(visit, TEXT("JOIN "));
        visit_put(visit, text_of(sim_room_names[room][0]));
        visit->irc.asked++;
        line_end(people, visit);
    }
}

void visit_irc_quit(struct people *people, struct visit *visit)
{
    line(people, visit, random_below(people->random, 2) == 0 ? "QUIT" : "QUIT :good night");
    visit->said_quit = true;
}
