/* SPDX-License-Identifier: MIT
 *
 * One registration, from reset to the assigned hub.
 *
 * dps_client_run() would open the stream itself. Here it is opened first, because the
 * handshake's certificate checker is 3 KB that nobody needs afterwards: the registration
 * takes its place in memory. */
#include "board.h"
#include "device.h"
#include "dps/client.h"
#include "profile.h"
#include "report.h"
#include "sas/sas.h"
#include "tls/tls.h"

enum {
    /* The service's largest answer has 530 bytes, and a payload of yours comes on top. It
     * may all stand in one record, so this is what an answer may have. */
    MAIN_RECORD = 1024,
    MAIN_OPEN_MS = 60000, /* a Cortex-M0 at 16 MHz computes for a third of it */
    MAIN_REGISTER_MS = 60000,
    MAIN_TOKEN_S = 3600
};

static union {
    br_x509_minimal_context x509; /* until the stream is open */
    struct dps_client client;     /* from then on */
} memory;

static uint8_t records[MAIN_RECORD + DPS_TLS_OVERHEAD];
static struct dps_tls tls;
static struct dps_sas_key key;
static uint32_t payload_len;

static const struct dps_host host = { clock_now, clock_wait, NULL };

static const struct dps_tls_config secure = {
    .server_name = device_host,
    .anchors = device_anchors,
    .anchor_count = DEVICE_ANCHORS,
    .profile = profile_small,
    .x509 = &memory.x509,
    .random = { entropy_fill, NULL },
    .in = records, /* one buffer for both ways */
    .in_len = sizeof records,
};

static const struct dps_config device = {
    .id_scope = device_id_scope,
    .registration_id = device_registration_id,
    .password = dps_sas_password,
    .password_context = &key.signer,
    .random = { entropy_fill, NULL },
    .time_limit_ms = MAIN_REGISTER_MS,
    .qos = 1,
};

static const struct dps_failure bad_key = { DPS_LAYER_CALLER, DPS_ERR_PASSWORD,
                                            DPS_ADVICE_FIX, 0 };

/* Opens within MAIN_OPEN_MS, or says why not. */
static int main_open(struct dps_stream *stream, struct dps_failure *failure)
{
    static const struct dps_failure late = { DPS_LAYER_TIME, DPS_STREAM_ERR_OPEN_TIME,
                                             DPS_ADVICE_RETRY, 0 };
    struct dps_now now = clock_now(NULL);
    uint32_t start_ms = now.ms;
    int r;

    while ((r = stream->vtable->open(stream, now)) == DPS_STREAM_AGAIN) {
        if (now.ms - start_ms >= MAIN_OPEN_MS) {
            *failure = late;
            return 0;
        }
        clock_wait(NULL, 10, stream->vtable->wants(stream));
        now = clock_now(NULL);
    }
    if (r == DPS_STREAM_FAILED) {
        stream->vtable->why(stream, failure);
    }
    return r == DPS_STREAM_DONE;
}

/* Registers; whether it is assigned. A payload goes by in pieces, of which the length is
 * all that is wanted here. */
static int main_register(struct dps_stream *stream)
{
    struct dps_event event;

    dps_client_init(&memory.client, &device, stream);
    do {
        dps_client_run(&memory.client, &host, &event);
        if (event.type == DPS_PAYLOAD) {
            payload_len = event.offset + (uint32_t)event.payload.len;
        }
    } while (event.type < DPS_ASSIGNED);
    return event.type == DPS_ASSIGNED;
}

int main(void)
{
    struct dps_failure failure = bad_key;
    int is_assigned = 0;

    clock_start();
    dps_tls_init(&tls, uart_start(), &secure);
    if (dps_sas_key_from_bytes(&key, device_key, sizeof device_key, MAIN_TOKEN_S)
            == DPS_SAS_OK
        && main_open(&tls.stream, &failure)) {
        is_assigned = main_register(&tls.stream);
        failure = *dps_client_failure(&memory.client);
    }
    tls.stream.vtable->close(&tls.stream, 1);
    dps_sas_key_wipe(&key);
    if (is_assigned) {
        report_assignment(dps_client_assignment(&memory.client), payload_len);
    } else {
        report_failure(&failure);
    }
    report_memory();
    return !is_assigned;
}
