#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server that breaks the rules: each vector of a table is sent to one run of a client,
in its place in an otherwise good session, over a socket of its own.

    tests/laxness/peer.py    prints the table with what our client does (`make laxness`)

The good session: CONNACK, SUBACK, then a message of QoS 1, the marker. A client is in step
when it acknowledges the marker. A verdict is a letter:

    r  refused: the client closed          H  it stays, but handles nothing more
    A  accepted, and still in step         X  it crashed
    L  in step, but a good message was lost without a word

Whatever was sent, the next is sent when the client has said `waits`, see client.c: it has
handled all that came. So a run takes no time but its own, and only H is a wait that ends."""

import collections
import concurrent.futures
import itertools
import os
import queue
import socket
import subprocess
import sys
import threading
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLIENT = os.path.join(ROOT, os.environ.get("DPS_BUILD", "build"), "test/laxness_client")
# One run. A good one takes milliseconds, this only ends what hangs; it is less than the 30 s
# after which our client would miss an answer and end by itself.
LIMIT_S = 20
WORKERS = 8

# ---- The good session ------------------------------------------------------------------

CONNECT, PUBACK, SUBSCRIBE = 0x10, 0x40, 0x82  # first bytes of what the client sends
GOOD_CONNACK = bytes.fromhex("20 02 00 00")
GOOD_SUBACK = bytes.fromhex("90 03 00 01 01")
MARKER = bytes.fromhex("32 0B 00 06") + b"marker" + bytes.fromhex("00 07 78")

# Where a vector is sent: instead of the packet, or before it; last, before the marker.
AS_CONNACK, BEFORE_CONNACK, AS_SUBACK, BEFORE_SUBACK, SESSION = range(5)
# What is awaited, the place before the answer, the place of the answer, the answer.
TURNS = ((CONNECT, BEFORE_CONNACK, AS_CONNACK, GOOD_CONNACK),
         (SUBSCRIBE, BEFORE_SUBACK, AS_SUBACK, GOOD_SUBACK),
         (None, SESSION, None, MARKER))


def message(topic, payload=b"x"):
    """The line by which client.c tells a message."""
    return f"message {topic}, {len(payload)} bytes, adler32 {zlib.adler32(payload):08x}"


CONNECTED = ["opened", "connected"]
SUBSCRIBED = CONNECTED + ["subscribed, granted 1"]
# What was told before a vector came, by its place.
TOLD = {AS_CONNACK: ["opened"], BEFORE_CONNACK: ["opened"],
        AS_SUBACK: CONNECTED, BEFORE_SUBACK: CONNECTED, SESSION: SUBSCRIBED}
MARKER_TOLD = message("marker")
END = [MARKER_TOLD, "closed [] the peer closed the connection"]

# ---- The table -------------------------------------------------------------------------

# right: r, A, or - where the standard leaves it open; ours: the letter that is due;
# told: all lines that are due; variants: each a list of pieces, sent one after the other.
# A row whose vectors break several rules is written once for each rule.
Row = collections.namedtuple("Row", "name what right ours place told variants pause_s")


def pieces(variant):
    return [bytes.fromhex(variant)] if isinstance(variant, str) else variant


def refused(name, what, place, rule, *variants, right="r"):
    """A row whose vectors end the connection, each at once and by this rule."""
    return Row(name, what, right, "r", place, TOLD[place] + ["closed " + rule],
               list(map(pieces, variants)), 0)


def accepted(name, what, place, told, *variants, right="A", pause_s=0):
    """A row whose vectors do no harm; `told` are the lines before the marker's."""
    return Row(name, what, right, "A", place, told + END, list(map(pieces, variants)), pause_s)


PACKET_TYPE = "[MQTT 2.2.1] the packet type is 0 or 15"
DIRECTION = "[MQTT 2.2.1] this packet is not sent in this direction"
FLAGS = "[MQTT-2.2.2-2] a reserved flag bit of the fixed header"
BODY_LENGTH = "[MQTT 2.2.3] the remaining length is not one that this packet type can have"
REMAINING_LENGTH = "[MQTT 2.2.3] the remaining length has more than four bytes"
PAYLOAD_TOO_LONG = "[] the payload is longer than the limit of this side"
FIELD_LENGTH = "[MQTT 1.5.3] a field reaches past the end of its packet"
UTF8 = "[MQTT-1.5.3-1] a string is not UTF-8"
NUL = "[MQTT-1.5.3-2] a string holds the character U+0000"
TOPIC_EMPTY = "[MQTT-4.7.3-1] a topic name or topic filter is empty"
WILDCARD = "[MQTT-3.3.2-2] a topic name holds '+' or '#'"
QOS_RESERVED = "[MQTT-3.3.1-4] both QoS bits of a PUBLISH are set"
DUP_QOS_0 = "[MQTT-3.3.1-2] DUP is set on a PUBLISH of QoS 0"
IDENTIFIER = "[MQTT-2.3.1-1] the packet identifier is 0"
CONNACK_FLAGS = "[MQTT 3.2.2.1] a reserved bit of the Connect Acknowledge Flags"
CONNACK_CODE = "[MQTT 3.2.2.3] CONNACK refuses with a reserved return code"
CONNACK_FIRST = "[MQTT-3.2.0-1] the first packet was not CONNACK"
CONNACK_AGAIN = "[MQTT 3.2] a CONNACK that no CONNECT asked for"
PRESENT_REFUSED = "[MQTT-3.2.2-4] Session Present is set in a CONNACK that refuses"
PRESENT_CLEAN = "[MQTT-3.2.2-1] Session Present is set although CleanSession was 1"
SUBACK_CODE = "[MQTT-3.9.3-2] a SUBACK return code that is reserved"
SUBACK_COUNT = "[MQTT-3.8.4-5] a SUBACK without exactly one return code a topic filter"

