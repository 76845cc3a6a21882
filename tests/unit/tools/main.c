/* SPDX-License-Identifier: MIT
 *
 * The suite of tools/common/ and tools/dps/. */
#include <stdlib.h>

#include "tests/unit/tools/tools_tests.h"

int main(void)
{
    Suite *suite = suite_create("tools");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, tools_options_cases());
    suite_add_tcase(suite, tools_escape_cases());
    suite_add_tcase(suite, tools_describe_cases());
    suite_add_tcase(suite, tools_trace_cases());
    suite_add_tcase(suite, tools_file_cases());
    suite_add_tcase(suite, tools_identity_cases());
    suite_add_tcase(suite, tools_key_cases());
    suite_add_tcase(suite, tools_resolve_cases());
    suite_add_tcase(suite, tools_result_cases());
    suite_add_tcase(suite, tools_spool_cases());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
