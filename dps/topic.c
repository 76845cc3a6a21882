/* SPDX-License-Identifier: MIT
 *
 * Topics. An answer's topic is read from left to right: the fixed beginning, three
 * digits, the fixed "/?", then pairs up to each '&'. A pair is split at its first '='
 * and its name compared as a whole: nothing is searched for, so "x$rid=1" is no $rid. */
#include "dps/topic.h"

#include <string.h>

#include "dps/inner.h"

const char dps_topic_filter[] = "$dps/registrations/res/#";

/* ---- Requests ---------------------------------------------------------------------- */

void dps_topic_write(struct dps_text *out, uint32_t rid, const char *operation_id)
{
    dps_text_string(out,
                    operation_id == NULL
                        ? "$dps/registrations/PUT/iotdps-register/?$rid="
                        : "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=");
    dps_text_decimal(out, rid);
    if (operation_id != NULL) {
        dps_text_string(out, "&operationId=");
        dps_text_string(out, operation_id);
    }
}

/* ---- Answers ----------------------------------------------------------------------- */

/* Reads decimal digits; UINT32_MAX stands for all above. Returns where they end. */
static const uint8_t *topic_number(const uint8_t *at, const uint8_t *end,
                                   uint32_t *number)
{
    *number = 0;
    for (; at != end && (unsigned)*at - '0' < 10u; at++) {
        unsigned digit = (unsigned)*at - '0';

        /* Once over, it stays: UINT32_MAX is more than both quotients. */
        *number = *number > (UINT32_MAX - digit) / 10 ? UINT32_MAX : *number * 10 + digit;
    }
    return at;
}

enum dps_error dps_topic_read(struct dps_topic *topic, struct dps_bytes name)
{
    enum { START = DPS_TOPIC_FILTER_LEN - 1, HEAD = START + 5 }; /* "202/?" */
    const uint8_t *at = name.at, *end = name.at + name.len;
    const uint8_t *value, *behind;
    uint32_t number;

    memset(topic, 0, sizeof *topic);
    if (name.len < HEAD || memcmp(at, dps_topic_filter, START) != 0) {
        return DPS_ERR_TOPIC;
    }
    behind = topic_number(at + START, end, &number);
    if (behind != at + START + 3 || number < 200 || number > 599 || behind[0] != '/'
        || behind[1] != '?') {
        return DPS_ERR_TOPIC; /* the status is HTTP's, and neither interim nor unknown */
    }
    topic->status = (uint16_t)number;
    at += HEAD - 1;
    do {
        const uint8_t *pair = ++at;
        size_t len;

        while (at != end && *at != '&') {
            at++;
        }
        len = (size_t)(at - pair);
        value = pair + dps_text_begins(pair, len, "retry-after=");
        if (value != pair) {
            behind = topic_number(value, at, &number);
            topic->retry_after_s = 0;
            if (behind != value && (behind == at || *behind == ';')) {
                topic->retry_after_s = number != 0 ? number : 1;
            }
        }
        value = pair + dps_text_begins(pair, len, "$rid=");
        if (value != pair) {
            if (topic->rid.at != NULL) {
                return DPS_ERR_TOPIC;
            }
            topic->rid.at = value;
            topic->rid.len = (size_t)(at - value);
        }
    } while (at != end);
    return topic->rid.at != NULL ? DPS_OK : DPS_ERR_TOPIC;
}
