/* What a door may do: commands, answers, and the ways that are the IRC door's alone. */
#include "base/check.h"
#include "base/lang.h"
#include "server/acts.h"
#include "server/peer.h"
#include "server/room.h"
#include "server/verifier.h"

#include <arpa/inet.h>
#include <string.h>

/* While the disk refuses, nothing new is accepted: the writer is told, and nothing of it waits
 * anywhere. */
static void peer_refuse_unsaved(struct peer_sink *self, const struct command *command)
{
    struct worker *worker = self->worker;
    struct peer *peer = self->peer;
    if (command->kind == COMMAND_OPEN || peer->session == 0) {
        peer_refuse(worker, peer, NOTICE_NOT_SAVED, LEAVE_ERROR);
    } else if (peer->door == DOOR_IRC) {
        /* Not in the middle of what its door does just now. */
        self->unsaved_count++;
        self->unsaved_kind = command->kind;
        self->unsaved_label = command->origin.label;
        peer->in_flight++;
    } else if (command->kind == COMMAND_MESSAGE) {
        peer_say(worker, peer, NOTICE_NOT_SAVED,
                 worker->journal_state == JOURNAL_REFUSING_FULL
                     ? text_of(_("디스크에 자리가 없습니다"))
                     : TEXT_NONE);
    } else {
        peer_refuse(worker, peer, NOTICE_NOT_SAVED, LEAVE_ERROR);
    }
}

bool peer_sink_settle(struct peer_sink *sink)
{
    struct peer *peer = sink->peer;
    bool is_any = sink->unsaved_count > 0;
    while (sink->unsaved_count > 0 && peer->stage < PEER_ENDING) {
        sink->unsaved_count--;
        peer->in_flight--;
        worker_count_notice(sink->worker, NOTICE_NOT_SAVED);
        irc_notice(peer->state.irc, NOTICE_NOT_SAVED, TEXT_NONE, false, &sink->sink);
        /* The door goes on as if it had been answered. */
        struct effect done = {
            .kind = EFFECT_REPLIES,
            .command_kind = sink->unsaved_kind,
            /* Only the last one can have one: its line is a barrier. */
            .origin.label = sink->unsaved_count == 0 ? sink->unsaved_label : 0,
            .done = true,
        };
        irc_effect(peer->state.irc, &done, &sink->sink);
    }
    return is_any;
}

/* Of those that the disk has to do with; the others wait until it stores again. */
static bool command_is_kept(enum command_kind kind)
{
    return !command_is_question(kind) && kind != COMMAND_PING;
}

/* The pace of the plain door counts messages; what the IRC door gets has been counted already. */
static bool command_is_paced(const struct peer *peer, enum command_kind kind)
{
    return peer->door == DOOR_PLAIN && kind == COMMAND_MESSAGE;
}

/* A plain client says nothing of itself but its name. The texts in names are borrowed. */
static void open_complete(const struct worker *worker, const struct peer *peer,
                          struct peer_names *names, struct command *open)
{
    if (peer->door == DOOR_PLAIN) {
        *names = peer_names(worker, peer);
        open->flags |= OPEN_PLAIN;
        open->identity.user = open->identity.user.count > 0 ? open->identity.user : TEXT("plain");
        open->identity.host = text_of(names->host);
        open->identity.address = text_of(names->address);
        open->identity.realname =
            open->identity.realname.count > 0 ? open->identity.realname : open->name;
    }
    open->flags |= worker->config->invisible ? OPEN_INVISIBLE : 0;
}

static bool sink_command(void *context, const struct command *asked)
{
    struct peer_sink *self = context;
    struct worker *worker = self->worker;
    struct peer *peer = self->peer;
    if (peer->stage != PEER_TALKING || worker->draining) {
        return true; /* When the server ends, the hub was told that no more comes. */
    }
    if (worker->journal_state != JOURNAL_FINE && command_is_kept(asked->kind)) {
        peer_refuse_unsaved(self, asked);
        return true;
    }
    /* The pace first: what was reserved in the ring goes to the hub. */
    bool is_paced = command_is_paced(peer, asked->kind);
    if (is_paced && !peer_may_speak(worker, peer)) {
        peer->paced = true;
        return false;
    }
    struct command command = *asked;
    struct peer_names names;
    if (command.kind == COMMAND_OPEN) {
        open_complete(worker, peer, &names, &command);
    }
    void *record = ring_reserve(worker->lane->commands, command_packed_bytes(&command));
    if (record == NULL) {
        peer_wait(worker, peer);
        return false;
    }
    if (is_paced) {
        peer_pay_line(worker, peer);
    }
    if (command.kind == COMMAND_OPEN) {
        peer->session = (uint64_t)(worker->index + 1) << 48 | ++worker->session_count;
    }
    command.session = peer->session;
    command.origin.node = 0;
    command.origin.worker = worker->index;
    command.origin.connection = peer->handle;
    command_pack(&command, record);
    worker->commands_put = true;
    peer->in_flight++;
    act_log(peer, &command);
    return true;
}

static bool sink_idle(void *context)
{
    struct peer_sink *self = context;
    return self->peer->in_flight == 0;
}

static void sink_reply(void *context, struct text bytes)
{
    struct peer_sink *self = context;
    if (!self->peer->output_ended) {
        connection_send(&self->worker->fanout, &self->peer->connection, bytes);
    }
}

static void sink_fault(void *context, enum notice notice)
{
    struct peer_sink *self = context;
    worker_count_notice(self->worker, notice);
    if (self->peer->door == DOOR_PLAIN) {
        peer_pay_line(self->worker, self->peer);
    }
}

