/* SPDX-License-Identifier: MIT
 *
 * The client over a scripted stream: what it does with each answer of a verb, in which
 * order it reads, writes and flushes, and its time limits by a fake clock. */
#include "mqtt/client.h"

#include <string.h>

#include "tests/unit/mqtt/mqtt_tests.h"

/* A stream whose answers a test sets. Half duplex: `in` is one record; until it is read
 * to its end writes say DRAIN_FIRST, and until what was written is flushed nothing is
 * read. */
struct script {
    struct dps_stream stream;
    const uint8_t *in;
    size_t in_len, in_at;
    int in_step; /* most bytes a read gives, 0: all */
    int end;     /* what a read says once `in` is empty */
    int half_duplex;
    int open_result, flush_result, close_result;
    int write_cap;    /* bytes that writes may still take; -1: any number */
    int write_result; /* what a write says when it may take none */
    int wants, write_wants, writing; /* what is waited for, and by a write */
    uint8_t out[512];
    size_t out_len, flushed_len;
    int opens, flushes, closes, closed_at_once;
};

static struct script script;
static struct dps_mqtt_client client;
static struct dps_mqtt_event event;
static uint8_t head[64];
static struct dps_now now;

static int script_open(struct dps_stream *stream, struct dps_now at)
{
    (void)at;
    ((struct script *)stream)->opens++;
    return ((struct script *)stream)->open_result;
}

static int script_read(struct dps_stream *stream, uint8_t *buf, size_t cap)
{
    struct script *s = (struct script *)stream;
    size_t n = s->in_len - s->in_at;

    s->writing = 0;
    if (s->half_duplex && s->flushed_len != s->out_len) {
        return DPS_STREAM_AGAIN;
    }
    if (n == 0) {
        return s->end;
    }
    n = n < cap ? n : cap;
    n = s->in_step != 0 && n > (size_t)s->in_step ? (size_t)s->in_step : n;
    memcpy(buf, s->in + s->in_at, n);
    s->in_at += n;
    return (int)n;
}

static int script_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    struct script *s = (struct script *)stream;

    s->writing = 1;
    if (s->half_duplex && s->in_at != s->in_len) {
        return DPS_STREAM_DRAIN_FIRST;
    }
    if (s->write_cap == 0) {
        return s->write_result;
    }
    if (s->write_cap > 0) {
        len = len < (size_t)s->write_cap ? len : (size_t)s->write_cap;
        s->write_cap -= (int)len;
    }
    ck_assert_uint_le(s->out_len + len, sizeof s->out);
    memcpy(s->out + s->out_len, data, len);
    s->out_len += len;
    return (int)len;
}

static int script_flush(struct dps_stream *stream)
{
    struct script *s = (struct script *)stream;

    s->flushes++;
    if (s->flush_result > 0) {
        s->flushed_len = s->out_len;
    }
    return s->flush_result;
}

static int script_close(struct dps_stream *stream, int at_once)
{
    struct script *s = (struct script *)stream;

    s->closes++;
    s->closed_at_once = at_once;
    return at_once ? DPS_STREAM_DONE : s->close_result;
}

static int script_wants(const struct dps_stream *stream)
{
    const struct script *s = (const struct script *)stream;

    return s->writing ? s->write_wants : s->wants;
}

static void script_why(const struct dps_stream *stream, struct dps_failure *failure)
{
    (void)stream;
    failure->layer = DPS_LAYER_TLS;
    failure->error = DPS_STREAM_ERR_CERTIFICATE;
    failure->advice = DPS_ADVICE_FIX;
    failure->detail = 62;
}

static const struct dps_stream_class script_class = {
    script_open,  script_read,  script_write, script_flush,
    script_close, script_wants, script_why,
};

/* As a driver does: turns, until there is an event or a time to wait. */
static void step(enum dps_mqtt_event_type type)
{
    unsigned turns = 0;
    int wants;

    do {
        dps_mqtt_client_step(&client, now, &event);
        ck_assert_uint_lt(++turns, 100);
    } while (event.type == DPS_MQTT_NOTHING && dps_mqtt_client_wait(&client, &wants) == 0);
    ck_assert_uint_eq(event.type, type);
}

