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

/* Rounds in one step. A peer may send for ever what makes no event, PINGRESPs say: after
 * these it is the driver's turn to look at its clock. */
enum { CLIENT_ROUNDS = 100 };

/* ---- Failures ---------------------------------------------------------------------- */

void dps_mqtt_client_abort(struct dps_mqtt_client *c)
{
    if (c->state != CLIENT_CLOSED) {
        c->state = CLIENT_CUTTING;
        c->wait_ms = 0;
    }
}

/* The session said CLOSED. The ranges of enum dps_mqtt_error say what to do; two values
 * have their own advice. */
static void client_ended(struct dps_mqtt_client *c, uint32_t now_ms)
{
    unsigned error = c->session.error;

    c->state = CLIENT_CUTTING;
    if (error == DPS_MQTT_OK) {
        if (c->session.writing == 0) { /* DISCONNECT got through [MQTT-3.14.4-1] */
            c->state = CLIENT_CLOSING;
            c->until_ms = now_ms + DPS_MQTT_CLOSE_MS;
        }
        return;
    }
    c->failure.layer = DPS_LAYER_MQTT;
    c->failure.error = (uint8_t)error;
    c->failure.advice = DPS_ADVICE_RETRY;
    c->failure.detail = c->session.detail;
    if (error >= DPS_MQTT_ERR_LOST && error != DPS_MQTT_ERR_CLOSED) {
        c->failure.layer = DPS_LAYER_TIME;
    }
    if (error == DPS_MQTT_ERR_ACKS_FULL
        || (error >= DPS_MQTT_ERR_REFUSED && error < DPS_MQTT_ERR_LOST
            && error != DPS_MQTT_ERR_REFUSED_UNAVAILABLE)) {
        c->failure.advice = DPS_ADVICE_FIX;
    }
}

/* ---- CLIENT_UP: the pump ----------------------------------------------------------- */

/* What came of a verb. Above 0: it got on, or the stream is over and the next round sees
 * to that. DPS_STREAM_AGAIN: what it waits for is noted. Or DPS_STREAM_DRAIN_FIRST. */
static int client_result(struct dps_mqtt_client *c, int result)
{
    const struct dps_stream_class *verbs = c->stream->vtable;

    if (result == DPS_STREAM_AGAIN) {
        c->wants |= (uint8_t)verbs->wants(c->stream);
        if (c->wants == 0 && c->wait_ms > CLIENT_SOON_MS) {
            c->wait_ms = CLIENT_SOON_MS;
        }
    } else if (result == DPS_STREAM_END) {
        dps_mqtt_session_end(&c->session, DPS_MQTT_ERR_CLOSED);
        return DPS_STREAM_DONE;
    } else if (result == DPS_STREAM_FAILED) {
        verbs->why(c->stream, &c->failure);
        c->state = CLIENT_CUTTING;
        return DPS_STREAM_DONE;
    }
    return result;
}

/* Everything that the session has to send, then one flush: one record where it fits. */
static int client_send(struct dps_mqtt_client *c)
{
    const uint8_t *at;
    size_t len;
    int n;

    while ((at = dps_mqtt_session_output(&c->session, &len)) != NULL) {
        n = c->stream->vtable->write(c->stream, at, len);
        if (n <= 0) {
            return client_result(c, n);
        }
        c->unflushed = 1;
        dps_mqtt_session_sent(&c->session, (size_t)n);
    }
    if (c->unflushed == 0) {
        return DPS_STREAM_AGAIN;
    }
    n = c->stream->vtable->flush(c->stream);
    if (n > 0) {
        c->unflushed = 0;
    }
    return client_result(c, n);
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

/* One turn of time, input, output and reading. */
static int client_pump(struct dps_mqtt_client *c, uint32_t now_ms,
                       struct dps_mqtt_event *event)
{
    size_t at = c->chunk_at;
    int sent;

    c->wait_ms = dps_mqtt_session_tick(&c->session, now_ms);
    at += dps_mqtt_session_input(&c->session, c->chunk + at, c->chunk_len - at, event);
    c->chunk_at = (uint16_t)at;
    if (event->type == DPS_MQTT_CLOSED) {
        event->type = DPS_MQTT_NOTHING;
        client_ended(c, now_ms);
        return 1;
    }
    if (event->type > DPS_MQTT_OUTPUT_FIRST) {
        return 0;
    }
    event->type = DPS_MQTT_NOTHING;
    sent = client_send(c);
    if (sent > 0) {
        return 1;
    }
    if (at == c->chunk_len) { /* what was read is taken before more is */
        return client_receive(c);
    }
    if (sent == DPS_STREAM_DRAIN_FIRST) { /* and no slot is free: see above */
        dps_mqtt_session_end(&c->session, DPS_MQTT_ERR_ACKS_FULL);
        return 1;
    }
    return 0;
}

/* ---- CLIENT_OPENING, CLIENT_CLOSING ------------------------------------------------ */

static int client_open(struct dps_mqtt_client *c, struct dps_now now, int late,
                       struct dps_mqtt_event *event)
{
    int result = client_result(c, c->stream->vtable->open(c->stream, now));

    if (result == DPS_STREAM_AGAIN && late) {
        c->failure.layer = DPS_LAYER_TIME;
        c->failure.error = DPS_STREAM_ERR_OPEN_TIME;
        c->failure.advice = DPS_ADVICE_RETRY;
        c->state = CLIENT_CUTTING;
        return 1;
    }
    if (result != DPS_STREAM_AGAIN && c->state == CLIENT_OPENING) {
        c->state = CLIENT_UP;
        event->type = DPS_MQTT_OPENED;
        return 0;
    }
    return result;
}

/* DISCONNECT may still wait to be flushed; a stream that cannot do it is cut. */
static int client_close(struct dps_mqtt_client *c, int at_once,
                        struct dps_mqtt_event *event)
{
    int result = at_once ? DPS_STREAM_FAILED : DPS_STREAM_DONE;

    if (result > 0 && c->unflushed) {
        result = c->stream->vtable->flush(c->stream);
    }
    if (result != DPS_STREAM_AGAIN) {
        c->unflushed = 0;
        result = c->stream->vtable->close(c->stream, result < 0);
    }
    if (client_result(c, result) != DPS_STREAM_AGAIN) {
        c->state = CLIENT_CLOSED;
        c->wait_ms = UINT32_MAX;
        event->type = DPS_MQTT_CLOSED;
    }
    return 0;
}

/* Above 0: it got on, and told nothing yet. */
static int client_round(struct dps_mqtt_client *c, struct dps_now now,
                        struct dps_mqtt_event *event)
{
    int late;

    if (c->state == CLIENT_UP) {
        return client_pump(c, now.ms, event);
    }
    if (c->state == CLIENT_CLOSED) {
        return 0;
    }
    if (c->state == CLIENT_NEW) {
        c->state = CLIENT_OPENING;
        c->until_ms = now.ms + DPS_MQTT_OPEN_MS;
    }
    c->wait_ms = c->until_ms - now.ms;
    late = c->wait_ms - 1 >= INT32_MAX; /* 0, or below it and wrapped */
    if (c->state == CLIENT_OPENING) {
        return client_open(c, now, late, event);
    }
    return client_close(c, late || c->state == CLIENT_CUTTING, event);
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
    unsigned rounds = CLIENT_ROUNDS;

    event->type = DPS_MQTT_NOTHING;
    c->wants = 0;
    while (client_round(c, now, event) > 0) {
        if (--rounds == 0) {
            c->wait_ms = 0;
            return;
        }
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
