#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Both programs under valgrind: no error and no leak, whatever way a registration ends."""

import shutil
import signal
import subprocess
import unittest

import bench

VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
            "--show-leak-kinds=all", "--errors-for-leak-kinds=all", "--track-fds=no",
            "--child-silent-after-fork=yes"]
ENROLLMENTS = {"enrollments": [
    {"registrationId": name, "symmetricKey": bench.DEMO_KEY, **members}
    for name, members in {
        "plain": {}, "other": {"polls": 0}, "payload": {"polls": 0, "payloadSize": 20000},
        "failed": {"polls": 0, "status": "failed", "errorCode": 400207, "errorMessage": "No"},
        "silent": {"script": [{"step": "register", "silent": True}]},
        "refused": {"script": [{"step": "connect", "connack": 5}]},
        "drop": {"script": [{"step": "register", "drop": True}]},
        "slow": {"script": [{"step": "register", "delay": 300}]},
    }.items()],
    "enrollmentGroups": [{"enrollmentGroupId": "line", "symmetricKey": bench.DEMO_GROUP_KEY}]}


@unittest.skipIf(bench.SANITIZERS, "sanitizers look themselves")
@unittest.skipIf(shutil.which("valgrind") is None, "no valgrind here")
class Valgrind(unittest.TestCase):
    def test_dps(self):
        with bench.Emulator(ENROLLMENTS) as emulator:
            port = emulator.port
            runs = {name: (bench.register_arguments(port, name) + more, code)
                    for name, more, code in (
                        ("plain", ["--trace"], 0), ("payload", [], 0), ("failed", [], 6),
                        ("silent", ["--timeout", "4"], 7), ("refused", [], 5), ("drop", [], 3))}
            runs["wrong CA"] = bench.register_arguments(port, "plain", ca=bench.OTHER_CA), 4
            runs["resolved"] = bench.register_arguments(port, "other", connect=None), 0
            runs["closed port"] = bench.register_arguments(bench.closed_port()), 3
            runs["usage"] = bench.register_arguments(port) + ["--tpm"], 2
            runs["no such file"] = bench.register_arguments(port, ca="/no/such/file"), 2
            runs["group"] = bench.register_arguments(port, "sn-1", None) + [
                "--group-key", bench.DEMO_GROUP_KEY], 0
            for name, result in zip(runs, bench.together(*(
                    lambda words=words: bench.run(*VALGRIND, *words) for words, _ in
                    runs.values()))):
                self.assertEqual(result.code, runs[name][1], f"{name}: {result}")
                self.assertNotIn("== ", result.err, name)

    def test_dps_on_a_signal(self):
        with bench.Emulator(ENROLLMENTS) as emulator:
            process = subprocess.Popen(
                VALGRIND + bench.register_arguments(emulator.port, "silent"),
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=bench.environment())
            self.assertTrue(bench.wait_until(lambda: "silent" in emulator.log_text(), 60))
            process.send_signal(signal.SIGINT)
            err = process.communicate(timeout=60)[1].decode()
        self.assertEqual(process.returncode, 130, err)

    def test_dps_other_commands(self):
        group = ["--group-key", bench.DEMO_GROUP_KEY]
        for words, code, stdin in (
                (["sas", "--symmetric-key", bench.DEMO_KEY, "--resource", "a/b"], 0, ""),
                (["sas", "--symmetric-key", "???", "--resource", "a/b"], 2, ""),
                (["derive-key", *group, "--registration-id", "A"], 0, ""),
                (["decode"], 5, "30 05 00 01 61 62 63 C0 00 C1 00"),
                (["decode", "--hex"], 2, "zz")):
            result = bench.run(*VALGRIND, bench.DPS, *words, stdin=stdin)
            self.assertEqual(result.code, code, f"{words}: {result}")

    def test_emulator(self):
        with bench.Emulator(ENROLLMENTS, wrap=VALGRIND, limit_s=60) as emulator:
            names = ("plain", "payload", "failed", "nobody", "refused", "drop", "slow")
            bench.together(*(lambda name=name: emulator.register(name, bench.DEMO_KEY,
                                                                 "--timeout", "20")
                             for name in names),
                           lambda: bench.register(emulator.ws_port, "--timeout", "20"),
                           lambda: emulator.register("plain", ca=bench.OTHER_CA))
            # Stopped with a registration under way.
            waiting = subprocess.Popen(bench.register_arguments(emulator.port, "silent"),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=bench.environment())
            self.assertTrue(bench.wait_until(lambda: "silent" in emulator.log_text(), 60))
            result = emulator.stop(limit_s=60)
            waiting.wait(60)
        self.assertEqual(result.code, 0, result)
        self.assertNotRegex(result.err, r"(?m)^==\d+==")


if __name__ == "__main__":
    unittest.main()
