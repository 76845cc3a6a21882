# SPDX-License-Identifier: MIT
"""How a row of a test's table gets its name into tests/conformance/: tests/row.h's twin.

    for row in TABLE:
        with self.subTest(row.name):
            ...
            rows.row_ran(self, row.name)

tests/run believes it when the whole test passed."""

import os


def row_ran(test, row):
    """Appends "method TAB row" to the file that DPS_ROWS names, if it names one."""
    path = os.environ.get("DPS_ROWS")
    if path is not None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{test.id().rpartition('.')[2]}\t{row}\n")
