/* SPDX-License-Identifier: MIT
 *
 * Which rule fits: the first one for the step that has uses left. */
#include "tools/emulator/script.h"

const char *const script_step_names[SCRIPT_STEPS] = {
    [SCRIPT_CONNECT] = "connect",
    [SCRIPT_SUBSCRIBE] = "subscribe",
    [SCRIPT_REGISTER] = "register",
    [SCRIPT_POLL] = "poll",
};

const struct script_rule *script_take(struct script *script, enum script_step step)
{
    for (size_t i = 0; i < script->count; i++) {
        struct script_rule *rule = &script->rules[i];

        if (rule->step != (uint8_t)step) {
            continue;
        }
        if (rule->times == SCRIPT_ALWAYS) {
            return rule;
        }
        if (rule->used < rule->times) {
            rule->used++;
            return rule;
        }
    }
    return NULL;
}
