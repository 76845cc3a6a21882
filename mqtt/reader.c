/* SPDX-License-Identifier: MIT
 *
 * Bytes to packets. The path of a byte:
 *
 *   fixed header (2.2)   first byte, then the remaining length, a byte at a time;
 *   PUBLISH (3.3)        topic length, then topic and packet identifier are gathered in
 *                        the head buffer; the payload is lent in pieces, where it lies;
 *   all others (3.x)     the body is gathered whole in the head buffer and checked there.
 *
 * A packet is refused at the first byte that shows why: type, direction and flags by the
 * first one, a length that cannot be by its last byte. */
#include "mqtt/reader.h"

#include <string.h>

#include "mqtt/inner.h"

enum {
    READER_FIRST,        /* between packets */
    READER_LENGTH,       /* the remaining length */
    READER_TOPIC_LENGTH, /* gathering 2 bytes */
    READER_TOPIC,        /* gathering topic and packet identifier */
    READER_PAYLOAD,      /* lending what is left */
    READER_BODY          /* gathering a body whole */
};

/* ---- Tables 2.1 and 2.2, and each packet's remaining length ------------------------ */

enum {
    READER_TO_CLIENT = 1 << DPS_MQTT_CLIENT,
    READER_TO_SERVER = 1 << DPS_MQTT_SERVER,
    READER_BOTH_WAYS = READER_TO_CLIENT | READER_TO_SERVER,
    READER_OR_MORE = 0x80 /* bounded by 2.2.3 and by the head buffer alone */
};

static const struct reader_form {
    uint8_t flags;      /* bits 3 to 0 must be this; PUBLISH checks its own (3.3.1) */
    uint8_t direction;  /* 0: no such packet */
    uint8_t length;     /* the remaining length, bytes; READER_OR_MORE: at least */
} reader_form[16] = {
    [0] = { 0, 0, 0 },                                        /* reserved, 2.2.1 */
    [1] = { 0, READER_TO_SERVER, 12 | READER_OR_MORE },       /* CONNECT, 3.1 */
    [2] = { 0, READER_TO_CLIENT, 2 },                         /* CONNACK, 3.2 */
    [3] = { 0, READER_BOTH_WAYS, 2 | READER_OR_MORE },        /* PUBLISH, 3.3 */
    [4] = { 0, READER_BOTH_WAYS, 2 },                         /* PUBACK, 3.4 */
    [5] = { 0, READER_BOTH_WAYS, 2 },                         /* PUBREC, 3.5 */
    [6] = { 2, READER_BOTH_WAYS, 2 },                         /* PUBREL, 3.6 */
    [7] = { 0, READER_BOTH_WAYS, 2 },                         /* PUBCOMP, 3.7 */
    [8] = { 2, READER_TO_SERVER, 2 | READER_OR_MORE },        /* SUBSCRIBE, 3.8 */
    [9] = { 0, READER_TO_CLIENT, 3 | READER_OR_MORE },        /* SUBACK, 3.9 */
    [10] = { 2, READER_TO_SERVER, 2 | READER_OR_MORE },       /* UNSUBSCRIBE, 3.10 */
    [11] = { 0, READER_TO_CLIENT, 2 },                        /* UNSUBACK, 3.11 */
    [12] = { 0, READER_TO_SERVER, 0 },                        /* PINGREQ, 3.12 */
    [13] = { 0, READER_TO_CLIENT, 0 },                        /* PINGRESP, 3.13 */
    [14] = { 0, READER_TO_SERVER, 0 },                        /* DISCONNECT, 3.14 */
    [15] = { 0, 0, 0 },                                       /* reserved, 2.2.1 */
};

static unsigned reader_type(const struct dps_mqtt_reader *r)
{
    return (unsigned)r->first >> 4;
}

static unsigned reader_qos(const struct dps_mqtt_reader *r)
{
    return (unsigned)(r->first & DPS_MQTT_FLAG_QOS) >> DPS_MQTT_FLAG_QOS_SHIFT;
}

static uint16_t reader_u16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

/* Begins to gather `want` bytes in the head buffer: want <= head_cap, want <= left. */
static void reader_gather(struct dps_mqtt_reader *r, uint8_t state, uint32_t want)
{
    r->state = state;
    r->head_want = want;
    r->head_len = 0;
}

static void reader_tell(const struct dps_mqtt_reader *r, struct dps_mqtt_packet *packet)
{
    memset(packet, 0, sizeof *packet);
    packet->type = (uint8_t)reader_type(r);
    packet->flags = r->first & 0x0fu;
}

/* ---- 2.2 Fixed header -------------------------------------------------------------- */

static enum dps_mqtt_error reader_first(struct dps_mqtt_reader *r, uint8_t byte)
{
    const struct reader_form *form = &reader_form[byte >> 4];
    unsigned flags = byte & 0x0fu;

