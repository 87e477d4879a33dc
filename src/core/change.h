/*
 * How the state is changed, by the files that act.h names. What can fail is done before the first
 * change that can be seen: a …_reserve() makes room, and what uses the room cannot fail. Room that
 * is not used is no change.
 */
#ifndef MADANG_CORE_CHANGE_H
#define MADANG_CORE_CHANGE_H

#include "core/state.h"

/* -- nick.c ---------------------------------------------------------------------------------- */

/* The two forms by which a nick is found. */
struct nick_forms {
    struct name_key key;
    struct name_key skeleton;
};
/* ERR_INVALID for what name_check() refuses. */
MUST_USE enum error nick_forms_make(struct text nick, struct nick_forms *out);
/* Whether nick is good and free for session (NULL: a new one); else the asker is told. */
MUST_USE bool nick_may_be_taken(const struct turn *turn, const struct session *session,
                                struct nick_forms *out);
/* Puts the session into all tables, or into none. ERR_MEMORY. */
MUST_USE enum error session_register(struct core *core, struct session *session,
                                     const struct nick_forms *forms);
/* The session is in no table any more. */
void session_unregister(struct core *core, const struct session *session);

/* -- session.c ------------------------------------------------------------------------------- */

/* Makes session->options. ERR_MEMORY. */
MUST_USE enum error session_options_reserve(struct session *session);
/* Sets its flags, and counts them. */
void session_set_flags(struct core *core, struct session *session, uint32_t flags);
/* Frees what most sessions do not have; it is in no channel. */
void session_strip(struct session *session);
/* Frees it and all that it holds; it is in no table. NULL is fine. */
void session_free(struct session *session);

/* -- membership.c ---------------------------------------------------------------------------- */

/* Makes room for one more channel; for one more member. ERR_MEMORY. */
MUST_USE enum error session_reserve(struct session *session);
void session_enter(struct session *session, struct channel *channel, uint32_t rank);
/* The index of the channel in the session's list, or membership_count. */
size_t session_index(const struct session *session, const struct channel *channel);
/* Takes the session out of the channel of that index; the others keep their order. */
struct channel *session_leave(struct session *session, size_t index);
/* Fills in one for each channel that the session is in. */
void session_concerned(const struct session *session,
                       struct effect_channel out[CHANNELS_PER_SESSION_MAX]);
/* Whether others in the channel are told of what the session does: not in an auditorium. */
bool member_is_hidden(const struct channel *channel, uint32_t rank);

/*
 * Finds the channel that name means and where in its list the session has it: by comparing bytes
 * first, because nearly all messages name a channel as the last one did. *out_index is
 * membership_count for who is no member. NULL when there is no such channel.
 */
struct channel *session_find_channel(const struct turn *turn, struct text name, size_t *out_index);
/*
 * The same for a command that only members may give, or operators of the server. NULL: refused,
 * with the words of a channel that is not there when the asker may not know of it.
 */
struct channel *turn_find_channel(const struct turn *turn, struct text name, size_t *out_index);
/* The acting session's rank there; operators of the server have all. */
uint32_t turn_rank(const struct turn *turn, const struct channel *channel);

/* -- channel.c ------------------------------------------------------------------------------- */

/* Makes a channel of that name, whose key is in core->key. NULL when there is no memory. */
struct channel *channel_new(struct core *core, struct text name, uint64_t id, int64_t time_ms);
/* Makes channel->options. ERR_MEMORY. */
MUST_USE enum error channel_options_reserve(struct channel *channel);
/* After all is told: without members and mode P the channel is gone. */
void channel_release(struct core *core, struct channel *channel);
/* Frees it and all that it holds; for core_free(). */
void channel_free(struct channel *channel);

/* -- keep.c: what lasts of a channel with mode P; nothing of any other ----------------------- */

/* What a channel may hold to be kept from now on: each is a row. */
#define KEPT_ROWS_MAX 100
/* Its masks and metadata. */
uint32_t channel_kept_count(const struct channel *channel);
/* The row with its modes and topic; and those of all else. */
void channel_store(const struct turn *turn, const struct channel *channel);
void channel_store_all(const struct turn *turn, const struct channel *channel);
/* The row that drops all of that: the channel was kept until now. */
void channel_drop(const struct turn *turn, const struct channel *channel);
/* The row of one mask, or the one that drops it. */
void mask_store(const struct turn *turn, const struct channel *channel, enum channel_list list,
                const struct note *mask, bool is_dropped);
void metadata_store(const struct turn *turn, const struct channel *channel,
                    const struct note *value, bool is_dropped);

/* -- access.c: whom masks and modes keep out ------------------------------------------------- */

