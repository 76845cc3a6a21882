/* SPDX-License-Identifier: MIT
 *
 * The client's side of a connection. Bytes in go through the reader; each packet that it
 * tells is checked against what is awaited and becomes an event, an acknowledgement to
 * send, or the end. Bytes out come from the writer, which holds one packet at a time:
 * first what the caller asked for, then acknowledgements, then PINGREQ, then DISCONNECT.
 *
 * Three rules keep it small. What is awaited is never stored twice: the state says
 * CONNACK, `subscribe_identifier` says SUBACK, `in_flight` says PUBACK, `ping` says
 * PINGRESP. One clock runs while any of them is awaited: the peer has DPS_MQTT_ANSWER_MS
 * for each answer, counted from the last request or answer. And a failure only sets the
 * state; it is told by the next input, which is the one door for events. */
#include "mqtt/session.h"

#include <string.h>

#include "mqtt/inner.h"

/* In an order that makes questions comparisons: above ENDED bytes pass, above CONNECTED
 * something is awaited whatever else is, from CONNECTING on it is CONNACK. */
enum {
    SESSION_NEW, /* CONNECT not yet queued */
    SESSION_ENDED,
    SESSION_CONNECTED,
    SESSION_DISCONNECTING,   /* DISCONNECT is to go out */
    SESSION_CONNECTING,      /* CONNECT queued or out, no CONNACK yet */
    SESSION_CONNECTING_CLEAN /* the same, with CleanSession 1 */
};

/* What the writer holds. A packet of the session's own has its type's number. */
enum {
    SESSION_IDLE,
    SESSION_PUBACK = DPS_MQTT_PUBACK, /* of ack[0], which stays there until it is out */
    SESSION_PINGREQ = DPS_MQTT_PINGREQ,
    SESSION_DISCONNECT = DPS_MQTT_DISCONNECT,
    SESSION_REQUEST, /* CONNECT, SUBSCRIBE, PUBLISH of QoS 1: it will be answered */
    SESSION_PUBLISH_QOS_0,
    SESSION_QOS_0_OUT /* nothing: such a PUBLISH is out and not yet told */
};

enum {
    SESSION_PING_NONE,
    SESSION_PING_AWAITED, /* PINGRESP */
    SESSION_PING_DUE      /* PINGREQ is to go out, and then PINGRESP is awaited */
};

/* ---- Packet identifiers (2.3.1) ---------------------------------------------------- */

/* Where `identifier` is in flight, 0 finds a free place; null: nowhere. */
static uint16_t *session_slot(struct dps_mqtt_session *s, uint16_t identifier)
{
    uint16_t *slot = s->in_flight;

    while (*slot != identifier) {
        if (++slot == s->in_flight + DPS_MQTT_IN_FLIGHT) {
            return NULL;
        }
    }
    return slot;
}

/* [MQTT-2.3.1-1]: not 0; [MQTT-2.3.1-2]: not one that is in use. */
static void session_next_identifier(struct dps_mqtt_session *s)
{
    do {
        s->identifier++;
    } while (s->identifier == 0 || s->identifier == s->subscribe_identifier
             || session_slot(s, s->identifier) != NULL);
}

/* Whether SUBACK or a PUBACK is awaited. */
static int session_awaits_ack(const struct dps_mqtt_session *s)
{
    unsigned i;

    for (i = 0; i < DPS_MQTT_IN_FLIGHT && s->in_flight[i] == 0; i++) {
    }
    return s->subscribe_identifier != 0 || i < DPS_MQTT_IN_FLIGHT;
}

/* ---- Calls ------------------------------------------------------------------------- */

void dps_mqtt_session_init(struct dps_mqtt_session *s, uint8_t *head, size_t head_cap,
                           uint32_t payload_max)
{
    memset(s, 0, sizeof *s); /* the writer holds nothing */
    dps_mqtt_reader_init(&s->reader, DPS_MQTT_CLIENT, head, head_cap, payload_max);
}

