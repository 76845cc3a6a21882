/* SPDX-License-Identifier: MIT
 *
 * An answer's body. The JSON reader tells the members that stand in the table below;
 * strings are gathered in their fields a character at a time, digits become a number, the
 * payload goes on to the caller. What is wrong with a member fails the reader, so nothing
 * behind it is read. What the members mean together is asked once, at the end. */
#include "dps/response.h"

#include <string.h>

#include "dps/inner.h"
#include "sas/text.h"

/* ---- The members that are read ----------------------------------------------------- */

enum {
    RESPONSE_OPERATION_ID = 1,
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
    RESPONSE_PAYLOAD
};

/* Each in the root, '0', or in row 3, RESPONSE_STATE; raw from RESPONSE_PAYLOAD on. */
static const char response_keys[] = "0operationId\0"
                                    "0status\0"
                                    "0registrationState\0"
                                    "0errorCode\0"
                                    "0message\0"
                                    "0trackingId\0"
                                    "3assignedHub\0"
                                    "3deviceId\0"
                                    "3substatus\0"
                                    "3errorCode\0"
                                    "3errorMessage\0"
                                    "3payload\0";

#define RESPONSE_AT(field) ((uint16_t)offsetof(struct dps_exchange, field))

static const struct response_field {
    uint16_t offset; /* of a string, in the exchange */
    uint8_t max;     /* of a string, bytes; 0: it is none */
    uint8_t error;   /* of a string; too long: the value after it; 0: cut, not refused.
                      * Of what is none: its enum dps_json_type */
} response_field[RESPONSE_PAYLOAD - 1] = {
    { RESPONSE_AT(operation_id), DPS_OPERATION_ID_MAX, DPS_ERR_OPERATION_ID },
    { RESPONSE_AT(u.answer.refusal.body_status), DPS_STATUS_MAX, DPS_ERR_STATUS },
    { 0, 0, DPS_JSON_OBJECT },
    { 0, 0, DPS_JSON_NUMBER },
    { RESPONSE_AT(u.answer.refusal.message), DPS_MESSAGE_MAX, 0 },
    { RESPONSE_AT(u.answer.refusal.tracking_id), DPS_TRACKING_ID_MAX,
      DPS_ERR_TRACKING_ID },
    { RESPONSE_AT(u.answer.assignment.hub), DPS_HUB_MAX, DPS_ERR_HUB },
    { RESPONSE_AT(u.answer.assignment.device_id), DPS_DEVICE_ID_MAX, DPS_ERR_DEVICE_ID },
    { RESPONSE_AT(u.answer.assignment.substatus), DPS_SUBSTATUS_MAX, DPS_ERR_SUBSTATUS },
    { 0, 0, DPS_JSON_NUMBER },
    { RESPONSE_AT(u.answer.refusal.message), DPS_MESSAGE_MAX, 0 },
};

/* ---- What a string may hold -------------------------------------------------------- */

/* A DNS name (RFC 1034 3.5, RFC 1123 2.1): labels of 1 to 63 letters, digits and inner
 * hyphens. The last one begins with a letter, which no part of an address does. */
static int response_is_dns_name(const char *label)
{
    for (;;) {
        size_t len = dps_text_span(label, "-");

        if (len - 1 >= 63 || label[0] == '-' || label[len - 1] == '-') {
            return 0;
        }
        if (label[len] == '\0') {
            return ((unsigned char)label[0] | 0x20u) - 'a' < 26u;
        }
        if (label[len] != '.') {
            return 0;
        }
        label += len + 1;
    }
}

/* Whether a whole string, printable ASCII, may stand in the field whose error is this. */
static int response_is_good(uint8_t error, const char *text)
{
    switch (error) {
    case DPS_ERR_HUB:
        return response_is_dns_name(text);
    case DPS_ERR_DEVICE_ID:
        return text[0] != '\0';
    default:
        return 1;
    }
}

/* ---- Members ----------------------------------------------------------------------- */

/* A character of a string, or its end. Returns what is wrong with it. */
static unsigned response_string(struct dps_answer *answer,
                                const struct response_field *field, char *text,
                                const struct dps_json_event *event)
{
    size_t len = event->bytes.len;
    int fits = len <= (size_t)(field->max - answer->field_len);
    unsigned byte;

    if (field->error == 0 && answer->refusal.message_cut) {
        return DPS_OK;
    }
    text[answer->field_len] = '\0';
    if (event->last) {
        return response_is_good(field->error, text) ? DPS_OK : field->error;
    }
    byte = event->bytes.at[0];
    if (field->error == 0) {
        if (!fits || byte == 0) {
            answer->refusal.message_cut = 1;
            return DPS_OK;
        }
    } else if (byte - 0x20 > 0x7e - 0x20
               /* It is put into a topic: no wildcard, level or pair may come of it. */
               || (field->error == DPS_ERR_OPERATION_ID
                   && strchr("#+/& ", (int)byte) != NULL)) {
        return field->error;
    } else if (!fits) {
        return field->error + 1u;
    }
    memcpy(text + answer->field_len, event->bytes.at, len);
    answer->field_len = (uint8_t)(answer->field_len + len);
    return DPS_OK;
}

