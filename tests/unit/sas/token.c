/* SPDX-License-Identifier: MIT
 *
 * Tokens: the vectors of the DPS and IoT Hub articles and of Node's crypto, random ones
 * by the openssl program, every cap, the clock's edges, and signers of other kinds. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sas/base64.h"
#include "sas/sas.h"
#include "tests/unit/sas/oracle.h"

#define K1                                                                               \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD" \
    "0+"                                                                                 \
    "Pw=="
#define K2 "dGlueWRwcy1kZXZpY2Utaw=="
#define K3 "//z59vPw7ern5OHe29jV0s/MycbDwL26t7SxrquopaI="

static struct dps_sas_key key;

static void token_read_key(const char *base64, uint32_t lifetime_s)
{
    ck_assert_int_eq(dps_sas_key_from_base64(&key, base64, strlen(base64), lifetime_s),
                     DPS_SAS_OK);
}

static const struct {
    const char *name;
    const char *key;
    const char *id_scope, *registration_id;
    uint32_t se;
    const char *token;
} token_registrations[] = {
    { "V1: a signature with '/', '+' and '='", K1, "0ne00ABCDEF", "device-001",
      1893456000,
      "SharedAccessSignature sr=0ne00ABCDEF%2Fregistrations%2Fdevice-001"
      "&sig=XN6MrkjAL87%2FlxdLE%2BVH1NzBKfwfyTNDu1PeAIIAv%2BU%3D&se=1893456000"
      "&skn=registration" },
    { "V2: ':' is encoded, '_' '.' '-' are not", K2, "0ne0000A1B2", "sn:01_02.03-Z",
      2000000000,
      "SharedAccessSignature sr=0ne0000A1B2%2Fregistrations%2Fsn%3A01_02.03-Z"
      "&sig=vgNvO8rOS6b2ZwpC3Pn4AeqlNJu5KkzpmkcUFmkmBQQ%3D&se=2000000000"
      "&skn=registration" },
    { "V3: a derived key, \"/+\" side by side in the signature",
      "bQmNW55xGyG1Wfh46mxUhQ3Ilamz2q36gyxjhD8fZ6E=", "0ne00ABCDEF",
      "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6", 1924992002,
      "SharedAccessSignature "
      "sr=0ne00ABCDEF%2Fregistrations%2Fsn-007-888-abc-mac-a1-b2-c3-d4-e5-f6"
      "&sig=zabWLEx7Eb0Q2YMjJD8CRi0%2Bng%2F%2BGmtBxQM8sBDvIVs%3D&se=1924992002"
      "&skn=registration" },
    { "V4: a key whose text holds '/', an expiry beyond 32 bits signed", K3,
      "0ne00ABCDEF", "a", 4102444800u,
      "SharedAccessSignature sr=0ne00ABCDEF%2Fregistrations%2Fa"
      "&sig=CCHQ2F4HGqocavTP9cMXYiSD6DDJkBMNx89%2BiqW0K5E%3D&se=4102444800"
      "&skn=registration" },
};

START_TEST(token_password_vectors)
{
    const char *wanted = token_registrations[_i].token;
    uint32_t now = token_registrations[_i].se - 3600;
    char out[300], resource[100];
    int n;

    token_read_key(token_registrations[_i].key, 3600);
    n = dps_sas_password(&key.signer, token_registrations[_i].id_scope,
                         token_registrations[_i].registration_id, now, out, sizeof out);
    ck_assert_str_eq(out, wanted);
    ck_assert_int_eq(n, (int)strlen(wanted));
    /* The same, its resource put together by the caller. */
    snprintf(resource, sizeof resource, "%s/registrations/%s",
             token_registrations[_i].id_scope, token_registrations[_i].registration_id);
    memset(out, '#', sizeof out);
    ck_assert_int_eq(
        dps_sas_token(out, sizeof out, resource, "registration", &key.signer, now),
        DPS_SAS_OK);
    ck_assert_str_eq(out, wanted);
}
END_TEST

