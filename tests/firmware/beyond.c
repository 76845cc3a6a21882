/* SPDX-License-Identifier: MIT
 *
 * A plugin of QEMU's that looks for data beyond what an image claims:
 *
 *     qemu-system-arm ... -plugin beyond.so,from=0x20002e2c,to=0x20010000
 *
 * prints at exit, on standard error, `beyond N`: how many loads and stores had an address
 * from `from` on and below `to`. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/firmware/plugin.h"

int qemu_plugin_version = 1;

/* ---- What is looked for ------------------------------------------------------------ */

static uint64_t from, to, found;

static void touched(unsigned core, uint32_t access, uint64_t address, void *unused)
{
    (void)core, (void)access, (void)unused;
    found += address >= from && address < to;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), touched,
                                         PLUGIN_CB_NO_REGS, PLUGIN_MEM_RW, NULL);
    }
}

static void ended(plugin_id id, void *unused)
{
    (void)id, (void)unused;
    fprintf(stderr, "beyond %" PRIu64 "\n", found);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "from=", 5) == 0) {
            from = strtoull(argv[i] + 5, NULL, 0);
        } else if (strncmp(argv[i], "to=", 3) == 0) {
            to = strtoull(argv[i] + 3, NULL, 0);
        }
    }
    if (from >= to) {
        fputs("beyond.so,from=ADDRESS,to=ADDRESS\n", stderr);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
