/* SPDX-License-Identifier: MIT
 *
 * A TLS 1.2 client as a stream.
 *
 * BearSSL's engine does the protocol; this file moves bytes and keeps the rules around
 * it. Down: tls_write() gathers plaintext in the engine's record, tls_flush() seals it,
 * tls_push() hands the sealed bytes to the stream below. Up: tls_pump() feeds the engine
 * from the stream below, the engine decrypts in place, tls_read() copies out. Only
 * tls_push() writes to the stream below and only tls_pump() reads from it.
 *
 * What the engine allows next is a set of flags (br_ssl_engine_current_state), and the
 * half duplex law is in them: with one buffer, RECVREC goes as soon as a byte is
 * gathered and comes back when the record is out; SENDAPP goes as soon as a byte of a
 * record has arrived and comes back when the record is read to its end. */
#include <string.h>

#include "sas/wipe.h"
#include "tls/inner.h"
#include "tls/tls.h"

enum {
    TLS_CLOSED,    /* a failure may remain to be asked for */
    TLS_BELOW,     /* waits for the stream below */
    TLS_HANDSHAKE,
    TLS_OPEN,
    TLS_CLOSING,   /* close_notify is on its way */
    TLS_FAILED
};

enum { TLS_PULLS = 1000 }; /* reads from below in one call; a handshake takes near 20 */

enum { TLS_RSA_MIN = 2048 / 8 }; /* bytes of a modulus */

static struct dps_tls *tls_of(struct dps_stream *stream)
{
    return (struct dps_tls *)(void *)stream; /* its first member */
}

/* DPS_STREAM_OK is no error of this layer: the stream below has failed, and is asked why
 * by who wants to know. */
static int tls_fail(struct dps_tls *tls, enum dps_stream_error error)
{
    tls->state = TLS_FAILED;
    tls->error = (uint8_t)error;
    return DPS_STREAM_FAILED;
}

/* ---- Between the engine and the stream below --------------------------------------- */

/* What a verb of the stream below came to. What it waits for and its failure are ours;
 * that it ends is a failure of this layer, for no close_notify came before. */
static int tls_below(struct dps_tls *tls, int r)
{
    if (r == DPS_STREAM_AGAIN) {
        tls->wants |= (uint8_t)tls->below->vtable->wants(tls->below);
    }
    if (r >= 0) {
        return r;
    }
    if (r != DPS_STREAM_END) {
        return tls_fail(tls, DPS_STREAM_OK);
    }
    return tls_fail(tls, tls->state == TLS_OPEN ? DPS_STREAM_ERR_TRUNCATED
                                                : DPS_STREAM_ERR_CLOSED_EARLY);
}

/* The engine has closed. Its number is 0 after a close_notify, at any time: before
 * application data that is no success. */
static int tls_ended(struct dps_tls *tls)
{
    int number = br_ssl_engine_last_error(&tls->client.eng);
    enum dps_stream_error error = DPS_STREAM_ERR_RECORD;

    if (tls->state == TLS_HANDSHAKE) {
        error = DPS_STREAM_ERR_HANDSHAKE;
    }
    tls->detail = number;
    if (number == BR_ERR_OK) {
        if (tls->state != TLS_HANDSHAKE) {
            return DPS_STREAM_END;
        }
        error = DPS_STREAM_ERR_CLOSED_EARLY;
    }
    if (number == BR_ERR_TOO_LARGE) {
        error = DPS_STREAM_ERR_RECORD_TOO_LARGE;
        tls->detail = (int32_t)tls->config->in_len;
    } else if (number >= BR_ERR_X509_OK && number <= BR_ERR_X509_NOT_TRUSTED) {
        error = DPS_STREAM_ERR_CERTIFICATE;
    }
    return tls_fail(tls, error);
}

/* Sealed records go down until there are none: DONE, AGAIN, END or FAILED. */
static int tls_push(struct dps_tls *tls)
{
    struct dps_stream *below = tls->below;
    br_ssl_engine_context *engine = &tls->client.eng;
    const unsigned char *record;
    size_t len;
    int r = DPS_STREAM_DONE;

    tls->wants = 0;
    while (r > 0 && (record = br_ssl_engine_sendrec_buf(engine, &len)) != NULL) {
        r = below->vtable->write(below, record, len);
        if (r > 0) {
            br_ssl_engine_sendrec_ack(engine, (size_t)r);
        }
    }
    if (r > 0) {
        r = below->vtable->flush(below);
    }
    if (r > 0 && br_ssl_engine_current_state(engine) == BR_SSL_CLOSED) {
        return tls_ended(tls);
    }
    return tls_below(tls, r);
}

/* Moves records both ways until the engine's state has one of the flags `until`: DONE,
 * AGAIN, END or FAILED. What it cannot send does not keep it from receiving. A peer may
 * send empty records and warnings without end: after TLS_PULLS reads it is the driver's
 * turn to look at its clock. */
