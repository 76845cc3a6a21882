/* SPDX-License-Identifier: MIT
 *
 * Two tables: what each end is called, and which failures of which layer lead there. Then
 * the two ways to print an end. */
#include "tools/dps/result.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dps/error.h"
#include "mqtt/packet.h"
#include "tools/common/escape.h"

/* ---- The tables -------------------------------------------------------------------- */

static const struct result_words result_table[RESULT_KINDS] = {
    [RESULT_ASSIGNED] = { 0, "", "" },
    [RESULT_INTERNAL] = { 1, "internal", "internal" },
    [RESULT_USAGE] = { 2, "usage", "usage" },
    [RESULT_INPUT] = { 2, "usage", "input" },
    [RESULT_CLOCK] = { 2, "usage", "clock" },
    [RESULT_RESOLVE] = { 3, "network", "resolve" },
    [RESULT_CONNECT] = { 3, "network", "connect" },
    [RESULT_CLOSED] = { 3, "network", "closed" },
    [RESULT_HANDSHAKE] = { 4, "tls", "handshake" },
    [RESULT_CERTIFICATE] = { 4, "tls", "certificate" },
    [RESULT_PROTOCOL] = { 5, "mqtt", "protocol" },
    [RESULT_CONNACK_REFUSED] = { 5, "mqtt", "refused" },
    [RESULT_CONNACK_UNAUTHORIZED] = { 5, "mqtt", "unauthorized" },
    [RESULT_CONNACK_UNAVAILABLE] = { 5, "mqtt", "unavailable" },
    [RESULT_SUBSCRIPTION] = { 5, "mqtt", "subscription" },
    [RESULT_UNAUTHORIZED] = { 6, "service", "unauthorized" },
    [RESULT_REJECTED] = { 6, "service", "rejected" },
    [RESULT_FAILED] = { 6, "service", "failed" },
    [RESULT_DISABLED] = { 6, "service", "disabled" },
    [RESULT_UNASSIGNED] = { 6, "service", "unassigned" },
    [RESULT_UNAVAILABLE] = { 6, "service", "unavailable" },
    [RESULT_TIMEOUT] = { 7, "timeout", "timeout" },
};

