/* SPDX-License-Identifier: MIT
 *
 * Opening a TLS stream: what must succeed, and what must be refused before an application
 * byte has left. The peer is BearSSL's server, or bytes from the standard. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/tls/client.h"
#include "tls/profile.h"

#define BYTES(literal) literal, sizeof(literal) - 1

/* ---- What must succeed ------------------------------------------------------------- */

static const struct {
    const char *name, *chain, *key;
    size_t in_len, out_len, piece;
    unsigned again_each;
    int gathers;
    uint16_t suite; /* RFC 5289 5: the first of ours that fits the server's key */
} opens[] = {
    { "half duplex, 1053", "server.pem", "server.key", 1053, 0, 0, 0, 0, 0xC02F },
    { "half duplex, 837, the least", "server.pem", "server.key", 837, 0, 0, 0, 0,
      0xC02F },
    { "half duplex, 16413", "server.pem", "server.key", 16413, 0, 0, 0, 0, 0xC02F },
    { "full duplex, the least", "server.pem", "server.key", 837, 597, 0, 0, 0, 0xC02F },
    { "full duplex, large", "server.pem", "server.key", 16413, 16469, 0, 0, 0, 0xC02F },
    { "half duplex, a byte at a time", "server.pem", "server.key", 1053, 0, 1, 0, 0,
      0xC02F },
    { "full duplex, a byte at a time", "server.pem", "server.key", 1053, 597, 1, 0, 0,
      0xC02F },
    { "half duplex, AGAIN in between", "server.pem", "server.key", 1053, 0, 7, 2, 0,
      0xC02F },
    { "full duplex, AGAIN in between", "server.pem", "server.key", 1053, 597, 7, 3, 0,
      0xC02F },
    { "over a stream that gathers", "server.pem", "server.key", 1053, 0, 0, 0, 1,
      0xC02F },
    { "EC key, half duplex", "server-ec.pem", "server-ec.key", 1053, 0, 0, 0, 0, 0xC02B },
    { "EC key, full duplex", "server-ec.pem", "server-ec.key", 1053, 597, 5, 2, 0,
      0xC02B },
};

/* Sends `len` bytes to the peer, as who drives a stream does. */
static void send_all(const uint8_t *data, size_t len)
{
    size_t sent = 0;

    while (sent < len) {
        int n = client_write(data + sent, len - sent);

        ck_assert_int_ge(n, 0);
        sent += (size_t)n;
        peer_step(client.peer);
    }
    while (client_flush() == DPS_STREAM_AGAIN) {
        peer_step(client.peer);
    }
    peer_step(client.peer);
}

static void read_all(uint8_t *buf, size_t len)
{
    size_t got = 0;
    int idle = 0;

    while (got < len) {
        int n = client_read(buf + got, len - got);

        ck_assert_int_ge(n, 0);
        got += (size_t)n;
        idle = n == 0 ? idle + 1 : 0;
        ck_assert_int_lt(idle, 10000);
        peer_step(client.peer);
    }
    ck_assert_int_eq(client_read(buf, 1), DPS_STREAM_AGAIN);
}

START_TEST(tls_opens_and_moves_data)
{
    static uint8_t got[4000];
    struct peer *peer;
    size_t len;

    client_new(opens[_i].chain, opens[_i].key, opens[_i].in_len, opens[_i].out_len);
    peer = client.peer;
    peer->piece = opens[_i].piece;
    peer->again_each = opens[_i].again_each;
    peer->gathers = opens[_i].gathers;
    peer->open_again = 2;

    ck_assert_uint_eq(dps_tls_cipher_suite(&client.tls), 0);
    ck_assert_msg(client_open() == DPS_STREAM_DONE, "%s", opens[_i].name);
    ck_assert_uint_eq(dps_tls_cipher_suite(&client.tls), opens[_i].suite);
    ck_assert_uint_eq(peer->received_len, 0);
    ck_assert(peer_is_open(peer));
    ck_assert_str_eq(peer->server.eng.server_name, "localhost"); /* RFC 6066 3: SNI */

    send_all(client_pattern(1, 4000), 4000);
    ck_assert_uint_eq(peer->received_len, 4000);
    ck_assert_mem_eq(peer->received, client_pattern(1, 4000), 4000);
    for (len = 1; len <= 512; len += 73) {
        peer_write(peer, client_pattern((unsigned)len, len), len);
        read_all(got, len);
        ck_assert_mem_eq(got, client_pattern((unsigned)len, len), len);
    }
    send_all(client_pattern(9, 1), 1);
    ck_assert_uint_eq(peer->received_len, 4001);
    ck_assert_int_eq(client_close(1), DPS_STREAM_DONE);
    peer_free(peer);
}
END_TEST

