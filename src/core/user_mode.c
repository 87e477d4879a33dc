/* MODE of oneself. */
#include "base/check.h"
#include "base/mem.h"
#include "core/act.h"
#include "core/change.h"

/* What people may set and unset themselves; who is operator may only cease to be. */
#define FREE_FLAGS                                                                                 \
    (PERSON_BOT | PERSON_REGISTERED_ONLY | PERSON_CALLER_ID | PERSON_INVISIBLE | PERSON_WALLOPS)

/* The flags that the letters of text make of flags; tells in *out_unknown of letters that mean
 * nothing. */
static uint32_t flags_after(struct text text, uint32_t flags, bool *out_unknown)
{
    bool is_set = true;
    for (size_t i = 0; i < text.count && text.data[i] != ' '; i++) {
        const char letter = text.data[i];
        if (letter == '+' || letter == '-') {
            is_set = letter == '+';
            continue;
        }
        const uint32_t flag = user_mode_flag(letter);
        *out_unknown = *out_unknown || flag == 0;
        if (is_set) {
            flags |= flag & FREE_FLAGS;
        } else {
            flags &= ~flag;
        }
    }
    return flags;
}

/* "+iw-B": what is in one and not in the other. */
static struct text difference(uint32_t before, uint32_t after, char out[2 * USER_MODES_BYTES_MAX])
{
    size_t count = 0;
    const struct {
        char sign;
        uint32_t flags;
    } parts[] = {{'+', after & ~before}, {'-', before & ~after}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char letters[USER_MODES_BYTES_MAX];
        const struct text modes = user_flags_text(parts[i].flags, letters);
        for (size_t j = 1; j < modes.count; j++) {
            if (j == 1) {
                out[count++] = parts[i].sign;
            }
            out[count++] = modes.data[j];
        }
    }
    return (struct text){.data = out, .count = count};
}

void session_tell_mode(const struct turn *turn, uint32_t before)
{
    char words[2 * USER_MODES_BYTES_MAX];
    struct effect effect = turn_effect(turn, EFFECT_USER_MODE);
    effect.text = difference(before, turn->session->flags, words);
    turn_tell(turn, &effect);
}

void session_mode(struct turn *turn)
{
    struct session *session = turn->session;
    const struct command *command = &turn->entry->command;
    const struct session *named = session_find(turn->core, command->name);
    if (named == NULL) {
        turn_refuse(turn, REFUSAL_NO_NICK);
        return;
    }
    if (named != session) {
        sink_reply(turn->sink, ERR_USERSDONTMATCH, NULL, 0);
        return;
    }
    bool is_unknown = false;
    const uint32_t before = session->flags;
    const uint32_t after = flags_after(command->text, before, &is_unknown);
    /* Whom such a session writes to goes into its list, and that must not need memory. */
    if ((after & (PERSON_REGISTERED_ONLY | PERSON_CALLER_ID)) != 0 &&
        session_accepts_reserve(session) != ERR_OK) {
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    if (after != before) {
        session_set_flags(turn->core, session, after);
        if ((before & ~after & PERSON_OPERATOR) != 0) {
            mem_free(session->options->operator);
            session->options->operator= NULL;
        }
        session_tell_mode(turn, before);
    }
    if (is_unknown) {
        sink_reply(turn->sink, ERR_UMODEUNKNOWNFLAG, NULL, 0);
    }
}
