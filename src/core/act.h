/*
 * What each kind of command does. Each of these takes one turn: it tells the sink what happened, or
 * refuses and has changed nothing. core_apply() calls them for a session that is there, but for
 * session_open() and channel_keep().
 */
#ifndef MADANG_CORE_ACT_H
#define MADANG_CORE_ACT_H

#include "core/state.h"

/* session.c */
void session_open(struct turn *turn);
void session_close(struct turn *turn);
/* Ends session for reason, with words: what follows its CLOSE, and a KILL. */
void session_end(struct turn *turn, struct session *session, enum leave_reason reason,
                 struct text words);
/* nick.c */
void session_rename(struct turn *turn);
/* person.c */
void session_set_away(struct turn *turn);
void session_set_realname(struct turn *turn);
void session_accept(struct turn *turn);
/* user_mode.c */
void session_mode(struct turn *turn);

/* join.c */
void channel_join(struct turn *turn);
/* leave.c */
void channel_part(struct turn *turn);
void channel_kick(struct turn *turn);
/* invite.c */
void channel_invite(struct turn *turn);
/* topic.c */
void channel_topic_set(struct turn *turn);
/* rename.c */
void channel_rename(struct turn *turn);
/* mode.c */
void channel_mode(struct turn *turn);
/* keep.c */
void channel_keep(struct turn *turn);
/* message.c */
void message_send(struct turn *turn);
/* redact.c */
void message_redact(struct turn *turn);

/* operator.c */
void operator_become(struct turn *turn);
void operator_kill(struct turn *turn);
void operator_wallops(struct turn *turn);
void operator_defcon(struct turn *turn);
void operator_rehash(struct turn *turn);
/* server_ban.c */
void server_ban_add(struct turn *turn);
void server_ban_remove(struct turn *turn);
/* metadata.c */
void metadata_set(struct turn *turn);

#endif
