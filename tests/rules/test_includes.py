#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each #include line of the library rooms against the table of what a room may include.

What is not in the table is refused: there is no list of forbidden headers to keep."""

import re
import unittest

import sources

FREESTANDING = {f"<{name}.h>" for name in (
    "float", "iso646", "limits", "stdarg", "stdbool", "stddef", "stdint")}
C = FREESTANDING | {"<string.h>"}
BEARSSL_HASHES = {"<bearssl_hash.h>", "<bearssl_hmac.h>"}
POSIX = {"<errno.h>", "<fcntl.h>", "<netinet/in.h>", "<netinet/tcp.h>", "<poll.h>",
         "<sys/socket.h>", "<sys/types.h>", "<time.h>", "<unistd.h>"}

# (which files, what they may include); the first row that fits a file is its row. A name
# that ends in "/" stands for all headers of that room, <bearssl*> for all of BearSSL's.
TABLE = [
    (r"mqtt/client\.[ch]",                 C | {"mqtt/", "tls/stream.h"}),
    (r"mqtt/.*",                           C | {"mqtt/"}),
    (r"sas/(base64|text|wipe)\.[ch]",   C | {"sas/base64.h", "sas/text.h", "sas/wipe.h"}),
    (r"sas/.*",                            C | {"sas/"} | BEARSSL_HASHES),
    (r"tls/stream\.h",                     FREESTANDING),
    (r"tls/tcp\.c",                        C | {"tls/"} | POSIX),
    (r"tls/.*",                            C | {"tls/", "sas/base64.h", "sas/wipe.h",
                                                "mqtt/utf8.h", "<bearssl*>"}),
    (r"dps/.*",                            C | {"dps/", "mqtt/", "tls/stream.h",
                                                "sas/text.h", "sas/wipe.h"}),
]
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(.*?)[ \t]*(?:/[*/].*)?$", re.M)


def allowed(name, row):
    if name.startswith('"') and name.endswith('"'):
        path = name[1:-1]
        return path in row or path.rpartition("/")[0] + "/" in row
    if name.startswith("<bearssl"):
        return name in row or "<bearssl*>" in row
    return name in row


def violations(path, text):
    """What is wrong with the #include lines of one file, in words."""
    row = next(row for pattern, row in TABLE if re.fullmatch(pattern, path))
    for name in INCLUDE.findall(text):
        if not allowed(name, row):
            yield f"{path} includes {name}"
        if path.endswith(".h") and name.endswith('/inner.h"'):
            yield f"{path} is a header and includes {name}"


class Includes(unittest.TestCase):
    def test_every_line_of_every_room(self):
        files = sources.library_files(".c", ".h")
        for room in sources.ROOMS:
            self.assertTrue(any(path.startswith(room + "/") for path in files), room)
        found = [line for path in files for line in violations(path, sources.read(path))]
        self.assertEqual(found, [])

    def test_a_violation_is_seen(self):
        planted = [
            ("mqtt/reader.c", "#include <stdio.h>\n"),
            ("mqtt/reader.c", '#include "tls/stream.h"\n'),
            ("mqtt/client.c", "  #  include\t<stdlib.h> /* why */\n"),
            ("mqtt/session.h", '#include "mqtt/inner.h"\n'),
            ("sas/base64.c", "#include <bearssl_hash.h>\n"),
            ("sas/sas.c", "#include <bearssl_ssl.h>\n"),
            ("sas/sas.c", "#include <bearssl.h>\n"),
            ("tls/tls.c", "#include <unistd.h>\n"),
            ("tls/stream.h", "#include <string.h>\n"),
            ("tls/tcp.h", "#include <sys/socket.h>\n"),
            ("tls/tls.c", '#include "sas/sas.h"\n'),
            ("dps/client.c", "#include <bearssl.h>\n"),
            ("dps/client.c", '#include "tls/tls.h"\n'),
            ("dps/json.c", "#include HEADER\n"),
            ("dps/json.c", '#include "json.h"\n'),
        ]
        for path, text in planted:
            with self.subTest(path=path, text=text):
                self.assertNotEqual(list(violations(path, text)), [])


if __name__ == "__main__":
    unittest.main()
