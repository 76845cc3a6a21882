/* SPDX-License-Identifier: MIT
 *
 * Trust anchors from PEM text in memory. An anchor is a distinguished name and a public
 * key; both are copied into a space that the caller places, so that the text may go.
 *
 *     br_x509_trust_anchor anchors[4];
 *     uint8_t space[4 * DPS_TLS_ANCHOR_SPACE];
 *     n = dps_tls_anchors_from_pem(anchors, 4, pem, pem_len, space, sizeof space);
 *     if (n < 0) { puts(dps_tls_pem_error_text((enum dps_tls_pem_error)-n)); }
 *
 * A product with fixed anchors needs none of this: it places them as constants. */
#ifndef DPS_TLS_ANCHORS_H
#define DPS_TLS_ANCHORS_H

#include <bearssl.h>

#include "tls/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Why PEM text was refused. */
enum dps_tls_pem_error {
    DPS_TLS_PEM_OK = 0,
    DPS_TLS_PEM_ERR_SYNTAX = 1,  /* not base64 between the lines, or cut before END */
    DPS_TLS_PEM_ERR_NONE,        /* no CERTIFICATE in it */
    DPS_TLS_PEM_ERR_CERTIFICATE, /* not a certificate that BearSSL can read */
    DPS_TLS_PEM_ERR_NOT_CA,      /* no basicConstraints with CA true (RFC 5280 4.2.1.9) */
    DPS_TLS_PEM_ERR_WEAK_KEY,    /* RSA below 2,048 bits */
    DPS_TLS_PEM_ERR_TOO_MANY,    /* more certificates than `cap` */
    DPS_TLS_PEM_ERR_SPACE        /* `space_cap` is too small */
};

/** In words; never null. In a file of its own: linked only when called. */
const char *dps_tls_pem_error_text(enum dps_tls_pem_error error);

/** Bytes of space for one anchor: RSA-4096 and a distinguished name of up to 235
 * bytes. */
enum { DPS_TLS_ANCHOR_SPACE = 750 };

/** Reads every CERTIFICATE of a PEM text as a trust anchor.
 *
 * `len` bytes at `pem`, no NUL needed; lines may end in CR LF, text around the blocks and
 * blocks of other kinds are passed over. `cap` anchors fit in `anchors`, and the bytes
 * that they point to in `space_cap` bytes at `space`. Dates are not looked at: an anchor
 * has none in BearSSL. Needs near 2 KB of stack, at a time when the handshake needs none.
 *
 * Copies; the text is free afterwards. The anchors borrow `space`.
 *
 * Returns how many there are, 1 at least, or minus an enum dps_tls_pem_error; then the
 * contents of `anchors` mean nothing.
 *
 * RFC 7468; RFC 5280 6.1.1 (d). */
int dps_tls_anchors_from_pem(br_x509_trust_anchor *anchors, size_t cap, const char *pem,
                             size_t len, uint8_t *space, size_t space_cap);

#ifdef __cplusplus
}
#endif

#endif
