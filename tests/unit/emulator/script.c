/* SPDX-License-Identifier: MIT
 *
 * tools/emulator/script.h: the first rule that fits and is not used up wins. */
#include "tools/emulator/script.h"

#include "tests/unit/emulator/emulator_tests.h"

START_TEST(script_first_rule_with_uses_left_wins)
{
    struct script_rule rules[] = {
        { .step = SCRIPT_POLL, .action = SCRIPT_DROP, .times = SCRIPT_ALWAYS },
        { .step = SCRIPT_REGISTER, .action = SCRIPT_STATUS, .times = 2 },
        { .step = SCRIPT_REGISTER, .action = SCRIPT_DELAY, .times = 1 },
    };
    struct script script = { rules, sizeof rules / sizeof rules[0] };

    ck_assert_ptr_eq(script_take(&script, SCRIPT_REGISTER), &rules[1]);
    ck_assert_ptr_eq(script_take(&script, SCRIPT_REGISTER), &rules[1]);
    ck_assert_ptr_eq(script_take(&script, SCRIPT_REGISTER), &rules[2]);
    ck_assert_ptr_null(script_take(&script, SCRIPT_REGISTER));
    ck_assert_ptr_null(script_take(&script, SCRIPT_REGISTER));
}
END_TEST

START_TEST(script_rule_without_times_is_never_used_up)
{
    struct script_rule rules[] = {
        { .step = SCRIPT_CONNECT, .action = SCRIPT_CONNACK, .times = SCRIPT_ALWAYS },
        { .step = SCRIPT_CONNECT, .action = SCRIPT_DROP, .times = 1 },
    };
    struct script script = { rules, sizeof rules / sizeof rules[0] };

    for (int i = 0; i < 1000; i++) {
        ck_assert_ptr_eq(script_take(&script, SCRIPT_CONNECT), &rules[0]);
    }
}
END_TEST

START_TEST(script_other_steps_are_as_usual)
{
    struct script_rule rule = { .step = (uint8_t)_i, .times = SCRIPT_ALWAYS };
    struct script script = { &rule, 1 };

    for (int step = 0; step < SCRIPT_STEPS; step++) {
        const struct script_rule *found = script_take(&script, (enum script_step)step);

        ck_assert_ptr_eq(found, step == _i ? &rule : NULL);
    }
}
END_TEST

START_TEST(script_none_is_as_usual)
{
    struct script script = { NULL, 0 };

    ck_assert_ptr_null(script_take(&script, SCRIPT_CONNECT));
}
END_TEST

TCase *emulator_script_cases(void)
{
    TCase *cases = tcase_create("script");

    tcase_add_test(cases, script_first_rule_with_uses_left_wins);
    tcase_add_test(cases, script_rule_without_times_is_never_used_up);
    tcase_add_loop_test(cases, script_other_steps_are_as_usual, 0, SCRIPT_STEPS);
    tcase_add_test(cases, script_none_is_as_usual);
    return cases;
}
