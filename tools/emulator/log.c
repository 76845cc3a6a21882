/* SPDX-License-Identifier: MIT
 *
 * One buffer a line, one write a line. A line that standard error cannot take at once is
 * lost, and counted; how many were lost is told before the next one that it takes. */
#include "tools/emulator/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 1024 };

static bool log_is_open;
static unsigned long log_lost; /* lines, since the last one that was written */

void log_open(void)
{
    log_is_open = true;
}

/* A pipe that nobody reads must not stop the service. One that poll() calls writable has
 * room for PIPE_BUF bytes, which is more than a line. */
static bool log_write(const char *line, size_t len)
{
    struct pollfd standard_error = { STDERR_FILENO, POLLOUT, 0 };
    ssize_t written;

    if (poll(&standard_error, 1, 0) != 1 || (standard_error.revents & POLLOUT) == 0) {
        return false;
    }
    written = write(STDERR_FILENO, line, len);
    (void)written; /* a log that nobody reads any more ends no service */
    return true;
}

/* Whether nothing is left to be told about lost lines. */
static bool log_write_lost(void)
{
    char line[LOG_LINE_MAX];
    int len;

    if (log_lost == 0) {
        return true;
    }
    len = snprintf(line, sizeof line, "%lu lines lost: standard error was full\n",
                   log_lost);
    if (!log_write(line, (size_t)len)) {
        return false;
    }
    log_lost = 0;
    return true;
}

void log_event(const char *peer, const char *id, const char *format, ...)
{
    char line[LOG_LINE_MAX];
    size_t len, cap = sizeof line - 1; /* one byte for the line end */
    struct tm utc;
    time_t now = time(NULL);
    va_list arguments;

    if (!log_is_open) {
        return;
    }
    gmtime_r(&now, &utc);
    len = strftime(line, cap, "%Y-%m-%dT%H:%M:%SZ ", &utc);
    len += (size_t)snprintf(line + len, cap - len, "%s %s ", peer,
                            id[0] == '\0' ? "-" : id);
    va_start(arguments, format);
    len += (size_t)vsnprintf(line + len, cap - len, format, arguments);
    va_end(arguments);
    len = len < cap ? len : cap - 1;
    line[len++] = '\n';
    if (!log_write_lost() || !log_write(line, len)) {
        log_lost++;
    }
}
