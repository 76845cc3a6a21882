/* SPDX-License-Identifier: MIT
 *
 * Names to addresses, within a time. getaddrinfo() cannot be told to stop, so it runs in
 * a child process, which can be killed.
 *
 *     if (resolve_name(&resolved, host, 8883, ms) == RESOLVE_DONE) {
 *         dps_tcp_init(&tcp, resolved.address, resolved.count);
 *     } */
#ifndef TOOLS_DPS_RESOLVE_H
#define TOOLS_DPS_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

/** Most addresses of one name that are used. */
enum { RESOLVE_ADDRESSES = 16 };

enum resolve_end {
    RESOLVE_DONE,
    RESOLVE_FAILED,   /* `error` says why */
    RESOLVE_TIME_OUT,
    RESOLVE_SIGNAL    /* see signals.h */
};

struct resolved {
    struct sockaddr_storage address[RESOLVE_ADDRESSES]; /* in the order to try them */
    uint32_t count;  /* at least 1 with RESOLVE_DONE */
    char error[120];
};

/** Looks `host` up, at most `ms` milliseconds; the addresses get `port`. */
enum resolve_end resolve_name(struct resolved *resolved, const char *host, uint16_t port,
                              uint32_t ms);

/** Reads an IPv4 or IPv6 address, without asking anybody; 1, or 0 when it is none. */
int resolve_literal(struct resolved *resolved, const char *address, uint16_t port);

/** Prints an address without its port; what the system cannot name is "?". */
void resolve_print(FILE *out, const struct sockaddr_storage *address);

#endif
