/* SPDX-License-Identifier: MIT
 *
 * UTF-8 against a slow obvious model, and the error texts. */
#include <string.h>

#include "mqtt/utf8.h"
#include "tests/unit/mqtt/mqtt_tests.h"

/* RFC 3629 section 3, by value: decode by the lead's bit pattern, then ask whether the
 * number is a Unicode scalar value and whether this is its shortest form. */
static size_t slow_character(const uint8_t *p, size_t len)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = p[0] < 0x80             ? 1
               : (p[0] & 0xe0) == 0xc0 ? 2
               : (p[0] & 0xf0) == 0xe0 ? 3
               : (p[0] & 0xf8) == 0xf0 ? 4
                                       : 0;
    uint32_t value;
    size_t i;

    if (n == 0 || n > len) {
        return 0;
    }
    value = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (p[i] & 0x3fu);
    }
    if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    return n;
}

static int slow_is_well_formed(const uint8_t *text, size_t len)
{
    while (len != 0) {
        size_t n = slow_character(text, len);

        if (n == 0) {
            return 0;
        }
        text += n;
        len -= n;
    }
    return 1;
}

START_TEST(mqtt_1_5_3_1_every_three_bytes)
{
    uint8_t text[3];
    unsigned a, b, c;

    for (a = 0; a < 256; a++) {
        for (b = 0; b < 256; b++) {
            for (c = 0; c < 256; c++) {
                text[0] = (uint8_t)a;
                text[1] = (uint8_t)b;
                text[2] = (uint8_t)c;
                if (dps_utf8_is_well_formed(text, 3) != slow_is_well_formed(text, 3)) {
                    ck_abort_msg("%02x %02x %02x", a, b, c);
                }
            }
        }
    }
}
END_TEST

/* The borders of every byte of a four-byte character, all against all. */
START_TEST(mqtt_1_5_3_1_four_byte_borders)
{
    static const uint8_t border[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                      0xa0, 0xbf, 0xc0, 0xed, 0xef, 0xf0,
                                      0xf1, 0xf3, 0xf4, 0xf5, 0xff };
    const unsigned n = sizeof border;
    uint8_t text[4];
    unsigned i, k;

    for (i = 0; i < n * n * n * n; i++) {
        unsigned rest = i;

        for (k = 0; k < 4; k++) {
            text[k] = border[rest % n];
            rest /= n;
        }
        ck_assert_msg(dps_utf8_is_well_formed(text, 4) == slow_is_well_formed(text, 4),
                      "%02x %02x %02x %02x", text[0], text[1], text[2], text[3]);
    }
}
END_TEST

START_TEST(mqtt_every_error_has_a_text)
{
    /* The values in use are those whose text is not the text of a value that is not. */
    const char *unknown = dps_mqtt_error_text((enum dps_mqtt_error)255);
    unsigned error, known = 0;

    for (error = 0; error < 255; error++) {
        const char *text = dps_mqtt_error_text((enum dps_mqtt_error)error);

        ck_assert_ptr_nonnull(dps_mqtt_error_rule((enum dps_mqtt_error)error));
        known += strcmp(text, unknown) != 0;
    }
    ck_assert_uint_eq(known,
                      1 + DPS_MQTT_ERR_STORE_FULL
                          + (DPS_MQTT_ERR_STORE_FAILED - DPS_MQTT_ERR_PEER + 1)
                          + (DPS_MQTT_ERR_SUBSCRIPTION_REFUSED - DPS_MQTT_ERR_REFUSED + 1)
                          + (DPS_MQTT_ERR_CLOSED - DPS_MQTT_ERR_LOST + 1));
    ck_assert_str_eq(dps_mqtt_error_rule(DPS_MQTT_ERR_QOS_RESERVED), "MQTT-3.3.1-4");
}
END_TEST

START_TEST(mqtt_packet_names)
{
    ck_assert_str_eq(dps_mqtt_packet_name(DPS_MQTT_CONNECT), "CONNECT");
    ck_assert_str_eq(dps_mqtt_packet_name(DPS_MQTT_DISCONNECT), "DISCONNECT");
    ck_assert_str_eq(dps_mqtt_packet_name(0), "");
    ck_assert_str_eq(dps_mqtt_packet_name(15), "");
}
END_TEST

TCase *mqtt_text_cases(void)
{
    TCase *tc = tcase_create("text");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, mqtt_1_5_3_1_every_three_bytes);
    tcase_add_test(tc, mqtt_1_5_3_1_four_byte_borders);
    tcase_add_test(tc, mqtt_every_error_has_a_text);
    tcase_add_test(tc, mqtt_packet_names);
    return tc;
}
