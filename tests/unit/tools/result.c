/* SPDX-License-Identifier: MIT
 *
 * tools/dps/result.c: the table of exit statuses, written out a second time from the
 * programs' documentation; and JSON on its way to a terminal. */
#include "tools/dps/result.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "dps/error.h"
#include "mqtt/packet.h"
#include "tests/unit/tools/tools_tests.h"

static const struct {
    int layer, error;
    int exit;
    const char *layer_word, *error_word;
} result_row[] = {
    { DPS_LAYER_CALLER, DPS_ERR_ID_SCOPE, 2, "usage", "usage" },
    { DPS_LAYER_CALLER, DPS_ERR_REGISTRATION_ID, 2, "usage", "usage" },
    { DPS_LAYER_CALLER, DPS_ERR_API_VERSION, 2, "usage", "usage" },
    { DPS_LAYER_CALLER, DPS_ERR_PAYLOAD, 2, "usage", "input" },
    { DPS_LAYER_CALLER, DPS_ERR_PAYLOAD_LENGTH, 2, "usage", "input" },
    { DPS_LAYER_CALLER, DPS_ERR_CLOCK, 2, "usage", "clock" },
    { DPS_LAYER_CALLER, DPS_ERR_TEXT_TOO_LONG, 2, "usage", "usage" },
    { DPS_LAYER_CALLER, DPS_ERR_RANDOM, 1, "internal", "internal" },
    { DPS_LAYER_CALLER, DPS_ERR_PASSWORD, 1, "internal", "internal" },
    { DPS_LAYER_CALLER, DPS_ERR_QOS, 1, "internal", "internal" },
    { DPS_LAYER_NONE, 0, 1, "internal", "internal" },

    { DPS_LAYER_NETWORK, DPS_STREAM_ERR_NO_ADDRESS, 3, "network", "resolve" },
    { DPS_LAYER_NETWORK, DPS_STREAM_ERR_CONNECT, 3, "network", "connect" },
    { DPS_LAYER_NETWORK, DPS_STREAM_ERR_READ, 3, "network", "closed" },
    { DPS_LAYER_NETWORK, DPS_STREAM_ERR_WRITE, 3, "network", "closed" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_TRUNCATED, 3, "network", "closed" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_CLOSED, 3, "network", "closed" },

    { DPS_LAYER_TLS, DPS_STREAM_ERR_SERVER_NAME, 2, "usage", "usage" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_NO_ANCHORS, 2, "usage", "input" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_CLOCK, 2, "usage", "clock" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_RANDOM, 1, "internal", "internal" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_BUFFER, 1, "internal", "internal" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_CLOSED_EARLY, 4, "tls", "handshake" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD, 4, "tls", "handshake" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD_TOO_LARGE, 4, "tls", "handshake" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_HANDSHAKE, 4, "tls", "handshake" },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE, 4, "tls", "certificate" },

    { DPS_LAYER_MQTT, DPS_MQTT_ERR_STATE, 1, "internal", "internal" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_PACKET_TYPE, 5, "mqtt", "protocol" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_ACKS_FULL, 5, "mqtt", "protocol" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_LEVEL, 5, "mqtt", "refused" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_CLIENT_ID, 5, "mqtt", "refused" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_UNAVAILABLE, 5, "mqtt", "unavailable" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_CREDENTIALS, 5, "mqtt", "unauthorized" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_UNAUTHORIZED, 5, "mqtt", "unauthorized" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_RESERVED, 5, "mqtt", "protocol" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_SUBSCRIPTION_REFUSED, 5, "mqtt", "subscription" },
    { DPS_LAYER_SERVICE, DPS_ERR_TOPIC, 5, "mqtt", "protocol" },
    { DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER, 5, "mqtt", "protocol" },
    { DPS_LAYER_SERVICE, DPS_ERR_STATUS, 5, "mqtt", "protocol" },
    { DPS_LAYER_SERVICE, DPS_ERR_JSON, 5, "mqtt", "protocol" },
    { DPS_LAYER_SERVICE, DPS_ERR_NO_ASSIGNMENT, 5, "mqtt", "protocol" },

    { DPS_LAYER_SERVICE, DPS_ERR_UNAUTHORIZED, 6, "service", "unauthorized" },
    { DPS_LAYER_SERVICE, DPS_ERR_REJECTED, 6, "service", "rejected" },
    { DPS_LAYER_SERVICE, DPS_ERR_UNAVAILABLE, 6, "service", "unavailable" },
    { DPS_LAYER_SERVICE, DPS_ERR_FAILED, 6, "service", "failed" },
    { DPS_LAYER_SERVICE, DPS_ERR_DISABLED, 6, "service", "disabled" },
    { DPS_LAYER_SERVICE, DPS_ERR_UNASSIGNED, 6, "service", "unassigned" },

    { DPS_LAYER_TIME, DPS_ERR_TIME_OUT, 7, "timeout", "timeout" },
    { DPS_LAYER_TIME, DPS_ERR_RETRY_AFTER, 7, "timeout", "timeout" },
    { DPS_LAYER_TIME, DPS_STREAM_ERR_OPEN_TIME, 7, "timeout", "timeout" },
    { DPS_LAYER_TIME, DPS_MQTT_ERR_NO_CONNACK, 7, "timeout", "timeout" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_NO_CONNACK, 7, "timeout", "timeout" },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_NO_PINGRESP, 7, "timeout", "timeout" },
};

