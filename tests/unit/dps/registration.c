/* SPDX-License-Identifier: MIT
 *
 * What the registration sends, when, and which answers it takes for its own. */
#include "dps/registration.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/dps/dps_tests.h"

static void expect_bytes(struct dps_bytes bytes, const char *text)
{
    ck_assert_uint_eq(bytes.len, strlen(text));
    if (bytes.len != 0) { /* none may be at null */
        ck_assert_mem_eq(bytes.at, text, bytes.len);
    }
}

/* Whether `text` stands anywhere in the registration's memory. */
static int is_in_memory(const char *text)
{
    const char *at = (const char *)&reg;
    size_t len = strlen(text);
    size_t i;

    for (i = 0; i + len <= sizeof reg; i++) {
        if (memcmp(at + i, text, len) == 0) {
            return 1;
        }
    }
    return 0;
}

/* ---- The configuration ------------------------------------------------------------- */

#define X4(x) x x x x
#define X16(x) X4(X4(x))
#define X128(x) X16(X4(x) X4(x))

static const struct {
    const char *name;
    const char *id_scope, *registration_id, *api_version;
    enum dps_error error;
} names[] = {
    { "the usual", "0ne00ABCDEF", "device-001", NULL, DPS_OK },
    { "one character each", "a", "b", "1", DPS_OK },
    { "the longest", X16("ab"), X128("a"), X16("2-"), DPS_OK },
    { "every character", "azAZ09", "azAZ09-._:-", "2021-06-01-preview", DPS_OK },
    { "a special one at the start", "0ne", "_a", NULL, DPS_OK },
    { "no scope", "", "a", NULL, DPS_ERR_ID_SCOPE },
    { "a scope of 33", X16("ab") "c", "a", NULL, DPS_ERR_ID_SCOPE },
    { "a hyphen in the scope", "0ne-1", "a", NULL, DPS_ERR_ID_SCOPE },
    { "a slash", "0ne/1", "a", NULL, DPS_ERR_ID_SCOPE },
    { "next to the letters", "0ne@", "a", NULL, DPS_ERR_ID_SCOPE },
    { "next to the letters", "0ne[", "a", NULL, DPS_ERR_ID_SCOPE },
    { "next to the letters", "0ne`", "a", NULL, DPS_ERR_ID_SCOPE },
    { "next to the letters", "0ne{", "a", NULL, DPS_ERR_ID_SCOPE },
    { "no registration ID", "0ne", "", NULL, DPS_ERR_REGISTRATION_ID },
    { "a registration ID of 129", "0ne", X128("a") "b", NULL, DPS_ERR_REGISTRATION_ID },
    { "'.' at its end", "0ne", "a.", NULL, DPS_ERR_REGISTRATION_ID },
    { "'_' at its end", "0ne", "a_", NULL, DPS_ERR_REGISTRATION_ID },
    { "':' at its end", "0ne", "a:", NULL, DPS_ERR_REGISTRATION_ID },
    { "a blank", "0ne", "a b", NULL, DPS_ERR_REGISTRATION_ID },
    { "a quote, which would end a JSON string", "0ne", "a\"b", NULL,
      DPS_ERR_REGISTRATION_ID },
    { "a slash", "0ne", "a/b", NULL, DPS_ERR_REGISTRATION_ID },
    { "'+'", "0ne", "a+b", NULL, DPS_ERR_REGISTRATION_ID },
    { "beyond ASCII", "0ne", "\xc3\xa9", NULL, DPS_ERR_REGISTRATION_ID },
    { "no API version", "0ne", "a", "", DPS_ERR_API_VERSION },
    { "an API version of 33", "0ne", "a", X16("2-") "1", DPS_ERR_API_VERSION },
    { "'&' in it", "0ne", "a", "2019&x", DPS_ERR_API_VERSION },
};

START_TEST(registration_checks_names)
{
    reg_defaults();
    reg_config.id_scope = names[_i].id_scope;
    reg_config.registration_id = names[_i].registration_id;
    reg_config.api_version = names[_i].api_version;
    reg_init();
    if (names[_i].error == DPS_OK) {
        ck_assert_msg(reg.request == DPS_SEND_CONNECT, "%s",
                      names[_i].name);
        return;
    }
    ck_assert_msg(reg.request == DPS_CLOSE, "%s", names[_i].name);
    reg_expect_failure(DPS_LAYER_CALLER, names[_i].error, DPS_ADVICE_FIX, 0);
}
END_TEST

static const struct {
    const char *name;
    const char *payload;
    enum dps_error error;
} objects[] = {
    { "an object", "{\"modelId\":\"dtmi:com:example:Thermostat;1\"}", DPS_OK },
    { "white space around it", " {} \n", DPS_OK },
    { "an array", "[]", DPS_ERR_PAYLOAD },
    { "a string", "\"a\"", DPS_ERR_PAYLOAD },
    { "null", "null", DPS_ERR_PAYLOAD },
    { "two objects", "{}{}", DPS_ERR_PAYLOAD },
    { "cut", "{\"a\":1", DPS_ERR_PAYLOAD },
    { "white space alone", " ", DPS_ERR_PAYLOAD },
    { "what would add a member of its own", "{},\"registrationId\":\"other\"",
      DPS_ERR_PAYLOAD },
};

