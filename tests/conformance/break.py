#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Breaks the code on purpose, once for each block of breakages.txt, and wants the row's own
test to fail: `make breakages`.

    break.py BUILD [ROW ...]    all of them, or those of these rows

The code is changed in a copy under BUILD, one place at a time, and only the test program
that the block names is built and run. A block whose old text is not found exactly once is a
mistake, and so is a test that passes although its rule is broken, or one that
mqtt.map does not name for the row."""

import collections
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIST = os.path.join(HERE, "breakages.txt")
COPIED = ("Makefile", "mqtt", "sas", "tls", "dps", "tools", "fuzz", "examples", "tests")
TIME_LIMIT_S = 120  # a broken machine may never end; its test has failed then

Breakage = collections.namedtuple("Breakage", "row file old new program test")


def read_list(text):
    """Blocks between empty lines: the row and its test, the file, `-` lines of what stands
    there, `+` lines of what takes its place."""
    for block in re.split(r"\n\s*\n", re.sub(r"^#.*\n", "", text, flags=re.M).strip()):
        head, file, *lines = block.splitlines()
        row, program, test = re.fullmatch(r"(\S+)  ([\w/]+):(\w+)", head).groups()
        old = "\n".join(line[2:] for line in lines if line.startswith("-"))
        new = "\n".join(line[2:] for line in lines if line.startswith("+"))
        yield Breakage(row, file.strip(), old, new, program, test)


def rows_of_map(text):
    """{row: the tests that the map names for it}"""
    rows, row = {}, None
    for line in text.splitlines():
        if re.match(r"[A-Z]+-\S+ ", line):
            row = line.split()[0]
        elif row and line.startswith("    "):
            rows.setdefault(row, set()).add(line.split(" [")[0].strip())
    return rows


class Copy:
    def __init__(self, build):
        self.folder = os.path.join(os.path.abspath(build), "breakages")
        os.makedirs(self.folder, exist_ok=True)
        for name in COPIED:
            source, target = os.path.join(ROOT, name), os.path.join(self.folder, name)
            if os.path.isdir(source):
                shutil.rmtree(target, ignore_errors=True)
                # With the times of today: nothing is as old as what was built broken.
                shutil.copytree(source, target, copy_function=shutil.copy,
                                ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        self.good = {}  # what run() said of each program before anything was broken
        self.pki = os.path.abspath(os.path.join(build, "pki"))

    def run(self, program, case=None):
        """Builds a unit program and runs it, or one case of it: ({test: whether all its
        iterations passed}, {test: its case}, what went wrong before that)."""
        name = "unit-" + program.partition("/")[2]
        made = subprocess.run(["make", "-s", f"build/test/{name}", f"PKI={self.pki}"],
                              cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if made.returncode != 0:
            return {}, {}, made.stdout
        log = os.path.join(self.folder, "log.tap")
        environment = {**os.environ, "CK_TAP_LOG_FILE_NAME": log, "CK_DEFAULT_TIMEOUT": "10",
                       **({"CK_RUN_CASE": case} if case else {})}
        try:
            subprocess.run([f"build/test/{name}"], cwd=self.folder, timeout=TIME_LIMIT_S,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=environment)
        except subprocess.TimeoutExpired:
            return {}, {}, f"it did not end in {TIME_LIMIT_S} s"
        passed, cases = {}, {}
        with open(log, encoding="utf-8") as file:
            for bad, case_name, test in re.findall(
                    r"^(not )?ok \d+ - [^:]*:([^:]*):(\w+):", file.read(), re.M):
                passed[test] = passed.get(test, True) and not bad
                cases[test] = case_name
        return passed, cases, None

    def case_of(self, breakage):
        """The case that the test is in: (its name, what is wrong with the good code)."""
        if breakage.program not in self.good:
            self.good[breakage.program] = self.run(breakage.program)
        passed, cases, trouble = self.good[breakage.program]
        if trouble or not passed.get(breakage.test):
            trouble = trouble or f"{breakage.program}:{breakage.test} does not pass unbroken"
        return cases.get(breakage.test), trouble

    def with_change(self, breakage):
        """What is wrong with the breakage; None: its test failed, as it should."""
        case, trouble = self.case_of(breakage)
        if trouble:
            return trouble
        path = os.path.join(self.folder, breakage.file)
        with open(path, encoding="utf-8") as file:
            good = file.read()
        if good.count(breakage.old) != 1:
            return f"its old text is {good.count(breakage.old)} times in {breakage.file}"
        try:
            write(path, good.replace(breakage.old, breakage.new))
            passed, _, trouble = self.run(breakage.program, case)
        finally:
            write(path, good)
        if trouble:
            return trouble
        return "the test passes" if passed.get(breakage.test) else None


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(build, rows):
    with open(LIST, encoding="utf-8") as file:
        breakages = [b for b in read_list(file.read()) if not rows or b.row in rows]
    with open(os.path.join(HERE, "mqtt.map"), encoding="utf-8") as file:
        mapped = rows_of_map(file.read())
    copy, failed = Copy(build), 0
    for breakage in breakages:
        if f"{breakage.program}:{breakage.test}" in mapped.get(breakage.row, ()):
            wrong = copy.with_change(breakage)
        else:
            wrong = "mqtt.map does not name this test for this row"
        failed += wrong is not None
        print(f"{'FAIL' if wrong else 'seen'}  {breakage.row:14}{breakage.file:22}"
              f"{breakage.test}" + (f"\n{wrong}" if wrong else ""), flush=True)
    print(f"{len(breakages) - failed} passed, {failed} failed")
    return 1 if failed or not breakages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
