/* SPDX-License-Identifier: MIT
 *
 * The session against a scripted peer and a fake clock. */
#include "tests/row.h"
#include "tests/unit/mqtt/scripted.h"

static const struct dps_mqtt_connect hello = {
    TEXT("c1"), { 0 }, { 0 }, 60, 1,
};
#define HELLO                                                                            \
    "\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02"                                       \
    "c1"
/* The same without keep-alive. */
static const struct dps_mqtt_connect quiet = {
    TEXT("c1"), { 0 }, { 0 }, 0, 1,
};
#define QUIET                                                                            \
    "\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02"                                       \
    "c1"
static const struct dps_mqtt_publish at_0 = { TEXT("t"), { TEXT("x") }, 0, 0 };
static const struct dps_mqtt_publish at_1 = { TEXT("t"), { TEXT("x") }, 1, 0 };
static struct dps_mqtt_filter filters[2];

static void fresh(void)
{
    memset(&session, 0xa5, sizeof session);
    dps_mqtt_session_init(&session, head, sizeof head, 0);
    filters[0] = (struct dps_mqtt_filter){ TEXT("a/b"), 2, 0x55 };
    filters[1] = (struct dps_mqtt_filter){ TEXT("c"), 0, 0x55 };
    now_ms = 1000;
    dps_mqtt_session_tick(&session, now_ms);
}

static void connected_with(const struct dps_mqtt_connect *connect, const uint8_t *wire,
                           size_t len)
{
    fresh();
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, connect), DPS_MQTT_OK);
    expect_out(wire, len);
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CONNECTED);
}

static void connected(void)
{
    connected_with(&hello, BYTES(HELLO));
}

/* ---- Connecting -------------------------------------------------------------------- */

START_TEST(mqtt_3_1_0_1_nothing_before_connect)
{
    uint16_t identifier;
    size_t len;

    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, &identifier),
                      DPS_MQTT_ERR_STATE);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_STATE);
    ck_assert_uint_eq(dps_mqtt_session_disconnect(&session), DPS_MQTT_ERR_STATE);
    ck_assert_ptr_null(dps_mqtt_session_output(&session, &len));
    /* Nor does it take a byte. */
    ck_assert_uint_eq(dps_mqtt_session_input(&session, BYTES("\x20\x02\x00\x00"), &event),
                      0);
    ck_assert_uint_eq(event.type, DPS_MQTT_NOTHING);
}
END_TEST

START_TEST(mqtt_3_1_0_2_connect_once)
{
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, &hello), DPS_MQTT_OK);
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, &hello), DPS_MQTT_ERR_STATE);
    expect_out(BYTES(HELLO));
}
END_TEST

START_TEST(mqtt_a_refused_connect_changes_nothing)
{
    struct dps_mqtt_connect bad = hello;

    bad.client_id.len = 0;
    bad.clean_session = 0;
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, &bad), DPS_MQTT_ERR_CLIENT_ID);
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, &hello), DPS_MQTT_OK);
    expect_out(BYTES(HELLO));
}
END_TEST

/* Table 3.1: each code its own error, the code as the detail. */
START_TEST(mqtt_n_18_connack_codes)
{
    static const struct {
        uint8_t code;
        enum dps_mqtt_error error;
    } row[] = {
        { 1, DPS_MQTT_ERR_REFUSED_LEVEL },        { 2, DPS_MQTT_ERR_REFUSED_CLIENT_ID },
        { 3, DPS_MQTT_ERR_REFUSED_UNAVAILABLE },  { 4, DPS_MQTT_ERR_REFUSED_CREDENTIALS },
        { 5, DPS_MQTT_ERR_REFUSED_UNAUTHORIZED }, { 6, DPS_MQTT_ERR_REFUSED_RESERVED },
        { 255, DPS_MQTT_ERR_REFUSED_RESERVED },
    };
    uint8_t wire[4] = { 0x20, 2, 0, row[_i].code };
    uint8_t detail;

    dps_mqtt_session_connect(&session, &hello);
    expect_out(BYTES(HELLO));
    in(wire, 4, DPS_MQTT_CLOSED);
    ck_assert_uint_eq(dps_mqtt_session_error(&session, &detail), row[_i].error);
    ck_assert_uint_eq(detail, row[_i].code);
    expect_closed(row[_i].error);
}
END_TEST

START_TEST(mqtt_3_2_2_1_session_present_after_clean_session)
{
    dps_mqtt_session_connect(&session, &hello);
    expect_out(BYTES(HELLO));
    in(BYTES("\x20\x02\x01\x00"), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_SESSION_PRESENT_CLEAN);
}
END_TEST

START_TEST(mqtt_3_2_2_2_session_present_is_told)
{
    struct dps_mqtt_connect keep = hello;

    keep.clean_session = 0;
    dps_mqtt_session_connect(&session, &keep);
    expect_out(BYTES("\x10\x0e\x00\x04MQTT\x04\x00\x00\x3c\x00\x02"
                     "c1"));
    in(BYTES("\x20\x02\x01\x00"), DPS_MQTT_CONNECTED);
    ck_assert_uint_eq(event.packet.body.at[0], 1);
}
END_TEST

START_TEST(mqtt_3_2_0_1_connack_comes_first)
{
    static const struct {
        const uint8_t *wire;
        size_t len;
    } row[] = { { BYTES("\xd0\x00") },
                { BYTES("\x30\x04\x00\x01tx") },
                { BYTES("\x90\x03\x00\x01\x00") },
                { BYTES("\x40\x02\x00\x01") } };

    dps_mqtt_session_connect(&session, &hello);
    expect_out(BYTES(HELLO));
    in(row[_i].wire, row[_i].len, DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_CONNACK_FIRST);
}
END_TEST

START_TEST(mqtt_3_2_connack_twice)
{
    connected();
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_CONNACK_AGAIN);
}
END_TEST

/* Nobody can answer what is not out: the fields of CONNECT are still being lent. */
START_TEST(mqtt_3_2_connack_before_connect_is_out)
{
    size_t len;

    dps_mqtt_session_connect(&session, &hello);
    ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
    dps_mqtt_session_sent(&session, 3);
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_CONNACK_AGAIN);
}
END_TEST

START_TEST(mqtt_n_19_no_connack)
{
    dps_mqtt_session_connect(&session, &hello);
    expect_out(BYTES(HELLO));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), DPS_MQTT_ANSWER_MS);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS - 1),
                      1);
    in(BYTES(""), DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_CONNACK);
}
END_TEST

/* The counter may start anywhere, wrap, and connect may come before the first tick. */
START_TEST(mqtt_clock_that_wraps)
{
    uint32_t start = UINT32_MAX - 10;

    dps_mqtt_session_init(&session, head, sizeof head, 0);
    dps_mqtt_session_connect(&session, &hello);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, start), DPS_MQTT_ANSWER_MS);
    expect_out(BYTES(HELLO));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, start + 100),
                      DPS_MQTT_ANSWER_MS - 100);
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CONNECTED);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, start + 45000 - 1), 1);
    expect_out(BYTES(""));
    dps_mqtt_session_tick(&session, start + 45000);
    expect_out(BYTES("\xc0\x00"));
}
END_TEST

/* ---- Subscribing ------------------------------------------------------------------- */

START_TEST(mqtt_3_9_3_1_granted_is_remembered_a_filter)
{
    uint16_t identifier = 0;

    connected();
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 2, &identifier),
                      DPS_MQTT_OK);
    ck_assert_uint_ne(identifier, 0);
    expect_out(BYTES("\x82\x0c\x00\x01\x00\x03"
                     "a/b\x02\x00\x01"
                     "c\x00"));
    in(BYTES("\x90\x04\x00\x01\x01\x80"), DPS_MQTT_SUBSCRIBED);
    ck_assert_uint_eq(filters[0].granted, 1); /* 2 asked, 1 granted is normal */
    ck_assert_uint_eq(filters[1].granted, DPS_MQTT_SUBACK_FAILURE);
    ck_assert_uint_eq(dps_mqtt_session_error(&session, NULL), DPS_MQTT_OK);
}
END_TEST

