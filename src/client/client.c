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

void client_leave(struct client *client, int64_t wait_ms)
{
    client->leaving = true;
    client->leave_wait_ms = wait_ms;
    client->leave_by_ms = client->now_ms + wait_ms;
    client->unsent_bytes = SIZE_MAX;
}

/* A second signal does not wait for the server any more. */
static enum error leave_by_signal(struct client *client)
{
    if (client->signalled) {
        client_end(client, 0);
        return ERR_OK;
    }
    client->signalled = true;
    enum error error = ERR_OK;
    if (client->options->plain && !client->leaving) {
        /* Lines that are still waiting would take longer than a signal may. */
        if (client->wire.named) {
            bytes_clear(&client->outbox);
        }
        error = bytes_append_text(&client->outbox, TEXT("q\n"));
    }
    client_leave(client, CLIENT_LEAVE_SIGNAL_MS);
    return error;
}

/* The server has not closed in time. As long as it takes what we send, it has more time. */
static enum error check_leave(struct client *client)
{
    size_t unsent = client->outbox.count + connection_unsent_bytes(client->socket);
    if (unsent < client->unsent_bytes && unsent > 0 && !client->signalled) {
        client->unsent_bytes = unsent;
        client->leave_by_ms = client->now_ms + client->leave_wait_ms;
        return ERR_OK;
    }
    if (client->outbox.count > 0) {
        /* A line may be half sent: a reset lets the server drop it, a proper end would make a
         * message of it. */
        struct linger none = {.l_onoff = 1, .l_linger = 0};
        setsockopt(client->socket, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    }
    bool told = client->signalled || client->editor != NULL;
    client_end(client, told ? 0 : 1);
    return told ? ERR_OK : client_complain(client, _("서버가 연결을 닫지 않습니다"));
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

static enum error read_signals(struct client *client)
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
    /* On a terminal nothing that is typed may appear above "[NAME] 접속". */
    return client->editor != NULL ? client->joined : client->outbox.count < CLIENT_OUTBOX_BYTES_MAX;
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

static void set_slots(const struct client *client, struct pollfd slots[SLOT_COUNT])
{
    short socket_events = has_backlog(client) ? 0 : POLLIN;
    if (client_wants_write(client)) {
        socket_events |= POLLOUT;
    }
    slots[SLOT_SIGNALS] = slot(client->signals, POLLIN);
    slots[SLOT_SOCKET] = slot(client->socket, socket_events);
    slots[SLOT_INPUT] = slot(STDIN_FILENO, wants_input(client) ? POLLIN : 0);
    slots[SLOT_OUTPUT] = output_slot(&client->output, true);
    slots[SLOT_ERRORS] = output_slot(&client->errors, false);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int wait_ms(const struct client *client)
{
    int64_t until = client->joined ? CLIENT_NEVER : client->join_at_ms;
    if (client->leaving) {
        until = earlier(until, client->leave_by_ms);
    }
    if (client->screen.asked_cursor) {
        until = earlier(until, client->cursor_by_ms);
    }
    if (client->options->plain) {
        until = earlier(until, plain_wire_flush_at_ms(&client->wire));
        if (client->outbox.count > 0 && !client->write_ended) {
            until = earlier(until, client->wire.write_at_ms);
        }
    }
    if (until == CLIENT_NEVER) {
        return -1;
    }
    int64_t left_ms = until - client->now_ms;
    return left_ms <= 0 ? 0 : left_ms > 60000 ? 60000 : (int)left_ms;
}

/* What is due by the clock. */
static enum error take_time(struct client *client)
{
    enum error error = ERR_OK;
    if (!client->joined && client->now_ms >= client->join_at_ms) {
        error = client_say_joined(client);
    }
    if (error == ERR_OK && client->options->plain &&
        client->now_ms >= plain_wire_flush_at_ms(&client->wire)) {
        error = client_flush_received(client);
    }
    if (error == ERR_OK && client->screen.asked_cursor && client->now_ms >= client->cursor_by_ms) {
        error = screen_cursor_unknown(&client->screen);
    }
    if (error == ERR_OK && client->leaving && client->now_ms >= client->leave_by_ms) {
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
        error = read_signals(client);
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

static enum error turn(struct client *client)
{
    enum error error = screen_refresh(&client->screen);
    if (error != ERR_OK) {
        return error;
    }
    output_flush(&client->output);
    output_flush(&client->errors);
    client->now_ms = clock_now_ms();
    struct pollfd slots[SLOT_COUNT];
    set_slots(client, slots);
    if (poll(slots, SLOT_COUNT, wait_ms(client)) < 0) {
        check(errno == EINTR || errno == ENOMEM);
        return ERR_OK;
    }
    client->now_ms = clock_now_ms();
    error = take_events(client, slots);
    return error == ERR_OK && !client->ended ? take_time(client) : error;
}

/* Beginning and end. */

static void print_error(const char *sentence)
{
    fprintf(stderr, "madang: %s\n", sentence);
}

static enum error begin(struct client *client)
{
    const struct options *options = client->options;
    output_init(&client->output, STDOUT_FILENO);
    output_init(&client->errors, STDERR_FILENO);
    lines_init(&client->received, CLIENT_LINE_BYTES_MAX);
    /* One more for the \r of a line that ends in \r\n. */
    lines_init(&client->typed, PLAIN_LINE_BYTES_MAX + 1);
    screen_init(&client->screen, &client->output, client->editor);
    client->screen.columns = terminal_columns();
    client->screen.style.colours = terminal_has_colours();
    client->screen.style.isolates = isatty(STDOUT_FILENO) != 0;
    client->now_ms = clock_now_ms();
    client->join_at_ms = client->now_ms + 2 * connection_round_trip_ms(client->socket) +
                         (options->plain ? CLIENT_PLAIN_GRACE_MS : CLIENT_GRACE_MS);
    enum error error = plain_wire_init(&client->wire, text_of(options->name));
    if (error == ERR_OK) {
        error = bytes_format(&client->outbox, "%s\n", options->name);
    }
    if (error == ERR_OK && client->editor != NULL) {
        error = screen_resume(&client->screen);
    }
    return error;
}

/* The last lines, and the terminal as it was. */
static enum error finish(struct client *client)
{
    int64_t limit_ms = client->signalled ? CLIENT_LEAVE_SIGNAL_MS : -1;
    if (client->undelivered && client->editor == NULL && !client->signalled) {
        client->status = 1;
    }
    enum error error = screen_suspend(&client->screen);
    if (error == ERR_OK && !client->not_madang) {
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
    bytes_finish(&client->paste.text);
    bytes_finish(&client->outbox);
    plain_wire_finish(&client->wire);
    lines_finish(&client->typed);
    lines_finish(&client->received);
    screen_finish(&client->screen);
    output_finish(&client->errors);
    output_finish(&client->output);
    close(client->socket);
}

static enum error talk(struct client *client)
{
    enum error error = begin(client);
    while (error == ERR_OK && !client->ended) {
        error = turn(client);
    }
    enum error last = error == ERR_OK ? finish(client) : error;
    return last;
}

/* Connects, or says why not. */
static bool reach(struct client *client)
{
    const struct options *options = client->options;
    int failure = 0;
    enum connection_verdict verdict =
        connection_open(options->host, options->port, client->signals, &client->socket, &failure);
    if (verdict == CONNECTION_OPEN) {
        return true;
    }
    if (verdict == CONNECTION_STOPPED) {
        client->status = 0;
        return false;
    }
    client->status = 1;
    struct bytes sentence;
    bytes_init(&sentence);
    if (connection_verdict_append(verdict, failure, options->host, options->port, &sentence) ==
            ERR_OK &&
        bytes_append(&sentence, "", 1) == ERR_OK) {
        print_error(sentence.data);
    }
    bytes_finish(&sentence);
    return false;
}

static enum error talk_at_terminal(struct client *client)
{
    client->editor = mem_zalloc(1, sizeof(*client->editor));
    if (client->editor == NULL) {
        return ERR_MEMORY;
    }
    if (!terminal_enter(&client->terminal)) {
        mem_free(client->editor);
        client->editor = NULL;
    }
    return talk(client);
}

int client_run(const struct options *options)
{
    bool editing = terminal_can_edit();
    struct client client = {.options = options, .signals = open_signals(editing), .socket = -1};
    if (client.signals < 0) {
        print_error(strerror(errno));
        return 1;
    }
    if (reach(&client)) {
        enum error error = editing ? talk_at_terminal(&client) : talk(&client);
        release(&client);
        if (client.not_madang) {
            print_error(_("마당 서버가 아닙니다"));
        }
        if (error != ERR_OK) {
            print_error(_("메모리가 모자랍니다"));
            client.status = 1;
        }
    }
    close(client.signals);
    return client.status;
}
