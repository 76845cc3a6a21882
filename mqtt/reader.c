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
    READER_ANY = 0xff /* bounded by 2.2.3 and by the head buffer alone */
};

static const struct reader_form {
    uint8_t flags;      /* bits 3 to 0 must be this; PUBLISH checks its own (3.3.1) */
    uint8_t direction;  /* 0: no such packet */
    uint8_t length_min; /* remaining length, bytes */
    uint8_t length_max;
} reader_form[16] = {
    [0] = { 0, 0, 0, 0 },                             /* reserved, 2.2.1 */
    [1] = { 0, READER_TO_SERVER, 12, READER_ANY },    /* CONNECT, 3.1 */
    [2] = { 0, READER_TO_CLIENT, 2, 2 },              /* CONNACK, 3.2 */
    [3] = { 0, READER_BOTH_WAYS, 2, READER_ANY },     /* PUBLISH, 3.3 */
    [4] = { 0, READER_BOTH_WAYS, 2, 2 },              /* PUBACK, 3.4 */
    [5] = { 0, READER_BOTH_WAYS, 2, 2 },              /* PUBREC, 3.5 */
    [6] = { 2, READER_BOTH_WAYS, 2, 2 },              /* PUBREL, 3.6 */
    [7] = { 0, READER_BOTH_WAYS, 2, 2 },              /* PUBCOMP, 3.7 */
    [8] = { 2, READER_TO_SERVER, 2, READER_ANY },     /* SUBSCRIBE, 3.8 */
    [9] = { 0, READER_TO_CLIENT, 3, READER_ANY },     /* SUBACK, 3.9 */
    [10] = { 2, READER_TO_SERVER, 2, READER_ANY },    /* UNSUBSCRIBE, 3.10 */
    [11] = { 0, READER_TO_CLIENT, 2, 2 },             /* UNSUBACK, 3.11 */
    [12] = { 0, READER_TO_SERVER, 0, 0 },             /* PINGREQ, 3.12 */
    [13] = { 0, READER_TO_CLIENT, 0, 0 },             /* PINGRESP, 3.13 */
    [14] = { 0, READER_TO_SERVER, 0, 0 },             /* DISCONNECT, 3.14 */
    [15] = { 0, 0, 0, 0 },                            /* reserved, 2.2.1 */
};

static unsigned reader_type(const struct dps_mqtt_reader *r)
{
    return (unsigned)r->first >> 4;
}

static unsigned reader_qos(const struct dps_mqtt_reader *r)
{
    return (unsigned)(r->first & DPS_MQTT_FLAG_QOS) >> DPS_MQTT_FLAG_QOS_SHIFT;
}

static void reader_fail(struct dps_mqtt_reader *r, enum dps_mqtt_error error)
{
    r->error = (uint8_t)error;
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
    packet->type = (uint8_t)reader_type(r);
    packet->flags = r->first & 0x0fu;
    packet->last = 1;
    packet->packet_identifier = 0;
    packet->topic.at = NULL;
    packet->topic.len = 0;
    packet->body.at = r->head;
    packet->body.len = 0;
    packet->offset = 0;
    packet->total = 0;
}

/* ---- 2.2 Fixed header -------------------------------------------------------------- */

static void reader_first(struct dps_mqtt_reader *r, uint8_t byte)
{
    const struct reader_form *form = &reader_form[byte >> 4];
    unsigned flags = byte & 0x0fu;

    r->first = byte;
    r->left = 0;
    r->shift = 0;
    r->state = READER_LENGTH;
    if (form->direction == 0) {
        reader_fail(r, DPS_MQTT_ERR_PACKET_TYPE);
    } else if (r->role != DPS_MQTT_EITHER && (form->direction >> r->role & 1) == 0) {
        reader_fail(r, DPS_MQTT_ERR_DIRECTION);
    } else if (reader_type(r) != DPS_MQTT_PUBLISH) {
        if (flags != form->flags) { /* [MQTT-2.2.2-2] */
            reader_fail(r, DPS_MQTT_ERR_FLAGS);
        }
    } else if (reader_qos(r) == 3) { /* [MQTT-3.3.1-4] */
        reader_fail(r, DPS_MQTT_ERR_QOS_RESERVED);
    } else if (reader_qos(r) == 0 && (flags & DPS_MQTT_FLAG_DUP) != 0) {
        reader_fail(r, DPS_MQTT_ERR_DUP_QOS_0); /* [MQTT-3.3.1-2] */
    }
}