START_TEST(mqtt_3_8_4_5_suback_counts)
{
    static const struct {
        const uint8_t *wire;
        size_t len;
    } row[] = { { BYTES("\x90\x03\x00\x01\x01") },
                { BYTES("\x90\x05\x00\x01\x01\x01\x01") } };

    connected();
    dps_mqtt_session_subscribe(&session, filters, 2, NULL);
    expect_out(BYTES("\x82\x0c\x00\x01\x00\x03"
                     "a/b\x02\x00\x01"
                     "c\x00"));
    in(row[_i].wire, row[_i].len, DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_SUBACK_COUNT);
    ck_assert_uint_eq(filters[0].granted, 0x55);
}
END_TEST

START_TEST(mqtt_3_8_4_2_suback_of_another_identifier_is_ignored)
{
    connected();
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    in(BYTES("\x90\x03\x00\x01\x01"), DPS_MQTT_NOTHING); /* ours is not out yet */
    expect_out(BYTES("\x82\x08\x00\x01\x00\x03"
                     "a/b\x02"));
    in(BYTES("\x90\x03\x00\x63\x00"), DPS_MQTT_NOTHING);
    ck_assert_uint_eq(filters[0].granted, 0x55);
    in(BYTES("\x90\x03\x00\x01\x01"), DPS_MQTT_SUBSCRIBED);
    in(BYTES("\x90\x03\x00\x01\x01"), DPS_MQTT_NOTHING); /* and not a second time */
}
END_TEST

START_TEST(mqtt_subscribe_one_at_a_time)
{
    connected();
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters + 1, 1, NULL),
                      DPS_MQTT_ERR_BUSY);
    expect_out(BYTES("\x82\x08\x00\x01\x00\x03"
                     "a/b\x02"));
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters + 1, 1, NULL),
                      DPS_MQTT_ERR_BUSY);
    in(BYTES("\x90\x03\x00\x01\x01"), DPS_MQTT_SUBSCRIBED);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters + 1, 1, NULL),
                      DPS_MQTT_OK);
}
END_TEST

START_TEST(mqtt_3_8_4_1_no_suback)
{
    connected();
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    expect_out(BYTES("\x82\x08\x00\x01\x00\x03"
                     "a/b\x02"));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS - 1),
                      1);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_ANSWER);
}
END_TEST

/* ---- Publishing -------------------------------------------------------------------- */

START_TEST(mqtt_4_3_1_1_qos_0_is_told_when_out)
{
    uint16_t identifier = 7;

    connected();
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, &identifier),
                      DPS_MQTT_OK);
    ck_assert_uint_eq(identifier, 0);
    in(BYTES(""), DPS_MQTT_NOTHING);
    expect_out(BYTES("\x30\x04\x00\x01tx"));
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, NULL), DPS_MQTT_ERR_BUSY);
    in(BYTES(""), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(event.packet.packet_identifier, 0);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, NULL), DPS_MQTT_OK);
}
END_TEST

START_TEST(mqtt_4_3_2_1_qos_1_waits_for_its_puback)
{
    uint16_t identifier = 0;

    connected();
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, &identifier),
                      DPS_MQTT_OK);
    ck_assert_uint_eq(identifier, 1);
    in(BYTES("\x40\x02\x00\x01"), DPS_MQTT_NOTHING); /* not out yet: of nothing */
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
    in(BYTES("\x40\x02\x00\x63"), DPS_MQTT_NOTHING); /* N-35 */
    in(BYTES("\x40\x02\x00\x01"), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(event.packet.packet_identifier, 1);
    in(BYTES("\x40\x02\x00\x01"), DPS_MQTT_NOTHING);
}
END_TEST

START_TEST(mqtt_in_flight_full_says_so_and_loses_nothing)
{
    unsigned i;
    uint16_t identifier;

    connected();
    for (i = 0; i < DPS_MQTT_IN_FLIGHT; i++) {
        size_t len;

        ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, NULL), DPS_MQTT_OK);
        while (dps_mqtt_session_output(&session, &len) != NULL) {
            dps_mqtt_session_sent(&session, len);
        }
    }
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, NULL),
                      DPS_MQTT_ERR_IN_FLIGHT_FULL);
    expect_out(BYTES(""));
    in(BYTES("\x40\x02\x00\x01"), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, &identifier),
                      DPS_MQTT_OK);
    ck_assert_uint_eq(identifier, DPS_MQTT_IN_FLIGHT + 1);
}
END_TEST

/* Identifiers wrap past 65,535 to 1 [MQTT-2.3.1-1] and skip busy ones. */
START_TEST(mqtt_2_3_1_2_identifier_is_free_when_given)
{
    uint8_t ack[4] = { 0x40, 2, 0, 0 };
    uint16_t identifier = 0, last = 0;
    size_t len;
    unsigned i;

    connected();
    dps_mqtt_session_subscribe(&session, filters, 1, &last);
    ck_assert_uint_eq(last, 1); /* busy from here on */
    expect_out(BYTES("\x82\x08\x00\x01\x00\x03"
                     "a/b\x02"));
    for (i = 0; i < 65536; i++) {
        ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, &identifier),
                          DPS_MQTT_OK);
        ck_assert_uint_eq(identifier, last == 65535 ? 2 : last + 1);
        last = identifier;
        while (dps_mqtt_session_output(&session, &len) != NULL) {
            dps_mqtt_session_sent(&session, len);
        }
        ack[2] = (uint8_t)(identifier >> 8);
        ack[3] = (uint8_t)identifier;
        in(ack, 4, DPS_MQTT_PUBLISHED);
    }
}
END_TEST

START_TEST(mqtt_publish_refused_changes_nothing)
{
    struct dps_mqtt_publish bad = at_1;

    connected();
    bad.topic.len = 0;
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &bad, NULL),
                      DPS_MQTT_ERR_TOPIC_EMPTY);
    bad = at_1;
    bad.qos = 2;
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &bad, NULL),
                      DPS_MQTT_ERR_QOS_VALUE);
    expect_out(BYTES(""));
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, NULL), DPS_MQTT_OK);
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
}
END_TEST

START_TEST(mqtt_4_3_2_no_puback)
{
    connected();
    dps_mqtt_session_publish(&session, &at_1, NULL);
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_ANSWER);
}
END_TEST

/* ---- Receiving --------------------------------------------------------------------- */

START_TEST(mqtt_3_3_4_1_qos_0_is_not_acknowledged)
{
    connected();
    in(BYTES("\x30\x04\x00\x01tx"), DPS_MQTT_MESSAGE);
    expect_out(BYTES(""));
}
END_TEST

START_TEST(mqtt_2_3_1_6_puback_repeats_the_identifier)
{
    connected();
    in(BYTES("\x32\x06\x00\x01t\x12\x34x"), DPS_MQTT_MESSAGE);
    ck_assert_mem_eq(event.packet.topic.at, "t", 1);
    ck_assert_mem_eq(event.packet.body.at, "x", 1);
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 0);
    expect_out(BYTES("\x40\x02\x12\x34"));
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 1);
}
END_TEST

