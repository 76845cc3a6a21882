/* SPDX-License-Identifier: MIT
 *
 * The parent: fork, wait for the pipe, a signal or the time, kill, reap. The child:
 * getaddrinfo(), the struct into the pipe, _exit. */
#include "tools/dps/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls/stream.h"
#include "tls/tcp.h"
#include "tools/dps/signals.h"

static void resolve_set_port(struct sockaddr_storage *address, uint16_t port)
{
    if (address->ss_family == AF_INET) {
        ((struct sockaddr_in *)address)->sin_port = htons(port);
    } else {
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
    }
}

/* getaddrinfo() into `resolved`; `error` is "" when there are addresses. */
static void resolve_ask(struct resolved *resolved, const char *host, uint16_t port,
                        int flags)
{
    struct addrinfo hints, *list = NULL, *at;
    int number;

    memset(resolved, 0, sizeof *resolved);
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    number = getaddrinfo(host, NULL, &hints, &list);
    if (number != 0) {
        snprintf(resolved->error, sizeof resolved->error, "%s",
                 number == EAI_SYSTEM ? strerror(errno) : gai_strerror(number));
        return;
    }
    for (at = list; at != NULL && resolved->count < RESOLVE_ADDRESSES; at = at->ai_next) {
        if (at->ai_family == AF_INET || at->ai_family == AF_INET6) {
            struct sockaddr_storage *to = &resolved->address[resolved->count++];

            memcpy(to, at->ai_addr, at->ai_addrlen);
            resolve_set_port(to, port);
        }
    }
    freeaddrinfo(list);
    if (resolved->count == 0) {
        snprintf(resolved->error, sizeof resolved->error, "no IPv4 or IPv6 address");
    }
}

/* ---- The child --------------------------------------------------------------------- */

static void resolve_child(int to, struct resolved *resolved, const char *host,
                          uint16_t port)
{
    const uint8_t *at = (const uint8_t *)resolved;
    size_t left = sizeof *resolved;

    signals_release();
    resolve_ask(resolved, host, port, 0);
    while (left != 0) {
        ssize_t n = write(to, at, left);

        if (n < 0) {
            _exit(1);
        }
        at += n;
        left -= (size_t)n;
    }
    _exit(0);
}

/* ---- The parent -------------------------------------------------------------------- */

static enum resolve_end resolve_fail(struct resolved *resolved, const char *why)
{
    snprintf(resolved->error, sizeof resolved->error, "%s", why);
    return RESOLVE_FAILED;
}

/* Reads the child's answer until it is whole, or the time is over, or a signal came. */
static enum resolve_end resolve_receive(int from, struct resolved *resolved, uint32_t ms)
{
    uint32_t started_ms = dps_tcp_now(NULL).ms, elapsed_ms;
    uint8_t *at = (uint8_t *)resolved;
    size_t left = sizeof *resolved;

    while (left != 0) {
        ssize_t n;

        elapsed_ms = dps_tcp_now(NULL).ms - started_ms;
        if (elapsed_ms >= ms) {
            return RESOLVE_TIME_OUT;
        }
        signals_wait(from, DPS_WANTS_READ, ms - elapsed_ms);
        if (signals_caught()) {
            return RESOLVE_SIGNAL;
        }
        n = read(from, at, left);
        if (n == 0) {
            return resolve_fail(resolved, "the resolver ended without an answer");
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return resolve_fail(resolved, strerror(errno));
        }
        if (n > 0) {
            at += n;
            left -= (size_t)n;
        }
    }
    return resolved->count != 0 ? RESOLVE_DONE : RESOLVE_FAILED;
}

enum resolve_end resolve_name(struct resolved *resolved, const char *host, uint16_t port,
                              uint32_t ms)
{
    enum resolve_end end;
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0) {
        return resolve_fail(resolved, strerror(errno));
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK); /* a wait may end without a byte to read */
    child = fork();
    if (child == 0) {
        close(ends[0]);
        resolve_child(ends[1], resolved, host, port);
    }
    close(ends[1]);
    if (child < 0) {
        end = resolve_fail(resolved, strerror(errno));
    } else {
        end = resolve_receive(ends[0], resolved, ms);
        kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    close(ends[0]);
    return end;
}

int resolve_literal(struct resolved *resolved, const char *address, uint16_t port)
{
    struct in_addr v4;

    /* getaddrinfo() also takes "127.1" and "0x7f.0.0.1", which nobody means. */
    if (strchr(address, ':') == NULL && inet_pton(AF_INET, address, &v4) != 1) {
        return 0;
    }
    resolve_ask(resolved, address, port, AI_NUMERICHOST);
    return resolved->count != 0;
}

void resolve_print(FILE *out, const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN + 20]; /* and a scope */

    if (getnameinfo((const struct sockaddr *)address, sizeof *address, text, sizeof text,
                    NULL, 0, NI_NUMERICHOST) != 0) {
        strcpy(text, "?");
    }
    fputs(text, out);
}
