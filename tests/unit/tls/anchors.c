/* SPDX-License-Identifier: MIT
 *
 * Trust anchors from PEM text: what is read, what is refused, cut at every byte. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tls/peer.h"
#include "tls/anchors.h"

static br_x509_trust_anchor anchors[4];
static uint8_t space[4 * DPS_TLS_ANCHOR_SPACE];

/* The texts of the table: names of files are put in the place of {braces}. */
static char *text_of(const char *pattern, size_t *len)
{
    char *text = (char *)calloc(1, 65536);

    *len = 0;
    while (*pattern != '\0') {
        if (*pattern == '{') {
            char name[64] = { 0 }, *file;
            size_t n = strcspn(++pattern, "}");

            memcpy(name, pattern, n);
            file = peer_file(name, &n);
            memcpy(text + *len, file, n);
            *len += n;
            free(file);
            pattern += strcspn(pattern, "}") + 1;
        } else {
            text[(*len)++] = *pattern++;
        }
    }
    return text;
}

static int read_pem(const char *text, size_t len)
{
    char *exact = (char *)malloc(len + 1); /* so that one byte too far is seen */
    int n;

    memcpy(exact + 1, text, len);
    n = dps_tls_anchors_from_pem(anchors, 4, exact + 1, len, space, sizeof space);
    free(exact);
    return n;
}

#define B "-----BEGIN CERTIFICATE-----\n"
#define E "-----END CERTIFICATE-----\n"

