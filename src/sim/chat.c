/* What people do, and what must come of it. */
#include "sim/chat_rules.h"

#include "base/check.h"
#include "base/mem.h"
#include "model/name.h"

#include <string.h>

const char *const sim_room_names[SIM_ROOMS][2] = {
    {"#madang", "#Madang"}, {"#afterwork", "#AfterWork"}, {"#마당쇠들", "#마당쇠들"},
    {"#zoo-1", "#ZOO-1"},   {"#élan", "#Élan"},
};

const char *const sim_names[SIM_NAMES] = {
    "user1", "user2", "user3",  "민수",   "지영",   "User1", "bob",     "b0b",  "마당쇠", "순이",
    "alice", "ALICE", "carol",  "dave",   "하늘이", "eve",   "mallory", "철수", "영희",   "walter",
    "peggy", "trent", "olivia", "rupert", "victor", "wendy", "zoe",     "가람", "나래",   "다솜",
};

static bool forms_equal(const struct name_key *a, const struct name_key *b)
{
    return a->count == b->count && memcmp(a->data, b->data, a->count) == 0;
}

static bool keys_equal(struct text a, struct text b)
{
    struct bytes keys[2] = {{0}};
    bool equal = channel_name_key(a, &keys[0]) == ERR_OK &&
                 channel_name_key(b, &keys[1]) == ERR_OK &&
                 text_equal(bytes_text(&keys[0]), bytes_text(&keys[1]));
    bytes_finish(&keys[0]);
    bytes_finish(&keys[1]);
    return equal;
}

uint32_t chat_rank_of_sign(struct text name)
{
    uint32_t rank = text_starts(name, TEXT("@")) ? RANK_OPERATOR : 0;
    return text_starts(name, TEXT("+")) ? RANK_VOICE : rank;
}

uint32_t sim_room_find(struct text name)
{
    name = text_skip(name, chat_rank_of_sign(name) != 0 ? 1 : 0);
    for (uint32_t i = 0; i < SIM_ROOMS; i++) {
        if (keys_equal(name, text_of(sim_room_names[i][0]))) {
            return i;
        }
    }
    return ROOM_NONE;
}

bool chat_same_nick(struct text a, struct text b)
{
    struct name_key keys[2];
    return name_key(a, &keys[0]) == ERR_OK && name_key(b, &keys[1]) == ERR_OK &&
           forms_equal(&keys[0], &keys[1]);
}

uint32_t sim_name_find(struct text nick)
{
    uint32_t index = 0;
    while (index < SIM_NAMES && !chat_same_nick(nick, text_of(sim_names[index]))) {
        index++;
    }
    return index;
}

static void set(struct bytes *out, struct text text)
{
    bytes_clear(out);
    check(bytes_append_text(out, text) == ERR_OK);
}

static void sitter_clear(struct sitter *sitter)
{
    bytes_finish(&sitter->nick);
    bytes_finish(&sitter->away);
    bytes_finish(&sitter->address);
    *sitter = (struct sitter){0};
}

static void room_clear(struct chat_room *room)
{
    bytes_clear(&room->name);
    bytes_clear(&room->topic);
    room_modes_clear(room);
    room->seat_count = 0;
}

void chat_clear(struct chat *chat)
{
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        sitter_clear(&chat->sitters[i]);
    }
    for (size_t i = 0; i < SIM_ROOMS; i++) {
        bytes_finish(&chat->rooms[i].name);
        bytes_finish(&chat->rooms[i].topic);
        room_modes_finish(&chat->rooms[i]);
        room_clear(&chat->rooms[i]);
    }
    bytes_finish(&chat->words);
    mem_free(chat->spoken);
    chat->spoken = NULL;
    chat->spoken_count = chat->spoken_capacity = 0;
}

struct sitter *chat_sitter(struct chat *chat, uint64_t session)
{
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        if (chat->sitters[i].session == session) {
            return &chat->sitters[i];
        }
    }
    return NULL;
}

