/* SPDX-License-Identifier: MIT
 *
 * Topics. An answer's topic is read from left to right: the fixed beginning, three
 * digits, the fixed "/?", then pairs up to each '&'. A pair is split at its first '='
 * and its name compared as a whole: nothing is searched for, so "x$rid=1" is no $rid. */
#include "dps/topic.h"

#include <string.h>

#include "dps/inner.h"

static const char topic_start[] = "$dps/registrations/res/";

/* ---- Requests ---------------------------------------------------------------------- */

static size_t topic_write(char *out, size_t cap, const char *start, uint32_t rid,
                          const char *operation_id)
{
    struct dps_text text = { NULL, 0, 0, 0 };

    text.at = out;
    text.cap = cap;
    dps_text_string(&text, start);
    dps_text_decimal(&text, rid);
    if (operation_id != NULL) {
        dps_text_string(&text, "&operationId=");
        dps_text_string(&text, operation_id);
    }
    return text.too_long ? 0 : text.len;
}

size_t dps_topic_write_register(char *out, size_t cap, uint32_t rid)
{
    return topic_write(out, cap, "$dps/registrations/PUT/iotdps-register/?$rid=", rid,
                       NULL);
}

size_t dps_topic_write_poll(char *out, size_t cap, uint32_t rid, const char *operation_id)
{
    return topic_write(out, cap,
                       "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=", rid,
                       operation_id);
}

/* ---- Answers ----------------------------------------------------------------------- */

/* Where the first `byte` stands; `len` when there is none. */
static size_t topic_span(const uint8_t *at, size_t len, uint8_t byte)
{
    size_t n = 0;

    while (n < len && at[n] != byte) {
        n++;
    }
    return n;
}

static void topic_retry_after(struct dps_topic *topic, const uint8_t *at, size_t len)
{
    uint32_t seconds = 0;
    size_t i;

    for (i = 0; i < len && (unsigned)at[i] - '0' < 10u; i++) {
        unsigned digit = (unsigned)at[i] - '0';

        /* Once over, it stays: UINT32_MAX is more than both quotients. */
        seconds = seconds > (UINT32_MAX - digit) / 10 ? UINT32_MAX : seconds * 10 + digit;
    }
    topic->retry_after_s = seconds;
    topic->has_retry_after = i != 0 && (i == len || at[i] == ';');
}

/* One name=value of `len` bytes. Returns 0 for a second $rid. */
static int topic_pair(struct dps_topic *topic, const uint8_t *at, size_t len)
{
    size_t name_len = topic_span(at, len, '=');
    const uint8_t *value = at + name_len + 1;
    const char *name = (const char *)at;

    if (name_len == len) { /* no '=': not ours */
        return 1;
    }
    len -= name_len + 1;
    if (dps_text_is(name, name_len, "retry-after")) {
        topic_retry_after(topic, value, len);
    } else if (dps_text_is(name, name_len, "$rid")) {
        if (topic->rid.at != NULL) {
            return 0;
        }
        topic->rid.at = value;
        topic->rid.len = len;
    }
    return 1;
}

enum dps_error dps_topic_read(struct dps_topic *topic, struct dps_bytes name)
{
    enum { START = sizeof topic_start - 1, HEAD = START + 5 }; /* "202/?" */
    const uint8_t *at;
    size_t left, n;

    memset(topic, 0, sizeof *topic);
    if (name.len < HEAD || memcmp(name.at, topic_start, START) != 0) {
        return DPS_ERR_TOPIC;
    }
    at = name.at + START;
    for (n = 0; n < 3; n++) {
        if ((unsigned)at[n] - '0' >= 10u) {
            return DPS_ERR_TOPIC;
        }
        topic->status = (uint16_t)(topic->status * 10u + at[n] - '0');
    }
    if (topic->status < 200 || topic->status > 599 || at[3] != '/' || at[4] != '?') {
        return DPS_ERR_TOPIC; /* the status is HTTP's, and neither interim nor unknown */
    }
    at = name.at + HEAD;
    left = name.len - HEAD;
    for (;;) {
        n = topic_span(at, left, '&');
        if (!topic_pair(topic, at, n)) {
            return DPS_ERR_TOPIC;
        }
        if (n == left) {
            return topic->rid.at != NULL ? DPS_OK : DPS_ERR_TOPIC;
        }
        at += n + 1;
        left -= n + 1;
    }
}
