/* SPDX-License-Identifier: MIT
 *
 * The client over a stream in memory, whose far end is a script: bytes that must come,
 * and the bytes that answer them, written by hand from MQTT 3.1.1 and the service's
 * article. The clock is a number. */
#include "dps/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/dps/dps_tests.h"

/* ---- Golden bytes ------------------------------------------------------------------ */

#define OPERATION "5.316aac5bdc130deb.b1e02da8-c3a0-4ff2-a121-7ea7a6b7f550"

/* 3.1: client ID 10, user name 59, password 6 bytes; flags 0xC2; keep-alive 60. */
#define CONNECT                                                                          \
    "\x10\x5b\x00\x04MQTT\x04\xc2\x00\x3c\x00\x0a" "device-001"                          \
    "\x00\x3b" "0ne00ABCDEF/registrations/device-001/api-version=2019-03-31"             \
    "\x00\x06" "secret"
#define SUBSCRIBE "\x82\x1d\x00\x01\x00\x18$dps/registrations/res/#\x01"
#define REGISTER                                                                         \
    "\x32\x52\x00\x2f$dps/registrations/PUT/iotdps-register/?$rid=42\x00\x02"            \
    "{\"registrationId\":\"device-001\"}"
#define POLL                                                                             \
    "\x32\x82\x01\x00\x7e$dps/registrations/GET/iotdps-get-operationstatus/?$rid=43"     \
    "&operationId=" OPERATION "\x00\x03"
#define DISCONNECT "\xe0\x00"
#define PUBACK(identifier) "\x40\x02\x00" identifier
#define CONNACK(code) "\x20\x02\x00" code
#define SUBACK(code) "\x90\x03\x00\x01" code

/* The service reuses packet identifier 2 for every message. */
#define ASSIGNING                                                                        \
    "\x32\x93\x01\x00\x31$dps/registrations/res/202/?$rid=42&retry-after=3\x00\x02"      \
    "{\"operationId\":\"" OPERATION "\",\"status\":\"assigning\"}"
#define ASSIGNED                                                                         \
    "\x32\xa4\x02\x00\x23$dps/registrations/res/200/?$rid=43\x00\x02"                    \
    "{\"operationId\":\"" OPERATION "\",\"status\":\"assigned\",\"registrationState\":{" \
    "\"registrationId\":\"device-001\",\"assignedHub\":\"hub.example.net\","             \
    "\"deviceId\":\"device-one\",\"status\":\"assigned\",\"substatus\":"                 \
    "\"initialAssignment\"}}"
#define REFUSED                                                                          \
    "\x32\xbe\x01\x00\x23$dps/registrations/res/401/?$rid=42\x00\x02"                    \
    "{\"errorCode\":401002,\"trackingId\":\"8ad0463c-6427-4479-9dfa-3e8bb7003e9b\","     \
    "\"message\":\"Invalid certificate.\",\"timestampUtc\":"                             \
    "\"2020-04-10T05:24:22.4718526Z\"}"

struct step {
    const uint8_t *expect;
    size_t expect_len;
    const uint8_t *reply;
    size_t reply_len;
};
#define STEP(expect, reply) { BYTES(expect), BYTES(reply) }
enum { STEPS_MAX = 8 };

static const struct step success[STEPS_MAX] = {
    STEP(CONNECT, CONNACK("\x00")),
    STEP(SUBSCRIBE, SUBACK("\x01")),
    STEP(REGISTER, PUBACK("\x02") ASSIGNING),
    STEP(PUBACK("\x02"), ""),
    STEP(POLL, PUBACK("\x03") ASSIGNED),
    STEP(PUBACK("\x02") DISCONNECT, ""),
};

/* ---- The stream -------------------------------------------------------------------- */

struct wire {
    struct dps_stream stream;
    struct step steps[STEPS_MAX];
    size_t step;                 /* the one that is expected */
    size_t matched;              /* bytes of it that have come */
    const uint8_t *in;           /* the reply that is being read */
    size_t in_len;
    size_t read_max;             /* most bytes of one read */
    uint32_t in_more;            /* behind it: bytes of filler, then in_tail */
    const char *in_tail;
    int write_room;              /* bytes that writes may take; -1: any */
    int opens_after;             /* calls of open that say AGAIN; -1: all */
    int open_fails, ends, close_blocks;
    unsigned opened, closed, closed_at_once;
};

static struct wire wire;

