# SPDX-License-Identifier: MIT
"""Emulated boards for the tests of examples/firmware: QEMU with the firmware in flash and
its UART bridged to a TCP port, the firmware's own report, and what its image says.

Numbers that C names are asked of the compiler (`constants`), sizes of the linked image
(`Board.symbols`): no test writes one down a second time."""

import collections
import contextlib
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
import bench  # noqa: E402

QEMU = shutil.which("qemu-system-arm")
NM = shutil.which("arm-none-eabi-nm")
FIRMWARE = os.path.join(bench.BUILD, "firmware")
EXAMPLE = os.path.join(bench.ROOT, "examples/firmware")

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # QEMU aborts where a core locks up

CHAIN = "service"    # certificates as the service's are, see tests/pki/make.sh
MARGIN = 128         # bytes of stack that a claim may have left
EXIT_FAILED = 1      # main() of the firmware: not assigned
EXIT_FAULT = 99      # startup.c: any fault
# An instruction takes 64 ns of the board's time, as at 16 MHz: a busy machine makes a run
# longer, but no tick of the board's clock is lost.
TIME = ("-icount", "shift=6")
LIMIT_S = 200        # one run; beyond the firmware's own deadlines, it only ends what hangs

needs_tools = unittest.skipIf(QEMU is None or NM is None,
                              "no qemu-system-arm or no arm-none-eabi-gcc here")


def figure(text):
    """A line of the log that is shown even when all is well, see tests/run."""
    print("figure: " + text, flush=True)


def constant(name):
    return constants(name)[name]


def constants(*names):
    """The values of C constants, enumerators and macros alike: a compiler prints them into
    assembler text, which nobody assembles."""
    lines = [f'__asm__("@{name} %c0" :: "i"({name}));' for name in names]
    source = "\n".join([
        "#define main firmware_main", '#include "examples/firmware/main.c"',
        '#include "mqtt/packet.h"', '#include "dps/error.h"',
        "void values(void);", "void values(void) {", *lines, "}"])
    command = [os.environ.get("CC", "cc"), "-S", "-w", "-x", "c", "-o", "-", "-I", bench.ROOT,
               "-I", EXAMPLE, "-isystem", "/usr/include/bearssl", "-"]
    text = subprocess.run(command, input=source, stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    return {name: int(value) for name, value in re.findall(r"^\s*@(\w+) (-?\d+)$", text, re.M)}


class Failure(collections.namedtuple("Failure", "layer error detail")):
    """A struct dps_failure as the firmware prints it; made from C names or numbers."""

    @classmethod
    def named(cls, layer, error, detail):
        words = [word for word in (layer, error, detail) if isinstance(word, str)]
        values = constants(*words)
        return cls(*(values[word] if isinstance(word, str) else word
                     for word in (layer, error, detail)))


class Run:
    """What came of one run of a firmware."""

    def __init__(self, code, text, seconds):
        self.code, self.text, self.seconds = code, text, seconds

    def value(self, name):
        """What stands behind `name` on the line that begins with it; None: no such line."""
        found = re.search(rf"^{re.escape(name)} (.*)$", self.text, re.M)
        return found and found.group(1)

    def number(self, name):
        return int(self.value(name))

    @property
    def strays(self):
        """The accesses outside of memory that QEMU saw. The lm3s6965evb lets them pass: it
        drops what is written and reads 0, where the chip would fault. QEMU's own look at the
        vector table, before the image is there, does not count."""
        return re.findall(r"^Invalid (?:read|write) at addr (?!0x[04],).*$", self.text, re.M)

    @property
    def failure(self):
        if self.value("failed in layer") is None:
            return None
        return Failure(*map(self.number, ("failed in layer", "error", "detail")))

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.2f} s\n{self.text[:4000]}"


