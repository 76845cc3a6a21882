/* SPDX-License-Identifier: MIT
 *
 * Percent-encoding in sas/text.h: every byte, rows from the DPS articles, every cap; and
 * its other pieces of text. */
#include "sas/text.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sas/oracle.h"

static const char percent_unreserved[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

START_TEST(percent_each_of_256_bytes)
{
    for (int byte = 0; byte < 256; byte++) { /* 0 ends the string: nothing comes of it */
        char from[2] = { (char)byte, '\0' };
        char wanted[4] = { (char)byte, '\0' };
        char out[4] = "";
        struct dps_text text = { out, out + 3 };

        if (strchr(percent_unreserved, byte) == NULL) {
            snprintf(wanted, sizeof wanted, "%%%02X", (unsigned)byte);
        }
        dps_text_percent(&text, from);
        ck_assert_int_eq(text.at - out, (int)strlen(wanted));
        ck_assert_str_eq(out, wanted);
    }
}
END_TEST

static const struct {
    const char *name;
    const char *text, *encoded;
} percent_rows[] = {
    { "nothing", "", "" },
    { "RFC 3986 2.3 unreserved characters stay", "AZaz09-._~", "AZaz09-._~" },
    { "RFC 3986 2.1 upper-case hex", "\xab\xcd\xef", "%AB%CD%EF" },
    { "'%' itself, so what is encoded is encoded again", "%2F", "%252F" },
    { "DPS MQTT article: the resource", "0ne00ABCDEF/registrations/device-001",
      "0ne00ABCDEF%2Fregistrations%2Fdevice-001" },
    { "a registration ID with each legal sign", "sn:01_02.03-Z", "sn%3A01_02.03-Z" },
    { "the signature's three", "+/=", "%2B%2F%3D" },
    { "ClientVersion: a blank is not '+'", "my product/1.9", "my%20product%2F1.9" },
    { "signs that JavaScript leaves alone", "!'()*", "%21%27%28%29%2A" },
    { "UTF-8, byte by byte", "\xc3\xbc", "%C3%BC" },
};

START_TEST(percent_table)
{
    char out[80];
    const char *wanted = percent_rows[_i].encoded;
    struct dps_text text = { out, out + sizeof out };

    dps_text_percent(&text, percent_rows[_i].text);
    ck_assert_msg(text.at == out + strlen(wanted)
                      && memcmp(out, wanted, strlen(wanted)) == 0,
                  "%s", percent_rows[_i].name);
}
END_TEST

/* Every cap on a heap block of that size: whole, or full with what fits; and it stays
 * full. */
START_TEST(text_caps_are_swept)
{
    static const char wanted[] = "a%a%2Fb~%FF%25042949672959";

    for (size_t cap = 0; cap <= sizeof wanted; cap++) {
        char *out = malloc(cap + (cap == 0));
        size_t len = cap < sizeof wanted - 1 ? cap : sizeof wanted - 1;
        struct dps_text text = { out, out + cap };

        ck_assert_ptr_nonnull(out);
        dps_text_string(&text, "a%");
        dps_text_percent(&text, "a/b~\xff%");
        dps_text_string(&text, "");
        dps_text_decimal(&text, 0);
        dps_text_decimal(&text, UINT32_MAX);
        dps_text_decimal(&text, 9);
        ck_assert_ptr_eq(text.at, out + len);
        ck_assert_ptr_eq(text.end, out + cap);
        if (len != 0) {
            ck_assert_mem_eq(out, wanted, len);
        }
        free(out);
    }
}
END_TEST

/* Each byte behind a letter, with and without it in `more`. */
START_TEST(text_span_of_each_byte)
{
    for (int byte = 1; byte < 256; byte++) {
        char from[4] = { 'a', (char)byte, 'Z', '\0' };
        char more[2] = { (char)byte, '\0' };
        int is_good = byte < 0x80 && byte != '-' && byte != '.' && byte != '_'
                      && byte != '~' && strchr(percent_unreserved, byte) != NULL;

        ck_assert_uint_eq(dps_text_span(from, ""), is_good ? 3 : 1);
        ck_assert_uint_eq(dps_text_span(from, more), 3);
    }
    ck_assert_uint_eq(dps_text_span("", "-"), 0);
}
END_TEST

TCase *sas_percent_cases(void);
TCase *sas_percent_cases(void)
{
    TCase *tcase = tcase_create("percent");

    tcase_add_test(tcase, percent_each_of_256_bytes);
    tcase_add_loop_test(tcase, percent_table, 0, COUNT(percent_rows));
    tcase_add_test(tcase, text_caps_are_swept);
    tcase_add_test(tcase, text_span_of_each_byte);
    return tcase;
}
