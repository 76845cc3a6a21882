/* SPDX-License-Identifier: MIT
 *
 * The writer: golden bytes, in pieces of every size, and what it must refuse. */
#include "mqtt/will.h"
#include "mqtt/writer.h"

#include <stdlib.h>
#include <string.h>

#include "tests/row.h"
#include "tests/unit/mqtt/mqtt_tests.h"

static struct dps_mqtt_writer writer;

/* All that the writer lends, taken at most `step` bytes at a time. */
static size_t drain(uint8_t *out, size_t cap, size_t step)
{
    const uint8_t *at;
    size_t len, done = 0;

    while ((at = dps_mqtt_writer_output(&writer, &len)) != NULL) {
        ck_assert_uint_ne(len, 0);
        len = len < step ? len : step;
        ck_assert_uint_le(len, cap - done);
        memcpy(out + done, at, len);
        done += len;
        dps_mqtt_writer_sent(&writer, len);
    }
    return done;
}

static const struct dps_mqtt_connect connect_least = {
    TEXT("c1"), { 0 }, { 0 }, 60, 1,
};
static const struct dps_mqtt_connect connect_all = {
    TEXT("c1"), TEXT("user"), TEXT("\x00\xff"), 60, 1,
};
static const struct dps_mqtt_will will = { TEXT("w/t"), TEXT("bye"), 1, 1 };
static const struct dps_mqtt_connect connect_anonymous = {
    { 0 }, { 0 }, { 0 }, 60, 1,
};
static const struct dps_mqtt_publish publish_0 = { TEXT("a/b"), { TEXT("hello") }, 0, 0 };
static const struct dps_mqtt_publish publish_1 = {
    TEXT("a/b"),
    { TEXT("he"), TEXT(""), TEXT("llo") },
    1,
    0,
};
static const struct dps_mqtt_publish publish_x = { TEXT("a/b"), { TEXT("x") }, 1, 0 };
static const struct dps_mqtt_publish publish_2 = { TEXT("t"), { TEXT("x") }, 2, 0 };
static const struct dps_mqtt_publish publish_empty = { TEXT("a/b"), { { 0 } }, 0, 1 };
static const struct dps_mqtt_filter one_filter[] = { { TEXT("a/b"), 1, 0 } };
static const struct dps_mqtt_filter three_filters[] = {
    { TEXT("a"), 0, 0 },
    { TEXT("b/#"), 1, 0 },
    { TEXT("+/c"), 2, 0 },
};
static const struct dps_bytes all_codes = TEXT("\x00\x01\x02\x80");

/* Begins packet number `i`; its bytes are golden[what[i]]'s. */
static void begin(int i)
{
    switch (i) {
    case 0:
        dps_mqtt_write_connect(&writer, &connect_least);
        break;
    case 1:
        dps_mqtt_write_connect_with_will(&writer, &connect_all, &will);
        break;
    case 2:
        dps_mqtt_write_connect(&writer, &connect_anonymous);
        break;
    case 3:
        dps_mqtt_write_connack(&writer, 0, 0);
        break;
    case 4:
        dps_mqtt_write_connack(&writer, 1, 0);
        break;
    case 5:
        dps_mqtt_write_connack(&writer, 1, 5);
        break; /* [MQTT-3.2.2-4] */
    case 6:
        dps_mqtt_write_publish(&writer, &publish_0, 1, 7);
        break; /* [MQTT-3.3.1-2] */
    case 7:
        dps_mqtt_write_publish(&writer, &publish_empty, 0, 0);
        break;
    case 8:
        dps_mqtt_write_publish(&writer, &publish_1, 0, 0x1234);
        break;
    case 9:
        dps_mqtt_write_publish(&writer, &publish_x, 1, 1);
        break;
    case 10:
        dps_mqtt_write_publish(&writer, &publish_2, 0, 0xffff);
        break;
    case 11:
        dps_mqtt_write_puback(&writer, 0x1234);
        break;
    case 12:
        dps_mqtt_write_subscribe(&writer, one_filter, 1, 1);
        break;
    case 13:
        dps_mqtt_write_subscribe(&writer, three_filters, 3, 2);
        break;
    case 14:
        dps_mqtt_write_suback(&writer, all_codes, 2);
        break;
    case 15:
        dps_mqtt_write_pingreq(&writer);
        break;
    case 16:
        dps_mqtt_write_pingresp(&writer);
        break;
    default:
        dps_mqtt_write_disconnect(&writer);
        break;
    }
}

