/* What the linker puts in the place of the seam's functions. */
#include "seam.h"

#include "net/poller.h"
#include "net/socket.h"

#include <string.h>

static struct {
    uint64_t counts[SEAM_CALL_COUNT];
    uint64_t read_bytes;
    uint64_t fail_in;
    enum seam_call fail_call;
    enum error fail_error;
    size_t write_bytes_max;
    bool write_blocked;
    seam_write_watcher *watcher;
    void *watcher_context;
} seam;

enum error __real_socket_read(int socket, void *data, size_t capacity, size_t *out_count);
enum error __real_socket_write(int socket, const struct iovec *pieces, uint32_t piece_count,
                               size_t *out_count);
enum error __real_socket_accept(int listener, int *out_socket, struct socket_address *out_peer);
enum error __real_poller_add(struct poller *poller, int fd, uint64_t token,
                             enum poller_interest interest);
enum error __wrap_socket_read(int socket, void *data, size_t capacity, size_t *out_count);
enum error __wrap_socket_write(int socket, const struct iovec *pieces, uint32_t piece_count,
                               size_t *out_count);
enum error __wrap_socket_accept(int listener, int *out_socket, struct socket_address *out_peer);
enum error __wrap_poller_add(struct poller *poller, int fd, uint64_t token,
                             enum poller_interest interest);

void seam_reset(void)
{
    memset(&seam, 0, sizeof seam);
}

void seam_fail_at(enum seam_call call, uint64_t nth, enum error error)
{
    seam.fail_call = call;
    seam.fail_in = nth;
    seam.fail_error = error;
}

bool seam_fail_pending(void)
{
    return seam.fail_in > 0;
}

uint64_t seam_count(enum seam_call call)
{
    return seam.counts[call];
}

uint64_t seam_read_bytes(void)
{
    return seam.read_bytes;
}

void seam_limit_write(size_t bytes_max)
{
    seam.write_bytes_max = bytes_max;
}

void seam_block_write(bool blocked)
{
    seam.write_blocked = blocked;
}

void seam_watch_writes(seam_write_watcher *watcher, void *context)
{
    seam.watcher = watcher;
    seam.watcher_context = context;
}

/* Counts the call; true when it is the one that fails. */
static bool seam_fails(enum seam_call call)
{
    seam.counts[call]++;
    if (seam.fail_in == 0 || seam.fail_call != call) {
        return false;
    }
    seam.fail_in--;
    return seam.fail_in == 0;
}

enum error __wrap_socket_read(int socket, void *data, size_t capacity, size_t *out_count)
{
    if (seam_fails(SEAM_READ)) {
        return seam.fail_error;
    }
    enum error error = __real_socket_read(socket, data, capacity, out_count);
    seam.read_bytes += error == ERR_OK ? *out_count : 0;
    return error;
}

/* The pieces' first bytes, as many as one write may take. */
static uint32_t pieces_cut(const struct iovec *pieces, uint32_t piece_count, size_t bytes_max,
                           struct iovec *out)
{
    uint32_t count = 0;
    while (count < piece_count && bytes_max > 0) {
        out[count] = pieces[count];
        if (out[count].iov_len > bytes_max) {
            out[count].iov_len = bytes_max;
        }
        bytes_max -= out[count].iov_len;
        count++;
    }
    return count;
}

enum error __wrap_socket_write(int socket, const struct iovec *pieces, uint32_t piece_count,
                               size_t *out_count)
{
    size_t asked = 0;
    for (uint32_t i = 0; i < piece_count; i++) {
        asked += pieces[i].iov_len;
    }
    enum error error = seam.write_blocked ? ERR_AGAIN : seam.fail_error;
    size_t taken = 0;
    if (!seam_fails(SEAM_WRITE) && !seam.write_blocked) {
        struct iovec fewer[SOCKET_PIECES_MAX];
        if (seam.write_bytes_max > 0 && asked > seam.write_bytes_max) {
            piece_count = pieces_cut(pieces, piece_count, seam.write_bytes_max, fewer);
            pieces = fewer;
        }
        error = __real_socket_write(socket, pieces, piece_count, &taken);
    }
    if (error == ERR_OK) {
        *out_count = taken;
    }
    if (seam.watcher != NULL) {
        seam.watcher(seam.watcher_context, socket, asked, taken);
    }
    return error;
}

enum error __wrap_socket_accept(int listener, int *out_socket, struct socket_address *out_peer)
{
    return seam_fails(SEAM_ACCEPT) ? seam.fail_error
                                   : __real_socket_accept(listener, out_socket, out_peer);
}

enum error __wrap_poller_add(struct poller *poller, int fd, uint64_t token,
                             enum poller_interest interest)
{
    return seam_fails(SEAM_POLLER_ADD) ? seam.fail_error
                                       : __real_poller_add(poller, fd, token, interest);
}
