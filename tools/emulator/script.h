/* SPDX-License-Identifier: MIT
 *
 * Scripted rules: what the emulator does in place of the usual, at a step of a device's
 * registration. Read from the enrollments (enrollments.c), counted for the emulator's
 * life. */
#ifndef TOOLS_EMULATOR_SCRIPT_H
#define TOOLS_EMULATOR_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

/** The steps that a rule may name; script_step_names[] has their names in a document. */
enum script_step { SCRIPT_CONNECT, SCRIPT_SUBSCRIBE, SCRIPT_REGISTER, SCRIPT_POLL };
enum { SCRIPT_STEPS = 4 };
extern const char *const script_step_names[SCRIPT_STEPS];

enum script_action {
    SCRIPT_CONNACK, /* connect: refuse with this code */
    SCRIPT_STATUS,  /* register, poll: an error answer */
    SCRIPT_DELAY,   /* as usual, but later */
    SCRIPT_SILENT,  /* no answer from then on */
    SCRIPT_DROP     /* reset the connection */
};

enum { SCRIPT_ALWAYS = 0 };
#define SCRIPT_NO_RETRY_AFTER (-1)

struct script_rule {
    uint8_t step;          /* enum script_step */
    uint8_t action;        /* enum script_action */
    uint8_t connack;       /* CONNACK return code */
    uint16_t status;       /* of the answer's topic */
    uint32_t error_code;
    uint32_t delay_ms;
    int64_t retry_after_s; /* SCRIPT_NO_RETRY_AFTER: not in the topic */
    const char *message;   /* borrowed as long as the script is used */
    uint32_t times;        /* SCRIPT_ALWAYS, or how often */
    uint32_t used;         /* <= times, unless always */
};

struct script {
    struct script_rule *rules; /* owned by who made it */
    size_t count;
};

/** Finds the first rule for `step` that is not used up, and counts it as used once more.
 * Null: as usual. Lent as long as the script. */
const struct script_rule *script_take(struct script *script, enum script_step step);

#endif