static const char *const what[] = {
    "3.1 CONNECT, the least",
    "3.1 CONNECT, every field",
    "3.1 CONNECT, empty client identifier",
    "3.2 CONNACK",
    "3.2 CONNACK, Session Present",
    "3.2 CONNACK, not authorized",
    "3.3 PUBLISH, QoS 0",
    "3.3 PUBLISH, QoS 0, retain, no payload",
    "3.3 PUBLISH, QoS 1",
    "3.3 PUBLISH, QoS 1, DUP",
    "3.3 PUBLISH, QoS 2",
    "3.4 PUBACK",
    "3.8 SUBSCRIBE, one filter",
    "3.8 SUBSCRIBE, three filters",
    "3.9 SUBACK, all four codes",
    "3.12 PINGREQ",
    "3.13 PINGRESP",
    "3.14 DISCONNECT",
};

START_TEST(mqtt_writer_golden)
{
    size_t i, step;
    uint8_t out[64];

    for (i = 0; i < golden_count && strcmp(golden[i].name, what[_i]) != 0; i++) {
    }
    ck_assert_uint_lt(i, golden_count);
    for (step = 1; step <= golden[i].len; step++) {
        begin(_i);
        ck_assert_msg(drain(out, sizeof out, step) == golden[i].len, "%s", what[_i]);
        ck_assert_mem_eq(out, golden[i].wire, golden[i].len);
    }
    ROW_RAN(what[_i]);
}
END_TEST

START_TEST(mqtt_n_01_shortest_remaining_length)
{
    static const struct {
        uint32_t length;
        const uint8_t *wire;
        size_t len;
    } row[] = {
        { 127, BYTES("\x30\x7f") },
        { 128, BYTES("\x30\x80\x01") },
        { 16383, BYTES("\x30\xff\x7f") },
        { 16384, BYTES("\x30\x80\x80\x01") },
        { 2097151, BYTES("\x30\xff\xff\x7f") },
        { 2097152, BYTES("\x30\x80\x80\x80\x01") },
        { 268435455, BYTES("\x30\xff\xff\xff\x7f") },
    };
    struct dps_mqtt_publish p = publish_0;
    size_t i, len;

    for (i = 0; i < sizeof row / sizeof row[0]; i++) {
        p.payload[0].len = row[i].length - 5;
        ck_assert_uint_eq(dps_mqtt_write_publish(&writer, &p, 0, 0), DPS_MQTT_OK);
        ck_assert_mem_eq(dps_mqtt_writer_output(&writer, &len), row[i].wire, row[i].len);
        ck_assert_uint_eq(len, row[i].len);
    }
    p.payload[0].len++;
    ck_assert_uint_eq(dps_mqtt_write_publish(&writer, &p, 0, 0),
                      DPS_MQTT_ERR_PACKET_LENGTH);
    ck_assert_ptr_null(dps_mqtt_writer_output(&writer, &len));
    p.payload[0].len = SIZE_MAX; /* sums of lengths cannot wrap */
    p.payload[1].len = SIZE_MAX;
    ck_assert_uint_eq(dps_mqtt_write_publish(&writer, &p, 0, 0),
                      DPS_MQTT_ERR_PACKET_LENGTH);
}
END_TEST

