#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`dps-emulator` as a program: its options, its ports file, its enrollments, its end."""

import errno
import fcntl
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

import bench

PEM, KEY = (os.path.join(bench.PKI, "server" + end) for end in (".pem", ".key"))


def enrolled(**members):
    return {"registrationId": "dev", "symmetricKey": bench.DEMO_KEY, **members}


# (document, the path in it that the message names)
BAD_DOCUMENTS = [
    ({"enrollment": []}, "enrollment"),
    ({"idScope": 7}, "idScope"),
    ({"enrollments": {}}, "enrollments"),
    ({"enrollments": [7]}, "enrollments[0]"),
    ({"enrollments": [{"symmetricKey": bench.DEMO_KEY}]}, "enrollments[0]"),
    ({"enrollments": [{"registrationId": "dev"}]}, "enrollments[0]"),
    ({"enrollments": [enrolled(symmetricKey="not base64")]}, "enrollments[0].symmetricKey"),
    ({"enrollments": [enrolled(symmetricKey=["", bench.DEMO_KEY])]},
     "enrollments[0].symmetricKey[0]"),
    ({"enrollments": [enrolled(symmetricKey=[bench.DEMO_KEY] * 3)]},
     "enrollments[0].symmetricKey"),
    ({"enrollments": [enrolled(registrationId="a b")]}, "enrollments[0].registrationId"),
    ({"enrollments": [enrolled(), enrolled()]}, "enrollments[1]"),
    ({"enrollments": [enrolled(), enrolled(registrationId="DEV")]}, "enrollments[1]"),
    ({"enrollments": [enrolled(color="red")]}, "enrollments[0].color"),
    ({"enrollments": [enrolled(polls="1")]}, "enrollments[0].polls"),
    ({"enrollments": [enrolled(polls=-1)]}, "enrollments[0].polls"),
    ({"enrollments": [enrolled(status="ready")]}, "enrollments[0].status"),
    ({"enrollments": [enrolled(payload=[1])]}, "enrollments[0].payload"),
    ({"enrollments": [enrolled(script={})]}, "enrollments[0].script"),
    ({"enrollments": [enrolled(script=[{"drop": True}])]}, "enrollments[0].script[0]"),
    ({"enrollments": [enrolled(script=[{"step": "connect", "drop": True}, {"step": "ping",
                                                                           "drop": True}])]},
     "enrollments[0].script[1].step"),
    ({"enrollments": [enrolled(script=[{"step": "connect"}])]}, "enrollments[0].script[0]"),
    ({"enrollments": [enrolled(script=[{"step": "connect", "drop": True, "delay": 1}])]},
     "enrollments[0].script[0]"),
    ({"enrollments": [enrolled(script=[{"step": "connect", "drop": True, "when": 1}])]},
     "enrollments[0].script[0].when"),
    ({"enrollmentGroups": [{"symmetricKey": bench.DEMO_KEY}]}, "enrollmentGroups[0]"),
    ({"enrollmentGroups": [{"enrollmentGroupId": "g", "symmetricKey": bench.DEMO_KEY}] * 2},
     "enrollmentGroups[1]"),
]
NOT_YET = [{"enrollments": [{"registrationId": "dev", "certificate": "dev.pem"}]},
           {"enrollmentGroups": [{"enrollmentGroupId": "g", "certificate": "ca.pem"}]}]


