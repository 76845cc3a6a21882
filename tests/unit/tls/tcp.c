/* SPDX-License-Identifier: MIT
 *
 * TCP against real sockets of this machine's loopback. */
#define _POSIX_C_SOURCE 200809L

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tls/tcp.h"

static struct sockaddr_storage addresses[4];
static struct dps_tcp tcp;

/* A socket on a free port of the loopback; its address goes to `address`. */
static int bound(int family, struct sockaddr_storage *address)
{
    int fd = socket(family, SOCK_STREAM, 0);
    socklen_t len = sizeof *address;

    memset(address, 0, sizeof *address);
    address->ss_family = (sa_family_t)family;
    if (family == AF_INET6) {
        ((struct sockaddr_in6 *)address)->sin6_addr = in6addr_loopback;
    } else {
        ((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    if (bind(fd, (struct sockaddr *)address,
             family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                : sizeof(struct sockaddr_in))
        != 0) {
        close(fd);
        return -1; /* no IPv6 here */
    }
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)address, &len), 0);
    return fd;
}

static int listening(int family, struct sockaddr_storage *address)
{
    int fd = bound(family, address);

    ck_assert_int_eq(fd < 0 ? 0 : listen(fd, 8), 0);
    return fd;
}

/* An address that never answers: its queue of connections is full, and the kernel drops
 * what else comes. */
static void silent(struct sockaddr_storage *address)
{
    int fd = bound(AF_INET, address), i;

    ck_assert_int_eq(listen(fd, 0), 0);
    for (i = 0; i < 4; i++) {
        int filler = socket(AF_INET, SOCK_STREAM, 0);

        fcntl(filler, F_SETFL, O_NONBLOCK);
        connect(filler, (struct sockaddr *)address, sizeof(struct sockaddr_in));
    }
}

static int open_at(uint32_t ms)
{
    struct dps_now now = { 0, 0 };

    now.ms = ms;
    return tcp.stream.vtable->open(&tcp.stream, now);
}

static int open_fully(void)
{
    int r, i;

    for (i = 0; (r = open_at(0)) == DPS_STREAM_AGAIN && i < 100; i++) {
        dps_tcp_wait(&tcp, 100, tcp.stream.vtable->wants(&tcp.stream));
    }
    return r;
}

static int read_tcp(void *buf, size_t cap)
{
    return tcp.stream.vtable->read(&tcp.stream, (uint8_t *)buf, cap);
}

static int write_tcp(const void *data, size_t len)
{
    return tcp.stream.vtable->write(&tcp.stream, (const uint8_t *)data, len);
}

static int wants_tcp(void)
{
    return tcp.stream.vtable->wants(&tcp.stream);
}

static void fails_with(enum dps_stream_error error, int number)
{
    struct dps_failure failure;

    tcp.stream.vtable->why(&tcp.stream, &failure);
    ck_assert_uint_eq(failure.layer, DPS_LAYER_NETWORK);
    ck_assert_uint_eq(failure.error, error);
    ck_assert_int_eq(failure.detail, number);
}

/* Connected to a listener of this process; the other end of it. */
static int connected(int family)
{
    int fd = listening(family, &addresses[0]), other;

    if (fd < 0) {
        return -1;
    }
    dps_tcp_init(&tcp, addresses, 1);
    ck_assert_int_eq(open_fully(), DPS_STREAM_DONE);
    other = accept(fd, NULL, NULL);
    ck_assert_int_ge(other, 0);
    close(fd);
    return other;
}

static uint64_t clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* ---- Connecting -------------------------------------------------------------------- */

START_TEST(tcp_moves_bytes)
{
    int other = connected(_i == 0 ? AF_INET : AF_INET6);
    char buf[16];

    if (other < 0) {
        return;
    }
    ck_assert_int_eq(open_at(0), DPS_STREAM_DONE);
    ck_assert_int_eq(read_tcp(buf, sizeof buf), DPS_STREAM_AGAIN);
    ck_assert_int_eq(wants_tcp(), DPS_WANTS_READ);
    ck_assert_int_eq(write_tcp("ping", 4), 4);
    ck_assert_int_eq(tcp.stream.vtable->flush(&tcp.stream), DPS_STREAM_DONE);
    ck_assert_int_eq(read(other, buf, sizeof buf), 4);
    ck_assert_mem_eq(buf, "ping", 4);
    ck_assert_int_eq(write(other, "pong!", 5), 5);
    dps_tcp_wait(&tcp, 5000, DPS_WANTS_READ);
    ck_assert_int_eq(read_tcp(buf, 4), 4);
    ck_assert_int_eq(read_tcp(buf + 4, 4), 1);
    ck_assert_mem_eq(buf, "pong!", 5);
}
END_TEST

