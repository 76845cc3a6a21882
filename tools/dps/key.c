/* SPDX-License-Identifier: MIT
 *
 * base64 text to a key. */
#include "tools/dps/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sas/wipe.h"
#include "tools/common/file.h"

/* Far beyond the 172 characters of the longest key. */
enum { KEY_FILE_MAX = 4096 };

static const struct key_names {
    const char *option, *file_option, *environment;
} key_names[] = {
    [KEY_SYMMETRIC] = { "--symmetric-key", "--symmetric-key-file", "DPS_SYMMETRIC_KEY" },
    [KEY_GROUP] = { "--group-key", "--group-key-file", "DPS_GROUP_KEY" },
};

int key_is_option(const struct key_source *source)
{
    return source->option != NULL || source->file != NULL;
}

int key_is_environment(const struct key_source *source)
{
    const char *text = getenv(key_names[source->kind].environment);

    return text != NULL && text[0] != '\0';
}

const char *key_missing(enum key_kind kind)
{
    return kind == KEY_GROUP
               ? "give --group-key, --group-key-file or DPS_GROUP_KEY"
               : "give --symmetric-key, --symmetric-key-file or DPS_SYMMETRIC_KEY";
}

/* `len` characters of base64 that came by way of `name`. */
static int key_decode(const char *name, const char *text, size_t len, uint32_t lifetime_s,
                      struct dps_sas_key *key, char *error, size_t error_cap)
{
    switch (dps_sas_key_from_base64(key, text, len, lifetime_s)) {
    case DPS_SAS_OK:
        return 1;
    case DPS_SAS_ERR_KEY_LENGTH:
        snprintf(error, error_cap, "%s: a key is 1 to 128 bytes, this one is not", name);
        return 0;
    default:
        snprintf(error, error_cap,
                 "%s: the key is not base64 (of RFC 4648, padded with '=')", name);
        return 0;
    }
}

static int key_from_file(const struct key_source *source, uint32_t lifetime_s,
                         struct dps_sas_key *key, char *error, size_t error_cap)
{
    const char *name = key_names[source->kind].file_option;
    struct file file;
    size_t len;
    int done;

    if (!file_read_option(&file, name, source->file, KEY_FILE_MAX, error, error_cap)) {
        return 0;
    }
    len = file.len;
    while (len != 0 && memchr(" \t\r\n\v\f", file.data[len - 1], 6) != NULL) {
        len--;
    }
    done = key_decode(name, file.data, len, lifetime_s, key, error, error_cap);
    file_free(&file);
    return done;
}

int key_read(const struct key_source *source, uint32_t lifetime_s,
             struct dps_sas_key *key, char *error, size_t error_cap)
{
    const struct key_names *names = &key_names[source->kind];
    const char *text = source->option;
    size_t len;
    int done;

    if (source->option != NULL && source->file != NULL) {
        snprintf(error, error_cap, "%s and %s: give one of them", names->option,
                 names->file_option);
        return 0;
    }
    if (source->file != NULL) {
        return key_from_file(source, lifetime_s, key, error, error_cap);
    }
    if (text == NULL) {
        text = getenv(names->environment);
    }
    len = strlen(text);
    done = key_decode(source->option != NULL ? names->option : names->environment, text,
                      len, lifetime_s, key, error, error_cap);
    /* argv and the environment are ours to change: the text is not to show in ps. */
    dps_wipe((char *)(uintptr_t)text, len);
    return done;
}
