/* SPDX-License-Identifier: MIT
 *
 * Answers' bodies: those that the service was seen to send, then what may be wrong with
 * one. Each is read in several splits. */
#include "dps/response.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/dps/dps_tests.h"

#define OPERATION "4.d0a671905ea5b2c8.42d78160-4c78-479e-8be7-61d5e55dac0d"
#define STATE(members)                                                                   \
    "{\"operationId\":\"op\",\"status\":\"assigned\",\"registrationState\":{" members "}}"
#define ASSIGNED(hub, device_id)                                                         \
    STATE("\"assignedHub\":\"" hub "\",\"deviceId\":\"" device_id "\"")
#define X4(x) x x x x
#define X16(x) X4(X4(x))
#define X64(x) X4(X16(x))
#define X128(x) X64(x) X64(x)

static struct dps_exchange exchange;
static char payload[512]; /* joined */
static size_t payload_len;
static unsigned payload_ends;

/* Reads a body in pieces of `step` bytes, each a block of its own, and gives the verdict.
 * The operation ID is the one told before. */
static enum dps_error read_body(unsigned status, const char *body, size_t len,
                                size_t step, const char *operation_id)
{
    struct dps_topic topic;
    size_t at, n;

    memset(&topic, 0, sizeof topic);
    topic.status = (uint16_t)status;
    memset(&exchange, 0xa5, sizeof exchange);
    strcpy(exchange.operation_id, operation_id);
    payload_len = 0;
    payload_ends = 0;
    dps_response_begin(&exchange, &topic);
    for (at = 0; at < len; at += n) {
        uint8_t *piece;
        size_t taken;

        n = step < len - at ? step : len - at;
        piece = malloc(n);
        memcpy(piece, body + at, n);
        for (taken = 0; taken < n;) {
            struct dps_json_event event;

            taken += dps_response_input(&exchange, piece + taken, n - taken, &event);
            ck_assert(taken == n || event.type != DPS_JSON_NOTHING);
            if (event.type != DPS_JSON_NOTHING) {
                ck_assert_uint_lt(event.bytes.len, sizeof payload - payload_len);
                if (event.bytes.len != 0) {
                    memcpy(payload + payload_len, event.bytes.at, event.bytes.len);
                }
                payload_len += event.bytes.len;
                payload_ends += event.last;
            }
        }
        free(piece);
    }
    return dps_response_end(&exchange);
}

static const size_t steps[] = { 1, 2, 3, 7, 64, 100000 };
enum { STEPS = sizeof steps / sizeof steps[0] };

