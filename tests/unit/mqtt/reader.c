/* SPDX-License-Identifier: MIT
 *
 * The reader: golden packets in every split, and what it must refuse. */
#include "mqtt/reader.h"

#include <stdlib.h>
#include <string.h>

#include "tests/row.h"
#include "tests/unit/mqtt/mqtt_tests.h"

static struct dps_mqtt_reader reader;
static struct dps_mqtt_packet packet;
static uint8_t head[64];

/* ---- Every split gives the same packets -------------------------------------------- */

/* All that a reader told of one packet, payload pieces joined. */
struct told {
    unsigned packets, pieces, type, flags, packet_identifier, error;
    size_t taken, topic_len, body_len;
    uint32_t total;
    uint8_t topic[64], body[64];
};

static void told_add(struct told *t, const struct dps_mqtt_packet *p)
{
    t->packets += p->last;
    t->pieces++;
    t->type = p->type;
    t->flags = p->flags;
    t->packet_identifier = p->packet_identifier;
    t->total = p->total;
    t->topic_len = p->topic.len;
    if (p->topic.len != 0) {
        memcpy(t->topic, p->topic.at, p->topic.len);
    }
    if (p->type == DPS_MQTT_PUBLISH) {
        ck_assert_uint_eq(p->offset, t->body_len);
        ck_assert_uint_eq(p->last, p->offset + p->body.len == p->total);
    }
    if (p->body.len != 0) {
        memcpy(t->body + t->body_len, p->body.at, p->body.len);
    }
    t->body_len += p->body.len;
}

/* Feeds a copy in a heap block of its size, so that one byte too far is seen. */
static void told_feed(struct told *t, struct dps_mqtt_reader *r, const uint8_t *data,
                      size_t len)
{
    uint8_t *block = malloc(len + !len);
    struct dps_mqtt_packet p;
    size_t at = 0, n;

    memcpy(block, data, len);
    do {
        n = dps_mqtt_reader_input(r, block + at, len - at, &p);
        at += n;
        if (p.type != DPS_MQTT_NONE) {
            told_add(t, &p);
        }
    } while (at < len && dps_mqtt_reader_error(r) == DPS_MQTT_OK
             && (n != 0 || p.type != DPS_MQTT_NONE));
    t->taken += at;
    t->error = dps_mqtt_reader_error(r);
    free(block);
}

/* All there is of a reader behind some bytes. */
struct behind {
    struct dps_mqtt_reader reader;
    uint8_t head[sizeof head];
    struct told told;
};

/* Feeds the first `singly` bytes one by one, then the rest up to `end` in one piece. */
static void behind_run(struct behind *s, const struct golden *g, size_t singly, size_t end)
{
    size_t i;

    memset(s, 0, sizeof *s);
    memset(head, 0, sizeof head);
    dps_mqtt_reader_init(&s->reader, g->reader, head, sizeof head, 0);
    for (i = 0; i < singly; i++) {
        told_feed(&s->told, &s->reader, g->wire + i, 1);
    }
    if (singly < end) {
        told_feed(&s->told, &s->reader, g->wire + singly, end - singly);
    }
    memcpy(s->head, head, sizeof head);
    s->told.pieces = 0; /* where they break may depend on the split */
}

/* By induction over the pieces: whatever came before, a piece leaves the reader, its head
 * buffer and what it has told as the same bytes one by one do. */
START_TEST(mqtt_reader_golden_in_every_split)
{
    static struct behind bytewise, piece;
    const struct golden *g = &golden[_i];
    size_t a, b;

    for (b = 1; b <= g->len; b++) {
        behind_run(&bytewise, g, b, b);
        for (a = 0; a < b; a++) {
            behind_run(&piece, g, a, b);
            ck_assert_msg(memcmp(&piece, &bytewise, sizeof piece) == 0,
                          "%s: bytes %zu to %zu in one piece", g->name, a, b);
        }
    }
    ck_assert_msg(bytewise.told.error == DPS_MQTT_OK, "%s: %s", g->name,
                  dps_mqtt_error_text((enum dps_mqtt_error)bytewise.told.error));
    ck_assert_uint_eq(bytewise.told.packets, 1);
    ck_assert_uint_eq(bytewise.told.taken, g->len);
    ck_assert_uint_eq(bytewise.told.type, g->wire[0] >> 4);
    ck_assert_uint_eq(bytewise.told.flags, g->wire[0] & 15);
    ck_assert_int_eq(dps_mqtt_reader_is_between_packets(&bytewise.reader), 1);
    ROW_RAN(g->name);
}
END_TEST

