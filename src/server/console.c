/* The console's lines and their writing. */
#include "server/console.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/log.h"
#include "door/plain.h"
#include "model/effect.h"
#include "model/name.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* What a pipe that is ready takes without blocking (PIPE_BUF of Linux). */
#define WRITE_BYTES_MAX 4096
/* Rendered lines that may wait; beyond it, they wait in the ring, and what that has no room for is
 * lost. */
#define LINES_BYTES_MAX (64 * 1024)
/* A descriptor that takes nothing for so long has a reader that has stopped. */
#define STUCK_MS 100

void console_init(struct console *console, struct bus *bus, int fd, const char *lobby)
{
    *console = (struct console){.bus = bus, .fd = fd};
    memcpy(console->lobby, lobby, strlen(lobby) + 1);
}

void console_finish(struct console *console)
{
    bytes_finish(&console->lines);
}

/* A name as bytes_format() takes it. Names hold no character that would need to be made visible. */
struct name {
    char bytes[NAME_BYTES_MAX + 1];
};

static struct name name_of(struct text nick)
{
    struct name name;
    check(nick.count <= NAME_BYTES_MAX);
    if (nick.count > 0) {
        memcpy(name.bytes, nick.data, nick.count);
    }
    name.bytes[nick.count] = '\0';
    return name;
}

/* Someone came or went. */
static enum error append_person(struct bytes *out, const struct effect *effect)
{
    struct name name = name_of(effect->who.nick);
    enum error error;
    if (effect->kind == EFFECT_JOINED) {
        error = bytes_format(out, _("[%s] 접속"), name.bytes);
    } else if (effect->kind == EFFECT_CLOSED && effect->reason == LEAVE_KILLED) {
        error = bytes_format(out, _("[%s] 내보내짐"), name.bytes);
    } else if (effect->kind == EFFECT_CLOSED && effect->reason != LEAVE_QUIT) {
        error = bytes_format(out, _("[%s] 비정상 종료"), name.bytes);
    } else {
        error = bytes_format(out, _("[%s] 접속 종료"), name.bytes);
    }
    return error == ERR_OK ? bytes_append(out, "\n", 1) : error;
}

/* Someone was put out of the room: by whom, and with which words. */
static enum error append_kick(struct bytes *out, const struct effect *effect)
{
    struct name name = name_of(effect->target.nick);
    struct name by = name_of(effect->who.nick);
    /* Translators: who was put out of the room, and who did it. */
    enum error error = bytes_format(out, _("[%s] 내보내짐 ([%s])"), name.bytes, by.bytes);
    if (error == ERR_OK && effect->text.count > 0) {
        error = bytes_append(out, ": ", 2);
    }
    if (error == ERR_OK) {
        error = plain_readable_append(effect->text, out);
    }
    return error == ERR_OK ? bytes_append(out, "\n", 1) : error;
}

static enum error append_rename(struct bytes *out, const struct effect *effect)
{
    struct name old = name_of(effect->who.nick);
    struct name new = name_of(effect->text);
    /* Translators: the old name, and the new one. */
    enum error error = bytes_format(out, _("[%s] 이름 변경: [%s]"), old.bytes, new.bytes);
    return error == ERR_OK ? bytes_append(out, "\n", 1) : error;
}

static enum error append_count(struct bytes *out, uint32_t member_count)
{
    enum error error = bytes_format(out, _("[%u]명의 사용자 접속 중"), (unsigned)member_count);
    return error == ERR_OK ? bytes_append(out, "\n", 1) : error;
}

/* The lines of what the effect means in a room where member_count are after it. */
static enum error append_effect(struct bytes *out, const struct effect *effect,
                                uint32_t member_count)
{
    enum error error = ERR_OK;
    switch (effect->kind) {
    case EFFECT_JOINED:
    case EFFECT_PARTED:
    case EFFECT_CLOSED:
        error = append_person(out, effect);
        break;
    case EFFECT_KICKED:
        error = append_kick(out, effect);
        break;
    case EFFECT_NICK:
        return append_rename(out, effect);
    case EFFECT_MESSAGE:
        return plain_render(effect, DIALECT_PLAIN_LINE, out);
    case EFFECT_OPENED:
    case EFFECT_REFUSED:
    case EFFECT_REPLIES:
    case EFFECT_PONG:
    case EFFECT_AWAY:
    case EFFECT_SETNAME:
    case EFFECT_TOPIC:
    case EFFECT_MODE:
    case EFFECT_USER_MODE:
    case EFFECT_RENAMED:
    case EFFECT_INVITED:
    case EFFECT_WALLOPS:
    case EFFECT_METADATA:
    case EFFECT_REDACTED:
    case EFFECT_REHASH:
    case EFFECT_KIND_COUNT:
        return ERR_OK;
    }
    return error == ERR_OK ? append_count(out, member_count) : error;
}

static const struct effect_channel *effect_lobby(const struct effect *effect, uint64_t lobby_id)
{
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        if (effect->channels[i].id == lobby_id) {
            return &effect->channels[i];
        }
    }
    return NULL;
}

static bool is_same_channel(struct text a, struct text b)
{
    struct bytes keys[2] = {{0}};
    bool is_same = channel_name_key(a, &keys[0]) == ERR_OK &&
                   channel_name_key(b, &keys[1]) == ERR_OK &&
                   text_equal(bytes_text(&keys[0]), bytes_text(&keys[1]));
    bytes_finish(&keys[0]);
    bytes_finish(&keys[1]);
    return is_same;
}

/* Whether the effect's only channel is the lobby: a kept one may be spelled as it was when it was
 * made, and somebody has to come in before anything else can happen there. */
static bool is_in_lobby(const struct effect *effect, struct text lobby, uint64_t lobby_id)
{
    return text_equal(effect->name, lobby) ||
           (lobby_id == 0 && effect->kind == EFFECT_JOINED && is_same_channel(effect->name, lobby));
}

enum error console_render(const struct effect *effect, struct text lobby, uint64_t *lobby_id,
                          struct bytes *out)
{
    /* Not only from who comes in: that line may have been lost. */
    if (effect->channel_count == 1 && effect->channels[0].id != *lobby_id &&
        is_in_lobby(effect, lobby, *lobby_id)) {
        *lobby_id = effect->channels[0].id;
    }
    const struct effect_channel *channel = effect_lobby(effect, *lobby_id);
    if (channel == NULL) {
        return ERR_OK;
    }
    size_t before = out->count;
    enum error error = append_effect(out, effect, channel->member_count);
    if (error != ERR_OK) {
        out->count = before;
    }
    return error;
}

bool console_is_behind(const struct console *console)
{
    return console->lines.count > 0;
}

bool console_has_work(const struct console *console)
{
    size_t record_bytes;
    const void *record = ring_peek(console->bus->console_effects, &record_bytes);
    if (record == NULL || console->lines.count >= LINES_BYTES_MAX) {
        return false;
    }
    struct effect effect;
    effect_unpack(record, &effect);
    return effect.seq <= atomic_load_explicit(&console->bus->committed, memory_order_acquire);
}

static void console_lose(struct console *console)
{
    atomic_fetch_add_explicit(&console->bus->console_lost, 1, memory_order_relaxed);
}

/* Renders what is committed, up to the bound. */
static bool console_take_effects(struct console *console)
{
    uint64_t committed = atomic_load_explicit(&console->bus->committed, memory_order_acquire);
    bool taken = false;
    size_t record_bytes;
    const void *record;
    while (console->lines.count < LINES_BYTES_MAX &&
           (record = ring_peek(console->bus->console_effects, &record_bytes)) != NULL) {
        struct effect effect;
        effect_unpack(record, &effect);
        if (effect.seq > committed) {
            break;
        }
        (void)ring_next(console->bus->console_effects, &record_bytes);
        taken = true;
        if (!console->broken && console_render(&effect, text_of(console->lobby), &console->lobby_id,
                                               &console->lines) != ERR_OK) {
            console_lose(console);
        }
    }
    if (taken) {
        ring_release(console->bus->console_effects);
        bus_feed(&console->bus->hub_starved, &console->bus->hub_waker);
    }
    return taken;
}

/* How much of the waiting lines one write may hold: whole lines, or a piece of one that is longer
 * than a write. */
static size_t console_write_bytes(const struct console *console)
{
    size_t count = console->lines.count;
    if (count <= WRITE_BYTES_MAX) {
        return count;
    }
    const char *newline = memrchr(console->lines.data, '\n', WRITE_BYTES_MAX);
    return newline != NULL ? (size_t)(newline - console->lines.data) + 1 : WRITE_BYTES_MAX;
}

static bool console_write(struct console *console)
{
    size_t written = 0;
    while (console->lines.count > 0 && written < LINES_BYTES_MAX) {
        struct pollfd poll_fd = {.fd = console->fd, .events = POLLOUT};
        if (poll(&poll_fd, 1, 0) != 1 || (poll_fd.revents & (POLLOUT | POLLERR)) == 0) {
            return false;
        }
        ssize_t count = write(console->fd, console->lines.data, console_write_bytes(console));
        if (count < 0) {
            if (errno == EINTR || errno == EAGAIN) {
                return false;
            }
            console->broken = true;
            log_line(LOG_WARNING, "console: standard output is closed, its lines are lost");
            bytes_finish(&console->lines);
            return false;
        }
        written += (size_t)count;
        bytes_consume(&console->lines, (size_t)count);
    }
    if (console->lines.count == 0 && console->lines.capacity > WRITE_BYTES_MAX) {
        bytes_finish(&console->lines);
    }
    return written > 0;
}

static void console_log_lost(struct console *console)
{
    uint64_t lost = atomic_load_explicit(&console->bus->console_lost, memory_order_relaxed);
    if (lost > console->lost_logged && !console_is_behind(console)) {
        log_line(LOG_WARNING, "console: %llu events lost so far, nobody read them in time",
                 (unsigned long long)lost);
        console->lost_logged = lost;
    }
}

/* Tells the hub when the reader has stopped, and when it reads again. */
static void console_watch_reader(struct console *console, bool written, int64_t now_ms)
{
    if (written || !console_is_behind(console)) {
        console->written_ms = now_ms;
    }
    bool stuck = now_ms - console->written_ms >= STUCK_MS;
    if (stuck != atomic_load_explicit(&console->bus->console_stuck, memory_order_relaxed)) {
        atomic_store_explicit(&console->bus->console_stuck, stuck, memory_order_relaxed);
        bus_feed(&console->bus->hub_starved, &console->bus->hub_waker);
    }
}

bool console_step(struct console *console, int64_t now_ms)
{
    bool taken = console_take_effects(console);
    bool written = console_write(console);
    console_watch_reader(console, written, now_ms);
    console_log_lost(console);
    return taken || written;
}