/* What the far end expects, byte by byte; at a step's end its reply is there to read. */
static void wire_take(uint8_t byte)
{
    const struct step *step = &wire.steps[wire.step];

    ck_assert_msg(step->expect != NULL && wire.matched < step->expect_len,
                  "step %zu: byte %02x was not expected", wire.step, byte);
    ck_assert_msg(step->expect[wire.matched] == byte,
                  "step %zu, byte %zu: %02x, expected %02x", wire.step, wire.matched,
                  byte, step->expect[wire.matched]);
    if (++wire.matched == step->expect_len) {
        ck_assert_uint_eq(wire.in_len, 0);
        wire.in = step->reply;
        wire.in_len = step->reply_len;
        wire.matched = 0;
        wire.step++;
    }
}

static int wire_open(struct dps_stream *stream, struct dps_now now)
{
    ck_assert_ptr_eq(stream, &wire.stream);
    ck_assert_uint_eq(now.utc_s, 1800000000);
    wire.opened++;
    if (wire.open_fails) {
        return DPS_STREAM_FAILED;
    }
    if (wire.opens_after != 0) {
        wire.opens_after -= wire.opens_after > 0;
        return DPS_STREAM_AGAIN;
    }
    return DPS_STREAM_DONE;
}

static int wire_read(struct dps_stream *stream, uint8_t *buf, size_t cap)
{
    size_t n = cap < wire.read_max ? cap : wire.read_max;

    (void)stream;
    if (wire.in_len == 0 && wire.in_more != 0) {
        n = n < wire.in_more ? n : wire.in_more;
        memset(buf, 'x', n);
        wire.in_more -= (uint32_t)n;
        if (wire.in_more == 0) {
            wire.in = (const uint8_t *)wire.in_tail;
            wire.in_len = strlen(wire.in_tail);
        }
        return (int)n;
    }
    if (wire.in_len == 0) {
        return wire.ends ? DPS_STREAM_END : DPS_STREAM_AGAIN;
    }
    n = n < wire.in_len ? n : wire.in_len;
    memcpy(buf, wire.in, n);
    wire.in += n;
    wire.in_len -= n;
    return (int)n;
}

static int wire_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    size_t i;

    (void)stream;
    if (wire.write_room >= 0 && len > (size_t)wire.write_room) {
        len = (size_t)wire.write_room;
    }
    for (i = 0; i < len; i++) {
        wire_take(data[i]);
    }
    wire.write_room -= wire.write_room > 0 ? (int)len : 0;
    return len == 0 ? DPS_STREAM_AGAIN : (int)len;
}

static int wire_flush(struct dps_stream *stream)
{
    (void)stream;
    return DPS_STREAM_DONE;
}

static int wire_close(struct dps_stream *stream, int at_once)
{
    (void)stream;
    if (!at_once && wire.close_blocks) {
        return DPS_STREAM_AGAIN;
    }
    wire.closed++;
    wire.closed_at_once += at_once != 0;
    return DPS_STREAM_DONE;
}

static int wire_wants(const struct dps_stream *stream)
{
    (void)stream;
    return DPS_WANTS_READ;
}

static void wire_why(const struct dps_stream *stream, struct dps_failure *failure)
{
    (void)stream;
    failure->layer = DPS_LAYER_TLS;
    failure->error = DPS_STREAM_ERR_CERTIFICATE;
    failure->advice = DPS_ADVICE_FIX;
    failure->detail = 62;
}

static const struct dps_stream_class wire_class = {
    wire_open, wire_read, wire_write, wire_flush, wire_close, wire_wants, wire_why,
};

/* ---- The host ---------------------------------------------------------------------- */

static struct dps_client client;
static struct dps_config config;
static struct dps_event event;
static struct dps_now now;
static char told[100];

static struct dps_now host_now(void *context)
{
    ck_assert_ptr_eq(context, &now);
    return now;
}

static void host_wait(void *context, uint32_t ms, int wants)
{
    ck_assert_ptr_eq(context, &now);
    ck_assert_uint_ne(ms, 0);
    ck_assert_uint_ne(ms, UINT32_MAX);
    (void)wants;
    now.ms += ms;
}

static const struct dps_host host = { host_now, host_wait, &now };

static void start_with(const struct step *steps)
{
    reg_defaults();
    config = reg_config;
    memset(&wire, 0, sizeof wire);
    memcpy(wire.steps, steps, sizeof wire.steps);
    wire.stream.vtable = &wire_class;
    wire.read_max = SIZE_MAX;
    wire.write_room = -1;
    now.ms = reg_now_ms;
    now.utc_s = 1800000000;
    memset(&client, 0xa5, sizeof client);
    dps_client_init(&client, &config, &wire.stream);
    told[0] = '\0';
}

