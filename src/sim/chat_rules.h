/* The reference model's inside: what its files share. */
#ifndef MADANG_SIM_CHAT_RULES_H
#define MADANG_SIM_CHAT_RULES_H

#include "sim/chat.h"

/* -- chat.c ---------------------------------------------------------------------------------- */

struct sitter *chat_sitter_of_nick(struct chat *chat, struct text nick);
/* NULL: it is not in the room. */
struct seat *room_seat(struct chat_room *room, const struct sitter *sitter);
void expect_refusal(struct expected *out, enum refusal refusal);
/* It happens in one room. */
void expect_in_room(struct expected *out, enum effect_kind effect, enum row_kind row,
                    uint32_t room);
/* The actor's seat where it wants to act as a member; NULL: refused. */
struct seat *chat_seat_needed(struct chat *chat, struct text name, struct expected *out,
                              uint32_t *out_room);
/* The same for what only operators of the room may do. */
struct seat *chat_rank_needed(struct chat *chat, struct text name, struct expected *out,
                              uint32_t *out_room);

/* -- chat_mode.c: who may come, and who may speak -------------------------------------------- */

/* "+im-k+b key nick". */
void chat_mode(struct chat *chat, const struct command *command, struct expected *out);
void chat_invite(struct chat *chat, const struct command *command, struct expected *out);
/* What stands against coming in with the key, for who is not invited; REFUSAL_NONE. */
enum refusal room_bars_entry(const struct chat_room *room, const struct sitter *sitter,
                             struct text key);
/* The letter of the mode that stands against a message; "". seat NULL: from outside. */
const char *room_bars_message(const struct chat_room *room, const struct sitter *sitter,
                              const struct seat *seat);
/* Nothing is set. */
void room_modes_clear(struct chat_room *room);
void room_modes_finish(struct chat_room *room);

/* -- chat_redact.c --------------------------------------------------------------------------- */

/* The entry at hand is a message in the room, to those of the rank and above; 0: to all. */
void chat_spoken_add(struct chat *chat, const struct chat_room *room, const struct sitter *writer,
                     uint32_t rank);
void chat_redact(struct chat *chat, const struct command *command, struct expected *out);

#endif
