/* SPDX-License-Identifier: MIT
 *
 * tools/dps/trace.c on a stream of a script: what passes is untouched, what is told goes
 * to standard error. */
#include "tools/dps/trace.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/tools/tools_tests.h"

/* A stream that gives `in` in pieces and keeps what it is given in pieces of 3. */
static struct {
    struct dps_stream stream;
    const char *in;
    size_t in_len, piece;
    uint8_t out[100];
    size_t out_len;
    int opened, flushed, closed;
} trace_below;

static int trace_below_open(struct dps_stream *stream, struct dps_now now)
{
    (void)stream;
    ck_assert_uint_eq(now.ms, 7);
    return trace_below.opened = DPS_STREAM_DONE;
}

static int trace_below_read(struct dps_stream *stream, uint8_t *buf, size_t cap)
{
    size_t n = cap < trace_below.piece ? cap : trace_below.piece;

    (void)stream;
    if (n > trace_below.in_len) {
        n = trace_below.in_len;
    }
    memcpy(buf, trace_below.in, n);
    trace_below.in += n;
    trace_below.in_len -= n;
    return n == 0 ? DPS_STREAM_END : (int)n;
}

static int trace_below_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    size_t n = len < 3 ? len : 3;

    (void)stream;
    memcpy(trace_below.out + trace_below.out_len, data, n);
    trace_below.out_len += n;
    return (int)n;
}

static int trace_below_flush(struct dps_stream *stream)
{
    (void)stream;
    return trace_below.flushed = DPS_STREAM_DRAIN_FIRST;
}

static int trace_below_close(struct dps_stream *stream, int at_once)
{
    (void)stream;
    trace_below.closed = at_once;
    return DPS_STREAM_DONE;
}

static int trace_below_wants(const struct dps_stream *stream)
{
    (void)stream;
    return DPS_WANTS_WRITE;
}

static void trace_below_why(const struct dps_stream *stream, struct dps_failure *failure)
{
    (void)stream;
    failure->detail = 42;
}

static const struct dps_stream_class trace_below_verbs = {
    trace_below_open, trace_below_read, trace_below_write, trace_below_flush,
    trace_below_close, trace_below_wants, trace_below_why,
};

static struct trace trace_under_test;
static char trace_text[4096];
static FILE *trace_stderr;

static void trace_setup(void)
{
    memset(&trace_below, 0, sizeof trace_below);
    trace_below.stream.vtable = &trace_below_verbs;
    trace_below.piece = 1;
    trace_init(&trace_under_test, &trace_below.stream);
    memset(trace_text, 0, sizeof trace_text);
    trace_stderr = stderr;
    stderr = fmemopen(trace_text, sizeof trace_text - 1, "w");
    setvbuf(stderr, NULL, _IONBF, 0);
}

static void trace_teardown(void)
{
    fclose(stderr);
    stderr = trace_stderr;
}

static void trace_write_all(const char *data, size_t len)
{
    struct dps_stream *stream = &trace_under_test.stream;

    while (len != 0) {
        int n = stream->vtable->write(stream, (const uint8_t *)data, len);

        ck_assert_int_gt(n, 0);
        data += n;
        len -= (size_t)n;
    }
}

/* Reads to the end; what came is `wanted`. */
static void trace_read_all(const char *wanted, size_t len)
{
    struct dps_stream *stream = &trace_under_test.stream;
    uint8_t got[100];
    size_t at = 0;
    int n;

    trace_below.in = wanted;
    trace_below.in_len = len;
    while ((n = stream->vtable->read(stream, got + at, sizeof got - at)) > 0) {
        at += (size_t)n;
    }
    ck_assert_int_eq(n, DPS_STREAM_END);
    ck_assert_uint_eq(at, len);
    ck_assert_int_eq(memcmp(got, wanted, len), 0);
}

#define BYTES(text) text, sizeof text - 1

START_TEST(trace_tells_both_ways)
{
    trace_write_all(BYTES("\x10\x14\0\4MQTT\4\xc2\0\0\0\1c\0\1u\0\2pw\xe0\0"));
    trace_read_all(BYTES("\x20\2\0\0\x30\3\0\1t"));
    ck_assert_uint_eq(trace_below.out_len, 24);
    ck_assert_str_eq(trace_text,
                     "  > CONNECT CleanSession 1, keep alive 0 s, client identifier \"c\", user "
                     "name \"u\", password ***\n"
                     "  > DISCONNECT\n"
                     "  < CONNACK session present 0, return code 0 (accepted)\n"
                     "  < PUBLISH QoS 0, topic \"t\", payload 0 bytes\n");
}
END_TEST

/* Only what the stream below took is sent. */
START_TEST(trace_tells_what_was_taken)
{
    struct dps_stream *stream = &trace_under_test.stream;

    ck_assert_int_eq(stream->vtable->write(stream, (const uint8_t *)"\xc0\0\xc0\0", 4), 3);
    ck_assert_str_eq(trace_text, "  > PINGREQ\n");
}
END_TEST

/* A peer that breaks a rule is told once, with the packet and the rule, and its bytes go
 * on to the client. */
static const struct {
    const char *wire;
    size_t len;
    const char *line;
} trace_broken[] = {
    { BYTES("\xc0\0\xc0\0\x20\2\0\0"), "  < PINGREQ, refused after 1 bytes: " },
    { BYTES("\x30\6\0\3a/+x\x20\2\0\0"),
      "  < PUBLISH QoS 0, topic \"a/+\", payload 1 byte..., "
      "refused after 7 of 8 bytes: " },
    { BYTES("\x30\4\0\7ab"), "  < PUBLISH QoS 0, refused after 4 of 6 bytes: " },
    { BYTES("\xf0\0"), "  < packet type 15, refused after 1 bytes: " },
    { BYTES("\x90\x81\x90\4\0\1"), "  < SUBACK, refused after 4 of 67589 bytes: " },
};

