/*
 * Effects in the lines of IRC, once for each dialect. What happens in a room of thousands passes
 * here once or twice, whatever its readers are; so nothing here may name one of them.
 */
#include "door/irc_render.h"

#include "base/check.h"
#include "model/name.h"

#include <string.h>

static char *put(char *at, struct text text)
{
    memcpy(at, text.data, text.count);
    return at + text.count;
}

/* "COMMAND :text", and only "COMMAND" without one. */
static enum error render_words(struct rendering *rendering, struct text command, struct text text)
{
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, command);
    if (text.count > 0) {
        irc_line_last(&line, text, true);
    }
    return irc_line_end(&line);
}

/* The modes of a joiner's rank for those who are there already: "+ov nick nick". */
static enum error render_rank(struct rendering *rendering)
{
    static const struct {
        enum rank rank;
        char letter;
    } letters[] = {
        {RANK_FOUNDER, 'q'}, {RANK_PROTECTED, 'a'}, {RANK_OPERATOR, 'o'},
        {RANK_HALFOP, 'h'},  {RANK_VOICE, 'v'},
    };
    char modes[1 + sizeof(letters) / sizeof(letters[0])] = "+";
    size_t count = 1;
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if ((rendering->effect->rank & (uint32_t)letters[i].rank) != 0) {
            modes[count++] = letters[i].letter;
        }
    }
    struct irc_line line;
    rendering_server_line(rendering, &line);
    irc_line_command(&line, TEXT("MODE"));
    irc_line_param(&line, rendering->effect->name);
    irc_line_param(&line, (struct text){.data = modes, .count = count});
    for (size_t i = 1; i < count; i++) {
        irc_line_param(&line, rendering->effect->who.nick);
    }
    return irc_line_end(&line);
}

/* Who makes a channel has its rank from the beginning: there is nobody to be told. */
static bool joiner_rank_is_told(const struct effect *effect)
{
    return effect->rank != 0 && effect->channel_count > 0 && effect->channels[0].member_count > 1;
}

static uint32_t joined_count(const struct effect *effect, dialect spoken)
{
    uint32_t count = 1;
    if (joiner_rank_is_told(effect)) {
        count++;
    }
    if (effect->extra.count > 0 && (spoken & IRC_DIALECT_AWAY) != 0) {
        count++;
    }
    return count;
}

static enum error render_joined(struct rendering *rendering)
{
    const struct effect *effect = rendering->effect;
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("JOIN"));
    irc_line_param(&line, effect->name);
    if (rendering_has(rendering, IRC_DIALECT_EXTENDED_JOIN)) {
        irc_line_param(&line, effect->who.account);
        irc_line_last(&line, effect->who.realname, true);
    }
    enum error error = irc_line_end(&line);
    if (error == ERR_OK && joiner_rank_is_told(effect)) {
        error = render_rank(rendering);
    }
    if (error == ERR_OK && effect->extra.count > 0 && rendering_has(rendering, IRC_DIALECT_AWAY)) {
        error = render_words(rendering, TEXT("AWAY"), effect->extra);
    }
    return error;
}

static enum error render_parted(struct rendering *rendering)
{
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("PART"));
    irc_line_param(&line, rendering->effect->name);
    if (rendering->effect->text.count > 0) {
        irc_line_last(&line, rendering->effect->text, true);
    }
    return irc_line_end(&line);
}

static struct text reason_words(enum leave_reason reason)
{
    switch (reason) {
    case LEAVE_QUIT:
        return TEXT("Quit");
    case LEAVE_VANISHED:
        return TEXT("Connection closed");
    case LEAVE_SENDQ:
        return TEXT("SendQ exceeded");
    case LEAVE_FLOOD:
        return TEXT("Excess flood");
    case LEAVE_ERROR:
        return TEXT("Protocol error");
    case LEAVE_SHUTDOWN:
        return TEXT("Server shutting down");
    case LEAVE_KILLED:
        return TEXT("Killed");
    }
    return TEXT("Gone");
}

/* What somebody says at leaving stands behind the reason, so that nobody can say to have been
 * killed. */
static enum error render_closed(struct rendering *rendering)
{
    struct text reason = reason_words(rendering->effect->reason);
    struct text text = rendering->effect->text;
    char words[IRC_LINE_BYTES_MAX];
    char *at = put(words, reason);
    if (text.count > 0) {
        size_t room = sizeof(words) - reason.count - 2;
        at = put(at, TEXT(": "));
        /* What is cut here would not fit into the line either, which cuts it between characters. */
        at = put(at, (struct text){text.data, text.count < room ? text.count : room});
    }
    return render_words(rendering, TEXT("QUIT"),
                        (struct text){.data = words, .count = (size_t)(at - words)});
}

/* "COMMAND param": a nick. */
static enum error render_nick(struct rendering *rendering)
{
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("NICK"));
    irc_line_param(&line, rendering->effect->text);
    return irc_line_end(&line);
}

static enum error render_kicked(struct rendering *rendering)
{
    const struct effect *effect = rendering->effect;
    struct text words = effect->text;
    if (words.count == 0) {
        words = effect->who.nick.count > 0 ? effect->who.nick : rendering->server->name;
    }
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("KICK"));
    irc_line_param(&line, effect->name);
    irc_line_param(&line, effect->target.nick);
    irc_line_last(&line, words, true);
    return irc_line_end(&line);
}

static enum error render_topic(struct rendering *rendering)
{
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("TOPIC"));
    irc_line_param(&line, rendering->effect->name);
    irc_line_last(&line, rendering->effect->text, true);
    return irc_line_end(&line);
}

static enum error render_user_mode(struct rendering *rendering)
{
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("MODE"));
    irc_line_param(&line, rendering->effect->who.nick);
    irc_line_last(&line, rendering->effect->text, false);
    return irc_line_end(&line);
}

