"""Replay: decide anew on the evidence that is stored, and see that no code would change by it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from mingma.codes.decide import Cover, decide
from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.flows.context import Context
from mingma.flows.decide import verdicts_of
from mingma.flows.renew_everyone import BASIS, basis_of
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Person


class Replay:
    """The honest rules, on the packs, areas and emergency of an instant."""

    def __init__(self, unit: Unit, context: Context, now: Instant) -> None:
        self._unit = unit
        self._context = context
        self._now = now
        emergency = unit.emergency_at(now)
        self._cover = Cover(emergency.id, emergency.ends) if emergency else None

    def is_comparable(self) -> bool:
        """Whether everybody was decided on the packs, areas and emergency of now."""
        last = self._unit.last_record(BASIS, "")
        return last is None or last.body == basis_of(self._unit, self._context, self._now)

    def differs(
        self, person: Person, decision: Decision, facts: Sequence[Fact], gone: Collection[str]
    ) -> bool:
        """Whether deciding anew on what is stored would change the last decision."""
        if decision.packs != self._context.book.refs or decision.emergency != (
            self._cover.id if self._cover else None
        ):
            return False  # another edition or emergency: `renew_everyone` is for that
        at = max(self._now, decision.decided_at)  # of earlier instants a decision says nothing
        verdict = verdicts_of(self._context, {person.ref: facts}, at)[person.ref]
        # What an appeal took away counts no more, whether or not that is on record yet. What gave
        # way to it is compared whole: it does not show, and was decided all the same.
        spans = (span for span in decision.spans if set(gone).isdisjoint(span.evidence))
        left = replace(decision, spans=tuple(spans))
        return decide(verdict, left, person.events + 1, self._cover) is not None
