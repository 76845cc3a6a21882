/* SPDX-License-Identifier: MIT
 *
 * The suite's cases, a function a file. */
#ifndef TESTS_UNIT_TOOLS_TESTS_H
#define TESTS_UNIT_TOOLS_TESTS_H

#include <check.h>

TCase *tools_options_cases(void);
TCase *tools_escape_cases(void);
TCase *tools_describe_cases(void);
TCase *tools_trace_cases(void);
TCase *tools_file_cases(void);
TCase *tools_identity_cases(void);
TCase *tools_key_cases(void);
TCase *tools_resolve_cases(void);
TCase *tools_result_cases(void);
TCase *tools_spool_cases(void);

#endif