START_TEST(tls_takes_each_of_its_suites)
{
    static const uint16_t suites[] = { 0xC02F, 0xC030, 0xCCA8, 0xC02B, 0xC02C, 0xCCA9 };
    int is_rsa = _i < 3;

    client_new(is_rsa ? "server.pem" : "server-ec.pem",
               is_rsa ? "server.key" : "server-ec.key", 1053, 0);
    br_ssl_engine_set_suites(&client.peer->server.eng, &suites[_i], 1);
    ck_assert_int_eq(client_open(), DPS_STREAM_DONE);
    ck_assert_uint_eq(dps_tls_cipher_suite(&client.tls), suites[_i]);
    send_all(client_pattern(3, 700), 700);
    ck_assert_mem_eq(client.peer->received, client_pattern(3, 700), 700);
}
END_TEST

/* ---- The ClientHello --------------------------------------------------------------- */

static const uint8_t *hello;     /* the body of the handshake message */
static size_t hello_len;

static void make_hello(void)
{
    client_new(NULL, NULL, 16413, 16469);
    ck_assert_int_eq(client.tls.stream.vtable->open(&client.tls.stream, peer_now()),
                     DPS_STREAM_AGAIN);
    ck_assert_int_eq(client_wants(), DPS_WANTS_READ);
    hello = client.peer->up.at + 9; /* record header 5, message header 4 */
    hello_len = client.peer->up.len - 9;
    ck_assert_uint_eq(client.peer->up.at[0], 22);
    ck_assert_uint_eq(client.peer->up.at[5], 1);
}

/* RFC 5246 7.4.1.2: version, random, session identifier, suites. */
START_TEST(tls_offers_six_suites_and_one_version)
{
    /* ECDHE_RSA and ECDHE_ECDSA with AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305 */
    static const uint8_t suites[] = { 0x00, 0x0C, 0xC0, 0x2F, 0xC0, 0x30, 0xC0, 0x2B,
                                      0xC0, 0x2C, 0xCC, 0xA8, 0xCC, 0xA9 };

    make_hello();
    ck_assert_mem_eq(hello, "\x03\x03", 2);
    ck_assert_uint_eq(hello[34], 0); /* no session to resume */
    ck_assert_mem_eq(hello + 35, suites, sizeof suites);
    ck_assert_mem_eq(hello + 35 + sizeof suites, "\x01\x00", 2); /* no compression */
}
END_TEST

/* RFC 5246 7.4.1.4.1: SHA-1 is 2, SHA-224 3, MD5 1; none is offered. */
START_TEST(tls_offers_no_old_hash)
{
    const uint8_t *at, *end;

    make_hello();
    at = hello + 35 + 14 + 2 + 2; /* the extensions, behind their length */
    end = hello + hello_len;
    while (at < end && !(at[0] == 0 && at[1] == 13)) {
        at += 4 + (at[2] << 8 | at[3]);
    }
    ck_assert(at < end);
    end = at + 4 + (at[2] << 8 | at[3]);
    at += 6;
    ck_assert(at < end);
    for (; at < end; at += 2) {
        ck_assert_uint_ge(at[0], 4);
        ck_assert_uint_le(at[0], 6);
    }
}
END_TEST

