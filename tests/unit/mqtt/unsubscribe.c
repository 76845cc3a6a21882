/* SPDX-License-Identifier: MIT
 *
 * Unsubscribing, from both ends, and what SUBACK grants. */
#include "mqtt/delivery.h"
#include "mqtt/memory.h"
#include "tests/unit/mqtt/must.h"
#include "tests/unit/mqtt/scripted.h"

static const struct dps_mqtt_connect hello = {
    TEXT("c1"), { 0 }, { 0 }, 0, 1,
};
#define HELLO                                                                            \
    "\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02"                                       \
    "c1"
#define UNSUBSCRIBE                                                                      \
    "\xa2\x0a\x00\x01\x00\x03"                                                           \
    "a/b\x00\x01"                                                                        \
    "c"
#define SUBSCRIBE                                                                        \
    "\x82\x08\x00\x01\x00\x03"                                                           \
    "a/b\x02"
static struct dps_mqtt_filter filters[2];
static struct dps_mqtt_memory memory;
static struct dps_mqtt_kept entries[4];

static void connected(void)
{
    memset(&session, 0xa5, sizeof session);
    filters[0] = (struct dps_mqtt_filter){ TEXT("a/b"), 2, 0x55 };
    filters[1] = (struct dps_mqtt_filter){ TEXT("c"), 0, 0x55 };
    now_ms = 1000;
    dps_mqtt_session_init(&session, head, sizeof head, 0);
    dps_mqtt_memory_init(&memory, entries, 4);
    dps_mqtt_session_keep(&session, &memory.store);
    dps_mqtt_session_tick(&session, now_ms);
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, &hello), DPS_MQTT_OK);
    expect_out(BYTES(HELLO));
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CONNECTED);
}

/* ---- UNSUBSCRIBE ------------------------------------------------------------------- */

START_TEST(mqtt_3_10_4_4_unsuback_of_the_same_identifier)
{
    uint16_t identifier = 0;

    ck_assert_uint_eq(dps_mqtt_session_unsubscribe(&session, filters, 2, &identifier),
                      DPS_MQTT_OK);
    ck_assert_uint_eq(identifier, 1);
    ck_assert_int_eq(dps_mqtt_session_is_sending(&session), 1);
    in(BYTES("\xb0\x02\x00\x01"), DPS_MQTT_NOTHING); /* ours is not out yet */
    expect_out(BYTES(UNSUBSCRIBE));
    in(BYTES("\xb0\x02\x00\x63"), DPS_MQTT_NOTHING); /* N-35 */
    in(BYTES("\xb0\x02\x00\x01"), DPS_MQTT_UNSUBSCRIBED);
    ck_assert_uint_eq(event.packet.packet_identifier, 1);
    in(BYTES("\xb0\x02\x00\x01"), DPS_MQTT_NOTHING); /* and not a second time */
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 1);
    ck_assert_uint_eq(filters[0].granted, 0x55); /* no code came */
}
END_TEST

/* An answer of the other type is none, whatever its identifier: UNSUBACK for SUBSCRIBE, */
START_TEST(mqtt_2_3_1_7_unsuback_is_no_suback)
{
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    expect_out(BYTES(SUBSCRIBE));
    in(BYTES("\xb0\x02\x00\x01\x40\x02\x00\x01\x70\x02\x00\x01"), DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_session_unsubscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_BUSY);
    in(BYTES("\x90\x03\x00\x01\x01"), DPS_MQTT_SUBSCRIBED);
    ck_assert_uint_eq(filters[0].granted, 1);
}
END_TEST

/* and SUBACK, with more codes than anybody waits for, for UNSUBSCRIBE. */
START_TEST(mqtt_2_3_1_7_suback_is_no_unsuback)
{
    dps_mqtt_session_unsubscribe(&session, filters, 2, NULL);
    expect_out(BYTES(UNSUBSCRIBE));
    in(BYTES("\x90\x05\x00\x01\x00\x00\x00\x40\x02\x00\x01"), DPS_MQTT_NOTHING);
    ck_assert_uint_eq(filters[0].granted, 0x55);
    in(BYTES("\xb0\x02\x00\x01"), DPS_MQTT_UNSUBSCRIBED);
}
END_TEST

