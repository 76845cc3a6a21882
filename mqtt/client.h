/* SPDX-License-Identifier: MIT
 *
 * A session on a stream: the one pump. It opens the stream, moves bytes both ways,
 * flushes, closes, and tells the session's events one at a time. It never blocks.
 *
 *     dps_mqtt_client_init(&client, &tls.stream, head, sizeof head, 0);
 *     dps_mqtt_session_connect(&client.session, &connect);
 *     do {
 *         dps_mqtt_client_step(&client, now, &event);
 *         switch (event.type) {       // the next call on client.session belongs here
 *         case DPS_MQTT_CONNECTED: ...
 *         case DPS_MQTT_NOTHING:
 *             ms = dps_mqtt_client_wait(&client, &wants);
 *             wait(ms, wants);
 *         }
 *     } while (event.type != DPS_MQTT_CLOSED);
 *
 * Half duplex in one TLS buffer is the rule it is written for: it drains before it
 * writes and flushes before it reads. */
#ifndef DPS_MQTT_CLIENT_H
#define DPS_MQTT_CLIENT_H

#include "mqtt/session.h"
#include "tls/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dps_mqtt_client {
    /* Private. */
    uint8_t state;
    uint8_t wants;     /* DPS_WANTS_ bits of all that would block in this turn */
    uint8_t unflushed; /* written to the stream, and not yet flushed */
    uint16_t chunk_at, chunk_len; /* read and not yet taken: chunk_at <= chunk_len */
    struct dps_stream *stream;    /* borrowed */
    uint32_t until_ms;            /* when it must be open, or closed */
    uint32_t wait_ms;
    struct dps_failure failure;

    struct dps_mqtt_session session; /* yours: connect, subscribe, publish, disconnect */

    uint8_t chunk[DPS_MQTT_CHUNK]; /* private */
};

/** Makes a client for one connection; `head` and `payload_max` as for the reader.
 * Borrows `stream` until DPS_MQTT_CLOSED. To connect again, init again. */
void dps_mqtt_client_init(struct dps_mqtt_client *client, struct dps_stream *stream,
                          uint8_t *head, size_t head_cap, uint32_t payload_max);

/** Does one turn of what can be done without blocking, and tells one event at most.
 *
 * Tells DPS_MQTT_OPENED, then the session's events; DPS_MQTT_NOTHING: wait, see
 * dps_mqtt_client_wait(), which is 0 while there is more to do. After DPS_MQTT_CLOSED the
 * stream is closed, and dps_mqtt_client_failure() says why; it is told once, then nothing
 * follows. Lends what `event` points to until the next call.
 *
 * The stream has DPS_MQTT_OPEN_MS to open and DPS_MQTT_CLOSE_MS to close. */
void dps_mqtt_client_step(struct dps_mqtt_client *client, struct dps_now now,
                          struct dps_mqtt_event *event);

/** After a step that told nothing: the milliseconds until the next one at the latest, 0:
 * at once. `wants` gets the DPS_WANTS_ bits that make it due earlier. */
uint32_t dps_mqtt_client_wait(const struct dps_mqtt_client *client, int *wants);

/** Ends the connection without a word; the next step tells DPS_MQTT_CLOSED. The orderly
 * way is dps_mqtt_session_disconnect(), which has DPS_MQTT_CLOSE_MS to get through. */
void dps_mqtt_client_abort(struct dps_mqtt_client *client);

/** Why it ended: layer DPS_LAYER_NONE after an orderly end. Lent with the client. */
const struct dps_failure *dps_mqtt_client_failure(const struct dps_mqtt_client *client);

#ifdef __cplusplus
}
#endif

#endif
