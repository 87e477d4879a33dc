/* One thread and one poll() around four descriptors: signals, the socket, the keyboard, the screen.
 */
#include "client/client.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/mem.h"
#include "client/client_state.h"
#include "client/clock.h"
#include "client/connection.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Ends. */

enum error client_complain(struct client *client, const char *sentence)
{
    struct bytes line;
    bytes_init(&line);
    enum error error = bytes_format(&line, "madang: %s", sentence);
    if (error == ERR_OK && client->editor != NULL) {
        error = screen_say(&client->screen, bytes_text(&line));
    } else if (error == ERR_OK) {
        output_flush(&client->output);
        error = bytes_format(&client->errors.pending, "%.*s\n", (int)line.count, line.data);
        output_flush(&client->errors);
    }
    bytes_finish(&line);
    return error;
}

void client_end(struct client *client, int status)
{
    client->ended = true;
    client->status = status;
}

enum error client_leave(struct client *client, struct text reason, int64_t wait_ms)
{
    if (client->wire == NULL) {
        client_end(client, client->was_joined && !client->signalled);
        return ERR_OK;
    }
    client->leaving = true;
    client->leave_wait_ms = wait_ms;
    client->leave_by_ms = client->now_ms + wait_ms;
    client->unsent_bytes = SIZE_MAX;
    return client->wire->protocol->leave(client->wire, reason, client->signalled);
}

/* A second signal does not wait for the server any more. */
static enum error leave_by_signal(struct client *client)
{
    if (client->signalled) {
        client_end(client, 0);
        return ERR_OK;
    }
    client->signalled = true;
    return client_leave(client, TEXT_NONE, CLIENT_LEAVE_SIGNAL_MS);
}

static size_t pending_bytes(const struct client *client)
{
    return client->wire == NULL ? 0 : client->wire->protocol->pending_bytes(client->wire);
}