class Board:
    """One of the boards. `link` are QEMU's words that make its link the chardev `link`."""

    def __init__(self, name, machine, link):
        self.name, self.machine, self.link = name, machine, link
        self.folder = os.path.join(FIRMWARE, name)
        self.elf = os.path.join(self.folder, "firmware.elf")

    def symbols(self, elf=None):
        """name: (address or value, size) of an image's symbols."""
        lines = subprocess.run([NM, "--print-size", elf or self.elf], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.splitlines()
        table = {}
        for words in map(str.split, lines):
            if len(words) >= 3:
                size = int(words[1], 16) if len(words) == 4 else 0
                table[words[-1]] = int(words[0], 16), size
        return table

    def claimed(self):
        """The bytes that the image claims: (stack, variables)."""
        table = self.symbols()
        stack = table["stack_top"][0] - table["stack_bottom"][0]
        return stack, table["bss_end"][0] - table["stack_top"][0]

    def run(self, port, *args, elf=None, limit_s=LIMIT_S):
        """Runs the firmware, its UART connected to `port`, until it ends or is ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = bench.run(
                QEMU, "-M", self.machine, *self.link, *TIME, "-display", "none", "-monitor", "none",
                "-chardev", f"socket,id=link,host=127.0.0.1,port={port},server=off,nodelay=on",
                "-semihosting-config", "enable=on,target=native", "-d", "guest_errors",
                "-kernel", elf or self.elf,
                *args, limit_s=limit_s)
            return Run(done.code, done.out + done.err, done.seconds)
        raise AssertionError(f"{self.name}: not over within {limit_s} s")


BOARDS = {board.name: board for board in (
    Board("lm3s6965", "lm3s6965evb", ("-serial", "null", "-serial", "chardev:link")),
    Board("microbit", "microbit", ("-serial", "chardev:link")))}


def enrolled(**members):
    """The firmware's own device (device.c) as an enrollment, with these members."""
    return {"idScope": bench.ID_SCOPE,
            "enrollments": [{"registrationId": "demo-device", "symmetricKey": bench.DEMO_KEY,
                             **members}]}


def emulator(server=CHAIN, **members):
    return bench.Emulator(enrolled(**members), server=server)


class Registers:
    """Assertions for the tests of one board."""

    board = None  # one of BOARDS

    def registered(self, times=1, args=(), **members):
        """Runs one after the other: to a service, one device on two connections at the same
        time is a reason to close the first."""
        with emulator(assignedHub="hub-one.azure-devices.test", deviceId="device-one",
                      **members) as service:
            return [self.board.run(service.port, *args) for _ in range(times)]

    def assert_registered(self, run):
        """It got what the service said, within what the image claims."""
        stack, variables = self.board.claimed()
        self.assertEqual(run.code, 0, run)
        self.assertEqual(run.value("hub"), "hub-one.azure-devices.test", run)
        self.assertEqual(run.value("device ID"), "device-one", run)
        self.assertEqual(run.strays, [])
        self.assertEqual(run.number("variables"), variables)
        self.assertLessEqual(run.number("stack"), stack)
        self.assertLess(stack - run.number("stack"), MARGIN)
        self.assertEqual(run.number("RAM"), run.number("stack") + variables)

    def assert_failed(self, run, *names):
        """For the reason that these C names or numbers say: layer, error, detail."""
        self.assertEqual(run.failure, Failure.named(*names), f"{names}\n{run}")
        self.assertEqual(run.code, EXIT_FAILED, run)
        self.assertIsNone(run.value("hub"), run)
        self.assertEqual(run.strays, [])


class Relay:
    """Joins one client to a port, for a `with` statement, until cut() cuts both sides."""

    def __init__(self, port):
        self.to = port

    def __enter__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.sockets, self.threads = [], [threading.Thread(target=self.accept)]
        self.threads[0].start()
        return self

    def accept(self):
        with contextlib.suppress(OSError):
            client = self.server.accept()[0]
            service = socket.create_connection(("127.0.0.1", self.to))
            self.sockets = [client, service]
            for pair in ((client, service), (service, client)):
                self.threads.append(threading.Thread(target=self.carry, args=pair))
                self.threads[-1].start()

    @staticmethod
    def carry(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                target.sendall(data)

    def cut(self):
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def __exit__(self, *error):
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.cut()
        for thread in self.threads:
            thread.join()
        for one in [self.server] + self.sockets:
            one.close()
