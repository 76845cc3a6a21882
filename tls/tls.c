/* SPDX-License-Identifier: MIT
 *
 * A TLS 1.2 client as a stream.
 *
 * BearSSL's engine does the protocol; this file moves bytes and keeps the rules around
 * it. Down: tls_write() gathers plaintext in the engine's record, tls_flush() seals it,
 * tls_push() hands the sealed bytes to the stream below. Up: tls_pull() feeds the engine
 * from the stream below, the engine decrypts in place, tls_read() copies out. tls_push()
 * and tls_pull() are the only two that touch the stream below, and tls_pump() is the only
 * one that pulls.
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
    TLS_SEED,      /* waits for the random source */
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

static int tls_fail(struct dps_tls *tls, enum dps_stream_error error, int32_t detail)
{
    tls->state = TLS_FAILED;
    return dps_stream_fail(&tls->failure, DPS_LAYER_TLS, error, detail);
}

static int tls_fail_below(struct dps_tls *tls)
{
    tls->state = TLS_FAILED;
    tls->below->vtable->why(tls->below, &tls->failure);
    return DPS_STREAM_FAILED;
}

/* ---- Between the engine and the stream below --------------------------------------- */

/* The engine has closed. Its number is 0 after a close_notify, at any time: before
 * application data that is no success. */
static int tls_ended(struct dps_tls *tls)
{
    int number = br_ssl_engine_last_error(&tls->client.eng);

    if (number == BR_ERR_OK) {
        return tls->state == TLS_HANDSHAKE ? tls_fail(tls, DPS_STREAM_ERR_CLOSED_EARLY, 0)
                                           : DPS_STREAM_END;
    }
    if (number == BR_ERR_TOO_LARGE) {
        return tls_fail(tls, DPS_STREAM_ERR_RECORD_TOO_LARGE,
                        (int32_t)tls->config->in_len);
    }
    if (number >= BR_ERR_X509_OK && number <= BR_ERR_X509_NOT_TRUSTED) {
        return tls_fail(tls, DPS_STREAM_ERR_CERTIFICATE, number);
    }
    return tls_fail(tls, tls->state == TLS_HANDSHAKE ? DPS_STREAM_ERR_HANDSHAKE
                                                     : DPS_STREAM_ERR_RECORD, number);
}

/* Sealed records go down until there are none: DONE, AGAIN or FAILED. */
static int tls_push(struct dps_tls *tls)
{
    const struct dps_stream_class *below = tls->below->vtable;
    const unsigned char *record;
    size_t len;
    int r = DPS_STREAM_DONE;

    tls->wants = 0;
    while ((record = br_ssl_engine_sendrec_buf(&tls->client.eng, &len)) != NULL) {
        r = below->write(tls->below, record, len);
        if (r <= 0) {
            break;
        }
        br_ssl_engine_sendrec_ack(&tls->client.eng, (size_t)r);
    }
    if (r > 0) {
        r = below->flush(tls->below);
    }
    if (r == DPS_STREAM_AGAIN) {
        tls->wants = (uint8_t)below->wants(tls->below);
    }
    return r < 0 ? tls_fail_below(tls) : r;
}

/* One read of record bytes: DONE, AGAIN or FAILED. */
static int tls_pull(struct dps_tls *tls)
{
    const struct dps_stream_class *below = tls->below->vtable;
    size_t cap;
    unsigned char *record = br_ssl_engine_recvrec_buf(&tls->client.eng, &cap);
    int r;

    if (record == NULL) {
        return DPS_STREAM_AGAIN;
    }
    r = below->read(tls->below, record, cap);
    if (r > 0) {
        br_ssl_engine_recvrec_ack(&tls->client.eng, (size_t)r);
        return DPS_STREAM_DONE;
    }
    if (r == DPS_STREAM_AGAIN) {
        tls->wants |= (uint8_t)below->wants(tls->below);
        return DPS_STREAM_AGAIN;
    }
    if (r == DPS_STREAM_END) {
        return tls_fail(tls, tls->state == TLS_HANDSHAKE ? DPS_STREAM_ERR_CLOSED_EARLY
                                                         : DPS_STREAM_ERR_TRUNCATED, 0);
    }
    return tls_fail_below(tls);
}

/* Moves records both ways until the engine's state has one of the flags `until`: DONE,
 * AGAIN, END or FAILED. What it cannot send does not keep it from receiving. A peer may
 * send empty records and warnings without end: after TLS_PULLS reads it is the driver's
 * turn to look at its clock. */
