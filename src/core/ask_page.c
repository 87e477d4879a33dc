/* What all questions have in common: how much one step may say and look at, and whom it tells of.
 */
#include "core/ask_page.h"

#include "base/check.h"

#include <string.h>

struct page page_of(const struct core *core, const struct command *command,
                    const struct core_sink *sink)
{
    return (struct page){
        .core = core,
        .command = command,
        .sink = sink,
        .asker = session_by_id(core, command->session),
        .looks = ASK_LOOKS_MAX,
    };
}

bool page_has_room(const struct page *page, size_t bytes)
{
    return bytes <= ASK_BYTES_MAX - page->bytes;
}

bool page_reply(struct page *page, enum numeric numeric, const struct text *params,
                uint32_t param_count)
{
    struct reply reply = {.numeric = numeric, .param_count = param_count};
    check(param_count <= REPLY_PARAMS_MAX);
    for (uint32_t i = 0; i < param_count; i++) {
        reply.params[i] = params[i];
    }
    const size_t bytes = reply_packed_bytes(&reply);
    if (!page_has_room(page, bytes)) {
        check(page->bytes > 0);
        return false;
    }
    page->bytes += bytes;
    page->sink->reply(page->sink->context, &reply);
    return true;
}

void page_spend(struct page *page, uint32_t cost)
{
    page->looks = cost < page->looks ? page->looks - cost : 0;
}

bool page_is_tired(const struct page *page)
{
    return page->looks == 0;
}

void *page_next(struct page *page, const struct slots *slots, uint64_t *place)
{
    while (*place < slots->used && page->looks > 0) {
        void *item = slots_get(slots, *place);
        *place += 1;
        page_spend(page, item != NULL ? LOOK_COST : 1);
        if (item != NULL) {
            return item;
        }
    }
    return NULL;
}

const struct note *page_note(const struct notes *notes, uint32_t *serial)
{
    for (uint32_t i = 0; notes != NULL && i < notes->count; i++) {
        if (notes->items[i]->serial > *serial) {
            *serial = notes->items[i]->serial;
            return notes->items[i];
        }
    }
    return NULL;
}

struct text page_server(const struct core *core)
{
    return (struct text){.data = core->server, .count = core->server_bytes};
}

struct text page_param(struct text typed)
{
    if (typed.count == 0 || typed.data[0] == ':') {
        return TEXT("*");
    }
    for (size_t i = 0; i < typed.count; i++) {
        const char byte = typed.data[i];
        if (byte == ' ' || byte == '\r' || byte == '\n' || byte == '\0') {
            return TEXT("*");
        }
    }
    return typed;
}

struct text page_address(const struct session *session, char out[ADDRESS_PARAM_BYTES_MAX])
{
    const struct text address = session_address(session);
    if (address.count == 0 || address.data[0] != ':') {
        return page_param(address);
    }
    out[0] = '0';
    memcpy(out + 1, address.data, address.count);
    return (struct text){.data = out, .count = address.count + 1};
}

bool page_may_know_address(const struct page *page, const struct session *session)
{
    return session == page->asker || session_is_operator(page->asker);
}

const struct channel *page_channel(struct page *page, struct text name)
{
    page_spend(page, NAME_COST);
    const struct channel *channel = channel_get(page->core, name);
    if (channel == NULL || !channel_is_visible_to(channel, page->asker)) {
        return NULL;
    }
    return channel;
}

bool page_sees_member(struct page *page, const struct channel *channel,
                      const struct session *person, bool is_member)
{
    if (!is_member && (person->flags & PERSON_INVISIBLE) != 0 && person != page->asker &&
        !session_is_operator(page->asker)) {
        return false;
    }
    if ((channel->modes & MODE_AUDITORIUM) == 0) {
        return true;
    }
    /* Both ranks are looked for in the lists of channels that the two are in. */
    page_spend(page, LOOK_COST + person->membership_count / LOOK_COST);
    return member_is_visible_to(channel, person, page->asker);
}

uint64_t page_seconds_since(const struct page *page, int64_t then_ms)
{
    const int64_t now_ms = page->command->number;
    return now_ms > then_ms ? (uint64_t)(now_ms - then_ms) / 1000 : 0;
}

void words_begin(struct words *words, const struct page *page, const struct text *params,
                 uint32_t param_count)
{
    /* ":server 353 nick = #channel :words", CR and LF. */
    size_t taken = sizeof(": 353  :\r\n") - 1 + page->core->server_bytes;
    taken += session_nick(page->asker).count;
    for (uint32_t i = 0; i < param_count; i++) {
        taken += 1 + params[i].count;
    }
    check(taken < IRC_LINE_BYTES_MAX);
    words->room = IRC_LINE_BYTES_MAX - taken;
    words->count = 0;
    words->separator = ' ';
}

bool words_add(struct words *words, const struct text *pieces, uint32_t piece_count)
{
    size_t bytes = words->count > 0 ? 1 : 0;
    for (uint32_t i = 0; i < piece_count; i++) {
        bytes += pieces[i].count;
    }
    if (bytes > words->room - words->count) {
        /* Whatever is told of somebody fits into a line of its own. */
        check(words->count > 0);
        return false;
    }
    if (words->count > 0) {
        words->data[words->count++] = words->separator;
    }
    for (uint32_t i = 0; i < piece_count; i++) {
        if (pieces[i].count > 0) {
            memcpy(words->data + words->count, pieces[i].data, pieces[i].count);
            words->count += pieces[i].count;
        }
    }
    return true;
}

struct text words_text(const struct words *words)
{
    return (struct text){.data = words->data, .count = words->count};
}

void words_clear(struct words *words)
{
    words->count = 0;
}

struct text page_text_from(const struct page *page, uint64_t place)
{
    const struct text text = page->command->text;
    if (place >= text.count) {
        return TEXT_NONE;
    }
    return (struct text){.data = text.data + place, .count = text.count - place};
}

bool page_word(struct text *rest, char separator, struct text *out)
{
    while (rest->count > 0 && rest->data[0] == separator) {
        rest->data++;
        rest->count--;
    }
    if (rest->count == 0) {
        return false;
    }
    const char *end = memchr(rest->data, separator, rest->count);
    const size_t count = end == NULL ? rest->count : (size_t)(end - rest->data);
    *out = (struct text){.data = rest->data, .count = count};
    rest->data += count;
    rest->count -= count;
    return true;
}
