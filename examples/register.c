/* SPDX-License-Identifier: MIT
 *
 * Registers a device: register HOST PORT ID_SCOPE REGISTRATION_ID KEY <CA.pem */
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "dps/client.h"
#include "sas/sas.h"
#include "tls/profile.h"
#include "tls/tcp.h"
#include "tls/tls.h"

int main(int argc, char **argv)
{
    static uint8_t records[16384 + DPS_TLS_OVERHEAD];
    static br_x509_minimal_context x509;
    static struct dps_tls_config secure = { .profile = dps_tls_profile, .x509 = &x509,
                                            .random = { board_random, NULL },
                                            .in = records, .in_len = sizeof records };
    static struct dps_config device = { .password = dps_sas_password, .qos = 1,
                                        .random = { board_random, NULL },
                                        .time_limit_ms = 120000 };
    static struct dps_sas_key key;
    static struct dps_tcp tcp;
    static struct dps_tls tls;
    static struct dps_client client;
    const struct dps_host host = { dps_tcp_now, dps_tcp_wait, &tcp };
    struct dps_event event;
    const void *addresses;
    size_t count;
    char why[512];

    if (argc != 6 || dps_sas_key_from_base64(&key, argv[5], strlen(argv[5]), 3600) != 0) {
        fputs("register HOST PORT ID_SCOPE REGISTRATION_ID KEY <CA.pem\n", stderr);
        return 2;
    }
    secure.server_name = argv[1];
    secure.anchors = board_anchors(&secure.anchor_count);
    device.id_scope = argv[3];
    device.registration_id = argv[4];
    device.password_context = &key.signer;
    addresses = board_resolve(argv[1], argv[2], &count);
    dps_tcp_init(&tcp, addresses, count);
    dps_tls_init(&tls, &tcp.stream, &secure);
    dps_client_init(&client, &device, &tls.stream);
    do {
        dps_client_run(&client, &host, &event);
    } while (event.type < DPS_ASSIGNED);
    dps_sas_key_wipe(&key);
    if (event.type == DPS_ASSIGNED) {
        return printf("%s %s\n", dps_client_assignment(&client)->hub,
                      dps_client_assignment(&client)->device_id) < 0;
    }
    dps_failure_text(&client, why, sizeof why);
    return fprintf(stderr, "%s\n", why), 1;
}
