/* SPDX-License-Identifier: MIT
 *
 * Stellaris LM3S6965, Cortex-M3: registers by name, from its data sheet. */
#ifndef CHIP_H
#define CHIP_H

#include <stdint.h>

#define CHIP_REGISTER(address) (*(volatile uint32_t *)(address))

enum { CHIP_TIMER_VECTOR = 15, CHIP_UART_VECTOR = 16 + 6, CHIP_VECTORS };

/* The core multiplies 32 by 32 to 64 bits in a few cycles: numbers of 31-bit words. */
#define CHIP_RSA_VERIFY br_rsa_i31_pkcs1_vrfy
#define CHIP_EC         br_ec_prime_i31

/* The core's (ARMv7-M B3). */
#define SYSTICK_CONTROL CHIP_REGISTER(0xe000e010)
#define SYSTICK_RELOAD  CHIP_REGISTER(0xe000e014)
#define SYSTICK_CURRENT CHIP_REGISTER(0xe000e018)
#define NVIC_ENABLE     CHIP_REGISTER(0xe000e100)

/* UART1 (data sheet 13.5); its clock is switched on in RCGC1 (5.4). */
#define SYSTEM_RCGC1    CHIP_REGISTER(0x400fe104)
#define UART_DATA       CHIP_REGISTER(0x4000d000)
#define UART_FLAGS      CHIP_REGISTER(0x4000d018)
#define UART_INTEGER    CHIP_REGISTER(0x4000d024)
#define UART_FRACTION   CHIP_REGISTER(0x4000d028)
#define UART_LINE       CHIP_REGISTER(0x4000d02c)
#define UART_CONTROL    CHIP_REGISTER(0x4000d030)
#define UART_INTERRUPTS CHIP_REGISTER(0x4000d038)

#endif
