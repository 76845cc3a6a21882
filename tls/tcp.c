/* SPDX-License-Identifier: MIT
 *
 * A TCP connection as a stream; the one file of the library that is POSIX.
 *
 * open tries the addresses in turn: a non-blocking connect is started, and each further
 * open looks whether it has answered. An address that refuses, or says nothing for
 * DPS_TCP_ADDRESS_MS, makes room for the next one; the last one's errno is the failure.
 * After that a byte is one recv() or send() away from the kernel. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tls/inner.h"
#include "tls/tcp.h"

enum { TCP_CLOSED, TCP_CONNECTING, TCP_OPEN, TCP_FAILED };

static struct dps_tcp *tcp_of(struct dps_stream *stream)
{
    return (struct dps_tcp *)(void *)stream; /* its first member */
}

static int tcp_fail(struct dps_tcp *tcp, enum dps_stream_error error, int number)
{
    tcp->state = TCP_FAILED;
    return dps_stream_fail(&tcp->failure, DPS_LAYER_NETWORK, error, number);
}

static void tcp_drop(struct dps_tcp *tcp)
{
    if (tcp->fd >= 0) {
        close(tcp->fd);
        tcp->fd = -1;
    }
}

/* ---- Connecting -------------------------------------------------------------------- */

/* Close-on-exec, non-blocking, and no Nagle: one flush is one segment, and a PUBACK that
 * waits for the acknowledgement of the packet before it costs a round trip. */
static int tcp_socket(int family)
{
    int on = 1;
    int fd = socket(family, SOCK_STREAM, 0);

    if (fd < 0) {
        return -1;
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0
        || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        int number = errno;

        close(fd);
        errno = number;
        return -1;
    }
    return fd;
}

/* Starts on the next address: 0, or the errno at once. */
static int tcp_start(struct dps_tcp *tcp, uint32_t now_ms)
{
    const struct sockaddr_storage *all = (const struct sockaddr_storage *)tcp->addresses;
    const struct sockaddr_storage *address = &all[tcp->next++];
    socklen_t len = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                   : sizeof(struct sockaddr_in);

    tcp->since_ms = now_ms;
    tcp->fd = tcp_socket(address->ss_family);
    if (tcp->fd < 0) {
        return errno;
    }
    if (connect(tcp->fd, (const struct sockaddr *)address, len) == 0
        || errno == EINPROGRESS || errno == EINTR) {
        return 0; /* interrupted, it goes on all the same (POSIX connect) */
    }
    return errno;
}

/* What became of the address: 0 connected, EINPROGRESS, or why not. */
static int tcp_answer(struct dps_tcp *tcp, uint32_t now_ms)
{
    struct pollfd ready = { 0 };
    int number = 0;
    socklen_t len = sizeof number;
    uint32_t elapsed_ms = now_ms - tcp->since_ms;

    ready.fd = tcp->fd;
    ready.events = POLLOUT;
    if (poll(&ready, 1, 0) > 0) {
        return getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &number, &len) == 0 ? number
                                                                             : errno;
    }
    tcp->left_ms = UINT32_MAX;
    if (tcp->next < tcp->count) {
        if (elapsed_ms >= DPS_TCP_ADDRESS_MS) {
            return ETIMEDOUT;
        }
        tcp->left_ms = DPS_TCP_ADDRESS_MS - elapsed_ms;
    }
    return EINPROGRESS;
}

static int tcp_connect(struct dps_tcp *tcp, uint32_t now_ms)
{
    for (;;) {
        int number = tcp->fd < 0 ? tcp_start(tcp, now_ms) : 0;

        if (number == 0) {
            number = tcp_answer(tcp, now_ms);
        }
        if (number == 0) {
            tcp->state = TCP_OPEN;
            return DPS_STREAM_DONE;
        }
        if (number == EINPROGRESS) {
            tcp->wants = DPS_WANTS_WRITE;
            return DPS_STREAM_AGAIN;
        }
        tcp_drop(tcp);
        if (tcp->next == tcp->count) {
            return tcp_fail(tcp, DPS_STREAM_ERR_CONNECT, number);
        }
    }
}

/* ---- The verbs --------------------------------------------------------------------- */

