/* SPDX-License-Identifier: MIT
 *
 * tools/dps/identity.c: every single character in every place, and the lengths. */
#include "tools/dps/identity.h"

#include <string.h>

#include "tests/unit/tools/tools_tests.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* One check: which characters may stand at the start, inside and at the end. */
static const struct {
    const char *name;
    const char *(*mistake)(const char *text);
    size_t max;
    const char *first, *inside, *last;
} identity_row[] = {
    { "ID scope", identity_id_scope_mistake, 32, ALNUM, ALNUM, ALNUM },
    { "registration ID", identity_registration_id_mistake, 128, ALNUM "-._:", ALNUM "-._:",
      ALNUM "-" },
    { "API version", identity_api_version_mistake, 32, ALNUM "-", ALNUM "-", ALNUM "-" },
    { "host", identity_host_mistake, 63, ALNUM, ALNUM "-.", ALNUM },
};

START_TEST(identity_every_character)
{
    int c;

    for (c = 1; c < 256; c++) {
        char first[] = "?ba", inside[] = "a?a", last[] = "ab?";

        first[0] = inside[1] = last[2] = (char)c;
        ck_assert_msg((identity_row[_i].mistake(first) == NULL)
                          == (strchr(identity_row[_i].first, c) != NULL)
                          && (identity_row[_i].mistake(inside) == NULL)
                                 == (strchr(identity_row[_i].inside, c) != NULL)
                          && (identity_row[_i].mistake(last) == NULL)
                                 == (strchr(identity_row[_i].last, c) != NULL),
                      "%s: character %d", identity_row[_i].name, c);
    }
}
END_TEST

START_TEST(identity_every_length)
{
    char text[200];
    size_t len;

    for (len = 0; len < sizeof text; len++) {
        memset(text, 'a', len);
        text[len] = '\0';
        ck_assert_msg((identity_row[_i].mistake(text) == NULL)
                          == (len >= 1 && len <= identity_row[_i].max),
                      "%s: %zu", identity_row[_i].name, len);
    }
}
END_TEST

static const struct {
    const char *host;
    int good;
} identity_host[] = {
    { "localhost", 1 }, { "global.azure-devices-provisioning.net", 1 }, { "1and1.example", 1 },
    { "1.2.3.4.example", 1 }, { "a.b.c.d.e", 1 }, { "1.2.3.4", 0 }, { "1", 0 }, { "::1", 0 },
    { "a.", 0 }, { ".a", 0 }, { "a..b", 0 }, { "a.-b", 0 }, { "a-.b", 0 }, { "a b", 0 },
    { "host:8883", 0 },
};

START_TEST(identity_hosts)
{
    ck_assert_msg((identity_host_mistake(identity_host[_i].host) == NULL)
                      == identity_host[_i].good, "%s", identity_host[_i].host);
}
END_TEST

START_TEST(identity_longest_host)
{
    char host[256];
    size_t i;

    for (i = 0; i < 254; i++) {
        host[i] = i % 64 == 63 ? '.' : 'a';
    }
    host[254] = '\0';
    ck_assert_ptr_nonnull(identity_host_mistake(host));
    host[253] = '\0';
    ck_assert_ptr_null(identity_host_mistake(host));
}
END_TEST

START_TEST(identity_warnings)
{
    ck_assert(identity_id_scope_is_usual("0ne00ABCDEF"));
    ck_assert(identity_id_scope_is_usual("0cn00ABCDEF"));
    ck_assert(!identity_id_scope_is_usual("one00ABCDEF"));
    ck_assert(!identity_id_scope_is_usual("0"));
    ck_assert(identity_begins_special("-a"));
    ck_assert(identity_begins_special(":a"));
    ck_assert(!identity_begins_special("a-"));
    ck_assert(identity_has_upper_case("abcZ"));
    ck_assert(!identity_has_upper_case("abc-1._:z"));
}
END_TEST

TCase *tools_identity_cases(void)
{
    TCase *tcase = tcase_create("identity");
    int rows = sizeof identity_row / sizeof identity_row[0];

    tcase_add_loop_test(tcase, identity_every_character, 0, rows);
    tcase_add_loop_test(tcase, identity_every_length, 0, rows);
    tcase_add_loop_test(tcase, identity_hosts, 0,
                        sizeof identity_host / sizeof identity_host[0]);
    tcase_add_test(tcase, identity_longest_host);
    tcase_add_test(tcase, identity_warnings);
    return tcase;
}
