/* Messages that are taken back. */
#include "base/check.h"
#include "base/mem.h"
#include "sim/chat_rules.h"

void chat_spoken_add(struct chat *chat, const struct chat_room *room, const struct sitter *writer,
                     uint32_t rank)
{
    if (chat->spoken_count == chat->spoken_capacity) {
        chat->spoken_capacity = chat->spoken_capacity == 0 ? 256 : chat->spoken_capacity * 2;
        chat->spoken = mem_realloc(chat->spoken, chat->spoken_capacity * sizeof(*chat->spoken));
        check(chat->spoken != NULL);
    }
    chat->spoken[chat->spoken_count++] = (struct spoken){
        .seq = chat->seq, .session = writer->session, .made = room->made, .rank = rank};
}

/* The message of that number, that went to those; NULL. */
static struct spoken *spoken_find(const struct chat *chat, uint64_t seq,
                                  const struct chat_room *room, uint32_t rank)
{
    for (size_t i = 0; i < chat->spoken_count; i++) {
        struct spoken *spoken = &chat->spoken[i];
        bool is_recent = chat->seq - spoken->seq < REDACT_ENTRIES_MAX;
        if (spoken->seq == seq && spoken->made == room->made && spoken->rank == rank && is_recent &&
            !spoken->is_gone) {
            return spoken;
        }
    }
    return NULL;
}

void chat_redact(struct chat *chat, const struct command *command, struct expected *out)
{
    uint32_t index = 0;
    const struct seat *seat = chat_seat_needed(chat, command->name, out, &index);
    if (seat == NULL) {
        return;
    }
    const struct chat_room *room = &chat->rooms[index];
    uint32_t rank = chat_rank_of_sign(command->name);
    struct spoken *spoken = spoken_find(chat, (uint64_t)command->number, room, rank);
    if (spoken == NULL) {
        expect_refusal(out, REFUSAL_NO_MESSAGE);
        return;
    }
    if ((seat->rank & RANK_OPERATOR) == 0) {
        const char *bar = room_bars_message(room, out->actor, seat);
        if (spoken->session != out->actor->session) {
            expect_refusal(out, REFUSAL_NOT_OPERATOR);
            return;
        }
        if (bar[0] != '\0') {
            expect_refusal(out, REFUSAL_CANNOT_SEND);
            out->words = text_of(bar);
            return;
        }
    }
    spoken->is_gone = true;
    expect_in_room(out, EFFECT_REDACTED, ROW_REDACTED, index);
    out->rank = rank;
}
