/* SPDX-License-Identifier: MIT
 *
 * The registrations under way: which operation a device's register began, and how often
 * it was polled. Each device has one, its latest, on whatever connection it polls. */
#ifndef TOOLS_EMULATOR_REGISTRY_H
#define TOOLS_EMULATOR_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "mqtt/packet.h"

/** Sizes with the NUL. */
enum {
    REGISTRY_UUID_SIZE = 37,
    REGISTRY_OPERATION_SIZE = 2 + 16 + 1 + REGISTRY_UUID_SIZE, /* 5.hex.uuid */
    REGISTRY_TIME_SIZE = 29                                    /* 7 decimals and Z */
};

/** Registrations remembered; beyond it the one not used for longest is forgotten. */
enum { REGISTRY_MAX = 4096 };

struct registration {
    struct registration *next;
    int64_t polls; /* since the register */
    char operation_id[REGISTRY_OPERATION_SIZE];
    char created[REGISTRY_TIME_SIZE];
    char registration_id[]; /* as the device spelled it */
};

/** All zero: empty. */
struct registry {
    struct registration *first; /* owned, the latest used first */
    size_t count;
};

/** Finds a device's registration, by its ID without case, or makes one that is all zero
 * but for the ID; null: no memory. Lent until the next call. */
struct registration *registry_begin(struct registry *registry,
                                    const char *registration_id);

/** Finds a device's registration if this is its operation; null: it is not. Lent until
 * the next call of registry_begin(). */
struct registration *registry_find(struct registry *registry, const char *registration_id,
                                   struct dps_bytes operation_id);

void registry_free(struct registry *registry);

#endif
