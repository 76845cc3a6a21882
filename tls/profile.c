/* SPDX-License-Identifier: MIT
 *
 * The full profile. BearSSL's client starts out empty (br_ssl_client_zero) and can
 * do only what is given to it here: no static RSA or ECDH, no CBC, no CCM, no MD5,
 * SHA-1 or SHA-224. */
#include "tls/profile.h"

/* In the order of our preference. DPS takes no AEAD but AES-GCM, and refuses a client
 * that offers ECDSA alone, so ECDHE_RSA comes first; AES-128 is strong enough and takes
 * fewer rounds. (RFC 5289, RFC 7905) */
static const uint16_t profile_suites[] = {
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
};

/* For the handshake and for signatures on certificates. BearSSL numbers its hash
 * functions as RFC 5246 7.4.1.4.1 does: SHA-256 is 4, SHA-384 5, SHA-512 6. */
static const br_hash_class *const profile_hashes[] = {
    &br_sha256_vtable, &br_sha384_vtable, &br_sha512_vtable
};

void dps_tls_profile(br_ssl_client_context *client, br_x509_minimal_context *x509)
{
    br_ssl_engine_context *engine = &client->eng;
    int i;

    br_ssl_engine_set_suites(engine, profile_suites,
                             sizeof profile_suites / sizeof profile_suites[0]);
    br_ssl_engine_set_prf_sha256(engine, &br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(engine, &br_tls12_sha384_prf);
    br_ssl_engine_set_default_aes_gcm(engine);
    br_ssl_engine_set_default_chapol(engine);
    br_ssl_engine_set_default_rsavrfy(engine);
    br_ssl_engine_set_default_ecdsa(engine); /* and the curves, for ECDHE */
    br_x509_minimal_set_rsa(x509, br_ssl_engine_get_rsavrfy(engine));
    br_x509_minimal_set_ecdsa(x509, br_ssl_engine_get_ec(engine),
                              br_ssl_engine_get_ecdsa(engine));
    for (i = br_sha256_ID; i <= br_sha512_ID; i++) {
        br_ssl_engine_set_hash(engine, i, profile_hashes[i - br_sha256_ID]);
        br_x509_minimal_set_hash(x509, i, profile_hashes[i - br_sha256_ID]);
    }
}
