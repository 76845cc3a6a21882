#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The conformance check sees each kind of mistake: tests/conformance/check.py against maps
made by hand, and what tests/run and tests/rows.py hand to it."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys
import tempfile
import unittest
from unittest import mock

import sources

sys.path.insert(0, os.path.join(sources.ROOT, "tests/conformance"))
sys.path.insert(0, os.path.join(sources.ROOT, "tests"))

import check
import rows


def load_run():
    """tests/run, which has no .py."""
    loader = importlib.machinery.SourceFileLoader("run", os.path.join(sources.ROOT, "tests/run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    with mock.patch.object(sys, "dont_write_bytecode", True):
        loader.exec_module(module)
    return module


# A map without a mistake, and the tests that it names.
HEAD = "".join(f"reason {name}: why\n" for name in check.REASONS)
TESTS = "    unit/a:one [first]\n    system/b:test_two\n"
GOOD = HEAD + "".join(f"\n{name} S words\n{TESTS}" for name in check.EXPECTED)
KNOWN = {"unit/a": {"one", "mqtt_3_1_2_3_good", "mqtt_n_08_n_09_good"}, "system/b": {"test_two"}}
PASSED = {("unit/a", "one"): {"", "first", "MQTT-3.1.2-3 bit 0"}, ("system/b", "test_two"): {""}}


def mistakes(text=GOOD, known=KNOWN, passed=PASSED, skipped=()):
    return check.check(text, known, passed, skipped)[2]


class Mistakes(unittest.TestCase):
    def of_row(self, name, binds, below, expected):
        """The only mistake of a map in which that row is this one."""
        self.assertIn(f"\n{name} S words\n{TESTS}", GOOD)
        text = GOOD.replace(f"\n{name} S words\n{TESTS}", f"\n{name} {binds} words\n{below}")
        self.assertEqual(mistakes(text), expected)
        state = check.check(text, KNOWN, PASSED, ())[1][name]
        self.assertEqual(state == "open", bool(expected))

    def test_none(self):
        self.assertEqual(mistakes(), [])
        self.assertEqual(set(check.check(GOOD, KNOWN, PASSED, ())[1].values()), {"proven"})

    def test_the_standard_has_141_statements(self):
        self.assertEqual(sum(check.STATEMENTS.values()), 141)
        self.assertEqual(len(check.EXPECTED), 141 + 41 + 45 + 50 + 40 + 34 + 9)

    def test_neither_test_nor_reason(self):
        self.of_row("N-05", "B", "", ["N-05: neither a test nor a reason"])

    def test_both(self):
        self.of_row("MQTT-3.1.2-8", "S", TESTS + "    not-a-broker\n",
                    ["MQTT-3.1.2-8: tests or one reason, not both"])
        self.of_row("MQTT-3.1.2-8", "S", "    not-a-broker\n    not-a-broker\n",
                    ["MQTT-3.1.2-8: tests or one reason, not both"])

    def test_missing(self):
        self.of_row("N-05", "B", TESTS + "    missing unit/a:three [x y]\n",
                    ["N-05: missing unit/a:three [x y]"])

    def test_a_vector_of_the_server_without_the_emulator(self):
        for below in ("    unit/a:one\n", "    system/b:test_two\n"):
            self.of_row("SC-11", "S", below,
                        ["SC-11: needs a test of the reader and one of the emulator"])

    def test_unknown_reason(self):
        self.of_row("N-05", "B", "    no-time\n", ["N-05: unknown reason no-time"])
        self.assertIn("the reasons in the map's head are",
                      mistakes(GOOD + "\nreason no-time: why\n")[0])

    def test_reasons_and_where_they_are_admitted(self):
        for name, binds, reason, is_good in (
                ("MQTT-3.1.2-8", "S", "not-a-broker", True),
                ("MQTT-3.1.2-8", "B", "not-a-broker", False),
                ("MQTT-3.1.2-23", "C", "not-a-broker", False),
                ("MQTT-2.2.2-1", "S", "not-a-broker", False),
                ("MQTT-7.0.0-1", "S", "not-a-broker", False),
                ("CV-01", "S", "not-a-broker", False),
                ("MQTT-6.0.0-2", "B", "pending-websocket", True),
                ("MQTT-3.1.2-8", "S", "pending-websocket", False),
                ("MQTT-7.0.0-1", "S", "no-bridge", True),
                ("MQTT-7.0.0-2", "B", "reviewed", True),
                ("MQTT-4.8.0-1", "B", "reviewed", False),
                ("MQTT-7.1.2-1", "C", "by-construction", True),
                ("N-40", "B", "by-construction", False)):
            with self.subTest(name=name, binds=binds, reason=reason):
                self.of_row(name, binds, f"    {reason}\n", [] if is_good else [
                    f"{name}, which binds {binds}: {reason} is not admitted here"])

    def test_missing_row_row_twice_and_unknown_row(self):
        row = f"\nMQTT-3.1.2-24 S words\n{TESTS}"
        self.assertEqual(mistakes(GOOD.replace(row, "")),
                         ["MQTT-3.1.2-24: stands in the map 0 times"])
        self.assertEqual(mistakes(GOOD + row), ["MQTT-3.1.2-24: stands in the map 2 times"])
        self.assertEqual(mistakes(GOOD + row.replace("-24", "-25")),
                         ["MQTT-3.1.2-25: there is no such rule"])

    def test_a_line_that_is_nothing(self):
        for line in ("N-5", "    unit/a one", "\tunit/a:one", "N-05 X words", "    a reason"):
            self.assertEqual(len(mistakes(GOOD + line + "\n")), 1, line)

    def test_unknown_test(self):
        for test in ("unit/a:three", "unit/c:one"):
            self.of_row("N-05", "B", f"    {test}\n", [f"N-05: there is no test {test}"])

    def test_a_test_that_did_not_run(self):
        self.of_row("N-05", "B", "    unit/a:mqtt_3_1_2_3_good\n",
                    ["N-05: unit/a:mqtt_3_1_2_3_good did not run, or failed"])

    def test_a_row_that_did_not_run(self):
        self.of_row("N-05", "B", "    unit/a:one [firs]\n",
                    ["N-05: unit/a:one [firs] did not run"])
        self.of_row("N-05", "B", "    unit/a:one [MQTT-3.1.2-3]\n", [])

    def test_a_skipped_test_proves_nothing(self):
        for below, expected in (("    unit/a:one\n    unit/a:mqtt_3_1_2_3_good\n", []),
                                ("    unit/a:mqtt_3_1_2_3_good\n",
                                 ["N-05: all its tests were skipped"])):
            text = GOOD.replace(f"\nN-05 S words\n{TESTS}", f"\nN-05 S words\n{below}")
            self.assertEqual(mistakes(text, skipped={("unit/a", "mqtt_3_1_2_3_good")}), expected)

    def test_a_name_of_no_rule(self):
        for test, rule in (("mqtt_3_1_2_25_x", "MQTT-3.1.2-25"), ("mqtt_n_42_x", "N-42"),
                           ("mqtt_n_08_n_42", "N-42"), ("test_mqtt_9_1_1_1", "MQTT-9.1.1-1"),
                           ("mqtt_sc_46_x", "SC-46")):
            known = {**KNOWN, "unit/a": KNOWN["unit/a"] | {test}}
            self.assertEqual(mistakes(known=known),
                             [f"unit/a:{test} names {rule}, and there is no such rule"])
        for row, rule in (("MQTT-3.1.2-25 x", "MQTT-3.1.2-25"), ("SP-51", "SP-51"),
                          ("N-00: y", "N-00")):
            passed = {**PASSED, ("system/b", "test_two"): {"", row}}
            self.assertEqual(mistakes(passed=passed), [
                f"system/b:test_two [{row}] names {rule}, and there is no such rule"])

    def test_a_match_that_is_not_in_the_map(self):
        passed = {**PASSED, ("unit/a", "one"): {"", "first", "M a/# a"}}
        self.assertEqual(len(mistakes(passed=passed)), 1)
        self.assertEqual(mistakes(GOOD.replace("[first]", "[M a/# a]", 1), passed=passed), [])


class Inputs(unittest.TestCase):
    def test_known_tests(self):
        known = check.known_tests()
        self.assertIn("mqtt_packet_names", known["unit/mqtt"])
        self.assertIn("test_known_tests", known["rules/conformance"])

    def test_no_results(self):
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.dict(os.environ, {"DPS_BUILD": folder}), \
                contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(check.main([]), 1)
        self.assertIn("make check", out.getvalue())

    def test_check_log(self):
        run = load_run()
        log = ("ok 1 - tests/unit/a/b.c:case:good: Passed\n"
               "ok 2 - tests/unit/a/b.c:case:mixed: Passed\n"
               "not ok 3 - tests/unit/a/b.c:case:mixed: Assertion 'a:b:c' failed\n"
               "ok 4 - tests/unit/a/b.c:case:good: Passed\n1..4\n")
        outcome = run.read_check(1, "75%: Checks: 4, Failures: 1, Errors: 0\n", log)
        self.assertEqual((outcome.passed, outcome.failed), (3, 1))
        self.assertEqual(run.ran_lines(outcome.tests, "good\tr 1\nmixed\tr 2\ngood\tr 1\n"),
                         "passed\tgood\npassed\tgood\tr 1\n")

    def test_unittest_log(self):
        run = load_run()
        text = ("test_a (__main__.C.test_a) ... ok\n"
                "test_b (__main__.C.test_b)\nNo ERROR ... figure: 3\nok\n"
                "test_c (__main__.C.test_c) ... \n  test_c (__main__.C.test_c) (row=1) ... FAIL\n"
                "test_d (__main__.C.test_d) ... skipped 'no such program'\n"
                "test_e (__main__.C.test_e)\nWords. ... ERROR\n"
                "test_a (__main__.D.test_a) ... FAIL\n"
                "test_f (__main__.C.test_f) ... ok\n"
                "\n======\nFAIL: test_c (__main__.C.test_c) (row=1)\n"
                "Ran 7 tests in 1.0s\n\nFAILED (failures=2, errors=1, skipped=1)\n")
        outcome = run.read_unittest(1, text, "")
        self.assertEqual((outcome.passed, outcome.failed, outcome.skipped), (3, 3, 1))
        self.assertEqual(run.ran_lines(outcome.tests, ""),
                         "passed\ttest_b\npassed\ttest_f\nskipped\ttest_d\n")

    def test_row_ran(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rows")
            with mock.patch.dict(os.environ, {"DPS_ROWS": path}):
                rows.row_ran(self, "SC-11")
                rows.row_ran(self, "SC-12")
            self.assertEqual(sources.read(path), "test_row_ran\tSC-11\ntest_row_ran\tSC-12\n")
        with mock.patch.dict(os.environ):
            os.environ.pop("DPS_ROWS", None)
            rows.row_ran(self, "nobody asks")

    def test_ran_tests(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "unit"))
            for name, text in (("a", "passed\tone\npassed\tone\trow: 1\nskipped\ttwo\n"),
                               ("a.tap", "ok 1 - nothing\n"), ("a.rows", "three\tx\n")):
                with open(os.path.join(folder, "unit", name), "w", encoding="utf-8") as file:
                    file.write(text)
            self.assertEqual(check.ran_tests(folder), ({("unit/a", "one"): {"", "row: 1"}},
                                                       {("unit/a", "two")}))


if __name__ == "__main__":
    unittest.main()