LARGE = (bytes(range(251)) * 8356)[:2097152 - 3]  # what a topic of one byte leaves of 2 MiB
HALVES = bytes(range(80))

ROWS = [
    accepted("01", "good session", SESSION, SUBSCRIBED, []),
    refused("03", "CONNACK, flag bits", AS_CONNACK, FLAGS, "21 02 00 00", "28 02 00 00"),
    refused("04", "CONNACK, reserved acknowledge bit", AS_CONNACK, CONNACK_FLAGS,
            "20 02 02 00", "20 02 80 00"),
    refused("05", "CONNACK code 5 with Session Present", AS_CONNACK, PRESENT_REFUSED,
            "20 02 01 05"),
    refused("06", "CONNACK code 6", AS_CONNACK, CONNACK_CODE, "20 02 00 06"),
    refused("07", "CONNACK too short", AS_CONNACK, BODY_LENGTH, "20 01 00"),
    refused("07b", "CONNACK too long", AS_CONNACK, BODY_LENGTH, "20 03 00 00 00"),
    refused("08", "PUBLISH, empty topic", SESSION, TOPIC_EMPTY, "30 03 00 00 78"),
    refused("09", "PUBLISH, wildcard in topic", SESSION, WILDCARD,
            "30 06 00 03 61 2F 23 78", "30 06 00 03 61 2F 2B 78"),
    refused("10", "PUBLISH, topic longer than packet", SESSION, FIELD_LENGTH, "30 04 00 09 61 62"),
    refused("10b", "PUBLISH, body of one byte", SESSION, BODY_LENGTH, "30 01 00"),
    refused("11", "PUBLISH, U+0000 in topic", SESSION, NUL, "30 05 00 02 61 00 78"),
    refused("12", "PUBLISH, surrogate", SESSION, UTF8, "30 07 00 04 61 ED A0 80 78"),
    refused("13", "PUBLISH, overlong form", SESSION, UTF8, "30 06 00 03 61 C0 AF 78"),
    refused("14", "PUBLISH, cut sequence", SESSION, UTF8, "30 06 00 03 61 E2 82 78"),
    accepted("15", "PUBLISH, U+FEFF", SESSION, SUBSCRIBED + [message("\ufeffa")],
             "30 07 00 04 EF BB BF 61 78"),
    refused("16", "PUBLISH, QoS 3", SESSION, QOS_RESERVED, "36 06 00 01 74 00 01 78"),
    refused("17", "PUBLISH, QoS 0 with DUP", SESSION, DUP_QOS_0, "38 04 00 01 74 78", right="-"),
    refused("18", "PUBLISH, QoS 1, id 0", SESSION, IDENTIFIER, "32 06 00 01 74 00 00 78"),
    refused("18b", "PUBLISH, QoS 1, no id", SESSION, FIELD_LENGTH, "32 03 00 01 74"),
    refused("19", "PINGRESP before CONNACK", BEFORE_CONNACK, CONNACK_FIRST, "D0 00"),
    refused("19b", "PUBLISH before CONNACK", BEFORE_CONNACK, CONNACK_FIRST, "30 04 00 01 74 78"),
    refused("20", "Session Present after CleanSession 1", AS_CONNACK, PRESENT_CLEAN, "20 02 01 00"),
    refused("21", "PUBREL, flags 0000", SESSION, FLAGS, "60 02 00 01"),
    refused("22", "PUBACK, id 0", SESSION, IDENTIFIER, "40 02 00 00"),
    refused("22b", "PUBACK, three bytes", SESSION, BODY_LENGTH, "40 03 00 01 00"),
    refused("22c", "PUBACK, one byte", SESSION, BODY_LENGTH, "40 01 00"),
    refused("23", "SUBACK code 03, 7F, 81", AS_SUBACK, SUBACK_CODE,
            "90 03 00 01 03", "90 03 00 01 7F", "90 03 00 01 81"),
    refused("24", "SUBACK, two codes for one filter", AS_SUBACK, SUBACK_COUNT, "90 04 00 01 00 00"),
    refused("24b", "SUBACK, no code", AS_SUBACK, BODY_LENGTH, "90 02 00 01"),
    accepted("25", "SUBACK failure", AS_SUBACK, CONNECTED + ["subscribed, granted 128"],
             "90 03 00 01 80"),
    accepted("26", "SUBACK of an unknown id", BEFORE_SUBACK, SUBSCRIBED, "90 03 00 63 00",
             right="-"),
    refused("27", "UNSUBACK, three bytes", SESSION, BODY_LENGTH, "B0 03 00 01 00"),
    refused("27b", "UNSUBACK, id 0", SESSION, IDENTIFIER, "B0 02 00 00"),
    refused("28", "PINGRESP with a body; with flags", SESSION, BODY_LENGTH, "D0 01 00"),
    refused("28", "PINGRESP with a body; with flags", SESSION, FLAGS, "D1 00"),
    refused("29", "PINGREQ from the server", SESSION, DIRECTION, "C0 00"),
    refused("29b", "DISCONNECT from the server", SESSION, DIRECTION, "E0 00"),
    refused("29c", "SUBSCRIBE, UNSUBSCRIBE, CONNECT from the server", SESSION, DIRECTION,
            "82 06 00 01 00 01 61 00", "A2 05 00 01 00 01 61",
            "10 0D 00 04 4D 51 54 54 04 02 00 00 00 01 61"),
    refused("30", "type 0", SESSION, PACKET_TYPE, "00 00"),
    refused("30b", "type 15", SESSION, PACKET_TYPE, "F0 00"),
    refused("31", "second CONNACK", SESSION, CONNACK_AGAIN, "20 02 00 00"),
    refused("32", "length 268 435 455", SESSION, PAYLOAD_TOO_LONG, "30 FF FF FF 7F"),
    refused("33", "four continuation bytes", SESSION, REMAINING_LENGTH, "30 80 80 80 80"),
    accepted("34", "2 MB PUBLISH", SESSION, SUBSCRIBED + [message("t", LARGE)],
             [bytes.fromhex("30 80 80 80 01 00 01 74") + LARGE]),
    refused("36", "SUBACK before CONNACK", BEFORE_CONNACK, CONNACK_FIRST, "90 03 00 01 00"),
    accepted("37", "PUBLISH before SUBACK", BEFORE_SUBACK,
             CONNECTED + [message("a/b"), "subscribed, granted 1"], "30 06 00 03 61 2F 62 78"),
    accepted("38", "CONNACK and PUBLISH in one read", AS_CONNACK,
             CONNECTED + [message("t"), "subscribed, granted 1"],
             "20 02 00 00 30 04 00 01 74 78"),
    accepted("39", "PUBLISH byte by byte", SESSION, SUBSCRIBED + [message("a/b")],
             [bytes([byte]) for byte in bytes.fromhex("30 06 00 03 61 2F 62 78")]),
    # Here the time between the pieces is what is tried, it orders nothing.
    accepted("39s", "PUBLISH in two halves, 1.3 s apart", SESSION,
             SUBSCRIBED + [message("t", HALVES)],
             [bytes.fromhex("30 53 00 01 74") + HALVES[:40], HALVES[40:]], pause_s=1.3),
    accepted("40", "PUBREC, PUBCOMP of an unknown id", SESSION, SUBSCRIBED,
             "50 02 00 63", "70 02 00 63", right="-"),
]