/* ---- Refused before anything is opened --------------------------------------------- */

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *name;
    int is_good;
} names[] = {
    { "localhost", 1 },
    { "global.azure-devices-provisioning.net", 1 },
    { "UPPER.example.test", 1 },
    { "3com.example.test", 1 },
    { "1.2.3.4.example", 1 },
    { "xn--bcher-kva.example", 1 },
    { "a", 1 },
    { "1.2.3.4a", 1 },
    { LABEL63 ".test", 1 },
    { LABEL63 "." LABEL63 "." LABEL63
              ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      1 }, /* 253 */
    { NULL, 0 },
    { "", 0 },
    { "127.0.0.1", 0 },
    { "127.1", 0 },
    { "2130706433", 0 },
    { "example.1", 0 },
    { "::1", 0 },
    { "[::1]", 0 },
    { "fe80::1%eth0", 0 },
    { "localhost.", 0 },
    { ".", 0 },
    { ".localhost", 0 },
    { "a..b", 0 },
    { "-a.test", 0 },
    { "a-.test", 0 },
    { "a.test-", 0 },
    { "a.-test", 0 },
    { "*.test", 0 },
    { "a b.test", 0 },
    { "a_b.test", 0 },
    { "b\xc3\xbc"
      "cher.test",
      0 },
    { "a.test:8883", 0 },
    { "a.test/", 0 },
    { "a.test@", 0 },
    { "a.test[", 0 },
    { "a.test`", 0 },
    { "a.test{", 0 },
    { LABEL63 "a.test", 0 },
    { LABEL63 "." LABEL63 "." LABEL63
              ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      0 }, /* 254 */
};

static void nothing_was_opened(void)
{
    ck_assert_uint_eq(client.peer->opens, 0);
    ck_assert_uint_eq(client.peer->wire_sent, 0);
}

START_TEST(tls_wants_a_dns_name)
{
    client_new(NULL, NULL, 1053, 0);
    client.config.server_name = names[_i].name;
    if (names[_i].is_good) {
        ck_assert_int_eq(client.tls.stream.vtable->open(&client.tls.stream, peer_now()),
                         DPS_STREAM_AGAIN);
        ck_assert_uint_ne(client.peer->wire_sent, 0);
        return;
    }
    ck_assert_msg(client_open() == DPS_STREAM_FAILED, "%s", names[_i].name);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_SERVER_NAME, 0);
    nothing_was_opened();
}
END_TEST

static const struct {
    const char *name;
    size_t anchor_count, in_len, out_len;
    uint32_t utc_s;
    int random;
    enum dps_stream_error error;
} refused[] = {
    { "no anchor", 0, 1053, 0, 1700000000, 1, DPS_STREAM_ERR_NO_ANCHORS },
    { "TC-05 no time of day", 1, 1053, 0, 0, 1, DPS_STREAM_ERR_CLOCK },
    { "half duplex below 837", 1, 836, 0, 1700000000, 1, DPS_STREAM_ERR_BUFFER },
    { "in below 837", 1, 836, 597, 1700000000, 1, DPS_STREAM_ERR_BUFFER },
    { "out below 597", 1, 837, 596, 1700000000, 1, DPS_STREAM_ERR_BUFFER },
    { "no random bytes", 1, 1053, 0, 1700000000, -1, DPS_STREAM_ERR_RANDOM },
};

START_TEST(tls_refuses_a_configuration)
{
    struct dps_now now = { 0, 0 };

    client_new(NULL, NULL, refused[_i].in_len, refused[_i].out_len);
    client.config.anchor_count = refused[_i].anchor_count;
    client.random_result = refused[_i].random;
    now.utc_s = refused[_i].utc_s;
    ck_assert_msg(client_open_at(now) == DPS_STREAM_FAILED, "%s", refused[_i].name);
    client_failed(DPS_LAYER_TLS, refused[_i].error, 0);
    nothing_was_opened();
    /* Once failed it stays so, whatever the clock says, until a close. */
    ck_assert_int_eq(client_open(), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, refused[_i].error, 0);
}
END_TEST

