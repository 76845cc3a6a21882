/* SPDX-License-Identifier: MIT
 *
 * The tests of tls/. The folder that tests/pki/make.sh made is named by DPS_PKI. */
#include <check.h>
#include <stdlib.h>

TCase *tls_anchors_cases(void);
TCase *tls_handshake_cases(void);
TCase *tls_records_cases(void);
TCase *tls_tcp_cases(void);
TCase *tls_text_cases(void);

int main(void)
{
    Suite *suite = suite_create("tls");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, tls_text_cases());
    suite_add_tcase(suite, tls_anchors_cases());
    suite_add_tcase(suite, tls_tcp_cases());
    suite_add_tcase(suite, tls_handshake_cases());
    suite_add_tcase(suite, tls_records_cases());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