/* ---- Real bodies ------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned status;
    const char *body;
    enum dps_error error;
    int is_assigned;
    const char *operation_id, *hub, *device_id, *substatus;
    uint32_t error_code;
    const char *tracking_id, *message;
} real[] = {
    { "the register answer", 202,
      "{\"operationId\":\"5.316aac5bdc130deb.b1e02da8-c3a0-4ff2-a121-7ea7a6b7f550\","
      "\"status\":\"assigning\"}",
      DPS_OK, 0, "5.316aac5bdc130deb.b1e02da8-c3a0-4ff2-a121-7ea7a6b7f550", "", "", "", 0,
      "", "" },
    { "a poll answer while assigning", 202,
      "{\"operationId\":\"" OPERATION
      "\",\"status\":\"assigning\",\"registrationState\":{"
      "\"registrationId\":\"dev1\",\"status\":\"assigning\"}}",
      DPS_OK, 0, OPERATION, "", "", "", 0, "", "" },
    { "assigned", 200,
      "{\"operationId\":\"" OPERATION "\",\"status\":\"assigned\",\"registrationState\":{"
      "\"x509\":{},\"registrationId\":\"dev1\",\"createdDateTimeUtc\":"
      "\"2020-04-10T03:11:13.0276997Z\",\"assignedHub\":\"contoso.azure-devices.net\","
      "\"deviceId\":\"dev1\",\"status\":\"assigned\",\"substatus\":\"initialAssignment\","
      "\"lastUpdatedDateTimeUtc\":\"2020-04-10T03:11:13.2096201Z\",\"etag\":"
      "\"IjYxMDA4ZDQ2LTAwMDAtMDEwMC0wMDAwLTVlOGZlM2QxMDAwMCI=\"}}",
      DPS_OK, 1, OPERATION, "contoso.azure-devices.net", "dev1", "initialAssignment", 0,
      "", "" },
    { "failed, with status 200", 200,
      "{\"operationId\":\"" OPERATION "\",\"status\":\"failed\",\"registrationState\":{"
      "\"registrationId\":\"dev1\",\"createdDateTimeUtc\":\"2020-04-10T03:11:13."
      "0276997Z\","
      "\"status\":\"failed\",\"errorCode\":400207,\"errorMessage\":"
      "\"Custom allocation failed with status code: 400\",\"lastUpdatedDateTimeUtc\":"
      "\"2020-04-10T03:11:13.2096201Z\",\"etag\":\"IjYx\"}}",
      DPS_ERR_FAILED, 0, OPERATION, "", "", "", 400207, "",
      "Custom allocation failed with status code: 400" },
    { "disabled, with status 200", 200,
      "{\"operationId\":\"\",\"status\":\"disabled\",\"registrationState\":{"
      "\"registrationId\":\"dev1\",\"status\":\"disabled\"}}",
      DPS_ERR_DISABLED, 0, "", "", "", "", 0, "", "" },
    { "invalid certificate", 401,
      "{\"errorCode\":401002,\"trackingId\":\"8ad0463c-6427-4479-9dfa-3e8bb7003e9b\","
      "\"message\":\"Invalid certificate.\",\"timestampUtc\":"
      "\"2020-04-10T05:24:22.4718526Z\"}",
      DPS_ERR_UNAUTHORIZED, 0, "", "", "", "", 401002,
      "8ad0463c-6427-4479-9dfa-3e8bb7003e9b", "Invalid certificate." },
    { "unauthorized", 401,
      "{\"errorCode\":401000,\"trackingId\":\"2cb8f317-10f5-44f4-a5a6-380a998146e9\","
      "\"message\":\"Unauthorized\",\"timestampUtc\":\"2019-11-19T21:39:05.1573304Z\"}",
      DPS_ERR_UNAUTHORIZED, 0, "", "", "", "", 401000,
      "2cb8f317-10f5-44f4-a5a6-380a998146e9", "Unauthorized" },
    { "bad request, with an empty trackingId", 400,
      "{\"errorCode\":400004,\"trackingId\":\"\",\"message\":\"BadRequest\",\"info\":"
      "null}",
      DPS_ERR_REJECTED, 0, "", "", "", "", 400004, "", "BadRequest" },
    { "an escaped message", 200,
      "{\"status\":\"failed\",\"registrationState\":{\"errorMessage\":"
      "\"{\\\"Message\\\":\\\"ErrorCode:IotHubUnauthorizedAccess\\\"}\"}}",
      DPS_ERR_FAILED, 0, "", "", "", "", 0, "",
      "{\"Message\":\"ErrorCode:IotHubUnauthorizedAccess\"}" },
};

START_TEST(response_real_bodies)
{
    const struct dps_answer *answer = &exchange.u.answer;
    size_t i;

    for (i = 0; i < STEPS; i++) {
        enum dps_error error = read_body(real[_i].status, real[_i].body,
                                         strlen(real[_i].body), steps[i], "");

        ck_assert_msg(error == real[_i].error, "%s: %d", real[_i].name, error);
        ck_assert_int_eq(dps_response_is_assigned(&exchange), real[_i].is_assigned);
        ck_assert_str_eq(exchange.operation_id, real[_i].operation_id);
        ck_assert_str_eq(answer->assignment.hub, real[_i].hub);
        ck_assert_str_eq(answer->assignment.device_id, real[_i].device_id);
        ck_assert_str_eq(answer->assignment.substatus, real[_i].substatus);
        ck_assert_uint_eq(answer->refusal.status, real[_i].status);
        ck_assert_uint_eq(answer->refusal.error_code, real[_i].error_code);
        ck_assert_str_eq(answer->refusal.tracking_id, real[_i].tracking_id);
        ck_assert_str_eq(answer->refusal.message, real[_i].message);
        ck_assert_uint_eq(answer->refusal.message_cut, 0);
        ck_assert_uint_eq(answer->refusal.body_error, DPS_OK);
        ck_assert_uint_eq(payload_len, 0);
    }
}
END_TEST

/* ---- Verdicts ---------------------------------------------------------------------- */