static const struct {
    const char *name;
    const char *key;
    const char *resource, *key_name;
    uint32_t se;
    const char *token;
} token_hubs[] = {
    { "V7: a hub's token has no skn, key name null", K1,
      "contoso-hub.azure-devices.net/devices/device-001", NULL, 1893456000,
      "SharedAccessSignature sr=contoso-hub.azure-devices.net%2Fdevices%2Fdevice-001"
      "&sig=ZJhmjUuXOqqskd4WXEwudYSy%2FyEjY%2BblUud6ujfWPZs%3D&se=1893456000" },
    { "V7 again, key name \"\"", K1, "contoso-hub.azure-devices.net/devices/device-001",
      "", 1893456000,
      "SharedAccessSignature sr=contoso-hub.azure-devices.net%2Fdevices%2Fdevice-001"
      "&sig=ZJhmjUuXOqqskd4WXEwudYSy%2FyEjY%2BblUud6ujfWPZs%3D&se=1893456000" },
    { "V8: published in the DPS HTTPS article",
      "18RQk/hOPJR9EbsJlk2j8WA6vWaj/"
      "yi+oaYg7zmxfQNdOyMSu+SJ8O7TSlZhDJCYmn4rzEiVKIzNiVAWjLxr"
      "GA==",
      "MyExampleHub.azure-devices.net/devices/my-symkey-device", NULL, 1663119026,
      "SharedAccessSignature "
      "sr=MyExampleHub.azure-devices.net%2Fdevices%2Fmy-symkey-device"
      "&sig=f%2BwW8XOKeJOtiPc9Iwjc4OpExvPM7NlhM9qxN2a1aAM%3D&se=1663119026" },
};

START_TEST(token_hub_vectors)
{
    char out[300];

    token_read_key(token_hubs[_i].key, 3600);
    ck_assert_int_eq(dps_sas_token(out, sizeof out, token_hubs[_i].resource,
                                   token_hubs[_i].key_name, &key.signer,
                                   token_hubs[_i].se - 3600),
                     DPS_SAS_OK);
    ck_assert_msg(strcmp(out, token_hubs[_i].token) == 0, "%s: %s", token_hubs[_i].name,
                  out);
}
END_TEST

START_TEST(token_agrees_with_openssl)
{
    uint32_t seed = 65537u * (uint32_t)(_i + 1);
    uint8_t bytes[128];
    size_t key_len = 1 + oracle_random(&seed) % sizeof bytes;
    char key_text[DPS_BASE64_LEN(128)];
    char id_scope[12], id[129], sign[600] = "", sig[64], wanted[800], out[800];
    size_t id_len = 1 + oracle_random(&seed) % 128;
    uint32_t lifetime_s = oracle_random(&seed) % 100000;
    uint32_t now = 1 + oracle_random(&seed) % 4000000000u;
    int n;

    for (size_t i = 0; i < key_len; i++) {
        bytes[i] = (uint8_t)oracle_random(&seed);
    }
    for (size_t i = 0; i < id_len; i++) {
        id[i] = "abcxyzABCXYZ0123456789-._:"[oracle_random(&seed) % 26];
    }
    id[id_len] = '\0';
    snprintf(id_scope, sizeof id_scope, "0ne%08X", oracle_random(&seed));
    oracle_percent(sign, sizeof sign, id_scope);
    oracle_percent(sign, sizeof sign, "/registrations/");
    oracle_percent(sign, sizeof sign, id);
    snprintf(wanted, sizeof wanted, "SharedAccessSignature sr=%s&sig=", sign);
    n = (int)strlen(sign);
    snprintf(sign + n, sizeof sign - (size_t)n, "\n%lu",
             (unsigned long)(now + lifetime_s));
    oracle_hmac(bytes, key_len, sign, sig);
    oracle_percent(wanted, sizeof wanted, sig);
    n = (int)strlen(wanted);
    snprintf(wanted + n, sizeof wanted - (size_t)n, "&se=%lu&skn=registration",
             (unsigned long)(now + lifetime_s));

    n = dps_base64_encode(key_text, sizeof key_text, bytes, key_len);
    ck_assert_int_gt(n, 0);
    ck_assert_int_eq(dps_sas_key_from_base64(&key, key_text, (size_t)n, lifetime_s),
                     DPS_SAS_OK);
    n = dps_sas_password(&key.signer, id_scope, id, now, out, sizeof out);
    ck_assert_int_eq(n, (int)strlen(wanted));
    ck_assert_str_eq(out, wanted);
}
END_TEST

/* A slow secure element: what it was given, and what it answers. */
struct token_element {
    int calls;
    int answer;
    uint8_t byte;
    size_t len;
    char seen[200];
};

static int token_element_hmac(void *context, const uint8_t *data, size_t len,
                              uint8_t mac[32])
{
    struct token_element *element = context;

    ck_assert_uint_lt(len, sizeof element->seen);
    memcpy(element->seen, data, len);
    element->len = len;
    element->calls++;
    memset(mac, element->byte, 32);
    return element->answer;
}

static struct token_element element;
static struct dps_sas_signer token_element_signer = { token_element_hmac, &element,
                                                      3600 };

