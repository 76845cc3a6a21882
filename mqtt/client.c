/* SPDX-License-Identifier: MIT
 *
 * The one pump. A byte from the peer: stream -> chunk -> session -> event; a byte to the
 * peer: session -> stream, then one flush a turn. A step is one turn; the next one is due
 * at once until there is an event, or until neither reading nor writing gets on.
 *
 * Half duplex decides the order of a turn. Bytes that were read are taken before
 * anything else, so `input` never waits for `output`; what was written is flushed before
 * more is read; and when the stream says DRAIN_FIRST, reading goes on and the output
 * waits. Only one thing can then stand still: a session with no room for another
 * acknowledgement, on a stream that cannot send it. That is DPS_MQTT_ERR_ACKS_FULL. */
#include "mqtt/client.h"

#include <string.h>

enum {
    CLIENT_NEW,
    CLIENT_OPENING, /* until until_ms */
    CLIENT_UP,
    CLIENT_CLOSING, /* the stream is, until until_ms; CLOSED is told afterwards */
    CLIENT_CUTTING, /* the same, without a word */
    CLIENT_CLOSED
};

/* A stream that wants neither to read nor to write waits for what no poll can see, a
 * random source say: it is asked again after this. */
enum { CLIENT_SOON_MS = 10 };

/* ---- What came of it --------------------------------------------------------------- */

void dps_mqtt_client_abort(struct dps_mqtt_client *c)
{
    if (c->state != CLIENT_CLOSED) {
        c->state = CLIENT_CUTTING;
        c->wait_ms = 0;
    }
}

/* The session said CLOSED. The ranges of enum dps_mqtt_error say what to do; two values
 * have their own advice. */
static void client_ended(struct dps_mqtt_client *c)
{
    unsigned error = c->session.error;

    c->wait_ms = 0;
    c->state = CLIENT_CUTTING;
    if (error == DPS_MQTT_OK) {
        if (c->session.writing == 0) { /* DISCONNECT got through [MQTT-3.14.4-1] */
            c->state = CLIENT_CLOSING;
        }
        return;
    }
    c->failure.layer = DPS_LAYER_MQTT;
    c->failure.error = (uint8_t)error;
    c->failure.advice = DPS_ADVICE_RETRY;
    c->failure.detail = c->session.detail;
    if (error >= DPS_MQTT_ERR_LOST) {
        if (error != DPS_MQTT_ERR_CLOSED) {
            c->failure.layer = DPS_LAYER_TIME;
        }
    } else if (error == DPS_MQTT_ERR_ACKS_FULL
               || (error >= DPS_MQTT_ERR_REFUSED
                   && error != DPS_MQTT_ERR_REFUSED_UNAVAILABLE)) {
        c->failure.advice = DPS_ADVICE_FIX;
    }
}

/* What client_send() says where there is nothing to send; no verb that ends says it. */
enum { CLIENT_IDLE = DPS_STREAM_DONE + 1 };

/* What a verb said. It would block: what it waits for is noted. It got on, or that is the
 * end, which the next turn sees to: that one is due at once. */
static void client_result(struct dps_mqtt_client *c, int result)
{
    const struct dps_stream_class *verbs = c->stream->vtable;

    if (result == DPS_STREAM_AGAIN) {
        int wants = verbs->wants(c->stream);

        c->wants |= (uint8_t)wants;
        if (wants == 0 && c->wait_ms > CLIENT_SOON_MS) {
            c->wait_ms = CLIENT_SOON_MS;
        }
        return;
    }
    if (result == CLIENT_IDLE) {
        return;
    }
    c->wait_ms = 0;
    if (result == DPS_STREAM_FAILED) {
        c->state = CLIENT_CUTTING;
        verbs->why(c->stream, &c->failure);
    } else if (result < 0) {
        dps_mqtt_session_end(&c->session, result == DPS_STREAM_END
                                              ? DPS_MQTT_ERR_CLOSED
                                              : DPS_MQTT_ERR_ACKS_FULL);
    }
}

/* ---- The turns --------------------------------------------------------------------- */

/* Everything that the session has to send, then one flush: one record where it fits. */
static int client_send(struct dps_mqtt_client *c)
{
    const uint8_t *at;
    size_t len;
    int n;

    while ((at = dps_mqtt_session_output(&c->session, &len)) != NULL) {
        n = c->stream->vtable->write(c->stream, at, len);
        if (n <= 0) {
            return n;
        }
        c->unflushed = 1;
        dps_mqtt_session_sent(&c->session, (size_t)n);
    }
    if (c->unflushed == 0) {
        return CLIENT_IDLE;
    }
    n = c->stream->vtable->flush(c->stream);
    if (n != DPS_STREAM_AGAIN) {
        c->unflushed = 0;
    }
    return n;
}