/* A letter an event; a payload is one event, with its last piece. */
static void note_event(void)
{
    static const char letters[] = {
        [DPS_OPENED] = 'o',  [DPS_CONNECTED] = 'c', [DPS_SUBSCRIBED] = 's',
        [DPS_REGISTERING] = 'r', [DPS_WAITING] = 'w', [DPS_POLLING] = 'l',
        [DPS_PAYLOAD] = 'p', [DPS_ASSIGNED] = 'A', [DPS_FAILED] = 'F',
    };
    size_t len = strlen(told);

    if (event.type != DPS_NOTHING && (event.type != DPS_PAYLOAD || event.last)) {
        told[len] = letters[event.type];
        told[len + 1] = '\0';
    }
}

static void run_to_the_end(void)
{
    do {
        dps_client_run(&client, &host, &event);
        note_event();
    } while (event.type != DPS_NOTHING && event.type < DPS_ASSIGNED);
}

/* Nothing follows the end. */
static void expect_the_end(enum dps_event_type type)
{
    unsigned closed = wire.closed;
    int wants;

    ck_assert_uint_eq(event.type, type);
    dps_client_step(&client, now, &event);
    ck_assert_uint_eq(event.type, DPS_NOTHING);
    now.ms += 100000;
    dps_client_step(&client, now, &event);
    ck_assert_uint_eq(event.type, DPS_NOTHING);
    dps_client_run(&client, &host, &event);
    ck_assert_uint_eq(event.type, DPS_NOTHING);
    ck_assert_uint_eq(dps_client_wait(&client, &wants), UINT32_MAX);
    ck_assert_uint_eq(wire.closed, closed);
}

static void expect_failure(enum dps_layer layer, unsigned error)
{
    ck_assert_uint_eq(dps_client_failure(&client)->layer, layer);
    ck_assert_uint_eq(dps_client_failure(&client)->error, error);
}

/* ---- The way that succeeds --------------------------------------------------------- */

START_TEST(client_registers)
{
    static const size_t sizes[] = { 1, 2, 3, 5, 17, 128, 1000 };

    start_with(success);
    wire.read_max = sizes[_i];
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrwlA");
    ck_assert_uint_eq(now.ms - reg_now_ms, 3000); /* retry-after, and nothing else */
    ck_assert_str_eq(dps_client_assignment(&client)->hub, "hub.example.net");
    ck_assert_str_eq(dps_client_assignment(&client)->device_id, "device-one");
    ck_assert_str_eq(dps_client_assignment(&client)->substatus, "initialAssignment");
    ck_assert_str_eq(dps_client_operation_id(&client), OPERATION);
    ck_assert_uint_eq(dps_client_polls(&client), 1);
    ck_assert_uint_eq(wire.step, 6); /* DISCONNECT was said */
    ck_assert_uint_eq(wire.closed, 1);
    ck_assert_uint_eq(wire.closed_at_once, 0);
    expect_failure(DPS_LAYER_NONE, DPS_OK);
    expect_the_end(DPS_ASSIGNED);
}
END_TEST

static unsigned passwords;

static int counted_password(void *context, const char *id_scope,
                            const char *registration_id, uint32_t utc_s, char *out,
                            size_t cap)
{
    passwords++;
    return reg_config.password(context, id_scope, registration_id, utc_s, out, cap);
}

/* Every byte that we write in a write of its own, and one a millisecond. A packet is put
 * together once: another password under way would be none. */
START_TEST(client_registers_through_a_narrow_stream)
{
    unsigned steps = 0;

    passwords = 0;
    start_with(success);
    wire.write_room = 0;
    wire.opens_after = 3;
    wire.read_max = 1;
    config.password = counted_password;
    do {
        int wants;

        dps_client_step(&client, now, &event);
        note_event();
        if (dps_client_wait(&client, &wants) != 0) {
            now.ms++;
            wire.write_room = 1;
        }
        ck_assert_uint_lt(++steps, 20000);
    } while (event.type < DPS_ASSIGNED);
    ck_assert_str_eq(told, "ocsrwlA");
    ck_assert_uint_eq(passwords, 1);
}
END_TEST

START_TEST(client_takes_the_answer_before_puback)
{
    static const struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        STEP(REGISTER, ASSIGNING PUBACK("\x02")),
        STEP(PUBACK("\x02"), ""),
        STEP(POLL, ASSIGNED),
        STEP(PUBACK("\x02") DISCONNECT, ""),
    };

    start_with(steps);
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrwlA");
}
END_TEST

/* With one message in flight a poll cannot leave before the PUBACK of the request before
 * it: it waits, without turning round and round, and leaves with it. */
