/*
 * Questions: each is answered from the state as it is, with replies alone. core_query() calls one
 * of these for a session that exists.
 *
 * Each looks at a bounded number of things, gives at most ASK_BYTES_MAX of packed replies, and
 * returns 0 when the answer is whole, or the cursor (command->cursor of the next call) for the
 * rest, which is larger than the one before it. command->number is now (Unix ms), where
 * core_query() has put it, but for WHOWAS.
 *
 * Whoever may not know of a channel gets the very answer of one that does not exist.
 */
#ifndef MADANG_CORE_ASK_H
#define MADANG_CORE_ASK_H

#include "core/state.h"

/* The rest of REPLIES_BYTES_MAX is for what a command says itself before it asks: a JOIN its topic.
 */
#define ASK_BYTES_MAX (REPLIES_BYTES_MAX - 1024)

/*
 * Also called by a JOIN with ASK_NAMES, with a copy of its command in which name is the channel and
 * cursor is 0 or what this returned: flags ASK_*. Below 2^32.
 */
uint64_t ask_names(const struct core *core, const struct command *command,
                   const struct core_sink *sink);
uint64_t ask_who(const struct core *core, const struct command *command,
                 const struct core_sink *sink);
uint64_t ask_whois(const struct core *core, const struct command *command,
                   const struct core_sink *sink);
uint64_t ask_whowas(const struct core *core, const struct command *command,
                    const struct core_sink *sink);
uint64_t ask_list(const struct core *core, const struct command *command,
                  const struct core_sink *sink);
/* Also called by an OPEN. One step. */
uint64_t ask_lusers(const struct core *core, const struct command *command,
                    const struct core_sink *sink);
uint64_t ask_userhost(const struct core *core, const struct command *command,
                      const struct core_sink *sink);
uint64_t ask_ison(const struct core *core, const struct command *command,
                  const struct core_sink *sink);
uint64_t ask_online(const struct core *core, const struct command *command,
                    const struct core_sink *sink);
uint64_t ask_modes(const struct core *core, const struct command *command,
                   const struct core_sink *sink);
uint64_t ask_topic_of(const struct core *core, const struct command *command,
                      const struct core_sink *sink);
uint64_t ask_invites(const struct core *core, const struct command *command,
                     const struct core_sink *sink);
uint64_t ask_accepts(const struct core *core, const struct command *command,
                     const struct core_sink *sink);
uint64_t ask_bans(const struct core *core, const struct command *command,
                  const struct core_sink *sink);
uint64_t ask_metadata_get(const struct core *core, const struct command *command,
                          const struct core_sink *sink);
uint64_t ask_metadata_list(const struct core *core, const struct command *command,
                           const struct core_sink *sink);
uint64_t ask_metadata_sync(const struct core *core, const struct command *command,
                           const struct core_sink *sink);
uint64_t ask_time(const struct core *core, const struct command *command,
                  const struct core_sink *sink);

#endif
