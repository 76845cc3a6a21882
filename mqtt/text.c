/* SPDX-License-Identifier: MIT
 *
 * The rules of text in packets, in one place: strings (1.5.3), topic names and topic
 * filters (4.7). Reader, writer and server all ask here. */
#include "mqtt/inner.h"
#include "mqtt/utf8.h"

enum { TEXT_LENGTH_MAX = 65535 }; /* 1.5.3 */

enum dps_mqtt_error dps_mqtt_text_check(const uint8_t *text, size_t len,
                                        enum dps_mqtt_text_kind kind)
{
    struct dps_utf8 utf8 = { 0, 0 };
    unsigned byte, before = '/';

    if (len > TEXT_LENGTH_MAX) {
        return DPS_MQTT_ERR_FIELD_LENGTH;
    }
    if (kind == DPS_MQTT_TEXT_BINARY) {
        return DPS_MQTT_OK;
    }
    if (len == 0 && kind != DPS_MQTT_TEXT_STRING) {
        return DPS_MQTT_ERR_TOPIC_NAME_EMPTY;
    }
    for (; len != 0; len--, before = byte) {
        byte = *text++;
        if (!dps_utf8_byte(&utf8, (uint8_t)byte)) {
            return DPS_MQTT_ERR_UTF8;
        }
        if (byte == 0) {
            return DPS_MQTT_ERR_NUL;
        }
        if (kind == DPS_MQTT_TEXT_STRING) {
            continue;
        }
        /* [MQTT-4.7.1-2] [MQTT-4.7.1-3]: a wildcard fills its level, '#' is the last. */
        if (byte == '+' || byte == '#') {
            if (kind == DPS_MQTT_TEXT_TOPIC_NAME) {
                return DPS_MQTT_ERR_TOPIC_NAME_WILDCARD;
            }
            if (before != '/') {
                return DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD;
            }
        } else if (before == '#' || (before == '+' && byte != '/')) {
            return DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD;
        }
    }
    return utf8.missing == 0 ? DPS_MQTT_OK : DPS_MQTT_ERR_UTF8;
}
