"""Callers who wait for each other are served together, each with an answer of his own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from mingma.flows.together import Together

SOON = 20.0
Serves = Callable[[Sequence[int]], Sequence[int | Exception]]


class Counter:
    """Serves tens of what it is asked for; the first time it does so once it is told to go on."""

    def __init__(self, serve: Serves | None = None) -> None:
        self.served: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self._serve = serve or (lambda asked: [10 * one for one in asked])

    def __call__(self, asked: Sequence[int]) -> Sequence[int | Exception]:
        self.served.append(list(asked))
        if not self.begun.is_set():
            self.begun.set()
            assert self.go_on.wait(SOON)
        return self._serve(asked)


def together(counter: Counter, *asked: int, most: int = 99) -> list[Future[int]]:
    """All of them, the others waiting in this order by the time the first one is served."""
    does = Together(counter, weigh=lambda one: one, most=most)
    pause = threading.Event()
    with ThreadPoolExecutor(len(asked)) as pool:
        made = [pool.submit(does.do, asked[0])]
        assert counter.begun.wait(SOON)
        for number, one in enumerate(asked[1:], start=2):
            made.append(pool.submit(does.do, one))
            while len(does._waiting) < number:
                pause.wait(0.001)
        counter.go_on.set()
    assert not does._waiting
    assert not does._led
    assert does.do(4) == 40  # whoever comes later is served as ever
    return made


def test_who_comes_while_one_is_served_is_served_with_the_others_who_came() -> None:
    counter = Counter()
    done = together(counter, 1, 2, 3, 5)
    assert [one.result() for one in done] == [10, 20, 30, 50]
    assert counter.served == [[1], [2, 3, 5], [4]]


def test_those_served_at_once_weigh_so_much_and_what_weighs_more_is_served_alone() -> None:
    counter = Counter()
    done = together(counter, 1, 2, 3, 1, 50, 2, most=5)
    assert [one.result() for one in done] == [10, 20, 30, 10, 500, 20]
    assert counter.served == [[1], [2, 3], [1], [50], [2], [4]]


def test_a_refusal_is_one_s_own() -> None:
    def serve(asked: Sequence[int]) -> Sequence[int | Exception]:
        return [ValueError(f"not {one}") if one == 3 else one for one in asked]

    counter = Counter(
        lambda asked: [10 * one if isinstance(one, int) else one for one in serve(asked)]
    )
    done = together(counter, 1, 2, 3, 5)
    assert [one.exception() is None for one in done] == [True, True, False, True]
    assert str(done[2].exception()) == "not 3"
    assert counter.served == [[1], [2, 3, 5], [4]]


def test_where_it_fails_for_all_each_is_served_alone() -> None:
    def serve(asked: Sequence[int]) -> Sequence[int | Exception]:
        if 3 in asked:
            raise OSError("three")
        return [10 * one for one in asked]

    counter = Counter(serve)
    done = together(counter, 1, 2, 3, 5)
    assert isinstance(done[2].exception(), OSError)
    assert [one.result() for one in (*done[:2], done[3])] == [10, 20, 50]
    assert counter.served == [[1], [2, 3, 5], [2], [3], [5], [4]]


def test_those_who_wait_are_served_also_where_the_program_is_stopped_at_the_first() -> None:
    def serve(asked: Sequence[int]) -> Sequence[int | Exception]:
        if asked == [1]:
            raise KeyboardInterrupt
        return [10 * one for one in asked]

    counter = Counter(serve)
    done = together(counter, 1, 2, 3)
    assert isinstance(done[0].exception(), KeyboardInterrupt)
    assert [one.result() for one in done[1:]] == [20, 30]
    assert counter.served == [[1], [2, 3], [4]]


def test_one_who_is_stopped_while_he_leads_leaves_the_others_to_the_next() -> None:
    def serve(asked: Sequence[int]) -> Sequence[int | Exception]:
        if asked[0] == 2:
            raise KeyboardInterrupt
        return [10 * one for one in asked]

    counter = Counter(serve)
    done = together(counter, 1, 2, 3, 5)
    assert isinstance(done[1].exception(), KeyboardInterrupt)
    assert [one.result() for one in (done[0], *done[2:])] == [10, 30, 50]
    assert counter.served == [[1], [2, 3, 5], [3, 5], [4]]


def test_one_who_is_stopped_while_he_waits_is_waited_for_by_nobody() -> None:
    does = Together(list, weigh=lambda _: 1, most=9)
    does._led = True  # somebody serves

    class Stopped:
        def acquire(self) -> bool:
            does._call_next()  # and this one is next when he is stopped
            raise KeyboardInterrupt

        def release(self) -> None:
            """Called in vain."""

    wait = does._wait

    def stopped(mine: object) -> None:
        mine.called = Stopped()  # type: ignore[attr-defined]
        wait(mine)  # type: ignore[arg-type]

    does._wait = stopped  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        does.do(1)
    assert not does._led
    assert not does._waiting