static enum error render_renamed(struct rendering *rendering)
{
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("RENAME"));
    irc_line_param(&line, rendering->effect->extra);
    irc_line_param(&line, rendering->effect->name);
    irc_line_last(&line, rendering->effect->text, true);
    return irc_line_end(&line);
}

static enum error render_redacted(struct rendering *rendering)
{
    const struct effect *effect = rendering->effect;
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("REDACT"));
    irc_line_param(&line, effect->name);
    irc_line_param(&line, effect->extra);
    if (effect->text.count > 0) {
        irc_line_last(&line, effect->text, true);
    }
    return irc_line_end(&line);
}

static enum error render_invited(struct rendering *rendering)
{
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("INVITE"));
    irc_line_param(&line, rendering->effect->target.nick);
    irc_line_param(&line, rendering->effect->name);
    return irc_line_end(&line);
}

uint32_t irc_render_count(const struct effect *effect, dialect spoken)
{
    switch (effect->kind) {
    case EFFECT_MESSAGE:
        return irc_render_message_count(effect, spoken);
    case EFFECT_MODE:
        return irc_render_mode_count(effect);
    case EFFECT_JOINED:
        return joined_count(effect, spoken);
    case EFFECT_AWAY:
        return (spoken & IRC_DIALECT_AWAY) != 0;
    case EFFECT_SETNAME:
        return (spoken & IRC_DIALECT_SETNAME) != 0;
    case EFFECT_RENAMED:
        return (spoken & IRC_DIALECT_RENAME) != 0;
    case EFFECT_REDACTED:
        return (spoken & IRC_DIALECT_REDACTION) != 0;
    case EFFECT_PARTED:
    case EFFECT_CLOSED:
    case EFFECT_NICK:
    case EFFECT_KICKED:
    case EFFECT_TOPIC:
    case EFFECT_USER_MODE:
    case EFFECT_INVITED:
    case EFFECT_WALLOPS:
        return 1;
    case EFFECT_OPENED:
    case EFFECT_REFUSED:
    case EFFECT_REPLIES:
    case EFFECT_PONG:
    case EFFECT_METADATA:
    case EFFECT_REHASH:
    case EFFECT_KIND_COUNT:
        break;
    }
    return 0;
}

static enum error render(struct rendering *rendering)
{
    const struct effect *effect = rendering->effect;
    switch (effect->kind) {
    case EFFECT_MESSAGE:
        return irc_render_message(rendering);
    case EFFECT_JOINED:
        return render_joined(rendering);
    case EFFECT_PARTED:
        return render_parted(rendering);
    case EFFECT_CLOSED:
        return render_closed(rendering);
    case EFFECT_NICK:
        return render_nick(rendering);
    case EFFECT_AWAY:
        return render_words(rendering, TEXT("AWAY"), effect->text);
    case EFFECT_SETNAME:
        return render_words(rendering, TEXT("SETNAME"), effect->who.realname);
    case EFFECT_WALLOPS:
        return render_words(rendering, TEXT("WALLOPS"), effect->text);
    case EFFECT_KICKED:
        return render_kicked(rendering);
    case EFFECT_TOPIC:
        return render_topic(rendering);
    case EFFECT_MODE:
        return irc_render_mode(rendering);
    case EFFECT_USER_MODE:
        return render_user_mode(rendering);
    case EFFECT_RENAMED:
        return render_renamed(rendering);
    case EFFECT_REDACTED:
        return render_redacted(rendering);
    case EFFECT_INVITED:
        return render_invited(rendering);
    case EFFECT_OPENED:
    case EFFECT_REFUSED:
    case EFFECT_REPLIES:
    case EFFECT_PONG:
    case EFFECT_METADATA:
    case EFFECT_REHASH:
    case EFFECT_KIND_COUNT:
        break;
    }
    return ERR_OK;
}

enum error irc_render(const struct irc_server *server, const struct effect *effect, dialect spoken,
                      struct bytes *out)
{
    if (effect->kind != EFFECT_MESSAGE && irc_render_count(effect, spoken) == 0) {
        return ERR_OK;
    }
    char tag_room[RENDERING_TAGS_BYTES_MAX];
    struct rendering rendering = {
        .server = server,
        .effect = effect,
        .spoken = spoken,
        .out = out,
        .tags = tag_room,
    };
    rendering_prepare(&rendering);
    size_t count_before = out->count;
    enum error error = render(&rendering);
    if (error != ERR_OK) {
        out->count = count_before;
    }
    return error;
}

/* False also where there is no memory to look: then the rename is told as any other. */
static bool is_same_channel(struct text a, struct text b)
{
    struct bytes keys[2] = {{0}, {0}};
    bool is_same = channel_name_key(a, &keys[0]) == ERR_OK &&
                   channel_name_key(b, &keys[1]) == ERR_OK &&
                   text_equal(bytes_text(&keys[0]), bytes_text(&keys[1]));
    bytes_finish(&keys[0]);
    bytes_finish(&keys[1]);
    return is_same;
}

bool irc_rename_split(const struct effect *effect, const struct person *reader,
                      struct effect *out_parted, struct effect *out_joined)
{
    check(effect->kind == EFFECT_RENAMED);
    if (is_same_channel(effect->name, effect->extra)) {
        return false;
    }
    *out_parted = *effect;
    out_parted->kind = EFFECT_PARTED;
    out_parted->who = *reader;
    out_parted->name = effect->extra;
    *out_joined = *effect;
    out_joined->kind = EFFECT_JOINED;
    out_joined->who = *reader;
    out_joined->rank = 0;
    out_joined->text = TEXT_NONE;
    out_joined->extra = TEXT_NONE;
    return true;
}
