#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our clients against mosquitto, over TCP and TLS, on free ports and with a configuration
of our own. Where there is no mosquitto the tests say so and are skipped."""

import math
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import broker as real  # noqa: E402
from broker import Broker, Client, Wire, bench, payload  # noqa: E402

ONE_IN_FLIGHT = os.path.join(bench.BUILD, "test/mosquitto_client")
PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 3, 4, 5, 6, 7


@unittest.skipIf(real.MOSQUITTO is None, "no mosquitto here")
class Mosquitto(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(Broker())

    in_flight = 1

    def client(self, name, tls=False):
        return self.enterContext(Client(name, tls, self.in_flight))


class OneBuffer(Mosquitto):
    """tests/interop/mosquitto_client.c: one TLS buffer, no store."""

    def test_connect_subscribe_publish_receive_disconnect(self):
        result = bench.run(ONE_IN_FLIGHT, self.broker.ports["tls"], bench.CA, limit_s=60)
        self.assertEqual(result.code, 0, f"{result}\n{self.broker.log_text()}")
        self.assertEqual(result.out.splitlines(), [
            "opened", "connected", "subscribed, granted 2",
            "received tinydps/test/0, 12 bytes", "received tinydps/test/1, 13 bytes",
            "received tinydps/test/2, 0 bytes", "received tinydps/test/3, 20000 bytes", "done"])
        # The broker saw a DISCONNECT, and nothing that it had to complain about.
        self.broker.wait_for("Client tinydps disconnected")
        self.assertNotRegex(self.broker.log_text(),
                            r"Client tinydps (closed its connection|disconnected due)")

    def test_a_ca_that_did_not_sign_is_refused(self):
        result = bench.run(ONE_IN_FLIGHT, self.broker.ports["tls"], bench.OTHER_CA, limit_s=60)
        self.assertEqual(result.code, 1)
        self.assertIn("failed: layer 4", result.out)


class OverTcp(Mosquitto):
    listener = "plain"

    def client(self, name):
        return super().client(name, tls=self.listener == "tls")

    def connected(self, name, *filters, clean=1):
        """A client that has subscribed to filters, each with its QoS."""
        client = self.client(name)
        client.connect(self.broker.ports[self.listener], clean)
        if filters:
            self.assertEqual(client.subscribe(*filters), list(filters[1::2]))
        return client

    def test_qos_0_1_2_both_ways(self):
        """What is published at each QoS to a subscription of each comes at the lower one."""
        subscribers = [self.connected(f"subscriber{qos}", "tinydps/qos/+", qos)
                       for qos in range(3)]
        publisher = self.connected("publisher")
        pieces = [(0, 0), (1, 1), (2, 127), (3, 16_384), (5, 200_000)]
        for qos in range(3):
            for piece in pieces:
                publisher.tell("publish", f"tinydps/qos/{qos}", qos, 0, *piece)
        publisher.wait_for("published", 15)
        for granted, subscriber in enumerate(subscribers):
            subscriber.wait_for("message", 15)
            for qos in range(3):
                self.assertEqual([message for message in subscriber.messages()
                                  if message[0] == f"tinydps/qos/{qos}"],
                                 [(f"tinydps/qos/{qos}", min(qos, granted), 0, 0, payload(*piece))
                                  for piece in pieces])

    def test_unsubscribe(self):
        subscriber = self.connected("subscriber", "tinydps/a/#", 1, "tinydps/b", 1)
        subscriber.tell("unsubscribe", "tinydps/a/#", "tinydps/never")
        subscriber.wait_for("unsubscribed")
        publisher = self.connected("publisher")
        for topic in ("tinydps/a/1", "tinydps/b"):
            publisher.tell("publish", topic, 1, 0, 0, 10)
        # One QoS, one order: had the first one been sent, it would be here before the second.
        subscriber.wait_for("message")
        self.assertEqual([message[0] for message in subscriber.messages()], ["tinydps/b"])

    def test_retained_messages_are_told_with_retain(self):
        before = self.connected("before", "tinydps/kept/#", 2)
        publisher = self.connected("publisher")
        for qos in range(3):
            publisher.tell("publish", f"tinydps/kept/{qos}", qos, 1, qos, 100)
        before.wait_for("message", 3)
        self.assertEqual(sorted(before.messages()),
                         [(f"tinydps/kept/{qos}", qos, 0, 0, payload(qos, 100))
                          for qos in range(3)])
        after = self.connected("after", "tinydps/kept/#", 2)
        after.wait_for("message", 3)
        self.assertEqual(sorted(after.messages()),
                         [(f"tinydps/kept/{qos}", qos, 1, 0, payload(qos, 100))
                          for qos in range(3)])

    def test_a_retained_message_of_no_bytes_takes_the_retained_one_away(self):
        publisher = self.connected("publisher")
        for topic, length in (("gone", 10), ("gone", 0), ("stays", 10)):
            publisher.tell("publish", "tinydps/empty/" + topic, 1, 1, 0, length)
        publisher.wait_for("published", 3)
        subscriber = self.connected("subscriber", "tinydps/empty/#", 1)
        publisher.tell("publish", "tinydps/empty/last", 1, 0, 0, 1)
        subscriber.wait_for("message", 2)
        self.assertEqual([(message[0], message[2]) for message in subscriber.messages()],
                         [("tinydps/empty/stays", 1), ("tinydps/empty/last", 0)])

    def test_will_is_published_for_a_client_that_was_killed(self):
        watcher = self.connected("watcher", "tinydps/will/#", 2)
        wills = [(qos, retain, length) for qos in range(3)
                 for retain, length in ((0, 20), (1, 0), (1, 3000))]
        expected = []
        for number, (qos, retain, length) in enumerate(wills):
            topic = f"tinydps/will/{number}"
            client = self.client(f"dying{number}")
            client.tell("will", topic, qos, retain, number, length)
            client.connect(self.broker.ports[self.listener])
            client.kill()
            watcher.wait_for("message", number + 1)
            expected.append((topic, qos, 0, 0, payload(number, length)))
        self.assertEqual(watcher.messages(), expected)
        late = self.connected("late", "tinydps/will/#", 2)
        late.wait_for("message", 3)
        self.assertEqual(sorted(late.messages()),
                         [(f"tinydps/will/{number}", qos, 1, 0, payload(number, length))
                          for number, (qos, retain, length) in enumerate(wills)
                          if retain and length])

    def test_will_is_not_published_after_disconnect(self):
        watcher = self.connected("watcher", "tinydps/left/#", 1)
        client = self.client("leaving")
        client.tell("will", "tinydps/left/will", 1, 0, 0, 20)
        client.connect(self.broker.ports[self.listener])
        self.assertEqual(client.disconnect(), [])
        self.broker.wait_for("Client leaving disconnected")
        self.connected("publisher").tell("publish", "tinydps/left/last", 1, 0, 0, 1)
        watcher.wait_for("message")
        self.assertEqual([message[0] for message in watcher.messages()], ["tinydps/left/last"])

    def test_messages_wait_for_a_persistent_session(self):
        subscriber = self.connected("sleeper", "tinydps/sleep/#", 2, clean=0)
        self.assertEqual(subscriber.disconnect(), [])
        self.broker.wait_for("Client sleeper disconnected")
        publisher = self.connected("publisher")
        for number in range(30):
            publisher.tell("publish", "tinydps/sleep/0", 1 + number % 2, 0, number, 50)
        publisher.wait_for("published", 30)
        self.assertEqual(subscriber.connect(self.broker.ports[self.listener], clean=0), 1)
        subscriber.wait_for("message", 30)
        for qos in (1, 2):
            self.assertEqual([message[4] for message in subscriber.messages()
                              if message[1] == qos],
                             [payload(number, 50) for number in range(qos - 1, 30, 2)])


class OverTls(OverTcp):
    listener = "tls"
    in_flight = 8

    def test_connect_without_tls_is_refused(self):
        client = Mosquitto.client(self, "plain")
        client.tell("connect", self.broker.ports["tls"], "plain", 1)
        client.wait_for("closed")
        self.assertEqual(client.told("connected"), [])


class Granted(Mosquitto):
    """A broker that grants less than it is asked for, told for each filter."""

    def test_qos_granted_below_qos_asked(self):
        for most, granted in (("plain", [0, 1, 2]), ("qos1", [0, 1, 1]), ("qos0", [0, 0, 0])):
            with self.subTest(most=most):
                client = self.client("asking-" + most)
                client.connect(self.broker.ports[most])
                self.assertEqual(client.subscribe("tinydps/a", 0, "tinydps/b", 1,
                                                  "tinydps/c", 2), granted)


# The packets of one message (4.3), from its sender and from its receiver in turn.
EXCHANGE = {1: (PUBLISH, PUBACK), 2: (PUBLISH, PUBREC, PUBREL, PUBCOMP)}
NAMES = {PUBLISH: "PUBLISH", PUBACK: "PUBACK", PUBREC: "PUBREC", PUBREL: "PUBREL",
         PUBCOMP: "PUBCOMP"}
MESSAGES, LOST = 12, 5


class Stopped(Mosquitto):
    """The broker is stopped by SIGTERM in the middle of an exchange, and started again with
    what it wrote to its file. Every client has a persistent session and goes on."""

    def resume(self, listener, *clients):
        self.broker.stop()
        for client in clients:
            client.wait_for("closed")
        self.broker.start()
        for client in clients:
            self.assertEqual(client.connect(self.broker.ports[listener], clean=0), 1)

    def exchange(self, qos, packet_type, is_publisher):
        """The connection of the publisher, or of the subscriber, is cut when this packet of
        the fifth message is on its way."""
        name = f"{NAMES[packet_type]}-{qos}-{'pub' if is_publisher else 'sub'}"
        topic = "tinydps/stopped/" + name
        to_broker = (packet_type in (PUBLISH, PUBREL)) == is_publisher
        publisher, subscriber = self.client(name + "-p"), self.client(name + "-s")
        with Wire(self.broker.ports["plain"], "broker" if to_broker else "client", packet_type,
                  LOST) as wire:
            ports = [self.broker.ports["plain"], wire.port]
            publisher.connect(ports[is_publisher], clean=0)
            subscriber.connect(ports[not is_publisher], clean=0)
            subscriber.subscribe(topic, 2)
            for number in range(MESSAGES):
                publisher.tell("publish", topic, qos, 0, number, 500)
            self.assertTrue(wire.cut.wait(real.LIMIT_S))
            self.resume("plain", publisher, subscriber)
        self.finish(topic, qos, publisher, subscriber)
        return subscriber

    def finish(self, topic, qos, publisher, subscriber):
        """All are acknowledged, and a last one comes: of its QoS nothing comes after it."""
        publisher.wait_for("published", MESSAGES)
        publisher.tell("publish", topic, qos, 0, MESSAGES, 500)
        publisher.wait_for("published", MESSAGES + 1)
        self.assertTrue(bench.wait_until(
            lambda: payload(MESSAGES, 500) in [message[4] for message in subscriber.messages()],
            real.LIMIT_S), subscriber.lines)

    def test_qos_1_nothing_is_lost(self):
        for is_publisher in (True, False):
            for packet_type in EXCHANGE[1]:
                with self.subTest(lost=NAMES[packet_type], publisher=is_publisher):
                    subscriber = self.exchange(1, packet_type, is_publisher)
                    firsts = list(dict.fromkeys(message[4] for message in subscriber.messages()))
                    self.assertEqual(firsts, [payload(number, 500)
                                              for number in range(MESSAGES + 1)])

    def test_qos_2_nothing_is_lost_and_nothing_doubled(self):
        for is_publisher in (True, False):
            for packet_type in EXCHANGE[2]:
                with self.subTest(lost=NAMES[packet_type], publisher=is_publisher):
                    subscriber = self.exchange(2, packet_type, is_publisher)
                    self.assertEqual([message[4] for message in subscriber.messages()],
                                     [payload(number, 500) for number in range(MESSAGES + 1)])

    def test_over_tls(self):
        """Stopped wherever it stands when the second message has come."""
        for qos in (1, 2):
            publisher, subscriber = (self.client(f"tls-{qos}-{end}", tls=True) for end in "ps")
            for client in (publisher, subscriber):
                client.connect(self.broker.ports["tls"], clean=0)
            subscriber.subscribe(f"tinydps/tls/{qos}", 2)
            for number in range(MESSAGES):
                publisher.tell("publish", f"tinydps/tls/{qos}", qos, 0, number, 500)
            subscriber.wait_for("message", 2)
            self.resume("tls", publisher, subscriber)
            self.finish(f"tinydps/tls/{qos}", qos, publisher, subscriber)
            came = [message[4] for message in subscriber.messages()]
            self.assertEqual(came if qos == 2 else list(dict.fromkeys(came)),
                             [payload(number, 500) for number in range(MESSAGES + 1)])


class StoppedWithEightInFlight(Stopped):
    in_flight = 8


class Many(Mosquitto):
    """Many messages from a client to itself, both ways at a time."""
    in_flight = 8
    count = 1_000 if bench.SANITIZERS else 10_000

    def test_many_messages(self):
        """Sizes are log-uniform. Nothing is lost, nothing doubled, and within a QoS and a
        topic all come in their order."""
        chance = random.Random(4)
        client = self.client("many")
        client.connect(self.broker.ports["plain"])
        client.subscribe("tinydps/many/+", 2)
        expected = {(f"tinydps/many/{topic}", qos): [] for topic in range(4) for qos in range(3)}
        for _ in range(self.count):
            where = chance.choice(list(expected))
            length = int(math.exp(chance.uniform(0, math.log(200_000))))
            piece = chance.randrange(len(real.POOL) - length), length
            expected[where].append(payload(*piece))
            client.tell("publish", *where, 0, *piece)
        client.wait_for("message", self.count, 2 * real.LIMIT_S)
        came = {where: [] for where in expected}
        for topic, qos, retain, dup, content in client.messages():
            self.assertEqual((retain, dup), (0, 0))
            came[topic, qos].append(content)
        for where, contents in expected.items():
            self.assertEqual(came[where], contents, where)
        total = sum(length for contents in came.values() for length, _ in contents)
        print(f"figure: {self.count} messages, {total / 1e6:.1f} MB each way")


if __name__ == "__main__":
    unittest.main()
