/* SPDX-License-Identifier: MIT
 *
 * The one pump. A byte from the peer: stream -> chunk -> session -> event; a byte to the
 * peer: session -> stream, then one flush a turn. A step goes round until there is an
 * event, or until neither reading nor writing gets on.
 *
 * Half duplex decides the order of a round. Bytes that were read are taken before
 * anything else, so `input` never waits for `output`; what was written is flushed before
 * more is read; and when the stream says DRAIN_FIRST, reading goes on and the output
 * waits. Only one thing can then stand still: a session with no room for another
 * acknowledgement, on a stream that cannot send it. That is DPS_MQTT_ERR_ACKS_FULL. */
#include "mqtt/client.h"

#include <string.h>

enum {
    CLIENT_OPENING,
    CLIENT_UP,
    CLIENT_CLOSING, /* the stream is, CLOSED is told afterwards */
    CLIENT_CLOSED
};

enum {
    CLIENT_TIMED = 0x01,     /* since_ms is set */
    CLIENT_UNFLUSHED = 0x02, /* written to the stream, and not yet flushed */
    CLIENT_AT_ONCE = 0x04    /* close without a word */
};

/* A stream that wants neither to read nor to write waits for what no poll can see, a
 * random source say: it is asked again after this. */
enum { CLIENT_SOON_MS = 10 };

/* Rounds in one step. A peer may send for ever what makes no event, PINGRESPs say: after
 * these it is the driver's turn to look at its clock. */
enum { CLIENT_ROUNDS = 100 };

/* What a round came to. */
enum { CLIENT_STUCK, CLIENT_MOVED, CLIENT_DRAIN, CLIENT_OVER };

/* ---- Time limits ------------------------------------------------------------------- */

/* Whether `limit` ms have passed since the first call for this state; bounds the wait. */
static int client_is_late(struct dps_mqtt_client *c, uint32_t now_ms, uint32_t limit)
{
    uint32_t elapsed;

    if ((c->flags & CLIENT_TIMED) == 0) {
        c->flags |= CLIENT_TIMED;
        c->since_ms = now_ms;
    }
    elapsed = now_ms - c->since_ms;
    if (elapsed >= limit) {
        return 1;
    }
    c->wait_ms = limit - elapsed;
    return 0;
}

static void client_go(struct dps_mqtt_client *c, uint8_t state)
{
    c->state = state;
    c->flags &= (uint8_t)~CLIENT_TIMED;
}

/* ---- Failures ---------------------------------------------------------------------- */

void dps_mqtt_client_abort(struct dps_mqtt_client *c)
{
    if (c->state != CLIENT_CLOSED) {
        c->flags |= CLIENT_AT_ONCE;
        c->wait_ms = 0;
        client_go(c, CLIENT_CLOSING);
    }
}

/* The ranges of enum dps_mqtt_error say what to do; two values have their own advice. A
 * stream that does not open in time may be tried again. */
static enum dps_advice client_advice(unsigned error)
{
    if (error == DPS_MQTT_ERR_ACKS_FULL) {
        return DPS_ADVICE_FIX;
    }
    return error >= DPS_MQTT_ERR_REFUSED && error < DPS_MQTT_ERR_LOST
                   && error != DPS_MQTT_ERR_REFUSED_UNAVAILABLE
               ? DPS_ADVICE_FIX
               : DPS_ADVICE_RETRY;
}

static void client_fail(struct dps_mqtt_client *c, enum dps_layer layer, unsigned error)
{
    c->failure.layer = (uint8_t)layer;
    c->failure.error = (uint8_t)error;
    c->failure.advice = (uint8_t)client_advice(error);
    dps_mqtt_client_abort(c);
}

static void client_stream_failed(struct dps_mqtt_client *c)
{
    c->stream->vtable->why(c->stream, &c->failure);
    dps_mqtt_client_abort(c);
}

