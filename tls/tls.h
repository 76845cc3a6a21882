/* SPDX-License-Identifier: MIT
 *
 * TLS 1.2 over any stream, BearSSL's engine inside: the client's side.
 *
 * Version 1.2 and nothing else; ECDHE with AES-GCM or ChaCha20-Poly1305 and nothing else
 * (tls/profile.c); no SHA-1, no RSA below 2,048 bits, no renegotiation. The server's name
 * is required, sent (SNI) and verified, and so is the validity of each certificate at the
 * time that open is given. Not one application byte leaves before the handshake is over
 * and checked.
 *
 *     static uint8_t records[1024 + DPS_TLS_OVERHEAD];
 *     static br_x509_minimal_context x509;
 *     static const struct dps_tls_config secure = {
 *         ... .profile = dps_tls_profile, .x509 = &x509,
 *         .in = records, .in_len = sizeof records
 *     };
 *     dps_tls_init(&tls, &tcp.stream, &secure);
 *     while ((r = tls.stream.vtable->open(&tls.stream, now)) == DPS_STREAM_AGAIN) {
 *         wait(tls.stream.vtable->wants(&tls.stream));
 *     }
 *
 * One buffer serves both ways in turn (half duplex): until a received record is read to
 * its end nothing can be sent, and write says DPS_STREAM_DRAIN_FIRST; until a sent
 * record is wholly taken by the stream below nothing can be received. With a second
 * buffer, `out`, both ways are independent. */
#ifndef DPS_TLS_TLS_H
#define DPS_TLS_TLS_H

#include <bearssl.h>

#include "tls/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    /** Bytes that a record is longer than what it carries: header 5, nonce 8, tag 16. */
    DPS_TLS_OVERHEAD = 29,
    /** The least that BearSSL takes as buffers. */
    DPS_TLS_IN_MIN = 837,
    DPS_TLS_OUT_MIN = 597
};

struct dps_tls_config {
    const char *server_name; /* a DNS name, at most 253 characters; sent and verified */
    const br_x509_trust_anchor *anchors; /* `anchor_count` of them, see tls/anchors.h */
    size_t anchor_count;
    /* The algorithms: dps_tls_profile, or a function of yours, see tls/profile.h. */
    void (*profile)(br_ssl_client_context *client, br_x509_minimal_context *x509);
    br_x509_minimal_context *x509; /* in use until open says DONE; then the memory is free
                                    * for other things until the next open */
    struct dps_random random; /* asked for 32 bytes at each open */
    uint8_t *in;              /* the peer's largest record and its overhead must fit: */
    size_t in_len;            /* DPS_TLS_IN_MIN at least; 16,413 always do */
    uint8_t *out;             /* null: half duplex, `in` serves both ways */
    size_t out_len;           /* DPS_TLS_OUT_MIN at least */
};

struct dps_tls {
    struct dps_stream stream; /* first: pass &tls.stream to who drives it */

    /* Private: the fields are here so that you can place one; use the functions. */
    struct dps_stream *below;            /* borrowed */
    const struct dps_tls_config *config; /* borrowed */
    int32_t detail;                      /* of `error` */
    uint8_t error;                       /* enum dps_stream_error, this layer's own */
    uint8_t state;                       /* enum of tls.c, in one byte */
    uint8_t wants;
    br_name_element alternative_name;    /* was there a dNSName at all? */
    char alternative_name_start[1];
    br_ssl_client_context client;
};

/** Makes a closed TLS stream over `below`.
 *
 * Borrows `below`, the configuration and all that it points to as long as the stream is
 * in use; the buffers belong to the stream between open and close, which wipes them.
 *
 * Its open fails, before anything is opened or sent (range 1 to 31), with
 *   DPS_STREAM_ERR_SERVER_NAME  null, empty, not a DNS name (letters, digits, hyphens,
 *                               dots; no dot at the end), or an IPv4 or IPv6 address
 *   DPS_STREAM_ERR_NO_ANCHORS   `anchor_count` is 0
 *   DPS_STREAM_ERR_CLOCK        `now.utc_s` is 0
 *   DPS_STREAM_ERR_BUFFER       a buffer is too small
 *   DPS_STREAM_ERR_RANDOM       the random source failed
 * later with
 *   DPS_STREAM_ERR_CERTIFICATE  the chain, its dates or its name are refused
 *   DPS_STREAM_ERR_HANDSHAKE    no common ground, an alert, or a broken handshake
 *   DPS_STREAM_ERR_CLOSED_EARLY an end or close_notify before application data
 * and its other verbs with
 *   DPS_STREAM_ERR_TRUNCATED    an end without close_notify        (RFC 5246 7.2.1)
 *   DPS_STREAM_ERR_RECORD_TOO_LARGE  a record that exceeds `in`
 *   DPS_STREAM_ERR_RECORD       a record that cannot be decrypted, or an alert
 * or with the failure of the stream below, as it is. The peer's close_notify is
 * DPS_STREAM_END.
 *
 * Its close sends close_notify, unless at once, and does not wait for the peer's.
 *
 * RFC 5246, RFC 5288, RFC 7905, RFC 8422, RFC 9525. */
void dps_tls_init(struct dps_tls *tls, struct dps_stream *below,
                  const struct dps_tls_config *config);

/** The negotiated cipher suite's IANA number; 0 unless the stream is open. */
uint16_t dps_tls_cipher_suite(const struct dps_tls *tls);

#ifdef __cplusplus
}
#endif

#endif
