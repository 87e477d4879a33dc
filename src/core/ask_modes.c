/* The modes, lists and topic of a channel, and one's own modes (RFC 2812 sections 3.1.5, 3.2.3 and
 * 3.2.4). */
#include "core/ask_page.h"

#include "base/check.h"

/* Which numerics a list of masks has, and whether only members may read it. */
struct mask_list {
    char letter;
    enum channel_list list;
    enum numeric item;
    enum numeric end;
    bool is_for_members;
};

/* Anybody who knows the channel may look whether they are banned; the exceptions name friends. */
static const struct mask_list mask_lists[] = {
    {'b', LIST_BANS, RPL_BANLIST, RPL_ENDOFBANLIST, false},
    {'e', LIST_EXCEPTIONS, RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST, true},
    {'I', LIST_INVITATIONS, RPL_INVEXLIST, RPL_ENDOFINVEXLIST, true},
};

static const struct mask_list *mask_list_of(struct text letter)
{
    for (size_t i = 0; i < sizeof(mask_lists) / sizeof(mask_lists[0]); i++) {
        if (letter.count == 1 && letter.data[0] == mask_lists[i].letter) {
            return &mask_lists[i];
        }
    }
    return NULL;
}

/* A cursor is the serial of the last mask that was told. */
static uint64_t list_tell(struct page *page, const struct channel *channel,
                          const struct mask_list *list)
{
    const struct text name = channel_name(channel);
    const struct note *note;
    uint32_t told = (uint32_t)page->command->cursor;
    uint32_t next = told;
    while ((note = page_note(channel_list(channel, list->list), &next)) != NULL) {
        char time[NUMBER_BYTES_MAX];
        if (!PAGE_REPLY(page, list->item, name, page_param(note_subject(note)),
                        page_param(note_nick(note)),
                        number_text((uint64_t)note->time_ms / 1000, time))) {
            return told;
        }
        told = next;
    }
    return PAGE_REPLY(page, list->end, name) ? 0 : told;
}

/* What the modes say to outsiders: neither the key nor where the channel sends people on. */
static void modes_give(struct page *page, const struct channel *channel, bool is_insider)
{
    struct channel_modes modes;
    char created[NUMBER_BYTES_MAX];
    struct text params[2 + sizeof(modes.params) / sizeof(modes.params[0])];
    channel_modes(channel, is_insider, &modes);
    params[0] = channel_name(channel);
    params[1] = (struct text){.data = modes.letters, .count = modes.letter_bytes};
    for (uint32_t i = 0; i < modes.param_count; i++) {
        params[2 + i] = modes.params[i];
    }
    check(page_reply(page, RPL_CHANNELMODEIS, params, 2 + modes.param_count));
    check(PAGE_REPLY(page, RPL_CREATIONTIME, channel_name(channel),
                     number_text((uint64_t)channel->created_ms / 1000, created)));
}

static uint64_t channel_modes_tell(struct page *page, struct text name)
{
    const struct text letter = page->command->extra;
    const struct channel *channel = page_channel(page, name);
    if (channel == NULL) {
        /* Also between two steps, when it is gone. */
        check(PAGE_REPLY(page, ERR_NOSUCHCHANNEL, page_param(name)));
        return 0;
    }
    const bool is_insider =
        session_membership(page->asker, channel) != NULL || session_is_operator(page->asker);
    if (letter.count == 0) {
        modes_give(page, channel, is_insider);
        return 0;
    }
    const struct mask_list *list = mask_list_of(letter);
    if (list == NULL) {
        check(PAGE_REPLY(page, ERR_UNKNOWNMODE, page_param(letter)));
        return 0;
    }
    if (list->is_for_members && !is_insider) {
        check(PAGE_REPLY(page, ERR_NOTONCHANNEL, channel_name(channel)));
        return 0;
    }
    return list_tell(page, channel, list);
}

uint64_t ask_modes(const struct core *core, const struct command *command,
                   const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const struct text name = command->name;
    if (name.count > 0 && name.data[0] == '#') {
        return channel_modes_tell(&page, name);
    }
    const struct session *person = session_find(core, name);
    if (person == NULL) {
        check(PAGE_REPLY(&page, ERR_NOSUCHNICK, page_param(name)));
    } else if (person != page.asker) {
        check(page_reply(&page, ERR_USERSDONTMATCH, NULL, 0));
    } else {
        char modes[USER_MODES_BYTES_MAX];
        check(PAGE_REPLY(&page, RPL_UMODEIS, session_modes(person, modes)));
    }
    return 0;
}

uint64_t ask_topic_of(const struct core *core, const struct command *command,
                      const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const struct channel *channel = page_channel(&page, command->name);
    if (channel == NULL) {
        check(PAGE_REPLY(&page, ERR_NOSUCHCHANNEL, page_param(command->name)));
        return 0;
    }
    const struct note *topic = channel->options == NULL ? NULL : channel->options->topic;
    if (topic == NULL) {
        check(PAGE_REPLY(&page, RPL_NOTOPIC, channel_name(channel)));
        return 0;
    }
    char time[NUMBER_BYTES_MAX];
    check(PAGE_REPLY(&page, RPL_TOPIC, channel_name(channel), note_text(topic)));
    check(PAGE_REPLY(&page, RPL_TOPICWHOTIME, channel_name(channel), page_param(note_nick(topic)),
                     number_text((uint64_t)topic->time_ms / 1000, time)));
    return 0;
}