static void expect_failure(enum dps_layer layer, unsigned error, enum dps_advice advice)
{
    const struct dps_failure *f = dps_mqtt_client_failure(&client);

    ck_assert_uint_eq(f->layer, layer);
    ck_assert_uint_eq(f->error, error);
    ck_assert_uint_eq(f->advice, advice);
    step(DPS_MQTT_NOTHING); /* CLOSED is told once */
    ck_assert_int_eq(script.closes, 1);
}

static void give(const void *data, size_t len)
{
    script.in = data;
    script.in_len = len;
    script.in_at = 0;
}

static const struct dps_mqtt_connect hello = {
    TEXT("c1"), { 0 }, { 0 }, 0, 1,
};

static void fresh(void)
{
    memset(&script, 0, sizeof script);
    script.stream.vtable = &script_class;
    script.open_result = script.flush_result = script.close_result = DPS_STREAM_DONE;
    script.write_cap = -1;
    script.wants = DPS_WANTS_READ;
    script.write_wants = DPS_WANTS_WRITE;
    now.ms = UINT32_MAX - 100; /* every limit below passes the wrap of the counter */
    now.utc_s = 1;
    dps_mqtt_client_init(&client, &script.stream, head, sizeof head, 0);
    dps_mqtt_session_connect(&client.session, &hello);
}

static void connected(void)
{
    fresh();
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_NOTHING);
    give("\x20\x02\x00\x00", 4);
    step(DPS_MQTT_CONNECTED);
    script.out_len = script.flushed_len = 0;
    script.flushes = 0;
}

/* ---- Opening ----------------------------------------------------------------------- */

START_TEST(client_opens_and_sends_connect_in_one_flush)
{
    script.open_result = DPS_STREAM_AGAIN;
    step(DPS_MQTT_NOTHING);
    step(DPS_MQTT_NOTHING);
    ck_assert_int_eq(script.opens, 2);
    ck_assert_uint_eq(script.out_len, 0);
    script.open_result = DPS_STREAM_DONE;
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(script.out_len, 16);
    ck_assert_int_eq(script.flushes, 1);
    ck_assert_uint_eq(script.flushed_len, 16);
}
END_TEST

/* What the stream says of itself is told, though the time was up as well. */
START_TEST(client_open_fails)
{
    if (_i != 0) {
        script.open_result = DPS_STREAM_AGAIN;
        step(DPS_MQTT_NOTHING);
        now.ms += DPS_MQTT_OPEN_MS;
    }
    script.open_result = DPS_STREAM_FAILED;
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 1);
    ck_assert_int_eq(dps_mqtt_client_failure(&client)->detail, 62);
    expect_failure(DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE, DPS_ADVICE_FIX);
}
END_TEST

START_TEST(client_open_takes_too_long)
{
    static const uint32_t later[] = { 0, 1, DPS_MQTT_OPEN_MS, INT32_MAX - DPS_MQTT_OPEN_MS };
    uint32_t start = now.ms;
    int wants;

    script.open_result = DPS_STREAM_AGAIN;
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), DPS_MQTT_OPEN_MS);
    ck_assert_int_eq(wants, DPS_WANTS_READ);
    now.ms = start + DPS_MQTT_OPEN_MS - 1;
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), 1);
    now.ms = start + DPS_MQTT_OPEN_MS + later[_i];
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 1);
    expect_failure(DPS_LAYER_TIME, DPS_STREAM_ERR_OPEN_TIME, DPS_ADVICE_RETRY);
}
END_TEST

/* A random source that is not ready yet cannot be polled for. */
START_TEST(client_stream_that_wants_nothing_is_asked_again_soon)
{
    int wants;

    script.open_result = DPS_STREAM_AGAIN;
    script.wants = 0;
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), 10);
    ck_assert_int_eq(wants, 0);
    now.ms += DPS_MQTT_OPEN_MS - 1;
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), 1);
}
END_TEST

