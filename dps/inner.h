/* SPDX-License-Identifier: MIT
 *
 * What only this room's files share: text put together in a bounded buffer, with one
 * question at the end, and the comparison without case. No public header includes it. */
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

void dps_text_append(struct dps_text *text, const char *from, size_t len);

/** The same, of a NUL-terminated text. */
void dps_text_string(struct dps_text *text, const char *from);

void dps_text_decimal(struct dps_text *text, uint32_t number);

/** Whether `len` bytes at `text` are `word`, which is in lower case; ASCII letters are
 * compared without case. */
int dps_text_is(const char *text, size_t len, const char *word);

#endif