START_TEST(registration_checks_payload)
{
    reg_defaults();
    reg_config.payload.at = (const uint8_t *)objects[_i].payload;
    reg_config.payload.len = strlen(objects[_i].payload);
    reg_init();
    ck_assert_msg(reg.failure.error == objects[_i].error, "%s",
                  objects[_i].name);
}
END_TEST

/* 96 KB is the service's limit for the whole message: {"registrationId":"device-001",
 * "payload": and } are 42 bytes. */
START_TEST(registration_checks_payload_length)
{
    static char text[98304];
    size_t most = 98304 - 42;

    memset(text, ' ', sizeof text);
    text[0] = '{';
    text[1] = '}';
    reg_defaults();
    reg_config.payload.at = (const uint8_t *)text;
    reg_config.payload.len = most;
    reg_init();
    reg_expect_failure(DPS_LAYER_NONE, DPS_OK, DPS_ADVICE_NONE, 0);
    reg_config.payload.len = most + 1;
    reg_init();
    reg_expect_failure(DPS_LAYER_CALLER, DPS_ERR_PAYLOAD_LENGTH, DPS_ADVICE_FIX, 0);
    reg_config.payload.len = SIZE_MAX; /* nothing wraps */
    reg_init();
    reg_expect_failure(DPS_LAYER_CALLER, DPS_ERR_PAYLOAD_LENGTH, DPS_ADVICE_FIX, 0);
}
END_TEST

START_TEST(registration_checks_numbers)
{
    static const uint32_t limits[] = { 0, 0x80000000u, UINT32_MAX };
    size_t i;

    reg_defaults();
    for (i = 0; i < 3; i++) {
        reg_config.time_limit_ms = limits[i];
        reg_init();
        reg_expect_failure(DPS_LAYER_CALLER, DPS_ERR_TIME_LIMIT, DPS_ADVICE_FIX, 0);
    }
    reg_config.time_limit_ms = 0x7fffffff;
    reg_config.qos = 3;
    reg_init();
    reg_expect_failure(DPS_LAYER_CALLER, DPS_ERR_QOS, DPS_ADVICE_FIX, 0);
    reg_config.qos = 2;
    reg_init();
    reg_expect_failure(DPS_LAYER_NONE, DPS_OK, DPS_ADVICE_NONE, 0);
}
END_TEST

/* ---- CONNECT ----------------------------------------------------------------------- */

static struct dps_mqtt_connect connect_packet;

START_TEST(registration_connect_packet)
{
    reg_defaults();
    reg_init();
    ck_assert_uint_eq(reg.request, DPS_SEND_CONNECT);
    ck_assert_uint_eq(reg_connect(1800000000, &connect_packet),
                      DPS_OK);
    expect_bytes(connect_packet.client_id, "device-001");
    expect_bytes(connect_packet.user_name,
                 "0ne00ABCDEF/registrations/device-001/api-version=2019-03-31");
    expect_bytes(connect_packet.password, "secret");
    ck_assert_uint_eq(connect_packet.clean_session, 1);
    ck_assert_uint_eq(connect_packet.keep_alive_s, DPS_KEEP_ALIVE_S);
    /* While it goes out nothing is due but the time limit. */
    ck_assert_uint_eq(dps_registration_tick(&reg, reg_now_ms), 60000);
    /* Out: the password is forgotten. */
    ck_assert(is_in_memory("secret"));
    dps_registration_sent(&reg);
    ck_assert(!is_in_memory("secret"));
    ck_assert(!is_in_memory("registrations"));
}
END_TEST

START_TEST(registration_connect_packet_with_all)
{
    reg_defaults();
    reg_config.api_version = "2021-06-01";
    reg_config.client_version = "my-product/1.0 (\xc3\xa9~_)";
    reg_config.password = NULL;
    reg_init();
    ck_assert_uint_eq(reg_connect(1800000000, &connect_packet),
                      DPS_OK);
    expect_bytes(connect_packet.user_name,
                 "0ne00ABCDEF/registrations/device-001/api-version=2021-06-01"
                 "&ClientVersion=my-product%2F1.0%20%28%C3%A9~_%29");
    ck_assert_ptr_null(connect_packet.password.at); /* X.509: flag 0 */
}
END_TEST

static int password_result;

static int failing_password(void *context, const char *id_scope,
                            const char *registration_id, uint32_t utc_s, char *out,
                            size_t cap)
{
    (void)context, (void)id_scope, (void)registration_id, (void)utc_s;
    memset(out, 's', cap);
    return password_result;
}

/* Every way that CONNECT cannot be made: told before anything is sent, nothing kept. */
START_TEST(registration_connect_packet_fails)
{
    static const int results[] = { 0, -5, INT32_MIN, 0x7fffffff };
    static char version[DPS_TEXT];
    size_t i;

    reg_defaults();
    reg_init();
    ck_assert_uint_eq(reg_connect(0, &connect_packet), DPS_ERR_CLOCK);
    reg_expect_failure(DPS_LAYER_CALLER, DPS_ERR_CLOCK, DPS_ADVICE_FIX, 0);
    ck_assert_uint_eq(reg.request, DPS_CLOSE);

    reg_config.password = failing_password;
    for (i = 0; i < sizeof results / sizeof results[0]; i++) {
        password_result = results[i];
        reg_init();
        ck_assert_uint_eq(reg_connect(1, &connect_packet),
                          DPS_ERR_PASSWORD);
        reg_expect_failure(DPS_LAYER_CALLER, DPS_ERR_PASSWORD, DPS_ADVICE_FIX,
                           results[i]);
        ck_assert_uint_eq(reg.request, DPS_CLOSE);
        ck_assert(!is_in_memory("ssssssss"));
    }

    memset(version, 'v', sizeof version - 1);
    reg_defaults();
    reg_config.client_version = version;
    reg_init();
    ck_assert_uint_eq(reg_connect(1, &connect_packet),
                      DPS_ERR_TEXT_TOO_LONG);
    reg_expect_failure(DPS_LAYER_CALLER, DPS_ERR_TEXT_TOO_LONG, DPS_ADVICE_FIX, 0);
}
END_TEST

