/* SPDX-License-Identifier: MIT
 *
 * The registration's requests become calls on the session, and the session's events go
 * to the registration. A step: the time; one turn of the pump; its event; the request
 * that this leads to, which the next turn sends. */
#include "dps/client.h"

#include <string.h>

/* The size that was promised for a 32-bit machine, with the constants' defaults. */
#if DPS_TEXT == 560 && DPS_HEAD == 128 && DPS_MQTT_CHUNK == 128 && DPS_MQTT_ACKS == 4 \
    && DPS_MQTT_IN_FLIGHT == 1 && DPS_OPERATION_ID_MAX == 128
typedef char device_size[sizeof(void *) > 4 || sizeof(struct dps_answer) > DPS_TEXT
                                 || sizeof(struct dps_client) <= 1232
                             ? 1
                             : -1];
#endif

void dps_client_init(struct dps_client *c, const struct dps_config *config,
                     struct dps_stream *stream)
{
    c->wait_ms = 0;
    c->has_begun = 0;
    c->is_sending = 0;
    dps_mqtt_client_init(&c->mqtt, stream, c->head, sizeof c->head, 0);
    dps_registration_init(&c->registration, config);
}

/* ---- Requests ---------------------------------------------------------------------- */

static enum dps_mqtt_error device_subscribe(struct dps_client *c)
{
    c->filter.topic_filter.at = (const uint8_t *)dps_topic_filter;
    c->filter.topic_filter.len = DPS_TOPIC_FILTER_LEN;
    c->filter.qos = c->registration.config->qos;
    return dps_mqtt_session_subscribe(&c->mqtt.session, &c->filter, 1, NULL);
}

/* CONNECT or PUBLISH. */
static enum dps_mqtt_error device_packet(struct dps_client *c, uint32_t utc_s)
{
    int is_connect = c->registration.request == DPS_SEND_CONNECT;
    union dps_packet packet;

    if (dps_registration_packet(&c->registration, utc_s, &packet) != DPS_OK) {
        return DPS_MQTT_OK; /* the request is DPS_CLOSE now */
    }
    if (!is_connect) {
        return dps_mqtt_session_publish(&c->mqtt.session, &packet.publish, NULL);
    }
    c->has_begun = 1;
    return dps_mqtt_session_connect(&c->mqtt.session, &packet.connect);
}

/* A call that the session refuses is made again after the next turn: it is busy, or over
 * and about to say so. */
static void device_send(struct dps_client *c, uint32_t utc_s)
{
    enum dps_mqtt_error error;

    if (c->is_sending) {
        return;
    }
    switch (c->registration.request) {
    case DPS_SEND_CONNECT:
    case DPS_SEND_REGISTER:
    case DPS_SEND_POLL:
        error = device_packet(c, utc_s);
        break;
    case DPS_SEND_SUBSCRIBE:
        error = device_subscribe(c);
        break;
    case DPS_SEND_DISCONNECT:
        error = dps_mqtt_session_disconnect(&c->mqtt.session);
        break;
    default: /* nothing, or DPS_CLOSE, with which the next turn begins */
        return;
    }
    if (error == DPS_MQTT_OK) {
        c->is_sending = 1;
        c->wait_ms = 0;
    }
}

/* ---- Steps ------------------------------------------------------------------------- */

/* A request that is out has its answer awaited. */
static void device_see_sent(struct dps_client *c)
{
    if (c->is_sending && !dps_mqtt_session_is_sending(&c->mqtt.session)) {
        c->is_sending = 0;
        dps_registration_sent(&c->registration);
    }
}

/* One event: what is left to tell, else what comes of the time or a turn of the pump;
 * where that has not begun, the connection is closed already. */
static void device_turn(struct dps_client *c, struct dps_now now,
                        struct dps_event *event)
{
    struct dps_registration *r = &c->registration;
    struct dps_mqtt_event mqtt;

    mqtt.type = DPS_MQTT_NOTHING;
    if (r->tell == DPS_NOTHING) {
        c->wait_ms = dps_registration_tick(r, now.ms);
        if (r->request == DPS_CLOSE) {
            dps_mqtt_client_abort(&c->mqtt);
            mqtt.type = DPS_MQTT_CLOSED;
        }
        if (c->has_begun) {
            dps_mqtt_client_step(&c->mqtt, now, &mqtt);
        }
        if (mqtt.type == DPS_MQTT_CLOSED) {
            dps_registration_fail(r, dps_mqtt_client_failure(&c->mqtt));
        }
        device_see_sent(c); /* the answer may come in the same turn */
    }
    dps_registration_input(r, &mqtt, event);
    if ((mqtt.type | event->type) != 0) {
        c->wait_ms = 0;
    }
}

void dps_client_step(struct dps_client *c, struct dps_now now, struct dps_event *event)
{
    device_turn(c, now, event);
    device_send(c, now.utc_s);
}

uint32_t dps_client_wait(const struct dps_client *c, int *wants)
{
    uint32_t wait_ms = UINT32_MAX;

    *wants = 0;
    if (c->has_begun) {
        wait_ms = dps_mqtt_client_wait(&c->mqtt, wants);
    }
    return wait_ms < c->wait_ms ? wait_ms : c->wait_ms;
}

void dps_client_run(struct dps_client *c, const struct dps_host *host,
                    struct dps_event *event)
{
    for (;;) {
        uint32_t wait_ms;
        int wants;

        dps_client_step(c, host->now(host->context), event);
        wait_ms = dps_client_wait(c, &wants);
        if (event->type != DPS_NOTHING || wait_ms == UINT32_MAX) { /* never: it is over */
            return;
        }
        if (wait_ms != 0) {
            host->wait(host->context, wait_ms, wants);
        }
    }
}

void dps_client_cancel(struct dps_client *c)
{
    static const struct dps_failure cancelled = { DPS_LAYER_CALLER, DPS_ERR_CANCELLED,
                                                  DPS_ADVICE_NONE, 0 };

    dps_registration_fail(&c->registration, &cancelled);
    c->wait_ms = 0;
}

/* ---- What came of it --------------------------------------------------------------- */

const struct dps_assignment *dps_client_assignment(const struct dps_client *c)
{
    return &c->registration.exchange.u.answer.assignment;
}

const struct dps_failure *dps_client_failure(const struct dps_client *c)
{
    return &c->registration.failure;
}

const struct dps_refusal *dps_client_refusal(const struct dps_client *c)
{
    return &c->registration.exchange.u.answer.refusal;
}

const char *dps_client_operation_id(const struct dps_client *c)
{
    return c->registration.exchange.operation_id;
}

uint32_t dps_client_polls(const struct dps_client *c)
{
    return c->registration.polls;
}
