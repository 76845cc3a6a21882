/* SPDX-License-Identifier: MIT
 *
 * tools/common/escape.c. */
#include "tools/common/escape.h"

#include <string.h>

#include "tests/unit/tools/tools_tests.h"

#define BYTES(text) text, sizeof text - 1

static const struct {
    const char *name;
    const char *data;
    size_t len;
    const char *shown;
} escape_row[] = {
    { "nothing", BYTES(""), "" },
    { "printable ASCII stays", BYTES(" !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"),
      " !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~" },
    { "C0", BYTES("\0\x01\t\n\r\x1b[31m\x1f"), "\\x00\\x01\\x09\\x0a\\x0d\\x1b[31m\\x1f" },
    { "DEL", BYTES("a\x7f" "b"), "a\\x7fb" },
    { "C1 as UTF-8, CSI", BYTES("\xc2\x80\xc2\x9b" "1m\xc2\x9f"),
      "\\xc2\\x80\\xc2\\x9b1m\\xc2\\x9f" },
    { "U+00A0 is not C1", BYTES("\xc2\xa0"), "\xc2\xa0" },
    { "two, three and four bytes", BYTES("\xc5\xbc\xe2\x82\xac\xf0\x90\x8d\x88"),
      "\xc5\xbc\xe2\x82\xac\xf0\x90\x8d\x88" },
    { "U+2027 stays, U+2028 to U+202E do not",
      BYTES("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf"),
      "\xe2\x80\xa7\\xe2\\x80\\xa8\\xe2\\x80\\xae\xe2\x80\xaf" },
    { "U+2066 and U+2069", BYTES("\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa"),
      "\\xe2\\x81\\xa6\\xe2\\x81\\xa9\xe2\x81\xaa" },
    { "a raw C1 byte", BYTES("a\x9b" "b"), "a\\x9bb" },
    { "a lead byte, then ASCII", BYTES("\xc3" "a"), "\\xc3a" },
    { "cut at the end", BYTES("a\xe2\x82"), "a\\xe2\\x82" },
    { "overlong", BYTES("\xc0\x9b\xe0\x80\x9b"), "\\xc0\\x9b\\xe0\\x80\\x9b" },
    { "a surrogate", BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
    { "above U+10FFFF", BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" },
    { "never in UTF-8", BYTES("\xfe\xff"), "\\xfe\\xff" },
};

START_TEST(escape_as_text)
{
    char text[200];

    ck_assert_msg(strcmp(escape_text(text, sizeof text, escape_row[_i].data,
                                     escape_row[_i].len), escape_row[_i].shown) == 0,
                  "%s: %s", escape_row[_i].name, text);
}
END_TEST

START_TEST(escape_as_print)
{
    char text[200] = "";
    FILE *out = fmemopen(text, sizeof text, "w");

    escape_print(out, escape_row[_i].data, escape_row[_i].len);
    fclose(out);
    ck_assert_str_eq(text, escape_row[_i].shown);
}
END_TEST

/* Every room from 4 bytes on: what fits is told whole, what does not ends in "..." and is
 * otherwise the beginning of the whole, cut between characters. */
START_TEST(escape_into_any_room)
{
    const char data[] = "ab\x1b\xe2\x82\xac\xf0\x90\x8d\x88\xc2\x9bz";
    const char whole[] = "ab\\x1b\xe2\x82\xac\xf0\x90\x8d\x88\\xc2\\x9bz";
    /* Where a character of `whole` ends. */
    const size_t end[] = { 0, 1, 2, 6, 9, 13, 21, 22 };
    size_t cap, i;

    ck_assert_uint_eq(sizeof whole - 1, end[7]);
    for (cap = 4; cap < sizeof whole + 8; cap++) {
        char text[64];
        size_t len;

        memset(text, '#', sizeof text);
        escape_text(text, cap, data, sizeof data - 1);
        len = strlen(text);
        ck_assert_uint_lt(len, cap);
        ck_assert_int_eq(text[cap], '#');
        if (cap >= sizeof whole) {
            ck_assert_str_eq(text, whole);
            continue;
        }
        ck_assert_str_eq(text + len - 3, "...");
        ck_assert_int_eq(memcmp(text, whole, len - 3), 0);
        for (i = 0; end[i] != len - 3; i++) {
            ck_assert_uint_lt(end[i], len - 3);
        }
    }
}
END_TEST

TCase *tools_escape_cases(void)
{
    TCase *tcase = tcase_create("escape");
    int rows = sizeof escape_row / sizeof escape_row[0];

    tcase_add_loop_test(tcase, escape_as_text, 0, rows);
    tcase_add_loop_test(tcase, escape_as_print, 0, rows);
    tcase_add_test(tcase, escape_into_any_room);
    return tcase;
}
