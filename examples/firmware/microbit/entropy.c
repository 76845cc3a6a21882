/* SPDX-License-Identifier: MIT
 *
 * The chip's random number generator, from thermal noise. In the emulator its bytes come
 * from the host.
 *
 * Your board: the same for its generator, with the health tests that the manual asks for.
 * A chip without one: see lm3s6965/entropy.c for what will not do. */
#include "board.h"
#include "chip.h"

/* A byte takes some 0.7 ms; a generator that gives none for this many looks is broken. */
enum { ENTROPY_LOOKS = 100000 };

int entropy_fill(void *unused, uint8_t *out, size_t len)
{
    (void)unused;
    RANDOM_BIAS = 1; /* correct it: slower, and 0 as likely as 1 */
    RANDOM_START = 1;
    while (len-- != 0) {
        uint32_t looks = 0;

        while (RANDOM_READY == 0) {
            if (++looks == ENTROPY_LOOKS) {
                return -1;
            }
        }
        RANDOM_READY = 0;
        *out++ = (uint8_t)RANDOM_VALUE;
    }
    RANDOM_STOP = 1;
    return 1;
}