# ---- One run ---------------------------------------------------------------------------


class Gone(Exception):
    """The client has ended, or closed the connection."""


class Client:
    """A process, the lines that it prints, and the connection that it makes."""

    def __init__(self, command, limit_s):
        self.told, self.unasked, self.hung = [], b"", False
        self.connection = None
        self.lines = queue.SimpleQueue()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self.read_lines)
        self.watch = threading.Timer(limit_s, self.give_up)
        self.reader.start()
        self.watch.start()

    def read_lines(self):
        """On a thread of its own: a client that says much is not held up by it."""
        for line in self.process.stdout:
            self.lines.put(line.decode(errors="replace").rstrip("\n"))
        self.lines.put(None)

    def give_up(self):
        if self.process.poll() is None:
            self.hung = True
            self.process.kill()

    def accept(self, listener):
        self.connection = listener.accept()[0]
        self.connection.settimeout(None)  # `give_up` ends every wait
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def await_handled(self):
        """Until the client has handled all that came, and waits."""
        while (line := self.lines.get()) != "waits":
            if line is None:
                self.lines.put(None)  # for `end`
                raise Gone
            self.told.append(line)

    def await_opened(self):
        while "opened" not in self.told:
            self.await_handled()

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.connection.recv(count - len(data))
            if not more:
                raise Gone
            data += more
        return data

    def await_packet(self, first):
        """Until a packet comes that begins so; none of the client's is over 127 bytes."""
        while (packet := self.take_packet())[0] != first:
            self.unasked += packet
        return packet

    def take_packet(self):
        head = self.take(2)
        return head + self.take(head[1])

    def send(self, pieces, pause_s=0):
        """Each piece is sent when the one before has been handled."""
        for number, piece in enumerate(pieces):
            time.sleep(pause_s if number else 0)
            self.connection.sendall(piece)
            self.await_handled()

    def drain(self, in_step):
        """What the client still sends, to its end; one in step waits for ours."""
        try:
            if in_step:
                self.connection.shutdown(socket.SHUT_WR)
            while more := self.connection.recv(4096):
                self.unasked += more
        except OSError:  # it closed, and had not read all
            pass
        self.connection.close()

    def end(self, in_step):
        """Waits for the process; its exit status."""
        if self.connection is not None:
            self.drain(in_step)
        code = self.process.wait()
        self.reader.join()
        self.watch.cancel()
        self.process.stdout.close()
        self.told += [line for line in iter(self.lines.get, None) if line != "waits"]
        return code


