#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nobody tells the firmware that its peer has gone: on a UART that is silence. Its own
deadlines end every wait, and say which. They take half a minute, so all the runs of both
boards happen at the same time, and each test looks at one of them."""

import concurrent.futures
import unittest

import boards
from boards import BOARDS, bench

# What a busy machine may make of a limit. The failure's name says that it was this one.
TIMES = 5
LATE_S = 20


def never_answers(board):
    """TCP takes the connection, and that was all."""
    with bench.silent_listener() as port:
        return board.run(port)


def silent_after_register(board):
    with boards.emulator(script=[{"step": "register", "silent": True}]) as service:
        return board.run(service.port)


def cut_while_waiting(board):
    """The connection ends between the register answer and the poll."""
    with boards.emulator(retryAfter=3) as service, boards.Relay(service.port) as relay:
        def cut():
            answered = bench.wait_until(lambda: "register: 202" in service.log_text(), 60)
            relay.cut()
            return answered

        answered, run = bench.together(cut, lambda: board.run(relay.port))
        if not answered or " poll" in service.log_text():
            raise AssertionError("not cut while waiting:\n" + service.log_text())
        return run


def assigning_for_ever(board):
    """The service answers every poll, and never with a hub."""
    with boards.emulator(polls=1000000, retryAfter=5) as service:
        return board.run(service.port)


runs = {}


def setUpModule():
    if boards.QEMU is None or boards.NM is None:
        return
    pool = concurrent.futures.ThreadPoolExecutor(16)
    unittest.addModuleCleanup(pool.shutdown)
    for board in BOARDS.values():
        for scenario in (never_answers, silent_after_register, cut_while_waiting,
                         assigning_for_ever):
            runs[board, scenario] = pool.submit(scenario, board)


class Deadlines(boards.Registers):
    def assert_ended(self, scenario, limit, *names):
        """By the deadline of this name, in milliseconds, and with this failure."""
        run = runs[self.board, scenario].result()
        limit_s = boards.constant(limit) / 1000
        self.assert_failed(run, *names)
        # Computing takes less time here than on the board.
        self.assertGreater(run.seconds, 0.9 * limit_s, run)
        self.assertLess(run.seconds, TIMES * limit_s + LATE_S, run)

    def test_a_peer_that_never_answers(self):
        self.assert_ended(never_answers, "MAIN_OPEN_MS", "DPS_LAYER_TIME",
                          "DPS_STREAM_ERR_OPEN_TIME", 0)

    def test_a_peer_that_falls_silent_after_register(self):
        self.assert_ended(silent_after_register, "DPS_MQTT_ANSWER_MS",
                          "DPS_LAYER_TIME", "DPS_MQTT_ERR_NO_ANSWER", 0)

    def test_a_connection_that_is_lost_while_waiting(self):
        self.assert_ended(cut_while_waiting, "DPS_MQTT_ANSWER_MS",
                          "DPS_LAYER_TIME", "DPS_MQTT_ERR_NO_ANSWER", 0)


    def test_an_assignment_that_never_comes(self):
        """No poll is begun that would not have its answer within the limit."""
        run = runs[self.board, assigning_for_ever].result()
        self.assertEqual(run.failure[:2], boards.Failure.named(
            "DPS_LAYER_TIME", "DPS_ERR_RETRY_AFTER", 0)[:2], run)
        self.assertEqual(run.code, boards.EXIT_FAILED, run)
        limit_s = boards.constant("MAIN_REGISTER_MS") / 1000
        self.assertGreater(run.seconds, limit_s - 10, run)


@boards.needs_tools
class Lm3s6965(Deadlines, unittest.TestCase):
    board = BOARDS["lm3s6965"]


@boards.needs_tools
class Microbit(Deadlines, unittest.TestCase):
    board = BOARDS["microbit"]


if __name__ == "__main__":
    unittest.main()
