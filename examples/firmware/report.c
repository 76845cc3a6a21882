/* SPDX-License-Identifier: MIT
 *
 * A line each: a name and a value. */
#include "report.h"

#include "board.h"
#include "debugger.h"

static void report_text(const char *name, const char *value)
{
    debugger_print(name);
    debugger_print(value);
    debugger_print("\n");
}

static void report_number(const char *name, int32_t number)
{
    char digits[12]; /* -2147483648 */
    char *at = digits + sizeof digits - 1;
    uint32_t left = number < 0 ? 0u - (uint32_t)number : (uint32_t)number;

    *at = '\0';
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (number < 0) {
        *--at = '-';
    }
    report_text(name, at);
}

void report_assignment(const struct dps_assignment *assignment, uint32_t payload_len)
{
    report_text("hub ", assignment->hub);
    report_text("device ID ", assignment->device_id);
    report_number("payload ", (int32_t)payload_len);
}

void report_failure(const struct dps_failure *failure)
{
    report_number("failed in layer ", failure->layer);
    report_number("error ", failure->error);
    report_number("detail ", failure->detail);
}

void report_memory(void)
{
    size_t stack = memory_stack_used();
    size_t variables = memory_variables();

    report_number("stack ", (int32_t)stack);
    report_number("variables ", (int32_t)variables);
    report_number("RAM ", (int32_t)(stack + variables));
}
