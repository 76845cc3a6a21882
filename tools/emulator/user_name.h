/* SPDX-License-Identifier: MIT
 *
 * The user name of a device's CONNECT:
 *
 *     {idScope}/registrations/{registrationId}/api-version={version}
 *
 * and, if the device likes, &ClientVersion={text}. */
#ifndef TOOLS_EMULATOR_USER_NAME_H
#define TOOLS_EMULATOR_USER_NAME_H

#include <stdbool.h>

#include "mqtt/packet.h"

enum { USER_NAME_ID_SCOPE_MAX = 32, USER_NAME_REGISTRATION_ID_MAX = 128 };

struct user_name {
    struct dps_bytes id_scope, registration_id, api_version;
    struct dps_bytes client_version; /* at null: not given */
};

/** Takes a user name to its parts, which are lent out of `text`.
 *
 * True when it has the shape above: an ID scope of letters and digits, an ID without '/',
 * a version of letters, digits and '-', in this order. IoT Hub's form, with "/?" before
 * api-version, has not; nor has one that is absent, with a null `text.at`. Whether the
 * registration ID keeps its own rules is another question, see user_name_id_is_valid().
 * False leaves `name` undefined. */
bool user_name_parse(struct dps_bytes text, struct user_name *name);

/** Whether a registration ID keeps the rules: 1 to 128 of A-Z a-z 0-9 - . _ : and the
 * last one a letter, a digit or '-' ("Terms of the Device Provisioning Service"). */
bool user_name_id_is_valid(struct dps_bytes id);

/** Whether an ID scope may be one: 1 to 32 letters and digits. */
bool user_name_scope_is_valid(struct dps_bytes id_scope);

/** Compares as the service compares registration IDs: without case, ASCII alone. */
bool user_name_same_id(struct dps_bytes a, struct dps_bytes b);

/** A NUL-terminated text as bytes. */
struct dps_bytes user_name_text(const char *text);

#endif
