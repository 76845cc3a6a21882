/* SPDX-License-Identifier: MIT
 *
 * What is small is exhausted, what has positions is swept: the reader against a model of
 * the standard, and conversations in every split. */
#include <stdlib.h>

#include "tests/unit/mqtt_exhaustive/mqtt_exhaustive_tests.h"

int main(void)
{
    Suite *suite = suite_create("mqtt_exhaustive");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, mqtt_exhaustive_cases());
    suite_add_tcase(suite, mqtt_split_cases());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
