#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make size` says can be believed: its readers of maps, call graphs and budgets
against texts made by hand, and against what the compilers here make of the library. The
tables in README.md and docs/size.md are those of tests/budgets.txt."""

import os
import re
import sys
import tempfile
import unittest
from unittest import mock

import sources

sys.path.insert(0, os.path.join(sources.ROOT, "tests/size"))

import budgets
import mapfile
import size
import stack
import toolchain

FLAGS = ["-std=c99", "-ffunction-sections", "-fdata-sections", "-I.",
         "-isystem", "/usr/include/bearssl"]

MAP = """\
Discarded input sections

 .text.unused   0x00000000       0x40 obj/mqtt/reader.o

Memory Configuration

Name             Origin             Length             Attributes
FLASH            0x00000000         0x00040000         xr
RAM              0x20000000         0x00004000         xrw
*default*        0x00000000         0xffffffff

Linker script and memory map

LOAD obj/mqtt/reader.o
.text           0x00000000       0x50
 *(.text .text.*)
 .text.dps_mqtt_reader_input
                0x00000000       0x11 obj/mqtt/reader.o
                0x00000000                dps_mqtt_reader_input
 *fill*         0x00000011        0x3 \n .rodata.a.str1.1
                0x00000014        0x2 obj/example/report.o
 .rodata.b.str1.1
                0x00000014       0x3c obj/dps/client.o
                                 0x40 (size before relaxing)

.stack          0x20000000      0x100
                0x20000000                stack_bottom = .
 *fill*         0x20000000      0x100 \n
.data           0x20000100        0x4 load address 0x00000050
 .data          0x20000100        0x4 obj/example/board/uart.o

.bss            0x20000104       0x18 load address 0x00000054
 .bss.state     0x20000104       0x10 obj/example/main.o
 COMMON         0x20000114        0x8 obj/example/main.o

.debug_info     0x00000000      0x999
 .debug_info    0x00000000      0x999 obj/mqtt/reader.o
"""


class Maps(unittest.TestCase):
    def test_sections(self):
        linked = mapfile.Map(MAP)
        self.assertEqual(mapfile.parts(linked.flash()), {
            "dps": 60, "mqtt": 17, "example": 4, "padding": 3, "printing": 0})
        self.assertEqual(linked.ram(), 0x100 + 4 + 0x18)

    def test_parts(self):
        for path, part in (("b/m3/obj/tls/tls.o", "tls"),
                           ("b/m3/obj/dps/text.o", "dps"),
                           ("b/m3/example/report.o", "printing"),
                           ("b/m3/example/lm3s6965/serial.o", "example"),
                           ("b/m3/bearssl/ssl/ssl_engine.o", "bearssl ssl"),
                           ("b/m3/bearssl/libbearssl.a(ccm.o)", "bearssl other"),
                           ("/usr/lib/picolibc/lib/thumb/v6-m/nofp/libc.a(memcpy.c.o)", "libc"),
                           ("/usr/lib/gcc/arm/12/thumb/nofp/libgcc.a(_udivsi3.o)", "libgcc"),
                           ("linker stubs", "padding"),
                           ("b/m3/obj/strange.o", "other")):
            self.assertEqual(mapfile.part_of(path), part, path)


def node(name, frame, path="mqtt/a.c", kind="static"):
    return f'node: {{ title: "{name}" label: "{name}\\n{path}:1:1\\n{frame} bytes ({kind})" }}\n'


def edge(source, target, line=1, path="./mqtt/a.c"):
    return (f'edge: {{ sourcename: "{source}" targetname: "{target}" '
            f'label: "{path}:{line}:5" }}\n')


# a_read was inlined into `top`: the line of its call still stands in a_read.
SOURCE = """\
static int a_read(struct a *a)
{
    return a->read(a);
}

