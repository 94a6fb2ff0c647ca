"""Whether a published log continues what witnesses cosigned, and was written when they saw it."""

from __future__ import annotations

from mingma.cli.audit_report import Report, place_of
from mingma.cli.published import Cosigned
from mingma.ledger.audit_days import misdated, seen_at
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import LogFiles, Read
from mingma.ledger.leaf import sealed_on
from mingma.ledger.leaf_values import LeafUnreadable


def audit_landmarks(report: Report, read: Read, head: Checkpoint, cosigned: Cosigned) -> None:
    """Hold the log against every head that witnesses cosigned.

    Under a policy that was replaced the oldest are no longer believed; after one that is, all are.
    """
    believed = cosigned.landmarks.believed(cosigned.policy)
    files = LogFiles(read, head) if report.said["public"]["whole"] else None
    for one in cosigned.landmarks.heads:
        if one.size not in believed:
            if one.size > min(believed, default=0):
                report.add("landmarks", "landmark_unproven", place_of(one.size - 1))
        elif one.size > head.size:
            report.add(
                "landmarks", "public_behind", place_of(head.size, f"{one.size} are cosigned")
            )
        elif files is not None and files.root(one.size) != one.root:
            report.add("landmarks", "landmark_differs", place_of(one.size - 1, "another history"))
        elif files is not None:
            _audit_days(report, files, one, seen_at(believed[one.size]))


def _audit_days(report: Report, files: LogFiles, head: Checkpoint, seen: int | None) -> None:
    """Whether the leaves before and after a cosigned head say the days when it was seen."""
    if seen is None:
        return  # a policy that asks for nobody
    last, size = head.size - 1, head.size
    following = (size, _day(files, size)) if size < files.size else None
    for index, what in misdated(seen, (last, _day(files, last)), following):
        report.add("landmarks", "day_not_cosigned", place_of(index, what))


def _day(files: LogFiles, index: int) -> int | None:
    try:
        return sealed_on(files.entry(index))
    except LeafUnreadable:
        return None  # said already
