/* SPDX-License-Identifier: MIT
 *
 * A stream's failure, with the advice that its error's range implies. */
#include "tls/inner.h"

static uint8_t failure_advice(enum dps_stream_error error)
{
    if (error >= 88) {
        return DPS_ADVICE_GIVE_UP;
    }
    return error >= 32 && error < 80 ? DPS_ADVICE_RETRY : DPS_ADVICE_FIX;
}

int dps_stream_fail(struct dps_failure *failure, enum dps_layer layer,
                    enum dps_stream_error error, int32_t detail)
{
    failure->layer = (uint8_t)layer;
    failure->error = (uint8_t)error;
    failure->advice = failure_advice(error);
    failure->detail = detail;
    return DPS_STREAM_FAILED;
}
