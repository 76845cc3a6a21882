/* SPDX-License-Identifier: MIT
 *
 * tools/emulator/user_name.h: the spellings that SDKs send, and the ones that are
 * none. */
#include "tools/emulator/user_name.h"

#include <string.h>

#include "tests/unit/emulator/emulator_tests.h"

/* Null: the user name is refused. */
static const struct {
    const char *name, *text, *scope, *id, *version, *client_version;
} user_names[] = {
    { "the article's form", "0ne00ABCDEF/registrations/device-001/api-version=2019-03-31",
      "0ne00ABCDEF", "device-001", "2019-03-31", NULL },
    { "ClientVersion, encoded as Node does",
      "0ne00ABCDEF/registrations/d/api-version=2019-03-31&ClientVersion=azure%2F1.9.1",
      "0ne00ABCDEF", "d", "2019-03-31", "azure%2F1.9.1" },
    { "ClientVersion, not encoded, as the C SDK does",
      "0ne1/registrations/d/api-version=2021-06-01&ClientVersion=a/1 (x=y)", "0ne1", "d",
      "2021-06-01", "a/1 (x=y)" },
    { "an empty ClientVersion", "0ne1/registrations/d/api-version=1&ClientVersion=", "0ne1",
      "d", "1", "" },
    { "a preview version", "0ne1/registrations/d/api-version=2025-07-01-preview", "0ne1",
      "d", "2025-07-01-preview", NULL },
    { "an ID with ':' goes in raw", "0ne1/registrations/sn:01_02.03-Z/api-version=1",
      "0ne1", "sn:01_02.03-Z", "1", NULL },
    { "IoT Hub's form, with '?'", "0ne1/registrations/d/?api-version=1", NULL, NULL, NULL,
      NULL },
    { "nothing", "", NULL, NULL, NULL, NULL },
    { "no slash", "0ne1", NULL, NULL, NULL, NULL },
    { "no scope", "/registrations/d/api-version=1", NULL, NULL, NULL, NULL },
    { "a scope of 33 characters", "0123456789abcdef0123456789abcdef0/registrations/d/"
                                  "api-version=1", NULL, NULL, NULL, NULL },
    { "a scope with '-'", "0ne-1/registrations/d/api-version=1", NULL, NULL, NULL, NULL },
    { "another word", "0ne1/devices/d/api-version=1", NULL, NULL, NULL, NULL },
    { "the word in another case", "0ne1/Registrations/d/api-version=1", NULL, NULL, NULL,
      NULL },
    { "no ID", "0ne1/registrations//api-version=1", NULL, NULL, NULL, NULL },
    { "no version", "0ne1/registrations/d", NULL, NULL, NULL, NULL },
    { "an empty version", "0ne1/registrations/d/api-version=", NULL, NULL, NULL, NULL },
    { "a version with a blank", "0ne1/registrations/d/api-version=1 2", NULL, NULL, NULL,
      NULL },
    { "the wrong order", "0ne1/registrations/d/ClientVersion=1&api-version=1", NULL, NULL,
      NULL, NULL },
    { "an unknown property", "0ne1/registrations/d/api-version=1&x=2", NULL, NULL, NULL,
      NULL },
    { "'&' at the end", "0ne1/registrations/d/api-version=1&", NULL, NULL, NULL, NULL },
    { "a slash more", "0ne1/registrations/d/e/api-version=1", NULL, NULL, NULL, NULL },
};

static void check_part(const char *name, struct dps_bytes part, const char *want)
{
    if (want == NULL) {
        ck_assert_msg(part.at == NULL, "%s: a part too many", name);
        return;
    }
    ck_assert_msg(part.len == strlen(want) && memcmp(part.at, want, part.len) == 0,
                  "%s: \"%.*s\"", name, (int)part.len, (const char *)part.at);
}

START_TEST(user_name_parts)
{
    struct user_name parts;
    bool good = user_name_parse(user_name_text(user_names[_i].text), &parts);

    ck_assert_msg(good == (user_names[_i].scope != NULL), "%s", user_names[_i].name);
    if (good) {
        check_part(user_names[_i].name, parts.id_scope, user_names[_i].scope);
        check_part(user_names[_i].name, parts.registration_id, user_names[_i].id);
        check_part(user_names[_i].name, parts.api_version, user_names[_i].version);
        check_part(user_names[_i].name, parts.client_version,
                   user_names[_i].client_version);
    }
}
END_TEST

static const struct {
    const char *id;
    bool valid;
} ids[] = {
    { "a", true }, { "A-b.c_d:9", true }, { "dev-", true }, { ".x", true }, { "", false },
    { "a_", false }, { "a.", false }, { "a:", false }, { "a b", false }, { "a/b", false },
    { "\xc3\xa4", false }, { "a+", false },
};

START_TEST(user_name_id_rules)
{
    ck_assert_msg(user_name_id_is_valid(user_name_text(ids[_i].id)) == ids[_i].valid, "%s",
                  ids[_i].id);
}
END_TEST

START_TEST(user_name_id_has_at_most_128_characters)
{
    char id[130];

    memset(id, 'x', sizeof id);
    id[128] = '\0';
    ck_assert(user_name_id_is_valid(user_name_text(id)));
    id[128] = 'x';
    id[129] = '\0';
    ck_assert(!user_name_id_is_valid(user_name_text(id)));
}
END_TEST

START_TEST(user_name_ids_are_compared_without_case)
{
    ck_assert(user_name_same_id(user_name_text("Dev-1z"), user_name_text("dEV-1Z")));
    ck_assert(!user_name_same_id(user_name_text("dev-1"), user_name_text("dev-2")));
    ck_assert(!user_name_same_id(user_name_text("dev"), user_name_text("dev-")));
    /* '[' and '{' are 32 apart, like letters, and are none. */
    ck_assert(!user_name_same_id(user_name_text("["), user_name_text("{")));
}
END_TEST

TCase *emulator_user_name_cases(void)
{
    TCase *cases = tcase_create("user_name");

    tcase_add_loop_test(cases, user_name_parts, 0,
                        sizeof user_names / sizeof user_names[0]);
    tcase_add_loop_test(cases, user_name_id_rules, 0, sizeof ids / sizeof ids[0]);
    tcase_add_test(cases, user_name_id_has_at_most_128_characters);
    tcase_add_test(cases, user_name_ids_are_compared_without_case);
    return cases;
}
