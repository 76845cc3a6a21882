/* SPDX-License-Identifier: MIT
 *
 * What only the files of this room share; no public header includes it. */
#ifndef DPS_TLS_INNER_H
#define DPS_TLS_INNER_H

#include "tls/stream.h"

/* Fills `failure`, the advice from the error's range, and returns DPS_STREAM_FAILED. */
int dps_stream_fail(struct dps_failure *failure, enum dps_layer layer,
                    enum dps_stream_error error, int32_t detail);

/* Whether a certificate may be verified for `name`: a DNS name and no address. */
int dps_tls_is_dns_name(const char *name);

#endif
