/* SPDX-License-Identifier: MIT
 *
 * The kernel's random numbers as a source for the library.
 *
 *     struct dps_random random = { random_fill, NULL }; */
#ifndef TOOLS_COMMON_RANDOM_H
#define TOOLS_COMMON_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** Fits `fill` of struct dps_random; `unused` may be null. */
int random_fill(void *unused, uint8_t *out, size_t len);

#endif