START_TEST(mqtt_n_05_every_prefix_needs_more)
{
    const struct golden *g = &golden[_i];
    size_t len;

    for (len = 0; len < g->len; len++) {
        dps_mqtt_reader_init(&reader, g->reader, head, sizeof head, 0);
        ck_assert_uint_eq(dps_mqtt_reader_input(&reader, g->wire, len, &packet), len);
        ck_assert_uint_eq(dps_mqtt_reader_error(&reader), DPS_MQTT_OK);
        ck_assert(packet.type == DPS_MQTT_NONE || !packet.last);
        ck_assert_int_eq(dps_mqtt_reader_is_between_packets(&reader), len == 0);
    }
    ROW_RAN(g->name);
}
END_TEST

/* ---- Fields ------------------------------------------------------------------------ */

START_TEST(mqtt_reader_publish_fields)
{
    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    ck_assert_uint_eq(dps_mqtt_reader_input(&reader,
                                            BYTES("\x3a\x0c\x00\x03"
                                                  "a/b\x12\x34hello"),
                                            &packet),
                      14);
    ck_assert_uint_eq(packet.type, DPS_MQTT_PUBLISH);
    ck_assert_uint_eq(packet.flags, DPS_MQTT_FLAG_DUP | 1 << DPS_MQTT_FLAG_QOS_SHIFT);
    ck_assert_uint_eq(packet.packet_identifier, 0x1234);
    ck_assert_mem_eq(packet.topic.at, "a/b", 3);
    ck_assert_uint_eq(packet.topic.len, 3);
    ck_assert_mem_eq(packet.body.at, "hello", 5);
    ck_assert_uint_eq(packet.body.len, 5);
    ck_assert_uint_eq(packet.total, 5);
    ck_assert_uint_eq(packet.last, 1);
}
END_TEST

/* U+FEFF is a character like others, and the topic with it another topic. */
START_TEST(mqtt_1_5_3_3_u_feff_is_kept)
{
    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    dps_mqtt_reader_input(&reader,
                          BYTES("\x30\x07\x00\x04\xef\xbb\xbf"
                                "ax"),
                          &packet);
    ck_assert_uint_eq(packet.topic.len, 4);
    ck_assert_mem_eq(packet.topic.at, "\xef\xbb\xbf" "a", 4);
}
END_TEST

/* What looks like an identifier behind the topic is payload. */
START_TEST(mqtt_2_3_1_5_no_identifier_at_qos_0)
{
    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    dps_mqtt_reader_input(&reader, BYTES("\x30\x06\x00\x01t\x12\x34x"), &packet);
    ck_assert_uint_eq(packet.packet_identifier, 0);
    ck_assert_uint_eq(packet.body.len, 3);
    ck_assert_mem_eq(packet.body.at, "\x12\x34x", 3);
}
END_TEST

/* The topic comes first, then the identifier, then the payload. */
START_TEST(mqtt_3_3_2_1_topic_comes_first)
{
    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    dps_mqtt_reader_input(&reader,
                          BYTES("\x34\x0a\x00\x03"
                                "a/b\x00\x0axyz"),
                          &packet);
    ck_assert_uint_eq(packet.topic.len, 3);
    ck_assert_mem_eq(packet.topic.at, "a/b", 3);
    ck_assert_uint_eq(packet.packet_identifier, 10);
    ck_assert_uint_eq(packet.body.len, 3);
    ck_assert_mem_eq(packet.body.at, "xyz", 3);
}
END_TEST

/* N-04: the standard does not ask for the shortest form; up to four bytes are read. */
START_TEST(mqtt_n_04_longer_length_forms_are_read)
{
    static const struct {
        const uint8_t *wire;
        size_t len;
    } row[] = { { BYTES("\x40\x82\x00\x12\x34") },
                { BYTES("\x40\x82\x80\x00\x12\x34") },
                { BYTES("\x40\x82\x80\x80\x00\x12\x34") } };

    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    ck_assert_uint_eq(dps_mqtt_reader_input(&reader, row[_i].wire, row[_i].len, &packet),
                      row[_i].len);
    ck_assert_uint_eq(packet.type, DPS_MQTT_PUBACK);
    ck_assert_uint_eq(packet.packet_identifier, 0x1234);
}
END_TEST

/* N-12: control characters and non-characters pass; N-13: so do four bytes. */
START_TEST(mqtt_n_12_n_13_rare_characters_pass)
{
    static const char *const topic[] = { "\x01", "\x7f", "\xc2\x80", "\xef\xbf\xbf",
                                         "A\xf0\xaa\x9b\x94", "\xf4\x8f\xbf\xbf" };
    size_t len = strlen(topic[_i]);
    uint8_t wire[16] = { 0x30, (uint8_t)(2 + len), 0, (uint8_t)len };

    memcpy(wire + 4, topic[_i], len);
    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    dps_mqtt_reader_input(&reader, wire, 4 + len, &packet);
    ck_assert_uint_eq(packet.type, DPS_MQTT_PUBLISH);
    ck_assert_uint_eq(packet.topic.len, len);
    ck_assert_mem_eq(packet.topic.at, topic[_i], len);
}
END_TEST

