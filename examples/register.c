/* SPDX-License-Identifier: MIT
 *
 * Registers a device: register HOST PORT ID_SCOPE REGISTRATION_ID KEY <CA.pem */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "dps/client.h"
#include "sas/sas.h"
#include "tls/anchors.h"
#include "tls/tcp.h"
#include "tls/tls.h"

static int file_random(void *file, uint8_t *out, size_t len)
{
    return file != NULL && fread(out, 1, len, file) == len ? 1 : -1;
}

static size_t resolve(const char *host, const char *port, struct sockaddr_storage out[4])
{
    struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *at = NULL;
    size_t count = 0;

    for (getaddrinfo(host, port, &hint, &at); at != NULL && count < 4; at = at->ai_next) {
        memcpy(&out[count++], at->ai_addr, at->ai_addrlen);
    }
    return count;
}

int main(int argc, char **argv)
{
    static uint8_t records[16384 + DPS_TLS_OVERHEAD], space[DPS_TLS_ANCHOR_SPACE];
    static char text[4096];
    static br_x509_trust_anchor ca;
    static struct sockaddr_storage addresses[4];
    static struct dps_sas_key key;
    static struct dps_tcp tcp;
    static struct dps_tls tls;
    static struct dps_client client;
    const struct dps_random random = { file_random, fopen("/dev/urandom", "rb") };
    const struct dps_host host = { dps_tcp_now, dps_tcp_wait, &tcp };
    struct dps_event event;
    size_t len = fread(text, 1, sizeof text, stdin);

    if (argc != 6 || dps_tls_anchors_from_pem(&ca, 1, text, len, space, sizeof space) != 1
        || dps_sas_key_from_base64(&key, argv[5], strlen(argv[5]), 3600) != DPS_SAS_OK) {
        fputs("register HOST PORT ID_SCOPE REGISTRATION_ID KEY <CA.pem\n", stderr);
        return 2;
    }
    const struct dps_tls_config secure = {
        .server_name = argv[1], .anchors = &ca, .anchor_count = 1,
        .random = random, .in = records, .in_len = sizeof records };
    const struct dps_config device = {
        .id_scope = argv[3], .registration_id = argv[4],
        .password = dps_sas_password, .password_context = &key.signer,
        .random = random, .time_limit_ms = 120000, .qos = 1 };

    dps_tcp_init(&tcp, addresses, resolve(argv[1], argv[2], addresses));
    dps_tls_init(&tls, &tcp.stream, &secure);
    dps_client_init(&client, &device, &tls.stream);
    do {
        dps_client_run(&client, &host, &event);
    } while (event.type < DPS_ASSIGNED);
    dps_sas_key_wipe(&key);
    if (event.type == DPS_FAILED) {
        dps_failure_text(&client, text, sizeof text);
        fprintf(stderr, "%s\n", text);
        return 1;
    }
    return printf("%s %s\n", dps_client_assignment(&client)->hub,
                  dps_client_assignment(&client)->device_id) < 0;
}
