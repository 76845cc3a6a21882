/* SPDX-License-Identifier: MIT
 *
 * The rules of text in packets, in one place: strings (1.5.3), topic names and topic
 * filters (4.7). Reader, writer and server all ask here. */
#include "mqtt/inner.h"
#include "mqtt/utf8.h"

enum dps_mqtt_text dps_mqtt_text_check(const uint8_t *text, size_t len)
{
    struct dps_utf8 utf8 = {0, 0, 0};
    size_t i;

    for (i = 0; i < len; i++) {
        if (!dps_utf8_byte(&utf8, text[i])) {
            return DPS_MQTT_TEXT_UTF8;
        }
        if (text[i] == 0) {
            return DPS_MQTT_TEXT_NUL;
        }
    }
    return utf8.missing == 0 ? DPS_MQTT_TEXT_OK : DPS_MQTT_TEXT_UTF8;
}

enum dps_mqtt_text dps_mqtt_topic_name_check(const uint8_t *text, size_t len)
{
    size_t i;

    if (len == 0) {
        return DPS_MQTT_TEXT_EMPTY;
    }
    for (i = 0; i < len; i++) {
        if (text[i] == '+' || text[i] == '#') {
            return DPS_MQTT_TEXT_WILDCARD;
        }
    }
    return dps_mqtt_text_check(text, len);
}

enum dps_mqtt_text dps_mqtt_topic_filter_check(const uint8_t *text, size_t len)
{
    size_t i;

    if (len == 0) {
        return DPS_MQTT_TEXT_EMPTY;
    }
    for (i = 0; i < len; i++) {
        int begins = i == 0 || text[i - 1] == '/';
        int ends = i + 1 == len;

        if (text[i] == '#' && !(begins && ends)) { /* [MQTT-4.7.1-2] */
            return DPS_MQTT_TEXT_WILDCARD;
        }
        if (text[i] == '+' && !(begins && (ends || text[i + 1] == '/'))) {
            return DPS_MQTT_TEXT_WILDCARD; /* [MQTT-4.7.1-3] */
        }
    }
    return dps_mqtt_text_check(text, len);
}
