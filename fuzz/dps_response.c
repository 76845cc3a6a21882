/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: an answer's body. Two bytes of the input choose the topic's status and the
 * split, the rest is the body.
 *
 * Oracles: another split gives the same verdict, the same fields and the same payload;
 * and what is given as an assignment holds nothing that a program would trip over: a
 * hub of letters, digits, '-' and '.', a printable device ID, an operation ID that
 * stays within its place in a topic, a message of whole characters. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dps/response.h"
#include "mqtt/utf8.h"

static const uint16_t statuses[] = { 200, 202, 204, 300, 400, 401, 404, 429, 500, 503 };

struct result {
    struct dps_exchange exchange;
    enum dps_error error;
    uint8_t *payload;
    size_t payload_len;
    unsigned payload_ends;
};

static void read_body(struct result *r, unsigned status, const uint8_t *body, size_t len,
                      size_t step)
{
    struct dps_topic topic;
    size_t at, n, taken;

    memset(&topic, 0, sizeof topic);
    topic.status = (uint16_t)status;
    memset(r, 0, sizeof *r);
    r->payload = malloc(len + 1);
    dps_response_begin(&r->exchange, &topic);
    for (at = 0; at < len; at += n) {
        uint8_t *piece;

        n = step < len - at ? step : len - at;
        piece = malloc(n);
        memcpy(piece, body + at, n);
        for (taken = 0; taken < n;) {
            struct dps_json_event event;

            taken += dps_response_input(&r->exchange, piece + taken, n - taken, &event);
            if (event.type != DPS_JSON_NOTHING) {
                if (event.bytes.len != 0) {
                    memcpy(r->payload + r->payload_len, event.bytes.at, event.bytes.len);
                }
                r->payload_len += event.bytes.len;
                r->payload_ends += event.last;
            }
        }
        free(piece);
    }
    r->error = dps_response_end(&r->exchange);
}

static int is_text_of(const char *text, const char *more)
{
    static const char usual[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

    for (; *text != '\0'; text++) {
        if (strchr(usual, *text) == NULL && strchr(more, *text) == NULL) {
            return 0;
        }
    }
    return 1;
}

static void check(const struct result *r)
{
    const struct dps_answer *answer = &r->exchange.u.answer;
    const char *printable = " !\"#$%&'()*+,/:;<=>?@[\\]^_`{|}~";
    const char *in_topic = "!\"$%'()*,:;<=>?@[\\]^_`{|}~";

    if (r->error == DPS_OK) {
        if (!is_text_of(r->exchange.operation_id, in_topic)
            || !is_text_of(answer->assignment.substatus, printable)) {
            abort();
        }
        if (dps_response_is_assigned(&r->exchange)
                ? answer->assignment.hub[0] == '\0'
                      || !is_text_of(answer->assignment.hub, "")
                      || answer->assignment.device_id[0] == '\0'
                      || !is_text_of(answer->assignment.device_id, printable)
                : r->exchange.operation_id[0] == '\0') {
            abort();
        }
    }
    if (r->error == DPS_OK || r->error >= DPS_ERR_REFUSED) {
        const struct dps_refusal *refusal = &answer->refusal;

        if (!dps_utf8_is_well_formed((const uint8_t *)refusal->message,
                                     strlen(refusal->message))
            || !is_text_of(refusal->tracking_id, printable)) {
            abort();
        }
    }
}

static int is_same(const struct result *a, const struct result *b)
{
    const struct dps_answer *x = &a->exchange.u.answer, *y = &b->exchange.u.answer;

    if (a->error != b->error) {
        return 0;
    }
    if (a->error != DPS_OK && a->error < DPS_ERR_REFUSED) {
        return 1; /* then the fields mean nothing */
    }
    return memcmp(&x->refusal, &y->refusal, sizeof x->refusal) == 0
           && strcmp(x->assignment.hub, y->assignment.hub) == 0
           && strcmp(x->assignment.device_id, y->assignment.device_id) == 0
           && strcmp(x->assignment.substatus, y->assignment.substatus) == 0
           && strcmp(a->exchange.operation_id, b->exchange.operation_id) == 0
           && (a->error != DPS_OK
               || (a->payload_len == b->payload_len && a->payload_ends == b->payload_ends
                   && memcmp(a->payload, b->payload, a->payload_len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct result whole, split;
    unsigned status;

    if (size < 2) {
        return 0;
    }
    status = statuses[data[0] % (sizeof statuses / sizeof statuses[0])];
    read_body(&whole, status, data + 2, size - 2, SIZE_MAX);
    read_body(&split, status, data + 2, size - 2, 1u + data[1] % 23u);
    if (!is_same(&whole, &split)) {
        abort();
    }
    check(&whole);
    free(whole.payload);
    free(split.payload);
    return 0;
}
