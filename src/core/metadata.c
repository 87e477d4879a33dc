/* METADATA SET and CLEAR: what people say of themselves and operators of their channels, key by key
 * (IRCv3 metadata). */
#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/act.h"
#include "core/change.h"

#define ECHO_BYTES_MAX METADATA_KEY_BYTES_MAX

/* Whom or what it is about: one of the two is there. */
struct subject {
    struct session *session;
    struct channel *channel;
};

static struct text subject_name(const struct subject *subject)
{
    return subject->channel != NULL ? channel_name(subject->channel)
                                    : session_nick(subject->session);
}

static struct notes *subject_notes(const struct subject *subject)
{
    if (subject->channel != NULL) {
        return subject->channel->options == NULL ? NULL : &subject->channel->options->metadata;
    }
    return subject->session->options == NULL ? NULL : &subject->session->options->metadata;
}

/* ERR_MEMORY. */
MUST_USE static enum error subject_reserve(const struct subject *subject)
{
    const enum error error = subject->channel != NULL ? channel_options_reserve(subject->channel)
                                                      : session_options_reserve(subject->session);
    return error != ERR_OK ? error : notes_reserve(subject_notes(subject), 1);
}

static struct text key_shown(const struct turn *turn)
{
    return param_of(text_cut(turn->entry->command.extra, ECHO_BYTES_MAX));
}

static struct text name_shown(const struct turn *turn)
{
    return param_of(turn->entry->command.name);
}

bool metadata_key_is_good(struct text key)
{
    if (key.count == 0 || key.count > METADATA_KEY_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < key.count; i++) {
        const char byte = key.data[i];
        const bool is_good = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
                             byte == '_' || byte == '.' || byte == '/' || byte == '-';
        if (!is_good) {
            return false;
        }
    }
    return true;
}

/* Finds what the command names. False: there is none that the asker may know of. */
static bool subject_find(const struct turn *turn, struct subject *out)
{
    const struct text name = turn->entry->command.name;
    *out = (struct subject){0};
    if (text_equal(name, TEXT("*"))) {
        out->session = turn->session;
    } else if (name.count > 0 && name.data[0] == '#') {
        out->channel = channel_get(turn->core, name);
        if (out->channel != NULL && !channel_is_visible_to(out->channel, turn->session)) {
            out->channel = NULL;
        }
    } else {
        out->session = session_find(turn->core, name);
    }
    return out->session != NULL || out->channel != NULL;
}

static bool may_change(const struct turn *turn, const struct subject *subject)
{
    if (subject->channel != NULL) {
        return rank_may_operate(turn_rank(turn, subject->channel));
    }
    return subject->session == turn->session || session_is_operator(turn->session);
}

/* Tells subscribers that the key has another value, or none with is_unset. */
static void tell(const struct turn *turn, const struct subject *subject, const struct note *note,
                 bool is_unset)
{
    struct effect_channel concerned[CHANNELS_PER_SESSION_MAX];
    struct effect effect;
    if (subject->channel != NULL) {
        effect = turn_channel_effect(turn, EFFECT_METADATA, subject->channel, concerned);
    } else {
        effect = turn_effect(turn, EFFECT_METADATA);
        effect.target = person_of(subject->session);
        effect.target.realname = TEXT_NONE;
        session_concerned(subject->session, concerned);
        effect.channels = concerned;
        effect.channel_count = subject->session->membership_count;
    }
    effect.flags = is_unset ? METADATA_UNSET : 0;
    effect.extra = note_subject(note);
    effect.text = is_unset ? TEXT_NONE : note_text(note);
    turn_tell(turn, &effect);
    if (subject->channel != NULL) {
        metadata_store(turn, subject->channel, note, is_unset);
    }
}

/* The key at that place is gone; the asker and the subscribers are told. */
static void unset_at(const struct turn *turn, const struct subject *subject, uint32_t index)
{
    struct notes *notes = subject_notes(subject);
    const struct note *note = notes->items[index];
    turn_reply(turn, RPL_KEYNOTSET, subject_name(subject), note_subject(note));
    tell(turn, subject, note, true);
    notes_remove(notes, index);
}