START_TEST(client_poll_waits_for_puback)
{
    static const struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        STEP(REGISTER, ASSIGNING),
        STEP(PUBACK("\x02"), ""),
        STEP(POLL, PUBACK("\x03") ASSIGNED),
        STEP(PUBACK("\x02") DISCONNECT, ""),
    };
    static const uint8_t puback[] = { 0x40, 2, 0, 2 };
    unsigned i;

    start_with(steps);
    do {
        dps_client_run(&client, &host, &event);
        note_event();
    } while (event.type != DPS_POLLING);
    for (i = 0; i < 5; i++) {
        int wants;

        dps_client_step(&client, now, &event);
        ck_assert_uint_eq(event.type, DPS_NOTHING);
        ck_assert_uint_gt(dps_client_wait(&client, &wants), 100);
        now.ms += 100;
    }
    ck_assert_uint_eq(wire.step, 4);
    wire.in = puback;
    wire.in_len = sizeof puback;
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrwlA");
    ck_assert_uint_eq(now.ms - reg_now_ms, 3500);
}
END_TEST

#define DISABLED                                                                         \
    "\x30\x4b\x00\x23$dps/registrations/res/200/?$rid=42"                                \
    "{\"operationId\":\"\",\"status\":\"disabled\"}"

/* The PUBACK of the answer is stuck when the poll is due; as soon as it is out, the poll
 * is on its way: no sleep comes between them. */
START_TEST(client_poll_waits_for_its_own_puback)
{
    int wants;

    start_with(success);
    do {
        dps_client_run(&client, &host, &event);
        note_event();
        wire.write_room = event.type == DPS_WAITING ? 0 : -1;
    } while (event.type != DPS_WAITING);
    dps_client_step(&client, now, &event); /* the PUBACK is begun */
    now.ms += 3000;
    do {
        dps_client_step(&client, now, &event);
        note_event();
    } while (dps_client_wait(&client, &wants) == 0);
    ck_assert_uint_eq(wire.step, 3);
    wire.write_room = 4;
    dps_client_step(&client, now, &event);
    ck_assert_uint_eq(event.type, DPS_NOTHING);
    ck_assert_uint_eq(wire.step, 4);
    ck_assert_uint_eq(dps_client_wait(&client, &wants), 0);
    wire.write_room = -1;
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrwlA");
    ck_assert_uint_eq(now.ms - reg_now_ms, 3000);
}
END_TEST

/* The peer answers a poll in the same turn that sends it: that it went out is told all the
 * same. */
START_TEST(client_tells_the_poll_before_its_answer)
{
    static const struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        STEP(REGISTER, PUBACK("\x02") ASSIGNING),
        STEP(PUBACK("\x02"), ""),
        STEP(POLL, "\x30\x4b\x00\x23$dps/registrations/res/200/?$rid=43"
             "{\"operationId\":\"\",\"status\":\"disabled\"}"),
        STEP(DISCONNECT, ""),
    };

    start_with(steps);
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrwlF");
    expect_failure(DPS_LAYER_SERVICE, DPS_ERR_DISABLED);
}
END_TEST

/* QoS 0 asked for and granted: messages come with QoS 0 and are not acknowledged. */
START_TEST(client_takes_qos_0)
{
    static const struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP("\x82\x1d\x00\x01\x00\x18$dps/registrations/res/#\x00", SUBACK("\x00")),
        STEP(REGISTER, PUBACK("\x02") DISABLED),
        STEP(DISCONNECT, ""),
    };

    start_with(steps);
    config.qos = 0;
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrF");
    ck_assert_uint_eq(wire.step, 4);
    expect_failure(DPS_LAYER_SERVICE, DPS_ERR_DISABLED);
}
END_TEST

/* What nobody asked for is acknowledged and ignored. */
START_TEST(client_acknowledges_a_stale_answer)
{
    static const struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        STEP(REGISTER, "\x32\x29\x00\x23$dps/registrations/res/200/?$rid=41\x00\x07{}"),
        STEP(PUBACK("\x07"), PUBACK("\x02") ASSIGNING),
        STEP(PUBACK("\x02"), ""),
        STEP(POLL, PUBACK("\x03") ASSIGNED),
        STEP(PUBACK("\x02") DISCONNECT, ""),
    };

    start_with(steps);
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrwlA");
}
END_TEST

