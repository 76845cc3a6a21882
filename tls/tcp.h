/* SPDX-License-Identifier: MIT
 *
 * A TCP connection as a stream, on POSIX: non-blocking, no signal, no name resolution.
 * It takes addresses and tries them in turn.
 *
 *     dps_tcp_init(&tcp, addresses, count);
 *     while ((r = tcp.stream.vtable->open(&tcp.stream, dps_tcp_now(NULL)))
 *            == DPS_STREAM_AGAIN) {
 *         dps_tcp_wait(&tcp, 1000, tcp.stream.vtable->wants(&tcp.stream));
 *     }
 *
 * It gathers nothing: flush is always done. Its failures have the layer
 * DPS_LAYER_NETWORK and an errno as detail. */
#ifndef DPS_TLS_TCP_H
#define DPS_TLS_TCP_H

#include "tls/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Milliseconds that an address has to answer before the next one is tried; the last
 * one has as long as whoever drives the stream gives it. */
#ifndef DPS_TCP_ADDRESS_MS
#define DPS_TCP_ADDRESS_MS 3000
#endif
#if DPS_TCP_ADDRESS_MS < 1 || DPS_TCP_ADDRESS_MS > 3600000
#error "DPS_TCP_ADDRESS_MS is 1 to 3600000"
#endif

struct dps_tcp {
    struct dps_stream stream; /* first: pass &tcp.stream to what lies above */

    /* Private: the fields are here so that you can place one; use the functions. */
    const void *addresses;    /* borrowed: struct sockaddr_storage, `count` of them */
    size_t count;
    size_t next;              /* the address to try next: <= count */
    uint32_t since_ms;        /* when the current one was tried */
    uint32_t left_ms;         /* of its time, at the last open; UINT32_MAX: no next one */
    int fd;                   /* -1: none */
    struct dps_failure failure;
    uint8_t state;            /* enum of tcp.c, in one byte */
    uint8_t wants;
};

/** Makes a closed TCP stream.
 *
 * `addresses` is an array of `count` struct sockaddr_storage, IPv4 and IPv6 mixed, ports
 * included, tried in that order by each open; the first that answers is taken.
 *
 * Borrows the addresses as long as the stream may be opened.
 *
 * Its open fails with
 *   DPS_STREAM_ERR_NO_ADDRESS  `count` is 0
 *   DPS_STREAM_ERR_CONNECT     none answered; the detail is the errno of the last one
 * its read and write with DPS_STREAM_ERR_READ, DPS_STREAM_ERR_WRITE and errno. A peer's
 * FIN is DPS_STREAM_END. */
void dps_tcp_init(struct dps_tcp *tcp, const void *addresses, size_t count);

/** The monotonic clock in milliseconds and the time of day; fits struct dps_host.
 * A time of day that 32 bits cannot hold is 0, not known. */
struct dps_now dps_tcp_now(void *unused);

/** Sleeps until the socket is ready for what `wants` (DPS_WANTS_ bits) says, at most
 * `ms` milliseconds, UINT32_MAX: no limit; fits struct dps_host.
 *
 * `tcp` is a struct dps_tcp. Returns early on a signal, and while connecting when it is
 * time for the next address. */
void dps_tcp_wait(void *tcp, uint32_t ms, int wants);

/** The socket, or -1: for a poll loop that watches more than this stream. The stream
 * keeps it. It changes with each address that is tried. */
int dps_tcp_fd(const struct dps_tcp *tcp);

#ifdef __cplusplus
}
#endif

#endif
