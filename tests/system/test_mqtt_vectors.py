#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bytes of a client's, good and bad, at the real emulator: what it answers, whether the
connection lives on, and the rule that its log names. What it grants and refuses of good
packets is the service's business and not MQTT's: without a credential CONNACK 5, another
topic or QoS 2 closes, another filter is failed."""

import collections
import os
import sys
import unittest

import bench

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import rows

# Row(vector, bytes sent, bytes answered, whether it is open then, what the log says)
Row = collections.namedtuple("Row", "name wire answer is_open log")

PINGREQ, PINGRESP = bytes.fromhex("C0 00"), bytes.fromhex("D0 00")
FILTER = b"\0\x18$dps/registrations/res/#"


def closed(name, wire, rule):
    """Closed without a byte; a rule stands in brackets, another reason as it is."""
    return Row(name, bytes.fromhex(wire), b"", False,
               f"[{rule}]; closing" if rule.startswith("MQTT") else rule)


def connack(name, wire, code, log):
    return Row(name, bytes.fromhex(wire), bytes([0x20, 2, 0, code]), False,
               f"connect: CONNACK {code}, {log}")


def answered(name, wire, answer, log):
    return Row(name, bytes.fromhex(wire), bytes.fromhex(answer), True, log)


STRANGER = "the user name is not"
FOREIGN = "not a documented topic"

FIRST = [
    connack("SC-01", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", 5, STRANGER),
    connack("SC-02", "10 0C 00 04 4D 51 54 54 04 02 00 3C 00 00", 5, STRANGER),
    connack("SC-03", "10 0C 00 04 4D 51 54 54 04 00 00 3C 00 00", 2,
            "no client ID, CleanSession 0 [MQTT-3.1.3-8]"),
    connack("SC-04", "10 22 00 04 4D 51 54 54 04 EE 00 3C 00 02 63 31 00 03 77 2F 74 "
            "00 03 62 79 65 00 04 75 73 65 72 00 02 00 FF", 5, STRANGER),
    closed("SC-05", "11 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "MQTT-2.2.2-2"),
    closed("SC-06", "10 0E 00 04 4D 51 54 55 04 02 00 3C 00 02 63 31", "MQTT-3.1.2-1"),
    closed("SC-07", "10 0E 00 04 6D 71 74 74 04 02 00 3C 00 02 63 31", "MQTT-3.1.2-1"),
    closed("SC-08", "10 0F 00 05 4D 51 54 54 54 04 02 00 3C 00 02 63 31", "MQTT-3.1.2-1"),
    connack("SC-09", "10 0E 00 04 4D 51 54 54 06 02 00 3C 00 02 63 31", 1,
            "the protocol level is not 4 [MQTT-3.1.2-2]"),
    connack("SC-10", "10 0E 00 04 4D 51 54 54 00 02 00 3C 00 02 63 31", 1,
            "the protocol level is not 4 [MQTT-3.1.2-2]"),
    closed("SC-11", "10 0E 00 04 4D 51 54 54 04 03 00 3C 00 02 63 31", "MQTT-3.1.2-3"),
    closed("SC-12", "10 0E 00 04 4D 51 54 54 04 0A 00 3C 00 02 63 31", "MQTT-3.1.2-11"),
    closed("SC-13", "10 0E 00 04 4D 51 54 54 04 22 00 3C 00 02 63 31", "MQTT-3.1.2-11"),
    closed("SC-14", "10 14 00 04 4D 51 54 54 04 1E 00 3C 00 02 63 31 00 01 77 00 01 6D",
           "MQTT-3.1.2-14"),
    closed("SC-15", "10 0E 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31", "MQTT 1.5.3"),
    closed("SC-16", "10 11 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 01 77", "MQTT 1.5.3"),
    closed("SC-17", "10 13 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 00 00 01 6D",
           "MQTT-4.7.3-1"),
    closed("SC-18", "10 16 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 03 61 2F 23 00 01 6D",
           "MQTT-3.3.2-2"),
    connack("SC-19", "10 13 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 01 77 00 00", 5,
            STRANGER),
    closed("SC-20", "10 12 00 04 4D 51 54 54 04 42 00 3C 00 02 63 31 00 02 70 77",
           "MQTT-3.1.2-22"),
    closed("SC-21", "10 0E 00 04 4D 51 54 54 04 82 00 3C 00 02 63 31", "MQTT 1.5.3"),
    closed("SC-22", "10 11 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31 00 01 75", "MQTT 3.1.3"),
    closed("SC-23", "10 11 00 04 4D 51 54 54 04 C2 00 3C 00 02 63 31 00 01 75", "MQTT 1.5.3"),
    closed("SC-24", "10 0F 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31 00", "MQTT 3.1.3"),
    closed("SC-25", "10 0A 00 04 4D 51 54 54 04 02 00 3C", "MQTT 2.2.3"),
    closed("SC-26", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 09 63 31", "MQTT 1.5.3"),
    closed("SC-27", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 00", "MQTT-1.5.3-2"),
    closed("SC-28", "10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 63 ED A0 80", "MQTT-1.5.3-1"),
    closed("SC-29", "10 0F 00 04 4D 51 54 54 04 02 00 3C 00 03 63 C0 AF", "MQTT-1.5.3-1"),
    closed("SC-30", "10 11 00 04 4D 51 54 54 04 02 00 3C 00 05 63 F4 90 80 80", "MQTT-1.5.3-1"),
    closed("SC-31", "10 0F 00 04 4D 51 54 54 04 02 00 3C 00 03 63 E2 82", "MQTT-1.5.3-1"),
    connack("SC-32", "10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 EF BB BF 63", 5, STRANGER),
    # Control characters and non-characters are passed on.
    connack("SC-33", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 01", 5, STRANGER),
    connack("SC-34", "10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 63 EF BF BF", 5, STRANGER),
    connack("SC-35", "10 23 00 04 4D 51 54 54 04 02 00 3C 00 17 61 31 42 32 61 31 42 32 "
            "61 31 42 32 61 31 42 32 61 31 42 32 78 79 7A", 5, STRANGER),
    connack("SC-36", "10 8C 01 00 04 4D 51 54 54 04 02 00 3C 00 80" + " 72" * 128, 5, STRANGER),
    closed("SC-37", "10 00", "MQTT 2.2.3"),
    closed("SC-38", "10 80 80 80 80 01 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "MQTT 2.2.3"),
    # A longer form of the remaining length than needed is read.
    connack("SC-39", "10 8E 00 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", 5, STRANGER),
    closed("SC-40", "C0 00", "PINGREQ before CONNECT [MQTT-3.1.0-1]; closing"),
    closed("SC-41", "30 04 00 01 74 78", "PUBLISH before CONNECT [MQTT-3.1.0-1]; closing"),
    closed("SC-42", "00 00", "MQTT 2.2.1"),
    closed("SC-43", "F0 00", "MQTT 2.2.1"),
    connack("SC-44", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", 5, STRANGER),
    connack("SC-45", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31 C0 00", 5, STRANGER),
]
BYTE_BY_BYTE = "SC-44"

NEXT = [
    closed("SP-01", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31",
           "a second CONNECT [MQTT-3.1.0-2]; closing"),
    answered("SP-02", "C0 00", "D0 00", ""),
    closed("SP-03", "C1 00", "MQTT-2.2.2-2"),
    closed("SP-04", "C0 01 00", "MQTT 2.2.3"),
    closed("SP-05", "30 04 00 01 74 78", FOREIGN),
    closed("SP-06", "38 04 00 01 74 78", "MQTT-3.3.1-2"),
    closed("SP-07", "36 06 00 01 74 00 01 78", "MQTT-3.3.1-4"),
    closed("SP-08", "32 06 00 01 74 00 00 78", "MQTT-2.3.1-1"),
    closed("SP-09", "32 06 00 01 74 00 01 78", FOREIGN),
    closed("SP-10", "34 06 00 01 74 00 01 78", "a PUBLISH of QoS 2"),
    closed("SP-11", "30 03 00 00 78", "MQTT-4.7.3-1"),
    closed("SP-12", "30 06 00 03 61 2F 2B 78", "MQTT-3.3.2-2"),
    closed("SP-13", "30 06 00 03 61 2F 23 78", "MQTT-3.3.2-2"),
    closed("SP-14", "30 05 00 02 61 00 78", "MQTT-1.5.3-2"),
    closed("SP-15", "30 07 00 04 61 ED BF BF 78", "MQTT-1.5.3-1"),
    closed("SP-16", "30 08 00 05 41 F0 AA 9B 94 78", FOREIGN),
    closed("SP-17", "30 04 00 09 61 62", "MQTT 1.5.3"),
    closed("SP-18", "30 01 00", "MQTT 2.2.3"),
    closed("SP-19", "32 03 00 01 74", "MQTT 1.5.3"),
    closed("SP-20", "30 03 00 01 74", FOREIGN),
    answered("SP-21", "82 08 00 01 00 03 61 2F 62 01", "90 03 00 01 80", '"a/b" refused'),
    answered("SP-22", "82 12 00 02 00 01 61 00 00 03 62 2F 23 01 00 03 2B 2F 63 02",
             "90 05 00 02 80 80 80", '"+/c" refused'),
    closed("SP-23", "80 06 00 01 00 01 61 00", "MQTT-2.2.2-2"),
    closed("SP-24", "86 06 00 01 00 01 61 00", "MQTT-2.2.2-2"),
    closed("SP-25", "82 06 00 00 00 01 61 00", "MQTT-2.3.1-1"),
    closed("SP-26", "82 02 00 01", "MQTT-3.8.3-3"),
    closed("SP-27", "82 05 00 01 00 01 61", "MQTT 1.5.3"),
    closed("SP-28", "82 06 00 01 00 01 61 03", "MQTT-3.8.3-4"),
    closed("SP-29", "82 06 00 01 00 01 61 04", "MQTT-3.8.3-4"),
    closed("SP-30", "82 06 00 01 00 01 61 80", "MQTT-3.8.3-4"),
    closed("SP-31", "82 05 00 01 00 00 00", "MQTT-4.7.3-1"),
    closed("SP-32", "82 07 00 01 00 02 61 23 00", "MQTT-4.7.1-2"),
    closed("SP-33", "82 0A 00 01 00 05 61 2F 23 2F 62 00", "MQTT-4.7.1-2"),
    closed("SP-34", "82 07 00 01 00 02 61 2B 00", "MQTT-4.7.1-2"),
    answered("SP-35", "82 06 00 01 00 01 23 00", "90 03 00 01 80", '"#" refused'),
    answered("SP-36", "82 06 00 01 00 01 2F 00", "90 03 00 01 80", '"/" refused'),
    answered("SP-37", "A2 06 00 03 00 02 7A 7A", "B0 02 00 03",
             'unsubscribe: "zz" was not subscribed to'),
    closed("SP-38", "A0 06 00 03 00 02 7A 7A", "MQTT-2.2.2-2"),
    closed("SP-39", "A2 02 00 03", "MQTT-3.10.3-2"),
    closed("SP-40", "A2 06 00 00 00 02 7A 7A", "MQTT-2.3.1-1"),
    closed("SP-41", "60 02 00 01", "MQTT-2.2.2-2"),
    answered("SP-42", "62 02 00 07", "70 02 00 07", "PUBREL 7 of no message: PUBCOMP"),
    closed("SP-43", "40 02 00 00", "MQTT-2.3.1-1"),
    closed("SP-44", "40 03 00 01 00", "MQTT 2.2.3"),
    closed("SP-45", "E0 00", "disconnect"),
    closed("SP-46", "E1 00", "MQTT-2.2.2-2"),
    closed("SP-47", "20 02 00 00", "MQTT 2.2.1"),
    closed("SP-48", "90 03 00 01 00", "MQTT 2.2.1"),
    closed("SP-49", "D0 00", "MQTT 2.2.1"),
    closed("SP-50", "F0 00", "MQTT 2.2.1"),
]


class Vectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = bench.Emulator(server="server-ec")  # the quicker handshake
        cls.emulator.__enter__()
        cls.addClassCleanup(cls.emulator.__exit__, None, None, None)

    def connected(self, registration_id="demo-device"):
        """A connection behind a good CONNECT."""
        peer = bench.Peer(self.emulator.port)
        peer.send(bench.connect(registration_id))
        self.assertEqual(peer.read(4), bytes.fromhex("20 02 00 00"))
        return peer

    def assert_row(self, peer, row):
        """The answer, and then the end or, to a PINGREQ, the PINGRESP of a live one."""
        before = len(self.emulator.log_text())
        pieces = [bytes([byte]) for byte in row.wire] if row.name == BYTE_BY_BYTE else [row.wire]
        for piece in pieces:
            peer.send(piece)
        if row.is_open:
            peer.send(PINGREQ)
            self.assertEqual(peer.read(len(row.answer) + 2), row.answer + PINGRESP)
        else:
            self.assertEqual(peer.read_to_end(), row.answer)
        self.assertIn(row.log, self.emulator.log_text()[before:])

    def test_first_packets(self):
        for row in FIRST:
            with self.subTest(row.name), bench.Peer(self.emulator.port) as peer:
                self.assert_row(peer, row)
                rows.row_ran(self, row.name)

    def test_next_packets(self):
        for row in NEXT:
            with self.subTest(row.name), self.connected() as peer:
                self.assert_row(peer, row)
                rows.row_ran(self, row.name)

    def test_every_vector_is_there(self):
        self.assertEqual([row.name for row in FIRST], [f"SC-{n:02}" for n in range(1, 46)])
        self.assertEqual([row.name for row in NEXT], [f"SP-{n:02}" for n in range(1, 51)])

    def test_3_1_4_5_nothing_after_a_refusal(self):
        with bench.Peer(self.emulator.port) as peer:
            peer.send(FIRST[0].wire + b"\x82\x1d\0\1" + FILTER + b"\1" + PINGREQ)
            self.assertEqual(peer.read_to_end(), FIRST[0].answer)
        self.assertNotIn("subscribe", self.emulator.log_text().rpartition("CONNACK 5")[2])

    def test_3_1_3_6_nobody_without_a_client_id_ends_another(self):
        """It takes none, so there is nobody to give a name to."""
        with self.connected() as device, bench.Peer(self.emulator.port) as one, \
                bench.Peer(self.emulator.port) as two:
            for peer in (one, two):
                peer.send(FIRST[1].wire)
                self.assertEqual(peer.read_to_end(), FIRST[1].answer)
            device.send(PINGREQ)
            self.assertEqual(device.read(2), PINGRESP)

    def test_unsubscribed(self):
        """3.10.4: no answer arrives any more, and the registration goes on."""
        put = b"$dps/registrations/PUT/iotdps-register/?$rid=1"
        register = bytes([0x32, 4 + len(put), 0, len(put)]) + put + b"\0\7"
        with self.connected() as peer:
            peer.send(b"\x82\x1d\0\1" + FILTER + b"\1" + b"\xa2\x1c\0\2" + FILTER + register)
            peer.send(PINGREQ)
            self.assertEqual(peer.read(15), bytes.fromhex("90 03 00 01 01  B0 02 00 02  "
                                                          "40 02 00 07  D0 00"))
        self.assertIn("no subscription: the answer is not delivered", self.emulator.log_text())


if __name__ == "__main__":
    unittest.main()