START_TEST(tcp_sets_its_socket_up)
{
    int on = 0;
    socklen_t len = sizeof on;

    dps_tcp_init(&tcp, addresses, 1);
    ck_assert_int_eq(dps_tcp_fd(&tcp), -1);
    connected(AF_INET);
    ck_assert_int_ne(fcntl(dps_tcp_fd(&tcp), F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_ne(fcntl(dps_tcp_fd(&tcp), F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(getsockopt(dps_tcp_fd(&tcp), IPPROTO_TCP, TCP_NODELAY, &on, &len),
                     0);
    ck_assert_int_ne(on, 0);
}
END_TEST

START_TEST(tcp_without_addresses_fails)
{
    dps_tcp_init(&tcp, NULL, 0);
    ck_assert_int_eq(open_at(0), DPS_STREAM_FAILED);
    fails_with(DPS_STREAM_ERR_NO_ADDRESS, 0);
    ck_assert_int_eq(open_at(0), DPS_STREAM_FAILED);
}
END_TEST

START_TEST(tcp_takes_the_next_address_after_a_refusal)
{
    close(bound(AF_INET, &addresses[0]));
    addresses[1].ss_family = AF_UNIX; /* nonsense is passed over in the same way */
    listening(AF_INET, &addresses[2]);
    dps_tcp_init(&tcp, addresses, 3);
    ck_assert_int_eq(open_fully(), DPS_STREAM_DONE);
    ck_assert_int_eq(write_tcp("x", 1), 1);
}
END_TEST

START_TEST(tcp_fails_when_all_addresses_refuse)
{
    int i;

    close(bound(AF_INET, &addresses[0]));
    close(bound(AF_INET, &addresses[1]));
    dps_tcp_init(&tcp, addresses, 2);
    for (i = 0; i < 2; i++) { /* after a close it starts anew, at the first address */
        ck_assert_int_eq(open_fully(), DPS_STREAM_FAILED);
        fails_with(DPS_STREAM_ERR_CONNECT, ECONNREFUSED);
        ck_assert_int_eq(dps_tcp_fd(&tcp), -1);
        ck_assert_int_eq(tcp.stream.vtable->close(&tcp.stream, 0), DPS_STREAM_DONE);
        fails_with(DPS_STREAM_ERR_CONNECT, ECONNREFUSED);
    }
}
END_TEST

/* From each start, also across the counter's wrap. */
static const uint32_t starts[] = { 0, 12345, UINT32_MAX - 1000 };

START_TEST(tcp_takes_the_next_address_after_three_seconds)
{
    uint32_t start = starts[_i];
    int r, i;

    silent(&addresses[0]);
    listening(AF_INET, &addresses[1]);
    dps_tcp_init(&tcp, addresses, 2);
    ck_assert_int_eq(open_at(start), DPS_STREAM_AGAIN);
    ck_assert_int_eq(wants_tcp(), DPS_WANTS_WRITE);
    ck_assert_int_eq(open_at(start + DPS_TCP_ADDRESS_MS - 1), DPS_STREAM_AGAIN);
    for (i = 0; i < 100; i++) {
        r = open_at(start + DPS_TCP_ADDRESS_MS);
        if (r != DPS_STREAM_AGAIN) {
            break;
        }
        dps_tcp_wait(&tcp, 100, wants_tcp());
    }
    ck_assert_int_eq(r, DPS_STREAM_DONE);
}
END_TEST

START_TEST(tcp_last_address_has_all_the_time)
{
    silent(&addresses[0]);
    silent(&addresses[1]);
    dps_tcp_init(&tcp, addresses, 2);
    ck_assert_int_eq(open_at(0), DPS_STREAM_AGAIN);
    ck_assert_int_eq(open_at(3000), DPS_STREAM_AGAIN);
    ck_assert_int_eq(open_at(60000), DPS_STREAM_AGAIN);
    ck_assert_int_eq(tcp.stream.vtable->close(&tcp.stream, 1), DPS_STREAM_DONE);
    ck_assert_int_eq(dps_tcp_fd(&tcp), -1);
}
END_TEST

/* Who sleeps through the three seconds would not try the next address in time. */
START_TEST(tcp_wait_wakes_for_the_next_address)
{
    uint64_t began = clock_ms(), slept;

    silent(&addresses[0]);
    listening(AF_INET, &addresses[1]);
    dps_tcp_init(&tcp, addresses, 2);
    ck_assert_int_eq(open_at(0), DPS_STREAM_AGAIN);
    ck_assert_int_eq(open_at(DPS_TCP_ADDRESS_MS - 50), DPS_STREAM_AGAIN);
    dps_tcp_wait(&tcp, UINT32_MAX, wants_tcp());
    slept = clock_ms() - began;
    ck_assert_uint_ge(slept, 45);
    ck_assert_uint_lt(slept, 2000);
}
END_TEST

START_TEST(tcp_opens_anew_after_close)
{
    int listener = listening(AF_INET, &addresses[0]), i;
    char buf[4];

    dps_tcp_init(&tcp, addresses, 1);
    for (i = 0; i < 3; i++) {
        int other;

        ck_assert_int_eq(open_fully(), DPS_STREAM_DONE);
        other = accept(listener, NULL, NULL);
        ck_assert_int_eq(write_tcp("x", 1), 1);
        ck_assert_int_eq(read(other, buf, sizeof buf), 1);
        ck_assert_int_eq(tcp.stream.vtable->close(&tcp.stream, 0), DPS_STREAM_DONE);
        ck_assert_int_eq(tcp.stream.vtable->close(&tcp.stream, 0), DPS_STREAM_DONE);
        ck_assert_int_eq(read(other, buf, sizeof buf), 0);
        close(other);
        ck_assert_int_eq(read_tcp(buf, 1), DPS_STREAM_FAILED);
    }
}
END_TEST

/* ---- Ends -------------------------------------------------------------------------- */

START_TEST(tcp_end_comes_after_the_bytes)
{
    int other = connected(AF_INET);
    char buf[8];

    ck_assert_int_eq(write(other, "last", 4), 4);
    close(other);
    dps_tcp_wait(&tcp, 5000, DPS_WANTS_READ);
    ck_assert_int_eq(read_tcp(buf, sizeof buf), 4);
    dps_tcp_wait(&tcp, 5000, DPS_WANTS_READ);
    ck_assert_int_eq(read_tcp(buf, sizeof buf), DPS_STREAM_END);
    ck_assert_int_eq(read_tcp(buf, sizeof buf), DPS_STREAM_END);
}
END_TEST

static void reset(int other)
{
    struct linger abort_it = { 1, 0 };

    setsockopt(other, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
    close(other);
    dps_tcp_wait(&tcp, 5000, DPS_WANTS_READ);
}

START_TEST(tcp_reset_is_a_failure)
{
    char buf[8];

    reset(connected(AF_INET));
    ck_assert_int_eq(read_tcp(buf, sizeof buf), DPS_STREAM_FAILED);
    fails_with(DPS_STREAM_ERR_READ, ECONNRESET);
    ck_assert_int_eq(read_tcp(buf, sizeof buf), DPS_STREAM_FAILED);
    ck_assert_int_eq(write_tcp("x", 1), DPS_STREAM_FAILED);
    ck_assert_int_eq(tcp.stream.vtable->flush(&tcp.stream), DPS_STREAM_FAILED);
    fails_with(DPS_STREAM_ERR_READ, ECONNRESET); /* the first one stays */
}
END_TEST

/* SIGPIPE would end this test's process. */
START_TEST(tcp_write_to_nobody_raises_no_signal)
{
    struct dps_failure failure;
    int other = connected(AF_INET), r = 1, i;

    signal(SIGPIPE, SIG_DFL);
    close(other);
    for (i = 0; r > 0 && i < 100; i++) { /* the first one only provokes the reset */
        r = write_tcp("x", 1);
        dps_tcp_wait(&tcp, 10, 0);
    }
    ck_assert_int_eq(r, DPS_STREAM_FAILED);
    tcp.stream.vtable->why(&tcp.stream, &failure);
    ck_assert_uint_eq(failure.error, DPS_STREAM_ERR_WRITE);
    ck_assert(failure.detail == EPIPE || failure.detail == ECONNRESET);
}
END_TEST

START_TEST(tcp_write_stops_when_the_network_is_full)
{
    static char block[65536];
    int other = connected(AF_INET), r;
    uint64_t sent = 0, got = 0;

    while ((r = write_tcp(block, sizeof block)) > 0) {
        sent += (uint64_t)r;
        ck_assert_uint_lt(sent, 1u << 30);
    }
    ck_assert_int_eq(r, DPS_STREAM_AGAIN);
    ck_assert_int_eq(wants_tcp(), DPS_WANTS_WRITE);
    while (got < sent) {
        got += (uint64_t)read(other, block, sizeof block);
    }
    dps_tcp_wait(&tcp, 5000, wants_tcp());
    ck_assert_int_gt(write_tcp(block, 1), 0);
}
END_TEST

/* ---- Clock and sleep --------------------------------------------------------------- */

START_TEST(tcp_now_is_two_clocks)
{
    struct dps_now first = dps_tcp_now(NULL), second;
    struct timespec nap = { 0, 20 * 1000000 };

    nanosleep(&nap, NULL);
    second = dps_tcp_now(NULL);
    ck_assert_uint_ge(second.ms - first.ms, 20);
    ck_assert_uint_lt(second.ms - first.ms, 5000);
    ck_assert_uint_le((uint32_t)time(NULL) - first.utc_s, 5);
}
END_TEST

static void on_alarm(int number)
{
    (void)number;
}

static const struct {
    const char *name;
    uint32_t ms;
    int wants, bytes, alarm_ms;
    uint64_t least, most;
} waits[] = {
    { "nothing comes",                   60, DPS_WANTS_READ, 0, 0, 55, 5000 },
    { "no time",                         0, DPS_WANTS_READ, 0, 0, 0, 1000 },
    { "bytes are there",                 5000, DPS_WANTS_READ, 1, 0, 0, 1000 },
    { "bytes are there, nobody asks",    60, 0, 1, 0, 55, 5000 },
    { "room to write",                   5000, DPS_WANTS_WRITE, 0, 0, 0, 1000 },
    { "a signal",                        5000, DPS_WANTS_READ, 0, 60, 50, 3000 },
    { "a signal, without a limit",       UINT32_MAX, DPS_WANTS_READ, 0, 60, 50, 3000 },
    { "a signal, more than poll() has",  UINT32_MAX - 1, 0, 0, 60, 50, 3000 },
};

START_TEST(tcp_wait_sleeps_as_long_as_it_should)
{
    int other = connected(AF_INET);
    struct itimerval timer;
    struct sigaction action;
    uint64_t began, slept;

    memset(&timer, 0, sizeof timer);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    if (waits[_i].bytes) {
        ck_assert_int_eq(write(other, "x", 1), 1);
    }
    timer.it_value.tv_usec = waits[_i].alarm_ms * 1000;
    setitimer(ITIMER_REAL, &timer, NULL);
    began = clock_ms();
    dps_tcp_wait(&tcp, waits[_i].ms, waits[_i].wants);
    slept = clock_ms() - began;
    ck_assert_msg(slept >= waits[_i].least && slept < waits[_i].most, "%s: %u ms",
                  waits[_i].name, (unsigned)slept);
}
END_TEST

TCase *tls_tcp_cases(void);
TCase *tls_tcp_cases(void)
{
    TCase *cases = tcase_create("tcp");

    tcase_set_timeout(cases, 30);
    tcase_add_loop_test(cases, tcp_moves_bytes, 0, 2);
    tcase_add_test(cases, tcp_sets_its_socket_up);
    tcase_add_test(cases, tcp_without_addresses_fails);
    tcase_add_test(cases, tcp_takes_the_next_address_after_a_refusal);
    tcase_add_test(cases, tcp_fails_when_all_addresses_refuse);
    tcase_add_loop_test(cases, tcp_takes_the_next_address_after_three_seconds, 0,
                        (int)(sizeof starts / sizeof starts[0]));
    tcase_add_test(cases, tcp_last_address_has_all_the_time);
    tcase_add_test(cases, tcp_wait_wakes_for_the_next_address);
    tcase_add_test(cases, tcp_opens_anew_after_close);
    tcase_add_test(cases, tcp_end_comes_after_the_bytes);
    tcase_add_test(cases, tcp_reset_is_a_failure);
    tcase_add_test(cases, tcp_write_to_nobody_raises_no_signal);
    tcase_add_test(cases, tcp_write_stops_when_the_network_is_full);
    tcase_add_test(cases, tcp_now_is_two_clocks);
    tcase_add_loop_test(cases, tcp_wait_sleeps_as_long_as_it_should, 0,
                        (int)(sizeof waits / sizeof waits[0]));
    return cases;
}
