#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The claim cannot be made smaller: the same objects, linked with a stack of 256 bytes less
than a registration was seen to need, fault. The stack lies at the bottom of RAM, so they
do so at the first push that does not fit; they do not write over variables.

The emulated lm3s6965evb, unlike the chip, does not fault at a push outside of RAM: what is
pushed is gone, and the return to address 0 faults."""

import os
import shutil
import signal
import subprocess
import tempfile
import unittest

import boards
from boards import BOARDS, bench

LESS = 256
# QEMU ends itself where not even the fault's own frame can be pushed: the core locks up.
FAULTS = (boards.EXIT_FAULT, -signal.SIGABRT)


class Stack(boards.Registers):
    def linked_with(self, stack, folder):
        """The image with a stack of so many bytes: what was built, linked anew."""
        build = os.path.join(folder, "build")
        # As if compiled just now: only the link is done again.
        shutil.copytree(self.board.folder, build, copy_function=shutil.copy)
        elf = os.path.join(build, "firmware.elf")
        os.remove(elf)
        words = ["make", "-C", boards.EXAMPLE, f"BOARD={self.board.name}", f"BUILD={build}",
                 f"STACK={stack}", f"ANCHORS={boards.FIRMWARE}/anchors.c",
                 f"BEARSSL_SOURCE={boards.FIRMWARE}/bearssl"]
        made = bench.run(*words, env={"MAKEFLAGS": ""})
        self.assertEqual(made.code, 0, made)
        self.assertNotIn(" -c ", made.out)  # no object is another one
        self.assertEqual(self.board.symbols(elf)["stack_size"][0], stack)
        return elf

    def test_faults_with_256_bytes_less_than_it_used(self):
        with boards.emulator() as service, tempfile.TemporaryDirectory() as folder:
            used = self.board.run(service.port).number("stack")
            small = self.board.run(service.port, elf=self.linked_with(used - LESS, folder))
        self.assertIn(small.code, FAULTS, small)
        self.assertIsNone(small.value("hub"), small)
        self.assertNotEqual(small.strays, [], small)
        self.assertLess(small.seconds, 15)
        boards.figure(f"{self.board.name}: used {used} bytes of stack; linked with "
                      f"{used - LESS} it ends with {small.code}")


@boards.needs_tools
class Lm3s6965(Stack, unittest.TestCase):
    board = BOARDS["lm3s6965"]


@boards.needs_tools
class Microbit(Stack, unittest.TestCase):
    board = BOARDS["microbit"]


if __name__ == "__main__":
    unittest.main()
