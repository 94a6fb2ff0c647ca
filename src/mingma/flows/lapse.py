"""Silence decides for the person: what appeals took away stops counting, whoever runs.

Nothing has to run for it. What stands for or against a person is read with a withdrawal for every
fact that an appeal took away, and for every copy of one, whether or not it is on record yet
(`with_withdrawals`). The next act that touches her puts it on record, with its leaf `appeal.lapse`
(`settle_lapsed`); the records then say what the reading said before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from mingma.appeals.appeal import Event, Filed, Happened, State, fallen
from mingma.appeals.shield import copies, shield_at
from mingma.evidence.channels.withdrawal import Withdrawal
from mingma.evidence.model import Fact
from mingma.evidence.record import digest_of
from mingma.flows.context import Context
from mingma.flows.kept_appeals import appeals_of, keep_event
from mingma.flows.kept_keys import Unopened
from mingma.flows.leaf_names import public_name
from mingma.flows.log_time import log_time
from mingma.flows.offices import organ
from mingma.flows.personal_leaf import Events
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind
from mingma.ports import Unit
from mingma.records import Person, Received, Record
from mingma.rules.assess import known_since

RE_MARK: Final = "re_mark"  # the kind of records that are decisions for the worse within a shield
Appeals: TypeAlias = Mapping[str, Sequence[Filed]]  # whose; only those who ever appealed

SOURCE: Final = "appeals"  # the system source of the withdrawals that appeals bring


def with_withdrawals(
    unit: Unit, facts: Mapping[str, Sequence[Fact]], filed: Appeals, now: Instant
) -> Mapping[str, Sequence[Fact]]:
    """The facts, with a withdrawal for each that an appeal took away, and for each copy of one."""
    if not filed:
        return facts
    at = log_time(unit, now)
    found = dict(facts)
    for subject, appeals in filed.items():
        found[subject] = [*facts[subject], *_missing(facts[subject], appeals, at)]
    return found


def taken_away(unit: Unit, filed: Appeals, now: Instant) -> Mapping[str, Collection[str]]:
    """The facts that appeals took away, of those subjects who appealed."""
    if not filed:
        return {}
    at = log_time(unit, now)
    return {subject: fallen(appeals, at).keys() for subject, appeals in filed.items()}


def settle_lapsed(
    unit: Unit, context: Context, people: Mapping[str, Person], filed: Appeals, now: Instant
) -> bool:
    """Put lapses of these people on record, each with its leaf; True if there were any.

    One whose own leaf still waits for its seal is put on record the next time; so is that of a
    person whose K does not open. It counts at its second all the same.
    """
    if not filed:
        return False
    at, events, written = log_time(unit, now), Events(unit, people), False
    for subject, appeals in filed.items():
        if isinstance(people.get(subject), Unopened):
            continue
        for one in appeals:
            index = unit.index_of(subject, one.appeal.number)
            if index is None or one.closing() or one.state_at(at) is not State.LAPSED:
                continue
            happened = Event(happened=Happened.LAPSED, at=one.appeal.due, organ=one.asked_of_at(at))
            settled = keep_event(unit, one, happened)
            withdraw(unit, context, settled, now)
            events.leaf(
                subject, Kind.APPEAL_LAPSE, happened.body(),
                answers=index, organ=organ_word(unit, context, happened.organ),
            )  # fmt: skip
            written = True
    if written:
        events.write(now)
    return written


def note_re_marks(unit: Unit, worsened: Iterable[tuple[str, int]], now: Instant) -> None:
    """Note each decision that made somebody worse while her shield held: it counts as a re-mark."""
    numbers = dict(worsened)
    at = log_time(unit, now)
    for subject, appeals in appeals_of(unit, numbers).items():
        shield = shield_at(appeals, at)
        if shield is not None:
            body = canonical({"since": int(shield.since)})
            unit.add_record(Record(RE_MARK, f"{subject}/{numbers[subject]:019}", now, body))


def withdraw(unit: Unit, context: Context, filed: Filed, now: Instant) -> None:
    """Write the withdrawals that a won appeal brings, as facts of the system source."""
    unit.add_facts(
        (
            Received(SOURCE, fact, now, SOURCE),
            digest_of(fact, context.evidence_key),
        )
        for fact in withdrawals(filed, log_time(unit, now))
    )


def withdrawals(filed: Filed, at: Instant) -> list[Fact]:
    """A withdrawal of each fact that the appeal has taken away by an instant."""
    since, end = filed.ended_at(at), filed.closing()
    reason = end.reason if end and end.reason else "appeal_lapsed"
    return [
        withdrawal_of(f"{filed.appeal.id}/{n}", filed.appeal.subject, since or at, of, reason)
        for n, of in enumerate(filed.fallen_at(at))
    ]


def organ_word(unit: Unit, context: Context, id: str | None) -> str:
    """How a leaf names an organ; the instance's own where none is known."""
    found = organ(unit, id) if id else None
    return public_name(found) if found else context.organ


def _missing(facts: Sequence[Fact], appeals: Iterable[Filed], at: Instant) -> list[Fact]:
    """The withdrawals that are not on record, and those of copies, which never are."""
    there = {fact.id for fact in facts}
    mine = [fact for one in appeals for fact in withdrawals(one, at) if fact.id not in there]
    dead = fallen(appeals, at)
    for copy, of in copies(facts, dead).items():
        known = next(known_since(fact) for fact in facts if fact.id == copy)
        since = Instant(max(dead[of], known))
        if since <= at:
            mine.append(withdrawal_of(f"copy/{copy}", facts[0].subject, since, copy, "appeal_copy"))
    return mine


def withdrawal_of(name: str, subject: str, at: Instant, of: str, reason: str) -> Fact:
    """A withdrawal as the system source of appeals writes it."""
    return Fact(
        id=f"{SOURCE}/{name}",
        kind=Withdrawal.kind,
        subject=subject,
        at=at,
        data=Withdrawal(of=of, reason=reason),
    )
