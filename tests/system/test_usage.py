#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `dps` refuses before it opens a socket, and what its help knows."""

import os
import re
import tempfile
import unittest

import bench

GOOD = {"--id-scope": "0ne00000000", "--registration-id": "dev", "--symmetric-key": bench.DEMO_KEY,
        "--ca": bench.CA, "--connect": "127.0.0.1", "--timeout": "5"}
OPTIONS = ("--id-scope --registration-id --symmetric-key --symmetric-key-file --group-key "
           "--group-key-file --certificate --private-key --tpm --host --port --connect "
           "--transport --websocket-path --proxy --ca --payload --api-version --sas-lifetime "
           "--timeout --qos --pipeline --json --trace --quiet").split()


def words(port, changes=None):
    options = {**GOOD, "--port": port, **(changes or {})}
    out = ["register", "--json"]
    for name, value in options.items():
        if value is True:
            out.append(name)
        elif value is not None:
            out += [name, value]
    return out


class Usage(unittest.TestCase):
    def setUp(self):
        # A socket that was opened would end in exit 3.
        self.port = bench.closed_port()

    def refused(self, changes, error="usage", *more, **keywords):
        result = bench.dps(*words(self.port, changes), *more, **keywords)
        self.assertEqual(result.code, 2, f"{changes} {more} {result}")
        answer = result.json
        self.assertEqual((answer["layer"], answer["error"]), ("usage", error), result)
        self.assertTrue(answer["message"])
        return answer["message"]

    def test_the_good_line_gets_as_far_as_the_socket(self):
        self.assertEqual(bench.dps(*words(self.port)).code, 3)

    def test_required(self):
        for name in ("--id-scope", "--registration-id", "--symmetric-key"):
            self.refused({name: None})

    def test_unknown_missing_left_over(self):
        self.assertIn("--nope", self.refused({}, "usage", "--nope"))
        self.assertIn("--nope", self.refused({}, "usage", "--nope=1"))
        self.assertIn("--host", self.refused({}, "usage", "--host"))
        self.assertIn("--quiet", self.refused({}, "usage", "--quiet=1"))
        self.assertIn("extra", self.refused({}, "usage", "extra"))
        self.refused({}, "usage", "-x")

    def test_no_command_and_unknown_command(self):
        for line in ([], ["registre"], ["help", "registre"]):
            result = bench.dps(*line)
            self.assertEqual((result.code, result.out), (2, ""), result)
            self.assertTrue(result.err)

    def test_ids(self):
        for scope in ("", "0ne 1", "a" * 33, "0ne-1", "0ne/1", "é"):
            self.refused({"--id-scope": scope})
        for registration_id in ("", "a b", "a/b", "a+", "x" * 129, "a.", "a:", "a_", "é", "a\n"):
            self.refused({"--registration-id": registration_id})

    def test_numbers(self):
        for name, values in (
                ("--port", ("0", "65536", "-1", "x", "", "8883x", " 8883", "+1", "0x10", "1.5",
                            "99999999999999999999")),
                ("--timeout", ("0", "-1", "1.5", "x", "", "99999999999999999999")),
                ("--sas-lifetime", ("0", "-1", "x", "", "99999999999999999999")),
                ("--qos", ("3", "-1", "", "one", "01x"))):
            for value in values:
                with self.subTest(option=name, value=value):
                    self.assertIn(name, self.refused({name: value}))

    def test_port_1883_and_tpm_are_refused_with_the_reason(self):
        self.assertRegex(self.refused({"--port": "1883"}), r"(?i)plain|TLS")
        self.assertRegex(self.refused({"--tpm": True}), r"AMQP")

    def test_not_yet(self):
        for changes in ({"--certificate": bench.CA, "--private-key": bench.CA,
                         "--symmetric-key": None},
                        {"--certificate": bench.CA}, {"--private-key": bench.CA},
                        {"--certificate": bench.CA, "--symmetric-key": None},
                        {"--private-key": bench.CA, "--symmetric-key": None},
                        {"--transport": "websocket"}, {"--websocket-path": "/x"},
                        {"--proxy": "http://127.0.0.1:1", "--connect": None},
                        {"--pipeline": True}, {"--ca": None}):
            with self.subTest(changes=changes):
                message = self.refused(changes)
                self.assertTrue(message.startswith(next(iter(changes))), message)
                self.assertIn("not yet", message)

    def test_one_attestation(self):
        self.refused({"--group-key": bench.DEMO_GROUP_KEY})
        self.refused({"--symmetric-key-file": "/dev/null"})
        self.refused({}, "usage", "--tpm")
        self.refused({"--symmetric-key": None, "--symmetric-key-file": "-", "--payload": "-"})

    def test_the_environment_comes_after_an_option(self):
        env = {"DPS_SYMMETRIC_KEY": "not base64", "DPS_GROUP_KEY": bench.DEMO_GROUP_KEY}
        self.assertEqual(bench.dps(*words(self.port), env=env).code, 3)
        both = {"DPS_SYMMETRIC_KEY": bench.DEMO_KEY, "DPS_GROUP_KEY": bench.DEMO_GROUP_KEY}
        self.refused({"--symmetric-key": None}, "usage", env=both)
        self.assertEqual(bench.dps(*words(self.port, {"--symmetric-key": None}),
                                   env={"DPS_GROUP_KEY": bench.DEMO_GROUP_KEY}).code, 3)

    def test_keys_are_not_quoted(self):
        message = self.refused({"--symmetric-key": "c2VjcmV0IQ"}, "usage")
        self.assertNotIn("c2VjcmV0IQ", message)

    def test_files(self):
        for changes in ({"--ca": "/no/such/file"}, {"--ca": "/dev/null"}, {"--ca": __file__},
                        {"--payload": "/no/such/file"}, {"--payload": "/"}):
            self.refused(changes, "input")

    def test_a_files_error_names_option_and_file(self):
        for option in ("--ca", "--payload", "--symmetric-key-file", "--group-key-file"):
            no_key = {"--symmetric-key": None} if "key" in option else {}
            for value, shown in (("/no/such/file", "/no/such/file: No such file"),
                                 ("/", "/: Is a directory"), ("", "")):
                message = self.refused({**no_key, option: value}, "input")
                self.assertIn(option, message)
                self.assertIn(shown, message)

    def test_a_payload_that_cannot_be_sent_is_found_before_the_name_is_resolved(self):
        resolved = {"--connect": None, "--host": "no-such-host.invalid"}
        env = bench.preload(SHIM_RESOLVE_NO=1)

        def deep(levels):
            return '{"a":' * levels + "1" + "}" * levels

        self.assertEqual(bench.dps(*words(self.port, resolved), env=env).json["error"], "resolve")
        for content, said in ((deep(33), r"\b32\b"), ('{"a":"' + "x" * (96 * 1024 - 10) + '"}',
                                                      r"\b96 KB\b"),
                              ('{"a":"' + "x" * (96 * 1024) + '"}', r"\b96 KB\b")):
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(content)
                file.flush()
                message = self.refused({**resolved, "--payload": file.name}, "input", env=env)
                self.assertIn("--payload " + file.name, message)
                self.assertRegex(message, said)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(deep(32))
            file.flush()
            self.assertEqual(bench.dps(*words(self.port, {"--payload": file.name})).code, 3)

    def test_addresses(self):
        for address in ("", "localhost", "127.0.0", "1.2.3.4.5", ":::", "127.0.0.1:80"):
            self.refused({"--connect": address})
        for host in ("", "a b", "127.0.0.1", "-a", "a..b", "x" * 64, "a" * 300):
            self.refused({"--host": host})

    def test_api_version(self):
        for version in ("", "2019/03/31", "a b", "2019_03_31", "é"):
            self.refused({"--api-version": version})

    def test_a_proxy_in_the_environment_is_ignored_with_a_note(self):
        result = bench.dps(*words(self.port), env={"HTTPS_PROXY": "http://127.0.0.1:9"})
        self.assertEqual((result.code, result.json["error"]), (3, "connect"), result)
        self.assertIn("HTTPS_PROXY", result.err)

    def test_a_proxy_that_would_not_be_used_is_not_noted(self):
        proxy = "http://127.0.0.1:9"
        for env, noted in (({"https_proxy": proxy}, "https_proxy is ignored"),
                           ({"HTTPS_PROXY": ""}, None),
                           ({"HTTPS_PROXY": proxy, "NO_PROXY": "*"}, None),
                           ({"https_proxy": proxy, "no_proxy": "*"}, None),
                           ({"HTTPS_PROXY": proxy, "no_proxy": "a.test, Dps.Test"}, None),
                           ({"HTTPS_PROXY": proxy, "NO_PROXY": ".dps.test"}, None),
                           ({"HTTPS_PROXY": proxy, "NO_PROXY": "test"}, None),
                           ({"HTTPS_PROXY": proxy, "NO_PROXY": "ps.test,one.dps.test.x,, ."},
                            "HTTPS_PROXY is ignored")):
            result = bench.dps(*words(self.port, {"--host": "one.dps.test"}), env=env)
            if noted is None:
                self.assertNotIn("proxies", result.err, env)
            else:
                self.assertIn(noted, result.err, env)

    def test_without_json_the_message_goes_to_standard_error(self):
        line = [word for word in words(self.port, {"--port": "1883"}) if word != "--json"]
        result = bench.dps(*line)
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertIn("1883", result.err)


