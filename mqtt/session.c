/* SPDX-License-Identifier: MIT
 *
 * The client's side of a connection. Bytes in go through the reader; each packet that it
 * tells is checked against what is awaited and becomes an event, an acknowledgement to
 * send, or the end. Bytes out come from the writer, which holds one packet at a time:
 * first what the caller asked for, then acknowledgements, then PINGREQ, then DISCONNECT.
 *
 * Two rules keep it small. What is awaited is never stored twice: the state says CONNACK,
 * `subscribe_identifier` says SUBACK, `in_flight` says PUBACK. And a failure only sets
 * the state; it is told by the next input, which is the one door for events. */
#include "mqtt/session.h"

#include <string.h>

enum {
    SESSION_NEW,        /* CONNECT not yet queued */
    SESSION_CONNECTING, /* CONNECT queued or out, no CONNACK yet */
    SESSION_CONNECTED,
    SESSION_DISCONNECTING, /* DISCONNECT is to go out */
    SESSION_ENDED,         /* to be told */
    SESSION_TOLD
};

enum {
    SESSION_ASKED = 0x01,        /* asked_ms begins at the next tick */
    SESSION_CLEAN = 0x02,        /* CONNECT had CleanSession 1 */
    SESSION_PING_DUE = 0x04,     /* PINGREQ is to go out */
    SESSION_PING_AWAITED = 0x08, /* since pinged_ms */
    SESSION_QOS_0_OUT = 0x10     /* a PUBLISH of QoS 0 is out and not yet told */
};

/* `writing` is a packet type; a PUBLISH of QoS 0, which nobody answers, has its own. */
enum { SESSION_PUBLISH_QOS_0 = 15 };

static void session_fail(struct dps_mqtt_session *s, enum dps_mqtt_error error)
{
    if (s->state < SESSION_ENDED) {
        s->error = (uint8_t)error;
        s->state = SESSION_ENDED;
    }
}

/* ---- Packet identifiers (2.3.1) ---------------------------------------------------- */

/* The slot of `identifier` in flight, 0 finds a free one; DPS_MQTT_IN_FLIGHT: none. */
static unsigned session_slot(const struct dps_mqtt_session *s, uint16_t identifier)
{
    unsigned i;

    for (i = 0; i < DPS_MQTT_IN_FLIGHT && s->in_flight[i] != identifier; i++) {
    }
    return i;
}

/* [MQTT-2.3.1-1]: not 0; [MQTT-2.3.1-2]: not one that is in use. */
static uint16_t session_free_identifier(const struct dps_mqtt_session *s)
{
    uint16_t identifier = s->last_identifier;

    do {
        identifier++;
    } while (identifier == 0 || identifier == s->subscribe_identifier
             || session_slot(s, identifier) < DPS_MQTT_IN_FLIGHT);
    return identifier;
}

static int session_awaits_puback(const struct dps_mqtt_session *s)
{
    unsigned i;

    for (i = 0; i < DPS_MQTT_IN_FLIGHT && s->in_flight[i] == 0; i++) {
    }
    return i < DPS_MQTT_IN_FLIGHT;
}

/* ---- Calls ------------------------------------------------------------------------- */

void dps_mqtt_session_init(struct dps_mqtt_session *s, uint8_t *head, size_t head_cap,
                           uint32_t payload_max)
{
    memset(s, 0, sizeof *s);
    dps_mqtt_reader_init(&s->reader, DPS_MQTT_CLIENT, head, head_cap, payload_max);
    dps_mqtt_writer_init(&s->writer);
}

enum dps_mqtt_error dps_mqtt_session_connect(struct dps_mqtt_session *s,
                                             const struct dps_mqtt_connect *connect)
{
    enum dps_mqtt_error error;

    if (s->state != SESSION_NEW) { /* [MQTT-3.1.0-2] */
        return DPS_MQTT_ERR_STATE;
    }
    error = dps_mqtt_write_connect(&s->writer, connect);
    if (error != DPS_MQTT_OK) {
        return error;
    }
    s->writing = DPS_MQTT_CONNECT;
    s->state = SESSION_CONNECTING;
    s->keep_alive_ms = connect->keep_alive_s * (uint32_t)1000;
    s->flags = SESSION_ASKED;
    if (connect->clean_session != 0) {
        s->flags |= SESSION_CLEAN;
    }
    return DPS_MQTT_OK;
}