/* "before": the operation ID that the register answer told. */
static const struct {
    const char *name;
    unsigned status;
    const char *body;
    const char *before;
    enum dps_error error;
} verdicts[] = {
    /* The body decides, below 300. */
    { "status without case", 200, "{\"operationId\":\"op\",\"status\":\"ASSIGNING\"}", "",
      DPS_OK },
    { "200 alone is no success", 200, "{\"operationId\":\"op\",\"status\":\"assigning\"}",
      "", DPS_OK },
    { "202, no status: it goes on", 202, "{\"operationId\":\"op\"}", "", DPS_OK },
    { "202, status null: the same", 202, "{\"operationId\":\"op\",\"status\":null}", "",
      DPS_OK },
    { "202, failed", 202, "{\"status\":\"failed\"}", "", DPS_ERR_FAILED },
    { "200, no status", 200, "{\"operationId\":\"op\"}", "", DPS_ERR_NO_STATUS },
    { "200, status null", 200, "{\"status\":null}", "", DPS_ERR_NO_STATUS },
    { "200, status empty", 200, "{\"status\":\"\"}", "", DPS_ERR_NO_STATUS },
    { "registrationState.status is no status", 200,
      "{\"registrationState\":{\"status\":\"assigned\",\"assignedHub\":\"h.net\","
      "\"deviceId\":\"d\"}}",
      "", DPS_ERR_NO_STATUS },
    { "payload.status is no status", 200,
      "{\"registrationState\":{\"payload\":{\"status\":\"assigned\"}},\"status\":"
      "\"failed\"}",
      "", DPS_ERR_FAILED },
    { "unassigned", 200, "{\"status\":\"unassigned\",\"operationId\":\"\"}", "",
      DPS_ERR_UNASSIGNED },
    { "disabled, members null", 200,
      "{\"status\":\"disabled\",\"operationId\":null,\"registrationState\":null}", "",
      DPS_ERR_DISABLED },
    { "another word", 200, "{\"status\":\"blacklisted\"}", "", DPS_ERR_STATUS },
    { "a word's beginning", 200, "{\"status\":\"assign\"}", "", DPS_ERR_STATUS },
    { "a word and more", 200, "{\"status\":\"assigned \"}", "", DPS_ERR_STATUS },
    { "a word and U+0000", 200, "{\"status\":\"failed\\u0000\"}", "", DPS_ERR_STATUS },
    { "a long word", 200, "{\"status\":\"assigned-to-a-hub\"}", "",
      DPS_ERR_STATUS_TOO_LONG },
    { "assigned, no hub", 200, STATE("\"deviceId\":\"d\""), "", DPS_ERR_NO_ASSIGNMENT },
    { "assigned, no device ID", 200, STATE("\"assignedHub\":\"h.net\""), "",
      DPS_ERR_NO_ASSIGNMENT },
    { "assigned, both null", 200, STATE("\"assignedHub\":null,\"deviceId\":null"), "",
      DPS_ERR_NO_ASSIGNMENT },
    { "assigned, no state", 200, "{\"status\":\"assigned\"}", "", DPS_ERR_NO_ASSIGNMENT },
    { "assignedHub of the root is none", 200,
      "{\"status\":\"assigned\",\"assignedHub\":\"h.net\",\"deviceId\":\"d\"}", "",
      DPS_ERR_NO_ASSIGNMENT },
    { "the members in another order", 200,
      "{\"registrationState\":{\"deviceId\":\"d\",\"assignedHub\":\"h.net\"},"
      "\"status\":\"assigned\",\"operationId\":\"op\"}",
      "", DPS_OK },
    { "assigned without an operation ID", 200,
      "{\"status\":\"assigned\",\"registrationState\":{\"deviceId\":\"d\","
      "\"assignedHub\":"
      "\"h.net\"}}",
      "", DPS_OK },
    /* The operation ID is needed for a poll only. */
    { "assigning, no operation ID", 202, "{\"status\":\"assigning\"}", "",
      DPS_ERR_OPERATION_ID },
    { "assigning, an empty one", 202, "{\"status\":\"assigning\",\"operationId\":\"\"}",
      "", DPS_ERR_OPERATION_ID },
    { "assigning, the one before is kept", 202, "{\"status\":\"assigning\"}", "op",
      DPS_OK },
    { "assigning, null keeps it, too", 202,
      "{\"status\":\"assigning\",\"operationId\":null}", "op", DPS_OK },
    { "assigning, an empty one takes its place", 202,
      "{\"status\":\"assigning\",\"operationId\":\"\"}", "op", DPS_ERR_OPERATION_ID },
    { "no body", 200, "", "", DPS_ERR_JSON },
    { "no body with 202", 202, "", "", DPS_ERR_JSON },
    { "a body cut", 200, "{\"status\":\"failed\"", "", DPS_ERR_JSON },
    { "a body that is no JSON", 200, "<html>", "", DPS_ERR_JSON },
    { "two bodies", 200, "{\"status\":\"failed\"}{}", "", DPS_ERR_JSON },
    { "299 is the last that leaves it to the body", 299, "{\"status\":\"failed\"}", "",
      DPS_ERR_FAILED },
    /* The topic decides, from 300 on. */
    { "300", 300, "{\"status\":\"assigned\"}", "", DPS_ERR_REJECTED },
    { "400", 400, "{}", "", DPS_ERR_REJECTED },
    { "401", 401, "{}", "", DPS_ERR_UNAUTHORIZED },
    { "402", 402, "{}", "", DPS_ERR_REJECTED },
    { "403", 403, "{}", "", DPS_ERR_UNAUTHORIZED },
    { "404", 404, "{}", "", DPS_ERR_REJECTED },
    { "428", 428, "{}", "", DPS_ERR_REJECTED },
    { "429", 429, "{}", "", DPS_ERR_UNAVAILABLE },
    { "430", 430, "{}", "", DPS_ERR_REJECTED },
    { "499", 499, "{}", "", DPS_ERR_REJECTED },
    { "500", 500, "{}", "", DPS_ERR_UNAVAILABLE },
    { "503", 503, "{}", "", DPS_ERR_UNAVAILABLE },
    { "401 without a body", 401, "", "", DPS_ERR_UNAUTHORIZED },
};

