/* SPDX-License-Identifier: MIT
 *
 * The one place where the programs here read the time of day. */
#include "tools/dps/clock.h"

#include <time.h>

/* 2020-01-01T00:00Z */
#define CLOCK_FIRST_S 1577836800

uint32_t clock_utc_s(void)
{
    time_t now = time(NULL);

    return now < CLOCK_FIRST_S || now > (time_t)UINT32_MAX ? 0 : (uint32_t)now;
}