/* The same identifier after its PUBACK is a new message, whatever DUP says. */
START_TEST(mqtt_4_3_2_2_identifier_again_is_a_new_message)
{
    connected();
    in(BYTES("\x32\x06\x00\x01t\x00\x02x"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x40\x02\x00\x02"));
    in(BYTES("\x3a\x06\x00\x01t\x00\x02x"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x40\x02\x00\x02"));
}
END_TEST

START_TEST(mqtt_acknowledged_after_the_last_piece_only)
{
    connected();
    in(BYTES("\x32\x08\x00\x01t\x00\x02"
             "a"),
       DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.last, 0);
    expect_out(BYTES(""));
    in(BYTES("b"), DPS_MQTT_MESSAGE);
    expect_out(BYTES(""));
    in(BYTES("c"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.last, 1);
    expect_out(BYTES("\x40\x02\x00\x02"));
}
END_TEST

/* [MQTT-4.6.0-2], and what happens when all slots are taken: nothing is lost, input says
 * so at the border of the packet that needs one more, and only there. */
START_TEST(mqtt_4_6_0_2_acks_in_order_and_output_first)
{
    uint8_t wire[7 * (DPS_MQTT_ACKS + 1) + 6];
    uint8_t acks[4 * DPS_MQTT_ACKS];
    size_t at = 0, n;
    unsigned i;

    connected();
    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        memcpy(wire + 7 * i, "\x32\x05\x00\x01t\x00", 6);
        wire[7 * i + 6] = (uint8_t)(i + 1);
        memcpy(acks + 4 * i, "\x40\x02\x00", 3);
        acks[4 * i + 3] = (uint8_t)(i + 1);
    }
    memcpy(wire + 7 * i, "\xd0\x00\x30\x04\x00\x01tx\x32\x05\x00\x01t", 13);
    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        n = dps_mqtt_session_input(&session, wire + at, sizeof wire - at, &event);
        ck_assert_uint_eq(n, 7);
        ck_assert_uint_eq(event.type, DPS_MQTT_MESSAGE);
        at += n;
    }
    /* Nothing more comes in, not even what needs no acknowledgement. */
    n = dps_mqtt_session_input(&session, wire + at, sizeof wire - at, &event);
    ck_assert_uint_eq(n, 0);
    ck_assert_uint_eq(event.type, DPS_MQTT_OUTPUT_FIRST);
    expect_out(acks, sizeof acks);
    at += dps_mqtt_session_input(&session, wire + at, sizeof wire - at, &event);
    ck_assert_uint_eq(event.type, DPS_MQTT_MESSAGE);
    in(wire + at, sizeof wire - at, DPS_MQTT_NOTHING);
    in(BYTES("\x00\x09"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x40\x02\x00\x09"));
}
END_TEST

START_TEST(mqtt_n_26_message_before_suback)
{
    connected();
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    expect_out(BYTES("\x82\x08\x00\x01\x00\x03"
                     "a/b\x02"));
    in(BYTES("\x30\x06\x00\x03"
             "a/bx"),
       DPS_MQTT_MESSAGE);
    in(BYTES("\x90\x03\x00\x01\x01"), DPS_MQTT_SUBSCRIBED);
}
END_TEST

/* N-24: both ends number for themselves. */
START_TEST(mqtt_n_24_the_same_identifier_both_ways)
{
    connected();
    dps_mqtt_session_publish(&session, &at_1, NULL);
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
    in(BYTES("\x32\x06\x00\x01t\x00\x01x"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x40\x02\x00\x01"));
    in(BYTES("\x40\x02\x00\x01"), DPS_MQTT_PUBLISHED);
}
END_TEST

/* N-35, and what asks for something that is not built in. */
START_TEST(mqtt_n_35_acknowledgements_of_nothing)
{
    connected();
    in(BYTES("\x50\x02\x00\x63\x70\x02\x00\x63\xb0\x02\x00\x63\xd0\x00"),
       DPS_MQTT_NOTHING);
    expect_out(BYTES(""));
}
END_TEST

START_TEST(mqtt_qos_2_is_a_violation_here)
{
    static const struct {
        const uint8_t *wire;
        size_t len;
    } row[] = { { BYTES("\x34\x06\x00\x01t\x00\x01x") }, { BYTES("\x62\x02\x00\x01") } };

    connected();
    in(row[_i].wire, row[_i].len, DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_UNSUPPORTED);
}
END_TEST

START_TEST(mqtt_4_8_0_1_reader_errors_end_it)
{
    connected();
    ck_assert_uint_eq(dps_mqtt_session_input(&session, BYTES("\x36\x00"), &event), 1);
    ck_assert_uint_eq(event.type, DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_QOS_RESERVED);
}
END_TEST

/* ---- Keep-alive -------------------------------------------------------------------- */

START_TEST(mqtt_3_1_2_23_ping_within_keep_alive)
{
    connected(); /* keep-alive 60 s */
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), 45000);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + 44999), 1);
    expect_out(BYTES(""));
    dps_mqtt_session_tick(&session, now_ms + 45000);
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 0);
    expect_out(BYTES("\xc0\x00"));
    in(BYTES("\xd0\x00"), DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + 45001), 44999);
}
END_TEST

/* N-23: any packet sent counts, none received does. */
START_TEST(mqtt_n_23_only_what_is_sent_counts)
{
    connected();
    dps_mqtt_session_tick(&session, now_ms + 30000);
    in(BYTES("\x30\x04\x00\x01tx"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + 30000), 15000);
    dps_mqtt_session_publish(&session, &at_0, NULL);
    expect_out(BYTES("\x30\x04\x00\x01tx"));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + 30000), 45000);
}
END_TEST

/* One that cannot get out, half a byte of it or none, is not queued again. */
START_TEST(mqtt_3_1_2_23_stuck_ping)
{
    size_t len;

    connected();
    dps_mqtt_session_tick(&session, now_ms + 45000);
    ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
    dps_mqtt_session_tick(&session, now_ms + 45001);
    dps_mqtt_session_tick(&session, now_ms + 46000);
    expect_out(BYTES("\xc0\x00"));
    in(BYTES("\xd0\x00"), DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + 46001), 44999);
}
END_TEST

/* One that is due waits behind a message that moves, and PINGRESP for its turn. */
START_TEST(mqtt_3_1_2_23_ping_behind_a_message)
{
    size_t len;

    connected();
    dps_mqtt_session_publish(&session, &at_0, NULL);
    ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
    now_ms += 45000;
    dps_mqtt_session_tick(&session, now_ms);
    now_ms += DPS_MQTT_ANSWER_MS - 1;
    dps_mqtt_session_tick(&session, now_ms);
    dps_mqtt_session_sent(&session, 1);
    now_ms += DPS_MQTT_ANSWER_MS - 1;
    ck_assert_uint_ne(dps_mqtt_session_tick(&session, now_ms), 0);
    expect_out(BYTES("\x04\x00\x01tx"));
    in(BYTES(""), DPS_MQTT_PUBLISHED);
    expect_out(BYTES("\xc0\x00"));
    in(BYTES("\xd0\x00"), DPS_MQTT_NOTHING);
}
END_TEST

/* A SUBACK of that many codes could not be told from one that is too short. */
START_TEST(mqtt_3_8_4_5_no_more_filters_than_are_counted)
{
    static struct dps_mqtt_filter many[65536];
    size_t i;

    for (i = 0; i < 65536; i++) {
        many[i] = filters[0];
    }
    connected();
    ck_assert_int_eq(dps_mqtt_session_subscribe(&session, many, 65536, NULL),
                     DPS_MQTT_ERR_PACKET_LENGTH);
    ck_assert_int_eq(dps_mqtt_session_subscribe(&session, many, 65535, NULL), DPS_MQTT_OK);
}
END_TEST

/* After DISCONNECT it is over either way, whatever the peer still does. */
START_TEST(mqtt_a_violation_after_disconnect_is_no_failure)
{
    connected();
    dps_mqtt_session_disconnect(&session);
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_OK);
}
END_TEST

START_TEST(mqtt_n_21_no_pingresp)
{
    uint32_t ping = now_ms + 45000;

    connected();
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, ping), DPS_MQTT_ANSWER_MS);
    expect_out(BYTES("\xc0\x00"));
    /* Other traffic is not a PINGRESP. */
    dps_mqtt_session_tick(&session, ping + 1000);
    in(BYTES("\x30\x04\x00\x01tx"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, ping + DPS_MQTT_ANSWER_MS - 1), 1);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, ping + DPS_MQTT_ANSWER_MS), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_PINGRESP);
}
END_TEST

