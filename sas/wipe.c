/* SPDX-License-Identifier: MIT
 *
 * Forget and compare. Both loops run to their end whatever the bytes are. */
#include "sas/wipe.h"

#include <stdint.h>

void dps_wipe(void *at, size_t len)
{
    /* volatile: a store to memory that is about to go out of use is otherwise dead, and a
     * compiler may drop it (C99 5.1.2.3). */
    volatile uint8_t *p = (volatile uint8_t *)at;

    while (len-- != 0) {
        *p++ = 0;
    }
}

int dps_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *p = (const uint8_t *)a;
    const uint8_t *q = (const uint8_t *)b;
    unsigned differing_bits = 0;

    while (len-- != 0) {
        differing_bits |= (unsigned)(*p++ ^ *q++);
    }
    return differing_bits == 0;
}