START_TEST(result_of_every_failure)
{
    struct dps_failure failure = { 0, 0, 0, 0 };
    const struct result_words *words;

    failure.layer = (uint8_t)result_row[_i].layer;
    failure.error = (uint8_t)result_row[_i].error;
    words = result_words(result_of_failure(&failure));
    ck_assert_msg(words->exit == result_row[_i].exit
                      && strcmp(words->layer, result_row[_i].layer_word) == 0
                      && strcmp(words->error, result_row[_i].error_word) == 0,
                  "layer %d, error %d: %d, %s, %s", failure.layer, failure.error, words->exit,
                  words->layer, words->error);
}
END_TEST

/* No end is success but the one, none lacks its words, and no failure crashes. */
START_TEST(result_table_is_whole)
{
    struct dps_failure failure = { 0, 0, 0, 0 };
    int kind, layer, error;

    for (kind = RESULT_INTERNAL; kind < RESULT_KINDS; kind++) {
        const struct result_words *words = result_words((enum result_kind)kind);

        ck_assert_int_ge(words->exit, 1);
        ck_assert_int_le(words->exit, 7);
        ck_assert_str_ne(words->layer, "");
        ck_assert_str_ne(words->error, "");
    }
    for (layer = 0; layer < 16; layer++) {
        for (error = 0; error < 256; error++) {
            failure.layer = (uint8_t)layer;
            failure.error = (uint8_t)error;
            ck_assert_int_ne(result_of_failure(&failure), RESULT_ASSIGNED);
        }
    }
}
END_TEST

static const struct {
    const char *json, *shown;
} result_harmless[] = {
    { "{}", "{}" },
    { "{\"a\":\"\xc5\xbc\xe2\x82\xac\"}", "{\"a\":\"\xc5\xbc\xe2\x82\xac\"}" },
    { "\"\x7f\"", "\"\\u007f\"" },
    { "\"\xc2\x80\xc2\x9b[1m\xc2\x9f\xc2\xa0\"", "\"\\u0080\\u009b[1m\\u009f\xc2\xa0\"" },
    { "\"\xc3\x9b\xe2\x82\x9b\"", "\"\xc3\x9b\xe2\x82\x9b\"" }, /* 9b, but not C1 */
    { "[1,\r\n\t2]", "[1, \n\t2]" },
    { "\"\xd8\x9c \xe2\x80\x8e\xe2\x80\x8f\"", "\"\\u061c \\u200e\\u200f\"" },
    { "\"\xe2\x80\xaa\xe2\x80\xae\"", "\"\\u202a\\u202e\"" },
    { "\"\xe2\x81\xa6\xe2\x81\xa9\"", "\"\\u2066\\u2069\"" },
    { "\"\xd8\x9b\xe2\x80\x8d\xe2\x81\xa5\xf0\x90\x8d\x88\"",
      "\"\xd8\x9b\xe2\x80\x8d\xe2\x81\xa5\xf0\x90\x8d\x88\"" },
    { "\"\xc2", "\"\xc2" }, /* cut: as it is */
    { "\"\xc2\xc2\x9b", "\"\xc2\\u009b" },
};

START_TEST(result_for_a_terminal)
{
    char json[100], shown[100] = "";
    FILE *in, *out = fmemopen(shown, sizeof shown, "w");

    strcpy(json, result_harmless[_i].json);
    in = fmemopen(json, strlen(json), "r");
    result_copy_harmless(out, in);
    fclose(in);
    fclose(out);
    ck_assert_str_eq(shown, result_harmless[_i].shown);
}
END_TEST

/* What is printed is read back by jansson. */
static char result_text[4096];

static json_t *result_printed(void)
{
    FILE *in;
    size_t len;
    json_t *root;

    fflush(stdout);
    in = fopen("/proc/self/fd/1", "r");
    len = fread(result_text, 1, sizeof result_text - 1, in);
    fclose(in);
    root = json_loadb(result_text, len, 0, NULL);
    ck_assert_msg(root != NULL, "%.*s", (int)len, result_text);
    return root;
}

