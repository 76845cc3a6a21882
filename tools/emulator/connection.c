/* SPDX-License-Identifier: MIT
 *
 * A turn moves bytes socket -> TLS -> reader -> service -> outbox -> TLS -> socket until
 * nothing moves any more. The life of a connection, in modes:
 *
 *     TALK     handshake, then MQTT
 *     FINISH   nothing more is taken; what the outbox holds is sent, bounded
 *     GOODBYE  TLS's close_notify is sent, bounded
 *     LINGER   the socket waits for the peer to close, bounded: closing first would lose
 *              what the peer has not read yet, and leave the port in TIME_WAIT
 *     OVER     to be freed */
#include "tools/emulator/connection.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mqtt/reader.h"
#include "tools/emulator/listen.h"
#include "tools/emulator/log.h"
#include "tools/emulator/tls_server.h"

enum connection_mode {
    CONNECTION_TALK,
    CONNECTION_FINISH,
    CONNECTION_GOODBYE,
    CONNECTION_LINGER,
    CONNECTION_OVER
};

enum {
    CONNECTION_HEAD = 4096,         /* limit of a CONNECT, SUBSCRIBE or topic, bytes */
    /* For TLS handshake and CONNECT together. A Cortex-M0 at 16 MHz computes for a third
     * of it. */
    CONNECTION_CONNECT_MS = 60000,
    CONNECTION_FINISH_MS = 5000,
    CONNECTION_GOODBYE_MS = 1000,
    CONNECTION_LINGER_MS = 1000,
    CONNECTION_ROUNDS = 64          /* of one turn; then the others have theirs */
};

struct connection {
    int fd;
    uint8_t mode;              /* enum connection_mode */
    bool open;                 /* the handshake is over */
    bool more;                 /* the last turn ended before the work did */
    uint64_t limit_ms;         /* of the mode; TALK: until CONNECT */
    uint64_t heard_ms;         /* the last packet */
    uint64_t turned_ms;        /* the last turn */
    struct tls_server *tls;    /* owned; null from LINGER on */
    struct service *service;   /* borrowed */
    struct dps_mqtt_reader reader;
    struct service_client client;
    char peer[LISTEN_NAME_SIZE];
    uint8_t head[CONNECTION_HEAD];
};

#define CONNECTION_LOG(c, ...) \
    log_event((c)->peer, (c)->client.device.log_id, __VA_ARGS__)

struct connection *connection_new(int fd, const char *peer, struct service *service,
                                  const struct credentials *credentials, uint64_t now_ms)
{
    struct connection *c = calloc(1, sizeof *c);
    struct tls_server *tls = malloc(sizeof *tls);

    if (c == NULL || tls == NULL || !tls_server_init(tls, credentials)) {
        free(tls);
        free(c);
        close(fd);
        return NULL;
    }
    c->fd = fd;
    c->tls = tls;
    c->service = service;
    c->limit_ms = now_ms + CONNECTION_CONNECT_MS;
    strncpy(c->peer, peer, sizeof c->peer - 1);
    dps_mqtt_reader_init(&c->reader, DPS_MQTT_SERVER, c->head, sizeof c->head,
                         SERVICE_MESSAGE_MAX);
    service_client_init(&c->client, c->peer);
    return c;
}

/* ---- how it ends ------------------------------------------------------------------- */

static void connection_linger(struct connection *c, uint64_t now_ms)
{
    free(c->tls);
    c->tls = NULL;
    if (!c->open) {
        shutdown(c->fd, SHUT_WR); /* the peer has no close_notify to go by */
    }
    c->mode = CONNECTION_LINGER;
    c->limit_ms = now_ms + CONNECTION_LINGER_MS;
}

static void connection_say_goodbye(struct connection *c, uint64_t now_ms)
{
    if (!c->open) {
        connection_linger(c, now_ms);
        return;
    }
    tls_server_close(c->tls);
    c->mode = CONNECTION_GOODBYE;
    c->limit_ms = now_ms + CONNECTION_GOODBYE_MS;
}

static void connection_finish(struct connection *c, uint64_t now_ms)
{
    uint64_t due_ms = c->client.outbox.not_before_ms;

    c->mode = CONNECTION_FINISH;
    c->limit_ms = (due_ms > now_ms ? due_ms : now_ms) + CONNECTION_FINISH_MS;
}

/* A close that sends RST and forgets what was unsent. */
static void connection_reset(struct connection *c)
{
    struct linger at_once = { 1, 0 };

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    c->mode = CONNECTION_OVER;
}

