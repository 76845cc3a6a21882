/* SPDX-License-Identifier: MIT
 *
 * An open TLS stream: the half duplex law, records that are too large, damaged or cut,
 * the end, and closing. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/tls/client.h"

static uint8_t got[65536];

static void open_client(size_t in_len, size_t out_len)
{
    client_new("server-ec.pem", "server-ec.key", in_len, out_len);
    client.peer->ignores_fragment_length = 1;
    ck_assert_int_eq(client_open(), DPS_STREAM_DONE);
}

static int server_closed_cleanly(void)
{
    peer_step(client.peer);
    return br_ssl_engine_current_state(&client.peer->server.eng) == BR_SSL_CLOSED
           && br_ssl_engine_last_error(&client.peer->server.eng) == BR_ERR_OK;
}

/* ---- Half duplex ------------------------------------------------------------------- */

START_TEST(tls_one_buffer_is_drained_before_it_is_written)
{
    open_client(1053, 0);
    peer_write(client.peer, client_pattern(1, 600), 600);
    /* Nobody has looked yet, so the record is still in the network. */
    ck_assert_int_eq(client_read(got, 100), 100);
    ck_assert_int_eq(client_write("x", 1), DPS_STREAM_DRAIN_FIRST);
    ck_assert_int_eq(client_flush(), DPS_STREAM_DONE); /* nothing is gathered */
    ck_assert_int_eq(client_read(got + 100, 499), 499);
    ck_assert_int_eq(client_write("x", 1), DPS_STREAM_DRAIN_FIRST);
    ck_assert_int_eq(client_read(got + 599, 100), 1);
    ck_assert_mem_eq(got, client_pattern(1, 600), 600);
    ck_assert_int_eq(client_write("x", 1), 1);
    ck_assert_int_eq(client_flush(), DPS_STREAM_DONE);
    peer_step(client.peer);
    ck_assert_uint_eq(client.peer->received_len, 1);
}
END_TEST

START_TEST(tls_two_buffers_need_no_draining)
{
    open_client(1053, 597);
    peer_write(client.peer, client_pattern(1, 600), 600);
    ck_assert_int_eq(client_read(got, 100), 100);
    ck_assert_int_eq(client_write("x", 1), 1);
    ck_assert_int_eq(client_flush(), DPS_STREAM_DONE);
    peer_step(client.peer);
    ck_assert_uint_eq(client.peer->received_len, 1);
    ck_assert_int_eq(client_read(got + 100, 1000), 500);
    ck_assert_mem_eq(got, client_pattern(1, 600), 600);
}
END_TEST

/* A record that has arrived in part holds the buffer too, from its first byte on. */
START_TEST(tls_one_buffer_waits_for_the_rest_of_a_record)
{
    size_t part, whole = 600 + DPS_TLS_OVERHEAD;

    for (part = 1; part < whole; part += part < 8 ? 1 : 97) {
        open_client(1053, 0);
        peer_write(client.peer, client_pattern(1, 600), 600);
        client.peer->receive_limit = client.peer->wire_received + part;
        ck_assert_int_eq(client_read(got, 600), DPS_STREAM_AGAIN);
        ck_assert_int_eq(client_write("x", 1), DPS_STREAM_DRAIN_FIRST);
        ck_assert_int_eq(client_read(got, 600), DPS_STREAM_AGAIN);
        ck_assert_int_eq(client_wants(), DPS_WANTS_READ);
        client.peer->receive_limit = 0;
        ck_assert_int_eq(client_read(got, 600), 600);
        ck_assert_mem_eq(got, client_pattern(1, 600), 600);
        ck_assert_int_eq(client_write("x", 1), 1);
        peer_free(client.peer);
    }
}
END_TEST

/* Until a sent record is wholly taken nothing is received, and nothing is lost. */
START_TEST(tls_one_buffer_sends_a_record_before_it_receives)
{
    int i;

    open_client(1053, 0);
    client.peer->send_limit = 50;
    ck_assert_int_eq(client_write(client_pattern(1, 400), 400), 400);
    ck_assert_uint_eq(client.peer->up.len, 0); /* gathered, not sent */
    peer_write(client.peer, client_pattern(2, 300), 300);
    ck_assert_int_eq(client_read(got, 300), DPS_STREAM_AGAIN); /* gathered: no room */
    for (i = 0; client_flush() == DPS_STREAM_AGAIN; i++) {
        ck_assert_int_eq(client_wants(), DPS_WANTS_WRITE);
        ck_assert_int_eq(client_read(got, 300), DPS_STREAM_AGAIN);
        ck_assert_int_eq(client_wants(), DPS_WANTS_WRITE);
        peer_step(client.peer);
    }
    ck_assert_int_eq(i, (400 + DPS_TLS_OVERHEAD) / 50);
    peer_step(client.peer);
    ck_assert_uint_eq(client.peer->received_len, 400);
    ck_assert_mem_eq(client.peer->received, client_pattern(1, 400), 400);
    ck_assert_int_eq(client_read(got, 300), 300);
    ck_assert_mem_eq(got, client_pattern(2, 300), 300);
    ck_assert_int_eq(client_read(got, 300), DPS_STREAM_AGAIN);
    ck_assert_int_eq(client_wants(), DPS_WANTS_READ); /* WRITE is over */
}
END_TEST

/* With two buffers a network that takes nothing does not keep us from reading. */
START_TEST(tls_two_buffers_receive_while_the_network_is_full)
{
    open_client(1053, 597);
    client.peer->send_limit = 10;
    ck_assert_int_eq(client_write("hello", 5), 5);
    ck_assert_int_eq(client_flush(), DPS_STREAM_AGAIN);
    ck_assert_int_eq(client_read(got, 10), DPS_STREAM_AGAIN);
    ck_assert_int_eq(client_wants(), DPS_WANTS_READ | DPS_WANTS_WRITE);
    peer_write(client.peer, "world", 5);
    ck_assert_int_eq(client_read(got, 10), 5);
}
END_TEST

START_TEST(tls_write_gathers_until_flush)
{
    int i;

    open_client(1053, _i == 0 ? 0 : 597);
    i = (int)client.peer->wire_sent;
    ck_assert_int_eq(client_write("abc", 3), 3);
    ck_assert_int_eq(client_write("defg", 4), 4);
    ck_assert_uint_eq(client.peer->wire_sent, (size_t)i);
    ck_assert_int_eq(client_flush(), DPS_STREAM_DONE);
    ck_assert_uint_eq(client.peer->wire_sent,
                      (size_t)i + 7 + DPS_TLS_OVERHEAD); /* one record */
    ck_assert_int_eq(client_flush(), DPS_STREAM_DONE);
    ck_assert_uint_eq(client.peer->wire_sent, (size_t)i + 7 + DPS_TLS_OVERHEAD);
    peer_step(client.peer);
    ck_assert_mem_eq(client.peer->received, "abcdefg", 7);
}
END_TEST

START_TEST(tls_write_fills_records)
{
    size_t sent = 0;

    open_client(1053, _i == 0 ? 0 : 597);
    while (sent < 5000) {
        int n = client_write(client_pattern(5, 5000) + sent, 5000 - sent);

        ck_assert_int_gt(n, 0); /* the network is never full here */
        sent += (size_t)n;
    }
    ck_assert_int_eq(client_flush(), DPS_STREAM_DONE);
    peer_step(client.peer);
    ck_assert_uint_eq(client.peer->received_len, 5000);
    ck_assert_mem_eq(client.peer->received, client_pattern(5, 5000), 5000);
}
END_TEST

START_TEST(tls_write_waits_for_a_filled_record)
{
    int n;

    open_client(1053, _i == 0 ? 0 : 597);
    client.peer->send_limit = 100;
    n = client_write(client_pattern(5, 5000), 5000);
    ck_assert_int_ge(n, 512);
    ck_assert_int_eq(client_write("x", 1), DPS_STREAM_AGAIN);
    ck_assert_int_eq(client_wants(), DPS_WANTS_WRITE);
    while (client_write("x", 1) == DPS_STREAM_AGAIN) {
        peer_step(client.peer);
    }
    peer_step(client.peer);
    ck_assert_uint_eq(client.peer->received_len, (size_t)n);
}
END_TEST

/* ---- Records ----------------------------------------------------------------------- */

static const struct {
    size_t in_len, out_len, len;
    int fits;
} sizes[] = {
    { 837, 0, 808, 1 },    { 837, 0, 809, 0 },     { 1053, 0, 1024, 1 },
    { 1053, 0, 1025, 0 },  { 1053, 597, 1024, 1 }, { 1053, 597, 1025, 0 },
    { 1053, 0, 16384, 0 }, { 16412, 0, 16384, 0 }, { 16413, 0, 16384, 1 },
};

START_TEST(tls_record_of_the_buffers_size)
{
    size_t at = 0;

    open_client(sizes[_i].in_len, sizes[_i].out_len);
    peer_write(client.peer, "first", 5);
    peer_write(client.peer, client_pattern(6, sizes[_i].len), sizes[_i].len);
    ck_assert_int_eq(client_read(got, sizeof got), 5);
    if (!sizes[_i].fits) {
        ck_assert_int_eq(client_read(got, sizeof got), DPS_STREAM_FAILED);
        client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD_TOO_LARGE,
                      (int32_t)sizes[_i].in_len);
        ck_assert_int_eq(client_write("x", 1), DPS_STREAM_FAILED);
        return;
    }
    while (at < sizes[_i].len) {
        int n = client_read(got + at, 1000);

        ck_assert_int_gt(n, 0);
        at += (size_t)n;
    }
    ck_assert_mem_eq(got, client_pattern(6, at), at);
    ck_assert_int_eq(client_read(got, 1), DPS_STREAM_AGAIN);
}
END_TEST

/* TR-01, TR-03: any byte of a record changed on the way. A changed length may also make
 * it too large, too short, or wait for more: never is a byte of it delivered. */
START_TEST(tls_damaged_record_is_refused)
{
    int r;

    open_client(1053, 0);
    peer_write(client.peer, client_pattern(7, 40), 40);
    client.peer->flip_at = client.peer->wire_received + 1 + (size_t)_i;
    r = client_read(got, sizeof got);
    if (_i == 3 || _i == 4) { /* the length */
        ck_assert_int_le(r, DPS_STREAM_AGAIN);
        return;
    }
    ck_assert_int_eq(r, DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD,
                  _i == 1   ? 3    /* not SSL's version 3.x at all */
                  : _i == 2 ? 4    /* another version than before */
                            : 7);  /* the tag covers the type and all the rest */
    ck_assert_int_eq(client_read(got, sizeof got), DPS_STREAM_FAILED);
    ck_assert_int_eq(client_write("x", 1), DPS_STREAM_FAILED);
    ck_assert_int_eq(client_flush(), DPS_STREAM_FAILED);
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    ck_assert_uint_eq(client.peer->received_len, 0);
}
END_TEST

/* A fatal alert, and TR-11: a close_notify that was not encrypted. */
START_TEST(tls_plain_alert_is_refused)
{
    open_client(1053, 0);
    peer_inject(client.peer, "\x15\x03\x03\x00\x02\x01\x00", 7);
    ck_assert_int_eq(client_read(got, 1), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD, 5);
}
END_TEST

/* TR-13: HelloRequest is answered with a warning, and the connection stays. */
START_TEST(tls_does_not_renegotiate)
{
    open_client(1053, _i == 0 ? 0 : 597);
    peer_write(client.peer, "before", 6);
    ck_assert_int_eq(client_read(got, 100), 6);
    ck_assert(br_ssl_engine_renegotiate(&client.peer->server.eng));
    peer_step(client.peer);
    ck_assert_int_eq(client_read(got, 100), DPS_STREAM_AGAIN);
    peer_step(client.peer);
    /* BearSSL's server takes the warning (100, RFC 5246 7.2.2) for fatal, and we go
     * on. */
    ck_assert_int_eq(br_ssl_engine_last_error(&client.peer->server.eng), 256 + 100);
    ck_assert_int_eq(client_write("too", 3), 3);
    ck_assert_int_eq(client_flush(), DPS_STREAM_DONE);
}
END_TEST

/* ---- The end ----------------------------------------------------------------------- */

START_TEST(tls_end_without_close_notify_is_truncation)
{
    open_client(1053, _i == 0 ? 0 : 597);
    peer_write(client.peer, client_pattern(8, 500), 500);
    client.peer->ended = 1;
    ck_assert_int_eq(client_read(got, 400), 400); /* what came before is delivered */
    ck_assert_int_eq(client_read(got + 400, 400), 100);
    ck_assert_mem_eq(got, client_pattern(8, 500), 500);
    ck_assert_int_eq(client_read(got, 1), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_TRUNCATED, 0);
    ck_assert_int_eq(client_read(got, 1), DPS_STREAM_FAILED);
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_TRUNCATED, 0);
}
END_TEST

/* TR-09: within a record. */
START_TEST(tls_end_within_a_record_is_truncation)
{
    open_client(1053, 0);
    peer_write(client.peer, client_pattern(8, 500), 500);
    client.peer->down.len -= 1;
    client.peer->ended = 1;
    ck_assert_int_eq(client_read(got, 1), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_TLS, DPS_STREAM_ERR_TRUNCATED, 0);
}
END_TEST

START_TEST(tls_close_notify_is_the_end)
{
    open_client(1053, _i == 0 ? 0 : 597);
    peer_write(client.peer, "last", 4);
    peer_close(client.peer);
    client.peer->ended = 1;
    ck_assert_int_eq(client_read(got, 100), 4);
    ck_assert_int_eq(client_read(got, 100), DPS_STREAM_END);
    ck_assert_int_eq(client_read(got, 100), DPS_STREAM_END);
    ck_assert_int_eq(client_write("x", 1), DPS_STREAM_END);
    ck_assert_int_eq(client_flush(), DPS_STREAM_END);
    ck_assert(server_closed_cleanly()); /* RFC 5246 7.2.1: answered */
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    client_failed(DPS_LAYER_NONE, DPS_STREAM_OK, 0);
}
END_TEST

/* The answer to close_notify waits for the network, and the end for the answer. */
START_TEST(tls_end_waits_for_the_network)
{
    open_client(1053, 0);
    client.peer->send_limit = 10;
    peer_close(client.peer);
    ck_assert_int_eq(client_read(got, 1), DPS_STREAM_AGAIN);
    ck_assert_int_eq(client_wants(), DPS_WANTS_WRITE);
    while (client_read(got, 1) == DPS_STREAM_AGAIN) {
        peer_step(client.peer);
    }
    ck_assert_int_eq(client_read(got, 1), DPS_STREAM_END);
}
END_TEST

START_TEST(tls_failure_below_travels_up)
{
    open_client(1053, _i == 0 ? 0 : 597);
    client.peer->fail_write_at = client.peer->wire_sent;
    ck_assert_int_eq(client_write("x", 1), 1);
    ck_assert_int_eq(client_flush(), DPS_STREAM_FAILED);
    client_failed(DPS_LAYER_NETWORK, DPS_STREAM_ERR_WRITE, ECONNRESET);
    ck_assert_int_eq(client_read(got, 1), DPS_STREAM_FAILED);
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    client_failed(DPS_LAYER_NETWORK, DPS_STREAM_ERR_WRITE, ECONNRESET);
}
END_TEST

/* ---- Closing ----------------------------------------------------------------------- */

START_TEST(tls_close_says_good_bye)
{
    open_client(1053, _i == 0 ? 0 : 597);
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    ck_assert_uint_eq(client.peer->closes, 1);
    peer_step(client.peer);
    ck_assert(server_closed_cleanly());
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE); /* again: no harm */
}
END_TEST

START_TEST(tls_close_at_once_says_nothing)
{
    size_t sent;

    open_client(1053, _i == 0 ? 0 : 597);
    sent = client.peer->wire_sent;
    client.peer->send_limit = 1;
    ck_assert_int_eq(client_write("x", 1), 1);
    ck_assert_int_eq(client_close(1), DPS_STREAM_DONE);
    ck_assert_uint_eq(client.peer->wire_sent, sent);
    ck_assert_uint_eq(client.peer->closes, 1);
}
END_TEST

START_TEST(tls_close_waits_for_the_network)
{
    int i;

    open_client(1053, _i == 0 ? 0 : 597);
    client.peer->send_limit = 10;
    for (i = 0; client_close(0) == DPS_STREAM_AGAIN; i++) {
        ck_assert_int_eq(client_wants(), DPS_WANTS_WRITE);
        ck_assert_uint_eq(client.peer->closes, 0);
        peer_step(client.peer);
    }
    ck_assert_int_eq(i, (2 + DPS_TLS_OVERHEAD) / 10);
    ck_assert(server_closed_cleanly());
}
END_TEST

/* What the peer has sent meanwhile is dropped; a part of a record is waited for. */
START_TEST(tls_close_with_data_unread)
{
    open_client(1053, _i % 2 == 0 ? 0 : 597);
    peer_write(client.peer, client_pattern(1, 600), 600);
    if (_i < 2) {
        ck_assert_int_eq(client_read(got, 1), 1);
    } else {
        client.peer->receive_limit = client.peer->wire_received + 100;
        ck_assert_int_eq(client_read(got, 1), DPS_STREAM_AGAIN);
        if (_i == 2) {
            ck_assert_int_eq(client_close(0), DPS_STREAM_AGAIN);
            ck_assert_int_eq(client_wants(), DPS_WANTS_READ);
        }
        client.peer->receive_limit = 0;
    }
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    ck_assert(server_closed_cleanly());
}
END_TEST

START_TEST(tls_close_when_the_network_fails)
{
    open_client(1053, 0);
    client.peer->fail_write_at = client.peer->wire_sent;
    ck_assert_int_eq(client_close(0), DPS_STREAM_DONE);
    ck_assert_uint_eq(client.peer->closes, 1);
}
END_TEST

/* Keys and plaintext do not outlive the connection. */
START_TEST(tls_close_wipes)
{
    static const br_ssl_client_context zero;
    size_t i;

    open_client(1053, _i == 0 ? 0 : 597);
    peer_write(client.peer, client_pattern(1, 600), 600);
    ck_assert_int_eq(client_read(got, 100), 100);
    ck_assert_int_eq(client_close(1), DPS_STREAM_DONE);
    ck_assert_mem_eq(&client.tls.client, &zero, sizeof zero);
    for (i = 0; i < 1053; i++) {
        ck_assert_uint_eq(client.in[i], 0);
        ck_assert(i >= 597 || client.out[i] == 0);
    }
}
END_TEST

TCase *tls_records_cases(void);
TCase *tls_records_cases(void)
{
    TCase *cases = tcase_create("records");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, tls_one_buffer_is_drained_before_it_is_written);
    tcase_add_test(cases, tls_two_buffers_need_no_draining);
    tcase_add_test(cases, tls_one_buffer_waits_for_the_rest_of_a_record);
    tcase_add_test(cases, tls_one_buffer_sends_a_record_before_it_receives);
    tcase_add_test(cases, tls_two_buffers_receive_while_the_network_is_full);
    tcase_add_loop_test(cases, tls_write_gathers_until_flush, 0, 2);
    tcase_add_loop_test(cases, tls_write_fills_records, 0, 2);
    tcase_add_loop_test(cases, tls_write_waits_for_a_filled_record, 0, 2);
    tcase_add_loop_test(cases, tls_record_of_the_buffers_size, 0,
                        (int)(sizeof sizes / sizeof sizes[0]));
    tcase_add_loop_test(cases, tls_damaged_record_is_refused, 0, 40 + DPS_TLS_OVERHEAD);
    tcase_add_test(cases, tls_plain_alert_is_refused);
    tcase_add_loop_test(cases, tls_does_not_renegotiate, 0, 2);
    tcase_add_loop_test(cases, tls_end_without_close_notify_is_truncation, 0, 2);
    tcase_add_test(cases, tls_end_within_a_record_is_truncation);
    tcase_add_loop_test(cases, tls_close_notify_is_the_end, 0, 2);
    tcase_add_test(cases, tls_end_waits_for_the_network);
    tcase_add_loop_test(cases, tls_failure_below_travels_up, 0, 2);
    tcase_add_loop_test(cases, tls_close_says_good_bye, 0, 2);
    tcase_add_loop_test(cases, tls_close_at_once_says_nothing, 0, 2);
    tcase_add_loop_test(cases, tls_close_waits_for_the_network, 0, 2);
    tcase_add_loop_test(cases, tls_close_with_data_unread, 0, 4);
    tcase_add_test(cases, tls_close_when_the_network_fails);
    tcase_add_loop_test(cases, tls_close_wipes, 0, 2);
    return cases;
}