/* ---- Refusals ---------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct dps_mqtt_connect connect;
    enum dps_mqtt_error error;
} refused[] = {
    { "MQTT-3.1.3-7: empty client identifier, CleanSession 0",
      { { 0 }, { 0 }, { 0 }, 0, 0 },
      DPS_MQTT_ERR_CLIENT_ID },
    { "MQTT-3.1.2-22: password alone",
      { TEXT("c"), { 0 }, TEXT("pw"), 0, 1 },
      DPS_MQTT_ERR_PASSWORD_ALONE },
    { "MQTT-3.1.3-4: client identifier not UTF-8",
      { TEXT("\xff"), { 0 }, { 0 }, 0, 1 },
      DPS_MQTT_ERR_STRING_UTF8 },
    { "MQTT-1.5.3-2: client identifier with U+0000",
      { TEXT("a\0"), { 0 }, { 0 }, 0, 1 },
      DPS_MQTT_ERR_STRING_NUL },
    { "MQTT-3.1.3-11: user name not UTF-8",
      { TEXT("c"), TEXT("\xc0\xaf"), { 0 }, 0, 1 },
      DPS_MQTT_ERR_STRING_UTF8 },
};

START_TEST(mqtt_writer_refuses_connect)
{
    size_t len;

    begin(0);
    ck_assert_msg(dps_mqtt_write_connect(&writer, &refused[_i].connect)
                      == refused[_i].error,
                  "%s", refused[_i].name);
    ck_assert_ptr_null(dps_mqtt_writer_output(&writer, &len));
    ROW_RAN(refused[_i].name);
}
END_TEST

static const struct {
    const char *name;
    struct dps_mqtt_will will;
    enum dps_mqtt_error error;
} will_refused[] = {
    { "MQTT-3.1.2-14: will QoS 3", { TEXT("w"), TEXT("m"), 3, 0 }, DPS_MQTT_ERR_QOS_VALUE },
    { "MQTT-4.7.1-1: wildcard in the will topic",
      { TEXT("w/+"), TEXT("m"), 0, 0 },
      DPS_MQTT_ERR_TOPIC_WILDCARD },
    { "MQTT-3.1.3-10: will topic not UTF-8",
      { TEXT("w\xff"), TEXT("m"), 0, 0 },
      DPS_MQTT_ERR_STRING_UTF8 },
    { "MQTT-4.7.3-2: will topic with U+0000",
      { TEXT("w\0"), TEXT("m"), 0, 0 },
      DPS_MQTT_ERR_STRING_NUL },
    { "MQTT-4.7.3-1: empty will topic",
      { TEXT(""), TEXT("m"), 0, 0 },
      DPS_MQTT_ERR_TOPIC_EMPTY },
};

START_TEST(mqtt_writer_refuses_will)
{
    size_t len;

    begin(0);
    ck_assert_msg(dps_mqtt_write_connect_with_will(&writer, &connect_least,
                                                   &will_refused[_i].will)
                      == will_refused[_i].error,
                  "%s", will_refused[_i].name);
    ck_assert_ptr_null(dps_mqtt_writer_output(&writer, &len));
    ROW_RAN(will_refused[_i].name);
}
END_TEST

/* 1.5.3: 65,535 bytes are accepted, one more is refused, in every field. */
START_TEST(mqtt_4_7_3_3_string_length)
{
    uint8_t *text = malloc(65536);
    struct dps_bytes longest = { text, 65535 }, over = { text, 65536 };
    struct dps_mqtt_publish p = publish_0;
    struct dps_mqtt_filter f = one_filter[0];
    int i;

    memset(text, 'x', 65536);
    for (i = 0; i < 5; i++) {
        struct dps_mqtt_connect c = connect_all;
        struct dps_mqtt_will w = will;
        struct dps_bytes *field[] = { &c.client_id, &w.topic, &w.message, &c.user_name,
                                      &c.password };

        *field[i] = longest;
        ck_assert_uint_eq(dps_mqtt_write_connect_with_will(&writer, &c, &w), DPS_MQTT_OK);
        *field[i] = over;
        ck_assert_uint_eq(dps_mqtt_write_connect_with_will(&writer, &c, &w),
                          DPS_MQTT_ERR_STRING_LENGTH);
    }
    p.topic = longest;
    ck_assert_uint_eq(dps_mqtt_write_publish(&writer, &p, 0, 0), DPS_MQTT_OK);
    p.topic = over;
    ck_assert_uint_eq(dps_mqtt_write_publish(&writer, &p, 0, 0),
                      DPS_MQTT_ERR_STRING_LENGTH);
    f.topic_filter = longest;
    ck_assert_uint_eq(dps_mqtt_write_subscribe(&writer, &f, 1, 1), DPS_MQTT_OK);
    f.topic_filter = over;
    ck_assert_uint_eq(dps_mqtt_write_subscribe(&writer, &f, 1, 1),
                      DPS_MQTT_ERR_STRING_LENGTH);
    free(text);
}
END_TEST