int top(struct a *a,
        int b)
{
    return a_read(a);
}
"""
POINTER = node("top", 8) + node("low", 100) + edge("top", "__indirect_call", 3)


class Stacks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        os.mkdir("mqtt")
        with open("mqtt/a.c", "w", encoding="utf-8") as file:
            file.write(SOURCE)

    def assert_fails(self, why, *arguments):
        with self.assertRaisesRegex(toolchain.Failure, why):
            stack.Graph(*arguments).deepest("top")

    def test_deepest_of_two_ways_over_two_files(self):
        graph = stack.Graph([node("top", 8) + edge("top", "near") + edge("top", "far"),
                             node("near", 90) + node("far", 16) + node("end", 20)
                             + edge("far", "end") + edge("far", "memcpy")], "")
        path = graph.deepest("top")
        self.assertEqual([n.name for n in path], ["top", "near"])
        self.assertEqual(stack.depth(path), 98)

    def test_others_count_nothing(self):
        graph = stack.Graph([node("root", 64, toolchain.ROOTS["session"]) + edge("root", "top")
                             + node("top", 8) + edge("top", "br_x")
                             + node("br_x", 900, "/usr/include/bearssl.h", "dynamic")
                             + edge("br_x", "__indirect_call", 9, "/usr/include/bearssl.h")
                             + edge("top", "__indirect_call", 9, "/usr/include/bearssl.h")], "")
        self.assertEqual(stack.depth(graph.deepest("root")), 8)

    def test_entries(self):
        graph = stack.Graph([node("top", 8) + node("dps_a", 8) + node("called_back", 8)
                             + node("inner", 8) + edge("top", "dps_a") + edge("top", "inner")],
                            "")
        self.assertEqual(graph.entries({"dps_a"}), ["called_back", "dps_a", "top"])

    def test_pointer_is_the_row_of_the_function_it_stands_in(self):
        graph = stack.Graph([POINTER], "# why\nmqtt/a.c:a_read mqtt/a.c:low\n"
                                       "mqtt/a.c:a_read product\n")
        self.assertEqual(stack.depth(graph.deepest("top")), 108)

    def test_pointer_that_no_row_names(self):
        self.assert_fails("mqtt/a.c:3: mqtt/a.c:a_read calls", [POINTER],
                          "mqtt/a.c:top mqtt/a.c:low\n")

    def test_row_without_a_call(self):
        self.assert_fails("gone calls through no pointer", [POINTER],
                          "mqtt/a.c:a_read mqtt/a.c:low\nmqtt/a.c:gone product\n")

    def test_row_that_names_what_is_no_more(self):
        self.assert_fails("mqtt/a.c:gone is no more", [POINTER],
                          "mqtt/a.c:a_read mqtt/a.c:gone\n")
        self.assert_fails("mqtt/b.c:low is no more", [POINTER],
                          "mqtt/a.c:a_read mqtt/b.c:low\n")

    def test_what_this_target_has_not(self):
        rows = "mqtt/a.c:a_read tls/tcp.c:tcp_read\ntls/tcp.c:tcp_open product\n"
        graph = stack.Graph([POINTER], rows, ("tls/tcp.c",))
        self.assertEqual(stack.depth(graph.deepest("top")), 8)

    def test_recursion(self):
        self.assert_fails("top > low > top", [node("top", 8) + node("low", 8)
                                              + edge("top", "low") + edge("low", "top")], "")
        self.assert_fails("top > top", [node("top", 8) + edge("top", "top")], "")
        self.assert_fails("top > top", [POINTER], "mqtt/a.c:a_read mqtt/a.c:top\n")

    def test_frame_of_no_fixed_size(self):
        self.assert_fails("the frame of top is dynamic", [node("top", 8, kind="dynamic")], "")


FILE = """\
# What this is.

