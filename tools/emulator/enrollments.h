/* SPDX-License-Identifier: MIT
 *
 * Who may register, and what each one gets: the enrollments of one ID scope. Read once
 * from a JSON document, checked to the last member, and then only read, but for the use
 * counts of the scripts. */
#ifndef TOOLS_EMULATOR_ENROLLMENTS_H
#define TOOLS_EMULATOR_ENROLLMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "sas/sas.h"
#include "tools/emulator/document.h"
#include "tools/emulator/script.h"

/** How a registration ends; enrollment_status_names[] has the words of the wire. */
enum enrollment_status {
    ENROLLMENT_ASSIGNED,
    ENROLLMENT_FAILED,
    ENROLLMENT_DISABLED,
    ENROLLMENT_UNASSIGNED
};
enum { ENROLLMENT_STATUSES = 4, ENROLLMENT_KEYS = 2 };
extern const char *const enrollment_status_names[ENROLLMENT_STATUSES];

/** An individual enrollment, or an enrollment group. */
struct enrollment {
    const char *id;            /* the registration ID; or the group's ID */
    const char *assigned_hub, *substatus;
    const char *device_id;     /* null: the registration ID, as in groups */
    const char *error_message; /* null: none */
    int64_t error_code;        /* 0: none */
    int64_t polls;             /* the final answer's poll; 0: register brings it */
    int64_t retry_after_s;
    char *payload;             /* JSON text, owned; null: none */
    size_t payload_len;        /* bytes */
    enum enrollment_status status;
    bool is_group;
    struct script script;
    size_t key_count;
    struct dps_sas_key keys[ENROLLMENT_KEYS];
};

struct enrollments {
    const char *id_scope;
    struct enrollment *individuals, *groups;
    size_t individual_count, group_count;
    json_t *document; /* the strings above are lent from it */
};

/** Reads a document of `len` bytes; with a null `text` the demo enrollment.
 *
 * Returns 0; or -1 with a sentence in `why`, which begins with the place in the document
 * ("enrollments[3].script[0].step: ...") or with the line where it is no JSON; and then
 * `enrollments` holds nothing. Do not move it: signers point inside. */
int enrollments_read(struct enrollments *enrollments, const char *text, size_t len,
                     struct document_why *why);

/** Frees everything and wipes the keys. */
void enrollments_free(struct enrollments *enrollments);

/** Finds an individual enrollment by registration ID, without case; null: none. */
struct enrollment *enrollments_find(const struct enrollments *enrollments,
                                    const char *registration_id);

#endif
