/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: what is written reads back. The input chooses a packet, its fields and how
 * its bytes are cut; the writer makes it, the reader and the server's functions read it.
 *
 * Oracles: the bytes are those that this file puts together by hand, in whatever pieces
 * they are sent; the writer refuses a packet just when a reader would refuse those bytes,
 * and then has nothing to send. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/reader.h"
#include "mqtt/server.h"
#include "mqtt/will.h"

enum { SIZE = 1 << 12, FILTERS = 6 };

static const uint8_t *input;
static size_t input_left;

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- The packet that the input describes ------------------------------------------- */

static unsigned take(void)
{
    if (input_left == 0) {
        return 0;
    }
    input_left--;
    return *input++;
}

/* Up to 127 bytes as they come, or none at all and no pointer where `may_be_absent`. */
static struct dps_bytes take_bytes(int may_be_absent)
{
    static const uint8_t nothing[1];
    struct dps_bytes bytes = { nothing, take() };

    if (bytes.len >= 128) {
        bytes.len &= 127;
        bytes.at = may_be_absent && bytes.len == 0 ? NULL : nothing;
    }
    if (bytes.len > input_left) {
        bytes.len = input_left;
    }
    if (bytes.len != 0) {
        bytes.at = input;
        input += bytes.len;
        input_left -= bytes.len;
    }
    return bytes;
}

/* ---- By hand: what the packet's bytes are ------------------------------------------ */

static uint8_t by_hand[SIZE];
static size_t by_hand_len;

static void put(const void *at, size_t len)
{
    require(len <= sizeof by_hand - by_hand_len);
    if (len != 0) {
        memcpy(by_hand + by_hand_len, at, len);
        by_hand_len += len;
    }
}

static void put_u16(size_t value)
{
    uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

    put(bytes, 2);
}

static void put_string(struct dps_bytes string)
{
    put_u16(string.len);
    put(string.at, string.len);
}

/* The fixed header before what was put: less than 2^14 bytes. */
static void put_header(unsigned first)
{
    size_t len = by_hand_len;
    uint8_t header[3] = { (uint8_t)first, (uint8_t)len, 0 };
    size_t header_len = 2;

    if (len >= 128) {
        header[1] = (uint8_t)(0x80 | len % 128);
        header[2] = (uint8_t)(len / 128);
        header_len = 3;
    }
    memmove(by_hand + header_len, by_hand, len);
    memcpy(by_hand, header, header_len);
    by_hand_len += header_len;
}

/* ---- Comparing --------------------------------------------------------------------- */

/* Whether a peer's reader takes the bytes for one packet without a broken rule. */
static int is_readable(const uint8_t *wire, size_t len)
{
    static uint8_t head[SIZE];
    struct dps_mqtt_connect connect;
    struct dps_mqtt_will will;
    struct dps_mqtt_filter filter;
    struct dps_bytes rest;
    struct dps_mqtt_reader reader;
    struct dps_mqtt_packet packet;
    enum dps_mqtt_error error = DPS_MQTT_OK;
    size_t taken;

    dps_mqtt_reader_init(&reader, DPS_MQTT_EITHER, head, sizeof head, 0);
    taken = dps_mqtt_reader_input(&reader, wire, len, &packet);
    if (dps_mqtt_reader_error(&reader) != DPS_MQTT_OK) {
        return 0;
    }
    require(packet.type != DPS_MQTT_NONE && packet.last && taken == len);
    rest = packet.body;
    if (packet.type == DPS_MQTT_CONNECT) {
        error = dps_mqtt_read_connect(packet.body, &connect, &will);
        /* A server's answer to it is CONNACK 2 [MQTT-3.1.3-8]. */
        return error == DPS_MQTT_OK
               && (connect.client_id.len != 0 || connect.clean_session != 0);
    }
    while (packet.type == DPS_MQTT_SUBSCRIBE && error == DPS_MQTT_OK && rest.len != 0) {
        error = dps_mqtt_read_filter(&rest, &filter);
    }
    while (packet.type == DPS_MQTT_UNSUBSCRIBE && error == DPS_MQTT_OK && rest.len != 0) {
        error = dps_mqtt_read_topic_filter(&rest, &filter.topic_filter);
    }
    return error == DPS_MQTT_OK && (packet.body.len != 0 || packet.packet_identifier == 0
                                    || packet.type < DPS_MQTT_SUBSCRIBE
                                    || packet.type == DPS_MQTT_UNSUBACK);
}

/* The writer's bytes, in pieces of at most `step`, are those put by hand; or it refuses,
 * and so would a reader. */
static void compare(struct dps_mqtt_writer *writer, enum dps_mqtt_error error,
                    size_t step)
{
    const uint8_t *at;
    size_t len, done = 0;

    require((error == DPS_MQTT_OK) == is_readable(by_hand, by_hand_len));
    while ((at = dps_mqtt_writer_output(writer, &len)) != NULL) {
        len = len < step ? len : step;
        require(error == DPS_MQTT_OK && len != 0 && len <= by_hand_len - done
                && memcmp(at, by_hand + done, len) == 0);
        done += len;
        dps_mqtt_writer_sent(writer, len);
    }
    require(error != DPS_MQTT_OK || done == by_hand_len);
}

/* ---- Packets ----------------------------------------------------------------------- */