START_TEST(response_verdict_is_right)
{
    size_t i;

    for (i = 0; i < STEPS; i++) {
        enum dps_error error = read_body(verdicts[_i].status, verdicts[_i].body,
                                         strlen(verdicts[_i].body), steps[i],
                                         verdicts[_i].before);

        ck_assert_msg(error == verdicts[_i].error, "%s: %d", verdicts[_i].name, error);
        if (verdicts[_i].status >= 300) {
            ck_assert_uint_eq(exchange.u.answer.refusal.body_error, DPS_OK);
        }
    }
}
END_TEST

/* ---- Fields ------------------------------------------------------------------------ */

static const struct {
    const char *name;
    const char *body;
    enum dps_error error;
} fields[] = {
    { "a hub of one label", ASSIGNED("hub", "d"), DPS_OK },
    { "digits and hyphens inside", ASSIGNED("h-1.2-x.a--b.net", "d"), DPS_OK },
    { "capitals", ASSIGNED("Contoso.Azure-Devices.NET", "d"), DPS_OK },
    { "a label of 64", ASSIGNED(X16("abcd") ".n", "d"), DPS_ERR_HUB },
    { "a label of 63", ASSIGNED(X4(X4("abc")) "abcdefghijklmno.n", "d"), DPS_OK },
    { "a hub of 128", ASSIGNED(X16("abcdef.") "abcdefghijklmnop", "d"), DPS_OK },
    { "a hub of 129", ASSIGNED(X16("abcdef.") "abcdefghijklmnopq", "d"),
      DPS_ERR_HUB_TOO_LONG },
    { "an empty hub", ASSIGNED("", "d"), DPS_ERR_HUB },
    { "a dot at the end", ASSIGNED("hub.net.", "d"), DPS_ERR_HUB },
    { "a dot at the start", ASSIGNED(".hub.net", "d"), DPS_ERR_HUB },
    { "two dots", ASSIGNED("hub..net", "d"), DPS_ERR_HUB },
    { "a dot alone", ASSIGNED(".", "d"), DPS_ERR_HUB },
    { "a hyphen at a label's start", ASSIGNED("hub.-a.net", "d"), DPS_ERR_HUB },
    { "a hyphen at a label's end", ASSIGNED("hub-.net", "d"), DPS_ERR_HUB },
    { "a hyphen at the end", ASSIGNED("hub.net-", "d"), DPS_ERR_HUB },
    { "a hyphen alone", ASSIGNED("-", "d"), DPS_ERR_HUB },
    { "an address", ASSIGNED("192.0.2.1", "d"), DPS_ERR_HUB },
    { "an address of the other family", ASSIGNED("2001:db8::1", "d"), DPS_ERR_HUB },
    { "a port", ASSIGNED("hub.net:8883", "d"), DPS_ERR_HUB },
    { "a path", ASSIGNED("hub.net/x", "d"), DPS_ERR_HUB },
    { "an underscore", ASSIGNED("a_b.net", "d"), DPS_ERR_HUB },
    { "a blank", ASSIGNED("hub .net", "d"), DPS_ERR_HUB },
    { "a letter beyond ASCII",
      ASSIGNED("h\xc3\xbc"
               "b.net",
               "d"),
      DPS_ERR_HUB },
    { "U+0000 in the hub", ASSIGNED("hub.net\\u0000.x", "d"), DPS_ERR_HUB },
    { "characters next to the letters", ASSIGNED("hub`.net", "d"), DPS_ERR_HUB },
    { "and to the digits", ASSIGNED("hub:.net", "d"), DPS_ERR_HUB },

    { "every sign a device ID has", ASSIGNED("h.net", "a-:.+%_#*?!(),=@$'Z9"), DPS_OK },
    { "a device ID in escapes", ASSIGNED("h.net", "\\u0064\\u0031"), DPS_OK },
    { "a device ID of 128", ASSIGNED("h.net", X128("d")), DPS_OK },
    { "a device ID of 129", ASSIGNED("h.net", X128("d") "d"),
      DPS_ERR_DEVICE_ID_TOO_LONG },
    { "an empty device ID", ASSIGNED("h.net", ""), DPS_ERR_DEVICE_ID },
    { "a line end in it", ASSIGNED("h.net", "a\\nb"), DPS_ERR_DEVICE_ID },
    { "U+0000 in it", ASSIGNED("h.net", "a\\u0000b"), DPS_ERR_DEVICE_ID },
    { "DEL in it", ASSIGNED("h.net", "a\x7f"), DPS_ERR_DEVICE_ID },
    { "beyond ASCII", ASSIGNED("h.net", "\xc3\xa9"), DPS_ERR_DEVICE_ID },

    { "a substatus of 40",
      STATE("\"substatus\":\"" X16("ab") "abcdefgh\",\"assignedHub\":"
                                         "\"h.net\",\"deviceId\":\"d\""),
      DPS_OK },
    { "a substatus of 41", STATE("\"substatus\":\"" X16("ab") "abcdefghi\""),
      DPS_ERR_SUBSTATUS_TOO_LONG },
    { "a substatus that is not printable", STATE("\"substatus\":\"\\t\""),
      DPS_ERR_SUBSTATUS },

    { "an operation ID of 128",
      "{\"status\":\"assigning\",\"operationId\":\"" X128("o") "\"}", DPS_OK },
    { "an operation ID of 129", "{\"operationId\":\"" X128("o") "o\"}",
      DPS_ERR_OPERATION_ID_TOO_LONG },
    { "'#' in it", "{\"operationId\":\"a#\"}", DPS_ERR_OPERATION_ID },
    { "'+' in it", "{\"operationId\":\"+a\"}", DPS_ERR_OPERATION_ID },
    { "'/' in it", "{\"operationId\":\"a/b\"}", DPS_ERR_OPERATION_ID },
    { "'&' in it", "{\"operationId\":\"a&b\"}", DPS_ERR_OPERATION_ID },
    { "a blank in it", "{\"operationId\":\"a b\"}", DPS_ERR_OPERATION_ID },
    { "a line end in it", "{\"operationId\":\"a\\nb\"}", DPS_ERR_OPERATION_ID },
    { "U+0000 in it", "{\"operationId\":\"a\\u0000\"}", DPS_ERR_OPERATION_ID },
    { "DEL in it", "{\"operationId\":\"a\x7f\"}", DPS_ERR_OPERATION_ID },
    { "beyond ASCII", "{\"operationId\":\"\xe2\x82\xac\"}", DPS_ERR_OPERATION_ID },
    { "what a topic may hold",
      "{\"status\":\"assigning\",\"operationId\":\"5.a-b_~!$'()*,;=:@\"}", DPS_OK },

    { "a number where a string belongs", "{\"status\":1}", DPS_ERR_JSON_TYPE },
    { "true", "{\"operationId\":true}", DPS_ERR_JSON_TYPE },
    { "false", "{\"message\":false}", DPS_ERR_JSON_TYPE },
    { "an object", "{\"trackingId\":{}}", DPS_ERR_JSON_TYPE },
    { "an array", STATE("\"assignedHub\":[\"h.net\"]"), DPS_ERR_JSON_TYPE },
    { "a state that is a string", "{\"registrationState\":\"x\"}", DPS_ERR_JSON_TYPE },
    { "a state that is an array", "{\"registrationState\":[]}", DPS_ERR_JSON_TYPE },
    { "an errorCode that is a string", "{\"errorCode\":\"401000\"}", DPS_ERR_JSON_TYPE },
    { "a fraction", STATE("\"errorCode\":401000.0"), DPS_ERR_JSON_TYPE },
    { "an exponent", "{\"errorCode\":4e5}", DPS_ERR_JSON_TYPE },
    { "a sign", "{\"errorCode\":-1}", DPS_ERR_JSON_TYPE },
    { "over 32 bits", "{\"errorCode\":4294967296}", DPS_ERR_JSON_TYPE },
    { "far over", "{\"errorCode\":99999999999999999999}", DPS_ERR_JSON_TYPE },
    { "a member twice", "{\"status\":\"failed\",\"status\":\"assigned\"}",
      DPS_ERR_JSON_DUPLICATE },
    { "a payload twice", STATE("\"payload\":{},\"payload\":{}"), DPS_ERR_JSON_DUPLICATE },
    { "what is wrong before bytes that are no JSON",
      "{\"status\":\"a-status-too-long\x01", DPS_ERR_STATUS_TOO_LONG },
    { "the first thing wrong is told", "{\"status\":1,\"operationId\":\"#\"",
      DPS_ERR_JSON_TYPE },
};

