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
static const struct dps_mqtt_filter unknown_filter[] = { { TEXT("zz"), 0, 0 } };
static const struct dps_mqtt_filter two_filters[] = {
    { TEXT("a/b"), 2, 0 }, /* the QoS is not sent */
    { TEXT("c/d"), 0, 0 },
};
static const struct dps_mqtt_publish publish_four = {
    TEXT("A\xf0\xaa\x9b\x94"), { TEXT("x") }, 0, 0
};
static const struct dps_mqtt_publish publish_feff = {
    TEXT("\xef\xbb\xbf"
         "a"),
    { TEXT("x") },
    0,
    0,
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
    case 17:
        dps_mqtt_write_disconnect(&writer);
        break;
    case 18:
        dps_mqtt_write_pubrec(&writer, 0x1234);
        break;
    case 19:
        dps_mqtt_write_pubrel(&writer, 0x1234);
        break;
    case 20:
        dps_mqtt_write_pubcomp(&writer, 0x1234);
        break;
    case 21:
        dps_mqtt_write_unsubscribe(&writer, unknown_filter, 1, 3);
        break;
    case 22:
        dps_mqtt_write_unsubscribe(&writer, two_filters, 2, 10);
        break;
    case 23:
        dps_mqtt_write_unsuback(&writer, 0x1234);
        break;
    case 24:
        dps_mqtt_write_publish(&writer, &publish_four, 0, 0);
        break;
    default:
        dps_mqtt_write_publish(&writer, &publish_feff, 0, 0);
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
    "3.5 PUBREC",
    "3.6 PUBREL",
    "3.7 PUBCOMP",
    "3.10 UNSUBSCRIBE, one filter",
    "3.10 UNSUBSCRIBE, two filters",
    "3.11 UNSUBACK",
    "1.5.3.1 PUBLISH, a character of four bytes",
    "MQTT-1.5.3-3 PUBLISH, topic begins with U+FEFF",
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
    p.payload[0].len = SIZE_MAX / 2 + 2; /* no bit of a length is lost */
    ck_assert_uint_eq(dps_mqtt_write_publish(&writer, &p, 0, 0),
                      DPS_MQTT_ERR_PACKET_LENGTH);
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
    ck_assert_uint_eq(dps_mqtt_write_unsubscribe(&writer, &f, 1, 1),
                      DPS_MQTT_ERR_STRING_LENGTH);
    f.topic_filter = longest;
    ck_assert_uint_eq(dps_mqtt_write_unsubscribe(&writer, &f, 1, 1), DPS_MQTT_OK);
    free(text);
}
END_TEST

static const struct {
    const char *name;
    struct dps_mqtt_publish publish;
    enum dps_mqtt_error error;
} publish_refused[] = {
    { "MQTT-3.3.1-4: QoS 3", { TEXT("t"), { { 0 } }, 3, 0 }, DPS_MQTT_ERR_QOS_VALUE },
    { "MQTT-4.7.3-1: empty", { TEXT(""), { { 0 } }, 0, 0 }, DPS_MQTT_ERR_TOPIC_EMPTY },
    { "MQTT-3.3.2-2: #", { TEXT("a/#"), { { 0 } }, 0, 0 }, DPS_MQTT_ERR_TOPIC_WILDCARD },
    { "MQTT-3.3.2-2: +", { TEXT("+"), { { 0 } }, 0, 0 }, DPS_MQTT_ERR_TOPIC_WILDCARD },
    { "MQTT-4.7.1-1: + inside a level", { TEXT("a+b"), { { 0 } }, 0, 0 }, DPS_MQTT_ERR_TOPIC_WILDCARD },
    { "MQTT-1.5.3-1: a surrogate",
      { TEXT("\xed\xa0\x80"), { { 0 } }, 0, 0 },
      DPS_MQTT_ERR_STRING_UTF8 },
    { "MQTT-3.3.2-1: topic not UTF-8",
      { TEXT("\xff"), { { 0 } }, 0, 0 },
      DPS_MQTT_ERR_STRING_UTF8 },
    { "MQTT-1.5.3-2: U+0000", { TEXT("a\0b"), { { 0 } }, 0, 0 }, DPS_MQTT_ERR_STRING_NUL },
    { "MQTT-4.7.3-2: U+0000 alone", { TEXT("\0"), { { 0 } }, 0, 0 }, DPS_MQTT_ERR_STRING_NUL },
};

