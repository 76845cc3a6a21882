#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what the library costs, and compares with tests/budgets.txt: `make size`.

    size.py --flags FLAGS [--defines FLAGS] [--build DIR] [--json | --record]
    size.py --markdown      the tables for README.md and docs/size.md, out of the budgets

Nothing of the library is run: flash is read from the linker's map of a registration
(mapfile.py), RAM from the compiler's idea of each struct (toolchain.py), stack from the
compiler's frames and call graph (stack.py). The firmware's figures are read from the maps
that `make firmware` leaves. A figure's name is its line in tests/budgets.txt: `m4 flash
mqtt`, `host ram dps_client`, `m3 stack dps_client_run`, `firmware m0 libc`."""

import argparse
import json
import os
import sys

sys.dont_write_bytecode = True

import budgets
import mapfile
import stack
import toolchain
from toolchain import Failure

BOARDS = {"m3": "lm3s6965", "m0": "microbit"}  # core: board
CALLS = "tests/size/indirect_calls.txt"


class Measured:
    """figures: {name: bytes}; compilers and deepest: {target: text}; missing: {target or
    board: why it was not measured}."""

    def __init__(self):
        self.figures, self.compilers, self.deepest, self.missing = {}, {}, {}, {}

    def add_target(self, name, tools):
        if not tools.is_installed():
            self.missing[name] = f"there is no {tools.compiler}, or no picolibc for it"
            return
        self.compilers[name] = tools.version()
        objects = tools.compile_all([*tools.library(), *toolchain.ROOTS.values()])
        linked = {root: rooms_of(mapfile.Map(read(tools.link(objects, root))))
                  for root in toolchain.ROOTS}
        self.add(name, "flash", {**linked["registration"], "session": linked["session"]["mqtt"]})
        self.add(name, "ram", tools.struct_sizes())
        graphs = [read(path[:-len("o")] + "ci") for path in objects]
        graph = stack.Graph(graphs, read(CALLS), tools.left_out)
        paths = deepest_paths(graph)
        self.add(name, "stack", {entry: stack.depth(path) for entry, path in paths.items()})
        self.add(name, "stack", {"largest frame in mqtt": max(
            node.frame for node in graph.nodes.values() if node.path.startswith("mqtt/"))})
        for root in toolchain.ROOTS:
            self.deepest[f"{name} {root}"] = " > ".join(f"{node.name} {node.frame}"
                                                        for node in paths[root][1:])

    def add_firmware(self, core, path):
        if not os.path.exists(path):
            self.missing["firmware " + core] = f"there is no {path}: make firmware"
            return
        self.add("firmware", core, firmware_parts(mapfile.Map(read(path))))

    def add(self, first, second, values):
        self.figures.update({f"{first} {second} {what}": bytes_
                             for what, bytes_ in values.items()})

    def why_missing(self, name):
        """Why there can be no figure of this name here; None when there should be one."""
        return next((why for prefix, why in self.missing.items()
                     if name.startswith(prefix + " ")), None)


def rooms_of(linked):
    """Bytes of each room as linked into a registration, and of all four."""
    parts = mapfile.parts(linked.flash())
    rooms = {room: parts.get(room, 0) for room in toolchain.ROOMS}
    return {**rooms, "ours": sum(rooms.values())}


def firmware_parts(linked):
    """The image's flash without what only prints; the RAM that it is linked with, stack
    included; ours, the rooms together; then each part."""
    parts = mapfile.parts(linked.flash())
    return {"flash": sum(parts.values()) - parts.get("printing", 0),
            "ram": linked.ram(),
            "ours": sum(parts.get(room, 0) for room in toolchain.ROOMS), **parts}


def deepest_paths(graph):
    public = {name for name, _ in toolchain.public_functions()}
    return {graph.nodes[title].name: graph.deepest(title) for title in graph.entries(public)}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def measure(build, flags, defines):
    measured = Measured()
    os.makedirs(build + "/size", exist_ok=True)
    for name in toolchain.TARGETS:
        measured.add_target(name, toolchain.Toolchain(name, build + "/size", flags, defines))
    for core, board in BOARDS.items():
        measured.add_firmware(core, f"{build}/firmware/{board}/firmware.map")
    return measured


# ---- what is said --------------------------------------------------------------------

TITLES = {
    "flash": "flash of each room, as linked into a registration; of a session with QoS 2",
    "ram": "RAM of each context",
    "stack": "deepest stack of each public function; what is not ours counts 0",
    "firmware": "firmware: flash without printing, RAM with stack, then the flash by part",
}


def table(kind, figures):
    columns, rows = budgets.grid(kind, figures)
    if columns:
        yield f"\n{TITLES[kind]}\n" + " " * 34 + "".join(f"{name:>9}" for name in columns)
    for row, values in rows:
        yield f"  {row:32}" + "".join(f"{budgets.with_commas(v):>9}" for v in values)


def print_text(measured, lines):
    print("bytes, gcc -Os")
    for name, version in measured.compilers.items():
        print(f"  {name:8}{version}")
    for kind in TITLES:
        for line in table(kind, measured.figures):
            print(line)
    print("\nthe deepest paths")
    for name, path in measured.deepest.items():
        print(f"  {name:20}{path}")
    print("\nceilings")
    for name, ceiling, _ in lines:
        now = measured.figures.get(name)
        if ceiling is not None and now is not None:
            print(f"  {name:26}{now:>7,} of {ceiling:>6,}: {budgets.verdict(ceiling, now)}")
        elif ceiling is not None:
            print(f"  {name:26}{'?':>7} of {ceiling:>6,}: not measured")


def as_json(measured):
    tree = {}
    for name, value in measured.figures.items():
        first, second, row = name.split(" ", 2)
        tree.setdefault(first, {}).setdefault(second, {})[row] = value
    return {"compilers": measured.compilers, "bytes": tree, "deepest": measured.deepest,
            "not measured": measured.missing}


def faults(measured, lines):
    """Each line of the budgets that fails this build, in words."""
    for budget in lines:
        now = measured.figures.get(budget.name)
        if now is not None:
            fault = budgets.moved(budget, now)
            if fault:
                yield fault
        elif not measured.why_missing(budget.name):
            yield f"{budget.name}: {budgets.PATH} names it, and nothing of that name is measured"
        elif os.environ.get("DPS_NO_SKIP"):
            yield f"{budget.name}: not measured"


def report(measured, lines):
    """To standard error, so that --json stays JSON. The exit status."""
    for name, why in measured.missing.items():
        print(f"{name}: not measured, {why}", file=sys.stderr)
    found = list(faults(measured, lines))
    for fault in found:
        print(f"FAIL {fault}", file=sys.stderr)
    if found:
        print("When a figure was meant to move, `make size RECORD=1` writes the new one; the "
              "commit says why.", file=sys.stderr)
    return 1 if found else 0


def options():
    parser = argparse.ArgumentParser(description="what the library costs, in bytes")
    parser.add_argument("--build", default="build")
    parser.add_argument("--flags", default="", help="the Makefile's, for every target")
    parser.add_argument("--defines", default="", help="the Makefile's, for the host alone")
    for name in ("--json", "--record"):
        parser.add_argument(name, action="store_true")
    return parser.parse_args()


def record(figures):
    """Into the budgets, and into the pages that show them."""
    write(budgets.PATH, budgets.record(read(budgets.PATH), figures))
    lines = budgets.read(read(budgets.PATH))
    for page in budgets.PAGES:
        write(page, budgets.fill(read(page), lines))


def main():
    wanted = options()
    measured = measure(wanted.build, wanted.flags.split(), wanted.defines.split())
    write(wanted.build + "/size.json", json.dumps(as_json(measured), indent=2) + "\n")
    if wanted.record:
        record(measured.figures)
    lines = budgets.read(read(budgets.PATH))
    if wanted.json:
        print(read(wanted.build + "/size.json"), end="")
    else:
        print_text(measured, lines)
        sys.stdout.flush()
    return report(measured, lines)


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    try:
        sys.exit(main())
    except (Failure, ValueError) as failure:
        sys.exit(f"size: {failure}")
