/* The lives of people: coming, talking, leaving in every way, and coming again. */
#include "sim/people.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

/* Who has so much to say that the server has not taken yet waits with the rest. */
#define UNSENT_BYTES_MAX 20000

void people_init(struct people *people, const struct settings *settings)
{
    people->settings = settings;
    people->manners = settings->manners;
    for (uint32_t i = 0; i < settings->people_count; i++) {
        people->persons[i] = (struct visitor){
            .address = settings_address(i),
            .next_ms = random_below(people->random, settings->manners.away_ms_max + 1),
        };
    }
}

void people_finish(struct people *people)
{
    for (size_t i = 0; i < people->visit_count; i++) {
        struct visit *visit = people->visits[i];
        bytes_finish(&visit->sent);
        bytes_finish(&visit->in);
        bytes_finish(&visit->irc.nick);
        bytes_finish(&visit->irc.batch);
        bytes_finish(&visit->irc.multi);
        bytes_finish(&visit->irc.last_id);
        bytes_finish(&visit->irc.lines);
        for (size_t k = 0; k < visit->said_count; k++) {
            bytes_finish(&visit->said[k].lines);
        }
        mem_free(visit->stays);
        mem_free(visit->said);
        mem_free(visit);
    }
    mem_free(people->visits);
}

static struct visit *visit_new(struct people *people)
{
    if (people->visit_count == people->visit_capacity) {
        people->visit_capacity = people->visit_capacity == 0 ? 64 : people->visit_capacity * 2;
        people->visits =
            mem_realloc(people->visits, people->visit_capacity * sizeof(*people->visits));
        check(people->visits != NULL);
    }
    struct visit *visit = mem_zalloc(1, sizeof(*visit));
    check(visit != NULL);
    people->visits[people->visit_count++] = visit;
    return visit;
}

static int64_t later(struct people *people, int64_t now_ms, uint32_t ms_max)
{
    return now_ms + 1 + random_below(people->random, ms_max + 1);
}

/* Its end of the connection is closed; what it had heard, it had heard. */
static void visit_over(struct people *people, struct visitor *person)
{
    person->visit->link = -1;
    person->visit->is_over = true;
    person->visit = NULL;
    person->next_ms = later(people, people->net->now_ms, people->manners.away_ms_max);
}

static void person_connect(struct people *people, uint32_t index)
{
    struct visitor *person = &people->persons[index];
    const struct manners *manners = &people->manners;
    struct random *random = people->random;
    bool is_irc = random_permille(random, manners->irc);
    int link =
        net_connect(people->net, &person->address, is_irc ? SIM_LISTENER_IRC : SIM_LISTENER_PLAIN);
    if (link < 0) {
        person->next_ms = later(people, people->net->now_ms, 500);
        return;
    }
    struct visit *visit = visit_new(people);
    visit->person = index;
    visit->link = link;
    visit->epoch = people->truth->epoch;
    visit->is_irc = is_irc;
    visit->chunk = !is_irc && random_permille(random, manners->chunk);
    visit->foreign = !is_irc && random_permille(random, manners->foreign);
    people->of_link[link] = visit;
    person->visit = visit;
    person->next_ms = later(people, people->net->now_ms, manners->think_ms_max / 4);
    report_event(people->report, "person %u comes on link %d", index, link);
    if (random_permille(random, manners->silent)) {
        person->next_ms = INT64_MAX;
    }
}