uint32_t chat_sitter_count(const struct chat *chat)
{
    uint32_t count = 0;
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        count += chat->sitters[i].session != 0 ? 1 : 0;
    }
    return count;
}

uint32_t chat_room_count(const struct chat *chat)
{
    uint32_t count = 0;
    for (size_t i = 0; i < SIM_ROOMS; i++) {
        count += chat->rooms[i].name.count > 0 ? 1 : 0;
    }
    return count;
}

/* -- Names ----------------------------------------------------------------------------------- */

struct sitter *chat_sitter_of_nick(struct chat *chat, struct text nick)
{
    struct name_key key;
    struct name_key other;
    if (name_key(nick, &key) != ERR_OK) {
        return NULL;
    }
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        struct sitter *sitter = &chat->sitters[i];
        if (sitter->session != 0 && name_key(bytes_text(&sitter->nick), &other) == ERR_OK &&
            forms_equal(&key, &other)) {
            return sitter;
        }
    }
    return NULL;
}

/* Whether somebody else has the name or one that looks like it; sameness is looked for first. */
static enum refusal name_is_taken(struct chat *chat, struct text name, const struct sitter *own)
{
    struct name_key look;
    struct name_key other;
    if (name_check(name) != NAME_OK || name_skeleton(name, &look) != ERR_OK) {
        return REFUSAL_NAME_BAD;
    }
    const struct sitter *same = chat_sitter_of_nick(chat, name);
    if (same != NULL && same != own) {
        return REFUSAL_NAME_IN_USE;
    }
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        const struct sitter *sitter = &chat->sitters[i];
        if (sitter->session == 0 || sitter == own) {
            continue;
        }
        check(name_skeleton(bytes_text(&sitter->nick), &other) == ERR_OK);
        if (forms_equal(&look, &other)) {
            return REFUSAL_NAME_LOOKS_LIKE;
        }
    }
    return REFUSAL_NONE;
}

/* -- Rooms ----------------------------------------------------------------------------------- */

struct seat *room_seat(struct chat_room *room, const struct sitter *sitter)
{
    for (uint32_t i = 0; i < room->seat_count; i++) {
        if (room->seats[i].sitter == sitter) {
            return &room->seats[i];
        }
    }
    return NULL;
}

uint32_t chat_rank(const struct chat *chat, uint32_t index, const struct sitter *sitter)
{
    const struct chat_room *room = &chat->rooms[index];
    for (uint32_t i = 0; i < room->seat_count; i++) {
        if (room->seats[i].sitter == sitter) {
            return room->seats[i].rank;
        }
    }
    return 0;
}

static void room_leave(struct chat *chat, uint32_t index, struct sitter *sitter)
{
    struct chat_room *room = &chat->rooms[index];
    struct seat *seat = room_seat(room, sitter);
    room->seat_count--;
    *seat = room->seats[room->seat_count];
    uint32_t at = 0;
    while (sitter->rooms[at] != index) {
        at++;
    }
    sitter->room_count--;
    memmove(&sitter->rooms[at], &sitter->rooms[at + 1],
            (sitter->room_count - at) * sizeof(sitter->rooms[0]));
}

void expect_refusal(struct expected *out, enum refusal refusal)
{
    out->effect = EFFECT_REFUSED;
    out->refusal = refusal;
}

void expect_in_room(struct expected *out, enum effect_kind effect, enum row_kind row, uint32_t room)
{
    out->effect = effect;
    out->row = row;
    out->row_count = row != ROW_NONE ? 1 : 0;
    out->rooms[0] = room;
    out->room_count = 1;
}

/* In all rooms of the actor. */
static void expect_everywhere(struct expected *out, enum effect_kind effect, enum row_kind row)
{
    out->effect = effect;
    out->row = row;
    out->row_count = row != ROW_NONE ? out->actor->room_count : 0;
    out->room_count = out->actor->room_count;
    memcpy(out->rooms, out->actor->rooms, sizeof(out->rooms));
}

