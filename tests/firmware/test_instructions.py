#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long the firmware computes without a break, in instructions: BearSSL cannot yield, so
a watchdog must outlast the longest call. tests/firmware/count.c counts, in QEMU; what the
README of the example claims, between its marks <!-- instructions -->, is within a tenth.

A row of that table names a board and, in backticks, a function; its numbers are the
instructions of the longest call, and the milliseconds at 16 and at 64 MHz."""

import os
import re
import unittest

import boards
from boards import BOARDS

PLUGIN = os.path.join(boards.FIRMWARE, "count.so")
README = os.path.join(boards.EXAMPLE, "README.md")
MARK = "<!-- instructions -->"
REPEATABLE = ("-seed", "1")

# What each board is asked for: a step of the registration, the handshake, and within it one
# RSA check and one EC multiplication. How much of the handshake one call of open does depends
# on which bytes have come; where all have, it is one call: so all its calls count together.
TOGETHER = "tls_open"
FUNCTIONS = {"lm3s6965": ("dps_client_step", "tls_open", "br_rsa_i31_pkcs1_vrfy", "api_mul"),
             "microbit": ("dps_client_step", "tls_open", "br_rsa_i15_pkcs1_vrfy", "api_mul")}
# Two certificates and the key exchange; the generator's multiple and the peer's point's.
CALLS = {"br_rsa_i31_pkcs1_vrfy": 3, "br_rsa_i15_pkcs1_vrfy": 3, "api_mul": 2}


def milliseconds(instructions, mhz):
    return round(instructions / (1000 * mhz))


def row(board, function, n):
    return (f"| {board} | `{function}` | {n:,} | {milliseconds(n, 16):,} "
            f"| {milliseconds(n, 64):,} |")


def claims():
    """(board, function): [instructions, ms at 16 MHz, ms at 64 MHz] in the README."""
    with open(README, encoding="utf-8") as file:
        table = file.read().partition(MARK)[2].partition("<!--")[0]
    rows = re.findall(r"^\| *(\w+) *\| *`(\w+)` *((?:\| *[\d,]+ *)+)\|$", table, re.M)
    return {(board, function): [int(n.replace(",", "")) for n in re.findall(r"[\d,]+", numbers)]
            for board, function, numbers in rows}


class Instructions(boards.Registers):
    def counted(self):
        """{function: (calls, instructions)} of one registration."""
        table = self.board.symbols()
        wanted = FUNCTIONS[self.board.name]
        plugin = ",".join([PLUGIN] + [f"{name}={table[name][0]:#x}" for name in wanted])
        run, = self.registered(args=("-plugin", plugin, *REPEATABLE))
        self.assert_registered(run)
        found = re.findall(r"^count (\w+): (\d+) calls, longest (\d+), together (\d+)$",
                           run.text, re.M)
        counts = {name: (int(calls), int(together if name == TOGETHER else longest))
                  for name, calls, longest, together in found}
        self.assertEqual(set(counts), set(wanted), run)
        return counts

    def test_the_longest_calls_are_what_the_readme_says(self):
        counts = self.counted()
        for name, (calls, n) in counts.items():
            boards.figure(f"longest uninterrupted call: {self.board.name} {name} {n:,} "
                          f"instructions, {milliseconds(n, 16):,} ms at 16 MHz, "
                          f"{milliseconds(n, 64):,} ms at 64 MHz at one instruction a cycle")
            self.assertGreater(calls, 0, name)
            self.assertEqual(calls, CALLS.get(name, calls), name)
        # The public key's operations are the bulk of it.
        self.assertGreater(counts["tls_open"][1], counts["api_mul"][1])
        self.assertLess(counts["dps_client_step"][1], counts["api_mul"][1])
        self.assertIsNone(self.contradiction(counts))

    def contradiction(self, counts):
        """What the README says otherwise, or does not say; None: nothing."""
        claimed = claims()
        table = "\n".join(row(self.board.name, name, n) for name, (_, n) in counts.items())
        for name, (_, n) in counts.items():
            said = claimed.get((self.board.name, name))
            # 1: the milliseconds of a short call are rounded.
            if said is None or any(abs(claim - is_so) > max(is_so / 10, 1)
                                   for claim, is_so in zip(said, (n, n / 16e3, n / 64e3))):
                return f"{README} says otherwise of {name}; now it is\n{table}"
        return None


@boards.needs_tools
class Lm3s6965(Instructions, unittest.TestCase):
    board = BOARDS["lm3s6965"]


@boards.needs_tools
class Microbit(Instructions, unittest.TestCase):
    board = BOARDS["microbit"]


if __name__ == "__main__":
    unittest.main()
