/* SPDX-License-Identifier: MIT
 *
 * Packets to bytes. A packet is the fixed header and a list of pieces:
 *
 *     CONNECT      variable header, each string of the payload
 *     PUBLISH      topic, packet identifier or nothing, three pieces of payload
 *     SUBSCRIBE    packet identifier; then, filter by filter, topic filter and QoS
 *     all others   what follows the fixed header
 *
 * To begin a packet is to put its pieces in wire order; texts are checked as they are
 * put, and what is wrong is kept in `error`. writer_end() adds up the remaining length
 * and makes the fixed header. The two bytes of a string's length (1.5.3) are made when
 * the string's turn comes. */
#include "mqtt/writer.h"

#include <string.h>

#include "mqtt/inner.h"

enum { WRITER_LENGTH_MAX = 268435455 }; /* 2.2.3 */

/* ---- Putting pieces ---------------------------------------------------------------- */

static void writer_put(struct dps_mqtt_writer *w, const uint8_t *at, size_t len)
{
    struct dps_bytes *piece = &w->list[w->pieces++];

    piece->at = at;
    piece->len = len;
}

/* What follows the fixed header, or a PUBLISH's topic, in all but CONNECT. */
static void writer_identifier(struct dps_mqtt_writer *w, unsigned identifier, size_t len)
{
    w->variable_header[0] = (uint8_t)(identifier >> 8);
    w->variable_header[1] = (uint8_t)identifier;
    writer_put(w, w->variable_header, len);
}

/* What is too long for the peer's field is too long for ours. */
enum { WRITER_APART = DPS_MQTT_ERR_FIELD_LENGTH - DPS_MQTT_ERR_STRING_LENGTH };
typedef char writer_errors_fit[(int)WRITER_APART == (int)DPS_MQTT_TEXT_OWN ? 1 : -1];

static void writer_check(struct dps_mqtt_writer *w, const struct dps_bytes *string,
                         enum dps_mqtt_text_kind kind)
{
    enum dps_mqtt_error error = dps_mqtt_text_check(string->at, string->len, kind);

    if (error != DPS_MQTT_OK) {
        w->error = (uint8_t)(error - DPS_MQTT_TEXT_OWN);
    }
}

void dps_mqtt_writer_string(struct dps_mqtt_writer *w, const struct dps_bytes *string,
                            enum dps_mqtt_text_kind kind)
{
    w->prefixed |= (uint8_t)(1u << w->pieces);
    writer_put(w, string->at, string->len);
    writer_check(w, string, kind);
}

/* 2.2: the first byte and the shortest form of the remaining length, which is `length`
 * and all pieces. */
static enum dps_mqtt_error writer_end(struct dps_mqtt_writer *w, unsigned first,
                                      uint32_t length)
{
    unsigned i, prefixed = w->prefixed;

    for (i = 0; i < w->pieces; i++, prefixed >>= 1) {
        length += (uint32_t)w->list[i].len + (prefixed & 1) * 2;
        if (w->list[i].len > WRITER_LENGTH_MAX || length > WRITER_LENGTH_MAX) {
            w->error = DPS_MQTT_ERR_PACKET_LENGTH; /* before a sum can wrap */
        }
    }
    if (w->error != DPS_MQTT_OK) {
        w->pieces = 0;
        w->filters_left = 0;
        return (enum dps_mqtt_error)w->error;
    }
    w->made[0] = (uint8_t)first;
    w->end = 1;
    do {
        w->made[w->end] = (uint8_t)(length | 0x80u);
        length >>= 7;
        w->end++;
    } while (length != 0);
    w->made[w->end - 1] &= 0x7fu;
    return DPS_MQTT_OK;
}

/* ---- 3.1 CONNECT ------------------------------------------------------------------- */

void dps_mqtt_connect_begin(struct dps_mqtt_writer *w, const struct dps_mqtt_connect *c)
{
    uint8_t *header = w->variable_header;

    dps_mqtt_writer_init(w);
    memcpy(header, "\0\4MQTT\4", 7); /* 3.1.2.1, 3.1.2.2 */
    header[8] = (uint8_t)(c->keep_alive_s >> 8);
    header[9] = (uint8_t)c->keep_alive_s;
    writer_put(w, header, DPS_MQTT_VARIABLE_HEADER);
    dps_mqtt_writer_string(w, &c->client_id, DPS_MQTT_TEXT_STRING); /* [MQTT-3.1.3-3] */
    if (c->clean_session != 0) {
        header[DPS_MQTT_CONNECT_FLAGS] = DPS_MQTT_CONNECT_CLEAN_SESSION;
    } else if (c->client_id.len == 0) {
        w->error = DPS_MQTT_ERR_CLIENT_ID; /* [MQTT-3.1.3-7] */
    }
}

