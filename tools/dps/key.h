/* SPDX-License-Identifier: MIT
 *
 * A symmetric key, from where a command may have it: an option, a file that an option
 * names, or the environment. The text is wiped wherever it lay, argv included, once the
 * key has been read.
 *
 *     source.option = value[OPT_GROUP_KEY], source.file = value[OPT_GROUP_KEY_FILE];
 *     source.kind = KEY_GROUP;
 *     if (!key_is_given(&source)) { "which key?" }
 *     if (!key_read(&source, 3600, &key, error, sizeof error)) { ... } */
#ifndef TOOLS_DPS_KEY_H
#define TOOLS_DPS_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "sas/sas.h"

enum key_kind { KEY_SYMMETRIC, KEY_GROUP };

/** The two rows of an option table; `kind` is the option's name. */
#define KEY_OPTION_ROWS(kind, whose)                                                     \
    { kind, "B64", whose " in base64" },                                                 \
    { kind "-file", "FILE", "the same from a file; - is standard input" }

/** Where a key may come from. */
struct key_source {
    enum key_kind kind;
    const char *option; /* the option's value; null: not given */
    const char *file;   /* the file option's value; null: not given */
};

/** Whether an option gives a key. */
int key_is_option(const struct key_source *source);

/** Whether the environment does; a variable that is empty counts as not set. */
int key_is_environment(const struct key_source *source);

/** What a command without any key says. */
const char *key_missing(enum key_kind kind);

/** Reads the key; an option goes before the environment. One of them must be given.
 *
 * Returns 1, or 0: `error` then says what is wrong, and never what the text was.
 * The caller wipes `key` in the end. */
int key_read(const struct key_source *source, uint32_t lifetime_s,
             struct dps_sas_key *key, char *error, size_t error_cap);

#endif