static void round_connect(struct dps_mqtt_writer *writer, size_t step)
{
    unsigned choice = take();
    int has_will = (choice & 0x04) != 0;
    struct dps_mqtt_connect connect;
    struct dps_mqtt_will will;
    uint8_t flags;

    memset(&connect, 0, sizeof connect);
    memset(&will, 0, sizeof will);
    connect.keep_alive_s = (uint16_t)(take() << 8 | take());
    connect.clean_session = choice >> 1 & 1;
    connect.client_id = take_bytes(0);
    if (has_will) {
        will.qos = choice >> 3 & 3;
        will.retain = choice >> 5 & 1;
        will.topic = take_bytes(0);
        will.message = take_bytes(0);
    }
    connect.user_name = take_bytes(1);
    connect.password = take_bytes(1);
    flags = (uint8_t)(connect.clean_session << 1 | has_will << 2 | will.qos << 3
                      | will.retain << 5 | (connect.password.at != NULL) << 6
                      | (connect.user_name.at != NULL) << 7);
    put("\0\4MQTT\4", 7);
    put(&flags, 1);
    put_u16(connect.keep_alive_s);
    put_string(connect.client_id);
    if (has_will) {
        put_string(will.topic);
        put_string(will.message);
    }
    if (connect.user_name.at != NULL) {
        put_string(connect.user_name);
    }
    if (connect.password.at != NULL) {
        put_string(connect.password);
    }
    put_header(0x10);
    compare(writer,
            has_will ? dps_mqtt_write_connect_with_will(writer, &connect, &will)
                     : dps_mqtt_write_connect(writer, &connect),
            step);
}

static void round_publish(struct dps_mqtt_writer *writer, size_t step)
{
    unsigned choice = take(), i;
    uint16_t identifier = (uint16_t)(1 + take() + 255 * take());
    struct dps_mqtt_publish publish;
    int dup = choice >> 3 & 1;

    publish.qos = choice >> 1 & 3;
    publish.retain = choice & 1;
    publish.topic = take_bytes(0);
    put_string(publish.topic);
    if (publish.qos != 0) {
        put_u16(identifier);
    }
    for (i = 0; i < DPS_MQTT_PAYLOAD_PIECES; i++) {
        publish.payload[i] = take_bytes(1);
        put(publish.payload[i].at, publish.payload[i].len);
    }
    put_header(0x30u | (dup && publish.qos != 0 ? 8u : 0) | (unsigned)publish.qos << 1
               | publish.retain);
    compare(writer, dps_mqtt_write_publish(writer, &publish, dup, identifier), step);
}

static void round_filters(struct dps_mqtt_writer *writer, size_t step,
                          enum dps_mqtt_packet_type type)
{
    uint16_t identifier = (uint16_t)(1 + take() + 255 * take());
    size_t i, count = take() % (FILTERS + 1);
    struct dps_mqtt_filter filters[FILTERS];

    put_u16(identifier);
    for (i = 0; i < count; i++) {
        filters[i].topic_filter = take_bytes(0);
        filters[i].qos = type == DPS_MQTT_SUBSCRIBE ? take() & 3 : 0;
        put_string(filters[i].topic_filter);
        put(&filters[i].qos, type == DPS_MQTT_SUBSCRIBE);
    }
    put_header((unsigned)type << 4 | 2);
    compare(writer, dps_mqtt_write_filters(writer, type, filters, count, identifier),
            step);
}

static void round_short(struct dps_mqtt_writer *writer, size_t step, unsigned first)
{
    uint16_t identifier = (uint16_t)(1 + take() + 255 * take());

    if (first >= 0xc0) {
        identifier = 0;
    } else {
        put_u16(identifier);
    }
    put_header(first);
    dps_mqtt_write_short(writer, (uint8_t)first, identifier);
    compare(writer, DPS_MQTT_OK, step);
}

static void round_answer(struct dps_mqtt_writer *writer, size_t step, int is_suback)
{
    static const uint8_t codes[] = { 0, 1, 2, 0x80, 2, 1, 0, 0x80 };
    uint16_t identifier = (uint16_t)(1 + take() + 255 * take());
    unsigned choice = take();
    uint8_t body[2] = { choice & 1, choice >> 1 & 7 };
    struct dps_bytes granted = { codes + (choice & 3), 1 + (choice >> 2 & 3) };

    if (is_suback) {
        put_u16(identifier);
        put(granted.at, granted.len);
        put_header(0x90);
        dps_mqtt_write_suback(writer, granted, identifier);
    } else {
        dps_mqtt_write_connack(writer, body[0], body[1]);
        body[0] = body[0] && body[1] == 0; /* [MQTT-3.2.2-4] */
        put(body, 2);
        put_header(0x20);
    }
    compare(writer, DPS_MQTT_OK, step);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t shorts[] = { 0x40, 0x50, 0x62, 0x70, 0xb0, 0xc0, 0xd0, 0xe0 };
    struct dps_mqtt_writer writer;
    unsigned type;
    size_t step;

    input = data;
    input_left = size;
    by_hand_len = 0;
    type = take() % 14;
    step = 1 + take() % 8;
    dps_mqtt_writer_init(&writer);
    if (type < 8) {
        round_short(&writer, step, shorts[type]);
    } else if (type == 8) {
        round_connect(&writer, step);
    } else if (type == 9) {
        round_publish(&writer, step);
    } else if (type < 12) {
        round_filters(&writer, step,
                      type == 10 ? DPS_MQTT_SUBSCRIBE : DPS_MQTT_UNSUBSCRIBE);
    } else {
        round_answer(&writer, step, type == 12);
    }
    return 0;
}
