#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fifty registrations of fifty, on each board, none beyond the memory that is claimed."""

import functools
import unittest

import boards
from boards import BOARDS, bench

TIMES = 50
AT_ONCE = 5


class Fifty(boards.Registers):
    def test_registers_fifty_times_of_fifty(self):
        share = functools.partial(self.registered, TIMES // AT_ONCE, retryAfter=1)
        runs = sum(bench.together(*[share] * AT_ONCE), [])
        self.assertEqual(len(runs), TIMES)
        for run in runs:
            self.assert_registered(run)
        used = [run.number("RAM") for run in runs]
        boards.figure(f"{self.board.name}: registered {len(runs)} of {TIMES}, RAM used "
                      f"{min(used)} to {max(used)}")


@boards.needs_tools
class Lm3s6965(Fifty, unittest.TestCase):
    board = BOARDS["lm3s6965"]


@boards.needs_tools
class Microbit(Fifty, unittest.TestCase):
    board = BOARDS["microbit"]


if __name__ == "__main__":
    unittest.main()
