/* SPDX-License-Identifier: MIT
 *
 * The fields inside CONNECT, SUBSCRIBE and UNSUBSCRIBE. All are read through a window
 * that cannot be overrun: a field longer than what is left is refused where it stands. */
#include "mqtt/server.h"

#include <string.h>

#include "mqtt/inner.h"

/* 3.1.2.3: bits that only a reader sees; the others are in inner.h. */
enum { SERVER_RESERVED = 0x01, SERVER_WILL_QOS = 3 << DPS_MQTT_CONNECT_WILL_QOS_SHIFT };

/* 1.5.3: two bytes of length and the string; lent out of the window. */
static enum dps_mqtt_error server_field(struct dps_bytes *rest, struct dps_bytes *field)
{
    size_t len;

    if (rest->len < 2) {
        return DPS_MQTT_ERR_FIELD_LENGTH;
    }
    len = (size_t)rest->at[0] << 8 | rest->at[1];
    if (len > rest->len - 2) {
        return DPS_MQTT_ERR_FIELD_LENGTH;
    }
    field->at = rest->at + 2;
    field->len = len;
    rest->at += 2 + len;
    rest->len -= 2 + len;
    return DPS_MQTT_OK;
}

/* A field that is text of some kind. */
static enum dps_mqtt_error server_text(struct dps_bytes *rest, struct dps_bytes *field,
                                       enum dps_mqtt_text_kind kind)
{
    enum dps_mqtt_error error = server_field(rest, field);

    if (error != DPS_MQTT_OK) {
        return error;
    }
    return dps_mqtt_text_check(field->at, field->len, kind);
}

/* ---- 3.1 CONNECT ------------------------------------------------------------------- */

/* 3.1.2.3, in the order of the bits. */
static enum dps_mqtt_error server_connect_flags(unsigned flags)
{
    if ((flags & SERVER_RESERVED) != 0) {
        return DPS_MQTT_ERR_CONNECT_FLAGS; /* [MQTT-3.1.2-3] */
    }
    if ((flags & DPS_MQTT_CONNECT_WILL) == 0) {
        if ((flags & (SERVER_WILL_QOS | DPS_MQTT_CONNECT_WILL_RETAIN)) != 0) {
            return DPS_MQTT_ERR_WILL_FLAGS; /* [MQTT-3.1.2-13] [MQTT-3.1.2-15] */
        }
    } else if ((flags & SERVER_WILL_QOS) == SERVER_WILL_QOS) {
        return DPS_MQTT_ERR_WILL_QOS; /* [MQTT-3.1.2-14] */
    }
    if ((flags & DPS_MQTT_CONNECT_USER_NAME) == 0
        && (flags & DPS_MQTT_CONNECT_PASSWORD) != 0) {
        return DPS_MQTT_ERR_PASSWORD_FLAG; /* [MQTT-3.1.2-22] */
    }
    return DPS_MQTT_OK;
}

/* 3.1.2: protocol name, protocol level, Connect Flags, Keep Alive. */
static enum dps_mqtt_error server_connect_header(struct dps_bytes *rest, unsigned *flags,
                                                 struct dps_mqtt_connect *connect)
{
    struct dps_bytes name;
    enum dps_mqtt_error error = server_field(rest, &name);

    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (name.len != 4 || memcmp(name.at, "MQTT", 4) != 0) {
        return DPS_MQTT_ERR_PROTOCOL_NAME;
    }
    if (rest->len < 1) {
        return DPS_MQTT_ERR_FIELD_LENGTH;
    }
    if (rest->at[0] != 4) {
        return DPS_MQTT_ERR_PROTOCOL_LEVEL;
    }
    if (rest->len < 4) {
        return DPS_MQTT_ERR_FIELD_LENGTH;
    }
    *flags = rest->at[1];
    connect->keep_alive_s = (uint16_t)((unsigned)rest->at[2] << 8 | rest->at[3]);
    rest->at += 4;
    rest->len -= 4;
    return server_connect_flags(*flags);
}

/* [MQTT-3.1.3-1]: client identifier, will topic, will message, user name, password. */
static enum dps_mqtt_error server_connect_payload(struct dps_bytes *rest, unsigned flags,
                                                  struct dps_mqtt_connect *connect,
                                                  struct dps_mqtt_will *will)
{
    enum dps_mqtt_error error;