/* A CONNACK has its whole time, however long the stream took to open. */
START_TEST(client_answer_time_begins_when_open)
{
    int wants;

    script.open_result = DPS_STREAM_AGAIN;
    step(DPS_MQTT_NOTHING);
    now.ms += DPS_MQTT_OPEN_MS - 1;
    script.open_result = DPS_STREAM_DONE;
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), DPS_MQTT_ANSWER_MS);
    now.ms += DPS_MQTT_ANSWER_MS;
    step(DPS_MQTT_CLOSED);
    expect_failure(DPS_LAYER_TIME, DPS_MQTT_ERR_NO_CONNACK, DPS_ADVICE_RETRY);
}
END_TEST

/* ---- Moving bytes ------------------------------------------------------------------ */

START_TEST(client_write_would_block_in_the_middle)
{
    script.write_cap = 5;
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(script.out_len, 5);
    ck_assert_int_eq(script.flushes, 0);
    script.write_cap = -1;
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(script.out_len, 16);
    ck_assert_int_eq(script.flushes, 1);
}
END_TEST

START_TEST(client_flush_would_block)
{
    script.flush_result = DPS_STREAM_AGAIN;
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_NOTHING);
    script.flush_result = DPS_STREAM_DONE;
    step(DPS_MQTT_NOTHING);
    ck_assert_int_eq(script.flushes, 2);
    step(DPS_MQTT_NOTHING);
    ck_assert_int_eq(script.flushes, 2); /* nothing gathered, nothing to flush */
}
END_TEST

/* The write waits for the network, and the read for what no poll can see: both are heard,
 * whichever was asked last. */
START_TEST(client_each_verb_is_asked_what_it_wants)
{
    int wants;

    script.write_cap = 0;
    script.wants = _i == 0 ? 0 : DPS_WANTS_READ;
    script.write_wants = _i == 1 ? 0 : DPS_WANTS_WRITE;
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), _i < 2 ? 10 : DPS_MQTT_ANSWER_MS);
    ck_assert_int_eq(wants, script.wants | script.write_wants);
}
END_TEST

/* However few bytes a read gives, the next one follows at once. */
START_TEST(client_reads_until_there_is_no_more)
{
    connected();
    script.in_step = _i;
    give("\xd0\x00\x30\x04\x00\x01tx", 8);
    step(DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.body.len, 1);
    step(DPS_MQTT_NOTHING);
}
END_TEST

/* Full duplex: a stream that cannot send is still read, or both ends would wait. */
START_TEST(client_reads_while_it_cannot_write)
{
    script.write_cap = 16;
    connected();
    script.write_cap = 0;
    give("\x32\x06\x00\x01t\x00\x02x\x30\x04\x00\x01ty", 14);
    step(DPS_MQTT_MESSAGE);
    step(DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(script.out_len, 0);
    script.write_cap = -1;
    step(DPS_MQTT_NOTHING);
    ck_assert_mem_eq(script.out, "\x40\x02\x00\x02", 4);
}
END_TEST

START_TEST(client_message_longer_than_the_chunk)
{
    static uint8_t wire[3 + 3 + 4 * DPS_MQTT_CHUNK];
    size_t total = 0;
    uint32_t body = 4 * DPS_MQTT_CHUNK;

    connected();
    wire[0] = 0x30;
    wire[1] = (uint8_t)((body + 3) & 0x7f) | 0x80;
    wire[2] = (uint8_t)((body + 3) >> 7);
    wire[4] = 1;
    wire[5] = 't';
    give(wire, sizeof wire);
    do {
        step(DPS_MQTT_MESSAGE);
        ck_assert_uint_eq(event.packet.offset, total);
        total += event.packet.body.len;
    } while (!event.packet.last);
    ck_assert_uint_eq(total, body);
}
END_TEST

/* ---- Half duplex in one buffer ----------------------------------------------------- */

/* Drains before it writes: the acknowledgement of the first message waits until the whole
 * record was read. */
START_TEST(client_half_duplex_drains_first)
{
    connected();
    script.half_duplex = 1;
    script.in_step = 9;
    give("\x32\x06\x00\x01t\x00\x02x\x32\x06\x00\x01t\x00\x03y", 16);
    step(DPS_MQTT_MESSAGE);
    step(DPS_MQTT_MESSAGE);
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(script.out_len, 8);
    ck_assert_mem_eq(script.out, "\x40\x02\x00\x02\x40\x02\x00\x03", 8);
    ck_assert_int_eq(script.flushes, 1);
}
END_TEST

/* As many messages as there are slots pass; one more fails, and names the cures. */
START_TEST(client_half_duplex_acks_full)
{
    static uint8_t wire[8 * (DPS_MQTT_ACKS + 1)];
    unsigned i;

    for (i = 0; i <= DPS_MQTT_ACKS; i++) {
        memcpy(wire + 8 * i, "\x32\x06\x00\x01t\x00\x00x", 8);
        wire[8 * i + 6] = (uint8_t)(i + 1);
    }
    connected();
    script.half_duplex = 1;
    script.in_step = 8; /* the chunk is empty when the slots are full */
    give(wire, 8 * DPS_MQTT_ACKS);
    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        step(DPS_MQTT_MESSAGE);
    }
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(script.flushed_len, 4 * DPS_MQTT_ACKS);

    script.in_step = 9; /* so that some of the record is unread then */
    give(wire, 8 * (DPS_MQTT_ACKS + 1));
    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        step(DPS_MQTT_MESSAGE);
    }
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 1);
    expect_failure(DPS_LAYER_MQTT, DPS_MQTT_ERR_ACKS_FULL, DPS_ADVICE_FIX);
    ck_assert_ptr_nonnull(
        strstr(dps_mqtt_error_text(DPS_MQTT_ERR_ACKS_FULL), "DPS_MQTT_ACKS"));
    ck_assert_ptr_nonnull(
        strstr(dps_mqtt_error_text(DPS_MQTT_ERR_ACKS_FULL), "second buffer"));
}
END_TEST

