/* SPDX-License-Identifier: MIT
 *
 * The registration's requests become calls on the session, the session's events go to the
 * registration. A step: time; what is left to tell; what is to be sent; one turn of the
 * pump; its event; what that leads to.
 *
 * Sending comes before the pump because CONNECT is queued before the stream is opened,
 * and a close at once must come before another byte goes out. It comes again behind it
 * because the pump makes room: with DPS_MQTT_IN_FLIGHT 1 a poll waits for the PUBACK
 * before it. */
#include "dps/client.h"

#include <string.h>

/* dps_client.flags */
enum {
    DEVICE_BEGUN = 0x01,   /* CONNECT is queued: the pump may run */
    DEVICE_SENDING = 0x02, /* a request is in the session, not yet out */
    DEVICE_AGAIN = 0x04    /* the next step has something to do at once */
};

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
    memset(c, 0, sizeof *c);
    dps_mqtt_client_init(&c->mqtt, stream, c->head, sizeof c->head, 0);
    dps_registration_init(&c->registration, config);
}

/* ---- Requests ---------------------------------------------------------------------- */

static enum dps_mqtt_error device_connect(struct dps_client *c, uint32_t utc_s)
{
    struct dps_mqtt_connect connect;

    if (dps_registration_connect(&c->registration, utc_s, &connect) != DPS_OK) {
        return DPS_MQTT_ERR_STATE; /* the request is DPS_CLOSE now */
    }
    c->flags |= DEVICE_BEGUN;
    return dps_mqtt_session_connect(&c->mqtt.session, &connect);
}

static enum dps_mqtt_error device_subscribe(struct dps_client *c)
{
    static const char filter[] = DPS_TOPIC_FILTER;

    c->filter.topic_filter.at = (const uint8_t *)filter;
    c->filter.topic_filter.len = sizeof filter - 1;
    c->filter.qos = c->registration.config->qos;
    return dps_mqtt_session_subscribe(&c->mqtt.session, &c->filter, 1, NULL);
}

static enum dps_mqtt_error device_publish(struct dps_client *c)
{
    struct dps_mqtt_publish publish;

    dps_registration_publish(&c->registration, &publish);
    return dps_mqtt_session_publish(&c->mqtt.session, &publish, NULL);
}

/* A call that the session refuses is made again after the next turn: it is busy, or over
 * and about to say so. */
static void device_send(struct dps_client *c, uint32_t utc_s)
{
    enum dps_request request = dps_registration_output(&c->registration);
    enum dps_mqtt_error error = DPS_MQTT_OK;

    if ((c->flags & DEVICE_SENDING) != 0 && request != DPS_CLOSE) {
        return;
    }
    switch (request) {
    case DPS_SEND_CONNECT:
        error = device_connect(c, utc_s);
        break;
    case DPS_SEND_SUBSCRIBE:
        error = device_subscribe(c);
        break;
    case DPS_SEND_REGISTER:
    case DPS_SEND_POLL:
        error = device_publish(c);
        break;
    case DPS_SEND_DISCONNECT:
        error = dps_mqtt_session_disconnect(&c->mqtt.session);
        break;
    case DPS_CLOSE:
        dps_mqtt_client_abort(&c->mqtt);
        break;
    case DPS_SEND_NOTHING:
    default:
        return;
    }
    if (error == DPS_MQTT_OK) {
        c->flags |= DEVICE_SENDING | DEVICE_AGAIN;
    }
}

/* A request that is out has its answer awaited; it may come in the same turn. */
static void device_see_sent(struct dps_client *c)
{
    if ((c->flags & DEVICE_SENDING) != 0
        && !dps_mqtt_session_is_sending(&c->mqtt.session)) {
        c->flags &= (uint8_t)~DEVICE_SENDING;
        dps_registration_sent(&c->registration);
    }
}

/* ---- Steps ------------------------------------------------------------------------- */

/* One turn of the pump; where it has not begun, the connection is closed already. */
static void device_turn(struct dps_client *c, struct dps_now now,
                        struct dps_mqtt_event *mqtt)
{
    memset(mqtt, 0, sizeof *mqtt);
    if ((c->flags & DEVICE_BEGUN) != 0) {
        dps_mqtt_client_step(&c->mqtt, now, mqtt);
    } else if (dps_registration_output(&c->registration) == DPS_CLOSE) {
        mqtt->type = DPS_MQTT_CLOSED;
    }
    device_see_sent(c);
    if (mqtt->type == DPS_MQTT_CLOSED
        && dps_mqtt_client_failure(&c->mqtt)->layer != DPS_LAYER_NONE) {
        dps_registration_fail(&c->registration, dps_mqtt_client_failure(&c->mqtt));
    }
    if (mqtt->type != DPS_MQTT_NOTHING) {
        c->flags |= DEVICE_AGAIN;
    }
}

void dps_client_step(struct dps_client *c, struct dps_now now, struct dps_event *event)
{
    struct dps_mqtt_event mqtt;

    c->flags &= (uint8_t)~DEVICE_AGAIN;
    memset(&mqtt, 0, sizeof mqtt);
    dps_registration_input(&c->registration, &mqtt, event);
    if (event->type != DPS_NOTHING) {
        c->flags |= DEVICE_AGAIN;
        return;
    }
    c->wait_ms = dps_registration_tick(&c->registration, now.ms);
    device_send(c, now.utc_s);
    device_turn(c, now, &mqtt);
    dps_registration_input(&c->registration, &mqtt, event);
    device_send(c, now.utc_s);
}

uint32_t dps_client_wait(const struct dps_client *c, int *wants)
{
    uint32_t wait_ms = UINT32_MAX;

    *wants = 0;
    if ((c->flags & DEVICE_BEGUN) != 0) {
        wait_ms = dps_mqtt_client_wait(&c->mqtt, wants);
    }
    if ((c->flags & DEVICE_AGAIN) != 0) {
        return 0;
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
        if (event->type != DPS_NOTHING || dps_registration_is_over(&c->registration)) {
            return;
        }
        wait_ms = dps_client_wait(c, &wants);
        if (wait_ms != 0) {
            host->wait(host->context, wait_ms, wants);
        }
    }
}

void dps_client_cancel(struct dps_client *c)
{
    const struct dps_failure cancelled = { DPS_LAYER_CALLER, DPS_ERR_CANCELLED,
                                           DPS_ADVICE_NONE, 0 };

    dps_registration_fail(&c->registration, &cancelled);
    c->flags |= DEVICE_AGAIN;
}

/* ---- What came of it --------------------------------------------------------------- */

const struct dps_assignment *dps_client_assignment(const struct dps_client *c)
{
    return dps_registration_assignment(&c->registration);
}

const struct dps_failure *dps_client_failure(const struct dps_client *c)
{
    return dps_registration_failure(&c->registration);
}

const struct dps_refusal *dps_client_refusal(const struct dps_client *c)
{
    return dps_registration_refusal(&c->registration);
}

const char *dps_client_operation_id(const struct dps_client *c)
{
    return dps_registration_operation_id(&c->registration);
}

uint32_t dps_client_polls(const struct dps_client *c)
{
    return dps_registration_polls(&c->registration);
}
