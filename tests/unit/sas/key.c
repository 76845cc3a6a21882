/* SPDX-License-Identifier: MIT
 *
 * Keys: from bytes and from text to a signer, group key to device key, and what is left of
 * them. Vectors of RFC 4231, Microsoft's published one, and the openssl program's. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "sas/base64.h"
#include "sas/sas.h"
#include "tests/unit/sas/oracle.h"

#define G1                                                                               \
    "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dzj6vH4/"                                  \
    "wYNFBsiKTA3PkVMU1phaG92fYSLkpmgp661"                                                \
    "vA=="
#define ID_128                                                                           \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                   \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static struct dps_sas_key key;
static struct dps_sas_key device;

static void key_read(struct dps_sas_key *into, const char *base64)
{
    ck_assert_int_eq(dps_sas_key_from_base64(into, base64, strlen(base64), 3600),
                     DPS_SAS_OK);
}

/* A key of these bytes: as they are, or by way of their text. */
enum { KEY_BYTES, KEY_TEXT, KEY_WAYS };

static enum dps_sas_error key_of_bytes(const uint8_t *bytes, size_t len, int way)
{
    char text[DPS_BASE64_LEN(200)];
    int n;

    if (way == KEY_BYTES) {
        return dps_sas_key_from_bytes(&key, bytes, len, 3600);
    }
    n = dps_base64_encode(text, sizeof text, bytes, len);
    ck_assert_int_ge(n, 0);
    return dps_sas_key_from_base64(&key, text, (size_t)n, 3600);
}

/* Nothing in the struct, up to its last byte, is of another key than this one. */
static void key_is_just(const struct dps_sas_key *one, const char *base64)
{
    static struct dps_sas_key fresh;

    memset(&fresh, 0, sizeof fresh);
    key_read(&fresh, base64);
    ck_assert_mem_eq(&one->hmac_key, &fresh.hmac_key, sizeof fresh.hmac_key);
}

/* What the signer makes of a text, in base64. */
static void key_sign(const struct dps_sas_signer *signer, const char *text, char out[64])
{
    uint8_t mac[32];
    int n;

    ck_assert_int_eq(
        signer->hmac(signer->context, (const uint8_t *)text, strlen(text), mac), 1);
    n = dps_base64_encode(out, 63, mac, sizeof mac);
    ck_assert_int_eq(n, 44);
    out[44] = '\0';
}

static void key_is_none(const struct dps_sas_key *none)
{
    uint8_t mac[32];

    ck_assert(oracle_is_all(&none->hmac_key, sizeof none->hmac_key, 0));
    ck_assert_int_le(
        none->signer.hmac(none->signer.context, (const uint8_t *)"x", 1, mac), 0);
}

static const struct {
    const char *name;
    const char *key; /* base64 */
    const char *text;
    const char *base64; /* of the MAC */
} key_macs[] = {
    { "RFC 4231 4.2, a short key", "CwsLCwsLCwsLCwsLCwsLCwsLCws=", "Hi There",
      "sDRMYdjbOFNcqK/OrwvxK4gdwgDJgz2nJuk3bC4yz/c=" },
    { "RFC 4231 4.3, the key 'Jefe'", "SmVmZQ==", "what do ya want for nothing?",
      "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=" },
    { "V1a, as the C SDK spells sr",
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7"
      "PD0+Pw==",
      "0ne00ABCDEF%2fregistrations%2fdevice-001\n1893456000",
      "hOyZ6pNmuufcIzrPRlJSU/2Hyt2PaLuaiLdhNmQsKPM=" },
    { "V1b, as Node's SDK spells sr",
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7"
      "PD0+Pw==",
      "0ne00ABCDEF/registrations/device-001\n1893456000",
      "4d7BeNvvGSJigOm6l/i29/EzdmC0JWP/fpdZ5424cMA=" },
};

START_TEST(key_hmac_vectors)
{
    char out[64];

    key_read(&key, key_macs[_i].key);
    key_sign(&key.signer, key_macs[_i].text, out);
    ck_assert_msg(strcmp(out, key_macs[_i].base64) == 0, "%s: %s", key_macs[_i].name,
                  out);
}
END_TEST

/* RFC 2104 2: a key longer than SHA-256's block of 64 bytes is hashed first. */
static const size_t key_lengths[] = { 1, 16, 31, 32, 33, 63, 64, 65, 66, 127, 128 };

START_TEST(key_hmac_agrees_with_openssl_at_each_length)
{
    uint8_t bytes[128];
    char wanted[64], out[64];
    uint32_t seed = 2104;

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)oracle_random(&seed);
    }
    oracle_hmac(bytes, key_lengths[_i], "a text of any length\n", wanted);
    for (int way = 0; way < KEY_WAYS; way++) {
        ck_assert_int_eq(key_of_bytes(bytes, key_lengths[_i], way), DPS_SAS_OK);
        for (int again = 0; again < 2; again++) {
            key_sign(&key.signer, "a text of any length\n", out);
            ck_assert_str_eq(out, wanted);
        }
    }
}
END_TEST