/* ---- The end ----------------------------------------------------------------------- */

START_TEST(client_disconnects_in_order)
{
    connected();
    dps_mqtt_session_disconnect(&client.session);
    step(DPS_MQTT_CLOSED);
    ck_assert_mem_eq(script.out, "\xe0\x00", 2);
    ck_assert_uint_eq(script.flushed_len, 2);
    ck_assert_int_eq(script.closed_at_once, 0);
    expect_failure(DPS_LAYER_NONE, 0, DPS_ADVICE_NONE);
}
END_TEST

/* DISCONNECT is written and cannot be flushed yet: it is not lost by closing. */
START_TEST(client_disconnect_is_flushed_before_the_close)
{
    connected();
    script.flush_result = DPS_STREAM_AGAIN;
    dps_mqtt_session_disconnect(&client.session);
    step(DPS_MQTT_NOTHING);
    step(DPS_MQTT_NOTHING);
    ck_assert_int_eq(script.closes, 0);
    script.flush_result = DPS_STREAM_DONE;
    script.close_result = DPS_STREAM_AGAIN;
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(script.flushed_len, 2);
    script.close_result = DPS_STREAM_DONE;
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 0);
}
END_TEST

START_TEST(client_disconnect_that_cannot_be_written)
{
    connected();
    script.write_cap = 0;
    dps_mqtt_session_disconnect(&client.session);
    step(DPS_MQTT_NOTHING);
    now.ms += DPS_MQTT_CLOSE_MS;
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 1);
    expect_failure(DPS_LAYER_NONE, 0, DPS_ADVICE_NONE);
}
END_TEST

START_TEST(client_close_takes_too_long)
{
    uint32_t start = now.ms;
    int wants;

    connected();
    script.close_result = DPS_STREAM_AGAIN;
    dps_mqtt_session_disconnect(&client.session);
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), DPS_MQTT_CLOSE_MS);
    now.ms = start + DPS_MQTT_CLOSE_MS;
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 1);
}
END_TEST

START_TEST(client_peer_ends)
{
    connected();
    give("\x30\x04\x00\x01tx", 6);
    script.end = DPS_STREAM_END;
    step(DPS_MQTT_MESSAGE); /* what came before the end is told */
    step(DPS_MQTT_CLOSED);
    expect_failure(DPS_LAYER_MQTT, DPS_MQTT_ERR_CLOSED, DPS_ADVICE_RETRY);
}
END_TEST