/* An answer that comes while half of its request is out is not taken for one. */
START_TEST(client_ignores_an_answer_to_half_a_request)
{
    static const struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        STEP(REGISTER, PUBACK("\x02") ASSIGNING),
        STEP(PUBACK("\x02"), ""),
        STEP(POLL, PUBACK("\x03") ASSIGNED),
        STEP(PUBACK("\x02") DISCONNECT, ""),
    };
    unsigned i;

    start_with(steps);
    do {
        dps_client_run(&client, &host, &event);
        note_event();
    } while (event.type != DPS_REGISTERING);
    wire.write_room = 20;
    dps_client_step(&client, now, &event);
    ck_assert_uint_eq(wire.matched, 20);
    wire.in = (const uint8_t *)DISABLED;
    wire.in_len = sizeof DISABLED - 1;
    for (i = 0; i < 5; i++) {
        dps_client_step(&client, now, &event);
        ck_assert_uint_eq(event.type, DPS_NOTHING);
    }
    ck_assert_uint_eq(wire.in_len, 0);
    wire.write_room = -1;
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrwlA");
}
END_TEST

/* ---- A payload of 300 KB ----------------------------------------------------------- */

#define LARGE_HEAD "{\"status\":\"assigned\",\"registrationState\":{\"payload\":{\"x\":\""
#define LARGE_TAIL "\"},\"assignedHub\":\"hub.example.net\",\"deviceId\":\"device-one\"}}"
enum {
    LARGE_X = 300000,
    LARGE_LEN = 2 + 35 + 2 + sizeof LARGE_HEAD - 1 + LARGE_X + sizeof LARGE_TAIL - 1
};

START_TEST(client_streams_a_large_payload)
{
    static uint8_t reply[200];
    static struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        { BYTES(REGISTER), reply, 0 },
        STEP(PUBACK("\x02") DISCONNECT, ""),
    };
    static const uint8_t topic[] =
        "\x00\x23$dps/registrations/res/200/?$rid=42\x00\x02" LARGE_HEAD;
    static const uint8_t start[] = { '{', '"', 'x', '"', ':', '"' };
    uint32_t total = 0;
    size_t i;

    memcpy(reply, PUBACK("\x02") "\x32", 5);
    reply[5] = (LARGE_LEN & 127) | 128; /* 2.2.3: three bytes of length */
    reply[6] = (LARGE_LEN >> 7 & 127) | 128;
    reply[7] = LARGE_LEN >> 14;
    memcpy(reply + 8, topic, sizeof topic - 1);
    steps[2].reply_len = 8 + sizeof topic - 1;
    start_with(steps);
    do {
        dps_client_run(&client, &host, &event);
        note_event();
        if (event.type == DPS_REGISTERING) {
            wire.in_more = LARGE_X;
            wire.in_tail = LARGE_TAIL;
        }
        if (event.type == DPS_PAYLOAD) {
            ck_assert_uint_eq(event.offset, total);
            ck_assert_uint_le(event.payload.len, DPS_MQTT_CHUNK);
            for (i = 0; i < event.payload.len; i++) {
                uint32_t at = total + (uint32_t)i;
                uint8_t want = at < 6 ? start[at]
                               : at < 6 + LARGE_X ? 'x'
                               : at == 6 + LARGE_X ? '"' : '}';

                ck_assert_uint_eq(event.payload.at[i], want);
            }
            total += (uint32_t)event.payload.len;
        }
    } while (event.type < DPS_ASSIGNED);
    ck_assert_str_eq(told, "ocsrpA");
    ck_assert_uint_eq(total, LARGE_X + 8);
    ck_assert_str_eq(dps_client_assignment(&client)->device_id, "device-one");
}
END_TEST

/* ---- Failures ---------------------------------------------------------------------- */

START_TEST(client_is_refused_by_the_service)
{
    static const struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        STEP(REGISTER, PUBACK("\x02") REFUSED),
        STEP(PUBACK("\x02") DISCONNECT, ""),
    };
    const struct dps_refusal *refusal = dps_client_refusal(&client);
    char text[300];

    start_with(steps);
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrF");
    ck_assert_uint_eq(wire.step, 4); /* a good-bye */
    ck_assert_uint_eq(wire.closed_at_once, 0);
    expect_failure(DPS_LAYER_SERVICE, DPS_ERR_UNAUTHORIZED);
    ck_assert_uint_eq(refusal->error_code, 401002);
    ck_assert_str_eq(refusal->tracking_id, "8ad0463c-6427-4479-9dfa-3e8bb7003e9b");
    ck_assert_str_eq(refusal->message, "Invalid certificate.");
    ck_assert_uint_lt(dps_failure_text(&client, text, sizeof text), sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "401002"));
    expect_the_end(DPS_FAILED);
}
END_TEST

