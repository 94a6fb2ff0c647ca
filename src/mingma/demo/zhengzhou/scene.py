"""What every step of the story uses: to try an act and tell its refusal, to count colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mingma.authority.acts import Act
from mingma.codes.decision import Decision
from mingma.demo.staff import Offices
from mingma.demo.telling import Telling
from mingma.demo.zhengzhou.cast import DEPOSITORS
from mingma.flows.attempts import Attempt
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.kernel.words import Colour


@dataclass(slots=True)
class Scene:
    """The offices, how it is told, and the attempts so far."""

    here: Offices
    told: Telling
    attempts: int = 0
    first_attempt: Instant | None = None

    def refused(
        self,
        officer: str,
        act: Act,
        body: Mapping[str, Any],
        zh: str,
        en: str,
        rail: str,
        names: str = "",
    ) -> None:
        """Try an act; it holds if it was refused by the rail and its attempt has a leaf."""
        here = self.here
        before = {one.id for one in here.attempts()}
        self.first_attempt = self.first_attempt or here.clock()
        problem = here.refused(officer, act, body)
        new = [one for one in here.attempts() if one.id not in before]
        here.clock.forward(60)
        self.attempts = len(before) + len(new)
        one = new[0] if len(new) == 1 else None
        self.told.fact(
            problem is not None
            and names in str(problem)
            and one is not None
            and one.leaf_index is not None
            and any(id.startswith(rail) for id in one.policies),
            f"{zh}:拒绝。{_why(problem, 'zh')}{_leaf(one, '日志叶')}",
            f"{en}: refused. {_why(problem, 'en')}{_leaf(one, 'leaf')}",
        )

    def decisions(self, refs: Sequence[str]) -> list[Decision]:
        """What is in force about these people."""
        with self.here.instance.store.read() as unit:
            return list(unit.decisions_in_force(list(refs)).values())

    def reds(self, refs: Sequence[str] = DEPOSITORS) -> int:
        """How many of them are red or yellow now."""
        return sum(one not in {Colour.GREEN, Colour.UNKNOWN} for one in self._shown(refs))

    def all_green(self) -> bool:
        """Whether every depositor is green now."""
        return self._shown(DEPOSITORS) == [Colour.GREEN] * len(DEPOSITORS)

    def _shown(self, refs: Sequence[str]) -> list[Colour]:
        now = self.here.clock()
        return [one.colour_at(now) for one in self.decisions(refs)]


def _why(problem: Problem | None, lang: str) -> str:
    return problem.sentence(lang) if problem else "?"


def _leaf(one: Attempt | None, word: str) -> str:
    return f" [{word} {one.leaf_index}; {', '.join(one.policies)}]" if one else ""
