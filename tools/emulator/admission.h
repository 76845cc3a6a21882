/* SPDX-License-Identifier: MIT
 *
 * Who the device of a CONNECT is, and whether it may be registered. The user name and the
 * token are weighed once; the verdict is kept for the register, because the service
 * refuses a bad token in the register answer.
 *
 *     if ((why = admission_identify(&admission, enrollments, &connect, &name)) == NULL
 *         && admission.refusal == ADMISSION_WELCOME) {
 *         token = admission_authenticate(&admission, enrollments, &name, password);
 *     } */
#ifndef TOOLS_EMULATOR_ADMISSION_H
#define TOOLS_EMULATOR_ADMISSION_H

#include <stdint.h>

#include "mqtt/packet.h"
#include "mqtt/server.h"
#include "tools/emulator/enrollments.h"
#include "tools/emulator/user_name.h"

/** Why a device that may connect will not be registered. */
enum admission_refusal {
    ADMISSION_WELCOME,
    ADMISSION_BAD_ID,
    ADMISSION_BAD_SCOPE,
    ADMISSION_BAD_TOKEN
};

/** All zero before CONNECT. */
struct admission {
    char log_id[64];               /* the registration ID, escaped; "": none was said */
    char registration_id[USER_NAME_REGISTRATION_ID_MAX + 1]; /* as sent; "": not valid */
    struct enrollment *scripted;   /* whose script applies; null: none. Borrowed */
    struct enrollment *enrollment; /* whose key signed the token; null: see refusal */
    uint8_t refusal;               /* enum admission_refusal */
};

/** Reads who the device says it is; `*name` points into `connect`'s bytes.
 *
 * Returns null, with ADMISSION_WELCOME, ADMISSION_BAD_ID or ADMISSION_BAD_SCOPE in
 * `admission`; or why CONNACK says 5. `admission` borrows from `enrollments`. */
const char *admission_identify(struct admission *admission,
                               const struct enrollments *enrollments,
                               const struct dps_mqtt_connect *connect,
                               struct user_name *name);

/** Finds the enrollment of an identified, so far welcome device whose key made the token
 * `password`. Returns "good", or what is wrong with the token; ADMISSION_BAD_TOKEN is
 * in `admission` then. */
const char *admission_authenticate(struct admission *admission,
                                   const struct enrollments *enrollments,
                                   const struct user_name *name,
                                   struct dps_bytes password);

#endif
