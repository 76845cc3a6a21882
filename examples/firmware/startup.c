/* SPDX-License-Identifier: MIT
 *
 * From reset to main: variables get their values, the stack gets its paint, so that
 * memory_stack_used() can tell how far it ever grew.
 *
 * Your board: its vendor's startup code, which also sets the core's clock. */
#include "board.h"
#include "chip.h"
#include "debugger.h"

int main(void);
void reset(void);

/* From firmware.ld: only their addresses mean something. */
extern uint32_t stack_bottom[], stack_top[], data_in_flash[], data_start[], data_end[],
    bss_start[], bss_end[];

enum { EXIT_FAULT = 99 };

static const uint32_t paint = 0xc5c5c5c5;

static void fill(uint32_t *at, const uint32_t *end, uint32_t word)
{
    while (at < end) {
        *at++ = word;
    }
}

void reset(void)
{
    const uint32_t *from = data_in_flash;
    uint32_t *at;

    for (at = data_start; at < data_end; at++) {
        *at = *from++;
    }
    fill(bss_start, bss_end, 0);
    /* Up to where this function's own frame begins. */
    fill(stack_bottom, (const uint32_t *)__builtin_frame_address(0) - 16, paint);
    debugger_exit(main());
}

static void fault_exit(void)
{
    debugger_exit(EXIT_FAULT);
}

/* Also where a stack that grows out of RAM ends: so not one push before there is a stack
 * again, which only assembler can promise. */
__attribute__((naked)) static void fault(void)
{
    __asm__ volatile("ldr r0, =stack_top\n\t"
                     "msr msp, r0\n\t"
                     "ldr r0, =%c0\n\t"
                     "bx r0\n\t"
                     ".ltorg" ::"i"(fault_exit));
}

size_t memory_stack_used(void)
{
    const uint32_t *at = stack_bottom;

    while (at < stack_top && *at == paint) {
        at++;
    }
    return (size_t)(stack_top - at) * sizeof *at;
}

size_t memory_variables(void)
{
    return (size_t)(bss_end - data_start) * sizeof *data_start;
}

/* ARMv7-M B1.5.2, ARMv6-M B1.5.2. */
const struct {
    uint32_t *stack;
    void (*vector[CHIP_VECTORS - 1])(void);
} vectors __attribute__((section(".vectors"), used)) = {
    stack_top,
    {
        reset,
        fault, /* NMI */
        fault, /* HardFault */
        fault, /* MemManage */
        fault, /* BusFault */
        fault, /* UsageFault */
        [CHIP_TIMER_VECTOR - 1] = timer_interrupt,
        [CHIP_UART_VECTOR - 1] = serial_interrupt,
    },
};