START_TEST(response_field_is_checked)
{
    size_t i;

    for (i = 0; i < STEPS; i++) {
        enum dps_error error = read_body(200, fields[_i].body, strlen(fields[_i].body),
                                         steps[i], "");

        ck_assert_msg(error == fields[_i].error, "%s: %d", fields[_i].name, error);
    }
}
END_TEST

/* A refusal stays one when its body cannot be read; what was read of it is left out. */
START_TEST(response_error_answer_with_a_bad_body)
{
    static const struct {
        const char *body;
        enum dps_error error;
    } rows[] = {
        { "{\"errorCode\":401000,\"message\":\"a\",\"trackingId\":\"t\",\"status\":\"x\"",
          DPS_ERR_JSON },
        { "<html>", DPS_ERR_JSON },
        { "[]", DPS_ERR_JSON },
        { "{\"errorCode\":1,\"message\":\"a\",\"trackingId\":1}", DPS_ERR_JSON_TYPE },
        { "{\"message\":\"a\",\"trackingId\":\"" X64("t") "\"}",
          DPS_ERR_TRACKING_ID_TOO_LONG },
        { "{\"message\":\"a\",\"trackingId\":\"\\u0001\"}", DPS_ERR_TRACKING_ID },
    };
    const struct dps_refusal *refusal = &exchange.u.answer.refusal;
    size_t row, i;

    for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        for (i = 0; i < STEPS; i++) {
            ck_assert_uint_eq(
                read_body(401, rows[row].body, strlen(rows[row].body), steps[i], ""),
                DPS_ERR_UNAUTHORIZED);
            ck_assert_uint_eq(refusal->status, 401);
            ck_assert_uint_eq(refusal->body_error, rows[row].error);
            ck_assert_uint_eq(refusal->error_code, 0);
            ck_assert_str_eq(refusal->message, "");
            ck_assert_str_eq(refusal->tracking_id, "");
            ck_assert_str_eq(refusal->body_status, "");
            ck_assert_uint_eq(refusal->message_cut, 0);
        }
    }
}
END_TEST