START_TEST(mqtt_writer_refuses_publish)
{
    size_t len;

    begin(0);
    ck_assert_msg(dps_mqtt_write_publish(&writer, &publish_refused[_i].publish, 0, 1)
                      == publish_refused[_i].error,
                  "%s", publish_refused[_i].name);
    ck_assert_ptr_null(dps_mqtt_writer_output(&writer, &len));
    ROW_RAN(publish_refused[_i].name);
}
END_TEST

static const struct {
    const char *name;
    enum dps_mqtt_packet_type type;
    struct dps_mqtt_filter filter;
    size_t count; /* a good one first, and this one; or none */
    enum dps_mqtt_error error;
} filters_refused[] = {
    { "MQTT-3.8.3-3: no filter", DPS_MQTT_SUBSCRIBE, { TEXT("t"), 0, 0 }, 0,
      DPS_MQTT_ERR_FILTERS_NONE },
    { "MQTT-3.8.3-4: QoS 3", DPS_MQTT_SUBSCRIBE, { TEXT("t"), 3, 0 }, 2, DPS_MQTT_ERR_QOS_VALUE },
    { "MQTT-3.8.3-1: filter not UTF-8", DPS_MQTT_SUBSCRIBE, { TEXT("\xff"), 0, 0 }, 2,
      DPS_MQTT_ERR_STRING_UTF8 },
    { "MQTT-4.7.3-1: empty", DPS_MQTT_SUBSCRIBE, { TEXT(""), 0, 0 }, 2, DPS_MQTT_ERR_TOPIC_EMPTY },
    { "MQTT-4.7.3-2: U+0000", DPS_MQTT_SUBSCRIBE, { TEXT("a\0"), 0, 0 }, 2,
      DPS_MQTT_ERR_STRING_NUL },
    { "MQTT-4.7.1-2: a#", DPS_MQTT_SUBSCRIBE, { TEXT("a#"), 0, 0 }, 2,
      DPS_MQTT_ERR_FILTER_WILDCARD },
    { "MQTT-4.7.1-3: +a", DPS_MQTT_SUBSCRIBE, { TEXT("+a"), 0, 0 }, 2,
      DPS_MQTT_ERR_FILTER_WILDCARD },
    { "MQTT-3.10.3-2: no filter", DPS_MQTT_UNSUBSCRIBE, { TEXT("t"), 0, 0 }, 0,
      DPS_MQTT_ERR_FILTERS_NONE },
    { "MQTT-3.10.3-1: filter not UTF-8", DPS_MQTT_UNSUBSCRIBE, { TEXT("\xc0\xaf"), 0, 0 }, 2,
      DPS_MQTT_ERR_STRING_UTF8 },
    { "MQTT-4.7.3-1: UNSUBSCRIBE, empty", DPS_MQTT_UNSUBSCRIBE, { TEXT(""), 0, 0 }, 2,
      DPS_MQTT_ERR_TOPIC_EMPTY },
    { "MQTT-4.7.1-2: UNSUBSCRIBE, #/a", DPS_MQTT_UNSUBSCRIBE, { TEXT("#/a"), 0, 0 }, 2,
      DPS_MQTT_ERR_FILTER_WILDCARD },
    { "MQTT-4.7.1-3: UNSUBSCRIBE, a/b+", DPS_MQTT_UNSUBSCRIBE, { TEXT("a/b+"), 0, 0 }, 2,
      DPS_MQTT_ERR_FILTER_WILDCARD },
};

START_TEST(mqtt_writer_refuses_filters)
{
    struct dps_mqtt_filter two[2] = { one_filter[0], filters_refused[_i].filter };
    size_t len;

    begin(0);
    ck_assert_msg(dps_mqtt_write_filters(&writer, filters_refused[_i].type, two,
                                         filters_refused[_i].count, 1)
                      == filters_refused[_i].error,
                  "%s", filters_refused[_i].name);
    ck_assert_ptr_null(dps_mqtt_writer_output(&writer, &len));
    ROW_RAN(filters_refused[_i].name);
}
END_TEST

/* ---- Fields ------------------------------------------------------------------------ */

#define CONNECT(length, flags, rest) "\x10" length "\x00\x04MQTT\x04" flags "\x00\x3c" rest