START_TEST(key_length_is_1_to_128)
{
    uint8_t bytes[200];

    memset(bytes, 0x77, sizeof bytes);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        enum dps_sas_error error = key_of_bytes(bytes, len, _i);

        ck_assert_uint_eq(key.signer.lifetime_s, 3600);
        if (len >= 1 && len <= 128) {
            ck_assert_int_eq(error, DPS_SAS_OK);
            ck_assert(!oracle_is_all(&key.hmac_key, sizeof key.hmac_key, 0));
        } else {
            ck_assert_int_eq(error, DPS_SAS_ERR_KEY_LENGTH);
            key_is_none(&key);
        }
    }
}
END_TEST

static const struct {
    const char *name;
    const char *base64;
    enum dps_sas_error error;
} key_refused[] = {
    { "empty: no bytes", "", DPS_SAS_ERR_KEY_LENGTH },
    { "padding left away", "dGlueWRwcy1kZXZpY2Utaw", DPS_SAS_ERR_BASE64 },
    { "a line end at the end", "dGlueWRwcy1kZXZpY2Utaw==\n", DPS_SAS_ERR_BASE64 },
    { "a blank at the end", "dGlueWRwcy1kZXZpY2Uta3k ", DPS_SAS_ERR_BASE64 },
    { "a key in hex of a length that is no multiple of four", "74696e",
      DPS_SAS_ERR_BASE64 },
    { "the alphabet for URLs", "__79-Q==", DPS_SAS_ERR_BASE64 },
    { "unused bits set", "dGlueWRwcy1kZXZpY2Utax==", DPS_SAS_ERR_BASE64 },
    { "bad only at its end, after 126 good bytes",
      ID_128 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx*", DPS_SAS_ERR_BASE64 },
};

START_TEST(key_refused_leaves_none)
{
    /* A former key must not shine through. */
    key_read(&key, G1);
    ck_assert_msg(dps_sas_key_from_base64(&key, key_refused[_i].base64,
                                          strlen(key_refused[_i].base64), 3600)
                      == key_refused[_i].error,
                  "%s", key_refused[_i].name);
    key_is_none(&key);
}
END_TEST

START_TEST(key_shorter_one_leaves_nothing_of_the_longer)
{
    key_read(&key, G1);
    key_read(&key, "SmVmZQ==");
    key_is_just(&key, "SmVmZQ==");
}
END_TEST

START_TEST(key_too_long_leaves_none)
{
    uint8_t bytes[129];

    memset(bytes, 0x11, sizeof bytes);
    key_read(&key, G1);
    ck_assert_int_eq(key_of_bytes(bytes, sizeof bytes, _i), DPS_SAS_ERR_KEY_LENGTH);
    key_is_none(&key);
}
END_TEST

START_TEST(key_wiped_is_none)
{
    key_read(&key, G1);
    dps_sas_key_wipe(&key);
    key_is_none(&key);
}
END_TEST

/* The bytes may go as soon as the key is made of them. */
START_TEST(key_keeps_nothing_borrowed)
{
    uint8_t bytes[4];

    memcpy(bytes, "Jefe", sizeof bytes);
    ck_assert_int_eq(key_of_bytes(bytes, sizeof bytes, KEY_BYTES), DPS_SAS_OK);
    memset(bytes, 0, sizeof bytes);
    key_is_just(&key, "SmVmZQ==");
}
END_TEST

static const struct {
    const char *name;
    const char *group, *registration_id, *device;
} key_derived[] = {
    { "V3", G1, "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6",
      "bQmNW55xGyG1Wfh46mxUhQ3Ilamz2q36gyxjhD8fZ6E=" },
    { "V5, lower case", G1, "device-001",
      "TJgXARtBo6s6ycwl30Prwvcu52NbIRTIqqw4sphWxSY=" },
    { "V5, case matters", G1, "Device-001",
      "NLQNyuCYAuTkMR/FFpOXbgjzBGpa1UfSZwD+CarsUsY=" },
    { "V5, one character", G1, "a", "y08tp1DVoZcISZc4e+0eDYj1SpEyJ7bI1HARs4d0NBw=" },
    { "V5, 128 characters", G1, ID_128, "f87pnp0l4SUgTxeWc3ij0sUQO4ulvTpuKhOwZXZVIz4=" },
    { "V6, DPS symmetric key attestation article",
      "8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/"
      "lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9E"
      "gw==",
      "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6",
      "Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=" },
};

START_TEST(key_derive_vectors)
{
    char text[64], wanted[64];

    key_read(&key, key_derived[_i].group);
    /* Who prints a derived key asks the group's signer. */
    key_sign(&key.signer, key_derived[_i].registration_id, text);
    ck_assert_msg(strcmp(text, key_derived[_i].device) == 0, "%s", key_derived[_i].name);
    key.signer.lifetime_s = 1234;
    ck_assert_int_eq(
        dps_sas_derive(&device, &key.signer, key_derived[_i].registration_id),
        DPS_SAS_OK);
    /* The group's key may be wiped, the device's is a signer of its own. */
    dps_sas_key_wipe(&key);
    ck_assert_uint_eq(device.signer.lifetime_s, 1234);
    key_is_just(&device, key_derived[_i].device);
    key_sign(&device.signer, "x", text);
    key_read(&key, key_derived[_i].device);
    key_sign(&key.signer, "x", wanted);
    ck_assert_str_eq(text, wanted);
}
END_TEST

START_TEST(key_derived_leaves_nothing_of_a_longer_one)
{
    key_read(&key, G1);
    key_read(&device, G1);
    ck_assert_int_eq(dps_sas_derive(&device, &key.signer, "a"), DPS_SAS_OK);
    key_is_just(&device, "y08tp1DVoZcISZc4e+0eDYj1SpEyJ7bI1HARs4d0NBw=");
}
END_TEST

/* The device's struct is not the group's: it would sign with a key just overwritten. */
START_TEST(key_derived_from_itself_is_refused)
{
    key_read(&key, G1);
    ck_assert_int_eq(dps_sas_derive(&key, &key.signer, "a"), DPS_SAS_ERR_SIGNER);
    key_is_none(&key);
}
END_TEST

START_TEST(key_derive_agrees_with_openssl)
{
    uint32_t seed = 1 + (uint32_t)_i;
    uint8_t group[64];
    size_t group_len = 16 + oracle_random(&seed) % 49;
    char id[129];
    size_t id_len = 1 + oracle_random(&seed) % 128;
    char wanted[64];

    for (size_t i = 0; i < group_len; i++) {
        group[i] = (uint8_t)oracle_random(&seed);
    }
    for (size_t i = 0; i < id_len; i++) {
        id[i] = "abcXYZ0189-._:"[oracle_random(&seed) % 14];
    }
    id[id_len] = '\0';
    oracle_hmac(group, group_len, id, wanted);
    ck_assert_int_eq(key_of_bytes(group, group_len, KEY_BYTES), DPS_SAS_OK);
    ck_assert_int_eq(dps_sas_derive(&device, &key.signer, id), DPS_SAS_OK);
    key_is_just(&device, wanted);
}
END_TEST

/* Fills the MAC and then says no: it must not become a key. */
static int key_signer_that_fails(void *context, const uint8_t *data, size_t len,
                                 uint8_t mac[32])
{
    (void)data;
    (void)len;
    memset(mac, 0xee, 32);
    return *(const int *)context;
}

START_TEST(key_derive_with_a_signer_that_fails)
{
    static const int answers[] = { 0, -1 };
    int answer = answers[_i];
    const struct dps_sas_signer signer = { key_signer_that_fails, &answer, 3600 };

    key_read(&device, G1);
    ck_assert_int_eq(dps_sas_derive(&device, &signer, "device-001"), DPS_SAS_ERR_SIGNER);
    key_is_none(&device);
}
END_TEST

START_TEST(key_errors_have_texts)
{
    for (int i = DPS_SAS_OK; i <= DPS_SAS_ERR_TOO_LONG; i++) {
        const char *text = dps_sas_error_text((enum dps_sas_error)i);

        ck_assert_uint_gt(strlen(text), 4);
        ck_assert_str_ne(text, dps_sas_error_text((enum dps_sas_error)77));
        for (int j = DPS_SAS_OK; j < i; j++) {
            ck_assert_str_ne(text, dps_sas_error_text((enum dps_sas_error)j));
        }
    }
    ck_assert_ptr_nonnull(
        dps_sas_error_text((enum dps_sas_error)(DPS_SAS_ERR_TOO_LONG + 1)));
    ck_assert_ptr_nonnull(dps_sas_error_text((enum dps_sas_error) - 1));
}
END_TEST

TCase *sas_key_cases(void);
TCase *sas_key_cases(void)
{
    TCase *tcase = tcase_create("key");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, key_hmac_vectors, 0, COUNT(key_macs));
    tcase_add_loop_test(tcase, key_hmac_agrees_with_openssl_at_each_length, 0,
                        COUNT(key_lengths));
    tcase_add_loop_test(tcase, key_length_is_1_to_128, 0, KEY_WAYS);
    tcase_add_loop_test(tcase, key_refused_leaves_none, 0, COUNT(key_refused));
    tcase_add_test(tcase, key_shorter_one_leaves_nothing_of_the_longer);
    tcase_add_loop_test(tcase, key_too_long_leaves_none, 0, KEY_WAYS);
    tcase_add_test(tcase, key_wiped_is_none);
    tcase_add_test(tcase, key_keeps_nothing_borrowed);
    tcase_add_loop_test(tcase, key_derive_vectors, 0, COUNT(key_derived));
    tcase_add_test(tcase, key_derived_leaves_nothing_of_a_longer_one);
    tcase_add_test(tcase, key_derived_from_itself_is_refused);
    tcase_add_loop_test(tcase, key_derive_agrees_with_openssl, 0, 12);
    tcase_add_loop_test(tcase, key_derive_with_a_signer_that_fails, 0, 2);
    tcase_add_test(tcase, key_errors_have_texts);
    return tcase;
}
