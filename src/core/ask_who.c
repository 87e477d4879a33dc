/* WHO and WHOX: who is in a channel, or is called so (RFC 2812 section 3.6.1, IRCv3 whox). */
#include "core/ask_page.h"

#include "base/check.h"

#include <string.h>

/* The fields of WHOX in the order in which they are told. */
static const char field_letters[] = "tcuihsnfdlaor";
#define FIELD_COUNT (sizeof(field_letters) - 1)
#define TOKEN_BYTES_MAX 3
/* Matching a mask may take as long as both texts multiplied. */
#define MATCH_COST 12
/* Away, '*', the signs of a rank, bot. */
#define FLAGS_BYTES_MAX (3 + RANK_SIGNS_BYTES_MAX)

/* One WHO. */
struct who {
    struct page page;
    bool is_extended;       /* WHOX. */
    bool is_operators_only; /* "o" */
    uint32_t fields;        /* Bits by the place in field_letters. */
    struct text token;
};

/* One person that is told of. */
struct who_line {
    const struct session *person;
    struct text channel; /* "*" where none is meant. */
    uint32_t rank;
};

/* "%fields,token", with the old flags before the '%'. */
static void extension_read(struct who *who, struct text extra)
{
    bool is_field = false;
    who->token = TEXT("0");
    for (size_t i = 0; i < extra.count; i++) {
        const char letter = extra.data[i];
        if (letter == '%') {
            is_field = true;
            who->is_extended = true;
            continue;
        }
        if (!is_field) {
            who->is_operators_only = who->is_operators_only || letter == 'o';
            continue;
        }
        if (letter == ',') {
            const struct text token = {extra.data + i + 1, extra.count - i - 1};
            if (token.count > 0 && token.count <= TOKEN_BYTES_MAX) {
                who->token = page_param(token);
            }
            return;
        }
        const char *field = memchr(field_letters, letter, FIELD_COUNT);
        if (field != NULL) {
            who->fields |= UINT32_C(1) << (field - field_letters);
        }
    }
}

static struct text flags_text(const struct who *who, const struct who_line *line,
                              char out[FLAGS_BYTES_MAX])
{
    size_t count = 0;
    out[count++] = (line->person->flags & PERSON_AWAY) != 0 ? 'G' : 'H';
    if ((line->person->flags & PERSON_OPERATOR) != 0) {
        out[count++] = '*';
    }
    char signs[RANK_SIGNS_BYTES_MAX];
    const struct text rank =
        rank_signs(line->rank, (who->page.command->flags & ASK_MULTI_PREFIX) != 0, signs);
    for (size_t i = 0; i < rank.count; i++) {
        out[count++] = rank.data[i];
    }
    if ((line->person->flags & PERSON_BOT) != 0) {
        out[count++] = 'B';
    }
    return (struct text){.data = out, .count = count};
}

/* 352 */
static bool plain_give(struct who *who, const struct who_line *line)
{
    const struct session *person = line->person;
    const struct text hops = TEXT("0 ");
    const struct text realname = session_realname(person);
    char flags[FLAGS_BYTES_MAX];
    char last[sizeof("0 ") + REALNAME_BYTES_MAX];
    check(realname.count <= REALNAME_BYTES_MAX);
    memcpy(last, hops.data, hops.count);
    if (realname.count > 0) {
        memcpy(last + hops.count, realname.data, realname.count);
    }
    return PAGE_REPLY(&who->page, RPL_WHOREPLY, line->channel, page_param(session_user(person)),
                      page_param(session_host(person)), page_server(who->page.core),
                      session_nick(person), flags_text(who, line, flags),
                      (struct text){.data = last, .count = hops.count + realname.count});
}

/* Where the texts of one WHOX line stand that are made for it. */
struct field_room {
    char address[ADDRESS_PARAM_BYTES_MAX];
    char flags[FLAGS_BYTES_MAX];
    char idle[NUMBER_BYTES_MAX];
};

static struct text field_text(const struct who *who, const struct who_line *line, char letter,
                              struct field_room *room)
{
    const struct session *person = line->person;
    const struct page *page = &who->page;
    switch (letter) {
    case 't':
        return who->token;
    case 'c':
        return line->channel;
    case 'u':
        return page_param(session_user(person));
    case 'i':
        return page_may_know_address(page, person) ? page_address(person, room->address)
                                                   : TEXT("255.255.255.255");
    case 'h':
        return page_param(session_host(person));
    case 's':
        return page_server(page->core);
    case 'n':
        return session_nick(person);
    case 'f':
        return flags_text(who, line, room->flags);
    case 'd':
        return TEXT("0");
    case 'l':
        return number_text(page_seconds_since(page, person->active_ms), room->idle);
    case 'a':
        return session_account(person).count > 0 ? session_account(person) : TEXT("0");
    case 'o':
        return TEXT("n/a");
    default:
        return session_realname(person);
    }
}

/* 354 */
static bool extended_give(struct who *who, const struct who_line *line)
{
    struct field_room room;
    struct text params[FIELD_COUNT];
    uint32_t count = 0;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if ((who->fields >> i & 1) != 0) {
            params[count++] = field_text(who, line, field_letters[i], &room);
        }
    }
    return page_reply(&who->page, RPL_WHOSPCRPL, params, count);
}