static int tls_pump(struct dps_tls *tls, unsigned until)
{
    int r, pulls = 0;

    do {
        unsigned state;

        if (tls_push(tls) == DPS_STREAM_FAILED) {
            return DPS_STREAM_FAILED;
        }
        state = br_ssl_engine_current_state(&tls->client.eng);
        if (state == BR_SSL_CLOSED) {
            return tls_ended(tls);
        }
        if ((state & until) != 0) {
            return DPS_STREAM_DONE;
        }
        if (pulls++ == TLS_PULLS) {
            tls->wants = 0;
            return DPS_STREAM_AGAIN;
        }
        r = tls_pull(tls);
    } while (r > 0);
    return r;
}

/* ---- Opening ----------------------------------------------------------------------- */

static int tls_is_alphanumeric(unsigned char c)
{
    return (c | 32u) - 'a' < 26u || c - (unsigned)'0' < 10u;
}

/* A host name as RFC 1123 2.1 has it: labels of 1 to 63 letters, digits and inner
 * hyphens, 253 characters in all; no dot at the end, which no certificate has. An IPv6
 * address has colons, and a last label of digits only is an IPv4 address: certificates
 * name those in another way, which BearSSL does not read. */
static int tls_is_dns_name(const char *name)
{
    size_t i, label = 0;
    int digits = 1; /* this label has nothing but digits */

    for (i = 0; name[i] != '\0'; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c == '.') {
            if (label == 0 || name[i - 1] == '-') {
                return 0;
            }
            label = 0;
            digits = 1;
            continue;
        }
        if (!tls_is_alphanumeric(c) && (c != '-' || label == 0)) {
            return 0;
        }
        digits = digits && c <= '9' && c != '-';
        if (++label > 63) {
            return 0;
        }
    }
    return label != 0 && name[i - 1] != '-' && !digits && i <= 253;
}

static enum dps_stream_error tls_refuses(const struct dps_tls_config *config,
                                         uint32_t utc_s)
{
    if (config->server_name == NULL || !tls_is_dns_name(config->server_name)) {
        return DPS_STREAM_ERR_SERVER_NAME;
    }
    if (config->anchor_count == 0) {
        return DPS_STREAM_ERR_NO_ANCHORS;
    }
    if (utc_s == 0) {
        return DPS_STREAM_ERR_CLOCK;
    }
    if (config->in_len < DPS_TLS_IN_MIN
        || (config->out != NULL && config->out_len < DPS_TLS_OUT_MIN)) {
        return DPS_STREAM_ERR_BUFFER;
    }
    return DPS_STREAM_OK;
}

/* Everything anew, so that nothing of the connection before is left. */
static int tls_start(struct dps_tls *tls, uint32_t utc_s)
{
    static const struct dps_failure none;
    static const unsigned char dns_name[] = { 0, 2 }; /* BearSSL's way to say dNSName */
    const struct dps_tls_config *config = tls->config;
    br_ssl_engine_context *engine = &tls->client.eng;
    enum dps_stream_error refused = tls_refuses(config, utc_s);

    tls->failure = none;
    tls->wants = 0;
    if (refused != DPS_STREAM_OK) {
        return tls_fail(tls, refused, 0);
    }
    br_ssl_client_zero(&tls->client);
    br_x509_minimal_init(config->x509, &br_sha256_vtable, config->anchors,
                         config->anchor_count);
    config->profile(&tls->client, config->x509);
    /* What no profile decides. */
    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_add_flags(engine, BR_OPT_NO_RENEGOTIATION);
    br_x509_minimal_set_minrsa(config->x509, TLS_RSA_MIN);
    br_ssl_engine_set_x509(engine, &config->x509->vtable);
    br_ssl_engine_set_buffers_bidi(engine, config->in, config->in_len, config->out,
                                   config->out_len);
    /* Day 0 is 1 January of year 0, and 1970-01-01 is day 719,528. */
    br_x509_minimal_set_time(config->x509, utc_s / 86400u + 719528u, utc_s % 86400u);
    tls->alternative_name.oid = dns_name;
    tls->alternative_name.buf = tls->alternative_name_start;
    tls->alternative_name.len = sizeof tls->alternative_name_start;
    br_x509_minimal_set_name_elements(config->x509, &tls->alternative_name, 1);
    tls->state = TLS_SEED;
    return DPS_STREAM_AGAIN;
}