/* The peer or the network has ended it. */
static void connection_gone(struct connection *c, enum tls_moved moved)
{
    if (c->mode == CONNECTION_TALK) {
        CONNECTION_LOG(c, "%s",
                       moved == TLS_END ? "closed by the peer" : "connection lost");
    }
    c->mode = CONNECTION_OVER;
}

/* ---- bytes ------------------------------------------------------------------------- */

static void connection_judge(struct connection *c, enum service_verdict verdict,
                             uint64_t now_ms)
{
    enum dps_mqtt_error error = dps_mqtt_reader_error(&c->reader);

    if (verdict == SERVICE_RESET) {
        connection_reset(c);
    } else if (verdict == SERVICE_CLOSE) {
        connection_finish(c, now_ms);
    } else if (error != DPS_MQTT_OK) {
        service_violation(&c->client, "protocol error", error);
        connection_finish(c, now_ms);
    } else if (c->client.outbox.failed) {
        CONNECTION_LOG(c, "not enough memory; closing");
        connection_reset(c);
    }
}

/* One packet, or a piece, from TLS to the service. */
static bool connection_read(struct connection *c, uint64_t now_ms)
{
    enum service_verdict verdict = SERVICE_GOES_ON;
    struct dps_mqtt_packet packet;
    size_t len, taken;
    const uint8_t *data = tls_server_data(c->tls, &len);

    if (data == NULL) {
        return false;
    }
    if (c->client.outbox.count >= OUTBOX_MAX) {
        if (outbox_waits_for_puback(&c->client.outbox)) {
            CONNECTION_LOG(c, "asks on and on and acknowledges nothing; closing");
            connection_finish(c, now_ms);
        }
        return false;
    }
    taken = dps_mqtt_reader_input(&c->reader, data, len, &packet);
    if (packet.type != DPS_MQTT_NONE) {
        c->heard_ms = now_ms;
        verdict = service_packet(c->service, &c->client, &packet, now_ms);
    }
    tls_server_taken(c->tls, taken); /* not earlier: a payload piece lies there */
    connection_judge(c, verdict, now_ms);
    return true;
}

/* From the outbox to TLS, as much as there is room for. */
static bool connection_write(struct connection *c, uint64_t now_ms)
{
    bool moved = false;
    const uint8_t *from = NULL;
    size_t room, len;
    uint8_t *to;

    while ((to = tls_server_space(c->tls, &room)) != NULL
           && (from = outbox_output(&c->client.outbox, now_ms, &len)) != NULL) {
        len = len < room ? len : room;
        memcpy(to, from, len);
        outbox_sent(&c->client.outbox, len);
        tls_server_filled(c->tls, len);
        moved = true;
    }
    if (moved && from == NULL) {
        tls_server_flush(c->tls);
    }
    return moved;
}

/* Throws away what the peer still says. */
static bool connection_discard(struct connection *c)
{
    size_t len;

    if (tls_server_data(c->tls, &len) == NULL) {
        return false;
    }
    tls_server_taken(c->tls, len);
    return true;
}

static void connection_tls_ended(struct connection *c, uint64_t now_ms)
{
    int error = tls_server_error(c->tls);

    if (error != 0) {
        CONNECTION_LOG(c, "TLS %s: BearSSL's error %d",
                       c->open ? "failed" : "handshake failed", error);
    } else if (c->mode == CONNECTION_TALK) {
        CONNECTION_LOG(c, "closed by the peer");
    }
    connection_linger(c, now_ms);
}

static void connection_look_open(struct connection *c)
{
    if (!c->open && tls_server_is_open(c->tls)) {
        c->open = true;
        CONNECTION_LOG(c, "TLS 1.2, cipher suite 0x%04X", tls_server_suite(c->tls));
    }
}

/* One round of all directions; whether anything moved. */
static bool connection_round(struct connection *c, uint64_t now_ms)
{
    enum tls_moved sent, received;
    bool moved;

    sent = tls_server_send(c->tls, c->fd);
    if (sent == TLS_LOST) {
        connection_gone(c, sent);
        return false;
    }
    connection_look_open(c);
    moved =
        c->mode == CONNECTION_TALK ? connection_read(c, now_ms) : connection_discard(c);
    if (c->mode == CONNECTION_OVER) {
        return false;
    }
    if (c->mode != CONNECTION_GOODBYE) {
        moved |= connection_write(c, now_ms);
    }
    received = tls_server_receive(c->tls, c->fd);
    if (received == TLS_END || received == TLS_LOST) {
        connection_gone(c, received);
        return false;
    }
    if (tls_server_is_closed(c->tls)) {
        connection_tls_ended(c, now_ms);
        return false;
    }
    return moved || sent == TLS_MOVED || received == TLS_MOVED;
}

