"""Packs: published rules as files, read strictly and typed once.

A pack is a folder: `pack.yaml` and one file a clause under the folder each edition names. Legal
text and source grade are required; unknown or duplicate keys are refused. Texts in, values out; no
files. Format: docs/formats/pack.md.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from mingma.evidence.channels import KINDS
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place
from mingma.kernel.times import EARLIEST_YEAR, LATEST_YEAR, ZONE, midnight
from mingma.rules.ground import Ground
from mingma.rules.grounds import REASONS, ground_of
from mingma.rules.strict import BadPack, Keys, Text
from mingma.rules.verdict import PackRef
from mingma.rules.yaml_text import read_yaml

GRADES: Final = ("S", "A", "B", "C")
RUNGS: Final = ("national", "province", "city")
EXAMPLES: Final = "examples/"  # the folder of worked examples, beside the editions' own
_CLASS: Final = re.compile(r"\.[a-z]$")  # how the id of a class ends, and no rule's own


@dataclass(frozen=True, slots=True)
class Basis:
    """The clause's own words, where they were read, and the best grade of those places."""

    clause: str
    text: str
    sources: tuple[str, ...]
    grade: str


@dataclass(frozen=True, slots=True)
class Unencoded:
    """A published rule that gives nothing here, with the reason and the source's colour.

    `how`: refused (no lawful design may encode it) or empty (nothing for a person in it).
    """

    how: Literal["refused", "empty"]
    reason: str
    why: Text
    source_colour: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One row of the published table: its law, and its grounds or why it has none."""

    id: str
    title: Text
    basis: Basis
    way_out: Text
    grounds: tuple[Ground, ...]
    unencoded: tuple[Unencoded, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """One edition of one pack. `starts`/`ends` bound its window (seconds; None: open).

    `digest` is of what the edition says: neither a comment nor a later edition changes it.
    """

    id: str
    edition: int
    title: Text
    authority: str
    rung: str
    effective: tuple[str, str]
    checked_on: str
    starts: int
    ends: int | None
    completeness: Text
    silent: tuple[Text, ...]
    procedure: Text
    objection: Text
    sources: Mapping[str, tuple[str, str]]
    stale_after: Mapping[str, int]
    clauses: tuple[Clause, ...]
    digest: str

    @property
    def ref(self) -> PackRef:
        """How decisions name it."""
        return PackRef(self.id, self.edition, self.digest)

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """Every ground of every clause."""
        return tuple(ground for clause in self.clauses for ground in clause.grounds)

    def clause(self, rule: str) -> Clause:
        """The clause of a rule id; raises KeyError."""
        for clause in self.clauses:
            if clause.id == rule:
                return clause
        raise KeyError(rule)


def read_pack(files: Mapping[str, str], edition: int | None = None) -> Pack:
    """The pack in a folder's files (path below the folder → text): the newest or named edition.

    Raises NotYaml, BadPack or RuleRefused (rules/guard.py), each naming file and key.
    """
    # (1) The head, and its row for the edition.
    if "pack.yaml" not in files:
        raise BadPack(Place("pack.yaml"), why="the folder has no pack.yaml")
    said = read_yaml(files["pack.yaml"], "pack.yaml")
    head = Keys(said, "pack.yaml", "")
    rows = _editions(head)
    if edition is not None and not 0 < edition <= len(rows):
        raise head.wrong(f"there is no edition {edition}", "editions")
    row = rows[(edition or len(rows)) - 1]
    starts, ends = _window(row)

    # (2) The files of the edition's folder; one that no edition has is in the wrong place.
    folders = tuple(f"{one.text('rules')}/" for one in rows)
    for path in files:
        if path != "pack.yaml" and not path.startswith((EXAMPLES, *folders)):
            raise BadPack(Place(path), why="no edition names the folder of this file")
    folder = row.text("rules") + "/"
    rules = {p: read_yaml(files[p], p) for p in sorted(files) if p.startswith(folder)}

    # (3) What they say, typed.
    sources = {name: _source(head.below("sources").below(name)) for name in head.below("sources")}
    if head.text("zone") != ZONE:
        raise head.wrong(f"the zone is {ZONE}", "zone")
    pack = Pack(
        id=head.text("pack"),
        edition=row.number("edition"),
        title=head.both("title"),
        authority=head.text("authority"),
        rung=head.word("rung", RUNGS),
        effective=(row.text("effective_from"), row.text("effective_to", "")),
        checked_on=row.text("checked_on"),
        starts=starts,
        ends=ends,
        completeness=head.both("completeness"),
        silent=tuple(item.both("") for item in head.rows("silent", ())),
        procedure=head.both("procedure"),
        objection=head.both("objection"),
        sources=sources,
        stale_after=_stale_after(head),
        clauses=tuple(_clause(Keys(rule, path, ""), sources) for path, rule in rules.items()),
        digest=_digest(said, rules, row.number("edition")),
    )
    row.done()
    head.done()
    _whole(pack)
    return pack


def _editions(head: Keys) -> list[Keys]:
    """The rows of the editions, numbered from 1."""
    rows = head.rows("editions")
    if [row.number("edition") for row in rows] != list(range(1, len(rows) + 1)):
        raise head.wrong("editions are numbered from 1 without a gap", "editions")
    return rows


def _window(row: Keys) -> tuple[int, int | None]:
    """The first second of an edition and the first one after it."""
    starts = _bound(row, "effective_from", end=False)
    ends = _bound(row, "effective_to", end=True) if row.text("effective_to", "") else None
    if ends is not None and ends <= starts:
        raise row.wrong("it ends before it begins", "effective_to")
    _bound(row, "checked_on", end=False)
    return starts, ends


def _digest(said: Mapping[str, Any], rules: Mapping[str, Any], edition: int) -> str:
    """SHA-256 of what an edition says: the head, its own row, its rules, the sources they cite."""
    cited = {name for rule in rules.values() for name in _listed(rule["basis"]["sources"])}
    rows = said["editions"]
    own = said.keys() - {"editions", "sources"}
    edited = {
        "head": {name: said[name] for name in own},
        "edition": rows[edition - 1] if isinstance(rows, list) else rows,
        "sources": {name: one for name, one in said["sources"].items() if name in cited},
        "rules": rules,
    }
    return hashlib.sha256(canonical(edited)).hexdigest()


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _source(keys: Keys) -> tuple[str, str]:
    source = (keys.word("grade", GRADES), keys.text("where"))
    keys.done()
    return source


def _stale_after(head: Keys) -> dict[str, int]:
    keys = head.below("stale_after_hours", {})
    hours = {kind: keys.number(kind) for kind in list(keys)}
    for kind in hours:
        if kind not in KINDS:
            raise head.wrong(f"there is no kind `{kind}`", "stale_after_hours")
    return hours


def _bound(keys: Keys, key: str, *, end: bool) -> int:
    """The first second of a year, month or day, or of the one after it."""
    text = keys.text(key)
    parts = text.split("-")
    form = [4, 2, 2]
    if not 1 <= len(parts) <= 3 or any(
        not (p.isascii() and p.isdecimal() and len(p) == n)
        for p, n in zip(parts, form, strict=False)
    ):
        raise keys.wrong(f"`{text}` is no year, month or day (2021, 2021-08, 2021-08-31)", key)
    year, month, day = (int(p) for p in [*parts, "01", "01"][:3])
    try:
        if not EARLIEST_YEAR <= year <= LATEST_YEAR:
            raise ValueError(year)
        bound = datetime.date(year, month, day)
        if end and len(parts) == 3:
            bound += datetime.timedelta(days=1)
        elif end:  # a year after its first month: 12 months on; a month: one
            months = month + (12 if len(parts) == 1 else 1)
            bound = datetime.date(year + (months - 1) // 12, (months - 1) % 12 + 1, 1)
    except ValueError:
        raise keys.wrong(f"`{text}` is no date", key) from None
    return midnight((bound - datetime.date(1970, 1, 1)).days)


def _clause(keys: Keys, sources: Mapping[str, tuple[str, str]]) -> Clause:
    rule = keys.text("rule")
    if _CLASS.search(rule):
        raise keys.wrong("a dot and a letter end the id of a class, not of a rule", "rule")
    title = keys.both("title")
    basis = keys.below("basis")
    cited = basis.texts("sources")
    for name in cited:
        if name not in sources:
            raise basis.wrong(f"the pack names no source `{name}`", "sources")
    grade = min((sources[name][0] for name in cited), key=GRADES.index)
    law = Basis(basis.text("clause"), basis.text("text"), cited, grade)
    basis.done()
    way_out = keys.both("way_out")
    unencoded = tuple(_unencoded(row) for row in keys.rows("unencoded", ()))
    classes = keys.below("classes", {})
    grounds: tuple[Ground, ...]
    names = list(classes)
    if names and ("when" in keys or "absence" in keys):
        raise keys.wrong("a rule has either `when` or `classes`", "classes")
    if "when" in keys or "absence" in keys:
        grounds = (ground_of(rule, title, keys),)
    else:
        if names != list(string.ascii_lowercase[: len(names)]):
            raise keys.wrong("classes are named a, b, c … in the source's order", "classes")
        grounds = tuple(_class(rule, name, title, classes) for name in names)
    if not grounds and not unencoded:
        raise keys.wrong("a rule says `when` it holds, or why it is `unencoded`")
    keys.done()
    return Clause(rule, title, law, way_out, grounds, unencoded)


def _class(rule: str, name: str, title: Text, classes: Keys) -> Ground:
    keys = classes.below(name)
    ground = ground_of(f"{rule}.{name}", keys.both("title", {"zh": title.zh, "en": title.en}), keys)
    keys.done()
    return ground


def _unencoded(keys: Keys) -> Unencoded:
    how = keys.word("how", ("refused", "empty"))
    reason = keys.word("reason", tuple(REASONS))
    made = Unencoded(
        "refused" if how == "refused" else "empty",
        reason,
        keys.both("why"),
        keys.text("source_colour"),
    )
    keys.done()
    return made


def _whole(pack: Pack) -> None:
    """Refuse a pack whose parts do not fit together."""
    ids = [clause.id for clause in pack.clauses]
    if not ids:
        raise BadPack(Place("pack.yaml", field="editions"), why="the folder of rules has no rule")
    for id in ids:
        if ids.count(id) > 1:
            raise BadPack(Place("pack.yaml"), why=f"the rule `{id}` stands twice")
    for ground in pack.grounds:
        for rule in ground.gives_way_to:
            if rule not in ids:
                raise BadPack(
                    Place("pack.yaml"), why=f"`{ground.id}` gives way to no rule `{rule}`"
                )