START_TEST(tls_waits_for_random_bytes)
{
    client_new("server.pem", "server.key", 1053, 0);
    client.random_result = 0;
    ck_assert_int_eq(client.tls.stream.vtable->open(&client.tls.stream, peer_now()),
                     DPS_STREAM_AGAIN);
    ck_assert_int_eq(client.tls.stream.vtable->open(&client.tls.stream, peer_now()),
                     DPS_STREAM_AGAIN);
    ck_assert_int_eq(client_wants(), 0); /* no socket tells when */
    ck_assert_int_eq(client.random_calls, 2);
    nothing_was_opened();
    client.random_result = 1;
    ck_assert_int_eq(client_open(), DPS_STREAM_DONE);
    ck_assert_int_eq(client.random_calls, 3);
}
END_TEST

/* ---- The server's certificate ------------------------------------------------------ */

enum { NOW = 0, DAY = 86400 };

static const struct {
    const char *name, *chain, *key, *anchors, *server_name;
    uint32_t utc_s; /* NOW: this moment */
    int32_t number; /* BearSSL's; 0: accepted */
} certificates[] = {
    { "TO-01 as it should be", "server.pem", "server.key", "root.pem", "localhost", NOW,
      0 },
    { "TO-05 another name of it", "server.pem", "server.key", "root.pem",
      "dps.example.test", NOW, 0 },
    { "TO-05 in upper case", "server.pem", "server.key", "root.pem", "LocalHost", NOW,
      0 },
    { "TN-01 another host's", "other-name.pem", "other-name.key", "root.pem", "localhost",
      NOW, 56 },
    { "TN-04 no alternative name", "no-san.pem", "no-san.key", "root.pem", "localhost",
      NOW, 56 },
    { "TC-01 expired", "expired.pem", "expired.key", "root.pem", "localhost", NOW, 54 },
    { "expired, at 2020-12-31: its root begins later", "expired.pem", "expired.key",
      "root.pem", "localhost", 1609400000, 54 },
    { "TC-05 the clock in 1970", "server.pem", "server.key", "root.pem", "localhost", 1,
      54 },
    { "TC-05 the clock in 2106", "server.pem", "server.key", "root.pem", "localhost",
      UINT32_MAX, 54 },
    { "TC-07 another root", "server.pem", "server.key", "other-root.pem", "localhost",
      NOW, 62 },
    { "TC-07 another kind of root", "server.pem", "server.key", "ec-root.pem",
      "localhost", NOW, 62 },
    { "TA-05 RSA-1024", "weak.pem", "weak.key", "root.pem", "localhost", NOW, 60 },
    { "TC-08 no intermediate", "leaf-only.pem", "server.key", "root.pem", "localhost",
      NOW, 62 },
    { "TN-01 a device's certificate", "device.pem", "device.key", "root.pem", "localhost",
      NOW, 56 },
};

START_TEST(tls_verifies_the_certificate)
{
    struct dps_now now = peer_now();

    client_new(certificates[_i].chain, certificates[_i].key, 1053, 0);
    client_trusts(certificates[_i].anchors);
    client.config.server_name = certificates[_i].server_name;
    if (certificates[_i].utc_s != NOW) {
        now.utc_s = certificates[_i].utc_s;
    }
    if (certificates[_i].number == 0) {
        ck_assert_msg(client_open_at(now) == DPS_STREAM_DONE, "%s",
                      certificates[_i].name);
        return;
    }
    ck_assert_msg(client_open_at(now) == DPS_STREAM_FAILED, "%s", certificates[_i].name);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE, certificates[_i].number);
    ck_assert_int_eq(client_write("token", 5), DPS_STREAM_FAILED);
    ck_assert_int_eq(client_flush(), DPS_STREAM_FAILED);
    ck_assert_int_eq(client_read(client.space, 1), DPS_STREAM_FAILED);
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    peer_step(client.peer);
    ck_assert_uint_eq(client.peer->received_len, 0);
}
END_TEST

