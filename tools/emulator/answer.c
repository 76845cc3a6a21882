/* SPDX-License-Identifier: MIT
 *
 * jansson objects, which keep the order of their members, dumped without blanks. */
#include "tools/emulator/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sas/base64.h"
#include "tools/common/random.h"

/* ---- small texts ------------------------------------------------------------------- */

static void answer_hex(char *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
}

/* A random UUID (RFC 4122 4.4). That random numbers can be had was seen at the start. */
static void answer_uuid(char out[REGISTRY_UUID_SIZE])
{
    static const uint8_t group_len[] = { 4, 2, 2, 2, 6 };
    uint8_t bytes[16], *at = bytes;

    random_fill(NULL, bytes, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); /* variant 1 */
    for (size_t i = 0; i < sizeof group_len; i++) {
        answer_hex(out, at, group_len[i]);
        at += group_len[i];
        out += 2 * group_len[i];
        *out++ = i == sizeof group_len - 1 ? '\0' : '-';
    }
}

void answer_operation_id(char out[REGISTRY_OPERATION_SIZE])
{
    uint8_t bytes[8];

    random_fill(NULL, bytes, sizeof bytes);
    memcpy(out, "5.", 2);
    answer_hex(out + 2, bytes, sizeof bytes);
    out[18] = '.';
    answer_uuid(out + 19);
}

void answer_time(char out[REGISTRY_TIME_SIZE])
{
    struct timespec now;
    struct tm utc;
    size_t len;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    len = strftime(out, REGISTRY_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + len, REGISTRY_TIME_SIZE - len, ".%07uZ",
             (unsigned)(now.tv_nsec / 100) % 10000000u);
}

/* An ETag as the service makes them: base64 of a UUID in quotes. */
static json_t *answer_etag(const struct registration *registration)
{
    const char *uuid = registration->operation_id + 19;
    char quoted[REGISTRY_UUID_SIZE + 2];
    char text[DPS_BASE64_LEN(sizeof quoted)];
    int len = snprintf(quoted, sizeof quoted, "\"%s\"", uuid);

    len = dps_base64_encode(text, sizeof text, (const uint8_t *)quoted, (size_t)len);
    return json_stringn(text, (size_t)len);
}

/* ---- bodies ------------------------------------------------------------------------ */

static void answer_set(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, json_string(text));
}

static char *answer_dump(json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);

    json_decref(body);
    return text;
}

char *answer_assigning(const struct registration *registration, bool with_state)
{
    json_t *body = json_object(), *state = json_object();

    answer_set(body, "operationId", registration->operation_id);
    answer_set(body, "status", "assigning");
    answer_set(state, "registrationId", registration->registration_id);
    answer_set(state, "status", "assigning");
    if (with_state) {
        json_object_set(body, "registrationState", state);
    }
    json_decref(state);
    return answer_dump(body);
}

/* registrationState once the operation is over. */
static json_t *answer_state(const struct enrollment *enrollment,
                            const char *registration_id,
                            const struct registration *registration)
{
    char now[REGISTRY_TIME_SIZE];
    json_t *state = json_object();

    if (registration != NULL) {
        json_t *attestation = json_object();

        if (enrollment->is_group) {
            answer_set(attestation, "enrollmentGroupId", enrollment->id);
        }
        json_object_set_new(state, "symmetricKey", attestation);
    }
    answer_set(state, "registrationId", registration_id);
    if (registration == NULL) {
        answer_set(state, "status", enrollment_status_names[enrollment->status]);
        return state;
    }
    answer_time(now);
    answer_set(state, "createdDateTimeUtc", registration->created);
    if (enrollment->status == ENROLLMENT_ASSIGNED) {
        answer_set(state, "assignedHub", enrollment->assigned_hub);
        answer_set(state, "deviceId",
                   enrollment->device_id == NULL ? registration_id
                                                 : enrollment->device_id);
    }
    answer_set(state, "status", enrollment_status_names[enrollment->status]);
    if (enrollment->status == ENROLLMENT_ASSIGNED) {
        answer_set(state, "substatus", enrollment->substatus);
    }
    if (enrollment->error_code != 0) {
        json_object_set_new(state, "errorCode", json_integer(enrollment->error_code));
    }
    if (enrollment->error_message != NULL) {
        answer_set(state, "errorMessage", enrollment->error_message);
    }
    answer_set(state, "lastUpdatedDateTimeUtc", now);
    json_object_set_new(state, "etag", answer_etag(registration));
    return state;
}

char *answer_final(const struct enrollment *enrollment, const char *registration_id,
                   const struct registration *registration)
{
    static const char member[] = ",\"payload\":";
    json_t *body = json_object();
    char *text, *longer;
    size_t len;

    answer_set(body, "operationId",
               registration == NULL ? "" : registration->operation_id);
    answer_set(body, "status", enrollment_status_names[enrollment->status]);
    json_object_set_new(body, "registrationState",
                        answer_state(enrollment, registration_id, registration));
    text = answer_dump(body);
    if (text == NULL || enrollment->payload == NULL) {
        return text;
    }
    /* The payload may be large and is sent from where it is: cut the text open before the
     * two closing braces, for what follows it. */
    len = strlen(text) - (sizeof ANSWER_END - 1);
    longer = realloc(text, len + sizeof member);
    if (longer == NULL) {
        free(text);
        return NULL;
    }
    memcpy(longer + len, member, sizeof member);
    return longer;
}

char *answer_error(uint32_t error_code, const char *message)
{
    char tracking_id[REGISTRY_UUID_SIZE], now[REGISTRY_TIME_SIZE];
    json_t *body = json_object();

    answer_uuid(tracking_id);
    answer_time(now);
    json_object_set_new(body, "errorCode", json_integer(error_code));
    answer_set(body, "trackingId", tracking_id);
    answer_set(body, "message", message);
    answer_set(body, "timestampUtc", now);
    return answer_dump(body);
}