/* A digit of errorCode, an integer and nothing else. */
static unsigned response_digit(struct dps_answer *answer, unsigned digit)
{
    uint32_t *code = &answer->refusal.error_code;

    if (answer->field_len == 0) {
        *code = 0;
    }
    if (digit > 9 || *code > (UINT32_MAX - digit) / 10) {
        return DPS_ERR_JSON_TYPE;
    }
    *code = *code * 10 + digit;
    answer->field_len = 1; /* it goes on */
    return DPS_OK;
}

/* A piece of a member; null means absent, everywhere. */
static void response_member(struct dps_exchange *exchange,
                            const struct dps_json_event *event)
{
    const struct response_field *field = &response_field[event->key - 1];
    struct dps_answer *answer = &exchange->u.answer;
    unsigned error = DPS_OK;

    if (event->type == DPS_JSON_NULL) {
        return;
    }
    if (event->type != (field->max != 0 ? DPS_JSON_STRING : field->error)) {
        error = DPS_ERR_JSON_TYPE;
    } else if (field->max != 0) {
        error = response_string(answer, field, (char *)exchange + field->offset, event);
    } else if (event->bytes.len != 0) {
        error = response_digit(answer, (unsigned)event->bytes.at[0] - '0');
    }
    if (error != DPS_OK) {
        dps_json_fail(&answer->json, (enum dps_error)error);
    }
    if (event->last) {
        answer->field_len = 0;
    }
}

/* ---- The answer -------------------------------------------------------------------- */

void dps_response_begin(struct dps_exchange *exchange, const struct dps_topic *topic)
{
    struct dps_answer *answer = &exchange->u.answer;

    memset(answer, 0, sizeof *answer);
    dps_json_init(&answer->json, response_keys, RESPONSE_PAYLOAD);
    answer->refusal.status = topic->status;
    answer->refusal.retry_after_s = topic->retry_after_s;
}

size_t dps_response_input(struct dps_exchange *exchange, const uint8_t *data, size_t len,
                          struct dps_json_event *payload)
{
    struct dps_answer *answer = &exchange->u.answer;
    size_t taken = 0;

    answer->has_body = 1;
    for (;;) {
        taken += dps_json_input(&answer->json, data + taken, len - taken, payload);
        if (payload->type == DPS_JSON_NOTHING) {
            return len; /* all is taken, or the rest does not matter */
        }
        if (payload->key == RESPONSE_PAYLOAD && payload->type != DPS_JSON_NULL) {
            return taken;
        }
        response_member(exchange, payload);
    }
}

/* The body's status, when the topic leaves the verdict to it. */
static enum dps_error response_verdict(struct dps_exchange *exchange)
{
    enum { ASSIGNING, ASSIGNED, FAILED };
    static const char words[] = "assigning\0"
                                "assigned\0"
                                "failed\0"
                                "disabled\0"
                                "unassigned\0";
    struct dps_answer *answer = &exchange->u.answer;
    const char *status = answer->refusal.body_status;
    size_t len = strlen(status);
    const char *word = words;
    unsigned i = ASSIGNING; /* a 202 without a status is that, too */

    if (len == 0 && answer->refusal.status != 202) {
        return DPS_ERR_NO_STATUS;
    }
    while (dps_text_begins((const uint8_t *)status, len, word) != len) {
        word += strlen(word) + 1;
        if (word[0] == '\0') {
            return DPS_ERR_STATUS;
        }
        i++;
    }
    if (i == ASSIGNING) {
        return exchange->operation_id[0] != '\0' ? DPS_OK : DPS_ERR_OPERATION_ID;
    }
    if (i == ASSIGNED) {
        answer->is_assigned = 1;
        return answer->assignment.hub[0] != '\0'
                       && answer->assignment.device_id[0] != '\0'
                   ? DPS_OK
                   : DPS_ERR_NO_ASSIGNMENT;
    }
    return (enum dps_error)(DPS_ERR_FAILED + (i - FAILED)); /* in the words' order */
}

/* A refusal whose body cannot be read stays a refusal, with what the topic said. */
static void response_drop_body(struct dps_refusal *refusal, enum dps_error error)
{
    refusal->body_error = (uint8_t)error;
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
    enum dps_error error = dps_json_end(&answer->json);

    if (status < 300) {
        return error != DPS_OK ? error : response_verdict(exchange);
    }
    if (error != DPS_OK && answer->has_body) { /* an error answer may come without */
        response_drop_body(&answer->refusal, error);
    }
    if (status == 429 || status >= 500) {
        return DPS_ERR_UNAVAILABLE;
    }
    return status == 401 || status == 403 ? DPS_ERR_UNAUTHORIZED : DPS_ERR_REJECTED;
}

int dps_response_is_assigned(const struct dps_exchange *exchange)
{
    return exchange->u.answer.is_assigned;
}
