/* SPDX-License-Identifier: MIT
 *
 * A millisecond, from TIMER0: this chip's core has no SysTick.
 *
 * Your board: TIMER0 keeps the 16 MHz oscillator on; the RTC at 32,768 Hz does not. */
#include "board.h"
#include "chip.h"

void timer_interrupt(void)
{
    TIMER_COMPARED = 0;
    clock_tick();
}

void timer_start(void)
{
    TIMER_BIT_MODE = 0;  /* 16 bits */
    TIMER_PRESCALER = 4; /* 16 MHz / 2^4 */
    TIMER_COMPARE = 1000;
    TIMER_SHORTCUTS = 0x1; /* cleared at 1,000, and on */
    TIMER_INTERRUPT_SET = 1u << 16;
    NVIC_ENABLE = 1u << (CHIP_TIMER_VECTOR - 16);
    TIMER_START = 1;
}
