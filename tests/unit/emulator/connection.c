/* SPDX-License-Identifier: MIT
 *
 * tools/emulator/connection.h: when a connection is closed, by a clock that the test
 * turns. The other end of the socket is BearSSL's client in the test's own process. */
#include "tools/emulator/connection.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/row.h"
#include "tests/unit/emulator/emulator_tests.h"
#include "tests/unit/tls/peer.h"

#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* Who they say they are is welcome; whether the token is good is asked later. */
#define USER "\0\x2b" "0ne1/registrations/plain/api-version=2019-1" "\0\1x"

enum { START_MS = 1000 };

static const char document[] = "{\"idScope\":\"0ne1\"}";
static struct enrollments enrollments;
static struct service service;
static struct credentials credentials;
static struct connection *connection;
static uint64_t now_ms;

static int fd; /* the client's end */
static br_ssl_client_context client;
static br_x509_minimal_context unused;
static br_x509_knownkey_context known; /* the server's key; no chain is looked at */
static br_x509_decoder_context leaf;
static uint8_t records[BR_SSL_BUFSIZE_BIDI];
static uint8_t heard[256];
static size_t heard_len;

/* ---- the client's end -------------------------------------------------------------- */

static int is_closed(void)
{
    return br_ssl_engine_current_state(&client.eng) == BR_SSL_CLOSED;
}

/* Records from and to the socket, and what the server says to `heard`; 1 if anything
 * moved. */
static int client_round(void)
{
    size_t len;
    uint8_t *at;
    int moved = 0;

    while ((at = br_ssl_engine_sendrec_buf(&client.eng, &len)) != NULL) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

        if (n <= 0) {
            return moved;
        }
        br_ssl_engine_sendrec_ack(&client.eng, (size_t)n);
        moved = 1;
    }
    at = br_ssl_engine_recvrec_buf(&client.eng, &len);
    if (at != NULL) {
        ssize_t n = recv(fd, at, len, 0);

        if (n > 0) {
            br_ssl_engine_recvrec_ack(&client.eng, (size_t)n);
            moved = 1;
        }
    }
    at = br_ssl_engine_recvapp_buf(&client.eng, &len);
    if (at != NULL) {
        ck_assert_uint_le(len, sizeof heard - heard_len);
        memcpy(heard + heard_len, at, len);
        heard_len += len;
        br_ssl_engine_recvapp_ack(&client.eng, len);
        moved = 1;
    }
    return moved;
}

/* At `at_ms`, until both ends have said what they have to say. */
static void pump(uint64_t at_ms)
{
    int moved;

    now_ms = at_ms;
    do {
        connection_turn(connection, now_ms, false);
        moved = client_round();
    } while (moved || connection_due_ms(connection) == 0);
}

static void say(const uint8_t *data, size_t len)
{
    size_t room;
    uint8_t *at = br_ssl_engine_sendapp_buf(&client.eng, &room);

    ck_assert_ptr_nonnull(at);
    ck_assert_uint_ge(room, len);
    memcpy(at, data, len);
    br_ssl_engine_sendapp_ack(&client.eng, len);
    br_ssl_engine_flush(&client.eng, 0);
    pump(now_ms);
}

static void check_heard(const uint8_t *data, size_t len)
{
    ck_assert_uint_eq(heard_len, len);
    ck_assert_mem_eq(heard, data, len);
    heard_len = 0;
}

/* CONNECT with a keep-alive of `seconds`, accepted. */
static void connect_with(uint16_t seconds)
{
    uint8_t wire[] = "\x10\x41\0\4MQTT\4\xc2\0\0\0\5plain" USER;

    wire[10] = (uint8_t)(seconds >> 8);
    wire[11] = (uint8_t)seconds;
    say(wire, sizeof wire - 1);
    check_heard(BYTES("\x20\2\0\0"));
}

/* ---- fixtures ---------------------------------------------------------------------- */

static void load_credentials(void)
{
    size_t chain_len, key_len;
    char *chain = peer_file("server-ec.pem", &chain_len);
    char *key = peer_file("server-ec.key", &key_len);
    int file;

    ck_assert_ptr_null(credentials_load(&credentials, chain, chain_len, key, key_len, &file));
    free(chain);
    free(key);
}

static void init_client(void)
{
    const br_x509_pkey *key;

    br_x509_decoder_init(&leaf, NULL, NULL);
    br_x509_decoder_push(&leaf, credentials.chain[0].data, credentials.chain[0].data_len);
    key = br_x509_decoder_get_pkey(&leaf);
    ck_assert_ptr_nonnull(key);
    br_ssl_client_init_full(&client, &unused, NULL, 0);
    br_x509_knownkey_init_ec(&known, &key->key.ec, BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN);
    br_ssl_engine_set_x509(&client.eng, &known.vtable);
    br_ssl_engine_set_buffer(&client.eng, records, sizeof records, 1);
    ck_assert_int_eq(br_ssl_client_reset(&client, "localhost", 0), 1);
    heard_len = 0;
}

