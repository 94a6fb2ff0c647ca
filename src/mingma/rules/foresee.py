"""One verdict that stays right as time passes: what a fact says of a later instant is laid ahead.

`assess` leaves out what lies after the instant it is asked about: a stay's end tomorrow, a result
reported by a clock two minutes ahead of ours. Nothing runs tomorrow to ask again, so the answers of
those later instants are asked now and each begins at its own.
INVARIANT: at any instant up to LATER_INSTANTS changes ahead, the foreseen verdict shows what
`assess` would show then on the same facts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Final

from mingma.evidence.channels import KINDS
from mingma.evidence.model import Fact
from mingma.rules.verdict import Span, Verdict, in_order

LATER_INSTANTS: Final = 64  # the soonest; what comes after them is asked at the next decision

Assess = Callable[[int], Verdict]


def foresee(first: Verdict, facts: Collection[Fact], ask: Assess) -> Verdict:
    """The verdict `first` with what the same facts make of each later instant laid ahead."""
    later = sorted({at for fact in facts for at in instants_of(fact) if at > first.at})
    verdict = first
    for at in later[:LATER_INSTANTS]:
        then = ask(at)
        spans = _joined(verdict.spans, then.spans, at)
        verdict = replace(verdict, spans=spans, known=verdict.known and then.known)
    # One order, whichever definition answered: an equal verdict makes no new decision.
    spans = in_order(verdict.spans)
    return verdict if spans == verdict.spans else replace(verdict, spans=spans)


def instants_of(fact: Fact) -> Iterator[int]:
    """Every instant a fact names."""
    yield fact.at
    if fact.until is not None:
        yield fact.until
    if fact.recorded_at is not None:
        yield fact.recorded_at
    for name in _recorded(fact.kind):
        if (value := getattr(fact.data, name)) is not None:
            yield value


@cache
def _recorded(kind: str) -> tuple[str, ...]:
    """The names of a kind's fields that are instants: each ends in `_at`."""
    return tuple(name for name in KINDS[kind].__struct_fields__ if name.endswith("_at"))


def _joined(before: Iterable[Span], after: Iterable[Span], at: int) -> tuple[Span, ...]:
    """`before` until an instant and `after` from it on; what both say goes on as one span."""
    early, late = set(before), set(after)
    spans = early & late
    lasting: dict[Span, Span] = {}
    for span in in_order(early - late):
        if span.starts < at:
            until = at if span.until is None else min(at, span.until)
            spans.add(cut := replace(span, until=until))
            if until == at:
                lasting[_words(span)] = cut
    for span in in_order(late - early):
        starts = max(span.starts, at)
        if starts == at and _words(span) in lasting:
            cut = lasting.pop(_words(span))
            spans.discard(cut)
            starts = cut.starts
        spans.add(replace(span, starts=starts))
    return tuple(spans)


def _words(span: Span) -> Span:
    """What a span says, whenever."""
    return replace(span, starts=0, until=None)
