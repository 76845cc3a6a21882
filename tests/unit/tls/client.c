/* SPDX-License-Identifier: MIT
 *
 * The client under test in front of a peer; see client.h. */
#include "tests/unit/tls/client.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tls/anchors.h"
#include "tls/profile.h"

struct client client;

/* In the place of BearSSL's own: no system to take a seed from, as on a microcontroller.
 * So a handshake proves that the seed came from the random source of the
 * configuration. */
br_prng_seeder br_prng_seeder_system(const char **name)
{
    if (name != NULL) {
        *name = "none";
    }
    return NULL;
}

static int client_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    client.random_calls++;
    memset(out, 0x5a + client.random_calls, len);
    return client.random_result;
}

void client_trusts(const char *name)
{
    size_t len;
    char *pem = peer_file(name, &len);
    int n = dps_tls_anchors_from_pem(client.anchors, 4, pem, len, client.space,
                                     sizeof client.space);

    ck_assert_int_gt(n, 0);
    client.config.anchors = client.anchors;
    client.config.anchor_count = (size_t)n;
    free(pem);
}

void client_new(const char *chain, const char *key, size_t in_len, size_t out_len)
{
    ck_assert_uint_le(in_len, sizeof client.in);
    ck_assert_uint_le(out_len, sizeof client.out);
    client.peer = peer_new(chain, key);
    client.config.server_name = "localhost";
    client.config.profile = dps_tls_profile;
    client.config.x509 = &client.x509;
    client.config.random.fill = client_random;
    client.config.in = client.in;
    client.config.in_len = in_len;
    client.config.out = out_len == 0 ? NULL : client.out;
    client.config.out_len = out_len;
    client.random_result = 1;
    client_trusts("root.pem");
    dps_tls_init(&client.tls, &client.peer->stream, &client.config);
}

int client_open_at(struct dps_now now)
{
    int r, i;

    for (i = 0; i < 100000; i++) {
        r = client.tls.stream.vtable->open(&client.tls.stream, now);
        if (r != DPS_STREAM_AGAIN) {
            memset(&client.x509, 0xa5, sizeof client.x509); /* it is ours now */
            return r;
        }
        peer_step(client.peer);
    }
    ck_abort_msg("open never ends");
    return r;
}

int client_open(void)
{
    return client_open_at(peer_now());
}

int client_read(void *buf, size_t cap)
{
    return client.tls.stream.vtable->read(&client.tls.stream, (uint8_t *)buf, cap);
}

int client_write(const void *data, size_t len)
{
    return client.tls.stream.vtable->write(&client.tls.stream, (const uint8_t *)data,
                                           len);
}

int client_flush(void)
{
    return client.tls.stream.vtable->flush(&client.tls.stream);
}

int client_close(int at_once)
{
    return client.tls.stream.vtable->close(&client.tls.stream, at_once);
}

int client_wants(void)
{
    return client.tls.stream.vtable->wants(&client.tls.stream);
}

void client_failed(enum dps_layer layer, enum dps_stream_error error, int32_t detail)
{
    struct dps_failure failure;

    client.tls.stream.vtable->why(&client.tls.stream, &failure);
    ck_assert_uint_eq(failure.layer, layer);
    ck_assert_uint_eq(failure.error, error);
    ck_assert_int_eq(failure.detail, detail);
}

const uint8_t *client_pattern(unsigned seed, size_t len)
{
    static uint8_t bytes[65536];
    size_t i;

    ck_assert_uint_le(len, sizeof bytes);
    for (i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(seed + i * 7 + (i >> 8));
    }
    return bytes;
}
