/* SPDX-License-Identifier: MIT
 *
 * tools/emulator/registry.h: one registration a device, and not without bound. */
#include "tools/emulator/registry.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/emulator/emulator_tests.h"
#include "tools/emulator/user_name.h"

static struct registration *begin(struct registry *registry, const char *id,
                                  const char *operation_id)
{
    struct registration *registration = registry_begin(registry, id);

    ck_assert_ptr_nonnull(registration);
    snprintf(registration->operation_id, sizeof registration->operation_id, "%s",
             operation_id);
    return registration;
}

START_TEST(registry_finds_by_device_and_operation)
{
    struct registry registry = { NULL, 0 };

    begin(&registry, "dev-1", "op-1")->polls = 7;
    begin(&registry, "dev-2", "op-2");
    ck_assert_int_eq(registry_find(&registry, "DEV-1", user_name_text("op-1"))->polls, 7);
    ck_assert_ptr_null(registry_find(&registry, "dev-1", user_name_text("op-2")));
    ck_assert_ptr_null(registry_find(&registry, "dev-1", user_name_text("op-")));
    ck_assert_ptr_null(registry_find(&registry, "dev-3", user_name_text("op-1")));
    registry_free(&registry);
}
END_TEST

START_TEST(registry_a_new_register_ends_the_old_operation)
{
    struct registry registry = { NULL, 0 };

    begin(&registry, "dev-1", "op-1")->polls = 7;
    ck_assert_int_eq(begin(&registry, "Dev-1", "op-2")->polls, 0);
    ck_assert_uint_eq(registry.count, 1);
    ck_assert_ptr_null(registry_find(&registry, "dev-1", user_name_text("op-1")));
    ck_assert_str_eq(
        registry_find(&registry, "dev-1", user_name_text("op-2"))->registration_id, "Dev-1");
    registry_free(&registry);
}
END_TEST

START_TEST(registry_forgets_the_one_not_used_for_longest)
{
    struct registry registry = { NULL, 0 };
    char id[32];

    for (int i = 0; i < REGISTRY_MAX; i++) {
        snprintf(id, sizeof id, "dev-%d", i);
        begin(&registry, id, "op");
    }
    ck_assert_ptr_nonnull(registry_find(&registry, "dev-0", user_name_text("op")));
    begin(&registry, "one-more", "op");
    ck_assert_uint_eq(registry.count, REGISTRY_MAX);
    ck_assert_ptr_nonnull(registry_find(&registry, "dev-0", user_name_text("op")));
    ck_assert_ptr_null(registry_find(&registry, "dev-1", user_name_text("op")));
    registry_free(&registry);
}
END_TEST

TCase *emulator_registry_cases(void)
{
    TCase *cases = tcase_create("registry");

    tcase_add_test(cases, registry_finds_by_device_and_operation);
    tcase_add_test(cases, registry_a_new_register_ends_the_old_operation);
    tcase_add_test(cases, registry_forgets_the_one_not_used_for_longest);
    return cases;
}
