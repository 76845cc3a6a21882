#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How much of the library the tests run, by gcov: `make coverage`.

    tests/coverage.py BUILD    a build with --coverage, whose tests have run

A line a file: lines and branches run, of how many. What a room that has to be complete
leaves out is named line by line, and fails."""

import collections
import glob
import json
import os
import subprocess
import sys

ROOMS = ("mqtt", "sas", "tls", "dps")
COMPLETE = ("mqtt",)  # every line and every branch
INCLUDES = "tests/unit/mqtt_in_flight"  # has mqtt/ in it, with three messages in flight
Count = collections.namedtuple("Count", "run all")


def gcov(objects):
    """What gcov says of each source: {path: [its lines, as in gcov's JSON]}"""
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities",
                           *objects], stdout=subprocess.PIPE, check=True)
    files = {}
    for document in done.stdout.decode().splitlines():
        for file in json.loads(document)["files"]:
            path = os.path.normpath(file["file"])
            # Lines of inline functions, and of files that a test includes, come twice.
            files.setdefault(path, []).extend(file["lines"])
    return files


def merged(lines):
    """{line number: (times run, [times each branch was taken])}"""
    by_number = {}
    for line in lines:
        number = line["line_number"]
        count, branches = by_number.get(number, (0, []))
        mine = [branch["count"] for branch in line["branches"]]
        if len(branches) == len(mine):
            mine = [a + b for a, b in zip(branches, mine)]
        # Another size constant can make a loop of one turn vanish, and its branch with it.
        by_number[number] = (count + line["count"], max(mine, branches, key=len))
    return by_number


def counts(lines):
    taken = [branch > 0 for _, branches in lines.values() for branch in branches]
    return (Count(sum(count > 0 for count, _ in lines.values()), len(lines)),
            Count(sum(taken), len(taken)))


def missed(path, lines):
    for number, (count, branches) in sorted(lines.items()):
        if count == 0:
            yield f"{path}:{number}: never run"
        elif 0 in branches:
            yield f"{path}:{number}: a branch is never taken"


def percent(count):
    return f"{count.run:5} of {count.all:5} {100 * count.run / max(count.all, 1):6.1f} %"


def main(build):
    objects = sorted(path for room in (*ROOMS, INCLUDES)
                     for path in glob.glob(f"{build}/obj/{room}/*.gcda"))
    faults = [] if objects else [f"{build}: no test has run there"]
    files = gcov(objects) if objects else {}
    print(f"{'':24}{'lines':>22}{'branches':>22}")
    for path in sorted(path for path in files if path.startswith(ROOMS)):
        lines = merged(files[path])
        print(f"{path:24}" + "".join(f"{percent(count):>22}" for count in counts(lines)))
        if path.partition("/")[0] in COMPLETE:
            faults += missed(path, lines)
    print("\n".join(faults) if faults else f"complete: {', '.join(COMPLETE)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