/* What subscribe and publish have in common; after disconnect it is too late
 * [MQTT-3.14.4-2]. */
static enum dps_mqtt_error session_may_write(const struct dps_mqtt_session *s)
{
    if (s->state != SESSION_CONNECTED) {
        return DPS_MQTT_ERR_STATE;
    }
    return s->writing != DPS_MQTT_NONE ? DPS_MQTT_ERR_BUSY : DPS_MQTT_OK;
}

enum dps_mqtt_error dps_mqtt_session_subscribe(struct dps_mqtt_session *s,
                                               struct dps_mqtt_filter *filters,
                                               size_t count, uint16_t *packet_identifier)
{
    uint16_t identifier = session_free_identifier(s);
    enum dps_mqtt_error error = session_may_write(s);

    if (error == DPS_MQTT_OK && s->subscribe_identifier != 0) {
        error = DPS_MQTT_ERR_BUSY;
    }
    if (error == DPS_MQTT_OK) {
        error = dps_mqtt_write_subscribe(&s->writer, filters, count, identifier);
    }
    if (error != DPS_MQTT_OK) {
        return error;
    }
    s->writing = DPS_MQTT_SUBSCRIBE;
    s->filters = filters;
    s->filter_count = count;
    s->subscribe_identifier = identifier;
    s->last_identifier = identifier;
    s->flags |= SESSION_ASKED;
    if (packet_identifier != NULL) {
        *packet_identifier = identifier;
    }
    return DPS_MQTT_OK;
}

enum dps_mqtt_error dps_mqtt_session_publish(struct dps_mqtt_session *s,
                                             const struct dps_mqtt_publish *publish,
                                             uint16_t *packet_identifier)
{
    unsigned slot = session_slot(s, 0);
    uint16_t identifier = publish->qos == 0 ? 0 : session_free_identifier(s);
    enum dps_mqtt_error error = session_may_write(s);

    if (error == DPS_MQTT_OK && (s->flags & SESSION_QOS_0_OUT) != 0) {
        error = DPS_MQTT_ERR_BUSY;
    }
    if (error == DPS_MQTT_OK && publish->qos > 1) {
        error = DPS_MQTT_ERR_QOS_VALUE;
    }
    if (error == DPS_MQTT_OK && identifier != 0 && slot == DPS_MQTT_IN_FLIGHT) {
        error = DPS_MQTT_ERR_IN_FLIGHT_FULL;
    }
    if (error == DPS_MQTT_OK) {
        error = dps_mqtt_write_publish(&s->writer, publish, 0, identifier);
    }
    if (error != DPS_MQTT_OK) {
        return error;
    }
    s->writing = SESSION_PUBLISH_QOS_0;
    if (identifier != 0) {
        s->writing = DPS_MQTT_PUBLISH;
        s->flags |= SESSION_ASKED;
        s->in_flight[slot] = identifier;
        s->last_identifier = identifier;
    }
    if (packet_identifier != NULL) {
        *packet_identifier = identifier;
    }
    return DPS_MQTT_OK;
}

enum dps_mqtt_error dps_mqtt_session_disconnect(struct dps_mqtt_session *s)
{
    if (s->state != SESSION_CONNECTED) {
        return DPS_MQTT_ERR_STATE;
    }
    s->state = SESSION_DISCONNECTING;
    s->flags |= SESSION_ASKED;
    return DPS_MQTT_OK;
}

void dps_mqtt_session_end(struct dps_mqtt_session *s)
{
    if (s->state == SESSION_DISCONNECTING) { /* it is over either way */
        s->state = SESSION_ENDED;
    }
    session_fail(s, DPS_MQTT_ERR_CLOSED);
}

/* ---- Output ------------------------------------------------------------------------ */

/* Puts what is due into the idle writer: acknowledgements in the order of their messages
 * [MQTT-4.6.0-2], PINGREQ, DISCONNECT. */
