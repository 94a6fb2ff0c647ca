"""An isolation order: it cites a proven decision and is over once nothing supports it.

Nothing has to run for that. Whether an order holds is read from the history of the decision it
cites: it is over once the span it rests on ended, a later decision left that span out, an appeal
took its evidence away, or the emergency ran out – and stays over, whatever is decided afterwards;
who is to be isolated again needs another order. Site and community ask the feed, the person her own
page; both are told from the same reading, so a release reaches them as soon as they ask (Z23, A19).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from mingma.authority.matters import OrderMatter, Plain
from mingma.codes.decision import Decision, Outcome
from mingma.flows.act_case import Answer, BodyMalformed, Case, Held, Prepared, fields, text, whole
from mingma.flows.context import Context
from mingma.flows.cosigned import decision_in_effect
from mingma.flows.exact_record import exact_record
from mingma.flows.kept_appeals import fallen_for
from mingma.flows.log_time import log_time
from mingma.flows.look import whom
from mingma.flows.own_leaves import OwnLeaves
from mingma.flows.personal_leaf import Events
from mingma.flows.proven_decision import all_is_there, proven_index
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.kernel.words import Colour
from mingma.ledger.leaf import Kind
from mingma.ports import Unit
from mingma.records import Record
from mingma.rules.verdict import Span

ORDER: Final = "order"  # ids are <person>/<32 hexadecimal digits>
ORDER_ID: Final = "order_id"  # the same digits: whose order it is
ORDER_PLACE: Final = "order_place"  # <source of the site or community>|<same digits>
ORDER_EVENT: Final = "order_event"  # <same digits>: its early end
_DIGITS: Final = 32


class NoSuchOrder(Refused):
    """An order that was never made."""

    slug = "order.unknown"
    status = 404
    zh = "没有这份隔离令"
    en = "there is no such isolation order"
    remedy_zh = "请核对编号;没有编号的“隔离令”可向 12345 举报"
    remedy_en = "compare its number; an order without one can be reported"


class OrderTooEarly(Refused):
    """A decision or an order whose leaf waits for its seal; nobody is isolated on it yet."""

    slug = "order.too_early"
    status = 409
    zh = "所引的决定或隔离令尚未封存入日志"
    en = "the decision or order is not sealed in the log yet"
    remedy_zh = "稍后再试"
    remedy_en = "try again in a moment"


@dataclass(frozen=True, slots=True)
class Order:
    """One order, and what it rests on: a decision's number, its leaf, and the span in it."""

    id: str
    subject: str
    decision: int
    leaf_index: int
    pack: str
    rule: str
    trigger: str  # the evidence that gave the span
    organ: str
    site: str
    community: str
    made_at: Instant
    number: int  # of the person's event that is the order's own leaf