static const struct {
    const char *name;
    struct dps_mqtt_connect connect;
    struct dps_mqtt_will will; /* a null topic: none */
    const uint8_t *wire;
    size_t len;
} fields[] = {
    { "MQTT-3.1.2-11 no will: no flag of it, no field", { TEXT("c1"), { 0 }, { 0 }, 60, 0 },
      { { 0 }, { 0 }, 0, 0 }, BYTES(CONNECT("\x0e", "\x00", "\x00\x02" "c1")) },
    { "MQTT-3.1.2-9 will topic and will message behind the client identifier",
      { TEXT("c1"), { 0 }, { 0 }, 60, 1 }, { TEXT("w"), TEXT("m"), 2, 1 },
      BYTES(CONNECT("\x14", "\x36", "\x00\x02" "c1\x00\x01w\x00\x01m")) },
    { "MQTT-3.1.2-18 no user name", { TEXT("c1"), { 0 }, { 0 }, 60, 1 },
      { { 0 }, { 0 }, 0, 0 }, BYTES(CONNECT("\x0e", "\x02", "\x00\x02" "c1")) },
    { "MQTT-3.1.2-19 user name", { TEXT("c1"), TEXT("u"), TEXT("pw"), 60, 1 },
      { { 0 }, { 0 }, 0, 0 },
      BYTES(CONNECT("\x15", "\xc2", "\x00\x02" "c1\x00\x01u\x00\x02pw")) },
    { "MQTT-3.1.2-19 empty user name", { TEXT("c1"), TEXT(""), { 0 }, 60, 1 },
      { { 0 }, { 0 }, 0, 0 }, BYTES(CONNECT("\x10", "\x82", "\x00\x02" "c1\x00\x00")) },
    { "MQTT-3.1.2-20 user name, no password", { TEXT("c1"), TEXT("u"), { 0 }, 60, 1 },
      { { 0 }, { 0 }, 0, 0 }, BYTES(CONNECT("\x11", "\x82", "\x00\x02" "c1\x00\x01u")) },
    { "MQTT-3.1.2-21 empty password", { TEXT("c1"), TEXT("u"), TEXT(""), 60, 1 },
      { { 0 }, { 0 }, 0, 0 },
      BYTES(CONNECT("\x13", "\xc2", "\x00\x02" "c1\x00\x01u\x00\x00")) },
    { "MQTT-3.1.3-1 all fields, in order", { TEXT("c1"), TEXT("u"), TEXT("p"), 60, 1 },
      { TEXT("w"), TEXT("m"), 0, 0 },
      BYTES(CONNECT("\x1a", "\xc6", "\x00\x02" "c1\x00\x01w\x00\x01m\x00\x01u\x00\x01p")) },
    { "MQTT-3.1.3-3 an empty client identifier is there", { { 0 }, TEXT("u"), { 0 }, 60, 1 },
      { { 0 }, { 0 }, 0, 0 }, BYTES(CONNECT("\x0f", "\x82", "\x00\x00\x00\x01u")) },
    { "N-12 control characters and non-characters", { TEXT("\x01\xef\xbf\xbf"), { 0 }, { 0 }, 60, 1 },
      { { 0 }, { 0 }, 0, 0 }, BYTES(CONNECT("\x10", "\x02", "\x00\x04\x01\xef\xbf\xbf")) },
    { "N-15 will message and password are no text", { TEXT("c"), TEXT("u"), TEXT("\xff\x00"), 60, 1 },
      { TEXT("w"), TEXT("\x00\xfe"), 0, 0 },
      BYTES(CONNECT("\x1b", "\xc6",
                    "\x00\x01" "c\x00\x01w\x00\x02\x00\xfe\x00\x01u\x00\x02\xff\x00")) },
    { "N-22 the longest Keep Alive", { TEXT("c1"), { 0 }, { 0 }, 65535, 1 },
      { { 0 }, { 0 }, 0, 0 },
      BYTES("\x10\x0e\x00\x04MQTT\x04\x02\xff\xff\x00\x02" "c1") },
};

START_TEST(mqtt_writer_connect_fields)
{
    uint8_t out[64];

    ck_assert_uint_eq(fields[_i].will.topic.at != NULL
                          ? dps_mqtt_write_connect_with_will(&writer, &fields[_i].connect,
                                                             &fields[_i].will)
                          : dps_mqtt_write_connect(&writer, &fields[_i].connect),
                      DPS_MQTT_OK);
    ck_assert_msg(drain(out, sizeof out, sizeof out) == fields[_i].len, "%s", fields[_i].name);
    ck_assert_msg(memcmp(out, fields[_i].wire, fields[_i].len) == 0, "%s", fields[_i].name);
    ROW_RAN(fields[_i].name);
}
END_TEST