START_TEST(mqtt_n_28_empty_payload_is_one_piece)
{
    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    ck_assert_uint_eq(
        dps_mqtt_reader_input(&reader, BYTES("\x30\x03\x00\x01t\xd0\x00"), &packet), 5);
    ck_assert_uint_eq(packet.type, DPS_MQTT_PUBLISH);
    ck_assert_uint_eq(packet.last, 1);
    ck_assert_uint_eq(packet.body.len, 0);
    ck_assert_uint_eq(packet.total, 0);
}
END_TEST

START_TEST(mqtt_reader_two_packets_are_told_one_at_a_time)
{
    const uint8_t wire[] = "\x20\x02\x00\x00\x30\x04\x00\x01tx";

    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    ck_assert_uint_eq(dps_mqtt_reader_input(&reader, wire, 10, &packet), 4);
    ck_assert_uint_eq(packet.type, DPS_MQTT_CONNACK);
    ck_assert_mem_eq(packet.body.at, "\0\0", 2);
    ck_assert_uint_eq(dps_mqtt_reader_input(&reader, wire + 4, 6, &packet), 6);
    ck_assert_uint_eq(packet.type, DPS_MQTT_PUBLISH);
}
END_TEST

START_TEST(mqtt_reader_suback_body_follows_the_identifier)
{
    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    dps_mqtt_reader_input(&reader, BYTES("\x90\x05\x12\x34\x00\x01\x80"), &packet);
    ck_assert_uint_eq(packet.packet_identifier, 0x1234);
    ck_assert_uint_eq(packet.body.len, 3);
    ck_assert_mem_eq(packet.body.at, "\x00\x01\x80", 3);
}
END_TEST

/* A payload of the largest remaining length passes through a head buffer of 8 bytes. */
START_TEST(mqtt_2_2_3_the_largest_payload_streams)
{
    static const uint8_t zeros[65536];
    const uint32_t total = 268435455u - 3;
    uint8_t small[8];
    uint32_t left = total;

    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, small, sizeof small, 0);
    ck_assert_uint_eq(
        dps_mqtt_reader_input(&reader, BYTES("\x30\xff\xff\xff\x7f\x00\x01t"), &packet),
        8);
    ck_assert_uint_eq(packet.type, DPS_MQTT_NONE);
    while (left != 0) {
        size_t n = left < sizeof zeros ? left : sizeof zeros;

        ck_assert_uint_eq(dps_mqtt_reader_input(&reader, zeros, sizeof zeros, &packet),
                          n);
        ck_assert_uint_eq(packet.offset, total - left);
        ck_assert_uint_eq(packet.total, total);
        left -= (uint32_t)n;
        ck_assert_uint_eq(packet.last, left == 0);
    }
}
END_TEST

START_TEST(mqtt_reader_limits_are_inclusive)
{
    uint8_t small[8];

    /* A topic of 6 with its identifier, and a body of 8, just fit. */
    dps_mqtt_reader_init(&reader, DPS_MQTT_EITHER, small, sizeof small, 4);
    dps_mqtt_reader_input(&reader,
                          BYTES("\x32\x0e\x00\x06topics\x00\x01"
                                "full"),
                          &packet);
    ck_assert_uint_eq(packet.type, DPS_MQTT_PUBLISH);
    ck_assert_uint_eq(packet.total, 4);
    dps_mqtt_reader_input(&reader, BYTES("\x90\x08\x00\x01\x00\x00\x00\x00\x00\x00"),
                          &packet);
    ck_assert_uint_eq(packet.type, DPS_MQTT_SUBACK);
}
END_TEST

