# SPDX-License-Identifier: MIT
"""The bench of the tests with mosquitto: the broker on free ports, our client that does
what it is told, and a wire between them that can be cut at a chosen packet."""

import contextlib
import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
import bench  # noqa: E402

MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
CLIENT = os.path.join(bench.BUILD, "test/broker_client")
LIMIT_S = 60.0  # for what takes milliseconds: it only ends what hangs

# Payloads are pieces of this, so that a line can name one.
POOL = random.Random(311).randbytes(400_000)

LISTENERS = {"plain": "", "qos1": "max_qos 1", "qos0": "max_qos 0",
             "tls": f"certfile {bench.PKI}/server.pem\nkeyfile {bench.PKI}/server.key\n"
                    "tls_version tlsv1.2"}
# Of messages that wait for a subscriber none may be thrown away.
GENERAL = """
allow_anonymous true
persistence true
persistence_location {folder}/
max_queued_messages 0
log_dest stderr
log_type all
# Or, started by root, it would become a user who may not read the key.
user root
"""


def payload(start, length):
    """What broker_client tells of this piece of the pool."""
    return length, hashlib.sha256(POOL[start:start + length]).hexdigest()


class Broker:
    """mosquitto for a `with` statement, with the listeners of `ports`. It cannot choose a
    port itself, so some that were free a moment ago are tried, and others if somebody was
    faster. Stopped and started again it remembers what is persistent."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        self.start()
        return self

    def start(self):
        path = os.path.join(self.folder.name, "mosquitto.conf")
        for _ in range(5):
            self.ports = {name: bench.closed_port() for name in LISTENERS}
            with open(path, "w", encoding="utf-8") as file:
                file.write(GENERAL.format(folder=self.folder.name))
                for name, options in LISTENERS.items():
                    file.write(f"listener {self.ports[name]} 127.0.0.1\n{options}\n")
            self.process = subprocess.Popen([MOSQUITTO, "-c", path], stdout=self.log,
                                            stderr=self.log, stdin=subprocess.DEVNULL)
            if bench.wait_until(lambda: self.listens() or self.process.poll() is not None) \
                    and self.process.poll() is None:
                return
            self.process.kill()
            self.process.wait()
        raise RuntimeError("mosquitto does not start: " + self.log_text())

    def stop(self):
        """By SIGTERM: it writes its persistence file."""
        self.process.terminate()
        self.process.wait(20)

    def listens(self):
        def accepts(port):
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        return all(accepts(port) for port in self.ports.values())

    def log_text(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, text):
        """Until the log says so: what a client saw the broker need not have seen yet."""
        if not bench.wait_until(lambda: text in self.log_text(), LIMIT_S):
            raise AssertionError(f"mosquitto did not say {text}")

    def __exit__(self, *error):
        self.stop()
        self.log.close()
        self.folder.cleanup()


class Client:
    """build/test/broker_client, or broker_client_8, for a `with` statement."""

    def __init__(self, name, tls=False, in_flight=1):
        self.name, self.tls = name, tls
        self.program = CLIENT if in_flight == 1 else f"{CLIENT}_{in_flight}"
        self.lines = []  # what it told
        self.changed = threading.Condition()

    def __enter__(self):
        self.pool = tempfile.NamedTemporaryFile()
        self.pool.write(POOL)
        self.pool.flush()
        words = [self.program, self.pool.name] + ([bench.CA] if self.tls else [])
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=bench.environment())
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        return self

    def listen(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def tell(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def told(self, word):
        """The rest of all lines that begin with this word."""
        with self.changed:
            return [line.split()[1:] for line in self.lines if line.split()[0] == word]

    def wait_for(self, word, count=1, limit_s=LIMIT_S):
        """The rest of the first `count` lines that begin with it, once there are as many."""
        def have():
            return sum(line.split()[0] == word for line in self.lines) >= count

        with self.changed:
            if not self.changed.wait_for(have, limit_s):
                raise AssertionError(f"{self.name}: no {count} times {word} in\n"
                                     + "\n".join(self.lines[-40:]))
        return self.told(word)[:count]

    def connect(self, port, clean=1):
        """Connects; whether there was a session."""
        count = len(self.told("connected"))
        self.tell("connect", port, self.name, clean)
        return int(self.wait_for("connected", count + 1)[-1][0])

    def subscribe(self, *words):
        """Filters and QoS in turn; what was granted."""
        count = len(self.told("subscribed"))
        self.tell("subscribe", *words)
        return list(map(int, self.wait_for("subscribed", count + 1)[-1]))

    def disconnect(self):
        self.tell("disconnect")
        return self.wait_for("closed")[-1]

    def messages(self):
        """(topic, QoS, RETAIN, DUP, (length, hash)) of each message that came."""
        return [(topic, int(qos), int(retain), int(dup), (int(length), digest))
                for topic, qos, retain, dup, length, digest in self.told("message")]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, *error):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            code = self.process.wait(LIMIT_S)
        finally:
            self.kill()
            self.thread.join()
            self.process.stdout.close()
            self.pool.close()
        if code not in (0, -signal.SIGKILL):
            raise AssertionError(f"{self.name} ended with {code}")


def packets(data):
    """The whole packets (2.2) at the beginning of `data`, and the rest."""
    whole = []
    while True:
        length = end = 0
        for end in range(1, min(len(data), 5)):
            length |= (data[end] & 0x7f) << 7 * (end - 1)
            if data[end] < 0x80:
                break
        else:
            return whole, data
        if len(data) - end - 1 < length:
            return whole, data
        whole.append(data[:end + 1 + length])
        data = data[end + 1 + length:]


class Wire:
    """A port for one connection, for a `with` statement: its bytes go to `port` and back
    until packet number `number` of type `packet_type` comes on its way to `to`. That one
    is lost, and so is everything after it, both ways; the connection stays."""

    def __init__(self, port, to, packet_type, number):
        self.target, self.to, self.packet_type, self.left = port, to, packet_type, number
        self.cut = threading.Event()

    def __enter__(self):
        self.ends = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self

    def accept(self):
        with contextlib.suppress(OSError), self.server.accept()[0] as client, \
                socket.create_connection(("127.0.0.1", self.target)) as broker:
            self.ends = [client, broker]
            back = threading.Thread(target=self.carry, args=(broker, client, "client"))
            back.start()
            self.carry(client, broker, "broker")
            back.join()

    def carry(self, source, sink, to):
        data = b""
        with contextlib.suppress(OSError):
            while more := source.recv(65536):
                whole, data = packets(data + more)
                for packet in whole:
                    self.see(packet, to)
                    if not self.cut.is_set():
                        sink.sendall(packet)
        self.hang_up(source, sink)

    @staticmethod
    def hang_up(*ends):
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def see(self, packet, to):
        if to == self.to and packet[0] >> 4 == self.packet_type:
            self.left -= 1
            if self.left == 0:
                self.cut.set()

    def __exit__(self, *error):
        self.hang_up(self.server, *self.ends)
        self.thread.join()
        self.server.close()