START_TEST(client_is_refused_by_mqtt)
{
    static const struct step connack[STEPS_MAX] = { STEP(CONNECT, CONNACK("\x05")) };
    static const struct step suback[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x80")),
        STEP(DISCONNECT, ""),
    };

    start_with(connack);
    run_to_the_end();
    ck_assert_str_eq(told, "oF");
    expect_failure(DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_UNAUTHORIZED);
    ck_assert_int_eq(dps_client_failure(&client)->detail, 5);
    ck_assert_uint_eq(wire.closed_at_once, 1);
    expect_the_end(DPS_FAILED);

    start_with(suback);
    run_to_the_end();
    ck_assert_str_eq(told, "ocF");
    expect_failure(DPS_LAYER_MQTT, DPS_MQTT_ERR_SUBSCRIPTION_REFUSED);
    ck_assert_uint_eq(wire.step, 3);
    expect_the_end(DPS_FAILED);
}
END_TEST

/* What breaks the protocol is not acknowledged: not one byte follows. */
START_TEST(client_ends_at_a_violation)
{
    static const struct step body[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        STEP(REGISTER, PUBACK("\x02")
             "\x32\x29\x00\x23$dps/registrations/res/200/?$rid=42\x00\x07[]"),
    };
    static const struct step topic[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01") "\x32\x07\x00\x01x\x00\x07{}"),
    };

    start_with(body);
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrF");
    expect_failure(DPS_LAYER_SERVICE, DPS_ERR_JSON);
    ck_assert_int_eq(dps_client_failure(&client)->detail, 200);
    ck_assert_uint_eq(wire.closed_at_once, 1);
    expect_the_end(DPS_FAILED);

    start_with(topic);
    run_to_the_end();
    ck_assert_int_eq(told[0], 'o');
    expect_failure(DPS_LAYER_SERVICE, DPS_ERR_TOPIC);
    expect_the_end(DPS_FAILED);
}
END_TEST

/* The stream's own failure travels up as it is; and an end at every step. */
START_TEST(client_loses_the_stream)
{
    static const char *const tells[] = { "oF", "ocF", "ocsrF", "ocsrwF", "ocsrwlF" };
    static struct step steps[STEPS_MAX];
    size_t replies = (size_t)_i;

    if (_i == 5) {
        start_with(success);
        wire.open_fails = 1;
        run_to_the_end();
        ck_assert_str_eq(told, "F");
        expect_failure(DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE);
        ck_assert_int_eq(dps_client_failure(&client)->detail, 62);
        expect_the_end(DPS_FAILED);
        return;
    }
    memcpy(steps, success, sizeof steps);
    if (replies < 3) { /* the rest is silence */
        steps[replies].reply_len = 0;
    } else {
        steps[4].reply_len = 0;
    }
    start_with(steps);
    do {
        dps_client_step(&client, now, &event);
        note_event();
        if (event.type == DPS_NOTHING) {
            int wants;
            uint32_t ms = dps_client_wait(&client, &wants);

            wire.ends = wire.step > replies;
            now.ms += wire.ends ? 0 : ms;
        }
    } while (event.type < DPS_ASSIGNED);
    ck_assert_str_eq(told, tells[_i]);
    expect_failure(DPS_LAYER_MQTT, DPS_MQTT_ERR_CLOSED);
    ck_assert_uint_eq(dps_client_failure(&client)->advice, DPS_ADVICE_RETRY);
    ck_assert_uint_eq(wire.closed, 1);
    expect_the_end(DPS_FAILED);
}
END_TEST

static int no_random(void *context, uint8_t *out, size_t len)
{
    (void)out, (void)len;
    return *(const int *)context;
}

/* What is wrong before anything is sent: the stream is not even opened. */
START_TEST(client_fails_before_the_stream_is_opened)
{
    static int random_says;
    static const enum dps_error errors[] = { DPS_ERR_CLOCK, DPS_ERR_ID_SCOPE,
                                             DPS_ERR_RANDOM, DPS_ERR_TIME_LIMIT };

    start_with(success);
    random_says = -1;
    if (_i == 0) {
        now.utc_s = 0;
    } else if (_i == 1) {
        config.id_scope = "0ne 1";
    } else if (_i == 2) {
        config.random.fill = no_random;
        config.random.context = &random_says;
    } else {
        config.time_limit_ms = 0;
    }
    dps_client_init(&client, &config, &wire.stream);
    run_to_the_end();
    ck_assert_str_eq(told, "F");
    expect_failure(DPS_LAYER_CALLER, errors[_i]);
    ck_assert_uint_eq(wire.opened, 0);
    ck_assert_uint_eq(wire.closed, 0);
    ck_assert_uint_eq(now.ms, reg_now_ms);
    expect_the_end(DPS_FAILED);
}
END_TEST