static int tcp_open(struct dps_stream *stream, struct dps_now now)
{
    struct dps_tcp *tcp = tcp_of(stream);

    if (tcp->state == TCP_CLOSED) {
        static const struct dps_failure none;

        tcp->failure = none;
        tcp->next = 0;
        if (tcp->count == 0) {
            return tcp_fail(tcp, DPS_STREAM_ERR_NO_ADDRESS, 0);
        }
        tcp->state = TCP_CONNECTING;
    }
    if (tcp->state == TCP_CONNECTING) {
        return tcp_connect(tcp, now.ms);
    }
    return tcp->state == TCP_OPEN ? DPS_STREAM_DONE : DPS_STREAM_FAILED;
}

/* After a recv() or send() that moved nothing. */
static int tcp_stopped(struct dps_tcp *tcp, int wants, enum dps_stream_error error)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        tcp->wants = (uint8_t)wants;
        return DPS_STREAM_AGAIN;
    }
    return tcp_fail(tcp, error, errno);
}

static int tcp_read(struct dps_stream *stream, uint8_t *buf, size_t cap)
{
    struct dps_tcp *tcp = tcp_of(stream);
    ssize_t n;

    if (tcp->state != TCP_OPEN) {
        return DPS_STREAM_FAILED;
    }
    n = recv(tcp->fd, buf, cap, 0);
    if (n < 0) {
        return tcp_stopped(tcp, DPS_WANTS_READ, DPS_STREAM_ERR_READ);
    }
    return n == 0 ? DPS_STREAM_END : (int)n;
}

static int tcp_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    struct dps_tcp *tcp = tcp_of(stream);
    ssize_t n;

    if (tcp->state != TCP_OPEN) {
        return DPS_STREAM_FAILED;
    }
    n = send(tcp->fd, data, len, MSG_NOSIGNAL);
    if (n < 0) {
        return tcp_stopped(tcp, DPS_WANTS_WRITE, DPS_STREAM_ERR_WRITE);
    }
    return (int)n;
}

static int tcp_flush(struct dps_stream *stream)
{
    return tcp_of(stream)->state == TCP_OPEN ? DPS_STREAM_DONE : DPS_STREAM_FAILED;
}

static int tcp_close(struct dps_stream *stream, int at_once)
{
    struct dps_tcp *tcp = tcp_of(stream);

    (void)at_once; /* the kernel sends what it holds, and we need not wait for it */
    tcp_drop(tcp);
    tcp->state = TCP_CLOSED;
    return DPS_STREAM_DONE;
}

static int tcp_wants(const struct dps_stream *stream)
{
    return ((const struct dps_tcp *)(const void *)stream)->wants;
}

static void tcp_why(const struct dps_stream *stream, struct dps_failure *failure)
{
    *failure = ((const struct dps_tcp *)(const void *)stream)->failure;
}

void dps_tcp_init(struct dps_tcp *tcp, const void *addresses, size_t count)
{
    static const struct dps_stream_class verbs = {
        tcp_open, tcp_read, tcp_write, tcp_flush, tcp_close, tcp_wants, tcp_why
    };
    static const struct dps_tcp closed = { .fd = -1 };

    *tcp = closed;
    tcp->stream.vtable = &verbs;
    tcp->addresses = addresses;
    tcp->count = count;
}

/* ---- Clock and sleep --------------------------------------------------------------- */

struct dps_now dps_tcp_now(void *unused)
{
    struct dps_now now = { 0, 0 };
    struct timespec t = { 0, 0 };

    (void)unused;
    clock_gettime(CLOCK_MONOTONIC, &t);
    now.ms = (uint32_t)((uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u);
    clock_gettime(CLOCK_REALTIME, &t);
    if (t.tv_sec > 0 && (uint64_t)t.tv_sec <= UINT32_MAX) {
        now.utc_s = (uint32_t)t.tv_sec;
    }
    return now;
}

void dps_tcp_wait(void *tcp, uint32_t ms, int wants)
{
    const struct dps_tcp *t = (const struct dps_tcp *)tcp;
    struct pollfd ready = { 0 };

    if (t->state == TCP_CONNECTING && t->left_ms < ms) {
        ms = t->left_ms;
    }
    ready.fd = t->fd;
    if ((wants & DPS_WANTS_READ) != 0) {
        ready.events |= POLLIN;
    }
    if ((wants & DPS_WANTS_WRITE) != 0) {
        ready.events |= POLLOUT;
    }
    /* A socket that nothing is wanted of is left out: poll() would report its hang-up. */
    poll(&ready, ready.events == 0 ? 0 : 1,
         ms == UINT32_MAX ? -1 : ms > INT32_MAX ? INT32_MAX : (int)ms);
}

int dps_tcp_fd(const struct dps_tcp *tcp)
{
    return tcp->fd;
}
