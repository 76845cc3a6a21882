/* SPDX-License-Identifier: MIT
 *
 * UART0, which keeps six bytes that were received and sends one at a time.
 *
 * A writer who finds it busy is woken a millisecond later, so a long request goes at a
 * tenth of the line's rate: an interrupt for sending would mend that.
 *
 * Your board: pins, baud rate, and flow control, which is UART.CONFIG and two more
 * pins; a micro:bit's USB bridge does not have it. */
#include "board.h"
#include "chip.h"

enum { SERIAL_RX = 1 << 2 }; /* UART_INTERRUPT_SET and _CLR */

static uint8_t is_sending;

int serial_is_readable(void)
{
    return UART_RX_READY != 0;
}

uint8_t serial_take(void)
{
    UART_RX_READY = 0; /* first: the next byte sets it again */
    return (uint8_t)UART_RX_DATA;
}

int serial_put(uint8_t byte)
{
    if (is_sending && UART_TX_READY == 0) {
        return 0;
    }
    is_sending = 1;
    UART_TX_READY = 0;
    UART_TX_DATA = byte;
    return 1;
}

void serial_wake_on_byte(void)
{
    UART_INTERRUPT_SET = SERIAL_RX;
}

void serial_interrupt(void)
{
    UART_INTERRUPT_CLR = SERIAL_RX;
}

void serial_start(void)
{
    UART_PIN_TX = 24;
    UART_PIN_RX = 25;
    UART_BAUD_RATE = 0x01d7e000; /* 115,200 */
    UART_ENABLE = 4;
    UART_START_RX = 1;
    UART_START_TX = 1;
    NVIC_ENABLE = 1u << (CHIP_UART_VECTOR - 16);
}