static void session_write_due(struct dps_mqtt_session *s)
{
    if (s->ack_count != 0) {
        dps_mqtt_write_puback(&s->writer, s->ack[0]);
        s->ack_count--;
        memmove(s->ack, s->ack + 1, s->ack_count * sizeof s->ack[0]);
        s->writing = DPS_MQTT_PUBACK;
    } else if ((s->flags & SESSION_PING_DUE) != 0) {
        dps_mqtt_write_pingreq(&s->writer);
        s->flags &= (uint8_t)~SESSION_PING_DUE;
        s->writing = DPS_MQTT_PINGREQ;
    } else if (s->state == SESSION_DISCONNECTING) {
        dps_mqtt_write_disconnect(&s->writer);
        s->writing = DPS_MQTT_DISCONNECT;
    }
}

const uint8_t *dps_mqtt_session_output(struct dps_mqtt_session *s, size_t *len)
{
    *len = 0;
    if (s->state >= SESSION_ENDED) { /* not one byte more [MQTT-4.8.0-1] */
        return NULL;
    }
    if (s->writing == DPS_MQTT_NONE) {
        session_write_due(s);
    }
    return dps_mqtt_writer_output(&s->writer, len);
}

/* The packet in the writer is out. */
static void session_is_out(struct dps_mqtt_session *s)
{
    if (s->writing == SESSION_PUBLISH_QOS_0) {
        s->flags |= SESSION_QOS_0_OUT;
    } else if (s->writing == DPS_MQTT_DISCONNECT) {
        s->ack_count = 0; /* nothing follows it [MQTT-3.14.4-2] */
        s->state = SESSION_ENDED;
    }
    s->writing = DPS_MQTT_NONE;
}

/* Whether the packet in the writer will be answered. */
static int session_is_asking(const struct dps_mqtt_session *s)
{
    return s->writing == DPS_MQTT_CONNECT || s->writing == DPS_MQTT_SUBSCRIBE
           || s->writing == DPS_MQTT_PUBLISH;
}

/* Time counts from the last byte that got away: a request on a slow network is not late
 * while it moves, nor is a PINGREQ due before one that is on its way (3.1.2.10). */
void dps_mqtt_session_sent(struct dps_mqtt_session *s, size_t len)
{
    s->sent_ms = s->now_ms;
    if ((s->flags & SESSION_PING_DUE) != 0) {
        s->pinged_ms = s->now_ms;
    }
    if (session_is_asking(s)) {
        s->asked_ms = s->now_ms;
        s->flags &= (uint8_t)~SESSION_ASKED;
    }
    dps_mqtt_writer_sent(&s->writer, len);
    if (dps_mqtt_writer_output(&s->writer, &len) == NULL) {
        session_is_out(s);
    }
}

int dps_mqtt_session_is_idle(const struct dps_mqtt_session *s)
{
    return s->writing == DPS_MQTT_NONE && s->ack_count == 0
           && (s->flags & SESSION_PING_DUE) == 0 && s->state != SESSION_DISCONNECTING;
}

int dps_mqtt_session_is_sending(const struct dps_mqtt_session *s)
{
    return session_is_asking(s) || s->writing == SESSION_PUBLISH_QOS_0;
}

/* ---- Input ------------------------------------------------------------------------- */

/* 3.2 */
static void session_connack(struct dps_mqtt_session *s, const uint8_t *body,
                            struct dps_mqtt_event *event)
{
    unsigned code = body[1];

    if (s->state != SESSION_CONNECTING || s->writing == DPS_MQTT_CONNECT) {
        session_fail(s, DPS_MQTT_ERR_CONNACK_AGAIN);
    } else if (code != 0) {
        s->detail = (uint8_t)code;
        session_fail(s, code > 5 ? DPS_MQTT_ERR_REFUSED_RESERVED
                                 : (enum dps_mqtt_error)(DPS_MQTT_ERR_REFUSED_LEVEL - 1
                                                         + (int)code));
    } else if (body[0] != 0 && (s->flags & SESSION_CLEAN) != 0) { /* [MQTT-3.2.2-1] */
        session_fail(s, DPS_MQTT_ERR_SESSION_PRESENT_CLEAN);
    } else {
        s->state = SESSION_CONNECTED;
        event->type = DPS_MQTT_CONNECTED;
    }
}

/* 3.3: the acknowledgement is queued with the last piece; input saw to it that a slot is
 * free before the packet began. */