/* ---- Time -------------------------------------------------------------------------- */

/* Silence at every stage ends at the time limit, to the millisecond, while the counter
 * wraps. The detail says what was awaited. */
START_TEST(client_time_limit_at_every_stage)
{
    static const struct {
        const char *tells;
        int detail;
    } stages[] = {
        { "F", 0 },       /* the stream does not open */
        { "oF", 1 },      /* no CONNACK */
        { "ocF", 2 },     /* no SUBACK */
        { "ocsrF", 3 },   /* no register answer */
        { "ocsrwlF", 5 }, /* no poll answer */
        { "F", 0 },       /* the random source has no bytes */
        { "oF", 1 },      /* CONNECT does not get out */
        { "ocsrF", 3 },   /* half of an answer comes */
        { "ocsrwlF", 5 }, /* a PUBACK does not come: the poll cannot leave */
    };
    static int random_says;
    static struct step steps[STEPS_MAX];

    memcpy(steps, success, sizeof steps);
    if (_i >= 1 && _i <= 4) {
        steps[_i == 4 ? 4 : _i - 1].reply_len = 0;
    } else if (_i == 7) {
        steps[2].reply_len -= 10;
    } else if (_i == 8) {
        steps[2].reply += 4; /* without its PUBACK */
        steps[2].reply_len -= 4;
    }
    start_with(steps);
    config.time_limit_ms = 5000;
    if (_i == 0) {
        wire.opens_after = -1;
    } else if (_i == 5) {
        config.random.fill = no_random;
        config.random.context = &random_says;
    } else if (_i == 6) {
        wire.write_room = 30;
    }
    dps_client_init(&client, &config, &wire.stream);
    run_to_the_end();
    ck_assert_str_eq(told, stages[_i].tells);
    ck_assert_uint_eq(now.ms - reg_now_ms, 5000);
    expect_failure(DPS_LAYER_TIME, DPS_ERR_TIME_OUT);
    ck_assert_int_eq(dps_client_failure(&client)->detail, stages[_i].detail);
    ck_assert_uint_eq(wire.closed, _i == 5 ? 0 : 1);
    ck_assert_uint_eq(wire.closed_at_once, _i == 5 ? 0 : 1);
    expect_the_end(DPS_FAILED);
}
END_TEST

/* The limits of the layers below end it sooner, as what they are. */
START_TEST(client_limits_of_the_layers_below)
{
    static struct step steps[STEPS_MAX];

    memcpy(steps, success, sizeof steps);
    steps[0].reply_len = 0;
    start_with(steps);
    run_to_the_end();
    expect_failure(DPS_LAYER_TIME, DPS_MQTT_ERR_NO_CONNACK);
    ck_assert_uint_eq(now.ms - reg_now_ms, DPS_MQTT_ANSWER_MS);

    start_with(success);
    wire.opens_after = -1;
    run_to_the_end();
    expect_failure(DPS_LAYER_TIME, DPS_STREAM_ERR_OPEN_TIME);
    ck_assert_uint_eq(now.ms - reg_now_ms, DPS_MQTT_OPEN_MS);
}
END_TEST

/* A wait that the service asks for and that does not fit is refused at once. */
START_TEST(client_refuses_to_wait_beyond_the_limit)
{
    static const struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        STEP(REGISTER, PUBACK("\x02") ASSIGNING),
        STEP(PUBACK("\x02") DISCONNECT, ""),
    };

    start_with(steps);
    config.time_limit_ms = 3000;
    dps_client_init(&client, &config, &wire.stream);
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrF");
    ck_assert_uint_eq(now.ms, reg_now_ms);
    expect_failure(DPS_LAYER_TIME, DPS_ERR_RETRY_AFTER);
    ck_assert_int_eq(dps_client_failure(&client)->detail, 3);
    expect_the_end(DPS_FAILED);
}
END_TEST

/* A close that does not come to its end changes nothing: success after the two seconds
 * that closing has, or at the time limit when that is sooner. */
START_TEST(client_close_that_blocks)
{
    static const uint32_t limits[] = { 60000, 3500 };
    static const uint32_t ends[] = { 5000, 3500 };

    start_with(success);
    config.time_limit_ms = limits[_i];
    wire.close_blocks = 1;
    dps_client_init(&client, &config, &wire.stream);
    run_to_the_end();
    ck_assert_str_eq(told, "ocsrwlA");
    ck_assert_uint_eq(now.ms - reg_now_ms, ends[_i]);
    ck_assert_uint_eq(wire.closed_at_once, 1);
    ck_assert_str_eq(dps_client_assignment(&client)->hub, "hub.example.net");
    expect_failure(DPS_LAYER_NONE, DPS_OK);
    expect_the_end(DPS_ASSIGNED);
}
END_TEST

