"""An appeal and its clock.

An appeal is its filing and the events after it; how it stands is a function of these and of an
instant, so nothing has to run for it to lapse. Silence is decided for the person. A laboratory's
finding does not fall by silence: it is reviewed by another organ every two hours, and the colour
it gave ends when it would have ended. Handing an appeal on is an event that moves no due instant.

INVARIANT: whoever took part in what is objected to is named in the appeal when it is filed.
Does not know who may answer (`authority` does) nor what colour follows (rules do).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from mingma.appeals.form import Piece
from mingma.appeals.reasons import Outcome
from mingma.appeals.terms import PASS, REVIEW, Asked
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Broken, Refused
from mingma.kernel.times import Instant


class State(StrEnum):
    """How an appeal stands."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    LAPSED = "lapsed"  # nobody answered in time: it fell for the person
    WITHDRAWN = "withdrawn"


WON: Final = frozenset({State.UPHELD, State.LAPSED})


class Happened(StrEnum):
    """What happened to an appeal after its filing."""

    ANSWERED = "answered"
    HANDED_ON = "handed_on"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"  # the lapse on record; it counted before


class AppealOver(Refused):
    """Something done to an appeal that was answered, withdrawn, or lapsed."""

    slug = "appeal.over"
    status = 409
    zh = "该申诉已办结(`{state}`),不能再办"
    en = "this appeal is over (`{state}`): nothing more is done to it"
    remedy_zh = "逾期未答复的已按本人有利处理;如有更新的证据,另行提出"
    remedy_en = "what nobody answered fell for the person; newer evidence is brought in anew"


class AppealUnreadable(Broken):
    """A stored appeal that does not read back."""

    slug = "appeal.unreadable"
    zh = "已存的申诉无法读回"
    en = "a stored appeal does not read back"
    remedy_zh = "请核对存储与日志;在此之前不得据此加重任何人的码"
    remedy_en = "check the store against the log; nothing may get worse on it until then"


class Helper(msgspec.Struct, frozen=True, kw_only=True):
    """Who helped to file, as help is logged: as what, and of which organ, if of one.

    Protected: shown to the person and to auditors, never to an organ that took part.
    """

    as_: str
    id: str
    organ: str | None = None


