/* Turns the bytes that a terminal in raw mode sends into keys. Pure; byte by byte. */
#ifndef MADANG_CLIENT_KEYS_H
#define MADANG_CLIENT_KEYS_H

#include "base/bytes.h"

#include <stdint.h>

enum key_kind {
    KEY_TEXT, /* A character; struct key says which. */
    KEY_ENTER,
    KEY_TAB,
    KEY_BACKSPACE,
    KEY_DELETE,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_UP,
    KEY_DOWN,
    KEY_HOME,
    KEY_END,
    KEY_WORD_LEFT,
    KEY_WORD_RIGHT,
    KEY_DELETE_OR_LEAVE, /* Ctrl-D. */
    KEY_KILL_TO_END,     /* Ctrl-K. */
    KEY_KILL_TO_START,   /* Ctrl-U. */
    KEY_KILL_WORD,       /* Ctrl-W. */
    KEY_YANK,            /* Ctrl-Y. */
    KEY_REDRAW,          /* Ctrl-L. */
    KEY_PASTE_BEGIN,     /* Bracketed paste. */
    KEY_PASTE_END,
    KEY_CURSOR_REPORT, /* The answer to "where is the cursor": row and column, from 1. */
    KEY_INVALID,       /* Bytes that are not UTF-8. */
    KEY_UNKNOWN,       /* A control or a sequence that means nothing here. */
};

struct key {
    enum key_kind kind;
    char data[4]; /* KEY_TEXT: the character; of a control key, its byte. */
    uint8_t count;
    uint16_t row; /* KEY_CURSOR_REPORT. */
    uint16_t column;
};

/* A sequence longer than this is swallowed whole and means nothing. */
#define KEY_PARAMETER_BYTES_MAX 16

/* All zero is a valid start. One thread at a time. */
struct key_decoder {
    enum { KEYS_GROUND, KEYS_ESCAPE, KEYS_SEQUENCE, KEYS_SINGLE_SHIFT, KEYS_CHARACTER } state;
    char data[KEY_PARAMETER_BYTES_MAX]; /* Of the sequence or the character so far. */
    uint8_t count;
    bool overlong; /* The sequence has more parameters than any that is known. */
};

/*
 * Takes one byte. Returns how many keys it completed (0, 1, or 2 when it also ends a broken
 * character) and sets so many of out.
 */
size_t key_decode(struct key_decoder *decoder, unsigned char byte, struct key out[2]);

#endif
