/* SPDX-License-Identifier: MIT
 *
 * The rules of text in packets, in one place: strings (1.5.3), topic names and topic
 * filters (4.7). Reader, writer and server all ask here. */
#include "mqtt/inner.h"
#include "mqtt/utf8.h"

/* [MQTT-4.7.1-2] [MQTT-4.7.1-3]: a wildcard fills its level, and '#' is the last one. */
static int text_wildcard_may_stand(const uint8_t *text, size_t len, size_t i)
{
    if (i != 0 && text[i - 1] != '/') {
        return 0;
    }
    return i + 1 == len || (text[i] == '+' && text[i + 1] == '/');
}

enum dps_mqtt_text dps_mqtt_text_check(const uint8_t *text, size_t len,
                                       enum dps_mqtt_text_kind kind)
{
    struct dps_utf8 utf8 = { 0, 0, 0 };
    size_t i;

    if (kind == DPS_MQTT_TEXT_BINARY) {
        return DPS_MQTT_TEXT_OK;
    }
    if (len == 0 && kind != DPS_MQTT_TEXT_STRING) {
        return DPS_MQTT_TEXT_EMPTY;
    }
    for (i = 0; i < len; i++) {
        int wildcard = text[i] == '+' || text[i] == '#';

        if (!dps_utf8_byte(&utf8, text[i])) {
            return DPS_MQTT_TEXT_UTF8;
        }
        if (text[i] == 0) {
            return DPS_MQTT_TEXT_NUL;
        }
        if (wildcard && kind == DPS_MQTT_TEXT_TOPIC_NAME) {
            return DPS_MQTT_TEXT_NAME_WILDCARD;
        }
        if (wildcard && kind == DPS_MQTT_TEXT_TOPIC_FILTER
            && !text_wildcard_may_stand(text, len, i)) {
            return DPS_MQTT_TEXT_FILTER_WILDCARD;
        }
    }
    return utf8.missing == 0 ? DPS_MQTT_TEXT_OK : DPS_MQTT_TEXT_UTF8;
}

enum dps_mqtt_error dps_mqtt_peer_text_check(const uint8_t *text, size_t len,
                                             enum dps_mqtt_text_kind kind)
{
    static const uint8_t error_of[] = {
        [DPS_MQTT_TEXT_OK] = DPS_MQTT_OK,
        [DPS_MQTT_TEXT_UTF8] = DPS_MQTT_ERR_UTF8,
        [DPS_MQTT_TEXT_NUL] = DPS_MQTT_ERR_NUL,
        [DPS_MQTT_TEXT_EMPTY] = DPS_MQTT_ERR_TOPIC_NAME_EMPTY,
        [DPS_MQTT_TEXT_NAME_WILDCARD] = DPS_MQTT_ERR_TOPIC_NAME_WILDCARD,
        [DPS_MQTT_TEXT_FILTER_WILDCARD] = DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD,
    };

    return (enum dps_mqtt_error)error_of[dps_mqtt_text_check(text, len, kind)];
}
