/* SPDX-License-Identifier: MIT
 *
 * What a server reads: the fields of CONNECT, SUBSCRIBE and UNSUBSCRIBE. Rows are named
 * after the statement; the bytes are bodies, without the fixed header. */
#include "mqtt/server.h"

#include <stdlib.h>
#include <string.h>

#include "tests/row.h"
#include "tests/unit/mqtt/mqtt_tests.h"

#define CONNECT_HEAD "\x00\x04MQTT\x04"

/* A body in a heap block of its exact size. */
static struct dps_bytes body_of(const uint8_t *at, size_t len, uint8_t **block)
{
    struct dps_bytes body;

    *block = malloc(len + !len);
    memcpy(*block, at, len);
    body.at = *block;
    body.len = len;
    return body;
}

START_TEST(mqtt_3_1_connect_with_every_field)
{
    struct dps_mqtt_connect c;
    struct dps_mqtt_will will;
    uint8_t *block;

    ck_assert_uint_eq(dps_mqtt_read_connect(
                          body_of(BYTES(CONNECT_HEAD "\xee\x01\x02\x00\x02"
                                                     "c1\x00\x03w/t\x00\x03"
                                                     "bye\x00\x04user\x00\x02\x00\xff"),
                                  &block),
                          &c, &will),
                      DPS_MQTT_OK);
    ck_assert_uint_eq(c.keep_alive_s, 0x102);
    ck_assert_uint_eq(c.clean_session, 1);
    ck_assert_uint_eq(will.qos, 1);
    ck_assert_uint_eq(will.retain, 1);
    ck_assert_mem_eq(c.client_id.at, "c1", c.client_id.len);
    ck_assert_mem_eq(will.topic.at, "w/t", will.topic.len);
    ck_assert_mem_eq(will.message.at, "bye", will.message.len);
    ck_assert_mem_eq(c.user_name.at, "user", c.user_name.len);
    ck_assert_mem_eq(c.password.at, "\x00\xff", c.password.len);
    ck_assert_uint_eq(c.client_id.len + will.topic.len + will.message.len
                          + c.user_name.len + c.password.len,
                      2 + 3 + 3 + 4 + 2);
    free(block);
}
END_TEST

START_TEST(mqtt_3_1_connect_with_no_field)
{
    struct dps_mqtt_connect c;
    struct dps_mqtt_will will;
    uint8_t *block;

    ck_assert_uint_eq(
        dps_mqtt_read_connect(body_of(BYTES(CONNECT_HEAD "\x00\x00\x00\x00\x00"), &block),
                              &c, &will),
        DPS_MQTT_OK);
    ck_assert_uint_eq(c.clean_session, 0);
    ck_assert_uint_eq(c.client_id.len, 0);
    ck_assert_ptr_nonnull(c.client_id.at);
    ck_assert_ptr_null(will.topic.at);
    ck_assert_ptr_null(c.user_name.at);
    ck_assert_ptr_null(c.password.at);
    free(block);
}
END_TEST