static void token_setup_element(void)
{
    memset(&element, 0, sizeof element);
    element.answer = 1;
    element.byte = 0xff;
}

START_TEST(token_signer_gets_the_string_to_sign_and_no_more)
{
    static const char wanted[] = "0ne00ABCDEF%2Fregistrations%2Fsn%3A1\n2000003600";
    char out[300];
    int n = dps_sas_password(&token_element_signer, "0ne00ABCDEF", "sn:1", 2000000000,
                             out, sizeof out);

    ck_assert_int_eq(element.calls, 1);
    ck_assert_uint_eq(element.len, sizeof wanted - 1);
    ck_assert_mem_eq(element.seen, wanted, sizeof wanted - 1);
    /* 32 bytes of 0xff in base64: 42 '/', then "8=": the longest signature there is. */
    ck_assert_int_eq(n, (int)strlen(out));
    ck_assert_ptr_nonnull(strstr(out, "%2F%2F8%3D&se=2000003600&skn=registration"));
}
END_TEST

/* The room that the header promises: 108 to 192 beside the encoded resource. */
START_TEST(token_length_is_as_the_header_says)
{
    char out[300];

    element.byte = 0x00;
    ck_assert_int_eq(
        dps_sas_password(&token_element_signer, "0ne", "a", 2000000000, out, sizeof out)
            + 1 - (int)strlen("0ne%2Fregistrations%2Fa"),
        108);
    element.byte = 0xff;
    ck_assert_int_eq(
        dps_sas_password(&token_element_signer, "0ne", "a", 2000000000, out, sizeof out)
            + 1 - (int)strlen("0ne%2Fregistrations%2Fa"),
        192);
}
END_TEST

START_TEST(token_signer_that_fails_leaves_out_empty)
{
    static const int answers[] = { 0, -1 };
    char out[300];

    memset(out, '#', sizeof out);
    element.answer = answers[_i];
    ck_assert_int_eq(dps_sas_token(out, sizeof out, "0ne/registrations/a", "registration",
                                   &token_element_signer, 2000000000),
                     DPS_SAS_ERR_SIGNER);
    ck_assert(oracle_is_all(out, sizeof out, 0));
    memset(out, '#', sizeof out);
    ck_assert_int_eq(
        dps_sas_password(&token_element_signer, "0ne", "a", 2000000000, out, sizeof out),
        -DPS_SAS_ERR_SIGNER);
    ck_assert(oracle_is_all(out, sizeof out, 0));
}
END_TEST

START_TEST(token_with_no_key_is_refused)
{
    char out[300];

    token_read_key(K1, 3600);
    dps_sas_key_wipe(&key);
    ck_assert_int_eq(
        dps_sas_password(&key.signer, "0ne", "a", 2000000000, out, sizeof out),
        -DPS_SAS_ERR_SIGNER);
}
END_TEST

static const struct {
    const char *name;
    uint32_t utc_s, lifetime_s;
    const char *se; /* null: DPS_SAS_ERR_CLOCK */
} token_clocks[] = {
    { "0 is not known", 0, 3600, NULL },
    { "0 is not known, whatever the life", 0, UINT32_MAX, NULL },
    { "0 is not known, even for no life", 0, 0, NULL },
    { "the first second", 1, 3600, "&se=3601" },
    { "no life: expires at once", 1700000000, 0, "&se=1700000000" },
    { "one second before 2^31", 2147483646, 1, "&se=2147483647" },
    { "2^31", 2147483647, 1, "&se=2147483648" },
    { "the last second of 32 bits", UINT32_MAX - 3600, 3600, "&se=4294967295" },
    { "one more wraps", UINT32_MAX - 3599, 3600, NULL },
    { "the last second, no life", UINT32_MAX, 0, "&se=4294967295" },
    { "the last second, one second's life wraps", UINT32_MAX, 1, NULL },
    { "the longest life", 1, UINT32_MAX - 1, "&se=4294967295" },
    { "one more wraps to 0", 1, UINT32_MAX, NULL },
    { "both at their most", UINT32_MAX, UINT32_MAX, NULL },
};