class Appeal(msgspec.Struct, frozen=True, kw_only=True):
    """One filing. `number` is the person's event, `leaf` the index of the decision's leaf.

    `contested` are the facts that what is objected to rests on; `maker` is the organ of the first.
    """

    subject: str
    number: int
    asked: str
    ground: str | None
    channel: str
    helper: Helper | None
    evidence: tuple[Piece, ...]
    decision: int
    leaf: int
    contested: tuple[str, ...]
    laboratory: bool
    elsewhere: bool
    region: str
    maker: str | None
    organs: tuple[str, ...]
    officers: tuple[str, ...]
    asked_of: str | None
    opened_at: int
    due: int

    @property
    def id(self) -> str:
        """Its name among the records."""
        return appeal_id(self.subject, self.number)

    @property
    def lapses(self) -> bool:
        """Whether silence decides it."""
        return not self.laboratory or self.asked == Asked.URGENT

    def body(self) -> bytes:
        """Canonical bytes: what the leaf's commitment opens to, and what is stored."""
        return canonical(msgspec.to_builtins(self, enc_hook=int))


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an appeal, by whom and why."""

    happened: str
    at: int
    organ: str | None = None
    officer: str | None = None
    outcome: str | None = None
    reason: str | None = None
    text: str | None = None
    rejected: tuple[str, ...] = ()
    to: str | None = None

    def body(self) -> bytes:
        """Canonical bytes."""
        return canonical(msgspec.to_builtins(self, enc_hook=int))


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal with everything that happened to it, in order."""

    appeal: Appeal
    events: tuple[Event, ...] = ()

    def closing(self) -> Event | None:
        """What ended it, if that is on record."""
        ends = {Happened.ANSWERED, Happened.WITHDRAWN, Happened.LAPSED}
        return next((one for one in self.events if one.happened in ends), None)

    def state_at(self, instant: int) -> State:
        """How it stands; at the second it is due, silence has decided it.

        What is on record stays so, whatever a clock says since.
        """
        end = self.closing()
        if end is not None:
            if end.happened == Happened.ANSWERED:
                return State.UPHELD if end.outcome == Outcome.UPHELD else State.REJECTED
            return State.LAPSED if end.happened == Happened.LAPSED else State.WITHDRAWN
        if self.appeal.lapses and instant >= self.appeal.due:
            return State.LAPSED
        return State.OPEN

    def ended_at(self, instant: int) -> Instant | None:
        """When it was decided, by an answer or by silence; None while it is open."""
        state = self.state_at(instant)
        if state is State.OPEN:
            return None
        end = self.closing()
        if state is State.LAPSED or end is None:
            return Instant(self.appeal.due)
        return Instant(end.at)

    def fallen_at(self, instant: int) -> tuple[str, ...]:
        """The facts that no longer count because of it."""
        state = self.state_at(instant)
        end = self.closing()
        if state is State.UPHELD and end is not None:
            return end.rejected
        return self.appeal.contested if state is State.LAPSED else ()

    def hand_overs(self) -> int:
        """How often an organ handed it to another."""
        return sum(one.happened == Happened.HANDED_ON for one in self.events)

    def passes_at(self, instant: int) -> int:
        """How often a silent review went to the next organ."""
        if self.appeal.lapses:
            return 0
        until = self.ended_at(instant) or instant
        return max(0, until - self.appeal.opened_at) // REVIEW.seconds

    def due_at(self, instant: int) -> Instant:
        """When whoever has it now owes an answer. Handing on moves nothing."""
        return Instant(self.appeal.due + self.passes_at(instant) * REVIEW.seconds)

    def asked_of_at(self, instant: int, organs: Sequence[str] = ()) -> str | None:
        """Whose turn it is: the organ asked first, the one it was handed to, the next in a review.

        `organs` are those that may review it, in their order.
        """
        handed = [one.to for one in self.events if one.happened == Happened.HANDED_ON]
        first = handed[-1] if handed else self.appeal.asked_of
        passes = self.passes_at(instant)
        if not passes or not organs:
            return first
        start = organs.index(first) if first in organs else 0
        return organs[(start + passes) % len(organs)]

    def pass_until(self, instant: int) -> Instant | None:
        """Until when an urgent request keeps doors open; None where it does not."""
        if self.appeal.asked != Asked.URGENT:
            return None
        if self.state_at(instant) in (State.REJECTED, State.WITHDRAWN):
            return None
        end = Instant(self.appeal.opened_at + PASS.seconds)
        return end if self.appeal.opened_at <= instant < end else None


def must_be_open(filed: Filed, instant: int) -> None:
    """Raise AppealOver unless it can still be answered."""
    state = filed.state_at(instant)
    if state is not State.OPEN:
        raise AppealOver(state=state.value)


def fallen(filed: Iterable[Filed], instant: int) -> dict[str, Instant]:
    """The facts that appeals took away, and since when."""
    found: dict[str, Instant] = {}
    for one in filed:
        since = one.ended_at(instant)
        for id in one.fallen_at(instant):
            if since is not None and since < found.get(id, since + 1):
                found[id] = since
    return found


def lapses_ahead(filed: Iterable[Filed], instant: int) -> list[Instant]:
    """The instants at which silence will decide open appeals."""
    return [
        Instant(one.appeal.due)
        for one in filed
        if one.appeal.lapses and one.appeal.contested and one.state_at(instant) is State.OPEN
    ]


def appeal_id(subject: str, number: int) -> str:
    """Ids sort as a person's events do."""
    return f"{subject}/{number:019}"


def event_id(appeal: Appeal, n: int) -> str:
    """The id of an appeal's n-th event."""
    return f"{appeal.id}/{n:05}"


def read_appeal(body: bytes) -> Appeal:
    """The appeal whose body this is; raises AppealUnreadable."""
    try:
        return msgspec.json.decode(body, type=Appeal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise AppealUnreadable from None


def read_event(body: bytes) -> Event:
    """The event whose body this is; raises AppealUnreadable."""
    try:
        return msgspec.json.decode(body, type=Event)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise AppealUnreadable from None
