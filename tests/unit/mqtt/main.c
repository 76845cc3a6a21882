/* SPDX-License-Identifier: MIT
 *
 * The suite of the room mqtt/. */
#include <stdlib.h>

#include "tests/unit/mqtt/mqtt_tests.h"

int main(void)
{
    Suite *suite = suite_create("mqtt");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, mqtt_text_cases());
    suite_add_tcase(suite, mqtt_reader_cases());
    suite_add_tcase(suite, mqtt_server_cases());
    suite_add_tcase(suite, mqtt_writer_cases());
    suite_add_tcase(suite, mqtt_vector_cases());
    suite_add_tcase(suite, mqtt_filter_cases());
    suite_add_tcase(suite, mqtt_session_cases());
    suite_add_tcase(suite, mqtt_unsubscribe_cases());
    suite_add_tcase(suite, mqtt_delivery_cases());
    suite_add_tcase(suite, mqtt_client_cases());
    suite_add_tcase(suite, mqtt_half_duplex_cases());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