/* A keep-alive shorter than our patience: pings go on while one is unanswered. */
START_TEST(mqtt_3_1_2_23_short_keep_alive)
{
    struct dps_mqtt_connect fast = hello;

    fast.keep_alive_s = 4;
    connected_with(&fast, BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x04\x00\x02" "c1"));
    dps_mqtt_session_tick(&session, now_ms + 3000);
    expect_out(BYTES("\xc0\x00"));
    dps_mqtt_session_tick(&session, now_ms + 6000);
    expect_out(BYTES("\xc0\x00"));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + 3000 + DPS_MQTT_ANSWER_MS),
                      0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_PINGRESP);
}
END_TEST

START_TEST(mqtt_n_22_keep_alive_0_is_off)
{
    struct dps_mqtt_connect off = hello;

    off.keep_alive_s = 0;
    connected_with(&off, BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02" "c1"));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + 100000000), UINT32_MAX);
    expect_out(BYTES(""));
}
END_TEST

/* 18 h 12 min 15 s: the milliseconds fit, and PINGREQ is in time. */
START_TEST(mqtt_n_22_the_longest_keep_alive)
{
    struct dps_mqtt_connect longest = hello;
    uint32_t quarter_ms = 65535000 / 4;

    longest.keep_alive_s = 65535;
    connected_with(&longest, BYTES("\x10\x0e\x00\x04MQTT\x04\x02\xff\xff\x00\x02" "c1"));
    dps_mqtt_session_tick(&session, now_ms + 2 * quarter_ms);
    expect_out(BYTES(""));
    dps_mqtt_session_tick(&session, now_ms + 4 * quarter_ms);
    expect_out(BYTES("\xc0\x00"));
}
END_TEST

/* ---- The end ----------------------------------------------------------------------- */

START_TEST(mqtt_3_14_4_2_nothing_after_disconnect)
{
    connected();
    in(BYTES("\x32\x06\x00\x01t\x00\x02x"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(dps_mqtt_session_disconnect(&session), DPS_MQTT_OK);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, NULL),
                      DPS_MQTT_ERR_STATE);
    ck_assert_uint_eq(dps_mqtt_session_disconnect(&session), DPS_MQTT_ERR_STATE);
    expect_out(BYTES("\x40\x02\x00\x02\xe0\x00")); /* what waits goes before it */
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_OK);
}
END_TEST

START_TEST(mqtt_disconnect_waits_for_the_packet_on_its_way)
{
    size_t len;

    connected();
    dps_mqtt_session_publish(&session, &at_1, NULL);
    dps_mqtt_session_output(&session, &len);
    dps_mqtt_session_sent(&session, 1);
    ck_assert_uint_eq(dps_mqtt_session_disconnect(&session), DPS_MQTT_OK);
    expect_out(BYTES("\x06\x00\x01t\x00\x01x\xe0\x00"));
}
END_TEST

START_TEST(mqtt_disconnect_that_cannot_get_through)
{
    connected();
    ck_assert_uint_eq(dps_mqtt_session_disconnect(&session), DPS_MQTT_OK);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), DPS_MQTT_CLOSE_MS);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_CLOSE_MS), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_OK);
}
END_TEST

START_TEST(mqtt_the_stream_ends)
{
    connected();
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_CLOSED);
}
END_TEST

START_TEST(mqtt_the_first_failure_stays)
{
    connected();
    dps_mqtt_session_input(&session, BYTES("\xf0"), &event);
    ck_assert_uint_eq(event.type, DPS_MQTT_CLOSED);
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    expect_closed(DPS_MQTT_ERR_PACKET_TYPE);
}
END_TEST

/* ---- One conversation in every split ----------------------------------------------- */

static const char conversation[] = "\x20\x02\x00\x00"
                                   "\x90\x03\x00\x01\x01"
                                   "\x32\x0a\x00\x03"
                                   "a/b\x00\x02xyz"
                                   "\x40\x02\x00\x02"
                                   "\xd0\x00"
                                   "\x30\x07\x00\x03"
                                   "a/bpq"
                                   "\x20\x02\x00\x00";

struct told {
    uint8_t event[16], body[16], out[128];
    size_t events, body_len, out_len;
    unsigned error;
};

static void told_out(struct told *t)
{
    const uint8_t *at;
    size_t n;

    while ((at = dps_mqtt_session_output(&session, &n)) != NULL) {
        memcpy(t->out + t->out_len, at, n);
        t->out_len += n;
        dps_mqtt_session_sent(&session, n);
    }
}

static void told_feed(struct told *t, const uint8_t *data, size_t len)
{
    while (len != 0) {
        size_t n = dps_mqtt_session_input(&session, data, len, &event);

        data += n;
        len -= n;
        if (event.type == DPS_MQTT_MESSAGE) {
            memcpy(t->body + t->body_len, event.packet.body.at, event.packet.body.len);
            t->body_len += event.packet.body.len;
        }
        if (event.type != DPS_MQTT_NOTHING
            && (event.type != DPS_MQTT_MESSAGE || event.packet.last)) {
            t->event[t->events++] = event.type;
        }
        if (event.type == DPS_MQTT_CONNECTED) {
            dps_mqtt_session_subscribe(&session, filters, 1, NULL);
        }
        if (event.type == DPS_MQTT_SUBSCRIBED) {
            dps_mqtt_session_publish(&session, &at_1, NULL);
        }
        told_out(t);
        if (event.type == DPS_MQTT_CLOSED) {
            break;
        }
    }
    t->error = dps_mqtt_session_error(&session, NULL);
}

static void told_run(struct told *t, size_t a, size_t b)
{
    const uint8_t *wire = (const uint8_t *)conversation;

    memset(t, 0, sizeof *t);
    fresh();
    dps_mqtt_session_connect(&session, &hello);
    told_out(t);
    told_feed(t, wire, a);
    told_feed(t, wire + a, b - a);
    told_feed(t, wire + b, sizeof conversation - 1 - b);
}

START_TEST(mqtt_session_in_every_two_cuts)
{
    static const uint8_t events[] = { DPS_MQTT_CONNECTED, DPS_MQTT_SUBSCRIBED,
                                      DPS_MQTT_MESSAGE,   DPS_MQTT_PUBLISHED,
                                      DPS_MQTT_MESSAGE,   DPS_MQTT_CLOSED };
    struct told whole, cut;
    size_t a, b;

    told_run(&whole, 0, 0);
    ck_assert_uint_eq(whole.events, sizeof events);
    ck_assert_mem_eq(whole.event, events, sizeof events);
    ck_assert_mem_eq(whole.body, "xyzpq", 5);
    ck_assert_uint_eq(whole.error, DPS_MQTT_ERR_CONNACK_AGAIN);
    for (a = 0; a < sizeof conversation; a++) {
        for (b = a; b < sizeof conversation; b++) {
            told_run(&cut, a, b);
            ck_assert_msg(memcmp(&cut, &whole, sizeof cut) == 0, "cut at %zu and %zu", a,
                          b);
        }
    }
}
END_TEST

/* ---- Borders ----------------------------------------------------------------------- */

