/* SPDX-License-Identifier: MIT
 *
 * tools/dps/key.c: where a key may come from, and that its text is gone afterwards. */
#include "tools/dps/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/tools/tools_tests.h"

static char key_error[300];

/* Whether the key is of these three bytes. */
static int key_is(const struct dps_sas_key *key, const char *bytes)
{
    struct dps_sas_key wanted;

    ck_assert_int_eq(dps_sas_key_from_bytes(&wanted, (const uint8_t *)bytes, 3, 60),
                     DPS_SAS_OK);
    return memcmp(&key->hmac_key, &wanted.hmac_key, sizeof wanted.hmac_key) == 0;
}

static int key_try(const char *option, const char *file, struct dps_sas_key *key)
{
    const struct key_source source = { KEY_GROUP, option, file };

    return key_read(&source, 60, key, key_error, sizeof key_error);
}

START_TEST(key_of_an_option_is_wiped)
{
    char option[] = "QUJD";
    struct dps_sas_key key;

    ck_assert(key_try(option, NULL, &key));
    ck_assert(key_is(&key, "ABC"));
    ck_assert_int_eq(memcmp(option, "\0\0\0\0", 4), 0);
}
END_TEST

START_TEST(key_of_the_environment)
{
    const struct key_source source = { KEY_GROUP, NULL, NULL };
    char option[] = "WFla";
    struct dps_sas_key key;

    ck_assert(!key_is_option(&source));
    ck_assert(!key_is_environment(&source));
    setenv("DPS_GROUP_KEY", "", 1);
    ck_assert(!key_is_environment(&source));
    setenv("DPS_SYMMETRIC_KEY", "QUJD", 1);
    ck_assert(!key_is_environment(&source)); /* the other one */
    setenv("DPS_GROUP_KEY", "QUJD", 1);
    ck_assert(key_is_environment(&source));
    ck_assert(key_try(option, NULL, &key)); /* an option goes before it */
    ck_assert(key_is(&key, "XYZ"));
    ck_assert(key_try(NULL, NULL, &key));
    ck_assert(key_is(&key, "ABC"));
    ck_assert_str_eq(getenv("DPS_GROUP_KEY"), "");
}
END_TEST

static const struct {
    const char *text;
    int good;
} key_file[] = {
    { "QUJD", 1 }, { "QUJD\n", 1 }, { "QUJD \t\r\n\v\f\n\n", 1 },
    { " QUJD", 0 }, { "QU JD", 0 }, { "QUJ", 0 }, { "", 0 }, { "\n", 0 },
};

START_TEST(key_of_a_file)
{
    char name[] = "/tmp/tinydps-key-XXXXXX";
    FILE *file = fdopen(mkstemp(name), "w");
    struct dps_sas_key key;
    int good;

    fputs(key_file[_i].text, file);
    fclose(file);
    good = key_try(NULL, name, &key);
    unlink(name);
    ck_assert_int_eq(good, key_file[_i].good);
    if (good) {
        ck_assert(key_is(&key, "ABC"));
    } else {
        ck_assert_ptr_nonnull(strstr(key_error, "--group-key-file"));
    }
}
END_TEST

START_TEST(key_given_twice)
{
    char option[] = "QUJD";
    struct dps_sas_key key;

    ck_assert(!key_try(option, "/dev/null", &key));
    ck_assert_ptr_nonnull(strstr(key_error, "--group-key-file"));
}
END_TEST

START_TEST(key_is_not_quoted)
{
    char option[] = "not*base64*at*all";
    struct dps_sas_key key;
    uint8_t mac[DPS_SAS_MAC_LEN];

    ck_assert(!key_try(option, NULL, &key));
    ck_assert_ptr_null(strstr(key_error, "not*"));
    ck_assert_ptr_nonnull(strstr(key_error, "--group-key"));
    ck_assert_int_le(
        key.signer.hmac(key.signer.context, (const uint8_t *)"x", 1, mac), 0);
}
END_TEST

TCase *tools_key_cases(void)
{
    TCase *tcase = tcase_create("key");

    tcase_add_test(tcase, key_of_an_option_is_wiped);
    tcase_add_test(tcase, key_of_the_environment);
    tcase_add_loop_test(tcase, key_of_a_file, 0, sizeof key_file / sizeof key_file[0]);
    tcase_add_test(tcase, key_given_twice);
    tcase_add_test(tcase, key_is_not_quoted);
    return tcase;
}
