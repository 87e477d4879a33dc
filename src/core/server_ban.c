/* Bans of the server: by nick!user@host, by account, by host or address, by network; some end by
 * themselves. Operators are never met by one. */
#include "base/check.h"
#include "base/mem.h"
#include "core/act.h"
#include "core/change.h"
#include "core/network.h"

#include <string.h>

/* Sessions that one entry looks at, and bans past their end that one BAN clears away. */
#define LOOKS_MAX 2048
#define CLEARED_MAX 2
#define SECONDS_MAX INT64_C(315360000) /* Ten years. */

/* Somebody, in the forms that bans are compared with. */
struct traits {
    struct folded by_host;    /* nick!user@host */
    struct folded by_address; /* nick!user@address */
    struct folded host;
    struct folded address;
    struct folded account;
    struct network place;
    bool has_place;
};

static void traits_make(const struct session *session, struct traits *out)
{
    session_fold(session, session_host(session), &out->by_host);
    session_fold(session, session_address(session), &out->by_address);
    out->host.count = 0;
    folded_append(&out->host, session_host(session));
    out->address.count = 0;
    folded_append(&out->address, session_address(session));
    out->account.count = 0;
    folded_append_name(&out->account, session_account(session));
    out->has_place = network_parse(session_address(session), &out->place) == ERR_OK;
}

static bool matches(struct text mask, const struct folded *text)
{
    return mask_match(mask, folded_text(text));
}

/* Whether the mask, as server_ban_mask() gives it, is about who has those traits. */
static bool is_about(struct text mask, const struct traits *traits)
{
    if (mask_kind(mask) == MASK_ACCOUNT) {
        const struct text account = {.data = mask.data + 3, .count = mask.count - 3};
        return traits->account.count > 0 && matches(account, &traits->account);
    }
    if (memchr(mask.data, '@', mask.count) != NULL) {
        return matches(mask, &traits->by_host) || matches(mask, &traits->by_address);
    }
    struct network network;
    if (network_parse(mask, &network) == ERR_OK) {
        return traits->has_place && network_contains(&network, &traits->place);
    }
    return matches(mask, &traits->host) || matches(mask, &traits->address);
}

static bool is_over(const struct note *ban, int64_t time_ms)
{
    return ban->until_ms != 0 && ban->until_ms <= time_ms;
}

const struct note *server_ban_find(const struct core *core, const struct session *session,
                                   int64_t time_ms)
{
    if (core->bans.count == 0) {
        return NULL;
    }
    struct traits traits;
    traits_make(session, &traits);
    for (uint32_t i = 0; i < core->bans.count; i++) {
        const struct note *ban = core->bans.items[i];
        if (!is_over(ban, time_ms) && is_about(note_subject(ban), &traits)) {
            return ban;
        }
    }
    return NULL;
}

/* Whether everybody would be met, whatever they are called and wherever they come from. */
static bool is_about_all(struct text mask)
{
    struct network network;
    if (network_parse(mask, &network) == ERR_OK) {
        const bool is_mapped = network.bytes[10] == UINT8_MAX && network.bytes[11] == UINT8_MAX;
        return network.bits <= (is_mapped ? 96U : 0U);
    }
    const struct text open = TEXT("*?!@.:");
    for (size_t i = 0; i < mask.count; i++) {
        if (memchr(open.data, mask.data[i], open.count) == NULL) {
            return false;
        }
    }
    return true;
}

struct text server_ban_mask(struct text typed, struct folded *out)
{
    for (size_t i = 0; i < typed.count; i++) {
        if ((unsigned char)typed.data[i] <= ' ') {
            return TEXT_NONE;
        }
    }
    if (typed.count == 0 || typed.count > MASK_BYTES_MAX || typed.data[0] == ':') {
        return TEXT_NONE;
    }
    char room[MASK_ROOM];
    const enum mask_kind kind = mask_kind(typed);
    struct text mask = typed;
    out->count = 0;
    if (kind == MASK_ACCOUNT) {
        folded_append(out, TEXT("~a:"));
        folded_append_name(out, (struct text){.data = typed.data + 3, .count = typed.count - 3});
    } else if (kind == MASK_PLAIN) {
        if (memchr(typed.data, '@', typed.count) != NULL ||
            memchr(typed.data, '!', typed.count) != NULL) {
            mask = mask_complete(typed, room);
        }
        mask_fold(mask, out);
    }
    /* Folding can make a name longer. */
    const bool is_good = out->count > 0 && out->count <= MASK_BYTES_MAX;
    return is_good && !is_about_all(folded_text(out)) ? folded_text(out) : TEXT_NONE;
}

