"""Draw the random audit of a day: the next cosigned head after its end picks the leaves.

Drawn once a day by the duties, or by an auditor's act; both give the same sample, because nothing
in it is anybody's choice (`oversight/sample.py`, docs/formats/sample.md). The days are those that
have a table. A specimen has no witnesses: its own newest head picks, and the sample says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.matters import Auditing, InstanceMatter
from mingma.evidence.areas.divisions import Divisions
from mingma.flows.act_case import Answer, Case, Held, Prepared, fields, text
from mingma.flows.context import Context
from mingma.flows.cosigned import COSIGNED, size_id
from mingma.flows.exact_record import exact_record
from mingma.flows.index_hour import Acting
from mingma.flows.stored_head import stored_head
from mingma.flows.tally_day import TALLY
from mingma.kernel.canonical import b64url, canonical, from_b64url
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.leaf import parse
from mingma.ledger.note import parse_note
from mingma.ledger.tally import read_table
from mingma.oversight.sample import draw
from mingma.ports import Unit
from mingma.records import Record

SAMPLE: Final = "audit_sample"  # the kind of records; ids are days, as written
VERSION: Final = 1
WHOLE_PROVINCE: Final = "0000"  # how the code of a province ends
PREFECTURE: Final = 4


class SampleNotDue(Refused):
    """A day that is not over, has no leaves, or after which no head was cosigned yet."""

    slug = "sample.not_due"
    status = 409
    zh = "`{day}` 的抽样尚不能进行"
    en = "the sample of `{day}` cannot be drawn yet"
    remedy_zh = "待当日日表公布且其后的树头经见证方联署后再抽"
    remedy_en = "wait for the day's table, and for the next cosigned head after it"


@dataclass(frozen=True, slots=True)
class Sample:
    """A drawn sample, with all that anybody needs to draw it again."""

    day: str
    number: int  # of the day
    start: int
    end: int
    size: int  # of the head that picked
    root: bytes
    cosigned: bool
    cities: int
    leaves: tuple[int, ...]

    def body(self) -> bytes:
        """Canonical bytes: as it is kept and served."""
        return canonical(self.plain())

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "v": VERSION, "day": self.day, "number": self.number,
            "start": self.start, "end": self.end, "size": self.size, "root": b64url(self.root),
            "cosigned": self.cosigned, "cities": self.cities, "leaves": list(self.leaves),
        }  # fmt: skip


def draw_sample(unit: Unit, context: Context, day: str, now: Instant) -> Sample:
    """The sample of a day, kept if it is new; raises SampleNotDue."""
    unit.last_record(SAMPLE, day)  # nobody else draws it until this unit ends
    kept = sample_of(unit, day)
    if kept is not None:
        return kept
    made = _made(unit, context, day)
    if made is None:
        raise SampleNotDue(day=day)
    unit.add_record(Record(SAMPLE, day, now, made.body()))
    return made


def keep_samples(acting: Acting, context: Context, now: Instant) -> int:
    """Draw every sample that is due; returns how many."""
    drawn = 0
    while True:
        with acting() as unit:
            last = unit.last_record(SAMPLE, "")
            table = unit.first_record(TALLY, f"{last.id}~" if last else "")
            if table is None:
                return drawn
            made = _made(unit, context, table.id)
            if made is None:
                return drawn
            unit.add_record(Record(SAMPLE, table.id, now, made.body()))
        drawn += 1


def sample_of(unit: Unit, day: str) -> Sample | None:
    """The sample of a day written 2022-06-14; None if none was drawn."""
    found = exact_record(unit, SAMPLE, day)
    return read_sample(found.body) if found else None


def samples(unit: Unit) -> list[Sample]:
    """Every sample, oldest day first."""
    return [read_sample(record.body) for record in unit.records_under(SAMPLE, "")]


def in_sample(unit: Unit, leaf: int) -> bool:
    """Whether public chance drew a leaf."""
    return any(leaf in one.leaves for one in samples(unit) if one.start <= leaf < one.end)


def read_sample(body: bytes) -> Sample:
    """A sample as it was kept."""
    said: Mapping[str, Any] = json.loads(body)
    root = from_b64url(said["root"])
    return Sample(
        said["day"], said["number"], said["start"], said["end"], said["size"], root,
        said["cosigned"], said["cities"], tuple(said["leaves"]),
    )  # fmt: skip


def prepare(case: Case) -> Prepared:
    """DRAW_SAMPLE: an auditor has a day's sample drawn."""
    day = text(fields(case.body, "day"), "day", most=10)
    if sample_of(case.unit, day) is None and _made(case.unit, case.context, day) is None:
        raise SampleNotDue(Place(field="body.day"), day=day)

    def do(_: Held) -> Answer:
        return draw_sample(case.unit, case.context, day, case.now).plain()

    matter, alone = InstanceMatter(case.context.region), Auditing(auditors=1, bodies=1)
    return Prepared(matter, f"sample/{day}", alone, do)


def cities_in(divisions: Divisions, region: str) -> int:
    """How many prefectures an instance of this region serves: a city's serves one."""
    if not region.endswith(WHOLE_PROVINCE):
        return 1
    codes = {code[:PREFECTURE] for code in divisions if code[:2] == region[:2]}
    return max(1, sum(not code.endswith("00") for code in codes))


def _made(unit: Unit, context: Context, day: str) -> Sample | None:
    table = exact_record(unit, TALLY, day)
    if table is None:
        return None
    said = read_table(table.body)
    number = _number(unit, said["start"])
    start, end = said["start"], said["end"]
    head = _head_after(unit, end, specimen=context.specimen)
    if head is None:
        return None
    cities = cities_in(context.divisions, context.region)
    leaves = draw(head.root, number, start, end, cities)
    return Sample(
        day, number, start, end, head.size, head.root, not context.specimen, cities, leaves
    )


def _number(unit: Unit, start: int) -> int:
    """The number of the day on which a leaf was sealed."""
    return parse(unit.leaves(start, start + 1)[0])[1]


def _head_after(unit: Unit, end: int, *, specimen: bool) -> Checkpoint | None:
    """The first cosigned head that is larger than a day's last leaf.

    It covers a leaf that bears a later day, so it was made when the day was over, and its root was
    nobody's to know while the day's leaves were written.
    """
    if specimen:
        size, head = unit.head()
        return stored_head(head, size)[1] if size > end else None
    record = unit.first_record(COSIGNED, size_id(end + 1))
    return parse_checkpoint(parse_note(record.body).text) if record else None
