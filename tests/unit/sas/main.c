/* SPDX-License-Identifier: MIT
 *
 * The tests of sas/, one case a file. */
#include <check.h>
#include <stdlib.h>

TCase *sas_wipe_cases(void);
TCase *sas_base64_cases(void);
TCase *sas_percent_cases(void);
TCase *sas_key_cases(void);
TCase *sas_token_cases(void);

int main(void)
{
    Suite *suite = suite_create("sas");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, sas_wipe_cases());
    suite_add_tcase(suite, sas_base64_cases());
    suite_add_tcase(suite, sas_percent_cases());
    suite_add_tcase(suite, sas_key_cases());
    suite_add_tcase(suite, sas_token_cases());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