START_TEST(client_read_fails)
{
    connected();
    script.end = DPS_STREAM_FAILED;
    step(DPS_MQTT_CLOSED);
    expect_failure(DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE, DPS_ADVICE_FIX);
}
END_TEST

START_TEST(client_write_fails)
{
    script.write_cap = 0;
    script.write_result = DPS_STREAM_FAILED;
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_CLOSED);
    expect_failure(DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE, DPS_ADVICE_FIX);
}
END_TEST

START_TEST(client_flush_fails)
{
    script.flush_result = DPS_STREAM_FAILED;
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_CLOSED);
    expect_failure(DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE, DPS_ADVICE_FIX);
}
END_TEST

/* A write or a flush may be the first to see that the peer said good-bye. */
START_TEST(client_peer_ends_while_it_sends)
{
    if (_i == 0) {
        script.write_cap = 0;
        script.write_result = DPS_STREAM_END;
    } else {
        script.flush_result = DPS_STREAM_END;
    }
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 1);
    expect_failure(DPS_LAYER_MQTT, DPS_MQTT_ERR_CLOSED, DPS_ADVICE_RETRY);
}
END_TEST

/* N-37: after an error of the peer no DISCONNECT is written. */
START_TEST(client_peer_breaks_a_rule)
{
    connected();
    give("\x36\x00", 2);
    step(DPS_MQTT_CLOSED);
    ck_assert_uint_eq(script.out_len, 0);
    ck_assert_int_eq(script.closed_at_once, 1);
    expect_failure(DPS_LAYER_MQTT, DPS_MQTT_ERR_QOS_RESERVED, DPS_ADVICE_RETRY);
}
END_TEST

START_TEST(client_refused)
{
    static const struct {
        char code;
        enum dps_mqtt_error error;
        enum dps_advice advice;
    } row[] = { { 3, DPS_MQTT_ERR_REFUSED_UNAVAILABLE, DPS_ADVICE_RETRY },
                { 5, DPS_MQTT_ERR_REFUSED_UNAUTHORIZED, DPS_ADVICE_FIX } };
    char wire[4] = { 0x20, 2, 0, row[_i].code };

    step(DPS_MQTT_OPENED);
    give(wire, 4);
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(dps_mqtt_client_failure(&client)->detail, row[_i].code);
    expect_failure(DPS_LAYER_MQTT, row[_i].error, row[_i].advice);
}
END_TEST

START_TEST(client_abort)
{
    connected();
    dps_mqtt_client_abort(&client);
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 1);
    ck_assert_uint_eq(script.out_len, 0);
    expect_failure(DPS_LAYER_NONE, 0, DPS_ADVICE_NONE);
    dps_mqtt_client_abort(&client); /* once more changes nothing */
    step(DPS_MQTT_NOTHING);
}
END_TEST

/* Before the first step, the stream is not even opened. */
START_TEST(client_abort_before_it_is_open)
{
    int wants;

    script.open_result = DPS_STREAM_AGAIN;
    if (_i != 0) {
        step(DPS_MQTT_NOTHING);
    }
    dps_mqtt_client_abort(&client);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), 0);
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.opens, _i);
    ck_assert_int_eq(script.closed_at_once, 1);
    expect_failure(DPS_LAYER_NONE, 0, DPS_ADVICE_NONE);
}
END_TEST

/* An orderly end that goes on too long is cut short. */
START_TEST(client_abort_while_it_closes)
{
    connected();
    script.close_result = DPS_STREAM_AGAIN;
    dps_mqtt_session_disconnect(&client.session);
    step(DPS_MQTT_NOTHING);
    ck_assert_int_eq(script.closed_at_once, 0);
    script.closes = 0;
    dps_mqtt_client_abort(&client);
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 1);
    expect_failure(DPS_LAYER_NONE, 0, DPS_ADVICE_NONE);
}
END_TEST

/* ---- Borders ----------------------------------------------------------------------- */

