"""How an appeal is shown to its person, and to whoever filed it.

Words in the language asked for; instants as RFC 3339. A helper is shown to the person alone, so
that no organ can hold it against who filed (SYSTEMS A24). Pure; who may look is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from mingma.appeals.appeal import Event, Filed, Happened, State
from mingma.appeals.reasons import WORDS, Reason
from mingma.appeals.terms import TERMS, Asked, span_of
from mingma.kernel.times import print_instant

STATES: Final[dict[State, tuple[str, str]]] = {
    State.OPEN: ("办理中", "open"),
    State.UPHELD: ("申诉成立", "upheld"),
    State.REJECTED: ("申诉不成立", "rejected"),
    State.LAPSED: ("逾期未答复,按本人有利处理", "unanswered in time: fell for you"),
    State.WITHDRAWN: ("本人撤回", "withdrawn by you"),
}
ASKED: Final[dict[Asked, tuple[str, str]]] = {
    Asked.OBJECT: ("申诉", "objection"),
    Asked.ASK_HUMAN: ("申请人工复核", "review by a human"),
    Asked.URGENT: ("急事通道", "urgent matter"),
}


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """How an appeal was answered: by which organ, why, when."""

    organ: str | None
    at: str
    reason: str
    reason_words: str
    text: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over: from whom, to whom, when."""

    organ: str | None
    to: str | None
    at: str


class OwnView(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal on the person's own page."""

    number: int
    asked: str
    asked_words: str
    ground: str | None
    channel: str
    decision: int
    decision_leaf: int
    contested: list[str]
    evidence: list[dict[str, str]]
    laboratory: bool
    state: str
    state_words: str
    opened_at: str
    due: str
    ended_at: str | None
    asked_of: str | None
    handed_on: list[Step]
    passed_on: int
    answered: Answered | None
    helper: dict[str, str | None] | None
    entry_until: str | None


def own_view(filed: Filed, at: int, lang: str) -> OwnView:
    """An appeal as its person reads it at an instant."""
    appeal, state, side = filed.appeal, filed.state_at(at), 0 if lang == "zh" else 1
    ended, entry, end = filed.ended_at(at), filed.pass_until(at), filed.closing()
    answered = end is not None and end.happened == Happened.ANSWERED
    helper = appeal.helper
    return OwnView(
        number=appeal.number,
        asked=appeal.asked,
        asked_words=ASKED[Asked(appeal.asked)][side],
        ground=appeal.ground,
        channel=appeal.channel,
        decision=appeal.decision,
        decision_leaf=appeal.leaf,
        contested=list(appeal.contested),
        evidence=[{"kind": one.kind, "says": one.says} for one in appeal.evidence],
        laboratory=appeal.laboratory,
        state=state.value,
        state_words=STATES[state][side],
        opened_at=print_instant(appeal.opened_at),
        due=print_instant(filed.due_at(at)),
        ended_at=None if ended is None else print_instant(ended),
        asked_of=filed.asked_of_at(at),
        handed_on=[
            Step(organ=one.organ, to=one.to, at=print_instant(one.at))
            for one in filed.events
            if one.happened == Happened.HANDED_ON
        ],
        passed_on=filed.passes_at(at),
        answered=_answered(end, side) if answered and end else None,
        helper=(
            None if helper is None
            else {"as": helper.as_, "id": helper.id, "organ": helper.organ}
        ),
        entry_until=None if entry is None else print_instant(entry),
    )  # fmt: skip


def staff_view(filed: Filed, at: int) -> dict[str, Any]:
    """An appeal as who may answer it reads it: nothing about who helped."""
    shown: dict[str, Any] = msgspec.to_builtins(own_view(filed, at, "zh"))
    del shown["helper"]
    return shown


def acknowledgement(filed: Iterable[Filed]) -> dict[str, Any]:
    """What whoever filed is told at once: the numbers and the due instants."""
    return {
        "appeals": [
            {"number": one.appeal.number, "due": print_instant(one.appeal.due)} for one in filed
        ]
    }


def terms_view(lang: str) -> list[dict[str, str]]:
    """The table of terms in words: what, how long, and what then."""
    side = lang == "zh"
    return [
        {
            "id": one.id,
            "what": one.zh if side else one.en,
            "term": span_of(one.seconds, lang),
            "then": one.then_zh if side else one.then_en,
        }
        for one in TERMS
    ]


def _answered(end: Event, side: int) -> Answered:
    reason = Reason(end.reason or "")
    return Answered(
        organ=end.organ,
        at=print_instant(end.at),
        reason=reason.value,
        reason_words=WORDS[reason][1 + side],
        text=end.text or "",
    )
