/* SPDX-License-Identifier: MIT
 *
 * A failure as one line for a person: the layer in words, the error of that layer's enum,
 * its detail, what the service said, and what to do.
 *
 *     TLS: the server's certificate is refused: a certificate has expired or is not yet
 *     valid: check the clock (54); fix the configuration, trying again gives the same */
#include <string.h>

#include "dps/client.h"
#include "sas/text.h"

/* The text as it grows. What does not fit is counted and not stored. */
struct failure_out {
    char *at;
    size_t cap; /* bytes, the NUL's among them: at least 1 */
    size_t len; /* of the whole text */
};

static void failure_append(struct failure_out *out, const char *from)
{
    size_t i;

    for (i = 0; from[i] != '\0'; i++) {
        unsigned byte = (unsigned char)from[i];

        if (out->len < out->cap - 1) {
            out->at[out->len] = byte < 0x20 || byte == 0x7f ? ' ' : (char)byte;
        }
        out->len++;
    }
}

static void failure_decimal(struct failure_out *out, uint32_t number)
{
    char digits[11];
    struct dps_text text = { digits, digits + sizeof digits };

    dps_text_decimal(&text, number);
    *text.at = '\0';
    failure_append(out, digits);
}

static void failure_detail(struct failure_out *out, int32_t detail)
{
    failure_append(out, detail < 0 ? " (-" : " (");
    failure_decimal(out, detail < 0 ? 0u - (uint32_t)detail : (uint32_t)detail);
    failure_append(out, ")");
}

static void failure_stream(struct failure_out *out, const struct dps_failure *failure)
{
    enum dps_stream_error error = (enum dps_stream_error)failure->error;
    const char *detail = dps_stream_detail_text(error, failure->detail);

    failure_append(out, error == DPS_STREAM_OK ? "the connection failed"
                                               : dps_stream_error_text(error));
    if (detail[0] != '\0') {
        failure_append(out, ": ");
        failure_append(out, detail);
    }
}

static void failure_mqtt(struct failure_out *out, const struct dps_failure *failure)
{
    enum dps_mqtt_error error = (enum dps_mqtt_error)failure->error;
    const char *rule = dps_mqtt_error_rule(error);

    failure_append(out, dps_mqtt_error_text(error));
    if (rule[0] != '\0') {
        failure_append(out, " [");
        failure_append(out, rule);
        failure_append(out, "]");
    }
}

static void failure_awaited(struct failure_out *out, int32_t detail)
{
    static const char *const awaited[] = { /* as numbered at DPS_ERR_TIME_OUT */
        "connecting",
        "waiting for CONNACK",
        "waiting for SUBACK",
        "waiting for the answer to the register request",
        "waiting for the time of the next poll",
        "waiting for the answer to a poll",
    };

    failure_append(out, ", while ");
    failure_append(out, awaited[detail]);
}

/* Whose enum it is: in the layer of time the three rooms' values do not overlap. */
static void failure_error(struct failure_out *out, const struct dps_failure *failure)
{
    unsigned error = failure->error;
    int is_time = failure->layer == DPS_LAYER_TIME;

    if (failure->layer == DPS_LAYER_CALLER || failure->layer == DPS_LAYER_SERVICE
        || (is_time && error >= DPS_ERR_TIME)) {
        failure_append(out, dps_error_text((enum dps_error)error));
    } else if (failure->layer == DPS_LAYER_MQTT
               || (is_time && error >= DPS_MQTT_ERR_LOST)) {
        failure_mqtt(out, failure);
    } else {
        failure_stream(out, failure);
    }
    if (is_time && error == DPS_ERR_TIME_OUT) {
        failure_awaited(out, failure->detail);
    } else if (failure->detail != 0) {
        failure_detail(out, failure->detail);
    }
}

/* A word and what the service said, where it said something. */
static void failure_member(struct failure_out *out, const char *name, const char *value)
{
    if (value[0] != '\0') {
        failure_append(out, name);
        failure_append(out, value);
    }
}

static void failure_refusal(struct failure_out *out, const struct dps_refusal *refusal)
{
    if (refusal->error_code != 0) {
        failure_append(out, ", errorCode ");
        failure_decimal(out, refusal->error_code);
    }
    failure_member(out, ", status ", refusal->body_status);
    failure_member(out, ", trackingId ", refusal->tracking_id);
    failure_member(out, ", message: ", refusal->message);
    if (refusal->message_cut) {
        failure_append(out, " [cut]");
    }
    if (refusal->body_error != DPS_OK) {
        failure_append(out, ", and it cannot be read why: ");
        failure_append(out, dps_error_text((enum dps_error)refusal->body_error));
    }
}

static void failure_text_advice(struct failure_out *out,
                                const struct dps_failure *failure,
                                const struct dps_refusal *refusal)
{
    switch (failure->advice) {
    case DPS_ADVICE_FIX:
        failure_append(out, "; fix the configuration, trying again gives the same");
        break;
    case DPS_ADVICE_RETRY:
        failure_append(out, "; try again");
        if (failure->layer == DPS_LAYER_SERVICE && refusal->retry_after_s != 0) {
            failure_append(out, " in ");
            failure_decimal(out, refusal->retry_after_s);
            failure_append(out, " s");
        } else {
            failure_append(out, " later");
        }
        break;
    case DPS_ADVICE_GIVE_UP:
        failure_append(out, "; neither another try nor a change here will help");
        break;
    default:
        break;
    }
}

size_t dps_failure_text(const struct dps_client *client, char *buffer, size_t cap)
{
    static const char *const layers[] = {
        "no failure", "configuration", "network", "proxy", "TLS",
        "WebSocket",  "MQTT",          "service", "time",
    };
    const struct dps_failure *failure = dps_client_failure(client);
    const struct dps_refusal *refusal = dps_client_refusal(client);
    struct failure_out out;

    out.at = buffer;
    out.cap = cap;
    out.len = 0;
    failure_append(&out, layers[failure->layer]);
    if (failure->layer != DPS_LAYER_NONE) {
        failure_append(&out, ": ");
        failure_error(&out, failure);
        if (failure->layer == DPS_LAYER_SERVICE) {
            failure_refusal(&out, refusal);
        }
        failure_text_advice(&out, failure, refusal);
    }
    buffer[out.len < cap ? out.len : cap - 1] = '\0';
    return out.len;
}
