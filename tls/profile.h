/* SPDX-License-Identifier: MIT
 *
 * Which algorithms TLS can use. A profile is a function that gives them to BearSSL;
 * what it does not name is neither offered nor linked. It decides nothing else:
 * version, least RSA key, anchors, name and dates are tls.c's, after it.
 * examples/firmware/profile.c is one for 40 KB of flash. */
#ifndef DPS_TLS_PROFILE_H
#define DPS_TLS_PROFILE_H

#include <bearssl.h>

#ifdef __cplusplus
extern "C" {
#endif

/** All that DPS may speak: ECDHE with AES-GCM or ChaCha20-Poly1305, RSA and ECDSA,
 * SHA-256 to SHA-512. BearSSL chooses the implementations that suit the processor.
 *
 * Gives suites, hash functions, PRFs and implementations to `client` and `x509`,
 * which are new, SHA-256 for names in the latter apart. Borrows nothing. */
void dps_tls_profile(br_ssl_client_context *client, br_x509_minimal_context *x509);

#ifdef __cplusplus
}
#endif

#endif
