/* SPDX-License-Identifier: MIT
 *
 * sas/base64.h against RFC 4648, the openssl program and a model that searches the
 * alphabet. */
#include "sas/base64.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sas/oracle.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The place of `c` in the alphabet, or -1. */
static int base64_place(int c)
{
    const char *at = c == '\0' ? NULL : strchr(base64_alphabet, c);

    return at == NULL ? -1 : (int)(at - base64_alphabet);
}

/* Decodes a copy of the text that ends where its heap block ends. */
static int base64_decode(uint8_t *out, size_t cap, const char *text, size_t len)
{
    char *block = malloc(len + (len == 0));
    int n;

    ck_assert_ptr_nonnull(block);
    if (len != 0) {
        memcpy(block, text, len);
    }
    n = dps_base64_decode(out, cap, block, len);
    free(block);
    return n;
}

static const struct {
    const char *name;
    const char *bytes, *text;
} base64_good[] = {
    { "RFC 4648 10: no bytes, no text", "", "" },
    { "RFC 4648 10: one byte, two '='", "f", "Zg==" },
    { "RFC 4648 10: two bytes, one '='", "fo", "Zm8=" },
    { "RFC 4648 10: a whole group", "foo", "Zm9v" },
    { "RFC 4648 10: and one more byte", "foob", "Zm9vYg==" },
    { "RFC 4648 10: and two more", "fooba", "Zm9vYmE=" },
    { "RFC 4648 10: two whole groups", "foobar", "Zm9vYmFy" },
    { "RFC 4648 table 1: the last value is '/'", "\xff\xff\xff", "////" },
    { "RFC 4648 table 1: the last but one is '+'", "\xfb\xef\xbe", "++++" },
    { "a key of 16 bytes", "tinydps-device-k", "dGlueWRwcy1kZXZpY2Utaw==" },
};

START_TEST(base64_good_both_ways)
{
    const char *bytes = base64_good[_i].bytes;
    const char *text = base64_good[_i].text;
    uint8_t decoded[32];
    char encoded[32];
    int n = base64_decode(decoded, sizeof decoded, text, strlen(text));
    int m =
        dps_base64_encode(encoded, sizeof encoded, (const uint8_t *)bytes, strlen(bytes));

    ck_assert_msg(n == (int)strlen(bytes) && memcmp(decoded, bytes, (size_t)n) == 0, "%s",
                  base64_good[_i].name);
    ck_assert_msg(m == (int)strlen(text) && memcmp(encoded, text, (size_t)m) == 0, "%s",
                  base64_good[_i].name);
}
END_TEST

