"""What a gate makes of a token: a named result, never yes or no.

Follows the order of docs/formats/token.md; needs no network and asks nobody. What cannot be
checked is never shown as red, and never as green: the colour is in the outcome only where the
result says it, with OK and, as it was signed, with STALE_LISTS. A colour worse than green needs
more than a signature: its decision, proven to be in the log under a landmark (P1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from mingma.codes import base45, chain, cose, receipt_frame
from mingma.codes.outcome import Bearer, Checked, Proven, Step
from mingma.codes.results import Result
from mingma.codes.token import (
    MAX_TEXT,
    PREFIX,
    Claims,
    Envelope,
    Flags,
    Status,
    inflate,
    read_claims,
    read_envelope,
    read_status,
    times,
)
from mingma.codes.trust import Certificate, Trust
from mingma.codes.unreadable import TokenUnreadable, unreadable
from mingma.kernel.times import Instant
from mingma.kernel.words import Colour
from mingma.ledger.short_receipt import LandmarkUnknown
from mingma.ledger.tree import ProofDoesNotHold

SKEW: Final = 60  # seconds by which an issuer's clock may be ahead of the checker's
Steps = dict[Step, bool | None]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a gate accepts, by its published trust policy."""

    static: bool = True
    paper: bool = True


class _No(Exception):
    """The check ends here with a result other than OK, STALE_LISTS and UNREADABLE."""

    def __init__(self, result: Result, reason: str) -> None:
        super().__init__(reason)
        self.result, self.reason = result, reason


def check(
    text: str,
    now: Instant,
    *,
    trust: Trust,
    specimen: bool = False,
    acceptance: Acceptance | None = None,
    receipt: str | None = None,
    landmarks: Mapping[int, bytes] | None = None,
) -> Checked:
    """The outcome for a token's text at an instant; raises nothing.

    `specimen` asks what a specimen token shows; unasked, such a token is UNPROVEN. `receipt` is the
    text of the second frame, `landmarks` the log's roots by size that were believed beforehand.
    """
    steps: Steps = dict.fromkeys(Step)
    bearer: Bearer | None = None
    proven: Proven | None = None
    try:
        envelope, claims = _open(text, steps)
        signers = _signers(envelope, trust, steps)
        status = _status(claims, steps)
        bearer = _bearer(status) if isinstance(status, Status) else None
        _judge_times(times(claims), now, signers, steps)
        if isinstance(status, TokenUnreadable):
            raise status
        ages = _lists(status)
        _judge_display(status, envelope, now)
        _judge_acceptance(status, acceptance or Acceptance(), specimen=specimen)
        if status.colour is not Colour.GREEN and Flags.SPECIMEN not in status.flags:
            proven = _prove(status, receipt, landmarks or {})
    except TokenUnreadable as refused:
        return Checked(Result.UNREADABLE, (str(refused.details["why"]),), steps)
    except _No as no:
        return Checked(no.result, (no.reason,), steps, bearer)
    result = Result.STALE_LISTS if ages else Result.OK
    reasons = ("list.none_at_hand",) if ages else ()
    return Checked(result, reasons, steps, bearer, status.colour, status.leaf, ages, proven)


@contextmanager
def _step(steps: Steps, step: Step) -> Iterator[None]:
    """The step has failed unless the block ends."""
    steps[step] = False
    yield
    steps[step] = True


def _open(text: str, steps: Steps) -> tuple[Envelope, Claims]:
    """What is inside the text, believed by nobody yet; raises TokenUnreadable."""
    with _step(steps, Step.PREFIX):
        if not text.startswith(PREFIX):
            raise unreadable("prefix.missing")
    with _step(steps, Step.BASE45):
        if len(text) > MAX_TEXT:
            raise unreadable("base45.too_long")
        packed = base45.decode(text.removeprefix(PREFIX))
    with _step(steps, Step.ZLIB):
        message = inflate(packed)
    with _step(steps, Step.COSE):
        envelope = read_envelope(cose.decode(message))
    with _step(steps, Step.CBOR):
        claims = read_claims(envelope.payload)
    return envelope, claims


