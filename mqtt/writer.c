/* SPDX-License-Identifier: MIT
 *
 * Packets to bytes. A packet is its header and a list of pieces:
 *
 *     CONNECT      fixed and variable header; each string of the payload
 *     PUBLISH      fixed header; topic, packet identifier or none, the payload's pieces
 *     SUBSCRIBE    fixed header, packet identifier; then, filter by filter, topic filter
 *                  and QoS
 *     all others   fixed header, packet identifier or none; codes
 *
 * To begin a packet is to put its pieces in wire order; texts are checked as they are
 * put, the remaining length is counted, and what is wrong is kept in `error`.
 * writer_end() makes the fixed header. The two bytes of a string's length (1.5.3) are
 * made when the string's turn comes. */
#include "mqtt/writer.h"

#include <string.h>

#include "mqtt/inner.h"

enum { WRITER_LENGTH_MAX = 268435455 }; /* 2.2.3 */

/* Marks the length of a piece that is a string: it counts the two bytes before it, which
 * are still to be made. No length has this bit. */
#define WRITER_STRING (SIZE_MAX / 2 + 1)
enum { WRITER_PREFIX = 2 };

/* What is too long for the peer's field is too long for ours. */
enum { WRITER_APART = DPS_MQTT_ERR_FIELD_LENGTH - DPS_MQTT_ERR_STRING_LENGTH };
typedef char writer_errors_fit[(int)WRITER_APART == (int)DPS_MQTT_TEXT_OWN ? 1 : -1];

void dps_mqtt_writer_init(struct dps_mqtt_writer *w)
{
    memset(w, 0, sizeof *w);
}

/* ---- Putting pieces ---------------------------------------------------------------- */

/* A variable header stands at the end of `made`, and ends with a number: the packet
 * identifier, or CONNECT's Keep Alive. */
enum {
    WRITER_MADE = DPS_MQTT_FIXED_HEADER + DPS_MQTT_VARIABLE_HEADER,
    WRITER_NUMBER = WRITER_MADE - 2
};

static void writer_begin(struct dps_mqtt_writer *w, unsigned number, size_t header_len)
{
    dps_mqtt_writer_init(w);
    w->made[WRITER_NUMBER] = (uint8_t)(number >> 8);
    w->made[WRITER_NUMBER + 1] = (uint8_t)number;
    w->now.at = w->made + WRITER_MADE - header_len;
    w->now.len = header_len;
}

static void writer_put(struct dps_mqtt_writer *w, const uint8_t *at, size_t len)
{
    struct dps_bytes *piece = &w->list[w->piece++];

    piece->at = at;
    piece->len = len;
    if (len > WRITER_LENGTH_MAX - w->now.len) {
        w->error = DPS_MQTT_ERR_PACKET_LENGTH;
    } else {
        w->now.len += len;
    }
}

void dps_mqtt_writer_string(struct dps_mqtt_writer *w, const struct dps_bytes *string,
                            enum dps_mqtt_text_kind kind)
{
    enum dps_mqtt_error error;

    writer_put(w, string->at, string->len + WRITER_PREFIX);
    w->list[w->piece - 1].len |= WRITER_STRING;
    error = dps_mqtt_text_check(string->at, string->len, kind);
    if (error != DPS_MQTT_OK) {
        w->error = (uint8_t)(error - DPS_MQTT_TEXT_OWN);
    }
}

/* 2.2: the first byte and the shortest form of the remaining length; the variable header
 * moves up behind them. */
static enum dps_mqtt_error writer_end(struct dps_mqtt_writer *w, unsigned first)
{
    const uint8_t *header = w->now.at;
    size_t length = w->now.len;
    enum dps_mqtt_error error = (enum dps_mqtt_error)w->error;
    uint8_t *at = w->made;

    *at++ = (uint8_t)first;
    do {
        *at++ = (uint8_t)(length | 0x80u);
        length >>= 7;
    } while (length != 0);
    at[-1] &= 0x7fu;
    while (header != w->made + WRITER_MADE) {
        *at++ = *header++;
    }
    w->now.at = w->made;
    w->now.len = (size_t)(at - w->made);
    w->piece = 0;
    if (error != DPS_MQTT_OK) {
        dps_mqtt_writer_init(w);
    }
    return error;
}