static const struct {
    const char *name;
    const char *text;
    size_t len; /* 0: up to the NUL */
} base64_bad[] = {
    { "3.2 padding is required: two missing", "Zg", 0 },
    { "3.2 padding is required: one missing of two", "Zg=", 0 },
    { "3.2 padding is required: one missing of one", "Zm8", 0 },
    { "3.2 one character holds no byte", "Z", 0 },
    { "3.2 one character and three '=' hold none either", "Z===", 0 },
    { "3.2 padding of nothing", "====", 0 },
    { "3.2 a single '='", "=", 0 },
    { "3.2 padding after a whole group", "Zm9v====", 0 },
    { "3.2 one '=' too many", "Zm8==", 0 },
    { "3.3 '=' inside, then more text", "Zg==Zg==", 0 },
    { "3.3 '=' as the first of a group", "=m9v", 0 },
    { "3.3 '=' as the second of a group", "Z=9v", 0 },
    { "3.3 '=' as the third, a character after it", "Zm=v", 0 },
    { "3.1 a line end at the end", "Zm9v\n", 0 },
    { "3.1 a line end at the end, length a multiple of four", "Zm9vYg=\n", 0 },
    { "3.1 a line end inside", "Zm\n9", 0 },
    { "3.3 a blank at the end", "Zm9 ", 0 },
    { "3.3 a blank in front", " Zm9", 0 },
    { "3.3 a tabulator", "Zm9\t", 0 },
    { "3.3 a carriage return", "Zm9\r", 0 },
    { "3.3 a NUL", "Zm9\0", 4 },
    { "3.3 a NUL between good groups", "Zm9v\0m9v", 8 },
    { "section 5's '-' is another alphabet", "Zm9-", 0 },
    { "section 5's '_' is another alphabet", "Zm9_", 0 },
    { "a byte above 0x7f", "Zm9\xc3", 0 },
    { "a letter's code with the high bit set", "Zm9\xf6", 0 },
    { "before 'A' stands '@'", "Zm9@", 0 },
    { "after 'Z' stands '['", "Zm9[", 0 },
    { "before 'a' stands '`'", "Zm9`", 0 },
    { "after 'z' stands '{'", "Zm9{", 0 },
    { "after '9' stands ':'", "Zm9:", 0 },
    { "between '+' and '/' stands '.'", "Zm9.", 0 },
    { "percent-encoded padding", "Zg%3D%3D", 0 },
    { "3.5 the lowest of four unused bits is set", "Zh==", 0 },
    { "3.5 the highest of four unused bits is set", "Zo==", 0 },
    { "3.5 the lowest of two unused bits is set", "Zm9=", 0 },
    { "3.5 the highest of two unused bits is set", "Zm+=", 0 },
    { "3.5 all unused bits are set", "//==", 0 },
    { "bad in the first of many groups", "*m9vZm9vZm9vZm9vZm9v", 0 },
};

START_TEST(base64_bad_is_refused)
{
    const char *text = base64_bad[_i].text;
    size_t len = base64_bad[_i].len != 0 ? base64_bad[_i].len : strlen(text);
    uint8_t decoded[32];

    memset(decoded, 0, sizeof decoded);
    ck_assert_msg(base64_decode(decoded, sizeof decoded, text, len) == DPS_BASE64_BAD,
                  "%s", base64_bad[_i].name);
    ck_assert_msg(oracle_is_all(decoded, sizeof decoded, 0), "%s", base64_bad[_i].name);
}
END_TEST

/* Each byte value in each place of a group. */
START_TEST(base64_alphabet_is_exhausted)
{
    for (int place = 0; place < 4; place++) {
        for (int c = 0; c < 256; c++) {
            char text[4] = { 'A', 'A', 'A', 'A' };
            uint8_t out[3] = { 0 };
            int n;

            text[place] = (char)c;
            n = base64_decode(out, sizeof out, text, sizeof text);
            if (c == '=' && place == 3) {
                ck_assert_int_eq(n, 2);
            } else if (base64_place(c) < 0) {
                ck_assert_msg(n == DPS_BASE64_BAD, "place %d, byte %d", place, c);
            } else {
                uint32_t bits = (uint32_t)base64_place(c) << (18 - 6 * place);

                ck_assert_msg(n == 3 && out[0] == bits >> 16
                                  && out[1] == (bits >> 8 & 0xffu)
                                  && out[2] == (bits & 0xffu),
                              "place %d, byte %d", place, c);
            }
        }
    }
}
END_TEST

/* 3.5: the last character before the padding, every value. */
START_TEST(base64_unused_bits_are_exhausted)
{
    for (int value = 0; value < 64; value++) {
        char two[4] = { 'A', base64_alphabet[value], '=', '=' };
        char three[4] = { 'A', 'A', base64_alphabet[value], '=' };
        uint8_t out[3];

        ck_assert_int_eq(base64_decode(out, sizeof out, two, 4),
                         value % 16 == 0 ? 1 : DPS_BASE64_BAD);
        ck_assert_int_eq(base64_decode(out, sizeof out, three, 4),
                         value % 4 == 0 ? 2 : DPS_BASE64_BAD);
    }
}
END_TEST

