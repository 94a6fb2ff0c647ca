"""`mingma oversight`: the auditor's console, over a database or over the public files alone.

It reads, and names nobody. Unsealing a leaf is an act of two auditors and goes through the door
that every act goes through, never through here.
"""

from __future__ import annotations

import json as json_text
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cyclopts import App

from mingma.cli.auditing import BY_DEFAULT, Auditing
from mingma.cli.database import stored_entries
from mingma.cli.published import Published
from mingma.flows.draw_sample import cities_in, in_sample, sample_of
from mingma.flows.oversee import Alarm, detector_alarms, shipped_thresholds, signals
from mingma.flows.public_statistics import attempts_by_organ
from mingma.flows.unseal import unsealed
from mingma.kernel.canonical import b64url
from mingma.kernel.errors import Malformed, Refused
from mingma.kernel.times import Instant, midnight, print_instant
from mingma.ledger.frontier import Frontier
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.tally import act_of, print_day
from mingma.ledger.tree import leaf_hash
from mingma.oversight.events import Attempted
from mingma.oversight.sample import draw
from mingma.oversight.signal import Signal
from mingma.oversight.tails import attempts_of_days
from mingma.shipped import divisions

app = App(name="oversight", help="Alarms, samples, organs and refused attempts: for auditors.")


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


@app.command
def alarms(*, at: Auditing = BY_DEFAULT) -> int:
    """What the detectors found: figures and leaves. Status 1 if there is anything.

    From a database it is what is on record, and what a look at this moment would add. From public
    files it is what the leaves alone can show.
    """
    log = at.published()
    if log is not None:
        rows = [_alarm(one, kept=False) for one in _shown_by_leaves(log)]
    else:
        with at.unit() as (unit, now):
            kept = {one.id: one for one in detector_alarms(unit)}
            rows = [_alarm(one, kept=True) for one in kept.values()]
            rows += [_alarm(one, kept=False) for one in signals(unit, now) if one.id not in kept]
    at.print(rows, none="no alarm")
    return 1 if rows else 0


@app.command
def sample(
    day: str,
    /,
    *,
    size: int | None = None,
    region: str | None = None,
    at: Auditing = BY_DEFAULT,
) -> int:
    """The random audit of a day: from a database as it was drawn, from public files drawn again.

    Args:
        day: The day, written 2022-06-14.
        size: The size of the head that picked, as the sample says; the checkpoint's otherwise.
        region: The division code that the instance serves, as the sample counts its cities.
    """
    log = at.published()
    if log is not None:
        cities = cities_in(divisions(), region) if region else 1
        row = _drawn_again(log, day, size or len(log.entries), cities)
    else:
        with at.unit() as (unit, _):
            found = sample_of(unit, day)
            if found is None:
                raise NoSample(day=day)
            row = found.plain()
    at.print([row])
    return 0


@app.command
def leaf(index: int, /, *, at: Auditing = BY_DEFAULT) -> int:
    """One leaf as the log has it, its hash, and whether public chance drew it. Unseals nothing.

    Args:
        index: Its index in the log.
    """
    more: dict[str, Any] = {}
    log = at.published()
    if log is not None:
        size = len(log.entries)
        entry = log.entries[index] if 0 <= index < size else None
    else:
        with at.unit() as (unit, _):
            size, _head = unit.head()
            entry = unit.leaves(index, index + 1)[0] if 0 <= index < size else None
            more = {"in_sample": in_sample(unit, index), "unsealed_so_far": unsealed(unit)}
    if entry is None:
        raise NoSuchLeaf(leaf=index, size=size)
    row = {"index": index, "hash": b64url(leaf_hash(entry)), "entry": json_text.loads(entry)}
    at.print([row | more])
    return 0


@app.command
def organs(*, at: Auditing = BY_DEFAULT) -> int:
    """What each organ did under each clause, counted from the leaves."""
    log = at.published()
    if log is not None:
        counts = Counter(act_of(one) for _, one, _ in log.leaves())
    else:
        with at.unit() as (unit, _):
            counts = Counter(
                act_of(parse(entry)[0]) for entry in stored_entries(unit, unit.head()[0])
            )
    rows = [
        {"organ": act.organ, "kind": act.kind, "rule": act.rule,
         "from": act.before, "to": act.after, "count": count}
        for act, count in sorted(counts.items())
    ]  # fmt: skip
    at.print(rows, none="no leaf")
    return 0


@app.command
def attempts(*, at: Auditing = BY_DEFAULT) -> int:
    """Refused attempts by day and organ; from a database also by act and size class."""
    rows: Sequence[Mapping[str, Any]]
    log = at.published()
    if log is not None:
        counts = Counter(
            (print_day(day), one.organ) for _, one, day in log.leaves() if one.kind is Kind.ATTEMPT
        )
        rows = [
            {"day": day, "organ": organ, "count": count}
            for (day, organ), count in sorted(counts.items())
        ]
    else:
        with at.unit() as (unit, _):
            rows = attempts_by_organ(unit, "")
    at.print(rows, none="nothing was refused")
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


def _shown_by_leaves(log: Published) -> Iterator[Signal]:
    """What the refusals of each day show."""
    refused = [
        Attempted(Instant(midnight(day)), leaf.organ, 1, index)
        for index, leaf, day in log.leaves()
        if leaf.kind is Kind.ATTEMPT
    ]
    return attempts_of_days(refused, shipped_thresholds())


def _alarm(one: Signal | Alarm, *, kept: bool) -> dict[str, Any]:
    return {
        "id": one.id, "detector": str(one.detector), "about": one.about,
        "at": print_instant(one.at), "figures": dict(one.figures), "leaves": list(one.leaves),
        "kept": kept,
    }  # fmt: skip