/* ---- Refusals ---------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum dps_mqtt_role role;
    const uint8_t *wire;
    size_t len;
    enum dps_mqtt_error error;
    size_t taken; /* the bad byte is taken, nothing after it */
} refused[] = {
    { "Table 2.1: type 0", DPS_MQTT_EITHER, BYTES("\x00\x00"), DPS_MQTT_ERR_PACKET_TYPE,
      1 },
    { "Table 2.1: type 15", DPS_MQTT_EITHER, BYTES("\xf0\x00"), DPS_MQTT_ERR_PACKET_TYPE,
      1 },
    { "Table 2.1: CONNECT from a server", DPS_MQTT_CLIENT, BYTES("\x10\x0e"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "Table 2.1: SUBSCRIBE from a server", DPS_MQTT_CLIENT, BYTES("\x82\x08"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "Table 2.1: UNSUBSCRIBE from a server", DPS_MQTT_CLIENT, BYTES("\xa2\x08"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "Table 2.1: PINGREQ from a server", DPS_MQTT_CLIENT, BYTES("\xc0\x00"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "Table 2.1: DISCONNECT from a server", DPS_MQTT_CLIENT, BYTES("\xe0\x00"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "Table 2.1: CONNACK from a client", DPS_MQTT_SERVER, BYTES("\x20\x02\x00\x00"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "Table 2.1: SUBACK from a client", DPS_MQTT_SERVER, BYTES("\x90\x03"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "Table 2.1: UNSUBACK from a client", DPS_MQTT_SERVER, BYTES("\xb0\x02"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "Table 2.1: PINGRESP from a client", DPS_MQTT_SERVER, BYTES("\xd0\x00"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "MQTT-3.3.1-4: QoS 3", DPS_MQTT_EITHER, BYTES("\x36\x06\x00\x01t\x00\x01x"),
      DPS_MQTT_ERR_QOS_RESERVED, 1 },
    { "MQTT-3.3.1-2: DUP with QoS 0", DPS_MQTT_EITHER, BYTES("\x38\x04\x00\x01tx"),
      DPS_MQTT_ERR_DUP_QOS_0, 1 },
    { "2.2.3: four continuation bytes", DPS_MQTT_EITHER,
      BYTES("\x30\x80\x80\x80\x80\x01"), DPS_MQTT_ERR_REMAINING_LENGTH, 5 },
    { "N-02: a fourth length byte that wants a fifth", DPS_MQTT_EITHER,
      BYTES("\x30\x80\x80\x80\x80"), DPS_MQTT_ERR_REMAINING_LENGTH, 5 },
    { "MQTT-3.6.1-1: PUBREL, flags 0", DPS_MQTT_EITHER, BYTES("\x60\x02\x00\x01"),
      DPS_MQTT_ERR_FLAGS, 1 },
    { "MQTT-3.6.1-1: PUBREL, DUP as in MQTT 3.1", DPS_MQTT_EITHER, BYTES("\x6a\x02\x00\x01"),
      DPS_MQTT_ERR_FLAGS, 1 },
    { "MQTT-3.8.1-1: SUBSCRIBE, flags 0", DPS_MQTT_SERVER,
      BYTES("\x80\x06\x00\x01\x00\x01"
            "a\x00"),
      DPS_MQTT_ERR_FLAGS, 1 },
    { "MQTT-3.8.1-1: SUBSCRIBE, flags 6", DPS_MQTT_SERVER,
      BYTES("\x86\x06\x00\x01\x00\x01"
            "a\x00"),
      DPS_MQTT_ERR_FLAGS, 1 },
    { "MQTT-3.10.1-1: UNSUBSCRIBE, flags 0", DPS_MQTT_SERVER,
      BYTES("\xa0\x06\x00\x03\x00\x02zz"), DPS_MQTT_ERR_FLAGS, 1 },
    { "MQTT-3.14.1-1: DISCONNECT, flags 1", DPS_MQTT_SERVER, BYTES("\xe1\x00"),
      DPS_MQTT_ERR_FLAGS, 1 },
    { "3.1: CONNECT of length 0", DPS_MQTT_SERVER, BYTES("\x10\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "MQTT-3.1.3-3: CONNECT without client identifier", DPS_MQTT_SERVER,
      BYTES("\x10\x0a\x00\x04MQTT\x04\x02\x00\x3c"), DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.2: CONNACK of length 1", DPS_MQTT_CLIENT, BYTES("\x20\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.2: CONNACK of length 3", DPS_MQTT_CLIENT, BYTES("\x20\x03\x00\x00\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.4: PUBACK of length 1", DPS_MQTT_EITHER, BYTES("\x40\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.4: PUBACK of length 3", DPS_MQTT_EITHER, BYTES("\x40\x03\x00\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.5: PUBREC of length 1", DPS_MQTT_EITHER, BYTES("\x50\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.5: PUBREC of length 3", DPS_MQTT_EITHER, BYTES("\x50\x03\x00\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.6: PUBREL of length 1", DPS_MQTT_EITHER, BYTES("\x62\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.6: PUBREL of length 3", DPS_MQTT_EITHER, BYTES("\x62\x03\x00\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.7: PUBCOMP of length 1", DPS_MQTT_EITHER, BYTES("\x70\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.7: PUBCOMP of length 3", DPS_MQTT_EITHER, BYTES("\x70\x03\x00\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.10: UNSUBSCRIBE of length 1", DPS_MQTT_SERVER, BYTES("\xa2\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.11: UNSUBACK of length 1", DPS_MQTT_CLIENT, BYTES("\xb0\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.9: SUBACK without a code", DPS_MQTT_CLIENT, BYTES("\x90\x02\x00\x01"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.11: UNSUBACK of length 3", DPS_MQTT_CLIENT, BYTES("\xb0\x03\x00\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.12: PINGREQ with a body", DPS_MQTT_SERVER, BYTES("\xc0\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.13: PINGRESP with a body", DPS_MQTT_CLIENT, BYTES("\xd0\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.14: DISCONNECT with a body", DPS_MQTT_SERVER, BYTES("\xe0\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "3.3: PUBLISH of length 1", DPS_MQTT_EITHER, BYTES("\x30\x01\x00"),
      DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "1.5.3: topic longer than the packet", DPS_MQTT_EITHER,
      BYTES("\x30\x04\x00\x09"
            "ab"),
      DPS_MQTT_ERR_FIELD_LENGTH, 4 },
    { "3.3.2: QoS 1 without room for an identifier", DPS_MQTT_EITHER,
      BYTES("\x32\x03\x00\x01t"), DPS_MQTT_ERR_FIELD_LENGTH, 4 },
    { "MQTT-4.7.3-1: empty topic", DPS_MQTT_EITHER, BYTES("\x30\x03\x00\x00x"),
      DPS_MQTT_ERR_TOPIC_NAME_EMPTY, 4 },
    { "MQTT-3.3.2-2: '+' in a topic", DPS_MQTT_EITHER,
      BYTES("\x30\x06\x00\x03"
            "a/+x"),
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD, 7 },
    { "MQTT-3.3.2-2: '#' in a topic", DPS_MQTT_EITHER,
      BYTES("\x30\x06\x00\x03"
            "a/#x"),
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD, 7 },
    { "MQTT-1.5.3-2: U+0000 in a topic", DPS_MQTT_EITHER,
      BYTES("\x30\x05\x00\x02"
            "a\x00x"),
      DPS_MQTT_ERR_NUL, 6 },
    { "MQTT-1.5.3-1: a surrogate in a topic", DPS_MQTT_EITHER,
      BYTES("\x30\x07\x00\x04"
            "a\xed\xa0\x80x"),
      DPS_MQTT_ERR_UTF8, 8 },
    { "MQTT-1.5.3-1: an overlong form", DPS_MQTT_EITHER,
      BYTES("\x30\x06\x00\x03"
            "a\xc0\xafx"),
      DPS_MQTT_ERR_UTF8, 7 },
    { "MQTT-1.5.3-1: a cut sequence", DPS_MQTT_EITHER,
      BYTES("\x30\x06\x00\x03"
            "a\xe2\x82x"),
      DPS_MQTT_ERR_UTF8, 7 },
    { "MQTT-2.3.1-1: PUBLISH, identifier 0", DPS_MQTT_EITHER,
      BYTES("\x32\x06\x00\x01t\x00\x00x"), DPS_MQTT_ERR_PACKET_IDENTIFIER, 7 },
    { "MQTT-2.3.1-1: PUBACK, identifier 0", DPS_MQTT_EITHER, BYTES("\x40\x02\x00\x00"),
      DPS_MQTT_ERR_PACKET_IDENTIFIER, 4 },
    { "MQTT-2.3.1-1: PUBLISH of QoS 2, identifier 0", DPS_MQTT_EITHER,
      BYTES("\x34\x06\x00\x01t\x00\x00x"), DPS_MQTT_ERR_PACKET_IDENTIFIER, 7 },
    { "MQTT-2.3.1-1: PUBREC, identifier 0", DPS_MQTT_EITHER, BYTES("\x50\x02\x00\x00"),
      DPS_MQTT_ERR_PACKET_IDENTIFIER, 4 },
    { "MQTT-2.3.1-1: PUBREL, identifier 0", DPS_MQTT_EITHER, BYTES("\x62\x02\x00\x00"),
      DPS_MQTT_ERR_PACKET_IDENTIFIER, 4 },
    { "MQTT-2.3.1-1: PUBCOMP, identifier 0", DPS_MQTT_EITHER, BYTES("\x70\x02\x00\x00"),
      DPS_MQTT_ERR_PACKET_IDENTIFIER, 4 },
    { "MQTT-2.3.1-1: UNSUBSCRIBE, identifier 0", DPS_MQTT_SERVER,
      BYTES("\xa2\x06\x00\x00\x00\x02zz"), DPS_MQTT_ERR_PACKET_IDENTIFIER, 8 },
    { "MQTT-2.3.1-1: SUBSCRIBE, identifier 0", DPS_MQTT_SERVER,
      BYTES("\x82\x06\x00\x00\x00\x01"
            "a\x00"),
      DPS_MQTT_ERR_PACKET_IDENTIFIER, 8 },
    { "MQTT-2.3.1-1: UNSUBACK, identifier 0", DPS_MQTT_CLIENT, BYTES("\xb0\x02\x00\x00"),
      DPS_MQTT_ERR_PACKET_IDENTIFIER, 4 },
    { "3.2.2.1: a reserved acknowledge flag", DPS_MQTT_CLIENT, BYTES("\x20\x02\x02\x00"),
      DPS_MQTT_ERR_CONNACK_FLAGS, 4 },
    { "MQTT-3.2.2-4: refused with Session Present", DPS_MQTT_CLIENT,
      BYTES("\x20\x02\x01\x05"), DPS_MQTT_ERR_SESSION_PRESENT_REFUSED, 4 },
    { "MQTT-3.9.3-2: SUBACK code 3", DPS_MQTT_CLIENT, BYTES("\x90\x03\x00\x01\x03"),
      DPS_MQTT_ERR_SUBACK_CODE, 5 },
    { "MQTT-3.9.3-2: SUBACK code 0x7f", DPS_MQTT_CLIENT, BYTES("\x90\x03\x00\x01\x7f"),
      DPS_MQTT_ERR_SUBACK_CODE, 5 },
    { "MQTT-3.9.3-2: SUBACK code 0x81", DPS_MQTT_CLIENT, BYTES("\x90\x03\x00\x01\x81"),
      DPS_MQTT_ERR_SUBACK_CODE, 5 },
    { "MQTT-3.9.3-2: SUBACK code 3 before a good one", DPS_MQTT_CLIENT,
      BYTES("\x90\x04\x00\x01\x03\x00"), DPS_MQTT_ERR_SUBACK_CODE, 5 },
    { "two at once: a reserved type, and its flags", DPS_MQTT_EITHER, BYTES("\xf3\x00"),
      DPS_MQTT_ERR_PACKET_TYPE, 1 },
    { "two at once: the direction, and the flags", DPS_MQTT_CLIENT, BYTES("\x1f\x0e"),
      DPS_MQTT_ERR_DIRECTION, 1 },
    { "two at once: PUBACK's length, and the head buffer", DPS_MQTT_EITHER,
      BYTES("\x40\x41\x00"), DPS_MQTT_ERR_BODY_LENGTH, 2 },
    { "two at once: a topic over its packet, and over the head buffer", DPS_MQTT_EITHER,
      BYTES("\x30\x04\x00\x50tt"), DPS_MQTT_ERR_FIELD_LENGTH, 4 },
    { "our limit: a body over the head buffer of 64", DPS_MQTT_CLIENT,
      BYTES("\x90\x41\x00"), DPS_MQTT_ERR_BODY_TOO_LONG, 2 },
    { "our limit: a topic over the head buffer", DPS_MQTT_EITHER,
      BYTES("\x30\x60\x00\x41ttt"), DPS_MQTT_ERR_TOPIC_TOO_LONG, 4 },
    { "our limit: a topic with identifier over it", DPS_MQTT_EITHER,
      BYTES("\x32\x60\x00\x3fttt"), DPS_MQTT_ERR_TOPIC_TOO_LONG, 4 },
    { "N-39: payload_max, by the header alone", DPS_MQTT_EITHER,
      BYTES("\x30\xff\xff\xff\x7f"), DPS_MQTT_ERR_PAYLOAD_TOO_LONG, 5 },
    { "N-39: payload_max, one byte over", DPS_MQTT_EITHER, BYTES("\x30\xec\x07\x00\x01t"),
      DPS_MQTT_ERR_PAYLOAD_TOO_LONG, 5 },
};

START_TEST(mqtt_reader_refuses)
{
    dps_mqtt_reader_init(&reader, refused[_i].role, head, sizeof head, 1000);
    ck_assert_msg(
        dps_mqtt_reader_input(&reader, refused[_i].wire, refused[_i].len, &packet)
            == refused[_i].taken,
        "%s", refused[_i].name);
    ck_assert_msg(dps_mqtt_reader_error(&reader) == refused[_i].error, "%s: %s",
                  refused[_i].name, dps_mqtt_error_text(dps_mqtt_reader_error(&reader)));
    ck_assert_uint_eq(packet.type, DPS_MQTT_NONE);
    /* It stays failed: good bytes after bad ones change nothing. */
    ck_assert_uint_eq(dps_mqtt_reader_input(&reader, BYTES("\xd0\x00"), &packet), 0);
    ck_assert_uint_eq(dps_mqtt_reader_error(&reader), refused[_i].error);
    ROW_RAN(refused[_i].name);
}
END_TEST

/* [MQTT-2.2.2-2], Table 2.2: 16 types, 16 nibbles, from the table as it is printed. */
START_TEST(mqtt_2_2_2_2_every_type_with_every_flag)
{
    static const int flags_of[16] = { -1, 0, 0, -1, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, -1 };
    unsigned type, flags;

    for (type = 1; type < 15; type++) {
        for (flags = 0; flags < 16 && type != DPS_MQTT_PUBLISH; flags++) {
            uint8_t first = (uint8_t)(type << 4 | flags);

            dps_mqtt_reader_init(&reader, DPS_MQTT_EITHER, head, sizeof head, 0);
            dps_mqtt_reader_input(&reader, &first, 1, &packet);
            ck_assert_uint_eq(dps_mqtt_reader_error(&reader), (int)flags == flags_of[type]
                                                                  ? DPS_MQTT_OK
                                                                  : DPS_MQTT_ERR_FLAGS);
        }
    }
}
END_TEST

/* [MQTT-3.3.1-2], [MQTT-3.3.1-4]: PUBLISH's own sixteen, from Tables 3.2 and 3.3.1.1. */
START_TEST(mqtt_3_3_1_every_publish_flag)
{
    static const uint8_t error_of[16] = {
        [0x6] = DPS_MQTT_ERR_QOS_RESERVED, [0x7] = DPS_MQTT_ERR_QOS_RESERVED,
        [0x8] = DPS_MQTT_ERR_DUP_QOS_0,    [0x9] = DPS_MQTT_ERR_DUP_QOS_0,
        [0xe] = DPS_MQTT_ERR_QOS_RESERVED, [0xf] = DPS_MQTT_ERR_QOS_RESERVED,
    };
    uint8_t first = (uint8_t)(0x30 | _i);

    dps_mqtt_reader_init(&reader, DPS_MQTT_EITHER, head, sizeof head, 0);
    dps_mqtt_reader_input(&reader, &first, 1, &packet);
    ck_assert_uint_eq(dps_mqtt_reader_error(&reader), error_of[_i]);
}
END_TEST

/* Four-byte lengths are legal; the 2014 text's pseudo-code refuses them by mistake. */
START_TEST(mqtt_n_03_lengths_at_every_border)
{
    static const struct {
        const uint8_t *wire;
        size_t len;
        uint32_t total;
    } row[] = {
        { BYTES("\x30\x04\x00\x01tx"), 1 },
        { BYTES("\x30\x7f\x00\x01tx"), 127 - 3 },
        { BYTES("\x30\x80\x01\x00\x01tx"), 128 - 3 },
        { BYTES("\x30\xff\x7f\x00\x01tx"), 16383 - 3 },
        { BYTES("\x30\x80\x80\x01\x00\x01tx"), 16384 - 3 },
        { BYTES("\x30\xff\xff\x7f\x00\x01tx"), 2097151 - 3 },
        { BYTES("\x30\x80\x80\x80\x01\x00\x01tx"), 2097152 - 3 },
        { BYTES("\x30\xff\xff\xff\x7f\x00\x01tx"), 268435455 - 3 },
    };
    unsigned i;

    for (i = 0; i < sizeof row / sizeof row[0]; i++) {
        dps_mqtt_reader_init(&reader, DPS_MQTT_EITHER, head, sizeof head, 0);
        ck_assert_uint_eq(
            dps_mqtt_reader_input(&reader, row[i].wire, row[i].len, &packet), row[i].len);
        ck_assert_uint_eq(packet.type, DPS_MQTT_PUBLISH);
        ck_assert_uint_eq(packet.total, row[i].total);
    }
}
END_TEST

/* Tables 2.1 and 2.2 and each packet's 3.x.1 once more, in another shape: which lengths
 * below 15 each type may have, and who may read it. */
START_TEST(mqtt_n_08_n_09_every_type_role_and_length)
{
    static const struct {
        uint8_t first;
        char readers; /* C, S or B: both */
        uint8_t least, most;
    } row[] = {
        { 0x10, 'S', 12, 14 }, { 0x20, 'C', 2, 2 },  { 0x30, 'B', 2, 14 },
        { 0x40, 'B', 2, 2 },   { 0x50, 'B', 2, 2 },  { 0x62, 'B', 2, 2 },
        { 0x70, 'B', 2, 2 },   { 0x82, 'S', 2, 14 }, { 0x90, 'C', 3, 14 },
        { 0xa2, 'S', 2, 14 },  { 0xb0, 'C', 2, 2 },  { 0xc0, 'S', 0, 0 },
        { 0xd0, 'C', 0, 0 },   { 0xe0, 'S', 0, 0 },
    };
    uint8_t wire[2] = { row[_i].first, 0 };
    unsigned server;

    for (server = 0; server < 2; server++) {
        enum dps_mqtt_role role = server ? DPS_MQTT_SERVER : DPS_MQTT_CLIENT;
        int may = row[_i].readers == 'B' || row[_i].readers == (server ? 'S' : 'C');

        for (wire[1] = 0; wire[1] < 15; wire[1]++) {
            int fits = wire[1] >= row[_i].least && wire[1] <= row[_i].most;

            dps_mqtt_reader_init(&reader, role, head, sizeof head, 0);
            dps_mqtt_reader_input(&reader, wire, 2, &packet);
            ck_assert_msg(dps_mqtt_reader_error(&reader)
                              == (!may    ? DPS_MQTT_ERR_DIRECTION
                                  : !fits ? DPS_MQTT_ERR_BODY_LENGTH
                                          : DPS_MQTT_OK),
                          "%02x of length %u, reader %u", wire[0], wire[1], server);
        }
    }
}
END_TEST

/* What a packet does not have is 0 in what is told, whatever was there before. */
START_TEST(mqtt_reader_absent_fields_are_zero)
{
    static const struct dps_bytes none;

    memset(&packet, 0xa5, sizeof packet);
    dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
    ck_assert_uint_eq(dps_mqtt_reader_input(&reader, BYTES("\xd0\x00"), &packet), 2);
    ck_assert_uint_eq(packet.packet_identifier, 0);
    ck_assert_ptr_eq(packet.topic.at, none.at);
    ck_assert_uint_eq(packet.topic.len, 0);
    ck_assert_uint_eq(packet.body.len, 0);
    ck_assert_uint_eq(packet.offset, 0);
    ck_assert_uint_eq(packet.total, 0);
    memset(&packet, 0xa5, sizeof packet);
    dps_mqtt_reader_input(&reader, BYTES("\x30\x04\x00\x01tx"), &packet);
    ck_assert_uint_eq(packet.packet_identifier, 0);
}
END_TEST

/* N-39: by the fixed header alone as soon as no topic that fits could save it. */
START_TEST(mqtt_n_39_payload_max_at_the_header)
{
    /* payload_max 1000, head buffer 64, topic length 2: 1066 may be, 1067 may not. */
    dps_mqtt_reader_init(&reader, DPS_MQTT_EITHER, head, sizeof head, 1000);
    dps_mqtt_reader_input(&reader, BYTES("\x30\xaa\x08"), &packet);
    ck_assert_uint_eq(dps_mqtt_reader_error(&reader), DPS_MQTT_OK);
    dps_mqtt_reader_init(&reader, DPS_MQTT_EITHER, head, sizeof head, 1000);
    dps_mqtt_reader_input(&reader, BYTES("\x30\xab\x08"), &packet);
    ck_assert_uint_eq(dps_mqtt_reader_error(&reader), DPS_MQTT_ERR_PAYLOAD_TOO_LONG);
}
END_TEST

/* [MQTT-3.2.2-4] and [MQTT-3.9.3-2] with every value, at every place. */
START_TEST(mqtt_reader_every_code)
{
    unsigned code;

    for (code = 0; code < 256; code++) {
        uint8_t connack[4] = { 0x20, 2, 1, (uint8_t)code };
        uint8_t suback[6] = { 0x90, 4, 0, 1, 0, (uint8_t)code };

        dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
        dps_mqtt_reader_input(&reader, connack, 4, &packet);
        ck_assert_uint_eq(dps_mqtt_reader_error(&reader),
                          code == 0 ? DPS_MQTT_OK
                                    : DPS_MQTT_ERR_SESSION_PRESENT_REFUSED);
        dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
        dps_mqtt_reader_input(&reader, suback, 6, &packet);
        ck_assert_uint_eq(dps_mqtt_reader_error(&reader), code <= 2 || code == 0x80
                                                              ? DPS_MQTT_OK
                                                              : DPS_MQTT_ERR_SUBACK_CODE);
    }
}
END_TEST

TCase *mqtt_reader_cases(void)
{
    TCase *tc = tcase_create("reader");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, mqtt_reader_golden_in_every_split, 0, (int)golden_count);
    tcase_add_loop_test(tc, mqtt_n_05_every_prefix_needs_more, 0, (int)golden_count);
    tcase_add_test(tc, mqtt_reader_publish_fields);
    tcase_add_test(tc, mqtt_1_5_3_3_u_feff_is_kept);
    tcase_add_test(tc, mqtt_2_3_1_5_no_identifier_at_qos_0);
    tcase_add_test(tc, mqtt_3_3_2_1_topic_comes_first);
    tcase_add_loop_test(tc, mqtt_n_04_longer_length_forms_are_read, 0, 3);
    tcase_add_loop_test(tc, mqtt_n_12_n_13_rare_characters_pass, 0, 6);
    tcase_add_test(tc, mqtt_n_28_empty_payload_is_one_piece);
    tcase_add_test(tc, mqtt_reader_two_packets_are_told_one_at_a_time);
    tcase_add_test(tc, mqtt_reader_suback_body_follows_the_identifier);
    tcase_add_test(tc, mqtt_2_2_3_the_largest_payload_streams);
    tcase_add_test(tc, mqtt_reader_limits_are_inclusive);
    tcase_add_loop_test(tc, mqtt_reader_refuses, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(tc, mqtt_2_2_2_2_every_type_with_every_flag);
    tcase_add_loop_test(tc, mqtt_3_3_1_every_publish_flag, 0, 16);
    tcase_add_test(tc, mqtt_n_03_lengths_at_every_border);
    tcase_add_loop_test(tc, mqtt_n_08_n_09_every_type_role_and_length, 0, 14);
    tcase_add_test(tc, mqtt_reader_absent_fields_are_zero);
    tcase_add_test(tc, mqtt_n_39_payload_max_at_the_header);
    tcase_add_test(tc, mqtt_reader_every_code);
    return tc;
}
