/* SPDX-License-Identifier: MIT
 *
 * What main.c knows of a command: its name, what --help prints of it, and the function
 * that runs it. */
#ifndef TOOLS_DPS_COMMAND_H
#define TOOLS_DPS_COMMAND_H

#include <stddef.h>

#include "tools/common/options.h"

/** The exit statuses that all commands share; `dps register` has more, see result.h. */
enum { COMMAND_DONE = 0, COMMAND_INTERNAL = 1, COMMAND_USAGE = 2, COMMAND_MQTT = 5 };

struct command {
    const char *name;
    const char *summary; /* one line */
    const char *usage;   /* what follows the name in the usage line */
    const char *description;
    const struct option_spec *spec;
    size_t spec_count;
    /** Gets the options, parsed, without a mistake in them; returns the exit status. */
    int (*run)(const char *const value[]);
    /** Gets told of a mistake in the options; returns the exit status. Null: the message
     * goes to standard error. */
    int (*mistaken)(const char *const value[], const char *message);
};

extern const struct command command_register, command_sas, command_derive_key,
    command_decode;

/** Says "dps NAME: message" on standard error, but after a signal, which is then the
 * reason; returns COMMAND_USAGE. */
int command_refuse(const struct command *command, const char *message);

#endif
