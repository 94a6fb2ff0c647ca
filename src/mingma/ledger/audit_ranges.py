"""Indexes of an hour and tables of a day: over the leaves they say, each from where one ended."""

from __future__ import annotations

from mingma.ledger.audit_found import Findings, Wrong, there
from mingma.ledger.audit_tags import HourIndex
from mingma.ledger.leaf import Kind
from mingma.ledger.skim import Fields, day


class Ranges:
    """Keeps where each day began, where the last index and table ended, and an hour's tags."""

    def __init__(self, findings: Findings) -> None:
        self._say = findings.say
        self._day_starts: dict[int, int] = {}
        self._ends: dict[Kind, int] = {}
        self._hours = HourIndex()
        self.keep = self._hours.see  # the tag of the next leaf; None where it has none

    def see_day(self, index: int, today: int) -> None:
        """A day begins."""
        self._day_starts[today] = index

    def see_index(self, index: int, fields: Fields) -> None:
        """The index of an hour: its leaves make it."""
        start, end = self._range(index, Kind.INDEX_HOUR, fields)
        count, root = int(there(fields["n"])), there(fields["h"])
        if end <= index and not self._hours.agrees(start, end, count, root):
            self._say(index, Wrong.INDEX_DIFFERS, start)

    def see_tally(self, index: int, fields: Fields) -> None:
        """The table of a day: over that day's leaves."""
        start, end = self._range(index, Kind.TALLY_DAY, fields)
        table = day(there(fields["d"]))
        later = [first for sealed_on, first in self._day_starts.items() if sealed_on > table]
        last = min(later, default=index)
        if (start, end) != (self._day_starts.get(table, last), last):
            self._say(index, Wrong.TALLY_DIFFERS, start)

    def _range(self, index: int, kind: Kind, fields: Fields) -> tuple[int, int]:
        """The leaves an index or a table is about: those from the last one's end on."""
        start, end = int(there(fields["i"])), int(there(fields["j"]))
        if end > index:
            self._say(index, Wrong.POINTS_FORWARD, end)
        elif start != self._ends.get(kind, 0):
            self._say(index, Wrong.RANGE_BROKEN, start)
        self._ends[kind] = end
        return start, end