enum dps_mqtt_error dps_mqtt_connect_end(struct dps_mqtt_writer *w,
                                         const struct dps_mqtt_connect *c)
{
    uint8_t *flags = &w->variable_header[DPS_MQTT_CONNECT_FLAGS];

    if (c->user_name.at != NULL) {
        *flags |= DPS_MQTT_CONNECT_USER_NAME;
        dps_mqtt_writer_string(w, &c->user_name, DPS_MQTT_TEXT_STRING);
    }
    if (c->password.at != NULL) {
        if (c->user_name.at == NULL) {
            w->error = DPS_MQTT_ERR_PASSWORD_ALONE; /* [MQTT-3.1.2-22] */
        }
        *flags |= DPS_MQTT_CONNECT_PASSWORD;
        dps_mqtt_writer_string(w, &c->password, DPS_MQTT_TEXT_BINARY);
    }
    return writer_end(w, DPS_MQTT_CONNECT << 4, 0);
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
    unsigned first = DPS_MQTT_PUBLISH << 4 | (unsigned)p->qos << DPS_MQTT_FLAG_QOS_SHIFT;
    size_t identifier_len = 0; /* [MQTT-2.3.1-5] */

    dps_mqtt_writer_init(w);
    if (p->retain != 0) {
        first |= DPS_MQTT_FLAG_RETAIN;
    }
    if (p->qos > 2) { /* [MQTT-3.3.1-4] */
        w->error = DPS_MQTT_ERR_QOS_VALUE;
    }
    if (p->qos != 0) {
        identifier_len = 2;
        if (dup) {
            first |= DPS_MQTT_FLAG_DUP; /* [MQTT-3.3.1-2] */
        }
    }
    dps_mqtt_writer_string(w, &p->topic, DPS_MQTT_TEXT_TOPIC_NAME);
    writer_identifier(w, packet_identifier, identifier_len);
    memcpy(w->list + w->pieces, p->payload, sizeof p->payload);
    w->pieces += DPS_MQTT_PAYLOAD_PIECES;
    return writer_end(w, first, 0);
}

/* ---- 3.8 SUBSCRIBE, 3.10 UNSUBSCRIBE ----------------------------------------------- */

/* Puts the next filter and its QoS in place of what is out. */
static void writer_load_filter(struct dps_mqtt_writer *w)
{
    const struct dps_mqtt_filter *filter = w->filters++;

    w->filters_left--;
    w->piece = 0;
    w->pieces = 0;
    w->prefixed = 1;
    writer_put(w, filter->topic_filter.at, filter->topic_filter.len);
    writer_put(w, &filter->qos, w->qos_len);
}

enum dps_mqtt_error dps_mqtt_write_filters(struct dps_mqtt_writer *w,
                                           enum dps_mqtt_packet_type type,
                                           const struct dps_mqtt_filter *filters,
                                           size_t count, uint16_t packet_identifier)
{
    uint32_t length = 0;

    dps_mqtt_writer_init(w);
    writer_identifier(w, packet_identifier, 2);
    w->qos_len = type == DPS_MQTT_SUBSCRIBE;
    w->filters = filters;
    w->filters_left = (uint16_t)count;
    if (count == 0) {
        w->error = DPS_MQTT_ERR_FILTERS_NONE; /* [MQTT-3.8.3-3] [MQTT-3.10.3-2] */
    }
    if (count > UINT16_MAX) { /* a session counts SUBACK's codes in 16 bits */
        w->error = DPS_MQTT_ERR_PACKET_LENGTH;
    }
    /* Nothing is added to what is too long already: the sum cannot wrap. */
    for (; count != 0 && w->error == DPS_MQTT_OK && length <= WRITER_LENGTH_MAX;
         count--) {
        writer_check(w, &filters->topic_filter, DPS_MQTT_TEXT_TOPIC_FILTER);
        length += 2u + (uint32_t)filters->topic_filter.len + w->qos_len;
        if (filters->qos > 2) {
            w->error = DPS_MQTT_ERR_QOS_VALUE; /* [MQTT-3.8.3-4] */
        }
        filters++;
    }
    return writer_end(w, (unsigned)type << 4 | 2, length); /* [MQTT-3.8.1-1] */
}

/* ---- The rest: nothing to check ---------------------------------------------------- */

void dps_mqtt_write_short(struct dps_mqtt_writer *w, uint8_t first,
                          uint16_t packet_identifier)
{
    dps_mqtt_writer_init(w);
    writer_identifier(w, packet_identifier, packet_identifier != 0 ? 2 : 0);
    writer_end(w, first, 0);
}

void dps_mqtt_write_connack(struct dps_mqtt_writer *w, int session_present, uint8_t code)
{
    unsigned present = session_present && code == 0; /* [MQTT-3.2.2-4] */

    dps_mqtt_writer_init(w);
    writer_identifier(w, present << 8 | code, 2); /* two bytes of another name */
    writer_end(w, DPS_MQTT_CONNACK << 4, 0);
}

void dps_mqtt_write_suback(struct dps_mqtt_writer *w, struct dps_bytes codes,
                           uint16_t packet_identifier)
{
    dps_mqtt_writer_init(w);
    writer_identifier(w, packet_identifier, 2);
    writer_put(w, codes.at, codes.len);
    writer_end(w, DPS_MQTT_SUBACK << 4, 0);
}

/* ---- The verbs --------------------------------------------------------------------- */

void dps_mqtt_writer_init(struct dps_mqtt_writer *w)
{
    memset(w, 0, sizeof *w);
}

const uint8_t *dps_mqtt_writer_output(struct dps_mqtt_writer *w, size_t *len)
{
    struct dps_bytes *piece;

    for (;;) {
        *len = (size_t)(w->end - w->at);
        if (*len != 0) {
            return w->made + w->at;
        }
        if (w->piece == w->pieces) {
            if (w->filters_left == 0) {
                return NULL;
            }
            writer_load_filter(w);
        }
        piece = &w->list[w->piece];
        if ((w->prefixed & 1) != 0) {
            w->prefixed &= 0xfeu;
            w->made[0] = (uint8_t)(piece->len >> 8);
            w->made[1] = (uint8_t)piece->len;
            w->at = 0;
            w->end = 2;
        } else if (piece->len != 0) {
            *len = piece->len;
            return piece->at;
        } else {
            w->piece++;
            w->prefixed >>= 1;
        }
    }
}

void dps_mqtt_writer_sent(struct dps_mqtt_writer *w, size_t len)
{
    struct dps_bytes *piece = &w->list[w->piece];

    if (w->at != w->end) {
        w->at = (uint8_t)(w->at + len);
    } else {
        piece->at += len;
        piece->len -= len;
    }
}
