/* SPDX-License-Identifier: MIT
 *
 * An answer's body. The JSON reader tells the members that stand in the table below;
 * strings are gathered in their fields byte by byte, numbers become numbers, the payload
 * goes on to the caller. What the members mean together is asked once, at the end. */
#include "dps/response.h"

#include <string.h>

#include "dps/inner.h"

/* ---- The members that are read ----------------------------------------------------- */

enum {
    RESPONSE_OPERATION_ID,
    RESPONSE_STATUS,
    RESPONSE_STATE,
    RESPONSE_ERROR_CODE,
    RESPONSE_MESSAGE,
    RESPONSE_TRACKING_ID,
    RESPONSE_HUB,
    RESPONSE_DEVICE_ID,
    RESPONSE_SUBSTATUS,
    RESPONSE_STATE_ERROR_CODE,
    RESPONSE_STATE_MESSAGE,
    RESPONSE_PAYLOAD,
    RESPONSE_KEYS
};

/* The reader keeps a bit a key. */
typedef char response_keys_fit[(int)RESPONSE_KEYS <= (int)DPS_JSON_KEYS ? 1 : -1];

static const struct dps_json_key response_key[RESPONSE_KEYS] = {
    { "operationId", DPS_JSON_ROOT, 0 },
    { "status", DPS_JSON_ROOT, 0 },
    { "registrationState", DPS_JSON_ROOT, 0 },
    { "errorCode", DPS_JSON_ROOT, 0 },
    { "message", DPS_JSON_ROOT, 0 },
    { "trackingId", DPS_JSON_ROOT, 0 },
    { "assignedHub", RESPONSE_STATE, 0 },
    { "deviceId", RESPONSE_STATE, 0 },
    { "substatus", RESPONSE_STATE, 0 },
    { "errorCode", RESPONSE_STATE, 0 },
    { "errorMessage", RESPONSE_STATE, 0 },
    { "payload", RESPONSE_STATE, 1 },
};

#define RESPONSE_AT(field) ((uint16_t)offsetof(struct dps_exchange, field))

static const struct response_field {
    uint16_t offset; /* in the exchange */
    uint8_t type;    /* enum dps_json_type; null is allowed everywhere and means absent */
    uint8_t max;     /* of a string, bytes */
    uint8_t error;   /* of a string; too long: the value after it. 0: cut, not refused */
} response_field[RESPONSE_PAYLOAD] = {
    { RESPONSE_AT(operation_id), DPS_JSON_STRING, DPS_OPERATION_ID_MAX,
      DPS_ERR_OPERATION_ID },
    { RESPONSE_AT(u.answer.refusal.body_status), DPS_JSON_STRING, DPS_STATUS_MAX,
      DPS_ERR_STATUS },
    { 0, DPS_JSON_OBJECT, 0, 0 },
    { 0, DPS_JSON_NUMBER, 0, 0 },
    { RESPONSE_AT(u.answer.refusal.message), DPS_JSON_STRING, DPS_MESSAGE_MAX, 0 },
    { RESPONSE_AT(u.answer.refusal.tracking_id), DPS_JSON_STRING, DPS_TRACKING_ID_MAX,
      DPS_ERR_TRACKING_ID },
    { RESPONSE_AT(u.answer.assignment.hub), DPS_JSON_STRING, DPS_HUB_MAX, DPS_ERR_HUB },
    { RESPONSE_AT(u.answer.assignment.device_id), DPS_JSON_STRING, DPS_DEVICE_ID_MAX,
      DPS_ERR_DEVICE_ID },
    { RESPONSE_AT(u.answer.assignment.substatus), DPS_JSON_STRING, DPS_SUBSTATUS_MAX,
      DPS_ERR_SUBSTATUS },
    { 0, DPS_JSON_NUMBER, 0, 0 },
    { RESPONSE_AT(u.answer.refusal.message), DPS_JSON_STRING, DPS_MESSAGE_MAX, 0 },
};

/* ---- What a string may hold -------------------------------------------------------- */

/* A DNS name (RFC 1034 3.5, RFC 1123 2.1): labels of 1 to 63 letters, digits and inner
 * hyphens. The last one begins with a letter, which no part of an address does. */
