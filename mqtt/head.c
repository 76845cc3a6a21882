/* SPDX-License-Identifier: MIT
 *
 * The heads of packets, a byte at a time: fixed header, then what is gathered in the head
 * buffer, which is a PUBLISH up to its payload, or a whole packet of any other type.
 *
 * A packet is refused at the first byte that shows why: type, direction and flags by the
 * first one, a length that cannot be by its last byte; what is gathered is judged when it
 * is whole. Where that byte shows several reasons, the check that stands last names the
 * error: they go from the particular to the general. */
#include "mqtt/inner.h"

/* ---- Tables 2.1 and 2.2, and each packet's remaining length ------------------------ */

/* A row is the least remaining length, in bytes, and these bits. */
enum {
    HEAD_LEAST = 0x0f,
    HEAD_OR_MORE = 0x10, /* bounded by 2.2.3 and by the head buffer alone */
    HEAD_FLAGS_2 = 0x20, /* bits 3 to 0 must be 2, else 0; PUBLISH: see 3.3.1 */
    HEAD_ROLE = 6,       /* bits 6 and 7: the enum dps_mqtt_role that may read it */
    HEAD_CLIENT = DPS_MQTT_CLIENT << HEAD_ROLE,
    HEAD_SERVER = DPS_MQTT_SERVER << HEAD_ROLE,
    HEAD_EITHER = DPS_MQTT_EITHER << HEAD_ROLE
};

static const uint8_t head_form[16] = {
    [0] = 0,                                              /* reserved, 2.2.1 */
    [1] = HEAD_SERVER | HEAD_OR_MORE | 12,                /* CONNECT, 3.1 */
    [2] = HEAD_CLIENT | 2,                                /* CONNACK, 3.2 */
    [3] = HEAD_EITHER | HEAD_OR_MORE | 2,                 /* PUBLISH, 3.3 */
    [4] = HEAD_EITHER | 2,                                /* PUBACK, 3.4 */
    [5] = HEAD_EITHER | 2,                                /* PUBREC, 3.5 */
    [6] = HEAD_EITHER | HEAD_FLAGS_2 | 2,                 /* PUBREL, 3.6 */
    [7] = HEAD_EITHER | 2,                                /* PUBCOMP, 3.7 */
    [8] = HEAD_SERVER | HEAD_FLAGS_2 | HEAD_OR_MORE | 2,  /* SUBSCRIBE, 3.8 */
    [9] = HEAD_CLIENT | HEAD_OR_MORE | 3,                 /* SUBACK, 3.9 */
    [10] = HEAD_SERVER | HEAD_FLAGS_2 | HEAD_OR_MORE | 2, /* UNSUBSCRIBE, 3.10 */
    [11] = HEAD_CLIENT | 2,                               /* UNSUBACK, 3.11 */
    [12] = HEAD_SERVER | 0,                               /* PINGREQ, 3.12 */
    [13] = HEAD_CLIENT | 0,                               /* PINGRESP, 3.13 */
    [14] = HEAD_SERVER | 0,                               /* DISCONNECT, 3.14 */
    [15] = 0,                                             /* reserved, 2.2.1 */
};

static unsigned head_type(const struct dps_mqtt_reader *r)
{
    return (unsigned)r->first >> 4;
}