/* A PUBACK is not lost because something else is on its way out. */
START_TEST(mqtt_4_3_2_1_puback_while_qos_0_goes_out)
{
    connected();
    dps_mqtt_session_publish(&session, &at_1, NULL);
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, NULL), DPS_MQTT_OK);
    in(BYTES("\x40\x02\x00\x01"), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(event.packet.packet_identifier, 1);
    expect_out(BYTES("\x30\x04\x00\x01tx"));
    in(BYTES(""), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(event.packet.packet_identifier, 0);
}
END_TEST

/* Nor because a request of another identifier is half out. */
START_TEST(mqtt_4_3_2_1_puback_while_subscribe_goes_out)
{
    size_t len;

    connected();
    dps_mqtt_session_publish(&session, &at_1, NULL);
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
    dps_mqtt_session_sent(&session, 1);
    in(BYTES("\x40\x02\x00\x01"), DPS_MQTT_PUBLISHED);
    expect_out(BYTES("\x08\x00\x02\x00\x03"
                     "a/b\x02"));
}
END_TEST

/* A call long after the last tick has its whole time: 0 connect, 1 subscribe, 2 publish,
 * 3 disconnect. */
START_TEST(mqtt_a_call_long_after_the_last_tick)
{
    uint32_t limit = _i == 3 ? DPS_MQTT_CLOSE_MS : DPS_MQTT_ANSWER_MS;

    if (_i == 0) {
        fresh();
        dps_mqtt_session_connect(&session, &quiet);
    } else {
        connected_with(&quiet, BYTES(QUIET));
    }
    if (_i == 1) {
        dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    } else if (_i == 2) {
        dps_mqtt_session_publish(&session, &at_1, NULL);
    } else if (_i == 3) {
        dps_mqtt_session_disconnect(&session);
    }
    now_ms += 100 * DPS_MQTT_ANSWER_MS;
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), limit);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + limit - 1), 1);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + limit), 0);
}
END_TEST

/* A large message at a byte a second is not late while it moves; 0 and 1: its QoS. */
START_TEST(mqtt_slow_network)
{
    static const uint8_t body[200];
    struct dps_mqtt_publish large = { TEXT("t"), { { body, sizeof body } }, 0, 0 };
    size_t len;

    connected();
    large.qos = (uint8_t)_i;
    dps_mqtt_session_publish(&session, &large, NULL);
    while (dps_mqtt_session_is_sending(&session)) {
        now_ms += 1000;
        ck_assert_uint_ne(dps_mqtt_session_tick(&session, now_ms), 0);
        ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
        dps_mqtt_session_sent(&session, 1);
    }
    expect_out(BYTES("")); /* no PINGREQ was due */
    ck_assert_uint_eq(dps_mqtt_session_error(&session, NULL), DPS_MQTT_OK);
}
END_TEST

/* One that does not move at all ends it: who is not heard from is gone. */
START_TEST(mqtt_stalled_network)
{
    size_t len;

    connected();
    dps_mqtt_session_publish(&session, &at_0, NULL);
    ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
    dps_mqtt_session_tick(&session, now_ms + 45000);
    dps_mqtt_session_tick(&session, now_ms + 45000 + DPS_MQTT_ANSWER_MS);
    in(BYTES(""), DPS_MQTT_CLOSED);
    ck_assert_uint_eq(dps_mqtt_session_error(&session, NULL), DPS_MQTT_ERR_NO_PINGRESP);
}
END_TEST

START_TEST(mqtt_the_stream_ends_after_disconnect)
{
    connected();
    dps_mqtt_session_disconnect(&session);
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 0);
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_OK);
}
END_TEST

/* A message that comes while DISCONNECT is half out is never acknowledged. */
START_TEST(mqtt_3_14_4_2_no_puback_after_disconnect)
{
    size_t len;

    connected();
    dps_mqtt_session_disconnect(&session);
    dps_mqtt_session_output(&session, &len);
    dps_mqtt_session_sent(&session, 1);
    in(BYTES("\x32\x05\x00\x01t\x00\x07"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x00"));
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 1); /* it got through */
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_OK);
}
END_TEST

START_TEST(mqtt_one_packet_at_a_time)
{
    ck_assert_int_eq(dps_mqtt_session_is_sending(&session), 0);
    dps_mqtt_session_connect(&session, &hello);
    ck_assert_int_eq(dps_mqtt_session_is_sending(&session), 1);
    connected();
    dps_mqtt_session_publish(&session, &at_1, NULL);
    ck_assert_int_eq(dps_mqtt_session_is_sending(&session), 1);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, NULL), DPS_MQTT_ERR_BUSY);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_BUSY);
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
    ck_assert_int_eq(dps_mqtt_session_is_sending(&session), 0);
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    ck_assert_int_eq(dps_mqtt_session_is_sending(&session), 1);
}
END_TEST

/* QoS 0 needs no slot. */
START_TEST(mqtt_qos_0_while_in_flight_is_full)
{
    unsigned i;
    size_t len;

    connected();
    for (i = 0; i < DPS_MQTT_IN_FLIGHT; i++) {
        dps_mqtt_session_publish(&session, &at_1, NULL);
        while (dps_mqtt_session_output(&session, &len) != NULL) {
            dps_mqtt_session_sent(&session, len);
        }
    }
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, NULL), DPS_MQTT_OK);
}
END_TEST

/* [MQTT-2.3.1-2] the other way: SUBSCRIBE does not take a message's identifier. */
START_TEST(mqtt_2_3_1_2_subscribe_skips_what_is_in_flight)
{
    uint8_t ack[5] = { 0x90, 3, 0, 0, 0 };
    uint16_t identifier = 0;
    size_t len;
    unsigned i;

    connected();
    dps_mqtt_session_publish(&session, &at_1, NULL);
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
    for (i = 0; i < 65536; i++) {
        ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, &identifier),
                          DPS_MQTT_OK);
        ck_assert_uint_gt(identifier, 1);
        while (dps_mqtt_session_output(&session, &len) != NULL) {
            dps_mqtt_session_sent(&session, len);
        }
        ack[2] = (uint8_t)(identifier >> 8);
        ack[3] = (uint8_t)identifier;
        in(ack, 5, DPS_MQTT_SUBSCRIBED);
    }
}
END_TEST

/* A payload byte that looks like the start of a QoS 1 PUBLISH is none. */
START_TEST(mqtt_output_first_only_between_packets)
{
    uint8_t wire[7] = "\x32\x05\x00\x01t\x00";
    unsigned i;

    connected();
    for (i = 0; i < DPS_MQTT_ACKS - 1; i++) {
        wire[6] = (uint8_t)(i + 1);
        in(wire, 7, DPS_MQTT_MESSAGE);
    }
    /* The last slot is for the message that has begun. */
    in(BYTES("\x32\x07\x00\x01t\x00\x63x"), DPS_MQTT_MESSAGE);
    in(BYTES("\x32"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.last, 1);
    ck_assert_uint_eq(dps_mqtt_session_input(&session, BYTES("\x30"), &event), 0);
    ck_assert_uint_eq(event.type, DPS_MQTT_OUTPUT_FIRST);
}
END_TEST

/* What is due first decides, whatever else is awaited. */
START_TEST(mqtt_tick_says_the_soonest)
{
    struct dps_mqtt_connect fast = hello;

    fast.keep_alive_s = 4;
    connected_with(&fast, BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x04\x00\x02" "c1"));
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    expect_out(BYTES("\x82\x08\x00\x01\x00\x03"
                     "a/b\x02"));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), 3000);
}
END_TEST

/* One clock for all answers: PINGRESPs that come do not keep a SUBSCRIBE alive that
 * nobody answers, */
START_TEST(mqtt_pingresp_is_no_suback)
{
    struct dps_mqtt_connect fast = hello;
    uint32_t start = now_ms;
    unsigned pings = 0;

    fast.keep_alive_s = 4;
    connected_with(&fast, BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x04\x00\x02" "c1"));
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    expect_out(BYTES("\x82\x08\x00\x01\x00\x03"
                     "a/b\x02"));
    while (dps_mqtt_session_tick(&session, now_ms) != 0) {
        if (now_ms - start == 3000 * (pings + 1)) {
            expect_out(BYTES("\xc0\x00"));
            in(BYTES("\xd0\x00"), DPS_MQTT_NOTHING);
            pings++;
        }
        now_ms += 1000;
    }
    ck_assert_uint_eq(now_ms - start, DPS_MQTT_ANSWER_MS);
    ck_assert_uint_eq(pings, (DPS_MQTT_ANSWER_MS - 1) / 3000);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_ANSWER);
}
END_TEST

