"""Make a person's own bundle: her decisions, their leaves and receipts, her key, her evidence.

For the person alone, and reading it writes nothing (P9). What of it no cosigned head covers yet is
counted as waiting. Follows docs/formats/bundle.md; `codes.bundle` checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mingma.codes.bundle import Bundle, Event, seal_bundle
from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.own_hands import approvals_in
from mingma.flows.receipts import NotCosignedYet, Receipts
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.commitment import ENROLMENT, commitment, nonce
from mingma.ledger.leaf import parse
from mingma.ledger.note import VerifierKey, parse_note
from mingma.ledger.proof import parse_receipt
from mingma.ports import Unit
from mingma.records import Person

Vouch = Callable[[str], bytes]  # the log's note over a text that is no checkpoint
NO_WITNESSES: Final = "quorum none\n"  # the policy of a specimen, which proves nothing


def own_bundle(
    unit: Unit, receipts: Receipts, ref: str, now: Instant, *, policy: str, vouch: Vouch
) -> bytes:
    """The person's bundle as a file; raises NoSuchPerson."""
    person = unit.people([ref]).get(ref)
    if person is None:
        raise NoSuchPerson
    decisions = unit.decisions_of(ref)
    events = _events(unit, receipts, person, decisions)
    bundle = Bundle(
        subject=ref,
        key=person.key,
        made_at=now,
        policy=policy,
        events=tuple(events),
        evidence=tuple(_cited(unit, ref, decisions, now)),
        waiting=person.events + 1 - len(events),
    )
    seal = vouch(bundle.statement())
    # A log that has just gone on from another vouches for nothing before its own first receipt.
    if events and parse_note(seal).signatures[0].name != _log_of(events[-1]):
        raise NotCosignedYet
    return seal_bundle(bundle, seal)


def specimen_policy(keys: Sequence[VerifierKey]) -> str:
    """The policy that a specimen's bundle is checked by: the log's own word, and nobody else's."""
    return "".join(f"log {key}\n" for key in keys) + NO_WITNESSES


def _log_of(event: Event) -> str:
    return parse_checkpoint(parse_receipt(event.receipt).note.text).origin


def _events(
    unit: Unit, receipts: Receipts, person: Person, decisions: Sequence[Decision]
) -> list[Event]:
    """The person's events from the enrolment on, as far as they are proven."""
    bodies = {one.number: one.body() for one in decisions}
    facts = unit.facts_of([person.ref])[person.ref]
    opened = [*_appealed(unit, person.ref), *approvals_in(unit, facts)]
    events = []
    for number in range(ENROLMENT, person.events + 1):
        index = unit.index_of(person.ref, number)
        if index is None:
            break
        try:
            receipt = receipts.receipt(unit, index)
        except NotCosignedYet:
            break
        (entry,) = unit.leaves(index, index + 1)
        body = bodies.get(number) or _opening(person, number, entry, opened)
        events.append(Event(number, entry, bytes(receipt), body))
    return events


def _appealed(unit: Unit, ref: str) -> list[bytes]:
    """What the person filed, and how each appeal ended: with reasons that a court can read."""
    filed = own_appeals(unit, ref)
    said = [event.body() for one in filed for event in one.events]
    return [*(one.appeal.body() for one in filed), *said]


def _opening(person: Person, number: int, entry: bytes, bodies: Sequence[bytes]) -> bytes | None:
    """The body that a leaf's commitment opens to, if it is one of these."""
    if not bodies or number == ENROLMENT:
        return None
    wanted = parse(entry)[0].commitment
    key = nonce(person.key, number)
    return next((body for body in bodies if commitment(key, body) == wanted), None)


def _cited(unit: Unit, ref: str, decisions: Sequence[Decision], now: Instant) -> list[Fact]:
    """The evidence that decisions rest on, as far as it is kept; by id."""
    cited = {id for one in decisions for span in one.spans for id in span.evidence}
    facts = standing_evidence(unit, [ref], now).get(ref, ())
    return sorted((fact for fact in facts if fact.id in cited), key=lambda fact: fact.id)