/* The remaining length is known: can this packet have it, and can we hold it? */
static void reader_length_known(struct dps_mqtt_reader *r)
{
    const struct reader_form *form = &reader_form[reader_type(r)];

    if (r->left < form->length_min
        || (form->length_max != READER_ANY && r->left > form->length_max)) {
        reader_fail(r, DPS_MQTT_ERR_BODY_LENGTH);
    } else if (reader_type(r) != DPS_MQTT_PUBLISH) {
        if (r->left > r->head_cap) {
            reader_fail(r, DPS_MQTT_ERR_BODY_TOO_LONG);
        }
        reader_gather(r, READER_BODY, r->left);
    } else {
        /* Any topic that fits leaves at least this much payload. */
        if (r->payload_max != 0 && r->left - 2 > r->head_cap
            && r->left - 2 - r->head_cap > r->payload_max) {
            reader_fail(r, DPS_MQTT_ERR_PAYLOAD_TOO_LONG);
        }
        reader_gather(r, READER_TOPIC_LENGTH, 2);
    }
}

/* 2.2.3: seven bits a byte, low ones first, four bytes at most. shift is 0, 7, 14 or 21
 * here, so left stays below 2^28 and cannot wrap. */
static void reader_length(struct dps_mqtt_reader *r, uint8_t byte)
{
    r->left |= (uint32_t)(byte & 0x7fu) << r->shift;
    r->shift = (uint8_t)(r->shift + 7);
    if ((byte & 0x80u) == 0) {
        reader_length_known(r);
    } else if (r->shift == 28) {
        reader_fail(r, DPS_MQTT_ERR_REMAINING_LENGTH);
    }
}

/* ---- 3.3 PUBLISH ------------------------------------------------------------------- */

static void reader_topic_length(struct dps_mqtt_reader *r)
{
    uint32_t identifier_len = reader_qos(r) != 0 ? 2 : 0;
    uint32_t want;

    r->topic_len = reader_u16(r->head);
    want = r->topic_len + identifier_len;
    if (want > r->left) {
        reader_fail(r, DPS_MQTT_ERR_FIELD_LENGTH);
    } else if (want > r->head_cap) {
        reader_fail(r, DPS_MQTT_ERR_TOPIC_TOO_LONG);
    } else if (r->topic_len == 0) {
        reader_fail(r, DPS_MQTT_ERR_TOPIC_NAME_EMPTY);
    } else {
        r->payload_total = r->left - want;
        if (r->payload_max != 0 && r->payload_total > r->payload_max) {
            reader_fail(r, DPS_MQTT_ERR_PAYLOAD_TOO_LONG);
        }
        reader_gather(r, READER_TOPIC, want);
    }
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
    packet->last = r->left == 0;
    if (packet->last) {
        r->state = READER_FIRST;
    }
    return n;
}

static void reader_topic(struct dps_mqtt_reader *r, struct dps_mqtt_packet *packet)
{
    static const uint8_t error_of[] = {
        [DPS_MQTT_TEXT_OK] = DPS_MQTT_OK,
        [DPS_MQTT_TEXT_UTF8] = DPS_MQTT_ERR_UTF8,
        [DPS_MQTT_TEXT_NUL] = DPS_MQTT_ERR_NUL,
        [DPS_MQTT_TEXT_EMPTY] = DPS_MQTT_ERR_TOPIC_NAME_EMPTY,
        [DPS_MQTT_TEXT_WILDCARD] = DPS_MQTT_ERR_TOPIC_NAME_WILDCARD,
    };

    r->error = error_of[dps_mqtt_topic_name_check(r->head, r->topic_len)];
    if (r->error != DPS_MQTT_OK) {
        return;
    }
    if (reader_qos(r) != 0 && reader_u16(r->head + r->topic_len) == 0) {
        reader_fail(r, DPS_MQTT_ERR_PACKET_IDENTIFIER);
        return;
    }
    r->state = READER_PAYLOAD;
    if (r->left == 0) {
        reader_payload(r, r->head, 0, packet);
    }
}

