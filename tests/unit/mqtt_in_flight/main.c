/* SPDX-License-Identifier: MIT
 *
 * Several messages in flight: the room mqtt/ once more, built for three. It is compiled
 * into this file, because the size of a session is a constant of the whole program. */
#undef DPS_MQTT_IN_FLIGHT
#define DPS_MQTT_IN_FLIGHT 3

#include "mqtt/delivery.c"
#include "mqtt/head.c"
#include "mqtt/memory.c"
#include "mqtt/reader.c"
#include "mqtt/session.c"
#include "mqtt/utf8.c"
#include "mqtt/writer.c"

#include <stdlib.h>

#include "tests/unit/mqtt/exactly_once.h"
#include "tests/unit/mqtt/scripted.h"

enum { CAP = 6 };

static struct dps_mqtt_memory memory;
static struct dps_mqtt_kept entries[CAP];
static const struct dps_mqtt_connect kept = { TEXT("c1"), { 0 }, { 0 }, 0, 0 };
static const struct dps_mqtt_publish at_1 = { TEXT("t"), { TEXT("x") }, 1, 0 };
static const struct dps_mqtt_publish at_2 = { TEXT("t"), { TEXT("x") }, 2, 0 };
static const struct dps_mqtt_publish y_1 = { TEXT("t"), { TEXT("y") }, 1, 0 };

#define PUBLISHED(first, identifier) first "\x06\x00\x01t\x00" identifier "x"
#define PUBACK(identifier)  "\x40\x02\x00" identifier
#define PUBREC(identifier)  "\x50\x02\x00" identifier
#define PUBREL(identifier)  "\x62\x02\x00" identifier
#define PUBCOMP(identifier) "\x70\x02\x00" identifier

static void connected(int session_present)
{
    memset(&session, 0xa5, sizeof session);
    now_ms = 1000;
    dps_mqtt_session_init(&session, head, sizeof head, 0);
    dps_mqtt_session_keep(&session, &memory.store);
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, &kept), DPS_MQTT_OK);
    dps_mqtt_session_tick(&session, now_ms);
    expect_out(BYTES("\x10\x0e\x00\x04MQTT\x04\x00\x00\x00\x00\x02" "c1"));
    in(session_present ? (const uint8_t *)"\x20\x02\x01\x00" : (const uint8_t *)"\x20\x02\x00\x00",
       4, DPS_MQTT_CONNECTED);
}

static void fresh(void)
{
    dps_mqtt_memory_init(&memory, entries, CAP);
    connected(0);
}

static void publish(const struct dps_mqtt_publish *message, const uint8_t *wire, size_t len)
{
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, message, NULL), DPS_MQTT_OK);
    expect_out(wire, len);
}

/* QoS 1, 2 and 1 are out and unanswered. */
static void three_in_flight(void)
{
    publish(&at_1, BYTES(PUBLISHED("\x32", "\x01")));
    publish(&at_2, BYTES(PUBLISHED("\x34", "\x02")));
    publish(&at_1, BYTES(PUBLISHED("\x32", "\x03")));
}

/* ---- Packet identifiers (2.3.1) ---------------------------------------------------- */

/* All are busy: the call says so, and nothing is lost. */
START_TEST(mqtt_2_3_1_2_all_in_flight)
{
    uint16_t identifier = 7;

    three_in_flight();
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, &identifier),
                      DPS_MQTT_ERR_IN_FLIGHT_FULL);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_2, &identifier),
                      DPS_MQTT_ERR_IN_FLIGHT_FULL);
    ck_assert_uint_eq(identifier, 7);
    expect_out(BYTES(""));
    in(BYTES(PUBACK("\x03")), DPS_MQTT_PUBLISHED); /* in any order */
    ck_assert_uint_eq(event.packet.packet_identifier, 3);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, &identifier), DPS_MQTT_OK);
    ck_assert_uint_eq(identifier, 4);
    expect_out(BYTES(PUBLISHED("\x32", "\x04")));
    in(BYTES(PUBREC("\x02")), DPS_MQTT_NOTHING);
    in(BYTES(PUBACK("\x01")), DPS_MQTT_PUBLISHED);
    in(BYTES(PUBACK("\x04")), DPS_MQTT_PUBLISHED);
    expect_out(BYTES(PUBREL("\x02")));
    in(BYTES(PUBCOMP("\x02")), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(memory.store.left, CAP);
}
END_TEST

