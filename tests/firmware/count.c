/* SPDX-License-Identifier: MIT
 *
 * A plugin of QEMU's that counts instructions within functions:
 *
 *     qemu-system-arm ... -plugin count.so,step=0x1ca8,multiply=0x8264
 *
 * prints at exit, on standard error, a line for each function: its name, how often it was
 * called, the most instructions that one call took, from its first to its return, and those
 * of all calls together. All that runs in between counts: what it calls, and interrupts.
 *
 * QEMU translates a stretch of code once and calls us for it (translated), then tells each
 * time that it runs (runs). A stretch ends at the latest where a call does: so a function
 * begins with a stretch, and so does what follows a call. The return address of a function
 * is that of the last call that has not yet returned; an interrupt between a call and the
 * function's first instruction calls and returns, and changes nothing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/firmware/plugin.h"

int qemu_plugin_version = 1;

/* ---- What is counted --------------------------------------------------------------- */

enum { FUNCTIONS = 16, CALLS = 1024 };

struct function {
    char name[32];
    uint64_t address;
    uint64_t calls, longest, together;
};

/* A stretch of code: where it begins, and its last instruction's successor if that
 * instruction is a call, else 0. */
struct stretch {
    uint64_t address, returns_to;
};

/* A call that has not returned; `function` is null where nobody asked for it. */
struct call {
    uint64_t returns_to, start;
    struct function *function;
};

static struct function functions[FUNCTIONS];
static size_t function_count;
static struct call calls[CALLS];
static size_t depth;
static uint64_t instructions;

/* BL, T1: 11110Sxxxxxxxxxx 11x1xxxxxxxxxxxx; BLX, T1: 010001111xxxx000. */
static int is_call(const struct qemu_plugin_insn *insn)
{
    uint16_t half[2] = { 0, 0 };
    size_t size = qemu_plugin_insn_size(insn);

    memcpy(half, qemu_plugin_insn_data(insn), size);
    return size == 4 ? (half[0] & 0xf800) == 0xf000 && (half[1] & 0xd000) == 0xd000
                     : (half[0] & 0xff87) == 0x4780;
}

/* Where the innermost call stands that returns to `address`, from 1; 0: there is none. */
static size_t call_to(uint64_t address)
{
    size_t i;

    for (i = depth; i > 0 && calls[i - 1].returns_to != address; i--) {
    }
    return i;
}

static void called(uint64_t returns_to)
{
    size_t earlier = call_to(returns_to);

    /* Nothing here is recursive. What has been called from there before, and did not
     * return, was no call: gcc uses BL as a far jump on ARMv6-M. */
    if (earlier != 0) {
        depth = earlier - 1;
    } else if (depth == CALLS) {
        fputs("count: calls within calls, too deep\n", stderr);
        abort();
    }
    calls[depth].returns_to = returns_to;
    calls[depth].function = NULL;
    depth++;
}

static void returned(const struct call *call)
{
    uint64_t took = instructions - call->start;

    if (call->function == NULL) {
        return;
    }
    call->function->calls++;
    call->function->together += took;
    if (took > call->function->longest) {
        call->function->longest = took;
    }
}

static struct function *function_at(uint64_t address)
{
    size_t i;

    for (i = 0; i < function_count; i++) {
        if (functions[i].address == address) {
            return &functions[i];
        }
    }
    return NULL;
}

/* A jump to a function's beginning, in a loop of its own or as the last thing that another
 * one does, is no call. */
static void look_for_entry(uint64_t address)
{
    struct function *function = function_at(address);

    if (function != NULL && depth != 0 && calls[depth - 1].function == NULL) {
        calls[depth - 1].function = function;
        calls[depth - 1].start = instructions;
    }
}

static void runs(unsigned cpu, void *user)
{
    const struct stretch *stretch = user;
    size_t innermost = call_to(stretch->address);

    (void)cpu;
    if (innermost != 0) {
        depth = innermost - 1;
        returned(&calls[depth]);
    }
    look_for_entry(stretch->address);
    if (stretch->returns_to != 0) {
        called(stretch->returns_to);
    }
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    struct stretch *stretch = malloc(sizeof *stretch); /* for as long as QEMU runs */
    size_t i, n = qemu_plugin_tb_n_insns(tb);
    struct qemu_plugin_insn *insn = NULL;

    (void)id;
    if (stretch == NULL) {
        abort();
    }
    for (i = 0; i < n; i++) {
        insn = qemu_plugin_tb_get_insn(tb, i);
        qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_INLINE_ADD_U64, &instructions, 1);
    }
    stretch->address = qemu_plugin_tb_vaddr(tb);
    stretch->returns_to = insn != NULL && is_call(insn)
                              ? qemu_plugin_insn_vaddr(insn) + qemu_plugin_insn_size(insn) : 0;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, runs, PLUGIN_CB_NO_REGS, stretch);
}

static void print(plugin_id id, void *user)
{
    size_t i;

    (void)id, (void)user;
    for (i = 0; i < function_count; i++) {
        fprintf(stderr, "count %s: %" PRIu64 " calls, longest %" PRIu64 ", together %" PRIu64 "\n",
                functions[i].name, functions[i].calls, functions[i].longest,
                functions[i].together);
    }
    fprintf(stderr, "count all: %" PRIu64 "\n", instructions);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    int i;

    (void)info;
    for (i = 0; i < argc; i++) {
        struct function *function = &functions[function_count];

        if (function_count == FUNCTIONS
            || sscanf(argv[i], "%31[^=]=%" SCNx64, function->name, &function->address) != 2) {
            fprintf(stderr, "count: %s: not NAME=ADDRESS, or too many\n", argv[i]);
            return -1;
        }
        function_count++;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, print, NULL);
    return 0;
}
