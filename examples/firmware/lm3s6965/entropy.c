/* SPDX-License-Identifier: MIT
 *
 * NOT A SOURCE OF ENTROPY. This chip has none, and neither has its emulator: what stands
 * here is a counter, so that the example can run. With it every session key is known to
 * everybody, and whoever sees the traffic reads it.
 *
 * Your board: its hardware generator (microbit/entropy.c drives one), with the
 * health tests that its manual asks for; without one, a seed that is written into
 * flash when the device is made, hashed into the next seed at every start before it
 * is used. Nothing that an outsider can know or guess is a source: no serial number,
 * no time, no ADC noise that nobody has measured. When the source is not ready it
 * says 0, and is asked again. */
#include "board.h"

#ifndef EMULATOR_HAS_NO_ENTROPY
#error "entropy.c is a counter: put your chip's random number generator in its place"
#endif

int entropy_fill(void *unused, uint8_t *out, size_t len)
{
    static uint8_t counter;

    (void)unused;
    while (len-- != 0) {
        *out++ = counter++;
    }
    return 1;
}
