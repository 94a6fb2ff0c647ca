"""Records to store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from mingma.codes.decision import Decision, Outcome
from mingma.evidence.channels.test import Test
from mingma.evidence.model import Fact
from mingma.kernel.times import Instant
from mingma.kernel.words import Colour
from mingma.ports import Store, Unit
from mingma.records import (
    Batch,
    Emergency,
    Notice,
    Outgoing,
    Person,
    Received,
    Record,
    Source,
    Turned,
)
from mingma.rules.verdict import PackRef, Span

NOON = Instant(1_655_179_200)  # 2022-06-14T12:00:00+08:00
DIGEST = b"d" * 32
EARLIER, LATER = Instant(NOON - 100), Instant(NOON + 100)


class GoneWrong(Exception):
    """Something goes wrong in a flow."""


@contextmanager
def nothing_kept(store: Store, failure: type[BaseException] = GoneWrong) -> Iterator[Unit]:
    """A unit of work whose block ends in a failure."""
    with suppress(failure), store.write() as unit:
        yield unit
        raise failure


def person(ref: str = "ann", events: int = 0) -> Person:
    return Person(ref, ref.encode().ljust(32, b"k"), events, "安*", "123X")


def fact(id: str = "lab/1", subject: str = "ann", at: int = NOON, result: str = "negative") -> Fact:
    data = Test(assay="pcr", result=result, reported_at=Instant(at + 3600))  # type: ignore[arg-type] # a word of the list
    return Fact(id=id, kind="test", subject=subject, at=Instant(at), data=data, region="410100")


def received(fact: Fact, source: str = "lab", at: int = NOON, batch: str = "b1") -> Received:
    return Received(source, fact, Instant(at), batch)


def add_facts(unit: Unit, *facts: Fact, source: str = "lab", at: int = NOON) -> None:
    unit.add_facts([(received(fact, source, at), DIGEST) for fact in facts])


def decision(subject: str = "ann", number: int = 1, colour: Colour = Colour.YELLOW) -> Decision:
    span = Span(
        pack="cn-henan-2021-08",
        rule="HA-Y1",
        ground="area_stay",
        colour=colour,
        notice=None,
        starts=NOON,
        until=NOON + 86_400,
        evidence=("lab/1", "lab/2"),
        release="tests",
        gives_way_to=("HA-R1",),
    )
    notice = Span("cn-henan-2021-08", "HA-N1", "test", None, "test_due", NOON, None, (), "test")
    return Decision(
        subject=subject,
        number=number,
        decided_at=NOON,
        outcome=Outcome.ISSUED,
        emergency="e1",
        expires=LATER,
        packs=(PackRef("cn-henan-2021-08", 1, "d" * 64),),
        spans=(span, notice),
    )


def notice(subject: str = "ann", number: int = 1, body: bytes = b"\x00notice") -> Notice:
    return Notice(subject, number, NOON, body)


def leaf(subject: str = "ann", number: int = 1, at: int = NOON) -> Outgoing:
    return Outgoing(subject, number, f"leaf {subject} {number}".encode(), Instant(at))


def decide(unit: Unit, *acts: tuple[str, int]) -> None:
    """A decision, its notice and its leaf for each of the acts."""
    unit.add_decisions(
        [decision(*act) for act in acts],
        [notice(*act) for act in acts],
        [leaf(*act) for act in acts],
    )


def sealed(leaves: Iterable[Outgoing]) -> Sequence[bytes]:
    return [b"sealed " + one.unsealed for one in leaves]


def seal(unit: Unit, size: int, leaves: Iterable[Outgoing], head: bytes) -> None:
    """Leaves of acts, as a log seals them."""
    given = list(leaves)
    unit.add_acts(size, given)
    unit.seal(size, sealed(given), head)


def batch(id: str = "b1", source: str = "lab", received: int = 3) -> Batch:
    return Batch(source, id, NOON, received, received - 2, 1, 2)


def turned(line: int = 1, batch: str = "b1", record: str = "{") -> Turned:
    return Turned("lab", batch, line, "record.not_json", f"line {line}: no object", record)


def source(id: str = "lab") -> Source:
    return Source(
        id, "郑州市疾控", "核酸检测一室", b"p" * 32, frozenset({"test", "infection"}), True
    )


def emergency(id: str = "e1", starts: int = EARLIER, ends: int = LATER) -> Emergency:
    return Emergency(id, "传染病防治法第四十二条", "河南省人民政府", Instant(starts), Instant(ends))


def record(
    id: str = "m1", kind: str = "merge", at: int = NOON, body: bytes = b"\xff\x00"
) -> Record:
    return Record(kind, id, Instant(at), body)
