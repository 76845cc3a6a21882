#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/interop/mosquitto_client.c against mosquitto, with TLS on a free port and a
configuration of our own. Where there is no mosquitto the test says so and is skipped."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
import bench  # noqa: E402

MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
CLIENT = os.path.join(bench.BUILD, "test/mosquitto_client")
CONFIGURATION = """
listener {port} 127.0.0.1
certfile {pki}/server.pem
keyfile {pki}/server.key
tls_version tlsv1.2
allow_anonymous true
persistence false
log_dest stderr
# Or, started by root, it would become a user who may not read the key.
user root
"""


class Broker:
    """mosquitto for a `with` statement. It cannot choose a port itself, so one that was
    free a moment ago is tried, and another one if somebody was faster."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "mosquitto.conf")
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        for _ in range(5):
            self.port = bench.closed_port()
            with open(path, "w", encoding="utf-8") as file:
                file.write(CONFIGURATION.format(port=self.port, pki=bench.PKI))
            self.process = subprocess.Popen([MOSQUITTO, "-c", path], stdout=self.log,
                                            stderr=self.log, stdin=subprocess.DEVNULL)
            if bench.wait_until(lambda: self.listens() or self.process.poll() is not None) \
                    and self.process.poll() is None:
                return self
            self.process.kill()
            self.process.wait()
        raise RuntimeError("mosquitto does not start: " + self.log_text())

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log_text(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
        self.folder.cleanup()


@unittest.skipIf(MOSQUITTO is None, "no mosquitto here")
class Mosquitto(unittest.TestCase):
    def test_connect_subscribe_publish_receive_disconnect(self):
        with Broker() as broker:
            result = bench.run(CLIENT, broker.port, bench.CA, limit_s=60)
            bench.wait_until(lambda: "\n" in broker.log_text().partition("Client tinydps ")[2])
            log = broker.log_text()
        self.assertEqual(result.code, 0, f"{result}\n{log}")
        self.assertEqual(result.out.splitlines(), [
            "opened", "connected", "subscribed, granted 2",
            "received tinydps/test/0, 12 bytes", "received tinydps/test/1, 13 bytes",
            "received tinydps/test/2, 0 bytes", "received tinydps/test/3, 20000 bytes", "done"])
        # The broker saw a DISCONNECT, and nothing that it had to complain about.
        self.assertIn("Client tinydps disconnected", log)
        self.assertNotRegex(log, r"Client tinydps (closed its connection|disconnected due)")

    def test_a_ca_that_did_not_sign_is_refused(self):
        with Broker() as broker:
            result = bench.run(CLIENT, broker.port, bench.OTHER_CA, limit_s=60)
        self.assertEqual(result.code, 1)
        self.assertIn("failed: layer 4", result.out)


if __name__ == "__main__":
    unittest.main()
