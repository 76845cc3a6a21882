/* SPDX-License-Identifier: MIT
 *
 * tools/emulator/service.h: what each packet is answered with. The packets come in as the
 * library's reader tells them; what the outbox holds is read by a reader in the client's
 * role and written down in short: "CONNACK 0", "SUBACK 01", "PUBLISH res/202/?$rid=1". */
#include "tools/emulator/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mqtt/reader.h"
#include "mqtt/writer.h"
#include "sas/sas.h"
#include "tests/row.h"
#include "tests/unit/emulator/emulator_tests.h"
#include "tools/emulator/log.h"

#define KEY "dGlueWRwcyBkZW1vIGtleSwgbm90IGEgc2VjcmV0ISE="
#define GROUP_KEY "dGlueWRwcyBkZW1vIGdyb3VwIGtleSwgcHVibGljISE="
#define OWN(id, members) "{\"registrationId\":\"" id "\",\"symmetricKey\":\"" KEY "\"" members "}"
#define BYTES(literal) literal, sizeof literal - 1
#define SCRIPT(rule) ",\"script\":[{" rule "}]"

static const char document[] =
    "{\"idScope\":\"0ne1\",\"enrollments\":["
    OWN("plain", "") ","
    "{\"registrationId\":\"second\",\"symmetricKey\":[\"AAAA\",\"" KEY "\"]},"
    OWN("direct", ",\"polls\":0,\"payload\":{\"a\":1},\"deviceId\":\"other\"") ","
    OWN("long", ",\"polls\":3,\"retryAfter\":9") ","
    OWN("failed", ",\"polls\":0,\"status\":\"failed\",\"errorCode\":400207,"
                  "\"errorMessage\":\"x\\\"y\"") ","
    OWN("disabled", ",\"status\":\"disabled\"") ","
    OWN("unassigned", ",\"polls\":0,\"status\":\"unassigned\"") ","
    OWN("busy", SCRIPT("\"step\":\"connect\",\"connack\":3")) ","
    OWN("throttled", SCRIPT("\"step\":\"register\",\"times\":1,\"status\":429,"
                            "\"retryAfter\":5")) ","
    OWN("mute", SCRIPT("\"step\":\"register\",\"silent\":true")) ","
    OWN("reset", SCRIPT("\"step\":\"subscribe\",\"drop\":true")) "],"
    "\"enrollmentGroups\":[{\"enrollmentGroupId\":\"line\",\"symmetricKey\":\"" GROUP_KEY
    "\",\"polls\":0}]}";

static struct enrollments enrollments;
static struct service service;
static struct service_client client;
static struct dps_mqtt_reader reader, back;
static uint8_t head[4096], back_head[4096];
static char answers[8192]; /* in short, joined by ", " */
static char last_body[4096];
static unsigned last_qos;
static int log_pipe; /* open_log() */
static enum service_verdict verdict;
static enum dps_mqtt_error expected_error; /* the only one the reader may tell */

static void open_connection(void)
{
    service_client_init(&client, "test");
    dps_mqtt_reader_init(&reader, DPS_MQTT_SERVER, head, sizeof head,
                         SERVICE_MESSAGE_MAX);
    dps_mqtt_reader_init(&back, DPS_MQTT_CLIENT, back_head, sizeof back_head, 0);
    answers[0] = '\0';
    verdict = SERVICE_GOES_ON;
    expected_error = DPS_MQTT_OK;
}

static void setup(void)
{
    struct document_why why;

    ck_assert_msg(enrollments_read(&enrollments, document, sizeof document - 1, &why)
                      == 0,
                  "%s", why.text);
    service_init(&service, &enrollments);
    open_connection();
}

static void teardown(void)
{
    service_client_free(&service, &client);
    service_free(&service);
    enrollments_free(&enrollments);
}

/* ---- in and out -------------------------------------------------------------------- */

static void feed(const uint8_t *data, size_t len)
{
    while (len != 0 && verdict == SERVICE_GOES_ON) {
        struct dps_mqtt_packet packet;
        size_t taken = dps_mqtt_reader_input(&reader, data, len, &packet);

        if (packet.type != DPS_MQTT_NONE) {
            verdict = service_packet(&service, &client, &packet, 1000);
        } else if (dps_mqtt_reader_error(&reader) != DPS_MQTT_OK) {
            ck_assert_int_eq(dps_mqtt_reader_error(&reader), expected_error);
            verdict = service_violation(&client, "test", expected_error);
        }
        data += taken;
        len -= taken;
    }
}

static void send_it(struct dps_mqtt_writer *writer)
{
    const uint8_t *at;
    size_t len;

    while ((at = dps_mqtt_writer_output(writer, &len)) != NULL) {
        feed(at, len);
        dps_mqtt_writer_sent(writer, len);
    }
}

static void note(const struct dps_mqtt_packet *packet)
{
    size_t len = strlen(answers);
    char *out = answers + len;
    size_t cap = sizeof answers - len;
    static const char topic[] = "$dps/registrations/";

    if (packet->type == DPS_MQTT_PUBLISH && packet->offset == 0) {
        snprintf(out, cap, "%sPUBLISH %.*s", len == 0 ? "" : ", ",
                 (int)(packet->topic.len - (sizeof topic - 1)),
                 (const char *)packet->topic.at + (sizeof topic - 1));
        last_body[0] = '\0';
        last_qos = (unsigned)packet->flags >> DPS_MQTT_FLAG_QOS_SHIFT & 3u;
    }
    if (packet->type == DPS_MQTT_PUBLISH) {
        snprintf(last_body + packet->offset, sizeof last_body - packet->offset, "%.*s",
                 (int)packet->body.len, (const char *)packet->body.at);
    } else if (packet->body.len == 0) {
        snprintf(out, cap, "%s%s", len == 0 ? "" : ", ", dps_mqtt_packet_name(packet->type));
    } else {
        snprintf(out, cap, "%s%s %02x", len == 0 ? "" : ", ",
                 dps_mqtt_packet_name(packet->type),
                 packet->body.at[packet->body.len - 1]);
    }
}

/* Reads the outbox, all of it that is not delayed. */
static void collect(void)
{
    const uint8_t *at;
    size_t len;

    while ((at = outbox_output(&client.outbox, 1000, &len)) != NULL) {
        struct dps_mqtt_packet packet;
        size_t taken = dps_mqtt_reader_input(&back, at, len, &packet);

        ck_assert_int_eq(dps_mqtt_reader_error(&back), DPS_MQTT_OK);
        if (packet.type != DPS_MQTT_NONE) {
            note(&packet);
        }
        outbox_sent(&client.outbox, taken);
    }
}

static struct dps_bytes text(const char *string)
{
    struct dps_bytes bytes = { (const uint8_t *)string, strlen(string) };

    return bytes;
}

/* A CONNECT of `id` with a token for `token_id` made with `key` at `utc_s`. */
static void say_connect_with(const char *scope, const char *id, const char *key,
                             const char *token_id, uint32_t utc_s)
{
    struct dps_mqtt_connect connect = { .clean_session = 1 };
    struct dps_mqtt_writer writer;
    struct dps_sas_key signer;
    char user[256], password[512];

    snprintf(user, sizeof user, "%s/registrations/%s/api-version=2019-03-31", scope, id);
    ck_assert_int_eq(dps_sas_key_from_base64(&signer, key, strlen(key), 3600),
                     DPS_SAS_OK);
    ck_assert_int_gt(dps_sas_password(&signer.signer, scope, token_id, utc_s, password,
                                      sizeof password), 0);
    connect.client_id = text(id);
    connect.user_name = text(user);
    connect.password = text(password);
    dps_mqtt_writer_init(&writer);
    ck_assert_int_eq(dps_mqtt_write_connect(&writer, &connect), DPS_MQTT_OK);
    send_it(&writer);
    dps_sas_key_wipe(&signer);
}

static void say_connect(const char *scope, const char *id, const char *key)
{
    say_connect_with(scope, id, key, id, (uint32_t)time(NULL));
}

static void say_subscribe(const char *filter, uint8_t qos)
{
    struct dps_mqtt_filter one = { text(filter), qos, 0 };
    struct dps_mqtt_writer writer;

    dps_mqtt_writer_init(&writer);
    ck_assert_int_eq(dps_mqtt_write_subscribe(&writer, &one, 1, 1), DPS_MQTT_OK);
    send_it(&writer);
}

static void say_publish(const char *topic, const char *body, uint8_t qos)
{
    struct dps_mqtt_publish publish = { .topic = text(topic), .qos = qos };
    struct dps_mqtt_writer writer;

    publish.payload[0] = text(body);
    dps_mqtt_writer_init(&writer);
    ck_assert_int_eq(dps_mqtt_write_publish(&writer, &publish, 0, 7), DPS_MQTT_OK);
    send_it(&writer);
}

static void say_register(const char *rid, const char *body, uint8_t qos)
{
    char topic[256];

    snprintf(topic, sizeof topic, "$dps/registrations/PUT/iotdps-register/?$rid=%s", rid);
    say_publish(topic, body, qos);
}

static void say_poll(const char *rid, const char *operation_id)
{
    char topic[256];

    snprintf(topic, sizeof topic,
             "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=%s&operationId=%s", rid,
             operation_id);
    say_publish(topic, "", 1);
}

static void check(const char *want)
{
    collect();
    ck_assert_str_eq(answers, want);
    answers[0] = '\0';
}

/* The same, byte by byte. */
static void check_wire(const char *name, const char *want, size_t want_len)
{
    uint8_t wire[256];
    size_t wire_len = 0, len;
    const uint8_t *at;

    while ((at = outbox_output(&client.outbox, 1000, &len)) != NULL) {
        ck_assert_uint_le(len, sizeof wire - wire_len);
        memcpy(wire + wire_len, at, len);
        wire_len += len;
        outbox_sent(&client.outbox, len);
    }
    ck_assert_msg(wire_len == want_len && memcmp(wire, want, want_len) == 0,
                  "%s: %zu bytes, %02x %02x %02x %02x", name, wire_len, wire[0], wire[1],
                  wire[2], wire[3]);
}

/* From here on the log goes to a pipe; each test is a process of its own. */
static void open_log(void)
{
    int both[2];

    ck_assert_int_eq(pipe(both), 0);
    ck_assert_int_eq(dup2(both[1], STDERR_FILENO), STDERR_FILENO);
    close(both[1]);
    log_pipe = both[0];
    log_open();
}

/* What was logged since the last call; something must have been. */
static const char *read_log(void)
{
    static char lines[4096];
    ssize_t got = read(log_pipe, lines, sizeof lines - 1);

    ck_assert_int_gt(got, 0);
    lines[got] = '\0';
    return lines;
}

/* The value of a string member of the last answer. */
static const char *member(const char *name)
{
    static char value[256];
    json_t *body = json_loads(last_body, JSON_REJECT_DUPLICATES, NULL);
    json_t *state, *found;

    ck_assert_msg(json_is_object(body), "%s", last_body);
    state = json_object_get(body, "registrationState");
    found = json_object_get(body, name);
    found = found == NULL ? json_object_get(state, name) : found;
    snprintf(value, sizeof value, "%s", json_is_string(found) ? json_string_value(found) : "");
    if (json_is_integer(found)) {
        snprintf(value, sizeof value, "%lld", (long long)json_integer_value(found));
    }
    json_decref(body);
    return value;
}

/* Up to a granted subscription. */
static void ready(const char *id)
{
    say_connect("0ne1", id, KEY);
    say_subscribe("$dps/registrations/res/#", 1);
    check("CONNACK 00, SUBACK 01");
}

/* ---- the flow ---------------------------------------------------------------------- */

START_TEST(service_assigns)
{
    ready("plain");
    say_register("1", "{\"registrationId\":\"plain\"}", 1);
    check("PUBACK, PUBLISH res/202/?$rid=1&retry-after=1");
    ck_assert_str_eq(member("status"), "assigning");
    say_poll("2", member("operationId"));
    check("PUBACK, PUBLISH res/200/?$rid=2");
    ck_assert_str_eq(member("status"), "assigned");
    ck_assert_str_eq(member("assignedHub"), "demo-hub.azure-devices.test");
    ck_assert_str_eq(member("deviceId"), "plain");
    ck_assert_str_eq(member("registrationId"), "plain");
    ck_assert_str_eq(member("substatus"), "initialAssignment");
    ck_assert_uint_eq(strlen(member("createdDateTimeUtc")), 28);
    ck_assert_uint_eq(strlen(member("operationId")), 55);
}
END_TEST

START_TEST(service_counts_the_polls_of_each_operation)
{
    char operation_id[64];

    ready("long");
    say_register("1", "", 0);
    check("PUBLISH res/202/?$rid=1&retry-after=9");
    snprintf(operation_id, sizeof operation_id, "%s", member("operationId"));
    say_poll("2", operation_id);
    say_poll("3", operation_id);
    say_poll("4", operation_id);
    say_poll("5", operation_id);
    check("PUBACK, PUBLISH res/202/?$rid=2&retry-after=9, "
          "PUBACK, PUBLISH res/202/?$rid=3&retry-after=9, "
          "PUBACK, PUBLISH res/200/?$rid=4, PUBACK, PUBLISH res/200/?$rid=5");
    say_register("6", "", 1);
    check("PUBACK, PUBLISH res/202/?$rid=6&retry-after=9");
    say_poll("7", operation_id);
    check("PUBACK, PUBLISH res/404/?$rid=7");
}
END_TEST

START_TEST(service_answers_a_flight_in_order)
{
    say_connect("0ne1", "plain", KEY);
    say_subscribe("$dps/registrations/res/#", 1);
    say_register("1", "", 1);
    check("CONNACK 00, SUBACK 01, PUBACK, PUBLISH res/202/?$rid=1&retry-after=1");
}
END_TEST

START_TEST(service_direct_answer_carries_the_payload)
{
    ready("direct");
    say_register("1", "", 1);
    check("PUBACK, PUBLISH res/200/?$rid=1");
    ck_assert_str_eq(member("deviceId"), "other");
    ck_assert_ptr_nonnull(strstr(last_body, ",\"payload\":{\"a\":1}}}"));
}
END_TEST

START_TEST(service_failed_comes_with_200)
{
    ready("failed");
    say_register("1", "", 1);
    check("PUBACK, PUBLISH res/200/?$rid=1");
    ck_assert_str_eq(member("status"), "failed");
    ck_assert_str_eq(member("errorCode"), "400207");
    ck_assert_str_eq(member("errorMessage"), "x\"y");
    ck_assert_str_eq(member("assignedHub"), "");
}
END_TEST

START_TEST(service_disabled_has_an_empty_operation)
{
    ready("disabled");
    say_register("1", "", 1);
    check("PUBACK, PUBLISH res/200/?$rid=1");
    ck_assert_str_eq(last_body, "{\"operationId\":\"\",\"status\":\"disabled\","
                                "\"registrationState\":{\"registrationId\":\"disabled\","
                                "\"status\":\"disabled\"}}");
}
END_TEST

START_TEST(service_unassigned_comes_with_200)
{
    ready("unassigned");
    say_register("1", "", 1);
    check("PUBACK, PUBLISH res/200/?$rid=1");
    ck_assert_str_eq(member("status"), "unassigned");
}
END_TEST

START_TEST(service_secondary_key_is_as_good)
{
    ready("second");
    say_register("1", "", 1);
    check("PUBACK, PUBLISH res/202/?$rid=1&retry-after=1");
}
END_TEST

START_TEST(service_individual_id_is_compared_without_case)
{
    ready("PLAIN");
    say_register("1", "{\"registrationId\":\"Plain\"}", 1);
    check("PUBACK, PUBLISH res/202/?$rid=1&retry-after=1");
}
END_TEST

/* ---- groups ------------------------------------------------------------------------ */

/* Computed with the openssl program from the demo group's key. */
static const struct {
    const char *name, *id, *key, *want;
} group_keys[] = {
    { "the key of the ID as sent", "Sensor-7", "g5VX4V+olwFDA3VagU9gYJ3qUo2Uiudd4jwIPAWXRgM=",
      "PUBACK, PUBLISH res/200/?$rid=1" },
    { "the key of the ID in lower case", "Sensor-7", "isW+0vMPNvU87mZUAMyV5cT5ydKdmkkAbvTuttWJDCw=",
      "PUBACK, PUBLISH res/200/?$rid=1" },
    { "the key of another ID", "Sensor-8", "isW+0vMPNvU87mZUAMyV5cT5ydKdmkkAbvTuttWJDCw=",
      "PUBACK, PUBLISH res/401/?$rid=1" },
    { "the group's own key", "Sensor-7", GROUP_KEY, "PUBACK, PUBLISH res/401/?$rid=1" },
    { "an individual enrollment ends the search", "plain", "pa0Fx4ELN/woTMo+e61IPWryUsSOy9w1qKl+z0xqgrE=",
      "PUBACK, PUBLISH res/401/?$rid=1" },
};

START_TEST(service_groups)
{
    say_connect("0ne1", group_keys[_i].id, group_keys[_i].key);
    say_subscribe("$dps/registrations/res/#", 1);
    check("CONNACK 00, SUBACK 01");
    say_register("1", "", 1);
    collect();
    ck_assert_msg(strcmp(answers, group_keys[_i].want) == 0, "%s: %s", group_keys[_i].name,
                  answers);
    if (strstr(group_keys[_i].want, "200") != NULL) {
        ck_assert_str_eq(member("deviceId"), group_keys[_i].id);
        ck_assert_ptr_nonnull(
            strstr(last_body, "\"symmetricKey\":{\"enrollmentGroupId\":\"line\"}"));
    }
}
END_TEST

/* ---- refusals ---------------------------------------------------------------------- */

static const struct {
    const char *name, *scope, *id, *key, *body, *want, *code;
} refusals[] = {
    { "wrong key", "0ne1", "plain", GROUP_KEY, "", "res/401/?$rid=1", "401000" },
    { "unknown ID", "0ne1", "nobody", KEY, "", "res/401/?$rid=1", "401000" },
    { "unknown scope", "0ne2", "plain", KEY, "", "res/404/?$rid=1", "404201" },
    { "an ID that breaks its rules", "0ne1", "plain_", KEY, "", "res/400/?$rid=1",
      "400004" },
    { "no JSON", "0ne1", "plain", KEY, "{", "res/400/?$rid=1", "400004" },
    { "a blank", "0ne1", "plain", KEY, " ", "res/400/?$rid=1", "400004" },
    { "a member twice", "0ne1", "plain", KEY, "{\"a\":1,\"a\":1}", "res/400/?$rid=1",
      "400004" },
    { "a large number with a leading zero", "0ne1", "plain", KEY,
      "{\"n\":0123456789012345678901234567890}", "res/400/?$rid=1", "400004" },
    { "no object", "0ne1", "plain", KEY, "[]", "res/400/?$rid=1", "400004" },
    { "another ID in the body", "0ne1", "plain", KEY, "{\"registrationId\":\"direct\"}",
      "res/400/?$rid=1", "400004" },
    { "a number as ID in the body", "0ne1", "plain", KEY, "{\"registrationId\":1}",
      "res/400/?$rid=1", "400004" },
    { "a payload that is no object", "0ne1", "plain", KEY, "{\"payload\":[1]}",
      "res/400/?$rid=1", "400004" },
    { "bytes behind the object", "0ne1", "plain", KEY, "{} {}", "res/400/?$rid=1",
      "400004" },
};

START_TEST(service_refuses_in_the_register_answer)
{
    char want[128];

    say_connect(refusals[_i].scope, refusals[_i].id, refusals[_i].key);
    say_subscribe("$dps/registrations/res/#", 0);
    say_register("1", refusals[_i].body, 1);
    snprintf(want, sizeof want, "CONNACK 00, SUBACK 00, PUBACK, PUBLISH %s",
             refusals[_i].want);
    collect();
    ck_assert_msg(strcmp(answers, want) == 0, "%s: %s", refusals[_i].name, answers);
    ck_assert_str_eq(member("errorCode"), refusals[_i].code);
    ck_assert_uint_eq(strlen(member("trackingId")), 36);
    ck_assert_int_eq(verdict, SERVICE_GOES_ON);
}
END_TEST

START_TEST(service_refuses_a_token_of_yesterday)
{
    say_connect_with("0ne1", "plain", KEY, "plain", (uint32_t)time(NULL) - 86400);
    say_subscribe("$dps/registrations/res/#", 1);
    say_register("1", "", 1);
    check("CONNACK 00, SUBACK 01, PUBACK, PUBLISH res/401/?$rid=1");
}
END_TEST

START_TEST(service_refuses_a_token_for_another_device)
{
    say_connect_with("0ne1", "plain", KEY, "direct", (uint32_t)time(NULL));
    say_subscribe("$dps/registrations/res/#", 1);
    say_register("1", "", 1);
    check("CONNACK 00, SUBACK 01, PUBACK, PUBLISH res/401/?$rid=1");
}
END_TEST

static const char *const good_bodies[] = {
    "", "{}", "{\"payload\":{\"modelId\":\"dtmi:a;1\"}}",
    "{\"csr\": null, \"payload\": null, \"registrationId\": \"plain\"}",
    "{\"registrationId\":\"PLAIN\"}", "{\"payload\":{\"a\":\"\\u0000\"}}",
    "{\"n\":123456789012345678901234567890}",
    "{\"payload\":{\"n\":[-123456789012345678901234567890,9223372036854775808]}}",
};

START_TEST(service_takes_the_bodies_of_all_sdks)
{
    ready("plain");
    say_register("x/y", good_bodies[_i], 1);
    check("PUBACK, PUBLISH res/202/?$rid=x/y&retry-after=1");
}
END_TEST

/* Client ID, user name and password; what CONNACK says. A null is absent. */
static const struct {
    const char *name, *client_id, *user, *password, *want;
} connects[] = {
    { "a token that is none is refused later", "plain",
      "0ne1/registrations/plain/api-version=1", "x", "CONNACK 00" },
    { "client ID differs", "plai", "0ne1/registrations/plain/api-version=1", "x",
      "CONNACK 05" },
    { "client ID differs in case", "Plain", "0ne1/registrations/plain/api-version=1", "x",
      "CONNACK 05" },
    { "malformed user name", "plain", "0ne1/registrations/plain/?api-version=1", "x",
      "CONNACK 05" },
    { "no user name", "plain", NULL, NULL, "CONNACK 05" },
    { "no credential", "plain", "0ne1/registrations/plain/api-version=1", NULL,
      "CONNACK 05" },
    { "an empty credential", "plain", "0ne1/registrations/plain/api-version=1", "",
      "CONNACK 05" },
    { "no client ID, CleanSession 1", "", "0ne1/registrations/plain/api-version=1", "x",
      "CONNACK 05" },
    { "scripted", "busy", "0ne1/registrations/busy/api-version=1", "x", "CONNACK 03" },
};

START_TEST(service_connect_answers)
{
    struct dps_mqtt_connect connect = { .clean_session = 1 };
    struct dps_mqtt_writer writer;

    connect.client_id = text(connects[_i].client_id);
    if (connects[_i].user != NULL) {
        connect.user_name = text(connects[_i].user);
    }
    if (connects[_i].password != NULL) {
        connect.password = text(connects[_i].password);
    }
    dps_mqtt_writer_init(&writer);
    ck_assert_int_eq(dps_mqtt_write_connect(&writer, &connect), DPS_MQTT_OK);
    send_it(&writer);
    collect();
    ck_assert_msg(strcmp(answers, connects[_i].want) == 0, "%s: %s", connects[_i].name,
                  answers);
    ck_assert_int_eq(verdict, strcmp(answers, "CONNACK 00") == 0 ? SERVICE_GOES_ON
                                                                 : SERVICE_CLOSE);
    ROW_RAN(connects[_i].name);
}
END_TEST

START_TEST(service_other_level_gets_connack_1)
{
    static const uint8_t wire[] = "\x10\x0d\0\4MQTT\5\2\0\0\0\1a";

    feed(wire, sizeof wire - 1);
    ck_assert_int_eq(verdict, SERVICE_CLOSE);
    check("CONNACK 01");
}
END_TEST

/* [MQTT-3.1.3-8] Who the user name says it is does not matter. */
static const struct {
    const char *wire;
    size_t len;
    const char *want;
} without_clean_session[] = {
    { "\x10\x0c\0\4MQTT\4\0\0\0\0\0", 14, "CONNACK 02" },
    { "\x10\x37\0\4MQTT\4\xc0\0\0\0\0\0\x26" "0ne1/registrations/plain/api-version=1"
      "\0\1x", 57, "CONNACK 02" },
    { "\x10\x3c\0\4MQTT\4\xc0\0\0\0\5plain\0\x26" "0ne1/registrations/plain/api-version=1"
      "\0\1x", 62, "CONNACK 00" },
};

START_TEST(service_no_client_id_needs_clean_session)
{
    feed((const uint8_t *)without_clean_session[_i].wire, without_clean_session[_i].len);
    ck_assert_int_eq(verdict, _i < 2 ? SERVICE_CLOSE : SERVICE_GOES_ON);
    check(without_clean_session[_i].want);
}
END_TEST

/* ---- DPS is no broker -------------------------------------------------------------- */

static const struct {
    const char *filter;
    uint8_t qos;
    const char *want;
} filters[] = {
    { "$dps/registrations/res/#", 0, "CONNACK 00, SUBACK 00" },
    { "$dps/registrations/res/#", 1, "CONNACK 00, SUBACK 01" },
    { "$dps/registrations/res/#", 2, "CONNACK 00, SUBACK 01" },
    { "#", 1, "CONNACK 00, SUBACK 80" },
    { "$dps/registrations/res/+", 1, "CONNACK 00, SUBACK 80" },
    { "$dps/registrations/res/200/#", 1, "CONNACK 00, SUBACK 80" },
    { "$dps/registrations/res", 1, "CONNACK 00, SUBACK 80" },
};

START_TEST(service_grants_one_filter)
{
    say_connect("0ne1", "plain", KEY);
    say_subscribe(filters[_i].filter, filters[_i].qos);
    check(filters[_i].want);
    ck_assert_int_eq(verdict, SERVICE_GOES_ON);
}
END_TEST

static const char *const foreign_topics[] = {
    "a", "$dps/registrations/PUT/iotdps-register/", "$dps/registrations/PUT/iotdps-register",
    "$dps/registrations/PUT/iotdps-register/?", "$dps/registrations/PUT/iotdps-register/?$rid=",
    "$dps/registrations/PUT/iotdps-register/?rid=1",
    "$dps/registrations/put/iotdps-register/?$rid=1",
    "$dps/registrations/POST/iotdps-register/?$rid=1",
    "$dps/registrations/res/200/?$rid=1",
    "$dps/registrations/GET/iotdps-get-operationstatus/?operationId=1",
    "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=&operationId=1",
    "$dps/registrations/PUT/iotdps-register/?$rid="
    "0123456789012345678901234567890123456789012345678901234567890123456789"
    "01234567890123456789012345678901234567890123456789012345678",
};

START_TEST(service_closes_on_other_topics)
{
    ready("plain");
    say_publish(foreign_topics[_i], "{}", 1);
    ck_assert_int_eq(verdict, SERVICE_CLOSE);
    check("");
}
END_TEST

/* QoS 2 would be answered with PUBREC; DPS has none. */
static const struct {
    const char *name, *topic;
    uint8_t qos;
    enum service_verdict verdict;
    const char *want;
} qualities[] = {
    { "register at QoS 1", "PUT/iotdps-register/?$rid=1", 1, SERVICE_GOES_ON,
      "PUBACK, PUBLISH res/202/?$rid=1&retry-after=1" },
    { "register at QoS 2", "PUT/iotdps-register/?$rid=1", 2, SERVICE_CLOSE, "" },
    { "poll at QoS 2", "GET/iotdps-get-operationstatus/?$rid=1&operationId=1", 2,
      SERVICE_CLOSE, "" },
};

START_TEST(service_closes_on_qos_2)
{
    char topic[256];

    ready("plain");
    snprintf(topic, sizeof topic, "$dps/registrations/%s", qualities[_i].topic);
    say_publish(topic, "", qualities[_i].qos);
    ck_assert_msg(verdict == qualities[_i].verdict, "%s", qualities[_i].name);
    check(qualities[_i].want);
}
END_TEST

/* "IoT Hub DPS limits": 96 KB a message. An empty object and blanks. */
static const struct {
    const char *name;
    size_t len;
    enum service_verdict verdict;
    const char *want;
} message_sizes[] = {
    { "98,304 bytes are 96 KB", 98304, SERVICE_GOES_ON,
      "PUBACK, PUBLISH res/202/?$rid=1&retry-after=1" },
    { "98,305 bytes are one too many", 98305, SERVICE_CLOSE, "" },
};

START_TEST(service_closes_on_a_message_over_96_kb)
{
    static char body[98305 + 1];

    memset(body, ' ', message_sizes[_i].len);
    memcpy(body, "{}", 2);
    ready("plain");
    if (message_sizes[_i].verdict == SERVICE_CLOSE) {
        expected_error = DPS_MQTT_ERR_PAYLOAD_TOO_LONG;
    }
    say_register("1", body, 1);
    ck_assert_msg(verdict == message_sizes[_i].verdict, "%s", message_sizes[_i].name);
    check(message_sizes[_i].want);
}
END_TEST

START_TEST(service_first_packet_must_be_connect)
{
    say_subscribe("$dps/registrations/res/#", 1);
    ck_assert_int_eq(verdict, SERVICE_CLOSE);
    check("");
}
END_TEST

START_TEST(service_second_connect_closes)
{
    ready("plain");
    say_connect("0ne1", "plain", KEY);
    ck_assert_int_eq(verdict, SERVICE_CLOSE);
    check("");
}
END_TEST

START_TEST(service_ping_and_disconnect)
{
    static const uint8_t ping[] = { 0xc0, 0 }, disconnect[] = { 0xe0, 0 };

    ready("plain");
    feed(ping, sizeof ping);
    check("PINGRESP");
    say_register("1", "", 1);
    feed(disconnect, sizeof disconnect);
    ck_assert_int_eq(verdict, SERVICE_CLOSE);
    check("");
}
END_TEST

START_TEST(service_nothing_is_delivered_without_subscription)
{
    say_connect("0ne1", "plain", KEY);
    say_register("1", "", 1);
    check("CONNACK 00, PUBACK");
}
END_TEST

/* What stands behind the topic's "?", where no operation has that ID. */
static const char *const unknown_operations[] = {
    "$rid=1&operationId=5.0", "$rid=1&operationId=", "$rid=1", "operationId=&$rid=1",
    "$rid=1&operationId", "$rid=1&operationid=5.0",
    "$rid=1&operationId="
    "0123456789012345678901234567890123456789012345678901234567890123456789"
    "01234567890123456789012345678901234567890123456789012345678",
};

START_TEST(service_unknown_operation_is_404)
{
    char topic[256];

    ready("disabled"); /* whose operation ID is empty */
    say_register("0", "", 0);
    check("PUBLISH res/200/?$rid=0");
    snprintf(topic, sizeof topic, "$dps/registrations/GET/iotdps-get-operationstatus/?%s",
             unknown_operations[_i]);
    say_publish(topic, "", 1);
    check("PUBACK, PUBLISH res/404/?$rid=1");
    ck_assert_str_eq(member("errorCode"), "404202");
    ck_assert_int_eq(verdict, SERVICE_GOES_ON);
}
END_TEST

/* [MQTT-3.1.4-2] */
START_TEST(service_older_connection_with_the_same_client_id_ends)
{
    struct service_client older;

    service_client_init(&older, "older");
    older.next = service.clients;
    service.clients = &older;
    older.connected = true;
    memcpy(older.device.registration_id, "plain", 6);
    ready("plain");
    ck_assert(older.replaced);
    ck_assert(!client.replaced);
    service_client_free(&service, &older);
}
END_TEST

/* ---- MQTT, a statement a row ------------------------------------------------------- */

#define CLIENT "0ne1/registrations/plain/api-version=1" /* 38 bytes */
#define FILTER "$dps/registrations/res/#"               /* 24 bytes */
#define CLOSES(rule) SERVICE_CLOSE, BYTES(""), rule "]; closing\n"

/* What the bytes of a client are answered with, on a connection that is new or ready; the
 * error is the reader's, where it does not come so far as the service. */
static const struct {
    const char *name;
    int is_ready;
    const char *wire;
    size_t len;
    enum dps_mqtt_error error;
    enum service_verdict verdict;
    const char *want;
    size_t want_len;
    const char *log;
} exchanges[] = {
    { "MQTT-3.1.0-1 SUBSCRIBE first", 0, BYTES("\x82\6\0\1\0\1a\0"), DPS_MQTT_OK,
      CLOSES("SUBSCRIBE before CONNECT [MQTT-3.1.0-1") },
    { "MQTT-3.1.0-2 a second CONNECT", 1, BYTES("\x10\x0e\0\4MQTT\4\2\0\x3c\0\2c1"), DPS_MQTT_OK,
      CLOSES("a second CONNECT [MQTT-3.1.0-2") },
    { "MQTT-3.1.2-1 protocol name", 0, BYTES("\x10\x10\0\6MQIsdp\3\2\0\x3c\0\2c1"), DPS_MQTT_OK,
      CLOSES("[MQTT-3.1.2-1") },
    { "MQTT-3.1.2-2 protocol level 3", 0, BYTES("\x10\x0e\0\4MQTT\3\2\0\x3c\0\2c1"), DPS_MQTT_OK,
      SERVICE_CLOSE, BYTES("\x20\2\0\1"), "CONNACK 1, the protocol level is not 4 [MQTT-3.1.2-2]\n" },
    { "MQTT-3.1.2-3 reserved bit", 0, BYTES("\x10\x0e\0\4MQTT\4\3\0\x3c\0\2c1"), DPS_MQTT_OK,
      CLOSES("[MQTT-3.1.2-3") },
    { "MQTT-3.1.3-6 no client ID, CleanSession 1", 0,
      BYTES("\x10\x37\0\4MQTT\4\xc2\0\0\0\0\0\x26" CLIENT "\0\1x"), DPS_MQTT_OK, SERVICE_CLOSE,
      BYTES("\x20\2\0\5"), "CONNACK 5, the client ID is not the registration ID" },
    { "MQTT-3.1.3-8 no client ID, CleanSession 0", 0, BYTES("\x10\x0c\0\4MQTT\4\0\0\x3c\0\0"),
      DPS_MQTT_OK, SERVICE_CLOSE, BYTES("\x20\2\0\2"), "CleanSession 0 [MQTT-3.1.3-8]\n" },
    { "MQTT-3.1.3-9 a client ID of another's", 0,
      BYTES("\x10\x3b\0\4MQTT\4\xc2\0\0\0\4plai\0\x26" CLIENT "\0\1x"), DPS_MQTT_OK, SERVICE_CLOSE,
      BYTES("\x20\2\0\5"), "the client ID is not the registration ID" },
    { "MQTT-3.1.4-1 bytes behind the fields", 0, BYTES("\x10\x0f\0\4MQTT\4\2\0\x3c\0\2c1x"), DPS_MQTT_OK,
      CLOSES("[MQTT 3.1.3") },
    { "MQTT-3.1.4-1 flags of the fixed header", 0, BYTES("\x11\x0e\0\4MQTT\4\2\0\x3c\0\2c1"),
      DPS_MQTT_ERR_FLAGS, CLOSES("[MQTT-2.2.2-2") },
    { "MQTT-3.1.4-4 accepted", 0, BYTES("\x10\x3c\0\4MQTT\4\xc2\0\0\0\5plain\0\x26" CLIENT "\0\1x"),
      DPS_MQTT_OK, SERVICE_GOES_ON, BYTES("\x20\2\0\0"), "connect: accepted" },
    { "MQTT-3.2.2-4 refused after CleanSession 0", 0,
      BYTES("\x10\x39\0\4MQTT\4\x80\0\0\0\5plain\0\x26" CLIENT), DPS_MQTT_OK, SERVICE_CLOSE,
      BYTES("\x20\2\0\5"), "no credential" },
    { "MQTT-3.2.2-6 no code says what is wrong", 0, BYTES("\x10\x0e\0\4MQTT\4\x82\0\x3c\0\2c1"),
      DPS_MQTT_OK, CLOSES("[MQTT 1.5.3") },
    { "MQTT-3.3.5-2 a topic that is not theirs", 1, BYTES("\x32\6\0\1t\0\1x"), DPS_MQTT_OK,
      SERVICE_CLOSE, BYTES(""), "a PUBLISH to \"t\": not a documented topic" },
    { "MQTT-3.3.5-2 QoS 2", 1, BYTES("\x34\6\0\1t\0\1x"), DPS_MQTT_OK,
      SERVICE_CLOSE, BYTES(""), "a PUBLISH of QoS 2: the service takes none; closing\n" },
    { "MQTT-3.6.1-1 PUBREL with flags 0", 1, BYTES("\x60\2\0\7"), DPS_MQTT_ERR_FLAGS,
      CLOSES("[MQTT-2.2.2-2") },
    { "MQTT-3.8.4-1 SUBSCRIBE", 1, BYTES("\x82\x1d\0\1\0\x18" FILTER "\1"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES("\x90\3\0\1\1"), "subscribe: \"" FILTER "\", QoS 1 asked, 1 granted\n" },
    { "MQTT-3.8.4-2 the identifier of the SUBSCRIBE", 1, BYTES("\x82\6\xff\xfe\0\1a\0"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES("\x90\3\xff\xfe\x80"), "\"a\" refused" },
    { "MQTT-3.8.4-4 one SUBACK for two filters", 1, BYTES("\x82\x21\0\1\0\1a\2\0\x18" FILTER "\0"),
      DPS_MQTT_OK, SERVICE_GOES_ON, BYTES("\x90\4\0\1\x80\0"), "QoS 0 asked, 0 granted\n" },
    { "MQTT-3.8.4-5 a code a filter", 1, BYTES("\x82\x0e\0\1\0\1a\0\0\1b\1\0\1c\2"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES("\x90\5\0\1\x80\x80\x80"), "\"c\" refused" },
    { "MQTT-3.9.3-1 in the order of the filters", 1,
      BYTES("\x82\x40\0\1\0\x18" FILTER "\0\0\1a\2\0\x18" FILTER "\2\0\1b\0"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES("\x90\6\0\1\0\x80\1\x80"), "\"b\" refused" },
    { "MQTT-3.9.3-2 what is granted of QoS 2", 1, BYTES("\x82\x1d\0\1\0\x18" FILTER "\2"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES("\x90\3\0\1\1"), "QoS 2 asked, 1 granted\n" },
    { "MQTT-3.8.3-3 SUBSCRIBE without a filter", 1, BYTES("\x82\2\0\1"), DPS_MQTT_OK,
      CLOSES("[MQTT-3.8.3-3") },
    { "MQTT-3.10.1-1 UNSUBSCRIBE with flags 0", 1, BYTES("\xa0\5\0\1\0\1a"), DPS_MQTT_ERR_FLAGS,
      CLOSES("[MQTT-2.2.2-2") },
    { "MQTT-3.10.3-1 a filter that is no text", 1, BYTES("\xa2\x08\0\1\0\1a\0\1\xff"), DPS_MQTT_OK,
      CLOSES("UNSUBSCRIBE: a string is not UTF-8 [MQTT-1.5.3-1") },
    { "MQTT-3.10.3-2 UNSUBSCRIBE without a filter", 1, BYTES("\xa2\2\0\1"), DPS_MQTT_OK,
      CLOSES("UNSUBSCRIBE: an UNSUBSCRIBE without a topic filter [MQTT-3.10.3-2") },
    { "MQTT-4.7.1-2 UNSUBSCRIBE of a#", 1, BYTES("\xa2\6\0\1\0\2a#"), DPS_MQTT_OK,
      CLOSES("[MQTT-4.7.1-2") },
    { "MQTT-2.3.1-1 UNSUBSCRIBE 0", 1, BYTES("\xa2\5\0\0\0\1a"), DPS_MQTT_ERR_PACKET_IDENTIFIER,
      CLOSES("[MQTT-2.3.1-1") },
    { "MQTT-2.3.1-7 UNSUBACK with that of the request", 1, BYTES("\xa2\5\x12\x34\0\1a"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES("\xb0\2\x12\x34"), "unsubscribe: \"a\" was not subscribed to\n" },
    { "MQTT-3.12.4-1 PINGREQ", 1, BYTES("\xc0\0"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES("\xd0\0"), "" },
    { "MQTT-3.14.1-1 DISCONNECT with a flag", 1, BYTES("\xe1\0"), DPS_MQTT_ERR_FLAGS,
      CLOSES("[MQTT-2.2.2-2") },
    { "MQTT-4.3.3-2 PUBREL is always answered", 1, BYTES("\x62\2\x12\x34\x62\2\x12\x34"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES("\x70\2\x12\x34\x70\2\x12\x34"), "PUBREL 4660 of no message: PUBCOMP\n" },
    { "N-35 PUBREC of nothing", 1, BYTES("\x50\2\0\7"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES(""), "PUBREC 7 of no message: ignored\n" },
    { "N-35 PUBCOMP of nothing", 1, BYTES("\x70\2\0\7"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES(""), "PUBCOMP 7 of no message: ignored\n" },
    { "N-35 PUBACK of nothing", 1, BYTES("\x40\2\0\7\xc0\0"), DPS_MQTT_OK,
      SERVICE_GOES_ON, BYTES("\xd0\0"), "" },
    { "N-38 DISCONNECT", 1, BYTES("\xe0\0"), DPS_MQTT_OK, SERVICE_CLOSE, BYTES(""), "disconnect\n" },
    { "N-41 a topic of the service's own", 1,
      BYTES("\x30\x25\0\x22$dps/registrations/res/200/?$rid=1x"), DPS_MQTT_OK,
      SERVICE_CLOSE, BYTES(""), "not a documented topic" },
    { "N-41 a filter for what others ask", 1, BYTES("\x82\x1d\0\1\0\x18$dps/registrations/PUT/#\1"),
      DPS_MQTT_OK, SERVICE_GOES_ON, BYTES("\x90\3\0\1\x80"), "refused, not a documented filter\n" },
};

START_TEST(service_statements)
{
    open_log();
    if (exchanges[_i].is_ready) {
        ready("plain");
    }
    expected_error = exchanges[_i].error;
    feed((const uint8_t *)exchanges[_i].wire, exchanges[_i].len);
    check_wire(exchanges[_i].name, exchanges[_i].want, exchanges[_i].want_len);
    ck_assert_msg(verdict == exchanges[_i].verdict, "%s", exchanges[_i].name);
    ck_assert_msg(strstr(read_log(), exchanges[_i].log) != NULL, "%s", exchanges[_i].name);
    ROW_RAN(exchanges[_i].name);
}
END_TEST

/* One to 23 characters; the lengths together have every letter and digit. */
START_TEST(service_mqtt_3_1_3_5_client_ids_of_1_to_23)
{
    static const char all[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char id[24] = "";

    for (int i = 0; i < _i; i++) {
        id[i] = all[(23 * _i + i) % (int)(sizeof all - 1)];
    }
    say_connect("0ne1", id, KEY);
    check("CONNACK 00");
    ck_assert_int_eq(verdict, SERVICE_GOES_ON);
}
END_TEST

/* [MQTT-3.2.2-1] [MQTT-3.2.2-3] Nothing of an earlier connection is kept, whatever
 * CleanSession it had and this one has. */
START_TEST(service_session_present_is_0)
{
    static const uint8_t disconnect[] = { 0xe0, 0 };
    char wire[] = "\x10\x3c\0\4MQTT\4\xc0\0\0\0\5plain\0\x26" CLIENT "\0\1x";

    wire[9] = (char)((_i & 1) != 0 ? 0xc2 : 0xc0);
    feed((const uint8_t *)wire, sizeof wire - 1);
    check("CONNACK 00");
    say_subscribe(FILTER, 1);
    check("SUBACK 01");
    feed(disconnect, sizeof disconnect);
    ck_assert_int_eq(verdict, SERVICE_CLOSE);
    service_client_free(&service, &client);
    open_connection();
    wire[9] = (char)((_i & 2) != 0 ? 0xc2 : 0xc0);
    feed((const uint8_t *)wire, sizeof wire - 1);
    check_wire("CONNACK", BYTES("\x20\2\0\0"));
    say_register("1", "", 1);
    check("PUBACK");
}
END_TEST

/* [MQTT-3.8.4-3] Whether in one packet or in two. */
START_TEST(service_same_filter_replaces_the_subscription)
{
    static const struct dps_mqtt_filter twice[] = {
        { { (const uint8_t *)FILTER, sizeof FILTER - 1 }, 1, 0 },
        { { (const uint8_t *)FILTER, sizeof FILTER - 1 }, 0, 0 },
    };
    struct dps_mqtt_writer writer;

    say_connect("0ne1", "plain", KEY);
    if (_i == 0) {
        say_subscribe(FILTER, 1);
        say_subscribe(FILTER, 0);
        check("CONNACK 00, SUBACK 01, SUBACK 00");
    } else {
        dps_mqtt_writer_init(&writer);
        ck_assert_int_eq(dps_mqtt_write_subscribe(&writer, twice, 2, 1), DPS_MQTT_OK);
        send_it(&writer);
        check("CONNACK 00, SUBACK 00"); /* the last of two codes */
    }
    last_qos = 9;
    say_register("1", "", 1);
    check("PUBACK, PUBLISH res/202/?$rid=1&retry-after=1"); /* once, not twice */
    ck_assert_uint_eq(last_qos, 0);
}
END_TEST

/* ---- UNSUBSCRIBE ------------------------------------------------------------------- */

#define DELIVERED "PUBACK, PUBLISH res/202/?$rid=1&retry-after=1"

/* With a subscription; `after` is what a register is answered with that follows. */
static const struct {
    const char *name, *wire;
    size_t len;
    const char *unsuback;
    size_t unsuback_len;
    const char *log, *after;
} unsubscribes[] = {
    { "MQTT-3.10.4-1 the same bytes", BYTES("\xa2\x1c\0\2\0\x18" FILTER), BYTES("\xb0\2\0\2"),
      "unsubscribe: \"" FILTER "\" removed\n", "PUBACK" },
    { "MQTT-3.10.4-1 one that matches more", BYTES("\xa2\x0e\0\2\0\x0a$dps/+/+/#"), BYTES("\xb0\2\0\2"),
      "\"$dps/+/+/#\" was not subscribed to\n", DELIVERED },
    { "MQTT-3.10.4-1 one that it matches", BYTES("\xa2\x1c\0\2\0\x18$dps/registrations/res/+"),
      BYTES("\xb0\2\0\2"), "was not subscribed to\n", DELIVERED },
    { "MQTT-3.10.4-1 its beginning", BYTES("\xa2\x1a\0\2\0\x16$dps/registrations/res"),
      BYTES("\xb0\2\0\2"), "was not subscribed to\n", DELIVERED },
    { "MQTT-3.10.4-1 another case", BYTES("\xa2\x1c\0\2\0\x18$DPS/registrations/res/#"),
      BYTES("\xb0\2\0\2"), "was not subscribed to\n", DELIVERED },
    { "MQTT-3.10.4-4 the identifier of the request", BYTES("\xa2\x1c\xff\xfe\0\x18" FILTER),
      BYTES("\xb0\2\xff\xfe"), "removed\n", "PUBACK" },
    { "MQTT-3.10.4-5 nothing is removed", BYTES("\xa2\6\0\3\0\2zz"), BYTES("\xb0\2\0\3"),
      "\"zz\" was not subscribed to\n", DELIVERED },
    { "MQTT-3.10.4-5 removed already",
      BYTES("\xa2\x1c\0\2\0\x18" FILTER "\xa2\x1c\0\3\0\x18" FILTER),
      BYTES("\xb0\2\0\2\xb0\2\0\3"), "\"" FILTER "\" was not subscribed to\n", "PUBACK" },
    { "MQTT-3.10.4-6 the second of three", BYTES("\xa2\x22\0\2\0\1a\0\x18" FILTER "\0\1b"),
      BYTES("\xb0\2\0\2"), "\"" FILTER "\" removed\n", "PUBACK" },
    { "MQTT-3.10.4-6 the same twice", BYTES("\xa2\x36\0\2\0\x18" FILTER "\0\x18" FILTER),
      BYTES("\xb0\2\0\2"), "\"" FILTER "\" was not subscribed to\n", "PUBACK" },
};

START_TEST(service_unsubscribe)
{
    open_log();
    ready("plain");
    feed((const uint8_t *)unsubscribes[_i].wire, unsubscribes[_i].len);
    check_wire(unsubscribes[_i].name, unsubscribes[_i].unsuback, unsubscribes[_i].unsuback_len);
    ck_assert_msg(strstr(read_log(), unsubscribes[_i].log) != NULL, "%s", unsubscribes[_i].name);
    ck_assert_int_eq(verdict, SERVICE_GOES_ON);
    say_register("1", "", 1);
    check(unsubscribes[_i].after);
    ROW_RAN(unsubscribes[_i].name);
}
END_TEST

static void say_unsubscribe(void)
{
    feed((const uint8_t *)"\xa2\x1c\0\2\0\x18" FILTER, 2 + 28);
}

/* What the answers say does not reach the device, but the polls count. */
START_TEST(service_mqtt_3_10_4_2_nothing_new_is_sent)
{
    char operation_id[64];

    ready("long"); /* its third poll is the last */
    say_register("1", "", 1);
    check("PUBACK, PUBLISH res/202/?$rid=1&retry-after=9");
    snprintf(operation_id, sizeof operation_id, "%s", member("operationId"));
    say_unsubscribe();
    say_poll("2", operation_id);
    say_poll("3", operation_id);
    check("UNSUBACK, PUBACK, PUBACK");
    say_subscribe(FILTER, 1);
    say_poll("4", operation_id);
    check("SUBACK 01, PUBACK, PUBLISH res/200/?$rid=4");
}
END_TEST

START_TEST(service_mqtt_3_10_4_3_what_has_begun_is_completed)
{
    ready("plain");
    say_register("1", "", 1);
    say_unsubscribe();
    check(DELIVERED ", UNSUBACK");
}
END_TEST

/* ---- scripts ----------------------------------------------------------------------- */

START_TEST(service_scripted_status_is_used_up)
{
    ready("throttled");
    say_register("1", "", 1);
    check("PUBACK, PUBLISH res/429/?$rid=1&retry-after=5");
    ck_assert_str_eq(member("errorCode"), "429000");
    say_register("2", "", 1);
    check("PUBACK, PUBLISH res/202/?$rid=2&retry-after=1");
}
END_TEST

START_TEST(service_scripted_silence_lasts)
{
    static const uint8_t ping[] = { 0xc0, 0 };

    ready("mute");
    say_register("1", "", 1);
    feed(ping, sizeof ping);
    check("");
    ck_assert_int_eq(verdict, SERVICE_GOES_ON);
}
END_TEST

START_TEST(service_scripted_drop_resets)
{
    say_connect("0ne1", "reset", KEY);
    say_subscribe("$dps/registrations/res/#", 1);
    ck_assert_int_eq(verdict, SERVICE_RESET);
}
END_TEST

TCase *emulator_service_cases(void)
{
    TCase *cases = tcase_create("service");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, service_assigns);
    tcase_add_test(cases, service_counts_the_polls_of_each_operation);
    tcase_add_test(cases, service_answers_a_flight_in_order);
    tcase_add_test(cases, service_direct_answer_carries_the_payload);
    tcase_add_test(cases, service_failed_comes_with_200);
    tcase_add_test(cases, service_disabled_has_an_empty_operation);
    tcase_add_test(cases, service_unassigned_comes_with_200);
    tcase_add_test(cases, service_secondary_key_is_as_good);
    tcase_add_test(cases, service_individual_id_is_compared_without_case);
    tcase_add_loop_test(cases, service_groups, 0,
                        sizeof group_keys / sizeof group_keys[0]);
    tcase_add_loop_test(cases, service_refuses_in_the_register_answer, 0,
                        sizeof refusals / sizeof refusals[0]);
    tcase_add_test(cases, service_refuses_a_token_of_yesterday);
    tcase_add_test(cases, service_refuses_a_token_for_another_device);
    tcase_add_loop_test(cases, service_takes_the_bodies_of_all_sdks, 0,
                        sizeof good_bodies / sizeof good_bodies[0]);
    tcase_add_loop_test(cases, service_connect_answers, 0,
                        sizeof connects / sizeof connects[0]);
    tcase_add_test(cases, service_other_level_gets_connack_1);
    tcase_add_loop_test(cases, service_no_client_id_needs_clean_session, 0,
                        sizeof without_clean_session / sizeof without_clean_session[0]);
    tcase_add_loop_test(cases, service_grants_one_filter, 0,
                        sizeof filters / sizeof filters[0]);
    tcase_add_loop_test(cases, service_closes_on_other_topics, 0,
                        sizeof foreign_topics / sizeof foreign_topics[0]);
    tcase_add_loop_test(cases, service_closes_on_qos_2, 0,
                        sizeof qualities / sizeof qualities[0]);
    tcase_add_loop_test(cases, service_closes_on_a_message_over_96_kb, 0,
                        sizeof message_sizes / sizeof message_sizes[0]);
    tcase_add_test(cases, service_first_packet_must_be_connect);
    tcase_add_test(cases, service_second_connect_closes);
    tcase_add_test(cases, service_ping_and_disconnect);
    tcase_add_test(cases, service_nothing_is_delivered_without_subscription);
    tcase_add_loop_test(cases, service_unknown_operation_is_404, 0,
                        sizeof unknown_operations / sizeof unknown_operations[0]);
    tcase_add_test(cases, service_older_connection_with_the_same_client_id_ends);
    tcase_add_loop_test(cases, service_statements, 0, sizeof exchanges / sizeof exchanges[0]);
    tcase_add_loop_test(cases, service_mqtt_3_1_3_5_client_ids_of_1_to_23, 1, 24);
    tcase_add_loop_test(cases, service_session_present_is_0, 0, 4);
    tcase_add_loop_test(cases, service_same_filter_replaces_the_subscription, 0, 2);
    tcase_add_loop_test(cases, service_unsubscribe, 0,
                        sizeof unsubscribes / sizeof unsubscribes[0]);
    tcase_add_test(cases, service_mqtt_3_10_4_2_nothing_new_is_sent);
    tcase_add_test(cases, service_mqtt_3_10_4_3_what_has_begun_is_completed);
    tcase_add_test(cases, service_scripted_status_is_used_up);
    tcase_add_test(cases, service_scripted_silence_lasts);
    tcase_add_test(cases, service_scripted_drop_resets);
    return cases;
}