class Options(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.ports_file = os.path.join(self.folder, "ports")

    def refused(self, *words, code=2, **options):
        """It ends by itself, with a message and no ports file. `options` change the good
        ones, None leaves one out; `words` are added."""
        line = []
        for name, value in {"port": "0", "ws_port": "0", "ports_file": self.ports_file,
                            "certificate": PEM, "private_key": KEY, **options}.items():
            line += [] if value is None else ["--" + name.replace("_", "-"), value]
        result = bench.run(bench.EMULATOR, *line, *words, limit_s=20)
        self.assertEqual(result.code, code, f"{options} {words} {result}")
        self.assertTrue(result.err.strip())
        self.assertFalse(os.path.exists(self.ports_file))
        return result.err

    def test_bad_options(self):
        for words in (["--nope"], ["extra"], ["--listen"], ["--log=1"]):
            self.assertIn(words[0].partition("=")[0], self.refused(*words))
        for port in ("65536", "-1", "x", "", "99999999999999999999", "0x1"):
            self.assertIn("--port", self.refused(port=port))
            self.assertIn("--ws-port", self.refused(ws_port=port))
        for address in ("localhost", "0.0.0.0", "::", "", "10.0.0.1", "127.0.0"):
            self.assertIn("--listen", self.refused(listen=address))

    def test_certificate_and_key_are_required_and_belong_together(self):
        for options in ({"certificate": None}, {"private_key": None},
                        {"certificate": "/no/such/file"}, {"private_key": "/dev/null"},
                        {"certificate": KEY}, {"private_key": PEM},
                        {"private_key": os.path.join(bench.PKI, "server-ec.key")}):
            self.refused(**options)
        # Same kind and size of key, another pair.
        for name, other in (("server", "device"), ("server", "expired"),
                            ("server", "other-name"), ("server", "no-san"),
                            ("other-name", "expired"), ("server-ec", "device-ec")):
            self.refused(certificate=os.path.join(bench.PKI, name + ".pem"),
                         private_key=os.path.join(bench.PKI, other + ".key"))

    def test_client_ca_is_not_yet(self):
        self.assertIn("not yet", self.refused(client_ca=bench.CA))

    def document(self, text):
        path = os.path.join(self.folder, "enrollments.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_bad_enrollments_name_the_path_in_the_document(self):
        for document, place in BAD_DOCUMENTS:
            with self.subTest(place=place):
                path = self.document(json.dumps(document))
                self.assertIn(place, self.refused(enrollments=path))

    def test_certificates_are_not_yet(self):
        for document in NOT_YET:
            path = self.document(json.dumps(document))
            self.assertIn("not yet", self.refused(enrollments=path))

    def test_not_json(self):
        for text in ("", "{", "[]", '{"idScope":"a","idScope":"b"}', "7"):
            self.refused(enrollments=self.document(text))
        self.refused(enrollments="/no/such/file")
        self.refused(enrollments=self.folder)

    def test_a_taken_port(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            self.assertIn(port, self.refused(port=port, code=3))
            self.assertIn(port, self.refused(ws_port=port, code=3))

    def test_a_ports_file_that_cannot_be_written(self):
        result = bench.run(bench.EMULATOR, "--port", "0", "--ws-port", "0", "--certificate", PEM,
                           "--private-key", KEY, "--ports-file", "/no/such/folder/ports",
                           limit_s=20)
        self.assertEqual(result.code, 2, result)

    def test_no_ports_file_of_an_earlier_run_is_left(self):
        for words in (["--nope"], ["extra"], ["--log=1"], ["--port"], ["--listen", "x"]):
            with open(self.ports_file, "w", encoding="ascii") as file:
                file.write("mqtt=1\nws=2\n")
            self.refused(*words, port=None, listen=None)

    def test_the_ports_file_replaces_regular_files_only(self):
        target = os.path.join(self.folder, "target")
        with open(target, "w", encoding="ascii") as file:
            file.write("precious")
        os.mkfifo(os.path.join(self.folder, "fifo"))
        os.mkdir(os.path.join(self.folder, "folder"))
        os.symlink(target, os.path.join(self.folder, "link"))
        os.symlink("nowhere", os.path.join(self.folder, "dangling"))
        before = sorted(os.listdir(self.folder))
        for name in ("fifo", "folder", "link", "dangling"):
            path = os.path.join(self.folder, name)
            mode = os.lstat(path).st_mode
            for words in ([], ["--nope"]):
                with self.subTest(name=name, words=words):
                    err = self.refused(*words, ports_file=path)
                    self.assertIn(path, err)
                    self.assertIn("regular file", err)
                    self.assertEqual(os.lstat(path).st_mode, mode)
                    self.assertEqual(sorted(os.listdir(self.folder)), before)
        with open(target, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")


class Running(unittest.TestCase):
    def test_ports_file(self):
        with bench.Emulator() as emulator:
            self.assertEqual(list(emulator.ports), ["mqtt", "ws"])
            for port in (emulator.port, emulator.ws_port):
                socket.create_connection(("127.0.0.1", port)).close()
            folder = os.listdir(emulator.folder.name)
            self.assertNotIn("tmp", " ".join(folder))

    def test_listens_on_loopback_only(self):
        with bench.Emulator() as emulator:
            out = subprocess.run(["cat", f"/proc/{emulator.pid}/net/tcp"],
                                 stdout=subprocess.PIPE, text=True, check=True).stdout
            self.assertIn(f"0100007F:{emulator.port:04X}", out)

    def test_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise
            self.skipTest("this machine has no ::1")
        with bench.Emulator(args=["--listen", "::1"]) as emulator:
            self.assertEqual(emulator.register(connect="::1").code, 0)

    def test_public(self):
        with bench.Emulator(args=["--listen", "0.0.0.0", "--public"]) as emulator:
            self.assertEqual(emulator.register().code, 0)

    def test_ends_on_a_signal_whatever_is_connected(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with bench.Emulator({"enrollments": [enrolled(script=[
                    {"step": "register", "silent": True}])]}) as emulator:
                idle = socket.create_connection(("127.0.0.1", emulator.port))
                waiting = subprocess.Popen(
                    bench.register_arguments(emulator.port, "dev"), stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL, env=bench.environment())
                bench.wait_until(lambda: "dev" in emulator.log_text(), 20)
                result = emulator.stop(number)
                out, _ = waiting.communicate(timeout=30)
                idle.close()
                self.assertEqual(result.code, 0, result)
                self.assertLess(result.seconds, 2 + bench.SLACK_S)
                self.assertEqual(waiting.returncode, 3)
                self.assertEqual(json.loads(out)["error"], "closed")
                # The ports are free at once, connections in TIME_WAIT or not.
                with bench.Emulator(port=emulator.port, ws_port=emulator.ws_port) as again:
                    self.assertEqual(again.port, emulator.port)

    def test_an_ec_key_serves_too(self):
        with bench.Emulator(server="server-ec") as emulator:
            self.assertEqual(emulator.register().code, 0)

    def test_log(self):
        key = bench.key("line")
        with bench.Emulator({"enrollmentGroups": [
                {"enrollmentGroupId": "line", "symmetricKey": key}]}) as emulator:
            result = emulator.register("sn-1", None, "--group-key", key, "--trace")
            self.assertEqual(result.code, 0, result)
            log = emulator.stop().err
        self.assertIn("sn-1", log)
        for secret in (key, bench.derived(key, "sn-1"), "sig=", "SharedAccessSignature"):
            self.assertNotIn(secret, log)
        self.assertNotRegex(log, r"[\x00-\x09\x0b-\x1f\x7f]")

    def test_log_of_a_limit_that_is_no_rule(self):
        context = ssl.create_default_context(cafile=bench.CA)
        with bench.Emulator() as emulator:
            with socket.create_connection(("127.0.0.1", emulator.port)) as plain, \
                    context.wrap_socket(plain, server_hostname=bench.HOST) as tls:
                tls.settimeout(20)
                tls.sendall(b"\x10\xff\x7f")  # a CONNECT of 16383 bytes
                self.assertEqual(tls.recv(1), b"")
            log = emulator.stop().err
        self.assertIn("head buffer of this side; closing", log)
        self.assertNotIn("[]", log)

    def test_a_log_that_nobody_reads_stops_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            fifo = os.path.join(folder, "fifo")
            os.mkfifo(fifo)
            reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
            self.addCleanup(os.close, reader)
            fcntl.fcntl(reader, 1031, 8192)  # F_SETPIPE_SZ: two pages
            with bench.Emulator({"enrollments": [enrolled(polls=0)]},
                                wrap=["sh", "-c", 'exec "$@" 2>"$0"', fifo]) as emulator:
                for _ in range(20):  # each is worth half a kilobyte of log
                    result = emulator.register("dev", bench.DEMO_KEY, "--timeout", "20")
                    self.assertEqual(result.code, 0, result)
                self.assertEqual(emulator.stop().code, 0)
            self.assertIn(b"connected", os.read(reader, 65536))

    def test_tls_1_2_and_nothing_else(self):
        with bench.Emulator() as emulator:
            for version, good in (("-tls1_2", True), ("-tls1_3", False), ("-tls1_1", False)):
                done = subprocess.run(
                    ["openssl", "s_client", "-connect", f"127.0.0.1:{emulator.port}", version,
                     "-CAfile", bench.CA, "-servername", bench.HOST],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    timeout=60)
                text = done.stdout.decode(errors="replace")
                self.assertEqual(bool(re.search(r"Cipher is ECDHE", text)), good, text)

    def test_the_older_connection_of_a_client_id_is_closed(self):
        with bench.Emulator({"enrollments": [enrolled(script=[
                {"step": "register", "times": 1, "silent": True}])]}) as emulator:
            first = subprocess.Popen(bench.register_arguments(emulator.port, "dev"),
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                     env=bench.environment())
            bench.wait_until(lambda: "dev" in emulator.log_text(), 20)
            second = emulator.register("dev")
            out, _ = first.communicate(timeout=60)
            self.assertEqual(second.code, 0, second)
            self.assertEqual((first.returncode, json.loads(out)["error"]), (3, "closed"))


if __name__ == "__main__":
    unittest.main()
