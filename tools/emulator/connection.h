/* SPDX-License-Identifier: MIT
 *
 * One client on its socket: TLS engine, MQTT reader, outbox and the time limits, turned
 * by a poll loop. It never blocks, and whatever goes wrong ends this connection alone.
 *
 *     connection_turn(connection, now_ms);
 *     if (connection_is_over(connection)) connection_free(connection);
 *     else poll for connection_events(), until connection_due_ms() at the latest */
#ifndef TOOLS_EMULATOR_CONNECTION_H
#define TOOLS_EMULATOR_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/emulator/credentials.h"
#include "tools/emulator/service.h"

struct connection;

/** Makes a connection of an accepted, non-blocking socket. Copies `peer`, which
 * listen_accept() gave; borrows `service` and `credentials` as long as it lives. Takes
 * `fd` over and closes it in the end, also when this returns null for lack of memory or
 * of randomness. */
struct connection *connection_new(int fd, const char *peer, struct service *service,
                                  const struct credentials *credentials, uint64_t now_ms);

/** Does what can be done now. `hung_up`: poll told POLLHUP or POLLERR. */
void connection_turn(struct connection *connection, uint64_t now_ms, bool hung_up);

/** What to poll the socket for. */
short connection_events(const struct connection *connection);
int connection_fd(const struct connection *connection);

/** When the next turn is due whatever the socket does; UINT64_MAX: never. */
uint64_t connection_due_ms(const struct connection *connection);

bool connection_is_over(const struct connection *connection);

/** Closes at once, with a close_notify if the socket takes it, and so that the port is
 * free: no socket stays behind in TIME_WAIT. For the end of the program. */
void connection_stop(struct connection *connection);

/** Closes the socket and frees everything. */
void connection_free(struct connection *connection);

#endif
