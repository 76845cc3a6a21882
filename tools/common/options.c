/* SPDX-License-Identifier: MIT
 *
 * argv to a table of values: an argument is an option of the table, its value, or a
 * mistake; the first mistake is remembered, all arguments are looked at. */
#include "tools/common/options.h"

#include <limits.h>
#include <string.h>

#include "tools/common/escape.h"

/* Where the second column of --help begins. */
enum { OPTIONS_COLUMN = 30 };

/* Remembers the first mistake, made in the first `len` bytes of `argument`. */
static void options_mistake(struct options *o, const char *what, const char *argument,
                            size_t len)
{
    char name[120];

    if (o->error[0] == '\0') {
        snprintf(o->error, sizeof o->error, "%s: %s", what,
                 escape_text(name, sizeof name, argument, len));
    }
}

/* The row of the option that `argument` names, up to a '='; `count`: there is none. */
static size_t options_find(const struct options *o, const char *argument)
{
    size_t i;

    if (strncmp(argument, "--", 2) != 0) {
        return o->count;
    }
    for (i = 0; i < o->count; i++) {
        size_t len = strlen(o->spec[i].name);

        if (strncmp(argument + 2, o->spec[i].name, len) == 0
            && (argument[2 + len] == '\0' || argument[2 + len] == '=')) {
            break;
        }
    }
    return i;
}

/* Takes the option at argv[i]; returns how many arguments it had. */
static int options_take(struct options *o, size_t row, int argc, char **argv, int i)
{
    size_t len = 2 + strlen(o->spec[row].name);
    const char *value = argv[i][len] == '=' ? argv[i] + len + 1 : NULL;
    int taken = 1;

    if (o->spec[row].value_name == NULL) {
        if (value != NULL) {
            options_mistake(o, "this option takes no value", argv[i], len);
        }
        value = "";
    } else if (value == NULL && i + 1 < argc
               && options_find(o, argv[i + 1]) == o->count) {
        value = argv[i + 1];
        taken = 2;
    } else if (value == NULL) {
        options_mistake(o, "a value is missing", argv[i], len);
        return taken;
    }
    if (o->value[row] != NULL) {
        options_mistake(o, "given twice", argv[i], len);
    }
    o->value[row] = value;
    return taken;
}

int options_parse(struct options *o, int argc, char **argv)
{
    int i = 1, ended = 0;
    size_t row;

    o->error[0] = '\0';
    for (row = 0; row < o->count; row++) {
        o->value[row] = NULL;
    }
    while (i < argc) {
        row = ended ? o->count : options_find(o, argv[i]);
        if (row < o->count) {
            i += options_take(o, row, argc, argv, i);
            continue;
        }
        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = 1;
        } else if (!ended && argv[i][0] == '-' && argv[i][1] != '\0') {
            options_mistake(o, "unknown option", argv[i], strcspn(argv[i], "="));
        } else {
            options_mistake(o, "left-over argument", argv[i], strlen(argv[i]));
        }
        i++;
    }
    return o->error[0] == '\0';
}

void options_help(FILE *out, const struct option_spec *spec, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const char *line = spec[i].help;
        int column = fprintf(out, "  --%s%s%s", spec[i].name,
                             spec[i].value_name != NULL ? " " : "",
                             spec[i].value_name != NULL ? spec[i].value_name : "");

        if (column > OPTIONS_COLUMN - 2) {
            fputc('\n', out);
            column = 0;
        }
        for (;;) {
            int len = (int)strcspn(line, "\n"); /* help texts are short */

            fprintf(out, "%*s%.*s\n", OPTIONS_COLUMN - column, "", len, line);
            if (line[len] == '\0') {
                break;
            }
            line += len + 1;
            column = 0;
        }
    }
}

int number_parse(const char *text, unsigned long min, unsigned long max,
                 unsigned long *number)
{
    unsigned long n = 0;

    if (*text == '\0') {
        return 0;
    }
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)(unsigned char)*text - '0';

        if (digit > 9 || n > (ULONG_MAX - digit) / 10) {
            return 0;
        }
        n = n * 10 + digit;
    }
    if (n < min || n > max) {
        return 0;
    }
    *number = n;
    return 1;
}