/* A failure while CONNECT is on its way forgets the password, too. */
START_TEST(registration_failure_wipes_the_password)
{
    reg_defaults();
    reg_init();
    reg_connect(1800000000, &connect_packet);
    ck_assert(is_in_memory("secret"));
    dps_registration_tick(&reg, reg_now_ms + 60000);
    ck_assert_uint_eq(reg.request, DPS_CLOSE);
    ck_assert(!is_in_memory("secret"));
}
END_TEST

static int random_result;
static unsigned random_calls;

static int test_random(void *context, uint8_t *out, size_t len)
{
    ck_assert_ptr_eq(context, &random_calls);
    random_calls++;
    if (random_result > 0) {
        memset(out, 0xff, len);
    }
    return random_result;
}

START_TEST(registration_random_source)
{
    struct dps_mqtt_publish publish;

    reg_defaults();
    reg_config.random.fill = test_random;
    reg_config.random.context = &random_calls;
    random_result = 0; /* not yet: asked again soon, within the time limit */
    reg_init();
    ck_assert_uint_eq(reg.request, DPS_SEND_NOTHING);
    ck_assert_uint_le(dps_registration_tick(&reg, reg_now_ms), 10);
    ck_assert_uint_eq(reg.request, DPS_SEND_NOTHING);
    ck_assert_uint_eq(dps_registration_tick(&reg, reg_now_ms + 59995), 5);
    random_result = 1;
    dps_registration_tick(&reg, reg_now_ms + 59996);
    ck_assert_uint_eq(reg.request, DPS_SEND_CONNECT);
    dps_registration_tick(&reg, reg_now_ms + 59997);
    ck_assert_uint_eq(reg.request, DPS_SEND_CONNECT);
    ck_assert_uint_eq(random_calls, 4);
    /* 0xffff is the last it gives: $rid goes on above it. */
    dps_registration_sent(&reg);
    reg_give(DPS_MQTT_OPENED);
    reg_give(DPS_MQTT_CONNECTED);
    dps_registration_sent(&reg);
    reg_suback(0);
    reg_publish(&publish);
    expect_bytes(publish.topic, "$dps/registrations/PUT/iotdps-register/?$rid=65536");

    random_result = -1;
    reg_init();
    ck_assert_uint_eq(reg.request, DPS_CLOSE);
    reg_expect_failure(DPS_LAYER_CALLER, DPS_ERR_RANDOM, DPS_ADVICE_FIX, 0);
}
END_TEST

/* ---- SUBSCRIBE, register, poll ----------------------------------------------------- */

START_TEST(registration_granted_qos_is_told)
{
    static const uint8_t granted[] = { 0, 1, 2 };
    size_t i;

    for (i = 0; i < 3; i++) {
        reg_defaults();
        reg_init();
        reg_send();
        reg_give(DPS_MQTT_OPENED);
        reg_give(DPS_MQTT_CONNECTED);
        reg_send();
        reg_suback(granted[i]);
        ck_assert_uint_eq(reg_event.type, DPS_SUBSCRIBED);
        ck_assert_uint_eq(reg_event.granted, granted[i]);
    }
}
END_TEST

START_TEST(registration_subscription_refused)
{
    reg_defaults();
    reg_init();
    reg_send();
    reg_give(DPS_MQTT_OPENED);
    reg_give(DPS_MQTT_CONNECTED);
    reg_send();
    reg_suback(0x80);
    reg_expect_failure(DPS_LAYER_MQTT, DPS_MQTT_ERR_SUBSCRIPTION_REFUSED, DPS_ADVICE_FIX,
                       0x80);
}
END_TEST

static void expect_publish(const char *topic, const char *first, const char *second,
                           const char *third)
{
    struct dps_mqtt_publish publish;
    unsigned twice;

    for (twice = 0; twice < 2; twice++) { /* a busy session is asked again */
        reg_publish(&publish);
        expect_bytes(publish.topic, topic);
        expect_bytes(publish.payload[0], first);
        expect_bytes(publish.payload[1], second);
        expect_bytes(publish.payload[2], third);
        ck_assert_uint_eq(publish.qos, 1);
        ck_assert_uint_eq(publish.retain, 0);
    }
}

static void to_subscribed(void)
{
    reg_init();
    reg_send();
    reg_give(DPS_MQTT_OPENED);
    reg_give(DPS_MQTT_CONNECTED);
    reg_send();
    reg_suback(1);
}