static void person_leave(struct people *people, uint32_t index)
{
    struct visitor *person = &people->persons[index];
    struct visit *visit = person->visit;
    uint32_t way = random_below(people->random, 8);
    if (random_permille(people->random, people->manners.abrupt)) {
        way = 5 + way % 3;
    }
    report_event(people->report, "person %u leaves, way %u", index, way);
    person->next_ms = INT64_MAX;
    if (way < 3 && visit->name_sent) {
        visit_say_quit(people, visit);
        report_mark(people->report, MARK_QUIT);
        if (random_below(people->random, 4) == 0) {
            visit_say(people, visit); /* What follows is nobody's word. */
        }
    } else if (way < 5) {
        visit->ends_behind = true;
        report_mark(people->report, MARK_HALF_CLOSE);
    } else if (way == 5) {
        report_mark(people->report,
                    visit->sent_count < visit->sent.count ? MARK_RESET_IN_LINE : MARK_RESET);
        net_reset(people->net, visit->link);
        visit_over(people, person);
    } else if (way == 6) {
        report_mark(people->report, MARK_VANISHED);
        net_unplug(people->net, visit->link);
        visit_over(people, person);
    } else {
        net_close(people->net, visit->link);
        visit_over(people, person);
    }
}

static void person_talk(struct people *people, uint32_t index)
{
    struct visitor *person = &people->persons[index];
    struct visit *visit = person->visit;
    const struct manners *manners = &people->manners;
    struct random *random = people->random;
    uint32_t count = 1;
    if (random_permille(random, manners->burst)) {
        count = random_between(random, 1, manners->burst_max);
    }
    for (uint32_t i = 0; i < count && visit->sent.count - visit->sent_count < UNSENT_BYTES_MAX;
         i++) {
        visit_say(people, visit);
    }
    if (random_permille(random, manners->stop_reading)) {
        visit->reads_again_ms = later(people, people->net->now_ms, manners->stop_reading_ms_max);
    }
}

static void person_act(struct people *people, uint32_t index)
{
    struct visitor *person = &people->persons[index];
    struct visit *visit = person->visit;
    const struct manners *manners = &people->manners;
    struct random *random = people->random;
    person->next_ms = later(people, people->net->now_ms, manners->think_ms_max);
    if (visit->chunk && !random_permille(random, manners->hasty)) {
        person->next_ms += 60 + manners->think_ms_max / 8;
    }
    if (random_permille(random, manners->leave)) {
        person_leave(people, index);
    } else if (visit->foreign && !visit->name_sent) {
        visit_say_foreign(people, visit);
    } else if (visit->foreign) {
        person->next_ms = INT64_MAX;
    } else if (!visit->name_sent) {
        visit_say_name(people, visit);
        if (!visit->chunk && random_below(random, 4) == 0) {
            person_talk(people, index);
        }
    } else {
        person_talk(people, index);
    }
}

/* Sends some of what is to be said. */
static void visit_send(struct people *people, struct visit *visit)
{
    size_t left = visit->sent.count - visit->sent_count;
    if (left > 1 && random_permille(people->random, people->net->faults.split)) {
        left = 1 + random_below(people->random, (uint32_t)left);
    }
    struct text piece = {.data = visit->sent.data + visit->sent_count, .count = left};
    visit->sent_count += net_send(people->net, visit->link, piece);
}

static bool visit_can_send(const struct people *people, const struct visit *visit)
{
    return visit->sent_count < visit->sent.count && !visit->half_closed &&
           net_has_room(people->net, visit->link);
}

static bool visit_can_end(const struct visit *visit)
{
    return visit->ends_behind && !visit->half_closed && visit->sent_count == visit->sent.count;
}

static bool visit_can_read(const struct people *people, const struct visit *visit, int64_t now_ms)
{
    return visit->reads_again_ms <= now_ms && net_has_input(people->net, visit->link);
}

static void visit_take(struct people *people, struct visitor *person)
{
    struct visit *visit = person->visit;
    (void)visit_read(people, visit);
    if (visit->got_end || visit->got_reset) {
        if (visit->got_end) {
            visit_check_end(people, visit);
        }
        report_event(people->report, "person %u: the connection has ended%s", visit->person,
                     visit->got_reset ? " by a reset" : "");
        net_close(people->net, visit->link);
        visit_over(people, person);
    }
}

