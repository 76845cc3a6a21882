/* SPDX-License-Identifier: MIT
 *
 * A session against a scripted peer and a fake clock: each file that includes this has
 * one of its own. */
#ifndef TESTS_UNIT_MQTT_SCRIPTED_H
#define TESTS_UNIT_MQTT_SCRIPTED_H

#include <string.h>

#include "mqtt/session.h"
#include "tests/unit/mqtt/mqtt_tests.h"

static struct dps_mqtt_session session;
static struct dps_mqtt_event event;
static uint8_t head[64];
static uint32_t now_ms;

/* Takes all output and compares it. */
static inline void expect_out(const uint8_t *wire, size_t len)
{
    uint8_t out[256];
    const uint8_t *at;
    size_t n, done = 0;

    while ((at = dps_mqtt_session_output(&session, &n)) != NULL) {
        ck_assert_uint_le(done + n, sizeof out);
        memcpy(out + done, at, n);
        done += n;
        dps_mqtt_session_sent(&session, n);
    }
    ck_assert_uint_eq(done, len);
    ck_assert_mem_eq(out, wire, len);
}

/* Offers bytes; all must be taken, and this event told. */
static inline void in(const uint8_t *wire, size_t len, enum dps_mqtt_event_type type)
{
    ck_assert_uint_eq(dps_mqtt_session_input(&session, wire, len, &event), len);
    ck_assert_uint_eq(event.type, type);
}

static inline void expect_closed(enum dps_mqtt_error error)
{
    size_t len;

    ck_assert_ptr_null(dps_mqtt_session_output(&session, &len)); /* not one byte more */
    ck_assert_uint_eq(dps_mqtt_session_error(&session, NULL), error);
    ck_assert_uint_eq(dps_mqtt_session_input(&session, BYTES("\xd0\x00"), &event), 0);
    ck_assert_uint_eq(event.type, DPS_MQTT_CLOSED); /* what is over stays over */
}

#endif
