#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dps-anchors: the C tables that it makes hold what openssl reads in the same certificates,
and nothing is written when one of them cannot be used."""

import os
import re
import subprocess
import tempfile
import unittest

import bench

PROGRAM = os.path.join(bench.BUILD, "bin", "dps-anchors")
CC = os.environ.get("CC", "cc").split()


def pem(*names):
    texts = []
    for name in names:
        with open(os.path.join(bench.PKI, name), encoding="ascii") as file:
            texts.append(file.read())
    return "".join(texts)


def anchors(text):
    return subprocess.run([PROGRAM], input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)


def tables(source):
    """{name: bytes} of the C tables."""
    return {name: bytes(int(byte, 16) for byte in re.findall("0x([0-9a-f]{2})", body))
            for name, body in re.findall(r"unsigned char (\w+)\[\] = \{(.*?)\};", source, re.S)}


def openssl(name, *words):
    return subprocess.run(["openssl", "x509", "-in", os.path.join(bench.PKI, name), "-noout",
                           *words], check=True, stdout=subprocess.PIPE, text=True).stdout


class Anchors(unittest.TestCase):
    def test_tables(self):
        done = anchors(pem("root.pem", "ec-root.pem"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = tables(done.stdout)
        self.assertEqual(sorted(found), ["exponent_0", "modulus_0", "name_0", "name_1", "point_1"])
        modulus = openssl("root.pem", "-modulus").strip().partition("=")[2]
        self.assertEqual(found["modulus_0"].hex().upper(), modulus)
        self.assertEqual(found["exponent_0"], b"\1\0\1")
        self.assertIn(b"tinydps test root", found["name_0"])
        self.assertIn(b"tinydps EC root", found["name_1"])
        point = re.search(r"pub:\s*([0-9a-f:\s]+)", openssl("ec-root.pem", "-text")).group(1)
        self.assertEqual(found["point_1"].hex(), re.sub(r"[^0-9a-f]", "", point))

    def test_compiles_without_a_warning(self):
        done = anchors(pem("root.pem", "ec-root.pem"))
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/device.h", "w", encoding="ascii") as file:
                file.write("#include <bearssl.h>\n"
                           "extern const br_x509_trust_anchor device_anchors[2];\n")
            compiled = subprocess.run(
                [*CC, "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror",
                 "-I", folder, "-isystem", "/usr/include/bearssl", "-x", "c", "-fsyntax-only",
                 "-"], input=done.stdout, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT)
        self.assertEqual((compiled.returncode, compiled.stdout), (0, ""))

    def test_refuses(self):
        many = pem("root.pem") * 17
        for text, why in (("", "no certificate"), (pem("weak-root.pem"), "2,?048"),
                          (pem("root.pem", "server.pem"), "CA"), (many, ""),
                          ("x" * 65536, "64 KB")):
            done = anchors(text)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, f"(?i)^dps-anchors: .*{why}")


if __name__ == "__main__":
    unittest.main()
