"""`mingma oversight`: the auditor's console, over a database or over the public files alone.

It reads, and names nobody. Unsealing a leaf is an act of two auditors and goes through the door
that every act goes through, never through here.
"""

from __future__ import annotations

import json as json_text
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cyclopts import App

from mingma.cli.ledger import published_head
from mingma.cli.log_place import reader
from mingma.cli.serve import with_words
from mingma.clock import replay_clock, wall_clock
from mingma.flows.draw_sample import cities_in, in_sample, sample_of
from mingma.flows.oversee import detector_alarms, shipped_thresholds, signals
from mingma.flows.public_statistics import attempts_by_organ
from mingma.flows.unseal import unsealed
from mingma.kernel.canonical import b64url
from mingma.kernel.errors import Malformed, Refused
from mingma.kernel.times import Instant, midnight, parse_instant, print_instant
from mingma.ledger.files import FilesDoNotHold, check_log
from mingma.ledger.frontier import Frontier
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.published import SameAgain, entries_of
from mingma.ledger.tally import act_of, print_day
from mingma.ledger.tree import leaf_hash
from mingma.oversight.events import Attempted
from mingma.oversight.sample import draw
from mingma.oversight.signal import Signal
from mingma.oversight.tails import attempts_of_days
from mingma.ports import Unit
from mingma.settings import read_settings
from mingma.shipped import divisions
from mingma.storage import open_store

app = App(name="oversight", help="Alarms, samples, organs and refused attempts: for auditors.")

READ: Final = 4096  # leaves read at a time
Rows = Sequence[Mapping[str, Any]]


class NoSuchLeaf(Refused):
    """A leaf beyond the end of the log."""

    slug = "oversight.no_such_leaf"
    status = 404
    zh = "日志只有 {size} 片叶,没有第 {leaf} 片"
    en = "the log has {size} leaves and none of index {leaf}"
    remedy_zh = "请核对序号"
    remedy_en = "check the index"


class NoSample(Refused):
    """A day of which no sample was drawn, or none can be drawn again from what is published."""

    slug = "oversight.no_sample"
    status = 404
    zh = "`{day}` 没有抽样,或公开日志中没有该日的日表"
    en = "there is no sample of `{day}`, or the public log has no table of that day"
    remedy_zh = "日表公布、其后的树头经联署之后方可抽样"
    remedy_en = "a sample is drawn once the day has its table and a later head was cosigned"


class SizeTooLarge(Malformed):
    """A head's size beyond the published log."""

    slug = "oversight.size_too_large"
    zh = "公开日志只到 {size} 片叶"
    en = "the public log ends at {size} leaves"
    remedy_zh = "请取更新的公开文件"
    remedy_en = "fetch newer public files"


@dataclass(frozen=True, slots=True)
class Published:
    """The entries of a public log, found whole."""

    entries: Sequence[bytes]

    def leaves(self) -> Iterator[tuple[int, Any, int]]:
        """(index, leaf, day) of every entry."""
        for index, entry in enumerate(self.entries):
            leaf, day = parse(entry)
            yield index, leaf, day


@app.command
def alarms(
    *,
    public: str | None = None,
    policy: Path | None = None,
    key: str | None = None,
    database: str | None = None,
    json: bool = False,
) -> int:
    """What the detectors found: figures and leaves. Status 1 if there is anything.

    From a database it is what is on record, and what a look at this moment would add. From public
    files it is what the leaves alone can show.

    Args:
        public: A folder, or an address like https://log.example/ledger.
        policy: A trust policy that says whose signatures make its checkpoint believable.
        key: The log's own keys, written name+id+base64, one a line.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    if public is not None:
        log = _published(public, policy, key)
        refused = [
            Attempted(Instant(midnight(day)), leaf.organ, 1, index)
            for index, leaf, day in log.leaves()
            if leaf.kind is Kind.ATTEMPT
        ]
        rows = [_signal(one) for one in attempts_of_days(refused, shipped_thresholds())]
    else:
        with _unit(database) as (unit, now):
            kept = {one.id: one for one in detector_alarms(unit)}
            rows = [
                {"id": one.id, "detector": one.detector, "about": one.about,
                 "at": print_instant(one.at), "figures": dict(one.figures),
                 "leaves": list(one.leaves), "kept": True}
                for one in kept.values()
            ]  # fmt: skip
            rows += [_signal(one) for one in signals(unit, now) if one.id not in kept]
    _print(rows, json=json, none="no alarm")
    return 1 if rows else 0


@app.command
def sample(
    day: str,
    /,
    *,
    public: str | None = None,
    policy: Path | None = None,
    key: str | None = None,
    size: int | None = None,
    region: str | None = None,
    database: str | None = None,
    json: bool = False,
) -> int:
    """The random audit of a day: from a database as it was drawn, from public files drawn again.

    Args:
        day: The day, written 2022-06-14.
        public: A folder, or an address like https://log.example/ledger.
        policy: A trust policy that says whose signatures make its checkpoint believable.
        key: The log's own keys, written name+id+base64, one a line.
        size: The size of the head that picked, as the sample says; the checkpoint's otherwise.
        region: The division code that the instance serves, as the sample counts its cities.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    if public is not None:
        log = _published(public, policy, key)
        cities = cities_in(divisions(), region) if region else 1
        row = _drawn_again(log, day, size or len(log.entries), cities)
    else:
        with _unit(database) as (unit, _):
            found = sample_of(unit, day)
            if found is None:
                raise NoSample(day=day)
            row = found.plain()
    _print([row], json=json)
    return 0


