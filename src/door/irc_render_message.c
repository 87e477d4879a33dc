/*
 * Messages in the lines of IRC. The usual one is a line of its own. What is longer than a line, or
 * was written as several, becomes a batch for those who know that (IRCv3 multiline), and several
 * messages for all others.
 */
#include "door/irc_render.h"

#include "base/check.h"

#include <string.h>

/* " ", " " and " :" between source, verb, target and text. */
#define MESSAGE_FRAME_BYTES 4

/* Two messages' batches never overlap on a connection, so the number of the message names its
 * batch. The letter keeps it apart from the door's own. */
#define BATCH_NAME_BYTES (1 + IRC_MSGID_BYTES)

static struct text verb_of(uint32_t flags)
{
    if ((flags & MESSAGE_TAGMSG) != 0) {
        return TEXT("TAGMSG");
    }
    return (flags & MESSAGE_NOTICE) != 0 ? TEXT("NOTICE") : TEXT("PRIVMSG");
}

size_t irc_message_room(const struct person *who, uint32_t flags, struct text target)
{
    size_t source_bytes = 1 + who->nick.count + 1 + who->user.count + 1 + who->host.count;
    if (who->nick.count == 0) {
        source_bytes = 1 + SERVER_NAME_BYTES_MAX;
    }
    size_t frame_bytes =
        source_bytes + verb_of(flags).count + target.count + MESSAGE_FRAME_BYTES + 2;
    check(frame_bytes + 4 <= IRC_LINE_BYTES_MAX);
    return IRC_LINE_BYTES_MAX - frame_bytes;
}

/* The pieces of a text, each of which fits into a line. */
struct pieces {
    struct text rest;
    size_t room;
    bool is_multiline;
    bool is_concat; /* The next piece goes on with the line of the one before. */
    bool is_over;
};

static struct pieces pieces_of(const struct effect *effect)
{
    return (struct pieces){
        .rest = effect->text,
        .room = irc_message_room(&effect->who, effect->flags, effect->name),
        .is_multiline = (effect->flags & MESSAGE_MULTILINE) != 0,
    };
}

static size_t line_end(const struct pieces *pieces)
{
    size_t end = 0;
    while (pieces->is_multiline && end < pieces->rest.count && pieces->rest.data[end] != '\n' &&
           pieces->rest.data[end] != '\0') {
        end++;
    }
    return pieces->is_multiline ? end : pieces->rest.count;
}

/* False when there is none left. */
static bool pieces_take(struct pieces *pieces, struct text *out_piece, bool *out_concat)
{
    if (pieces->is_over) {
        return false;
    }
    struct text line = {.data = pieces->rest.data, .count = line_end(pieces)};
    size_t taken = line.count;
    bool is_cut = line.count > pieces->room;
    if (is_cut) {
        line.count = irc_text_cut(line, pieces->room);
        taken = line.count;
    }
    *out_piece = line;
    *out_concat = pieces->is_concat;
    pieces->is_over = taken == pieces->rest.count;
    if (pieces->is_over) {
        return true;
    }
    pieces->is_concat = is_cut || pieces->rest.data[taken] == '\0';
    taken += is_cut ? 0 : 1;
    pieces->rest.data += taken;
    pieces->rest.count -= taken;
    return true;
}

/* No line can hold CR, LF and NUL, which plain people may write; of these alone nothing is left. */
static bool is_blank(struct text text)
{
    for (size_t i = 0; i < text.count; i++) {
        if (text.data[i] != '\r' && text.data[i] != '\n' && text.data[i] != '\0') {
            return false;
        }
    }
    return true;
}

/* The usual message: one line, and nothing in it to look for. */
static bool is_one_line(const struct effect *effect)
{
    return (effect->flags & MESSAGE_MULTILINE) == 0 &&
           effect->text.count <= irc_message_room(&effect->who, effect->flags, effect->name);
}

/* How many pieces there are, without those that only a batch can hold. */
static uint32_t pieces_count(const struct effect *effect, bool with_blank)
{
    struct pieces pieces = pieces_of(effect);
    struct text piece;
    bool is_concat;
    uint32_t count = 0;
    while (pieces_take(&pieces, &piece, &is_concat)) {
        if (!is_blank(piece) || (with_blank && !is_concat)) {
            count++;
        }
    }
    return count;
}

static bool is_batch(const struct effect *effect, dialect spoken)
{
    return (spoken & IRC_DIALECT_MULTILINE) != 0 && pieces_count(effect, true) > 1;
}

