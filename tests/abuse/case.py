"""A case of the catalogue as a test: what must be observed, and the one control it rests on.

A `Case` is run twice. As the product is, its assertions must hold. Then with its control broken –
a rail taken out of the policies, a check that always says yes – the very same assertions must fail:
a check that cannot fail checks nothing. `breaks` is that record, kept beside the case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from litestar import Litestar

from mingma.authority.acts import Act
from mingma.engines import cedar
from tests.abuse.scene import Scene

Breaks = Callable[[pytest.MonkeyPatch], None]
Run = Callable[[Scene], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One try. `ids` are the catalogue's: the abuses that it is a try of."""

    ids: tuple[str, ...]
    what: str
    run: Run = field(repr=False)
    breaks: Breaks = field(repr=False)

    @property
    def name(self) -> str:
        """As the test is called."""
        return f"{'+'.join(self.ids)}-{self.what}"


class Cases:
    """The cases of one family, in the order in which they are written."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def case(self, *ids: str, breaks: Breaks) -> Callable[[Run], Run]:
        """Take a function as a case of these ids."""

        def take(run: Run) -> Run:
            self.cases.append(Case(ids, run.__name__, run, breaks))
            return run

        return take

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)


Test = Callable[..., None]


def held_and_broken(cases: Cases) -> tuple[Test, Test]:
    """The two tests of a family: each case holds, and would fail without its control."""
    each = pytest.mark.parametrize("case", list(cases), ids=lambda one: one.name)

    @each
    def test_holds(case: Case, tmp_path: Path, app: Litestar) -> None:
        with Scene(tmp_path, app) as scene:
            case.run(scene)

    @each
    def test_would_fail_without_its_control(
        case: Case, tmp_path: Path, app: Litestar, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case.breaks(monkeypatch)
        with Scene(tmp_path, app) as scene:
            try:
                case.run(scene)
            except (AssertionError, pytest.fail.Exception):
                return
        pytest.fail(f"{case.name} passes although its control is broken")

    return test_holds, test_would_fail_without_its_control


# -- ways of breaking a control


def replaced(target: str, value: object) -> Breaks:
    """The control is something else."""
    return lambda monkeypatch: monkeypatch.setattr(target, value)


def answers(target: str, value: object) -> Breaks:
    """The control answers this, whatever it is asked."""
    return replaced(target, lambda *_, **__: value)


def each(*breaks: Breaks) -> Breaks:
    """Several places of one control."""

    def both(monkeypatch: pytest.MonkeyPatch) -> None:
        for one in breaks:
            one(monkeypatch)

    return both


def without_rails(*ids: str) -> Breaks:
    """These rails are not in the policies that every engine made from here on reads."""

    def dropped(monkeypatch: pytest.MonkeyPatch) -> None:
        text = cedar.shipped_policies()
        for id in ids:
            text, count = re.subn(rf'@id\("{id}"\)\s*forbid\b.*?;\n', "", text, flags=re.DOTALL)
            assert count == 1, id
        engines_read(monkeypatch, text)

    return dropped


def engines_read(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Every engine from here on, the door's too, reads these policies."""
    monkeypatch.setattr(cedar, "shipped_policies", lambda: text)
    engine = cedar.CedarEngine(text)
    monkeypatch.setattr("mingma.app._engine", lambda: engine)


class EVERYTHING:
    """A grant of every act, everywhere, as a bribed registrar would give it."""

    id = "everything"
    acts = frozenset(Act)

    @staticmethod
    def gives(act: Act) -> bool:
        return act in Act


# Whoever asks holds a grant of everything.
GRANTED = each(
    replaced("mingma.flows.perform_act.grants_in_force", lambda *_: [EVERYTHING]),
    replaced("mingma.flows.perform_act.granted", lambda *_: EVERYTHING),
    answers("mingma.flows.offices.sealed_index", 0),
)
HOSTILE = '\n@id("X-hostile") permit (principal, action, resource);\n'


def hostile_permit(*dropped: str) -> Breaks:
    """The policies permit everything to everybody, and some rails are gone besides."""

    def broken(monkeypatch: pytest.MonkeyPatch) -> None:
        without_rails(*dropped)(monkeypatch)
        engines_read(monkeypatch, cedar.shipped_policies() + HOSTILE)

    return broken