/* The 65,536 that follow skip two that are busy. */
START_TEST(mqtt_2_3_1_2_identifiers_skip_what_is_in_flight)
{
    uint8_t ack[4] = { 0x40, 2, 0, 0 };
    uint16_t identifier;
    unsigned i;
    size_t len;

    publish(&at_1, BYTES(PUBLISHED("\x32", "\x01")));
    publish(&at_2, BYTES(PUBLISHED("\x34", "\x02")));
    for (i = 0; i < 65536; i++) {
        MUST(dps_mqtt_session_publish(&session, &at_1, &identifier) == DPS_MQTT_OK);
        MUST(identifier > 2);
        while (dps_mqtt_session_output(&session, &len) != NULL) {
            dps_mqtt_session_sent(&session, len);
        }
        ack[2] = (uint8_t)(identifier >> 8);
        ack[3] = (uint8_t)identifier;
        MUST(dps_mqtt_session_input(&session, ack, 4, &event) == 4);
        MUST(event.type == DPS_MQTT_PUBLISHED);
    }
}
END_TEST

/* A new connection counts from 1: what is in flight from before is skipped. */
START_TEST(mqtt_2_3_1_3_new_identifiers_after_a_resend)
{
    three_in_flight();
    connected(1);
    in(BYTES(PUBACK("\x01")), DPS_MQTT_PUBLISHED); /* that one need not go out again */
    expect_out(BYTES(PUBLISHED("\x3c", "\x02") PUBLISHED("\x3a", "\x03")));
    publish(&at_1, BYTES(PUBLISHED("\x32", "\x04")));
}
END_TEST

/* ---- Order (4.6) ------------------------------------------------------------------- */

START_TEST(mqtt_4_6_0_1_resent_in_the_order_of_the_first_sending)
{
    three_in_flight();
    connected(1);
    expect_out(BYTES(PUBLISHED("\x3a", "\x01") PUBLISHED("\x3c", "\x02") PUBLISHED("\x3a", "\x03")));
    in(BYTES(PUBACK("\x01")), DPS_MQTT_PUBLISHED);
    publish(&y_1, BYTES("\x32\x06\x00\x01t\x00\x04y"));
    connected(1);
    expect_out(BYTES(PUBLISHED("\x3c", "\x02") PUBLISHED("\x3a", "\x03")
                     "\x3a\x06\x00\x01t\x00\x04y"));
}
END_TEST

/* The identifiers wrap: order is that of sending, not of numbers. */
START_TEST(mqtt_4_6_0_1_resent_in_order_over_the_wrap)
{
    uint8_t ack[4] = { 0x40, 2, 0, 0 };
    uint16_t identifier = 0;
    size_t len;

    while (identifier != 65534) {
        MUST(dps_mqtt_session_publish(&session, &at_1, &identifier) == DPS_MQTT_OK);
        while (dps_mqtt_session_output(&session, &len) != NULL) {
            dps_mqtt_session_sent(&session, len);
        }
        ack[2] = (uint8_t)(identifier >> 8);
        ack[3] = (uint8_t)identifier;
        MUST(dps_mqtt_session_input(&session, ack, 4, &event) == 4);
    }
    publish(&at_1, BYTES("\x32\x06\x00\x01t\xff\xffx"));
    publish(&at_1, BYTES(PUBLISHED("\x32", "\x01")));
    connected(1);
    expect_out(BYTES("\x3a\x06\x00\x01t\xff\xffx" PUBLISHED("\x3a", "\x01")));
}
END_TEST