START_TEST(response_error_code_of_32_bits)
{
    static const char body[] = "{\"errorCode\":4294967295}";
    size_t i;

    for (i = 0; i < STEPS; i++) {
        read_body(400, body, sizeof body - 1, steps[i], "");
        ck_assert_uint_eq(exchange.u.answer.refusal.error_code, UINT32_MAX);
    }
}
END_TEST

START_TEST(response_unknown_status_is_quoted)
{
    static const char body[] = "{\"status\":\"blacklisted\"}";
    static const char longer[] = "{\"status\":\"assigned-to-a-hub\"}";

    read_body(200, body, sizeof body - 1, 3, "");
    ck_assert_str_eq(exchange.u.answer.refusal.body_status, "blacklisted");
    read_body(200, longer, sizeof longer - 1, 3, "");
    ck_assert_str_eq(exchange.u.answer.refusal.body_status, "assigned-to-a-h");
}
END_TEST

/* ---- The message: its start, in whole characters ----------------------------------- */

#define A93 X64("a") X16("a") X4("aaa") "a"

static const struct {
    const char *name;
    const char *message; /* as it stands in the body */
    const char *kept;
    int cut;
} messages[] = {
    { "95 bytes fit", A93 "bc", A93 "bc", 0 },
    { "96 do not", A93 "bcd", A93 "bc", 1 },
    { "two bytes that end at 95", A93 "\xc3\xa9", A93 "\xc3\xa9", 0 },
    { "two bytes that end at 96", A93 "b\xc3\xa9", A93 "b", 1 },
    { "three bytes that end at 96", A93 "\xe2\x82\xac", A93, 1 },
    { "three bytes, escaped", A93 "\\u20ac", A93, 1 },
    { "four bytes that end at 97", A93 "\xf0\x9f\x98\x80", A93, 1 },
    { "four bytes, as a surrogate pair", A93 "\\ud83d\\ude00", A93, 1 },
    { "behind the cut nothing is kept", A93 "b\xc3\xa9z", A93 "b", 1 },
    { "a whole character, then one more", A93 "\xc3\xa9\xc3\xa9", A93 "\xc3\xa9", 1 },
    { "U+0000 ends what is kept", "ab\\u0000cd", "ab", 1 },
    { "U+0000 at the start", "\\u0000cd", "", 1 },
    { "control characters stay", "a\\nb", "a\nb", 0 },
};

