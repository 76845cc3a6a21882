/* SPDX-License-Identifier: MIT
 *
 * Pieces to a temporary file. */
#include "tools/dps/spool.h"

int spool_take(struct spool *spool, const struct dps_event *event)
{
    if (event->offset == 0) {
        spool_free(spool);
        spool->file = tmpfile(); /* unlinked from the start */
    }
    return spool->file != NULL
           && fwrite(event->payload.at, 1, event->payload.len, spool->file)
                  == event->payload.len
           && (!event->last || fflush(spool->file) == 0);
}

void spool_free(struct spool *spool)
{
    if (spool->file != NULL) {
        fclose(spool->file);
    }
    spool->file = NULL;
}
