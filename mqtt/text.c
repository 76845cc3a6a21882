/* SPDX-License-Identifier: MIT
 *
 * The rules of text in packets, in one place: strings (1.5.3), topic names and topic
 * filters (4.7). Reader, writer and server all ask here. */
#include "mqtt/inner.h"
#include "mqtt/utf8.h"

enum { TEXT_LENGTH_MAX = 65535 }; /* 1.5.3 */

/* The error of a wildcard stands as far from that of the other kind as the kinds do. */
enum { TEXT_WILDCARD = DPS_MQTT_ERR_TOPIC_NAME_WILDCARD - DPS_MQTT_TEXT_TOPIC_NAME };

static int text_is_wildcard(unsigned byte)
{
    return byte == '+' || byte == '#';
}

/* [MQTT-3.3.2-2]: none in a topic name. [MQTT-4.7.1-2] [MQTT-4.7.1-3]: in a topic filter
 * each fills its level, and '#' is the last. */
static int text_wildcard_is_wrong(enum dps_mqtt_text_kind kind, unsigned before,
                                  unsigned byte)
{
    if (text_is_wildcard(byte)) {
        return kind == DPS_MQTT_TEXT_TOPIC_NAME || before != '/';
    }
    return before == '#' || (before == '+' && byte != '/');
}

enum dps_mqtt_error dps_mqtt_text_check(const uint8_t *text, size_t len,
                                        enum dps_mqtt_text_kind kind)
{
    struct dps_utf8 utf8 = { '/' }; /* a level begins here */

    if (len >> 16 != 0) {
        return DPS_MQTT_ERR_FIELD_LENGTH;
    }
    if (kind == DPS_MQTT_TEXT_BINARY) {
        return DPS_MQTT_OK;
    }
    if (len == 0 && kind != DPS_MQTT_TEXT_STRING) {
        return DPS_MQTT_ERR_TOPIC_NAME_EMPTY;
    }
    for (; len != 0; len--) {
        unsigned byte = *text++, before = utf8.before;

        if (byte == 0) {
            return DPS_MQTT_ERR_NUL;
        }
        if (kind != DPS_MQTT_TEXT_STRING && text_wildcard_is_wrong(kind, before, byte)) {
            return kind + TEXT_WILDCARD;
        }
        if (!dps_utf8_byte(&utf8, (uint8_t)byte)) {
            return DPS_MQTT_ERR_UTF8;
        }
    }
    return utf8.before < DPS_UTF8_LEAD ? DPS_MQTT_OK : DPS_MQTT_ERR_UTF8;
}