struct seat *chat_seat_needed(struct chat *chat, struct text name, struct expected *out,
                              uint32_t *out_room)
{
    uint32_t index = sim_room_find(name);
    if (index == ROOM_NONE || chat->rooms[index].name.count == 0) {
        expect_refusal(out, REFUSAL_NO_CHANNEL);
        return NULL;
    }
    *out_room = index;
    struct seat *seat = room_seat(&chat->rooms[index], out->actor);
    if (seat == NULL) {
        expect_refusal(out, REFUSAL_NOT_MEMBER);
    }
    return seat;
}

struct seat *chat_rank_needed(struct chat *chat, struct text name, struct expected *out,
                              uint32_t *out_room)
{
    struct seat *seat = chat_seat_needed(chat, name, out, out_room);
    if (seat != NULL && (seat->rank & RANK_OPERATOR) == 0) {
        expect_refusal(out, REFUSAL_NOT_OPERATOR);
        return NULL;
    }
    return seat;
}

/* -- Commands -------------------------------------------------------------------------------- */

static void session_open(struct chat *chat, const struct command *command, struct expected *out)
{
    enum refusal refusal = name_is_taken(chat, command->name, NULL);
    if (refusal != REFUSAL_NONE) {
        expect_refusal(out, refusal);
        return;
    }
    struct sitter *sitter = chat_sitter(chat, 0);
    check(sitter != NULL);
    sitter->session = command->session;
    sitter->origin = command->origin;
    sitter->is_plain = (command->flags & OPEN_PLAIN) != 0;
    set(&sitter->nick, command->name);
    set(&sitter->address, command->identity.user);
    check(bytes_append_text(&sitter->address, TEXT("@")) == ERR_OK &&
          bytes_append_text(&sitter->address, command->identity.host) == ERR_OK);
    out->actor = sitter;
    out->effect = EFFECT_OPENED;
}

static void join(struct chat *chat, const struct command *command, struct expected *out)
{
    uint32_t index = sim_room_find(command->name);
    if (command->cursor != 0) {
        return; /* Further names. */
    }
    check(index != ROOM_NONE);
    struct chat_room *room = &chat->rooms[index];
    if (room_seat(room, out->actor) != NULL) {
        expect_refusal(out, REFUSAL_MEMBER_ALREADY);
        return;
    }
    if (room->name.count == 0) {
        set(&room->name, command->name);
        room->made = chat->seq;
        room->modes = ROOM_NO_EXTERNAL | ROOM_TOPIC_LOCKED;
        out->rank = RANK_OPERATOR;
    }
    enum refusal refusal = room_bars_entry(room, out->actor, command->text);
    out->is_let_in = refusal != REFUSAL_NONE && (out->actor->invited & 1u << index) != 0;
    if (refusal != REFUSAL_NONE && !out->is_let_in) {
        expect_refusal(out, refusal);
        return;
    }
    check(room->seat_count < SITTERS_MAX);
    room->seats[room->seat_count++] = (struct seat){.sitter = out->actor, .rank = out->rank};
    out->actor->invited &= ~(1u << index);
    out->actor->rooms[out->actor->room_count++] = index;
    expect_in_room(out, EFFECT_JOINED, ROW_JOINED, index);
}

static void part(struct chat *chat, const struct command *command, struct expected *out)
{
    uint32_t index = 0;
    if (chat_seat_needed(chat, command->name, out, &index) != NULL) {
        room_leave(chat, index, out->actor);
        expect_in_room(out, EFFECT_PARTED, ROW_PARTED, index);
    }
}

static void message_to_person(struct chat *chat, const struct command *command,
                              struct expected *out)
{
    out->target = chat_sitter_of_nick(chat, command->name);
    if (out->target == NULL) {
        expect_refusal(out, REFUSAL_NO_NICK);
        return;
    }
    out->effect = EFFECT_MESSAGE;
    out->row = ROW_MESSAGE;
    out->row_count = 1;
}