@app.command
def leaf(
    index: int,
    /,
    *,
    public: str | None = None,
    policy: Path | None = None,
    key: str | None = None,
    database: str | None = None,
    json: bool = False,
) -> int:
    """One leaf as the log has it, its hash, and whether public chance drew it. Unseals nothing.

    Args:
        index: Its index in the log.
        public: A folder, or an address like https://log.example/ledger.
        policy: A trust policy that says whose signatures make its checkpoint believable.
        key: The log's own keys, written name+id+base64, one a line.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    more: dict[str, Any] = {}
    if public is not None:
        entries = _published(public, policy, key).entries
        size, entry = len(entries), entries[index] if 0 <= index < len(entries) else None
    else:
        with _unit(database) as (unit, _):
            size, _head = unit.head()
            entry = unit.leaves(index, index + 1)[0] if 0 <= index < size else None
            more = {"in_sample": in_sample(unit, index), "unsealed_so_far": unsealed(unit)}
    if entry is None:
        raise NoSuchLeaf(leaf=index, size=size)
    row = {"index": index, "hash": b64url(leaf_hash(entry)), "entry": json_text.loads(entry)}
    _print([row | more], json=json)
    return 0


@app.command
def organs(
    *,
    public: str | None = None,
    policy: Path | None = None,
    key: str | None = None,
    database: str | None = None,
    json: bool = False,
) -> int:
    """What each organ did under each clause, counted from the leaves.

    Args:
        public: A folder, or an address like https://log.example/ledger.
        policy: A trust policy that says whose signatures make its checkpoint believable.
        key: The log's own keys, written name+id+base64, one a line.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    if public is not None:
        counts = Counter(act_of(one) for _, one, _ in _published(public, policy, key).leaves())
    else:
        with _unit(database) as (unit, _):
            counts = Counter(act_of(parse(entry)[0]) for entry in _entries(unit))
    rows = [
        {"organ": act.organ, "kind": act.kind, "rule": act.rule,
         "from": act.before, "to": act.after, "count": count}
        for act, count in sorted(counts.items())
    ]  # fmt: skip
    _print(rows, json=json, none="no leaf")
    return 0


@app.command
def attempts(
    *,
    public: str | None = None,
    policy: Path | None = None,
    key: str | None = None,
    database: str | None = None,
    json: bool = False,
) -> int:
    """Refused attempts by day and organ; from a database also by act and size class.

    Args:
        public: A folder, or an address like https://log.example/ledger.
        policy: A trust policy that says whose signatures make its checkpoint believable.
        key: The log's own keys, written name+id+base64, one a line.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    rows: Rows
    if public is not None:
        counts = Counter(
            (print_day(day), one.organ)
            for _, one, day in _published(public, policy, key).leaves()
            if one.kind is Kind.ATTEMPT
        )
        rows = [
            {"day": day, "organ": organ, "count": count}
            for (day, organ), count in sorted(counts.items())
        ]
    else:
        with _unit(database) as (unit, _):
            rows = attempts_by_organ(unit, "")
    _print(rows, json=json, none="nothing was refused")
    return 0


def _drawn_again(log: Published, day: str, size: int, cities: int) -> dict[str, Any]:
    """The sample that the head of a size picks, from the entries alone."""
    if size > len(log.entries):
        raise SizeTooLarge(size=len(log.entries))
    table = next(
        (one for _, one, _ in log.leaves()
         if one.kind is Kind.TALLY_DAY and print_day(one.day) == day),
        None,
    )  # fmt: skip
    if table is None or size <= table.end:
        raise NoSample(day=day)
    root = Frontier().grown(log.entries[:size]).root()
    number = parse(log.entries[table.index])[1]
    leaves = draw(root, number, table.index, table.end, cities)
    return {
        "day": day, "number": number, "start": table.index, "end": table.end, "size": size,
        "root": b64url(root), "cities": cities, "leaves": list(leaves),
    }  # fmt: skip


def _published(public: str, policy: Path | None, key: str | None) -> Published:
    """The public log, its files whole under its checkpoint; raises FilesDoNotHold."""
    read = SameAgain(reader(public))
    head = published_head(public, read, policy, key)
    fault = check_log(read, head)
    if fault is not None:
        raise FilesDoNotHold(path=fault.path, why=fault.why, index=fault.index)
    return Published(tuple(entries_of(read, head.size)))


def _entries(unit: Unit) -> Iterator[bytes]:
    size, _ = unit.head()
    for start in range(0, size, READ):
        yield from unit.leaves(start, min(start + READ, size))


def _signal(one: Signal) -> dict[str, Any]:
    return {
        "id": one.id, "detector": one.detector.value, "about": one.about,
        "at": print_instant(one.at), "figures": dict(one.figures), "leaves": list(one.leaves),
        "kept": False,
    }  # fmt: skip


def _print(rows: Iterable[Mapping[str, Any]], *, json: bool, none: str = "") -> None:
    shown = list(rows)
    for row in shown:
        if json:
            print(json_text.dumps(row, ensure_ascii=False))
        else:
            print(
                "  ".join(f"{name} {_plain(value)}" for name, value in row.items() if value != "")
            )
    if not shown and not json:
        print(none)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    if isinstance(value, list):
        return " ".join(map(str, value)) or "–"
    return str(value)


@contextmanager
def _unit(database: str | None) -> Iterator[tuple[Unit, Instant]]:
    """A snapshot of the database, and the instant of its clock."""
    settings = with_words(read_settings(os.environ), database=database)
    clock = replay_clock(parse_instant(settings.clock, "clock")) if settings.clock else wall_clock
    store = open_store(settings.database)
    try:
        with store.read() as unit:
            yield unit, clock()
    finally:
        store.close()
