/* SPDX-License-Identifier: MIT
 *
 * tools/common/describe.c: bytes of the standard's packets to lines, in any split. */
#include "tools/common/describe.h"

#include <stdlib.h>
#include <string.h>

#include "mqtt/reader.h"
#include "tests/unit/tools/tools_tests.h"

#define BYTES(text) text, sizeof text - 1

enum { DESCRIBE_ROOM = 4096 };

static const struct {
    const char *wire;
    size_t len;
    const char *line;
} describe_row[] = {
    { BYTES("\x10\x0e\0\4MQTT\4\2\0\x3c\0\2c1"),
      "CONNECT CleanSession 1, keep alive 60 s, client identifier \"c1\"\n" },
    { BYTES("\x10\x22\0\4MQTT\4\xee\0\x3c\0\2c1\0\3w/t\0\3bye\0\4user\0\2pw"),
      "CONNECT CleanSession 1, keep alive 60 s, client identifier \"c1\", will QoS 1, will "
      "retain, will topic \"w/t\", will message 3 bytes bye, user name \"user\", password "
      "***\n" },
    { BYTES("\x20\2\0\0"), "CONNACK session present 0, return code 0 (accepted)\n" },
    { BYTES("\x20\2\0\5"), "CONNACK session present 0, return code 5 (not authorized)\n" },
    { BYTES("\x20\2\0\6"), "CONNACK session present 0, return code 6 (reserved)\n" },
    { BYTES("\x30\3\0\1t"), "PUBLISH QoS 0, topic \"t\", payload 0 bytes\n" },
    { BYTES("\x30\4\0\1tx"), "PUBLISH QoS 0, topic \"t\", payload 1 byte x\n" },
    { BYTES("\x3b\x08\0\1t\0\7a\x1b\xff"),
      "PUBLISH QoS 1, DUP, RETAIN, packet identifier 7, topic \"t\", payload 3 bytes "
      "a\\x1b\\xff\n" },
    { BYTES("\x30\x22\0\1tsr=a&sig=abc%3D&se=1\"sig=x\"sig="),
      "PUBLISH QoS 0, topic \"t\", payload 31 bytes sr=a&sig=***&se=1\"sig=***\"sig=***\n" },
    { BYTES("\x34\6\0\1t\xff\xffx"),
      "PUBLISH QoS 2, packet identifier 65535, topic \"t\", payload 1 byte x\n" },
    { BYTES("\x40\2\1\2"), "PUBACK packet identifier 258\n" },
    { BYTES("\x82\x12\0\2\0\1a\0\0\3b/#\1\0\3+/c\2"),
      "SUBSCRIBE packet identifier 2, topic filter \"a\" QoS 0, topic filter \"b/#\" QoS 1, "
      "topic filter \"+/c\" QoS 2\n" },
    { BYTES("\x90\6\0\2\0\1\2\x80"),
      "SUBACK packet identifier 2, granted QoS 0, granted QoS 1, granted QoS 2, failure\n" },
    { BYTES("\x50\2\1\2"), "PUBREC packet identifier 258\n" },
    { BYTES("\x62\2\1\2"), "PUBREL packet identifier 258\n" },
    { BYTES("\x70\2\1\2"), "PUBCOMP packet identifier 258\n" },
    { BYTES("\xa2\x0c\1\2\0\3a/b\0\3+/#"),
      "UNSUBSCRIBE packet identifier 258, topic filter \"a/b\", topic filter \"+/#\"\n" },
    { BYTES("\xb0\2\1\2"), "UNSUBACK packet identifier 258\n" },
    { BYTES("\xc0\0"), "PINGREQ\n" },
    { BYTES("\xd0\0"), "PINGRESP\n" },
    { BYTES("\xe0\0"), "DISCONNECT\n" },
    { BYTES("\xc0\0\xd0\0"), "PINGREQ\nPINGRESP\n" },
};

/* Feeds `step` bytes at a time, `len` in all; what is printed goes to `text`. */
static enum dps_mqtt_error describe_feed(const uint8_t *wire, size_t len, size_t step,
                                         char text[DESCRIBE_ROOM])
{
    static uint8_t head[1024];
    struct dps_mqtt_reader reader;
    struct dps_mqtt_packet packet;
    struct describe describe;
    enum dps_mqtt_error error = DPS_MQTT_OK;
    FILE *out = fmemopen(text, DESCRIBE_ROOM, "w");

    memset(text, 0, DESCRIBE_ROOM);
    dps_mqtt_reader_init(&reader, DPS_MQTT_EITHER, head, sizeof head, 0);
    describe_init(&describe);
    while (len != 0 && error == DPS_MQTT_OK) {
        size_t n = dps_mqtt_reader_input(&reader, wire, step < len ? step : len, &packet);

        ck_assert_int_eq(dps_mqtt_reader_error(&reader), DPS_MQTT_OK);
        error = describe_packet(&describe, out, "", &packet);
        wire += n;
        len -= n;
    }
    fclose(out);
    return error;
}

