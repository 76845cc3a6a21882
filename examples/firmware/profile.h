/* SPDX-License-Identifier: MIT
 *
 * A profile (tls/profile.h) for little flash. */
#ifndef PROFILE_H
#define PROFILE_H

#include <bearssl.h>

/** ECDHE_RSA with P-256, AES-128-GCM, SHA-256; certificates also with SHA-384. */
void profile_small(br_ssl_client_context *client, br_x509_minimal_context *x509);

#endif
