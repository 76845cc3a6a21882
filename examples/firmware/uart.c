/* SPDX-License-Identifier: MIT
 *
 * The link as a stream: bytes go straight between the chip's UART and the caller.
 *
 * The interrupt only wakes clock_wait(): it silences itself, and the next read that finds
 * nothing arms it again. No byte passes through it, so nothing is shared with it.
 *
 * Your board: in open, what must happen before bytes flow: a modem's AT commands,
 * and dropping what is left from before. BearSSL computes for seconds at a time and
 * reads nothing meanwhile: the link needs RTS/CTS flow control, or a DMA buffer as
 * large as what can come in that time. */
#include "board.h"

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
    for (n = 0; n < cap && serial_is_readable(); n++) {
        buf[n] = serial_take();
    }
    if (n == 0) {
        serial_wake_on_byte();
    }
    return (int)n; /* 0 is DPS_STREAM_AGAIN */
}

static int uart_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    size_t n;

    (void)stream;
    wants = DPS_WANTS_WRITE;
    for (n = 0; n < len && serial_put(data[n]); n++) {
    }
    return (int)n;
}

static int uart_flush(struct dps_stream *stream)
{
    (void)stream;
    return DPS_STREAM_DONE; /* what the chip has is on its way */
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

struct dps_stream *uart_start(void)
{
    static const struct dps_stream_class verbs = { uart_open,  uart_read,  uart_write,
                                                   uart_flush, uart_close, uart_wants,
                                                   uart_why };
    static struct dps_stream uart = { &verbs };

    serial_start();
    return &uart;
}
