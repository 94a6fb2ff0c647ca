"""`mingma packs`: list the packs, show one, check them all with their examples."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cyclopts import App

from mingma.engines.fact_files import FileUnreadable
from mingma.evidence.areas.listings import parse_listings
from mingma.evidence.areas.matching import AreaHistory
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.rules.assess import MatchArea, no_areas
from mingma.rules.examples import Example, missing_cases, read_examples, try_examples
from mingma.rules.ground import Phase
from mingma.rules.grounds import REASONS
from mingma.rules.impact import impact as replay
from mingma.rules.pack import Pack, read_pack
from mingma.shelf import NEVER_RED, load_pack, locked_editions, pack_files, pack_ids, shelf
from mingma.shipped import divisions
from mingma.town import shipped_town

HEADER = "level,province,city,county,community,first_seen,gone_by"
app = App(name="packs", help="List, show and check rule packs.", result_action="return_value")


@app.command(name="list")
def list_packs(*, json: bool = False) -> int:
    """List the shipped packs."""
    rows = [_row(load_pack(id)) for id in pack_ids()]
    if json:
        print(json_module.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            print(f"{row['pack']:32} {row['edition']:>2}  {row['rules']:>3} rules  {row['title']}")
    return 0


def _row(pack: Pack) -> dict[str, Any]:
    return {
        "pack": pack.id,
        "edition": pack.edition,
        "title": pack.title.zh,
        "authority": pack.authority,
        "effective_from": pack.effective[0],
        "effective_to": pack.effective[1] or None,
        "rules": len(pack.clauses),
        "digest": pack.digest,
    }


@app.command
def show(pack: str, *, json: bool = False) -> int:
    """Show a pack: each clause with its law, its phases, and what is refused or narrowed."""
    found = load_pack(pack)
    if json:
        value = {**_row(found), "clauses": [asdict(clause) for clause in found.clauses]}
        print(json_module.dumps(value, ensure_ascii=False, indent=2))
        return 0
    print(f"{found.title.zh} ({found.id}, edition {found.edition})\n{found.authority}")
    for clause in found.clauses:
        print(f"\n{clause.id}  {clause.title.zh} / {clause.title.en}  [{clause.basis.grade}]")
        print(f"  {clause.basis.text}")
        for ground in clause.grounds:
            for phase in ground.phases:
                gives = phase.colour or f"notice {phase.notice}"
                print(f"  {ground.id}: {gives}, {_term(phase)}")
            if ground.narrowed:
                print(f"  {ground.id}: {_narrowed(ground.narrowed)}")
        for row in clause.unencoded:
            print(f"  {row.how}: {REASONS[row.reason][1]} (published: {row.source_colour})")
    for silence in found.silent:
        print(f"\nsilent: {silence.zh}")
    return 0


def _term(phase: Phase) -> str:
    """How long a phase lasts, in words."""
    if phase.inside:
        return "while listed"
    if phase.hours is None and phase.last is None:
        return "while there is none"
    length = f"{phase.hours} h" if phase.hours else f"days {phase.first}–{phase.last}"
    return f"{length} of {'/'.join(phase.after)}"


def _narrowed(narrowed: dict[str, str]) -> str:
    return f"narrowed, published as {narrowed['from']}: {REASONS[narrowed['reason']][1]}"


@dataclass(slots=True)
class Report:
    """What checking one pack found."""

    pack: str
    passed: int
    failed: list[str]
    missing: list[str]
    refused: list[str]
    narrowed: list[str]
    empty: list[str]

    @property
    def good(self) -> bool:
        """Whether every example came out and none is owed."""
        return not self.failed and not self.missing


@app.command
def impact(pack: str, *, against: str, json: bool = False) -> int:
    """Count whom a pack would colour otherwise than another, in the generated city; nobody real.

    Args:
        pack: The changed pack: its folder, or the id of a shipped one.
        against: The pack it is held against, likewise.
        json: Print JSON.
    """
    changed, before = _named(pack), _named(against)
    counts = replay(shipped_town(), [before], [changed]).body()
    if json:
        print(json_module.dumps(counts, ensure_ascii=False, indent=2))
        return 0
    print(f"{counts['people']} people of the {counts['town']}, the last {counts['days']} days")
    print(f"worse off {_few(counts['worse'])}, better off {_few(counts['better'])}")
    for cell in counts["cells"]:
        print(f"  {cell['area']:8} {cell['age']:6} {cell['who']:7} {_few(cell['count'])}")
    return 0


def _named(text: str) -> Pack:
    """The pack of a folder, or a shipped one by id."""
    folder = Path(text)
    return read_pack(pack_files(folder)) if folder.is_dir() else load_pack(text)


def _few(count: int | None) -> str:
    return "under ten" if count is None else str(count)


@app.command
def check(folder: Path | None = None, *, json: bool = False) -> int:
    """Check every pack of a folder: load, run the examples, list what is refused or narrowed."""
    base = folder or shelf()
    if not base.is_dir():
        raise FileUnreadable(Place(str(base)), why="there is no such folder")
    reports = [_check(id, base) for id in pack_ids(base)]
    if json:
        print(json_module.dumps([asdict(r) for r in reports], ensure_ascii=False, indent=2))
    else:
        for report in reports:
            _print(report)
        passed = sum(report.passed for report in reports)
        print(f"\n{len(reports)} packs, {passed} examples passed, "
              f"{sum(len(r.failed) for r in reports)} failed, "
              f"{sum(len(r.missing) for r in reports)} owed")  # fmt: skip
    return 0 if reports and all(report.good for report in reports) else 1


def _check(id: str, base: Path) -> Report:
    try:
        return _checked(id, base)
    except (Malformed, Refused) as problem:  # the other packs are checked all the same
        return Report(id, 0, [str(problem)], [], [], [], [])


def _checked(id: str, base: Path) -> Report:
    pack = load_pack(id, base)
    examples = _examples(base / id)
    every = [*examples, *_shared(base)]
    failures = try_examples(pack, every, _areas)
    clauses = [(c, u) for c in pack.clauses for u in c.unencoded]
    return Report(
        pack=id,
        passed=len(every) - len(failures),
        failed=[
            f"{f.example.file}: {f.example.title}: {f.got}, wanted {f.wanted}" for f in failures
        ],
        missing=[*missing_cases(pack, examples), *locked_editions(base, id)],
        refused=[
            f"{c.id} (published {u.source_colour}): {REASONS[u.reason][1]}"
            for c, u in clauses
            if u.how == "refused"
        ],
        narrowed=[f"{g.id}: {_narrowed(g.narrowed)}" for g in pack.grounds if g.narrowed],
        empty=[f"{c.id}: {REASONS[u.reason][1]}" for c, u in clauses if u.how == "empty"],
    )


def _examples(folder: Path) -> list[Example]:
    found = []
    for name, text in pack_files(folder).items():
        if name.startswith("examples/"):
            found += read_examples(f"{folder.name}/{name}", text, divisions())
    return found


def _shared(base: Path) -> list[Example]:
    path = base / NEVER_RED
    if not path.exists():
        return []
    return read_examples(NEVER_RED, path.read_text("utf-8"), divisions())


def _areas(rows: Sequence[tuple[str, ...]]) -> MatchArea:
    if not rows:
        return no_areas
    lines = [HEADER + "\n", *(",".join(row) + "\n" for row in rows)]
    return AreaHistory.of(parse_listings(lines, "areas"), divisions()).match


def _print(report: Report) -> None:
    mark = "ok  " if report.good else "FAIL"
    print(f"{mark} {report.pack:32} {report.passed:>4} examples passed")
    for title, rows in (
        ("failed", report.failed), ("owed", report.missing), ("refused", report.refused),
        ("narrowed", report.narrowed), ("nothing for a person", report.empty),
    ):  # fmt: skip
        for row in rows:
            print(f"       {title}: {row}")
