/* SPDX-License-Identifier: MIT
 *
 * tools/emulator/enrollments.h: what a document says, and where a bad one is said to be
 * wrong. */
#include "tools/emulator/enrollments.h"

#include <string.h>

#include "tests/unit/emulator/emulator_tests.h"

#define ONE(members) "{\"enrollments\":[{\"registrationId\":\"a\"," members "}]}"
#define KEY "\"symmetricKey\":\"AAAA\""
#define RULE(members) ONE(KEY ",\"script\":[{" members "}]")

static struct enrollments enrollments;
static struct document_why why;

static void key_is(const struct dps_sas_key *key, const void *bytes, size_t len)
{
    struct dps_sas_key wanted;

    ck_assert_int_eq(dps_sas_key_from_bytes(&wanted, bytes, len, 0), DPS_SAS_OK);
    ck_assert_mem_eq(&key->hmac_key, &wanted.hmac_key, sizeof wanted.hmac_key);
}

static int read_text(const char *text)
{
    memset(&why, 0, sizeof why);
    return enrollments_read(&enrollments, text, strlen(text), &why);
}

static void read_good(const char *text)
{
    ck_assert_msg(read_text(text) == 0, "%s", why.text);
}

START_TEST(enrollments_defaults)
{
    const struct enrollment *e;

    read_good(ONE(KEY));
    e = &enrollments.individuals[0];
    ck_assert_str_eq(enrollments.id_scope, "0ne00000000");
    ck_assert_uint_eq(enrollments.individual_count, 1);
    ck_assert_uint_eq(enrollments.group_count, 0);
    ck_assert_str_eq(e->id, "a");
    ck_assert_str_eq(e->device_id, "a");
    ck_assert_str_eq(e->assigned_hub, "demo-hub.azure-devices.test");
    ck_assert_str_eq(e->substatus, "initialAssignment");
    ck_assert_int_eq(e->polls, 1);
    ck_assert_int_eq(e->retry_after_s, 1);
    ck_assert_int_eq(e->status, ENROLLMENT_ASSIGNED);
    ck_assert_ptr_null(e->payload);
    ck_assert_uint_eq(e->script.count, 0);
    ck_assert_uint_eq(e->key_count, 1);
    key_is(&e->keys[0], "\0\0\0", 3);
    enrollments_free(&enrollments);
}
END_TEST

START_TEST(enrollments_all_members)
{
    const struct enrollment *e;

    read_good("{\"idScope\":\"0ne00000001\",\"enrollments\":[{\"registrationId\":\"dev-001\","
              "\"symmetricKey\":[\"AAAA\",\"AQIDBAUG\"],\"assignedHub\":\"hub-one\","
              "\"deviceId\":\"device one\",\"payload\":{\"any\" : [1, null]},"
              "\"retryAfter\":7,\"polls\":0,\"status\":\"assigned\",\"substatus\":"
              "\"deviceDataReset\"},{\"registrationId\":\"dev-002\"," KEY ",\"status\":"
              "\"failed\",\"errorCode\":400207,\"errorMessage\":\"Custom\"}],"
              "\"enrollmentGroups\":[{\"enrollmentGroupId\":\"line\"," KEY "}]}");
    e = enrollments_find(&enrollments, "DEV-001");
    ck_assert_str_eq(enrollments.id_scope, "0ne00000001");
    ck_assert_uint_eq(e->key_count, 2);
    key_is(&e->keys[0], "\0\0\0", 3);
    key_is(&e->keys[1], "\1\2\3\4\5\6", 6);
    ck_assert_str_eq(e->assigned_hub, "hub-one");
    ck_assert_str_eq(e->device_id, "device one");
    ck_assert_str_eq(e->payload, "{\"any\":[1,null]}");
    ck_assert_uint_eq(e->payload_len, strlen(e->payload));
    ck_assert_int_eq(e->retry_after_s, 7);
    ck_assert_int_eq(e->polls, 0);
    ck_assert_str_eq(e->substatus, "deviceDataReset");
    e = enrollments_find(&enrollments, "dev-002");
    ck_assert_int_eq(e->status, ENROLLMENT_FAILED);
    ck_assert_int_eq(e->error_code, 400207);
    ck_assert_str_eq(e->error_message, "Custom");
    ck_assert(enrollments.groups[0].is_group && !e->is_group);
    ck_assert_str_eq(enrollments.groups[0].id, "line");
    ck_assert_ptr_null(enrollments.groups[0].device_id);
    ck_assert_ptr_null(enrollments_find(&enrollments, "line"));
    enrollments_free(&enrollments);
}
END_TEST

