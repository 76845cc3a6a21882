/* SPDX-License-Identifier: MIT
 *
 * The heads of packets, a byte at a time: fixed header, then what is gathered in the head
 * buffer, which is a PUBLISH up to its payload, or a whole packet of any other type.
 *
 * A packet is refused at the first byte that shows why: type, direction and flags by the
 * first one, a length that cannot be by its last byte, a SUBACK by its code; what else is
 * gathered is judged when it is whole. Where a byte shows several reasons, the check that
 * stands last names the error: they go from the particular to the general. */
#include "mqtt/inner.h"

/* ---- Tables 2.1 and 2.2, and each packet's remaining length ------------------------ */

/* A row is made of these. A remaining length is 0 where none is named; it is bounded by
 * 2.2.3 and by the head buffer alone where it may be more. */
enum {
    HEAD_OR_MORE = 0x01,
    HEAD_FLAGS_2 = 0x02, /* bits 3 to 0 must be 2, else 0; PUBLISH: see 3.3.1 */
    HEAD_ROLE = 2,       /* bits 2 and 3: the enum dps_mqtt_role that may read it */
    HEAD_CLIENT = DPS_MQTT_CLIENT << HEAD_ROLE,
    HEAD_SERVER = DPS_MQTT_SERVER << HEAD_ROLE,
    HEAD_EITHER = DPS_MQTT_EITHER << HEAD_ROLE,
    HEAD_LENGTH = 4, /* bits 4 to 7: the least remaining length, bytes */
    HEAD_JUST_2 = 2 << HEAD_LENGTH,
    HEAD_LEAST_2 = 2 << HEAD_LENGTH | HEAD_OR_MORE,
    HEAD_LEAST_3 = 3 << HEAD_LENGTH | HEAD_OR_MORE,
    HEAD_LEAST_12 = 12 << HEAD_LENGTH | HEAD_OR_MORE
};

static const uint8_t head_form[16] = {
    [0] = 0,                                          /* reserved, 2.2.1 */
    [1] = HEAD_SERVER | HEAD_LEAST_12,                /* CONNECT, 3.1 */
    [2] = HEAD_CLIENT | HEAD_JUST_2,                  /* CONNACK, 3.2 */
    [3] = HEAD_EITHER | HEAD_LEAST_2,                 /* PUBLISH, 3.3 */
    [4] = HEAD_EITHER | HEAD_JUST_2,                  /* PUBACK, 3.4 */
    [5] = HEAD_EITHER | HEAD_JUST_2,                  /* PUBREC, 3.5 */
    [6] = HEAD_EITHER | HEAD_JUST_2 | HEAD_FLAGS_2,   /* PUBREL, 3.6 */
    [7] = HEAD_EITHER | HEAD_JUST_2,                  /* PUBCOMP, 3.7 */
    [8] = HEAD_SERVER | HEAD_LEAST_2 | HEAD_FLAGS_2,  /* SUBSCRIBE, 3.8 */
    [9] = HEAD_CLIENT | HEAD_LEAST_3,                 /* SUBACK, 3.9 */
    [10] = HEAD_SERVER | HEAD_LEAST_2 | HEAD_FLAGS_2, /* UNSUBSCRIBE, 3.10 */
    [11] = HEAD_CLIENT | HEAD_JUST_2,                 /* UNSUBACK, 3.11 */
    [12] = HEAD_SERVER,                               /* PINGREQ, 3.12 */
    [13] = HEAD_CLIENT,                               /* PINGRESP, 3.13 */
    [14] = HEAD_SERVER,                               /* DISCONNECT, 3.14 */
    [15] = 0,                                         /* reserved, 2.2.1 */
};

static unsigned head_type(const struct dps_mqtt_reader *r)
{
    return (unsigned)r->first >> 4;
}

/* Table 2.4: PUBLISH with a QoS above 0, and what follows it up to UNSUBACK. Behind that
 * no packet has a body to look at. */
static int head_has_identifier(unsigned first)
{
    return first >= (DPS_MQTT_PUBLISH << 4 | 1 << DPS_MQTT_FLAG_QOS_SHIFT);
}

static uint16_t head_u16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

/* ---- 2.2 Fixed header -------------------------------------------------------------- */

static enum dps_mqtt_error head_first(struct dps_mqtt_reader *r, uint8_t byte)
{
    unsigned form = head_form[byte >> 4];
    unsigned flags = byte & 0x0fu;
    enum dps_mqtt_error error = DPS_MQTT_OK;

    r->first = byte;
    r->topic_len = 0;
    r->packet_identifier = 0;
    r->state = DPS_MQTT_READER_LENGTH;
    if (head_type(r) != DPS_MQTT_PUBLISH) {
        if (flags != (form & HEAD_FLAGS_2)) {
            error = DPS_MQTT_ERR_FLAGS; /* [MQTT-2.2.2-2] */
        }
    } else {
        if (flags >> 1 == DPS_MQTT_FLAG_DUP >> 1) {
            error = DPS_MQTT_ERR_DUP_QOS_0; /* [MQTT-3.3.1-2] */
        }
        if ((flags & DPS_MQTT_FLAG_QOS) == DPS_MQTT_FLAG_QOS) {
            error = DPS_MQTT_ERR_QOS_RESERVED; /* [MQTT-3.3.1-4] */
        }
    }
    if ((form >> HEAD_ROLE & r->role) == 0) {
        error = DPS_MQTT_ERR_DIRECTION;
    }
    if (form == 0) {
        error = DPS_MQTT_ERR_PACKET_TYPE;
    }
    return error;
}

