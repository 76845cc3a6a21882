/* SPDX-License-Identifier: MIT
 *
 * A millisecond, from the core's SysTick.
 *
 * Your board: the core's frequency. */
#include "board.h"
#include "chip.h"

enum { TIMER_CYCLES = 12000000 / 1000 };

void timer_interrupt(void)
{
    clock_tick();
}

void timer_start(void)
{
    SYSTICK_RELOAD = TIMER_CYCLES - 1;
    SYSTICK_CURRENT = 0; /* unknown at reset */
    SYSTICK_CONTROL = 0x7; /* the core's clock, interrupt, on */
}
