/* SPDX-License-Identifier: MIT
 *
 * sas/percent.h: every byte, rows from the DPS articles, every cap. */
#include "sas/percent.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sas/oracle.h"

static const char percent_unreserved[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

START_TEST(percent_each_of_256_bytes)
{
    for (int byte = 0; byte < 256; byte++) {
        char text = (char)byte;
        char wanted[4] = { (char)byte, '\0' };
        char out[4] = "";
        int n;

        if (byte == 0 || strchr(percent_unreserved, byte) == NULL) {
            snprintf(wanted, sizeof wanted, "%%%02X", (unsigned)byte);
        }
        n = dps_percent_encode(out, 3, &text, 1);
        ck_assert_int_eq(n, (int)strlen(wanted));
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
    int n = dps_percent_encode(out, sizeof out, percent_rows[_i].text,
                               strlen(percent_rows[_i].text));

    ck_assert_msg(n == (int)strlen(wanted) && memcmp(out, wanted, (size_t)n) == 0, "%s",
                  percent_rows[_i].name);
}
END_TEST

/* Every cap on a heap block of that size: whole, or refused with whole triplets only. */
START_TEST(percent_caps_are_swept)
{
    static const char text[] = "a/b~\xff%";
    static const char wanted[] = "a%2Fb~%FF%25";

    for (size_t cap = 0; cap <= sizeof wanted; cap++) {
        char *out = malloc(cap + (cap == 0));
        int n;

        ck_assert_ptr_nonnull(out);
        memset(out, '#', cap);
        n = dps_percent_encode(out, cap, text, sizeof text - 1);
        ck_assert_int_eq(n, cap >= sizeof wanted - 1 ? (int)sizeof wanted - 1
                                                     : DPS_PERCENT_TOO_LONG);
        for (size_t i = 0; i < cap && i < sizeof wanted - 1; i++) {
            ck_assert(out[i] == wanted[i] || (n < 0 && out[i] == '#' && cap - i < 3));
        }
        free(out);
    }
}
END_TEST

TCase *sas_percent_cases(void);
TCase *sas_percent_cases(void)
{
    TCase *tcase = tcase_create("percent");

    tcase_add_test(tcase, percent_each_of_256_bytes);
    tcase_add_loop_test(tcase, percent_table, 0, COUNT(percent_rows));
    tcase_add_test(tcase, percent_caps_are_swept);
    return tcase;
}
