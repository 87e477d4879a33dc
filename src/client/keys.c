/* The keys that terminals agree on: UTF-8, the controls of old, and ECMA-48 sequences as xterm
 * sends them. */
#include "client/keys.h"

#include "base/utf8.h"

#include <string.h>

#define ESCAPE 0x1B

static struct key key_of(enum key_kind kind)
{
    return (struct key){.kind = kind};
}

static enum key_kind control_kind(unsigned char byte)
{
    switch (byte) {
    case '\r':
    case '\n':
        return KEY_ENTER;
    case '\t':
        return KEY_TAB;
    case 0x7F:
    case '\b':
        return KEY_BACKSPACE;
    case 0x01:
        return KEY_HOME;
    case 0x02:
        return KEY_LEFT;
    case 0x04:
        return KEY_DELETE_OR_LEAVE;
    case 0x05:
        return KEY_END;
    case 0x06:
        return KEY_RIGHT;
    case 0x0B:
        return KEY_KILL_TO_END;
    case 0x0C:
        return KEY_REDRAW;
    case 0x0E:
        return KEY_DOWN;
    case 0x10:
        return KEY_UP;
    case 0x15:
        return KEY_KILL_TO_START;
    case 0x17:
        return KEY_KILL_WORD;
    case 0x19:
        return KEY_YANK;
    default:
        return KEY_UNKNOWN;
    }
}

/* One that begins a character or is a key by itself. */
static size_t decode_ground(struct key_decoder *decoder, unsigned char byte, struct key *out)
{
    if (byte == ESCAPE) {
        decoder->state = KEYS_ESCAPE;
        return 0;
    }
    if (byte < 0x20 || byte == 0x7F) {
        *out = (struct key){.kind = control_kind(byte), .data = {(char)byte}, .count = 1};
        return 1;
    }
    if (byte < 0x80) {
        *out = (struct key){.kind = KEY_TEXT, .data = {(char)byte}, .count = 1};
        return 1;
    }
    decoder->data[0] = (char)byte;
    decoder->count = 1;
    if (utf8_tail_bytes((struct text){.data = decoder->data, .count = 1}) == 0) {
        *out = key_of(KEY_INVALID);
        return 1;
    }
    decoder->state = KEYS_CHARACTER;
    return 0;
}

static size_t decode_character(struct key_decoder *decoder, unsigned char byte, struct key out[2])
{
    decoder->data[decoder->count] = (char)byte;
    struct text character = {.data = decoder->data, .count = (size_t)decoder->count + 1};
    if (utf8_valid(character)) {
        decoder->state = KEYS_GROUND;
        out[0] = (struct key){.kind = KEY_TEXT, .count = (uint8_t)character.count};
        memcpy(out[0].data, character.data, character.count);
        return 1;
    }
    if (utf8_tail_bytes(character) == character.count) {
        decoder->count++;
        return 0;
    }
    /* The character stays a torso; the byte begins something new. */
    decoder->state = KEYS_GROUND;
    out[0] = key_of(KEY_INVALID);
    return 1 + decode_ground(decoder, byte, out + 1);
}

/* Reads "12;34" into two numbers; missing ones are 0. */
static void parameters(const struct key_decoder *decoder, unsigned out[2])
{
    out[0] = out[1] = 0;
    size_t index = 0;
    for (size_t i = 0; i < decoder->count; i++) {
        char byte = decoder->data[i];
        if (byte == ';' && index == 0) {
            index = 1;
        } else if (byte >= '0' && byte <= '9' && out[index] < 1000) {
            out[index] = out[index] * 10 + (unsigned)(byte - '0');
        }
    }
}

static enum key_kind tilde_kind(unsigned number)
{
    switch (number) {
    case 1:
    case 7:
        return KEY_HOME;
    case 3:
        return KEY_DELETE;
    case 4:
    case 8:
        return KEY_END;
    case 200:
        return KEY_PASTE_BEGIN;
    case 201:
        return KEY_PASTE_END;
    default:
        return KEY_UNKNOWN;
    }
}

/* modified: with Ctrl, Alt or Shift the arrows go by words. */
static enum key_kind letter_kind(unsigned char final, bool modified)
{
    switch (final) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return modified ? KEY_WORD_RIGHT : KEY_RIGHT;
    case 'D':
        return modified ? KEY_WORD_LEFT : KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    default:
        return KEY_UNKNOWN;
    }
}

static struct key sequence_key(const struct key_decoder *decoder, unsigned char final)
{
    unsigned numbers[2];
    parameters(decoder, numbers);
    bool is_private = decoder->count > 0 && (decoder->data[0] < '0' || decoder->data[0] > ';');
    if (decoder->overlong || is_private) {
        return key_of(KEY_UNKNOWN);
    }
    if (final == '~') {
        return key_of(tilde_kind(numbers[0]));
    }
    if (final == 'R' && numbers[0] > 0 && numbers[1] > 0) {
        return (struct key){
            .kind = KEY_CURSOR_REPORT, .row = (uint16_t)numbers[0], .column = (uint16_t)numbers[1]};
    }
    return key_of(letter_kind(final, numbers[1] > 1));
}

/* Between "ESC [" and the final byte. */
static size_t decode_sequence(struct key_decoder *decoder, unsigned char byte, struct key *out)
{
    if (byte >= 0x40 && byte <= 0x7E) {
        decoder->state = KEYS_GROUND;
        *out = sequence_key(decoder, byte);
        return 1;
    }
    if (byte < 0x20 || byte >= 0x7F) {
        /* No sequence goes on so: the person typed something else. */
        decoder->state = KEYS_GROUND;
        return decode_ground(decoder, byte, out);
    }
    if (decoder->count < KEY_PARAMETER_BYTES_MAX) {
        decoder->data[decoder->count++] = (char)byte;
    } else {
        decoder->overlong = true;
    }
    return 0;
}

static size_t decode_escape(struct key_decoder *decoder, unsigned char byte, struct key *out)
{
    decoder->state = KEYS_GROUND;
    decoder->count = 0;
    decoder->overlong = false;
    switch (byte) {
    case '[':
        decoder->state = KEYS_SEQUENCE;
        return 0;
    case 'O':
        decoder->state = KEYS_SINGLE_SHIFT;
        return 0;
    case 'b':
        *out = key_of(KEY_WORD_LEFT);
        return 1;
    case 'f':
        *out = key_of(KEY_WORD_RIGHT);
        return 1;
    case 0x7F:
    case '\b':
        *out = key_of(KEY_KILL_WORD);
        return 1;
    default:
        break;
    }
    if (byte >= 0x20 && byte < 0x7F) {
        *out = key_of(KEY_UNKNOWN);
        return 1;
    }
    /* A lone Escape before something else. */
    return decode_ground(decoder, byte, out);
}

size_t key_decode(struct key_decoder *decoder, unsigned char byte, struct key out[2])
{
    switch (decoder->state) {
    case KEYS_ESCAPE:
        return decode_escape(decoder, byte, out);
    case KEYS_SEQUENCE:
        return decode_sequence(decoder, byte, out);
    case KEYS_SINGLE_SHIFT:
        decoder->state = KEYS_GROUND;
        if (byte < 0x20 || byte >= 0x7F) {
            return decode_ground(decoder, byte, out);
        }
        *out = key_of(letter_kind(byte, false));
        return 1;
    case KEYS_CHARACTER:
        return decode_character(decoder, byte, out);
    case KEYS_GROUND:
        break;
    }
    return decode_ground(decoder, byte, out);
}
