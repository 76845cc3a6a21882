/* SPDX-License-Identifier: MIT
 *
 * The client's side of a connection. Bytes in go through the reader; each packet that it
 * tells is checked against what is awaited and becomes an event, an acknowledgement to
 * send, or the end. Bytes out come from the writer, which holds one packet at a time:
 * first what the caller asked for, then acknowledgements, then PINGREQ, then DISCONNECT.
 *
 * Three rules keep it small. What is awaited is never stored twice: the state says
 * CONNACK, `filters_identifier` says SUBACK, `in_flight` says PUBACK, `ping` says
 * PINGRESP. One clock runs while any of them is awaited: the peer has DPS_MQTT_ANSWER_MS
 * for each answer, counted from the last request or answer. And a failure only sets the
 * state; it is told by the next input, which is the one door for events. */
#include "mqtt/session.h"

#include <string.h>

#include "mqtt/delivery.h"
#include "mqtt/inner.h"

enum {
    SESSION_PING_NONE,
    SESSION_PING_AWAITED, /* PINGRESP */
    SESSION_PING_DUE      /* PINGREQ is to go out, and then PINGRESP is awaited */
};

/* ---- Packet identifiers (2.3.1) ---------------------------------------------------- */

uint16_t *dps_mqtt_session_slot(struct dps_mqtt_session *s, uint16_t identifier)
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
void dps_mqtt_session_next_identifier(struct dps_mqtt_session *s)
{
    do {
        s->identifier++;
    } while (s->identifier == 0 || s->identifier == s->filters_identifier
             || dps_mqtt_session_slot(s, s->identifier) != NULL);
}

/* Whether SUBACK, UNSUBACK or a PUBACK is awaited: not 0. */
static unsigned session_awaits_ack(const struct dps_mqtt_session *s)
{
    unsigned i, awaited = s->filters_identifier;

    for (i = 0; i < DPS_MQTT_IN_FLIGHT; i++) {
        awaited |= s->in_flight[i];
    }
    return awaited;
}

/* ---- Calls ------------------------------------------------------------------------- */

void dps_mqtt_session_init(struct dps_mqtt_session *s, uint8_t *head, size_t head_cap,
                           uint32_t payload_max)
{
    dps_mqtt_reader_init(&s->reader, DPS_MQTT_CLIENT, head, head_cap, payload_max);
    memset(s, 0, offsetof(struct dps_mqtt_session, reader)); /* an empty writer, too */
}

enum dps_mqtt_error dps_mqtt_session_may(const struct dps_mqtt_session *s, unsigned state)
{
    if (s->state != state) {
        return DPS_MQTT_ERR_STATE;
    }
    return s->writing != DPS_MQTT_WRITING_NOTHING ? DPS_MQTT_ERR_BUSY : DPS_MQTT_OK;
}

/* The writer holds a SUBSCRIBE, UNSUBSCRIBE or PUBLISH that will be answered: its
 * identifier is taken. */
static void session_asked(struct dps_mqtt_session *s, uint16_t *taken)
{
    *taken = s->identifier;
    s->writing = DPS_MQTT_WRITING_REQUEST;
    s->timed = 0;
}

enum dps_mqtt_error dps_mqtt_session_connecting(struct dps_mqtt_session *s,
                                                const struct dps_mqtt_connect *connect,
                                                enum dps_mqtt_error error)
{
    if (error == DPS_MQTT_OK) {
        s->state = connect->clean_session != 0 ? DPS_MQTT_SESSION_CONNECTING_CLEAN
                                               : DPS_MQTT_SESSION_CONNECTING;
        s->keep_alive_s = connect->keep_alive_s;
        s->writing = DPS_MQTT_WRITING_REQUEST;
    }
    return error;
}

enum dps_mqtt_error dps_mqtt_session_connect(struct dps_mqtt_session *s,
                                             const struct dps_mqtt_connect *connect)
{
    enum dps_mqtt_error error = dps_mqtt_session_may(s, DPS_MQTT_SESSION_NEW);

    if (error == DPS_MQTT_OK) {
        error = dps_mqtt_write_connect(&s->writer, connect);
    }
    return dps_mqtt_session_connecting(s, connect, error);
}

static enum dps_mqtt_error session_ask(struct dps_mqtt_session *s,
                                       enum dps_mqtt_packet_type type,
                                       const struct dps_mqtt_filter *filters,
                                       size_t count, uint16_t *packet_identifier)
{
    enum dps_mqtt_error error = dps_mqtt_session_may(s, DPS_MQTT_SESSION_CONNECTED);

    if (error == DPS_MQTT_OK && s->filters_identifier != 0) {
        error = DPS_MQTT_ERR_BUSY;
    }
    if (error == DPS_MQTT_OK) {
        error = dps_mqtt_write_filters(&s->writer, type, filters, count, s->identifier);
    }
    if (error == DPS_MQTT_OK) {
        s->filters_answer = (uint8_t)(type + 1); /* Table 2.1 */
        s->filter_count = type == DPS_MQTT_SUBSCRIBE ? (uint16_t)count : 0; /* 3.11 */
        session_asked(s, &s->filters_identifier);
        if (packet_identifier != NULL) {
            *packet_identifier = s->identifier;
        }
    }
    return error;
}

