/* SPDX-License-Identifier: MIT
 *
 * One buffer a line, one write a line. */
#include "tools/emulator/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 1024 };

static bool log_is_open;

void log_open(void)
{
    log_is_open = true;
}

void log_event(const char *peer, const char *id, const char *format, ...)
{
    char line[LOG_LINE_MAX];
    size_t len, cap = sizeof line - 1; /* one byte for the line end */
    struct tm utc;
    time_t now = time(NULL);
    va_list arguments;
    ssize_t written;

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
    written = write(STDERR_FILENO, line, len);
    (void)written; /* a log that nobody reads any more ends no service */
}
