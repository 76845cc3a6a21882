/* SPDX-License-Identifier: MIT
 *
 * Nordic nRF51822, Cortex-M0: registers by name, from its reference manual. */
#ifndef CHIP_H
#define CHIP_H

#include <stdint.h>

#define CHIP_REGISTER(address) (*(volatile uint32_t *)(address))

enum { CHIP_UART_VECTOR = 16 + 2, CHIP_TIMER_VECTOR = 16 + 8, CHIP_VECTORS };

/* The core multiplies 32 by 32 to 32 bits: numbers of 15-bit words. */
#define CHIP_RSA_VERIFY br_rsa_i15_pkcs1_vrfy
#define CHIP_EC         br_ec_prime_i15

/* The core's (ARMv6-M B3.4). */
#define NVIC_ENABLE CHIP_REGISTER(0xe000e100)

/* UART0 (chapter 29). */
#define UART_START_RX      CHIP_REGISTER(0x40002000)
#define UART_START_TX      CHIP_REGISTER(0x40002008)
#define UART_RX_READY      CHIP_REGISTER(0x40002108)
#define UART_TX_READY      CHIP_REGISTER(0x4000211c)
#define UART_INTERRUPT_SET CHIP_REGISTER(0x40002304)
#define UART_INTERRUPT_CLR CHIP_REGISTER(0x40002308)
#define UART_ENABLE        CHIP_REGISTER(0x40002500)
#define UART_PIN_TX        CHIP_REGISTER(0x4000250c)
#define UART_PIN_RX        CHIP_REGISTER(0x40002514)
#define UART_RX_DATA       CHIP_REGISTER(0x40002518)
#define UART_TX_DATA       CHIP_REGISTER(0x4000251c)
#define UART_BAUD_RATE     CHIP_REGISTER(0x40002524)

/* TIMER0 (chapter 18). */
#define TIMER_START         CHIP_REGISTER(0x40008000)
#define TIMER_COMPARED      CHIP_REGISTER(0x40008140)
#define TIMER_SHORTCUTS     CHIP_REGISTER(0x40008200)
#define TIMER_INTERRUPT_SET CHIP_REGISTER(0x40008304)
#define TIMER_BIT_MODE      CHIP_REGISTER(0x40008508)
#define TIMER_PRESCALER     CHIP_REGISTER(0x40008510)
#define TIMER_COMPARE       CHIP_REGISTER(0x40008540)

/* RNG (chapter 21). */
#define RANDOM_START        CHIP_REGISTER(0x4000d000)
#define RANDOM_STOP         CHIP_REGISTER(0x4000d004)
#define RANDOM_READY        CHIP_REGISTER(0x4000d100)
#define RANDOM_BIAS         CHIP_REGISTER(0x4000d504)
#define RANDOM_VALUE        CHIP_REGISTER(0x4000d508)

#endif
