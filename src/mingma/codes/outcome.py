"""What comes of checking a token, and how it is told: the result, what was seen, the words.

What could not be checked is never shown as red, and never as green.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mingma.codes.results import REASONS, WORDS, Result, Words
from mingma.codes.token import Flags
from mingma.kernel.times import Instant, print_instant
from mingma.kernel.words import Colour


class Step(StrEnum):
    """The parts of a check, in order."""

    PREFIX = "prefix"
    BASE45 = "base45"
    ZLIB = "zlib"
    COSE = "cose"
    CBOR = "cbor"
    SIGNATURE = "signature"
    KEY_USAGE = "key_usage"
    EXPIRY = "expiry"
    SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a token says whatever its colour: a gate compares the name with the card."""

    issuer: str
    issued_at: Instant
    expires_at: Instant
    jurisdiction: int
    edition: int
    credential: bytes
    name: str
    last_four: str
    flags: Flags


@dataclass(frozen=True, slots=True)
class Proven:
    """Where the decision's leaf stands in the log, and under which landmark that was proven."""

    index: int
    landmark: int


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check.

    INVARIANT: colour and leaf only with OK or STALE_LISTS; bearer only under a good signature; a
    colour worse than green of no specimen only with proven.
    `steps`: True passed, False failed, None not reached. `ages`: of each list that the token asks
    for, its age in seconds, None if it is not at hand.
    """

    result: Result
    reasons: tuple[str, ...]
    steps: Mapping[Step, bool | None]
    bearer: Bearer | None = None
    colour: Colour | None = None
    leaf: bytes | None = None
    ages: Mapping[str, int | None] = field(default_factory=dict)
    proven: Proven | None = None

    def record(self) -> dict[str, object]:
        """The outcome as JSON values, words included."""
        words = self.words
        return {
            "result": self.result.value,
            "colour": self.colour and self.colour.value,
            "specimen": self.bearer is not None and Flags.SPECIMEN in self.bearer.flags,
            "reasons": list(self.reasons),
            "steps": {step.value: passed for step, passed in self.steps.items()},
            "claims": self._claims(),
            "ages": dict(self.ages),
            "receipt": self.proven
            and {"index": self.proven.index, "landmark": self.proven.landmark},
            "words": {"zh": words.zh, "en": words.en},
            "next": {"zh": words.next_zh, "en": words.next_en},
        }

    @property
    def words(self) -> Words:
        """The result in words and the next step: of its reason, where that has its own."""
        return next((REASONS[one] for one in self.reasons if one in REASONS), WORDS[self.result])

    def _claims(self) -> dict[str, object] | None:
        if self.bearer is None:
            return None
        seen = self.bearer
        claims: dict[str, object] = {
            "issuer": seen.issuer,
            "issued_at": print_instant(seen.issued_at),
            "expires_at": print_instant(seen.expires_at),
            "jurisdiction": seen.jurisdiction,
            "edition": seen.edition,
            "credential": seen.credential.hex(),
            "name": seen.name,
            "last_four": seen.last_four,
            "flags": [str(flag.name).lower() for flag in seen.flags],
        }
        if self.colour is not None:
            claims["colour"] = self.colour.value
        if self.leaf is not None:
            claims["leaf"] = self.leaf.hex()
        return claims


def nothing_read(reason: str) -> Checked:
    """The outcome where there was no text to check: a picture that shows no code, for one."""
    return Checked(Result.UNREADABLE, (reason,), dict.fromkeys(Step))
