/* SPDX-License-Identifier: MIT
 *
 * A text put together in a buffer: append what you like, then ask once whether it fits.
 * It needs no BearSSL.
 *
 *     struct dps_text text = { out, out + sizeof out };
 *     dps_text_string(&text, "&ClientVersion=");
 *     dps_text_percent(&text, version);
 *     if (text.at == text.end) { ... too long ... }
 *     *text.at = '\0'; */
#ifndef DPS_SAS_TEXT_H
#define DPS_SAS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A text as it grows. What does not fit any more makes it full, `at == end`, and a full
 * one is of no use, for there is no room for its NUL: throw it away. */
struct dps_text {
    char *at;  /* where it goes on */
    char *end; /* of the buffer, which is borrowed */
};

/** Appends `from` as it is. Like the others it writes no NUL, and `from` must not overlap
 * the buffer. */
void dps_text_string(struct dps_text *text, const char *from);

/** Appends `from` percent-encoded: all but A-Z a-z 0-9 - . _ ~ become %XX, in upper case
 * (RFC 3986 2.1). A text that is full may end inside of one. */
void dps_text_percent(struct dps_text *text, const char *from);

/** Appends `number` in decimal, without leading zeros. */
void dps_text_decimal(struct dps_text *text, uint32_t number);

/** How many letters of ASCII, digits and characters of `more` the string `from` begins
 * with. */
size_t dps_text_span(const char *from, const char *more);

#ifdef __cplusplus
}
#endif

#endif
