/* SPDX-License-Identifier: MIT
 *
 * The room's one error enum; the ranges say what to do next. */
#ifndef DPS_ERROR_H
#define DPS_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

enum dps_error {
    DPS_OK = 0,

    /* 1..31, the caller's (layer DPS_LAYER_CALLER): no answer was had; fix the cause. */
    DPS_ERR_ID_SCOPE = 1,      /* not 1 to 32 of A-Z a-z 0-9 */
    DPS_ERR_REGISTRATION_ID,   /* not 1 to 128 of A-Z a-z 0-9 - . _ : with a last one of
                                * A-Z a-z 0-9 - */
    DPS_ERR_API_VERSION,       /* not 1 to 32 of A-Z a-z 0-9 - */
    DPS_ERR_PAYLOAD,           /* not one JSON object */
    DPS_ERR_PAYLOAD_LENGTH,    /* it makes the register request larger than 96 KB */
    DPS_ERR_QOS,               /* not 0, 1 or 2 */
    DPS_ERR_TIME_LIMIT,        /* 0, or over 2,147,483,647 ms */
    DPS_ERR_CLOCK,             /* the time of day is not known */
    DPS_ERR_PASSWORD,          /* the password function said no; detail: its result */
    DPS_ERR_TEXT_TOO_LONG,     /* the user name does not fit DPS_TEXT */
    DPS_ERR_RANDOM,            /* the random source failed */
    DPS_ERR_CANCELLED,         /* dps_client_cancel() */

    /* 32..95, the peer broke DPS's own protocol (layer DPS_LAYER_SERVICE); detail: the
     * answer's topic status where there is one. */
    DPS_ERR_TOPIC = 32,        /* not that of an answer, or not one $rid in it */
    DPS_ERR_OUT_OF_ORDER,      /* an MQTT event that does not belong where it came, or an
                                * end without a reason */
    DPS_ERR_JSON,              /* the body is not JSON (RFC 8259), or not one object */
    DPS_ERR_JSON_DEPTH,        /* nested deeper than 32 */
    DPS_ERR_JSON_DUPLICATE,    /* a member that we read comes twice */
    DPS_ERR_JSON_TYPE,         /* a member that we read has another type */
    DPS_ERR_HUB,               /* assignedHub is not a DNS name */
    DPS_ERR_HUB_TOO_LONG,      /* each _TOO_LONG is its field's value plus 1 */
    DPS_ERR_DEVICE_ID,         /* empty, or not printable ASCII */
    DPS_ERR_DEVICE_ID_TOO_LONG,
    DPS_ERR_OPERATION_ID,      /* holds what cannot stand in a topic; or there is none and
                                * the operation is to be polled */
    DPS_ERR_OPERATION_ID_TOO_LONG,
    DPS_ERR_SUBSTATUS,         /* not printable ASCII */
    DPS_ERR_SUBSTATUS_TOO_LONG,
    DPS_ERR_TRACKING_ID,       /* not printable ASCII */
    DPS_ERR_TRACKING_ID_TOO_LONG,
    DPS_ERR_STATUS,            /* a status of none of the known words: see
                                * dps_client_refusal() */
    DPS_ERR_STATUS_TOO_LONG,   /* the same */
    DPS_ERR_NO_STATUS,         /* an answer below 300, not 202, without a status member */
    DPS_ERR_NO_ASSIGNMENT,     /* assigned, without assignedHub or deviceId */

    /* 96..111, the service said no (layer DPS_LAYER_SERVICE): see dps_client_refusal();
     * detail: the answer's topic status. */
    DPS_ERR_UNAUTHORIZED = 96, /* 401, 403 */
    DPS_ERR_REJECTED,          /* other 3xx and 4xx */
    DPS_ERR_UNAVAILABLE,       /* 429, 5xx: may be tried again */
    DPS_ERR_FAILED,            /* the body's status: failed */
    DPS_ERR_DISABLED,          /* disabled */
    DPS_ERR_UNASSIGNED,        /* unassigned */

    /* 120..127, time (layer DPS_LAYER_TIME); the other rooms' values there are lower. */
    DPS_ERR_TIME_OUT = 120,    /* time_limit_ms is over; detail: what was awaited: 0 the
                                * stream, 1 CONNACK, 2 SUBACK, 3 the register answer,
                                * 4 the time of the next poll, 5 its answer */
    DPS_ERR_RETRY_AFTER,       /* retry-after lies beyond it; detail: its seconds */

    /* Where the ranges begin; no errors of their own. */
    DPS_ERR_PEER = 32,
    DPS_ERR_REFUSED = 96,
    DPS_ERR_TIME = 120
};

/** In words; never null. In a file of its own: linked only when called. */
const char *dps_error_text(enum dps_error error);

#ifdef __cplusplus
}
#endif

#endif
