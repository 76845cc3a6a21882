/* SPDX-License-Identifier: MIT
 *
 * The emulator's own certificate chain and private key, from PEM text. Loaded once,
 * before a socket is opened, and then only read.
 *
 *     credentials_load(&credentials, chain, chain_len, key, key_len) ... free() */
#ifndef TOOLS_EMULATOR_CREDENTIALS_H
#define TOOLS_EMULATOR_CREDENTIALS_H

#include <stddef.h>

#include <bearssl.h>

struct credentials {
    br_x509_certificate *chain; /* owned, leaf first */
    size_t chain_len;           /* certificates */
    int key_type;               /* BR_KEYTYPE_RSA or BR_KEYTYPE_EC */
    br_skey_decoder_context key; /* holds the numbers that `rsa` or `ec` point to */
    br_rsa_private_key rsa;
    br_ec_private_key ec;
};

/** Reads a chain (leaf first) and its private key, and checks that they belong together.
 *
 * PEM: the CERTIFICATE blocks of `chain`; of `key` the first "RSA PRIVATE KEY", "EC
 * PRIVATE KEY" or "PRIVATE KEY" (PKCS#8). Other blocks are passed over. Copies what it
 * needs.
 *
 * Returns null, or what is wrong; `*file` is then 0 when it is the chain, 1 when it is
 * the key, and `credentials` holds nothing. Dates and signatures are not looked at: a
 * test may want an expired certificate. */
const char *credentials_load(struct credentials *credentials, const char *chain,
                             size_t chain_len, const char *key, size_t key_len,
                             int *file);

/** Frees the chain and wipes the key. */
void credentials_free(struct credentials *credentials);

#endif