/* PUBRELs as the PUBRECs came, now and again after a reconnect. */
START_TEST(mqtt_4_6_0_4_pubrels_in_the_order_of_the_pubrecs)
{
    publish(&at_2, BYTES(PUBLISHED("\x34", "\x01")));
    publish(&at_2, BYTES(PUBLISHED("\x34", "\x02")));
    publish(&at_2, BYTES(PUBLISHED("\x34", "\x03")));
    in(BYTES(PUBREC("\x02") PUBREC("\x03") PUBREC("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x02") PUBREL("\x03") PUBREL("\x01")));
    connected(1);
    expect_out(BYTES(PUBREL("\x02") PUBREL("\x03") PUBREL("\x01")));
}
END_TEST

/* [MQTT-4.4.0-1]: messages and PUBRELs, each in its order, before anything new. */
START_TEST(mqtt_4_4_0_1_messages_and_pubrels)
{
    three_in_flight();
    in(BYTES(PUBREC("\x02")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x02")));
    connected(1);
    expect_out(BYTES(PUBLISHED("\x3a", "\x01") PUBLISHED("\x3a", "\x03") PUBREL("\x02")));
    in(BYTES(PUBCOMP("\x02")), DPS_MQTT_PUBLISHED);
    in(BYTES(PUBACK("\x03")), DPS_MQTT_PUBLISHED);
    in(BYTES(PUBACK("\x01")), DPS_MQTT_PUBLISHED);
    connected(1);
    expect_out(BYTES(""));
}
END_TEST

/* Answers that come between the resends: what is answered does not go out again, what
 * follows does. */
START_TEST(mqtt_4_4_0_1_answers_between_the_resends)
{
    size_t len;

    publish(&at_2, BYTES(PUBLISHED("\x34", "\x01")));
    publish(&at_2, BYTES(PUBLISHED("\x34", "\x02")));
    publish(&at_2, BYTES(PUBLISHED("\x34", "\x03")));
    connected(1);
    ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
    dps_mqtt_session_sent(&session, 1); /* the first is half out */
    in(BYTES(PUBREC("\x02")), DPS_MQTT_NOTHING);
    expect_out(BYTES("\x06\x00\x01t\x00\x01x" PUBLISHED("\x3c", "\x03") PUBREL("\x02")));
    in(BYTES(PUBREC("\x01") PUBREC("\x03")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x01") PUBREL("\x03")));
    in(BYTES(PUBCOMP("\x02")), DPS_MQTT_PUBLISHED);
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_PUBLISHED);
    in(BYTES(PUBCOMP("\x03")), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(memory.store.left, CAP);
}
END_TEST

/* One that is out again is answered while the next is half out: all the rest follows. */
START_TEST(mqtt_4_6_0_1_an_answer_while_the_rest_goes_out)
{
    size_t len, left;

    three_in_flight();
    connected(1);
    for (left = 8 + 1; left != 0; left -= len) {
        ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
        len = len < left ? len : left;
        dps_mqtt_session_sent(&session, len);
    }
    in(BYTES(PUBACK("\x01")), DPS_MQTT_PUBLISHED);
    expect_out(BYTES("\x06\x00\x01t\x00\x02x" PUBLISHED("\x3a", "\x03")));
}
END_TEST

/* DISCONNECT when one of three is half out again: that one is finished. */
START_TEST(mqtt_disconnect_between_the_resends)
{
    size_t len;

    three_in_flight();
    connected(1);
    ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
    dps_mqtt_session_sent(&session, 1);
    ck_assert_uint_eq(dps_mqtt_session_disconnect(&session), DPS_MQTT_OK);
    expect_out(BYTES("\x06\x00\x01t\x00\x01x\xe0\x00"));
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_OK);
    connected(1);
    expect_out(BYTES(PUBLISHED("\x3a", "\x01") PUBLISHED("\x3c", "\x02") PUBLISHED("\x3a", "\x03")));
}
END_TEST

/* ---- Sessions that come back ------------------------------------------------------- */

/* N-27: our PUBLISH, our PUBREL and their PUBREC at once, Session Present 1 and 0. */
START_TEST(mqtt_n_27_everything_is_kept)
{
    int is_present = _i == 1;

    three_in_flight();
    in(BYTES(PUBREC("\x02") PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREL("\x02") PUBREC("\x09")));
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    connected(is_present);
    ck_assert_uint_eq(memory.count, is_present ? 4 : 3);
    expect_out(BYTES(PUBLISHED("\x3a", "\x01") PUBLISHED("\x3a", "\x03") PUBREL("\x02")));
    in(BYTES(PUBLISHED("\x3c", "\x09")), is_present ? DPS_MQTT_NOTHING : DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
}
END_TEST

/* As many as there are places in flight, and one more. */
START_TEST(mqtt_store_with_more_than_are_in_flight)
{
    static const struct dps_mqtt_kept one_more = { DPS_MQTT_PUBREL, 99,
                                                   { { NULL, 0 }, { { NULL, 0 } }, 0, 0 } };

    three_in_flight();
    connected(1);
    ck_assert_int_eq(memory.store.change(&memory.store, DPS_MQTT_KEPT_NONE, &one_more), 1);
    dps_mqtt_session_init(&session, head, sizeof head, 0);
    dps_mqtt_session_keep(&session, &memory.store);
    dps_mqtt_session_connect(&session, &kept);
    expect_out(BYTES("\x10\x0e\x00\x04MQTT\x04\x00\x00\x00\x00\x02" "c1"));
    in(BYTES("\x20\x02\x01\x00"), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_STORE_FAILED);
    ck_assert_uint_eq(memory.count, 4);
}
END_TEST

static const struct once_try tries[] = {
    { "222", 3, { 0, 0 }, 1, 0 },  { "222", 3, { 0, 0 }, 64, 0 },
    { "1212", 2, { 0, 0 }, 3, 0 }, { "21212", 0, { 0, 0 }, 64, 0 },
};

START_TEST(mqtt_4_3_3_exactly_once_over_every_cut)
{
    once_sweep(tries[_i], 1);
}
END_TEST

START_TEST(mqtt_4_1_0_1_exactly_once_with_a_store_that_fails)
{
    once_sweep_failing(tries[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mqtt in flight");
    TCase *tc = tcase_create("in flight");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, fresh, NULL);
    tcase_add_test(tc, mqtt_2_3_1_2_all_in_flight);
    tcase_add_test(tc, mqtt_2_3_1_2_identifiers_skip_what_is_in_flight);
    tcase_add_test(tc, mqtt_2_3_1_3_new_identifiers_after_a_resend);
    tcase_add_test(tc, mqtt_4_6_0_1_resent_in_the_order_of_the_first_sending);
    tcase_add_test(tc, mqtt_4_6_0_1_resent_in_order_over_the_wrap);
    tcase_add_test(tc, mqtt_4_6_0_4_pubrels_in_the_order_of_the_pubrecs);
    tcase_add_test(tc, mqtt_4_4_0_1_messages_and_pubrels);
    tcase_add_test(tc, mqtt_4_4_0_1_answers_between_the_resends);
    tcase_add_test(tc, mqtt_4_6_0_1_an_answer_while_the_rest_goes_out);
    tcase_add_test(tc, mqtt_disconnect_between_the_resends);
    tcase_add_loop_test(tc, mqtt_n_27_everything_is_kept, 0, 2);
    tcase_add_test(tc, mqtt_store_with_more_than_are_in_flight);
    tcase_add_loop_test(tc, mqtt_4_3_3_exactly_once_over_every_cut, 0, 4);
    tcase_add_loop_test(tc, mqtt_4_1_0_1_exactly_once_with_a_store_that_fails, 0, 4);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