static int response_is_dns_name(const char *text, size_t len)
{
    size_t label = 0, last = 0; /* bytes of the label so far; where the last one begins */
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned byte = (unsigned char)text[i];
        int ends = i + 1 == len || text[i + 1] == '.';

        if (byte == '.') {
            if (label == 0) {
                return 0;
            }
            label = 0;
            last = i + 1;
            continue;
        }
        if ((byte | 0x20) - 'a' >= 26u && byte - '0' >= 10u
            && (byte != '-' || label == 0 || ends)) {
            return 0;
        }
        if (++label > 63) {
            return 0;
        }
    }
    return label != 0 && ((unsigned char)text[last] | 0x20u) - 'a' < 26u;
}

/* Whether a whole string may stand in the field whose error is `error`. */
static int response_is_good(uint8_t error, const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned byte = (unsigned char)text[i];

        if (byte < 0x20 || byte > 0x7e) {
            return 0;
        }
        /* It is put into a topic as it is: no wildcard, level or pair may come of it. */
        if (error == DPS_ERR_OPERATION_ID && strchr("#+/& ", (int)byte) != NULL) {
            return 0;
        }
    }
    if (error == DPS_ERR_HUB) {
        return response_is_dns_name(text, len);
    }
    return len != 0 || error != DPS_ERR_DEVICE_ID;
}

/* ---- Members ----------------------------------------------------------------------- */

static void response_fail(struct dps_answer *answer, unsigned error)
{
    if (answer->error == DPS_OK) {
        answer->error = (uint8_t)error;
    }
}

/* The message does not fit: it goes on with `byte`. What is kept of a character that is
 * not there to its end is dropped, too. */
static void response_cut(struct dps_answer *answer, char *message, uint8_t byte)
{
    if ((byte & 0xc0) == 0x80) { /* inside a character (RFC 3629 3) */
        do {
            answer->field_len--;
        } while (((uint8_t)message[answer->field_len] & 0xc0) == 0x80);
    }
    answer->refusal.message_cut = 1;
}

static void response_string(struct dps_answer *answer, const struct response_field *field,
                            char *text, const struct dps_json_event *event)
{
    int is_message = field->error == 0;
    size_t i;

    for (i = 0; i < event->bytes.len; i++) {
        uint8_t byte = event->bytes.at[i];

        if (is_message && answer->refusal.message_cut) {
            break;
        }
        if (is_message && (byte == 0 || answer->field_len == field->max)) {
            response_cut(answer, text, byte);
        } else if (answer->field_len == field->max) {
            response_fail(answer, field->error + 1u);
            break;
        } else {
            text[answer->field_len++] = (char)byte;
        }
    }
    text[answer->field_len] = '\0';
    if (event->last) {
        if (!is_message && !response_is_good(field->error, text, answer->field_len)) {
            response_fail(answer, field->error);
        }
        answer->field_len = 0;
    }
}

/* errorCode: an integer in decimal digits, nothing else. */
static void response_number(struct dps_answer *answer, const struct dps_json_event *event)
{
    uint32_t code = answer->field_len == 0 ? 0 : answer->refusal.error_code;
    size_t i;

    for (i = 0; i < event->bytes.len; i++) {
        unsigned digit = (unsigned)event->bytes.at[i] - '0';

        if (digit > 9 || code > (UINT32_MAX - digit) / 10) {
            response_fail(answer, DPS_ERR_JSON_TYPE);
            return;
        }
        code = code * 10 + digit;
    }
    answer->refusal.error_code = code;
    answer->field_len = !event->last; /* 1: it goes on */
}

static void response_member(struct dps_exchange *exchange,
                            const struct dps_json_event *event)
{
    const struct response_field *field = &response_field[event->key];
    struct dps_answer *answer = &exchange->u.answer;

    if (event->type == DPS_JSON_NULL) {
        return;
    }
    if (event->type != field->type) {
        response_fail(answer, DPS_ERR_JSON_TYPE);
    } else if (event->type == DPS_JSON_STRING) {
        response_string(answer, field, (char *)exchange + field->offset, event);
    } else if (event->type == DPS_JSON_NUMBER) {
        response_number(answer, event);
    }
}

