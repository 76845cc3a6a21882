/* SPDX-License-Identifier: MIT
 *
 * The event log: a line an event on standard error, written with one call so that lines
 * of several processes do not mix. It never waits: while standard error is a pipe that is
 * full, lines are lost, and their number is told later. Peers' text passes escape_text();
 * no secret comes here. */
#ifndef TOOLS_EMULATOR_LOG_H
#define TOOLS_EMULATOR_LOG_H

#include <stddef.h>

/** Lets log_event() write; before, it writes nothing. */
void log_open(void);

/** Writes "time peer registration-id what", `what` in printf's format. `peer` is an
 * address and port; `id` a registration ID, "" where none is known yet. Neither needs
 * escaping; text in the arguments that came from a peer must have been escaped. */
void log_event(const char *peer, const char *id, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif
