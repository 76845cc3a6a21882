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
    writer_byte(w, value & 0xffu);
}

/* 2.2: the first byte and the shortest form of the remaining length. */
static void writer_begin(struct dps_mqtt_writer *w, unsigned first, uint32_t length)
{
    dps_mqtt_writer_init(w);
    w->slice = 0;
    writer_byte(w, first);
    do {
        writer_byte(w, (length & 0x7fu) | (length > 0x7f ? 0x80u : 0));
        length >>= 7;
    } while (length != 0);
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

/* ---- Checking what the caller gave ------------------------------------------------- */

static enum dps_mqtt_error writer_text_error(enum dps_mqtt_text text,
                                             enum dps_mqtt_error wildcard)
{
    switch (text) {
    case DPS_MQTT_TEXT_UTF8:
    case DPS_MQTT_TEXT_NUL:
        return DPS_MQTT_ERR_STRING_UTF8;
    case DPS_MQTT_TEXT_EMPTY:
        return DPS_MQTT_ERR_TOPIC_EMPTY;
    case DPS_MQTT_TEXT_WILDCARD:
        return wildcard;
    case DPS_MQTT_TEXT_OK:
    default:
        return DPS_MQTT_OK;
    }
}

static enum dps_mqtt_error writer_check_text(struct dps_bytes text)
{
    if (text.len > WRITER_STRING_MAX) {
        return DPS_MQTT_ERR_STRING_LENGTH;
    }
    return writer_text_error(dps_mqtt_text_check(text.at, text.len), DPS_MQTT_OK);
}

static enum dps_mqtt_error writer_check_topic(struct dps_bytes topic)
{
    if (topic.len > WRITER_STRING_MAX) {
        return DPS_MQTT_ERR_STRING_LENGTH;
    }
    return writer_text_error(dps_mqtt_topic_name_check(topic.at, topic.len),
                             DPS_MQTT_ERR_TOPIC_WILDCARD);
}

/* Adds to a remaining length; once over 2.2.3's limit it stays over, and cannot wrap. */
static uint32_t writer_add(uint32_t length, size_t n)
{
    if (n > WRITER_REMAINING_LENGTH_MAX - (length & WRITER_REMAINING_LENGTH_MAX)) {
        return WRITER_REMAINING_LENGTH_MAX + 1u;
    }
    return length > WRITER_REMAINING_LENGTH_MAX ? length : length + (uint32_t)n;
}

/* ---- 3.1 CONNECT ------------------------------------------------------------------- */

static enum dps_mqtt_error writer_check_will(const struct dps_mqtt_connect *c)
{
    if ((c->will_topic.at == NULL) != (c->will_message.at == NULL)) {
        return DPS_MQTT_ERR_WILL_INCOMPLETE; /* [MQTT-3.1.2-9] */
    }
    if (c->will_topic.at == NULL) { /* [MQTT-3.1.2-13] [MQTT-3.1.2-15] */
        return c->will_qos != 0 || c->will_retain != 0 ? DPS_MQTT_ERR_WILL_INCOMPLETE
                                                       : DPS_MQTT_OK;
    }
    if (c->will_qos > 2) { /* [MQTT-3.1.2-14] */
        return DPS_MQTT_ERR_QOS_VALUE;
    }
    if (c->will_message.len > WRITER_STRING_MAX) {
        return DPS_MQTT_ERR_STRING_LENGTH;
    }
    return writer_check_topic(c->will_topic);
}

static enum dps_mqtt_error writer_check_connect(const struct dps_mqtt_connect *c)
{
    enum dps_mqtt_error error;

    if (c->client_id.len == 0 && c->clean_session == 0) {
        return DPS_MQTT_ERR_CLIENT_ID; /* [MQTT-3.1.3-7] */
    }
    if (c->user_name.at == NULL && c->password.at != NULL) {
        return DPS_MQTT_ERR_PASSWORD_ALONE; /* [MQTT-3.1.2-22] */
    }
    if (c->password.len > WRITER_STRING_MAX) {
        return DPS_MQTT_ERR_STRING_LENGTH;
    }
    error = writer_check_text(c->client_id);
    if (error == DPS_MQTT_OK) {
        error = writer_check_text(c->user_name);
    }
    return error == DPS_MQTT_OK ? writer_check_will(c) : error;
}

/* 3.1.2.3 */
static unsigned writer_connect_flags(const struct dps_mqtt_connect *c)
{
    unsigned flags = c->clean_session != 0 ? 0x02u : 0;

    if (c->will_topic.at != NULL) {
        flags |= 0x04u | (unsigned)c->will_qos << 3 | (c->will_retain != 0 ? 0x20u : 0);
    }
    if (c->password.at != NULL) {
        flags |= 0x40u;
    }
    if (c->user_name.at != NULL) {
        flags |= 0x80u;
    }
    return flags;
}

enum dps_mqtt_error dps_mqtt_write_connect(struct dps_mqtt_writer *w,
                                           const struct dps_mqtt_connect *c)
{
    /* In this order [MQTT-3.1.3-1]; the client identifier is always there
     * [MQTT-3.1.3-3]. */
    const struct dps_bytes *const field[DPS_MQTT_STRINGS] = {
        &c->client_id, &c->will_topic, &c->will_message, &c->user_name, &c->password};
    enum dps_mqtt_error error = writer_check_connect(c);
    uint32_t length = 10;
    unsigned i;

    dps_mqtt_writer_init(w);
    if (error != DPS_MQTT_OK) {
        return error;
    }
    for (i = 0; i < DPS_MQTT_STRINGS; i++) {
        if (i == 0 || field[i]->at != NULL) {
            length += 2 + (uint32_t)field[i]->len;
        }
    }
    writer_begin(w, DPS_MQTT_CONNECT << 4, length);
    memcpy(w->between + w->cut[0], "\0\4MQTT\4", 7); /* 3.1.2.1, 3.1.2.2 */
    w->cut[0] = (uint8_t)(w->cut[0] + 7);
    writer_byte(w, writer_connect_flags(c));
    writer_u16(w, c->keep_alive_s);
    for (i = 0; i < DPS_MQTT_STRINGS; i++) {
        if (i == 0 || field[i]->at != NULL) {
            writer_string(w, *field[i]);
        }
    }
    return DPS_MQTT_OK;
}

/* ---- 3.3 PUBLISH ------------------------------------------------------------------- */

enum dps_mqtt_error dps_mqtt_write_publish(struct dps_mqtt_writer *w,
                                           const struct dps_mqtt_publish *p, int dup,
                                           uint16_t packet_identifier)
{
    unsigned first = DPS_MQTT_PUBLISH << 4 | (unsigned)p->qos << DPS_MQTT_FLAG_QOS_SHIFT;
    enum dps_mqtt_error error = writer_check_topic(p->topic);
    uint32_t length;
    unsigned i;

    dps_mqtt_writer_init(w);
    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (p->qos > 2) { /* [MQTT-3.3.1-4] */
        return DPS_MQTT_ERR_QOS_VALUE;
    }
    length = writer_add(p->qos != 0 ? 4 : 2, p->topic.len);
    for (i = 0; i < DPS_MQTT_PAYLOAD_PIECES; i++) {
        length = writer_add(length, p->payload[i].len);
    }
    if (length > WRITER_REMAINING_LENGTH_MAX) {
        return DPS_MQTT_ERR_PACKET_LENGTH;
    }
    if (p->retain != 0) {
        first |= DPS_MQTT_FLAG_RETAIN;
    }
    if (dup && p->qos != 0) { /* [MQTT-3.3.1-2] */
        first |= DPS_MQTT_FLAG_DUP;
    }
    writer_begin(w, first, length);
    writer_string(w, p->topic);
    if (p->qos != 0) { /* [MQTT-2.3.1-5] */
        writer_u16(w, packet_identifier);
    }
    for (i = 0; i < DPS_MQTT_PAYLOAD_PIECES; i++) {
        writer_bytes(w, p->payload[i]);
    }
    return DPS_MQTT_OK;
}

/* ---- 3.8 SUBSCRIBE ----------------------------------------------------------------- */

static enum dps_mqtt_error writer_check_filter(const struct dps_mqtt_filter *filter)
{
    if (filter->topic_filter.len > WRITER_STRING_MAX) {
        return DPS_MQTT_ERR_STRING_LENGTH;
    }
    if (filter->qos > 2) { /* [MQTT-3.8.3-4] */
        return DPS_MQTT_ERR_QOS_VALUE;
    }
    return writer_text_error(
        dps_mqtt_topic_filter_check(filter->topic_filter.at, filter->topic_filter.len),
        DPS_MQTT_ERR_FILTER_WILDCARD);
}

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
    uint32_t length = 2;
    size_t i;

    dps_mqtt_writer_init(w);
    if (count == 0) { /* [MQTT-3.8.3-3] */
        return DPS_MQTT_ERR_FILTERS_NONE;
    }
    for (i = 0; i < count; i++) {
        enum dps_mqtt_error error = writer_check_filter(&filters[i]);

        if (error != DPS_MQTT_OK) {
            return error;
        }
        length = writer_add(length, 3 + filters[i].topic_filter.len);
    }
    if (length > WRITER_REMAINING_LENGTH_MAX) {
        return DPS_MQTT_ERR_PACKET_LENGTH;
    }
    writer_begin(w, DPS_MQTT_SUBSCRIBE << 4 | 2, length); /* [MQTT-3.8.1-1] */
    writer_u16(w, packet_identifier);
    w->filters = filters;
    w->filters_left = count;
    writer_load_filter(w);
    return DPS_MQTT_OK;
}

