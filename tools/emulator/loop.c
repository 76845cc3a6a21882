/* SPDX-License-Identifier: MIT
 *
 * Each turn: build the poll set from what the connections want, sleep until something
 * happens or is due, accept, turn every connection, free those that are over. */
#include "tools/emulator/loop.h"

#include <errno.h>
#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/emulator/connection.h"
#include "tools/emulator/listen.h"
#include "tools/emulator/log.h"

enum {
    LOOP_CONNECTIONS_MAX = 1024, /* more wait in the socket's backlog */
    LOOP_ACCEPTS = 64,           /* in one turn */
    LOOP_NO_ROOM_MS = 200        /* before another try when descriptors have run out */
};

/* The poll set: three of the loop's own, then one for each connection. */
enum { LOOP_STOP, LOOP_MQTT, LOOP_WEBSOCKET, LOOP_OWN };

struct loop_state {
    const struct loop *loop;
    struct connection *connections[LOOP_CONNECTIONS_MAX];
    size_t count;
    struct pollfd set[LOOP_OWN + LOOP_CONNECTIONS_MAX];
    uint64_t accept_ms; /* not before */
};

static uint64_t loop_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* ---- accepting --------------------------------------------------------------------- */

static void loop_no_room(struct loop_state *state, uint64_t now_ms)
{
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        state->accept_ms = now_ms + LOOP_NO_ROOM_MS;
    }
}

static void loop_accept_mqtt(struct loop_state *state, uint64_t now_ms)
{
    char peer[LISTEN_NAME_SIZE];

    for (int i = 0; i < LOOP_ACCEPTS && state->count < LOOP_CONNECTIONS_MAX; i++) {
        int fd = listen_accept(state->loop->mqtt_fd, peer, sizeof peer);
        struct connection *connection;

        if (fd < 0) {
            loop_no_room(state, now_ms);
            return;
        }
        connection = connection_new(fd, peer, state->loop->service,
                                    state->loop->credentials, now_ms);
        if (connection == NULL) {
            log_event(peer, "", "not enough memory for one more connection");
            return;
        }
        log_event(peer, "", "connected");
        state->connections[state->count++] = connection;
    }
}

static void loop_accept_websocket(struct loop_state *state, uint64_t now_ms)
{
    char peer[LISTEN_NAME_SIZE];

    for (int i = 0; i < LOOP_ACCEPTS; i++) {
        int fd = listen_accept(state->loop->websocket_fd, peer, sizeof peer);

        if (fd < 0) {
            loop_no_room(state, now_ms);
            return;
        }
        log_event(peer, "", "WebSocket: not yet; closed");
        close(fd);
    }
}

/* ---- one turn ---------------------------------------------------------------------- */

static void loop_build(struct loop_state *state, uint64_t now_ms)
{
    bool accepts = now_ms >= state->accept_ms;
    bool room = accepts && state->count < LOOP_CONNECTIONS_MAX;

    memset(state->set, 0, (LOOP_OWN + state->count) * sizeof state->set[0]);
    state->set[LOOP_STOP].fd = state->loop->stop_fd;
    state->set[LOOP_MQTT].fd = room ? state->loop->mqtt_fd : -1;
    state->set[LOOP_WEBSOCKET].fd = accepts ? state->loop->websocket_fd : -1;
    for (size_t i = 0; i < LOOP_OWN; i++) {
        state->set[i].events = POLLIN;
    }
    for (size_t i = 0; i < state->count; i++) {
        state->set[LOOP_OWN + i].fd = connection_fd(state->connections[i]);
        state->set[LOOP_OWN + i].events = connection_events(state->connections[i]);
    }
}

/* Milliseconds until something is due, for poll(); -1: never. */
static int loop_timeout(const struct loop_state *state, uint64_t now_ms)
{
    uint64_t due_ms = now_ms < state->accept_ms ? state->accept_ms : UINT64_MAX;

    for (size_t i = 0; i < state->count; i++) {
        uint64_t due = connection_due_ms(state->connections[i]);

        due_ms = due < due_ms ? due : due_ms;
    }
    if (due_ms == UINT64_MAX) {
        return -1;
    }
    if (due_ms <= now_ms) {
        return 0;
    }
    return due_ms - now_ms > INT_MAX ? INT_MAX : (int)(due_ms - now_ms);
}

/* Gives the memory of connections that are over back to the system, once there are none:
 * a heap keeps it otherwise, as holes between what lives longer. */
static void loop_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/* Turns those whose socket or time wants it, and keeps those that are not over. */
static void loop_turn(struct loop_state *state, uint64_t now_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < state->count; i++) {
        struct connection *connection = state->connections[i];
        short told = state->set[LOOP_OWN + i].revents;

        if (told != 0 || connection_due_ms(connection) <= now_ms) {
            connection_turn(connection, now_ms, (told & (POLLHUP | POLLERR)) != 0);
        }
        if (connection_is_over(connection)) {
            connection_free(connection);
        } else {
            state->connections[kept++] = connection;
        }
    }
    if (kept == 0 && state->count != 0) {
        loop_trim();
    }
    state->count = kept;
}

static int loop_serve(struct loop_state *state)
{
    for (;;) {
        uint64_t now_ms = loop_now_ms();

        loop_build(state, now_ms);
        if (poll(state->set, (nfds_t)(LOOP_OWN + state->count),
                 loop_timeout(state, now_ms))
            < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -1;
        }
        if (state->set[LOOP_STOP].revents != 0) {
            return 0;
        }
        now_ms = loop_now_ms();
        loop_turn(state, now_ms);
        if (state->set[LOOP_MQTT].revents != 0) {
            loop_accept_mqtt(state, now_ms);
        }
        if (state->set[LOOP_WEBSOCKET].revents != 0) {
            loop_accept_websocket(state, now_ms);
        }
    }
}

int loop_run(const struct loop *loop)
{
    struct loop_state *state = calloc(1, sizeof *state);
    int result;

    if (state == NULL) {
        return -1;
    }
    state->loop = loop;
    result = loop_serve(state);
    for (size_t i = 0; i < state->count; i++) {
        connection_stop(state->connections[i]);
        connection_free(state->connections[i]);
    }
    free(state);
    return result;
}
