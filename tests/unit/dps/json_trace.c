/* SPDX-License-Identifier: MIT
 *
 * What a JSON reader tells, written down, however its input was split. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/dps/dps_tests.h"

const char json_keys[] = "0a\0"
                         "0ab\0"
                         "0\xc3\xa9\0"
                         "0state\0"
                         "4a\0"
                         "4deep\0"
                         "6a\0"
                         "4raw\0"
                         "0raw\0";

static void trace_add(struct json_trace *trace, const void *at, size_t len)
{
    ck_assert_uint_lt(len, sizeof trace->at - trace->len);
    if (len != 0) {
        memcpy(trace->at + trace->len, at, len);
    }
    trace->len += len;
    trace->at[trace->len] = '\0';
}

static void trace_event(struct json_trace *trace, const struct dps_json_event *event)
{
    static const char letters[] = "-{[sntf0";
    char head[16];

    if (!trace->inside) {
        snprintf(head, sizeof head, "%u%c<", (unsigned)event->key, letters[event->type]);
        trace_add(trace, head, strlen(head));
    }
    trace_add(trace, event->bytes.at, event->bytes.len);
    trace->inside = !event->last;
    if (event->last) {
        trace_add(trace, ">", 1);
    }
}

void json_trace(struct json_trace *trace, const uint8_t *text, size_t len, size_t first,
                size_t step)
{
    struct dps_json json;
    struct dps_json_event event;
    size_t n = first;
    size_t at;

    memset(trace, 0, sizeof *trace);
    dps_json_init(&json, json_keys, KEY_STATE_RAW);
    for (at = 0; at < len; at += n, n = step) {
        uint8_t *piece;
        size_t taken;

        n = n > len - at ? len - at : n;
        piece = malloc(n != 0 ? n : 1);
        memcpy(piece, text + at, n);
        for (taken = 0; taken < n && dps_json_error(&json) == DPS_OK;) {
            taken += dps_json_input(&json, piece + taken, n - taken, &event);
            ck_assert(taken == n || event.type != DPS_JSON_NOTHING
                      || dps_json_error(&json) != DPS_OK);
            if (event.type != DPS_JSON_NOTHING) {
                trace_event(trace, &event);
            }
        }
        free(piece);
    }
    trace->error = dps_json_end(&json);
}
