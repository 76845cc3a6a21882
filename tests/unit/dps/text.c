/* SPDX-License-Identifier: MIT
 *
 * Errors and failures in words. */
#include <string.h>

#include "dps/client.h"
#include "tests/unit/dps/dps_tests.h"

/* The values of enum dps_error, as ranges without a gap. */
static const struct {
    enum dps_error first, last;
} ranges[] = {
    { DPS_OK, DPS_ERR_CANCELLED },
    { DPS_ERR_PEER, DPS_ERR_NO_ASSIGNMENT },
    { DPS_ERR_REFUSED, DPS_ERR_UNASSIGNED },
    { DPS_ERR_TIME, DPS_ERR_RETRY_AFTER },
};

START_TEST(error_text_for_every_value)
{
    const char *unknown = dps_error_text((enum dps_error)255);
    size_t range = 0;
    int error;

    for (error = 0; error < 256; error++) {
        const char *text = dps_error_text((enum dps_error)error);

        if (range < 4 && error > (int)ranges[range].last) {
            range++;
        }
        if (range < 4 && error >= (int)ranges[range].first) {
            ck_assert_msg(strcmp(text, unknown) != 0, "%d has no text", error);
        } else {
            ck_assert_msg(strcmp(text, unknown) == 0, "%d: %s", error, text);
        }
    }
}
END_TEST

/* In the layer of time three enums meet: no value may belong to two of them. */
START_TEST(errors_of_time_do_not_overlap)
{
    ck_assert_int_lt(DPS_STREAM_ERR_OPEN_TIME, DPS_MQTT_ERR_LOST);
    ck_assert_int_lt(DPS_STREAM_ERR_HANDSHAKE, DPS_MQTT_ERR_LOST);
    ck_assert_int_lt(DPS_MQTT_ERR_CLOSED, DPS_ERR_TIME);
}
END_TEST

static struct dps_client client;

static const struct {
    struct dps_failure failure;
    struct dps_refusal refusal;
    const char *text;
} failures[] = {
    { { DPS_LAYER_NONE, 0, 0, 0 }, { .status = 0 }, "no failure" },
    { { DPS_LAYER_CALLER, DPS_ERR_CLOCK, DPS_ADVICE_FIX, 0 },
      { .status = 0 },
      "configuration: the time of day is not known; fix the configuration, trying again "
      "gives "
      "the same" },
    { { DPS_LAYER_CALLER, DPS_ERR_PASSWORD, DPS_ADVICE_FIX, -5 },
      { .status = 0 },
      "configuration: the password could not be made (-5); fix the configuration, trying "
      "again gives the same" },
    { { DPS_LAYER_CALLER, DPS_ERR_CANCELLED, DPS_ADVICE_NONE, 0 },
      { .status = 0 },
      "configuration: it was cancelled" },
    { { DPS_LAYER_NETWORK, DPS_STREAM_ERR_CONNECT, DPS_ADVICE_RETRY, 111 },
      { .status = 0 },
      "network: no address of the server accepted the connection (111); try again "
      "later" },
    { { DPS_LAYER_NETWORK, DPS_STREAM_OK, DPS_ADVICE_RETRY, 0 },
      { .status = 0 },
      "network: the connection failed; try again later" },
    { { DPS_LAYER_MQTT, DPS_MQTT_ERR_FLAGS, DPS_ADVICE_RETRY, 0 },
      { .status = 0 },
      NULL },
    { { DPS_LAYER_TIME, DPS_ERR_TIME_OUT, DPS_ADVICE_RETRY, 3 },
      { .status = 0 },
      "time: the time limit is over, while waiting for the answer to the register "
      "request; "
      "try again later" },
    { { DPS_LAYER_TIME, DPS_ERR_RETRY_AFTER, DPS_ADVICE_RETRY, 3600 },
      { .status = 202 },
      "time: the time until the next poll lies beyond the time limit (3600); try again "
      "later" },
    { { DPS_LAYER_TIME, DPS_STREAM_ERR_OPEN_TIME, DPS_ADVICE_RETRY, 0 },
      { .status = 0 },
      "time: the connection could not be opened in time; try again later" },
    { { DPS_LAYER_SERVICE, DPS_ERR_UNAUTHORIZED, DPS_ADVICE_FIX, 401 },
      { .status = 401,
        .error_code = 401002,
        .tracking_id = "8ad0463c",
        .message = "Invalid\ncertificate.",
        .message_cut = 1 },
      "service: the service does not accept this device's credentials (401), errorCode "
      "401002, "
      "trackingId 8ad0463c, message: Invalid certificate. [cut]; fix the configuration, "
      "trying again gives the same" },
    { { DPS_LAYER_SERVICE, DPS_ERR_UNAVAILABLE, DPS_ADVICE_RETRY, 429 },
      { .status = 429, .retry_after_s = 7, .body_error = DPS_ERR_JSON_DEPTH },
      "service: the service is busy or out of order (429), and it cannot be read why: "
      "the "
      "answer's JSON is nested deeper than 32; try again in 7 s" },
    { { DPS_LAYER_SERVICE, DPS_ERR_STATUS, DPS_ADVICE_GIVE_UP, 200 },
      { .status = 200, .body_status = "blacklisted" },
      "service: the answer's status is a word that is not known (200), status "
      "blacklisted; "
      "neither another try nor a change here will help" },
};

static void set_failure(size_t i)
{
    memset(&client, 0, sizeof client);
    client.registration.failure = failures[i].failure;
    client.registration.exchange.u.answer.refusal = failures[i].refusal;
}

START_TEST(failure_text)
{
    char text[400];

    set_failure((size_t)_i);
    ck_assert_uint_eq(dps_failure_text(&client, text, sizeof text), strlen(text));
    if (failures[_i].text != NULL) {
        ck_assert_str_eq(text, failures[_i].text);
        return;
    }
    ck_assert_ptr_nonnull(strstr(text, dps_mqtt_error_text(DPS_MQTT_ERR_FLAGS)));
    ck_assert_ptr_nonnull(strstr(text, "[MQTT-2.2.2-2]"));
}
END_TEST

/* Every capacity: the text's beginning, its NUL, and how long the whole is. */
START_TEST(failure_text_is_cut)
{
    char whole[400], text[400];
    size_t len, cap;

    set_failure((size_t)_i);
    len = dps_failure_text(&client, whole, sizeof whole);
    for (cap = 1; cap < sizeof text; cap++) {
        size_t kept = len < cap ? len : cap - 1;

        memset(text, '!', sizeof text);
        ck_assert_uint_eq(dps_failure_text(&client, text, cap), len);
        ck_assert_mem_eq(text, whole, kept);
        ck_assert_int_eq(text[kept], '\0');
        ck_assert_int_eq(text[cap], '!');
    }
}
END_TEST

/* No combination has no words. */
START_TEST(failure_text_for_every_error)
{
    char text[400];
    int error;

    memset(&client, 0, sizeof client);
    for (error = 0; error < 256; error++) {
        client.registration.failure.layer = (uint8_t)_i;
        client.registration.failure.error = (uint8_t)error;
        ck_assert_uint_gt(dps_failure_text(&client, text, sizeof text), 8);
    }
}
END_TEST

TCase *dps_text_cases(void)
{
    enum { FAILURES = sizeof failures / sizeof failures[0] };
    TCase *cases = tcase_create("text");

    tcase_add_test(cases, error_text_for_every_value);
    tcase_add_test(cases, errors_of_time_do_not_overlap);
    tcase_add_loop_test(cases, failure_text, 0, FAILURES);
    tcase_add_loop_test(cases, failure_text_is_cut, 0, FAILURES);
    tcase_add_loop_test(cases, failure_text_for_every_error, 0, DPS_LAYER_TIME + 1);
    return cases;
}
