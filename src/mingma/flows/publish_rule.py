"""Change rules in the open: draft with its impact, approve, withdraw.

A draft is published the moment it is made, with the counts of its replay on a generated city, and
its digest covers both: who approves, approves those very files and that very table. Who drafts
does not approve (P5), and 24 hours lie between publication and effect. The emergency path takes
one hour, two organs of two levels, ends by itself within 72 hours, and is open to an organ three
times in thirty days; what is to stay goes the ordinary way beside it. One approver alone takes an
edition back, but not where the one before it would make people worse: that is a change as any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mingma.authority.acts import Act
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
    text,
)  # fmt: skip
from mingma.flows.context import Context
from mingma.flows.cosigned import cosigned_at
from mingma.flows.editions import (
    APPROVED,
    EDITION,
    ENDED,
    IMPACT,
    Edition,
    edition,
    edition_digest,
    editions,
    impact_of,
    packs_in_force,
    publication_index,
)
from mingma.flows.leaf_names import leaf_of_nobody
from mingma.flows.log_time import log_time
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused, Unavailable
from mingma.kernel.times import HOUR, Instant, parse_instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Record
from mingma.rules.impact import Town, impact
from mingma.rules.lint import NATION, follows, lint, smallest_area
from mingma.rules.pack import Pack, read_pack

MOST_FILES: Final = 500
MOST_TEXT: Final = 1 << 20  # characters of one pack file


class NoSuchEdition(Refused):
    """A digest under which nothing was published."""

    slug = "edition.none_such"
    status = 404
    zh = "没有公布过这一版规则"
    en = "no edition with this digest was published"
    remedy_zh = "先起草公布,再按其摘要审批"
    remedy_en = "draft it first, then name its digest"


class EditionDone(Refused):
    """An edition that was approved, put into force or withdrawn before, or whose term is over."""

    slug = "edition.done"
    status = 409
    zh = "此版规则的这一步已办过,或已失效"
    en = "this step of the edition was taken before, or the edition is over"
    remedy_zh = "查看公布的规则版本"
    remedy_en = "look at the published editions"


class NotTwoLevels(Refused):
    """An emergency change approved at the level that drafted it."""

    slug = "edition.not_two_levels"
    zh = "紧急途径须两个不同层级的机关"
    en = "the emergency path takes two organs of two levels"
    remedy_zh = "由另一层级的指挥部审批,或走普通途径"
    remedy_en = "let headquarters of another level approve, or take the ordinary path"


class WithdrawalWorsens(Refused):
    """The edition before this one, which would count again, makes people worse."""

    slug = "edition.withdrawal_worsens"
    zh = "撤回此版后,前一版会使有的人的码变差:不能由一人即时撤回"
    en = "the edition before this one makes people worse: nobody brings it back alone, at once"
    remedy_zh = "将前一版的规则作为新的一版起草,附影响测算,按普通或紧急途径审批"
    remedy_en = (
        "draft the rules of the one before as the next edition, with its impact, and approve it"
    )


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
    pack = _draft(case, _files(body))
    until = parse_instant(body["until"], "body.until") if "until" in body else None
    if until is not None:
        _haste(case, case.actor.organ.id, case.now, until)
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


def prepare_approval(case: Case) -> Prepared:
    """APPROVE_RULE: `edition`, the digest that the approver saw."""
    one = edition_of(case)
    if one.approved_by is not None or one.ended_at is not None:
        raise EditionDone(Place(field="body.edition"))
    if one.until is not None:
        _haste(case, case.actor.organ.id, case.now, one.until)
        if case.actor.organ.level is one.level:
            raise NotTwoLevels(Place(field="body.edition"))

    def do(held: Held) -> Answer:
        body = canonical({"officer": case.actor.officer.id, "organ": case.actor.organ.id})
        case.unit.add_record(Record(APPROVED, one.digest, case.now, body))
        answer_leaf(case, one, Kind.RULE_APPROVE, held)
        return {"edition": one.digest}

    return Prepared(
        matter_of(case, one), f"edition {one.digest}", Ruling(digest_seen=seen(case)), do
    )


def prepare_withdrawal(case: Case) -> Prepared:
    """WITHDRAW_RULE: `edition`; from now on the edition before it counts again, if milder."""
    one = edition_of(case)
    if one.ended_at is not None:
        raise EditionDone(Place(field="body.edition"))
    before, back = _given_back(case, one)
    if back is not None and _replay(case, before, back)["worse"] != 0:
        raise Attempted(WithdrawalWorsens(Place(field="body.edition")))

    def do(held: Held) -> Answer:
        body = canonical({"officer": case.actor.officer.id, "organ": case.actor.organ.id})
        case.unit.add_record(Record(ENDED, one.digest, case.now, body))
        answer_leaf(case, one, Kind.RULE_WITHDRAW, held)
        return {"edition": one.digest}

    return Prepared(
        matter_of(case, one), f"edition {one.digest}", Ruling(digest_seen=seen(case)), do
    )


# -- what the acts about editions share


def edition_of(case: Case) -> Edition:
    """The edition that the body names; raises NoSuchEdition."""
    fields(case.body, "edition")
    one = edition(case.unit, seen(case))
    if one is None:
        raise NoSuchEdition(Place(field="body.edition"))
    return one


def seen(case: Case) -> str:
    """The digest in the body."""
    return text(case.body, "edition", most=64)


def matter_of(case: Case, one: Edition) -> EditionMatter:
    """A published edition as the policies see it now."""
    status = Status.DRAFT if one.approved_by is None else Status.APPROVED
    at = log_time(case.unit, case.now)
    since = public_since(case.unit, case.context, one)
    impact_ = impact_of(case.unit, one.digest)
    table = None if impact_ is None else hashlib.sha256(canonical(dict(impact_))).hexdigest()
    return EditionMatter(
        case.context.region,
        Made(one.maker, one.organ, one.line, status, one.digest),
        names_identity=False,  # one that did was never published: the loader refuses it
        smallest_area=NATION,  # and so was one with an area too small
        hours_public=0 if since is None else max(0, (at - since) // HOUR),
        hastened=one.until is not None and case.now < one.until,
        impact_published=table == one.impact and since is not None,
    )


def public_since(unit: Unit, context: Context, one: Edition) -> Instant | None:
    """Since when everybody could read it: cosigned, or in a specimen sealed; None while not."""
    index = publication_index(unit, one.digest)
    if index is None:
        return None
    return one.published_at if context.policy is None else cosigned_at(unit, index)


def answer_leaf(case: Case, one: Edition, kind: Kind, held: Held, **more: Any) -> None:
    """Write the leaf of a later step: it answers the publication."""
    leaf = Leaf(
        kind=kind, answers=publication_index(case.unit, one.digest), rule=one.name,
        **case.by(held), **more,
    )  # fmt: skip
    case.unit.add_leaves([leaf_of_nobody(kind.value, one.digest, leaf, case.now)])


# -- a draft


def _files(body: Mapping[str, Any]) -> Mapping[str, str]:
    files = body["files"]
    good = isinstance(files, dict) and 0 < len(files) <= MOST_FILES
    if not good or not all(
        isinstance(said, str) and len(said) <= MOST_TEXT for said in files.values()
    ):
        raise BodyMalformed(Place(field="body.files"), why="path: text, for each file of the pack")
    return dict(files)


def _draft(case: Case, files: Mapping[str, str]) -> Pack:
    """The pack that is drafted: it loads, follows what is in force, and keeps to the bounds.

    A rule that no pack may hold is a public attempt, whoever drafts it.
    """
    pack = read_pack(files)
    before = next((one for one in _in_force(case) if one.id == pack.id), None)
    kept = read_pack(files, pack.edition - 1).digest if pack.edition > 1 else None
    try:
        follows(before, pack.edition, kept, pack.id)
        lint(pack)
    except Refused as refused:
        raise Attempted(refused) from None
    return pack


def _in_force(case: Case) -> Sequence[Pack]:
    return packs_in_force(case.unit, case.context.base, case.now)


def _given_back(case: Case, one: Edition) -> tuple[Sequence[Pack], Pack | None]:
    """The packs in force, and the one that counts instead when an edition goes; None for none."""
    before = _in_force(case)
    without = packs_in_force(case.unit, case.context.base, case.now, without=one.digest)
    changed = [pack for pack in without if pack not in before]
    return before, changed[0] if changed else None


def to_try(case: Case) -> tuple[list[Pack], Pack | None]:
    """The packs in force and the one to come, for the replay; raises as the act's door does."""
    if case.act is Act.WITHDRAW_RULE:
        before, back = _given_back(case, edition_of(case))
        return list(before), back
    body = fields(case.body, "files", "until")
    pack = _draft(case, _files(body))
    return list(_in_force(case)), pack


