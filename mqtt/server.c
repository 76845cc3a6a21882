/* SPDX-License-Identifier: MIT
 *
 * The fields inside CONNECT and SUBSCRIBE. Both are read through a window that cannot
 * be overrun: a field that is longer than what is left is refused where it stands. */
#include "mqtt/server.h"

#include <string.h>

#include "mqtt/inner.h"

/* Table 3.1 and 3.1.2.3: the bits of the Connect Flags. */
enum {
    SERVER_RESERVED = 0x01,
    SERVER_CLEAN_SESSION = 0x02,
    SERVER_WILL = 0x04,
    SERVER_WILL_QOS = 0x18,
    SERVER_WILL_QOS_SHIFT = 3,
    SERVER_WILL_RETAIN = 0x20,
    SERVER_PASSWORD = 0x40,
    SERVER_USER_NAME = 0x80
};

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
    if ((flags & SERVER_WILL) == 0) {
        if ((flags & (SERVER_WILL_QOS | SERVER_WILL_RETAIN)) != 0) {
            return DPS_MQTT_ERR_WILL_FLAGS; /* [MQTT-3.1.2-13] [MQTT-3.1.2-15] */
        }
    } else if ((flags & SERVER_WILL_QOS) == SERVER_WILL_QOS) {
        return DPS_MQTT_ERR_WILL_QOS; /* [MQTT-3.1.2-14] */
    }
    if ((flags & SERVER_USER_NAME) == 0 && (flags & SERVER_PASSWORD) != 0) {
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
                                                  struct dps_mqtt_connect *connect)
{
    enum dps_mqtt_error error;

    error = server_text(rest, &connect->client_id, DPS_MQTT_TEXT_STRING);
    if (error == DPS_MQTT_OK && (flags & SERVER_WILL) != 0) {
        error = server_text(rest, &connect->will_topic, DPS_MQTT_TEXT_TOPIC_NAME);
        if (error == DPS_MQTT_OK) {
            error = server_field(rest, &connect->will_message);
        }
    }
    if (error == DPS_MQTT_OK && (flags & SERVER_USER_NAME) != 0) {
        error = server_text(rest, &connect->user_name, DPS_MQTT_TEXT_STRING);
    }
    if (error == DPS_MQTT_OK && (flags & SERVER_PASSWORD) != 0) {
        error = server_field(rest, &connect->password);
    }
    if (error == DPS_MQTT_OK && rest->len != 0) {
        error = DPS_MQTT_ERR_FIELD_LEFT_OVER;
    }
    return error;
}

enum dps_mqtt_error dps_mqtt_read_connect(struct dps_bytes body,
                                          struct dps_mqtt_connect *connect)
{
    enum dps_mqtt_error error;
    unsigned flags = 0;

    memset(connect, 0, sizeof *connect);
    error = server_connect_header(&body, &flags, connect);
    if (error == DPS_MQTT_OK) {
        error = server_connect_payload(&body, flags, connect);
    }
    if (error != DPS_MQTT_OK) {
        memset(connect, 0, sizeof *connect);
        return error;
    }
    connect->clean_session = (flags & SERVER_CLEAN_SESSION) != 0;
    connect->will_qos = (uint8_t)((flags & SERVER_WILL_QOS) >> SERVER_WILL_QOS_SHIFT);
    connect->will_retain = (flags & SERVER_WILL_RETAIN) != 0;
    return DPS_MQTT_OK;
}

/* ---- 3.8 SUBSCRIBE ----------------------------------------------------------------- */

enum dps_mqtt_error dps_mqtt_read_filter(struct dps_bytes *rest,
                                         struct dps_mqtt_filter *filter)
{
    struct dps_bytes left = *rest;
    struct dps_bytes topic_filter;
    enum dps_mqtt_error error;

    if (left.len == 0) {
        return DPS_MQTT_ERR_SUBSCRIBE_EMPTY;
    }
    error = server_text(&left, &topic_filter, DPS_MQTT_TEXT_TOPIC_FILTER);
    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (left.len == 0) {
        return DPS_MQTT_ERR_FIELD_LENGTH;
    }
    if (left.at[0] > 2) { /* [MQTT-3.8.3-4], reserved bits included */
        return DPS_MQTT_ERR_SUBSCRIBE_QOS;
    }
    filter->topic_filter = topic_filter;
    filter->qos = left.at[0];
    filter->granted = 0;
    rest->at = left.at + 1;
    rest->len = left.len - 1;
    return DPS_MQTT_OK;
}
