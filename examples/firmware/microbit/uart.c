/* SPDX-License-Identifier: MIT
 *
 * UART0 as a stream: bytes go straight between the chip and the caller.
 *
 * The interrupt only wakes clock_wait(): it silences itself, and the next read that finds
 * nothing arms it again. No byte passes through it, so nothing is shared with it.
 *
 * Your board: pins, baud rate, and what must happen before bytes flow, a modem's AT
 * commands say and the discarding of what is left from before, in open. BearSSL
 * computes for seconds at a time and reads nothing meanwhile, and the chip keeps six
 * bytes: the link needs RTS/CTS flow control (UART.CONFIG and two more pins), which
 * a micro:bit's USB bridge does not have. */
#include "board.h"
#include "chip.h"

enum { UART_RX = 1 << 2 }; /* UART_INTERRUPT_SET and _CLR */

static uint8_t wants; /* DPS_WANTS_ bit of the last verb */

static int uart_open(struct dps_stream *stream, struct dps_now now)
{
    (void)stream, (void)now;
    return DPS_STREAM_DONE;
}

static int uart_read(struct dps_stream *stream, uint8_t *buf, size_t cap)
{
    size_t n;

    (void)stream;
    wants = DPS_WANTS_READ;
    for (n = 0; n < cap && uart_is_readable(); n++) {
        UART_RX_READY = 0; /* first: the next byte sets it again */
        buf[n] = (uint8_t)UART_RX_DATA;
    }
    if (n == 0) {
        UART_INTERRUPT_SET = UART_RX;
    }
    return (int)n; /* 0 is DPS_STREAM_AGAIN */
}

static int uart_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    (void)stream, (void)len;
    wants = DPS_WANTS_WRITE;
    if (UART_TX_READY == 0) {
        return DPS_STREAM_AGAIN;
    }
    UART_TX_READY = 0;
    UART_TX_DATA = *data;
    return 1;
}

static int uart_flush(struct dps_stream *stream)
{
    (void)stream;
    return DPS_STREAM_DONE; /* what is in the FIFO is on its way */
}

static int uart_close(struct dps_stream *stream, int at_once)
{
    (void)stream, (void)at_once;
    return DPS_STREAM_DONE;
}

static int uart_wants(const struct dps_stream *stream)
{
    (void)stream;
    return wants;
}

static void uart_why(const struct dps_stream *stream, struct dps_failure *failure)
{
    static const struct dps_failure none;

    (void)stream;
    *failure = none; /* it never fails: a cut cable is silence */
}

int uart_is_readable(void)
{
    return UART_RX_READY != 0;
}

void uart_interrupt(void)
{
    UART_INTERRUPT_CLR = UART_RX;
}

struct dps_stream *uart_start(void)
{
    static const struct dps_stream_class verbs = { uart_open,  uart_read,  uart_write,
                                                   uart_flush, uart_close, uart_wants,
                                                   uart_why };
    static struct dps_stream uart = { &verbs };

    UART_PIN_TX = 24;
    UART_PIN_RX = 25;
    UART_BAUD_RATE = 0x01d7e000; /* 115,200 */
    UART_ENABLE = 4;
    UART_START_RX = 1;
    UART_START_TX = 1;
    UART_TX_READY = 1; /* nothing is on its way */
    NVIC_ENABLE = 1u << (CHIP_UART_VECTOR - 16);
    return &uart;
}
