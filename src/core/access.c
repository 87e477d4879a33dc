/* Whom masks and modes of a channel keep out, or keep silent. */
#include "base/check.h"
#include "core/change.h"

#include <string.h>

#define CTCP '\x01'
#define COLOUR '\x03'
#define HEX_COLOUR '\x04'

static char *put(char *out, struct text text)
{
    memcpy(out, text.data, text.count);
    return out + text.count;
}

static bool has(struct text text, char byte)
{
    return memchr(text.data, byte, text.count) != NULL;
}

/* "bar" is somebody called that, "a@b" a user there, "b.c" a host. Returns the end of it in out. */
static char *complete_plain(struct text typed, char *out)
{
    const bool is_host =
        !has(typed, '!') && !has(typed, '@') && (has(typed, '.') || has(typed, ':'));
    if (is_host) {
        out = put(out, TEXT("*!*@"));
    } else if (!has(typed, '!') && has(typed, '@')) {
        out = put(out, TEXT("*!"));
    }
    out = put(out, typed);
    if (is_host || has(typed, '@')) {
        return out;
    }
    return put(out, has(typed, '!') ? TEXT("@*") : TEXT("!*@*"));
}

enum mask_kind mask_kind(struct text mask)
{
    if (mask.count < 4 || mask.data[0] != '~' || mask.data[2] != ':') {
        return mask.count > 0 && mask.data[0] == '~' ? MASK_NONE : MASK_PLAIN;
    }
    switch (mask.data[1]) {
    case 'a':
        return MASK_ACCOUNT;
    case 'm':
        return MASK_MUTE;
    default:
        return MASK_NONE;
    }
}

/* What stands behind "~m:". */
static struct text inner_mask(struct text mask)
{
    return (struct text){.data = mask.data + 3, .count = mask.count - 3};
}

struct text mask_complete(struct text typed, char out[MASK_ROOM])
{
    if (typed.count == 0 || typed.count > MASK_BYTES_MAX || typed.data[0] == ':') {
        return TEXT_NONE;
    }
    char *end = out;
    switch (mask_kind(typed)) {
    case MASK_NONE:
        return TEXT_NONE;
    case MASK_PLAIN:
        end = complete_plain(typed, out);
        break;
    case MASK_ACCOUNT:
        end = put(out, typed);
        break;
    case MASK_MUTE:
        end = complete_plain(inner_mask(typed), put(out, TEXT("~m:")));
        break;
    }
    const size_t count = (size_t)(end - out);
    return count > MASK_BYTES_MAX ? TEXT_NONE : (struct text){.data = out, .count = count};
}

void mask_fold_complete(struct text mask, struct folded *out)
{
    mask_fold(mask_kind(mask) == MASK_PLAIN ? mask : inner_mask(mask), out);
}

uint32_t masks_find(const struct notes *masks, struct text mask)
{
    struct folded folded;
    mask_fold_complete(mask, &folded);
    uint32_t index = 0;
    while (index < masks->count &&
           (mask_kind(note_subject(masks->items[index])) != mask_kind(mask) ||
            !text_equal(note_text(masks->items[index]), folded_text(&folded)))) {
        index++;
    }
    return index;
}

void session_fold(const struct session *session, struct text host, struct folded *out)
{
    out->count = 0;
    folded_append_name(out, session_nick(session));
    folded_append(out, TEXT("!"));
    folded_append(out, session_user(session));
    folded_append(out, TEXT("@"));
    folded_append(out, host);
}

/* Somebody, folded as the kinds of masks need it. */
struct likeness {
    struct folded prefix;
    struct folded account;
};

static void likeness_make(const struct session *session, struct likeness *out)
{
    session_fold(session, session_host(session), &out->prefix);
    out->account.count = 0;
    folded_append_name(&out->account, session_account(session));
}

/* Whether one of the masks is about whom the likeness is of; mutes only where they are meant. */
static bool masks_are_about(const struct notes *masks, const struct likeness *likeness,
                            bool with_mutes)
{
    if (masks == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < masks->count; i++) {
        const struct text folded = note_text(masks->items[i]);
        const enum mask_kind kind = mask_kind(note_subject(masks->items[i]));
        if (kind == MASK_ACCOUNT) {
            if (likeness->account.count > 0 &&
                mask_match(folded, folded_text(&likeness->account))) {
                return true;
            }
        } else if ((kind != MASK_MUTE || with_mutes) &&
                   mask_match(folded, folded_text(&likeness->prefix))) {
            return true;
        }
    }
    return false;
}

