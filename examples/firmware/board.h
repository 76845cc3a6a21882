/* SPDX-License-Identifier: MIT
 *
 * What a board gives, see docs/porting.md. Each is a file of its own in the chip's folder
 * or here, and says at its top what your board must replace. */
#ifndef BOARD_H
#define BOARD_H

#include "tls/stream.h"

/** uart.c: the link to the network, as a stream. */
struct dps_stream *uart_start(void);

/** serial.c: the chip's UART, byte by byte. Take only what is_readable says is there;
 * put returns 0 when it has no room. wake_on_byte: the next byte, or one that is
 * there, causes one interrupt. */
void serial_start(void);
int serial_is_readable(void);
uint8_t serial_take(void);
int serial_put(uint8_t byte);
void serial_wake_on_byte(void);

/** clock.c: counts from here on. Now and wait fit a struct dps_host. */
void clock_start(void);
struct dps_now clock_now(void *unused);
void clock_wait(void *unused, uint32_t ms, int wants);

/** date.c: seconds since 1970, 0: not known. Asked once, by clock_start(). */
uint32_t date_now(void);

/** entropy.c: fits a struct dps_random. */
int entropy_fill(void *unused, uint8_t *out, size_t len);

/** startup.c: the most bytes of stack that were ever in use, and those of all
 * variables. */
size_t memory_stack_used(void);
size_t memory_variables(void);

/** timer.c: from here on clock_tick() is called each millisecond. */
void timer_start(void);
void clock_tick(void);

/** The two interrupts; startup.c puts them into the vector table. */
void timer_interrupt(void);
void serial_interrupt(void);

#endif
