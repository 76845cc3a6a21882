/* SPDX-License-Identifier: MIT
 *
 * A TLS server in the test's own process, and the network between it and the client: a
 * stream that keeps its bytes in memory and misbehaves on request.
 *
 *     struct peer *peer = peer_new("server.pem", "server.key");
 *
 *     dps_tls_init(&tls, &peer->stream, &config);
 *     while (tls.stream.vtable->open(&tls.stream, peer_now()) == DPS_STREAM_AGAIN) {
 *         peer_step(peer);
 *     }
 *     peer_write(peer, data, len);          // one record, whatever its size up to 16,384
 *     ...
 *     peer->received, peer->received_len    // what the client sent, decrypted
 *     peer_free(peer);
 *
 * Nothing moves on the server's side but in peer_step(), and nothing blocks: a test
 * decides about every interleaving. Certificates come from the folder that
 * tests/pki/make.sh has made, named by DPS_PKI in the environment, build/pki without it.
 * What goes wrong in here ends the test through Check. It is used by the tests of other
 * rooms too. */
#ifndef TESTS_UNIT_TLS_PEER_H
#define TESTS_UNIT_TLS_PEER_H

#include <bearssl.h>

#include "tls/stream.h"

/* Bytes on their way in one direction. */
struct peer_queue {
    uint8_t *at;
    size_t len, cap;
};

struct peer {
    struct dps_stream stream; /* first: what the client lies on */

    /* Knobs, 0 in a new peer: the network as the client sees it. */
    size_t piece;             /* the most bytes of one read or write; 0: no limit */
    unsigned again_each;      /* each n-th read and n-th write say AGAIN; 0: none */
    size_t send_limit;        /* the network holds as many of the client's; 0: any */
    size_t receive_limit;     /* the client sees as many in all, then AGAIN; 0: any */
    size_t fail_write_at;     /* the write after as many bytes fails; 0: none */
    size_t flip_at;           /* the n-th byte to the client, from 1, is damaged */
    unsigned open_again;      /* as many opens say AGAIN */
    int gathers;              /* writes go nowhere before a flush */
    int ends_write;           /* what fails at fail_write_at says END, not FAILED */
    int ended;                /* once all is read the client sees the end (a FIN) */
    int ignores_fragment_length; /* records may be larger than the client asked for */

    /* What a test may look at. */
    uint8_t *received;        /* application bytes from the client, decrypted */
    size_t received_len;
    size_t wire_sent;         /* bytes that the client has written, in all */
    size_t wire_received;     /* bytes that the client has read, in all */
    unsigned opens, closes;   /* how often the verbs were called with success */
    int wants;
    br_ssl_server_context server; /* br_ssl_engine_last_error(&peer->server.eng) */

    /* Private. */
    struct peer_queue up, down, gathered, plain;
    unsigned reads, writes;
    int has_server, has_failed, has_refused;
    int key_type;
    br_x509_certificate chain[4];
    size_t chain_len;
    br_skey_decoder_context key;
    br_ssl_session_cache_lru sessions;
    uint8_t in[BR_SSL_BUFSIZE_INPUT];
    uint8_t out[BR_SSL_BUFSIZE_OUTPUT];
    uint8_t cache[4096];
};

/** A peer whose server has the chain and the key of these files of the PKI folder; its
 * engine speaks every version and suite that BearSSL knows, until a test takes some away
 * from `peer->server` before the first step. With null names there is no server: only
 * what peer_inject() puts there arrives. */
struct peer *peer_new(const char *chain, const char *key);
void peer_free(struct peer *peer);

/** The server forgets the connection and waits for a new one; the queues are emptied. */
void peer_reset(struct peer *peer);

/** Moves all that can be moved on the server's side; 1 if anything was. */
int peer_step(struct peer *peer);

/** Whether the server's handshake is done. */
int peer_is_open(const struct peer *peer);

/** Sends `len` application bytes, 1 to 16,384, as one record. Goes into the network at
 * once. The server must be open; with a client whose buffer is small it needs
 * `ignores_fragment_length` set before the handshake for more than the client asked
 * for. */
void peer_write(struct peer *peer, const void *data, size_t len);

/** Sends close_notify. */
void peer_close(struct peer *peer);

/** Puts bytes on the way to the client as they are. */
void peer_inject(struct peer *peer, const void *data, size_t len);

/** A whole file of the PKI folder, with a NUL behind it that `len` does not count; the
 * caller frees it. */
char *peer_file(const char *name, size_t *len);

/** This moment, for open. */
struct dps_now peer_now(void);

#endif
