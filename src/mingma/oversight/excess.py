"""Reconciliation: no source and category has more marks than the source signed records.

A source of tests or infections that signs no count at all is an alarm: nothing can be held to it.

Both numbers are public. More marks than records cannot be chance, so this is an incident and no
alarm. It rests on the sources' honesty about their own counts; a laboratory that signs two extra
positives is not seen here (ACCOUNTABILITY section 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mingma.oversight.events import Signed, Uncounted
from mingma.oversight.signal import Detector, Signal, named


def excess(signed: Iterable[Signed]) -> Iterator[Signal]:
    """Where marks are more than the records that their source signed."""
    for one in signed:
        if one.marks > one.records:
            figures = {"marks": one.marks, "records": one.records}
            about = f"{one.source}/{one.category}"
            yield Signal(Detector.RECONCILIATION, about, one.at, figures, named([one.leaf]))


def uncounted(days: Iterable[Uncounted]) -> Iterator[Signal]:
    """Where a source signed for no records of a day on which some came in its name."""
    for one in days:
        about = f"{one.source}/{one.kind}/{one.day}"
        yield Signal(Detector.UNCOUNTED, about, one.at, {"records": 0})
