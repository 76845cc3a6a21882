/* SPDX-License-Identifier: MIT
 *
 * What a board gives: addresses, random bytes, trust anchors. Here a POSIX host's; a
 * product writes its own. */
#ifndef EXAMPLES_BOARD_H
#define EXAMPLES_BOARD_H

#include <bearssl.h>

/** Addresses of `host` at `port`, struct sockaddr_storage, `count` of them, 0 when the
 * name is not known. Lent until the next call. */
const void *board_resolve(const char *host, const char *port, size_t *count);

/** Fills `out` with random bytes fit for keys: 1, or -1 when there are none. */
int board_random(void *unused, uint8_t *out, size_t len);

/** The certificates in PEM on standard input, `count` of them; 0, and why on standard
 * error, when they cannot be used. Lent until the next call. */
const br_x509_trust_anchor *board_anchors(size_t *count);

#endif