START_TEST(registration_register_and_poll)
{
    reg_defaults();
    to_subscribed();
    ck_assert_uint_eq(reg.request, DPS_SEND_REGISTER);
    expect_publish("$dps/registrations/PUT/iotdps-register/?$rid=42",
                   "{\"registrationId\":\"device-001\"", "", "}");
    reg_give(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(reg_event.type, DPS_REGISTERING);
    reg_give(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(reg_event.type, DPS_NOTHING); /* told once */
    dps_registration_sent(&reg);
    ck_assert_uint_eq(reg.polls, 0);

    reg_answer(202, 42, "&retry-after=1", REG_ASSIGNING);
    ck_assert_str_eq(reg.exchange.operation_id, "op-1");
    reg_now_ms += 1000;
    dps_registration_tick(&reg, reg_now_ms);
    expect_publish("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=43"
                   "&operationId=op-1", "", "", "");
    dps_registration_sent(&reg);
    ck_assert_uint_eq(reg.polls, 1);

    /* The next poll, with the operation ID that this answer tells. */
    reg_answer(202, 43, "&retry-after=1",
               "{\"operationId\":\"op-2\",\"status\":\"assigning\"}");
    reg_now_ms += 1000;
    dps_registration_tick(&reg, reg_now_ms);
    expect_publish("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=44"
                   "&operationId=op-2", "", "", "");
    dps_registration_sent(&reg);
    ck_assert_uint_eq(reg.polls, 2);

    reg_answer(200, 44, "", REG_ASSIGNED);
    reg_give(DPS_MQTT_CLOSED);
    ck_assert_uint_eq(reg_event.type, DPS_ASSIGNED);
    ck_assert_str_eq(reg.exchange.u.answer.assignment.hub, "hub.example.net");
    ck_assert_str_eq(reg.exchange.u.answer.assignment.device_id, "device-one");
    ck_assert_str_eq(reg.exchange.u.answer.assignment.substatus, "initialAssignment");
    ck_assert_str_eq(reg.exchange.operation_id, "op-1");
    reg_expect_failure(DPS_LAYER_NONE, DPS_OK, DPS_ADVICE_NONE, 0);
}
END_TEST

START_TEST(registration_register_with_a_payload)
{
    static const char payload[] = "{\"modelId\":\"dtmi:com:example:Thermostat;1\"}";
    struct dps_mqtt_publish publish;

    reg_defaults();
    reg_config.payload.at = (const uint8_t *)payload;
    reg_config.payload.len = sizeof payload - 1;
    to_subscribed();
    expect_publish("$dps/registrations/PUT/iotdps-register/?$rid=42",
                   "{\"registrationId\":\"device-001\",\"payload\":", payload, "}");
    reg_publish(&publish);
    ck_assert_ptr_eq(publish.payload[1].at, payload); /* not copied */
}
END_TEST

/* The longest that can be in one request fits the smallest DPS_TEXT. */
START_TEST(registration_longest_requests)
{
    struct dps_mqtt_publish publish;

    reg_defaults();
    reg_config.id_scope = X16("ab");
    reg_config.registration_id = X128("d");
    reg_config.api_version = X16("2-");
    reg_config.password = NULL;
    reg_config.payload.at = (const uint8_t *)"{}";
    reg_config.payload.len = 2;
    to_subscribed();
    reg_publish(&publish);
    expect_bytes(publish.payload[0],
                 "{\"registrationId\":\"" X128("d") "\",\"payload\":");
    dps_registration_sent(&reg);
    reg_answer(202, 42, "",
               "{\"operationId\":\"" X128("o") "\",\"status\":\"assigning\"}");
    reg_now_ms += 2000;
    dps_registration_tick(&reg, reg_now_ms);
    reg_publish(&publish);
    expect_bytes(publish.topic,
                 "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=43"
                 "&operationId=" X128("o"));
}
END_TEST

/* ---- Waiting ----------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *more; /* behind $rid */
    uint32_t wait_ms; /* 0: refused, it lies beyond the 60 s that are left */
    int32_t detail;
} waits[] = {
    { "3 s", "&retry-after=3", 3000, 0 },
    { "absent is 2 s", "", 2000, 0 },
    { "unreadable is absent", "&retry-after=soon", 2000, 0 },
    { "0 is 1 s", "&retry-after=0", 1000, 0 },
    { "1 s", "&retry-after=1", 1000, 0 },
    { "the last that lies within", "&retry-after=59", 59000, 0 },
    { "the time limit itself", "&retry-after=60", 0, 60 },
    { "beyond it", "&retry-after=61", 0, 61 },
    { "an hour", "&retry-after=3600", 0, 3600 },
    { "what would wrap in milliseconds", "&retry-after=4294968", 0, 4294968 },
    { "beyond 31 bits", "&retry-after=4294967295", 0, INT32_MAX },
    { "beyond 32 bits", "&retry-after=99999999999999999999", 0, INT32_MAX },
};

START_TEST(registration_waits_as_told)
{
    reg_defaults();
    reg_to_register();
    reg_answer(202, 42, waits[_i].more, REG_ASSIGNING);
    if (waits[_i].wait_ms == 0) {
        ck_assert_uint_eq(reg.request, DPS_SEND_DISCONNECT);
        reg_expect_failure(DPS_LAYER_TIME, DPS_ERR_RETRY_AFTER, DPS_ADVICE_RETRY,
                           waits[_i].detail);
        return;
    }
    ck_assert_uint_eq(reg_event.type, DPS_WAITING);
    ck_assert_uint_eq(reg_event.wait_ms, waits[_i].wait_ms);
    ck_assert_uint_eq(dps_registration_tick(&reg, reg_now_ms), waits[_i].wait_ms);
    reg_now_ms += waits[_i].wait_ms - 1;
    ck_assert_uint_eq(dps_registration_tick(&reg, reg_now_ms), 1);
    ck_assert_uint_eq(reg.request, DPS_SEND_NOTHING);
    reg_now_ms += 1;
    ck_assert_uint_eq(dps_registration_tick(&reg, reg_now_ms), 0);
    ck_assert_uint_eq(reg.request, DPS_SEND_POLL);
}
END_TEST

/* The wait is compared with what is left, to the millisecond. */
START_TEST(registration_wait_and_the_time_that_is_left)
{
    static const struct {
        uint32_t elapsed_ms;
        int fits;
    } rows[] = { { 56999, 1 }, { 57000, 0 }, { 57001, 0 }, { 59999, 0 } };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        reg_defaults();
        reg_to_register();
        reg_now_ms += rows[i].elapsed_ms;
        dps_registration_tick(&reg, reg_now_ms);
        reg_answer(202, 42, "&retry-after=3", REG_ASSIGNING);
        ck_assert_int_eq(reg.failure.layer == DPS_LAYER_NONE,
                         rows[i].fits);
    }
}
END_TEST

