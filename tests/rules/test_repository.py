#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What every file of the repository owes its reader: a licence line, a README a room that
fits a screen, and a README whose code sample is the file that the tests run."""

import os
import re
import unittest

import sources

SOURCE = re.compile(r".*(\.[ch]|\.js|\.py|\.sh|\.yml|Makefile|\.ci/run|tests/run)$")
ROOMS = ("mqtt", "tls", "dps", "sas", "tools", "examples", "tests", "fuzz", "docs")
README_LINES = 40


def has_licence(text):
    """An SPDX line first, or second after a line for the kernel."""
    lines = text.splitlines()[:2]
    if lines and lines[0].startswith("#!"):
        lines = lines[1:]
    return bool(lines) and re.fullmatch(r"(/\*|//|#) SPDX-License-Identifier: MIT( \*/)?",
                                        lines[0]) is not None


class Repository(unittest.TestCase):
    def test_every_source_file_has_its_licence_line(self):
        files = [path for path in sources.repository_files() if SOURCE.fullmatch(path)]
        self.assertGreater(len(files), 40)
        self.assertEqual([path for path in files if not has_licence(sources.read(path))], [])

    def test_a_missing_licence_line_is_seen(self):
        for text in ("", "int x;\n", "#!/bin/sh\nset -e\n", "/* MIT */\n",
                     "/* SPDX-License-Identifier: GPL-3.0-only */\n"):
            self.assertFalse(has_licence(text), text)

    def test_every_room_has_a_short_readme(self):
        for room in ROOMS:
            with self.subTest(room=room):
                lines = len(sources.read(f"{room}/README.md").splitlines())
                self.assertLessEqual(lines, README_LINES)
                self.assertGreater(lines, 3)

    def test_text_files_are_clean(self):
        """No tab but in Makefiles, no blank at a line's end, a line end at the end."""
        for path in sources.repository_files():
            if not SOURCE.fullmatch(path) and not path.endswith(".md"):
                continue
            with self.subTest(path=path):
                text = sources.read(path)
                self.assertTrue(text.endswith("\n") and not text.endswith("\n\n"))
                self.assertIsNone(re.search(r"[ \t]$", text, re.M))
                if os.path.basename(path) != "Makefile":
                    self.assertNotIn("\t", text)

    def test_c_lines_have_at_most_90_columns(self):
        """Tests may have 110: the rows of their tables stand in columns."""
        long = [f"{path}:{number}" for path in sources.repository_files()
                if path.endswith((".c", ".h"))
                for number, line in enumerate(sources.read(path).splitlines(), 1)
                if len(line) > (110 if path.startswith("tests/") else 90)]
        self.assertEqual(long, [])

    def test_readme_shows_the_example_that_is_tested(self):
        blocks = re.findall(r"^```c\n(.*?)^```$", sources.read("README.md"), re.M | re.S)
        self.assertEqual(blocks, [sources.read("examples/register.c")])

    def test_readme_links_lead_somewhere(self):
        for path in sources.repository_files():
            if not path.endswith(".md"):
                continue
            for target in re.findall(r"\]\(([^)#\s]+)", sources.read(path)):
                if "://" not in target:
                    place = os.path.normpath(os.path.join(sources.ROOT, os.path.dirname(path),
                                                          target))
                    self.assertTrue(os.path.exists(place), f"{path}: {target}")


if __name__ == "__main__":
    unittest.main()
