#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each header of the library compiles alone, as C99 and as C++17, and all its files as one;
what `make install`
writes is enough to build the example, with the library's own size constants in it."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import sources

CC = os.environ.get("CC", "cc").split()
CXX = next((name for name in ("g++", "clang++") if shutil.which(name)), None)
BEARSSL = ["-isystem", "/usr/include/bearssl"]
STRICT = [*BEARSSL, "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]


def compiles(command, text):
    done = subprocess.run([*command, *STRICT, "-I", sources.ROOT, "-fsyntax-only", "-"],
                          input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout


class Headers(unittest.TestCase):
    def check(self, command, paths):
        for path in paths:
            with self.subTest(path=path):
                # Twice: the guard works too.
                good, why = compiles(command, f'#include "{path}"\n#include "{path}"\n'
                                              "typedef int not_empty;\n")
                self.assertTrue(good, why)

    def test_alone_as_c99(self):
        self.check([*CC, "-x", "c", "-std=c99"], sources.library_files(".h"))

    @unittest.skipIf(CXX is None, "no C++ compiler here")
    def test_alone_as_cpp17(self):
        self.check([CXX, "-x", "c++", "-std=c++17"],
                   [path for path in sources.library_files(".h")
                    if not path.endswith("/inner.h")])

    @unittest.skipIf(CXX is None, "no C++ compiler here")
    def test_functions_have_c_names_in_cpp(self):
        """A prototype inside extern "C", or C++ would look for another name."""
        for path in sources.library_files(".h"):
            text = sources.read(path)
            if re.search(r"^[a-z].*\bdps_\w+\(", text, re.M) and not path.endswith("/inner.h"):
                self.assertIn('extern "C"', text, path)


    def test_all_files_compile_as_one(self):
        """No two files of the library share a static name; tls/tcp.c asks for POSIX, so it
        comes first."""
        files = sorted(sources.library_files(".c"), key=lambda path: path != "tls/tcp.c")
        good, why = compiles([*CC, "-x", "c", "-std=c99"],
                             "".join(f'#include "{path}"\n' for path in files))
        self.assertTrue(good, why)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder, cls.root = folder.name, os.path.join(folder.name, "opt")
        cls.flags = sources.read(os.path.join(sources.BUILD, "flags")).split()
        cls.run_make("install")

    @classmethod
    def run_make(cls, target):
        """With the flags that the outer make had, so that nothing is built again; its
        jobserver is not ours."""
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        subprocess.run(["make", target, "PREFIX=/opt", f"DESTDIR={cls.folder}",
                        f"BUILD={os.path.relpath(sources.BUILD, sources.ROOT)}"],
                       cwd=sources.ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)

    def test_installed_headers_are_the_public_ones(self):
        installed = sorted(os.path.relpath(os.path.join(folder, name),
                                           os.path.join(self.root, "include/tinydps"))
                           for folder, _, names in os.walk(os.path.join(self.root, "include"))
                           for name in names)
        self.assertEqual(installed, [path for path in sources.library_files(".h")
                                     if not path.endswith("/inner.h")])

    def test_constants_are_baked_in(self):
        include = ["-I", os.path.join(self.root, "include/tinydps")]
        text = "#include <dps/config.h>\nDPS_TEXT DPS_HUB_MAX\n"

        def expand(*flags):
            return subprocess.run([*CC, "-E", "-P", "-x", "c", *flags, *include, "-"], input=text,
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        built = next(flag for flag in self.flags if flag.startswith("-DDPS_TEXT="))
        self.assertEqual(expand().stdout.split()[0], built.partition("=")[2])
        self.assertEqual(expand(built).returncode, 0)
        for other in ("-DDPS_TEXT=600", "-DDPS_HUB_MAX=99"):
            refused = expand(other)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("the library was built with", refused.stderr)

    def test_example_builds_from_what_is_installed(self):
        """With the words of tinydps.pc, and outside the repository."""
        with open(os.path.join(self.root, "lib/pkgconfig/tinydps.pc"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertIn("prefix=/opt", lines)
        words = [word.replace("${includedir}", self.root + "/include")
                     .replace("${libdir}", self.root + "/lib")
                 for line in lines if line.startswith(("Cflags:", "Libs:"))
                 for word in line.split()[1:]]
        sanitizers = [flag for flag in self.flags if flag.startswith("-fsanitize")]
        subprocess.run([*CC, *sanitizers, "-std=c99", "-D_DEFAULT_SOURCE", "-o", "register",
                        os.path.join(sources.ROOT, "examples/register.c"),
                        os.path.join(sources.ROOT, "examples/board.c"), *words],
                       cwd=self.folder, check=True)

    def test_uninstall_leaves_nothing(self):
        self.run_make("uninstall")
        try:
            left = [name for _, _, names in os.walk(self.root) for name in names]
            self.assertEqual(left, [])
        finally:
            self.run_make("install")


if __name__ == "__main__":
    unittest.main()