/* Table 2.4: PUBLISH with a QoS above 0, and what follows it up to UNSUBACK. */
static int head_has_identifier(const struct dps_mqtt_reader *r)
{
    return r->first >= (DPS_MQTT_PUBLISH << 4 | 1 << DPS_MQTT_FLAG_QOS_SHIFT)
           && r->first < DPS_MQTT_PINGREQ << 4;
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
    r->head_len = 0;
    r->topic_len = 0;
    r->packet_identifier = 0;
    r->state = DPS_MQTT_READER_LENGTH;
    if (head_type(r) != DPS_MQTT_PUBLISH) {
        if (flags != ((form & HEAD_FLAGS_2) != 0 ? 2u : 0)) {
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

/* The remaining length is known: can this packet have it, and can we hold it? */
static enum dps_mqtt_error head_length_known(struct dps_mqtt_reader *r)
{
    unsigned form = head_form[head_type(r)];
    unsigned least = form & HEAD_LEAST;
    uint32_t beyond = 0; /* bytes that need no room in the head buffer */
    enum dps_mqtt_error error = DPS_MQTT_ERR_BODY_TOO_LONG;

    /* A body of no bytes is complete. */
    r->state = r->left != 0 ? DPS_MQTT_READER_HEAD : DPS_MQTT_READER_TELLING;
    r->head_len = 0;
    r->payload_total = 0;
    if (head_type(r) == DPS_MQTT_PUBLISH) {
        r->payload_total = r->left - 2;
        beyond = 2 + r->payload_max; /* behind the longest topic that fits */
        error = DPS_MQTT_ERR_PAYLOAD_TOO_LONG;
    }
    if (r->left <= r->head_cap + beyond) {
        error = DPS_MQTT_OK;
    }
    if (r->left != least && (r->left < least || (form & HEAD_OR_MORE) == 0)) {
        error = DPS_MQTT_ERR_BODY_LENGTH;
    }
    return error;
}

/* 2.2.3: seven bits a byte, low ones first, four bytes at most. head_len counts the bits
 * and is below 28 here, so left stays below 2^28 and cannot wrap. */
static enum dps_mqtt_error head_length(struct dps_mqtt_reader *r, uint8_t byte)
{
    r->left |= (uint32_t)(byte & 0x7fu) << r->head_len;
    r->head_len += 7;
    if ((byte & 0x80u) == 0) {
        return head_length_known(r);
    }
    return r->head_len == 28 ? DPS_MQTT_ERR_REMAINING_LENGTH : DPS_MQTT_OK;
}

/* ---- 3.3 PUBLISH ------------------------------------------------------------------- */

static enum dps_mqtt_error head_topic_length(struct dps_mqtt_reader *r)
{
    uint32_t want = head_u16(r->head);
    enum dps_mqtt_error error = DPS_MQTT_OK;

    r->head_len = 0;
    r->topic_len = (uint16_t)want;
    if (head_has_identifier(r)) {
        want += 2;
    }
    r->payload_total = r->left - want;
    if (r->payload_total > r->payload_max) {
        error = DPS_MQTT_ERR_PAYLOAD_TOO_LONG;
    }
    if (r->topic_len == 0) {
        error = DPS_MQTT_ERR_TOPIC_NAME_EMPTY;
    }
    if (want > r->head_cap) {
        error = DPS_MQTT_ERR_TOPIC_TOO_LONG;
    }
    if (want > r->left) {
        error = DPS_MQTT_ERR_FIELD_LENGTH;
    }
    return error;
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

static enum dps_mqtt_error head_suback(const uint8_t *code, const uint8_t *end)
{
    enum dps_mqtt_error error = DPS_MQTT_OK;

    for (; code != end; code++) {
        if (*code > 2 && *code != DPS_MQTT_SUBACK_FAILURE) {
            error = DPS_MQTT_ERR_SUBACK_CODE; /* [MQTT-3.9.3-2] */
        }
    }
    return error;
}

/* All that was wanted is in the head buffer. */
static enum dps_mqtt_error head_gathered(struct dps_mqtt_reader *r)
{
    const uint8_t *at = r->head + r->topic_len;
    enum dps_mqtt_error error = DPS_MQTT_OK;

    if (head_type(r) == DPS_MQTT_PUBLISH) {
        if (r->topic_len == 0) {
            return head_topic_length(r);
        }
        error = dps_mqtt_text_check(r->head, r->topic_len, DPS_MQTT_TEXT_TOPIC_NAME);
    }
    if (head_type(r) == DPS_MQTT_CONNACK) {
        error = head_connack(at);
    }
    if (head_type(r) == DPS_MQTT_SUBACK) {
        error = head_suback(at + 2, r->head + r->head_len);
    }
    if (head_has_identifier(r)) {
        r->packet_identifier = head_u16(at);
        if (r->packet_identifier == 0) {
            error = DPS_MQTT_ERR_PACKET_IDENTIFIER; /* [MQTT-2.3.1-1] */
        }
    }
    r->state = DPS_MQTT_READER_TELLING;
    return error;
}

/* Takes a byte of anything but a payload. */
enum dps_mqtt_error dps_mqtt_head_byte(struct dps_mqtt_reader *r, uint8_t byte)
{
    if (r->state == DPS_MQTT_READER_FIRST) {
        return head_first(r, byte);
    }
    if (r->state == DPS_MQTT_READER_LENGTH) {
        return head_length(r, byte);
    }
    r->head[r->head_len++] = byte;
    r->left--;
    return r->left == r->payload_total ? head_gathered(r) : DPS_MQTT_OK;
}
