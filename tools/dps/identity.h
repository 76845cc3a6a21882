/* SPDX-License-Identifier: MIT
 *
 * What a device calls itself: the ID scope and the registration ID, checked before
 * anything is sent.
 *
 *     mistake = identity_id_scope_mistake(scope);
 *     if (mistake == NULL && !identity_id_scope_is_usual(scope)) { warn } */
#ifndef TOOLS_DPS_IDENTITY_H
#define TOOLS_DPS_IDENTITY_H

/** Null, or what is wrong with it: 1 to 32 of A-Z a-z 0-9. No grammar is documented. */
const char *identity_id_scope_mistake(const char *id_scope);

/** Whether it looks as the service makes them: "0ne" or "0cn" and more. */
int identity_id_scope_is_usual(const char *id_scope);

/** Null, or what is wrong with it: 1 to 128 of A-Z a-z 0-9 - . _ : and the last one of
 * A-Z a-z 0-9 - (DPS terminology article, "registration ID"). */
const char *identity_registration_id_mistake(const char *registration_id);

/** Whether it begins with a special character: the service's schema forbids that, the
 * articles do not. */
int identity_begins_special(const char *registration_id);

/** The warning for upper case with a group key. */
#define IDENTITY_UPPER_CASE                                                              \
    "the registration ID has upper-case letters; with a group key lower case is the "    \
    "safe spelling: another case is another key"

/** Whether it has an upper-case letter. */
int identity_has_upper_case(const char *registration_id);

/** Null, or what is wrong with a host name: labels of 1 to 63 of A-Z a-z 0-9 -, no hyphen
 * at their ends, 253 in all, not an address (RFC 1123 2.1). */
const char *identity_host_mistake(const char *host);

/** Null, or what is wrong with an API version: 1 to 32 of A-Z a-z 0-9 -. */
const char *identity_api_version_mistake(const char *api_version);

#endif
