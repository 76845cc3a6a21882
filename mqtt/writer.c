/* SPDX-License-Identifier: MIT
 *
 * Packets to bytes. A packet is a row of slices: the even ones are ours, from
 * `between` (fixed header, lengths, packet identifier, QoS), the odd ones are the
 * caller's strings. To begin a packet: check what was given, add up the remaining
 * length, then put the slices in wire order:
 *
 *     between[0 .. cut[0])       fixed header, variable header, length of string 0
 *     string[0]
 *     between[cut[0] .. cut[1])  length of string 1
 *     string[1]  ...
 *     between[cut[n-1] .. cut[n])  what stands behind the last string
 *
 * A SUBSCRIBE has any number of filters: each is loaded when the one before it is out. */
#include "mqtt/writer.h"

#include <string.h>

#include "mqtt/inner.h"

enum {
    WRITER_HEADER = 5, /* bytes kept free for the fixed header, which is put last */
    WRITER_STRING_MAX = 65535,
    WRITER_REMAINING_LENGTH_MAX = 268435455 /* 2.2.3 */
};

/* ---- Putting slices ---------------------------------------------------------------- */

static void writer_byte(struct dps_mqtt_writer *w, unsigned byte)
{
    w->between[w->cut[w->strings]++] = (uint8_t)byte;
}

static void writer_u16(struct dps_mqtt_writer *w, unsigned value)
{
    writer_byte(w, value >> 8);
    writer_byte(w, value);
}

/* Bytes of the caller's, as they are. */
static void writer_bytes(struct dps_mqtt_writer *w, struct dps_bytes bytes)
{
    w->string[w->strings++] = bytes;
    w->cut[w->strings] = w->cut[w->strings - 1];
}

/* 1.5.3: two bytes of length, then the string. */
static void writer_string(struct dps_mqtt_writer *w, struct dps_bytes string)
{
    writer_u16(w, (unsigned)string.len);
    writer_bytes(w, string);
}

/* Nothing is held until writer_end(). */
static void writer_begin(struct dps_mqtt_writer *w)
{
    dps_mqtt_writer_init(w);
    w->cut[0] = WRITER_HEADER;
}

/* 2.2: the first byte and the shortest form of the remaining length, which is all that
 * was put, and `more` bytes that will be. They end where the rest begins. */
static enum dps_mqtt_error writer_end(struct dps_mqtt_writer *w, unsigned first,
                                      uint32_t more)
{
    uint32_t length = more + w->cut[w->strings] - WRITER_HEADER;
    uint32_t rest;
    unsigned i, at = WRITER_HEADER - 1;

    for (i = 0; i < w->strings; i++) {
        if (w->string[i].len > WRITER_REMAINING_LENGTH_MAX - length) {
            return DPS_MQTT_ERR_PACKET_LENGTH;
        }
        length += (uint32_t)w->string[i].len;
    }
    for (rest = length; rest > 0x7f; rest >>= 7) {
        at--;
    }
    w->offset = at - 1;
    w->between[at - 1] = (uint8_t)first;
    for (rest = length; at < WRITER_HEADER; rest >>= 7) {
        w->between[at++] = (uint8_t)(rest | 0x80u);
    }
    w->between[WRITER_HEADER - 1] &= 0x7fu;
    w->slice = 0;
    return DPS_MQTT_OK;
}

/* ---- Checking what the caller gave ------------------------------------------------- */

static enum dps_mqtt_error writer_check(struct dps_bytes string,
                                        enum dps_mqtt_text_kind kind)
{
    static const uint8_t error_of[] = {
        [DPS_MQTT_TEXT_OK] = DPS_MQTT_OK,
        [DPS_MQTT_TEXT_UTF8] = DPS_MQTT_ERR_STRING_UTF8,
        [DPS_MQTT_TEXT_NUL] = DPS_MQTT_ERR_STRING_UTF8,
        [DPS_MQTT_TEXT_EMPTY] = DPS_MQTT_ERR_TOPIC_EMPTY,
        [DPS_MQTT_TEXT_NAME_WILDCARD] = DPS_MQTT_ERR_TOPIC_WILDCARD,
        [DPS_MQTT_TEXT_FILTER_WILDCARD] = DPS_MQTT_ERR_FILTER_WILDCARD,
    };

    if (string.len > WRITER_STRING_MAX) {
        return DPS_MQTT_ERR_STRING_LENGTH;
    }
    return (
        enum dps_mqtt_error)error_of[dps_mqtt_text_check(string.at, string.len, kind)];
}

/* ---- 3.1 CONNECT ------------------------------------------------------------------- */

