/* SPDX-License-Identifier: MIT
 *
 * What only this room's files share. No public header includes it. */
#ifndef DPS_MQTT_INNER_H
#define DPS_MQTT_INNER_H

#include "mqtt/packet.h"

/** What is wrong with a text that stands in a packet; the caller turns it into the value
 * of its own range, because our own bad topic and a peer's are not the same failure. */
enum dps_mqtt_text {
    DPS_MQTT_TEXT_OK,
    DPS_MQTT_TEXT_UTF8,    /* [MQTT-1.5.3-1] */
    DPS_MQTT_TEXT_NUL,     /* [MQTT-1.5.3-2] */
    DPS_MQTT_TEXT_EMPTY,   /* [MQTT-4.7.3-1] */
    DPS_MQTT_TEXT_WILDCARD /* [MQTT-3.3.2-2], [MQTT-4.7.1-2], [MQTT-4.7.1-3] */
};

/** Any UTF-8 encoded string (1.5.3). */
enum dps_mqtt_text dps_mqtt_text_check(const uint8_t *text, size_t len);

/** A topic name: text, not empty, no wildcard (4.7). */
enum dps_mqtt_text dps_mqtt_topic_name_check(const uint8_t *text, size_t len);

/** A topic filter: text, not empty, wildcards where they may stand (4.7.1). */
enum dps_mqtt_text dps_mqtt_topic_filter_check(const uint8_t *text, size_t len);

#endif
