/* SPDX-License-Identifier: MIT
 *
 * The three standard streams, made safe: first thing and last thing in both programs'
 * main().
 *
 *     standard_prepare();
 *     ...
 *     if (!standard_finish(error, sizeof error)) { exit status 1 } */
#ifndef TOOLS_COMMON_STANDARD_H
#define TOOLS_COMMON_STANDARD_H

#include <stddef.h>

/** Makes sure that no socket or file gets the number of a standard stream that was closed
 * by whoever started the program, that a closed pipe is an error and not a signal, and
 * that standard error is written a line at a time. */
void standard_prepare(void);

/** Writes out what is still held for standard output, and forgets it.
 *
 * Returns 1, or 0 when any of the output was lost (a full disk, a closed pipe, no
 * standard output at all); `error`, `error_cap` bytes, then says why. */
int standard_finish(char *error, size_t error_cap);

#endif
