/* SPDX-License-Identifier: MIT
 *
 * SIGINT and SIGTERM end the program in order: they are noted here, every wait ends, and
 * who waited cleans up. Whatever still hangs after 0.8 s (a write into a pipe that nobody
 * reads) is cut off.
 *
 *     signals_catch();
 *     while (!signals_caught()) { signals_wait(fd, DPS_WANTS_READ, 1000); ... }
 *     return 128 + signals_caught(); */
#ifndef TOOLS_DPS_SIGNALS_H
#define TOOLS_DPS_SIGNALS_H

#include <stdint.h>

/** Catches both from now on; returns 0 when the system refuses. Once in a program. */
int signals_catch(void);

/** The first signal that came, 0: none. */
int signals_caught(void);

/** Sleeps until a signal has come, `fd` is ready for `wants` (DPS_WANTS_ bits; 0: for
 * nothing), or `ms` milliseconds are over. `fd` -1: none. */
void signals_wait(int fd, int wants, uint32_t ms);

/** For a child process: back to the defaults. */
void signals_release(void);

#endif