static void session_message(struct dps_mqtt_session *s, struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;
    unsigned qos = (packet->flags & DPS_MQTT_FLAG_QOS) >> DPS_MQTT_FLAG_QOS_SHIFT;

    if (qos == 2) {
        session_fail(s, DPS_MQTT_ERR_UNSUPPORTED);
        return;
    }
    if (qos == 1 && packet->last) { /* [MQTT-4.3.2-2] */
        s->ack[s->ack_count++] = packet->packet_identifier;
    }
    event->type = DPS_MQTT_MESSAGE;
}

/* 3.4: one that acknowledges nothing, or what is not out yet, is ignored. */
static void session_puback(struct dps_mqtt_session *s, struct dps_mqtt_event *event)
{
    uint16_t identifier = event->packet.packet_identifier;
    unsigned slot = session_slot(s, identifier);
    int is_out = s->writing != DPS_MQTT_PUBLISH || s->last_identifier != identifier;

    if (slot < DPS_MQTT_IN_FLIGHT && is_out) {
        s->in_flight[slot] = 0;
        s->asked_ms = s->now_ms;
        event->type = DPS_MQTT_PUBLISHED;
    }
}

/* 3.9: one that answers nothing, or what is not out yet, is ignored. */
static void session_suback(struct dps_mqtt_session *s, struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;
    size_t i;

    if (packet->packet_identifier != s->subscribe_identifier
        || s->writing == DPS_MQTT_SUBSCRIBE) {
        return;
    }
    if (packet->body.len != s->filter_count) { /* [MQTT-3.8.4-5] */
        session_fail(s, DPS_MQTT_ERR_SUBACK_COUNT);
        return;
    }
    for (i = 0; i < s->filter_count; i++) { /* [MQTT-3.9.3-1] */
        s->filters[i].granted = packet->body.at[i];
    }
    s->subscribe_identifier = 0;
    event->type = DPS_MQTT_SUBSCRIBED;
}

static void session_packet(struct dps_mqtt_session *s, struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;

    if (packet->type == DPS_MQTT_CONNACK) {
        session_connack(s, packet->body.at, event);
        return;
    }
    if (s->state == SESSION_CONNECTING) { /* [MQTT-3.2.0-1] */
        session_fail(s, DPS_MQTT_ERR_CONNACK_FIRST);
        return;
    }
    if (packet->type == DPS_MQTT_PUBLISH) {
        session_message(s, event);
    } else if (packet->type == DPS_MQTT_PUBACK) {
        session_puback(s, event);
    } else if (packet->type == DPS_MQTT_SUBACK) {
        session_suback(s, event);
    } else if (packet->type == DPS_MQTT_PINGRESP) {
        s->flags &= (uint8_t)~SESSION_PING_AWAITED;
    } else if (packet->type == DPS_MQTT_PUBREL) {
        session_fail(s, DPS_MQTT_ERR_UNSUPPORTED);
    } /* PUBREC, PUBCOMP, UNSUBACK: of identifiers that we never used */
}

/* Whether the packet that begins with `first` needs a slot for its acknowledgement when
 * there is none; the one in the writer waits like the others. */
static int session_needs_slot(const struct dps_mqtt_session *s, uint8_t first)
{
    return s->ack_count + (s->writing == DPS_MQTT_PUBACK) == DPS_MQTT_ACKS
           && first >> 4 == DPS_MQTT_PUBLISH && (first & DPS_MQTT_FLAG_QOS) != 0
           && dps_mqtt_reader_is_between_packets(&s->reader);
}

/* What did not come from a byte of the peer's. */
static void session_tell(struct dps_mqtt_session *s, struct dps_mqtt_event *event)
{
    if ((s->flags & SESSION_QOS_0_OUT) != 0) {
        s->flags &= (uint8_t)~SESSION_QOS_0_OUT;
        event->type = DPS_MQTT_PUBLISHED;
    } else if (s->state == SESSION_ENDED) {
        s->state = SESSION_TOLD;
        event->type = DPS_MQTT_CLOSED;
    }
}

size_t dps_mqtt_session_input(struct dps_mqtt_session *s, const uint8_t *data, size_t len,
                              struct dps_mqtt_event *event)
{
    enum dps_mqtt_error error;
    size_t taken = 0;

