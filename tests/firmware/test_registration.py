#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The firmware registers within the RAM that its image claims, and names what stops it: a
certificate, a device that nobody knows, a record that is too large."""

import os
import re
import subprocess
import unittest

import boards
from boards import BOARDS, bench

PEER = os.path.join(boards.FIRMWARE, "large_record")
BEYOND = os.path.join(boards.FIRMWARE, "beyond.so")
PAYLOAD = 200000


class Peer:
    """tests/firmware/large_record.c for a `with` statement."""

    def __init__(self, size):
        self.size = size

    def __enter__(self):
        self.process = subprocess.Popen([PEER, str(self.size)], stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "DPS_PKI": bench.PKI})
        line = next((line for line in self.process.stdout if line.startswith("port ")), None)
        if line is None:
            raise RuntimeError(f"{PEER} ended with {self.process.wait()}")
        self.port = int(line.split()[1])
        return self

    def __exit__(self, *error):
        """When QEMU has gone the peer ends by itself; 0: it has sent its record."""
        try:
            self.code = self.process.wait(10)
        finally:
            self.process.kill()
            self.process.stdout.close()


class Registration(boards.Registers):
    def test_registers_within_the_claimed_memory(self):
        run, = self.registered()
        self.assert_registered(run)
        stack, variables = self.board.claimed()
        boards.figure(f"{self.board.name}: RAM claimed {stack + variables} (stack {stack}, "
                      f"variables {variables}), used {run.number('RAM')} (stack "
                      f"{run.number('stack')})")

    def test_nothing_beyond_the_claim_is_touched(self):
        """No load and no store from the end of the claim to the end of any board's RAM;
        below its beginning there is nothing but faults."""
        ram = self.board.symbols()["stack_bottom"][0]
        end = ram + sum(self.board.claimed())

        def beyond(address):
            run, = self.registered(args=("-plugin",
                                         f"{BEYOND},from={address:#x},to={ram + 0x10000:#x}"))
            self.assert_registered(run)
            return run.number("beyond")

        self.assertEqual(beyond(end), 0)
        self.assertGreater(beyond(end - 4), 0)  # it would be seen

    def test_payload_of_200_kb(self):
        """All of it went by: what the service says that it sent is what the firmware saw."""
        with boards.emulator(assignedHub="hub-one.azure-devices.test", deviceId="device-one",
                             payloadSize=PAYLOAD) as service:
            run = self.board.run(service.port)
            sent = int(re.search(r"200 assigned, payload (\d+) bytes", service.log_text())[1])
        self.assert_registered(run)
        self.assertGreaterEqual(sent, PAYLOAD)
        self.assertEqual(run.number("payload"), sent)

    def test_a_ca_that_it_does_not_trust(self):
        with boards.emulator("stranger") as service:
            self.assert_failed(self.board.run(service.port), "DPS_LAYER_TLS",
                               "DPS_STREAM_ERR_CERTIFICATE", "BR_ERR_X509_NOT_TRUSTED")

    def test_an_expired_certificate(self):
        with boards.emulator("expired") as service:
            self.assert_failed(self.board.run(service.port), "DPS_LAYER_TLS",
                               "DPS_STREAM_ERR_CERTIFICATE", "BR_ERR_X509_EXPIRED")

    def test_a_certificate_for_another_name(self):
        with boards.emulator("other-name") as service:
            self.assert_failed(self.board.run(service.port), "DPS_LAYER_TLS",
                               "DPS_STREAM_ERR_CERTIFICATE", "BR_ERR_X509_BAD_SERVER_NAME")

    def test_a_device_that_the_service_does_not_know(self):
        with bench.Emulator({"enrollments": []}, server=boards.CHAIN) as service:
            run = self.board.run(service.port)
            self.assertIn("demo-device register: 401", service.log_text())
        self.assert_failed(run, "DPS_LAYER_SERVICE", "DPS_ERR_UNAUTHORIZED", 401)

    def with_record(self, size):
        with Peer(size) as peer:
            run = self.board.run(peer.port)
        self.assertEqual(peer.code, 0, run)
        return run

    def test_a_record_that_does_not_fit(self):
        """One byte too many, and the 4 KB of a service that knows no small buffers."""
        buffer = self.board.symbols()["records"][1]
        fits = buffer - boards.constant("DPS_TLS_OVERHEAD")
        self.assertEqual(fits, 1024)
        for size, run in zip((fits + 1, 4096),
                             bench.together(lambda: self.with_record(fits + 1),
                                            lambda: self.with_record(4096))):
            with self.subTest(size=size):
                self.assert_failed(run, "DPS_LAYER_TLS", "DPS_STREAM_ERR_RECORD_TOO_LARGE",
                                   buffer)
                self.assertLess(run.seconds, 15)  # at once, not by a deadline

    def test_the_largest_record_that_fits(self):
        """It is read: zeros are no MQTT, says the layer above."""
        fits = boards.constant("MAIN_RECORD")
        run = self.with_record(fits)
        self.assertEqual(run.failure.layer, boards.constant("DPS_LAYER_MQTT"), run)


@boards.needs_tools
class Lm3s6965(Registration, unittest.TestCase):
    board = BOARDS["lm3s6965"]


@boards.needs_tools
class Microbit(Registration, unittest.TestCase):
    board = BOARDS["microbit"]


if __name__ == "__main__":
    unittest.main()