static void message(struct chat *chat, const struct command *command, struct expected *out)
{
    uint32_t index = sim_room_find(command->name);
    if (index == ROOM_NONE) {
        message_to_person(chat, command, out);
        return;
    }
    struct chat_room *room = &chat->rooms[index];
    if (room->name.count == 0) {
        expect_refusal(out, REFUSAL_NO_CHANNEL);
        return;
    }
    const struct seat *seat = room_seat(room, out->actor);
    const char *bar = room_bars_message(room, out->actor, seat);
    if (bar[0] != '\0') {
        expect_refusal(out, REFUSAL_CANNOT_SEND);
        out->words = text_of(bar);
        return;
    }
    expect_in_room(out, EFFECT_MESSAGE, ROW_MESSAGE, index);
    out->rank = chat_rank_of_sign(command->name);
    out->is_outside = seat == NULL;
    chat_spoken_add(chat, room, out->actor, out->rank);
}

static void nick(struct chat *chat, const struct command *command, struct expected *out)
{
    if (text_equal(command->name, bytes_text(&out->actor->nick))) {
        return;
    }
    enum refusal refusal = name_is_taken(chat, command->name, out->actor);
    if (refusal != REFUSAL_NONE) {
        expect_refusal(out, refusal);
        return;
    }
    expect_everywhere(out, EFFECT_NICK, ROW_NICK);
}

static void topic(struct chat *chat, const struct command *command, struct expected *out)
{
    uint32_t index = 0;
    const struct seat *seat = chat_seat_needed(chat, command->name, out, &index);
    if (seat == NULL) {
        return;
    }
    struct chat_room *room = &chat->rooms[index];
    if ((room->modes & ROOM_TOPIC_LOCKED) != 0 && (seat->rank & RANK_OPERATOR) == 0) {
        expect_refusal(out, REFUSAL_NOT_OPERATOR);
    } else if (!text_equal(command->text, bytes_text(&room->topic))) {
        set(&room->topic, command->text);
        expect_in_room(out, EFFECT_TOPIC, ROW_TOPIC, index);
    }
}

static void kick(struct chat *chat, const struct command *command, struct expected *out)
{
    uint32_t index = 0;
    if (chat_rank_needed(chat, command->name, out, &index) == NULL) {
        return;
    }
    struct sitter *target = chat_sitter_of_nick(chat, command->extra);
    if (target == NULL || room_seat(&chat->rooms[index], target) == NULL) {
        expect_refusal(out, REFUSAL_TARGET_NOT_MEMBER);
        return;
    }
    out->target = target;
    room_leave(chat, index, target);
    expect_in_room(out, EFFECT_KICKED, ROW_KICKED, index);
}

/* All that the room is goes with its name. */
static void room_move(struct chat *chat, uint32_t from, uint32_t to)
{
    struct chat_room room = chat->rooms[to];
    chat->rooms[to] = chat->rooms[from];
    chat->rooms[from] = room;
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        struct sitter *sitter = &chat->sitters[i];
        for (uint32_t k = 0; k < sitter->room_count; k++) {
            sitter->rooms[k] = sitter->rooms[k] == from ? to : sitter->rooms[k];
        }
        sitter->invited |= (sitter->invited & 1u << from) != 0 ? 1u << to : 0;
        sitter->invited &= ~(1u << from);
    }
}

