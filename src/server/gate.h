/*
 * The gate accepts connections, decides who may come in, and hands them to the workers. It also
 * carries a new configuration to them. Runs on the main thread, or under the simulator.
 */
#ifndef MADANG_SERVER_GATE_H
#define MADANG_SERVER_GATE_H

#include "base/bytes.h"
#include "net/socket.h"
#include "server/bus.h"

struct gate;

/* Takes a reference of its own on config. seed: for the random early drop. NULL when memory or
 * descriptors are lacking. */
struct gate *gate_new(struct bus *bus, struct config *config, uint32_t connections_max,
                      uint64_t seed);
/* Closes the listeners. */
void gate_free(struct gate *gate);

/* Listens as the configuration says. On failure problem holds one sentence with the address. Errors
 * as socket_listen(). */
MUST_USE enum error gate_listen(struct gate *gate, struct bytes *problem);
uint32_t gate_listener_count(const struct gate *gate);
/* Where listener index really listens. */
struct socket_address gate_listener_address(const struct gate *gate, uint32_t index);
/* Adds a descriptor (of signals) whose readiness ends the wait of gate_step(). ERR_MEMORY,
 * ERR_LIMIT. */
MUST_USE enum error gate_watch(struct gate *gate, int fd);

/* Waits at most wait_ms (0: not at all), then accepts and counts. As worker_step(). */
void gate_step(struct gate *gate, int wait_ms, int64_t (*clock)(void *context), void *context);
/* No one is let in any more. */
void gate_close(struct gate *gate);
/* From now on config holds, here and in the workers. */
void gate_reload(struct gate *gate, struct config *config);

/* Connections that are open, on all workers. */
uint32_t gate_connection_count(const struct gate *gate);
/* Connections that have been closed, ever. */
uint64_t gate_closed_count(const struct gate *gate);

#endif