START_TEST(mqtt_writer_refuses_publish)
{
    static const struct {
        const char *name;
        struct dps_mqtt_publish publish;
        enum dps_mqtt_error error;
    } row[] = {
        { "MQTT-3.3.1-4: QoS 3", { TEXT("t"), { { 0 } }, 3, 0 }, DPS_MQTT_ERR_QOS_VALUE },
        { "MQTT-4.7.3-1: empty",
          { TEXT(""), { { 0 } }, 0, 0 },
          DPS_MQTT_ERR_TOPIC_EMPTY },
        { "MQTT-3.3.2-2: #",
          { TEXT("a/#"), { { 0 } }, 0, 0 },
          DPS_MQTT_ERR_TOPIC_WILDCARD },
        { "MQTT-3.3.2-2: +",
          { TEXT("+"), { { 0 } }, 0, 0 },
          DPS_MQTT_ERR_TOPIC_WILDCARD },
        { "MQTT-1.5.3-1",
          { TEXT("\xed\xa0\x80"), { { 0 } }, 0, 0 },
          DPS_MQTT_ERR_STRING_UTF8 },
        { "MQTT-1.5.3-2", { TEXT("a\0b"), { { 0 } }, 0, 0 }, DPS_MQTT_ERR_STRING_NUL },
    };
    unsigned i;

    for (i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert_msg(dps_mqtt_write_publish(&writer, &row[i].publish, 0, 1)
                          == row[i].error,
                      "%s", row[i].name);
        ROW_RAN(row[i].name);
    }
}
END_TEST

START_TEST(mqtt_writer_refuses_subscribe)
{
    static const struct {
        const char *name;
        struct dps_mqtt_filter filter;
        enum dps_mqtt_error error;
    } row[] = {
        { "MQTT-3.8.3-4: QoS 3", { TEXT("t"), 3, 0 }, DPS_MQTT_ERR_QOS_VALUE },
        { "MQTT-4.7.3-1: empty", { TEXT(""), 0, 0 }, DPS_MQTT_ERR_TOPIC_EMPTY },
        { "MQTT-4.7.1-2: a#", { TEXT("a#"), 0, 0 }, DPS_MQTT_ERR_FILTER_WILDCARD },
        { "MQTT-4.7.1-3: +a", { TEXT("+a"), 0, 0 }, DPS_MQTT_ERR_FILTER_WILDCARD },
        { "MQTT-1.5.3-1", { TEXT("\xff"), 0, 0 }, DPS_MQTT_ERR_STRING_UTF8 },
    };
    struct dps_mqtt_filter two[2] = { one_filter[0], one_filter[0] };
    size_t len;
    unsigned i;

    for (i = 0; i < sizeof row / sizeof row[0]; i++) {
        two[1] = row[i].filter; /* not only the first filter is checked */
        ck_assert_msg(dps_mqtt_write_subscribe(&writer, two, 2, 1) == row[i].error, "%s",
                      row[i].name);
        ck_assert_ptr_null(dps_mqtt_writer_output(&writer, &len));
        ROW_RAN(row[i].name);
    }
    ck_assert_uint_eq(dps_mqtt_write_subscribe(&writer, two, 0, 1),
                      DPS_MQTT_ERR_FILTERS_NONE); /* [MQTT-3.8.3-3] */
}
END_TEST

