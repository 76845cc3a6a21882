/* SPDX-License-Identifier: MIT
 *
 * One registration, a machine over MQTT events and time, not over bytes: it is told what
 * arrived and says what to send next. It does no I/O and holds no connection, so its
 * states can be explored one by one; dps/client.h drives it. One turn:
 *
 *     wait_ms = dps_registration_tick(&registration, now_ms);
 *     dps_registration_input(&registration, &mqtt_event, &event);
 *     switch (registration.request) {
 *     case DPS_SEND_CONNECT:
 *         dps_registration_packet(&registration, utc_s, &packet); ...
 *     }
 *     ... and once that packet is all out: dps_registration_sent(&registration);
 *
 * The way that succeeds: CONNECT, CONNACK, SUBSCRIBE, SUBACK, the register request,
 * then while the service says "assigning" the wait that it asked for and a poll,
 * DISCONNECT. */
#ifndef DPS_REGISTRATION_H
#define DPS_REGISTRATION_H

#include "dps/config.h"
#include "dps/error.h"
#include "dps/response.h"
#include "mqtt/session.h"
#include "tls/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a device knows when it leaves the factory, and how to use it. Strings are
 * NUL-terminated; all is borrowed as long as the registration. */
struct dps_config {
    const char *id_scope, *registration_id;
    const char *api_version;    /* null: "2019-03-31" */
    const char *client_version; /* null: none; percent-encoded here */
    struct dps_bytes payload;   /* one JSON object for the service, or empty */
    /* Makes the MQTT password, NUL-terminated: its length, 0 or less when it cannot.
     * Null: none is sent (X.509). */
    int (*password)(void *context, const char *id_scope, const char *registration_id,
                    uint32_t utc_s, char *out, size_t cap);
    void *password_context;
    struct dps_random random;   /* required; two bytes are taken */
    uint32_t time_limit_ms;     /* the whole registration: 1 to 2,147,483,647 */
    uint8_t qos;                /* asked for when subscribing: 0, 1 or 2 */
};

/** What happened; the last two end it. */
enum dps_event_type {
    DPS_NOTHING,
    DPS_OPENED,      /* the stream is open */
    DPS_CONNECTED,   /* CONNACK 0 */
    DPS_SUBSCRIBED,  /* granted */
    DPS_REGISTERING, /* the register request goes out */
    DPS_WAITING,     /* the service is assigning: wait_ms until the poll */
    DPS_POLLING,     /* the poll goes out */
    DPS_PAYLOAD,     /* a piece of the returned payload, provisional until DPS_ASSIGNED */
    DPS_ASSIGNED,
    DPS_FAILED
};

/** A field behind which a type stands is set for that type alone. */
struct dps_event {
    uint8_t type;             /* enum dps_event_type */
    uint8_t last;             /* DPS_PAYLOAD: the payload ends with this piece */
    uint8_t granted;          /* DPS_SUBSCRIBED: QoS */
    struct dps_bytes payload; /* DPS_PAYLOAD: raw JSON, lent until the next call */
    uint32_t offset;          /* of the piece, bytes; 0 begins a new payload */
    uint32_t wait_ms;         /* DPS_WAITING */
};

/** What is to be done. */
enum dps_request {
    DPS_SEND_NOTHING,
    DPS_SEND_CONNECT,
    DPS_SEND_SUBSCRIBE,  /* to dps_topic_filter, with the configuration's QoS */
    DPS_SEND_REGISTER,
    DPS_SEND_POLL,
    DPS_SEND_DISCONNECT, /* and close in order */
    DPS_CLOSE            /* close at once: what was lent to send is gone */
};

/** CONNECT, or the PUBLISH of a request. */
union dps_packet {
    struct dps_mqtt_connect connect;
    struct dps_mqtt_publish publish;
};

/** To be read, and written by the functions only. */
struct dps_registration {
    uint8_t state;     /* enum of registration.c */
    uint8_t request;   /* enum dps_request: to be done now, the same one until
                        * dps_registration_sent() or until another is more urgent */
    uint8_t tell;      /* enum dps_event_type: what the next input will tell */
    uint8_t started;   /* tick was called */
    uint8_t has_text;  /* exchange.u is `text` */
    uint8_t reading;   /* the message that comes is the answer */
    const struct dps_config *config; /* borrowed */
    uint32_t now_ms;
    uint32_t left_ms;   /* of the time limit */
    uint32_t wait_ms;   /* of the wait for the next poll, */
    uint32_t wait_s;    /* as the answer says that is being read */
    uint32_t first_rid; /* the register request's; 0: not drawn yet */
    uint32_t polls;     /* so far: counted when they go out, with DPS_POLLING */
    struct dps_failure failure;   /* its layer is DPS_LAYER_NONE while there is none */
    struct dps_exchange exchange; /* the assignment is there after DPS_ASSIGNED; the
                                   * refusal after DPS_FAILED, its status 0 when the
                                   * service did not answer; the operation ID is ""
                                   * when there is none */
};

/** Makes a registration and checks its configuration: when that is not good, it has
 * failed from the start. Borrows `config` as long as the registration is used. */
void dps_registration_init(struct dps_registration *registration,
                           const struct dps_config *config);

/** Tells the time, once a turn, before the other verbs; acts on what is due: the random
 * bytes without which there is no CONNECT, the poll, the end of the time limit, which
 * begins with the first call. `now_ms` may wrap.
 *
 * Returns the milliseconds until something will be due: 0 now, UINT32_MAX never, which is
 * when it is over. */
uint32_t dps_registration_tick(struct dps_registration *registration, uint32_t now_ms);

/** Takes one event of the MQTT session; DPS_MQTT_NOTHING too: what is left over from a
 * call before, see `tell`, is told then, and would be lost behind another event.
 *
 * Lends `event->payload` out of `mqtt` until the next call.
 *
 * Answers to no request, to an earlier one, or to one that is not out yet are taken and
 * ignored. When it is over, told by DPS_ASSIGNED or DPS_FAILED after DPS_MQTT_CLOSED, all
 * is ignored. Errors: `failure`. */
void dps_registration_input(struct dps_registration *registration,
                            const struct dps_mqtt_event *mqtt, struct dps_event *event);

/** Puts together the packet of DPS_SEND_CONNECT, DPS_SEND_REGISTER or DPS_SEND_POLL; may
 * be called again for the same request. `utc_s`: seconds since 1970, 0: not known.
 *
 * Lends its strings until dps_registration_sent() or DPS_CLOSE; then the password is
 * wiped.
 *
 * CONNECT fails, and with it the registration, with
 *   DPS_ERR_CLOCK          utc_s is 0
 *   DPS_ERR_TEXT_TOO_LONG  user name and a byte more do not fit DPS_TEXT
 *   DPS_ERR_PASSWORD       the configuration's function said no
 *
 * "Connecting" in the service's MQTT article. */
enum dps_error dps_registration_packet(struct dps_registration *registration,
                                       uint32_t utc_s, union dps_packet *packet);

/** What was requested is done, a packet all out: from now on its answer is awaited. */
void dps_registration_sent(struct dps_registration *registration);

/** Fails with what went wrong elsewhere, in the session or the stream, before
 * DPS_MQTT_CLOSED tells the end that it led to; ignored when it has failed or succeeded
 * before. */
void dps_registration_fail(struct dps_registration *registration,
                           const struct dps_failure *failure);

#ifdef __cplusplus
}
#endif

#endif
