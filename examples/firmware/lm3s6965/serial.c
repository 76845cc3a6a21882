/* SPDX-License-Identifier: MIT
 *
 * UART1, which has 16 bytes of FIFO each way and no flow control.
 *
 * Your board: pins, baud rate, flow control. */
#include "board.h"
#include "chip.h"

enum { SERIAL_RX_EMPTY = 0x10, SERIAL_TX_FULL = 0x20 }; /* UART_FLAGS */
enum { SERIAL_RX = 0x10, SERIAL_RX_TIMEOUT = 0x40 };    /* UART_INTERRUPTS */

int serial_is_readable(void)
{
    return (UART_FLAGS & SERIAL_RX_EMPTY) == 0;
}

uint8_t serial_take(void)
{
    return (uint8_t)UART_DATA;
}

int serial_put(uint8_t byte)
{
    if ((UART_FLAGS & SERIAL_TX_FULL) != 0) {
        return 0;
    }
    UART_DATA = byte;
    return 1;
}

void serial_wake_on_byte(void)
{
    UART_INTERRUPTS = SERIAL_RX | SERIAL_RX_TIMEOUT;
}

void serial_interrupt(void)
{
    UART_INTERRUPTS = 0;
}

void serial_start(void)
{
    SYSTEM_RCGC1 |= 0x2; /* its clock, which takes three cycles to come: */
    (void)SYSTEM_RCGC1;
    UART_INTEGER = 6;    /* 115,200 baud of 12 MHz: 12,000,000 / (16 * 115,200) = 6.51 */
    UART_FRACTION = 33;
    UART_LINE = 0x70; /* 8 bits, FIFOs */
    UART_CONTROL = 0x301;
    NVIC_ENABLE = 1u << (CHIP_UART_VECTOR - 16);
}
