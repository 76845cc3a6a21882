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

/* A peer that breaks a rule is told once, and its bytes go on to the client. */
START_TEST(trace_tells_a_broken_rule_once)
{
    trace_below.piece = 5;
    trace_read_all(BYTES("\xc0\0\xc0\0\x20\2\0\0"));
    ck_assert_ptr_nonnull(strstr(trace_text, "  < "));
    ck_assert_ptr_eq(strchr(trace_text, '\n'), trace_text + strlen(trace_text) - 1);
    ck_assert_ptr_null(strstr(trace_text, "CONNACK"));
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
    tcase_add_test(tcase, trace_tells_a_broken_rule_once);
    tcase_add_test(tcase, trace_passes_the_other_verbs);
    return tcase;
}