enum dps_mqtt_error dps_mqtt_session_connect(struct dps_mqtt_session *s,
                                             const struct dps_mqtt_connect *connect)
{
    enum dps_mqtt_error error;

    if (s->state != SESSION_NEW) { /* [MQTT-3.1.0-2] */
        return DPS_MQTT_ERR_STATE;
    }
    error = dps_mqtt_write_connect(&s->writer, connect);
    if (error == DPS_MQTT_OK) {
        s->state = connect->clean_session != 0 ? SESSION_CONNECTING_CLEAN
                                               : SESSION_CONNECTING;
        s->writing = SESSION_REQUEST;
        s->keep_alive_s = connect->keep_alive_s;
    }
    return error;
}

/* What subscribe and publish have in common; after disconnect it is too late
 * [MQTT-3.14.4-2]. */
static enum dps_mqtt_error session_may_write(const struct dps_mqtt_session *s)
{
    if (s->state != SESSION_CONNECTED) {
        return DPS_MQTT_ERR_STATE;
    }
    return s->writing != SESSION_IDLE ? DPS_MQTT_ERR_BUSY : DPS_MQTT_OK;
}

enum dps_mqtt_error dps_mqtt_session_subscribe(struct dps_mqtt_session *s,
                                               struct dps_mqtt_filter *filters,
                                               size_t count, uint16_t *packet_identifier)
{
    uint16_t identifier = s->identifier;
    enum dps_mqtt_error error = session_may_write(s);

    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (s->subscribe_identifier != 0) {
        return DPS_MQTT_ERR_BUSY;
    }
    if (count > UINT16_MAX) { /* SUBACK's codes are counted in 16 bits */
        return DPS_MQTT_ERR_PACKET_LENGTH;
    }
    error = dps_mqtt_write_subscribe(&s->writer, filters, count, identifier);
    if (error != DPS_MQTT_OK) {
        return error;
    }
    s->writing = SESSION_REQUEST;
    s->timed = 0;
    s->filter_count = (uint16_t)count;
    s->filters = filters;
    s->subscribe_identifier = identifier;
    if (packet_identifier != NULL) {
        *packet_identifier = identifier;
    }
    return DPS_MQTT_OK;
}

