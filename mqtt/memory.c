/* SPDX-License-Identifier: MIT
 *
 * Entries stand in the array in their order; one that goes is closed up. */
#include "mqtt/memory.h"

#include <string.h>

/* `store` is the first member. */
static int memory_recall(struct dps_mqtt_store *store, unsigned index,
                         struct dps_mqtt_kept *entry)
{
    struct dps_mqtt_memory *m = (struct dps_mqtt_memory *)store;

    if (index >= m->count) {
        return 0;
    }
    *entry = m->entries[index];
    return 1;
}

static int memory_change(struct dps_mqtt_store *store, unsigned index,
                         const struct dps_mqtt_kept *entry)
{
    struct dps_mqtt_memory *m = (struct dps_mqtt_memory *)store;

    if (index < m->count) {
        m->count--;
        m->store.left++;
        memmove(m->entries + index, m->entries + index + 1,
                (m->count - index) * sizeof m->entries[0]);
    }
    if (entry != NULL) {
        if (m->store.left == 0) {
            return 0;
        }
        m->store.left--;
        m->entries[m->count++] = *entry;
    }
    return 1;
}

void dps_mqtt_memory_init(struct dps_mqtt_memory *m, struct dps_mqtt_kept *entries,
                          uint16_t cap)
{
    memset(m, 0, sizeof *m);
    m->store.recall = memory_recall;
    m->store.change = memory_change;
    m->store.left = cap;
    m->entries = entries;
}
