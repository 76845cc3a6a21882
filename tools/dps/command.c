/* SPDX-License-Identifier: MIT
 *
 * How a command says no. */
#include "tools/dps/command.h"

#include <stdio.h>

#include "tools/dps/signals.h"

int command_refuse(const struct command *command, const char *message)
{
    if (!signals_caught()) {
        fprintf(stderr, "dps %s: %s\n", command->name, message);
    }
    return COMMAND_USAGE;
}
