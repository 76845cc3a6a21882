/* SPDX-License-Identifier: MIT
 *
 * A TLS server and the network, in memory; see peer.h.
 *
 * A byte of the client's goes through peer_stream_write() into the queue `up`, from there
 * in peer_step() into the server's engine, and decrypted to `received`. The server's
 * bytes go from its engine into the queue `down`, where peer_stream_read() finds them. */
#include "tests/unit/tls/peer.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Queues ------------------------------------------------------------------------ */

static void peer_put(struct peer_queue *q, const void *data, size_t len)
{
    if (len > q->cap - q->len) {
        q->cap = 2 * q->cap + len;
        q->at = (uint8_t *)realloc(q->at, q->cap);
        ck_assert_ptr_nonnull(q->at);
    }
    if (len != 0) {
        memcpy(q->at + q->len, data, len);
    }
    q->len += len;
}

static void peer_drop(struct peer_queue *q, size_t len)
{
    memmove(q->at, q->at + len, q->len - len);
    q->len -= len;
}

/* ---- Files ------------------------------------------------------------------------- */

char *peer_file(const char *name, size_t *len)
{
    const char *folder = getenv("DPS_PKI");
    struct peer_queue text = { 0 };
    char path[1024], chunk[4096];
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "%s/%s", folder == NULL ? "build/pki" : folder, name);
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s: %s (run `make pki`, or set DPS_PKI)", path,
                  strerror(errno));
    while ((n = fread(chunk, 1, sizeof chunk, file)) != 0) {
        peer_put(&text, chunk, n);
    }
    fclose(file);
    *len = text.len;
    peer_put(&text, "", 1);
    return (char *)text.at;
}

static void peer_append(void *queue, const void *data, size_t len)
{
    peer_put((struct peer_queue *)queue, data, len);
}

/* The next block of a PEM text; 0 when there is none. */
static int peer_block(br_pem_decoder_context *pem, const char **text, size_t *left,
                      struct peer_queue *der)
{
    memset(der, 0, sizeof *der);
    while (*left != 0) {
        size_t taken = br_pem_decoder_push(pem, *text, *left);

        *text += taken;
        *left -= taken;
        switch (br_pem_decoder_event(pem)) {
        case BR_PEM_BEGIN_OBJ:
            br_pem_decoder_setdest(pem, peer_append, der);
            break;
        case BR_PEM_END_OBJ:
            return 1;
        default:
            break;
        }
    }
    return 0;
}

static void peer_load_chain(struct peer *peer, const char *name)
{
    size_t left;
    char *text = peer_file(name, &left);
    const char *at = text;
    br_pem_decoder_context pem;
    struct peer_queue der;

    br_pem_decoder_init(&pem);
    while (peer_block(&pem, &at, &left, &der)) {
        ck_assert_uint_lt(peer->chain_len, sizeof peer->chain / sizeof peer->chain[0]);
        peer->chain[peer->chain_len].data = der.at;
        peer->chain[peer->chain_len].data_len = der.len;
        peer->chain_len++;
    }
    free(text);
    ck_assert_uint_ne(peer->chain_len, 0);
}

static void peer_load_key(struct peer *peer, const char *name)
{
    size_t left;
    char *text = peer_file(name, &left);
    const char *at = text;
    br_pem_decoder_context pem;
    struct peer_queue der;

    br_pem_decoder_init(&pem);
    ck_assert(peer_block(&pem, &at, &left, &der));
    br_skey_decoder_init(&peer->key);
    br_skey_decoder_push(&peer->key, der.at, der.len);
    peer->key_type = br_skey_decoder_key_type(&peer->key);
    ck_assert_int_ne(peer->key_type, 0);
    free(der.at);
    free(text);
}

/* ---- The network, as the client's stream below ------------------------------------- */

static struct peer *peer_of(struct dps_stream *stream)
{
    return (struct peer *)(void *)stream;
}

static int peer_stream_open(struct dps_stream *stream, struct dps_now now)
{
    struct peer *peer = peer_of(stream);

    (void)now;
    if (peer->open_again != 0) {
        peer->open_again--;
        peer->wants = DPS_WANTS_WRITE;
        return DPS_STREAM_AGAIN;
    }
    peer->opens++;
    peer->has_refused = 0;
    return DPS_STREAM_DONE;
}

/* How many of `len` bytes may move now; 0: the caller says AGAIN. */
static size_t peer_portion(struct peer *peer, unsigned *calls, size_t len)
{
    ++*calls;
    if (peer->again_each != 0 && *calls % peer->again_each == 0) {
        return 0;
    }
    return peer->piece != 0 && len > peer->piece ? peer->piece : len;
}

static int peer_stream_read(struct dps_stream *stream, uint8_t *buf, size_t cap)
{
    struct peer *peer = peer_of(stream);
    size_t n = peer->down.len;

    ck_assert_uint_ne(cap, 0);
    if (n == 0 && (peer->ended || peer->has_failed)) {
        return DPS_STREAM_END;
    }
    if (peer->receive_limit != 0 && n > peer->receive_limit - peer->wire_received) {
        n = peer->receive_limit - peer->wire_received;
    }
    n = peer_portion(peer, &peer->reads, n > cap ? cap : n);
    if (n == 0) {
        peer->wants = DPS_WANTS_READ;
        return DPS_STREAM_AGAIN;
    }
    memcpy(buf, peer->down.at, n);
    if (peer->flip_at > peer->wire_received && peer->flip_at <= peer->wire_received + n) {
        buf[peer->flip_at - peer->wire_received - 1] ^= 1;
    }
    peer_drop(&peer->down, n);
    peer->wire_received += n;
    return (int)n;
}

static int peer_stream_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    struct peer *peer = peer_of(stream);
    size_t held = peer->up.len + peer->gathered.len;
    size_t n = len;

    ck_assert_uint_ne(len, 0);
    if (peer->fail_write_at != 0 && peer->wire_sent >= peer->fail_write_at) {
        if (peer->ends_write) {
            return DPS_STREAM_END;
        }
        peer->has_refused = 1;
        return DPS_STREAM_FAILED;
    }
    if (peer->send_limit != 0 && n > peer->send_limit - held) {
        n = peer->send_limit - held;
    }
    n = peer_portion(peer, &peer->writes, n);
    if (n == 0) {
        peer->wants = DPS_WANTS_WRITE;
        return DPS_STREAM_AGAIN;
    }
    peer_put(peer->gathers ? &peer->gathered : &peer->up, data, n);
    peer->wire_sent += n;
    return (int)n;
}

static int peer_stream_flush(struct dps_stream *stream)
{
    struct peer *peer = peer_of(stream);

    peer_put(&peer->up, peer->gathered.at, peer->gathered.len);
    peer->gathered.len = 0;
    return DPS_STREAM_DONE;
}

static int peer_stream_close(struct dps_stream *stream, int at_once)
{
    (void)at_once;
    peer_of(stream)->closes++;
    return DPS_STREAM_DONE;
}

static int peer_stream_wants(const struct dps_stream *stream)
{
    return ((const struct peer *)(const void *)stream)->wants;
}

static void peer_stream_why(const struct dps_stream *stream, struct dps_failure *failure)
{
    const struct peer *peer = (const struct peer *)(const void *)stream;

    memset(failure, 0, sizeof *failure);
    if (!peer->has_refused) {
        return;
    }
    failure->layer = DPS_LAYER_NETWORK;
    failure->error = DPS_STREAM_ERR_WRITE;
    failure->advice = DPS_ADVICE_RETRY;
    failure->detail = ECONNRESET;
}

/* ---- The server -------------------------------------------------------------------- */