enum dps_mqtt_error dps_mqtt_session_publish(struct dps_mqtt_session *s,
                                             const struct dps_mqtt_publish *publish,
                                             uint16_t *packet_identifier)
{
    uint16_t *slot = NULL, identifier = 0;
    enum dps_mqtt_error error = session_may_write(s);

    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (publish->qos > 1) {
        return DPS_MQTT_ERR_QOS_VALUE;
    }
    if (publish->qos != 0) {
        slot = session_slot(s, 0);
        if (slot == NULL) {
            return DPS_MQTT_ERR_IN_FLIGHT_FULL;
        }
        identifier = s->identifier;
    }
    error = dps_mqtt_write_publish(&s->writer, publish, 0, identifier);
    if (error != DPS_MQTT_OK) {
        return error;
    }
    s->writing = SESSION_PUBLISH_QOS_0;
    if (slot != NULL) {
        s->writing = SESSION_REQUEST;
        s->timed = 0;
        *slot = identifier;
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
    s->timed = 0;
    return DPS_MQTT_OK;
}

/* After disconnect it is no failure: it is over either way. */
void dps_mqtt_session_end(struct dps_mqtt_session *s, enum dps_mqtt_error error)
{
    if (s->state != SESSION_ENDED && s->state != SESSION_DISCONNECTING) {
        s->error = (uint8_t)error;
    }
    s->state = SESSION_ENDED;
}

/* ---- Output ------------------------------------------------------------------------ */

/* The writer is empty, what it held is out. Puts what is due into it: acknowledgements in
 * the order of their messages [MQTT-4.6.0-2], PINGREQ, DISCONNECT. */
static void session_next(struct dps_mqtt_session *s)
{
    unsigned was = s->writing, next = SESSION_IDLE;

    if (was >= SESSION_PUBLISH_QOS_0) {
        s->writing = SESSION_QOS_0_OUT; /* until input told it */
        return;
    }
    if (was == SESSION_REQUEST) {
        session_next_identifier(s);
    }
    if (was == SESSION_PUBACK) {
        memmove(s->ack, s->ack + 1, sizeof s->ack - sizeof s->ack[0]);
        s->ack[DPS_MQTT_ACKS - 1] = 0;
    }
    if (was == SESSION_DISCONNECT) {
        s->state = SESSION_ENDED;
    } else if (s->ack[0] != 0) {
        next = SESSION_PUBACK;
    } else if (s->ping == SESSION_PING_DUE) {
        s->ping = SESSION_PING_AWAITED;
        next = SESSION_PINGREQ;
    } else if (s->state == SESSION_DISCONNECTING) {
        next = SESSION_DISCONNECT;
    }
    s->writing = (uint8_t)next;
    if (next != SESSION_IDLE) {
        /* None but a PUBACK is begun while an identifier waits in ack[0]. */
        dps_mqtt_write_short(&s->writer, (uint8_t)(next << 4), s->ack[0]);
    }
}

const uint8_t *dps_mqtt_session_output(struct dps_mqtt_session *s, size_t *len)
{
    const uint8_t *at;

    if (s->state <= SESSION_ENDED) { /* not one byte more [MQTT-4.8.0-1] */
        return NULL;
    }
    at = dps_mqtt_writer_output(&s->writer, len);
    if (at == NULL) {
        session_next(s);
        at = dps_mqtt_writer_output(&s->writer, len);
    }
    return at;
}

/* Time counts from the last byte that got away: a request on a slow network is not late
 * while it moves, nor is a PINGREQ due before one that is on its way (3.1.2.10). */
void dps_mqtt_session_sent(struct dps_mqtt_session *s, size_t len)
{
    s->sent_ms = s->now_ms;
    if (s->writing == SESSION_REQUEST || s->ping == SESSION_PING_DUE) {
        s->asked_ms = s->now_ms;
        s->timed = 1;
    }
    dps_mqtt_writer_sent(&s->writer, len);
    dps_mqtt_session_output(s, &len); /* sees when it is out */
}

int dps_mqtt_session_is_idle(const struct dps_mqtt_session *s)
{
    int is_due = s->ack[0] != 0 || s->ping == SESSION_PING_DUE
                 || s->state == SESSION_DISCONNECTING;

    return s->writing == SESSION_IDLE && (s->state == SESSION_ENDED || !is_due);
}

int dps_mqtt_session_is_sending(const struct dps_mqtt_session *s)
{
    return s->writing == SESSION_REQUEST || s->writing == SESSION_PUBLISH_QOS_0;
}

/* ---- Input ------------------------------------------------------------------------- */

/* The packet is an answer: what else is awaited has its whole time from now on. */
static enum dps_mqtt_error session_answered(struct dps_mqtt_session *s,
                                            struct dps_mqtt_event *event)
{
    s->asked_ms = s->now_ms;
    event->type = event->packet.type;
    return DPS_MQTT_OK;
}

/* 3.2 */
static enum dps_mqtt_error session_connack(struct dps_mqtt_session *s,
                                           struct dps_mqtt_event *event)
{
    const uint8_t *body = event->packet.body.at;
    unsigned code = body[1];

    if (s->state < SESSION_CONNECTING || s->writing == SESSION_REQUEST) {
        return DPS_MQTT_ERR_CONNACK_AGAIN;
    }
    if (code != 0) {
        s->detail = (uint8_t)code;
        return (enum dps_mqtt_error)(DPS_MQTT_ERR_REFUSED_LEVEL - 1
                                     + (code < 6 ? code : 6));
    }
    if (body[0] != 0 && s->state == SESSION_CONNECTING_CLEAN) { /* [MQTT-3.2.2-1] */
        return DPS_MQTT_ERR_SESSION_PRESENT_CLEAN;
    }
    s->state = SESSION_CONNECTED;
    return session_answered(s, event);
}

/* 3.3: the acknowledgement is queued with the last piece; input saw to it that a slot is
 * free before the packet began. */
static enum dps_mqtt_error session_message(struct dps_mqtt_session *s,
                                           struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;
    uint16_t *slot = s->ack;

    if (packet->packet_identifier != 0 && packet->last) { /* [MQTT-4.3.2-2] */
        while (*slot != 0) {
            slot++;
        }
        *slot = packet->packet_identifier;
    }
    event->type = DPS_MQTT_MESSAGE;
    return DPS_MQTT_OK;
}

/* 3.9 */
static enum dps_mqtt_error session_suback(struct dps_mqtt_session *s,
                                          struct dps_mqtt_event *event)
{
    struct dps_bytes codes = event->packet.body;
    struct dps_mqtt_filter *filter = s->filters;

    if (codes.len != s->filter_count) { /* [MQTT-3.8.4-5] */
        return DPS_MQTT_ERR_SUBACK_COUNT;
    }
    while (codes.len-- != 0) { /* [MQTT-3.9.3-1] */
        filter++->granted = *codes.at++;
    }
    s->subscribe_identifier = 0;
    return session_answered(s, event);
}

/* 3.4, 3.9: one that answers nothing, or what is not out yet, is ignored. */
static enum dps_mqtt_error session_ack(struct dps_mqtt_session *s,
                                       struct dps_mqtt_event *event)
{
    uint16_t identifier = event->packet.packet_identifier;
    uint16_t *slot;

    if (s->writing == SESSION_REQUEST && s->identifier == identifier) {
        return DPS_MQTT_OK;
    }
    if (event->packet.type == DPS_MQTT_SUBACK && identifier == s->subscribe_identifier) {
        return session_suback(s, event);
    }
    slot = session_slot(s, identifier);
    if (event->packet.type != DPS_MQTT_PUBACK || slot == NULL) {
        return DPS_MQTT_OK;
    }
    *slot = 0;
    return session_answered(s, event);
}

/* Bits of a PUBLISH's first byte; QoS 3 does not get past the reader. */
enum {
    SESSION_FLAG_QOS_1 = 1 << DPS_MQTT_FLAG_QOS_SHIFT,
    SESSION_FLAG_QOS_2 = 2 << DPS_MQTT_FLAG_QOS_SHIFT
};

static enum dps_mqtt_error session_packet(struct dps_mqtt_session *s,
                                          struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;

    if (packet->type == DPS_MQTT_CONNACK) {
        return session_connack(s, event);
    }
    if (s->state >= SESSION_CONNECTING) { /* [MQTT-3.2.0-1] */
        return DPS_MQTT_ERR_CONNACK_FIRST;
    }
    if (packet->type == DPS_MQTT_PUBREL || (packet->flags & SESSION_FLAG_QOS_2) != 0) {
        return DPS_MQTT_ERR_UNSUPPORTED;
    }
    if (packet->type == DPS_MQTT_PUBLISH) {
        return session_message(s, event);
    }
    if (packet->type != DPS_MQTT_PINGRESP) {
        return session_ack(s, event);
    }
    if (s->ping == SESSION_PING_AWAITED) {
        s->ping = SESSION_PING_NONE;
    }
    return DPS_MQTT_OK;
}

/* Whether the packet that begins with `first` needs a slot for its acknowledgement when
 * there is none. */
static int session_needs_slot(const struct dps_mqtt_session *s, unsigned first)
{
    return s->ack[DPS_MQTT_ACKS - 1] != 0
           && (first & ~(unsigned)(DPS_MQTT_FLAG_DUP | DPS_MQTT_FLAG_RETAIN))
                  == (DPS_MQTT_PUBLISH << 4 | SESSION_FLAG_QOS_1)
           && s->reader.state == DPS_MQTT_READER_FIRST;
}

size_t dps_mqtt_session_input(struct dps_mqtt_session *s, const uint8_t *data, size_t len,
                              struct dps_mqtt_event *event)
{
    size_t left = len;
    enum dps_mqtt_error error;

    event->type = DPS_MQTT_NOTHING;
    if (s->writing == SESSION_QOS_0_OUT) { /* what did not come from the peer */
        s->writing = SESSION_IDLE;
        event->packet.packet_identifier = 0;
        event->type = DPS_MQTT_PUBLISHED;
        return 0;
    }
    while (s->state > SESSION_ENDED && event->type == DPS_MQTT_NOTHING && left != 0) {
        size_t taken;

        if (session_needs_slot(s, *data)) {
            event->type = DPS_MQTT_OUTPUT_FIRST;
            return len - left;
        }
        taken = dps_mqtt_reader_input(&s->reader, data, left, &event->packet);
        data += taken;
        left -= taken;
        error = (enum dps_mqtt_error)s->reader.error;
        if (error == DPS_MQTT_OK && event->packet.type != DPS_MQTT_NONE) {
            error = session_packet(s, event);
        }
        if (error != DPS_MQTT_OK) {
            dps_mqtt_session_end(s, error);
        }
    }
    if (s->state == SESSION_ENDED) {
        event->type = DPS_MQTT_CLOSED;
    }
    return len - left;
}

/* ---- Time -------------------------------------------------------------------------- */

/* Milliseconds until `limit` ms have passed since `since`; 0: they have. */
static uint32_t session_left(const struct dps_mqtt_session *s, uint32_t since,
                             uint32_t limit)
{
    uint32_t left = since + limit - s->now_ms;

    return left <= INT32_MAX ? left : 0; /* below 0 it wraps */
}

/* [MQTT-3.1.2-23]: a packet within every Keep Alive, counted from the last one sent. A
 * quarter before the end leaves the network that long to carry it. */
static uint32_t session_keep_alive(struct dps_mqtt_session *s)
{
    uint32_t left = session_left(s, s->sent_ms, s->keep_alive_s * (uint32_t)750);

    if (left == 0) {
        if (s->writing != SESSION_PINGREQ) { /* one that is stuck needs no second */
            s->ping = SESSION_PING_DUE;
        }
        return DPS_MQTT_ANSWER_MS;
    }
    return left;
}

static enum dps_mqtt_error session_missing(const struct dps_mqtt_session *s)
{
    if (s->state >= SESSION_CONNECTING) {
        return DPS_MQTT_ERR_NO_CONNACK;
    }
    return session_awaits_ack(s) ? DPS_MQTT_ERR_NO_ANSWER : DPS_MQTT_ERR_NO_PINGRESP;
}

/* What is awaited ends the session when it does not come in time. */
static uint32_t session_await(struct dps_mqtt_session *s, uint32_t limit)
{
    uint32_t left;

    if (s->timed == 0) { /* a call may come long after the tick before it */
        s->timed = 1;
        s->asked_ms = s->now_ms;
    }
    left = session_left(s, s->asked_ms, limit);
    if (left == 0) {
        dps_mqtt_session_end(s, session_missing(s));
    }
    return left;
}

uint32_t dps_mqtt_session_tick(struct dps_mqtt_session *s, uint32_t now_ms)
{
    uint32_t limit = s->state == SESSION_DISCONNECTING ? DPS_MQTT_CLOSE_MS
                                                       : DPS_MQTT_ANSWER_MS;
    uint32_t wait = UINT32_MAX;

    s->now_ms = now_ms;
    if (s->state == SESSION_ENDED) {
        return 0;
    }
    if (s->state > SESSION_CONNECTED || s->ping != SESSION_PING_NONE
        || session_awaits_ack(s)) {
        wait = session_await(s, limit);
    } else {
        s->asked_ms = now_ms;
    }
    if (s->state == SESSION_CONNECTED && s->keep_alive_s != 0) {
        uint32_t left = session_keep_alive(s);

        return left < wait ? left : wait;
    }
    return wait;
}

enum dps_mqtt_error dps_mqtt_session_error(const struct dps_mqtt_session *s,
                                           uint8_t *detail)
{
    if (detail != NULL) {
        *detail = s->detail;
    }
    return (enum dps_mqtt_error)s->error;
}
