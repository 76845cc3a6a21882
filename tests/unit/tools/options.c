/* SPDX-License-Identifier: MIT
 *
 * tools/common/options.c: each row is a command line. */
#include "tools/common/options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tools/tools_tests.h"

enum { OPTIONS_HOST, OPTIONS_HOST_FILE, OPTIONS_JSON, OPTIONS_QUIET, OPTIONS_COUNT };

static const struct option_spec options_spec[OPTIONS_COUNT] = {
    { "host", "H", "a host" },
    { "host-file", "FILE", "one line\nand another" },
    { "json", NULL, "a flag" },
    { "quiet", NULL, "another" },
};

enum { OPTIONS_WORDS = 6 };

static const struct {
    const char *name;
    const char *word[OPTIONS_WORDS]; /* up to the first null */
    const char *value[OPTIONS_COUNT];
    const char *error; /* its end; "": none */
} options_row[] = {
    { "nothing", { NULL }, { NULL, NULL, NULL, NULL }, "" },
    { "a value", { "--host", "a" }, { "a", NULL, NULL, NULL }, "" },
    { "a value behind =", { "--host=a" }, { "a", NULL, NULL, NULL }, "" },
    { "= in a value", { "--host=a=b" }, { "a=b", NULL, NULL, NULL }, "" },
    { "an empty value", { "--host=", "--json" }, { "", NULL, "", NULL }, "" },
    { "an empty argument as value", { "--host", "" }, { "", NULL, NULL, NULL }, "" },
    { "a longer name with the same beginning", { "--host-file", "x" },
      { NULL, "x", NULL, NULL }, "" },
    { "flags", { "--quiet", "--json" }, { NULL, NULL, "", "" }, "" },
    { "standard input as value", { "--host-file", "-" }, { NULL, "-", NULL, NULL }, "" },
    { "a value that begins with -", { "--host", "-5" }, { "-5", NULL, NULL, NULL }, "" },
    { "a value that only looks like an option", { "--host", "--hosts" },
      { "--hosts", NULL, NULL, NULL }, "" },
    { "-- ends the options", { "--json", "--" }, { NULL, NULL, "", NULL }, "" },

    { "unknown", { "--nope" }, { NULL, NULL, NULL, NULL }, "--nope" },
    { "unknown, with a value that is not told", { "--nope=secret" },
      { NULL, NULL, NULL, NULL }, "--nope" },
    { "no abbreviation", { "--hos", "a" }, { NULL, NULL, NULL, NULL }, "--hos" },
    { "no short option", { "-j" }, { NULL, NULL, NULL, NULL }, "-j" },
    { "no longer name", { "--jsonx" }, { NULL, NULL, NULL, NULL }, "--jsonx" },
    { "no value at the end", { "--host" }, { NULL, NULL, NULL, NULL }, "--host" },
    { "an option is no value", { "--host", "--json" }, { NULL, NULL, "", NULL }, "--host" },
    { "a value for a flag", { "--json=1" }, { NULL, NULL, "", NULL }, "--json" },
    { "an empty value for a flag", { "--json=" }, { NULL, NULL, "", NULL }, "--json" },
    { "left over", { "extra" }, { NULL, NULL, NULL, NULL }, "extra" },
    { "a lone - is left over", { "-" }, { NULL, NULL, NULL, NULL }, ": -" },
    { "behind --", { "--", "--json" }, { NULL, NULL, NULL, NULL }, "--json" },
    { "twice", { "--host=a", "--host=b" }, { "b", NULL, NULL, NULL }, "--host" },
    { "a flag twice", { "--json", "--json" }, { NULL, NULL, "", NULL }, "--json" },
    { "the first mistake is told, all are read", { "--nope", "x", "--json", "--host" },
      { NULL, NULL, "", NULL }, "--nope" },
    { "escaped", { "--\x1b[31m" }, { NULL, NULL, NULL, NULL }, "--\\x1b[31m" },
};

