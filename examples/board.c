/* SPDX-License-Identifier: MIT
 *
 * A POSIX host as a board. */
#include "board.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tls/anchors.h"

const void *board_resolve(const char *host, const char *port, size_t *count)
{
    static struct sockaddr_storage addresses[4];
    struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *list, *at;

    *count = 0;
    if (getaddrinfo(host, port, &hint, &list) != 0) {
        return addresses;
    }
    for (at = list; at != NULL && *count < 4; at = at->ai_next) {
        memcpy(&addresses[(*count)++], at->ai_addr, at->ai_addrlen);
    }
    freeaddrinfo(list);
    return addresses;
}

int board_random(void *unused, uint8_t *out, size_t len)
{
    FILE *source = fopen("/dev/urandom", "rb");
    int done = source != NULL && fread(out, 1, len, source) == len;

    (void)unused;
    if (source != NULL) {
        fclose(source);
    }
    return done ? 1 : -1;
}

const br_x509_trust_anchor *board_anchors(size_t *count)
{
    enum { ANCHORS = 4 };
    static br_x509_trust_anchor anchors[ANCHORS];
    static uint8_t space[ANCHORS * DPS_TLS_ANCHOR_SPACE];
    static char pem[16384];
    size_t len = fread(pem, 1, sizeof pem, stdin);
    int found = dps_tls_anchors_from_pem(anchors, ANCHORS, pem, len, space, sizeof space);

    *count = 0;
    if (len == sizeof pem) {
        fputs("CA.pem is too long: 16 KB hold more than four certificates\n", stderr);
    } else if (found < 0) {
        const char *why = dps_tls_pem_error_text((enum dps_tls_pem_error)-found);

        fprintf(stderr, "CA.pem: %s\n", why);
    } else {
        *count = (size_t)found;
    }
    return anchors;
}
