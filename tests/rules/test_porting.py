#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/porting.md says what is so: its examples compile, what it quotes stands in the header
that it names, the errors that it names exist, and its table of RAM follows from what `make
size` measured."""

import os
import re
import subprocess
import sys
import unittest

import sources

sys.path.insert(0, os.path.join(sources.ROOT, "tests/size"))
import budgets  # noqa: E402

PAGE = "docs/porting.md"
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror",
          "-isystem", "/usr/include/bearssl"]
QUOTE = re.compile(r"/\* (\w+/\w+\.h) \*/\n")
ERROR = re.compile(r"\bDPS_(?:STREAM_|MQTT_|SAS_)?ERR_\w+")
RECORD, OVERHEAD, OUT_MIN = 1024, 29, 597  # the firmware's; tls/tls.h


def blocks():
    return re.findall(r"^```c\n(.*?)^```$", sources.read(PAGE), re.M | re.S)


def quotes():
    """(header, its lines) of each block that quotes one."""
    return [(found.group(1), block[found.end():]) for block in blocks()
            if (found := QUOTE.match(block))]


def table():
    """The rows that belong between the marks, out of the firmware's RAM today."""
    today = {budget.name: budget.today
             for budget in budgets.read(sources.read(budgets.PATH))}
    for record in (1024, 4096, 16384):
        cells = [record, record + OVERHEAD]
        for core in ("m3", "m0"):
            one = today[f"firmware {core} ram"] + record - RECORD
            cells += [one, one + OUT_MIN]
        yield cells


class Porting(unittest.TestCase):
    def compiles(self, text):
        return subprocess.run([*os.environ.get("CC", "cc").split(), *STRICT, "-I", sources.ROOT,
                               "-x", "c", "-fsyntax-only", "-"], input=text, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_examples_compile(self):
        examples = [block for block in blocks() if not QUOTE.match(block)]
        self.assertEqual(len(examples), 5)  # what a port gives
        for text in examples:
            with self.subTest(begins=text.splitlines()[0]):
                done = self.compiles(text)
                self.assertEqual(done.returncode, 0, done.stdout)
        wrong = examples[0].replace("DPS_WANTS_READ", "DPS_WANTS_BYTES")
        self.assertNotEqual(self.compiles(wrong).returncode, 0)

    def test_quotes_stand_in_their_headers(self):
        self.assertGreaterEqual(len(quotes()), 5)
        for header, lines in quotes():
            with self.subTest(header=header):
                self.assertIn(lines, sources.read(header))

    def test_errors_exist(self):
        enums = "".join(sources.read(path) for path in sources.library_files(".h"))
        names = {name for name in ERROR.findall(sources.read(PAGE)) if not name.endswith("_")}
        self.assertGreater(len(names), 15)
        self.assertEqual([name for name in sorted(names)
                          if not re.search(rf"\b{name}\b", enums)], [])

    def test_the_table_of_records(self):
        text = sources.read(PAGE).partition("<!-- records -->")[2].partition("<!-- end -->")[0]
        rows = [[int(cell.replace(",", "")) for cell in line.strip("|").split("|")]
                for line in text.splitlines() if re.match(r"\| \d", line)]
        wanted = list(table())
        said = "\n".join("| " + " | ".join(f"{cell:,}" for cell in row) + " |" for row in wanted)
        self.assertEqual(len(rows), len(wanted), said)
        for row, right in zip(rows, wanted):
            self.assertEqual(row[:2], right[:2], said)
            for cell, figure in zip(row[2:], right[2:]):
                self.assertLessEqual(abs(cell - figure), budgets.MARGIN, said)

    def test_constants_are_what_the_page_says(self):
        header, page = sources.read("tls/tls.h"), sources.read(PAGE)
        for name, value in (("DPS_TLS_OVERHEAD", OVERHEAD), ("DPS_TLS_OUT_MIN", OUT_MIN),
                            ("DPS_TLS_IN_MIN", 837)):
            self.assertIn(f"{name} = {value}", header)
            self.assertIn(f"`{name}`, {value} bytes", page)
        self.assertIn(f"MAIN_RECORD = {RECORD},", sources.read("examples/firmware/main.c"))


if __name__ == "__main__":
    unittest.main()
