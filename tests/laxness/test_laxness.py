#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our client against the server of peer.py: 47 vectors are refused, each by the rule that
it breaks, and no good message is lost. `make laxness` prints the same runs as a table."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer  # noqa: E402


class Laxness(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.outcomes = peer.play_all([peer.CLIENT])

    def assert_as_due(self, right, *names):
        """Of the rows with this verdict, or of the named ones; how many vectors they are."""
        outcomes = [outcome for outcome in self.outcomes
                    if outcome.row.right == right and (not names or outcome.row.name in names)]
        self.assertEqual([str(outcome) for outcome in outcomes if not outcome.as_due], [])
        return len(outcomes)

    def test_what_must_be_refused_is_by_the_rule_that_it_breaks(self):
        count = self.assert_as_due("r")
        print(f"figure: {count} vectors refused, each by the rule that it breaks")
        self.assertEqual(count, 47)

    def test_no_good_message_is_lost(self):
        self.assertEqual(self.assert_as_due("A"), 8)

    def test_dup_with_qos_0_is_refused(self):
        self.assertEqual(self.assert_as_due("-", "17"), 1)

    def test_acknowledgements_of_unknown_identifiers_are_ignored(self):
        self.assertEqual(self.assert_as_due("-", "26", "40"), 3)


# A client as lax as can be: it minds no rule. A packet of type 0 brings out its habit, but
# for `lose`: that one keeps messages to itself.
LAX = """
import os, signal, socket, sys, zlib
habit, port = sys.argv[1:]
link = socket.create_connection(("127.0.0.1", int(port)))
say = lambda line: print(line, flush=True)
say("opened")
link.sendall(bytes.fromhex("10 0D 00 04 4D 51 54 54 04 02 00 00 00 01 61"))
while True:
    say("waits")
    head = link.recv(2)
    if not head:
        break
    body = link.recv(head[1]) if head[1] else b""
    kind = head[0] >> 4
    if kind == 0 and habit == "hang":
        signal.pause()
    if kind == 0 and habit == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == 0 and habit == "close":
        break
    if kind == 2:
        link.sendall(bytes.fromhex("82 06 00 01 00 01 61 01"))
    if kind == 3:
        length = 2 + body[1]
        payload = body[length:]
        if head[0] & 6:
            link.sendall(b"\\x40\\x02" + payload[:2])
            payload = payload[2:]
        if habit != "lose":
            say(f"message {body[2:length].decode()}, {len(payload)} bytes, "
                f"adler32 {zlib.adler32(payload):08x}")
"""


class Verdicts(unittest.TestCase):
    """The judge is no use where it cannot see what is wrong."""

    def judge(self, habit, name, **keywords):
        row = next(row for row in peer.ROWS if row.name == name)
        outcome = peer.play([sys.executable, "-c", LAX, habit], row, row.variants[0], **keywords)
        self.assertFalse(outcome.as_due)
        return outcome.letter

    def test_accepted(self):
        self.assertEqual(self.judge("accept", "30"), "A")

    def test_refused_without_the_rule(self):
        self.assertEqual(self.judge("close", "30"), "r")

    def test_a_lost_message(self):
        self.assertEqual(self.judge("lose", "37"), "L")

    def test_a_hang(self):
        self.assertEqual(self.judge("hang", "30", limit_s=0.5), "H")

    def test_a_crash(self):
        self.assertEqual(self.judge("crash", "30"), "X")

    def test_one_that_never_connects_hangs(self):
        row = peer.ROWS[0]
        outcome = peer.play([sys.executable, "-c", "import signal; signal.pause()"], row, [],
                            limit_s=0.5)
        self.assertEqual(outcome.letter, "H")


if __name__ == "__main__":
    unittest.main()
