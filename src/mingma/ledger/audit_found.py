"""What an audit of the public leaves can find: a closed list of words, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Wrong(StrEnum):
    """What a finding says of a leaf. A closed list."""

    UNREADABLE = "unreadable"
    DAY_BACKWARDS = "day_backwards"
    POINTS_FORWARD = "points_forward"
    WRONG_KIND = "wrong_kind"
    SAME_ORGAN = "same_organ"
    SAME_OFFICER = "same_officer"
    OTHER_PROPOSAL = "other_proposal"
    OFFICER_ALONE = "officer_alone"
    RULE_WITHDRAWN = "rule_withdrawn"
    RULE_TOO_LATE = "rule_too_late"
    RULE_MISSING = "rule_missing"
    GRANT_ENDED = "grant_ended"
    GRANT_OVER = "grant_over"
    GRANT_OTHER_ORGAN = "grant_other_organ"
    GRANT_OTHER_POST = "grant_other_post"
    GRANT_WITHOUT_GIVER = "grant_without_giver"
    NO_EMERGENCY = "no_emergency"
    EMERGENCY_TOO_LONG = "emergency_too_long"
    APPEAL_OVERDUE = "appeal_overdue"
    APPEAL_CLOSED_TWICE = "appeal_closed_twice"
    TAG_TWICE = "tag_twice"
    INDEX_DIFFERS = "index_differs"
    TALLY_DIFFERS = "tally_differs"
    RANGE_BROKEN = "range_broken"
    KEY_ALONE = "key_alone"
    LOG_ENDED = "log_ended"
    LOG_BEGINS = "log_begins"
    BULK_WITHOUT_BATCH = "bulk_without_batch"
    BULK_BY_FEW = "bulk_by_few"


@dataclass(frozen=True, slots=True)
class Finding:
    """A leaf, what is wrong with it, the leaf it is wrong about, and what was read there."""

    index: int
    word: Wrong
    about: int | None = None
    what: str = ""


class Findings:
    """Those that nobody has fetched yet."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def say(self, index: int, word: Wrong, about: int | None = None, what: str = "") -> None:
        """Note what is wrong with a leaf."""
        self.found.append(Finding(index, word, about, what))


def there(value: bytes | None) -> bytes:
    """What a leaf of this kind must have; `skim` refuses one without."""
    assert value is not None
    return value
