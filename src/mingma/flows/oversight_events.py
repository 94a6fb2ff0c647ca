"""What the detectors are given, read from the store: acts with their leaves, and nobody's name.

Attempts, proposals with their approvals, appeals with their answers; `oversight_counts` has what
sources sign. An organ below the prefecture stands under its public name, as in the log. A record
that cannot be read is left out here; `flows/reconcile.py` is what names it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from mingma.appeals.appeal import WON, Filed, Happened, State
from mingma.appeals.terms import SHIELD, Asked
from mingma.authority.acts import Act
from mingma.authority.organs import NATION
from mingma.authority.posts import Grant
from mingma.authority.proposal import ActKind, Row
from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.flows import offices
from mingma.flows.attempts import ATTEMPT
from mingma.flows.emergency import INSTANCE
from mingma.flows.exact_record import exact_record
from mingma.flows.kept_appeals import all_appeals
from mingma.flows.leaf_names import public_name
from mingma.flows.oversight_counts import Cited, SourceCounts, records_until, said_in
from mingma.flows.proposals import MADE, PROPOSAL, Kept, batch_index, kept, made_of
from mingma.flows.propose_act import MAY_PROPOSE
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.oversight.events import (
    Answered,
    Attempted,
    Cleared,
    FirstUse,
    LaboratoryDay,
    Marked,
    Proposed,
    Signed,
    Uncounted,
)
from mingma.ports import Unit
from mingma.records import Record

# How many people an attempt was about, at least (flows/attempts.py).
LEAST: Final[Mapping[str, int]] = {"1": 1, "2-9": 2, "10-99": 10, "100-999": 100, "1000+": 1000}
PROVINCE: Final = 2  # digits of a division's code that name its province
CITY: Final = 4
MOVES: Final = frozenset({"entry", "trip", "area_stay", "daily_report", "foreign_statement"})


@dataclass(frozen=True, slots=True)
class Events:
    """Everything the detectors look at."""

    attempts: tuple[Attempted, ...] = ()
    batches: tuple[Proposed, ...] = ()
    first_uses: tuple[FirstUse, ...] = ()
    marks: tuple[Marked, ...] = ()
    answers: tuple[Answered, ...] = ()
    cleared: tuple[Cleared, ...] = ()
    signed: tuple[Signed, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    tested: tuple[LaboratoryDay, ...] = ()


def events(unit: Unit, now: Instant) -> Events:
    """What happened up to an instant."""
    reader, counts = _Reader(unit, now), SourceCounts(unit, now)
    proposals = list(reader.proposals())
    filed = list(all_appeals(unit))
    return Events(
        attempts=tuple(reader.attempts()),
        batches=tuple(one.proposed for one in proposals),
        first_uses=tuple(reader.first_uses(proposals)),
        marks=tuple(reader.marks(proposals)),
        answers=tuple(reader.answers(filed)),
        cleared=tuple(reader.cleared(filed)),
        signed=tuple(counts.signed(reader.cited(proposals))),
        uncounted=tuple(counts.uncounted()),
        tested=tuple(counts.tested()),
    )


def attempts_since(unit: Unit, since: Instant, now: Instant) -> list[Attempted]:
    """The refused attempts of [since, now]; nothing older is read."""
    records = takewhile(lambda one: one.at <= now, _after(unit, f"{since:019}"))
    return [one for one in _Reader(unit, now).attempted(records) if one.at >= since]


def _after(unit: Unit, id: str) -> Iterator[Record]:
    """Attempts by id, which sort as their instants do, from a given one on."""
    while (record := unit.first_record(ATTEMPT, id)) is not None:
        yield record
        id = f"{record.id}!"


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that became a fact: under which leaf, and which records it cites."""

    row: Row
    draft: Fact
    leaf: int | None


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A proposal that makes somebody worse off, and of it what was approved."""

    proposed: Proposed
    maker: str
    kind: ActKind
    region: str
    case: str | None
    made_at: Instant | None
    made: Sequence[_Row]


@dataclass(slots=True)
class _Reader:
    unit: Unit
    now: Instant
    names: dict[str, str] = field(default_factory=dict)
    grants: dict[str, Sequence[Grant]] = field(default_factory=dict)

    def attempts(self) -> Iterator[Attempted]:
        return self.attempted(self._records(ATTEMPT))

    def attempted(self, records: Iterable[Record]) -> Iterator[Attempted]:
        for record in records:
            said = said_in(record)
            with contextlib.suppress(LookupError, TypeError):
                people = LEAST[said["size"]] * said.get("count", 1)
                at = Instant(said["bin"]) if "count" in said else record.at  # of an hour's rest
                yield Attempted(at, said["organ"], people, self._leaf(record))

    def proposals(self) -> Iterator[_Proposal]:
        for record in self._records(PROPOSAL):
            with contextlib.suppress(Problem, LookupError, TypeError, ValueError):
                one = kept(self.unit, record.id)
                if one.proposal.worsens:
                    yield self._proposal(one)

    def first_uses(self, proposals: Sequence[_Proposal]) -> Iterator[FirstUse]:
        """Each batch beside the first grant by which its maker could make one of the kind."""
        for one in proposals:
            [act] = (act for act, kinds in MAY_PROPOSE.items() if one.kind in kinds)
            grant = self._first_grant(one.maker, act)
            if grant is not None:
                made, by_hand = one.proposed, one.kind is ActKind.MARK
                index = offices.grant_index(self.unit, grant.id)
                yield FirstUse(
                    made.at, made.organ, one.maker, grant.starts, by_hand,
                    made.people, made.leaf, index,
                )  # fmt: skip

    def marks(self, proposals: Sequence[_Proposal]) -> Iterator[Marked]:
        """The people marked by approved proposals, laboratories' findings left out."""
        for one in proposals:
            if one.made_at is None:
                continue
            counting = [made for made in one.made if not made.row.laboratory]
            facts = self.unit.facts_of({made.row.subject for made in counting})
            for made in counting:
                cited = [f for f in facts[made.row.subject] if f.id in made.row.evidence]
                outside = any(_is_outside(fact, one.region) for fact in cited)
                case = one.case or getattr(made.draft.data, "index", None)
                city, organ = one.region[:CITY], one.proposed.organ
                yield Marked(one.made_at, city, organ, case, outside, made.leaf)

    def answers(self, filed: Sequence[Filed]) -> Iterator[Answered]:
        for one in filed:
            end = one.closing()
            if end is None or end.happened != Happened.ANSWERED or end.at > self.now:
                continue
            overturned = one.state_at(self.now) is State.UPHELD
            yield Answered(
                Instant(end.at), self._name(one.appeal.maker or ""), overturned, one.appeal.leaf
            )

    def cleared(self, filed: Sequence[Filed]) -> Iterator[Cleared]:
        for one in filed:
            appeal, at = one.appeal, one.ended_at(self.now)
            if at is None or one.state_at(self.now) not in WON or appeal.asked == Asked.URGENT:
                continue
            again = self._again(appeal.subject, at)
            yield Cleared(
                again.decided_at if again else at,
                self._name(appeal.maker or ""),
                again is not None,
                self.unit.index_of(appeal.subject, again.number) if again else appeal.leaf,
            )

    def cited(self, proposals: Sequence[_Proposal]) -> Cited:
        """By source and kind, when marks cited its records, and under which leaf."""
        done = sorted(
            (one.made_at, n) for n, one in enumerate(proposals) if one.made_at is not None
        )
        rows = [(at, made) for at, n in done for made in proposals[n].made]
        facts = self.unit.facts_of({made.row.subject for _, made in rows})
        cited: dict[tuple[str, str], list[tuple[Instant, int | None]]] = {}
        for at, made in rows:
            for fact in facts[made.row.subject]:
                source = fact.id.partition("/")[0]
                if fact.id in made.row.evidence:
                    cited.setdefault((source, fact.kind), []).append((at, made.leaf))
        return cited

    def _first_grant(self, officer: str, act: Act) -> Grant | None:
        if officer not in self.grants:
            self.grants[officer] = offices.grants_of(self.unit, officer)
        gave = (grant for grant in self.grants[officer] if grant.gives(act))
        return min(gave, key=lambda grant: grant.starts, default=None)

    def _records(self, kind: str) -> Iterator[Record]:
        return records_until(self.unit, kind, self.now)

    def _proposal(self, one: Kept) -> _Proposal:
        proposal = one.proposal
        rows = made_of(self.unit, one) or {}
        made = [
            _Row(
                proposal.rows[row],
                one.drafts[row],
                self.unit.index_of(proposal.rows[row].subject, number),
            )
            for row, number in sorted(rows.items())
        ]
        leaf = batch_index(self.unit, one)
        if leaf is None:
            leaf = self.unit.index_of(proposal.rows[0].subject, one.numbers[0])
        organ = self._name(proposal.maker.organ)
        proposed = Proposed(proposal.made_at, organ, proposal.people, leaf)
        return _Proposal(
            proposed, proposal.maker.officer, proposal.kind,
            proposal.region, proposal.case, self._made_at(one), made,
        )  # fmt: skip

    def _made_at(self, one: Kept) -> Instant | None:
        record = exact_record(self.unit, MADE, one.id)
        return record.at if record is not None and record.at <= self.now else None

    def _again(self, subject: str, since: Instant) -> Decision | None:
        """The decision that made somebody worse again within the shield, if there is one."""
        with contextlib.suppress(Problem):
            for one in self.unit.decisions_of(subject):
                within = since < one.decided_at <= min(since + SHIELD.seconds, self.now)
                if within and SEVERITY.get(one.worst_ahead(), 0) > SEVERITY[Colour.GREEN]:
                    return one
        return None

    def _name(self, organ: str) -> str:
        if organ not in self.names:
            found = offices.organ(self.unit, organ)
            self.names[organ] = public_name(found) if found else organ
        return self.names[organ]

    def _leaf(self, record: Record) -> int | None:
        return self.unit.index_of(f"{INSTANCE}:{record.kind}:{record.id}", 0)


def _is_outside(fact: Fact, region: str) -> bool:
    """Whether what a mark cites is a stay or an arrival from another province."""
    if fact.kind not in MOVES or region == NATION:
        return False
    came = getattr(fact.data, "from_", None) or fact.region
    return bool(came) and str(came)[:PROVINCE] != region[:PROVINCE]
