/* SPDX-License-Identifier: MIT
 *
 * sas/wipe.h: that wiping reaches every byte and no other, and that comparing sees every
 * byte. */
#include "sas/wipe.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/sas/oracle.h"

START_TEST(wipe_reaches_these_bytes_and_no_others)
{
    uint8_t bytes[40];

    for (size_t at = 0; at <= 16; at++) {
        for (size_t len = 0; len <= 24; len++) {
            memset(bytes, 0xa5, sizeof bytes);
            dps_wipe(bytes + at, len);
            ck_assert(oracle_is_all(bytes, at, 0xa5) && oracle_is_all(bytes + at, len, 0)
                      && oracle_is_all(bytes + at + len, sizeof bytes - at - len, 0xa5));
        }
    }
}
END_TEST

static const struct {
    const char *name;
    const char *a, *b;
    size_t len;
    int equal;
} wipe_compared[] = {
    { "nothing at all is the same", "x", "y", 0, 1 },
    { "one byte, the same", "x", "x", 1, 1 },
    { "one byte, another", "x", "y", 1, 0 },
    { "the last byte counts", "abcdefgh", "abcdefgi", 8, 0 },
    { "the first byte counts", "abcdefgh", "bbcdefgh", 8, 0 },
    { "a byte beyond the length does not count", "abcdefgh", "abcdefgi", 7, 1 },
    { "a NUL is a byte like another", "ab\0d", "ab\0e", 4, 0 },
    { "the high bit counts", "\x80", "\x00", 1, 0 },
    { "two differences do not cancel out", "\x01\x01", "\x02\x02", 2, 0 },
    { "nor do bits that add up to 256", "\x80\x80", "\x00\x00", 2, 0 },
};

START_TEST(wipe_equal_table)
{
    ck_assert_msg(
        dps_equal(wipe_compared[_i].a, wipe_compared[_i].b, wipe_compared[_i].len)
            == wipe_compared[_i].equal,
        "%s", wipe_compared[_i].name);
}
END_TEST

START_TEST(wipe_equal_sees_each_bit_of_a_mac)
{
    uint8_t a[32], b[32];

    memset(a, 0x3c, sizeof a);
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        memcpy(b, a, sizeof b);
        ck_assert_int_eq(dps_equal(a, b, sizeof a), 1);
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_int_eq(dps_equal(a, b, sizeof a), 0);
    }
}
END_TEST

TCase *sas_wipe_cases(void);
TCase *sas_wipe_cases(void)
{
    TCase *tcase = tcase_create("wipe");

    tcase_add_test(tcase, wipe_reaches_these_bytes_and_no_others);
    tcase_add_loop_test(tcase, wipe_equal_table, 0, COUNT(wipe_compared));
    tcase_add_test(tcase, wipe_equal_sees_each_bit_of_a_mac);
    return tcase;
}
