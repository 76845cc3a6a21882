/* SPDX-License-Identifier: MIT
 *
 * tools/common/file.c: sizes round the limit and round a doubled buffer; no files. */
#include "tools/common/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/tools/tools_tests.h"

static char file_name[] = "/tmp/tinydps-file-XXXXXX";
static char file_error[300];

static void file_setup(void)
{
    int fd = mkstemp(file_name);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void file_teardown(void)
{
    unlink(file_name);
}

static void file_write(size_t len)
{
    FILE *out = fopen(file_name, "w");
    size_t i;

    for (i = 0; i < len; i++) {
        putc((int)(i * 7 % 256), out);
    }
    fclose(out);
}

static const size_t file_size[] = { 0, 1, 4094, 4095, 4096, 4097, 8191, 8192, 100000 };

START_TEST(file_is_read_whole)
{
    struct file file;
    size_t len = file_size[_i], i;

    file_write(len);
    ck_assert_msg(file_read(&file, file_name, len, file_error, sizeof file_error), "%s",
                  file_error);
    ck_assert_uint_eq(file.len, len);
    for (i = 0; i < len; i++) {
        ck_assert_uint_eq((unsigned char)file.data[i], i * 7 % 256);
    }
    ck_assert_int_eq(file.data[len], '\0');
    file_free(&file);
    ck_assert_ptr_null(file.data);
}
END_TEST

START_TEST(file_longer_than_its_limit)
{
    struct file file;

    file_write(file_size[_i] + 1);
    ck_assert(!file_read(&file, file_name, file_size[_i], file_error, sizeof file_error));
    ck_assert_ptr_null(file.data);
    ck_assert_ptr_nonnull(strstr(file_error, file_name));
    ck_assert_ptr_nonnull(strstr(file_error, "longer"));
}
END_TEST

START_TEST(file_from_standard_input)
{
    struct file file;

    file_write(10);
    ck_assert_ptr_nonnull(freopen(file_name, "r", stdin));
    ck_assert(file_read(&file, "-", 10, file_error, sizeof file_error));
    ck_assert_uint_eq(file.len, 10);
    file_free(&file);
}
END_TEST

static const struct {
    const char *name, *shown;
} file_refused[] = {
    { "/no/such/file", "/no/such/file: No such file" },
    { "/", "/: Is a directory" },
    { "", ": No such file" },
    { "/no/\x1b[31m", "/no/\\x1b[31m: " },
};

START_TEST(file_that_is_none)
{
    struct file file;

    ck_assert(
        !file_read(&file, file_refused[_i].name, 10, file_error, sizeof file_error));
    ck_assert_ptr_null(file.data);
    ck_assert_ptr_eq(strstr(file_error, file_refused[_i].shown), file_error);
    file_free(&file);
}
END_TEST

START_TEST(file_of_an_option)
{
    struct file file;

    file_write(10);
    ck_assert(file_read_option(&file, "--ca", file_name, 10, file_error,
                               sizeof file_error));
    file_free(&file);
    ck_assert(!file_read_option(&file, "--ca", "/no/such", 10, file_error,
                                sizeof file_error));
    ck_assert_ptr_eq(strstr(file_error, "--ca /no/such: No such file"), file_error);
    ck_assert(!file_read_option(&file, "--ca", "", 10, file_error, sizeof file_error));
    ck_assert_ptr_eq(strstr(file_error, "--ca: "), file_error);
    ck_assert_ptr_null(file.data);
}
END_TEST

TCase *tools_file_cases(void)
{
    TCase *tcase = tcase_create("file");
    int sizes = sizeof file_size / sizeof file_size[0];

    tcase_add_checked_fixture(tcase, file_setup, file_teardown);
    tcase_add_loop_test(tcase, file_is_read_whole, 0, sizes);
    tcase_add_loop_test(tcase, file_longer_than_its_limit, 0, sizes);
    tcase_add_test(tcase, file_from_standard_input);
    tcase_add_test(tcase, file_of_an_option);
    tcase_add_loop_test(tcase, file_that_is_none, 0,
                        sizeof file_refused / sizeof file_refused[0]);
    return tcase;
}