static int tls_pump(struct dps_tls *tls, unsigned until)
{
    br_ssl_engine_context *engine = &tls->client.eng;
    int pulls;

    for (pulls = 0; pulls < TLS_PULLS; pulls++) {
        unsigned char *record;
        size_t cap;
        int r = tls_push(tls);

        if (r < 0) {
            return r;
        }
        if ((br_ssl_engine_current_state(engine) & until) != 0) {
            return DPS_STREAM_DONE;
        }
        record = br_ssl_engine_recvrec_buf(engine, &cap);
        if (record == NULL) {
            return DPS_STREAM_AGAIN;
        }
        r = tls_below(tls, tls->below->vtable->read(tls->below, record, cap));
        if (r <= 0) {
            return r;
        }
        br_ssl_engine_recvrec_ack(engine, (size_t)r);
    }
    tls->wants = 0;
    return DPS_STREAM_AGAIN;
}

/* ---- Opening ----------------------------------------------------------------------- */

/* Everything anew, so that nothing of the connection before is left. */
static enum dps_stream_error tls_configure(struct dps_tls *tls, uint32_t utc_s)
{
    static const unsigned char dns_name[] = { 0, 2 }; /* BearSSL's way to say dNSName */
    const struct dps_tls_config *config = tls->config;
    br_ssl_engine_context *engine = &tls->client.eng;

    if (config->server_name == NULL || !dps_tls_is_dns_name(config->server_name)) {
        return DPS_STREAM_ERR_SERVER_NAME;
    }
    if (config->anchor_count == 0) {
        return DPS_STREAM_ERR_NO_ANCHORS;
    }
    if (utc_s == 0) {
        return DPS_STREAM_ERR_CLOCK;
    }
    br_ssl_client_zero(&tls->client);
    br_x509_minimal_init(config->x509, &br_sha256_vtable, config->anchors,
                         config->anchor_count);
    config->profile(&tls->client, config->x509);
    /* What no profile decides. */
    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_all_flags(engine, BR_OPT_NO_RENEGOTIATION);
    br_x509_minimal_set_minrsa(config->x509, TLS_RSA_MIN);
    br_ssl_engine_set_x509(engine, &config->x509->vtable);
    /* Day 0 is 1 January of year 0, and 1970-01-01 is day 719,528. */
    br_x509_minimal_set_time(config->x509, utc_s / 86400u + 719528u, utc_s % 86400u);
    tls->alternative_name.oid = dns_name;
    tls->alternative_name.buf = tls->alternative_name_start;
    br_x509_minimal_set_name_elements(config->x509, &tls->alternative_name, 1);
    br_ssl_engine_set_buffers_bidi(engine, config->in, config->in_len, config->out,
                                   config->out_len);
    if (br_ssl_engine_last_error(engine) != BR_ERR_OK) {
        return DPS_STREAM_ERR_BUFFER; /* below DPS_TLS_IN_MIN or DPS_TLS_OUT_MIN */
    }
    return DPS_STREAM_OK;
}

/* Until the random source is ready, all is done again at each call. */
static int tls_start(struct dps_tls *tls, uint32_t utc_s)
{
    const struct dps_random *random = &tls->config->random;
    enum dps_stream_error error;
    uint8_t seed[32];
    int r;

    tls->detail = 0;
    error = tls_configure(tls, utc_s);
    if (error != DPS_STREAM_OK) {
        return tls_fail(tls, error);
    }
    tls->error = DPS_STREAM_OK;
    r = random->fill(random->context, seed, sizeof seed);
    if (r < 0) {
        return tls_fail(tls, DPS_STREAM_ERR_RANDOM);
    }
    if (r > 0) {
        br_ssl_engine_inject_entropy(&tls->client.eng, seed, sizeof seed);
        dps_wipe(seed, sizeof seed); /* what was not used is no secret */
        br_ssl_client_reset(&tls->client, tls->config->server_name, 0);
        tls->state = TLS_BELOW;
    }
    return r;
}

static int tls_open(struct dps_stream *stream, struct dps_now now)
{
    struct dps_tls *tls = tls_of(stream);
    int r;

    tls->wants = 0;
    if (tls->state == TLS_CLOSED) {
        r = tls_start(tls, now.utc_s);
        if (r <= 0) {
            return r;
        }
    }
    if (tls->state == TLS_BELOW) {
        r = tls_below(tls, tls->below->vtable->open(tls->below, now));
        if (r <= 0) {
            return r;
        }
        tls->state = TLS_HANDSHAKE;
    }
    if (tls->state == TLS_HANDSHAKE) {
        /* Success is that application data may flow, not that no error is seen. */
        r = tls_pump(tls, BR_SSL_SENDAPP | BR_SSL_RECVAPP);
        if (r <= 0) {
            return r;
        }
        /* Where the certificate has no dNSName BearSSL compares the subject's common
         * name, and RFC 9525 2 forbids that. */
        if (tls->alternative_name.status == 0) {
            tls->detail = BR_ERR_X509_BAD_SERVER_NAME;
            return tls_fail(tls, DPS_STREAM_ERR_CERTIFICATE);
        }
        tls->state = TLS_OPEN;
    }
    return tls->state == TLS_OPEN ? DPS_STREAM_DONE : DPS_STREAM_FAILED;
}

/* ---- Open -------------------------------------------------------------------------- */

