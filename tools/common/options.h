/* SPDX-License-Identifier: MIT
 *
 * GNU-style long options from a table, for both programs: `--opt value`, `--opt=value`,
 * `--flag`. Names are never abbreviated, so a new option cannot break a script.
 *
 *     enum { OPT_PORT, OPT_JSON, OPT_COUNT };
 *     static const struct option_spec spec[OPT_COUNT] = {
 *         [OPT_PORT] = { "port", "P", "default 8883" },
 *         [OPT_JSON] = { "json", NULL, "the result as one JSON object" },
 *     };
 *     const char *value[OPT_COUNT];
 *     struct options options = { spec, OPT_COUNT, value, "" };
 *
 *     if (!options_parse(&options, argc, argv)) {
 *         fprintf(stderr, "%s\n", options.error);
 *     }
 *     if (value[OPT_JSON] != NULL) { ... }
 *
 * What the texts about options leave open: an option given twice is an error, whether the
 * two agree or not; `--` ends the options; a name of the table is never another option's
 * value (`--host --json` is a missing value, `--host=--json` is not). */
#ifndef TOOLS_COMMON_OPTIONS_H
#define TOOLS_COMMON_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

/** One option. */
struct option_spec {
    const char *name;       /* without the "--" */
    const char *value_name; /* how --help calls its value; null: a flag, it has none */
    const char *help;       /* a '\n' begins a further line */
};

/** The table and what was found. */
struct options {
    const struct option_spec *spec; /* borrowed, `count` rows */
    size_t count;
    const char **value; /* `count` of them, set by parse: null: not given; a flag that is
                         * given has ""; others are borrowed from argv */
    char error[200];    /* the first mistake, without a line end; "" */
};

/** Reads argv[1] to argv[argc - 1].
 *
 * Returns 1, or 0 when there is a mistake; `error` then names the argument, escaped, but
 * never a value, which may be a secret. It reads on to the end all the same: the other
 * values are set, so the caller knows in which form to report. */
int options_parse(struct options *options, int argc, char **argv);

/** Prints the table in two columns for --help. */
void options_help(FILE *out, const struct option_spec *spec, size_t count);

/** Reads a plain decimal whole number: digits and nothing else.
 *
 * Returns 1, or 0, with `number` untouched, when it is not one or not in min..max. */
int number_parse(const char *text, unsigned long min, unsigned long max,
                 unsigned long *number);

#endif