/* The last second before a certificate's validity and the first one in it: the peer's
 * begins on 1 January of the year before this one, at six o'clock (tests/pki/make.sh). */
START_TEST(tls_counts_days_as_the_calendar_does)
{
    struct dps_now now = peer_now();
    uint32_t days = 0, before = 0, begins, year;

    for (year = 1970; days <= now.utc_s / DAY; year++) { /* the days before each year */
        before = days;
        days += year % 4 == 0 ? 366 : 365; /* until 2099 */
    }
    year -= 2; /* the year before this one, and the days before that */
    days = before - (year % 4 == 0 ? 366 : 365);
    begins = days * DAY + 6 * 3600;

    client_new("server.pem", "server.key", 1053, 0);
    now.utc_s = begins - 1;
    ck_assert_int_eq(client_open_at(now), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE, 54);
    client_close(1);
    peer_reset(client.peer);
    /* The root's own dates do not count: an anchor has none. */
    now.utc_s = begins;
    ck_assert_int_eq(client_open_at(now), DPS_STREAM_DONE);
}
END_TEST

/* ---- Servers that cannot do what we ask for ---------------------------------------- */

static const struct {
    const char *name;
    unsigned version_min, version_max;
    uint16_t suite;
    int32_t number;
} servers[] = {
    { "TV-01 TLS 1.0 only", BR_TLS10, BR_TLS10, 0, 296 },
    { "TV-02 TLS 1.1 only", BR_TLS11, BR_TLS11, 0, 296 },
    { "TV-02 up to TLS 1.1", BR_TLS10, BR_TLS11, 0, 296 },
    { "TV-10 RSA key exchange only, GCM", BR_TLS12, BR_TLS12, 0x009C, 296 },
    { "TV-10 RSA key exchange only, CBC", BR_TLS12, BR_TLS12, 0x002F, 296 },
    { "TV-11 ECDHE with CBC and SHA-1", BR_TLS12, BR_TLS12, 0xC013, 296 },
    { "TV-11 ECDHE with CBC and SHA-256", BR_TLS12, BR_TLS12, 0xC027, 296 },
    { "TV-14 3DES", BR_TLS12, BR_TLS12, 0xC012, 296 },
    { "an ECDSA suite and no such key", BR_TLS12, BR_TLS12, 0xC02B, 296 },
};

START_TEST(tls_refuses_a_server)
{
    client_new("server.pem", "server.key", 1053, 0);
    br_ssl_engine_set_versions(&client.peer->server.eng, servers[_i].version_min,
                               servers[_i].version_max);
    if (servers[_i].suite != 0) {
        br_ssl_engine_set_suites(&client.peer->server.eng, &servers[_i].suite, 1);
    }
    ck_assert_msg(client_open() == DPS_STREAM_FAILED, "%s", servers[_i].name);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_HANDSHAKE, servers[_i].number);
    ck_assert_uint_eq(client.peer->received_len, 0);
}
END_TEST

/* RFC 5246 7.4.1.4.1: a server that can only sign with SHA-1 finds no common ground. */
START_TEST(tls_takes_no_sha1_signature)
{
    int id;

    client_new("server.pem", "server.key", 1053, 0);
    for (id = br_sha224_ID; id <= br_sha512_ID; id++) {
        if (id != br_sha256_ID) { /* the PRF needs it */
            br_ssl_engine_set_hash(&client.peer->server.eng, id, NULL);
        }
    }
    ck_assert_int_eq(client_open(), DPS_STREAM_DONE);
    ck_assert_ptr_null(br_ssl_engine_get_hash(&client.tls.client.eng, br_sha1_ID));
    ck_assert_ptr_null(br_ssl_engine_get_hash(&client.tls.client.eng, br_md5_ID));
    ck_assert_ptr_null(br_ssl_engine_get_hash(&client.tls.client.eng, br_sha224_ID));
}
END_TEST