static void result_capture(void)
{
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(dup2(fileno(file), 1), 0);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

START_TEST(result_failure_as_json)
{
    const struct result_failure failure = { RESULT_UNAVAILABLE, "slow\x1b \"down\"", 429,
                                            429001, 7, "t-1" };
    json_t *root;

    result_capture();
    ck_assert_int_eq(result_print_failure(&failure, 1), 6);
    root = result_printed();
    ck_assert_str_eq(json_string_value(json_object_get(root, "error")), "unavailable");
    ck_assert_str_eq(json_string_value(json_object_get(root, "layer")), "service");
    ck_assert_str_eq(json_string_value(json_object_get(root, "message")), "slow\x1b \"down\"");
    ck_assert_str_eq(json_string_value(json_object_get(root, "trackingId")), "t-1");
    ck_assert_int_eq(json_integer_value(json_object_get(root, "statusCode")), 429);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "errorCode")), 429001);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "retryAfter")), 7);
    json_decref(root);
}
END_TEST

/* Whatever a peer says comes as printable ASCII, and says the same. */
#define RESULT_SAID "\x7f\xc2\x9b\xe2\x80\xae\xc5\xbc\xf0\x9f\x98\x80\n"

START_TEST(result_as_ascii)
{
    static const char said[] = RESULT_SAID;
    static const struct dps_assignment assignment = { "hub.example", RESULT_SAID, "" };
    const struct result_failure failure = { RESULT_REJECTED, said, 0, 0, 0, said };
    const struct result_assignment result = { &assignment, said, said, NULL, 0, 0 };
    const char *name = _i == 0 ? "message" : "deviceId";
    json_t *root;
    size_t i;

    result_capture();
    if (_i == 0) {
        result_print_failure(&failure, 1);
    } else {
        result_print_assignment(&result, 1);
    }
    root = result_printed();
    ck_assert_str_eq(json_string_value(json_object_get(root, name)), said);
    for (i = 0; result_text[i] != '\n'; i++) {
        ck_assert_msg(result_text[i] >= ' ' && result_text[i] < 0x7f, "%s", result_text);
    }
    if (_i == 1) {
        ck_assert(json_is_null(json_object_get(root, "substatus")));
    }
    json_decref(root);
}
END_TEST

START_TEST(result_failure_as_json_without_details)
{
    const struct result_failure failure = { RESULT_USAGE, "not UTF-8: \xff", 0, 0, 0, "" };
    json_t *root;

    result_capture();
    ck_assert_int_eq(result_print_failure(&failure, 1), 2);
    root = result_printed();
    ck_assert_uint_eq(json_object_size(root), 3);
    ck_assert_str_eq(json_string_value(json_object_get(root, "message")), "not UTF-8: \\xff");
    json_decref(root);
}
END_TEST

START_TEST(result_assignment_as_json)
{
    static const struct dps_assignment assignment = { "hub.example", "dev \"1\"", "initial" };
    struct result_assignment result = { &assignment, "reg-1", "4.abc", NULL, 3, 4000000000u };
    json_t *root;

    if (_i == 1) {
        result.payload = tmpfile();
        fputs(" {\"a\": [1,\n2]}", result.payload);
    }
    result_capture();
    ck_assert_int_eq(result_print_assignment(&result, 1), 0);
    root = result_printed();
    ck_assert_str_eq(json_string_value(json_object_get(root, "status")), "assigned");
    ck_assert_str_eq(json_string_value(json_object_get(root, "assignedHub")), "hub.example");
    ck_assert_str_eq(json_string_value(json_object_get(root, "deviceId")), "dev \"1\"");
    ck_assert_str_eq(json_string_value(json_object_get(root, "registrationId")), "reg-1");
    ck_assert_str_eq(json_string_value(json_object_get(root, "substatus")), "initial");
    ck_assert_str_eq(json_string_value(json_object_get(root, "operationId")), "4.abc");
    ck_assert_int_eq(json_integer_value(json_object_get(root, "polls")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "elapsedMs")), 4000000000);
    if (_i == 1) {
        ck_assert_int_eq(json_integer_value(json_array_get(
                             json_object_get(json_object_get(root, "payload"), "a"), 1)), 2);
        fclose(result.payload);
    } else {
        ck_assert(json_is_null(json_object_get(root, "payload")));
    }
    json_decref(root);
}
END_TEST

TCase *tools_result_cases(void)
{
    TCase *tcase = tcase_create("result");

    tcase_add_loop_test(tcase, result_of_every_failure, 0,
                        sizeof result_row / sizeof result_row[0]);
    tcase_add_test(tcase, result_table_is_whole);
    tcase_add_loop_test(tcase, result_for_a_terminal, 0,
                        sizeof result_harmless / sizeof result_harmless[0]);
    tcase_add_test(tcase, result_failure_as_json);
    tcase_add_loop_test(tcase, result_as_ascii, 0, 2);
    tcase_add_test(tcase, result_failure_as_json_without_details);
    tcase_add_loop_test(tcase, result_assignment_as_json, 0, 2);
    return tcase;
}
