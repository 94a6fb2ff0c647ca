"""What reconciling finds: a word of a closed list, the leaf it is named by, and whose it is.

Whose it is stands apart, for the operator's auditor alone (docs/guides/audit.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.codes.decision import Decision
from mingma.kernel.errors import Problem
from mingma.ledger.leaf import Leaf, parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ports import Unit

PAGE: Final = 1000  # leaves, or people, that are looked at together
AROUND_MIDNIGHT: Final = 60  # seconds: an act just before midnight may be sealed just after it


class Amiss(StrEnum):
    """What does not fit. A closed list (docs/guides/audit.md)."""

    HEAD = "head"
    COSIGNED = "cosigned_head"
    NOT_COSIGNED = "not_cosigned"
    EMERGENCY = "emergency_differs"
    AREA_LIST = "area_list_differs"
    AREA = "area_differs"
    NOT_VOUCHED = "row_not_vouched"
    OFFICE_DIFFERS = "office_differs"
    OFFICE_MISSING = "office_missing"
    OFFICE_WITHOUT_LEAF = "office_without_leaf"
    LEAF_UNREADABLE = "leaf_unreadable"
    ACT_MISSING = "act_missing"
    PERSON_MISSING = "person_missing"
    KEY_DIFFERS = "key_differs"
    TAG_DIFFERS = "tag_differs"
    DECISION_MISSING = "decision_missing"
    DECISION_UNREADABLE = "decision_unreadable"
    DECISION_DIFFERS = "decision_differs"
    DECISION_WITHOUT_LEAF = "decision_without_leaf"
    OTHER_KIND = "other_kind"
    BACK_DATED = "back_dated"
    EVENT_MISSING = "event_missing"
    EVENT_HIDDEN = "event_hidden"
    APPEAL_DIFFERS = "appeal_differs"
    APPEAL_WITHOUT_LEAF = "appeal_without_leaf"
    NOTICE_MISSING = "notice_missing"
    NOTICE_DIFFERS = "notice_differs"
    FACT_UNREADABLE = "fact_unreadable"
    FACT_DIFFERS = "fact_differs"
    FACT_WITHOUT_RECEIPT = "fact_without_receipt"
    FACTS_MISSING = "facts_missing"
    EVIDENCE_MISSING = "evidence_missing"
    EVIDENCE_LATER = "evidence_later"
    REPLAY_DIFFERS = "replay_differs"
    NOT_COMPARABLE = "not_comparable"
    TABLE = "table_differs"
    WAITS_LONG = "waits_long"
    OUTBOX_UNREADABLE = "outbox_unreadable"
    WAITING_DIFFERS = "waiting_differs"


# What honest operation can bring about: said, and no reason to refuse a start.
HARMLESS: Final = frozenset(
    {Amiss.BACK_DATED, Amiss.NOT_COMPARABLE, Amiss.NOT_COSIGNED, Amiss.WAITS_LONG}
)


@dataclass(frozen=True, slots=True)
class Found:
    """What is amiss: at which leaf, with whose which event, and in what.

    What has no leaf of its own is named by one of the same person's: that of a decision that cites
    it, else of the last event, else of the enrolment.
    """

    word: Amiss
    index: int | None = None
    subject: str | None = None
    number: int | None = None
    what: str = ""


def sealed_leaf(unit: Unit, index: int) -> tuple[Leaf, int] | None:
    """A leaf and the day of its seal; None where it is none, which the walk over them says."""
    entries = unit.leaves(index, index + 1)
    try:
        return parse(entries[0]) if entries else None
    except LeafUnreadable:
        return None


def decisions_of(unit: Unit, subject: str) -> Sequence[Decision] | None:
    """A person's decisions; None where one of them cannot be read."""
    try:
        return unit.decisions_of(subject)
    except Problem:
        return None
