/*
 * How fast somebody may speak: a leaky bucket. Each line costs 1/limit.rate of a second, and
 * limit.burst lines may be owed. The plain door asks for each message; the IRC door is given only
 * the lines that may be said, so that one line with many targets is one line.
 */
#include "server/peer.h"

#include <string.h>

/* Refused lines beyond the burst that a peer may owe for. */
#define FAULTS_OWED_MAX 100
/* What an IRC client says before it has a name comes all at once. */
#define REGISTER_LINES 40
/* Lines inside a batch are parts of one message. */
#define BATCH_LINES_A_LINE 8

/* Microseconds, so that a rate above one line a millisecond is kept as well. */
static int64_t pace_line_us(const struct config *config)
{
    return 1000000 / config->rate;
}

/* What may be owed when a line is said. */
static int64_t pace_debt_us(const struct config *config)
{
    return pace_line_us(config) * ((int64_t)config->burst - 1);
}

static bool peer_is_paced(const struct worker *worker, const struct peer *peer)
{
    return worker->config->flood && !peer->unpaced && !peer->host_exempt &&
           (peer_flags(peer) & PERSON_OPERATOR) == 0;
}

/* Up to when the lines so far are paid for. The clock counts whole milliseconds: what a fast rate
 * allows in one of them is no debt. */
static int64_t peer_paid_us(const struct worker *worker, const struct peer *peer)
{
    int64_t from_us = worker->now_ms * 1000 - 999;
    return peer->pace_us > from_us ? peer->pace_us : from_us;
}

bool peer_may_speak(const struct worker *worker, const struct peer *peer)
{
    return !peer_is_paced(worker, peer) ||
           peer->pace_us - worker->now_ms * 1000 <= pace_debt_us(worker->config);
}

void peer_pay_line(const struct worker *worker, struct peer *peer)
{
    if (peer_is_paced(worker, peer)) {
        peer->pace_us = peer_paid_us(worker, peer) + pace_line_us(worker->config);
    }
}

bool peer_owes_too_much(const struct worker *worker, const struct peer *peer)
{
    int64_t most_us = pace_debt_us(worker->config) + FAULTS_OWED_MAX * pace_line_us(worker->config);
    return peer_is_paced(worker, peer) && peer->pace_us - worker->now_ms * 1000 > most_us;
}

/* What may be owed when the IRC door gets a line. */
static int64_t peer_debt_us(const struct worker *worker, const struct peer *peer)
{
    int64_t debt_us = pace_debt_us(worker->config);
    return peer_is_nameless(peer) ? debt_us + REGISTER_LINES * pace_line_us(worker->config)
                                  : debt_us;
}

/* Rounded up: a timer that comes too early would only have to be set again. */
int64_t peer_speaks_again_ms(const struct worker *worker, const struct peer *peer)
{
    int64_t debt_us =
        peer->door == DOOR_IRC ? peer_debt_us(worker, peer) : pace_debt_us(worker->config);
    return (peer->pace_us - debt_us + 999) / 1000;
}

/* Whether the line's tags name a batch that it is part of (IRCv3 batch). */
static bool line_is_in_batch(struct text line)
{
    if (line.count == 0 || line.data[0] != '@') {
        return false;
    }
    const char *space = memchr(line.data, ' ', line.count);
    size_t tag_bytes = space != NULL ? (size_t)(space - line.data) : line.count;
    const char *found = memmem(line.data, tag_bytes, "batch=", 6);
    return found != NULL && (found[-1] == '@' || found[-1] == ';');
}

static int64_t line_cost_us(const struct worker *worker, struct text line)
{
    int64_t cost_us = pace_line_us(worker->config);
    return line_is_in_batch(line) ? cost_us / BATCH_LINES_A_LINE : cost_us;
}

/* Takes the first whole line off *bytes, without its end; false when there is none. */
static bool line_take(struct text *bytes, struct text *out_line)
{
    const char *newline = bytes->count > 0 ? memchr(bytes->data, '\n', bytes->count) : NULL;
    if (newline == NULL) {
        return false;
    }
    *out_line = (struct text){.data = bytes->data, .count = (size_t)(newline - bytes->data)};
    bytes->data += out_line->count + 1;
    bytes->count -= out_line->count + 1;
    return true;
}

size_t peer_affordable_bytes(const struct worker *worker, const struct peer *peer,
                             struct text bytes)
{
    if (!peer_is_paced(worker, peer)) {
        return bytes.count;
    }
    int64_t owed_us = peer_paid_us(worker, peer) - worker->now_ms * 1000;
    int64_t debt_us = peer_debt_us(worker, peer);
    struct text rest = bytes;
    struct text line;
    while (owed_us <= debt_us) {
        if (!line_take(&rest, &line)) {
            return bytes.count;
        }
        owed_us += line_cost_us(worker, line);
    }
    return bytes.count - rest.count;
}

void peer_pay_lines(const struct worker *worker, struct peer *peer, struct text bytes)
{
    if (!peer_is_paced(worker, peer)) {
        return;
    }
    struct text line;
    while (line_take(&bytes, &line)) {
        peer->pace_us = peer_paid_us(worker, peer) + line_cost_us(worker, line);
    }
}
