/* The modes of rooms: how they are set, whom they keep out and whom they keep silent. */
#include "sim/chat_rules.h"

#include "base/check.h"
#include "model/name.h"

#include <string.h>

/* Flags, in the order in which they are told. */
static const struct {
    char letter;
    uint32_t flag;
} flags[] = {
    {'P', ROOM_KEPT},        {'i', ROOM_INVITE_ONLY},  {'m', ROOM_MODERATED},
    {'n', ROOM_NO_EXTERNAL}, {'t', ROOM_TOPIC_LOCKED},
};
#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

static void append(struct bytes *out, struct text text)
{
    check(bytes_append_text(out, text) == ERR_OK);
}

static void set(struct bytes *out, struct text text)
{
    bytes_clear(out);
    append(out, text);
}

/* Takes the first word off *text, and the space. */
static struct text word_take(struct text *text)
{
    const char *space = text->count > 0 ? memchr(text->data, ' ', text->count) : NULL;
    struct text word = {.data = text->data,
                        .count = space == NULL ? text->count : (size_t)(space - text->data)};
    *text = text_skip(*text, word.count + (space == NULL ? 0 : 1));
    return word;
}

static uint32_t number_of(struct text digits)
{
    uint32_t number = 0;
    for (size_t i = 0; i < digits.count; i++) {
        number = number * 10 + (uint32_t)(digits.data[i] - '0');
    }
    return number;
}

void room_modes_clear(struct chat_room *room)
{
    room->modes = 0;
    room->limit = 0;
    bytes_clear(&room->key);
    for (size_t list = 0; list < ROOM_LISTS; list++) {
        for (uint32_t i = 0; i < room->lists[list].count; i++) {
            bytes_finish(&room->lists[list].masks[i]);
        }
        room->lists[list].count = 0;
    }
}

void room_modes_finish(struct chat_room *room)
{
    room_modes_clear(room);
    bytes_finish(&room->key);
}

/* -- Masks ----------------------------------------------------------------------------------- */