/* Whether the channel's bans are about the session, and no exception is. */
static bool is_banned(const struct channel *channel, const struct session *session, bool with_mutes)
{
    const struct notes *bans = channel_list(channel, LIST_BANS);
    if (bans == NULL) {
        return false;
    }
    struct likeness likeness;
    likeness_make(session, &likeness);
    return masks_are_about(bans, &likeness, with_mutes) &&
           !masks_are_about(channel_list(channel, LIST_EXCEPTIONS), &likeness, with_mutes);
}

static bool is_expected(const struct channel *channel, const struct session *session)
{
    const struct notes *invitations = channel_list(channel, LIST_INVITATIONS);
    if (invitations == NULL) {
        return false;
    }
    struct likeness likeness;
    likeness_make(session, &likeness);
    return masks_are_about(invitations, &likeness, false);
}

static bool key_fits(const struct channel *channel, struct text key)
{
    return text_equal(
        key, (struct text){.data = channel->options->key, .count = channel->options->key_bytes});
}

enum refusal channel_bars_entry(const struct channel *channel, const struct session *session,
                                struct text key)
{
    if (channel->members.count >= MEMBERS_PER_CHANNEL_MAX) {
        return REFUSAL_FULL;
    }
    if (session_is_invited(session, channel)) {
        return REFUSAL_NONE;
    }
    if (is_banned(channel, session, false)) {
        return REFUSAL_BANNED;
    }
    if ((channel->modes & MODE_INVITE_ONLY) != 0 && !is_expected(channel, session)) {
        return REFUSAL_INVITE_ONLY;
    }
    if ((channel->modes & MODE_JOIN_REGISTERED) != 0 && session->account_bytes == 0) {
        return REFUSAL_REGISTERED_ONLY;
    }
    if ((channel->modes & MODE_KEY) != 0 && !key_fits(channel, key)) {
        return REFUSAL_KEY;
    }
    if ((channel->modes & MODE_LIMIT) != 0 && channel->members.count >= channel->limit) {
        return REFUSAL_FULL;
    }
    return REFUSAL_NONE;
}

/* Whether a line is a request to a program, other than "/me". */
static bool line_is_ctcp(struct text line)
{
    static const char action[] = "\x01"
                                 "ACTION";
    const size_t bytes = sizeof(action) - 1;
    if (line.count == 0 || line.data[0] != CTCP) {
        return false;
    }
    return line.count < bytes || memcmp(line.data, action, bytes) != 0 ||
           (line.count > bytes && line.data[bytes] != ' ' && line.data[bytes] != CTCP);
}

/* Whether any of its lines is. */
static bool text_is_ctcp(struct text text)
{
    while (text.count > 0) {
        const char *end = memchr(text.data, '\n', text.count);
        const size_t line_bytes = end == NULL ? text.count : (size_t)(end - text.data);
        if (line_is_ctcp((struct text){.data = text.data, .count = line_bytes})) {
            return true;
        }
        const size_t taken = end == NULL ? line_bytes : line_bytes + 1;
        text = (struct text){.data = text.data + taken, .count = text.count - taken};
    }
    return false;
}

struct text channel_bars_message(const struct channel *channel, const struct session *session,
                                 const struct membership *membership, struct text text)
{
    const uint32_t modes = channel->modes;
    const uint32_t rank = membership == NULL ? 0 : slots_tag(&channel->members, membership->slot);
    if ((modes & MODE_NO_EXTERNAL) != 0 && membership == NULL) {
        return TEXT("n");
    }
    if (rank == 0) {
        if ((modes & MODE_MODERATED) != 0) {
            return TEXT("m");
        }
        if ((modes & MODE_SPEAK_REGISTERED) != 0 && session->account_bytes == 0) {
            return TEXT("M");
        }
        if (is_banned(channel, session, true)) {
            return TEXT("b");
        }
    }
    if ((modes & MODE_NO_CTCP) != 0 && text_is_ctcp(text)) {
        return TEXT("C");
    }
    if ((modes & MODE_NO_COLOURS) != 0 && text.count > 0 &&
        (has(text, COLOUR) || has(text, HEX_COLOUR))) {
        return TEXT("c");
    }
    return TEXT_NONE;
}
