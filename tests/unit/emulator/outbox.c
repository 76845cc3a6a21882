/* SPDX-License-Identifier: MIT
 *
 * tools/emulator/outbox.h: order, delays and packet identifiers, by the bytes of the
 * standard. */
#include "tools/emulator/outbox.h"

#include <string.h>

#include "tests/unit/emulator/emulator_tests.h"

static struct outbox outbox;
static uint8_t wire[4096];
static size_t wire_len;

static void setup(void)
{
    outbox_init(&outbox);
}

static void teardown(void)
{
    outbox_free(&outbox);
}

/* Sends all that may leave at `now_ms`, in pieces of at most `piece` bytes. */
static void drain(uint64_t now_ms, size_t piece)
{
    const uint8_t *at;
    size_t len;

    wire_len = 0;
    while ((at = outbox_output(&outbox, now_ms, &len)) != NULL) {
        len = len < piece ? len : piece;
        memcpy(wire + wire_len, at, len);
        wire_len += len;
        outbox_sent(&outbox, len);
    }
}

static void check_wire(const char *bytes, size_t len)
{
    ck_assert_uint_eq(wire_len, len);
    ck_assert_mem_eq(wire, bytes, len);
}
#define CHECK_WIRE(literal) check_wire(literal, sizeof(literal) - 1)

static void publish(uint8_t qos)
{
    static const struct dps_bytes middle = { (const uint8_t *)"22", 2 };

    outbox_publish(&outbox, "t", "1", middle, "3", qos);
}

START_TEST(outbox_keeps_the_order)
{
    static const uint8_t codes[] = { 1, 0x80 };
    struct dps_bytes both = { codes, sizeof codes };

    outbox_connack(&outbox, 0);
    outbox_suback(&outbox, both, 0x0102);
    outbox_puback(&outbox, 7);
    publish(1);
    outbox_pingresp(&outbox);
    drain(0, (size_t)_i);
    CHECK_WIRE("\x20\x02\0\0" "\x90\x04\x01\x02\x01\x80" "\x40\x02\0\x07"
               "\x32\x09\0\x01t\0\x02" "1223" "\xd0\0");
    ck_assert(outbox_is_empty(&outbox));
}
END_TEST

START_TEST(outbox_refusal_has_session_present_0)
{
    outbox_connack(&outbox, 5);
    drain(0, 100);
    CHECK_WIRE("\x20\x02\0\x05");
}
END_TEST

/* The service is seen to give 2 again and again; one in flight must not get it too
 * [MQTT-2.3.1-4]. */
START_TEST(outbox_identifier_is_2_again_once_acknowledged)
{
    publish(1);
    publish(1);
    drain(0, 100);
    CHECK_WIRE("\x32\x09\0\x01t\0\x02" "1223" "\x32\x09\0\x01t\0\x03" "1223");
    outbox_acknowledged(&outbox, 2);
    publish(1);
    drain(0, 100);
    CHECK_WIRE("\x32\x09\0\x01t\0\x02" "1223");
}
END_TEST

START_TEST(outbox_waits_when_all_identifiers_are_in_flight)
{
    for (int i = 0; i < OUTBOX_IDENTIFIERS + 1; i++) {
        publish(1);
    }
    drain(0, 100);
    ck_assert_uint_eq(outbox.count, 1);
    ck_assert(outbox_waits_for_puback(&outbox));
    ck_assert_uint_eq(outbox_due_ms(&outbox), UINT64_MAX);
    outbox_acknowledged(&outbox, 1);     /* never given */
    outbox_acknowledged(&outbox, 18);    /* never given */
    outbox_acknowledged(&outbox, 65535); /* never given */
    ck_assert(outbox_waits_for_puback(&outbox));
    outbox_acknowledged(&outbox, 5);
    drain(0, 100);
    CHECK_WIRE("\x32\x09\0\x01t\0\x05" "1223");
}
END_TEST

START_TEST(outbox_qos_0_has_no_identifier)
{
    publish(0);
    drain(0, 100);
    CHECK_WIRE("\x30\x07\0\x01t" "1223");
}
END_TEST

START_TEST(outbox_delay_holds_what_comes_after_it)
{
    outbox_puback(&outbox, 1);
    outbox_delay(&outbox, 500);
    publish(0);
    outbox_pingresp(&outbox);
    drain(499, 100);
    CHECK_WIRE("\x40\x02\0\x01");
    ck_assert_uint_eq(outbox_due_ms(&outbox), 500);
    drain(500, 100);
    CHECK_WIRE("\x30\x07\0\x01t" "1223" "\xd0\0");
}
END_TEST

START_TEST(outbox_silence_adds_nothing_more)
{
    outbox_puback(&outbox, 1);
    outbox_silence(&outbox);
    publish(1);
    outbox_pingresp(&outbox);
    drain(0, 100);
    CHECK_WIRE("\x40\x02\0\x01");
    ck_assert_uint_eq(outbox_due_ms(&outbox), UINT64_MAX);
}
END_TEST

TCase *emulator_outbox_cases(void)
{
    TCase *cases = tcase_create("outbox");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, outbox_keeps_the_order, 1, 12); /* bytes a piece */
    tcase_add_test(cases, outbox_refusal_has_session_present_0);
    tcase_add_test(cases, outbox_identifier_is_2_again_once_acknowledged);
    tcase_add_test(cases, outbox_waits_when_all_identifiers_are_in_flight);
    tcase_add_test(cases, outbox_qos_0_has_no_identifier);
    tcase_add_test(cases, outbox_delay_holds_what_comes_after_it);
    tcase_add_test(cases, outbox_silence_adds_nothing_more);
    return cases;
}
