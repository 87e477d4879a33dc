/* Lists of the asker's own: its invitations, whom it accepts; and for operators the bans of the
 * server. */
#include "core/ask_page.h"

#include "base/check.h"

uint64_t ask_invites(const struct core *core, const struct command *command,
                     const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const struct session_options *options = page.asker->options;
    /* INVITES_PER_SESSION_MAX names fit into one page. */
    for (uint32_t i = 0; options != NULL && i < options->invitation_count; i++) {
        const struct channel *channel = invitation_channel(core, &options->invitations[i]);
        if (channel != NULL) {
            check(PAGE_REPLY(&page, RPL_INVITELIST, channel_name(channel)));
        }
    }
    check(page_reply(&page, RPL_ENDOFINVITELIST, NULL, 0));
    return 0;
}

uint64_t ask_accepts(const struct core *core, const struct command *command,
                     const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const struct session_options *options = page.asker->options;
    /* ACCEPTS_PER_SESSION_MAX nicks fit into one page. */
    for (uint32_t i = 0; options != NULL && i < options->accept_count; i++) {
        const struct session *accepted = session_by_id(core, options->accepts[i]);
        if (accepted != NULL) {
            check(PAGE_REPLY(&page, RPL_ACCEPTLIST, session_nick(accepted)));
        }
    }
    check(page_reply(&page, RPL_ENDOFACCEPT, NULL, 0));
    return 0;
}

/* "D", the mask, who, until when (Unix seconds, 0 for ever), why: as STATS has it, with more. */
static bool ban_give(struct page *page, const struct note *ban)
{
    char until[NUMBER_BYTES_MAX];
    return PAGE_REPLY(page, RPL_STATSDLINE, TEXT("D"), page_param(note_subject(ban)),
                      page_param(note_nick(ban)),
                      number_text((uint64_t)ban->until_ms / 1000, until), note_text(ban));
}

uint64_t ask_bans(const struct core *core, const struct command *command,
                  const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    if (!session_is_operator(page.asker)) {
        check(page_reply(&page, ERR_NOPRIVILEGES, NULL, 0));
        return 0;
    }
    /* A cursor is the serial of the last ban that was told. */
    const struct note *ban;
    uint32_t told = (uint32_t)command->cursor;
    uint32_t next = told;
    while ((ban = page_note(&core->bans, &next)) != NULL) {
        const bool is_over = ban->until_ms != 0 && ban->until_ms <= command->number;
        if (!is_over && !ban_give(&page, ban)) {
            return told;
        }
        told = next;
    }
    return PAGE_REPLY(&page, RPL_ENDOFSTATS, TEXT("D")) ? 0 : told;
}