static int client_receive(struct dps_mqtt_client *c)
{
    int n = c->stream->vtable->read(c->stream, c->chunk, sizeof c->chunk);

    if (n > 0) {
        c->chunk_at = 0;
        c->chunk_len = (uint16_t)n;
        n = DPS_STREAM_DONE; /* 2 bytes are not CLIENT_IDLE */
    }
    return n;
}

/* CLIENT_UP: time, input, output, and reading where all that was read is taken. */
static void client_pump(struct dps_mqtt_client *c, uint32_t now_ms,
                        struct dps_mqtt_event *event)
{
    size_t taken;
    int n;

    c->until_ms = now_ms + DPS_MQTT_CLOSE_MS; /* to close, should this turn end it */
    c->wait_ms = dps_mqtt_session_tick(&c->session, now_ms);
    taken = dps_mqtt_session_input(&c->session, c->chunk + c->chunk_at,
                                   (size_t)(c->chunk_len - c->chunk_at), event);
    c->chunk_at = (uint16_t)(c->chunk_at + taken);
    if (event->type == DPS_MQTT_CLOSED) {
        event->type = DPS_MQTT_NOTHING;
        client_ended(c);
        return;
    }
    if (event->type > DPS_MQTT_OUTPUT_FIRST) {
        return;
    }
    event->type = DPS_MQTT_NOTHING;
    n = client_send(c);
    if (c->chunk_at == c->chunk_len) {
        if (n != DPS_STREAM_DRAIN_FIRST) {
            client_result(c, n);
        }
        n = client_receive(c);
    }
    client_result(c, n);
}

/* CLIENT_OPENING: 1 when there is no time left for it. */
static int client_open(struct dps_mqtt_client *c, const struct dps_now *now,
                       struct dps_mqtt_event *event)
{
    int n = c->stream->vtable->open(c->stream, *now);

    if (n > 0) {
        c->state = CLIENT_UP;
        event->type = DPS_MQTT_OPENED;
        return 0;
    }
    if (n != DPS_STREAM_AGAIN || (int32_t)c->wait_ms > 0) {
        client_result(c, n);
        return 0;
    }
    c->failure.layer = DPS_LAYER_TIME;
    c->failure.error = DPS_STREAM_ERR_OPEN_TIME;
    c->failure.advice = DPS_ADVICE_RETRY;
    return 1;
}

/* DISCONNECT may still wait to be flushed; a stream that cannot do it is cut. */
static void client_close(struct dps_mqtt_client *c, struct dps_mqtt_event *event)
{
    int n = DPS_STREAM_FAILED;

    if (c->state == CLIENT_CLOSING && (int32_t)c->wait_ms > 0) {
        n = client_send(c);
    }
    if (n != DPS_STREAM_AGAIN) {
        n = c->stream->vtable->close(c->stream, n < 0);
    }
    if (n == DPS_STREAM_AGAIN) {
        client_result(c, n);
        return;
    }
    c->state = CLIENT_CLOSED;
    c->wait_ms = UINT32_MAX;
    event->type = DPS_MQTT_CLOSED;
}

/* ---- The verbs --------------------------------------------------------------------- */

void dps_mqtt_client_init(struct dps_mqtt_client *c, struct dps_stream *stream,
                          uint8_t *head, size_t head_cap, uint32_t payload_max)
{
    memset(c, 0, sizeof *c); /* CLIENT_NEW, and no failure */
    dps_mqtt_session_init(&c->session, head, head_cap, payload_max);
    c->stream = stream;
}

void dps_mqtt_client_step(struct dps_mqtt_client *c, struct dps_now now,
                          struct dps_mqtt_event *event)
{
    event->type = DPS_MQTT_NOTHING;
    c->wants = 0;
    if (c->state == CLIENT_UP) {
        client_pump(c, now.ms, event);
        return;
    }
    if (c->state == CLIENT_CLOSED) {
        return;
    }
    if (c->state == CLIENT_NEW) {
        c->state = CLIENT_OPENING;
        c->until_ms = now.ms + DPS_MQTT_OPEN_MS;
    }
    c->wait_ms = c->until_ms - now.ms;
    if (c->state != CLIENT_OPENING || client_open(c, &now, event)) {
        client_close(c, event);
    }
}

uint32_t dps_mqtt_client_wait(const struct dps_mqtt_client *c, int *wants)
{
    *wants = c->wants;
    return c->wait_ms;
}

const struct dps_failure *dps_mqtt_client_failure(const struct dps_mqtt_client *c)
{
    return &c->failure;
}