/* ---- 3.2 to 3.14: bodies that are read whole --------------------------------------- */

static enum dps_mqtt_error reader_connack(const uint8_t *body)
{
    if ((body[0] & 0xfeu) != 0) {
        return DPS_MQTT_ERR_CONNACK_FLAGS;
    }
    if (body[0] != 0 && body[1] != 0) { /* [MQTT-3.2.2-4] */
        return DPS_MQTT_ERR_SESSION_PRESENT_REFUSED;
    }
    return DPS_MQTT_OK;
}

static enum dps_mqtt_error reader_suback(const uint8_t *code, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (code[i] > 2 && code[i] != DPS_MQTT_SUBACK_FAILURE) { /* [MQTT-3.9.3-2] */
            return DPS_MQTT_ERR_SUBACK_CODE;
        }
    }
    return DPS_MQTT_OK;
}

/* Which bodies begin with a packet identifier (Table 2.4): PUBACK to UNSUBACK. */
static int reader_has_identifier(unsigned type)
{
    return type >= DPS_MQTT_PUBACK && type <= DPS_MQTT_UNSUBACK;
}

static void reader_body(struct dps_mqtt_reader *r, struct dps_mqtt_packet *packet)
{
    unsigned type = reader_type(r);
    uint32_t skip = reader_has_identifier(type) ? 2 : 0;

    if (skip != 0 && reader_u16(r->head) == 0) { /* [MQTT-2.3.1-1] */
        reader_fail(r, DPS_MQTT_ERR_PACKET_IDENTIFIER);
    } else if (type == DPS_MQTT_CONNACK) {
        r->error = (uint8_t)reader_connack(r->head);
    } else if (type == DPS_MQTT_SUBACK) {
        r->error = (uint8_t)reader_suback(r->head + 2, r->head_len - 2);
    }
    if (r->error != DPS_MQTT_OK) {
        return;
    }
    reader_tell(r, packet);
    if (skip != 0) {
        packet->packet_identifier = reader_u16(r->head);
    }
    packet->body.at = r->head + skip;
    packet->body.len = r->head_len - skip;
    r->state = READER_FIRST;
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
static void reader_gathered(struct dps_mqtt_reader *r, struct dps_mqtt_packet *packet)
{
    switch (r->state) {
    case READER_TOPIC_LENGTH:
        reader_topic_length(r);
        break;
    case READER_TOPIC:
        reader_topic(r, packet);
        break;
    case READER_BODY:
    default:
        reader_body(r, packet);
        break;
    }
}

/* Takes bytes in a state that gathers, one at least where some are wanted. */
static size_t reader_head(struct dps_mqtt_reader *r, const uint8_t *data, size_t len)
{
    size_t n = r->head_want - r->head_len;

    if (n > len) {
        n = len;
    }
    memcpy(r->head + r->head_len, data, n);
    r->head_len += (uint32_t)n;
    r->left -= (uint32_t)n;
    return n;
}

size_t dps_mqtt_reader_input(struct dps_mqtt_reader *r, const uint8_t *data, size_t len,
                             struct dps_mqtt_packet *packet)
{
    size_t taken = 0;

    packet->type = DPS_MQTT_NONE;
    while (taken < len && packet->type == DPS_MQTT_NONE && r->error == DPS_MQTT_OK) {
        if (r->state == READER_PAYLOAD) {
            taken += reader_payload(r, data + taken, len - taken, packet);
            continue;
        }
        if (r->state == READER_FIRST) {
            reader_first(r, data[taken++]);
            continue;
        }
        if (r->state == READER_LENGTH) {
            reader_length(r, data[taken++]);
        } else {
            taken += reader_head(r, data + taken, len - taken);
        }
        /* A body of no bytes is gathered with the last byte of its length. */
        if (r->error == DPS_MQTT_OK && r->state != READER_LENGTH
            && r->head_len == r->head_want) {
            reader_gathered(r, packet);
        }
    }
    return taken;
}

enum dps_mqtt_error dps_mqtt_reader_error(const struct dps_mqtt_reader *r)
{
    return (enum dps_mqtt_error)r->error;
}

int dps_mqtt_reader_is_between_packets(const struct dps_mqtt_reader *r)
{
    return r->state == READER_FIRST && r->error == DPS_MQTT_OK;
}
