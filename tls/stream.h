/* SPDX-License-Identifier: MIT
 *
 * What every transport is: a struct that begins with a `struct dps_stream` and moves
 * bytes through the stream below it. TCP, TLS, a tool's trace and a product's own UART
 * all have these seven verbs, never block and keep no clock; whoever drives a stream
 * owns the time limits.
 *
 *     while ((r = stream->vtable->open(stream, now)) == DPS_STREAM_AGAIN) {
 *         wait(stream->vtable->wants(stream));
 *     }
 *     stream->vtable->write(stream, data, len);  // gathers; took fewer: the rest again
 *     stream->vtable->flush(stream);             // sends; until it says DONE
 *     stream->vtable->read(stream, buf, sizeof buf);
 *     stream->vtable->close(stream, 0);             // until it says DONE
 *
 * Freestanding: a port includes this header alone. It also holds the failure that
 * travels from any layer to the person who reads it. */
#ifndef DPS_TLS_STREAM_H
#define DPS_TLS_STREAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The two clocks. */
struct dps_now {
    uint32_t ms;    /* a counter that may wrap */
    uint32_t utc_s; /* seconds since 1970-01-01T00:00Z; 0: not known */
};

/** A source of random bytes fit for keys. */
struct dps_random {
    /** Fills `len` bytes at `out`: 1 done, 0 not yet (called again soon), -1 failed. */
    int (*fill)(void *context, uint8_t *out, size_t len);
    void *context; /* borrowed as long as the struct is in use */
};

/** Which layer failed; it says whose enum `error` in struct dps_failure is. */
enum dps_layer {
    DPS_LAYER_NONE,
    DPS_LAYER_CALLER,    /* error: enum dps_error (dps/error.h), range 1..31 */
    DPS_LAYER_NETWORK,   /* error: enum dps_stream_error */
    DPS_LAYER_PROXY,     /* the same */
    DPS_LAYER_TLS,       /* the same */
    DPS_LAYER_WEBSOCKET, /* the same */
    DPS_LAYER_MQTT,      /* error: enum dps_mqtt_error */
    DPS_LAYER_SERVICE,   /* error: enum dps_error */
    DPS_LAYER_TIME       /* dps_stream_error, dps_mqtt_error or dps_error: their values
                          * for a time that ran out do not overlap */
};

/** What to do about it. */
enum dps_advice {
    DPS_ADVICE_NONE,
    DPS_ADVICE_FIX,    /* configuration, clock or call: trying again gives the same */
    DPS_ADVICE_RETRY,  /* later */
    DPS_ADVICE_GIVE_UP /* neither will help */
};

/** Why something failed: layer, that layer's value, and the detail that goes with it. */
struct dps_failure {
    uint8_t layer;  /* enum dps_layer */
    uint8_t error;  /* that layer's enum */
    uint8_t advice; /* enum dps_advice */
    int32_t detail; /* errno, BearSSL's number, CONNACK code, topic status; 0: none */
};

/** Why a stream failed; the room's one error enum, the ranges say what to do next. */
enum dps_stream_error {
    DPS_STREAM_OK = 0,

    /* 1..31, the caller's: nothing was sent; fix the configuration. */
    DPS_STREAM_ERR_NO_ADDRESS = 1,   /* TCP: an empty list */
    DPS_STREAM_ERR_SERVER_NAME,      /* TLS: none, not a DNS name, or an IP literal */
    DPS_STREAM_ERR_NO_ANCHORS,       /* TLS: no trust anchor */
    DPS_STREAM_ERR_CLOCK,            /* TLS: the time of day is not known */
    DPS_STREAM_ERR_RANDOM,           /* TLS: the random source failed */
    DPS_STREAM_ERR_BUFFER,           /* TLS: `in` below 837 bytes or `out` below 597 */

    /* 32..63, the network; a new connection may help. */
    DPS_STREAM_ERR_CONNECT = 32,     /* no address answered; detail: the last errno */
    DPS_STREAM_ERR_READ,             /* detail: errno */
    DPS_STREAM_ERR_WRITE,            /* detail: errno */
    DPS_STREAM_ERR_OPEN_TIME,        /* no open stream within the driver's limit */

    /* 64..79, TLS was cut or damaged on the way; a new connection may help. */
    DPS_STREAM_ERR_CLOSED_EARLY = 64, /* the peer closed before application data */
    DPS_STREAM_ERR_TRUNCATED,        /* the stream below ended without close_notify */
    DPS_STREAM_ERR_RECORD,           /* after the handshake; detail: BearSSL's number */

    /* 80..87, TLS and the configuration do not fit: anchors, name, clock or buffer. */
    DPS_STREAM_ERR_CERTIFICATE = 80, /* detail: BearSSL's X.509 number, 33 to 62 */
    DPS_STREAM_ERR_RECORD_TOO_LARGE, /* detail: the input buffer's size in bytes */

    /* 88..95, the two sides cannot agree; give up. */
    DPS_STREAM_ERR_HANDSHAKE = 88    /* detail: BearSSL's number; 256 + n: alert n came */
};

/** In words; never null. In a file of its own: linked only when called. */
const char *dps_stream_error_text(enum dps_stream_error error);

/** The number in `detail` in words, where it is one of BearSSL's or an alert of RFC 5246
 * 7.2; empty for others (an errno has strerror()), never null. In a file of its own. */
const char *dps_stream_detail_text(enum dps_stream_error error, int32_t detail);

/** What the verbs return; above 0: done, or bytes moved. */
enum {
    DPS_STREAM_DONE = 1,         /* open, flush, close */
    DPS_STREAM_AGAIN = 0,        /* it would block: wait for what `wants` says */
    DPS_STREAM_END = -1,         /* the peer said good-bye: all of its bytes were read */
    DPS_STREAM_FAILED = -2,      /* until close and a new open; `why` says why */
    DPS_STREAM_DRAIN_FIRST = -3  /* write, flush: one buffer serves both ways and holds a
                                  * received record, or a part of one: read until AGAIN,
                                  * wait for DPS_WANTS_READ if it still says so */
};

/** What a verb that said DPS_STREAM_AGAIN waits for; a set of bits. */
enum { DPS_WANTS_READ = 1, DPS_WANTS_WRITE = 2 };

/** The first member of every stream. */
struct dps_stream {
    const struct dps_stream_class *vtable;
};

/** The verbs. `len` and `cap` are at least 1 and at most INT_MAX.
 *
 * open   opens what lies below, then itself; called again until it says DONE, or FAILED.
 *        After a close it opens anew.
 * read   up to `cap` bytes: how many, AGAIN, END, or FAILED. Bytes that came before the
 *        end or a failure are delivered before it is told.
 * write  up to `len` bytes: how many, AGAIN, DRAIN_FIRST, END, or FAILED. May gather:
 *        only flush sends. In one buffer, what is gathered keeps reads away until flush.
 * flush  ends the record or frame and pushes it down: DONE, AGAIN, DRAIN_FIRST, END, or
 *        FAILED. With nothing gathered or on its way it is DONE.
 * close  says good-bye where the protocol has a word for it, unless `at_once`, and closes
 *        below: DONE or AGAIN; `at_once` is always DONE. It may be called in any state
 *        and more than once. What was not flushed may be lost.
 * wants  DPS_WANTS_ bits of the verb that last said AGAIN: what the lowest stream waits
 *        for. 0: nothing that a socket could tell (a random source that is not ready, a
 *        peer that floods us): call again after a few milliseconds.
 * why    fills `failure` after FAILED, with the layer that failed first; the answer stays
 *        through close until the next open. */
struct dps_stream_class {
    int (*open)(struct dps_stream *stream, struct dps_now now);
    int (*read)(struct dps_stream *stream, uint8_t *buf, size_t cap);
    int (*write)(struct dps_stream *stream, const uint8_t *data, size_t len);
    int (*flush)(struct dps_stream *stream);
    int (*close)(struct dps_stream *stream, int at_once);
    int (*wants)(const struct dps_stream *stream);
    void (*why)(const struct dps_stream *stream, struct dps_failure *failure);
};

#ifdef __cplusplus
}
#endif

#endif
