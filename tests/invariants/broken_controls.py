"""Controls taken away one at a time: with any of them gone the machine must find it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

import pytest

from mingma.appeals.appeal import Filed, State
from mingma.authority.approval import after
from mingma.authority.hundred import Sums
from mingma.authority.places import PlacePolicy
from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.flows import (
    answer_appeal,
    approve_act,
    break_glass,
    cosigned,
    decide,
    propose_act,
    see_record,
    show_code,
    vouched,
)
from mingma.kernel.words import Colour
from mingma.rules.assess import assess
from mingma.rules.verdict import Span, Verdict

Patch = pytest.MonkeyPatch


def _effect(patch: Patch) -> None:
    patch.setattr(cosigned, "is_full", lambda *_: True)
    patch.setattr(show_code, "_proof", lambda *_: "")  # the second look, at the proof itself


def _lot(patch: Patch) -> None:
    patch.setattr(approve_act, "is_drawn", lambda *_: True)
    patch.setattr(approve_act, "approve", lambda standing, one, *_: after(standing, one))


def _shield(patch: Patch) -> None:
    patch.setattr(propose_act, "_shielded", lambda *_: False)


def _standing_filter(patch: Patch) -> None:
    patch.setattr(cosigned, "fallen_for", lambda *_: {})


def _expiry(patch: Patch) -> None:
    patch.setattr(Span, "covers", lambda self, instant: self.starts <= instant)


def _presence(patch: Patch) -> None:
    def and_presence(book: Any, ref: str, facts: list[Fact], at: Any, match: Any) -> Verdict:
        verdict = assess(book, ref, facts, at, match)
        scans = [fact for fact in facts if fact.kind == "check_in"]
        if len(scans) < len(facts) or not scans:
            return verdict
        span = Span(
            book.refs[0].id, "HA-Y1", "a", Colour.YELLOW, None,
            int(at), int(at) + 86_400, (scans[0].id,), "time",
        )  # fmt: skip
        return replace(verdict, spans=(*verdict.spans, span))

    patch.setattr(decide, "assess", and_presence)
    patch.setattr(vouched, "assess", and_presence)  # the second look at what a colour rests on


def _access_log(patch: Patch) -> None:
    unseen = SimpleNamespace(id="0/0")
    patch.setattr(see_record, "look", lambda *_, **__: unseen)
    patch.setattr(break_glass, "look", lambda *_, **__: unseen)


def _protected_places(patch: Patch) -> None:
    patch.setattr(PlacePolicy, "asks", lambda *_: True)


def _rejected_for_good(patch: Patch) -> None:
    patch.setattr(answer_appeal, "withdraw", lambda *_: None)
    patch.setattr(cosigned, "fallen_for", lambda *_: {})


def _ground(patch: Patch) -> None:
    patch.setattr(propose_act, "must_have_ground", lambda *_: None)


def _second_approval(patch: Patch) -> None:
    patch.setattr(propose_act, "sums_of", lambda *_: Sums(1, 1, 1, 1))


def _lapse(patch: Patch) -> None:
    state_at = Filed.state_at

    def never(filed: Filed, instant: int) -> State:
        state = state_at(filed, instant)
        return State.OPEN if state is State.LAPSED else state

    patch.setattr(Filed, "state_at", never)
    patch.setattr(show_code, "lapses_ahead", lambda *_: [])  # else no token lives long enough


def _emergency(patch: Patch) -> None:
    patch.setattr(Decision, "standing", lambda self, *_: self)


CONTROLS: Final[Mapping[str, Callable[[Patch], None]]] = {
    "effect": _effect,
    "lot": _lot,
    "shield": _shield,
    "standing filter": _standing_filter,
    "expiry": _expiry,
    "presence": _presence,
    "access log": _access_log,
    "protected places": _protected_places,
    "rejected for good": _rejected_for_good,
    "ground": _ground,
    "second approval": _second_approval,
    "lapse": _lapse,
    "emergency": _emergency,
}