/* ---- Peers that are no TLS server -------------------------------------------------- */

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    int ended;
    enum dps_stream_error error;
    int32_t detail;
} fakes[] = {
    { "TH-21 close_notify", BYTES("\x15\x03\x03\x00\x02\x01\x00"), 0,
      DPS_STREAM_ERR_CLOSED_EARLY, 0 },
    { "TH-21 close_notify, then the end", BYTES("\x15\x03\x03\x00\x02\x01\x00"), 1,
      DPS_STREAM_ERR_CLOSED_EARLY, 0 },
    { "TH-23 the end", "", 0, 1, DPS_STREAM_ERR_CLOSED_EARLY, 0 },
    { "TH-23 the end in a header", BYTES("\x16\x03\x03"), 1, DPS_STREAM_ERR_CLOSED_EARLY,
      0 },
    { "TH-23 the end in a message", BYTES("\x16\x03\x03\x00\x10\x02\x00\x00\x46\x03\x03"),
      1, DPS_STREAM_ERR_CLOSED_EARLY, 0 },
    { "TH-20 alert 40", BYTES("\x15\x03\x03\x00\x02\x02\x28"), 0,
      DPS_STREAM_ERR_HANDSHAKE, 256 + 40 },
    { "TH-20 alert 255", BYTES("\x15\x03\x03\x00\x02\x02\xff"), 0,
      DPS_STREAM_ERR_HANDSHAKE, 256 + 255 },
    { "TV-03 alert 70", BYTES("\x15\x03\x03\x00\x02\x02\x46"), 0,
      DPS_STREAM_ERR_HANDSHAKE, 256 + 70 },
    { "TH-25 HTTP", BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), 0,
      DPS_STREAM_ERR_HANDSHAKE, 3 },
    { "TH-25 MQTT CONNACK", BYTES("\x20\x02\x00\x00\x00"), 0, DPS_STREAM_ERR_HANDSHAKE,
      3 },
    { "TH-19 application data", BYTES("\x17\x03\x03\x00\x04ping"), 0,
      DPS_STREAM_ERR_HANDSHAKE, 10 },
    { "TH-19 heartbeat", BYTES("\x18\x03\x03\x00\x03\x01\x00\x00"), 0,
      DPS_STREAM_ERR_HANDSHAKE, 10 },
    { "TR-05 16,385 bytes in the clear", BYTES("\x16\x03\x03\x40\x01\x02"), 0,
      DPS_STREAM_ERR_HANDSHAKE, 5 },
    { "TV-04 a ServerHello of TLS 1.1",
      BYTES("\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02"
            "0123456789abcdef0123456789abcdef\x00\xc0\x2f\x00"),
      0, DPS_STREAM_ERR_HANDSHAKE, 3 },
    { "TV-16 a suite that was not offered",
      BYTES("\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03"
            "0123456789abcdef0123456789abcdef\x00\xc0\x13\x00"),
      0, DPS_STREAM_ERR_HANDSHAKE, 16 },
    { "TH-12 ChangeCipherSpec early", BYTES("\x14\x03\x03\x00\x01\x01"), 0,
      DPS_STREAM_ERR_HANDSHAKE, 10 },
};

START_TEST(tls_refuses_what_is_no_server)
{
    client_new(NULL, NULL, 1053, 0);
    client.peer->piece = 1;
    client.peer->ended = fakes[_i].ended;
    peer_inject(client.peer, fakes[_i].bytes, fakes[_i].len);
    ck_assert_msg(client_open() == DPS_STREAM_FAILED, "%s", fakes[_i].name);
    client_failed(DPS_LAYER_TLS, fakes[_i].error, fakes[_i].detail);
}
END_TEST

/* TH-22: empty records, and warnings (user_canceled, 90), without end. No call may go on
 * as long as they come. */
static const struct {
    const char *bytes;
    size_t len;
} floods[] = { { BYTES("\x16\x03\x03\x00\x00") },
               { BYTES("\x15\x03\x03\x00\x02\x01\x5a") } };

START_TEST(tls_flood_leaves_the_driver_its_turn)
{
    int i;

    client_new(NULL, NULL, 1053, 0);
    for (i = 0; i < 5000; i++) {
        peer_inject(client.peer, floods[_i].bytes, floods[_i].len);
    }
    for (i = 0; client.peer->down.len != 0; i++) {
        ck_assert_int_eq(client.tls.stream.vtable->open(&client.tls.stream, peer_now()),
                         DPS_STREAM_AGAIN);
        ck_assert(client.peer->down.len == 0 || client_wants() == 0);
    }
    ck_assert_int_ge(i, 5);
}
END_TEST

/* The end, and a failure below, at every byte of the server's handshake. */
START_TEST(tls_handshake_cut_at_every_byte)
{
    size_t whole, cut;

    client_new("server-ec.pem", "server-ec.key", 1053, 0);
    ck_assert_int_eq(client_open(), DPS_STREAM_DONE);
    whole = client.peer->wire_received;
    for (cut = 1; cut < whole; cut += 13) {
        client_close(1);
        peer_reset(client.peer);
        client.peer->receive_limit = cut;
        client.peer->ended = 0;
        while (client.peer->wire_received < cut) {
            ck_assert_int_eq(
                client.tls.stream.vtable->open(&client.tls.stream, peer_now()),
                DPS_STREAM_AGAIN);
            peer_step(client.peer);
        }
        client.peer->down.len = 0;
        client.peer->ended = 1;
        client.peer->has_server = 0;
        ck_assert_int_eq(client_open(), DPS_STREAM_FAILED);
        client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_CLOSED_EARLY, 0);
        client.peer->has_server = 1;
    }
}
END_TEST

START_TEST(tls_passes_a_failure_below_on)
{
    client_new("server.pem", "server.key", 1053, 0);
    client.peer->fail_write_at = 1; /* after the ClientHello */
    ck_assert_int_eq(client_open(), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_NETWORK, DPS_STREAM_ERR_WRITE, ECONNRESET);
}
END_TEST

/* No failure of the stream below, so there is none to pass on. */
START_TEST(tls_end_that_a_write_tells_is_its_own_failure)
{
    client_new("server.pem", "server.key", 1053, 0);
    client.peer->ends_write = 1;
    client.peer->fail_write_at = 1; /* after the ClientHello */
    ck_assert_int_eq(client_open(), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_CLOSED_EARLY, 0);
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    client.peer->fail_write_at = 0;
    peer_reset(client.peer);
    ck_assert_int_eq(client_open(), DPS_STREAM_DONE);
    client.peer->fail_write_at = client.peer->wire_sent;
    ck_assert_int_eq(client_write("x", 1), 1);
    ck_assert_int_eq(client_flush(), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_TRUNCATED, 0);
}
END_TEST

/* ---- Again ------------------------------------------------------------------------- */

START_TEST(tls_opens_anew_after_close)
{
    int i;

    client_new("server.pem", "server.key", 1053, _i == 0 ? 0 : 597);
    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(client_open(), DPS_STREAM_DONE);
        ck_assert_int_eq(client_open(), DPS_STREAM_DONE);
        send_all(client_pattern((unsigned)i, 600), 600);
        ck_assert_uint_eq(client.peer->received_len, 600);
        ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
        ck_assert_uint_eq(dps_tls_cipher_suite(&client.tls), 0);
        ck_assert_int_eq(client_write("x", 1), DPS_STREAM_FAILED);
        ck_assert_uint_eq(client.peer->opens, (unsigned)i + 1);
        ck_assert_int_eq(client.random_calls, i + 1);
        peer_reset(client.peer);
    }
}
END_TEST

START_TEST(tls_opens_anew_after_a_failure)
{
    client_new("server.pem", "server.key", 1053, 0);
    client.peer->flip_at = 20; /* in the server's random */
    ck_assert_int_eq(client_open(), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_HANDSHAKE, 27); /* TH-01 */
    ck_assert_int_eq(client_open(), DPS_STREAM_FAILED);
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_HANDSHAKE, 27);
    client.peer->flip_at = 0;
    peer_reset(client.peer);
    ck_assert_int_eq(client_open(), DPS_STREAM_DONE);
    client_failed(DPS_LAYER_NONE, DPS_STREAM_OK, 0);
}
END_TEST

/* Would take TLS 1.0, any key and a renegotiation, were that its to say. */
static void lax_profile(br_ssl_client_context *lax, br_x509_minimal_context *x509)
{
    dps_tls_profile(lax, x509);
    br_ssl_engine_set_versions(&lax->eng, BR_TLS10, BR_TLS12);
    br_ssl_engine_set_all_flags(&lax->eng, 0);
    br_x509_minimal_set_minrsa(x509, 1);
    br_ssl_engine_set_x509(&lax->eng, NULL);
}

/* 0: a server with a key of 1,024 bits; 1: one that speaks at most TLS 1.1. */
START_TEST(tls_profile_decides_no_more_than_the_algorithms)
{
    client_new(_i == 0 ? "weak.pem" : "server.pem", _i == 0 ? "weak.key" : "server.key",
               1053, 0);
    client.config.profile = lax_profile;
    if (_i == 1) {
        br_ssl_engine_set_versions(&client.peer->server.eng, BR_TLS10, BR_TLS11);
    }
    ck_assert_int_eq(client_open(), DPS_STREAM_FAILED);
    if (_i == 0) {
        client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE,
                      BR_ERR_X509_WEAK_PUBLIC_KEY);
    } else {
        client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_HANDSHAKE, 296);
    }
    ck_assert_uint_eq(client.tls.client.eng.flags, BR_OPT_NO_RENEGOTIATION);
}
END_TEST

START_TEST(tls_fails_anew_after_a_failure)
{
    struct dps_now no_time_of_day = { 0, 0 };

    client_new("server.pem", "server.key", 1053, 0);
    client.peer->flip_at = 20;
    ck_assert_int_eq(client_open(), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_HANDSHAKE, 27);
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    ck_assert_int_eq(client_open_at(no_time_of_day), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_CLOCK, 0); /* and no detail of before */
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(table)[0])

TCase *tls_handshake_cases(void);
TCase *tls_handshake_cases(void)
{
    TCase *cases = tcase_create("handshake");

    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, tls_opens_and_moves_data, 0, ROWS(opens));
    tcase_add_loop_test(cases, tls_takes_each_of_its_suites, 0, 6);
    tcase_add_test(cases, tls_offers_six_suites_and_one_version);
    tcase_add_test(cases, tls_offers_no_old_hash);
    tcase_add_loop_test(cases, tls_wants_a_dns_name, 0, ROWS(names));
    tcase_add_loop_test(cases, tls_refuses_a_configuration, 0, ROWS(refused));
    tcase_add_test(cases, tls_waits_for_random_bytes);
    tcase_add_loop_test(cases, tls_verifies_the_certificate, 0, ROWS(certificates));
    tcase_add_test(cases, tls_counts_days_as_the_calendar_does);
    tcase_add_loop_test(cases, tls_refuses_a_server, 0, ROWS(servers));
    tcase_add_test(cases, tls_takes_no_sha1_signature);
    tcase_add_loop_test(cases, tls_refuses_what_is_no_server, 0, ROWS(fakes));
    tcase_add_loop_test(cases, tls_flood_leaves_the_driver_its_turn, 0, ROWS(floods));
    tcase_add_test(cases, tls_handshake_cut_at_every_byte);
    tcase_add_test(cases, tls_passes_a_failure_below_on);
    tcase_add_test(cases, tls_end_that_a_write_tells_is_its_own_failure);
    tcase_add_loop_test(cases, tls_opens_anew_after_close, 0, 2);
    tcase_add_test(cases, tls_opens_anew_after_a_failure);
    tcase_add_loop_test(cases, tls_profile_decides_no_more_than_the_algorithms, 0, 2);
    tcase_add_test(cases, tls_fails_anew_after_a_failure);
    return cases;
}