/* True also when there is nothing to say of that person. */
static bool person_give(struct who *who, const struct who_line *line)
{
    if (who->is_operators_only && (line->person->flags & PERSON_OPERATOR) == 0) {
        return true;
    }
    return who->is_extended ? extended_give(who, line) : plain_give(who, line);
}

/* The members of the channel from *place on; false: go on there. */
static bool channel_tell(struct who *who, const struct channel *channel, uint64_t *place)
{
    const bool is_member = session_membership(who->page.asker, channel) != NULL;
    const struct session *member;
    while ((member = page_next(&who->page, &channel->members, place)) != NULL) {
        if (!page_sees_member(&who->page, channel, member, is_member)) {
            continue;
        }
        const struct who_line line = {
            .person = member,
            .channel = channel_name(channel),
            .rank = slots_tag(&channel->members, (uint32_t)*place - 1),
        };
        if (!person_give(who, &line)) {
            *place -= 1;
            return false;
        }
    }
    return *place >= channel->members.used;
}

/* A mask, taken apart. */
struct who_mask {
    struct folded folded;
    bool is_all;
    bool is_prefix; /* With '!' or '@': of nick!user@host; else of the nick, the host or the
                       real name (RFC 2812 section 3.6.1). */
};

static bool has_byte(struct text text, char byte)
{
    return text.count > 0 && memchr(text.data, byte, text.count) != NULL;
}

static struct who_mask mask_read(struct text mask)
{
    struct who_mask out = {
        .is_all = mask.count == 0 || text_equal(mask, TEXT("*")) || text_equal(mask, TEXT("0")),
        .is_prefix = has_byte(mask, '!') || has_byte(mask, '@'),
    };
    if (out.is_prefix && !has_byte(mask, '!')) {
        /* "user@host", of whatever nick. */
        folded_append(&out.folded, TEXT("*!"));
        folded_append(&out.folded, mask);
    } else {
        mask_fold(mask, &out.folded);
    }
    return out;
}

static bool text_matches(struct page *page, const struct who_mask *mask, struct text text)
{
    struct folded folded;
    page_spend(page, MATCH_COST);
    mask_fold(text, &folded);
    return mask_match(folded_text(&mask->folded), folded_text(&folded));
}

/* nick!user@address, as operators see somebody. */
static bool address_matches(struct page *page, const struct who_mask *mask,
                            const struct session *person)
{
    if (!page_may_know_address(page, person)) {
        return false;
    }
    const struct text address = session_address(person);
    if (!mask->is_prefix) {
        return text_matches(page, mask, address);
    }
    const struct text pieces[] = {session_nick(person), TEXT("!"), session_user(person), TEXT("@"),
                                  address};
    char whole[NAME_BYTES_MAX + USER_BYTES_MAX + ADDRESS_BYTES_MAX + 2];
    size_t count = 0;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        if (pieces[i].count > 0) {
            memcpy(whole + count, pieces[i].data, pieces[i].count);
            count += pieces[i].count;
        }
    }
    return text_matches(page, mask, (struct text){.data = whole, .count = count});
}

static bool person_matches(struct page *page, const struct who_mask *mask,
                           const struct session *person)
{
    char prefix[PREFIX_BYTES_MAX];
    if (mask->is_all) {
        return true;
    }
    if (mask->is_prefix) {
        return text_matches(page, mask, session_prefix(person, prefix)) ||
               address_matches(page, mask, person);
    }
    return text_matches(page, mask, session_nick(person)) ||
           text_matches(page, mask, session_host(person)) ||
           text_matches(page, mask, session_realname(person)) ||
           address_matches(page, mask, person);
}

/* Everybody who matches and whom the asker may see, from *place on; false: go on there. */
static bool mask_tell(struct who *who, const struct who_mask *mask, uint64_t *place)
{
    struct page *page = &who->page;
    const struct session *person;
    while ((person = page_next(page, &page->core->sessions, place)) != NULL) {
        if (!person_matches(page, mask, person)) {
            continue;
        }
        if ((person->flags & PERSON_INVISIBLE) != 0) {
            page_spend(page, (uint32_t)person->membership_count * page->asker->membership_count);
        }
        if (!person_is_visible_to(person, page->asker)) {
            continue;
        }
        const struct who_line line = {.person = person, .channel = TEXT("*")};
        if (!person_give(who, &line)) {
            *place -= 1;
            return false;
        }
    }
    return *place >= page->core->sessions.used;
}

uint64_t ask_who(const struct core *core, const struct command *command,
                 const struct core_sink *sink)
{
    struct who who = {
        .page = page_of(core, command, sink),
        .is_operators_only = (command->flags & WHO_OPERATORS) != 0,
    };
    extension_read(&who, command->extra);
    const struct text mask = command->name;
    uint64_t place = command->cursor;
    if (mask.count > 0 && mask.data[0] == '#') {
        const struct channel *channel = page_channel(&who.page, mask);
        if (channel != NULL && !channel_tell(&who, channel, &place)) {
            return place;
        }
    } else {
        const struct who_line line = {.person = session_find(core, mask), .channel = TEXT("*")};
        const struct who_mask read = mask_read(mask);
        /* Who knows the whole nick may ask for it, +i or not; it is the first page's first reply.
         */
        if (line.person != NULL) {
            check(person_give(&who, &line));
        } else if (name_check(mask) != NAME_OK && !mask_tell(&who, &read, &place)) {
            return place;
        }
    }
    return PAGE_REPLY(&who.page, RPL_ENDOFWHO, page_param(mask)) ? 0 : place;
}