static bool person_step(struct people *people, uint32_t index, int64_t now_ms)
{
    struct visitor *person = &people->persons[index];
    struct visit *visit = person->visit;
    if (visit == NULL) {
        if (people->quiet || person->next_ms > now_ms) {
            return false;
        }
        person_connect(people, index);
        return true;
    }
    if (visit_can_read(people, visit, now_ms) && random_below(people->random, 4) != 0) {
        visit_take(people, person);
        return true;
    }
    if (visit_can_send(people, visit)) {
        visit_send(people, visit);
        return true;
    }
    if (visit_can_end(visit)) {
        visit->half_closed = true;
        net_end(people->net, visit->link);
        return true;
    }
    if (!people->quiet && person->next_ms <= now_ms) {
        person_act(people, index);
        return true;
    }
    if (visit_can_read(people, visit, now_ms)) {
        visit_take(people, person);
        return true;
    }
    return false;
}

bool people_step(struct people *people, int64_t now_ms)
{
    uint32_t count = people->settings->people_count;
    uint32_t start = random_below(people->random, count);
    for (uint32_t i = 0; i < count; i++) {
        if (person_step(people, (start + i) % count, now_ms)) {
            return true;
        }
    }
    return false;
}

static int64_t person_next_ms(const struct people *people, const struct visitor *person,
                              int64_t now_ms)
{
    const struct visit *visit = person->visit;
    int64_t act_ms = people->quiet ? INT64_MAX : person->next_ms;
    if (visit == NULL) {
        return act_ms;
    }
    if (visit_can_send(people, visit) || visit_can_end(visit)) {
        return now_ms;
    }
    if (net_has_input(people->net, visit->link) && visit->reads_again_ms < act_ms) {
        return visit->reads_again_ms;
    }
    return act_ms;
}

int64_t people_next_ms(const struct people *people, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;
    for (uint32_t i = 0; i < people->settings->people_count; i++) {
        int64_t at_ms = person_next_ms(people, &people->persons[i], now_ms);
        next_ms = at_ms < next_ms ? at_ms : next_ms;
    }
    return next_ms;
}

void people_calm(struct people *people)
{
    people->quiet = true;
    for (uint32_t i = 0; i < people->settings->people_count; i++) {
        if (people->persons[i].visit != NULL) {
            people->persons[i].visit->reads_again_ms = 0;
        }
    }
}

void people_leave(struct people *people)
{
    people_calm(people);
    for (uint32_t i = 0; i < people->settings->people_count; i++) {
        struct visit *visit = people->persons[i].visit;
        if (visit == NULL) {
            continue;
        }
        if (visit->name_sent && !visit->said_quit && !visit->foreign) {
            visit_say_quit(people, visit);
        } else {
            visit->ends_behind = true;
        }
    }
}

void people_hurry(struct people *people)
{
    for (size_t i = 0; i < people->visit_count; i++) {
        struct visit *visit = people->visits[i];
        visit->was_hurried = visit->was_hurried || visit->epoch == people->truth->epoch;
    }
}

struct visit *people_of_link(struct people *people, int link)
{
    return people->of_link[link];
}

struct visit *people_of_session(struct people *people, uint64_t session)
{
    for (size_t i = people->visit_count; i > 0 && session != 0; i--) {
        struct visit *visit = people->visits[i - 1];
        if (visit->session == session && visit->epoch == people->truth->epoch) {
            return visit;
        }
    }
    return NULL;
}

void visit_opened(struct people *people, struct visit *visit, const struct command *command,
                  bool chunked)
{
    size_t name_bytes = command->name.count;
    const char *at = memmem(visit->sent.data, visit->sent_count, command->name.data, name_bytes);
    if (at == NULL || (!visit->is_irc && at != visit->sent.data)) {
        report_violation(people->report, "person %u has not said that it is called %.*s",
                         visit->person, (int)name_bytes, command->name.data);
    }
    visit->session = command->session;
    visit->epoch = people->truth->epoch;
    visit->chunked = chunked;
    visit->byte_cursor = name_bytes;
    visit->fact_end = SIZE_MAX;
    visit->fact_cursor = people->truth->fact_count;
    if (chunked) {
        report_mark(people->report, MARK_CHUNK_READER);
    }
}