/* A length is known, and with it what is gathered next: the body, or of a PUBLISH first
 * the length of its topic, then the topic and the packet identifier. Can we hold that,
 * and the payload behind it? */
static enum dps_mqtt_error head_gather(struct dps_mqtt_reader *r)
{
    uint32_t want = r->left, payload_max = r->payload_max;
    enum dps_mqtt_error error = DPS_MQTT_OK;

    r->head_left = want;
    if (head_type(r) != DPS_MQTT_PUBLISH) {
        r->payload_total = 0;
        return want > r->head_cap ? DPS_MQTT_ERR_BODY_TOO_LONG : DPS_MQTT_OK;
    }
    want = r->topic_len;
    if (want == 0) {
        payload_max += (uint32_t)r->head_cap; /* the topic is still in it */
    }
    if (want == 0 || (r->first & DPS_MQTT_FLAG_QOS) != 0) {
        want += 2; /* the topic's length, or the packet identifier */
    }
    r->payload_total = r->left - want;
    if (r->payload_total > payload_max) {
        error = DPS_MQTT_ERR_PAYLOAD_TOO_LONG;
    }
    if (want > r->head_cap) {
        error = DPS_MQTT_ERR_TOPIC_TOO_LONG;
    }
    if (want > r->left) {
        error = DPS_MQTT_ERR_FIELD_LENGTH;
    }
    return error;
}

/* 2.2.3: seven bits a byte, low ones first, four bytes at most: so left stays below 2^28
 * and cannot wrap. Behind the last one: can this packet have that length? */
static enum dps_mqtt_error head_length(struct dps_mqtt_reader *r, uint8_t byte)
{
    unsigned next = r->state + 7u;
    unsigned form;

    r->left |= (uint32_t)(byte & 0x7fu) << (r->state - DPS_MQTT_READER_LENGTH);
    if (byte < 0x80) {
        next = DPS_MQTT_READER_BODY;
    }
    r->state = (uint8_t)next;
    if (next != DPS_MQTT_READER_BODY) {
        return DPS_MQTT_OK;
    }
    if (byte >= 0x80) {
        return DPS_MQTT_ERR_REMAINING_LENGTH;
    }
    form = head_form[head_type(r)];
    /* What is above the least: none, or any; what is below it wraps to more than that. */
    if (r->left - (form >> HEAD_LENGTH) > (uint32_t)(form & HEAD_OR_MORE) << 28) {
        return DPS_MQTT_ERR_BODY_LENGTH;
    }
    return head_gather(r);
}

/* ---- 3.2 to 3.14: what was gathered ------------------------------------------------ */

static enum dps_mqtt_error head_connack(const uint8_t *body)
{
    enum dps_mqtt_error error = DPS_MQTT_OK;

    if (body[0] != 0 && body[1] != 0) {
        error = DPS_MQTT_ERR_SESSION_PRESENT_REFUSED; /* [MQTT-3.2.2-4] */
    }
    if (body[0] > 1) {
        error = DPS_MQTT_ERR_CONNACK_FLAGS;
    }
    return error;
}

/* All that was wanted is in the head buffer. */
static enum dps_mqtt_error head_gathered(struct dps_mqtt_reader *r, unsigned first)
{
    const uint8_t *at = r->head + r->topic_len;
    enum dps_mqtt_error error = DPS_MQTT_OK;

    if (first >> 4 == DPS_MQTT_PUBLISH) {
        if (r->topic_len == 0) {
            r->topic_len = head_u16(at);
            return r->topic_len == 0 ? DPS_MQTT_ERR_TOPIC_NAME_EMPTY : head_gather(r);
        }
        error = dps_mqtt_text_check(r->head, r->topic_len, DPS_MQTT_TEXT_TOPIC_NAME);
    }
    if (first == DPS_MQTT_CONNACK << 4) {
        error = head_connack(at);
    }
    if (head_has_identifier(first)) {
        r->packet_identifier = head_u16(at);
        if (r->packet_identifier == 0) {
            error = DPS_MQTT_ERR_PACKET_IDENTIFIER; /* [MQTT-2.3.1-1] */
        }
    }
    return error;
}

enum dps_mqtt_error dps_mqtt_head_byte(struct dps_mqtt_reader *r, uint8_t byte)
{
    unsigned first = r->first;
    uint32_t at;

    if (r->state == DPS_MQTT_READER_FIRST) {
        return head_first(r, byte);
    }
    if (r->state != DPS_MQTT_READER_BODY) {
        return head_length(r, byte);
    }
    at = r->head_left - r->left--;
    r->head[at] = byte;
    if (first == DPS_MQTT_SUBACK << 4 && at >= 2 && byte > 2
        && byte != DPS_MQTT_SUBACK_FAILURE) {
        return DPS_MQTT_ERR_SUBACK_CODE; /* [MQTT-3.9.3-2] */
    }
    return r->left == r->payload_total ? head_gathered(r, first) : DPS_MQTT_OK;
}