/* Lengths 0 to 130 of one block of bytes, a line each, by the openssl program. */
START_TEST(base64_agrees_with_openssl)
{
    enum { LONGEST = 130 };
    static char lines[(LONGEST + 1) * 180];
    uint8_t bytes[LONGEST];
    char octal[4 * LONGEST + 1];
    char command[sizeof octal + 200];
    uint32_t seed = 4648;
    char *line = lines;

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)oracle_random(&seed);
    }
    oracle_octal(bytes, sizeof bytes, octal, sizeof octal);
    snprintf(command, sizeof command,
             "i=0; while [ $i -le %d ]; do printf '%s' | head -c $i | openssl base64 -A;"
             " echo; i=$((i + 1)); done",
             LONGEST, octal);
    oracle_run(command, lines, sizeof lines);
    for (size_t len = 0; len <= LONGEST; len++) {
        size_t text_len = strcspn(line, "\n");
        char encoded[DPS_BASE64_LEN(LONGEST)];
        uint8_t decoded[LONGEST];

        ck_assert_int_eq(line[text_len], '\n');
        ck_assert_uint_eq(text_len, DPS_BASE64_LEN(len));
        ck_assert_int_eq(dps_base64_encode(encoded, sizeof encoded, bytes, len),
                         (int)text_len);
        ck_assert_mem_eq(encoded, line, text_len);
        ck_assert_int_eq(base64_decode(decoded, sizeof decoded, line, text_len),
                         (int)len);
        ck_assert_mem_eq(decoded, bytes, len);
        line += text_len + 1;
    }
    ck_assert_int_eq(*line, '\0');
}
END_TEST

/* A cap that is enough, and all that are not, on heap blocks of just that size. */
START_TEST(base64_caps_are_swept)
{
    uint8_t bytes[20];
    char text[DPS_BASE64_LEN(sizeof bytes)];
    size_t len = (size_t)_i;
    size_t text_len = DPS_BASE64_LEN(len);

    memset(bytes, 0x69, sizeof bytes);
    for (size_t cap = 0; cap <= text_len + 1; cap++) {
        char *out = malloc(cap + (cap == 0));

        ck_assert_ptr_nonnull(out);
        memset(out, '#', cap);
        if (cap >= text_len) {
            ck_assert_int_eq(dps_base64_encode(out, cap, bytes, len), (int)text_len);
            memcpy(text, out, text_len);
        } else {
            ck_assert_int_eq(dps_base64_encode(out, cap, bytes, len),
                             DPS_BASE64_TOO_LONG);
            ck_assert(oracle_is_all(out, cap, '#'));
        }
        free(out);
    }
    for (size_t cap = 0; cap <= len + 1; cap++) {
        uint8_t *out = malloc(cap + (cap == 0));

        ck_assert_ptr_nonnull(out);
        memset(out, '#', cap);
        if (cap >= len) {
            ck_assert_int_eq(base64_decode(out, cap, text, text_len), (int)len);
            ck_assert_mem_eq(out, bytes, len);
        } else {
            ck_assert_int_eq(base64_decode(out, cap, text, text_len),
                             DPS_BASE64_TOO_LONG);
            ck_assert(oracle_is_all(out, cap, '#'));
        }
        free(out);
    }
}
END_TEST

TCase *sas_base64_cases(void);
TCase *sas_base64_cases(void)
{
    TCase *tcase = tcase_create("base64");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, base64_good_both_ways, 0, COUNT(base64_good));
    tcase_add_loop_test(tcase, base64_bad_is_refused, 0, COUNT(base64_bad));
    tcase_add_test(tcase, base64_alphabet_is_exhausted);
    tcase_add_test(tcase, base64_unused_bits_are_exhausted);
    tcase_add_test(tcase, base64_agrees_with_openssl);
    tcase_add_loop_test(tcase, base64_caps_are_swept, 0, 21);
    return tcase;
}