enum dps_mqtt_error dps_mqtt_session_subscribe(struct dps_mqtt_session *s,
                                               struct dps_mqtt_filter *filters,
                                               size_t count, uint16_t *packet_identifier)
{
    enum dps_mqtt_error error =
        session_ask(s, DPS_MQTT_SUBSCRIBE, filters, count, packet_identifier);

    if (error == DPS_MQTT_OK) {
        s->filters = filters;
    }
    return error;
}

enum dps_mqtt_error dps_mqtt_session_unsubscribe(struct dps_mqtt_session *s,
                                                 const struct dps_mqtt_filter *filters,
                                                 size_t count,
                                                 uint16_t *packet_identifier)
{
    return session_ask(s, DPS_MQTT_UNSUBSCRIBE, filters, count, packet_identifier);
}

enum dps_mqtt_error dps_mqtt_session_publish(struct dps_mqtt_session *s,
                                             const struct dps_mqtt_publish *publish,
                                             uint16_t *packet_identifier)
{
    uint16_t at_qos_0 = 0, *slot = &at_qos_0;
    enum dps_mqtt_error error = dps_mqtt_session_may(s, DPS_MQTT_SESSION_CONNECTED);

    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (publish->qos != 0) {
        if (publish->qos > 1 && s->store == NULL) {
            return DPS_MQTT_ERR_QOS_VALUE;
        }
        slot = dps_mqtt_session_slot(s, 0);
        if (slot == NULL) {
            return DPS_MQTT_ERR_IN_FLIGHT_FULL;
        }
    }
    error = dps_mqtt_write_publish(&s->writer, publish, 0, s->identifier);
    if (error != DPS_MQTT_OK) {
        return error;
    }
    s->writing = DPS_MQTT_WRITING_QOS_0;
    if (publish->qos != 0) {
        session_asked(s, slot);
        if (s->store != NULL) {
            error = s->store->delivery->keep(s, publish, slot);
        }
    }
    if (packet_identifier != NULL && error == DPS_MQTT_OK) {
        *packet_identifier = *slot;
    }
    return error;
}

enum dps_mqtt_error dps_mqtt_session_disconnect(struct dps_mqtt_session *s)
{
    if (s->state != DPS_MQTT_SESSION_CONNECTED) {
        return DPS_MQTT_ERR_STATE;
    }
    s->state = DPS_MQTT_SESSION_DISCONNECTING;
    s->timed = 0;
    return DPS_MQTT_OK;
}

/* After disconnect it is no failure: it is over either way. */
void dps_mqtt_session_end(struct dps_mqtt_session *s, enum dps_mqtt_error error)
{
    if (s->state != DPS_MQTT_SESSION_ENDED
        && s->state != DPS_MQTT_SESSION_DISCONNECTING) {
        s->error = (uint8_t)error;
    }
    s->state = DPS_MQTT_SESSION_ENDED;
}

/* ---- Output ------------------------------------------------------------------------ */

/* The writer is empty, what it held is out. Puts what is due into it: what was kept, then
 * acknowledgements in the order of their messages [MQTT-4.6.0-2], PINGREQ, DISCONNECT. */
static void session_next(struct dps_mqtt_session *s)
{
    unsigned was = s->writing;
    uint16_t identifier = 0;

    if (was == DPS_MQTT_WRITING_QOS_0 || was == DPS_MQTT_WRITING_QOS_0_OUT) {
        s->writing = DPS_MQTT_WRITING_QOS_0_OUT; /* until input told it */
        return;
    }
    s->writing = DPS_MQTT_WRITING_NOTHING;
    if (was == DPS_MQTT_WRITING_REQUEST) {
        dps_mqtt_session_next_identifier(s);
    } else if (was == DPS_MQTT_DISCONNECT << 4) {
        s->state = DPS_MQTT_SESSION_ENDED;
        return;
    } else if (was >= DPS_MQTT_PUBACK << 4 && was < DPS_MQTT_PINGREQ << 4) {
        s->acks--;
        memmove(s->ack, s->ack + 1, sizeof s->ack - sizeof s->ack[0]);
    }
    if (s->store != NULL && s->store->delivery->next(s)) {
        return;
    }
    if (s->acks != 0) {
        s->writing = s->ack[0].first;
        identifier = s->ack[0].packet_identifier;
    } else if (s->ping == SESSION_PING_DUE) {
        s->ping = SESSION_PING_AWAITED;
        s->writing = DPS_MQTT_PINGREQ << 4;
    } else if (s->state == DPS_MQTT_SESSION_DISCONNECTING) {
        s->writing = DPS_MQTT_DISCONNECT << 4;
    } else {
        return;
    }
    dps_mqtt_write_short(&s->writer, s->writing, identifier);
}

