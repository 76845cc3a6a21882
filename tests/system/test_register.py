#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`dps register` against `dps-emulator`: exit code, JSON and trace in each situation."""

import base64
import json
import os
import re
import unittest

import bench

HUB = "demo-hub.azure-devices.test"
GROUP_KEY = bench.key("line")
BIG = 300000  # bytes of a returned payload
SENT, RECEIVED = "  > ", "  < "  # what a packet's line of the trace begins with


def device(name, **members):
    return {"registrationId": name, "symmetricKey": bench.key(name), **members}


def scripted(name, *rules):
    return device(name, script=list(rules))


ENROLLMENTS = {
    "enrollments": [
        device("plain"),
        device("named", assignedHub="hub-one.azure-devices.test", deviceId="Device One",
               substatus="deviceDataMigrated"),
        device("payload", payload={"any": "object", "text": "zażółć \"\\/\b\u0001",
                                   "status": "failed", "deep": [[{"assignedHub": "x"}]]}),
        device("small", payloadSize=300, polls=0),
        device("big", payloadSize=BIG, polls=0),
        device("polls-0", polls=0),
        device("polls-3", polls=3, retryAfter=1),
        device("two-seconds", polls=1, retryAfter=2),
        device("later", retryAfter=60),
        {"registrationId": "secondary", "symmetricKey": [bench.key("1"), bench.key("2")],
         "polls": 0},
        device("failed", status="failed", errorCode=400207, polls=0,
               errorMessage="Custom allocation failed"),
        device("disabled", status="disabled"),
        device("unassigned", status="unassigned", polls=0),
        device("x" * 128, polls=0), device("sn:01_02.03-Z", polls=0),
        scripted("refused-1", {"step": "connect", "connack": 1}),
        scripted("refused-2", {"step": "connect", "connack": 2}),
        scripted("refused-3", {"step": "connect", "connack": 3}),
        scripted("refused-4", {"step": "connect", "connack": 4}),
        scripted("refused-5", {"step": "connect", "connack": 5}),
        scripted("throttled", {"step": "register", "status": 429, "errorCode": 429001,
                               "message": "Throttled", "retryAfter": 7}),
        scripted("throttled-poll", {"step": "poll", "status": 500, "errorCode": 500001,
                                    "message": "Inside\u001b[31m"}),
        scripted("bad-request", {"step": "register", "status": 400, "errorCode": 400004,
                                 "message": "Invalid RegistrationId"}),
        scripted("forbidden", {"step": "register", "status": 403}),
        scripted("once", {"step": "register", "times": 1, "status": 404, "errorCode": 404201}),
        scripted("second-poll", {"step": "poll", "times": 1, "delay": 1}, {
            "step": "poll", "status": 503}),
        scripted("slow", {"step": "register", "delay": 700}),
        scripted("drop-connect", {"step": "connect", "drop": True}),
        scripted("drop-subscribe", {"step": "subscribe", "drop": True}),
        scripted("drop-register", {"step": "register", "drop": True}),
        scripted("drop-poll", {"step": "poll", "drop": True}),
    ],
    "enrollmentGroups": [
        {"enrollmentGroupId": "line", "symmetricKey": GROUP_KEY,
         "assignedHub": "hub-two.azure-devices.test"},
    ],
}


class Case(unittest.TestCase):
    """What all cases here share: one emulator with the enrollments above."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = bench.Emulator(ENROLLMENTS)
        cls.emulator.__enter__()
        cls.addClassCleanup(cls.emulator.__exit__, None, None, None)

    def register(self, name, *args, **keywords):
        keywords.setdefault("symmetric_key", bench.key(name))
        return bench.register(self.emulator.port, *args, registration_id=name, **keywords)

    def assert_assigned(self, result, registration_id, hub=HUB, device_id=None):
        self.assertEqual(result.code, 0, result)
        answer = result.json
        self.assertEqual(answer["status"], "assigned")
        self.assertEqual(answer["assignedHub"], hub)
        self.assertEqual(answer["deviceId"], device_id or registration_id)
        self.assertEqual(answer["registrationId"], registration_id)
        return answer

    def assert_failed(self, result, code, layer, error, **members):
        self.assertEqual(result.code, code, result)
        answer = result.json
        self.assertEqual((answer["layer"], answer["error"]), (layer, error), result)
        self.assertTrue(answer["message"])
        for name, value in members.items():
            self.assertEqual(answer[name], value, result)
        return answer

    def assert_traced(self, result, sent, received):
        """The trace is these packets, in this order each way, and no other."""
        self.assertEqual(packets(result, SENT), sent.split(), result)
        self.assertEqual(packets(result, RECEIVED), received.split(), result)

    def assert_no_packet(self, result):
        self.assert_traced(result, "", "")


def trace(result, arrow):
    """The lines of one direction, a packet each."""
    return [line for line in result.err.splitlines() if line.startswith(arrow)]


def packets(result, arrow):
    """The packets' names of one direction, as they came."""
    return [line[len(arrow):].split(" ")[0] for line in trace(result, arrow)]


