/* SPDX-License-Identifier: MIT
 *
 * The JSON bodies of the service's answers, in the shape and order of real ones ("Runtime
 * registration", device REST API: RegistrationOperationStatus,
 * ProvisioningServiceErrorDetails). Every function returns text to free(), or null
 * without memory. */
#ifndef TOOLS_EMULATOR_ANSWER_H
#define TOOLS_EMULATOR_ANSWER_H

#include "tools/emulator/enrollments.h"
#include "tools/emulator/registry.h"

/** An operation ID in the form of the service's: digit, dot, 16 hex digits, dot, UUID. */
void answer_operation_id(char out[REGISTRY_OPERATION_SIZE]);

/** The time of day as 2020-04-10T03:11:13.0276997Z. */
void answer_time(char out[REGISTRY_TIME_SIZE]);

/** 202: assigning. `with_state`: as in a poll's answer, with a registrationState. */
char *answer_assigning(const struct registration *registration, bool with_state);

/** 200: how the enrollment says it ends. `registration` null: disabled, no operation.
 * Where the enrollment has a payload, the text stops behind `"payload":`, and
 * ANSWER_END must follow it. */
char *answer_final(const struct enrollment *enrollment, const char *registration_id,
                   const struct registration *registration);
#define ANSWER_END "}}"

/** 4xx and 5xx. */
char *answer_error(uint32_t error_code, const char *message);

#endif
