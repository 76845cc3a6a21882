/* SPDX-License-Identifier: MIT
 *
 * What a product links that registers with a symmetric key over TLS: the calls that
 * `make size` keeps, as the linker's garbage collection does. Never run.
 *
 * The product's own things (its stream, clock, random source, anchors, buffers) are empty
 * objects here, because only the library's bytes are counted. */
#include "dps/client.h"
#include "sas/sas.h"
#include "tls/tls.h"

static struct dps_stream board_uart;
static struct dps_host board_host;
static struct dps_tls_config secure;
static struct dps_config device;
static struct dps_sas_key key;
static struct dps_tls tls;
static struct dps_client client;

/* Seen from outside, so that no result is thought unused. */
extern const uint8_t board_key[32];
extern const void *volatile board_result;

void registration(void);
void registration(void)
{
    struct dps_event event;

    dps_sas_key_from_bytes(&key, board_key, sizeof board_key, 3600);
    device.password = dps_sas_password;
    device.password_context = &key.signer;
    dps_tls_init(&tls, &board_uart, &secure);
    dps_client_init(&client, &device, &tls.stream);
    do {
        dps_client_run(&client, &board_host, &event);
    } while (event.type < DPS_ASSIGNED);
    dps_sas_key_wipe(&key);
    board_result = event.type == DPS_ASSIGNED
        ? (const void *)dps_client_assignment(&client)
        : (const void *)dps_client_failure(&client);
}