class NineSituations(Case):
    """Each looks at three things: the exit code, the JSON and the trace."""

    def assert_refused_401(self, result):
        self.assert_traced(result, "CONNECT SUBSCRIBE PUBLISH PUBACK DISCONNECT",
                           "CONNACK SUBACK PUBACK PUBLISH")
        self.assertIn('topic "$dps/registrations/res/401/?$rid=', trace(result, RECEIVED)[-1])

    def test_1_assigned(self):
        result = self.register("plain", "--trace")
        answer = self.assert_assigned(result, "plain")
        self.assertEqual(answer["substatus"], "initialAssignment")
        self.assertTrue(answer["operationId"])
        self.assertIsNone(answer["payload"])
        self.assertEqual(answer["polls"], 1)
        self.assertGreaterEqual(answer["elapsedMs"], 1000)
        self.assertLessEqual(answer["elapsedMs"], result.seconds * 1000 + 1)
        self.assert_traced(result, "CONNECT SUBSCRIBE PUBLISH PUBACK PUBLISH PUBACK DISCONNECT",
                           "CONNACK SUBACK PUBACK PUBLISH PUBACK PUBLISH")
        self.assertIn('topic "$dps/registrations/res/200/?$rid=', trace(result, RECEIVED)[-1])

    def test_2_unknown_device(self):
        result = self.register("nobody", "--trace")
        answer = self.assert_failed(result, 6, "service", "unauthorized", statusCode=401,
                                    errorCode=401000)
        self.assertTrue(answer["trackingId"])
        self.assert_refused_401(result)

    def test_3_wrong_key(self):
        result = self.register("plain", "--trace", symmetric_key=bench.key("another"))
        self.assert_failed(result, 6, "service", "unauthorized", statusCode=401,
                           errorCode=401000)
        self.assert_refused_401(result)

    def test_4_wrong_ca(self):
        result = self.register("plain", "--trace", ca=bench.OTHER_CA)
        self.assert_failed(result, 4, "tls", "certificate")
        self.assert_no_packet(result)

    def test_5_wrong_name(self):
        result = self.register("plain", "--trace",
                               host="global.azure-devices-provisioning.example")
        self.assert_failed(result, 4, "tls", "certificate")
        self.assert_no_packet(result)

    def test_6_expired_certificate(self):
        with bench.Emulator(server="expired") as expired:
            result = expired.register("demo-device", bench.DEMO_KEY, "--trace")
        self.assert_failed(result, 4, "tls", "certificate")
        self.assert_no_packet(result)

    def test_7_closed_port(self):
        result = bench.register(bench.closed_port(), "--trace")
        self.assert_failed(result, 3, "network", "connect")
        self.assertLess(result.seconds, 3)
        self.assert_no_packet(result)

    def test_8_a_peer_that_never_answers(self):
        with bench.silent_listener() as port:
            result = bench.register(port, "--timeout", "1", "--trace")
        self.assert_failed(result, 7, "timeout", "timeout")
        self.assert_no_packet(result)

    def test_9_usage_error(self):
        result = self.register("plain", "--trace", "--no-such-option")
        answer = self.assert_failed(result, 2, "usage", "usage")
        self.assertIn("--no-such-option", answer["message"])
        self.assertEqual(result.err, f"dps register: {answer['message']}\n")