static enum dps_mqtt_error writer_check_connect(const struct dps_mqtt_connect *c)
{
    if (c->client_id.len == 0 && c->clean_session == 0) {
        return DPS_MQTT_ERR_CLIENT_ID; /* [MQTT-3.1.3-7] */
    }
    if (c->user_name.at == NULL && c->password.at != NULL) {
        return DPS_MQTT_ERR_PASSWORD_ALONE; /* [MQTT-3.1.2-22] */
    }
    /* [MQTT-3.1.2-9] [MQTT-3.1.2-13] [MQTT-3.1.2-15] */
    if ((c->will_topic.at == NULL) != (c->will_message.at == NULL)
        || (c->will_topic.at == NULL && (c->will_qos | c->will_retain) != 0)) {
        return DPS_MQTT_ERR_WILL_INCOMPLETE;
    }
    return c->will_qos > 2 ? DPS_MQTT_ERR_QOS_VALUE : DPS_MQTT_OK; /* [MQTT-3.1.2-14] */
}

/* The fields of the payload, in this order [MQTT-3.1.3-1]: where, what, and its bit of
 * the Connect Flags (3.1.2.3). */
static const struct writer_field {
    uint8_t at, kind, flag;
} writer_fields[DPS_MQTT_STRINGS] = {
    { offsetof(struct dps_mqtt_connect, client_id), DPS_MQTT_TEXT_STRING, 0 },
    { offsetof(struct dps_mqtt_connect, will_topic), DPS_MQTT_TEXT_TOPIC_NAME, 0x04 },
    { offsetof(struct dps_mqtt_connect, will_message), DPS_MQTT_TEXT_BINARY, 0 },
    { offsetof(struct dps_mqtt_connect, user_name), DPS_MQTT_TEXT_STRING, 0x80 },
    { offsetof(struct dps_mqtt_connect, password), DPS_MQTT_TEXT_BINARY, 0x40 },
};

enum dps_mqtt_error dps_mqtt_write_connect(struct dps_mqtt_writer *w,
                                           const struct dps_mqtt_connect *c)
{
    enum { FLAGS = WRITER_HEADER + 7 };
    enum dps_mqtt_error error = writer_check_connect(c);
    unsigned i;

    writer_begin(w);
    memcpy(w->between + WRITER_HEADER, "\0\4MQTT\4", 7); /* 3.1.2.1, 3.1.2.2 */
    w->between[FLAGS] = (uint8_t)(c->will_qos << 3 | (c->will_retain != 0) << 5
                                  | (c->clean_session != 0) << 1);
    w->cut[0] = FLAGS + 1;
    writer_u16(w, c->keep_alive_s);
    for (i = 0; i < DPS_MQTT_STRINGS && error == DPS_MQTT_OK; i++) {
        const struct writer_field *f = &writer_fields[i];
        const struct dps_bytes *string = (const void *)((const char *)c + f->at);

        if (i == 0 || string->at != NULL) { /* [MQTT-3.1.3-3] */
            w->between[FLAGS] |= f->flag;
            error = writer_check(*string, (enum dps_mqtt_text_kind)f->kind);
            writer_string(w, *string);
        }
    }
    return error != DPS_MQTT_OK ? error : writer_end(w, DPS_MQTT_CONNECT << 4, 0);
}

/* ---- 3.3 PUBLISH ------------------------------------------------------------------- */

enum dps_mqtt_error dps_mqtt_write_publish(struct dps_mqtt_writer *w,
                                           const struct dps_mqtt_publish *p, int dup,
                                           uint16_t packet_identifier)
{
    unsigned first = DPS_MQTT_PUBLISH << 4 | (unsigned)p->qos << DPS_MQTT_FLAG_QOS_SHIFT
                     | (p->retain != 0 ? DPS_MQTT_FLAG_RETAIN : 0);
    enum dps_mqtt_error error = writer_check(p->topic, DPS_MQTT_TEXT_TOPIC_NAME);
    unsigned i;

    writer_begin(w);
    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (p->qos > 2) { /* [MQTT-3.3.1-4] */
        return DPS_MQTT_ERR_QOS_VALUE;
    }
    writer_string(w, p->topic);
    if (p->qos != 0) { /* [MQTT-2.3.1-5] */
        writer_u16(w, packet_identifier);
        first |= dup ? DPS_MQTT_FLAG_DUP : 0; /* [MQTT-3.3.1-2] */
    }
    for (i = 0; i < DPS_MQTT_PAYLOAD_PIECES; i++) {
        writer_bytes(w, p->payload[i]);
    }
    return writer_end(w, first, 0);
}

/* ---- 3.8 SUBSCRIBE ----------------------------------------------------------------- */

/* Puts the next filter behind what is there. */
static void writer_load_filter(struct dps_mqtt_writer *w)
{
    writer_string(w, w->filters->topic_filter);
    writer_byte(w, w->filters->qos);
    w->filters++;
    w->filters_left--;
}

enum dps_mqtt_error dps_mqtt_write_subscribe(struct dps_mqtt_writer *w,
                                             const struct dps_mqtt_filter *filters,
                                             size_t count, uint16_t packet_identifier)
{
    uint32_t more = 0; /* bytes of the filters behind the first */
    size_t i;

    writer_begin(w);
    if (count == 0) { /* [MQTT-3.8.3-3] */
        return DPS_MQTT_ERR_FILTERS_NONE;
    }
    for (i = 0; i < count; i++) {
        enum dps_mqtt_error error =
            writer_check(filters[i].topic_filter, DPS_MQTT_TEXT_TOPIC_FILTER);

        if (error != DPS_MQTT_OK) {
            return error;
        }
        if (filters[i].qos > 2) { /* [MQTT-3.8.3-4] */
            return DPS_MQTT_ERR_QOS_VALUE;
        }
        if (i != 0) {
            more += 3 + (uint32_t)filters[i].topic_filter.len;
        }
        if (more > WRITER_REMAINING_LENGTH_MAX - 5 || i == UINT16_MAX) {
            return DPS_MQTT_ERR_PACKET_LENGTH;
        }
    }
    writer_u16(w, packet_identifier);
    w->filters = filters;
    w->filters_left = (uint16_t)count;
    writer_load_filter(w);
    return writer_end(w, DPS_MQTT_SUBSCRIBE << 4 | 2, more); /* [MQTT-3.8.1-1] */
}

/* ---- The rest: nothing to check ---------------------------------------------------- */

static void writer_two_bytes(struct dps_mqtt_writer *w, unsigned first, unsigned value)
{
    writer_begin(w);
    writer_u16(w, value);
    writer_end(w, first, 0);
}

static void writer_no_bytes(struct dps_mqtt_writer *w, unsigned first)
{
    writer_begin(w);
    writer_end(w, first, 0);
}

void dps_mqtt_write_connack(struct dps_mqtt_writer *w, int session_present, uint8_t code)
{
    /* [MQTT-3.2.2-4] */
    writer_two_bytes(w, DPS_MQTT_CONNACK << 4,
                     (session_present && code == 0 ? 0x100u : 0) | code);
}

void dps_mqtt_write_puback(struct dps_mqtt_writer *w, uint16_t packet_identifier)
{
    writer_two_bytes(w, DPS_MQTT_PUBACK << 4, packet_identifier);
}

void dps_mqtt_write_suback(struct dps_mqtt_writer *w, struct dps_bytes codes,
                           uint16_t packet_identifier)
{
    writer_begin(w);
    writer_u16(w, packet_identifier);
    writer_bytes(w, codes);
    writer_end(w, DPS_MQTT_SUBACK << 4, 0);
}

void dps_mqtt_write_pingreq(struct dps_mqtt_writer *w)
{
    writer_no_bytes(w, DPS_MQTT_PINGREQ << 4);
}

void dps_mqtt_write_pingresp(struct dps_mqtt_writer *w)
{
    writer_no_bytes(w, DPS_MQTT_PINGRESP << 4);
}

void dps_mqtt_write_disconnect(struct dps_mqtt_writer *w)
{
    writer_no_bytes(w, DPS_MQTT_DISCONNECT << 4);
}

/* ---- The verbs --------------------------------------------------------------------- */

void dps_mqtt_writer_init(struct dps_mqtt_writer *w)
{
    memset(w, 0, sizeof *w);
    w->slice = UINT8_MAX; /* behind the last one, however many are put */
}

/* Where the present slice is, and how long; null: all are out. */
static const uint8_t *writer_slice(const struct dps_mqtt_writer *w, size_t *len)
{
    unsigned i = w->slice / 2u;
    size_t begin;

    *len = 0;
    if (w->slice > 2 * w->strings) {
        return NULL;
    }
    if (w->slice % 2 != 0) {
        *len = w->string[i].len;
        return w->string[i].at;
    }
    begin = i == 0 ? 0 : w->cut[i - 1];
    *len = w->cut[i] - begin;
    return w->between + begin;
}

const uint8_t *dps_mqtt_writer_output(const struct dps_mqtt_writer *w, size_t *len)
{
    const uint8_t *at = writer_slice(w, len);

    if (at == NULL) {
        return NULL;
    }
    *len -= w->offset;
    return at + w->offset;
}

void dps_mqtt_writer_sent(struct dps_mqtt_writer *w, size_t len)
{
    size_t slice_len;

    w->offset += len;
    /* Slices may be empty: the next one with a byte in it, or the end. */
    while (w->slice <= 2 * w->strings
           && (writer_slice(w, &slice_len), w->offset == slice_len)) {
        w->offset = 0;
        w->slice++;
        if (w->slice > 2 * w->strings && w->filters_left != 0) {
            w->slice = 0;
            w->strings = 0;
            w->cut[0] = 0;
            writer_load_filter(w);
        }
    }
}
