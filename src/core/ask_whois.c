/* WHOIS: all that the asker may know of somebody (RFC 2812 section 3.6.2, modern IRC, IRCv3
 * bot-mode and metadata). */
#include "core/ask_page.h"

#include "base/check.h"

#include <string.h>

/* A cursor: which part, and the place in it. */
enum whois_part {
    WHOIS_PERSON,
    WHOIS_CHANNELS, /* From that place in core->channels. */
    WHOIS_METADATA, /* Behind that serial. */
};
#define PART_BITS 32

/* All of it fits into one page; what comes behind it need not. */
#define PERSON_REPLIES_BYTES_MAX 3072

/* What only the person itself and operators are told. */
static bool private_give(struct page *page, const struct session *person)
{
    static const char words[] = "is using modes ";
    char modes[USER_MODES_BYTES_MAX];
    char sentence[sizeof(words) + USER_MODES_BYTES_MAX];
    char address[ADDRESS_PARAM_BYTES_MAX];
    if (!page_may_know_address(page, person)) {
        return true;
    }
    const struct text letters = session_modes(person, modes);
    memcpy(sentence, words, sizeof(words) - 1);
    memcpy(sentence + sizeof(words) - 1, letters.data, letters.count);
    return PAGE_REPLY(page, RPL_WHOISMODES, session_nick(person),
                      (struct text){sentence, sizeof(words) - 1 + letters.count}) &&
           PAGE_REPLY(page, RPL_WHOISACTUALLY, session_nick(person), page_address(person, address));
}

static bool flags_give(struct page *page, const struct session *person)
{
    static const struct {
        enum person_flag flag;
        enum numeric numeric;
    } lines[] = {
        {PERSON_OPERATOR, RPL_WHOISOPERATOR},
        {PERSON_SECURE, RPL_WHOISSECURE},
        {PERSON_BOT, RPL_WHOISBOT},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if ((person->flags & lines[i].flag) != 0 &&
            !PAGE_REPLY(page, lines[i].numeric, session_nick(person))) {
            return false;
        }
    }
    return true;
}

/* How long somebody has been idle, and since when here. */
static bool times_give(struct page *page, const struct session *person)
{
    char idle[NUMBER_BYTES_MAX];
    char opened[NUMBER_BYTES_MAX];
    return PAGE_REPLY(page, RPL_WHOISIDLE, session_nick(person),
                      number_text(page_seconds_since(page, person->active_ms), idle),
                      number_text((uint64_t)person->opened_ms / 1000, opened));
}

static void person_give(struct page *page, const struct session *person)
{
    const struct core *core = page->core;
    const struct text nick = session_nick(person);
    const struct text account = session_account(person);
    const struct text away = session_away(person);
    check(page_has_room(page, PERSON_REPLIES_BYTES_MAX));
    bool all = PAGE_REPLY(page, RPL_WHOISUSER, nick, page_param(session_user(person)),
                          page_param(session_host(person)), TEXT("*"), session_realname(person)) &&
               PAGE_REPLY(page, RPL_WHOISSERVER, nick, page_server(core),
                          (struct text){core->info, core->info_bytes}) &&
               private_give(page, person) && flags_give(page, person);
    if (account.count > 0) {
        all = all && PAGE_REPLY(page, RPL_WHOISACCOUNT, nick, account);
    }
    if (away.count > 0) {
        all = all && PAGE_REPLY(page, RPL_AWAY, nick, away);
    }
    check(all && times_give(page, person));
}

/* Whether the asker may know that person is in the channel. */
static bool sees_in(struct page *page, const struct channel *channel, const struct session *person)
{
    if (page_may_know_address(page, person)) {
        return true;
    }
    const bool is_member = session_membership(page->asker, channel) != NULL;
    return channel_is_visible_to(channel, page->asker) &&
           page_sees_member(page, channel, person, is_member);
}

/*
 * The membership whose channel stands first at place or behind it, NULL without one. The order of
 * joining would not do: it moves together when a channel is left between two steps.
 */
static const struct membership *membership_from(const struct session *person, uint64_t place)
{
    const struct membership *all = session_memberships_const(person);
    const struct membership *first = NULL;
    for (uint16_t i = 0; i < person->membership_count; i++) {
        const uint32_t slot = all[i].channel->slot;
        if (slot >= place && (first == NULL || slot < first->channel->slot)) {
            first = &all[i];
        }
    }
    return first;
}

static bool channel_add(struct words *words, const struct page *page,
                        const struct membership *membership)
{
    const struct channel *channel = membership->channel;
    char signs[RANK_SIGNS_BYTES_MAX];
    const struct text pieces[] = {
        rank_signs(slots_tag(&channel->members, membership->slot),
                   (page->command->flags & ASK_MULTI_PREFIX) != 0, signs),
        channel_name(channel),
    };
    return words_add(words, pieces, 2);
}

static bool channels_flush(struct page *page, const struct session *person, struct words *words)
{
    if (words->count > 0 &&
        !PAGE_REPLY(page, RPL_WHOISCHANNELS, session_nick(person), words_text(words))) {
        return false;
    }
    words_clear(words);
    return true;
}

/* Tells the channels from *place on; false: go on there. */
static bool channels_give(struct page *page, const struct session *person, uint64_t *place)
{
    const struct text before[] = {session_nick(person)};
    struct words words;
    words_begin(&words, page, before, 1);
    const struct membership *membership;
    uint64_t next = *place;
    while ((membership = membership_from(person, next)) != NULL) {
        const uint64_t slot = membership->channel->slot;
        if (sees_in(page, membership->channel, person) && !channel_add(&words, page, membership)) {
            if (!channels_flush(page, person, &words)) {
                return false;
            }
            *place = slot;
            check(channel_add(&words, page, membership));
        }
        next = slot + 1;
    }
    return channels_flush(page, person, &words);
}

static bool metadata_give(struct page *page, const struct session *person, uint32_t *serial)
{
    uint32_t next = *serial;
    const struct note *note;
    while ((note = page_note(session_metadata(person), &next)) != NULL) {
        if (!PAGE_REPLY(page, RPL_WHOISKEYVALUE, session_nick(person), note_subject(note),
                        TEXT("*"), note_text(note))) {
            return false;
        }
        *serial = next;
    }
    return true;
}

/* True when all of the person is told; else *cursor is where to go on. */
static bool whois_tell(struct page *page, const struct session *person, uint64_t *cursor)
{
    uint64_t part = *cursor >> PART_BITS;
    uint64_t place = *cursor & UINT32_MAX;
    if (part == WHOIS_PERSON) {
        person_give(page, person);
        part = WHOIS_CHANNELS;
    }
    if (part == WHOIS_CHANNELS) {
        if (!channels_give(page, person, &place)) {
            *cursor = part << PART_BITS | place;
            return false;
        }
        part = WHOIS_METADATA;
        place = 0;
    }
    uint32_t serial = (uint32_t)place;
    const bool is_whole = metadata_give(page, person, &serial);
    *cursor = part << PART_BITS | serial;
    return is_whole;
}

uint64_t ask_whois(const struct core *core, const struct command *command,
                   const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const struct session *person = session_find(core, command->name);
    const struct text name = page_param(command->name);
    uint64_t cursor = command->cursor;
    if (person == NULL) {
        /* Gone between two steps: what was told of it is told. */
        if (cursor == 0) {
            check(PAGE_REPLY(&page, ERR_NOSUCHNICK, name));
        }
    } else if (!whois_tell(&page, person, &cursor)) {
        return cursor;
    }
    return PAGE_REPLY(&page, RPL_ENDOFWHOIS, name) ? 0 : cursor;
}
