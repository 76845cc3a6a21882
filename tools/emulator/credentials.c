/* SPDX-License-Identifier: MIT
 *
 * PEM text -> pem_next(), one DER object at a time -> a certificate of the chain, or
 * BearSSL's private key decoder. Then the public key that the leaf shows is compared with
 * the one computed from the private key. */
#include "tools/emulator/credentials.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sas/wipe.h"

#define CREDENTIALS_NO_MEMORY "not enough memory"

/* ---- PEM (RFC 7468) ---------------------------------------------------------------- */

struct pem {
    br_pem_decoder_context decoder;
    const char *text; /* what is left of the file, or of the line end put behind it */
    size_t len;
    bool line_end;    /* put behind: a last line without one is otherwise never told */
    uint8_t *der;     /* the present object; the caller takes it away or frees it */
    size_t der_len;
};

static void pem_init(struct pem *pem, const char *text, size_t len)
{
    br_pem_decoder_init(&pem->decoder);
    pem->text = text;
    pem->len = len;
    pem->line_end = false;
    pem->der = NULL;
}

static void pem_take(void *context, const void *data, size_t len)
{
    struct pem *pem = context;

    memcpy(pem->der + pem->der_len, data, len); /* it has room for the text itself */
    pem->der_len += len;
}

/* Reads on to the end of the next object. Returns 1 with its DER, 0 at the end of the
 * text, -1 when the text is no PEM or memory ran out; a begun object may then be left. */
static int pem_next(struct pem *pem)
{
    bool inside = false;

    for (;;) {
        if (pem->len == 0 && !pem->line_end) {
            pem->line_end = true;
            pem->text = "\n";
            pem->len = 1;
        }
        if (pem->len == 0) {
            return inside ? -1 : 0;
        }
        size_t taken = br_pem_decoder_push(&pem->decoder, pem->text, pem->len);
        pem->text += taken;
        pem->len -= taken;
        switch (br_pem_decoder_event(&pem->decoder)) {
        case BR_PEM_BEGIN_OBJ:
            pem->der = malloc(pem->len + 1);
            if (pem->der == NULL) {
                return -1;
            }
            pem->der_len = 0;
            inside = true;
            br_pem_decoder_setdest(&pem->decoder, pem_take, pem);
            break;
        case BR_PEM_END_OBJ:
            return 1;
        case BR_PEM_ERROR:
            return -1;
        default:
            break;
        }
    }
}

/* ---- the chain --------------------------------------------------------------------- */

static bool credentials_add(struct credentials *c, struct pem *pem)
{
    br_x509_certificate *chain =
        realloc(c->chain, (c->chain_len + 1) * sizeof *c->chain);

    if (chain == NULL) {
        return false;
    }
    c->chain = chain;
    c->chain[c->chain_len].data = pem->der;
    c->chain[c->chain_len].data_len = pem->der_len;
    c->chain_len++;
    pem->der = NULL;
    return true;
}

static const char *credentials_read_chain(struct credentials *c, const char *text,
                                          size_t len)
{
    struct pem pem;
    int got;

    pem_init(&pem, text, len);
    while ((got = pem_next(&pem)) == 1) {
        const char *name = br_pem_decoder_name(&pem.decoder);
        bool wanted = strcmp(name, "CERTIFICATE") == 0
                      || strcmp(name, "X509 CERTIFICATE") == 0;

        if (wanted && !credentials_add(c, &pem)) {
            free(pem.der);
            return CREDENTIALS_NO_MEMORY;
        }
        free(pem.der);
        pem.der = NULL;
    }
    if (got < 0) {
        free(pem.der);
        return "not PEM text, or cut short";
    }
    return c->chain_len == 0 ? "no CERTIFICATE in it" : NULL;
}

/* ---- the key ----------------------------------------------------------------------- */

static const char *credentials_decode_key(struct credentials *c, const struct pem *pem)
{
    br_skey_decoder_init(&c->key);
    br_skey_decoder_push(&c->key, pem->der, pem->der_len);
    c->key_type = br_skey_decoder_key_type(&c->key);
    if (c->key_type == BR_KEYTYPE_RSA) {
        c->rsa = *br_skey_decoder_get_rsa(&c->key);
        return NULL;
    }
    if (c->key_type == BR_KEYTYPE_EC) {
        c->ec = *br_skey_decoder_get_ec(&c->key);
        return NULL;
    }
    return "not an RSA or EC private key that can be read";
}

