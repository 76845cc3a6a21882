/* SPDX-License-Identifier: MIT
 *
 * Byte vectors for both roles, each with its number in tests/conformance/mqtt.map: SC, a
 * server's first packet; SP, one after a good CONNECT; CV, what a client meets. Bytes in
 * hex, written down from the standard's figures and from its rules; what must come of them
 * is the rule's own error value. The server's vectors go through the reader and what reads
 * the fields; tests/system/test_mqtt_vectors.py sends the same to the emulator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/server.h"
#include "mqtt/session.h"
#include "tests/row.h"
#include "tests/unit/mqtt/mqtt_tests.h"

static uint8_t head[256];

/* "10 0E 00" as bytes. */
static size_t from_hex(uint8_t *out, size_t cap, const char *hex)
{
    size_t n;
    char *end;

    for (n = 0; *hex != '\0'; n++, hex = end) {
        ck_assert_uint_lt(n, cap);
        out[n] = (uint8_t)strtoul(hex, &end, 16);
        ck_assert_ptr_eq(end, hex + 2 + (*hex == ' '));
    }
    return n;
}

/* ---- Server ------------------------------------------------------------------------ */

/* `told` are the types of the packets that were good, a hex digit each (Table 2.1). */
struct server_vector {
    const char *name, *hex, *told;
    enum dps_mqtt_error error;
};

#define R16 " 72 72 72 72 72 72 72 72 72 72 72 72 72 72 72 72"
#define SC_01 "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31"

/* That the first packet is a CONNECT, and what CONNACK says, is the emulator's business:
 * SC-03, SC-40 and SC-41 are good packets. */