/* The server has not closed in time. As long as it takes what we send, it has more time. */
static enum error check_leave(struct client *client)
{
    size_t pending = pending_bytes(client);
    size_t unsent = pending + connection_unsent_bytes(client->socket);
    if (unsent < client->unsent_bytes && unsent > 0 && !client->signalled) {
        client->unsent_bytes = unsent;
        client->leave_by_ms = client->now_ms + client->leave_wait_ms;
        return ERR_OK;
    }
    if (pending > 0) {
        /* A line may be half sent: a reset lets the server drop it, a proper end would make a
         * message of it. */
        struct linger none = {.l_onoff = 1, .l_linger = 0};
        setsockopt(client->socket, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    }
    bool told = client->signalled || client->editor != NULL;
    client_end(client, told ? 0 : 1);
    return told ? ERR_OK : client_complain(client, _("서버가 연결을 닫지 않습니다"));
}

/* The server has not let us in in time. */
static enum error check_join(struct client *client)
{
    client->explained = true;
    enum error error = client_complain(client, _("서버가 시간 안에 들여보내지 않습니다"));
    return error == ERR_OK ? client_lose(client, ETIMEDOUT) : error;
}

/* Signals. */

/* A shell that starts a program in the background may have it ignore these: so it stays. */
static void add_unless_ignored(sigset_t *set, int signal)
{
    struct sigaction action;
    if (sigaction(signal, NULL, &action) != 0 || action.sa_handler != SIG_IGN) {
        sigaddset(set, signal);
    }
}

/* Returns a descriptor from which signals are read, or -1. */
static int open_signals(bool editing)
{
    signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    add_unless_ignored(&set, SIGINT);
    add_unless_ignored(&set, SIGHUP);
    if (editing) {
        sigaddset(&set, SIGQUIT);
        sigaddset(&set, SIGTSTP);
        sigaddset(&set, SIGCONT);
        sigaddset(&set, SIGWINCH);
    }
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The terminal is the shell's while we are stopped. */
static enum error stop_for_a_while(struct client *client)
{
    enum error error = screen_suspend(&client->screen);
    if (error == ERR_OK) {
        output_drain(&client->output, -1, CLIENT_LEAVE_SIGNAL_MS);
        terminal_leave(&client->terminal);
        raise(SIGSTOP);
    }
    return error;
}

/* After a stop, whoever's it was. */
static enum error go_on(struct client *client)
{
    if (client->editor == NULL) {
        return ERR_OK;
    }
    client->terminal.is_raw = false;
    if (!terminal_enter(&client->terminal)) {
        return leave_by_signal(client);
    }
    client->screen.columns = terminal_columns();
    return screen_resume(&client->screen);
}

static enum error take_signal(struct client *client, uint32_t number)
{
    switch (number) {
    case SIGTSTP:
        return stop_for_a_while(client);
    case SIGCONT:
        return go_on(client);
    case SIGWINCH:
        client->cursor_by_ms = client->now_ms + CLIENT_CURSOR_MS;
        return screen_resized(&client->screen, terminal_columns());
    default:
        return leave_by_signal(client);
    }
}

enum error client_read_signals(struct client *client)
{
    struct signalfd_siginfo signal;
    while (read(client->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal)) {
        enum error error = take_signal(client, signal.ssi_signo);
        if (error != ERR_OK) {
            return error;
        }
    }
    return ERR_OK;
}

/* The loop. */

enum { SLOT_SIGNALS, SLOT_SOCKET, SLOT_INPUT, SLOT_OUTPUT, SLOT_ERRORS, SLOT_COUNT };

/* A descriptor with nothing to wait for is left out: its hang-up would wake us again and again. */
static struct pollfd slot(int fd, short events)
{
    return (struct pollfd){.fd = events != 0 ? fd : -1, .events = events};
}

static bool has_backlog(const struct client *client)
{
    return client->output.pending.count > CLIENT_BACKLOG_BYTES_MAX ||
           client->errors.pending.count > CLIENT_BACKLOG_BYTES_MAX;
}

static bool wants_input(const struct client *client)
{
    if (client->input_ended || client->leaving) {
        return false;
    }
    /* On a terminal nothing that is typed may appear above "[NAME] 접속", and with rooms nothing
     * can be said before it; but with a lost connection one may still type, and leave. */
    bool has_rooms = !client->options->plain;
    if (!client->was_joined && (client->editor != NULL || has_rooms)) {
        return false;
    }
    return client->editor != NULL || pending_bytes(client) < CLIENT_OUTBOX_BYTES_MAX;
}

static struct pollfd output_slot(const struct output *output, bool watch)
{
    struct pollfd waited = slot(output->fd, output->pending.count > 0 ? POLLOUT : 0);
    if (watch && output->failure == 0) {
        /* No event is asked for, but the end of the reader is told all the same. */
        waited.fd = output->fd;
    }
    return waited;
}

static enum error set_slots(struct client *client, struct pollfd slots[SLOT_COUNT])
{
    bool wants_write = false;
    enum error error = client_wants_write(client, &wants_write);
    short socket_events = (short)((has_backlog(client) ? 0 : POLLIN) | (wants_write ? POLLOUT : 0));
    slots[SLOT_SIGNALS] = slot(client->signals, POLLIN);
    slots[SLOT_SOCKET] = slot(client->socket, socket_events);
    slots[SLOT_INPUT] = slot(STDIN_FILENO, wants_input(client) ? POLLIN : 0);
    slots[SLOT_OUTPUT] = output_slot(&client->output, true);
    slots[SLOT_ERRORS] = output_slot(&client->errors, false);
    return error;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int wait_ms(const struct client *client)
{
    int64_t until = WIRE_NEVER;
    if (client->wire == NULL) {
        until = client->retry_at_ms;
    } else {
        until = client->wire->protocol->due_ms(client->wire);
        until = client->joined ? until : earlier(until, client->join_by_ms);
    }
    if (client->leaving) {
        until = earlier(until, client->leave_by_ms);
    }
    if (client->screen.asked_cursor) {
        until = earlier(until, client->cursor_by_ms);
    }
    if (until == WIRE_NEVER) {
        return -1;
    }
    int64_t left_ms = until - client->now_ms;
    return left_ms <= 0 ? 0 : left_ms > 60000 ? 60000 : (int)left_ms;
}

/* What is due by the clock for the connection. */
static enum error take_link_time(struct client *client)
{
    struct event_sink sink = client_events(client);
    if (client->wire == NULL) {
        return client->now_ms >= client->retry_at_ms ? client_try_again(client) : ERR_OK;
    }
    enum error error = ERR_OK;
    if (client->now_ms >= client->wire->protocol->due_ms(client->wire)) {
        error = client->wire->protocol->tick(client->wire, &sink);
    }
    if (error == ERR_OK && !client->ended && !client->joined && !client->leaving &&
        client->now_ms >= client->join_by_ms) {
        error = check_join(client);
    }
    return error;
}

/* What is due by the clock. */
static enum error take_time(struct client *client)
{
    enum error error = take_link_time(client);
    if (error == ERR_OK && client->screen.asked_cursor && client->now_ms >= client->cursor_by_ms) {
        error = screen_cursor_unknown(&client->screen);
    }
    if (error == ERR_OK && client->leaving && !client->ended &&
        client->now_ms >= client->leave_by_ms) {
        error = check_leave(client);
    }
    return error;
}

/* Nobody reads what we write. A bot goes on; a person's terminal is gone. */
static enum error take_output_failure(struct client *client)
{
    client->output_failed = true;
    bytes_clear(&client->output.pending);
    return isatty(STDIN_FILENO) || client->editor != NULL ? leave_by_signal(client) : ERR_OK;
}

static enum error take_events(struct client *client, const struct pollfd slots[SLOT_COUNT])
{
    enum error error = ERR_OK;
    if (slots[SLOT_SIGNALS].revents != 0) {
        error = client_read_signals(client);
    }
    if (error == ERR_OK && slots[SLOT_INPUT].revents != 0 && wants_input(client)) {
        error = client_read_input(client);
    }
    if (error == ERR_OK && (slots[SLOT_SOCKET].revents & ~POLLOUT) != 0 && !has_backlog(client)) {
        error = client_read_socket(client);
    }
    if (error == ERR_OK && !client->ended) {
        error = client_write_socket(client);
    }
    if ((slots[SLOT_OUTPUT].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0 &&
        client->output.failure == 0) {
        client->output.failure = EPIPE;
    }
    if (error == ERR_OK && client->output.failure != 0 && !client->output_failed) {
        error = take_output_failure(client);
    }
    return error;
}

static void look_at_clock(struct client *client)
{
    client->now_ms = clock_now_ms();
    if (client->wire != NULL) {
        client->wire->now_ms = client->now_ms;
    }
}

static enum error turn(struct client *client)
{
    enum error error = screen_refresh(&client->screen);
    if (error != ERR_OK) {
        return error;
    }
    output_flush(&client->output);
    output_flush(&client->errors);
    look_at_clock(client);
    struct pollfd slots[SLOT_COUNT];
    error = set_slots(client, slots);
    if (error != ERR_OK) {
        return error;
    }
    if (poll(slots, SLOT_COUNT, wait_ms(client)) < 0) {
        check(errno == EINTR || errno == ENOMEM);
        return ERR_OK;
    }
    look_at_clock(client);
    error = take_events(client, slots);
    return error == ERR_OK && !client->ended ? take_time(client) : error;
}

/* Beginning and end. */

static void print_error(const char *sentence)
{
    fprintf(stderr, "madang: %s\n", sentence);
}

static void begin(struct client *client)
{
    output_init(&client->output, STDOUT_FILENO);
    output_init(&client->errors, STDERR_FILENO);
    /* One more for the \r of a line that ends in \r\n. */
    lines_init(&client->typed, PLAIN_LINE_BYTES_MAX + 1);
    screen_init(&client->screen, &client->output, NULL);
    client->screen.columns = terminal_columns();
    client->screen.style.colours = terminal_has_colours();
    client->screen.style.isolates = isatty(STDOUT_FILENO) != 0;
    client->now_ms = clock_now_ms();
}

/* From now on keys come one by one, if the terminal can do that. */
static enum error begin_editing(struct client *client)
{
    if (!terminal_enter(&client->terminal)) {
        return ERR_OK;
    }
    client->editor = mem_zalloc(1, sizeof(*client->editor));
    client->screen.editor = client->editor;
    return client->editor == NULL ? ERR_MEMORY : screen_resume(&client->screen);
}

/* The last lines, and the terminal as it was. */
static enum error finish(struct client *client)
{
    int64_t limit_ms = client->signalled ? CLIENT_LEAVE_SIGNAL_MS : -1;
    if (client->undelivered && client->editor == NULL && !client->signalled) {
        client->status = 1;
    }
    enum error error = screen_suspend(&client->screen);
    if (error == ERR_OK && client->foreign) {
        error = client_complain(client, _("마당 서버도 IRC 서버도 아닙니다"));
    } else if (error == ERR_OK && !client->farewell) {
        error = screen_say(&client->screen, text_of(_("접속 해제")));
    }
    output_drain(&client->output, client->signals, limit_ms);
    /* A reader who went away is no failure; a full disk is. */
    if (error == ERR_OK && client->output.failure != 0 && client->output.failure != EPIPE) {
        client->status = 1;
        error = client_complain(client, _("표준 출력에 쓸 수 없습니다"));
    }
    output_drain(&client->errors, client->signals, limit_ms);
    return error;
}

static void release(struct client *client)
{
    terminal_leave(&client->terminal);
    if (client->editor != NULL) {
        editor_finish(client->editor);
        mem_free(client->editor);
    }
    client_hang_up(client);
    rooms_finish(&client->rooms);
    people_finish(&client->people);
    bytes_finish(&client->name);
    bytes_finish(&client->paste.text);
    lines_finish(&client->typed);
    screen_finish(&client->screen);
    output_finish(&client->errors);
    output_finish(&client->output);
}

static enum error talk(struct client *client, bool editing)
{
    enum error error = client_connect(client);
    if (error == ERR_OK && editing && client->wire != NULL) {
        error = begin_editing(client);
    }
    while (error == ERR_OK && !client->ended) {
        error = turn(client);
    }
    return error == ERR_OK ? finish(client) : error;
}

int client_run(const struct options *options)
{
    bool editing = terminal_can_edit();
    struct client client = {
        .options = options, .signals = open_signals(editing), .socket = -1, .farewell = true};
    if (client.signals < 0) {
        print_error(strerror(errno));
        return 1;
    }
    begin(&client);
    enum error error = talk(&client, editing);
    release(&client);
    if (error != ERR_OK) {
        print_error(_("메모리가 모자랍니다"));
        client.status = 1;
    }
    close(client.signals);
    return client.status;
}
