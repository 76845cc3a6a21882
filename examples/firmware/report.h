/* SPDX-License-Identifier: MIT
 *
 * What the example prints, by way of the debugger. A product has none of it. */
#ifndef REPORT_H
#define REPORT_H

#include "dps/response.h"
#include "tls/stream.h"

/** Hub, device ID, and how many bytes of payload came with them. */
void report_assignment(const struct dps_assignment *assignment, uint32_t payload_len);

/** Layer, error and detail, as numbers: texts would be printing, too. The enums are
 * in tls/stream.h, mqtt/packet.h and dps/error.h. */
void report_failure(const struct dps_failure *failure);

/** The most stack that was ever in use, all variables, and both together, in bytes. */
void report_memory(void);

#endif