/* The session said CLOSED. */
static void client_session_closed(struct dps_mqtt_client *c)
{
    uint8_t detail;
    enum dps_mqtt_error error = dps_mqtt_session_error(&c->session, &detail);
    int was_silent = error >= DPS_MQTT_ERR_LOST && error != DPS_MQTT_ERR_CLOSED;

    if (error == DPS_MQTT_OK) { /* [MQTT-3.14.4-1] */
        if (!dps_mqtt_session_is_idle(&c->session)) {
            c->flags |= CLIENT_AT_ONCE; /* DISCONNECT did not get through */
        }
        client_go(c, CLIENT_CLOSING);
        return;
    }
    client_fail(c, was_silent ? DPS_LAYER_TIME : DPS_LAYER_MQTT, error);
    c->failure.detail = detail;
}

/* ---- CLIENT_UP: a round of the pump ------------------------------------------------ */

static int client_result(struct dps_mqtt_client *c, int result)
{
    switch (result) {
    case DPS_STREAM_AGAIN:
        c->wants |= (uint8_t)c->stream->vtable->wants(c->stream);
        return CLIENT_STUCK;
    case DPS_STREAM_DRAIN_FIRST:
        return CLIENT_DRAIN;
    case DPS_STREAM_END:
        dps_mqtt_session_end(&c->session); /* told by the next input */
        return CLIENT_MOVED;
    case DPS_STREAM_FAILED:
        client_stream_failed(c);
        return CLIENT_OVER;
    default:
        return CLIENT_MOVED;
    }
}

static int client_flush(struct dps_mqtt_client *c)
{
    int result = c->stream->vtable->flush(c->stream);

    if (result > 0) {
        c->flags &= (uint8_t)~CLIENT_UNFLUSHED;
    }
    return client_result(c, result);
}

/* Everything that the session has to send, then one flush: one record where it fits. */
static int client_send(struct dps_mqtt_client *c)
{
    const uint8_t *at;
    size_t len;

    while ((at = dps_mqtt_session_output(&c->session, &len)) != NULL) {
        int n = c->stream->vtable->write(c->stream, at, len);

        if (n <= 0) {
            return client_result(c, n);
        }
        c->flags |= CLIENT_UNFLUSHED;
        dps_mqtt_session_sent(&c->session, (size_t)n);
    }
    return (c->flags & CLIENT_UNFLUSHED) != 0 ? client_flush(c) : CLIENT_STUCK;
}

static int client_receive(struct dps_mqtt_client *c)
{
    int n = c->stream->vtable->read(c->stream, c->chunk, sizeof c->chunk);

    if (n > 0) {
        c->chunk_at = 0;
        c->chunk_len = (uint16_t)n;
    }
    return client_result(c, n);
}

/* One turn of input, output and reading. */
static int client_round(struct dps_mqtt_client *c, struct dps_mqtt_event *event)
{
    size_t len = (size_t)(c->chunk_len - c->chunk_at);
    int sent, full;

    len = dps_mqtt_session_input(&c->session, c->chunk + c->chunk_at, len, event);
    c->chunk_at = (uint16_t)(c->chunk_at + len);
    full = event->type == DPS_MQTT_OUTPUT_FIRST;
    if (event->type == DPS_MQTT_CLOSED) {
        client_session_closed(c);
        return CLIENT_OVER;
    }
    if (!full && event->type != DPS_MQTT_NOTHING) {
        return CLIENT_OVER;
    }
    sent = client_send(c);
    if (full && sent == CLIENT_DRAIN) {
        client_fail(c, DPS_LAYER_MQTT, DPS_MQTT_ERR_ACKS_FULL);
        return CLIENT_OVER;
    }
    if (sent == CLIENT_OVER || sent == CLIENT_MOVED || c->chunk_at != c->chunk_len) {
        return sent; /* what was read is taken before more is */
    }
    return client_receive(c);
}

