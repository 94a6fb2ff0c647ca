"""The release feed: a site or community asks which of the orders it was told of are over.

It signs its question as a source does. The answer names orders by number and nobody, so it is no
look at a person; it is reckoned when asked, so a release is in it from its own second on.
"""

from __future__ import annotations

from collections.abc import Sequence

from mingma.flows.context import Context
from mingma.flows.order_isolation import Standing, orders_at
from mingma.flows.receive_evidence import signed_by
from mingma.flows.sent_batch import DATE, SIGNED_WITHIN, NotTheDate, Question
from mingma.kernel.errors import Place
from mingma.kernel.times import Instant, parse_instant
from mingma.ports import Unit


def release_feed(
    unit: Unit, context: Context, question: Question, now: Instant
) -> Sequence[Standing]:
    """The orders of whoever signed the question, by number; raises Refused."""
    known = unit.sources().get(question.source)
    source = signed_by(known, question.source, question.message, question.signature)
    if abs(parse_instant(question.date, DATE) - now) > SIGNED_WITHIN:
        raise NotTheDate(Place(field=DATE), date=question.date, seconds=SIGNED_WITHIN)
    return orders_at(unit, context, source.id, now)
