"""Who brought in what a person's colour rests on: for her own page, and opened in her bundle (P2).

A source's record is there under the source's own signature; what an organ asserted has a maker and
approvers. Organs are named, officers are not: their marks are in the leaves, for auditors to open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.flows.approved_fact import acted, approval_body
from mingma.flows.offices import organ
from mingma.kernel.times import Instant
from mingma.ports import Unit

Name = tuple[str, str]  # in Chinese, in English


@dataclass(frozen=True, slots=True)
class Hand:
    """One fact's: whose it is, and who approved it; nobody where a source's signature brought it.

    `title` says of a source which of its organ's it is.
    """

    fact: str
    maker: Name
    approvers: tuple[Name, ...] = ()
    title: str = ""


def own_hands(unit: Unit, decision: Decision | None, now: Instant) -> tuple[Hand, ...]:
    """Who is behind the colours that a decision gives at an instant, worst first."""
    spans = decision.live_at(now) if decision else []
    cited = [id for span in spans if span.colour for id in span.evidence]
    return tuple(_hand(unit, id) for id in dict.fromkeys(cited))


def approvals_in(unit: Unit, facts: Iterable[Fact]) -> Iterator[bytes]:
    """What the leaves of approved facts commit to: maker and approvers, for who has the facts."""
    for fact in facts:
        found = acted(unit, fact.id)
        if found is not None:
            one, row, organs = found
            yield approval_body(one, row, fact, organs)


def _hand(unit: Unit, id: str) -> Hand:
    found = acted(unit, id)
    if found is not None:
        one, _, organs = found
        named = tuple((each.zh, each.en) for each in organs)
        return Hand(id, _name(unit, one.proposal.maker.organ), named)
    sender = id.partition("/")[0]
    source = unit.sources().get(sender)
    if source is None:
        return Hand(id, (sender, sender))
    return Hand(id, (source.organ, source.organ), title=source.title)


def _name(unit: Unit, id: str) -> Name:
    known = organ(unit, id)
    return (known.zh, known.en) if known else (id, id)
