/* SPDX-License-Identifier: MIT
 *
 * Which algorithms TLS uses: the policy, apart from the moving of bytes. A product that
 * wants other implementations, or fewer suites, links a dps_tls_profile() of its own in
 * the place of tls/profile.c. */
#ifndef DPS_TLS_PROFILE_H
#define DPS_TLS_PROFILE_H

#include <bearssl.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Fills `client` and `x509`, and ties them together; the engine has no buffer yet.
 * Borrows `anchors` (`count` of them) and `x509` as long as the client is in use. */
void dps_tls_profile(br_ssl_client_context *client, br_x509_minimal_context *x509,
                     const br_x509_trust_anchor *anchors, size_t count);

#ifdef __cplusplus
}
#endif

#endif
