/* SPDX-License-Identifier: MIT
 *
 * A list, the latest used first. */
#include "tools/emulator/registry.h"

#include <stdlib.h>
#include <string.h>

#include "tools/emulator/user_name.h"

/* Takes the device's registration out of the list; null when there is none. */
static struct registration *registry_take(struct registry *registry, const char *id)
{
    struct registration **at = &registry->first;

    for (; *at != NULL; at = &(*at)->next) {
        struct registration *found = *at;

        if (user_name_same_id(user_name_text(found->registration_id),
                              user_name_text(id))) {
            *at = found->next;
            registry->count--;
            return found;
        }
    }
    return NULL;
}

static void registry_put(struct registry *registry, struct registration *registration)
{
    registration->next = registry->first;
    registry->first = registration;
    registry->count++;
}

static void registry_drop_last(struct registry *registry)
{
    struct registration **at = &registry->first;

    while ((*at)->next != NULL) {
        at = &(*at)->next;
    }
    free(*at);
    *at = NULL;
    registry->count--;
}

struct registration *registry_begin(struct registry *registry,
                                    const char *registration_id)
{
    size_t len = strlen(registration_id) + 1;
    struct registration *registration = registry_take(registry, registration_id);

    if (registration == NULL) {
        registration = malloc(sizeof *registration + len);
    }
    if (registration == NULL) {
        return NULL;
    }
    if (registry->count == REGISTRY_MAX) {
        registry_drop_last(registry);
    }
    memset(registration, 0, sizeof *registration);
    memcpy(registration->registration_id, registration_id, len);
    registry_put(registry, registration);
    return registration;
}

struct registration *registry_find(struct registry *registry, const char *registration_id,
                                   struct dps_bytes operation_id)
{
    struct registration *registration = registry_take(registry, registration_id);

    if (registration == NULL) {
        return NULL;
    }
    registry_put(registry, registration);
    return operation_id.len == strlen(registration->operation_id)
                   && memcmp(operation_id.at, registration->operation_id,
                             operation_id.len)
                          == 0
               ? registration
               : NULL;
}

void registry_free(struct registry *registry)
{
    while (registry->first != NULL) {
        struct registration *registration = registry->first;

        registry->first = registration->next;
        free(registration);
    }
    registry->count = 0;
}