/* ---- 3.1 CONNECT ------------------------------------------------------------------- */

void dps_mqtt_connect_begin(struct dps_mqtt_writer *w, const struct dps_mqtt_connect *c)
{
    writer_begin(w, c->keep_alive_s, DPS_MQTT_VARIABLE_HEADER);
    /* 3.1.2.1, 3.1.2.2, and CleanSession 1 */
    memcpy(w->made + DPS_MQTT_FIXED_HEADER, "\0\4MQTT\4\2", 8);
    dps_mqtt_writer_string(w, &c->client_id, DPS_MQTT_TEXT_STRING); /* [MQTT-3.1.3-3] */
    if (c->clean_session == 0) {
        w->made[DPS_MQTT_CONNECT_FLAGS] = 0;
        if (c->client_id.len == 0) {
            w->error = DPS_MQTT_ERR_CLIENT_ID; /* [MQTT-3.1.3-7] */
        }
    }
}

enum dps_mqtt_error dps_mqtt_connect_end(struct dps_mqtt_writer *w,
                                         const struct dps_mqtt_connect *c)
{
    unsigned flags = w->made[DPS_MQTT_CONNECT_FLAGS];

    if (c->user_name.at != NULL) {
        flags |= DPS_MQTT_CONNECT_USER_NAME;
        dps_mqtt_writer_string(w, &c->user_name, DPS_MQTT_TEXT_STRING);
    }
    if (c->password.at != NULL) {
        if (c->user_name.at == NULL) {
            w->error = DPS_MQTT_ERR_PASSWORD_ALONE; /* [MQTT-3.1.2-22] */
        }
        flags |= DPS_MQTT_CONNECT_PASSWORD;
        dps_mqtt_writer_string(w, &c->password, DPS_MQTT_TEXT_BINARY);
    }
    w->made[DPS_MQTT_CONNECT_FLAGS] = (uint8_t)flags;
    return writer_end(w, DPS_MQTT_CONNECT << 4);
}

enum dps_mqtt_error dps_mqtt_write_connect(struct dps_mqtt_writer *w,
                                           const struct dps_mqtt_connect *c)
{
    dps_mqtt_connect_begin(w, c);
    return dps_mqtt_connect_end(w, c);
}

/* ---- 3.3 PUBLISH ------------------------------------------------------------------- */

enum dps_mqtt_error dps_mqtt_write_publish(struct dps_mqtt_writer *w,
                                           const struct dps_mqtt_publish *p, int dup,
                                           uint16_t packet_identifier)
{
    unsigned first = DPS_MQTT_PUBLISH << 4 | (unsigned)p->qos << DPS_MQTT_FLAG_QOS_SHIFT
                     | (p->retain != 0 ? DPS_MQTT_FLAG_RETAIN : 0u);
    unsigned i;

    writer_begin(w, packet_identifier, 0);
    dps_mqtt_writer_string(w, &p->topic, DPS_MQTT_TEXT_TOPIC_NAME);
    if (p->qos != 0) { /* [MQTT-2.3.1-5] */
        writer_put(w, w->made + WRITER_NUMBER, 2);
        if (p->qos > 2) { /* [MQTT-3.3.1-4] */
            w->error = DPS_MQTT_ERR_QOS_VALUE;
        }
        if (dup) {
            first |= DPS_MQTT_FLAG_DUP; /* [MQTT-3.3.1-2] */
        }
    }
    for (i = 0; i < DPS_MQTT_PAYLOAD_PIECES; i++) {
        writer_put(w, p->payload[i].at, p->payload[i].len);
    }
    return writer_end(w, first);
}

/* ---- 3.8 SUBSCRIBE, 3.10 UNSUBSCRIBE ----------------------------------------------- */

