/* SPDX-License-Identifier: MIT
 *
 * UART1 as a stream: bytes go straight between its FIFOs and the caller.
 *
 * The interrupt only wakes clock_wait(): it silences itself, and the next read that finds
 * nothing arms it again. No byte passes through it, so nothing is shared with it.
 *
 * Your board: pins, baud rate, and what must happen before bytes flow, a modem's AT
 * commands say and the discarding of what is left from before, in open. BearSSL
 * computes for seconds at a time and reads nothing meanwhile: the link needs RTS/CTS
 * flow control, which this chip's UART1 does not have, or a DMA buffer as large as
 * what can come in that time. */
#include "board.h"
#include "chip.h"

enum { UART_RX_EMPTY = 0x10, UART_TX_FULL = 0x20 };   /* UART_FLAGS */
enum { UART_RX = 0x10, UART_RX_TIMEOUT = 0x40 };      /* UART_INTERRUPTS */

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
        buf[n] = (uint8_t)UART_DATA;
    }
    if (n == 0) {
        UART_INTERRUPTS = UART_RX | UART_RX_TIMEOUT;
    }
    return (int)n; /* 0 is DPS_STREAM_AGAIN */
}

static int uart_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    size_t n;

    (void)stream;
    wants = DPS_WANTS_WRITE;
    for (n = 0; n < len && (UART_FLAGS & UART_TX_FULL) == 0; n++) {
        UART_DATA = data[n];
    }
    return (int)n;
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
    return (UART_FLAGS & UART_RX_EMPTY) == 0;
}

void uart_interrupt(void)
{
    UART_INTERRUPTS = 0;
}

struct dps_stream *uart_start(void)
{
    static const struct dps_stream_class verbs = { uart_open,  uart_read,  uart_write,
                                                   uart_flush, uart_close, uart_wants,
                                                   uart_why };
    static struct dps_stream uart = { &verbs };

    SYSTEM_RCGC1 |= 0x2;
    UART_INTEGER = 6; /* 115,200 baud of 12 MHz: 12,000,000 / (16 * 115,200) = 6.51 */
    UART_FRACTION = 33;
    UART_LINE = 0x70; /* 8 bits, FIFOs */
    UART_CONTROL = 0x301;
    NVIC_ENABLE = 1u << (CHIP_UART_VECTOR - 16);
    return &uart;
}
