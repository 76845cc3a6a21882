/* SPDX-License-Identifier: MIT
 *
 * Whole input files, into memory, up to a limit.
 *
 *     struct file file;
 *
 *     if (!file_read(&file, "payload.json", 98304, error, sizeof error)) {
 *         fprintf(stderr, "%s\n", error);
 *     }
 *     ...
 *     file_free(&file); */
#ifndef TOOLS_COMMON_FILE_H
#define TOOLS_COMMON_FILE_H

#include <stddef.h>

/** A file's content, on the heap, and a NUL behind it that `len` does not count. */
struct file {
    char *data; /* null: nothing was read */
    size_t len; /* bytes */
};

/** Reads a whole file.
 *
 * `name`: "-" is standard input. `max` is the most bytes it may have. The caller gives
 * `file` to file_free() in the end, also after a failure.
 *
 * Returns 1, or 0: `file` is then empty, and `error`, `error_cap` bytes, says what is
 * wrong with which file. A signal ends the reading as a failure. */
int file_read(struct file *file, const char *name, size_t max, char *error,
              size_t error_cap);

/** The same for a file that `option` names: `error` begins with the option, and an empty
 * name is a mistake of its own. */
int file_read_option(struct file *file, const char *option, const char *name, size_t max,
                     char *error, size_t error_cap);

/** Wipes the content, which may be a secret, and frees it. */
void file_free(struct file *file);

#endif