START_TEST(response_message_is_cut)
{
    const struct dps_refusal *refusal = &exchange.u.answer.refusal;
    char body[300];
    size_t i;

    ck_assert_uint_eq(strlen(A93), 93);
    for (i = 0; i < STEPS; i++) {
        strcpy(body, "{\"message\":\"");
        strcat(strcat(body, messages[_i].message), "\",\"errorCode\":7}");
        ck_assert_uint_eq(read_body(400, body, strlen(body), steps[i], ""),
                          DPS_ERR_REJECTED);
        ck_assert_msg(strcmp(refusal->message, messages[_i].kept) == 0, "%s: %s",
                      messages[_i].name, refusal->message);
        ck_assert_int_eq(refusal->message_cut, messages[_i].cut);
        ck_assert_uint_eq(refusal->body_error, DPS_OK);
        ck_assert_uint_eq(refusal->error_code, 7);
    }
}
END_TEST

/* Of two messages the later one counts, but nothing comes behind a cut. */
START_TEST(response_two_messages)
{
    static const struct {
        const char *body, *kept;
        int cut;
    } rows[] = {
        { "{\"message\":\"abc\",\"registrationState\":{\"errorMessage\":\"d\"}}", "d", 0 },
        { "{\"message\":\"abc\",\"registrationState\":{\"errorMessage\":\"\"}}", "", 0 },
        { "{\"message\":\"" A93 "bcd\",\"registrationState\":{\"errorMessage\":\"d\"}}",
          A93 "bc", 1 },
        { "{\"message\":\"abc\",\"registrationState\":{\"errorMessage\":\"d\\u0000\"}}", "d",
          1 },
    };
    const struct dps_refusal *refusal = &exchange.u.answer.refusal;
    size_t row, i;

    for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        for (i = 0; i < STEPS; i++) {
            read_body(400, rows[row].body, strlen(rows[row].body), steps[i], "");
            ck_assert_str_eq(refusal->message, rows[row].kept);
            ck_assert_int_eq(refusal->message_cut, rows[row].cut);
        }
    }
}
END_TEST