enum mask_kind {
    MASK_NONE,    /* None that is known. */
    MASK_PLAIN,   /* nick!user@host */
    MASK_ACCOUNT, /* ~a:account */
    MASK_MUTE,    /* ~m:nick!user@host: may come, but say nothing. */
};
enum mask_kind mask_kind(struct text mask);
/* The form of a mask by which it is kept, in out: "bar" is "bar!*@*". "" for what is no mask. */
#define MASK_ROOM (MASK_BYTES_MAX + 8)
struct text mask_complete(struct text typed, char out[MASK_ROOM]);
/* What the text of a note in a list of masks is: its subject, which is complete, folded. */
void mask_fold_complete(struct text mask, struct folded *out);
/* The index of the mask that is the same when both are folded, or count. */
uint32_t masks_find(const struct notes *masks, struct text mask);
/* "nick!user@host" of the session with that host, folded. */
void session_fold(const struct session *session, struct text host, struct folded *out);
/* What stands against the session's joining, with the key it gave; REFUSAL_NONE. */
enum refusal channel_bars_entry(const struct channel *channel, const struct session *session,
                                struct text key);
/* The letter of the mode that stands against its writing text there; "" for none. membership is
 * NULL for who is no member. */
struct text channel_bars_message(const struct channel *channel, const struct session *session,
                                 const struct membership *membership, struct text text);

/* -- invite.c -------------------------------------------------------------------------------- */

bool session_is_invited(const struct session *session, const struct channel *channel);
void session_forget_invitation(struct session *session, const struct channel *channel);

/* -- message.c ------------------------------------------------------------------------------- */

/* "@#room" means the channel behind the sign, and those who have its rank or a higher one. */
struct address {
    struct text channel; /* What name says, where it is no channel. */
    uint32_t rank;       /* 0: everybody. */
};
struct address message_address(struct text name);
/* The name of the channel with the sign before it, in out. */
struct text message_address_name(const struct address *address, const struct channel *channel,
                                 char out[COMMAND_NAME_BYTES_MAX]);
bool address_is_channel(const struct address *address);
/* Whether target hears from the acting session; else that one is told, and perhaps target too. */
MUST_USE bool session_hears(const struct turn *turn, const struct session *target);

/* -- operator.c ------------------------------------------------------------------------------ */

/* Whether the acting session is operator of the server; else it is told that it is not. */
MUST_USE bool operator_may(const struct turn *turn);
/* Ends session with "Killed (operator (words))", which is no longer than REASON_BYTES_MAX. */
#define KILL_WORDS_BYTES_MAX (REASON_BYTES_MAX - NAME_BYTES_MAX - 12)
void operator_end(struct turn *turn, struct session *session, struct text words);

/* -- server_ban.c ---------------------------------------------------------------------------- */

/* The form by which a ban is kept, in out: complete and folded, so that somebody is compared with
 * thousands of them fast. "" for what is none. */
struct text server_ban_mask(struct text typed, struct folded *out);
/* The ban that is about the session at that time, or NULL. */
const struct note *server_ban_find(const struct core *core, const struct session *session,
                                   int64_t time_ms);

/* -- metadata.c ------------------------------------------------------------------------------ */

/* [a-z0-9_./-], at most METADATA_KEY_BYTES_MAX. */
bool metadata_key_is_good(struct text key);

/* -- person.c -------------------------------------------------------------------------------- */

/* Makes room for the list of ACCEPT. ERR_MEMORY. */
MUST_USE enum error session_accepts_reserve(struct session *session);
/* Adds who to the list, in place of the oldest one when it is full; it has room. */
void session_accept_add(struct session *session, const struct session *who);

/* -- user_mode.c ----------------------------------------------------------------------------- */

/* Tells the acting session how its flags differ from those before. */
void session_tell_mode(const struct turn *turn, uint32_t before);

/* -- past.c ---------------------------------------------------------------------------------- */

/* Takes the session, which has ended, and keeps it until WHOWAS_MAX others have. */
void past_take(struct core *core, struct session *session, int64_t time_ms);

/* -- mode_text.c ----------------------------------------------------------------------------- */

/* The flag of a letter without parameter, of channels and of people; 0 for any other letter. */
uint32_t mode_flag(char letter);
uint32_t user_mode_flag(char letter);
/* "+iw": the letters of a person's flags. */
struct text user_flags_text(uint32_t flags, char out[USER_MODES_BYTES_MAX]);
/* The list of a letter, LIST_COUNT for any other. */
enum channel_list mode_list(char letter);
char mode_list_letter(enum channel_list list);
/* What is in out as one text, "+kn key". */
#define MODES_BYTES_MAX (32 + KEY_BYTES_MAX + CHANNEL_BYTES_MAX + NUMBER_BYTES_MAX + 3)
struct text channel_modes_text(const struct channel_modes *modes, char out[MODES_BYTES_MAX]);
/* Sets what channel_modes_text() of an earlier run says. ERR_INVALID, ERR_MEMORY. */
MUST_USE enum error channel_modes_load(struct channel *channel, struct text modes);
/* Takes the first word off *text, with the spaces before it; "" at the end. */
struct text word_take(struct text *text);
/* Whether JOIN could give that key. */
bool key_is_good(struct text key);
/* The number of a limit of members, 0 for what is none. */
uint32_t limit_of(struct text text);

#endif