m4 flash mqtt          2560     4596
m4 ram dps_client         -     1208
firmware m3 bearssl ssl       40960        -
"""


class Budgets(unittest.TestCase):
    def test_columns(self):
        self.assertEqual(budgets.read(FILE), [("m4 flash mqtt", 2560, 4596),
                                              ("m4 ram dps_client", None, 1208),
                                              ("firmware m3 bearssl ssl", 40960, None)])
        for line in ("m4 flash mqtt 2560", "m4 flash mqtt 2.5 2560", "m4 flash mqtt 1 2 bytes"):
            with self.assertRaises(ValueError, msg=line):
                budgets.read(line + "\n")

    def test_moved_by_more_than_the_margin(self):
        for now, fault in ((1000, None), (1064, None), (936, None),
                           (1065, "1,065 bytes, 65 more than the 1,000"),
                           (935, "935 bytes, 65 less than the 1,000")):
            found = budgets.moved(budgets.Budget("x", None, 1000), now)
            self.assertEqual(found is None, fault is None, now)
            self.assertIn(fault or "", found or "")
        self.assertIn("no figure", budgets.moved(budgets.Budget("x", 10, None), 5))

    def test_a_ceiling_is_reached_by_its_own_figure(self):
        self.assertEqual(budgets.verdict(512, 512), "reached, 0 left")
        self.assertEqual(budgets.verdict(512, 1513), "missed by 1,001")

    def test_record_rewrites_the_last_column_alone(self):
        recorded = budgets.record(FILE, {"m4 flash mqtt": 999, "firmware m3 bearssl ssl": 12345,
                                         "unlisted": 1})
        self.assertEqual(recorded, FILE.replace("4596", " 999")
                         .replace("       -\n", "   12345\n"))

    def test_faults(self):
        measured = size.Measured()
        measured.missing["firmware m3"] = "there is none"
        measured.figures = {"m4 flash mqtt": 4596}
        lines = budgets.read(FILE)
        with mock.patch.dict(os.environ):
            os.environ.pop("DPS_NO_SKIP", None)
            self.assertEqual([fault.partition(":")[0] for fault in size.faults(measured, lines)],
                             ["m4 ram dps_client"])
            os.environ["DPS_NO_SKIP"] = "1"
            self.assertEqual([fault.partition(":")[0] for fault in size.faults(measured, lines)],
                             ["m4 ram dps_client", "firmware m3 bearssl ssl"])


class Tables(unittest.TestCase):
    def test_pages_hold_the_tables_of_the_budgets(self):
        lines = budgets.read(sources.read(budgets.PATH))
        for path in budgets.PAGES:
            page = sources.read(path)
            self.assertIsNotNone(budgets.TABLE.search(page), path)
            self.assertEqual(page, budgets.fill(page, lines), f"{path}: make size RECORD=1")

    def test_fill(self):
        page = "# a\n<!-- size: flash -->\nold\n<!-- size: end -->\nb\n"
        self.assertEqual(budgets.fill(page, budgets.read("m4 flash dps - 1000\n")),
                         "# a\n<!-- size: flash -->\n| flash | m4 |\n| --- | ---: |\n"
                         "| dps | 1,000 |\n<!-- size: end -->\nb\n")

    def test_rows_and_columns(self):
        lines = budgets.read(FILE + "m3 flash mqtt - 4588\nm4 flash dps - 1000\n")
        self.assertEqual(list(budgets.table("flash", lines)), [
            "| flash | m4 | m3 |", "| --- | ---: | ---: |", "| mqtt | 4,596 | 4,588 |",
            "| dps | 1,000 |  |"])
        self.assertEqual(list(budgets.table("ceilings", lines))[2:], [
            "| m4 flash mqtt | 2,560 | 4,596 | missed by 2,036 |",
            "| firmware m3 bearssl ssl | 40,960 | not yet measured | |"])


class Library(unittest.TestCase):
    """The rooms as they are, with the host's compiler and those that are here besides. One
    ARM is enough."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.addClassCleanup(os.chdir, os.getcwd())
        os.chdir(sources.ROOT)
        cls.built = []
        for name in ("host", "m4", "rv32"):
            tools = toolchain.Toolchain(name, folder.name, FLAGS, [])
            if tools.is_installed():
                objects = tools.compile_all([*tools.library(), *toolchain.ROOTS.values()])
                cls.built.append((tools, objects))

    def test_every_pointer_has_its_row_and_every_row_its_pointer(self):
        for tools, objects in self.built:
            graph = stack.Graph([sources.read(path[:-1] + "ci") for path in objects],
                                sources.read(size.CALLS), tools.left_out)
            path = graph.deepest("registration")
            self.assertGreater(stack.depth(path), 100, tools.compiler)

    def test_map_adds_up_to_what_size_says(self):
        """On a host the linker adds tables of its own."""
        for tools, objects in self.built[1:]:
            path = tools.link(objects, "registration")
            told = toolchain.run(tools.prefix + "size", path[:-len("map")] + "elf")
            text, data = map(int, told.splitlines()[1].split()[:2])
            linked = mapfile.Map(sources.read(path))
            self.assertEqual(sum(bytes_ for bytes_, _ in linked.flash()), text + data, path)
            self.assertLessEqual(set(mapfile.parts(linked.flash())),
                                 {*sources.ROOMS, "root", "padding"})

    def test_what_is_not_used_is_not_linked(self):
        """A registration has no QoS 2, no will, no store, no matching, no server's half."""
        unused = {"delivery", "memory", "will", "filter", "server", "error_text"}
        for tools, objects in self.built:
            for root, used in (("registration", set()), ("session", {"delivery"})):
                linked = mapfile.Map(sources.read(tools.link(objects, root)))
                files = {os.path.basename(path)[:-len(".o")] for _, path in linked.flash()
                         if path and "/mqtt/" in path}
                self.assertEqual(files & unused, used, f"{tools.compiler} {root}")
                names = {section.name.rpartition(".")[2] for section in linked.sections}
                self.assertIn("dps_mqtt_session_subscribe", names)
                self.assertEqual("dps_mqtt_session_unsubscribe" in names, root == "session")

    def test_struct_sizes(self):
        for tools, _ in self.built:
            sizes = tools.struct_sizes()
            self.assertEqual(set(sizes), set(toolchain.contexts()))
            self.assertLess(sizes["dps_mqtt_session"] + sizes["dps_registration"],
                            sizes["dps_client"])


if __name__ == "__main__":
    unittest.main()