/* ---- The answer -------------------------------------------------------------------- */

void dps_response_begin(struct dps_exchange *exchange, const struct dps_topic *topic)
{
    struct dps_answer *answer = &exchange->u.answer;

    memset(answer, 0, sizeof *answer);
    dps_json_init(&answer->json, response_key, RESPONSE_KEYS);
    answer->refusal.status = topic->status;
    answer->refusal.retry_after_s = topic->retry_after_s;
}

size_t dps_response_input(struct dps_exchange *exchange, const uint8_t *data, size_t len,
                          struct dps_json_event *payload)
{
    struct dps_answer *answer = &exchange->u.answer;
    size_t taken = 0;

    memset(payload, 0, sizeof *payload);
    answer->has_body |= len != 0;
    while (taken < len && answer->error == DPS_OK) {
        taken += dps_json_input(&answer->json, data + taken, len - taken, payload);
        if (payload->type != DPS_JSON_NOTHING) {
            if (payload->key == RESPONSE_PAYLOAD && payload->type != DPS_JSON_NULL) {
                return taken;
            }
            response_member(exchange, payload);
            payload->type = DPS_JSON_NOTHING;
        }
        response_fail(answer, dps_json_error(&answer->json)); /* behind what it told */
    }
    return len;
}

/* The body's status, when the topic leaves the verdict to it. */
static enum dps_error response_verdict(struct dps_exchange *exchange)
{
    enum { ASSIGNING, ASSIGNED, WORDS = 5 };
    static const struct response_word {
        char word[11];
        uint8_t error;
    } words[WORDS] = {
        { "assigning", DPS_OK },          { "assigned", DPS_OK },
        { "failed", DPS_ERR_FAILED },     { "disabled", DPS_ERR_DISABLED },
        { "unassigned", DPS_ERR_UNASSIGNED },
    };
    struct dps_answer *answer = &exchange->u.answer;
    const char *status = answer->refusal.body_status;
    size_t i;

    for (i = 0; i < WORDS && !dps_text_is(status, strlen(status), words[i].word); i++) {
    }
    if (i == WORDS && status[0] == '\0') {
        if (answer->refusal.status != 202) {
            return DPS_ERR_NO_STATUS;
        }
        i = ASSIGNING;
    }
    switch (i) {
    case WORDS:
        return DPS_ERR_STATUS;
    case ASSIGNING:
        return exchange->operation_id[0] != '\0' ? DPS_OK : DPS_ERR_OPERATION_ID;
    case ASSIGNED:
        answer->is_assigned = 1;
        return answer->assignment.hub[0] != '\0'
                       && answer->assignment.device_id[0] != '\0'
                   ? DPS_OK
                   : DPS_ERR_NO_ASSIGNMENT;
    default:
        return (enum dps_error)words[i].error;
    }
}

/* A refusal whose body cannot be read stays a refusal, with what the topic said. */
static void response_drop_body(struct dps_answer *answer)
{
    struct dps_refusal *refusal = &answer->refusal;

    refusal->body_error = answer->error;
    refusal->error_code = 0;
    refusal->message_cut = 0;
    refusal->body_status[0] = '\0';
    refusal->tracking_id[0] = '\0';
    refusal->message[0] = '\0';
}

enum dps_error dps_response_end(struct dps_exchange *exchange)
{
    struct dps_answer *answer = &exchange->u.answer;
    unsigned status = answer->refusal.status;

    if (answer->has_body || status < 300) { /* an error answer may come without */
        response_fail(answer, dps_json_end(&answer->json));
    }
    if (status < 300) {
        return answer->error != DPS_OK ? (enum dps_error)answer->error
                                       : response_verdict(exchange);
    }
    if (answer->error != DPS_OK) {
        response_drop_body(answer);
    }
    if (status == 401 || status == 403) {
        return DPS_ERR_UNAUTHORIZED;
    }
    return status == 429 || status >= 500 ? DPS_ERR_UNAVAILABLE : DPS_ERR_REJECTED;
}

int dps_response_is_assigned(const struct dps_exchange *exchange)
{
    return exchange->u.answer.is_assigned;
}
