/* SPDX-License-Identifier: MIT
 *
 * The date, from the host's clock by way of the debugger.
 *
 * Your board: TLS refuses a certificate outside its dates, and a token ends at a
 * time of day, so a date is needed before the first connection. Without a real-time
 * clock it comes from, in the order of preference: the modem (AT+CCLK? after the
 * network has told its time), an authenticated time service, SNTP. The last is
 * anybody's word: who forges it can make an expired certificate good again. Refuse
 * whatever lies before the day the firmware was built, and keep the latest date seen
 * in flash as the next start's lower bound. 0 is an honest answer: the registration
 * then fails with DPS_STREAM_ERR_CLOCK and says so. */
#include "board.h"
#include "debugger.h"

uint32_t date_now(void)
{
    return debugger_time();
}
