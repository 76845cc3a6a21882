/* SPDX-License-Identifier: MIT
 *
 * Text that came from a peer, a file or the command line, made harmless for a terminal:
 * control characters (C0, DEL, C1), line and paragraph separators, bidirectional controls
 * and whatever is not UTF-8 become \xNN, a byte each. Everything else stays as it is.
 *
 *     fputs("topic \"", stderr);
 *     escape_print(stderr, topic.at, topic.len);
 *     fputs("\"\n", stderr); */
#ifndef TOOLS_COMMON_ESCAPE_H
#define TOOLS_COMMON_ESCAPE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Reads the character that begins `len` bytes at `at`. Returns how many bytes it has, or
 * 0, with `code_point` untouched: they begin with no whole character of UTF-8. */
size_t escape_character(const uint8_t *at, size_t len, uint32_t *code_point);

/** Whether a terminal may get this character as it is. */
int escape_is_harmless(uint32_t code_point);

/** Prints `len` bytes at `data` to `out`, escaped. What cannot be written shows in
 * ferror(out). */
void escape_print(FILE *out, const void *data, size_t len);

/** Writes `len` bytes at `data` to `text`, escaped, and a NUL; returns `text`.
 *
 * `cap` bytes at `text`, 4 at least. What does not fit is left out from the first whole
 * character that does not, and "..." stands for it. */
char *escape_text(char *text, size_t cap, const void *data, size_t len);

#endif