def converse(client, row, variant):
    """The good session with the vector in its place, until the marker is acknowledged."""
    client.await_opened()
    for first, before, instead, answer in TURNS:
        if first is not None:
            client.await_packet(first)
        if row.place in (before, instead):
            client.send(variant, row.pause_s)
        if row.place != instead:
            client.send([answer])
    client.await_packet(PUBACK)


class Outcome:
    """What became of one vector."""

    def __init__(self, row, variant, code, in_step, client):
        self.row, self.variant, self.code = row, variant, code
        self.told, self.unasked = client.told, client.unasked
        self.letter = self.judge(client.hung, in_step)

    def judge(self, hung, in_step):
        if hung:
            return "H"
        if self.code != 0:
            return "X"
        if not in_step:
            return "r"
        due = {line for line in self.row.told if line.startswith("message ")} | {MARKER_TOLD}
        return "L" if due - set(self.told) else "A"

    @property
    def as_due(self):
        """The right verdict, by the right rule, and nothing sent that was not asked for."""
        return (self.letter, self.told, self.unasked) == (self.row.ours, self.row.told, b"")

    def __str__(self):
        sent = [piece[:32].hex(" ") for piece in self.variant]
        return (f"{self.row.name} {self.row.what}: sent {sent}; it is {self.letter} (exit "
                f"{self.code}), told {self.told}, sent {self.unasked.hex(' ')!r}; due is "
                f"{self.row.ours}, told {self.row.told}")


def play(command, row, variant, limit_s=LIMIT_S):
    """One vector and one run of the client that `command` starts, with a port behind it."""
    in_step = False
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(limit_s)
        client = Client([*command, str(listener.getsockname()[1])], limit_s)
        try:
            client.accept(listener)
            converse(client, row, variant)
            in_step = True
        except (Gone, OSError):
            pass
        code = client.end(in_step)
    return Outcome(row, variant, code, in_step, client)


def play_all(command):
    """The outcomes of all rows, in the table's order."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        runs = [pool.submit(play, command, row, variant)
                for row in ROWS for variant in row.variants]
        return [run.result() for run in runs]


# ---- The table in print ----------------------------------------------------------------


def must_be_refused(outcomes):
    return [outcome for outcome in outcomes if outcome.row.right == "r"]


def print_table(outcomes):
    print("| row | what the server sends | right | ours |\n| --- | --- | --- | --- |")
    for name, group in itertools.groupby(outcomes, lambda outcome: outcome.row.name):
        group = list(group)
        row = group[0].row
        notes = [str(len(group))] if len(group) > 1 else []
        notes += ["policy"] if row.right == "-" else []
        notes += ["good"] if row.right == "A" and row.variants != [[]] else []
        what = row.what + (f" ({', '.join(notes)})" if notes else "")
        letters = "".join(sorted({outcome.letter for outcome in group}))
        print(f"| {name} | {what} | {row.right} | {letters} |")


def main():
    outcomes = play_all([CLIENT])
    due = must_be_refused(outcomes)
    wrong = [outcome for outcome in outcomes if not outcome.as_due]
    print_table(outcomes)
    print("\nr refused, A accepted and in step, L a message lost, H it hangs, X it crashed;"
          " - the standard leaves it open; (N) is N variants")
    print("refused, each by the rule that it breaks: "
          f"{sum(outcome.as_due for outcome in due)} of {len(due)}")
    for outcome in wrong:
        print(outcome)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