START_TEST(enrollments_rules)
{
    const struct script_rule *rules;

    read_good(ONE(KEY ",\"script\":[{\"step\":\"connect\",\"connack\":3},"
                      "{\"step\":\"register\",\"times\":2,\"status\":429,\"errorCode\":429001,"
                      "\"message\":\"Throttled\",\"retryAfter\":1},"
                      "{\"step\":\"poll\",\"status\":500},"
                      "{\"step\":\"subscribe\",\"delay\":250},"
                      "{\"step\":\"poll\",\"silent\":true},{\"step\":\"poll\",\"drop\":true}]"));
    rules = enrollments.individuals[0].script.rules;
    ck_assert_uint_eq(enrollments.individuals[0].script.count, 6);
    ck_assert_int_eq(rules[0].action, SCRIPT_CONNACK);
    ck_assert_int_eq(rules[0].connack, 3);
    ck_assert_int_eq(rules[0].times, SCRIPT_ALWAYS);
    ck_assert_int_eq(rules[1].step, SCRIPT_REGISTER);
    ck_assert_int_eq(rules[1].action, SCRIPT_STATUS);
    ck_assert_int_eq(rules[1].times, 2);
    ck_assert_int_eq(rules[1].status, 429);
    ck_assert_int_eq(rules[1].error_code, 429001);
    ck_assert_str_eq(rules[1].message, "Throttled");
    ck_assert_int_eq(rules[1].retry_after_s, 1);
    ck_assert_int_eq(rules[2].error_code, 500000);
    ck_assert_int_eq(rules[2].retry_after_s, SCRIPT_NO_RETRY_AFTER);
    ck_assert_int_eq(rules[3].action, SCRIPT_DELAY);
    ck_assert_int_eq(rules[3].delay_ms, 250);
    ck_assert_int_eq(rules[4].action, SCRIPT_SILENT);
    ck_assert_int_eq(rules[5].action, SCRIPT_DROP);
    enrollments_free(&enrollments);
}
END_TEST

START_TEST(enrollments_payload_size_is_a_lower_bound)
{
    static const struct {
        const char *text;
        size_t size;
    } sizes[] = { { ONE(KEY ",\"payloadSize\":0"), 0 },
                  { ONE(KEY ",\"payloadSize\":14"), 14 },
                  { ONE(KEY ",\"payloadSize\":300000"), 300000 } };
    json_t *object;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct enrollment *e;

        read_good(sizes[i].text);
        e = &enrollments.individuals[0];
        ck_assert_uint_ge(e->payload_len, sizes[i].size);
        ck_assert_uint_le(e->payload_len, sizes[i].size + 16);
        object = json_loadb(e->payload, e->payload_len, 0, NULL);
        ck_assert(json_is_object(object));
        json_decref(object);
        enrollments_free(&enrollments);
    }
}
END_TEST

START_TEST(enrollments_payload_keeps_its_numbers)
{
    read_good(ONE(KEY ",\"payload\":{\"a\":[0.1,-5,1.5e300,9007199254740993]}"));
    ck_assert_str_eq(enrollments.individuals[0].payload,
                     "{\"a\":[0.1,-5,1.5e300,9007199254740993]}");
    enrollments_free(&enrollments);
    read_good(ONE(KEY ",\"payload\":{\"a\":[0.1,0.30000000000000004]}"));
    ck_assert_str_eq(enrollments.individuals[0].payload,
                     "{\"a\":[0.10000000000000001,0.30000000000000004]}");
    enrollments_free(&enrollments);
}
END_TEST

START_TEST(enrollments_demo)
{
    static const char device_key[] = "tinydps demo key, not a secret!!";
    static const char group_key[] = "tinydps demo group key, public!!";

    ck_assert_int_eq(enrollments_read(&enrollments, NULL, 0, &why), 0);
    ck_assert_str_eq(enrollments.id_scope, "0ne00000000");
    ck_assert_str_eq(enrollments.individuals[0].id, "demo-device");
    key_is(&enrollments.individuals[0].keys[0], device_key, 32);
    ck_assert_str_eq(enrollments.groups[0].id, "demo-group");
    key_is(&enrollments.groups[0].keys[0], group_key, 32);
    ck_assert_str_eq(enrollments.individuals[0].assigned_hub, "demo-hub.azure-devices.test");
    enrollments_free(&enrollments);
}
END_TEST

