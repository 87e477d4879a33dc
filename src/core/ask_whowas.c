/* WHOWAS: who was called so (RFC 2812 section 3.6.3), the last one first. */
#include "core/ask_page.h"

#include "base/check.h"

/*
 * A cursor: the number of the record to look at next, turned round because it falls, and how many
 * were told. Numbers stay far below the turning point.
 */
#define GIVEN_BITS 16
#define TURNING_POINT (UINT64_C(1) << 47)
/* A record's replies go together. */
#define RECORD_BYTES_MAX 1024

static bool is_called(const struct session *session, const struct name_key *key)
{
    struct name_key own;
    return name_key(session_nick(session), &own) == ERR_OK &&
           text_equal((struct text){own.data, own.count}, (struct text){key->data, key->count});
}

static void record_give(struct page *page, const struct session *session)
{
    const struct text nick = session_nick(session);
    char address[ADDRESS_PARAM_BYTES_MAX];
    char ended[TIME_BYTES_MAX];
    bool all = PAGE_REPLY(page, RPL_WHOWASUSER, nick, page_param(session_user(session)),
                          page_param(session_host(session)), TEXT("*"), session_realname(session));
    if (session_is_operator(page->asker)) {
        all = all && PAGE_REPLY(page, RPL_WHOISACTUALLY, nick, page_address(session, address));
    }
    check(all && PAGE_REPLY(page, RPL_WHOISSERVER, nick, page_server(page->core),
                            page_time(session->opened_ms, ended)));
}

uint64_t ask_whowas(const struct core *core, const struct command *command,
                    const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const struct text name = page_param(command->name);
    struct name_key key;
    const bool is_nick = name_key(command->name, &key) == ERR_OK;
    const uint64_t hash =
        is_nick ? past_hash(core, (struct text){.data = key.data, .count = key.count}) : 0;
    const uint64_t most = command->number > 0 ? (uint64_t)command->number : WHOWAS_MAX;
    uint64_t given = command->cursor & UINT16_MAX;
    uint64_t next = core->past_count;
    if (command->cursor != 0) {
        next = TURNING_POINT - (command->cursor >> GIVEN_BITS);
    }
    /* Of the older ones, new ones have taken the places. */
    while (is_nick && given < most && next > 0 && core->past_count - next < WHOWAS_MAX) {
        const struct past *past = &core->past[(next - 1) % WHOWAS_MAX];
        if (past->hash == hash && is_called(past->session, &key)) {
            if (!page_has_room(&page, RECORD_BYTES_MAX)) {
                return (TURNING_POINT - next) << GIVEN_BITS | given;
            }
            record_give(&page, past->session);
            given++;
        }
        next--;
    }
    /* Nothing is said yet when there is nobody: there is room for both. */
    const bool is_end = page_has_room(&page, RECORD_BYTES_MAX);
    if (!is_end) {
        return (TURNING_POINT - next) << GIVEN_BITS | given;
    }
    check(given > 0 || PAGE_REPLY(&page, ERR_WASNOSUCHNICK, name));
    check(PAGE_REPLY(&page, RPL_ENDOFWHOWAS, name));
    return 0;
}