uint32_t irc_render_message_count(const struct effect *effect, dialect spoken)
{
    if ((effect->flags & MESSAGE_TAGMSG) != 0) {
        return (spoken & IRC_DIALECT_TAGS) != 0;
    }
    if (is_blank(effect->text)) {
        return 0;
    }
    if (is_one_line(effect)) {
        return 1;
    }
    return is_batch(effect, spoken) ? 1 : pieces_count(effect, false);
}

static enum error render_line(struct rendering *rendering, struct text text)
{
    const struct effect *effect = rendering->effect;
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, verb_of(effect->flags));
    irc_line_param(&line, effect->name);
    if ((effect->flags & MESSAGE_TAGMSG) == 0) {
        irc_line_last(&line, text, true);
    }
    return irc_line_end(&line);
}

/* Several messages: who reads them knows no batches. A blank one means nothing there. */
static enum error render_lines(struct rendering *rendering)
{
    struct pieces pieces = pieces_of(rendering->effect);
    struct text piece;
    bool is_concat;
    while (pieces_take(&pieces, &piece, &is_concat)) {
        if (is_blank(piece)) {
            continue;
        }
        enum error error = render_line(rendering, piece);
        if (error != ERR_OK) {
            return error;
        }
    }
    return ERR_OK;
}

/* "BATCH +name draft/multiline target"; name begins with the sign. */
static enum error render_batch_begin(struct rendering *rendering, struct text name)
{
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("BATCH"));
    irc_line_param(&line, name);
    irc_line_param(&line, TEXT("draft/multiline"));
    irc_line_param(&line, rendering->effect->name);
    return irc_line_end(&line);
}

/* "BATCH -name"; name begins with the sign. */
static enum error render_batch_end(struct rendering *rendering, struct text name)
{
    struct irc_line line;
    irc_line_begin(&line, rendering->out);
    irc_line_source(&line, rendering->server->name, TEXT_NONE, TEXT_NONE);
    irc_line_command(&line, TEXT("BATCH"));
    irc_line_param(&line, name);
    return irc_line_end(&line);
}

static enum error render_inner(struct rendering *rendering, struct text batch, struct text text,
                               bool is_concat)
{
    const struct effect *effect = rendering->effect;
    struct irc_line line;
    irc_line_begin(&line, rendering->out);
    irc_line_tag(&line, TEXT("batch"), batch);
    if (is_concat) {
        irc_line_tag(&line, TEXT("draft/multiline-concat"), TEXT_NONE);
    }
    irc_line_source(&line, effect->who.nick, effect->who.user, effect->who.host);
    irc_line_command(&line, verb_of(effect->flags));
    irc_line_param(&line, effect->name);
    irc_line_last(&line, text, true);
    return irc_line_end(&line);
}

static enum error render_batch(struct rendering *rendering)
{
    char sign_and_name[1 + BATCH_NAME_BYTES] = "+m";
    irc_msgid_format(rendering->effect->seq, sign_and_name + 2);
    struct text signed_name = {.data = sign_and_name, .count = sizeof(sign_and_name)};
    struct text name = {.data = sign_and_name + 1, .count = BATCH_NAME_BYTES};
    enum error error = render_batch_begin(rendering, signed_name);
    struct pieces pieces = pieces_of(rendering->effect);
    struct text piece;
    bool is_concat;
    while (error == ERR_OK && pieces_take(&pieces, &piece, &is_concat)) {
        /* A blank one that goes on with a line may not be, and would change nothing. */
        if (!is_blank(piece) || !is_concat) {
            error = render_inner(rendering, name, piece, is_concat);
        }
    }
    sign_and_name[0] = '-';
    return error != ERR_OK ? error : render_batch_end(rendering, signed_name);
}

enum error irc_render_message(struct rendering *rendering)
{
    const struct effect *effect = rendering->effect;
    if ((effect->flags & MESSAGE_TAGMSG) != 0) {
        return rendering_has(rendering, IRC_DIALECT_TAGS) ? render_line(rendering, TEXT_NONE)
                                                          : ERR_OK;
    }
    if (is_blank(effect->text)) {
        return ERR_OK;
    }
    if (is_one_line(effect)) {
        return render_line(rendering, effect->text);
    }
    return is_batch(effect, rendering->spoken) ? render_batch(rendering) : render_lines(rendering);
}
