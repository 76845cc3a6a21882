/* SPDX-License-Identifier: MIT
 *
 * QoS 2 in both directions, and messages that outlive a connection (4.1, 4.3, 4.4): what
 * a session does beyond one connection's QoS 0 and 1. Who does not call
 * dps_mqtt_session_keep() links none of it.
 *
 *     static struct dps_mqtt_kept entries[8];
 *     static struct dps_mqtt_memory memory;
 *
 *     dps_mqtt_memory_init(&memory, entries, 8);             // once
 *     dps_mqtt_session_init(&session, head, sizeof head, 0); // for each connection, or
 *                                                            // dps_mqtt_client_init()
 *     dps_mqtt_session_keep(&session, &memory.store);        // or &client.session
 *     dps_mqtt_session_connect(&session, &connect);          // with clean_session 0
 *
 * On the next connection with CleanSession 0 every message that was not acknowledged goes
 * out again, in its order, before anything new. Until it is out calls say
 * DPS_MQTT_ERR_BUSY, those at DPS_MQTT_CONNECTED too: call again after a step, or when
 * dps_mqtt_session_is_idle(). DPS_MQTT_PUBLISHED then tells the identifier that the call
 * gave on the earlier connection. With Session Present 0, which the event
 * DPS_MQTT_CONNECTED tells, too: the peer may then get a message twice, but none is lost.
 *
 * CleanSession 1 empties the store when CONNACK 0 comes: what the store borrowed is free
 * then, and no DPS_MQTT_PUBLISHED is told of it. */
#ifndef DPS_MQTT_DELIVERY_H
#define DPS_MQTT_DELIVERY_H

#include "mqtt/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One thing that is not yet acknowledged. */
struct dps_mqtt_kept {
    /* What there is to do: DPS_MQTT_PUBLISH, a message of ours to be sent until PUBACK or
     * PUBREC; DPS_MQTT_PUBREL, ours to be sent until PUBCOMP; DPS_MQTT_PUBREC, a message
     * of the peer's that was taken, not to be told again until PUBREL. */
    uint8_t packet_type;
    uint16_t packet_identifier;      /* ours, or with DPS_MQTT_PUBREC the peer's */
    struct dps_mqtt_publish publish; /* with DPS_MQTT_PUBLISH */
};

enum { DPS_MQTT_KEPT_NONE = 65535 }; /* an index behind every entry */

/** Where a session keeps them, in an order: two functions of the caller's, in RAM or in
 * flash. It belongs to one client identifier [MQTT-3.1.3-2]. */
struct dps_mqtt_store {
    /** Gets entry `index` of those there are, counted from 0 in the order they were put;
     * 0: there is none. Lends the strings of `publish` until that entry is taken away. */
    int (*recall)(struct dps_mqtt_store *store, unsigned index,
                  struct dps_mqtt_kept *entry);

    /** Takes entry `index` away, unless it is DPS_MQTT_KEPT_NONE, and puts `entry`,
     * unless it is null, behind all others; both or nothing, should power fail.
     * 0: there is no room, nothing was changed. There is room when one is taken away, and
     * while `left` is above 0 for any entry without a message.
     *
     * Borrows or copies the strings of `entry->publish`, as it likes. */
    int (*change)(struct dps_mqtt_store *store, unsigned index,
                  const struct dps_mqtt_kept *entry);

    uint16_t left; /* entries that still fit; `change` counts */

    /* Private. */
    uint16_t resent, to_resend; /* entries */
    uint16_t index;             /* of `entry`, or DPS_MQTT_KEPT_NONE */
    uint8_t begun;              /* a message of theirs has, and needs an entry */
    struct dps_mqtt_kept entry; /* the last one recalled or put */
    const struct dps_mqtt_delivery *delivery;
};

/** Gives a session its store: between dps_mqtt_session_init(), or dps_mqtt_client_init(),
 * and dps_mqtt_session_connect(). Borrows it as long as the session is used.
 *
 * Then QoS 2 is for dps_mqtt_session_publish() as QoS 1 is, DPS_MQTT_PUBLISHED tells its
 * PUBCOMP, and the call may also say DPS_MQTT_ERR_STORE_FULL. What the store borrows of a
 * message it borrows until DPS_MQTT_PUBLISHED. An incoming QoS 2 message is told once; it
 * counts as taken when its PUBREC leaves: who cannot keep it closes before that. A store
 * that has no room for that ends the session before the message is told
 * (DPS_MQTT_ERR_STORE_FAILED); it ends so, too, when the store holds more messages of
 * ours than DPS_MQTT_IN_FLIGHT.
 *
 * MQTT 3.1.1 sections 4.1, 4.3, 4.4. */
void dps_mqtt_session_keep(struct dps_mqtt_session *session,
                           struct dps_mqtt_store *store);

#ifdef __cplusplus
}
#endif

#endif