/* To the state that DPS_ERR_TIME_OUT's detail numbers so. */
static void to_state(unsigned state)
{
    if (state < 3) {
        reg_init();
        reg_send();
    }
    switch (state) {
    case 0:
        break;
    case 1:
        reg_give(DPS_MQTT_OPENED);
        break;
    case 2:
        reg_give(DPS_MQTT_OPENED);
        reg_give(DPS_MQTT_CONNECTED);
        break;
    case 3:
        reg_to_register();
        break;
    case 4:
        reg_to_wait();
        break;
    default:
        reg_to_poll();
        break;
    }
}

/* To the millisecond, with a counter that wraps meanwhile, in every state. */
START_TEST(registration_time_limit_is_exact)
{
    uint32_t start;

    reg_defaults();
    start = reg_now_ms;
    to_state((unsigned)_i);
    if (_i != 4) { /* there the poll would be due */
        ck_assert_uint_eq(dps_registration_tick(&reg, start + 59999), 1);
        ck_assert_uint_eq(reg.failure.layer, DPS_LAYER_NONE);
    }
    ck_assert_uint_eq(dps_registration_tick(&reg, start + 60000), 0);
    reg_expect_failure(DPS_LAYER_TIME, DPS_ERR_TIME_OUT, DPS_ADVICE_RETRY, _i);
    ck_assert_uint_eq(reg.request, DPS_CLOSE);
}
END_TEST

/* ---- Which answer is ours ---------------------------------------------------------- */

/* Other $rid's, in values that look alike: ignored, and nothing of them is kept. */
START_TEST(registration_stale_answers)
{
    static const char *const others[] = {
        "41", "43", "4", "2", "421", "042", "42 ", " 42", "", "4294967338", "x42",
    };
    char topic[100];
    size_t i;

    reg_defaults();
    reg_to_register();
    for (i = 0; i < sizeof others / sizeof others[0]; i++) {
        strcpy(topic, "$dps/registrations/res/200/?$rid=");
        reg_message(strcat(topic, others[i]), REG_ASSIGNED);
        ck_assert_uint_eq(reg_event.type, DPS_NOTHING);
        ck_assert_uint_eq(reg.request, DPS_SEND_NOTHING);
        ck_assert_str_eq(reg.exchange.operation_id, "");
        ck_assert_str_eq(reg.exchange.u.answer.assignment.hub, "");
    }
    /* Not even one that is no JSON. */
    reg_message("$dps/registrations/res/200/?$rid=41", "<html>");
    ck_assert_uint_eq(reg.failure.layer, DPS_LAYER_NONE);
    reg_answer(200, 42, "", REG_ASSIGNED);
    ck_assert_uint_eq(reg.request, DPS_SEND_DISCONNECT);
}
END_TEST

/* The answer to the register request comes again during the wait and the poll. */
START_TEST(registration_answer_twice)
{
    reg_defaults();
    reg_to_wait();
    reg_answer(202, 42, "&retry-after=50", REG_ASSIGNING);
    ck_assert_uint_eq(reg_event.type, DPS_NOTHING);
    ck_assert_uint_eq(dps_registration_tick(&reg, reg_now_ms), 1000);
    reg_to_poll();
    reg_answer(200, 42, "", "{\"status\":\"disabled\"}");
    ck_assert_uint_eq(reg.failure.layer, DPS_LAYER_NONE);
    reg_answer(200, 43, "", REG_ASSIGNED);
    ck_assert_uint_eq(reg.request, DPS_SEND_DISCONNECT);
}
END_TEST

/* An answer to what is not out yet: its bytes are not even looked at, because the request
 * still uses their place. */