static void rename_room(struct chat *chat, const struct command *command, struct expected *out)
{
    uint32_t to = sim_room_find(command->extra);
    if (chat_rank_needed(chat, command->name, out, &out->from) == NULL) {
        return;
    }
    check(to != ROOM_NONE);
    const struct chat_room *room = &chat->rooms[out->from];
    if ((room->modes & ROOM_KEPT) != 0) {
        expect_refusal(out, REFUSAL_UNSUPPORTED);
    } else if (to != out->from && chat->rooms[to].name.count > 0) {
        expect_refusal(out, REFUSAL_NAME_IN_USE);
    } else if (!text_equal(command->extra, bytes_text(&room->name))) {
        set(&chat->words, bytes_text(&room->name));
        out->words = bytes_text(&chat->words);
        if (to != out->from) {
            room_move(chat, out->from, to);
        }
        set(&chat->rooms[to].name, command->extra);
        expect_in_room(out, EFFECT_RENAMED, ROW_RENAMED, to);
    }
}

static void away(const struct command *command, struct expected *out)
{
    if (!text_equal(command->text, bytes_text(&out->actor->away))) {
        set(&out->actor->away, command->text);
        expect_everywhere(out, EFFECT_AWAY, ROW_NONE);
    }
}

static void close_session(struct chat *chat, struct expected *out)
{
    expect_everywhere(out, EFFECT_CLOSED, ROW_CLOSED);
    for (uint32_t i = 0; i < out->room_count; i++) {
        room_leave(chat, out->rooms[i], out->actor);
    }
}

void chat_entry(struct chat *chat, uint64_t seq, const struct command *command,
                struct expected *out)
{
    chat->seq = seq;
    *out = (struct expected){0};
    out->actor = command->session != 0 ? chat_sitter(chat, command->session) : NULL;
    if (command->kind == COMMAND_KEEP) {
        struct chat_room *lobby = &chat->rooms[sim_room_find(command->name)];
        lobby->modes |= ROOM_KEPT | ROOM_NO_EXTERNAL | ROOM_TOPIC_LOCKED;
        set(&lobby->name, command->name);
        lobby->made = chat->seq;
        return;
    }
    if (command->kind == COMMAND_OPEN) {
        session_open(chat, command, out);
        return;
    }
    if (out->actor == NULL) {
        return; /* Its OPEN was refused. */
    }
    switch ((int)command->kind) {
    case COMMAND_JOIN:
        join(chat, command, out);
        break;
    case COMMAND_PART:
        part(chat, command, out);
        break;
    case COMMAND_MESSAGE:
        message(chat, command, out);
        break;
    case COMMAND_NICK:
        nick(chat, command, out);
        break;
    case COMMAND_TOPIC:
        topic(chat, command, out);
        break;
    case COMMAND_KICK:
        kick(chat, command, out);
        break;
    case COMMAND_MODE:
        chat_mode(chat, command, out);
        out->words = bytes_text(&chat->words);
        break;
    case COMMAND_INVITE:
        chat_invite(chat, command, out);
        break;
    case COMMAND_RENAME:
        rename_room(chat, command, out);
        break;
    case COMMAND_REDACT:
        chat_redact(chat, command, out);
        break;
    case COMMAND_AWAY:
        away(command, out);
        break;
    case COMMAND_PING:
        out->effect = EFFECT_PONG;
        break;
    case COMMAND_CLOSE:
        close_session(chat, out);
        break;
    default:
        break; /* Nobody does that: whatever comes of it is not expected. */
    }
}

/* Who was invited was invited there, and not to the next room of that name. */
static void room_close(struct chat *chat, uint32_t index)
{
    room_clear(&chat->rooms[index]);
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        chat->sitters[i].invited &= ~(1u << index);
    }
}

void chat_applied(struct chat *chat, const struct command *command, const struct expected *expected)
{
    if (expected->effect == EFFECT_NICK) {
        set(&expected->actor->nick, command->name);
    } else if (expected->effect == EFFECT_CLOSED) {
        sitter_clear(expected->actor);
    }
    for (uint32_t i = 0; i < SIM_ROOMS; i++) {
        struct chat_room *room = &chat->rooms[i];
        if (room->seat_count == 0 && (room->modes & ROOM_KEPT) == 0 && room->name.count > 0) {
            room_close(chat, i);
        }
    }
}
