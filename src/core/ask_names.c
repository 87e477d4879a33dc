/* NAMES: who is in a channel (RFC 2812 section 3.2.5, IRCv3 multi-prefix and userhost-in-names). */
#include "core/ask_page.h"

#include "base/check.h"

/* A cursor: which of the channels, and the place among its members. */
#define PLACE_BITS 32

/* One member as the word of a list: "@nick", with ASK_USERHOST "@nick!user@host". */
static bool member_add(struct words *words, const struct command *command,
                       const struct session *member, uint32_t rank)
{
    char signs[RANK_SIGNS_BYTES_MAX];
    char prefix[PREFIX_BYTES_MAX];
    const struct text pieces[] = {
        rank_signs(rank, (command->flags & ASK_MULTI_PREFIX) != 0, signs),
        (command->flags & ASK_USERHOST) != 0 ? session_prefix(member, prefix)
                                             : session_nick(member),
    };
    return words_add(words, pieces, 2);
}

static bool line_give(struct page *page, const struct channel *channel, struct words *words)
{
    const bool is_secret = (channel->modes & MODE_SECRET) != 0;
    if (words->count > 0 && !PAGE_REPLY(page, RPL_NAMREPLY, is_secret ? TEXT("@") : TEXT("="),
                                        channel_name(channel), words_text(words))) {
        return false;
    }
    words_clear(words);
    return true;
}

/*
 * Tells the members from *place on. False: the page is full, and *place is where to go on. A step
 * ends between two lines, so that the next one begins with a full line.
 */
static bool names_of(struct page *page, const struct channel *channel, uint64_t *place)
{
    const bool is_member = session_membership(page->asker, channel) != NULL;
    const struct text before[] = {TEXT("="), channel_name(channel)};
    const uint64_t first = *place;
    uint64_t line = first; /* Where the members of the present line begin. */
    uint64_t next = first;
    struct words words;
    words_begin(&words, page, before, 2);
    const struct session *member;
    while ((member = page_next(page, &channel->members, &next)) != NULL) {
        const uint32_t rank = slots_tag(&channel->members, (uint32_t)next - 1);
        if (!page_sees_member(page, channel, member, is_member) ||
            member_add(&words, page->command, member, rank)) {
            continue;
        }
        if (!line_give(page, channel, &words)) {
            *place = line;
            return false;
        }
        line = next - 1;
        check(member_add(&words, page->command, member, rank));
    }
    const bool is_whole = next >= channel->members.used;
    if (!is_whole && line > first) {
        *place = line;
        return false;
    }
    *place = line_give(page, channel, &words) ? next : line;
    return is_whole && *place == next;
}

uint64_t ask_names(const struct core *core, const struct command *command,
                   const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    /* A JOIN names one channel, and has its key in text. */
    const struct text all = command->kind == COMMAND_NAMES ? command->text : command->name;
    struct text rest = all;
    struct text name;
    uint64_t place = command->cursor & UINT32_MAX;
    uint64_t here = 0; /* The cursor that leads back to the present channel. */
    for (uint64_t i = 0; page_word(&rest, ',', &name); i++) {
        if (i < command->cursor >> PLACE_BITS) {
            continue;
        }
        if (i > command->cursor >> PLACE_BITS) {
            place = 0;
        }
        here = i << PLACE_BITS;
        if (page_is_tired(&page)) {
            return here;
        }
        const struct channel *channel = page_channel(&page, name);
        if (channel != NULL && !names_of(&page, channel, &place)) {
            return here | place;
        }
    }
    /* Without room for the end alone: behind the last member of the last channel. */
    return PAGE_REPLY(&page, RPL_ENDOFNAMES, page_param(all)) ? 0 : here | place;
}