START_TEST(registration_answer_before_the_request)
{
    struct dps_mqtt_publish publish;

    reg_defaults();
    to_subscribed();
    reg_answer(200, 42, "", REG_ASSIGNED); /* not even put together */
    reg_publish(&publish);
    reg_give(DPS_MQTT_NOTHING);
    reg_answer(200, 42, "", REG_ASSIGNED); /* put together, not out */
    ck_assert_uint_eq(reg_event.type, DPS_NOTHING);
    ck_assert_uint_eq(reg.request, DPS_SEND_REGISTER);
    expect_bytes(publish.topic, "$dps/registrations/PUT/iotdps-register/?$rid=42");
    expect_bytes(publish.payload[0], "{\"registrationId\":\"device-001\"");
    dps_registration_sent(&reg);
    reg_answer(200, 42, "", REG_ASSIGNED);
    ck_assert_uint_eq(reg.request, DPS_SEND_DISCONNECT);
}
END_TEST

/* One that began before the request was out is not its answer to the end. */
START_TEST(registration_answer_begins_before_the_request)
{
    static const char topic[] = "$dps/registrations/res/200/?$rid=42";
    static const char body[] = REG_ASSIGNED;
    struct dps_mqtt_publish publish;
    struct dps_mqtt_event mqtt;

    reg_defaults();
    to_subscribed();
    reg_publish(&publish);
    reg_give(DPS_MQTT_NOTHING);
    memset(&mqtt, 0, sizeof mqtt);
    mqtt.type = DPS_MQTT_MESSAGE;
    mqtt.packet.topic.at = (const uint8_t *)topic;
    mqtt.packet.topic.len = sizeof topic - 1;
    mqtt.packet.body.at = (const uint8_t *)body;
    mqtt.packet.body.len = 10;
    mqtt.packet.total = sizeof body - 1;
    dps_registration_input(&reg, &mqtt, &reg_event);
    dps_registration_sent(&reg);
    mqtt.packet.offset = 10;
    mqtt.packet.body.at += 10;
    mqtt.packet.body.len = sizeof body - 1 - 10;
    mqtt.packet.last = 1;
    dps_registration_input(&reg, &mqtt, &reg_event);
    ck_assert_uint_eq(reg.request, DPS_SEND_NOTHING);
    ck_assert_uint_eq(reg.failure.layer, DPS_LAYER_NONE);
}
END_TEST

/* A failure in the middle of an answer: what still comes of it changes nothing. */
START_TEST(registration_fails_within_an_answer)
{
    static const struct {
        const char *topic, *body;
    } answers[] = {
        { "$dps/registrations/res/401/?$rid=42", "{\"errorCode\":401000}" },
        { "$dps/registrations/res/202/?$rid=42", REG_ASSIGNING },
        { "$dps/registrations/res/200/?$rid=42", REG_ASSIGNED },
    };
    struct dps_mqtt_event mqtt;

    reg_defaults();
    reg_to_register();
    memset(&mqtt, 0, sizeof mqtt);
    mqtt.type = DPS_MQTT_MESSAGE;
    mqtt.packet.topic.at = (const uint8_t *)answers[_i].topic;
    mqtt.packet.topic.len = strlen(answers[_i].topic);
    mqtt.packet.body.at = (const uint8_t *)answers[_i].body;
    mqtt.packet.body.len = 10;
    mqtt.packet.total = (uint32_t)strlen(answers[_i].body);
    dps_registration_input(&reg, &mqtt, &reg_event);
    dps_registration_tick(&reg, reg_now_ms + 60000);
    mqtt.packet.offset = 10;
    mqtt.packet.body.at += 10;
    mqtt.packet.body.len = strlen(answers[_i].body) - 10;
    mqtt.packet.last = 1;
    dps_registration_input(&reg, &mqtt, &reg_event);
    reg_expect_failure(DPS_LAYER_TIME, DPS_ERR_TIME_OUT, DPS_ADVICE_RETRY, 3);
    ck_assert_uint_eq(reg_event.type, DPS_NOTHING);
    ck_assert_uint_eq(reg.request, DPS_CLOSE);
    reg_give(DPS_MQTT_CLOSED);
    ck_assert_uint_eq(reg_event.type, DPS_FAILED);
}
END_TEST

