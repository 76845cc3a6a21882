/* SPDX-License-Identifier: MIT
 *
 * The suite of the room dps/. */
#include <stdlib.h>

#include "tests/unit/dps/dps_tests.h"

int main(void)
{
    Suite *suite = suite_create("dps");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, dps_topic_cases());
    suite_add_tcase(suite, dps_json_cases());
    suite_add_tcase(suite, dps_json_oracle_cases());
    suite_add_tcase(suite, dps_response_cases());
    suite_add_tcase(suite, dps_registration_cases());
    suite_add_tcase(suite, dps_matrix_cases());
    suite_add_tcase(suite, dps_client_cases());
    suite_add_tcase(suite, dps_text_cases());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