/* N-16: longer than the 23 characters that every server takes. */
START_TEST(mqtt_n_16_client_identifier_of_128)
{
    struct dps_mqtt_connect c = connect_least;
    uint8_t id[128], out[160];

    memset(id, 'r', sizeof id);
    c.client_id.at = id;
    c.client_id.len = sizeof id;
    ck_assert_uint_eq(dps_mqtt_write_connect(&writer, &c), DPS_MQTT_OK);
    ck_assert_uint_eq(drain(out, sizeof out, sizeof out), 143);
    ck_assert_mem_eq(out, "\x10\x8c\x01\x00\x04MQTT\x04\x02\x00\x3c\x00\x80r", 16);
}
END_TEST

/* Table 2.2, Table 2.1: the first byte of each packet but PUBLISH. */
START_TEST(mqtt_2_2_2_1_first_bytes)
{
    static const struct {
        int packet;
        uint8_t first;
    } row[] = { { 0, 0x10 },  { 3, 0x20 },  { 11, 0x40 }, { 18, 0x50 }, { 19, 0x62 },
                { 20, 0x70 }, { 12, 0x82 }, { 14, 0x90 }, { 21, 0xa2 }, { 23, 0xb0 },
                { 15, 0xc0 }, { 16, 0xd0 }, { 17, 0xe0 } };
    size_t len;

    begin(row[_i].packet);
    ck_assert_uint_eq(*dps_mqtt_writer_output(&writer, &len), row[_i].first);
}
END_TEST

/* A QoS 0 PUBLISH has neither identifier nor DUP, whatever is asked for; one of QoS 1 and
 * 2 has both. */
START_TEST(mqtt_2_3_1_5_and_3_3_1_2_qos_0)
{
    struct dps_mqtt_publish p = publish_x;
    uint8_t wire[] = "\x30\x06\x00\x03" "a/bx", out[16];
    uint8_t with[] = "\x3a\x08\x00\x03" "a/b\x12\x34x";

    p.qos = (uint8_t)_i;
    ck_assert_uint_eq(dps_mqtt_write_publish(&writer, &p, 1, 0x1234), DPS_MQTT_OK);
    if (_i == 0) {
        ck_assert_uint_eq(drain(out, sizeof out, sizeof out), 8);
        ck_assert_mem_eq(out, wire, 8);
    } else {
        with[0] = (uint8_t)(0x38 | _i << 1);
        ck_assert_uint_eq(drain(out, sizeof out, sizeof out), 10);
        ck_assert_mem_eq(out, with, 10);
    }
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
    static struct dps_mqtt_filter filters[COUNT + 1];
    unsigned i;

    memset(text, 'x', sizeof text);
    for (i = 0; i < COUNT + 1; i++) {
        filters[i].topic_filter.at = text;
        filters[i].topic_filter.len = sizeof text;
    }
    ck_assert_uint_eq(dps_mqtt_write_subscribe(&writer, filters, COUNT - 1, 1),
                      DPS_MQTT_OK);
    ck_assert_uint_eq(dps_mqtt_write_subscribe(&writer, filters, COUNT, 1),
                      DPS_MQTT_ERR_PACKET_LENGTH);
    ck_assert_uint_eq(dps_mqtt_write_subscribe(&writer, filters, COUNT + 1, 1),
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
    tcase_add_loop_test(tc, mqtt_writer_refuses_publish, 0,
                        sizeof publish_refused / sizeof publish_refused[0]);
    tcase_add_loop_test(tc, mqtt_writer_refuses_filters, 0,
                        sizeof filters_refused / sizeof filters_refused[0]);
    tcase_add_loop_test(tc, mqtt_writer_connect_fields, 0, sizeof fields / sizeof fields[0]);
    tcase_add_test(tc, mqtt_n_16_client_identifier_of_128);
    tcase_add_loop_test(tc, mqtt_2_2_2_1_first_bytes, 0, 13);
    tcase_add_loop_test(tc, mqtt_2_3_1_5_and_3_3_1_2_qos_0, 0, 3);
    tcase_add_test(tc, mqtt_3_1_2_3_connect_flags);
    tcase_add_test(tc, mqtt_a_refused_packet_leaves_nothing);
    tcase_add_test(tc, mqtt_2_2_3_subscribe_too_long);
    tcase_set_timeout(tc, 60);
    return tc;
}