/* and an answer that came stops it, though nobody ticks before the next thing is asked
 * or due, long after: 0 PINGREQ after PINGRESP, 1 PINGREQ after CONNACK, 2 PUBLISH after
 * PUBACK, 3 PUBLISH after PINGRESP. */
START_TEST(mqtt_an_answer_stops_the_clock)
{
    connected();
    if (_i == 0 || _i == 3) {
        now_ms += 45000;
        dps_mqtt_session_tick(&session, now_ms);
        expect_out(BYTES("\xc0\x00"));
        in(BYTES("\xd0\x00"), DPS_MQTT_NOTHING);
    } else if (_i == 2) {
        dps_mqtt_session_publish(&session, &at_1, NULL);
        expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
        in(BYTES("\x40\x02\x00\x01"), DPS_MQTT_PUBLISHED);
    }
    now_ms += 44000;
    if (_i >= 2) {
        dps_mqtt_session_publish(&session, &at_1, NULL);
    } else {
        now_ms += 1000;
    }
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms),
                      _i < 2 ? DPS_MQTT_ANSWER_MS : 1000);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS - 1),
                      1);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(_i < 2 ? DPS_MQTT_ERR_NO_PINGRESP : DPS_MQTT_ERR_NO_ANSWER);
}
END_TEST

/* What is still awaited when an answer comes has its whole time from there: here a
 * PINGRESP, asked for 1.5 s before SUBACK would have been late. */
START_TEST(mqtt_an_answer_begins_the_time_anew)
{
    struct dps_mqtt_connect slow = hello;

    slow.keep_alive_s = 38;
    connected_with(&slow, BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x26\x00\x02" "c1"));
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    expect_out(BYTES("\x82\x08\x00\x01\x00\x03"
                     "a/b\x02"));
    now_ms += 28500;
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), 1500);
    expect_out(BYTES("\xc0\x00"));
    now_ms += 1499;
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), 1);
    in(BYTES("\x90\x03\x00\x01\x01"), DPS_MQTT_SUBSCRIBED);
    now_ms += DPS_MQTT_ANSWER_MS - 1;
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), 1);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + 1), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_PINGRESP);
}
END_TEST

/* A PUBLISH of QoS 0 is told before anything else is asked for. */
START_TEST(mqtt_qos_0_is_busy_until_told)
{
    connected();
    dps_mqtt_session_publish(&session, &at_0, NULL);
    expect_out(BYTES("\x30\x04\x00\x01tx"));
    ck_assert_int_eq(dps_mqtt_session_is_sending(&session), 0); /* its strings are free */
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 0);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_BUSY);
    /* What comes meanwhile is neither lost nor before it. */
    ck_assert_uint_eq(
        dps_mqtt_session_input(&session, BYTES("\x32\x05\x00\x01t\x00\x07"), &event), 0);
    ck_assert_uint_eq(event.type, DPS_MQTT_PUBLISHED);
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 1);
    in(BYTES("\x32\x05\x00\x01t\x00\x07"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x40\x02\x00\x07"));
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, NULL),
                      DPS_MQTT_OK);
}
END_TEST

/* The error of who ends it, unless it ended before or DISCONNECT was asked for. */
START_TEST(mqtt_ended_from_outside)
{
    connected();
    if (_i == 1) {
        dps_mqtt_session_disconnect(&session);
    }
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_ACKS_FULL);
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(_i == 1 ? DPS_MQTT_OK : DPS_MQTT_ERR_ACKS_FULL);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + 100000), 0);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_STATE);
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, &hello), DPS_MQTT_ERR_STATE);
}
END_TEST

/* ---- What a violation does --------------------------------------------------------- */

/* [MQTT-4.8.0-1]: each ends the session with one event that names the rule. CONNACK is
 * read before, unless the row is about it. */
