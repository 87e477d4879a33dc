/* METADATA GET, LIST and SYNC: what people and channels say of themselves (IRCv3 metadata). */
#include "base/check.h"
#include "core/ask_page.h"
#include "core/change.h"

/* A cursor of SYNC: the place behind the member that is being told, 0 for the channel itself, and
 * the serial of the last value told. */
#define PLACE_BITS 32

/* Whom a question is about. */
struct target {
    struct text name; /* As it is called; "" when the asker may not know of anybody of that name. */
    const struct channel *channel; /* NULL for a person. */
    const struct notes *metadata;
    bool is_open; /* The asker may read it. */
};

static struct target target_find(struct page *page)
{
    const struct text name = page->command->name;
    if (name.count > 0 && name.data[0] == '#') {
        const struct channel *channel = page_channel(page, name);
        if (channel == NULL) {
            return (struct target){0};
        }
        const bool is_insider =
            session_membership(page->asker, channel) != NULL || session_is_operator(page->asker);
        return (struct target){
            .name = channel_name(channel),
            .channel = channel,
            .metadata = channel_metadata(channel),
            /* What a channel keeps behind a door is not read from outside. */
            .is_open = is_insider || (channel->modes & (MODE_INVITE_ONLY | MODE_KEY)) == 0,
        };
    }
    const struct session *person =
        text_equal(name, TEXT("*")) ? page->asker : session_find(page->core, name);
    if (person == NULL) {
        return (struct target){0};
    }
    return (struct target){
        .name = session_nick(person),
        .metadata = session_metadata(person),
        .is_open = true,
    };
}

/* Nothing, when it went away between two steps. */
static uint64_t target_refuse(struct page *page)
{
    if (page->command->cursor == 0) {
        check(PAGE_REPLY(page, REPLY_FAIL, TEXT("METADATA"), TEXT("INVALID_TARGET"),
                         page_param(page->command->name), TEXT("Nobody is called that")));
    }
    return 0;
}

static bool permission_refuse(struct page *page, const struct target *target, struct text key)
{
    return PAGE_REPLY(page, REPLY_WARN, TEXT("METADATA"), TEXT("KEY_NO_PERMISSION"), target->name,
                      key, TEXT("You are not allowed to read this"));
}

static bool value_give(struct page *page, struct text target, const struct note *note)
{
    return PAGE_REPLY(page, RPL_KEYVALUE, target, note_subject(note), TEXT("*"), note_text(note));
}

/* Gives what stands behind the serial, which it moves on; false: go on behind it. */
static bool values_give(struct page *page, struct text target, const struct notes *notes,
                        uint32_t *serial)
{
    uint32_t next = *serial;
    const struct note *note;
    while ((note = page_note(notes, &next)) != NULL) {
        if (!value_give(page, target, note)) {
            return false;
        }
        *serial = next;
    }
    return true;
}

static bool key_give(struct page *page, const struct target *target, struct text key)
{
    if (!metadata_key_is_good(key)) {
        return PAGE_REPLY(page, REPLY_WARN, TEXT("METADATA"), TEXT("INVALID_KEY"), page_param(key),
                          TEXT("That is no key"));
    }
    if (!target->is_open) {
        return permission_refuse(page, target, key);
    }
    const struct notes *notes = target->metadata;
    const uint32_t index = notes == NULL ? 0 : notes_find(notes, key);
    if (notes == NULL || index == notes->count) {
        return PAGE_REPLY(page, RPL_KEYNOTSET, target->name, key);
    }
    return value_give(page, target->name, notes->items[index]);
}

uint64_t ask_metadata_get(const struct core *core, const struct command *command,
                          const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const struct target target = target_find(&page);
    if (target.name.count == 0) {
        return target_refuse(&page);
    }
    /* A cursor is the place in the text of the next key. */
    struct text rest = page_text_from(&page, command->cursor);
    struct text key;
    while (page_word(&rest, ' ', &key)) {
        if (!key_give(&page, &target, key)) {
            return (uint64_t)(key.data - command->text.data);
        }
    }
    return 0;
}

uint64_t ask_metadata_list(const struct core *core, const struct command *command,
                           const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const struct target target = target_find(&page);
    if (target.name.count == 0) {
        return target_refuse(&page);
    }
    if (!target.is_open) {
        check(permission_refuse(&page, &target, TEXT("*")));
        return 0;
    }
    uint32_t serial = (uint32_t)command->cursor;
    return values_give(&page, target.name, target.metadata, &serial) ? 0 : serial;
}

/* The members whom the asker sees, from the cursor on; 0 when all are told. */
static uint64_t members_sync(struct page *page, const struct channel *channel, uint64_t cursor)
{
    const uint64_t first = cursor > 0 ? (cursor >> PLACE_BITS) - 1 : 0;
    uint64_t place = first;
    const struct session *member;
    while ((member = page_next(page, &channel->members, &place)) != NULL) {
        /* Only the first one may have been told in part. */
        uint32_t serial = place - 1 == first ? (uint32_t)cursor : 0;
        if (page_sees_member(page, channel, member, true) &&
            !values_give(page, session_nick(member), session_metadata(member), &serial)) {
            return place << PLACE_BITS | serial;
        }
    }
    return place >= channel->members.used ? 0 : (place + 1) << PLACE_BITS;
}

uint64_t ask_metadata_sync(const struct core *core, const struct command *command,
                           const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const struct target target = target_find(&page);
    uint64_t cursor = command->cursor;
    if (target.name.count == 0) {
        return target_refuse(&page);
    }
    if (!target.is_open) {
        check(permission_refuse(&page, &target, TEXT("*")));
        return 0;
    }
    if (cursor >> PLACE_BITS == 0) {
        uint32_t serial = (uint32_t)cursor;
        if (!values_give(&page, target.name, target.metadata, &serial)) {
            return serial;
        }
        cursor = 0;
    }
    /* Only who is in it is told what the others have set. */
    if (target.channel == NULL || session_membership(page.asker, target.channel) == NULL) {
        return 0;
    }
    return members_sync(&page, target.channel, cursor);
}
