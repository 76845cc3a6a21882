#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds mqtt.map, the row for each rule of MQTT 3.1.1, against the tests that ran.

    check.py            the mistakes and the counts: the last test of `make check`
    check.py --table    every row and how it stands before them: `make conformance`

Which tests there are is read from the sources, which of them passed from what tests/run
left in DPS_BUILD/test/ran/. The last line is `N passed, N failed`: rows proven, mistakes."""

import collections
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAP = os.path.join(ROOT, "tests/conformance/mqtt.map")

# How many statements each section has: MQTT 3.1.1, Appendix B.
STATEMENTS = {
    "1.5.3": 3,
    "2.2.2": 2, "2.3.1": 7,
    "3.1.0": 2, "3.1.2": 24, "3.1.3": 11, "3.1.4": 5, "3.2.0": 1, "3.2.2": 6, "3.3.1": 12,
    "3.3.2": 3, "3.3.4": 1, "3.3.5": 2, "3.6.1": 1, "3.8.1": 1, "3.8.3": 4, "3.8.4": 6,
    "3.9.3": 2, "3.10.1": 1, "3.10.3": 2, "3.10.4": 6, "3.12.4": 1, "3.14.1": 1, "3.14.4": 3,
    "4.1.0": 2, "4.3.1": 1, "4.3.2": 2, "4.3.3": 2, "4.4.0": 1, "4.5.0": 2, "4.6.0": 6,
    "4.7.1": 3, "4.7.2": 1, "4.7.3": 4, "4.8.0": 2,
    "6.0.0": 4,
    "7.0.0": 2, "7.1.1": 1, "7.1.2": 1,
}
# Rules without a number, byte vectors, matches of topic filters, what the standard leaves
# open: the head of the map says what each kind is.
KINDS = {"unit", "system", "interop", "laxness"}  # of the programs in a whole `make check`
OTHERS = {"N-%02d": 41, "SC-%02d": 45, "SP-%02d": 50, "CV-%02d": 40, "M-%02d": 34, "O-%d": 9}
EXPECTED = ([f"MQTT-{section}-{n + 1}" for section, count in STATEMENTS.items()
             for n in range(count)]
            + [name % (n + 1) for name, count in OTHERS.items() for n in range(count)])

# Where each reason is admitted: who the row binds, and its name.
REASONS = {
    "not-a-broker": r"S (MQTT-[34]\.|N-).*",
    "pending-websocket": r". MQTT-6\..*",
    "no-bridge": r"S MQTT-7\.0\.0-1",
    "reviewed": r"B MQTT-7\.0\.0-2",
    "by-construction": r". MQTT-7\.1\..*",
}
PENDING = "pending-websocket"

# tests: [(program, test, row or "")]; missing: the same, of tests that are to be written.
Row = collections.namedtuple("Row", "name binds text tests reasons missing")


# ---- the map ------------------------------------------------------------------------

def read_map(text):
    """(rows, names of the reasons in the head, mistakes)."""
    rows, reasons, mistakes = [], [], []
    for number, line in enumerate(text.splitlines(), 1):
        head = re.fullmatch(r"reason ([\w-]+): \S.*", line)
        row = re.fullmatch(r"([A-Z]+-\S+) +([CSB]) +(\S.*)", line)
        test = re.fullmatch(r"    (missing )?(\w+/\w+):(\w+)(?: \[(.+)\])?", line)
        reason = re.fullmatch(r"    ([\w-]+)", line)
        if head:
            reasons.append(head[1])
        elif row:
            rows.append(Row(*row.groups(), [], [], []))
        elif test and rows:
            where = rows[-1].missing if test[1] else rows[-1].tests
            where.append((test[2], test[3], test[4] or ""))
        elif reason and rows:
            rows[-1].reasons.append(reason[1])
        elif line.strip() and not line.startswith("#"):
            mistakes.append(f"mqtt.map, line {number}: neither row nor test nor reason: {line}")
    return rows, reasons, mistakes


def map_mistakes(rows, reasons):
    """What is wrong with the map whatever the tests say."""
    names = [row.name for row in rows]
    for name in EXPECTED:
        if names.count(name) != 1:
            yield f"{name}: stands in the map {names.count(name)} times"
    for name in sorted(set(names) - set(EXPECTED)):
        yield f"{name}: there is no such rule"
    if sorted(reasons) != sorted(REASONS):
        yield f"the reasons in the map's head are {reasons}, not {list(REASONS)}"
    for row in rows:
        yield from row_mistakes(row)


def row_mistakes(row):
    kinds = {program.partition("/")[0] for program, _, _ in row.tests + row.missing}
    if not (kinds or row.reasons):
        yield f"{row.name}: neither a test nor a reason"
    elif row.reasons and (kinds or len(row.reasons) > 1):
        yield f"{row.name}: tests or one reason, not both"
    elif row.name[:2] in ("SC", "SP") and not {"unit", "system"} <= kinds:
        yield f"{row.name}: needs a test of the reader and one of the emulator"
    for reason in row.reasons:
        if reason not in REASONS:
            yield f"{row.name}: unknown reason {reason}"
        elif not re.fullmatch(REASONS[reason], f"{row.binds} {row.name}"):
            yield f"{row.name}, which binds {row.binds}: {reason} is not admitted here"
    for program, test, name in row.missing:
        yield f"{row.name}: missing {shown(program, test, name)}"


def shown(program, test, row):
    return f"{program}:{test} [{row}]" if row else f"{program}:{test}"


# ---- the tests ----------------------------------------------------------------------

def known_tests():
    """{program: names of its tests}, read from the sources."""
    known = collections.defaultdict(set)
    for path in glob.glob(os.path.join(ROOT, "tests/unit/*/*.c")):
        program = "unit/" + path.split(os.sep)[-2]
        known[program].update(re.findall(r"^START_TEST\((\w+)\)", read(path), re.M))
    for kind in ("rules", "system", "interop", "laxness"):
        for path in glob.glob(os.path.join(ROOT, f"tests/{kind}/test_*.py")):
            program = f"{kind}/{os.path.basename(path)[len('test_'):-len('.py')]}"
            known[program].update(re.findall(r"^    def (test_\w+)\(", read(path), re.M))
    return dict(known)


def ran_tests(folder):
    """({(program, test): rows that it named}, {(program, test) that was skipped})."""
    passed, skipped = {}, set()
    for path in glob.glob(os.path.join(folder, "*/*")):
        if path.endswith((".tap", ".rows")):
            continue
        program = "/".join(path.split(os.sep)[-2:])
        for line in read(path).splitlines():
            how, test, row = (line + "\t").split("\t")[:3]
            if how == "passed":
                passed.setdefault((program, test), set()).add(row)
            else:
                skipped.add((program, test))
    return passed, skipped


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def names_row(cited, row):
    """Whether `[cited]` means that row of a test: it is its name, or the beginning."""
    return re.match(re.escape(cited) + r"(?=[ :,]|$)", row) is not None


def rules_in(test, row):
    """The rules after which a test, and one of its rows, are named."""
    for a, b, c, n in re.findall(r"^(?:test_)?mqtt_(\d+)_(\d+)_(\d+)_(\d+)(?:_|$)", test):
        yield f"MQTT-{a}.{b}.{c}-{n}"
    for kind, n in re.findall(r"(?<=_)(n|sc|sp|cv|m|o)_(\d\d?)(?=_|$)", test):
        yield f"{kind.upper()}-{n}"
    yield from re.findall(r"^(?:MQTT-\d+\.\d+\.\d+|N|SC|SP|CV|M|O)-\d+", row)


def test_mistakes(row, known, passed, skipped):
    """What is wrong with the tests of one row. One that was skipped here proves nothing,
    and is no mistake where another one of that row passed."""
    left_out = 0
    for program, test, name in row.tests:
        rows = passed.get((program, test), set())
        if test not in known.get(program, ()):
            yield f"{row.name}: there is no test {program}:{test}"
        elif (program, test) in skipped:
            left_out += 1
        elif not rows:
            yield f"{row.name}: {program}:{test} did not run, or failed"
        elif name and not any(names_row(name, ran) for ran in rows):
            yield f"{row.name}: {shown(program, test, name)} did not run"
    if left_out and left_out == len(row.tests):
        yield f"{row.name}: all its tests were skipped"


def name_mistakes(rows, known, passed):
    """Tests, and rows of tests, that are named after a rule which is not there."""
    cited = {name for row in rows for _, _, name in row.tests + row.missing}
    named = {(program, test, "") for program, tests in known.items() for test in tests}
    named |= {(program, test, row) for (program, test), names in passed.items()
              for row in names}
    for program, test, row in sorted(named):
        for rule in rules_in(test, row):
            if rule not in EXPECTED:
                yield f"{shown(program, test, row)} names {rule}, and there is no such rule"
        if row.startswith("M ") and not any(names_row(name, row) for name in cited):
            yield f"{shown(program, test, row)} is a match that the map does not name"


# ---- the answer ---------------------------------------------------------------------

def check(text, known, passed, skipped):
    """(rows, {name: "proven", a reason or "open"}, mistakes)."""
    rows, reasons, mistakes = read_map(text)
    mistakes += map_mistakes(rows, reasons)
    states = {}
    for row in rows:
        wrong = list(test_mistakes(row, known, passed, skipped))
        good = not wrong and not list(row_mistakes(row))
        states[row.name] = (row.reasons + ["proven"])[0] if good else "open"
        mistakes += wrong
    return rows, states, mistakes + list(name_mistakes(rows, known, passed))


def counts(rows, states):
    """The rows of each kind by how they stand, as lines."""
    yield f"{'':25}rows  proven  not applicable  pending  open"
    for title, kind in (("numbered statements", "MQTT"), ("rules without a number", "N"),
                        ("server, first packet", "SC"), ("server, next packets", "SP"),
                        ("client", "CV"), ("filter and topic", "M"), ("left open", "O")):
        of = [states[row.name] for row in rows if row.name.partition("-")[0] == kind]
        none = sum(state in REASONS and state != PENDING for state in of)
        yield (f"{title:24}{len(of):5}{of.count('proven'):8}{none:16}{of.count(PENDING):9}"
               f"{of.count('open'):6}")


def summary(states):
    """`360 rules: 300 proven, 50 not-a-broker, ...`"""
    of = list(states.values())
    return f"{len(of)} rules: " + ", ".join(
        f"{of.count(state)} {state}" for state in ("proven", *REASONS, "open"))


def main(arguments):
    folder = os.path.join(ROOT, os.environ.get("DPS_BUILD", "build"), "test/ran")
    if not os.path.isdir(folder):
        print("no test has run yet: `make check` first\n0 passed, 1 failed")
        return 1
    passed, skipped = ran_tests(folder)
    rows, states, mistakes = check(read(MAP), known_tests(), passed, skipped)
    if arguments == ["--table"]:
        for row in rows:
            print(f"{row.name:14} {row.binds}  {states[row.name]:18} {row.text}")
        print("", *counts(rows, states), "", sep="\n")
    print("".join(mistake + "\n" for mistake in mistakes), end="")
    kinds = {program.partition("/")[0] for program, _ in passed}
    if not kinds >= KINDS:
        print(f"only {', '.join(sorted(kinds))} ran: the rest is open until a whole `make check`")
    print("figure: " + summary(states))
    print(f"{list(states.values()).count('proven')} passed, {len(mistakes)} failed")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
