/* SPDX-License-Identifier: MIT
 *
 * Registration, session and stream together: what a product calls. It registers one
 * device over one connection, within the configuration's time limit.
 *
 *     dps_client_init(&client, &config, &tls.stream);
 *     do {
 *         dps_client_run(&client, &host, &event);
 *     } while (event.type < DPS_ASSIGNED);
 *     if (event.type == DPS_ASSIGNED) {
 *         hub = dps_client_assignment(&client)->hub;
 *     } else {
 *         dps_failure_text(&client, why, sizeof why);
 *     }
 *
 * Who has a loop of his own calls dps_client_step() there in place of dps_client_run(),
 * and sleeps as dps_client_wait() says. */
#ifndef DPS_CLIENT_H
#define DPS_CLIENT_H

#include "dps/registration.h"
#include "mqtt/client.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Clock and sleep, for dps_client_run(); tls/tcp.h offers POSIX ones. `wait` sleeps at
 * most `ms` milliseconds, less when what `wants` (DPS_WANTS_) says has come true. */
struct dps_host {
    struct dps_now (*now)(void *context);
    void (*wait)(void *context, uint32_t ms, int wants);
    void *context;
};

struct dps_client {
    /* Private: the fields are here so that you can place one; use the functions. */
    uint32_t wait_ms;
    uint8_t has_begun;  /* CONNECT is queued: the pump may run */
    uint8_t is_sending; /* a request is in the session, not yet out */
    struct dps_mqtt_filter filter;
    struct dps_mqtt_client mqtt;
    struct dps_registration registration;
    uint8_t head[DPS_HEAD];
};

/** Makes a client for one registration. Its configuration is checked here; what is wrong
 * with it is told by the first step, before the stream is opened.
 *
 * Borrows `config` and `stream` as long as the client is used. To register again, init
 * again. */
void dps_client_init(struct dps_client *client, const struct dps_config *config,
                     struct dps_stream *stream);

/** Does what can be done without blocking, until there is one event to tell, or
 * DPS_NOTHING. The time limit begins with the first call.
 *
 * DPS_ASSIGNED or DPS_FAILED is told once, when the stream is closed; then nothing
 * follows. The payload told before is provisional until DPS_ASSIGNED.
 *
 * Lends `event->payload` until the next call.
 *
 * Errors: dps_client_failure(). */
void dps_client_step(struct dps_client *client, struct dps_now now,
                     struct dps_event *event);

/** The milliseconds until the next step at the latest, counted from the last one;
 * UINT32_MAX: none is needed. `wants` gets the DPS_WANTS_ bits that make it due
 * earlier. */
uint32_t dps_client_wait(const struct dps_client *client, int *wants);

/** Steps and waits until there is one event, never DPS_NOTHING but after the end. */
void dps_client_run(struct dps_client *client, const struct dps_host *host,
                    struct dps_event *event);

/** Gives up: the connection ends without a word, then DPS_FAILED is told with
 * DPS_ERR_CANCELLED. Ignored when the outcome is decided. */
void dps_client_cancel(struct dps_client *client);

/** After DPS_ASSIGNED. Lent as long as the client. */
const struct dps_assignment *dps_client_assignment(const struct dps_client *client);

/** After DPS_FAILED: layer, error, detail, advice; layer DPS_LAYER_NONE when it has not
 * failed. Lent as long as the client. */
const struct dps_failure *dps_client_failure(const struct dps_client *client);

/** After DPS_FAILED: what the service said; its status is 0 when it said nothing. Lent as
 * long as the client. */
const struct dps_refusal *dps_client_refusal(const struct dps_client *client);

/** The last operation ID that the service told, "" when none. Lent as long as the
 * client. */
const char *dps_client_operation_id(const struct dps_client *client);

/** Polls so far: counted when they go out, with DPS_POLLING. */
uint32_t dps_client_polls(const struct dps_client *client);

/** Writes the failure for a person: what failed, why, what the service said, what to do.
 *
 * NUL-terminated text of at most `cap` - 1 bytes at `out`, `cap` at least 1; control
 * characters of the service's message become blanks. Returns the length of the whole
 * text: `cap` or more, and it was cut. In a file of its own: linked only when called. */
size_t dps_failure_text(const struct dps_client *client, char *out, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
