/* SPDX-License-Identifier: MIT
 *
 * What the example prints, by way of the debugger. A product has none of it. */
#ifndef REPORT_H
#define REPORT_H

#include "dps/response.h"
#include "tls/stream.h"

/** Hub and device ID. */
void report_assignment(const struct dps_assignment *assignment);

/** Layer, error and detail, as numbers: the texts would take 9 KB of flash. The enums are
 * in tls/stream.h, mqtt/packet.h and dps/error.h. */
void report_failure(const struct dps_failure *failure);

/** The most stack that was ever in use, all variables, and both together, in bytes. */
void report_memory(void);

#endif
