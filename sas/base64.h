/* SPDX-License-Identifier: MIT
 *
 * base64 (RFC 4648 section 4), both ways, on whole buffers. Strict: the standard
 * alphabet, padding required, no white space, unused bits zero; so each byte string has
 * exactly one text. No look-up table is indexed by the data, so keys may pass through
 * here. It needs no BearSSL; every `cap` is at most INT_MAX.
 *
 *     char text[DPS_BASE64_LEN(sizeof nonce)];
 *     dps_base64_encode(text, sizeof text, nonce, sizeof nonce);
 *     n = dps_base64_decode(key, sizeof key, text, text_len); */
#ifndef DPS_SAS_BASE64_H
#define DPS_SAS_BASE64_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What both calls return in place of a length. */
enum {
    DPS_BASE64_BAD = -1,     /* the text is not base64 */
    DPS_BASE64_TOO_LONG = -2 /* the result needs more than `cap` bytes */
};

/** Characters of the text for `n` bytes, for the size of an array; no NUL counted. */
#define DPS_BASE64_LEN(n) (((n) + 2) / 3 * 4)

/** Writes `len` bytes at `data` as base64.
 *
 * Returns the characters written, DPS_BASE64_LEN(len); no NUL follows. `out`, of `cap`
 * bytes, must not overlap `data`. Texts of whole groups of three bytes may be joined.
 *
 * Fails, with `out` untouched, with
 *   DPS_BASE64_TOO_LONG  the text needs more than `cap` bytes
 *
 * RFC 4648 section 4. */
int dps_base64_encode(char *out, size_t cap, const uint8_t *data, size_t len);

/** Reads `len` characters of base64 at `text`, which need no NUL.
 *
 * Returns the bytes written to `out`: 0 for an empty text. `out`, of `cap` bytes, must
 * not overlap `text`.
 *
 * Fails, with no byte of the result left in `out`, with
 *   DPS_BASE64_TOO_LONG  a text of this length holds more than `cap` bytes; said before
 *                        the characters are looked at
 *   DPS_BASE64_BAD       a character outside the alphabet (3.3), white space among them;
 *                        padding that is missing or too much (3.2); unused bits that are
 *                        not zero (3.5)
 *
 * RFC 4648 section 4. */
int dps_base64_decode(uint8_t *out, size_t cap, const char *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif
