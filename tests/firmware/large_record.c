/* SPDX-License-Identifier: MIT
 *
 * A TLS server that ignores max_fragment_length (RFC 6066 4), as DPS is expected to:
 *
 *     large_record SIZE
 *
 * prints `port N`, the one that it listens at, takes one connection, and answers the first
 * application data with SIZE bytes of zeros in one record. Then it keeps the connection
 * and reads, until the other side closes it: what the client makes of the record is the
 * client's own doing.
 *
 * The server is the one of the TLS room's tests; this file is the socket around it. What
 * goes wrong in there ends a test of Check's: so there has to be one. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/tls/peer.h"

static size_t size; /* of the record */

static int take_connection(void)
{
    struct sockaddr_in address = { 0 };
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), connection;

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    printf("port %u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    connection = accept(listener, NULL, NULL);
    ck_assert_int_ge(connection, 0);
    close(listener);
    return connection;
}

/* What the server has said goes to the socket. */
static void send_all(struct peer *peer, int connection)
{
    const struct dps_stream_class *server = peer->stream.vtable;
    uint8_t buf[4096];
    int n;

    peer_step(peer);
    while ((n = server->read(&peer->stream, buf, sizeof buf)) > 0) {
        ck_assert_int_eq(send(connection, buf, (size_t)n, MSG_NOSIGNAL), n);
    }
}

/* What the socket has goes to the server; 0 at its end. */
static int receive(struct peer *peer, int connection)
{
    uint8_t buf[4096];
    ssize_t n = recv(connection, buf, sizeof buf, 0);

    if (n > 0) {
        peer->stream.vtable->write(&peer->stream, buf, (size_t)n);
    }
    return n > 0;
}

START_TEST(one_connection)
{
    static const uint8_t zeros[16384];
    struct peer *peer = peer_new("service.pem", "service.key");
    int connection, is_sent = 0;

    ck_assert(size >= 1 && size <= sizeof zeros);
    peer->ignores_fragment_length = 1;
    connection = take_connection();
    while (receive(peer, connection)) {
        send_all(peer, connection);
        if (!is_sent && peer->received_len != 0) {
            is_sent = 1;
            peer_write(peer, zeros, size);
            send_all(peer, connection);
        }
    }
    ck_assert_msg(is_sent, "the client sent no application data");
    peer_free(peer);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("large_record");
    TCase *cases = tcase_create("large_record");
    SRunner *runner = srunner_create(suite);
    int failed;

    size = argc == 2 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    suite_add_tcase(suite, cases);
    tcase_add_test(cases, one_connection);
    srunner_set_fork_status(runner, CK_NOFORK); /* and so there is no time limit */
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