int peer_step(struct peer *peer)
{
    br_ssl_engine_context *engine = &peer->server.eng;
    int moved = 0;

    while (peer->has_server) {
        unsigned char *buf;
        size_t len;

        if (peer->ignores_fragment_length) {
            engine->max_frag_len = 16384; /* a server that does not know RFC 6066 4 */
        }
        if ((buf = br_ssl_engine_sendrec_buf(engine, &len)) != NULL) {
            peer_put(&peer->down, buf, len);
            br_ssl_engine_sendrec_ack(engine, len);
        } else if ((buf = br_ssl_engine_recvapp_buf(engine, &len)) != NULL) {
            peer_put(&peer->plain, buf, len);
            br_ssl_engine_recvapp_ack(engine, len);
        } else if (peer->up.len != 0
                   && (buf = br_ssl_engine_recvrec_buf(engine, &len)) != NULL) {
            len = len < peer->up.len ? len : peer->up.len;
            memcpy(buf, peer->up.at, len);
            peer_drop(&peer->up, len);
            br_ssl_engine_recvrec_ack(engine, len);
        } else {
            break;
        }
        moved = 1;
    }
    /* BearSSL's server does not always send an alert; a program would hang up. */
    peer->has_failed = peer->has_server && br_ssl_engine_last_error(engine) != BR_ERR_OK;
    peer->received = peer->plain.at;
    peer->received_len = peer->plain.len;
    return moved;
}

int peer_is_open(const struct peer *peer)
{
    return (br_ssl_engine_current_state(&peer->server.eng) & BR_SSL_SENDAPP) != 0;
}

void peer_write(struct peer *peer, const void *data, size_t len)
{
    size_t cap;
    unsigned char *buf;

    peer_step(peer);
    buf = br_ssl_engine_sendapp_buf(&peer->server.eng, &cap);
    ck_assert_msg(buf != NULL, "the peer's server is not open");
    ck_assert_uint_le(len, cap);
    memcpy(buf, data, len);
    br_ssl_engine_sendapp_ack(&peer->server.eng, len);
    br_ssl_engine_flush(&peer->server.eng, 0);
    peer_step(peer);
}

void peer_close(struct peer *peer)
{
    br_ssl_engine_close(&peer->server.eng);
    peer_step(peer);
}

void peer_inject(struct peer *peer, const void *data, size_t len)
{
    peer_put(&peer->down, data, len);
}

void peer_reset(struct peer *peer)
{
    peer->up.len = peer->down.len = peer->gathered.len = peer->plain.len = 0;
    peer->wire_sent = peer->wire_received = peer->received_len = 0;
    if (peer->has_server) {
        ck_assert(br_ssl_server_reset(&peer->server));
    }
}

struct peer *peer_new(const char *chain, const char *key)
{
    static const struct dps_stream_class verbs = {
        peer_stream_open, peer_stream_read, peer_stream_write, peer_stream_flush,
        peer_stream_close, peer_stream_wants, peer_stream_why
    };
    struct peer *peer = (struct peer *)calloc(1, sizeof *peer);

    ck_assert_ptr_nonnull(peer);
    peer->stream.vtable = &verbs;
    if (chain == NULL) {
        return peer;
    }
    peer_load_chain(peer, chain);
    peer_load_key(peer, key);
    if (peer->key_type == BR_KEYTYPE_RSA) {
        br_ssl_server_init_full_rsa(&peer->server, peer->chain, peer->chain_len,
                                    br_skey_decoder_get_rsa(&peer->key));
    } else {
        /* The issuer's key is RSA: the intermediate's (tests/pki/make.sh). */
        br_ssl_server_init_full_ec(&peer->server, peer->chain, peer->chain_len,
                                   BR_KEYTYPE_RSA, br_skey_decoder_get_ec(&peer->key));
    }
    br_ssl_engine_set_buffers_bidi(&peer->server.eng, peer->in, sizeof peer->in,
                                   peer->out, sizeof peer->out);
    br_ssl_session_cache_lru_init(&peer->sessions, peer->cache, sizeof peer->cache);
    br_ssl_server_set_cache(&peer->server, &peer->sessions.vtable);
    peer->has_server = 1;
    /* Enough for a test, and it can be repeated. */
    br_ssl_engine_inject_entropy(&peer->server.eng, "a peer", 6);
    ck_assert(br_ssl_server_reset(&peer->server));
    return peer;
}

void peer_free(struct peer *peer)
{
    size_t i;

    for (i = 0; i < peer->chain_len; i++) {
        free(peer->chain[i].data);
    }
    free(peer->up.at);
    free(peer->down.at);
    free(peer->gathered.at);
    free(peer->plain.at);
    free(peer);
}

struct dps_now peer_now(void)
{
    struct dps_now now = { 0, 0 };

    now.utc_s = (uint32_t)time(NULL);
    return now;
}