START_TEST(options_row_by_row)
{
    const char *value[OPTIONS_COUNT];
    struct options options = { options_spec, OPTIONS_COUNT, value, "" };
    char *argv[OPTIONS_WORDS + 1];
    int argc = 1, good, i;
    size_t error_len = strlen(options_row[_i].error), len;

    argv[0] = strdup("command");
    while (argc <= OPTIONS_WORDS && options_row[_i].word[argc - 1] != NULL) {
        argv[argc] = strdup(options_row[_i].word[argc - 1]);
        argc++;
    }
    good = options_parse(&options, argc, argv);
    ck_assert_msg(good == (error_len == 0), "%s: %s", options_row[_i].name, options.error);
    len = strlen(options.error);
    ck_assert_msg(len >= error_len
                      && strcmp(options.error + len - error_len, options_row[_i].error)
                             == 0,
                  "%s: %s", options_row[_i].name, options.error);
    ck_assert_msg(error_len != 0 || len == 0, "%s", options.error);
    for (i = 0; i < OPTIONS_COUNT; i++) {
        const char *wanted = options_row[_i].value[i];

        ck_assert_msg((wanted == NULL) == (value[i] == NULL)
                          && (wanted == NULL || strcmp(wanted, value[i]) == 0),
                      "%s: --%s", options_row[_i].name, options_spec[i].name);
    }
    for (i = 0; i < argc; i++) {
        free(argv[i]);
    }
}
END_TEST

START_TEST(options_error_of_a_long_argument_fits)
{
    const char *value[OPTIONS_COUNT];
    struct options options = { options_spec, OPTIONS_COUNT, value, "" };
    char word[5000], command[] = "command";
    char *argv[] = { command, word };

    memset(word, 0x1b, sizeof word);
    word[sizeof word - 1] = '\0';
    ck_assert(!options_parse(&options, 2, argv));
    ck_assert_uint_lt(strlen(options.error), sizeof options.error);
    ck_assert_str_eq(options.error + strlen(options.error) - 3, "...");
}
END_TEST

START_TEST(options_help_is_in_columns)
{
    char text[1000];
    FILE *out = fmemopen(text, sizeof text, "w");

    options_help(out, options_spec, OPTIONS_COUNT);
    fclose(out);
    ck_assert_str_eq(text, "  --host H                    a host\n"
                           "  --host-file FILE            one line\n"
                           "                              and another\n"
                           "  --json                      a flag\n"
                           "  --quiet                     another\n");
}
END_TEST

static const struct {
    const char *text;
    unsigned long min, max;
    int good;
    unsigned long number;
} options_number[] = {
    { "0", 0, 10, 1, 0 },
    { "10", 0, 10, 1, 10 },
    { "007", 0, 10, 1, 7 },
    { "4294967295", 1, 4294967295, 1, 4294967295 },
    { "11", 0, 10, 0, 0 },
    { "0", 1, 10, 0, 0 },
    { "", 0, 10, 0, 0 },
    { " 1", 0, 10, 0, 0 },
    { "1 ", 0, 10, 0, 0 },
    { "+1", 0, 10, 0, 0 },
    { "-1", 0, 10, 0, 0 },
    { "1.0", 0, 10, 0, 0 },
    { "1e1", 0, 10, 0, 0 },
    { "0x1", 0, 10, 0, 0 },
    { "1\n", 0, 10, 0, 0 },
    { "18446744073709551616", 0, ULONG_MAX, 0, 0 },  /* 2^64, which wraps to 0 */
    { "18446744073709551617", 0, ULONG_MAX, 0, 0 },
    { "99999999999999999999", 0, ULONG_MAX, 0, 0 },
    { "340282366920938463463374607431768211457", 0, 10, 0, 0 }, /* 2^128 + 1 */
};

START_TEST(options_numbers)
{
    unsigned long number = 12345;
    int good = number_parse(options_number[_i].text, options_number[_i].min,
                            options_number[_i].max, &number);

    ck_assert_msg(good == options_number[_i].good, "\"%s\"", options_number[_i].text);
    ck_assert_uint_eq(number, good ? options_number[_i].number : 12345);
}
END_TEST

TCase *tools_options_cases(void)
{
    TCase *tcase = tcase_create("options");

    tcase_add_loop_test(tcase, options_row_by_row, 0,
                        sizeof options_row / sizeof options_row[0]);
    tcase_add_test(tcase, options_error_of_a_long_argument_fits);
    tcase_add_test(tcase, options_help_is_in_columns);
    tcase_add_loop_test(tcase, options_numbers, 0,
                        sizeof options_number / sizeof options_number[0]);
    return tcase;
}
