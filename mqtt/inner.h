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
    DPS_MQTT_TEXT_UTF8,           /* [MQTT-1.5.3-1] */
    DPS_MQTT_TEXT_NUL,            /* [MQTT-1.5.3-2] */
    DPS_MQTT_TEXT_EMPTY,          /* [MQTT-4.7.3-1] */
    DPS_MQTT_TEXT_NAME_WILDCARD,  /* [MQTT-3.3.2-2] */
    DPS_MQTT_TEXT_FILTER_WILDCARD /* [MQTT-4.7.1-2], [MQTT-4.7.1-3] */
};

/** What a field is, and with it which rules it must keep. */
enum dps_mqtt_text_kind {
    DPS_MQTT_TEXT_BINARY,      /* none */
    DPS_MQTT_TEXT_STRING,      /* 1.5.3 */
    DPS_MQTT_TEXT_TOPIC_NAME,  /* 4.7: not empty, no wildcard */
    DPS_MQTT_TEXT_TOPIC_FILTER /* 4.7.1: not empty, wildcards where they may stand */
};

/** The first rule that the text breaks. */
enum dps_mqtt_text dps_mqtt_text_check(const uint8_t *text, size_t len,
                                       enum dps_mqtt_text_kind kind);

/** The same of a text that the peer sent: DPS_MQTT_OK or a value in 32..95. */
enum dps_mqtt_error dps_mqtt_peer_text_check(const uint8_t *text, size_t len,
                                             enum dps_mqtt_text_kind kind);

#endif