class Assignments(Case):
    def test_hub_device_id_and_substatus_are_the_enrollments(self):
        answer = self.assert_assigned(self.register("named"), "named",
                                      "hub-one.azure-devices.test", "Device One")
        self.assertEqual(answer["substatus"], "deviceDataMigrated")

    def test_without_json_hub_and_device_id_are_printed(self):
        result = self.register("named", json=False)
        self.assertEqual(result.code, 0, result)
        self.assertIn("hub-one.azure-devices.test", result.out)
        self.assertIn("Device One", result.out)

    def test_without_json_nothing_is_printed_on_failure(self):
        result = self.register("nobody", json=False)
        self.assertEqual((result.code, result.out), (6, ""), result)
        self.assertIn("401", result.err)

    def test_progress_tells_each_step(self):
        result = self.register("plain", json=False, connect=None)
        self.assertEqual(result.code, 0, result)
        beginnings = ("resolved localhost: ", "TCP connected ", "TLS 1.2 with TLS_ECDHE_",
                      "CONNECT accepted", "SUBSCRIBE granted ", "register sent ",
                      "the service is assigning: ", "poll 1 ", "assigned")
        lines = result.err.splitlines()
        self.assertEqual(len(lines), len(beginnings), result)
        for line, beginning in zip(lines, beginnings):
            self.assertEqual(line[:len(beginning)], beginning, result)

    def test_quiet_is_quiet(self):
        for name in ("polls-0", "nobody"):
            self.assertEqual(self.register(name, "--quiet").err, "")

    def test_polls(self):
        none, three = bench.together(lambda: self.register("polls-0"),
                                     lambda: self.register("polls-3"))
        self.assertEqual(self.assert_assigned(none, "polls-0")["polls"], 0)
        self.assertEqual(self.assert_assigned(three, "polls-3")["polls"], 3)
        self.assertGreaterEqual(three.json["elapsedMs"], 3000)

    def test_retry_after_is_kept(self):
        answer = self.assert_assigned(self.register("two-seconds"), "two-seconds")
        self.assertGreaterEqual(answer["elapsedMs"], 2000)

    def test_group_enrollment(self):
        by_group, by_device, mixed, wrong = bench.together(
            lambda: self.register("sn-1", "--group-key", GROUP_KEY, symmetric_key=None),
            lambda: self.register("sn-2", symmetric_key=bench.derived(GROUP_KEY, "sn-2")),
            lambda: self.register("SN-3", "--group-key", GROUP_KEY, symmetric_key=None),
            lambda: self.register("sn-4", symmetric_key=GROUP_KEY))
        for result, name in ((by_group, "sn-1"), (by_device, "sn-2"), (mixed, "SN-3")):
            self.assert_assigned(result, name, "hub-two.azure-devices.test")
        self.assertIn("lower", mixed.err.lower())
        self.assertNotIn("lower", by_group.err.lower())
        self.assert_failed(wrong, 6, "service", "unauthorized", statusCode=401)

    def test_secondary_key(self):
        for name in ("1", "2"):
            self.assert_assigned(self.register("secondary", symmetric_key=bench.key(name)),
                                 "secondary")
        self.assert_failed(self.register("secondary", symmetric_key=bench.key("3")), 6,
                           "service", "unauthorized")

    def test_legal_registration_ids(self):
        for name in ("x" * 128, "sn:01_02.03-Z"):
            self.assert_assigned(self.register(name), name)

    def test_an_id_of_128_colons_but_its_last_fits(self):
        """The longest user name and token there are; the device is not enrolled."""
        result = self.register(":" * 127 + "a")
        self.assert_failed(result, 6, "service", "unauthorized", statusCode=401)

    def test_unknown_scope(self):
        result = self.register("plain", id_scope="0ne0000FFFF")
        self.assert_failed(result, 6, "service", "rejected", statusCode=404)

    def test_qos_asked(self):
        for asked, granted in (("0", 0), ("1", 1), ("2", 1)):
            result = self.register("polls-0", "--qos", asked, "--trace")
            self.assert_assigned(result, "polls-0")
            suback = next(line for line in result.err.splitlines() if "SUBACK" in line)
            self.assertRegex(suback, rf"\b{granted}\b")

    def test_api_version_and_lifetime(self):
        result = self.register("polls-0", "--api-version", "2021-06-01", "--sas-lifetime", "60",
                               "--trace")
        self.assert_assigned(result, "polls-0")
        self.assertIn("api-version=2021-06-01", result.err)

    def test_names_are_resolved(self):
        self.assert_assigned(self.register("polls-0", connect=None), "polls-0")

    def test_n_40_the_default_port(self):
        """MQTT over TLS has port 8883 (4.2): it is led to the emulator's here."""
        result = bench.register(None, registration_id="plain", symmetric_key=bench.key("plain"),
                                env=bench.preload(SHIM_8883=self.emulator.port))
        self.assert_assigned(result, "plain")

    def test_a_name_that_does_not_exist(self):
        result = self.register("plain", host="tinydps.invalid", connect=None,
                               env=bench.preload(SHIM_RESOLVE_NO=1))
        self.assert_failed(result, 3, "network", "resolve")


