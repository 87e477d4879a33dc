/*
 * Scenarios of the IRC door: what a client sends, what becomes of it, what it is told. Each is
 * played whole, byte by byte, with each of its commands refused for a while, and with each question
 * whether all is answered denied once; all must come to the same.
 */
#ifndef MADANG_TESTS_DOOR_IRC_SCENARIO_H
#define MADANG_TESTS_DOOR_IRC_SCENARIO_H

#include "irc_peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct scenario {
    const char *rule;
    const char *caps; /* NULL: not registered. */
    struct text input;
    const char *commands;
    const char *replies;
    /* For the peer; 0 and NULL for the usual. */
    uint32_t steps;
    enum command_kind refused_kind;
    enum refusal refusal;
    enum command_kind answered_kind;
    const struct reply *answers;
    uint32_t answer_count;
    bool is_operator;
    bool right;
    bool may_proxy;
    uint32_t watch_max;
    const struct irc_server *server;
};

/* A text within a table. */
#define SAY(literal)                                                                               \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
/* An entry of a table; RULE_WITH() sets more of the scenario. */
#define RULE(rule_, caps_, input_, commands_, replies_)                                            \
    {                                                                                              \
        .rule = rule_, .caps = caps_, .input = input_, .commands = commands_, .replies = replies_  \
    }
#define RULE_WITH(rule_, caps_, input_, commands_, replies_, ...)                                  \
    {                                                                                              \
        .rule = rule_, .caps = caps_, .input = input_, .commands = commands_, .replies = replies_, \
        __VA_ARGS__                                                                                \
    }

enum way { WAY_WHOLE, WAY_BYTES, WAY_COMMAND_NO, WAY_IDLE_NO };

static inline void scenario_begin(const struct scenario *scenario, struct irc_peer *peer)
{
    if (scenario->caps == NULL) {
        irc_peer_init_with(peer, scenario->server != NULL ? scenario->server : &irc_peer_server);
    } else {
        irc_peer_enter(peer, scenario->caps);
    }
    if (scenario->is_operator) {
        peer->irc->flags |= (uint32_t)PERSON_OPERATOR;
        peer->person_flags |= (uint32_t)PERSON_OPERATOR;
    }
    peer->steps = scenario->steps;
    peer->refused_kind = scenario->refused_kind;
    peer->refusal = scenario->refusal;
    peer->answered_kind = scenario->answered_kind;
    peer->answers = scenario->answers;
    peer->answer_count = scenario->answer_count;
    peer->right = scenario->right;
    peer->may_proxy = scenario->may_proxy;
    if (scenario->watch_max > 0) {
        peer->watch_max = scenario->watch_max;
    }
}

/* Plays it and compares. The counts say what there is to be refused. */
static inline void scenario_play(const struct scenario *scenario, enum way way, uint32_t number,
                                 uint32_t *out_given, uint32_t *out_idle)
{
    struct irc_peer peer;
    scenario_begin(scenario, &peer);
    if (way == WAY_COMMAND_NO) {
        peer.no_at = number;
        peer.no_times = 2;
    }
    if (way == WAY_IDLE_NO) {
        peer.idle_no_at = number;
    }
    if (way == WAY_BYTES) {
        irc_peer_send_bytes(&peer, scenario->input);
    } else {
        irc_peer_send(&peer, scenario->input);
    }
    const char *commands = irc_peer_string(&peer.commands);
    const char *replies = irc_peer_string(&peer.replies);
    if (strcmp(commands, scenario->commands) != 0 || strcmp(replies, scenario->replies) != 0) {
        fprintf(stderr,
                "%s (way %d, %u)\n-- commands\n%s-- expected\n%s-- replies\n%s-- expected\n%s",
                scenario->rule, (int)way, (unsigned)number, commands, scenario->commands, replies,
                scenario->replies);
        fail();
    }
    assert_true(peer.closed || peer.in_flight == 0);
    *out_given = peer.given;
    *out_idle = peer.idle_count;
    irc_peer_finish(&peer);
}

static inline void scenarios_play(const struct scenario *scenarios, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t given;
        uint32_t idle;
        uint32_t ignored[2];
        scenario_play(&scenarios[i], WAY_WHOLE, 0, &given, &idle);
        scenario_play(&scenarios[i], WAY_BYTES, 0, &ignored[0], &ignored[1]);
        for (uint32_t k = 0; k < given; k++) {
            scenario_play(&scenarios[i], WAY_COMMAND_NO, k, &ignored[0], &ignored[1]);
        }
        for (uint32_t k = 0; k < idle; k++) {
            scenario_play(&scenarios[i], WAY_IDLE_NO, k, &ignored[0], &ignored[1]);
        }
    }
}

#endif
