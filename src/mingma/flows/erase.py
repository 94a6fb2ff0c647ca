"""Erase people whose data are due: the key K, facts, decisions and notices go, the leaves stay.

While an emergency is in force, and for 14 days after it, a person's data are kept as long as her
decision counts and 14 days more; when the last emergency is 14 days over, everybody's are due
(P14). Each batch leaves an `erase.batch` leaf with the rule, the number and the organ, and no name.
Without K what remains of a person in the log are random bytes. Refused records are kept for their
sender for 14 days, whoever they name, and not beyond the end; their erasure has a leaf, too.

INVARIANT: nobody is erased before her data are due, whoever asks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from mingma.appeals.shield import shield_at
from mingma.codes.decision import Decision, Outcome
from mingma.flows.arrivals import TURNED
from mingma.flows.emergency import INSTANCE
from mingma.flows.index_hour import Acting
from mingma.flows.kept_appeals import appeals_of
from mingma.flows.standing_evidence import links_of
from mingma.kernel.errors import Refused
from mingma.kernel.times import DAY, Instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.people.provisional import MergeRecord
from mingma.ports import Store, Unit
from mingma.records import Emergency, Outgoing, Record

KEPT_AFTER: Final = 14 * DAY  # seconds: a decision can be objected to for so long
PAGE: Final = 10_000  # people of one batch and one leaf
EMERGENCY_OVER: Final = "retention/emergency-over"
DECISION_OVER: Final = "retention/decision-over"
REFUSED_OVER: Final = "retention/refused-records"  # its leaf counts records, not people
ERASURE: Final = "erasure"  # the kind of records that count batches; ids are their numbers


class NotDue(Refused):
    """A person whose data are still needed, by the person herself or for an emergency in force."""

    slug = "retention.not_due"
    status = 409
    zh = "其中 {count} 人的数据尚未到期,一人也未删除"
    en = "the data of {count} of these people are not due; nobody was erased"
    remedy_zh = "决定终止满 14 日,或应急状态结束满 14 日之后再删除"
    remedy_en = "erase them 14 days after their decision ended, or after the last emergency"


def erase(unit: Unit, organ: str, refs: Collection[str], now: Instant) -> int:
    """Erase these people, with one leaf for all of them; how many were there. Raises NotDue.

    Whose leaf still waits for the seal makes it raise Stale: seal, and ask again.
    """
    # (1) All of them, or nobody.
    there = unit.people(refs).keys()
    early = there - due(unit, there, now)
    if early:
        raise NotDue(count=len(early))
    if not there:
        return 0
    # (2) The people, and the leaf that says how many.
    rule = EMERGENCY_OVER if all_due(unit.emergencies(), now) else DECISION_OVER
    count = unit.erase(there)
    _say(unit, organ, rule, count, now)
    return count


def erase_refused(unit: Unit, organ: str, now: Instant) -> int:
    """Erase the refused records that are due, with one leaf for them; how many it were."""
    count = unit.erase_turned(_refused_until(unit, now))
    if count:
        _say(unit, organ, REFUSED_OVER, count, now)
    return count


def _refused_until(unit: Unit, now: Instant) -> Instant:
    """Refused records that came before this are due."""
    return Instant(now + 1 if all_due(unit.emergencies(), now) else now - KEPT_AFTER)


def _say(unit: Unit, organ: str, rule: str, count: int, now: Instant) -> None:
    """The leaf of a batch: under which rule how many went, and no name."""
    last = unit.last_record(ERASURE, "")
    number = int(last.id) + 1 if last else 0
    unit.add_record(Record(ERASURE, f"{number:019}", now, b"{}"))
    leaf = Leaf(kind=Kind.ERASE_BATCH, organ=organ, rule=rule, count=count)
    unit.add_leaves([Outgoing(f"{INSTANCE}:erase", number, leaf.unsealed(), now)])


def erase_due(acting: Acting, organ: str, now: Instant) -> int:
    """Erase everybody whose data are due, in batches; returns how many people it were.

    `acting` opens a unit of work whose leaves are sealed. Refused records that are due go as well.
    """
    with acting() as unit:
        erase_refused(unit, organ, now)
    erased, after = 0, ""
    while True:
        with acting() as unit:
            page = unit.refs(after, PAGE)
            if not page:
                return erased  # and this unit, which erases nothing, has the store clean its files
            erased += erase(unit, organ, due(unit, page, now), now)
        after = page[-1]


def keep_retention(store: Store, acting: Acting, organ: str, now: Instant) -> int:
    """Erase everybody once the last emergency is 14 days over; returns how many people it were."""
    with store.read() as unit:
        if not all_due(unit.emergencies(), now):
            return 0
        if not unit.refs("", 1) and not _has_refused(unit):
            return 0
    return erase_due(acting, organ, now)


def _has_refused(unit: Unit) -> bool:
    """Whether any refused record is still kept."""
    came = (record.id.rsplit("/", 2) for record in unit.records(TURNED))
    return any(unit.turned(source, batch) for source, _, batch in came)


def all_due(emergencies: Sequence[Emergency], now: Instant) -> bool:
    """Whether the last emergency is so long over that nobody's data are kept any more.

    Where none was ever declared there is no end to reckon from, and nothing is due.
    """
    return bool(emergencies) and all(one.ends + KEPT_AFTER <= now for one in emergencies)


def due(unit: Unit, refs: Collection[str], now: Instant) -> set[str]:
    """Those of the people whose data are due."""
    emergencies = unit.emergencies()
    if all_due(emergencies, now):
        return set(refs)
    ends = {one.id: one.ends for one in emergencies}
    decisions = unit.decisions_in_force(refs)
    over = {ref for ref, one in decisions.items() if kept_until(one, ends) <= now}
    return over - _needed_by_others(unit, over, ends, now) - _appealed(unit, over, now)


def _appealed(unit: Unit, refs: Collection[str], now: Instant) -> set[str]:
    """Those with an open appeal, or a shield that holds or ended less than 14 days ago."""
    kept = set()
    for ref, filed in appeals_of(unit, refs).items():
        ends = [one.ended_at(now) for one in filed]
        shields = [shield_at(filed, now), shield_at(filed, now - KEPT_AFTER)]
        if None in ends or any(shields):
            kept.add(ref)
    return kept


def kept_until(decision: Decision, ends: Mapping[str, Instant]) -> int:
    """How long a person's data are kept for the last decision about her."""
    if decision.outcome is Outcome.NOT_ISSUED or decision.emergency is None:
        return decision.decided_at + KEPT_AFTER
    end = decision.expires if decision.expires is not None else decision.decided_at
    return min(end, ends.get(decision.emergency, end)) + KEPT_AFTER


def _needed_by_others(
    unit: Unit, refs: Collection[str], ends: Mapping[str, Instant], now: Instant
) -> set[str]:
    """Those whose facts count for somebody else, by a merge or split, who is not due yet."""
    needed: set[str] = set()
    for one in links_of(unit).records:
        both = {one.provisional, one.into} if isinstance(one, MergeRecord) else set()
        if not both.isdisjoint(refs):
            others = unit.decisions_in_force(both)
            if any(kept_until(other, ends) > now for other in others.values()):
                needed |= both
    return needed