class Trace(Case):
    def test_every_packet_both_ways_and_no_secret(self):
        result = self.register("plain", "--trace")
        self.assert_assigned(result, "plain")
        operation = result.json["operationId"]
        self.assert_traced(result, "CONNECT SUBSCRIBE PUBLISH PUBACK PUBLISH PUBACK DISCONNECT",
                           "CONNACK SUBACK PUBACK PUBLISH PUBACK PUBLISH")
        for topic in (r"\$dps/registrations/res/#",
                      r"\$dps/registrations/PUT/iotdps-register/\?\$rid=(\d+)",
                      r"\$dps/registrations/res/202/\?\$rid=(\d+)&retry-after=1",
                      r"\$dps/registrations/GET/iotdps-get-operationstatus/\?\$rid=(\d+)"
                      "&operationId=" + re.escape(operation),
                      r"\$dps/registrations/res/200/\?\$rid=(\d+)"):
            self.assertRegex(result.err, topic)
        self.assertIn("0ne00000000/registrations/plain/api-version=2019-03-31", result.err)
        for secret in (bench.key("plain"), "sig=", "SharedAccessSignature"):
            self.assertNotIn(secret, result.err)
            self.assertNotIn(secret, result.out)


class Refusals(Case):
    def test_final_statuses(self):
        answer = self.assert_failed(self.register("failed"), 6, "service", "failed",
                                    errorCode=400207)
        self.assertIn("Custom allocation failed", answer["message"])
        self.assert_failed(self.register("disabled"), 6, "service", "disabled")
        self.assert_failed(self.register("unassigned"), 6, "service", "unassigned")

    def test_connack(self):
        for code, error in ((1, "refused"), (2, "refused"), (3, "unavailable"),
                            (4, "unauthorized"), (5, "unauthorized")):
            with self.subTest(connack=code):
                self.assert_failed(self.register(f"refused-{code}"), 5, "mqtt", error)

    def test_status_of_the_topic(self):
        self.assert_failed(self.register("throttled"), 6, "service", "unavailable",
                           statusCode=429, errorCode=429001, retryAfter=7)
        self.assert_failed(self.register("bad-request"), 6, "service", "rejected",
                           statusCode=400, errorCode=400004)
        self.assert_failed(self.register("forbidden"), 6, "service", "unauthorized",
                           statusCode=403)

    def test_status_of_a_poll(self):
        result = self.register("throttled-poll")
        self.assert_failed(result, 6, "service", "unavailable", statusCode=500,
                           errorCode=500001)
        self.assertNotIn("\033", result.out + result.err)
        plain = self.register("throttled-poll", json=False)
        self.assertNotIn("\033", plain.out + plain.err)

    def test_times(self):
        self.assert_failed(self.register("once"), 6, "service", "rejected", statusCode=404,
                           errorCode=404201)
        self.assert_assigned(self.register("once"), "once")

    def test_delay(self):
        answer = self.assert_assigned(self.register("slow"), "slow")
        self.assertGreaterEqual(answer["elapsedMs"], 1700)

    def test_drop(self):
        steps = ("connect", "subscribe", "register", "poll")
        for result in bench.together(*(lambda step=step: self.register("drop-" + step)
                                       for step in steps)):
            self.assert_failed(result, 3, "network", "closed")

    def test_no_poll_beyond_the_time_limit(self):
        result = self.register("later", "--timeout", "5")
        self.assert_failed(result, 7, "timeout", "timeout")
        self.assertLess(result.seconds, 3)

    def test_the_ws_port_answers_with_a_close(self):
        result = bench.register(self.emulator.ws_port)
        self.assertIn(result.code, (3, 4), result)