@dataclass(frozen=True, slots=True)
class Over:
    """Since when an order is over, and why: ended, span, decision, appeal, emergency, rules."""

    at: Instant
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as it stands at an instant."""

    order: Order
    over: Over | None


def prepare(case: Case) -> Prepared:
    """Order isolation on a decision that shows red now and is proven."""
    fields(case.body, "decision site community", "identity subject")
    number = whole(case.body, "decision", 1, 2**31)
    site, community = (_receiver(case, name) for name in ("site", "community"))
    person = whom(case)
    if number <= person.events:
        _sealed(case, person.ref, number)
    index = proven_index(case.unit, case.context, person, number)
    span = _ground(case, person.ref, number)
    region = next(
        (fact.region for fact in case.unit.facts_of([person.ref])[person.ref]
         if span is not None and fact.id == span.evidence[0] and fact.region),
        case.actor.organ.region,
    )  # fmt: skip
    id = case.desk.chance(_DIGITS // 2).hex()

    def do(held: Held) -> Answer:
        assert index is not None
        assert span is not None
        body = {
            "community": community, "decision": number, "id": id, "leaf": index,
            "organ": case.actor.organ.id, "pack": span.pack, "rule": span.rule, "site": site,
            "trigger": span.evidence[0],
        }  # fmt: skip
        event = _leaf(case, person.ref, Kind.ORDER_MAKE, canonical(body), index, held)
        kept = canonical({**body, "number": event, "subject": person.ref})
        case.unit.add_record(Record(ORDER, f"{person.ref}/{id}", case.now, kept))
        case.unit.add_record(Record(ORDER_ID, id, case.now, canonical({"of": person.ref})))
        for place in {site, community}:
            of = canonical({"of": person.ref})
            case.unit.add_record(Record(ORDER_PLACE, f"{place}|{id}", case.now, of))
        return {"order": id, "decision": number, "leaf_index": index}

    proven = index is not None and span is not None
    return Prepared(OrderMatter(region, proven), f"order {id}", Plain(), do)


def prepare_end(case: Case) -> Prepared:
    """End an order early: never later than it ends by itself."""
    fields(case.body, "order")
    standing = _by_id(case, text(case.body, "order", most=_DIGITS))
    order = standing.order
    about = _sealed(case, order.subject, order.number) if standing.over is None else None

    def do(held: Held) -> Answer:
        if about is not None:
            body = canonical({"id": order.id, "organ": case.actor.organ.id})
            event = _leaf(case, order.subject, Kind.ORDER_END, body, about, held)
            kept = canonical({"number": event, "organ": case.actor.organ.id})
            case.unit.add_record(Record(ORDER_EVENT, order.id, case.now, kept))
        return {"order": order.id, "over": True}

    matter = OrderMatter(case.actor.organ.region, decision_proven=True)
    return Prepared(matter, f"order {order.id}", Plain(), do)


def own_orders(unit: Unit, context: Context, ref: str, now: Instant) -> list[Standing]:
    """Every order about the person, newest first; raises NoSuchPerson."""
    if ref not in unit.people([ref]):
        raise NoSuchPerson
    found = [_read(record) for record in unit.records_under(ORDER, f"{ref}/")]
    own = sorted((one for one in found if one.subject == ref), key=lambda one: -one.made_at)
    return [Standing(one, over_since(unit, context, one, now)) for one in own]


def orders_at(unit: Unit, context: Context, place: str, now: Instant) -> list[Standing]:
    """Every order that a site or community was told of, by id: its release feed.

    An order is a number here and nobody's name: the place got the number with the person.
    """
    found = []
    for record in unit.records_under(ORDER_PLACE, f"{place}|"):
        id = record.id.removeprefix(f"{place}|")
        kept = unit.first_record(ORDER, f"{json.loads(record.body)['of']}/{id}")
        assert kept is not None
        order = _read(kept)
        found.append(Standing(order, over_since(unit, context, order, now)))
    return found


def over_since(unit: Unit, context: Context, order: Order, now: Instant) -> Over | None:
    """Since when an order is over at `now`, and why; None while it stands."""
    now = log_time(unit, now)
    reasons = [one for one in _ends(unit, order, now) if one.at <= now]
    if not reasons and not _shows(unit, context, order, now):
        reasons = [Over(now, "rules")]  # the rules or the proof behind it are gone
    return min(reasons, key=lambda one: one.at, default=None)


def _ends(unit: Unit, order: Order, now: Instant) -> Iterator[Over]:
    """Every instant up to now at which something that the order needs ended."""
    ended = exact_record(unit, ORDER_EVENT, order.id)
    if ended is not None:
        yield Over(ended.at, "ended")
    fallen = fallen_for(unit, order.subject, now)
    if order.trigger in fallen:
        yield Over(fallen[order.trigger], "appeal")
    later = [one for one in unit.decisions_of(order.subject) if one.number >= order.decision]
    if not later:
        yield Over(order.made_at, "decision")  # erased with the person: nothing holds her
    emergencies = {one.id: one.ends for one in unit.emergencies()}
    for decision, until in _terms(later, now):
        yield from (over for over in _of_one(decision, order, emergencies) if over.at <= until)


def _of_one(decision: Decision, order: Order, emergencies: dict[str, Instant]) -> Iterator[Over]:
    """When one decision, while it is the latest, stops supporting the order."""
    spans = [span for span in decision.spans if _same(span, order)]
    if decision.outcome is not Outcome.ISSUED or not spans:
        yield Over(decision.decided_at, "decision")
        return
    ends = [span.until for span in spans]
    if None not in ends:
        yield Over(Instant(max(end for end in ends if end is not None)), "span")
    if decision.expires is not None:
        yield Over(decision.expires, "emergency")
    if decision.emergency in emergencies:
        yield Over(emergencies[decision.emergency], "emergency")


def _terms(decisions: Sequence[Decision], now: Instant) -> Iterator[tuple[Decision, Instant]]:
    """Each decision with the last instant at which it was the latest."""
    for one, following in pairwise(decisions):
        yield one, Instant(following.decided_at - 1)
    for last in decisions[-1:]:
        yield last, now


def _shows(unit: Unit, context: Context, order: Order, now: Instant) -> bool:
    """Whether what the order is on shows now, and nothing that may have ended it is gone."""
    decision = decision_in_effect(unit, context, order.subject, now)
    if decision is None or decision.colour_at(now) is Colour.UNKNOWN:
        return False
    person = unit.people([order.subject]).get(order.subject)
    if person is None or not any(_same(span, order) for span in decision.spans):
        return False
    decided = {one.number for one in unit.decisions_of(order.subject)}
    return all_is_there(unit, person, decided, OwnLeaves())


def _same(span: Span, order: Order) -> bool:
    same = (span.pack, span.rule) == (order.pack, order.rule)
    return same and span.colour is Colour.RED and order.trigger in span.evidence[:1]


def _ground(case: Case, ref: str, number: int) -> Span | None:
    """The red span that shows now under the decision in effect, if that is the one cited."""
    decision = decision_in_effect(case.unit, case.context, ref, case.now)
    if decision is None or decision.number != number:
        return None
    if decision.colour_at(case.now) is not Colour.RED:
        return None
    return decision.finding_at(case.now)


def _sealed(case: Case, ref: str, number: int) -> int:
    """The index of a person's event; raises OrderTooEarly while it waits for its seal."""
    index = case.unit.index_of(ref, number)
    if index is None:
        raise OrderTooEarly
    return index