START_TEST(trace_tells_a_broken_rule_once)
{
    struct dps_stream *stream = &trace_under_test.stream;

    trace_below.piece = _i % 2 == 0 ? 5 : 1;
    trace_read_all(trace_broken[_i].wire, trace_broken[_i].len);
    stream->vtable->close(stream, 1);
    ck_assert_msg(strstr(trace_text, trace_broken[_i].line) == trace_text, "%s",
                  trace_text);
    ck_assert_ptr_eq(strchr(trace_text, '\n'), trace_text + strlen(trace_text) - 1);
    if (_i == 1) {
        ck_assert_ptr_nonnull(strstr(trace_text, "(MQTT-3.3.2-2)\n"));
    }
}
END_TEST

/* What has not ended at the close is told then, once, as far as it has come. */
static const struct {
    const char *wire;
    size_t len;
    const char *line;
} trace_cut[] = {
    { BYTES("\x20\2\0\0"), "  < CONNACK session present 0, return code 0 (accepted)\n" },
    { BYTES("\x32"), "  < PUBLISH QoS 1, cut after 1 bytes\n" },
    { BYTES("\x30\xe8"), "  < PUBLISH QoS 0, cut after 2 bytes\n" },
    { BYTES("\x30\xe8\7\0"), "  < PUBLISH QoS 0, cut after 4 of 1003 bytes\n" },
    { BYTES("\x30\xe8\7\0\5$dp\xc5"),
      "  < PUBLISH QoS 0, topic \"$dp\", cut after 9 of 1003 bytes\n" },
    { BYTES("\x3a\xe8\7\0\1t\0"),
      "  < PUBLISH QoS 1, DUP, topic \"t\", cut after 7 of 1003 bytes\n" },
    { BYTES("\x32\xe8\7\0\1t\0\7"),
      "  < PUBLISH QoS 1, packet identifier 7, topic \"t\", payload 995 bytes..., "
      "cut after 8 of 1003 bytes\n" },
    { BYTES("\x30\xe8\7\0\1t{\"a\":\x1b"),
      "  < PUBLISH QoS 0, topic \"t\", payload 997 bytes {\"a\":\\x1b..., "
      "cut after 12 of 1003 bytes\n" },
};

START_TEST(trace_tells_what_is_cut)
{
    struct dps_stream *stream = &trace_under_test.stream;

    trace_read_all(trace_cut[_i].wire, trace_cut[_i].len);
    stream->vtable->close(stream, 0);
    stream->vtable->close(stream, 1);
    ck_assert_str_eq(trace_text, trace_cut[_i].line);
}
END_TEST

/* Only the start of a long one is kept; nothing of a CONNECT but its name is told. */
START_TEST(trace_tells_what_is_cut_after_much)
{
    static char wire[300000] = "\x30\xff\xff\xff\x7f\0\1t";
    struct dps_stream *stream = &trace_under_test.stream;
    size_t at;

    memset(wire + 8, 'x', sizeof wire - 8);
    trace_below.in = wire;
    trace_below.in_len = sizeof wire;
    trace_below.piece = 90;
    for (at = 0; at < sizeof wire;) {
        uint8_t got[100];

        at += (size_t)stream->vtable->read(stream, got, sizeof got);
    }
    trace_write_all(BYTES("\x10\x14\0\4MQTT\4\xc2\0\0\0\1c\0\1u\0\2p"));
    stream->vtable->close(stream, 1);
    ck_assert_ptr_eq(strstr(trace_text, "  > CONNECT, cut after 21 of 22 bytes\n"),
                     trace_text);
    ck_assert_ptr_nonnull(strstr(trace_text, "payload 268435452 bytes xxx"));
    ck_assert_ptr_nonnull(
        strstr(trace_text, "x..., cut after 300000 of 268435460 bytes\n"));
}
END_TEST

START_TEST(trace_passes_the_other_verbs)
{
    const struct dps_now now = { 7, 0 };
    struct dps_stream *stream = &trace_under_test.stream;
    struct dps_failure failure = { 0, 0, 0, 0 };

    ck_assert_int_eq(stream->vtable->open(stream, now), DPS_STREAM_DONE);
    ck_assert_int_eq(stream->vtable->flush(stream), DPS_STREAM_DRAIN_FIRST);
    ck_assert_int_eq(stream->vtable->wants(stream), DPS_WANTS_WRITE);
    ck_assert_int_eq(stream->vtable->close(stream, 1), DPS_STREAM_DONE);
    ck_assert_int_eq(trace_below.closed, 1);
    stream->vtable->why(stream, &failure);
    ck_assert_int_eq(failure.detail, 42);
}
END_TEST

TCase *tools_trace_cases(void)
{
    TCase *tcase = tcase_create("trace");

    tcase_add_checked_fixture(tcase, trace_setup, trace_teardown);
    tcase_add_test(tcase, trace_tells_both_ways);
    tcase_add_test(tcase, trace_tells_what_was_taken);
    tcase_add_loop_test(tcase, trace_tells_a_broken_rule_once, 0,
                        sizeof trace_broken / sizeof trace_broken[0]);
    tcase_add_loop_test(tcase, trace_tells_what_is_cut, 0,
                        sizeof trace_cut / sizeof trace_cut[0]);
    tcase_add_test(tcase, trace_tells_what_is_cut_after_much);
    tcase_add_test(tcase, trace_passes_the_other_verbs);
    return tcase;
}
