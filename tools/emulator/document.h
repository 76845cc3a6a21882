/* SPDX-License-Identifier: MIT
 *
 * Typed access to a JSON document whose mistakes are to be told with their place, as in
 * `enrollments[3].script[0].step: ...`. A place is a value and how it was reached; places
 * live on the stack of who walks the document, each pointing at the one above.
 *
 *     struct document_place root = { NULL, NULL, 0, json, &why };
 *     if (!document_members(&root, known, count)) return;
 *     document_string(&root, "idScope", &id_scope);
 *
 * All functions return false after having told why, and true when there is nothing to
 * tell; a member that is absent or null is nothing to tell and leaves `*out` alone. */
#ifndef TOOLS_EMULATOR_DOCUMENT_H
#define TOOLS_EMULATOR_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/** The first mistake: its place and a sentence. Text of the document in it is escaped. */
struct document_why {
    char text[512];
};

struct document_place {
    const struct document_place *up; /* null: the document itself */
    const char *name;                /* of a member; null: an element */
    size_t index;                    /* of an element */
    json_t *value;                   /* borrowed; null: absent */
    struct document_why *why;
};

/** The place of a member or an element; its value is null where it is absent. */
struct document_place document_member(const struct document_place *up, const char *name);
struct document_place document_element(const struct document_place *up, size_t index);

/** Tells that something is wrong there: printf's format, no line end. Returns false. */
bool document_wrong(const struct document_place *place, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/** Whether it is an object, and each of its members is one of the `count` names. */
bool document_members(const struct document_place *object, const char *const *names,
                      size_t count);

/** Whether it is an array; absent counts as an empty one. */
bool document_is_array(const struct document_place *place);

/** A string of at least one character, without U+0000. Lent as long as the document. */
bool document_string(const struct document_place *object, const char *name,
                     const char **out);

/** A whole number. */
bool document_number(const struct document_place *object, const char *name, int64_t min,
                     int64_t max, int64_t *out);

/** A member that is only ever written as true. */
bool document_true(const struct document_place *object, const char *name, bool *out);

/** Whether the member is there, and not null. */
bool document_has(const struct document_place *object, const char *name);

#endif
