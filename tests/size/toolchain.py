# SPDX-License-Identifier: MIT
"""Compiles the library for each target that has a compiler here, and links the roots from
it. Nothing of that is run, so BearSSL, libc and a start-up file may be missing."""

import concurrent.futures
import glob
import os
import re
import shutil
import subprocess

ROOMS = ("mqtt", "dps", "sas", "tls")
# What is linked: a registration, and a session with QoS 2 and redelivery. Each is a
# function, in a file of its name.
ROOTS = {root: f"tests/size/{root}.c" for root in ("registration", "session")}
POSIX_ONLY = ("tls/tcp.c",)  # no microcontroller has sockets

# name: (prefix of the tools, what says the processor)
TARGETS = {
    "host": ("", ["-static"]),
    "m0plus": ("arm-none-eabi-", ["-mthumb", "-mcpu=cortex-m0plus"]),
    "m3": ("arm-none-eabi-", ["-mthumb", "-mcpu=cortex-m3"]),
    "m4": ("arm-none-eabi-", ["-mthumb", "-mcpu=cortex-m4"]),
    "rv32": ("riscv64-unknown-elf-", ["-march=rv32imac", "-mabi=ilp32"]),
}
# Unwind tables are left out, because a microcontroller has none.
SIZE_FLAGS = ["-Os", "-fno-asynchronous-unwind-tables", "-fcallgraph-info=su"]


class Failure(Exception):
    """What stops `make size`, in words."""


class Toolchain:
    """One target's compiler; what it makes goes to `folder`."""

    def __init__(self, name, folder, flags, defines):
        self.prefix, self.processor = TARGETS[name]
        self.folder = os.path.join(folder, name)
        is_host = name == "host"
        self.left_out = () if is_host else POSIX_ONLY
        # A host's size constants are not a microcontroller's, which keeps the defaults.
        own = defines if is_host else ["--specs=picolibc.specs"]
        self.flags = [*flags, *own, *self.processor, *SIZE_FLAGS]

    @property
    def compiler(self):
        return self.prefix + "gcc"

    def is_installed(self):
        """The compiler, and for a microcontroller its C library."""
        if shutil.which(self.compiler) is None:
            return False
        asked = [self.compiler, *self.flags, "-E", "-include", "string.h", "-x", "c", os.devnull]
        return subprocess.run(asked, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def version(self):
        return run(self.compiler, "--version").splitlines()[0]

    def compile(self, source):
        """The object's path; the compiler writes its call graph beside it, as .ci."""
        object_file = os.path.join(self.folder, source[:-len(".c")] + ".o")
        os.makedirs(os.path.dirname(object_file), exist_ok=True)
        run(self.compiler, *self.flags, "-c", source, "-o", object_file)
        return object_file

    def compile_all(self, sources):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self.compile, sources))

    def library(self):
        """The library's files that this target can have."""
        files = sorted(path for room in ROOMS for path in glob.glob(room + "/*.c"))
        return [path for path in files if path not in self.left_out]

    def link(self, objects, root):
        """The path of the linker's map of what a root keeps."""
        linked = os.path.join(self.folder, root)
        run(self.compiler, *self.processor, "-nostdlib", "-Wl,--gc-sections",
            "-Wl,--unresolved-symbols=ignore-all", f"-Wl,--entry={root}",
            f"-Wl,-Map={linked}.map", "-o", linked + ".elf", *objects)
        return linked + ".map"

    def struct_sizes(self):
        """{"dps_client": bytes, ...}: read from the sizes of arrays as large as they."""
        source = os.path.join(self.folder, "structs.c")
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(f'#include "{header}"\n' for header in public_headers())
            file.writelines(f"char as_{name}[sizeof(struct {name})];\n" for name in contexts())
        object_file = os.path.join(self.folder, "structs.o")
        run(self.compiler, *self.flags, "-c", source, "-o", object_file)
        symbols = run(self.prefix + "nm", "-S", "-t", "d", object_file)
        return {name: int(size) for size, name in
                re.findall(r"^\d+ (\d+) \w as_(\w+)$", symbols, re.M)}


def public_headers():
    return [path for room in ROOMS for path in sorted(glob.glob(room + "/*.h"))
            if not path.endswith("/inner.h")]


def public_functions():
    """[(name, the struct that its first parameter points to and that it may change), ...]"""
    prototype = re.compile(r"\b(dps_\w+)\((?:struct (\w+) \*)?")
    found = []
    for header in public_headers():
        with open(header, encoding="utf-8") as file:
            found += prototype.findall(file.read())
    return found


def contexts():
    """The structs that a caller places: those whose functions are named after them."""
    return sorted({struct for name, struct in public_functions()
                   if struct and name.startswith(struct + "_")})


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}\n{done.stdout}")
    return done.stdout