START_TEST(describe_every_packet_in_every_split)
{
    char text[DESCRIBE_ROOM];
    size_t step;

    for (step = 1; step <= describe_row[_i].len; step++) {
        ck_assert_int_eq(describe_feed((const uint8_t *)describe_row[_i].wire,
                                       describe_row[_i].len, step, text), DPS_MQTT_OK);
        ck_assert_str_eq(text, describe_row[_i].line);
    }
}
END_TEST

/* A PUBLISH that is not whole leaves no line. */
START_TEST(describe_waits_for_the_last_byte)
{
    char text[DESCRIBE_ROOM];

    describe_feed((const uint8_t *)"\x30\x06\0\1tabc", 7, 1, text);
    ck_assert_str_eq(text, "");
}
END_TEST

/* The payload's start is bounded and ends with a whole character. */
START_TEST(describe_bounds_the_payload)
{
    uint8_t wire[2100] = "\x30\xd3\x0f\0\1t"; /* 2,003 = 3 + 2,000 */
    char text[DESCRIBE_ROOM];
    size_t i, step;

    for (i = 0; i < 2000; i += 2) {
        memcpy(wire + 6 + i, "\xc5\xbc", 2);
    }
    wire[6] = 'a'; /* now all others stand one byte off, the bound cuts one in two */
    memmove(wire + 7, wire + 8, 1998);
    wire[2005] = 'z';
    for (step = 1; step < 2006; step = step * 3 + 1) {
        const char *payload;

        describe_feed(wire, 2006, step, text);
        payload = strstr(text, "2000 bytes a");
        ck_assert_ptr_nonnull(payload);
        payload += strlen("2000 bytes ");
        ck_assert_uint_eq(strlen(payload), (DESCRIBE_PAYLOAD - 1) + strlen("...\n"));
        ck_assert_str_eq(payload + DESCRIBE_PAYLOAD - 1, "...\n");
        ck_assert_ptr_null(strstr(payload, "\\x"));
    }
}
END_TEST

/* What a reader leaves to the server is checked here, before a word is printed: also a
 * last filter behind good ones. */
static const struct {
    const char *wire;
    size_t len;
    const char *rule;
} describe_wrong[] = {
    { BYTES("\x10\x0e\0\4MQTU\4\2\0\x3c\0\2c1"), "MQTT-3.1.2-1" },
    { BYTES("\x10\x0e\0\4MQTT\5\2\0\x3c\0\2c1"), "MQTT-3.1.2-2" },
    { BYTES("\x10\x0e\0\4MQTT\4\3\0\x3c\0\2c1"), "MQTT-3.1.2-3" },
    { BYTES("\x10\x0e\0\4MQTT\4\x0a\0\x3c\0\2c1"), "MQTT-3.1.2-11" },
    { BYTES("\x10\x14\0\4MQTT\4\x1e\0\x3c\0\2c1\0\1w\0\1m"), "MQTT-3.1.2-14" },
    { BYTES("\x10\x12\0\4MQTT\4\x42\0\x3c\0\2c1\0\2pw"), "MQTT-3.1.2-22" },
    { BYTES("\x10\x0f\0\4MQTT\4\2\0\x3c\0\2c1\0"), "MQTT 3.1.3" },
    { BYTES("\x10\x0e\0\4MQTT\4\2\0\x3c\0\3c1"), "MQTT 1.5.3" },
    { BYTES("\x10\x0e\0\4MQTT\4\2\0\x3c\0\2c\0"), "MQTT-1.5.3-2" },
    { BYTES("\x82\x0c\0\2\0\1a\0\0\3b/#\3"), "MQTT-3.8.3-4" },
    { BYTES("\x82\x0b\0\2\0\1a\0\0\2b#\0"), "MQTT-4.7.1-2" },
    { BYTES("\xa2\x09\0\2\0\1a\0\1+\0"), "MQTT 1.5.3" },
    { BYTES("\xa2\x09\0\2\0\1a\0\2+a"), "MQTT-4.7.1-2" },
    { BYTES("\xa2\x07\0\2\0\1a\0\0"), "MQTT-4.7.3-1" },
    { BYTES("\xa2\x08\0\2\0\1a\0\1\xff"), "MQTT-1.5.3-1" },
    { BYTES("\xa2\x08\0\2\0\1a\0\1\0"), "MQTT-1.5.3-2" },
};

START_TEST(describe_finds_what_is_wrong_inside)
{
    char text[DESCRIBE_ROOM];
    enum dps_mqtt_error error = describe_feed((const uint8_t *)describe_wrong[_i].wire,
                                              describe_wrong[_i].len, 99, text);

    ck_assert_str_eq(dps_mqtt_error_rule(error), describe_wrong[_i].rule);
    ck_assert_str_eq(text, "");
}
END_TEST

TCase *tools_describe_cases(void)
{
    TCase *tcase = tcase_create("describe");

    tcase_add_loop_test(tcase, describe_every_packet_in_every_split, 0,
                        sizeof describe_row / sizeof describe_row[0]);
    tcase_add_test(tcase, describe_waits_for_the_last_byte);
    tcase_add_test(tcase, describe_bounds_the_payload);
    tcase_add_loop_test(tcase, describe_finds_what_is_wrong_inside, 0,
                        sizeof describe_wrong / sizeof describe_wrong[0]);
    return tcase;
}
