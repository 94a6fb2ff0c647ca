"""Callers who wait for each other are served together: one unit of work, one seal, one sync.

Whoever comes while nobody is served serves himself, at once; whoever comes meanwhile waits, and the
first of those then serves all of them. Nobody waits for company.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import accumulate, islice, takewhile
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """What many ask for, done for several at a time, in order of coming.

    `serve` gives each one's answer, or the exception that is one's own. If it raises, nothing of
    what it did was kept, and each is served alone: nobody is refused for another's sake. Together
    they weigh `most`; what weighs more is served alone.
    """

    def __init__(
        self,
        serve: Callable[[Sequence[Asked]], Sequence[Answer | Exception]],
        *,
        weigh: Callable[[Asked], int],
        most: int,
    ) -> None:
        self._serve, self._weigh, self._most = serve, weigh, most
        self._guard = threading.Lock()
        self._waiting: deque[_Place[Asked, Answer]] = deque()
        self._led = False  # whether somebody serves, or was called to

    def do(self, asked: Asked) -> Answer:
        """The answer; raises what `serve` gave or raised for this one."""
        mine = _Place[Asked, Answer](asked)
        with self._guard:
            self._waiting.append(mine)
            leads, self._led = not self._led, True
        if not leads:
            self._wait(mine)
        if mine.answer is None:
            self._lead(mine)
        assert mine.answer is not None
        if isinstance(mine.answer, Exception):
            raise mine.answer
        return mine.answer

    def _wait(self, mine: _Place[Asked, Answer]) -> None:
        """Until one is answered, or called to lead."""
        try:
            mine.called.acquire()
        except BaseException:  # somebody stopped the program
            with self._guard:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                if mine.leads:
                    self._call_next()
            raise

    def _lead(self, mine: _Place[Asked, Answer]) -> None:
        """Serve those who wait, oneself first, then call the next."""
        served = self._next()
        try:
            for one, answer in zip(served, self._answers(served), strict=True):
                one.answer = answer
        finally:
            with self._guard:
                for one in (mine, *(one for one in served if one.answer is not None)):
                    if one in self._waiting:
                        self._waiting.remove(one)
                        one.called.release()
                self._call_next()

    def _next(self) -> list[_Place[Asked, Answer]]:
        """The first of those who wait, and who comes with them."""
        with self._guard:
            weights = accumulate(self._weigh(one.asked) for one in self._waiting)
            count = sum(1 for _ in takewhile(lambda weight: weight <= self._most, weights))
            return list(islice(self._waiting, max(count, 1)))

    def _answers(self, served: Sequence[_Place[Asked, Answer]]) -> list[Answer | Exception]:
        try:
            return list(self._serve([one.asked for one in served]))
        except Exception as error:  # noqa: BLE001 # raised by whose it is
            if len(served) == 1:
                return [error]
        return [answer for one in served for answer in self._answers([one])]

    def _call_next(self) -> None:
        self._led = bool(self._waiting)
        if self._led:
            self._waiting[0].leads = True
            self._waiting[0].called.release()


class _Place(Generic[Asked, Answer]):
    """What one asks for, and the answer once there is one."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answer: Answer | Exception | None = None
        self.leads = False
        self.called = threading.Lock()
        self.called.acquire()
