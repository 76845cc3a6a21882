/* SPDX-License-Identifier: MIT
 *
 * What only this room's files share: text put together in a bounded buffer, with one
 * question at the end, and what a text may consist of. No public header includes it. */
#ifndef DPS_INNER_H
#define DPS_INNER_H

#include <stddef.h>
#include <stdint.h>

/** A text as it grows; `len <= cap`. What does not fit is left out whole and remembered:
 * append what you like, then ask for `too_long` once. */
struct dps_text {
    char *at;
    size_t cap;       /* bytes */
    size_t len;
    uint8_t too_long; /* once set it stays */
};

void dps_text_string(struct dps_text *text, const char *from);

void dps_text_decimal(struct dps_text *text, uint32_t number);

/** How many letters of ASCII, digits and characters of `more` `text` begins with. */
size_t dps_text_span(const char *text, const char *more);

/** How long `word` is when `len` bytes at `text` begin with it, else 0. Its ASCII letters
 * are in lower case, those of the text in any. */
size_t dps_text_begins(const uint8_t *text, size_t len, const char *word);

#endif
