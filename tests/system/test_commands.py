#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`dps sas`, `dps derive-key` and `dps decode` against vectors made elsewhere: by Node's
crypto and by the openssl program, by Microsoft's documents, by the MQTT standard."""

import base64
import hashlib
import random
import re
import shutil
import subprocess
import unittest
import urllib.parse

import bench

K1 = base64.b64encode(bytes(range(64))).decode()
K2 = base64.b64encode(b"tinydps-device-k").decode()
K3 = base64.b64encode(bytes((255 - 3 * i) % 256 for i in range(32))).decode()
G1 = base64.b64encode(bytes((7 * i + 3) % 256 for i in range(64))).decode()
MICROSOFT = ("8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbq"
             "OS9Egw==")
LONG_ID = "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6"

# (name, key, resource, expiry, key name, token)
TOKENS = [
    ("'/', '+' and '=' in the signature", K1, "0ne00ABCDEF/registrations/device-001",
     1893456000, None,
     "SharedAccessSignature sr=0ne00ABCDEF%2Fregistrations%2Fdevice-001"
     "&sig=XN6MrkjAL87%2FlxdLE%2BVH1NzBKfwfyTNDu1PeAIIAv%2BU%3D&se=1893456000"
     "&skn=registration"),
    ("':' is encoded, '_' '.' '-' are not", K2, "0ne0000A1B2/registrations/sn:01_02.03-Z",
     2000000000, None,
     "SharedAccessSignature sr=0ne0000A1B2%2Fregistrations%2Fsn%3A01_02.03-Z"
     "&sig=vgNvO8rOS6b2ZwpC3Pn4AeqlNJu5KkzpmkcUFmkmBQQ%3D&se=2000000000&skn=registration"),
    ("a derived key, '/+' in the signature", "bQmNW55xGyG1Wfh46mxUhQ3Ilamz2q36gyxjhD8fZ6E=",
     "0ne00ABCDEF/registrations/" + LONG_ID, 1924992002, None,
     f"SharedAccessSignature sr=0ne00ABCDEF%2Fregistrations%2F{LONG_ID}"
     "&sig=zabWLEx7Eb0Q2YMjJD8CRi0%2Bng%2F%2BGmtBxQM8sBDvIVs%3D&se=1924992002"
     "&skn=registration"),
    ("an expiry beyond 31 bits", K3, "0ne00ABCDEF/registrations/a", 4102444800, None,
     "SharedAccessSignature sr=0ne00ABCDEF%2Fregistrations%2Fa"
     "&sig=CCHQ2F4HGqocavTP9cMXYiSD6DDJkBMNx89%2BiqW0K5E%3D&se=4102444800"
     "&skn=registration"),
    ("a hub's token has no skn", K1, "contoso-hub.azure-devices.net/devices/device-001",
     1893456000, "",
     "SharedAccessSignature sr=contoso-hub.azure-devices.net%2Fdevices%2Fdevice-001"
     "&sig=ZJhmjUuXOqqskd4WXEwudYSy%2FyEjY%2BblUud6ujfWPZs%3D&se=1893456000"),
]
DERIVED = [
    (G1, LONG_ID, "bQmNW55xGyG1Wfh46mxUhQ3Ilamz2q36gyxjhD8fZ6E="),
    (G1, "device-001", "TJgXARtBo6s6ycwl30Prwvcu52NbIRTIqqw4sphWxSY="),
    (G1, "Device-001", "NLQNyuCYAuTkMR/FFpOXbgjzBGpa1UfSZwD+CarsUsY="),
    (G1, "a", "y08tp1DVoZcISZc4e+0eDYj1SpEyJ7bI1HARs4d0NBw="),
    (G1, "x" * 128, "f87pnp0l4SUgTxeWc3ij0sUQO4ulvTpuKhOwZXZVIz4="),
    (MICROSOFT, LONG_ID, "Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc="),
]
PUBLISHED_HUB_TOKEN = (
    "18RQk/hOPJR9EbsJlk2j8WA6vWaj/yi+oaYg7zmxfQNdOyMSu+SJ8O7TSlZhDJCYmn4rzEiVKIzNiVAWjLxrGA==",
    "MyExampleHub.azure-devices.net/devices/my-symkey-device", 1663119026,
    "f+wW8XOKeJOtiPc9Iwjc4OpExvPM7NlhM9qxN2a1aAM=")
BAD_KEYS = ["", "=", "A", "AA", "AA=", "AAAA=", "AA==A", "A===", "AB==", "AA==\n", " AAAA",
            "AA-_", "AAé=", "A" * 172 + "AAA=", "A" * 500]


