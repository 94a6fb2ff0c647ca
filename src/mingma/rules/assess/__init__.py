"""The plain definition of every rule: facts and an instant in, a verdict out.

Written to be read beside RULES; `rules/columnar` says the same as SQL and a test holds the two
equal. Knows nothing of decisions, logs or who asks.

What is known at the instant: facts and recorded ends later than it do not count yet, so asking
again about a past instant gives the past answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from mingma.evidence.model import Fact
from mingma.rules.assess.company import counted as counted_for
from mingma.rules.assess.company import only_notice, others
from mingma.rules.assess.ending import ended, left, reported
from mingma.rules.assess.exposures import MatchArea, exposures, no_areas
from mingma.rules.assess.person import Person, as_known, known_since, recorded
from mingma.rules.assess.phases import absence, lay
from mingma.rules.conditions import matcher
from mingma.rules.ground import Ground
from mingma.rules.pack import Pack
from mingma.rules.verdict import Span, Verdict, in_order


class Rulebook:
    """Packs made ready: which grounds to ask for a fact of each kind."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self.packs = tuple(packs)
        self.by_kind: dict[str, list[tuple[str, Ground, Callable[[Fact], bool]]]] = {}
        self.absences: list[tuple[str, Ground]] = []
        for pack in packs:
            for ground in pack.grounds:
                if ground.absence is not None:
                    self.absences.append((pack.id, ground))
                elif ground.when is not None:
                    entry = (pack.id, ground, matcher(ground.when))
                    self.by_kind.setdefault(ground.when.kind, []).append(entry)
        self.refs = tuple(pack.ref for pack in packs)


def assess(
    book: Rulebook,
    subject: str,
    facts: Iterable[Fact],
    at: int,
    areas: MatchArea = no_areas,
    stale: Collection[str] = (),
) -> Verdict:
    """The verdict on one subject at an instant, from her own facts only.

    `areas` matches a region and place to listings; `stale` are kinds whose channel is too old.
    """
    # (1) What was known by then, less what was withdrawn.
    known = [f for fact in facts if (f := as_known(fact, at)) is not None]
    withdrawn = {fact.data.of for fact in known if fact.kind == "withdrawal"}  # type: ignore[union-attr]
    person = Person(at, [f for f in known if f.id not in withdrawn and f.kind != "withdrawal"])

    # (2) Each live fact against each ground of its kind.
    spans: set[Span] = set()
    for fact in person.facts:
        for pack, ground, meets in book.by_kind.get(fact.kind, ()):
            if meets(fact):
                spans.update(spans_of(pack, ground, fact, person, areas))
    for pack, ground in book.absences:
        spans.update(absence(pack, ground, person))

    # (3) What is live or still to come; nothing known is neither green nor red.
    ahead = in_order(s for s in spans if s.until is None or s.until > at)
    blind = bool(known) and all(f.id in withdrawn or f.kind in stale for f in known)
    return Verdict(subject, at, book.refs, ahead, known=not blind)


def spans_of(
    pack: str, ground: Ground, fact: Fact, person: Person, areas: MatchArea
) -> Iterable[Span]:
    # (1) What ended is over: exclusion, a release order, tests, reports, leaving.
    if not ground.counts_exclusion and getattr(fact.data, "excluded_at", None) is not None:
        return
    anchored = any("released" in phase.after for phase in ground.phases)
    if not anchored and person.released(fact.id) is not None:
        return
    anchor = recorded(ground.phases[0].after, fact, person)
    start = fact.at if anchor is None else anchor
    if any(ended(one, fact, start, person) for one in ground.negatives):
        return
    if any(reported(one, fact, person) for one in ground.reports) or left(ground, fact, person):
        return

    # (2) Company: other facts that must or must not be there, and a mark's own evidence.
    if any(others(other, fact, start, person) for other in ground.unless):
        return
    company: set[str] = set()
    for other in ground.needs:
        found = others(other, fact, start, person, standing=True)
        if not found:
            return
        company.update(found)
    notice = None
    if fact.kind == "mark":
        counted = counted_for(ground, fact, person)
        if not counted:
            return
        company.update(f.id for f in counted)
        notice = only_notice({f.kind for f in counted})

    # (3) The phases, once for each time a listed place and the stay meet.
    evidence = (fact.id, *sorted(company))
    for exposure in exposures(ground.area, fact, person.at, areas):
        yield from lay(pack, ground, fact, person, exposure, evidence, notice)


__all__ = ["MatchArea", "Rulebook", "as_known", "assess", "known_since", "no_areas"]