/* What the message begins with. */
static const struct {
    const char *text, *begins;
} bad[] = {
    { "", "line 1" },
    { "{", "line 1" },
    { "{\"enrollments\":[]} x", "line 1" },
    { "{\n\"idScope\":\"a\",\n\"idScope\":\"b\"}", "line 3" },
    { "[]", "must be an object" },
    { "{\"scope\":\"a\"}", "scope: unknown member" },
    { "{\"idScope\":1}", "idScope: must be a string" },
    { "{\"idScope\":\"0ne-1\"}", "idScope: must be" },
    { "{\"idScope\":\"\"}", "idScope: must be" },
    { "{\"idScope\":\"a\\u0000b\"}", "idScope: must not hold" },
    { "{\"enrollments\":{}}", "enrollments: must be an array" },
    { "{\"enrollments\":[1]}", "enrollments[0]: must be an object" },
    { "{\"enrollments\":[{" KEY "}]}", "enrollments[0].registrationId: missing" },
    { "{\"enrollments\":[{\"registrationId\":null," KEY "}]}",
      "enrollments[0].registrationId: missing" },
    { "{\"enrollments\":[{\"registrationId\":\"a_\"," KEY "}]}",
      "enrollments[0].registrationId: must be 1 to 128" },
    { "{\"enrollments\":[{\"registrationId\":\"a\"," KEY "},{\"registrationId\":\"b\"," KEY
      "},{\"registrationId\":\"A\"," KEY "}]}",
      "enrollments[2].registrationId: the same as enrollments[0]" },
    { "{\"enrollmentGroups\":[{\"enrollmentGroupId\":\"g\"," KEY
      "},{\"enrollmentGroupId\":\"g\"," KEY "}]}",
      "enrollmentGroups[1].enrollmentGroupId: the same as enrollmentGroups[0]" },
    { "{\"enrollmentGroups\":[{" KEY "}]}",
      "enrollmentGroups[0].enrollmentGroupId: missing" },
    { "{\"enrollmentGroups\":[{\"enrollmentGroupId\":\"g\"," KEY ",\"deviceId\":\"d\"}]}",
      "enrollmentGroups[0].deviceId: unknown member" },
    { "{\"enrollmentGroups\":[{\"registrationId\":\"g\"," KEY "}]}",
      "enrollmentGroups[0].registrationId: unknown member" },
    { ONE("\"polls\":1"), "enrollments[0].symmetricKey: missing" },
    { ONE("\"symmetricKey\":1"), "enrollments[0].symmetricKey: must be a key" },
    { ONE("\"symmetricKey\":\"AAA\""), "enrollments[0].symmetricKey: bad key" },
    { ONE("\"symmetricKey\":\"\""), "enrollments[0].symmetricKey: bad key" },
    { ONE("\"symmetricKey\":[]"), "enrollments[0].symmetricKey: an array must" },
    { ONE("\"symmetricKey\":[\"AAAA\",\"AAAA\",\"AAAA\"]"),
      "enrollments[0].symmetricKey: an array must" },
    { ONE("\"symmetricKey\":[\"AAAA\",\"A\"]"),
      "enrollments[0].symmetricKey[1]: bad key" },
    { ONE("\"certificate\":\"a.pem\""), "enrollments[0].certificate: X.509 attestation: not "
                                        "yet" },
    { ONE(KEY ",\"certificate\":\"a.pem\""), "enrollments[0].certificate: \"symmetricKey\" is "
                                             "there too" },
    { ONE(KEY ",\"hub\":\"a\""), "enrollments[0].hub: unknown member" },
    { ONE(KEY ",\"a\\u001b\":1"), "enrollments[0].a\\x1b: unknown member" },
    { ONE(KEY ",\"assignedHub\":\"\""), "enrollments[0].assignedHub: must be a string" },
    { ONE(KEY ",\"deviceId\":7"), "enrollments[0].deviceId: must be a string" },
    { ONE(KEY ",\"polls\":-1"), "enrollments[0].polls: must be a whole number" },
    { ONE(KEY ",\"polls\":1.0"), "enrollments[0].polls: must be a whole number" },
    { ONE(KEY ",\"polls\":\"1\""), "enrollments[0].polls: must be a whole number" },
    { ONE(KEY ",\"retryAfter\":4294967296"), "enrollments[0].retryAfter: must be" },
    { ONE(KEY ",\"status\":\"assigning\""), "enrollments[0].status: unknown" },
    { ONE(KEY ",\"errorCode\":1"), "enrollments[0].errorCode: goes with" },
    { ONE(KEY ",\"status\":\"disabled\",\"errorMessage\":\"x\""),
      "enrollments[0].errorMessage: goes with" },
    { ONE(KEY ",\"status\":\"failed\",\"errorCode\":\"x\""),
      "enrollments[0].errorCode: must be a whole number" },
    { ONE(KEY ",\"payload\":[]"), "enrollments[0].payload: must be an object" },
    { ONE(KEY ",\"payload\":{},\"payloadSize\":1"),
      "enrollments[0].payloadSize: \"payload\" is there too" },
    { ONE(KEY ",\"payloadSize\":-1"), "enrollments[0].payloadSize: must be" },
    { ONE(KEY ",\"script\":{}"), "enrollments[0].script: must be an array" },
    { ONE(KEY ",\"script\":[\"drop\"]"), "enrollments[0].script[0]: must be an object" },
    { RULE("\"drop\":true"), "enrollments[0].script[0].step: missing" },
    { RULE("\"step\":\"Poll\",\"drop\":true"), "enrollments[0].script[0].step: unknown step" },
    { RULE("\"step\":\"poll\""), "enrollments[0].script[0]: no action" },
    { RULE("\"step\":\"poll\",\"times\":1"), "enrollments[0].script[0]: no action" },
    { RULE("\"step\":\"poll\",\"times\":0,\"drop\":true"),
      "enrollments[0].script[0].times: must be" },
    { RULE("\"step\":\"poll\",\"drop\":false"), "enrollments[0].script[0].drop: can only" },
    { RULE("\"step\":\"poll\",\"silent\":1"), "enrollments[0].script[0].silent: can only" },
    { RULE("\"step\":\"poll\",\"drop\":true,\"silent\":true"),
      "enrollments[0].script[0].drop: the rule has an action already" },
    { RULE("\"step\":\"poll\",\"connack\":3"),
      "enrollments[0].script[0].connack: an action for connect only" },
    { RULE("\"step\":\"connect\",\"status\":400"),
      "enrollments[0].script[0].status: an action for register and poll only" },
    { RULE("\"step\":\"connect\",\"connack\":0"),
      "enrollments[0].script[0].connack: must be" },
    { RULE("\"step\":\"poll\",\"status\":200"), "enrollments[0].script[0].status: must be" },
    { RULE("\"step\":\"poll\",\"delay\":5,\"message\":\"x\""),
      "enrollments[0].script[0].message: goes with" },
    { RULE("\"step\":\"poll\",\"delay\":-5"), "enrollments[0].script[0].delay: must be" },
    { RULE("\"step\":\"poll\",\"drop\":true,\"x\":1"),
      "enrollments[0].script[0].x: unknown member" },
    { "{\"enrollments\":[{\"registrationId\":\"a\"," KEY "},{\"registrationId\":\"b\"," KEY
      ",\"script\":[{\"step\":\"poll\",\"drop\":true},{\"step\":\"x\"}]}]}",
      "enrollments[1].script[1].step: unknown step" },
};

