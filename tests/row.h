/* SPDX-License-Identifier: MIT
 *
 * How a row of a looped test gets its name into tests/conformance/: the test's last line
 * is `ROW_RAN(table[_i].name);`, and tests/run believes it when the whole test passed. */
#ifndef TESTS_ROW_H
#define TESTS_ROW_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Check's START_TEST(name) defines the function name_fn. */
#define ROW_RAN(row) row_ran(__func__, sizeof __func__ - sizeof "_fn", (row))

/* Appends "function TAB row" to the file that DPS_ROWS names, if it names one. */
static inline void row_ran(const char *function, size_t len, const char *row)
{
    const char *path = getenv("DPS_ROWS");
    FILE *file;

    if (path == NULL) {
        return;
    }
    file = fopen(path, "a");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%.*s\t%s\n", (int)len, function, row);
    ck_assert_int_eq(fclose(file), 0);
}

#endif
