/* SPDX-License-Identifier: MIT
 *
 * Packets to bytes. A packet is a row of pieces: bytes of ours, from `between` (fixed
 * header, lengths, packet identifier, QoS), then a string of the caller's:
 *
 *     between[.. cut[0])           fixed header, variable header, length of string 0
 *     string[0]
 *     between[cut[0] .. cut[1])    length of string 1
 *     string[1]  ...
 *     between[cut[n-1] .. cut[n])  what stands behind the last string
 *
 * To begin a packet is to put its fields in wire order. Each is checked as it is put, and
 * the remaining length adds up; what is wrong is kept in `error`. writer_end() puts the
 * fixed header in front of a packet with nothing wrong.
 *
 * A SUBSCRIBE has any number of filters: each is loaded when the one before it is out. */
#include "mqtt/writer.h"

#include <string.h>

#include "mqtt/inner.h"

enum {
    WRITER_HEADER = 5, /* bytes kept free for the fixed header, which is put last */
    WRITER_LENGTH_MAX = 268435455 /* 2.2.3 */
};

/* ---- Putting pieces ---------------------------------------------------------------- */

static void writer_byte(struct dps_mqtt_writer *w, unsigned byte)
{
    w->between[w->end++] = (uint8_t)byte;
}

static void writer_u16(struct dps_mqtt_writer *w, unsigned value)
{
    writer_byte(w, value >> 8);
    writer_byte(w, value);
}

/* 2.2.3: the remaining length grows. The first sum over the limit leaves an error that
 * stays, so that none can wrap unseen. */
static void writer_grow(struct dps_mqtt_writer *w, size_t len)
{
    w->length += (uint32_t)len;
    if (len > WRITER_LENGTH_MAX || w->length > WRITER_LENGTH_MAX) {
        w->error = DPS_MQTT_ERR_PACKET_LENGTH;
    }
}