START_TEST(enrollments_bad_documents)
{
    ck_assert_msg(read_text(bad[_i].text) == -1, "read: %s", bad[_i].text);
    ck_assert_msg(strncmp(why.text, bad[_i].begins, strlen(bad[_i].begins)) == 0,
                  "%s: \"%s\"", bad[_i].text, why.text);
    ck_assert_ptr_null(enrollments.individuals);
}
END_TEST

/* A bad key is a secret all the same. */
START_TEST(enrollments_bad_key_is_not_quoted)
{
    ck_assert_int_eq(read_text(ONE("\"symmetricKey\":\"c2VjcmV0!\"")), -1);
    ck_assert_ptr_null(strstr(why.text, "c2VjcmV0"));
}
END_TEST

TCase *emulator_enrollments_cases(void)
{
    TCase *cases = tcase_create("enrollments");

    tcase_add_test(cases, enrollments_defaults);
    tcase_add_test(cases, enrollments_all_members);
    tcase_add_test(cases, enrollments_rules);
    tcase_add_test(cases, enrollments_payload_size_is_a_lower_bound);
    tcase_add_test(cases, enrollments_payload_keeps_its_numbers);
    tcase_add_test(cases, enrollments_demo);
    tcase_add_loop_test(cases, enrollments_bad_documents, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(cases, enrollments_bad_key_is_not_quoted);
    return cases;
}