static void ban_drop(const struct turn *turn, uint32_t index)
{
    struct notes *bans = &turn->core->bans;
    struct row row = turn_row(turn, ROW_BAN_DROP, TEXT_NONE);
    row.nick = TEXT_NONE;
    row.extra = note_subject(bans->items[index]);
    turn_keep(turn, &row);
    notes_remove(bans, index);
}

static void clear_over(const struct turn *turn)
{
    const struct notes *bans = &turn->core->bans;
    uint32_t cleared = 0;
    for (uint32_t i = bans->count; i-- > 0 && cleared < CLEARED_MAX;) {
        if (is_over(bans->items[i], turn->entry->time_ms)) {
            ban_drop(turn, i);
            cleared++;
        }
    }
}

static int64_t until(const struct turn *turn)
{
    const int64_t seconds = turn->entry->command.number;
    if (seconds <= 0) {
        return 0;
    }
    return turn->entry->time_ms + 1000 * (seconds < SECONDS_MAX ? seconds : SECONDS_MAX);
}

/* Puts the ban among the others. False: it is refused. */
static bool ban_put(struct turn *turn, struct text mask)
{
    struct notes *bans = &turn->core->bans;
    const struct note_words words = {
        .subject = mask,
        .text = text_cut(turn->entry->command.text, KILL_WORDS_BYTES_MAX),
        .nick = session_nick(turn->session),
        .time_ms = turn->entry->time_ms,
        .until_ms = until(turn),
    };
    struct note *note = note_new(&words);
    if (note == NULL || notes_reserve(bans, 1) != ERR_OK) {
        mem_free(note);
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return false;
    }
    uint32_t index = notes_find(bans, mask);
    if (index == bans->count) {
        clear_over(turn);
        index = bans->count;
    }
    if (index >= SERVER_BANS_MAX) {
        mem_free(note);
        turn_refuse(turn, REFUSAL_TOO_MANY);
        return false;
    }
    if (index < bans->count) {
        notes_replace(bans, index, note);
    } else {
        notes_add(bans, note);
    }
    struct row row = turn_row(turn, ROW_BAN, TEXT_NONE);
    row.extra = words.subject;
    row.text = words.text;
    row.number = words.until_ms;
    turn_keep(turn, &row);
    return true;
}

/* Ends the first session behind the cursor that the ban is about. */
static void end_next(struct turn *turn, const struct note *ban)
{
    const struct slots *sessions = &turn->core->sessions;
    uint64_t place = turn->entry->command.cursor;
    for (uint32_t looks = 0; looks < LOOKS_MAX; looks++) {
        struct session *session = slots_next(sessions, &place);
        if (session == NULL) {
            return;
        }
        if (session_is_operator(session)) {
            continue;
        }
        struct traits traits;
        traits_make(session, &traits);
        if (is_about(note_subject(ban), &traits)) {
            operator_end(turn, session, note_text(ban));
            break;
        }
    }
    turn->more = place;
}

void server_ban_add(struct turn *turn)
{
    const struct command *command = &turn->entry->command;
    if (!operator_may(turn)) {
        return;
    }
    struct folded folded;
    const struct text mask = server_ban_mask(command->extra, &folded);
    if (mask.count == 0) {
        turn_refuse(turn, REFUSAL_UNSUPPORTED);
        return;
    }
    if (command->cursor == 0) {
        if (!ban_put(turn, mask)) {
            return;
        }
        turn_reply(turn, REPLY_NOTE, TEXT("BAN"), TEXT("BANNED"), mask, TEXT("The ban stands"));
    }
    const uint32_t index = notes_find(&turn->core->bans, mask);
    /* It may have been lifted between two steps. */
    if (index < turn->core->bans.count) {
        end_next(turn, turn->core->bans.items[index]);
    }
}

void server_ban_remove(struct turn *turn)
{
    if (!operator_may(turn)) {
        return;
    }
    struct folded folded;
    const struct text mask = server_ban_mask(turn->entry->command.extra, &folded);
    const uint32_t index =
        mask.count == 0 ? turn->core->bans.count : notes_find(&turn->core->bans, mask);
    if (index == turn->core->bans.count) {
        turn_reply(turn, REPLY_FAIL, TEXT("UNBAN"), TEXT("NO_SUCH_BAN"),
                   param_of(text_cut(turn->entry->command.extra, MASK_BYTES_MAX)),
                   TEXT("There is no such ban"));
        return;
    }
    ban_drop(turn, index);
    turn_reply(turn, REPLY_NOTE, TEXT("UNBAN"), TEXT("UNBANNED"), mask, TEXT("The ban is lifted"));
}
