/* SPDX-License-Identifier: MIT
 *
 * The cases of this suite, a file each. */
#ifndef TESTS_UNIT_EMULATOR_TESTS_H
#define TESTS_UNIT_EMULATOR_TESTS_H

#include <check.h>

TCase *emulator_user_name_cases(void);
TCase *emulator_token_cases(void);
TCase *emulator_enrollments_cases(void);
TCase *emulator_script_cases(void);
TCase *emulator_registry_cases(void);
TCase *emulator_outbox_cases(void);
TCase *emulator_log_cases(void);
TCase *emulator_service_cases(void);
TCase *emulator_connection_cases(void);

#endif