def _receiver(case: Case, name: str) -> str:
    """The registered source that a site or community asks the feed as."""
    id = text(case.body, name, most=128)
    if id not in case.unit.sources():
        raise BodyMalformed(Place(field=f"body.{name}"), why="no source of this name is registered")
    return id


def _leaf(case: Case, ref: str, kind: Kind, body: bytes, about: int, held: Held) -> int:
    events = Events(case.unit, case.unit.people([ref]))
    number = events.leaf(ref, kind, body, answers=about, **case.by(held))
    events.write(case.now)
    return number


def _by_id(case: Case, id: str) -> Standing:
    whose = exact_record(case.unit, ORDER_ID, id)
    if whose is None:
        raise NoSuchOrder(Place(field="body.order"))
    subject = json.loads(whose.body)["of"]
    case.unit.people([subject])  # of two ends at once the second reads what the first wrote
    record = case.unit.first_record(ORDER, f"{subject}/{id}")
    assert record is not None
    order = _read(record)
    return Standing(order, over_since(case.unit, case.context, order, case.now))


def _read(record: Record) -> Order:
    said: dict[str, Any] = json.loads(record.body)
    return Order(
        id=said["id"], subject=said["subject"], decision=said["decision"],
        leaf_index=said["leaf"], pack=said["pack"], rule=said["rule"], trigger=said["trigger"],
        organ=said["organ"], site=said["site"], community=said["community"],
        made_at=record.at, number=said["number"],
    )  # fmt: skip