static int tls_read(struct dps_stream *stream, uint8_t *buf, size_t cap)
{
    struct dps_tls *tls = tls_of(stream);
    br_ssl_engine_context *engine = &tls->client.eng;
    const unsigned char *plain;
    size_t len;

    if (tls->state != TLS_OPEN) {
        return DPS_STREAM_FAILED;
    }
    while ((plain = br_ssl_engine_recvapp_buf(engine, &len)) == NULL) {
        int r = tls_pump(tls, BR_SSL_RECVAPP);

        if (r <= 0) {
            return r;
        }
    }
    if (len > cap) {
        len = cap;
    }
    memcpy(buf, plain, len);
    br_ssl_engine_recvapp_ack(engine, len);
    return (int)len;
}

static int tls_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    struct dps_tls *tls = tls_of(stream);
    br_ssl_engine_context *engine = &tls->client.eng;
    unsigned char *plain;
    size_t cap;
    int r;

    if (tls->state != TLS_OPEN) {
        return DPS_STREAM_FAILED;
    }
    r = tls_push(tls); /* a record that was filled before */
    if (r <= 0) {
        return r;
    }
    plain = br_ssl_engine_sendapp_buf(engine, &cap);
    if (plain == NULL) {
        return DPS_STREAM_DRAIN_FIRST;
    }
    if (len > cap) {
        len = cap;
    }
    memcpy(plain, data, len);
    br_ssl_engine_sendapp_ack(engine, len);
    return (int)len;
}

static int tls_flush(struct dps_stream *stream)
{
    struct dps_tls *tls = tls_of(stream);

    if (tls->state != TLS_OPEN) {
        return DPS_STREAM_FAILED;
    }
    br_ssl_engine_flush(&tls->client.eng, 0);
    return tls_push(tls);
}

/* ---- Closing ----------------------------------------------------------------------- */

/* close_notify, as far as there is room for it: in one buffer, a record that is on its
 * way in is read to its end and dropped first. AGAIN, or it is out, or it cannot be. */
static int tls_good_bye(struct dps_tls *tls)
{
    br_ssl_engine_context *engine = &tls->client.eng;

    if (tls->state == TLS_OPEN) {
        size_t len;
        int r = tls_pump(tls, BR_SSL_SENDAPP | BR_SSL_RECVAPP);

        if (r == DPS_STREAM_AGAIN || r == DPS_STREAM_FAILED) {
            return r;
        }
        if (br_ssl_engine_recvapp_buf(engine, &len) != NULL) {
            br_ssl_engine_recvapp_ack(engine, len);
        }
        br_ssl_engine_close(engine);
        tls->state = TLS_CLOSING;
    }
    return tls->state == TLS_CLOSING ? tls_push(tls) : DPS_STREAM_DONE;
}

/* The peer's close_notify is not waited for: RFC 5246 7.2.1 lets who has sent its own
 * close. */
static int tls_close(struct dps_stream *stream, int at_once)
{
    struct dps_tls *tls = tls_of(stream);

    if (!at_once && tls_good_bye(tls) == DPS_STREAM_AGAIN) {
        return DPS_STREAM_AGAIN;
    }
    if (tls->state != TLS_CLOSED) {
        /* Session keys, and what of the plaintext is left in the buffers. */
        dps_wipe(&tls->client, sizeof tls->client);
        dps_wipe(tls->config->in, tls->config->in_len);
        if (tls->config->out != NULL) {
            dps_wipe(tls->config->out, tls->config->out_len);
        }
        tls->state = TLS_CLOSED;
    }
    return tls->below->vtable->close(tls->below, at_once);
}

/* ---- The stream -------------------------------------------------------------------- */

static int tls_wants(const struct dps_stream *stream)
{
    return ((const struct dps_tls *)(const void *)stream)->wants;
}

/* What the stream below says stays through its close as ours does. */
static void tls_why(const struct dps_stream *stream, struct dps_failure *failure)
{
    const struct dps_tls *tls = (const struct dps_tls *)(const void *)stream;

    if (tls->error == DPS_STREAM_OK) {
        tls->below->vtable->why(tls->below, failure);
    } else {
        dps_stream_fail(failure, DPS_LAYER_TLS, (enum dps_stream_error)tls->error,
                        tls->detail);
    }
}

void dps_tls_init(struct dps_tls *tls, struct dps_stream *below,
                  const struct dps_tls_config *config)
{
    static const struct dps_stream_class verbs = {
        tls_open, tls_read, tls_write, tls_flush, tls_close, tls_wants, tls_why
    };

    memset(tls, 0, sizeof *tls); /* state: TLS_CLOSED */
    tls->stream.vtable = &verbs;
    tls->below = below;
    tls->config = config;
}

uint16_t dps_tls_cipher_suite(const struct dps_tls *tls)
{
    br_ssl_session_parameters session;
    uint16_t suite;

    if (tls->state != TLS_OPEN) {
        return 0;
    }
    br_ssl_engine_get_session_parameters(&tls->client.eng, &session);
    suite = session.cipher_suite;
    dps_wipe(&session, sizeof session); /* the master secret is in it */
    return suite;
}