static const struct {
    const char *name;
    int is_first; /* in the place of CONNACK */
    const uint8_t *wire;
    size_t len;
    enum dps_mqtt_error error;
} violation[] = {
    { "CV-03 CONNACK, flags 1", 1, BYTES("\x21\x02\x00\x00"), DPS_MQTT_ERR_FLAGS },
    { "CV-03 CONNACK, flags 8", 1, BYTES("\x28\x02\x00\x00"), DPS_MQTT_ERR_FLAGS },
    { "CV-04 CONNACK, reserved bit 1", 1, BYTES("\x20\x02\x02\x00"), DPS_MQTT_ERR_CONNACK_FLAGS },
    { "CV-04 CONNACK, reserved bit 7", 1, BYTES("\x20\x02\x80\x00"), DPS_MQTT_ERR_CONNACK_FLAGS },
    { "CV-05 CONNACK, refused with Session Present", 1, BYTES("\x20\x02\x01\x05"),
      DPS_MQTT_ERR_SESSION_PRESENT_REFUSED },
    { "CV-06 CONNACK, code 6", 1, BYTES("\x20\x02\x00\x06"), DPS_MQTT_ERR_REFUSED_RESERVED },
    { "CV-07 CONNACK of length 1", 1, BYTES("\x20\x01\x00"), DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-07 CONNACK of length 3", 1, BYTES("\x20\x03\x00\x00\x00"), DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-08 PUBLISH, empty topic", 0, BYTES("\x30\x03\x00\x00x"), DPS_MQTT_ERR_TOPIC_NAME_EMPTY },
    { "CV-09 PUBLISH, topic with #", 0, BYTES("\x30\x06\x00\x03" "a/#x"),
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD },
    { "CV-09 PUBLISH, topic with +", 0, BYTES("\x30\x06\x00\x03" "a/+x"),
      DPS_MQTT_ERR_TOPIC_NAME_WILDCARD },
    { "CV-10 PUBLISH, topic past the end", 0, BYTES("\x30\x04\x00\x09" "ab"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "CV-10 PUBLISH, a body of one byte", 0, BYTES("\x30\x01\x00"), DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-11 PUBLISH, U+0000", 0, BYTES("\x30\x05\x00\x02" "a\x00x"), DPS_MQTT_ERR_NUL },
    { "CV-12 PUBLISH, a surrogate", 0, BYTES("\x30\x07\x00\x04" "a\xed\xa0\x80x"), DPS_MQTT_ERR_UTF8 },
    { "CV-13 PUBLISH, an overlong form", 0, BYTES("\x30\x06\x00\x03" "a\xc0\xafx"),
      DPS_MQTT_ERR_UTF8 },
    { "CV-14 PUBLISH, a cut sequence", 0, BYTES("\x30\x06\x00\x03" "a\xe2\x82x"), DPS_MQTT_ERR_UTF8 },
    { "CV-16 PUBLISH, QoS 3", 0, BYTES("\x36\x06\x00\x01t\x00\x01x"), DPS_MQTT_ERR_QOS_RESERVED },
    { "CV-17 PUBLISH, QoS 0 with DUP", 0, BYTES("\x38\x04\x00\x01tx"), DPS_MQTT_ERR_DUP_QOS_0 },
    { "CV-18 PUBLISH, QoS 1, identifier 0", 0, BYTES("\x32\x06\x00\x01t\x00\x00x"),
      DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "CV-18 PUBLISH, QoS 1, no identifier", 0, BYTES("\x32\x03\x00\x01t"),
      DPS_MQTT_ERR_FIELD_LENGTH },
    { "CV-19 PINGRESP first", 1, BYTES("\xd0\x00"), DPS_MQTT_ERR_CONNACK_FIRST },
    { "CV-19 PUBLISH first", 1, BYTES("\x30\x04\x00\x01tx"), DPS_MQTT_ERR_CONNACK_FIRST },
    { "CV-20 Session Present after CleanSession 1", 1, BYTES("\x20\x02\x01\x00"),
      DPS_MQTT_ERR_SESSION_PRESENT_CLEAN },
    { "CV-21 PUBREL, flags 0", 0, BYTES("\x60\x02\x00\x01"), DPS_MQTT_ERR_FLAGS },
    { "CV-22 PUBACK, identifier 0", 0, BYTES("\x40\x02\x00\x00"), DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "CV-22 PUBACK of length 3", 0, BYTES("\x40\x03\x00\x01\x00"), DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-22 PUBACK of length 1", 0, BYTES("\x40\x01\x00"), DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-23 SUBACK, code 03", 0, BYTES("\x90\x03\x00\x01\x03"), DPS_MQTT_ERR_SUBACK_CODE },
    { "CV-23 SUBACK, code 7F", 0, BYTES("\x90\x03\x00\x01\x7f"), DPS_MQTT_ERR_SUBACK_CODE },
    { "CV-23 SUBACK, code 81", 0, BYTES("\x90\x03\x00\x01\x81"), DPS_MQTT_ERR_SUBACK_CODE },
    { "CV-24 SUBACK, two codes for one filter", 0, BYTES("\x90\x04\x00\x01\x00\x00"),
      DPS_MQTT_ERR_SUBACK_COUNT },
    { "CV-24 SUBACK, no code", 0, BYTES("\x90\x02\x00\x01"), DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-27 UNSUBACK of length 3", 0, BYTES("\xb0\x03\x00\x01\x00"), DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-27 UNSUBACK, identifier 0", 0, BYTES("\xb0\x02\x00\x00"), DPS_MQTT_ERR_PACKET_IDENTIFIER },
    { "CV-28 PINGRESP with a body", 0, BYTES("\xd0\x01\x00"), DPS_MQTT_ERR_BODY_LENGTH },
    { "CV-28 PINGRESP, flags 1", 0, BYTES("\xd1\x00"), DPS_MQTT_ERR_FLAGS },
    { "CV-29 PINGREQ", 0, BYTES("\xc0\x00"), DPS_MQTT_ERR_DIRECTION },
    { "CV-29 DISCONNECT", 0, BYTES("\xe0\x00"), DPS_MQTT_ERR_DIRECTION },
    { "CV-29 SUBSCRIBE", 0, BYTES("\x82\x06\x00\x01\x00\x01" "a\x00"), DPS_MQTT_ERR_DIRECTION },
    { "CV-29 UNSUBSCRIBE", 0, BYTES("\xa2\x05\x00\x01\x00\x01" "a"), DPS_MQTT_ERR_DIRECTION },
    { "CV-29 CONNECT", 0, BYTES(HELLO), DPS_MQTT_ERR_DIRECTION },
    { "CV-30 type 0", 0, BYTES("\x00\x00"), DPS_MQTT_ERR_PACKET_TYPE },
    { "CV-30 type 15", 0, BYTES("\xf0\x00"), DPS_MQTT_ERR_PACKET_TYPE },
    { "CV-31 a second CONNACK", 0, BYTES("\x20\x02\x00\x00"), DPS_MQTT_ERR_CONNACK_AGAIN },
    { "CV-32 the largest length, over payload_max", 0, BYTES("\x30\xff\xff\xff\x7f"),
      DPS_MQTT_ERR_PAYLOAD_TOO_LONG },
    { "CV-33 four continuation bytes", 0, BYTES("\x30\x80\x80\x80\x80"),
      DPS_MQTT_ERR_REMAINING_LENGTH },
    { "CV-36 SUBACK before CONNACK", 1, BYTES("\x90\x03\x00\x01\x00"), DPS_MQTT_ERR_CONNACK_FIRST },
    { "CV-36 PUBACK before CONNACK", 1, BYTES("\x40\x02\x00\x01"), DPS_MQTT_ERR_CONNACK_FIRST },
    { "MQTT-4.8.0-2 a SUBACK over the head buffer", 0, BYTES("\x90\x41\x00\x01"),
      DPS_MQTT_ERR_BODY_TOO_LONG },
    { "MQTT-4.8.0-2 a topic over the head buffer", 0, BYTES("\x30\x60\x00\x41"),
      DPS_MQTT_ERR_TOPIC_TOO_LONG },
};

/* As far as the session came before: a SUBSCRIBE of one filter waits. */
static void violation_begin(int is_first)
{
    dps_mqtt_session_init(&session, head, sizeof head, 65536);
    dps_mqtt_session_connect(&session, &hello);
    expect_out(BYTES(HELLO));
    if (!is_first) {
        in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CONNECTED);
        dps_mqtt_session_subscribe(&session, filters, 1, NULL);
        expect_out(BYTES("\x82\x08\x00\x01\x00\x03"
                         "a/b\x02"));
    }
}

/* In one piece, and a byte at a time (CV-39). */
START_TEST(mqtt_4_8_0_1_every_violation_ends_it)
{
    size_t step, at;

    for (step = 1; step <= violation[_i].len; step += violation[_i].len - 1) {
        violation_begin(violation[_i].is_first);
        event.type = DPS_MQTT_NOTHING;
        for (at = 0; at < violation[_i].len && event.type == DPS_MQTT_NOTHING; at += step) {
            dps_mqtt_session_input(&session, violation[_i].wire + at, step, &event);
        }
        ck_assert_msg(event.type == DPS_MQTT_CLOSED, "%s", violation[_i].name);
        ck_assert_msg(dps_mqtt_session_error(&session, NULL) == violation[_i].error, "%s: %s",
                      violation[_i].name,
                      dps_mqtt_error_text(dps_mqtt_session_error(&session, NULL)));
        expect_closed(violation[_i].error);
        ck_assert_uint_eq(filters[0].granted, 0x55);
    }
    ROW_RAN(violation[_i].name);
}
END_TEST

/* ---- What the peer may do ---------------------------------------------------------- */

/* It refuses without a word. */
START_TEST(mqtt_3_2_2_6_closed_before_connack)
{
    dps_mqtt_session_connect(&session, &hello);
    expect_out(BYTES(HELLO));
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_CLOSED);
}
END_TEST

/* It closes because a message was not allowed: that message is not told as published. */
START_TEST(mqtt_3_3_5_2_closed_instead_of_puback)
{
    connected();
    dps_mqtt_session_publish(&session, &at_1, NULL);
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x01x"));
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_CLOSED);
}
END_TEST

/* Overlapping subscriptions: each copy is told, and acknowledged by its own QoS. */
START_TEST(mqtt_3_3_5_1_copies_are_told)
{
    connected();
    in(BYTES("\x30\x06\x00\x03" "a/bx"), DPS_MQTT_MESSAGE);
    in(BYTES("\x32\x08\x00\x03" "a/b\x00\x01x"), DPS_MQTT_MESSAGE);
    in(BYTES("\x32\x08\x00\x03" "a/b\x00\x02x"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x40\x02\x00\x01\x40\x02\x00\x02"));
}
END_TEST

START_TEST(mqtt_3_3_1_8_retain_is_handed_on)
{
    connected();
    in(BYTES("\x31\x04\x00\x01tx"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.flags, DPS_MQTT_FLAG_RETAIN);
    in(BYTES("\x30\x04\x00\x01tx"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.flags, 0);
    in(BYTES("\x3b\x05\x00\x01t\x00\x01"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.flags, 0x0b); /* DUP, QoS 1, RETAIN */
}
END_TEST

/* It takes a retained message away, and is a message like any other. */
START_TEST(mqtt_3_3_1_10_an_empty_retained_message)
{
    static const struct dps_mqtt_publish empty = { TEXT("t"), { { NULL, 0 } }, 1, 1 };

    connected();
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &empty, NULL), DPS_MQTT_OK);
    expect_out(BYTES("\x33\x05\x00\x01t\x00\x01"));
    in(BYTES("\x40\x02\x00\x01"), DPS_MQTT_PUBLISHED);
}
END_TEST

/* N-20: we wait for CONNACK before anything else. */
START_TEST(mqtt_n_20_nothing_between_connect_and_connack)
{
    dps_mqtt_session_connect(&session, &hello);
    expect_out(BYTES(HELLO));
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, NULL), DPS_MQTT_ERR_STATE);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, NULL), DPS_MQTT_ERR_STATE);
    ck_assert_uint_eq(dps_mqtt_session_disconnect(&session), DPS_MQTT_ERR_STATE);
    expect_out(BYTES(""));
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CONNECTED);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, NULL), DPS_MQTT_OK);
}
END_TEST