START_TEST(registration_answer_before_puback)
{
    reg_defaults();
    reg_to_register();
    reg_answer(202, 42, "", REG_ASSIGNING);
    ck_assert_uint_eq(reg_event.type, DPS_WAITING);
    reg_give(DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(reg_event.type, DPS_NOTHING);
    ck_assert_uint_eq(dps_registration_tick(&reg, reg_now_ms), 2000);
}
END_TEST

/* ---- Verdicts ---------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned status;
    const char *more, *body;
    enum dps_error error;
    enum dps_advice advice;
    uint32_t retry_after_s;
} ends[] = {
    { "401", 401, "", "{\"errorCode\":401002}", DPS_ERR_UNAUTHORIZED, DPS_ADVICE_FIX, 0 },
    { "404", 404, "", "{}", DPS_ERR_REJECTED, DPS_ADVICE_FIX, 0 },
    { "429 with a time", 429, "&retry-after=7", "{}", DPS_ERR_UNAVAILABLE,
      DPS_ADVICE_RETRY, 7 },
    { "429 with a time beyond the limit", 429, "&retry-after=3600", "{}",
      DPS_ERR_UNAVAILABLE, DPS_ADVICE_RETRY, 3600 },
    { "503 without one", 503, "", "", DPS_ERR_UNAVAILABLE, DPS_ADVICE_RETRY, 0 },
    { "failed", 200, "", "{\"status\":\"failed\"}", DPS_ERR_FAILED, DPS_ADVICE_FIX, 0 },
    { "disabled", 200, "", "{\"status\":\"disabled\"}", DPS_ERR_DISABLED, DPS_ADVICE_FIX,
      0 },
    { "unassigned", 200, "", "{\"status\":\"unassigned\"}", DPS_ERR_UNASSIGNED,
      DPS_ADVICE_FIX, 0 },
    { "no JSON", 200, "", "x", DPS_ERR_JSON, DPS_ADVICE_GIVE_UP, 0 },
    { "no body", 202, "", "", DPS_ERR_JSON, DPS_ADVICE_GIVE_UP, 0 },
    { "no status", 200, "", "{}", DPS_ERR_NO_STATUS, DPS_ADVICE_GIVE_UP, 0 },
    { "an unknown status", 200, "", "{\"status\":\"x\"}", DPS_ERR_STATUS,
      DPS_ADVICE_GIVE_UP, 0 },
    { "no operation ID", 202, "", "{}", DPS_ERR_OPERATION_ID, DPS_ADVICE_GIVE_UP, 0 },
};

START_TEST(registration_ends)
{
    enum dps_request request = ends[_i].error < DPS_ERR_REFUSED ? DPS_CLOSE
                                                                : DPS_SEND_DISCONNECT;

    reg_defaults();
    reg_to_register();
    reg_answer(ends[_i].status, 42, ends[_i].more, ends[_i].body);
    ck_assert_msg(reg.request == request, "%s", ends[_i].name);
    reg_expect_failure(DPS_LAYER_SERVICE, ends[_i].error, ends[_i].advice,
                       (int32_t)ends[_i].status);
    ck_assert_uint_eq(reg.exchange.u.answer.refusal.status, ends[_i].status);
    ck_assert_uint_eq(reg.exchange.u.answer.refusal.retry_after_s,
                      ends[_i].retry_after_s);
    dps_registration_sent(&reg);
    reg_give(DPS_MQTT_CLOSED);
    ck_assert_uint_eq(reg_event.type, DPS_FAILED);
}
END_TEST

/* No answer came: the refusal is empty, though a request was on its way. */
START_TEST(registration_no_refusal_without_an_answer)
{
    struct dps_mqtt_publish publish;

    reg_defaults();
    to_subscribed();
    reg_publish(&publish);
    reg_give(DPS_MQTT_CLOSED);
    ck_assert_uint_eq(reg_event.type, DPS_FAILED);
    ck_assert_uint_eq(reg.exchange.u.answer.refusal.status, 0);
    ck_assert_str_eq(reg.exchange.u.answer.refusal.message, "");
}
END_TEST

/* ---- Pieces ------------------------------------------------------------------------ */

#define PAYLOAD "{ \"a\":[1,2,{\"status\":\"x\"}] }"

static char joined[100];
static size_t joined_len;
static unsigned joined_ends;

static void join(void)
{
    if (reg_event.type == DPS_PAYLOAD) {
        ck_assert_uint_eq(reg_event.offset, joined_len);
        memcpy(joined + joined_len, reg_event.payload.at, reg_event.payload.len);
        joined_len += reg_event.payload.len;
        joined_ends += reg_event.last;
    }
}

/* A message cut in three at every two places: the same payload, the same end; and a last
 * piece that brings the payload's end as well as the answer's tells both, one after the
 * other. */
START_TEST(registration_pieces)
{
    static const char topic[] = "$dps/registrations/res/202/?$rid=42";
    static const char body[] =
        "{\"operationId\":\"op\",\"registrationState\":{\"payload\":" PAYLOAD
        ",\"deviceId\":\"d\"},\"status\":\"assigning\"}";
    size_t len = sizeof body - 1, cut[4] = { 0, 0, 0, len };

    for (cut[1] = 0; cut[1] <= len; cut[1]++) {
        for (cut[2] = cut[1]; cut[2] <= len; cut[2] += 3) {
            unsigned waiting = 0;
            size_t i;

            reg_defaults();
            reg_to_register();
            joined_len = 0;
            joined_ends = 0;
            for (i = 0; i < 3; i++) {
                size_t n = cut[i + 1] - cut[i];
                uint8_t *piece = malloc(n != 0 ? n : 1);
                struct dps_mqtt_event mqtt;

                memcpy(piece, body + cut[i], n);
                memset(&mqtt, 0, sizeof mqtt);
                mqtt.type = DPS_MQTT_MESSAGE;
                mqtt.packet.topic.at = (const uint8_t *)topic;
                mqtt.packet.topic.len = sizeof topic - 1;
                mqtt.packet.body.at = piece;
                mqtt.packet.body.len = n;
                mqtt.packet.offset = (uint32_t)cut[i];
                mqtt.packet.total = (uint32_t)len;
                mqtt.packet.last = i == 2;
                if (n != 0 || i == 2) {
                    dps_registration_input(&reg, &mqtt, &reg_event);
                    join();
                }
                free(piece);
            }
            waiting += reg_event.type == DPS_WAITING;
            reg_give(DPS_MQTT_NOTHING);
            waiting += reg_event.type == DPS_WAITING;
            ck_assert_uint_eq(waiting, 1);
            ck_assert_uint_eq(joined_ends, 1);
            ck_assert_uint_eq(joined_len, sizeof PAYLOAD - 1);
            ck_assert_mem_eq(joined, PAYLOAD, joined_len);
        }
    }
}
END_TEST

/* The next answer's payload begins at offset 0 again. */
START_TEST(registration_payload_anew)
{
    static const char body[] = "{\"operationId\":\"op\",\"status\":\"assigning\","
                               "\"registrationState\":{\"payload\":{}}}";

    reg_defaults();
    reg_to_register();
    reg_answer(202, 42, "&retry-after=1", body);
    ck_assert_uint_eq(reg_event.type, DPS_PAYLOAD);
    ck_assert_uint_eq(reg_event.offset, 0);
    reg_give(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(reg_event.type, DPS_WAITING);
    ck_assert_uint_eq(reg_event.wait_ms, 1000);
    reg_now_ms += 1000;
    dps_registration_tick(&reg, reg_now_ms);
    reg_send();
    reg_answer(200, 43, "",
               "{\"status\":\"assigned\",\"registrationState\":{\"payload\":{\"a\":1},"
               "\"assignedHub\":\"h.net\",\"deviceId\":\"d\"}}");
    ck_assert_uint_eq(reg_event.type, DPS_PAYLOAD);
    ck_assert_uint_eq(reg_event.offset, 0);
    ck_assert_uint_eq(reg_event.last, 1);
    ck_assert_uint_eq(reg_event.payload.len, 7);
    reg_give(DPS_MQTT_NOTHING);
    ck_assert_uint_eq(reg_event.type, DPS_NOTHING);
    reg_give(DPS_MQTT_CLOSED);
    ck_assert_uint_eq(reg_event.type, DPS_ASSIGNED);
    ck_assert_str_eq(reg.exchange.u.answer.assignment.hub, "h.net");
}
END_TEST

/* What a failure elsewhere says is kept, and the first one only. */
START_TEST(registration_failure_from_elsewhere)
{
    static const struct dps_failure first = { DPS_LAYER_NETWORK, DPS_STREAM_ERR_READ,
                                              DPS_ADVICE_RETRY, 104 };
    static const struct dps_failure second = { DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD,
                                               DPS_ADVICE_FIX, 3 };

    reg_defaults();
    reg_to_register();
    dps_registration_fail(&reg, &first);
    dps_registration_fail(&reg, &second);
    reg_expect_failure(DPS_LAYER_NETWORK, DPS_STREAM_ERR_READ, DPS_ADVICE_RETRY, 104);
    reg_give(DPS_MQTT_CLOSED);
    ck_assert_uint_eq(reg_event.type, DPS_FAILED);

    reg_to_register();
    reg_answer(200, 42, "", REG_ASSIGNED);
    dps_registration_fail(&reg, &first); /* a close that fails changes nothing */
    reg_give(DPS_MQTT_CLOSED);
    ck_assert_uint_eq(reg_event.type, DPS_ASSIGNED);
    reg_expect_failure(DPS_LAYER_NONE, DPS_OK, DPS_ADVICE_NONE, 0);
}
END_TEST

TCase *dps_registration_cases(void)
{
    TCase *cases = tcase_create("registration");

    tcase_set_timeout(cases, 60); /* where sanitizers and a busy machine meet */
    tcase_add_loop_test(cases, registration_checks_names, 0,
                        sizeof names / sizeof names[0]);
    tcase_add_loop_test(cases, registration_checks_payload, 0,
                        sizeof objects / sizeof objects[0]);
    tcase_add_test(cases, registration_checks_payload_length);
    tcase_add_test(cases, registration_checks_numbers);
    tcase_add_test(cases, registration_connect_packet);
    tcase_add_test(cases, registration_connect_packet_with_all);
    tcase_add_test(cases, registration_connect_packet_fails);
    tcase_add_test(cases, registration_failure_wipes_the_password);
    tcase_add_test(cases, registration_random_source);
    tcase_add_test(cases, registration_granted_qos_is_told);
    tcase_add_test(cases, registration_subscription_refused);
    tcase_add_test(cases, registration_register_and_poll);
    tcase_add_test(cases, registration_register_with_a_payload);
    tcase_add_test(cases, registration_longest_requests);
    tcase_add_loop_test(cases, registration_waits_as_told, 0,
                        sizeof waits / sizeof waits[0]);
    tcase_add_test(cases, registration_wait_and_the_time_that_is_left);
    tcase_add_loop_test(cases, registration_time_limit_is_exact, 0, 6);
    tcase_add_test(cases, registration_stale_answers);
    tcase_add_test(cases, registration_answer_twice);
    tcase_add_test(cases, registration_answer_before_the_request);
    tcase_add_test(cases, registration_answer_begins_before_the_request);
    tcase_add_loop_test(cases, registration_fails_within_an_answer, 0, 3);
    tcase_add_test(cases, registration_answer_before_puback);
    tcase_add_loop_test(cases, registration_ends, 0, sizeof ends / sizeof ends[0]);
    tcase_add_test(cases, registration_no_refusal_without_an_answer);
    tcase_add_test(cases, registration_pieces);
    tcase_add_test(cases, registration_payload_anew);
    tcase_add_test(cases, registration_failure_from_elsewhere);
    return cases;
}
