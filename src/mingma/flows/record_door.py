"""What a record must pass to come in from a source: it is said under the source's name then.

A record that only names somebody, a kind that the source's key is not bound to, one that needs an
approved act, a journey without its number, an instant that has not come: each is refused by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from mingma.evidence.admit import BadValue, admit
from mingma.evidence.channels import KINDS, Intake
from mingma.evidence.lines import read_line
from mingma.evidence.model import Fact
from mingma.flows.context import Context
from mingma.flows.enrol import Holder
from mingma.flows.samples import check_sample
from mingma.kernel.errors import Place, Problem, Refused
from mingma.kernel.times import Instant, print_instant
from mingma.records import Source
from mingma.rules.assess import known_since

LONGEST_REF: Final = 128  # characters; ours have 44, and every store indexes this many
AHEAD: Final = 300  # seconds a source's clock may be ahead of ours
WHO: Final = frozenset({"subject", "identity", "name", "id_number", "phone"})  # fields that name
TICKETED: Final = frozenset({"air", "rail", "coach", "ship"})

Identify = Callable[[object], Holder]  # whose paper an `identity` object names


class KindNotYours(Refused):
    """The source's key is not bound to this kind of record."""

    slug = "source.kind_not_yours"
    zh = "来源 `{source}` 无权报送 `{kind}`"
    en = "the source `{source}` may not bring in `{kind}`"
    remedy_zh = "由登记了该类别的来源报送"
    remedy_en = "send it through a source registered for the kind"


class ActNotOpen(Refused):
    """A kind that needs an approved act: nobody's signature alone brings it in."""

    slug = "act.not_open"
    zh = "`{kind}` 须经提出、另一机关批准并封存,不能直接报送"
    en = "`{kind}` needs an approved act: it cannot be sent in directly"
    remedy_zh = "经审批流程提出"
    remedy_en = "propose it through the act path"


class BareIdentity(Refused):
    """A record that says who, and nothing of exposure, sampling or health: an identity list's."""

    slug = "record.bare_identity"
    zh = "只有身份而没有证据字段:身份名单不是数据渠道"
    en = "this names somebody and states no evidence: a list of identities is no channel"
    remedy_zh = "按 docs/formats/facts.md 逐条报送本人的检测、行程、就诊等记录;名单一律不收"
    remedy_en = "send each person's own record as docs/formats/facts.md says; no list is taken"


class NoJourney(Refused):
    """A carrier's row without the fields that make it a journey."""

    slug = "record.no_journey"
    zh = "客票记录缺少 `{field}`:没有车次、区间和到达时刻不成其为行程"
    en = "the carrier's row lacks `{field}`: without number and arrival it is no journey"
    remedy_zh = "补上 `{field}`;没有行程的名单不收"
    remedy_en = "add `{field}`; a list without journeys is not taken"


class FromTheFuture(Refused):
    """A record of something that has not happened yet."""

    slug = "record.from_the_future"
    zh = "记录时刻 `{at}` 晚于接收时刻"
    en = "the record's instant `{at}` lies after it was received"
    remedy_zh = "请核对时钟与时区"
    remedy_en = "check the clock and the offset"


@dataclass(slots=True)
class Door:
    """What a record from this source must pass; remembers whose papers were shown."""

    source: Source
    sources: Collection[str]
    context: Context
    now: Instant
    identify: Identify
    holders: dict[str, Holder] = field(default_factory=dict)

    def admit(self, value: Any) -> Fact:
        """The fact of one record, under this source's name; raises Malformed or Refused."""
        if isinstance(value, Problem):
            raise value
        record = read_line(value) if isinstance(value, bytes) else value
        if isinstance(record, dict) and _names_only(record):
            raise BareIdentity(Place(field="kind"))
        if isinstance(record, dict) and "identity" in record and "subject" not in record:
            record = self._named(record)
        fact = admit(record, self.context.divisions)
        if len(fact.subject) > LONGEST_REF:
            raise BadValue(
                Place(field="subject"),
                value=fact.subject[:24] + "…",
                wanted=f"an identity, or a reference of at most {LONGEST_REF} characters",
            )
        self._may_bring(fact)
        if known_since(fact) > self.now + AHEAD:
            raise FromTheFuture(Place(field="at"), at=print_instant(known_since(fact)))
        return under_source(fact, self.source.id, self.sources)

    def _named(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record with its person's reference in place of the paper."""
        holder = self.identify(record["identity"])
        self.holders[holder.ref] = holder
        rest = {name: value for name, value in record.items() if name != "identity"}
        return {**rest, "subject": holder.ref}

    def _may_bring(self, fact: Fact) -> None:
        if fact.kind not in self.source.kinds:
            raise KindNotYours(Place(field="kind"), source=self.source.id, kind=fact.kind)
        demo = self.source.demo and self.context.specimen
        if KINDS[fact.kind].intake is not Intake.SOURCE and not demo:
            raise ActNotOpen(Place(field="kind"), kind=fact.kind)
        if not demo:  # the frozen city's samples and tickets have no numbers
            check_sample(under_source(fact, self.source.id, self.sources))
            _check_journey(fact)


def _names_only(record: dict[str, Any]) -> bool:
    """Whether a record says who somebody is, and nothing else."""
    return "kind" not in record and "data" not in record and not WHO.isdisjoint(record)


def _check_journey(fact: Fact) -> None:
    """A ticketed journey has a number and an arrival; raises NoJourney."""
    data: Any = fact.data
    if fact.kind != "trip" or data.mode not in TICKETED:
        return
    for name, value in (("data.number", data.number), ("until", fact.until)):
        if value is None:
            raise NoJourney(Place(field=name), field=name)


def under_source(fact: Fact, source: str, sources: Collection[str]) -> Fact:
    """The fact with its id, and the ids it refers to, said with the source's name in front.

    A reference that already has a registered source's name (`lab-1/77`) is left as it is.
    """

    def full(id: str) -> str:
        name, slash, _ = id.partition("/")
        return id if slash and name in sources else f"{source}/{id}"

    data: Any = fact.data
    changed: dict[str, Any] = {}
    for name in ("of", "corrects"):
        if getattr(data, name, None) is not None:
            changed[name] = full(getattr(data, name))
    if getattr(data, "evidence", ()):
        changed["evidence"] = tuple(full(id) for id in data.evidence)
    if changed:
        data = msgspec.structs.replace(data, **changed)
    return msgspec.structs.replace(fact, id=f"{source}/{fact.id}", data=data)
