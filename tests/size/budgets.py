# SPDX-License-Identifier: MIT
"""tests/budgets.txt: a figure a line, its ceiling, and what it is today.

The ceiling is a promise that is never raised; a build that misses it is told so. Today's
figure guards: a build that is further than MARGIN away from it, in either direction, fails
until the commit that moved it writes the new figure down."""

import collections
import re

PATH = "tests/budgets.txt"
PAGES = ("README.md", "docs/size.md")  # hold tables made from it
MARGIN = 64
LINE = re.compile(r"^(?!#)(\S.*?)(\s+)(\d+|-)(\s+)(\d+|-)$")
Budget = collections.namedtuple("Budget", "name ceiling today")


def read(text):
    """The budgets of a file; ceiling and today are None where the file has `-`."""
    budgets = []
    for number, line in enumerate(text.splitlines(), 1):
        found = LINE.match(line)
        if found:
            name, _, ceiling, _, today = found.groups()
            budgets.append(Budget(name, figure(ceiling), figure(today)))
        elif line and not line.startswith("#"):
            raise ValueError(f"{PATH}:{number}: not `NAME  CEILING  TODAY`: {line}")
    return budgets


def figure(word):
    return None if word == "-" else int(word)


def moved(budget, now):
    """What is wrong with a figure, in words; None when it is near today's."""
    if budget.today is None:
        return f"{budget.name}: {now:,} bytes, and {PATH} has no figure of today"
    if abs(now - budget.today) <= MARGIN:
        return None
    more_or_less = "more" if now > budget.today else "less"
    return (f"{budget.name}: {now:,} bytes, {abs(now - budget.today):,} {more_or_less} than "
            f"the {budget.today:,} in {PATH}")


def verdict(ceiling, now):
    if now <= ceiling:
        return f"reached, {ceiling - now:,} left"
    return f"missed by {now - ceiling:,}"


def record(text, figures):
    """The file's text with what was measured as today's figures."""
    def rewrite(line):
        found = LINE.match(line)
        if not found or found.group(1) not in figures:
            return line
        name, gap, ceiling, _, _ = found.groups()
        now = str(figures[name])
        return name + gap + ceiling + now.rjust(len(line) - found.end(3))
    return "".join(rewrite(line) + "\n" for line in text.splitlines())


# ---- tables for README.md and docs/size.md -------------------------------------------


TABLE = re.compile(r"(<!-- size: (\w+) -->\n).*?(<!-- size: end -->)", re.S)


def fill(page, budgets):
    """A page with the tables of today between their marks."""
    return TABLE.sub(lambda found: found.group(1) + "\n".join([
        *table(found.group(2), budgets), found.group(3)]), page)


def table(which, budgets):
    return ceilings_table(budgets) if which == "ceilings" else columns_table(which, budgets)


def ceilings_table(budgets):
    yield from ["| bytes | ceiling | today | |", "| --- | ---: | ---: | --- |"]
    for name, ceiling, today in budgets:
        if ceiling is not None:
            yield (f"| {name} | {ceiling:,} | not yet measured | |" if today is None else
                   f"| {name} | {ceiling:,} | {today:,} | {verdict(ceiling, today)} |")


def columns_table(kind, budgets):
    columns, rows = grid(kind, {budget.name: budget.today for budget in budgets})
    yield "| " + " | ".join([kind, *columns]) + " |"
    yield "| --- |" + " ---: |" * len(columns)
    for row, values in rows:
        yield "| " + " | ".join([row, *map(with_commas, values)]) + " |"


def with_commas(value):
    return "" if value is None else f"{value:,}"


def grid(kind, figures):
    """(columns, [(row, values), ...]) of one table: `m4 flash mqtt` is row mqtt, column m4
    of the table of flash; `firmware m3 libc` row libc, column m3 of the firmware's."""
    cells = {}
    for name, value in figures.items():
        first, second, row = name.split(" ", 2)
        table, column = (first, second) if first == "firmware" else (second, first)
        if table == kind:
            cells[column, row] = value
    columns = list(dict.fromkeys(column for column, _ in cells))
    rows = dict.fromkeys(row for _, row in cells)
    return columns, [(row, [cells.get((column, row)) for column in columns]) for row in rows]