void visit_entry(struct visit *visit, const struct command *command)
{
    bool counts = command->kind != COMMAND_OPEN && command->kind != COMMAND_CLOSE &&
                  command->kind != COMMAND_PING && command->cursor == 0;
    visit->taken += visit->is_irc && counts ? 1 : 0;
}

void visit_enters(struct people *people, struct visit *visit, uint32_t room)
{
    if (visit->stay_count == visit->stay_capacity) {
        visit->stay_capacity = visit->stay_capacity == 0 ? 4 : visit->stay_capacity * 2;
        visit->stays = mem_realloc(visit->stays, visit->stay_capacity * sizeof(*visit->stays));
        check(visit->stays != NULL);
    }
    visit->joined = true;
    visit->stays[visit->stay_count++] =
        (struct stay){.room = room, .first = people->truth->entry_first, .end = SIZE_MAX};
}

void visit_leaves(struct people *people, struct visit *visit, uint32_t room)
{
    for (size_t i = 0; i < visit->stay_count; i++) {
        struct stay *stay = &visit->stays[i];
        if (stay->room == room && stay->end == SIZE_MAX) {
            stay->end = people->truth->fact_count;
        }
    }
}

/* The line that text is, said in the room, from the cursor on; said_count: none. */
static size_t said_find(const struct visit *visit, struct text text, uint32_t room)
{
    size_t index = visit->line_cursor;
    for (; index < visit->said_count; index++) {
        const struct said *said = &visit->said[index];
        struct text line = {.data = visit->sent.data + said->offset, .count = said->count};
        line = said->lines.count > 0 ? bytes_text(&said->lines) : line;
        if (said->is_message && said->room == room && text_equal(line, text) &&
            said->offset + said->count <= visit->sent_count) {
            break;
        }
        /* Closed properly within a line: that is its last one, by the plain door. */
        line.count = said->offset < visit->sent_count ? visit->sent_count - said->offset : 0;
        if (visit->is_over && !visit->is_irc && text_equal(line, text)) {
            break;
        }
    }
    return index;
}

/* A line that was said; returns whether its writer will be shown it. */
static bool line_message(struct people *people, struct visit *visit, const struct effect *effect)
{
    uint32_t room = effect->channel_count > 0 ? sim_room_find(effect->name) : ROOM_NONE;
    size_t index = said_find(visit, effect->text, room);
    visit->line_cursor = index + 1;
    if (index == visit->said_count) {
        report_violation(people->report,
                         "person %u has not said (or not in this order) \"%.*s\" in %.*s",
                         visit->person, (int)(effect->text.count < 80 ? effect->text.count : 80),
                         effect->text.data, (int)effect->name.count, effect->name.data);
        return false;
    }
    return visit->said[index].echo;
}

bool visit_message(struct people *people, struct visit *visit, const struct effect *effect)
{
    struct text text = effect->text;
    visit->taken += visit->is_irc ? 0 : 1;
    if (!visit->chunked) {
        return line_message(people, visit, effect);
    }
    const char *from = visit->sent.data + visit->byte_cursor;
    const char *at = memmem(from, visit->sent_count - visit->byte_cursor, text.data, text.count);
    if (at == NULL) {
        report_violation(people->report, "person %u has not said the piece \"%.*s\"", visit->person,
                         (int)(text.count < 80 ? text.count : 80), text.data);
        return false;
    }
    visit->byte_cursor = (size_t)(at - visit->sent.data) + text.count;
    const char *dot = memmem(text.data, text.count, ".p", 2);
    if (dot != NULL) {
        report_mark(people->report, MARK_CHUNKS_MERGED);
    }
    return false;
}

void visit_closed(struct people *people, struct visit *visit, enum leave_reason reason)
{
    visit->closed = true;
    visit->reason = reason;
    visit->closed_ms = people->net->now_ms;
    visit->fact_end = people->truth->fact_count;
}