static const char *credentials_read_key(struct credentials *c, const char *text,
                                        size_t len)
{
    static const char *const names[] = { "RSA PRIVATE KEY", "EC PRIVATE KEY",
                                         "PRIVATE KEY" };
    const char *wrong = "no private key in it";
    struct pem pem;
    bool found = false;
    int got = 0;

    pem_init(&pem, text, len);
    while (!found && (got = pem_next(&pem)) == 1) {
        const char *name = br_pem_decoder_name(&pem.decoder);

        for (size_t i = 0; i < sizeof names / sizeof names[0] && !found; i++) {
            found = strcmp(name, names[i]) == 0;
        }
        if (found) {
            wrong = credentials_decode_key(c, &pem);
        } else if (strcmp(name, "ENCRYPTED PRIVATE KEY") == 0) {
            wrong = "the private key is encrypted: take the password off it";
        }
        dps_wipe(pem.der, pem.der_len);
        free(pem.der);
        pem.der = NULL;
    }
    if (pem.der != NULL) {
        dps_wipe(pem.der, pem.der_len);
        free(pem.der);
    }
    dps_wipe(&pem.decoder, sizeof pem.decoder);
    return got < 0 ? "not PEM text, or cut short" : wrong;
}

/* ---- do they belong together? ------------------------------------------------------ */

/* Big-endian numbers, which may begin with zeros. */
static bool credentials_same_number(const uint8_t *a, size_t a_len, const uint8_t *b,
                                    size_t b_len)
{
    while (a_len != 0 && a[0] == 0) {
        a++, a_len--;
    }
    while (b_len != 0 && b[0] == 0) {
        b++, b_len--;
    }
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool credentials_rsa_fits(const struct credentials *c, const br_rsa_public_key *pk)
{
    uint8_t n[BR_X509_BUFSIZE_KEY];
    br_rsa_compute_modulus modulus = br_rsa_compute_modulus_get_default();
    size_t len = modulus(NULL, &c->rsa);

    if (len == 0 || len > sizeof n) {
        return false;
    }
    modulus(n, &c->rsa);
    return credentials_same_number(n, len, pk->n, pk->nlen);
}

static bool credentials_ec_fits(const struct credentials *c, const br_ec_public_key *pk)
{
    uint8_t q[BR_EC_KBUF_PUB_MAX_SIZE];
    size_t len;

    if (c->ec.curve != pk->curve) {
        return false;
    }
    len = br_ec_compute_pub(br_ec_get_default(), NULL, q, &c->ec);
    return len != 0 && len == pk->qlen && memcmp(q, pk->q, len) == 0;
}

static const char *credentials_compare(const struct credentials *c, int *file)
{
    br_x509_decoder_context leaf;
    const br_x509_pkey *pk;
    bool fits;

    br_x509_decoder_init(&leaf, NULL, NULL);
    br_x509_decoder_push(&leaf, c->chain[0].data, c->chain[0].data_len);
    pk = br_x509_decoder_get_pkey(&leaf);
    if (pk == NULL) {
        *file = 0;
        return "its first certificate cannot be read";
    }
    fits = pk->key_type == c->key_type
           && (c->key_type == BR_KEYTYPE_RSA ? credentials_rsa_fits(c, &pk->key.rsa)
                                             : credentials_ec_fits(c, &pk->key.ec));
    return fits ? NULL : "the private key does not belong to the first certificate";
}

/* ---- public ------------------------------------------------------------------------ */

const char *credentials_load(struct credentials *credentials, const char *chain,
                             size_t chain_len, const char *key, size_t key_len, int *file)
{
    const char *wrong;

    memset(credentials, 0, sizeof *credentials);
    *file = 0;
    wrong = credentials_read_chain(credentials, chain, chain_len);
    if (wrong == NULL) {
        *file = 1;
        wrong = credentials_read_key(credentials, key, key_len);
    }
    if (wrong == NULL) {
        wrong = credentials_compare(credentials, file);
    }
    if (wrong != NULL) {
        credentials_free(credentials);
    }
    return wrong;
}

void credentials_free(struct credentials *credentials)
{
    for (size_t i = 0; i < credentials->chain_len; i++) {
        free(credentials->chain[i].data);
    }
    free(credentials->chain);
    dps_wipe(credentials, sizeof *credentials);
}
