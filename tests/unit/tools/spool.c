/* SPDX-License-Identifier: MIT
 *
 * tools/dps/spool.c: pieces, a second payload in place of the first, none. */
#include "tools/dps/spool.h"

#include <string.h>

#include "tests/unit/tools/tools_tests.h"

static struct spool spool_under_test;

static void spool_give(const char *text, uint32_t offset, int last)
{
    struct dps_event event;

    memset(&event, 0, sizeof event);
    event.type = DPS_PAYLOAD;
    event.payload.at = (const uint8_t *)text;
    event.payload.len = strlen(text);
    event.offset = offset;
    event.last = (uint8_t)last;
    ck_assert(spool_take(&spool_under_test, &event));
}

static void spool_expect(const char *text)
{
    char got[100] = "";

    rewind(spool_under_test.file);
    ck_assert_uint_eq(fread(got, 1, sizeof got, spool_under_test.file), strlen(text));
    ck_assert_str_eq(got, text);
}

START_TEST(spool_joins_pieces)
{
    spool_give("{\"a\"", 0, 0);
    spool_give(":", 4, 0);
    spool_give("1}", 5, 1);
    spool_expect("{\"a\":1}");
    spool_free(&spool_under_test);
}
END_TEST

START_TEST(spool_begins_anew)
{
    int fd;

    spool_give("a long one that is not the last", 0, 1);
    fd = fileno(spool_under_test.file);
    spool_give("{}", 0, 1);
    spool_expect("{}");
    ck_assert_int_eq(fileno(spool_under_test.file), fd); /* the first one was closed */
    spool_free(&spool_under_test);
    ck_assert_ptr_null(spool_under_test.file);
    spool_free(&spool_under_test);
}
END_TEST

TCase *tools_spool_cases(void)
{
    TCase *tcase = tcase_create("spool");

    tcase_add_test(tcase, spool_joins_pieces);
    tcase_add_test(tcase, spool_begins_anew);
    return tcase;
}
