#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The names in libtinydps.a, as nm sees them: what a room exports begins with dps_, and
what it asks for is on a short list: no allocator and no stdio, whatever the source says."""

import collections
import os
import re
import subprocess
import tempfile
import unittest

import sources

# What the compiler itself may add, whatever the source says.
COMPILER = {"_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}
C = COMPILER | {"memchr", "memcmp", "memcpy", "memmove", "memset", "strchr", "strcmp", "strlen"}
POSIX = {"__errno_location", "clock_gettime", "close", "connect", "fcntl", "getsockopt",
         "poll", "recv", "send", "setsockopt", "shutdown", "socket", "time"}
# (of each object: the names beside dps_… that it may leave undefined; whether br_… too)
ALLOWED = {"mqtt": (C, False), "sas": (C, True), "tls": (C, True), "dps": (C, False),
           "tls/tcp.o": (C | POSIX, False)}

UNDEFINED = "Uvw"  # nm's letters
Symbol = collections.namedtuple("Symbol", "object kind name")


def symbols(*objects):
    """All external symbols of object files named like build/obj/mqtt/reader.o."""
    out = subprocess.run(["nm", "-A", "-g", "-P", *objects], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    for line in out.splitlines():
        path, _, rest = line.partition(": ")
        name, kind = rest.split()[:2]
        yield Symbol(path, kind, name)


def violations(room, stem, found):
    """What is wrong with the symbols of one object, in words."""
    names, bearssl = ALLOWED.get(f"{room}/{stem}", ALLOWED[room])
    for symbol in found:
        good = symbol.name.startswith("dps_")
        if symbol.kind in UNDEFINED:
            good = good or symbol.name in names or bearssl and symbol.name.startswith("br_")
            if not good:
                yield f"{room}/{stem} asks for {symbol.name}"
        elif not good:
            yield f"{room}/{stem} exports {symbol.name}"


class Symbols(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """{mqtt/reader.o: its symbols}: one nm for all objects of the library."""
        folder = os.path.join(sources.BUILD, "obj")
        stems = [path[:-2] + ".o" for path in sources.library_files(".c")]
        cls.objects = {stem: [] for stem in stems}
        for symbol in symbols(*(os.path.join(folder, stem) for stem in stems)):
            cls.objects[os.path.relpath(symbol.object, folder)].append(symbol)

    def test_rooms(self):
        found = []
        for path, names in self.objects.items():
            found += violations(*path.split("/"), names)
        self.assertEqual(found, [])
        self.assertEqual({path.split("/")[0] for path in self.objects}, set(sources.ROOMS))

    def test_archive_holds_these_objects(self):
        archive = {symbol.name for symbol in symbols(os.path.join(sources.BUILD,
                                                                  "libtinydps.a"))
                   if symbol.kind not in UNDEFINED}
        rooms = {symbol.name for names in self.objects.values() for symbol in names
                 if symbol.kind not in UNDEFINED}
        self.assertEqual(archive, rooms)
        self.assertGreater(len(rooms), 40)

    def test_no_global_that_changes(self):
        """Static variables too, hence no -g. Tables of pointers, which position-independent
        code keeps writable until it is linked, are `d`; their section is .data.rel.ro."""
        folder = os.path.join(sources.BUILD, "obj")
        out = subprocess.run(["objdump", "-t", *(os.path.join(folder, stem)
                                                 for stem in self.objects)], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        lines = [line for line in out.splitlines()
                 if re.search(r" O (\.bss|\.data|\.tbss|\.tdata|\*COM\*)", line)
                 and " O .data.rel.ro" not in line]
        self.assertEqual(lines, [])
        self.assertIn(" O .rodata", out)

    def test_a_violation_is_seen(self):
        """A real object, compiled from lines that break each rule."""
        planted = """
            #include <stdio.h>
            #include <stdlib.h>
            int reader_left;
            void *dps_grow(void *p) { return realloc(p, 7); }
            void dps_say(const char *text) { puts(text); free(dps_grow(0)); }
        """
        with tempfile.TemporaryDirectory() as folder:
            target = os.path.join(folder, "planted.o")
            subprocess.run([*os.environ.get("CC", "cc").split(), "-x", "c", "-c", "-o", target,
                            "-"], input=planted, text=True, check=True)
            found = list(violations("tls", "planted.o", symbols(target)))
        self.assertEqual(sorted(line.split()[-1] for line in found),
                         ["free", "puts", "reader_left", "realloc"])


if __name__ == "__main__":
    unittest.main()
