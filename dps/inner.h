/* SPDX-License-Identifier: MIT
 *
 * What only this room's files share. No public header includes it. */
#ifndef DPS_INNER_H
#define DPS_INNER_H

#include <stddef.h>
#include <stdint.h>

/** How long `word` is when `len` bytes at `text` begin with it, else 0. Its ASCII letters
 * are in lower case, those of the text in any. */
size_t dps_text_begins(const uint8_t *text, size_t len, const char *word);

#endif