/* The first row that has the layer and the error is it. */
static const struct result_row {
    uint8_t layer;
    uint8_t first, last; /* of that layer's errors */
    uint8_t kind;
} result_rows[] = {
    { DPS_LAYER_CALLER, DPS_ERR_CLOCK, DPS_ERR_CLOCK, RESULT_CLOCK },
    { DPS_LAYER_CALLER, DPS_ERR_PAYLOAD, DPS_ERR_PAYLOAD_LENGTH, RESULT_INPUT },
    { DPS_LAYER_CALLER, DPS_ERR_ID_SCOPE, DPS_ERR_API_VERSION, RESULT_USAGE },
    { DPS_LAYER_CALLER, DPS_ERR_TEXT_TOO_LONG, DPS_ERR_TEXT_TOO_LONG, RESULT_USAGE },

    { DPS_LAYER_NETWORK, DPS_STREAM_ERR_NO_ADDRESS, DPS_STREAM_ERR_NO_ADDRESS,
      RESULT_RESOLVE },
    { DPS_LAYER_NETWORK, DPS_STREAM_ERR_CONNECT, DPS_STREAM_ERR_CONNECT, RESULT_CONNECT },
    { DPS_LAYER_NETWORK, DPS_STREAM_ERR_READ, DPS_STREAM_ERR_WRITE, RESULT_CLOSED },
    { DPS_LAYER_NETWORK, DPS_STREAM_OK, DPS_STREAM_OK, RESULT_CLOSED },

    { DPS_LAYER_TLS, DPS_STREAM_ERR_SERVER_NAME, DPS_STREAM_ERR_SERVER_NAME,
      RESULT_USAGE },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_NO_ANCHORS, DPS_STREAM_ERR_NO_ANCHORS, RESULT_INPUT },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_CLOCK, DPS_STREAM_ERR_CLOCK, RESULT_CLOCK },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_CLOSED_EARLY, DPS_STREAM_ERR_CLOSED_EARLY,
      RESULT_HANDSHAKE },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_TRUNCATED, DPS_STREAM_ERR_TRUNCATED, RESULT_CLOSED },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_CERTIFICATE, DPS_STREAM_ERR_CERTIFICATE,
      RESULT_CERTIFICATE },
    { DPS_LAYER_TLS, DPS_STREAM_ERR_CONNECT, 255, RESULT_HANDSHAKE },

    { DPS_LAYER_MQTT, DPS_MQTT_ERR_PEER, DPS_MQTT_ERR_REFUSED - 1, RESULT_PROTOCOL },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_LEVEL, DPS_MQTT_ERR_REFUSED_CLIENT_ID,
      RESULT_CONNACK_REFUSED },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_UNAVAILABLE, DPS_MQTT_ERR_REFUSED_UNAVAILABLE,
      RESULT_CONNACK_UNAVAILABLE },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_CREDENTIALS, DPS_MQTT_ERR_REFUSED_UNAUTHORIZED,
      RESULT_CONNACK_UNAUTHORIZED },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_REFUSED_RESERVED, DPS_MQTT_ERR_REFUSED_RESERVED,
      RESULT_PROTOCOL },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_SUBSCRIPTION_REFUSED,
      DPS_MQTT_ERR_SUBSCRIPTION_REFUSED, RESULT_SUBSCRIPTION },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_CLOSED, DPS_MQTT_ERR_CLOSED, RESULT_CLOSED },
    { DPS_LAYER_MQTT, DPS_MQTT_ERR_LOST, DPS_MQTT_ERR_NO_PINGRESP, RESULT_TIMEOUT },

    { DPS_LAYER_SERVICE, DPS_ERR_TOPIC, DPS_ERR_UNAUTHORIZED - 1, RESULT_PROTOCOL },
    { DPS_LAYER_SERVICE, DPS_ERR_UNAUTHORIZED, DPS_ERR_UNAUTHORIZED,
      RESULT_UNAUTHORIZED },
    { DPS_LAYER_SERVICE, DPS_ERR_REJECTED, DPS_ERR_REJECTED, RESULT_REJECTED },
    { DPS_LAYER_SERVICE, DPS_ERR_UNAVAILABLE, DPS_ERR_UNAVAILABLE, RESULT_UNAVAILABLE },
    { DPS_LAYER_SERVICE, DPS_ERR_FAILED, DPS_ERR_FAILED, RESULT_FAILED },
    { DPS_LAYER_SERVICE, DPS_ERR_DISABLED, DPS_ERR_DISABLED, RESULT_DISABLED },
    { DPS_LAYER_SERVICE, DPS_ERR_UNASSIGNED, DPS_ERR_UNASSIGNED, RESULT_UNASSIGNED },

    { DPS_LAYER_TIME, 0, 255, RESULT_TIMEOUT },
};

const struct result_words *result_words(enum result_kind kind)
{
    return &result_table[kind];
}

enum result_kind result_of_failure(const struct dps_failure *failure)
{
    size_t i;

    for (i = 0; i < sizeof result_rows / sizeof result_rows[0]; i++) {
        const struct result_row *row = &result_rows[i];

        if (row->layer == failure->layer && failure->error >= row->first
            && failure->error <= row->last) {
            return (enum result_kind)row->kind;
        }
    }
    return RESULT_INTERNAL;
}

/* ---- JSON -------------------------------------------------------------------------- */

/* Reads the rest of the character that begins with at[0]; returns its bytes. One that is
 * cut ends before what does not continue it. */
static size_t result_read_character(FILE *json, uint8_t at[4])
{
    size_t len = 1, want = at[0] < 0xc0 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

    while (len < want) {
        int c = getc(json);

        if (c == EOF || (c & 0xc0) != 0x80) {
            (void)ungetc(c, json); /* EOF: nothing is put back */
            break;
        }
        at[len++] = (uint8_t)c;
    }
    return len;
}

/* A carriage return between tokens would let a peer write over its own line. All that is
 * harmful is below U+10000: one \uXXXX. */
void result_copy_harmless(FILE *out, FILE *json)
{
    uint8_t at[4];
    int c;

    while ((c = getc(json)) != EOF) {
        uint32_t code_point = 0;
        size_t len;

        at[0] = (uint8_t)(c == '\r' ? ' ' : c);
        len = result_read_character(json, at);
        (void)escape_character(at, len, &code_point);
        if (code_point >= 0x20 && !escape_is_harmless(code_point)) {
            fprintf(out, "\\u%04x", (unsigned)code_point);
        } else {
            fwrite(at, 1, len, out);
        }
    }
}

/* A file of JSON to standard output; byte for byte where it is no terminal. */
static void result_copy(FILE *json)
{
    char chunk[4096];
    size_t n;

    rewind(json);
    if (isatty(STDOUT_FILENO)) {
        result_copy_harmless(stdout, json);
        return;
    }
    while ((n = fread(chunk, 1, sizeof chunk, json)) != 0) {
        fwrite(chunk, 1, n, stdout);
    }
}

/* Sets a member to a text; one that is no UTF-8 is escaped. */
static void result_set(json_t *object, const char *name, const char *text)
{
    json_t *value = json_string(text);
    char shown[1024];

    if (value == NULL) {
        value = json_string(escape_text(shown, sizeof shown, text, strlen(text)));
    }
    json_object_set_new(object, name, value);
}

/* The same of one that is null when it is empty. */
static void result_set_or_null(json_t *object, const char *name, const char *text)
{
    if (text[0] != '\0') {
        result_set(object, name, text);
    } else {
        json_object_set_new(object, name, json_null());
    }
}

static void result_set_number(json_t *object, const char *name, uint32_t number)
{
    json_object_set_new(object, name, json_integer((json_int_t)number));
}

/* Prints an object in ASCII, and as its last member the payload where `with_payload` says
 * so. jansson leaves DEL as it is. */
static int result_print_json(json_t *object, int with_payload, FILE *payload)
{
    char *text = object == NULL ? NULL : json_dumps(object, JSON_ENSURE_ASCII);
    size_t len = text == NULL ? 0 : strlen(text) - (with_payload ? 1 : 0); /* its '}' */
    FILE *head = text == NULL ? NULL : fmemopen(text, len, "r");

    json_decref(object);
    if (head == NULL) {
        free(text);
        return 0;
    }
    result_copy_harmless(stdout, head);
    fclose(head);
    free(text);
    if (with_payload) {
        fputs(", \"payload\": ", stdout);
        if (payload != NULL) {
            result_copy(payload);
        } else {
            fputs("null", stdout);
        }
        putchar('}');
    }
    putchar('\n');
    return payload == NULL || !ferror(payload);
}

/* ---- Printing an end --------------------------------------------------------------- */

int result_print_failure(const struct result_failure *failure, int json)
{
    const struct result_words *words = result_words(failure->kind);
    json_t *object;

    fputs("dps register: ", stderr);
    escape_print(stderr, failure->message, strlen(failure->message));
    fputc('\n', stderr);
    if (!json) {
        return words->exit;
    }
    object = json_object();
    result_set(object, "error", words->error);
    result_set(object, "message", failure->message);
    result_set(object, "layer", words->layer);
    if (failure->status_code != 0) {
        result_set_number(object, "statusCode", failure->status_code);
    }
    if (failure->error_code != 0) {
        result_set_number(object, "errorCode", failure->error_code);
    }
    if (failure->tracking_id[0] != '\0') {
        result_set(object, "trackingId", failure->tracking_id);
    }
    if (failure->retry_after_s != 0) {
        result_set_number(object, "retryAfter", failure->retry_after_s);
    }
    return result_print_json(object, 0, NULL) ? words->exit
                                              : result_words(RESULT_INTERNAL)->exit;
}

int result_print_assignment(const struct result_assignment *result, int json)
{
    const struct dps_assignment *assignment = result->assignment;
    json_t *object;

    if (!json) {
        escape_print(stdout, assignment->hub, strlen(assignment->hub));
        putchar('\n');
        escape_print(stdout, assignment->device_id, strlen(assignment->device_id));
        putchar('\n');
        return result_words(RESULT_ASSIGNED)->exit;
    }
    object = json_object();
    result_set(object, "status", "assigned");
    result_set(object, "assignedHub", assignment->hub);
    result_set(object, "deviceId", assignment->device_id);
    result_set(object, "registrationId", result->registration_id);
    result_set_or_null(object, "substatus", assignment->substatus);
    result_set(object, "operationId", result->operation_id);
    result_set_number(object, "polls", result->polls);
    result_set_number(object, "elapsedMs", result->elapsed_ms);
    return result_print_json(object, 1, result->payload)
               ? result_words(RESULT_ASSIGNED)->exit
               : result_words(RESULT_INTERNAL)->exit;
}
