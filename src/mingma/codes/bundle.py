"""A person's own bundle: all decisions about her with their proofs, to be checked offline later.

Follows docs/formats/bundle.md. It says what was decided, on which evidence, and proves by receipts
and by the person's own key that the log has each of these decisions, that none is missing between
them and that none was changed. It holds that key: whoever has the bundle can tell the person's
leaves from all others.

INVARIANT: nothing is said to hold that the trust policy does not prove; what fails is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.evidence.record import fact_to_stored, stored_to_fact
from mingma.kernel.canonical import b64url, canonical, from_b64url
from mingma.kernel.errors import Malformed, Problem
from mingma.kernel.times import Instant
from mingma.ledger.commitment import ENROLMENT, KEY_SIZE, commitment, enrolment, nonce, tag
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.note import parse_note, verify
from mingma.ledger.policy import Policy
from mingma.ledger.proof import parse_receipt
from mingma.rules.assess import known_since

FORMAT: Final = "mingma-bundle/1"
MAX_BUNDLE: Final = 64 << 20  # bytes
CLOCKS_DIFFER: Final = 300  # seconds that a source's clock may be ahead of the decision's
_FIELDS: Final = ("events", "evidence", "format", "key", "made_at", "policy", "subject", "waiting")
_DECIDES: Final = frozenset({Kind.DECISION, Kind.FALL})


class BundleUnreadable(Malformed):
    """Bytes that are no bundle. `why` is one of size, json, form, key, event, evidence."""

    slug = "bundle.unreadable"
    zh = "不是合格的个人凭证包(`{why}`)"
    en = "not a bundle of a person's decisions (`{why}`)"
    remedy_zh = "请原样保存与传送;写法见 docs/formats/bundle.md"
    remedy_en = "keep it unchanged; docs/formats/bundle.md says how it is written"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the person: her leaf, its receipt, and the decision it commits to, if any."""

    number: int
    entry: bytes
    receipt: bytes
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle says. Nothing in it is believed by being here."""

    subject: str
    key: bytes
    made_at: Instant
    policy: str
    events: tuple[Event, ...]
    evidence: tuple[Fact, ...]
    waiting: int = 0  # events after these that no head which meets the policy covers yet

    def __post_init__(self) -> None:
        if len(self.key) != KEY_SIZE or self.waiting < 0:
            raise BundleUnreadable(why="key")

    def payload(self) -> bytes:
        """Everything but the seal, in its one form."""
        return canonical(
            {
                "format": FORMAT,
                "subject": self.subject,
                "key": b64url(self.key),
                "made_at": int(self.made_at),
                "policy": self.policy,
                "waiting": self.waiting,
                "events": [_written(one) for one in self.events],
                "evidence": [fact_to_stored(fact) for fact in self.evidence],
            }
        )

    def statement(self) -> str:
        """What the log signs: no checkpoint, and of these very bytes."""
        return f"{FORMAT}\n{b64url(sha256(self.payload()).digest())}\n"


def seal_bundle(bundle: Bundle, note: bytes) -> bytes:
    """The file: the bundle, and the log's note over its statement."""
    value = json.loads(bundle.payload())
    return canonical({**value, "seal": note.decode()}) + b"\n"


