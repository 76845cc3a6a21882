/* SPDX-License-Identifier: MIT
 *
 * The errors in words, for a person. A row an error; a test finds them all here. */
#include "dps/error.h"

#include <stddef.h>

static const struct error_text {
    unsigned char error;
    const char *text;
} error_text[] = {
    { DPS_OK, "no error" },
    { DPS_ERR_ID_SCOPE, "the ID scope is not 1 to 32 letters and digits" },
    { DPS_ERR_REGISTRATION_ID,
      "the registration ID is not 1 to 128 of A-Z a-z 0-9 - . _ : with a letter, a digit "
      "or '-' at its end" },
    { DPS_ERR_API_VERSION, "the API version is not 1 to 32 letters, digits and '-'" },
    { DPS_ERR_PAYLOAD, "the payload is not one JSON object" },
    { DPS_ERR_PAYLOAD_LENGTH,
      "the register request is over the service's limit of 98,304 bytes: the payload is "
      "too long" },
    { DPS_ERR_QOS, "the QoS is not 0, 1 or 2" },
    { DPS_ERR_TIME_LIMIT, "the time limit is not 1 to 2,147,483,647 ms" },
    { DPS_ERR_CLOCK, "the time of day is not known" },
    { DPS_ERR_PASSWORD, "the password could not be made" },
    { DPS_ERR_TEXT_TOO_LONG,
      "the user name does not fit the library's buffer: raise DPS_TEXT" },
    { DPS_ERR_RANDOM, "the random source failed" },
    { DPS_ERR_CANCELLED, "it was cancelled" },
    { DPS_ERR_TOPIC, "a message's topic is not that of an answer" },
    { DPS_ERR_OUT_OF_ORDER, "an answer came where none belongs" },
    { DPS_ERR_JSON, "the answer's body is not one JSON object" },
    { DPS_ERR_JSON_DEPTH, "the answer's JSON is nested deeper than 32" },
    { DPS_ERR_JSON_DUPLICATE, "the answer's JSON has a member twice" },
    { DPS_ERR_JSON_TYPE, "a member of the answer's JSON is of another type" },
    { DPS_ERR_HUB, "assignedHub is not a DNS name" },
    { DPS_ERR_HUB_TOO_LONG, "assignedHub is too long" },
    { DPS_ERR_DEVICE_ID, "deviceId is empty or not printable" },
    { DPS_ERR_DEVICE_ID_TOO_LONG, "deviceId is too long" },
    { DPS_ERR_OPERATION_ID, "operationId is missing, or cannot stand in a topic" },
    { DPS_ERR_OPERATION_ID_TOO_LONG, "operationId is too long" },
    { DPS_ERR_SUBSTATUS, "substatus is not printable" },
    { DPS_ERR_SUBSTATUS_TOO_LONG, "substatus is too long" },
    { DPS_ERR_TRACKING_ID, "trackingId is not printable" },
    { DPS_ERR_TRACKING_ID_TOO_LONG, "trackingId is too long" },
    { DPS_ERR_STATUS, "the answer's status is a word that is not known" },
    { DPS_ERR_STATUS_TOO_LONG, "the answer's status is a word that is not known" },
    { DPS_ERR_NO_STATUS, "the answer has no status" },
    { DPS_ERR_NO_ASSIGNMENT,
      "the device is assigned, but to no hub or without a device ID" },
    { DPS_ERR_UNAUTHORIZED, "the service does not accept this device's credentials" },
    { DPS_ERR_REJECTED, "the service rejected the request" },
    { DPS_ERR_UNAVAILABLE, "the service is busy or out of order" },
    { DPS_ERR_FAILED, "the service could not assign the device to a hub" },
    { DPS_ERR_DISABLED, "the device's enrollment is disabled" },
    { DPS_ERR_UNASSIGNED, "the service leaves the device unassigned" },
    { DPS_ERR_TIME_OUT, "the time limit is over" },
    { DPS_ERR_RETRY_AFTER, "the time until the next poll lies beyond the time limit" },
};

const char *dps_error_text(enum dps_error error)
{
    size_t i;

    for (i = 0; i < sizeof error_text / sizeof error_text[0]; i++) {
        if (error_text[i].error == (unsigned)error) {
            return error_text[i].text;
        }
    }
    return "unknown error";
}