/* The peer closes as soon as it has told the assignment. */
START_TEST(client_assigned_and_the_peer_is_gone)
{
    static const struct step steps[STEPS_MAX] = {
        STEP(CONNECT, CONNACK("\x00")),
        STEP(SUBSCRIBE, SUBACK("\x01")),
        STEP(REGISTER, PUBACK("\x02") ASSIGNING),
        STEP(PUBACK("\x02"), ""),
        STEP(POLL, PUBACK("\x03") ASSIGNED),
    };

    start_with(steps);
    do {
        dps_client_run(&client, &host, &event);
        note_event();
        if (event.type == DPS_POLLING) {
            wire.ends = 1;
            dps_client_step(&client, now, &event);
            wire.write_room = 0; /* the answer is read, nothing more gets out */
        }
    } while (event.type < DPS_ASSIGNED);
    ck_assert_str_eq(told, "ocsrwlA");
    expect_failure(DPS_LAYER_NONE, DPS_OK);
}
END_TEST

/* ---- Cancel ------------------------------------------------------------------------ */

START_TEST(client_is_cancelled_at_every_event)
{
    int i;
    int wants;

    start_with(success);
    for (i = 0; i < _i; i++) {
        dps_client_run(&client, &host, &event);
    }
    dps_client_cancel(&client);
    if (_i == 7) { /* assigned: decided, and told */
        expect_the_end(DPS_ASSIGNED);
        expect_failure(DPS_LAYER_NONE, DPS_OK);
        return;
    }
    ck_assert_uint_eq(dps_client_wait(&client, &wants), 0);
    dps_client_run(&client, &host, &event);
    ck_assert_uint_eq(event.type, DPS_FAILED);
    expect_failure(DPS_LAYER_CALLER, DPS_ERR_CANCELLED);
    ck_assert_uint_eq(wire.closed_at_once, _i == 0 ? 0 : 1);
    expect_the_end(DPS_FAILED);
}
END_TEST

/* Who sleeps as dps_client_wait() says learns of it at once. */
START_TEST(client_is_cancelled_while_it_waits)
{
    int wants;

    start_with(success);
    wire.opens_after = -1;
    dps_client_step(&client, now, &event);
    dps_client_step(&client, now, &event);
    ck_assert_uint_eq(event.type, DPS_NOTHING);
    ck_assert_uint_gt(dps_client_wait(&client, &wants), 0);
    dps_client_cancel(&client);
    ck_assert_uint_eq(dps_client_wait(&client, &wants), 0);
    dps_client_step(&client, now, &event);
    ck_assert_uint_eq(event.type, DPS_FAILED);
}
END_TEST

TCase *dps_client_cases(void)
{
    TCase *cases = tcase_create("client");

    tcase_set_timeout(cases, 60); /* where sanitizers and a busy machine meet */
    tcase_add_loop_test(cases, client_registers, 0, 7);
    tcase_add_test(cases, client_registers_through_a_narrow_stream);
    tcase_add_test(cases, client_takes_the_answer_before_puback);
    tcase_add_test(cases, client_poll_waits_for_puback);
    tcase_add_test(cases, client_poll_waits_for_its_own_puback);
    tcase_add_test(cases, client_tells_the_poll_before_its_answer);
    tcase_add_test(cases, client_takes_qos_0);
    tcase_add_test(cases, client_acknowledges_a_stale_answer);
    tcase_add_test(cases, client_ignores_an_answer_to_half_a_request);
    tcase_add_test(cases, client_streams_a_large_payload);
    tcase_add_test(cases, client_is_refused_by_the_service);
    tcase_add_test(cases, client_is_refused_by_mqtt);
    tcase_add_test(cases, client_ends_at_a_violation);
    tcase_add_loop_test(cases, client_loses_the_stream, 0, 6);
    tcase_add_loop_test(cases, client_fails_before_the_stream_is_opened, 0, 4);
    tcase_add_loop_test(cases, client_time_limit_at_every_stage, 0, 9);
    tcase_add_test(cases, client_limits_of_the_layers_below);
    tcase_add_test(cases, client_refuses_to_wait_beyond_the_limit);
    tcase_add_loop_test(cases, client_close_that_blocks, 0, 2);
    tcase_add_test(cases, client_assigned_and_the_peer_is_gone);
    tcase_add_loop_test(cases, client_is_cancelled_at_every_event, 0, 8);
    tcase_add_test(cases, client_is_cancelled_while_it_waits);
    return cases;
}
