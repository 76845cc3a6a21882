# SPDX-License-Identifier: MIT
"""What the rules look at: the repository's files, found without git."""

import glob
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOMS = ("mqtt", "sas", "tls", "dps")  # the library
BUILD = os.path.join(ROOT, os.environ.get("DPS_BUILD", "build"))


def library_files(*ends):
    """Paths like mqtt/reader.c of the library rooms."""
    return sorted(os.path.relpath(path, ROOT) for room in ROOMS for end in ends
                  for path in glob.glob(os.path.join(ROOT, room, "*" + end)))


def repository_files():
    """All but what is built or belongs to git or an editor."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders
                      if name not in (".git", "__pycache__") and not name.startswith("build")]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()
