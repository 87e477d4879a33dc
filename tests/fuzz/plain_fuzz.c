/*
 * The plain door under arbitrary bytes. However the network cuts them, and whichever command finds
 * no room at first, the door must do the same things in the same order; plain_peer.h checks after
 * every call that nothing grows past its bound and that no other command than the door's own is
 * made.
 *
 * The input: four bytes that choose the cuts and the command without room, then what the peer
 * sends. Two bytes that UTF-8 never has stand for time: FE for the quiet time, FD for the longer
 * one for cut characters. The stream ends with a proper close.
 */
#include "../unit/door/plain_peer.h"

#include "door/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUIET_BYTE 0xFE
#define CUT_BYTE 0xFD
#define HEAD_BYTES 4

/* A small generator for the lengths of the pieces (xorshift); all it must be is the same again. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Plays the script; no piece is longer than piece_bytes_max, and its length is chosen by random
 * unless that is 0. */
static void play(struct plain_peer *peer, struct text script, size_t piece_bytes_max,
                 uint32_t random)
{
    size_t at = 0;
    while (at < script.count && !peer->closed) {
        unsigned char byte = (unsigned char)script.data[at];
        if (byte == QUIET_BYTE || byte == CUT_BYTE) {
            peer_quiet(peer, byte == CUT_BYTE);
            at++;
            continue;
        }
        size_t count_max = piece_bytes_max;
        if (random != 0) {
            count_max = 1 + next_random(&random) % piece_bytes_max;
        }
        size_t count = 0;
        while (count < count_max && at + count < script.count &&
               (unsigned char)script.data[at + count] != QUIET_BYTE &&
               (unsigned char)script.data[at + count] != CUT_BYTE) {
            count++;
        }
        peer_send(peer, (struct text){.data = script.data + at, .count = count});
        at += count;
    }
    peer_end(peer);
}

static void check_sniff(struct text script)
{
    enum sniff before = SNIFF_MORE;
    for (size_t count = 1; count <= script.count && count <= 64; count++) {
        struct text first = {.data = script.data, .count = count};
        enum sniff verdict = sniff_bytes(first);
        check(before == SNIFF_MORE || verdict == before);
        before = verdict;
    }
    check(script.count < 64 || before != SNIFF_MORE);
    if (before != SNIFF_MORE && before != SNIFF_PLAIN && before != SNIFF_IRC) {
        struct bytes answer = {0};
        peer_must(foreign_answer_append((int)before, script, &answer));
        check(utf8_valid(bytes_text(&answer)));
        bytes_finish(&answer);
    }
}

/* What readers get of one effect: lines, or the same without the last newline. */
static void check_rendered(const struct effect *effect)
{
    struct bytes line = {0};
    struct bytes chunk = {0};
    peer_must(plain_render(effect, DIALECT_PLAIN_LINE, &line));
    peer_must(plain_render(effect, DIALECT_PLAIN_CHUNK, &chunk));
    check(line.count <= PLAIN_RENDERED_BYTES_MAX);
    check(line.count == (chunk.count > 0 ? chunk.count + 1 : 0));
    bool several = (effect->flags & MESSAGE_MULTILINE) != 0;
    size_t at = 0;
    while (at < chunk.count) {
        const char *newline = memchr(line.data + at, '\n', line.count - at);
        check(newline != NULL && (several || newline == line.data + chunk.count));
        size_t end = (size_t)(newline - line.data);
        check(text_is_visible((struct text){.data = line.data + at, .count = end - at}));
        check(line.data[at] == '[' || line.data[at] == '*' || line.data[at] == '-');
        at = end + 1;
    }
    check(chunk.count == 0 || memcmp(line.data, chunk.data, chunk.count) == 0);
    bytes_finish(&line);
    bytes_finish(&chunk);
}

/* What readers get of the whole script as one message, of each kind. */
static void check_render(struct text script)
{
    static const struct effect_channel room = {.id = 1, .member_count = 2};
    static const uint32_t kinds[] = {0, MESSAGE_NOTICE, MESSAGE_TAGMSG, MESSAGE_MULTILINE};
    struct text text = {.data = script.data,
                        .count =
                            script.count < MESSAGE_BYTES_MAX ? script.count : MESSAGE_BYTES_MAX};
    struct text tags = {.data = script.data,
                        .count =
                            script.count < IRC_TAGS_BYTES_MAX ? script.count : IRC_TAGS_BYTES_MAX};
    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        for (uint32_t in_room = 0; in_room < 2; in_room++) {
            struct effect effect = {.kind = EFFECT_MESSAGE,
                                    .flags = kinds[kind],
                                    .who = {.nick = TEXT("bob")},
                                    .text = text,
                                    .extra = tags,
                                    .channels = &room,
                                    .channel_count = in_room};
            check_rendered(&effect);
            effect.who.flags = PERSON_PLAIN;
            effect.flags = 0;
            check_rendered(&effect);
        }
    }
}

static void compare(const struct plain_peer *reference, struct plain_peer *peer)
{
    check(text_equal(bytes_text(&reference->events), bytes_text(&peer->events)));
    check(text_equal(bytes_text(&reference->words), bytes_text(&peer->words)));
    peer_finish(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= HEAD_BYTES) {
        return 0;
    }
    struct text script = {.data = (const char *)data + HEAD_BYTES, .count = size - HEAD_BYTES};
    check_sniff(script);
    check_render(script);

    struct plain_peer reference;
    peer_init(&reference);
    play(&reference, script, SIZE_MAX, 0);

    struct plain_peer peer;
    peer_init(&peer);
    play(&peer, script, 1, 0);
    compare(&reference, &peer);

    peer_init(&peer);
    uint32_t random = 1u + data[0] + 256u * data[1];
    play(&peer, script, 1u + data[2], random);
    compare(&reference, &peer);

    peer_init(&peer);
    peer.no_at = data[3];
    peer.no_times = 1;
    play(&peer, script, 1u + data[2], random);
    compare(&reference, &peer);

    peer_finish(&reference);
    return 0;
}
