"""Witness another log: cosign a checkpoint that extends the last one, and never two that conflict.

Check and write are one unit of work, and the answer comes after it: whoever is answered finds the
checkpoint kept. Of two requests at once the second sees what the first wrote. Records are only
added; the last is the one of the largest size, so no request can roll a log back.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from mingma.flows.known_builds import KnownBuilds
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.note import Note, Signature, VerifierKey, parse_note
from mingma.ledger.witnessing import (
    Logs,
    Submission,
    Suspicion,
    origin_hash,
    parse_submission,
    signed_by_the_log,
    suspicion,
    to_cosign,
)
from mingma.ports import Store, Unit
from mingma.records import Record

WITNESSED: Final = "witnessed"  # the kind of records that are cosigned checkpoints
FORK: Final = "fork"  # … and of those that speak against a log
# Anybody may send a log's checkpoint again: within this time it adds no record.
SAME_ANSWER: Final = 60  # seconds


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A key that cosigns, and how it signs."""

    key: VerifierKey
    sign: Callable[[bytes], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Witness:
    """The keys that cosign, in the order of their lines, and the logs it watches.

    With `builds` it cosigns none that is run by a build it does not know.
    """

    cosigners: tuple[Cosigner, ...]
    logs: Logs
    builds: KnownBuilds | None = None


@dataclass(frozen=True, slots=True)
class Fork:
    """What speaks against a log: why, since when, and both notes that the log signed."""

    why: str
    at: Instant
    cosigned: str
    submitted: str


def add_checkpoint(
    store: Store, witness: Witness, body: bytes, now: Instant
) -> tuple[Signature, ...]:
    """The witness's lines under a submitted checkpoint, kept before given; raises Problem."""
    # (1) What no log signed takes nobody's turn to write.
    submission = parse_submission(body)
    signed = signed_by_the_log(submission, witness.logs)
    if witness.builds is not None:
        _must_run_known_builds(store, witness.builds, submission)
    # (2) Check and keep. A refusal is kept too, where it speaks against the log.
    with store.write() as unit:
        answer = _answer(unit, witness, submission, signed, now)
    # (3) A crash here leaves a checkpoint kept and not answered; the log asks again.
    if isinstance(answer, Problem):
        raise answer
    return answer


def last_cosigned(unit: Unit, origin_hash: str) -> bytes | None:
    """The last cosigned checkpoint of a log, with the log's signatures and the witness's."""
    record = unit.last_record(WITNESSED, f"{origin_hash}/")
    return record.body if record else None


def forks(unit: Unit, origin_hash: str) -> list[Fork]:
    """What speaks against a log here, oldest first. `same_size` proves a fork to anybody."""
    found = [
        Fork(at=record.at, **json.loads(record.body))
        for record in unit.records_under(FORK, f"{origin_hash}/")
    ]
    return sorted(found, key=lambda one: (one.at, one.submitted))


def fork_counts(unit: Unit) -> dict[str, int]:
    """How many checkpoints speak against the logs that are watched, by why."""
    counts = {str(why): 0 for why in Suspicion}
    for record in unit.records(FORK):
        counts[record.id.split("/")[1]] += 1
    return counts


def _must_run_known_builds(store: Store, builds: KnownBuilds, submission: Submission) -> None:
    """Look at what is new in a log whose checkpoint could be cosigned; nobody waits meanwhile."""
    with store.read() as unit:
        last = unit.last_record(WITNESSED, f"{origin_hash(submission.origin)}/")
    latest = _checkpoint(last) if last else None
    try:
        head = to_cosign(submission, latest)
    except Problem:
        return  # which is said, and kept, in its own turn
    builds.must_be_known(latest.size if latest else 0, head)


def _answer(
    unit: Unit, witness: Witness, submission: Submission, signed: Note, now: Instant
) -> tuple[Signature, ...] | Problem:
    log = origin_hash(submission.origin)
    # Whoever asks for this in a writing unit is alone with the log until its end.
    last = unit.last_record(WITNESSED, f"{log}/")
    latest = parse_note(last.body) if last else None
    try:
        checkpoint = to_cosign(submission, parse_checkpoint(latest.text) if latest else None)
    except Problem as refusal:
        _keep_evidence(unit, submission, signed, refusal, now)
        return refusal
    if latest and last and latest.text == signed.text and now < last.at + SAME_ANSWER:
        keys = [one.key for one in witness.cosigners]
        given = latest.signatures[-len(keys) :]
        if len(given) == len(keys) and all(map(Signature.is_by, given, keys)):
            return given
    lines = tuple(cosign(checkpoint, one.key, now, one.sign) for one in witness.cosigners)
    body = bytes(Note(signed.text, (*signed.signatures, *lines)))
    unit.add_record(Record(WITNESSED, f"{_at_size(log, checkpoint.size)}{now:019}", now, body))
    return lines


def _keep_evidence(
    unit: Unit, submission: Submission, signed: Note, refusal: Problem, now: Instant
) -> None:
    """Keep what speaks against the log, once for each checkpoint."""
    log = origin_hash(submission.origin)
    there = unit.last_record(WITNESSED, _at_size(log, submission.size))
    why = suspicion(submission, refusal, _checkpoint(there) if there else None)
    if why is None:
        return
    id = f"{log}/{why}/{sha256(signed.text.encode()).hexdigest()}"
    if unit.last_record(FORK, id) is not None:
        return
    ours = there if why is Suspicion.SAME_SIZE else unit.last_record(WITNESSED, f"{log}/")
    assert ours is not None  # both suspicions are against something cosigned
    both = {"why": str(why), "cosigned": ours.body.decode(), "submitted": bytes(signed).decode()}
    unit.add_record(Record(FORK, id, now, canonical(both)))


def _at_size(log: str, size: int) -> str:
    """How the ids begin of what was cosigned at a size; they sort as sizes do."""
    return f"{log}/{size:019}/"


def _checkpoint(record: Record) -> Checkpoint:
    return parse_checkpoint(parse_note(record.body).text)
