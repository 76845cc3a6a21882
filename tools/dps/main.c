/* SPDX-License-Identifier: MIT
 *
 * dps: the command line. argv[1] names a row of the table of commands, its options are
 * parsed with that row's table, its function runs; then it is made sure that standard
 * output was written. */
#include <stdio.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/options.h"
#include "tools/common/standard.h"
#include "tools/common/version.h"
#include "tools/dps/command.h"
#include "tools/dps/settings.h"
#include "tools/dps/signals.h"

static const struct command *const main_commands[] = {
    &command_register, &command_sas, &command_derive_key, &command_decode,
};

/* What every command has besides its own options. */
enum { MAIN_HELP, MAIN_VERSION, MAIN_OPTIONS };

enum {
    MAIN_COMMANDS = sizeof main_commands / sizeof main_commands[0],
    MAIN_OPTIONS_MAX = SETTINGS_OPTIONS + MAIN_OPTIONS /* register has the most */
};

static const struct option_spec main_spec[MAIN_OPTIONS] = {
    { "help", NULL, "this text" },
    { "version", NULL, "the version" },
};

static int main_help(void)
{
    size_t i;

    puts("Registers devices with the Azure IoT Hub Device Provisioning Service.\n\n"
         "Usage: dps COMMAND [OPTIONS]\n"
         "       dps help [COMMAND]\n");
    for (i = 0; i < MAIN_COMMANDS; i++) {
        printf("  %-12s%s\n", main_commands[i]->name, main_commands[i]->summary);
    }
    puts("  help        explains a command\n"
         "  version     prints the version");
    return COMMAND_DONE;
}

static int main_command_help(const struct command *command)
{
    printf("dps %s %s\n\n%s\n\n", command->name, command->usage, command->description);
    options_help(stdout, command->spec, command->spec_count);
    options_help(stdout, main_spec, MAIN_OPTIONS);
    return COMMAND_DONE;
}

static int main_version_help(void)
{
    puts("dps version\n\nPrints the version, as --version does.");
    return COMMAND_DONE;
}

static int main_version(void)
{
    puts("dps " TINYDPS_VERSION);
    return COMMAND_DONE;
}

/* Says what is wrong with `text`, an argument. */
static int main_refuse(const char *what, const char *text)
{
    char shown[120];

    fprintf(stderr, "dps: %s: %s; try dps help\n", what,
            escape_text(shown, sizeof shown, text, strlen(text)));
    return COMMAND_USAGE;
}

static const struct command *main_find(const char *name)
{
    size_t i;

    for (i = 0; i < MAIN_COMMANDS; i++) {
        if (strcmp(main_commands[i]->name, name) == 0) {
            return main_commands[i];
        }
    }
    return NULL;
}

/* dps help [COMMAND] */
static int main_help_command(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        return main_help();
    }
    if (argc > 2) {
        return main_refuse("left-over argument", argv[2]);
    }
    if (strcmp(argv[1], "help") == 0) {
        return main_help();
    }
    if (strcmp(argv[1], "version") == 0) {
        return main_version_help();
    }
    command = main_find(argv[1]);
    return command == NULL ? main_refuse("unknown command", argv[1])
                           : main_command_help(command);
}

/* dps COMMAND [OPTIONS] */
static int main_run(const struct command *command, int argc, char **argv)
{
    struct option_spec spec[MAIN_OPTIONS_MAX];
    const char *value[MAIN_OPTIONS_MAX];
    struct options options = { spec, command->spec_count + MAIN_OPTIONS, value, "" };

    memcpy(spec, command->spec, command->spec_count * sizeof *spec);
    memcpy(spec + command->spec_count, main_spec, sizeof main_spec);
    if (!options_parse(&options, argc, argv)) {
        return command->mistaken != NULL ? command->mistaken(value, options.error)
                                         : command_refuse(command, options.error);
    }
    if (value[command->spec_count + MAIN_HELP] != NULL) {
        return main_command_help(command);
    }
    if (value[command->spec_count + MAIN_VERSION] != NULL) {
        return main_version();
    }
    return command->run(value);
}

/* Everything between the preparation and the end of standard output. */
static int main_dispatch(int argc, char **argv)
{
    const struct command *command;
    const char *name = argv[1];

    if (argc < 2) {
        fputs("dps: no command; try dps help\n", stderr);
        return COMMAND_USAGE;
    }
    if (strcmp(name, "help") == 0) {
        return main_help_command(argc - 1, argv + 1);
    }
    command = main_find(name);
    if (command != NULL) {
        return main_run(command, argc - 1, argv + 1);
    }
    if (argc > 2 && (strcmp(name, "--help") == 0 || strcmp(name, "--version") == 0
                     || strcmp(name, "version") == 0)) {
        return main_refuse("left-over argument", argv[2]);
    }
    if (strcmp(name, "--help") == 0) {
        return main_help();
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        return main_version();
    }
    return main_refuse(name[0] == '-' ? "unknown option" : "unknown command", name);
}

int main(int argc, char **argv)
{
    char error[120];
    int status;

    standard_prepare();
    if (!signals_catch()) {
        perror("dps");
        return COMMAND_INTERNAL;
    }
    status = main_dispatch(argc, argv);
    if (!standard_finish(error, sizeof error)) {
        fprintf(stderr, "dps: %s\n", error);
        status = COMMAND_INTERNAL;
    }
    return signals_caught() ? 128 + signals_caught() : status;
}
