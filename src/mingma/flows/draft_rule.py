"""Draft a change of rules, published the moment it is made with the counts of its replay.

The replay tries it on a generated city: who would change colour, by area and age. The digest covers
both, so who approves, approves those very files and that very table (`publish_rule`). The emergency
path is open to an organ three times in thirty days, for 72 hours at most.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mingma.authority.approval import check_haste
from mingma.authority.matters import EditionMatter, Made, Ruling, Status
from mingma.flows.act_case import (
    Answer,
    Attempted,
    BodyMalformed,
    Case,
    Held,
    Prepared,
    Tried,
    fields,
)  # fmt: skip
from mingma.flows.editions import (
    EDITION,
    IMPACT,
    edition_digest,
    editions,
    packs_in_force,
)
from mingma.flows.leaf_names import leaf_of_nobody
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused, Unavailable
from mingma.kernel.times import Instant, parse_instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.records import Record
from mingma.rules.impact import Town, impact
from mingma.rules.lint import follows, lint, smallest_area
from mingma.rules.pack import Pack, read_pack

MOST_FILES: Final = 500
MOST_TEXT: Final = 1 << 20  # characters of one pack file


class NoTown(Unavailable):
    """There is no generated city to try a change on, so no change is published."""

    slug = "edition.no_town"
    zh = "没有可供测算影响的生成城市,规则变更不能公布"
    en = "there is no generated city to replay on, so no change of rules can be published"
    remedy_zh = "安装完整的软件包"
    remedy_en = "install the whole package"


def prepare_draft(case: Case) -> Prepared:
    """DRAFT_RULE: `files` (path: text) and, for the emergency path, `until`."""
    body = fields(case.body, "files", "until")
    pack = drafted(case, files_in(body))
    until = parse_instant(body["until"], "body.until") if "until" in body else None
    if until is not None:
        must_have_haste(case, case.actor.organ.id, case.now, until)
    said, counts = _published(case, pack, body["files"], until)
    digest = edition_digest(said)

    def do(held: Held) -> Answer:
        case.unit.add_record(Record(EDITION, digest, case.now, canonical(said)))
        case.unit.add_record(Record(IMPACT, digest, case.now, canonical(counts)))
        leaf = Leaf(
            kind=Kind.RULE_PUBLISH, digest=bytes.fromhex(digest),
            rule=f"{pack.id}@{pack.edition}", **case.by(held),
        )  # fmt: skip
        case.unit.add_leaves([leaf_of_nobody(EDITION, digest, leaf, case.now)])
        return {"edition": digest, "impact": dict(counts)}

    made = Made(
        case.actor.officer.id, case.actor.organ.id, case.actor.organ.line, Status.DRAFT, digest
    )
    area = smallest_area(pack, case.context.divisions)
    matter = EditionMatter(
        case.context.region, made, names_identity=False, smallest_area=area,
        hours_public=0, hastened=until is not None, impact_published=True,
    )  # fmt: skip
    return Prepared(matter, f"edition {digest}", Ruling(digest_seen=digest), do)


def files_in(body: Mapping[str, Any]) -> Mapping[str, str]:
    """The files of a draft; raises BodyMalformed."""
    files = body["files"]
    good = isinstance(files, dict) and 0 < len(files) <= MOST_FILES
    if not good or not all(
        isinstance(said, str) and len(said) <= MOST_TEXT for said in files.values()
    ):
        raise BodyMalformed(Place(field="body.files"), why="path: text, for each file of the pack")
    return dict(files)


def drafted(case: Case, files: Mapping[str, str]) -> Pack:
    """The pack that is drafted: it loads, follows what is in force, and keeps to the bounds.

    A rule that no pack may hold is a public attempt, whoever drafts it.
    """
    pack = read_pack(files)
    before = next((one for one in rules_in_force(case) if one.id == pack.id), None)
    kept = read_pack(files, pack.edition - 1).digest if pack.edition > 1 else None
    try:
        follows(before, pack.edition, kept, pack.id)
        lint(pack)
    except Refused as refused:
        raise Attempted(refused) from None
    return pack


def rules_in_force(case: Case) -> Sequence[Pack]:
    """The packs that count now."""
    return packs_in_force(case.unit, case.context.base, case.now)


def _published(
    case: Case, pack: Pack, files: Mapping[str, str], until: Instant | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """All that is published: the edition, and the counts of its replay."""
    counts = replay(case, rules_in_force(case), pack)
    said = {
        "edition": pack.edition,
        "files": dict(files),
        "impact": hashlib.sha256(canonical(counts)).hexdigest(),
        "level": case.actor.organ.level.value,
        "line": case.actor.organ.line.value,
        "made_at": int(case.now),
        "maker": case.actor.officer.id,
        "organ": case.actor.organ.id,
        "pack": pack.id,
        "pack_digest": pack.digest,
        "until": None if until is None else int(until),
    }
    return said, counts


# -- what it would do


def tried(town: Town, before: Sequence[Pack], pack: Pack) -> tuple[Tried, Mapping[str, Any]]:
    """The counts of the replay of a draft, by the packs it was made on."""
    after = [*(one for one in before if one.id != pack.id), pack]
    return _tried_on(before, pack), impact(town, before, after).body()


def _tried_on(before: Sequence[Pack], pack: Pack) -> Tried:
    return (*(one.digest for one in before), pack.digest)


def replay(case: Case, before: Sequence[Pack], pack: Pack) -> dict[str, Any]:
    """The counts of a change to this pack; raises NoTown."""
    if case.context.town is None:
        raise NoTown
    # Tried before the transaction; here only if other packs came into force meanwhile.
    found = case.desk.replays.get(_tried_on(before, pack))
    return dict(found or tried(case.context.town(), before, pack)[1])


def must_have_haste(case: Case, organ: str, at: Instant, ends: Instant) -> None:
    """Raise HasteRefused where the organ took the path too often, or for too long."""
    took = [
        one.published_at
        for one in editions(case.unit)
        if one.until is not None and organ in (one.organ, one.approved_by)
    ]
    check_haste(took, at, ends)