    error = server_text(rest, &connect->client_id, DPS_MQTT_TEXT_STRING);
    if (error == DPS_MQTT_OK && (flags & DPS_MQTT_CONNECT_WILL) != 0) {
        error = server_text(rest, &will->topic, DPS_MQTT_TEXT_TOPIC_NAME);
        if (error == DPS_MQTT_OK) {
            error = server_field(rest, &will->message);
        }
    }
    if (error == DPS_MQTT_OK && (flags & DPS_MQTT_CONNECT_USER_NAME) != 0) {
        error = server_text(rest, &connect->user_name, DPS_MQTT_TEXT_STRING);
    }
    if (error == DPS_MQTT_OK && (flags & DPS_MQTT_CONNECT_PASSWORD) != 0) {
        error = server_field(rest, &connect->password);
    }
    if (error == DPS_MQTT_OK && rest->len != 0) {
        error = DPS_MQTT_ERR_FIELD_LEFT_OVER;
    }
    return error;
}

enum dps_mqtt_error dps_mqtt_read_connect(struct dps_bytes body,
                                          struct dps_mqtt_connect *connect,
                                          struct dps_mqtt_will *will)
{
    enum dps_mqtt_error error;
    unsigned flags = 0;

    memset(connect, 0, sizeof *connect);
    memset(will, 0, sizeof *will);
    error = server_connect_header(&body, &flags, connect);
    if (error == DPS_MQTT_OK) {
        error = server_connect_payload(&body, flags, connect, will);
    }
    if (error != DPS_MQTT_OK) {
        memset(connect, 0, sizeof *connect);
        memset(will, 0, sizeof *will);
        return error;
    }
    connect->clean_session = (flags & DPS_MQTT_CONNECT_CLEAN_SESSION) != 0;
    will->qos = (uint8_t)((flags & SERVER_WILL_QOS) >> DPS_MQTT_CONNECT_WILL_QOS_SHIFT);
    will->retain = (flags & DPS_MQTT_CONNECT_WILL_RETAIN) != 0;
    return DPS_MQTT_OK;
}

/* ---- 3.8 SUBSCRIBE, 3.10 UNSUBSCRIBE ----------------------------------------------- */

/* A topic filter and `behind` bytes; `rest` moves on only when all is there. */
static enum dps_mqtt_error server_filter(struct dps_bytes *rest, size_t behind,
                                         struct dps_bytes *topic_filter)
{
    struct dps_bytes left = *rest, field;
    enum dps_mqtt_error error = server_text(&left, &field, DPS_MQTT_TEXT_TOPIC_FILTER);

    if (error == DPS_MQTT_OK && left.len < behind) {
        error = DPS_MQTT_ERR_FIELD_LENGTH;
    }
    if (error == DPS_MQTT_OK) {
        *topic_filter = field;
        rest->at = left.at + behind;
        rest->len = left.len - behind;
    }
    return error;
}

enum dps_mqtt_error dps_mqtt_read_filter(struct dps_bytes *rest,
                                         struct dps_mqtt_filter *filter)
{
    struct dps_bytes left = *rest, topic_filter;
    enum dps_mqtt_error error;

    if (left.len == 0) {
        return DPS_MQTT_ERR_SUBSCRIBE_EMPTY;
    }
    error = server_filter(&left, 1, &topic_filter);
    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (left.at[-1] > 2) { /* [MQTT-3.8.3-4], reserved bits included */
        return DPS_MQTT_ERR_SUBSCRIBE_QOS;
    }
    filter->topic_filter = topic_filter;
    filter->qos = left.at[-1];
    filter->granted = 0;
    *rest = left;
    return DPS_MQTT_OK;
}

enum dps_mqtt_error dps_mqtt_read_topic_filter(struct dps_bytes *rest,
                                               struct dps_bytes *topic_filter)
{
    if (rest->len == 0) {
        return DPS_MQTT_ERR_UNSUBSCRIBE_EMPTY;
    }
    return server_filter(rest, 0, topic_filter);
}