static int tls_seed(struct dps_tls *tls)
{
    const struct dps_random *random = &tls->config->random;
    uint8_t seed[32];
    int r = random->fill(random->context, seed, sizeof seed);

    if (r > 0) {
        br_ssl_engine_inject_entropy(&tls->client.eng, seed, sizeof seed);
        br_ssl_client_reset(&tls->client, tls->config->server_name, 0);
        tls->state = TLS_BELOW;
    }
    dps_wipe(seed, sizeof seed);
    return r < 0 ? tls_fail(tls, DPS_STREAM_ERR_RANDOM, 0) : r;
}

static int tls_open_below(struct dps_tls *tls, struct dps_now now)
{
    int r = tls->below->vtable->open(tls->below, now);

    if (r < 0) {
        return tls_fail_below(tls);
    }
    if (r == DPS_STREAM_AGAIN) {
        tls->wants = (uint8_t)tls->below->vtable->wants(tls->below);
        return DPS_STREAM_AGAIN;
    }
    tls->state = TLS_HANDSHAKE;
    return DPS_STREAM_DONE;
}

/* Success is that application data may flow, not that no error is seen. */
static int tls_handshake(struct dps_tls *tls)
{
    int r = tls_pump(tls, BR_SSL_SENDAPP | BR_SSL_RECVAPP);

    if (r <= 0) {
        return r;
    }
    /* Where the certificate has no dNSName BearSSL compares the subject's common name,
     * and RFC 9525 2 forbids that. */
    if (tls->alternative_name.status == 0) {
        return tls_fail(tls, DPS_STREAM_ERR_CERTIFICATE, BR_ERR_X509_BAD_SERVER_NAME);
    }
    tls->state = TLS_OPEN;
    return DPS_STREAM_DONE;
}

static int tls_open(struct dps_stream *stream, struct dps_now now)
{
    struct dps_tls *tls = tls_of(stream);
    int r = DPS_STREAM_DONE;

    if (tls->state == TLS_CLOSED) {
        r = tls_start(tls, now.utc_s);
    }
    if (tls->state == TLS_SEED) {
        r = tls_seed(tls);
    }
    if (tls->state == TLS_BELOW) {
        r = tls_open_below(tls, now);
    }
    if (tls->state == TLS_HANDSHAKE) {
        r = tls_handshake(tls);
    }
    return tls->state == TLS_FAILED ? DPS_STREAM_FAILED : r;
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
    plain = br_ssl_engine_recvapp_buf(engine, &len);
    if (plain == NULL) {
        int r = tls_pump(tls, BR_SSL_RECVAPP);

        if (r <= 0) {
            return r;
        }
        plain = br_ssl_engine_recvapp_buf(engine, &len);
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
        return br_ssl_engine_current_state(engine) == BR_SSL_CLOSED
                   ? tls_ended(tls)
                   : DPS_STREAM_DRAIN_FIRST;
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
    int r;

    if (tls->state != TLS_OPEN) {
        return DPS_STREAM_FAILED;
    }
    br_ssl_engine_flush(&tls->client.eng, 0);
    r = tls_push(tls);
    if (r > 0 && br_ssl_engine_current_state(&tls->client.eng) == BR_SSL_CLOSED) {
        return tls_ended(tls);
    }
    return r;
}

/* ---- Closing ----------------------------------------------------------------------- */

/* close_notify, as far as there is room for it: in one buffer, a record that is on its
 * way in is read to its end and dropped first. AGAIN, or it is out, or it cannot be. */
static int tls_good_bye(struct dps_tls *tls)
{
    br_ssl_engine_context *engine = &tls->client.eng;

    while (tls->state == TLS_OPEN) {
        size_t len;
        int r = tls_pump(tls, BR_SSL_SENDAPP | BR_SSL_RECVAPP);

        if (r == DPS_STREAM_AGAIN || r == DPS_STREAM_FAILED) {
            return r;
        }
        if (br_ssl_engine_recvapp_buf(engine, &len) != NULL) {
            br_ssl_engine_recvapp_ack(engine, len);
        } else {
            br_ssl_engine_close(engine);
            tls->state = TLS_CLOSING;
        }
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

static void tls_why(const struct dps_stream *stream, struct dps_failure *failure)
{
    *failure = ((const struct dps_tls *)(const void *)stream)->failure;
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
