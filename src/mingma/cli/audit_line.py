"""Whether a published log goes on from the one it names: one log a year, in an unbroken line."""

from __future__ import annotations

from collections.abc import Sequence

from mingma.cli.audit_report import Report, place_of
from mingma.cli.log_place import reader
from mingma.cli.published import believed
from mingma.kernel.errors import Problem
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import LogFiles
from mingma.ledger.leaf import parse
from mingma.ledger.succession import begins_a_log, verify_beginning


class Line:
    """The leaves with which a log goes on from another."""

    def __init__(self) -> None:
        self._first: dict[int, bytes] = {}

    def note(self, index: int, entry: bytes) -> None:
        """Take an entry."""
        if begins_a_log(entry):
            self._first[index] = entry

    def audit(self, report: Report, files: LogFiles, before: Sequence[str]) -> None:
        """Each goes on from the one it names, and those published `before` are among these."""
        ended: list[Checkpoint] = []
        for index, entry in self._first.items():
            try:
                # By its own word; the digest holds it to the tree as it was before this leaf.
                final = Checkpoint(parse(entry)[0].origin or "", index, files.root(index))
                verify_beginning(entry, index, final)
            except Problem as refused:
                why = str(refused.details.get("why"))
                report.add("line", "log_begins_elsewhere", place_of(index, why))
            else:
                ended.append(final)
        for place in before:
            last, _ = believed(place, reader(place), None, None)
            if last not in ended:
                report.add("line", "other_log_before", place_of(None, f"{place}: {last.origin}"))