    memset(event, 0, sizeof *event);
    session_tell(s, event);
    while (taken < len && event->type == DPS_MQTT_NOTHING && s->state != SESSION_NEW
           && s->state < SESSION_ENDED) {
        if (session_needs_slot(s, data[taken])) {
            event->type = DPS_MQTT_OUTPUT_FIRST;
            break;
        }
        taken +=
            dps_mqtt_reader_input(&s->reader, data + taken, len - taken, &event->packet);
        error = dps_mqtt_reader_error(&s->reader);
        if (error != DPS_MQTT_OK) {
            session_fail(s, error);
        } else if (event->packet.type != DPS_MQTT_NONE) {
            session_packet(s, event);
        }
    }
    if (event->type == DPS_MQTT_NOTHING) {
        session_tell(s, event);
    }
    return taken;
}

/* ---- Time -------------------------------------------------------------------------- */

/* Milliseconds until `limit` ms have passed since `since`; 0: they have. */
static uint32_t session_left(const struct dps_mqtt_session *s, uint32_t since,
                             uint32_t limit)
{
    uint32_t elapsed = s->now_ms - since;

    return elapsed >= limit ? 0 : limit - elapsed;
}

/* An answer that is awaited since `since` and has not come ends the session. Returns the
 * milliseconds until then, or `wait` when that is sooner. */
static uint32_t session_await(struct dps_mqtt_session *s, uint32_t since,
                              enum dps_mqtt_error error, uint32_t wait)
{
    uint32_t left = session_left(s, since, DPS_MQTT_ANSWER_MS);

    if (left == 0) {
        session_fail(s, error);
    }
    return left < wait ? left : wait;
}

/* [MQTT-3.1.2-23]: a packet within every Keep Alive, counted from the last one sent. A
 * quarter before the end leaves the network that long to carry it. */
static uint32_t session_keep_alive(struct dps_mqtt_session *s, uint32_t wait)
{
    uint32_t left = session_left(s, s->sent_ms, s->keep_alive_ms / 4 * 3);

    if (left != 0) {
        return left < wait ? left : wait;
    }
    s->flags |= SESSION_PING_DUE;
    if ((s->flags & SESSION_PING_AWAITED) == 0) {
        s->flags |= SESSION_PING_AWAITED;
        s->pinged_ms = s->now_ms;
    }
    return wait;
}

static uint32_t session_connected(struct dps_mqtt_session *s)
{
    uint32_t wait = UINT32_MAX;

    if (s->keep_alive_ms != 0) {
        wait = session_keep_alive(s, wait);
    }
    if ((s->flags & SESSION_PING_AWAITED) != 0) {
        wait = session_await(s, s->pinged_ms, DPS_MQTT_ERR_NO_PINGRESP, wait);
    }
    if (s->subscribe_identifier != 0 || session_awaits_puback(s)) {
        wait = session_await(s, s->asked_ms, DPS_MQTT_ERR_NO_ANSWER, wait);
    }
    return wait;
}

/* DISCONNECT that cannot get through is no failure: it is over either way. */
static uint32_t session_disconnecting(struct dps_mqtt_session *s)
{
    uint32_t left = session_left(s, s->asked_ms, DPS_MQTT_CLOSE_MS);

    if (left == 0) {
        s->state = SESSION_ENDED;
    }
    return left;
}

uint32_t dps_mqtt_session_tick(struct dps_mqtt_session *s, uint32_t now_ms)
{
    uint32_t wait = UINT32_MAX;

    s->now_ms = now_ms;
    /* A call may come long after the tick before it. */
    if ((s->flags & SESSION_ASKED) != 0) {
        s->flags &= (uint8_t)~SESSION_ASKED;
        s->asked_ms = now_ms;
    }
    switch (s->state) {
    case SESSION_CONNECTING:
        wait = session_await(s, s->asked_ms, DPS_MQTT_ERR_NO_CONNACK, wait);
        break;
    case SESSION_CONNECTED:
        wait = session_connected(s);
        break;
    case SESSION_DISCONNECTING:
        wait = session_disconnecting(s);
        break;
    default:
        break;
    }
    return s->state == SESSION_ENDED ? 0 : wait;
}

enum dps_mqtt_error dps_mqtt_session_error(const struct dps_mqtt_session *s,
                                           uint8_t *detail)
{
    if (detail != NULL) {
        *detail = s->detail;
    }
    return (enum dps_mqtt_error)s->error;
}