/* CV-38, CV-01: CONNACK and a message in one read are told in order. */
START_TEST(mqtt_cv_38_connack_and_publish_in_one_read)
{
    const uint8_t *wire = (const uint8_t *)"\x20\x02\x00\x00\x30\x04\x00\x01tx";

    dps_mqtt_session_connect(&session, &hello);
    expect_out(BYTES(HELLO));
    ck_assert_uint_eq(dps_mqtt_session_input(&session, wire, 10, &event), 4);
    ck_assert_uint_eq(event.type, DPS_MQTT_CONNECTED);
    in(wire + 4, 6, DPS_MQTT_MESSAGE);
}
END_TEST

TCase *mqtt_session_cases(void)
{
    TCase *tc = tcase_create("session");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, fresh, NULL);
    tcase_add_test(tc, mqtt_3_1_0_1_nothing_before_connect);
    tcase_add_test(tc, mqtt_3_1_0_2_connect_once);
    tcase_add_test(tc, mqtt_a_refused_connect_changes_nothing);
    tcase_add_loop_test(tc, mqtt_n_18_connack_codes, 0, 7);
    tcase_add_test(tc, mqtt_3_2_2_1_session_present_after_clean_session);
    tcase_add_test(tc, mqtt_3_2_2_2_session_present_is_told);
    tcase_add_loop_test(tc, mqtt_3_2_0_1_connack_comes_first, 0, 4);
    tcase_add_test(tc, mqtt_3_2_connack_twice);
    tcase_add_test(tc, mqtt_3_2_connack_before_connect_is_out);
    tcase_add_test(tc, mqtt_n_19_no_connack);
    tcase_add_test(tc, mqtt_clock_that_wraps);
    tcase_add_test(tc, mqtt_3_9_3_1_granted_is_remembered_a_filter);
    tcase_add_loop_test(tc, mqtt_3_8_4_5_suback_counts, 0, 2);
    tcase_add_test(tc, mqtt_3_8_4_2_suback_of_another_identifier_is_ignored);
    tcase_add_test(tc, mqtt_subscribe_one_at_a_time);
    tcase_add_test(tc, mqtt_3_8_4_1_no_suback);
    tcase_add_test(tc, mqtt_4_3_1_1_qos_0_is_told_when_out);
    tcase_add_test(tc, mqtt_4_3_2_1_qos_1_waits_for_its_puback);
    tcase_add_test(tc, mqtt_in_flight_full_says_so_and_loses_nothing);
    tcase_add_test(tc, mqtt_2_3_1_2_identifier_is_free_when_given);
    tcase_add_test(tc, mqtt_publish_refused_changes_nothing);
    tcase_add_test(tc, mqtt_4_3_2_no_puback);
    tcase_add_test(tc, mqtt_3_3_4_1_qos_0_is_not_acknowledged);
    tcase_add_test(tc, mqtt_2_3_1_6_puback_repeats_the_identifier);
    tcase_add_test(tc, mqtt_4_3_2_2_identifier_again_is_a_new_message);
    tcase_add_test(tc, mqtt_acknowledged_after_the_last_piece_only);
    tcase_add_test(tc, mqtt_4_6_0_2_acks_in_order_and_output_first);
    tcase_add_test(tc, mqtt_n_26_message_before_suback);
    tcase_add_test(tc, mqtt_n_24_the_same_identifier_both_ways);
    tcase_add_test(tc, mqtt_n_35_acknowledgements_of_nothing);
    tcase_add_loop_test(tc, mqtt_qos_2_is_a_violation_here, 0, 2);
    tcase_add_test(tc, mqtt_4_8_0_1_reader_errors_end_it);
    tcase_add_test(tc, mqtt_3_1_2_23_ping_within_keep_alive);
    tcase_add_test(tc, mqtt_n_23_only_what_is_sent_counts);
    tcase_add_test(tc, mqtt_n_21_no_pingresp);
    tcase_add_test(tc, mqtt_3_1_2_23_short_keep_alive);
    tcase_add_test(tc, mqtt_3_1_2_23_stuck_ping);
    tcase_add_test(tc, mqtt_3_1_2_23_ping_behind_a_message);
    tcase_add_test(tc, mqtt_3_8_4_5_no_more_filters_than_are_counted);
    tcase_add_test(tc, mqtt_a_violation_after_disconnect_is_no_failure);
    tcase_add_test(tc, mqtt_n_22_keep_alive_0_is_off);
    tcase_add_test(tc, mqtt_n_22_the_longest_keep_alive);
    tcase_add_test(tc, mqtt_3_14_4_2_nothing_after_disconnect);
    tcase_add_test(tc, mqtt_disconnect_waits_for_the_packet_on_its_way);
    tcase_add_test(tc, mqtt_disconnect_that_cannot_get_through);
    tcase_add_test(tc, mqtt_the_stream_ends);
    tcase_add_test(tc, mqtt_the_first_failure_stays);
    tcase_add_test(tc, mqtt_session_in_every_two_cuts);
    tcase_add_test(tc, mqtt_4_3_2_1_puback_while_qos_0_goes_out);
    tcase_add_test(tc, mqtt_4_3_2_1_puback_while_subscribe_goes_out);
    tcase_add_loop_test(tc, mqtt_a_call_long_after_the_last_tick, 0, 4);
    tcase_add_loop_test(tc, mqtt_slow_network, 0, 2);
    tcase_add_test(tc, mqtt_stalled_network);
    tcase_add_test(tc, mqtt_the_stream_ends_after_disconnect);
    tcase_add_test(tc, mqtt_3_14_4_2_no_puback_after_disconnect);
    tcase_add_test(tc, mqtt_one_packet_at_a_time);
    tcase_add_test(tc, mqtt_qos_0_while_in_flight_is_full);
    tcase_add_test(tc, mqtt_2_3_1_2_subscribe_skips_what_is_in_flight);
    tcase_add_test(tc, mqtt_output_first_only_between_packets);
    tcase_add_test(tc, mqtt_tick_says_the_soonest);
    tcase_add_test(tc, mqtt_pingresp_is_no_suback);
    tcase_add_loop_test(tc, mqtt_an_answer_stops_the_clock, 0, 4);
    tcase_add_test(tc, mqtt_an_answer_begins_the_time_anew);
    tcase_add_test(tc, mqtt_qos_0_is_busy_until_told);
    tcase_add_loop_test(tc, mqtt_ended_from_outside, 0, 2);
    tcase_add_loop_test(tc, mqtt_4_8_0_1_every_violation_ends_it, 0,
                        sizeof violation / sizeof violation[0]);
    tcase_add_test(tc, mqtt_3_2_2_6_closed_before_connack);
    tcase_add_test(tc, mqtt_3_3_5_2_closed_instead_of_puback);
    tcase_add_test(tc, mqtt_3_3_5_1_copies_are_told);
    tcase_add_test(tc, mqtt_3_3_1_8_retain_is_handed_on);
    tcase_add_test(tc, mqtt_3_3_1_10_an_empty_retained_message);
    tcase_add_test(tc, mqtt_n_20_nothing_between_connect_and_connack);
    tcase_add_test(tc, mqtt_cv_38_connack_and_publish_in_one_read);
    return tc;
}