START_TEST(token_clock_table)
{
    const struct dps_sas_signer signer = { token_element_hmac, &element,
                                           token_clocks[_i].lifetime_s };
    const char *name = token_clocks[_i].name;
    char out[300];
    enum dps_sas_error error;

    memset(out, '#', sizeof out);
    error = dps_sas_token(out, sizeof out, "r", NULL, &signer, token_clocks[_i].utc_s);
    if (token_clocks[_i].se == NULL) {
        ck_assert_msg(error == DPS_SAS_ERR_CLOCK, "%s", name);
        ck_assert_msg(element.calls == 0, "%s", name);
        ck_assert(oracle_is_all(out, sizeof out, 0));
    } else {
        ck_assert_msg(error == DPS_SAS_OK, "%s", name);
        ck_assert_msg(strcmp(strstr(out, "&se="), token_clocks[_i].se) == 0, "%s: %s",
                      name, out);
    }
}
END_TEST

/* Every cap, on a heap block of that size: the whole token, or nothing of it. The MAC's
 * bytes make its signature as long, or as short, as there is. */
START_TEST(token_caps_are_swept)
{
    static const uint8_t mac_bytes[] = { 0xff, 0x00, 0xfb };
    static const char *const key_names[] = { "registration", NULL, "a/b" };
    const char *key_name = key_names[_i / 3];
    char whole[400];
    size_t need;

    element.byte = mac_bytes[_i % 3];
    ck_assert_int_eq(dps_sas_token(whole, sizeof whole, "0ne/registrations/a:b", key_name,
                                   &token_element_signer, 2000000000),
                     DPS_SAS_OK);
    need = strlen(whole) + 1;
    for (size_t cap = 0; cap <= need + 2; cap++) {
        char *out = malloc(cap + (cap == 0));
        enum dps_sas_error error;

        ck_assert_ptr_nonnull(out);
        memset(out, '#', cap);
        error = dps_sas_token(out, cap, "0ne/registrations/a:b", key_name,
                              &token_element_signer, 2000000000);
        if (cap >= need) {
            ck_assert_int_eq(error, DPS_SAS_OK);
            ck_assert_str_eq(out, whole);
        } else {
            ck_assert_int_eq(error, DPS_SAS_ERR_TOO_LONG);
            ck_assert(oracle_is_all(out, cap, 0));
        }
        free(out);
    }
}
END_TEST

START_TEST(token_password_caps_are_swept)
{
    const char *whole = token_registrations[_i].token;
    const size_t need = strlen(whole) + 1;

    token_read_key(token_registrations[_i].key, 3600);
    for (size_t cap = 0; cap <= need + 2; cap++) {
        char *out = malloc(cap + (cap == 0));
        int n;

        ck_assert_ptr_nonnull(out);
        memset(out, '#', cap);
        n = dps_sas_password(&key.signer, token_registrations[_i].id_scope,
                             token_registrations[_i].registration_id,
                             token_registrations[_i].se - 3600, out, cap);
        if (cap >= need) {
            ck_assert_int_eq(n, (int)need - 1);
            ck_assert_str_eq(out, whole);
        } else {
            ck_assert_int_eq(n, -DPS_SAS_ERR_TOO_LONG);
            ck_assert(oracle_is_all(out, cap, 0));
        }
        free(out);
    }
}
END_TEST

START_TEST(token_key_name_is_encoded)
{
    char out[300];

    ck_assert_int_eq(dps_sas_token(out, sizeof out, "r", "a policy/\xc3\xbc",
                                   &token_element_signer, 2000000000),
                     DPS_SAS_OK);
    ck_assert_str_eq(strstr(out, "&skn="), "&skn=a%20policy%2F%C3%BC");
    ck_assert_uint_eq(element.len, strlen("r\n2000003600"));
}
END_TEST

TCase *sas_token_cases(void);
TCase *sas_token_cases(void)
{
    TCase *tcase = tcase_create("token");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, token_setup_element, NULL);
    tcase_add_loop_test(tcase, token_password_vectors, 0, COUNT(token_registrations));
    tcase_add_loop_test(tcase, token_hub_vectors, 0, COUNT(token_hubs));
    tcase_add_loop_test(tcase, token_agrees_with_openssl, 0, 16);
    tcase_add_test(tcase, token_signer_gets_the_string_to_sign_and_no_more);
    tcase_add_test(tcase, token_length_is_as_the_header_says);
    tcase_add_loop_test(tcase, token_signer_that_fails_leaves_out_empty, 0, 2);
    tcase_add_test(tcase, token_with_no_key_is_refused);
    tcase_add_loop_test(tcase, token_clock_table, 0, COUNT(token_clocks));
    tcase_add_loop_test(tcase, token_caps_are_swept, 0, 9);
    tcase_add_loop_test(tcase, token_password_caps_are_swept, 0,
                        COUNT(token_registrations));
    tcase_add_test(tcase, token_key_name_is_encoded);
    return tcase;
}