static const struct server_vector first_packets[] = {
    { "SC-01 CONNECT, the least", SC_01, "1", DPS_MQTT_OK },
    { "SC-02 empty identifier, CleanSession 1",
      "10 0C 00 04 4D 51 54 54 04 02 00 3C 00 00", "1", DPS_MQTT_OK },
    { "SC-03 empty identifier, CleanSession 0",
      "10 0C 00 04 4D 51 54 54 04 00 00 3C 00 00", "1", DPS_MQTT_OK },
    { "SC-04 every field",
      "10 22 00 04 4D 51 54 54 04 EE 00 3C 00 02 63 31 00 03 77 2F 74 00 03 62 79 65 00 04"
      " 75 73 65 72 00 02 00 FF", "1", DPS_MQTT_OK },
    { "SC-05 fixed header's flags 0001",
      "11 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "", DPS_MQTT_ERR_FLAGS },
    { "SC-06 protocol name MQTU",
      "10 0E 00 04 4D 51 54 55 04 02 00 3C 00 02 63 31", "", DPS_MQTT_ERR_PROTOCOL_NAME },
    { "SC-07 protocol name mqtt",
      "10 0E 00 04 6D 71 74 74 04 02 00 3C 00 02 63 31", "", DPS_MQTT_ERR_PROTOCOL_NAME },
    { "SC-08 protocol name MQTTT",
      "10 0F 00 05 4D 51 54 54 54 04 02 00 3C 00 02 63 31", "",
      DPS_MQTT_ERR_PROTOCOL_NAME },
    { "SC-09 protocol level 6",
      "10 0E 00 04 4D 51 54 54 06 02 00 3C 00 02 63 31", "", DPS_MQTT_ERR_PROTOCOL_LEVEL },
    { "SC-10 protocol level 0",
      "10 0E 00 04 4D 51 54 54 00 02 00 3C 00 02 63 31", "", DPS_MQTT_ERR_PROTOCOL_LEVEL },
    { "SC-11 Connect Flags, bit 0",
      "10 0E 00 04 4D 51 54 54 04 03 00 3C 00 02 63 31", "", DPS_MQTT_ERR_CONNECT_FLAGS },
    { "SC-12 no will, will QoS 1",
      "10 0E 00 04 4D 51 54 54 04 0A 00 3C 00 02 63 31", "", DPS_MQTT_ERR_WILL_FLAGS },
    { "SC-13 no will, will retain 1",
      "10 0E 00 04 4D 51 54 54 04 22 00 3C 00 02 63 31", "", DPS_MQTT_ERR_WILL_FLAGS },
    { "SC-14 will QoS 3",
      "10 14 00 04 4D 51 54 54 04 1E 00 3C 00 02 63 31 00 01 77 00 01 6D", "",
      DPS_MQTT_ERR_WILL_QOS },
    { "SC-15 will without its fields",
      "10 0E 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31", "", DPS_MQTT_ERR_FIELD_LENGTH },
    { "SC-16 will with its topic only",
      "10 11 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 01 77", "",
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "SC-17 will topic empty",
      "10 13 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 00 00 01 6D", "",
      DPS_MQTT_ERR_TOPIC_NAME_EMPTY },
    { "SC-18 will topic with #",
      "10 16 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 03 61 2F 23 00 01 6D", "",
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD },
    { "SC-19 will message empty",
      "10 13 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 01 77 00 00", "1", DPS_MQTT_OK },
    { "SC-20 password without user name",
      "10 12 00 04 4D 51 54 54 04 42 00 3C 00 02 63 31 00 02 70 77", "",
      DPS_MQTT_ERR_PASSWORD_FLAG },
    { "SC-21 user name missing",
      "10 0E 00 04 4D 51 54 54 04 82 00 3C 00 02 63 31", "", DPS_MQTT_ERR_FIELD_LENGTH },
    { "SC-22 a string that no flag announces",
      "10 11 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31 00 01 75", "",
      DPS_MQTT_ERR_FIELD_LEFT_OVER },
    { "SC-23 password missing",
      "10 11 00 04 4D 51 54 54 04 C2 00 3C 00 02 63 31 00 01 75", "",
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "SC-24 a byte behind the payload",
      "10 0F 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31 00", "",
      DPS_MQTT_ERR_FIELD_LEFT_OVER },
    { "SC-25 no payload", "10 0A 00 04 4D 51 54 54 04 02 00 3C", "",
      DPS_MQTT_ERR_BODY_LENGTH },
    { "SC-26 identifier past the packet",
      "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 09 63 31", "", DPS_MQTT_ERR_FIELD_LENGTH },
    { "SC-27 identifier with U+0000",
      "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 00", "", DPS_MQTT_ERR_NUL },
    { "SC-28 identifier with a surrogate",
      "10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 63 ED A0 80", "", DPS_MQTT_ERR_UTF8 },
    { "SC-29 identifier with an overlong form",
      "10 0F 00 04 4D 51 54 54 04 02 00 3C 00 03 63 C0 AF", "", DPS_MQTT_ERR_UTF8 },
    { "SC-30 identifier with a character above U+10FFFF",
      "10 11 00 04 4D 51 54 54 04 02 00 3C 00 05 63 F4 90 80 80", "", DPS_MQTT_ERR_UTF8 },
    { "SC-31 identifier with a cut sequence",
      "10 0F 00 04 4D 51 54 54 04 02 00 3C 00 03 63 E2 82", "", DPS_MQTT_ERR_UTF8 },
    { "SC-32 identifier with U+FEFF",
      "10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 EF BB BF 63", "1", DPS_MQTT_OK },
    /* 1.5.3 lets a receiver close on these two; we pass them on. */
    { "SC-33 identifier with U+0001",
      "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 01", "1", DPS_MQTT_OK },
    { "SC-34 identifier with U+FFFF",
      "10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 63 EF BF BF", "1", DPS_MQTT_OK },
    { "SC-35 identifier of 23 characters",
      "10 23 00 04 4D 51 54 54 04 02 00 3C 00 17 61 31 42 32 61 31 42 32 61 31 42 32 61 31"
      " 42 32 61 31 42 32 78 79 7A", "1", DPS_MQTT_OK },
    { "SC-36 identifier of 128 characters",
      "10 8C 01 00 04 4D 51 54 54 04 02 00 3C 00 80" R16 R16 R16 R16 R16 R16 R16 R16, "1",
      DPS_MQTT_OK },
    { "SC-37 remaining length 0", "10 00", "", DPS_MQTT_ERR_BODY_LENGTH },
    { "SC-38 remaining length in five bytes",
      "10 80 80 80 80 01 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "",
      DPS_MQTT_ERR_REMAINING_LENGTH },
    /* 3.1.1 does not ask for the shortest form. */
    { "SC-39 remaining length in a longer form",
      "10 8E 00 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "1", DPS_MQTT_OK },
    { "SC-40 PINGREQ first", "C0 00", "c", DPS_MQTT_OK },
    { "SC-41 PUBLISH first", "30 04 00 01 74 78", "3", DPS_MQTT_OK },
    { "SC-42 type 0", "00 00", "", DPS_MQTT_ERR_PACKET_TYPE },
    { "SC-43 type 15", "F0 00", "", DPS_MQTT_ERR_PACKET_TYPE },
    { "SC-45 CONNECT and PINGREQ in one write", SC_01 " C0 00", "1c", DPS_MQTT_OK },
};

static const struct server_vector next_packets[] = {
    { "SP-01 a second CONNECT", SC_01, "1", DPS_MQTT_OK }, /* the emulator's business */
    { "SP-02 PINGREQ", "C0 00", "c", DPS_MQTT_OK },
    { "SP-03 PINGREQ, flags 0001", "C1 00", "", DPS_MQTT_ERR_FLAGS },
    { "SP-04 PINGREQ with a body", "C0 01 00", "", DPS_MQTT_ERR_BODY_LENGTH },
    { "SP-05 PUBLISH, QoS 0", "30 04 00 01 74 78", "3", DPS_MQTT_OK },
    { "SP-06 PUBLISH, QoS 0, DUP", "38 04 00 01 74 78", "", DPS_MQTT_ERR_DUP_QOS_0 },
    { "SP-07 PUBLISH, QoS 3", "36 06 00 01 74 00 01 78", "", DPS_MQTT_ERR_QOS_RESERVED },
    { "SP-08 PUBLISH, QoS 1, identifier 0", "32 06 00 01 74 00 00 78", "",
      DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "SP-09 PUBLISH, QoS 1", "32 06 00 01 74 00 01 78", "3", DPS_MQTT_OK },
    { "SP-10 PUBLISH, QoS 2", "34 06 00 01 74 00 01 78", "3", DPS_MQTT_OK },
    { "SP-11 PUBLISH, topic empty", "30 03 00 00 78", "", DPS_MQTT_ERR_TOPIC_NAME_EMPTY },
    { "SP-12 PUBLISH, topic with +", "30 06 00 03 61 2F 2B 78", "",
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD },
    { "SP-13 PUBLISH, topic with #", "30 06 00 03 61 2F 23 78", "",
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD },
    { "SP-14 PUBLISH, topic with U+0000", "30 05 00 02 61 00 78", "", DPS_MQTT_ERR_NUL },
    { "SP-15 PUBLISH, topic with a surrogate", "30 07 00 04 61 ED BF BF 78", "",
      DPS_MQTT_ERR_UTF8 },
    { "SP-16 PUBLISH, topic with a character of four bytes", "30 08 00 05 41 F0 AA 9B 94 78",
      "3", DPS_MQTT_OK },
    { "SP-17 PUBLISH, topic past the packet", "30 04 00 09 61 62", "",
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "SP-18 PUBLISH, remaining length 1", "30 01 00", "", DPS_MQTT_ERR_BODY_LENGTH },
    { "SP-19 PUBLISH, QoS 1, no identifier", "32 03 00 01 74", "",
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "SP-20 PUBLISH, no payload", "30 03 00 01 74", "3", DPS_MQTT_OK },
    { "SP-21 SUBSCRIBE, one filter", "82 08 00 01 00 03 61 2F 62 01", "8", DPS_MQTT_OK },
    { "SP-22 SUBSCRIBE, three filters",
      "82 12 00 02 00 01 61 00 00 03 62 2F 23 01 00 03 2B 2F 63 02", "8", DPS_MQTT_OK },
    { "SP-23 SUBSCRIBE, flags 0000", "80 06 00 01 00 01 61 00", "", DPS_MQTT_ERR_FLAGS },
    { "SP-24 SUBSCRIBE, flags 0110", "86 06 00 01 00 01 61 00", "", DPS_MQTT_ERR_FLAGS },
    { "SP-25 SUBSCRIBE, identifier 0", "82 06 00 00 00 01 61 00", "",
      DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "SP-26 SUBSCRIBE, no filter", "82 02 00 01", "", DPS_MQTT_ERR_SUBSCRIBE_EMPTY },
    { "SP-27 SUBSCRIBE, QoS missing", "82 05 00 01 00 01 61", "",
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "SP-28 SUBSCRIBE, QoS 3", "82 06 00 01 00 01 61 03", "", DPS_MQTT_ERR_SUBSCRIBE_QOS },
    { "SP-29 SUBSCRIBE, reserved bit 04", "82 06 00 01 00 01 61 04", "",
      DPS_MQTT_ERR_SUBSCRIBE_QOS },
    { "SP-30 SUBSCRIBE, reserved bit 80", "82 06 00 01 00 01 61 80", "",
      DPS_MQTT_ERR_SUBSCRIBE_QOS },
    { "SP-31 SUBSCRIBE, filter empty", "82 05 00 01 00 00 00", "",
      DPS_MQTT_ERR_TOPIC_NAME_EMPTY },
    { "SP-32 SUBSCRIBE a#", "82 07 00 01 00 02 61 23 00", "",
      DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "SP-33 SUBSCRIBE a/#/b", "82 0A 00 01 00 05 61 2F 23 2F 62 00", "",
      DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "SP-34 SUBSCRIBE a+", "82 07 00 01 00 02 61 2B 00", "",
      DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "SP-35 SUBSCRIBE #", "82 06 00 01 00 01 23 00", "8", DPS_MQTT_OK },
    { "SP-36 SUBSCRIBE /", "82 06 00 01 00 01 2F 00", "8", DPS_MQTT_OK },
    { "SP-37 UNSUBSCRIBE of an unknown filter", "A2 06 00 03 00 02 7A 7A", "a", DPS_MQTT_OK },
    { "SP-38 UNSUBSCRIBE, flags 0000", "A0 06 00 03 00 02 7A 7A", "", DPS_MQTT_ERR_FLAGS },
    { "SP-39 UNSUBSCRIBE, no filter", "A2 02 00 03", "",
      DPS_MQTT_ERR_UNSUBSCRIBE_EMPTY },
    { "SP-40 UNSUBSCRIBE, identifier 0", "A2 06 00 00 00 02 7A 7A", "",
      DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "SP-41 PUBREL, flags 0000", "60 02 00 01", "", DPS_MQTT_ERR_FLAGS },
    { "SP-42 PUBREL, unknown identifier", "62 02 00 07", "6", DPS_MQTT_OK },
    { "SP-43 PUBACK, identifier 0", "40 02 00 00", "", DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "SP-44 PUBACK of three bytes", "40 03 00 01 00", "", DPS_MQTT_ERR_BODY_LENGTH },
    { "SP-45 DISCONNECT", "E0 00", "e", DPS_MQTT_OK },
    { "SP-46 DISCONNECT, flags 0001", "E1 00", "", DPS_MQTT_ERR_FLAGS },
    { "SP-47 CONNACK from a client", "20 02 00 00", "", DPS_MQTT_ERR_DIRECTION },
    { "SP-48 SUBACK from a client", "90 03 00 01 00", "", DPS_MQTT_ERR_DIRECTION },
    { "SP-49 PINGRESP from a client", "D0 00", "", DPS_MQTT_ERR_DIRECTION },
    { "SP-50 type 15", "F0 00", "", DPS_MQTT_ERR_PACKET_TYPE },
};

static enum dps_mqtt_error server_fields(const struct dps_mqtt_packet *packet)
{
    struct dps_bytes rest = packet->body, topic_filter;
    struct dps_mqtt_connect connect;
    struct dps_mqtt_will will;
    struct dps_mqtt_filter with_qos;
    enum dps_mqtt_error error = DPS_MQTT_OK;

    if (packet->type == DPS_MQTT_CONNECT) {
        return dps_mqtt_read_connect(packet->body, &connect, &will);
    }
    if (packet->type != DPS_MQTT_SUBSCRIBE && packet->type != DPS_MQTT_UNSUBSCRIBE) {
        return DPS_MQTT_OK;
    }
    do {
        error = packet->type == DPS_MQTT_SUBSCRIBE
                    ? dps_mqtt_read_filter(&rest, &with_qos)
                    : dps_mqtt_read_topic_filter(&rest, &topic_filter);
    } while (error == DPS_MQTT_OK && rest.len != 0);
    return error;
}

/* Feeds the bytes in pieces of `step` up to the first error, which it returns. */
static enum dps_mqtt_error server_read(struct dps_mqtt_reader *reader, const char *hex,
                                       size_t step, char *told)
{
    uint8_t wire[256];
    size_t len = from_hex(wire, sizeof wire, hex), at = 0;
    enum dps_mqtt_error error = DPS_MQTT_OK;

    while (at < len && error == DPS_MQTT_OK) {
        struct dps_mqtt_packet packet;

        at += dps_mqtt_reader_input(reader, wire + at, step < len - at ? step : len - at,
                                    &packet);
        error = dps_mqtt_reader_error(reader);
        if (error == DPS_MQTT_OK && packet.type != DPS_MQTT_NONE) {
            error = server_fields(&packet);
            if (error == DPS_MQTT_OK) {
                *told++ = "0123456789abcdef"[packet.type];
            }
        }
    }
    *told = '\0';
    return error;
}

static void server_check(const struct server_vector *v, struct dps_mqtt_reader *reader,
                         size_t step)
{
    char told[8];
    enum dps_mqtt_error error = server_read(reader, v->hex, step, told);

    ck_assert_msg(error == v->error, "%s: %s", v->name, dps_mqtt_error_text(error));
    ck_assert_msg(strcmp(told, v->told) == 0, "%s: told \"%s\"", v->name, told);
    ck_assert_msg(error != DPS_MQTT_OK || dps_mqtt_reader_is_between_packets(reader), "%s",
                  v->name);
}

START_TEST(mqtt_vectors_of_the_first_packet)
{
    struct dps_mqtt_reader reader;

    dps_mqtt_reader_init(&reader, DPS_MQTT_SERVER, head, sizeof head, 0);
    server_check(&first_packets[_i], &reader, SIZE_MAX);
    ROW_RAN(first_packets[_i].name);
}
END_TEST

START_TEST(mqtt_sc_44_one_byte_at_a_time)
{
    struct dps_mqtt_reader reader;

    dps_mqtt_reader_init(&reader, DPS_MQTT_SERVER, head, sizeof head, 0);
    server_check(&first_packets[_i], &reader, 1);
}
END_TEST

START_TEST(mqtt_vectors_of_the_next_packets)
{
    struct dps_mqtt_reader reader;

    dps_mqtt_reader_init(&reader, DPS_MQTT_SERVER, head, sizeof head, 0);
    server_check(&first_packets[0], &reader, SIZE_MAX);
    server_check(&next_packets[_i], &reader, SIZE_MAX);
    ROW_RAN(next_packets[_i].name);
}
END_TEST

/* ---- Client ------------------------------------------------------------------------ */

/* How far the session is when the bytes come. */
enum stage {
    BEFORE_CONNACK,      /* CONNECT with CleanSession 1 is out */
    BEFORE_CONNACK_KEPT, /* the same with CleanSession 0 */
    CONNECTED,
    SUBSCRIBING,       /* and SUBSCRIBE with one filter, identifier 1, is out */
    CONNECTED_64_KIB,  /* connected, with a payload_max of that size */
};

/* `told` are the events, with what they bring: "connected" and Session Present,
 * "subscribed" and what was granted, "message" and the topic. */
static const struct client_vector {
    const char *name;
    enum stage stage;
    const char *hex, *told;
    enum dps_mqtt_error error;
} client_vectors[] = {
    { "CV-01 CONNACK", BEFORE_CONNACK, "20 02 00 00", "connected 0;", DPS_MQTT_OK },
    { "CV-02 Session Present after CleanSession 0", BEFORE_CONNACK_KEPT, "20 02 01 00",
      "connected 1;", DPS_MQTT_OK },
    { "CV-03 CONNACK, flags 0001", BEFORE_CONNACK, "21 02 00 00", "", DPS_MQTT_ERR_FLAGS },
    { "CV-03 CONNACK, flags 0010", BEFORE_CONNACK, "22 02 00 00", "", DPS_MQTT_ERR_FLAGS },
    { "CV-03 CONNACK, flags 0100", BEFORE_CONNACK, "24 02 00 00", "", DPS_MQTT_ERR_FLAGS },
    { "CV-03 CONNACK, flags 1000", BEFORE_CONNACK, "28 02 00 00", "", DPS_MQTT_ERR_FLAGS },
    { "CV-04 CONNACK, acknowledge bit 02", BEFORE_CONNACK, "20 02 02 00", "",
      DPS_MQTT_ERR_CONNACK_FLAGS },
    { "CV-04 CONNACK, acknowledge bit 04", BEFORE_CONNACK, "20 02 04 00", "",
      DPS_MQTT_ERR_CONNACK_FLAGS },
    { "CV-04 CONNACK, acknowledge bit 08", BEFORE_CONNACK, "20 02 08 00", "",
      DPS_MQTT_ERR_CONNACK_FLAGS },
    { "CV-04 CONNACK, acknowledge bit 10", BEFORE_CONNACK, "20 02 10 00", "",
      DPS_MQTT_ERR_CONNACK_FLAGS },
    { "CV-04 CONNACK, acknowledge bit 20", BEFORE_CONNACK, "20 02 20 00", "",
      DPS_MQTT_ERR_CONNACK_FLAGS },
    { "CV-04 CONNACK, acknowledge bit 40", BEFORE_CONNACK, "20 02 40 00", "",
      DPS_MQTT_ERR_CONNACK_FLAGS },
    { "CV-04 CONNACK, acknowledge bit 80", BEFORE_CONNACK, "20 02 80 00", "",
      DPS_MQTT_ERR_CONNACK_FLAGS },
    { "CV-05 CONNACK 5 with Session Present", BEFORE_CONNACK, "20 02 01 05", "",
      DPS_MQTT_ERR_SESSION_PRESENT_REFUSED },
    { "CV-06 CONNACK 6", BEFORE_CONNACK, "20 02 00 06", "", DPS_MQTT_ERR_REFUSED_RESERVED },
    { "CV-07 CONNACK of one byte", BEFORE_CONNACK, "20 01 00", "",
      DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-07 CONNACK of three bytes", BEFORE_CONNACK, "20 03 00 00 00", "",
      DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-08 PUBLISH, topic empty", CONNECTED, "30 03 00 00 78", "",
      DPS_MQTT_ERR_TOPIC_NAME_EMPTY },
    { "CV-09 PUBLISH, topic with #", CONNECTED, "30 06 00 03 61 2F 23 78", "",
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD },
    { "CV-09 PUBLISH, topic with +", CONNECTED, "30 06 00 03 61 2F 2B 78", "",
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD },
    { "CV-10 PUBLISH, topic past the packet", CONNECTED, "30 04 00 09 61 62", "",
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "CV-10 PUBLISH of one byte", CONNECTED, "30 01 00", "", DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-11 PUBLISH, topic with U+0000", CONNECTED, "30 05 00 02 61 00 78", "",
      DPS_MQTT_ERR_NUL },
    { "CV-12 PUBLISH, topic with a surrogate", CONNECTED, "30 07 00 04 61 ED A0 80 78", "",
      DPS_MQTT_ERR_UTF8 },
    { "CV-13 PUBLISH, topic with an overlong form", CONNECTED, "30 06 00 03 61 C0 AF 78",
      "", DPS_MQTT_ERR_UTF8 },
    { "CV-14 PUBLISH, topic with a cut sequence", CONNECTED, "30 06 00 03 61 E2 82 78", "",
      DPS_MQTT_ERR_UTF8 },
    { "CV-15 PUBLISH, topic begins with U+FEFF", CONNECTED, "30 07 00 04 EF BB BF 61 78",
      "message \xef\xbb\xbf" "a;", DPS_MQTT_OK },
    { "CV-16 PUBLISH, QoS 3", CONNECTED, "36 06 00 01 74 00 01 78", "",
      DPS_MQTT_ERR_QOS_RESERVED },
    { "CV-17 PUBLISH, QoS 0, DUP", CONNECTED, "38 04 00 01 74 78", "",
      DPS_MQTT_ERR_DUP_QOS_0 },
    { "CV-18 PUBLISH, QoS 1, identifier 0", CONNECTED, "32 06 00 01 74 00 00 78", "",
      DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "CV-18 PUBLISH, QoS 1, no identifier", CONNECTED, "32 03 00 01 74", "",
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "CV-19 PINGRESP first", BEFORE_CONNACK, "D0 00", "", DPS_MQTT_ERR_CONNACK_FIRST },
    { "CV-19 PUBLISH first", BEFORE_CONNACK, "30 04 00 01 74 78", "",
      DPS_MQTT_ERR_CONNACK_FIRST },
    { "CV-20 Session Present after CleanSession 1", BEFORE_CONNACK, "20 02 01 00", "",
      DPS_MQTT_ERR_SESSION_PRESENT_CLEAN },
    { "CV-21 PUBREL, flags 0000", CONNECTED, "60 02 00 01", "", DPS_MQTT_ERR_FLAGS },
    { "CV-22 PUBACK, identifier 0", CONNECTED, "40 02 00 00", "",
      DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "CV-22 PUBACK of three bytes", CONNECTED, "40 03 00 01 00", "",
      DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-22 PUBACK of one byte", CONNECTED, "40 01 00", "", DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-23 SUBACK, code 03", SUBSCRIBING, "90 03 00 01 03", "", DPS_MQTT_ERR_SUBACK_CODE },
    { "CV-23 SUBACK, code 7F", SUBSCRIBING, "90 03 00 01 7F", "", DPS_MQTT_ERR_SUBACK_CODE },
    { "CV-23 SUBACK, code 81", SUBSCRIBING, "90 03 00 01 81", "", DPS_MQTT_ERR_SUBACK_CODE },
    { "CV-24 SUBACK, two codes for one filter", SUBSCRIBING, "90 04 00 01 00 00", "",
      DPS_MQTT_ERR_SUBACK_COUNT },
    { "CV-24 SUBACK without a code", SUBSCRIBING, "90 02 00 01", "",
      DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-25 SUBACK, failure", SUBSCRIBING, "90 03 00 01 80", "subscribed 80;",
      DPS_MQTT_OK },
    { "CV-26 SUBACK of an identifier never used", SUBSCRIBING, "90 03 00 63 00", "",
      DPS_MQTT_OK },
    { "CV-27 UNSUBACK of three bytes", CONNECTED, "B0 03 00 01 00", "",
      DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-27 UNSUBACK, identifier 0", CONNECTED, "B0 02 00 00", "",
      DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "CV-28 PINGRESP with a body", CONNECTED, "D0 01 00", "", DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-28 PINGRESP, flags 0001", CONNECTED, "D1 00", "", DPS_MQTT_ERR_FLAGS },
    { "CV-29 PINGREQ from a server", CONNECTED, "C0 00", "", DPS_MQTT_ERR_DIRECTION },
    { "CV-29 DISCONNECT from a server", CONNECTED, "E0 00", "", DPS_MQTT_ERR_DIRECTION },
    { "CV-29 SUBSCRIBE from a server", CONNECTED, "82 06 00 01 00 01 61 00", "",
      DPS_MQTT_ERR_DIRECTION },
    { "CV-29 UNSUBSCRIBE from a server", CONNECTED, "A2 05 00 01 00 01 61", "",
      DPS_MQTT_ERR_DIRECTION },
    { "CV-29 CONNECT from a server", CONNECTED, SC_01, "", DPS_MQTT_ERR_DIRECTION },
    { "CV-30 type 0", CONNECTED, "00 00", "", DPS_MQTT_ERR_PACKET_TYPE },
    { "CV-30 type 15", CONNECTED, "F0 00", "", DPS_MQTT_ERR_PACKET_TYPE },
    { "CV-31 a second CONNACK", CONNECTED, "20 02 00 00", "", DPS_MQTT_ERR_CONNACK_AGAIN },
    { "CV-32 the largest length, and a limit of 64 KiB", CONNECTED_64_KIB, "30 FF FF FF 7F",
      "", DPS_MQTT_ERR_PAYLOAD_TOO_LONG },
    { "CV-33 four continuation bytes", CONNECTED, "30 80 80 80 80", "",
      DPS_MQTT_ERR_REMAINING_LENGTH },
    { "CV-34 a length of four bytes", CONNECTED, "30 80 80 80 01", "", DPS_MQTT_OK },
    { "CV-35 a first byte alone", CONNECTED, "30", "", DPS_MQTT_OK },
    { "CV-35 a length cut after its first byte", CONNECTED, "30 80", "", DPS_MQTT_OK },
    { "CV-35 a length cut after its second byte", CONNECTED, "30 80 80", "", DPS_MQTT_OK },
    { "CV-36 SUBACK before CONNACK", BEFORE_CONNACK, "90 03 00 01 00", "",
      DPS_MQTT_ERR_CONNACK_FIRST },
    { "CV-36 PUBACK before CONNACK", BEFORE_CONNACK, "40 02 00 01", "",
      DPS_MQTT_ERR_CONNACK_FIRST },
    { "CV-36 PINGRESP before CONNACK", BEFORE_CONNACK, "D0 00", "",
      DPS_MQTT_ERR_CONNACK_FIRST },
    { "CV-37 PUBLISH before SUBACK", SUBSCRIBING, "30 06 00 03 61 2F 62 78", "message a/b;",
      DPS_MQTT_OK },
    { "CV-38 CONNACK and PUBLISH in one read", BEFORE_CONNACK,
      "20 02 00 00 30 04 00 01 74 78", "connected 0;message t;", DPS_MQTT_OK },
    { "CV-40 PUBREC of an unknown identifier", CONNECTED, "50 02 00 63", "", DPS_MQTT_OK },
    { "CV-40 PUBCOMP of an unknown identifier", CONNECTED, "70 02 00 63", "", DPS_MQTT_OK },
};

static struct dps_mqtt_session session;
static struct dps_mqtt_filter filter;

static void send_all(void)
{
    size_t len;

    while (dps_mqtt_session_output(&session, &len) != NULL) {
        dps_mqtt_session_sent(&session, len);
    }
}

/* Feeds the bytes in pieces of `step` and writes down the events. */
static void client_read(const char *hex, size_t step, char *told, size_t cap)
{
    struct dps_mqtt_event event = { 0 };
    uint8_t wire[64];
    size_t len = from_hex(wire, sizeof wire, hex), at = 0;

    *told = '\0';
    while (at < len && event.type != DPS_MQTT_CLOSED) {
        size_t n = strlen(told);

        at += dps_mqtt_session_input(&session, wire + at, step < len - at ? step : len - at,
                                     &event);
        if (event.type == DPS_MQTT_CONNECTED) {
            snprintf(told + n, cap - n, "connected %x;", event.packet.body.at[0]);
        } else if (event.type == DPS_MQTT_SUBSCRIBED) {
            snprintf(told + n, cap - n, "subscribed %x;", filter.granted);
        } else if (event.type == DPS_MQTT_MESSAGE) {
            snprintf(told + n, cap - n, "message %.*s;", (int)event.packet.topic.len,
                     (const char *)event.packet.topic.at);
        } else if (event.type != DPS_MQTT_NOTHING && event.type != DPS_MQTT_CLOSED) {
            snprintf(told + n, cap - n, "event %u;", event.type);
        }
    }
}

static void client_reach(enum stage stage)
{
    struct dps_mqtt_connect connect = { .client_id = TEXT("c1"), .clean_session = 1 };
    char told[32];

    connect.clean_session = stage != BEFORE_CONNACK_KEPT;
    filter = (struct dps_mqtt_filter){ TEXT("a/b"), 1, 0x55 };
    dps_mqtt_session_init(&session, head, sizeof head,
                          stage == CONNECTED_64_KIB ? 65536 : 0);
    dps_mqtt_session_tick(&session, 1000);
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, &connect), DPS_MQTT_OK);
    send_all();
    if (stage >= CONNECTED) {
        client_read("20 02 00 00", SIZE_MAX, told, sizeof told);
        ck_assert_str_eq(told, "connected 0;");
    }
    if (stage == SUBSCRIBING) {
        ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, &filter, 1, NULL),
                          DPS_MQTT_OK);
        send_all();
    }
}