def tried(town: Town, before: Sequence[Pack], pack: Pack) -> tuple[Tried, Mapping[str, Any]]:
    """The counts of the replay of a draft, by the packs it was made on."""
    after = [*(one for one in before if one.id != pack.id), pack]
    return _tried_on(before, pack), impact(town, before, after).body()


def _tried_on(before: Sequence[Pack], pack: Pack) -> Tried:
    return (*(one.digest for one in before), pack.digest)


def _published(
    case: Case, pack: Pack, files: Mapping[str, str], until: Instant | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """All that is published: the edition, and the counts of its replay."""
    counts = _replay(case, _in_force(case), pack)
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


def _replay(case: Case, before: Sequence[Pack], pack: Pack) -> dict[str, Any]:
    """The counts of a change to this pack; raises NoTown."""
    if case.context.town is None:
        raise NoTown
    # Tried before the transaction; here only if other packs came into force meanwhile.
    found = case.desk.replays.get(_tried_on(before, pack))
    return dict(found or tried(case.context.town(), before, pack)[1])


def _haste(case: Case, organ: str, at: Instant, ends: Instant) -> None:
    """Raise HasteRefused where the organ took the path too often, or for too long."""
    took = [
        one.published_at
        for one in editions(case.unit)
        if one.until is not None and organ in (one.organ, one.approved_by)
    ]
    check_haste(took, at, ends)