static void setup(void)
{
    struct document_why why;
    int pair[2];

    ck_assert_int_eq(enrollments_read(&enrollments, document, sizeof document - 1, &why), 0);
    service_init(&service, &enrollments);
    load_credentials();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_int_eq(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
    fd = pair[0];
    connection = connection_new(pair[1], "test", &service, &credentials, START_MS);
    ck_assert_ptr_nonnull(connection);
    init_client();
    now_ms = START_MS;
}

static void teardown(void)
{
    connection_free(connection);
    close(fd);
    credentials_free(&credentials);
    service_free(&service);
    enrollments_free(&enrollments);
}

/* ---- time -------------------------------------------------------------------------- */

/* 3.1.2.10: one and a half times the keep-alive, counted from the last packet. */
static const struct {
    const char *name;
    uint16_t keep_alive_s;
} keep_alives[] = {
    { "MQTT-3.1.2-24 the shortest", 1 },
    { "MQTT-3.1.2-24 a minute", 60 },
    { "MQTT-3.1.2-24 the longest", 65535 },
};

START_TEST(connection_silence_of_one_and_a_half_keep_alives)
{
    uint64_t half_ms = 500 * (uint64_t)keep_alives[_i].keep_alive_s;

    pump(START_MS);
    connect_with(keep_alives[_i].keep_alive_s);
    pump(START_MS + 3 * half_ms - 1);
    ck_assert(!is_closed());
    say(BYTES("\xc0\0")); /* any packet will do */
    check_heard(BYTES("\xd0\0"));
    ck_assert_uint_eq(connection_due_ms(connection), START_MS + 6 * half_ms - 1);
    pump(START_MS + 6 * half_ms - 2);
    ck_assert(!is_closed());
    pump(START_MS + 6 * half_ms - 1);
    ck_assert(is_closed());
    check_heard(BYTES(""));
    ROW_RAN(keep_alives[_i].name);
}
END_TEST

START_TEST(connection_n_22_keep_alive_0_is_none)
{
    pump(START_MS);
    connect_with(0);
    ck_assert_uint_eq(connection_due_ms(connection), UINT64_MAX);
    pump(UINT64_MAX / 2);
    ck_assert(!is_closed());
}
END_TEST

/* With its handshake done, and without: its end is then that of the socket. */
START_TEST(connection_n_38_no_connect_in_60_s)
{
    uint8_t byte;

    if (_i == 1) {
        pump(START_MS);
    }
    ck_assert_uint_eq(connection_due_ms(connection), START_MS + 60000);
    connection_turn(connection, START_MS + 59999, false);
    ck_assert_uint_eq(connection_due_ms(connection), START_MS + 60000);
    connection_turn(connection, START_MS + 60000, false);
    if (_i == 1) {
        pump(START_MS + 60000);
        ck_assert(is_closed());
    } else {
        ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
    }
}
END_TEST

/* ---- what ends it ------------------------------------------------------------------ */

START_TEST(connection_n_38_disconnect_closes)
{
    pump(START_MS);
    connect_with(60);
    say(BYTES("\xe0\0"));
    check_heard(BYTES(""));
    ck_assert(is_closed());
}
END_TEST

/* [MQTT-3.1.4-5]: the SUBSCRIBE and the PINGREQ are not looked at. */
START_TEST(connection_mqtt_3_1_4_5_nothing_after_a_refusal)
{
    pump(START_MS);
    say(BYTES("\x10\x0e\0\4MQTT\4\2\0\x3c\0\2c1" "\x82\6\0\1\0\1a\0" "\xc0\0"));
    check_heard(BYTES("\x20\2\0\5"));
    ck_assert(is_closed());
}
END_TEST

TCase *emulator_connection_cases(void)
{
    TCase *cases = tcase_create("connection");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, connection_silence_of_one_and_a_half_keep_alives, 0,
                        sizeof keep_alives / sizeof keep_alives[0]);
    tcase_add_test(cases, connection_n_22_keep_alive_0_is_none);
    tcase_add_loop_test(cases, connection_n_38_no_connect_in_60_s, 0, 2);
    tcase_add_test(cases, connection_n_38_disconnect_closes);
    tcase_add_test(cases, connection_mqtt_3_1_4_5_nothing_after_a_refusal);
    return cases;
}