static void sink_close(void *context, enum leave_reason reason, struct text words)
{
    struct peer_sink *self = context;
    peer_leave(self->worker, self->peer, reason, words);
}

static void sink_dialect(void *context)
{
    struct peer_sink *self = context;
    if (!rooms_change_dialect(self->worker, self->peer)) {
        peer_refuse(self->worker, self->peer, NOTICE_FULL, LEAVE_ERROR);
    }
}

/* -- Passwords ------------------------------------------------------------------------------- */

static bool addresses_equal(const struct in6_addr *a, const struct in6_addr *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* A wrong one came from there a moment ago. */
static bool peer_tries_too_soon(const struct worker *worker, const struct peer *peer)
{
    uint32_t count = worker->wrong_count < WRONG_TRIES_MAX ? worker->wrong_count : WRONG_TRIES_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const struct wrong_try *wrong = &worker->wrong_tries[i];
        if (addresses_equal(&wrong->address, &peer->host) &&
            worker->now_ms < wrong->at_ms + worker->config->oper_again_ms) {
            return true;
        }
    }
    return false;
}

static bool sink_verify(void *context, struct text hash, struct text password)
{
    struct peer_sink *self = context;
    struct worker *worker = self->worker;
    struct peer *peer = self->peer;
    if (peer->stage != PEER_TALKING || worker->draining) {
        return true;
    }
    struct text nick = irc_nick(peer->state.irc);
    struct text name = irc_setup_operator(&worker->config->irc.server, hash);
    struct bytes who = {0};
    /* Without memory the log has a poorer word for it. */
    BEST_EFFORT(bytes_format(&who, "%.*s as operator %.*s", (int)nick.count,
                             nick.count > 0 ? nick.data : "", (int)name.count,
                             name.count > 0 ? name.data : ""));
    struct verify_request request = {
        .connection = peer->handle,
        .too_soon = peer_tries_too_soon(worker, peer),
        .who = bytes_text(&who),
        .hash = hash,
        .password = password,
    };
    bool is_put = verify_request_put(worker->lane, &request);
    bytes_finish(&who);
    if (!is_put) {
        peer_wait(worker, peer);
        return false;
    }
    worker->requests_put = true;
    peer->in_flight++;
    return true;
}

void worker_take_verdicts(struct worker *worker)
{
    struct verdict verdict;
    while (verdict_take(worker->lane, &verdict)) {
        struct peer *peer = peer_at(worker, verdict.connection);
        if (peer == NULL) {
            continue;
        }
        /* Tries that were not looked at do not prolong the wait: guessers would keep others out. */
        if (!verdict.right && !peer_tries_too_soon(worker, peer)) {
            worker->wrong_tries[worker->wrong_count++ % WRONG_TRIES_MAX] =
                (struct wrong_try){.address = peer->host, .at_ms = worker->now_ms};
        }
        if (peer->stage == PEER_TALKING) {
            struct peer_sink sink;
            peer_sink_init(&sink, worker, peer);
            irc_verdict(peer->state.irc, verdict.right, &sink.sink);
            (void)peer_sink_settle(&sink);
        }
        peer_count_answer(worker, peer);
    }
}

/* -- MONITOR --------------------------------------------------------------------------------- */

static enum error sink_watch(void *context, struct text nick)
{
    struct peer_sink *self = context;
    return watch_add(&self->worker->watches, self->peer, nick);
}

static void sink_unwatch(void *context, struct text nick)
{
    struct peer_sink *self = context;
    if (nick.count == 0) {
        watch_remove_all(&self->worker->watches, self->peer);
    } else {
        watch_remove(&self->worker->watches, self->peer, nick);
    }
}

static struct text sink_watched(void *context, uint32_t index)
{
    struct peer_sink *self = context;
    return watch_nick(self->peer, index);
}

/* -- WEBIRC ---------------------------------------------------------------------------------- */

/* A numeric address of either family. */
static bool address_parse(struct text text, struct in6_addr *out)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.count == 0 || text.count >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.data, text.count);
    copy[text.count] = '\0';
    struct in_addr ipv4;
    if (inet_pton(AF_INET, copy, &ipv4) == 1) {
        *out = (struct in6_addr){0};
        out->s6_addr[10] = 0xff;
        out->s6_addr[11] = 0xff;
        memcpy(&out->s6_addr[12], &ipv4, sizeof ipv4);
        return true;
    }
    return inet_pton(AF_INET6, copy, out) == 1;
}

static bool sink_proxied(void *context, struct text password, struct text address, bool secure)
{
    struct peer_sink *self = context;
    struct worker *worker = self->worker;
    struct peer *peer = self->peer;
    struct in6_addr host;
    if (!config_trusts_webirc(worker->config, &peer->address, password) ||
        !address_parse(address, &host)) {
        return false;
    }
    peer_speak_for(worker, peer, &host);
    peer->secure = secure;
    struct peer_names names = peer_names(worker, peer);
    irc_set_host(peer->state.irc, text_of(names.host), text_of(names.address), secure);
    return true;
}

void peer_sink_init(struct peer_sink *out, struct worker *worker, struct peer *peer)
{
    *out = (struct peer_sink){
        .worker = worker,
        .peer = peer,
        .sink = {.context = out,
                 .command = sink_command,
                 .idle = sink_idle,
                 .reply = sink_reply,
                 .fault = sink_fault,
                 .close = sink_close,
                 .dialect = sink_dialect,
                 .verify = sink_verify,
                 .watch = sink_watch,
                 .unwatch = sink_unwatch,
                 .watched = sink_watched,
                 .proxied = sink_proxied},
    };
}
