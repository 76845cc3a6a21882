/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: an answer's topic. The whole input is the topic.
 *
 * Oracles: a slow reader that goes from right to left and knows nothing of the library
 * says the same; and what was read, written as the service writes it, reads the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dps/topic.h"

static const char start[] = "$dps/registrations/res/";

static int is_name(const uint8_t *at, size_t len, const char *name)
{
    size_t i;

    if (len != strlen(name)) {
        return 0;
    }
    for (i = 0; i < len; i++) {
        int c = at[i] >= 'A' && at[i] <= 'Z' ? at[i] + 32 : at[i];

        if (c != name[i]) {
            return 0;
        }
    }
    return 1;
}

/* Seconds, at least 1, or 0: no number. */
static uint64_t model_retry_after(const uint8_t *at, size_t len)
{
    uint64_t seconds = 0;
    size_t i;

    for (i = 0; i < len && at[i] >= '0' && at[i] <= '9'; i++) {
        seconds = seconds * 10 + (uint64_t)(at[i] - '0');
        if (seconds > UINT32_MAX) {
            seconds = UINT32_MAX;
        }
    }
    if (i == 0 || (i < len && at[i] != ';')) {
        return 0;
    }
    return seconds == 0 ? 1 : seconds;
}

struct model {
    int good;
    unsigned status;
    size_t rid_at, rid_len;
    uint64_t retry_after_s;
};

static struct model model_read(const uint8_t *at, size_t len)
{
    struct model m = { 0, 0, 0, 0, 0 };
    size_t head = strlen(start);
    size_t begin, end, rids = 0;
    int has_retry_after = 0;

    if (len < head + 5 || memcmp(at, start, head) != 0 || at[head + 3] != '/'
        || at[head + 4] != '?') {
        return m;
    }
    for (begin = head; begin < head + 3; begin++) {
        if (at[begin] < '0' || at[begin] > '9') {
            return m;
        }
        m.status = m.status * 10 + (unsigned)(at[begin] - '0');
    }
    if (m.status < 200 || m.status > 599) {
        return m;
    }
    head += 5;
    for (end = len + 1; end > head; end = begin) { /* `end` is one behind the pair */
        size_t equals;

        for (begin = end - 1; begin > head && at[begin - 1] != '&'; begin--) {
        }
        for (equals = begin; equals < end - 1 && at[equals] != '='; equals++) {
        }
        if (equals == end - 1) {
            continue;
        }
        if (is_name(at + begin, equals - begin, "$rid")) {
            rids++;
            m.rid_at = equals + 1;
            m.rid_len = end - 1 - (equals + 1);
        }
        if (is_name(at + begin, equals - begin, "retry-after") && !has_retry_after) {
            has_retry_after = 1; /* the last one, so the first from the right */
            m.retry_after_s = model_retry_after(at + equals + 1, end - 1 - (equals + 1));
        }
    }
    m.good = rids == 1;
    return m;
}

/* Compares what was read with the model; `at` is the topic. */
static void compare(const struct dps_topic *topic, enum dps_error error,
                    const uint8_t *at, size_t len)
{
    struct model m = model_read(at, len);

    if (m.good != (error == DPS_OK) || (!m.good && error != DPS_ERR_TOPIC)) {
        abort();
    }
    if (m.good
        && (topic->status != m.status || topic->rid.at != at + m.rid_at
            || topic->rid.len != m.rid_len
            || topic->retry_after_s != m.retry_after_s)) {
        abort();
    }
}

static void write_again(const struct dps_topic *topic)
{
    size_t cap = 100 + topic->rid.len;
    char *text = malloc(cap);
    size_t len = (size_t)snprintf(text, cap, "%s%03u/?", start, topic->status);
    struct dps_topic again;
    struct dps_bytes name;

    if (topic->retry_after_s != 0) {
        len += (size_t)snprintf(text + len, cap - len, "Retry-After=%lu&",
                                (unsigned long)topic->retry_after_s);
    }
    len += (size_t)snprintf(text + len, cap - len, "$rid=");
    if (topic->rid.len != 0) {
        memcpy(text + len, topic->rid.at, topic->rid.len);
    }
    name.at = (const uint8_t *)text;
    name.len = len + topic->rid.len;
    if (dps_topic_read(&again, name) != DPS_OK || again.status != topic->status
        || again.retry_after_s != topic->retry_after_s
        || again.rid.len != topic->rid.len
        || memcmp(again.rid.at, name.at + len, again.rid.len) != 0) {
        abort();
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dps_bytes name;
    struct dps_topic topic;
    enum dps_error error;

    name.at = data;
    name.len = size;
    error = dps_topic_read(&topic, name);
    compare(&topic, error, data, size);
    if (error == DPS_OK) {
        write_again(&topic);
    }
    return 0;
}
