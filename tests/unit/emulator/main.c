/* SPDX-License-Identifier: MIT
 *
 * The suite of tools/emulator/. */
#include <stdlib.h>

#include "tests/unit/emulator/emulator_tests.h"

int main(void)
{
    Suite *suite = suite_create("emulator");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, emulator_user_name_cases());
    suite_add_tcase(suite, emulator_token_cases());
    suite_add_tcase(suite, emulator_enrollments_cases());
    suite_add_tcase(suite, emulator_script_cases());
    suite_add_tcase(suite, emulator_registry_cases());
    suite_add_tcase(suite, emulator_outbox_cases());
    suite_add_tcase(suite, emulator_log_cases());
    suite_add_tcase(suite, emulator_service_cases());
    suite_add_tcase(suite, emulator_connection_cases());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
