"""Approvals of marks: by another organ and officer than proposed them, under the same rule."""

from __future__ import annotations

from mingma.ledger.audit_batches import Batches, Maker, maker_of
from mingma.ledger.audit_found import Findings, Wrong, there
from mingma.ledger.audit_marks import Bulk, Marks
from mingma.ledger.skim import Fields


class Approvals:
    """Keeps what was proposed, and counts what was approved without a batch that covers it."""

    def __init__(self, findings: Findings) -> None:
        self._say = findings.say
        self._proposals: dict[int, Maker] = {}
        self._batches = Batches()
        self._marks = Marks()

    def see_proposal(self, index: int, fields: Fields) -> None:
        """A mark is proposed."""
        self._proposals[index] = maker_of(fields)

    def see_batch(self, index: int, fields: Fields) -> None:
        """A batch is opened for what is proposed with it."""
        self._batches.see(index, maker_of(fields), int(there(fields["n"])))

    def see_approval(self, index: int, fields: Fields, today: int) -> None:
        """… and approved."""
        other = int(there(fields["a"]))
        proposal = self._proposals.get(other)
        if proposal is None:
            return  # said already: it is no proposal
        if fields["o"] == proposal.organ:
            self._say(index, Wrong.SAME_ORGAN, other)
        if fields["u"] == proposal.officer:
            self._say(index, Wrong.SAME_OFFICER, other)
        if fields["r"] != proposal.rule:
            self._say(index, Wrong.OTHER_PROPOSAL, other)
        batch = fields["b"]
        if batch is None or not self._batches.cover(int(batch), proposal):
            officers = (proposal.officer, there(fields["u"]))
            for bulk in self._marks.see(index, today, proposal.organ, proposal.rule, officers):
                self._say_bulk(bulk)

    def end(self) -> None:
        """The log ends here."""
        for bulk in self._marks.end():
            self._say_bulk(bulk)

    def _say_bulk(self, bulk: Bulk) -> None:
        self._say(bulk.first, Wrong.BULK_WITHOUT_BATCH, bulk.last, str(bulk))
        if bulk.by_few:
            self._say(bulk.first, Wrong.BULK_BY_FEW, bulk.last, str(bulk))