class Payloads(Case):
    def test_comes_back_as_it_was(self):
        answer = self.assert_assigned(self.register("payload"), "payload")
        self.assertEqual(answer["payload"], ENROLLMENTS["enrollments"][2]["payload"])

    def test_300_kb(self):
        answer = self.assert_assigned(self.register("big"), "big")
        self.assertGreaterEqual(len(json.dumps(answer["payload"])), BIG)

    def test_300_kb_without_json(self):
        result = self.register("big", json=False)
        self.assertEqual(result.code, 0, result.err)
        self.assertLess(len(result.out), 1000)

    def test_what_is_sent(self):
        good = '{"modelId": "dtmi:com:example:Thermostat;1", "n": [1, {"a": null}]}'
        self.assert_assigned(self.register("polls-0", "--payload", "-", stdin=good), "polls-0")
        for bad in ("", "[1]", "7", "{", '{"a":1}x', '{"a":}'):
            with self.subTest(payload=bad):
                self.assert_failed(self.register("polls-0", "--payload", "-", stdin=bad), 2,
                                   "usage", "input")

    def test_over_96_kb_is_refused_here(self):
        big = json.dumps({"a": "x" * (96 * 1024)})
        answer = self.assert_failed(self.register("polls-0", "--payload", "-", stdin=big), 2,
                                    "usage", "input")
        self.assertRegex(answer["message"], "98304|96 KB")

    @unittest.skipIf(bench.SANITIZERS, "they need memory of their own")
    def test_memory_does_not_grow_with_it(self):
        """/usr/bin/time's peak of `dps`, for 300 bytes and for 300 KB, within 64 KB. Where
        the kernel puts things changes a run's peak by more than that, so it is the least of
        ten, up to three times: what is kept in memory is in each of them."""
        def peak_kb(name):
            result = self.register(name, wrap=["/usr/bin/time", "-f", "%M"])
            self.assert_assigned(result, name)
            return int(result.err.split()[-1])

        for _ in range(3):
            small = min(peak_kb("small") for _ in range(10))
            big = min(peak_kb("big") for _ in range(10))
            if big - small < 64:
                return
        self.fail(f"{small} KB for 300 bytes, {big} KB for 300 KB")


class Example(Case):
    """examples/register.c, the README's sample."""

    PROGRAM = os.path.join(bench.BUILD, "examples/register")

    def example(self, name, key):
        with open(bench.CA, "rb") as ca:
            return bench.run(self.PROGRAM, bench.HOST, self.emulator.port, bench.ID_SCOPE, name,
                             key, stdin=ca.read())

    def test_registers(self):
        result = self.example("named", bench.key("named"))
        self.assertEqual(result.code, 0, result)
        self.assertEqual(result.out, "hub-one.azure-devices.test Device One\n")

    def test_says_why_not(self):
        result = self.example("named", bench.key("another"))
        self.assertEqual((result.code, result.out), (1, ""), result)
        self.assertIn("401", result.err)


class DemoEnrollment(unittest.TestCase):
    def test_device_and_group(self):
        with bench.Emulator() as emulator:
            device_run, group_run = bench.together(
                emulator.register,
                lambda: emulator.register("demo-2", None, "--group-key", bench.DEMO_GROUP_KEY))
        for result, name in ((device_run, "demo-device"), (group_run, "demo-2")):
            self.assertEqual(result.code, 0, result)
            self.assertEqual(result.json["assignedHub"], HUB)
            self.assertEqual(result.json["deviceId"], name)
        self.assertEqual(base64.b64decode(bench.DEMO_KEY), b"tinydps demo key, not a secret!!")


if __name__ == "__main__":
    unittest.main()