/* 3.1.2.3: every legal combination of Connect Flags, from the table of bits. */
START_TEST(mqtt_3_1_2_3_connect_flags)
{
    unsigned is_there, qos, retain, clean;

    for (is_there = 0; is_there < 2; is_there++) {
        for (qos = 0; qos < (is_there ? 3u : 1u); qos++) {
            for (retain = 0; retain <= is_there; retain++) {
                for (clean = 0; clean < 2; clean++) {
                    struct dps_mqtt_connect c = connect_all;
                    struct dps_mqtt_will w = will;
                    uint8_t out[64];

                    w.qos = (uint8_t)qos;
                    w.retain = (uint8_t)retain;
                    c.clean_session = (uint8_t)clean;
                    ck_assert_uint_eq(
                        is_there ? dps_mqtt_write_connect_with_will(&writer, &c, &w)
                                 : dps_mqtt_write_connect(&writer, &c),
                        DPS_MQTT_OK);
                    drain(out, sizeof out, sizeof out);
                    ck_assert_uint_eq(out[9], 0xc0 | retain << 5 | qos << 3
                                                  | is_there << 2 | clean << 1);
                }
            }
        }
    }
}
END_TEST

START_TEST(mqtt_a_refused_packet_leaves_nothing)
{
    size_t len;

    dps_mqtt_write_pingreq(&writer);
    ck_assert_uint_eq(dps_mqtt_write_subscribe(&writer, one_filter, 0, 1),
                      DPS_MQTT_ERR_FILTERS_NONE);
    ck_assert_ptr_null(dps_mqtt_writer_output(&writer, &len));
}
END_TEST

/* 2.2.3: 4,096 filters of 65,535 bytes are the first that are too many. */
START_TEST(mqtt_2_2_3_subscribe_too_long)
{
    enum { COUNT = 4096 };
    static uint8_t text[65535];
    static struct dps_mqtt_filter filters[COUNT];
    unsigned i;

    memset(text, 'x', sizeof text);
    for (i = 0; i < COUNT; i++) {
        filters[i].topic_filter.at = text;
        filters[i].topic_filter.len = sizeof text;
    }
    ck_assert_uint_eq(dps_mqtt_write_subscribe(&writer, filters, COUNT - 1, 1),
                      DPS_MQTT_OK);
    ck_assert_uint_eq(dps_mqtt_write_subscribe(&writer, filters, COUNT, 1),
                      DPS_MQTT_ERR_PACKET_LENGTH);
}
END_TEST

TCase *mqtt_writer_cases(void)
{
    TCase *tc = tcase_create("writer");

    tcase_add_loop_test(tc, mqtt_writer_golden, 0, sizeof what / sizeof what[0]);
    tcase_add_test(tc, mqtt_n_01_shortest_remaining_length);
    tcase_add_loop_test(tc, mqtt_writer_refuses_connect, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_loop_test(tc, mqtt_writer_refuses_will, 0,
                        sizeof will_refused / sizeof will_refused[0]);
    tcase_add_test(tc, mqtt_4_7_3_3_string_length);
    tcase_add_test(tc, mqtt_writer_refuses_publish);
    tcase_add_test(tc, mqtt_writer_refuses_subscribe);
    tcase_add_test(tc, mqtt_3_1_2_3_connect_flags);
    tcase_add_test(tc, mqtt_a_refused_packet_leaves_nothing);
    tcase_add_test(tc, mqtt_2_2_3_subscribe_too_long);
    tcase_set_timeout(tc, 60);
    return tc;
}
