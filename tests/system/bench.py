# SPDX-License-Identifier: MIT
"""The bench that the system tests stand on: the real emulator on free ports, the real
`dps`, and what they left behind. No test knows a port, a path or a process of another."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("DPS_BUILD", "build"))
PKI = os.path.join(ROOT, os.environ.get("DPS_PKI", "build/pki"))
DPS = os.path.join(BUILD, "bin/dps")
EMULATOR = os.path.join(BUILD, "bin/dps-emulator")
SANITIZERS = bool(os.environ.get("DPS_SANITIZERS"))

CA = os.path.join(PKI, "root.pem")
OTHER_CA = os.path.join(PKI, "other-root.pem")
HOST = "localhost"          # a name in the good server certificates
ID_SCOPE = "0ne00000000"

DEMO_KEY = base64.b64encode(b"tinydps demo key, not a secret!!").decode()
DEMO_GROUP_KEY = base64.b64encode(b"tinydps demo group key, public!!").decode()

# What the machine may add to a limit that the programs keep: starting a process under
# sanitizers, beside other tests, takes its time.
SLACK_S = 2.0 if SANITIZERS else 0.25


def key(text):
    """A made-up 32-byte key, in base64."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def derived(group_key, registration_id):
    """The device key of a group enrollment, by the standard library's HMAC."""
    mac = hmac.new(base64.b64decode(group_key), registration_id.encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def token(registration_id, symmetric_key=DEMO_KEY, id_scope=ID_SCOPE):
    """A SAS token that is good for an hour, by the standard library's HMAC."""
    resource = urllib.parse.quote(f"{id_scope}/registrations/{registration_id}", safe="")
    expiry = int(time.time()) + 3600
    mac = hmac.new(base64.b64decode(symmetric_key), f"{resource}\n{expiry}".encode(),
                   hashlib.sha256)
    signature = urllib.parse.quote(base64.b64encode(mac.digest()).decode(), safe="")
    return (f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}"
            "&skn=registration")


def connect(registration_id="demo-device", keep_alive_s=60):
    """A device's CONNECT with a good token, as bytes."""
    fields = (registration_id, f"{ID_SCOPE}/registrations/{registration_id}/"
              "api-version=2019-03-31", token(registration_id))
    body = b"\0\4MQTT\4\xc2" + keep_alive_s.to_bytes(2, "big")
    body += b"".join(len(field).to_bytes(2, "big") + field.encode() for field in fields)
    return bytes([0x10, len(body) & 127 | 128, len(body) >> 7]) + body


class Peer:
    """A client that sends any bytes over TLS, for a `with` statement."""

    LIMIT_S = 20  # only what hangs

    def __init__(self, port):
        plain = socket.create_connection(("127.0.0.1", port), self.LIMIT_S)
        context = ssl.create_default_context(cafile=CA)
        try:
            self.tls = context.wrap_socket(plain, server_hostname=HOST,
                                           suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self.tls.close()

    def send(self, data):
        self.tls.sendall(data)

    def read(self, count):
        """As many bytes, or fewer where the end comes first."""
        data = b""
        while len(data) < count:
            more = self.tls.recv(count - len(data))
            if not more:
                break
            data += more
        return data

    def read_to_end(self):
        """All up to the peer's close_notify; without one it is an error."""
        return self.read(1 << 20)


class Result:
    """One finished run of a program."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    @property
    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.2f} s\n{self.out}\n{self.err}"


def environment(extra=None):
    """Ours without what `dps` reads from it."""
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("DPS_") and not name.lower().endswith("_proxy")}
    clean.update(extra or {})
    return clean


def preload(**settings):
    """An environment in which a program meets tests/system/shim.c."""
    return {"LD_PRELOAD": os.path.join(BUILD, "test/shim.so"),
            "ASAN_OPTIONS": "verify_asan_link_order=0",
            **{name: str(value) for name, value in settings.items()}}


def run(*command, stdin="", env=None, stdout=subprocess.PIPE, limit_s=120):
    """Runs a program to its end; `stdin` is text or bytes."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    start = time.monotonic()
    done = subprocess.run(list(map(str, command)), input=data, stdout=stdout,
                          stderr=subprocess.PIPE, env=environment(env), timeout=limit_s)
    return Result(done.returncode, (done.stdout or b"").decode(errors="replace"),
                  done.stderr.decode(errors="replace"), time.monotonic() - start)


def dps(*args, **keywords):
    return run(DPS, *args, **keywords)


def register_arguments(port, registration_id="demo-device", symmetric_key=DEMO_KEY,
                       id_scope=ID_SCOPE, host=HOST, ca=CA, connect="127.0.0.1", json=True):
    """The command line of a registration; None leaves an option out."""
    options = {"--id-scope": id_scope, "--registration-id": registration_id,
               "--symmetric-key": symmetric_key, "--host": host, "--port": port,
               "--connect": connect, "--ca": ca}
    words = [DPS, "register"] + (["--json"] if json else [])
    for name, value in options.items():
        if value is not None:
            words += [name, str(value)]
    return words


def register(port, *args, wrap=(), stdin="", env=None, limit_s=120, **keywords):
    """Runs `dps register`; `args` are further options, `wrap` words before it."""
    return run(*wrap, *register_arguments(port, **keywords), *args, stdin=stdin, env=env,
               limit_s=limit_s)


def wait_until(condition, limit_s=10.0):
    """Whether `condition()` came true in time."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())


class Emulator:
    """`dps-emulator` on free ports, for a `with` statement."""

    def __init__(self, enrollments=None, server="server", args=(), wrap=(), limit_s=10, port=0,
                 ws_port=0):
        self.enrollments, self.server = enrollments, server
        self.port, self.ws_port = port, ws_port
        self.args, self.wrap, self.limit_s = list(args), list(wrap), limit_s

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        ports_file = os.path.join(self.folder.name, "ports")
        words = self.wrap + [EMULATOR, "--port", str(self.port), "--ws-port", str(self.ws_port),
                             "--log", "--ports-file", ports_file,
                             "--certificate", os.path.join(PKI, self.server + ".pem"),
                             "--private-key", os.path.join(PKI, self.server + ".key")]
        if self.enrollments is not None:
            path = os.path.join(self.folder.name, "enrollments.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(self.enrollments, file)
            words += ["--enrollments", path]
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        self.process = subprocess.Popen(words + self.args, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, env=environment())
        if not wait_until(lambda: os.path.exists(ports_file) or self.process.poll() is not None,
                          self.limit_s) or self.process.poll() is not None:
            text = self.stop().err
            raise RuntimeError("the emulator did not start: " + text)
        with open(ports_file, encoding="utf-8") as file:
            self.ports = dict(line.strip().split("=") for line in file)
        self.port, self.ws_port = int(self.ports["mqtt"]), int(self.ports["ws"])
        self.pid = self.process.pid
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.stop()
        self.log.close()
        self.folder.cleanup()

    def log_text(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self, number=signal.SIGTERM, limit_s=20):
        """Ends it by a signal: its exit code, its log, and how long it took."""
        start = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return Result(self.process.returncode, "", self.log_text(), time.monotonic() - start)

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def memory_kb(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def register(self, registration_id="demo-device", symmetric_key=DEMO_KEY, *args, **keywords):
        return register(self.port, *args, registration_id=registration_id,
                        symmetric_key=symmetric_key, **keywords)


@contextlib.contextmanager
def silent_listener():
    """A port that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    kept.append(server.accept()[0])

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in kept:
            connection.close()


def closed_port():
    """A port that nobody listens at: it was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def together(*calls):
    """Runs them at the same time, since most of a test is waiting: their results in order."""
    results = [None] * len(calls)
    errors = []

    def one(index, call):
        try:
            results[index] = call()
        except BaseException as error:  # told by the caller's thread
            errors.append(error)

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
