/* SPDX-License-Identifier: MIT
 *
 * The time of day, when it can be right. A device whose clock was never set is in 1970:
 * its tokens would be refused, and so would every certificate. */
#ifndef TOOLS_DPS_CLOCK_H
#define TOOLS_DPS_CLOCK_H

#include <stdint.h>

/** What to say when clock_utc_s() is 0. */
#define CLOCK_MISTAKE                                                                    \
    "this machine's clock is before 2020 or after 2106: set it, tokens and "             \
    "certificates need the time of day"

/** Seconds since 1970-01-01T00:00Z, or 0 when that is before 2020 or beyond 32 bits. */
uint32_t clock_utc_s(void);

#endif