static const struct {
    const char *name;
    const uint8_t *body;
    size_t len;
    enum dps_mqtt_error error;
} refused[] = {
    { "MQTT-3.1.2-1: name MQTU",
      BYTES("\x00\x04MQTU\x04\x02\x00\x3c\x00\x02"
            "c1"),
      DPS_MQTT_ERR_PROTOCOL_NAME },
    { "MQTT-3.1.2-1: name in lower case",
      BYTES("\x00\x04mqtt\x04\x02\x00\x3c\x00\x02"
            "c1"),
      DPS_MQTT_ERR_PROTOCOL_NAME },
    { "MQTT-3.1.2-1: name MQTTT",
      BYTES("\x00\x05MQTTT\x04\x02\x00\x3c\x00\x02"
            "c1"),
      DPS_MQTT_ERR_PROTOCOL_NAME },
    { "MQTT-3.1.2-2: level 6",
      BYTES("\x00\x04MQTT\x06\x02\x00\x3c\x00\x02"
            "c1"),
      DPS_MQTT_ERR_PROTOCOL_LEVEL },
    { "MQTT-3.1.2-2: level 0",
      BYTES("\x00\x04MQTT\x00\x02\x00\x3c\x00\x02"
            "c1"),
      DPS_MQTT_ERR_PROTOCOL_LEVEL },
    { "MQTT-3.1.2-3: reserved connect flag",
      BYTES(CONNECT_HEAD "\x03\x00\x3c\x00\x02"
                         "c1"),
      DPS_MQTT_ERR_CONNECT_FLAGS },
    { "MQTT-3.1.2-13: will QoS without will",
      BYTES(CONNECT_HEAD "\x0a\x00\x3c\x00\x02"
                         "c1"),
      DPS_MQTT_ERR_WILL_FLAGS },
    { "MQTT-3.1.2-15: will retain without will",
      BYTES(CONNECT_HEAD "\x22\x00\x3c\x00\x02"
                         "c1"),
      DPS_MQTT_ERR_WILL_FLAGS },
    { "MQTT-3.1.2-14: will QoS 3",
      BYTES(CONNECT_HEAD "\x1e\x00\x3c\x00\x02"
                         "c1\x00\x01w\x00\x01m"),
      DPS_MQTT_ERR_WILL_QOS },
    { "MQTT-3.1.2-9: no will fields",
      BYTES(CONNECT_HEAD "\x06\x00\x3c\x00\x02"
                         "c1"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "MQTT-3.1.2-9: will topic only",
      BYTES(CONNECT_HEAD "\x06\x00\x3c\x00\x02"
                         "c1\x00\x01w"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "MQTT-4.7.3-1: empty will topic",
      BYTES(CONNECT_HEAD "\x06\x00\x3c\x00\x02"
                         "c1\x00\x00\x00\x01m"),
      DPS_MQTT_ERR_TOPIC_NAME_EMPTY },
    { "MQTT-4.7.1-1: wildcard in the will topic",
      BYTES(CONNECT_HEAD "\x06\x00\x3c\x00\x02"
                         "c1\x00\x03"
                         "a/#\x00\x01m"),
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD },
    { "MQTT-3.1.3-10: will topic not UTF-8",
      BYTES(CONNECT_HEAD "\x06\x00\x3c\x00\x02"
                         "c1\x00\x01\xff\x00\x01m"),
      DPS_MQTT_ERR_UTF8 },
    { "MQTT-3.1.2-22: password without user name",
      BYTES(CONNECT_HEAD "\x42\x00\x3c\x00\x02"
                         "c1\x00\x02pw"),
      DPS_MQTT_ERR_PASSWORD_FLAG },
    { "MQTT-3.1.2-19: user name missing",
      BYTES(CONNECT_HEAD "\x82\x00\x3c\x00\x02"
                         "c1"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "MQTT-3.1.2-18: a string too many",
      BYTES(CONNECT_HEAD "\x02\x00\x3c\x00\x02"
                         "c1\x00\x01u"),
      DPS_MQTT_ERR_FIELD_LEFT_OVER },
    { "MQTT-3.1.2-20: a password without its flag",
      BYTES(CONNECT_HEAD "\x82\x00\x3c\x00\x02"
                         "c1\x00\x01u\x00\x02pw"),
      DPS_MQTT_ERR_FIELD_LEFT_OVER },
    { "MQTT-3.1.2-11: will QoS and retain without will",
      BYTES(CONNECT_HEAD "\x3a\x00\x3c\x00\x02"
                         "c1"),
      DPS_MQTT_ERR_WILL_FLAGS },
    { "MQTT-3.1.2-21: password missing",
      BYTES(CONNECT_HEAD "\xc2\x00\x3c\x00\x02"
                         "c1\x00\x01u"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "3.1.3: a spare byte",
      BYTES(CONNECT_HEAD "\x02\x00\x3c\x00\x02"
                         "c1\x00"),
      DPS_MQTT_ERR_FIELD_LEFT_OVER },
    { "MQTT-3.1.3-3: no client identifier", BYTES(CONNECT_HEAD "\x02\x00\x3c"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "1.5.3: client identifier past the packet",
      BYTES(CONNECT_HEAD "\x02\x00\x3c\x00\x09"
                         "c1"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "MQTT-1.5.3-2: U+0000 in the client identifier",
      BYTES(CONNECT_HEAD "\x02\x00\x3c\x00\x02"
                         "c\x00"),
      DPS_MQTT_ERR_NUL },
    { "MQTT-3.1.3-4: a surrogate in the client identifier",
      BYTES(CONNECT_HEAD "\x02\x00\x3c\x00\x04"
                         "c\xed\xa0\x80"),
      DPS_MQTT_ERR_UTF8 },
    { "MQTT-3.1.3-11: user name not UTF-8",
      BYTES(CONNECT_HEAD "\x82\x00\x3c\x00\x02"
                         "c1\x00\x02\xc0\xaf"),
      DPS_MQTT_ERR_UTF8 },
    { "3.1.2: cut after the flags", BYTES(CONNECT_HEAD "\x02\x00"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "3.1.2: cut before the level", BYTES("\x00\x04MQTT"), DPS_MQTT_ERR_FIELD_LENGTH },
};

START_TEST(mqtt_server_refuses_connect)
{
    struct dps_mqtt_connect c, zero;
    struct dps_mqtt_will will;
    uint8_t *block;

    memset(&zero, 0, sizeof zero);
    memset(&c, 0xaa, sizeof c);
    memset(&will, 0xaa, sizeof will);
    ck_assert_msg(dps_mqtt_read_connect(body_of(refused[_i].body, refused[_i].len, &block),
                                        &c, &will)
                      == refused[_i].error,
                  "%s", refused[_i].name);
    ck_assert_mem_eq(&will, &zero, sizeof will);
    ck_assert_mem_eq(&c, &zero, sizeof c);
    free(block);
    ROW_RAN(refused[_i].name);
}
END_TEST

/* Every prefix of a CONNECT with all fields is refused: no cut is taken for a whole. */
START_TEST(mqtt_3_1_every_prefix_of_connect_is_refused)
{
    static const char wire[] = CONNECT_HEAD "\xee\x00\x3c\x00\x02"
                                            "c1\x00\x03w/t\x00\x03"
                                            "bye\x00\x04user\x00\x02pw";
    size_t len;

    for (len = 0; len < sizeof wire - 1; len++) {
        struct dps_mqtt_connect c;
        struct dps_mqtt_will will;
        uint8_t *block;

        ck_assert_uint_eq(
            dps_mqtt_read_connect(body_of((const uint8_t *)wire, len, &block), &c, &will),
            DPS_MQTT_ERR_FIELD_LENGTH);
        free(block);
    }
}
END_TEST

START_TEST(mqtt_3_8_subscribe_filters_in_order)
{
    uint8_t *block;
    struct dps_bytes rest = body_of(BYTES("\x00\x01"
                                          "a\x00\x00\x03"
                                          "b/#\x01\x00\x03+/c\x02"),
                                    &block);
    static const struct {
        const char *filter;
        uint8_t qos;
    } want[] = { { "a", 0 }, { "b/#", 1 }, { "+/c", 2 } };
    struct dps_mqtt_filter filter;
    unsigned i;

    for (i = 0; i < 3; i++) {
        ck_assert_uint_eq(dps_mqtt_read_filter(&rest, &filter), DPS_MQTT_OK);
        ck_assert_uint_eq(filter.topic_filter.len, strlen(want[i].filter));
        ck_assert_mem_eq(filter.topic_filter.at, want[i].filter, filter.topic_filter.len);
        ck_assert_uint_eq(filter.qos, want[i].qos);
    }
    ck_assert_uint_eq(rest.len, 0);
    free(block);
}
END_TEST

static const struct {
    const char *name;
    const uint8_t *body;
    size_t len;
    enum dps_mqtt_error error;
} bad_filter[] = {
    { "MQTT-3.8.3-3: no filter", BYTES(""), DPS_MQTT_ERR_SUBSCRIBE_EMPTY },
    { "3.8.3: QoS missing",
      BYTES("\x00\x01"
            "a"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "MQTT-3.8.3-4: QoS 3",
      BYTES("\x00\x01"
            "a\x03"),
      DPS_MQTT_ERR_SUBSCRIBE_QOS },
    { "MQTT-3.8.3-4: reserved bit 2",
      BYTES("\x00\x01"
            "a\x04"),
      DPS_MQTT_ERR_SUBSCRIBE_QOS },
    { "MQTT-3.8.3-4: reserved bit 7",
      BYTES("\x00\x01"
            "a\x80"),
      DPS_MQTT_ERR_SUBSCRIBE_QOS },
    { "MQTT-4.7.3-1: empty filter", BYTES("\x00\x00\x00"),
      DPS_MQTT_ERR_TOPIC_NAME_EMPTY },
    { "MQTT-4.7.1-2: a#",
      BYTES("\x00\x02"
            "a#\x00"),
      DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "MQTT-4.7.1-2: a/#/b",
      BYTES("\x00\x05"
            "a/#/b\x00"),
      DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "MQTT-4.7.1-2: ##", BYTES("\x00\x02##\x00"), DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "MQTT-4.7.1-3: a+",
      BYTES("\x00\x02"
            "a+\x00"),
      DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "MQTT-4.7.1-3: a/+b",
      BYTES("\x00\x04"
            "a/+b\x00"),
      DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "MQTT-3.8.3-1: filter not UTF-8", BYTES("\x00\x01\xff\x00"), DPS_MQTT_ERR_UTF8 },
    { "MQTT-1.5.3-2: U+0000",
      BYTES("\x00\x02"
            "a\x00\x00"),
      DPS_MQTT_ERR_NUL },
    { "1.5.3: filter past the packet",
      BYTES("\x00\x09"
            "ab\x00"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "1.5.3: half a length", BYTES("\x00"), DPS_MQTT_ERR_FIELD_LENGTH },
};

START_TEST(mqtt_server_refuses_filter)
{
    struct dps_mqtt_filter filter = { { NULL, 7 }, 7, 7 };
    uint8_t *block;
    struct dps_bytes rest = body_of(bad_filter[_i].body, bad_filter[_i].len, &block);

    ck_assert_msg(dps_mqtt_read_filter(&rest, &filter) == bad_filter[_i].error, "%s",
                  bad_filter[_i].name);
    ck_assert_uint_eq(rest.len, bad_filter[_i].len); /* untouched */
    ck_assert_uint_eq(filter.topic_filter.len, 7);
    free(block);
    ROW_RAN(bad_filter[_i].name);
}
END_TEST

/* ---- 3.10 UNSUBSCRIBE -------------------------------------------------------------- */

START_TEST(mqtt_3_10_3_1_filters_in_order)
{
    uint8_t *block;
    struct dps_bytes rest = body_of(BYTES("\x00\x03"
                                          "a/b\x00\x01#\x00\x03"
                                          "+/c"),
                                    &block);
    static const char *const want[] = { "a/b", "#", "+/c" };
    struct dps_bytes topic_filter;
    unsigned i;

    for (i = 0; i < 3; i++) {
        ck_assert_uint_eq(dps_mqtt_read_topic_filter(&rest, &topic_filter), DPS_MQTT_OK);
        ck_assert_uint_eq(topic_filter.len, strlen(want[i]));
        ck_assert_mem_eq(topic_filter.at, want[i], topic_filter.len);
    }
    ck_assert_uint_eq(rest.len, 0);
    free(block);
}
END_TEST

static const struct {
    const char *name;
    const uint8_t *body;
    size_t len;
    enum dps_mqtt_error error;
} bad_unsubscribe[] = {
    { "MQTT-3.10.3-2: no filter", BYTES(""), DPS_MQTT_ERR_UNSUBSCRIBE_EMPTY },
    { "MQTT-3.10.3-1: filter not UTF-8", BYTES("\x00\x02\xc0\xaf"), DPS_MQTT_ERR_UTF8 },
    { "MQTT-1.5.3-2: UNSUBSCRIBE, U+0000",
      BYTES("\x00\x02"
            "a\x00"),
      DPS_MQTT_ERR_NUL },
    { "MQTT-4.7.3-1: UNSUBSCRIBE, empty filter", BYTES("\x00\x00"),
      DPS_MQTT_ERR_TOPIC_NAME_EMPTY },
    { "MQTT-4.7.1-2: UNSUBSCRIBE, a#",
      BYTES("\x00\x02"
            "a#"),
      DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "MQTT-4.7.1-3: UNSUBSCRIBE, +a",
      BYTES("\x00\x02+"
            "a"),
      DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD },
    { "1.5.3: UNSUBSCRIBE, filter past the packet",
      BYTES("\x00\x03"
            "ab"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "1.5.3: UNSUBSCRIBE, half a length", BYTES("\x00"), DPS_MQTT_ERR_FIELD_LENGTH },
};

START_TEST(mqtt_server_refuses_unsubscribe)
{
    struct dps_bytes topic_filter = { NULL, 7 };
    uint8_t *block;
    struct dps_bytes rest = body_of(bad_unsubscribe[_i].body, bad_unsubscribe[_i].len, &block);

    ck_assert_msg(dps_mqtt_read_topic_filter(&rest, &topic_filter) == bad_unsubscribe[_i].error,
                  "%s", bad_unsubscribe[_i].name);
    ck_assert_uint_eq(rest.len, bad_unsubscribe[_i].len); /* untouched */
    ck_assert_uint_eq(topic_filter.len, 7);
    free(block);
    ROW_RAN(bad_unsubscribe[_i].name);
}
END_TEST

/* ---- What must be accepted --------------------------------------------------------- */

START_TEST(mqtt_4_7_1_good_filters)
{
    static const char *const good[] = {
        "#", "+", "/", "a//b", "+/+", "/+", "a/+/#", "$dps/registrations/res/#"
    };
    unsigned i;

    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint8_t wire[64];
        struct dps_bytes rest = { wire, strlen(good[i]) + 3 };
        struct dps_mqtt_filter filter;

        wire[0] = 0;
        wire[1] = (uint8_t)strlen(good[i]);
        memcpy(wire + 2, good[i], wire[1]);
        wire[2 + wire[1]] = 1;
        ck_assert_msg(dps_mqtt_read_filter(&rest, &filter) == DPS_MQTT_OK, "%s", good[i]);
    }
}
END_TEST

/* [MQTT-3.1.2-2]: the level decides before anything behind it is looked at. */
START_TEST(mqtt_3_1_2_2_level_at_the_very_end)
{
    struct dps_mqtt_connect c;
    struct dps_mqtt_will will;
    uint8_t *block;

    ck_assert_uint_eq(
        dps_mqtt_read_connect(body_of(BYTES("\x00\x04MQTT\x03"), &block), &c, &will),
        DPS_MQTT_ERR_PROTOCOL_LEVEL);
    free(block);
}
END_TEST

START_TEST(mqtt_3_1_2_6_each_will_qos)
{
    uint8_t wire[] = CONNECT_HEAD "\x06\x00\x00\x00\x00\x00\x01w\x00\x00";
    struct dps_mqtt_connect c;
    struct dps_mqtt_will will;
    uint8_t *block;

    wire[7] = (uint8_t)(0x06 | _i << 3);
    ck_assert_uint_eq(
        dps_mqtt_read_connect(body_of(wire, sizeof wire - 1, &block), &c, &will), DPS_MQTT_OK);
    ck_assert_uint_eq(will.qos, (unsigned)_i);
    ck_assert_uint_eq(will.retain, 0);
    free(block);
}
END_TEST

START_TEST(mqtt_3_8_3_nothing_is_granted_yet)
{
    struct dps_mqtt_filter filter;
    struct dps_bytes rest;
    uint8_t *block;

    memset(&filter, 0xa5, sizeof filter);
    rest = body_of(BYTES("\x00\x01t\x01"), &block);
    ck_assert_uint_eq(dps_mqtt_read_filter(&rest, &filter), DPS_MQTT_OK);
    ck_assert_uint_eq(filter.granted, 0);
    free(block);
}
END_TEST

/* N-12, N-13, [MQTT-1.5.3-3]: rare characters of a client identifier are handed on. */
START_TEST(mqtt_n_12_rare_characters_pass)
{
    static const char *const id[] = { "\x01", "\xef\xbf\xbf", "\xef\xbb\xbf\x63",
                                      "A\xf0\xaa\x9b\x94" };
    uint8_t wire[32] = CONNECT_HEAD "\x02\x00\x00\x00";
    size_t len = strlen(id[_i]);
    struct dps_mqtt_connect c;
    struct dps_mqtt_will will;
    uint8_t *block;

    wire[11] = (uint8_t)len;
    memcpy(wire + 12, id[_i], len);
    ck_assert_uint_eq(dps_mqtt_read_connect(body_of(wire, 12 + len, &block), &c, &will),
                      DPS_MQTT_OK);
    ck_assert_uint_eq(c.client_id.len, len);
    ck_assert_mem_eq(c.client_id.at, id[_i], len);
    free(block);
}
END_TEST

/* N-15: will message and password are no text. */
START_TEST(mqtt_n_15_binary_fields)
{
    struct dps_mqtt_connect c;
    struct dps_mqtt_will will;
    uint8_t *block;

    ck_assert_uint_eq(
        dps_mqtt_read_connect(body_of(BYTES(CONNECT_HEAD "\xc6\x00\x00\x00\x00\x00\x01w"
                                                         "\x00\x02\x00\xfe\x00\x00\x00\x02\xff\x00"),
                                      &block),
                              &c, &will),
        DPS_MQTT_OK);
    ck_assert_mem_eq(will.message.at, "\x00\xfe", 2);
    ck_assert_uint_eq(will.message.len, 2);
    ck_assert_mem_eq(c.password.at, "\xff\x00", 2);
    ck_assert_uint_eq(c.password.len, 2);
    ck_assert_uint_eq(c.user_name.len, 0);
    ck_assert_ptr_nonnull(c.user_name.at); /* empty, and present */
    free(block);
}
END_TEST

TCase *mqtt_server_cases(void)
{
    TCase *tc = tcase_create("server");

    tcase_add_test(tc, mqtt_3_1_connect_with_every_field);
    tcase_add_test(tc, mqtt_3_1_connect_with_no_field);
    tcase_add_loop_test(tc, mqtt_server_refuses_connect, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tc, mqtt_3_1_every_prefix_of_connect_is_refused);
    tcase_add_test(tc, mqtt_3_8_subscribe_filters_in_order);
    tcase_add_loop_test(tc, mqtt_server_refuses_filter, 0,
                        sizeof bad_filter / sizeof bad_filter[0]);
    tcase_add_test(tc, mqtt_3_10_3_1_filters_in_order);
    tcase_add_loop_test(tc, mqtt_server_refuses_unsubscribe, 0,
                        sizeof bad_unsubscribe / sizeof bad_unsubscribe[0]);
    tcase_add_loop_test(tc, mqtt_n_12_rare_characters_pass, 0, 4);
    tcase_add_test(tc, mqtt_n_15_binary_fields);
    tcase_add_test(tc, mqtt_4_7_1_good_filters);
    tcase_add_test(tc, mqtt_3_1_2_2_level_at_the_very_end);
    tcase_add_loop_test(tc, mqtt_3_1_2_6_each_will_qos, 0, 3);
    tcase_add_test(tc, mqtt_3_8_3_nothing_is_granted_yet);
    return tc;
}
