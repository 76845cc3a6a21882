#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""npm's mqtt-packet, an independent codec, and npm's mqtt, an independent client. `make npm`
installs them; where node or they are missing the tests say so and are skipped."""

import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import broker as real  # noqa: E402
from broker import Broker, Client, bench, payload  # noqa: E402

NODE = shutil.which("node") or shutil.which("nodejs")
MODULES = os.path.join(bench.ROOT, os.environ.get("DPS_NPM", bench.BUILD + "/npm"),
                       "node_modules")
SCRIPTS = os.path.join(bench.ROOT, "tests/interop/npm")
CODEC = os.path.join(bench.BUILD, "test/codec")
ENVIRONMENT = {"NODE_PATH": MODULES}
PACKETS = 10_000


def node(script, *args, stdin=""):
    return bench.run(NODE, os.path.join(SCRIPTS, script), *args, stdin=stdin, env=ENVIRONMENT)


@unittest.skipUnless(NODE, "no node here")
@unittest.skipUnless(os.path.isdir(MODULES), "no node packages here: make npm")
class Npm(unittest.TestCase):
    pass


class Codec(Npm):
    """Random valid packets of all fourteen types with every field, from two fixed seeds."""

    def generate(self, seed):
        """Their bytes and their fields, a packet a line."""
        result = node("packets.js", "generate", seed, PACKETS)
        self.assertEqual(result.code, 0, result.err)
        lines = [line.partition(" ")[::2] for line in result.out.splitlines()]
        self.assertGreaterEqual(len(lines), PACKETS)
        self.assertEqual(len({fields.split()[0] for _, fields in lines}), 14)
        return [packet for packet, _ in lines], [fields for _, fields in lines]

    def filter(self, run, *args, lines):
        result = run(*args, stdin="\n".join(lines) + "\n")
        self.assertEqual(result.code, 0, result.err)
        return result.out.splitlines()

    def compare(self, given, expected, got):
        self.assertEqual(len(got), len(expected))
        for before, want, have in zip(given, expected, got):
            self.assertEqual(have[:2000], want[:2000], before[:2000])
            self.assertTrue(have == want, before[:2000])

    def test_its_packets_decode_here_to_the_same_fields(self):
        packets, fields = self.generate(4)
        self.compare(packets, fields, self.filter(bench.run, CODEC, "decode", lines=packets))

    def test_our_packets_decode_there_to_the_same_fields(self):
        packets, fields = self.generate(5)
        ours = self.filter(bench.run, CODEC, "encode", lines=fields)
        self.compare(fields, fields, self.filter(node, "packets.js", "parse", lines=ours))
        # There is one way to write each, so that the bytes are the same as well.
        self.compare(fields, packets, ours)


class Registration(Npm):
    def test_its_client_registers_with_the_emulator(self):
        """And gets what ours gets."""
        with bench.Emulator() as emulator:
            result = node("register.js", f"mqtts://{bench.HOST}:{emulator.port}", bench.CA,
                          bench.ID_SCOPE, "demo-device", bench.DEMO_KEY)
            ours = emulator.register().json
        self.assertEqual(result.code, 0, result.err)
        status, body = result.out.splitlines()
        self.assertEqual(status, "200")
        theirs = json.loads(body)["registrationState"]
        for field in ("status", "substatus", "assignedHub", "deviceId"):
            self.assertEqual(theirs[field], ours[field])


@unittest.skipIf(real.MOSQUITTO is None, "no mosquitto here")
class Echo(Npm):
    def test_our_client_and_its_client_through_mosquitto(self):
        """Each message goes to it and comes back, at each QoS."""
        pieces = list(enumerate((0, 1, 127, 128, 5000, 200_000)))
        with Broker() as broker, Client("ours") as client:
            echo = subprocess.Popen(
                [NODE, os.path.join(SCRIPTS, "echo.js"), str(broker.ports["plain"]),
                 "tinydps/there", "tinydps/back"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env=bench.environment(ENVIRONMENT))
            with echo:
                self.assertEqual(echo.stdout.readline(), "ready\n")
                client.connect(broker.ports["plain"])
                client.subscribe("tinydps/back/#", 2)
                for qos in range(3):
                    for piece in pieces:
                        client.tell("publish", f"tinydps/there/{qos}", qos, 0, *piece)
                client.wait_for("message", 3 * len(pieces))
            for qos in range(3):
                self.assertEqual(
                    [message for message in client.messages()
                     if message[0] == f"tinydps/back/{qos}"],
                    [(f"tinydps/back/{qos}", qos, 0, 0, payload(*piece)) for piece in pieces])
        self.assertEqual(echo.returncode, 0)


if __name__ == "__main__":
    unittest.main()
