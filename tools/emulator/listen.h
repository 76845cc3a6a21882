/* SPDX-License-Identifier: MIT
 *
 * Listening sockets: an address in text and a port -> a non-blocking socket and the port
 * that it got. */
#ifndef TOOLS_EMULATOR_LISTEN_H
#define TOOLS_EMULATOR_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Sizes with the NUL, of an address and of a name that listen_accept() gives. */
enum { LISTEN_ADDRESS_SIZE = 48, LISTEN_NAME_SIZE = LISTEN_ADDRESS_SIZE + 8 };

/** Whether a text is an IPv4 or IPv6 address; `*loopback`: one of this machine's own. */
bool listen_is_address(const char *text, bool *loopback);

/** Opens a socket that listens on `address`, which is one. `*port` 0 takes a free one and
 * gets its number. Returns the socket, or -1 with errno. */
int listen_open(const char *address, uint16_t *port);

/** Takes a waiting connection: a non-blocking socket, and the peer as "address:port" or
 * "[address]:port" in `name`, `cap` bytes. Returns -1 with errno: none waits (EAGAIN), or
 * there is no room for one. */
int listen_accept(int fd, char *name, size_t cap);

#endif