static void unset(const struct turn *turn, const struct subject *subject)
{
    const struct notes *notes = subject_notes(subject);
    const struct text key = turn->entry->command.extra;
    const uint32_t index = notes == NULL ? 0 : notes_find(notes, key);
    if (notes == NULL || index == notes->count) {
        turn_reply(turn, REPLY_FAIL, TEXT("METADATA"), TEXT("KEY_NOT_SET"), subject_name(subject),
                   key, TEXT("The key is not set"));
        return;
    }
    unset_at(turn, subject, index);
}

/* The first key of all, while there are some. */
static void clear(struct turn *turn, const struct subject *subject)
{
    const struct notes *notes = subject_notes(subject);
    if (notes == NULL || notes->count == 0) {
        return;
    }
    unset_at(turn, subject, 0);
    turn->more = notes->count > 0 ? turn->entry->command.cursor + 1 : 0;
}

/* Puts the value in place of the key's old one. False: it is refused. */
static bool put(struct turn *turn, const struct subject *subject, struct note *note, bool *out_same)
{
    struct notes *notes = subject_notes(subject);
    const uint32_t index = notes_find(notes, note_subject(note));
    *out_same = false;
    if (index < notes->count) {
        *out_same = text_equal(note_text(notes->items[index]), note_text(note));
        notes_replace(notes, index, note);
        return true;
    }
    if (notes->count >= METADATA_KEYS_MAX) {
        turn_reply(turn, REPLY_FAIL, TEXT("METADATA"), TEXT("LIMIT_REACHED"), subject_name(subject),
                   TEXT("There are too many keys"));
        return false;
    }
    notes_add(notes, note);
    return true;
}

static void set(struct turn *turn, const struct subject *subject)
{
    const struct command *command = &turn->entry->command;
    if (command->text.count > METADATA_VALUE_BYTES_MAX || !utf8_valid(command->text)) {
        turn_reply(turn, REPLY_FAIL, TEXT("METADATA"), TEXT("INVALID_VALUE"), key_shown(turn),
                   TEXT("The value is too long or not UTF-8"));
        return;
    }
    struct note *note = note_new(&(struct note_words){
        .subject = command->extra, .text = command->text, .time_ms = turn->entry->time_ms});
    if (note == NULL || subject_reserve(subject) != ERR_OK) {
        mem_free(note);
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    bool is_same;
    if (!put(turn, subject, note, &is_same)) {
        mem_free(note);
        return;
    }
    turn_reply(turn, RPL_KEYVALUE, subject_name(subject), note_subject(note), TEXT("*"),
               note_text(note));
    if (!is_same) {
        tell(turn, subject, note, false);
    }
}

void metadata_set(struct turn *turn)
{
    const uint32_t flags = turn->entry->command.flags;
    const bool is_clear = (flags & METADATA_CLEAR) != 0;
    struct subject subject;
    if (!subject_find(turn, &subject)) {
        turn_reply(turn, REPLY_FAIL, TEXT("METADATA"), TEXT("INVALID_TARGET"), name_shown(turn),
                   TEXT("There is no such person or channel"));
        return;
    }
    if (!is_clear && !metadata_key_is_good(turn->entry->command.extra)) {
        turn_reply(turn, REPLY_FAIL, TEXT("METADATA"), TEXT("INVALID_KEY"), key_shown(turn),
                   TEXT("That cannot be a key"));
        return;
    }
    if (!may_change(turn, &subject)) {
        turn_reply(turn, REPLY_FAIL, TEXT("METADATA"), TEXT("KEY_NO_PERMISSION"),
                   subject_name(&subject), is_clear ? TEXT("*") : key_shown(turn),
                   TEXT("You may not change that"));
        return;
    }
    if (is_clear) {
        clear(turn, &subject);
    } else if ((flags & METADATA_UNSET) != 0) {
        unset(turn, &subject);
    } else {
        set(turn, &subject);
    }
}
