/* SPDX-License-Identifier: MIT
 *
 * The algorithms of a small device: what DPS's servers choose and no more, each in the
 * implementation that takes the least flash. Its AES looks bytes up in a table: that is
 * constant in time only where memory has no cache, as on these cores.
 *
 * SHA-384 is for the intermediate certificate's signature; DPS takes no ChaCha20, and
 * refuses a client that offers ECDSA alone. */
#include "profile.h"

#include "chip.h"

void profile_small(br_ssl_client_context *client, br_x509_minimal_context *x509)
{
    static const uint16_t suites[] = { BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 };
    br_ssl_engine_context *engine = &client->eng;

    br_ssl_engine_set_suites(engine, suites, sizeof suites / sizeof suites[0]);
    br_ssl_engine_set_prf_sha256(engine, &br_tls12_sha256_prf);
    br_ssl_engine_set_gcm(engine, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
    br_ssl_engine_set_aes_ctr(engine, &br_aes_small_ctr_vtable);
    br_ssl_engine_set_ghash(engine, &br_ghash_ctmul32);
    br_ssl_engine_set_rsavrfy(engine, &CHIP_RSA_VERIFY);
    br_ssl_engine_set_ec(engine, &CHIP_EC);
    br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
    br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
    br_x509_minimal_set_rsa(x509, &CHIP_RSA_VERIFY);
    br_x509_minimal_set_hash(x509, br_sha256_ID, &br_sha256_vtable);
    br_x509_minimal_set_hash(x509, br_sha384_ID, &br_sha384_vtable);
}