static void client_up(struct dps_mqtt_client *c, uint32_t now_ms,
                      struct dps_mqtt_event *event)
{
    unsigned rounds = 0;
    int result;

    dps_mqtt_session_tick(&c->session, now_ms);
    c->wants = 0;
    do {
        result = client_round(c, event);
    } while (result == CLIENT_MOVED && ++rounds < CLIENT_ROUNDS);
    if (result == CLIENT_OVER) {
        return;
    }
    event->type = DPS_MQTT_NOTHING;
    /* Once more: what was sent and what came has moved the limits. */
    c->wait_ms = dps_mqtt_session_tick(&c->session, now_ms);
    if (result == CLIENT_MOVED) {
        c->wait_ms = 0;
    }
}

/* ---- CLIENT_OPENING, CLIENT_CLOSING ------------------------------------------------ */

static void client_open(struct dps_mqtt_client *c, struct dps_now now,
                        struct dps_mqtt_event *event)
{
    int result = c->stream->vtable->open(c->stream, now);

    if (result == DPS_STREAM_FAILED) {
        client_stream_failed(c);
    } else if (result > 0) {
        client_go(c, CLIENT_UP);
        event->type = DPS_MQTT_OPENED;
    } else if (client_is_late(c, now.ms, DPS_MQTT_OPEN_MS)) {
        client_fail(c, DPS_LAYER_TIME, DPS_STREAM_ERR_OPEN_TIME);
    }
}

/* DISCONNECT may still wait to be flushed; a stream that cannot do it in time is cut. */
static void client_shut(struct dps_mqtt_client *c, uint32_t now_ms,
                        struct dps_mqtt_event *event)
{
    int at_once =
        (c->flags & CLIENT_AT_ONCE) != 0 || client_is_late(c, now_ms, DPS_MQTT_CLOSE_MS);

    if (!at_once && (c->flags & CLIENT_UNFLUSHED) != 0) {
        int result = c->stream->vtable->flush(c->stream);

        if (result == DPS_STREAM_AGAIN) {
            return;
        }
        c->flags &= (uint8_t)~CLIENT_UNFLUSHED;
        at_once = result < 0;
    }
    if (c->stream->vtable->close(c->stream, at_once) != DPS_STREAM_AGAIN) {
        client_go(c, CLIENT_CLOSED);
        event->type = DPS_MQTT_CLOSED;
    }
}

/* ---- The verbs --------------------------------------------------------------------- */

void dps_mqtt_client_init(struct dps_mqtt_client *c, struct dps_stream *stream,
                          uint8_t *head, size_t head_cap, uint32_t payload_max)
{
    memset(c, 0, sizeof *c);
    dps_mqtt_session_init(&c->session, head, head_cap, payload_max);
    c->stream = stream;
}

void dps_mqtt_client_step(struct dps_mqtt_client *c, struct dps_now now,
                          struct dps_mqtt_event *event)
{
    memset(event, 0, sizeof *event);
    c->wait_ms = UINT32_MAX;
    if (c->state == CLIENT_OPENING) {
        client_open(c, now, event);
    } else if (c->state == CLIENT_UP) {
        client_up(c, now.ms, event);
    }
    if (c->state == CLIENT_CLOSING) {
        event->type = DPS_MQTT_NOTHING;
        client_shut(c, now.ms, event);
    }
}

uint32_t dps_mqtt_client_wait(const struct dps_mqtt_client *c, int *wants)
{
    *wants = 0;
    if (c->state == CLIENT_CLOSED) {
        return UINT32_MAX;
    }
    *wants = c->state == CLIENT_UP ? c->wants : c->stream->vtable->wants(c->stream);
    if (*wants == 0 && c->wait_ms > CLIENT_SOON_MS) {
        return CLIENT_SOON_MS;
    }
    return c->wait_ms;
}

const struct dps_failure *dps_mqtt_client_failure(const struct dps_mqtt_client *c)
{
    return &c->failure;
}
