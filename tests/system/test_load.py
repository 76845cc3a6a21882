#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two hundred devices at one emulator, twenty at a time, and what they leave behind."""

import concurrent.futures
import socket
import unittest

import bench

DEVICES, AT_A_TIME = 200, 20
GROUP_KEY = bench.key("line")


class Load(unittest.TestCase):
    def setUp(self):
        self.emulator = bench.Emulator({"enrollmentGroups": [
            {"enrollmentGroupId": "line", "symmetricKey": GROUP_KEY}]})
        self.emulator.__enter__()
        self.addCleanup(self.emulator.__exit__, None, None, None)
        # What the first connections make once, the log's stdio buffer for one, is made.
        self.before = self.emulator.open_files()

    def register(self, number):
        return self.emulator.register(f"sn-{number:03}", None, "--group-key", GROUP_KEY)

    def assert_all_assigned(self, numbers):
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            for number, result in zip(numbers, pool.map(self.register, numbers)):
                self.assertEqual(result.code, 0, result)
                self.assertEqual(result.json["deviceId"], f"sn-{number:03}")

    def assert_files_are_closed(self):
        self.assertTrue(bench.wait_until(lambda: self.emulator.open_files() == self.before),
                        f"{self.emulator.open_files()} files open, {self.before} before")

    def test_200_devices_20_at_a_time(self):
        self.assert_all_assigned(range(AT_A_TIME))
        self.assert_files_are_closed()
        first = self.emulator.memory_kb()
        self.assert_all_assigned(range(AT_A_TIME, DEVICES))
        self.assert_files_are_closed()
        if not bench.SANITIZERS:
            self.assertLessEqual(abs(self.emulator.memory_kb() - first), 256)

    def test_others_do_not_notice_a_bad_peer(self):
        """Peers that send noise, half a record, or nothing, while devices register."""
        peers = []
        for noise in (b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n", b"", b"\x16\x03\x03",
                      b"\0" * 4096):
            peer = socket.create_connection(("127.0.0.1", self.emulator.port))
            peer.sendall(noise)
            peers.append(peer)
        self.assert_all_assigned(range(AT_A_TIME))
        for peer in peers:
            peer.close()
        self.assert_files_are_closed()


if __name__ == "__main__":
    unittest.main()
