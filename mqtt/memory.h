/* SPDX-License-Identifier: MIT
 *
 * A store in RAM: an array that the caller places. It keeps messages over connections,
 * not over a restart, and borrows their strings until DPS_MQTT_PUBLISHED. */
#ifndef DPS_MQTT_MEMORY_H
#define DPS_MQTT_MEMORY_H

#include "mqtt/delivery.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dps_mqtt_memory {
    struct dps_mqtt_store store; /* for dps_mqtt_session_keep() */
    /* Private. */
    uint16_t count;
    struct dps_mqtt_kept *entries; /* borrowed */
};

/** Makes an empty store of `cap` entries, 1 to 65,535. Borrows `entries` as long as the
 * store is used. A broker may have some 20 QoS 2 messages on their way at a time: each
 * takes an entry beside those of our own (DPS_MQTT_IN_FLIGHT). */
void dps_mqtt_memory_init(struct dps_mqtt_memory *memory, struct dps_mqtt_kept *entries,
                          uint16_t cap);

#ifdef __cplusplus
}
#endif

#endif