def _signers(envelope: Envelope, trust: Trust, steps: Steps) -> list[Certificate]:
    """The trusted certificates whose key signed this; at least one."""
    with _step(steps, Step.SIGNATURE):
        known = trust.under(envelope.kid)
        if not known:
            raise _No(Result.UNKNOWN_KEY, "key.not_trusted")
        readable = [one for one in known if one.readable]
        if not readable:
            raise _No(Result.UNKNOWN_KEY, "certificate.unreadable")
        fitting = [one for one in readable if one.algorithm == envelope.algorithm]
        if not fitting:
            raise _No(Result.BAD_SIGNATURE, "key.algorithm")
        signers = [one for one in fitting if one.verifies(envelope.signature, envelope.signed)]
        if not signers:
            raise _No(Result.BAD_SIGNATURE, "signature.does_not_match")
    return signers


def _status(claims: Claims, steps: Steps) -> Status | TokenUnreadable:
    """The status that the claims hold, or why not: dates are judged first, so it is not raised."""
    try:
        with _step(steps, Step.SCHEMA):
            return read_status(claims)
    except TokenUnreadable as refused:
        return refused


def _bearer(status: Status) -> Bearer:
    return Bearer(
        issuer=status.issuer,
        issued_at=status.issued_at,
        expires_at=status.expires_at,
        jurisdiction=status.jurisdiction,
        edition=status.edition,
        credential=status.credential,
        name=status.name,
        last_four=status.last_four,
        flags=status.flags,
    )


def _judge_times(
    lifetime: tuple[Instant, Instant], now: Instant, signers: list[Certificate], steps: Steps
) -> None:
    """The signer's certificate was meant for this and covers it; the token is in its lifetime.

    A token never outlives its certificate, so one whose certificate has ended has lapsed itself.
    """
    issued_at, expires_at = lifetime
    with _step(steps, Step.KEY_USAGE):
        signers = [one for one in signers if one.signs_codes]
        if not signers:
            raise _No(Result.UNKNOWN_KEY, "certificate.purpose")
    with _step(steps, Step.EXPIRY):
        signers = [one for one in signers if one.begins <= issued_at <= one.ends]
        if not signers:
            raise _No(Result.UNKNOWN_KEY, "certificate.dates")
        if issued_at > now + SKEW:
            raise _No(Result.NOT_YET, "token.issued_later")
        if now >= expires_at:
            raise _No(Result.EXPIRED, "token.lapsed")
        if all(expires_at > one.ends for one in signers):
            raise _No(Result.UNKNOWN_KEY, "certificate.ends_first")


def _lists(status: Status) -> dict[str, int | None]:
    """The age of each list that the token asks for. No list is read yet, so none is at hand."""
    return {} if status.index is None else {"status": None}


def _judge_display(status: Status, envelope: Envelope, now: Instant) -> None:
    """The rotating proof is the current one, where the token asks for one."""
    if status.anchor is None:
        if envelope.proof is not None:
            raise unreadable("cose.unprotected")
        return
    lifetime = status.issued_at, status.expires_at
    if envelope.proof is None:
        raise _No(Result.STALE_SCREENSHOT, "proof.missing")
    if not chain.holds(status.credential, status.anchor, lifetime, now, envelope.proof):
        raise _No(Result.STALE_SCREENSHOT, "proof.not_current")


def _judge_acceptance(status: Status, acceptance: Acceptance, *, specimen: bool) -> None:
    """What is accepted here."""
    if Flags.STATIC in status.flags and not acceptance.static:
        raise _No(Result.NOT_ACCEPTED_HERE, "acceptance.static")
    if Flags.PAPER in status.flags and not acceptance.paper:
        raise _No(Result.NOT_ACCEPTED_HERE, "acceptance.paper")
    if Flags.SPECIMEN in status.flags and not specimen:
        raise _No(Result.UNPROVEN, "specimen.not_asked")


def _prove(status: Status, receipt: str | None, landmarks: Mapping[int, bytes]) -> Proven:
    """Where the log proves a decision for this colour; no proof, no red (LEDGER section 1).

    Nothing of the receipt is used but the entry that was proven.
    """
    if receipt is None:
        raise _No(Result.UNPROVEN, "receipt.missing")
    try:
        short = receipt_frame.read_frame(receipt)
        entry, landmark = short.verify(landmarks)
    except receipt_frame.FrameUnreadable:
        raise _No(Result.UNPROVEN, "receipt.unreadable") from None
    except LandmarkUnknown:
        raise _No(Result.UNPROVEN, "receipt.landmark") from None
    except ProofDoesNotHold:
        raise _No(Result.UNPROVEN, "receipt.does_not_hold") from None
    objection = receipt_frame.objection(entry, status.leaf, status.colour)
    if objection is not None:
        raise _No(Result.UNPROVEN, objection)
    return Proven(short.index, landmark)
