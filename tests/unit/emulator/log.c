/* SPDX-License-Identifier: MIT
 *
 * tools/emulator/log.h: a line an event, and no waiting for a standard error that is
 * full. Each test is a process of its own, whose standard error is a pipe. */
#include "tools/emulator/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/emulator/emulator_tests.h"

enum { EVENTS = 4000 }; /* more than any pipe holds: 64 KB, 1 MB at most */

static int pipe_fd[2];
static char text[2048];

static void setup(void)
{
    ck_assert_int_eq(pipe(pipe_fd), 0);
    ck_assert_int_eq(dup2(pipe_fd[1], STDERR_FILENO), STDERR_FILENO);
    close(pipe_fd[1]);
    log_open();
}

static void teardown(void)
{
    close(pipe_fd[0]);
}

/* What the pipe holds now, as much as fits `text`. */
static const char *read_text(void)
{
    ssize_t got = read(pipe_fd[0], text, sizeof text - 1);

    ck_assert_int_ge(got, 0);
    text[got] = '\0';
    return text;
}

/* Empties the pipe: how many line ends came. */
static unsigned read_lines(void)
{
    char waste[4096];
    unsigned lines = 0;
    ssize_t got;

    ck_assert_int_eq(fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK), 0);
    while ((got = read(pipe_fd[0], waste, sizeof waste)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            lines += waste[i] == '\n';
        }
    }
    return lines;
}

START_TEST(log_is_a_line_an_event)
{
    log_event("[::1]:5", "dev", "%s %d", "poll", 7);
    ck_assert_str_eq(strchr(read_text(), ' '), " [::1]:5 dev poll 7\n");
    log_event("[::1]:5", "", "connected");
    ck_assert_str_eq(strchr(read_text(), ' '), " [::1]:5 - connected\n");
}
END_TEST

START_TEST(log_cuts_a_long_line_at_its_end)
{
    char what[3000];

    memset(what, 'x', sizeof what - 1);
    what[sizeof what - 1] = '\0';
    log_event("a", "b", "%s", what);
    ck_assert_uint_eq(strlen(read_text()), 1023);
    ck_assert_uint_eq(strcspn(text, "\n"), 1022);
}
END_TEST

START_TEST(log_loses_lines_rather_than_wait)
{
    unsigned whole, lost = 0;

    for (int i = 0; i < EVENTS; i++) {
        log_event("[::1]:5", "dev", "%0400d", i);
    }
    whole = read_lines();
    ck_assert_uint_gt(whole, 0);
    ck_assert_uint_lt(whole, EVENTS);
    log_event("[::1]:5", "dev", "again");
    ck_assert_int_eq(sscanf(read_text(), "%u lines lost", &lost), 1);
    ck_assert_uint_eq(lost, EVENTS - whole);
    ck_assert_ptr_nonnull(strstr(text, " dev again\n"));
    log_event("[::1]:5", "dev", "and again");
    ck_assert_ptr_null(strstr(read_text(), "lost"));
}
END_TEST

/* standard_prepare() has SIGPIPE ignored. */
START_TEST(log_without_a_reader_is_no_harm)
{
    signal(SIGPIPE, SIG_IGN);
    close(pipe_fd[0]);
    pipe_fd[0] = -1;
    log_event("[::1]:5", "dev", "nobody");
    log_event("[::1]:5", "dev", "nobody");
}
END_TEST

TCase *emulator_log_cases(void)
{
    TCase *cases = tcase_create("log");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, log_is_a_line_an_event);
    tcase_add_test(cases, log_cuts_a_long_line_at_its_end);
    tcase_add_test(cases, log_loses_lines_rather_than_wait);
    tcase_add_test(cases, log_without_a_reader_is_no_harm);
    return cases;
}