/* ---- The rest: nothing to check ---------------------------------------------------- */

static void writer_two_bytes(struct dps_mqtt_writer *w, unsigned first, unsigned value)
{
    writer_begin(w, first, 2);
    writer_u16(w, value);
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
    writer_begin(w, DPS_MQTT_SUBACK << 4, 2 + (uint32_t)codes.len);
    writer_u16(w, packet_identifier);
    writer_bytes(w, codes);
}

void dps_mqtt_write_pingreq(struct dps_mqtt_writer *w)
{
    writer_begin(w, DPS_MQTT_PINGREQ << 4, 0);
}

void dps_mqtt_write_pingresp(struct dps_mqtt_writer *w)
{
    writer_begin(w, DPS_MQTT_PINGRESP << 4, 0);
}

void dps_mqtt_write_disconnect(struct dps_mqtt_writer *w)
{
    writer_begin(w, DPS_MQTT_DISCONNECT << 4, 0);
}

/* ---- The verbs --------------------------------------------------------------------- */

void dps_mqtt_writer_init(struct dps_mqtt_writer *w)
{
    memset(w, 0, sizeof *w);
    w->slice = 1; /* behind the last of no slices */
}

/* Lends the present slice whole. */
static struct dps_bytes writer_slice(const struct dps_mqtt_writer *w)
{
    unsigned i = w->slice / 2u;
    struct dps_bytes own;
    size_t begin = i == 0 ? 0 : w->cut[i - 1];

    if (w->slice % 2 != 0) {
        return w->string[i];
    }
    own.at = w->between + begin;
    own.len = w->cut[i] - begin;
    return own;
}

const uint8_t *dps_mqtt_writer_output(const struct dps_mqtt_writer *w, size_t *len)
{
    struct dps_bytes slice;

    *len = 0;
    if (w->slice > 2 * w->strings) {
        return NULL;
    }
    slice = writer_slice(w);
    *len = slice.len - w->offset;
    return slice.at + w->offset;
}

void dps_mqtt_writer_sent(struct dps_mqtt_writer *w, size_t len)
{
    w->offset += len;
    /* Slices may be empty: the next one with a byte in it, or the end. */
    while (w->slice <= 2 * w->strings && w->offset == writer_slice(w).len) {
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