/* A caller that slept as long as it was told, and then asks for something. */
START_TEST(client_call_after_a_long_sleep)
{
    connected();
    step(DPS_MQTT_NOTHING);
    now.ms += 100 * DPS_MQTT_ANSWER_MS;
    if (_i == 0) {
        static const struct dps_mqtt_publish publish = { TEXT("t"), { { 0 } }, 1, 0 };

        dps_mqtt_session_publish(&client.session, &publish, NULL);
        step(DPS_MQTT_NOTHING);
        ck_assert_uint_eq(script.flushed_len, 7);
    } else {
        dps_mqtt_session_disconnect(&client.session);
        step(DPS_MQTT_CLOSED);
        ck_assert_uint_eq(script.flushed_len, 2);
        ck_assert_int_eq(script.closed_at_once, 0);
    }
}
END_TEST

/* Packets that make no event, without end: each chunk is a step of its own, and the next
 * one is due at once. */
START_TEST(client_peer_that_floods)
{
    static uint8_t wire[8 * DPS_MQTT_CHUNK];
    size_t i;
    int wants;

    for (i = 0; i < sizeof wire; i += 2) {
        wire[i] = 0xd0; /* PINGRESP */
    }
    connected();
    give(wire, sizeof wire);
    for (i = 1; i <= sizeof wire / DPS_MQTT_CHUNK; i++) {
        dps_mqtt_client_step(&client, now, &event);
        ck_assert_uint_eq(event.type, DPS_MQTT_NOTHING);
        ck_assert_uint_eq(script.in_at, i * DPS_MQTT_CHUNK);
        ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), 0);
    }
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_gt(dps_mqtt_client_wait(&client, &wants), 0);
}
END_TEST

/* The wait is what is due after the step, not before it. */
START_TEST(client_wait_counts_from_what_was_sent)
{
    struct dps_mqtt_connect fast = hello;
    int wants;

    fast.keep_alive_s = 8;
    dps_mqtt_client_init(&client, &script.stream, head, sizeof head, 0);
    dps_mqtt_session_connect(&client.session, &fast);
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_NOTHING);
    give("\x20\x02\x00\x00", 4);
    step(DPS_MQTT_CONNECTED);
    now.ms += 6000;
    give("\xd0\x00", 2); /* the answer is there in the step that pings */
    step(DPS_MQTT_NOTHING);
    ck_assert_mem_eq(script.out + script.out_len - 2, "\xc0\x00", 2);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), 6000);
}
END_TEST

/* Full duplex, all slots taken, and the network takes nothing: it waits, tells nothing,
 * loses nothing, and goes on. */
START_TEST(client_full_slots_and_a_slow_network)
{
    static uint8_t wire[8 * (DPS_MQTT_ACKS + 1)];
    unsigned i;
    int wants;

    for (i = 0; i <= DPS_MQTT_ACKS; i++) {
        memcpy(wire + 8 * i, "\x32\x06\x00\x01t\x00\x00x", 8);
        wire[8 * i + 6] = (uint8_t)(i + 1);
    }
    connected();
    script.write_cap = 0;
    script.in_step = 9;
    give(wire, sizeof wire);
    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        step(DPS_MQTT_MESSAGE);
    }
    step(DPS_MQTT_NOTHING);
    step(DPS_MQTT_NOTHING);
    dps_mqtt_client_wait(&client, &wants);
    ck_assert_int_eq(wants, DPS_WANTS_WRITE); /* what is there to read must wait */
    script.write_cap = -1;
    step(DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.packet_identifier, DPS_MQTT_ACKS + 1);
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(script.flushed_len, 4 * (DPS_MQTT_ACKS + 1));
}
END_TEST

/* Each limit has its own beginning: a slow open leaves the close its whole time. */
START_TEST(client_close_time_begins_at_the_close)
{
    script.open_result = DPS_STREAM_AGAIN;
    step(DPS_MQTT_NOTHING);
    now.ms += DPS_MQTT_OPEN_MS - 1;
    script.open_result = DPS_STREAM_DONE;
    step(DPS_MQTT_OPENED);
    step(DPS_MQTT_NOTHING);
    give("\x20\x02\x00\x00", 4);
    step(DPS_MQTT_CONNECTED);
    script.close_result = DPS_STREAM_AGAIN;
    dps_mqtt_session_disconnect(&client.session);
    step(DPS_MQTT_NOTHING);
    ck_assert_int_eq(script.closed_at_once, 0);
}
END_TEST