    r->first = byte;
    r->head_len = 0;
    r->state = READER_LENGTH;
    if (form->direction == 0) {
        return DPS_MQTT_ERR_PACKET_TYPE;
    }
    if (r->role != DPS_MQTT_EITHER && (form->direction >> r->role & 1) == 0) {
        return DPS_MQTT_ERR_DIRECTION;
    }
    if (reader_type(r) != DPS_MQTT_PUBLISH) { /* [MQTT-2.2.2-2] */
        return flags == form->flags ? DPS_MQTT_OK : DPS_MQTT_ERR_FLAGS;
    }
    if (reader_qos(r) == 3) { /* [MQTT-3.3.1-4] */
        return DPS_MQTT_ERR_QOS_RESERVED;
    }
    /* [MQTT-3.3.1-2] */
    return flags >> 1 == DPS_MQTT_FLAG_DUP >> 1 ? DPS_MQTT_ERR_DUP_QOS_0 : DPS_MQTT_OK;
}

/* The remaining length is known: can this packet have it, and can we hold it? */
static enum dps_mqtt_error reader_length_known(struct dps_mqtt_reader *r)
{
    unsigned length = reader_form[reader_type(r)].length;
    uint32_t least = length & ~(unsigned)READER_OR_MORE;

    if (r->left < least || (length == least && r->left > least)) {
        return DPS_MQTT_ERR_BODY_LENGTH;
    }
    if (reader_type(r) != DPS_MQTT_PUBLISH) {
        if (r->left > r->head_cap) {
            return DPS_MQTT_ERR_BODY_TOO_LONG;
        }
        reader_gather(r, READER_BODY, r->left);
        return DPS_MQTT_OK;
    }
    reader_gather(r, READER_TOPIC_LENGTH, 2);
    /* Any topic that fits leaves at least this much payload. */
    if (r->payload_max != 0 && r->left - 2 > r->head_cap
        && r->left - 2 - r->head_cap > r->payload_max) {
        return DPS_MQTT_ERR_PAYLOAD_TOO_LONG;
    }
    return DPS_MQTT_OK;
}

/* 2.2.3: seven bits a byte, low ones first, four bytes at most. head_len counts them and
 * is below 4 here, so left stays below 2^28 and cannot wrap. */
static enum dps_mqtt_error reader_length(struct dps_mqtt_reader *r, uint8_t byte)
{
    r->left |= (uint32_t)(byte & 0x7fu) << 7 * r->head_len;
    r->head_len++;
    if ((byte & 0x80u) == 0) {
        return reader_length_known(r);
    }
    return r->head_len == 4 ? DPS_MQTT_ERR_REMAINING_LENGTH : DPS_MQTT_OK;
}

/* ---- 3.3 PUBLISH ------------------------------------------------------------------- */

static enum dps_mqtt_error reader_topic_length(struct dps_mqtt_reader *r)
{
    uint32_t want = reader_u16(r->head);

    r->topic_len = (uint16_t)want;
    if (reader_qos(r) != 0) {
        want += 2;
    }
    if (want > r->left) {
        return DPS_MQTT_ERR_FIELD_LENGTH;
    }
    if (want > r->head_cap) {
        return DPS_MQTT_ERR_TOPIC_TOO_LONG;
    }
    if (r->topic_len == 0) {
        return DPS_MQTT_ERR_TOPIC_NAME_EMPTY;
    }
    r->payload_total = r->left - want;
    if (r->payload_max != 0 && r->payload_total > r->payload_max) {
        return DPS_MQTT_ERR_PAYLOAD_TOO_LONG;
    }
    reader_gather(r, READER_TOPIC, want);
    return DPS_MQTT_OK;
}

/* Lends what `len` bytes at `data` hold of the payload. */
static size_t reader_payload(struct dps_mqtt_reader *r, const uint8_t *data, size_t len,
                             struct dps_mqtt_packet *packet)
{
    size_t n = len < r->left ? len : r->left;

    reader_tell(r, packet);
    packet->topic.at = r->head;
    packet->topic.len = r->topic_len;
    if (reader_qos(r) != 0) {
        packet->packet_identifier = reader_u16(r->head + r->topic_len);
    }
    packet->body.at = data;
    packet->body.len = n;
    packet->total = r->payload_total;
    packet->offset = r->payload_total - r->left;
    r->left -= (uint32_t)n;
    if (r->left == 0) {
        packet->last = 1;
        r->state = READER_FIRST;
    }
    return n;
}

static enum dps_mqtt_error reader_topic(struct dps_mqtt_reader *r,
                                        struct dps_mqtt_packet *packet)
{
    enum dps_mqtt_error error =
        dps_mqtt_peer_text_check(r->head, r->topic_len, DPS_MQTT_TEXT_TOPIC_NAME);

    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (reader_qos(r) != 0 && reader_u16(r->head + r->topic_len) == 0) {
        return DPS_MQTT_ERR_PACKET_IDENTIFIER;
    }
    r->state = READER_PAYLOAD;
    if (r->left == 0) {
        reader_payload(r, r->head, 0, packet);
    }
    return DPS_MQTT_OK;
}

/* ---- 3.2 to 3.14: bodies that are read whole --------------------------------------- */

