/* SPDX-License-Identifier: MIT
 *
 * The two clocks, milliseconds and date, counted by the timer's interrupt; and sleep.
 *
 * Your board: deep sleep, if it is worth it: a timer that wakes the core at the end
 * of `ms` instead of a thousand times a second. The millisecond counter must wrap at
 * 2^32 and nowhere else; one of microseconds, divided by 1,000, does not. */
#include "board.h"

static volatile uint32_t ms_count, utc_s;
static uint16_t ms_of_second;

void clock_tick(void)
{
    ms_count++;
    if (++ms_of_second == 1000) {
        ms_of_second = 0;
        utc_s += utc_s != 0; /* a date that is not known stays 0 */
    }
}

void clock_start(void)
{
    utc_s = date_now();
    timer_start();
}

struct dps_now clock_now(void *unused)
{
    struct dps_now now;

    (void)unused;
    now.ms = ms_count;
    now.utc_s = utc_s;
    return now;
}

/* Asleep until an interrupt: the timer's, or the UART's that has a byte. One that comes
 * between the question and WFI is not lost: with interrupts masked, WFI still wakes for
 * it, and it is served behind cpsie. Who wants to write is woken by the next tick. */
void clock_wait(void *unused, uint32_t ms, int wants)
{
    uint32_t start = ms_count;
    int awake;

    (void)unused;
    if ((wants & DPS_WANTS_WRITE) != 0 && ms > 1) {
        ms = 1;
    }
    do {
        __asm__ volatile("cpsid i" ::: "memory");
        awake = ms_count - start >= ms
                || ((wants & DPS_WANTS_READ) != 0 && serial_is_readable());
        if (!awake) {
            __asm__ volatile("wfi");
        }
        __asm__ volatile("cpsie i" ::: "memory");
    } while (!awake);
}
