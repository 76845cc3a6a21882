/* SPDX-License-Identifier: MIT
 *
 * Semihosting: a debugger or an emulator does what the board cannot ("Semihosting for
 * AArch32 and AArch64", Arm). A board without a debugger attached stops at the first
 * call: a product links nothing of this. */
#ifndef DEBUGGER_H
#define DEBUGGER_H

#include <stdint.h>

/** Ends the program; `code` becomes QEMU's exit status. */
void debugger_exit(int code);

/** Seconds since 1970, as the host knows them. */
uint32_t debugger_time(void);

/** Prints a NUL-terminated text. */
void debugger_print(const char *text);

#endif
