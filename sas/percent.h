/* SPDX-License-Identifier: MIT
 *
 * Percent-encoding as the service's SAS tokens and ClientVersion want it: the unreserved
 * characters A-Z a-z 0-9 - . _ ~ stand for themselves, every other byte is '%' and two
 * upper-case hex digits (RFC 3986 2.1, 2.3). Bytes above 0x7f are encoded one by one,
 * which is right for UTF-8. It needs no BearSSL.
 *
 *     n = dps_percent_encode(out + len, cap - len, text, strlen(text)); */
#ifndef DPS_SAS_PERCENT_H
#define DPS_SAS_PERCENT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the call returns in place of a length. */
enum { DPS_PERCENT_TOO_LONG = -1 };

/** Writes `len` bytes at `text` percent-encoded.
 *
 * Returns the characters written, `len` to 3 * `len`; no NUL follows. `out`, of `cap`
 * bytes, at most INT_MAX, must not overlap `text`. Encoded pieces may be joined.
 *
 * Fails with
 *   DPS_PERCENT_TOO_LONG  more than `cap` bytes are needed; `out` holds the whole
 *                         encoded characters that fitted: not a result, throw it away
 *
 * RFC 3986 section 2.1. */
int dps_percent_encode(char *out, size_t cap, const char *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif
