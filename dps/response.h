/* SPDX-License-Identifier: MIT
 *
 * What an answer says: its body's JSON members go into bounded fields, and topic status
 * and body together give the verdict. A machine over pieces of the body:
 *
 *     dps_response_begin(&exchange, &topic);
 *     for (at = 0; at < len; at += taken) {
 *         taken = dps_response_input(&exchange, body + at, len - at, &payload);
 *         if (payload.type != DPS_JSON_NOTHING) { ... }
 *     }
 *     error = dps_response_end(&exchange);
 */
#ifndef DPS_RESPONSE_H
#define DPS_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

#include "dps/config.h"
#include "dps/error.h"
#include "dps/json.h"
#include "dps/topic.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Longest word of a body's status that is kept: "unassigned" has 10. */
enum { DPS_STATUS_MAX = 15 };

/** The assignment; all NUL-terminated. */
struct dps_assignment {
    char hub[DPS_HUB_MAX + 1];             /* registrationState.assignedHub: a DNS name */
    char device_id[DPS_DEVICE_ID_MAX + 1]; /* registrationState.deviceId */
    char substatus[DPS_SUBSTATUS_MAX + 1]; /* "": the service said nothing */
};

/** The service's refusal; "" and 0 where it said nothing. */
struct dps_refusal {
    uint32_t error_code;    /* six digits, 0: none */
    uint32_t retry_after_s; /* of the topic; 0: none */
    uint16_t status;        /* of the topic: 401, 429 ...; 0: no answer came */
    uint8_t message_cut;    /* 1: `message` is only its start */
    uint8_t body_error;     /* enum dps_error: why error_code and the texts are missing */
    char body_status[DPS_STATUS_MAX + 1]; /* "failed"; of a longer word its start */
    char tracking_id[DPS_TRACKING_ID_MAX + 1];
    char message[DPS_MESSAGE_MAX + 1];    /* UTF-8, whole characters */
};

/** An answer as it is read. */
struct dps_answer {
    /* Private, but assignment and refusal. */
    uint32_t payload_offset; /* bytes of the payload told so far */
    uint8_t field_len;       /* bytes of the string that is being read; of a number: 1 */
    uint8_t has_body;        /* a byte of it came */
    uint8_t is_assigned;     /* the verdict */
    struct dps_refusal refusal;
    struct dps_json json;    /* its error is the body's */
    struct dps_assignment assignment;
};

/** One request and its answer in the same bytes: `text` is used from the moment that a
 * request is put together until it is out, `answer` from then on. */
struct dps_exchange {
    union {
        struct dps_answer answer;
        char text[DPS_TEXT];
    } u;
    char operation_id[DPS_OPERATION_ID_MAX + 1]; /* the last one told, needed in `text` */
};

/** Forgets the answer before and takes what the topic says of this one. Keeps the
 * operation ID. */
void dps_response_begin(struct dps_exchange *exchange, const struct dps_topic *topic);

/** Takes bytes of the body until there is a piece of its payload to tell.
 *
 * `len` bytes at `data`, at least one, any split. Returns how many were taken: fewer only
 * when `payload` tells a piece. A body that is in error is taken and no longer looked at.
 *
 * Copies fields into the exchange, as soon as their bytes come: they mean nothing before
 * dps_response_end() has said so. Lends `payload->bytes` out of `data` until the next
 * call. */
size_t dps_response_input(struct dps_exchange *exchange, const uint8_t *data, size_t len,
                          struct dps_json_event *payload);

/** Gives the verdict, when the body is over.
 *
 * Returns DPS_OK when it is "assigned", or "assigning", or a 202 without a status, see
 * dps_response_is_assigned(). Below 300 the body decides, from there on the topic: then
 * what is wrong with the body is told in refusal.body_error and leaves its members out.
 * Errors: the values from 32 to 111.
 *
 * "RegistrationOperationStatus" and "ProvisioningServiceErrorDetails" of the service's
 * device API. */
enum dps_error dps_response_end(struct dps_exchange *exchange);

/** After DPS_OK: 1, the device is assigned; 0, the operation goes on. */
int dps_response_is_assigned(const struct dps_exchange *exchange);

#ifdef __cplusplus
}
#endif

#endif