const uint8_t *dps_mqtt_session_output(struct dps_mqtt_session *s, size_t *len)
{
    const uint8_t *at;

    if (s->state <= DPS_MQTT_SESSION_ENDED) { /* not one byte more [MQTT-4.8.0-1] */
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
    dps_mqtt_writer_sent(&s->writer, len);
    s->sent_ms = s->now_ms;
    if (s->writing == DPS_MQTT_WRITING_REQUEST || s->ping == SESSION_PING_DUE) {
        s->asked_ms = s->now_ms;
        s->timed = 1;
    }
    dps_mqtt_session_output(s, &len); /* sees when it is out */
}

int dps_mqtt_session_is_idle(const struct dps_mqtt_session *s)
{
    int is_due = s->acks != 0 || s->ping == SESSION_PING_DUE
                 || s->state == DPS_MQTT_SESSION_DISCONNECTING;

    return s->writing == DPS_MQTT_WRITING_NOTHING
           && (s->state == DPS_MQTT_SESSION_ENDED || !is_due);
}

int dps_mqtt_session_is_sending(const struct dps_mqtt_session *s)
{
    return s->writing == DPS_MQTT_WRITING_REQUEST || s->writing == DPS_MQTT_WRITING_QOS_0;
}

/* ---- Input ------------------------------------------------------------------------- */

/* The packet is an answer: what else is awaited has its whole time from now on. */
static enum dps_mqtt_error session_answered(struct dps_mqtt_session *s)
{
    s->asked_ms = s->now_ms;
    return DPS_MQTT_OK;
}

/* 3.2 */
static enum dps_mqtt_error session_connack(struct dps_mqtt_session *s,
                                           const uint8_t *body)
{
    unsigned code = body[1], was = s->state;

    if (was < DPS_MQTT_SESSION_CONNECTING || s->writing == DPS_MQTT_WRITING_REQUEST) {
        return DPS_MQTT_ERR_CONNACK_AGAIN;
    }
    s->state = DPS_MQTT_SESSION_CONNECTED;
    s->detail = (uint8_t)code;
    if (code != 0) {
        if (code > 6) {
            code = 6;
        }
        return (enum dps_mqtt_error)(DPS_MQTT_ERR_REFUSED_LEVEL - 1 + code);
    }
    if (body[0] != 0 && was == DPS_MQTT_SESSION_CONNECTING_CLEAN) { /* [MQTT-3.2.2-1] */
        return DPS_MQTT_ERR_SESSION_PRESENT_CLEAN;
    }
    return session_answered(s);
}

void dps_mqtt_session_acknowledge(struct dps_mqtt_session *s, uint8_t first,
                                  uint16_t identifier)
{
    struct dps_mqtt_ack *ack = &s->ack[s->acks++];

    ack->first = first;
    ack->packet_identifier = identifier;
}

/* 3.4, 3.9, 3.11: one that answers nothing, or what is not out yet, is ignored. */
static enum dps_mqtt_error session_answer(struct dps_mqtt_session *s,
                                          struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;
    uint16_t *slot = &s->filters_identifier;

    event->type = DPS_MQTT_NOTHING;
    if (dps_mqtt_session_is_unsent(s, packet->packet_identifier)) {
        return DPS_MQTT_OK;
    }
    if (packet->type == s->filters_answer && packet->packet_identifier == *slot) {
        size_t i = packet->body.len;

        if (i != s->filter_count) { /* [MQTT-3.8.4-5] */
            return DPS_MQTT_ERR_SUBACK_COUNT;
        }
        while (i-- != 0) { /* [MQTT-3.9.3-1] */
            s->filters[i].granted = packet->body.at[i];
        }
    } else {
        slot = dps_mqtt_session_slot(s, packet->packet_identifier);
        if (packet->type != DPS_MQTT_PUBACK || slot == NULL) {
            return DPS_MQTT_OK;
        }
    }
    *slot = 0;
    event->type = packet->type;
    return session_answered(s);
}

enum dps_mqtt_error dps_mqtt_session_packet(struct dps_mqtt_session *s,
                                            struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;

    event->type = packet->type;
    if (packet->type == DPS_MQTT_CONNACK) {
        return session_connack(s, packet->body.at);
    }
    if (s->state >= DPS_MQTT_SESSION_CONNECTING) { /* [MQTT-3.2.0-1] */
        return DPS_MQTT_ERR_CONNACK_FIRST;
    }
    if (packet->type == DPS_MQTT_PUBREL || (packet->flags & DPS_MQTT_FLAG_QOS_2) != 0) {
        return DPS_MQTT_ERR_UNSUPPORTED;
    }
    if (packet->type == DPS_MQTT_PUBLISH) { /* 3.3 */
        if (packet->packet_identifier != 0 && packet->last) { /* [MQTT-4.3.2-2] */
            dps_mqtt_session_acknowledge(s, DPS_MQTT_PUBACK << 4,
                                         packet->packet_identifier);
        }
        return DPS_MQTT_OK;
    }
    if (packet->type == DPS_MQTT_PINGRESP && s->ping == SESSION_PING_AWAITED) {
        s->ping = SESSION_PING_NONE;
    }
    return session_answer(s, event);
}

size_t dps_mqtt_session_input(struct dps_mqtt_session *s, const uint8_t *data, size_t len,
                              struct dps_mqtt_event *event)
{
    size_t taken = 0;
    enum dps_mqtt_error error;

    event->type = DPS_MQTT_NOTHING;
    if (s->writing == DPS_MQTT_WRITING_QOS_0_OUT) { /* what did not come from the peer */
        s->writing = DPS_MQTT_WRITING_NOTHING;
        event->packet.packet_identifier = 0;
        event->type = DPS_MQTT_PUBLISHED;
        return taken;
    }
    while (s->state > DPS_MQTT_SESSION_ENDED && event->type == DPS_MQTT_NOTHING
           && taken != len) {
        /* Slots fill with the last piece of a message: this is between packets. */
        if (s->acks == DPS_MQTT_ACKS) {
            event->type = DPS_MQTT_OUTPUT_FIRST;
            break;
        }
        taken += dps_mqtt_reader_input(&s->reader, data + taken, len - taken,
                                       &event->packet);
        error = (enum dps_mqtt_error)s->reader.error;
        if (event->packet.type != DPS_MQTT_NONE) {
            error = s->store != NULL ? s->store->delivery->packet(s, event)
                                     : dps_mqtt_session_packet(s, event);
        }
        if (error != DPS_MQTT_OK) {
            dps_mqtt_session_end(s, error);
        }
    }
    if (s->state == DPS_MQTT_SESSION_ENDED) {
        event->type = DPS_MQTT_CLOSED;
    }
    return taken;
}

/* ---- Time -------------------------------------------------------------------------- */

/* Milliseconds until `limit` ms have passed since `since`; 0: they have. */
static uint32_t session_left(const struct dps_mqtt_session *s, uint32_t since,
                             uint32_t limit)
{
    uint32_t left = since + limit - s->now_ms;

    return left <= INT32_MAX ? left : 0; /* below 0 it wraps */
}

uint32_t dps_mqtt_session_tick(struct dps_mqtt_session *s, uint32_t now_ms)
{
    uint32_t left, wait = UINT32_MAX;
    uint32_t limit = s->state == DPS_MQTT_SESSION_DISCONNECTING ? DPS_MQTT_CLOSE_MS
                                                                : DPS_MQTT_ANSWER_MS;
    unsigned ack = session_awaits_ack(s);

    s->now_ms = now_ms;
    if (s->state == DPS_MQTT_SESSION_ENDED) {
        return 0;
    }
    if (s->state <= DPS_MQTT_SESSION_CONNECTED && (s->ping | ack) == 0) {
        s->asked_ms = now_ms;
    } else {
        if (s->timed == 0) { /* a call may come long after the tick before it */
            s->asked_ms = now_ms;
        }
        s->timed = 1;
        wait = session_left(s, s->asked_ms, limit);
        if (wait == 0) {
            dps_mqtt_session_end(s, s->state >= DPS_MQTT_SESSION_CONNECTING
                                        ? DPS_MQTT_ERR_NO_CONNACK
                                    : ack != 0 ? DPS_MQTT_ERR_NO_ANSWER
                                               : DPS_MQTT_ERR_NO_PINGRESP);
        }
    }
    /* [MQTT-3.1.2-23]: a packet within every Keep Alive, counted from the last one sent.
     * A quarter before the end leaves the network that long to carry it. */
    if (s->state == DPS_MQTT_SESSION_CONNECTED && s->keep_alive_s != 0) {
        left = session_left(s, s->sent_ms, s->keep_alive_s * (uint32_t)750);
        if (left == 0) {
            left = DPS_MQTT_ANSWER_MS;
            if (s->writing != DPS_MQTT_PINGREQ << 4) { /* a stuck one needs no second */
                s->ping = SESSION_PING_DUE;
            }
        }
        if (left < wait) {
            wait = left;
        }
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