enum dps_mqtt_error dps_mqtt_write_filters(struct dps_mqtt_writer *w,
                                           enum dps_mqtt_packet_type type,
                                           const struct dps_mqtt_filter *filters,
                                           size_t count, uint16_t packet_identifier)
{
    enum dps_mqtt_error error;
    unsigned i;

    writer_begin(w, packet_identifier, 2);
    w->qos_len = type == DPS_MQTT_SUBSCRIBE;
    w->filters = filters;
    w->filters_left = (uint16_t)count;
    if (count == 0) {
        w->error = DPS_MQTT_ERR_FILTERS_NONE; /* [MQTT-3.8.3-3] [MQTT-3.10.3-2] */
    }
    if (count > UINT16_MAX) { /* a session counts SUBACK's codes in 16 bits */
        w->error = DPS_MQTT_ERR_PACKET_LENGTH;
    }
    for (i = 0; i < w->filters_left; i++, filters++) {
        w->piece = 0; /* they are checked and counted: output loads them again */
        dps_mqtt_writer_string(w, &filters->topic_filter, DPS_MQTT_TEXT_TOPIC_FILTER);
        writer_put(w, &filters->qos, w->qos_len);
        if (filters->qos > 2) {
            w->error = DPS_MQTT_ERR_QOS_VALUE; /* [MQTT-3.8.3-4] */
        }
    }
    error = writer_end(w, (unsigned)type << 4 | 2); /* [MQTT-3.8.1-1] */
    w->piece = DPS_MQTT_PIECES; /* with the first one */
    return error;
}

/* ---- The rest: nothing to check ---------------------------------------------------- */

void dps_mqtt_write_short(struct dps_mqtt_writer *w, uint8_t first,
                          uint16_t packet_identifier)
{
    writer_begin(w, packet_identifier, packet_identifier != 0 ? 2 : 0);
    writer_end(w, first);
}

void dps_mqtt_write_connack(struct dps_mqtt_writer *w, int session_present, uint8_t code)
{
    unsigned present = session_present && code == 0; /* [MQTT-3.2.2-4] */

    writer_begin(w, present << 8 | code, 2); /* two bytes of another name */
    writer_end(w, DPS_MQTT_CONNACK << 4);
}

void dps_mqtt_write_suback(struct dps_mqtt_writer *w, struct dps_bytes codes,
                           uint16_t packet_identifier)
{
    writer_begin(w, packet_identifier, 2);
    writer_put(w, codes.at, codes.len);
    writer_end(w, DPS_MQTT_SUBACK << 4);
}

/* ---- The verbs --------------------------------------------------------------------- */

/* The next filter and its QoS, in place of what is out. */
static void writer_load_filter(struct dps_mqtt_writer *w)
{
    const struct dps_mqtt_filter *filter = w->filters++;

    w->filters_left--;
    w->piece = 0;
    w->list[0].at = filter->topic_filter.at;
    w->list[0].len = (filter->topic_filter.len + WRITER_PREFIX) | WRITER_STRING;
    w->list[1].at = &filter->qos;
    w->list[1].len = w->qos_len;
}

const uint8_t *dps_mqtt_writer_output(struct dps_mqtt_writer *w, size_t *len)
{
    while (w->now.len == 0) {
        struct dps_bytes *piece = &w->list[w->piece];

        if (w->piece == DPS_MQTT_PIECES) {
            if (w->filters_left == 0) {
                w->now.at = NULL;
                break;
            }
            writer_load_filter(w);
        } else if (piece->len < WRITER_STRING) {
            w->now = *piece;
            w->piece++;
        } else {
            piece->len = (piece->len & ~WRITER_STRING) - WRITER_PREFIX;
            w->made[0] = (uint8_t)(piece->len >> 8);
            w->made[1] = (uint8_t)piece->len;
            w->now.at = w->made;
            w->now.len = WRITER_PREFIX;
        }
    }
    *len = w->now.len;
    return w->now.at;
}

void dps_mqtt_writer_sent(struct dps_mqtt_writer *w, size_t len)
{
    w->now.at += len;
    w->now.len -= len;
}
