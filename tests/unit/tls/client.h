/* SPDX-License-Identifier: MIT
 *
 * The client under test in front of a peer, and its verbs in short; for
 * tests/unit/tls/. */
#ifndef TESTS_UNIT_TLS_CLIENT_H
#define TESTS_UNIT_TLS_CLIENT_H

#include "tests/unit/tls/peer.h"
#include "tls/tls.h"

/* One client and one peer a test: Check forks. */
struct client {
    struct dps_tls tls;
    struct dps_tls_config config;
    br_x509_minimal_context x509;
    br_x509_trust_anchor anchors[4];
    uint8_t space[4 * 750];
    uint8_t in[16384 + DPS_TLS_OVERHEAD];
    uint8_t out[16384 + 85];
    struct peer *peer;
    int random_result; /* of the next fills; 1 in a new client */
    int random_calls;
};
extern struct client client;

/** A peer with this chain and key, and a client for "localhost" that trusts root.pem,
 * with `in_len` bytes of buffer and `out_len` of a second one; 0: half duplex. */
void client_new(const char *chain, const char *key, size_t in_len, size_t out_len);

/** Puts the anchors of a PEM file in the place of root.pem. */
void client_trusts(const char *name);

/** Opens to the end, the peer stepping in between: DONE or FAILED. */
int client_open_at(struct dps_now now);
int client_open(void);

int client_read(void *buf, size_t cap);
int client_write(const void *data, size_t len);
int client_flush(void);
int client_close(int at_once);
int client_wants(void);

/** Asserts what `why` says. */
void client_failed(enum dps_layer layer, enum dps_stream_error error, int32_t detail);

/** `len` bytes of a pattern that begins with `seed`. */
const uint8_t *client_pattern(unsigned seed, size_t len);

#endif