/* Bytes of the caller's, as they are. */
static void writer_bytes(struct dps_mqtt_writer *w, const struct dps_bytes *bytes)
{
    w->cut[w->strings] = w->end;
    w->string[w->strings++] = *bytes;
    writer_grow(w, bytes->len);
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

/* 1.5.3: two bytes of length, then the string. */
static void writer_string(struct dps_mqtt_writer *w, const struct dps_bytes *string,
                          enum dps_mqtt_text_kind kind)
{
    writer_check(w, string, kind);
    writer_u16(w, (unsigned)string->len);
    writer_bytes(w, string);
}

/* 2.2: the first byte and the shortest form of the remaining length, which is all that
 * was put. They end where the rest begins. */
static enum dps_mqtt_error writer_end(struct dps_mqtt_writer *w, unsigned first)
{
    unsigned at = WRITER_HEADER;
    uint32_t rest;

    writer_grow(w, (size_t)w->end - WRITER_HEADER);
    if (w->error != DPS_MQTT_OK) {
        return (enum dps_mqtt_error)w->error;
    }
    rest = w->length;
    do {
        at--;
        rest >>= 7;
    } while (rest != 0);
    w->at = (uint8_t)(at - 1);
    w->between[at - 1] = (uint8_t)first;
    rest = w->length;
    do {
        w->between[at++] = (uint8_t)(rest | 0x80u);
        rest >>= 7;
    } while (rest != 0);
    w->between[WRITER_HEADER - 1] &= 0x7fu;
    w->cut[w->strings] = w->end;
    w->piece = 0;
    return DPS_MQTT_OK;
}

/* ---- 3.1 CONNECT ------------------------------------------------------------------- */

/* Table 3.1 and 3.1.2.3: the bits of the Connect Flags. */
enum {
    WRITER_CLEAN_SESSION = 0x02,
    WRITER_WILL = 0x04,
    WRITER_WILL_QOS_SHIFT = 3,
    WRITER_WILL_RETAIN = 0x20,
    WRITER_PASSWORD = 0x40,
    WRITER_USER_NAME = 0x80
};

/* The fields of the payload, in this order [MQTT-3.1.3-1]: the enum dps_mqtt_text_kind of
 * each, and the bit that says that it is there. */
enum {
    WRITER_KIND = 0x03,
    WRITER_WILL_MESSAGE = 0x08, /* not sent: the will has one bit */
    WRITER_WHOLE_WILL = WRITER_WILL | WRITER_WILL_MESSAGE,
    WRITER_SENT = WRITER_WILL | WRITER_PASSWORD | WRITER_USER_NAME
};

static const uint8_t writer_field[DPS_MQTT_STRINGS] = {
    DPS_MQTT_TEXT_STRING, /* client identifier, always there [MQTT-3.1.3-3] */
    DPS_MQTT_TEXT_TOPIC_NAME | WRITER_WILL,
    DPS_MQTT_TEXT_BINARY | WRITER_WILL_MESSAGE,
    DPS_MQTT_TEXT_STRING | WRITER_USER_NAME,
    DPS_MQTT_TEXT_BINARY | WRITER_PASSWORD,
};

/* struct dps_mqtt_connect begins with them. */
enum { WRITER_LAST_FIELD = (DPS_MQTT_STRINGS - 1) * sizeof(struct dps_bytes) };
typedef char writer_fields_fit
    [offsetof(struct dps_mqtt_connect, password) == WRITER_LAST_FIELD ? 1 : -1];

/* Puts those that are there and returns their bits. */
static unsigned writer_fields(struct dps_mqtt_writer *w, const struct dps_mqtt_connect *c)
{
    unsigned i, present = 0;

    for (i = 0; i < DPS_MQTT_STRINGS; i++) {
        const struct dps_bytes *string =
            (const void *)((const char *)c + i * sizeof *string);

        if (string->at != NULL || i == 0) {
            present |= writer_field[i];
            writer_string(w, string,
                          (enum dps_mqtt_text_kind)(writer_field[i] & WRITER_KIND));
        }
    }
    return present;
}

enum dps_mqtt_error dps_mqtt_write_connect(struct dps_mqtt_writer *w,
                                           const struct dps_mqtt_connect *c)
{
    enum { FLAGS = WRITER_HEADER + 7 };
    unsigned flags = (unsigned)c->will_qos << WRITER_WILL_QOS_SHIFT;
    unsigned present, will;

    dps_mqtt_writer_init(w);
    memcpy(w->between + WRITER_HEADER, "\0\4MQTT\4", 7); /* 3.1.2.1, 3.1.2.2 */
    w->end = FLAGS + 1;
    writer_u16(w, c->keep_alive_s);
    present = writer_fields(w, c);
    will = present & WRITER_WHOLE_WILL;
    if (c->will_retain != 0) {
        flags |= WRITER_WILL_RETAIN;
    }
    if (will != WRITER_WHOLE_WILL && (will | flags) != 0) {
        /* [MQTT-3.1.2-9] [MQTT-3.1.2-13] [MQTT-3.1.2-15] */
        w->error = DPS_MQTT_ERR_WILL_INCOMPLETE;
    }
    if (c->will_qos > 2) {
        w->error = DPS_MQTT_ERR_QOS_VALUE; /* [MQTT-3.1.2-14] */
    }
    if (c->clean_session != 0) {
        flags |= WRITER_CLEAN_SESSION;
    } else if (c->client_id.len == 0) {
        w->error = DPS_MQTT_ERR_CLIENT_ID; /* [MQTT-3.1.3-7] */
    }
    if ((present & (WRITER_USER_NAME | WRITER_PASSWORD)) == WRITER_PASSWORD) {
        w->error = DPS_MQTT_ERR_PASSWORD_ALONE; /* [MQTT-3.1.2-22] */
    }
    w->between[FLAGS] = (uint8_t)(flags | (present & WRITER_SENT));
    return writer_end(w, DPS_MQTT_CONNECT << 4);
}

/* ---- 3.3 PUBLISH ------------------------------------------------------------------- */

enum dps_mqtt_error dps_mqtt_write_publish(struct dps_mqtt_writer *w,
                                           const struct dps_mqtt_publish *p, int dup,
                                           uint16_t packet_identifier)
{
    unsigned first = DPS_MQTT_PUBLISH << 4 | (unsigned)p->qos << DPS_MQTT_FLAG_QOS_SHIFT;
    const struct dps_bytes *piece;

    dps_mqtt_writer_init(w);
    if (p->retain != 0) {
        first |= DPS_MQTT_FLAG_RETAIN;
    }
    if (p->qos > 2) { /* [MQTT-3.3.1-4] */
        w->error = DPS_MQTT_ERR_QOS_VALUE;
    }
    writer_string(w, &p->topic, DPS_MQTT_TEXT_TOPIC_NAME);
    if (p->qos != 0) { /* [MQTT-2.3.1-5] */
        writer_u16(w, packet_identifier);
        if (dup) {
            first |= DPS_MQTT_FLAG_DUP; /* [MQTT-3.3.1-2] */
        }
    }
    for (piece = p->payload; piece < p->payload + DPS_MQTT_PAYLOAD_PIECES; piece++) {
        writer_bytes(w, piece);
    }
    return writer_end(w, first);
}

/* ---- 3.8 SUBSCRIBE ----------------------------------------------------------------- */

/* Puts the next filter and its QoS in place of what is out. */
static void writer_load_filter(struct dps_mqtt_writer *w)
{
    w->piece = 0;
    w->strings = 0;
    w->at = 0;
    w->end = 0;
    writer_string(w, &w->filters->topic_filter, DPS_MQTT_TEXT_BINARY); /* is checked */
    writer_byte(w, w->filters->qos);
    w->cut[1] = w->end;
    w->filters++;
    w->filters_left--;
}

enum dps_mqtt_error dps_mqtt_write_subscribe(struct dps_mqtt_writer *w,
                                             const struct dps_mqtt_filter *filters,
                                             size_t count, uint16_t packet_identifier)
{
    dps_mqtt_writer_init(w);
    writer_u16(w, packet_identifier);
    w->filters = filters;
    w->filters_left = count;
    if (count == 0) {
        w->error = DPS_MQTT_ERR_FILTERS_NONE; /* [MQTT-3.8.3-3] */
    }
    for (; count != 0; count--, filters++) {
        writer_check(w, &filters->topic_filter, DPS_MQTT_TEXT_TOPIC_FILTER);
        writer_grow(w, 2 + filters->topic_filter.len + 1);
        if (filters->qos > 2) {
            w->error = DPS_MQTT_ERR_QOS_VALUE; /* [MQTT-3.8.3-4] */
        }
    }
    return writer_end(w, DPS_MQTT_SUBSCRIBE << 4 | 2); /* [MQTT-3.8.1-1] */
}

/* ---- The rest: nothing to check ---------------------------------------------------- */

void dps_mqtt_write_short(struct dps_mqtt_writer *w, uint8_t first,
                          uint16_t packet_identifier)
{
    dps_mqtt_writer_init(w);
    if (packet_identifier != 0) {
        writer_u16(w, packet_identifier);
    }
    writer_end(w, first);
}

void dps_mqtt_write_connack(struct dps_mqtt_writer *w, int session_present, uint8_t code)
{
    dps_mqtt_writer_init(w);
    writer_byte(w, session_present && code == 0); /* [MQTT-3.2.2-4] */
    writer_byte(w, code);
    writer_end(w, DPS_MQTT_CONNACK << 4);
}

void dps_mqtt_write_suback(struct dps_mqtt_writer *w, struct dps_bytes codes,
                           uint16_t packet_identifier)
{
    dps_mqtt_writer_init(w);
    writer_u16(w, packet_identifier);
    writer_bytes(w, &codes);
    writer_end(w, DPS_MQTT_SUBACK << 4);
}

/* ---- The verbs --------------------------------------------------------------------- */

void dps_mqtt_writer_init(struct dps_mqtt_writer *w)
{
    memset(w, 0, sizeof *w);
    w->piece = UINT8_MAX; /* behind the last one, however many are put */
    w->end = WRITER_HEADER;
}

const uint8_t *dps_mqtt_writer_output(struct dps_mqtt_writer *w, size_t *len)
{
    *len = 0;
    /* Pieces may be empty: the first one with a byte left in it. */
    while (w->piece <= w->strings) {
        const struct dps_bytes *string = &w->string[w->piece];

        *len = (size_t)(w->cut[w->piece] - w->at);
        if (*len != 0) {
            return w->between + w->at;
        }
        if (w->piece < w->strings && string->len != 0) {
            *len = string->len;
            return string->at;
        }
        if (w->piece++ == w->strings && w->filters_left != 0) {
            writer_load_filter(w);
        }
    }
    return NULL;
}

void dps_mqtt_writer_sent(struct dps_mqtt_writer *w, size_t len)
{
    struct dps_bytes *string = &w->string[w->piece];

    if (w->at != w->cut[w->piece]) {
        w->at = (uint8_t)(w->at + len);
    } else {
        string->at += len;
        string->len -= len;
    }
}