class Help(unittest.TestCase):
    def test_help_goes_to_standard_output(self):
        for line in (["--help"], ["help"], ["register", "--help"], ["help", "register"],
                     ["sas", "--help"], ["derive-key", "--help"], ["decode", "--help"],
                     ["help", "sas"], ["help", "derive-key"], ["help", "decode"],
                     ["help", "help"], ["help", "version"]):
            result = bench.dps(*line)
            self.assertEqual((result.code, result.err), (0, ""), line)
            self.assertTrue(result.out.endswith("\n"), line)
        self.assertEqual(bench.dps("help", "help").out, bench.dps("help").out)
        self.assertIn("dps version", bench.dps("help", "version").out)

    def test_register_knows_every_option(self):
        known = set(re.findall(r"--[a-z][a-z-]+", bench.dps("register", "--help").out))
        self.assertEqual(set(OPTIONS) - known, set())

    def test_version(self):
        for program in (bench.DPS, bench.EMULATOR):
            result = bench.run(program, "--version")
            self.assertEqual(result.code, 0)
            self.assertRegex(result.out, r"\d+\.\d+\.\d+")

    def test_version_is_the_makefiles(self):
        with open(os.path.join(bench.ROOT, "Makefile"), encoding="utf-8") as makefile:
            version = re.search(r"^VERSION := (.*)$", makefile.read(), re.M).group(1)
        self.assertIn(version, bench.dps("--version").out)


if __name__ == "__main__":
    unittest.main()
