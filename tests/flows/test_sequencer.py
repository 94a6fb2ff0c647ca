"""When the sequencer works: at once if idle, not too often if busy, and unasked once in a while."""

from __future__ import annotations

import logging
import threading

import pytest

from mingma.flows.seal import POOL
from mingma.flows.sequencer import BUSY, POLL, Sequencer, due


@pytest.mark.parametrize(
    ("last", "now", "waiting", "expected"),
    [
        (0.0, 9.0, 1, 9.0),  # idle: at once
        (0.0, BUSY, 1, BUSY),
        (9.0, 9.05, 1, 9.0 + BUSY),  # busy: not before
        (9.0, 9.05, POOL - 1, 9.0 + BUSY),
        (9.0, 9.05, POOL, 9.05),  # a full pool waits for nothing
    ],
)
def test_idle_it_works_at_once_and_busy_once_in_two_tenths_or_when_a_pool_is_full(
    last: float, now: float, waiting: int, expected: float
) -> None:
    assert due(last, now, waiting) == expected


class Script:
    """Time that passes only while the sequencer waits; says when it is woken, and by whom."""

    def __init__(self, *wakes: tuple[float, int]) -> None:
        self.time = 100.0
        self.wakes = [(100.0 + at, waiting) for at, waiting in wakes]
        self.ends = 102.5
        self.worked: list[float] = []
        self.sequencer = Sequencer("test", self.work, self)

    def now(self) -> float:
        return self.time

    def wait(self, woken: threading.Event, seconds: float) -> bool:
        until = self.time + seconds
        if self.wakes and self.wakes[0][0] <= until:
            at, waiting = self.wakes.pop(0)
            self.time = max(self.time, at)
            self.sequencer.wake(waiting)
        else:
            self.time = until
        if self.time >= self.ends:
            self.sequencer.stop()
        return woken.is_set()

    def work(self) -> None:
        self.worked.append(round(self.time - 100.0, 3))

    def run(self) -> list[float]:
        self.sequencer.run()
        return self.worked


def test_woken_while_idle_it_works_in_the_same_instant() -> None:
    assert Script((0.3, 1)).run()[0] == 0.3


def test_woken_again_at_once_it_waits_until_two_tenths_are_over() -> None:
    assert Script((0.3, 1), (0.31, 1), (0.35, 1)).run()[:2] == [0.3, 0.3 + BUSY]


def test_a_full_pool_is_sealed_before_two_tenths_are_over() -> None:
    assert Script((0.3, 1), (0.31, 1), (0.35, POOL)).run()[:2] == [0.3, 0.35]


def test_unasked_it_looks_once_a_second_and_once_at_its_end() -> None:
    assert Script().run() == [POLL, 2 * POLL, 3 * POLL, 3 * POLL]


def test_work_that_fails_is_written_down_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    script = Script()
    tried = []

    def fail() -> None:
        tried.append(script.time)
        raise ValueError("no")

    script.sequencer._work = fail
    with caplog.at_level(logging.ERROR):
        script.run()
    assert len(tried) == 4
    assert len(caplog.records) == 4


def test_a_real_thread_does_what_it_is_woken_for_and_ends() -> None:
    done = threading.Event()
    sequencer = Sequencer("test", done.set)
    sequencer.start()
    sequencer.wake()
    assert done.wait(20)
    sequencer.stop()
    assert not sequencer._thread.is_alive()
