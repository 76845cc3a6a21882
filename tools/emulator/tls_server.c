/* SPDX-License-Identifier: MIT
 *
 * One function a door of BearSSL's engine: records from and to the socket, application
 * bytes to and from the caller. */
#include "tools/emulator/tls_server.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "sas/wipe.h"

/* The client's order of preference decides; which half of the list counts is settled by
 * the kind of key. */
static const uint16_t tls_server_suites[] = {
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
};

/* Hashes that nothing is to be signed with. */
static const int tls_server_weak_hashes[] = { br_md5_ID, br_sha1_ID, br_sha224_ID };

bool tls_server_init(struct tls_server *tls, const struct credentials *credentials)
{
    br_ssl_engine_context *engine = &tls->server.eng;

    if (credentials->key_type == BR_KEYTYPE_RSA) {
        br_ssl_server_init_full_rsa(&tls->server, credentials->chain,
                                    credentials->chain_len, &credentials->rsa);
    } else {
        /* The issuer's key type matters to static ECDH alone, which is not offered. */
        br_ssl_server_init_full_ec(&tls->server, credentials->chain,
                                   credentials->chain_len, BR_KEYTYPE_EC,
                                   &credentials->ec);
    }
    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(engine, tls_server_suites,
                             sizeof tls_server_suites / sizeof tls_server_suites[0]);
    for (size_t i = 0; i < sizeof tls_server_weak_hashes / sizeof(int); i++) {
        br_ssl_engine_set_hash(engine, tls_server_weak_hashes[i], NULL);
    }
    br_ssl_engine_add_flags(engine, BR_OPT_NO_RENEGOTIATION);
    br_ssl_engine_set_buffer(engine, tls->records, sizeof tls->records, 1);
    return br_ssl_server_reset(&tls->server) == 1;
}

enum tls_moved tls_server_send(struct tls_server *tls, int fd)
{
    enum tls_moved moved = TLS_NOTHING;
    const unsigned char *at;
    size_t len;

    while ((at = br_ssl_engine_sendrec_buf(&tls->server.eng, &len)) != NULL) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK ? moved : TLS_LOST;
        }
        br_ssl_engine_sendrec_ack(&tls->server.eng, (size_t)sent);
        moved = TLS_MOVED;
    }
    return moved;
}

enum tls_moved tls_server_receive(struct tls_server *tls, int fd)
{
    size_t len;
    unsigned char *at = br_ssl_engine_recvrec_buf(&tls->server.eng, &len);
    ssize_t got;

    if (at == NULL) {
        return TLS_NOTHING;
    }
    do {
        got = recv(fd, at, len, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK ? TLS_NOTHING : TLS_LOST;
    }
    if (got == 0) {
        return TLS_END;
    }
    br_ssl_engine_recvrec_ack(&tls->server.eng, (size_t)got);
    return TLS_MOVED;
}

const uint8_t *tls_server_data(struct tls_server *tls, size_t *len)
{
    return br_ssl_engine_recvapp_buf(&tls->server.eng, len);
}

void tls_server_taken(struct tls_server *tls, size_t len)
{
    br_ssl_engine_recvapp_ack(&tls->server.eng, len);
}

uint8_t *tls_server_space(struct tls_server *tls, size_t *len)
{
    return br_ssl_engine_sendapp_buf(&tls->server.eng, len);
}

void tls_server_filled(struct tls_server *tls, size_t len)
{
    br_ssl_engine_sendapp_ack(&tls->server.eng, len);
}

void tls_server_flush(struct tls_server *tls)
{
    br_ssl_engine_flush(&tls->server.eng, 0);
}

void tls_server_close(struct tls_server *tls)
{
    br_ssl_engine_close(&tls->server.eng);
}

bool tls_server_wants_send(const struct tls_server *tls)
{
    return (br_ssl_engine_current_state(&tls->server.eng) & BR_SSL_SENDREC) != 0;
}

bool tls_server_wants_receive(const struct tls_server *tls)
{
    return (br_ssl_engine_current_state(&tls->server.eng) & BR_SSL_RECVREC) != 0;
}

bool tls_server_is_closed(const struct tls_server *tls)
{
    return br_ssl_engine_current_state(&tls->server.eng) == BR_SSL_CLOSED;
}

bool tls_server_is_open(const struct tls_server *tls)
{
    return (br_ssl_engine_current_state(&tls->server.eng)
            & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)) != 0;
}

unsigned tls_server_suite(const struct tls_server *tls)
{
    br_ssl_session_parameters parameters;
    unsigned suite;

    br_ssl_engine_get_session_parameters(&tls->server.eng, &parameters);
    suite = parameters.cipher_suite;
    dps_wipe(&parameters, sizeof parameters); /* the master secret */
    return suite;
}

int tls_server_error(const struct tls_server *tls)
{
    return br_ssl_engine_last_error(&tls->server.eng);
}
