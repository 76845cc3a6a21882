/* SPDX-License-Identifier: MIT
 *
 * The client over real TLS, against a peer that puts 500 messages to acknowledge into one
 * record: more than there are slots. With one buffer for both ways nothing can be sent
 * before the record is read to its end, and that is the named failure; with two buffers
 * every message gets its PUBACK, in order. */
#include <stdlib.h>
#include <string.h>

#include "mqtt/client.h"
#include "tests/unit/mqtt/mqtt_tests.h"
#include "tests/unit/tls/peer.h"
#include "tls/anchors.h"
#include "tls/profile.h"
#include "tls/tls.h"

enum { MESSAGES = 500, MESSAGE_LEN = 8, HELLO_LEN = 16 };

static struct peer *peer;
static struct dps_tls tls;
static struct dps_mqtt_client client;
static struct dps_mqtt_event event;
static uint8_t head[64];
static uint8_t in_buffer[BR_SSL_BUFSIZE_INPUT], out_buffer[BR_SSL_BUFSIZE_OUTPUT];
static br_x509_trust_anchor anchor[1];
static uint8_t anchor_space[1024];

static int random_fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0x5a, len); /* BearSSL adds the operating system's own */
    return 1;
}

static struct dps_tls_config config;
static br_x509_minimal_context x509;

static void start(size_t out_len)
{
    static const struct dps_mqtt_connect hello = {
        TEXT("c1"), { 0 }, { 0 }, 0, 1,
    };
    size_t len;
    char *pem = peer_file("root.pem", &len);

    ck_assert_int_eq(
        dps_tls_anchors_from_pem(anchor, 1, pem, len, anchor_space, sizeof anchor_space),
        1);
    free(pem);
    peer = peer_new("server.pem", "server.key");
    config.server_name = "localhost";
    config.anchors = anchor;
    config.anchor_count = 1;
    config.profile = dps_tls_profile;
    config.x509 = &x509;
    config.random.fill = random_fill;
    config.in = in_buffer;
    config.in_len = sizeof in_buffer;
    config.out = out_len != 0 ? out_buffer : NULL;
    config.out_len = out_len;
    dps_tls_init(&tls, &peer->stream, &config);
    dps_mqtt_client_init(&client, &tls.stream, head, sizeof head, 0);
    ck_assert_uint_eq(dps_mqtt_session_connect(&client.session, &hello), DPS_MQTT_OK);
}

/* Steps until the client tells this event; both sides get every chance to move. */
static void until(enum dps_mqtt_event_type type)
{
    unsigned turns;

    for (turns = 0; turns < 1000; turns++) {
        dps_mqtt_client_step(&client, peer_now(), &event);
        if (event.type != DPS_MQTT_NOTHING) {
            break;
        }
        peer_step(peer);
    }
    ck_assert_uint_eq(event.type, type);
}

/* CONNECT, CONNACK, and then all messages in one record. */
static void talk(unsigned messages)
{
    uint8_t record[MESSAGES * MESSAGE_LEN];
    unsigned i;

    until(DPS_MQTT_OPENED);
    while (peer->received_len < HELLO_LEN) {
        dps_mqtt_client_step(&client, peer_now(), &event);
        peer_step(peer);
    }
    peer_write(peer, "\x20\x02\x00\x00", 4);
    until(DPS_MQTT_CONNECTED);
    for (i = 0; i < messages; i++) {
        memcpy(record + i * MESSAGE_LEN, "\x32\x06\x00\x01t\x00\x00x", MESSAGE_LEN);
        record[i * MESSAGE_LEN + 5] = (uint8_t)((i + 1) >> 8);
        record[i * MESSAGE_LEN + 6] = (uint8_t)(i + 1);
    }
    peer_write(peer, record, messages * MESSAGE_LEN);
}

/* The peer has got one PUBACK a message, in order. */
static void expect_pubacks(unsigned messages)
{
    const uint8_t *ack;
    unsigned i;

    for (i = 0; i < 1000 && peer->received_len < HELLO_LEN + 4 * messages; i++) {
        dps_mqtt_client_step(&client, peer_now(), &event);
        ck_assert_uint_eq(event.type, DPS_MQTT_NOTHING);
        peer_step(peer);
    }
    ck_assert_uint_eq(peer->received_len, HELLO_LEN + 4 * messages);
    ack = peer->received + HELLO_LEN;
    for (i = 0; i < messages; i++) {
        ck_assert_mem_eq(ack + 4 * i, "\x40\x02", 2);
        ck_assert_uint_eq((unsigned)ack[4 * i + 2] << 8 | ack[4 * i + 3], i + 1);
    }
}

START_TEST(client_500_messages_in_one_record_with_two_buffers)
{
    unsigned i;

    start(sizeof out_buffer);
    talk(MESSAGES);
    for (i = 0; i < MESSAGES; i++) {
        until(DPS_MQTT_MESSAGE);
    }
    expect_pubacks(MESSAGES);
    peer_free(peer);
}
END_TEST

START_TEST(client_500_messages_in_one_record_with_one_buffer)
{
    const struct dps_failure *failure;
    unsigned i;

    start(0);
    talk(MESSAGES);
    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        until(DPS_MQTT_MESSAGE);
    }
    until(DPS_MQTT_CLOSED);
    failure = dps_mqtt_client_failure(&client);
    ck_assert_uint_eq(failure->layer, DPS_LAYER_MQTT);
    ck_assert_uint_eq(failure->error, DPS_MQTT_ERR_ACKS_FULL);
    ck_assert_uint_eq(failure->advice, DPS_ADVICE_FIX);
    peer_free(peer);
}
END_TEST

/* As many as there are slots are no trouble in one buffer. */
START_TEST(client_slots_full_in_one_buffer)
{
    unsigned i;

    start(0);
    talk(DPS_MQTT_ACKS);
    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        until(DPS_MQTT_MESSAGE);
    }
    expect_pubacks(DPS_MQTT_ACKS);
    peer_free(peer);
}
END_TEST

TCase *mqtt_half_duplex_cases(void)
{
    TCase *tc = tcase_create("half duplex");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, client_500_messages_in_one_record_with_two_buffers);
    tcase_add_test(tc, client_500_messages_in_one_record_with_one_buffer);
    tcase_add_test(tc, client_slots_full_in_one_buffer);
    return tc;
}