/* As it is compared: a name as names are, anything else by ASCII letters. */
static struct name_key folded(struct text text)
{
    struct name_key key;
    if (name_key(text, &key) == ERR_OK) {
        return key;
    }
    check(text.count <= sizeof(key.data));
    key.count = text.count;
    for (size_t i = 0; i < text.count; i++) {
        char c = text.data[i];
        key.data[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return key;
}

static bool is_inside_character(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/*
 * Whether the text is one of those that the mask means: every place of the mask that can be reached
 * is remembered, byte by byte of the text.
 */
static bool mask_means(const struct name_key *mask, const struct name_key *text)
{
    bool at[NAME_KEY_BYTES_MAX + 1] = {true};
    bool next[NAME_KEY_BYTES_MAX + 1];
    for (size_t t = 0; t <= text->count; t++) {
        memset(next, 0, mask->count + 1);
        for (size_t m = 0; m < mask->count; m++) {
            if (!at[m]) {
                continue;
            }
            if (mask->data[m] == '*') {
                at[m + 1] = true;
                next[m] = true;
            } else if (t < text->count && mask->data[m] == '?') {
                /* A character, of however many bytes. */
                bool is_last = t + 1 == text->count || !is_inside_character(text->data[t + 1]);
                next[is_last ? m + 1 : m] = true;
            } else if (t < text->count && mask->data[m] == text->data[t]) {
                next[m + 1] = true;
            }
        }
        if (t == text->count) {
            break;
        }
        memcpy(at, next, mask->count + 1);
    }
    return at[mask->count];
}

/* Masks are about nicks alone here: what was typed, without the rest that the server adds. */
static struct text mask_nick(const struct bytes *mask)
{
    const char *mark = memchr(mask->data, '!', mask->count);
    return (struct text){.data = mask->data, .count = (size_t)(mark - mask->data)};
}

static bool list_means(const struct mask_list *list, const struct sitter *sitter)
{
    struct name_key nick = folded(bytes_text(&sitter->nick));
    for (uint32_t i = 0; i < list->count; i++) {
        struct name_key mask = folded(mask_nick(&list->masks[i]));
        if (mask_means(&mask, &nick)) {
            return true;
        }
    }
    return false;
}

static bool is_banned(const struct chat_room *room, const struct sitter *sitter)
{
    return list_means(&room->lists[ROOM_BANS], sitter) &&
           !list_means(&room->lists[ROOM_EXCEPTIONS], sitter);
}

/* -- Who may --------------------------------------------------------------------------------- */

enum refusal room_bars_entry(const struct chat_room *room, const struct sitter *sitter,
                             struct text key)
{
    if (is_banned(room, sitter)) {
        return REFUSAL_BANNED;
    }
    if ((room->modes & ROOM_INVITE_ONLY) != 0) {
        return REFUSAL_INVITE_ONLY;
    }
    if (room->key.count > 0 && !text_equal(key, bytes_text(&room->key))) {
        return REFUSAL_KEY;
    }
    return room->limit > 0 && room->seat_count >= room->limit ? REFUSAL_FULL : REFUSAL_NONE;
}

const char *room_bars_message(const struct chat_room *room, const struct sitter *sitter,
                              const struct seat *seat)
{
    if (seat == NULL && (room->modes & ROOM_NO_EXTERNAL) != 0) {
        return "n";
    }
    if (seat != NULL && seat->rank != 0) {
        return "";
    }
    if ((room->modes & ROOM_MODERATED) != 0) {
        return "m";
    }
    return is_banned(room, sitter) ? "b" : "";
}

void chat_invite(struct chat *chat, const struct command *command, struct expected *out)
{
    uint32_t index = 0;
    const struct seat *seat = chat_seat_needed(chat, command->name, out, &index);
    if (seat == NULL) {
        return;
    }
    struct chat_room *room = &chat->rooms[index];
    bool is_operator = (seat->rank & RANK_OPERATOR) != 0;
    if (!is_operator && (room->modes & ROOM_INVITE_ONLY) != 0) {
        expect_refusal(out, REFUSAL_NOT_OPERATOR);
        return;
    }
    struct sitter *target = chat_sitter_of_nick(chat, command->extra);
    if (target == NULL) {
        expect_refusal(out, REFUSAL_NO_NICK);
        return;
    }
    if (room_seat(room, target) != NULL) {
        expect_refusal(out, REFUSAL_TARGET_MEMBER);
        return;
    }
    target->invited |= is_operator ? 1u << index : 0; /* From others it is only a word. */
    expect_in_room(out, EFFECT_INVITED, ROW_NONE, index);
    out->target = target;
}

/* -- MODE ------------------------------------------------------------------------------------ */

/* A change on its way, and what is told of those before it. */
struct change {
    struct chat *chat;
    struct chat_room *room;
    struct expected *out;
    struct bytes *letters;
    struct bytes *params;
    struct text param;
    char letter;
    bool is_set;
    char sign; /* That was told last. */
};

static void tell(struct change *change, struct text param)
{
    char sign = change->is_set ? '+' : '-';
    if (change->sign != sign) {
        check(bytes_append(change->letters, &sign, 1) == ERR_OK);
        change->sign = sign;
    }
    check(bytes_append(change->letters, &change->letter, 1) == ERR_OK);
    if (param.count > 0) {
        append(change->params, TEXT(" "));
        append(change->params, param);
    }
}

static void change_rank(struct change *change, uint32_t rank)
{
    struct sitter *target = chat_sitter_of_nick(change->chat, change->param);
    struct seat *seat = target != NULL ? room_seat(change->room, target) : NULL;
    if (seat == NULL || ((seat->rank & rank) != 0) == change->is_set) {
        return;
    }
    seat->rank ^= rank;
    tell(change, bytes_text(&target->nick));
    struct expected *out = change->out;
    uint32_t at = 0;
    while (at < out->ranked_count && out->ranked[at] != target) {
        at++;
    }
    out->ranked[at] = target;
    out->ranked_count += at == out->ranked_count ? 1 : 0;
}

static void change_key(struct change *change)
{
    struct bytes *key = &change->room->key;
    if (change->is_set && !text_equal(bytes_text(key), change->param)) {
        set(key, change->param);
        tell(change, change->param);
    } else if (!change->is_set && key->count > 0) {
        bytes_clear(key);
        tell(change, TEXT("*"));
    }
}

static void change_limit(struct change *change)
{
    uint32_t limit = change->is_set ? number_of(change->param) : 0;
    if (limit != change->room->limit) {
        change->room->limit = limit;
        tell(change, change->param);
    }
}

/* Where a mask stands that means the same; count: nowhere. */
static uint32_t mask_find(const struct mask_list *list, struct text nick)
{
    struct name_key key = folded(nick);
    for (uint32_t i = 0; i < list->count; i++) {
        struct name_key other = folded(mask_nick(&list->masks[i]));
        if (key.count == other.count && memcmp(key.data, other.data, key.count) == 0) {
            return i;
        }
    }
    return list->count;
}

static void change_mask(struct change *change, struct mask_list *list)
{
    uint32_t at = mask_find(list, change->param);
    if (change->is_set && at == list->count && list->count < LIST_MASKS_MAX) {
        struct bytes *mask = &list->masks[list->count++];
        *mask = (struct bytes){0};
        append(mask, change->param);
        append(mask, TEXT("!*@*"));
        tell(change, bytes_text(mask));
    } else if (!change->is_set && at < list->count) {
        tell(change, bytes_text(&list->masks[at]));
        bytes_finish(&list->masks[at]);
        list->count--;
        memmove(&list->masks[at], &list->masks[at + 1],
                (list->count - at) * sizeof(list->masks[0]));
    }
}

static void change_flag(struct change *change)
{
    size_t at = 0;
    while (at < FLAG_COUNT && flags[at].letter != change->letter) {
        at++;
    }
    check(at < FLAG_COUNT);
    if (((change->room->modes & flags[at].flag) != 0) != change->is_set) {
        change->room->modes ^= flags[at].flag;
        tell(change, TEXT_NONE);
    }
}

static void change_one(struct change *change, struct text *params)
{
    bool takes_param = memchr("ovkbe", change->letter, 5) != NULL;
    if (takes_param || (change->letter == 'l' && change->is_set)) {
        change->param = word_take(params);
        check(change->param.count > 0);
    } else {
        change->param = TEXT_NONE;
    }
    switch (change->letter) {
    case 'o':
        change_rank(change, RANK_OPERATOR);
        break;
    case 'v':
        change_rank(change, RANK_VOICE);
        break;
    case 'k':
        change_key(change);
        break;
    case 'l':
        change_limit(change);
        break;
    case 'b':
        change_mask(change, &change->room->lists[ROOM_BANS]);
        break;
    case 'e':
        change_mask(change, &change->room->lists[ROOM_EXCEPTIONS]);
        break;
    default:
        change_flag(change);
        break;
    }
}

void chat_mode(struct chat *chat, const struct command *command, struct expected *out)
{
    uint32_t index = 0;
    if (chat_rank_needed(chat, command->name, out, &index) == NULL) {
        return;
    }
    struct bytes told[2] = {{0}};
    struct change change = {
        .chat = chat,
        .room = &chat->rooms[index],
        .out = out,
        .letters = &told[0],
        .params = &told[1],
        .is_set = true,
    };
    struct text params = command->text;
    struct text letters = word_take(&params);
    for (size_t i = 0; i < letters.count; i++) {
        change.letter = letters.data[i];
        if (change.letter == '+' || change.letter == '-') {
            change.is_set = change.letter == '+';
        } else {
            change_one(&change, &params);
        }
    }
    if (told[0].count > 0) {
        expect_in_room(out, EFFECT_MODE, ROW_MODE, index);
        set(&chat->words, bytes_text(&told[0]));
        append(&chat->words, bytes_text(&told[1]));
    }
    bytes_finish(&told[0]);
    bytes_finish(&told[1]);
}

void chat_modes_append(const struct chat *chat, uint32_t index, uint64_t session, struct bytes *out)
{
    const struct chat_room *room = &chat->rooms[index];
    bool is_inside = false;
    for (uint32_t i = 0; i < room->seat_count; i++) {
        is_inside = is_inside || room->seats[i].sitter->session == session;
    }
    append(out, TEXT(" +"));
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if ((room->modes & flags[i].flag) != 0) {
            check(bytes_append(out, &flags[i].letter, 1) == ERR_OK);
        }
    }
    append(out, room->key.count > 0 ? TEXT("k") : TEXT(""));
    append(out, room->limit > 0 ? TEXT("l") : TEXT(""));
    if (room->key.count > 0) {
        append(out, TEXT(" "));
        append(out, is_inside ? bytes_text(&room->key) : TEXT("*"));
    }
    if (room->limit > 0) {
        check(bytes_format(out, " %u", room->limit) == ERR_OK);
    }
}