/* ---- The payload: as it stands ----------------------------------------------------- */

static const struct {
    const char *name;
    const char *body;
    const char *payload; /* null: none is told */
} payloads[] = {
    { "an object",
      STATE("\"payload\":{ \"a\" : [1, \"\\u0041\\n\"] , \"status\":\"failed\"}"),
      "{ \"a\" : [1, \"\\u0041\\n\"] , \"status\":\"failed\"}" },
    { "null is none", STATE("\"payload\":null"), NULL },
    { "another type is handed on, too", STATE("\"payload\":[1]"), "[1]" },
    { "a number at the end of the state", STATE("\"payload\":12"), "12" },
    { "payload of the root is none", "{\"payload\":{\"a\":1}}", NULL },
};

START_TEST(response_payload_is_handed_on)
{
    const char *want = payloads[_i].payload;
    size_t i;

    for (i = 0; i < STEPS; i++) {
        read_body(200, payloads[_i].body, strlen(payloads[_i].body), steps[i], "");
        ck_assert_msg(payload_ends == (want != NULL), "%s", payloads[_i].name);
        if (want != NULL) {
            ck_assert_uint_eq(payload_len, strlen(want));
            ck_assert_mem_eq(payload, want, payload_len);
        }
    }
}
END_TEST

TCase *dps_response_cases(void)
{
    TCase *cases = tcase_create("response");

    tcase_set_timeout(cases, 60); /* where sanitizers and a busy machine meet */
    tcase_add_loop_test(cases, response_real_bodies, 0, sizeof real / sizeof real[0]);
    tcase_add_loop_test(cases, response_verdict_is_right, 0,
                        sizeof verdicts / sizeof verdicts[0]);
    tcase_add_loop_test(cases, response_field_is_checked, 0,
                        sizeof fields / sizeof fields[0]);
    tcase_add_test(cases, response_error_answer_with_a_bad_body);
    tcase_add_test(cases, response_error_code_of_32_bits);
    tcase_add_test(cases, response_unknown_status_is_quoted);
    tcase_add_loop_test(cases, response_message_is_cut, 0,
                        sizeof messages / sizeof messages[0]);
    tcase_add_test(cases, response_two_messages);
    tcase_add_loop_test(cases, response_payload_is_handed_on, 0,
                        sizeof payloads / sizeof payloads[0]);
    return cases;
}