def parse_bundle(data: bytes) -> tuple[Bundle, bytes]:
    """The bundle in a file and its seal; BundleUnreadable unless it prints back the same."""
    if len(data) > MAX_BUNDLE:
        raise BundleUnreadable(why="size")
    try:
        value: Any = json.loads(data.decode("ascii"))
        seal = value.pop("seal").encode("utf-8")
        bundle = _bundle(value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BundleUnreadable(why="json") from None
    except BundleUnreadable:
        raise
    except Problem:
        raise BundleUnreadable(why="evidence") from None
    if seal_bundle(bundle, seal) != data:
        raise BundleUnreadable(why="form")
    return bundle, seal


def _bundle(value: dict[str, Any]) -> Bundle:
    if tuple(sorted(value)) != _FIELDS or value["format"] != FORMAT:
        raise BundleUnreadable(why="form")
    for name, kind in (("subject", str), ("policy", str), ("made_at", int), ("waiting", int)):
        if type(value[name]) is not kind:
            raise BundleUnreadable(why="form")
    return Bundle(
        subject=value["subject"],
        key=from_b64url(value["key"]),
        made_at=Instant(value["made_at"]),
        policy=value["policy"],
        waiting=value["waiting"],
        events=tuple(_event(one) for one in value["events"]),
        evidence=tuple(stored_to_fact(one) for one in value["evidence"]),
    )


def _written(event: Event) -> dict[str, object]:
    return {
        "number": event.number,
        "entry": event.entry.decode("ascii"),
        "receipt": event.receipt.decode(),
        "body": None if event.body is None else event.body.decode("ascii"),
    }


def _event(value: dict[str, Any]) -> Event:
    if type(value["number"]) is not int:
        raise BundleUnreadable(why="event")
    body = value["body"]
    return Event(
        value["number"],
        value["entry"].encode("ascii"),
        value["receipt"].encode(),
        None if body is None else body.encode("ascii"),
    )


# -- checking


class Fails(StrEnum):
    """What does not hold in a bundle. A closed list."""

    SEAL = "seal"
    NUMBER = "number"
    RECEIPT = "receipt"
    LEAF = "leaf"
    TAG = "tag"
    KEY = "key"
    BODY = "body"
    ABOUT = "about"
    EVIDENCE = "evidence"
    EVIDENCE_LATER = "evidence_later"


@dataclass(frozen=True, slots=True)
class Failing:
    """What fails, in which event; `what` says more."""

    word: Fails
    number: int | None = None
    what: str = ""


def check_bundle(bundle: Bundle, seal: bytes, policy: Policy) -> Iterator[Failing]:
    """Everything in a bundle that does not hold under a trust policy; needs nothing else."""
    # (1) The events are all there from the enrolment on, and each is proven.
    if [one.number for one in bundle.events] != list(range(len(bundle.events))):
        yield Failing(Fails.NUMBER, what="an event is missing, or stands twice")
    if not bundle.events:
        yield Failing(Fails.NUMBER, what="there is no enrolment")
    there = {fact.id: fact for fact in bundle.evidence}
    for event in bundle.events:
        yield from _check_event(bundle, event, there, policy)
    # (2) The log vouches for these bytes: for the evidence too, to which no leaf commits.
    yield from _check_seal(bundle, seal, policy)


def decisions_in(bundle: Bundle) -> Sequence[Decision]:
    """The decisions in a bundle that was checked."""
    return [
        Decision.read(one.body)
        for one in bundle.events
        if one.body is not None and parse(one.entry)[0].kind in _DECIDES
    ]


def _check_seal(bundle: Bundle, seal: bytes, policy: Policy) -> Iterator[Failing]:
    """The log that the receipts are of signed it, and nobody else is named."""
    try:
        note = parse_note(seal)
        signed = verify(note, [log.key for log in policy.logs])
        logs = {parse_receipt(one.receipt).note.text.partition("\n")[0] for one in bundle.events}
    except Problem as problem:
        yield Failing(Fails.SEAL, what=problem.slug)
        return
    if note.text != bundle.statement():
        yield Failing(Fails.SEAL, what="another content")
    if len(signed) != len(note.signatures) or not {key.name for key, _ in signed} <= logs:
        yield Failing(Fails.SEAL, what="another log")


def _check_event(
    bundle: Bundle, event: Event, there: Mapping[str, Fact], policy: Policy
) -> Iterator[Failing]:
    try:
        parse_receipt(event.receipt).verify(event.entry, policy)
    except Problem as problem:
        yield Failing(Fails.RECEIPT, event.number, problem.slug)
        return  # what is not proven is not read
    try:
        leaf, _ = parse(event.entry)
    except LeafUnreadable:
        yield Failing(Fails.LEAF, event.number)
        return
    if event.number < ENROLMENT or leaf.tag != tag(bundle.key, event.number):
        yield Failing(Fails.TAG, event.number)
        return
    if event.number == ENROLMENT:
        if leaf.kind is not Kind.ENROL or leaf.commitment != enrolment(bundle.key):
            yield Failing(Fails.KEY, event.number)
        if event.body is not None:
            yield Failing(Fails.BODY, event.number)
        return
    yield from _check_decision(bundle, event, leaf, there)


def _check_decision(
    bundle: Bundle, event: Event, leaf: Leaf, there: Mapping[str, Fact]
) -> Iterator[Failing]:
    if event.body is None:
        if leaf.kind in _DECIDES:
            yield Failing(Fails.BODY, event.number, "missing")
        return
    if leaf.commitment != commitment(nonce(bundle.key, event.number), event.body):
        yield Failing(Fails.BODY, event.number, "the commitment does not open")
        return
    if leaf.kind not in _DECIDES:
        return  # what she filed, or was answered: it says what the log says it says
    decision = _decision(event.body)
    about = (bundle.subject, event.number)
    if decision is None or (decision.subject, decision.number) != about:
        yield Failing(Fails.ABOUT, event.number)
        return
    for id in sorted({id for span in decision.spans for id in span.evidence}):
        fact = there.get(id)
        if fact is None:
            yield Failing(Fails.EVIDENCE, event.number, "missing")
        elif known_since(fact) > decision.decided_at + CLOCKS_DIFFER:
            yield Failing(Fails.EVIDENCE_LATER, event.number)


def _decision(body: bytes) -> Decision | None:
    try:
        decision = Decision.read(body)
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
    return decision if decision.body() == body else None