/* One SUBSCRIBE or UNSUBSCRIBE at a time; a message may go out meanwhile. */
START_TEST(mqtt_unsubscribe_one_at_a_time)
{
    static const struct dps_mqtt_publish at_1 = { TEXT("t"), { TEXT("x") }, 1, 0 };

    dps_mqtt_session_unsubscribe(&session, filters, 2, NULL);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, NULL), DPS_MQTT_ERR_BUSY);
    expect_out(BYTES(UNSUBSCRIBE));
    ck_assert_uint_eq(dps_mqtt_session_unsubscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_BUSY);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_BUSY);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, NULL), DPS_MQTT_OK);
    expect_out(BYTES("\x32\x06\x00\x01t\x00\x02x"));
    in(BYTES("\xb0\x02\x00\x01"), DPS_MQTT_UNSUBSCRIBED);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, NULL), DPS_MQTT_OK);
}
END_TEST

START_TEST(mqtt_3_10_4_4_no_unsuback)
{
    dps_mqtt_session_unsubscribe(&session, filters, 2, NULL);
    expect_out(BYTES(UNSUBSCRIBE));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS - 1), 1);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_ANSWER);
}
END_TEST

/* Refused calls write nothing and take no identifier. */
START_TEST(mqtt_3_10_3_2_unsubscribe_needs_a_filter)
{
    uint16_t identifier = 7;

    ck_assert_uint_eq(dps_mqtt_session_unsubscribe(&session, filters, 0, &identifier),
                      DPS_MQTT_ERR_FILTERS_NONE);
    filters[1].topic_filter.len = 0;
    ck_assert_uint_eq(dps_mqtt_session_unsubscribe(&session, filters, 2, &identifier),
                      DPS_MQTT_ERR_TOPIC_EMPTY);
    ck_assert_uint_eq(identifier, 7);
    expect_out(BYTES(""));
    filters[1].topic_filter.len = 1;
    dps_mqtt_session_unsubscribe(&session, filters, 2, &identifier);
    expect_out(BYTES(UNSUBSCRIBE));
}
END_TEST

START_TEST(mqtt_3_1_0_1_no_unsubscribe_before_connack)
{
    dps_mqtt_session_init(&session, head, sizeof head, 0);
    ck_assert_uint_eq(dps_mqtt_session_unsubscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_STATE);
    dps_mqtt_session_connect(&session, &hello);
    ck_assert_uint_eq(dps_mqtt_session_unsubscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_STATE);
    expect_out(BYTES(HELLO));
}
END_TEST

START_TEST(mqtt_3_14_4_2_no_unsubscribe_after_disconnect)
{
    dps_mqtt_session_disconnect(&session);
    ck_assert_uint_eq(dps_mqtt_session_unsubscribe(&session, filters, 1, NULL),
                      DPS_MQTT_ERR_STATE);
    expect_out(BYTES("\xe0\x00"));
}
END_TEST

