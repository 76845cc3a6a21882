/* SPDX-License-Identifier: MIT
 *
 * inet_pton, socket, bind, listen, accept, for both families. */
#include "tools/emulator/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union listen_name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

enum { LISTEN_BACKLOG = 128 };

/* Fills in an address and returns its length, 0 when the text is none. */
static socklen_t listen_read(const char *text, uint16_t port, union listen_name *name)
{
    memset(name, 0, sizeof *name);
    if (inet_pton(AF_INET, text, &name->v4.sin_addr) == 1) {
        name->v4.sin_family = AF_INET;
        name->v4.sin_port = htons(port);
        return sizeof name->v4;
    }
    if (inet_pton(AF_INET6, text, &name->v6.sin6_addr) == 1) {
        name->v6.sin6_family = AF_INET6;
        name->v6.sin6_port = htons(port);
        return sizeof name->v6;
    }
    return 0;
}

bool listen_is_address(const char *text, bool *loopback)
{
    union listen_name name;
    const uint8_t *last4 = &name.v6.sin6_addr.s6_addr[12];

    if (listen_read(text, 0, &name) == 0) {
        return false;
    }
    if (name.any.sa_family == AF_INET) {
        *loopback = ntohl(name.v4.sin_addr.s_addr) >> 24 == 127;
    } else {
        *loopback = IN6_IS_ADDR_LOOPBACK(&name.v6.sin6_addr)
                    || (IN6_IS_ADDR_V4MAPPED(&name.v6.sin6_addr) && last4[0] == 127);
    }
    return true;
}

/* Not blocking, and not for programs started from here. */
static bool listen_prepare(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool listen_bind(int fd, const char *address, uint16_t *port)
{
    union listen_name name;
    socklen_t len = listen_read(address, *port, &name);
    const int on = 1;

    /* Connections of an earlier run may still be in TIME_WAIT. */
    if (!listen_prepare(fd)
        || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
        || bind(fd, &name.any, len) != 0 || listen(fd, LISTEN_BACKLOG) != 0
        || getsockname(fd, &name.any, &len) != 0) {
        return false;
    }
    *port = ntohs(name.any.sa_family == AF_INET ? name.v4.sin_port : name.v6.sin6_port);
    return true;
}

int listen_open(const char *address, uint16_t *port)
{
    union listen_name name;
    int fd, error;

    listen_read(address, *port, &name);
    fd = socket(name.any.sa_family, SOCK_STREAM, 0);
    if (fd >= 0 && !listen_bind(fd, address, port)) {
        error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static void listen_print(const union listen_name *peer, char *name, size_t cap)
{
    char address[LISTEN_ADDRESS_SIZE] = "?";

    if (peer->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &peer->v4.sin_addr, address, sizeof address);
        snprintf(name, cap, "%s:%u", address, ntohs(peer->v4.sin_port));
    } else {
        inet_ntop(AF_INET6, &peer->v6.sin6_addr, address, sizeof address);
        snprintf(name, cap, "[%s]:%u", address, ntohs(peer->v6.sin6_port));
    }
}

int listen_accept(int fd, char *name, size_t cap)
{
    union listen_name peer;
    socklen_t len = sizeof peer;
    const int on = 1;
    int accepted = accept(fd, &peer.any, &len);

    if (accepted < 0) {
        return -1;
    }
    if (!listen_prepare(accepted)) {
        close(accepted);
        errno = EINVAL;
        return -1;
    }
    /* Answers are small and awaited: let none wait for an acknowledgement. */
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    listen_print(&peer, name, cap);
    return accepted;
}
