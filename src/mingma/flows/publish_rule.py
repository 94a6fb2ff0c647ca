"""Approve or withdraw a change of rules that was published with its impact (`draft_rule`).

Who drafts does not approve (P5), and 24 hours lie between publication and effect. The emergency
path takes one hour, two organs of two levels, and ends by itself within 72 hours; what is to stay
goes the ordinary way beside it. One approver alone takes an edition back, but not where the one
before it would make people worse: that is a change as any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from mingma.authority.matters import EditionMatter, Made, Ruling, Status
from mingma.flows.act_case import (
    Answer,
    Attempted,
    Case,
    Held,
    Prepared,
    fields,
    text,
)  # fmt: skip
from mingma.flows.context import Context
from mingma.flows.cosigned import cosigned_at
from mingma.flows.draft_rule import must_have_haste, replay, rules_in_force
from mingma.flows.editions import (
    APPROVED,
    ENDED,
    Edition,
    edition,
    impact_of,
    packs_in_force,
    publication_index,
)
from mingma.flows.leaf_names import leaf_of_nobody
from mingma.flows.log_time import log_time
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import HOUR, Instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Record
from mingma.rules.lint import NATION
from mingma.rules.pack import Pack


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


def prepare_approval(case: Case) -> Prepared:
    """APPROVE_RULE: `edition`, the digest that the approver saw."""
    one = edition_of(case)
    if one.approved_by is not None or one.ended_at is not None:
        raise EditionDone(Place(field="body.edition"))
    if one.until is not None:
        must_have_haste(case, case.actor.organ.id, case.now, one.until)
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
    before, back = given_back(case, one)
    if back is not None and replay(case, before, back)["worse"] != 0:
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


def given_back(case: Case, one: Edition) -> tuple[Sequence[Pack], Pack | None]:
    """The packs in force, and the one that counts instead when an edition goes; None for none."""
    before = rules_in_force(case)
    without = packs_in_force(case.unit, case.context.base, case.now, without=one.digest)
    changed = [pack for pack in without if pack not in before]
    return before, changed[0] if changed else None