static void connection_rounds(struct connection *c, uint64_t now_ms)
{
    c->more = true;
    for (int i = 0; i < CONNECTION_ROUNDS; i++) {
        if (!connection_round(c, now_ms)) {
            c->more = false;
            return;
        }
    }
}

/* ---- time -------------------------------------------------------------------------- */

/* When the peer has been silent for too long; UINT64_MAX: never. */
static uint64_t connection_silence_ms(const struct connection *c)
{
    if (!c->client.connected) {
        return c->limit_ms;
    }
    return c->client.keep_alive_s == 0 ? UINT64_MAX
                                       : c->heard_ms + 1500u * c->client.keep_alive_s;
}

static void connection_check_time(struct connection *c, uint64_t now_ms)
{
    if (c->mode != CONNECTION_TALK) {
        if (now_ms >= c->limit_ms) {
            c->mode = CONNECTION_OVER;
        }
        return;
    }
    if (now_ms >= connection_silence_ms(c)) {
        CONNECTION_LOG(c, "%s; closing",
                       c->client.connected
                           ? "nothing heard for 1.5 times the keep-alive [MQTT-3.1.2-24]"
                           : "no CONNECT within 60 s");
        connection_say_goodbye(c, now_ms);
    } else if (c->client.replaced) {
        connection_say_goodbye(c, now_ms);
    }
}

uint64_t connection_due_ms(const struct connection *c)
{
    uint64_t due_ms = c->mode == CONNECTION_TALK ? connection_silence_ms(c) : c->limit_ms;
    uint64_t outbox_ms = UINT64_MAX;

    if (c->more || (c->mode == CONNECTION_TALK && c->client.replaced)) {
        return 0;
    }
    if (c->mode == CONNECTION_TALK || c->mode == CONNECTION_FINISH) {
        outbox_ms = outbox_due_ms(&c->client.outbox);
    }
    if (outbox_ms <= c->turned_ms) {
        outbox_ms = UINT64_MAX; /* due and still there: it waits for the socket */
    }
    return outbox_ms < due_ms ? outbox_ms : due_ms;
}

/* ---- public ------------------------------------------------------------------------ */

static void connection_drain(struct connection *c)
{
    uint8_t waste[4096];
    ssize_t got = recv(c->fd, waste, sizeof waste, 0);

    if (got == 0) {
        c->mode = CONNECTION_OVER;
    }
}

void connection_turn(struct connection *connection, uint64_t now_ms, bool hung_up)
{
    struct connection *c = connection;

    c->turned_ms = now_ms;
    connection_check_time(c, now_ms);
    if (c->mode == CONNECTION_LINGER) {
        connection_drain(c);
    } else if (c->mode != CONNECTION_OVER) {
        connection_rounds(c, now_ms);
    }
    if (c->mode == CONNECTION_FINISH && outbox_is_empty(&c->client.outbox)) {
        connection_say_goodbye(c, now_ms);
        connection_rounds(c, now_ms);
    }
    if (c->mode == CONNECTION_GOODBYE && !tls_server_wants_send(c->tls)) {
        connection_linger(c, now_ms);
    }
    if (hung_up && !c->more) {
        c->mode = CONNECTION_OVER;
    }
}

short connection_events(const struct connection *connection)
{
    const struct connection *c = connection;
    short events = 0;

    if (c->mode == CONNECTION_LINGER) {
        return POLLIN;
    }
    if (tls_server_wants_receive(c->tls)) {
        events |= POLLIN;
    }
    if (tls_server_wants_send(c->tls)) {
        events |= POLLOUT;
    }
    return events;
}

int connection_fd(const struct connection *connection)
{
    return connection->fd;
}

bool connection_is_over(const struct connection *connection)
{
    return connection->mode == CONNECTION_OVER;
}

void connection_stop(struct connection *connection)
{
    if (connection->tls != NULL && connection->open) {
        tls_server_close(connection->tls);
        tls_server_send(connection->tls, connection->fd);
    }
    connection_reset(connection);
}

void connection_free(struct connection *connection)
{
    service_client_free(connection->service, &connection->client);
    close(connection->fd);
    free(connection->tls);
    free(connection);
}