class Sas(unittest.TestCase):
    def sas(self, key, resource, now, lifetime, name=None, *more, **keywords):
        words = ["sas", "--symmetric-key", key, "--resource", resource, "--now", now,
                 "--lifetime", lifetime, *more]
        return bench.dps(*words, *([] if name is None else ["--key-name", name]), **keywords)

    def test_vectors(self):
        for name, key, resource, expiry, key_name, token in TOKENS:
            for lifetime in (3600, 1):
                with self.subTest(name=name):
                    result = self.sas(key, resource, expiry - lifetime, lifetime, key_name)
                    self.assertEqual((result.code, result.out), (0, token + "\n"), result)

    def test_published_by_microsoft(self):
        key, resource, expiry, signature = PUBLISHED_HUB_TOKEN
        result = self.sas(key, resource, expiry - 3600, 3600, "")
        self.assertIn("&sig=" + urllib.parse.quote(signature, safe="") + "&", result.out)

    def test_lifetime_is_an_hour(self):
        result = bench.dps("sas", "--symmetric-key", K1, "--resource", "a", "--now", 1000000000)
        self.assertIn("&se=1000003600&", result.out)

    def test_every_byte_of_a_resource(self):
        """All but RFC 3986's unreserved characters are encoded, in upper case."""
        resource = "".join(chr(n) for n in range(1, 128)) + "é\U00010348"
        result = self.sas(K1, resource, 1000000000, 1)
        self.assertEqual(re.search("sr=(.*?)&", result.out).group(1),
                         urllib.parse.quote(resource, safe=""))

    def test_random_keys_against_openssl(self):
        if shutil.which("openssl") is None:
            self.skipTest("no openssl program here")
        chance = random.Random(1)
        for length in (1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 128):
            key = bytes(chance.randrange(256) for _ in range(length))
            resource = "0ne/registrations/" + "".join(chance.choices("abc:._-XYZ", k=length))
            encoded = urllib.parse.quote(resource, safe="")
            mac = subprocess.run(
                ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:" + key.hex(),
                 "-binary"], input=f"{encoded}\n2000000000".encode(), stdout=subprocess.PIPE,
                check=True).stdout
            signature = urllib.parse.quote(base64.b64encode(mac).decode(), safe="")
            result = self.sas(base64.b64encode(key).decode(), resource, 1999999999, 1)
            self.assertIn(f"sr={encoded}&sig={signature}&se=2000000000&", result.out)

    def test_bad_keys_are_refused_and_not_quoted(self):
        for key in BAD_KEYS:
            with self.subTest(key=key):
                result = self.sas(key, "a", 1000000000, 60)
                self.assertEqual((result.code, result.out), (2, ""), result)
                if len(key) > 3:
                    self.assertNotIn(key.strip(), result.err)

    def test_clock(self):
        for now in ("0", "-1", "4294967296", "1e9", "", " 1", "+1", "0x10", "1 "):
            self.assertEqual(self.sas(K1, "a", now, 60).code, 2, now)
        for now, lifetime in ((4294967295, 1), (1, 4294967295)):
            self.assertEqual(self.sas(K1, "a", now, lifetime).code, 2)
        self.assertIn("se=4294967295&", self.sas(K1, "a", 4294967294, 1).out)
        self.assertEqual(self.sas(K1, "a", 1, 0).code, 2)


class Keys(unittest.TestCase):
    """One key, given in one of four ways."""

    TOKEN = TOKENS[0][5] + "\n"
    WORDS = ("sas", "--resource", TOKENS[0][2], "--now", "1893452400")

    def with_file(self, content):
        import tempfile
        file = tempfile.NamedTemporaryFile("w")
        file.write(content)
        file.flush()
        self.addCleanup(file.close)
        return file.name

    def test_ways(self):
        path = self.with_file(K1 + " \t\r\n\n")
        for words, keywords in (
                (["--symmetric-key", K1], {}), (["--symmetric-key=" + K1], {}),
                (["--symmetric-key-file", path], {}),
                (["--symmetric-key-file", "-"], {"stdin": K1 + "\n"}),
                ([], {"env": {"DPS_SYMMETRIC_KEY": K1}}),
                (["--symmetric-key", K1], {"env": {"DPS_SYMMETRIC_KEY": K2}})):
            result = bench.dps(*self.WORDS, *words, **keywords)
            self.assertEqual((result.code, result.out), (0, self.TOKEN), f"{words} {result}")

    def test_refused(self):
        path = self.with_file(K1)
        for words in ([], ["--symmetric-key", K1, "--symmetric-key-file", path],
                      ["--symmetric-key-file", "/no/such/file"],
                      ["--symmetric-key-file", self.with_file("")],
                      ["--symmetric-key-file", self.with_file(" " + K1)],
                      ["--symmetric-key-file", self.with_file("A" * 1000000)],
                      ["--symmetric-key-file", "/dev/null"]):
            result = bench.dps(*self.WORDS, *words)
            self.assertEqual((result.code, result.out), (2, ""), f"{words} {result}")


class DeriveKey(unittest.TestCase):
    def test_vectors(self):
        for group_key, registration_id, key in DERIVED:
            result = bench.dps("derive-key", "--group-key", group_key, "--registration-id",
                               registration_id)
            self.assertEqual((result.code, result.out), (0, key + "\n"), result)
            upper = registration_id != registration_id.lower()
            self.assertEqual("lower" in result.err.lower(), upper, result)

    def test_environment(self):
        result = bench.dps("derive-key", "--registration-id", "a", env={"DPS_GROUP_KEY": G1})
        self.assertEqual(result.out, DERIVED[3][2] + "\n")

    def test_refused(self):
        for registration_id in ("", "a b", "a/b", "x" * 129, "a.", "é", "a#"):
            result = bench.dps("derive-key", "--group-key", G1, "--registration-id",
                               registration_id)
            self.assertEqual((result.code, result.out), (2, ""), registration_id)
        self.assertEqual(bench.dps("derive-key", "--registration-id", "a").code, 2)


# (rule, bytes, names of the packets): what a client may send.
FROM_CLIENT = [
    ("3.1 the smallest", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "CONNECT"),
    ("3.1.3.1 an empty client identifier", "10 0C 00 04 4D 51 54 54 04 02 00 3C 00 00",
     "CONNECT"),
    ("3.1 all fields", "10 22 00 04 4D 51 54 54 04 EE 00 3C 00 02 63 31 00 03 77 2F 74 00 03 "
     "62 79 65 00 04 75 73 65 72 00 02 00 FF", "CONNECT"),
    ("3.1.3.3 an empty will message",
     "10 13 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 01 77 00 00", "CONNECT"),
    ("1.5.3-3 U+FEFF is kept", "10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 EF BB BF 63",
     "CONNECT"),
    ("3.1.3-5 23 letters", "10 23 00 04 4D 51 54 54 04 02 00 3C 00 17 61 31 42 32 61 31 42 32 "
     "61 31 42 32 61 31 42 32 61 31 42 32 78 79 7A", "CONNECT"),
    ("3.1.3.1 128 letters", "10 8C 01 00 04 4D 51 54 54 04 02 00 3C 00 80" + " 72" * 128,
     "CONNECT"),
    ("2.2.3 a longer form than needed is read",
     "10 8E 00 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "CONNECT"),
    ("two packets", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31 C0 00",
     "CONNECT PINGREQ"),
    ("3.12", "C0 00", "PINGREQ"),
    ("3.3 QoS 0", "30 04 00 01 74 78", "PUBLISH"),
    ("3.3 QoS 1", "32 06 00 01 74 00 01 78", "PUBLISH"),
    ("3.3 QoS 2", "34 06 00 01 74 00 01 78", "PUBLISH"),
    ("1.5.3 four bytes", "30 08 00 05 41 F0 AA 9B 94 78", "PUBLISH"),
    ("3.3.3 no payload", "30 03 00 01 74", "PUBLISH"),
    ("3.4", "40 02 00 01", "PUBACK"),
    ("3.5", "50 02 00 01", "PUBREC"), ("3.6", "62 02 00 01", "PUBREL"),
    ("3.7", "70 02 00 01", "PUBCOMP"),
    ("3.10 one filter", "A2 06 00 03 00 02 7A 7A", "UNSUBSCRIBE"),
    ("3.10 three filters", "A2 0D 00 03 00 01 61 00 03 62 2F 23 00 01 2B", "UNSUBSCRIBE"),
    ("3.8 one filter", "82 08 00 01 00 03 61 2F 62 01", "SUBSCRIBE"),
    ("3.8 three filters", "82 12 00 02 00 01 61 00 00 03 62 2F 23 01 00 03 2B 2F 63 02",
     "SUBSCRIBE"),
    ("4.7.1.2 #", "82 06 00 01 00 01 23 00", "SUBSCRIBE"),
    ("4.7.3 /", "82 06 00 01 00 01 2F 00", "SUBSCRIBE"),
    ("3.14", "E0 00", "DISCONNECT"),
]
FROM_SERVER = [
    ("3.2", "20 02 00 00", "CONNACK"),
    ("3.2.2.2 session present", "20 02 01 00", "CONNACK"),
    ("3.2.2.3 not authorized", "20 02 00 05", "CONNACK"),
    ("3.3", "30 04 00 01 74 78", "PUBLISH"),
    ("1.5.3-3 U+FEFF in a topic", "30 07 00 04 EF BB BF 61 78", "PUBLISH"),
    ("3.3 QoS 1", "32 06 00 01 74 00 01 78", "PUBLISH"),
    ("3.3 QoS 2", "34 06 00 01 74 00 01 78", "PUBLISH"),
    ("3.4", "40 02 00 01", "PUBACK"),
    ("3.5, 3.6, 3.7", "50 02 00 01 62 02 00 01 70 02 00 01", "PUBREC PUBREL PUBCOMP"),
    ("3.11", "B0 02 00 03", "UNSUBACK"),
    ("3.9", "90 03 00 01 01", "SUBACK"),
    ("3.9 three codes", "90 05 00 02 00 01 02", "SUBACK"),
    ("3.9 failure", "90 03 00 01 80", "SUBACK"),
    ("3.13", "D0 00", "PINGRESP"),
    ("3.2, 3.3", "20 02 00 00 30 04 00 01 74 78", "CONNACK PUBLISH"),
]
# What breaks a rule in its own bytes, whatever came before: (what is wrong, bytes, the rule
# that is named).
BAD_FROM_CLIENT = [
    ("2.2.2-1 CONNECT flags", "11 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "MQTT-2.2.2-2"),
    ("3.1.2-1 MQTU", "10 0E 00 04 4D 51 54 55 04 02 00 3C 00 02 63 31", "MQTT-3.1.2-1"),
    ("3.1.2-1 mqtt", "10 0E 00 04 6D 71 74 74 04 02 00 3C 00 02 63 31", "MQTT-3.1.2-1"),
    ("3.1.2-1 MQTTT", "10 0F 00 05 4D 51 54 54 54 04 02 00 3C 00 02 63 31", "MQTT-3.1.2-1"),
    ("3.1.2-3 reserved bit", "10 0E 00 04 4D 51 54 54 04 03 00 3C 00 02 63 31", "MQTT-3.1.2-3"),
    ("3.1.2-13 will QoS without will",
     "10 0E 00 04 4D 51 54 54 04 0A 00 3C 00 02 63 31", "MQTT-3.1.2-11"),
    ("3.1.2-15 will retain without will",
     "10 0E 00 04 4D 51 54 54 04 22 00 3C 00 02 63 31", "MQTT-3.1.2-11"),
    ("3.1.2-14 will QoS 3",
     "10 14 00 04 4D 51 54 54 04 1E 00 3C 00 02 63 31 00 01 77 00 01 6D", "MQTT-3.1.2-14"),
    ("3.1.2-9 no will fields", "10 0E 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31", "MQTT 1.5.3"),
    ("3.1.2-9 will topic only",
     "10 11 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 01 77", "MQTT 1.5.3"),
    ("3.1.3-7 no client identifier, CleanSession 0",
     "10 0C 00 04 4D 51 54 54 04 00 00 3C 00 00", "MQTT-3.1.3-7"),
    ("3.1.2-22 password without user name",
     "10 12 00 04 4D 51 54 54 04 42 00 3C 00 02 63 31 00 02 70 77", "MQTT-3.1.2-22"),
    ("3.1.2-19 no user name", "10 0E 00 04 4D 51 54 54 04 82 00 3C 00 02 63 31", "MQTT 1.5.3"),
    ("3.1.2-18 a string too many",
     "10 11 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31 00 01 75", "MQTT 3.1.3"),
    ("3.1.2-21 no password",
     "10 11 00 04 4D 51 54 54 04 C2 00 3C 00 02 63 31 00 01 75", "MQTT 1.5.3"),
    ("3.1 a byte too many", "10 0F 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31 00", "MQTT 3.1.3"),
    ("3.1.3-3 no client identifier", "10 0A 00 04 4D 51 54 54 04 02 00 3C", "MQTT 2.2.3"),
    ("1.5.3 past the end", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 09 63 31", "MQTT 1.5.3"),
    ("1.5.3-2 U+0000", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 00", "MQTT-1.5.3-2"),
    ("1.5.3-1 a surrogate",
     "10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 63 ED A0 80", "MQTT-1.5.3-1"),
    ("1.5.3-1 overlong", "10 0F 00 04 4D 51 54 54 04 02 00 3C 00 03 63 C0 AF", "MQTT-1.5.3-1"),
    ("1.5.3-1 above U+10FFFF",
     "10 11 00 04 4D 51 54 54 04 02 00 3C 00 05 63 F4 90 80 80", "MQTT-1.5.3-1"),
    ("1.5.3-1 cut", "10 0F 00 04 4D 51 54 54 04 02 00 3C 00 03 63 E2 82", "MQTT-1.5.3-1"),
    ("3.1 remaining length 0", "10 00", "MQTT 2.2.3"),
    ("2.2.3 five bytes",
     "10 80 80 80 80 01 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "MQTT 2.2.3"),
    ("2.2.1 type 0", "00 00", "MQTT 2.2.1"),
    ("2.2.1 type 15", "F0 00", "MQTT 2.2.1"),
    ("2.2.2-1 PINGREQ flags", "C1 00", "MQTT-2.2.2-2"),
    ("3.12.1 PINGREQ with a body", "C0 01 00", "MQTT 2.2.3"),
    ("3.3.1-2 DUP with QoS 0", "38 04 00 01 74 78", "MQTT-3.3.1-2"),
    ("3.3.1-4 QoS 3", "36 06 00 01 74 00 01 78", "MQTT-3.3.1-4"),
    ("2.3.1-1 identifier 0", "32 06 00 01 74 00 00 78", "MQTT-2.3.1-1"),
    ("4.7.3-1 an empty topic", "30 03 00 00 78", "MQTT-4.7.3-1"),
    ("3.3.2-2 +", "30 06 00 03 61 2F 2B 78", "MQTT-3.3.2-2"),
    ("3.3.2-2 #", "30 06 00 03 61 2F 23 78", "MQTT-3.3.2-2"),
    ("1.5.3-2 U+0000 in a topic", "30 05 00 02 61 00 78", "MQTT-1.5.3-2"),
    ("1.5.3-1 a surrogate in a topic", "30 07 00 04 61 ED BF BF 78", "MQTT-1.5.3-1"),
    ("3.3.2.1 past the end", "30 04 00 09 61 62", "MQTT 1.5.3"),
    ("3.3 remaining length 1", "30 01 00", "MQTT 2.2.3"),
    ("3.3.2.2 no room for the identifier", "32 03 00 01 74", "MQTT 1.5.3"),
    ("3.8.1-1 flags 0", "80 06 00 01 00 01 61 00", "MQTT-2.2.2-2"),
    ("3.8.1-1 flags 6", "86 06 00 01 00 01 61 00", "MQTT-2.2.2-2"),
    ("2.3.1-1 SUBSCRIBE 0", "82 06 00 00 00 01 61 00", "MQTT-2.3.1-1"),
    ("3.8.3-3 no filter", "82 02 00 01", "MQTT-3.8.3-3"),
    ("3.8.3 no QoS", "82 05 00 01 00 01 61", "MQTT 1.5.3"),
    ("3.8.3-4 QoS 3", "82 06 00 01 00 01 61 03", "MQTT-3.8.3-4"),
    ("3.8.3-4 bit 2", "82 06 00 01 00 01 61 04", "MQTT-3.8.3-4"),
    ("3.8.3-4 bit 7", "82 06 00 01 00 01 61 80", "MQTT-3.8.3-4"),
    ("4.7.3-1 an empty filter", "82 05 00 01 00 00 00", "MQTT-4.7.3-1"),
    ("4.7.1-2 a#", "82 07 00 01 00 02 61 23 00", "MQTT-4.7.1-2"),
    ("4.7.1-2 a/#/b", "82 0A 00 01 00 05 61 2F 23 2F 62 00", "MQTT-4.7.1-2"),
    ("4.7.1-3 a+", "82 07 00 01 00 02 61 2B 00", "MQTT-4.7.1-2"),
    ("2.3.1-1 PUBACK 0", "40 02 00 00", "MQTT-2.3.1-1"),
    ("3.4 three bytes", "40 03 00 01 00", "MQTT 2.2.3"),
    ("3.4 one byte", "40 01 00", "MQTT 2.2.3"),
    ("2.2.2-1 DISCONNECT flags", "E1 00", "MQTT-2.2.2-2"),
    ("3.14.1 DISCONNECT with a body", "E0 01 00", "MQTT 2.2.3"),
    ("3.2 from a client", "20 02 00 00", "MQTT 2.2.1"),
    ("3.9 from a client", "90 03 00 01 00", "MQTT 2.2.1"),
    ("3.13 from a client", "D0 00", "MQTT 2.2.1"),
    ("3.1.2-2 level 3", "10 0E 00 04 4D 51 54 54 03 02 00 3C 00 02 63 31", "MQTT-3.1.2-2"),
    ("3.1.3-10 a will topic that is not UTF-8",
     "10 13 00 04 4D 51 54 54 04 06 00 3C 00 02 63 31 00 01 FF 00 00", "MQTT-1.5.3-1"),
    ("3.1.3-11 a user name that is not UTF-8",
     "10 11 00 04 4D 51 54 54 04 82 00 3C 00 02 63 31 00 01 FF", "MQTT-1.5.3-1"),
    ("3.8.3-1 a filter that is not UTF-8", "82 06 00 01 00 01 FF 00", "MQTT-1.5.3-1"),
    ("2.2.2-1 PUBREC flags", "52 02 00 01", "MQTT-2.2.2-2"),
    ("3.5 one byte", "50 01 00", "MQTT 2.2.3"),
    ("2.3.1-1 PUBREC 0", "50 02 00 00", "MQTT-2.3.1-1"),
    ("3.6.1-1 PUBREL flags 0", "60 02 00 01", "MQTT-2.2.2-2"),
    ("3.6 three bytes", "62 03 00 01 00", "MQTT 2.2.3"),
    ("2.3.1-1 PUBREL 0", "62 02 00 00", "MQTT-2.3.1-1"),
    ("2.2.2-1 PUBCOMP flags", "72 02 00 01", "MQTT-2.2.2-2"),
    ("3.7 three bytes", "70 03 00 01 00", "MQTT 2.2.3"),
    ("2.3.1-1 PUBCOMP 0", "70 02 00 00", "MQTT-2.3.1-1"),
    ("3.10.1-1 flags 0", "A0 06 00 03 00 02 7A 7A", "MQTT-2.2.2-2"),
    ("2.3.1-1 UNSUBSCRIBE 0", "A2 06 00 00 00 02 7A 7A", "MQTT-2.3.1-1"),
    ("3.10.3-2 no filter", "A2 02 00 03", "MQTT-3.10.3-2"),
    ("3.10.3-1 a second filter that is not UTF-8",
     "A2 08 00 03 00 01 61 00 01 FF", "MQTT-1.5.3-1"),
    ("1.5.3-2 U+0000 in a filter", "A2 05 00 03 00 01 00", "MQTT-1.5.3-2"),
    ("4.7.3-1 an empty filter behind a good one", "A2 07 00 03 00 01 61 00 00", "MQTT-4.7.3-1"),
    ("4.7.1-3 UNSUBSCRIBE of a+", "A2 06 00 03 00 02 61 2B", "MQTT-4.7.1-2"),
    ("1.5.3 a filter past the end", "A2 05 00 03 00 02 61", "MQTT 1.5.3"),
    ("3.11 from a client", "B0 02 00 03", "MQTT 2.2.1"),
]
BAD_FROM_SERVER = [
    ("2.2.2-1 CONNACK flags 1", "21 02 00 00", "MQTT-2.2.2-2"),
    ("2.2.2-1 CONNACK flags 2", "22 02 00 00", "MQTT-2.2.2-2"),
    ("2.2.2-1 CONNACK flags 4", "24 02 00 00", "MQTT-2.2.2-2"),
    ("2.2.2-1 CONNACK flags 8", "28 02 00 00", "MQTT-2.2.2-2"),
    ("3.2.2.1 reserved bit 1", "20 02 02 00", "MQTT 3.2.2.1"),
    ("3.2.2.1 reserved bit 7", "20 02 80 00", "MQTT 3.2.2.1"),
    ("3.2 length 1", "20 01 00", "MQTT 2.2.3"),
    ("3.2 length 3", "20 03 00 00 00", "MQTT 2.2.3"),
    ("4.7.3-1 an empty topic", "30 03 00 00 78", "MQTT-4.7.3-1"),
    ("3.3.2-2 #", "30 06 00 03 61 2F 23 78", "MQTT-3.3.2-2"),
    ("3.3.2-2 +", "30 06 00 03 61 2F 2B 78", "MQTT-3.3.2-2"),
    ("3.3.2.1 past the end", "30 04 00 09 61 62", "MQTT 1.5.3"),
    ("1.5.3-1 overlong", "30 06 00 03 61 C0 AF 78", "MQTT-1.5.3-1"),
    ("1.5.3-1 cut", "30 06 00 03 61 E2 82 78", "MQTT-1.5.3-1"),
    ("3.3.1-4 QoS 3", "36 06 00 01 74 00 01 78", "MQTT-3.3.1-4"),
    ("2.3.1-1 identifier 0", "32 06 00 01 74 00 00 78", "MQTT-2.3.1-1"),
    ("3.9.3-2 code 3", "90 03 00 01 03", "MQTT-3.9.3-2"),
    ("3.9.3-2 code 7F", "90 03 00 01 7F", "MQTT-3.9.3-2"),
    ("3.9.3-2 code 81", "90 03 00 01 81", "MQTT-3.9.3-2"),
    ("3.9.3 no code", "90 02 00 01", "MQTT 2.2.3"),
    ("3.13.1 a body", "D0 01 00", "MQTT 2.2.3"),
    ("2.2.2-1 PINGRESP flags", "D1 00", "MQTT-2.2.2-2"),
    ("2.2.1 type 0", "00 00", "MQTT 2.2.1"),
    ("2.2.1 type 15", "F0 00", "MQTT 2.2.1"),
    ("2.2.3 a fifth byte", "30 80 80 80 80 01", "MQTT 2.2.3"),
    ("3.1 from a server", "10 0E 00 04 4D 51 54 54 04 02 00 3C 00 02 63 31", "MQTT 2.2.1"),
    ("3.8 from a server", "82 06 00 01 00 01 61 00", "MQTT 2.2.1"),
    ("3.12 from a server", "C0 00", "MQTT 2.2.1"),
    ("3.14 from a server", "E0 00", "MQTT 2.2.1"),
    ("3.6.1-1 PUBREL flags 0", "60 02 00 01", "MQTT-2.2.2-2"),
    ("3.5 three bytes", "50 03 00 01 00", "MQTT 2.2.3"),
    ("2.3.1-1 PUBCOMP 0", "70 02 00 00", "MQTT-2.3.1-1"),
    ("2.2.2-1 UNSUBACK flags", "B2 02 00 01", "MQTT-2.2.2-2"),
    ("3.11 three bytes", "B0 03 00 01 00", "MQTT 2.2.3"),
    ("2.3.1-1 UNSUBACK 0", "B0 02 00 00", "MQTT-2.3.1-1"),
    ("2.3.1-1 SUBACK 0", "90 03 00 00 00", "MQTT-2.3.1-1"),
    ("3.2.2-4 refused with a session", "20 02 01 05", "MQTT-3.2.2-4"),
    ("3.10 from a server", "A2 05 00 01 00 01 61", "MQTT 2.2.1"),
]
# All fourteen with every field: (bytes, line, who may send it).
BOTH = ("client", "server")
FOURTEEN = [
    ("10 22 00 04 4D 51 54 54 04 F6 00 3C 00 02 63 31 00 03 77 2F 74 00 03 62 79 65 00 04 75 73 "
     "65 72 00 02 00 FF", 'CONNECT CleanSession 1, keep alive 60 s, client identifier "c1", '
     'will QoS 2, will retain, will topic "w/t", will message 3 bytes bye, user name "user", '
     "password ***", ("client",)),
    ("20 02 01 00", "CONNACK session present 1, return code 0 (accepted)", ("server",)),
    ("3D 06 00 01 74 01 02 78",
     'PUBLISH QoS 2, DUP, RETAIN, packet identifier 258, topic "t", payload 1 byte x', BOTH),
    ("40 02 01 02", "PUBACK packet identifier 258", BOTH),
    ("50 02 01 02", "PUBREC packet identifier 258", BOTH),
    ("62 02 01 02", "PUBREL packet identifier 258", BOTH),
    ("70 02 01 02", "PUBCOMP packet identifier 258", BOTH),
    ("82 0A 01 02 00 01 61 01 00 01 62 02", 'SUBSCRIBE packet identifier 258, topic filter "a" '
     'QoS 1, topic filter "b" QoS 2', ("client",)),
    ("90 06 01 02 00 01 02 80", "SUBACK packet identifier 258, granted QoS 0, granted QoS 1, "
     "granted QoS 2, failure", ("server",)),
    ("A2 0A 01 02 00 01 61 00 03 62 2F 23",
     'UNSUBSCRIBE packet identifier 258, topic filter "a", topic filter "b/#"', ("client",)),
    ("B0 02 01 02", "UNSUBACK packet identifier 258", ("server",)),
    ("C0 00", "PINGREQ", ("client",)), ("D0 00", "PINGRESP", ("server",)),
    ("E0 00", "DISCONNECT", ("client",)),
]


class Decode(unittest.TestCase):
    def decode(self, data, *words):
        return bench.dps("decode", *words, stdin=data)

    def assert_names(self, result, names, rule):
        self.assertEqual(result.code, 0, f"{rule}: {result}")
        lines = result.out.splitlines()
        self.assertEqual(len(lines), len(names.split()), rule)
        for line, name in zip(lines, names.split()):
            self.assertRegex(line, rf"\b{name}\b", rule)

    def assert_refused(self, result, rule):
        """A line on each stream, with the rule."""
        self.assertEqual(result.code, 5, result)
        self.assertRegex(result.out, rf"^refused at byte \d+: {re.escape(rule)}: .+\n\Z")
        self.assertRegex(result.err, rf"^dps decode: refused at byte \d+: {re.escape(rule)}\n\Z")

    def test_good_packets(self):
        for side, rows in (("client", FROM_CLIENT), ("server", FROM_SERVER)):
            for rule, text, names in rows:
                with self.subTest(rule=rule):
                    self.assert_names(self.decode(text, "--from", side), names, rule)

    def test_bad_packets(self):
        for side, rows in (("client", BAD_FROM_CLIENT), ("server", BAD_FROM_SERVER)):
            for what, text, rule in rows:
                with self.subTest(what, side=side):
                    self.assert_refused(self.decode(text, "--from", side), rule)

    def test_all_fourteen_in_both_roles(self):
        for text, line, sides in FOURTEEN:
            for side in BOTH:
                with self.subTest(line, side=side):
                    result = self.decode(text, "--from", side)
                    if side in sides:
                        self.assertEqual((result.code, result.out), (0, line + "\n"), result)
                    else:
                        self.assert_refused(result, "MQTT 2.2.1")
        result = self.decode(" ".join(text for text, _, _ in FOURTEEN))
        self.assertEqual((result.code, result.out.splitlines()),
                         (0, [line for _, line, _ in FOURTEEN]), result)

    def test_good_ones_before_the_bad_one_are_told(self):
        result = self.decode("C0 00 30 04 00 01 74 78 36 06 00 01 74 00 01 78 C0 00")
        lines = result.out.splitlines()
        self.assertEqual((result.code, len(lines)), (5, 3), result)
        self.assertIn("PINGREQ", lines[0])
        self.assertIn("PUBLISH", lines[1])
        self.assertIn("MQTT-3.3.1-4", lines[2])

    def test_cut_packets(self):
        for text in ("30", "30 80", "30 04 00 01 74", "10 0E 00 04 4D 51", "40 02 00"):
            result = self.decode("C0 00 " + text)
            lines = result.out.splitlines()
            self.assertEqual((result.code, len(lines)), (5, 2), result)
            self.assertIn("PINGREQ", lines[0])

    def test_nothing_in_nothing_out(self):
        for words in ([], ["--hex"], ["--binary"]):
            result = self.decode("", *words)
            self.assertEqual((result.code, result.out, result.err), (0, "", ""), result)

    def test_hex_in_any_dress(self):
        for text in ("C000", "c000", "c0 00", "C0\n00\n", "\tc0\r\n00", " C0 00"):
            for words in ([], ["--hex"]):
                self.assert_names(self.decode(text, *words), "PINGREQ", text)

    def test_not_hex(self):
        for text in ("C0 0", "C0 0G", "C 0 0 0", "0xC0", "zz"):
            self.assertEqual(self.decode(text, "--hex").code, 2, text)

    def test_binary(self):
        for words in ([], ["--binary"]):
            self.assert_names(self.decode(b"\xc0\x00\x30\x04\x00\x01tx", *words),
                              "PINGREQ PUBLISH", words)
        self.assertEqual(self.decode(b"C000", "--binary").code, 5)

    def test_a_payload_of_any_size(self):
        payload = hashlib.sha256(b"").digest() * 100000
        left = len(payload) + 3
        length = bytearray()
        while True:
            left, byte = left // 128, left % 128
            length.append(byte | (128 if left else 0))
            if not left:
                break
        result = self.decode(b"\x30" + bytes(length) + b"\x00\x01t" + payload + b"\xc0\x00",
                             "--binary")
        self.assert_names(result, "PUBLISH PINGREQ", "3.2 MB")
        self.assertIn(str(len(payload)), result.out)

    def test_passwords_are_blanked(self):
        packet = ("10 1D 00 04 4D 51 54 54 04 C2 00 3C 00 02 63 31 00 04 75 73 65 72 00 07 "
                  "73 65 73 61 6D 65 21")
        result = self.decode(packet)
        self.assert_names(result, "CONNECT", "3.1.3.5")
        self.assertIn("user", result.out)
        self.assertNotIn("sesame", result.out + result.err)

    def test_nothing_reaches_the_terminal_unescaped(self):
        result = self.decode(b"\x30\x0a\x00\x06a\x1b[31m\x1b\x07", "--binary")
        self.assertEqual(result.code, 0, result)
        self.assertNotRegex(result.out + result.err, r"[\x00-\x09\x0b-\x1f\x7f]")


if __name__ == "__main__":
    unittest.main()