static void client_check(const struct client_vector *v, size_t step)
{
    char told[64];
    enum dps_mqtt_error error;
    size_t len;

    client_reach(v->stage);
    client_read(v->hex, step, told, sizeof told);
    error = dps_mqtt_session_error(&session, NULL);
    ck_assert_msg(error == v->error, "%s: %s", v->name, dps_mqtt_error_text(error));
    ck_assert_msg(strcmp(told, v->told) == 0, "%s: told \"%s\"", v->name, told);
    /* None of them is answered, neither by an acknowledgement nor by a DISCONNECT. */
    ck_assert_ptr_null(dps_mqtt_session_output(&session, &len));
}

START_TEST(mqtt_vectors_of_the_client)
{
    client_check(&client_vectors[_i], SIZE_MAX);
    ROW_RAN(client_vectors[_i].name);
}
END_TEST

START_TEST(mqtt_cv_39_one_byte_at_a_time)
{
    client_check(&client_vectors[_i], 1);
}
END_TEST

TCase *mqtt_vector_cases(void)
{
    const int first = sizeof first_packets / sizeof first_packets[0];
    const int next = sizeof next_packets / sizeof next_packets[0];
    const int client = sizeof client_vectors / sizeof client_vectors[0];
    TCase *tc = tcase_create("vectors");

    tcase_add_loop_test(tc, mqtt_vectors_of_the_first_packet, 0, first);
    tcase_add_loop_test(tc, mqtt_sc_44_one_byte_at_a_time, 0, first);
    tcase_add_loop_test(tc, mqtt_vectors_of_the_next_packets, 0, next);
    tcase_add_loop_test(tc, mqtt_vectors_of_the_client, 0, client);
    tcase_add_loop_test(tc, mqtt_cv_39_one_byte_at_a_time, 0, client);
    return tc;
}