/* What was begun goes on to its end: QoS 2 told before, QoS 1 told after UNSUBACK. */
START_TEST(mqtt_3_10_4_3_deliveries_under_way_are_completed)
{
    in(BYTES("\x34\x06\x00\x01t\x00\x05x"), DPS_MQTT_MESSAGE);
    dps_mqtt_session_unsubscribe(&session, filters, 2, NULL);
    expect_out(BYTES(UNSUBSCRIBE "\x50\x02\x00\x05"));
    in(BYTES("\x62\x02\x00\x05"), DPS_MQTT_NOTHING);
    expect_out(BYTES("\x70\x02\x00\x05"));
    in(BYTES("\xb0\x02\x00\x01"), DPS_MQTT_UNSUBSCRIBED);
    in(BYTES("\x32\x06\x00\x01t\x00\x06x"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x40\x02\x00\x06"));
    in(BYTES("\x34\x06\x00\x01t\x00\x07x"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x50\x02\x00\x07"));
}
END_TEST

/* [MQTT-2.3.1-2], [MQTT-2.3.1-3]: its identifier is busy until UNSUBACK. */
START_TEST(mqtt_2_3_1_3_unsubscribe_holds_its_identifier)
{
    static const struct dps_mqtt_publish at_1 = { TEXT("t"), { TEXT("x") }, 1, 0 };
    uint8_t ack[4] = { 0x40, 2, 0, 0 };
    uint16_t identifier;
    unsigned i;
    size_t len;

    dps_mqtt_session_unsubscribe(&session, filters, 2, NULL);
    expect_out(BYTES(UNSUBSCRIBE));
    for (i = 0; i < 65536; i++) {
        MUST(dps_mqtt_session_publish(&session, &at_1, &identifier) == DPS_MQTT_OK);
        MUST(identifier > 1);
        while (dps_mqtt_session_output(&session, &len) != NULL) {
            dps_mqtt_session_sent(&session, len);
        }
        ack[2] = (uint8_t)(identifier >> 8);
        ack[3] = (uint8_t)identifier;
        MUST(dps_mqtt_session_input(&session, ack, 4, &event) == 4);
        MUST(event.type == DPS_MQTT_PUBLISHED);
    }
    in(BYTES("\xb0\x02\x00\x01"), DPS_MQTT_UNSUBSCRIBED);
}
END_TEST

/* ---- What SUBACK grants ------------------------------------------------------------ */

/* [MQTT-3.8.4-6]: any QoS, below, as or above what was asked for, or 80. The caller sees
 * it, the connection goes on. */
START_TEST(mqtt_3_8_4_6_any_qos_may_be_granted)
{
    static const uint8_t code[4] = { 0, 1, 2, DPS_MQTT_SUBACK_FAILURE };
    uint8_t suback[5] = { 0x90, 3, 0, 1, code[_i % 4] };
    uint8_t subscribe[10];

    filters[0].qos = (uint8_t)(_i / 4);
    memcpy(subscribe, SUBSCRIBE, sizeof subscribe);
    subscribe[9] = filters[0].qos;
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    expect_out(subscribe, sizeof subscribe);
    in(suback, 5, DPS_MQTT_SUBSCRIBED);
    ck_assert_uint_eq(filters[0].granted, code[_i % 4]);
    ck_assert_uint_eq(dps_mqtt_session_error(&session, NULL), DPS_MQTT_OK);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, filters, 1, NULL), DPS_MQTT_OK);
}
END_TEST

/* Each filter its own: 2 to 1, 2 to 0, 1 to 0, 0 to 2. */
START_TEST(mqtt_3_9_3_1_granted_below_and_above_in_one_suback)
{
    struct dps_mqtt_filter many[4] = {
        { TEXT("a"), 2, 9 }, { TEXT("b"), 2, 9 }, { TEXT("c"), 1, 9 }, { TEXT("d"), 0, 9 }
    };

    dps_mqtt_session_subscribe(&session, many, 4, NULL);
    expect_out(BYTES("\x82\x12\x00\x01\x00\x01" "a\x02\x00\x01" "b\x02\x00\x01" "c\x01\x00\x01"
                     "d\x00"));
    in(BYTES("\x90\x06\x00\x01\x01\x00\x00\x02"), DPS_MQTT_SUBSCRIBED);
    ck_assert_uint_eq(many[0].granted, 1);
    ck_assert_uint_eq(many[1].granted, 0);
    ck_assert_uint_eq(many[2].granted, 0);
    ck_assert_uint_eq(many[3].granted, 2);
}
END_TEST

/* A message above the granted QoS is the server's affair: it is told, and acknowledged by
 * the QoS that it came with [MQTT-4.5.0-2]. */
START_TEST(mqtt_4_5_0_2_message_above_the_granted_qos)
{
    dps_mqtt_session_subscribe(&session, filters, 1, NULL);
    expect_out(BYTES(SUBSCRIBE));
    in(BYTES("\x90\x03\x00\x01\x00"), DPS_MQTT_SUBSCRIBED);
    in(BYTES("\x32\x08\x00\x03" "a/b\x00\x05x"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x40\x02\x00\x05"));
    in(BYTES("\x34\x08\x00\x03" "a/b\x00\x05x"), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x50\x02\x00\x05"));
}
END_TEST

TCase *mqtt_unsubscribe_cases(void)
{
    TCase *tc = tcase_create("unsubscribe");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, connected, NULL);
    tcase_add_test(tc, mqtt_3_10_4_4_unsuback_of_the_same_identifier);
    tcase_add_test(tc, mqtt_2_3_1_7_unsuback_is_no_suback);
    tcase_add_test(tc, mqtt_2_3_1_7_suback_is_no_unsuback);
    tcase_add_test(tc, mqtt_unsubscribe_one_at_a_time);
    tcase_add_test(tc, mqtt_3_10_4_4_no_unsuback);
    tcase_add_test(tc, mqtt_3_10_3_2_unsubscribe_needs_a_filter);
    tcase_add_test(tc, mqtt_3_1_0_1_no_unsubscribe_before_connack);
    tcase_add_test(tc, mqtt_3_14_4_2_no_unsubscribe_after_disconnect);
    tcase_add_test(tc, mqtt_3_10_4_3_deliveries_under_way_are_completed);
    tcase_add_test(tc, mqtt_2_3_1_3_unsubscribe_holds_its_identifier);
    tcase_add_loop_test(tc, mqtt_3_8_4_6_any_qos_may_be_granted, 0, 12);
    tcase_add_test(tc, mqtt_3_9_3_1_granted_below_and_above_in_one_suback);
    tcase_add_test(tc, mqtt_4_5_0_2_message_above_the_granted_qos);
    return tc;
}
