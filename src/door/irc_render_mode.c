/*
 * Changes of a channel's modes in the lines of IRC. Masks of bans are long, so what one command has
 * changed may be more than a line: it is then told by several.
 */
#include "door/irc_render.h"

#include "base/check.h"

#include <string.h>

/* A change of one mode. */
struct change {
    char sign;
    char letter;
    struct text param; /* "" for one without. */
};

/* The changes in "+o-v+i a b", one after the other. */
struct changes {
    struct text letters;
    struct text params; /* With spaces between them. */
    char sign;
};

static struct text take_word(struct text *rest)
{
    struct text word = {.data = rest->data, .count = 0};
    while (word.count < rest->count && rest->data[word.count] != ' ') {
        word.count++;
    }
    size_t taken = word.count < rest->count ? word.count + 1 : word.count;
    rest->data += taken;
    rest->count -= taken;
    return word;
}

static struct changes changes_of(const struct effect *effect)
{
    struct changes changes = {.params = effect->text, .sign = '+'};
    changes.letters = take_word(&changes.params);
    return changes;
}

/* As CHANMODES and PREFIX say: lists, ranks and the key always have one, limit and forward when
 * they are set. */
static bool has_param(char sign, char letter)
{
    if (letter == '\0') {
        return false;
    }
    return strchr("beIkqaohv", letter) != NULL || (sign == '+' && strchr("lf", letter) != NULL);
}

static bool changes_take(struct changes *changes, struct change *out)
{
    while (changes->letters.count > 0) {
        char letter = changes->letters.data[0];
        changes->letters.data++;
        changes->letters.count--;
        if (letter == '+' || letter == '-') {
            changes->sign = letter;
            continue;
        }
        *out = (struct change){.sign = changes->sign, .letter = letter};
        if (has_param(changes->sign, letter)) {
            out->param = take_word(&changes->params);
        }
        return true;
    }
    return false;
}

/* The first changes of *rest that fit into room bytes, at least one, and taken off it: letters with
 * their signs into out, the params stay where they stand. Returns the bytes of letters. */
static size_t changes_fit(struct changes *rest, size_t room, char *out, struct text *out_params)
{
    struct changes changes = *rest;
    struct change change;
    size_t count = 0;
    char sign = '\0';
    *out_params = (struct text){.data = rest->params.data, .count = 0};
    while (changes_take(&changes, &change)) {
        size_t letter_bytes = change.sign == sign ? 1 : 2;
        size_t params_bytes = out_params->count;
        if (change.param.count > 0) {
            params_bytes = (size_t)(change.param.data + change.param.count - out_params->data);
        }
        bool fits = count + letter_bytes + 1 + params_bytes <= room;
        if (count > 0 && !fits) {
            break;
        }
        if (change.sign != sign) {
            out[count++] = change.sign;
        }
        out[count++] = change.letter;
        sign = change.sign;
        out_params->count = params_bytes;
        *rest = changes;
    }
    return count;
}

/* Bytes that are left for letters, a space and params. */
static size_t changes_room(const struct effect *effect)
{
    const struct person *who = &effect->who;
    size_t source_bytes = 1 + who->nick.count + 1 + who->user.count + 1 + who->host.count;
    if (who->nick.count == 0) {
        source_bytes = 1 + SERVER_NAME_BYTES_MAX;
    }
    size_t frame_bytes = source_bytes + strlen(" MODE  \r\n") + effect->name.count;
    check(frame_bytes < IRC_LINE_BYTES_MAX);
    return IRC_LINE_BYTES_MAX - frame_bytes;
}

static enum error render_line(struct rendering *rendering, struct text letters, struct text params)
{
    struct irc_line line;
    rendering_line(rendering, &line);
    irc_line_command(&line, TEXT("MODE"));
    irc_line_param(&line, rendering->effect->name);
    irc_line_param(&line, letters);
    while (params.count > 0) {
        irc_line_param(&line, take_word(&params));
    }
    return irc_line_end(&line);
}

static bool is_one_line(const struct effect *effect)
{
    return effect->text.count <= changes_room(effect);
}

enum error irc_render_mode(struct rendering *rendering)
{
    const struct effect *effect = rendering->effect;
    struct changes rest = changes_of(effect);
    if (is_one_line(effect)) {
        return render_line(rendering, rest.letters, rest.params);
    }
    while (rest.letters.count > 0) {
        char letters[IRC_LINE_BYTES_MAX];
        struct text params;
        size_t count = changes_fit(&rest, changes_room(effect), letters, &params);
        if (count == 0) {
            break;
        }
        enum error error =
            render_line(rendering, (struct text){.data = letters, .count = count}, params);
        if (error != ERR_OK) {
            return error;
        }
    }
    return ERR_OK;
}

uint32_t irc_render_mode_count(const struct effect *effect)
{
    if (is_one_line(effect)) {
        return 1;
    }
    struct changes rest = changes_of(effect);
    uint32_t count = 0;
    char letters[IRC_LINE_BYTES_MAX];
    struct text params;
    while (rest.letters.count > 0 &&
           changes_fit(&rest, changes_room(effect), letters, &params) > 0) {
        count++;
    }
    return count;
}
