/* SPDX-License-Identifier: MIT
 *
 * The returned payload, of any size, on its way to standard output: it is provisional
 * until the device is assigned, so it waits in a temporary file without a name. */
#ifndef TOOLS_DPS_SPOOL_H
#define TOOLS_DPS_SPOOL_H

#include <stdio.h>

#include "dps/registration.h"

struct spool {
    FILE *file; /* null: no payload has come */
};

/** Takes a DPS_PAYLOAD event; a piece at offset 0 begins anew. Returns 1, or 0 with errno
 * when it cannot be stored. */
int spool_take(struct spool *spool, const struct dps_event *event);

/** Throws it away. */
void spool_free(struct spool *spool);

#endif