/* It was over either way: no failure. */
START_TEST(client_flush_fails_at_the_close)
{
    int wants;

    connected();
    script.flush_result = DPS_STREAM_AGAIN;
    dps_mqtt_session_disconnect(&client.session);
    step(DPS_MQTT_NOTHING);
    script.flush_result = _i == 0 ? DPS_STREAM_FAILED : DPS_STREAM_END;
    step(DPS_MQTT_CLOSED);
    ck_assert_int_eq(script.closed_at_once, 1);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), UINT32_MAX);
    ck_assert_int_eq(wants, 0);
    expect_failure(DPS_LAYER_NONE, 0, DPS_ADVICE_NONE);
}
END_TEST

/* What came before CONNECT was asked for is kept, and then refused. */
START_TEST(client_bytes_before_connect)
{
    static const uint8_t wire[4 * DPS_MQTT_CHUNK] = { 0x20, 2 };
    int wants;

    dps_mqtt_client_init(&client, &script.stream, head, sizeof head, 0);
    step(DPS_MQTT_OPENED);
    give(wire, sizeof wire);
    step(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(script.in_at, DPS_MQTT_CHUNK);
    ck_assert_uint_eq(dps_mqtt_client_wait(&client, &wants), UINT32_MAX);
    ck_assert_int_eq(wants, 0); /* more of them would change nothing */
    dps_mqtt_session_connect(&client.session, &hello);
    step(DPS_MQTT_CLOSED);
    expect_failure(DPS_LAYER_MQTT, DPS_MQTT_ERR_CONNACK_AGAIN, DPS_ADVICE_RETRY);
}
END_TEST

TCase *mqtt_client_cases(void)
{
    TCase *tc = tcase_create("client");

    tcase_add_checked_fixture(tc, fresh, NULL);
    tcase_add_test(tc, client_opens_and_sends_connect_in_one_flush);
    tcase_add_loop_test(tc, client_open_fails, 0, 2);
    tcase_add_loop_test(tc, client_open_takes_too_long, 0, 4);
    tcase_add_test(tc, client_stream_that_wants_nothing_is_asked_again_soon);
    tcase_add_test(tc, client_answer_time_begins_when_open);
    tcase_add_test(tc, client_write_would_block_in_the_middle);
    tcase_add_test(tc, client_flush_would_block);
    tcase_add_loop_test(tc, client_each_verb_is_asked_what_it_wants, 0, 3);
    tcase_add_loop_test(tc, client_reads_until_there_is_no_more, 1, 9);
    tcase_add_test(tc, client_reads_while_it_cannot_write);
    tcase_add_test(tc, client_message_longer_than_the_chunk);
    tcase_add_test(tc, client_half_duplex_drains_first);
    tcase_add_test(tc, client_half_duplex_acks_full);
    tcase_add_test(tc, client_disconnects_in_order);
    tcase_add_test(tc, client_disconnect_is_flushed_before_the_close);
    tcase_add_test(tc, client_disconnect_that_cannot_be_written);
    tcase_add_test(tc, client_close_takes_too_long);
    tcase_add_test(tc, client_peer_ends);
    tcase_add_test(tc, client_read_fails);
    tcase_add_test(tc, client_write_fails);
    tcase_add_test(tc, client_flush_fails);
    tcase_add_loop_test(tc, client_peer_ends_while_it_sends, 0, 2);
    tcase_add_test(tc, client_peer_breaks_a_rule);
    tcase_add_loop_test(tc, client_refused, 0, 2);
    tcase_add_test(tc, client_abort);
    tcase_add_loop_test(tc, client_abort_before_it_is_open, 0, 2);
    tcase_add_test(tc, client_abort_while_it_closes);
    tcase_add_loop_test(tc, client_call_after_a_long_sleep, 0, 2);
    tcase_add_test(tc, client_peer_that_floods);
    tcase_add_test(tc, client_wait_counts_from_what_was_sent);
    tcase_add_test(tc, client_full_slots_and_a_slow_network);
    tcase_add_test(tc, client_close_time_begins_at_the_close);
    tcase_add_loop_test(tc, client_flush_fails_at_the_close, 0, 2);
    tcase_add_test(tc, client_bytes_before_connect);
    return tc;
}
