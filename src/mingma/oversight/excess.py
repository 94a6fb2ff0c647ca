"""Reconciliation: no source and category has more marks than the source signed records.

Both numbers are public. More marks than records cannot be chance, so this is an incident and no
alarm. It rests on the sources' honesty about their own counts; a laboratory that signs two extra
positives is not seen here (ACCOUNTABILITY section 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mingma.oversight.events import Signed
from mingma.oversight.signal import Detector, Signal, named


def excess(signed: Iterable[Signed]) -> Iterator[Signal]:
    """Where marks are more than the records that their source signed."""
    for one in signed:
        if one.marks > one.records:
            figures = {"marks": one.marks, "records": one.records}
            about = f"{one.source}/{one.category}"
            yield Signal(Detector.RECONCILIATION, about, one.at, figures, named([one.leaf]))
