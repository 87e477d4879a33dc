/*
 * The IRC door under arbitrary bytes. However the network cuts them, whichever command finds no
 * room at first, and whenever the door is told that something is on its way, it must give the same
 * commands and tell the same lines; irc_peer.h checks each command and each line.
 *
 * The input: four bytes that choose the cuts and the refusals, one for how the client comes in and
 * what the core answers, then what the client sends.
 */
#include "../unit/door/irc_peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD_BYTES 5
#define SCRIPT_BYTES_MAX 20000

#define OPTION_ENTERED 0x01 /* Registered already, */
#define OPTION_CAPS 0x02    /* with all capabilities. */
#define OPTION_OPERATOR 0x04
#define OPTION_STEPS 0x08    /* Answers come in steps. */
#define OPTION_REFUSED 0x10  /* Messages are refused. */
#define OPTION_METADATA 0x20 /* There is metadata to be told. */

#define ALL_CAPS                                                                                   \
    "account-notify account-tag away-notify batch cap-notify chghost draft/channel-rename "        \
    "draft/extended-isupport draft/message-redaction draft/metadata-3 draft/multiline "            \
    "draft/oper-tag draft/pre-away "                                                               \
    "echo-message extended-join extended-monitor invite-notify labeled-response message-tags "     \
    "multi-prefix server-time setname standard-replies userhost-in-names"

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void begin(struct irc_peer *peer, uint8_t options)
{
    static const struct reply values[] = {
        {RPL_KEYVALUE, 4, {{"me", 2}, {"color", 5}, {"*", 1}, {"red", 3}}},
        {RPL_KEYVALUE, 4, {{"bob", 3}, {"mood", 4}, {"*", 1}, {"a b", 3}}},
    };
    if ((options & OPTION_ENTERED) != 0) {
        irc_peer_enter(peer, (options & OPTION_CAPS) != 0 ? ALL_CAPS : "");
    } else {
        irc_peer_init(peer);
    }
    if ((options & OPTION_OPERATOR) != 0) {
        peer->irc->flags |= (uint32_t)PERSON_OPERATOR;
        peer->right = true;
        peer->may_proxy = true;
    }
    if ((options & OPTION_STEPS) != 0) {
        peer->steps = 3;
    }
    if ((options & OPTION_REFUSED) != 0) {
        peer->refused_kind = COMMAND_MESSAGE;
        peer->refusal = REFUSAL_NO_NICK;
    }
    if ((options & OPTION_METADATA) != 0) {
        peer->answered_kind = COMMAND_METADATA_SYNC;
        peer->answers = values;
        peer->answer_count = 2;
    }
}

static void play(struct irc_peer *peer, struct text script, size_t piece_bytes_max, uint32_t random)
{
    size_t at = 0;
    while (at < script.count && !peer->closed) {
        size_t count = piece_bytes_max;
        if (random != 0) {
            count = 1 + next_random(&random) % piece_bytes_max;
        }
        count = count < script.count - at ? count : script.count - at;
        irc_peer_send(peer, (struct text){.data = script.data + at, .count = count});
        at += count;
    }
    struct door_sink sink = irc_peer_sink(peer);
    irc_end(peer->irc, &sink);
    check(peer->closed);
}

static void check_same(struct irc_peer *a, struct irc_peer *b)
{
    check(text_equal(bytes_text(&a->commands), bytes_text(&b->commands)));
    check(text_equal(bytes_text(&a->replies), bytes_text(&b->replies)));
    check(text_equal(bytes_text(&a->faults), bytes_text(&b->faults)));
    check(a->reason == b->reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_BYTES || size > SCRIPT_BYTES_MAX) {
        return 0;
    }
    struct text script = {.data = (const char *)data + HEAD_BYTES, .count = size - HEAD_BYTES};
    uint8_t options = data[4];
    uint32_t random = 1 + (uint32_t)data[0] * 0x10001u;
    struct irc_peer whole;
    struct irc_peer cut;
    begin(&whole, options);
    play(&whole, script, script.count + 1, 0);

    begin(&cut, options);
    play(&cut, script, 1 + data[1] % 40, random);
    check_same(&whole, &cut);
    irc_peer_finish(&cut);

    begin(&cut, options);
    cut.no_at = data[2];
    cut.no_times = 1 + data[2] % 3;
    cut.idle_no_at = data[3];
    play(&cut, script, script.count + 1, 0);
    check_same(&whole, &cut);
    irc_peer_finish(&cut);

    irc_peer_finish(&whole);
    return 0;
}
