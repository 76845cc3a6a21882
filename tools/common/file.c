/* SPDX-License-Identifier: MIT
 *
 * read() into a buffer that grows until the file ends or the limit is passed. No stdio on
 * the way in: its buffers would keep a copy of a key. */
#include "tools/common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sas/wipe.h"
#include "tools/common/escape.h"

/* Bytes that a buffer begins with; it doubles. */
enum { FILE_FIRST = 4096 };

static int file_fail(char *error, size_t cap, const char *name, const char *what)
{
    char shown[160];

    if (strcmp(name, "-") == 0) {
        name = "standard input";
    }
    snprintf(error, cap, "%s: %s", escape_text(shown, sizeof shown, name, strlen(name)),
             what);
    return 0;
}

/* Makes room for more than file->len bytes; the old place is wiped. */
static int file_grow(struct file *file, size_t *cap)
{
    size_t wider = *cap == 0 ? FILE_FIRST : 2 * *cap;
    char *data = malloc(wider);

    if (data == NULL) {
        return 0;
    }
    if (file->len != 0) {
        memcpy(data, file->data, file->len);
        dps_wipe(file->data, file->len);
    }
    free(file->data);
    file->data = data;
    *cap = wider;
    return 1;
}

/* Reads to the end; 1, or 0 with errno, EFBIG when there is more than `max`. */
static int file_read_all(struct file *file, int fd, size_t max)
{
    size_t cap = 0;
    ssize_t n;

    do {
        if (file->len + 1 >= cap && !file_grow(file, &cap)) { /* cap is below 2 * max */
            errno = ENOMEM;
            return 0;
        }
        n = read(fd, file->data + file->len, cap - 1 - file->len);
        if (n < 0) {
            return 0;
        }
        file->len += (size_t)n;
        if (file->len > max) {
            errno = EFBIG;
            return 0;
        }
    } while (n != 0);
    file->data[file->len] = '\0';
    return 1;
}

int file_read(struct file *file, const char *name, size_t max, char *error,
              size_t error_cap)
{
    int standard_input = strcmp(name, "-") == 0;
    int fd, done, why;
    char limit[80];

    file->data = NULL;
    file->len = 0;
    fd = standard_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return file_fail(error, error_cap, name, strerror(errno));
    }
    done = file_read_all(file, fd, max);
    why = errno;
    if (!standard_input) {
        close(fd);
    }
    if (done) {
        return 1;
    }
    file_free(file);
    snprintf(limit, sizeof limit, "longer than the %zu bytes (%zu KB) allowed", max,
             max / 1024);
    return file_fail(error, error_cap, name, why == EFBIG ? limit : strerror(why));
}

int file_read_option(struct file *file, const char *option, const char *name, size_t max,
                     char *error, size_t error_cap)
{
    char why[300];

    file->data = NULL;
    file->len = 0;
    if (name[0] == '\0') {
        snprintf(error, error_cap, "%s: the file's name is missing", option);
        return 0;
    }
    if (!file_read(file, name, max, why, sizeof why)) {
        snprintf(error, error_cap, "%s %s", option, why);
        return 0;
    }
    return 1;
}

void file_free(struct file *file)
{
    if (file->data != NULL) {
        dps_wipe(file->data, file->len);
    }
    free(file->data);
    file->data = NULL;
    file->len = 0;
}
