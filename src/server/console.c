/* The console's lines and their writing. */
#include "server/console.h"

#include "base/lang.h"
#include "base/log.h"
#include "base/utf8.h"
#include "model/effect.h"

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

/* Someone came or went. Names hold no character that would need to be made visible. */
static enum error append_person(struct bytes *out, const struct effect *effect)
{
    char name[NAME_BYTES_MAX + 1];
    memcpy(name, effect->nick.data, effect->nick.count);
    name[effect->nick.count] = '\0';
    enum error error;
    if (effect->kind == EFFECT_JOINED) {
        error = bytes_format(out, _("[%s] 접속"), name);
    } else if (effect->kind == EFFECT_CLOSED && effect->reason != LEAVE_QUIT) {
        error = bytes_format(out, _("[%s] 비정상 종료"), name);
    } else {
        error = bytes_format(out, _("[%s] 접속 종료"), name);
    }
    return error == ERR_OK ? bytes_append(out, "\n", 1) : error;
}

static enum error append_count(struct bytes *out, uint32_t member_count)
{
    enum error error = bytes_format(out, _("[%u]명의 사용자 접속 중"), (unsigned)member_count);
    return error == ERR_OK ? bytes_append(out, "\n", 1) : error;
}

static enum error append_message(struct bytes *out, const struct effect *effect)
{
    enum error error = bytes_append(out, "[", 1);
    if (error == ERR_OK) {
        error = bytes_append_text(out, effect->nick);
    }
    if (error == ERR_OK) {
        error = bytes_append(out, "] ", 2);
    }
    if (error == ERR_OK) {
        error = text_append_visible(out, effect->text);
    }
    return error == ERR_OK ? bytes_append(out, "\n", 1) : error;
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

enum error console_render(const struct effect *effect, struct text lobby, uint64_t *lobby_id,
                          struct bytes *out)
{
    /* Not only from who comes in: that line may have been lost. */
    if (effect->channel_count == 1 && effect->channels[0].id != *lobby_id &&
        text_equal(effect->name, lobby)) {
        *lobby_id = effect->channels[0].id;
    }
    const struct effect_channel *channel = effect_lobby(effect, *lobby_id);
    if (channel == NULL) {
        return ERR_OK;
    }
    size_t before = out->count;
    enum error error = ERR_OK;
    switch (effect->kind) {
    case EFFECT_JOINED:
    case EFFECT_PARTED:
    case EFFECT_CLOSED:
        error = append_person(out, effect);
        break;
    case EFFECT_MESSAGE:
        error = append_message(out, effect);
        break;
    case EFFECT_OPENED:
    case EFFECT_REFUSED:
    case EFFECT_PONG:
        return ERR_OK;
    }
    if (error == ERR_OK && effect->kind != EFFECT_MESSAGE) {
        error = append_count(out, channel->member_count);
    }
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
