/* SPDX-License-Identifier: MIT
 *
 * The server's end of one TLS 1.2 connection: BearSSL's engine and its two record
 * buffers, between a non-blocking socket and whoever reads and writes application bytes.
 *
 *     socket -> tls_server_receive() -> tls_server_data()  -> the MQTT reader
 *     socket <- tls_server_send()    <- tls_server_space() <- the MQTT writer
 */
#ifndef TOOLS_EMULATOR_TLS_SERVER_H
#define TOOLS_EMULATOR_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bearssl.h>

#include "tools/emulator/credentials.h"

struct tls_server {
    br_ssl_server_context server;
    uint8_t records[BR_SSL_BUFSIZE_BIDI]; /* both ways at once, records of 16 KB */
};

/** What moving bytes between engine and socket came to. */
enum tls_moved {
    TLS_NOTHING, /* the socket would block, or the engine has no use for it now */
    TLS_MOVED,
    TLS_END,     /* the peer has closed its end of the TCP connection */
    TLS_LOST     /* the TCP connection is broken */
};

/** Makes the engine ready for a ClientHello: TLS 1.2 and nothing else, ECDHE with AES-GCM
 * or ChaCha20-Poly1305, no SHA-1, no renegotiation, no resumption.
 * Borrows `credentials` as long as `tls` is used. False: no source of randomness. */
bool tls_server_init(struct tls_server *tls, const struct credentials *credentials);

/** Sends what the engine has to send, until all of it is out or the socket would
 * block. */
enum tls_moved tls_server_send(struct tls_server *tls, int fd);

/** Receives once, if the engine has room for it. */
enum tls_moved tls_server_receive(struct tls_server *tls, int fd);

/** Lends application bytes that came, until tls_server_taken(); null when there are
 * none. */
const uint8_t *tls_server_data(struct tls_server *tls, size_t *len);
void tls_server_taken(struct tls_server *tls, size_t len);

/** Lends room for application bytes, until tls_server_filled(); null: not now. */
uint8_t *tls_server_space(struct tls_server *tls, size_t *len);
void tls_server_filled(struct tls_server *tls, size_t len);

/** Ends the record begun by tls_server_filled(). */
void tls_server_flush(struct tls_server *tls);

/** Begins the good-bye: close_notify is what is sent from now on. */
void tls_server_close(struct tls_server *tls);

bool tls_server_wants_send(const struct tls_server *tls);
bool tls_server_wants_receive(const struct tls_server *tls);
bool tls_server_is_closed(const struct tls_server *tls);

/** Whether application bytes have been possible yet. */
bool tls_server_is_open(const struct tls_server *tls);

/** The negotiated cipher suite's IANA number, once it is open. */
unsigned tls_server_suite(const struct tls_server *tls);

/** BearSSL's error number, 0 for none. */
int tls_server_error(const struct tls_server *tls);

#endif