static const struct {
    const char *name;
    const char *text;
    int result;
} texts[] = {
    { "one", "{root.pem}", 1 },
    { "three, RSA and EC", "{root.pem}{other-root.pem}{ec-root.pem}", 3 },
    { "RFC 7468 2: text around the blocks",
      "a root\n{root.pem}\nand more\n{ec-root.pem}end", 2 },
    { "a dash in the text around", "-\n--- x\n-----BEGI\n{root.pem}-----", 1 },
    { "blocks of other kinds are passed over", "{server.key}{root.pem}", 1 },
    { "nothing", "", -DPS_TLS_PEM_ERR_NONE },
    { "text only", "no certificate here\n", -DPS_TLS_PEM_ERR_NONE },
    { "a key only", "{server.key}", -DPS_TLS_PEM_ERR_NONE },
    { "an END line only", E, -DPS_TLS_PEM_ERR_NONE },
    { "not base64", B "MII*\n" E, -DPS_TLS_PEM_ERR_SYNTAX },
    { "a quartet that is cut", B "MII\n" E, -DPS_TLS_PEM_ERR_SYNTAX },
    { "no END line", "{root.pem}" B "MIIB\n", -DPS_TLS_PEM_ERR_SYNTAX },
    { "BEGIN within a block", B "MIIB\n{root.pem}", -DPS_TLS_PEM_ERR_SYNTAX },
    { "an empty block", B E, -DPS_TLS_PEM_ERR_CERTIFICATE },
    { "DER that is no certificate", B "MAMCAQU=\n" E, -DPS_TLS_PEM_ERR_CERTIFICATE },
    { "DER that is cut", B "MIIDDTCC\n" E, -DPS_TLS_PEM_ERR_CERTIFICATE },
    { "RFC 5280 4.2.1.9: no CA", "{server.pem}", -DPS_TLS_PEM_ERR_NOT_CA },
    { "one of them no CA", "{root.pem}{device.pem}", -DPS_TLS_PEM_ERR_NOT_CA },
    { "RSA-1024", "{weak-root.pem}", -DPS_TLS_PEM_ERR_WEAK_KEY },
    { "one of them RSA-1024", "{root.pem}{weak-root.pem}", -DPS_TLS_PEM_ERR_WEAK_KEY },
    { "one too many", "{root.pem}{root.pem}{root.pem}{root.pem}{root.pem}",
      -DPS_TLS_PEM_ERR_TOO_MANY },
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

START_TEST(anchors_text)
{
    size_t len;
    char *text = text_of(texts[_i].text, &len);
    int n = read_pem(text, len);

    ck_assert_msg(n == texts[_i].result, "%s: %d, not %d", texts[_i].name, n,
                  texts[_i].result);
    free(text);
}
END_TEST

START_TEST(anchors_lines_end_in_cr_lf)
{
    size_t len, i, n = 0;
    char *text = text_of(texts[_i].text, &len);
    char *dos = (char *)malloc(2 * len + 1);

    for (i = 0; i < len; i++) {
        if (text[i] == '\n') {
            dos[n++] = '\r';
        }
        dos[n++] = text[i];
    }
    ck_assert_int_eq(read_pem(dos, n), texts[_i].result);
    free(dos);
    free(text);
}
END_TEST

/* Until the last dash but the trailing ones of the END line, a cut text is refused;
 * BearSSL does not insist on those. From then on it is one anchor, line end or not. */
START_TEST(anchors_cut_at_every_byte)
{
    size_t len, cut;
    char *text = text_of("{root.pem}", &len);
    const char *end = strstr(text, "-----END ");

    for (cut = 0; cut <= len; cut++) {
        int n = read_pem(text, cut);
        int is_whole = text + cut >= end + strlen("-----END ");

        ck_assert_msg(is_whole ? n == 1 : n < 0, "cut at %zu: %d", cut, n);
    }
    free(text);
}
END_TEST

/* The space holds the names and keys exactly: a byte less, wherever it is missing, is an
 * error, and nothing is written behind the end. */
START_TEST(anchors_space_is_never_exceeded)
{
    size_t len, cap, needed;
    char *text = text_of("{root.pem}{ec-root.pem}", &len);
    const br_x509_trust_anchor *last = &anchors[1];

    ck_assert_int_eq(read_pem(text, len), 2);
    needed = (size_t)(last->pkey.key.ec.q + last->pkey.key.ec.qlen - space);
    for (cap = 0; cap <= needed; cap++) {
        uint8_t *exact = (uint8_t *)malloc(cap + 1);
        int n = dps_tls_anchors_from_pem(anchors, 4, text, len, exact + 1, cap);

        ck_assert_msg(n == (cap < needed ? -DPS_TLS_PEM_ERR_SPACE : 2), "%zu: %d", cap,
                      n);
        free(exact);
    }
    free(text);
}
END_TEST

/* What is kept: the name as DER, and a key of the announced size, in the caller's
 * space. */
START_TEST(anchors_are_copied)
{
    size_t len;
    char *text = text_of("{root.pem}{ec-root.pem}", &len);

    ck_assert_int_eq(read_pem(text, len), 2);
    memset(text, 'x', len);
    ck_assert_uint_eq(anchors[0].flags, BR_X509_TA_CA);
    ck_assert_ptr_eq(anchors[0].dn.data, space);
    ck_assert_uint_eq(anchors[0].dn.data[0], 0x30); /* SEQUENCE, the rest is its length */
    ck_assert_uint_eq(anchors[0].dn.data[1], anchors[0].dn.len - 2);
    ck_assert_mem_eq(anchors[0].dn.data + anchors[0].dn.len - 17, "tinydps test root",
                     17);
    ck_assert_uint_eq(anchors[0].pkey.key_type, BR_KEYTYPE_RSA);
    ck_assert_uint_eq(anchors[0].pkey.key.rsa.nlen, 256);
    ck_assert_mem_eq(anchors[0].pkey.key.rsa.e, "\x01\x00\x01", 3);
    ck_assert_mem_eq(anchors[1].dn.data + anchors[1].dn.len - 15, "tinydps EC root", 15);
    ck_assert_uint_eq(anchors[1].pkey.key_type, BR_KEYTYPE_EC);
    ck_assert_int_eq(anchors[1].pkey.key.ec.curve, BR_EC_secp384r1);
    ck_assert_uint_eq(anchors[1].pkey.key.ec.qlen, 97);
    free(text);
}
END_TEST

TCase *tls_anchors_cases(void);
TCase *tls_anchors_cases(void)
{
    TCase *cases = tcase_create("anchors");

    tcase_add_loop_test(cases, anchors_text, 0, TEXTS);
    tcase_add_loop_test(cases, anchors_lines_end_in_cr_lf, 0, TEXTS);
    tcase_add_test(cases, anchors_cut_at_every_byte);
    tcase_add_test(cases, anchors_space_is_never_exceeded);
    tcase_add_test(cases, anchors_are_copied);
    return cases;
}