static enum dps_mqtt_error reader_connack(const uint8_t *body)
{
    if (body[0] > 1) {
        return DPS_MQTT_ERR_CONNACK_FLAGS;
    }
    /* [MQTT-3.2.2-4] */
    return body[0] != 0 && body[1] != 0 ? DPS_MQTT_ERR_SESSION_PRESENT_REFUSED
                                        : DPS_MQTT_OK;
}

static enum dps_mqtt_error reader_suback(struct dps_bytes codes)
{
    size_t i;

    for (i = 0; i < codes.len; i++) {
        if (codes.at[i] > 2 && codes.at[i] != DPS_MQTT_SUBACK_FAILURE) {
            return DPS_MQTT_ERR_SUBACK_CODE; /* [MQTT-3.9.3-2] */
        }
    }
    return DPS_MQTT_OK;
}

static enum dps_mqtt_error reader_body(struct dps_mqtt_reader *r,
                                       struct dps_mqtt_packet *packet)
{
    unsigned type = reader_type(r);
    enum dps_mqtt_error error = DPS_MQTT_OK;

    reader_tell(r, packet);
    packet->last = 1;
    packet->body.at = r->head;
    packet->body.len = r->head_len;
    /* Table 2.4: which bodies begin with a packet identifier. */
    if (type >= DPS_MQTT_PUBACK && type <= DPS_MQTT_UNSUBACK) {
        packet->packet_identifier = reader_u16(r->head);
        packet->body.at += 2;
        packet->body.len -= 2;
        if (packet->packet_identifier == 0) { /* [MQTT-2.3.1-1] */
            error = DPS_MQTT_ERR_PACKET_IDENTIFIER;
        } else if (type == DPS_MQTT_SUBACK) {
            error = reader_suback(packet->body);
        }
    } else if (type == DPS_MQTT_CONNACK) {
        error = reader_connack(r->head);
    }
    if (error != DPS_MQTT_OK) {
        packet->type = DPS_MQTT_NONE;
        return error;
    }
    r->state = READER_FIRST;
    return DPS_MQTT_OK;
}

/* ---- The verbs --------------------------------------------------------------------- */

void dps_mqtt_reader_init(struct dps_mqtt_reader *r, enum dps_mqtt_role role,
                          uint8_t *head, size_t head_cap, uint32_t payload_max)
{
    memset(r, 0, sizeof *r);
    r->role = (uint8_t)role;
    r->head = head;
    r->head_cap = head_cap;
    r->payload_max = payload_max;
}

/* All that was wanted is in the head buffer. */
static enum dps_mqtt_error reader_gathered(struct dps_mqtt_reader *r,
                                           struct dps_mqtt_packet *packet)
{
    switch (r->state) {
    case READER_TOPIC_LENGTH:
        return reader_topic_length(r);
    case READER_TOPIC:
        return reader_topic(r, packet);
    case READER_BODY:
    default:
        return reader_body(r, packet);
    }
}

/* Takes bytes in a state that gathers: one at least. */
static size_t reader_head(struct dps_mqtt_reader *r, const uint8_t *data, size_t len)
{
    size_t n = (size_t)(r->head_want - r->head_len);

    if (n > len) {
        n = len;
    }
    memcpy(r->head + r->head_len, data, n);
    r->head_len += (uint32_t)n;
    r->left -= (uint32_t)n;
    return n;
}

/* Takes bytes up to the end of what the present state reads. */
static size_t reader_step(struct dps_mqtt_reader *r, const uint8_t *data, size_t len,
                          struct dps_mqtt_packet *packet)
{
    size_t n = 1;
    enum dps_mqtt_error error = DPS_MQTT_OK;

    switch (r->state) {
    case READER_PAYLOAD:
        return reader_payload(r, data, len, packet);
    case READER_FIRST:
        error = reader_first(r, *data);
        break;
    case READER_LENGTH:
        error = reader_length(r, *data);
        break;
    default:
        n = reader_head(r, data, len);
        break;
    }
    /* A body of no bytes is gathered with the last byte of its length. */
    if (error == DPS_MQTT_OK && r->state != READER_LENGTH
        && r->head_len == r->head_want) {
        error = reader_gathered(r, packet);
    }
    r->error = (uint8_t)error;
    return n;
}

size_t dps_mqtt_reader_input(struct dps_mqtt_reader *r, const uint8_t *data, size_t len,
                             struct dps_mqtt_packet *packet)
{
    size_t taken = 0;

    packet->type = DPS_MQTT_NONE;
    while (taken < len && packet->type == DPS_MQTT_NONE && r->error == DPS_MQTT_OK) {
        taken += reader_step(r, data + taken, len - taken, packet);
    }
    return taken;
}

enum dps_mqtt_error dps_mqtt_reader_error(const struct dps_mqtt_reader *r)
{
    return (enum dps_mqtt_error)r->error;
}

int dps_mqtt_reader_is_between_packets(const struct dps_mqtt_reader *r)
{
    return r->state == READER_FIRST; /* no error leaves it there */
}
